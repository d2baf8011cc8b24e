package shell

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"strings"
	"sync"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// call is one run of a builtin or a tool. Its status is what the function returns.
type call struct {
	*eval
	args   []string // with the name
	applet bool     // it is a part of BusyBox
	streams
}

type command func(*call) int

// printf writes to the standard output and says false when nobody reads it any more.
func (c *call) printf(format string, args ...any) bool {
	_, err := fmt.Fprintf(c.out, format, args...)
	return err == nil
}

// fail writes "name: message" to the standard error and returns the status.
func (c *call) fail(status int, format string, args ...any) int {
	fmt.Fprintf(c.err, c.args[0]+": "+format+"\n", args...)
	return status
}

// words are those of the GNU tools, or of BusyBox where it is.
func (c *call) words(gnu, busybox string) string {
	if c.ofBusyBox() {
		return busybox
	}
	return gnu
}

// quoted puts a name between the quotes of the user's language.
func (c *call) quoted(s string) string {
	language := cmp.Or(c.vars["LC_ALL"].String(), c.vars["LANG"].String())
	if c.ofBusyBox() || !strings.Contains(strings.ToUpper(language), "UTF-8") {
		return "'" + s + "'"
	}
	return "‘" + s + "’"
}

// tryHelp is the line that the GNU tools end a complaint with.
func (c *call) tryHelp() string {
	if c.ofBusyBox() {
		return ""
	}
	return "\nTry '" + c.args[0] + " --help' for more information."
}

// missing says that there is too little on the command line.
func (c *call) missing(what string) int {
	if c.ofBusyBox() {
		return c.usage(c.args[0])
	}
	return c.fail(1, "missing %s%s", what, c.tryHelp())
}

// options splits the arguments into one-letter options, which may be joined, and operands. A letter in valued takes the next argument.
func (c *call) options(valued string) (flags map[rune]string, operands []string) {
	flags = map[rune]string{}
	args := c.args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return flags, append(operands, args[i+1:]...)
		case strings.HasPrefix(a, "--"):
			flags[[]rune(a + "-")[2]] += a[2:]
		case len(a) > 1 && a[0] == '-':
			for j, letter := range a[1:] {
				if !strings.ContainsRune(valued, letter) {
					flags[letter] += "y"
					continue
				}
				if flags[letter] = a[1+j+1:]; flags[letter] == "" && i+1 < len(args) {
					i++
					flags[letter] = args[i]
				}
				break
			}
		default:
			operands = append(operands, a)
		}
	}
	return flags, operands
}

// optionsBefore is options where those behind the first operand are another command's.
func (c *call) optionsBefore(valued string) (flags map[rune]string, operands []string) {
	at := 1
	for ; at < len(c.args) && len(c.args[at]) > 1 && c.args[at][0] == '-'; at++ {
		if a := c.args[at]; len(a) == 2 && strings.Contains(valued, a[1:]) {
			at++
		}
	}
	at = min(at, len(c.args))
	before := *c
	before.args = c.args[:at]
	flags, _ = before.options(valued)
	return flags, c.args[at:]
}

// askFor asks for a secret; others may use the machine meanwhile.
func (c *call) askFor(prompt string) (string, error) {
	c.using.Unlock()
	defer c.using.Lock()
	return c.Ask(prompt)
}

// patient is a line's input: others may use the machine while nothing comes.
type patient struct {
	io.Reader
	using *sync.Mutex
}

func (p *patient) Read(b []byte) (int, error) {
	p.using.Unlock()
	defer p.using.Lock()
	return p.Reader.Read(b)
}

