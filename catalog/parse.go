package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

var (
	slugPattern   = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
	ouiPattern    = regexp.MustCompile(`^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){2}$`)
	sysctlPattern = regexp.MustCompile(`^net\.ipv[46]\.[a-z0-9_.]+$`)
)

type origin struct {
	at       string // file:line
	embedded bool
}

// loader walks the YAML tree itself rather than decode into structs: so each error has its line, and none hides the next.
type loader struct {
	catalog  *Catalog
	origins  map[string]origin // "kind slug" to where it was last written
	deferred []func()          // checks of references, which may point forward
	errs     []error

	file     string
	embedded bool
	what     string // the entry that is read, for messages
}

func newLoader() *loader {
	return &loader{origins: map[string]origin{}, catalog: &Catalog{services: map[string]Service{}, archetypes: map[string]Archetype{},
		distros: map[string]Distro{}, personalities: map[string]Personality{}}}
}

func (l *loader) at(n ast.Node) string {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return fmt.Sprintf("%s:%d", l.file, t.Position.Line)
	}
	return l.file
}

func (l *loader) fail(n ast.Node, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s: %s%s", l.at(n), l.what, fmt.Sprintf(format, args...)))
}

func (l *loader) read(file string, text []byte, embedded bool) {
	l.file, l.embedded, l.what = file, embedded, ""
	tree, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // duplicates are reported with the rest
	var bad yaml.Error
	if errors.As(err, &bad) && bad.GetToken() != nil {
		err = fmt.Errorf("%s:%d: %s", file, bad.GetToken().Position.Line, bad.GetMessage())
	} else if err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	for _, doc := range tree.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		l.fields(doc.Body, map[string]func(ast.Node){
			"services":      func(n ast.Node) { entries(l, n, "service", l.catalog.services, l.service) },
			"archetypes":    func(n ast.Node) { entries(l, n, "archetype", l.catalog.archetypes, l.archetype) },
			"distros":       func(n ast.Node) { entries(l, n, "distro", l.catalog.distros, l.distro) },
			"personalities": func(n ast.Node) { entries(l, n, "personality", l.catalog.personalities, l.personality) },
		})
	}
}

// pairs calls visit for each key of a mapping, once each.
func (l *loader) pairs(n ast.Node, visit func(key ast.Node, name string, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	case *ast.NullNode:
	default:
		l.fail(n, "expected keys and values here")
	}
	seen := map[string]bool{}
	for _, v := range values {
		t := v.Key.GetToken()
		if t == nil || v.Value == nil {
			l.fail(v, "expected a key and a value here")
			continue
		}
		if seen[t.Value] {
			l.fail(v.Key, "%q is here twice", t.Value)
			continue
		}
		seen[t.Value] = true
		visit(v.Key, t.Value, v.Value)
	}
}

func (l *loader) fields(n ast.Node, known map[string]func(ast.Node)) {
	l.pairs(n, func(key ast.Node, name string, value ast.Node) {
		if read, ok := known[name]; ok {
			read(value)
			return
		}
		names := make([]string, 0, len(known))
		for k := range known {
			names = append(names, k)
		}
		slices.Sort(names)
		l.fail(key, "unknown key %q%s", name, didYouMean(near(names, name)))
	})
}

func didYouMean(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(words, " or ") + "?)"
}

// entries reads one section. read starts from the entry that is there already, so a file need only name what it changes.
func entries[T entry[T]](l *loader, n ast.Node, kind string, into map[string]T, read func(ast.Node, ast.Node, string, T) T) {
	l.pairs(n, func(key ast.Node, slug string, value ast.Node) {
		if !slugPattern.MatchString(slug) {
			l.fail(key, "%s %q: a slug is 1 to 64 of a-z, 0-9, - and _", kind, slug)
			return
		}
		l.what = fmt.Sprintf("%s %q: ", kind, slug)
		l.origins[kind+" "+slug] = origin{l.at(key), l.embedded}
		old, _ := one(into, slug)
		into[slug] = read(key, value, slug, old)
		l.what = ""
	})
}

func (l *loader) service(key, n ast.Node, slug string, s Service) Service {
	s.Slug = slug
	known := map[string]func(ast.Node){
		"name":        func(n ast.Node) { s.Name = l.text(n) },
		"description": func(n ast.Node) { s.Description = l.text(n) },
		"category":    func(n ast.Node) { s.Category = l.text(n) },
		"ports":       func(n ast.Node) { s.Ports = l.ports(n) },
		"singleton":   func(n ast.Node) { s.Singleton = l.boolean(n) },
		"settings":    func(n ast.Node) { s.Settings = l.settings(n) },
		"refused":     func(n ast.Node) { s.Refused = l.refused(n) },
		"decoy": func(n ast.Node) {
			if !l.embedded {
				l.fail(n, "decoy says what the decoy binary speaks, which a file can't change: name an image")
				return
			}
			s.Decoy = l.boolean(n)
		},
	}
	l.imageFields(&s, known)
	l.fields(n, known)
	l.need(key, s.Name, "name")
	if len(s.Ports) == 0 && !s.Singleton {
		l.fail(key, "it has no ports")
	}
	l.checkImage(key, &s)
	return s
}

