package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"decnet/engine"
	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/failpoint"
	"decnet/pid"
	"decnet/store"
)

// RunnerOptions are the runner's settings; the zero value of each means its default.
type RunnerOptions struct {
	Workers     int           // lifecycles worked on at once; 4
	Lease       time.Duration // how long a claim holds without renewal; 15 s
	MaxAttempts int           // how often a transient failure is tried in all; 3
	MaxRepairs  int           // after how many failures in a row the reconciler leaves a decky to an operator; 10
	Backoff     time.Duration // before the second attempt; doubles, with jitter; 500 ms
	// BeforeRemove, where given, is called before a teardown has the engine remove a decky, for what is to be had of it only while it is there. It
	// must end with ctx, and may not keep the decky.
	BeforeRemove func(ctx context.Context, d *ent.Decky)
	// Deadlines bound one attempt of each operation.
	Deadlines map[entlifecycle.Operation]time.Duration
}

func (o RunnerOptions) withDefaults() RunnerOptions {
	if o.Workers == 0 {
		o.Workers = 4
	}
	if o.Lease == 0 {
		o.Lease = 15 * time.Second
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 3
	}
	if o.MaxRepairs == 0 {
		o.MaxRepairs = 10
	}
	if o.Backoff == 0 {
		o.Backoff = 500 * time.Millisecond
	}
	deadlines := map[entlifecycle.Operation]time.Duration{
		entlifecycle.OperationDeploy: 2 * time.Minute, entlifecycle.OperationRepair: 2 * time.Minute,
		entlifecycle.OperationMutate: 30 * time.Second, entlifecycle.OperationTeardown: time.Minute,
	}
	maps.Copy(deadlines, o.Deadlines)
	o.Deadlines = deadlines
	return o
}

// Runner works lifecycles off. Any number of runners, in any number of processes, share one database.
type Runner struct {
	store   *store.Store
	journal *Journal
	engine  engine.Engine
	log     *slog.Logger
	opts    RunnerOptions
	owner   string
	pulse   pulse

	mu       sync.Mutex
	takes    context.Context // what is begun works in it; nil while the runner takes nothing up
	running  map[pid.ID]context.CancelCauseFunc
	promised int // workers for lifecycles that are about to be committed
	work     sync.WaitGroup
	freed    Bell
}

// Where a crash finds a lifecycle that is claimed and not begun, an engine that was not asked yet, and one that has done what it was asked while nobody has
// written it down.
var (
	whenClaimed  = failpoint.New("runner.claimed")
	beforeEngine = failpoint.New("runner.engine.before")
	afterEngine  = failpoint.New("runner.engine.after")
)

// Why a lifecycle's context ended early.
var (
	errCanceled  = errors.New("canceled by an operator")
	errLeaseLost = errors.New("the lease was lost")
	errStopping  = errors.New("the server is stopping")
)

// errNotAsked is an attempt's that never came to ask the engine: that the database can't be read says nothing of the decky.
var errNotAsked = errors.New("the decky could not be read")

// NewRunner returns a runner; Run makes it go. Its engine is one that does not panic ([engine.Guarded]). Lifecycles that this journal makes it may take up as they are made.
func NewRunner(s *store.Store, j *Journal, e engine.Engine, log *slog.Logger, o RunnerOptions) *Runner {
	r := &Runner{
		store: s, journal: j, engine: e, log: log, opts: o.withDefaults(),
		owner: string(pid.New("run")), running: map[pid.ID]context.CancelCauseFunc{},
	}
	j.employ(r)
	return r
}

