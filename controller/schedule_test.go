package controller_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/controller"
	"decnet/engine/sim"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
)

// scheduled is a fleet of running deckies that mutate once an hour.
func scheduled(t *testing.T, count int) (*world.World, []string) {
	t.Helper()
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{Workers: 16})
	var names []string
	for i := range count {
		names = append(names, fmt.Sprintf("d%02d", i))
	}
	w.Follow(nil, w.Deploy(names...)...)
	hour := time.Hour
	_, _, err := w.Fleet.SetMutateInterval(t.Context(), fleet.IntervalInput{Deployment: "default", Interval: &hour})
	require.NoError(t, err)
	return w, names
}

// done counts the mutations that the schedule has asked for, by decky.
func done(t *testing.T, w *world.World) map[string]int {
	t.Helper()
	lcs, err := w.Store.Read.Lifecycle.Query().Where(entlifecycle.TriggerEQ(entlifecycle.TriggerSchedule)).All(t.Context())
	require.NoError(t, err)
	out := map[string]int{}
	for _, lc := range lcs {
		out[lc.DeckyName]++
	}
	return out
}

// moments are when the deckies mutate next, in order.
func moments(t *testing.T, w *world.World) []time.Time {
	t.Helper()
	deckies, err := w.Store.Read.Decky.Query().All(t.Context())
	require.NoError(t, err)
	var out []time.Time
	for _, d := range deckies {
		if d.NextMutationAt != nil {
			out = append(out, *d.NextMutationAt)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func spread(of []time.Time) time.Duration { return of[len(of)-1].Sub(of[0]) }

// pass plays the schedule second by second.
func pass(t *testing.T, s *controller.Schedule, now *time.Time, d time.Duration) {
	t.Helper()
	for until := now.Add(d); now.Before(until); *now = now.Add(time.Second) {
		require.NoError(t, s.Once(t.Context()))
	}
}

func schedule(w *world.World, now *time.Time) *controller.Schedule {
	clock := func() time.Time { return *now }
	f := fleet.New(w.Store, lifecycle.NewJournal(w.Bells, clock), w.Catalog, fleet.Options{Limits: fleet.DefaultLimits()})
	return &controller.Schedule{Store: w.Store, Fleet: f, Now: clock, Log: w.Log}
}

func TestDeckiesDeployedTogetherDoNotMutateTogether(t *testing.T) {
	w, _ := scheduled(t, 20)
	require.Greater(t, spread(moments(t, w)), 2*time.Minute, "an hour's jitter is up to 12 minutes")
}

func TestAfterADowntimeMissedMutationsAreSpread(t *testing.T) {
	w, names := scheduled(t, 20)
	now := time.Now().Add(8 * time.Hour)
	s := schedule(w, &now)
	require.NoError(t, s.Once(t.Context()))
	require.LessOrEqual(t, len(done(t, w)), 1, "what was missed does not happen at once")
	next := moments(t, w)
	require.Greater(t, spread(next), 2*time.Minute, "it is spread over ten minutes")
	require.WithinDuration(t, now, next[len(next)-1], 11*time.Minute)
	pass(t, s, &now, 15*time.Minute)
	for _, name := range names {
		require.Equal(t, 1, done(t, w)[name], "%s has caught up, once", name)
	}
}

func TestQuietHoursAreQuiet(t *testing.T) {
	w, _ := scheduled(t, 3)
	quiet, err := controller.ParseQuietHours([]string{"22:00-06:00"})
	require.NoError(t, err)
	tomorrow := time.Now().AddDate(0, 0, 1)
	now := time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 23, 30, 0, 0, time.Local)
	s := schedule(w, &now)
	s.Quiet = quiet
	for range 8 { // to half past five
		require.NoError(t, s.Once(t.Context()))
		now = now.Add(45 * time.Minute)
	}
	require.Empty(t, done(t, w))
	now = now.Add(45 * time.Minute)
	pass(t, s, &now, 15*time.Minute)
	require.Len(t, done(t, w), 3, "what fell due in the night is done after it")
}

func TestAClockThatIsSetBackStopsNoSchedule(t *testing.T) {
	w, _ := scheduled(t, 3)
	now := time.Now().Add(-72 * time.Hour) // the rows were written by a clock three days ahead
	require.NoError(t, schedule(w, &now).Once(t.Context()))
	for _, m := range moments(t, w) {
		require.WithinDuration(t, now, m, 67*time.Minute)
	}
}

func TestNoIntervalIsNoSchedule(t *testing.T) {
	w, _ := scheduled(t, 2)
	_, _, err := w.Fleet.SetMutateInterval(t.Context(), fleet.IntervalInput{Deployment: "default"})
	require.NoError(t, err)
	require.Empty(t, moments(t, w))
	now := time.Now().Add(100 * time.Hour)
	pass(t, schedule(w, &now), &now, time.Minute)
	require.Empty(t, done(t, w))
}

func TestQuietHoursAreChecked(t *testing.T) {
	for _, bad := range []string{"", "08:00", "8-18h", "25:00-26:00", "10:00-10:00"} {
		_, err := controller.ParseQuietHours([]string{bad})
		require.Error(t, err, bad)
	}
}
