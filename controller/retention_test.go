package controller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/catalog"
	"decnet/controller"
	"decnet/engine"
	"decnet/engine/sim"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
)

func TestTheRetentionKeepsWhatTheSettingsSay(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	now := time.Now()
	clock := func() time.Time { return now }
	drivers := []engine.Driver{engine.Bridge}
	fl := fleet.New(w.Store, lifecycle.NewJournal(w.Bells, clock), catalog.Default(), fleet.Options{Limits: fleet.DefaultLimits(), Driver: drivers[0], Drivers: drivers})
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	key := "once"
	keyed, err := fl.Mutate(t.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: "a", IdempotencyKey: &key})
	require.NoError(t, err)
	w.Follow(nil, keyed.Lifecycle)
	w.Follow(nil, w.Mutate("a"))

	r := &controller.Retention{Store: w.Store, Fleet: fl, Now: clock, Log: w.Log}
	span := func() store.Span {
		require.NoError(t, r.Once(t.Context()))
		s, err := store.SpanOf(t.Context(), w.Store.Read, lifecycle.Stream)
		require.NoError(t, err)
		return s
	}
	first, err := w.Store.Read.Lifecycle.Get(t.Context(), keyed.Lifecycle.ID)
	require.NoError(t, err)
	deployed := span()
	require.Zero(t, deployed.Pruned, "0 is no bound")

	r.Journal = controller.Keep{Age: time.Hour, Rows: 1000}
	require.Zero(t, span().Pruned, "neither old nor many")
	now = now.Add(2 * time.Hour)
	held := span()
	require.Positive(t, held.Pruned)
	require.Less(t, held.Pruned+int64(first.Seq), held.Head, "the key holds its lifecycle, and what comes after it")
	now = now.Add(24 * time.Hour)
	require.Equal(t, held.Head, span().Pruned, "the key has lived its time")
}
