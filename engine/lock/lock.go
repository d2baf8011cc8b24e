// Package lock holds the locks that engines keep across calls of what they drive: who waits for one waits no longer than its context, since
// whoever holds it may hang.
package lock

import (
	"context"
	"sync"
)

// Lock is held by one at a time. Make it with New.
type Lock chan struct{}

// New returns a lock that nobody holds.
func New() Lock { return make(Lock, 1) }

// Take waits for the lock. The error is the context's.
func (l Lock) Take(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Release lets the next one have it.
func (l Lock) Release() { <-l }

// ByKey is a lock for each key; those that nobody wants any more are forgotten. Its zero value is ready.
type ByKey struct {
	mu    sync.Mutex
	locks map[string]*shared
}

type shared struct {
	Lock

	wanted int // by how many: the holder and those who wait
}

// Take waits for a key's lock; release must be called once. The error is the context's.
func (k *ByKey) Take(ctx context.Context, key string) (release func(), err error) {
	k.mu.Lock()
	if k.locks == nil {
		k.locks = map[string]*shared{}
	}
	l := k.locks[key]
	if l == nil {
		l = &shared{Lock: New()}
		k.locks[key] = l
	}
	l.wanted++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.wanted--; l.wanted == 0 {
			delete(k.locks, key)
		}
	}
	if err := l.Take(ctx); err != nil {
		leave()
		return nil, err
	}
	return func() {
		l.Release()
		leave()
	}, nil
}
