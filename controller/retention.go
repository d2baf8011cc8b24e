package controller

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"decnet/fleet"
	"decnet/interactions"
	"decnet/lifecycle"
	"decnet/store"
)

const retainEvery = 15 * time.Second

// Keep says how much of the past is kept: what is older or beyond the number goes, the oldest first. 0 is no bound.
type Keep struct {
	Age  time.Duration
	Rows int64
}

// before is the moment from before which nothing is kept; zero where age is no bound.
func (k Keep) before(now time.Time) time.Time {
	if k.Age == 0 {
		return time.Time{}
	}
	return now.Add(-k.Age)
}

// Retention prunes the journal and the interactions. What it deletes is always the beginning of a stream, so that whoever reads on from a place knows
// by that place alone whether anything is missing.
type Retention struct {
	Store        *store.Store
	Fleet        *fleet.Fleet
	Journal      Keep
	Interactions Keep
	Now          func() time.Time
	Log          *slog.Logger
}

// Run looks by the clock until ctx ends.
func (r *Retention) Run(ctx context.Context) {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "the retention can't work; trying again", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once prunes all that is to go now.
func (r *Retention) Once(ctx context.Context) error {
	if err := r.Fleet.ForgetKeys(ctx); err != nil {
		return err
	}
	now := store.Time(r.Now())
	entries, err := lifecycle.Prune(ctx, r.Store, r.Journal.before(now), r.Journal.Rows)
	if err != nil {
		return fmt.Errorf("prune the journal: %w", err)
	}
	rows, err := interactions.Prune(ctx, r.Store, r.Interactions.before(now), r.Interactions.Rows)
	if err != nil {
		return fmt.Errorf("prune the interactions: %w", err)
	}
	if entries+rows > 0 {
		r.Log.InfoContext(ctx, "pruned what is older or more than the settings keep", "entries", entries, "interactions", rows)
	}
	return nil
}
