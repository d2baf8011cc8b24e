package interactions

import (
	"context"
	"fmt"
	"time"

	"decnet/ent"
	"decnet/ent/interaction"
	"decnet/lifecycle"
	"decnet/store"
)

const pageSize = 200

// Log follows the stored interactions.
type Log struct {
	store *store.Store
	grown *lifecycle.Bell
}

// NewLog returns a log that looks whenever grown rings.
func NewLog(s *store.Store, grown *lifecycle.Bell) *Log { return &Log{store: s, grown: grown} }

// Filter says whose interactions are wanted; the zero Filter is everyone's.
type Filter struct{ Deployment, Decky string }

func (q Filter) apply(query *ent.InteractionQuery) *ent.InteractionQuery {
	if q.Deployment != "" {
		query.Where(interaction.DeploymentName(q.Deployment))
	}
	if q.Decky != "" {
		query.Where(interaction.DeckyName(q.Decky))
	}
	return query
}

// Follow calls send for every matching interaction after a place (nil: after the newest one now), in order, none twice, until ctx ends or send
// returns false.
func (l *Log) Follow(ctx context.Context, q Filter, after *int64, send func(*ent.Interaction) bool) error {
	var at int64
	if after != nil {
		at = *after
	} else {
		c, err := l.store.Read.Counter.Get(ctx, Stream)
		if err != nil {
			return fmt.Errorf("read where the interactions end: %w", err)
		}
		at = c.Value
	}
	for {
		grown := l.grown.C()
		rows, err := q.apply(l.store.Read.Interaction.Query()).Where(interaction.NumberGT(at)).
			Order(interaction.ByNumber()).Limit(pageSize).WithDecky().All(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("read interactions: %w", err)
		}
		for _, row := range rows {
			if !send(row) {
				return nil
			}
			at = row.Number
		}
		if len(rows) == pageSize {
			continue // there may be more
		}
		select {
		case <-grown:
		case <-time.After(lookAnyway):
		case <-ctx.Done():
			return nil
		}
	}
}
