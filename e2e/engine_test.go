package e2e

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

// engineProcess is a decnetd that holds the Docker socket for another one.
type engineProcess struct {
	server
	socket string
}

func startEngineProcess(t *testing.T, args ...string) *engineProcess {
	t.Helper()
	e := &engineProcess{server: server{t: t, data: t.TempDir(), args: args}, socket: filepath.Join(t.TempDir(), "engine.sock")}
	e.run()
	t.Cleanup(func() {
		e.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("the engine process's log:\n%s", e.log)
		}
		require.NotContains(t, e.log.String(), "DATA RACE")
	})
	return e
}

func (e *engineProcess) run() {
	e.t.Helper()
	binary, err := buildServer()
	require.NoError(e.t, err)
	e.log = &lockedBuffer{}
	args := append([]string{"engine", "--socket", e.socket, "--data", e.data, "--decoy-binary", enginetest.Decoy(e.t)}, e.args...)
	e.cmd = exec.Command(binary, args...)
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	require.NoError(e.t, e.cmd.Start())
	e.eventually("the engine is served", func() bool { return strings.Contains(e.log.String(), "the engine is served") })
}

// The server has no Docker socket, and asks a process that has. That one dies in the middle of a deploy and of mutations; then the server does.
func TestTheDockerSocketInAProcessOfItsOwn(t *testing.T) {
	enginetest.RequireDocker(t)
	e := startEngineProcess(t)
	s := start(t, "--engine", "unix://"+e.socket, "--docker-host", "unix:///nonexistent/docker.sock", "--max-attempts", "10", "--lease", "1s")
	var out struct {
		Server struct {
			Engine      string
			EngineReady bool
		}
	}
	s.as(s.Token).must(&out, `{ server { engine engineReady } }`, nil)
	require.Equal(t, "docker", strings.ToLower(out.Server.Engine))
	require.True(t, out.Server.EngineReady)
	s.as(s.Token).refused("BAD_USER_INPUT", `mutation { deploy(input: {deployment: "lan", network: {driver: MACVLAN, parent: "eth0", subnet: "192.168.1.0/24"}, deckies: [{name: "x"}]}) { lifecycleIds } }`, nil)

	ids := s.deploy(map[string]any{"deckies": []any{map[string]any{"name": "d", "count": 6, "services": []string{"ssh", "http"}}}})
	network := s.networkID()
	t.Cleanup(func() { // what a test that failed half-way has left
		for _, c := range containers(t, network) {
			id, _, _ := strings.Cut(c, " ")
			_ = exec.Command("docker", "rm", "-f", id).Run()
		}
		_ = exec.Command("docker", "network", "rm", "decnet-"+network).Run()
	})
	s.eventually("the deploy is in its middle", func() bool { return strings.Contains(e.log.String(), "verb=ensure") })
	e.stop(syscall.SIGKILL)
	require.False(t, s.engineReady())
	e.run()
	s.succeed(ids)
	before := containers(t, network)
	require.Len(t, before, 6)

	names := slices.Sorted(maps.Keys(before))
	var mutating []string
	for _, name := range names {
		mutating = append(mutating, s.mutate(map[string]any{"name": name, "services": []string{"ssh", "redis"}})...)
	}
	s.eventually("the mutations are in their middle", func() bool { return strings.Contains(e.log.String(), "verb=apply") })
	e.stop(syscall.SIGKILL)
	e.run()
	s.succeed(mutating)
	require.Equal(t, before, containers(t, network), "the same containers, started when they were")

	for _, name := range names {
		d := s.decky(name)
		require.Equal(t, []string{"redis", "ssh"}, d.ObservedServices)
		for _, ep := range d.Endpoints {
			greet(t, ep.Service, ep.Address, ep.Port)
		}
	}
	t.Run("the evidence goes on, and the server's own end costs nothing", func(t *testing.T) { s.intrude(s.decky(names[0])) })
	t.Run("a death is told through it", func(t *testing.T) {
		id, _, _ := strings.Cut(before[names[1]], " ")
		output(t, "docker", "kill", id)
		s.eventually("the decky is back", func() bool {
			return strings.HasPrefix(output(t, "docker", "inspect", "-f", "{{.State.Running}}", id), "true") && s.decky(names[1]).State == "RUNNING"
		})
	})
	var down struct {
		Teardown struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
	s.succeed(down.Teardown.LifecycleIds)
	require.Empty(t, containers(t, network))
}

func (s *server) engineReady() bool {
	s.t.Helper()
	var out struct{ Server struct{ EngineReady bool } }
	s.as(s.Token).must(&out, `{ server { engineReady } }`, nil)
	return out.Server.EngineReady
}
