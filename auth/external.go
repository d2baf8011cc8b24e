package auth

import (
	"context"
	"fmt"

	"decnet/ent"
	"decnet/ent/user"
	"decnet/store"
)

// External is somebody whom a provider vouches for.
type External struct {
	// Subject is who they are there, for good: names may pass from one to another.
	Subject  string
	Username string
	Role     user.Role
}

// LoginExternal signs in somebody whom a provider vouches for. At the first time it makes their user; their role is what the provider says each time. A name
// that somebody else has is ErrUserExists: no provider can take over an account.
func (a *Auth) LoginExternal(ctx context.Context, e External, from string) (string, *Identity, error) {
	if !usernamePattern.MatchString(e.Username) {
		return "", nil, ErrBadUsername
	}
	hash, err := a.hash(random()) // a password that nobody knows
	if err != nil {
		return "", nil, err
	}
	var u *ent.User
	err = a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		u, err = tx.User.Query().Where(user.Subject(e.Subject)).Only(ctx)
		switch {
		case err == nil && u.Disabled:
			return ErrShutOut
		case err == nil:
			if u, err = u.Update().SetRole(e.Role).Save(ctx); err != nil {
				return fmt.Errorf("change user %q: %w", e.Username, err)
			}
			return someAdmin(ctx, tx)
		case !ent.IsNotFound(err):
			return fmt.Errorf("look for user %q: %w", e.Username, err)
		}
		taken, err := tx.User.Query().Where(user.Username(e.Username)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for user %q: %w", e.Username, err)
		}
		if taken {
			return ErrUserExists
		}
		u, err = tx.User.Create().SetUsername(e.Username).SetSubject(e.Subject).SetPasswordHash(hash).SetRole(e.Role).SetCreatedAt(store.Time(a.now())).Save(ctx)
		if err != nil {
			return fmt.Errorf("create user %q: %w", e.Username, err)
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	a.recheck(ctx) // what they have open may be more than they may now
	var id *Identity
	var text string
	with, written := a.Along(ctx, Audit{Actor: u.Username, Action: "login", Result: OK, Detail: `{"provider":"OIDC"}`})
	if text, id, err = a.signIn(with, u.Unwrap(), from); err != nil || !written() {
		return "", nil, fmt.Errorf("sign %q in: %w", e.Username, err)
	}
	a.from(from).giveBack()
	return text, id, nil
}
