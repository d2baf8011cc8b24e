package transport

import (
	"container/list"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
)

// Subprotocol is the WebSocket subprotocol that [WebSocket] speaks, and the
// only one it accepts.
const Subprotocol = "graphql-transport-ws"

// The codes that a socket is closed with. Those from 4000 up are the
// protocol's own. Clients of the graphql-ws package come back after 1012, 1013,
// 4403 and 4408, and take the others as final.
const (
	CloseInvalidUTF8      = websocket.CloseInvalidFramePayloadData // 1007
	CloseTooBig           = websocket.CloseMessageTooBig           // 1009: a message beyond ReadLimit
	CloseServiceRestart   = websocket.CloseServiceRestart          // 1012: the server stops
	CloseTryAgainLater    = websocket.CloseTryAgainLater           // 1013: too many connections of the user or of strangers, or Init failed
	CloseInvalidMessage   = 4400
	CloseUnauthorized     = 4401 // subscribe before connection_ack
	CloseForbidden        = 4403 // Init refused, or the session is over
	CloseSubprotocol      = 4406
	CloseInitTimeout      = 4408 // no connection_init in time, or nobody who signed in
	CloseSubscriberExists = 4409
	CloseTooManyInits     = 4429
	CloseInternal         = 4500 // Init panicked
)

const (
	defaultMaxOperations = 100
	defaultReadLimit     = 256 << 10
	closeHandshakeWait   = time.Second
	lastAnswerWait       = time.Second
	readBufferSize       = 512  // bytes, held by each connection while it is open
	writeBufferSize      = 4096 // bytes, held while a message is written
	maxCloseReason       = 123  // bytes, what fits in a control frame after the code
	shutdownStep         = time.Millisecond
	retryAfterSeconds    = "5"
)

// CloseError is an error of Init, or a cause that its context ends for, that says
// how the socket is closed.
type CloseError struct {
	Code   int    // 4000–4999, 1012 or 1013
	Reason string // shown to the client; cut after 123 bytes
}

func (e *CloseError) Error() string { return fmt.Sprintf("close %d: %s", e.Code, e.Reason) }

// Session is what Init found out about the client of a socket.
type Session struct {
	// User is whom the connection counts for in MaxConnectionsPerUser; "" for nobody.
	User string
	// Anonymous says that nobody has signed in: the socket is closed with 4408
	// after AnonymousTimeout, and has no claim to more than half of the places.
	Anonymous bool
	// ExpiresAt is when the socket is closed with 4403; zero for never.
	ExpiresAt time.Time
	// Done, when it is closed, closes the socket with 4403: the session was
	// revoked. Nil costs nothing; else it costs the connection a goroutine.
	Done <-chan struct{}
	// Operation, when it is set, makes the context of each operation from the
	// connection's: what is known of the client may change while it is connected.
	Operation func(ctx context.Context) context.Context
	// AckPayload is the payload of connection_ack, a JSON object; nil for none.
	AckPayload any
}

