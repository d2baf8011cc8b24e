package shell

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// What one awk program may cost.
const (
	maxAwkSteps  = 400000
	maxAwkString = 64 << 10
	maxAwkMemory = 2 << 20 // bytes in variables and arrays, by and by
	maxAwkDepth  = 60      // of expressions in each other
)

var errAwkSyntax = errors.New("syntax error at or near end of line")

// awkValue is a number or a text; what comes from the input is both, if it looks like a number.
type awkValue struct {
	s   string
	n   float64
	num bool // n counts
	str bool // s counts
}

func awkNumber(n float64) awkValue { return awkValue{n: n, num: true} }
func awkText(s string) awkValue    { return awkValue{s: s, str: true} }

// awkInput is a value that came from outside.
func awkInput(s string) awkValue {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return awkValue{s: s, n: n, num: err == nil && !strings.ContainsAny(s, "xXpPnN_"), str: true}
}

func (v awkValue) text() string {
	switch {
	case v.str:
		return v.s
	case !v.num:
		return ""
	case v.n == math.Trunc(v.n) && math.Abs(v.n) < 1e16:
		return strconv.FormatInt(int64(v.n), 10)
	}
	return strconv.FormatFloat(v.n, 'g', 6, 64)
}

var awkLeading = regexp.MustCompile(`^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`)

func (v awkValue) number() float64 {
	if v.num || !v.str {
		return v.n
	}
	n, _ := strconv.ParseFloat(strings.TrimSpace(awkLeading.FindString(v.s)), 64)
	return n
}

func (v awkValue) truth() bool {
	if v.num {
		return v.n != 0
	}
	return v.s != ""
}

// awkNode is a part of a program: an expression or a statement, by its kind.
type awkNode struct {
	kind string // of a leaf or a statement, or the operator
	text string
	n    float64
	kids []*awkNode
	rx   *regexp.Regexp
}

// awkRule is a pattern with what it does.
type awkRule struct {
	from, to, do *awkNode // any may be nil
	within       bool
	begin, end   bool
}

// awkLexer cuts a program into tokens.
var awkLexer = regexp.MustCompile(`^(?:([ \t\r]+|#[^\n]*|\\\n)|("(?:[^"\\\n]|\\(?s:.))*")|(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\+\+|--|\+=|-=|\*=|/=|%=|\^=|==|<=|>=|!=|!~|&&|\|\||>>|[-+*/%^!<>~?:,;(){}\[\]$=|\n]))`)

type awkToken struct {
	kind, text string // s: a string, n: a number, w: a word, f: a word before a parenthesis; operators are their own kind
}

type awkParser struct {
	source string
	tok    awkToken
	before awkToken
	depth  int
}

func (p *awkParser) next() {
	p.before = p.tok
	for {
		if p.source == "" {
			p.tok = awkToken{kind: "end"}
			return
		}
		m := awkLexer.FindStringSubmatch(p.source)
		if m == nil {
			panic(errAwkSyntax)
		}
		p.source = p.source[len(m[0]):]
		switch {
		case m[1] != "":
			continue
		case m[2] != "":
			p.tok = awkToken{"s", awkEscapes(m[2][1 : len(m[2])-1])}
		case m[3] != "":
			p.tok = awkToken{"n", m[3]}
		case m[4] != "":
			p.tok = awkToken{"w", m[4]}
			if strings.HasPrefix(p.source, "(") {
				p.tok.kind = "f"
			}
		default:
			p.tok = awkToken{m[5], m[5]}
		}
		return
	}
}

