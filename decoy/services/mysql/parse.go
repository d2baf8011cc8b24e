package mysql

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/tinysql"
)

// expr is a parsed expression.
type expr struct {
	op       string // which kind of node, or which operator
	text     string // a name; a function's in lower case
	path     []string
	value    any // of a literal
	args     []*expr
	not      bool
	sub      *selection
	from, to int // where it is in the text
	typ      typ
	depth    int // of a column: how many queries further out
	index    int // of a column, an aggregate or a parameter
	distinct bool
	order    []ordering
	function *function
	random   *seeded // of RAND with a seed
	once     *found  // of a subquery that asks for nothing of the query around
}

// selection is a SELECT, or several with UNION between them.
type selection struct {
	with    []named
	items   []item
	tables  []joined
	where   *expr
	group   []*expr
	having  *expr
	order   []ordering
	limit   *expr
	offset  *expr
	unlike  bool
	none    bool // no FROM
	into    *into
	first   *selection // of a UNION
	more    []further
	locking bool
	*bound
}

type further struct {
	how  string
	all  bool
	with *selection
}

type named struct {
	name    string
	columns []string
	sub     *selection
	around  *scope
}

type item struct {
	e     *expr
	alias string
	star  bool
	path  []string // of a star
	text  string
	named bool // with AS, or as if
}

type ordering struct {
	e    *expr
	down bool
}

// joined is a table in FROM and how it is joined to those before it.
type joined struct {
	name  []string
	alias string
	sub   *selection
	how   string // "", left, right
	on    *expr
	using []string
	at    int
}

type into struct {
	how  string // outfile, dumpfile, or vars
	name string
	vars []string
	// of an outfile
	fields, lines string
}

// maxNested bounds how deep expressions and queries nest.
const maxNested = 64

// parser goes through the tokens of one statement. What is wrong panics with a wrong.
type parser struct {
	text   string
	tokens []tinysql.Token
	at     int
	depth  int
	marks  int  // parameters of a prepared statement
	closed bool // the term that was read last stood in parentheses
	single bool // a derived table without a name is a mistake in the grammar, as in MariaDB
}

// wrong is a statement's mistake as the server tells it.
type wrong struct {
	code    uint16
	state   string
	message string
	at      int // of a syntax error
}

func (p *parser) peek() tinysql.Token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return tinysql.Token{Kind: tinysql.End, From: len(p.text), To: len(p.text)}
}

func (p *parser) is(words ...string) bool {
	for i, word := range words {
		if p.at+i >= len(p.tokens) || !p.tokens[p.at+i].Is(word) {
			return false
		}
	}
	return true
}

func (p *parser) take(words ...string) bool {
	if !p.is(words...) {
		return false
	}
	p.at += len(words)
	return true
}

func (p *parser) any(words ...string) string {
	for _, word := range words {
		if p.take(word) {
			return word
		}
	}
	return ""
}

func (p *parser) need(words ...string) {
	for _, word := range words {
		if !p.take(word) {
			p.fail()
		}
	}
}

func (p *parser) fail() { panic(&wrong{code: 1064, at: p.peek().From}) }

// reserved are the words that can't be a name. They are those that matter to where a name may stand.
var reserved = strings.Fields("all and as asc between by case cross delete desc distinct div else except exists false for from group having in inner insert intersect into is join " +
	"left like limit lock natural not null on or order outer procedure regexp right rlike select set straight_join table then true union update using values when where window with xor")

func isReserved(t tinysql.Token) bool {
	return t.Kind == tinysql.Word && slices.Contains(reserved, strings.ToLower(t.Text))
}

// name reads a name without qualifiers.
func (p *parser) name() string {
	t := p.peek()
	if t.Kind != tinysql.Name && (t.Kind != tinysql.Word || isReserved(t)) {
		p.fail()
	}
	p.at++
	return t.Text
}

// names reads a name with its qualifiers.
func (p *parser) names() []string {
	all := []string{p.name()}
	for len(all) < 3 && p.is(".") {
		p.at++
		// After a dot every word is a name.
		if t := p.peek(); t.Kind == tinysql.Word {
			p.at++
			all = append(all, t.Text)
		} else {
			all = append(all, p.name())
		}
	}
	return all
}

