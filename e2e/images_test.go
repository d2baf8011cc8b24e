package e2e

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

// ownCatalog is a catalog file with a service of an image that the test makes.
func ownCatalog(t *testing.T) string {
	t.Helper()
	image := enginetest.Greeter(t, enginetest.Reserve(t, "10.231.0.0/16").Tag)
	file := filepath.Join(t.TempDir(), "own.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`services:
  ledger: {name: Ledger, description: The books, ports: [9100], image: "`+image+`", command: [tcp, "9100", "ledger of {hostname}"]}
  broken: {name: Broken, ports: [9200], image: "`+image+`", command: [crash]}
archetypes:
  bookkeeper: {name: Bookkeeper, services: [ledger, ssh], pool: [ledger, ssh, http], distros: [debian], os: linux}
`), 0o600))
	return file
}

// of are the containers of a decky: its own under "", and those of its services.
func of(t *testing.T, network, name string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(output(t, "docker", "ps", "-a", "--no-trunc", "--filter", "label=decnet.network="+network, "--filter", "label=decnet.name="+name,
		"--format", `{{.ID}} {{.Label "decnet.service"}}`)) {
		id, service, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[service] = id
	}
	return out
}

// A service of a user's own image lives as the built-in ones do: it is deployed, mutated in and out, watched, repaired and torn down, and what it writes is evidence.
func TestAServiceOfAUsersOwnImage(t *testing.T) {
	enginetest.RequireDocker(t)
	file := ownCatalog(t)
	for name, begin := range map[string]func(t *testing.T) *server{
		"with the socket in the server": func(t *testing.T) *server { return start(t, "--engine", "docker", "--catalog", file) },
		"with the socket in a process of its own": func(t *testing.T) *server {
			e := startEngineProcess(t, "--catalog", file)
			return start(t, "--engine", "unix://"+e.socket, "--docker-host", "unix:///nonexistent/docker.sock", "--catalog", file)
		},
	} {
		t.Run(name, func(t *testing.T) { begin(t).ownService() })
	}
}

func (s *server) ownService() {
	t := s.t
	ids := s.deploy(map[string]any{"deckies": []any{map[string]any{"name": "books", "archetype": "bookkeeper"}, spec("other", "ssh", "ledger")}})
	network := s.networkID()
	t.Cleanup(func() { // what a test that failed half-way has left
		for id := range strings.FieldsSeq(output(t, "docker", "ps", "-aq", "--filter", "label=decnet.network="+network)) {
			_ = exec.Command("docker", "rm", "-f", id).Run()
		}
		_ = exec.Command("docker", "network", "rm", "decnet-"+network).Run()
	})
	s.succeed(ids)
	d := s.decky("books")
	require.Equal(t, []string{"ledger", "ssh"}, d.ObservedServices)
	ledger := func() string {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(d.IP, "9100"), patience)
		if err != nil {
			return ""
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		line, _ := bufio.NewReader(conn).ReadString('\n')
		return line
	}
	require.Contains(t, ledger(), "ledger of ")
	s.eventually("what it writes is recorded", func() bool {
		return slices.ContainsFunc(s.interactions(`service: "ledger", type: "container_log"`), func(r interactionRow) bool { return r.Service == "ledger" })
	})
	before, other := of(t, network, "books"), of(t, network, "other")
	require.Len(t, before, 2)

	session, err := net.DialTimeout("tcp", net.JoinHostPort(d.IP, "22"), patience)
	require.NoError(t, err)
	defer session.Close()
	require.NoError(t, session.SetDeadline(time.Now().Add(patience)))
	words := bufio.NewReader(session)
	_, err = words.ReadString('\n')
	require.NoError(t, err)

	s.succeed(s.mutate(map[string]any{"name": "books", "services": []string{"ssh", "http"}}))
	require.Equal(t, map[string]string{"": before[""]}, of(t, network, "books"))
	s.succeed(s.mutate(map[string]any{"name": "books", "services": []string{"ssh", "ledger"}}))
	require.Contains(t, ledger(), "ledger of ")

	failed := s.settle(s.mutate(map[string]any{"name": "books", "services": []string{"ssh", "ledger", "broken"}}))
	for _, lc := range failed {
		require.Equal(t, "FAILED", lc.Status)
		require.Equal(t, "DECOY_CRASHED", lc.Error.Code)
	}
	require.Equal(t, []string{"ledger", "ssh"}, s.decky("books").ObservedServices, "the old services run on")
	require.Contains(t, ledger(), "ledger of ")
	s.succeed(s.mutate(map[string]any{"name": "books", "services": []string{"ssh", "ledger"}}))

	back := func(what, kill string) {
		t.Helper()
		output(t, "docker", "kill", kill)
		s.eventually(what+" is back", func() bool {
			return strings.Contains(ledger(), "ledger of ") && s.decky("books").State == "RUNNING"
		})
	}
	back("a sidecar that is killed", of(t, network, "books")["ledger"])
	_, err = io.WriteString(session, "SSH-2.0-check\r\n")
	require.NoError(t, err)
	_, err = words.ReadByte()
	require.NoError(t, err, "the session on the service that stayed has seen all of it")
	back("a base that is killed", before[""])
	require.Equal(t, other, of(t, network, "other"), "the other decky has seen nothing of it")
	for _, e := range s.decky("books").Endpoints {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(e.Address, strconv.Itoa(e.Port)), patience)
		require.NoError(t, err, e.Service)
		conn.Close()
	}

	var down struct {
		Teardown struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
	s.succeed(down.Teardown.LifecycleIds)
	for _, list := range [][]string{{"ps", "-aq"}, {"volume", "ls", "-q"}, {"network", "ls", "-q"}} {
		require.Empty(t, output(t, "docker", append(list, "--filter", "label=decnet.network="+network)...), list)
	}
}

// Where deckies are processes, such a service is refused with its reason, and never picked.
func TestAnImageNeedsADockerEngine(t *testing.T) {
	file := ownCatalog(t)
	s := start(t, "--engine", "process", "--catalog", file)
	said := s.as(s.Token).refused("BAD_USER_INPUT", `mutation { deploy(input: {deckies: [{name: "x", services: ["ledger"]}]}) { lifecycleIds } }`, nil)
	require.Contains(t, said.Message, "needs a Docker Engine")
	s.succeed(s.deploy(map[string]any{"deckies": []any{map[string]any{"name": "books", "archetype": "bookkeeper", "services": []string{"ssh"}}}}))
	s.succeed(s.mutate(map[string]any{"name": "books"}))
	require.NotContains(t, s.decky("books").Services, "ledger")
	var down struct {
		Teardown struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
	s.succeed(down.Teardown.LifecycleIds)
}
