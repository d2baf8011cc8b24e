package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"decnet/transport"
	"decnet/transport/internal/testschema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of the tests; none of them is meant to take it.
const patience = time.Minute

// endpoint is a server that the test's clients connect to.
type endpoint struct {
	http     string // its URLs
	ws       string
	dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil: by TCP
	patience time.Duration                                                        // of its clients; 0: endless
}

// serveWebSocket serves the test schema. At the end of the test it demands that
// nothing of any connection is left.
func serveWebSocket(t *testing.T, ws *transport.WebSocket, schema graphql.ExecutableSchema) *endpoint {
	t.Helper()
	srv := handler.New(schema)
	srv.AddTransport(ws)
	return serveHandler(t, ws, srv)
}

func serveHandler(t *testing.T, ws *transport.WebSocket, h http.Handler) *endpoint {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.Close()
		expectNothingLeft(t, ws)
	})
	return &endpoint{http: server.URL, ws: "ws" + strings.TrimPrefix(server.URL, "http"), patience: patience}
}

func expectNothingLeft(t *testing.T, ws *transport.WebSocket) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := ws.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if stats := ws.Stats(); stats != (transport.Stats{}) {
		t.Errorf("left behind: %+v", stats)
	}
}

// client is a raw client: it sends what the test says, right or wrong.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, server *endpoint, subprotocols ...string) *client {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: subprotocols, HandshakeTimeout: patience, NetDialContext: server.dial}
	conn, response, err := dialer.Dial(server.ws, nil)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, response)
	}
	t.Cleanup(func() { conn.Close() })
	if server.patience > 0 {
		if err := conn.SetReadDeadline(time.Now().Add(server.patience)); err != nil {
			t.Fatal(err)
		}
	}
	return &client{t, conn}
}

// connect also gets the connection acknowledged.
func connect(t *testing.T, server *endpoint) *client {
	t.Helper()
	c := dial(t, server, transport.Subprotocol)
	c.send(`{"type":"connection_init"}`)
	c.expect(`{"type":"connection_ack"}`)
	return c
}

