package auth

import (
	"hash/maphash"
	"sync"
	"time"
)

// How often may be tried within the window: a name from one address, one address whatever the names, and a name from all addresses. The last is more than one
// address may, so that a stranger can't shut somebody out whose name they know.
const (
	triesMax     = 10
	addressesMax = 40
	namesMax     = 200
	refusalsMax  = 100
	triesWindow  = 5 * time.Minute
	// limiterSlots is far more than the server can hash passwords within a window, shared out among them.
	limiterSlots = 1 << 14
)

// limiter counts attempts by key over a fixed window. Keys share a fixed number of slots by a hash that nobody can foretell: however many names and addresses an attacker
// makes up, and however long, it takes no more memory, and never comes to where it would have to let everybody in or nobody.
type limiter struct {
	now  func() time.Time
	max  int
	seed maphash.Seed

	mu    sync.Mutex
	slots []window
}

type window struct {
	until int64 // Unix nanoseconds
	n     int
}

func newLimiter(now func() time.Time, most int) *limiter {
	return &limiter{now: now, max: most, seed: maphash.MakeSeed(), slots: make([]window, limiterSlots)}
}

// slot is where a key is counted. The caller holds l.mu.
func (l *limiter) slot(key string) *window {
	return &l.slots[maphash.String(l.seed, key)%limiterSlots]
}

// allow counts an attempt, and tells whether it is within the bound.
func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, w := l.now(), l.slot(key)
	if now.UnixNano() > w.until {
		*w = window{until: now.Add(triesWindow).UnixNano()}
	}
	w.n++
	return w.n <= l.max
}

// forget starts a key's count anew.
func (l *limiter) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.slot(key) = window{}
}

// takeBack makes an attempt one that was not.
func (l *limiter) takeBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.slot(key); w.n > 0 {
		w.n--
	}
}
