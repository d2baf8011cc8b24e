package auth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/ent/user"
	"decnet/store/storetest"
)

// unhashed is a password that can't be right and that nobody's time is spent on.
var unhashed = strings.Repeat("x", maxPassword+1)

func withVera(t *testing.T) *Auth {
	t.Helper()
	a := New(storetest.New(t), time.Now)
	_, err := a.AddUser(t.Context(), "vera", "a long password", user.RoleOperator, false)
	require.NoError(t, err)
	return a
}

// Whoever has an IPv6 network has more addresses than there are counters.
func TestAnIPv6HostIsOneAddress(t *testing.T) {
	a := withVera(t)
	var err error
	for i := range addressesMax + 1 {
		_, _, err = a.Login(t.Context(), fmt.Sprintf("name-%d", i), unhashed, fmt.Sprintf("2001:db8:1:1::%x", i+1))
	}
	require.ErrorIs(t, err, ErrTooMany)
	_, _, err = a.Login(t.Context(), "vera", "a long password", "2001:db8:1:2::1")
	require.NoError(t, err, "the neighbour is another host")
}

// However many names are made up, from however many addresses, those who mean well get in.
func TestMadeUpNamesFillNothing(t *testing.T) {
	a := withVera(t)
	for i := range 11_000 {
		_, _, err := a.Login(t.Context(), fmt.Sprintf("name-%d", i), unhashed, fmt.Sprintf("10.%d.%d.1", i/250, i%250))
		require.NoError(t, wrongIsFine(err))
	}
	_, _, err := a.Login(t.Context(), "vera", "a long password", "192.0.2.1")
	require.NoError(t, err)
}

func wrongIsFine(err error) error {
	if err == ErrWrongPassword || err == ErrTooMany { //nolint:errorlint // the very values
		return nil
	}
	return err
}

// Strangers with many addresses can spend all attempts at a name whose owner is signed in.
func TestWhoIsSignedInIsNotShutOutByStrangers(t *testing.T) {
	a := withVera(t)
	_, _, err := a.Login(t.Context(), "vera", "a long password", "192.0.2.1")
	require.NoError(t, err)
	for i := range namesMax + 1 {
		_, _, err = a.Login(t.Context(), "vera", unhashed, fmt.Sprintf("10.0.%d.1", i))
	}
	require.ErrorIs(t, err, ErrTooMany)
	_, _, err = a.Login(t.Context(), "vera", "a long password", "192.0.2.2")
	require.ErrorIs(t, err, ErrTooMany, "from anywhere else it could be one of them")
	_, _, err = a.Login(t.Context(), "vera", "a long password", "192.0.2.1")
	require.NoError(t, err)
}

// Whoever has an account can't start the count of their guesses at others' anew by signing in.
func TestASignInForgivesNoGuesses(t *testing.T) {
	a := withVera(t)
	var err error
	guesses := 0
	for i := 0; i < 2*addressesMax && err != ErrTooMany; i++ { //nolint:errorlint // the very value
		if i%10 == 5 {
			_, _, err = a.Login(t.Context(), "vera", "a long password", "192.0.2.1")
			require.NoError(t, err)
		}
		_, _, err = a.Login(t.Context(), fmt.Sprintf("name-%d", i), unhashed, "192.0.2.1")
		guesses++
	}
	require.ErrorIs(t, err, ErrTooMany)
	require.Equal(t, addressesMax+1, guesses)
}

func TestSignInsAndTokensAreBounded(t *testing.T) {
	a := withVera(t)
	vera, err := a.store.Read.User.Query().Only(t.Context())
	require.NoError(t, err)
	first, id, err := a.signIn(t.Context(), vera, "192.0.2.1")
	require.NoError(t, err)
	last := ""
	for range sessionsMax {
		last, _, err = a.signIn(t.Context(), vera, "192.0.2.1")
		require.NoError(t, err)
	}
	who, err := a.Authenticate(t.Context(), first)
	require.NoError(t, err)
	require.Nil(t, who, "the oldest has ended")
	who, err = a.Authenticate(t.Context(), last)
	require.NoError(t, err)
	require.NotNil(t, who)
	for range tokensMax {
		_, _, err = a.NewToken(t.Context(), id, "ci", user.RoleViewer, time.Hour)
		require.NoError(t, err)
	}
	_, _, err = a.NewToken(t.Context(), id, "ci", user.RoleViewer, time.Hour)
	require.ErrorIs(t, err, ErrTooManyTokens)
}

// A role that was lost on another server ends what was opened with it, also of a client that keeps asking under the same token.
func TestALostRoleEndsWhatWasOpenedWithIt(t *testing.T) {
	db := storetest.New(t)
	here, elsewhere := New(db, time.Now), New(db, time.Now)
	_, _, err := here.EnsureAdmin(t.Context(), "a long password")
	require.NoError(t, err)
	_, err = here.AddUser(t.Context(), "vera", "a long password", user.RoleOperator, false)
	require.NoError(t, err)
	token, id, err := here.Login(t.Context(), "vera", "a long password", "192.0.2.1")
	require.NoError(t, err)
	stream, newer := false, false
	here.OnEnd(id, func() { stream = true })
	viewer := user.RoleViewer
	_, err = elsewhere.UpdateUser(t.Context(), "vera", Change{Role: &viewer})
	require.NoError(t, err)
	now, err := here.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, user.RoleViewer, now.Role)
	here.OnEnd(now, func() { newer = true })
	here.recheck(t.Context())
	require.True(t, stream)
	require.False(t, newer, "what was opened with the role that they have goes on")
}
