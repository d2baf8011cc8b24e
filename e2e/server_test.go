// Package e2e uses decnet as its users do: the real server as a process, over HTTP and WebSocket, with real decoys on a real Docker Engine, real clients, and
// the npm client that browsers use.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

const password = "a long enough password"

// patience bounds every wait of a test.
const patience = 2 * time.Minute

var buildServer = sync.OnceValues(func() (string, error) {
	path := filepath.Join(enginetest.Root(), "bin", "decnetd-race")
	cmd := exec.Command("go", "build", "-race", "-o", path, ".")
	cmd.Dir = enginetest.Root()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return path, nil
})

// server is a decnetd process.
type server struct {
	t     *testing.T
	data  string
	args  []string
	URL   string
	Token string
	cmd   *exec.Cmd
	log   *lockedBuffer
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start starts a server on a folder of its own and signs in as admin.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), args: args}
	s.boot()
	t.Cleanup(func() {
		s.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log)
		}
		require.NotContains(t, s.log.String(), "DATA RACE")
		require.NotContains(t, s.log.String(), "panicked")
	})
	return s
}

var listening = regexp.MustCompile(`decnet: (http://\S+)`)

// boot starts the process and waits until it serves.
func (s *server) boot() {
	s.t.Helper()
	binary, err := buildServer()
	require.NoError(s.t, err)
	s.log = &lockedBuffer{}
	args := append([]string{"--data", s.data, "--listen", "127.0.0.1:0", "--admin-password", password, "--decoy-binary", enginetest.Decoy(s.t), "--grace", "5s"}, s.args...)
	s.cmd = exec.Command(binary, args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	require.NoError(s.t, s.cmd.Start())
	s.eventually("the server serves", func() bool {
		m := listening.FindStringSubmatch(s.log.String())
		if m == nil || !strings.Contains(s.log.String(), "decnetd serves") {
			return false
		}
		s.URL = m[1]
		return true
	})
	if !slices.Contains(s.args, "--auth=off") {
		s.Token = s.login("admin", password)
	}
}

func (s *server) login(user, password string) string {
	s.t.Helper()
	var out struct {
		Login struct{ Token string }
	}
	s.as("").must(&out, `mutation($u: String!, $p: String!) { login(username: $u, password: $p) { token } }`, map[string]any{"u": user, "p": password})
	return out.Login.Token
}

// stop ends the process by a signal and waits for it.
func (s *server) stop(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig)
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if sig == syscall.SIGTERM && errors.As(err, &exit) {
			s.t.Errorf("the server ended badly: %v\n%s", err, s.log)
		}
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		s.t.Errorf("the server did not stop:\n%s", s.log)
	}
	s.cmd = nil
}

func (s *server) eventually(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain until %s; the server's log:\n%s", what, s.log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// asker asks as somebody.
type asker struct {
	s     *server
	token string
}

func (s *server) as(token string) asker { return asker{s, token} }

type graphqlError struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

// ask sends an operation and returns its errors.
func (c asker) ask(into any, query string, variables map[string]any) []graphqlError {
	c.s.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(c.s.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.s.URL+"/graphql", bytes.NewReader(body))
	require.NoError(c.s.t, err)
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.s.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(c.s.t, err)
	var out struct {
		Data   json.RawMessage
		Errors []graphqlError
	}
	require.NoError(c.s.t, json.Unmarshal(text, &out), string(text))
	if into != nil && len(out.Errors) == 0 {
		require.NoError(c.s.t, json.Unmarshal(out.Data, into))
	}
	return out.Errors
}

func (c asker) must(into any, query string, variables map[string]any) {
	c.s.t.Helper()
	require.Empty(c.s.t, c.ask(into, query, variables))
}

// refused sends an operation that must be refused with a code.
func (c asker) refused(code, query string, variables map[string]any) graphqlError {
	c.s.t.Helper()
	errs := c.ask(nil, query, variables)
	require.Len(c.s.t, errs, 1, query)
	require.Equal(c.s.t, code, errs[0].Extensions["code"], errs[0].Message)
	return errs[0]
}

type decky struct {
	Name, State, IP, MAC           string
	Services, ObservedServices     []string
	Generation, ObservedGeneration int
	Endpoints                      []struct {
		Service, Proto, Address string
		Port                    int
	}
}

const deckyFields = `name state ip mac services observedServices generation observedGeneration endpoints { service proto address port }`

func (s *server) decky(name string) decky {
	s.t.Helper()
	var out struct{ Decky *decky }
	s.as(s.Token).must(&out, `query($n: String!) { decky(name: $n) { `+deckyFields+` } }`, map[string]any{"n": name})
	require.NotNil(s.t, out.Decky, "there is no decky %s", name)
	return *out.Decky
}

type lifecycleResult struct {
	ID, Status, Stage string
	Error             *struct{ Code, Message, Detail string }
}

// settle waits until lifecycles have ended, and returns them.
func (s *server) settle(ids []string) map[string]lifecycleResult {
	s.t.Helper()
	out := map[string]lifecycleResult{}
	s.eventually("the lifecycles end", func() bool {
		var got struct {
			Lifecycles struct {
				Edges []struct{ Node lifecycleResult }
			}
		}
		s.as(s.Token).must(&got, `query($ids: [ID!]) { lifecycles(ids: $ids) { edges { node { id status stage error { code message detail } } } } }`, map[string]any{"ids": ids})
		clear(out)
		for _, e := range got.Lifecycles.Edges {
			if e.Node.Status == "PENDING" || e.Node.Status == "RUNNING" {
				return false
			}
			out[e.Node.ID] = e.Node
		}
		return len(out) == len(ids)
	})
	return out
}

func (s *server) succeed(ids []string) {
	s.t.Helper()
	for id, lc := range s.settle(ids) {
		require.Equal(s.t, "SUCCEEDED", lc.Status, "%s: %+v", id, lc.Error)
	}
}

// deploy deploys and returns the lifecycles' IDs.
func (s *server) deploy(input map[string]any) []string {
	s.t.Helper()
	var out struct {
		Deploy struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&out, `mutation($in: DeployInput!) { deploy(input: $in) { lifecycleIds } }`, map[string]any{"in": input})
	return out.Deploy.LifecycleIds
}

func (s *server) mutate(input map[string]any) []string {
	s.t.Helper()
	var out struct {
		MutateDecky struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&out, `mutation($in: MutateDeckyInput!) { mutateDecky(input: $in) { lifecycleIds } }`, map[string]any{"in": input})
	return out.MutateDecky.LifecycleIds
}

func spec(name string, services ...string) map[string]any {
	return map[string]any{"name": name, "services": append([]string{}, services...)}
}

// output runs a program and returns what it prints.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, out)
	return string(out)
}
