package lifecycle

import (
	"errors"
	"time"

	"decnet/cursor"
	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
)

// Stream is the journal's name in cursors.
const Stream = "journal"

// ErrCursorExpired says that the journal no longer (or does not yet) reach to a cursor.
var ErrCursorExpired = errors.New("the journal does not reach to this cursor: start afresh without `after`")

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
}

// Cursor is its place in the journal, as clients know it.
func (e *Event) Cursor() string { return cursor.Encode(Stream, e.Number) }

func newEvent(e *ent.JournalEntry, lc *ent.Lifecycle) *Event {
	ev := &Event{Number: e.ID, Seq: e.Seq, Status: entlifecycle.Status(e.Status), Attempt: e.Attempt, At: e.At, Lifecycle: lc}
	if e.Stage != "" {
		ev.Stage = &e.Stage
	}
	return ev
}
