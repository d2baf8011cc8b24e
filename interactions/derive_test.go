package interactions_test

import (
	"context"
	"fmt"
	"slices"
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
	"decnet/realism"
	"decnet/store"
	"decnet/store/storetest"
)

// noon is when the events of these tests begin.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// script writes the lines of one decoy's run.
type script struct {
	seq   uint64
	lines []string
}

// add writes a line of something that happened so many seconds after noon.
func (s *script) add(after int, service, session, typ, src string, fields ...event.Field) {
	s.seq++
	all := []event.Field{event.String(event.SrcIP, src), event.Int(event.DstPort, 22)}
	if !slices.ContainsFunc(fields, func(f event.Field) bool { return f.Name == event.SrcPort }) {
		all = append(all, event.Int(event.SrcPort, 4711))
	}
	if src == "" {
		all = nil
	}
	s.lines = append(s.lines, string(event.Append(nil, event.Event{
		Time: noon.Add(time.Duration(after) * time.Second), Host: "a", Service: service, Session: session, Type: typ, Boot: "b1", Seq: s.seq, Fields: append(all, fields...),
	})))
}

func attempt(principal, secret, outcome string) []event.Field {
	return []event.Field{
		event.String(event.Principal, principal), event.Bytes(event.Secret, []byte(secret)), event.String(event.SecretKind, "plaintext"), event.String(event.Outcome, outcome),
	}
}

func piece(began time.Time, part int64, lines ...string) []event.Field {
	return []event.Field{event.Int(event.Part, part), event.String(event.Cast, strings.Join(lines, "\n")+"\n"), event.Int(event.Began, began.UnixMicro())}
}

// A look of our own is there to be seen, and counts as nobody's: not by its address alone, which somebody else may have too.
func TestACheckCountsAsNobodys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		ctx, d := t.Context(), w.Decky("a")
		look := &realism.Record{Status: realism.Running, StartedAt: noon, From: &realism.Origin{Addresses: []string{"127.0.0.1"}, FirstPort: 20000}}
		require.NoError(t, s.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Decky.UpdateOneID(d.ID).SetRealism(look).Exec(ctx)
		}))
		defer collecting(t, w, &lifecycle.Bell{})()
		var in script
		for session, port := range map[string]int64{"ours": 20007, "theirs": 40007} {
			in.add(1, "ssh", session, event.Connect, "127.0.0.1", event.Int(event.SrcPort, port))
			in.add(2, "ssh", session, event.AuthAttempt, "127.0.0.1", append(attempt("root", "of "+session, event.Rejected), event.Int(event.SrcPort, port))...)
		}
		for _, line := range in.lines {
			e.Emit(string(d.ID), line)
		}
		require.Eventually(t, func() bool { return s.Read.Interaction.Query().CountX(ctx) == 4 }, world.Patience, 5*time.Millisecond)
		for _, i := range s.Read.Interaction.Query().AllX(ctx) {
			require.Equal(t, i.Session == "ours", i.Origin == interaction.OriginCheck, "%+v", i)
			e := interactions.Event(i)
			origin, marked := e.Get("origin")
			require.Equal(t, i.Session == "ours", marked && origin == "check", "what is exported tells it too")
			require.Equal(t, i.Session == "theirs" && i.Type == event.AuthAttempt, i.CredentialID != nil)
		}
		require.Equal(t, "theirs", s.Read.Session.Query().OnlyX(ctx).Key)
		require.Equal(t, "of theirs", s.Read.Credential.Query().OnlyX(ctx).Secret)
		require.Equal(t, 2, s.Read.Attacker.Query().OnlyX(ctx).Interactions)
		total, err := interactions.NewStats(s, noon, noon.Add(time.Hour)).Total(ctx)
		require.NoError(t, err)
		require.Equal(t, 2, total)
	})
}

