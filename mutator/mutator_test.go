package mutator_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"decnet/catalog"
	"decnet/mutator"
)

func TestPickHoldsForRandomPools(t *testing.T) {
	c, r := catalog.Default(), rand.New(rand.NewPCG(1, 2))
	every := mutator.PoolFor(c, "")
	for range 2000 {
		pool := slices.Clone(every)
		r.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		pool = pool[:1+r.IntN(len(pool))]
		req := mutator.Request{Pool: pool, Current: []string{pool[0]}, Seed: r.Uint64()}
		got, err := mutator.Pick(c, req)
		if len(pool) == 1 {
			if !errors.Is(err, mutator.ErrNothingToPick) {
				t.Fatalf("pool of the current set alone: %v, %v", got, err)
			}
			continue
		}
		again, _ := mutator.Pick(c, req)
		if err != nil || slices.Equal(got, req.Current) || !slices.IsSorted(got) || mutator.Validate(c, got) != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%+v: %v, %v, again %v", req, got, err, again)
		}
	}
}

func TestPickAvoidsRecentThenTakesTheOldest(t *testing.T) {
	c := catalog.Default()
	req := mutator.Request{Pool: []string{"ssh", "http"}, Current: []string{"ssh"}, Recent: [][]string{{"http"}}}
	for req.Seed = range 50 {
		if got, err := mutator.Pick(c, req); err != nil || !slices.Equal(got, []string{"http", "ssh"}) {
			t.Fatalf("%v, %v", got, err)
		}
	}
	req.Recent = [][]string{{"http", "ssh"}, {"http"}, {"ssh", "http"}}
	if got, err := mutator.Pick(c, req); err != nil || !slices.Equal(got, []string{"http"}) {
		t.Fatalf("%v, %v", got, err)
	}
}
