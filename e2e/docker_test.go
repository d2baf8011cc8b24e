package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

// containers maps our containers' decky names to their IDs, addresses and MACs.
func containers(t *testing.T, network string) map[string]string {
	t.Helper()
	out := map[string]string{}
	ids := strings.FieldsSeq(output(t, "docker", "ps", "-aq", "--no-trunc", "--filter", "label=decnet.network="+network))
	for id := range ids {
		line := output(t, "docker", "inspect", "-f", `{{index .Config.Labels "decnet.name"}} {{.Id}} {{.State.StartedAt}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{.MacAddress}}{{end}}`, id)
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[name] = rest
	}
	return out
}

// greeting connects to an endpoint and returns the first line that the service says by itself.
func greeting(t *testing.T, address string, port int) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, strconv.Itoa(port)), patience)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil && line == "" {
		require.NoError(t, err, "%s:%d", address, port)
	}
	return line
}

// firstBytes connects to an endpoint and returns what the service says by itself, up to n bytes.
func firstBytes(t *testing.T, address string, port, n int) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, strconv.Itoa(port)), patience)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	b := make([]byte, n)
	_, err = io.ReadFull(conn, b)
	require.NoError(t, err)
	return string(b)
}

// greet checks that an endpoint is the service that it is called, by a real client where one needs more than a connection.
func greet(t *testing.T, service, address string, port int) {
	t.Helper()
	p := strconv.Itoa(port)
	switch service {
	case "ssh":
		require.True(t, strings.HasPrefix(greeting(t, address, port), "SSH-2.0-"))
	case "ftp", "smtp":
		require.True(t, strings.HasPrefix(greeting(t, address, port), "220"))
	case "http":
		require.Contains(t, output(t, "curl", "-si", "--max-time", "10", "http://"+address+":"+p+"/"), "HTTP/1.1")
	case "https":
		require.Contains(t, output(t, "curl", "-ski", "--max-time", "10", "https://"+address+":"+p+"/"), "HTTP/")
	case "redis":
		out, _ := exec.Command("redis-cli", "-h", address, "-p", p, "PING").CombinedOutput()
		require.Regexp(t, "PONG|NOAUTH", string(out))
	case "mysql":
		out, _ := exec.Command("mysql", "--connect-timeout=10", "-h", address, "-P", p, "-u", "nobody", "-pwrong").CombinedOutput()
		require.Contains(t, string(out), "Access denied")
	case "postgres":
		cmd := exec.Command("psql", "-h", address, "-p", p, "-U", "nobody", "-c", "select 1", "postgres")
		cmd.Env = append(cmd.Environ(), "PGPASSWORD=wrong", "PGCONNECT_TIMEOUT=10")
		out, _ := cmd.CombinedOutput()
		require.Contains(t, string(out), "password authentication failed")
	default:
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, p), patience)
		require.NoError(t, err)
		_ = conn.Close()
	}
}

func (s *server) networkID() string {
	s.t.Helper()
	var out struct{ Deployment struct{ ID string } }
	s.as(s.Token).must(&out, `{ deployment { id } }`, nil)
	return out.Deployment.ID
}

