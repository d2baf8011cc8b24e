package fleet_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

// reshape asks for the whole of a decky to be another: services, address, host name, OS, settings.
func reshape(t *testing.T, w *world.World) *ent.Lifecycle {
	t.Helper()
	done, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Replace, Deckies: []*fleet.DeckySpec{{
		Name: "a", Count: 1, Archetype: new("windows-server"), IP: new("10.208.0.77"), Hostname: new("changed"),
		Settings: []*fleet.SettingInput{{Service: "ssh", Key: "password", Value: "toor"}},
	}}})
	require.NoError(t, err)
	require.Len(t, done.Lifecycles, 1)
	return done.Lifecycles[0]
}

// wish is what is wished of a decky, without what counts its changes.
func wish(d *ent.Decky) []any { return []any{d.Services, lifecycle.ShapeOf(d)} }

func revision(t *testing.T, w *world.World) int {
	t.Helper()
	return w.Store.Read.Deployment.Query().OnlyX(t.Context()).Revision
}

func inStep(t *testing.T, d *ent.Decky) {
	t.Helper()
	require.Equal(t, decky.StateRunning, d.State)
	require.Equal(t, d.Generation, d.ObservedGeneration)
	require.Equal(t, d.Services, d.ObservedServices)
}

func TestACancelTakesAllOfTheWishBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began, hang := make(chan struct{}, 10), &atomic.Bool{}
		w := world.On(t, s, sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
			if op == "ensure" && hang.Load() {
				began <- struct{}{}
				<-ctx.Done()
				return context.Cause(ctx)
			}
			return nil
		}}))
		stop := w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		stop()
		was := w.Decky("a")

		// While it waits.
		lc := reshape(t, w)
		require.NotEqual(t, wish(was), wish(w.Decky("a")))
		before := revision(t, w)
		_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
		require.NoError(t, err)
		require.Equal(t, wish(was), wish(w.Decky("a")))
		inStep(t, w.Decky("a"))
		require.Greater(t, revision(t, w), before, "taking a wish back is a change")

		// What was superseded never happened, so that is not what it goes back to.
		reshape(t, w)
		w.Mutate("a", "http")
		last, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Replace, Deckies: []*fleet.DeckySpec{
			{Name: "a", Count: 1, Hostname: new("third")},
		}})
		require.NoError(t, err)
		_, err = w.Fleet.Cancel(t.Context(), "tester", last.Lifecycles[0].ID)
		require.NoError(t, err)
		require.Equal(t, wish(was), wish(w.Decky("a")))
		inStep(t, w.Decky("a"))

		// While it is done, and then again.
		w.Run(lifecycle.RunnerOptions{})
		hang.Store(true)
		lc = reshape(t, w)
		<-began
		hang.Store(false)
		_, err = w.Fleet.Cancel(t.Context(), "tester", lc.ID)
		require.NoError(t, err)
		w.Follow(nil, lc)
		require.Equal(t, wish(was), wish(w.Decky("a")))
		inStep(t, w.Decky("a"))
		again, err := w.Fleet.Retry(t.Context(), "tester", lc.ID)
		require.NoError(t, err)
		w.Follow(nil, again)
		now := w.Decky("a")
		require.Equal(t, []any{"10.208.0.77", "changed", "toor"}, []any{now.IP, now.Hostname, now.Settings["ssh"]["password"]})
		inStep(t, now)
	})
}

// A decky that moves to another address keeps its old one until it has left it.
func TestAnAddressThatIsBeingLeftIsStillTaken(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	stop()
	old := w.Decky("a").IP
	lc := reshape(t, w)
	deploy := func(name string) (*fleet.Deployed, error) {
		return w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Add, Deckies: []*fleet.DeckySpec{
			{Name: name, Count: 1, Services: []string{"ssh"}, IP: &old},
		}})
	}
	_, err := deploy("b")
	require.Contains(t, refused(t, err).Message, `taken by decky "a", which is about to leave it`)
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, lc)
	_, err = deploy("b")
	require.NoError(t, err)
}

func TestACanceledRetryOfAnAddressThatIsTakenIsAConflict(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	stop()
	lc := reshape(t, w)
	_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
	require.NoError(t, err)
	_, err = w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Add, Deckies: []*fleet.DeckySpec{
		{Name: "b", Count: 1, Services: []string{"ssh"}, IP: new("10.208.0.77")},
	}})
	require.NoError(t, err)
	_, err = w.Fleet.Retry(t.Context(), "tester", lc.ID)
	require.Equal(t, fleet.Conflict, refused(t, err).Code)
	require.Contains(t, err.Error(), `"b"`)
}

