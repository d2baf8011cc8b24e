package interactions_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/cursor"
	"decnet/engine/sim"
	"decnet/ent"
	"decnet/ent/eventposition"
	"decnet/ent/interaction"
	"decnet/interactions"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/store/storetest"
)

func TestPruningTakesTheOldestAndLeavesNoGap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sim.New(sim.Options{})
		w := world.On(t, s, e)
		w.Run(lifecycle.RunnerOptions{})
		w.Follow(nil, w.Deploy("a")...)
		decky := w.Decky("a")
		grown := &lifecycle.Bell{}
		collect := func() (stop func()) { return collecting(t, w, grown) }
		numbers := func() (out []int64) {
			rows, err := s.Read.Interaction.Query().Order(interaction.ByNumber()).All(t.Context())
			require.NoError(t, err)
			for _, row := range rows {
				out = append(out, row.Number)
			}
			return out
		}
		log := interactions.NewLog(s, grown)
		follow := func(after int64) ([]*ent.Interaction, error) {
			ctx, cancel := context.WithTimeout(t.Context(), world.Patience)
			defer cancel()
			var got []*ent.Interaction
			err := log.Follow(ctx, interactions.Filter{}, &after, func(i *ent.Interaction) bool {
				got = append(got, i)
				return i.Number < 600
			})
			return got, err
		}

		stop := collect()
		for i := range 600 { // more than two batches
			e.Emit(string(decky.ID), line(uint64(i+1), "secret"))
		}
		require.Eventually(t, func() bool { return len(numbers()) == 600 }, world.Patience, 5*time.Millisecond)
		stop()

		n, err := interactions.Prune(t.Context(), s, time.Now().Add(-time.Hour), 0)
		require.NoError(t, err)
		require.Zero(t, n, "nothing is that old")
		n, err = interactions.Prune(t.Context(), s, time.Time{}, 40)
		require.NoError(t, err)
		require.EqualValues(t, 560, n)
		require.Len(t, numbers(), 40)
		require.EqualValues(t, 561, numbers()[0])

		_, err = follow(559)
		require.ErrorIs(t, err, cursor.ErrExpired)
		_, err = follow(601)
		require.ErrorIs(t, err, cursor.ErrExpired)
		rest, err := follow(560)
		require.NoError(t, err)
		require.Len(t, rest, 40)
		siblings, err := rest[0].Edges.Decky.QueryInteractions().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, 40, siblings, "a row outlives the snapshot that it was read in")

		require.Error(t, s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Interaction.Delete().Where(interaction.Number(570)).Exec(ctx)
			return err
		}), "the database refuses to delete from the middle")

		// The engine gives a line again that was stored and has been pruned.
		_, err = interactions.Prune(t.Context(), s, time.Now().Add(time.Hour), 0)
		require.NoError(t, err)
		require.Empty(t, numbers())
		require.NoError(t, s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.EventPosition.Update().Where(eventposition.DeckyID(decky.ID)).SetPosition("590").Exec(ctx)
		}))
		stop = collect()
		defer stop()
		e.Emit(string(decky.ID), line(601, "secret"))
		require.Eventually(t, func() bool { return len(numbers()) > 0 }, world.Patience, 5*time.Millisecond)
		require.Equal(t, []int64{601}, numbers(), "the new line only")
	})
}
