// Package pool bounds the memory that all clients of a service hold together: a decky has little of it, and each client alone could ask for a part that is
// harmless.
package pool

import "sync/atomic"

// Pool is an amount of bytes to be taken and given back.
type Pool struct{ left atomic.Int64 }

// New returns a pool of so many bytes.
func New(bytes int) *Pool {
	p := &Pool{}
	p.left.Store(int64(bytes))
	return p
}

// Take takes n bytes, or none if there are not so many: it tells which.
func (p *Pool) Take(n int) bool {
	if p.left.Add(-int64(n)) >= 0 {
		return true
	}
	p.left.Add(int64(n))
	return false
}

// Give gives n bytes back.
func (p *Pool) Give(n int) { p.left.Add(int64(n)) }
