package enginetest

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"decnet/engine"
)

// Lot is what a test has to itself, however many tests run on the machine at the same time.
type Lot struct {
	// Tag is six letters and digits that no other test has: for owners, IDs and the names of interfaces.
	Tag    string
	Subnet netip.Prefix // a /24
}

// Reserve takes a lot out of a /16 until the test ends.
func Reserve(t testing.TB, from string) Lot {
	t.Helper()
	all := netip.MustParsePrefix(from).Addr().As4()
	dir := filepath.Join(os.TempDir(), "decnet-test-lots")
	require.NoError(t, os.MkdirAll(dir, 0o777))
	for _, n := range mathrand.Perm(254) {
		at := netip.PrefixFrom(netip.AddrFrom4([4]byte{all[0], all[1], byte(n + 1), 0}), 24)
		if used(t, at) || !claim(t, filepath.Join(dir, at.Addr().String())) {
			continue
		}
		return Lot{Tag: strings.ToLower(rand.Text()[:6]), Subnet: at}
	}
	t.Fatalf("no network of %s is free", from)
	return Lot{}
}

// claim takes a lock that ends with the process at the latest.
func claim(t testing.TB, path string) bool {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	require.NoError(t, err)
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		_ = f.Close()
		return false
	}
	t.Cleanup(func() { _ = f.Close() })
	return true
}

// used tells whether an interface of this machine is in a network: left by a test that was killed, or somebody else's.
func used(t testing.TB, p netip.Prefix) bool {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, a := range addrs {
		if q, err := netip.ParsePrefix(a.String()); err == nil && !q.Addr().IsLoopback() && q.Overlaps(p) {
			return true
		}
	}
	return false
}

// Host is the n-th address of the lot.
func (l Lot) Host(n int) netip.Addr {
	b := l.Subnet.Addr().As4()
	b[3] = byte(n)
	return netip.AddrFrom4(b)
}

// Network is the lot as a deployment's network; its gateway, where the driver has one, is the first address.
func (l Lot) Network(driver engine.Driver) engine.Network {
	n := engine.Network{ID: "dpl_" + l.Tag, Driver: driver, Subnet: l.Subnet}
	if driver == engine.Bridge {
		n.Gateway = l.Host(1)
	}
	return n
}

// Decky is the n-th decky of a network on the lot, at the address 10 + n.
func (l Lot) Decky(network engine.Network, n int, services ...string) engine.Decky {
	name := fmt.Sprintf("d%d", n)
	seed := make([]byte, 32)
	seed[0] = byte(n + 1)
	return engine.Decky{
		Ref:     engine.Ref{ID: "dky_" + name + l.Tag, Name: name, Deployment: l.Tag, NetworkID: network.ID},
		Network: network, IP: l.Host(10 + n), Hostname: fmt.Sprintf("SRV-%d", n), OS: "linux", Distro: "debian",
		Seed: seed, Services: services, Generation: 1,
	}
}
