package transport_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"decnet/transport"
	"decnet/transport/internal/testschema"
)

// servePipedWebSocket is serveWebSocket inside a bubble.
func servePipedWebSocket(t *testing.T, ws *transport.WebSocket, schema *testschema.Schema) *endpoint {
	t.Helper()
	t.Cleanup(func() { expectNothingLeft(t, ws) })
	return servePipes(t, schema, ws)
}

// expectElapsed demands that fake time has moved by no more and no less.
func expectElapsed(t *testing.T, since time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(since); got != want {
		t.Errorf("after %v, want %v", got, want)
	}
}

// silentFeed is a subscription that never sends anything.
func silentFeed() *testschema.Schema {
	schema := testschema.New()
	schema.Sources["feed"] = func(context.Context, map[string]any) (<-chan any, error) { return make(chan any), nil }
	return schema
}

func TestNoInitCloses4408(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, servePipedWebSocket(t, &transport.WebSocket{InitTimeout: 3 * time.Second}, testschema.New()), transport.Subprotocol)
		start := time.Now()
		c.expectClose(4408, "Connection initialisation timeout")
		expectElapsed(t, start, 3*time.Second)
	})
}

func TestInitThatHangsIsCutOffWith4408(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
			<-ctx.Done() // a user store that doesn't answer
			return ctx, transport.Session{}, ctx.Err()
		}}
		c := dial(t, servePipedWebSocket(t, ws, testschema.New()), transport.Subprotocol)
		start := time.Now()
		c.send(`{"type":"connection_init"}`)
		c.expectClose(4408, "Connection initialisation timeout")
		expectElapsed(t, start, 5*time.Second)
	})
}

func TestNobodySignsInCloses4408(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := servePipedWebSocket(t, &transport.WebSocket{Init: byName, AnonymousTimeout: 20 * time.Second}, testschema.New())
		stays := dial(t, server, transport.Subprotocol)
		stays.send(`{"type":"connection_init","payload":{"user":"alice"}}`)
		stays.expect(`{"type":"connection_ack"}`)
		c := connect(t, server)
		start := time.Now()
		c.expectClose(4408, "Nobody has signed in")
		expectElapsed(t, start, 20*time.Second)
		stays.subscribe("1", "{hello}")
		stays.expect(`{"id":"1","type":"next","payload":{"data":{"hello":"world"}}}`, `{"id":"1","type":"complete"}`)
	})
}

func TestExpiredSessionCloses4403(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
			return ctx, transport.Session{ExpiresAt: time.Now().Add(time.Hour)}, nil
		}}
		c := connect(t, servePipedWebSocket(t, ws, silentFeed()))
		start := time.Now()
		c.subscribe("1", "subscription{feed}")
		c.expectClose(4403, "Forbidden: the session has expired") // and no complete before it
		expectElapsed(t, start, time.Hour)
	})
}

// An operation that does not heed the end of its session holds it up for a moment only.
func TestSessionThatIsOverWaitsForNobodyLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan context.CancelFunc, 1)
		ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
			ctx, end := context.WithCancel(ctx)
			ends <- end
			return ctx, transport.Session{}, nil
		}}
		schema := testschema.New()
		started, finish := make(chan struct{}), make(chan struct{})
		schema.Resolvers["waits"] = func(context.Context, map[string]any) (any, error) {
			close(started)
			<-finish
			return "late", nil
		}
		c := connect(t, servePipedWebSocket(t, ws, schema))
		c.subscribe("1", "{waits}")
		<-started
		start := time.Now()
		(<-ends)()
		c.expectClose(4403, "Forbidden: the session is over")
		expectElapsed(t, start, time.Second)
		close(finish)
	})
}

func TestClientThatAnswersPingsStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		schema := testschema.New()
		feed := make(chan any)
		schema.Sources["feed"] = func(context.Context, map[string]any) (<-chan any, error) { return feed, nil }
		c := connect(t, servePipedWebSocket(t, &transport.WebSocket{}, schema))
		c.subscribe("1", "subscription{feed}")
		time.AfterFunc(24*time.Hour, func() { feed <- "a day later" })
		c.expect(`{"id":"1","type":"next","payload":{"data":{"feed":"a day later"}}}`) // reading answers the pings
	})
}

func TestClientThatAnswersNoPingIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := &transport.WebSocket{PingInterval: 20 * time.Second, PongTimeout: 7 * time.Second}
		c := connect(t, servePipedWebSocket(t, ws, silentFeed()))
		c.subscribe("1", "subscription{feed}")
		start := time.Now()
		// Frames arrive, as on a healthy line, but nobody is at home.
		_, _ = io.Copy(io.Discard, c.conn.NetConn())
		expectElapsed(t, start, 27*time.Second)
		synctest.Wait()
		if stats := ws.Stats(); stats != (transport.Stats{}) {
			t.Errorf("left behind: %+v", stats)
		}
	})
}

func TestClientThatStopsReadingIsDroppedAtTheWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		schema := testschema.New()
		sent := 0
		schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
			out := make(chan any)
			go func() {
				defer close(out)
				for transport.Send[any](ctx, out, "", strings.Repeat("x", 95_000)) {
					sent++
				}
			}()
			return out, nil
		}
		ws := &transport.WebSocket{WriteTimeout: 4 * time.Second}
		c := connect(t, servePipedWebSocket(t, ws, schema))
		c.subscribe("1", "subscription{feed}")
		time.Sleep(4*time.Second - time.Millisecond)
		synctest.Wait()
		if stats := ws.Stats(); stats != (transport.Stats{Connections: 1, Operations: 1}) {
			t.Errorf("before the deadline: %+v", stats)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if stats := ws.Stats(); stats != (transport.Stats{}) {
			t.Errorf("after the deadline: %+v", stats)
		}
		if sent != 1 {
			t.Errorf("%d events were pulled for a client that read none", sent)
		}
	})
}

func TestClientThatNeverClosesIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := &transport.WebSocket{}
		c := connect(t, servePipedWebSocket(t, ws, testschema.New()))
		c.conn.SetCloseHandler(func(int, string) error { return nil }) // keeps its side open
		c.send(`{"type":"nonsense"}`)
		start := time.Now()
		c.expectClose(4400, "")
		_, _ = io.Copy(io.Discard, c.conn.NetConn())
		expectElapsed(t, start, time.Second)
	})
}

// The mutation that ends the session is answered; what streams is sent no complete.
func TestWhatEndsTheSessionIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan context.CancelFunc, 1)
		ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
			ctx, end := context.WithCancel(ctx)
			ends <- end
			return ctx, transport.Session{}, nil
		}}
		schema := silentFeed()
		schema.Resolvers["set"] = func(ctx context.Context, args map[string]any) (any, error) {
			(<-ends)()
			<-ctx.Done()
			return args["value"], nil
		}
		c := connect(t, servePipedWebSocket(t, ws, schema))
		c.subscribe("1", "subscription{feed}")
		c.expectSilence()
		c.subscribe("2", "mutation{set(value:7)}")
		c.expect(`{"id":"2","type":"next","payload":{"data":{"set":7}}}`, `{"id":"2","type":"complete"}`)
		c.expectClose(4403, "Forbidden: the session is over")
	})
}
