// Package auth knows who may sign in, and who is asking. Passwords are kept as argon2id, tokens as their SHA-256: neither can be
// read back from the database.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/alexedwards/argon2id"

	"decnet/ent"
	"decnet/ent/token"
	"decnet/ent/user"
	"decnet/pid"
	"decnet/store"
)

const (
	// TokenLife is how long a sign-in is good.
	TokenLife = 12 * time.Hour
	// tokenPrefix lets people and secret scanners see what a token is.
	tokenPrefix = "decnet_"
	// Hashing a password costs 19 MiB and a core for a moment: no more than this many at once, whoever asks.
	maxHashing = 2

	minPassword, maxPassword = 8, 256
	// A user's sign-ins and scripts' tokens are bounded: of sign-ins the oldest ends.
	sessionsMax, tokensMax = 200, 100
)

// params are OWASP's for argon2id: 19 MiB, two passes, one lane.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// What a sign-in or an account can be refused for.
var (
	ErrWrongPassword = errors.New("the user name or the password is wrong")
	ErrNotCurrent    = errors.New("that is not your present password")
	ErrSamePassword  = errors.New("this is the password that you have: choose another one")
	ErrTooMany       = errors.New("too many attempts to sign in: wait a few minutes")
	ErrBadUsername   = errors.New("a user name has 1 to 64 of a-z, 0-9, dot, dash and underscore")
	ErrBadPassword   = fmt.Errorf("a password has %d to %d characters", minPassword, maxPassword)
	ErrUserExists    = errors.New("there is a user of that name already")
	ErrNoUser        = errors.New("there is no user of that name")
	ErrElsewhere     = errors.New("they sign in elsewhere (OIDC), and have no password here")
	ErrShutOut       = errors.New("this account is shut")
)

var usernamePattern = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)

// Identity is who is asking.
type Identity struct {
	Username string
	// Role is what they may do: the lesser of the user's and the token's.
	Role user.Role
	// PasswordDue says that they may do nothing but change their password.
	PasswordDue bool
	// External says that they sign in at a provider, and have no password here.
	External bool
	// Script says that they came with a script's token: what is lent must not be able to lend itself further, or to shut out who lent it.
	Script bool
	// TokenID is the sign-in they came with; "" when signing in is turned off.
	TokenID   pid.ID
	ExpiresAt time.Time // zero: never
}

// ranks puts the roles in their order: each may do what those before it may.
var ranks = []user.Role{user.RoleViewer, user.RoleOperator, user.RoleAdmin}

func rank(r user.Role) int { return slices.Index(ranks, r) }

// lesser is the one of two roles that may do less.
func lesser(a, b user.Role) user.Role { return ranks[min(rank(a), rank(b))] }

// May tells whether the identity has at least a role. The nil Identity is anonymous and may nothing.
func (i *Identity) May(role user.Role) bool { return i != nil && rank(i.Role) >= rank(role) }

// Auth signs people in.
type Auth struct {
	store   *store.Store
	now     func() time.Time
	hashing chan struct{}
	dummy   func() (string, error)                    // a hash that no password has, so that an unknown name costs the same time
	compare func(password, hash string) (bool, error) // as argon2id does

	tries, addresses, sites, names *limiter // sign-ins

	refusals, strangers *limiter // that go to the audit trail: by address, and of those who have not signed in altogether

	mu   sync.Mutex
	left leftOut
	open map[pid.ID]map[int]*opened // by token
	next int
}

// opened is a request or a stream that is under way.
type opened struct {
	as    *Identity         // who it is, as of now: with the role that it was opened with
	ended func(cause error) // what to call when they may no longer
}

// Why what is open ends.
var (
	// ErrEnded says that the token, or its user, is no longer good.
	ErrEnded = errors.New("the sign-in is over")
	// ErrChanged says that the token is good, and for something else than it was: whoever comes back with it is let in.
	ErrChanged = errors.New("what you may do has changed")
)

