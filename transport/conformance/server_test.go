// Package conformance runs the reference implementations of the protocols, from
// npm, against the transports: the clients of graphql-ws and graphql-sse, and
// the audits of graphql-http.
package conformance

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"

	"decnet/transport"
	"decnet/transport/internal/testschema"
)

// TestReferenceClients starts the server and leaves the judging to Node.
func TestReferenceClients(t *testing.T) {
	checkNode(t)
	server := httptest.NewServer(newRestartable())
	defer server.Close()
	// One file at a time: each restarts the server that they share.
	command := exec.CommandContext(t.Context(), "node", "--test", "--test-concurrency=1", "--test-reporter=spec")
	command.Env = append(os.Environ(), "DECNET_URL="+server.URL)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("node --test: %v\n%s", err, output)
	}
	t.Logf("%s", output)
}

// checkNode installs the packages when they are missing, and fails, rather than
// skips, where it can't: an unproven protocol is not a proven one.
func checkNode(t *testing.T) {
	t.Helper()
	version, err := exec.CommandContext(t.Context(), "node", "--version").Output()
	if err != nil {
		t.Fatalf("these tests need Node 20 or newer on the PATH (https://nodejs.org, or your system's package nodejs): %v", err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(version)), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < 20 {
		t.Fatalf("these tests need Node 20 or newer, not %s", version)
	}
	// npm leaves its own copy of the lock file in what it has installed.
	if wanted, err := os.Stat("package-lock.json"); err != nil {
		t.Fatal(err)
	} else if installed, err := os.Stat("node_modules/.package-lock.json"); err == nil && !installed.ModTime().Before(wanted.ModTime()) {
		return
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund")
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install the reference clients with `npm ci` in transport/conformance: %v\n%s", err, output)
	}
}

// restartable serves GraphQL at /graphql. A POST to /restart stops it the way
// the server stops, and starts it anew, without giving up the port.
type restartable struct {
	mu        sync.Mutex
	graphql   http.Handler
	webSocket *transport.WebSocket
	sse       *transport.SSE
}

func newRestartable() *restartable {
	s := &restartable{}
	s.start()
	return s
}

func (s *restartable) start() {
	s.webSocket = &transport.WebSocket{Init: admit}
	s.sse = &transport.SSE{}
	srv := handler.New(newSchema())
	srv.AddTransport(s.webSocket)
	srv.AddTransport(s.sse)
	srv.AddTransport(&transport.HTTP{})
	s.graphql = srv
}

func (s *restartable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/restart" {
		s.restart(w, r)
		return
	}
	s.mu.Lock()
	graphql := s.graphql
	s.mu.Unlock()
	graphql.ServeHTTP(w, r)
}

func (s *restartable) restart(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	webSocket, sse := s.webSocket, s.sse
	s.start()
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := errors.Join(webSocket.Shutdown(ctx), sse.Shutdown(ctx)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// admit refuses the token "wrong", and ends the session of "brief" soon.
func admit(ctx context.Context, payload map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
	switch payload["token"] {
	case "wrong":
		return ctx, transport.Session{}, &transport.CloseError{Code: transport.CloseForbidden, Reason: "Forbidden"}
	case "brief":
		return ctx, transport.Session{ExpiresAt: time.Now().Add(200 * time.Millisecond)}, nil
	}
	return ctx, transport.Session{AckPayload: map[string]any{"welcome": true}}, nil
}

// newSchema is the test schema with a feed that says hello and then waits.
func newSchema() *testschema.Schema {
	schema := testschema.New()
	schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any)
		go func() {
			defer close(out)
			if transport.Send[any](ctx, out, "1", "hello") {
				<-ctx.Done()
			}
		}()
		return out, nil
	}
	return schema
}
