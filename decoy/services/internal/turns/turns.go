// Package turns lets a few of a service's sessions at a time do what costs time and memory.
package turns

// Turns is a service's: as many may be in turn at once as it has room for.
type Turns chan struct{}

// New returns turns for n at once.
func New(n int) Turns { return make(Turns, n) }

// Turn tells whether a session has a turn. Its zero value has none.
type Turn bool

// Do does something in a turn, once there is one: in the session's where it has one already.
func (t *Turn) Do(of Turns, do func()) {
	if *t {
		do()
		return
	}
	t.take(of)
	defer t.giveBack(of)
	do()
}

// Aside waits for something, and lets others have the session's turn meanwhile.
func (t *Turn) Aside(of Turns, wait func()) {
	if *t {
		t.giveBack(of)
		defer t.take(of)
	}
	wait()
}

func (t *Turn) take(of Turns) {
	of <- struct{}{}
	*t = true
}

func (t *Turn) giveBack(of Turns) {
	*t = false
	<-of
}
