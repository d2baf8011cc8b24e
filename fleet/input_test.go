package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine/sim"
	"decnet/fleet"
	"decnet/internal/world"
	"decnet/lifecycle"
)

func TestNetworksThatCanNotBe(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	deploy := func(n *fleet.NetworkInput, count int) error {
		_, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "new", Mode: fleet.Add, Network: n, DryRun: true,
			Deckies: []*fleet.DeckySpec{{Name: "a", Count: count, Services: []string{"ssh"}}}})
		return err
	}
	for _, c := range []struct {
		network *fleet.NetworkInput
		path    string
		says    string
	}{
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("10.1.2.0/31")}, "subnet", "/30"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("10.1.2.3/32")}, "subnet", "/30"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("0.0.0.0/0")}, "subnet", "too large"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("224.0.0.0/24")}, "subnet", "no host"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("0.1.2.0/24")}, "subnet", "no host"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("fd00::/64")}, "subnet", "IPv4"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("10.1.2.0")}, "subnet", "IPv4 prefix"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("127.0.0.0/24")}, "subnet", "LOOPBACK"},
		{&fleet.NetworkInput{Driver: "LOOPBACK", Subnet: new("10.1.2.0/24")}, "subnet", "LOOPBACK"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("10.1.2.0/24"), Gateway: new("10.1.3.1")}, "gateway", "10.1.2.0/24"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("10.1.2.0/24"), Gateway: new("10.1.2.0")}, "gateway", "no host's address"},
		{&fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("10.1.2.0/24"), Gateway: new("10.1.2.255")}, "gateway", "no host's address"},
		{&fleet.NetworkInput{Driver: "MACVLAN"}, "subnet", "needs the LAN's subnet"},
		{&fleet.NetworkInput{Driver: "MACVLAN", Subnet: new("10.1.2.0/24")}, "parent", "interface"},
		{&fleet.NetworkInput{Driver: "MACVLAN", Subnet: new("10.1.2.0/24"), Parent: new("eth0; reboot")}, "parent", "interface"},
		{&fleet.NetworkInput{Driver: "IPVLAN", Subnet: new("10.1.2.0/24"), Parent: new("eth0")}, "driver", "IPVLAN"},
	} {
		e := refused(t, deploy(c.network, 1))
		require.Equal(t, fleet.BadUserInput, e.Code)
		require.Equal(t, []any{"input", "network", c.path}, e.Path, e.Message)
		require.Contains(t, e.Message, c.says)
	}
	smallest := &fleet.NetworkInput{Driver: "BRIDGE", Subnet: new("10.1.2.0/30")}
	require.NoError(t, deploy(smallest, 1), "a /30 has room for one beside its gateway")
	require.Equal(t, fleet.LimitExceeded, refused(t, deploy(smallest, 2)).Code)
	require.NoError(t, deploy(&fleet.NetworkInput{Driver: "LOOPBACK", Subnet: new("127.9.9.0/30")}, 2), "or for two where there is none")
}

func TestDeckiesThatCanNotBe(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	for _, c := range []struct {
		spec fleet.DeckySpec
		path string
		says string
	}{
		{fleet.DeckySpec{Name: ""}, "name", "not a name"},
		{fleet.DeckySpec{Name: "ünïcode"}, "name", "ünïcode"},
		{fleet.DeckySpec{Name: "a\n"}, "name", `"a\n"`},
		{fleet.DeckySpec{Name: strings.Repeat("a", 65)}, "name", "64"},
		{fleet.DeckySpec{Name: strings.Repeat("a", 62), Count: 2}, "name", "-01"},
		{fleet.DeckySpec{Name: strings.Repeat("a", 61), Count: 100}, "name", "-100"},
		{fleet.DeckySpec{Name: "a", Count: -1}, "count", "-1"},
		{fleet.DeckySpec{Name: "a", Count: 1 << 30}, "count", "1 to"},
		{fleet.DeckySpec{Name: "a", IP: new("fd00::1")}, "ip", "IPv4"},
		{fleet.DeckySpec{Name: "a", IP: new("::ffff:10.208.0.9")}, "ip", "IPv4"},
		{fleet.DeckySpec{Name: "a", IP: new("10.208.0.009")}, "ip", "IPv4"},
		{fleet.DeckySpec{Name: "a", IP: new("10.208.0.9"), Count: 2}, "ip", "share"},
		{fleet.DeckySpec{Name: "a", Hostname: new("-a")}, "hostname", "host name"},
		{fleet.DeckySpec{Name: "a", Hostname: new(strings.Repeat("h", 64))}, "hostname", "host name"},
		{fleet.DeckySpec{Name: "a", Distro: new("debain")}, "distro", "debian"},
		{fleet.DeckySpec{Name: "a", Os: new("linuks")}, "os", "linux"},
		{fleet.DeckySpec{Name: "a", MutateInterval: new(time.Nanosecond)}, "mutateInterval", "a minute at least"},
		{fleet.DeckySpec{Name: "a", MutateInterval: new(-time.Hour)}, "mutateInterval", "a minute at least"},
		{fleet.DeckySpec{Name: "a", MutateInterval: new(time.Duration(1<<63 - 1))}, "mutateInterval", "100 years at most"},
	} {
		if c.spec.Count == 0 {
			c.spec.Count = 1
		}
		_, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Add, Deckies: []*fleet.DeckySpec{&c.spec}})
		e := refused(t, err)
		require.Equal(t, fleet.BadUserInput, e.Code)
		require.Equal(t, []any{"input", "deckies", 0, c.path}, e.Path, e.Message)
		require.Contains(t, e.Message, c.says)
	}
	require.Zero(t, w.Store.Read.Deployment.Query().CountX(t.Context()), "nothing was written")

	many, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Add, DryRun: true, Deckies: []*fleet.DeckySpec{
		{Name: strings.Repeat("a", 60), Count: 101, Services: []string{"ssh"}, MutateInterval: new(100 * 365 * 24 * time.Hour)},
	}})
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("a", 60)+"-01", many.Planned[0].Name)
	require.Equal(t, strings.Repeat("a", 60)+"-101", many.Planned[100].Name)
}

// An interval is nothing that the engine is asked for, and a change of the deployment all the same.
func TestAnIntervalIsAChange(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	before, was := revision(t, w), w.Decky("a")
	done, err := w.Fleet.Deploy(t.Context(), "tester", fleet.DeployInput{Deployment: "default", Mode: fleet.Replace, ExpectedRevision: &before, Deckies: []*fleet.DeckySpec{
		{Name: "a", Count: 1, MutateInterval: new(time.Hour)},
	}})
	require.NoError(t, err)
	require.Empty(t, done.Lifecycles)
	require.Equal(t, before+1, done.Deployment.Revision)
	now := w.Decky("a")
	require.Greater(t, now.Change, was.Change, "who watches the decky is told")
	require.NotNil(t, now.NextMutationAt)
	require.Equal(t, was.Generation, now.Generation)
}
