package auth

import (
	"context"
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

// However many names are made up, from however many networks, those who mean well get in: with passwords that cost nothing to refuse, too.
func TestMadeUpNamesShutNobodyOut(t *testing.T) {
	a := withVera(t)
	_, _, err := a.Login(t.Context(), "vera", "a long password", "192.0.2.1")
	require.NoError(t, err)
	for i := range 6500 {
		for j := range addressesMax {
			_, _, err := a.Login(t.Context(), fmt.Sprintf("name-%d-%d", i, j), unhashed, fmt.Sprintf("2001:db8:%x:%x::1", i, j%3))
			require.NoError(t, wrongIsFine(err))
		}
	}
	for i := range 20 {
		_, _, err := a.Login(t.Context(), "vera", "a long password", fmt.Sprintf("2001:db9:%x::1", i))
		require.NoError(t, err, "from a fresh address")
	}
	_, _, err = a.Login(t.Context(), "vera", "a long password", "192.0.2.1")
	require.NoError(t, err, "from where she is signed in")
}

// What is counted of others' names is counted for them alone, in a memory that does not grow, and what is beyond the bound lengthens nothing.
func TestMadeUpNamesFillNothing(t *testing.T) {
	now := time.Now()
	l := newLimiter(func() time.Time { return now }, namesMax)
	tried := func(key string) (n int) {
		for l.allow(key) {
			n++
		}
		return n
	}
	require.Equal(t, namesMax, tried("vera"))
	for i := range 20 * limiterKeys {
		require.True(t, l.allow(fmt.Sprint("name-", i)), "nobody tried it before")
		if i%(limiterKeys/2) == 0 {
			require.False(t, l.allow("vera"), "what is being guessed at is not forgotten")
		}
	}
	require.Equal(t, limiterKeys, l.keys.Len())
	l.takeBack("vera")
	require.Equal(t, 1, tried("vera"), "those that were refused don't count")
	now = now.Add(triesWindow + 1)
	require.Equal(t, namesMax, tried("vera"))
}

// A site with thousands of IPv6 networks is stopped as one, and shuts no other out.
func TestAnIPv6SiteIsBounded(t *testing.T) {
	a := withVera(t)
	tried := 0
	for i := range 2 * sitesMax {
		if _, _, err := a.Login(t.Context(), "vera", unhashed, fmt.Sprintf("2001:db8:1:%x::1", i)); err == ErrWrongPassword { //nolint:errorlint // the very value
			tried++
		}
	}
	require.Equal(t, sitesMax, tried)
	_, _, err := a.Login(t.Context(), "vera", "a long password", "2001:db8:2::1")
	require.NoError(t, err)
}

// An attempt that is refused by one count is counted by none.
func TestARefusedAttemptCountsNowhere(t *testing.T) {
	a := withVera(t)
	a.compare = never
	for range 3 * namesMax {
		_, _, err := a.Login(t.Context(), "vera", "guess", "192.0.2.1")
		require.NoError(t, wrongIsFine(err))
	}
	for i := range addressesMax - triesMax {
		_, _, err := a.Login(t.Context(), fmt.Sprintf("name-%d", i), "guess", "192.0.2.1")
		require.ErrorIs(t, err, ErrWrongPassword, "ten of the address's are spent")
	}
	_, _, err := a.Login(t.Context(), "another", "guess", "192.0.2.1")
	require.ErrorIs(t, err, ErrTooMany)
}

// What goes wrong inside is not taken for too many attempts, whose words go to the client.
func TestAFailureIsNoRefusal(t *testing.T) {
	a := withVera(t)
	for a.names.allow("vera") { // so that it has to be looked up whether she is signed in
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := a.Login(ctx, "vera", "guess", "192.0.2.1")
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrTooMany)
}

// never compares in no time, and finds nothing right.
func never(string, string) (bool, error) { return false, nil }

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
	compare := a.compare
	a.compare = never
	for i := range namesMax + 1 {
		_, _, err = a.Login(t.Context(), "vera", "guess", fmt.Sprintf("10.0.%d.1", i))
	}
	require.ErrorIs(t, err, ErrTooMany)
	for i := range 2 * addressesMax { // and those of her own host behind the same address
		_, _, err = a.Login(t.Context(), fmt.Sprintf("name-%d", i), "guess", "192.0.2.1")
	}
	require.ErrorIs(t, err, ErrTooMany)
	a.compare = compare
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

// A role that has changed, whichever way, ends what is open with the old one, for good only where the account is shut.
func TestARoleThatChangesEndsWhatIsOpen(t *testing.T) {
	a := withVera(t)
	_, err := a.AddUser(t.Context(), "ada", "a long password", user.RoleAdmin, false)
	require.NoError(t, err)
	_, id, err := a.Login(t.Context(), "vera", "a long password", "192.0.2.1")
	require.NoError(t, err)
	var ended error
	for _, r := range []user.Role{user.RoleAdmin, user.RoleOperator} {
		ended = nil
		_, stop := a.Follow(id, func(cause error) { ended = cause })
		defer stop()
		_, err := a.UpdateUser(t.Context(), "vera", Change{Role: &r})
		require.NoError(t, err)
		require.ErrorIs(t, ended, ErrChanged)
		next := *id
		next.Role = r
		id = &next
	}
	_, stop := a.Follow(id, func(cause error) { ended = cause })
	defer stop()
	shut := true
	_, err = a.UpdateUser(t.Context(), "vera", Change{Disabled: &shut})
	require.NoError(t, err)
	require.ErrorIs(t, ended, ErrEnded)
}
