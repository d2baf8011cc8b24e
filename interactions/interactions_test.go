package interactions_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/interactions"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

func line(seq uint64, password string) string {
	return string(event.Append(nil, event.Event{
		Time: time.Now(), Severity: event.Warning, Host: "a", Service: "ssh", Session: "s1", Type: event.AuthAttempt, Boot: "b1", Seq: seq,
		Fields: []event.Field{
			event.String(event.SrcIP, "10.0.0.9"), event.Int(event.SrcPort, 4711), event.Int(event.DstPort, 22),
			event.String(event.Principal, "root"), event.Bytes(event.Secret, []byte(password)), event.String(event.Outcome, event.Rejected),
		},
		Message: "tried a password",
	}))
}

// collecting runs a collector until stop.
func collecting(t *testing.T, w *world.World, grown *lifecycle.Bell) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		interactions.NewCollector(w.Store, w.Engine, &w.Bells.Touched, grown, time.Now, w.Log).Run(ctx)
	})
	return func() { cancel(); wg.Wait() }
}

// A collector that starts again reads on: no line is lost and none is stored twice, whatever bytes are in it.
func TestEachLineIsStoredOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		id := string(w.Decky("a").ID)
		grown := &lifecycle.Bell{}
		collect := func() (stop func()) { return collecting(t, w, grown) }
		count := func() int {
			n, err := s.Read.Interaction.Query().Count(t.Context())
			require.NoError(t, err)
			return n
		}
		hostile := "a[0] \"]\n\x00\xff\u202e<script>"
		stop := collect()
		for i := range 50 {
			e.Emit(id, line(uint64(i+1), hostile))
		}
		e.Emit(id, "rubbish")
		require.Eventually(t, func() bool { return count() == 50 }, world.Patience, 5*time.Millisecond)
		stop()
		for i := range 50 { // the engine gives some of it again
			e.Emit(id, line(uint64(i+26), hostile))
		}
		stop = collect()
		defer stop()
		require.Eventually(t, func() bool { return count() == 75 }, world.Patience, 5*time.Millisecond)

		var got []*ent.Interaction
		ctx, cancel := context.WithTimeout(t.Context(), world.Patience)
		defer cancel()
		start := int64(0)
		require.NoError(t, interactions.NewLog(s, grown).Follow(ctx, interactions.Filter{Decky: "a"}, &start, func(i *ent.Interaction) bool {
			got = append(got, i)
			return len(got) < 75
		}))
		for n, i := range got {
			require.EqualValues(t, n+1, i.Seq, "in order, none twice")
		}
		first := got[0]
		require.Equal(t, []any{"ssh", "auth_attempt", "10.0.0.9", 22, "root"}, []any{first.Service, first.Type, first.SourceIP, first.DestPort, *first.Principal})
		require.NotContains(t, *first.Secret, "\u202e")
		whole := ""
		for _, f := range first.Fields {
			if f.Name == event.Secret && f.Base64 != nil {
				b, err := base64.StdEncoding.DecodeString(*f.Base64)
				require.NoError(t, err)
				whole = string(b)
			}
		}
		require.Equal(t, hostile, whole, "every byte is kept: %s", fmt.Sprint(first.Fields))
	})
}
