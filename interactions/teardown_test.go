package interactions_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/fleet"
	"decnet/interactions"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

func teardown(t *testing.T, w *world.World) []*ent.Lifecycle {
	t.Helper()
	lcs, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default"})
	require.NoError(t, err)
	return lcs
}

// A teardown that finds lines unread stores all of them, each once, whether the decky's reader is on its way or not.
func TestATeardownKeepsWhatNobodyHasReadYet(t *testing.T) {
	const lines = 1500
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		grown := &lifecycle.Bell{}
		collector := interactions.NewCollector(s, e, &w.Bells.Touched, grown, time.Now, w.Log)
		w.Run(lifecycle.RunnerOptions{BeforeRemove: collector.Drain})
		w.Follow(nil, w.Deploy("a", "b")...)
		ref := w.Decky("a").ID
		for _, name := range []string{"a", "b"} {
			for i := range lines {
				e.Emit(string(w.Decky(name).ID), line(uint64(i+1), "x"))
			}
		}
		stop := collecting(t, w, grown)
		defer stop()
		w.Follow(nil, teardown(t, w)...)
		rows, err := s.Read.Interaction.Query().Select("decky_ref", "seq", "decky_id").All(t.Context())
		require.NoError(t, err)
		require.Len(t, rows, 2*lines)
		seen := map[int64]bool{}
		for _, row := range rows {
			require.Nil(t, row.DeckyID, "the decky is gone")
			if row.DeckyRef == ref {
				seen[row.Seq] = true
			}
		}
		require.Len(t, seen, lines)
	})
}

// late is an engine that still has lines of a decky when it has removed it.
type late struct {
	*sim.Engine

	lines chan string
}

func (e *late) Events(ctx context.Context, _ engine.Ref, _ string, _ bool, sink func(engine.Line) error) error {
	for {
		select {
		case l, ok := <-e.lines:
			if !ok {
				return nil
			}
			if err := sink(engine.Line{Text: []byte(l), Position: "somewhere"}); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// What is read of a decky whose row has gone is evidence all the same, and has no edge to it.
func TestLinesThatComeAfterTheRowHasGoneAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := &late{Engine: sim.New(sim.Options{}), lines: make(chan string)}
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		d := w.Decky("a")
		defer collecting(t, w, &lifecycle.Bell{})()
		stored := func(n int) {
			t.Helper()
			require.Eventually(t, func() bool {
				have, err := s.Read.Interaction.Query().Count(t.Context())
				return err == nil && have == n
			}, world.Patience, 5*time.Millisecond)
		}
		e.lines <- line(1, "x")
		stored(1)
		w.Follow(nil, teardown(t, w)...)
		require.Nil(t, w.Decky("a"))
		e.lines <- line(2, "y")
		e.lines <- line(2, "y") // again
		e.lines <- line(3, "z")
		close(e.lines)
		stored(3)
		rows, err := s.Read.Interaction.Query().All(t.Context())
		require.NoError(t, err)
		for _, row := range rows {
			require.Nil(t, row.DeckyID)
			require.Equal(t, []any{d.ID, "a", "default"}, []any{row.DeckyRef, row.DeckyName, row.DeploymentName})
		}
		session, err := s.Read.Session.Query().Only(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, session.Attempts)
		tried, err := s.Read.Credential.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, tried)
	})
}

// A decky whose lines do not end, or whose engine does not answer, is given up, and the log says how far it came.
func TestADrainThatDoesNotEndSaysHowFarItCame(t *testing.T) {
	e := &late{Engine: sim.New(sim.Options{}), lines: make(chan string, 2)}
	w := world.New(t, e)
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	e.lines <- line(1, "x")
	e.lines <- line(2, "x")
	var said bytes.Buffer
	c := interactions.NewCollector(w.Store, e, &w.Bells.Touched, &lifecycle.Bell{}, time.Now, slog.New(slog.NewTextHandler(&said, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	d, drained := w.Decky("a"), make(chan struct{})
	go func() { c.Drain(ctx, d); close(drained) }()
	require.Eventually(t, func() bool {
		n, err := w.Store.Read.Interaction.Query().Count(t.Context())
		return err == nil && n == 2
	}, world.Patience, time.Millisecond, "what came is stored")
	cancel()
	<-drained
	require.Contains(t, said.String(), "lines=2")
	require.Contains(t, said.String(), "could not all be read")
}

// A deployment goes between the collector's reading of its decky and of itself: nothing is read of what is gone, and all others are read on.
func TestADeploymentThatGoesWhileItIsReadHarmsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		ctx, goes := t.Context(), w.Decky("a")
		vanished := &atomic.Bool{}
		s.Read.Deployment.Intercept(ent.TraverseFunc(func(context.Context, ent.Query) error {
			if !vanished.CompareAndSwap(false, true) {
				return nil
			}
			return s.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Deployment.Update().SetRemoving(true).Exec(ctx); err != nil {
					return err
				}
				return w.Journal.Gone(ctx, tx, goes.ID)
			})
		}))
		defer collecting(t, w, &lifecycle.Bell{})()
		require.Eventually(t, func() bool { return s.Read.Decky.Query().CountX(ctx) == 0 }, world.Patience, time.Millisecond)
		w.Follow(nil, w.Deploy("b")...)
		var in script
		in.add(1, "ssh", "s1", event.Connect, "10.0.0.9")
		e.Emit(string(w.Decky("b").ID), in.lines[0])
		require.Eventually(t, func() bool { return s.Read.Interaction.Query().CountX(ctx) == 1 }, world.Patience, 5*time.Millisecond)
	})
}
