package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"decnet/client"
)

func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)) + " ")
	}
	return b.String()
}

// What a stock server would run, or choke on, is refused before anything is executed, with a code and the limit's name, also to an administrator.
func TestHostileOperationsAreRefused(t *testing.T) {
	s := start(t, "--engine", "sim")
	doubling := "{ ...f0 }"
	for i := range 300 {
		doubling += fmt.Sprintf(" fragment f%d on Query { ...f%d ...f%d }", i, i+1, i+1)
	}
	doubling += " fragment f300 on Query { viewer { username } }"
	for name, c := range map[string]struct{ query, code, limit string }{
		"a thousand aliases":       {"{ " + repeated(1000, "a#: __typename") + "}", "LIMIT_EXCEEDED", "aliases"},
		"five hundred duplicates":  {"{ " + repeated(500, "__typename") + "}", "LIMIT_EXCEEDED", "duplicates"},
		"sign-ins by the dozen":    {"mutation { " + repeated(30, `a#: login(username: "admin", password: "guess#") { token }`) + "}", "LIMIT_EXCEEDED", "rootFields"},
		"deep":                     {"{ deployments { edges { node { " + strings.Repeat("deckies { edges { node { deployment { ", 10) + "name" + strings.Repeat(" } } } }", 10) + " } } } }", "LIMIT_EXCEEDED", "depth"},
		"wide":                     {"{ deployments(first: 200) { edges { node { deckies(first: 200) { edges { node { lifecycles(first: 200) { edges { node { id } } } } } } } } } }", "LIMIT_EXCEEDED", ""},
		"fragments in circles":     {"{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", "BAD_USER_INPUT", ""},
		"fragments that double":    {doubling, "LIMIT_EXCEEDED", ""},
		"tokens":                   {"{ viewer { " + repeated(4000, "username") + "} }", "LIMIT_EXCEEDED", "tokens"},
		"a document of comments":   {"{ viewer { username } } #" + strings.Repeat("x", 200<<10), "LIMIT_EXCEEDED", "document"},
		"directives":               {"{ viewer { username " + repeated(60, "@skip(if: false)") + "} }", "LIMIT_EXCEEDED", "directives"},
		"the schema, again and on": {"{ " + repeated(5, "a#: __schema { types { name } }") + "}", "LIMIT_EXCEEDED", "introspections"},
	} {
		t.Run(name, func(t *testing.T) {
			s := *s
			s.t = t
			err := s.as(s.Token).refused(c.code, c.query, nil)
			if c.limit != "" {
				require.Equal(t, c.limit, err.Extensions["limit"])
			}
		})
	}
	s.as(s.Token).must(nil, "{ viewer { username } }", nil)
}

func (s *server) post(body io.Reader) (status int, text string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/graphql", body)
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.Token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return res.StatusCode, string(b)
}

func TestBatchesAndHugeBodiesAreRefused(t *testing.T) {
	s := start(t, "--engine", "sim")
	status, text := s.post(strings.NewReader("[" + strings.TrimSuffix(strings.Repeat(`{"query":"{viewer{username}}"},`, 100), ",") + "]"))
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, text, "batches are not supported")
	status, _ = s.post(bytes.NewReader(bytes.Repeat([]byte(" "), 2<<20)))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
}

