// Package scalar reads and writes the API's own scalars (Duration, Time) and the enums that belong to packages which know nothing of
// GraphQL.
package scalar

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/sosodev/duration"

	"decnet/engine"
)

// MarshalDuration writes a duration in Go's form, the shortest that says it: "15m", "1h30m", "24h".
func MarshalDuration(d time.Duration) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(FormatDuration(d))) })
}

// FormatDuration is Go's form of d without the zero units at its end: "24h" for 24h0m0s.
func FormatDuration(d time.Duration) string {
	s := d.String()
	if len(s) > 3 && s[len(s)-3:] == "m0s" {
		s = s[:len(s)-2]
	}
	if len(s) > 3 && s[len(s)-3:] == "h0m" {
		s = s[:len(s)-2]
	}
	return s
}

// UnmarshalDuration reads Go's form ("90s", "15m", "24h") or ISO 8601's ("PT15M", "P1D").
func UnmarshalDuration(v any) (time.Duration, error) {
	s, ok := v.(string)
	if !ok {
		return 0, errors.New(`a Duration is a string such as "15m", "24h" or "PT15M"`)
	}
	return ParseDuration(s)
}

// ParseDuration reads a duration in either form.
func ParseDuration(s string) (time.Duration, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return d, nil
	}
	if d, err := duration.Parse(s); err == nil {
		// What comes from a number too large for a time.Duration is none.
		if years := d.Years + d.Months/12 + d.Weeks/52 + (d.Days+(d.Hours+(d.Minutes+d.Seconds/60)/60)/24)/365; years > 290 {
			return 0, fmt.Errorf("%q is longer than 290 years", s)
		}
		return d.ToTimeDuration(), nil
	}
	return 0, fmt.Errorf(`%q is not a Duration: write "15m", "24h" or "PT15M"`, s)
}

// MarshalTime writes a moment as RFC 3339 in UTC.
func MarshalTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(t.UTC().Format(time.RFC3339Nano)))
	})
}

// UnmarshalTime reads RFC 3339 with any offset; what comes out is UTC.
func UnmarshalTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, errors.New(`a Time is a string such as "2006-01-02T15:04:05Z"`)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf(`%q is not a Time: write RFC 3339, such as "2006-01-02T15:04:05Z"`, s)
	}
	return t.UTC(), nil
}

// MarshalDriver writes the kind of a network.
func MarshalDriver(d engine.Driver) graphql.Marshaler { return graphql.MarshalString(string(d)) }

// UnmarshalDriver reads the kind of a network; the schema has already refused what it doesn't know.
func UnmarshalDriver(v any) (engine.Driver, error) {
	s, err := graphql.UnmarshalString(v)
	return engine.Driver(s), err
}
