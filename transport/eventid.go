package transport

import (
	"context"
	"strings"
	"sync"
)

type lastEventIDKey struct{}

// LastEventID is the id of the last event that the client of a resumed SSE
// stream has seen, from its Last-Event-ID header; "" when it starts anew or
// uses another transport. A resolver lets it win over a cursor among its
// arguments: a client that reconnects by itself repeats the arguments of its
// first request.
func LastEventID(ctx context.Context) string {
	id, _ := ctx.Value(lastEventIDKey{}).(string)
	return id
}

type eventIDsKey struct{}

// eventIDs holds the ids of the events that a resolver has sent and SSE has
// not written yet. There are never more than its channel can hold, plus one.
type eventIDs struct {
	mu      sync.Mutex
	waiting []string
}

// Send sends an event of a subscription on the resolver's channel, together
// with the id that a client may later resume after. It reports false when the
// subscriber has gone, which is when the resolver returns:
//
//	go func() {
//		defer close(out)
//		for entry := range entries {
//			if !transport.Send(ctx, out, entry.Cursor, entry) {
//				return
//			}
//		}
//	}()
//
// ctx is the resolver's own. SSE writes the id as the event's id line, whether
// or not the client selected a field that holds it; other transports drop it.
// Ids are matched with events by their order, so a stream that names one event
// sends all of them through Send, with the id "" where there is none.
//
// (gqlgen's @subscriptionContext, which attaches a context to each event, is no
// way to carry the id: in v0.17.98 the errors of an event's fields are lost
// when it is used.)
func Send[T any](ctx context.Context, out chan<- T, id string, event T) bool {
	if ids, ok := ctx.Value(eventIDsKey{}).(*eventIDs); ok {
		ids.push(id)
	}
	select {
	case out <- event:
		return true
	case <-ctx.Done():
		return false
	}
}

func (e *eventIDs) push(id string) {
	// An id that would break out of its line names nothing.
	if strings.ContainsAny(id, "\r\n\x00") {
		id = ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = append(e.waiting, id)
}

func (e *eventIDs) pop() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == 0 {
		return ""
	}
	id := e.waiting[0]
	e.waiting = append(e.waiting[:0], e.waiting[1:]...)
	return id
}
