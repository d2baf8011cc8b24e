package auth

import (
	"sync"
	"time"
)

// A name or an address may try this often within the window.
const (
	triesMax    = 10
	triesWindow = 5 * time.Minute
	// limiterMax bounds what an attacker who varies names can make us remember.
	limiterMax = 10_000
)

// limiter counts attempts by key over a fixed window.
type limiter struct {
	now func() time.Time

	mu   sync.Mutex
	keys map[string]*window
}

type window struct {
	until time.Time
	n     int
}

func newLimiter(now func() time.Time) *limiter { return &limiter{now: now, keys: map[string]*window{}} }

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
	return w.n <= triesMax
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
