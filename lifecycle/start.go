package lifecycle

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"decnet/ent"
)

const (
	// startLife is how old the start of a subscription may be: what came since is in the journal, and follows it.
	startLife = time.Second
	// startTime bounds how long reading one may take.
	startTime = 30 * time.Second
	// startsMax bounds how many are kept.
	startsMax = 32
)

// standings are the starts of subscriptions without IDs. Reading where all lifecycles stand takes milliseconds and as many rows as there are; a page that a
// hundred people have open comes back a hundred times in the moment after a restart. So those who ask alike within a second share one: where the
// lifecycles stood at a place in the journal, from which each goes on by itself.
type standings struct {
	reading singleflight.Group

	mu   sync.Mutex
	kept map[startKey]standing
}

type startKey struct{ decky, deployment string }

type standing struct {
	events []*Event // never written to
	at     int64
	read   time.Time
}

// start returns where the lifecycles of a filter without IDs stand, and the place in the journal at which they do.
func (f *Feed) start(ctx context.Context, q Filter) ([]*Event, int64, error) {
	key := startKey{q.Decky, q.Deployment}
	if s, ok := f.starts.get(key); ok && f.reaches(s.at) {
		return s.events, s.at, nil
	}
	// Who asked first may go away; the others still want it.
	result := f.starts.reading.DoChan(fmt.Sprintf("%q %q", key.decky, key.deployment), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTime)
		defer cancel()
		s := standing{read: time.Now()}
		err := f.store.Snapshot(ctx, func(c *ent.Client) (err error) {
			if s.at, err = Head(ctx, c); err != nil {
				return err
			}
			s.events, err = f.standing(ctx, c, q)
			return err
		})
		if err == nil {
			f.starts.keep(key, s)
		}
		return s, err
	})
	select {
	case r := <-result:
		s, _ := r.Val.(standing)
		return s.events, s.at, r.Err
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// reaches tells whether what came after a place is at hand: else an old start would cost more than a new one.
func (f *Feed) reaches(at int64) bool {
	_, _, ok := f.recent(at)
	return ok
}

func (s *standings) get(key startKey) (standing, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetOld()
	kept, ok := s.kept[key]
	return kept, ok
}

func (s *standings) keep(key startKey, read standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetOld()
	if s.kept == nil {
		s.kept = map[startKey]standing{}
	}
	if len(s.kept) < startsMax {
		s.kept[key] = read
	}
}

func (s *standings) forgetOld() {
	for key, kept := range s.kept {
		if time.Since(kept.read) > startLife {
			delete(s.kept, key)
		}
	}
}
