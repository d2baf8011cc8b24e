package interactions

import (
	"context"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"decnet/ent"
	"decnet/ent/interaction"
	"decnet/ent/predicate"
	"decnet/store"
)

// The bounds of a chart's axis of time.
const (
	maxBuckets     = 1000
	assumedBuckets = 60
)

// Stats counts the interactions of a span of time. Each count is a query of its own, made when it is asked for.
type Stats struct {
	From, To time.Time
	store    *store.Store
	where    []predicate.Interaction
}

// NewStats counts the intruders' interactions from a moment (in the span) to another (not in it) that all of where picks.
func NewStats(s *store.Store, from, to time.Time, where ...predicate.Interaction) *Stats {
	from, to = store.Time(from), store.Time(to)
	return &Stats{From: from, To: to, store: s, where: append(where, interaction.AtGTE(from), interaction.AtLT(to), interaction.OriginEQ(interaction.OriginIntruder))}
}

// TimeCount is how many there were in one bucket of time.
type TimeCount struct {
	At    time.Time
	Count int
}

// NamedCount is how many there were of one kind.
type NamedCount struct {
	Name  string
	Count int
}

func (s *Stats) query() *ent.InteractionQuery {
	return s.store.Read.Interaction.Query().Where(s.where...)
}

// Total counts all of them.
func (s *Stats) Total(ctx context.Context) (int, error) {
	n, err := s.query().Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count the interactions: %w", err)
	}
	return n, nil
}

// Attackers counts the addresses that they came from.
func (s *Stats) Attackers(ctx context.Context) (int, error) {
	var rows []struct{ Count int }
	err := s.query().Where(interaction.SourceIPNEQ("")).Modify(func(q *sql.Selector) {
		q.Select(sql.As(sql.Count(sql.Distinct(q.C(interaction.FieldSourceIP))), "count"))
	}).Scan(ctx, &rows)
	if err != nil || len(rows) != 1 {
		return 0, fmt.Errorf("count the addresses (%d rows): %w", len(rows), err)
	}
	return rows[0].Count, nil
}

// Bucket is the width of a bucket that makes about sixty of the span, a length that people know.
func (s *Stats) Bucket() time.Duration {
	const day = 24 * time.Hour
	wanted := s.To.Sub(s.From) / assumedBuckets
	for _, d := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if d >= wanted {
			return d
		}
	}
	return (wanted + day - 1).Truncate(day)
}

// Fits tells whether a bucket's width is whole seconds, and makes no more of the span than may be.
func (s *Stats) Fits(bucket time.Duration) bool {
	return bucket >= time.Second && bucket%time.Second == 0 && s.To.Sub(s.From) <= (maxBuckets-1)*bucket
}

// OverTime counts by buckets of time, the empty ones too. A bucket begins at a multiple of its width since 1970. The width has to fit (Fits).
func (s *Stats) OverTime(ctx context.Context, bucket time.Duration) ([]*TimeCount, error) {
	width := int64(bucket / time.Second)
	var rows []struct {
		Bucket int64
		Count  int
	}
	err := s.query().Modify(func(q *sql.Selector) {
		seconds := fmt.Sprintf("CAST(strftime('%%s', %s) AS INTEGER)", q.C(interaction.FieldAt))
		if q.Dialect() == dialect.Postgres {
			seconds = fmt.Sprintf("CAST(FLOOR(EXTRACT(EPOCH FROM %s)) AS BIGINT)", q.C(interaction.FieldAt))
		}
		number := fmt.Sprintf("%s / %d", seconds, width)
		q.Select(sql.As(number, "bucket"), sql.As(sql.Count("*"), "count")).GroupBy(number)
	}).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count the interactions over time: %w", err)
	}
	counts := map[int64]int{}
	for _, row := range rows {
		counts[row.Bucket] = row.Count
	}
	var out []*TimeCount
	for n := s.From.Unix() / width; n*width < s.To.Unix() || len(out) == 0; n++ {
		out = append(out, &TimeCount{At: time.Unix(n*width, 0).UTC(), Count: counts[n]})
	}
	return out, nil
}

// ByService counts by service, the most first.
func (s *Stats) ByService(ctx context.Context, most int) ([]*NamedCount, error) {
	return s.by(ctx, most, interaction.FieldService)
}

// ByType counts by what was done, the most first.
func (s *Stats) ByType(ctx context.Context, most int) ([]*NamedCount, error) {
	return s.by(ctx, most, interaction.FieldType)
}

// ByDecky counts by decky, the most first; each is named DEPLOYMENT/NAME.
func (s *Stats) ByDecky(ctx context.Context, most int) ([]*NamedCount, error) {
	return s.by(ctx, most, interaction.FieldDeploymentName, interaction.FieldDeckyName)
}

// TopAttackers counts by the address that they came from, the most first.
func (s *Stats) TopAttackers(ctx context.Context, most int) ([]*NamedCount, error) {
	return s.by(ctx, most, interaction.FieldSourceIP)
}

// by counts by a column, or by several that make a name together. What has none does not count.
func (s *Stats) by(ctx context.Context, most int, columns ...string) ([]*NamedCount, error) {
	var rows []*NamedCount
	err := s.query().Modify(func(q *sql.Selector) {
		parts := make([]string, len(columns))
		for i, c := range columns {
			q.Where(sql.NEQ(q.C(c), ""))
			parts[i] = q.C(c)
		}
		name := strings.Join(parts, " || '/' || ")
		q.Select(sql.As(name, "name"), sql.As(sql.Count("*"), "count")).GroupBy(name).OrderBy(sql.Desc("count"), "name").Limit(most)
	}).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count the interactions by %s: %w", columns[0], err)
	}
	return rows, nil
}
