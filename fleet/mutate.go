package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/lifecycle"
	"decnet/mutator"
	"decnet/store"
)

// recentSets is how many of a decky's last sets of services a pick avoids.
const recentSets = 4

// Mutated is what a mutation accepted, or would.
type Mutated struct {
	Lifecycle *ent.Lifecycle // nil on a dry run
	Decky     *ent.Decky
	Replayed  bool
}

// Who asks for a change: an operator by name, or a loop of the server's own.
type Who struct {
	Actor   string
	Trigger entlifecycle.Trigger
}

// Operator is a person or a script that has signed in.
func Operator(name string) Who { return Who{Actor: name, Trigger: entlifecycle.TriggerOperator} }

// Mutate gives a decky other services: those that are named, or a pick.
func (f *Fleet) Mutate(ctx context.Context, who Who, in MutateInput) (*Mutated, error) {
	for _, n := range []struct{ value, field string }{{in.Deployment, "deployment"}, {in.Name, "name"}} {
		if err := checkName(n.value, "input", n.field); err != nil {
			return nil, err
		}
	}
	if in.Services != nil {
		if err := f.checkServices(in.Services, []any{"input", "services"}); err != nil {
			return nil, err
		}
	}
	settings, err := f.settings(in.Settings, []any{"input"})
	if err != nil {
		return nil, err
	}
	out := &Mutated{}
	err = f.write(ctx, in.DryRun, func(ctx context.Context, tx *store.Tx) error {
		key, earlier, err := f.replay(ctx, tx, who.Actor, "mutate", in.IdempotencyKey, in)
		if err != nil {
			return err
		}
		dep, err := f.findDeployment(ctx, tx, in.Deployment)
		if err != nil {
			return err
		}
		d, err := f.findDecky(ctx, tx, dep, in.Name)
		if err != nil {
			return err
		}
		if len(earlier) > 0 {
			out.Lifecycle, out.Decky, out.Replayed = earlier[0], d, true
			return nil
		}
		if out.Decky, out.Lifecycle, err = f.mutate(ctx, tx, who, in, settings, dep, d); err != nil {
			return err
		}
		if in.DryRun {
			return nil
		}
		return key.save(ctx, tx, []*ent.Lifecycle{out.Lifecycle})
	})
	if err != nil {
		return nil, err
	}
	out.Decky = out.Decky.Unwrap()
	if in.DryRun {
		out.Lifecycle = nil
		return out, nil
	}
	out.Lifecycle = out.Lifecycle.Unwrap()
	return out, nil
}

func (f *Fleet) mutate(ctx context.Context, tx *store.Tx, who Who, in MutateInput, settings map[string]map[string]string, dep *ent.Deployment, d *ent.Decky) (*ent.Decky, *ent.Lifecycle, error) {
	if d.State == decky.StateRemoving {
		return nil, nil, conflict(nil, "decky %q is being torn down", d.Name)
	}
	if e := in.ExpectedGeneration; e != nil && *e != d.Generation {
		return nil, nil, conflict(map[string]any{"currentGeneration": d.Generation},
			"decky %q is at generation %d, not %d", d.Name, d.Generation, *e)
	}
	services := sorted(in.Services)
	switch {
	case in.Services != nil:
	case settings != nil && in.Seed == nil:
		services = d.Services
	default:
		var err error
		if services, err = f.pick(ctx, tx, d, in.Seed); err != nil {
			return nil, nil, err
		}
	}
	waiting, err := f.waiting(ctx, tx, d.ID)
	if err != nil {
		return nil, nil, err
	}
	// A deploy has to come first; whatever else waits, this takes its place.
	waiting = slices.DeleteFunc(waiting, func(lc *ent.Lifecycle) bool { return lc.Operation == entlifecycle.OperationDeploy })
	from, shape := origin(waiting, d)
	change, err := f.journal.Touch(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	u := tx.Decky.Update().Where(decky.ID(d.ID)).SetServices(services).AddGeneration(1).SetChange(change)
	if who.Trigger == entlifecycle.TriggerOperator {
		u.SetRepairFailures(0).ClearRepairNotBefore().SetRepairGaveUp(false)
		d.RepairFailures, d.RepairNotBefore, d.RepairGaveUp = 0, nil, false
	}
	if d.NextMutationAt = nextMutation(f.journal.Now(), d.MutateInterval, dep.MutateInterval); d.NextMutationAt != nil {
		u.SetNextMutationAt(*d.NextMutationAt)
	} else {
		u.ClearNextMutationAt()
	}
	if settings != nil {
		u.SetSettings(settings)
		d.Settings = settings
	}
	if err := u.Exec(ctx); err != nil {
		return nil, nil, fmt.Errorf("update decky %q: %w", d.Name, err)
	}
	// As the row now is, without reading it back: nobody else can have written.
	next := d
	next.Services, next.Generation, next.Change = services, d.Generation+1, change
	if _, err := revise(ctx, tx, dep, nil); err != nil {
		return nil, nil, err
	}
	lc, err := f.journal.Create(ctx, tx, lifecycle.New{
		Decky: next, Deployment: dep.Name, Operation: entlifecycle.OperationMutate, Trigger: who.Trigger, Actor: who.Actor,
		From: from, To: services, Generation: next.Generation,
		Reshape: lifecycle.ReshapeOf(shape, next),
	})
	if err != nil {
		return nil, nil, err
	}
	return next, lc, f.supersede(ctx, tx, waiting, lc.ID)
}

// pick lets the mutator choose. Without a seed it also avoids the decky's last few sets; with one it must give the same again.
func (f *Fleet) pick(ctx context.Context, tx *store.Tx, d *ent.Decky, seed *int) ([]string, error) {
	req := mutator.Request{Current: d.Services, Seed: randomSeed()}
	archetype := ""
	if d.Archetype != nil {
		archetype = *d.Archetype
	}
	req.Pool = mutator.PoolFor(f.catalog, archetype)
	if seed != nil {
		req.Seed = uint64(*seed)
	} else {
		recent, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(d.ID),
			entlifecycle.OperationIn(entlifecycle.OperationDeploy, entlifecycle.OperationMutate)).
			Order(entlifecycle.ByID(sql.OrderDesc())).Limit(recentSets + 1).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the decky's last services: %w", err)
		}
		for _, lc := range recent {
			if !slices.Equal(lc.ToServices, d.Services) {
				req.Recent = append(req.Recent, lc.ToServices)
			}
		}
	}
	services, err := mutator.Pick(f.catalog, req)
	if errors.Is(err, mutator.ErrNothingToPick) {
		return nil, &Error{Code: NoServicesAvailable, Path: []any{"input", "name"}, Message: fmt.Sprintf(
			"decky %q has nothing else to pick: its pool is %v; name the services instead", d.Name, req.Pool)}
	}
	if err != nil {
		return nil, fmt.Errorf("pick services: %w", err)
	}
	return services, nil
}
