package tinysql

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/bait"
)

// maxItems bounds the list of a SELECT, and so how much larger than the query its result can be.
const maxItems = 64

// Item is one of the things that a SELECT asks for.
type Item struct {
	Tokens []Token
	Text   string // as it was written, without the alias
	Alias  string
	// Row looks a column's value up where the item is evaluated for a row; nil where it isn't.
	Row func(column string) (value any, ok bool)
}

// Select is a parsed SELECT.
type Select struct {
	Items  []Item
	From   []string   // the parts of the table's name; nil where there is none
	FromAt int        // where it is in the query
	where  *condition // nil: all rows
	unlike bool       // DISTINCT
	order  string
	down   bool
	limit  int // -1: none
	offset int
}

// SyntaxError is where a statement stops making sense. At is the offset in the query; at its end, its length.
type SyntaxError struct{ At int }

func (e *SyntaxError) Error() string { return fmt.Sprintf("syntax error at byte %d", e.At) }

// ErrBeyond tells that a SELECT looks right but joins, groups or nests: a database must not call that a mistake.
var ErrBeyond = errors.New("more than a simple SELECT")

// UnknownColumn is an error that names the column.
type UnknownColumn string

func (e UnknownColumn) Error() string { return "unknown column " + string(e) }

// Result is a table of strings and nils.
type Result struct {
	Columns []bait.Column
	Rows    [][]any
}

// FromTable returns all of a table.
func FromTable(t *bait.Table) *Result {
	r := &Result{Columns: t.Columns}
	for _, row := range t.Rows {
		values := make([]any, len(row))
		for i, v := range row {
			values[i] = v
		}
		r.Rows = append(r.Rows, values)
	}
	return r
}

// parser goes through the tokens of one statement.
type parser struct {
	query  string
	tokens []Token
	at     int
}

func (p *parser) peek() Token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return Token{Kind: End, From: len(p.query), To: len(p.query)}
}

func (p *parser) take(texts ...string) bool {
	for i, text := range texts {
		if p.at+i >= len(p.tokens) || !p.tokens[p.at+i].Is(text) {
			return false
		}
	}
	p.at += len(texts)
	return true
}

func (p *parser) unexpected() error { return &SyntaxError{p.peek().From} }

// clauses end what comes before them.
var clauses = []string{"from", "where", "order", "limit", "offset", "group", "having", "union", "into", "for", "procedure"}

func isClause(t Token) bool {
	return t.Kind == Word && slices.Contains(clauses, strings.ToLower(t.Text))
}

// ParseSelect parses a SELECT statement, whose tokens are of the query. The error is a *[SyntaxError] or [ErrBeyond].
func ParseSelect(query string, tokens []Token) (*Select, error) {
	p := &parser{query: query, tokens: tokens}
	s, err := p.selection()
	if err != nil && p.beyond() {
		return nil, ErrBeyond
	}
	return s, err
}

// beyondWords and beyondSymbols may stand in a SELECT after its table where this parser knows no further.
var (
	beyondWords = []string{"group", "having", "union", "intersect", "except", "join", "inner", "left", "right", "full", "cross", "natural", "straight_join", "for", "procedure", "exists",
		"case", "select", "regexp", "rlike", "similar", "escape", "collate", "window", "tablesample", "fetch", "using", "on"}
	beyondSymbols = []string{"(", ",", ".", "+", "-", "*", "/", "%", "||", "::", "~", "!~", "~*", "="}
)

// beyond tells whether what the parser stopped at may well be right: it belongs to a statement, in which what opens is closed and which
// doesn't end in the middle.
func (p *parser) beyond() bool {
	at := p.peek()
	word := at.Kind == Word && slices.Contains(beyondWords, strings.ToLower(at.Text))
	if !word && !(at.Kind == Symbol && slices.Contains(beyondSymbols, at.Text)) {
		return false
	}
	depth, from := 0, false
	for i, t := range p.tokens {
		switch {
		case t.Kind == Broken:
			return false
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case t.Is("from"):
			from = from || i < p.at
		}
		if depth < 0 {
			return false
		}
	}
	last := p.tokens[len(p.tokens)-1]
	ends := last.Kind != Symbol && !(last.Kind == Word && (isClause(last) || slices.Contains(beyondWords, strings.ToLower(last.Text)))) || last.Is(")") || last.Is("*")
	return depth == 0 && from && ends
}