func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxNested {
		panic(&wrong{code: 1436, state: "HY000", message: "Thread stack overrun:  294912 bytes used of a 299008 byte stack, and 32000 bytes needed. Consider increasing the thread_stack system variable."})
	}
	return func() { p.depth-- }
}

// whole reads a query that is a statement.
func (p *parser) whole() *selection {
	s := p.selection()
	if p.at < len(p.tokens) {
		p.fail()
	}
	return s
}

func (p *parser) selection() *selection {
	defer p.deeper()()
	var with []named
	if p.take("with") {
		p.take("recursive")
		for {
			n := named{name: p.name()}
			if p.take("(") {
				n.columns = p.list()
			}
			p.need("as", "(")
			n.sub = p.selection()
			p.need(")")
			with = append(with, n)
			if !p.take(",") {
				break
			}
		}
	}
	s := p.term()
	if p.is("union") || p.is("except") || p.is("intersect") {
		s = &selection{first: s}
		for {
			how := p.any("union", "except", "intersect")
			if how == "" {
				break
			}
			f := further{how: how, all: p.take("all")}
			p.take("distinct")
			f.with = p.term()
			s.more = append(s.more, f)
			if last := f.with; !p.closed { // what follows the last is of all
				s.order, s.limit, s.offset, s.into = last.order, last.limit, last.offset, last.into
				last.order, last.limit, last.offset, last.into = nil, nil, nil, nil
			}
		}
	}
	s.with = append(with, s.with...)
	p.tail(s)
	return s
}

// list reads names up to a closing parenthesis.
func (p *parser) list() []string {
	all := []string{p.name()}
	for p.take(",") {
		all = append(all, p.name())
	}
	p.need(")")
	return all
}

// tail reads what may follow one SELECT or several.
func (p *parser) tail(s *selection) {
	if p.take("order", "by") {
		s.order = p.orderings()
	}
	if p.take("limit") {
		s.limit = p.count()
		if p.take(",") {
			s.offset, s.limit = s.limit, p.count()
		} else if p.take("offset") {
			s.offset = p.count()
		}
	}
	if p.is("into") && s.into == nil {
		p.into(s)
	}
	if p.take("procedure") {
		p.need("analyse", "(")
		for !p.take(")") {
			p.expression()
			p.take(",")
		}
	}
	for p.take("for") {
		if p.any("update", "share") == "" {
			p.fail()
		}
		p.any("nowait")
		p.take("skip", "locked")
		s.locking = true
	}
	if p.take("lock") {
		p.need("in", "share", "mode")
	}
	if p.is("into") && s.into == nil {
		p.into(s)
	}
}

func (p *parser) count() *expr {
	t := p.peek()
	if t.Kind != tinysql.Number && !t.Is("?") {
		p.fail()
	}
	return p.operand()
}

func (p *parser) orderings() []ordering {
	var all []ordering
	for {
		o := ordering{e: p.expression()}
		if o.down = p.take("desc"); !o.down {
			p.take("asc")
		}
		all = append(all, o)
		if !p.take(",") {
			return all
		}
	}
}

func (p *parser) into(s *selection) {
	p.need("into")
	s.into = &into{how: p.any("outfile", "dumpfile"), fields: "\t", lines: "\n"}
	if s.into.how == "" {
		for {
			t := p.peek()
			if t.Kind != tinysql.Variable {
				p.fail()
			}
			p.at++
			s.into.vars = append(s.into.vars, variableName(t.Text))
			if !p.take(",") {
				return
			}
		}
	}
	s.into.name = p.literal()
	if p.take("character", "set") {
		p.name()
	}
	if p.any("fields", "columns") != "" {
		p.separators(&s.into.fields)
	}
	if p.take("lines") {
		p.separators(&s.into.lines)
	}
}

// separators reads what stands between fields or lines of a file; only the ends of them matter here.
func (p *parser) separators(terminated *string) {
	for {
		switch {
		case p.take("terminated", "by"):
			*terminated = p.literal()
		case p.take("optionally", "enclosed", "by"), p.take("enclosed", "by"), p.take("escaped", "by"), p.take("starting", "by"):
			p.literal()
		default:
			return
		}
	}
}

// literal reads a string.
func (p *parser) literal() string {
	t := p.peek()
	if t.Kind != tinysql.String {
		p.fail()
	}
	p.at++
	return t.Text
}

