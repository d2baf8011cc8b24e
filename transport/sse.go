package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// SSE streams the responses of one operation as server-sent events, in the
// distinct connections mode of the graphql-sse protocol: each response is an
// event "next", and an event "complete" ends the stream. It serves POST, and
// GET for queries and subscriptions, to clients that accept text/event-stream.
//
// A client that would as soon take JSON gets a single response for a query or
// a mutation, and a stream for a subscription.
//
// A stream lives as long as the request's context: cancel that when the
// caller's token expires. The stream then ends without "complete", which makes
// clients reconnect, as it does at Shutdown.
type SSE struct {
	// KeepAlive is the time between the comments that keep an idle stream open
	// through proxies; 0 means 15 s.
	KeepAlive time.Duration
	// WriteTimeout is how long one write may take before the client is given
	// up; 0 means 10 s.
	WriteTimeout time.Duration
	// MaxBody is the largest body read, in bytes; 0 means [DefaultMaxBody].
	MaxBody int64
	// BodyTimeout is how long a client may take to send the body; 0 means
	// [DefaultBodyTimeout].
	BodyTimeout time.Duration
	// Admit, when it is set, is asked before a body is read, and what it returns
	// is called when the body has been decoded; an error refuses the request.
	Admit func(r *http.Request) (done func(), refused *gqlerror.Error)
	// MaxStreams is how many streams may be open at once; 0 means no limit.
	MaxStreams int
	// Logger takes what no client is told, such as panics; nil means slog's default.
	Logger *slog.Logger

	once     sync.Once
	stopping context.Context // ended by Shutdown
	stop     context.CancelFunc
	serving  sync.WaitGroup

	mu   sync.Mutex // guards what follows
	open int        // streams
}

var _ graphql.Transport = (*SSE)(nil)

// Supports implements [graphql.Transport].
func (t *SSE) Supports(r *http.Request) bool {
	return (r.Method == http.MethodPost || r.Method == http.MethodGet) &&
		!websocket.IsWebSocketUpgrade(r) && parseAccept(r).names(mediaStream)
}

// Do implements [graphql.Transport].
func (t *SSE) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	accept := parseAccept(r)
	single := &answer{w: w, r: r, mediaType: accept.json(), logger: t.Logger}
	takesSingle := single.mediaType != "" && accept.quality(single.mediaType) >= accept.quality(mediaStream)
	if single.mediaType == "" {
		single.mediaType = mediaJSON
	}

	params, refused := readParams(w, r, bodyLimits{t.MaxBody, t.BodyTimeout, t.Admit})
	if refused != nil {
		single.refuse(refused)
		return
	}
	ids := &eventIDs{}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	ctx = context.WithValue(ctx, lastEventIDKey{}, r.Header.Get("Last-Event-ID"))
	ctx = context.WithValue(ctx, eventIDsKey{}, ids)
	opCtx, turnedAway := prepare(ctx, exec, params, t.Logger)
	subscribes := turnedAway == nil && opCtx.Operation.Operation == ast.Subscription
	switch {
	case takesSingle && turnedAway != nil:
		single.notExecuted(turnedAway)
		return
	case takesSingle && !subscribes:
		single.execute(ctx, exec, opCtx)
		return
	case turnedAway == nil && opCtx.Operation.Operation == ast.Mutation && r.Method == http.MethodGet:
		single.refuse(refuseGetMutation())
		return
	}

	if refused := t.admit(); refused != nil {
		w.Header().Set("Retry-After", retryAfterSeconds)
		single.refuse(refused)
		return
	}
	defer t.release()
	defer context.AfterFunc(t.stopping, cancel)()
	events := openEvents(w, ids, orDuration(t.KeepAlive, 15*time.Second), orDuration(t.WriteTimeout, 10*time.Second))
	defer events.close()
	var err error
	if turnedAway != nil {
		err = events.fail(turnedAway.Errors)
	} else {
		err = stream(ctx, exec, opCtx, t.Logger, events)
	}
	if err != nil {
		orDefault(t.Logger).DebugContext(ctx, "transport: event stream cut short", "error", err)
	}
}

// admit takes a place for a stream, which release gives back.
func (t *SSE) admit() *refusal {
	t.once.Do(t.setUp)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopping.Err() != nil {
		return refuseStopping()
	}
	if t.MaxStreams > 0 && t.open >= t.MaxStreams {
		return refuse(http.StatusServiceUnavailable, CodeLimitExceeded, "too many open streams")
	}
	t.open++
	t.serving.Add(1)
	return nil
}

func (t *SSE) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
	t.serving.Done()
}

func (t *SSE) setUp() {
	t.stopping, t.stop = context.WithCancel(context.Background())
}

// Shutdown ends all streams without "complete", so that clients reconnect, and
// waits until their operations have ended. New streams are refused from the
// start; single responses are not its business. When ctx ends first, its error
// is returned.
func (t *SSE) Shutdown(ctx context.Context) error {
	t.once.Do(t.setUp)
	t.mu.Lock()
	t.stop()
	t.mu.Unlock()
	select {
	case <-done(&t.serving):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the event streams: %w", ctx.Err())
	}
}

// done is closed when all that the group counts has ended.
func done(group *sync.WaitGroup) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		group.Wait()
		close(ended)
	}()
	return ended
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
