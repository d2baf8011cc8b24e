package lifecycle

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/ent/predicate"
	"decnet/pid"
	"decnet/store"
)

// claimable holds for what a runner may take up: a PENDING lifecycle that is the oldest open one of its decky, and a RUNNING one whose lease
// has run out.
func claimable(now time.Time) predicate.Lifecycle {
	return func(s *sql.Selector) {
		// The same table again: is anything of the same decky in the way?
		o := sql.Table(entlifecycle.Table).As("o")
		inTheWay := sql.Dialect(s.Dialect()).Select(o.C(entlifecycle.FieldID)).From(o).Where(sql.And(
			sql.ColumnsEQ(o.C(entlifecycle.FieldDeckyRef), s.C(entlifecycle.FieldDeckyRef)),
			sql.Or(
				sql.EQ(o.C(entlifecycle.FieldStatus), string(entlifecycle.StatusRunning)),
				sql.And(
					sql.EQ(o.C(entlifecycle.FieldStatus), string(entlifecycle.StatusPending)),
					sql.ColumnsLT(o.C(entlifecycle.FieldID), s.C(entlifecycle.FieldID)), // IDs sort by the time they were made
				),
			),
		))
		s.Where(sql.Or(
			sql.And(
				sql.EQ(s.C(entlifecycle.FieldStatus), string(entlifecycle.StatusPending)),
				sql.NotExists(inTheWay),
			),
			sql.And(
				sql.EQ(s.C(entlifecycle.FieldStatus), string(entlifecycle.StatusRunning)),
				sql.LTE(s.C(entlifecycle.FieldLeaseExpiresAt), now),
			),
		))
	}
}

// claim takes up to n lifecycles for this runner, oldest first.
func (r *Runner) claim(ctx context.Context, n int) ([]*ent.Lifecycle, error) {
	// Look first, without the door: most looks find nothing. What is still being worked on here is not taken up again, whatever the clock says.
	ids, err := r.store.Read.Lifecycle.Query().Where(claimable(r.journal.Now()), entlifecycle.IDNotIn(r.working()...)).
		Order(entlifecycle.ByID()).Limit(n).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var claimed []*ent.Lifecycle
	err = r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		claimed = claimed[:0]
		// Look again, now that nobody else can write: another runner may have been quicker.
		still, err := tx.Lifecycle.Query().Where(entlifecycle.IDIn(ids...), claimable(r.journal.Now())).Order(entlifecycle.ByID()).IDs(ctx)
		if err != nil {
			return err
		}
		for _, id := range still {
			lc, err := r.take(ctx, tx, id)
			if err != nil {
				return err
			}
			claimed = append(claimed, lc)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim lifecycles: %w", err)
	}
	for i, lc := range claimed {
		claimed[i] = lc.Unwrap()
	}
	return claimed, nil
}

func (r *Runner) take(ctx context.Context, tx *store.Tx, id pid.ID) (*ent.Lifecycle, error) {
	now := r.journal.Now()
	return r.journal.Step(ctx, tx, id, func(u *ent.LifecycleUpdate) {
		u.SetStatus(entlifecycle.StatusRunning).SetStage("starting").AddAttempt(1).
			SetLeaseOwner(r.owner).SetLeaseExpiresAt(now.Add(r.opts.Lease))
		// The first start is kept: it tells how long the whole of it took.
		u.Modify(func(s *sql.UpdateBuilder) {
			s.Set(entlifecycle.FieldStartedAt, sql.ExprFunc(func(b *sql.Builder) {
				b.WriteString("COALESCE(").Ident(entlifecycle.FieldStartedAt).Comma().Arg(now).WriteString(")")
			}))
		})
	}, entlifecycle.Or(
		entlifecycle.StatusEQ(entlifecycle.StatusPending),
		entlifecycle.And(entlifecycle.StatusEQ(entlifecycle.StatusRunning), entlifecycle.LeaseExpiresAtLTE(now)),
	))
}

// mine holds while the claim that lc came from stands. The attempt fences it: whoever takes the row over raises it, this runner too when a
// jump of the clock has ended its own lease.
func (r *Runner) mine(lc *ent.Lifecycle) []predicate.Lifecycle {
	return []predicate.Lifecycle{
		entlifecycle.ID(lc.ID), entlifecycle.StatusEQ(entlifecycle.StatusRunning), entlifecycle.LeaseOwner(r.owner), entlifecycle.Attempt(lc.Attempt),
	}
}

// renew prolongs this runner's lease. It is ErrMoved when the lease is lost.
func (r *Runner) renew(ctx context.Context, lc *ent.Lifecycle) error {
	return r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Lifecycle.Update().Where(r.mine(lc)...).SetLeaseExpiresAt(r.journal.Now().Add(r.opts.Lease)).Save(ctx)
		if err != nil {
			return fmt.Errorf("renew the lease of %s: %w", lc.ID, err)
		}
		if n == 0 {
			return ErrMoved
		}
		return nil
	})
}
