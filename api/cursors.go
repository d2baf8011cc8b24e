package api

import (
	"slices"
	"strings"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/pid"
)

// checkCursors refuses an operation that would go on in a list from what is no cursor of one, or of the list in another order. What would read it later has words of its own, or makes a
// statement of it that PostgreSQL refuses; and where a list is read along with what it is in, it panics.
func checkCursors(schema *ast.Schema, set ast.SelectionSet, variables map[string]any, path ast.Path) *gqlerror.Error {
	for _, s := range set {
		within, at := ast.SelectionSet(nil), path
		switch s := s.(type) {
		case *ast.Field:
			within, at = s.SelectionSet, append(slices.Clip(path), ast.PathName(s.Alias))
			if s.Definition == nil {
				continue
			}
			for _, a := range s.Arguments {
				def := s.Definition.Arguments.ForName(a.Name)
				if def == nil || def.Type.Name() != "Cursor" {
					continue
				}
				if wrong := wrongCursor(schema, s, a, variables); wrong != "" {
					return &gqlerror.Error{
						Message: a.Name + wrong, Path: append(slices.Clip(at), ast.PathName(a.Name)),
						Locations:  []gqlerror.Location{{Line: a.Position.Line, Column: a.Position.Column}},
						Extensions: map[string]any{"code": "BAD_USER_INPUT", "argument": []any{a.Name}},
					}
				}
			}
		case *ast.InlineFragment:
			within = s.SelectionSet
		case *ast.FragmentSpread:
			within = s.Definition.SelectionSet
		}
		if err := checkCursors(schema, within, variables, at); err != nil {
			return err
		}
	}
	return nil
}

// wrongCursor tells what is wrong with an argument that should be a cursor of the list f, as far as can be told; "": nothing.
func wrongCursor(schema *ast.Schema, f *ast.Field, a *ast.Argument, variables map[string]any) string {
	v, err := a.Value.Value(variables)
	if err == nil && v == nil {
		return ""
	}
	var c entgql.Cursor[pid.ID]
	if err != nil || c.UnmarshalGQL(v) != nil || c.ID == "" || c.Value != nil && kindOf(c.Value) == "" {
		return ` is no cursor of a list: take it from an edge's "cursor", or from "pageInfo"`
	}
	// The mark of an element that lacks what the list is ordered by bears no value, whatever the order.
	if c.Value != nil && kindOf(c.Value) != orderedBy(schema, f, variables) {
		return ` is a cursor of this list in another order: it goes on with the "orderBy" with which it was had`
	}
	return ""
}

// kindOf is the kind of values that a list may be ordered by; "": none.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		return "number"
	case time.Time:
		return "time"
	}
	return ""
}

// orderedBy is the kind of the values that a list is ordered by; "": by none, so by its elements' age. A list is a …Connection of a type, and NEXT_MUTATION_AT orders it by the type's field
// nextMutationAt.
func orderedBy(schema *ast.Schema, f *ast.Field, variables map[string]any) string {
	a := f.Arguments.ForName("orderBy")
	element := schema.Types[strings.TrimSuffix(f.Definition.Type.Name(), "Connection")]
	if a == nil || element == nil {
		return ""
	}
	v, err := a.Value.Value(variables)
	order, ok := v.(map[string]any)
	if err != nil || !ok {
		return ""
	}
	name, _ := order["field"].(string)
	words := strings.Split(strings.ToLower(name), "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:min(1, len(w))]) + w[min(1, len(w)):]
	}
	by := element.Fields.ForName(strings.Join(words, ""))
	if by == nil {
		return ""
	}
	switch by.Type.Name() {
	case "Int":
		return "number"
	case "Time":
		return "time"
	}
	return "text"
}