func awkEscapes(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`, `\"`, `"`, `\/`, `/`, `\a`, "\a", `\033`, "\x1b").Replace(s)
}

func (p *awkParser) is(kinds ...string) bool {
	for _, k := range kinds {
		if p.tok.kind == k || p.tok.kind == "w" && p.tok.text == k || p.tok.kind == "f" && p.tok.text == k {
			return true
		}
	}
	return false
}

func (p *awkParser) accept(kind string) bool {
	if !p.is(kind) {
		return false
	}
	p.next()
	return true
}

func (p *awkParser) expect(kind string) {
	if !p.accept(kind) {
		panic(errAwkSyntax)
	}
}

func (p *awkParser) blank() {
	for p.is("\n", ";") {
		p.next()
	}
}

func (p *awkParser) lines() {
	for p.is("\n") {
		p.next()
	}
}

// deeper bounds how far the parser goes into itself.
func (p *awkParser) deeper() func() {
	if p.depth++; p.depth > maxAwkDepth {
		panic(errAwkSyntax)
	}
	return func() { p.depth-- }
}

// parseAwk reads a program.
func parseAwk(source string) (rules []*awkRule, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok || !errors.Is(e, errAwkSyntax) {
				panic(r)
			}
			err = e
		}
	}()
	p := &awkParser{source: source}
	p.next()
	for p.blank(); !p.is("end"); p.blank() {
		r := &awkRule{}
		switch {
		case p.accept("BEGIN"):
			r.begin = true
		case p.accept("END"):
			r.end = true
		case !p.is("{"):
			r.from = p.expr(true)
			if p.accept(",") {
				p.lines()
				r.to = p.expr(true)
			}
		}
		if p.is("{") {
			r.do = p.block()
		} else if r.begin || r.end {
			panic(errAwkSyntax)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func (p *awkParser) block() *awkNode {
	p.expect("{")
	b := &awkNode{kind: "block"}
	for p.blank(); !p.is("}"); p.blank() {
		b.kids = append(b.kids, p.statement())
	}
	p.next()
	return b
}

// body is a statement behind a condition.
func (p *awkParser) body() *awkNode {
	p.lines()
	if p.accept(";") {
		return &awkNode{kind: "block"}
	}
	return p.statement()
}

func (p *awkParser) statement() *awkNode {
	defer p.deeper()()
	switch {
	case p.is("{"):
		return p.block()
	case p.accept("if"):
		p.expect("(")
		s := &awkNode{kind: "if", kids: []*awkNode{p.expr(true)}}
		p.expect(")")
		s.kids = append(s.kids, p.body())
		save := *p
		p.blank()
		if p.accept("else") {
			s.kids = append(s.kids, p.body())
		} else {
			*p = save
		}
		return s
	case p.accept("while"):
		p.expect("(")
		s := &awkNode{kind: "while", kids: []*awkNode{p.expr(true)}}
		p.expect(")")
		s.kids = append(s.kids, p.body())
		return s
	case p.accept("for"):
		p.expect("(")
		if p.is("w") {
			save := *p
			name := p.tok.text
			p.next()
			if p.accept("in") && p.is("w") {
				array := p.tok.text
				p.next()
				if p.accept(")") {
					return &awkNode{kind: "each", text: name, kids: []*awkNode{{text: array}, p.body()}}
				}
			}
			*p = save
		}
		parts := make([]*awkNode, 3)
		for i, end := range []string{";", ";", ")"} {
			if !p.is(end) {
				parts[i] = p.expr(true)
			}
			p.expect(end)
		}
		return &awkNode{kind: "for", kids: append(parts, p.body())}
	}
	s := p.simple()
	if !p.is("}") && !p.is("end") && !p.accept(";") {
		p.expect("\n")
	}
	return s
}

func (p *awkParser) simple() *awkNode {
	for _, word := range []string{"next", "break", "continue"} {
		if p.accept(word) {
			return &awkNode{kind: word}
		}
	}
	switch {
	case p.is("print", "printf"):
		s := &awkNode{kind: p.tok.text}
		p.next()
		paren := p.is("(")
		if !p.is(";", "\n", "}", ">", ">>", "|", "end") {
			s.kids = p.list(false)
		}
		if paren && len(s.kids) == 1 && s.kids[0].kind == "group" {
			s.kids = s.kids[0].kids
		}
		if p.is(">", ">>", "|") {
			s.text = p.tok.kind
			p.next()
			s.kids = append(s.kids, p.concat(false))
		}
		return s
	case p.accept("exit"):
		s := &awkNode{kind: "exit"}
		if !p.is(";", "\n", "}", "end") {
			s.kids = []*awkNode{p.expr(true)}
		}
		return s
	case p.accept("delete"):
		s := &awkNode{kind: "delete", text: p.tok.text}
		p.expect("w")
		if p.accept("[") {
			s.kids = p.list(true)
			p.expect("]")
		}
		return s
	}
	return &awkNode{kind: "do", kids: []*awkNode{p.expr(true)}}
}

// list is expressions with commas between. more says that > compares there.
func (p *awkParser) list(more bool) []*awkNode {
	list := []*awkNode{p.expr(more)}
	for p.accept(",") {
		p.lines()
		list = append(list, p.expr(more))
	}
	return list
}

func (p *awkParser) expr(more bool) *awkNode {
	defer p.deeper()()
	left := p.either(more)
	switch {
	case p.accept("?"):
		yes := p.expr(more)
		p.expect(":")
		return &awkNode{kind: "?", kids: []*awkNode{left, yes, p.expr(more)}}
	case p.is("=", "+=", "-=", "*=", "/=", "%=", "^="):
		if left.kind != "var" && left.kind != "$" && left.kind != "index" {
			panic(errAwkSyntax)
		}
		op := strings.TrimSuffix(p.tok.kind, "=")
		p.next()
		right := p.expr(more)
		if op != "" {
			right = &awkNode{kind: op, kids: []*awkNode{left, right}}
		}
		return &awkNode{kind: "=", kids: []*awkNode{left, right}}
	}
	return left
}

func (p *awkParser) either(more bool) *awkNode {
	left := p.both(more)
	for p.accept("||") {
		p.lines()
		left = &awkNode{kind: "||", kids: []*awkNode{left, p.both(more)}}
	}
	return left
}

func (p *awkParser) both(more bool) *awkNode {
	left := p.member(more)
	for p.accept("&&") {
		p.lines()
		left = &awkNode{kind: "&&", kids: []*awkNode{left, p.member(more)}}
	}
	return left
}

func (p *awkParser) member(more bool) *awkNode {
	left := p.match(more)
	for p.accept("in") {
		left = &awkNode{kind: "in", text: p.tok.text, kids: []*awkNode{left}}
		p.expect("w")
	}
	return left
}

func (p *awkParser) match(more bool) *awkNode {
	left := p.compare(more)
	for p.is("~", "!~") {
		op := p.tok.kind
		p.next()
		left = &awkNode{kind: op, kids: []*awkNode{left, p.compare(more)}}
	}
	return left
}

func (p *awkParser) compare(more bool) *awkNode {
	left := p.concat(more)
	if p.is("<", "<=", "==", "!=", ">=") || more && p.is(">") {
		op := p.tok.kind
		p.next()
		return &awkNode{kind: op, kids: []*awkNode{left, p.concat(more)}}
	}
	return left
}

func (p *awkParser) concat(more bool) *awkNode {
	left := p.sum()
	for p.is("s", "n", "w", "f", "$", "(", "!", "-", "+", "++", "--") && !p.is("in", "getline") {
		left = &awkNode{kind: "join", kids: []*awkNode{left, p.sum()}}
	}
	return left
}

func (p *awkParser) sum() *awkNode {
	left := p.product()
	for p.is("+", "-") {
		op := p.tok.kind
		p.next()
		left = &awkNode{kind: op, kids: []*awkNode{left, p.product()}}
	}
	return left
}

func (p *awkParser) product() *awkNode {
	left := p.unary()
	for p.is("*", "/", "%") {
		op := p.tok.kind
		p.next()
		left = &awkNode{kind: op, kids: []*awkNode{left, p.unary()}}
	}
	return left
}

func (p *awkParser) unary() *awkNode {
	defer p.deeper()()
	if p.is("!", "-", "+") {
		op := p.tok.kind
		p.next()
		return &awkNode{kind: "unary", text: op, kids: []*awkNode{p.unary()}}
	}
	left := p.step()
	if p.accept("^") {
		return &awkNode{kind: "^", kids: []*awkNode{left, p.unary()}}
	}
	return left
}

// step is something with ++ or -- before or behind it.
func (p *awkParser) step() *awkNode {
	if p.is("++", "--") {
		op := p.tok.kind
		p.next()
		return &awkNode{kind: "before", text: op[:1], kids: []*awkNode{p.primary()}}
	}
	left := p.primary()
	if p.is("++", "--") && (left.kind == "var" || left.kind == "$" || left.kind == "index") {
		left = &awkNode{kind: "behind", text: p.tok.kind[:1], kids: []*awkNode{left}}
		p.next()
	}
	return left
}

func (p *awkParser) primary() *awkNode {
	defer p.deeper()()
	tok := p.tok
	switch tok.kind {
	case "s", "n", "w", "f", "$", "(":
		p.next()
	case "/", "/=": // where a value is to come, it begins an expression
		p.source = tok.text[1:] + p.source
		end := 0
		for end < len(p.source) && p.source[end] != '/' && p.source[end] != '\n' {
			if p.source[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(p.source) || p.source[end] != '/' {
			panic(errAwkSyntax)
		}
		rx, err := regexp.Compile(strings.ReplaceAll(p.source[:end], `\/`, "/"))
		if err != nil {
			panic(errAwkSyntax)
		}
		text := p.source[:end]
		p.source = p.source[end+1:]
		p.next()
		return &awkNode{kind: "regexp", text: text, rx: rx}
	default:
		panic(errAwkSyntax)
	}
	switch tok.kind {
	case "s":
		return &awkNode{kind: "s", text: tok.text}
	case "n":
		n, _ := strconv.ParseFloat(tok.text, 64)
		return &awkNode{kind: "n", n: n}
	case "$":
		return &awkNode{kind: "$", kids: []*awkNode{p.step()}}
	case "(":
		g := &awkNode{kind: "group", kids: p.list(true)}
		p.expect(")")
		return g
	case "f":
		call := &awkNode{kind: "call", text: tok.text}
		p.expect("(")
		if !p.is(")") {
			call.kids = p.list(true)
		}
		p.expect(")")
		return call
	}
	if tok.text == "length" {
		return &awkNode{kind: "call", text: "length"}
	}
	if p.accept("[") {
		i := &awkNode{kind: "index", text: tok.text, kids: p.list(true)}
		p.expect("]")
		return i
	}
	return &awkNode{kind: "var", text: tok.text}
}

// awkRun is one run of a program.
type awkRun struct {
	c      *call
	vars   map[string]awkValue
	arrays map[string]map[string]awkValue
	order  map[string][]string // the keys of the arrays as they came
	fields []string            // of the line, the line itself first
	rx     map[string]*regexp.Regexp
	rand   *rand.Rand
	steps  int
	memory int
	status int
	flow   string // next, break, continue, exit or nothing
	dead   bool   // it has cost too much
}

// awk runs a program of awk's on the make-believe files. It has no way to run commands, and what it may cost is bounded.
func awk(c *call) int {
	r := &awkRun{c: c, vars: map[string]awkValue{}, arrays: map[string]map[string]awkValue{}, order: map[string][]string{}, rx: map[string]*regexp.Regexp{}, rand: c.sys.host.Rand("awk")}
	for name, value := range map[string]string{"FS": " ", "OFS": " ", "ORS": "\n", "SUBSEP": "\x1c", "RS": "\n"} {
		r.vars[name] = awkText(value)
	}
	r.vars["NR"], r.vars["FNR"], r.vars["NF"] = awkNumber(0), awkNumber(0), awkNumber(0)
	args, program, given := c.args[1:], "", false
	set := func(assignment string) {
		name, value, _ := strings.Cut(assignment, "=")
		r.set(name, awkInput(awkEscapes(value)))
	}
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
		case "-F":
			r.vars["FS"] = awkText(awkEscapes(value))
		case "-v":
			set(value)
		case "-f":
			text, err := c.readFile(value)
			if err != nil {
				return c.fail(2, "fatal: cannot open source file `%s' for reading: No such file or directory", value)
			}
			program, given = program+text+"\n", true
		}
	}
	if !given {
		if len(args) == 0 {
			fmt.Fprintln(c.err, "Usage: mawk [Options] [Program] [file ...]")
			return 2
		}
		program, args = args[0], args[1:]
	}
	rules, err := parseAwk(program)
	if err != nil {
		return c.fail(2, "line 1: %v", err)
	}
	onlyBegin := true
	for _, rule := range rules {
		onlyBegin = onlyBegin && rule.begin
		if rule.begin && r.flow != "exit" {
			r.exec(rule.do)
		}
	}
	if !onlyBegin && r.flow != "exit" {
		r.input(rules, args, set)
	}
	if r.flow = ""; !r.dead {
		for _, rule := range rules {
			if rule.end && r.flow != "exit" {
				r.exec(rule.do)
			}
		}
	}
	if r.dead && c.ctx.Err() == nil {
		return c.fail(2, "program limit exceeded: out of memory")
	}
	return r.status
}

