package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/client"
	"decnet/engine/enginetest"
)

// Deckies on a real Docker Engine are looked at as a scanner would look, and nothing gives them away.
func TestNothingGivesADeckyAway(t *testing.T) {
	enginetest.RequireDocker(t)
	s := start(t, "--engine", "docker")
	s.succeed(s.deploy(map[string]any{"deckies": []any{
		spec("web", "ssh", "http", "https", "mysql", "ftp", "smtp"), spec("db", "ssh", "https", "postgres", "redis", "vnc"),
	}}))
	defer func() {
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	c := client.New(s.URL, client.WithToken(s.Token))
	for name, probed := range map[string]int{"web": 6, "db": 5} {
		check, err := c.CheckDecky(t.Context(), client.CheckDeckyInput{Name: name, Deployment: "default"})
		require.NoError(t, err)
		require.Equal(t, client.CheckStatusPassed, check.Status, "%+v", check.Findings)
		require.Len(t, check.Probed, probed)
		require.Equal(t, "admin", check.By)
	}
	var out struct {
		Decky struct {
			Realism      *struct{ Status string }
			Interactions struct{ TotalCount int }
		}
	}
	s.eventually("the decky has recorded the look, as every touch", func() bool {
		s.as(s.Token).must(&out, `{ decky(name: "web") { realism { status } interactions(first: 1) { totalCount } } }`, nil)
		return out.Decky.Interactions.TotalCount > 0
	})
	require.Equal(t, "PASSED", out.Decky.Realism.Status)
}

func TestNothingToLookAt(t *testing.T) {
	s := start(t, "--engine", "sim", "--sim-latency", "1h")
	s.as(s.Token).refused("NOT_FOUND", `mutation { checkDecky(input: {name: "none"}) { decky { name } } }`, nil)
	s.as(s.Token).must(nil, `mutation { deploy(input: {deckies: [{name: "later", services: ["ssh"]}]}) { lifecycleIds } }`, nil)
	s.as(s.Token).refused("CONFLICT", `mutation { checkDecky(input: {name: "later"}) { decky { name } } }`, nil)
}
