package lifecycle_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/sim"
	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/internal/invariant"
	"decnet/internal/world"
	"decnet/lifecycle"
)

func TestASmallDeploymentDoesNotWaitForALargeOne(t *testing.T) {
	var mu sync.Mutex
	var order []string
	w := world.New(t, sim.New(sim.Options{Fault: func(_ context.Context, _ string, r engine.Ref) error {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, r.Deployment)
		return nil
	}}))
	lcs := w.DeployTo("large", 40)
	lcs = append(lcs, w.DeployTo("small", 2)...)
	w.Run(lifecycle.RunnerOptions{Workers: 2})
	w.Follow(nil, lcs...)
	require.Less(t, slices.Index(order, "small"), 3, "the order of the work: %v", order)
}

func TestTwoHundredDeckiesMutateAtOnce(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{Latency: time.Millisecond}))
	w.Run(lifecycle.RunnerOptions{Workers: 32})
	w.Follow(nil, w.DeployTo("default", 200)...)
	all := make([]*ent.Lifecycle, 200)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			out, err := w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: fmt.Sprintf("d-%02d", i+1)})
			if assert.NoError(t, err) {
				all[i] = out.Lifecycle
			}
		})
	}
	wg.Wait()
	for _, e := range w.Follow(nil, all...) {
		if lifecycle.Terminal(e.Status) {
			require.Equal(t, entlifecycle.StatusSucceeded, e.Status)
		}
	}
	state, err := invariant.Read(t.Context(), w.Store.Read)
	require.NoError(t, err)
	seen, err := w.Engine.Observe(t.Context())
	require.NoError(t, err)
	require.NoError(t, state.Settled(seen))
}

// leftovers counts the goroutines and the open descriptors of this process.
func leftovers(t *testing.T) (goroutines, descriptors int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return runtime.NumGoroutine(), len(entries)
}

func TestTenThousandMutationsLeaveNothingBehind(t *testing.T) {
	const deckies, rounds = 100, 100
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{Workers: 16})
	w.Follow(nil, w.DeployTo("default", deckies)...)
	round := func(services ...string) {
		lcs := make([]*ent.Lifecycle, deckies)
		var wg sync.WaitGroup
		for i := range lcs {
			wg.Go(func() { lcs[i] = w.Mutate(fmt.Sprintf("d-%02d", i+1), services...) })
		}
		wg.Wait()
		w.Follow(nil, lcs...)
	}
	round("http")
	goroutines, descriptors := leftovers(t)
	for i := range rounds {
		round([][]string{{"ssh"}, {"http"}, {"ftp"}}[i%3]...)
	}
	// The database's readers may have grown to their number meanwhile, and this function has a goroutine of its own. A leak would be of hundreds.
	const some = 16
	require.Eventually(t, func() bool {
		g, d := leftovers(t)
		return g <= goroutines+some && d <= descriptors+some
	}, world.Patience, 10*time.Millisecond, "more goroutines or descriptors than the %d and %d before", goroutines, descriptors)
}

func TestAHostIsAskedForNoMoreThanItsLimit(t *testing.T) {
	var busy, most atomic.Int64
	slow := sim.New(sim.Options{Latency: 2 * time.Millisecond})
	w := world.New(t, engine.Limit(&counted{Engine: slow, busy: &busy, most: &most}, 3))
	w.Run(lifecycle.RunnerOptions{Workers: 16})
	w.Follow(nil, w.DeployTo("default", 40)...)
	require.EqualValues(t, 3, most.Load())
}

// counted counts the calls that are under way.
type counted struct {
	engine.Engine
	busy, most *atomic.Int64
}

func (e *counted) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	n := e.busy.Add(1)
	defer e.busy.Add(-1)
	for have := e.most.Load(); n > have && !e.most.CompareAndSwap(have, n); have = e.most.Load() {
	}
	return e.Engine.Ensure(ctx, d, p)
}