// input runs the rules on every line of the files.
func (r *awkRun) input(rules []*awkRule, files []string, set func(string)) {
	read := false
	whole := 0
	for _, name := range append(files, "-") {
		if name == "-" && read && len(files) > 0 {
			break
		}
		if before, _, is := strings.Cut(name, "="); is && regexp.MustCompile(`^[A-Za-z_]\w*$`).MatchString(before) {
			set(name)
			continue
		}
		read = true
		texts, ok := r.c.inputs([]string{name})
		if !ok {
			r.status = 2
			continue
		}
		r.vars["FILENAME"] = awkText(strings.TrimPrefix(name, "-"))
		separator := r.vars["RS"].text()
		text := strings.TrimSuffix(texts[0], "\n")
		var records []string
		switch {
		case texts[0] == "":
		case separator == "":
			records = regexp.MustCompile(`\n\n+`).Split(strings.Trim(text, "\n"), -1)
		default:
			records = strings.Split(text, separator)
		}
		for i, line := range records {
			whole++
			r.vars["NR"], r.vars["FNR"] = awkNumber(float64(whole)), awkNumber(float64(i+1))
			r.split(line)
			for _, rule := range rules {
				if rule.begin || rule.end || !r.applies(rule) {
					continue
				}
				if rule.do == nil {
					r.print(line)
				} else {
					r.exec(rule.do)
				}
				if r.flow != "" {
					break
				}
			}
			if r.flow == "exit" || r.dead {
				return
			}
			r.flow = ""
		}
	}
}

