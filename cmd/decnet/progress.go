package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

// progress shows lifecycles on their way: on a terminal one line each, updated in place, else a line for each entry of the journal.
type progress struct {
	out    io.Writer
	inline bool // update in place
	color  bool
	width  int
	height int
	now    func() time.Time

	jobs  []*client.Event // the latest entry of each lifecycle, in the order they came
	byID  map[string]*client.Event
	drawn int // lines on the screen that the next drawing replaces
}

func newProgress(out io.Writer, inline, color bool, width, height int, now func() time.Time) *progress {
	return &progress{out: out, inline: inline, color: color, width: width, height: height, now: now, byID: map[string]*client.Event{}}
}

// expect makes lifecycles known before their first entry comes.
func (p *progress) expect(list []client.Lifecycle) {
	for _, lc := range list {
		p.job(client.Event{Status: lc.Status, Stage: lc.Stage, Attempt: lc.Attempt, At: lc.CreatedAt, Lifecycle: lc})
	}
}

// job notes where a lifecycle stands.
func (p *progress) job(e client.Event) {
	j := p.byID[e.Lifecycle.Id]
	if j == nil {
		j = &client.Event{}
		p.byID[e.Lifecycle.Id] = j
		p.jobs = append(p.jobs, j)
	}
	*j = e
}

// event takes in one entry.
func (p *progress) event(e client.Event) {
	p.job(e)
	if p.inline {
		p.draw()
		return
	}
	fmt.Fprintln(p.out, eventLine(e, p.color))
}

// eventLine is an entry of the journal as one line.
func eventLine(e client.Event, color bool) string {
	lc := e.Lifecycle
	line := fmt.Sprintf("%s  %s  %s  %s", e.At.Local().Format("15:04:05.000"), show.Safe(qualified(lc)), pad(string(lc.Operation), 8),
		show.Paint(color, statusColor(e.Status), pad(string(e.Status), 10)))
	return strings.TrimRight(line+"  "+show.Safe(whatHappens(e)), " ")
}

// draw replaces what it drew before. What does not fit on the screen is counted in the last line.
func (p *progress) draw() {
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	name := 0
	for _, j := range p.jobs {
		name = max(name, utf8.RuneCountInString(j.Lifecycle.DeckyName))
	}
	rows, hidden := p.visible()
	p.drawn = 0
	for _, j := range rows {
		fmt.Fprintf(&b, "%s\x1b[K\n", p.line(*j, name))
		p.drawn++
	}
	if hidden > 0 {
		more := fmt.Sprintf("… and %d more: ", hidden)
		if room := p.width - 1 - utf8.RuneCountInString(more); utf8.RuneCountInString(p.counts(false)) <= room {
			more += p.counts(p.color)
		} else {
			more = cut(more+p.counts(false), p.width-1)
		}
		fmt.Fprintf(&b, "%s\x1b[K\n", more)
		p.drawn++
	}
	b.WriteString("\x1b[J")
	_, _ = io.WriteString(p.out, b.String()) // a terminal that is gone needs no progress
}

// visible picks the jobs that fit on the screen: all in their order, or else those still under way first.
func (p *progress) visible() (rows []*client.Event, hidden int) {
	room := max(p.height-2, 1)
	if len(p.jobs) <= room {
		return p.jobs, 0
	}
	for _, ended := range []bool{false, true} {
		for _, j := range p.jobs {
			if terminal(j.Status) == ended && len(rows) < room {
				rows = append(rows, j)
			}
		}
	}
	return rows, len(p.jobs) - len(rows)
}

func (p *progress) line(e client.Event, nameWidth int) string {
	mark := map[client.LifecycleStatus]string{
		client.LifecycleStatusSucceeded: "✓", client.LifecycleStatusFailed: "✗", client.LifecycleStatusCanceled: "■",
		client.LifecycleStatusSuperseded: "→", client.LifecycleStatusRunning: "●",
	}[e.Status]
	lc := e.Lifecycle
	left := fmt.Sprintf(" %s %s  %s  %6s  ", cmp.Or(mark, "○"), pad(show.Safe(lc.DeckyName), nameWidth), pad(string(lc.Operation), 8), p.elapsed(e))
	text := show.Safe(whatHappens(e))
	if terminal(e.Status) {
		text = strings.TrimRight(string(e.Status)+"  "+text, " ")
	}
	left = cut(left, p.width-1) // a line that wraps is two, and what is drawn next is not drawn over it
	return show.Paint(p.color, statusColor(e.Status), left) + cut(text, p.width-utf8.RuneCountInString(left)-1)
}