// Run claims and works until ctx ends. It then claims no more, lets what is under way go on until grace ends, hands back the leases of the
// rest, and returns.
func (r *Runner) Run(ctx context.Context, grace context.Context) {
	// What is under way outlives ctx by the grace.
	workCtx, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	tick := time.NewTicker(lookAnyway / 2)
	defer tick.Stop()
	r.pulse.looked(nil)
	r.takeUp(workCtx)
	defer context.AfterFunc(ctx, r.takeNoMore)()
	for ctx.Err() == nil {
		rung, freed := r.journal.bells.Work.C(), r.freed.C()
		r.interruptCanceled(ctx)
		if free := r.opts.Workers - r.busy(); free > 0 {
			claimed, err := r.claim(ctx, free)
			r.pulse.looked(err)
			if err != nil && ctx.Err() == nil {
				r.log.ErrorContext(ctx, "can't claim lifecycles; trying again", "error", err)
			}
			for _, lc := range claimed {
				whenClaimed.Hit()
				r.mu.Lock()
				r.start(workCtx, lc)
				r.mu.Unlock()
			}
			if len(claimed) > 0 {
				continue // there may be more
			}
		}
		select {
		case <-rung:
		case <-freed:
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	r.takeNoMore()
	idle := make(chan struct{})
	go func() { r.work.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-grace.Done():
		stop(errStopping)
		<-idle
	}
}

// Ready is nil when the runner works: it looks for lifecycles, or has its hands full.
func (r *Runner) Ready(ctx context.Context) error {
	if r.busy() >= r.opts.Workers {
		return nil
	}
	return r.pulse.Ready(ctx)
}

// busy is how many workers are not free.
func (r *Runner) busy() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running) + r.promised
}

// takeUp lets lifecycles be taken up as they are made, to be worked on in this context.
func (r *Runner) takeUp(in context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takes = in
}

func (r *Runner) takeNoMore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takes = nil
}

// working are the lifecycles that this runner works on.
func (r *Runner) working() []pid.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.running))
}

// start is called with the lock.
func (r *Runner) start(working context.Context, lc *ent.Lifecycle) {
	ctx, cancel := context.WithCancelCause(working)
	r.running[lc.ID] = cancel
	r.work.Go(func() {
		defer func() {
			cancel(nil)
			r.mu.Lock()
			delete(r.running, lc.ID)
			r.mu.Unlock()
			r.freed.Ring()
		}()
		r.carry(working, ctx, cancel, lc)
	})
}

// interruptCanceled breaks off the lifecycles that somebody wants to end.
func (r *Runner) interruptCanceled(ctx context.Context) {
	if r.busy() == 0 {
		return
	}
	ids, err := r.store.Read.Lifecycle.Query().Where(
		entlifecycle.StatusEQ(entlifecycle.StatusRunning), entlifecycle.LeaseOwner(r.owner), entlifecycle.CancelRequested(true)).IDs(ctx)
	if err != nil {
		return // the next look is soon
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if cancel := r.running[id]; cancel != nil {
			cancel(errCanceled)
		}
	}
}

// carry takes one claimed lifecycle as far as it goes. working ends when the runner stops for good, breakable also when this one lifecycle
// is broken off, by cancel.
func (r *Runner) carry(working, breakable context.Context, cancel context.CancelCauseFunc, lc *ent.Lifecycle) {
	log := r.log.With("lifecycle", lc.ID, "operation", lc.Operation, "decky", lc.DeckyName, "deployment", lc.DeploymentName, "attempt", lc.Attempt)
	if id := TraceID(lc); id != "" {
		log = log.With("trace", id)
	}
	// The lease is kept until the outcome is written, which may take an engine call of its own. Who has lost it stops, whatever it does: somebody else works on the decky.
	held, lost := context.WithCancelCause(working)
	defer lost(nil)
	defer context.AfterFunc(held, func() { cancel(context.Cause(held)) })()
	done := make(chan struct{})
	var renewals sync.WaitGroup
	renewals.Go(func() { r.keepLease(held, lost, lc, done, log) })
	defer renewals.Wait()
	defer close(done)

	if lc.CancelRequested { // of somebody who worked on it before
		if err := r.cancel(held, lc, nil); err != nil {
			log.WarnContext(working, "a lifecycle that was to be canceled could not be; it will be taken up again", "error", err)
		}
		return
	}
	began := time.Now()
	tracing, span := tracer.Start(TraceContext(breakable, lc), fmt.Sprintf("attempt %d", lc.Attempt))
	stages := r.stages(tracing, lc)
	result := r.attempt(tracing, lc, stages.tell)
	unwritten := stages.end()
	endAttempt(span, result.err)
	cause := context.Cause(breakable)
	// What happened is written down even when the work was broken off.
	ctx := context.WithoutCancel(working)
	var err error
	switch {
	case result.err == nil:
		err = r.succeed(ctx, lc, unwritten, result.observed)
	case errors.Is(cause, errLeaseLost):
		log.WarnContext(ctx, "another runner took the lifecycle over")
		return
	case errors.Is(cause, errStopping):
		err = r.handBack(ctx, lc, unwritten, r.journal.Now(), "handed back: the server is stopping")
	case errors.Is(cause, errCanceled):
		err = r.cancel(held, lc, unwritten)
	case errors.Is(result.err, errNotAsked):
		err = r.handBack(ctx, lc, unwritten, r.journal.Now().Add(r.backoff(lc.Attempt)), "the database could not be read; trying again")
	default:
		err = r.failOrRetry(ctx, lc, unwritten, engine.AsError(result.err))
	}
	switch {
	case errors.Is(err, ErrMoved):
		log.WarnContext(ctx, "the lifecycle was taken over before its outcome was written")
	case err != nil:
		// The lease runs out and the work is done again: every engine call may be.
		log.ErrorContext(ctx, "can't write down the lifecycle's outcome; it will be taken up again", "error", err)
	case result.err != nil:
		log.WarnContext(ctx, "a lifecycle did not get through", "took", time.Since(began), "error", result.err)
	default:
		log.InfoContext(ctx, "a lifecycle succeeded", "took", time.Since(began))
	}
}