// New returns an Auth on a store.
func New(s *store.Store, now func() time.Time) *Auth {
	return &Auth{
		store: s, now: now, hashing: make(chan struct{}, maxHashing), open: map[pid.ID]map[int]*opened{},
		tries: newLimiter(now, triesMax), addresses: newLimiter(now, addressesMax), sites: newLimiter(now, sitesMax), names: newLimiter(now, namesMax),
		refusals: newLimiter(now, refusalsMax), strangers: newLimiter(now, strangersMax),
		compare: argon2id.ComparePasswordAndHash,
		dummy:   sync.OnceValues(func() (string, error) { return argon2id.CreateHash(random(), params) }),
	}
}

// random is 32 bytes that nobody can guess, as text.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// NewPassword makes a password that nobody can guess.
func NewPassword() string { return random()[:20] }

// EnsureAdmin makes the user "admin" when there is no user at all: with the given password, or one that it makes and returns. made is
// false when there were users already.
func (a *Auth) EnsureAdmin(ctx context.Context, password string) (with string, made bool, err error) {
	n, err := a.store.Read.User.Query().Count(ctx)
	if err != nil {
		return "", false, fmt.Errorf("count the users: %w", err)
	}
	if n > 0 {
		return "", false, nil
	}
	given := password != ""
	if !given {
		password = NewPassword()
	}
	// A password that was made is on a terminal and in its history: it is good for choosing another one.
	ctx, written := a.Along(WithPeer(ctx, ThisHost), Audit{Actor: "decnetd", Action: "createUser", Result: OK, Detail: `{"input":{"role":"ADMIN","username":"admin"}}`})
	if _, err := a.AddUser(ctx, "admin", password, user.RoleAdmin, !given); err != nil {
		return "", false, err
	}
	written()
	return password, true, nil
}

// AddUser makes a user. With due they must change the password before they can do anything else.
func (a *Auth) AddUser(ctx context.Context, username, password string, role user.Role, due bool) (made *ent.User, err error) {
	if !usernamePattern.MatchString(username) {
		return nil, ErrBadUsername
	}
	hash, err := a.hash(password)
	if err != nil {
		return nil, err
	}
	err = a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		exists, err := tx.User.Query().Where(user.Username(username)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for user %q: %w", username, err)
		}
		if exists {
			return ErrUserExists
		}
		made, err = tx.User.Create().SetUsername(username).SetPasswordHash(hash).SetRole(role).SetPasswordDue(due).SetCreatedAt(store.Time(a.now())).Save(ctx)
		if err != nil {
			return fmt.Errorf("create user %q: %w", username, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return made.Unwrap(), nil
}

// SetPassword changes a user's password and ends all their sign-ins but the one that is given. Scripts' tokens go on. With due they must change it
// before they can do anything else.
func (a *Auth) SetPassword(ctx context.Context, username, password string, due bool, but pid.ID) error {
	hash, err := a.hash(password)
	if err != nil {
		return err
	}
	return a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := one(ctx, tx, username)
		if err != nil {
			return err
		}
		return setHash(ctx, tx, u, hash, due, but)
	})
}

// one reads a user who has to be there.
func one(ctx context.Context, tx *store.Tx, username string) (*ent.User, error) {
	u, err := tx.User.Query().Where(user.Username(username)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNoUser
	}
	if err != nil {
		return nil, fmt.Errorf("read user %q: %w", username, err)
	}
	return u, nil
}

// setHash is SetPassword for a password that is hashed already: nobody else's write waits for that.
func setHash(ctx context.Context, tx *store.Tx, u *ent.User, hash string, due bool, but pid.ID) error {
	if u.Subject != nil {
		return ErrElsewhere
	}
	if err := tx.User.Update().Where(user.ID(u.ID)).SetPasswordHash(hash).SetPasswordDue(due).Exec(ctx); err != nil {
		return fmt.Errorf("set the password of %q: %w", u.Username, err)
	}
	if _, err := tx.Token.Delete().Where(token.UserID(u.ID), token.KindEQ(token.KindSession), token.IDNEQ(but)).Exec(ctx); err != nil {
		return fmt.Errorf("end the sign-ins of %q: %w", u.Username, err)
	}
	return nil
}

