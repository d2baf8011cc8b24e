package shell

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// unescape puts signs in the place of their escapes, as echo -e and printf do. ended says that \c has cut the rest off. Echo's octal numbers begin with 0.
func unescape(s string, ofEcho bool) (text string, ended bool) {
	if !strings.Contains(s, `\`) {
		return s, false
	}
	var b strings.Builder
	digits := func(i, base, most int) (value, next int) {
		for n := 0; n < most && i < len(s); n, i = n+1, i+1 {
			d := strings.IndexByte("0123456789abcdef", s[i]|0x20)
			if s[i] >= '0' && s[i] <= '9' {
				d = int(s[i] - '0')
			}
			if d < 0 || d >= base {
				break
			}
			value = value*base + d
		}
		return value, i
	}
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		i++
		at := s[i]
		i++
		switch at {
		case 'a', 'b', 'f', 'n', 'r', 't', 'v':
			b.WriteByte("\a\b\f\n\r\t\v"[strings.IndexByte("abfnrtv", at)])
		case 'e', 'E':
			b.WriteByte(0x1b)
		case '\\':
			b.WriteByte('\\')
		case 'c':
			return b.String(), true
		case 'x', 'u', 'U':
			value, next := digits(i, 16, map[byte]int{'x': 2, 'u': 4, 'U': 8}[at])
			switch {
			case next == i:
				b.WriteString(`\` + string(at))
			case at == 'x':
				b.WriteByte(byte(value))
			default:
				b.Write(utf8.AppendRune(nil, rune(value)))
			}
			i = next
		case '0', '1', '2', '3', '4', '5', '6', '7':
			start, most := i-1, 3
			if at == '0' && ofEcho {
				start, most = i, 3
			}
			value, next := digits(start, 8, most)
			b.WriteByte(byte(value))
			i = next
		case '"', '\'':
			if ofEcho {
				b.WriteByte('\\')
			}
			b.WriteByte(at)
		default:
			b.WriteString(`\` + string(at))
		}
	}
	return b.String(), false
}

func echo(c *call) int {
	args, newline, escapes := c.args[1:], true, c.dash
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		if c.dash && args[0] != "-n" { // it knows no other
			break
		}
		for _, letter := range args[0][1:] {
			switch letter {
			case 'n':
				newline = false
			case 'e':
				escapes = true
			case 'E':
				escapes = false
			}
		}
		args = args[1:]
	}
	text := strings.Join(args, " ")
	if escapes {
		var ended bool
		if text, ended = unescape(text, true); ended {
			newline = false
		}
	}
	if newline {
		text += "\n"
	}
	c.printf("%s", text)
	return 0
}

// conversion is one of printf's.
var conversion = regexp.MustCompile(`%(?:%|([-+ 0#']*)(\*|\d*)(?:\.(\*|\d*))?(?:hh|h|ll|l|j|z|t|L|q)?([a-zA-Z]))`)

// maxWidth is the widest that printf makes anything.
const maxWidth = 999

func printf(c *call) int {
	args, into := c.args[1:], ""
	if len(args) > 1 && args[0] == "-v" && syntax.ValidName(args[1]) {
		into, args = args[1], args[2:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(c.err, "printf: usage: printf [-v var] format [arguments]")
		return 2
	}
	p := &printer{call: c, values: args[1:]}
	out := &limitedBuffer{limit: maxPipe}
	for first := true; first || len(p.values) > 0; first = false {
		before := len(p.values)
		text, ended := p.once(args[0])
		if _, err := out.Write([]byte(text)); err != nil || ended || len(p.values) == before {
			break
		}
		if !c.budget.step(c.ctx, c.depth) {
			break
		}
	}
	if into != "" {
		c.store(into, expand.Variable{Set: true, Kind: expand.String, Str: out.String(), Exported: c.vars[into].Exported}, c.streams)
	} else {
		c.printf("%s", out.String())
	}
	return p.status
}

// printer is one printf.
type printer struct {
	*call
	values []string
	status int
}

// text is what the format makes of the values, once.
func (p *printer) text(format string) string {
	text, _ := p.once(format)
	return text
}

func (p *printer) next() string {
	if len(p.values) == 0 {
		return ""
	}
	v := p.values[0]
	p.values = p.values[1:]
	return v
}

// number reads a value as a number: 12, 0x1f, 017 or 'A.
func (p *printer) number() int64 {
	text := p.next()
	if len(text) > 1 && (text[0] == '\'' || text[0] == '"') {
		r, _ := utf8.DecodeRuneInString(text[1:])
		return int64(r)
	}
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 0, 64)
	if err != nil {
		p.status = p.shellFail(1, "printf: %s: invalid number", text)
		digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
		n, _ = strconv.ParseInt(digits, 10, 64)
	}
	return n
}

// once goes through the format one time.
func (p *printer) once(format string) (text string, ended bool) {
	var b strings.Builder
	plain := func(s string) bool {
		t, cut := unescape(s, false)
		b.WriteString(t)
		return cut
	}
	for format != "" {
		at := conversion.FindStringSubmatchIndex(format)
		if at == nil {
			break
		}
		if plain(format[:at[0]]) {
			return b.String(), true
		}
		found := format[at[0]:at[1]]
		part := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return format[at[2*i]:at[2*i+1]]
		}
		flags, width, precision, verb := strings.ReplaceAll(part(1), "'", ""), part(2), part(3), part(4)
		exact := at[6] >= 0
		format = format[at[1]:]
		if found == "%%" {
			b.WriteByte('%')
			continue
		}
		measure := func(s string) string {
			if s == "*" {
				s = strconv.FormatInt(p.number(), 10)
			}
			n, _ := strconv.Atoi(s)
			if n < 0 {
				flags += "-"
			}
			return strconv.Itoa(min(max(n, -n), maxWidth))
		}
		if width != "" {
			width = measure(width)
		}
		how := "%" + flags + width
		if exact {
			how += "." + measure(precision)
		}
		switch verb {
		case "d", "i":
			b.WriteString(fmt.Sprintf(how+"d", p.number()))
		case "u":
			b.WriteString(fmt.Sprintf(how+"d", uint64(p.number())))
		case "o", "x", "X":
			b.WriteString(fmt.Sprintf(how+verb, uint64(p.number())))
		case "f", "F", "e", "E", "g", "G", "a", "A":
			value := p.next()
			f, err := strconv.ParseFloat(value, 64)
			if err != nil && value != "" {
				p.status = p.shellFail(1, "printf: %s: invalid number", value)
			}
			b.WriteString(fmt.Sprintf(how+strings.NewReplacer("a", "x", "A", "X").Replace(verb), f))
		case "c":
			value := p.next()
			b.WriteString(fmt.Sprintf("%"+flags+width+"s", value[:min(1, len(value))]))
		case "s":
			b.WriteString(fmt.Sprintf(how+"s", p.next()))
		case "b":
			t, cut := unescape(p.next(), true)
			b.WriteString(fmt.Sprintf(how+"s", t))
			if cut {
				return b.String(), true
			}
		case "q":
			b.WriteString(fmt.Sprintf(how+"s", backslashed(p.next())))
		default:
			p.status = p.shellFail(1, "printf: `%s': invalid format character", verb)
			return b.String(), true
		}
		if b.Len() > maxPipe {
			return b.String(), true
		}
	}
	ended = plain(format)
	return b.String(), ended
}

// backslashed is a text as printf %q has it.
func backslashed(s string) string {
	if s == "" {
		return "''"
	}
	if strings.ContainsAny(s, "\n\t\x1b") {
		return shellQuoted(s)
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(" !\"#$&'()*,;<>?[\\]^`{|}~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
