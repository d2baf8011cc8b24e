package shape

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"decnet/internal/spent"
)

func check(t *testing.T, query string) *gqlerror.Error {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	require.NoError(t, err)
	return Default().Check(doc)
}

func times(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)) + " ")
	}
	return b.String()
}

// doubling is n fragments, each of which spreads the next one twice: 2^n fields in a few tokens.
func doubling(n int) string {
	query := "{ ...f0 }"
	for i := range n {
		query += fmt.Sprintf(" fragment f%d on Query { ...f%d ...f%d }", i, i+1, i+1)
	}
	return query + fmt.Sprintf(" fragment f%d on Query { viewer { username } }", n)
}

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ query, limit string }{
		"a thousand aliases":          {"{ " + times(1000, "a#: __typename") + "}", "aliases"},
		"aliases in a fragment":       {"{ ...f } fragment f on Query { " + times(51, "a#: viewer { username }") + "}", "aliases"},
		"five hundred duplicates":     {"{ " + times(500, "__typename") + "}", "duplicates"},
		"duplicates, inline":          {"{ " + times(52, "... { viewer { username } }") + "}", "duplicates"},
		"deep":                        {strings.Repeat("{ a ", 21) + strings.Repeat("}", 21), "depth"},
		"deep by fragments":           {"{ a { ...f } } fragment f on A { b { ...g } } fragment g on B " + strings.Repeat("{ c ", 19) + strings.Repeat("}", 19), "depth"},
		"many root fields":            {"{ " + times(21, "f#") + "}", "rootFields"},
		"root fields by fragments":    {"{ " + times(7, "...f") + "} fragment f on Query { a b c }", "rootFields"},
		"fields":                      {"{ a { " + times(2000, "f#") + "} }", "fields"},
		"fragments that double":       {doubling(20), "rootFields"},
		"introspection":               {"{ " + times(5, "a#: __schema { description }") + "}", "introspections"},
		"directives":                  {"{ a " + times(51, "@skip(if: false)") + "}", "directives"},
		"definitions":                 {times(51, "query q# { a }"), "definitions"},
		"what is not asked for, too":  {"query a { a } query b { " + times(51, "a#: a") + "}", "aliases"},
		"a fragment that nobody uses": {"{ a } fragment f on Query { " + times(51, "a#: a") + "}", "aliases"},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(t, c.query)
			require.NotNil(t, err)
			require.Equal(t, "LIMIT_EXCEEDED", err.Extensions["code"])
			require.Equal(t, c.limit, err.Extensions["limit"], err.Message)
			require.Greater(t, err.Extensions["found"], err.Extensions["max"])
		})
	}
}

func TestFragmentsThatContainThemselves(t *testing.T) {
	for _, query := range []string{
		"{ ...a } fragment a on Query { ...a }",
		"{ ...a } fragment a on Query { x { ...b } } fragment b on X { ... { ...c } } fragment c on X { y { ...a } }",
		"{ x } fragment a on Query { ...b } fragment b on Query { ...a }",
	} {
		err := check(t, query)
		require.NotNil(t, err, query)
		require.Equal(t, "BAD_USER_INPUT", err.Extensions["code"])
		require.Contains(t, err.Message, "contains itself")
	}
}

func TestWhatPeopleAskIsLeftAlone(t *testing.T) {
	for _, query := range []string{
		"{ viewer { username } }",
		"{ a: deckies(first: 5) { ...d } b: deckies(first: 6) { ...d } } fragment d on DeckyConnection { edges { node { name } } }",
		"{ __schema { types { fields { args { type " + strings.Repeat("{ kind name ofType ", 9) + "{ name }" + strings.Repeat("}", 9) + "} } } } }",
		"{ ...unknown }", // the validator's business
	} {
		require.Nil(t, check(t, query), query)
	}
}

// However fragments are knotted together, they are measured in no time.
func FuzzMeasuringEnds(f *testing.F) {
	f.Add("{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }")
	f.Add("{ a @skip(if: true) { b: c { ...f } } } fragment f on F { ... on G @include(if: true) { g g g } }")
	f.Add(doubling(45))
	f.Fuzz(func(t *testing.T, query string) {
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, 4000)
		if err != nil || doc == nil {
			t.Skip()
		}
		var refused *gqlerror.Error
		took := spent.CPU(t, func() { refused = Default().Check(doc) })
		require.Less(t, took, time.Second)
		if refused != nil {
			require.NotEmpty(t, refused.Message)
			require.Contains(t, []any{"LIMIT_EXCEEDED", "BAD_USER_INPUT"}, refused.Extensions["code"])
		}
	})
}
