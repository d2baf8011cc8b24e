package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"decnet/engine"
	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/deployment"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/ent/predicate"
	"decnet/pid"
	"decnet/store"
)

func deckyID(id pid.ID) predicate.Decky { return decky.ID(id) }

// succeed ends a lifecycle well: the decky is what the engine saw.
func (r *Runner) succeed(ctx context.Context, lc *ent.Lifecycle, stages []stage, seen engine.Observed) error {
	return r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := r.journal.stepAfter(ctx, tx, lc.ID, stages, func(u *ent.LifecycleUpdate) {
			u.SetStatus(entlifecycle.StatusSucceeded).SetStage(done(lc)).SetCompletedAt(r.journal.Now()).SetLeaseOwner("").ClearLeaseExpiresAt()
		}, r.mine(lc)...)
		if err != nil {
			return err
		}
		if lc.Operation == entlifecycle.OperationTeardown {
			return r.journal.Gone(ctx, tx, lc.DeckyRef)
		}
		return r.saw(ctx, tx, lc, seen)
	})
}

func done(lc *ent.Lifecycle) string {
	if lc.Operation == entlifecycle.OperationTeardown {
		return "removed"
	}
	return "every service answers"
}

// Gone deletes a decky that no longer exists, and its deployment when it was the last one of a deployment that is being taken down.
func (j *Journal) Gone(ctx context.Context, tx *store.Tx, id pid.ID) error {
	d, err := tx.Decky.Query().Where(decky.ID(id)).WithDeployment().Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the decky: %w", err)
	}
	if err := tx.Decky.DeleteOne(d).Exec(ctx); err != nil {
		return fmt.Errorf("delete the decky: %w", err)
	}
	if _, err := j.Touch(ctx, tx); err != nil {
		return err
	}
	if !d.Edges.Deployment.Removing {
		return nil
	}
	_, err = tx.Deployment.Delete().Where(deployment.ID(d.DeploymentID), deployment.Removing(true), deployment.Not(deployment.HasDeckies())).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete the deployment: %w", err)
	}
	return nil
}

// saw records what the engine confirmed of a decky after a lifecycle.
func (r *Runner) saw(ctx context.Context, tx *store.Tx, lc *ent.Lifecycle, seen engine.Observed) error {
	change, err := r.journal.Touch(ctx, tx)
	if err != nil {
		return err
	}
	d, err := tx.Decky.Get(ctx, lc.DeckyRef)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the decky: %w", err)
	}
	services := slices.Sorted(slices.Values(seen.Services))
	u := tx.Decky.Update().Where(decky.ID(d.ID)).SetChange(change).
		SetObservedServices(services).SetObservedGeneration(lc.Generation).
		SetEndpoints(seen.Endpoints).SetInstance(seen.Instance).SetRepairFailures(0).ClearRepairNotBefore().SetRepairGaveUp(false)
	if d.State != decky.StateRemoving {
		u.SetState(decky.StateRunning)
	}
	if !slices.Equal(services, d.ObservedServices) && len(d.ObservedServices) > 0 {
		u.SetLastMutatedAt(r.journal.Now())
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("record what the engine saw: %w", err)
	}
	return nil
}

// failOrRetry hands a transient failure back for a later attempt and ends the lifecycle FAILED otherwise.
func (r *Runner) failOrRetry(ctx context.Context, lc *ent.Lifecycle, stages []stage, e *engine.Error) error {
	if e.Transient && lc.Attempt < r.opts.MaxAttempts {
		wait := r.backoff(lc.Attempt)
		return r.handBack(ctx, lc, stages, r.journal.Now().Add(wait),
			fmt.Sprintf("%s; attempt %d of %d in %s", e.Message, lc.Attempt+1, r.opts.MaxAttempts, wait.Round(100*time.Millisecond)))
	}
	return r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := r.journal.stepAfter(ctx, tx, lc.ID, stages, func(u *ent.LifecycleUpdate) {
			u.SetStatus(entlifecycle.StatusFailed).SetStage("failed: " + e.Message).SetCompletedAt(r.journal.Now()).
				SetErrorCode(string(e.Code)).SetErrorMessage(e.Message).SetLeaseOwner("").ClearLeaseExpiresAt()
			if detail := e.Words(); detail != "" {
				u.SetErrorDetail(detail)
			}
		}, r.mine(lc)...)
		if err != nil {
			return err
		}
		return r.degrade(ctx, tx, lc, e)
	})
}

