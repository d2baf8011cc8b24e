package lifecycle_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"decnet/cursor"
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quick = lifecycle.RunnerOptions{Backoff: time.Millisecond}

func statuses(events []*lifecycle.Event) (out []entlifecycle.Status) {
	for _, e := range events {
		if len(out) == 0 || out[len(out)-1] != e.Status {
			out = append(out, e.Status)
		}
	}
	return out
}

// whole checks that a story begins at seq first and has no gap and no repeat.
func whole(t *testing.T, first int, events []*lifecycle.Event) {
	t.Helper()
	next := map[string]int{}
	for _, e := range events {
		id := string(e.Lifecycle.ID)
		if next[id] == 0 {
			next[id] = first
		}
		require.Equal(t, next[id], e.Seq, "%s", id)
		next[id]++
	}
}

func TestASubscriberSeesEveryStep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		deploy := w.Deploy("a")
		place := w.Subscribe(nil, deploy...)
		w.Run(quick)
		early := w.Collect(place)
		require.Equal(t, []entlifecycle.Status{"PENDING", "RUNNING", "SUCCEEDED"}, statuses(early))
		whole(t, 1, early)

		t.Run("after the end: the final entry, then the end", func(t *testing.T) {
			late := w.Follow(nil, deploy...)
			require.Len(t, late, 1)
			require.Equal(t, entlifecycle.StatusSucceeded, late[0].Status)
		})
		t.Run("with a cursor: exactly the rest", func(t *testing.T) {
			for i, e := range early {
				rest := w.Follow(&e.Number, deploy...)
				require.Len(t, rest, len(early)-i-1)
				for j, r := range rest {
					require.Equal(t, early[i+1+j].Number, r.Number)
				}
			}
		})
		t.Run("a cursor of the future is refused", func(t *testing.T) {
			future := early[len(early)-1].Number + 1000
			_, err := w.Feed.Open(t.Context(), lifecycle.Filter{}, &future)
			require.ErrorIs(t, err, cursor.ErrExpired)
		})
		d := w.Decky("a")
		require.Equal(t, decky.StateRunning, d.State)
		require.Equal(t, d.Generation, d.ObservedGeneration)
		require.Equal(t, []string{"ssh"}, d.ObservedServices)
	})
}

// A stage that is written down with the outcome is dated by when it began.
func TestAStageKeepsItsMoment(t *testing.T) {
	const latency = 20 * time.Millisecond
	w := world.New(t, sim.New(sim.Options{Latency: latency}))
	deploy := w.Deploy("a")
	place := w.Subscribe(nil, deploy...)
	w.Run(quick)
	events := w.Collect(place)
	i := slices.IndexFunc(events, func(e *lifecycle.Event) bool { return e.Stage != nil && *e.Stage == "creating the decky" })
	require.GreaterOrEqual(t, i, 0)
	require.GreaterOrEqual(t, events[len(events)-1].At.Sub(events[i].At), latency/2)
}

// Many subscribers come at random moments while lifecycles run: each sees one story without a gap.
func TestSubscribersOfAnyMomentSeeTheSameStory(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{Workers: 8})
	w.Follow(nil, w.Deploy("a", "b", "c", "d")...)
	var wg sync.WaitGroup
	for range 30 {
		for _, name := range []string{"a", "b", "c", "d"} {
			wg.Go(func() {
				lc := w.Mutate(name)
				seen := w.Follow(nil, lc)
				whole(t, seen[0].Seq, seen)
				require.True(t, lifecycle.Terminal(seen[len(seen)-1].Status))
			})
		}
	}
	wg.Wait()
	for _, name := range []string{"a", "b", "c", "d"} {
		d := w.Decky(name)
		require.Equal(t, d.Services, d.ObservedServices)
		require.Equal(t, d.Generation, d.ObservedGeneration)
	}
}

func TestOneOperationAtATimePerDecky(t *testing.T) {
	var busy, most atomic.Int64
	w := world.New(t, &counted{Engine: sim.New(sim.Options{Latency: time.Millisecond}), busy: &busy, most: &most})
	w.Run(lifecycle.RunnerOptions{Workers: 16})
	w.Run(lifecycle.RunnerOptions{Workers: 16}) // another server on the same database
	w.Follow(nil, w.Deploy("a")...)
	var lcs []*ent.Lifecycle
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			lc := w.Mutate("a")
			mu.Lock()
			defer mu.Unlock()
			lcs = append(lcs, lc)
		})
	}
	wg.Wait()
	last := map[entlifecycle.Status]int{}
	for _, e := range w.Follow(nil, lcs...) {
		if lifecycle.Terminal(e.Status) {
			last[e.Status]++
			if e.Status == entlifecycle.StatusSuperseded {
				require.NotNil(t, e.Lifecycle.SupersededBy)
			}
		}
	}
	require.Equal(t, 64, last[entlifecycle.StatusSucceeded]+last[entlifecycle.StatusSuperseded])
	require.EqualValues(t, 1, most.Load(), "two operations ran on one decky")
	d := w.Decky("a")
	require.Equal(t, 65, d.Generation)
	require.Equal(t, d.Services, d.ObservedServices)
}

