package sed

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"decnet/decoy/shell/notation"
)

// parser reads a script.
type parser struct {
	source, rest string
	extended     bool
	list         []*command
	blocks       []int          // those that are open
	labels       map[string]int // where they stand
	last         *regexp.Regexp // what an empty expression means
}

// Parse reads a script. What is wrong with one is told as sed tells it.
func Parse(source string, extended bool) (*Script, error) {
	if len(source) > maxScript {
		return nil, errWith(0, "memory exhausted")
	}
	p := &parser{source: source, rest: source, extended: extended, labels: map[string]int{}}
	for {
		p.skip(" \t\n;")
		if p.rest == "" {
			break
		}
		if err := p.command(); err != nil {
			return nil, err
		}
	}
	if len(p.blocks) > 0 {
		return nil, errWith(0, "unmatched `{'")
	}
	for _, c := range p.list {
		if strings.IndexByte("btT", c.name) >= 0 {
			at, ok := p.labels[c.text]
			switch {
			case c.text == "":
				c.jump = len(p.list)
			case !ok:
				return nil, errors.New("can't find label for jump to `" + c.text + "'")
			default:
				c.jump = at
			}
		}
	}
	return &Script{p.list}, nil
}

func (p *parser) skip(set string) { p.rest = strings.TrimLeft(p.rest, set) }

// wrong is an error at the place that the parser has come to.
func (p *parser) wrong(text string) error { return errWith(len(p.source)-len(p.rest), text) }

// part takes the text up to a sign that is not escaped.
func (p *parser) part(end byte, expression bool) (string, bool) {
	set := false
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\':
			i++
		case set:
			set = c != ']'
		case c == '[' && expression && strings.IndexByte(p.rest[i+1:], ']') >= 0:
			set = true
			if rest := strings.TrimPrefix(p.rest[i+1:], "^"); strings.HasPrefix(rest, "]") {
				i += len(p.rest[i+1:]) - len(rest) + 1
			}
		case c == end:
			text := p.rest[:i]
			if end != '|' && end != '+' { // there, the escaped sign is the special one
				text = strings.ReplaceAll(text, `\`+string(end), string(end))
			}
			p.rest = p.rest[i+1:]
			return text, true
		}
	}
	return "", false
}

func (p *parser) regexp(expr string, fold bool) (*regexp.Regexp, error) {
	if expr == "" && p.last != nil {
		return p.last, nil
	}
	expr = strings.NewReplacer(`\\`, `\\`, `\n`, "\n").Replace(expr)
	if p.extended {
		expr = notation.Extended(expr)
	} else {
		expr = notation.Basic(expr)
	}
	if fold {
		expr = "(?i)" + expr
	}
	rx, err := notation.Compile(expr)
	switch {
	case err == nil:
		p.last = rx
		return rx, nil
	case strings.Contains(err.Error(), "missing closing ]"):
		return nil, p.wrong("unterminated address regex")
	case strings.Contains(err.Error(), "missing closing )"):
		return nil, p.wrong("Unmatched ( or \\(")
	case strings.Contains(err.Error(), "unexpected )"):
		return nil, p.wrong("Unmatched ) or \\)")
	}
	return nil, p.wrong("Invalid preceding regular expression")
}

func (p *parser) number() int {
	digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
	n, _ := strconv.Atoi(p.rest[:digits])
	p.rest = p.rest[digits:]
	return n
}

func (p *parser) address(second bool) (a address, err error) {
	if p.rest == "" {
		return a, nil
	}
	end := p.rest[0]
	switch {
	case end == '$':
		a.last, p.rest = true, p.rest[1:]
	case end == '/' || end == '\\' && len(p.rest) > 1:
		if p.rest = p.rest[1:]; end == '\\' {
			end, p.rest = p.rest[0], p.rest[1:]
		}
		expr, closed := p.part(end, true)
		if !closed {
			p.rest = ""
			return a, p.wrong("unterminated address regex")
		}
		fold := strings.HasPrefix(p.rest, "I")
		p.rest = strings.TrimPrefix(p.rest, "I")
		if a.rx, err = p.regexp(expr, fold); err != nil {
			return a, err
		}
	case end >= '0' && end <= '9':
		if a.line = p.number(); strings.HasPrefix(p.rest, "~") {
			p.rest = p.rest[1:]
			a.step = p.number()
		}
	case second && (end == '+' || end == '~'):
		p.rest = p.rest[1:]
		if n := p.number(); end == '+' {
			a.line, a.plus = n, true
		} else {
			a.step = n
		}
	default:
		return a, nil
	}
	a.given = true
	return a, nil
}

// command reads one.
func (p *parser) command() (err error) {
	c := &command{}
	if len(p.list) >= maxCommands {
		return p.wrong("too many commands")
	}
	if c.from, err = p.address(false); err != nil {
		return err
	}
	p.skip(" \t")
	if strings.HasPrefix(p.rest, ",") && c.from.given {
		p.rest, c.ranged = p.rest[1:], true
		p.skip(" \t")
		if c.to, err = p.address(true); err != nil {
			return err
		}
		if !c.to.given {
			return p.wrong("unexpected `,'")
		}
	}
	if c.from.given && !c.from.last && c.from.rx == nil && c.from.line == 0 && c.from.step == 0 && c.to.rx == nil {
		return p.wrong("invalid usage of line address 0")
	}
	p.skip(" \t")
	if strings.HasPrefix(p.rest, "!") {
		c.negated = true
		p.skip("! \t")
	}
	if p.rest == "" {
		return p.wrong("missing command")
	}
	c.name, p.rest = p.rest[0], p.rest[1:]
	at := len(p.list)
	p.list = append(p.list, c)
	switch c.name {
	case '#':
		_, p.rest, _ = strings.Cut(p.rest, "\n")
		return nil
	case '{':
		if p.blocks = append(p.blocks, at); len(p.blocks) > maxDepth {
			return p.wrong("too many {'s")
		}
		return nil
	case '}':
		if len(p.blocks) == 0 {
			return p.wrong("unexpected `}'")
		}
		p.list[p.blocks[len(p.blocks)-1]].jump = at
		p.blocks = p.blocks[:len(p.blocks)-1]
	case ':':
		end := strings.IndexAny(p.rest+"\n", "\n;")
		label := strings.TrimSpace(p.rest[:end])
		if label == "" {
			return p.wrong("\":\" lacks a label")
		}
		p.labels[label], p.rest = at, p.rest[end:]
		return nil
	case 'b', 't', 'T':
		end := strings.IndexAny(p.rest+"\n", "\n;}")
		c.text, p.rest = strings.TrimSpace(p.rest[:end]), p.rest[end:]
		return nil
	case 's', 'y':
		return p.substitution(c)
	case 'a', 'i', 'c':
		return p.insertion(c)
	case 'q', 'Q':
		p.skip(" \t")
		c.status = p.number() & 255
	case 'd', 'D', 'p', 'P', 'n', 'N', 'g', 'G', 'h', 'H', 'x', '=', 'l', 'z', 'F':
	default:
		return p.wrong("unknown command: `" + string(c.name) + "'")
	}
	return p.ends()
}

