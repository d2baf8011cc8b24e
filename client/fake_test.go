package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"decnet/internal/pipes"

	"github.com/gorilla/websocket"
)

// fakeServer plays the server's side of graphql-transport-ws with a journal that the test wrote. Each connection runs the next script, the last one
// again and again.
type fakeServer struct {
	t       *testing.T
	url     string
	dial    func(ctx context.Context, network, address string) (net.Conn, error) // nil: by TCP
	scripts []func(*fakeSocket)
	queries http.HandlerFunc // answers what is no WebSocket

	mu          sync.Mutex
	connections int
}

// fakeSocket is one connection, past its handshake and its subscribe.
type fakeSocket struct {
	*websocket.Conn
	t         *testing.T
	after     int // the cursor subscribed with
	token     string
	operation string
}

func newFakeServer(t *testing.T, scripts ...func(*fakeSocket)) *fakeServer {
	t.Helper()
	f := &fakeServer{t: t, scripts: scripts}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

// newPipedServer is newFakeServer inside a bubble.
func newPipedServer(t *testing.T, scripts ...func(*fakeSocket)) *fakeServer {
	t.Helper()
	f := &fakeServer{t: t, url: "http://pipes", scripts: scripts}
	f.dial = pipes.Serve(t, f)
	return f
}

// count is how many connections there were.
func (f *fakeServer) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.connections
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) {
		f.queries(w, r)
		return
	}
	f.mu.Lock()
	script := f.scripts[min(f.connections, len(f.scripts)-1)]
	f.connections++
	f.mu.Unlock()
	up := websocket.Upgrader{Subprotocols: []string{subprotocol}}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		f.t.Error(err)
		return
	}
	defer conn.Close()
	s := &fakeSocket{Conn: conn, t: f.t}
	if hello, ok := s.read("connection_init"); ok {
		var payload map[string]string
		_ = json.Unmarshal(hello.Payload, &payload)
		s.token = payload["Authorization"]
		script(s)
	}
}

func (s *fakeSocket) read(kind string) (message, bool) {
	for {
		var m message
		if err := s.ReadJSON(&m); err != nil {
			return m, false
		}
		if m.Type == kind {
			return m, true
		}
	}
}

func (s *fakeSocket) send(kind string, payload any) {
	m := message{Type: kind}
	if kind == "next" || kind == "error" || kind == "complete" {
		m.ID = operationID
	}
	if payload != nil {
		m.Payload, _ = json.Marshal(payload)
	}
	_ = s.WriteJSON(m) // a client that is gone is the test's to notice
}

// start acknowledges and reads the subscribe.
func (s *fakeSocket) start() bool {
	s.send("connection_ack", nil)
	m, ok := s.read("subscribe")
	if !ok {
		return false
	}
	var p struct {
		OperationName string
		Variables     struct{ After *string }
	}
	if err := json.Unmarshal(m.Payload, &p); err != nil {
		s.t.Error(err)
	}
	s.operation = p.OperationName
	if p.Variables.After != nil {
		s.after, _ = strconv.Atoi(strings.TrimPrefix(*p.Variables.After, "at-"))
	}
	return true
}

// entry is the journal's entry number n of the test, as it is sent.
func entry(n int, lifecycle string, seq int, status LifecycleStatus) map[string]any {
	return map[string]any{"data": map[string]any{"lifecycleUpdated": map[string]any{
		"cursor": fmt.Sprintf("at-%d", n), "seq": seq, "status": status, "attempt": 1, "at": "2026-11-23T12:00:00Z",
		"lifecycle": map[string]any{"id": lifecycle, "deckyName": "web-01", "deploymentName": "default", "status": status,
			"createdAt": "2026-11-23T12:00:00Z", "fromServices": []string{}, "toServices": []string{}},
	}}}
}

// journal is the story of two lifecycles, as the server would send it from the start.
func journal() []map[string]any {
	return []map[string]any{
		entry(1, "lcy_a", 1, LifecycleStatusPending),
		entry(2, "lcy_b", 1, LifecycleStatusPending),
		entry(3, "lcy_a", 2, LifecycleStatusRunning),
		entry(4, "lcy_a", 3, LifecycleStatusRunning),
		entry(5, "lcy_b", 2, LifecycleStatusRunning),
		entry(6, "lcy_a", 4, LifecycleStatusSucceeded),
		entry(7, "lcy_b", 3, LifecycleStatusFailed),
	}
}

// play sends the journal from where the client wants it, at most n entries, and completes when it is at its end.
func play(n int) func(*fakeSocket) {
	return func(s *fakeSocket) {
		if !s.start() {
			return
		}
		rest := journal()[s.after:]
		for i, e := range rest {
			if i == n {
				s.drop()
				return
			}
			s.send("next", e)
		}
		if n == len(rest) {
			s.drop()
			return
		}
		s.send("complete", nil)
		s.read("nothing") // until the client closes
	}
}

// drop ends the connection without a word.
func (s *fakeSocket) drop() { _ = s.UnderlyingConn().Close() }

// quick returns a client that comes back at once.
func (f *fakeServer) quick(options ...Option) *Client {
	c := New(f.url, options...)
	if f.dial != nil {
		c.dialer.NetDialContext, c.dialer.Proxy = f.dial, nil
	}
	c.backoff = backoff{first: time.Microsecond, most: time.Millisecond}
	return c
}
