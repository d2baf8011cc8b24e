package auth

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/ent/user"
	"decnet/store"
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
