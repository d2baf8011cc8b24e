package api

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
	"unique"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"decnet/auth"
	"decnet/resolvers"
)

const (
	// sharedRenderings is how many events are kept as they were rendered, and sharedSize the largest, in bytes.
	sharedRenderings = 256
	sharedSize       = 32 << 10
	// sharedFor is how long one is good: an event stays as it was, but what it leads to may be looked up.
	sharedFor = time.Second
)

// shared renders an event of a subscription once for all who asked for it in the same words, as most of those do who watch: they have the same page open. Nobody waits for another's
// rendering, which may be held up; who finds none makes their own.
type shared struct {
	renderings *lru.Cache[wanted, rendering]
	now        func() time.Time
}

// wanted is an event, and what is wanted of it.
type wanted struct {
	event any
	words unique.Handle[string]
}

type rendering struct {
	data []byte
	at   time.Time
}

var (
	_ graphql.HandlerExtension     = shared{}
	_ graphql.OperationInterceptor = shared{}
	_ graphql.ResponseInterceptor  = shared{}
)

func newShared(now func() time.Time) shared {
	renderings, err := lru.New[wanted, rendering](sharedRenderings)
	if err != nil {
		panic(err) // only a size that is not positive is an error
	}
	return shared{renderings, now}
}

// ExtensionName names it.
func (shared) ExtensionName() string { return "Shared" }

// Validate has nothing to check.
func (shared) Validate(graphql.ExecutableSchema) error { return nil }

type sharingKey struct{}

// sharing is one subscription's part.
type sharing struct {
	tap   *resolvers.Tap
	words unique.Handle[string]
}

// InterceptOperation taps a subscription.
func (s shared) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	if oc.Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	words, ok := wordsOf(ctx, oc)
	if !ok {
		return next(ctx)
	}
	ctx, tap := resolvers.WithTap(ctx)
	return next(context.WithValue(ctx, sharingKey{}, &sharing{tap, words}))
}

// InterceptResponse answers with what was rendered of the event before, or renders it.
func (s shared) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	sharing, ok := ctx.Value(sharingKey{}).(*sharing)
	if !ok || !sharing.tap.Open() {
		return next(ctx)
	}
	event, ok := sharing.tap.Next(ctx)
	if !ok {
		return next(ctx)
	}
	of := wanted{event, sharing.words}
	if r, ok := s.renderings.Get(of); ok && s.now().Sub(r.at) < sharedFor {
		return &graphql.Response{Data: r.data}
	}
	began := s.now()
	sharing.tap.Pass(event)
	resp := next(ctx)
	if resp != nil && len(resp.Errors) == 0 && len(resp.Data) <= sharedSize {
		s.renderings.Add(of, rendering{bytes.Clone(resp.Data), began})
	}
	return resp
}

// wordsOf is all that decides how an event is rendered: the operation, the values of the variables that are used within the event, and what the caller may see. What only chooses the
// events, as `ids` and `after` do, has no part in it.
func wordsOf(ctx context.Context, oc *graphql.OperationContext) (unique.Handle[string], bool) {
	words := []any{oc.RawQuery, oc.OperationName, ""}
	if id := auth.From(ctx); id != nil {
		words[2] = id.Role
	}
	if usesVariables(oc.Operation.SelectionSet, true) {
		words = append(words, oc.Variables)
	}
	text, err := json.Marshal(words)
	return unique.Make(string(text)), err == nil
}

// usesVariables tells whether anything but the arguments of the operation's root depends on a variable.
func usesVariables(set ast.SelectionSet, root bool) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if directed(s.Directives) || !root && given(s.Arguments) || usesVariables(s.SelectionSet, false) {
				return true
			}
		case *ast.InlineFragment:
			if directed(s.Directives) || usesVariables(s.SelectionSet, root) {
				return true
			}
		case *ast.FragmentSpread:
			if directed(s.Directives) || usesVariables(s.Definition.SelectionSet, root) {
				return true
			}
		}
	}
	return false
}

func directed(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if given(d.Arguments) {
			return true
		}
	}
	return false
}

func given(arguments ast.ArgumentList) bool {
	for _, a := range arguments {
		if variable(a.Value) {
			return true
		}
	}
	return false
}

func variable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, c := range v.Children {
		if variable(c.Value) {
			return true
		}
	}
	return false
}
