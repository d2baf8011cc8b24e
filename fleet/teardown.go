package fleet

import (
	"context"
	"fmt"

	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/lifecycle"
	"decnet/store"
)

// Teardown takes deckies, or a whole deployment, down for good.
func (f *Fleet) Teardown(ctx context.Context, actor string, in TeardownInput) ([]*ent.Lifecycle, error) {
	var out []*ent.Lifecycle
	err := f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = nil
		dep, err := f.findDeployment(ctx, tx, in.Deployment)
		if err != nil {
			return err
		}
		var deckies []*ent.Decky
		if in.Names == nil {
			if deckies, err = tx.Decky.Query().Where(decky.DeploymentID(dep.ID)).Order(decky.ByName()).All(ctx); err != nil {
				return fmt.Errorf("read the deckies: %w", err)
			}
		} else if len(in.Names) == 0 {
			return invalid([]any{"input", "names"}, "name at least one decky, or leave names out to take all of it down")
		}
		seen := map[string]bool{}
		for i, name := range in.Names {
			if seen[name] {
				return invalid([]any{"input", "names", i}, "decky %q is named twice", name)
			}
			seen[name] = true
			d, err := f.findDecky(ctx, tx, dep, name)
			if err != nil {
				return err
			}
			deckies = append(deckies, d)
		}
		for _, d := range deckies {
			lc, err := f.remove(ctx, tx, dep, d, actor)
			if err != nil {
				return err
			}
			out = append(out, lc)
		}
		if in.Names == nil && len(deckies) == 0 {
			if err := tx.Deployment.DeleteOne(dep).Exec(ctx); err != nil {
				return fmt.Errorf("delete the empty deployment: %w", err)
			}
			return nil
		}
		_, err = revise(ctx, tx, dep, func(u *ent.DeploymentUpdate) {
			if in.Names == nil {
				u.SetRemoving(true)
			}
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	_, out = release(out)
	return out, nil
}

// remove adds a decky's TEARDOWN, in the place of everything that waits. A teardown that is already under way is the answer.
func (f *Fleet) remove(ctx context.Context, tx *store.Tx, dep *ent.Deployment, d *ent.Decky, actor string) (*ent.Lifecycle, error) {
	under, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(d.ID), entlifecycle.OperationEQ(entlifecycle.OperationTeardown),
		entlifecycle.StatusIn(entlifecycle.StatusPending, entlifecycle.StatusRunning)).First(ctx)
	if err == nil {
		return under, nil
	}
	if !ent.IsNotFound(err) {
		return nil, fmt.Errorf("look for a teardown under way: %w", err)
	}
	return f.addTeardown(ctx, tx, dep, d, Operator(actor))
}

func (f *Fleet) addTeardown(ctx context.Context, tx *store.Tx, dep *ent.Deployment, d *ent.Decky, who Who) (*ent.Lifecycle, error) {
	change, err := f.journal.Touch(ctx, tx)
	if err != nil {
		return nil, err
	}
	waiting, err := f.waiting(ctx, tx, d.ID)
	if err != nil {
		return nil, err
	}
	from, shape := origin(waiting, d)
	if d.State == decky.StateRemoving {
		from = []string{} // it is to be gone already: who cancels this brings nothing back
	}
	u := tx.Decky.UpdateOne(d).SetState(decky.StateRemoving).AddGeneration(1).ClearNextMutationAt().SetChange(change)
	if who.Trigger == entlifecycle.TriggerOperator {
		u.SetRepairFailures(0).ClearRepairNotBefore().SetRepairGaveUp(false)
	}
	d, err = u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("mark decky %q: %w", d.Name, err)
	}
	lc, err := f.journal.Create(ctx, tx, lifecycle.New{
		Decky: d, Deployment: dep.Name, Operation: entlifecycle.OperationTeardown, Trigger: who.Trigger, Actor: who.Actor,
		From: from, To: []string{}, Generation: d.Generation, Reshape: lifecycle.ReshapeOf(shape, d),
	})
	if err != nil {
		return nil, err
	}
	return lc, f.supersede(ctx, tx, waiting, lc.ID)
}