func (l *loader) archetype(key, n ast.Node, slug string, a Archetype) Archetype {
	a.Slug = slug
	l.fields(n, map[string]func(ast.Node){
		"name":           func(n ast.Node) { a.Name = l.text(n) },
		"description":    func(n ast.Node) { a.Description = l.text(n) },
		"services":       func(n ast.Node) { a.Services = l.references(n, "service") },
		"pool":           func(n ast.Node) { a.Pool = l.references(n, "service") },
		"distros":        func(n ast.Node) { a.Distros = l.references(n, "distro") },
		"os":             func(n ast.Node) { a.OS = l.reference(n, "personality") },
		"hostname_style": func(n ast.Node) { a.HostnameStyle = l.reference(n, "hostname style") },
		"ouis":           func(n ast.Node) { a.OUIs = l.list(n, l.oui) },
	})
	l.need(key, a.Name, "name")
	l.need(key, a.OS, "os")
	if len(a.Services) == 0 {
		l.fail(key, "it has no services")
	}
	if len(a.Distros) == 0 {
		l.fail(key, "it has no distros")
	}
	return a
}

func (l *loader) distro(key, n ast.Node, slug string, d Distro) Distro {
	d.Slug = slug
	l.fields(n, map[string]func(ast.Node){
		"name":           func(n ast.Node) { d.Name = l.text(n) },
		"hostname_style": func(n ast.Node) { d.HostnameStyle = l.reference(n, "hostname style") },
	})
	l.need(key, d.Name, "name")
	l.need(key, d.HostnameStyle, "hostname_style")
	return d
}

func (l *loader) personality(key, n ast.Node, slug string, p Personality) Personality {
	p.Slug = slug
	l.fields(n, map[string]func(ast.Node){
		"name":    func(n ast.Node) { p.Name = l.text(n) },
		"ouis":    func(n ast.Node) { p.OUIs = l.list(n, l.oui) },
		"sysctls": func(n ast.Node) { p.Sysctls = l.sysctls(n) },
	})
	l.need(key, p.Name, "name")
	if len(p.OUIs) == 0 {
		l.fail(key, "it has no ouis")
	}
	return p
}

func (l *loader) need(key ast.Node, value, name string) {
	if value == "" {
		l.fail(key, "it has no %s", name)
	}
}

// text reads a plain value, a number too: `name: 7` is a fine name. "" has been reported.
func (l *loader) text(n ast.Node) string {
	switch v := n.(type) {
	case *ast.StringNode:
		if v.Value != "" {
			return v.Value
		}
	case *ast.LiteralNode:
		if v.Value != nil && v.Value.Value != "" {
			return v.Value.Value
		}
	case *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value
	}
	l.fail(n, "expected a text that is not empty")
	return ""
}

func (l *loader) boolean(n ast.Node) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		l.fail(n, "expected true or false")
		return false
	}
	return b.Value
}

// list reads texts, none twice.
func (l *loader) list(n ast.Node, check func(ast.Node, string)) []string {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		l.fail(n, "expected a list")
		return nil
	}
	var out []string
	for _, v := range seq.Values {
		s := l.text(v)
		if s == "" {
			continue
		}
		if slices.Contains(out, s) {
			l.fail(v, "%q is in the list twice", s)
			continue
		}
		check(v, s)
		out = append(out, s)
	}
	return out
}

func (l *loader) references(n ast.Node, kind string) []string {
	return l.list(n, func(n ast.Node, s string) { l.refer(n, kind, s) })
}

func (l *loader) reference(n ast.Node, kind string) string {
	s := l.text(n)
	if s != "" {
		l.refer(n, kind, s)
	}
	return s
}

func (l *loader) refer(n ast.Node, kind, slug string) {
	at, what := l.at(n), l.what
	l.deferred = append(l.deferred, func() {
		if !slices.Contains(l.catalog.slugs(kind), slug) {
			l.errs = append(l.errs, fmt.Errorf("%s: %sunknown %s %q%s", at, what, kind, slug, didYouMean(l.catalog.Suggest(kind, slug))))
		}
	})
}

func (l *loader) ports(n ast.Node) []Port {
	var out []Port
	l.list(n, func(n ast.Node, s string) {
		number, proto, _ := strings.Cut(s, "/")
		p := Port{Proto: "tcp"}
		switch proto {
		case "udp":
			p.Proto = proto
		case "tls":
			p.TLS = true
		case "quic":
			p.Proto, p.TLS, p.Optional = "udp", true, true
		case "tcp", "":
		default:
			l.fail(n, "port %q: %q is none of tcp, udp, tls and quic", s, proto)
			return
		}
		var err error
		if p.Number, err = strconv.Atoi(number); err != nil || p.Number < 1 || p.Number > 65535 {
			l.fail(n, "port %q: a port is a number from 1 to 65535", s)
			return
		}
		if slices.ContainsFunc(out, p.same) {
			l.fail(n, "port %d/%s is in the list twice", p.Number, p.Proto)
			return
		}
		out = append(out, p)
	})
	return out
}

func (l *loader) oui(n ast.Node, s string) {
	if !ouiPattern.MatchString(s) {
		l.fail(n, "oui %q: three bytes in hex, as 00:50:56", s)
		return
	}
	first, _ := strconv.ParseUint(s[:2], 16, 8) // the pattern has checked it
	if first&3 != 0 {
		l.fail(n, "oui %q: a multicast or locally administered prefix belongs to no vendor", s)
	}
}

func (l *loader) sysctls(n ast.Node) map[string]string {
	out := map[string]string{}
	l.pairs(n, func(key ast.Node, name string, value ast.Node) {
		if !sysctlPattern.MatchString(name) {
			l.fail(key, "sysctl %q: its name starts with net.ipv4. or net.ipv6.", name)
		}
		out[name] = l.text(value)
	})
	return out
}
