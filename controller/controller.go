// Package controller holds the three loops that act with no operator: the schedule, which mutates deckies whose time has come, the
// reconciler, which brings deckies that are out of step back, and retention, which lets go of what is old. The first two only ask the fleet for
// lifecycles; the runner does the work, and the record says who asked: trigger SCHEDULE or RECONCILER.
package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"decnet/engine"
	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
)

const (
	reconcileEvery = 15 * time.Second
	observeWithin  = 20 * time.Second
	// settle is how long to wait for more of what has begun to happen.
	settle = 50 * time.Millisecond
)

// Reconciler compares what should exist with what does. It is level-triggered: the engine's changes only wake it early.
type Reconciler struct {
	Store  *store.Store
	Fleet  *fleet.Fleet
	Engine engine.Engine
	Now    func() time.Time
	Log    *slog.Logger
}

// Run looks at every change of the engine's, and by the clock, until ctx ends.
func (r *Reconciler) Run(ctx context.Context) {
	news := r.watch(ctx)
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	for {
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "the reconciler can't work; trying again", "error", err)
		}
		select {
		case <-tick.C:
		case <-news:
			// What dies together is looked at together.
			select {
			case <-time.After(settle):
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// watch tells of every change that may leave a decky out of step, many of them as one. A start is none: whoever started it looks after it.
func (r *Reconciler) watch(ctx context.Context) <-chan struct{} {
	changes, err := r.Engine.Watch(ctx)
	if err != nil {
		r.Log.WarnContext(ctx, "can't watch the engine; the reconciler goes by the clock", "error", err)
		return nil
	}
	news := make(chan struct{}, 1)
	go func() {
		for c := range changes {
			if c.Kind == engine.Started {
				continue
			}
			select {
			case news <- struct{}{}:
			default: // a look is due already
			}
		}
	}()
	return news
}

// Once compares, and asks for repairs.
func (r *Reconciler) Once(ctx context.Context) error {
	// The wish first, then the world: a decky that is deployed in between is then not missed in the world.
	busy, err := r.busy(ctx)
	if err != nil {
		return err
	}
	deckies, err := r.Store.Read.Decky.Query().WithDeployment().All(ctx)
	if err != nil {
		return fmt.Errorf("read the deckies: %w", err)
	}
	observing, cancel := context.WithTimeout(ctx, observeWithin)
	defer cancel()
	seen, err := r.Engine.Observe(observing)
	if err != nil {
		return fmt.Errorf("observe the engine: %w", err)
	}
	found := make(map[string]engine.Observed, len(seen))
	for _, o := range seen {
		found[o.ID] = o
	}
	for _, d := range deckies {
		o, exists := found[string(d.ID)]
		delete(found, string(d.ID))
		if busy[d.ID] || d.RepairGaveUp || r.tooEarly(d) {
			continue
		}
		why := outOfStep(d, o, exists)
		if why == "" {
			continue
		}
		lc, err := r.Fleet.Repair(ctx, d, why, exists && o.Running)
		if errors.Is(err, fleet.ErrBusy) {
			continue
		}
		if err != nil {
			return fmt.Errorf("repair decky %q: %w", d.Name, err)
		}
		r.Log.InfoContext(ctx, "a decky is out of step", "decky", d.Name, "deployment", d.Edges.Deployment.Name, "why", why, "lifecycle", lc.ID)
	}
	return r.removeStrays(ctx, found)
}

// tooEarly tells whether a decky's last failure is too recent to try again. A moment that no backoff reaches was written before the clock
// was set back.
func (r *Reconciler) tooEarly(d *ent.Decky) bool {
	if d.RepairNotBefore == nil {
		return false
	}
	left := d.RepairNotBefore.Sub(r.Now())
	return left > 0 && left <= lifecycle.LongestRepairBackoff
}

// busy are the deckies that a lifecycle is about to bring in step.
func (r *Reconciler) busy(ctx context.Context) (map[pid.ID]bool, error) {
	refs, err := r.Store.Read.Lifecycle.Query().
		Where(entlifecycle.StatusIn(entlifecycle.StatusPending, entlifecycle.StatusRunning)).Select(entlifecycle.FieldDeckyRef).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the lifecycles under way: %w", err)
	}
	out := make(map[pid.ID]bool, len(refs))
	for _, ref := range refs {
		out[pid.ID(ref)] = true
	}
	return out, nil
}

// outOfStep says what is wrong with a decky, "" when nothing is.
func outOfStep(d *ent.Decky, o engine.Observed, exists bool) string {
	switch {
	case d.State == decky.StateRemoving:
		return "it should be gone: removing it again"
	case !exists:
		return "it does not exist: making it again"
	case !o.Running:
		return "it does not run: starting it again"
	case d.Generation != d.ObservedGeneration:
		return "the last change failed: trying again"
	case o.Services != nil && !slices.Equal(slices.Sorted(slices.Values(o.Services)), d.Services):
		return "it runs other services than wished"
	case d.State != decky.StateRunning:
		// The engine may have done in the end what everyone had given up waiting for.
		return "it seems to run as wished, which nothing has confirmed: looking again"
	}
	return ""
}

// removeStrays removes what is ours and belongs to no decky. A decky may have been deployed since the engine was observed: look once more.
func (r *Reconciler) removeStrays(ctx context.Context, strays map[string]engine.Observed) error {
	for id, o := range strays {
		exists, err := r.Store.Read.Decky.Query().Where(decky.ID(pid.ID(id))).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for decky %s: %w", id, err)
		}
		if exists {
			continue
		}
		r.Log.WarnContext(ctx, "removing a decky that nobody wants any more", "id", id, "instance", o.Instance)
		removing, cancel := context.WithTimeout(ctx, observeWithin)
		err = r.Engine.Remove(removing, engine.Ref{ID: id}, func(string) {})
		cancel()
		if err != nil {
			r.Log.WarnContext(ctx, "can't remove it; trying again", "id", id, "error", err)
		}
	}
	return nil
}
