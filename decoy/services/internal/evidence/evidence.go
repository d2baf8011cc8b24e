// Package evidence records what intruders leave behind: bodies that are longer than an event holds.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"golang.org/x/sync/semaphore"

	"decnet/decoy"
	"decnet/decoy/event"
)

// Kept is how much of a body is recorded, in bytes. The rest is measured and hashed.
const Kept = 64 << 10

// Parts records the pieces of content, of which the first was recorded with the event itself, up to from. Each bears the key, by which it belongs to that event, and its
// offset.
func Parts(s *decoy.Session, typ string, key event.Field, content []byte, from int) {
	content = content[:min(len(content), Kept)]
	for at := from; at < len(content); at += event.MaxValue {
		s.Event(typ, key, event.Int("offset", int64(at)), event.Bytes("content", content[at:min(at+event.MaxValue, len(content))]))
	}
}

// Body is a body as far as it has come. It is written in order.
type Body struct {
	Pool *semaphore.Weighted // that what is kept is taken from, until it is recorded; nil is none
	Size int64
	Head []byte // the first bytes: Kept of them, or fewer where the pool is empty
	sum  hash.Hash
}

// Write takes more of the body; it never fails.
func (b *Body) Write(p []byte) (int, error) {
	if b.sum == nil {
		b.sum = sha256.New()
	}
	// Only what follows on what is kept: a hole would be no evidence.
	if n := min(len(p), Kept-len(b.Head)); b.Size == int64(len(b.Head)) && (b.Pool == nil || b.Pool.TryAcquire(int64(n))) {
		b.Head = append(b.Head, p[:n]...)
	}
	b.Size += int64(len(p))
	return b.sum.Write(p)
}

// Sum is the SHA-256 of what has come, in hexadecimal digits.
func (b *Body) Sum() string {
	if b.sum == nil {
		b.sum = sha256.New()
	}
	return hex.EncodeToString(b.sum.Sum(nil))
}

// Record records the body as a written file: the path, the size, the hash of all of it, and as much as is kept. The fields come last.
func (b *Body) Record(s *decoy.Session, path string, fields ...event.Field) {
	sum := event.String("sha256", b.Sum())
	first := b.Head[:min(len(b.Head), event.MaxValue)]
	s.Event("file_written", append([]event.Field{event.String("path", path), event.Int("size", b.Size), sum, event.Bytes("content", first)}, fields...)...)
	Parts(s, "file_part", sum, b.Head, len(first))
	if b.Pool != nil {
		b.Pool.Release(int64(len(b.Head)))
	}
	b.Head = nil
}
