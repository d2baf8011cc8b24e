package decoy

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"decnet/decoy/control"
)

// maxRequest bounds a request line, in bytes.
const maxRequest = 128 << 10

// ServeControl answers requests from in on out until ctx or in ends. It returns nil at the end of in.
func (r *Runtime) ServeControl(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 4096)
	for {
		line, err := readLine(lines)
		if err != nil && !errors.Is(err, errLongLine) {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading a request: %w", err)
		}
		var reply control.Reply
		var request control.Request
		if err == nil {
			err = json.Unmarshal(line, &request)
		}
		if err != nil {
			reply = r.status()
			reply.Error = &control.Error{Code: control.Unsupported, Message: "the request can't be read", Detail: err.Error()}
		} else {
			reply = r.Handle(ctx, request)
		}
		encoded, err := json.Marshal(reply)
		if err != nil {
			return fmt.Errorf("encoding a reply: %w", err)
		}
		if _, err := out.Write(append(encoded, '\n')); err != nil {
			return fmt.Errorf("writing a reply: %w", err)
		}
	}
}

var errLongLine = fmt.Errorf("a request has more than %d bytes", maxRequest)

// readLine returns the next line without its newline. One that is too long is skipped, and costs no memory. A last line without a
// newline is one that was cut off: it is not returned.
func readLine(r *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxRequest; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return nil, err
		case long:
			return nil, errLongLine
		default:
			return line[:len(line)-1], nil
		}
	}
}

// ServeControlStream serves requests from a stream that outlives its writers, such as a container's standard input: the
// end of it is a client that has left, not a reason to go. It returns when ctx ends or reading fails.
func (r *Runtime) ServeControlStream(ctx context.Context, in io.Reader, out io.Writer) error {
	for {
		if err := r.ServeControl(ctx, in, out); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// ServeControlSocket serves requests on a Unix socket that only this user may open, one client or many, until ctx ends. A socket
// that an earlier run has left at path is replaced.
func (r *Runtime) ServeControlSocket(ctx context.Context, path string) error {
	l, err := listenPrivately(path)
	if err != nil {
		return fmt.Errorf("opening the control socket: %w", err)
	}
	defer os.Remove(path)
	defer l.Close()
	var clients sync.WaitGroup
	defer clients.Wait()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accepting a control client: %w", err)
		}
		clients.Go(func() {
			defer conn.Close()
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			defer stop()
			if err := r.ServeControl(ctx, conn, conn); err != nil && ctx.Err() == nil {
				r.log.Warn("control client", "err", err)
			}
		})
	}
}

// listenPrivately opens a Unix socket that nobody else can open, not even in the moment before its mode is set: it is made in a private
// directory and moved.
func listenPrivately(path string) (net.Listener, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".control-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}
