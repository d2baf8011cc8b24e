package docker_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
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
	image := enginetest.Greeter(t, lot.Tag)
	enginetest.Run(t, enginetest.Harness{
		Open:    func(t *testing.T) engine.Engine { return withImages(t, lot.Tag, image) },
		Own:     true,
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

// What a scanner says of the network stack under the deckies, from another host of their LAN. docs/guide.md has the table: the kernel stays Linux, and the sysctls of a
// personality give it the hops, the options and the window.
func TestScannerSeesThePersonality(t *testing.T) {
	lot := enginetest.Reserve(t, "10.232.0.0/16")
	parent, namespace := lan(t, lot)
	network := lot.Network(engine.MACVLAN)
	network.Parent, network.Gateway = parent, lot.Host(254)
	e := open(t, lot.Tag)
	t.Run("personalities", func(t *testing.T) { // which ends before the LAN does
		for n, c := range []struct {
			os, archetype string
			services      []string
			hops          string // of what comes from it
			options       string // of the first segment, as nmap writes them, from the left; the least scale of a window is the host's, by net.core.rmem_max
			guess         string // begins what nmap believes most
		}{
			{"linux", "linux-server", []string{"ssh", "http"}, "40", "M5B4ST11NW7%", "Linux "},
			{"bsd", "", []string{"ssh", "http"}, "40", "M5B4ST11NW", ""},
			{"windows", "windows-workstation", []string{"smb", "rdp"}, "80", "M5B4NNSNW8%", ""},
			{"windows_server", "windows-server", []string{"smb", "rdp", "ldap"}, "80", "M5B4NNSNW8%", ""},
			{"embedded", "printer", []string{"telnet", "http"}, "40", "M5B4NNSNW", "Linux 2.6"},
			{"cisco", "", []string{"telnet", "ssh"}, "FF", "M5B4%", ""},
		} {
			t.Run(c.os, func(t *testing.T) {
				t.Parallel()
				d := lot.Decky(network, n, c.services...)
				d.OS, d.Archetype, d.MAC = c.os, c.archetype, fmt.Sprintf("00:50:56:12:34:%02x", n)
				t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, quiet)) })
				o, err := e.Ensure(t.Context(), d, quiet)
				require.NoError(t, err)
				ports := []string{"1"} // a closed one too
				for _, end := range o.Endpoints {
					if end.Proto == "tcp" {
						ports = append(ports, strconv.Itoa(end.Port))
					}
				}
				out := run(t, "ip", "netns", "exec", namespace, "nmap", "-n", "-Pn", "-d", "-O", "--osscan-guess", "-p", strings.Join(ports, ","), d.IP.String())
				print := strings.Join(strings.Fields(strings.ReplaceAll(out, "\nOS:", "")), " ")
				require.Contains(t, print, "OPS(O1="+c.options, "the options of %s in\n%s", c.os, out)
				require.Contains(t, print, ")T1(R=Y%DF=Y%T="+c.hops+"%")
				found := guesses.FindStringSubmatch(out)
				require.NotNil(t, found, out)
				t.Logf("%s: %s", c.os, found[1])
				require.True(t, strings.HasPrefix(found[1], c.guess), "nmap takes it for %s", found[1])
				if slices.Contains(c.services, "smb") {
					names := run(t, "ip", "netns", "exec", namespace, "nmap", "-n", "-Pn", "-sU", "-p137", "--script", "nbstat", d.IP.String())
					require.Contains(t, names, "NetBIOS MAC: "+strings.ReplaceAll(d.MAC, ":", ""), "it tells the card that it has")
				}
			})
		}
	})
}

// guesses is what nmap believes, the likeliest first.
var guesses = regexp.MustCompile(`(?m)^(?:OS details|Aggressive OS guesses): (.*)$`)
