package decoy

import (
	"net/netip"
	"sync"
	"time"

	"decnet/decoy/event"
)

// maxSources bounds how many sources are told apart; beyond it, new ones share one account.
const maxSources = 4096

// guard holds each source of traffic to its share of connections, datagrams and events, and counts what it refuses so that a
// flood ends up as a few summary lines instead of silence.
type guard struct {
	limits Limits
	now    func() time.Time

	mu      sync.Mutex
	open    int
	sources map[netip.Addr]*source
}

// source is the account of one address (of one /64 for IPv6).
type source struct {
	connections     int
	events, packets bucket
	answers         bucket // bytes of datagrams
	suppressed      uint64 // events beyond the rate, since the last report
	refused         uint64 // connections and datagrams, since the last report
	seen            time.Time
}

// bucket is a token bucket; its zero value is full.
type bucket struct {
	used float64
	at   time.Time
}

// take takes n from it, or nothing where there is less.
func (b *bucket) take(now time.Time, n, rate, burst float64) bool {
	b.used = max(0, b.used-now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.used+n > burst {
		return false
	}
	b.used += n
	return true
}

func newGuard(limits Limits, now func() time.Time) *guard {
	return &guard{limits: limits, now: now, sources: map[netip.Addr]*source{}}
}

// account returns the source's account. g.mu is held.
func (g *guard) account(addr netip.Addr) *source {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		addr = netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	s, ok := g.sources[addr]
	if !ok && len(g.sources) >= maxSources {
		addr = netip.Addr{}
		s, ok = g.sources[addr]
	}
	if !ok {
		s = &source{}
		g.sources[addr] = s
	}
	s.seen = g.now()
	return s
}

// connect counts a new connection in, unless there are too many; disconnect counts it out.
func (g *guard) connect(addr netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.account(addr)
	if g.open >= g.limits.Connections || s.connections >= g.limits.ConnectionsPerSource {
		s.refused++
		return false
	}
	g.open++
	s.connections++
	return true
}

func (g *guard) disconnect(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if s := g.account(addr); s.connections > 0 {
		s.connections--
	}
}

// refuse counts a connection that was refused for a reason other than the guard's own.
func (g *guard) refuse(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.account(addr).refused++
}

// allowEvent counts an event in, unless the source has caused too many. A credential that was tried has a reserve above what all else may
// use up: who hides one behind chatter has it recorded.
func (g *guard) allowEvent(addr netip.Addr, typ string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.account(addr)
	burst := g.limits.EventBurst
	if typ == event.AuthAttempt {
		burst += burst / 2
	}
	if !s.events.take(g.now(), 1, g.limits.EventRate, burst) {
		s.suppressed++
		return false
	}
	return true
}

func (g *guard) allowPacket(addr netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.account(addr)
	if !s.packets.take(g.now(), 1, g.limits.PacketRate, g.limits.PacketBurst) {
		s.refused++
		return false
	}
	return true
}

// allowAnswer takes the bytes of a datagram from what may be sent to the source.
func (g *guard) allowAnswer(addr netip.Addr, bytes int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.account(addr)
	if !s.answers.take(g.now(), float64(bytes), g.limits.AnswerRate, g.limits.AnswerBurst) {
		s.refused++
		return false
	}
	return true
}

// summary is what was refused to one source since the last report. The zero Addr stands for all that are too many to tell apart.
type summary struct {
	addr                netip.Addr
	suppressed, refused uint64
}

// report returns what was refused and forgets sources that have been quiet.
func (g *guard) report() []summary {
	const quiet = 2 * time.Minute
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []summary
	for addr, s := range g.sources {
		if s.suppressed > 0 || s.refused > 0 {
			out = append(out, summary{addr, s.suppressed, s.refused})
			s.suppressed, s.refused = 0, 0
		} else if s.connections == 0 && g.now().Sub(s.seen) > quiet {
			delete(g.sources, addr)
		}
	}
	return out
}
