package transport

import (
	"bytes"
	"container/list"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"

	"decnet/failpoint"
)

// socket is one connection. A goroutine of its own reads its messages; each
// operation runs in another. Timers stand in for the goroutines that would
// otherwise wait for the init, the next ping and the expiry.
type socket struct {
	t       *WebSocket
	exec    graphql.GraphExecutor
	conn    *websocket.Conn
	headers http.Header

	// ctx is the context of all operations. It is set by newSocket, and again
	// by the reading goroutine when the client has been let in.
	ctx    context.Context
	cancel context.CancelFunc
	of     func(context.Context) context.Context // Session.Operation

	// closing is set when the last frame is about to be sent, or the
	// connection has failed. From then on messages are ignored both ways.
	closing atomic.Bool

	// What follows up to the locks is the reading goroutine's own.
	request   *http.Request // until connection_init
	initiated bool
	acked     bool
	initTimer *time.Timer
	expiry    *time.Timer
	user      string // set by WebSocket.login, under its lock

	// These are the transport's, under its lock.
	stranger  *list.Element // of WebSocket.strangers; nil when it is not among them
	anonymous bool

	writing sync.Mutex // held while a data frame is written

	mu         sync.Mutex // guards what follows
	operations map[string]*operation
	running    int           // operations whose goroutine has not ended, completed ones too
	quiet      chan struct{} // closed when running comes to 0; nil while nobody waits for it
	pingTimer  *time.Timer

	background sync.WaitGroup
}

func newSocket(t *WebSocket, conn *websocket.Conn, r *http.Request, exec graphql.GraphExecutor) *socket {
	// The request's context ends when the handler returns, which is now.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	return &socket{
		t: t, exec: exec, conn: conn, headers: r.Header, request: r.WithContext(ctx),
		ctx: ctx, cancel: cancel, operations: map[string]*operation{},
	}
}

// serve reads messages until the connection ends, and returns when nothing of
// it is left. This goroutine spends its life waiting below read, so its frames
// are kept small: beyond about a kilobyte the runtime won't shrink its stack
// back to 4 KB.
func (s *socket) serve(stopping bool) {
	defer s.end()
	s.start(stopping)
	s.part(s.read())
}

// start sets what read relies on.
func (s *socket) start(stopping bool) {
	s.conn.SetReadLimit(s.t.ReadLimit)
	s.conn.SetPongHandler(func(data string) error { s.admit(len(data))(); s.heard(); return nil })
	answerPing := s.conn.PingHandler()
	s.conn.SetPingHandler(func(data string) error { s.admit(len(data))(); s.heard(); return answerPing(data) })
	s.initTimer = time.AfterFunc(s.t.InitTimeout, func() {
		s.close(CloseInitTimeout, "Connection initialisation timeout")
	})
	s.mu.Lock()
	s.pingTimer = time.AfterFunc(s.t.PingInterval, s.ping)
	s.mu.Unlock()

	switch {
	case stopping:
		s.close(CloseServiceRestart, "Service restart")
	case s.conn.Subprotocol() != Subprotocol:
		s.close(CloseSubprotocol, "Subprotocol not acceptable")
	}
}

var frames = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled is the largest buffer kept for reuse, in bytes.
const maxPooled = 64 << 10

// read handles messages until the connection ends. It goes on reading after
// close, for the client's half of the closing handshake.
func (s *socket) read() error {
	for {
		s.heard()
		kind, reader, err := s.conn.NextReader()
		if err != nil {
			return err
		}
		if s.closing.Load() {
			continue
		}
		if err := s.readFrame(kind, reader); err != nil {
			return err
		}
	}
}

func (s *socket) readFrame(kind int, reader io.Reader) error {
	frame := frames.Get().(*bytes.Buffer)
	defer func() {
		if frame.Cap() <= maxPooled {
			frames.Put(frame)
		}
	}()
	frame.Reset()
	if _, err := frame.ReadFrom(reader); err != nil {
		return err
	}
	defer s.admit(frame.Len())()
	s.receive(kind, frame.Bytes())
	return nil
}

