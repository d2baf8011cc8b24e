package e2e

import (
	"bufio"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type evidence struct {
	Sessions struct {
		Edges []struct {
			Node struct {
				ID, Key, Service, SourceIP string
				Attempts                   int
				Recorded                   bool
				EndedAt                    *time.Time
				Recording                  *string
			}
		}
	}
	Credentials struct {
		Edges []struct {
			Node struct {
				ID, Service, Kind, Principal, Secret string
				SecretBase64                         *string
				Attempts                             int
			}
		}
	}
	Attackers struct {
		Edges []struct {
			Node struct {
				Address  string
				Attempts int
				Services []string
				Touches  struct {
					Edges []struct {
						Node struct{ DeckyName, Service string }
					}
				}
			}
		}
	}
	Interactions struct {
		Edges []struct {
			Node struct {
				Type         string
				Secret       *string
				CredentialID *string
				Fields       []struct {
					Name, Value string
					Base64      *string
				}
			}
		}
	}
	InteractionStats struct {
		Total, Attackers int
		OverTime         []struct{ Count int }
		ByService        []struct {
			Name  string
			Count int
		}
	}
}

const allEvidence = `query($text: String!) {
	sessions(first: 20, where: {recorded: true}, search: $text) { edges { node { id key service sourceIP attempts recorded endedAt recording } } }
	credentials(first: 20, orderBy: {field: FIRST_SEEN_AT}, search: $text) { edges { node { id service kind principal secret secretBase64 attempts } } }
	attackers(first: 20, orderBy: {field: LAST_SEEN_AT}, where: {hasTouchesWith: {service: "telnet"}}) {
		edges { node { address attempts services touches(first: 5) { edges { node { deckyName service } } } } }
	}
	interactions(first: 20, where: {type: "auth_attempt"}) { edges { node { type secret credentialID fields { name value base64 } } } }
	interactionStats(where: {type: "auth_attempt"}) { total attackers overTime { count } byService(first: 3) { name count } }
}`

// What intruders do comes to sessions that can be replayed, credentials and attackers; and who may only look sees no secrets, by no way round.
func TestEvidenceIsSummedUpAndSecretsAreForOperators(t *testing.T) {
	s := start(t, "--engine", "process")
	defer func() { // the decoys would outlive their server
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	s.succeed(s.deploy(map[string]any{"deckies": []any{map[string]any{"name": "a", "archetype": "iot-device", "services": []string{"telnet"}}}}))
	a := s.decky("a")
	const secret = "hunter2 \u202e]\""
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(a.Endpoints[0].Address, strconv.Itoa(a.Endpoints[0].Port)), patience)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	r := bufio.NewReader(conn)
	prompt := func() {
		for line := ""; !strings.HasSuffix(line, ": "); {
			b, err := r.ReadByte()
			require.NoError(t, err, "%q", line)
			line += string(b)
		}
	}
	prompt()
	_, _ = io.WriteString(conn, "intruder\r\n")
	prompt()
	_, _ = io.WriteString(conn, secret+"\r\n")
	prompt() // refused, and asked again
	_, _ = io.WriteString(conn, "root\r\n")
	prompt()
	_, _ = io.WriteString(conn, "root\r\n")
	_, _ = io.WriteString(conn, "echo o''wned\r\nexit\r\n")
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Contains(t, string(rest), "owned")

	admin := s.as(s.Token)
	var seen evidence
	s.eventually("the session has ended", func() bool {
		admin.must(&seen, `{ sessions(first: 1, where: {principal: "root"}) { edges { node { endedAt } } } }`, nil)
		return len(seen.Sessions.Edges) == 1 && seen.Sessions.Edges[0].Node.EndedAt != nil
	})
	admin.must(&seen, allEvidence, map[string]any{"text": "TELNET"})
	require.Len(t, seen.Sessions.Edges, 1)
	session := seen.Sessions.Edges[0].Node
	require.Equal(t, []any{"telnet", 2, "127.0.0.1"}, []any{session.Service, session.Attempts, session.SourceIP})
	require.Contains(t, *session.Recording, `"version":2`)
	require.Contains(t, *session.Recording, "owned")

	require.Len(t, seen.Credentials.Edges, 2)
	credential := seen.Credentials.Edges[0].Node
	require.Equal(t, []any{"telnet", "plaintext", "intruder", 1}, []any{credential.Service, credential.Kind, credential.Principal, credential.Attempts})
	require.NotContains(t, credential.Secret, "\u202e")
	whole, err := base64.StdEncoding.DecodeString(*credential.SecretBase64)
	require.NoError(t, err)
	require.Equal(t, secret, string(whole))
	require.Equal(t, credential.ID, *seen.Interactions.Edges[0].Node.CredentialID)
	require.Equal(t, []string{"telnet"}, seen.Attackers.Edges[0].Node.Services)
	require.Equal(t, "a", seen.Attackers.Edges[0].Node.Touches.Edges[0].Node.DeckyName)
	require.Equal(t, 2, seen.InteractionStats.Total)
	require.Equal(t, "telnet", seen.InteractionStats.ByService[0].Name)

	// By its ID, too.
	var node struct {
		Node struct{ Secret string }
	}
	const byID = `query($id: ID!) { node(id: $id) { ... on Credential { secret } } }`
	admin.must(&node, byID, map[string]any{"id": credential.ID})
	require.Contains(t, node.Node.Secret, "hunter2")

	admin.must(nil, `mutation { createUser(input: {username: "vera", role: VIEWER, password: "a password of hers"}) { password } }`, nil)
	vera := s.as(s.login("vera", "a password of hers"))
	seen = evidence{}
	vera.must(&seen, allEvidence, map[string]any{"text": "telnet"})
	require.Equal(t, "(redacted)", seen.Credentials.Edges[0].Node.Secret)
	require.Nil(t, seen.Credentials.Edges[0].Node.SecretBase64)
	require.Equal(t, "(redacted)", *seen.Interactions.Edges[0].Node.Secret)
	for _, f := range seen.Interactions.Edges[0].Node.Fields {
		require.NotContains(t, f.Value, "hunter2")
		require.Nil(t, f.Base64)
	}
	vera.must(&node, byID, map[string]any{"id": credential.ID})
	require.Equal(t, "(redacted)", node.Node.Secret)
	seen = evidence{}
	vera.must(&seen, allEvidence, map[string]any{"text": "hunter"})
	require.Empty(t, seen.Credentials.Edges, "what is hidden can't be found by guessing either")
	admin.must(&seen, allEvidence, map[string]any{"text": "hunter"})
	require.Len(t, seen.Credentials.Edges, 1)
	vera.refused("BAD_USER_INPUT", `{ credentials(where: {secretContains: "h"}) { totalCount } }`, nil)

	vera.refused("BAD_USER_INPUT", `{ interactionStats { overTime(bucket: "500ms") { count } } }`, nil)
	vera.refused("BAD_USER_INPUT", `{ interactionStats(from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z") { total } }`, nil)
	vera.refused("LIMIT_EXCEEDED", `{ sessions(first: 200) { edges { node { recording } } } }`, nil)
}

// A request's query is for operators: not shown to viewers, nor to be found by.
func TestQueriesAreForOperators(t *testing.T) {
	s := start(t, "--engine", "process")
	defer func() {
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	s.succeed(s.deploy(map[string]any{
		"deckies": []any{map[string]any{"name": "a", "services": []string{"http"}}}, "network": map[string]any{"driver": "LOOPBACK", "subnet": "127.93.7.0/29"},
	}))
	a := s.decky("a").Endpoints[0]
	res, err := http.Get("http://" + net.JoinHostPort(a.Address, strconv.Itoa(a.Port)) + "/login?password=hunter3")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())

	type seen struct {
		Interactions struct {
			Edges []struct {
				Node struct {
					Command *string
					Fields  []struct {
						Name, Value string
						Base64      *string
					}
				}
			}
		}
	}
	const requests = `{ interactions(first: 20, where: {type: "request"}) { edges { node { command } } } }`
	const whole = `{ interactions(first: 20, where: {type: "request"}) { edges { node { command fields { name value base64 } } } } }`
	const found = `query($text: String!) { interactions(first: 20, search: $text) { edges { node { command } } } }`
	admin := s.as(s.Token)
	var out seen
	s.eventually("the request is recorded", func() bool {
		out = seen{}
		admin.must(&out, requests, nil)
		return len(out.Interactions.Edges) == 1
	})
	require.Equal(t, "GET /login?password=hunter3 HTTP/1.1", *out.Interactions.Edges[0].Node.Command)
	admin.must(&out, found, map[string]any{"text": "HUNTER3"})
	require.Len(t, out.Interactions.Edges, 1)

	admin.must(nil, `mutation { createUser(input: {username: "vera", role: VIEWER, password: "a password of hers"}) { password } }`, nil)
	vera := s.as(s.login("vera", "a password of hers"))
	out = seen{}
	vera.must(&out, whole, nil)
	require.Equal(t, "GET /login?(redacted)", *out.Interactions.Edges[0].Node.Command)
	for _, f := range out.Interactions.Edges[0].Node.Fields {
		require.NotContains(t, f.Value, "hunter3", f.Name)
	}
	for _, ask := range []string{found, `query($text: String!) { interactions(first: 20, where: {commandContainsFold: $text}) { edges { node { command } } } }`} {
		out = seen{}
		vera.must(&out, ask, map[string]any{"text": "hunter3"})
		require.Empty(t, out.Interactions.Edges, ask)
	}
}

// What a deploy chooses for services is there to be read, and its passwords for operators.
func TestSettingsAreShownAndTheirSecretsAreForOperators(t *testing.T) {
	s := start(t, "--engine", "sim")
	a := spec("a", "ssh", "mysql")
	a["settings"] = []any{
		map[string]any{"service": "ssh", "key": "password", "value": "hunter2"}, map[string]any{"service": "mysql", "key": "version", "value": "8.0.36"},
	}
	s.succeed(s.deploy(map[string]any{"deckies": []any{a}}))
	type setting struct{ Service, Key, Value string }
	var out struct {
		Decky    struct{ Settings []setting }
		Services []struct {
			Slug     string
			Settings []struct {
				Key, Type string
				Secret    bool
			}
		}
	}
	const ask = `{ decky(name: "a") { settings { service key value } } services { slug settings { key type secret } } }`
	admin := s.as(s.Token)
	admin.must(&out, ask, nil)
	require.Equal(t, []setting{{"mysql", "version", "8.0.36"}, {"ssh", "password", "hunter2"}}, out.Decky.Settings)
	for _, service := range out.Services {
		if service.Slug == "rdp" {
			require.Equal(t, "BOOL", service.Settings[0].Type)
		}
	}
	admin.must(nil, `mutation { createUser(input: {username: "vera", role: VIEWER, password: "a password of hers"}) { password } }`, nil)
	vera := s.login("vera", "a password of hers")
	s.as(vera).must(&out, ask, nil)
	require.Equal(t, []setting{{"mysql", "version", "8.0.36"}, {"ssh", "password", "(redacted)"}}, out.Decky.Settings)
	for _, e := range s.audit() {
		require.NotContains(t, e.Detail, "hunter2")
	}

	// The same words on a stream, at the same moment: an operator's answer is not a viewer's.
	shows := func(token string) (next func() []setting) {
		socket := s.dial(token)
		require.NoError(t, socket.WriteJSON(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{
			"query": `subscription { deckyUpdated(names: ["a"]) { settings { service key value } } }`,
		}}))
		return func() []setting {
			for {
				var m struct {
					Type    string
					Payload struct {
						Data struct{ DeckyUpdated struct{ Settings []setting } }
					}
				}
				require.NoError(t, socket.ReadJSON(&m))
				if m.Type == "next" {
					return m.Payload.Data.DeckyUpdated.Settings
				}
			}
		}
	}
	operator, viewer := shows(s.Token), shows(vera)
	require.Equal(t, "hunter2", operator()[1].Value)
	require.Equal(t, "(redacted)", viewer()[1].Value)
	s.mutate(map[string]any{"name": "a", "services": []string{"ssh", "mysql", "ftp"}})
	require.Equal(t, "hunter2", operator()[1].Value)
	require.Equal(t, "(redacted)", viewer()[1].Value)

	// Whoever reads the files of the database finds nothing, and the server tells when it is given another key.
	files, err := filepath.Glob(filepath.Join(s.data, "*.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, string(b), "hunter2", file)
	}
	s.stop(syscall.SIGTERM)
	key := filepath.Join(s.data, "secret.key")
	require.NoError(t, os.Rename(key, key+".away"))
	binary, err := buildServer()
	require.NoError(t, err)
	out2, err := exec.Command(binary, "--data", s.data, "--engine", "sim", "--listen", "127.0.0.1:0").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out2), "another key")
	require.NoError(t, os.Rename(key+".away", key))
	s.boot()
	s.as(s.Token).must(&out, ask, nil)
	require.Equal(t, "hunter2", out.Decky.Settings[1].Value)
}