// What a service is like changes while the decky runs: nothing else notices, and the container's environment holds no password.
func TestSettingsChangeOnARunningDecky(t *testing.T) {
	enginetest.RequireDocker(t)
	s := start(t, "--engine", "docker")
	db := spec("db", "mysql", "ftp", "ssh")
	db["settings"] = []any{map[string]any{"service": "ssh", "key": "password", "value": "hunter2"}}
	s.succeed(s.deploy(map[string]any{"deckies": []any{db}}))
	network := s.networkID()
	t.Cleanup(func() {
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	})
	before := containers(t, network)
	at := func(service string) (string, int) {
		for _, e := range s.decky("db").Endpoints {
			if e.Service == service {
				return e.Address, e.Port
			}
		}
		t.Fatalf("%s has no endpoint", service)
		return "", 0
	}
	address, port := at("ftp")
	ftp, err := net.DialTimeout("tcp", net.JoinHostPort(address, strconv.Itoa(port)), patience)
	require.NoError(t, err)
	defer ftp.Close()
	require.NoError(t, ftp.SetDeadline(time.Now().Add(patience)))
	words := bufio.NewReader(ftp)
	_, err = words.ReadString('\n')
	require.NoError(t, err)

	set := func(settings ...any) []string {
		return s.mutate(map[string]any{"name": "db", "settings": append([]any{}, settings...)})
	}
	s.succeed(set(map[string]any{"service": "mysql", "key": "version", "value": "5.5.62-old"}, map[string]any{"service": "ssh", "key": "password", "value": "hunter3"}))
	d := s.decky("db")
	require.Equal(t, []string{"ftp", "mysql", "ssh"}, d.Services)
	require.Equal(t, before, containers(t, network), "the container is the same")
	address, port = at("mysql")
	require.Contains(t, firstBytes(t, address, port, 20), "5.5.62-old")
	_, err = io.WriteString(ftp, "NOOP\r\n")
	require.NoError(t, err)
	_, err = words.ReadString('\n')
	require.NoError(t, err, "the session of another service lives")
	id, _, _ := strings.Cut(before["db"], " ")
	require.NotContains(t, output(t, "docker", "inspect", id), "hunter")

	// A decoy that ends comes back as it was.
	output(t, "docker", "restart", "--time", "2", id)
	s.eventually("mysql is back", func() bool {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, strconv.Itoa(port)), time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
	require.Contains(t, firstBytes(t, address, port, 20), "5.5.62-old")
	s.succeed(set())
	require.NotContains(t, firstBytes(t, address, port, 20), "5.5.62-old")
}

func TestTheMainJobOnARealDockerEngine(t *testing.T) {
	enginetest.RequireDocker(t)
	s := start(t, "--engine", "docker")
	ids := s.deploy(map[string]any{"deckies": []any{
		spec("web", "http", "https", "ssh", "ftp"), spec("db", "mysql", "postgres", "redis", "ssh"), spec("mail", "smtp", "ssh", "telnet"),
	}})
	network := s.networkID()
	t.Cleanup(func() { // what a test that failed half-way has left
		for _, c := range containers(t, network) {
			id, _, _ := strings.Cut(c, " ")
			_ = exec.Command("docker", "rm", "-f", id).Run()
		}
		_ = exec.Command("docker", "network", "rm", "decnet-"+network).Run()
	})
	s.succeed(ids)
	for _, name := range []string{"web", "db", "mail"} {
		d := s.decky(name)
		require.Equal(t, "RUNNING", d.State)
		require.Equal(t, d.Services, d.ObservedServices)
		for _, e := range d.Endpoints {
			greet(t, e.Service, e.Address, e.Port)
		}
	}
	before := containers(t, network)
	require.Len(t, before, 3)

	// A session on a service that stays, before the mutation.
	web := s.decky("web")
	session, err := net.DialTimeout("tcp", web.IP+":22", patience)
	require.NoError(t, err)
	defer session.Close()
	require.NoError(t, session.SetDeadline(time.Now().Add(patience)))
	r := bufio.NewReader(session)
	_, err = r.ReadString('\n')
	require.NoError(t, err)

	s.succeed(s.mutate(map[string]any{"name": "web", "services": []string{"ssh", "redis"}}))
	web = s.decky("web")
	require.Equal(t, []string{"redis", "ssh"}, web.ObservedServices)
	for _, e := range web.Endpoints {
		greet(t, e.Service, e.Address, e.Port)
	}
	_, err = net.DialTimeout("tcp", web.IP+":80", 5*time.Second)
	require.Error(t, err, "the old service is gone")
	_, err = io.WriteString(session, "SSH-2.0-check\r\n")
	require.NoError(t, err)
	_, err = r.ReadByte()
	require.NoError(t, err, "the session on the kept service lives")
	require.Equal(t, before, containers(t, network), "the same containers, started when they were, with the same addresses and MACs")

	t.Run("what an intruder does is recorded, once, also across a restart of the server", func(t *testing.T) { s.intrude(web) })

	t.Run("a container that is killed comes back, and the record says who saw to it", func(t *testing.T) {
		id, _, _ := strings.Cut(before["mail"], " ")
		output(t, "docker", "kill", id)
		s.eventually("the decky is repaired", func() bool {
			var out struct {
				Decky struct {
					State      string
					Lifecycles struct {
						Edges []struct {
							Node struct{ Operation, Trigger, Status string }
						}
					}
				}
			}
			s.as(s.Token).must(&out, `{ decky(name: "mail") { state lifecycles { edges { node { operation trigger status } } } } }`, nil)
			return slices.ContainsFunc(out.Decky.Lifecycles.Edges, func(e struct {
				Node struct{ Operation, Trigger, Status string }
			}) bool {
				return e.Node.Operation == "REPAIR" && e.Node.Trigger == "RECONCILER" && e.Node.Status == "SUCCEEDED"
			}) && out.Decky.State == "RUNNING"
		})
		mail := s.decky("mail")
		for _, e := range mail.Endpoints {
			greet(t, e.Service, e.Address, e.Port)
		}
	})

	var down struct {
		Teardown struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
	s.succeed(down.Teardown.LifecycleIds)
	require.Empty(t, containers(t, network))
	require.Empty(t, output(t, "docker", "network", "ls", "-q", "--filter", "label=decnet.network="+network))
	require.Empty(t, output(t, "docker", "volume", "ls", "-q", "--filter", "label=decnet.network="+network))
}

type interactionRow struct {
	ID, Type, Service, SourceIP string
	Principal, Secret, Outcome  *string
}

func (s *server) interactions(where string) []interactionRow {
	s.t.Helper()
	var out struct {
		Interactions struct {
			Edges []struct{ Node interactionRow }
		}
	}
	s.as(s.Token).must(&out, `{ interactions(first: 200, where: {`+where+`}) { edges { node { id type service sourceIP principal secret outcome } } } }`, nil)
	rows := make([]interactionRow, 0, len(out.Interactions.Edges))
	for _, e := range out.Interactions.Edges {
		rows = append(rows, e.Node)
	}
	return rows
}

// intrude tries passwords by the real ssh client, with the server away for some of them.
func (s *server) intrude(d decky) {
	s.t.Helper()
	try := func(n int) {
		_ = exec.Command("sshpass", "-p", fmt.Sprintf("guess \u202e\"]%d", n), "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
			"-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=20", "intruder@"+d.IP, "id").Run()
	}
	const where = `type: "auth_attempt", principal: "intruder"`
	try(1)
	s.eventually("the first guess is recorded", func() bool { return len(s.interactions(where)) == 1 })
	s.stop(syscall.SIGKILL)
	try(2)
	s.boot()
	try(3)
	s.eventually("all guesses are recorded", func() bool { return len(s.interactions(where)) >= 3 })
	rows := s.interactions(where)
	require.Len(s.t, rows, 3, "no line twice")
	for _, r := range rows {
		require.Equal(s.t, "ssh", r.Service)
		require.NotNil(s.t, r.Secret)
		require.Contains(s.t, *r.Secret, "guess")
		require.NotContains(s.t, *r.Secret, "\u202e", "what does not print is shown escaped")
	}
}

func TestTheProcessEngineNeedsNoDocker(t *testing.T) {
	s := start(t, "--engine", "process")
	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("a", "ssh"), spec("b", "telnet", "ssh")}}))
	a := s.decky("a")
	require.True(t, strings.HasPrefix(a.IP, "127."))
	greet(t, "ssh", a.Endpoints[0].Address, a.Endpoints[0].Port)
	s.stop(syscall.SIGTERM)
	greet(t, "ssh", a.Endpoints[0].Address, a.Endpoints[0].Port) // deckies outlive their server
	s.boot()
	s.succeed(s.mutate(map[string]any{"name": "a", "services": []string{"telnet"}}))
	var down struct {
		Teardown struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
	s.succeed(down.Teardown.LifecycleIds)
	_, err := net.DialTimeout("tcp", net.JoinHostPort(a.IP, strconv.Itoa(a.Endpoints[0].Port)), time.Second)
	require.Error(t, err)
}

func TestADockerEngineThatIsGoneFailsTheLifecycleAndNotTheAPI(t *testing.T) {
	s := start(t, "--engine", "docker", "--docker-host", "unix:///nonexistent/docker.sock")
	ids := s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}})
	lc := s.settle(ids)[ids[0]]
	require.Equal(t, "FAILED", lc.Status)
	require.Equal(t, "ENGINE_UNAVAILABLE", lc.Error.Code)
	require.Contains(t, lc.Error.Detail, "/nonexistent/docker.sock", "the engine's own words")
	var out struct {
		Server struct{ EngineReady bool }
	}
	s.as(s.Token).must(&out, `{ server { engineReady } }`, nil)
	require.False(t, out.Server.EngineReady)
}
