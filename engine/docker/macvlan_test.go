package docker_test

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"decnet/engine"
	"decnet/engine/enginetest"
)

// A LAN of our own: one end of a veth pair is the macvlan's parent, and the other, in a network namespace, is another host on the LAN. The host that owns
// the parent can't reach its own macvlan deckies.
func lan(t *testing.T) (parent, namespace string) {
	t.Helper()
	parent, namespace = "dcnlan0", "dcnlan"
	clean := func() {
		_ = exec.Command("ip", "netns", "del", namespace).Run()
		_ = exec.Command("ip", "link", "del", parent).Run()
	}
	clean()
	t.Cleanup(clean)
	for _, args := range [][]string{
		{"netns", "add", namespace},
		{"link", "add", parent, "type", "veth", "peer", "name", "dcnlan1", "netns", namespace},
		{"link", "set", parent, "up"},
		{"-n", namespace, "addr", "add", "10.232.5.100/24", "dev", "dcnlan1"},
		{"-n", namespace, "link", "set", "dcnlan1", "up"},
		{"-n", namespace, "link", "set", "lo", "up"},
	} {
		run(t, "ip", args...)
	}
	return parent, namespace
}

// fromNamespace dials as a host that is in the namespace.
func fromNamespace(namespace string) func(t *testing.T, e engine.Endpoint) net.Conn {
	return func(t *testing.T, e engine.Endpoint) net.Conn {
		t.Helper()
		type result struct {
			conn net.Conn
			err  error
		}
		done := make(chan result)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread, which is in another namespace now, ends with the goroutine
			ns, err := os.Open("/var/run/netns/" + namespace)
			if err == nil {
				defer ns.Close()
				err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
			}
			if err != nil {
				done <- result{err: err}
				return
			}
			conn, err := net.DialTimeout("tcp", net.JoinHostPort(e.Address, strconv.Itoa(e.Port)), enginetest.Patience)
			done <- result{conn, err}
		}()
		r := <-done
		require.NoError(t, r.err)
		return r.conn
	}
}

func TestContractOnMacvlan(t *testing.T) {
	parent, namespace := lan(t)
	enginetest.Run(t, enginetest.Harness{
		Open: func(t *testing.T) engine.Engine { return open(t, "macvlan-test") },
		Network: engine.Network{
			ID: "dpl_macvlan", Driver: engine.MACVLAN, Parent: parent,
			Subnet: netip.MustParsePrefix("10.232.5.0/24"), Gateway: netip.MustParseAddr("10.232.5.254"),
		},
		Kill: func(t *testing.T, o engine.Observed) { run(t, "docker", "kill", container(t, o)) },
		Dial: fromNamespace(namespace),
	})
}

func TestAMissingParentIsTold(t *testing.T) {
	e := open(t, "parent-test")
	d := engine.Decky{
		Ref:     engine.Ref{ID: "dky_noparent", Name: "x", Deployment: "t", NetworkID: "dpl_noparent"},
		Network: engine.Network{ID: "dpl_noparent", Driver: engine.MACVLAN, Parent: "no-such-if.4x", Subnet: netip.MustParsePrefix("10.232.6.0/24")},
		IP:      netip.MustParseAddr("10.232.6.9"), Hostname: "x", OS: "linux", Distro: "debian", Seed: make([]byte, 32), Services: []string{"ssh"}, Generation: 1,
	}
	_, err := e.Ensure(t.Context(), d, func(string) {})
	require.Equal(t, engine.NetworkFailed, engine.AsError(err).Code)
	require.NotEmpty(t, engine.AsError(err).Words())
}