func TestACanceledTeardownGivesTheScheduleBack(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	stop()
	hour := time.Hour
	_, _, err := w.Fleet.SetMutateInterval(t.Context(), fleet.IntervalInput{Deployment: "default", Interval: &hour})
	require.NoError(t, err)
	down, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default"})
	require.NoError(t, err)
	require.Nil(t, w.Decky("a").NextMutationAt)
	_, err = w.Fleet.Cancel(t.Context(), "tester", down[0].ID)
	require.NoError(t, err)
	inStep(t, w.Decky("a"))
	require.NoError(t, w.Fleet.Reschedule(t.Context(), time.Minute))
	require.NotNil(t, w.Decky("a").NextMutationAt)

	again, err := w.Fleet.Retry(t.Context(), "tester", down[0].ID)
	require.NoError(t, err)
	require.Nil(t, w.Decky("a").NextMutationAt, "what goes does not mutate")
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, again)
	require.Nil(t, w.Decky("a"))
}

// A mutation that failed leaves settings that nothing confirmed: the cancel of a later one does not say otherwise.
func TestACancelConfirmsNothing(t *testing.T) {
	fail := &atomic.Bool{}
	w := world.New(t, sim.New(sim.Options{Fault: func(_ context.Context, op string, _ engine.Ref) error {
		if op == "apply" && fail.Load() {
			return &engine.Error{Code: engine.Failed, Message: "no"}
		}
		return nil
	}}))
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	fail.Store(true)
	done, err := w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: "a",
		Settings: []*fleet.SettingInput{{Service: "ssh", Key: "password", Value: "toor"}}})
	require.NoError(t, err)
	seen := w.Follow(nil, done.Lifecycle)
	require.Equal(t, entlifecycle.StatusFailed, seen[len(seen)-1].Status)
	stop()
	_, err = w.Fleet.Cancel(t.Context(), "tester", w.Mutate("a", "http").ID)
	require.NoError(t, err)
	d := w.Decky("a")
	require.Equal(t, []string{"ssh"}, d.Services)
	require.Equal(t, "toor", d.Settings["ssh"]["password"], "that wish stands")
	require.Equal(t, decky.StateDegraded, d.State)
	require.NotEqual(t, d.Generation, d.ObservedGeneration)
}

// faults is an engine whose calls fail or hang on demand.
type faults struct {
	mu     sync.Mutex
	fail   map[string]bool
	hang   map[string]bool
	hung   chan string
	called map[string]int
}

func (f *faults) engine() *sim.Engine {
	f.fail, f.hang, f.called, f.hung = map[string]bool{}, map[string]bool{}, map[string]int{}, make(chan string, 10)
	return sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
		f.mu.Lock()
		f.called[op]++
		fail, hang := f.fail[op], f.hang[op]
		f.mu.Unlock()
		switch {
		case fail:
			return &engine.Error{Code: engine.Failed, Message: "no"}
		case hang:
			f.hung <- op
			<-ctx.Done()
			return context.Cause(ctx)
		}
		return nil
	}})
}

func (f *faults) set(fail, hang []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.fail)
	clear(f.hang)
	for _, op := range fail {
		f.fail[op] = true
	}
	for _, op := range hang {
		f.hang[op] = true
	}
}

func ended(t *testing.T, w *world.World, lc *ent.Lifecycle) entlifecycle.Status {
	t.Helper()
	return w.Store.Read.Lifecycle.GetX(t.Context(), lc.ID).Status
}

func cancel(t *testing.T, w *world.World, lc *ent.Lifecycle) {
	t.Helper()
	_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
	require.NoError(t, err)
}

// A repair that waits was not a wish: what takes its place and is canceled goes back to the wish, not to the nothing that the repair found.
func TestWhatTookARepairsPlaceGoesBackToTheWish(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		stop := w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		stop()
		was := w.Decky("a")
		for _, anew := range []func() *ent.Lifecycle{func() *ent.Lifecycle { return w.Mutate("a", "http") }, func() *ent.Lifecycle { return reshape(t, w) }} {
			_, err := w.Fleet.Repair(t.Context(), w.Decky("a"), "it has died", false)
			require.NoError(t, err)
			lc := anew()
			require.Equal(t, []string{"ssh"}, lc.FromServices)
			cancel(t, w, lc)
			require.NotNil(t, w.Decky("a"))
			require.Equal(t, wish(was), wish(w.Decky("a")))
		}
	})
}

