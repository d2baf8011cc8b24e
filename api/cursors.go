package api

import (
	"slices"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/pid"
)

// checkCursors refuses an operation that would go on in a list from what is no cursor of one. What would read it later has words of its own, and where a list is read along with what
// it is in, it panics.
func checkCursors(set ast.SelectionSet, variables map[string]any, path ast.Path) *gqlerror.Error {
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
				if v, err := a.Value.Value(variables); err != nil || v != nil && !isCursor(v) {
					return &gqlerror.Error{
						Message: a.Name + ` is no cursor of a list: take it from an edge's "cursor", or from "pageInfo"`, Path: append(slices.Clip(at), ast.PathName(a.Name)),
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
		if err := checkCursors(within, variables, at); err != nil {
			return err
		}
	}
	return nil
}

// isCursor tells whether a list made it, as far as can be told: it marks an object, and one value that the list may be ordered by.
func isCursor(v any) bool {
	var c entgql.Cursor[pid.ID]
	if c.UnmarshalGQL(v) != nil || c.ID == "" {
		return false
	}
	switch c.Value.(type) {
	case nil, bool, string, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, time.Time:
		return true
	}
	return false
}
