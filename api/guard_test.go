package api

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"decnet/auth"
	"decnet/ent/user"
	"decnet/graph"
)

// doors are the fields of Query, Mutation and Subscription: the only doors.
func doors(t *testing.T) map[string]*ast.FieldDefinition {
	t.Helper()
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	out := map[string]*ast.FieldDefinition{}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range root.Fields {
			out[root.Name+"."+f.Name] = f
		}
	}
	require.Greater(t, len(out), 25)
	return out
}

// Every root field says who may use it, and each role may use just what is said.
func TestEveryFieldIsForSomeRole(t *testing.T) {
	order := []user.Role{user.RoleViewer, user.RoleOperator, user.RoleAdmin}
	for name, def := range doors(t) {
		if def.Name == "__schema" || def.Name == "__type" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			field := &ast.Field{Name: def.Name, Alias: def.Name, Definition: def, Position: &ast.Position{}}
			public, role := def.Directives.ForName("public"), def.Directives.ForName("hasRole")
			require.NotEqual(t, public == nil, role == nil, "it is either @public or @hasRole")
			if public != nil {
				require.Contains(t, []string{"login", "viewer"}, def.Name, "few things are for those who have not signed in")
				require.Nil(t, guard{}.judgeField(nil, field, def))
				return
			}
			needs := user.Role(role.Arguments.ForName("role").Value.Raw)
			refused := guard{}.judgeField(nil, field, def)
			require.NotNil(t, refused)
			require.Equal(t, "UNAUTHENTICATED", refused.Extensions["code"])
			may := false
			for _, r := range order {
				may = may || r == needs
				refused := guard{}.judgeField(&auth.Identity{Username: "u", Role: r}, field, def)
				if may {
					require.Nil(t, refused, "%s may", r)
				} else {
					require.NotNil(t, refused, "%s may not", r)
					require.Equal(t, "FORBIDDEN", refused.Extensions["code"])
				}
				due := guard{}.judgeField(&auth.Identity{Username: "u", Role: r, PasswordDue: true}, field, def)
				require.Equal(t, may && (def.Name == "changePassword" || def.Name == "logout"), due == nil, "with a password that is due")
			}
		})
	}
}

// What changes something takes more than a viewer, but for one's own sign-ins and password.
func TestAViewerChangesNothingButTheirOwn(t *testing.T) {
	own := []string{"login", "logout", "changePassword", "createToken", "endToken"}
	for name, def := range doors(t) {
		if role := def.Directives.ForName("hasRole"); role != nil && name[:3] == "Mut" && role.Arguments.ForName("role").Value.Raw == "VIEWER" {
			require.Contains(t, own, def.Name)
		}
	}
}
