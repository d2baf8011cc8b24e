package auth

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"decnet/store"
)

// Audit is one thing that somebody asked for, and what came of it.
type Audit struct {
	Actor  string // as it was given when somebody signs in; "" is nobody
	Action string // the mutation's name
	Result string // OK, or the error's code
	Detail string // the arguments as JSON, without what is secret
}

// OK is the result of what was done.
const OK = "OK"

// actorMax bounds a name that somebody gave who has none.
const actorMax = 64

// Along has an entry written in the transaction of the first write that is made under the returned context and succeeds, so that neither is there without the other. written
// tells, once that is over, whether it has happened, and then has the log tell it too.
func (a *Auth) Along(ctx context.Context, e Audit) (with context.Context, written func() bool) {
	with, done := store.Also(ctx, func(ctx context.Context, tx *store.Tx) error { return a.record(ctx, tx, e) })
	return with, func() bool {
		if done() {
			e.log(ctx)
		}
		return done()
	}
}

// Done adds what was done, and writes nothing else.
func (a *Auth) Done(ctx context.Context, e Audit) error {
	e.Result = OK
	if err := a.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return a.record(ctx, tx, e) }); err != nil {
		return err
	}
	e.log(ctx)
	return nil
}

// Refused adds what was refused to the trail. An address that is refused again and again fills no disk, nor do strangers with many: beyond a number in five minutes it goes to the log
// alone, and one entry says of how many that holds.
func (a *Auth) Refused(ctx context.Context, e Audit) {
	e.Actor = strings.ToValidUTF8(e.Actor[:min(len(e.Actor), actorMax)], "")
	e.log(ctx)
	a.tellLeftOut(ctx)
	room := counts{{a.refusals, Host(Peer(ctx))}}
	if From(ctx) == nil {
		room = append(room, count{a.strangers, ""})
	}
	if !room.take() {
		a.leaveOut()
		return
	}
	a.write(ctx, e)
}

// write adds an entry for which nobody's own write is there to go along with.
func (a *Auth) write(ctx context.Context, e Audit) {
	err := a.store.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error { return a.record(ctx, tx, e) })
	if err != nil {
		slog.ErrorContext(ctx, "can't write the audit trail", "actor", e.Actor, "action", e.Action, "result", e.Result, "error", err)
	}
}

// leftOut is what the trail does not have.
type leftOut struct {
	n     int
	until time.Time // when it is to be told
}

func (a *Auth) leaveOut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left.n == 0 {
		a.left.until = a.now().Add(triesWindow)
	}
	a.left.n++
}

// tellLeftOut has the trail say how much it does not have, once in a window.
func (a *Auth) tellLeftOut(ctx context.Context) {
	a.mu.Lock()
	n := a.left.n
	if n == 0 || a.now().Before(a.left.until) {
		a.mu.Unlock()
		return
	}
	a.left = leftOut{}
	a.mu.Unlock()
	ctx = WithPeer(ctx, ThisHost)
	e := Audit{Actor: "decnetd", Action: "refusals", Result: "LIMIT_EXCEEDED", Detail: fmt.Sprintf(`{"leftOut":%d}`, n)}
	slog.WarnContext(ctx, "refusals were left out of the audit trail: each has a line of its own here", "count", n)
	a.write(ctx, e)
}

func (a *Auth) record(ctx context.Context, tx *store.Tx, e Audit) error {
	number, err := tx.Next(ctx, "audit", 1)
	if err != nil {
		return err
	}
	err = tx.AuditEntry.Create().SetNumber(number).SetAt(store.Time(a.now())).SetActor(e.Actor).SetPeer(Peer(ctx)).
		SetAction(e.Action).SetResult(e.Result).SetDetail(e.Detail).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write the audit trail: %w", err)
	}
	return nil
}

func (e Audit) log(ctx context.Context) {
	slog.InfoContext(ctx, "audit", "actor", e.Actor, "from", Peer(ctx), "action", e.Action, "result", e.Result)
}
