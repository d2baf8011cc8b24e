package shell

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// builtins are what the shell does itself; init breaks the circle of source, which runs commands.
var builtins map[string]command

func init() {
	ignored := func(c *call) int { return 0 }
	builtins = map[string]command{
		":": ignored, "true": ignored, "false": func(*call) int { return 1 }, "trap": ignored, "wait": wait, "jobs": jobs, "set": set,
		"hash": ignored, "alias": ignored, "unalias": ignored, "bg": ignored, "fg": wait, "shopt": ignored, "complete": ignored, "bind": ignored,
		"cd": cd, "pwd": pwd, "exit": exit, "logout": exit, "return": leave(returning), "break": leave(breaking), "continue": leave(continuing),
		"eval": evaluate, "source": source, ".": source, "exec": execReplace, "command": runCommand, "builtin": runCommand, "type": typeOf,
		"echo": echo, "printf": printf, "test": test, "[": test, "read": read, "unset": unset, "shift": shift, "umask": umask, "ulimit": ulimit,
		"history": history, "help": help,
	}
}

func cd(c *call) int {
	target := c.user.home
	if len(c.args) > 1 {
		target = c.args[1]
	}
	if target == "-" {
		if target = c.vars["OLDPWD"].String(); target == "" {
			return c.shellFail(1, "cd: OLDPWD not set")
		}
		c.printf("%s\n", target)
	}
	n, err := c.fs.lookup(c.abs(target), true)
	switch {
	case err != nil:
		return c.shellFail(1, "cd: %s: %s", target, problem(err))
	case !n.isDir():
		return c.shellFail(1, "cd: %s: Not a directory", target)
	case !may(n, c.user.name, 1):
		return c.shellFail(1, "cd: %s: Permission denied", target)
	}
	c.set("OLDPWD", c.dir)
	c.dir = c.abs(target)
	c.set("PWD", c.dir)
	return 0
}

// shellFail is fail for a builtin: the shell's name comes first.
func (c *call) shellFail(status int, format string, args ...any) int {
	fmt.Fprintf(c.err, c.prefix()+format+"\n", args...)
	return status
}

func pwd(c *call) int {
	c.printf("%s\n", c.dir)
	return 0
}

func exit(c *call) int {
	c.flow = exiting
	if len(c.args) > 1 {
		n, err := strconv.Atoi(c.args[1])
		if err != nil {
			return c.shellFail(2, "exit: %s: numeric argument required", c.args[1])
		}
		return n & 255
	}
	return c.status
}

func leave(f flow) command {
	return func(c *call) int {
		n := 0
		if len(c.args) > 1 {
			n, _ = strconv.Atoi(c.args[1])
		}
		c.flow = f
		if f == returning {
			return n & 255
		}
		c.levels = max(1, n)
		return 0
	}
}

func evaluate(c *call) int { return c.source(strings.Join(c.args[1:], " "), c.streams) }

func source(c *call) int {
	if len(c.args) < 2 {
		return c.shellFail(2, "%s: filename argument required", c.args[0])
	}
	text, err := c.readFile(c.args[1])
	if err != nil {
		return c.shellFail(1, "%s", err)
	}
	return c.source(text, c.streams)
}

func execReplace(c *call) int {
	if len(c.args) < 2 {
		return 0
	}
	levels := len(c.outer)
	c.run(c.args[1:], c.streams)
	if len(c.outer) > levels { // a shell in this one's place
		c.outer = c.outer[:levels:levels]
		return c.status
	}
	c.flow = exiting
	return c.status
}

func runCommand(c *call) int {
	args := c.args[1:]
	if len(args) > 1 && (args[0] == "-v" || args[0] == "-V") {
		return c.describe(args[1:], func(name, what string) string { return what })
	}
	if len(args) > 0 {
		c.run(args, c.streams)
		return c.status
	}
	return 0
}

func typeOf(c *call) int {
	return c.describe(c.args[1:], func(name, what string) string {
		if what == name {
			return name + " is a shell builtin"
		}
		return name + " is " + what
	})
}

// describe prints what each name is, in words; an unknown one makes the status 1.
func (c *call) describe(names []string, words func(name, what string) string) int {
	status := 0
	for _, name := range names {
		what := name
		if builtins[name] == nil && c.funcs[name] == nil {
			file, err := c.locate(name)
			if err != nil {
				if c.args[0] == "type" {
					c.shellFail(1, "type: %s: not found", name)
				}
				status = 1
				continue
			}
			what = file
		}
		c.printf("%s\n", words(name, what))
	}
	return status
}

// locate returns where on the search path a command is.
func (c *call) locate(name string) (string, error) {
	if _, err := c.which(name); err != nil || strings.Contains(name, "/") {
		return name, err
	}
	for dir := range strings.SplitSeq(c.vars["PATH"].String(), ":") {
		if n, err := c.fs.lookup(dir+"/"+name, true); err == nil && !n.isDir() {
			return path.Join(dir, name), nil
		}
	}
	return "", errNoCommand
}

