// Package api puts the GraphQL schema behind HTTP: who may call what, what an error says, and the transports. The root fields' roles are
// declared in the schema by @hasRole and @public, and checked here before any argument is looked at.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"decnet/api/operations"
	"decnet/api/traffic"
	"decnet/auth"
	"decnet/graph"
	"decnet/resolvers"
	"decnet/transport"
)

// cachedQueries is how many documents are kept parsed and validated.
const cachedQueries = 500

// Options are what the API is made of.
type Options struct {
	Resolver *resolvers.Resolver
	// AuthOff lets everyone in.
	AuthOff bool
	// Anonymous is how long a WebSocket stays on which nobody has signed in; 0: a minute.
	Anonymous time.Duration
	// MaxConnections bounds the open WebSockets, and the open event streams; 0: no bound.
	MaxConnections int
	Limits         Limits
	// Introspection lets those who have signed in ask for the schema.
	Introspection bool
	// Operations are sources of those that may be run; nil: any.
	Operations []operations.Source
	// Proxies are the addresses of those who may say for whom they ask, by X-Forwarded-For.
	Proxies []netip.Prefix
	Log     *slog.Logger
}

// API is the GraphQL endpoint.
type API struct {
	http.Handler
	socket  *transport.WebSocket
	events  *transport.SSE
	proxies []netip.Prefix
}

// New builds the endpoint. The error is one of the listed operations.
func New(o Options) (*API, error) {
	schema := graph.NewExecutableSchema(graph.Config{
		Resolvers: o.Resolver,
		Directives: graph.DirectiveRoot{
			// Both are read by the guard, which sees an operation before its arguments; at the field there is nothing left to do.
			HasRole: func(ctx context.Context, _ any, next graphql.Resolver, _ userRole) (any, error) { return next(ctx) },
			Public:  func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) },
		},
		Complexity: complexity(),
	})
	var listed *operations.List
	if o.Operations != nil {
		var err error
		if listed, err = operations.New(schema.Schema(), o.Operations...); err != nil {
			return nil, err
		}
		o.Log.Info("only listed operations are run", "documents", listed.Len())
	}
	srv := handler.New(schema)
	cache := paged{lru.New[*ast.QueryDocument](cachedQueries)}
	b := bounds{
		limits: o.Limits, traffic: traffic.New(o.Limits.Traffic, time.Now), cached: cache, listed: listed,
		guard: guard{schema: schema.Schema(), introspection: o.Introspection},
	}
	trail := audit{o.Resolver.Auth}
	admit := b.body(transport.DefaultMaxBody)
	a := &API{
		socket: &transport.WebSocket{
			Init: initSocket(o), MaxConnections: o.MaxConnections, MaxConnectionsPerUser: o.Limits.SocketsPerCaller,
			AnonymousTimeout: o.Anonymous, Admit: b.message, Logger: o.Log,
		},
		events: &transport.SSE{MaxStreams: o.MaxConnections, Admit: admit, Logger: o.Log},
	}
	for _, t := range []graphql.Transport{a.socket, a.events, &transport.HTTP{Admit: admit, Logger: o.Log}} {
		srv.AddTransport(documented{t, trail})
	}
	srv.SetQueryCache(cache)
	srv.SetParserTokenLimit(o.Limits.Tokens)
	srv.SetErrorPresenter(presenter(o.Log))
	srv.SetRecoverFunc(recoverer(o.Log))
	srv.Use(extension.Introspection{})
	srv.Use(extension.FixedComplexityLimit(o.Limits.Complexity))
	srv.Use(b)
	srv.Use(trail)
	srv.Use(spans{})
	srv.Use(newTold())
	srv.Use(newShared(time.Now))
	h := b.arrived(srv)
	if o.AuthOff {
		h = auth.Off(h)
	} else {
		h = o.Resolver.Auth.Middleware(h)
	}
	a.proxies = o.Proxies
	a.Handler = a.WithPeer(traced(h))
	return a, nil
}

// Connections tells how many WebSockets are open.
func (a *API) Connections() int { return a.socket.Connections() }

// Shutdown ends every open stream in a way on which clients come back.
func (a *API) Shutdown(ctx context.Context) error {
	return errors.Join(a.socket.Shutdown(ctx), a.events.Shutdown(ctx))
}

// initSocket finds out who is asking by a WebSocket's connection_init: `{"Authorization": "Bearer …"}`. A token that is given must be good; without
// one the socket is anonymous, and may do what an anonymous request may.
func initSocket(o Options) func(context.Context, map[string]any, *http.Request) (context.Context, transport.Session, error) {
	return func(ctx context.Context, payload map[string]any, r *http.Request) (context.Context, transport.Session, error) {
		id := auth.From(ctx)
		if o.AuthOff {
			return ctx, transport.Session{User: caller(ctx).Name}, nil
		}
		for _, name := range []string{"Authorization", "authorization"} {
			value, ok := payload[name].(string)
			if !ok {
				continue
			}
			var err error
			if id, err = o.Resolver.Auth.Authenticate(ctx, auth.Bearer(value)); err != nil {
				return nil, transport.Session{}, err
			}
			if id == nil {
				return nil, transport.Session{}, &transport.CloseError{Code: transport.CloseForbidden, Reason: "the token is not good: sign in again"}
			}
			break
		}
		if id == nil {
			return ctx, transport.Session{User: caller(ctx).Name, Anonymous: true}, nil
		}
		// A sign-in that is ended takes its sockets with it.
		ctx, end := context.WithCancelCause(ctx)
		now, stop := o.Resolver.Auth.Follow(id, func(cause error) {
			if errors.Is(cause, auth.ErrChanged) { // the token is good: a final code would sign them out
				cause = &transport.CloseError{Code: transport.CloseServiceRestart, Reason: cause.Error() + ": connect again"}
			}
			end(cause)
		})
		context.AfterFunc(ctx, stop)
		return auth.With(ctx, id), transport.Session{
			User: id.Username, ExpiresAt: id.ExpiresAt,
			// A password that was due, or a role that was too little, may no longer be by the next operation.
			Operation: func(ctx context.Context) context.Context { return auth.With(ctx, now()) },
		}, nil
	}
}
