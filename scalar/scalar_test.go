package scalar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/scalar"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "15m": 15 * time.Minute, "24h": 24 * time.Hour, "1h30m": 90 * time.Minute, "PT15M": 15 * time.Minute,
		"P1DT1H": 25 * time.Hour, "PT0.5S": 500 * time.Millisecond, "-5m": -5 * time.Minute, "0s": 0, "P280Y": 280 * 365 * 24 * time.Hour,
	} {
		got, err := scalar.UnmarshalDuration(text)
		require.NoError(t, err, text)
		require.InDelta(t, float64(want), float64(got), float64(want.Abs())/1000, text)
	}
	for _, rubbish := range []any{"", "15", "m", "ten minutes", "9999999h", "P1000Y", "P99999999999999999999Y", "-P1000Y", 15, nil, true} {
		got, err := scalar.UnmarshalDuration(rubbish)
		require.Error(t, err, "%v became %v", rubbish, got)
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Second: "1m30s", 15 * time.Minute: "15m", 24 * time.Hour: "24h", 10 * time.Hour: "10h", 90 * time.Minute: "1h30m", -time.Hour: "-1h",
	} {
		require.Equal(t, want, scalar.FormatDuration(d))
	}
}

func TestTimesAreUTC(t *testing.T) {
	at, err := scalar.UnmarshalTime("2026-11-26T13:30:00.25+02:00")
	require.NoError(t, err)
	var out strings.Builder
	scalar.MarshalTime(at.In(time.FixedZone("elsewhere", 3600))).MarshalGQL(&out)
	require.Equal(t, `"2026-11-26T11:30:00.25Z"`, out.String())
	for _, rubbish := range []any{"", "2026-11-26", "2026-11-26 13:30:00", 1795692600, nil} {
		_, err := scalar.UnmarshalTime(rubbish)
		require.Error(t, err)
	}
}