// RemoveUser deletes a user and all their sign-ins.
func (a *Auth) RemoveUser(ctx context.Context, username string) error {
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.User.Delete().Where(user.Username(username)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete user %q: %w", username, err)
		}
		if n == 0 {
			return ErrNoUser
		}
		return someAdmin(ctx, tx)
	})
	if err == nil {
		a.recheck(ctx)
	}
	return err
}

// Users lists all users by name.
func (a *Auth) Users(ctx context.Context) ([]*ent.User, error) {
	return a.store.Read.User.Query().Order(user.ByUsername()).All(ctx)
}

func (a *Auth) hash(password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", ErrBadPassword
	}
	a.hashing <- struct{}{}
	defer func() { <-a.hashing }()
	hash, err := argon2id.CreateHash(password, params)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// Login trades a name and a password for a token. from is the caller's address: guesses are counted for it and for the name. What went wrong
// is never told more closely than ErrWrongPassword, and takes the same time.
func (a *Auth) Login(ctx context.Context, username, password, from string) (string, *Identity, error) {
	if len(password) > maxPassword { // it can't be right and costs no hash: nobody's count but the sender's own may be spent so cheaply
		if err := a.Try(from); err != nil {
			return "", nil, err
		}
		return "", nil, ErrWrongPassword
	}
	counted, err := a.attempt(ctx, username, from)
	if err != nil {
		return "", nil, err
	}
	u, ok, err := a.guess(ctx, username, password)
	if err != nil { // nothing was learnt by it
		counted.giveBack()
		return "", nil, err
	}
	if !ok {
		return "", nil, ErrWrongPassword
	}
	// Whoever has an account must not be able to start the count of their guesses at others' anew.
	counted.giveBack()
	a.tries.forget(here(username, from))
	return a.signIn(ctx, u, from)
}

// guess compares a password with a user's. It takes as long when there is no such user, or when they are shut out.
func (a *Auth) guess(ctx context.Context, username, password string) (*ent.User, bool, error) {
	u, err := a.store.Read.User.Query().Where(user.Username(username)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, false, fmt.Errorf("look for user: %w", err)
	}
	hash, err := a.dummy()
	if err != nil {
		return nil, false, fmt.Errorf("hash a password: %w", err)
	}
	if u != nil {
		hash = u.PasswordHash
	}
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, false, context.Cause(ctx)
	}
	ok, err := a.compare(password, hash)
	<-a.hashing
	if err != nil && u != nil {
		return nil, false, fmt.Errorf("compare a password: %w", err)
	}
	return u, ok && u != nil && !u.Disabled, nil
}

// attempt counts an attempt to sign in, or says that it is one too many. Where somebody is signed in already, only guesses at their own name from there count: strangers shut nobody
// out of it, whatever they spend.
func (a *Auth) attempt(ctx context.Context, username, from string) (counts, error) {
	own := counts{{a.tries, here(username, from)}}
	if all := append(a.from(from), own[0], count{a.names, username}); all.take() {
		return all, nil
	}
	switch at, err := a.isAt(ctx, username, from); {
	case err != nil:
		return nil, err
	case !at || !own.take():
		return nil, ErrTooMany
	}
	return own, nil
}

// here is a name at an address, as guesses are counted by.
func here(username, from string) string { return username + " from " + Host(from) }

// from is what an attempt is counted by for where it comes from alone.
func (a *Auth) from(address string) counts {
	c := counts{{a.addresses, Host(address)}}
	if site := site(address); site != "" {
		c = append(c, count{a.sites, site})
	}
	return c
}

// Try counts an attempt to sign in elsewhere by its address; LoginExternal takes it back. The error is ErrTooMany.
func (a *Auth) Try(from string) error {
	if !a.from(from).take() {
		return ErrTooMany
	}
	return nil
}

// isAt tells whether a user has a token that was made from a host.
func (a *Auth) isAt(ctx context.Context, username, from string) (bool, error) {
	peers, err := a.store.Read.Token.Query().Where(token.HasUserWith(user.Username(username)), token.ExpiresAtGT(store.Time(a.now()))).
		Unique(true).Select(token.FieldPeer).Strings(ctx)
	if err != nil {
		return false, fmt.Errorf("look for the user's sign-ins: %w", err)
	}
	host := Host(from)
	return slices.ContainsFunc(peers, func(p string) bool { return Host(p) == host }), nil
}

