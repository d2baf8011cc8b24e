package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"decnet/fleet"
	"decnet/graph"
)

// What the trail keeps of arguments is JSON, however much there was, and without secrets.
func TestDetailIsJSON(t *testing.T) {
	many := func(n int, of func(i int) any) (out []any) {
		for i := range n {
			out = append(out, of(i))
		}
		return out
	}
	settings := map[string]any{}
	for i := range 500 {
		settings[fmt.Sprint("setting-", i, strings.Repeat("k", i))] = i
	}
	decky := func(i int) any {
		return map[string]any{"name": fmt.Sprint("d-", i), "services": many(20, func(i int) any { return fmt.Sprint("s-", i) }), "password": "hunter2"}
	}
	for name, input := range map[string]any{
		"short":                map[string]any{"name": "a"},
		"a long text":          map[string]any{"name": "a", "reason": strings.Repeat("é<", 50_000)},
		"a long list":          map[string]any{"name": "a", "ids": many(5000, func(i int) any { return fmt.Sprint("lcy_", i) })},
		"a long list of lists": map[string]any{"name": "a", "deckies": many(200, decky)},
		"many names":           map[string]any{"name": "a", "zettings": settings},
		"everything":           map[string]any{"name": "a", "z": many(20, func(int) any { return many(20, func(int) any { return many(5, decky) }) })},
	} {
		t.Run(name, func(t *testing.T) {
			text := detail(map[string]any{"input": input})
			require.LessOrEqual(t, len(text), detailMax)
			require.NotContains(t, text, "hunter2")
			var back struct{ Input map[string]any }
			require.NoError(t, json.Unmarshal([]byte(text), &back), text)
			if name != "everything" {
				require.Equal(t, "a", back.Input["name"], "what was short is whole")
			}
			if name != "short" {
				require.Contains(t, text, "…")
			}
		})
	}
}

func TestTheTrailSaysDurationsAsPeopleDo(t *testing.T) {
	require.JSONEq(t, `{"input":{"name":"ci","expiresIn":"2160h0m0s"}}`, detail(map[string]any{"input": graph.CreateTokenInput{Name: "ci", ExpiresIn: 90 * 24 * time.Hour}}))
	require.JSONEq(t, `{"input":{"deployment":"lab","interval":"30m0s"}}`, detail(map[string]any{"input": fleet.IntervalInput{Deployment: "lab", Interval: new(30 * time.Minute)}}))
}

// A Duration that a mutation comes to take is among those that are known.
func TestEveryDurationOfAMutationIsKnown(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	seen := map[string]bool{}
	var look func(name string, of *ast.Type)
	look = func(name string, of *ast.Type) {
		if of.Name() == "Duration" {
			require.True(t, durations[name], name)
			seen[name] = true
		}
		if def := schema.Types[of.Name()]; def.Kind == ast.InputObject {
			for _, f := range def.Fields {
				look(f.Name, f.Type)
			}
		}
	}
	for _, f := range schema.Mutation.Fields {
		for _, a := range f.Arguments {
			look(a.Name, a.Type)
		}
	}
	require.Len(t, seen, len(durations))
}
