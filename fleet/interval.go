package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"decnet/ent"
	"decnet/ent/decky"
	"decnet/store"
)

// nextMutation is when a decky with an interval of its own, or else its deployment's, mutates next; nil is never. Up to a tenth of the interval
// comes on top or off, so that deckies deployed together do not move together.
func nextMutation(now time.Time, own, deployment *time.Duration) *time.Time {
	every := own
	if every == nil {
		every = deployment
	}
	if every == nil || *every <= 0 {
		return nil
	}
	jitter := rand.N(*every/5+1) - *every/10
	at := store.Time(now.Add(*every + jitter))
	return &at
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
			if err := tx.Decky.UpdateOne(d).SetMutateInterval(*own).Exec(ctx); err != nil {
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
