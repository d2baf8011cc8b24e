package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/ent/predicate"
	"decnet/pid"
	"decnet/store"
)

// LongestLease is further ahead than any lease or backoff reaches: one that ends later was written before the clock was set back, and holds nobody up.
const LongestLease = 10 * time.Minute

// claimable holds for what a runner may take up: a PENDING lifecycle that is the first open one of its decky, and a RUNNING one whose lease
// has run out. First is what brings about the lowest generation, whatever the clock said when it was made.
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
					sql.Or(
						sql.ColumnsLT(o.C(entlifecycle.FieldGeneration), s.C(entlifecycle.FieldGeneration)),
						sql.And(
							sql.ColumnsEQ(o.C(entlifecycle.FieldGeneration), s.C(entlifecycle.FieldGeneration)),
							sql.ColumnsLT(o.C(entlifecycle.FieldID), s.C(entlifecycle.FieldID)),
						),
					),
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
				sql.Or(
					sql.LTE(s.C(entlifecycle.FieldLeaseExpiresAt), now),
					sql.GT(s.C(entlifecycle.FieldLeaseExpiresAt), now.Add(LongestLease)),
				),
			),
		))
	}
}

// candidate is a lifecycle that may be taken up.
type candidate struct {
	id         pid.ID
	deployment string
}

// candidates returns what may be taken up: the oldest n of each deployment, oldest first. What is still being worked on here is not taken up again,
// whatever the clock says of its lease.
func (r *Runner) candidates(ctx context.Context, n int) ([]candidate, error) {
	builder := sql.Dialect(r.store.Dialect())
	rows := builder.Select(entlifecycle.FieldID, entlifecycle.FieldDeploymentName).From(builder.Table(entlifecycle.Table))
	rows.AppendSelectExprAs(sql.RowNumber().PartitionBy(entlifecycle.FieldDeploymentName).OrderBy(entlifecycle.FieldID), "turn")
	claimable(r.journal.Now())(rows)
	if working := r.working(); len(working) > 0 {
		ids := make([]any, len(working))
		for i, id := range working {
			ids[i] = id
		}
		rows.Where(sql.NotIn(rows.C(entlifecycle.FieldID), ids...))
	}
	query, args := builder.Select(entlifecycle.FieldID, entlifecycle.FieldDeploymentName).From(rows.As("c")).
		Where(sql.LTE("turn", n)).OrderBy(entlifecycle.FieldID).Query()
	found, err := r.store.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("look for lifecycles to claim: %w", err)
	}
	defer found.Close()
	var out []candidate
	for found.Next() {
		var c candidate
		if err := found.Scan(&c.id, &c.deployment); err != nil {
			return nil, fmt.Errorf("look for lifecycles to claim: %w", err)
		}
		out = append(out, c)
	}
	return out, found.Err()
}

// fair picks n of the candidates, which come oldest first: each time the oldest of the deployment that has least under way. A deployment of a thousand
// deckies does not keep one of three waiting.
func fair(candidates []candidate, underWay map[string]int, n int) []pid.ID {
	waiting := map[string][]pid.ID{}
	var names []string // in the order of their oldest
	for _, c := range candidates {
		if waiting[c.deployment] == nil {
			names = append(names, c.deployment)
		}
		waiting[c.deployment] = append(waiting[c.deployment], c.id)
	}
	var picked []pid.ID
	for len(picked) < n && len(names) > 0 {
		least := 0
		for i, name := range names {
			if underWay[name] < underWay[names[least]] {
				least = i
			}
		}
		name := names[least]
		picked = append(picked, waiting[name][0])
		underWay[name]++
		if waiting[name] = waiting[name][1:]; len(waiting[name]) == 0 {
			names = append(names[:least], names[least+1:]...)
		}
	}
	return picked
}

// underWay counts the lifecycles that somebody works on, by deployment.
func (r *Runner) underWay(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		DeploymentName string `json:"deployment_name"`
		Count          int    `json:"count"`
	}
	err := r.store.Read.Lifecycle.Query().Where(entlifecycle.StatusEQ(entlifecycle.StatusRunning), entlifecycle.LeaseExpiresAtGT(r.journal.Now())).
		GroupBy(entlifecycle.FieldDeploymentName).Aggregate(ent.Count()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count what is under way: %w", err)
	}
	out := map[string]int{}
	for _, row := range rows {
		out[row.DeploymentName] = row.Count
	}
	return out, nil
}

// pick chooses up to n lifecycles to claim.
func (r *Runner) pick(ctx context.Context, n int) ([]pid.ID, error) {
	candidates, err := r.candidates(ctx, n)
	if err != nil {
		return nil, err
	}
	underWay := map[string]int{}
	if len(candidates) > n { // else there is nothing to be fair about
		if underWay, err = r.underWay(ctx); err != nil {
			return nil, err
		}
	}
	return fair(candidates, underWay, n), nil
}

// claim takes up to n lifecycles for this runner.
func (r *Runner) claim(ctx context.Context, n int) ([]*ent.Lifecycle, error) {
	// Look first, without the door: most looks find nothing.
	ids, err := r.pick(ctx, n)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var claimed []*ent.Lifecycle
	err = r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		claimed = claimed[:0]
		for _, id := range ids {
			switch lc, err := r.take(ctx, tx, id); {
			case err == nil:
				claimed = append(claimed, lc)
			case !errors.Is(err, ErrMoved): // else another runner was quicker
				return err
			}
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

// born takes a lifecycle up as it is made, for the worker that was promised: who has asked for it does not wait for another commit before the work begins. It is as
// [Runner.take] would leave it.
func (r *Runner) born(c *ent.LifecycleCreate) {
	now := r.journal.Now()
	c.SetStatus(entlifecycle.StatusRunning).SetStage(starting).SetAttempt(1).SetSeq(2).
		SetLeaseOwner(r.owner).SetLeaseExpiresAt(now.Add(r.opts.Lease)).SetStartedAt(now)
}

// promise keeps a worker for a lifecycle that is being made, if one is free.
func (r *Runner) promise() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.takes == nil || len(r.running)+r.promised >= r.opts.Workers {
		return false
	}
	r.promised++
	return true
}

// release gives the worker that was kept to the lifecycle, or back. A runner that has stopped meanwhile leaves the lifecycle to its lease: it ends soon, and another runner
// takes the work over.
func (r *Runner) release(taken *ent.Lifecycle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.promised--
	switch {
	case taken != nil && r.takes != nil:
		r.start(r.takes, taken)
	case taken == nil:
		r.freed.Ring()
	}
}

// take claims a lifecycle. It is ErrMoved when it can't be claimed, or can't any more.
func (r *Runner) take(ctx context.Context, tx *store.Tx, id pid.ID) (*ent.Lifecycle, error) {
	now := r.journal.Now()
	return r.journal.Step(ctx, tx, id, func(u *ent.LifecycleUpdate) {
		u.SetStatus(entlifecycle.StatusRunning).SetStage(starting).AddAttempt(1).
			SetLeaseOwner(r.owner).SetLeaseExpiresAt(now.Add(r.opts.Lease))
		// The first start is kept: it tells how long the whole of it took.
		u.Modify(func(s *sql.UpdateBuilder) {
			s.Set(entlifecycle.FieldStartedAt, sql.ExprFunc(func(b *sql.Builder) {
				b.WriteString("COALESCE(").Ident(entlifecycle.FieldStartedAt).Comma().Arg(now).WriteString(")")
			}))
		})
	}, claimable(now))
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
