package transport_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
)

// pipes is a network in memory. The time rules are tested on it in a bubble of
// testing/synctest, where the clock moves when everybody waits: no test sleeps,
// and each can say to the millisecond when something happens.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepted <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// servePipes serves GraphQL inside a bubble, where clients wait without end.
func servePipes(t *testing.T, schema graphql.ExecutableSchema, transports ...graphql.Transport) *endpoint {
	t.Helper()
	srv := handler.New(schema)
	for _, transport := range transports {
		srv.AddTransport(transport)
	}
	network := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: srv}
	stopped := make(chan error)
	go func() { stopped <- server.Serve(network) }()
	t.Cleanup(func() {
		server.Close()
		<-stopped
	})
	return &endpoint{http: "http://pipes", ws: "ws://pipes", dial: network.dial}
}
