package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"decnet/ent"
	"decnet/ent/token"
	"decnet/ent/user"
	"decnet/pid"
	"decnet/store"
)

const (
	// usedEvery is how exactly a token's last use is known: a write for each request would cost more than it tells.
	usedEvery = time.Minute
	// recheckEvery is how soon what is open ends when its token was ended, or its user lost a role, on another server or behind this one's back.
	recheckEvery = 3 * time.Second

	minTokenLife, maxTokenLife = time.Hour, 366 * 24 * time.Hour
)

// What a token can be refused for.
var (
	ErrBadTokenName  = errors.New("a token's name has 1 to 64 characters")
	ErrBadTokenLife  = errors.New("a token is good for an hour to a year")
	ErrRoleTooHigh   = errors.New("a token can't do more than its user")
	ErrNoToken       = errors.New("there is no such token of yours")
	ErrTooManyTokens = fmt.Errorf("a user has at most %d scripts' tokens: end some", tokensMax)
	ErrNobody        = errors.New("nobody signs in here (--auth=off): there are no passwords and no tokens")
	ErrByScript      = errors.New("a script's token can't do that: sign in")
	ErrNotYours      = errors.New("somebody else's tokens are for administrators to see")
)

// NewToken makes a token for a script of the identity's user, and returns it with its secret, which is not kept.
func (a *Auth) NewToken(ctx context.Context, id *Identity, name string, role user.Role, life time.Duration) (*ent.Token, string, error) {
	switch name = strings.TrimSpace(name); {
	case id.Script:
		return nil, "", ErrByScript
	case id.TokenID == "":
		return nil, "", ErrNobody
	case name == "" || len(name) > 64:
		return nil, "", ErrBadTokenName
	case life < minTokenLife || life > maxTokenLife:
		return nil, "", ErrBadTokenLife
	case !id.May(role):
		return nil, "", ErrRoleTooHigh
	}
	secret := tokenPrefix + random()
	var made *ent.Token
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.User.Query().Where(user.Username(id.Username)).Only(ctx)
		if err != nil {
			return fmt.Errorf("read user %q: %w", id.Username, err)
		}
		n, err := tx.Token.Query().Where(token.UserID(u.ID), token.KindEQ(token.KindScript), token.ExpiresAtGT(store.Time(a.now()))).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the tokens of %q: %w", id.Username, err)
		}
		if n >= tokensMax {
			return ErrTooManyTokens
		}
		made, err = tx.Token.Create().SetUserID(u.ID).SetHash(digest(secret)).SetKind(token.KindScript).SetName(name).SetRole(token.Role(role)).
			SetPeer(Peer(ctx)).SetExpiresAt(store.Time(a.now().Add(life))).SetCreatedAt(store.Time(a.now())).Save(ctx)
		if err != nil {
			return fmt.Errorf("store the token: %w", err)
		}
		made.Edges.User = u
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return made.Unwrap(), secret, nil
}

// Tokens lists a user's tokens that are good, newest first, with their user.
func (a *Auth) Tokens(ctx context.Context, username string) ([]*ent.Token, error) {
	all, err := a.store.Read.Token.Query().Where(token.HasUserWith(user.Username(username)), token.ExpiresAtGT(store.Time(a.now()))).
		WithUser().Order(token.ByID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the tokens of %q: %w", username, err)
	}
	return all, nil
}

// EndToken ends a token and what is open under it: the identity's own, or an administrator's choice. A script's token ends itself only.
func (a *Auth) EndToken(ctx context.Context, by *Identity, id pid.ID) error {
	if by.Script && id != by.TokenID {
		return ErrByScript
	}
	err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		q := tx.Token.Delete().Where(token.ID(id))
		if !by.May(user.RoleAdmin) {
			q.Where(token.HasUserWith(user.Username(by.Username)))
		}
		n, err := q.Exec(ctx)
		if err != nil {
			return fmt.Errorf("end token %s: %w", id, err)
		}
		if n == 0 {
			return ErrNoToken
		}
		return nil
	})
	if err == nil {
		a.end(id)
	}
	return err
}

// used notes that a token was used.
func (a *Auth) used(ctx context.Context, t *ent.Token) {
	now := store.Time(a.now())
	if t.LastUsedAt != nil && now.Sub(*t.LastUsedAt) < usedEvery {
		return
	}
	// Behind the request: nobody waits for it, and if it fails the next use notes it.
	go func() {
		_ = a.store.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
			return tx.Token.Update().Where(token.ID(t.ID)).SetLastUsedAt(now).Exec(ctx)
		})
	}()
}

// Run ends, until ctx does, what is open under tokens that are no longer good or no longer good for as much. What has become more is heeded by what stays open.
func (a *Auth) Run(ctx context.Context) {
	tick := time.NewTicker(recheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			a.recheck(ctx)
			a.tellLeftOut(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// recheck compares what is open with what the database says.
func (a *Auth) recheck(ctx context.Context) {
	a.mu.Lock()
	was := make(map[pid.ID]bool, len(a.open))
	for id := range a.open {
		was[id] = true
	}
	a.mu.Unlock()
	if len(was) == 0 {
		return
	}
	good, err := a.store.Read.Token.Query().Where(token.ExpiresAtGT(store.Time(a.now()))).WithUser().All(ctx)
	if err != nil {
		return // the next look is soon
	}
	may := make(map[pid.ID]*Identity, len(was))
	for _, t := range good {
		if was[t.ID] && !t.Edges.User.Disabled {
			may[t.ID] = identity(t)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range was {
		for n, o := range a.open[id] {
			// Each by what it was opened with: a newer one under the same token may have less already.
			switch now := may[id]; {
			case now == nil:
				o.ended(ErrEnded)
			case now.Role != o.as.Role:
				o.ended(ErrChanged)
			default: // a password that was due may have been changed
				o.as = now
				continue
			}
			delete(a.open[id], n)
		}
		if len(a.open[id]) == 0 {
			delete(a.open, id)
		}
	}
}
