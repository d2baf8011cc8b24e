package transport_test

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"

	"decnet/transport"
)

// How a server wires the transports, and stops them.
func Example() {
	var (
		schema graphql.ExecutableSchema
		login  func(ctx context.Context, token string) (context.Context, transport.Session, error)
	)

	webSocket := &transport.WebSocket{
		// A browser can't set headers on a WebSocket; the token comes with init.
		Init: func(ctx context.Context, payload map[string]any, _ *http.Request) (context.Context, transport.Session, error) {
			token, _ := payload["authorization"].(string)
			return login(ctx, token)
		},
		MaxConnections:        10_000,
		MaxConnectionsPerUser: 50,
	}
	sse := &transport.SSE{MaxStreams: 10_000}

	srv := handler.New(schema)
	srv.AddTransport(webSocket)
	srv.AddTransport(sse)
	srv.AddTransport(&transport.HTTP{})
	server := &http.Server{Handler: srv, ReadHeaderTimeout: 10 * time.Second}

	stop := func(ctx context.Context) error {
		return errors.Join(webSocket.Shutdown(ctx), sse.Shutdown(ctx), server.Shutdown(ctx))
	}
	_ = stop
}
