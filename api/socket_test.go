package api_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"decnet/auth"
	"decnet/engine/sim"
	"decnet/ent/user"
	"decnet/internal/world"
	"decnet/store"
	"decnet/transport"
)

// socket is a client's WebSocket.
type socket struct {
	*websocket.Conn
	t *testing.T
}

// said is what the server says on a socket.
type said struct {
	ID, Type string
	Payload  json.RawMessage
}

// connect opens a socket and says who is there.
func (g *guarded) connect(token string) *socket {
	g.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{transport.Subprotocol}}
	conn, res, err := d.Dial(strings.Replace(g.URL, "http", "ws", 1), nil)
	require.NoError(g.t, err)
	_ = res.Body.Close()
	g.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(g.t, conn.SetReadDeadline(time.Now().Add(world.Patience)))
	s := &socket{conn, g.t}
	hello := map[string]any{}
	if token != "" {
		hello["Authorization"] = "Bearer " + token
	}
	s.send("connection_init", "", hello)
	return s
}

func (s *socket) send(kind, id string, payload any) {
	s.t.Helper()
	require.NoError(s.t, s.WriteJSON(map[string]any{"type": kind, "id": id, "payload": payload}))
}

func (s *socket) read(kind string) said {
	s.t.Helper()
	var m said
	require.NoError(s.t, s.ReadJSON(&m))
	require.Equal(s.t, kind, m.Type, "%s", m.Payload)
	return m
}

// ask runs a query or a mutation and returns its result.
func (s *socket) ask(query string) string {
	s.t.Helper()
	s.send("subscribe", "q", map[string]any{"query": query})
	result := s.read("next")
	s.read("complete")
	return string(result.Payload)
}

// refused is the code of what is refused before it runs.
func (s *socket) refused(query string) string {
	s.t.Helper()
	s.send("subscribe", "q", map[string]any{"query": query})
	var errs []refusal
	require.NoError(s.t, json.Unmarshal(s.read("error").Payload, &errs))
	return errs[0].Extensions.Code
}

// closed is the code that the socket is closed with next.
func (s *socket) closed() int {
	s.t.Helper()
	_, text, err := s.ReadMessage()
	var closed *websocket.CloseError
	require.ErrorAs(s.t, err, &closed, "%s", text)
	return closed.Code
}

// A role that changes ends an open socket in a way on which clients come back, with what they may then; an account that is shut ends it for good.
func TestWhatARoleDoesToASocket(t *testing.T) {
	g := withAuth(t)
	token, _ := g.signIn("vera", user.RoleViewer)
	g.signIn("ada", user.RoleAdmin)
	change := func(c auth.Change) {
		_, err := g.auth.UpdateUser(t.Context(), "vera", c)
		require.NoError(t, err)
	}
	become := func(r user.Role) { change(auth.Change{Role: &r}) }
	s := g.connect(token)
	s.read("connection_ack")
	s.send("subscribe", "s", map[string]any{"query": "subscription { lifecycleUpdated { seq } }"})
	require.Equal(t, "FORBIDDEN", s.refused("{ users { username } }"))
	become(user.RoleAdmin)
	require.Equal(t, websocket.CloseServiceRestart, s.closed())
	s = g.connect(token)
	s.read("connection_ack")
	require.Contains(t, s.ask("{ users { username } }"), "vera")
	become(user.RoleOperator)
	require.Equal(t, websocket.CloseServiceRestart, s.closed())

	s = g.connect(token)
	s.read("connection_ack")
	shut := true
	change(auth.Change{Disabled: &shut})
	require.Equal(t, transport.CloseForbidden, s.closed())
}

// A database that can't be read says nothing of the token: clients must not take it for the end of their sign-in.
func TestADatabaseThatFailsSignsNobodyOut(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "decnet.db")})
	require.NoError(t, err)
	g := serving(t, world.New(t, sim.New(sim.Options{})), auth.New(db, time.Now), 0)
	token, _ := g.signIn("vera", user.RoleViewer)
	require.NoError(t, db.Close())
	require.Equal(t, websocket.CloseTryAgainLater, g.connect(token).closed())
	require.Equal(t, transport.CloseForbidden, withAuth(t).connect(token).closed(), "where it is known that it is not good")
}

// Who changes the password that was due goes on on the same socket.
func TestAChangedPasswordUnlocksItsSocket(t *testing.T) {
	g := withAuth(t)
	_, err := g.auth.AddUser(t.Context(), "vera", longPassword, user.RoleViewer, true)
	require.NoError(t, err)
	token, _, err := g.auth.Login(t.Context(), "vera", longPassword, "192.0.2.1")
	require.NoError(t, err)
	s := g.connect(token)
	s.read("connection_ack")
	const query = "{ deckies { totalCount } }"
	require.Equal(t, "FORBIDDEN", s.refused(query))
	require.Contains(t, s.ask(`mutation { changePassword(current: "`+longPassword+`", new: "her own choice") { ok } }`), `"ok":true`)
	require.Contains(t, s.ask(query), `"totalCount":0`)
}

// Who signs out on a socket is told that it is done, and then it ends.
func TestASignOutOnASocketIsAnswered(t *testing.T) {
	g := withAuth(t)
	for name, how := range map[string]func(*auth.Identity) string{
		"logout": func(*auth.Identity) string { return "mutation { logout { ok } }" },
		"endtoken": func(id *auth.Identity) string {
			return `mutation { endToken(id: "` + string(id.TokenID) + `") { id } }`
		},
	} {
		t.Run(name, func(t *testing.T) {
			token, id := g.signIn(name, user.RoleViewer)
			s := g.connect(token)
			s.read("connection_ack")
			require.NotContains(t, s.ask(how(id)), "errors")
			require.Equal(t, transport.CloseForbidden, s.closed())
		})
	}
}

// A socket that nobody signs in on ends, where there is anything to sign in to.
func TestASocketThatNobodySignsInOnEnds(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	open := serving(t, w, nil, 1).connect("")
	open.read("connection_ack")
	g := serving(t, w, auth.New(w.Store, time.Now), 1)
	token, _ := g.signIn("vera", user.RoleViewer)
	hers := g.connect(token)
	hers.read("connection_ack")
	nobodys := g.connect("")
	nobodys.read("connection_ack")
	require.Equal(t, transport.CloseInitTimeout, nobodys.closed())
	for _, s := range []*socket{open, hers} {
		require.Contains(t, s.ask("{ deckies { totalCount } }"), `"totalCount":0`)
	}
}