// signIn makes a sign-in for somebody who has shown who they are.
func (a *Auth) signIn(ctx context.Context, u *ent.User, from string) (string, *Identity, error) {
	text := tokenPrefix + random()
	id := &Identity{Username: u.Username, Role: u.Role, PasswordDue: u.PasswordDue, External: u.Subject != nil, TokenID: pid.New(pid.Token), ExpiresAt: store.Time(a.now().Add(TokenLife))}
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Token.Delete().Where(token.ExpiresAtLT(store.Time(a.now()))).Exec(ctx); err != nil {
			return fmt.Errorf("forget old tokens: %w", err)
		}
		if err := a.forgetOldest(ctx, tx, u.ID); err != nil {
			return err
		}
		err := tx.Token.Create().SetID(id.TokenID).SetUserID(u.ID).SetHash(digest(text)).SetPeer(from).
			SetExpiresAt(id.ExpiresAt).SetCreatedAt(store.Time(a.now())).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store the token: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	return text, id, nil
}

// forgetOldest makes room for another sign-in of a user.
func (a *Auth) forgetOldest(ctx context.Context, tx *store.Tx, u pid.ID) error {
	old, err := tx.Token.Query().Where(token.UserID(u), token.KindEQ(token.KindSession)).Order(token.ByID(sql.OrderDesc())).Offset(sessionsMax - 1).Limit(tokensMax).IDs(ctx)
	if err != nil {
		return fmt.Errorf("list the sign-ins: %w", err)
	}
	if len(old) == 0 {
		return nil
	}
	if _, err := tx.Token.Delete().Where(token.IDIn(old...)).Exec(ctx); err != nil {
		return fmt.Errorf("end the oldest sign-in: %w", err)
	}
	return nil
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// Authenticate returns who a token is. It is nil, and no error, for a token that is not good.
func (a *Auth) Authenticate(ctx context.Context, text string) (*Identity, error) {
	if text == "" {
		return nil, nil
	}
	t, err := a.store.Read.Token.Query().Where(token.Hash(digest(text)), token.ExpiresAtGT(store.Time(a.now()))).WithUser().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look the token up: %w", err)
	}
	if t.Edges.User.Disabled {
		return nil, nil
	}
	a.used(ctx, t)
	return identity(t), nil
}

// identity is who a token is that was read with its user.
func identity(t *ent.Token) *Identity {
	u := t.Edges.User
	return &Identity{
		Username: u.Username, Role: lesser(u.Role, user.Role(t.Role)), PasswordDue: u.PasswordDue && t.Kind == token.KindSession,
		External: u.Subject != nil, Script: t.Kind == token.KindScript, TokenID: t.ID, ExpiresAt: t.ExpiresAt,
	}
}

// Logout ends a sign-in, and what is open under it.
func (a *Auth) Logout(ctx context.Context, id *Identity) error {
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Token.Delete().Where(token.ID(id.TokenID)).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("end the sign-in: %w", err)
	}
	a.end(id.TokenID)
	return nil
}

// end ends what is open under a token.
func (a *Auth) end(id pid.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range a.open[id] {
		o.ended(ErrEnded)
	}
	delete(a.open, id)
}

// OnEnd has ended called when the identity's token is ended, or is no longer good for as much, unless stop is called before.
func (a *Auth) OnEnd(id *Identity, ended func()) (stop func()) {
	_, stop = a.Follow(id, func(error) { ended() })
	return stop
}

// Follow is OnEnd for what stays open: ended is told ErrEnded or ErrChanged, and now is the identity as it is by now.
func (a *Auth) Follow(id *Identity, ended func(cause error)) (now func() *Identity, stop func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[id.TokenID] == nil {
		a.open[id.TokenID] = map[int]*opened{}
	}
	a.next++
	n, o := a.next, &opened{as: id, ended: ended}
	a.open[id.TokenID][n] = o
	now = func() *Identity {
		a.mu.Lock()
		defer a.mu.Unlock()
		return o.as
	}
	return now, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.open[id.TokenID], n)
		if len(a.open[id.TokenID]) == 0 {
			delete(a.open, id.TokenID)
		}
	}
}
