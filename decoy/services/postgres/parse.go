package postgres

import (
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/tinysql"
)

// kindOf is what an expression is.
type kindOf int

const (
	isString kindOf = iota
	isNumeral
	isNull
	isBoolean
	isColumn
	isStar
	isCall
	isOperator // text is the operator; of one operand or two
	isAnd
	isOr
	isNot
	isCast
	isCase // args: the operand or nil, then pairs, then ELSE or nil
	isIn   // args: the left side, then the list; or sub
	isExists
	isScalar // a query in parentheses
	isAny    // op ANY (array): text is the operator, "all" in name for ALL
	isArray
	isArrayQuery
	isBetween
	isLike // text is like, ilike, ~ …
	isTest // IS: text is what
	isIndex
	isField
	isRow
)

// expr is an expression as it was written.
type expr struct {
	kind    kindOf
	text    string
	names   []string
	args    []*expr
	not     bool
	all     bool // of ANY and ALL; COUNT(DISTINCT …)
	typ     uint32
	mod     int32
	sub     *selection
	order   []ordering
	where   *expr // FILTER
	at      int   // its first byte in the text, from 1
	from    int   // the first token and the one after the last, by which two are the same
	to      int
	windowy bool // has OVER
}

type ordering struct {
	by         *expr
	down       bool
	nullsFirst bool
}

// source is one in FROM.
type source struct {
	name    []string
	at      int
	call    *expr
	sub     *selection
	alias   string
	aliases []string
	join    string // how it is joined to what is left of it: "" is a comma
	on      *expr
	using   []string
	natural bool
	group   []*source // in parentheses
}

// item is one of a list.
type item struct {
	e    *expr
	name string
}

// selection is a query: one SELECT, or several of UNION and the like.
type selection struct {
	with     []common
	distinct bool
	on       []*expr
	items    []item
	into     []string
	from     []*source
	where    *expr
	group    []*expr
	having   *expr
	values   [][]*expr
	setOp    string // union, intersect, except: of left and right
	all      bool
	left     *selection
	right    *selection
	order    []ordering
	limit    *expr
	offset   *expr
	at       int
}

type common struct {
	recursive bool
	name      string
	columns   []string
	sub       *selection
}

// maxDepth bounds how deeply a statement nests.
const maxDepth = 200

// reader parses a statement. It panics with a *pgproto3.ErrorResponse.
type reader struct {
	q      *query
	tokens []tinysql.Token
	at     int
	depth  int
}

func (p *reader) peek() tinysql.Token { return p.ahead(0) }

func (p *reader) ahead(n int) tinysql.Token {
	if p.at+n < len(p.tokens) {
		return p.tokens[p.at+n]
	}
	end := len(p.q.text)
	if len(p.tokens) > 0 {
		end = p.tokens[len(p.tokens)-1].To
	}
	return tinysql.Token{Kind: tinysql.End, From: end, To: end}
}

func (p *reader) is(word string) bool { return p.peek().Is(word) }

func (p *reader) take(words ...string) bool {
	for i, w := range words {
		if !p.ahead(i).Is(w) {
			return false
		}
	}
	p.at += len(words)
	return true
}

func (p *reader) unexpected() {
	t := p.peek()
	if t.Kind == tinysql.End {
		p.q.fail("42601", t.From+1, "scanner_yyerror", "syntax error at end of input")
	}
	panic(p.q.c.syntaxError(p.q.text, t.From).failed)
}

func (p *reader) need(word string) {
	if !p.take(word) {
		p.unexpected()
	}
}

func (p *reader) deeper() func() {
	if p.depth++; p.depth > maxDepth {
		f := p.q.failure("54001", 0, "check_stack_depth", "stack depth limit exceeded")
		f.Hint = "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate."
		panic(f)
	}
	return func() { p.depth-- }
}

// reserved are the words that can't be a name of a column or an alias without AS.
var reserved = strings.Fields(`all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default deferrable desc distinct do else end except fetch for foreign from grant
group having in initially intersect into lateral leading limit not null offset on only or order placing primary references returning select some symmetric table then to trailing true false union unique using variadic
when where window with`)

// joiners are those that can't be the alias of a table.
var joiners = strings.Fields("cross full inner join left natural right isnull notnull is like ilike similar overlaps tablesample binary freeze set values")