// admit waits until the client may have so many bytes handled.
func (s *socket) admit(bytes int) (done func()) {
	if s.t.Admit == nil {
		return func() {}
	}
	return s.t.Admit(s.ctx, bytes)
}

func (s *socket) receive(kind int, frame []byte) {
	defer func() {
		if value := recover(); value != nil { // of Init
			s.t.logger().Error("transport: panic", "panic", value, "stack", string(debug.Stack()))
			s.close(CloseInternal, "Internal server error")
		}
	}()
	if kind != websocket.TextMessage {
		s.close(CloseInvalidMessage, "Invalid message: binary frame")
		return
	}
	if !utf8.Valid(frame) {
		s.close(CloseInvalidUTF8, "Invalid UTF-8")
		return
	}
	m, err := decodeMessage(frame)
	if err != nil {
		s.close(CloseInvalidMessage, "Invalid message: "+err.Error())
		return
	}
	switch m.kind {
	case typeConnectionInit:
		s.init(m.payload)
	case typePing:
		s.send(appendMessage(nil, typePong, m.payload))
	case typePong: // having heard of the client is all there is to it
	case typeSubscribe:
		if !s.acked {
			s.close(CloseUnauthorized, "Unauthorized")
			return
		}
		m.params.Headers = s.headers
		s.subscribe(m.id, m.params)
	case typeComplete:
		s.unsubscribe(m.id)
	}
}

// init lets the client in or not.
func (s *socket) init(payload json.RawMessage) {
	if s.initiated {
		s.close(CloseTooManyInits, "Too many initialisation requests")
		return
	}
	s.initiated = true
	request := s.request
	s.request = nil // it need not live as long as the socket

	var session Session
	if s.t.Init != nil {
		params, err := decodeMap(payload)
		if err != nil { // decodeMessage has checked it
			s.close(CloseInvalidMessage, "Invalid message")
			return
		}
		ctx, found, err := s.t.Init(s.ctx, params, request)
		if err != nil {
			s.refuse(err)
			return
		}
		s.ctx, s.of, session = ctx, found.Operation, found
	}
	if tooMany := s.t.login(s, session); tooMany != "" {
		s.close(CloseTryAgainLater, tooMany)
		return
	}
	var ack []byte
	if session.AckPayload != nil {
		var err error
		if ack, err = json.Marshal(session.AckPayload); err != nil {
			s.t.logger().Error("transport: acknowledgement not encodable", "error", err)
			s.close(CloseInternal, "Internal server error")
			return
		}
	}
	s.initTimer.Stop()
	s.acked = true
	s.send(appendMessage(nil, typeConnectionAck, ack))
	s.watch(session)
}

// refuse closes the socket as the error of Init says.
func (s *socket) refuse(err error) {
	if closeErr, ok := errors.AsType[*CloseError](err); ok {
		s.t.logger().Debug("transport: connection refused", "error", err)
		s.close(closeErr.Code, closeErr.Reason)
		return
	}
	// It says nothing of the client: a final answer would keep out who may come in.
	s.t.logger().Warn("transport: connection not judged", "error", err)
	s.close(CloseTryAgainLater, "Try again later")
}

// watch closes the socket when the session is over.
func (s *socket) watch(session Session) {
	if session.Anonymous {
		s.expiry = time.AfterFunc(s.t.AnonymousTimeout, func() { s.close(CloseInitTimeout, "Nobody has signed in") })
	} else if !session.ExpiresAt.IsZero() {
		s.expiry = time.AfterFunc(time.Until(session.ExpiresAt), func() {
			s.close(CloseForbidden, "Forbidden: the session has expired")
		})
	}
	// Operations can't run in a context that has ended; a socket that stayed
	// open would leave its client waiting. (Once the socket is closing, which
	// ends the context too, this close does nothing.)
	context.AfterFunc(s.ctx, func() {
		s.lastAnswers()
		if cause, ok := errors.AsType[*CloseError](context.Cause(s.ctx)); ok {
			s.close(cause.Code, cause.Reason)
			return
		}
		s.close(CloseForbidden, "Forbidden: the session is over")
	})
	if session.Done != nil {
		ended := s.ctx.Done()
		s.background.Go(func() {
			select {
			case <-session.Done:
				s.close(CloseForbidden, "Forbidden: the session was revoked")
			case <-ended:
			}
		})
	}
}

