package realism

import "time"

// Status is how a check stands.
type Status string

// The statuses: it goes on, nothing was found, something was, it could not be done.
const (
	Running Status = "RUNNING"
	Passed  Status = "PASSED"
	Found   Status = "FOUND"
	Failed  Status = "FAILED"
)

// Record is a check that was asked for, and what came of it.
type Record struct {
	Status      Status     `json:"status"`
	By          string     `json:"by"`
	StartedAt   time.Time  `json:"startedAt"`
	From        *Origin    `json:"from,omitempty"`
	FinishedAt  *time.Time `json:"finishedAt,omitempty"`
	Problem     *string    `json:"problem,omitempty"`
	Findings    []Finding  `json:"findings"`
	Probed      []string   `json:"probed"`
	Unreachable []string   `json:"unreachable"`
	Marks       []Mark     `json:"marks,omitempty"`
}

// Longest is how long a check may take: one that began earlier and has not ended died with its server.
const Longest = 2 * time.Minute

// At is the check as it stands at a moment.
func (r *Record) At(now time.Time) *Record {
	if r == nil || r.Status != Running || now.Sub(r.StartedAt) <= Longest {
		return r
	}
	lost := *r
	problem := "the server ended while it looked: check again"
	lost.Status, lost.Problem = Failed, &problem
	return &lost
}

// Finish fills in what was found.
func (r *Record) Finish(report Report, at time.Time) {
	r.Findings, r.Probed, r.Unreachable, r.Marks, r.FinishedAt = report.Findings, report.Probed, report.Unreachable, report.Marks, &at
	switch {
	case len(report.Probed) == 0:
		problem := "none of its services can be reached from the server (it can't reach deckies on its own MACVLAN): run `decnet check --from-here` on another host of that network"
		r.Status, r.Problem = Failed, &problem
	case len(report.Findings) > 0:
		r.Status = Found
	default:
		r.Status = Passed
	}
}
