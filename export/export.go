// Package export hands interactions on to other systems as they are recorded: [File] writes JSON lines, [Syslog] speaks RFC 5424 over TCP or TLS, [Webhook] tells people of intruders. An [Exporter]
// reads the numbered stream of interactions for one of them, and remembers in the database how far it has come: what was recorded while the receiver or the server was
// down follows when they are back. It gives each interaction at least once, in order; each bears its cursor, so that a receiver can tell one that comes twice.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"decnet/cursor"
	"decnet/ent"
	"decnet/ent/counter"
	"decnet/interactions"
	"decnet/lifecycle"
	"decnet/store"
)

// The pace of an exporter.
const (
	lookAnyway = 2 * time.Second // another server on the same database rings no bell here
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	sendWithin = 30 * time.Second
	// gatherMost is how many records are gathered before a Flush: who makes ever more of them does not keep the news of it back.
	gatherMost = 20_000
)

// Sink is where interactions go.
type Sink interface {
	io.Closer
	// Name tells the sinks of one server apart: it names the metrics, and the place in the database.
	Name() string
	// Habits are how it wants to be fed from now on.
	Habits() Habits
	// Send delivers the records, all of them, or returns an error; then some may have been delivered. Close may be called between two calls, and the next
	// Send begins anew.
	Send(ctx context.Context, records []Record) error
	// Flush delivers what Send has held back. Only then does the exporter remember that all of it was sent.
	Flush(ctx context.Context) error
}

// Habits are how a sink wants to be fed. The zero Habits are all that is kept, batch by batch, as it comes.
type Habits struct {
	// Gather is how long the exporter waits for more, once something has come; then the sink gets all of it before Flush.
	Gather time.Duration
	// OnlyNew leaves out what was recorded before the sink's very first start.
	OnlyNew bool
}

// Record is one interaction on its way out.
type Record struct {
	*ent.Interaction
	// Cursor is its place in the stream, as the API has it.
	Cursor string
}

// State is how an exporter stands.
type State struct {
	Name string
	// Sent and Skipped count since the server's start; those skipped had been pruned before they could be sent.
	Sent, Skipped, Failures int64
	// At is the number of the last interaction that was sent or skipped; -1 before the database has told.
	At int64
}

// Exporter feeds one sink.
type Exporter struct {
	store *store.Store
	log   *slog.Logger
	bell  *lifecycle.Bell // rung when interactions were added
	sink  Sink
	wait  func(ctx context.Context, d time.Duration) // between tries
	most  int                                        // records gathered before a Flush

	mu    sync.Mutex
	state State
}

// New returns an exporter; Run makes it go. grown rings when interactions were added.
func New(s *store.Store, grown *lifecycle.Bell, sink Sink, log *slog.Logger) *Exporter {
	return &Exporter{store: s, log: log.With("export", sink.Name()), bell: grown, sink: sink, wait: wait, most: gatherMost, state: State{Name: sink.Name(), At: -1}}
}

// State tells how it stands.
func (e *Exporter) State() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

// Run exports until ctx ends. Trouble is logged and tried again, ever more slowly.
func (e *Exporter) Run(ctx context.Context) {
	defer func() {
		if err := e.sink.Close(); err != nil {
			e.log.Warn("the export did not end well", "error", err)
		}
	}()
	// What is set wrong is told at the start, and not when an intruder comes. It is no reason to stop: the folder may be there by then.
	if sink, ok := e.sink.(interface{ Ready() error }); ok {
		if err := sink.Ready(); err != nil {
			e.log.WarnContext(ctx, "the export can't be written as it is set; it is tried when there is something to write", "error", err)
		}
	}
	retry := firstRetry
	for ctx.Err() == nil {
		grown := e.bell.C()
		more, err := e.once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			e.count(func(s *State) { s.Failures++ })
			e.log.WarnContext(ctx, "the export can't go on; trying again", "error", err, "in", retry)
			_ = e.sink.Close() // it has failed already
			e.wait(ctx, retry)
			retry = min(2*retry, lastRetry)
		case more:
			retry = firstRetry
		default:
			retry = firstRetry
			select {
			case <-grown:
			case <-time.After(lookAnyway):
			case <-ctx.Done():
			}
		}
	}
}

