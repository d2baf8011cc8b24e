package mutator

import (
	"fmt"
	"slices"
	"strings"

	"decnet/catalog"
)

// InvalidError tells which of the named services can't be, and why.
type InvalidError struct {
	Service string
	Reason  string
	Index   int // in the list that was checked
}

func (e *InvalidError) Error() string { return fmt.Sprintf("service %q: %s", e.Service, e.Reason) }

// Validate checks that one decky can run these services together. Its error is an *InvalidError, for the first that it can't.
func Validate(c *catalog.Catalog, services []string) error {
	for i, slug := range services {
		s, err := available(c, slug, i)
		if err != nil {
			return err
		}
		if slices.Contains(services[:i], slug) {
			return &InvalidError{slug, "it is named twice", i}
		}
		for _, earlier := range services[:i] {
			other, _ := c.Service(earlier) // it was checked
			if p, ok := catalog.Conflict(s, other); ok {
				return &InvalidError{slug, fmt.Sprintf("it wants port %d/%s, which %s has", p.Number, p.Proto, earlier), i}
			}
		}
	}
	return nil
}

func available(c *catalog.Catalog, slug string, index int) (catalog.Service, error) {
	s, ok := c.Service(slug)
	switch {
	case !ok:
		reason := "unknown service"
		if near := c.Suggest("service", slug); len(near) > 0 {
			reason += " (did you mean " + strings.Join(near, " or ") + "?)"
		}
		return s, &InvalidError{slug, reason, index}
	case !s.Available():
		return s, &InvalidError{slug, s.Unavailable(), index}
	}
	return s, nil
}
