package postgres

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"
)

// The bounds of one statement.
const (
	maxSteps  = 2 << 20  // rows looked at and functions called
	maxGotten = 4 << 20  // bytes of values that are made or given out
	maxHeld   = 16 << 20 // bytes of rows on the way, and of the values in them

	stepsOfNode = 64 // of an expression that is compiled
)

// query is a statement that is being answered. What is wrong with it is a panic with a *pgproto3.ErrorResponse: see [conn.try].
type query struct {
	c     *conn
	text  string
	now   time.Time
	steps int
	bytes int
	held  int
	read  map[*relation][][]any // catalogs, which are the same throughout
	ctes  []map[string]*plan
	depth int
}

func (q *query) failure(code string, at int, routine, format string, args ...any) *pgproto3.ErrorResponse {
	position := 0
	if at > 0 {
		position = 1 + utf8.RuneCountInString(q.text[:min(at-1, len(q.text))])
	}
	return q.c.failure(code, fmt.Sprintf(format, args...), position, routine)
}

func (q *query) fail(code string, at int, routine, format string, args ...any) {
	panic(q.failure(code, at, routine, format, args...))
}

// step counts what a statement costs.
func (q *query) step(n int) {
	if q.steps += n; q.steps > maxSteps {
		q.exhausted()
	}
}

// grow counts what a statement's values take.
func (q *query) grow(n int) {
	if q.bytes += n; q.bytes > maxGotten || n < 0 {
		q.exhausted()
	}
}

// hold counts what rows on the way take, each of so many columns.
func (q *query) hold(rows, width int) { q.holdBytes(rows * (24 + 16*width)) }

func (q *query) holdBytes(n int) {
	if q.held += n; q.held > maxHeld {
		q.exhausted()
	}
}

// holdValue counts a value that is kept in a row on the way.
func (q *query) holdValue(v any) int {
	s, ok := v.(string)
	if !ok {
		return 0
	}
	q.holdBytes(16 + len(s))
	return 16 + len(s)
}

// room refuses what is larger than a value may be, before it is made.
func (q *query) room(n int) {
	if n < 0 || n > maxGotten {
		q.exhausted()
	}
}

// elements takes an array apart, and counts what that costs.
func (q *query) elements(s string) []any {
	n := 1 + strings.Count(s, ",")
	q.step(1 + n + len(s)/64)
	if 48*n > maxHeld-q.held {
		q.exhausted()
	}
	return elements(s)
}

// array writes one.
func (q *query) array(values []any) string {
	size := 2
	for _, v := range values {
		size += 3 + len(str(v))
	}
	q.step(1 + size/64)
	q.grow(size)
	s := array(values)
	q.room(len(s))
	return s
}

func (q *query) exhausted() {
	f := q.failure("53200", 0, "MemoryContextAlloc", "out of memory")
	f.Detail = "Failed on request of size 8272 in memory context \"ExecutorState\"."
	panic(f)
}

// try runs what may panic with an error of the database.
func (c *conn) try(text string, do func(q *query) outcome) (o outcome) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *pgproto3.ErrorResponse:
			o = outcome{failed: r}
		default:
			panic(r)
		}
	}()
	q := &query{c: c, text: text, now: c.server.host.Now()}
	if outer := c.outer; outer != nil { // what is run within a statement costs that
		q.steps, q.bytes, q.held = outer.steps, outer.bytes, outer.held
		defer func() { outer.steps, outer.bytes = q.steps, q.bytes }()
	}
	return do(q)
}

// bound is a column in reach of an expression.
type bound struct {
	table string // its alias
	column
	rel    uint32 // what it is from, for the client
	number int
	merged bool // the right one of two that USING has made one
	// Of a column of a list that is a string as it was written, whose type is to be known from what it is put together with; and where.
	literal bool
	at      int
}

// scope is what an expression can name.
type scope struct {
	cols    []bound
	outer   *scope
	reached bool // by a query inside
	grouped bool
	keys    []*expr  // of GROUP BY
	nodes   []node   // those, compiled
	tokens  []string // and as they were written
	inside  bool     // of an aggregate
}

// frame is the row that an expression is about.
type frame struct {
	row   []any
	outer *frame
	group [][]any // of an aggregate's query
}

// node is a compiled expression.
type node struct {
	typ     uint32
	mod     int32
	eval    func(*frame) any
	set     func(*frame) []any // of a function that returns rows
	literal *string            // a string whose type is yet to be known
	at      int
	fields  []bound // of a whole row
	parts   []node
	col     *bound
}

// plan is a compiled query.
type plan struct {
	cols       []bound
	exec       func(*frame) [][]any
	correlated bool
}

