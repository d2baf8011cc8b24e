// Package awk runs programs in awk's language, as mawk does, on a world that its caller makes up. A program can reach nothing but what the
// caller hands it, and what it may cost (steps, memory, the length of a text, how deep it nests) is bounded: an endless loop ends, and so does
// a text that doubles. That is why this is no library's interpreter: those count neither.
//
// lexer.go and parser.go turn the text of a program into a tree; run.go walks its statements, expression.go its expressions, and functions.go
// holds the functions of the language.
package awk

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"decnet/decoy/shell/notation"
)

// What one program may cost.
const (
	maxSteps  = 400000
	maxText   = 64 << 10 // of any one text
	maxMemory = 2 << 20  // bytes in variables and arrays, by and by
	maxDepth  = 60       // of expressions in each other, as they are written
	maxChain  = 2000     // of expressions in each other, as they are worked out: a sum of many is one, too
	maxCalls  = 100      // of functions in each other
	maxOpen   = 20       // files and commands
	maxPipe   = 256 << 10
)

// World is all that a program sees of the machine that it runs on.
type World struct {
	Name     string // what its messages begin with
	Out, Err io.Writer
	Read     func(path string) (text string, err error) // "-" is the standard input
	Write    func(path string, appending bool) (w io.Writer, finish func(), err error)
	// Command runs a line of the shell; without in it reads what the program reads.
	Command  func(line string, in io.Reader, out io.Writer) (status int)
	Variable func(name string) (value string, ok bool) // of the environment
	Alive    func() bool                               // false when the program is to end: its time is up, or nobody waits for it
	Now      func() time.Time
	Rand     *rand.Rand
}

// run is one run of a program.
type run struct {
	World
	*program
	reading
	writing
	vars   map[string]value
	arrays map[string]map[string]value
	order  map[string][]string // the keys of the arrays as they came
	fields []string            // of the line, the line itself first
	rx     map[string]*regexp.Regexp
	frame  map[string]*slot // of the function that runs
	calls  int
	depth  int
	locals int
	result value
	seed   float64
	steps  int
	look   int // at how many steps it is looked whether anybody waits
	memory int
	status int
	flow   string // next, break, continue, exit or nothing
	dead   bool   // it has cost too much
}

// Run runs awk with the arguments of its command line and returns its status.
func Run(w World, args []string) int {
	r := &run{World: w, vars: map[string]value{}, arrays: map[string]map[string]value{}, order: map[string][]string{}, rx: map[string]*regexp.Regexp{}, writing: writing{files: map[string]*output{}, begun: map[string]bool{}, commands: map[string]*bytes.Buffer{}}, reading: reading{others: map[string]*records{}}}
	for name, text := range map[string]string{"FS": " ", "OFS": " ", "ORS": "\n", "SUBSEP": "\x1c", "RS": "\n"} {
		r.vars[name] = str(text)
	}
	r.vars["NR"], r.vars["FNR"], r.vars["NF"] = num(0), num(0), num(0)
	source, given := "", false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option, value := args[0][:2], args[0][2:]
		args = args[1:]
		if option == "--" {
			break
		}
		if value == "" && len(args) > 0 && strings.Contains("-F -v -f", option) {
			value, args = args[0], args[1:]
		}
		switch option {
		case "-W":
			if strings.HasPrefix(value+strings.Join(args, " "), "v") {
				fmt.Fprintln(r.Out, "mawk 1.3.4 20200120\nCopyright 2008-2019,2020, Thomas E. Dickey\nCopyright 1991-1996,2014, Michael D. Brennan")
				return 0
			}
		case "-F":
			r.vars["FS"] = str(notation.Unescape(value))
		case "-v":
			r.define(value)
		case "-f":
			text, err := r.Read(value)
			if err != nil {
				return r.fail(2, "cannot open %s (%s)", value, reason(err))
			}
			if source, given = source+text+"\n", true; len(source) > maxText {
				return r.fail(2, "program limit exceeded: out of memory")
			}
		}
	}
	if !given {
		if len(args) == 0 {
			fmt.Fprintln(r.Err, "Usage: mawk [Options] [Program] [file ...]")
			return 0
		}
		source, args = args[0], args[1:]
	}
	read, err := parse(source)
	if err != nil {
		return r.fail(2, "%v", err)
	}
	r.program = read
	r.start(args)
	onlyBegin := true
	for _, rule := range r.rules {
		onlyBegin = onlyBegin && rule.begin
		if rule.begin && r.flow != "exit" {
			r.exec(rule.do)
		}
	}
	if !onlyBegin && r.flow != "exit" {
		r.input()
	}
	if !r.dead && r.broken == 0 {
		r.flow = ""
		for _, rule := range r.rules {
			if rule.end && r.flow != "exit" {
				r.exec(rule.do)
			}
		}
	}
	if r.dead && r.Alive() {
		return r.fail(2, "program limit exceeded: out of memory")
	}
	r.finish()
	return max(r.status, r.broken)
}

