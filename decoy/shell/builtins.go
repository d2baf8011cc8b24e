package shell

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// builtins are what the shell does itself; init breaks the circle of source, which runs commands.
var builtins map[string]command

func init() {
	ignored := func(c *call) int { return 0 }
	builtins = map[string]command{
		":": ignored, "true": ignored, "false": func(*call) int { return 1 }, "trap": trap, "wait": wait, "jobs": jobs, "set": set,
		"hash": hash, "alias": alias, "unalias": unalias, "bg": resume, "fg": resume, "shopt": shopt, "complete": ignored, "compgen": ignored, "bind": ignored,
		"pushd": pushd, "popd": popd, "dirs": dirs, "getopts": getopts, "mapfile": mapfile, "readarray": mapfile, "times": times, "disown": disown, "enable": ignored,
		"fc": ignored, "caller": ignored, "suspend": ignored, "kill": kill,
		"cd": cd, "pwd": pwd, "exit": exit, "logout": exit, "return": leave(returning), "break": leave(breaking), "continue": leave(continuing),
		"eval": evaluate, "source": source, ".": source, "exec": execReplace, "command": runCommand, "builtin": runCommand, "type": typeOf,
		"echo": echo, "printf": printf, "test": test, "[": test, "read": read, "unset": unset, "shift": shift, "umask": umask, "ulimit": ulimit,
		"history": history, "help": help,
	}
}

// ofBash are the builtins that no other shell has.
var ofBash = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq("source shopt enable pushd popd dirs mapfile readarray compgen complete bind caller disown suspend builtin") {
		ofBash[name] = true
	}
}

// knows tells whether the shell has the builtin.
func (s *Shell) knows(name string) bool {
	switch {
	case s.sys.BusyBox, s.ash:
		return !ofBash[name] || name == "source"
	case s.dash:
		return !ofBash[name] && name != "history" && name != "help" && name != "logout"
	}
	return true
}

func cd(c *call) int {
	var operands []string
	for _, a := range c.args[1:] {
		if a != "-P" && a != "-L" && a != "--" {
			operands = append(operands, a)
		}
	}
	if len(operands) > 1 && !c.dash && !c.sys.BusyBox {
		return c.shellFail(1, "cd: too many arguments")
	}
	target := c.vars["HOME"].String()
	if len(operands) > 0 {
		target = operands[0]
	}
	if target == "-" {
		if target = c.vars["OLDPWD"].String(); target == "" {
			return c.shellFail(1, "cd: OLDPWD not set")
		}
		defer func() {
			if c.dir == c.abs(target) {
				c.printf("%s\n", target)
			}
		}()
	}
	if target == "" {
		return 0
	}
	return c.goTo("cd", target)
}

// goTo changes the directory for a builtin.
func (c *call) goTo(builtin, target string) int {
	n, err := c.fs.lookup(c.abs(target), true)
	if c.dash && (err != nil || !n.isDir() || !may(n, c.user.name, 1)) {
		return c.shellFail(2, "cd: can't cd to %s", target)
	}
	if c.sys.BusyBox && err == nil && !n.isDir() {
		err = syscall.ENOTDIR
	}
	if c.sys.BusyBox && err != nil {
		return c.shellFail(1, "cd: can't cd to %s: %s", target, problem(err))
	}
	switch {
	case err != nil:
		return c.shellFail(1, "%s: %s: %s", builtin, target, problem(err))
	case !n.isDir():
		return c.shellFail(1, "%s: %s: Not a directory", builtin, target)
	case !may(n, c.user.name, 1):
		return c.shellFail(1, "%s: %s: Permission denied", builtin, target)
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
	if c.args[0] == "logout" && (!c.Interactive || c.script) {
		return c.shellFail(1, "logout: not login shell: use `exit'")
	}
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
		switch {
		case f == returning && c.scope == nil && c.sourced == 0:
			return c.shellFail(2, "return: can only `return' from a function or sourced script")
		case f != returning && c.loops == 0:
			return c.shellFail(0, "%s: only meaningful in a `for', `while', or `until' loop", c.args[0])
		}
		if c.flow = f; f == returning {
			if len(c.args) == 1 {
				return c.status
			}
			return n & 255
		}
		c.levels = max(1, n)
		return 0
	}
}

func evaluate(c *call) int { return c.source(strings.Join(c.args[1:], " "), c.streams) }

func source(c *call) int {
	if len(c.args) < 2 {
		return c.shellFail(2, "%s: filename argument required\n%[1]s: usage: %[1]s filename [arguments]", c.args[0])
	}
	text, err := c.readFile(c.args[1])
	if err != nil {
		return c.shellFail(1, "%s", err)
	}
	c.sourced++
	file := c.file
	c.file = c.args[1]
	params := c.params
	if len(c.args) > 2 {
		c.params = c.args[2:]
	}
	status := c.source(text, c.streams)
	c.sourced--
	c.file = file
	if c.params = params; c.flow == returning {
		c.flow = onward
	}
	return status
}

