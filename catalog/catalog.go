// Package catalog holds what a decky can be made of: services, archetypes, distros and OS personalities.
//
// They are data, not code: YAML files embedded in the binary, which a user extends with files of the same keys. A new slug adds
// an entry; a known slug changes the fields that it names. Everything is checked when it is loaded, so that a deploy
// never meets a reference to nothing, and all errors are reported together, each with its file and line.
package catalog

import (
	"maps"
	"slices"
)

// Catalog is the checked whole. It never changes after Load, so any number of goroutines may read it; what it hands out are copies.
type Catalog struct {
	services      map[string]Service
	archetypes    map[string]Archetype
	distros       map[string]Distro
	personalities map[string]Personality
}

// Service is one decoy protocol.
type Service struct {
	Slug, Name, Description, Category string
	Ports                             []Port
	Decoy                             bool   // the decoy binary speaks it
	Image                             *Image // the user's own, which then speaks it in place of the decoy binary; nil is none
	Singleton                         bool   // one for the whole network, so never a decky's
	Settings                          []Setting
	Refused                           map[string]string // keys of the original DECNET that are no settings here, and why

	noImages string // why images are not run here; "" when they are
}

// Available tells whether a decky can run the service here.
func (s Service) Available() bool { return s.Unavailable() == "" }

// Unavailable says why no decky can run the service here, "" when one can.
func (s Service) Unavailable() string {
	switch {
	case s.Singleton:
		return "there is one for the whole network, not one a decky"
	case s.Image != nil:
		return s.noImages
	case !s.Decoy:
		return "this build has no decoy for it"
	}
	return ""
}

// WithoutImages is the catalog where no images are run: services that have one are there, and are refused for that reason.
func (c *Catalog) WithoutImages(why string) *Catalog {
	out := *c
	out.services = make(map[string]Service, len(c.services))
	for slug, s := range c.services {
		s.noImages = why
		out.services[slug] = s
	}
	return &out
}

// Port is a port that a service listens on.
type Port struct {
	Number int    // 1 to 65535
	Proto  string // tcp or udp
	TLS    bool   // TLS from the first byte
	// Optional is for a port on which only some deckies' service listens.
	Optional bool
}

// Conflict returns the first port of a that b wants too.
func Conflict(a, b Service) (Port, bool) {
	for _, p := range a.Ports {
		if slices.ContainsFunc(b.Ports, p.same) {
			return p, true
		}
	}
	return Port{}, false
}

func (p Port) same(q Port) bool { return p.Number == q.Number && p.Proto == q.Proto }

// Archetype is a preset of services, OS and host-name style.
type Archetype struct {
	Slug, Name, Description string
	Services                []string // what a decky of it starts with
	Pool                    []string // what a mutation may pick from; it includes Services
	Distros                 []string
	OS                      string // a personality
	HostnameStyle           string // "" leaves it to the distro
	// OUIs are vendor prefixes of those who make such devices; none leaves it to the personality.
	OUIs []string
}

// Distro is a distribution that a decky can pretend to run.
type Distro struct{ Slug, Name, HostnameStyle string }

// Personality is how a decky's network stack looks to a scanner.
type Personality struct {
	Slug, Name string
	Sysctls    map[string]string // by full name, as net.ipv4.ip_default_ttl
	OUIs       []string          // vendor prefixes of fitting network cards, as 00:50:56
}

func (s Service) clone() Service {
	s.Ports, s.Settings, s.Refused, s.Image = slices.Clone(s.Ports), slices.Clone(s.Settings), maps.Clone(s.Refused), s.Image.clone()
	return s
}

func (a Archetype) clone() Archetype {
	a.Services, a.Pool, a.Distros = slices.Clone(a.Services), slices.Clone(a.Pool), slices.Clone(a.Distros)
	a.OUIs = slices.Clone(a.OUIs)
	return a
}

func (d Distro) clone() Distro { return d }

func (p Personality) clone() Personality {
	p.Sysctls, p.OUIs = maps.Clone(p.Sysctls), slices.Clone(p.OUIs)
	return p
}

// Services returns every service, by slug.
func (c *Catalog) Services() []Service { return all(c.services) }

// Archetypes returns every archetype, by slug.
func (c *Catalog) Archetypes() []Archetype { return all(c.archetypes) }

// Distros returns every distro, by slug.
func (c *Catalog) Distros() []Distro { return all(c.distros) }

// Personalities returns every personality, by slug.
func (c *Catalog) Personalities() []Personality { return all(c.personalities) }

// Service returns the service of that slug, if there is one.
func (c *Catalog) Service(slug string) (Service, bool) { return one(c.services, slug) }

// Archetype returns the archetype of that slug, if there is one.
func (c *Catalog) Archetype(slug string) (Archetype, bool) { return one(c.archetypes, slug) }

// Distro returns the distro of that slug, if there is one.
func (c *Catalog) Distro(slug string) (Distro, bool) { return one(c.distros, slug) }

// Personality returns the personality of that slug, if there is one.
func (c *Catalog) Personality(slug string) (Personality, bool) { return one(c.personalities, slug) }

type entry[T any] interface{ clone() T }

func all[T entry[T]](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, slug := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[slug].clone())
	}
	return out
}

func one[T entry[T]](m map[string]T, slug string) (T, bool) {
	v, ok := m[slug]
	if !ok {
		return v, false
	}
	return v.clone(), true
}
