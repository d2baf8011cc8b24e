package fleet

import (
	"context"
	"errors"
	"fmt"

	"decnet/engine"
	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
)

func (f *Fleet) findLifecycle(ctx context.Context, tx *store.Tx, id pid.ID) (*ent.Lifecycle, error) {
	lc, err := tx.Lifecycle.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, notFound("there is no lifecycle %q", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read lifecycle %q: %w", id, err)
	}
	return lc, nil
}

// Cancel ends a lifecycle before its time: at once when it waits, by the runner that works on it else.
func (f *Fleet) Cancel(ctx context.Context, actor string, id pid.ID) (*ent.Lifecycle, error) {
	var out *ent.Lifecycle
	err := f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		lc, err := f.findLifecycle(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case lifecycle.Terminal(lc.Status):
			return conflict(map[string]any{"status": lc.Status}, "the lifecycle has ended %s", lc.Status)
		case lc.Status == entlifecycle.StatusPending:
			out, err = f.journal.Step(ctx, tx, id, func(u *ent.LifecycleUpdate) {
				u.SetStatus(entlifecycle.StatusCanceled).SetStage("canceled by " + actor).SetCompletedAt(f.journal.Now())
			}, entlifecycle.StatusEQ(entlifecycle.StatusPending))
			if err != nil {
				return err
			}
			// A decky that no runner has touched left nothing behind: it can go.
			touched, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(lc.DeckyRef), entlifecycle.AttemptGT(0)).Exist(ctx)
			if err != nil {
				return fmt.Errorf("look whether a runner has touched the decky: %w", err)
			}
			return f.journal.Revert(ctx, tx, out, engine.Observed{}, !touched)
		case lc.CancelRequested:
			out = lc
			return nil
		default:
			out, err = f.journal.Step(ctx, tx, id, func(u *ent.LifecycleUpdate) {
				u.SetCancelRequested(true).SetStage("canceling, as " + actor + " asked")
			}, entlifecycle.StatusEQ(entlifecycle.StatusRunning))
			return err
		}
	})
	if err != nil {
		return nil, err
	}
	return out.Unwrap(), nil
}

// Retry tries a lifecycle that FAILED or was CANCELED again, as a new one that is linked to it.
func (f *Fleet) Retry(ctx context.Context, actor string, id pid.ID) (*ent.Lifecycle, error) {
	var out *ent.Lifecycle
	err := f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		lc, err := f.findLifecycle(ctx, tx, id)
		if err != nil {
			return err
		}
		if lc.Status != entlifecycle.StatusFailed && lc.Status != entlifecycle.StatusCanceled {
			return conflict(map[string]any{"status": lc.Status}, "only what FAILED or was CANCELED can be tried again, and this lifecycle is %s", lc.Status)
		}
		d, err := tx.Decky.Query().Where(decky.ID(lc.DeckyRef)).WithDeployment().Only(ctx)
		if ent.IsNotFound(err) {
			return conflict(nil, "decky %q is gone: deploy it anew", lc.DeckyName)
		}
		if err != nil {
			return fmt.Errorf("read decky %q: %w", lc.DeckyName, err)
		}
		open, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(d.ID),
			entlifecycle.StatusIn(entlifecycle.StatusPending, entlifecycle.StatusRunning)).First(ctx)
		if err == nil {
			return conflict(map[string]any{"lifecycleId": open.ID}, "decky %q has another lifecycle under way: %s", d.Name, open.ID)
		}
		if !ent.IsNotFound(err) {
			return fmt.Errorf("look for lifecycles under way: %w", err)
		}
		if out, err = f.again(ctx, tx, lc, d, actor); err != nil {
			return err
		}
		_, err = revise(ctx, tx, d.Edges.Deployment, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Unwrap(), nil
}

