package starter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"decnet/engine/sim"
	"decnet/internal/world"
	"decnet/lifecycle"
)

// Who tries the sim engine is not sent to addresses that are somebody else's.
func TestToolsAreForDeckiesThatAreReal(t *testing.T) {
	w := world.New(t, sim.New(sim.Options{}))
	w.Run(lifecycle.RunnerOptions{})
	for _, unreal := range []bool{false, true} {
		var out strings.Builder
		s := &Starter{Store: w.Store, Fleet: w.Fleet, Feed: w.Feed, Out: &out, URL: "http://127.0.0.1:8080", Unreal: unreal}
		require.NoError(t, s.Run(t.Context()))
		assert.Contains(t, out.String(), "http://127.0.0.1:8080/graphiql")
		assert.Equal(t, !unreal, strings.Contains(out.String(), "curl http://10."), out.String())
	}
}
