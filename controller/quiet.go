package controller

import (
	"fmt"
	"strings"
	"time"
)

// QuietHours are times of day in which nothing mutates by itself.
type QuietHours []quietSpan

// quietSpan is from a minute of the day to another, which may be of the next day.
type quietSpan struct{ from, to int }

// ParseQuietHours reads spans such as "08:00-18:00", or over midnight "22:00-06:00".
func ParseQuietHours(spans []string) (QuietHours, error) {
	var out QuietHours
	for _, text := range spans {
		from, to, ok := strings.Cut(text, "-")
		if !ok {
			return nil, fmt.Errorf("%q is not a span such as 08:00-18:00", text)
		}
		var s quietSpan
		for _, end := range []struct {
			text string
			into *int
		}{{from, &s.from}, {to, &s.to}} {
			at, err := time.Parse("15:04", strings.TrimSpace(end.text))
			if err != nil {
				return nil, fmt.Errorf("%q is not a span such as 08:00-18:00: %q is no time of day", text, end.text)
			}
			*end.into = at.Hour()*60 + at.Minute()
		}
		if s.from == s.to {
			return nil, fmt.Errorf("%q is empty", text)
		}
		out = append(out, s)
	}
	return out, nil
}

// Contain tells whether a moment is in them, in its own time zone.
func (q QuietHours) Contain(at time.Time) bool {
	minute := at.Hour()*60 + at.Minute()
	for _, s := range q {
		if s.from < s.to && minute >= s.from && minute < s.to {
			return true
		}
		if s.from > s.to && (minute >= s.from || minute < s.to) {
			return true
		}
	}
	return false
}
