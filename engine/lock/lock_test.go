package lock

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOneAtATimeForEachKeyAndNoneIsKept(t *testing.T) {
	var k ByKey
	other, err := k.Take(t.Context(), "other")
	require.NoError(t, err)
	n := 0
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			release, err := k.Take(t.Context(), "one")
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			n++ // the race detector watches
		})
	}
	wg.Wait()
	require.Equal(t, 50, n)
	require.Len(t, k.locks, 1)
	other()
	require.Empty(t, k.locks)
}

func TestWhoWaitsGoesWithItsContext(t *testing.T) {
	var k ByKey
	release, err := k.Take(t.Context(), "one")
	require.NoError(t, err)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = k.Take(gone, "one")
	require.ErrorIs(t, err, context.Canceled)
	release()
	require.Empty(t, k.locks)
}
