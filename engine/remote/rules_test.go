package remote

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/catalog"
	"decnet/engine"
)

// Whatever the server may have been brought to ask for, nothing but a decoy on a network of decoys comes of it.
func TestEveryFieldIsCheckedOnThePrivilegedSide(t *testing.T) {
	rules := Rules{
		Catalog: catalog.Default(), Parents: []string{"eth1"},
		HostAddresses: func() ([]Address, error) {
			return []Address{{"eth0", netip.MustParsePrefix("192.168.7.1/24")}, {"br-0123456789ab", netip.MustParsePrefix("10.99.0.1/24")}}, nil
		},
	}
	judge := func(d engine.Decky) error { return aNewDecky(rules, request{Decky: &d}) }
	require.NoError(t, judge(decky()), "the bridge of its own network is on this host, and in nobody's way")
	for name, spoil := range map[string]func(*engine.Decky){
		"an ID that is a flag":             func(d *engine.Decky) { d.ID = "--privileged" },
		"an ID with a path":                func(d *engine.Decky) { d.ID = "dky_../../etc" },
		"an ID without end":                func(d *engine.Decky) { d.ID = "dky_" + strings.Repeat("a", 100) },
		"no name":                          func(d *engine.Decky) { d.Name = "" },
		"a name with a line":               func(d *engine.Decky) { d.Name = "web\n" },
		"a deployment with a slash":        func(d *engine.Decky) { d.Deployment = "a/b" },
		"another network's ID":             func(d *engine.Decky) { d.NetworkID = "dpl_0000000b" },
		"the host's network":               func(d *engine.Decky) { d.NetworkID, d.Network.ID = "host", "host" },
		"a driver of somebody's":           func(d *engine.Decky) { d.Network.Driver = "HOST" },
		"loopback":                         func(d *engine.Decky) { d.Network.Driver = engine.Loopback },
		"an interface that is not allowed": func(d *engine.Decky) { d.Network.Driver, d.Network.Parent = engine.MACVLAN, "eth0" },
		"no interface":                     func(d *engine.Decky) { d.Network.Driver = engine.IPVLAN },
		"a bridge with a parent":           func(d *engine.Decky) { d.Network.Parent = "eth1" },
		"a bridge without a gateway":       func(d *engine.Decky) { d.Network.Gateway = netip.Addr{} },
		"a gateway elsewhere":              func(d *engine.Decky) { d.Network.Gateway = netip.MustParseAddr("10.98.0.1") },
		"no subnet":                        func(d *engine.Decky) { d.Network.Subnet = netip.Prefix{} },
		"everything":                       func(d *engine.Decky) { d.Network.Subnet = netip.MustParsePrefix("0.0.0.0/0") },
		"a subnet with host bits":          func(d *engine.Decky) { d.Network.Subnet = netip.MustParsePrefix("10.99.0.7/24") },
		"IPv6":                             func(d *engine.Decky) { d.Network.Subnet = netip.MustParsePrefix("fd00::/64") },
		"the internet's": func(d *engine.Decky) {
			n := &d.Network
			n.Subnet, n.Gateway, d.IP = netip.MustParsePrefix("8.8.8.0/24"), netip.MustParseAddr("8.8.8.1"), netip.MustParseAddr("8.8.8.8")
		},
		"the host's LAN": func(d *engine.Decky) {
			n := &d.Network
			n.Subnet, n.Gateway, d.IP = netip.MustParsePrefix("192.168.0.0/16"), netip.MustParseAddr("192.168.0.1"), netip.MustParseAddr("192.168.7.9")
		},
		"the host's LAN, exactly": func(d *engine.Decky) {
			n := &d.Network
			n.Subnet, n.Gateway, d.IP = netip.MustParsePrefix("192.168.7.0/24"), netip.MustParseAddr("192.168.7.1"), netip.MustParseAddr("192.168.7.9")
		},
		"no address":                  func(d *engine.Decky) { d.IP = netip.Addr{} },
		"an address elsewhere":        func(d *engine.Decky) { d.IP = netip.MustParseAddr("10.98.0.5") },
		"the gateway's address":       func(d *engine.Decky) { d.IP = d.Network.Gateway },
		"the broadcast address":       func(d *engine.Decky) { d.IP = netip.MustParseAddr("10.99.0.255") },
		"a group's MAC":               func(d *engine.Decky) { d.MAC = "01:50:56:01:02:03" },
		"a MAC of no vendor":          func(d *engine.Decky) { d.MAC = "02:50:56:01:02:03" },
		"a MAC with more":             func(d *engine.Decky) { d.MAC = "00:50:56:01:02:03;" },
		"no host name":                func(d *engine.Decky) { d.Hostname = "" },
		"a host name with an option":  func(d *engine.Decky) { d.Hostname = "-oProxyCommand" },
		"a host name without end":     func(d *engine.Decky) { d.Hostname = strings.Repeat("a.", 40) + "a" },
		"an operating system":         func(d *engine.Decky) { d.OS = "net.ipv4.ip_forward" },
		"a distro":                    func(d *engine.Decky) { d.Distro = "alpine:latest" },
		"an archetype":                func(d *engine.Decky) { d.Archetype = "none" },
		"a seed that is too short":    func(d *engine.Decky) { d.Seed = d.Seed[:8] },
		"a generation":                func(d *engine.Decky) { d.Generation = 0 },
		"a service of no catalog":     func(d *engine.Decky) { d.Services = []string{"ssh", "/bin/sh"} },
		"a service twice":             func(d *engine.Decky) { d.Services = []string{"ssh", "ssh"} },
		"more services than a decky":  func(d *engine.Decky) { d.Services = make([]string, mostServices+1) },
		"a service that isn't a host": func(d *engine.Decky) { d.Services = []string{singleton(t)} },
	} {
		d := decky()
		spoil(&d)
		require.Equal(t, engine.Unsupported, codeOf(judge(d)), name)
	}
	d := decky()
	d.Network.Driver, d.Network.Parent = engine.MACVLAN, "eth1"
	require.NoError(t, judge(d))
	require.Equal(t, []engine.Driver{engine.Bridge}, Rules{}.drivers([]engine.Driver{engine.Bridge, engine.Loopback, engine.MACVLAN}), "no interface, no such networks")
	require.NoError(t, rules.ref(engine.Ref{ID: decky().ID}), "of some, only the ID is known")
}

