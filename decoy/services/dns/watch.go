package dns

import (
	"hash/maphash"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/visitors"
)

// What the questions of one source within a minute come to. Each suspicion is told once a minute.
const (
	watchTime    = time.Minute
	reconNames   = 20  // names of the decky's own zones that it asks for
	floodCount   = 300 // questions
	tunnelNames  = 4   // names below one domain that are too long and too random to be read
	tunnelLength = 40  // characters of such a name, without the domain and the dots
	tunnelBits   = 3.5 // entropy of each
	maxParents   = 8   // domains that are looked at
)

// sightings is what one source has asked for since a time. It is bounded, whatever is asked.
type sightings struct {
	since     time.Time
	questions int
	names     map[uint64]bool // of the decky's zones, as hashes
	tunnels   map[string]*tunnel
	told      map[string]bool
}

// tunnel is what seems to be carried in names below a domain.
type tunnel struct {
	names map[uint64]bool
	bytes int
}

// watch keeps what each source asks for.
type watch struct {
	seed    maphash.Seed
	sources *visitors.Map[*sightings]
}

func newWatch() *watch {
	return &watch{seed: maphash.MakeSeed(), sources: visitors.New(func() *sightings { return &sightings{} })}
}

// suspicion is an event that several questions together come to.
type suspicion struct {
	typ    string
	fields []event.Field
}

// see counts a question in and returns what it is the last straw of. own tells that the name is one of the decky's zones.
func (w *watch) see(from netip.Addr, now time.Time, name string, own bool) (out []suspicion) {
	w.sources.With(from, func(s *sightings) {
		if age := now.Sub(s.since); age >= watchTime || age < 0 {
			*s = sightings{since: now, names: map[uint64]bool{}, tunnels: map[string]*tunnel{}, told: map[string]bool{}}
		}
		tell := func(typ string, fields ...event.Field) {
			if !s.told[typ] {
				s.told[typ] = true
				out = append(out, suspicion{typ, append(fields, event.Int("seconds", int64(now.Sub(s.since).Seconds())))})
			}
		}
		name = strings.ToLower(name)
		if s.questions++; s.questions >= floodCount {
			tell("flood_suspect", event.Int(event.Count, int64(s.questions)))
		}
		hash := maphash.String(w.seed, name)
		if own {
			if len(s.names) < reconNames {
				s.names[hash] = true
			}
			if len(s.names) == reconNames {
				tell("recon_burst", event.Int(event.Count, reconNames), event.String("name", name))
			}
			return
		}
		parent, payload := carried(name)
		if payload == "" {
			return
		}
		t := s.tunnels[parent]
		if t == nil {
			if len(s.tunnels) == maxParents {
				return
			}
			t = &tunnel{names: map[uint64]bool{}}
			s.tunnels[parent] = t
		}
		if !t.names[hash] && len(t.names) < tunnelNames {
			t.names[hash] = true
			t.bytes += len(payload)
		}
		if len(t.names) == tunnelNames {
			tell("tunneling_suspect", event.String("domain", parent), event.Int(event.Count, tunnelNames), event.Int("payload_bytes", int64(t.bytes)), event.String("name", name))
		}
	})
	return out
}

// carried parts a name into the domain that somebody has registered, about, and what seems to be carried before it: "" where it reads like a name.
func carried(name string) (parent, payload string) {
	at, start := dns.PrevLabel(name, 2)
	if start || at <= 0 || at > len(name) {
		return name, ""
	}
	payload = strings.ReplaceAll(name[:at], ".", "")
	if len(payload) < tunnelLength || entropy(payload) < tunnelBits {
		return name[at:], ""
	}
	return name[at:], payload
}

// entropy is how many bits each byte tells.
func entropy(s string) (bits float64) {
	var count [256]int
	for i := range len(s) {
		count[s[i]]++
	}
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// amplifies tells whether a question on UDP wants an answer that is much longer than itself: what a forged source would be flooded with.
func amplifies(q *dns.Msg, question dns.Question) bool {
	opt := q.IsEdns0()
	large := opt != nil && opt.UDPSize() >= 4096
	switch question.Qtype {
	case dns.TypeANY:
		return true
	case dns.TypeTXT, dns.TypeDNSKEY, dns.TypeRRSIG:
		return large
	case dns.TypeNS:
		return large && question.Name == "."
	}
	return false
}