// What interactions come to is counted once, however often lines are read, and goes with the last interaction that it is about.
func TestInteractionsAreSummedUpOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		id := string(w.Decky("a").ID)
		grown := &lifecycle.Bell{}
		ctx := t.Context()

		hostile := "\x00pass\xff]\""
		long := strings.Repeat("r", 5000) // longer than what an index of PostgreSQL takes
		var in script
		in.add(0, "decoy", "", event.Dropped, "")
		in.add(1, "ssh", "s1", event.Connect, "10.0.0.9")
		in.add(2, "ssh", "s1", event.AuthAttempt, "10.0.0.9", attempt("admin", hostile, event.Rejected)...)
		in.add(3, "ssh", "s1", event.AuthAttempt, "10.0.0.9", attempt("admin", hostile, event.Rejected)...)
		in.add(4, "ssh", "s1", event.AuthAttempt, "10.0.0.9", attempt("root", "toor", event.Accepted)...)
		in.add(5, "ssh", "s1", event.CommandRun, "10.0.0.9", event.String(event.Command, "id"))
		in.add(6, "ssh", "s1", event.Terminal, "10.0.0.9", piece(noon, 0, `{"version":2,"width":80,"height":24}`, `[0.5,"o","$ "]`)...)
		in.add(6, "ssh", "s1", event.Terminal, "10.0.0.9", piece(noon.Add(time.Second), 0, `{"version":2,"width":80,"height":24}`, `[0.25,"o","second"]`)...)
		in.add(7, "ssh", "s1", event.Terminal, "10.0.0.9", piece(noon, 1, `[1.5,"o","id\r\n"]`)...)
		in.add(9, "ssh", "s1", event.Disconnect, "10.0.0.9")
		in.add(10, "ftp", "s2", event.AuthAttempt, "10.0.0.10", attempt("root", "toor", event.Rejected)...)
		in.add(11, "ssh", "s3", event.AuthAttempt, "10.0.0.10", attempt("root", "toor", event.Rejected)...)
		in.add(11, "decoy", "", event.Suppressed, "10.0.0.10")
		in.add(12, "ssh", "s3", event.AuthAttempt, "10.0.0.10", attempt(long, long, event.Rejected)...)

		stored := func() int {
			n, err := s.Read.Interaction.Query().Count(ctx)
			require.NoError(t, err)
			return n
		}
		for range 2 { // a second reading, by another collector, changes nothing
			stop := collecting(t, w, grown)
			for _, l := range in.lines {
				e.Emit(id, l)
			}
			require.Eventually(t, func() bool { return stored() == len(in.lines) }, world.Patience, 5*time.Millisecond)
			stop()
		}

		sessions, err := s.Read.Session.Query().Order(ent.Asc("key")).All(ctx)
		require.NoError(t, err)
		require.Len(t, sessions, 3)
		s1 := sessions[0]
		require.Equal(t, []any{9, 3, 1, true, true, "root", "10.0.0.9", "ssh", 22},
			[]any{s1.Interactions, s1.Attempts, s1.Commands, s1.Authenticated, s1.Recorded, *s1.Principal, s1.SourceIP, s1.Service, s1.DestPort})
		require.True(t, s1.StartedAt.Equal(noon.Add(time.Second)) && s1.EndedAt.Equal(noon.Add(9*time.Second)))
		require.Nil(t, sessions[1].EndedAt)

		cast, ok, err := interactions.Recording(ctx, s.Read, s1)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, `{"version":2,"width":80,"height":24}
[0.5,"o","$ "]
[1.5,"o","id\r\n"]
[1.75,"o","second"]
`, cast, "each terminal whole, one after the other")

		credentials, err := s.Read.Credential.Query().Order(ent.Asc("last_number")).All(ctx)
		require.NoError(t, err)
		require.Len(t, credentials, 4, "the same name and secret on another service is another credential")
		require.Equal(t, hostile, string(credentials[0].SecretBytes))
		require.Equal(t, 2, credentials[0].Attempts)
		require.NotContains(t, credentials[0].Secret, "\x00")
		toor := credentials[2]
		require.Equal(t, []any{"ssh", "root", "toor", 2, 1, "10.0.0.10"}, []any{toor.Service, toor.Principal, toor.Secret, toor.Attempts, toor.Accepted, toor.LastSourceIP})
		require.Equal(t, 2, s.Read.Interaction.Query().Where(interaction.CredentialID(toor.ID)).CountX(ctx))

		attackers, err := s.Read.Attacker.Query().Order(ent.Asc("address")).All(ctx)
		require.NoError(t, err)
		require.Len(t, attackers, 2)
		require.Equal(t, []any{"10.0.0.10", 4, 2, 3, 1, []string{"ftp", "ssh"}},
			[]any{attackers[0].Address, attackers[0].Interactions, attackers[0].Sessions, attackers[0].Attempts, attackers[0].Deckies, attackers[0].Services})
		require.Equal(t, 9, attackers[1].Interactions)
		require.Equal(t, 2, attackers[0].QueryTouches().CountX(ctx))

		// The last of 10.0.0.9 goes, and what is only about it.
		_, err = interactions.Prune(ctx, s, time.Time{}, 4)
		require.NoError(t, err)
		require.Equal(t, 2, s.Read.Session.Query().CountX(ctx))
		require.Equal(t, 3, s.Read.Credential.Query().CountX(ctx))
		require.Equal(t, []string{"10.0.0.10"}, s.Read.Attacker.Query().Select("address").StringsX(ctx))
		require.Equal(t, 2, s.Read.Touch.Query().CountX(ctx))
	})
}