// once keeps the rows of a plan that are the same for every row outside.
func (p *plan) once() *plan {
	if p.correlated {
		return p
	}
	var rows [][]any
	done := false
	inner := p.exec
	return &plan{cols: p.cols, exec: func(f *frame) [][]any {
		if !done {
			rows, done = inner(f), true
		}
		return rows
	}}
}

func constant(typ uint32, value any) node {
	return node{typ: typ, mod: -1, eval: func(*frame) any { return value }}
}

// as makes a node of the type of another one, implicitly.
func (q *query) as(n node, typ uint32) node {
	switch {
	case n.typ == typ || typ == typeAny:
		return n
	case n.literal != nil:
		return constant(typ, q.parse(*n.literal, typ, n.at))
	case n.typ == typeUnknown:
		n.typ = typ
		return n
	}
	inner, from := n.eval, n.typ
	return node{typ: typ, mod: -1, at: n.at, eval: func(f *frame) any { return q.cast(inner(f), from, typ, 0) }}
}

// common makes nodes of one type.
func (q *query) common(what string, nodes []node) (uint32, []node) {
	typ := uint32(typeUnknown)
	for _, n := range nodes {
		switch {
		case n.typ == typeUnknown || n.typ == typ:
		case typ == typeUnknown, rank(typ) >= 0 && rank(n.typ) > rank(typ), isText(typ) && n.typ == typeText, isTime(typ) && n.typ == typeTimestampTZ, isInt(typ) && isOID(n.typ):
			typ = n.typ
		case rank(typ) >= 0 && rank(n.typ) >= 0, isText(typ) && isText(n.typ), isTime(typ) && isTime(n.typ), isOID(typ) && (isInt(n.typ) || isOID(n.typ)):
		default:
			q.fail("42804", n.at, "select_common_type", "%s types %s and %s cannot be matched", what, long(typ), long(n.typ))
		}
	}
	if typ == typeUnknown {
		typ = typeText
	}
	out := make([]node, len(nodes))
	for i, n := range nodes {
		out[i] = q.as(n, typ)
	}
	return typ, out
}

// resolve finds a column.
func (q *query) resolve(e *expr, sc *scope) node {
	names := e.names
	name := names[len(names)-1]
	table := ""
	if len(names) > 1 {
		table = names[len(names)-2]
	}
	known := false
	for level, depth := sc, 0; level != nil; level, depth = level.outer, depth+1 {
		found := -1
		for i := range level.cols {
			b := &level.cols[i]
			known = known || b.table == table
			if b.name != name || table != "" && b.table != table || table == "" && b.merged {
				continue
			}
			if found >= 0 {
				q.fail("42702", e.at, "scanRTEForColumn", "column reference \"%s\" is ambiguous", clip(name))
			}
			found = i
		}
		if found < 0 && table == "" {
			if n, ok := q.wholeRow(name, level, depth); ok {
				reach(sc, depth)
				return n
			}
			continue
		}
		if found < 0 {
			continue
		}
		if level.grouped && !level.inside && depth == 0 && !slices.ContainsFunc(level.nodes, func(n node) bool { return n.col != nil && n.col == &level.cols[found] }) {
			b := level.cols[found]
			q.fail("42803", e.at, "check_ungrouped_columns_walker", "column \"%s.%s\" must appear in the GROUP BY clause or be used in an aggregate function", b.table, b.name)
		}
		reach(sc, depth)
		b := &level.cols[found]
		return node{typ: b.typ, mod: b.mod, at: e.at, col: b, eval: func(f *frame) any {
			for range depth {
				f = f.outer
			}
			if found < len(f.row) {
				return f.row[found]
			}
			return nil
		}}
	}
	if n, ok := systemColumn(name, table, sc); ok {
		return n
	}
	if table != "" && !known {
		q.fail("42P01", e.at, "errorMissingRTE", "missing FROM-clause entry for table \"%s\"", clip(table))
	}
	if table != "" {
		q.fail("42703", e.at, "errorMissingColumn", "column %s.%s does not exist", clip(table), clip(name))
	}
	f := q.failure("42703", e.at, "errorMissingColumn", "column \"%s\" does not exist", clip(name))
	f.Hint = nearest(name, sc)
	panic(f)
}

// systemColumn is one that every table has, though no list names it.
func systemColumn(name, table string, sc *scope) (node, bool) {
	at := slices.IndexFunc(sc.cols, func(b bound) bool { return b.rel != 0 && (table == "" || b.table == table) })
	if at < 0 {
		return node{}, false
	}
	switch name {
	case "tableoid":
		return constant(typeOID, strconv.Itoa(int(sc.cols[at].rel))), true
	case "xmin":
		return constant(28, "735"), true
	case "xmax", "cmin", "cmax":
		return constant(28, "0"), true
	case "ctid":
		return constant(27, "(0,1)"), true
	}
	return node{}, false
}