func TestAFailureIsShownAndTheDeckyStaysWhole(t *testing.T) {
	failing := &atomic.Bool{}
	w := world.New(t, sim.New(sim.Options{Fault: func(_ context.Context, op string, _ engine.Ref) error {
		if op == "apply" && failing.Load() {
			return &engine.Error{Code: engine.PortUnavailable, Message: "port 80 is taken", Detail: "bind: address already in use"}
		}
		return nil
	}}))
	w.Run(quick)
	w.Follow(nil, w.Deploy("a")...)
	failing.Store(true)
	seen := w.Follow(nil, w.Mutate("a", "http"))
	end := seen[len(seen)-1]
	require.Equal(t, entlifecycle.StatusFailed, end.Status)
	require.Equal(t, "PORT_UNAVAILABLE", *end.Lifecycle.ErrorCode)
	require.Equal(t, "bind: address already in use", *end.Lifecycle.ErrorDetail)
	d := w.Decky("a")
	require.Equal(t, decky.StateDegraded, d.State)
	require.Equal(t, []string{"http"}, d.Services, "the wish stands")
	require.Equal(t, []string{"ssh"}, d.ObservedServices, "the old services run on")
	require.Greater(t, d.Generation, d.ObservedGeneration)

	failing.Store(false)
	again, err := w.Fleet.Retry(t.Context(), "tester", end.Lifecycle.ID)
	require.NoError(t, err)
	require.Equal(t, end.Lifecycle.ID, *again.RetryOf)
	w.Follow(nil, again)
	require.Equal(t, []string{"http"}, w.Decky("a").ObservedServices)
	require.Equal(t, decky.StateRunning, w.Decky("a").State)
}

func TestWhatIsTransientIsTriedAgain(t *testing.T) {
	var calls atomic.Int64
	w := world.New(t, sim.New(sim.Options{Fault: func(_ context.Context, op string, _ engine.Ref) error {
		if op == "ensure" && calls.Add(1) < 3 {
			return &engine.Error{Code: engine.Unavailable, Message: "the engine does not answer", Transient: true}
		}
		return nil
	}}))
	w.Run(quick)
	seen := w.Follow(nil, w.Deploy("a")...)
	whole(t, seen[0].Seq, seen)
	end := seen[len(seen)-1]
	require.Equal(t, entlifecycle.StatusSucceeded, end.Status)
	require.Equal(t, 3, end.Attempt)

	calls.Store(-100)
	seen = w.Follow(nil, w.Deploy("b")...)
	end = seen[len(seen)-1]
	require.Equal(t, entlifecycle.StatusFailed, end.Status, "not for ever")
	require.Equal(t, "ENGINE_UNAVAILABLE", *end.Lifecycle.ErrorCode)
}

func TestADeadlineEndsAHungCall(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{Latency: time.Hour}))
	w.Run(lifecycle.RunnerOptions{Deadlines: map[entlifecycle.Operation]time.Duration{entlifecycle.OperationDeploy: 20 * time.Millisecond}})
	seen := w.Follow(nil, w.Deploy("a")...)
	require.Equal(t, "DEADLINE_EXCEEDED", *seen[len(seen)-1].Lifecycle.ErrorCode)
	require.Equal(t, decky.StateFailed, w.Decky("a").State)
}

// A runner that dies holds its lifecycles no longer than its lease.
func TestAnExpiredLeaseIsTakenOver(t *testing.T) {
	held := make(chan struct{})
	dead := &atomic.Bool{}
	w := world.New(t, sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
		if op == "ensure" && !dead.Load() {
			close(held)
			dead.Store(true)
			<-ctx.Done() // the first runner never comes back from this
			return context.Cause(ctx)
		}
		return nil
	}}))
	lcs := w.Deploy("a")
	w.Run(quick)
	<-held
	// The first runner "dies": somebody else's name stands on a lease that has run out.
	require.NoError(t, w.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Lifecycle.Update().SetLeaseOwner("dead").SetLeaseExpiresAt(store.Now().Add(-time.Second)).Exec(ctx)
	}))
	w.Run(quick)
	seen := w.Follow(nil, lcs...)
	whole(t, seen[0].Seq, seen)
	end := seen[len(seen)-1]
	require.Equal(t, entlifecycle.StatusSucceeded, end.Status)
	require.Equal(t, 2, end.Attempt)
}

func TestAStoppingRunnerHandsBack(t *testing.T) {
	began := make(chan struct{})
	once := sync.OnceFunc(func() { close(began) })
	slow := &atomic.Bool{}
	slow.Store(true)
	w := world.New(t, sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
		if op == "ensure" && slow.Load() {
			once()
			<-ctx.Done()
			return context.Cause(ctx)
		}
		return nil
	}}))
	lcs := w.Deploy("a")
	stop := w.Run(quick)
	<-began
	stop()
	lc, err := w.Store.Read.Lifecycle.Get(t.Context(), lcs[0].ID)
	require.NoError(t, err)
	require.Equal(t, entlifecycle.StatusRunning, lc.Status)
	require.Empty(t, lc.LeaseOwner, "handed back, not left to run out")
	slow.Store(false)
	w.Run(quick)
	seen := w.Follow(nil, lcs...)
	require.Equal(t, entlifecycle.StatusSucceeded, seen[len(seen)-1].Status)
}

