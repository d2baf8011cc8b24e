package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
)

func iptables(c *call) int {
	if c.user.uid != 0 {
		return c.fail(4, "v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)")
	}
	flags, _ := c.options("Atpdsjmi")
	switch {
	case flags['L'] != "":
		for i, chain := range []string{"INPUT", "FORWARD", "OUTPUT"} {
			if i > 0 {
				c.printf("\n")
			}
			c.printf("Chain %s (policy ACCEPT)\ntarget     prot opt source               destination         \n", chain)
		}
	case flags['S'] != "":
		c.printf("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n")
	}
	return 0
}

func kill(c *call) int {
	_, operands := c.options("s")
	for _, a := range operands {
		if at := c.jobNamed(a); at >= 0 && c.args[0] == "kill" {
			if c.jobs[at].runs(c.sys.host.Now()) {
				c.Shell.jobs = slices.Clone(c.jobs)
				c.Shell.jobs[at].state = "Terminated"
			}
			continue
		} else if strings.HasPrefix(a, "%") {
			return c.shellFail(1, "kill: %s: no such job", a)
		}
		pid, err := strconv.Atoi(a)
		known := slices.ContainsFunc(c.processes(), func(p process) bool { return p.pid == pid })
		switch {
		case err != nil && c.args[0] == "kill":
			return c.shellFail(1, "kill: %s: arguments must be process or job IDs", a)
		case err != nil:
			return 1
		case !known:
			return c.shellFail(1, "kill: (%d) - No such process", pid)
		case c.user.uid != 0:
			return c.shellFail(1, "kill: (%d) - Operation not permitted", pid)
		}
	}
	return 0
}

func crontab(c *call) int {
	flags, operands := c.options("u")
	file := "/var/spool/cron/" + c.user.name
	_, list := flags['l']
	_, remove := flags['r']
	switch {
	case list:
		n, err := c.fs.lookup(file, true)
		if err != nil {
			fmt.Fprintf(c.err, "no crontab for %s\n", c.user.name)
			return 1
		}
		c.printf("%s", n.read())
	case remove:
		c.fs.remove(file)
	default:
		if flags['e'] != "" {
			return 0
		}
		texts, ok := c.inputs(operands)
		if !ok || c.fs.write(file, c.user.name, strings.Join(texts, ""), false) != nil {
			return 1
		}
		c.record("file_written", append(fileFields(file, strings.Join(texts, "")), event.String("content", strings.Join(texts, "")))...)
	}
	return 0
}

// rootOnly is what needs root and otherwise says nothing.
func rootOnly(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "Permission denied (you must be root)")
	}
	return 0
}

func reboot(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "Call to Reboot failed: Access denied")
	}
	c.flow = exiting
	return 0
}