// A body that comes a byte at a time does not hold a place for ever.
func TestASlowBodyIsGivenUp(t *testing.T) {
	s := start(t, "--engine", "sim")
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(c, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
	require.NoError(t, err)
	answer, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Contains(t, string(answer), "408 Request Timeout")
}

// A body that never comes holds up neither its answer, whatever the path, nor the server's stop.
func TestABodyThatNeverComesIsNotWaitedFor(t *testing.T) {
	s := start(t, "--engine", "sim")
	ask := func(path string) net.Conn {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n")
		require.NoError(t, err)
		return c
	}
	held := map[string]net.Conn{}
	for _, path := range []string{"/graphql", "/metrics", "/readyz", "/healthz", "/backup", "/"} {
		held[path] = ask(path)
	}
	for path, c := range held {
		answer, err := io.ReadAll(c)
		require.NoError(t, err, path)
		require.True(t, strings.HasPrefix(string(answer), "HTTP/1.1 "), "%s: %q", path, answer)
	}
	ask("/graphql")
	require.Contains(t, s.get("/metrics"), "decnet_") // it was accepted before this
	s.stop(syscall.SIGTERM)
}

// Somebody who asks too much is told when to come back; others do not notice.
func TestACallerIsHeldToTheirRate(t *testing.T) {
	s := start(t, "--engine", "sim", "--rate-user", "1000", "--rate-address", "10000")
	var made struct{ CreateUser struct{ Password string } }
	s.as(s.Token).must(&made, `mutation { createUser(input: {username: "ann", role: VIEWER, password: "another long one"}) { password } }`, nil)
	ann := s.login("ann", "another long one")
	var refused []graphqlError
	for range 1000 {
		if refused = s.as(s.Token).ask(nil, "{ viewer { username } }", nil); len(refused) > 0 {
			break
		}
	}
	require.NotEmpty(t, refused)
	require.Equal(t, "RATE_LIMITED", refused[0].Extensions["code"])
	require.GreaterOrEqual(t, refused[0].Extensions["retryAfter"], 1.0)
	s.as(ann).must(nil, "{ viewer { username } }", nil)
}

func TestSubscriptionsAndSocketsOfAUserAreBounded(t *testing.T) {
	s := start(t, "--engine", "sim", "--max-subscriptions-per-user", "2", "--max-connections-per-user", "3")
	open := func() *websocket.Conn {
		dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: patience}
		c, _, err := dialer.Dial("ws"+strings.TrimPrefix(s.URL, "http")+"/graphql", nil)
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
		require.NoError(t, c.WriteJSON(map[string]any{"type": "connection_init", "payload": map[string]any{"Authorization": "Bearer " + s.Token}}))
		return c
	}
	next := func(c *websocket.Conn) (m struct {
		Type    string
		Payload json.RawMessage
	}) {
		require.NoError(t, c.ReadJSON(&m))
		return m
	}
	subscribe := func(c *websocket.Conn, id string) {
		require.NoError(t, c.WriteJSON(map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{"query": "subscription { lifecycleUpdated { seq } }"}}))
	}
	a, b := open(), open()
	require.Equal(t, "connection_ack", next(a).Type)
	require.Equal(t, "connection_ack", next(b).Type)
	subscribe(a, "1")
	subscribe(a, "2")
	s.eventually("both run", func() bool { return strings.Contains(s.get("/metrics"), "\ndecnet_subscribers 2\n") })
	subscribe(b, "3")
	m := next(b)
	require.Equal(t, "error", m.Type, "the third is one too many, whichever socket it comes by")
	require.Contains(t, string(m.Payload), "LIMIT_EXCEEDED")
	require.Equal(t, "connection_ack", next(open()).Type)
	_, _, err := open().ReadMessage()
	require.True(t, websocket.IsCloseError(err, websocket.CloseTryAgainLater), "%v", err)
}

func TestAnAddressHasSoManyConnections(t *testing.T) {
	s := start(t, "--engine", "sim", "--max-connections-per-address", "20")
	var held []net.Conn
	for range 40 {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		require.NoError(t, err)
		defer c.Close()
		held = append(held, c)
	}
	closed := 0
	for _, c := range held {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			closed++
		}
	}
	require.GreaterOrEqual(t, closed, 20)
}

// What was told of the schema to one is told to the next who may know, in the same words, and to nobody else.
func TestTheSchemaIsKept(t *testing.T) {
	s := start(t, "--engine", "sim")
	const question = "{ __schema { types { name kind } } }"
	var first, again map[string]any
	s.as(s.Token).must(&first, question, nil)
	s.as("").refused("UNAUTHENTICATED", question, nil)
	s.as(s.Token).must(&again, question, nil)
	require.Equal(t, first, again)
	var other map[string]any
	s.as(s.Token).must(&other, "{ __schema { types { name } } }", nil)
	require.NotEqual(t, first, other)
}

