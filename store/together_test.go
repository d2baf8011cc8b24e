package store_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/store"
	"decnet/store/storetest"
)

// Servers that start at once on one database all start: one that is new, and one of an older build.
func TestServersThatStartTogetherAllStart(t *testing.T) {
	const rounds, servers = 3, 3
	start := func(t *testing.T, o store.Options) {
		t.Helper()
		errs := make([]error, servers)
		var wg sync.WaitGroup
		for i := range servers {
			wg.Go(func() {
				s, err := store.Open(t.Context(), o)
				if err == nil {
					err = errors.Join(s.Write(t.Context(), nothing), s.Close())
				}
				errs[i] = err
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
	}
	for range rounds {
		storetest.EachEmpty(t, func(t *testing.T, o store.Options) {
			start(t, o)
			storetest.Older(t, o, 20261126150000)
			start(t, o)
		})
	}
}