// fail writes "name: message" and returns the status.
func (r *run) fail(status int, format string, args ...any) int {
	fmt.Fprintf(r.Err, r.Name+": "+format+"\n", args...)
	return status
}

// reason is the last part of an error.
func reason(err error) string {
	parts := strings.Split(err.Error(), ": ")
	return parts[len(parts)-1]
}

// say prints, and ends the program when nobody reads it any more.
func (r *run) say(text string) {
	if _, err := io.WriteString(r.Out, text); err != nil {
		r.die()
	}
}

// die ends the program for what it has cost.
func (r *run) die() { r.flow, r.dead = "exit", true }

// assignment is what an operand that sets a variable looks like.
var assignment = regexp.MustCompile(`^[A-Za-z_]\w*=`)

// define does such an assignment.
func (r *run) define(text string) {
	name, given, _ := strings.Cut(text, "=")
	r.set(name, fromInput(notation.Unescape(given)))
}

func (r *run) applies(rule *rule) bool {
	switch {
	case rule.from == nil:
		return true
	case rule.to == nil:
		return r.eval(rule.from).truth()
	}
	if !rule.within && !r.eval(rule.from).truth() {
		return false
	}
	rule.within = !r.eval(rule.to).truth()
	return true
}

func (r *run) split(line string) {
	line = r.bounded(line)
	r.fields = append([]string{line}, r.cut(line, r.get("FS").text())...)
	r.vars["NF"] = num(float64(len(r.fields) - 1))
}

// cut splits a text as FS says.
func (r *run) cut(text, separator string) []string {
	switch {
	case separator == " ":
		return strings.Fields(text)
	case text == "":
		return nil
	case separator == "" || len(separator) == 1 && separator != "|":
		return strings.Split(text, separator)
	}
	if rx := r.regexp(separator); rx != nil && len(separator) > 1 {
		return rx.Split(r.searchable(rx, text), -1)
	}
	return strings.Split(text, separator)
}

func (r *run) regexp(expr string) *regexp.Regexp {
	if rx, ok := r.rx[expr]; ok {
		return rx
	}
	rx, err := notation.Compile(expr)
	if err != nil {
		rx = nil
	}
	if len(r.rx) < 64 {
		r.rx[expr] = rx
	}
	return rx
}

// spend says false when the program must end.
func (r *run) spend() bool {
	r.steps++
	return r.affordable()
}

// affordable ends the program when it has cost too much, or nobody waits for it.
func (r *run) affordable() bool {
	if r.steps > maxSteps || r.memory > maxMemory {
		r.die()
	}
	if r.steps >= r.look {
		if r.look = r.steps + 256; !r.Alive() {
			r.die()
		}
	}
	return !r.dead
}

// searchable counts what it costs to hold a text against an expression, and gives an empty one in its place when that is too much.
func (r *run) searchable(rx *regexp.Regexp, text string) string {
	r.steps += len(text) / 64 * (1 + len(rx.String())/16)
	if !r.affordable() {
		return ""
	}
	return text
}

// glue joins texts, if that does not become too long.
func (r *run) glue(words []string, between string) string {
	size := len(between) * len(words)
	for _, word := range words {
		size += len(word)
	}
	if size > maxText+len(between) {
		r.die()
		return ""
	}
	return r.bounded(strings.Join(words, between))
}

// bounded cuts a text that is too long, and counts it.
func (r *run) bounded(text string) string {
	r.steps += len(text) / 64
	if len(text) > maxText {
		r.die()
		return text[:maxText]
	}
	return text
}