func (c *client) send(message string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) subscribe(id, query string) {
	c.t.Helper()
	payload, err := json.Marshal(map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{"query": query}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(string(payload))
}

func (c *client) read() string {
	c.t.Helper()
	_, message, err := c.conn.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	return string(message)
}

func (c *client) expect(messages ...string) {
	c.t.Helper()
	for _, want := range messages {
		if got := c.read(); got != want {
			c.t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

// expectClose demands that the next thing is a close frame.
func (c *client) expectClose(code int, reason string) {
	c.t.Helper()
	_, message, err := c.conn.ReadMessage()
	closed, ok := errors.AsType[*websocket.CloseError](err)
	if !ok {
		c.t.Fatalf("got %s, %v; want close %d", message, err, code)
	}
	if closed.Code != code || !strings.HasPrefix(closed.Text, reason) {
		c.t.Fatalf("closed with %d %q, want %d %q", closed.Code, closed.Text, code, reason)
	}
}

// expectSilence demands that nothing was sent before the answer to a ping.
func (c *client) expectSilence() {
	c.t.Helper()
	c.send(`{"type":"ping","payload":{"still":"there"}}`)
	c.expect(`{"type":"pong","payload":{"still":"there"}}`)
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestInvalidMessagesClose4400(t *testing.T) {
	server := serveWebSocket(t, &transport.WebSocket{}, testschema.New())
	for name, message := range map[string]string{
		"no JSON":                `{"type":`,
		"no object":              `["ping"]`,
		"null":                   `null`,
		"no type":                `{"id":"1"}`,
		"type is no string":      `{"type":1}`,
		"unknown type":           `{"type":"start","id":"1","payload":{"query":"{hello}"}}`,
		"server's type":          `{"type":"next","id":"1","payload":{}}`,
		"no id":                  `{"type":"subscribe","payload":{"query":"{hello}"}}`,
		"empty id":               `{"type":"subscribe","id":"","payload":{"query":"{hello}"}}`,
		"numeric id":             `{"type":"subscribe","id":1,"payload":{"query":"{hello}"}}`,
		"no payload":             `{"type":"subscribe","id":"1"}`,
		"no query":               `{"type":"subscribe","id":"1","payload":{}}`,
		"query is no string":     `{"type":"subscribe","id":"1","payload":{"query":{}}}`,
		"variables is a list":    `{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}`,
		"operationName is 0":     `{"type":"subscribe","id":"1","payload":{"query":"{hello}","operationName":0}}`,
		"extensions is a text":   `{"type":"subscribe","id":"1","payload":{"query":"{hello}","extensions":"x"}}`,
		"complete without id":    `{"type":"complete"}`,
		"ping payload is text":   `{"type":"ping","payload":"x"}`,
		"init payload is a list": `{"type":"connection_init","payload":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, server)
			c.send(message)
			c.expectClose(4400, "Invalid message")
		})
	}
}

func TestBinaryFrameCloses4400(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	if err := c.conn.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	c.expectClose(4400, "Invalid message")
}

func TestInvalidUTF8Closes1007(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	c.send("{\"type\":\"ping\",\"payload\":{\"x\":\"\xff\"}}")
	c.expectClose(1007, "")
}

func TestTooLargeMessageCloses1009(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{ReadLimit: 1000}, testschema.New()))
	// So large that the client is still writing when it is turned away: it must
	// get to read the reason, rather than find the connection reset. It writes
	// all at once, since it is heard for a second only.
	if err := c.conn.NetConn().(*net.TCPConn).SetWriteBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	large, err := websocket.NewPreparedMessage(websocket.TextMessage, []byte(`{"type":"ping","payload":{"x":"`+strings.Repeat("x", 1<<20)+`"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.conn.WritePreparedMessage(large); err != nil {
		t.Fatal(err)
	}
	c.expectClose(1009, "")
}

func TestSubscribeBeforeAckCloses4401(t *testing.T) {
	c := dial(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()), transport.Subprotocol)
	c.subscribe("1", "{hello}")
	c.expectClose(4401, "Unauthorized")
}

// It says nothing of the client, who must not take it for final.
func TestInitErrorCloses1013(t *testing.T) {
	ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
		return ctx, transport.Session{}, errors.New("a reason for the log alone")
	}}
	c := dial(t, serveWebSocket(t, ws, testschema.New()), transport.Subprotocol)
	c.send(`{"type":"connection_init"}`)
	c.expectClose(1013, "Try again later")
}

func TestInitErrorMayChooseTheClose(t *testing.T) {
	ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
		return ctx, transport.Session{}, &transport.CloseError{Code: 4499, Reason: strings.Repeat("é", 100)}
	}}
	c := dial(t, serveWebSocket(t, ws, testschema.New()), transport.Subprotocol)
	c.send(`{"type":"connection_init"}`)
	c.expectClose(4499, strings.Repeat("é", 61)) // what fits, in whole characters
}

func TestInitPanicCloses4500(t *testing.T) {
	ws := &transport.WebSocket{Init: func(context.Context, map[string]any, *http.Request) (context.Context, transport.Session, error) {
		panic("a secret")
	}}
	c := dial(t, serveWebSocket(t, ws, testschema.New()), transport.Subprotocol)
	c.send(`{"type":"connection_init"}`)
	c.expectClose(4500, "Internal server error")
}

type actorKey struct{}

func TestInitGivesOperationsTheirContextAndTheClientItsPayload(t *testing.T) {
	schema := testschema.New()
	schema.Resolvers["hello"] = func(ctx context.Context, _ map[string]any) (any, error) { return ctx.Value(actorKey{}), nil }
	ws := &transport.WebSocket{Init: func(ctx context.Context, payload map[string]any, r *http.Request) (context.Context, transport.Session, error) {
		return context.WithValue(ctx, actorKey{}, payload["token"]), transport.Session{AckPayload: map[string]any{"path": r.URL.Path}}, nil
	}}
	c := dial(t, serveWebSocket(t, ws, schema), transport.Subprotocol)
	c.send(`{"type":"connection_init","payload":{"token":"alice"}}`)
	c.expect(`{"type":"connection_ack","payload":{"path":"/"}}`)
	c.subscribe("1", "{hello}")
	c.expect(`{"id":"1","type":"next","payload":{"data":{"hello":"alice"}}}`, `{"id":"1","type":"complete"}`)
}

func TestSubprotocolNotAcceptableCloses4406(t *testing.T) {
	server := serveWebSocket(t, &transport.WebSocket{}, testschema.New())
	for _, offered := range [][]string{nil, {"graphql-ws"}, {"chat", "superchat"}} {
		c := dial(t, server, offered...)
		if c.conn.Subprotocol() != "" {
			t.Errorf("offered %v, got %s", offered, c.conn.Subprotocol())
		}
		c.expectClose(4406, "Subprotocol not acceptable")
	}
}

func TestSecondInitCloses4429(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	c.send(`{"type":"connection_init"}`)
	c.expectClose(4429, "Too many initialisation requests")
}

func TestDuplicateIDCloses4409(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, silentFeed()))
	c.subscribe("twice", "subscription{feed}")
	c.subscribe("twice", "{hello}")
	c.expectClose(4409, "Subscriber for twice already exists")
}

func TestPingIsAnsweredWithItsPayload(t *testing.T) {
	c := dial(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()), transport.Subprotocol)
	c.send(`{"type":"ping"}`) // also before the ack
	c.expect(`{"type":"pong"}`)
	c.send(`{"type":"ping","payload":{"a":[1,2]}}`)
	c.expect(`{"type":"pong","payload":{"a":[1,2]}}`)
	c.send(`{"type":"pong"}`) // unsolicited, and not answered
	c.expectSilence()
}