// nearest is the hint about a column whose name is mistyped.
func nearest(name string, sc *scope) string {
	var hits []string
	for _, b := range sc.cols {
		if len(name) > 3 && strings.EqualFold(b.name, name) || len(name) > 3 && (strings.TrimSuffix(b.name, "s") == strings.TrimSuffix(name, "s")) {
			hits = append(hits, fmt.Sprintf("Perhaps you meant to reference the column \"%s.%s\".", b.table, b.name))
		}
	}
	if len(hits) == 1 {
		return hits[0]
	}
	return ""
}

// reach marks the queries whose rows are looked at from within.
func reach(sc *scope, depth int) {
	for range depth {
		sc.reached = true
		sc = sc.outer
	}
}

func (q *query) wholeRow(name string, level *scope, depth int) (node, bool) {
	n := node{typ: typeRecord, mod: -1}
	for i := range level.cols {
		if b := level.cols[i]; b.table == name {
			n.fields = append(n.fields, b)
			n.parts = append(n.parts, node{typ: b.typ, eval: func(f *frame) any {
				for range depth {
					f = f.outer
				}
				if i >= len(f.row) {
					return nil
				}
				return f.row[i]
			}})
		}
	}
	n.eval = func(f *frame) any { return q.record(n.parts, f) }
	return n, n.fields != nil
}

