package process

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"

	"decnet/decoy/control"
	"decnet/engine"
)

// dial connects to a decoy's control socket, and waits for a decoy that has only just started.
func (e *Engine) dial(ctx context.Context, r *record) (net.Conn, error) {
	dir, err := e.folder(r.Ref.ID)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, &engine.Error{Code: engine.NotRunning, Message: "the decky's folder is gone", Err: err}
	}
	defer f.Close()
	// By way of the folder's descriptor the path is short, however deep the folder is.
	path := fmt.Sprintf("/proc/self/fd/%d/control.sock", f.Fd())
	tick := time.NewTicker(poll / 10)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if err == nil {
			return conn, nil
		}
		if !r.alive() {
			return nil, &engine.Error{Code: engine.Crashed, Message: "the decoy ended by itself", Detail: e.lastWords(r.Ref.ID)}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// exchange gives a decoy one request and waits for its reply.
func (e *Engine) exchange(ctx context.Context, r *record, req control.Request) (control.Reply, error) {
	conn, err := e.dial(ctx, r)
	if err != nil {
		return control.Reply{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	req.ID = rand.Text()
	if err := json.NewEncoder(conn).Encode(req); err != nil {
		return control.Reply{}, e.ended(ctx, r, err)
	}
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, 4096), 1<<20)
	for lines.Scan() {
		var reply control.Reply
		if json.Unmarshal(lines.Bytes(), &reply) != nil || !reply.Control || reply.ID != req.ID {
			continue
		}
		if reply.Error != nil {
			return reply, engine.DecoyError(reply.Error.Code, reply.Error.Message, reply.Error.Detail)
		}
		return reply, nil
	}
	return control.Reply{}, e.ended(ctx, r, lines.Err())
}

// ended says why an exchange got no reply.
func (e *Engine) ended(ctx context.Context, r *record, cause error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !r.alive() {
		return &engine.Error{Code: engine.Crashed, Message: "the decoy ended by itself", Detail: e.lastWords(r.Ref.ID), Err: cause}
	}
	return &engine.Error{Code: engine.Unavailable, Message: "the control channel broke", Transient: true, Err: cause}
}