// The schema and the explorer are settings, and who has not signed in learns nothing of the schema from errors.
func TestTheSchemaIsTold(t *testing.T) {
	s := start(t, "--engine", "sim", "--introspection", "off", "--graphiql", "off")
	s.as(s.Token).refused("FORBIDDEN", "{ __schema { types { name } } }", nil)
	s.as("").refused("UNAUTHENTICATED", "{ __schema { types { name } } }", nil)
	require.Contains(t, s.get("/graphiql"), "404")
	require.Contains(t, s.as(s.Token).refused("BAD_USER_INPUT", "{ decki { name } }", nil).Message, "Did you mean")
}

// Who may read the metrics is a setting.
func TestTheMetricsAreForWhomTheSettingSays(t *testing.T) {
	for setting, want := range map[string]struct{ stranger, viewer int }{"open": {200, 200}, "viewer": {401, 200}, "off": {404, 404}} {
		s := start(t, "--engine", "sim", "--metrics", setting)
		var made struct{ CreateToken struct{ Secret string } }
		s.as(s.Token).must(&made, `mutation { createToken(input: {name: "prometheus", role: VIEWER}) { secret } }`, nil)
		for token, status := range map[string]int{"": want.stranger, "dn_of_nobody": want.stranger, made.CreateToken.Secret: want.viewer} {
			ask, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/metrics", nil)
			require.NoError(t, err)
			if token != "" {
				ask.Header.Set("Authorization", "Bearer "+token)
			}
			res, err := http.DefaultClient.Do(ask)
			require.NoError(t, err)
			text, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, status, res.StatusCode, "%s: %s", setting, text)
			require.Equal(t, status == 200, strings.Contains(string(text), "decnet_subscribers"), setting)
		}
	}
}

// Errors tell strangers nothing of the schema: not what is like a name, nor that there is none of it, nor what an argument wants.
func TestErrorsTellStrangersNothing(t *testing.T) {
	s := start(t, "--engine", "sim")
	for _, query := range []string{
		"{ decki { name } }", "{ users { nope } }", "{ users { username } }", `{ deckies(first: "many") { totalCount } }`, "query($n: Int!) { users { username } }",
		"mutation { createUser(input: {nope: 1}) { nope } }", "subscription { nope }", "{ ... on Query { nope } }",
		"query Mine { viewer { username } } query Theirs { users { nope } }",
	} {
		s.as("").refused("UNAUTHENTICATED", query, nil)
	}
	told := map[string]bool{}
	for _, query := range []string{
		"query($x: CreateUserInput) { viewer { username } }", "query($x: NoSuchInput) { viewer { username } }", "{ viewer { name } }", "{ viewer { ... on User { nope } } }",
		"mutation { login(user: 1) { token } }", "query($x: CreateUserInput = {nope: 1}) { viewer { username } }",
	} {
		told[s.as("").refused("BAD_USER_INPUT", query, nil).Message] = true
	}
	require.Len(t, told, 1, "it is the same for all that is wrong")
}

// An argument that can't be read is its sender's mistake, and the error says which one it is.
func TestAnArgumentThatCantBeReadIsNamed(t *testing.T) {
	s := start(t, "--engine", "sim")
	for query, argument := range map[string][]any{
		`{ interactionStats(from: "yesterday") { total } }`:                              {"from"},
		`{ interactions(where: {atGT: "yesterday"}) { totalCount } }`:                    {"where", "atGT"},
		`{ interactionStats { overTime(bucket: "long") { count } } }`:                    {"bucket"},
		`{ deckies(after: "nowhere") { totalCount } }`:                                   {"after"},
		`mutation { createToken(input: {name: "x", expiresIn: "long"}) { secret } }`:     {"input", "expiresIn"},
		`mutation { setMutateInterval(input: {interval: "soon"}) { deckies { name } } }`: {"input", "interval"},
	} {
		require.Equal(t, argument, s.as(s.Token).refused("BAD_USER_INPUT", query, nil).Extensions["argument"], query)
	}
}