func (p *parser) selection() (*Select, error) {
	s, err := p.head()
	if err != nil {
		return nil, err
	}
	if p.take("from") {
		s.FromAt = p.peek().From
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		s.From = name
		if p.take("as"); p.peek().Kind == Word && !isClause(p.peek()) && !slices.Contains(beyondWords, strings.ToLower(p.peek().Text)) || p.peek().Kind == Name {
			p.at++
		}
	}
	if p.take("where") {
		where, err := p.either()
		if err != nil {
			return nil, err
		}
		s.where = &where
	}
	if p.take("order", "by") {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		s.order = name[len(name)-1]
		if s.down = p.take("desc"); !s.down {
			p.take("asc")
		}
		for p.take(",") { // the first decides
			if _, err := p.name(); err != nil {
				return nil, err
			}
			if !p.take("desc") {
				p.take("asc")
			}
		}
	}
	if p.take("limit") {
		n, err := p.number()
		if err != nil {
			return nil, err
		}
		s.limit = n
		if p.take(",") {
			s.offset = n
			if s.limit, err = p.number(); err != nil {
				return nil, err
			}
		}
	}
	if p.take("offset") {
		n, err := p.number()
		if err != nil {
			return nil, err
		}
		s.offset = n
	}
	if p.at < len(p.tokens) {
		return nil, p.unexpected()
	}
	return s, nil
}