func TestQueryAndMutationSendNextAndComplete(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	c.subscribe("q", `{hello}`)
	c.expect(`{"id":"q","type":"next","payload":{"data":{"hello":"world"}}}`, `{"id":"q","type":"complete"}`)
	c.subscribe("m", `mutation{set(value:3)}`)
	c.expect(`{"id":"m","type":"next","payload":{"data":{"set":3}}}`, `{"id":"m","type":"complete"}`)
}

func TestQueryHasOneResultWhateverExtensionsDo(t *testing.T) {
	srv := handler.New(testschema.New())
	ws := &transport.WebSocket{}
	srv.AddTransport(ws)
	srv.AroundOperations(func(context.Context, graphql.OperationHandler) graphql.ResponseHandler {
		return func(context.Context) *graphql.Response { // without graphql.OneShot
			return &graphql.Response{Data: []byte(`{"cached":1}`)}
		}
	})
	c := connect(t, serveHandler(t, ws, srv))
	c.subscribe("1", `{hello}`)
	c.expect(`{"id":"1","type":"next","payload":{"data":{"cached":1}}}`, `{"id":"1","type":"complete"}`)
}

func TestSubscriptionSendsEachEventAndComplete(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	c.subscribe(`s"1`, `subscription{count(to:2)}`)
	c.expect(
		`{"id":"s\"1","type":"next","payload":{"data":{"count":1}}}`,
		`{"id":"s\"1","type":"next","payload":{"data":{"count":2}}}`,
		`{"id":"s\"1","type":"complete"}`,
	)
}

func TestErrorBeforeExecutionIsErrorAndNothingElse(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	for _, query := range []string{`{`, `{nothing}`, `query($t:String!){echo(text:$t)}`, `subscription{refused}`} {
		c.subscribe("1", query)
		var message struct {
			ID, Type string
			Payload  []struct{ Message string }
		}
		if err := json.Unmarshal([]byte(c.read()), &message); err != nil {
			t.Fatal(err)
		}
		if message.ID != "1" || message.Type != "error" || len(message.Payload) == 0 {
			t.Errorf("%s: %+v", query, message)
		}
		c.expectSilence() // no complete
	}
}

