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
	args := c.args[1:]
	signal := "TERM"
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && c.args[0] == "kill" {
		word := args[0][1:]
		args = args[1:]
		switch {
		case word == "l" || word == "L":
			if len(args) == 0 {
				c.listSignals()
				return 0
			}
			for _, a := range args {
				n := signalNamed(a)
				if code, err := strconv.Atoi(a); err == nil && code > 128 {
					n = signalNamed(strconv.Itoa(code - 128))
				}
				switch _, err := strconv.Atoi(a); {
				case n < 0:
					return c.shellFail(1, "kill: %s: invalid signal specification", a)
				case err == nil:
					c.printf("%s\n", signals[n])
				default:
					c.printf("%d\n", n)
				}
			}
			return 0
		case (word == "s" || word == "n") && len(args) > 0:
			signal, args = args[0], args[1:]
		case word == "-":
		default:
			signal = word
		}
		if signalNamed(signal) < 0 {
			return c.shellFail(1, "kill: %s: invalid signal specification", signal)
		}
	}
	operands := args
	if c.args[0] != "kill" {
		_, operands = c.options("ugstPF")
	}
	switch {
	case len(operands) > 0:
	case c.args[0] == "kill":
		return c.usageOfKill()
	case c.args[0] == "pkill":
		return c.fail(2, "no matching criteria specified\nTry `pkill --help' for more information.")
	default:
		fmt.Fprintln(c.err, "Usage: killall [OPTION]... [--] NAME...")
		return 1
	}
	if c.args[0] != "kill" {
		return c.killNamed(operands)
	}
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
		case err != nil:
			return c.shellFail(1, "kill: %s: arguments must be process or job IDs", a)
		case pid == c.pid && (signal == "9" || signal == "KILL"):
			c.flow = exiting // the shell itself
			return 137
		case !known:
			return c.shellFail(1, "kill: (%d) - No such process", pid)
		case c.user.uid != 0:
			return c.shellFail(1, "kill: (%d) - Operation not permitted", pid)
		}
	}
	return 0
}

func (c *call) usageOfKill() int {
	if c.ofBusyBox() {
		return c.usage("kill")
	}
	fmt.Fprintln(c.err, "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]")
	return 2
}

// killNamed is pkill and killall. What the system needs is never theirs to end, and others say nothing.
func (c *call) killNamed(names []string) int {
	status := 0
	for _, name := range names {
		found := slices.ContainsFunc(c.processes(), func(p process) bool {
			return p.name() == name || c.args[0] == "pkill" && strings.Contains(p.name(), name)
		})
		switch {
		case found && c.user.uid != 0:
			status = c.fail(1, "%s: Operation not permitted", name)
		case !found && c.args[0] == "killall" && !slices.Contains(c.args, "-q"):
			status = c.fail(1, "%s: no process found", name)
		case !found:
			status = 1
		}
	}
	return status
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
		if c.fs.remove(file) != nil {
			fmt.Fprintf(c.err, "no crontab for %s\n", c.user.name)
			return 1
		}
	default:
		if flags['e'] != "" {
			return 0
		}
		if len(operands) > 0 && operands[0] != "-" {
			if _, err := c.readFile(operands[0]); err != nil {
				fmt.Fprintln(c.err, err)
				return 1
			}
		}
		texts, ok := c.inputs(operands)
		if !ok || c.fs.write(file, c.user.name, strings.Join(texts, ""), false) != nil {
			return 1
		}
		c.record("file_written", append(fileFields(file, strings.Join(texts, "")), event.String("content", strings.Join(texts, "")))...)
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
