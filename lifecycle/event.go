package lifecycle

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
)

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
func (e *Event) Cursor() string { return EncodeCursor(e.Number) }

// ErrBadCursor says that a text was never a cursor of this journal.
var ErrBadCursor = errors.New("this is not a cursor of the journal")

// ErrCursorExpired says that the journal no longer (or does not yet) reach to a cursor.
var ErrCursorExpired = errors.New("the journal does not reach to this cursor: start afresh without `after`")

const cursorPrefix = "journal:"

// EncodeCursor makes the opaque cursor for a place in the journal.
func EncodeCursor(number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.FormatInt(number, 10)))
}

// DecodeCursor is EncodeCursor's inverse.
func DecodeCursor(s string) (int64, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, ErrBadCursor
	}
	digits, ok := strings.CutPrefix(string(b), cursorPrefix)
	if !ok {
		return 0, ErrBadCursor
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0, ErrBadCursor
	}
	return n, nil
}

func newEvent(e *ent.JournalEntry, lc *ent.Lifecycle) *Event {
	ev := &Event{Number: e.ID, Seq: e.Seq, Status: entlifecycle.Status(e.Status), Attempt: e.Attempt, At: e.At, Lifecycle: lc}
	if e.Stage != "" {
		ev.Stage = &e.Stage
	}
	return ev
}
