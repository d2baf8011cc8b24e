package engine

import "context"

// limited is an engine that is asked for no more than so many changes at once: the limit of one host, whatever the runners' is.
type limited struct {
	Engine
	slots chan struct{}
}

// Limit bounds the changes (Ensure, Apply, Remove) that are under way on e at once; 0 is no bound. Who waits for a turn waits no longer than the call's context.
func Limit(e Engine, atOnce int) Engine {
	if atOnce <= 0 {
		return e
	}
	return &limited{e, make(chan struct{}, atOnce)}
}

func (e *limited) turn(ctx context.Context) (done func(), err error) {
	select {
	case e.slots <- struct{}{}:
		return func() { <-e.slots }, nil
	case <-ctx.Done():
		return nil, &Error{Code: DeadlineExceeded, Message: "the host has too much else to do", Transient: true, Err: context.Cause(ctx)}
	}
}

// Ensure waits for its turn.
func (e *limited) Ensure(ctx context.Context, d Decky, p Progress) (Observed, error) {
	done, err := e.turn(ctx)
	if err != nil {
		return Observed{}, err
	}
	defer done()
	return e.Engine.Ensure(ctx, d, p)
}

// Apply waits for its turn.
func (e *limited) Apply(ctx context.Context, d Decky, p Progress) (Observed, error) {
	done, err := e.turn(ctx)
	if err != nil {
		return Observed{}, err
	}
	defer done()
	return e.Engine.Apply(ctx, d, p)
}

// Remove waits for its turn.
func (e *limited) Remove(ctx context.Context, r Ref, p Progress) error {
	done, err := e.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	return e.Engine.Remove(ctx, r, p)
}
