package decoy

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"decnet/decoy/event"
)

// The bounds of what is kept of a flood.
const (
	maxHeld      = 20       // events of one session
	maxHeldBytes = 20 << 10 // of one session: any one line fits
	maxHeldAll   = 4 << 20  // bytes, of everybody
	maxVerbs     = 64       // of one session, with their second words
	verbFirsts   = 3        // of each verb
	verbSeconds  = 8        // more, if their second words differ
	verbBytes    = 256      // of a command, where its words are looked for
)

// flood is what one session has caused beyond what its source may. Whoever drowns what they do in noise is known by how each kind of thing began, and by
// what came last.
type flood struct {
	seen  map[uint64]uint8 // how many were let through of each verb
	held  []event.Event    // the last ones, oldest first
	bytes int
	grows bool // since the last report
}

// verbs are the fields that tell what an event's command is, and what of it.
var verbs = []string{event.Command, "method", "operation", "request", "function", "qtype"}

// verb returns what the event did in one word, with the name of its field, and to what in another word.
func verb(e event.Event) (field, first, second string) {
	for _, name := range verbs {
		value, ok := e.Get(name)
		if !ok {
			continue
		}
		words := strings.Fields(value[:min(len(value), verbBytes)])
		if len(words) == 0 {
			return "", "", ""
		}
		if len(words) > 1 {
			return name, strings.ToLower(words[0]), strings.ToLower(words[1])
		}
		second, _ = e.Get("path")
		return name, strings.ToLower(words[0]), second[:min(len(second), verbBytes)]
	}
	return "", "", ""
}

// begins tells whether the event is among the first of its kind in the session. CONFIG SET is another thing than CONFIG GET: so a few more are when their second
// word is new.
func (f *flood) begins(seed maphash.Seed, e event.Event) bool {
	_, first, second := verb(e)
	kind := maphash.String(seed, e.Type+"\x00"+first)
	exact := maphash.String(seed, e.Type+"\x00"+first+"\x00"+second)
	n, known := f.seen[kind]
	_, same := f.seen[exact]
	if n >= verbFirsts && (same || n >= verbFirsts+verbSeconds) || !known && len(f.seen) >= maxVerbs {
		return false
	}
	if f.seen == nil {
		f.seen = map[uint64]uint8{}
	}
	f.seen[kind] = n + 1
	if len(f.seen) < maxVerbs {
		f.seen[exact] = 1
	}
	return true
}

func sizeOf(e event.Event) int {
	size := 256
	for _, f := range e.Fields {
		size += len(f.Name) + len(f.Value)
	}
	return size
}

// hold keeps the event as one of the session's last, and returns how many are kept no longer. g.mu is held.
func (g *guard) hold(addr netip.Addr, f *flood, e event.Event) (lost uint64) {
	f.grows = true
	size := sizeOf(e)
	drop := func() {
		freed := sizeOf(f.held[0])
		f.bytes -= freed
		g.held -= freed
		f.held = slices.Delete(f.held, 0, 1)
		lost++
	}
	for len(f.held) > 0 && (len(f.held) == maxHeld || f.bytes+size > maxHeldBytes || g.held+size > maxHeldAll) {
		drop()
	}
	if size > maxHeldBytes || g.held+size > maxHeldAll {
		return lost + 1
	}
	// What is kept must not hold on to all that the values were cut from.
	if e.Fields, e.Message = slices.Clone(e.Fields), strings.Clone(e.Message); e.Time.IsZero() {
		e.Time = g.now()
	}
	for i := range e.Fields {
		e.Fields[i].Value = strings.Clone(e.Fields[i].Value)
	}
	f.held = append(f.held, e)
	f.bytes += size
	g.held += size
	g.floods[f] = addr
	return lost
}

// release returns the events that are held, as many of the last as the source may have written yet. g.mu is held.
func (g *guard) release(addr netip.Addr, f *flood) []event.Event {
	delete(g.floods, f)
	if len(f.held) == 0 {
		return nil
	}
	s := g.account(addr)
	n := 0
	for n < len(f.held) && s.tails.take(g.now(), 1, g.limits.EventRate/4, g.limits.EventBurst/4) {
		n++
	}
	out := f.held[len(f.held)-n:]
	s.suppressed += uint64(len(f.held) - n)
	g.held -= f.bytes
	f.held, f.bytes = nil, 0
	return out
}

// settle returns what is held of a session that has ended.
func (g *guard) settle(addr netip.Addr, f *flood) []event.Event {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.release(addr, f)
}

// subsided returns what is held of the floods that have ended since the last report, or of all.
func (g *guard) subsided(all bool) []event.Event {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []event.Event
	for f, addr := range g.floods {
		if all || !f.grows {
			out = append(out, g.release(addr, f)...)
		}
		f.grows = false
	}
	return out
}