func (p *progress) elapsed(e client.Event) string {
	end := p.now()
	if terminal(e.Status) {
		end = e.At
	}
	return short(max(end.Sub(e.Lifecycle.CreatedAt), 0))
}

func (p *progress) counts(color bool) string {
	order := []client.LifecycleStatus{
		client.LifecycleStatusSucceeded, client.LifecycleStatusFailed, client.LifecycleStatusCanceled, client.LifecycleStatusSuperseded,
		client.LifecycleStatusRunning, client.LifecycleStatusPending,
	}
	n := map[client.LifecycleStatus]int{}
	for _, j := range p.jobs {
		n[j.Status]++
	}
	var parts []string
	for _, s := range order {
		if n[s] > 0 {
			parts = append(parts, show.Paint(color, statusColor(s), fmt.Sprintf("%d %s", n[s], strings.ToLower(string(s)))))
		}
	}
	return strings.Join(parts, ", ")
}

// failures are the lifecycles that did not get where they were to go.
func (p *progress) failures() []client.Lifecycle {
	var list []client.Lifecycle
	for _, j := range p.jobs {
		if j.Status == client.LifecycleStatusFailed || j.Status == client.LifecycleStatusCanceled {
			list = append(list, j.Lifecycle)
		}
	}
	return list
}

// whatHappens says what an entry is about: why it failed, what it is doing, what it brings about.
func whatHappens(e client.Event) string {
	lc := e.Lifecycle
	if e.Status == client.LifecycleStatusFailed && lc.Error != nil {
		return lc.Error.Code + ": " + lc.Error.Message
	}
	if e.Status == client.LifecycleStatusSuperseded && lc.SupersededBy != nil {
		return "by " + lc.SupersededBy.Id
	}
	change := ""
	if lc.Operation != client.LifecycleOperationTeardown {
		change = changes(lc.FromServices, lc.ToServices)
	}
	stage := value(e.Stage)
	if e.Attempt > 1 && !terminal(e.Status) {
		stage = strings.TrimSpace(fmt.Sprintf("%s (attempt %d)", stage, e.Attempt))
	}
	if stage == "" {
		return change
	}
	if change == "" {
		return stage
	}
	return stage + "  [" + change + "]"
}

// changes says which services come (+) and go (-); those that stay are not worth the room.
func changes(from, to []string) string {
	var parts []string
	old := map[string]bool{}
	for _, s := range from {
		old[s] = true
	}
	for _, s := range to {
		if !old[s] {
			parts = append(parts, "+"+s)
		}
		delete(old, s)
	}
	for _, s := range from {
		if old[s] {
			parts = append(parts, "-"+s)
		}
	}
	return strings.Join(parts, " ")
}

func terminal(s client.LifecycleStatus) bool {
	return s != client.LifecycleStatusPending && s != client.LifecycleStatusRunning
}

func statusColor(s client.LifecycleStatus) show.Color {
	switch s {
	case client.LifecycleStatusSucceeded:
		return show.Green
	case client.LifecycleStatusFailed, client.LifecycleStatusCanceled:
		return show.Red
	case client.LifecycleStatusRunning:
		return show.Blue
	}
	return show.Yellow
}

// qualified is a decky's name, with its deployment where that is not the default.
func qualified(lc client.Lifecycle) string {
	if lc.DeploymentName == defaultDeployment {
		return lc.DeckyName
	}
	return lc.DeploymentName + "/" + lc.DeckyName
}

// short is a length of time in few characters: 0.3s, 12s, 3m05s, 2h10m, 4d.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}

// cut shortens s to a number of characters, which may be none.
func cut(s string, width int) string {
	r := []rune(s)
	switch {
	case len(r) <= width:
		return s
	case width < 1:
		return ""
	}
	return string(r[:width-1]) + "…"
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