func isReserved(t tinysql.Token) bool {
	return t.Kind == tinysql.Word && slices.Contains(reserved, strings.ToLower(t.Text))
}

// ident takes a name as it counts: in lower case, unless it is quoted.
func (p *reader) ident() (string, bool) {
	t := p.peek()
	switch {
	case t.Kind == tinysql.Name:
		p.at++
		return t.Text, true
	case t.Kind == tinysql.Word && !isReserved(t):
		p.at++
		return strings.ToLower(t.Text), true
	}
	return "", false
}

func (p *reader) label() string { // after AS, anything is a name
	t := p.peek()
	if t.Kind != tinysql.Word && t.Kind != tinysql.Name {
		p.unexpected()
	}
	p.at++
	if t.Kind == tinysql.Word {
		return strings.ToLower(t.Text)
	}
	return t.Text
}

// qualified takes a name of one part or more.
func (p *reader) qualified() []string {
	name, ok := p.ident()
	if !ok {
		p.unexpected()
	}
	names := []string{name}
	for p.is(".") {
		p.at++
		names = append(names, p.label())
	}
	return names
}

// selection parses a query with all that belongs to it.
func (p *reader) selection() *selection {
	defer p.deeper()()
	var with []common
	if p.take("with") {
		recursive := p.take("recursive")
		for {
			name, ok := p.ident()
			if !ok {
				p.unexpected()
			}
			c := common{name: name, recursive: recursive}
			if p.take("(") {
				c.columns = p.idents()
			}
			p.need("as")
			if p.take("not") {
				p.need("materialized")
			}
			p.take("materialized")
			p.need("(")
			c.sub = p.selection()
			p.need(")")
			if with = append(with, c); !p.take(",") {
				break
			}
		}
	}
	s := p.several()
	if p.take("order", "by") {
		s.order = p.orderings()
	}
	for {
		switch {
		case p.take("limit"):
			if !p.take("all") {
				s.limit = p.expression()
			}
			continue
		case p.take("offset"):
			s.offset = p.expression()
			if !p.take("rows") {
				p.take("row")
			}
			continue
		case p.take("fetch"):
			if !p.take("first") {
				p.need("next")
			}
			s.limit = p.operand(10)
			if !p.take("rows") {
				p.need("row")
			}
			p.need("only")
			continue
		case p.take("for"):
			for _, w := range []string{"no", "key", "update", "share"} {
				p.take(w)
			}
			if p.take("of") {
				p.qualified()
			}
			if !p.take("nowait") {
				p.take("skip", "locked")
			}
			continue
		}
		break
	}
	s.with = append(with, s.with...)
	return s
}

func (p *reader) idents() (names []string) {
	for {
		name, ok := p.ident()
		if !ok {
			p.unexpected()
		}
		if names = append(names, name); !p.take(",") {
			p.need(")")
			return names
		}
	}
}

func (p *reader) orderings() (all []ordering) {
	for {
		o := ordering{by: p.expression()}
		if p.take("using") {
			o.down = p.is(">")
			p.at++
		}
		if o.down = p.take("desc") || o.down; !o.down {
			p.take("asc")
		}
		o.nullsFirst = o.down
		if p.take("nulls", "first") {
			o.nullsFirst = true
		} else if p.take("nulls", "last") {
			o.nullsFirst = false
		}
		if all = append(all, o); !p.take(",") {
			return all
		}
	}
}

// several parses what UNION and the like put together. INTERSECT binds closer.
func (p *reader) several() *selection {
	left := p.intersection()
	for p.is("union") || p.is("except") {
		op := strings.ToLower(p.peek().Text)
		left = p.setOperation(op, left, p.intersection)
	}
	return left
}

func (p *reader) intersection() *selection {
	left := p.core()
	for p.is("intersect") {
		left = p.setOperation("intersect", left, p.core)
	}
	return left
}

func (p *reader) setOperation(op string, left *selection, next func() *selection) *selection {
	p.at++
	all := p.take("all")
	if !all {
		p.take("distinct")
	}
	return &selection{setOp: op, all: all, left: left, right: next()}
}

