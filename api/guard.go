package api

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/auth"
	"decnet/ent/user"
)

type userRole = user.Role

// guard refuses operations that the caller may not run, before any argument is looked at. A root field that declares neither @hasRole nor
// @public is refused to everyone: forgetting to declare closes a door, and never opens one.
type guard struct {
	auth          *auth.Auth
	introspection bool
}

var (
	_ graphql.HandlerExtension        = guard{}
	_ graphql.OperationContextMutator = guard{}
)

// ExtensionName names the guard to gqlgen.
func (guard) ExtensionName() string { return "Guard" }

// Validate has nothing to check.
func (guard) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext judges an operation's root fields.
func (g guard) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	if oc.Operation == nil {
		return nil
	}
	if oc.Variables == nil {
		oc.Variables = map[string]any{}
	}
	lengths(oc.Operation.SelectionSet, oc.Variables)
	id := auth.From(ctx)
	refused := g.judge(id, oc.Operation.SelectionSet)
	if refused != nil && oc.Operation.Operation == ast.Mutation {
		entry := auth.Audit{Action: first(oc.Operation.SelectionSet)}
		entry.Result, _ = refused.Extensions["code"].(string)
		if id != nil {
			entry.Actor = id.Username
		}
		g.auth.Refused(ctx, entry)
	}
	return refused
}

func (g guard) judge(id *auth.Identity, set ast.SelectionSet) *gqlerror.Error {
	for _, s := range set {
		var err *gqlerror.Error
		switch s := s.(type) {
		case *ast.Field:
			err = g.judgeField(id, s)
		case *ast.InlineFragment:
			err = g.judge(id, s.SelectionSet)
		case *ast.FragmentSpread:
			err = g.judge(id, s.Definition.SelectionSet)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g guard) judgeField(id *auth.Identity, f *ast.Field) *gqlerror.Error {
	if f.Name == "__typename" {
		return nil
	}
	needs := user.RoleViewer // the schema itself is for those who have signed in
	if f.Name == "__schema" || f.Name == "__type" {
		if id != nil && !g.introspection {
			return refusal(f, "FORBIDDEN", "this server does not tell its schema (--introspection=off)")
		}
	} else {
		if f.Definition.Directives.ForName("public") != nil {
			return nil
		}
		d := f.Definition.Directives.ForName("hasRole")
		if d == nil {
			return refusal(f, "FORBIDDEN", "nobody may use "+f.Name)
		}
		needs = user.Role(d.Arguments.ForName("role").Value.Raw)
	}
	switch {
	case id == nil:
		return refusal(f, "UNAUTHENTICATED", "sign in first: mutation { login(username:, password:) { token } }, then send it as \"Authorization: Bearer TOKEN\"")
	case id.PasswordDue && f.Name != "changePassword" && f.Name != "logout":
		return refusal(f, "FORBIDDEN", "change your password first: mutation { changePassword(current:, new:) { ok } }")
	case !id.May(needs):
		return refusal(f, "FORBIDDEN", f.Name+" needs the role "+string(needs)+", and "+id.Username+" is "+string(id.Role))
	}
	return nil
}

func refusal(f *ast.Field, code, message string) *gqlerror.Error {
	return &gqlerror.Error{
		Message: message, Path: ast.Path{ast.PathName(f.Alias)}, Extensions: map[string]any{"code": code},
		Locations: []gqlerror.Location{{Line: f.Position.Line, Column: f.Position.Column}},
	}
}
