// Package lifecycle carries an accepted operation to its end and tells everyone who watches.
//
// It has three parts. The [Journal] writes: every step of a lifecycle is one conditional update of its row and one numbered entry, in
// the caller's transaction. The [Runner] works: the rows are its queue; it claims them with a lease, calls the engine and
// writes down how that went. The [Feed] reads: it follows the journal and gives each subscriber every entry once, in order.
//
// A lifecycle goes PENDING → RUNNING → SUCCEEDED | FAILED | CANCELED, or PENDING → SUPERSEDED | CANCELED. Terminal rows never change: each update
// names the status it starts from in its WHERE clause, and a trigger in the database refuses the rest.
//
// The [Bell] between them only says "something was committed". Losing a ring loses nothing: whoever waits for it also looks by the clock.
package lifecycle

import (
	"slices"

	entlifecycle "decnet/ent/lifecycle"
)

// Terminal tells whether a lifecycle with this status has reached its end.
func Terminal(s entlifecycle.Status) bool { return slices.Contains(terminal, s) }

var terminal = []entlifecycle.Status{
	entlifecycle.StatusSucceeded, entlifecycle.StatusFailed, entlifecycle.StatusCanceled, entlifecycle.StatusSuperseded,
}
