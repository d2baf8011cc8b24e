package store

import (
	"context"
	"errors"
	"fmt"

	"decnet/ent"
	"decnet/ent/counter"
)

// Span is what is kept of a numbered stream: the rows from Pruned+1 to Head, none missing in between.
type Span struct{ Pruned, Head int64 }

// SpanOf reads what is kept of a stream ("journal", "interaction"). Inside [Store.Snapshot] it fits the rows that are read with it.
func SpanOf(ctx context.Context, c *ent.Client, stream string) (Span, error) {
	rows, err := c.Counter.Query().Where(counter.IDIn(stream, prunedOf(stream))).All(ctx)
	if err == nil && len(rows) != 2 {
		err = fmt.Errorf("%d of its 2 counters are there", len(rows))
	}
	if err != nil {
		return Span{}, fmt.Errorf("read what is kept of stream %q: %w", stream, err)
	}
	var s Span
	for _, row := range rows {
		if row.ID == stream {
			s.Head = row.Value
		} else {
			s.Pruned = row.Value
		}
	}
	return s, nil
}

// PruneBatch is how many rows go in one transaction: few, for every other writer waits for it.
const PruneBatch = 256

// errOvertaken says that another server prunes the stream too.
var errOvertaken = errors.New("another server prunes it")

// Prune deletes a stream's beginning, in small transactions, and returns how many rows went. oldest chooses: of the PruneBatch rows after from it
// returns the number of the last one that is to go (from when none is) and what deletes the rows up to it. The database refuses to delete other rows
// of a stream, and refuses a number that would reach what has to stay.
func (s *Store) Prune(ctx context.Context, stream string, oldest func(from, head int64) (through int64, remove func(context.Context, *Tx) error, err error)) (int64, error) {
	span, err := SpanOf(ctx, s.Read, stream)
	if err != nil {
		return 0, err
	}
	for from := span.Pruned; ; {
		through, remove, err := oldest(from, span.Head)
		if err != nil || through == from {
			return from - span.Pruned, err
		}
		err = s.Write(ctx, func(ctx context.Context, tx *Tx) error {
			n, err := tx.Counter.Update().Where(counter.ID(prunedOf(stream)), counter.Value(from)).SetValue(through).Save(ctx)
			if err == nil && n == 0 {
				err = errOvertaken
			}
			if err != nil {
				return err
			}
			return remove(ctx, tx)
		})
		if errors.Is(err, errOvertaken) {
			return from - span.Pruned, nil
		}
		if err != nil {
			return from - span.Pruned, fmt.Errorf("prune stream %q from %d to %d: %w", stream, from, through, err)
		}
		if through-from < PruneBatch {
			return through - span.Pruned, nil
		}
		from = through
	}
}

func prunedOf(stream string) string { return stream + "-pruned" }