// options stand between SELECT and what it selects.
var options = []string{"all", "distinctrow", "high_priority", "straight_join", "sql_small_result", "sql_big_result", "sql_buffer_result", "sql_cache", "sql_no_cache", "sql_calc_found_rows"}

// term reads one SELECT, or a query in parentheses.
func (p *parser) term() *selection {
	defer p.deeper()()
	if p.take("(") {
		s := p.selection()
		p.need(")")
		if p.closed = true; s.first == nil && s.order == nil && s.limit == nil {
			return s
		}
		return &selection{first: s}
	}
	defer func() { p.closed = false }()
	p.need("select")
	s := &selection{none: true}
	for {
		if p.take("distinct") {
			s.unlike = true
		} else if p.any(options...) == "" {
			break
		}
	}
	for {
		s.items = append(s.items, p.item())
		if !p.take(",") {
			break
		}
	}
	if p.is("into") {
		p.into(s)
	}
	if p.take("from") {
		s.none = false
		if p.take("dual") {
			s.none = true
		} else {
			s.tables = p.tables()
		}
	}
	if p.take("where") {
		s.where = p.expression()
	}
	if p.take("group", "by") {
		for {
			s.group = append(s.group, p.expression())
			p.any("asc", "desc")
			if !p.take(",") {
				break
			}
		}
		p.take("with", "rollup")
	}
	if p.take("having") {
		s.having = p.expression()
	}
	if !p.is("union") && !p.is("except") && !p.is("intersect") {
		p.tail(s)
	}
	return s
}

// executed is where comments begin and end that are none.
var executed = regexp.MustCompile(`/\*!\d*|\*/`)

func (p *parser) item() item {
	start := p.at
	if p.take("*") {
		return item{star: true}
	}
	// A table's columns.
	for n := 1; n <= 3; n += 2 {
		if p.at+n+1 < len(p.tokens) && p.tokens[p.at+n].Is(".") && p.tokens[p.at+n+1].Is("*") {
			var path []string
			for i := 0; i < n; i += 2 {
				path = append(path, p.tokens[p.at+i].Text)
			}
			p.at += n + 2
			return item{star: true, path: path}
		}
	}
	e := p.expression()
	i := item{e: e, text: strings.TrimSpace(p.text[p.tokens[start].From:p.tokens[p.at-1].To])}
	if p.take("as") {
		t := p.peek()
		if t.Kind != tinysql.String && t.Kind != tinysql.Name && t.Kind != tinysql.Word {
			p.fail()
		}
		p.at++
		i.alias = t.Text
	} else if t := p.peek(); t.Kind == tinysql.String || t.Kind == tinysql.Name || t.Kind == tinysql.Word && !isReserved(t) {
		p.at++
		i.alias = t.Text
	}
	if i.named = i.alias != ""; !i.named {
		switch {
		case e.op == "column":
			i.alias = e.path[len(e.path)-1]
		case e.op == "literal" && e.value == nil:
			i.alias = "NULL"
		case e.op == "literal" && e.text == "bool":
			i.alias = strings.ToUpper(i.text)
		case e.op == "literal" && isText(e.value) && strings.ContainsAny(i.text[len(i.text)-1:], `'"`) && !strings.ContainsAny(i.text[:1], "xXbB"):
			i.alias = strings.TrimLeft(text(e.value), " \t\r\n")
		case strings.Contains(i.text, "/*!"):
			i.alias = strings.TrimSpace(executed.ReplaceAllString(i.text, ""))
		default:
			i.alias = i.text
		}
	}
	return i
}