// sleep waits as a command would, but no longer than most, and not at all in the background. It says false when the line's time is up.
func (c *call) sleep(d, most time.Duration) bool {
	if c.background {
		if c.slept != nil {
			*c.slept += min(max(d, 0), time.Hour)
		}
		return true
	}
	c.using.Unlock() // others may use the machine meanwhile
	defer c.using.Lock()
	timer := time.NewTimer(min(d, most))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// input returns the standard input, bounded.
func (c *call) input() string {
	text, _ := io.ReadAll(io.LimitReader(c.in, maxPipe))
	return string(text)
}

// inputs returns the content of the operands' files, or the standard input where there are none, and false when one can't be read.
func (c *call) inputs(operands []string) (texts []string, ok bool) {
	if len(operands) == 0 {
		return []string{c.input()}, true
	}
	ok = true
	total := 0
	for _, p := range operands {
		var text string
		var err error
		if p == "-" || p == "/dev/stdin" || p == "/dev/fd/0" || p == "/proc/self/fd/0" {
			text = c.input()
		} else {
			text, err = c.readFile(p)
		}
		if err != nil {
			c.cannotRead(p, err)
			ok = false
			continue
		}
		if total += len(text); total > maxAllFiles {
			return texts, false
		}
		texts = append(texts, text)
	}
	return texts, ok
}

// cannotRead says that a file could not be read, in the tool's words.
func (c *call) cannotRead(p string, err error) {
	reason := err.Error()[strings.LastIndex(err.Error(), ": ")+1:]
	switch name := c.args[0]; {
	case reason == " Is a directory" && (name == "head" || name == "tail"):
		c.fail(1, "error reading '%s':%s", p, reason)
	case c.ofBusyBox() && (name == "cat" || name == "head" || name == "tail" || name == "wc" || name == "sort"):
		c.fail(1, "can't open '%s':%s", p, reason)
	case name == "head" || name == "tail":
		c.fail(1, "cannot open '%s' for reading:%s", p, reason)
	case name == "sort":
		c.fail(2, "cannot read: %s:%s", p, reason)
	case name == "egrep" || name == "fgrep":
		fmt.Fprintf(c.err, "grep: %s:%s\n", p, reason)
	default:
		c.fail(1, "%s", err)
	}
}

// lines splits a text into lines without their newlines.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// source runs a script in this shell. What comes before a line that is wrong runs, as it has been read by then.
func (e *eval) source(text string, io streams) int {
	file, err := e.parse(text)
	if err != nil {
		if before := readBefore(text, err); before != "" {
			if file, err := e.parse(before); err == nil {
				e.depth++
				e.stmts(file.Stmts, io)
				e.depth--
			}
		}
		if e.flow == onward {
			e.syntaxError(err, text, io)
		}
		return e.status
	}
	e.depth++
	e.stmts(file.Stmts, io)
	e.depth--
	return e.status
}

// readBefore is the part of a script before the command that is wrong.
func readBefore(text string, err error) string {
	var parse syntax.ParseError
	if !errors.As(err, &parse) {
		return ""
	}
	all := strings.SplitAfter(text, "\n")
	n := min(int(parse.Pos.Line())-1, len(all))
	for tries := 0; n > 0 && tries < 20; n, tries = n-1, tries+1 {
		before := strings.Join(all[:n], "")
		if _, err := syntax.NewParser().Parse(strings.NewReader(before), ""); err == nil {
			return before
		}
	}
	return ""
}

// program is what a shell of its own is to run.
type program struct {
	name   string // $0; "" is the shell's own name
	dash   bool
	ash    bool
	told   bool // by -c
	text   string
	params []string
}

// subshell runs a script in a shell of its own.
func (e *eval) subshell(of program, io streams) int {
	sub := e.sub()
	sub.params, sub.script = of.params, true
	sub.manner = manner{name: of.name, dash: of.dash, ash: of.ash, told: of.told, mask: e.mask}
	sub.scope, sub.tested = nil, 0
	maps.DeleteFunc(sub.vars, func(_ string, v expand.Variable) bool { return !v.Exported && v.Kind != expand.String })
	status := sub.source(of.text, io)
	sub.atExit(io)
	e.absorb(sub)
	return cmp.Or(status, sub.status)
}

// execute is an attempt to run a file that is no tool of the system: a script is evaluated, a program can't be.
func (e *eval) execute(c *call, file *node) {
	text := file.read()
	if text == "" {
		e.status = 0
		return
	}
	if strings.ContainsRune(text, 0) || strings.HasPrefix(text, "\x7fELF") {
		e.record("execute", fileFields(e.abs(c.args[0]), text)...)
		if e.sys.runs(text) {
			e.status = 0 // it has gone into the background, as such programs do
			return
		}
		fmt.Fprintf(c.err, "%s%s: cannot execute binary file: Exec format error\n", e.prefix(), c.args[0])
		e.status = 126
		return
	}
	// What names no interpreter is run by the shell that was asked.
	line, _, _ := strings.Cut(text, "\n")
	e.status = e.subshell(program{name: c.args[0], dash: e.sys.isDash(path.Base(strings.TrimSpace(strings.TrimPrefix(line, "#!")))), text: text, params: c.args[1:]}, c.streams)
}

// sequence returns how many words {x..y} makes.
func sequence(elems []*syntax.Word) int {
	var from, to int
	if len(elems) < 2 {
		return 1
	}
	if _, err := fmt.Sscan(elems[0].Lit(), &from); err != nil {
		return 128 // letters
	}
	if _, err := fmt.Sscan(elems[1].Lit(), &to); err != nil {
		return 128
	}
	if from > to {
		from, to = to, from
	}
	if n := to - from + 1; n > 0 && n <= maxBraces {
		return n
	}
	return maxBraces + 1
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
