// Package sim is an engine that makes nothing real: latencies and faults on demand, for tests, benchmarks and trying the product out.
// Its deckies are files in a folder, and outlive the server as containers do; without a folder they live in memory, and the reconciler makes them
// again after a restart, as if the host had lost them.
package sim

import (
	"context"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"decnet/catalog"
	"decnet/engine"
	"decnet/pid"
)

// Options are how the sim behaves; the zero value is quick and never fails.
type Options struct {
	Latency     time.Duration // of each call
	FailureRate float64       // share of calls that fail, 0 to 1
	Seed        uint64        // of the failures: the same seed fails the same calls
	Catalog     *catalog.Catalog
	// Fault, when set, is asked before each call acts; what it returns is the call's error. It may block: ctx ends with the call.
	Fault func(ctx context.Context, op string, r engine.Ref) error
}

// Engine is the sim.
type Engine struct {
	opts Options
	dir  string // "": in memory

	mu       sync.Mutex
	random   *rand.Rand
	deckies  map[string]*decky
	watchers map[chan engine.Change]struct{}
}

type decky struct {
	record
	lines []string
	grown chan struct{} // closed when lines grew or the decky is gone
}

var _ engine.Engine = (*Engine)(nil)

// New returns a sim whose deckies live in memory.
func New(o Options) *Engine {
	if o.Catalog == nil {
		o.Catalog = catalog.Default()
	}
	return &Engine{
		opts: o, random: rand.New(rand.NewPCG(o.Seed, 0)),
		deckies: map[string]*decky{}, watchers: map[chan engine.Change]struct{}{},
	}
}

// Open returns a sim whose deckies are files in a folder, which is made when absent.
func Open(dir string, o Options) (*Engine, error) {
	e := New(o)
	e.dir = dir
	records, err := e.load()
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		e.deckies[r.Spec.ID] = &decky{record: r, grown: make(chan struct{})}
	}
	return e, nil
}

// Name is "sim".
func (*Engine) Name() string { return "sim" }

// Ping asks only for the fault of "ping".
func (e *Engine) Ping(ctx context.Context) error { return e.fault(ctx, "ping", engine.Ref{}) }

// Close does nothing: deckies live on.
func (*Engine) Close() error { return nil }

// call waits the latency out and fails when it is this call's turn to.
func (e *Engine) call(ctx context.Context, op string, r engine.Ref) error {
	if err := e.fault(ctx, op, r); err != nil {
		return err
	}
	if e.opts.Latency > 0 {
		t := time.NewTimer(e.opts.Latency)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.opts.FailureRate > 0 && e.random.Float64() < e.opts.FailureRate {
		return &engine.Error{Code: engine.Failed, Message: "the sim failed, as it was told to", Detail: op + " " + r.Name}
	}
	return nil
}

func (e *Engine) fault(ctx context.Context, op string, r engine.Ref) error {
	if e.opts.Fault == nil {
		return nil
	}
	return e.opts.Fault(ctx, op, r)
}

// Ensure makes the decky exist with its services.
func (e *Engine) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	p("creating the decky")
	if err := e.call(ctx, "ensure", d.Ref); err != nil {
		return engine.Observed{}, err
	}
	p("opening " + engine.Join(d.Services))
	e.mu.Lock()
	defer e.mu.Unlock()
	have := e.deckies[d.ID]
	next := record{Spec: d, Instance: string(pid.New("sim")), Running: true, Started: time.Now()}
	if have == nil {
		have = &decky{grown: make(chan struct{})}
	} else if have.Running && sameHost(have.Spec, d) {
		next.Instance, next.Started = have.Instance, have.Started
	}
	if err := e.save(next); err != nil {
		return engine.Observed{}, err
	}
	have.record = next
	e.deckies[d.ID] = have
	return e.observed(have), nil
}

// sameHost tells whether two wishes are for the same host, whatever its services.
func sameHost(a, b engine.Decky) bool {
	a.Services, a.Generation = b.Services, b.Generation
	return reflect.DeepEqual(a, b)
}