func (p *parser) tables() []joined {
	var all []joined
	one := func(how string) {
		if p.is("(") && p.at+1 < len(p.tokens) && !p.tokens[p.at+1].Is("select") && !p.tokens[p.at+1].Is("(") && !p.tokens[p.at+1].Is("with") {
			defer p.deeper()()
			p.at++
			inner := p.tables()
			p.need(")")
			inner[0].how = how
			all = append(all, inner...)
			return
		}
		t := joined{how: how, at: p.peek().From}
		if p.take("(") {
			t.sub = p.selection()
			p.need(")")
		} else {
			t.name = p.names()
			t.alias = t.name[len(t.name)-1]
		}
		if p.take("as") {
			t.alias = p.name()
		} else if n := p.peek(); n.Kind == tinysql.Name || n.Kind == tinysql.Word && !isReserved(n) && !slices.Contains([]string{"use", "force", "ignore", "offset", "partition", "fetch"}, strings.ToLower(n.Text)) {
			t.alias = p.name()
		}
		if t.sub != nil && t.alias == "" {
			if p.single {
				p.fail()
			}
			panic(&wrong{code: 1248, state: "42000", message: "Every derived table must have its own alias"})
		}
		for p.any("use", "force", "ignore") != "" { // an index
			p.any("index", "key")
			p.need("(")
			for !p.take(")") {
				if p.at >= len(p.tokens) {
					p.fail()
				}
				p.at++
			}
		}
		all = append(all, t)
	}
	one("")
	for {
		if p.take(",") {
			one("")
			continue
		}
		how := ""
		switch {
		case p.take("natural"):
			how = p.any("left", "right")
			p.take("outer")
			p.need("join")
			at := len(all)
			one(how)
			all[at].using = []string{"*"}
			continue
		case p.take("inner"), p.take("cross"):
			p.need("join")
		case p.is("left"), p.is("right"):
			how = p.any("left", "right")
			p.take("outer")
			p.need("join")
		case p.take("straight_join"), p.take("join"):
		default:
			return all
		}
		at := len(all)
		one(how)
		last := len(all) - 1
		switch {
		case p.take("on"):
			all[last].on = p.expression()
		case p.take("using", "("):
			all[last].using = p.list()
		case how != "":
			p.fail()
		}
		if last != at { // the condition of tables in parentheses
			all[at].how = how
		}
	}
}

// expression reads one, from the operators that bind loosest.
func (p *parser) expression() *expr {
	defer p.deeper()()
	start := p.peek().From
	left := p.xor()
	for p.any("or", "||") != "" {
		left = p.binary("or", left, p.xor(), start)
	}
	return left
}

func (p *parser) binary(op string, left, right *expr, from int) *expr {
	to := from
	if p.at > 0 {
		to = p.tokens[p.at-1].To
	}
	return &expr{op: op, args: []*expr{left, right}, from: from, to: to}
}

func (p *parser) xor() *expr {
	start := p.peek().From
	left := p.and()
	for p.take("xor") {
		left = p.binary("xor", left, p.and(), start)
	}
	return left
}

func (p *parser) and() *expr {
	start := p.peek().From
	left := p.negation()
	for p.any("and", "&&") != "" {
		left = p.binary("and", left, p.negation(), start)
	}
	return left
}

func (p *parser) negation() *expr {
	if p.take("not") {
		defer p.deeper()()
		return &expr{op: "not", args: []*expr{p.negation()}}
	}
	return p.comparison()
}

var comparisons = []string{"=", "<=>", "<>", "!=", "<=", ">=", "<", ">"}

func (p *parser) comparison() *expr {
	start := p.peek().From
	left := p.bits()
	for {
		if op := p.any(comparisons...); op != "" {
			if op == "!=" {
				op = "<>"
			}
			if any := p.any("any", "some", "all"); any != "" {
				p.need("(")
				right := &expr{op: "rows", sub: p.selection()}
				p.need(")")
				left = p.binary("quantified", left, right, start)
				left.text, left.distinct = op, any == "all"
				continue
			}
			left = p.binary(op, left, p.bits(), start)
			continue
		}
		if p.take("is") {
			not := p.take("not")
			word := p.any("null", "true", "false", "unknown")
			if word == "" {
				p.fail()
			}
			if word == "unknown" {
				word = "null"
			}
			left = &expr{op: "is " + word, not: not, args: []*expr{left}}
			continue
		}
		mark := p.at
		not := p.take("not")
		switch {
		case p.take("like"):
			left = p.binary("like", left, p.bits(), start)
			if p.take("escape") {
				left.args = append(left.args, p.operand())
			}
		case p.any("regexp", "rlike") != "":
			left = p.binary("regexp", left, p.bits(), start)
		case p.take("sounds"):
			p.need("like")
			left = p.binary("=", left, p.bits(), start)
		case p.take("between"):
			low := p.bits()
			p.need("and")
			left = &expr{op: "between", args: []*expr{left, low, p.bits()}}
		case p.take("in"):
			p.need("(")
			if p.is("select") || p.is("with") || p.is("(", "select") {
				left = &expr{op: "in query", args: []*expr{left}, sub: p.selection()}
			} else {
				left = &expr{op: "in", args: append([]*expr{left}, p.expressions()...)}
			}
			p.need(")")
		case not:
			p.at = mark
			p.at++
			p.fail()
		default:
			return left
		}
		left.not = not
	}
}