func codeOf(err error) engine.Code {
	if err == nil {
		return ""
	}
	return engine.AsError(err).Code
}

// singleton is a service that is no decky's.
func singleton(t *testing.T) string {
	for _, s := range catalog.Default().Services() {
		if !s.Available() {
			return s.Slug
		}
	}
	t.Fatal("every service is available")
	return ""
}

// A service that has an image is asked for by its slug alone: what runs is what this side's own catalog says.
func TestAnImageIsThisSidesOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	require.NoError(t, os.WriteFile(file, []byte("services:\n  ledger: {name: Ledger, ports: [9100], image: own/ledger}\n"), 0o600))
	own, err := catalog.Load(file)
	require.NoError(t, err)
	d := decky()
	d.Services = []string{"ssh", "ledger"}
	addresses := func() ([]Address, error) { return nil, nil }
	require.NoError(t, aNewDecky(Rules{Catalog: own, HostAddresses: addresses}, request{Decky: &d}))
	require.Equal(t, engine.Unsupported, codeOf(aNewDecky(Rules{Catalog: catalog.Default(), HostAddresses: addresses}, request{Decky: &d})), "the server's catalog counts for nothing")
	dec := json.NewDecoder(strings.NewReader(`{"decky": {"Services": ["ledger"], "Image": "evil", "Command": ["sh"]}}`))
	dec.DisallowUnknownFields()
	require.Error(t, dec.Decode(&request{}), "there is no way to name one")
}
