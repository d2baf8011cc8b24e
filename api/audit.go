package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/auth"
)

// detailMax bounds what the trail keeps of an operation's arguments, in bytes, and actionMax a name that the schema may not have.
const (
	detailMax = 4000
	actionMax = 64
)

// audit writes down every mutation but plans that were given, and every refusal: who asked, from where, for what, with which result. What was done is written in
// its own transaction.
type audit struct{ auth *auth.Auth }

var (
	_ graphql.HandlerExtension     = audit{}
	_ graphql.RootFieldInterceptor = audit{}
	_ graphql.FieldInterceptor     = audit{}
)

// ExtensionName names the audit to gqlgen.
func (audit) ExtensionName() string { return "Audit" }

// Validate has nothing to check.
func (audit) Validate(graphql.ExecutableSchema) error { return nil }

// refused notes an operation that was turned away before it ran: each mutation, and each question that was more than a mistake.
func (a audit) refused(ctx context.Context, doc *ast.QueryDocument, name string, err *gqlerror.Error) {
	entry := auth.Audit{}
	entry.Result, _ = err.Extensions["code"].(string)
	if id := auth.From(ctx); id != nil {
		entry.Actor = id.Username
	}
	var op *ast.OperationDefinition
	if doc != nil {
		op = doc.Operations.ForName(name)
	}
	if (op == nil || op.Operation != ast.Mutation) && (entry.Result == "BAD_USER_INPUT" || entry.Result == "NOT_FOUND") {
		return
	}
	if op == nil { // it was not even read
		entry.Action = "operation"
		a.auth.Refused(ctx, entry)
		return
	}
	noted := map[string]bool{}
	for _, f := range rootFields(doc, op) {
		if auth.From(ctx) == nil && len(noted) > 0 {
			return // one is enough to know of a stranger: what they would have asked for is up to them
		}
		if entry.Action = f.Name[:min(len(f.Name), actionMax)]; !noted[entry.Action] {
			noted[entry.Action] = true
			a.auth.Refused(ctx, entry)
		}
	}
}

type reachedKey struct{}

// InterceptRootField audits the mutations whose arguments could not be read, which come no further than here.
func (a audit) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	root := graphql.GetRootFieldContext(ctx)
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Mutation {
		return next(ctx)
	}
	reached := false
	out := next(context.WithValue(ctx, reachedKey{}, &reached))
	if !reached {
		entry := auth.Audit{Action: root.Field.Name, Result: "BAD_USER_INPUT"}
		if id := auth.From(ctx); id != nil {
			entry.Actor = id.Username
		}
		a.auth.Refused(ctx, entry)
	}
	return out
}

// InterceptField audits the root fields of mutations.
func (a audit) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if fc.Object != "Mutation" || !fc.IsResolver {
		return next(ctx)
	}
	if reached, ok := ctx.Value(reachedKey{}).(*bool); ok {
		*reached = true
	}
	entry := auth.Audit{Action: fc.Field.Name, Result: auth.OK, Detail: detail(fc.Args)}
	if id := auth.From(ctx); id != nil {
		entry.Actor = id.Username
	} else if name, ok := fc.Args["username"].(string); ok {
		entry.Actor = name
	}
	with, written := a.auth.Along(ctx, entry)
	res, err := next(with)
	if err != nil {
		entry.Result = "INTERNAL"
		if code, _ := codeOf(ctx, err, gqlerror.WrapPath(nil, err)); code != "" {
			entry.Result = code
		}
	}
	switch {
	case err == nil && dryRun(fc.Args): // it changed nothing: the wizard asks for a plan at every pause of its form, and would use up what refusals are written from
	case err != nil, !written(): // it wrote nothing
		a.auth.Refused(ctx, entry)
	}
	return res, err
}

// detail is an operation's arguments as JSON, without what is secret. Where that is too long, long values are shortened, all to the same length: it stays JSON.
func detail(args map[string]any) string {
	b, err := json.Marshal(args)
	if err != nil {
		return ""
	}
	var plain any
	if json.Unmarshal(b, &plain) != nil {
		return ""
	}
	whole := withoutSecrets(plain)
	b, err = json.Marshal(whole)
	for most := detailMax / 2; err == nil && len(b) > detailMax; most /= 2 {
		if most == 0 { // nothing that our inputs can be
			return `{"…":"too long"}`
		}
		b, err = json.Marshal(shortened(whole, most))
	}
	if err != nil {
		return ""
	}
	return string(b)
}

// shortened is a value in which texts have at most so many bytes, and lists and objects so many elements; what was longer says so.
func shortened(v any, most int) any {
	switch v := v.(type) {
	case string:
		return cut(v, most)
	case []any:
		out := make([]any, 0, min(len(v), most)+1)
		for _, inner := range v[:min(len(v), most)] {
			out = append(out, shortened(inner, most))
		}
		if more := len(v) - most; more > 0 {
			out = append(out, fmt.Sprintf("… %d more", more))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		names := slices.Sorted(maps.Keys(v))
		for _, name := range names[:min(len(names), most)] {
			out[cut(name, actionMax)] = shortened(v[name], most)
		}
		if more := len(names) - most; more > 0 {
			out["…"] = fmt.Sprintf("%d more", more)
		}
		return out
	}
	return v
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// dryRun tells whether an operation asks only what would be.
func dryRun(args map[string]any) bool {
	var input struct{ DryRun bool }
	b, err := json.Marshal(args["input"])
	return err == nil && json.Unmarshal(b, &input) == nil && input.DryRun
}

// secret are the names of arguments whose values nobody may read.
// "value" is a setting's: some are passwords.
var secret = map[string]bool{"value": true, "password": true, "current": true, "new": true, "secret": true, "token": true}

// durations are the names of arguments that are a Duration, which JSON has as a number of nanoseconds.
var durations = map[string]bool{"mutateInterval": true, "interval": true, "expiresIn": true}

// withoutSecrets replaces what is secret, says durations as people do, and leaves out what was not given.
func withoutSecrets(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, value := range v {
			switch {
			case value == nil:
			case secret[strings.ToLower(k)]:
				out[k] = "(secret)"
			case durations[k]:
				out[k] = value
				if n, ok := value.(float64); ok {
					out[k] = time.Duration(n).String()
				}
			default:
				out[k] = withoutSecrets(value)
			}
		}
		return out
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i])
		}
	}
	return v
}
