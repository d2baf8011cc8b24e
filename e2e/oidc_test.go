package e2e

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
	"decnet/internal/ports"
)

// provided is a server, and the provider that it trusts.
type provided struct {
	*server
	issuer string
}

// withProvider starts a real provider and a server that trusts it.
func withProvider(t *testing.T, args ...string) *provided {
	t.Helper()
	folder := filepath.Join(enginetest.Root(), "e2e", "oidc")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		out, err := exec.Command("npm", "ci", "--prefix", folder, "--no-audit", "--no-fund").CombinedOutput()
		require.NoError(t, err, string(out))
	}
	own, err := ports.Free()
	require.NoError(t, err)
	issuer, err := ports.Free()
	require.NoError(t, err)
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("the secret of the tests\n"), 0o600))
	s := start(t, append([]string{
		"--engine", "sim", "--listen", own, "--public-url", "http://" + own,
		"--oidc-issuer", "http://" + issuer, "--oidc-client-secret-file", secret, "--oidc-roles", "soc=OPERATOR,admins=ADMIN",
	}, args...)...)
	// The server has started without it.
	provider := exec.Command("node", filepath.Join(folder, "provider.mjs"), issuer, s.URL+"/oidc/callback")
	log := &lockedBuffer{}
	provider.Stdout, provider.Stderr = log, log
	require.NoError(t, provider.Start())
	t.Cleanup(func() {
		_ = provider.Process.Kill()
		_ = provider.Wait()
		if t.Failed() {
			t.Logf("the provider's log:\n%s", log)
		}
	})
	s.eventually("the provider serves", func() bool { return strings.Contains(log.String(), "ready") })
	return &provided{s, "http://" + issuer}
}

var (
	formAction = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	formPrompt = regexp.MustCompile(`name="prompt" value="([^"]+)"`)
)

// signInAt goes through the provider's forms as a browser does, as somebody who is in some groups there, and returns the browser and the address it ended at.
func (s *provided) signInAt(name string, groups ...string) (*http.Client, *url.URL) {
	s.t.Helper()
	said, err := http.Get(s.issuer + "/groups?" + url.Values{"name": {name}, "in": groups}.Encode())
	require.NoError(s.t, err)
	said.Body.Close()
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	browser := &http.Client{Jar: jar, Timeout: patience}
	res, err := browser.Get(s.URL + "/oidc/login")
	for range 5 {
		require.NoError(s.t, err)
		body, readErr := io.ReadAll(res.Body)
		require.NoError(s.t, readErr)
		res.Body.Close()
		action := formAction.FindSubmatch(body)
		if action == nil || strings.HasPrefix(res.Request.URL.String(), s.URL) {
			return browser, res.Request.URL
		}
		at, parseErr := res.Request.URL.Parse(html.UnescapeString(string(action[1])))
		require.NoError(s.t, parseErr)
		prompt := formPrompt.FindSubmatch(body)
		require.NotNil(s.t, prompt, string(body))
		res, err = browser.PostForm(at.String(), url.Values{"prompt": {string(prompt[1])}, "login": {name}, "password": {"any"}})
	}
	s.t.Fatal("the provider asks on and on")
	return nil, nil
}

// fetchToken does what the page does when it comes back.
func (s *server) fetchToken(browser *http.Client) (token string) {
	s.t.Helper()
	res, err := browser.Post(s.URL+"/oidc/session", "application/json", nil)
	require.NoError(s.t, err)
	defer res.Body.Close()
	var out struct{ Token string }
	if res.StatusCode == http.StatusOK {
		require.NoError(s.t, json.NewDecoder(res.Body).Decode(&out))
	}
	return out.Token
}

type whoIsIt struct {
	Viewer struct{ Username, Role string }
}

