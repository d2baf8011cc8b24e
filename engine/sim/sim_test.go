package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/sim"
)

// Who looks at a backup of another engine's with the sim sees what it says: the places in that one's logs are none here.
func TestAnotherEnginesPlaceIsTheBeginning(t *testing.T) {
	e := sim.New(sim.Options{})
	d := engine.Decky{Ref: engine.Ref{ID: "dky_a", Name: "a"}, Services: []string{"ssh"}}
	_, err := e.Ensure(t.Context(), d, func(string) {})
	require.NoError(t, err)
	e.Emit("dky_a", "a line")
	for _, position := range []string{"events-0000000001.log:8504", "2026-11-27T04:25:15.053Z", ""} {
		var got []string
		require.NoError(t, e.Events(t.Context(), d.Ref, position, false, func(l engine.Line) error {
			got = append(got, string(l.Text))
			return nil
		}))
		require.Equal(t, []string{"a line"}, got, position)
	}
}
