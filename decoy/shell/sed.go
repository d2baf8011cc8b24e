package shell

import (
	"regexp"
	"strconv"
	"strings"
)

// maxSedSteps bounds the commands that one sed runs.
const maxSedSteps = 200000

// sedCommand is one of a script, with the lines that it is for.
type sedCommand struct {
	from, to sedAddress
	ranged   bool
	negated  bool
	within   bool
	name     byte
	rx       *regexp.Regexp
	text     string // the replacement, or what is inserted
	other    string // of y: what takes the place of text
	global   bool
	print    bool
	nth      int
	block    []*sedCommand
}

// sedAddress is a line's number, the last ($) or an expression; the zero value is none.
type sedAddress struct {
	line int
	last bool
	rx   *regexp.Regexp
}

func (a sedAddress) given() bool { return a.line > 0 || a.last || a.rx != nil }

func (a sedAddress) is(line, of int, text string) bool {
	return a.line > 0 && line == a.line || a.last && line == of || a.rx != nil && a.rx.MatchString(text)
}

type sedParser struct {
	source   string
	extended bool
}

func (p *sedParser) skip(set string) { p.source = strings.TrimLeft(p.source, set) }

// part takes the text up to a sign that is not escaped.
func (p *sedParser) part(end byte) (string, bool) {
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

func (p *sedParser) regexp(expr string, fold bool) *regexp.Regexp {
	if expr = strings.ReplaceAll(expr, `\n`, "\n"); !p.extended {
		expr = basicRegexp(expr)
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

func (p *sedParser) address() (a sedAddress, ok bool) {
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
func (p *sedParser) commands(depth int) (list []*sedCommand, ok bool) {
	for {
		p.skip(" \t\n;")
		if p.source == "" {
			return list, depth == 0
		}
		if p.source[0] == '}' {
			p.source = p.source[1:]
			return list, depth > 0
		}
		c := &sedCommand{}
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
			if !first || !second || len(text) > maxReplacement*4 {
				return nil, false
			}
			if c.name == 'y' {
				if c.text, c.other = awkEscapes(expr), awkEscapes(text); len(c.text) != len(c.other) {
					return nil, false
				}
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

// sedRun is one run over one text.
type sedRun struct {
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

func (r *sedRun) do(list []*sedCommand) {
	for _, c := range list {
		if r.steps++; r.steps > maxSedSteps || r.out.Len() > maxPipe || len(r.text) > maxAwkString {
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
			r.text = translated(r.text, c.text, c.other)
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

func (r *sedRun) wants(c *sedCommand) bool {
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

func (r *sedRun) substitute(c *sedCommand) {
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
		for i := 0; i < len(c.text) && out.Len() < maxAwkString; i++ {
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

// sed knows the commands that edit lines; those that keep a text for later or jump, it does not.
func sed(c *call) int {
	var scripts, operands []string
	quiet, extended, inPlace := false, false, false
	args := c.args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-e" || a == "--expression" || a == "-f":
			if i++; i < len(args) {
				scripts = append(scripts, args[i])
			}
		case strings.HasPrefix(a, "-e"):
			scripts = append(scripts, a[2:])
		case strings.HasPrefix(a, "-i") || strings.HasPrefix(a, "--in-place"):
			inPlace = true
		case len(a) > 1 && a[0] == '-' && a[1] != '-':
			quiet = quiet || strings.Contains(a, "n")
			extended = extended || strings.ContainsAny(a, "Er")
			inPlace = inPlace || strings.Contains(a, "i")
		default:
			operands = append(operands, a)
		}
	}
	if len(scripts) == 0 {
		if len(operands) == 0 {
			return c.fail(1, "no script specified")
		}
		scripts, operands = operands[:1], operands[1:]
	}
	script := strings.Join(scripts, "\n")
	p := &sedParser{source: script, extended: extended}
	list, ok := p.commands(0)
	if !ok {
		return c.fail(1, "-e expression #1, char %d: unknown command: `%.1s'", max(1, len(script)-len(p.source)), strings.TrimSpace(p.source+"'"))
	}
	if !inPlace {
		texts, ok := c.inputs(operands)
		c.printf("%s", runSed(list, strings.Join(texts, ""), quiet))
		return truth(ok)
	}
	status := 0
	for _, name := range operands {
		text, err := c.readFile(name)
		if err != nil {
			status = c.fail(4, "can't read %s", err)
			continue
		}
		if err := c.save(name, runSed(list, text, quiet)); err != nil {
			status = c.fail(4, "couldn't open temporary file ./sedXx1yZz: %s", problem(err))
		}
	}
	return status
}

func runSed(list []*sedCommand, text string, quiet bool) string {
	all := lines(text)
	r := &sedRun{quiet: quiet, of: len(all)}
	for i, line := range all {
		r.line, r.text, r.behind, r.gone = i+1, line, "", false
		if r.do(list); !r.gone && !r.quiet {
			r.out.WriteString(r.text + "\n")
		}
		if r.out.WriteString(r.behind); r.done {
			break
		}
	}
	return r.out.String()
}
