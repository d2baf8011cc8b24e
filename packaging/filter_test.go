package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
)

// The engine does all of its work through the filter, and nothing else goes through.
func TestTheFilterBeforeTheDockerSocket(t *testing.T) {
	enginetest.RequireDocker(t)
	socket := filepath.Join(t.TempDir(), "docker.sock")
	filter := exec.Command("haproxy", "-db", "-q", "-f", "haproxy/docker-filter.cfg")
	filter.Env = append(os.Environ(), "DOCKER_SOCKET=/var/run/docker.sock", "FILTER_SOCKET="+socket)
	var said strings.Builder
	filter.Stdout, filter.Stderr = &said, &said
	require.NoError(t, filter.Start())
	t.Cleanup(func() {
		_ = filter.Process.Signal(syscall.SIGTERM)
		if _ = filter.Wait(); t.Failed() {
			t.Log(said.String())
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		require.True(t, time.Now().Before(deadline), "the filter does not begin")
	}

	lot := enginetest.Reserve(t, "10.231.0.0/16")
	own := enginetest.OwnCatalog(t, enginetest.Greeter(t, lot.Tag))
	enginetest.Run(t, enginetest.Harness{
		Own: true,
		Open: func(t *testing.T) engine.Engine {
			e, err := docker.New(docker.Options{Host: "unix://" + socket, Owner: lot.Tag, DecoyBinary: enginetest.Decoy(t), Catalog: own})
			require.NoError(t, err)
			return e
		},
		Network: lot.Network(engine.Bridge),
		Kill: func(t *testing.T, o engine.Observed) {
			run(t, "docker", "kill", strings.TrimSpace(run(t, "docker", "ps", "-aq", "--filter", "label=decnet.decky="+o.ID)))
		},
	})
	for _, command := range [][]string{
		{"info"}, {"exec", "decnet-x", "sh"}, {"pull", "alpine"}, {"volume", "create", "v"}, {"cp", "x:/etc", "/nonexistent"}, {"build", "-"}, {"system", "prune", "-f"}, {"image", "rm", "x"},
	} {
		out, err := exec.Command("docker", append([]string{"-H", "unix://" + socket}, command...)...).CombinedOutput()
		require.Error(t, err, "%v: %s", command, out)
	}
	status := run(t, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", "--unix-socket", socket, "http://docker/v1.41/containers/../info")
	require.Equal(t, "403", status)
}
