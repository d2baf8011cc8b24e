package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

type auditEntry struct{ Actor, Peer, Action, Result, Detail string }

func (s *server) audit() []auditEntry {
	s.t.Helper()
	var out struct {
		AuditLog struct{ Edges []struct{ Node auditEntry } }
	}
	s.as(s.Token).must(&out, `{ auditLog(first: 200, orderBy: {field: AT, direction: ASC}) { edges { node { actor peer action result detail } } } }`, nil)
	var all []auditEntry
	for _, e := range out.AuditLog.Edges {
		all = append(all, e.Node)
	}
	return all
}

const mutateA = `mutation { mutateDecky(input: {name: "a"}) { lifecycleIds } }`

func TestPeopleRolesAndTheTrail(t *testing.T) {
	s := start(t, "--engine", "sim")
	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}}))
	admin := s.as(s.Token)
	var made struct {
		CreateUser struct {
			Password string
			User     struct{ Role string }
		}
	}
	admin.must(&made, `mutation { createUser(input: {username: "olga", role: OPERATOR}) { password user { role } } }`, nil)
	admin.must(nil, `mutation { createUser(input: {username: "vera", role: VIEWER, password: "a password of hers"}) { password } }`, nil)
	admin.refused("CONFLICT", `mutation { createUser(input: {username: "olga", role: ADMIN}) { password } }`, nil)
	admin.refused("BAD_USER_INPUT", `mutation { createUser(input: {username: "Olga!", role: ADMIN}) { password } }`, nil)

	// A password that somebody else has made is good for changing it only.
	olga := s.as(s.login("olga", made.CreateUser.Password))
	olga.refused("FORBIDDEN", `{ deckies { totalCount } }`, nil)
	olga.refused("BAD_USER_INPUT", `mutation { changePassword(current: "not it at all", new: "something long") { ok } }`, nil)
	olga.refused("BAD_USER_INPUT", `mutation($c: String!) { changePassword(current: $c, new: $c) { ok } }`, map[string]any{"c": made.CreateUser.Password})
	olga.refused("FORBIDDEN", `{ deckies { totalCount } }`, nil)
	olga.must(nil, `mutation($c: String!) { changePassword(current: $c, new: "olga's own choice") { ok } }`, map[string]any{"c": made.CreateUser.Password})
	olga.must(nil, mutateA, nil)
	olga.must(nil, `mutation { mutateDecky(input: {name: "a", services: ["ftp"], dryRun: true}) { decky { services } } }`, nil)
	olga.refused("FORBIDDEN", `{ users { username } }`, nil)
	olga.refused("FORBIDDEN", `{ auditLog { totalCount } }`, nil)

	vera := s.as(s.login("vera", "a password of hers"))
	vera.must(nil, `{ deckies { totalCount } }`, nil)
	vera.refused("FORBIDDEN", mutateA, nil)
	require.NotEmpty(t, s.as("").ask(nil, `mutation { login(username: "vera", password: "not hers") { token } }`, nil))

	admin.refused("CONFLICT", `mutation { updateUser(input: {username: "admin", role: VIEWER}) { user { role } } }`, nil)
	admin.refused("CONFLICT", `mutation { deleteUser(username: "admin") { username } }`, nil)
	admin.refused("NOT_FOUND", `mutation { deleteUser(username: "nobody") { username } }`, nil)

	trail := s.audit()
	for _, e := range trail {
		require.NotContains(t, e.Detail, `"dryRun":true`, "a plan changes nothing")
	}
	find := func(actor, action, result string) auditEntry {
		for _, e := range trail {
			if e.Actor == actor && e.Action == action && e.Result == result {
				return e
			}
		}
		t.Fatalf("the trail has no %s by %s with %s: %+v", action, actor, result, trail)
		return auditEntry{}
	}
	require.Equal(t, "127.0.0.1", find("admin", "deploy", "OK").Peer)
	require.Contains(t, find("admin", "createUser", "OK").Detail, `"username":"olga"`)
	find("admin", "createUser", "CONFLICT")
	find("olga", "login", "OK")
	find("olga", "changePassword", "BAD_USER_INPUT")
	find("olga", "mutateDecky", "OK")
	find("vera", "mutateDecky", "FORBIDDEN")
	find("vera", "login", "UNAUTHENTICATED")
	whole, err := json.Marshal(trail)
	require.NoError(t, err)
	for _, secret := range []string{"a password of hers", "not hers", "olga's own choice", made.CreateUser.Password, password} {
		require.NotContains(t, string(whole), secret)
		require.NotContains(t, s.log.String(), secret)
	}
}

