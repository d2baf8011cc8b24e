package docker_test

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
)

func open(t testing.TB, owner string) *docker.Engine {
	t.Helper()
	enginetest.RequireDocker(t)
	e, err := docker.New(docker.Options{Owner: owner, DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, out)
	return string(out)
}

// container is the ID of a decky's container.
func container(t testing.TB, o engine.Observed) string {
	t.Helper()
	return strings.TrimSpace(run(t, "docker", "ps", "-aq", "--filter", "label=decnet.decky="+o.ID))
}

func TestContract(t *testing.T) {
	enginetest.Run(t, enginetest.Harness{
		Open:    func(t *testing.T) engine.Engine { return open(t, "contract-test") },
		Network: engine.Network{ID: "dpl_contract", Driver: engine.Bridge, Subnet: netip.MustParsePrefix("10.231.7.0/24"), Gateway: netip.MustParseAddr("10.231.7.1")},
		Kill:    func(t *testing.T, o engine.Observed) { run(t, "docker", "kill", container(t, o)) },
	})
	require.Empty(t, run(t, "docker", "network", "ls", "-q", "--filter", "label=decnet.owner=contract-test"), "the network goes with its last decky")
	require.Empty(t, run(t, "docker", "volume", "ls", "-q", "--filter", "label=decnet.owner=contract-test"))
}

func TestAContainerIsHardened(t *testing.T) {
	e := open(t, "hardened-test")
	d := engine.Decky{
		Ref:     engine.Ref{ID: "dky_hardened", Name: "hard", Deployment: "t", NetworkID: "dpl_hardened"},
		Network: engine.Network{ID: "dpl_hardened", Driver: engine.Bridge, Subnet: netip.MustParsePrefix("10.231.8.0/24"), Gateway: netip.MustParseAddr("10.231.8.1")},
		IP:      netip.MustParseAddr("10.231.8.9"), MAC: "00:50:56:12:34:56", Hostname: "SRV-HARD", OS: "windows", Distro: "debian",
		Seed: make([]byte, 32), Services: []string{"ssh"}, Generation: 1,
	}
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, func(string) {})) })
	o, err := e.Ensure(t.Context(), d, func(string) {})
	require.NoError(t, err)
	inspect := func(format string) string { return run(t, "docker", "inspect", "-f", format, container(t, o)) }
	require.Equal(t, "65534:65534\n", inspect("{{.Config.User}}"))
	require.Equal(t, "true\n", inspect("{{.HostConfig.ReadonlyRootfs}}"))
	require.Equal(t, "[ALL]\n", inspect("{{.HostConfig.CapDrop}}"))
	require.Equal(t, "[no-new-privileges]\n", inspect("{{.HostConfig.SecurityOpt}}"))
	require.Equal(t, "134217728\n", inspect("{{.HostConfig.Memory}}"))
	require.Equal(t, "64\n", inspect("{{.HostConfig.PidsLimit}}"))
	require.Equal(t, "00:50:56:12:34:56\n", inspect("{{range .NetworkSettings.Networks}}{{.MacAddress}}{{end}}"))
	require.Equal(t, "10.231.8.9\n", inspect("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"))
	require.Equal(t, "true\n", run(t, "docker", "network", "inspect", "-f", "{{.Internal}}", "decnet-dpl_hardened"), "no way out")
	require.Contains(t, inspect("{{json .HostConfig.Sysctls}}"), `"net.ipv4.ip_default_ttl":"128"`)
}

// A decoy that ends at once is told as that, with its last words, and is not left to start again and again.
func TestADecoyThatDiesOnStartIsToldWithItsLastWords(t *testing.T) {
	enginetest.RequireDocker(t)
	e, err := docker.New(docker.Options{Owner: "crash-test", DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	d := engine.Decky{
		Ref:     engine.Ref{ID: "dky_crashes", Name: "crash", Deployment: "t", NetworkID: "dpl_crashes"},
		Network: engine.Network{ID: "dpl_crashes", Driver: engine.Bridge, Subnet: netip.MustParsePrefix("10.231.9.0/24"), Gateway: netip.MustParseAddr("10.231.9.1")},
		IP:      netip.MustParseAddr("10.231.9.9"), Hostname: "SRV-CRASH", OS: "linux", Distro: "debian",
		Seed: nil, Services: []string{"ssh"}, Generation: 1, // a decoy without a seed refuses to be anyone
	}
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, func(string) {})) })
	for range 3 {
		_, err = e.Ensure(t.Context(), d, func(string) {})
		require.Error(t, err)
		require.Equal(t, engine.Crashed, engine.AsError(err).Code, "%v", err)
		require.Contains(t, engine.AsError(err).Words(), "seed")
		require.Empty(t, run(t, "docker", "ps", "-aq", "--filter", "label=decnet.decky=dky_crashes"))
	}
}

// A hung engine holds nobody longer than they are willing to wait.
func TestAHungEngineHoldsNobodyBeyondTheirDeadline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // it accepts, and never answers
	require.NoError(t, err)
	defer l.Close()
	e, err := docker.New(docker.Options{Host: "tcp://" + l.Addr().String(), Owner: "hung-test", DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	defer e.Close()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			done := make(chan error, 1)
			go func() { _, err := e.Observe(ctx); done <- err }()
			select {
			case err := <-done:
				if err == nil {
					t.Error("an engine that never answers was believed")
				}
			case <-time.After(enginetest.Patience):
				t.Error("the call outlived its context")
			}
		})
	}
	wg.Wait()
}