func (f *Fleet) again(ctx context.Context, tx *store.Tx, lc *ent.Lifecycle, d *ent.Decky, actor string) (*ent.Lifecycle, error) {
	n := lifecycle.New{
		Decky: d, Deployment: d.Edges.Deployment.Name, Operation: lc.Operation, Trigger: entlifecycle.TriggerOperator, Actor: actor,
		From: lc.FromServices, To: lc.ToServices, Reshape: lc.Reshape, RetryOf: &lc.ID,
	}
	newer, err := lifecycle.Newer(ctx, tx, lc)
	if err != nil {
		return nil, err
	}
	if newer != nil {
		return nil, conflict(map[string]any{"currentGeneration": d.Generation, "lifecycleId": newer.ID}, "decky %q has moved on to generation %d since, by %s", d.Name, d.Generation, newer.ID)
	}
	if d.State == decky.StateRemoving && lc.Operation != entlifecycle.OperationTeardown {
		return nil, conflict(nil, "decky %q is being torn down: deploy it anew once it is gone", d.Name)
	}
	// A wish that failed stands; one that was canceled was taken back, and is made again.
	takenBack := lc.Status == entlifecycle.StatusCanceled && lc.Operation != entlifecycle.OperationRepair
	change, err := f.journal.Touch(ctx, tx)
	if err != nil {
		return nil, err
	}
	u := tx.Decky.UpdateOne(d).SetChange(change).SetRepairFailures(0).ClearRepairNotBefore().SetRepairGaveUp(false)
	if takenBack {
		u.AddGeneration(1)
		if lc.Operation == entlifecycle.OperationTeardown {
			u.SetState(decky.StateRemoving).ClearNextMutationAt()
		} else {
			u.SetServices(lc.ToServices)
		}
		if lc.Reshape != nil {
			if err := f.reshapable(ctx, tx, lc, d); err != nil {
				return nil, err
			}
			lifecycle.SetShape(u.Mutation(), lc.Reshape.To)
		}
	}
	next, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("update decky %q: %w", d.Name, err)
	}
	next.Edges = d.Edges
	n.Decky, n.Generation = next, next.Generation
	return f.journal.Create(ctx, tx, n)
}

// reshapable tells whether a decky can be made what a canceled lifecycle was to make of it: its address may be another's by now.
func (f *Fleet) reshapable(ctx context.Context, tx *store.Tx, lc *ent.Lifecycle, d *ent.Decky) error {
	ip := lc.Reshape.To.IP
	other, err := tx.Decky.Query().Where(decky.IP(ip), decky.IDNEQ(d.ID)).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look who has %s: %w", ip, err)
	}
	return conflict(nil, "%s is taken by decky %q since", ip, other.Name)
}

// ErrBusy says that a decky has a lifecycle under way or has changed since it was looked at, so that the server's own loops leave it alone.
var ErrBusy = errors.New("the decky has a lifecycle under way")

// Repair adds a REPAIR (or for a decky that should be gone, a TEARDOWN) for a decky that was found out of step, and shows how it stands until
// then. seen is the decky as it was when it was looked at: one that has changed since is ErrBusy.
func (f *Fleet) Repair(ctx context.Context, seen *ent.Decky, why string, running bool) (*ent.Lifecycle, error) {
	who := Who{Trigger: entlifecycle.TriggerReconciler}
	var out *ent.Lifecycle
	err := f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := tx.Decky.Query().Where(decky.ID(seen.ID)).WithDeployment().Only(ctx)
		if ent.IsNotFound(err) || (err == nil && d.Change != seen.Change) {
			return ErrBusy
		}
		if err != nil {
			return fmt.Errorf("read decky %s: %w", seen.ID, err)
		}
		busy, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(d.ID),
			entlifecycle.StatusIn(entlifecycle.StatusPending, entlifecycle.StatusRunning)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for lifecycles under way: %w", err)
		}
		if busy {
			return ErrBusy
		}
		if d.State == decky.StateRemoving {
			out, err = f.addTeardown(ctx, tx, d.Edges.Deployment, d, who)
			return err
		}
		if err := f.drifted(ctx, tx, d, running); err != nil {
			return err
		}
		out, err = f.journal.Create(ctx, tx, lifecycle.New{
			Decky: d, Deployment: d.Edges.Deployment.Name, Operation: entlifecycle.OperationRepair, Trigger: who.Trigger,
			From: d.ObservedServices, To: d.Services, Generation: d.Generation, Stage: why,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Unwrap(), nil
}

// drifted shows what a decky was found to be.
func (f *Fleet) drifted(ctx context.Context, tx *store.Tx, d *ent.Decky, running bool) error {
	change, err := f.journal.Touch(ctx, tx)
	if err != nil {
		return err
	}
	u := tx.Decky.Update().Where(decky.ID(d.ID)).SetChange(change).SetState(decky.StateDegraded)
	if !running {
		u.SetState(decky.StateFailed).SetObservedServices([]string{}).ClearEndpoints()
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("show decky %q as it is: %w", d.Name, err)
	}
	return nil
}

// Postpone sets a decky's next mutation an interval on, when this one could not be.
func (f *Fleet) Postpone(ctx context.Context, id pid.ID) error {
	return f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := tx.Decky.Query().Where(decky.ID(id)).WithDeployment().Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read decky %s: %w", id, err)
		}
		_, err = f.reschedule(ctx, tx, d.Edges.Deployment, &d.Name)
		return err
	})
}
