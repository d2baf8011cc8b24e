// Package sed knows the language of sed, as GNU's has it, but for what writes files (w, W) or runs commands (e). It works on texts alone, and what one
// script may cost is bounded.
package sed

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// What one script may cost.
const (
	maxSteps       = 200000 // commands run
	maxText        = 64 << 10
	maxOutput      = 256 << 10
	maxReplacement = 256
	maxCommands    = 200
	maxScript      = 64 << 10
	maxDepth       = 8      // of blocks in each other
	maxFound       = 200000 // places in one text, with the groups in each
)

// command is one of a script, with the lines that it is for.
type command struct {
	from, to address
	ranged   bool
	negated  bool
	within   bool
	until    int // the line up to which the range goes, once it has begun
	name     byte
	rx       *regexp.Regexp
	text     string            // the replacement, what is inserted, or the label
	signs    *strings.Replacer // of y
	global   bool
	print    bool
	nth      int
	jump     int // where it goes on: at the end of a block, behind it
	status   int // of q
}

// address is a line's number, each of some step, the last ($) or an expression; the zero value is none.
type address struct {
	line, step int
	plus       bool // the line is a distance
	last       bool
	rx         *regexp.Regexp
	given      bool
}

func (a address) is(line int, last bool, text string) bool {
	switch {
	case a.step > 0:
		return line >= a.line && (line-a.line)%a.step == 0
	case a.last:
		return last
	case a.rx != nil:
		return a.rx.MatchString(text)
	}
	return line == a.line
}

// Script is a script that was read. It is for one text after the other.
type Script struct{ commands []*command }

