package store

import (
	"context"
	"sync/atomic"
)

type alsoKey struct{}

type also struct {
	fn   func(ctx context.Context, tx *Tx) error
	done atomic.Bool
}

// Also has fn run in the transaction of the first write that is made under the returned context and succeeds: what fn writes is committed with it, or not at all.
// done tells whether that has happened.
func Also(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (with context.Context, done func() bool) {
	a := &also{fn: fn}
	return context.WithValue(ctx, alsoKey{}, a), a.done.Load
}

// withAlso adds to a write what its context bears.
func withAlso(ctx context.Context, write func(ctx context.Context, tx *Tx) error) func(ctx context.Context, tx *Tx) error {
	a, _ := ctx.Value(alsoKey{}).(*also)
	if a == nil || a.done.Load() {
		return write
	}
	return func(ctx context.Context, tx *Tx) error {
		if err := write(ctx, tx); err != nil {
			return err
		}
		if err := a.fn(ctx, tx); err != nil {
			return err
		}
		tx.AfterCommit(func() { a.done.Store(true) })
		return nil
	}
}