// The counts of a chart fill its whole axis, and are right on both databases.
func TestStatistics(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		grown := &lifecycle.Bell{}
		ctx := t.Context()
		var in script
		in.add(0, "decoy", "", event.Dropped, "")
		for i := range 10 {
			in.add(60*i, "ssh", fmt.Sprint("s", i), event.Connect, fmt.Sprint("10.0.0.", i%3))
		}
		in.add(59, "ftp", "f", event.AuthAttempt, "10.0.0.1")
		stop := collecting(t, w, grown)
		defer stop()
		for _, l := range in.lines {
			e.Emit(string(w.Decky("a").ID), l)
		}
		require.Eventually(t, func() bool { return s.Read.Interaction.Query().CountX(ctx) == len(in.lines) }, world.Patience, 5*time.Millisecond)

		stats := interactions.NewStats(s, noon, noon.Add(5*time.Minute))
		total, err := stats.Total(ctx)
		require.NoError(t, err)
		require.Equal(t, 7, total)
		from, err := stats.Attackers(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, from)
		over, err := stats.OverTime(ctx, 2*time.Minute)
		require.NoError(t, err)
		var counts []int
		for i, b := range over {
			require.True(t, b.At.Equal(noon.Add(time.Duration(i)*2*time.Minute)))
			counts = append(counts, b.Count)
		}
		require.Equal(t, []int{4, 2, 1}, counts)
		services, err := stats.ByService(ctx, 2)
		require.NoError(t, err)
		require.Equal(t, []interactions.NamedCount{{Name: "ssh", Count: 5}, {Name: "decoy", Count: 1}}, []interactions.NamedCount{*services[0], *services[1]})
		deckies, err := stats.ByDecky(ctx, 10)
		require.NoError(t, err)
		require.Equal(t, interactions.NamedCount{Name: "default/a", Count: 7}, *deckies[0])
		top, err := stats.TopAttackers(ctx, 10)
		require.NoError(t, err)
		require.Equal(t, interactions.NamedCount{Name: "10.0.0.1", Count: 3}, *top[0])
		require.Len(t, top, 3, "what the decoy tells of itself has no address")

		only := interactions.NewStats(s, noon, noon.Add(time.Hour), interaction.Service("ftp"))
		require.False(t, only.Fits(time.Second), "3,600 buckets are too many")
		require.True(t, only.Fits(only.Bucket()))
		over, err = only.OverTime(ctx, only.Bucket())
		require.NoError(t, err)
		require.Len(t, over, 60)
		require.Equal(t, 1, over[0].Count)
	})
}
