package awk

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"decnet/decoy/shell/notation"
)

// node is a part of a program: an expression or a statement, by its kind.
type node struct {
	kind string // of a leaf or a statement, or the operator
	text string
	n    float64
	kids []*node
	rx   *regexp.Regexp
}

// rule is a pattern with what it does.
type rule struct {
	from, to, do *node // any may be nil
	within       bool
	begin, end   bool
}

// function is one of the program's own.
type function struct {
	params []string
	do     *node
}

// program is what was read.
type program struct {
	rules     []*rule
	functions map[string]*function
	called    []string
}

// parse reads a program.
func parse(source string) (read *program, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case syntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	p := &parser{source: source, line: 1, program: program{functions: map[string]*function{}}}
	p.next()
	for p.blank(); !p.is("end"); p.blank() {
		if p.accept("function") || p.accept("func") {
			p.function()
			continue
		}
		r := &rule{}
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
			p.fail()
		}
		p.rules = append(p.rules, r)
	}
	for _, name := range p.called {
		if p.functions[name] == nil {
			return nil, syntaxError(fmt.Sprintf("line %d: function %s never defined", p.line+1, name))
		}
	}
	return &p.program, nil
}

// function reads one, from its name on.
func (p *parser) function() {
	f := &function{}
	name := p.tok.text
	if !p.accept("f") {
		p.expect("w")
	}
	p.expect("(")
	for !p.is(")") {
		f.params = append(f.params, p.tok.text)
		p.expect("w")
		if p.accept(",") {
			p.lines()
		} else if !p.is(")") {
			p.fail()
		}
	}
	p.next()
	p.lines()
	f.do = p.block()
	p.functions[name] = f
}

func (p *parser) block() *node {
	p.expect("{")
	p.open++
	b := &node{kind: "block"}
	for p.blank(); !p.is("}"); p.blank() {
		b.kids = append(b.kids, p.statement())
	}
	p.open--
	p.next()
	return b
}

// body is a statement behind a condition.
func (p *parser) body() *node {
	p.lines()
	if p.accept(";") {
		return &node{kind: "block"}
	}
	return p.statement()
}

func (p *parser) statement() *node {
	defer p.deeper()()
	switch {
	case p.is("{"):
		return p.block()
	case p.accept("if"):
		p.expect("(")
		s := &node{kind: "if", kids: []*node{p.expr(true)}}
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
		s := &node{kind: "while", kids: []*node{p.expr(true)}}
		p.expect(")")
		s.kids = append(s.kids, p.body())
		return s
	case p.accept("do"):
		s := &node{kind: "until", kids: []*node{p.body()}}
		p.blank()
		p.expect("while")
		p.expect("(")
		s.kids = append(s.kids, p.expr(true))
		p.expect(")")
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
					return &node{kind: "each", text: name, kids: []*node{{text: array}, p.body()}}
				}
			}
			*p = save
		}
		parts := make([]*node, 3)
		for i, end := range []string{";", ";", ")"} {
			if !p.is(end) {
				parts[i] = p.expr(true)
			}
			p.expect(end)
		}
		return &node{kind: "for", kids: append(parts, p.body())}
	}
	s := p.simple()
	if !p.is("}") && !p.is("end") && !p.accept(";") {
		p.expect("\n")
	}
	return s
}

func (p *parser) simple() *node {
	for _, word := range []string{"next", "nextfile", "break", "continue"} {
		if p.accept(word) {
			return &node{kind: word}
		}
	}
	switch {
	case p.is("print", "printf"):
		s := &node{kind: p.tok.text}
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
	case p.is("exit", "return"):
		s := &node{kind: p.tok.text}
		p.next()
		if !p.is(";", "\n", "}", "end") {
			s.kids = []*node{p.expr(true)}
		}
		return s
	case p.accept("delete"):
		s := &node{kind: "delete", text: p.tok.text}
		p.expect("w")
		if p.accept("[") {
			s.kids = p.list(true)
			p.expect("]")
		}
		return s
	}
	return &node{kind: "do", kids: []*node{p.expr(true)}}
}

// list is expressions with commas between. more says that > compares there.
func (p *parser) list(more bool) []*node {
	list := []*node{p.expr(more)}
	for p.accept(",") {
		p.lines()
		list = append(list, p.expr(more))
	}
	return list
}

func (p *parser) expr(more bool) *node {
	defer p.deeper()()
	left := p.either(more)
	switch {
	case p.accept("?"):
		yes := p.expr(more)
		p.expect(":")
		return &node{kind: "?", kids: []*node{left, yes, p.expr(more)}}
	case p.is("=", "+=", "-=", "*=", "/=", "%=", "^="):
		if left.kind != "var" && left.kind != "$" && left.kind != "index" {
			p.fail()
		}
		op := strings.TrimSuffix(p.tok.kind, "=")
		p.next()
		right := p.expr(more)
		if op != "" {
			right = &node{kind: op, kids: []*node{left, right}}
		}
		return &node{kind: "=", kids: []*node{left, right}}
	}
	return left
}

func (p *parser) either(more bool) *node {
	left := p.both(more)
	for p.accept("||") {
		p.lines()
		left = &node{kind: "||", kids: []*node{left, p.both(more)}}
	}
	return left
}

