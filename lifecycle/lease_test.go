package lifecycle_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	entgo "entgo.io/ent"
	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
)

// applying is an engine whose Apply hangs while it is told to, until it is broken off.
type applying struct {
	*sim.Engine
	hang  atomic.Bool
	began chan struct{}
	ended chan error
	most  atomic.Int64
}

func newApplying() *applying {
	a := &applying{began: make(chan struct{}, 10), ended: make(chan error, 10)}
	var inside atomic.Int64
	a.Engine = sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
		if op != "apply" || !a.hang.Load() {
			return nil
		}
		n := inside.Add(1)
		defer inside.Add(-1)
		a.most.Store(max(a.most.Load(), n))
		a.began <- struct{}{}
		<-ctx.Done()
		a.ended <- context.Cause(ctx)
		return context.Cause(ctx)
	}})
	return a
}

// A runner whose renewals hang stops working before its lease is over: by then another may have the decky.
func TestARunnerThatCantRenewStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared.db")
	open := func() *store.Store {
		s, err := store.Open(t.Context(), store.Options{Path: path})
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	e := newApplying()
	o := lifecycle.RunnerOptions{Lease: time.Second}
	a := world.On(t, open(), e)
	a.Run(o)
	a.Follow(nil, a.Deploy("a")...)
	e.hang.Store(true)
	lc := a.Mutate("a", "http")
	<-e.began

	// The first server's door does not come back.
	stuck, free := make(chan struct{}), make(chan struct{})
	go func() {
		_ = a.Store.Write(context.Background(), func(_ context.Context, tx *store.Tx) error {
			tx.AfterCommit(func() { close(stuck); <-free })
			return nil
		})
	}()
	<-stuck
	defer close(free)
	require.ErrorContains(t, <-e.ended, "lease")
	e.hang.Store(false)
	b := world.On(t, open(), e)
	b.Run(o)
	b.Follow(nil, lc)
	require.Equal(t, []string{"http"}, b.Decky("a").ObservedServices)
	require.EqualValues(t, 1, e.most.Load())
}

// What was to be canceled when its server died is canceled by whoever takes it over: nothing of it is begun.
func TestACancelOutlivesTheServer(t *testing.T) {
	e := newApplying()
	w := world.New(t, e)
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	stop()
	e.hang.Store(true)
	lc := w.Mutate("a", "http")
	require.NoError(t, w.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := w.Journal.Step(ctx, tx, lc.ID, func(u *ent.LifecycleUpdate) {
			u.SetStatus(entlifecycle.StatusRunning).AddAttempt(1).SetLeaseOwner("run_dead").SetLeaseExpiresAt(w.Journal.Now().Add(-time.Second))
		})
		return err
	}))
	_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
	require.NoError(t, err)
	w.Run(lifecycle.RunnerOptions{})
	seen := w.Follow(nil, lc)
	require.Equal(t, entlifecycle.StatusCanceled, seen[len(seen)-1].Status)
	require.Empty(t, e.began)
	require.Equal(t, []string{"ssh"}, w.Decky("a").Services)
	require.Equal(t, decky.StateRunning, w.Decky("a").State)
}

// An engine that panics while the last good services are brought back harms nobody else.
func TestAPanicWhileCancelingIsAFailure(t *testing.T) {
	began, hang := make(chan struct{}, 10), &atomic.Bool{}
	w := world.New(t, sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
		switch {
		case op == "apply" && hang.Load():
			began <- struct{}{}
			<-ctx.Done()
			return context.Cause(ctx)
		case op == "ensure" && hang.Load():
			panic("the engine's panic")
		}
		return nil
	}}))
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	hang.Store(true)
	lc := w.Mutate("a", "http")
	<-began
	_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
	require.NoError(t, err)
	seen := w.Follow(nil, lc)
	last := seen[len(seen)-1]
	require.Equal(t, entlifecycle.StatusCanceled, last.Status)
	require.Contains(t, *last.Stage, "the engine panicked")
	require.Equal(t, []string{"ssh"}, w.Decky("a").Services)
}

// A database that can't be read for a moment says nothing of the decky: the engine was not asked, and the lifecycle goes on.
func TestADatabaseThatHiccupsIsNoFailure(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	stop()
	lc := w.Mutate("a", "http")
	var once atomic.Bool
	w.Store.Read.Decky.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			if entgo.QueryFromContext(ctx).Op == entgo.OpQueryOnly && once.CompareAndSwap(false, true) { // the runner's
				return nil, errors.New("bad connection")
			}
			return next.Query(ctx, q)
		})
	}))
	w.Run(lifecycle.RunnerOptions{MaxAttempts: 1, Backoff: time.Millisecond})
	seen := w.Follow(nil, lc)
	require.Equal(t, entlifecycle.StatusSucceeded, seen[len(seen)-1].Status)
	require.Equal(t, 2, seen[len(seen)-1].Attempt)
	require.Zero(t, w.Decky("a").RepairFailures)
}