// ends looks that nothing stands behind a command.
func (p *parser) ends() error {
	p.skip(" \t")
	if p.rest != "" && strings.IndexByte("\n;}#", p.rest[0]) < 0 {
		p.rest = p.rest[1:]
		return p.wrong("extra characters after command")
	}
	return nil
}

// insertion reads the text of a, i or c: up to the end of the line, and beyond where that is escaped.
func (p *parser) insertion(c *command) error {
	p.skip(" \t")
	p.rest = strings.TrimPrefix(p.rest, "\\")
	p.rest = strings.TrimPrefix(strings.TrimLeft(p.rest, " \t"), "\n")
	if p.rest == "" {
		return p.wrong("expected \\ after `a', `c' or `i'")
	}
	var text strings.Builder
	for p.rest != "" && p.rest[0] != '\n' {
		if p.rest[0] == '\\' && len(p.rest) > 1 {
			p.rest = p.rest[1:]
			if p.rest[0] == 't' {
				p.rest = "\t" + p.rest[1:]
			}
		}
		text.WriteByte(p.rest[0])
		p.rest = p.rest[1:]
	}
	c.text = text.String()
	return nil
}

// substitution reads s or y.
func (p *parser) substitution(c *command) error {
	unterminated := func() error {
		p.rest = ""
		return p.wrong("unterminated `" + string(c.name) + "' command")
	}
	if p.rest == "" {
		return unterminated()
	}
	end := p.rest[0]
	p.rest = p.rest[1:]
	expr, first := p.part(end, c.name == 's')
	if !first {
		return unterminated()
	}
	text, second := p.part(end, false)
	if !second {
		return unterminated()
	}
	if len(text) > maxReplacement {
		return p.wrong("memory exhausted")
	}
	if c.name == 'y' {
		from, to := []rune(notation.Unescape(expr)), []rune(notation.Unescape(text))
		if len(from) != len(to) {
			return p.wrong("strings for `y' command are different lengths")
		}
		var pairs []string
		for i := range from {
			pairs = append(pairs, string(from[i]), string(to[i]))
		}
		c.signs = strings.NewReplacer(pairs...)
		return p.ends()
	}
	fold := false
	for p.rest != "" && strings.IndexByte("gpiIeMmw0123456789", p.rest[0]) >= 0 {
		switch f := p.rest[0]; f {
		case 'g':
			c.global = true
		case 'p':
			c.print = true
		case 'i', 'I':
			fold = true
		case '1', '2', '3', '4', '5', '6', '7', '8', '9':
			c.nth = p.number()
			continue
		case '0':
			return p.wrong("number option to `s' command may not be zero")
		}
		p.rest = p.rest[1:]
	}
	if p.skip(" \t"); p.rest != "" && strings.IndexByte("\n;}#", p.rest[0]) < 0 {
		p.rest = p.rest[1:]
		return p.wrong("unknown option to `s'")
	}
	var err error
	c.rx, err = p.regexp(expr, fold)
	c.text = text
	return err
}