// degrade shows that a decky is not what it should be: its wish stands, and what ran before goes on.
func (r *Runner) degrade(ctx context.Context, tx *store.Tx, lc *ent.Lifecycle, e *engine.Error) error {
	change, err := r.journal.Touch(ctx, tx)
	if err != nil {
		return err
	}
	d, err := tx.Decky.Get(ctx, lc.DeckyRef)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the decky: %w", err)
	}
	failures := d.RepairFailures + 1
	u := tx.Decky.Update().Where(decky.ID(d.ID)).SetChange(change).
		SetRepairFailures(failures).SetRepairNotBefore(r.journal.Now().Add(RepairBackoff(failures)))
	// An engine that is away says nothing about the decky: that is tried for as long as it takes.
	if failures >= r.opts.MaxRepairs && e.Code != engine.Unavailable {
		u.SetRepairGaveUp(true).ClearRepairNotBefore()
	}
	if d.State != decky.StateRemoving {
		if len(d.ObservedServices) > 0 {
			u.SetState(decky.StateDegraded)
		} else {
			u.SetState(decky.StateFailed)
		}
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("record the failure: %w", err)
	}
	return nil
}

// LongestRepairBackoff is the most that [RepairBackoff] asks for.
const LongestRepairBackoff = 10 * time.Minute

// RepairBackoff is how long the reconciler leaves a decky alone after n failures in a row: 5 s, doubling, at most 10 minutes.
func RepairBackoff(n int) time.Duration {
	return min(5*time.Second<<min(n-1, 10), LongestRepairBackoff)
}

// handBack gives a lifecycle up until a moment: whoever is free takes it from there on.
func (r *Runner) handBack(ctx context.Context, lc *ent.Lifecycle, stages []stage, until time.Time, why string) error {
	return r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := r.journal.stepAfter(ctx, tx, lc.ID, stages, func(u *ent.LifecycleUpdate) {
			u.SetStage(why).SetLeaseOwner("").SetLeaseExpiresAt(until)
		}, r.mine(lc)...)
		return err
	})
}

// cancel ends a lifecycle that was interrupted, after bringing the decky back to its last good services. A server that stops in the middle of
// that hands it back, to be canceled by whoever takes it up. working ends when the runner stops for good, or has lost the lease.
func (r *Runner) cancel(working context.Context, lc *ent.Lifecycle, stages []stage) error {
	working, stop := context.WithTimeout(working, r.opts.Deadlines[entlifecycle.OperationMutate])
	defer stop()
	ctx := context.WithoutCancel(working)
	d, err := r.store.Read.Decky.Query().Where(decky.ID(lc.DeckyRef)).WithDeployment().Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("read the decky: %w", err)
	}
	back := errNothingToBringBack
	var seen engine.Observed
	switch {
	case d == nil:
	case lc.Operation == entlifecycle.OperationRepair:
		back = nil // there is nothing to go back to: the wish stands
	case first(lc):
		stages = r.tell(ctx, lc, append(stages, stage{"canceled: removing what was made", r.journal.Now()}))
		back = r.engine.Remove(working, Spec(d, nil, 0).Ref, func(string) {})
	default:
		stages = r.tell(ctx, lc, append(stages, stage{"canceled: bringing the last good services back", r.journal.Now()}))
		seen, back = r.engine.Ensure(working, Spec(before(d, lc), lc.FromServices, lc.Generation+1), func(string) {})
	}
	if back != nil && errors.Is(context.Cause(working), errLeaseLost) {
		return ErrMoved
	}
	if back != nil && errors.Is(context.Cause(working), errStopping) {
		return r.handBack(ctx, lc, stages, r.journal.Now(), "handed back: the server is stopping")
	}
	return r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		ended, err := r.journal.stepAfter(ctx, tx, lc.ID, stages, func(u *ent.LifecycleUpdate) {
			u.SetStatus(entlifecycle.StatusCanceled).SetStage("canceled").SetCompletedAt(r.journal.Now()).SetLeaseOwner("").ClearLeaseExpiresAt()
			if back != nil && d != nil {
				e := engine.AsError(back)
				u.SetStage("canceled; bringing the last good services back failed: " + e.Message)
			}
		}, r.mine(lc)...)
		if err != nil {
			return err
		}
		if d == nil {
			return nil
		}
		return r.journal.Revert(ctx, tx, ended, seen, back == nil)
	})
}