// WebSocket serves GraphQL operations, many at a time, over one socket, by the
// graphql-transport-ws protocol. The zero value works; use it by pointer, and
// don't change its fields once it serves.
type WebSocket struct {
	// Init judges connection_init. Its payload is nil when the client sent none.
	// The context it returns, made from the one it was given, is that of all
	// operations of the connection; when it ends, queries and mutations that are
	// done are still answered, and the socket is closed with 4403, or as its cause says if that is a [CloseError]. Such an error of Init
	// closes the socket as it says; any other says nothing of the client, and
	// closes it with 1013. Nil lets everybody in. InitTimeout bounds Init, too.
	Init func(ctx context.Context, payload map[string]any, r *http.Request) (context.Context, Session, error)
	// CheckOrigin judges the Origin header of the upgrade. Nil means that only
	// pages of the same host may connect, and clients that send no Origin.
	CheckOrigin func(*http.Request) bool

	InitTimeout time.Duration // from the upgrade to connection_ack; 0 means 5 s
	// AnonymousTimeout is how long a socket stays on which nobody has signed in,
	// from connection_ack; 0 means a minute.
	AnonymousTimeout time.Duration

	PingInterval time.Duration // between pings to the client; 0 means 15 s
	PongTimeout  time.Duration // how late after a ping a client may be heard of; 0 means 10 s
	WriteTimeout time.Duration // for one message; then the client is given up; 0 means 10 s
	ReadLimit    int64         // bytes of one message from the client; 0 means 256 KiB

	// Admit, when it is set, is asked before a message of so many bytes is
	// decoded, or a ping or pong of the WebSocket protocol taken, and may take its
	// time: the client's next message waits. What it returns is called when that
	// has been done.
	Admit func(ctx context.Context, bytes int) (done func())

	// MaxOperationsPerConnection bounds the operations that run at once on a
	// connection; 0 means 100. One too many gets an error with the code
	// LIMIT_EXCEEDED.
	MaxOperationsPerConnection int
	// MaxConnectionsPerUser bounds the connections of a Session.User; 0 means
	// no limit. One too many is closed with 1013, so clients try again later.
	MaxConnectionsPerUser int
	// MaxConnections bounds all connections; 0 means no limit. One too many is
	// answered 503 in place of the upgrade. Half of it is for those who have signed
	// in: one anonymous socket too many is closed with 1013, and where all places
	// are taken, a new connection gets that of the oldest stranger beyond half.
	MaxConnections int

	// Logger takes what no client is told, such as panics; nil means slog's default.
	Logger *slog.Logger

	once     sync.Once
	upgrader websocket.Upgrader

	operations atomic.Int64
	serving    sync.WaitGroup

	mu        sync.Mutex // guards what follows
	admitted  int        // open sockets and those being upgraded
	sockets   map[*socket]struct{}
	users     map[string]int
	strangers list.List // of *socket, oldest first: who has not said yet who they are, or is nobody
	anonymous int       // of them, those who are nobody
	stopping  bool
}

var _ graphql.Transport = (*WebSocket)(nil)

// Stats is how busy a [WebSocket] is.
type Stats struct {
	Connections int // open sockets
	Operations  int // running operations of all of them
}

// Stats tells how busy the transport is now.
func (t *WebSocket) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{Connections: len(t.sockets), Operations: int(t.operations.Load())}
}

// Supports implements [graphql.Transport].
func (t *WebSocket) Supports(r *http.Request) bool {
	return websocket.IsWebSocketUpgrade(r)
}

// Do implements [graphql.Transport]. It returns when the connection has been
// upgraded: the socket is served by a goroutine of its own, so that the
// HTTP server's goroutine, with its stack and buffers, is not held as long.
func (t *WebSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	t.once.Do(t.setUp)
	if refused := t.admit(); refused != nil {
		w.Header().Set("Retry-After", retryAfterSeconds)
		(&answer{w: w, r: r, mediaType: mediaJSON, logger: t.Logger}).refuse(refused)
		return
	}
	conn, err := t.upgrader.Upgrade(w, r, nil)
	if err != nil {
		t.logger().DebugContext(r.Context(), "transport: upgrade refused", "error", err)
		t.release()
		return
	}
	s := newSocket(t, conn, r, exec)
	go s.serve(t.register(s))
}

func (t *WebSocket) setUp() {
	t.InitTimeout = orDuration(t.InitTimeout, 5*time.Second)
	t.AnonymousTimeout = orDuration(t.AnonymousTimeout, time.Minute)
	t.PingInterval = orDuration(t.PingInterval, 15*time.Second)
	t.PongTimeout = orDuration(t.PongTimeout, 10*time.Second)
	t.WriteTimeout = orDuration(t.WriteTimeout, 10*time.Second)
	if t.ReadLimit == 0 {
		t.ReadLimit = defaultReadLimit
	}
	if t.MaxOperationsPerConnection == 0 {
		t.MaxOperationsPerConnection = defaultMaxOperations
	}
	t.upgrader = websocket.Upgrader{
		HandshakeTimeout: t.WriteTimeout,
		Subprotocols:     []string{Subprotocol},
		CheckOrigin:      t.CheckOrigin,
		ReadBufferSize:   readBufferSize,
		WriteBufferSize:  writeBufferSize,
		WriteBufferPool:  &sync.Pool{},
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			refused := refuse(status, CodeBadUserInput, "%s", reason)
			if status == http.StatusForbidden { // it is the origin
				refused = refuse(status, CodeForbidden, "the page's Origin %q is not the address that it asks, %q: a proxy in between has to pass the Host header on", r.Header.Get("Origin"), r.Host)
			}
			(&answer{w: w, r: r, mediaType: mediaJSON, logger: t.Logger}).refuse(refused)
		},
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sockets = map[*socket]struct{}{}
	t.users = map[string]int{}
}

