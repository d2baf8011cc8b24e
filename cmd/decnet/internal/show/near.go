package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// DidYouMean suggests the nearest known word, where one is near.
func DidYouMean(word string, known []string) string {
	apart := func(to string) int { return levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(to)) }
	near := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(apart(a), apart(b)) })
	if apart(near) <= max(2, len(near)/3) {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "; known are " + strings.Join(known, ", ")
}