var errNothingToBringBack = errors.New("the decky is gone")

// discard marks a decky that should not exist.
func (j *Journal) discard(ctx context.Context, tx *store.Tx, d *ent.Decky) error {
	change, err := j.Touch(ctx, tx)
	if err != nil {
		return err
	}
	err = tx.Decky.Update().Where(decky.ID(d.ID)).SetState(decky.StateRemoving).AddGeneration(1).ClearNextMutationAt().SetChange(change).Exec(ctx)
	if err != nil {
		return fmt.Errorf("mark the decky to be removed: %w", err)
	}
	return nil
}

// putOff has the reconciler leave a decky alone for a while, whose repair was canceled: the wish stands, and so does what is wrong.
func (j *Journal) putOff(ctx context.Context, tx *store.Tx, d *ent.Decky) error {
	change, err := j.Touch(ctx, tx)
	if err != nil {
		return err
	}
	failures := d.RepairFailures + 1
	err = tx.Decky.Update().Where(decky.ID(d.ID)).SetChange(change).
		SetRepairFailures(failures).SetRepairNotBefore(j.now().Add(RepairBackoff(failures))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("put the repair off: %w", err)
	}
	return nil
}

// first holds for the deploy that makes a decky, and for what took the place of one that never happened: before it there was nothing.
func first(lc *ent.Lifecycle) bool {
	return lc.Operation != entlifecycle.OperationRepair && len(lc.FromServices) == 0
}

// Newer returns the first wish for a lifecycle's decky that was made after the lifecycle's own and still stands; nil when there is none.
func Newer(ctx context.Context, tx *store.Tx, lc *ent.Lifecycle) (*ent.Lifecycle, error) {
	newer, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(lc.DeckyRef), entlifecycle.GenerationGT(lc.Generation), entlifecycle.OperationNEQ(entlifecycle.OperationRepair),
		entlifecycle.StatusNotIn(entlifecycle.StatusCanceled, entlifecycle.StatusSuperseded)).Order(ent.Asc(entlifecycle.FieldGeneration)).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a newer wish: %w", err)
	}
	return newer, nil
}

