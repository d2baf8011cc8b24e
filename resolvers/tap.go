package resolvers

import "context"

// Tap is where whoever has a subscription executed sees its events before their fields are resolved: gqlgen's generated code takes an event and executes its fields in
// one step, so this is the only place where an event that was rendered for somebody else can be told from one that was not. It is one goroutine's.
type Tap struct {
	take func(ctx context.Context) (event any, ok bool)
	pass func(event any)
	end  func()
}

type tapKey struct{}

// WithTap has the subscription that is started in the context hold its events back at the tap.
func WithTap(ctx context.Context) (context.Context, *Tap) {
	t := &Tap{}
	return context.WithValue(ctx, tapKey{}, t), t
}

// Open tells whether the subscription gives its events to the tap: one that was refused, or whose events are nobody else's, does not.
func (t *Tap) Open() bool { return t.take != nil }

// Next waits for the next event. Events are equal when they are the same value for each subscriber. It is not ok when the stream or the context has ended; the next
// response is the last then.
func (t *Tap) Next(ctx context.Context) (event any, ok bool) {
	event, ok = t.take(ctx)
	if !ok && t.end != nil {
		t.end()
		t.end = nil
	}
	return event, ok
}

// Pass has the event resolved: the next response is of it.
func (t *Tap) Pass(event any) { t.pass(event) }

// tapped puts the context's tap, if there is one, between a source of events and the subscription.
func tapped[T comparable](ctx context.Context, source <-chan T) <-chan T {
	t, ok := ctx.Value(tapKey{}).(*Tap)
	if !ok {
		return source
	}
	out := make(chan T, 1)
	t.take = func(ctx context.Context) (any, bool) {
		select {
		case v, ok := <-source:
			return v, ok
		case <-ctx.Done():
			return nil, false
		}
	}
	t.pass = func(event any) { out <- event.(T) }
	t.end = func() { close(out) }
	return out
}
