package operations

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { decky(name: String): Decky, viewer: String } type Decky { name: String state: String }`})

func list(t *testing.T, name, text string) *List {
	t.Helper()
	l, err := New(schema, Source{name, text})
	require.NoError(t, err)
	return l
}

func allows(t *testing.T, l *List, query string) bool {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	require.NoError(t, err)
	return l.Allows(doc)
}

func TestWhatIsOnTheList(t *testing.T) {
	l := list(t, "ops.graphql", `
		# of the script
		query Look($name: String!) { decky(name: $name) { ...D } }
		query Who { viewer }
		fragment D on Decky { name ...E }
		fragment E on Decky { state }`)
	require.Equal(t, 2, l.Len())
	require.True(t, allows(t, l, "query Who{viewer}"))
	require.True(t, allows(t, l, "fragment E on Decky{state __typename} fragment D on Decky{name,...E} query Look($name:String!){__typename decky(name:$name){...D __typename}}"))
	for _, query := range []string{
		"query Who { viewer viewer2: viewer }",
		"query Look($name: String!) { decky(name: $name) { name } }",
		"query Look($name: String!) { decky(name: $name) { ...D } } fragment D on Decky { name ...E } fragment E on Decky { name }",
		"query Who { viewer } query More { viewer }",
		"query Who { who: viewer }",
		"mutation Who { viewer }",
		"query Who { viewer @include(if: true) }",
		`query Look($name: String = "a") { decky(name: $name) { ...D } } fragment D on Decky { name ...E } fragment E on Decky { state }`,
	} {
		require.False(t, allows(t, l, query), query)
	}
}

func TestManifestsOfClientsTools(t *testing.T) {
	const query = "query Who {\n  viewer\n}"
	sum := sha256.Sum256([]byte(query))
	for name, text := range map[string]string{
		"graphql-codegen": `{"abc": "query Who {\n  viewer\n}"}`,
		"Apollo":          `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "abc", "name": "Who", "type": "query", "body": "query Who {\n  viewer\n}"}]}`,
		"genqlient":       `{"operations": [{"operationName": "Who", "query": "query Who {\n  viewer\n}", "sourceLocation": "a.graphql"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			l := list(t, "manifest.json", text)
			require.True(t, allows(t, l, query))
			got, ok := l.Text(hex.EncodeToString(sum[:]))
			require.True(t, ok)
			require.Equal(t, query, got)
			_, ok = l.Text("sha256:" + hex.EncodeToString(sum[:]))
			require.True(t, ok)
			_, ok = l.Text("abd")
			require.False(t, ok)
		})
	}
}

func TestAListThatIsWrong(t *testing.T) {
	for name, s := range map[string]Source{
		"no GraphQL":             {"a.graphql", "query {"},
		"not in the schema":      {"a.graphql", "{ nothing }"},
		"no JSON":                {"a.json", "["},
		"no list":                {"a.json", "[1]"},
		"a document of it wrong": {"a.json", `{"a": "{ nothing }"}`},
	} {
		_, err := New(schema, s)
		require.ErrorContains(t, err, s.Name, name)
	}
	_, err := ReadFiles([]string{"/does/not/exist"})
	require.Error(t, err)
}