// What was to be gone on from is taken back under a wish that still waits, and the wish itself stays.
func TestACancelUnderANewerWish(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		stop := w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		stop()
		was := w.Decky("a")

		// A deploy waits with a mutation behind it.
		lc := reshape(t, w)
		done, err := w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: "a", Services: []string{"http"},
			Settings: []*fleet.SettingInput{{Service: "http", Key: "server_header", Value: "nginx"}}})
		require.NoError(t, err)
		cancel(t, w, lc)
		d := w.Decky("a")
		require.Equal(t, []string{"http"}, d.Services)
		require.Equal(t, []any{was.IP, was.Hostname, was.Os, was.Archetype}, []any{d.IP, d.Hostname, d.Os, d.Archetype})
		require.Equal(t, "nginx", d.Settings["http"]["server_header"], "that is the newer wish's")
		cancel(t, w, done.Lifecycle)
		require.Equal(t, wish(was), wish(w.Decky("a")), "and both are as if they had never been")
		inStep(t, w.Decky("a"))
	})
}

func TestACanceledMutationIsNotWhatTheNextGoesBackTo(t *testing.T) {
	f := &faults{}
	w := world.New(t, f.engine())
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	f.set(nil, []string{"apply"})
	running := w.Mutate("a", "http")
	<-f.hung
	waiting := w.Mutate("a", "ftp")
	cancel(t, w, running)
	w.Follow(nil, running)
	require.Equal(t, entlifecycle.StatusCanceled, ended(t, w, running))
	<-f.hung // the one that waited
	cancel(t, w, waiting)
	w.Follow(nil, waiting)
	stop()
	require.Equal(t, []string{"ssh"}, w.Decky("a").Services)
	inStep(t, w.Decky("a"))
}

// Neither the deploy of a decky nor what waits for it leaves anything when both are canceled, in either order.
func TestADeployIsCanceledWithWhatWaitsForIt(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	deploy := w.Deploy("a")[0]
	mutation := w.Mutate("a", "http")
	cancel(t, w, deploy)
	require.Nil(t, w.Decky("a"))
	require.Equal(t, entlifecycle.StatusCanceled, ended(t, w, mutation))

	deploy = w.Deploy("a")[0]
	cancel(t, w, w.Mutate("a", "http"))
	require.Equal(t, decky.StatePending, w.Decky("a").State)
	require.Equal(t, []string{"ssh"}, w.Decky("a").Services)
	again := w.Mutate("a", "ftp")
	cancel(t, w, again)
	cancel(t, w, deploy)
	require.Nil(t, w.Decky("a"))

	deploy = w.Deploy("b")[0]
	cancel(t, w, w.Mutate("b", "http"))
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, deploy)
	inStep(t, w.Decky("b"))
}

// A decky whose deploy is broken off while its teardown waits is torn down.
func TestATeardownIsNotCanceledWithTheDeploy(t *testing.T) {
	f := &faults{}
	w := world.New(t, f.engine())
	f.set(nil, []string{"ensure"})
	w.Run(lifecycle.RunnerOptions{})
	deploy := w.Deploy("a")[0]
	<-f.hung
	down, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default", Names: []string{"a"}})
	require.NoError(t, err)
	cancel(t, w, deploy)
	w.Follow(nil, append(down, deploy)...)
	require.Equal(t, entlifecycle.StatusSucceeded, ended(t, w, down[0]))
	require.Nil(t, w.Decky("a"))
}

// A retry does not write over what was wished since, whatever its generation.
func TestARetryIsRefusedWhereTheDeckyHasMovedOn(t *testing.T) {
	f := &faults{}
	w := world.New(t, f.engine())
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	f.set(nil, []string{"apply"})
	older := w.Mutate("a", "http")
	<-f.hung
	f.set(nil, nil)
	newer := w.Mutate("a", "ftp")
	cancel(t, w, older)
	w.Follow(nil, older, newer)
	require.Equal(t, []any{entlifecycle.StatusCanceled, entlifecycle.StatusSucceeded}, []any{ended(t, w, older), ended(t, w, newer)})
	_, err := w.Fleet.Retry(t.Context(), "tester", older.ID)
	require.Equal(t, fleet.Conflict, refused(t, err).Code)

	// What could not be removed is not deployed over.
	f.set([]string{"remove"}, []string{"ensure"})
	deploy := w.Deploy("b")[0]
	<-f.hung
	cancel(t, w, deploy)
	w.Follow(nil, deploy)
	require.Equal(t, decky.StateRemoving, w.Decky("b").State)
	f.set(nil, nil)
	_, err = w.Fleet.Retry(t.Context(), "tester", deploy.ID)
	require.Equal(t, fleet.Conflict, refused(t, err).Code)
	require.ErrorContains(t, err, "being torn down")
}

