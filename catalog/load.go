package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
)

//go:embed data/*.yaml
var data embed.FS

// maxFile bounds a user's file, in bytes: a catalog is written by hand.
const maxFile = 1 << 20

// Load reads the embedded catalog and then the user's files, in their order. Its error joins all that is wrong, one "file:line: what" each.
func Load(files ...string) (*Catalog, error) {
	l := newLoader()
	entries, err := data.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("list the embedded catalog: %w", err)
	}
	for _, e := range entries {
		text, err := data.ReadFile("data/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the embedded catalog: %w", err)
		}
		l.read(e.Name(), text, true)
	}
	for _, name := range files {
		text, err := readFile(name)
		if err != nil {
			l.errs = append(l.errs, fmt.Errorf("read the catalog file: %w", err))
			continue
		}
		l.read(name, text, false)
	}
	l.check()
	if len(l.errs) > 0 {
		return nil, errors.Join(l.errs...)
	}
	return l.catalog, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxFile)
	}
	return text, nil
}

// Default is the embedded catalog alone.
var Default = sync.OnceValue(func() *Catalog {
	c, err := Load()
	if err != nil {
		panic(err) // the data is part of the binary, and a test loads it
	}
	return c
})

// check looks at the whole once everything has been read: references, and what an override may have broken elsewhere.
func (l *loader) check() {
	for _, f := range l.deferred {
		f()
	}
	for slug, a := range l.catalog.archetypes {
		// The pool always holds the preset, also when a file changed only one of the two.
		a.Pool = append(slices.Clone(a.Services), a.Pool...)
		slices.Sort(a.Pool)
		a.Pool = slices.Compact(a.Pool)
		l.catalog.archetypes[slug] = a
	}
	for _, a := range l.catalog.Archetypes() {
		for i, x := range a.Services {
			for _, y := range a.Services[i+1:] {
				if p, ok := Conflict(l.catalog.services[x], l.catalog.services[y]); ok && x != y {
					l.errs = append(l.errs, fmt.Errorf("%s: archetype %q: services %s and %s both want port %d/%s",
						l.blame("archetype "+a.Slug, "service "+x, "service "+y), a.Slug, x, y, p.Number, p.Proto))
				}
			}
		}
	}
}

// blame finds which of the entries a user's file wrote; the embedded ones were right before.
func (l *loader) blame(entries ...string) string {
	for _, e := range entries {
		if o := l.origins[e]; !o.embedded {
			return o.at
		}
	}
	return l.origins[entries[0]].at
}