// The trail has what did not come as far as a resolver, and what did not come by the API at all.
func TestTheTrailIsWhole(t *testing.T) {
	s := start(t, "--engine", "sim")
	admin := s.as(s.Token)
	admin.must(nil, `mutation { createUser(input: {username: "vera", role: VIEWER, password: "a password of hers"}) { password } }`, nil)
	vera := s.as(s.login("vera", "a password of hers"))
	vera.refused("FORBIDDEN", `{ users { username } }`, nil)
	vera.refused("FORBIDDEN", `mutation { ...both } fragment both on Mutation { logout { ok } teardown(input: {}) { lifecycleIds } }`, nil)
	s.as("").refused("UNAUTHENTICATED", `subscription { deckyUpdated { name } }`, nil)
	admin.refused("BAD_USER_INPUT", `mutation { setMutateInterval(input: {interval: "soon"}) { deckies { name } } }`, nil)
	admin.refused("BAD_USER_INPUT", `mutation($x: Int!) { cancelLifecycle(id: $x) { lifecycle { id } } }`, nil)
	admin.refused("LIMIT_EXCEEDED", "{ "+repeated(60, "a#: viewer { username }")+"}", nil)
	for token, status := range map[string]int{"": http.StatusUnauthorized, vera.token: http.StatusForbidden, s.Token: http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/backup", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		require.Equal(t, status, res.StatusCode)
	}
	output(t, s.cmd.Path, "user", "add", "carl", "--data", s.data)
	output(t, s.cmd.Path, "user", "passwd", "carl", "--data", s.data)
	output(t, s.cmd.Path, "user", "rm", "carl", "--data", s.data)

	trail := s.audit()
	for _, want := range []auditEntry{
		{"decnetd", "this host", "createUser", "OK", "admin"},
		{"vera", "127.0.0.1", "users", "FORBIDDEN", ""}, {"vera", "127.0.0.1", "teardown", "FORBIDDEN", ""}, {"vera", "127.0.0.1", "logout", "FORBIDDEN", ""},
		{"", "127.0.0.1", "deckyUpdated", "UNAUTHENTICATED", ""},
		{"admin", "127.0.0.1", "setMutateInterval", "BAD_USER_INPUT", ""}, {"admin", "127.0.0.1", "cancelLifecycle", "BAD_USER_INPUT", ""},
		{"admin", "127.0.0.1", "viewer", "LIMIT_EXCEEDED", ""},
		{"", "127.0.0.1", "backup", "UNAUTHENTICATED", ""}, {"vera", "127.0.0.1", "backup", "FORBIDDEN", ""}, {"admin", "127.0.0.1", "backup", "OK", ""},
		{"decnetd user", "this host", "createUser", "OK", "carl"}, {"decnetd user", "this host", "updateUser", "OK", "carl"}, {"decnetd user", "this host", "deleteUser", "OK", "carl"},
	} {
		require.True(t, slices.ContainsFunc(trail, func(e auditEntry) bool {
			return strings.HasPrefix(e.Actor, want.Actor) && e.Peer == want.Peer && e.Action == want.Action && e.Result == want.Result && strings.Contains(e.Detail, want.Detail)
		}), "%+v is not in %+v", want, trail)
	}
}

