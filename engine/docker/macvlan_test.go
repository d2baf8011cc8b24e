package docker_test

import (
	"net"
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
func lan(t *testing.T, lot enginetest.Lot) (parent, namespace string) {
	t.Helper()
	parent, namespace = "dcn"+lot.Tag+"a", "dcn"+lot.Tag
	other := "dcn" + lot.Tag + "b"
	clean := func() {
		_ = exec.Command("ip", "netns", "del", namespace).Run()
		_ = exec.Command("ip", "link", "del", parent).Run()
	}
	clean()
	t.Cleanup(clean)
	for _, args := range [][]string{
		{"netns", "add", namespace},
		{"link", "add", parent, "type", "veth", "peer", "name", other, "netns", namespace},
		{"link", "set", parent, "up"},
		{"-n", namespace, "addr", "add", lot.Host(100).String() + "/24", "dev", other},
		{"-n", namespace, "link", "set", other, "up"},
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
	lot := enginetest.Reserve(t, "10.232.0.0/16")
	parent, namespace := lan(t, lot)
	network := lot.Network(engine.MACVLAN)
	network.Parent, network.Gateway = parent, lot.Host(254)
	enginetest.Run(t, enginetest.Harness{
		Open:    func(t *testing.T) engine.Engine { return open(t, lot.Tag) },
		Network: network,
		Kill:    func(t *testing.T, o engine.Observed) { run(t, "docker", "kill", container(t, o)) },
		Dial:    fromNamespace(namespace),
	})
}

func TestAMissingParentIsTold(t *testing.T) {
	lot := enginetest.Reserve(t, "10.232.0.0/16")
	network := lot.Network(engine.MACVLAN)
	network.Parent = "no-such-if.4x"
	_, err := open(t, lot.Tag).Ensure(t.Context(), lot.Decky(network, 0, "ssh"), quiet)
	require.Equal(t, engine.NetworkFailed, engine.AsError(err).Code)
	require.NotEmpty(t, engine.AsError(err).Words())
	require.False(t, engine.AsError(err).Transient)
	nothingOf(t, lot)
}