func (p *reader) core() *selection {
	s := &selection{at: p.peek().From + 1}
	switch {
	case p.take("("):
		inner := p.selection()
		p.need(")")
		return inner
	case p.take("values"):
		for {
			p.need("(")
			s.values = append(s.values, p.list(")"))
			if !p.take(",") {
				return s
			}
		}
	case p.take("table"):
		p.take("only")
		at := p.peek().From + 1
		s.from = []*source{{name: p.qualified(), at: at}}
		s.items = []item{{e: &expr{kind: isStar}}}
		return s
	case !p.take("select"):
		p.unexpected()
	}
	if p.take("distinct") {
		s.distinct = true
		if p.take("on") {
			p.need("(")
			s.on = p.list(")")
		}
	} else {
		p.take("all")
	}
	if t := p.peek(); !isReserved(t) && t.Kind != tinysql.End && !t.Is(")") || slices.ContainsFunc([]string{"case", "cast", "not", "null", "true", "false", "array", "any", "all"}, t.Is) {
		for {
			i := item{e: p.expression()}
			if p.take("as") {
				i.name = p.label()
			} else if t := p.peek(); t.Kind == tinysql.Name || t.Kind == tinysql.Word && !isReserved(t) {
				i.name, _ = p.ident()
			}
			if s.items = append(s.items, i); !p.take(",") {
				break
			}
		}
	}
	if p.take("into") {
		for p.take("temp") || p.take("temporary") || p.take("unlogged") || p.take("table") {
		}
		s.into = p.qualified()
	}
	if p.take("from") {
		s.from = p.sources()
	}
	if p.take("where") {
		s.where = p.expression()
	}
	if p.take("group", "by") {
		for {
			if s.group = append(s.group, p.expression()); !p.take(",") {
				break
			}
		}
	}
	if p.take("having") {
		s.having = p.expression()
	}
	return s
}

// sources parses what is after FROM.
func (p *reader) sources() (all []*source) {
	defer p.deeper()()
	all = append(all, p.source())
	for {
		var join string
		natural := p.take("natural")
		switch {
		case !natural && p.take(","):
			p.take("lateral")
			all = append(all, p.source())
			continue
		case p.take("cross", "join"):
			join = "cross"
		case p.take("inner", "join"), p.take("join"):
			join = "inner"
		case p.is("left"), p.is("right"), p.is("full"):
			join = strings.ToLower(p.peek().Text)
			p.at++
			p.take("outer")
			p.need("join")
		default:
			if natural {
				p.unexpected()
			}
			return all
		}
		p.take("lateral")
		s := p.source()
		s.join, s.natural = join, natural
		switch {
		case join == "cross" || natural:
		case p.take("on"):
			s.on = p.expression()
		case p.take("using"):
			p.need("(")
			s.using = p.idents()
		default:
			p.unexpected()
		}
		all = append(all, s)
	}
}

func (p *reader) source() *source {
	p.take("only")
	p.take("lateral")
	t := p.peek()
	s := &source{at: t.From + 1}
	switch {
	case p.take("("):
		if p.is("select") || p.is("values") || p.is("with") || p.is("(") {
			s.sub = p.selection()
		} else {
			s.group = p.sources()
		}
		p.need(")")
	case p.isCallAhead():
		s.call = p.operand(10)
		if p.take("with") {
			p.need("ordinality")
		}
	default:
		s.name = p.qualified()
		p.take("*")
	}
	if p.take("as") {
		if !p.is("(") {
			s.alias = p.label()
		}
	} else if t := p.peek(); t.Kind == tinysql.Name || t.Kind == tinysql.Word && !isReserved(t) && !slices.Contains(joiners, strings.ToLower(t.Text)) {
		s.alias, _ = p.ident()
	}
	if p.take("(") {
		for {
			name, ok := p.ident()
			if !ok {
				p.unexpected()
			}
			s.aliases = append(s.aliases, name)
			if t := p.peek(); t.Kind == tinysql.Word { // of a record
				p.typeName()
			}
			if !p.take(",") {
				break
			}
		}
		p.need(")")
	}
	return s
}

func (p *reader) isCallAhead() bool {
	n := 0
	for p.ahead(n).Kind == tinysql.Word || p.ahead(n).Kind == tinysql.Name {
		if n++; p.ahead(n).Is("(") {
			return true
		}
		if !p.ahead(n).Is(".") {
			return false
		}
		n++
	}
	return false
}

// list parses expressions up to what ends them.
func (p *reader) list(end string) (all []*expr) {
	if p.take(end) {
		return nil
	}
	for {
		p.take("variadic")
		all = append(all, p.expression())
		if p.take(",") {
			continue
		}
		p.need(end)
		return all
	}
}

