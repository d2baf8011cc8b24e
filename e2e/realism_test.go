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

// The operator's own look is no attack: it is recorded, marked, and counts as nobody's.
func TestACheckIsNoAttack(t *testing.T) {
	s := start(t, "--engine", "process")
	defer func() { // the decoys would outlive their server
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	s.succeed(s.deploy(map[string]any{"network": map[string]any{"driver": "LOOPBACK", "subnet": "127.93.41.0/24"}, "deckies": []any{spec("a", "ssh", "ftp", "mysql", "http", "redis", "snmp")}}))
	c := client.New(s.URL, client.WithToken(s.Token))
	check, err := c.CheckDecky(t.Context(), client.CheckDeckyInput{Name: "a", Deployment: "default"})
	require.NoError(t, err)
	require.Len(t, check.Probed, 6, "%+v", check)
	var out struct {
		Interactions struct {
			TotalCount int
			Edges      []struct {
				Node struct{ Service, Type, Origin, SourceIP string }
			}
		}
		Attackers, Credentials, Sessions struct{ TotalCount int }
		InteractionStats                 struct{ Total int }
	}
	s.eventually("every service has recorded the look", func() bool {
		s.as(s.Token).must(&out, `{ interactions(first: 200, where: {sourceIPNEQ: ""}) { totalCount edges { node { service type origin sourceIP } } }
			attackers { totalCount } credentials { totalCount } sessions { totalCount } interactionStats { total } }`, nil)
		seen := map[string]bool{}
		for _, e := range out.Interactions.Edges {
			seen[e.Node.Service] = true
		}
		return len(seen) == 6
	})
	for _, e := range out.Interactions.Edges {
		require.Equal(t, "CHECK", e.Node.Origin, "%+v", e.Node)
	}
	require.Zero(t, out.Attackers.TotalCount+out.Credentials.TotalCount+out.Sessions.TotalCount)
	require.Zero(t, out.InteractionStats.Total, "charts are of intruders; what the decoy tells of itself is another matter")
}

func TestNothingToLookAt(t *testing.T) {
	s := start(t, "--engine", "sim", "--sim-latency", "1h")
	s.as(s.Token).refused("NOT_FOUND", `mutation { checkDecky(input: {name: "none"}) { decky { name } } }`, nil)
	s.as(s.Token).must(nil, `mutation { deploy(input: {deckies: [{name: "later", services: ["ssh"]}]}) { lifecycleIds } }`, nil)
	s.as(s.Token).refused("CONFLICT", `mutation { checkDecky(input: {name: "later"}) { decky { name } } }`, nil)
}