// lastAnswers waits, for a moment, until the operations that the end of their
// context finds under way have ended: one of them may be the mutation that
// ended it, whose client waits for its result.
func (s *socket) lastAnswers() {
	s.mu.Lock()
	if s.closing.Load() || s.running == 0 {
		s.mu.Unlock()
		return
	}
	quiet := make(chan struct{})
	s.quiet = quiet
	s.mu.Unlock()
	late := time.NewTimer(lastAnswerWait)
	defer late.Stop()
	select {
	case <-quiet:
	case <-late.C:
	}
}

// heard puts off the moment at which the client is taken for dead.
func (s *socket) heard() {
	// An error shows in the next read.
	_ = s.conn.SetReadDeadline(time.Now().Add(s.t.PingInterval + s.t.PongTimeout))
}

func (s *socket) ping() {
	if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.t.WriteTimeout)); err != nil {
		s.abort()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pingTimer.Reset(s.t.PingInterval)
}

// send writes a message that belongs to no operation. A failure ends the
// connection, so there is nothing for the caller to do about it.
func (s *socket) send(frame []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = s.write(frame)
}

var errSocketClosed = errors.New("the socket is closed")

// write sends one text frame before the deadline, or ends the connection. The
// caller holds s.writing.
func (s *socket) write(frame []byte) error {
	if s.closing.Load() {
		return errSocketClosed
	}
	beforeSend.Hit()
	// Without the deadline a client that stops reading would hold this
	// goroutine, and all that wait for the lock, for ever.
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.t.WriteTimeout))
	if err := s.conn.WriteMessage(websocket.TextMessage, frame); err != nil {
		s.abort()
		return err
	}
	afterSend.Hit()
	return nil
}

// Where a crash finds a client that has not, or has just, been told.
var (
	beforeSend = failpoint.New("transport.send.before")
	afterSend  = failpoint.New("transport.send.after")
)

// close says why the socket ends, and ends it. The first call counts.
func (s *socket) close(code int, reason string) {
	if !s.closing.CompareAndSwap(false, true) {
		return
	}
	// closing is set first: a subscription that the cancelled context ends
	// must not send complete before, or in place of, the close frame.
	frame := websocket.FormatCloseMessage(code, closeReason(reason))
	err := s.conn.WriteControl(websocket.CloseMessage, frame, time.Now().Add(s.t.WriteTimeout))
	s.cancel()
	if err != nil {
		s.abort()
		return
	}
	// The client answers with its own close frame, which ends read. This is for
	// those that don't.
	time.AfterFunc(closeHandshakeWait, s.abort)
}

// abort ends the connection without a word.
func (s *socket) abort() {
	s.closing.Store(true)
	s.cancel()
	_ = s.conn.Close()
}

// end waits for the operations and gives back what the socket holds.
func (s *socket) end() {
	s.abort()
	s.stopTimers()
	s.background.Wait()
	s.t.unregister(s)
}

func (s *socket) stopTimers() {
	s.initTimer.Stop()
	if s.expiry != nil {
		s.expiry.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pingTimer.Stop()
}

// part notes why reading ended, and lets the client read the close frame that
// gorilla sent by itself on a violation of the WebSocket protocol. Closing at
// once, with unread input, would reset the connection, and the frame could be lost.
func (s *socket) part(err error) {
	s.t.logger().Debug("transport: socket closed", "user", s.user, "cause", err)
	_, closed := errors.AsType[*websocket.CloseError](err)
	_, failed := errors.AsType[net.Error](err)
	if closed || failed || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return
	}
	s.closing.Store(true)
	s.cancel()
	_ = s.conn.SetReadDeadline(time.Now().Add(closeHandshakeWait))
	_, _ = io.Copy(io.Discard, s.conn.NetConn())
}

// closeReason cuts a reason to what a close frame holds, between characters.
func closeReason(reason string) string {
	if len(reason) > maxCloseReason {
		reason = reason[:maxCloseReason]
	}
	return strings.ToValidUTF8(reason, "")
}