func (p *parser) both(more bool) *node {
	left := p.member(more)
	for p.accept("&&") {
		p.lines()
		left = &node{kind: "&&", kids: []*node{left, p.member(more)}}
	}
	return left
}

func (p *parser) member(more bool) *node {
	left := p.match(more)
	for p.accept("in") {
		left = &node{kind: "in", text: p.tok.text, kids: []*node{left}}
		p.expect("w")
	}
	return left
}

func (p *parser) match(more bool) *node {
	left := p.compare(more)
	for p.is("~", "!~") {
		op := p.tok.kind
		p.next()
		left = &node{kind: op, kids: []*node{left, p.compare(more)}}
	}
	return left
}

func (p *parser) compare(more bool) *node {
	left := p.concat(more)
	if p.is("<", "<=", "==", "!=", ">=") || more && p.is(">") {
		op := p.tok.kind
		p.next()
		return &node{kind: op, kids: []*node{left, p.concat(more)}}
	}
	return left
}

func (p *parser) concat(more bool) *node {
	left := p.sum()
	for p.is("s", "n", "w", "f", "$", "(", "!", "-", "+", "++", "--") && !p.is("in") {
		left = &node{kind: "join", kids: []*node{left, p.sum()}}
	}
	for p.is("|") && pipedLine.MatchString(p.source) {
		p.next()
		p.next()
		left = p.getline("|", left)
	}
	return left
}

// pipedLine is what stands behind a bar that reads.
var pipedLine = regexp.MustCompile(`^[ \t]*getline\b`)

// getline reads what may stand behind the word: where the line goes to, and the file that it comes from.
func (p *parser) getline(from string, source *node) *node {
	g := &node{kind: "getline", text: from, kids: []*node{source, nil}}
	if p.is("w", "$") && !p.is("in") {
		g.kids[1] = p.primary()
	}
	if from == "" && p.accept("<") {
		g.text, g.kids[0] = "<", p.step()
	}
	return g
}

func (p *parser) sum() *node {
	left := p.product()
	for p.is("+", "-") {
		op := p.tok.kind
		p.next()
		left = &node{kind: op, kids: []*node{left, p.product()}}
	}
	return left
}

func (p *parser) product() *node {
	left := p.unary()
	for p.is("*", "/", "%") {
		op := p.tok.kind
		p.next()
		left = &node{kind: op, kids: []*node{left, p.unary()}}
	}
	return left
}

func (p *parser) unary() *node {
	defer p.deeper()()
	if p.is("!", "-", "+") {
		op := p.tok.kind
		p.next()
		return &node{kind: "unary", text: op, kids: []*node{p.unary()}}
	}
	left := p.step()
	if p.accept("^") {
		return &node{kind: "^", kids: []*node{left, p.unary()}}
	}
	return left
}

// step is something with ++ or -- before or behind it.
func (p *parser) step() *node {
	if p.is("++", "--") {
		op := p.tok.kind
		p.next()
		return &node{kind: "before", text: op[:1], kids: []*node{p.primary()}}
	}
	left := p.primary()
	if p.is("++", "--") && (left.kind == "var" || left.kind == "$" || left.kind == "index") {
		left = &node{kind: "behind", text: p.tok.kind[:1], kids: []*node{left}}
		p.next()
	}
	return left
}

func (p *parser) primary() *node {
	defer p.deeper()()
	tok := p.tok
	switch tok.kind {
	case "s", "n", "w", "f", "$", "(":
		if reserved[tok.text] && tok.kind != "s" {
			p.fail()
		}
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
			p.fail()
		}
		rx, err := notation.Compile(strings.ReplaceAll(p.source[:end], `\/`, "/"))
		if err != nil {
			p.fail()
		}
		text := p.source[:end]
		p.source = p.source[end+1:]
		p.next()
		return &node{kind: "regexp", text: text, rx: rx}
	default:
		p.fail()
	}
	switch tok.kind {
	case "s":
		return &node{kind: "s", text: tok.text}
	case "n":
		n, _ := strconv.ParseFloat(tok.text, 64)
		return &node{kind: "n", n: n}
	case "$":
		return &node{kind: "$", kids: []*node{p.step()}}
	case "(":
		g := &node{kind: "group", kids: p.list(true)}
		p.expect(")")
		return g
	case "f":
		call := &node{kind: "call", text: tok.text}
		if tok.text == "getline" {
			return p.getline("", nil)
		}
		if !builtin[tok.text] {
			call.kind = "own"
			p.called = append(p.called, tok.text)
		}
		p.expect("(")
		if !p.is(")") {
			call.kids = p.list(true)
		}
		p.expect(")")
		return call
	}
	if tok.text == "getline" {
		return p.getline("", nil)
	}
	if tok.text == "length" {
		return &node{kind: "call", text: "length"}
	}
	if p.accept("[") {
		i := &node{kind: "index", text: tok.text, kids: p.list(true)}
		p.expect("]")
		return i
	}
	return &node{kind: "var", text: tok.text}
}

// reserved are the words that no variable has.
var reserved = map[string]bool{}

func init() {
	for word := range strings.FieldsSeq("BEGIN END break continue delete do else exit for func function if in next nextfile print printf return while") {
		reserved[word] = true
	}
}