func (p *parser) expressions() []*expr {
	var all []*expr
	for {
		all = append(all, p.expression())
		if !p.take(",") {
			return all
		}
	}
}

// ladder are the operators that bind closer than comparisons.
var ladder = [][]string{{"|"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "div", "%", "mod"}, {"^"}}

func (p *parser) bits() *expr { return p.level(0) }

func (p *parser) level(n int) *expr {
	if n == len(ladder) {
		return p.unary()
	}
	start := p.peek().From
	left := p.level(n + 1)
	for {
		op := p.any(ladder[n]...)
		if op == "" {
			return left
		}
		if (op == "+" || op == "-") && p.take("interval") {
			left = p.interval(left, op)
			continue
		}
		if op == "mod" {
			op = "%"
		}
		left = p.binary(op, left, p.level(n+1), start)
	}
}

// interval reads what is added to a time.
func (p *parser) interval(left *expr, op string) *expr {
	amount := p.expression()
	unit := strings.ToLower(p.name())
	return &expr{op: "interval", text: unit, not: op == "-", args: []*expr{left, amount}}
}

func (p *parser) unary() *expr {
	start := p.peek().From
	op := p.any("-", "+", "~", "!")
	if op == "" {
		if p.take("binary") {
			defer p.deeper()()
			return &expr{op: "cast", text: "binary", args: []*expr{p.unary()}, from: start}
		}
		return p.collated()
	}
	defer p.deeper()()
	e := p.unary()
	switch op {
	case "+":
		return e
	case "!":
		return &expr{op: "not", args: []*expr{e}}
	}
	return &expr{op: map[string]string{"-": "negative", "~": "~"}[op], args: []*expr{e}, from: start}
}

func (p *parser) collated() *expr {
	e := p.operand()
	for p.take("collate") {
		t := p.peek()
		if t.Kind == tinysql.String {
			p.at++
		} else {
			p.name()
		}
		e = &expr{op: "collate", text: strings.ToLower(t.Text), args: []*expr{e}}
	}
	return e
}

// numeral is a number's value.
func numeral(text string) any {
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "e"):
		n, err := strconv.ParseFloat(lower, 64)
		if err != nil {
			return nil
		}
		return n
	case strings.Contains(lower, "."):
		return parseDecimal(lower)
	}
	if n, err := strconv.ParseInt(lower, 10, 64); err == nil {
		return n
	}
	if n, err := strconv.ParseUint(lower, 10, 64); err == nil {
		return n
	}
	if len(lower) > 81 {
		lower = strings.Repeat("9", 81)
	}
	n, ok := new(big.Int).SetString(lower, 10)
	if !ok {
		return nil
	}
	return decimal{n: n}
}

