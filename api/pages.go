package api

import (
	"context"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// paged keeps documents in which every list within another object has a length: one that asks for neither `first` nor `last` gets the first page. It is
// done where a document is kept, once, after it was found valid and before it first runs. The lists of the root have defaults of their own.
type paged struct {
	graphql.Cache[*ast.QueryDocument]
}

// keptDocument is the longest document that is kept, in bytes: people's and programs' own are much shorter, and those who would fill our memory must not.
const keptDocument = 16 << 10

// Add pages a document and keeps it.
func (p paged) Add(ctx context.Context, key string, doc *ast.QueryDocument) {
	for _, op := range doc.Operations {
		page(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		page(f.SelectionSet)
	}
	if len(key) <= keptDocument {
		p.Cache.Add(ctx, key, doc)
	}
}

// lengths gives the variables that should say how long a list is, and are null, the length of a page.
func lengths(set ast.SelectionSet, variables map[string]any) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if first := s.Arguments.ForName("first"); nested(s) && first != nil && first.Value.Kind == ast.Variable {
				args := s.ArgumentMap(variables)
				if args["first"] == nil && args["last"] == nil {
					variables[first.Value.Raw] = int64(assumedPage)
				}
			}
			lengths(s.SelectionSet, variables)
		case *ast.InlineFragment:
			lengths(s.SelectionSet, variables)
		case *ast.FragmentSpread:
			lengths(s.Definition.SelectionSet, variables)
		}
	}
}

// nested tells a field of an object from one of the root.
func nested(f *ast.Field) bool {
	return f.Definition != nil && f.ObjectDefinition != nil && f.ObjectDefinition.Name != "Query"
}

func page(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if nested(s) && s.Definition.Arguments.ForName("first") != nil && s.Arguments.ForName("first") == nil && s.Arguments.ForName("last") == nil {
				s.Arguments = append(s.Arguments, &ast.Argument{
					Name: "first", Value: &ast.Value{Raw: strconv.Itoa(assumedPage), Kind: ast.IntValue, Position: s.Position}, Position: s.Position,
				})
			}
			page(s.SelectionSet)
		case *ast.InlineFragment:
			page(s.SelectionSet)
		}
	}
}
