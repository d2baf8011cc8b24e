package redis

import (
	"math"
	"strconv"
	"strings"
)

// The bounds of a script that is understood.
const (
	maxLua      = 4096 // bytes
	maxLuaDepth = 16
	maxLuaText  = 64 << 10 // bytes of a string that it makes
)

// lua answers a script that returns a number or a string, sums and joins of such, or what one command of Redis's answers: by these, probes see whether scripts are run. Others are not
// run; it says false of them.
func (c *client) lua(script string, keys, values []string) bool {
	if len(script) > maxLua {
		return false
	}
	p := &luaParser{rest: script, keys: keys, values: values}
	if !p.word("return") {
		return false
	}
	if p.word("redis.call(") || p.word("redis.pcall(") {
		var args []string
		for ok := true; ok; ok = p.word(",") {
			v, good := p.join(0)
			if !good {
				return false
			}
			args = append(args, v.text())
		}
		cmd, known := commands[strings.ToLower(args[0])]
		if d := table[strings.ToLower(args[0])]; !p.word(")") || !p.end() || !known || d.has("noscript") || c.wrong(args) != "" {
			return false
		}
		cmd.run(c, args)
		return true
	}
	v, ok := p.join(0)
	if !ok || !p.end() {
		return false
	}
	switch {
	case v.none:
		c.out.null()
	case v.number && (math.IsNaN(v.n) || math.Abs(v.n) >= 1<<63):
		c.out.integer(math.MinInt64) // as the cast of C comes out
	case v.number:
		c.out.integer(int64(v.n))
	default:
		c.out.bulk(v.s)
	}
	return true
}

// luaValue is a number, a string or nil.
type luaValue struct {
	number, none bool
	n            float64
	s            string
}

// text is the value as Lua writes it.
func (v luaValue) text() string {
	if v.number {
		return strconv.FormatFloat(v.n, 'g', 14, 64)
	}
	return v.s
}

// float is the value as a number, for sums.
func (v luaValue) float() (float64, bool) {
	if v.number {
		return v.n, true
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(v.s), 64)
	return n, err == nil && !v.none
}

// luaParser evaluates as it reads.
type luaParser struct {
	rest         string
	keys, values []string
}

func (p *luaParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// word takes the text where it comes next.
func (p *luaParser) word(text string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, text)
	if !ok || text == "return" && rest != "" && strings.IndexByte(" \t\r\n'\"(", rest[0]) < 0 {
		return false
	}
	p.rest = rest
	return true
}

func (p *luaParser) end() bool {
	p.word(";")
	p.space()
	return p.rest == ""
}

// join reads sums with .. between them.
func (p *luaParser) join(depth int) (v luaValue, ok bool) {
	if depth > maxLuaDepth {
		return v, false
	}
	v, ok = p.sum(depth)
	for ok && p.word("..") {
		var other luaValue
		if other, ok = p.sum(depth); !ok || v.none || other.none || len(v.text())+len(other.text()) > maxLuaText {
			return v, false
		}
		v = luaValue{s: v.text() + other.text()}
	}
	return v, ok
}

// several reads operands with one of the operators between them.
func (p *luaParser) several(operators string, one func() (luaValue, bool)) (v luaValue, ok bool) {
	v, ok = one()
	for ok {
		p.space()
		if p.rest == "" || strings.IndexByte(operators, p.rest[0]) < 0 {
			break
		}
		operator := p.rest[0]
		p.rest = p.rest[1:]
		other, good := one()
		a, first := v.float()
		b, second := other.float()
		if !good || !first || !second {
			return v, false
		}
		switch operator {
		case '+':
			a += b
		case '-':
			a -= b
		case '*':
			a *= b
		case '/':
			a /= b
		case '%':
			a -= math.Floor(a/b) * b
		}
		v = luaValue{number: true, n: a}
	}
	return v, ok
}

func (p *luaParser) sum(depth int) (luaValue, bool) {
	return p.several("+-", func() (luaValue, bool) {
		return p.several("*/%", func() (luaValue, bool) { return p.operand(depth) })
	})
}

// operand reads a number, a string, nil, an argument or something in parentheses.
func (p *luaParser) operand(depth int) (luaValue, bool) {
	p.space()
	switch {
	case p.word("("):
		v, ok := p.join(depth + 1)
		return v, ok && p.word(")")
	case p.word("nil"):
		return luaValue{none: true}, true
	case p.word("KEYS["):
		return p.argument(p.keys)
	case p.word("ARGV["):
		return p.argument(p.values)
	case p.word("'"):
		return p.quoted("'")
	case p.word(`"`):
		return p.quoted(`"`)
	}
	end := 0
	for end < len(p.rest) && (strings.IndexByte("0123456789.", p.rest[end]) >= 0 && !strings.HasPrefix(p.rest[end:], "..") || end == 0 && p.rest[0] == '-') {
		end++
	}
	n, err := strconv.ParseFloat(p.rest[:end], 64)
	if err != nil {
		return luaValue{}, false
	}
	p.rest = p.rest[end:]
	return luaValue{number: true, n: n}, true
}

func (p *luaParser) argument(of []string) (luaValue, bool) {
	number, rest, ok := strings.Cut(p.rest, "]")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if !ok || err != nil {
		return luaValue{}, false
	}
	p.rest = rest
	if n < 1 || n > len(of) {
		return luaValue{none: true}, true
	}
	return luaValue{s: of[n-1]}, true
}

// quoted reads up to the quote; one with a backslash is not understood.
func (p *luaParser) quoted(quote string) (luaValue, bool) {
	text, rest, ok := strings.Cut(p.rest, quote)
	if !ok || strings.ContainsAny(text, "\\\n") {
		return luaValue{}, false
	}
	p.rest = rest
	return luaValue{s: text}, true
}