func TestErrorInExecutionIsNext(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	c.subscribe("1", `{fails}`)
	c.expect(`{"id":"1","type":"next","payload":{"errors":[{"message":"it failed"}],"data":{"fails":null}}}`, `{"id":"1","type":"complete"}`)
}

func TestErrorInAnEventIsNextAndNamesTheField(t *testing.T) {
	schema := testschema.New()
	schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any, 2)
		out <- errors.New("this one failed")
		out <- "this one didn't"
		close(out)
		return out, nil
	}
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, schema))
	c.subscribe("1", `subscription{mine:feed}`)
	c.expect(
		`{"id":"1","type":"next","payload":{"errors":[{"message":"this one failed","path":["mine"]}],"data":{"mine":null}}}`,
		`{"id":"1","type":"next","payload":{"data":{"mine":"this one didn't"}}}`,
		`{"id":"1","type":"complete"}`,
	)
}

func TestFailEndsASubscriptionWithError(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	c.subscribe("1", `subscription{breaks}`)
	c.expect(`{"id":"1","type":"next","payload":{"data":{"breaks":1}}}`, `{"id":"1","type":"error","payload":[{"message":"it broke","path":["breaks"]}]}`)
	c.expectSilence()
}

func TestPanicIsAnErrorThatTellsNothing(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	for _, query := range []string{`{panics}`, `subscription{panics}`} {
		c.subscribe("1", query)
		if got := c.read(); !strings.Contains(got, `"type":"error"`) || !strings.Contains(got, "INTERNAL") || strings.Contains(got, "secret") {
			t.Error(got)
		}
		c.expectSilence()
	}
}

func TestClientCompleteIsNotEchoedAndEndsTheOperation(t *testing.T) {
	schema := testschema.New()
	ended := make(chan struct{})
	schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any)
		go func() {
			transport.Send[any](ctx, out, "", "started")
			<-ctx.Done()
			close(ended)
			close(out)
		}()
		return out, nil
	}
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, schema))
	c.subscribe("1", "subscription{feed}")
	c.expect(`{"id":"1","type":"next","payload":{"data":{"feed":"started"}}}`)
	c.send(`{"type":"complete","id":"1"}`)
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the operation's context was not cancelled")
	}
	c.expectSilence()
}

func TestResultAfterClientCompleteIsNotSent(t *testing.T) {
	schema := testschema.New()
	started, finish := make(chan struct{}), make(chan struct{})
	schema.Resolvers["waits"] = func(context.Context, map[string]any) (any, error) { // deaf to its context
		close(started)
		<-finish
		return "late", nil
	}
	ws := &transport.WebSocket{}
	c := connect(t, serveWebSocket(t, ws, schema))
	c.subscribe("1", "{waits}")
	<-started
	c.send(`{"type":"complete","id":"1"}`)
	c.expectSilence() // by now the complete has been read
	close(finish)
	eventually(t, "the operation ends", func() bool { return ws.Stats().Operations == 0 })
	c.expectSilence()
}

func TestUnknownIDInCompleteIsIgnored(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, testschema.New()))
	c.send(`{"type":"complete","id":"unheard of"}`)
	c.expectSilence()
}

func TestIDIsFreeAfterCompletion(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, silentFeed()))
	for range 200 { // the id is used again the instant the complete arrives
		c.subscribe("1", "{hello}")
		c.expect(`{"id":"1","type":"next","payload":{"data":{"hello":"world"}}}`, `{"id":"1","type":"complete"}`)
	}
	c.subscribe("1", "subscription{feed}")
	c.send(`{"type":"complete","id":"1"}`)
	c.subscribe("1", "{hello}")
	c.expect(`{"id":"1","type":"next","payload":{"data":{"hello":"world"}}}`, `{"id":"1","type":"complete"}`)
}

