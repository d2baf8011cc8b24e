package catalog

import (
	"cmp"
	"maps"
	"slices"
)

// Slugs are all slugs of a kind, in order. kind is service, archetype, distro or personality.
func (c *Catalog) Slugs(kind string) []string { return c.slugs(kind) }

// Suggest returns up to three slugs near to one that is not there, best first. kind is service, archetype, distro or personality.
func (c *Catalog) Suggest(kind, slug string) []string { return near(c.slugs(kind), slug) }

func (c *Catalog) slugs(kind string) []string {
	switch kind {
	case "service":
		return slices.Sorted(maps.Keys(c.services))
	case "archetype":
		return slices.Sorted(maps.Keys(c.archetypes))
	case "distro":
		return slices.Sorted(maps.Keys(c.distros))
	case "personality":
		return slices.Sorted(maps.Keys(c.personalities))
	case "hostname style":
		return slices.Sorted(maps.Keys(styles))
	}
	return nil
}

// near is for mistypings: one edit in a short word, two from five letters on (a swap is two), and so on. Longer words than any slug are not worth the comparison.
func near(words []string, typed string) []string {
	if len(typed) > 64 {
		return nil
	}
	type match struct {
		word string
		far  int
	}
	var found []match
	for _, w := range words {
		if far := distance(w, typed); far <= max(1, (len(typed)+1)/3) {
			found = append(found, match{w, far})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, m := range found[:min(3, len(found))] {
		out = append(out, m.word)
	}
	return out
}

// distance is Levenshtein's: how many letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
