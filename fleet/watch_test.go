package fleet_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/cursor"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/decky"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

// watcher is somebody who watches deckies.
type watcher struct {
	t    *testing.T
	seen chan *ent.Decky
	done chan error
	stop func()
}

func watch(t *testing.T, w *fleet.Watch, deployment string, names ...string) *watcher {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), world.Patience)
	o := &watcher{t: t, seen: make(chan *ent.Decky), done: make(chan error, 1), stop: cancel}
	t.Cleanup(cancel)
	go func() {
		o.done <- w.Follow(ctx, deployment, names, func(d *ent.Decky) bool {
			select {
			case o.seen <- d:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	return o
}

// until returns the first decky seen that is as wanted.
func (o *watcher) until(wanted func(*ent.Decky) bool) *ent.Decky {
	o.t.Helper()
	for {
		select {
		case d := <-o.seen:
			if wanted(d) {
				return d
			}
		case err := <-o.done:
			require.Failf(o.t, "it ended before", "%v", err)
		}
	}
}

func named(name string) func(*ent.Decky) bool {
	return func(d *ent.Decky) bool { return d.Name == name }
}

func goneNow(d *ent.Decky) bool {
	return d.State == decky.StateRemoving && d.Generation == d.ObservedGeneration && len(d.ObservedServices) == 0
}

func TestAWatcherSeesEachDeckyAsItIsAndGo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a", "b")...)
		all := fleet.NewWatch(s, &w.Bells.Touched)
		one, every := watch(t, all, "default", "a"), watch(t, all, "")
		require.Equal(t, "a", one.until(func(*ent.Decky) bool { return true }).Name)
		every.until(named("a"))
		w.Mutate("a", "http")
		mutated := func(d *ent.Decky) bool { return slices.Equal(d.ObservedServices, []string{"http"}) }
		one.until(mutated)
		every.until(mutated)

		_, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default", Names: []string{"a"}})
		require.NoError(t, err)
		last := one.until(goneNow)
		require.Equal(t, "default", last.Edges.Deployment.Name, "its deployment can still be asked for")
		require.NoError(t, <-one.done, "the only one that it was about is gone")
		require.Equal(t, "a", every.until(goneNow).Name)

		// Who watches all goes on; a decky that was canceled before anything ran is gone, too.
		w.Mutate("b", "http")
		require.Equal(t, "b", every.until(mutated).Name)
		late := watch(t, all, "", "b", "c")
		require.Equal(t, "b", late.until(func(d *ent.Decky) bool { return d.State == decky.StateRunning }).Name, "nothing is told of what was gone before")
		_, err = w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default"})
		require.NoError(t, err)
		require.Equal(t, "b", late.until(goneNow).Name)
		w.Deploy("c") // it was waited for
		late.until(named("c"))
		_, err = w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default"})
		require.NoError(t, err)
		require.Equal(t, "c", late.until(goneNow).Name)
		require.NoError(t, <-late.done)
		every.stop()
	})
}

func TestADeckyThatNeverWasIsToldAsGone(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	lc := w.Deploy("a")[0]
	o := watch(t, fleet.NewWatch(w.Store, &w.Bells.Touched), "", "a")
	require.Equal(t, decky.StatePending, o.until(named("a")).State)
	_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
	require.NoError(t, err)
	o.until(goneNow)
	require.NoError(t, <-o.done)
}

// Who reads so slowly that more has gone than is kept is told that something is missing.
func TestASlowWatcherIsToldWhatItMissed(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Deploy("stays")
	all := fleet.NewWatch(w.Store, &w.Bells.Touched)
	slow, quick := watch(t, all, ""), watch(t, all, "")
	quick.until(named("stays"))
	slow.until(named("stays"))
	for round := range 6 {
		name := fmt.Sprintf("r%d", round)
		done, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Add, Deckies: []*fleet.DeckySpec{
			{Name: name, Count: 200, Services: []string{"ssh"}},
		}})
		require.NoError(t, err)
		left := map[string]bool{}
		for _, lc := range done.Lifecycles {
			quick.until(named(lc.DeckyName))
			left[lc.DeckyName] = true
		}
		for _, lc := range done.Lifecycles {
			_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
			require.NoError(t, err)
		}
		for len(left) > 0 {
			delete(left, quick.until(goneNow).Name)
		}
	}
	for {
		select {
		case <-slow.seen: // it catches up
		case err := <-slow.done:
			require.ErrorIs(t, err, cursor.ErrExpired)
			return
		}
	}
}
