package sshwire

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Backlog bounds the memory of what clients have sent and no program has read yet, over all connections of a server: a channel's window alone lets each client send megabytes to a program that never
// reads. Who wants more than there is left waits a while, and is then hung up on.
type Backlog struct{ room *semaphore.Weighted }

// NewBacklog makes one of so many bytes.
func NewBacklog(bytes int64) *Backlog { return &Backlog{semaphore.NewWeighted(bytes)} }

const (
	ownBacklog  = 64 << 10 // of each connection, whatever the others have
	packetCost  = 96       // what a packet takes beside its data, about
	backlogTime = 10 * time.Second
)

var errBacklog = errors.New("ssh: the client sends more than is read")

// unread is one connection's part of a backlog. One goroutine adds to it.
type unread struct {
	of *Backlog // nil is without bounds

	mu             sync.Mutex
	held, borrowed int64
}

func (u *unread) add(n int64) error {
	if u.of == nil {
		return nil
	}
	u.mu.Lock()
	more := max(0, u.held+n-ownBacklog) - u.borrowed
	u.mu.Unlock()
	if more > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), backlogTime)
		defer cancel()
		if u.of.room.Acquire(ctx, more) != nil {
			return errBacklog
		}
	}
	u.change(n, max(0, more))
	return nil
}

func (u *unread) drop(n int64) {
	if u.of != nil && n > 0 {
		u.change(-n, 0)
	}
}

// change counts bytes in or out, and gives back what is borrowed and no longer needed.
func (u *unread) change(n, borrowed int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held += n
	u.borrowed += borrowed
	if spare := u.borrowed - max(0, u.held-ownBacklog); spare > 0 {
		u.borrowed -= spare
		u.of.room.Release(spare)
	}
}

// taken counts out what has been read of the first packet. The lock of b is held.
func (b *buffer) taken(n int) {
	if len(b.head.buf) == 0 {
		b.head.buf = nil
		n += packetCost
	}
	b.held -= int64(n)
	b.unread.drop(int64(n))
}

// discard drops what is in the buffer and what still comes: nobody reads any more.
func (b *buffer) discard() {
	b.Cond.L.Lock()
	defer b.Cond.L.Unlock()
	b.head = &element{}
	b.tail, b.closed, b.gone = b.head, true, true
	b.unread.drop(b.held)
	b.held = 0
	b.Cond.Broadcast()
}
