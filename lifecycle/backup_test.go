package lifecycle_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/cursor"
	"decnet/engine/sim"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

// takenFrom restores a backup of a running store and opens it.
func takenFrom(t *testing.T, s *store.Store) *store.Store {
	t.Helper()
	r, _, err := s.Backup(t.Context())
	require.NoError(t, err)
	defer r.Close()
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "backup"), b, 0o600))
	path := filepath.Join(dir, "decnet.db")
	_, err = store.Restore(t.Context(), filepath.Join(dir, "backup"), path, false)
	require.NoError(t, err)
	restored, err := store.Open(t.Context(), store.Options{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, restored.Close()) })
	return restored
}

// A backup under load holds whole stories: every lifecycle with all its entries up to one moment.
func TestABackupUnderLoadHoldsWholeStories(t *testing.T) {
	s := storetest.New(t)
	w := world.On(t, s, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{Workers: 8})
	names := []string{"a", "b", "c", "d"}
	w.Follow(nil, w.Deploy(names...)...)
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	defer load.Wait()
	defer cancel()
	for _, name := range names {
		load.Go(func() {
			for ctx.Err() == nil {
				_, _ = w.Fleet.Mutate(ctx, fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: name})
			}
		})
	}
	last := int64(0)
	for range 3 {
		require.Eventually(t, func() bool {
			head, err := lifecycle.Head(t.Context(), s.Read)
			return err == nil && head > last+20
		}, world.Patience, 10*time.Millisecond)
		last = kept(t, takenFrom(t, s)).Head
	}
}

// A restored database counts on from where the backup was: a cursor of the time after it would name another entry.
func TestARestoredDatabaseRefusesOldCursors(t *testing.T) {
	s := storetest.New(t)
	w := world.On(t, s, sim.New(sim.Options{}))
	w.Run(quick)
	before := w.Follow(nil, w.Deploy("a")...)
	restored := takenFrom(t, s)
	after := w.Follow(nil, w.Mutate("a"))

	w2 := world.On(t, restored, sim.New(sim.Options{}))
	w2.Run(quick)
	again := w2.Follow(nil, w2.Mutate("a"), w2.Mutate("a"))
	codec := cursor.New(restored.Epoch())
	for _, e := range append(before, after...) {
		_, err := codec.Decode(lifecycle.Stream, e.Cursor())
		require.ErrorIs(t, err, cursor.ErrExpired)
	}
	n, err := codec.Decode(lifecycle.Stream, again[0].Cursor())
	require.NoError(t, err)
	require.Equal(t, again[0].Number, n)
}
