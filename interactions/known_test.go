package interactions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/interaction"
	"decnet/interactions"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

// What comes from a known source is kept and is nobody's attack, until the source ends; the narrowest one that fits has it.
func TestAKnownSourceIsNoIntruder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		ctx, d := t.Context(), w.Decky("a")
		known := interactions.NewKnown(s, func() time.Time { return noon })
		hour := time.Hour
		office, err := known.Add(ctx, " 10.1.0.77/16 ", "the office's inventory", "olga", nil)
		require.NoError(t, err)
		require.Equal(t, "10.1.0.0/16", office.Network)
		scanner, err := known.Add(ctx, "::ffff:10.1.2.3", "the weekly scan", "olga", &hour)
		require.NoError(t, err)
		require.Equal(t, "10.1.2.3", scanner.Network)
		require.Equal(t, noon.Add(hour), scanner.ExpiresAt.UTC())

		defer collecting(t, w, &lifecycle.Bell{})()
		var in script
		in.add(1, "ssh", "scan", event.AuthAttempt, "10.1.2.3", attempt("root", "of the scan", event.Accepted)...)
		in.add(2, "ssh", "scan", event.CommandRun, "10.1.2.3", event.String(event.Command, "id"))
		in.add(3, "http", "inventory", event.Connect, "10.1.200.1")
		in.add(4, "ssh", "intruder", event.AuthAttempt, "10.2.0.1", attempt("root", "of an intruder", event.Rejected)...)
		in.add(3600, "ssh", "late", event.Connect, "10.1.2.3")
		for _, line := range in.lines {
			e.Emit(string(d.ID), line)
		}
		require.Eventually(t, func() bool { return s.Read.Interaction.Query().CountX(ctx) == len(in.lines) }, world.Patience, 5*time.Millisecond)
		for _, i := range s.Read.Interaction.Query().AllX(ctx) {
			origin, marked := interactions.Event(i).Get("origin")
			if i.Session == "intruder" {
				require.Equal(t, interaction.OriginIntruder, i.Origin)
				require.False(t, marked)
			} else {
				require.Equal(t, interaction.OriginKnown, i.Origin, i.Session)
				require.Equal(t, "known", origin, "what is exported tells it too")
			}
		}
		require.Equal(t, "intruder", s.Read.Session.Query().OnlyX(ctx).Key)
		require.Equal(t, "of an intruder", s.Read.Credential.Query().OnlyX(ctx).Secret)
		require.Equal(t, "10.2.0.1", s.Read.Attacker.Query().OnlyX(ctx).Address)
		total, err := interactions.NewStats(s, noon, noon.Add(2*time.Hour)).Total(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, total)

		all, err := known.All(ctx)
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, "10.1.0.0/16: 2, 10.1.2.3: 2", fmt.Sprintf("%s: %d, %s: %d", all[0].Network, all[0].Interactions, all[1].Network, all[1].Interactions),
			"once the scanner has ended, its network has what comes from there")
		require.Equal(t, noon.Add(time.Hour), all[0].LastSeenAt.UTC())
		require.Equal(t, noon.Add(2*time.Second), all[1].LastSeenAt.UTC())

		require.NoError(t, known.Remove(ctx, office.ID))
		require.NoError(t, known.Remove(ctx, scanner.ID))
		require.ErrorIs(t, known.Remove(ctx, scanner.ID), interactions.ErrNotKnown)
		var more script
		more.seq = in.seq
		more.add(5, "ssh", "again", event.Connect, "10.1.2.3")
		e.Emit(string(d.ID), more.lines[0])
		require.Eventually(t, func() bool { return s.Read.Interaction.Query().Where(interaction.Session("again")).CountX(ctx) == 1 }, world.Patience, 5*time.Millisecond)
		require.Equal(t, interaction.OriginIntruder, s.Read.Interaction.Query().Where(interaction.Session("again")).OnlyX(ctx).Origin)
	})
}

func TestKnownSourcesAreSmallAndFew(t *testing.T) {
	s := storetest.New(t)
	now := noon
	known := interactions.NewKnown(s, func() time.Time { return now })
	add := func(network, note string, life *time.Duration) (*ent.KnownSource, error) {
		return known.Add(t.Context(), network, note, "olga", life)
	}
	for _, network := range []string{"", "printer", "10.0.0.0/15", "0.0.0.0/0", "2001:db8::/47", "fe80::1%eth0", "10.0.0.1/33", "::ffff:10.0.0.0/112"} {
		_, err := add(network, "x", nil)
		require.ErrorIs(t, err, interactions.ErrBadNetwork, network)
	}
	for _, note := range []string{"", "  ", "\xff", strings.Repeat("ä", 201)} {
		_, err := add("10.0.0.1", note, nil)
		require.ErrorIs(t, err, interactions.ErrBadNote, "%q", note)
	}
	short, long := time.Second, 11*365*24*time.Hour
	for _, life := range []*time.Duration{&short, &long} {
		_, err := add("10.0.0.1", "x", life)
		require.ErrorIs(t, err, interactions.ErrBadKnownLife)
	}
	hour := time.Hour
	_, err := add("2001:db8:0:1::/64", strings.Repeat("ä", 200), &hour)
	require.NoError(t, err)
	_, err = add("2001:db8:0:1::5/64", "the same", nil)
	require.ErrorIs(t, err, interactions.ErrKnown)

	in, err := known.Of(t.Context(), "2001:db8:0:1::99")
	require.NoError(t, err)
	require.NotNil(t, in)
	for _, address := range []string{"2001:db8:0:1::99%eth0", "2001:DB8:0:1::99"} {
		in, err = known.Of(t.Context(), address)
		require.NoError(t, err)
		require.NotNil(t, in, "the same network: %s", address)
	}
	now = now.Add(-time.Second)
	in, err = known.Of(t.Context(), "2001:db8:0:1::99")
	require.NoError(t, err)
	require.Nil(t, in, "what was done before is an intruder's, also when it is collected later")
	now = now.Add(time.Second + hour)
	in, err = known.Of(t.Context(), "2001:db8:0:1::99")
	require.NoError(t, err)
	require.Nil(t, in, "it has ended")

	for i := range 199 {
		_, err = add(fmt.Sprintf("10.0.0.%d", i), "x", nil)
		require.NoError(t, err)
	}
	_, err = add("10.0.1.0", "x", nil)
	require.ErrorIs(t, err, interactions.ErrTooManyKnown)
}
