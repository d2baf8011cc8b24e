// Package pipes is a network in memory, for tests of the rules of time: in a bubble of testing/synctest the clock moves when everybody waits, so that no test sleeps, and
// each can say to the millisecond when something happens.
package pipes

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// Dial connects to the server, whatever address is named.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Serve serves until the test ends.
func Serve(tb testing.TB, handler http.Handler) Dial {
	tb.Helper()
	l := &listener{accepted: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(l) // it ends by Close
	}()
	tb.Cleanup(func() {
		_ = server.Close() // whatever is still connected
		<-stopped
	})
	return l.dial
}

type listener struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (l *listener) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.accepted <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accepted:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { close(l.closed); return nil }
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }
