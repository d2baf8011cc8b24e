package redis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a script that is understood.
const (
	maxLua      = 4096 // bytes
	maxLuaDepth = 16
	maxLuaText  = 64 << 10 // bytes of a string that it makes
	maxLuaCalls = 32       // commands that it runs
	maxLuaNames = 32
)

// luaValue is nil, a bool, a float64, a string, a *luaTable, luaReply or luaFunction.
type luaValue any

// luaTable is a list with names beside it.
type luaTable struct {
	list  []luaValue
	names map[string]luaValue
}

// luaReply is a status (+) or an error (-) of a command.
type luaReply string

// luaFunction is one of those that a script may call; name is how the error for another would name it.
type luaFunction func(p *luaParser, args []luaValue) luaValue

// luaError ends a script in Redis's words; whole tells that nothing is to be said around it but where.
type luaError struct {
	text  string
	where int  // the line of the code that watches over globals: older versions show it
	calls bool // a command's
	whole bool
}

// errLua tells that a script is beyond what is understood here.
var errLua = errors.New("not understood")

// luaParser evaluates as it reads. It gives up by panicking with errLua or a luaError.
type luaParser struct {
	client *client
	rest   string
	locals map[string]luaValue
	calls  int
	depth  int
}

// lua answers a script of assignments and one return: by such, probes see whether scripts are run. Others (those with loops, conditions and functions) are not
// run; it says false of them.
func (c *client) lua(script string, keys, values []string) (answered bool) {
	if len(script) > maxLua {
		return false
	}
	list := func(all []string) *luaTable {
		t := &luaTable{}
		for _, s := range all {
			t.list = append(t.list, s)
		}
		return t
	}
	p := &luaParser{client: c, rest: script, locals: map[string]luaValue{"KEYS": list(keys), "ARGV": list(values)}}
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case error:
			if !errors.Is(problem, errLua) {
				panic(problem)
			}
			answered = false
		case luaError:
			c.out.fail(c.luaProblem(problem, digest(script)))
			answered = true
		default:
			panic(problem)
		}
	}()
	c.luaAnswer(p.chunk(), 0)
	return true
}

// luaProblem is an error of a script in the words of the version.
func (c *client) luaProblem(e luaError, sum string) string {
	modern := c.server.version.atLeast(7, 0)
	switch {
	case e.whole && !modern && strings.HasSuffix(e.text, "'<eof>'"): // it is compiled as the body of a function, which ends a line later
		return "ERR Error compiling script (new function): user_script:2: " + strings.TrimSuffix(e.text, "'<eof>'") + "'end'"
	case e.whole:
		return "ERR Error compiling script (new function): user_script:1: " + e.text
	case modern && e.calls:
		return e.text + " script: " + sum + ", on @user_script:1."
	case modern:
		return "ERR user_script:1: " + e.text + " script: " + sum + ", on @user_script:1."
	case e.calls:
		return "ERR Error running script (call to f_" + sum + "): @user_script:1: " + strings.TrimPrefix(e.text, "ERR ")
	case e.where > 0:
		return fmt.Sprintf("ERR Error running script (call to f_%s): @enable_strict_lua:%d: user_script:1: %s", sum, e.where, e.text)
	}
	return "ERR Error running script (call to f_" + sum + "): @user_script:1: user_script:1: " + e.text
}

// luaAnswer writes a script's result. A list ends at its first nil.
func (c *client) luaAnswer(v luaValue, depth int) {
	switch v := v.(type) {
	case string:
		c.out.bulk(v)
	case float64:
		if math.IsNaN(v) || math.Abs(v) >= 1<<63 {
			c.out.integer(math.MinInt64) // as the cast of C comes out
		} else {
			c.out.integer(int64(v))
		}
	case bool:
		if v {
			c.out.integer(1)
		} else {
			c.out.null()
		}
	case luaReply:
		if text, failed := strings.CutPrefix(string(v), "-"); failed {
			c.out.fail(text)
		} else {
			c.out.simple(string(v[1:]))
		}
	case *luaTable:
		for _, kind := range []string{"ok", "err"} {
			if text, ok := v.names[kind].(string); ok {
				c.luaAnswer(luaReply(map[string]string{"ok": "+", "err": "-"}[kind]+oneLine(text)), depth)
				return
			}
		}
		list := v.list
		if at := slices.Index(list, nil); at >= 0 {
			list = list[:at]
		}
		// A list may be in another again and again.
		if c.out.left -= 16 * (1 + len(list)); depth > maxLuaDepth || c.out.left < 0 {
			list = nil
		}
		c.out.array(len(list))
		for _, item := range list {
			c.luaAnswer(item, depth+1)
		}
	default:
		c.out.null()
	}
}

// luaText is a value as tostring makes it.
func luaText(v luaValue) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', 14, 64)
	case bool:
		return strconv.FormatBool(v)
	case *luaTable, luaReply:
		return "table: 0x7f1c9a05b2c0"
	case luaFunction:
		return "function: 0x7f1c9a0411e0"
	}
	return "nil"
}

func luaType(v luaValue) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case *luaTable, luaReply:
		return "table"
	case luaFunction:
		return "function"
	}
	return "nil"
}

func luaNumber(v luaValue) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return n, err == nil
	}
	return 0, false
}

func truth(v luaValue) bool { return v != nil && v != false }

// space goes over blanks and comments.
func (p *luaParser) space() {
	for {
		p.rest = strings.TrimLeft(p.rest, " \t\r\n")
		if !strings.HasPrefix(p.rest, "--") || strings.HasPrefix(p.rest, "--[") {
			return
		}
		_, p.rest, _ = strings.Cut(p.rest, "\n")
	}
}

func isName(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// peekName returns the name or keyword that comes next.
func (p *luaParser) peekName() string {
	p.space()
	end := 0
	for end < len(p.rest) && isName(p.rest[end]) && (end > 0 || p.rest[0] < '0' || p.rest[0] > '9') {
		end++
	}
	return p.rest[:end]
}

func (p *luaParser) name() string {
	name := p.peekName()
	p.rest = p.rest[len(name):]
	return name
}

// take takes a symbol or keyword where it comes next.
func (p *luaParser) take(text string) bool {
	if isName(text[0]) {
		if p.peekName() != text {
			return false
		}
	} else if p.space(); !strings.HasPrefix(p.rest, text) {
		return false
	}
	p.rest = p.rest[len(text):]
	return true
}

// near is how the compiler names what comes next.
func (p *luaParser) near() string {
	name := p.peekName()
	switch {
	case p.rest == "":
		return "'<eof>'"
	case name != "":
		return "'" + name + "'"
	}
	return "'" + p.rest[:1] + "'"
}

func (p *luaParser) broken(format string, args ...any) {
	panic(luaError{text: fmt.Sprintf(format, args...), whole: true})
}

func (p *luaParser) want(text string) {
	if !p.take(text) {
		p.broken("'%s' expected near %s", text, p.near())
	}
}

func (p *luaParser) fail(format string, args ...any) {
	panic(luaError{text: fmt.Sprintf(format, args...)})
}

// beyond are the keywords of what is not understood.
var beyond = strings.Fields("if for while repeat function do goto break")

// chunk reads statements up to a return, and gives what it returns.
func (p *luaParser) chunk() luaValue {
	for {
		for p.take(";") {
		}
		next := p.peekName()
		switch {
		case p.rest == "":
			return nil
		case p.take("return"):
			if p.take(";"); p.peekName() == "" && p.rest == "" {
				return nil
			}
			v := p.expression(0)
			for p.take(",") {
				p.expression(0)
			}
			if p.take(";"); p.near() != "'<eof>'" {
				p.broken("'<eof>' expected near %s", p.near())
			}
			return v
		case slices.Contains(beyond, next):
			panic(errLua)
		case p.take("local"):
			name := p.name()
			if name == "" {
				p.broken("'<name>' expected near %s", p.near())
			}
			if name == "function" || p.take(",") || len(p.locals) > maxLuaNames {
				panic(errLua)
			}
			p.locals[name] = nil
			if p.take("=") {
				p.locals[name] = p.expression(0)
			}
		case next == "":
			p.broken("unexpected symbol near %s", p.near())
		default:
			p.statement(next)
		}
	}
}

// statement reads an assignment or a call.
func (p *luaParser) statement(name string) {
	before := p.rest
	p.name()
	if p.space(); strings.HasPrefix(p.rest, "=") && !strings.HasPrefix(p.rest, "==") {
		p.take("=")
		value := p.expression(0)
		if _, local := p.locals[name]; local && name != "KEYS" && name != "ARGV" {
			p.locals[name] = value
			return
		}
		if p.client.server.version.atLeast(7, 0) {
			p.fail("Attempt to modify a readonly table")
		}
		panic(luaError{text: "Script attempted to create global variable '" + name + "'", where: 8})
	}
	if p.rest == "" || strings.IndexByte(".[(:", p.rest[0]) < 0 {
		p.broken("'=' expected near %s", p.near())
	}
	p.rest = before
	if _, called := p.primary(); !called {
		if p.space(); strings.HasPrefix(p.rest, "=") {
			panic(errLua)
		}
		p.broken("'=' expected near %s", p.near())
	}
}

// levels are the operators between two values, from the loosest.
var levels = [][]string{{"or"}, {"and"}, {"==", "~=", "<=", ">=", "<", ">"}, {".."}, {"+", "-"}, {"*", "/", "%"}}

func (p *luaParser) expression(level int) luaValue {
	if level == len(levels) {
		return p.unary()
	}
	if level == 0 {
		if p.depth++; p.depth > maxLuaDepth {
			panic(errLua)
		}
		defer func() { p.depth-- }()
	}
	v := p.expression(level + 1)
	for {
		p.space()
		at := slices.IndexFunc(levels[level], func(o string) bool {
			return !(o == "-" && strings.HasPrefix(p.rest, "--")) && p.take(o)
		})
		if at < 0 {
			return v
		}
		v = p.operate(levels[level][at], v, p.expression(level+1))
	}
}

func (p *luaParser) operate(operator string, a, b luaValue) luaValue {
	switch operator {
	case "or":
		if truth(a) {
			return a
		}
		return b
	case "and":
		if truth(a) {
			return b
		}
		return a
	case "==", "~=":
		if luaType(a) == "function" || luaType(b) == "function" {
			panic(errLua)
		}
		return (a == b) == (operator == "==")
	case "..":
		for _, v := range []luaValue{a, b} {
			if t := luaType(v); t != "string" && t != "number" {
				p.fail("attempt to concatenate a %s value", t)
			}
		}
		if len(luaText(a))+len(luaText(b)) > maxLuaText {
			panic(errLua)
		}
		return luaText(a) + luaText(b)
	}
	x, ok1 := luaNumber(a)
	y, ok2 := luaNumber(b)
	if strings.ContainsAny(operator, "<>") {
		s, text1 := a.(string)
		t, text2 := b.(string)
		switch {
		case text1 && text2:
			x, y = float64(strings.Compare(s, t)), 0
		case text1 || text2 || !ok1 || !ok2:
			p.fail("attempt to compare %s with %s", luaType(a), luaType(b))
		}
		switch operator {
		case "<":
			return x < y
		case ">":
			return x > y
		case "<=":
			return x <= y
		}
		return x >= y
	}
	if !ok1 || !ok2 {
		wrong := a
		if ok1 {
			wrong = b
		}
		p.fail("attempt to perform arithmetic on a %s value", luaType(wrong))
	}
	switch operator {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	}
	return x - math.Floor(x/y)*y
}

func (p *luaParser) unary() luaValue {
	if p.depth++; p.depth > 2*maxLuaDepth {
		panic(errLua)
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("not"):
		return !truth(p.unary())
	case p.take("#"):
		switch v := p.unary().(type) {
		case string:
			return float64(len(v))
		case *luaTable:
			return float64(len(v.list))
		default:
			p.fail("attempt to get length of a %s value", luaType(v))
		}
	case p.take("-"):
		v := p.unary()
		n, ok := luaNumber(v)
		if !ok {
			p.fail("attempt to perform arithmetic on a %s value", luaType(v))
		}
		return -n
	}
	v, _ := p.primary()
	return v
}

// primary reads a value and what is called or looked up in it; it tells whether the last was a call.
func (p *luaParser) primary() (v luaValue, called bool) {
	what := ""
	switch name := p.peekName(); {
	case name == "" && p.take("("):
		v = p.expression(0)
		p.want(")")
	case name == "":
		return p.constant(), false
	case name == "nil" || name == "true" || name == "false":
		p.name()
		v = map[string]luaValue{"true": true, "false": false}[name]
		return v, false
	case slices.Contains(beyond, name):
		panic(errLua)
	case slices.Contains([]string{"return", "end", "then", "else", "elseif", "local", "and", "or", "not", "in", "until"}, name):
		p.broken("unexpected symbol near '%s'", name)
	default:
		p.name()
		v, what = p.variable(name), "global '"+name+"'"
	}
	for {
		p.space()
		switch {
		case strings.HasPrefix(p.rest, ".."):
			return v, called
		case p.take("."), strings.HasPrefix(p.rest, "[") && !strings.HasPrefix(p.rest, "[["):
			var key luaValue
			if p.take("[") {
				key = p.expression(0)
				p.want("]")
			} else if key = p.name(); key == "" {
				p.broken("'<name>' expected near %s", p.near())
			}
			t, ok := v.(*luaTable)
			if !ok {
				p.fail("attempt to index %s (a %s value)", what, luaType(v))
			}
			v, what, called = t.at(key), "field '"+luaText(key)+"'", false
		case p.take("("):
			var args []luaValue
			for !p.take(")") {
				if len(args) > 0 {
					p.want(",")
				}
				if len(args) == maxQueued {
					panic(errLua)
				}
				args = append(args, p.expression(0))
			}
			f, ok := v.(luaFunction)
			if !ok {
				p.fail("attempt to call %s (a %s value)", what, luaType(v))
			}
			v, called = f(p, args), true
		case strings.HasPrefix(p.rest, ":"), strings.HasPrefix(p.rest, "{"), strings.HasPrefix(p.rest, "'") && called, strings.HasPrefix(p.rest, "[["):
			panic(errLua)
		default:
			return v, called
		}
	}
}

func (t *luaTable) at(key luaValue) luaValue {
	switch key := key.(type) {
	case float64:
		if i := int(key); float64(i) == key && i > 0 && i <= len(t.list) {
			return t.list[i-1]
		}
	case string:
		return t.names[key]
	}
	return nil
}

// constant reads a number, a string or a table.
func (p *luaParser) constant() luaValue {
	for _, quote := range []string{"'", `"`} {
		if !p.take(quote) {
			continue
		}
		text, rest, ok := strings.Cut(p.rest, quote)
		if !ok || strings.ContainsAny(text, "\\\n") {
			panic(errLua)
		}
		p.rest = rest
		return text
	}
	if p.take("{") {
		t := &luaTable{names: map[string]luaValue{}}
		for !p.take("}") {
			if len(t.list)+len(t.names) == maxQueued {
				panic(errLua)
			}
			before := p.rest
			if name := p.name(); name != "" && p.take("=") && !strings.HasPrefix(p.rest, "=") {
				t.names[name] = p.expression(0)
			} else {
				p.rest = before
				t.list = append(t.list, p.expression(0))
			}
			if !p.take(",") && !p.take(";") {
				p.want("}")
				break
			}
		}
		return t
	}
	end := 0
	for end < len(p.rest) && strings.IndexByte("0123456789.", p.rest[end]) >= 0 && !strings.HasPrefix(p.rest[end:], "..") {
		end++
	}
	n, err := strconv.ParseFloat(p.rest[:end], 64)
	switch {
	case end == 0 && strings.HasPrefix(p.rest, "["), err == nil && end < len(p.rest) && isName(p.rest[end]):
		panic(errLua)
	case err != nil:
		p.broken("unexpected symbol near %s", p.near())
	}
	p.rest = p.rest[end:]
	return n
}

// variable is a local's or a global's value. Redis lets no script name a global that doesn't exist: io, package and the like.
func (p *luaParser) variable(name string) luaValue {
	if v, ok := p.locals[name]; ok {
		return v
	}
	v := p.client.server.version
	if name == "os" && v.atLeast(7, 4) {
		return &luaTable{names: map[string]luaValue{"clock": luaFunction(func(*luaParser, []luaValue) luaValue { return 0.25 })}}
	}
	if value, ok := luaGlobals[name]; ok {
		if name == "redis" && v.atLeast(7, 0) {
			t := &luaTable{names: map[string]luaValue{"REDIS_VERSION": v.String(), "REDIS_VERSION_NUM": float64(v[0]<<16 | v[1]<<8 | v[2])}}
			maps.Copy(t.names, value.(*luaTable).names)
			return t
		}
		return value
	}
	if slices.Contains(luaOthers, name) {
		panic(errLua)
	}
	word := "nonexistent"
	if !v.atLeast(6, 0) {
		word = "unexisting"
	}
	panic(luaError{text: "Script attempted to access " + word + " global variable '" + name + "'", where: 15})
}

// luaOthers exist in Redis and are not understood here.
var luaOthers = strings.Fields("assert bit cjson cmsgpack collectgarbage coroutine getmetatable ipairs load loadstring next pairs pcall rawequal rawget rawset select setmetatable struct table unpack xpcall _G")

// luaGlobals is filled by init because what is in it looks into it.
var luaGlobals map[string]luaValue

func init() {
	text := func(args []luaValue, i int) string {
		if i < len(args) {
			return luaText(args[i])
		}
		return ""
	}
	of := func(f func(p *luaParser, args []luaValue) luaValue) luaFunction { return f }
	on := func(f func(string) luaValue) luaFunction {
		return of(func(_ *luaParser, args []luaValue) luaValue { return f(text(args, 0)) })
	}
	reply := func(kind string) luaFunction {
		return on(func(s string) luaValue { return luaReply(kind + oneLine(s)) })
	}
	luaGlobals = map[string]luaValue{
		"_VERSION": "Lua 5.1",
		"tostring": on(func(s string) luaValue { return s }),
		"tonumber": of(func(_ *luaParser, args []luaValue) luaValue {
			if len(args) == 1 {
				if n, ok := luaNumber(args[0]); ok {
					return n
				}
			}
			return nil
		}),
		"type": of(func(p *luaParser, args []luaValue) luaValue {
			if len(args) == 0 {
				p.fail("bad argument #1 to 'type' (value expected)")
			}
			return luaType(args[0])
		}),
		"error": of(func(p *luaParser, args []luaValue) luaValue {
			p.fail("%s", oneLine(text(args, 0)))
			return nil
		}),
		"string": &luaTable{names: map[string]luaValue{
			"upper": on(func(s string) luaValue { return strings.ToUpper(s) }), "lower": on(func(s string) luaValue { return strings.ToLower(s) }), "len": on(func(s string) luaValue { return float64(len(s)) }),
			"rep": of(func(_ *luaParser, args []luaValue) luaValue {
				n, ok := luaNumber(append(args, nil, nil)[1])
				if s := text(args, 0); ok && n*float64(len(s)) <= maxLuaText {
					return strings.Repeat(s, int(min(max(n, 0), maxLuaText)))
				}
				panic(errLua)
			}),
			"sub": luaUnknown, "format": luaUnknown, "byte": luaUnknown, "char": luaUnknown, "find": luaUnknown, "match": luaUnknown, "gmatch": luaUnknown, "gsub": luaUnknown, "reverse": luaUnknown, "dump": luaUnknown,
		}},
		"math": &luaTable{names: map[string]luaValue{
			"floor": of(func(p *luaParser, args []luaValue) luaValue {
				n, ok := luaNumber(append(args, nil)[0])
				if !ok {
					panic(errLua)
				}
				return math.Floor(n)
			}),
			"pi": math.Pi, "random": luaUnknown, "max": luaUnknown, "min": luaUnknown, "abs": luaUnknown, "ceil": luaUnknown, "sqrt": luaUnknown,
		}},
		"redis": &luaTable{names: map[string]luaValue{
			"call": luaCall(false), "pcall": luaCall(true), "status_reply": reply("+"), "error_reply": reply("-"), "sha1hex": on(func(s string) luaValue { return digest(s) }),
			"log": of(func(*luaParser, []luaValue) luaValue { return nil }), "LOG_DEBUG": 0.0, "LOG_VERBOSE": 1.0, "LOG_NOTICE": 2.0, "LOG_WARNING": 3.0,
			"setresp": of(func(*luaParser, []luaValue) luaValue { return nil }), "replicate_commands": of(func(*luaParser, []luaValue) luaValue { return true }),
		}},
	}
}

// luaUnknown is a function that exists and is not understood.
var luaUnknown = luaFunction(func(*luaParser, []luaValue) luaValue { panic(errLua) })

// luaCall runs a command. Its error ends the script, or is what it returns.
func luaCall(protected bool) luaFunction {
	return func(p *luaParser, args []luaValue) luaValue {
		problem := func(text string) luaValue {
			if p.client.server.version.atLeast(7, 0) {
				text = "ERR " + strings.Replace(text, "%", "script", 1)
			} else {
				text = "@user_script: 1: " + strings.Replace(strings.Replace(text, "not allowed from %", "not allowed from scripts", 1), "%", "Lua script", 1)
			}
			if protected {
				return luaReply("-" + text)
			}
			panic(luaError{text: text, calls: true})
		}
		if p.calls++; p.calls > maxLuaCalls {
			panic(errLua)
		}
		if len(args) == 0 {
			return problem("Please specify at least one argument for this redis lib call")
		}
		words := make([]string, len(args))
		for i, a := range args {
			if t := luaType(a); t != "string" && t != "number" {
				return problem("Lua redis lib command arguments must be strings or integers")
			}
			words[i] = luaText(a)
		}
		name := strings.ToLower(words[0])
		d, cmd := table()[name], commands()[name]
		wrong := p.client.wrong(words)
		if len(words) > 1 && table()[name+"|"+strings.ToLower(words[1])] != nil {
			d = table()[name+"|"+strings.ToLower(words[1])]
		}
		switch {
		case strings.HasPrefix(wrong, "ERR unknown command"):
			return problem("Unknown Redis command called from %")
		case wrong != "":
			return problem("Wrong number of args calling Redis command from %")
		case d.has("noscript") || cmd.control || cmd.stranger || d.group == "scripting" || d.has("blocking"):
			return problem("This Redis command is not allowed from %")
		}
		var out bytes.Buffer
		c := p.client
		outer := c.out
		c.out = &writer{out: bufio.NewWriter(&out), proto: 2, left: outer.left}
		cmd.run(c, words)
		c.out.out.Flush()
		c.out = outer
		v := luaReplied(bufio.NewReader(&out))
		if reply, ok := v.(luaReply); ok && reply[0] == '-' && !protected {
			panic(luaError{text: string(reply[1:]), calls: true})
		}
		return v
	}
}

// luaReplied turns a command's answer, in RESP 2, into a value.
func luaReplied(in *bufio.Reader) luaValue {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case ':':
		return float64(n)
	case '$', '*':
		if n < 0 {
			return false
		}
	default:
		return luaReply(line)
	}
	if line[0] == '$' {
		text := make([]byte, n+2)
		for at := 0; at < len(text); {
			k, err := in.Read(text[at:])
			if err != nil {
				return nil
			}
			at += k
		}
		return string(text[:n])
	}
	t := &luaTable{}
	for range n {
		t.list = append(t.list, luaReplied(in))
	}
	return t
}