func TestOperationsInterleave(t *testing.T) {
	schema := testschema.New()
	feed := make(chan any)
	schema.Sources["feed"] = func(context.Context, map[string]any) (<-chan any, error) { return feed, nil }
	c := connect(t, serveWebSocket(t, &transport.WebSocket{}, schema))
	c.subscribe("s", "subscription{feed}")
	feed <- "one"
	c.expect(`{"id":"s","type":"next","payload":{"data":{"feed":"one"}}}`)
	c.subscribe("q", "{hello}")
	c.expect(`{"id":"q","type":"next","payload":{"data":{"hello":"world"}}}`, `{"id":"q","type":"complete"}`)
	feed <- "two"
	c.expect(`{"id":"s","type":"next","payload":{"data":{"feed":"two"}}}`)
}

func TestTooManyOperationsGetAnError(t *testing.T) {
	c := connect(t, serveWebSocket(t, &transport.WebSocket{MaxOperationsPerConnection: 1}, silentFeed()))
	c.subscribe("1", "subscription{feed}")
	c.subscribe("2", "{hello}")
	if got := c.read(); !strings.HasPrefix(got, `{"id":"2","type":"error"`) || !strings.Contains(got, `"code":"LIMIT_EXCEEDED"`) {
		t.Error(got)
	}
	c.expectSilence()
}

func TestOperationsThatIgnoreTheirEndStillCount(t *testing.T) {
	schema := testschema.New()
	begun, finish := make(chan struct{}), make(chan struct{})
	schema.Resolvers["waits"] = func(context.Context, map[string]any) (any, error) { close(begun); <-finish; return nil, nil }
	c := connect(t, serveWebSocket(t, &transport.WebSocket{MaxOperationsPerConnection: 1}, schema))
	c.subscribe("1", "{waits}")
	<-begun // an operation that is ended before it began does not run at all
	c.send(`{"type":"complete","id":"1"}`)
	c.subscribe("2", "{hello}")
	if got := c.read(); !strings.Contains(got, `"code":"LIMIT_EXCEEDED"`) {
		t.Error(got)
	}
	close(finish)
}

func TestTooManyConnectionsOfAUserClose1013(t *testing.T) {
	ws := &transport.WebSocket{MaxConnectionsPerUser: 1,
		Init: func(ctx context.Context, payload map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
			user, _ := payload["user"].(string)
			return ctx, transport.Session{User: user}, nil
		}}
	server := serveWebSocket(t, ws, testschema.New())
	as := func(user string) *client {
		c := dial(t, server, transport.Subprotocol)
		c.send(`{"type":"connection_init","payload":{"user":"` + user + `"}}`)
		return c
	}
	first := as("alice")
	first.expect(`{"type":"connection_ack"}`)
	as("alice").expectClose(1013, "Too many connections")
	as("bob").expect(`{"type":"connection_ack"}`)
	first.conn.Close()
	eventually(t, "alice's place is free", func() bool { return ws.Stats().Connections == 1 })
	as("alice").expect(`{"type":"connection_ack"}`)
}

func TestTooManyConnectionsAreAnswered503(t *testing.T) {
	ws := &transport.WebSocket{MaxConnections: 1}
	server := serveWebSocket(t, ws, testschema.New())
	first := connect(t, server)
	_, response, err := websocket.DefaultDialer.Dial(server.ws, nil)
	if err == nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("%v %v", response, err)
	}
	first.conn.Close()
	eventually(t, "the place is free", func() bool { return ws.Stats().Connections == 0 })
	connect(t, server)
}

// byName lets everybody in, and takes who gives no name for nobody.
func byName(ctx context.Context, payload map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
	user, _ := payload["user"].(string)
	return ctx, transport.Session{User: user, Anonymous: user == ""}, nil
}

