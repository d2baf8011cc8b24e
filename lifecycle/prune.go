package lifecycle

import (
	"context"
	"fmt"
	"time"

	"decnet/ent"
	"decnet/ent/journalentry"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/pid"
	"decnet/store"
)

// Prune deletes from the journal's beginning what is from before a moment (zero: nothing for its age) or more than keep entries back (0: nothing for its
// number), and each lifecycle together with its last entry. It returns how many entries went.
//
// It stops before the first entry of a lifecycle that has not ended, or that an idempotency key names: who repeats a request is to find what it was
// answered with.
func Prune(ctx context.Context, s *store.Store, before time.Time, keep int64) (int64, error) {
	// The end before the keys: a key that is made meanwhile names lifecycles whose entries come after it.
	end, err := Head(ctx, s.Read)
	if err != nil {
		return 0, err
	}
	named, err := namedByKeys(ctx, s.Read)
	if err != nil {
		return 0, err
	}
	goes := func(e *ent.JournalEntry) bool {
		lc := e.Edges.Lifecycle
		return (e.At.Before(before) || keep > 0 && e.ID <= end-keep) && Terminal(lc.Status) && !named[lc.ID]
	}
	return s.Prune(ctx, Stream, func(from, _ int64) (int64, func(context.Context, *store.Tx) error, error) {
		entries, err := s.Read.JournalEntry.Query().Where(journalentry.IDGT(from), journalentry.IDLTE(end)).
			Order(journalentry.ByID()).Limit(store.PruneBatch).WithLifecycle().All(ctx)
		if err != nil {
			return 0, nil, fmt.Errorf("read the journal's beginning: %w", err)
		}
		through := from
		var ended []pid.ID
		for _, e := range entries {
			if !goes(e) {
				break
			}
			through = e.ID
			if e.Seq == e.Edges.Lifecycle.Seq {
				ended = append(ended, e.LifecycleID)
			}
		}
		return through, func(ctx context.Context, tx *store.Tx) error { return remove(ctx, tx, through, ended) }, nil
	})
}

// remove deletes the entries up to a number and the lifecycles of which they hold the last one.
func remove(ctx context.Context, tx *store.Tx, through int64, ended []pid.ID) error {
	if _, err := tx.JournalEntry.Delete().Where(journalentry.IDLTE(through)).Exec(ctx); err != nil {
		return fmt.Errorf("delete entries: %w", err)
	}
	if _, err := tx.Lifecycle.Delete().Where(entlifecycle.IDIn(ended...)).Exec(ctx); err != nil {
		return fmt.Errorf("delete lifecycles: %w", err)
	}
	return nil
}

func namedByKeys(ctx context.Context, c *ent.Client) (map[pid.ID]bool, error) {
	keys, err := c.IdempotencyKey.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the idempotency keys: %w", err)
	}
	named := map[pid.ID]bool{}
	for _, k := range keys {
		for _, id := range k.LifecycleIds {
			named[id] = true
		}
	}
	return named, nil
}
