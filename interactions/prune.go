package interactions

import (
	"context"
	"fmt"
	"time"

	"decnet/ent/attacker"
	"decnet/ent/credential"
	"decnet/ent/interaction"
	"decnet/ent/session"
	"decnet/store"
)

// Prune deletes, from the oldest on, the interactions that were stored before a moment (zero: none for its age) or lie more than keep rows back (0: none
// for its number), and with them the sessions, credentials and attackers of which nothing later is known. It returns how many interactions went.
func Prune(ctx context.Context, s *store.Store, before time.Time, keep int64) (int64, error) {
	return s.Prune(ctx, Stream, func(from, head int64) (int64, func(context.Context, *store.Tx) error, error) {
		rows, err := s.Read.Interaction.Query().Where(interaction.NumberGT(from)).Order(interaction.ByNumber()).Limit(store.PruneBatch).
			Select(interaction.FieldNumber, interaction.FieldCreatedAt).All(ctx)
		if err != nil {
			return 0, nil, fmt.Errorf("read the oldest interactions: %w", err)
		}
		through := from
		for _, row := range rows {
			if !row.CreatedAt.Before(before) && (keep == 0 || row.Number > head-keep) {
				break
			}
			through = row.Number
		}
		return through, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Interaction.Delete().Where(interaction.NumberLTE(through)).Exec(ctx); err != nil {
				return fmt.Errorf("delete the oldest interactions: %w", err)
			}
			return forget(ctx, tx, through)
		}, nil
	})
}

// forget deletes what sums up only interactions that have gone, up to the last of them.
func forget(ctx context.Context, tx *store.Tx, through int64) error {
	if _, err := tx.Session.Delete().Where(session.LastNumberLTE(through)).Exec(ctx); err != nil {
		return fmt.Errorf("delete the oldest sessions: %w", err)
	}
	if _, err := tx.Credential.Delete().Where(credential.LastNumberLTE(through)).Exec(ctx); err != nil {
		return fmt.Errorf("delete the oldest credentials: %w", err)
	}
	if _, err := tx.Attacker.Delete().Where(attacker.LastNumberLTE(through)).Exec(ctx); err != nil {
		return fmt.Errorf("delete the oldest attackers: %w", err)
	}
	return nil
}
