package fleet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"decnet/engine"
	"decnet/ent"
	"decnet/mutator"
)

var interfacePattern = regexp.MustCompile(`^[A-Za-z0-9._@-]+$`)

// How often a decky may mutate by itself. The upper bound leaves room for jitter in what a Duration can hold.
const (
	minInterval = time.Minute
	maxInterval = 100 * 365 * 24 * time.Hour
)

func checkInterval(d *time.Duration, path ...any) error {
	switch {
	case d == nil:
	case *d < minInterval:
		return invalid(path, "%s is too often: a minute at least", *d)
	case *d > maxInterval:
		return invalid(path, "%s is too seldom: 100 years at most", *d)
	}
	return nil
}

// wanted is one decky that a deploy names, checked against the catalog, before addresses and the rows that exist.
type wanted struct {
	name     string
	spec     *DeckySpec
	path     []any
	services []string // nil: the mutator picks
	distros  []string // one of these
	os       string
	style    string // of the host name; "" is the distro's
	ip       netip.Addr
	settings map[string]map[string]string // nil: nothing was said of them
}

// expand checks a deploy's specs against the catalog and unfolds their counts.
func (f *Fleet) expand(in DeployInput) ([]wanted, error) {
	if len(in.Deckies) == 0 && in.Mode != Replace {
		return nil, invalid([]any{"input", "deckies"}, "name at least one decky")
	}
	var all []wanted
	names := map[string]bool{}
	for i, spec := range in.Deckies {
		path := []any{"input", "deckies", i}
		ws, err := f.expandOne(spec, path)
		if err != nil {
			return nil, err
		}
		if n := len(all) + len(ws); n > f.opts.Limits.DeckiesPerDeploy {
			return nil, &Error{Code: LimitExceeded, Path: at(path, "count"), Message: fmt.Sprintf(
				"one deploy may name %d deckies at most: deploy them in parts", f.opts.Limits.DeckiesPerDeploy)}
		}
		for _, w := range ws {
			if names[w.name] {
				return nil, invalid(at(path, "name"), "decky %q is named twice", w.name)
			}
			names[w.name] = true
			all = append(all, w)
		}
	}
	return all, nil
}

func (f *Fleet) expandOne(spec *DeckySpec, path []any) ([]wanted, error) {
	if err := checkName(spec.Name, at(path, "name")...); err != nil {
		return nil, err
	}
	if spec.Count < 1 || spec.Count > f.opts.Limits.DeckiesPerDeploy {
		return nil, invalid(at(path, "count"), "count is %d: 1 to %d", spec.Count, f.opts.Limits.DeckiesPerDeploy)
	}
	if err := checkInterval(spec.MutateInterval, at(path, "mutateInterval")...); err != nil {
		return nil, err
	}
	w := wanted{spec: spec, path: path, os: "linux", distros: []string{"debian"}}
	if err := f.dress(&w); err != nil {
		return nil, err
	}
	var err error
	if w.settings, err = f.settings(spec.Settings, path); err != nil {
		return nil, err
	}
	if spec.IP != nil {
		ip, err := netip.ParseAddr(*spec.IP)
		if err != nil || !ip.Is4() {
			return nil, invalid(at(path, "ip"), "%q is not an IPv4 address", *spec.IP)
		}
		if spec.Count > 1 {
			return nil, invalid(at(path, "ip"), "%d deckies can't share the address %s", spec.Count, ip)
		}
		w.ip = ip
	}
	if spec.Hostname != nil && (len(*spec.Hostname) > 63 || !engine.HostnamePattern.MatchString(*spec.Hostname)) {
		return nil, invalid(at(path, "hostname"), "%q is not a host name", *spec.Hostname)
	}
	if spec.Count == 1 {
		w.name = spec.Name
		return []wanted{w}, nil
	}
	ws := make([]wanted, 0, spec.Count)
	for i := range spec.Count {
		w.name = fmt.Sprintf("%s-%02d", spec.Name, i+1)
		if err := checkName(w.name, at(path, "name")...); err != nil {
			return nil, err
		}
		ws = append(ws, w)
	}
	return ws, nil
}

