package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"decnet/graph"
)

// Each order of each list is by a field of its elements that bears one value.
func TestEachOrderIsByAFieldOfTheElements(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	kinds := map[string]string{}
	for name, enum := range schema.Types {
		element, ok := strings.CutSuffix(name, "OrderField")
		if !ok {
			continue
		}
		for _, v := range enum.EnumValues {
			by := &ast.Value{Kind: ast.ObjectValue, Children: ast.ChildValueList{{Name: "field", Value: &ast.Value{Kind: ast.EnumValue, Raw: v.Name}}}}
			kind := orderedBy(schema, &ast.Field{
				Definition: &ast.FieldDefinition{Type: ast.NonNullNamedType(element+"Connection", nil)},
				Arguments:  ast.ArgumentList{{Name: "orderBy", Value: by}},
			}, nil)
			require.NotEmpty(t, kind, "%s.%s", name, v.Name)
			kinds[element+"."+v.Name] = kind
		}
	}
	require.Equal(t, "text", kinds["Decky.STATE"])
	require.Equal(t, "time", kinds["Decky.NEXT_MUTATION_AT"])
	require.Equal(t, "number", kinds["Session.INTERACTIONS"])
}
