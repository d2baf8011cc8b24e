package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"decnet/api/operations"
	"decnet/api/shape"
	"decnet/api/traffic"
	"decnet/auth"
)

// Limits are the bounds of operations and of their callers. They are generous for people and scripts, and small for a flood.
type Limits struct {
	// Document is the longest document, in bytes, and Tokens how many tokens it may have.
	Document, Tokens int
	// Values is how many values the variables may have in all, those within lists and objects too.
	Values int
	Shape  shape.Limits
	// Complexity is the most that one operation may cost: a point for each field, as often as its list may have elements.
	Complexity int
	// Time is the longest that a query or a mutation may take.
	Time    time.Duration
	Traffic traffic.Limits
	// SocketsPerCaller is how many WebSockets a user, or an address from which nobody signed in, may have open.
	SocketsPerCaller int
}

// DefaultLimits are those of a server that is told nothing else.
func DefaultLimits() Limits {
	return Limits{
		Document: 100 << 10, Tokens: 4000, Values: 10_000, Shape: shape.Default(), Complexity: 50_000, Time: 30 * time.Second,
		Traffic:          traffic.Limits{UserRate: 500_000, AddressRate: 20_000, AtOnce: 50_000, Subscriptions: 1000},
		SocketsPerCaller: 250,
	}
}

// What things cost beside an operation's complexity, in its units.
const (
	// requestCost is that of any operation, refused ones too.
	requestCost = 100
	// byteCost is that of each byte of a request that has to be read and decoded, and of each value of a variable.
	byteCost, valueCost = 0.1, 5
	// freshCost is that of each byte of a document that has to be parsed and validated.
	freshCost = 0.5
	// schemaCost is that of asking for the schema, which complexity does not count.
	schemaCost = 200_000
	// startCost, eventCost and lookupCost are those of a stream's start, of an event of it, and of each thing that an event makes us look up.
	startCost, eventCost, lookupCost = 1000, 50, 200
	// messageCost is that of any request, and of anything that a socket's client says, pings too.
	messageCost = 20
	// smallBody is read as it comes, in bytes: what is dear about a small request is not its length.
	smallBody = 8 << 10
	// lookupsAtOnce is how many of them one caller's streams may have under way.
	lookupsAtOnce = 8
)

// bounds refuses what is too large, too often or too much at once, before it is looked at more closely than that takes.
type bounds struct {
	limits  Limits
	traffic *traffic.Traffic
	cached  graphql.Cache[*ast.QueryDocument]
	guard   guard
	listed  *operations.List // nil: any operation may be asked
}

var (
	_ graphql.HandlerExtension          = bounds{}
	_ graphql.OperationParameterMutator = bounds{}
	_ graphql.OperationContextMutator   = bounds{}
	_ graphql.OperationInterceptor      = bounds{}
	_ graphql.FieldInterceptor          = bounds{}
	_ graphql.ResponseInterceptor       = bounds{}
)

// ExtensionName names the bounds to gqlgen.
func (bounds) ExtensionName() string { return "Bounds" }

// Validate has nothing to check.
func (bounds) Validate(graphql.ExecutableSchema) error { return nil }

// caller is whose account an operation goes on.
func caller(ctx context.Context) traffic.Caller {
	if id := auth.From(ctx); id != nil {
		return traffic.Caller{Name: id.Username, User: true}
	}
	return traffic.Caller{Name: auth.Host(auth.Peer(ctx))}
}

// MutateOperationParameters measures a document that has not been seen before, before it is validated.
func (b bounds) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	if err := b.persisted(params); err != nil {
		return err
	}
	if len(params.Query) > b.limits.Document {
		return &gqlerror.Error{
			Message:    fmt.Sprintf("the document has %d bytes, and at most %d are allowed: send values as variables", len(params.Query), b.limits.Document),
			Extensions: map[string]any{"code": "LIMIT_EXCEEDED", "limit": "document", "max": b.limits.Document, "found": len(params.Query)},
		}
	}
	values := count(params.Variables)
	if values > b.limits.Values {
		return &gqlerror.Error{
			Message:    fmt.Sprintf("the variables have %d values, and at most %d are allowed: ask in several requests", values, b.limits.Values),
			Extensions: map[string]any{"code": "LIMIT_EXCEEDED", "limit": "values", "max": b.limits.Values, "found": values},
		}
	}
	doc, known := b.cached.Get(ctx, params.Query)
	read, _ := ctx.Value(readKey{}).(**ast.QueryDocument)
	*read = doc
	cost := requestCost + valueCost*values
	if !known {
		cost += int(freshCost * float64(len(params.Query)))
	}
	if err := b.spend(ctx, cost); err != nil {
		return err
	}
	if !known { // else it was measured, and is on the list
		var err *gqlerror.Error
		doc, err = b.parse(params.Query)
		*read = doc
		if err != nil {
			return err
		}
	}
	if err := b.guard.judge(auth.From(ctx), doc, params.OperationName); err != nil {
		return err
	}
	return asked(doc, params.OperationName)
}

