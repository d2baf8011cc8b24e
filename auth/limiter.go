package auth

import (
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
	// limiterMax bounds what an attacker who varies names can make us remember.
	limiterMax = 10_000
)

// limiter counts attempts by key over a fixed window.
type limiter struct {
	now func() time.Time
	max int

	mu   sync.Mutex
	keys map[string]*window
}

type window struct {
	until time.Time
	n     int
}

func newLimiter(now func() time.Time, most int) *limiter {
	return &limiter{now: now, max: most, keys: map[string]*window{}}
}

func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	w := l.keys[key]
	if w == nil || now.After(w.until) {
		if w == nil && len(l.keys) >= limiterMax {
			l.sweep(now)
			if len(l.keys) >= limiterMax {
				return false
			}
		}
		w = &window{until: now.Add(triesWindow)}
		l.keys[key] = w
	}
	w.n++
	return w.n <= l.max
}

func (l *limiter) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, key)
}

func (l *limiter) sweep(now time.Time) {
	for k, w := range l.keys {
		if now.After(w.until) {
			delete(l.keys, k)
		}
	}
}
