package lifecycle_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"decnet/cursor"
	"decnet/engine/sim"

	"decnet/ent"
	"decnet/ent/counter"
	"decnet/ent/journalentry"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/internal/invariant"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

// kept checks every rule of the state, and that the journal begins where the pruning says, and returns the span.
func kept(t *testing.T, s *store.Store) store.Span {
	t.Helper()
	var span store.Span
	require.NoError(t, s.Snapshot(t.Context(), func(c *ent.Client) error {
		state, err := invariant.Read(t.Context(), c)
		if err != nil {
			return err
		}
		if span, err = store.SpanOf(t.Context(), c, lifecycle.Stream); err != nil {
			return err
		}
		require.Len(t, state.Journal, int(span.Head-span.Pruned))
		if len(state.Journal) > 0 {
			require.Equal(t, span.Pruned+1, state.Journal[0].ID)
		}
		return state.Always()
	}))
	return span
}

func TestPruningTakesOnlyTheBeginningOfWhatHasEnded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		stop := w.Run(quick)
		first := w.Follow(nil, w.Deploy("a", "b")...)
		for range 120 { // more than one batch
			w.Follow(nil, w.Mutate("a"))
		}
		stop()
		waiting := w.Mutate("b")
		for range 3 {
			w.Mutate("a", "ssh")
			w.Mutate("a", "ssh", "http") // the one before is superseded: ended, but after what waits
		}
		before := kept(t, s)

		t.Run("by number", func(t *testing.T) {
			n, err := lifecycle.Prune(t.Context(), s, time.Time{}, before.Head-20)
			require.NoError(t, err)
			span := kept(t, s)
			require.EqualValues(t, 20, n)
			require.EqualValues(t, 20, span.Pruned)
			exists, err := s.Read.Lifecycle.Query().Where(entlifecycle.ID(first[0].Lifecycle.ID)).Exist(t.Context())
			require.NoError(t, err)
			require.False(t, exists, "a lifecycle goes with its last entry")
		})
		t.Run("a cursor of the pruned part is refused, one at its end is good", func(t *testing.T) {
			at := int64(19)
			_, err := w.Feed.Open(t.Context(), lifecycle.Filter{}, &at)
			require.ErrorIs(t, err, cursor.ErrExpired)
			require.ErrorContains(t, err, "pruned")
			_, _, err = w.Feed.Page(t.Context(), lifecycle.Filter{}, at, 10)
			require.ErrorIs(t, err, cursor.ErrExpired)
			oldest, err := w.Feed.Oldest(t.Context())
			require.NoError(t, err)
			events, _, err := w.Feed.Page(t.Context(), lifecycle.Filter{}, oldest, 10)
			require.NoError(t, err)
			require.EqualValues(t, 21, events[0].Number)
		})
		t.Run("by age, up to what has not ended", func(t *testing.T) {
			n, err := lifecycle.Prune(t.Context(), s, time.Now().Add(-time.Hour), 0)
			require.NoError(t, err)
			require.Zero(t, n, "nothing is that old")
			_, err = lifecycle.Prune(t.Context(), s, time.Now().Add(time.Hour), 1)
			require.NoError(t, err)
			span := kept(t, s)
			open, err := s.Read.JournalEntry.Query().Where(journalentry.LifecycleID(waiting.ID)).Order(journalentry.ByID()).First(t.Context())
			require.NoError(t, err)
			require.Equal(t, open.ID-1, span.Pruned)
			require.Equal(t, before.Head, span.Head)
		})
		t.Run("and on, once it has ended", func(t *testing.T) {
			defer w.Run(quick)()
			w.Follow(nil, waiting)
			require.Eventually(t, func() bool {
				_, err := lifecycle.Prune(t.Context(), s, time.Now().Add(time.Hour), 0)
				require.NoError(t, err)
				span := kept(t, s)
				return span.Pruned == span.Head
			}, world.Patience, 10*time.Millisecond)
			n, err := s.Read.Lifecycle.Query().Count(t.Context())
			require.NoError(t, err)
			require.Zero(t, n)
		})
		t.Run("an empty journal goes on where it was", func(t *testing.T) {
			defer w.Run(quick)()
			oldest, err := w.Feed.Oldest(t.Context())
			require.NoError(t, err)
			lc := w.Mutate("b", "http")
			whole(t, 1, w.Follow(&oldest, lc))
		})
	})
}

// A subscriber that is overtaken by the retention hears of it: it never goes on after a hole.
func TestASlowSubscriberThatIsOvertakenIsTold(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	defer w.Run(quick)()
	w.Follow(nil, w.Deploy("a")...)
	// A feed that starts late has nothing at hand, like one whose subscriber is far behind.
	late := lifecycle.NewFeed(w.Store, &w.Bells.Grown, w.Log)
	start := int64(0)
	sub, err := late.Open(t.Context(), lifecycle.Filter{}, &start)
	require.NoError(t, err)
	_, err = lifecycle.Prune(t.Context(), w.Store, time.Now().Add(time.Hour), 0)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { late.Run(ctx) })
	err = sub.Run(ctx, func(e *lifecycle.Event) bool { t.Errorf("it was sent entry %d", e.Number); return true })
	require.ErrorIs(t, err, cursor.ErrExpired)
}

