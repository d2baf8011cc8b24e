package lifecycle

import (
	"time"

	"decnet/cursor"
	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
)

// Stream is the journal's name in cursors.
const Stream = "journal"

// Event is one entry of the journal, with its lifecycle at hand.
type Event struct {
	// Number is its place in the journal.
	Number    int64
	Seq       int
	Status    entlifecycle.Status
	Stage     *string
	Attempt   int
	At        time.Time
	Lifecycle *ent.Lifecycle

	cursors cursor.Codec
}

// Cursor is its place in the journal, as clients know it.
func (e *Event) Cursor() string { return e.cursors.Encode(Stream, e.Number) }

func (f *Feed) newEvent(e *ent.JournalEntry, lc *ent.Lifecycle) *Event {
	ev := &Event{cursors: f.cursors, Number: e.ID, Seq: e.Seq, Status: entlifecycle.Status(e.Status), Attempt: e.Attempt, At: e.At, Lifecycle: lc}
	if e.Stage != "" {
		ev.Stage = &e.Stage
	}
	return ev
}
