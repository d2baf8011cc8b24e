// Package shape measures a GraphQL document before anything else looks at it. Parsing costs as much as the document is long, and its tokens are bounded;
// what comes after need not: a validator compares fields in pairs, and an executor walks fragments as often as they are spread, which a few hundred
// tokens can make more often than there are atoms. So a document is measured here, each fragment once, and what is too deep, too wide or says the same
// thing over and over is refused before it is validated.
package shape

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Limits are the most that a document may have. All of them count what the document's operations come to when their fragments are written out, but
// for those that say otherwise.
type Limits struct {
	// Depth is how many fields may be nested in each other.
	Depth int
	// Fields is how many fields an operation may have.
	Fields int
	// RootFields is how many fields an operation may have at its root: how much it may ask for in one request.
	RootFields int
	// Introspections is how often the schema may be asked for: its answer is the longest that there is.
	Introspections int
	// Aliases is how many fields of the document as it is written may be renamed.
	Aliases int
	// Duplicates is how many fields of the document as it is written may say again what their selection has said.
	Duplicates int
	// Directives is how many directives the document as it is written may have.
	Directives int
	// Definitions is how many operations and fragments the document may define.
	Definitions int
}

// Default is generous for people and scripts. GraphiQL's own question for the schema is 15 deep.
func Default() Limits {
	return Limits{Depth: 20, Fields: 2000, RootFields: 20, Introspections: 4, Aliases: 50, Duplicates: 50, Directives: 50, Definitions: 50}
}

// Check tells what a document has too much of, if anything. The error bears the code LIMIT_EXCEEDED, the limit's name, its value and what was found;
// or BAD_USER_INPUT for fragments that contain themselves.
func (l Limits) Check(doc *ast.QueryDocument) *gqlerror.Error {
	if n := len(doc.Operations) + len(doc.Fragments); n > l.Definitions {
		return exceeded("definitions", n, l.Definitions)
	}
	m := &measure{fragments: map[string]*ast.FragmentDefinition{}, known: map[string]extent{}}
	for _, f := range doc.Fragments {
		m.fragments[f.Name] = f
		m.directives += len(f.Directives)
	}
	// What is written is counted where it is written: a fragment that nobody spreads, too, since the validator reads it.
	for _, f := range doc.Fragments {
		m.fragment(f.Name)
	}
	var widest extent
	for _, op := range doc.Operations {
		m.directives += len(op.Directives)
		e := m.set(op.SelectionSet)
		widest = extent{depth: max(widest.depth, e.depth), fields: max(widest.fields, e.fields), own: max(widest.own, e.own), meta: max(widest.meta, e.meta)}
	}
	if m.cyclic != nil {
		return &gqlerror.Error{
			Message: fmt.Sprintf("the fragment %q contains itself", m.cyclic.Name), Locations: location(m.cyclic.Position),
			Extensions: map[string]any{"code": "BAD_USER_INPUT"},
		}
	}
	for _, c := range []struct {
		name       string
		found, max int
	}{
		{"aliases", m.aliases, l.Aliases}, {"duplicates", m.duplicates, l.Duplicates}, {"directives", m.directives, l.Directives},
		{"depth", widest.depth, l.Depth}, {"rootFields", widest.own, l.RootFields}, {"fields", widest.fields, l.Fields},
		{"introspections", widest.meta, l.Introspections},
	} {
		if c.found > c.max {
			return exceeded(c.name, c.found, c.max)
		}
	}
	return nil
}

// words say what each limit is of.
var words = map[string]string{
	"definitions": "operations and fragments", "aliases": "renamed fields", "duplicates": "fields that are there already", "directives": "directives",
	"depth": "levels of nested fields", "rootFields": "fields at its root", "fields": "fields", "introspections": "questions for the schema",
}

func exceeded(name string, found, most int) *gqlerror.Error {
	return &gqlerror.Error{
		Message:    fmt.Sprintf("the document has %d %s, and at most %d are allowed: ask in several requests", found, words[name], most),
		Extensions: map[string]any{"code": "LIMIT_EXCEEDED", "limit": name, "max": most, "found": found},
	}
}

func location(p *ast.Position) []gqlerror.Location {
	if p == nil {
		return nil
	}
	return []gqlerror.Location{{Line: p.Line, Column: p.Column}}
}

// extent is how large a selection is with its fragments written out.
type extent struct {
	depth  int
	fields int // in all
	own    int // at its top
	meta   int // of which ask for the schema
}

// saturated is where counting stops: far beyond every limit, and far from overflowing.
const saturated = 1 << 30

func (e extent) and(o extent) extent {
	return extent{depth: max(e.depth, o.depth), fields: min(e.fields+o.fields, saturated), own: min(e.own+o.own, saturated), meta: min(e.meta+o.meta, saturated)}
}

type measure struct {
	fragments map[string]*ast.FragmentDefinition
	known     map[string]extent // measured; the zero extent while it is being measured
	open      []string          // fragments that are being measured
	cyclic    *ast.FragmentDefinition

	aliases, duplicates, directives int
}

// fragment measures a fragment once.
func (m *measure) fragment(name string) extent {
	f := m.fragments[name]
	if f == nil {
		return extent{} // the validator says so
	}
	if e, ok := m.known[name]; ok {
		for _, open := range m.open {
			if open == name && m.cyclic == nil {
				m.cyclic = f
			}
		}
		return e
	}
	m.known[name] = extent{}
	m.open = append(m.open, name)
	e := m.set(f.SelectionSet)
	m.open = m.open[:len(m.open)-1]
	m.known[name] = e
	return e
}

func (m *measure) set(set ast.SelectionSet) extent {
	return m.within(set, map[string]bool{})
}

// within measures a selection whose fields join those that said already names.
func (m *measure) within(set ast.SelectionSet, said map[string]bool) (sum extent) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			m.directives += len(s.Directives)
			if s.Alias != s.Name {
				m.aliases++
			}
			if said[s.Alias] {
				m.duplicates++
			}
			said[s.Alias] = true
			inner := m.set(s.SelectionSet)
			meta := inner.meta
			if s.Name == "__schema" || s.Name == "__type" {
				meta++
			}
			sum = sum.and(extent{depth: inner.depth + 1, fields: min(inner.fields+1, saturated), own: 1, meta: meta})
		case *ast.InlineFragment:
			m.directives += len(s.Directives)
			sum = sum.and(m.within(s.SelectionSet, said))
		case *ast.FragmentSpread:
			m.directives += len(s.Directives)
			sum = sum.and(m.fragment(s.Name))
		}
	}
	return sum
}