// What an idempotency key was answered with is kept as long as the key.
func TestAKeyKeepsItsLifecycles(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		defer w.Run(quick)()
		w.Follow(nil, w.Deploy("a")...)
		key := "once"
		in := fleet.MutateInput{Deployment: "default", Name: "a", IdempotencyKey: &key}
		first, err := w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), in)
		require.NoError(t, err)
		w.Follow(nil, first.Lifecycle)
		w.Follow(nil, w.Mutate("a"))
		_, err = lifecycle.Prune(t.Context(), s, time.Now().Add(time.Hour), 0)
		require.NoError(t, err)
		kept(t, s)
		again, err := w.Fleet.Mutate(t.Context(), fleet.Operator("tester"), in)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, first.Lifecycle.ID, again.Lifecycle.ID)
		seen := w.Follow(nil, again.Lifecycle)
		require.True(t, lifecycle.Terminal(seen[len(seen)-1].Status), "and how it ended is still told")
	})
}

// The database itself keeps the rules, whatever a program asks of it.
func TestTheDatabaseRefusesEveryOtherDeletion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		stop := w.Run(quick)
		done := w.Follow(nil, w.Deploy("a")...)
		stop()
		open := w.Mutate("a", "http")
		span := kept(t, s)
		prunedTo := func(n int64) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error {
				return tx.Counter.Update().Where(counter.ID("journal-pruned")).SetValue(n).Exec(ctx)
			}
		}
		for name, write := range map[string]func(context.Context, *store.Tx) error{
			"an entry": func(ctx context.Context, tx *store.Tx) error {
				return tx.JournalEntry.DeleteOneID(1).Exec(ctx)
			},
			"a lifecycle with its entries": func(ctx context.Context, tx *store.Tx) error {
				return tx.Lifecycle.DeleteOneID(done[0].Lifecycle.ID).Exec(ctx)
			},
			"a lifecycle that is open": func(ctx context.Context, tx *store.Tx) error {
				return tx.Lifecycle.DeleteOneID(open.ID).Exec(ctx)
			},
			"a place that reaches what is open": prunedTo(span.Head),
			"an entry that is rewritten": func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.ExecContext(ctx, "UPDATE journal SET stage = 'x' WHERE id = 1")
				return err
			},
		} {
			require.Error(t, s.Write(t.Context(), write), name)
		}
		require.NoError(t, s.Write(t.Context(), prunedTo(1)))
		require.Error(t, s.Write(t.Context(), prunedTo(0)), "a place that goes back")
		require.NoError(t, s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.JournalEntry.DeleteOneID(1).Exec(ctx)
		}), "what is pruned may go")
		kept(t, s)
	})
}

// An event's lifecycle outlives the snapshot that it was read in: more of it can be asked for.
func TestAnEventsEdgesCanBeRead(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	defer w.Run(quick)()
	for _, e := range w.Follow(nil, append(w.Deploy("a"), w.Deploy("b")...)...) {
		for what, read := range map[string]func() (int, error){
			"entries":  func() (int, error) { return e.Lifecycle.QueryEntries().Count(t.Context()) },
			"siblings": func() (int, error) { return e.Lifecycle.Edges.Decky.QueryLifecycles().Count(t.Context()) },
			"deckies":  func() (int, error) { return e.Lifecycle.Edges.Decky.Edges.Deployment.QueryDeckies().Count(t.Context()) },
		} {
			n, err := read()
			require.NoError(t, err, what)
			require.Positive(t, n, what)
		}
	}
}

// While the journal is written, pruned and read at once, every reader sees each entry once and in order, or is told that it has missed some.
func TestReadersUnderPruningMissNothingSilently(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const enough = 400
		w := world.On(t, s, sim.New(sim.Options{}))
		w.Run(lifecycle.RunnerOptions{Workers: 8})
		names := []string{"a", "b", "c", "d"}
		w.Follow(nil, w.Deploy(names...)...)
		ctx, cancel := context.WithTimeout(t.Context(), world.Patience)
		defer cancel()
		var all sync.WaitGroup
		defer all.Wait()
		for _, name := range names {
			all.Go(func() {
				for head := int64(0); head < enough && ctx.Err() == nil; {
					_, err := w.Fleet.Mutate(ctx, fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: name})
					if err != nil {
						t.Errorf("mutate %s: %v", name, err)
						return
					}
					head, _ = lifecycle.Head(ctx, s.Read)
				}
			})
		}
		reading, done := context.WithCancel(ctx)
		for lazy := range int64(4) {
			all.Go(func() {
				at, told := int64(0), 0
				for at < enough && ctx.Err() == nil {
					assert.Eventually(t, func() bool {
						head, err := lifecycle.Head(ctx, s.Read)
						return err != nil || head >= min(at+lazy*20, enough)
					}, world.Patience, time.Millisecond)
					sub, err := w.Feed.Open(ctx, lifecycle.Filter{}, &at)
					if err == nil {
						n := 0
						err = sub.Run(ctx, func(e *lifecycle.Event) bool {
							assert.Equal(t, at+1, e.Number)
							at = e.Number
							n++
							return n < 20 && at < enough // then it comes back with its cursor
						})
					}
					if errors.Is(err, cursor.ErrExpired) {
						told++
						at, err = w.Feed.Oldest(ctx)
					}
					if err != nil {
						t.Errorf("after %d: %v", at, err)
						return
					}
				}
				t.Logf("a reader was told %d times", told)
			})
		}
		go func() { all.Wait(); done() }()
		for reading.Err() == nil {
			_, err := lifecycle.Prune(t.Context(), s, time.Time{}, 15)
			require.NoError(t, err)
			kept(t, s)
		}
		require.NoError(t, ctx.Err(), "it took too long")
	})
}