func (p *reader) expression() *expr { return p.operand(0) }

// The precedences of operators, from those that bind least.
const (
	levelOr = iota + 1
	levelAnd
	levelNot
	levelIs
	levelCompare
	levelLike
	levelOther
	levelSum
	levelProduct
	levelPower
)

// operand parses an expression whose operators bind at least so closely.
func (p *reader) operand(least int) *expr {
	defer p.deeper()()
	start := p.at
	left := p.prefix()
	for {
		next := p.infix(left, least)
		if next == nil {
			left.from, left.to = start, p.at
			return left
		}
		next.from, next.to = start, p.at
		left = next
	}
}

// symbols are the operators that the lexer leaves in pieces.
var symbols = []string{"!~~*", "!~*", "!~~", "~~*", "<->", "->>", "#>>", "@>", "<@", "&&", "->", "#>", "~~", "~*", "!~", "<<", ">>", "||", "<=", ">=", "<>", "!=", "^@", "?|", "?&", "=", "<", ">", "~", "&", "|", "#", "+", "-", "*", "/", "%", "^", "?", "@"}

// operator looks at the operator ahead and tells of how many tokens it is.
func (p *reader) operator() (text string, tokens int) {
	if p.is("operator") && p.ahead(1).Is("(") {
		n := 2
		for p.ahead(n).Kind == tinysql.Word && p.ahead(n+1).Is(".") {
			n += 2
		}
		var b strings.Builder
		for p.ahead(n).Kind == tinysql.Symbol && !p.ahead(n).Is(")") {
			b.WriteString(p.ahead(n).Text)
			n++
		}
		if p.ahead(n).Is(")") {
			return b.String(), n + 1
		}
		return "", 0
	}
	var all strings.Builder
	for n := range 4 {
		t := p.ahead(n)
		if t.Kind != tinysql.Symbol || n > 0 && t.From != p.ahead(n-1).To {
			break
		}
		all.WriteString(t.Text)
	}
	joined := all.String()
	for _, s := range symbols {
		if strings.HasPrefix(joined, s) {
			n, size := 0, 0
			for size < len(s) {
				size += len(p.ahead(n).Text)
				n++
			}
			if size == len(s) {
				return s, n
			}
		}
	}
	return "", 0
}

func levelOf(op string) int {
	switch op {
	case "=", "<", ">", "<=", ">=", "<>", "!=":
		return levelCompare
	case "+", "-":
		return levelSum
	case "*", "/", "%":
		return levelProduct
	case "^":
		return levelPower
	}
	return levelOther
}

