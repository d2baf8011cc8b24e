package controller_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"

	"decnet/controller"
	"decnet/engine"
	"decnet/engine/sim"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
)

func TestTheScheduleMutatesWhatIsDueAndNothingElse(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a", "b")...)
	hour := time.Hour
	name := "a"
	_, _, err := w.Fleet.SetMutateInterval(t.Context(), fleet.IntervalInput{Deployment: "default", Name: &name, Interval: &hour})
	require.NoError(t, err)
	now := time.Now()
	s := &controller.Schedule{Store: w.Store, Fleet: w.Fleet, Now: func() time.Time { return now }, Log: w.Log}
	mutations := func() int {
		n, err := w.Store.Read.Lifecycle.Query().Where(entlifecycle.TriggerEQ(entlifecycle.TriggerSchedule)).Count(t.Context())
		require.NoError(t, err)
		return n
	}
	require.NoError(t, s.Once(t.Context()))
	require.Zero(t, mutations(), "not before its time")
	now = w.Decky("a").NextMutationAt.Add(time.Second)
	require.NoError(t, s.Once(t.Context()))
	require.Equal(t, 1, mutations())
	lc, err := w.Store.Read.Lifecycle.Query().Where(entlifecycle.TriggerEQ(entlifecycle.TriggerSchedule)).Only(t.Context())
	require.NoError(t, err)
	require.Equal(t, "a", lc.DeckyName)
	require.Nil(t, lc.Actor)
}

func TestTheReconcilerBringsBackWhatDiedAndRemovesStrays(t *testing.T) {
	e := sim.New(sim.Options{})
	w := world.New(t, e)
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a", "b")...)
	r := &controller.Reconciler{Store: w.Store, Fleet: w.Fleet, Engine: e, Now: time.Now, Log: w.Log}
	repairs := func() int {
		n, err := w.Store.Read.Lifecycle.Query().Where(entlifecycle.OperationEQ(entlifecycle.OperationRepair)).Count(t.Context())
		require.NoError(t, err)
		return n
	}
	require.NoError(t, r.Once(t.Context()))
	require.Zero(t, repairs(), "what is in step is left alone")

	d := w.Decky("a")
	stray := lifecycle.Spec(d, []string{"ssh"}, 1)
	stray.ID, stray.Name = "dky_nobody", "nobody"
	_, err := e.Ensure(t.Context(), stray, func(string) {})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx) })
	defer wg.Wait()
	defer cancel()
	e.Kill(string(d.ID))
	require.Eventually(t, func() bool {
		a := w.Decky("a")
		all, err := e.Observe(t.Context())
		return err == nil && repairs() == 1 && a.State == decky.StateRunning && len(all) == 2
	}, world.Patience, 5*time.Millisecond)
	lc, err := w.Store.Read.Lifecycle.Query().Where(entlifecycle.OperationEQ(entlifecycle.OperationRepair)).Only(t.Context())
	require.NoError(t, err)
	require.Equal(t, entlifecycle.TriggerReconciler, lc.Trigger)
	w.Follow(nil, lc)
}

func TestTheReconcilerGivesUpAndAnOperatorMakesItTryAgain(t *testing.T) {
	broken := true
	e := sim.New(sim.Options{Fault: func(_ context.Context, op string, _ engine.Ref) error {
		if op == "ensure" && broken {
			return &engine.Error{Code: engine.Crashed, Message: "the decoy crashed"}
		}
		return nil
	}})
	w := world.New(t, e)
	stop := w.Run(lifecycle.RunnerOptions{MaxRepairs: 3})
	now := time.Now()
	r := &controller.Reconciler{Store: w.Store, Fleet: w.Fleet, Engine: e, Now: func() time.Time { return now }, Log: w.Log}
	last := w.Deploy("a")[0]
	for range 5 {
		w.Follow(nil, last)
		now = now.Add(lifecycle.LongestRepairBackoff)
		require.NoError(t, r.Once(t.Context()))
		var err error
		last, err = w.Store.Read.Lifecycle.Query().Order(entlifecycle.ByID(sql.OrderDesc())).First(t.Context())
		require.NoError(t, err)
	}
	n, err := w.Store.Read.Lifecycle.Query().Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, n, "the deploy and two repairs")
	require.True(t, w.Decky("a").RepairGaveUp)
	require.Equal(t, decky.StateFailed, w.Decky("a").State)

	stop()
	broken = false
	w.Run(lifecycle.RunnerOptions{MaxRepairs: 3})
	again, err := w.Fleet.Retry(t.Context(), "tester", last.ID)
	require.NoError(t, err)
	require.False(t, w.Decky("a").RepairGaveUp)
	w.Follow(nil, again)
	require.Equal(t, decky.StateRunning, w.Decky("a").State)
}

// The engine did in the end what everyone had given up waiting for: the world is as wished, and the row must say so too.
func TestWhatCameTrueAfterAllIsConfirmed(t *testing.T) {
	e := sim.New(sim.Options{})
	refuse := true
	w := world.New(t, &lateEngine{Engine: e, refuse: func() bool { return refuse }})
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	stop()
	require.Equal(t, decky.StateFailed, w.Decky("a").State)
	seen, err := e.Observe(t.Context())
	require.NoError(t, err)
	require.True(t, seen[0].Running, "the engine has made it all the same")

	refuse = false
	w.Run(lifecycle.RunnerOptions{})
	now := time.Now().Add(time.Minute)
	r := &controller.Reconciler{Store: w.Store, Fleet: w.Fleet, Engine: w.Engine, Now: func() time.Time { return now }, Log: w.Log}
	require.NoError(t, r.Once(t.Context()))
	require.Eventually(t, func() bool { return w.Decky("a").State == decky.StateRunning }, world.Patience, 5*time.Millisecond)
}

// lateEngine does what it is asked and says that it did not.
type lateEngine struct {
	engine.Engine
	refuse func() bool
}

func (e *lateEngine) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	o, err := e.Engine.Ensure(ctx, d, p)
	if e.refuse() {
		return engine.Observed{}, &engine.Error{Code: engine.DeadlineExceeded, Message: "it took too long"}
	}
	return o, err
}

// To cancel a repair takes nothing back: the wish stands, and the reconciler comes again later.
func TestACanceledRepairLeavesTheWish(t *testing.T) {
	e := sim.New(sim.Options{})
	w := world.New(t, e)
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	stop() // so that the repair waits
	before := w.Decky("a")
	e.Kill(string(before.ID))
	now := time.Now()
	r := &controller.Reconciler{Store: w.Store, Fleet: w.Fleet, Engine: e, Now: func() time.Time { return now }, Log: w.Log}
	require.NoError(t, r.Once(t.Context()))
	repair, err := w.Store.Read.Lifecycle.Query().Where(entlifecycle.OperationEQ(entlifecycle.OperationRepair)).Only(t.Context())
	require.NoError(t, err)
	_, err = w.Fleet.Cancel(t.Context(), "tester", repair.ID)
	require.NoError(t, err)
	after := w.Decky("a")
	require.Equal(t, before.Services, after.Services)
	require.Equal(t, before.Generation, after.Generation)

	require.NoError(t, r.Once(t.Context()))
	n, err := w.Store.Read.Lifecycle.Query().Where(entlifecycle.OperationEQ(entlifecycle.OperationRepair)).Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n, "not at once")
	w.Run(lifecycle.RunnerOptions{})
	now = now.Add(time.Minute)
	require.NoError(t, r.Once(t.Context()))
	require.Eventually(t, func() bool { return w.Decky("a").State == decky.StateRunning }, world.Patience, 5*time.Millisecond)
}
