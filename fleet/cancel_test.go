package fleet_test

import (
	"context"
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