// Half of the places are for those who have signed in.
func TestStrangersTakeAtMostHalf(t *testing.T) {
	ws := &transport.WebSocket{MaxConnections: 4, Init: byName}
	server := serveWebSocket(t, ws, testschema.New())
	as := func(user string) *client {
		c := dial(t, server, transport.Subprotocol)
		c.send(`{"type":"connection_init","payload":{"user":"` + user + `"}}`)
		return c
	}
	const ack = `{"type":"connection_ack"}`
	first := as("")
	first.expect(ack)
	as("").expect(ack)
	as("").expectClose(1013, "Too many connections without a sign-in")
	as("alice").expect(ack)
	eventually(t, "the third stranger has gone", func() bool { return ws.Stats().Connections == 3 })
	as("bob").expect(ack)
	if _, response, err := websocket.DefaultDialer.Dial(server.ws, nil); err == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("strangers with half of the places give none up: %v", err)
	}
	first.conn.Close()
	eventually(t, "a stranger has gone", func() bool { return ws.Stats().Connections == 3 })
	as("").expect(ack)
}

// Those who never say who they are can't keep everybody else out either.
func TestAFullHouseHasRoomForWhoSignsIn(t *testing.T) {
	ws := &transport.WebSocket{MaxConnections: 4, InitTimeout: time.Hour, Init: byName}
	server := serveWebSocket(t, ws, testschema.New())
	mute := make([]*client, 4)
	for i := range mute {
		mute[i] = dial(t, server, transport.Subprotocol)
		eventually(t, "it is open", func() bool { return ws.Stats().Connections == i+1 })
	}
	c := dial(t, server, transport.Subprotocol)
	c.send(`{"type":"connection_init","payload":{"user":"alice"}}`)
	c.expect(`{"type":"connection_ack"}`)
	if _, _, err := mute[0].conn.ReadMessage(); err == nil {
		t.Fatal("the oldest has given its place up")
	}
	mute[3].expectSilence()
}

func TestForeignOriginIsRefused(t *testing.T) {
	server := serveWebSocket(t, &transport.WebSocket{}, testschema.New())
	_, response, err := websocket.DefaultDialer.Dial(server.ws, http.Header{"Origin": {"http://evil.example"}})
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Fatalf("%v %v", response, err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(text), "a proxy in between has to pass the Host header on") {
		t.Fatalf("an operator is not told what to do: %s %v", text, err)
	}
	conn, _, err := websocket.DefaultDialer.Dial(server.ws, http.Header{"Origin": {server.http}})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestRevokedSessionCloses4403(t *testing.T) {
	revoked := make(chan struct{})
	ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
		return ctx, transport.Session{Done: revoked}, nil
	}}
	c := connect(t, serveWebSocket(t, ws, silentFeed()))
	c.subscribe("1", "subscription{feed}")
	c.expectSilence()
	close(revoked)
	c.expectClose(4403, "Forbidden: the session was revoked") // and no complete before it
}

func TestSessionContextThatEndsCloses4403(t *testing.T) {
	session, end := context.WithCancel(t.Context())
	ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
		ctx, cancel := context.WithCancel(ctx)
		context.AfterFunc(session, cancel)
		return ctx, transport.Session{}, nil
	}}
	c := connect(t, serveWebSocket(t, ws, silentFeed()))
	c.subscribe("1", "subscription{feed}")
	c.expectSilence()
	end()
	c.expectClose(4403, "Forbidden: the session is over")
}

func TestSessionContextMayChooseTheClose(t *testing.T) {
	ends := make(chan context.CancelCauseFunc, 1)
	ws := &transport.WebSocket{Init: func(ctx context.Context, _ map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
		ctx, end := context.WithCancelCause(ctx)
		ends <- end
		return ctx, transport.Session{}, nil
	}}
	c := connect(t, serveWebSocket(t, ws, silentFeed()))
	c.subscribe("1", "subscription{feed}")
	c.expectSilence()
	(<-ends)(&transport.CloseError{Code: transport.CloseServiceRestart, Reason: "come back"})
	c.expectClose(1012, "come back") // and no complete before it
}

