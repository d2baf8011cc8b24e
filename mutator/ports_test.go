package mutator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"decnet/catalog"
)

// Services that want the same ports are never picked together, and every set that is free of conflicts can be picked: against a list by brute
// force, over random services on few ports.
func TestPicksArePortSafeAndComplete(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		pool := make([]catalog.Service, 1+r.IntN(7))
		for i := range pool {
			pool[i] = catalog.Service{Slug: fmt.Sprintf("s%d", i), Decoy: true}
			for range 1 + r.IntN(2) {
				pool[i].Ports = append(pool[i].Ports, catalog.Port{Number: 1 + r.IntN(5), Proto: []string{"tcp", "udp"}[r.IntN(2)]})
			}
		}
		p := newPicker(Request{Current: []string{"s0"}, Min: 1 + r.IntN(2), Max: 1 + r.IntN(4)})
		p.pool, p.max = pool, min(p.max, len(pool))
		if !p.list(nil, 0) {
			t.Fatal("so few sets are listed whole")
		}
		var want, got []string
		for bits := 1; bits < 1<<len(pool); bits++ {
			var set []catalog.Service
			safe := true
			for i, s := range pool {
				if bits>>i&1 == 1 {
					for _, o := range set {
						_, clash := catalog.Conflict(s, o)
						safe = safe && !clash
					}
					set = append(set, s)
				}
			}
			if k := key(slugs(set)); safe && len(set) >= p.min && len(set) <= p.max && k != "s0" {
				want = append(want, k)
			}
		}
		for _, s := range p.sets {
			got = append(got, key(s))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("%+v: listed %v, and there are %v", pool, got, want)
		}
		if p.max < p.min {
			continue // the pool is smaller than what is asked for
		}
		if set := p.sample(); set != nil && !slices.Contains(want, key(set)) {
			t.Fatalf("%+v: sampled %v", pool, set)
		}
	}
}
