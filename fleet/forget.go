package fleet

import (
	"context"
	"fmt"

	"decnet/ent/idempotencykey"
	"decnet/store"
)

// ForgetKeys forgets the idempotency keys that have lived their time: what they were answered with need not be kept for their sake any more.
func (f *Fleet) ForgetKeys(ctx context.Context) error {
	old := idempotencykey.CreatedAtLT(f.journal.Now().Add(-keyLife))
	// Look first, without the door: most looks find nothing.
	if any, err := f.store.Read.IdempotencyKey.Query().Where(old).Exist(ctx); err != nil || !any {
		return err
	}
	return f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.IdempotencyKey.Delete().Where(old).Exec(ctx); err != nil {
			return fmt.Errorf("forget old idempotency keys: %w", err)
		}
		return nil
	})
}
