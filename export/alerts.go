package export

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/ent/interaction"
)

// Level is how far an intruder has come.
type Level string

// The levels, from the least.
const (
	Touched Level = "TOUCHED"
	Tried   Level = "TRIED"
	GotIn   Level = "GOT_IN"
)

var heights = map[Level]int{Touched: 1, Tried: 2, GotIn: 3}

// words are what a level is called in a message.
var words = map[Level]string{Touched: "touched", Tried: "tried to sign in:", GotIn: "got in:"}

// The bounds of what is kept of intruders to tell of them.
const (
	sourcesMost = 10_000
	deckiesMost = 20 // that an alert names
	linesMost   = 10 // that a message's text has
	alertsMost  = 100
)

// Alert tells of an intruder: what they have done since the last one about them. It holds nothing that they could word: where it is shown, markup and mentions may mean something.
type Alert struct {
	Source  string    `json:"source"`
	Level   Level     `json:"level"`
	FirstAt time.Time `json:"firstAt"`
	LastAt  time.Time `json:"lastAt"`
	// Interactions counts those since the last alert about this source.
	Interactions int      `json:"interactions"`
	Services     []string `json:"services"`
	// Deckies are DEPLOYMENT/NAME, the first twenty of them.
	Deckies []string `json:"deckies"`
	// URL is where to see more; "" where the server does not know its own address.
	URL string `json:"url,omitempty"`

	where string // the service and the decky where they have come farthest
}

// add takes in one more interaction.
func (a *Alert) add(r Record) {
	level := Touched
	switch {
	case r.Type == event.AuthAttempt && r.Outcome != nil && *r.Outcome == event.Accepted, event.Weighty(r.Type):
		level = GotIn
	case r.Type == event.AuthAttempt:
		level = Tried
	}
	decky := r.DeploymentName + "/" + r.DeckyName
	if heights[level] > heights[a.Level] {
		a.Level, a.where = level, r.Service+" of "+decky
	}
	if a.FirstAt.IsZero() || r.At.Before(a.FirstAt) {
		a.FirstAt = r.At
	}
	if r.At.After(a.LastAt) {
		a.LastAt = r.At
	}
	a.Interactions++
	if i, there := slices.BinarySearch(a.Services, r.Service); !there {
		a.Services = slices.Insert(a.Services, i, r.Service)
	}
	if i, there := slices.BinarySearch(a.Deckies, decky); !there && len(a.Deckies) < deckiesMost {
		a.Deckies = slices.Insert(a.Deckies, i, decky)
	}
}

// line is the alert in one line.
func (a *Alert) line() string {
	where := a.where
	if more := len(a.Deckies) - 1; more > 0 {
		where += fmt.Sprintf(" and %d more", more)
	}
	many := "interactions"
	if a.Interactions == 1 {
		many = "interaction"
	}
	text := fmt.Sprintf("%s %s %s (%d %s since %s)", a.Source, words[a.Level], where, a.Interactions, many, a.FirstAt.UTC().Format("2006-01-02 15:04:05Z"))
	if a.URL != "" {
		text += " " + a.URL
	}
	return text
}

// standing is what was told of a source last.
type standing struct {
	level  Level
	at     time.Time
	untold int       // interactions since, of which nothing was said
	since  time.Time // when the first of those was
}

// watch decides of whom to tell: of each source once in a while, and at once when one comes farther than was told.
type watch struct {
	quiet time.Duration
	link  string // the server's own address, or ""
	told  map[string]standing
	news  map[string]*Alert
}

func newWatch(quiet time.Duration, link string) *watch {
	return &watch{quiet: quiet, link: strings.TrimSuffix(link, "/"), told: map[string]standing{}, news: map[string]*Alert{}}
}

// add takes in what was recorded. What was no intruder's is no news, and neither is what a decky tells of itself.
func (w *watch) add(records []Record) {
	for _, r := range records {
		source, err := netip.ParseAddr(r.SourceIP)
		if err != nil || r.Origin != interaction.OriginIntruder {
			continue
		}
		a := w.news[source.String()]
		if a == nil {
			if len(w.news) >= sourcesMost {
				continue // a flood of forged addresses: those told of say so
			}
			a = &Alert{Source: source.String(), Services: []string{}, Deckies: []string{}}
			w.news[a.Source] = a
		}
		a.add(r)
	}
}

// forget drops what was added and not told.
func (w *watch) forget() { clear(w.news) }

// due are the alerts to tell now, those of who came farthest first; done makes them told.
func (w *watch) due(now time.Time) (alerts []*Alert, done func()) {
	next := maps.Clone(w.told)
	for source, a := range w.news {
		was, there := next[source]
		if over := now.Sub(was.at) >= w.quiet; there && !over && heights[a.Level] <= heights[was.level] {
			if was.untold == 0 {
				was.since = a.FirstAt
			}
			was.untold += a.Interactions
			next[source] = was
			continue
		}
		told := *a
		if told.Interactions += was.untold; was.untold > 0 {
			told.FirstAt = was.since
		}
		if w.link != "" {
			told.URL = w.link + "/interactions?source=" + url.QueryEscape(source)
		}
		alerts = append(alerts, &told)
		next[source] = standing{level: a.Level, at: now}
	}
	slices.SortFunc(alerts, func(a, b *Alert) int {
		if d := heights[b.Level] - heights[a.Level]; d != 0 {
			return d
		}
		if d := b.Interactions - a.Interactions; d != 0 {
			return d
		}
		return strings.Compare(a.Source, b.Source)
	})
	return alerts, func() {
		maps.DeleteFunc(next, func(_ string, s standing) bool { return s.untold == 0 && now.Sub(s.at) >= w.quiet })
		w.told = shortened(next)
		w.forget()
	}
}

// shortened leaves out those who were told of longest ago, where there are too many.
func shortened(told map[string]standing) map[string]standing {
	if len(told) <= sourcesMost {
		return told
	}
	oldest := slices.SortedFunc(maps.Keys(told), func(a, b string) int { return told[a].at.Compare(told[b].at) })
	for _, source := range oldest[:len(told)-sourcesMost] {
		delete(told, source)
	}
	return told
}

// textOf is a message's text: the alerts in a line each, and how many more there are.
func textOf(alerts []*Alert) string {
	lines := make([]string, 0, linesMost+2)
	lines = append(lines, "decnet: somebody is at the deckies")
	for _, a := range alerts[:min(len(alerts), linesMost)] {
		lines = append(lines, a.line())
	}
	if more := len(alerts) - linesMost; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more sources", more))
	}
	return strings.Join(lines, "\n")
}