// Apply changes the services of a decky that runs.
func (e *Engine) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	p("opening " + engine.Join(d.Services))
	if err := e.call(ctx, "apply", d.Ref); err != nil {
		return engine.Observed{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	have := e.deckies[d.ID]
	if have == nil || !have.Running {
		return engine.Observed{}, &engine.Error{Code: engine.NotRunning, Message: "the decky does not run"}
	}
	next := have.record
	next.Spec.Services, next.Spec.Generation = slices.Clone(d.Services), d.Generation
	if err := e.save(next); err != nil {
		return engine.Observed{}, err
	}
	have.record = next
	return e.observed(have), nil
}

// Remove makes the decky not exist.
func (e *Engine) Remove(ctx context.Context, r engine.Ref, p engine.Progress) error {
	p("removing the decky")
	if err := e.call(ctx, "remove", r); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.deckies[r.ID]
	if d == nil {
		return nil
	}
	if err := e.forget(r.ID); err != nil {
		return err
	}
	close(d.grown)
	delete(e.deckies, r.ID)
	return nil
}

// Observe returns all deckies.
func (e *Engine) Observe(ctx context.Context) ([]engine.Observed, error) {
	if err := e.fault(ctx, "observe", engine.Ref{}); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]engine.Observed, 0, len(e.deckies))
	for _, id := range slices.Sorted(maps.Keys(e.deckies)) {
		out = append(out, e.observed(e.deckies[id]))
	}
	return out, nil
}

func (e *Engine) observed(d *decky) engine.Observed {
	o := engine.Observed{ID: d.Spec.ID, Instance: d.Instance, Running: d.Running, StartedAt: d.Started}
	if !d.Running {
		o.Detail = "killed"
		return o
	}
	o.Services, o.Generation = slices.Clone(d.Spec.Services), d.Spec.Generation
	for _, slug := range d.Spec.Services {
		s, _ := e.opts.Catalog.Service(slug)
		for _, port := range s.Ports {
			if port.Optional {
				continue
			}
			o.Endpoints = append(o.Endpoints, engine.Endpoint{Service: slug, Proto: port.Proto, Address: d.Spec.IP.String(), Port: port.Number})
		}
	}
	return o
}

// Kill stops a decky behind everyone's back.
func (e *Engine) Kill(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.deckies[id]
	if d == nil {
		return
	}
	d.Running = false
	for w := range e.watchers {
		select {
		case w <- engine.Change{ID: id, Kind: engine.Died, At: time.Now()}:
		default: // a watcher that is behind looks at everything anyway
		}
	}
}

// Watch sends the deaths that Kill makes.
func (e *Engine) Watch(ctx context.Context) (<-chan engine.Change, error) {
	ch := make(chan engine.Change, 16)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchers[ch] = struct{}{}
	context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.watchers, ch)
		close(ch)
	})
	return ch, nil
}

// Emit has a decky say an event line.
func (e *Engine) Emit(id, line string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := e.deckies[id]; d != nil {
		d.lines = append(d.lines, line)
		close(d.grown)
		d.grown = make(chan struct{})
	}
}

// Events calls sink for what Emit said. A position is the number of lines before it; one that is no number is another engine's (a backup is looked at), and is the beginning.
func (e *Engine) Events(ctx context.Context, r engine.Ref, position string, follow bool, sink func(engine.Line) error) error {
	at, err := strconv.Atoi(position)
	if err != nil {
		at = 0
	}
	for {
		e.mu.Lock()
		d := e.deckies[r.ID]
		if d == nil {
			e.mu.Unlock()
			return &engine.Error{Code: engine.NotRunning, Message: "there is no such decky"}
		}
		lines, grown := d.lines[min(at, len(d.lines)):], d.grown
		e.mu.Unlock()
		for _, l := range lines {
			at++
			if err := sink(engine.Line{Text: []byte(l), Position: strconv.Itoa(at)}); err != nil {
				return err
			}
		}
		if !follow {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil
		}
	}
}