// Revert takes back the wish that a canceled lifecycle stood for. With confirmed, the engine has already brought the old services back, as seen. A newer wish stands: it goes on from what the canceled one
// went on from. A mutation that waits for a decky that is never made is canceled with it.
func (j *Journal) Revert(ctx context.Context, tx *store.Tx, lc *ent.Lifecycle, seen engine.Observed, confirmed bool) error {
	d, err := tx.Decky.Get(ctx, lc.DeckyRef)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the decky: %w", err)
	}
	if lc.Operation == entlifecycle.OperationRepair {
		if d.Generation != lc.Generation {
			return nil // somebody has wished anew
		}
		return j.putOff(ctx, tx, d)
	}
	switch newer, err := Newer(ctx, tx, lc); {
	case err != nil:
		return err
	case newer == nil:
	case first(lc) && newer.Operation == entlifecycle.OperationMutate && newer.Status == entlifecycle.StatusPending:
		_, err := j.Step(ctx, tx, newer.ID, func(u *ent.LifecycleUpdate) {
			u.SetStatus(entlifecycle.StatusCanceled).SetStage("canceled with the deploy that it waited for").SetCompletedAt(j.now()).SetFromServices(lc.FromServices)
		}, entlifecycle.StatusEQ(entlifecycle.StatusPending))
		if err != nil {
			return err
		}
	default:
		return j.inherit(ctx, tx, d, lc, newer)
	}
	if err := tx.Deployment.Update().Where(deployment.ID(d.DeploymentID)).AddRevision(1).Exec(ctx); err != nil {
		return fmt.Errorf("revise the deployment: %w", err)
	}
	if first(lc) {
		if confirmed {
			return j.Gone(ctx, tx, d.ID)
		}
		// Something of it may be left, and nobody wants it: the reconciler removes it.
		return j.discard(ctx, tx, d)
	}
	change, err := j.Touch(ctx, tx)
	if err != nil {
		return err
	}
	u := tx.Decky.Update().Where(decky.ID(d.ID)).SetChange(change).SetServices(lc.FromServices).AddGeneration(1)
	if lc.Reshape != nil {
		SetShape(u.Mutation(), lc.Reshape.From)
	}
	// Was it in step when this was asked for? A teardown has written over the state that tells.
	wasInStep := d.State == decky.StateRunning || (d.State == decky.StateRemoving && d.ObservedGeneration == lc.Generation-1)
	switch {
	case confirmed && seen.Instance != "":
		u.SetObservedServices(slices.Sorted(slices.Values(seen.Services))).SetEndpoints(seen.Endpoints).SetInstance(seen.Instance).
			SetObservedGeneration(d.Generation + 1).SetState(decky.StateRunning)
	case wasInStep && slices.Equal(d.ObservedServices, lc.FromServices):
		// The engine was never asked: what it last confirmed is what is wished again.
		u.SetObservedGeneration(d.Generation + 1).SetState(decky.StateRunning)
	case d.State == decky.StatePending: // its deploy is still to come, and stands for what it is to be again
		err := tx.Lifecycle.Update().Where(entlifecycle.DeckyRef(d.ID), entlifecycle.OperationEQ(entlifecycle.OperationDeploy), entlifecycle.StatusEQ(entlifecycle.StatusPending)).
			SetGeneration(d.Generation + 1).Exec(ctx)
		if err != nil {
			return fmt.Errorf("have the deploy bring it about: %w", err)
		}
	default:
		u.SetState(decky.StateDegraded)
	}
	if lc.Operation == entlifecycle.OperationTeardown {
		if err := tx.Deployment.Update().Where(deployment.ID(d.DeploymentID)).SetRemoving(false).Exec(ctx); err != nil {
			return fmt.Errorf("keep the deployment: %w", err)
		}
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("take the wish back: %w", err)
	}
	return nil
}

// inherit has a wish that still waits go on from what a canceled one went on from, and takes back what the canceled one made of the decky and the newer one has left as it was.
func (j *Journal) inherit(ctx context.Context, tx *store.Tx, d *ent.Decky, lc, newer *ent.Lifecycle) error {
	if newer.Status != entlifecycle.StatusPending {
		return nil
	}
	next := tx.Lifecycle.Update().Where(entlifecycle.ID(newer.ID)).SetFromServices(lc.FromServices)
	if lc.Reshape != nil {
		change, err := j.Touch(ctx, tx)
		if err != nil {
			return err
		}
		shape := takeBack(ShapeOf(d), *lc.Reshape)
		u := tx.Decky.Update().Where(decky.ID(d.ID)).SetChange(change)
		SetShape(u.Mutation(), shape)
		if err := u.Exec(ctx); err != nil {
			return fmt.Errorf("take back what became of the decky: %w", err)
		}
		if r := reshape(lc.Reshape.From, shape); r != nil {
			next.SetReshape(r)
		} else {
			next.ClearReshape()
		}
	}
	if err := next.Exec(ctx); err != nil {
		return fmt.Errorf("have lifecycle %s go on from what was before: %w", newer.ID, err)
	}
	return nil
}
