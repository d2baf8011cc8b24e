package transport

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// operation is one that runs on a socket, and the sink of its responses.
type operation struct {
	socket   *socket
	id       string
	quotedID []byte
	ctx      context.Context
	cancel   context.CancelFunc
	// completed is set when the client has asked for no more.
	completed atomic.Bool
}

// subscribe starts an operation.
func (s *socket) subscribe(id string, params *graphql.RawParams) {
	if s.ctx.Err() != nil { // the socket is about to be closed
		return
	}
	quotedID, err := json.Marshal(id)
	if err != nil { // a string always encodes
		s.close(CloseInvalidMessage, "Invalid message: id")
		return
	}
	s.mu.Lock()
	_, exists := s.operations[id]
	tooMany := s.running >= s.t.MaxOperationsPerConnection
	var o *operation
	if !exists && !tooMany {
		o = &operation{socket: s, id: id, quotedID: quotedID}
		o.ctx, o.cancel = context.WithCancel(s.ctx)
		if s.of != nil {
			o.ctx = s.of(o.ctx)
		}
		s.operations[id] = o
		s.running++
	}
	s.mu.Unlock()

	switch {
	case exists:
		s.close(CloseSubscriberExists, "Subscriber for "+id+" already exists")
	case tooMany:
		refused := codedError(CodeLimitExceeded, "this connection runs %d operations, which is the most", s.t.MaxOperationsPerConnection)
		if frame, err := appendError(nil, quotedID, gqlerror.List{refused}); err == nil {
			s.send(frame)
		}
	default:
		s.t.operations.Add(1)
		s.background.Go(func() { o.run(params) })
	}
}

// unsubscribe ends an operation at the client's wish. It is not answered: the
// client knows. An unknown id is that of an operation that ended meanwhile.
func (s *socket) unsubscribe(id string) {
	s.mu.Lock()
	o, ok := s.operations[id]
	delete(s.operations, id)
	s.mu.Unlock()
	if ok {
		o.completed.Store(true)
		o.cancel()
	}
}

func (o *operation) run(params *graphql.RawParams) {
	s := o.socket
	defer func() {
		o.cancel()
		o.forget()
		s.t.operations.Add(-1)
		s.mu.Lock()
		if s.running--; s.running == 0 && s.quiet != nil {
			close(s.quiet)
			s.quiet = nil
		}
		s.mu.Unlock()
	}()
	ctx := graphql.StartOperationTrace(o.ctx)
	opCtx, refused := prepare(ctx, s.exec, params, s.t.Logger)
	var err error
	if refused != nil {
		err = o.fail(refused.Errors)
	} else {
		err = stream(ctx, s.exec, opCtx, s.t.Logger, o)
	}
	if err != nil {
		s.t.logger().DebugContext(ctx, "transport: operation cut short", "id", o.id, "error", err)
	}
}

// forget makes the id free for another operation.
func (o *operation) forget() {
	o.socket.mu.Lock()
	defer o.socket.mu.Unlock()
	if o.socket.operations[o.id] == o {
		delete(o.socket.operations, o.id)
	}
}

var errCompleted = errors.New("the client has completed the operation")

var messages = sync.Pool{New: func() any { return new([]byte) }}

// send writes a message of the operation, unless the client wants no more. The
// last one makes the id free just before it is written, for the client may use
// it again as soon as it has read the message.
func (o *operation) send(last bool, encode func(dst []byte) ([]byte, error)) error {
	buf := messages.Get().(*[]byte)
	defer func() {
		if cap(*buf) <= maxPooled {
			messages.Put(buf)
		}
	}()
	frame, err := encode((*buf)[:0])
	if err != nil {
		return err
	}
	*buf = frame

	o.socket.writing.Lock()
	defer o.socket.writing.Unlock()
	if o.completed.Load() {
		return errCompleted
	}
	if last {
		o.forget()
	}
	return o.socket.write(frame)
}

func (o *operation) next(resp *graphql.Response) error {
	return o.send(false, func(dst []byte) ([]byte, error) { return appendNext(dst, o.quotedID, resp) })
}

func (o *operation) fail(errs gqlerror.List) error {
	return o.send(true, func(dst []byte) ([]byte, error) { return appendError(dst, o.quotedID, errs) })
}

func (o *operation) complete() error {
	return o.send(true, func(dst []byte) ([]byte, error) { return appendComplete(dst, o.quotedID), nil })
}