// asked refuses a request that does not say which operation of its document is meant, or means one that is not there.
func asked(doc *ast.QueryDocument, name string) *gqlerror.Error {
	if doc.Operations.ForName(name) != nil {
		return nil
	}
	message := fmt.Sprintf("the document has no operation %q: give the name of one that it has as operationName", name)
	switch {
	case len(doc.Operations) == 0:
		message = "the document has no operation"
	case name == "":
		message = fmt.Sprintf("the document has %d operations: say by operationName which is meant", len(doc.Operations))
	}
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": "BAD_USER_INPUT"}}
}

// parse parses a document that has not been seen before, and measures it.
func (b bounds) parse(text string) (*ast.QueryDocument, *gqlerror.Error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, b.limits.Tokens)
	if wrong, ok := errors.AsType[*gqlerror.Error](err); ok { // once is enough: the executor would parse it again
		wrong.Extensions = map[string]any{"code": "BAD_USER_INPUT"}
		if strings.Contains(wrong.Message, "token limit") {
			wrong.Extensions = map[string]any{"code": "LIMIT_EXCEEDED", "limit": "tokens", "max": b.limits.Tokens}
		}
		return nil, wrong
	}
	if tooMuch := b.limits.Shape.Check(doc); tooMuch != nil {
		return doc, tooMuch
	}
	if b.listed != nil && !b.listed.Allows(doc) {
		return doc, &gqlerror.Error{
			Message:    "this server runs the operations on its list only (--operations), and this one is not on it",
			Extensions: map[string]any{"code": "FORBIDDEN"},
		}
	}
	return doc, nil
}

// persisted puts the document in place of the hash that stands for it.
func (b bounds) persisted(params *graphql.RawParams) *gqlerror.Error {
	asked, ok := params.Extensions["persistedQuery"].(map[string]any)
	if !ok || params.Query != "" {
		return nil
	}
	hash, _ := asked["sha256Hash"].(string)
	if b.listed != nil {
		if text, ok := b.listed.Text(hash); ok {
			params.Query = text
			return nil
		}
	}
	// The words are those that clients of the protocol know: they send the whole document then.
	return &gqlerror.Error{Message: "PersistedQueryNotFound", Extensions: map[string]any{"code": "NOT_FOUND"}}
}

// MutateOperationContext takes an operation's cost, which is known once it is validated.
func (b bounds) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	if oc.Variables == nil {
		oc.Variables = map[string]any{}
	}
	lengths(oc.Operation.SelectionSet, oc.Variables)
	if err := checkCursors(b.guard.schema, oc.Operation.SelectionSet, oc.Variables, nil); err != nil {
		return err
	}
	return b.spend(ctx, cost(ctx, oc))
}

func (b bounds) spend(ctx context.Context, cost int) *gqlerror.Error {
	wait, ok := b.traffic.Spend(caller(ctx), cost)
	if ok {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return &gqlerror.Error{
		Message:    fmt.Sprintf("too much in too short a time: ask again in %d s", seconds),
		Extensions: map[string]any{"code": "RATE_LIMITED", "retryAfter": seconds},
	}
}

// count is how many values there are, those within others too.
func count(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			n += 1 + count(inner)
		}
	case []any:
		for _, inner := range v {
			n += 1 + count(inner)
		}
	}
	return n
}

// body is asked before a request's body is read and decoded: a large one takes its caller's budget, and its turn.
func (b bounds) body(maxBody int64) func(r *http.Request) (done func(), refused *gqlerror.Error) {
	return func(r *http.Request) (func(), *gqlerror.Error) {
		size := r.ContentLength
		if size < 0 || size > maxBody { // it does not say, or will be cut off there
			size = maxBody
		}
		if size <= smallBody {
			return func() {}, nil
		}
		cost := int(byteCost * float64(size))
		if err := b.spend(r.Context(), cost); err != nil {
			return nil, err
		}
		done, err := b.traffic.Begin(r.Context(), caller(r.Context()), cost)
		if err != nil {
			return nil, tooManyWaiting(err)
		}
		return done, nil
	}
}