// dress gives a decky its services, distro and OS from its archetype and its own words.
func (f *Fleet) dress(w *wanted) error {
	if w.spec.Archetype != nil {
		a, ok := f.catalog.Archetype(*w.spec.Archetype)
		if !ok {
			return f.unknown("archetype", *w.spec.Archetype, at(w.path, "archetype"))
		}
		w.services, w.distros, w.os, w.style = a.Services, a.Distros, a.OS, a.HostnameStyle
		if w.spec.Services == nil {
			if err := f.checkServices(w.services, at(w.path, "archetype")); err != nil {
				return err
			}
		}
	}
	if w.spec.Services != nil {
		if err := f.checkServices(w.spec.Services, at(w.path, "services")); err != nil {
			return err
		}
		w.services = w.spec.Services
	}
	if w.spec.Distro != nil {
		if _, ok := f.catalog.Distro(*w.spec.Distro); !ok {
			return f.unknown("distro", *w.spec.Distro, at(w.path, "distro"))
		}
		w.distros = []string{*w.spec.Distro}
	}
	if w.spec.Os != nil {
		if _, ok := f.catalog.Personality(*w.spec.Os); !ok {
			return f.unknown("personality", *w.spec.Os, at(w.path, "os"))
		}
		w.os = *w.spec.Os
	}
	return nil
}

// fewSlugs is how many an error may name.
const fewSlugs = 20

func (f *Fleet) unknown(kind, slug string, path []any) error {
	msg := fmt.Sprintf("unknown %s %q", kind, slug)
	if near := f.catalog.Suggest(kind, slug); len(near) > 0 {
		msg += ": did you mean " + strings.Join(near, " or ") + "?"
	} else if all := f.catalog.Slugs(kind); len(all) <= fewSlugs {
		msg += ": known are " + strings.Join(all, ", ")
	}
	return invalid(path, "%s", msg)
}

// checkServices refuses a set of services that no decky can run.
func (f *Fleet) checkServices(services []string, path []any) error {
	if len(services) == 0 {
		return invalid(path, "a decky needs at least one service")
	}
	if n := f.opts.Limits.ServicesPerDecky; len(services) > n {
		return &Error{Code: LimitExceeded, Path: path, Message: fmt.Sprintf("a decky may have %d services at most", n)}
	}
	err := mutator.Validate(f.catalog, services)
	if bad, ok := errors.AsType[*mutator.InvalidError](err); ok {
		if path[len(path)-1] == "services" {
			path = at(path, bad.Index)
		}
		return invalid(path, "%s", bad.Error())
	}
	return err
}

// birth makes what is a decky's own for life: its seed, and what follows from it.
type birth struct {
	seed                  []byte
	hostname, mac, distro string
	services              []string
}

// born draws a new decky. Host names and MACs that others have are drawn again. What is drawn follows from secret and the decky's name, so
// that a plan is what the deploy after it does.
func (f *Fleet) born(w wanted, n network, secret []byte, others []*ent.Decky) (birth, error) {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(w.name))
	b := birth{seed: mac.Sum(nil), services: w.services}
	r := seeded(b.seed)
	b.distro = w.distros[r.IntN(len(w.distros))]
	if b.services == nil {
		picked, err := mutator.Pick(f.catalog, mutator.Request{Pool: mutator.PoolFor(f.catalog, ""), Seed: r.Uint64()})
		if errors.Is(err, mutator.ErrNothingToPick) {
			return b, &Error{Code: NoServicesAvailable, Message: "the catalog has no service to pick", Path: w.path}
		}
		if err != nil {
			return b, fmt.Errorf("pick services: %w", err)
		}
		b.services = picked
	}
	b.services = sorted(b.services)
	style := w.style
	if style == "" {
		d, _ := f.catalog.Distro(b.distro) // it was checked
		style = d.HostnameStyle
	}
	if n.driver == engine.Bridge || n.driver == engine.MACVLAN {
		archetype := ""
		if w.spec.Archetype != nil {
			archetype = *w.spec.Archetype
		}
		b.mac = redraw(func() string { return f.catalog.MAC(archetype, w.os, r) }, func(m string) bool {
			return slices.ContainsFunc(others, func(o *ent.Decky) bool { return o.MAC != nil && *o.MAC == m })
		})
	}
	if w.spec.Hostname != nil {
		b.hostname = *w.spec.Hostname
	} else {
		b.hostname = redraw(func() string { return f.catalog.Hostname(style, b.mac, r) }, func(h string) bool {
			return slices.ContainsFunc(others, func(o *ent.Decky) bool { return o.Hostname == h })
		})
	}
	return b, nil
}

// redraw draws until nobody has it, within reason.
func redraw(draw func() string, taken func(string) bool) string {
	v := draw()
	for range 100 {
		if !taken(v) {
			break
		}
		v = draw()
	}
	return v
}

func seeded(seed []byte) *mrand.Rand {
	return mrand.New(mrand.NewPCG(binary.LittleEndian.Uint64(seed), binary.LittleEndian.Uint64(seed[8:])))
}

// randomSeed is a seed for a pick that nobody wants repeated.
func randomSeed() uint64 { return mrand.Uint64() }
