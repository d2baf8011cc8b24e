package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// events writes one event stream. It is the sink of the stream's operation, and
// its timer writes a comment whenever the stream has been idle for a while.
type events struct {
	control      *http.ResponseController
	ids          *eventIDs
	keepAlive    time.Duration
	writeTimeout time.Duration

	mu     sync.Mutex // guards what follows, and writing
	w      http.ResponseWriter
	idle   *time.Timer
	closed bool
	buf    []byte
}

var errStreamClosed = errors.New("the event stream is closed")

// openEvents sends the header at once, so that a client knows that it is
// connected before the first event comes.
func openEvents(w http.ResponseWriter, ids *eventIDs, keepAlive, writeTimeout time.Duration) *events {
	header := w.Header()
	header.Set("Content-Type", mediaStream+"; charset=utf-8")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Accel-Buffering", "no") // asks nginx not to hold events back
	header.Add("Vary", "Accept")
	e := &events{
		control: http.NewResponseController(w), ids: ids,
		keepAlive: keepAlive, writeTimeout: writeTimeout, w: w,
	}
	// The server's read timeout is meant for requests. Left in place it would
	// end the stream, for the server keeps reading to see the client leave.
	_ = e.control.SetReadDeadline(time.Time{})

	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = time.AfterFunc(keepAlive, e.comment)
	// The first event meets the same error, if there is one.
	_ = e.write([]byte(":\n\n"))
	return e
}

func (e *events) next(resp *graphql.Response) error {
	id := e.ids.pop()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.buf = append(e.buf[:0], "event: next\n"...)
	if id != "" {
		e.buf = fmt.Appendf(e.buf, "id: %s\n", id)
	}
	body, err := appendResponse(nil, resp)
	if err != nil {
		return err
	}
	e.buf = append(e.buf, "data: "...)
	// JSON holds line ends only between its tokens, where a space does as well.
	body = bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r"), []byte(" ")), []byte("\n"), []byte(" "))
	e.buf = append(e.buf, body...)
	e.buf = append(e.buf, "\n\n"...)
	return e.write(e.buf)
}

// fail sends the errors as a response, which is what the protocol has for
// requests that were not executed, and ends the stream.
func (e *events) fail(errs gqlerror.List) error {
	if err := e.next(errorsOnly(errs...)); err != nil {
		return err
	}
	return e.complete()
}

func (e *events) complete() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	// Browsers drop an event that has no data line.
	return e.write([]byte("event: complete\ndata:\n\n"))
}

func (e *events) comment() {
	e.mu.Lock()
	defer e.mu.Unlock()
	// The next event, or the server seeing the client gone, meets the error.
	_ = e.write([]byte(":\n\n"))
}

// write sends b at once. The caller holds the lock.
func (e *events) write(b []byte) error {
	if e.closed {
		return errStreamClosed
	}
	e.idle.Reset(e.keepAlive)
	if err := e.control.SetWriteDeadline(time.Now().Add(e.writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set the event stream's write deadline: %w", err)
	}
	if _, err := e.w.Write(b); err != nil {
		return fmt.Errorf("write to the event stream: %w", err)
	}
	if err := e.control.Flush(); err != nil {
		return fmt.Errorf("flush the event stream: %w", err)
	}
	return nil
}

// close stops the comments. The response must not be touched afterwards.
func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.idle.Stop()
	// The connection may serve another request, under its own deadlines.
	_ = e.control.SetWriteDeadline(time.Time{})
}
