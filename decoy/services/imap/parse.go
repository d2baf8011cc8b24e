package imap

import (
	"errors"
	"strconv"
	"strings"
)

// The bounds of a command.
const (
	maxValues   = 512
	maxDepth    = 10
	maxLiterals = 32
	maxRaw      = 4096     // of what is recorded
	maxLiteral  = 16 << 10 // bytes of one that is an argument
	maxMessage  = 1 << 20  // of one that is a message to keep
	keptMessage = 6 << 10
)

var errSyntax = errors.New("imap: not a command")

// value is an argument: a word, a string, or a list of values in parentheses.
type value struct {
	text   string
	list   []value
	isList bool
	size   int64 // of a literal of which text is only the beginning, else 0
}

// command is one command as the client sent it.
type command struct {
	tag, name string // the name in capitals
	args      []value
	raw       string // without the tag, at most its first bytes
}

// text returns the argument's text, or "" where there is none.
func (c command) text(i int) string {
	if i < len(c.args) && !c.args[i].isList {
		return c.args[i].text
	}
	return ""
}

// source gives what a command consists of.
type source interface {
	// line returns the next line without its end.
	line() (string, error)
	// literal returns the first keep of n bytes, for which the client waits to be asked where it must.
	literal(n, keep int64, wait bool) ([]byte, error)
}

// parser takes a command apart, line after line.
type parser struct {
	open     [][]value // the lists that are not closed yet; the first is the command itself
	values   int
	literals int
	raw      strings.Builder
}

// readCommand reads one command. errSyntax comes with the tag where there was one; another error is the source's.
func readCommand(from source, known bool) (command, error) {
	p := &parser{open: make([][]value, 1)}
	for {
		line, err := from.line()
		if err != nil {
			p.note(line)
			return p.command(), err
		}
		p.note(line)
		size, wait, more, err := p.scan(line)
		if err != nil || !more {
			if len(p.open) > 1 {
				err = errSyntax
			}
			c := p.command()
			if c.name == "" {
				err = errSyntax
			}
			return c, err
		}
		most, keep := int64(maxLiteral), int64(maxLiteral)
		if c := p.command(); known && c.name == "APPEND" {
			most, keep = maxMessage, keptMessage
		}
		if p.literals++; size > most || p.literals > maxLiterals {
			return p.command(), errSyntax
		}
		text, err := from.literal(size, keep, wait)
		p.note(string(text))
		if err != nil {
			return p.command(), err
		}
		v := value{text: string(text)}
		if int64(len(text)) < size {
			v.size = size
		}
		p.add(v)
	}
}

func (p *parser) note(text string) {
	p.raw.WriteString(text[:min(len(text), max(0, maxRaw-p.raw.Len()))])
}

func (p *parser) add(v value) bool {
	last := len(p.open) - 1
	p.open[last] = append(p.open[last], v)
	p.values++
	return p.values <= maxValues
}

// command returns what was understood so far.
func (p *parser) command() command {
	var c command
	top := p.open[0]
	if len(top) > 0 {
		c.tag = top[0].text
	}
	if len(top) > 1 {
		c.name, c.args = strings.ToUpper(top[1].text), top[2:]
	}
	_, c.raw, _ = strings.Cut(p.raw.String(), " ")
	return c
}

// scan takes in a line. It tells whether a literal of a size follows, and whether the client waits to be asked for it.
func (p *parser) scan(s string) (size int64, wait, more bool, err error) {
	for s != "" {
		ok := true
		switch s[0] {
		case ' ':
			s = s[1:]
		case '(':
			if len(p.open) == maxDepth {
				return 0, false, false, errSyntax
			}
			p.open, s = append(p.open, nil), s[1:]
		case ')':
			last := len(p.open) - 1
			if last == 0 {
				return 0, false, false, errSyntax
			}
			list := p.open[last]
			p.open, s = p.open[:last], s[1:]
			ok = p.add(value{list: list, isList: true})
		case '"':
			var text string
			if text, s, ok = quoted(s[1:]); ok {
				ok = p.add(value{text: text})
			}
		case '{':
			size, wait, ok = literalSize(s)
			if !ok {
				return 0, false, false, errSyntax
			}
			return size, wait, true, nil
		default:
			n := wordLength(s)
			ok = p.add(value{text: s[:n]})
			s = s[n:]
		}
		if !ok {
			return 0, false, false, errSyntax
		}
	}
	return 0, false, false, nil
}

// quoted returns the text up to the closing quote, and what follows it.
func quoted(s string) (text, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// wordLength is how long the word at the beginning of s is, which has at least one byte. A section in brackets belongs to it.
func wordLength(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ', '(', ')', '"':
			if i > 0 {
				return i
			}
		case '[':
			end := strings.IndexByte(s[i:], ']')
			if end < 0 {
				return len(s)
			}
			i += end
		}
	}
	return len(s)
}

// literalSize reads {n} or {n+}, which must end the line.
func literalSize(s string) (size int64, wait, ok bool) {
	digits, ok := strings.CutSuffix(s[1:], "}")
	if !ok {
		return 0, false, false
	}
	digits, plus := strings.CutSuffix(digits, "+")
	n, err := strconv.ParseUint(digits, 10, 32)
	return int64(n), !plus, err == nil
}

// set is a sequence set: pairs of a first and a last number, where 0 is the last that there is.
type set [][2]uint32

// parseSet reads one, such as 1:3,7,9:*.
func parseSet(s string) (set, bool) {
	var out set
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, ":")
		a, ok := setNumber(first)
		if !ok || len(out) == maxValues {
			return nil, false
		}
		b := a
		if isRange {
			if b, ok = setNumber(last); !ok {
				return nil, false
			}
		}
		out = append(out, [2]uint32{a, b})
	}
	return out, true
}

func setNumber(s string) (uint32, bool) {
	if s == "*" {
		return 0, true
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n > 0
}

// has tells whether the set holds n, where last is the highest number that there is.
func (s set) has(n, last uint32) bool {
	for _, r := range s {
		a, b := r[0], r[1]
		if a == 0 {
			a = last
		}
		if b == 0 {
			b = last
		}
		if n >= min(a, b) && n <= max(a, b) {
			return true
		}
	}
	return false
}

// within tells whether no number of the set is above last.
func (s set) within(last uint32) bool {
	for _, r := range s {
		if r[0] > last || r[1] > last || last == 0 {
			return false
		}
	}
	return true
}