// A failed mutation can be tried again after a later one was canceled: its wish is the newest that stands.
func TestWhatFailedCanBeTriedAgainUnderACanceledWish(t *testing.T) {
	f := &faults{}
	w := world.New(t, f.engine())
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	f.set([]string{"apply"}, nil)
	failed := w.Mutate("a", "http")
	w.Follow(nil, failed)
	stop()
	cancel(t, w, w.Mutate("a", "ftp"))
	f.set(nil, nil)
	again, err := w.Fleet.Retry(t.Context(), "tester", failed.ID)
	require.NoError(t, err)
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, again)
	require.Equal(t, []string{"http"}, w.Decky("a").Services)
	inStep(t, w.Decky("a"))
}

// A decky that could not move answers where it was, and nobody else is given that address.
func TestAnAddressOnWhichADeckyStillAnswersIsTaken(t *testing.T) {
	f := &faults{}
	w := world.New(t, f.engine())
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	old := w.Decky("a").IP
	f.set([]string{"ensure", "apply"}, nil)
	w.Follow(nil, reshape(t, w))
	deploy := func(spec *fleet.DeckySpec) (*fleet.Deployed, error) {
		return w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Add, DryRun: true, Deckies: []*fleet.DeckySpec{spec}})
	}
	out, err := deploy(&fleet.DeckySpec{Name: "b", Count: 1, Services: []string{"ssh"}})
	require.NoError(t, err)
	require.NotEqual(t, old, out.Planned[0].IP)
	_, err = deploy(&fleet.DeckySpec{Name: "b", Count: 1, Services: []string{"ssh"}, IP: &old})
	require.ErrorContains(t, err, "still answers on it")
	_, err = w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Replace, DryRun: true, Deckies: []*fleet.DeckySpec{
		{Name: "a", Count: 1, Services: []string{"ssh"}, IP: &old}}})
	require.NoError(t, err, "it may go back itself")
}

// A decky that is to be gone already, because its teardown failed or its deploy was canceled and could not be cleared away, is not brought back by who cancels another teardown of it.
func TestACanceledTeardownBringsNothingBackThatWasToBeGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began, holds, refuses := make(chan struct{}, 10), &atomic.Bool{}, &atomic.Bool{}
		w := world.On(t, s, sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
			switch {
			case op == "ensure" && holds.Load():
				began <- struct{}{}
				<-ctx.Done()
				return context.Cause(ctx)
			case op == "remove" && refuses.Load():
				return &engine.Error{Code: engine.Failed, Message: "the engine says no"}
			}
			return nil
		}}))
		stop := w.Run(lifecycle.RunnerOptions{})
		teardown := func(name string) *ent.Lifecycle {
			lcs, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default", Names: []string{name}})
			require.NoError(t, err)
			return lcs[0]
		}
		w.Follow(nil, w.Deploy("torn-down")...)
		refuses.Store(true)
		w.Follow(nil, teardown("torn-down"))
		holds.Store(true)
		deploy := w.Deploy("canceled")[0]
		<-began
		cancel(t, w, deploy)
		w.Follow(nil, deploy)
		stop()

		again := map[string]*ent.Lifecycle{}
		for _, name := range []string{"torn-down", "canceled"} {
			again[name] = teardown(name)
			cancel(t, w, again[name])
			require.Equal(t, decky.StateRemoving, w.Decky(name).State, name)
		}
		refuses.Store(false)
		w.Run(lifecycle.RunnerOptions{})
		for name, lc := range again {
			retry, err := w.Fleet.Retry(t.Context(), "tester", lc.ID)
			require.NoError(t, err)
			w.Follow(nil, retry)
			require.Zero(t, s.Read.Decky.Query().Where(decky.Name(name)).CountX(t.Context()), name)
		}
	})
}
