package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/store"
	"decnet/store/storetest"
)

// Servers whose clocks differ agree on when a lease is over.
func TestTheDatabasesClockIsEverybodys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		require.WithinDuration(t, time.Now(), s.Clock(), 5*time.Second)
		if s.Name() != "postgres" {
			return // one machine, one clock
		}
		require.NoError(t, store.SetClock(s, t.Context(), func() time.Time { return time.Now().Add(20 * time.Second) }))
		require.WithinDuration(t, time.Now(), s.Clock().Add(20*time.Second), 5*time.Second, "who is ahead by 20 s goes by 20 s less")
		require.NoError(t, store.SetClock(s, t.Context(), time.Now))
		require.WithinDuration(t, time.Now(), s.Clock(), 5*time.Second)
	})
}