// keepLease renews the lease until done. It is lost when somebody else has it, and when it is about to run out while a renewal still hangs.
func (r *Runner) keepLease(ctx context.Context, lost context.CancelCauseFunc, lc *ent.Lifecycle, done <-chan struct{}, log *slog.Logger) {
	runsOut := r.opts.Lease - r.opts.Lease/10
	over := time.AfterFunc(runsOut, func() { lost(errLeaseLost) })
	defer over.Stop()
	tick := time.NewTicker(r.opts.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		asked := time.Now()
		switch err := r.renew(context.WithoutCancel(ctx), lc); {
		case err == nil:
			over.Reset(runsOut - time.Since(asked))
		case errors.Is(err, ErrMoved):
			lost(errLeaseLost)
			return
		default:
			log.ErrorContext(ctx, "can't renew the lease", "error", err)
		}
	}
}

type result struct {
	observed engine.Observed
	err      error
}

// attempt makes the engine do what the lifecycle asks.
func (r *Runner) attempt(ctx context.Context, lc *ent.Lifecycle, progress engine.Progress) (res result) {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Deadlines[lc.Operation])
	defer cancel()
	d, err := r.store.Read.Decky.Query().Where(deckyID(lc.DeckyRef)).WithDeployment().Only(ctx)
	if ent.IsNotFound(err) {
		if lc.Operation == entlifecycle.OperationTeardown {
			return result{}
		}
		return result{err: &engine.Error{Code: engine.NotRunning, Message: "the decky is gone", Err: err}}
	}
	if err != nil {
		return result{err: fmt.Errorf("%w: %w", errNotAsked, err)}
	}
	want := Spec(d, lc.ToServices, lc.Generation)
	beforeEngine.Hit()
	defer afterEngine.Hit()
	switch lc.Operation {
	case entlifecycle.OperationTeardown:
		if r.opts.BeforeRemove != nil {
			r.opts.BeforeRemove(ctx, d)
		}
		res.err = r.engine.Remove(ctx, want.Ref, progress)
	case entlifecycle.OperationMutate:
		res.observed, res.err = r.engine.Apply(ctx, want, progress)
		var e *engine.Error
		if errors.As(res.err, &e) && e.Code == engine.NotRunning {
			progress("the decky does not run: making it")
			res.observed, res.err = r.engine.Ensure(ctx, want, progress)
		}
	default:
		res.observed, res.err = r.engine.Ensure(ctx, want, progress)
	}
	if res.err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		res.err = &engine.Error{
			Code: engine.DeadlineExceeded, Message: fmt.Sprintf("not done within %s", r.opts.Deadlines[lc.Operation]),
			Detail: res.err.Error(), Err: res.err,
		}
	}
	return res
}

// backoff is how long to wait before the attempt after n: doubling, at most 5 minutes, and up to half as much again so that deckies which failed
// together don't come back together.
func (r *Runner) backoff(n int) time.Duration {
	d := min(r.opts.Backoff<<min(n-1, 10), LongestLease/2)
	return d + rand.N(d/2+1)
}