// infix parses what comes after an operand; nil where nothing does that binds closely enough.
func (p *reader) infix(left *expr, least int) *expr {
	t := p.peek()
	at := t.From + 1
	not := false
	if t.Is("not") && least <= levelLike && slices.ContainsFunc([]string{"in", "like", "ilike", "between", "similar"}, p.ahead(1).Is) {
		p.at++
		not = true
	}
	switch {
	case t.Is("or") && least <= levelOr:
		p.at++
		return &expr{kind: isOr, args: []*expr{left, p.operand(levelOr + 1)}, at: at}
	case t.Is("and") && least <= levelAnd:
		p.at++
		return &expr{kind: isAnd, args: []*expr{left, p.operand(levelAnd + 1)}, at: at}
	case t.Is("isnull") && least <= levelIs, t.Is("notnull") && least <= levelIs:
		p.at++
		return &expr{kind: isTest, text: "null", not: t.Is("notnull"), args: []*expr{left}, at: at}
	case t.Is("is") && least <= levelIs:
		p.at++
		e := &expr{kind: isTest, not: p.take("not"), args: []*expr{left}, at: at}
		switch {
		case p.take("distinct", "from"):
			e.text, e.args = "distinct", append(e.args, p.operand(levelIs+1))
		case p.is("null"), p.is("true"), p.is("false"), p.is("unknown"):
			e.text = strings.ToLower(p.peek().Text)
			p.at++
		default:
			p.unexpected()
		}
		return e
	case p.is("in") && least <= levelLike:
		p.at++
		p.need("(")
		e := &expr{kind: isIn, not: not, args: []*expr{left}, at: at}
		if p.is("select") || p.is("values") || p.is("with") {
			e.sub = p.selection()
			p.need(")")
		} else if e.args = append(e.args, p.list(")")...); len(e.args) == 1 {
			p.at--
			p.unexpected()
		}
		return e
	case p.is("between") && least <= levelLike:
		p.at++
		p.take("symmetric")
		low := p.operand(levelLike + 1)
		p.need("and")
		return &expr{kind: isBetween, not: not, args: []*expr{left, low, p.operand(levelLike + 1)}, at: at}
	case (p.is("like") || p.is("ilike") || p.is("similar") && p.ahead(1).Is("to")) && least <= levelLike:
		text := strings.ToLower(p.peek().Text)
		p.at++
		p.take("to")
		e := &expr{kind: isLike, text: text, not: not, at: at}
		if p.is("any") || p.is("all") {
			return p.quantified(map[string]string{"like": "~~", "ilike": "~~*"}[text], left, at)
		}
		e.args = []*expr{left, p.operand(levelLike + 1)}
		if p.take("escape") {
			p.operand(levelLike + 1)
		}
		return e
	case t.Is("at") && p.ahead(1).Is("time") && least <= levelPower:
		p.at += 2
		p.need("zone")
		return &expr{kind: isCall, names: []string{"timezone"}, args: []*expr{p.operand(levelPower + 1), left}, at: left.at}
	case t.Is("collate"):
		p.at++
		p.qualified()
		return left
	case t.Is("::"):
		p.at++
		typ, mod := p.typeName()
		return &expr{kind: isCast, typ: typ, mod: mod, args: []*expr{left}, at: left.at}
	case t.Is("["):
		p.at++
		e := &expr{kind: isIndex, args: []*expr{left}, at: at}
		if !p.is(":") {
			e.args = append(e.args, p.expression())
		}
		if p.take(":") {
			p.expression()
		}
		p.need("]")
		return e
	case t.Is(".") && left.kind != isColumn:
		p.at++
		if p.take("*") {
			return &expr{kind: isField, text: "*", args: []*expr{left}, at: at}
		}
		return &expr{kind: isField, text: p.label(), args: []*expr{left}, at: at}
	}
	if op, n := p.operator(); n > 0 && levelOf(op) >= least {
		p.at += n
		if p.is("any") || p.is("all") || p.is("some") {
			return p.quantified(op, left, at)
		}
		if op == "!=" {
			op = "<>"
		}
		return &expr{kind: isOperator, text: op, args: []*expr{left, p.operand(levelOf(op) + 1)}, at: at}
	}
	return nil
}

func (p *reader) quantified(op string, left *expr, at int) *expr {
	e := &expr{kind: isAny, text: op, all: p.is("all"), at: at}
	p.at++
	p.need("(")
	if p.is("select") {
		e.sub, e.args = p.selection(), []*expr{left}
	} else {
		e.args = []*expr{left, p.expression()}
	}
	p.need(")")
	return e
}

