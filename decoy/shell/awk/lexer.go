package awk

import (
	"fmt"
	"regexp"
	"strings"

	"decnet/decoy/shell/notation"
)

// lexer cuts a program into tokens.
var lexer = regexp.MustCompile(`^(?:([ \t\r]+|#[^\n]*|\\\n)|("(?:[^"\\\n]|\\(?s:.))*")|(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\+\+|--|\+=|-=|\*=|/=|%=|\^=|==|<=|>=|!=|!~|&&|\|\||>>|[-+*/%^!<>~?:,;(){}\[\]$=|\n]))`)

type token struct {
	kind, text string // s: a string, n: a number, w: a word, f: a word before a parenthesis; operators are their own kind
}

type parser struct {
	program
	source string
	tok    token
	depth  int
	open   int // braces
	line   int
}

func (p *parser) next() {
	p.line += ordinal(p.tok.kind == "\n")
	for {
		if p.source == "" {
			p.tok = token{kind: "end"}
			return
		}
		m := lexer.FindStringSubmatch(p.source)
		if m == nil {
			p.tok = token{p.source[:1], p.source[:1]}
			p.fail()
		}
		p.source = p.source[len(m[0]):]
		switch {
		case m[1] != "":
			continue
		case m[2] != "":
			p.tok = token{"s", notation.Unescape(m[2][1 : len(m[2])-1])}
		case m[3] != "":
			p.tok = token{"n", m[3]}
		case m[4] != "":
			p.tok = token{"w", m[4]}
			if strings.HasPrefix(p.source, "(") {
				p.tok.kind = "f"
			}
		default:
			p.tok = token{m[5], m[5]}
		}
		return
	}
}

// syntaxError is what mawk says of a program that is none.
type syntaxError string

func (e syntaxError) Error() string { return string(e) }

// fail ends the parser.
func (p *parser) fail() {
	at := p.tok.text
	switch p.tok.kind {
	case "end":
		if p.open > 0 {
			panic(syntaxError(fmt.Sprintf("line %d: missing } near end of file", p.line+1)))
		}
		at = "end of line"
	case "\n":
		at = "end of line"
	case "s":
		at = `"` + at + `"`
	}
	panic(syntaxError(fmt.Sprintf("line %d: syntax error at or near %s", p.line, at)))
}

func (p *parser) is(kinds ...string) bool {
	for _, k := range kinds {
		if p.tok.kind == k || p.tok.kind == "w" && p.tok.text == k || p.tok.kind == "f" && p.tok.text == k {
			return true
		}
	}
	return false
}

func (p *parser) accept(kind string) bool {
	if !p.is(kind) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(kind string) {
	if !p.accept(kind) {
		p.fail()
	}
}

func (p *parser) blank() {
	for p.is("\n", ";") {
		p.next()
	}
}

func (p *parser) lines() {
	for p.is("\n") {
		p.next()
	}
}

// deeper bounds how far the parser goes into itself.
func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxDepth {
		p.fail()
	}
	return func() { p.depth-- }
}
