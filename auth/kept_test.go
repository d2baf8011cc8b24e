package auth

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/ent"
	"decnet/ent/auditentry"
	"decnet/ent/user"
	"decnet/store"
	"decnet/store/storetest"
)

// Whoever has the database's files can't sign in with what is in them.
func TestTheDatabaseHoldsNothingToSignInWith(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "decnet.db")})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	a := New(s, time.Now)
	const password = "a long password"
	_, err = a.AddUser(t.Context(), "vera", password, user.RoleOperator, false)
	require.NoError(t, err)
	token, _, err := a.Login(t.Context(), "vera", password, "192.0.2.1")
	require.NoError(t, err)

	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	var kept []byte
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		kept = append(kept, text...)
	}
	require.Contains(t, string(kept), "vera", "this is where they are kept")
	for _, secret := range []string{password, token, token[len(tokenPrefix):]} {
		require.NotContains(t, string(kept), secret)
	}
}

// An address that is refused again and again fills no disk, and hides nobody else's refusals.
func TestRefusalsFillNoTrail(t *testing.T) {
	a := withVera(t)
	from := func(peer string) int {
		for i := range 300 {
			a.Refused(WithPeer(t.Context(), peer), Audit{Actor: fmt.Sprint("name-", i), Action: "login", Result: "UNAUTHENTICATED"})
		}
		n, err := a.store.Read.AuditEntry.Query().Count(t.Context())
		require.NoError(t, err)
		return n
	}
	first := from("192.0.2.1")
	require.Positive(t, first)
	require.Less(t, first, 300)
	require.Equal(t, first, from("192.0.2.1"))
	require.Equal(t, 2*first, from("192.0.2.2"))
}

// Strangers with many addresses fill no disk either; how much the trail does not have stands in it.
func TestStrangersRefusalsFillNoTrail(t *testing.T) {
	now := time.Now()
	a := New(storetest.New(t), func() time.Time { return now })
	entries := func() []*ent.AuditEntry {
		all, err := a.store.Read.AuditEntry.Query().Order(auditentry.ByNumber()).All(t.Context())
		require.NoError(t, err)
		return all
	}
	flood := func(ctx context.Context) {
		for i := range 2 * strangersMax {
			a.Refused(WithPeer(ctx, fmt.Sprintf("2001:db8:%x::1", i)), Audit{Action: "login", Result: "UNAUTHENTICATED"})
		}
	}
	flood(t.Context())
	require.Len(t, entries(), strangersMax)
	a.Refused(With(WithPeer(t.Context(), "192.0.2.1"), &Identity{Username: "vera"}), Audit{Actor: "vera", Action: "users", Result: "FORBIDDEN"})
	require.Equal(t, "vera", entries()[strangersMax].Actor, "who has signed in is not hidden among them")

	now = now.Add(triesWindow + time.Second)
	a.tellLeftOut(t.Context())
	a.tellLeftOut(t.Context())
	require.Len(t, entries(), strangersMax+2)
	told := entries()[strangersMax+1]
	require.Equal(t, []string{"decnetd", ThisHost, "refusals", "LIMIT_EXCEEDED"}, []string{told.Actor, told.Peer, told.Action, told.Result})
	require.JSONEq(t, fmt.Sprintf(`{"leftOut":%d}`, strangersMax), told.Detail)

	flood(t.Context())
	require.Len(t, entries(), 2*strangersMax+2, "the next five minutes have room again")
}
