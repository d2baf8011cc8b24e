package api

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/auth"
	"decnet/ent/user"
)

type userRole = user.Role

// guard refuses operations that the caller may not run, before they are validated and before any argument is looked at. A root field that declares neither
// @hasRole nor @public is refused to everyone: forgetting to declare closes a door, and never opens one.
type guard struct {
	schema        *ast.Schema
	introspection bool
}

// judge judges the root fields of the operation that is asked for. A stranger's document may have nothing but what is public, in any of its operations: what the validator says
// of the rest would tell them what there is.
func (g guard) judge(id *auth.Identity, doc *ast.QueryDocument, name string) *gqlerror.Error {
	for _, op := range doc.Operations {
		if id != nil && len(doc.Operations) > 1 && op.Name != name {
			continue
		}
		fields := map[string]*ast.FieldDefinition{}
		if root := g.root(op.Operation); root != nil {
			for _, f := range root.Fields {
				fields[f.Name] = f
			}
		}
		for _, f := range rootFields(doc, op) {
			if refused := g.judgeField(id, f, fields[f.Name]); refused != nil {
				return refused
			}
		}
	}
	return nil
}

func (g guard) root(op ast.Operation) *ast.Definition {
	switch op {
	case ast.Mutation:
		return g.schema.Mutation
	case ast.Subscription:
		return g.schema.Subscription
	}
	return g.schema.Query
}

// rootFields are the fields at an operation's root, those within fragments too, as they are written: the document need not be valid.
func rootFields(doc *ast.QueryDocument, op *ast.OperationDefinition) (out []*ast.Field) {
	seen := map[string]bool{}
	var gather func(ast.SelectionSet)
	gather = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				out = append(out, s)
			case *ast.InlineFragment:
				gather(s.SelectionSet)
			case *ast.FragmentSpread:
				if f := doc.Fragments.ForName(s.Name); f != nil && !seen[s.Name] { // once is enough, and fragments may double
					seen[s.Name] = true
					gather(f.SelectionSet)
				}
			}
		}
	}
	gather(op.SelectionSet)
	return out
}

// judgeField judges a root field. What the schema does not know (def is nil) is nobody's: the validator says so, to those who have signed in.
func (g guard) judgeField(id *auth.Identity, f *ast.Field, def *ast.FieldDefinition) *gqlerror.Error {
	if f.Name == "__typename" {
		return nil
	}
	needs := user.RoleViewer // the schema itself is for those who have signed in
	switch {
	case f.Name == "__schema" || f.Name == "__type":
		if id != nil && !g.introspection {
			return refusal(f, "FORBIDDEN", "this server does not tell its schema (--introspection=off)")
		}
	case def == nil:
		if id != nil {
			return nil
		}
	case def.Directives.ForName("public") != nil:
		return nil
	default:
		d := def.Directives.ForName("hasRole")
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
