package transport_test

import (
	"testing"

	"decnet/internal/pipes"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
)

// servePipes serves GraphQL inside a bubble, where clients wait without end.
func servePipes(t *testing.T, schema graphql.ExecutableSchema, transports ...graphql.Transport) *endpoint {
	t.Helper()
	srv := handler.New(schema)
	for _, transport := range transports {
		srv.AddTransport(transport)
	}
	return &endpoint{http: "http://pipes", ws: "ws://pipes", dial: pipes.Serve(t, srv)}
}
