package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"entgo.io/contrib/entgql"

	"decnet/auth"
	"decnet/ent"
	"decnet/graph"
	"decnet/pid"
)

// assumedPage is how many elements a list without `first` gives, and is counted as.
const assumedPage = 50

// What costs more than the point of a field: a recording has up to half a megabyte, and statistics look at each interaction of their span.
const (
	recordingCost = 1000
	statsCost     = 1000
	knownCost     = 20 // all known sources are looked through, of which there are few
)

// times is the cost of a list: its elements', as many times as it may have of them.
func times(child int, first, last *int) int {
	n := assumedPage
	if first != nil {
		n = *first
	} else if last != nil {
		n = *last
	}
	n = max(n, 1)
	if child >= math.MaxInt32/n { // lists within lists must not come round to little again
		return math.MaxInt32
	}
	return 1 + child*n
}

// complexity counts lists by how long they may get.
func complexity() (c graph.ComplexityRoot) {
	type cursor = entgql.Cursor[pid.ID]
	c.Query.Deployments = func(child int, first *int, _ *cursor) int { return times(child, first, nil) }
	c.Query.Deckies = func(child int, first *int, _ *cursor, _ *ent.DeckyWhereInput, _ *ent.DeckyOrder) int {
		return times(child, first, nil)
	}
	c.Query.Lifecycles = func(child int, _ []pid.ID, first *int, _ *cursor, _ *ent.LifecycleWhereInput, _ *ent.LifecycleOrder) int {
		return times(child, first, nil)
	}
	c.Query.LifecycleEvents = func(child int, _ []pid.ID, _, _, _ *string, first *int) int { return times(child, first, nil) }
	c.Query.Interactions = func(child int, first *int, _ *cursor, last *int, _ *cursor, _ *string, _ *ent.InteractionWhereInput, _ *ent.InteractionOrder) int {
		return times(child, first, last)
	}
	c.Query.Sessions = func(child int, first *int, _ *cursor, last *int, _ *cursor, _ *string, _ *ent.SessionWhereInput, _ *ent.SessionOrder) int {
		return times(child, first, last)
	}
	c.Query.Credentials = func(child int, first *int, _ *cursor, last *int, _ *cursor, _ *string, _ *ent.CredentialWhereInput, _ *ent.CredentialOrder) int {
		return times(child, first, last)
	}
	c.Query.Attackers = func(child int, first *int, _ *cursor, last *int, _ *cursor, _ *string, _ *ent.AttackerWhereInput, _ *ent.AttackerOrder) int {
		return times(child, first, last)
	}
	c.Attacker.Known = func(child int) int { return knownCost + child }
	c.Session.Recording = func(int) int { return recordingCost }
	c.Attacker.Touches = func(child int, _ *cursor, first *int, _ *cursor, last *int, _ *ent.TouchOrder, _ *ent.TouchWhereInput) int {
		return times(child, first, last)
	}
	// Each of these counts anew through all interactions of the span.
	c.Query.InteractionStats = func(child int, _, _ *time.Time, _ *ent.InteractionWhereInput) int { return statsCost + child }
	c.Deployment.Deckies = func(child int, _ *cursor, first *int, _ *cursor, last *int, _ *ent.DeckyOrder, _ *ent.DeckyWhereInput) int {
		return times(child, first, last)
	}
	c.Decky.Lifecycles = func(child int, _ *cursor, first *int, _ *cursor, last *int, _ *ent.LifecycleOrder, _ *ent.LifecycleWhereInput) int {
		return times(child, first, last)
	}
	c.Decky.Interactions = func(child int, _ *cursor, first *int, _ *cursor, last *int, _ *ent.InteractionOrder, _ *ent.InteractionWhereInput) int {
		return times(child, first, last)
	}
	return c
}

// documented makes a transport speak only of the documented codes: gqlgen has its own for what it refuses before an operation runs. What is refused then is
// told to the trail.
type documented struct {
	graphql.Transport
	trail audit
}

// Do serves the request.
func (t documented) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	t.Transport.Do(w, r, recoded{exec, t.trail})
}

type recoded struct {
	graphql.GraphExecutor
	trail audit
}

// readKey is where the document is put that was read, valid or not: the executor keeps valid ones only.
type readKey struct{}

// CreateOperationContext parses and validates an operation.
func (e recoded) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	var doc *ast.QueryDocument
	oc, errs := e.GraphExecutor.CreateOperationContext(context.WithValue(ctx, readKey{}, &doc), params)
	if len(errs) == 0 {
		return oc, nil
	}
	for _, err := range errs {
		switch err.Extensions["code"] {
		case errcode.ParseFailed, errcode.ValidationFailed, nil:
			err.Extensions = map[string]any{"code": "BAD_USER_INPUT"}
		case "COMPLEXITY_LIMIT_EXCEEDED":
			err.Extensions["code"] = "LIMIT_EXCEEDED"
		}
	}
	if auth.From(ctx) == nil && doc != nil && errs[0].Extensions["code"] == "BAD_USER_INPUT" {
		errs = gqlerror.List{strangers()}
	}
	e.trail.refused(ctx, doc, params.OperationName, errs[0])
	return oc, errs
}

// strangers is all that is told of what the validator found to those who have not signed in: the rest, word by word, is the schema.
func strangers() *gqlerror.Error {
	return &gqlerror.Error{
		Message: "the operation is not valid; who has signed in is told why. Without a sign-in there are " +
			"mutation { login(username:, password:) { token expiresAt viewer { username role passwordDue } } } and query { viewer { username role passwordDue } }",
		Extensions: map[string]any{"code": "BAD_USER_INPUT"},
	}
}
