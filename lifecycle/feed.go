package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect/sql"

	"decnet/cursor"
	"decnet/ent"
	"decnet/ent/journalentry"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/pid"
	"decnet/store"
)

const (
	// ringSize is how many of the newest entries are kept at hand for subscribers who keep up; who falls behind them reads the database.
	ringSize = 4096
	// pageSize is how many entries one look at the database takes.
	pageSize = 500
	// snapshotMax bounds how many terminal lifecycles the start of a subscription without IDs shows.
	snapshotMax = 1000
	// lookAnyway is how often the journal is looked at without a ring: another server may have written.
	lookAnyway = time.Second
)

// Feed follows the journal for all subscribers of this process: each entry is read from the database once, however many watch.
// A slow subscriber only falls behind: it has a place in the journal, not a queue.
type Feed struct {
	store   *store.Store
	cursors cursor.Codec
	bell    *Bell // rung when the journal has grown
	log     *slog.Logger

	mu    sync.Mutex
	ring  []*Event // the newest entries, oldest first
	head  int64    // the number up to which ring is complete
	grown Bell     // rung when head has moved
	open  map[*Subscription]struct{}
	pulse pulse

	starts standings
}

// NewFeed returns a feed that looks whenever grown rings; Run makes it go.
func NewFeed(s *store.Store, grown *Bell, log *slog.Logger) *Feed {
	return &Feed{store: s, cursors: cursor.New(s.Epoch()), bell: grown, log: log, open: map[*Subscription]struct{}{}}
}

