package lifecycle

import "sync"

// Bells wake those who have something to do once a change is committed, each for what is theirs: who is rung for looks at the database.
// The zero Bells are ready.
type Bells struct {
	Grown   Bell // the journal has grown: for those who follow it
	Touched Bell // a decky came, went or changed
	Work    Bell // a runner may find something to take up, or to break off
}

// Bell wakes whoever waits for something to have been committed. The zero Bell is ready.
type Bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// Ring wakes everyone who waits now.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// C returns a channel that is closed at the next ring. Take it before looking at the database: a ring between the look and the wait
// is then not missed.
func (b *Bell) C() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}