// A proxy that the server was told of says for whom it asks; anybody else is who they are.
func TestProxiesSayForWhomTheyAsk(t *testing.T) {
	s := start(t, "--engine", "sim", "--trusted-proxies", "127.0.0.1")
	wrong := func(forwarded string) {
		body, _ := json.Marshal(map[string]any{"query": `mutation { login(username: "nobody", password: "a wrong password") { token } }`})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", bytes.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", forwarded)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		res.Body.Close()
	}
	wrong("198.51.100.9, 203.0.113.7")
	var out struct {
		AuditLog struct {
			Edges []struct{ Node struct{ Action, Peer string } }
		}
	}
	s.as(s.Token).must(&out, `{ auditLog(first: 50, where: {actor: "nobody"}) { edges { node { action peer } } } }`, nil)
	require.Len(t, out.AuditLog.Edges, 1)
	require.Equal(t, "203.0.113.7", out.AuditLog.Edges[0].Node.Peer, "the first is the client's own claim")
}

// get fetches a page of the server, as text.
func (s *server) get(path string) string {
	s.t.Helper()
	res, err := http.Get(s.URL + path)
	require.NoError(s.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return string(b)
}

// With a list, the server runs what is on it, what its own command line asks, and nothing else.
func TestOnlyListedOperationsRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"login.graphql":  "mutation($u: String!, $p: String!) { login(username: $u, password: $p) { token } }",
		"script.graphql": "query Who { viewer { username role } }",
		"manifest.json":  `{"operations": [{"id": "services", "body": "{ services { slug } }"}]}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	files := []string{filepath.Join(dir, "login.graphql"), filepath.Join(dir, "script.graphql"), filepath.Join(dir, "manifest.json")}
	s := start(t, "--engine", "sim", "--operations", strings.Join(files, ","))
	s.as(s.Token).must(nil, "query Who{viewer{username role __typename}}", nil)
	s.as(s.Token).refused("FORBIDDEN", "{ viewer { username } }", nil)
	s.as(s.Token).refused("FORBIDDEN", "{ __schema { types { name } } }", nil)

	status, text := s.post(strings.NewReader(`{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "services"}}}`))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, `"slug":"ssh"`)
	_, text = s.post(strings.NewReader(`{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "others"}}}`))
	require.Contains(t, text, "PersistedQueryNotFound")

	viewer, err := client.New(s.URL, client.WithToken(s.Token)).Viewer(t.Context())
	require.NoError(t, err, "our own client's are on it")
	require.Equal(t, "admin", viewer.Username)
}

// Where nobody signs in, a page of another site whose name was made to resolve to the loopback is still another site.
func TestARebindingPageReachesNothing(t *testing.T) {
	s := start(t, "--engine", "sim", "--auth=off")
	ask := func(host, method, path string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(`{"query": "{ viewer { role } }"}`))
		require.NoError(t, err)
		req.Host = host
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", "http://"+host)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	require.Equal(t, http.StatusOK, ask("localhost", http.MethodPost, "/graphql"))
	for path, method := range map[string]string{"/graphql": http.MethodPost, "/backup": http.MethodGet, "/": http.MethodGet, "/metrics": http.MethodGet} {
		require.Equal(t, http.StatusMisdirectedRequest, ask("rebound.example:8080", method, path), path)
	}
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: patience}
	_, res, err := dialer.Dial("ws"+strings.TrimPrefix(s.URL, "http")+"/graphql", http.Header{"Host": {"rebound.example"}, "Origin": {"http://rebound.example"}})
	require.Error(t, err)
	require.Equal(t, http.StatusMisdirectedRequest, res.StatusCode)
}