// Run follows the journal from its end on until ctx ends.
func (f *Feed) Run(ctx context.Context) {
	look := f.skip // also for those who watch already: what lies before they read from the database
	tick := time.NewTicker(lookAnyway)
	defer tick.Stop()
	for {
		rung := f.bell.C()
		err := look(ctx)
		f.pulse.looked(err)
		if err == nil {
			look = f.follow
		} else if ctx.Err() == nil {
			f.log.ErrorContext(ctx, "the feed can't read the journal; it tries again", "error", err)
		}
		select {
		case <-rung:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// follow brings the feed up to the journal's end: with the entries at hand for those who watch, and with none when nobody does. Who comes then reads
// what is between from the database.
func (f *Feed) follow(ctx context.Context) error {
	f.mu.Lock()
	watched := len(f.open) > 0
	f.mu.Unlock()
	if watched {
		return f.advance(ctx)
	}
	return f.skip(ctx)
}

// skip goes on from the journal's end.
func (f *Feed) skip(ctx context.Context) error {
	head, err := Head(ctx, f.store.Read)
	if err != nil {
		return err
	}
	f.mu.Lock()
	grown := head != f.head
	if grown {
		f.ring, f.head = nil, head
	}
	f.mu.Unlock()
	if grown {
		f.grown.Ring()
	}
	return nil
}

// advance reads what has been added since head.
func (f *Feed) advance(ctx context.Context) error {
	for {
		f.mu.Lock()
		after := f.head
		f.mu.Unlock()
		events, head, err := f.Page(ctx, Filter{}, after, pageSize)
		if errors.Is(err, cursor.ErrExpired) {
			// What lay between was pruned, or the database is another one: go on from its end, with nothing at hand.
			f.log.WarnContext(ctx, "the feed fell behind the journal's retention", "after", after)
			return f.skip(ctx)
		}
		if err != nil || head == after {
			return err
		}
		f.mu.Lock()
		f.ring = append(f.ring, events...)
		if n := len(f.ring) - ringSize; n > 0 {
			f.ring = slices.Delete(f.ring, 0, n)
		}
		f.head = head
		f.mu.Unlock()
		f.grown.Ring()
	}
}

// Filter says which lifecycles a reader wants; the zero Filter is all.
type Filter struct {
	IDs        []pid.ID
	Decky      string
	Deployment string
}

func (q Filter) match(lc *ent.Lifecycle) bool {
	return (q.IDs == nil || slices.Contains(q.IDs, lc.ID)) &&
		(q.Decky == "" || q.Decky == lc.DeckyName) &&
		(q.Deployment == "" || q.Deployment == lc.DeploymentName)
}

func (q Filter) entries(query *ent.JournalEntryQuery) *ent.JournalEntryQuery {
	if q.IDs != nil {
		query.Where(journalentry.LifecycleIDIn(q.IDs...))
	}
	if q.Decky != "" {
		query.Where(journalentry.DeckyName(q.Decky))
	}
	if q.Deployment != "" {
		query.Where(journalentry.DeploymentName(q.Deployment))
	}
	return query
}

// Page returns matching entries after a place in the journal, at most first of them, and the place to go on from. It is a
// cursor.ErrExpired when the journal does not reach to the place.
func (f *Feed) Page(ctx context.Context, q Filter, after int64, first int) (events []*Event, next int64, err error) {
	err = f.store.Snapshot(ctx, func(c *ent.Client) error {
		head, err := reach(ctx, c, after)
		if err != nil {
			return err
		}
		events, next, err = f.page(ctx, c, q, after, head, first)
		return err
	})
	return events, next, err
}

// Oldest returns the place from which the whole journal that is kept can be read.
func (f *Feed) Oldest(ctx context.Context) (int64, error) {
	span, err := store.SpanOf(ctx, f.store.Read, Stream)
	return span.Pruned, err
}

// reach returns the journal's head. It is a cursor.ErrExpired when entries after the place are missing.
func reach(ctx context.Context, c *ent.Client, after int64) (int64, error) {
	span, err := store.SpanOf(ctx, c, Stream)
	if err != nil {
		return 0, err
	}
	return span.Head, cursor.Reach(after, span.Pruned, span.Head)
}

func (f *Feed) page(ctx context.Context, c *ent.Client, q Filter, after, head int64, first int) ([]*Event, int64, error) {
	if after == head {
		return nil, head, nil
	}
	entries, err := q.entries(c.JournalEntry.Query()).
		Where(journalentry.IDGT(after), journalentry.IDLTE(head)).Order(journalentry.ByID()).Limit(first).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read the journal: %w", err)
	}
	events, err := f.withLifecycles(ctx, c, entries)
	if err != nil {
		return nil, 0, err
	}
	if len(entries) == first {
		return events, entries[len(entries)-1].ID, nil
	}
	return events, head, nil
}

// withLifecycles joins entries with their lifecycles, deckies and deployments: three queries, however many entries.
func (f *Feed) withLifecycles(ctx context.Context, c *ent.Client, entries []*ent.JournalEntry) ([]*Event, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	ids := make([]pid.ID, 0, len(entries))
	for _, e := range entries {
		ids = append(ids, e.LifecycleID)
	}
	slices.Sort(ids)
	rows, err := c.Lifecycle.Query().Where(entlifecycle.IDIn(slices.Compact(ids)...)).
		WithDecky(func(d *ent.DeckyQuery) { d.WithDeployment() }).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal's lifecycles: %w", err)
	}
	byID := make(map[pid.ID]*ent.Lifecycle, len(rows))
	var deckies []*ent.Decky
	var deployments []*ent.Deployment
	for _, lc := range rows {
		byID[lc.ID] = lc
		if d := lc.Edges.Decky; d != nil {
			deckies = append(deckies, d)
			deployments = append(deployments, d.Edges.Deployment)
		}
	}
	// They outlive the snapshot: a subscription may ask for more of their edges.
	store.Release(rows)
	store.Release(deckies)
	store.Release(deployments)
	events := make([]*Event, 0, len(entries))
	for _, e := range entries {
		events = append(events, f.newEvent(e, byID[e.LifecycleID]))
	}
	return events, nil
}

// standing returns the last entry of each matching lifecycle, in the journal's order.
func (f *Feed) standing(ctx context.Context, c *ent.Client, q Filter) ([]*Event, error) {
	last := func() *ent.JournalEntryQuery {
		return q.entries(c.JournalEntry.Query()).Where(func(s *sql.Selector) {
			t := sql.Table(entlifecycle.Table)
			s.Join(t).On(s.C(journalentry.FieldLifecycleID), t.C(entlifecycle.FieldID))
			s.Where(sql.ColumnsEQ(s.C(journalentry.FieldSeq), t.C(entlifecycle.FieldSeq)))
		})
	}
	if q.IDs != nil {
		entries, err := last().Order(journalentry.ByID()).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read where the lifecycles stand: %w", err)
		}
		return f.withLifecycles(ctx, c, entries)
	}
	ended := make([]string, 0, len(terminal))
	for _, s := range terminal {
		ended = append(ended, string(s))
	}
	entries, err := last().Where(journalentry.StatusNotIn(ended...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read where the lifecycles stand: %w", err)
	}
	old, err := last().Where(journalentry.StatusIn(ended...)).Order(journalentry.ByID(sql.OrderDesc())).Limit(snapshotMax).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read how the lifecycles ended: %w", err)
	}
	entries = append(entries, old...)
	slices.SortFunc(entries, func(a, b *ent.JournalEntry) int { return int(a.ID - b.ID) })
	return f.withLifecycles(ctx, c, entries)
}

