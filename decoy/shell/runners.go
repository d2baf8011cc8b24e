package shell

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/shell/notation"
	"decnet/decoy/shell/tty"
)

// isDash tells whether a shell of that name is Debian's, which is not bash.
func (s *System) isDash(name string) bool {
	return s.Packages == "apt" && (name == "sh" || name == "dash")
}

// shellTool is sh, bash and ash.
func shellTool(c *call) int {
	args := c.args[1:]
	dash := c.sys.isDash(path.Base(c.args[0])) && !c.applet
	login, command, fromInput, trace := false, false, false, false
	for len(args) > 0 && len(args[0]) > 1 && (args[0][0] == '-' || args[0][0] == '+') {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--version" && !dash && !c.sys.BusyBox:
			c.printf("GNU bash, version 5.2.15(1)-release (%s-pc-linux-gnu)\n", c.sys.Machine)
			return 0
		case word == "--login":
			login = true
		case word == "-o" || word == "+o" || word == "--rcfile" || word == "--init-file":
			args = args[min(1, len(args)):]
		case strings.HasPrefix(word, "--"):
		default:
			command = command || strings.ContainsRune(word, 'c')
			login = login || strings.ContainsRune(word, 'l')
			fromInput = fromInput || strings.ContainsRune(word, 's')
			trace = trace || strings.ContainsRune(word, 'x') && word[0] == '-'
		}
		if word == "--" {
			break
		}
	}
	if len(args) > 0 && args[0] == "-" {
		args = args[1:]
	}
	of := program{dash: dash, ash: c.applet && !c.sys.BusyBox}
	if trace {
		of.text = "set -x\n"
	}
	switch {
	case command && len(args) == 0 && dash:
		return c.fail(2, "0: -c requires an argument")
	case command && len(args) == 0:
		return c.fail(2, "-c: option requires an argument")
	case command:
		of.told = !dash
		if of.text += args[0]; len(args) > 1 {
			of.name, of.params = args[1], args[2:]
		}
		return c.subshell(of, c.streams)
	case len(args) > 0 && !fromInput:
		text, err := c.readFile(args[0])
		if err != nil {
			if dash {
				name, _, _ := strings.Cut(err.Error(), ": ")
				fmt.Fprintf(c.err, "sh: 0: cannot open %s: No such file\n", name)
				return 2
			}
			return c.fail(127, "%s", err)
		}
		of.name, of.params = args[0], args[1:]
		of.text += text
		return c.subshell(of, c.streams)
	case c.atTerminal():
		return c.nested(c.user, login)
	}
	text := c.input()
	if strings.TrimSpace(text) == "" {
		return 0
	}
	of.text += text
	of.params = args
	inner := c.streams
	inner.in = strings.NewReader("")
	return c.subshell(of, inner)
}

// timeout ends a command that takes too long.
func timeout(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if (args[0] == "-k" || args[0] == "-s") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 {
		fmt.Fprintln(c.err, "Try 'timeout --help' for more information.")
		return 125
	}
	limit, ok := interval(args[0])
	if !ok {
		return c.fail(125, "invalid time interval ‘%s’\nTry 'timeout --help' for more information.", args[0])
	}
	whole := c.ctx
	ctx, cancel := context.WithTimeoutCause(whole, limit, tty.ErrInterrupted)
	defer cancel()
	if limit == 0 {
		ctx = whole
	}
	c.eval.ctx = ctx
	status := c.runTool(args[1:])
	if c.eval.ctx = whole; ctx.Err() == nil || whole.Err() != nil {
		return status
	}
	if c.flow == aborting {
		c.flow = onward
	}
	return 124
}

// wrapper is nohup, nice and the like: it runs the rest of its arguments.
func wrapper(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-n" && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	switch {
	case len(args) == 0 && c.args[0] == "nice":
		c.printf("0\n")
		return 0
	case len(args) == 0:
		return c.fail(125, "missing operand%s", c.tryHelp())
	}
	if c.args[0] == "nohup" && c.atTerminal() {
		fmt.Fprintln(c.err, "nohup: ignoring input and appending output to 'nohup.out'")
		w, finish, err := c.openForWriting("nohup.out", true)
		if err != nil {
			return c.fail(127, "failed to open 'nohup.out'")
		}
		defer finish()
		inner := *c
		inner.out, inner.in = w, strings.NewReader("")
		return inner.runTool(args)
	}
	return c.runTool(args)
}