// longNumber finds a width or precision that would make printf write without measure.
var longNumber = regexp.MustCompile(`%[^a-zA-Z%]*([0-9]{4}|\*)`)

func echo(c *call) int {
	args, newline, escapes := c.args[1:], true, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		newline = newline && !strings.Contains(args[0], "n")
		if strings.Contains(args[0], "e") {
			escapes = true
		}
		args = args[1:]
	}
	text := strings.Join(args, " ")
	if escapes {
		if before, _, cut := strings.Cut(text, `\c`); cut {
			text, newline = before, false
		}
		// The library's formatter knows the escapes; a percent sign is none of them.
		if t, _, err := expand.Format(nil, strings.ReplaceAll(text, "%", "%%"), nil); err == nil {
			text = t
		}
	}
	if newline {
		text += "\n"
	}
	c.printf("%s", text)
	return 0
}

func printf(c *call) int {
	args := c.args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return c.shellFail(2, "printf: usage: printf [-v var] format [arguments]")
	}
	format, values := args[0], args[1:]
	for {
		if longNumber.MatchString(format) {
			return c.shellFail(1, "printf: cannot allocate memory")
		}
		text, used, err := expand.Format(nil, format, values)
		if err != nil {
			return c.shellFail(1, "printf: %v", err)
		}
		if !c.printf("%s", text) || used == 0 || used >= len(values) {
			return 0
		}
		values = values[used:]
	}
}

func read(c *call) int {
	flags, names := c.options("pntd")
	if prompt := flags['p']; prompt != "" {
		fmt.Fprint(c.err, prompt)
	}
	// One byte at a time: what follows the line is for the next command.
	var line []byte
	status := 0
	one := make([]byte, 1)
	for len(line) < maxVariable {
		if n, err := c.in.Read(one); n == 0 || err != nil {
			status = 1
			break
		}
		if one[0] == '\n' {
			break
		}
		line = append(line, one[0])
	}
	if len(names) == 0 {
		names = []string{"REPLY"}
	}
	_, raw := flags['r']
	values := expand.ReadFields(c.config(c.streams), string(line), len(names), raw)
	for i, name := range names {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		if syntax.ValidName(name) {
			c.store(name, expand.Variable{Set: true, Kind: expand.String, Str: value}, c.streams)
		}
	}
	return status
}

func unset(c *call) int {
	for _, name := range c.args[1:] {
		delete(c.vars, name)
		delete(c.funcs, name)
	}
	return 0
}

func shift(c *call) int {
	n := 1
	if len(c.args) > 1 {
		n, _ = strconv.Atoi(c.args[1])
	}
	if n < 0 || n > len(c.params) {
		return 1
	}
	c.params = c.params[n:]
	return 0
}

// set knows only the parameters; its options are ignored.
func set(c *call) int {
	if i := slices.Index(c.args, "--"); i >= 0 {
		c.params = c.args[i+1:]
	}
	if len(c.args) == 1 {
		for _, name := range slices.Sorted(maps.Keys(c.vars)) {
			value := c.vars[name].String()
			if strings.ContainsAny(value, " \t\n'\"$") {
				value = "$'" + strings.NewReplacer("\t", `\t`, "\n", `\n`, "'", `\'`).Replace(value) + "'"
			}
			c.printf("%s=%s\n", name, value)
		}
	}
	return 0
}

func umask(c *call) int {
	if len(c.args) == 1 {
		c.printf("0022\n")
	}
	return 0
}

func ulimit(c *call) int {
	switch {
	case len(c.args) > 2:
	case len(c.args) == 2 && c.args[1] == "-n":
		c.printf("1024\n")
	case len(c.args) == 2 && c.args[1] == "-a":
		c.printf("core file size              (blocks, -c) 0\ndata seg size               (kbytes, -d) unlimited\nfile size                   (blocks, -f) unlimited\nopen files                          (-n) 1024\nstack size                  (kbytes, -s) 8192\ncpu time                   (seconds, -t) unlimited\nmax user processes                  (-u) %d\n", c.sys.MemoryKB/270)
	default:
		c.printf("unlimited\n")
	}
	return 0
}

func history(c *call) int {
	if slices.Contains(c.args, "-c") {
		c.Shell.history = nil
		return 0
	}
	if !c.Interactive {
		return 0 // a shell without a terminal keeps none
	}
	for i, line := range c.Shell.history {
		c.printf("%5d  %s\n", i+1, line)
	}
	return 0
}

func help(c *call) int {
	c.printf("GNU bash, version 5.2.15(1)-release (%s-pc-linux-gnu)\nThese shell commands are defined internally.  Type `help' to see this list.\n", c.sys.Machine)
	for _, name := range slices.Sorted(slices.Values([]string{"cd", "echo", "eval", "exec", "exit", "export", "history", "pwd", "read", "source", "test", "type", "ulimit", "umask", "unset"})) {
		c.printf(" %s\n", name)
	}
	return 0
}