func (r *awkRun) applies(rule *awkRule) bool {
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

func (r *awkRun) split(line string) {
	r.fields = append([]string{line}, r.cut(line, r.vars["FS"].text())...)
	r.vars["NF"] = awkNumber(float64(len(r.fields) - 1))
}

// cut splits a text as FS says.
func (r *awkRun) cut(text, separator string) []string {
	switch {
	case separator == " ":
		return strings.Fields(text)
	case text == "":
		return nil
	case separator == "" || len(separator) == 1 && separator != "|":
		return strings.Split(text, separator)
	}
	if rx := r.regexp(separator); rx != nil && len(separator) > 1 {
		return rx.Split(text, -1)
	}
	return strings.Split(text, separator)
}

func (r *awkRun) regexp(expr string) *regexp.Regexp {
	if rx, ok := r.rx[expr]; ok {
		return rx
	}
	rx, err := regexp.Compile(expr)
	if err != nil {
		rx = nil
	}
	if len(r.rx) < 64 {
		r.rx[expr] = rx
	}
	return rx
}

func (r *awkRun) print(text string) {
	if !r.c.printf("%s%s", text, r.vars["ORS"].text()) {
		r.flow, r.dead = "exit", true
	}
}

// spend says false when the program must end.
func (r *awkRun) spend() bool {
	if r.steps++; r.steps > maxAwkSteps || r.memory > maxAwkMemory || r.steps%256 == 0 && r.c.ctx.Err() != nil {
		r.flow, r.dead = "exit", true
	}
	return !r.dead
}

func (r *awkRun) exec(n *awkNode) {
	if n == nil || !r.spend() {
		return
	}
	switch n.kind {
	case "block":
		for _, kid := range n.kids {
			if r.exec(kid); r.flow != "" {
				return
			}
		}
	case "do":
		r.eval(n.kids[0])
	case "if":
		if r.eval(n.kids[0]).truth() {
			r.exec(n.kids[1])
		} else if len(n.kids) > 2 {
			r.exec(n.kids[2])
		}
	case "while":
		r.loop(n.kids[0], nil, n.kids[1])
	case "for":
		if n.kids[0] != nil {
			r.eval(n.kids[0])
		}
		r.loop(n.kids[1], n.kids[2], n.kids[3])
	case "each":
		for _, key := range append([]string(nil), r.order[n.kids[0].text]...) {
			if _, there := r.arrays[n.kids[0].text][key]; !there {
				continue
			}
			r.set(n.text, awkInput(key))
			if r.exec(n.kids[1]); r.ended() {
				return
			}
		}
	case "delete":
		if len(n.kids) == 0 {
			delete(r.arrays, n.text)
			delete(r.order, n.text)
			return
		}
		delete(r.arrays[n.text], r.key(n.kids))
	case "exit":
		if len(n.kids) > 0 {
			r.status = int(r.eval(n.kids[0]).number()) & 255
		}
		r.flow = "exit"
	case "next", "break", "continue":
		r.flow = n.kind
	case "print", "printf":
		r.output(n)
	}
}

func (r *awkRun) loop(condition, next, body *awkNode) {
	for r.spend() && (condition == nil || r.eval(condition).truth()) {
		if r.exec(body); r.ended() {
			return
		}
		if next != nil {
			r.eval(next)
		}
	}
}

// ended tells whether a loop is over after a round.
func (r *awkRun) ended() bool {
	switch r.flow {
	case "break":
		r.flow = ""
		return true
	case "continue":
		r.flow = ""
	}
	return r.flow != ""
}

func (r *awkRun) output(n *awkNode) {
	kids, to := n.kids, ""
	if n.text != "" {
		to = r.eval(kids[len(kids)-1]).text()
		kids = kids[:len(kids)-1]
	}
	text := ""
	if n.kind == "printf" {
		if len(kids) > 0 {
			text = r.format(kids)
		}
	} else {
		words := make([]string, len(kids))
		for i, kid := range kids {
			words[i] = r.eval(kid).text()
		}
		if text = strings.Join(words, r.vars["OFS"].text()); len(kids) == 0 {
			text = r.field(0).text()
		}
		text += r.vars["ORS"].text()
	}
	switch {
	case to == "" || to == "/dev/stdout" || n.text == "|":
		if !r.c.printf("%s", text) {
			r.flow, r.dead = "exit", true
		}
	case to == "/dev/stderr":
		fmt.Fprint(r.c.err, text)
	default:
		w, finish, err := r.c.openForWriting(to, n.text == ">>" || r.vars["\x00"+to].num) // the first > empties it, those behind add
		if err != nil {
			r.status, r.flow = 2, "exit"
			r.c.fail(2, "can't redirect to %s", to)
			return
		}
		r.vars["\x00"+to] = awkNumber(1)
		fmt.Fprint(w, text)
		finish()
	}
}

var awkVerb = regexp.MustCompile(`%[-+ 0#]*(\*|\d*)(\.\d*)?[a-zA-Z%]`)

// format is sprintf.
func (r *awkRun) format(kids []*awkNode) string {
	format, args := r.eval(kids[0]).text(), kids[1:]
	take := func() awkValue {
		if len(args) == 0 {
			return awkValue{}
		}
		v := r.eval(args[0])
		args = args[1:]
		return v
	}
	return r.bounded(awkVerb.ReplaceAllStringFunc(format, func(verb string) string {
		if before, after, wide := strings.Cut(verb, "*"); wide {
			verb = before + strconv.Itoa(int(take().number())) + after
		}
		if len(verb) > 10 || longNumber.MatchString(verb) {
			return ""
		}
		flags, last := verb[:len(verb)-1], verb[len(verb)-1]
		switch last {
		case '%':
			return "%"
		case 'd', 'i':
			return fmt.Sprintf(flags+"d", int64(take().number()))
		case 'o', 'x', 'X':
			return fmt.Sprintf(verb, int64(take().number()))
		case 'u':
			return fmt.Sprintf(flags+"d", uint64(int64(take().number())))
		case 'f', 'F', 'e', 'E', 'g', 'G':
			return fmt.Sprintf(verb, take().number())
		case 'c':
			v := take()
			if v.num && !v.str {
				return fmt.Sprintf(flags+"s", string(rune(int(v.n))))
			}
			return fmt.Sprintf(flags+"s", v.text()[:min(1, len(v.text()))])
		}
		return fmt.Sprintf(flags+"s", take().text())
	}))
}

// bounded cuts a text that is too long, and counts it.
func (r *awkRun) bounded(text string) string {
	r.steps += len(text) / 256
	if len(text) > maxAwkString {
		r.flow, r.dead = "exit", true
		return text[:maxAwkString]
	}
	return text
}

func (r *awkRun) field(i int) awkValue {
	if i < 0 || i >= len(r.fields) {
		return awkValue{str: true}
	}
	return awkInput(r.fields[i])
}

func (r *awkRun) key(kids []*awkNode) string {
	words := make([]string, len(kids))
	for i, kid := range kids {
		words[i] = r.eval(kid).text()
	}
	return r.bounded(strings.Join(words, r.vars["SUBSEP"].text()))
}

func (r *awkRun) set(name string, v awkValue) {
	r.memory += max(0, len(v.s)-len(r.vars[name].s))
	r.vars[name] = v
}

// element returns one of an array, which is there from then on.
func (r *awkRun) element(array, key string) awkValue {
	v, there := r.arrays[array][key]
	if !there {
		r.store(array, key, awkValue{})
	}
	return v
}

func (r *awkRun) store(array, key string, v awkValue) {
	a := r.arrays[array]
	if a == nil {
		a = map[string]awkValue{}
		r.arrays[array] = a
	}
	old, there := a[key]
	if !there {
		r.memory += len(key) + 100
		r.order[array] = append(r.order[array], key)
	}
	r.memory += max(0, len(v.s)-len(old.s))
	a[key] = v
}

func (r *awkRun) assign(to *awkNode, v awkValue) {
	switch to.kind {
	case "var":
		r.set(to.text, v)
		if n := int(v.number()); to.text == "NF" && n >= 0 && n < 1000 {
			for len(r.fields) <= n {
				r.fields = append(r.fields, "")
			}
			r.fields = r.fields[:n+1]
			r.join()
		}
	case "index":
		r.store(to.text, r.key(to.kids), v)
	case "$":
		i := int(r.eval(to.kids[0]).number())
		switch {
		case i < 0 || i > 1000:
			r.flow, r.dead = "exit", true
		case i == 0:
			r.split(v.text())
		default:
			for len(r.fields) <= i {
				r.fields = append(r.fields, "")
			}
			r.fields[i] = v.text()
			r.vars["NF"] = awkNumber(float64(len(r.fields) - 1))
			r.join()
		}
	}
}

// join makes the line of its fields.
func (r *awkRun) join() {
	if len(r.fields) > 0 {
		r.fields[0] = r.bounded(strings.Join(r.fields[1:], r.vars["OFS"].text()))
	}
}

func awkTruth(b bool) awkValue { return awkNumber(float64(boolInt(b))) }

// matcher is the expression that a node means.
func (r *awkRun) matcher(n *awkNode) *regexp.Regexp {
	if n.kind == "regexp" {
		return n.rx
	}
	if rx := r.regexp(r.eval(n).text()); rx != nil {
		return rx
	}
	return regexp.MustCompile(`[^\s\S]`) // what is none matches nothing
}

func (r *awkRun) eval(n *awkNode) awkValue {
	if !r.spend() {
		return awkValue{}
	}
	switch n.kind {
	case "s":
		return awkText(n.text)
	case "n":
		return awkNumber(n.n)
	case "regexp":
		return awkTruth(n.rx.MatchString(r.field(0).text()))
	case "var":
		return r.vars[n.text]
	case "$":
		return r.field(int(r.eval(n.kids[0]).number()))
	case "index":
		if n.text == "ENVIRON" {
			if v := r.c.vars[r.key(n.kids)]; v.Exported {
				return awkInput(v.String())
			}
			return awkValue{}
		}
		return r.element(n.text, r.key(n.kids))
	case "group":
		return r.eval(n.kids[len(n.kids)-1])
	case "call":
		return r.call(n)
	case "in":
		var key string
		if n.kids[0].kind == "group" {
			key = r.key(n.kids[0].kids)
		} else {
			key = r.eval(n.kids[0]).text()
		}
		_, there := r.arrays[n.text][key]
		return awkTruth(there)
	case "=":
		v := r.eval(n.kids[1])
		r.assign(n.kids[0], v)
		return v
	case "before", "behind":
		old := r.eval(n.kids[0]).number()
		changed := old + map[string]float64{"+": 1, "-": -1}[n.text]
		r.assign(n.kids[0], awkNumber(changed))
		if n.kind == "before" {
			return awkNumber(changed)
		}
		return awkNumber(old)
	case "?":
		if r.eval(n.kids[0]).truth() {
			return r.eval(n.kids[1])
		}
		return r.eval(n.kids[2])
	case "&&":
		return awkTruth(r.eval(n.kids[0]).truth() && r.eval(n.kids[1]).truth())
	case "||":
		return awkTruth(r.eval(n.kids[0]).truth() || r.eval(n.kids[1]).truth())
	case "~", "!~":
		return awkTruth(r.matcher(n.kids[1]).MatchString(r.eval(n.kids[0]).text()) == (n.kind == "~"))
	case "unary":
		v := r.eval(n.kids[0])
		switch n.text {
		case "!":
			return awkTruth(!v.truth())
		case "-":
			return awkNumber(-v.number())
		}
		return awkNumber(v.number())
	}
	a, b := r.eval(n.kids[0]), r.eval(n.kids[1])
	if n.kind == "join" {
		return awkText(r.bounded(a.text() + b.text()))
	}
	x, y := a.number(), b.number()
	switch n.kind {
	case "+":
		return awkNumber(x + y)
	case "-":
		return awkNumber(x - y)
	case "*":
		return awkNumber(x * y)
	case "^":
		return awkNumber(math.Pow(x, y))
	case "/", "%":
		if y == 0 {
			r.c.fail(2, "division by zero")
			r.flow, r.status = "exit", 2
			return awkValue{}
		}
		if n.kind == "/" {
			return awkNumber(x / y)
		}
		return awkNumber(math.Mod(x, y))
	}
	var order int
	empty := func(v awkValue) bool { return !v.str && !v.num }
	switch {
	case (a.num || empty(a)) && (b.num || empty(b)):
		order = boolInt(x > y) - boolInt(x < y)
	default:
		order = strings.Compare(a.text(), b.text())
	}
	return awkTruth(map[string]bool{"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">=": order >= 0, ">": order > 0}[n.kind])
}

func (r *awkRun) call(n *awkNode) awkValue {
	arg := func(i int) awkValue {
		if i < len(n.kids) {
			return r.eval(n.kids[i])
		}
		return awkValue{}
	}
	line := func(i int) string { // that argument, or the line
		if i < len(n.kids) {
			return arg(i).text()
		}
		return r.field(0).text()
	}
	switch n.text {
	case "length":
		if len(n.kids) == 1 && n.kids[0].kind == "var" && r.arrays[n.kids[0].text] != nil {
			return awkNumber(float64(len(r.arrays[n.kids[0].text])))
		}
		return awkNumber(float64(len(line(0))))
	case "substr":
		s, from := arg(0).text(), int(math.Round(arg(1).number()))
		to := len(s) + 1
		if len(n.kids) > 2 {
			to = from + int(math.Round(min(max(arg(2).number(), 0), maxAwkString)))
		}
		from, to = min(max(from, 1), len(s)+1), min(max(to, 1), len(s)+1)
		return awkText(s[from-1 : max(from, to)-1])
	case "index":
		return awkNumber(float64(strings.Index(arg(0).text(), arg(1).text()) + 1))
	case "split":
		if len(n.kids) < 2 || n.kids[1].kind != "var" {
			return awkNumber(0)
		}
		separator := r.vars["FS"].text()
		if len(n.kids) > 2 {
			if separator = n.kids[2].text; n.kids[2].kind != "regexp" {
				separator = arg(2).text()
			}
		}
		parts := r.cut(arg(0).text(), separator)
		delete(r.arrays, n.kids[1].text)
		delete(r.order, n.kids[1].text)
		for i, part := range parts {
			if !r.spend() {
				break
			}
			r.store(n.kids[1].text, strconv.Itoa(i+1), awkInput(part))
		}
		return awkNumber(float64(len(parts)))
	case "sub", "gsub":
		return r.substitute(n)
	case "match":
		if len(n.kids) < 2 {
			return awkNumber(0)
		}
		at := r.matcher(n.kids[1]).FindStringIndex(arg(0).text())
		if at == nil {
			at = []int{-1, -2}
		}
		r.vars["RSTART"], r.vars["RLENGTH"] = awkNumber(float64(at[0]+1)), awkNumber(float64(at[1]-at[0]))
		return r.vars["RSTART"]
	case "tolower":
		return awkText(strings.ToLower(arg(0).text()))
	case "toupper":
		return awkText(strings.ToUpper(arg(0).text()))
	case "sprintf":
		if len(n.kids) == 0 {
			return awkText("")
		}
		return awkText(r.format(n.kids))
	case "int":
		return awkNumber(math.Trunc(arg(0).number()))
	case "sqrt":
		return awkNumber(math.Sqrt(arg(0).number()))
	case "exp":
		return awkNumber(math.Exp(arg(0).number()))
	case "log":
		return awkNumber(math.Log(arg(0).number()))
	case "sin":
		return awkNumber(math.Sin(arg(0).number()))
	case "cos":
		return awkNumber(math.Cos(arg(0).number()))
	case "rand":
		return awkNumber(r.rand.Float64())
	case "srand":
		return awkNumber(0)
	case "systime":
		return awkNumber(float64(r.c.sys.host.Now().Unix()))
	case "system":
		if !r.c.budget.step(r.c.ctx, r.c.depth) {
			r.flow, r.dead = "exit", true
			return awkNumber(1)
		}
		return awkNumber(float64(r.c.subshell(arg(0).text(), nil, r.c.streams)))
	case "close", "fflush":
		return awkNumber(0)
	}
	r.c.fail(2, "line 1: function %s never defined", n.text)
	r.status, r.flow = 2, "exit"
	return awkValue{}
}

// substitute is sub and gsub.
func (r *awkRun) substitute(n *awkNode) awkValue {
	if len(n.kids) < 2 {
		return awkNumber(0)
	}
	target := &awkNode{kind: "$", kids: []*awkNode{{kind: "n"}}}
	if len(n.kids) > 2 {
		target = n.kids[2]
	}
	text, with, most := r.eval(target).text(), r.eval(n.kids[1]).text(), 1
	if n.text == "gsub" {
		most = -1
	}
	found := r.matcher(n.kids[0]).FindAllStringIndex(text, most)
	if len(found) == 0 {
		return awkNumber(0)
	}
	if len(found)*len(with) > maxAwkString {
		r.flow, r.dead = "exit", true
		return awkNumber(0)
	}
	var out strings.Builder
	at := 0
	for _, m := range found {
		out.WriteString(text[at:m[0]])
		for i := 0; i < len(with); i++ {
			switch {
			case with[i] == '\\' && i+1 < len(with) && (with[i+1] == '&' || with[i+1] == '\\'):
				i++
				out.WriteByte(with[i])
			case with[i] == '&' && out.Len() < maxAwkString:
				out.WriteString(text[m[0]:m[1]])
			default:
				out.WriteByte(with[i])
			}
		}
		at = m[1]
	}
	out.WriteString(text[at:])
	r.assign(target, awkText(r.bounded(out.String())))
	return awkNumber(float64(len(found)))
}