// message is body for a message of a socket: where there is no budget for it, it waits. However small, each has its price: pings without end would take a processor.
func (b bounds) message(ctx context.Context, size int) (done func()) {
	b.pace(ctx, messageCost)
	if size <= smallBody {
		return func() {}
	}
	cost := int(byteCost * float64(size))
	b.pace(ctx, cost)
	done, err := b.traffic.Await(ctx, caller(ctx), cost)
	if err != nil { // the socket is closed
		return func() {}
	}
	return done
}

func tooManyWaiting(err error) *gqlerror.Error {
	return &gqlerror.Error{Message: err.Error(), Extensions: map[string]any{"code": "RATE_LIMITED", "retryAfter": 1}}
}

// InterceptField makes the lookups of a stream's events take turns: thousands of streams that one caller has open must not take every connection to the
// database whenever the journal grows.
func (b bounds) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if !fc.IsMethod && !fc.IsResolver || fc.Object == "Subscription" || graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	b.pace(ctx, lookupCost)
	end, err := b.traffic.Await(ctx, caller(ctx), b.limits.Traffic.AtOnce/lookupsAtOnce)
	if err != nil {
		return nil, err
	}
	defer end()
	return next(ctx)
}

// cost is what an operation costs, or each event of a subscription.
func cost(ctx context.Context, oc *graphql.OperationContext) int {
	n := 0
	if stats := extension.GetComplexityStats(graphql.WithOperationContext(ctx, oc)); stats != nil {
		n = stats.Complexity
	}
	for range schemas(oc.Operation.SelectionSet) {
		n += schemaCost
	}
	return n
}

// schemas counts the questions for the schema at an operation's root.
func schemas(set ast.SelectionSet) (n int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__schema" || s.Name == "__type" {
				n++
			}
		case *ast.InlineFragment:
			n += schemas(s.SelectionSet)
		case *ast.FragmentSpread:
			n += schemas(s.Definition.SelectionSet)
		}
	}
	return n
}

// InterceptOperation counts subscriptions.
func (b bounds) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	end, err := b.traffic.Subscribe(caller(ctx))
	if err != nil {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{
			Message: err.Error(), Extensions: map[string]any{"code": "LIMIT_EXCEEDED", "limit": "subscriptions", "max": b.limits.Traffic.Subscriptions},
		}}})
	}
	context.AfterFunc(ctx, end)
	responses, err := b.started(ctx, next)
	if err != nil {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{tooManyWaiting(err)}})
	}
	return func(ctx context.Context) *graphql.Response {
		resp := responses(ctx)
		if resp == nil {
			end()
		}
		return resp
	}
}

// started lets a subscription begin, which reads where everything stands.
func (b bounds) started(ctx context.Context, next graphql.OperationHandler) (graphql.ResponseHandler, error) {
	b.pace(ctx, startCost)
	done, err := b.traffic.Await(ctx, caller(ctx), b.limits.Traffic.AtOnce/lookupsAtOnce)
	if err != nil {
		return nil, err
	}
	defer done()
	return next(ctx), nil
}

// InterceptResponse gives queries and mutations their turn and their time, and streams their pace.
func (b bounds) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	oc := graphql.GetOperationContext(ctx)
	switch {
	case oc.Operation == nil: // it was refused
		return next(ctx)
	case oc.Operation.Operation == ast.Subscription:
		resp := next(ctx)
		if resp != nil {
			b.pace(ctx, eventCost+cost(ctx, oc))
		}
		return resp
	}
	end, err := b.traffic.Begin(ctx, caller(ctx), requestCost+cost(ctx, oc))
	if err != nil {
		if !errors.Is(err, traffic.ErrTooManyWaiting) {
			return nil // the client has gone
		}
		return &graphql.Response{Errors: gqlerror.List{tooManyWaiting(err)}}
	}
	defer end()
	timed, cancel := context.WithTimeoutCause(ctx, b.limits.Time, errTooLong)
	defer cancel()
	return next(timed)
}

var errTooLong = errors.New("the operation took too long: ask for less at a time")

// arrived paces a caller's requests before anything else is known of them: those that are refused for their form, too.
func (b bounds) arrived(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.pace(r.Context(), messageCost)
		next.ServeHTTP(w, r)
	})
}

// pace holds a stream or a client back while its caller has spent more than they may.
func (b bounds) pace(ctx context.Context, cost int) {
	wait(ctx, b.traffic.Pace(caller(ctx), cost))
}

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