func (q *query) record(parts []node, f *frame) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		if s, ok := p.eval(f).(string); ok {
			if s == "" || strings.ContainsAny(s, "(),\"\\ \t\n") {
				s = `"` + strings.NewReplacer(`\`, `\\`, `"`, `""`).Replace(s) + `"`
			}
			q.room(b.Len() + len(s))
			b.WriteString(s)
		}
	}
	b.WriteByte(')')
	q.step(1 + b.Len()/64)
	return b.String()
}

// written is an expression as it was written, for comparing with GROUP BY's.
func (q *query) written(e *expr) string {
	if e.at < 1 || e.at > len(q.text) {
		return ""
	}
	q.step(1)
	return strconv.Itoa(int(e.kind)) + e.text + strings.Join(e.names, ".") + func() string {
		var b strings.Builder
		for _, a := range e.args {
			if a != nil {
				b.WriteString("(" + q.written(a) + ")")
			}
		}
		return b.String()
	}()
}

// compile makes a node of an expression.
func (q *query) compile(e *expr, sc *scope) node {
	if q.depth++; q.depth > 4*maxDepth {
		q.fail("54001", 0, "check_stack_depth", "stack depth limit exceeded")
	}
	defer func() { q.depth-- }()
	q.step(stepsOfNode)
	if sc.grouped && !sc.inside && e.kind != isColumn && e.kind != isString && e.kind != isNumeral {
		text := q.written(e)
		for i, key := range sc.tokens {
			if key == text && text != "" {
				return sc.nodes[i]
			}
		}
	}
	n := q.compileOne(e, sc)
	if n.at == 0 {
		n.at = e.at
	}
	return n
}

func (q *query) boolean(e *expr, sc *scope, where string) node {
	n := q.compile(e, sc)
	if n.typ != typeBool && n.typ != typeUnknown {
		q.fail("42804", n.at, "coerce_to_boolean", "argument of %s must be type boolean, not type %s", where, long(n.typ))
	}
	return q.as(n, typeBool)
}

func truth(v bool) string {
	if v {
		return "t"
	}
	return "f"
}

func (q *query) compileOne(e *expr, sc *scope) node {
	all := func() []node {
		out := make([]node, len(e.args))
		for i, a := range e.args {
			out[i] = q.compile(a, sc)
		}
		return out
	}
	switch e.kind {
	case isString:
		text := e.text
		return node{typ: typeUnknown, mod: -1, literal: &text, at: e.at, eval: func(*frame) any { return text }}
	case isNumeral:
		if !strings.ContainsAny(e.text, ".eE") {
			if n, err := strconv.ParseInt(e.text, 10, 64); err == nil {
				if int64(int32(n)) == n {
					return constant(typeInt4, strconv.FormatInt(n, 10))
				}
				return constant(typeInt8, strconv.FormatInt(n, 10))
			}
		}
		return constant(typeNumeric, q.parse(e.text, typeNumeric, e.at))
	case isNull:
		return constant(typeUnknown, nil)
	case isBoolean:
		return constant(typeBool, e.text)
	case isColumn:
		if len(e.names) == 1 {
			if n, ok := q.keyword(e.names[0]); ok {
				return n
			}
		}
		return q.resolve(e, sc)
	case isStar:
		q.fail("42601", e.at, "ExpandColumnRefStar", "row expansion via \"*\" is not supported here")
	case isAnd, isOr:
		what, stop := "AND", "f"
		if e.kind == isOr {
			what, stop = "OR", "t"
		}
		a, b := q.boolean(e.args[0], sc, what), q.boolean(e.args[1], sc, what)
		return node{typ: typeBool, mod: -1, eval: func(f *frame) any {
			x := a.eval(f)
			if x == stop {
				return stop
			}
			y := b.eval(f)
			if y == stop {
				return stop
			}
			if x == nil || y == nil {
				return nil
			}
			return y
		}}
	case isNot:
		a := q.boolean(e.args[0], sc, "NOT")
		return node{typ: typeBool, mod: -1, eval: func(f *frame) any { return inverse(a.eval(f)) }}
	case isCast:
		n := q.compile(e.args[0], sc)
		if n.literal != nil {
			v := any(q.parse(*n.literal, e.typ, n.at))
			return q.sized(constant(e.typ, v), e.mod, true)
		}
		if !castable(n.typ, e.typ) {
			q.fail("42846", n.at, "transformTypeCast", "cannot cast type %s to %s", long(n.typ), long(e.typ))
		}
		inner, from := n.eval, n.typ
		return q.sized(node{typ: e.typ, mod: -1, at: e.at, eval: func(f *frame) any { q.step(1); return q.cast(inner(f), from, e.typ, 0) }}, e.mod, true)
	case isCase:
		return q.compileCase(e, sc)
	case isIn:
		return q.compileIn(e, sc)
	case isExists, isScalar, isArrayQuery:
		p := q.compileSelection(e.sub, sc).once()
		switch {
		case e.kind == isArrayQuery && len(p.cols) != 1:
			q.fail("42601", e.at, "transformSubLink", "subquery must return only one column")
		case e.kind == isExists:
			return node{typ: typeBool, mod: -1, eval: func(f *frame) any { return truth(len(p.exec(f)) > 0) }}
		case e.kind == isArrayQuery:
			return node{typ: arrayOf(p.cols[0].typ), mod: -1, eval: func(f *frame) any {
				var values []any
				rows := p.exec(f)
				q.step(len(rows))
				for _, row := range rows {
					values = append(values, row[0])
				}
				return q.array(values)
			}}
		case len(p.cols) != 1:
			q.fail("42601", e.at, "transformSubLink", "subquery must return only one column")
		}
		return node{typ: p.cols[0].typ, mod: p.cols[0].mod, eval: func(f *frame) any {
			rows := p.exec(f)
			if len(rows) > 1 {
				q.fail("21000", 0, "ExecSetParamPlan", "more than one row returned by a subquery used as an expression")
			}
			if len(rows) == 0 {
				return nil
			}
			return rows[0][0]
		}}
	case isAny:
		return q.compileAny(e, sc)
	case isArray:
		if len(e.args) == 0 {
			return constant(typeTextArray, "{}")
		}
		typ, nodes := q.common("ARRAY", all())
		return node{typ: arrayOf(typ), mod: -1, eval: func(f *frame) any {
			values := make([]any, len(nodes))
			for i, n := range nodes {
				values[i] = n.eval(f)
			}
			return q.array(values)
		}}
	case isBetween:
		nodes := all()
		low, high := q.binary(">=", nodes[0], nodes[1], e.at), q.binary("<=", nodes[0], nodes[2], e.at)
		return node{typ: typeBool, mod: -1, eval: func(f *frame) any {
			a, b := low.eval(f), high.eval(f)
			var v any
			switch {
			case a == "f" || b == "f":
				v = "f"
			case a != nil && b != nil:
				v = "t"
			}
			if e.not {
				return inverse(v)
			}
			return v
		}}
	case isLike:
		op := map[string]string{"like": "~~", "ilike": "~~*", "similar": "~~"}[e.text]
		nodes := all()
		n := q.binary(op, nodes[0], nodes[1], e.at)
		if e.not {
			inner := n.eval
			n.eval = func(f *frame) any { return inverse(inner(f)) }
		}
		return n
	case isTest:
		nodes := all()
		a := nodes[0]
		if e.text == "distinct" {
			_, nodes = q.common("IS DISTINCT FROM", nodes)
			a, b := nodes[0], nodes[1]
			return node{typ: typeBool, mod: -1, eval: func(f *frame) any { return truth((a.eval(f) != b.eval(f)) != e.not) }}
		}
		want := map[string]any{"true": "t", "false": "f"}[e.text]
		return node{typ: typeBool, mod: -1, eval: func(f *frame) any { return truth((a.eval(f) == want) != e.not) }}
	case isIndex:
		nodes := all()
		of := elementOf(nodes[0].typ)
		if nodes[0].typ == typeName && len(nodes) == 2 { // an array of letters, counted from zero
			return node{typ: typeChar, mod: -1, eval: func(f *frame) any {
				s, i := str(nodes[0].eval(f)), integer(nodes[1].eval(f))
				if i < 0 || i >= len(s) {
					return nil
				}
				return s[i : i+1]
			}}
		}
		if of == 0 {
			q.fail("42804", nodes[0].at, "transformContainerType", "cannot subscript type %s because it does not support subscripting", long(nodes[0].typ))
		}
		if len(nodes) < 2 {
			return nodes[0]
		}
		return node{typ: of, mod: -1, eval: func(f *frame) any {
			s, _ := nodes[0].eval(f).(string)
			i, _ := nodes[1].eval(f).(string)
			at, err := strconv.Atoi(i)
			if values := q.elements(s); err == nil && at >= 1 && at <= len(values) {
				return values[at-1]
			}
			return nil
		}}
	case isRow:
		nodes := all()
		return node{typ: typeRecord, mod: -1, parts: nodes, eval: func(f *frame) any { return q.record(nodes, f) }}
	case isField:
		n := q.compile(e.args[0], sc)
		for i, b := range n.fields {
			if b.name == e.text && i < len(n.parts) {
				return n.parts[i]
			}
		}
		if n.fields == nil && n.typ != typeRecord {
			q.fail("42809", e.args[0].at, "unknown_attribute", "column notation .%s applied to type %s, which is not a composite type", clip(e.text), long(n.typ))
		}
		q.fail("42703", e.args[0].at, "unknown_attribute", "could not identify column \"%s\" in record data type", clip(e.text))
	case isOperator:
		nodes := all()
		if len(nodes) == 1 {
			return q.unary(e.text, nodes[0], e.at)
		}
		return q.binary(e.text, nodes[0], nodes[1], e.at)
	}
	return q.call(e, sc)
}

func inverse(v any) any {
	switch v {
	case "t":
		return "f"
	case "f":
		return "t"
	}
	return nil
}

// sized holds a value to the length of its type, by cutting it or by refusing it.
func (q *query) sized(n node, mod int32, cut bool) node {
	if mod < 4 {
		return n
	}
	typ, inner := n.typ, n.eval
	n.mod = mod
	switch typ {
	case typeVarchar, typeBpchar:
		n.eval = func(f *frame) any {
			s, ok := inner(f).(string)
			if !ok {
				return nil
			}
			most := int(mod) - 4
			if r := []rune(s); len(r) > most {
				if !cut && strings.TrimRight(string(r[most:]), " ") != "" {
					name := "character varying"
					if typ == typeBpchar {
						name = "character"
					}
					q.fail("22001", 0, "varchar", "value too long for type %s(%d)", name, most)
				}
				s = string(r[:most])
			} else if typ == typeBpchar && most < 1024 {
				s += strings.Repeat(" ", most-len(r))
			}
			return s
		}
	case typeNumeric:
		n.eval = func(f *frame) any {
			s, ok := inner(f).(string)
			if !ok {
				return nil
			}
			scale, precision := int(mod-4)&0xffff, int(mod-4)>>16
			s = roundDecimal(s, min(scale, 1000))
			whole, _, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
			if whole != "0" && len(whole) > precision-scale {
				fail := q.failure("22003", 0, "apply_typmod", "numeric field overflow")
				fail.Detail = fmt.Sprintf("A field with precision %d, scale %d must round to an absolute value less than 10^%d.", precision, scale, precision-scale)
				panic(fail)
			}
			return s
		}
	}
	return n
}

func (q *query) compileCase(e *expr, sc *scope) node {
	pairs := e.args[1 : len(e.args)-1]
	var tests, results []node
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.args[0] != nil {
			tests = append(tests, q.binary("=", q.compile(e.args[0], sc), q.compile(pairs[i], sc), pairs[i].at))
		} else {
			tests = append(tests, q.boolean(pairs[i], sc, "CASE/WHEN"))
		}
		results = append(results, q.compile(pairs[i+1], sc))
	}
	if last := e.args[len(e.args)-1]; last != nil {
		results = append(results, q.compile(last, sc))
	} else {
		results = append(results, constant(typeUnknown, nil))
	}
	typ, results := q.common("CASE", results)
	return node{typ: typ, mod: -1, eval: func(f *frame) any {
		for i, t := range tests {
			if t.eval(f) == "t" {
				return results[i].eval(f)
			}
		}
		return results[len(results)-1].eval(f)
	}}
}

func (q *query) compileIn(e *expr, sc *scope) node {
	left := q.compile(e.args[0], sc)
	var tests []node
	if e.sub != nil {
		p := q.compileSelection(e.sub, sc).once()
		if len(p.cols) != 1 && left.parts == nil {
			q.fail("42601", e.at, "transformSubLink", "subquery has too many columns")
		}
		if len(p.cols) == 0 {
			q.fail("42601", e.at, "transformSubLink", "subquery has too few columns")
		}
		var current any
		test := q.binary("=", left, node{typ: p.cols[0].typ, mod: -1, eval: func(*frame) any { return current }}, e.at)
		return node{typ: typeBool, mod: -1, eval: func(f *frame) any {
			v, null := "f", false
			for _, row := range p.exec(f) {
				q.step(1)
				current = row[0]
				switch test.eval(f) {
				case "t":
					v = "t"
				case nil:
					null = true
				}
			}
			if v == "f" && null {
				return nil
			}
			return truth((v == "t") != e.not)
		}}
	}
	for _, a := range e.args[1:] {
		tests = append(tests, q.binary("=", left, q.compile(a, sc), e.at))
	}
	return node{typ: typeBool, mod: -1, eval: func(f *frame) any {
		null := false
		for _, t := range tests {
			switch t.eval(f) {
			case "t":
				return truth(!e.not)
			case nil:
				null = true
			}
		}
		if null {
			return nil
		}
		return truth(e.not)
	}}
}

func (q *query) compileAny(e *expr, sc *scope) node {
	left := q.compile(e.args[0], sc)
	var values func(*frame) []any
	var typ uint32
	if e.sub != nil {
		p := q.compileSelection(e.sub, sc).once()
		if len(p.cols) == 0 {
			q.fail("42601", e.at, "transformSubLink", "subquery has too few columns")
		}
		typ = p.cols[0].typ
		values = func(f *frame) (all []any) {
			rows := p.exec(f)
			q.step(len(rows))
			for _, row := range rows {
				all = append(all, row[0])
			}
			return all
		}
	} else {
		right := q.compile(e.args[1], sc)
		if right.typ == typeUnknown {
			right = q.as(right, arrayOf(left.typ))
		}
		if typ = elementOf(right.typ); typ == 0 && right.typ != 22 && right.typ != 30 {
			q.fail("42809", e.at, "make_scalar_array_op", "op ANY/ALL (array) requires array on right side")
		}
		if typ == 0 {
			typ = typeInt4
		}
		values = func(f *frame) []any {
			s, ok := right.eval(f).(string)
			if !ok {
				return nil
			}
			if !strings.HasPrefix(s, "{") {
				s = "{" + strings.Join(strings.Fields(s), ",") + "}"
			}
			return q.elements(s)
		}
	}
	var current any
	test := q.binary(e.text, left, node{typ: typ, mod: -1, eval: func(*frame) any { return current }}, e.at)
	return node{typ: typeBool, mod: -1, eval: func(f *frame) any {
		for _, current = range values(f) {
			q.step(1)
			if v := test.eval(f); (v == "t") != e.all {
				return truth(!e.all)
			}
		}
		return truth(e.all)
	}}
}

func (q *query) noOperator(op, left, right string, at int) {
	text := op + " " + right
	if left != "" {
		text = left + " " + text
	}
	f := q.failure("42883", at, "op_error", "operator does not exist: %s", text)
	f.Hint = "No operator matches the given name and argument types. You might need to add explicit type casts."
	if left == "" {
		f.Hint = "No operator matches the given name and argument type. You might need to add an explicit type cast."
	}
	panic(f)
}

func (q *query) unary(op string, n node, at int) node {
	if n.typ == typeUnknown && n.literal != nil {
		n = q.as(n, typeFloat8)
	}
	if !isNumber(n.typ) || op != "-" && op != "@" {
		q.noOperator(op, "", long(n.typ), at)
	}
	return node{typ: n.typ, mod: -1, eval: func(f *frame) any {
		s, ok := n.eval(f).(string)
		if !ok {
			return nil
		}
		if op == "@" {
			return strings.TrimPrefix(s, "-")
		}
		if rest, negative := strings.CutPrefix(s, "-"); negative {
			return rest
		}
		return plain("-" + s)
	}}
}

// binary is an operator of two operands.
func (q *query) binary(op string, a, b node, at int) node {
	yields := func(typ uint32, f func(x, y string) any) node {
		return node{typ: typ, mod: -1, eval: func(fr *frame) any {
			x, ok1 := a.eval(fr).(string)
			y, ok2 := b.eval(fr).(string)
			q.step(1 + (len(x)+len(y))/64)
			if !ok1 || !ok2 {
				return nil
			}
			return f(x, y)
		}}
	}
	numeric := func() uint32 { // the type of both, as numbers
		switch {
		case a.typ == typeUnknown && isNumber(b.typ):
			a = q.as(a, b.typ)
		case b.typ == typeUnknown && isNumber(a.typ):
			b = q.as(b, a.typ)
		}
		if !isNumber(a.typ) || !isNumber(b.typ) {
			return 0
		}
		typ := a.typ
		if rank(b.typ) > rank(typ) {
			typ = b.typ
		}
		a, b = q.as(a, typ), q.as(b, typ)
		return typ
	}
	left, right := long(a.typ), long(b.typ)
	switch op {
	case "=", "<>", "<", ">", "<=", ">=":
		if a.parts != nil && len(a.parts) == len(b.parts) {
			return node{typ: typeBool, mod: -1, eval: func(f *frame) any { return truth((q.record(a.parts, f) == q.record(b.parts, f)) == (op == "=")) }}
		}
		typ := numeric()
		switch {
		case typ != 0:
		case a.typ == typeUnknown && b.typ == typeUnknown:
			typ = typeText
		case a.typ == typeUnknown:
			a, typ = q.as(a, b.typ), b.typ
		case b.typ == typeUnknown:
			b, typ = q.as(b, a.typ), a.typ
		case isOID(a.typ) && (isOID(b.typ) || isInt(b.typ)), isInt(a.typ) && isOID(b.typ):
			typ = typeOID
			a, b = q.as(a, typ), q.as(b, typ)
		case isText(a.typ) && isText(b.typ):
			typ = typeText
		case isTime(a.typ) && isTime(b.typ), a.typ == b.typ, elementOf(a.typ) != 0 && elementOf(b.typ) != 0:
			typ = a.typ
		default:
			q.noOperator(op, left, right, at)
		}
		return yields(typeBool, func(x, y string) any {
			n := compareAs(x, y, typ)
			switch op {
			case "=":
				return truth(n == 0)
			case "<>":
				return truth(n != 0)
			case "<":
				return truth(n < 0)
			case ">":
				return truth(n > 0)
			case "<=":
				return truth(n <= 0)
			}
			return truth(n >= 0)
		})
	case "+", "-", "*", "/", "%", "^":
		if isTime(a.typ) && (b.typ == typeInterval || b.typ == typeUnknown) && (op == "+" || op == "-") {
			sign, typ := 1.0, a.typ
			if op == "-" {
				sign = -1
			}
			if typ == typeDate {
				typ = typeTimestamp
			}
			return yields(typ, func(x, y string) any {
				t, _ := parseTime(x)
				return formatTime(later(t, y, sign), typ)
			})
		}
		if a.typ == typeDate && isInt(b.typ) {
			return yields(typeDate, func(x, y string) any {
				t, _ := parseTime(x)
				return formatTime(later(t, y+" days", map[string]float64{"+": 1, "-": -1}[op]), typeDate)
			})
		}
		if isTime(a.typ) && isTime(b.typ) && op == "-" {
			return yields(typeInterval, func(x, y string) any {
				s, _ := parseTime(x)
				t, _ := parseTime(y)
				d := s.Sub(t)
				text := fmt.Sprintf("%02d:%02d:%02d", int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60)
				if days := int(d.Hours()) / 24; days != 0 {
					text = fmt.Sprintf("%d days %s", days, text)
				}
				return text
			})
		}
		if a.typ == typeUnknown && b.typ == typeUnknown {
			f := q.failure("42725", at, "op_error", "operator is not unique: unknown %s unknown", op)
			f.Hint = "Could not choose a best candidate operator. You might need to add explicit type casts."
			panic(f)
		}
		typ := numeric()
		if typ == 0 {
			q.noOperator(op, left, right, at)
		}
		result := typ
		if op == "^" && typ != typeNumeric {
			result = typeFloat8
		}
		return yields(result, func(x, y string) any { return q.arithmetic(op, x, y, typ) })
	case "||":
		if elementOf(a.typ) != 0 || elementOf(b.typ) != 0 {
			typ := a.typ
			if elementOf(typ) == 0 {
				typ = b.typ
			}
			return yields(typ, func(x, y string) any {
				q.grow(len(x) + len(y))
				one := func(s string, t uint32) []any {
					if elementOf(t) != 0 || t == typeUnknown {
						return q.elements(s)
					}
					return []any{s}
				}
				return q.array(append(one(x, a.typ), one(y, b.typ)...))
			})
		}
		if !isText(a.typ) && !isText(b.typ) && a.typ != typeBytea && a.typ != typeJSONB {
			q.noOperator(op, left, right, at)
		}
		if a.typ == typeChar && b.typ != typeUnknown || b.typ == typeChar && a.typ != typeUnknown {
			f := q.failure("42725", at, "op_error", "operator is not unique: %s || %s", left, right)
			f.Hint = "Could not choose a best candidate operator. You might need to add explicit type casts."
			panic(f)
		}
		if a.typ == typeBytea {
			b = q.as(b, typeBytea)
			return yields(typeBytea, func(x, y string) any { q.grow(len(x) + len(y)); return x + strings.TrimPrefix(y, `\x`) })
		}
		a, b = q.as(a, typeText), q.as(b, typeText)
		return yields(typeText, func(x, y string) any { q.grow(len(x) + len(y)); return x + y })
	case "~", "~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*":
		if !isText(a.typ) || !isText(b.typ) {
			q.noOperator(op, left, right, at)
		}
		a, b = q.as(a, typeText), q.as(b, typeText)
		negative, fold := strings.HasPrefix(op, "!"), strings.HasSuffix(op, "*")
		like := strings.Contains(op, "~~")
		var pattern *regexp.Regexp
		last := ""
		return yields(typeBool, func(x, y string) any {
			if pattern == nil || y != last {
				pattern, last = q.pattern(y, like, fold), y
			}
			q.matching(y, x)
			return truth(pattern.MatchString(x) != negative)
		})
	case "&", "|", "#", "<<", ">>":
		typ := numeric()
		if !isInt(typ) {
			q.noOperator(op, left, right, at)
		}
		return yields(typ, func(x, y string) any {
			m, _ := strconv.ParseInt(x, 10, 64)
			n, _ := strconv.ParseInt(y, 10, 64)
			switch op {
			case "&":
				m &= n
			case "|":
				m |= n
			case "#":
				m ^= n
			case "<<":
				m <<= n & 63
			default:
				m >>= n & 63
			}
			return strconv.FormatInt(m, 10)
		})
	case "@>", "<@", "&&":
		if elementOf(a.typ) == 0 && elementOf(b.typ) == 0 {
			q.noOperator(op, left, right, at)
		}
		return yields(typeBool, func(x, y string) any {
			big, small := q.elements(x), q.elements(y)
			if op == "<@" {
				big, small = small, big
			}
			in := make(map[any]bool, len(big))
			for _, v := range big {
				in[v] = true
			}
			found := 0
			for _, v := range small {
				if in[v] {
					found++
				}
			}
			return truth(op == "&&" && found > 0 || op != "&&" && found == len(small))
		})
	}
	q.noOperator(op, left, right, at)
	return node{}
}

// maxExpanded bounds what a regular expression is when its repetitions are written out.
const maxExpanded = 8192

func expanded(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += expanded(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, 1<<30)
}

// matching counts what it costs to look for a pattern in a text.
func (q *query) matching(pattern, text string) {
	q.step(1 + len(text)/64 + len(pattern)*len(text)/512)
}

// pattern compiles a pattern of LIKE or of PostgreSQL's regular expressions.
func (q *query) pattern(text string, like, fold bool) *regexp.Regexp {
	q.step(64 + len(text))
	flags := "(?s)"
	if fold {
		flags = "(?is)"
	}
	if like {
		var b strings.Builder
		b.WriteString(flags + "^")
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case c == '%':
				b.WriteString(".*")
			case c == '_':
				b.WriteString(".")
			case c == '\\' && i+1 < len(text):
				i++
				b.WriteString(regexp.QuoteMeta(text[i : i+1]))
			default:
				end := i + 1
				for end < len(text) && !strings.ContainsRune(`%_\`, rune(text[end])) {
					end++
				}
				b.WriteString(regexp.QuoteMeta(text[i:end]))
				i = end - 1
			}
		}
		text = b.String() + "$"
	} else {
		text = flags + strings.NewReplacer(`\y`, `\b`, `\m`, `\b`, `\M`, `\b`, `\Z`, `\z`).Replace(strings.TrimPrefix(text, "***="))
	}
	if len(text) > 4096 {
		q.fail("2201B", 0, "RE_compile_and_cache", "invalid regular expression: regular expression is too complex")
	}
	if parsed, err := syntax.Parse(text, syntax.Perl); err == nil && expanded(parsed) > maxExpanded {
		q.fail("2201B", 0, "RE_compile_and_cache", "invalid regular expression: regular expression is too complex")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		re, err = regexp.Compile(strings.ToValidUTF8(regexp.QuoteMeta(text), "?"))
		if err != nil || !like {
			q.fail("2201B", 0, "RE_compile_and_cache", "invalid regular expression: parentheses () not balanced")
		}
	}
	return re
}
