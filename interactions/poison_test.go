package interactions_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/eventposition"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

// from is a line of another source.
func from(seq uint64, src string) string {
	return string(event.Append(nil, event.Event{
		Time: time.Now(), Severity: event.Info, Host: "a", Service: "ssh", Session: "s1", Type: event.Connect, Boot: "b1", Seq: seq,
		Fields: []event.Field{event.String(event.SrcIP, src)}, Message: "connect",
	}))
}

// A line that can't be stored is counted and left out; those around it are stored.
func TestABadLineHoldsUpNoOther(t *testing.T) {
	for name, test := range map[string]struct {
		bad    string
		refuse bool // by a column's validator, as the database would
	}{
		"no address":                   {bad: from(3, "no-address")},
		"no text in an address":        {bad: from(3, "fe80::1%\x00")},
		"a number beyond all":          {bad: strings.Replace(line(3, "x"), `seq="3"`, `seq="18446744073709551615"`, 1)},
		"what the database won't have": {bad: line(3, "poison"), refuse: true},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				if test.refuse {
					s.Read.Interaction.Use(func(next ent.Mutator) ent.Mutator {
						return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
							if v, ok := m.Field("secret"); ok && v == "poison" {
								return nil, &ent.ValidationError{Name: "secret"}
							}
							return next.Mutate(ctx, m)
						})
					})
				}
				e := sim.New(sim.Options{})
				w := world.On(t, s, e)
				w.Run(lifecycle.RunnerOptions{})
				w.Follow(nil, w.Deploy("a")...)
				d := w.Decky("a")
				for _, l := range []string{line(1, "x"), line(2, "x"), test.bad, line(4, "x"), line(5, "x")} {
					e.Emit(string(d.ID), l)
				}
				defer collecting(t, w, &lifecycle.Bell{})()
				require.Eventually(t, func() bool {
					p, err := s.Read.EventPosition.Query().Where(eventposition.DeckyID(d.ID)).Only(t.Context())
					return err == nil && p.Position == "5" && p.Malformed == 1
				}, world.Patience, 5*time.Millisecond, "the bad line is counted, and the place is after it")
				rows, err := s.Read.Interaction.Query().Order(ent.Asc("number")).All(t.Context())
				require.NoError(t, err)
				var seqs []int64
				for _, row := range rows {
					seqs = append(seqs, row.Seq)
				}
				require.Equal(t, []int64{1, 2, 4, 5}, seqs)
			})
		})
	}
}

// A link-local source has its interface's name in its address.
func TestAnAddressMayHaveAZone(t *testing.T) {
	e := sim.New(sim.Options{})
	w := world.New(t, e)
	w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("a")...)
	defer collecting(t, w, &lifecycle.Bell{})()
	e.Emit(string(w.Decky("a").ID), from(1, "fe80::1%eth0"))
	require.Eventually(t, func() bool {
		i, err := w.Store.Read.Interaction.Query().Only(t.Context())
		return err == nil && i.SourceIP == "fe80::1%eth0"
	}, world.Patience, 5*time.Millisecond)
}

// What breaks a constraint is told and tried again: it says nothing against the line.
func TestABrokenConstraintLosesNoLine(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var broken atomic.Bool
		s.Read.Interaction.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				if v, _ := m.Field("seq"); v == int64(2) && broken.CompareAndSwap(false, true) {
					if err := m.SetField("number", int64(1)); err != nil { // another's
						return nil, err
					}
				}
				return next.Mutate(ctx, m)
			})
		})
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		defer collecting(t, w, &lifecycle.Bell{})()
		stored := func(n int) {
			t.Helper()
			require.Eventually(t, func() bool {
				have, err := s.Read.Interaction.Query().Count(t.Context())
				return err == nil && have == n
			}, world.Patience, 5*time.Millisecond)
		}
		e.Emit(string(w.Decky("a").ID), line(1, "x"))
		stored(1)
		e.Emit(string(w.Decky("a").ID), line(2, "x"))
		stored(2)
		require.True(t, broken.Load())
	})
}