// ParseHead parses a SELECT up to its table, whatever comes then.
func ParseHead(query string, tokens []Token) (*Select, error) {
	p := &parser{query: query, tokens: tokens}
	s, err := p.head()
	if err != nil {
		return nil, err
	}
	if p.take("from") {
		s.FromAt = p.peek().From
		if s.From, err = p.name(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (p *parser) head() (*Select, error) {
	s := &Select{limit: -1}
	if !p.take("select") {
		return nil, p.unexpected()
	}
	s.unlike = p.take("distinct")
	for p.take("all") || p.take("sql_no_cache") || p.take("sql_calc_found_rows") || p.take("high_priority") {
	}
	for {
		item, err := p.item()
		if err != nil {
			return nil, err
		}
		s.Items = append(s.Items, item)
		if len(s.Items) == maxItems || !p.take(",") {
			return s, nil
		}
	}
}

// item reads one of the list: up to a comma or clause outside parentheses.
func (p *parser) item() (Item, error) {
	start, depth := p.at, 0
	for p.at < len(p.tokens) {
		t := p.peek()
		if t.Kind == Broken || t.Kind == Symbol && t.Text == ")" && depth == 0 {
			return Item{}, p.unexpected()
		}
		if depth == 0 && (t.Is(",") || isClause(t)) {
			break
		}
		if t.Is("(") {
			depth++
		} else if t.Is(")") {
			depth--
		}
		p.at++
	}
	tokens := p.tokens[start:p.at]
	if len(tokens) == 0 || depth > 0 {
		return Item{}, p.unexpected()
	}
	if tokens[0].Is("*") && len(tokens) > 1 {
		return Item{}, &SyntaxError{tokens[1].From}
	}
	item := Item{Tokens: tokens}
	if n := len(tokens); n > 1 {
		last, before := tokens[n-1], tokens[n-2]
		named := last.Kind == Word || last.Kind == Name || last.Kind == String
		switch {
		case n > 2 && named && before.Is("as"):
			item.Alias, item.Tokens = last.Text, tokens[:n-2]
		case named && (before.Kind != Symbol || before.Text == ")"):
			item.Alias, item.Tokens = last.Text, tokens[:n-1]
		}
	}
	item.Text = p.query[item.Tokens[0].From:item.Tokens[len(item.Tokens)-1].To]
	return item, nil
}

// name reads a name of one or more parts.
func (p *parser) name() ([]string, error) {
	var parts []string
	for {
		t := p.peek()
		if t.Kind != Name && t.Kind != Number && (t.Kind != Word || isClause(t)) {
			return nil, p.unexpected()
		}
		p.at++
		parts = append(parts, t.Text)
		if !p.take(".") {
			return parts, nil
		}
	}
}

func (p *parser) number() (int, error) {
	t := p.peek()
	n, err := strconv.Atoi(t.Text)
	if t.Kind != Number || err != nil {
		return 0, p.unexpected()
	}
	p.at++
	return n, nil
}

// IsStar tells whether the item is all columns.
func (i Item) IsStar() bool {
	last := i.Tokens[len(i.Tokens)-1]
	return last.Is("*") && (len(i.Tokens) == 1 || len(i.Tokens) == 3 && i.Tokens[1].Is("."))
}

// Call returns the function's name in lower case and the argument's tokens where the item is a call.
func (i Item) Call() (name string, args []Token, ok bool) {
	n := len(i.Tokens)
	for open := 1; open < n && open <= 3; open += 2 { // maybe with a schema
		if i.Tokens[open].Is("(") && i.Tokens[n-1].Is(")") && i.Tokens[open-1].Kind != Symbol {
			return strings.ToLower(i.Tokens[open-1].Text), i.Tokens[open+1 : n-1], true
		}
	}
	return "", nil, false
}

// Column returns the column's name where the item is one.
func (i Item) Column() (string, bool) {
	last := i.Tokens[len(i.Tokens)-1]
	if len(i.Tokens)%2 == 0 || last.Kind != Word && last.Kind != Name {
		return "", false
	}
	for j := 1; j < len(i.Tokens); j += 2 {
		if !i.Tokens[j].Is(".") {
			return "", false
		}
	}
	return last.Text, true
}

// Literal returns the value of a number, a string, NULL, or a sum, difference or product of two numbers.
func (i Item) Literal() (value any, ok bool) {
	if first := i.Tokens[0]; len(i.Tokens) == 1 {
		switch {
		case first.Kind == Number || first.Kind == String:
			return first.Text, true
		case first.Is("null"):
			return nil, true
		}
		return nil, false
	}
	if len(i.Tokens) != 3 {
		return nil, false
	}
	a, err1 := strconv.ParseInt(i.Tokens[0].Text, 10, 32)
	b, err2 := strconv.ParseInt(i.Tokens[2].Text, 10, 32)
	if err1 != nil || err2 != nil {
		return nil, false
	}
	switch i.Tokens[1].Text {
	case "+":
		return strconv.FormatInt(a+b, 10), true
	case "-":
		return strconv.FormatInt(a-b, 10), true
	case "*":
		return strconv.FormatInt(a*b, 10), true
	}
	return nil, false
}

// Run selects from the table, nil where there is none. name gives a column's heading, evaluate the value of what is neither a column nor a literal.
func (s *Select) Run(t *bait.Table, name func(Item) string, evaluate func(Item) (any, error)) (*Result, error) {
	source := &Result{Rows: [][]any{{}}}
	if t != nil {
		source = FromTable(t)
	}
	rows, err := s.filter(source, evaluate)
	if err != nil {
		return nil, err
	}
	out := &Result{}
	type cell struct {
		from  int // a column, or -1 for value, or ofRow
		value any
		item  Item
	}
	const ofRow = -2
	var cells []cell
	counting := false
	for _, item := range s.Items {
		if item.IsStar() && t != nil {
			for i, c := range source.Columns {
				out.Columns = append(out.Columns, c)
				cells = append(cells, cell{from: i})
			}
			continue
		}
		heading := bait.Column{Name: name(item)}
		if column, ok := item.Column(); ok && t != nil {
			at := source.index(column)
			if at < 0 {
				return nil, UnknownColumn(column)
			}
			heading.Kind = source.Columns[at].Kind
			if item.Alias == "" {
				heading.Name = source.Columns[at].Name
			}
			out.Columns, cells = append(out.Columns, heading), append(cells, cell{from: at})
			continue
		}
		value, ok := item.Literal()
		if f, args, call := item.Call(); call && f == "count" && len(args) > 0 {
			counting, ok, value = true, true, strconv.Itoa(len(rows))
		}
		if !ok {
			if t != nil && item.mentions(source) {
				out.Columns, cells = append(out.Columns, heading), append(cells, cell{from: ofRow, item: item})
				continue
			}
			if value, err = evaluate(item); err != nil {
				return nil, err
			}
		}
		if text, isText := value.(string); isText {
			if _, err := strconv.ParseInt(text, 10, 64); err == nil && item.Tokens[0].Kind != String {
				heading.Kind = bait.Number
			}
		}
		out.Columns, cells = append(out.Columns, heading), append(cells, cell{from: -1, value: value})
	}
	if counting {
		rows = rows[:min(len(rows), 1)]
		if len(rows) == 0 {
			rows = [][]any{make([]any, len(source.Columns))}
		}
	}
	for _, row := range rows {
		values := make([]any, len(cells))
		for i, c := range cells {
			switch {
			case c.from >= 0:
				values[i] = row[c.from]
			case c.from == ofRow:
				c.item.Row = func(column string) (any, bool) {
					if at := source.index(column); at >= 0 {
						return row[at], true
					}
					return nil, false
				}
				if values[i], err = evaluate(c.item); err != nil {
					return nil, err
				}
			default:
				values[i] = c.value
			}
		}
		if !s.unlike || !slices.ContainsFunc(out.Rows, func(have []any) bool { return slices.Equal(have, values) }) {
			out.Rows = append(out.Rows, values)
		}
	}
	out.Rows = out.Rows[min(s.offset, len(out.Rows)):]
	if s.limit >= 0 {
		out.Rows = out.Rows[:min(s.limit, len(out.Rows))]
	}
	return out, nil
}

// mentions tells whether a column of the source is part of the item.
func (i Item) mentions(source *Result) bool {
	for at, t := range i.Tokens {
		called := at+1 < len(i.Tokens) && i.Tokens[at+1].Is("(")
		if (t.Kind == Word || t.Kind == Name) && !called && source.index(t.Text) >= 0 {
			return true
		}
	}
	return false
}

func (r *Result) index(column string) int {
	return slices.IndexFunc(r.Columns, func(c bait.Column) bool { return strings.EqualFold(c.Name, column) })
}

// filter returns the rows that meet the conditions, in order.
func (s *Select) filter(source *Result, evaluate func(Item) (any, error)) ([][]any, error) {
	rows := source.Rows
	if s.where != nil {
		holds, err := s.where.over(source, evaluate)
		if err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(row []any) bool { return !holds(row) })
	}
	if at := source.index(s.order); at >= 0 {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b []any) int {
			x, _ := a[at].(string)
			y, _ := b[at].(string)
			if s.down {
				return compare(y, x)
			}
			return compare(x, y)
		})
	}
	return rows, nil
}

func compare(a, b string) int {
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if err1 != nil || err2 != nil {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	}
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// maxCompared bounds the bytes that one LIKE looks at. What would take more is not alike.
const maxCompared = 1 << 20

// Like is SQL's LIKE, in any case. It goes back to the last % only.
func Like(pattern, s string) bool {
	alike, _ := Compare(pattern, s)
	return alike
}

// Compare is Like, and tells how many bytes it has looked at.
func Compare(pattern, s string) (alike bool, n int) {
	pattern, s = strings.ToLower(pattern), strings.ToLower(s)
	p, i, percent, from := 0, 0, -1, 0
	for ; i < len(s); n++ {
		switch {
		case n > maxCompared:
			return false, n
		case p < len(pattern) && pattern[p] == '%':
			percent, from = p, i
			p++
		case p+1 < len(pattern) && pattern[p] == '\\' && pattern[p+1] == s[i]:
			p, i = p+2, i+1
		case p < len(pattern) && (pattern[p] == '_' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case percent >= 0:
			from++
			p, i = percent+1, from
		default:
			return false, n
		}
	}
	return strings.Trim(pattern[p:], "%") == "", n
}