func TestShutdownSaysGoodbyeWithoutComplete(t *testing.T) {
	schema := testschema.New()
	schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any)
		go func() { <-ctx.Done(); close(out) }()
		return out, nil
	}
	ws := &transport.WebSocket{}
	server := serveWebSocket(t, ws, schema)
	var clients []*client
	for range 20 {
		c := connect(t, server)
		c.subscribe("1", "subscription{feed}")
		c.expectSilence()
		clients = append(clients, c)
	}
	done := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		done <- ws.Shutdown(ctx)
	}()
	for _, c := range clients {
		c.expectClose(1012, "Service restart")
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	_, response, err := websocket.DefaultDialer.Dial(server.ws, nil)
	if err == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after shutdown: %v %v", response, err)
	}
}

func TestShutdownIsBoundedByItsContext(t *testing.T) {
	schema := testschema.New()
	finish := make(chan struct{})
	schema.Resolvers["waits"] = func(context.Context, map[string]any) (any, error) { <-finish; return nil, nil }
	ws := &transport.WebSocket{}
	c := connect(t, serveWebSocket(t, ws, schema))
	c.subscribe("1", "{waits}")
	eventually(t, "it runs", func() bool { return ws.Stats().Operations == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := ws.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(finish)
}

func TestDisconnectEndsOperations(t *testing.T) {
	schema := testschema.New()
	var running sync.WaitGroup
	running.Add(3)
	schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any)
		go func() { defer running.Done(); <-ctx.Done(); close(out) }()
		return out, nil
	}
	ws := &transport.WebSocket{}
	c := connect(t, serveWebSocket(t, ws, schema))
	for _, id := range []string{"1", "2", "3"} {
		c.subscribe(id, "subscription{feed}")
	}
	eventually(t, "they run", func() bool { return ws.Stats().Operations == 3 })
	c.conn.NetConn().Close() // no goodbye
	running.Wait()
	eventually(t, "nothing is left", func() bool { return ws.Stats() == transport.Stats{} })
}

func TestStalledClientHarmsNobodyAndLeavesNothing(t *testing.T) {
	schema := testschema.New()
	endless := func(event any) testschema.Source {
		return func(ctx context.Context, _ map[string]any) (<-chan any, error) {
			out := make(chan any)
			go func() {
				defer close(out)
				for transport.Send(ctx, out, "", event) {
				}
			}()
			return out, nil
		}
	}
	schema.Sources["feed"] = endless(strings.Repeat("x", 95_000))
	// Long enough that the client that does read is never taken for one that does not, however busy the machine is.
	ws := &transport.WebSocket{WriteTimeout: 3 * time.Second}
	server := serveWebSocket(t, ws, schema)
	before := runtime.NumGoroutine()

	stalled := connect(t, server)
	for _, id := range []string{"1", "2", "3"} {
		stalled.subscribe(id, "subscription{feed}") // and reads nothing any more
	}
	healthy := connect(t, server)
	healthy.subscribe("1", "subscription{feed}")
	for ws.Stats().Connections == 2 {
		healthy.read()
	}
	healthy.send(`{"type":"complete","id":"1"}`)
	healthy.conn.Close()
	eventually(t, "nothing is left", func() bool { return ws.Stats() == transport.Stats{} })
	eventually(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before })
}

// What the protocol below GraphQL's lets a client send without end has to be admitted like its messages.
func TestPingsAreAdmittedToo(t *testing.T) {
	var admitted atomic.Int64
	server := serveWebSocket(t, &transport.WebSocket{Admit: func(context.Context, int) func() {
		admitted.Add(1)
		return func() {}
	}}, testschema.New())
	c := connect(t, server)
	before := admitted.Load()
	for _, kind := range []int{websocket.PingMessage, websocket.PongMessage} {
		if err := c.conn.WriteControl(kind, []byte("x"), time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
	}
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
	if n := admitted.Load() - before; n != 3 {
		t.Errorf("%d were admitted, not 3", n)
	}
}
