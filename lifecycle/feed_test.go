package lifecycle_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/ent"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store/storetest"
)

// A database that fails the feed's first look at the journal holds it up no longer than that.
func TestTheFeedOutlivesAFailureOfItsFirstLook(t *testing.T) {
	s := storetest.New(t)
	var failed atomic.Bool
	s.Read.Counter.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			if failed.CompareAndSwap(false, true) {
				return nil, errors.New("the connection is gone")
			}
			return next.Query(ctx, q)
		})
	}))
	grown := &lifecycle.Bell{}
	f := lifecycle.NewFeed(s, grown, slog.New(slog.NewTextHandler(t.Output(), nil)))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { f.Run(ctx) })
	defer wg.Wait()
	defer cancel()
	require.Eventually(t, func() bool {
		grown.Ring()
		return failed.Load() && f.Ready(t.Context()) == nil
	}, world.Patience, time.Millisecond)
}
