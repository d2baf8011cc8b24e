package decoy

import (
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"time"

	"decnet/decoy/event"
)

// The bounds of what is kept of conversations in datagrams.
const (
	maxTalks     = 2048        // at once; the one that has been silent for longest ends for a new one
	talkIdle     = time.Minute // how long one may be silent: longer than a client waits between two tries
	talkWhole    = 10          // events of each kind that are told whole
	talkKinds    = 8           // kinds that are told apart; what is beyond them is counted together
	talkSubject  = 128         // bytes of what a question is about, in a summary
	firstSummary = time.Minute // after which what was not told is summed up, though the conversation goes on; then after twice as long, and so on
)

// subjects are the fields that tell what a question is about.
var subjects = []string{"oids", "name", "path", "uri"}

// talks are the conversations that come in datagrams. What one peer sends from one of its ports to one service is one session, until it is silent or has lasted as long as a session may: nobody
// says where it begins or ends. It may have thousands of questions, so the first of each kind are told whole and the others summed up; what matters most is always told.
type talks struct {
	now   func() time.Time
	limit time.Duration // of one conversation

	mu  sync.Mutex
	of  map[talkKey]*talk
	age list.List // of *talk: the one that has been silent for longest comes first
}

type talkKey struct {
	port int // the catalog's
	peer netip.AddrPort
}

// talk is one conversation.
type talk struct {
	key            talkKey
	in             *instance
	voice          *Session // of its first datagram, which records what is told of the whole
	place          *list.Element
	started, last  time.Time
	received, sent int64
	branches       int // that go on on sockets of their own
	tallies        []*tally
	pause          time.Duration
	due            time.Time // of the next summary
	told, over     bool      // something of it is recorded; it has ended
}

// tally is what the events of one kind come to.
type tally struct {
	typ, field, verb string // the kind: its type, and the command with the name of its field
	whole            int    // told so far
	count            int64  // not told, since the last summary
	first, last      string // what these were about
}

func newTalks(now func() time.Time, limit time.Duration) *talks {
	return &talks{now: now, limit: limit, of: map[talkKey]*talk{}}
}

// join returns the conversation that a datagram is part of: the one that its sender has with the service, or else a new one, of which voice makes the session that tells of the whole.
func (t *talks) join(port int, peer netip.AddrPort, in *instance, bytes int, voice func() *Session) *talk {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, key := t.now(), talkKey{port, peer}
	one := t.of[key]
	if one != nil && (one.in != in || t.ended(one, now)) {
		t.end(one)
		one = nil
	}
	if one == nil {
		if len(t.of) >= maxTalks {
			t.end(t.age.Front().Value.(*talk))
		}
		one = &talk{key: key, in: in, voice: voice(), started: now, pause: firstSummary, due: now.Add(firstSummary)}
		one.place = t.age.PushBack(one)
		t.of[key] = one
	}
	one.last = now
	one.received += int64(bytes)
	t.age.MoveToBack(one.place)
	return one
}

// through returns what records a conversation's events: straight what is told whole.
func (t *talks) through(one *talk, straight func(event.Event)) func(event.Event) {
	return func(e event.Event) {
		if t.tells(one, e) {
			straight(e)
		}
	}
}

// tells tells whether an event is told whole, and counts it where not.
func (t *talks) tells(one *talk, e event.Event) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	one.told = true
	if one.over || e.Type == event.AuthAttempt || event.Weighty(e.Type) {
		return true
	}
	n := one.tally(e)
	if n.whole < talkWhole {
		n.whole++
		return true
	}
	n.count++
	for _, name := range subjects {
		if about, ok := e.Get(name); ok {
			n.last = strings.Clone(about[:min(len(about), talkSubject)]) // not all that it was cut from
			break
		}
	}
	if n.count == 1 {
		n.first = n.last
	}
	return false
}

// tally returns the one of the event's kind.
func (one *talk) tally(e event.Event) *tally {
	field, verb, _ := verb(e)
	for i, n := range one.tallies {
		if n.typ == e.Type && n.verb == verb || i == talkKinds {
			return n
		}
	}
	n := &tally{typ: e.Type, field: field, verb: strings.Clone(verb)}
	if len(one.tallies) == talkKinds {
		*n = tally{typ: "other"}
	}
	one.tallies = append(one.tallies, n)
	return n
}

// sumUp tells of the events that were not told. t.mu is held.
func (t *talks) sumUp(one *talk, at time.Time) {
	for _, n := range one.tallies {
		if n.count == 0 {
			continue
		}
		fields := []event.Field{event.String("kind", n.typ)}
		if n.field != "" {
			fields = append(fields, event.String(n.field, n.verb))
		}
		fields = append(fields, event.Int(event.Count, n.count))
		if n.first != "" {
			fields = append(fields, event.String("first", n.first), event.String("last", n.last))
		}
		one.voice.eventAt(at, event.Repeated, fields...)
		n.count, n.first, n.last = 0, "", ""
	}
}

// ended tells whether the conversation is over by then. By a clock that was set back nobody knows, and it would seem to go on for long. t.mu is held.
func (t *talks) ended(one *talk, now time.Time) bool {
	return one.branches == 0 && (now.Before(one.last) || now.Sub(one.last) >= talkIdle || now.Sub(one.started) >= t.limit)
}

// end takes the conversation away and tells what it came to. t.mu is held.
func (t *talks) end(one *talk) {
	t.remove(one)
	t.sumUp(one, one.last)
	if one.told { // else nothing has come of it
		one.voice.eventAt(one.last, event.Disconnect,
			event.Int(event.Duration, one.last.Sub(one.started).Milliseconds()),
			event.Int("bytes_in", one.received),
			event.Int("bytes_out", one.sent))
	}
}

func (t *talks) remove(one *talk) {
	one.over = true
	delete(t.of, one.key)
	t.age.Remove(one.place)
}

// answered counts what was sent.
func (t *talks) answered(one *talk, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one.sent += bytes
}

// yield leaves the session to a flow, which tells of its own end.
func (t *talks) yield(one *talk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !one.over {
		t.remove(one)
		t.sumUp(one, one.last)
	}
}

// branch keeps the conversation from ending while a part of it goes on elsewhere; join takes the part back in.
func (t *talks) branch(one *talk) (join func(received, sent int64)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one.branches++
	return func(received, sent int64) {
		t.mu.Lock()
		defer t.mu.Unlock()
		one.branches--
		one.received += received
		one.sent += sent
		one.last = t.now()
	}
}

// sweep ends the conversations that are over and sums up those that go on for long.
func (t *talks) sweep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for _, one := range t.all() {
		if t.ended(one, now) {
			t.end(one)
		} else if !now.Before(one.due) {
			t.sumUp(one, now)
			one.pause *= 2
			one.due = now.Add(one.pause)
		}
	}
}

// close ends the conversations with a service that goes out of force.
func (t *talks) close(in *instance) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.all() {
		if one.in == in {
			t.end(one)
		}
	}
}

// all returns the conversations, the one that has been silent for longest first. t.mu is held.
func (t *talks) all() []*talk {
	all := make([]*talk, 0, t.age.Len())
	for e := t.age.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*talk))
	}
	return all
}