func sleep(c *call) int {
	if len(c.args) < 2 {
		return c.missing("operand")
	}
	d, ok := interval(c.args[1])
	if !ok {
		return c.fail(1, "invalid time interval %s%s", c.quoted(c.args[1]), c.tryHelp())
	}
	if !c.sleep(d, lineTime) {
		return 143
	}
	return 0
}

// interval reads a time such as 5, 0.5 or 2m; none is longer than an hour.
func interval(text string) (time.Duration, bool) {
	unit := time.Second
	for suffix, of := range map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour} {
		if digits, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = digits, of
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	return time.Duration(min(n*unit.Seconds(), 3600) * float64(time.Second)), err == nil && n >= 0
}

func xargs(c *call) int {
	flags, operands := c.optionsBefore("nIPLd")
	if len(operands) == 0 {
		operands = []string{"echo"}
	}
	text := c.input()
	words := strings.Fields(text)
	switch {
	case flags['0'] != "":
		words = strings.FieldsFunc(text, func(r rune) bool { return r == 0 })
	case flags['d'] != "":
		words = strings.Split(strings.TrimSuffix(text, "\n"), notation.Unescape(flags['d']))
	case flags['I'] != "":
		words = lines(text)
	}
	if len(words) == 0 && flags['r'] != "" {
		return 0
	}
	if n, err := strconv.Atoi(cmp.Or(flags['n'], flags['L'])); err == nil && n > 0 && flags['I'] == "" {
		status := 0
		for part := range slices.Chunk(words, n) {
			if c.flow != onward {
				break
			}
			if c.runTool(append(slices.Clone(operands), part...)) != 0 {
				status = 123
			}
		}
		return status
	}
	if mark := flags['I']; mark != "" {
		for _, word := range words {
			if c.flow != onward {
				break
			}
			var args []string
			for _, a := range operands {
				if strings.Count(a, mark)*len(word) > maxArgumentText {
					return c.fail(1, "argument list too long")
				}
				args = append(args, strings.ReplaceAll(a, mark, word))
			}
			c.runTool(args)
		}
		return c.status
	}
	return c.runTool(append(operands, words...))
}

// runTool runs another command in this one's place.
func (c *call) runTool(args []string) int {
	if !c.budget.step(c.ctx, c.depth) {
		c.flow = aborting
		return 137
	}
	c.depth++
	c.run(args, c.streams)
	c.depth--
	return c.status
}

// priority is ionice, renice, taskset and chrt: what they run, runs; what they are asked, they answer.
func priority(c *call) int {
	flags, operands := c.optionsBefore("cnpgut")
	pid, byPID := flags['p']
	switch {
	case c.args[0] == "renice":
		if len(operands) == 0 {
			return c.fail(1, "bad usage\nTry 'renice --help' for more information.")
		}
		for _, one := range operands[min(1, len(operands)-boolInt(flags['n'] != "")):] {
			c.printf("%s (process ID) old priority 0, new priority %s\n", one, strings.TrimPrefix(flags['n']+operands[0], "+"))
			break
		}
		return 0
	case c.args[0] == "taskset" && byPID:
		c.printf("pid %s's current affinity mask: %x\n", strings.TrimSpace(pid+strings.Join(operands, "")), 1<<c.sys.CPUs-1)
		return 0
	case c.args[0] == "ionice" && (byPID || len(operands) == 0):
		if flags['c'] == "" {
			c.printf("none: prio 4\n")
		}
		return 0
	case c.args[0] == "taskset" && len(operands) > 1:
		return c.runTool(operands[1:])
	case len(operands) > 0:
		return c.runTool(operands)
	}
	fmt.Fprintf(c.err, "Usage: %s [options]\n", c.args[0])
	return 1
}
