// Package web is what the decoys of products with an HTTP API share: it serves such an API on one connection with the standard library's server, which is what the
// products written in Go use themselves, and records each request with its body and what it offers as credentials.
package web

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/evidence"
)

// The bounds of one request and its connection.
const (
	maxHead     = 128 << 10
	MaxBody     = 8 << 20 // bytes of a body that are read
	requestTime = 2 * time.Minute
	idleTime    = 3 * time.Minute
	maxStreams  = 32  // of HTTP/2 at once
	maxJunk     = 512 // bytes of what was no request
)

// Request is one request with its body.
type Request struct {
	*http.Request
	Session *decoy.Session
	// Connection ends with the connection, also where the handler has taken it over and the request's own context no longer means anything.
	Connection context.Context
	Body       []byte // at most its first [evidence.Kept] bytes
	Size       int64  // of the body
	upload     *evidence.Body
}

// Handler answers a request. It is called in a goroutine of the connection, or of the stream.
type Handler func(w http.ResponseWriter, r *Request)

// Serve answers the requests that come on conn, which is the session itself or TLS on it, until the connection ends. HTTP/2 is spoken where TLS has agreed on it.
func Serve(ctx context.Context, s *decoy.Session, conn net.Conn, handle Handler) {
	l := &listener{conn: conn, ended: make(chan struct{})}
	end := sync.OnceFunc(func() { close(l.ended) })
	junk := &watched{Conn: conn}
	if conn == net.Conn(s) {
		l.conn = junk
	}
	var handlers sync.WaitGroup
	server := &http.Server{
		MaxHeaderBytes: maxHead, ReadHeaderTimeout: requestTime, IdleTimeout: idleTime,
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:    log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				end()
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handlers.Add(1)
			defer handlers.Done()
			junk.stop()
			s.Guard(func() {
				request := Read(ctx, s, r)
				out := &recorder{ResponseWriter: w, request: request}
				handle(out, request)
				out.RecordOnce(http.StatusOK)
			})
		}),
	}
	server.Serve(l)
	handlers.Wait()
	if first := junk.stop(); len(first) > 0 {
		s.Event("protocol_error", event.Bytes("data", first))
	}
}

// Read reads a request's body.
func Read(ctx context.Context, s *decoy.Session, r *http.Request) *Request {
	upload := &evidence.Body{}
	io.Copy(upload, io.LimitReader(r.Body, MaxBody)) // what came of it
	return &Request{Request: r, Session: s, Connection: ctx, Body: upload.Head, Size: upload.Size, upload: upload}
}

// listener gives one connection, and ends when that has.
type listener struct {
	conn  net.Conn
	ended chan struct{}
	given bool
}

func (l *listener) Accept() (net.Conn, error) {
	if !l.given {
		l.given = true
		return l.conn, nil
	}
	<-l.ended
	return nil, errors.New("web: the only connection has ended")
}

func (l *listener) Close() error   { return nil }
func (l *listener) Addr() net.Addr { return l.conn.LocalAddr() }

// watched keeps the first bytes until a request has come of them.
type watched struct {
	net.Conn
	mu      sync.Mutex
	first   []byte
	stopped bool
}

func (c *watched) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.first = append(c.first, p[:min(n, maxJunk-len(c.first))]...)
	}
	return n, err
}

// CloseWrite lets the server end its side first, so that the client gets the last answer.
func (c *watched) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// stop returns what has been kept, and keeps no more.
func (c *watched) stop() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.first
	c.first, c.stopped = nil, true
	return first
}

// recorder records the request when its answer begins: a stream may take an hour, and evidence should not wait.
type recorder struct {
	http.ResponseWriter
	request *Request
	done    bool
}

// RecordOnce records the request now, as answered with the status; a handler that takes over the connection calls it.
func (w *recorder) RecordOnce(status int) {
	if !w.done {
		w.done = true
		w.request.Record(status)
	}
}

func (w *recorder) WriteHeader(status int) {
	w.RecordOnce(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	w.RecordOnce(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Unwrap lets [http.ResponseController] at the writer underneath.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// PlainRefusal is what Go's server answers to plain HTTP where TLS is spoken.
const PlainRefusal = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"

// LooksPlain tells whether the first bytes are those of plain HTTP.
func LooksPlain(first [5]byte) bool {
	switch string(first[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		return true
	}
	return false
}