func (p *parser) operand() *expr {
	t := p.peek()
	e := &expr{from: t.From}
	defer func() {
		if p.at > 0 {
			e.to = p.tokens[p.at-1].To
		}
	}()
	switch {
	case t.Kind == tinysql.Number:
		p.at++
		e.op, e.value = "literal", numeral(t.Text)
		if e.value == nil {
			panic(&wrong{code: 1367, state: "22007", message: "Illegal double '" + clip(t.Text, 64) + "' value found during parsing"})
		}
		return e
	case t.Kind == tinysql.String:
		p.at++
		e.op = "literal"
		switch first := p.text[t.From]; {
		case first == '0', (first == 'x' || first == 'X' || first == 'b' || first == 'B'):
			e.value = raw(t.Text)
		default:
			var value strings.Builder
			value.WriteString(t.Text)
			for p.peek().Kind == tinysql.String && strings.IndexByte(`'"`, p.text[p.peek().From]) >= 0 { // next to each other they are one
				value.WriteString(p.peek().Text)
				p.at++
			}
			e.value = value.String()
		}
		return e
	case t.Kind == tinysql.Variable:
		p.at++
		if strings.HasPrefix(t.Text, "@@") {
			e.op, e.text = "system", strings.ToLower(t.Text[2:])
			for p.is(".") || p.peek().Kind == tinysql.Name && strings.HasSuffix(e.text, ".") {
				e.text += strings.ToLower(p.peek().Text)
				p.at++
			}
			return e
		}
		e.op, e.text = "variable", variableName(t.Text)
		if e.text == "" && (p.peek().Kind == tinysql.Name || p.peek().Kind == tinysql.String) && p.peek().From == t.To {
			e.text = strings.ToLower(p.peek().Text)
			p.at++
		}
		if p.take(":=") {
			return &expr{op: "assign", text: e.text, args: []*expr{p.expression()}}
		}
		return e
	case p.take("?"):
		e.op, e.index = "parameter", p.marks
		p.marks++
		return e
	case p.take("("):
		defer p.deeper()()
		if p.is("select") || p.is("with") || p.is("(", "select") {
			e.op, e.sub = "query", p.selection()
			p.need(")")
			return e
		}
		all := p.expressions()
		p.need(")")
		if len(all) == 1 {
			return all[0]
		}
		e.op, e.args = "row", all
		return e
	case p.take("null"):
		e.op = "literal"
		return e
	case p.take("true"), p.take("false"):
		e.op, e.value, e.text = "literal", int64(map[bool]int{true: 1}[t.Is("true")]), "bool"
		return e
	case p.take("exists"):
		p.need("(")
		e.op, e.sub = "exists", p.selection()
		p.need(")")
		return e
	case p.take("case"):
		return p.cases(e)
	case p.take("interval") && p.is("("):
		p.at--
	case t.Is("interval"):
		amount := p.expression()
		unit := strings.ToLower(p.name())
		p.need("+")
		*e = expr{op: "interval", text: unit, args: []*expr{p.level(4), amount}}
		return e
	}
	call := p.at+1 < len(p.tokens) && p.tokens[p.at+1].Is("(")
	if t.Kind == tinysql.Word && strings.HasPrefix(t.Text, "_") && p.at+1 < len(p.tokens) && p.tokens[p.at+1].Kind == tinysql.String {
		if _, ok := charsetNamed(strings.ToLower(t.Text[1:])); ok { // how the string is encoded
			p.at++
			inner := p.operand()
			if t.Is("_binary") {
				inner.value = raw(text(inner.value))
			} else {
				inner.value = text(inner.value)
			}
			return inner
		}
	}
	if t.Kind == tinysql.Word && call {
		return p.call(e, strings.ToLower(t.Text))
	}
	if t.Kind == tinysql.Word && slices.Contains(bare, strings.ToLower(t.Text)) {
		p.at++
		e.op, e.text = "call", strings.ToLower(t.Text)
		return e
	}
	if (t.Is("date") || t.Is("time") || t.Is("timestamp")) && p.at+1 < len(p.tokens) && p.tokens[p.at+1].Kind == tinysql.String {
		p.at += 2
		e.op, e.value = "literal", p.tokens[p.at-1].Text
		return e
	}
	e.op, e.path = "column", p.names()
	if p.is("(") && len(e.path) > 1 { // a stored function
		p.at++
		for !p.take(")") {
			p.expression()
			if !p.take(",") && !p.is(")") {
				p.fail()
			}
		}
		e.op = "stored"
	}
	if p.take("->>") || p.take("->") {
		e = &expr{op: "call", text: "json_extract", args: []*expr{e, p.operand()}}
	}
	return e
}

// bare are the functions that need no parentheses.
var bare = []string{"current_user", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "utc_date", "utc_time", "utc_timestamp", "current_role"}

func (p *parser) cases(e *expr) *expr {
	defer p.deeper()()
	e.op = "case"
	if !p.is("when") {
		e.op = "case of"
		e.args = append(e.args, p.expression())
	}
	for p.take("when") {
		e.args = append(e.args, p.expression())
		p.need("then")
		e.args = append(e.args, p.expression())
	}
	if p.take("else") {
		e.args = append(e.args, p.expression())
		e.not = true // it has an ELSE
	}
	p.need("end")
	return e
}

// castType reads the type that a value is made.
func (p *parser) castType() string {
	name := strings.ToLower(p.peek().Text)
	if p.peek().Kind != tinysql.Word {
		p.fail()
	}
	p.at++
	if p.take("(") {
		var size strings.Builder
		for !p.take(")") {
			if p.at >= len(p.tokens) {
				p.fail()
			}
			size.WriteString(p.peek().Text)
			p.at++
		}
		name += "(" + size.String() + ")"
	}
	if p.take("character", "set") || p.take("charset") {
		if p.take("binary") {
			return "binary"
		}
		p.name()
	}
	if name == "signed" || name == "unsigned" {
		p.any("integer", "int")
	}
	kind, _, _ := strings.Cut(name, "(")
	if !slices.Contains([]string{"signed", "unsigned", "integer", "int", "char", "nchar", "binary", "date", "datetime", "time", "decimal", "dec", "double", "float", "real", "json", "year", "varchar"}, kind) {
		p.at--
		p.fail()
	}
	return name
}

