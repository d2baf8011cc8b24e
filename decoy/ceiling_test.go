package decoy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"decnet/decoy/control"
)

func hostOf(t *testing.T, i int) *Host {
	t.Helper()
	h, err := NewHost(control.Identity{Name: "decky", OS: "linux", Distro: "debian", Seed: fmt.Appendf(nil, "seed %03d of a decky in tests.", i)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// No number of connections tells a decky: not all ports of one have the same, nor one port of all.
func TestCeilingsAreADeckysOwn(t *testing.T) {
	ofServices, ofDeckies := map[int]bool{}, map[int]bool{}
	for i := range 20 {
		one, other := ceilingOf(hostOf(t, 0), fmt.Sprint("service-", i), nil, DefaultLimits()), ceilingOf(hostOf(t, i), "http", nil, DefaultLimits())
		ofServices[one.most], ofDeckies[other.most] = true, true
		for _, c := range []ceiling{one, other} {
			if c.most < 64 || c.most > 96 {
				t.Errorf("a source may have %d connections", c.most)
			}
		}
	}
	if len(ofServices) < 5 || len(ofDeckies) < 5 {
		t.Errorf("%d numbers of twenty services, %d of twenty deckies", len(ofServices), len(ofDeckies))
	}
}

// One port's connections use up nothing of another's, and the source's total holds.
func TestConnectionsAreCountedByPort(t *testing.T) {
	limits := DefaultLimits()
	limits.ConnectionsPerSource = 12
	g := newGuard(limits, time.Now)
	a, source := Port{80, "tcp"}, netip.MustParseAddr("203.0.113.1")
	open := func(p Port, n int) (let int) {
		for range n {
			if g.connect(source, p, ceiling{most: 8}) == admitted {
				let++
			}
		}
		return let
	}
	if let := open(a, 10); let != 8 {
		t.Errorf("%d connections to a port, want 8", let)
	}
	if let := open(Port{81, "tcp"}, 10); let != 4 {
		t.Errorf("%d connections to another, want what the total leaves", let)
	}
	for range 8 {
		g.disconnect(source, a, true)
	}
	if let := open(a, 10); let != 8 {
		t.Errorf("%d connections after the first have ended, want 8", let)
	}
}

// sshd drops by chance from the tenth connection on which nobody has logged in, and whoever logs in makes room.
func TestSSHDropsAsMaxStartupsHasIt(t *testing.T) {
	g := newGuard(DefaultLimits(), time.Now)
	c := ceilingOf(hostOf(t, 0), "ssh", nil, DefaultLimits())
	port, source := Port{22, "tcp"}, netip.MustParseAddr("203.0.113.1")
	for i := range 10 {
		if got := g.connect(source, port, c); got != admitted {
			t.Fatalf("connection %d is %v", i, got)
		}
	}
	for range 10 {
		g.acquaint(source, port)
	}
	for i := range 10 {
		if got := g.connect(source, port, c); got != admitted {
			t.Fatalf("connection %d after the logins is %v", i, got)
		}
	}
	lost := 0
	for range 1000 {
		if g.connect(source, port, c) == dropped {
			lost++
		} else {
			g.disconnect(source, port, true)
		}
	}
	if lost < 200 || lost > 400 {
		t.Errorf("%d of 1000 are dropped, want some 300", lost)
	}
	if !c.drops(100) {
		t.Error("a hundred and first is let in")
	}
}
