package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/auth"
	"decnet/store"
)

// detailMax bounds what the trail keeps of an operation's arguments.
const detailMax = 4000

// audit writes down every mutation but plans that were given: who asked, from where, for what, with which result. What was done is written in its own transaction.
type audit struct{ auth *auth.Auth }

var (
	_ graphql.HandlerExtension = audit{}
	_ graphql.FieldInterceptor = audit{}
)

// ExtensionName names the audit to gqlgen.
func (audit) ExtensionName() string { return "Audit" }

// Validate has nothing to check.
func (audit) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptField audits the root fields of mutations.
func (a audit) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if fc.Object != "Mutation" || !fc.IsResolver {
		return next(ctx)
	}
	entry := auth.Audit{Action: fc.Field.Name, Result: auth.OK, Detail: detail(fc.Args)}
	if id := auth.From(ctx); id != nil {
		entry.Actor = id.Username
	} else if name, ok := fc.Args["username"].(string); ok {
		entry.Actor = name
	}
	with, done := store.Also(ctx, func(ctx context.Context, tx *store.Tx) error { return a.auth.Record(ctx, tx, entry) })
	res, err := next(with)
	if err != nil {
		entry.Result = "INTERNAL"
		if code, _ := codeOf(ctx, err, gqlerror.WrapPath(nil, err)); code != "" {
			entry.Result = code
		}
	}
	switch {
	case err == nil && dryRun(fc.Args): // it changed nothing: the wizard asks for a plan at every pause of its form, and would use up what refusals are written from
	case err != nil, !done(): // it wrote nothing
		a.auth.Refused(ctx, entry)
	default:
		slog.InfoContext(ctx, "audit", "actor", entry.Actor, "from", auth.Peer(ctx), "action", entry.Action, "result", entry.Result)
	}
	return res, err
}

// detail is an operation's arguments as JSON, without what is secret.
func detail(args map[string]any) string {
	b, err := json.Marshal(args)
	if err != nil {
		return ""
	}
	var plain any
	if json.Unmarshal(b, &plain) != nil {
		return ""
	}
	if b, err = json.Marshal(withoutSecrets(plain)); err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(b[:min(len(b), detailMax)]), "")
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

// withoutSecrets replaces what is secret, and leaves out what was not given.
func withoutSecrets(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, value := range v {
			switch {
			case value == nil:
			case secret[strings.ToLower(k)]:
				out[k] = "(secret)"
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
