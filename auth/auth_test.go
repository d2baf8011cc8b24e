package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/auth"
	"decnet/ent/user"
	"decnet/store/storetest"
)

func TestSigningIn(t *testing.T) {
	now := time.Now()
	a := auth.New(storetest.New(t), func() time.Time { return now })
	password, made, err := a.EnsureAdmin(t.Context(), "")
	require.NoError(t, err)
	require.True(t, made)
	_, made, err = a.EnsureAdmin(t.Context(), "")
	require.NoError(t, err)
	require.False(t, made, "the password is made once")

	token, id, err := a.Login(t.Context(), "admin", password, "10.0.0.1")
	require.NoError(t, err)
	require.True(t, id.May(user.RoleAdmin))
	who, err := a.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, "admin", who.Username)
	for _, bad := range []string{"", "nonsense", token + "x"} {
		who, err := a.Authenticate(t.Context(), bad)
		require.NoError(t, err)
		require.Nil(t, who)
		require.False(t, who.May(user.RoleViewer))
	}
	_, _, err = a.Login(t.Context(), "admin", "wrong password", "10.0.0.1")
	require.ErrorIs(t, err, auth.ErrWrongPassword)
	_, _, err = a.Login(t.Context(), "nobody", password, "10.0.0.1")
	require.ErrorIs(t, err, auth.ErrWrongPassword, "which of the two is wrong is not told")

	ended := 0
	a.OnEnd(id, func() { ended++ })
	a.OnEnd(id, func() { ended += 10 })()
	require.NoError(t, a.Logout(t.Context(), who))
	require.Equal(t, 1, ended, "what is open under a sign-in ends with it")
	who, err = a.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Nil(t, who)

	token, _, err = a.Login(t.Context(), "admin", password, "10.0.0.1")
	require.NoError(t, err)
	now = now.Add(auth.TokenLife + time.Second)
	who, err = a.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Nil(t, who, "a token ends")
}

func TestGuessingIsSlowedDown(t *testing.T) {
	now := time.Now()
	a := auth.New(storetest.New(t), func() time.Time { return now })
	_, err := a.AddUser(t.Context(), "vera", "a long password", user.RoleViewer, false)
	require.NoError(t, err)
	for range 30 {
		if _, _, err = a.Login(t.Context(), "vera", "guess", "10.0.0.1"); err != nil && err != auth.ErrWrongPassword { //nolint:errorlint // the very value
			break
		}
	}
	require.ErrorIs(t, err, auth.ErrTooMany)
	now = now.Add(10 * time.Minute)
	_, id, err := a.Login(t.Context(), "vera", "a long password", "10.0.0.1")
	require.NoError(t, err)
	require.False(t, id.May(user.RoleAdmin))
}

func TestAStrangerCantShutSomebodyOut(t *testing.T) {
	a := auth.New(storetest.New(t), time.Now)
	_, err := a.AddUser(t.Context(), "vera", "a long password", user.RoleViewer, false)
	require.NoError(t, err)
	for range 100 {
		if _, _, err = a.Login(t.Context(), "vera", "guess", "10.0.0.1"); errors.Is(err, auth.ErrTooMany) {
			break
		}
	}
	require.ErrorIs(t, err, auth.ErrTooMany)
	_, _, err = a.Login(t.Context(), "vera", "a long password", "10.0.0.2")
	require.NoError(t, err, "from her own address she gets in")
}

// A password that somebody else has chosen is good for choosing another one only: itself is none.
func TestAPrintedPasswordIsNotChosenAgain(t *testing.T) {
	a := auth.New(storetest.New(t), time.Now)
	password, _, err := a.EnsureAdmin(t.Context(), "")
	require.NoError(t, err)
	token, id, err := a.Login(t.Context(), "admin", password, "10.0.0.1")
	require.NoError(t, err)
	require.ErrorIs(t, a.ChangePassword(t.Context(), id, "not it at all", "her own choice"), auth.ErrNotCurrent)
	require.ErrorIs(t, a.ChangePassword(t.Context(), id, password, password), auth.ErrSamePassword)
	who, err := a.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.True(t, who.PasswordDue, "it is still to be changed")
	require.NoError(t, a.ChangePassword(t.Context(), id, password, "her own choice"))
	who, err = a.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.False(t, who.PasswordDue)
}

// Where nobody signs in there is nobody whose token or password it would be.
func TestNobodyHasNoTokensAndNoPassword(t *testing.T) {
	a := auth.New(storetest.New(t), time.Now)
	_, _, err := a.NewToken(t.Context(), auth.Nobody(), "ci", user.RoleViewer, time.Hour)
	require.ErrorIs(t, err, auth.ErrNobody)
	require.ErrorIs(t, a.ChangePassword(t.Context(), auth.Nobody(), "a password", "another one"), auth.ErrNobody)
}
