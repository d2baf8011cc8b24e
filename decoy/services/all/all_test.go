package all

import (
	"reflect"
	"slices"
	"testing"

	"decnet/catalog"
	"decnet/decoy"
)

func TestTheCatalogKnowsExactlyTheseProtocols(t *testing.T) {
	var marked []string
	for _, s := range catalog.Default().Services() {
		if s.Decoy {
			marked = append(marked, s.Slug)
		}
	}
	slices.Sort(marked)
	if got := decoy.Registered(); !reflect.DeepEqual(got, marked) {
		t.Errorf("registered: %v\nmarked as decoys in the catalog: %v", got, marked)
	}
}