// prefix parses an operand with what stands before it.
func (p *reader) prefix() *expr {
	defer p.deeper()()
	t := p.peek()
	at, start := t.From+1, p.at
	done := func(e *expr) *expr {
		e.at, e.from, e.to = at, start, p.at
		return e
	}
	switch {
	case p.take("not"):
		return done(&expr{kind: isNot, args: []*expr{p.operand(levelNot)}})
	case t.Is("-"), t.Is("+"), t.Is("@"), t.Is("~"):
		p.at++
		e := p.operand(levelPower + 1)
		if t.Is("+") {
			return e
		}
		if t.Is("-") && e.kind == isNumeral && !strings.HasPrefix(e.text, "-") {
			e.text = "-" + e.text
			return done(e)
		}
		return done(&expr{kind: isOperator, text: t.Text, args: []*expr{e}})
	case t.Kind == tinysql.String:
		p.at++
		for p.peek().Kind == tinysql.String && strings.Contains(p.q.text[t.To:p.peek().From], "\n") {
			t.Text += p.peek().Text
			p.at++
		}
		return done(&expr{kind: isString, text: t.Text})
	case t.Kind == tinysql.Number:
		p.at++
		text := t.Text
		if next := p.peek(); next.Kind == tinysql.Word && next.From == t.To {
			if exponent := strings.TrimLeft(strings.ToLower(next.Text), "e"); len(exponent) < len(next.Text) && strings.Trim(exponent, "0123456789") == "" && exponent != "" {
				text += next.Text
				p.at++
			} else if p.q.c.server.major >= 15 {
				p.q.fail("42601", at, "scanner_yyerror", "trailing junk after numeric literal at or near \"%s\"", clip(p.q.text[t.From:next.To]))
			}
		}
		return done(&expr{kind: isNumeral, text: text})
	case p.take("null"):
		return done(&expr{kind: isNull})
	case t.Is("true"), t.Is("false"):
		p.at++
		return done(&expr{kind: isBoolean, text: strings.ToLower(t.Text[:1])})
	case p.take("*"):
		return done(&expr{kind: isStar})
	case p.take("("):
		if p.is("select") || p.is("values") || p.is("with") {
			e := &expr{kind: isScalar, sub: p.selection()}
			p.need(")")
			return done(e)
		}
		list := p.list(")")
		if len(list) == 1 {
			return list[0]
		}
		return done(&expr{kind: isRow, args: list})
	case p.take("case"):
		e := &expr{kind: isCase, args: []*expr{nil}}
		if !p.is("when") {
			e.args[0] = p.expression()
		}
		for p.take("when") {
			e.args = append(e.args, p.expression())
			p.need("then")
			e.args = append(e.args, p.expression())
		}
		var otherwise *expr
		if p.take("else") {
			otherwise = p.expression()
		}
		p.need("end")
		e.args = append(e.args, otherwise)
		return done(e)
	case p.take("exists", "("):
		e := &expr{kind: isExists, sub: p.selection()}
		p.need(")")
		return done(e)
	case p.take("cast", "("):
		e := &expr{kind: isCast, args: []*expr{p.expression()}}
		p.need("as")
		e.typ, e.mod = p.typeName()
		p.need(")")
		return done(e)
	case p.take("array", "["):
		return done(&expr{kind: isArray, args: p.list("]")})
	case p.take("array", "("):
		e := &expr{kind: isArrayQuery, sub: p.selection()}
		p.need(")")
		return done(e)
	case p.take("row", "("):
		return done(&expr{kind: isRow, args: p.list(")")})
	case t.Is("extract") && p.ahead(1).Is("("):
		p.at += 2
		field := p.label()
		p.need("from")
		e := &expr{kind: isCall, names: []string{"extract"}, args: []*expr{{kind: isString, text: field, at: at}, p.expression()}}
		p.need(")")
		return done(e)
	case t.Is("position") && p.ahead(1).Is("("):
		p.at += 2
		what := p.operand(levelLike + 1)
		p.need("in")
		e := &expr{kind: isCall, names: []string{"position"}, args: []*expr{p.expression(), what}}
		p.need(")")
		return done(e)
	case t.Is("trim") && p.ahead(1).Is("("):
		p.at += 2
		name := "btrim"
		switch {
		case p.take("leading"):
			name = "ltrim"
		case p.take("trailing"):
			name = "rtrim"
		default:
			p.take("both")
		}
		var args []*expr
		if !p.is("from") {
			args = append(args, p.expression())
		}
		switch {
		case p.take("from"):
			args = append([]*expr{p.expression()}, args...)
		case p.take(","):
			args = append(args, p.expression())
		}
		p.need(")")
		return done(&expr{kind: isCall, names: []string{name}, args: args})
	case t.Kind == tinysql.Word && len(t.Text) == 1 && p.ahead(1).Kind == tinysql.String && p.ahead(1).From == t.To && strings.ContainsAny(t.Text, "eEbBxXuU"):
		p.at += 2
		text := p.ahead(-1).Text
		if strings.EqualFold(t.Text, "e") {
			text = unescaped(text)
		}
		return done(&expr{kind: isString, text: text})
	case t.Kind == tinysql.Broken, t.Kind == tinysql.End, isReserved(t), t.Kind == tinysql.Symbol:
		p.unexpected()
	}
	// A type before a string: date '2020-01-01'.
	if t.Kind == tinysql.Word {
		n := 1
		if t.Is("double") || t.Is("character") {
			n = 2
		}
		if typ, ok := factsOf().byName[strings.ToLower(t.Text)]; ok && p.ahead(n).Kind == tinysql.String {
			p.at += n
			e := &expr{kind: isCast, typ: typ, mod: -1, args: []*expr{{kind: isString, text: p.peek().Text, at: p.peek().From + 1}}}
			p.at++
			return done(e)
		}
	}
	names := []string{}
	for {
		if len(names) > 0 && p.take("*") {
			return done(&expr{kind: isStar, names: names})
		}
		if len(names) == 0 {
			name, ok := p.ident()
			if !ok {
				p.unexpected()
			}
			names = append(names, name)
		} else {
			names = append(names, p.label())
		}
		if !p.take(".") {
			break
		}
	}
	if !p.is("(") || p.tokens[p.at-1].Kind == tinysql.Symbol {
		return done(&expr{kind: isColumn, names: names})
	}
	p.at++
	e := &expr{kind: isCall, names: names}
	switch {
	case p.take("*"):
		p.need(")")
		e.args = []*expr{{kind: isStar}}
	case p.take(")"):
	default:
		if e.all = p.take("distinct"); !e.all {
			p.take("all")
		}
		substring := names[len(names)-1] == "substring" || names[len(names)-1] == "overlay"
		for {
			p.take("variadic")
			e.args = append(e.args, p.expression())
			if !p.take(",") && !(substring && (p.take("from") || p.take("for") || p.take("placing"))) {
				break
			}
		}
		if p.take("order", "by") {
			e.order = p.orderings()
		}
		p.need(")")
	}
	if p.take("within", "group") {
		p.need("(")
		p.need("order")
		p.need("by")
		e.order = p.orderings()
		p.need(")")
	}
	if p.take("filter", "(", "where") {
		e.where = p.expression()
		p.need(")")
	}
	if p.take("over") {
		e.windowy = true
		if !p.take("(") {
			p.label()
		} else {
			for depth := 1; depth > 0; p.at++ {
				switch t := p.peek(); {
				case t.Kind == tinysql.End:
					p.unexpected()
				case t.Is("("):
					depth++
				case t.Is(")"):
					depth--
				}
			}
		}
	}
	return done(e)
}