func (t *WebSocket) logger() *slog.Logger { return orDefault(t.Logger) }

// admit takes a place for a socket, which release gives back.
func (t *WebSocket) admit() *refusal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopping {
		return refuseStopping()
	}
	if t.MaxConnections > 0 && t.admitted >= t.MaxConnections {
		if t.strangers.Len() <= t.strangersMax() {
			return refuse(http.StatusServiceUnavailable, CodeLimitExceeded, "too many connections")
		}
		// Who comes may be a user; all that is known of the other is that they took their time. A
		// closing handshake would hold the place.
		oldest := t.strangers.Front().Value.(*socket)
		t.known(oldest)
		go oldest.abort()
	}
	t.admitted++
	t.serving.Add(1)
	return nil
}

func (t *WebSocket) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.admitted--
	t.serving.Done()
}

// register makes a socket known to Shutdown, and tells whether it came too late.
func (t *WebSocket) register(s *socket) (stopping bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sockets[s] = struct{}{}
	s.stranger = t.strangers.PushBack(s)
	return t.stopping
}

// strangersMax is how many places strangers have a claim to.
func (t *WebSocket) strangersMax() int { return (t.MaxConnections + 1) / 2 }

// known takes a socket from among the strangers. The caller holds t.mu.
func (t *WebSocket) known(s *socket) {
	if s.stranger == nil {
		return
	}
	t.strangers.Remove(s.stranger)
	s.stranger = nil
	if s.anonymous {
		t.anonymous--
	}
}

// Connections tells how many sockets are open.
func (t *WebSocket) Connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sockets)
}

// login counts a socket for whom it is of, and tells why that was one too many;
// "" when it was not.
func (t *WebSocket) login(s *socket, session Session) (tooMany string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	user := session.User
	switch {
	case user != "" && t.MaxConnectionsPerUser > 0 && t.users[user] >= t.MaxConnectionsPerUser:
		return "Too many connections of this user"
	case session.Anonymous && t.MaxConnections > 0 && t.anonymous >= t.strangersMax():
		return "Too many connections without a sign-in"
	}
	if user != "" {
		t.users[user]++
		s.user = user
	}
	switch {
	case !session.Anonymous:
		t.known(s)
	case s.stranger != nil: // else it has just lost its place
		s.anonymous = true
		t.anonymous++
	}
	return ""
}

// unregister gives a socket's place back, at the same instant.
func (t *WebSocket) unregister(s *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.admitted--
	t.serving.Done()
	delete(t.sockets, s)
	t.known(s)
	if s.user == "" {
		return
	}
	if t.users[s.user]--; t.users[s.user] == 0 {
		delete(t.users, s.user)
	}
}

// Shutdown says goodbye to every client with the code 1012, on which clients
// reconnect, and waits until all operations have ended. No subscription is sent
// complete. The goodbyes are spread a little, a millisecond apart and within
// half of the time that ctx gives, so that the clients don't come back in one
// instant. New connections are refused from the start.
//
// When ctx ends first, the sockets that are left are cut off and the context's
// error is returned.
func (t *WebSocket) Shutdown(ctx context.Context) error {
	t.mu.Lock()
	t.stopping = true
	open := make([]*socket, 0, len(t.sockets))
	for s := range t.sockets {
		open = append(open, s)
	}
	t.mu.Unlock()

	ended := done(&t.serving)
	pause := shutdownStep
	if deadline, ok := ctx.Deadline(); ok && len(open) > 0 {
		pause = min(pause, time.Until(deadline)/time.Duration(2*len(open)))
	}
	for _, s := range open {
		// Each in its own goroutine: a stalled client must not hold up the rest.
		go s.close(CloseServiceRestart, "Service restart")
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		for _, s := range open {
			s.abort()
		}
		return fmt.Errorf("close the WebSocket connections: %w", ctx.Err())
	}
}
