package decoy

import (
	"hash/maphash"
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
	seed   maphash.Seed

	mu      sync.Mutex
	open    int
	sources map[netip.Addr]*source
	floods  map[*flood]netip.Addr // those of which something is held
	held    int                   // bytes, of all of them
}

// source is the account of one address (of one /64 for IPv6).
type source struct {
	connections     int
	ports           map[Port]*use
	events, packets bucket
	attempts        bucket // reserves of events, beyond the rate of all: of credentials that were tried,
	weighty         bucket // of what an intruder has changed, fetched or run,
	firsts          bucket // of what a session does for the first times,
	tails           bucket // and of what it did last
	datagrams       flood  // of all that it says in datagrams, from whatever port
	answers         bucket // bytes of datagrams
	suppressed      uint64 // events beyond the rate, since the last report
	refused         uint64 // connections and datagrams, since the last report
	seen            time.Time
}

// use is what one source has open of one port.
type use struct{ connections, strangers int }

// bucket is a token bucket; its zero value is full.
type bucket struct {
	used float64
	at   time.Time
}

// take takes n from it, or nothing where there is less.
func (b *bucket) take(now time.Time, n, rate, burst float64) bool {
	b.used = max(0, b.used-max(0, now.Sub(b.at).Seconds())*rate) // a clock that was set back takes nothing away
	b.at = now
	if b.used+n > burst {
		return false
	}
	b.used += n
	return true
}

func newGuard(limits Limits, now func() time.Time) *guard {
	return &guard{limits: limits, now: now, seed: maphash.MakeSeed(), sources: map[netip.Addr]*source{}, floods: map[*flood]netip.Addr{}}
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

// admission is what becomes of a new connection.
type admission int

const (
	refused admission = iota
	dropped           // refused as sshd does
	crowded           // let in to hear that there are too many
	admitted
)

// connect counts a new connection to a port in, unless there are too many; disconnect counts it out.
func (g *guard) connect(addr netip.Addr, port Port, c ceiling) admission {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.account(addr)
	u := s.ports[port]
	if u == nil {
		u = &use{}
	}
	what := admitted
	switch {
	case g.open >= g.limits.Connections || s.connections >= g.limits.ConnectionsPerSource || u.connections >= c.most:
		what = refused
	case c.drops(u.strangers):
		what = dropped
	case c.full > 0 && u.connections >= c.full:
		what = crowded
	}
	if what < crowded {
		s.refused++
		return what
	}
	if s.ports == nil {
		s.ports = map[Port]*use{}
	}
	s.ports[port] = u
	g.open++
	s.connections++
	u.connections++
	u.strangers++
	return what
}

// disconnect counts a connection out; stranger tells that nobody has logged in on it.
func (g *guard) disconnect(addr netip.Addr, port Port, stranger bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	s := g.account(addr)
	if s.connections > 0 {
		s.connections--
	}
	if u := s.ports[port]; u != nil {
		if u.connections--; stranger {
			u.strangers--
		}
		if u.connections <= 0 {
			delete(s.ports, port)
		}
	}
}

// acquaint counts a connection no more among those on which nobody has logged in.
func (g *guard) acquaint(addr netip.Addr, port Port) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if u := g.account(addr).ports[port]; u != nil {
		u.strangers--
	}
}

// refuse counts a connection that was refused for a reason other than the guard's own.
func (g *guard) refuse(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.account(addr).refused++
}

// allowEvent counts an event in, unless the source has caused too many. What matters most has reserves of its own, which nothing else uses up: who hides a
// credential, a download or a new kind of command behind chatter has it recorded. What is not let through is held with its session's flood while it is among the last; a nil
// flood is the source's own.
func (g *guard) allowEvent(addr netip.Addr, f *flood, e event.Event) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.account(addr)
	if f == nil {
		f = &s.datagrams
	}
	now, rate, burst := g.now(), g.limits.EventRate, g.limits.EventBurst
	if s.events.take(now, 1, rate, burst) ||
		e.Type == event.AuthAttempt && s.attempts.take(now, 1, rate/2, burst/2) ||
		(event.Weighty(e.Type) || e.Type == event.Repeated) && s.weighty.take(now, 1, rate/4, burst/2) ||
		f.begins(g.seed, e) && s.firsts.take(now, 1, rate/4, burst/2) {
		return true
	}
	s.suppressed += g.hold(addr, f, e)
	return false
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
		} else if s.connections == 0 && len(s.datagrams.held) == 0 && g.now().Sub(s.seen) > quiet {
			delete(g.sources, addr)
		}
	}
	return out
}