func TestPeopleSignInAtAProvider(t *testing.T) {
	s := withProvider(t)
	browser, at := s.signInAt("ann", "soc", "other")
	require.Equal(t, "/?signed-in", at.RequestURI(), "there is no token in an address")
	token := s.fetchToken(browser)
	require.NotEmpty(t, token)
	require.Empty(t, s.fetchToken(browser), "the token is handed out once")
	var who whoIsIt
	s.as(token).must(&who, "{ viewer { username role } }", nil)
	require.Equal(t, "ann", who.Viewer.Username)
	require.Equal(t, "OPERATOR", who.Viewer.Role)

	// What the provider says the next time is what counts.
	browser, _ = s.signInAt("ann", "admins", "soc")
	s.as(s.fetchToken(browser)).must(&who, "{ viewer { username role } }", nil)
	require.Equal(t, "ADMIN", who.Viewer.Role)

	// They have no password here, and nobody can give them one.
	s.as("").refused("UNAUTHENTICATED", `mutation { login(username: "ann", password: "any password at all") { token } }`, nil)
	s.as(s.Token).refused("BAD_USER_INPUT", `mutation { updateUser(input: {username: "ann", resetPassword: true}) { password } }`, nil)

	var out struct {
		Users []struct {
			Username string
			External bool
		}
		AuditLog struct {
			Edges []struct {
				Node struct{ Action, Actor, Detail string }
			}
		}
	}
	s.as(s.Token).must(&out, `{ users { username external } auditLog(first: 50, where: {actor: "ann"}) { edges { node { action actor detail } } } }`, nil)
	require.Equal(t, "ann", out.Users[1].Username)
	require.True(t, out.Users[1].External)
	require.False(t, out.Users[0].External)
	require.Contains(t, out.AuditLog.Edges[0].Node.Detail, "OIDC")
	require.NotContains(t, s.log.String(), token)

	// An administrator shuts them out, and the provider can't help it.
	s.as(s.Token).must(nil, `mutation { updateUser(input: {username: "ann", disabled: true}) { user { username } } }`, nil)
	s.as(token).refused("UNAUTHENTICATED", "{ server { version } }", nil)
	browser, at = s.signInAt("ann", "admins")
	require.Contains(t, at.RawQuery, "sign-in-failed")
	require.Empty(t, s.fetchToken(browser))
}

func TestWhomTheProviderLetsNotIn(t *testing.T) {
	s := withProvider(t)
	for name, why := range map[string]string{
		"bob":   "nothing that the provider says",
		"admin": "there is a user of that name already",
		"a b":   "a user name has",
	} {
		group := "soc"
		if name == "bob" {
			group = "guests"
		}
		browser, at := s.signInAt(name, group)
		require.Contains(t, at.Query().Get("sign-in-failed"), why, name)
		require.Empty(t, s.fetchToken(browser), name)
	}
	// A sign-in that somebody else began, or that comes from nowhere, is none.
	res, err := http.Get(s.URL + "/oidc/callback?code=abc&state=def")
	require.NoError(t, err)
	res.Body.Close()
	require.Contains(t, res.Request.URL.Query().Get("sign-in-failed"), "not begun here")
	require.JSONEq(t, `{"login":"/oidc/login","name":"single sign-on"}`, s.get("/oidc/info"))
}

// Who is none of the groups may have a role all the same, where it is set.
func TestTheDefaultRole(t *testing.T) {
	s := withProvider(t, "--oidc-default-role", "VIEWER")
	browser, _ := s.signInAt("cid")
	var who whoIsIt
	s.as(s.fetchToken(browser)).must(&who, "{ viewer { username role } }", nil)
	require.Equal(t, "cid VIEWER", fmt.Sprint(who.Viewer.Username, " ", who.Viewer.Role))
}

// The same by the page in a real browser, on a server that runs listed operations only: the app's own are all on the list.
func TestThePageSignsInAtTheProvider(t *testing.T) {
	list := filepath.Join(t.TempDir(), "tests.graphql")
	require.NoError(t, os.WriteFile(list, []byte("mutation($u: String!, $p: String!) { login(username: $u, password: $p) { token } }"), 0o600))
	s := withProvider(t, "--operations", list)
	said, err := http.Get(s.issuer + "/groups?name=olga&in=soc")
	require.NoError(t, err)
	said.Body.Close()
	out := output(t, "node", filepath.Join(enginetest.Root(), "e2e", "oidc", "page.mjs"), s.URL, "olga")
	require.Contains(t, out, "every page has what it asks")
}
