// Package sed knows the commands of sed that edit lines; those that keep a text for later or jump, it does not. What one script may cost is
// bounded.
package sed

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"decnet/decoy/shell/notation"
)

// What one script may cost.
const (
	maxSteps       = 200000 // commands run
	maxText        = 64 << 10
	maxOutput      = 256 << 10
	maxReplacement = 256
)

// Script is a script that was read. It is for one text after the other.
type Script struct{ commands []*command }

// Parse reads a script. What is wrong with one is told as sed tells it.
func Parse(source string, extended bool) (*Script, error) {
	p := &parser{source: source, extended: extended}
	list, ok := p.commands(0)
	if !ok {
		return nil, fmt.Errorf("-e expression #1, char %d: unknown command: `%.1s'", max(1, len(source)-len(p.source)), strings.TrimSpace(p.source+"'"))
	}
	return &Script{list}, nil
}

// Run returns what the script makes of the text; quiet is -n.
func (s *Script) Run(text string, quiet bool) string {
	var all []string
	if text != "" {
		all = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	r := &run{quiet: quiet, of: len(all)}
	for i, line := range all {
		r.line, r.text, r.behind, r.gone = i+1, line, "", false
		if r.do(s.commands); !r.gone && !r.quiet {
			r.out.WriteString(r.text + "\n")
		}
		if r.out.WriteString(r.behind); r.done {
			break
		}
	}
	return r.out.String()
}

// command is one of a script, with the lines that it is for.
type command struct {
	from, to address
	ranged   bool
	negated  bool
	within   bool
	name     byte
	rx       *regexp.Regexp
	text     string            // the replacement, or what is inserted
	signs    *strings.Replacer // of y
	global   bool
	print    bool
	nth      int
	block    []*command
}

// address is a line's number, the last ($) or an expression; the zero value is none.
type address struct {
	line int
	last bool
	rx   *regexp.Regexp
}

func (a address) given() bool { return a.line > 0 || a.last || a.rx != nil }

func (a address) is(line, of int, text string) bool {
	return a.line > 0 && line == a.line || a.last && line == of || a.rx != nil && a.rx.MatchString(text)
}

type parser struct {
	source   string
	extended bool
}

func (p *parser) skip(set string) { p.source = strings.TrimLeft(p.source, set) }

// part takes the text up to a sign that is not escaped.
func (p *parser) part(end byte) (string, bool) {
	for i := 0; i < len(p.source); i++ {
		switch p.source[i] {
		case '\\':
			i++
		case end:
			text := strings.ReplaceAll(p.source[:i], `\`+string(end), string(end))
			p.source = p.source[i+1:]
			return text, true
		}
	}
	return "", false
}

func (p *parser) regexp(expr string, fold bool) *regexp.Regexp {
	if expr = strings.ReplaceAll(expr, `\n`, "\n"); !p.extended {
		expr = notation.Basic(expr)
	}
	if fold {
		expr = "(?i)" + expr
	}
	rx, err := regexp.Compile(expr)
	if err != nil {
		return nil
	}
	return rx
}

func (p *parser) address() (a address, ok bool) {
	switch {
	case p.source == "":
	case p.source[0] == '$':
		a.last, p.source = true, p.source[1:]
	case p.source[0] == '/':
		p.source = p.source[1:]
		expr, closed := p.part('/')
		if a.rx = p.regexp(expr, false); !closed || a.rx == nil {
			return a, false
		}
	default:
		digits := len(p.source) - len(strings.TrimLeft(p.source, "0123456789"))
		a.line, _ = strconv.Atoi(p.source[:digits])
		p.source = p.source[digits:]
	}
	return a, true
}

// commands reads a script, or the block of one.
func (p *parser) commands(depth int) (list []*command, ok bool) {
	for {
		p.skip(" \t\n;")
		if p.source == "" {
			return list, depth == 0
		}
		if p.source[0] == '}' {
			p.source = p.source[1:]
			return list, depth > 0
		}
		c := &command{}
		if c.from, ok = p.address(); !ok || depth > 8 || len(list) > 200 {
			return nil, false
		}
		if strings.HasPrefix(p.source, ",") {
			p.source, c.ranged = p.source[1:], true
			if c.to, ok = p.address(); !ok {
				return nil, false
			}
		}
		p.skip(" \t")
		if strings.HasPrefix(p.source, "!") {
			c.negated = true
			p.skip("! ")
		}
		if p.source == "" {
			return nil, false
		}
		c.name, p.source = p.source[0], p.source[1:]
		switch c.name {
		case '{':
			if c.block, ok = p.commands(depth + 1); !ok {
				return nil, false
			}
		case 's', 'y':
			if p.source == "" {
				return nil, false
			}
			end := p.source[0]
			p.source = p.source[1:]
			expr, first := p.part(end)
			text, second := p.part(end)
			if !first || !second || len(text) > maxReplacement {
				return nil, false
			}
			if c.name == 'y' {
				from, to := []rune(notation.Unescape(expr)), []rune(notation.Unescape(text))
				if len(from) != len(to) {
					return nil, false
				}
				var pairs []string
				for i := range from {
					pairs = append(pairs, string(from[i]), string(to[i]))
				}
				c.signs = strings.NewReplacer(pairs...)
				break
			}
			fold := false
		flags:
			for p.source != "" {
				switch f := p.source[0]; f {
				case 'g':
					c.global = true
				case 'p':
					c.print = true
				case 'i', 'I':
					fold = true
				case '1', '2', '3', '4', '5', '6', '7', '8', '9':
					c.nth = int(f - '0')
				default:
					break flags
				}
				p.source = p.source[1:]
			}
			if c.rx = p.regexp(expr, fold); c.rx == nil {
				return nil, false
			}
			c.text = text
		case 'a', 'i', 'c':
			text, rest, _ := strings.Cut(p.source, "\n")
			c.text, p.source = strings.TrimPrefix(strings.TrimLeft(text, " \t"), "\\"), rest
			if c.text == "" {
				c.text, p.source, _ = strings.Cut(p.source, "\n")
			}
		case 'd', 'p', 'q', '=', 'n':
		default:
			return nil, false
		}
		list = append(list, c)
	}
}

// run is one run over one text.
type run struct {
	out    strings.Builder
	quiet  bool
	line   int
	of     int
	text   string
	behind string // what a appends
	gone   bool   // the line is not to be printed
	done   bool
	steps  int
}

func (r *run) do(list []*command) {
	for _, c := range list {
		if r.steps++; r.steps > maxSteps || r.out.Len() > maxOutput || len(r.text) > maxText {
			r.done = true
			return
		}
		if r.wants(c) == c.negated {
			continue
		}
		switch c.name {
		case '{':
			r.do(c.block)
		case 's':
			r.substitute(c)
		case 'y':
			r.text = c.signs.Replace(r.text)
		case 'd':
			r.gone = true
		case 'p':
			r.out.WriteString(r.text + "\n")
		case 'q':
			r.done = true
		case '=':
			r.out.WriteString(strconv.Itoa(r.line) + "\n")
		case 'i':
			r.out.WriteString(c.text + "\n")
		case 'a':
			r.behind += c.text + "\n"
		case 'c':
			r.out.WriteString(c.text + "\n")
			r.gone = true
		}
		if r.gone || r.done {
			return
		}
	}
}

func (r *run) wants(c *command) bool {
	switch {
	case !c.from.given():
		return true
	case !c.ranged:
		return c.from.is(r.line, r.of, r.text)
	case !c.within:
		if !c.from.is(r.line, r.of, r.text) {
			return false
		}
		c.within = c.to.line == 0 || c.to.line > r.line
		return true
	}
	if c.to.is(r.line, r.of, r.text) || c.to.line > 0 && r.line >= c.to.line {
		c.within = false
	}
	return true
}

func (r *run) substitute(c *command) {
	found := c.rx.FindAllStringSubmatchIndex(r.text, -1)
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
	var out strings.Builder
	at := 0
	for _, m := range found {
		out.WriteString(r.text[at:m[0]])
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
					out.WriteByte('\n')
				case ch == 't':
					out.WriteByte('\t')
				default:
					out.WriteByte(ch)
				}
			default:
				out.WriteByte(c.text[i])
			}
			if group >= 0 && 2*group+1 < len(m) && m[2*group] >= 0 {
				out.WriteString(r.text[m[2*group]:m[2*group+1]])
			}
		}
		at = m[1]
	}
	out.WriteString(r.text[at:])
	if r.text = out.String(); c.print {
		r.out.WriteString(r.text + "\n")
	}
}
