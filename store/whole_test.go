package store_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/ent"
	"decnet/store"
	"decnet/store/storetest"
)

// What is taken away while it is read, between a decky and its deployment or a token and its user, is not there: nobody gets one without the other.
func TestNothingIsReadWithoutWhatItBelongsTo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		write := func(fn func(ctx context.Context, tx *store.Tx) error) { require.NoError(t, s.Write(ctx, fn)) }
		write(func(ctx context.Context, tx *store.Tx) error {
			u, err := tx.User.Create().SetUsername("vera").SetPasswordHash("x").SetRole("VIEWER").SetCreatedAt(store.Now()).Save(ctx)
			if err != nil {
				return err
			}
			return tx.Token.Create().SetUserID(u.ID).SetHash([]byte("h")).SetExpiresAt(store.Now()).SetCreatedAt(store.Now()).Exec(ctx)
		})
		require.Len(t, s.Read.Token.Query().WithUser().AllX(ctx), 1)
		once := sync.OnceFunc(func() {
			write(func(ctx context.Context, tx *store.Tx) error { _, err := tx.User.Delete().Exec(ctx); return err })
		})
		s.Read.User.Intercept(ent.TraverseFunc(func(context.Context, ent.Query) error { once(); return nil }))
		_, err := s.Read.Token.Query().WithUser().Only(ctx)
		require.True(t, ent.IsNotFound(err), "%v", err)
	})
}
