package docker_test

import (
	"context"
	"net"
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

// bridges is where the tests' bridge networks are.
const bridges = "10.231.0.0/16"

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

// nothingOf checks that the engine has nothing of an owner.
func nothingOf(t *testing.T, lot enginetest.Lot) {
	t.Helper()
	for _, list := range [][]string{{"ps", "-aq"}, {"volume", "ls", "-q"}, {"network", "ls", "-q"}} {
		require.Empty(t, run(t, "docker", append(list, "--filter", "label=decnet.owner="+lot.Tag)...), "%v", list)
	}
}

func TestContract(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	image := enginetest.Greeter(t, lot.Tag)
	enginetest.Run(t, enginetest.Harness{
		Open:    func(t *testing.T) engine.Engine { return withImages(t, lot.Tag, image) },
		Network: lot.Network(engine.Bridge),
		Kill:    func(t *testing.T, o engine.Observed) { run(t, "docker", "kill", container(t, o)) },
		Own:     true,
	})
	nothingOf(t, lot)
}

func TestAContainerIsHardened(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	e := open(t, lot.Tag)
	d := lot.Decky(lot.Network(engine.Bridge), 0, "ssh")
	d.MAC, d.OS = "00:50:56:12:34:56", "windows"
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
	require.Equal(t, d.IP.String()+"\n", inspect("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"))
	require.Equal(t, "true\n", run(t, "docker", "network", "inspect", "-f", "{{.Internal}}", "decnet-"+d.NetworkID), "no way out")
	require.Contains(t, inspect("{{json .HostConfig.Sysctls}}"), `"net.ipv4.ip_default_ttl":"128"`)
}

// A decoy that ends at once is told as that, with its last words, and is not left to start again and again.
func TestADecoyThatDiesOnStartIsToldWithItsLastWords(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	e := open(t, lot.Tag)
	d := lot.Decky(lot.Network(engine.Bridge), 0, "ssh")
	d.Seed = nil // a decoy without a seed refuses to be anyone
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, func(string) {})) })
	for range 3 {
		_, err := e.Ensure(t.Context(), d, func(string) {})
		require.Error(t, err)
		require.Equal(t, engine.Crashed, engine.AsError(err).Code, "%v", err)
		require.Contains(t, engine.AsError(err).Words(), "seed")
		nothingOf(t, lot)
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
