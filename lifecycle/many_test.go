package lifecycle_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
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
	const workers = 2
	var mu sync.Mutex
	var first []string
	all := make(chan struct{})
	w := world.New(t, sim.New(sim.Options{Fault: func(ctx context.Context, _ string, r engine.Ref) error {
		mu.Lock()
		if len(first) < workers {
			if first = append(first, r.Deployment); len(first) == workers {
				close(all)
			}
		}
		mu.Unlock()
		select {
		case <-all: // each worker has something to do
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}}))
	lcs := w.DeployTo("large", 40)
	lcs = append(lcs, w.DeployTo("small", 2)...)
	w.Run(lifecycle.RunnerOptions{Workers: workers})
	w.Follow(nil, lcs...)
	require.ElementsMatch(t, []string{"large", "small"}, first, "what was begun first")
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
	const limit = 3
	var busy, most atomic.Int64
	full := make(chan struct{})
	once := sync.OnceFunc(func() { close(full) })
	slow := sim.New(sim.Options{Latency: 2 * time.Millisecond, Fault: func(ctx context.Context, _ string, _ engine.Ref) error {
		if most.Load() >= limit {
			once()
		}
		select {
		case <-full: // nobody is ready before as many as may are inside
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}})
	w := world.New(t, engine.Limit(&counted{Engine: slow, busy: &busy, most: &most}, limit))
	w.Run(lifecycle.RunnerOptions{Workers: 16})
	w.Follow(nil, w.DeployTo("default", 40)...)
	require.EqualValues(t, limit, most.Load())
}

// counted counts the changes that are under way.
type counted struct {
	engine.Engine
	busy, most *atomic.Int64
}

func (e *counted) enter() {
	n := e.busy.Add(1)
	for have := e.most.Load(); n > have && !e.most.CompareAndSwap(have, n); have = e.most.Load() {
	}
}

func (e *counted) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	e.enter()
	defer e.busy.Add(-1)
	return e.Engine.Ensure(ctx, d, p)
}

func (e *counted) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	e.enter()
	defer e.busy.Add(-1)
	return e.Engine.Apply(ctx, d, p)
}
