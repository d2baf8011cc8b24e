package model

import (
	"context"
	"sync"
	"time"

	"decnet/engine"
	"decnet/engine/sim"
)

// fault is how a call to the engine goes wrong.
type fault string

const (
	transient fault = "transient" // it fails, and would not a little later
	permanent fault = "permanent" // it fails for good
	hung      fault = "hung"      // it does not return before its deadline
	late      fault = "late"      // as hung, and yet the engine does it, some time after everyone has given up
	slow      fault = "slow"      // it takes a while
)

var faults = []fault{transient, permanent, hung, late, slow}

const lateBy = 7 * time.Second

// troubled is the world: a sim whose calls go wrong in the ways that are drawn.
type troubled struct {
	*sim.Engine

	mu   sync.Mutex
	next []fault // of the calls to come
	late sync.WaitGroup
}

func (e *troubled) trouble(f fault, calls int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for range calls {
		e.next = append(e.next, f)
	}
}

func (e *troubled) calm() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next = nil
}

func (e *troubled) take() fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.next) == 0 {
		return ""
	}
	f := e.next[0]
	e.next = e.next[1:]
	return f
}

// do makes a call go the way that is its turn.
func do[T any](ctx context.Context, e *troubled, act func(context.Context) (T, error)) (out T, err error) {
	switch e.take() {
	case transient:
		return out, &engine.Error{Code: engine.Unavailable, Message: "the engine is away", Transient: true}
	case permanent:
		return out, &engine.Error{Code: engine.Failed, Message: "the engine says no"}
	case hung:
		<-ctx.Done()
		return out, context.Cause(ctx)
	case late:
		<-ctx.Done()
		e.late.Go(func() {
			time.Sleep(lateBy)
			_, _ = act(context.WithoutCancel(ctx))
		})
		return out, context.Cause(ctx)
	case slow:
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
			return out, context.Cause(ctx)
		}
	}
	return act(ctx)
}

func (e *troubled) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	p("asking the engine")
	return do(ctx, e, func(ctx context.Context) (engine.Observed, error) { return e.Engine.Ensure(ctx, d, func(string) {}) })
}

func (e *troubled) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	p("asking the engine")
	return do(ctx, e, func(ctx context.Context) (engine.Observed, error) { return e.Engine.Apply(ctx, d, func(string) {}) })
}

func (e *troubled) Remove(ctx context.Context, r engine.Ref, p engine.Progress) error {
	p("asking the engine")
	_, err := do(ctx, e, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, e.Engine.Remove(ctx, r, func(string) {})
	})
	return err
}
