// Package mutator picks what services a decky has next. It is pure: the same request gets the same answer, so that a pick
// can be previewed, repeated and tested; who asks brings the seed and the decky's past.
package mutator

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"

	"decnet/catalog"
)

// ErrNothingToPick means that the pool holds no conflict-free set of the wanted size other than the current one.
var ErrNothingToPick = errors.New("no other set of services to pick")

const (
	defaultMin = 1
	defaultMax = 3
	// maxListed is how many sets are listed to choose from fairly; a pool with more is sampled.
	maxListed = 20_000
	// maxSamples is how many draws a large pool gets. A draw fails when it is current or recent, or runs into conflicts.
	maxSamples = 100
)

// Request is what a pick depends on.
type Request struct {
	Current  []string   // never picked again
	Pool     []string   // what to pick from; every one must be available
	Recent   [][]string // newest first: avoided while there is another
	Seed     uint64
	Min, Max int // how many services; 0 is 1 and 3. A Max below Min is Min
}

// PoolFor returns what a decky may pick from: its archetype's pool, or without an archetype every service, if it is available.
func PoolFor(c *catalog.Catalog, archetype string) []string {
	a, ok := c.Archetype(archetype)
	var pool []string
	for _, s := range c.Services() {
		if s.Available() && (!ok || slices.Contains(a.Pool, s.Slug)) {
			pool = append(pool, s.Slug)
		}
	}
	return pool
}

// Pick returns the next services, sorted. Each size that is possible is as likely as another, and so is each set within
// a size. When every set is recent, the one used longest ago is picked. Errors: ErrNothingToPick, or an *InvalidError for the pool.
func Pick(c *catalog.Catalog, r Request) ([]string, error) {
	p := newPicker(r)
	for i, slug := range r.Pool {
		s, err := available(c, slug, i)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(p.pool, func(o catalog.Service) bool { return o.Slug == slug }) {
			p.pool = append(p.pool, s)
		}
	}
	slices.SortFunc(p.pool, func(a, b catalog.Service) int { return strings.Compare(a.Slug, b.Slug) })
	p.max = min(p.max, len(p.pool))

	p.rand.Shuffle(len(p.pool), func(i, j int) { p.pool[i], p.pool[j] = p.pool[j], p.pool[i] })
	whole := p.list(nil, 0)
	if !whole {
		if set := p.sample(); set != nil {
			return set, nil
		}
	}
	return p.choose()
}

type picker struct {
	pool     []catalog.Service
	min, max int
	current  string
	recent   map[string]int // a set's key to how long ago it was used last: 0 is the newest
	rand     *rand.Rand
	sets     [][]string // what list found
}

func newPicker(r Request) *picker {
	p := &picker{min: r.Min, max: r.Max, current: key(r.Current), recent: map[string]int{}, rand: rand.New(rand.NewPCG(r.Seed, 0))}
	if p.min <= 0 {
		p.min = defaultMin
	}
	if p.max <= 0 {
		p.max = defaultMax
	}
	p.max = max(p.max, p.min)
	for age, set := range r.Recent {
		if k := key(set); !has(p.recent, k) {
			p.recent[k] = age
		}
	}
	return p
}

func has(m map[string]int, k string) bool { _, ok := m[k]; return ok }

// key names a set whatever its order.
func key(set []string) string {
	set = slices.Clone(set)
	slices.Sort(set)
	return strings.Join(slices.Compact(set), " ")
}

// list extends chosen with each service from next on, and tells whether it listed all there is.
func (p *picker) list(chosen []catalog.Service, next int) bool {
	if len(chosen) >= p.min {
		if set := slugs(chosen); key(set) != p.current {
			if len(p.sets) == maxListed {
				return false
			}
			p.sets = append(p.sets, set)
		}
	}
	if len(chosen) == p.max {
		return true
	}
	for i := next; i < len(p.pool) && len(chosen)+len(p.pool)-i >= p.min; i++ {
		if fits(p.pool[i], chosen) && !p.list(append(chosen, p.pool[i]), i+1) {
			return false
		}
	}
	return true
}

func fits(s catalog.Service, chosen []catalog.Service) bool {
	return !slices.ContainsFunc(chosen, func(o catalog.Service) bool { _, ok := catalog.Conflict(s, o); return ok })
}

func slugs(services []catalog.Service) []string {
	out := make([]string, len(services))
	for i, s := range services {
		out[i] = s.Slug
	}
	slices.Sort(out)
	return out
}

// sample draws a size and then services in random order until one set is neither current nor recent; nil when none was found.
func (p *picker) sample() []string {
	for range maxSamples {
		size := p.min + p.rand.IntN(p.max-p.min+1)
		var chosen []catalog.Service
		for _, i := range p.rand.Perm(len(p.pool)) {
			if len(chosen) < size && fits(p.pool[i], chosen) {
				chosen = append(chosen, p.pool[i])
			}
		}
		set := slugs(chosen)
		if k := key(set); len(set) == size && k != p.current && !has(p.recent, k) {
			return set
		}
	}
	return nil
}

// choose takes one of the listed sets.
func (p *picker) choose() ([]string, error) {
	if len(p.sets) == 0 {
		return nil, ErrNothingToPick
	}
	fresh := map[int][][]string{}
	var sizes []int
	oldest := p.sets[0]
	for _, set := range p.sets {
		k := key(set)
		if has(p.recent, k) {
			if p.recent[k] > p.recent[key(oldest)] {
				oldest = set
			}
			continue
		}
		if fresh[len(set)] == nil {
			sizes = append(sizes, len(set))
		}
		fresh[len(set)] = append(fresh[len(set)], set)
	}
	if len(sizes) == 0 {
		return oldest, nil
	}
	slices.Sort(sizes)
	of := fresh[sizes[p.rand.IntN(len(sizes))]]
	return of[p.rand.IntN(len(of))], nil
}