// call reads a function and its arguments.
func (p *parser) call(e *expr, name string) *expr {
	defer p.deeper()()
	p.at += 2
	e.op, e.text = "call", name
	finish := func() *expr {
		p.need(")")
		return e
	}
	switch name {
	case "cast":
		e.op = "cast"
		e.args = []*expr{p.expression()}
		p.need("as")
		e.text = p.castType()
		return finish()
	case "convert":
		e.args = []*expr{p.expression()}
		if p.take("using") {
			charset := strings.ToLower(p.peek().Text)
			p.at++
			if _, ok := charsetNamed(charset); !ok {
				panic(&wrong{code: 1115, state: "42000", message: "Unknown character set: '" + clip(charset, 64) + "'"})
			}
			e.op, e.text = "cast", map[bool]string{true: "binary", false: "char"}[charset == "binary"]
			return finish()
		}
		p.need(",")
		e.op, e.text = "cast", p.castType()
		return finish()
	case "extract":
		unit := strings.ToLower(p.name())
		p.need("from")
		e.args = []*expr{{op: "literal", value: unit}, p.expression()}
		return finish()
	case "position":
		needle := p.bits()
		p.need("in")
		e.text, e.args = "locate", []*expr{needle, p.expression()}
		return finish()
	case "trim":
		side := p.any("both", "leading", "trailing")
		if side != "" && p.take("from") {
			e.args = []*expr{p.expression()}
		} else {
			e.args = []*expr{p.expression()}
			if p.take("from") {
				e.args = []*expr{p.expression(), e.args[0]}
			}
		}
		if side == "leading" || side == "trailing" {
			e.text = map[string]string{"leading": "ltrim", "trailing": "rtrim"}[side]
		}
		return finish()
	case "date_add", "date_sub", "adddate", "subdate":
		e.args = []*expr{p.expression()}
		p.need(",")
		if p.take("interval") {
			*e = *p.interval(e.args[0], map[bool]string{true: "-", false: "+"}[strings.Contains(name, "sub")])
			return finish()
		}
		*e = expr{op: "interval", text: "day", not: name == "subdate", args: []*expr{e.args[0], p.expression()}}
		return finish()
	case "timestampdiff", "timestampadd":
		e.args = append([]*expr{{op: "literal", value: strings.ToLower(p.name())}}, nil...)
		for p.take(",") {
			e.args = append(e.args, p.expression())
		}
		return finish()
	case "count":
		if p.take("*") {
			e.args = []*expr{{op: "literal", value: int64(1)}}
			p.need(")")
			return p.over(e)
		}
	case "substring", "substr", "mid":
		e.args = []*expr{p.expression()}
		for {
			if p.any("from", "for", ",") == "" {
				return finish()
			}
			e.args = append(e.args, p.expression())
		}
	case "char":
		if !p.is(")") {
			e.args = p.expressions()
		}
		if p.take("using") {
			p.at++
			e.distinct = true
		}
		return finish()
	case "group_concat":
		e.distinct = p.take("distinct")
		e.args = p.expressions()
		if p.take("order", "by") {
			e.order = p.orderings()
		}
		e.value = ","
		if p.take("separator") {
			e.value = p.literal()
		}
		if p.take("limit") {
			p.count()
		}
		return finish()
	case "values":
		e.args = []*expr{p.expression()}
		return finish()
	case "match":
		p.fail()
	}
	e.distinct = p.take("distinct")
	if !p.is(")") {
		e.args = p.expressions()
	}
	p.need(")")
	return p.over(e)
}

// over refuses window functions: nobody looks around with them.
func (p *parser) over(e *expr) *expr {
	if p.is("over") {
		p.fail()
	}
	return e
}

// variableName is the name of a variable of the user's, without the sign and quotes.
func variableName(token string) string {
	return strings.ToLower(strings.Trim(strings.TrimPrefix(token, "@"), "`'\""))
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
