package remote

import (
	"context"
	"time"

	"decnet/engine"
)

// How long to wait before the other process is asked again for its changes.
const (
	watchAgain     = 250 * time.Millisecond
	watchAgainMost = 5 * time.Second
)

// Watch sends what the other process tells, from the time on that it listens. When that breaks off it is asked again. Each time that it has begun to listen, the
// first time too, there is a Resync: what happened before is to be looked at.
func (c *Client) Watch(ctx context.Context) (<-chan engine.Change, error) {
	out := make(chan engine.Change, 64)
	tried, done := context.WithTimeout(ctx, helloWithin) // until it listens, or can't
	go func() {
		defer close(out)
		for wait := watchAgain; ctx.Err() == nil; wait = min(2*wait, watchAgainMost) {
			if listened := c.watchOnce(ctx, out, done); listened {
				wait = watchAgain
			}
			done()
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}()
	<-tried.Done()
	return out, nil
}

// watchOnce listens until the other process breaks off, and tells whether it has listened at all.
func (c *Client) watchOnce(ctx context.Context, out chan<- engine.Change, listening func()) (listened bool) {
	send := func(change engine.Change) error {
		select {
		case out <- change:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := c.call(ctx, verbWatch, request{}, func(f frame) error {
		switch {
		case f.Watching:
			listened = true
			listening()
			return send(engine.Change{Kind: engine.Resync, At: time.Now().UTC()})
		case f.Change != nil:
			return send(*f.Change)
		}
		return nil
	})
	if ctx.Err() == nil {
		c.log.WarnContext(ctx, "the engine process's changes broke off; watching again", "error", err)
	}
	return listened
}