// Subscription is one subscriber's place in the journal.
type Subscription struct {
	feed   *Feed
	filter Filter
	first  []*Event // where the lifecycles stood at the start
	at     int64    // everything up to here has been sent
	// reached is at, for those who watch the subscribers.
	reached atomic.Int64
	open    map[pid.ID]bool // the named lifecycles whose last entry is still to be sent; nil without names
}

// Open takes a place in the journal: the present, with where each matching lifecycle stands, or with after that place. It is a
// cursor.ErrExpired when the journal does not reach to it. IDs that name no lifecycle are simply never heard of: the caller checks them.
func (f *Feed) Open(ctx context.Context, q Filter, after *int64) (*Subscription, error) {
	s := &Subscription{feed: f, filter: q}
	if q.IDs == nil && after == nil {
		var err error
		s.first, s.at, err = f.start(ctx, q)
		return s, err
	}
	if q.IDs != nil {
		s.open = make(map[pid.ID]bool, len(q.IDs))
	}
	err := f.store.Snapshot(ctx, func(c *ent.Client) error {
		var err error
		if after != nil {
			if _, err = reach(ctx, c, *after); err != nil {
				return err
			}
			s.at = *after
		} else if s.at, err = Head(ctx, c); err != nil {
			return err
		}
		if after != nil && q.IDs == nil {
			return nil
		}
		stand, err := f.standing(ctx, c, q)
		if err != nil {
			return err
		}
		for _, e := range stand {
			if s.open != nil && (!Terminal(e.Status) || e.Number > s.at) {
				s.open[e.Lifecycle.ID] = true
			}
		}
		if after == nil {
			s.first = stand
		}
		return nil
	})
	return s, err
}

// Run sends where each matching lifecycle stands, or every entry since the place, and then each new entry: in order, none missing, none
// twice. It returns nil when every lifecycle that the filter's IDs name has ended, when send returns false or ctx ends, and
// an error on trouble.
func (s *Subscription) Run(ctx context.Context, send func(*Event) bool) error {
	defer s.feed.enter(s)()
	if !s.send(s.first, send) {
		return nil
	}
	s.first = nil
	for s.open == nil || len(s.open) > 0 {
		grown := s.feed.grown.C()
		events, next, ok := s.feed.recent(s.at)
		if !ok {
			var err error
			if events, next, err = s.feed.Page(ctx, s.filter, s.at, pageSize); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
		if next == s.at {
			select {
			case <-grown:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		if !s.send(events, send) {
			return nil
		}
		s.at = next
		s.reached.Store(next)
	}
	return nil
}

// enter counts a subscription among those that are open, until the returned function is called.
func (f *Feed) enter(s *Subscription) (leave func()) {
	s.reached.Store(s.at)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[s] = struct{}{}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.open, s)
	}
}

// Ready is nil when the feed follows the journal.
func (f *Feed) Ready(ctx context.Context) error { return f.pulse.Ready(ctx) }

// Subscribers tells how many subscriptions are open, and how many entries the slowest of them is behind the journal's end.
func (f *Feed) Subscribers() (n int, lag int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.open {
		lag = max(lag, f.head-s.reached.Load())
	}
	return len(f.open), lag
}

// send sends what matches and tells whether to go on.
func (s *Subscription) send(events []*Event, send func(*Event) bool) bool {
	for _, e := range events {
		if !s.filter.match(e.Lifecycle) {
			continue
		}
		if !send(e) {
			return false
		}
		if Terminal(e.Status) {
			delete(s.open, e.Lifecycle.ID)
		}
	}
	return true
}

// recent returns the entries after a place from those at hand; not ok when they do not reach back to it, or the place is ahead of
// them.
func (f *Feed) recent(after int64) (events []*Event, next int64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after == f.head {
		return nil, after, true
	}
	if after > f.head {
		// The subscriber read the database further than the feed has come: it waits for the feed.
		return nil, after, true
	}
	if len(f.ring) == 0 || f.ring[0].Number > after+1 {
		return nil, 0, false
	}
	i, _ := slices.BinarySearchFunc(f.ring, after+1, func(e *Event, n int64) int { return int(e.Number - n) })
	if rest := f.ring[i:]; len(rest) > pageSize {
		return slices.Clone(rest[:pageSize]), rest[pageSize-1].Number, true
	}
	return slices.Clone(f.ring[i:]), f.head, true
}
