package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/store"
)

const (
	scheduleEvery = time.Second
	// scheduleBatch bounds how many deckies one look mutates.
	scheduleBatch = 8
	// checkEvery is how often the schedule as a whole is held against the clock.
	checkEvery = 10 * time.Second
	// late is how far behind its time a decky may be and still be mutated at once. What is further behind was missed, in a downtime or in quiet hours: it is
	// put off by a random time, so that a fleet does not mutate as one.
	late = time.Minute
)

// Schedule mutates deckies by their interval.
type Schedule struct {
	Store *store.Store
	Fleet *fleet.Fleet
	Now   func() time.Time
	Quiet QuietHours
	Log   *slog.Logger

	checked time.Time // when the clock was last checked
}

// Run looks every second until ctx ends.
func (s *Schedule) Run(ctx context.Context) {
	tick := time.NewTicker(scheduleEvery)
	defer tick.Stop()
	for {
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "the schedule can't work; trying again", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once mutates what is due now.
func (s *Schedule) Once(ctx context.Context) error {
	now := s.Now()
	if s.Quiet.Contain(now) {
		return nil
	}
	if s.checked.IsZero() || now.Before(s.checked) || now.Sub(s.checked) >= checkEvery {
		if err := s.Fleet.Reschedule(ctx, late); err != nil {
			return err
		}
		s.checked = now
	}
	due, err := s.Store.Read.Decky.Query().Where(
		decky.NextMutationAtLTE(store.Time(now)), decky.NextMutationAtGT(store.Time(now.Add(-late))),
		decky.StateIn(decky.StateRunning, decky.StateDegraded),
		decky.Not(decky.HasLifecyclesWith(entlifecycle.StatusIn(entlifecycle.StatusPending, entlifecycle.StatusRunning))),
	).Order(decky.ByNextMutationAt()).Limit(scheduleBatch).WithDeployment().All(ctx)
	if err != nil {
		return fmt.Errorf("read which deckies are due: %w", err)
	}
	for _, d := range due {
		_, err := s.Fleet.Mutate(ctx, fleet.Who{Trigger: entlifecycle.TriggerSchedule}, fleet.MutateInput{
			Name: d.Name, Deployment: d.Edges.Deployment.Name, ExpectedGeneration: &d.Generation,
		})
		var refused *fleet.Error
		switch {
		case err == nil:
		case errors.As(err, &refused) && refused.Code == fleet.NoServicesAvailable:
			if err := s.Fleet.Postpone(ctx, d.ID); err != nil {
				return err
			}
		case errors.As(err, &refused): // it has moved on, or is gone: the next look sees
		default:
			return fmt.Errorf("mutate decky %q: %w", d.Name, err)
		}
	}
	return nil
}
