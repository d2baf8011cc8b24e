package decoy

import (
	"math/rand/v2"
	"strings"
)

// Bounded is a Streamer whose product has a bound of its own on how many connections may be open at once. A source that has so many on a port, and comes again, is served
// nevertheless, as a session that is [Session.Crowded]: the service says what the product does, and returns.
type Bounded interface {
	Streamer
	// MaxConnections is that bound; 0 is none.
	MaxConnections() int
}

// spare is how many connections of one source may be told at once that there are too many.
const spare = 16

// ceiling is how many connections one source may have to one port.
type ceiling struct {
	most int // beyond it they are refused
	full int // beyond it they are told that there are too many; 0 is never
	startups
}

// startups is MaxStartups of sshd, which counts those who have not logged in: from begin on, rate percent are dropped, and more and more up to all from full on. The zero value drops
// none.
type startups struct {
	begin, rate, full int
	words             string // to who is dropped
}

// drops tells whether one more is dropped where so many have not logged in.
func (s startups) drops(strangers int) bool {
	switch {
	case s.full == 0 || strangers < s.begin:
		return false
	case strangers >= s.full || s.rate == 100:
		return true
	}
	return rand.IntN(100) < s.rate+(100-s.rate)*(strangers-s.begin)/(s.full-s.begin)
}

// ceilingOf is that of a service: the product's own, or else one that is the decky's own, as a number that all deckies had would tell them.
func ceilingOf(h *Host, slug string, service Service, limits Limits) ceiling {
	c := ceiling{most: spread(h, "ceiling/"+slug, limits.ConnectionsPerSourcePort)}
	if bounded, ok := service.(Bounded); ok {
		if n := bounded.MaxConnections(); n > 0 {
			c.full, c.most = n, n+spare
		}
	}
	if slug == "ssh" {
		c.startups = startupsOf(h)
	}
	return c
}

// startupsOf are those of the system's SSH server.
func startupsOf(h *Host) startups {
	switch h.OS {
	case "embedded": // Dropbear, five of an address
		return startups{begin: 5, rate: 100, full: 5}
	case "cisco": // as many as there are lines
		return startups{begin: 5, rate: 100, full: 5}
	}
	s := startups{begin: 10, rate: 30, full: 100}
	if !strings.HasPrefix(h.OS, "windows") && h.Distro != "centos7" && h.Distro != "ubuntu20" {
		s.words = "Exceeded MaxStartups\r\n" // since OpenSSH 8.5
	}
	return s
}

// spread draws a number that is the decky's own, from n to a half above it; small ones, which are meant to the letter, stay.
func spread(h *Host, purpose string, n int) int {
	if n < 16 {
		return n
	}
	return n + h.Rand(purpose).IntN(n/2+1)
}