func TestScriptsTokens(t *testing.T) {
	s := start(t, "--engine", "sim")
	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}}))
	admin := s.as(s.Token)
	create := func(by asker, role string) (id, secret string) {
		var out struct {
			CreateToken struct {
				Secret string
				Token  struct{ ID, Role string }
			}
		}
		by.must(&out, `mutation($r: Role) { createToken(input: {name: "ci", role: $r, expiresIn: "24h"}) { secret token { id role } } }`, map[string]any{"r": role})
		require.Equal(t, role, out.CreateToken.Token.Role)
		return out.CreateToken.Token.ID, out.CreateToken.Secret
	}
	id, secret := create(admin, "OPERATOR")
	script := s.as(secret)
	script.must(nil, mutateA, nil)
	script.refused("FORBIDDEN", `{ users { username } }`, nil)
	script.refused("FORBIDDEN", `mutation { createToken(input: {name: "more", role: ADMIN}) { secret } }`, nil)
	// What is lent neither lends itself further nor shuts out who lent it.
	script.refused("FORBIDDEN", `mutation { createToken(input: {name: "more", role: VIEWER}) { secret } }`, nil)
	script.refused("FORBIDDEN", `mutation($p: String!) { changePassword(current: $p, new: "a script's own choice") { ok } }`, map[string]any{"p": password})
	other, _ := create(admin, "VIEWER")
	script.refused("FORBIDDEN", `mutation($id: ID!) { endToken(id: $id) { id } }`, map[string]any{"id": other})
	admin.refused("BAD_USER_INPUT", `mutation { createToken(input: {name: "", role: VIEWER}) { secret } }`, nil)
	admin.refused("BAD_USER_INPUT", `mutation { createToken(input: {name: "x", expiresIn: "100000h"}) { secret } }`, nil)
	s.eventually("its last use is known", func() bool {
		var out struct {
			Tokens []struct {
				ID, Kind   string
				LastUsedAt *time.Time
			}
		}
		admin.must(&out, `{ tokens { id kind lastUsedAt } }`, nil)
		for _, tok := range out.Tokens {
			if tok.ID == id {
				return tok.Kind == "SCRIPT" && tok.LastUsedAt != nil
			}
		}
		return false
	})
	admin.must(nil, `mutation($id: ID!) { endToken(id: $id) { id } }`, map[string]any{"id": id})
	script.refused("UNAUTHENTICATED", mutateA, nil)
	admin.refused("NOT_FOUND", `mutation($id: ID!) { endToken(id: $id) { id } }`, map[string]any{"id": id})
}

// What somebody has open ends within seconds when they lose the role that it was opened with, by whatever way.
func TestALostRoleEndsWhatIsOpen(t *testing.T) {
	s := start(t, "--engine", "sim")
	admin := s.as(s.Token)
	for name, lose := range map[string]func(user string){
		"role": func(u string) {
			admin.must(nil, `mutation($u: String!) { updateUser(input: {username: $u, role: VIEWER}) { user { role } } }`, map[string]any{"u": u})
		},
		"disabled": func(u string) {
			admin.must(nil, `mutation($u: String!) { updateUser(input: {username: $u, disabled: true}) { user { role } } }`, map[string]any{"u": u})
		},
		"deleted": func(u string) {
			admin.must(nil, `mutation($u: String!) { deleteUser(username: $u) { username } }`, map[string]any{"u": u})
		},
		"by-command": func(u string) { output(t, s.cmd.Path, "user", "rm", u, "--data", s.data) },
	} {
		t.Run(name, func(t *testing.T) {
			user := "u-" + strings.ToLower(name)
			admin.must(nil, `mutation($u: String!) { createUser(input: {username: $u, role: OPERATOR, password: "a password of theirs"}) { password } }`, map[string]any{"u": user})
			mine := *s
			mine.Token = s.login(user, "a password of theirs")
			socket := mine.subscribeRaw()
			_, _, err := socket.ReadMessage()
			require.NoError(t, err, "it is open")
			lose(user)
			for err == nil {
				_, _, err = socket.ReadMessage()
			}
			if name == "role" { // the token is good: clients come back with it
				require.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
				return
			}
			require.True(t, websocket.IsCloseError(err, 4401, 4403), "%v", err)
		})
	}
}
