package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	// compareEvery is how often the clock is held against the database's.
	compareEvery = time.Minute
	// skewIgnored is a difference that a lease does not notice, and that the way to the database may well be the reason for.
	skewIgnored = 250 * time.Millisecond
)

// Clock is the moment by the clock that all servers of the database share. A lease says until when a decky is one server's: by clocks of their own, a server that is
// ahead would take over what others are still at. With SQLite that is this machine's clock, else the database's, as far as the two differ by more than a quarter of a second.
func (s *Store) Clock() time.Time { return Time(time.Now().Add(time.Duration(s.behind.Load()))) }

// compare holds this machine's clock against the database's, now and then, until ctx ends.
func (s *Store) compare(ctx context.Context) {
	tick := time.NewTicker(compareEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A database that does not answer now is asked again: the last difference holds until then.
		if err := s.setClock(ctx, time.Now); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "can't compare the clock with the database's", "error", err)
		}
	}
}

// setClock measures by how much a clock is behind the database's. The answer is of some moment between the question and its arrival.
func (s *Store) setClock(ctx context.Context, now func() time.Time) error {
	asked := now()
	var there time.Time
	if err := s.readDB.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&there); err != nil {
		return fmt.Errorf("ask the database for the time: %w", err)
	}
	behind := there.Sub(asked.Add(now().Sub(asked) / 2))
	if behind.Abs() < skewIgnored {
		behind = 0
	}
	if was := time.Duration(s.behind.Swap(int64(behind))); (was - behind).Abs() >= skewIgnored {
		slog.WarnContext(ctx, "this machine's clock differs from the database's, which is gone by", "behind", behind.Round(time.Millisecond))
	}
	return nil
}
