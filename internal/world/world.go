// Package world puts the domain together for tests: a database, a fleet, a runner on a sim engine, and the feed, as the server does.
package world

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"decnet/catalog"
	"decnet/engine"
	"decnet/ent"
	"decnet/fleet"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
	"decnet/store/storetest"
)

// World is everything but the API.
type World struct {
	T       testing.TB
	Store   *store.Store
	Catalog *catalog.Catalog
	Bells   *lifecycle.Bells
	Journal *lifecycle.Journal
	Fleet   *fleet.Fleet
	Feed    *lifecycle.Feed
	Engine  engine.Engine
	Log     *slog.Logger
}

// Patience bounds every wait of a test. It is long because a test that passes never waits so long.
const Patience = 2 * time.Minute

// New makes a world on a new SQLite database and the given engine.
func New(t testing.TB, e engine.Engine) *World { return On(t, storetest.New(t), e) }

// On makes a world on a store. The feed runs; runners are the test's to start.
func On(t testing.TB, s *store.Store, e engine.Engine) *World {
	t.Helper()
	w := &World{T: t, Store: s, Catalog: catalog.Default(), Bells: &lifecycle.Bells{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	w.Engine = engine.Guarded(e, w.Log)
	w.Journal = lifecycle.NewJournal(w.Bells, time.Now)
	drivers := []engine.Driver{engine.Bridge, engine.Loopback, engine.MACVLAN}
	w.Fleet = fleet.New(s, w.Journal, w.Catalog, fleet.Options{Limits: fleet.DefaultLimits(), Driver: drivers[0], Drivers: drivers})
	w.Feed = lifecycle.NewFeed(s, &w.Bells.Grown, w.Log)
	w.background(w.Feed.Run)
	return w
}

// background runs fn until the test ends, and waits for it.
func (w *World) background(fn func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { fn(ctx) })
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	w.T.Cleanup(stop)
	return stop
}

// Run starts a runner; stop ends it as a server that stops does, with no grace.
func (w *World) Run(o lifecycle.RunnerOptions) (stop func()) {
	r := lifecycle.NewRunner(w.Store, w.Journal, w.Engine, w.Log, o)
	return w.background(func(ctx context.Context) { r.Run(ctx, ctx) })
}

// Deploy deploys deckies of one service each and returns their lifecycles.
func (w *World) Deploy(names ...string) []*ent.Lifecycle {
	w.T.Helper()
	in := fleet.DeployInput{Deployment: "default", Mode: fleet.Add}
	for _, n := range names {
		in.Deckies = append(in.Deckies, &fleet.DeckySpec{Name: n, Count: 1, Services: []string{"ssh"}})
	}
	out, err := w.Fleet.Deploy(w.T.Context(), "tester", in)
	if err != nil {
		w.T.Fatalf("deploy: %v", err)
	}
	return out.Lifecycles
}

// DeployTo deploys a number of deckies, d-01 and on, as a deployment of their own.
func (w *World) DeployTo(deployment string, count int) []*ent.Lifecycle {
	w.T.Helper()
	out, err := w.Fleet.Deploy(w.T.Context(), "tester", fleet.DeployInput{
		Deployment: deployment, Mode: fleet.Add, Deckies: []*fleet.DeckySpec{{Name: "d", Count: count, Services: []string{"ssh"}}},
	})
	if err != nil {
		w.T.Fatalf("deploy: %v", err)
	}
	return out.Lifecycles
}

// Mutate gives a decky the named services, or a pick.
func (w *World) Mutate(name string, services ...string) *ent.Lifecycle {
	w.T.Helper()
	out, err := w.Fleet.Mutate(w.T.Context(), fleet.Operator("tester"), fleet.MutateInput{Deployment: "default", Name: name, Services: services})
	if err != nil {
		w.T.Fatalf("mutate %s: %v", name, err)
	}
	return out.Lifecycle
}

// Follow collects what a subscriber to the lifecycles sees, to the end.
func (w *World) Follow(after *int64, lcs ...*ent.Lifecycle) []*lifecycle.Event {
	w.T.Helper()
	return w.Collect(w.Subscribe(after, lcs...))
}

// Subscribe takes a subscriber's place.
func (w *World) Subscribe(after *int64, lcs ...*ent.Lifecycle) *lifecycle.Subscription {
	w.T.Helper()
	ids := []pid.ID{}
	for _, lc := range lcs {
		ids = append(ids, lc.ID)
	}
	sub, err := w.Feed.Open(w.T.Context(), lifecycle.Filter{IDs: ids}, after)
	if err != nil {
		w.T.Fatalf("subscribe: %v", err)
	}
	return sub
}

// Collect collects what a subscriber sees from its place to the end.
func (w *World) Collect(sub *lifecycle.Subscription) []*lifecycle.Event {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(w.T.Context(), Patience)
	defer cancel()
	var seen []*lifecycle.Event
	err := sub.Run(ctx, func(e *lifecycle.Event) bool { seen = append(seen, e); return ctx.Err() == nil })
	if err != nil || ctx.Err() != nil {
		w.T.Fatalf("the subscription did not end by itself: %v, %v, after %d entries", err, ctx.Err(), len(seen))
	}
	return seen
}

// Decky reads a decky by its name.
func (w *World) Decky(name string) *ent.Decky {
	w.T.Helper()
	all, err := w.Store.Read.Decky.Query().WithDeployment().All(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	for _, d := range all {
		if d.Name == name {
			return d
		}
	}
	return nil
}