func TestCancel(t *testing.T) {
	began := make(chan struct{}, 10)
	hang := &atomic.Bool{}
	w := world.New(t, sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
		if op == "apply" && hang.Load() {
			began <- struct{}{}
			<-ctx.Done()
			return context.Cause(ctx)
		}
		return nil
	}}))

	t.Run("a pending deploy leaves nothing", func(t *testing.T) {
		lc := w.Deploy("p")[0]
		_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
		require.NoError(t, err)
		seen := w.Follow(nil, lc)
		require.Equal(t, entlifecycle.StatusCanceled, seen[len(seen)-1].Status)
		require.Nil(t, w.Decky("p"))
	})
	w.Run(quick)
	w.Follow(nil, w.Deploy("a")...)
	t.Run("a running mutation goes back to the last good services", func(t *testing.T) {
		hang.Store(true)
		lc := w.Mutate("a", "http")
		<-began
		hang.Store(false)
		_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
		require.NoError(t, err)
		seen := w.Follow(nil, lc)
		require.Equal(t, entlifecycle.StatusCanceled, seen[len(seen)-1].Status)
		d := w.Decky("a")
		require.Equal(t, []string{"ssh"}, d.Services)
		require.Equal(t, []string{"ssh"}, d.ObservedServices)
		require.Equal(t, d.Generation, d.ObservedGeneration)

		again, err := w.Fleet.Retry(t.Context(), "tester", lc.ID)
		require.NoError(t, err)
		w.Follow(nil, again)
		require.Equal(t, []string{"http"}, w.Decky("a").ObservedServices)
	})
	t.Run("what has ended can't be canceled", func(t *testing.T) {
		lc := w.Mutate("a", "ssh")
		w.Follow(nil, lc)
		_, err := w.Fleet.Cancel(t.Context(), "tester", lc.ID)
		var refused *fleet.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, fleet.Conflict, refused.Code)
	})
}

func TestTheDatabaseRefusesWhatMustNeverHappen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world.On(t, s, sim.New(sim.Options{}))
		w.Run(quick)
		lc := w.Deploy("a")[0]
		w.Follow(nil, lc)
		err := s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Lifecycle.Update().Where(entlifecycle.ID(lc.ID)).SetStatus(entlifecycle.StatusRunning).Exec(ctx)
		})
		require.ErrorContains(t, err, "terminal lifecycle never changes")
		err = s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE journal SET stage = 'x'")
			return err
		})
		require.ErrorContains(t, err, "append-only")

		// A teardown takes the decky from under its lifecycles: the record stays.
		down, err := w.Fleet.Teardown(t.Context(), "tester", fleet.TeardownInput{Deployment: "default"})
		require.NoError(t, err)
		seen := w.Follow(nil, down...)
		require.Equal(t, entlifecycle.StatusSucceeded, seen[len(seen)-1].Status)
		require.Nil(t, w.Decky("a"))
		kept, err := s.Read.Lifecycle.Get(t.Context(), lc.ID)
		require.NoError(t, err)
		require.Nil(t, kept.DeckyID)
		n, err := s.Read.Deployment.Query().Count(t.Context())
		require.NoError(t, err)
		require.Zero(t, n, "the deployment goes with its last decky")
	})
}

// A subscriber that stops reading holds nobody up and loses nothing, also when the ring has gone over it.
func TestASlowSubscriberCatchesUp(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{Workers: 8})
	w.Follow(nil, w.Deploy("a", "b", "c")...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	start, err := lifecycle.Head(ctx, w.Store.Read)
	require.NoError(t, err)
	sub, err := w.Feed.Open(ctx, lifecycle.Filter{}, &start)
	require.NoError(t, err)
	stalled := make(chan struct{})
	got := make(chan int64, 100_000)
	done := make(chan error, 1)
	go func() {
		done <- sub.Run(ctx, func(e *lifecycle.Event) bool {
			<-stalled
			got <- e.Number
			return true
		})
	}()
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c"} {
		wg.Go(func() {
			for range 400 {
				w.Follow(nil, w.Mutate(name))
			}
		})
	}
	wg.Wait()
	end, err := lifecycle.Head(ctx, w.Store.Read)
	require.NoError(t, err)
	require.Greater(t, end-start, int64(4096), "more than the feed keeps at hand")
	close(stalled)
	for want := start + 1; want <= end; want++ {
		select {
		case n := <-got:
			require.Equal(t, want, n)
		case <-time.After(world.Patience):
			t.Fatal("the subscriber did not catch up")
		}
	}
	cancel()
	require.NoError(t, errors.Join(<-done))
}
