package interactions_test

import (
	"context"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine/sim"
	"decnet/ent/interaction"
	"decnet/ent/schema/schematype"
	"decnet/interactions"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

func TestViewersSeeNothingThatMayBeSecret(t *testing.T) {
	raw := base64.StdEncoding.EncodeToString([]byte("Winter2027!"))
	field := func(name, value string) schematype.InteractionField {
		return schematype.InteractionField{Name: name, Value: value, Base64: &raw}
	}
	plain := func(name, value string) schematype.InteractionField {
		return schematype.InteractionField{Name: name, Value: value}
	}
	for _, name := range []string{"secret", "password", "new_password", "encoded", "env", "headers", "body", "what_no_decoy_records_yet"} {
		require.Equal(t, []schematype.InteractionField{plain(name, interactions.Redacted)}, interactions.Redact([]schematype.InteractionField{field(name, "Winter2027!")}))
	}
	require.Equal(t,
		[]schematype.InteractionField{plain("command", "GET /login?(redacted)"), plain("method", "GET"), plain("path", "/login?(redacted)")},
		interactions.Redact([]schematype.InteractionField{field("command", "GET /login?password=x HTTP/1.1"), plain("method", "GET"), field("path", "/login?password=x")}))
	shell := []schematype.InteractionField{field("command", "ls ?"), field("user", "root")}
	require.Equal(t, shell, interactions.Redact(shell), "a shell's command is no request")
}

// A request's query is for operators: in what is found as well as in what is shown.
func TestAQueryIsFoundByOperatorsOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		defer collecting(t, w, &lifecycle.Bell{})()
		for i, fields := range [][]event.Field{
			{event.String(event.Command, `GET /login?user=a&pass=Win_ter"50% HTTP/1.1`), event.String("method", "GET"), event.String("path", `/login?user=a&pass=Win_ter"50%`)},
			{event.String(event.Command, "GET /login HTTP/1.1"), event.String("method", "GET"), event.String("path", "/login")},
			{event.String(event.Command, "ls /win?")},
		} {
			e.Emit(string(w.Decky("a").ID), string(event.Append(nil, event.Event{
				Time: time.Now(), Severity: event.Info, Host: "a", Service: "http", Session: "s1", Type: "request", Boot: "b1", Seq: uint64(i + 1),
				Fields: append(fields, event.String(event.SrcIP, "10.0.0.9")), Message: "request",
			})))
		}
		require.Eventually(t, func() bool {
			n, err := s.Read.Interaction.Query().Count(t.Context())
			return err == nil && n == 3
		}, world.Patience, 5*time.Millisecond)
		found := func(text string, secrets bool) (seqs []int64) {
			t.Helper()
			rows, err := s.Read.Interaction.Query().Where(interactions.Search(text, secrets)).Order(interaction.ByNumber()).All(t.Context())
			require.NoError(t, err)
			for _, row := range rows {
				seqs = append(seqs, row.Seq)
			}
			return seqs
		}
		for _, text := range []string{"pass=win_ter", `"50%`, "a&PASS"} {
			require.Equal(t, []int64{1}, found(text, true), text)
			require.Empty(t, found(text, false), text)
		}
		require.Empty(t, found("winXter", true), "a _ is a _")
		require.Equal(t, []int64{1, 2}, found("GET /login", false))
		require.Equal(t, []int64{3}, found("/win?", false))

		first, err := s.Read.Interaction.Query().Where(interaction.Seq(1)).Only(t.Context())
		require.NoError(t, err)
		require.Equal(t, "GET /login?(redacted)", *first.Command, "the column, by which everybody may filter")
		require.Equal(t, `GET /login?user=a&pass=Win_ter"50% HTTP/1.1`, *interactions.Command(first))
	})
}

// Requests that were stored before lose their query in the column, too.
func TestAMigrationHidesTheQueriesThereAre(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, o store.Options) {
		s, err := store.Open(t.Context(), o)
		require.NoError(t, err)
		require.NoError(t, s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i, command := range []string{"GET /a?token=x HTTP/1.1", "GET /a HTTP/1.1"} {
				err := tx.Interaction.Create().SetNumber(int64(i + 1)).SetDeckyRef("dky_a").SetDeckyName("a").SetDeploymentName("d").SetBoot("b").SetSeq(int64(i)).
					SetAt(store.Now()).SetCreatedAt(store.Now()).SetService("http").SetType("request").SetSourceIP("10.0.0.9").SetSourcePort(1).SetDestPort(80).SetSession("s").
					SetCommand(command).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		}))
		require.NoError(t, s.Close())
		storetest.Older(t, o, 20261126191636)
		s, err = store.Open(t.Context(), o)
		require.NoError(t, err)
		defer s.Close()
		rows, err := s.Read.Interaction.Query().Order(interaction.ByNumber()).All(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"GET /a?(redacted)", "GET /a HTTP/1.1"}, []string{*rows[0].Command, *rows[1].Command})
	})
}
