package shell

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// maxJobs is how many of a shell's jobs are remembered.
const maxJobs = 32

// job is a command in the background. It has run already, without waiting: until is when it seems to end.
type job struct {
	number, pid int
	text        string
	until       time.Time
	state       string // Running, Stopped or Terminated
}

func (s *Shell) addJob(text, state string, takes time.Duration) job {
	number := 1
	for _, j := range s.jobs {
		number = max(number, j.number+1)
	}
	s.lastJob = s.pid + 30 + s.jobsMade*3
	s.jobsMade++
	j := job{number, s.lastJob, text, s.sys.host.Now().Add(takes), state}
	if s.jobs = append(slices.Clone(s.jobs), j); len(s.jobs) > maxJobs {
		s.jobs = s.jobs[len(s.jobs)-maxJobs:]
	}
	return j
}

// runs tells whether the job has not ended.
func (j job) runs(now time.Time) bool {
	return j.state == "Stopped" || j.state == "Running" && now.Before(j.until)
}

// endedJobs takes the jobs that have ended out of the list and returns what the shell says of them.
func (s *Shell) endedJobs() string {
	var out strings.Builder
	now := s.sys.host.Now()
	last := len(s.jobs) - 1
	s.jobs = slices.DeleteFunc(slices.Clone(s.jobs), func(j job) bool {
		if j.runs(now) {
			return false
		}
		state := j.state
		if state == "Running" {
			state = "Done"
		}
		fmt.Fprintf(&out, "[%d]%s  %-23s %s\n", j.number, sign(j.number == s.jobs[last].number), state, j.text)
		return true
	})
	return out.String()
}

func sign(current bool) string {
	if current {
		return "+"
	}
	return "-"
}

// textOf is a command as jobs shows it.
func textOf(n syntax.Node) string {
	var b strings.Builder
	if syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, n) != nil {
		return ""
	}
	text := strings.TrimSpace(b.String())
	return text[:min(len(text), 200)]
}

func jobs(c *call) int {
	now := c.sys.host.Now()
	for i, j := range c.jobs {
		if !j.runs(now) {
			continue
		}
		end := ""
		if j.state == "Running" {
			end = " &"
		}
		c.printf("[%d]%s  %-23s %s%s\n", j.number, sign(i == len(c.jobs)-1), j.state, j.text, end)
	}
	return 0
}

// jobNamed finds a job by %1, %% or its process.
func (s *Shell) jobNamed(name string) int {
	if strings.HasPrefix(name, "%") {
		n, err := strconv.Atoi(name[1:])
		if err != nil {
			return len(s.jobs) - 1
		}
		return slices.IndexFunc(s.jobs, func(j job) bool { return j.number == n })
	}
	pid, _ := strconv.Atoi(name)
	return slices.IndexFunc(s.jobs, func(j job) bool { return j.pid == pid })
}

// wait is wait, and fg: both last until the job has ended.
func wait(c *call) int {
	now := c.sys.host.Now()
	fg := c.args[0] == "fg"
	name := "%%"
	if len(c.args) > 1 {
		name = c.args[1]
	}
	at := c.jobNamed(name)
	switch {
	case fg && (at < 0 || !c.jobs[at].runs(now)):
		return c.shellFail(1, "fg: %s: no such job", cmp.Or(strings.TrimPrefix(name, "%%"), "current"))
	case fg:
		c.printf("%s\n", c.jobs[at].text)
		c.sleep(c.jobs[at].until.Sub(now), lineTime)
		c.Shell.jobs = slices.Delete(slices.Clone(c.jobs), at, at+1)
		return 0
	}
	for i, j := range c.jobs {
		if j.state == "Running" && (len(c.args) == 1 || i == at) && !c.sleep(j.until.Sub(now), lineTime) {
			return 130
		}
		now = c.sys.host.Now()
	}
	return 0
}
