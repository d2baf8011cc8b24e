package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"decnet/engine"
)

// How long to wait before the engine's events are asked for again.
const (
	watchAgain     = 250 * time.Millisecond
	watchAgainMost = 5 * time.Second
)

// Watch sends deaths and restarts of our containers as the engine tells of them. Each time that it has begun to listen, the first time too, it sends a Resync:
// what happened before is to be looked at, and what happens from then on is told, with nothing in between.
func (e *Engine) Watch(ctx context.Context) (<-chan engine.Change, error) {
	out := make(chan engine.Change, 64)
	go func() {
		defer close(out)
		for wait := watchAgain; ctx.Err() == nil; wait = min(2*wait, watchAgainMost) {
			if listened := e.watchOnce(ctx, out); listened {
				wait = watchAgain
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}()
	return out, nil
}

// watchOnce listens until the engine breaks off, and tells whether it has listened at all.
func (e *Engine) watchOnce(ctx context.Context, out chan<- engine.Change) (listened bool) {
	if err := e.ready(ctx); err != nil {
		e.log.DebugContext(ctx, "the Docker Engine is away", "error", err)
		return false
	}
	ctx, cancel := context.WithCancel(ctx) // ends the SDK's goroutine
	defer cancel()
	// The engine answers a moment before it begins to listen for us. From a given time on it also tells what it remembers, so that moment is not lost.
	since := time.Now()
	msgs, errs := e.cli.Events(ctx, events.ListOptions{
		Since: fmt.Sprintf("%d.%09d", since.Unix(), since.Nanosecond()),
		Filters: filters.NewArgs(
			filters.Arg("type", string(events.ContainerEventType)), filters.Arg("label", labelOwner+"="+e.opts.Owner),
			filters.Arg("event", "start"), filters.Arg("event", "die"), filters.Arg("event", "destroy"),
			filters.Arg("event", "pause"), filters.Arg("event", "unpause"),
		)})
	select {
	case err := <-errs: // the engine did not even answer. Should it be told a moment later only, then there is one Resync too many, which does no harm
		e.brokeOff(ctx, err)
		return false
	default:
	}
	send := func(c engine.Change) (sent bool) {
		select {
		case out <- c:
			return true
		case <-ctx.Done():
			return false
		}
	}
	if !send(engine.Change{Kind: engine.Resync, At: since.UTC()}) {
		return true
	}
	for {
		select {
		case m := <-msgs:
			if !send(engine.Change{ID: m.Actor.Attributes[labelDecky], Kind: kindOf(m), At: time.Unix(0, m.TimeNano).UTC()}) {
				return true
			}
		case err := <-errs:
			e.brokeOff(ctx, err)
			return true
		case <-ctx.Done():
			return true
		}
	}
}

func (e *Engine) brokeOff(ctx context.Context, err error) {
	if ctx.Err() == nil {
		e.log.WarnContext(ctx, "the Docker Engine's events broke off; watching again", "error", err)
	}
}

// kindOf says what happened to the decky. Whatever ends a sidecar leaves the decky there, without a service.
func kindOf(m events.Message) engine.ChangeKind {
	kind := changeKinds[m.Action]
	if kind == engine.Removed && m.Actor.Attributes[labelService] != "" {
		return engine.Died
	}
	return kind
}

var changeKinds = map[events.Action]engine.ChangeKind{
	events.ActionStart: engine.Started, events.ActionUnPause: engine.Started,
	events.ActionDie: engine.Died, events.ActionPause: engine.Died, events.ActionDestroy: engine.Removed,
}
