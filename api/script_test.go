package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/api"
	"decnet/auth"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/auditentry"
	"decnet/ent/user"
	"decnet/graph"
	"decnet/internal/world"
	"decnet/resolvers"
	"decnet/store"
)

// guarded is an API that asks who is there.
type guarded struct {
	*httptest.Server
	t     *testing.T
	auth  *auth.Auth
	store *store.Store
}

func withAuth(t *testing.T) *guarded {
	t.Helper()
	w := world.New(t, sim.New(sim.Options{}))
	return serving(t, w, auth.New(w.Store, time.Now), 0)
}

// serving serves a world; by nil lets everyone in.
func serving(t *testing.T, w *world.World, by *auth.Auth, anonymous time.Duration) *guarded {
	t.Helper()
	g := &guarded{t: t, auth: by, store: w.Store}
	a, err := api.New(api.Options{
		Resolver: &resolvers.Resolver{Store: w.Store, Fleet: w.Fleet, Feed: w.Feed, Catalog: w.Catalog, Engine: w.Engine, Auth: g.auth},
		AuthOff:  by == nil, Anonymous: anonymous,
		Limits: api.DefaultLimits(), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	require.NoError(t, err)
	g.Server = httptest.NewServer(a)
	t.Cleanup(g.Close)
	return g
}

// signIn makes a user and signs them in.
func (g *guarded) signIn(username string, role user.Role) (token string, id *auth.Identity) {
	g.t.Helper()
	_, err := g.auth.AddUser(g.t.Context(), username, longPassword, role, false)
	require.NoError(g.t, err)
	token, id, err = g.auth.Login(g.t.Context(), username, longPassword, "192.0.2.1")
	require.NoError(g.t, err)
	return token, id
}

const longPassword = "a long password"

// refusal is what one is told.
type refusal struct {
	Message    string
	Extensions struct{ Code string }
}

// ask asks by POST.
func (g *guarded) ask(token, query string, variables map[string]any) []refusal {
	g.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(g.t, err)
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.URL, strings.NewReader(string(body)))
	require.NoError(g.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(g.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(g.t, err)
	var answer struct{ Errors []refusal }
	require.NoError(g.t, json.Unmarshal(text, &answer), "%s", text)
	return answer.Errors
}

// What is lent neither outlasts its expiry nor shuts out who lent it, whatever its role: no mutation of who may sign in is for a script's token.
func TestAScriptsTokenChangesNobodysAccess(t *testing.T) {
	g := withAuth(t)
	_, owner := g.signIn("ada", user.RoleAdmin)
	_, other := g.signIn("olga", user.RoleOperator)
	_, secret, err := g.auth.NewToken(t.Context(), owner, "ci", user.RoleAdmin, time.Hour)
	require.NoError(t, err)
	tries := map[string][]string{
		"createUser": {`createUser(input: {username: "more", role: ADMIN}) { password }`, `createUser(input: {username: "more", role: VIEWER}) { password }`},
		"updateUser": {
			`updateUser(input: {username: "ada", resetPassword: true}) { password }`, `updateUser(input: {username: "olga", role: ADMIN}) { password }`,
			`updateUser(input: {username: "olga", disabled: true}) { password }`, `updateUser(input: {username: "ada"}) { password }`,
		},
		"deleteUser":     {`deleteUser(username: "olga") { username }`},
		"changePassword": {`changePassword(current: "` + longPassword + `", new: "a script's own choice") { ok }`},
		"createToken":    {`createToken(input: {name: "more"}) { secret }`},
		"endToken":       {`endToken(id: "` + string(owner.TokenID) + `") { id }`, `endToken(id: "` + string(other.TokenID) + `") { id }`},
	}
	before := g.access()
	for _, f := range graph.NewExecutableSchema(graph.Config{}).Schema().Mutation.Fields {
		if !strings.HasSuffix(f.Position.Src.Name, "/access.graphqls") {
			continue
		}
		require.NotEmpty(t, tries[f.Name], "say here how a script would use %s", f.Name)
		for _, try := range tries[f.Name] {
			errs := g.ask(secret, "mutation { "+try+" }", nil)
			require.Len(t, errs, 1, try)
			require.Equal(t, "FORBIDDEN", errs[0].Extensions.Code, try)
			require.Equal(t, auth.ErrByScript.Error(), errs[0].Message, try)
		}
	}
	require.Equal(t, before, g.access())
	require.Empty(t, g.ask(secret, `mutation { logout { ok } }`, nil), "itself it may end")
}

// access is who may sign in, and what is good for it.
func (g *guarded) access() (all []string) {
	g.t.Helper()
	users, err := g.auth.Users(g.t.Context())
	require.NoError(g.t, err)
	for _, u := range users {
		all = append(all, u.Username+" "+u.Role.String()+" "+u.PasswordHash)
		tokens, err := g.auth.Tokens(g.t.Context(), u.Username)
		require.NoError(g.t, err)
		for _, t := range tokens {
			all = append(all, string(t.ID))
		}
	}
	return all
}

// A user is changed as a whole or not at all, with one entry of the trail.
func TestAUserIsChangedInOne(t *testing.T) {
	g := withAuth(t)
	admin, _ := g.signIn("ada", user.RoleAdmin)
	g.signIn("vera", user.RoleViewer)
	const query = `mutation($u: String!) { updateUser(input: {username: $u, role: OPERATOR, resetPassword: true}) { password user { role passwordDue } } }`

	_, _, err := g.auth.LoginExternal(t.Context(), auth.External{Subject: "s", Username: "erik", Role: user.RoleViewer}, "192.0.2.1")
	require.NoError(t, err)
	before, trail := g.access(), g.trail("updateUser")
	require.Equal(t, "BAD_USER_INPUT", g.ask(admin, query, map[string]any{"u": "erik"})[0].Extensions.Code, "they have no password here")
	require.Equal(t, before, g.access(), "so the role stays, too")
	require.Equal(t, append(trail, "BAD_USER_INPUT"), g.trail("updateUser"))

	require.Empty(t, g.ask(admin, query, map[string]any{"u": "vera"}))
	require.Equal(t, append(trail, "BAD_USER_INPUT", "OK"), g.trail("updateUser"))
	users, err := g.auth.Users(t.Context())
	require.NoError(t, err)
	vera := users[slices.IndexFunc(users, func(u *ent.User) bool { return u.Username == "vera" })]
	require.Equal(t, user.RoleOperator, vera.Role)
	require.True(t, vera.PasswordDue)
}

// trail is what came of each time that an action was asked for.
func (g *guarded) trail(action string) (results []string) {
	g.t.Helper()
	all, err := g.store.Read.AuditEntry.Query().Where(auditentry.Action(action)).Order(auditentry.ByNumber()).All(g.t.Context())
	require.NoError(g.t, err)
	for _, e := range all {
		results = append(results, e.Result)
	}
	return results
}

// A stranger's request is one entry of the trail, however many fields they ask for.
func TestAStrangersRequestIsOneEntry(t *testing.T) {
	g := withAuth(t)
	require.NotEmpty(t, g.ask("", `{ users { username } tokens { id } deckies { totalCount } }`, nil))
	n, err := g.store.Read.AuditEntry.Query().Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"UNAUTHENTICATED"}, g.trail("users"))
}
