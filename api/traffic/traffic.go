// Package traffic shares the server out among its callers, so that none of them, by zeal or by malice, takes what the others need. A caller is a user, or an
// address from which nobody has signed in. Each operation has a cost (see package api); a caller may spend so much a second, and so much of it at the same
// time: one expensive question, or hundreds of cheap ones. What comes too often is refused with the time to wait; what comes too much at once waits its
// turn; and a stream that costs more than its caller may spend is slowed, which a journal forgives.
package traffic

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Limits are what one caller may use. Costs are in the units of an operation's complexity.
type Limits struct {
	// UserRate and AddressRate are costs a second, for those who have signed in and for an address; 0: no limit.
	UserRate, AddressRate int
	// AtOnce is the cost of a caller's queries and mutations that run at the same time; more wait. An operation that costs more than that
	// runs alone.
	AtOnce int
	// Subscriptions is how many streams a caller may have open, over all connections.
	Subscriptions int
}

const (
	// burst is for how long a caller who has been quiet may spend all at once.
	burst = 2 * time.Second
	// waitingMax bounds a caller's operations that wait for their turn.
	waitingMax = 256
	// callersMax bounds what we remember: beyond it those who do nothing are forgotten, and then no new address is let in.
	callersMax = 20_000
)

// What a caller can be refused for.
var (
	ErrTooManySubscriptions = errors.New("too many subscriptions are open: end some, or share them")
	ErrTooManyWaiting       = errors.New("too many operations wait for their turn")
)

// Caller is who is asking.
type Caller struct {
	// Name tells callers apart.
	Name string
	// User says that they have signed in.
	User bool
}

// Traffic keeps the accounts. The zero value is not ready: use [New].
type Traffic struct {
	limits Limits
	now    func() time.Time

	mu      sync.Mutex
	callers map[Caller]*account
}

type account struct {
	bucket *rate.Limiter // nil: no limit
	turns  *semaphore.Weighted

	// Guarded by Traffic.mu.
	users         int // how many hold the account at this moment
	waiting       int
	subscriptions int
}

// New opens the accounts.
func New(l Limits, now func() time.Time) *Traffic {
	return &Traffic{limits: l, now: now, callers: map[Caller]*account{}}
}

// hold finds a caller's account, which stays until it is let go. It returns nil when there are too many addresses.
func (t *Traffic) hold(c Caller) *account {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.callers[c]
	if a == nil {
		if !c.User && len(t.callers) >= callersMax { // users are as many as there are accounts
			t.forgetIdle()
			if len(t.callers) >= callersMax {
				return nil
			}
		}
		a = &account{turns: semaphore.NewWeighted(int64(max(t.limits.AtOnce, 1)))}
		perSecond := t.limits.AddressRate
		if c.User {
			perSecond = t.limits.UserRate
		}
		if perSecond > 0 {
			a.bucket = rate.NewLimiter(rate.Limit(perSecond), perSecond*int(burst/time.Second))
		}
		t.callers[c] = a
	}
	a.users++
	return a
}

func (t *Traffic) letGo(a *account) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a.users--
}

// forgetIdle drops the accounts that say nothing: nobody holds them, and their callers may spend all there is.
func (t *Traffic) forgetIdle() {
	now := t.now()
	for c, a := range t.callers {
		if a.users == 0 && (a.bucket == nil || a.bucket.TokensAt(now) >= float64(a.bucket.Burst())) {
			delete(t.callers, c)
		}
	}
}

// Spend takes a cost from what a caller may spend. When there is not that much left, nothing is taken, and it returns how long to wait for it.
func (t *Traffic) Spend(c Caller, cost int) (wait time.Duration, ok bool) {
	a := t.hold(c)
	if a == nil {
		return burst, false
	}
	defer t.letGo(a)
	if a.bucket == nil {
		return 0, true
	}
	now := t.now()
	r := a.bucket.ReserveN(now, min(cost, a.bucket.Burst()))
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// Pace takes a cost, and tells how long its caller has to wait until they have it.
func (t *Traffic) Pace(c Caller, cost int) time.Duration {
	a := t.hold(c)
	if a == nil {
		return burst
	}
	defer t.letGo(a)
	if a.bucket == nil {
		return 0
	}
	now := t.now()
	return a.bucket.ReserveN(now, min(cost, a.bucket.Burst())).DelayFrom(now)
}

// Begin waits until an operation of a cost may run, and returns what to call when it has. The error is ErrTooManyWaiting, or the context's.
func (t *Traffic) Begin(ctx context.Context, c Caller, cost int) (end func(), err error) {
	return t.turn(ctx, c, cost, true)
}

// Await is Begin for what waits as long as it takes: a stream's next event, which others of the same caller have to wait for as well.
func (t *Traffic) Await(ctx context.Context, c Caller, cost int) (end func(), err error) {
	return t.turn(ctx, c, cost, false)
}

func (t *Traffic) turn(ctx context.Context, c Caller, cost int, bounded bool) (end func(), err error) {
	a := t.hold(c)
	if a == nil {
		return nil, ErrTooManyWaiting
	}
	weight := int64(max(min(cost, t.limits.AtOnce), 1))
	if !a.turns.TryAcquire(weight) {
		if bounded && !t.queue(a) {
			t.letGo(a)
			return nil, ErrTooManyWaiting
		}
		err = a.turns.Acquire(ctx, weight)
		if bounded {
			t.unqueue(a)
		}
		if err != nil {
			t.letGo(a)
			return nil, err
		}
	}
	return func() {
		a.turns.Release(weight)
		t.letGo(a)
	}, nil
}

func (t *Traffic) queue(a *account) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.waiting >= waitingMax {
		return false
	}
	a.waiting++
	return true
}

func (t *Traffic) unqueue(a *account) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a.waiting--
}

// Subscribe counts a stream, and returns what to call, once or more, when it has ended. The error is ErrTooManySubscriptions.
func (t *Traffic) Subscribe(c Caller) (end func(), err error) {
	a := t.hold(c)
	if a == nil {
		return nil, ErrTooManySubscriptions
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.limits.Subscriptions > 0 && a.subscriptions >= t.limits.Subscriptions {
		a.users--
		return nil, ErrTooManySubscriptions
	}
	a.subscriptions++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		a.subscriptions--
		a.users--
	}), nil
}
