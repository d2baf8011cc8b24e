package fleet

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"decnet/cursor"
	"decnet/ent"
	"decnet/ent/decky"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
)

// Watch shows deckies as they change. While somebody follows, it keeps the fleet at hand: a change is read once, however many follow, and a decky that
// is gone can be told of as it was last.
type Watch struct {
	store *store.Store
	bell  *lifecycle.Bell // rung when a decky has changed

	mu        sync.Mutex
	followers int
	view      *view // while there are followers
}

// NewWatch returns a watch that looks whenever touched rings.
func NewWatch(s *store.Store, touched *lifecycle.Bell) *Watch { return &Watch{store: s, bell: touched} }

const (
	// lookAnyway is how often to look without a ring: another server may have written.
	lookAnyway = time.Second
	// goneKept is how many deckies that are gone are kept at hand for those who have not been told yet.
	goneKept = 1024
)

// Follow sends each matching decky as it is, and then again after each change, until ctx ends or send returns false. Changes that follow each other
// faster than the reader takes them are seen as one. The last that is sent of a decky that is gone shows it REMOVING, in step, with no service
// left. nil names are all deckies; with names, Follow returns once a decky of each was there and all of them are gone. It is a
// cursor.ErrExpired for a reader so slow that more deckies have gone than could be told.
func (w *Watch) Follow(ctx context.Context, deployment string, names []string, send func(*ent.Decky) bool) error {
	v, leave := w.join()
	defer leave()
	matches := func(d *ent.Decky) bool {
		return (deployment == "" || d.Edges.Deployment.Name == deployment) && (names == nil || slices.Contains(names, d.Name))
	}
	expected, there := map[string]bool{}, map[pid.ID]bool{}
	for _, name := range names {
		expected[name] = true
	}
	for at := never; names == nil || len(expected)+len(there) > 0; {
		grown := v.grown.C()
		sights, next, err := v.since(at)
		if err != nil {
			return err
		}
		for _, s := range sights {
			if !matches(s.Decky) {
				continue
			}
			if !send(s.Decky) {
				return nil
			}
			if names == nil {
				continue
			}
			delete(expected, s.Name)
			if there[s.ID] = true; s.gone {
				delete(there, s.ID)
			}
		}
		if at = next; len(sights) > 0 {
			continue
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// join gives a follower the view that all share.
func (w *Watch) join() (v *view, leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.followers++; w.followers == 1 {
		w.view = &view{store: w.store, at: never}
		w.view.keep(w.bell)
	}
	v = w.view
	return v, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.followers--; w.followers == 0 {
			v.stop()
			w.view = nil
		}
	}
}

// never is the place of who has seen nothing.
const never = int64(-1)

// view is the fleet as it was at a moment.
type view struct {
	store *store.Store
	stop  func()
	grown lifecycle.Bell // rung when at has moved

	mu        sync.Mutex
	sights    []sight // by their place; replaced as a whole, never written to
	at        int64   // the number of the last change that is in them
	forgotten int64   // the place up to which deckies that are gone are not among them any more
	err       error   // why the last look failed
}

// sight is a decky as it was last seen.
type sight struct {
	*ent.Decky
	place int64
	gone  bool
}

// keep keeps the view up to date until stop.
func (v *view) keep(bell *lifecycle.Bell) {
	ctx, cancel := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	v.stop = func() { cancel(); looking.Wait() }
	looking.Go(func() {
		tick := time.NewTicker(lookAnyway)
		defer tick.Stop()
		for ctx.Err() == nil {
			rung := bell.C()
			v.look(ctx)
			select {
			case <-rung:
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
}

// since returns what has been seen after a place, and the place to go on from. Who has seen nothing is not told of what is gone.
func (v *view) since(place int64) ([]sight, int64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.err != nil:
		return nil, place, v.err
	case place == never:
		return slices.DeleteFunc(slices.Clone(v.sights), func(s sight) bool { return s.gone }), v.at, nil
	case place < v.forgotten:
		return nil, place, fmt.Errorf("more deckies have gone than this stream could be told of: %w", cursor.ErrExpired)
	}
	i, _ := slices.BinarySearchFunc(v.sights, place+1, func(s sight, p int64) int { return int(s.place - p) })
	return v.sights[i:], v.at, nil
}

// look brings the view up to date.
func (v *view) look(ctx context.Context) {
	changed, ids, head, err := v.read(ctx)
	if ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err = err; err != nil || head == v.at {
		if err != nil {
			v.grown.Ring()
		}
		return
	}
	v.see(changed, ids, head)
	v.grown.Ring()
}

// read reads what has changed since the view, and where that does not account for every change, the IDs of the deckies that there are: some may be gone.
func (v *view) read(ctx context.Context) (changed []*ent.Decky, ids map[pid.ID]bool, head int64, err error) {
	err = v.store.Snapshot(ctx, func(c *ent.Client) error {
		counter, err := c.Counter.Get(ctx, "decky")
		if err != nil {
			return fmt.Errorf("read the number of changes: %w", err)
		}
		if head = counter.Value; head == v.at {
			return nil
		}
		if changed, err = c.Decky.Query().Where(decky.ChangeGT(v.at)).Order(decky.ByChange()).WithDeployment().All(ctx); err != nil {
			return fmt.Errorf("read the deckies: %w", err)
		}
		if int64(len(changed)) == head-v.at {
			return nil
		}
		all, err := c.Decky.Query().Select(decky.FieldID).Strings(ctx)
		if err != nil {
			return fmt.Errorf("read which deckies there are: %w", err)
		}
		ids = make(map[pid.ID]bool, len(all))
		for _, id := range all {
			ids[pid.ID(id)] = true
		}
		return nil
	})
	deployments := make([]*ent.Deployment, 0, len(changed))
	for _, d := range changed {
		deployments = append(deployments, d.Edges.Deployment)
	}
	store.Release(changed)
	store.Release(deployments)
	return changed, ids, head, err
}

// see takes what was read into the view. It is called with the lock.
func (v *view) see(changed []*ent.Decky, ids map[pid.ID]bool, head int64) {
	again := make(map[pid.ID]bool, len(changed))
	for _, d := range changed {
		again[d.ID] = true
	}
	next := make([]sight, 0, len(v.sights)+len(changed))
	var gone []sight
	for _, s := range v.sights {
		switch {
		case s.gone || (ids == nil && !again[s.ID]) || (ids[s.ID] && !again[s.ID]):
			next = append(next, s)
		case !again[s.ID]:
			gone = append(gone, sight{Decky: removed(s.Decky), place: head, gone: true})
		}
	}
	for _, d := range changed {
		next = append(next, sight{Decky: d, place: d.Change})
	}
	v.sights, v.at = slices.Concat(next, gone), head
	v.forget()
}

// forget lets go of what went longest ago.
func (v *view) forget() {
	tooMany := -goneKept
	for _, s := range v.sights {
		if s.gone {
			tooMany++
		}
	}
	if tooMany <= 0 {
		return
	}
	v.sights = slices.DeleteFunc(v.sights, func(s sight) bool {
		if !s.gone || tooMany <= 0 {
			return false
		}
		tooMany--
		v.forgotten = s.place
		return true
	})
}

// removed is the last that there is to say of a decky: the engine has confirmed that nothing of it is left.
func removed(d *ent.Decky) *ent.Decky {
	last := *d
	last.State, last.ObservedGeneration = decky.StateRemoving, d.Generation
	last.ObservedServices, last.Endpoints, last.NextMutationAt = []string{}, nil, nil
	return &last
}
