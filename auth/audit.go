package auth

import (
	"context"
	"fmt"
	"log/slog"

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

// Record adds an entry to the trail inside a transaction: that of what it tells of, so that neither is there without the other.
func (a *Auth) Record(ctx context.Context, tx *store.Tx, e Audit) error {
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

// Refused adds what was refused to the trail. An address that is refused again and again fills no disk: beyond a number in five minutes it goes to the log alone.
func (a *Auth) Refused(ctx context.Context, e Audit) {
	slog.InfoContext(ctx, "audit", "actor", e.Actor, "from", Peer(ctx), "action", e.Action, "result", e.Result)
	if !a.refusals.allow(Peer(ctx)) {
		return
	}
	err := a.store.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error { return a.Record(ctx, tx, e) })
	if err != nil {
		slog.ErrorContext(ctx, "can't write the audit trail", "actor", e.Actor, "action", e.Action, "result", e.Result, "error", err)
	}
}
