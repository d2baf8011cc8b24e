package api

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"decnet/auth"
	"decnet/engine/sim"
	"decnet/ent/user"
	"decnet/graph"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/resolvers"
)

// audience subscribes to a world, and counts how often the lifecycle of an event was resolved.
type audience struct {
	*world.World
	exec     *executor.Executor
	resolved atomic.Int64
	clock    atomic.Int64 // in nanoseconds; it stands still
}

func newAudience(t *testing.T) *audience {
	w := world.New(t, sim.New(sim.Options{}))
	a := &audience{World: w, exec: executor.New(graph.NewExecutableSchema(graph.Config{
		Resolvers: &resolvers.Resolver{Store: w.Store, Fleet: w.Fleet, Feed: w.Feed, Catalog: w.Catalog, Engine: w.Engine},
		Directives: graph.DirectiveRoot{
			HasRole: func(ctx context.Context, _ any, next graphql.Resolver, _ userRole) (any, error) { return next(ctx) },
		},
	}))}
	a.exec.AroundFields(func(ctx context.Context, next graphql.Resolver) (any, error) {
		if fc := graphql.GetFieldContext(ctx); fc.Object == "LifecycleEvent" && fc.Field.Name == "lifecycle" {
			a.resolved.Add(1)
		}
		return next(ctx)
	})
	a.exec.Use(newShared(func() time.Time { return time.Unix(0, a.clock.Load()) }))
	return a
}

// listen starts a subscription of somebody; each call of what it returns waits for an event.
func (a *audience) listen(role user.Role, query string, variables map[string]any) (next func() string) {
	a.T.Helper()
	ctx, cancel := context.WithTimeout(a.T.Context(), world.Patience)
	a.T.Cleanup(cancel)
	ctx = graphql.StartOperationTrace(auth.With(ctx, &auth.Identity{Username: string(role), Role: role}))
	oc, errs := a.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	require.Empty(a.T, errs)
	responses, ctx := a.exec.DispatchOperation(ctx, oc)
	return func() string {
		a.T.Helper()
		resp := responses(ctx)
		if resp == nil {
			return ""
		}
		require.Empty(a.T, resp.Errors)
		return string(resp.Data)
	}
}

func TestAnEventIsRenderedOnceForAllWhoAskAlike(t *testing.T) {
	a := newAudience(t)
	a.Deploy("d")
	const query = `subscription($after: String, $deployment: String) { lifecycleUpdated(decky: "d", deployment: $deployment, after: $after) { seq lifecycle { deckyName toServices } } }`
	var listeners []func() string
	for i := range 20 {
		variables := map[string]any{}
		if i%2 == 0 { // which events one asks for does not matter
			variables["deployment"] = "default"
		}
		next := a.listen(user.RoleViewer, query, variables)
		next() // where the deploy stands
		listeners = append(listeners, next)
	}
	a.resolved.Store(0)
	a.Mutate("d", "ftp")
	for _, next := range listeners {
		require.JSONEq(t, `{"lifecycleUpdated": {"seq": 1, "lifecycle": {"deckyName": "d", "toServices": ["ftp"]}}}`, next())
	}
	require.EqualValues(t, 1, a.resolved.Load())
}

func TestWhoAsksOtherwiseIsAnsweredOtherwise(t *testing.T) {
	a := newAudience(t)
	a.Deploy("d")
	const query = `subscription($wide: Boolean!) { lifecycleUpdated(decky: "d") { ...Entry } } fragment Entry on LifecycleEvent { seq lifecycle @include(if: $wide) { deckyName } }`
	wide, narrow := a.listen(user.RoleViewer, query, map[string]any{"wide": true}), a.listen(user.RoleViewer, query, map[string]any{"wide": false})
	alias := a.listen(user.RoleViewer, `subscription { entry: lifecycleUpdated(decky: "d") { seq } }`, nil)
	for range 2 {
		require.JSONEq(t, `{"lifecycleUpdated": {"seq": 1, "lifecycle": {"deckyName": "d"}}}`, wide())
		require.JSONEq(t, `{"lifecycleUpdated": {"seq": 1}}`, narrow())
		require.JSONEq(t, `{"entry": {"seq": 1}}`, alias())
		a.Mutate("d", "ftp")
	}
	again, operator := a.listen(user.RoleViewer, query, map[string]any{"wide": true}), a.listen(user.RoleOperator, query, map[string]any{"wide": true})
	a.resolved.Store(0)
	said := again()
	require.Zero(t, a.resolved.Load(), "it was rendered for a viewer")
	require.Equal(t, said, operator())
	require.EqualValues(t, 1, a.resolved.Load(), "what one may see is not everybody's to see")
	a.clock.Add(int64(2 * time.Second))
	require.Equal(t, said, a.listen(user.RoleViewer, query, map[string]any{"wide": true})())
	require.EqualValues(t, 2, a.resolved.Load(), "what an event leads to may have changed")
}

// A stream that ends, and one that is refused, end as they do without sharing.
func TestASharedStreamEnds(t *testing.T) {
	a := newAudience(t)
	lcs := a.Deploy("d")
	stop := a.Run(lifecycle.RunnerOptions{})
	defer stop()
	const query = `subscription($ids: [ID!]) { lifecycleUpdated(ids: $ids) { status } }`
	next := a.listen(user.RoleViewer, query, map[string]any{"ids": []any{string(lcs[0].ID)}})
	last := ""
	for data := next(); data != ""; data = next() {
		last = data
	}
	require.JSONEq(t, `{"lifecycleUpdated": {"status": "SUCCEEDED"}}`, last)
	require.Empty(t, next())

	ctx := graphql.StartOperationTrace(auth.With(t.Context(), &auth.Identity{Role: user.RoleViewer}))
	oc, errs := a.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: map[string]any{"ids": []any{"lcy_nothing"}}})
	require.Empty(t, errs)
	responses, ctx := a.exec.DispatchOperation(ctx, oc)
	require.Len(t, responses(ctx).Errors, 1)
}
