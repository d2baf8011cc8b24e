package fleet

import (
	"context"
	"fmt"
	"log/slog"

	"decnet/ent"
	"decnet/ent/decky"
	"decnet/realism"
	"decnet/store"
)

// CheckInput is which decky to look at as a scanner would.
type CheckInput struct {
	Name       string `json:"name"`
	Deployment string `json:"deployment"`
}

// Check has a decky looked at as a scanner would who suspects a decoy. It returns at once; what was found is in the decky's realism when that ends. A check
// that is under way is not begun again.
func (f *Fleet) Check(ctx context.Context, actor string, in CheckInput) (d *ent.Decky, err error) {
	begun := false
	err = f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		dep, err := f.findDeployment(ctx, tx, in.Deployment)
		if err != nil {
			return err
		}
		if d, err = f.findDecky(ctx, tx, dep, in.Name); err != nil {
			return err
		}
		if f.opts.Unreal {
			return conflict(nil, "the sim engine's deckies are not real: there is nothing to look at")
		}
		if len(d.Endpoints) == 0 {
			return conflict(nil, "no service of decky %q answers: there is nothing to look at", d.Name)
		}
		now := f.journal.Now()
		if r := d.Realism.At(now); r != nil && r.Status == realism.Running {
			return nil
		}
		begun = true
		d, err = f.setRealism(ctx, tx, d, &realism.Record{Status: realism.Running, By: actor, StartedAt: now, From: realism.NewOrigin(endpoints(d))})
		return err
	})
	if err != nil {
		return nil, err
	}
	d = d.Unwrap()
	if begun {
		f.checks.Go(func() { f.check(context.WithoutCancel(ctx), d) })
	}
	return d, nil
}

func (f *Fleet) setRealism(ctx context.Context, tx *store.Tx, d *ent.Decky, r *realism.Record) (*ent.Decky, error) {
	change, err := f.journal.Touch(ctx, tx)
	if err != nil {
		return nil, err
	}
	d, err = tx.Decky.UpdateOne(d).SetRealism(r).SetChange(change).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store the check of decky: %w", err)
	}
	return d, nil
}

// endpoints are where a decky answers.
func endpoints(d *ent.Decky) (out []realism.Endpoint) {
	for _, e := range d.Endpoints {
		out = append(out, realism.Endpoint{Service: e.Service, Proto: e.Proto, Address: e.Address, Port: e.Port})
	}
	return out
}

// check looks, and stores what it found. A decky that is gone by then takes its check with it.
func (f *Fleet) check(ctx context.Context, d *ent.Decky) {
	looking, cancel := context.WithTimeout(ctx, realism.Longest*3/4)
	defer cancel()
	defer context.AfterFunc(f.closing, cancel)()
	report := realism.Check(looking, realism.Target{Name: d.Name, Hostname: d.Hostname, Endpoints: endpoints(d), From: d.Realism.From})
	if f.closing.Err() != nil {
		return // it was cut short, and will be seen to have been
	}
	err := f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, err := tx.Decky.Get(ctx, d.ID)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read decky %q: %w", d.Name, err)
		}
		others, err := tx.Decky.Query().Where(decky.IDNEQ(d.ID), decky.RealismNotNil()).Select(decky.FieldName, decky.FieldRealism).All(ctx)
		if err != nil {
			return fmt.Errorf("read the other deckies' marks: %w", err)
		}
		marks := map[string][]realism.Mark{}
		for _, o := range others {
			marks[o.Name] = o.Realism.Marks
		}
		report.Findings = append(realism.Shared(report, marks), report.Findings...)
		done := *d.Realism
		done.Finish(report, f.journal.Now())
		_, err = f.setRealism(ctx, tx, now, &done)
		return err
	})
	if err != nil {
		slog.ErrorContext(ctx, "the check of a decky could not be stored", "decky", d.Name, "error", err)
	}
}

// Close ends the checks under way.
func (f *Fleet) Close() {
	f.close()
	f.checks.Wait()
}
