package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/alexedwards/argon2id"

	"decnet/ent"
	"decnet/ent/token"
	"decnet/ent/user"
	"decnet/store"
)

// ErrLastAdmin keeps somebody who can let others in.
var ErrLastAdmin = errors.New("this is the last administrator who can sign in: make another one first")

// Change is what to change of a user; nil leaves as it is.
type Change struct {
	Role     *user.Role
	Disabled *bool
	// Password is one that they must change before they can do anything else, and ends their sign-ins; "" leaves them theirs.
	Password string
}

// UpdateUser changes what a user may do, all of it or nothing. What they have open under what they lost ends within seconds.
func (a *Auth) UpdateUser(ctx context.Context, username string, c Change) (*ent.User, error) {
	hash := ""
	if c.Password != "" {
		var err error
		if hash, err = a.hash(c.Password); err != nil {
			return nil, err
		}
	}
	var out *ent.User
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := one(ctx, tx, username)
		if err != nil {
			return err
		}
		if hash != "" {
			if err := setHash(ctx, tx, u, hash, true, ""); err != nil {
				return err
			}
		}
		out, err = u.Update().SetNillableRole(c.Role).SetNillableDisabled(c.Disabled).Save(ctx)
		if err != nil {
			return fmt.Errorf("change user %q: %w", username, err)
		}
		if out.Disabled {
			if _, err := tx.Token.Delete().Where(token.UserID(u.ID), token.KindEQ(token.KindSession)).Exec(ctx); err != nil {
				return fmt.Errorf("end the sign-ins of %q: %w", username, err)
			}
		}
		return someAdmin(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	a.recheck(ctx)
	return out.Unwrap(), nil
}

// someAdmin refuses what would leave nobody who can let others in.
func someAdmin(ctx context.Context, tx *store.Tx) error {
	left, err := tx.User.Query().Where(user.RoleEQ(user.RoleAdmin), user.Disabled(false)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for an administrator: %w", err)
	}
	if !left {
		return ErrLastAdmin
	}
	return nil
}

// ChangePassword changes the identity's own password, and ends their other sign-ins. Attempts are counted like those to sign in.
func (a *Auth) ChangePassword(ctx context.Context, id *Identity, current, next string) error {
	if id.Script {
		return ErrByScript
	}
	if id.TokenID == "" {
		return ErrNobody
	}
	if !a.tries.allow("change " + id.Username) {
		return ErrTooMany
	}
	u, err := a.store.Read.User.Query().Where(user.Username(id.Username)).Only(ctx)
	if ent.IsNotFound(err) {
		return ErrNoUser
	}
	if err != nil {
		return fmt.Errorf("read user %q: %w", id.Username, err)
	}
	a.hashing <- struct{}{}
	ok := false
	if len(current) <= maxPassword {
		ok, err = argon2id.ComparePasswordAndHash(current, u.PasswordHash)
	}
	<-a.hashing
	if err != nil {
		return fmt.Errorf("compare a password: %w", err)
	}
	if !ok {
		return ErrNotCurrent
	}
	a.tries.forget("change " + id.Username)
	if next == current {
		return ErrSamePassword // one that was printed would count as chosen
	}
	if err := a.SetPassword(ctx, id.Username, next, false, id.TokenID); err != nil {
		return err
	}
	a.recheck(ctx)
	return nil
}
