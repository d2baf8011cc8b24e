package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/deployment"
	"decnet/pid"
	"decnet/store"
)

// nextMutation is when a decky with an interval of its own, or else its deployment's, mutates next; nil is never. Up to a tenth of the interval
// comes on top or off, so that deckies deployed together do not move together.
func nextMutation(now time.Time, own, deployment *time.Duration) *time.Time {
	every := interval(own, deployment)
	if every <= 0 {
		return nil
	}
	jitter := rand.N(every/5+1) - every/10
	at := store.Time(now.Add(every + jitter))
	return &at
}

// interval is a decky's own, or else its deployment's; 0 is none.
func interval(own, deployment *time.Duration) time.Duration {
	switch {
	case own != nil:
		return *own
	case deployment != nil:
		return *deployment
	}
	return 0
}

// SetMutateInterval sets how often a decky, or a whole deployment, mutates by itself. It returns the deckies whose next mutation changed.
func (f *Fleet) SetMutateInterval(ctx context.Context, in IntervalInput) (dep *ent.Deployment, changed []*ent.Decky, err error) {
	if err := checkInterval(in.Interval, "input", "interval"); err != nil {
		return nil, nil, err
	}
	err = f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if dep, err = f.findDeployment(ctx, tx, in.Deployment); err != nil {
			return err
		}
		if in.Name != nil {
			d, err := f.findDecky(ctx, tx, dep, *in.Name)
			if err != nil {
				return err
			}
			off := time.Duration(0)
			own := in.Interval
			if own == nil {
				own = &off // not the deployment's: none
			}
			change, err := f.journal.Touch(ctx, tx)
			if err != nil {
				return err
			}
			if err := tx.Decky.UpdateOne(d).SetMutateInterval(*own).SetChange(change).Exec(ctx); err != nil {
				return fmt.Errorf("set the interval of decky %q: %w", d.Name, err)
			}
			if dep, err = revise(ctx, tx, dep, nil); err != nil {
				return err
			}
			changed, err = f.reschedule(ctx, tx, dep, &d.Name)
			return err
		}
		dep, err = revise(ctx, tx, dep, func(u *ent.DeploymentUpdate) {
			if in.Interval == nil {
				u.ClearMutateInterval()
			} else {
				u.SetMutateInterval(*in.Interval)
			}
		})
		if err != nil {
			return err
		}
		changed, err = f.reschedule(ctx, tx, dep, nil)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	dep = dep.Unwrap()
	for i, d := range changed {
		changed[i] = d.Unwrap()
	}
	return dep, changed, nil
}

// catchUp bounds over what time missed mutations are spread.
const catchUp = 10 * time.Minute

// Reschedule puts right what the clock has overtaken: a mutation that is late by more than a time was missed, and is put off by a random time of up to
// an interval, at most 10 minutes; one that is further ahead than its interval was set before the clock was set back, and is set anew. A decky that has an
// interval and no next mutation, since its teardown was canceled, gets one.
func (f *Fleet) Reschedule(ctx context.Context, late time.Duration) error {
	now := f.journal.Now()
	scheduled, err := f.store.Read.Decky.Query().Where(
		decky.StateNEQ(decky.StateRemoving), decky.Or(decky.MutateIntervalNotNil(), decky.HasDeploymentWith(deployment.MutateIntervalNotNil())),
	).WithDeployment().All(ctx)
	if err != nil {
		return fmt.Errorf("read the schedule: %w", err)
	}
	next := map[pid.ID]time.Time{}
	for _, d := range scheduled {
		every := interval(d.MutateInterval, d.Edges.Deployment.MutateInterval)
		switch at := d.NextMutationAt; {
		case every <= 0:
		case at != nil && now.Sub(*at) > late:
			next[d.ID] = store.Time(now.Add(rand.N(min(every, catchUp))))
		case at == nil || at.Sub(now) > every+every/10:
			next[d.ID] = *nextMutation(now, &every, nil)
		}
	}
	if len(next) == 0 {
		return nil
	}
	return f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, d := range scheduled {
			at, found := next[d.ID]
			if !found {
				continue
			}
			change, err := f.journal.Touch(ctx, tx)
			if err != nil {
				return err
			}
			// It may have been torn down, mutated or taken off the schedule since.
			err = tx.Decky.Update().Where(decky.ID(d.ID), decky.Change(d.Change)).SetNextMutationAt(at).SetChange(change).Exec(ctx)
			if err != nil {
				return fmt.Errorf("schedule decky %q: %w", d.Name, err)
			}
		}
		return nil
	})
}

// reschedule sets the next mutation of one decky, or of all that follow the deployment's interval.
func (f *Fleet) reschedule(ctx context.Context, tx *store.Tx, dep *ent.Deployment, name *string) ([]*ent.Decky, error) {
	q := tx.Decky.Query().Where(decky.DeploymentID(dep.ID), decky.StateNEQ(decky.StateRemoving))
	if name != nil {
		q.Where(decky.Name(*name))
	} else {
		q.Where(decky.MutateIntervalIsNil())
	}
	deckies, err := q.Order(decky.ByName()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the deckies: %w", err)
	}
	changed := []*ent.Decky{}
	for _, d := range deckies {
		at := nextMutation(f.journal.Now(), d.MutateInterval, dep.MutateInterval)
		if at == nil && d.NextMutationAt == nil {
			continue // it had none, and has none
		}
		change, err := f.journal.Touch(ctx, tx)
		if err != nil {
			return nil, err
		}
		u := tx.Decky.UpdateOne(d).SetChange(change).ClearNextMutationAt()
		if at != nil {
			u.SetNextMutationAt(*at)
		}
		next, err := u.Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("schedule decky %q: %w", d.Name, err)
		}
		changed = append(changed, next)
	}
	return changed, nil
}
