package model

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"decnet/catalog"
	"decnet/controller"
	"decnet/engine"
	"decnet/ent"
	"decnet/fleet"
	"decnet/internal/invariant"
	"decnet/lifecycle"
	"decnet/store"
)

// site is a server, but for its API: what a crash ends. The world that its engine makes outlives it.
type site struct {
	store *store.Store
	fleet *fleet.Fleet
	feed  *lifecycle.Feed

	dead atomic.Bool // it has crashed: what its parts say from then on is of no interest
	stop context.CancelFunc
	work sync.WaitGroup
}

// clock is the wall clock, which may jump.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) jump(d time.Duration) { c.ahead.Add(int64(d)) }

const (
	lease   = 5 * time.Second
	workers = 3
)

func open(dir string, e engine.Engine, c *clock) (*site, error) {
	db, err := store.Open(context.Background(), store.Options{Path: filepath.Join(dir, "decnet.db")})
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	bells := &lifecycle.Bells{}
	journal := lifecycle.NewJournal(bells, c.now)
	s := &site{
		store: db, feed: lifecycle.NewFeed(db, &bells.Grown, log),
		fleet: fleet.New(db, journal, catalog.Default(), fleet.Options{Limits: fleet.DefaultLimits(), Driver: engine.Bridge, Drivers: []engine.Driver{engine.Bridge}}),
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.work.Go(func() { s.feed.Run(ctx) })
	s.work.Go(func() { (&controller.Schedule{Store: db, Fleet: s.fleet, Now: c.now, Log: log}).Run(ctx) })
	s.work.Go(func() { (&controller.Reconciler{Store: db, Fleet: s.fleet, Engine: e, Now: c.now, Log: log}).Run(ctx) })
	for range 2 { // as two servers on one database would
		r := lifecycle.NewRunner(db, journal, e, log, lifecycle.RunnerOptions{Workers: workers, Lease: lease, MaxRepairs: 4})
		s.work.Go(func() { r.Run(ctx, ctx) })
	}
	return s, nil
}

// crash ends the site as a power cut does: nothing more is written, whatever was under way.
func (s *site) crash() error {
	s.dead.Store(true)
	err := s.store.Close()
	s.stop()
	s.work.Wait()
	return err
}

// state reads what the rules speak of.
func (s *site) state() (*invariant.State, error) {
	var out *invariant.State
	err := s.store.Snapshot(context.Background(), func(c *ent.Client) error {
		var err error
		out, err = invariant.Read(context.Background(), c)
		return err
	})
	return out, err
}

// follower is a subscriber to everything, which comes back with its place after each crash.
type follower struct {
	mu      sync.Mutex
	entries []*lifecycle.Event
	at      int64
	err     error
}

func (f *follower) follow(s *site) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := s.stop
	s.stop = func() { cancel(); stop() }
	s.work.Go(func() {
		f.mu.Lock()
		at := f.at
		f.mu.Unlock()
		sub, err := s.feed.Open(ctx, lifecycle.Filter{}, &at)
		if err == nil {
			err = sub.Run(ctx, func(e *lifecycle.Event) bool {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.entries = append(f.entries, e)
				f.at = e.Number
				return ctx.Err() == nil
			})
		}
		if err != nil && !s.dead.Load() {
			f.mu.Lock()
			f.err = err
			f.mu.Unlock()
		}
	})
}

// sawAll checks that the follower has the whole journal, each entry once, in order.
func (f *follower) sawAll(s *invariant.State) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return fmt.Errorf("the subscription broke: %w", f.err)
	}
	if len(f.entries) != len(s.Journal) {
		return fmt.Errorf("the subscriber has %d entries of %d", len(f.entries), len(s.Journal))
	}
	for i, e := range s.Journal {
		if got := f.entries[i]; got.Number != e.ID || got.Seq != e.Seq || string(got.Status) != e.Status {
			return fmt.Errorf("the subscriber's entry %d is number %d (%s), not %d (%s)", i+1, got.Number, got.Status, e.ID, e.Status)
		}
	}
	return nil
}
