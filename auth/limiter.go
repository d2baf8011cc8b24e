package auth

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// How often may be tried within the window: a name from one address, one address whatever the names, an IPv6 site of many networks, and a name from all addresses. The last is
// more than one address may, so that a stranger can't shut somebody out whose name they know.
const (
	triesMax     = 10
	addressesMax = 40
	sitesMax     = 10 * addressesMax
	namesMax     = 200
	refusalsMax  = 100
	strangersMax = 3 * refusalsMax // refusals of those who have not signed in, of all addresses
	triesWindow  = 5 * time.Minute
	// limiterKeys is about as many passwords as the server can hash within a window.
	limiterKeys = 1 << 15
)

// limiter counts attempts by key over a fixed window. Each key is counted for itself: what strangers do with theirs takes nothing from anybody else's. Of the keys those are forgotten
// that were not tried for longest, so that however many names and addresses an attacker makes up it takes no more memory; what is being guessed at is not among them.
type limiter struct {
	now  func() time.Time
	max  int
	seed maphash.Seed

	mu   sync.Mutex
	keys *simplelru.LRU[uint64, *window] // by a hash that nobody can foretell: a key may be as long as somebody likes
}

type window struct {
	until int64 // Unix nanoseconds
	n     int
}

func newLimiter(now func() time.Time, most int) *limiter {
	keys, _ := simplelru.NewLRU[uint64, *window](limiterKeys, nil) // it fails without a size only
	return &limiter{now: now, max: most, seed: maphash.MakeSeed(), keys: keys}
}

// allow counts an attempt that is within the bound, and tells whether it is. What is beyond it is not counted.
func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, hash := l.now(), maphash.String(l.seed, key)
	w, ok := l.keys.Get(hash)
	if !ok || now.UnixNano() > w.until {
		w = &window{until: now.Add(triesWindow).UnixNano()}
		l.keys.Add(hash, w)
	}
	if w.n >= l.max {
		return false
	}
	w.n++
	return true
}

// forget starts a key's count anew.
func (l *limiter) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys.Remove(maphash.String(l.seed, key))
}

// takeBack makes an attempt one that was not.
func (l *limiter) takeBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w, ok := l.keys.Peek(maphash.String(l.seed, key)); ok && w.n > 0 {
		w.n--
	}
}

// count is one of the things that an attempt is counted by.
type count struct {
	by  *limiter
	key string
}

type counts []count

// take counts an attempt by each, or by none when one of them has no room.
func (c counts) take() bool {
	for i := range c {
		if !c[i].by.allow(c[i].key) {
			c[:i].giveBack()
			return false
		}
	}
	return true
}

// giveBack makes the attempt one that was not.
func (c counts) giveBack() {
	for _, one := range c {
		one.by.takeBack(one.key)
	}
}
