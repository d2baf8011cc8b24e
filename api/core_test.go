package api_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"decnet/graph"
)

//go:embed testdata/core.graphqls
var core string

// What clients are written against stays: what the core names is there, is of the same type, and takes what it took.
func TestTheCoreHolds(t *testing.T) {
	want, err := parser.ParseSchema(&ast.Source{Name: "core.graphqls", Input: core})
	require.NoError(t, err)
	have := graph.NewExecutableSchema(graph.Config{}).Schema()
	require.Len(t, want.Definitions, strings.Count(core, "\ntype ")+strings.Count(core, "\ninput ")+strings.Count(core, "\nenum ")+strings.Count(core, "\nscalar "))
	for _, w := range want.Definitions {
		h := have.Types[w.Name]
		require.NotNil(t, h, "%s is gone", w.Name)
		require.Equal(t, w.Kind, h.Kind, w.Name)
		require.Subset(t, h.Interfaces, w.Interfaces, w.Name)
		for _, v := range w.EnumValues {
			require.NotNil(t, h.EnumValues.ForName(v.Name), "%s.%s is gone", w.Name, v.Name)
		}
		for _, f := range w.Fields {
			where := w.Name + "." + f.Name
			is := h.Fields.ForName(f.Name)
			require.NotNil(t, is, "%s is gone", where)
			require.Equal(t, f.Type.String(), is.Type.String(), where)
			require.Equal(t, value(f.DefaultValue), value(is.DefaultValue), where)
			for _, a := range f.Arguments {
				arg := is.Arguments.ForName(a.Name)
				require.NotNil(t, arg, "%s(%s:) is gone", where, a.Name)
				require.Equal(t, a.Type.String(), arg.Type.String(), "%s(%s:)", where, a.Name)
				require.Equal(t, value(a.DefaultValue), value(arg.DefaultValue), "%s(%s:)", where, a.Name)
			}
			for _, arg := range is.Arguments {
				require.True(t, f.Arguments.ForName(arg.Name) != nil || !arg.Type.NonNull || arg.DefaultValue != nil, "%s needs %s, which its clients don't give", where, arg.Name)
			}
		}
		if w.Kind != ast.InputObject {
			continue
		}
		for _, f := range h.Fields {
			require.True(t, w.Fields.ForName(f.Name) != nil || !f.Type.NonNull || f.DefaultValue != nil, "%s needs %s, which its clients don't give", w.Name, f.Name)
		}
	}
}

func value(v *ast.Value) string {
	if v == nil {
		return ""
	}
	return v.String()
}