// Run returns what the script makes of the text, and the status that it ends with; quiet is -n. It ends early when alive says no.
func (s *Script) Run(text string, quiet bool, alive func() bool) (string, int) {
	r := &run{quiet: quiet, alive: alive}
	if text != "" {
		r.unread = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	for _, c := range s.commands {
		c.within = false
	}
	for !r.done && r.read() {
		for r.again = true; r.again; {
			r.again = false
			r.do(s.commands)
		}
		r.end()
	}
	out := r.out.String()
	if !strings.HasSuffix(text, "\n") && text != "" {
		out = strings.TrimSuffix(out, "\n") // the last line had no end, either
	}
	return out, r.status
}

// run is one run over one text.
type run struct {
	out      strings.Builder
	unread   []string
	quiet    bool
	alive    func() bool
	line     int
	text     string // the pattern space
	hold     string
	behind   string // what a appends
	gone     bool   // the line is not to be printed
	done     bool
	again    bool // the commands begin anew, without another line
	replaced bool // for t
	steps    int
	status   int
}

// read takes the next line.
func (r *run) read() bool {
	if len(r.unread) == 0 {
		return false
	}
	r.text, r.unread = r.unread[0], r.unread[1:]
	r.line++
	r.gone, r.replaced = false, false
	return true
}

// end is the end of a cycle.
func (r *run) end() {
	if !r.gone && !r.quiet {
		r.print(r.text)
	}
	r.out.WriteString(r.behind)
	r.behind = ""
}

func (r *run) print(text string) { r.out.WriteString(text + "\n") }

func (r *run) do(list []*command) {
	for at := 0; at < len(list); at++ {
		c := list[at]
		if r.steps += 1 + len(r.text)/256; r.steps > maxSteps || !r.alive() || r.out.Len() > maxOutput || len(r.text)+len(r.hold)+len(r.behind) > 2*maxText {
			r.done, r.gone = true, true
			return
		}
		if r.wants(c) == c.negated {
			if c.name == '{' {
				at = c.jump
			}
			continue
		}
		switch c.name {
		case '{', '}', ':', '#':
		case 's':
			r.substitute(c)
		case 'y':
			r.text = c.signs.Replace(r.text)
		case 'b':
			at = c.jump
		case 't', 'T':
			if r.replaced == (c.name == 't') {
				at = c.jump
			}
			r.replaced = false
		case 'd':
			r.gone = true
			return
		case 'D':
			_, rest, more := strings.Cut(r.text, "\n")
			if !more {
				r.gone = true
				return
			}
			r.out.WriteString(r.behind)
			r.behind, r.text, r.again = "", rest, true
			return
		case 'p':
			r.print(r.text)
		case 'P':
			first, _, _ := strings.Cut(r.text, "\n")
			r.print(first)
		case 'l':
			r.print(strings.NewReplacer("\\", `\\`, "\n", `\n`, "\t", `\t`).Replace(r.text) + "$")
		case 'n':
			if len(r.unread) == 0 {
				r.done = true // and the line is printed, as at the end
				return
			}
			r.end()
			r.read()
		case 'N':
			if len(r.unread) == 0 {
				r.done = true
				return
			}
			before := r.text
			r.out.WriteString(r.behind)
			r.behind = ""
			r.read()
			r.text = before + "\n" + r.text
		case 'z':
			r.text = ""
		case 'F':
			r.print("-")
		case 'g':
			r.text = r.hold
		case 'G':
			r.text += "\n" + r.hold
		case 'h':
			r.hold = r.text
		case 'H':
			r.hold += "\n" + r.text
		case 'x':
			r.text, r.hold = r.hold, r.text
		case 'q', 'Q':
			r.done, r.status = true, c.status
			r.gone = r.gone || c.name == 'Q'
			return
		case '=':
			r.print(strconv.Itoa(r.line))
		case 'i':
			r.print(c.text)
		case 'a':
			r.behind += c.text + "\n"
		case 'c':
			if !c.ranged || !c.within || c.negated {
				r.print(c.text)
			}
			r.gone = true
			return
		}
	}
}

func (r *run) wants(c *command) bool {
	last := len(r.unread) == 0
	switch {
	case !c.from.given:
		return true
	case !c.ranged:
		return c.from.is(r.line, last, r.text)
	case !c.within:
		if !c.from.is(r.line, last, r.text) && (c.from.line != 0 || c.from.rx != nil || c.from.last || r.line != 1) {
			return false
		}
		c.until = c.to.line
		switch {
		case c.to.plus:
			c.until = r.line + c.to.line
		case c.to.step > 0:
			c.until = (r.line + c.to.step - 1) / c.to.step * c.to.step
		}
		c.within = c.to.rx != nil || c.to.last && !last || c.until > r.line
		if c.from.line == 0 && c.from.rx == nil && !c.from.last && c.to.rx != nil { // 0,/x/ may end on the first line
			c.within = !c.to.rx.MatchString(r.text)
		}
		return true
	}
	switch {
	case c.to.rx != nil:
		c.within = !c.to.rx.MatchString(r.text)
	case c.to.last:
		c.within = !last
	default:
		c.within = r.line < c.until
		return r.line <= c.until
	}
	return true
}

// cased changes the case of what is written, as \U, \L, \u, \l and \E ask for.
type cased struct {
	strings.Builder
	all, next byte
}

func (c *cased) add(text string) {
	switch c.all {
	case 'U':
		text = strings.ToUpper(text)
	case 'L':
		text = strings.ToLower(text)
	}
	if c.next != 0 && text != "" {
		first := strings.ToUpper(text[:1])
		if c.next == 'l' {
			first = strings.ToLower(text[:1])
		}
		text, c.next = first+text[1:], 0
	}
	c.WriteString(text)
}

func (r *run) substitute(c *command) {
	most := 1
	if c.global || c.nth > 0 {
		most = maxFound / (1 + c.rx.NumSubexp())
	}
	found := c.rx.FindAllStringSubmatchIndex(r.text, most)
	if c.nth > 0 && len(found) >= c.nth {
		found = found[c.nth-1:]
	} else if c.nth > 0 {
		return
	}
	if !c.global && len(found) > 1 {
		found = found[:1]
	}
	if len(found) == 0 {
		return
	}
	r.replaced = true
	r.steps += len(found)
	var out cased
	at := 0
	for _, m := range found {
		out.WriteString(r.text[at:m[0]])
		out.all, out.next = 0, 0
		for i := 0; i < len(c.text) && out.Len() < maxText; i++ {
			group := -1
			switch {
			case c.text[i] == '&':
				group = 0
			case c.text[i] == '\\' && i+1 < len(c.text):
				i++
				switch ch := c.text[i]; {
				case ch >= '0' && ch <= '9':
					group = int(ch - '0')
				case ch == 'n':
					out.add("\n")
				case ch == 't':
					out.add("\t")
				case ch == 'U', ch == 'L':
					out.all = ch
				case ch == 'E':
					out.all = 0
				case ch == 'u', ch == 'l':
					out.next = ch
				default:
					out.add(string(ch))
				}
			default:
				out.add(c.text[i : i+1])
			}
			if group >= 0 && 2*group+1 < len(m) && m[2*group] >= 0 {
				out.add(r.text[m[2*group]:m[2*group+1]])
			}
		}
		at = m[1]
	}
	out.WriteString(r.text[at:])
	if r.text = out.String(); c.print {
		r.print(r.text)
	}
}

// errWith is an error in the words of sed.
func errWith(char int, text string) error {
	return errors.New("-e expression #1, char " + strconv.Itoa(char) + ": " + text)
}
