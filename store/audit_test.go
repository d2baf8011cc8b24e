package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/store"
	"decnet/store/storetest"
)

// What is in the audit trail stays there as it is, whoever asks the database.
func TestTheAuditTrailIsAppendOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write := func(fn func(ctx context.Context, tx *store.Tx) error) error { return s.Write(t.Context(), fn) }
		require.NoError(t, write(func(ctx context.Context, tx *store.Tx) error {
			return tx.AuditEntry.Create().SetNumber(1).SetAt(store.Time(time.Now())).SetActor("olga").SetPeer("10.0.0.1").SetAction("deploy").SetResult("OK").Exec(ctx)
		}))
		require.Error(t, write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE audit SET actor = 'vera'")
			return err
		}))
		require.Error(t, write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "DELETE FROM audit")
			return err
		}))
		e, err := s.Read.AuditEntry.Query().Only(t.Context())
		require.NoError(t, err)
		require.Equal(t, "olga", e.Actor)
	})
}

// What goes along with a write is committed with it, or not at all.
func TestWhatGoesAlongWithAWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		along := func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Next(ctx, "audit", 1)
			return err
		}
		count := func() int64 {
			c, err := s.Read.Counter.Get(t.Context(), "audit")
			require.NoError(t, err)
			return c.Value
		}
		ctx, done := store.Also(t.Context(), along)
		require.Error(t, s.Write(ctx, func(context.Context, *store.Tx) error { return context.Canceled }))
		require.False(t, done())
		require.Zero(t, count())
		for range 2 { // with the first that succeeds, and only with that
			require.NoError(t, s.Write(ctx, func(context.Context, *store.Tx) error { return nil }))
			require.True(t, done())
			require.EqualValues(t, 1, count())
		}
	})
}
