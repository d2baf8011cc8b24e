package interactions

import (
	"context"
	"fmt"
	"time"

	"decnet/cursor"
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

// Filter says which interactions are wanted: those that fit everything that is given. The zero Filter is all of them.
type Filter struct {
	Deployment, Decky string
	Services, Types   []string
	SourceIP          *string
	Origins           []interaction.Origin
	Session           *string
}

func (q Filter) apply(query *ent.InteractionQuery) *ent.InteractionQuery {
	if q.Deployment != "" {
		query.Where(interaction.DeploymentName(q.Deployment))
	}
	if q.Decky != "" {
		query.Where(interaction.DeckyName(q.Decky))
	}
	if len(q.Services) > 0 {
		query.Where(interaction.ServiceIn(q.Services...))
	}
	if len(q.Types) > 0 {
		query.Where(interaction.TypeIn(q.Types...))
	}
	if q.SourceIP != nil {
		query.Where(interaction.SourceIP(*q.SourceIP))
	}
	if len(q.Origins) > 0 {
		query.Where(interaction.OriginIn(q.Origins...))
	}
	if q.Session != nil {
		query.Where(interaction.Session(*q.Session))
	}
	return query
}

// Follow calls send for every matching interaction after a place (nil: after the newest one now), in order, none twice, until ctx ends or send
// returns false. It is a cursor.ErrExpired when interactions after the place are missing, also when a slow reader is overtaken by the retention.
func (l *Log) Follow(ctx context.Context, q Filter, after *int64, send func(*ent.Interaction) bool) error {
	var at int64
	if after != nil {
		at = *after
	} else {
		span, err := store.SpanOf(ctx, l.store.Read, Stream)
		if err != nil {
			return err
		}
		at = span.Head
	}
	for {
		grown := l.grown.C()
		rows, next, err := l.Page(ctx, q, at)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, row := range rows {
			if !send(row) {
				return nil
			}
		}
		at = next
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

// Page returns matching interactions after a place, a few hundred at most, and the place to go on from. It is a cursor.ErrExpired when interactions after the place are missing.
func (l *Log) Page(ctx context.Context, q Filter, after int64) (rows []*ent.Interaction, next int64, err error) {
	err = l.store.Snapshot(ctx, func(c *ent.Client) error {
		span, err := store.SpanOf(ctx, c, Stream)
		if err != nil {
			return err
		}
		if err := cursor.Reach(after, span.Pruned, span.Head); err != nil {
			return err
		}
		next = span.Head
		rows, err = q.apply(c.Interaction.Query()).Where(interaction.NumberGT(after)).
			Order(interaction.ByNumber()).Limit(pageSize).WithDecky().All(ctx)
		if err != nil {
			return fmt.Errorf("read interactions: %w", err)
		}
		deckies := make([]*ent.Decky, 0, len(rows))
		for _, row := range rows {
			deckies = append(deckies, row.Edges.Decky)
		}
		store.Release(rows)
		store.Release(deckies)
		if len(rows) == pageSize {
			next = rows[pageSize-1].Number
		}
		return nil
	})
	return rows, next, err
}