func execReplace(c *call) int {
	args, name := c.args[1:], ""
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-a" && len(args) > 1 {
			name, args = args[1], args[1:]
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	if _, err := c.which(args[0]); errors.Is(err, errNoCommand) {
		if !c.Interactive || c.script {
			c.flow = exiting
		}
		return c.shellFail(127, "exec: %s: not found", args[0])
	}
	if name != "" && len(args) > 2 && args[1] == "-c" { // what a shell calls itself
		args = append(slices.Clone(args), name)
	}
	levels := len(c.outer)
	c.run(args, c.streams)
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
		some := false
		c.describe(args[1:], func(name, what string) string {
			some = true
			return what
		})
		return truth(some)
	}
	if len(args) > 0 {
		c.run(args, c.streams)
		return c.status
	}
	return 0
}

func typeOf(c *call) int {
	flags, names := c.options("")
	if flags['p'] != "" || flags['P'] != "" {
		return c.describe(names, func(_, what string) string { return what })
	}
	if flags['t'] != "" {
		return c.describe(names, func(name, what string) string {
			switch {
			case keywords[name]:
				return "keyword"
			case c.funcs[name] != nil:
				return "function"
			case what == name:
				return "builtin"
			}
			return "file"
		})
	}
	return c.describe(names, func(name, what string) string {
		switch {
		case keywords[name]:
			return name + " is a shell keyword"
		case c.funcs[name] != nil:
			return name + " is a function\n" + functionText(name, c.funcs[name])
		case what == name:
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
		if (builtins[name] == nil || !c.knows(name)) && c.funcs[name] == nil && !keywords[name] {
			file, err := c.locate(name)
			if err != nil {
				if c.args[0] == "type" && !slices.ContainsFunc(c.args, func(a string) bool { return a == "-p" || a == "-t" || a == "-P" }) {
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

var keywords = map[string]bool{"if": true, "then": true, "else": true, "elif": true, "fi": true, "case": true, "esac": true, "for": true, "select": true, "while": true, "until": true, "do": true, "done": true, "in": true, "function": true, "time": true, "{": true, "}": true, "!": true, "[[": true, "]]": true, "coproc": true}

// functionText is a function as declare -f shows it.
func functionText(name string, body *syntax.Stmt) string {
	var b strings.Builder
	if syntax.NewPrinter(syntax.Indent(4), syntax.FunctionNextLine(true)).Print(&b, body) != nil {
		return ""
	}
	text := strings.TrimSpace(b.String())
	text = strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	var out strings.Builder
	for line := range strings.SplitSeq(strings.Trim(text, "\n "), "\n") {
		out.WriteString("    " + strings.TrimPrefix(strings.TrimPrefix(line, "    "), " ") + "\n")
	}
	return name + " () \n{ \n" + strings.TrimSuffix(out.String(), "\n") + "\n}"
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

func read(c *call) int {
	flags, names := c.options("pntdaNui")
	if prompt := flags['p']; prompt != "" && c.atTerminal() {
		fmt.Fprint(c.err, prompt)
	}
	end, most := byte('\n'), maxVariable
	if d, given := flags['d']; given {
		if end = 0; d != "" {
			end = d[0]
		}
	}
	if n, err := strconv.Atoi(cmp.Or(flags['n'], flags['N'])); err == nil && n >= 0 {
		most = min(n, most)
	}
	in := c.in
	if fd, err := strconv.Atoi(flags['u']); err == nil && fd > 2 {
		if in = c.from[fd]; in == nil {
			return c.shellFail(1, "read: %d: invalid file descriptor: Bad file descriptor", fd)
		}
	}
	// One byte at a time: what follows the line is for the next command.
	var line []byte
	status := 0
	one := make([]byte, 1)
	for len(line) < most {
		if n, err := in.Read(one); n == 0 || err != nil {
			status = 1
			break
		}
		if one[0] == end {
			break
		}
		line = append(line, one[0])
	}
	_, raw := flags['r']
	if array := flags['a']; syntax.ValidName(array) {
		list := expand.ReadFields(c.config(c.streams, newMeter()), string(line), -1, raw)
		c.store(array, expand.Variable{Set: true, Kind: expand.Indexed, List: list}, c.streams)
		return status
	}
	if len(names) == 0 {
		c.store("REPLY", expand.Variable{Set: true, Kind: expand.String, Str: string(line)}, c.streams)
		return status
	}
	values := expand.ReadFields(c.config(c.streams, newMeter()), string(line), len(names), raw)
	for i, name := range names {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		if !syntax.ValidName(name) {
			return c.shellFail(1, "read: `%s': not a valid identifier", name)
		}
		c.store(name, expand.Variable{Set: true, Kind: expand.String, Str: value, Exported: c.vars[name].Exported}, c.streams)
	}
	return status
}

// mapfile reads lines into an array.
func mapfile(c *call) int {
	flags, names := c.options("dnOsuCc")
	var list []string
	for _, line := range lines(c.input()) {
		if flags['t'] == "" {
			line += "\n"
		}
		list = append(list, line)
	}
	name := "MAPFILE"
	if len(names) > 0 {
		name = names[0]
	}
	return boolInt(!c.store(name, expand.Variable{Set: true, Kind: expand.Indexed, List: list}, c.streams))
}

// getopts takes the next option of the parameters.
func getopts(c *call) int {
	if len(c.args) < 3 {
		return c.shellFail(2, "getopts: usage: getopts optstring name [arg ...]")
	}
	letters, name, args := c.args[1], c.args[2], c.args[3:]
	if len(args) == 0 {
		args = c.params
	}
	at, _ := strconv.Atoi(c.vars["OPTIND"].String())
	at = max(at, 1)
	put := func(name, value string) {
		c.store(name, expand.Variable{Set: true, Kind: expand.String, Str: value}, c.streams)
	}
	within := c.within
	if at > len(args) || len(args[at-1]) < 2 || args[at-1][0] != '-' || args[at-1] == "--" {
		put(name, "?")
		c.within = 0
		return 1
	}
	word := args[at-1]
	within = max(1, min(within, len(word)-1))
	letter := word[within : within+1]
	within++
	if within >= len(word) {
		at, within = at+1, 0
	}
	i := strings.Index(strings.TrimPrefix(letters, ":"), letter)
	switch known := strings.TrimPrefix(letters, ":"); {
	case i < 0 || letter == ":":
		put(name, "?")
		if !strings.HasPrefix(letters, ":") {
			fmt.Fprintf(c.err, "%s: illegal option -- %s\n", c.scriptName("bash"), letter)
		}
	case i+1 < len(known) && known[i+1] == ':':
		put(name, letter)
		switch {
		case within > 0:
			put("OPTARG", word[within:])
			at, within = at+1, 0
		case at <= len(args):
			put("OPTARG", args[at-1])
			at++
		default:
			put(name, "?")
			fmt.Fprintf(c.err, "%s: option requires an argument -- %s\n", c.scriptName("bash"), letter)
		}
	default:
		put(name, letter)
	}
	c.within = within
	put("OPTIND", strconv.Itoa(at))
	return 0
}

func hash(c *call) int {
	_, names := c.options("pdt")
	if len(c.args) == 1 {
		c.printf("hash: hash table empty\n")
	}
	for _, name := range names {
		if _, err := c.which(name); err != nil && builtins[name] == nil && c.funcs[name] == nil {
			return c.shellFail(1, "hash: %s: not found", name)
		}
	}
	return 0
}

func times(c *call) int {
	c.printf("0m0.003s 0m0.002s\n0m0.001s 0m0.004s\n")
	return 0
}

// disown takes a job out of the list.
func disown(c *call) int {
	if len(c.jobs) == 0 {
		return c.shellFail(1, "disown: current: no such job")
	}
	c.Shell.jobs = c.jobs[:len(c.jobs)-1]
	return 0
}

// resume is fg and bg.
func resume(c *call) int {
	if !c.Interactive || c.script {
		return c.shellFail(1, "%s: no job control", c.args[0])
	}
	if c.args[0] == "bg" {
		return 0
	}
	return wait(c)
}

func unset(c *call) int {
	status := 0
	for _, name := range c.args[1:] {
		if name, index, ok := strings.Cut(name, "["); ok {
			index = strings.Trim(index, `]"'`)
			v, known := c.vars[name]
			if !known || v.ReadOnly {
				continue
			}
			if n, err := strconv.Atoi(index); err == nil && v.Kind == expand.Indexed && n >= 0 && n < len(v.List) {
				v.List = slices.Delete(slices.Clone(v.List), n, n+1)
			} else if v.Kind == expand.Associative {
				v.Map = maps.Clone(v.Map)
				delete(v.Map, index)
			}
			c.vars[name] = v
			continue
		}
		if c.vars[name].ReadOnly {
			status = c.shellFail(1, "unset: %s: cannot unset: readonly variable", name)
			continue
		}
		delete(c.vars, name)
		delete(c.funcs, name)
	}
	return status
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