// once sends what comes next, and tells whether there may be more at once.
func (e *Exporter) once(ctx context.Context) (more bool, err error) {
	habits := e.sink.Habits()
	at, err := e.place(ctx, habits)
	if err != nil {
		return false, err
	}
	e.count(func(s *State) { s.At = at })
	records, next, err := e.page(ctx, at)
	if errors.Is(err, cursor.ErrExpired) {
		return true, e.skip(ctx, at)
	}
	if err != nil || len(records) == 0 {
		return false, err
	}
	if habits.Gather > 0 {
		e.wait(ctx, habits.Gather)
	}
	sent := 0
	for {
		if err := e.deliver(ctx, func(ctx context.Context) error { return e.sink.Send(ctx, records) }); err != nil {
			return false, fmt.Errorf("send interactions %d to %d: %w", records[0].Number, records[len(records)-1].Number, err)
		}
		sent, at = sent+len(records), next
		if habits.Gather == 0 || sent >= e.most {
			break
		}
		records, next, err = e.page(ctx, at)
		if err != nil && !errors.Is(err, cursor.ErrExpired) {
			return false, err
		}
		if len(records) == 0 { // or the retention has overtaken it: what it has goes out, and the next look skips
			break
		}
	}
	if err := e.deliver(ctx, e.sink.Flush); err != nil {
		return false, err
	}
	if err := e.advance(ctx, at); err != nil {
		return false, err
	}
	e.count(func(s *State) { s.Sent += int64(sent); s.At = at })
	return true, nil
}

// page reads what comes after a place, and the place after that.
func (e *Exporter) page(ctx context.Context, at int64) (records []Record, next int64, err error) {
	rows, next, err := interactions.NewLog(e.store, e.bell).Page(ctx, interactions.Filter{}, at)
	if err != nil {
		return nil, 0, err
	}
	codec := cursor.New(e.store.Epoch())
	records = make([]Record, len(rows))
	for i, row := range rows {
		records[i] = Record{row, codec.Encode(interactions.Stream, row.Number)}
	}
	return records, next, nil
}

func (e *Exporter) deliver(ctx context.Context, by func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return by(ctx)
}

// skip goes on after what has been pruned, or, in a database that is behind the place, from its end.
func (e *Exporter) skip(ctx context.Context, at int64) error {
	span, err := store.SpanOf(ctx, e.store.Read, interactions.Stream)
	if err != nil {
		return err
	}
	next := span.Head
	if at < span.Pruned {
		next = span.Pruned
		e.count(func(s *State) { s.Skipped += next - at })
	}
	e.log.WarnContext(ctx, "interactions were pruned before they could be exported, or the database was replaced", "from", at, "to", next)
	return e.advance(ctx, next)
}

// row is the counter that remembers the place.
func (e *Exporter) row() string { return "export-" + e.sink.Name() }

func (e *Exporter) place(ctx context.Context, habits Habits) (int64, error) {
	row, err := e.store.Read.Counter.Get(ctx, e.row())
	if ent.IsNotFound(err) {
		if !habits.OnlyNew {
			return 0, nil // all that is kept is new to it
		}
		span, err := store.SpanOf(ctx, e.store.Read, interactions.Stream)
		if err != nil {
			return 0, err
		}
		return span.Head, e.advance(ctx, span.Head)
	}
	if err != nil {
		return 0, fmt.Errorf("read how far the export has come: %w", err)
	}
	return row.Value, nil
}

func (e *Exporter) advance(ctx context.Context, to int64) error {
	err := e.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Counter.Create().SetID(e.row()).SetValue(to).OnConflictColumns(counter.FieldID).UpdateNewValues().Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("remember how far the export has come: %w", err)
	}
	return nil
}

func (e *Exporter) count(change func(*State)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.state)
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