var escapes = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r", `\'`, "'", `\b`, "\b", `\f`, "\f")

func unescaped(s string) string { return escapes.Replace(s) }

// typeName takes the name of a type.
func (p *reader) typeName() (typ uint32, mod int32) {
	at := p.peek().From + 1
	quoted := p.peek().Kind == tinysql.Name
	names := p.qualified()
	name := names[len(names)-1]
	quoted = quoted || p.tokens[p.at-1].Kind == tinysql.Name
	switch {
	case name == "double" && p.take("precision"):
		name = "float8"
	case name == "character" && p.take("varying"):
		name = "varchar"
	case name == "bit" && p.take("varying"):
		name = "varbit"
	}
	mod = -1
	if p.take("(") {
		first := p.peek()
		n, err := strconv.Atoi(first.Text)
		if first.Kind != tinysql.Number || err != nil {
			p.unexpected()
		}
		p.at++
		scale := 0
		if p.take(",") {
			scale, _ = strconv.Atoi(p.peek().Text)
			p.at++
		}
		p.need(")")
		mod = int32(n) + 4
		if name == "numeric" || name == "decimal" {
			mod = int32(n)<<16 + int32(scale) + 4
		}
	}
	if name == "timestamp" || name == "time" {
		if p.take("with") {
			p.need("time")
			p.need("zone")
			name += "tz"
		} else if p.take("without") {
			p.need("time")
			p.need("zone")
		}
	}
	if (name == "char" || name == "character") && !quoted && len(names) == 1 {
		name = "bpchar"
		if mod < 0 {
			mod = 5
		}
	}
	typ, ok := factsOf().byName[name]
	if !ok {
		if typ, ok = map[string]uint32{"regclass": typeRegclass, "regtype": typeRegtype, "regproc": typeRegproc, "regprocedure": 2202, "regoper": 2203, "regrole": typeRegrole, "regnamespace": typeRegNS}[name]; !ok {
			p.q.fail("42704", at, "typenameType", "type \"%s\" does not exist", clip(strings.Join(names, ".")))
		}
	}
	for p.take("[") {
		if p.peek().Kind == tinysql.Number {
			p.at++
		}
		p.need("]")
		if elementOf(typ) == 0 {
			typ = arrayOf(typ)
		}
	}
	if p.take("array") {
		typ = arrayOf(typ)
	}
	return typ, mod
}
