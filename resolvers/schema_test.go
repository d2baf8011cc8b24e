package resolvers

import (
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/fleet"
	"decnet/interactions"
)

// A stream of what comes from an address that is none would wait for ever.
func TestAStreamIsFromAnAddress(t *testing.T) {
	nowhere := "10.0.0"
	_, err := (&Resolver{}).Subscription().InteractionRecorded(t.Context(), nil, nil, &interactions.Filter{SourceIP: &nowhere}, nil)
	refused := &fleet.Error{}
	require.ErrorAs(t, err, &refused)
	require.Equal(t, fleet.BadUserInput, refused.Code)
	require.Equal(t, []any{"where", "sourceIP"}, refused.Path)
}
