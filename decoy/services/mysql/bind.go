package mysql

import (
	"fmt"
	"slices"
	"strings"
)

// scope are the columns that the expressions of a SELECT see, and those of the queries around it.
type scope struct {
	fields     []field
	sources    []*source
	outer      *scope
	of         *selection
	aggregates []*expr
	grouped    bool // expressions may aggregate here
	touched    int  // how many columns, from the first, the expression that is being bound needs
	clause     string
	items      []item // of which ORDER BY and HAVING may name the aliases
	prefer     bool   // an alias to a column of that name
	aliases    bool
	with       map[string]*named
}

// loose is the scope of an expression that is in no query.
func loose() *scope { return &scope{of: &selection{bound: &bound{}}, clause: "field list"} }

// source is a table in FROM.
type source struct {
	table *table
	sub   *selection
	alias string
	width int
	at    int // of its first column
	how   string
	on    []filter // of an outer join: that of others is like WHERE
	equal [][2]int
	rows  [][]any // once they are known
	known bool
}

// bound is what the binder makes of a selection.
type bound struct {
	scope     *scope
	filters   []filter
	fields    []field
	dependent bool
}

// filter is one of the conditions that a row must meet, and how many columns, from the first, it needs.
type filter struct {
	e       *expr
	touched int
}

func (e *expr) conjuncts() []*expr {
	if e == nil {
		return nil
	}
	if e.op != "and" {
		return []*expr{e}
	}
	return append(e.args[0].conjuncts(), e.args[1].conjuncts()...)
}

// maxTables and maxFields bound what one SELECT joins and gives.
const (
	maxTables = 61
	maxFields = 4096
)

// bind looks up all that the selection names.
func (q *run) bind(s *selection, outer *scope) {
	defer q.deeper()()
	sc := &scope{outer: outer, of: s, clause: q.clause("field list", "SELECT"), with: map[string]*named{}}
	s.bound = &bound{scope: sc}
	for i := range s.with {
		n := &s.with[i]
		n.around = sc
		q.bind(n.sub, sc)
		n.name = strings.ToLower(n.name)
		if n.columns != nil {
			if len(n.columns) != len(n.sub.fields) {
				panic(&wrong{code: 4002, state: "HY000", message: "WITH column list and SELECT field list have different column counts"})
			}
			for j := range n.sub.fields {
				n.sub.fields[j].name = n.columns[j]
			}
		}
		sc.with[n.name] = n
	}
	if s.first != nil {
		q.bindUnion(s, sc)
		return
	}
	if len(s.tables) > maxTables {
		panic(&wrong{code: 1116, state: "HY000", message: "Too many tables; MariaDB can only use 61 tables in a join"})
	}
	for i := range s.tables {
		q.bindTable(&s.tables[i], sc)
	}
	for i := range sc.sources {
		q.bindJoin(s.tables[i], sc.sources[i], sc)
	}
	sc.clause = q.clause("where clause", "WHERE")
	for _, e := range s.where.conjuncts() {
		sc.touched = 0
		s.filters = append(s.filters, filter{q.bindExpr(e, sc), sc.touched})
	}
	sc.grouped = true
	// The columns that the answer has.
	sc.clause = q.clause("field list", "SELECT")
	var items []item
	for _, it := range s.items {
		if !it.star {
			it.e = q.bindExpr(it.e, sc)
			q.column1(it.e)
			items = append(items, it)
			continue
		}
		any := false
		for i, f := range sc.fields {
			if f.hidden && len(it.path) == 0 || len(it.path) > 0 && !strings.EqualFold(f.table, it.path[len(it.path)-1]) || len(it.path) > 1 && !strings.EqualFold(f.database, it.path[0]) {
				continue
			}
			any = true
			items = append(items, item{e: &expr{op: "column", index: i, typ: f.typ, path: []string{f.name}}, alias: f.name})
		}
		if !any {
			if len(it.path) > 0 {
				panic(&wrong{code: 1051, state: "42S02", message: fmt.Sprintf("Unknown table '%.128s'", strings.Join(it.path, "."))})
			}
			panic(&wrong{code: 1096, state: "HY000", message: "No tables used"})
		}
	}
	s.items = items
	if len(items) > maxFields {
		panic(&wrong{code: 1117, state: "42000", message: "Too many columns"})
	}
	for _, it := range items {
		f := field{name: clip(it.alias, 256), typ: it.e.typ}
		if it.e.op == "column" && it.e.depth == 0 {
			f = sc.fields[it.e.index]
			if f.hidden = false; !f.view || it.named {
				f.name = it.alias
			}
		} else if it.e.op == "aggregate" && len(s.group) > 0 {
			f.typ = f.typ.stored() // in the table that finds the groups
		}
		s.fields = append(s.fields, f)
	}
	sc.items, sc.aliases = items, true
	sc.clause = q.clause("group statement", "GROUP BY")
	for i, e := range s.group {
		if n, ok := position(e); ok {
			if n < 1 || n > len(items) {
				panic(&wrong{code: 1054, state: "42S22", message: fmt.Sprintf("Unknown column '%d' in '%s'", n, sc.clause)})
			}
			s.group[i] = items[n-1].e
			continue
		}
		s.group[i] = q.bindExpr(e, sc)
	}
	if s.having != nil {
		sc.clause = q.clause("having clause", "HAVING")
		s.having = q.bindExpr(s.having, sc)
	}
	sc.clause, sc.prefer = q.clause("order clause", "ORDER BY"), true
	for i, o := range s.order {
		if n, ok := position(o.e); ok {
			if n < 1 || n > len(items) {
				panic(&wrong{code: 1054, state: "42S22", message: fmt.Sprintf("Unknown column '%d' in '%s'", n, sc.clause)})
			}
			s.order[i].e = items[n-1].e
			continue
		}
		s.order[i].e = q.bindExpr(o.e, sc)
	}
	q.bindLimits(s, sc)
}

func position(e *expr) (int, bool) {
	n, ok := e.value.(int64)
	return int(n), ok && e.op == "literal"
}

func (q *run) bindLimits(s *selection, sc *scope) {
	for _, e := range []*expr{s.limit, s.offset} {
		if e != nil {
			q.bindExpr(e, sc)
		}
	}
}

func (q *run) bindUnion(s *selection, sc *scope) {
	q.bind(s.first, sc)
	s.fields = slices.Clone(s.first.fields)
	for _, f := range s.more {
		q.bind(f.with, sc)
		if len(f.with.fields) != len(s.fields) {
			panic(&wrong{code: 1222, state: "21000", message: "The used SELECT statements have a different number of columns"})
		}
		for i := range s.fields {
			s.fields[i].typ = common(s.fields[i].typ, f.with.fields[i].typ)
		}
	}
	for i := range s.fields {
		f := &s.fields[i]
		*f = field{name: f.name, typ: f.typ.stored()}
		if f.column = f.name; !q.c.server.mariadb {
			f.column = ""
		} else if f.isWhole() && f.length == 1 {
			f.length = 2
		}
		if len(s.more) > 0 && f.decimals == notFixedInText {
			f.decimals = 0
		}
	}
	// ORDER BY sees what comes out.
	out := &scope{outer: sc, of: s, fields: s.fields, clause: q.clause("order clause", "ORDER BY")}
	s.bound.scope = out
	for i, o := range s.order {
		if n, ok := position(o.e); ok {
			if n < 1 || n > len(s.fields) {
				panic(&wrong{code: 1054, state: "42S22", message: fmt.Sprintf("Unknown column '%d' in '%s'", n, out.clause)})
			}
			s.order[i].e = &expr{op: "column", index: n - 1, typ: s.fields[n-1].typ}
			continue
		}
		s.order[i].e = q.bindExpr(o.e, out)
	}
	q.bindLimits(s, sc)
}

// bindTable adds a table of FROM to what expressions see.
func (q *run) bindTable(t *joined, sc *scope) {
	src := &source{alias: t.alias, how: t.how, at: len(sc.fields)}
	var fields []field
	if t.sub == nil && len(t.name) == 1 {
		for up := sc; up != nil && t.sub == nil; up = up.outer {
			if n := up.with[strings.ToLower(t.name[0])]; n != nil {
				t.sub = n.sub
			}
		}
		if t.sub != nil {
			src.sub = t.sub
		}
	} else if t.sub != nil {
		src.sub = t.sub
		around := *sc // which has nothing that this one could see, but for WITH
		around.fields, around.sources = nil, nil
		q.bind(t.sub, &around)
	}
	if src.sub != nil {
		for _, f := range src.sub.fields {
			f.typ = f.typ.stored()
			f.flags &= flagNotNull | flagUnsigned | flagBlob | flagBinary
			fields = append(fields, field{name: f.name, column: f.name, typ: f.typ})
		}
	} else {
		src.table = q.c.find(t.name)
		for _, column := range src.table.columns {
			fields = append(fields, column.field(src.table))
		}
	}
	for _, other := range sc.sources {
		if strings.EqualFold(other.alias, src.alias) && (other.table == nil || src.table == nil || other.table.database == src.table.database) {
			panic(&wrong{code: 1066, state: "42000", message: "Not unique table/alias: '" + clip(src.alias, 64) + "'"})
		}
	}
	for _, f := range fields {
		f.table = src.alias
		f.column = f.name
		if t.how == "left" {
			f.flags &^= flagNotNull | flagPrimary | flagUnique | flagMultiple | flagPartOfKey | flagIncrement
			if src.table == nil || src.table.database != "information_schema" {
				f.flags &^= flagNoDefault
			}
		}
		sc.fields = append(sc.fields, f)
	}
	src.width = len(fields)
	sc.sources = append(sc.sources, src)
}

// bindJoin looks up how a table is joined to those before it.
func (q *run) bindJoin(t joined, src *source, sc *scope) {
	using := t.using
	own := sc.fields[src.at : src.at+src.width]
	if len(using) == 1 && using[0] == "*" {
		using = nil
		for _, f := range own {
			if slices.ContainsFunc(sc.fields[:src.at], func(o field) bool { return strings.EqualFold(o.name, f.name) }) {
				using = append(using, f.name)
			}
		}
	}
	for _, name := range using {
		named := func(o field) bool { return strings.EqualFold(o.name, name) }
		left, right := slices.IndexFunc(sc.fields[:src.at], named), slices.IndexFunc(own, named)
		if left < 0 || right < 0 {
			panic(&wrong{code: 1054, state: "42S22", message: fmt.Sprintf("Unknown column '%.64s' in 'from clause'", name)})
		}
		src.equal = append(src.equal, [2]int{left, src.at + right})
		own[right].hidden = true
	}
	if t.on != nil {
		sc.clause = q.clause("on clause", "ON")
		for _, e := range t.on.conjuncts() {
			sc.touched = 0
			f := filter{q.bindExpr(e, sc), sc.touched}
			if src.how == "" {
				sc.of.filters = append(sc.of.filters, f)
			} else {
				src.on = append(src.on, f)
			}
		}
	}
}

// column1 refuses what has several columns where one is wanted.
func (q *run) column1(e *expr) {
	if e.op == "row" || e.op == "query" && len(e.sub.fields) != 1 {
		panic(&wrong{code: 1241, state: "21000", message: "Operand should contain 1 column(s)"})
	}
}

// resolve finds a column.
func (q *run) resolve(e *expr, sc *scope) *expr {
	name := e.path[len(e.path)-1]
	depth := 0
	for at := sc; at != nil; at = at.outer {
		if at.aliases && at.prefer && len(e.path) == 1 {
			if it := at.alias(name); it != nil {
				return it
			}
		}
		found := -1
		for i, f := range at.fields {
			if !strings.EqualFold(f.name, name) || len(e.path) > 1 && !strings.EqualFold(f.table, e.path[len(e.path)-2]) || len(e.path) > 2 && f.database != "" && !strings.EqualFold(f.database, e.path[0]) {
				continue
			}
			if f.hidden && len(e.path) == 1 {
				continue
			}
			if found >= 0 {
				panic(&wrong{code: 1052, state: "23000", message: fmt.Sprintf("Column '%.128s' in %s is ambiguous", strings.Join(e.path, "."), sc.clause)})
			}
			found = i
		}
		if found >= 0 {
			at.touched = max(at.touched, found+1)
			return &expr{op: "column", path: e.path, depth: depth, index: found, typ: at.fields[found].typ, from: e.from, to: e.to}
		}
		if at.aliases && len(e.path) == 1 {
			if it := at.alias(name); it != nil && depth == 0 {
				return it
			}
		}
		at.of.dependent = true
		depth++
	}
	panic(&wrong{code: 1054, state: "42S22", message: fmt.Sprintf("Unknown column '%.128s' in '%s'", strings.Join(e.path, "."), sc.clause)})
}

// alias finds what SELECT calls so.
func (sc *scope) alias(name string) *expr {
	for _, it := range sc.items {
		if strings.EqualFold(it.alias, name) {
			return it.e
		}
	}
	return nil
}

// aggregating are the functions of many rows.
var aggregating = []string{"count", "sum", "avg", "min", "max", "group_concat", "std", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "bit_or", "bit_and", "bit_xor", "any_value", "json_arrayagg"}

// bindExpr looks up what an expression names, and finds its type.
func (q *run) bindExpr(e *expr, sc *scope) *expr {
	defer q.deeper()()
	switch e.op {
	case "column":
		if e.path == nil { // bound already
			return e
		}
		return q.resolve(e, sc)
	case "stored":
		panic(&wrong{code: 1305, state: "42000", message: fmt.Sprintf("FUNCTION %.129s does not exist", strings.Join(e.path, "."))})
	case "query", "exists", "in query", "rows":
		q.bind(e.sub, sc)
	}
	if e.op == "call" && slices.Contains(aggregating, e.text) {
		return q.bindAggregate(e, sc)
	}
	for i := range e.args {
		e.args[i] = q.bindExpr(e.args[i], sc)
		if e.op != "in" && e.op != "row" && e.op != "in query" && !slices.Contains(comparisons, e.op) {
			q.column1(e.args[i])
		}
	}
	switch e.op {
	case "query":
		e.typ = e.sub.fields[0].typ
		if !e.sub.none || e.sub.where != nil {
			e.typ.flags &^= flagNotNull
		}
		if e.typ.flags&(flagPrimary|flagUnique|flagMultiple) != 0 {
			e.typ.flags &= flagBinary | flagUnsigned
		}
		return e
	case "in query":
		want := 1
		if e.args[0].op == "row" {
			want = len(e.args[0].args)
		}
		if len(e.sub.fields) != want {
			panic(&wrong{code: 1241, state: "21000", message: fmt.Sprintf("Operand should contain %d column(s)", want)})
		}
	case "in":
		for _, a := range e.args {
			if (a.op == "row") != (e.args[0].op == "row") || a.op == "row" && len(a.args) != len(e.args[0].args) {
				panic(&wrong{code: 1241, state: "21000", message: fmt.Sprintf("Operand should contain %d column(s)", max(1, len(e.args[0].args)))})
			}
		}
	case "system":
		e.value, e.typ = q.c.variable(e.text)
		return e
	case "call":
		q.bindCall(e)
		return e
	}
	if slices.Contains(comparisons, e.op) {
		for _, a := range e.args {
			columns := func(e *expr) int {
				switch e.op {
				case "row":
					return len(e.args)
				case "query":
					return len(e.sub.fields)
				}
				return 1
			}
			if n := columns(e.args[0]); columns(a) != n {
				panic(&wrong{code: 1241, state: "21000", message: fmt.Sprintf("Operand should contain %d column(s)", n)})
			}
		}
	}
	e.typ = q.typeOf(e)
	return e
}

func (q *run) bindAggregate(e *expr, sc *scope) *expr {
	if !sc.grouped {
		panic(&wrong{code: 1111, state: "HY000", message: "Invalid use of group function"})
	}
	sc.grouped = false
	for i := range e.args {
		e.args[i] = q.bindExpr(e.args[i], sc)
		q.column1(e.args[i])
	}
	aliases := sc.aliases
	sc.aliases = false
	for i := range e.order {
		e.order[i].e = q.bindExpr(e.order[i].e, sc)
	}
	sc.aliases = aliases
	sc.grouped = true
	if len(e.args) == 0 || len(e.args) > 1 && e.text != "count" && e.text != "group_concat" {
		panic(&wrong{code: 1064, at: e.to})
	}
	a := e.args[0].typ
	switch e.text {
	case "count":
		e.typ = whole(21)
		e.typ.flags |= flagNotNull
	case "bit_or", "bit_and", "bit_xor":
		e.typ = whole(21)
		e.typ.flags |= flagNotNull | flagUnsigned
	case "sum":
		if e.typ = double(); a.isNumber() && a.kind != typeDouble && a.kind != typeFloat {
			e.typ = typ{kind: typeNewdecimal, length: a.length + 23, decimals: a.decimals, flags: flagBinary}
			if a.decimals > 0 {
				e.typ.length--
			}
		}
	case "avg":
		if e.typ = double(); a.isNumber() && a.kind != typeDouble && a.kind != typeFloat {
			e.typ = typ{kind: typeNewdecimal, length: a.length + 6, decimals: a.decimals + 4, flags: flagBinary}
			if a.decimals > 0 {
				e.typ.length -= 2
			}
		}
	case "min", "max", "any_value":
		e.typ = a
		e.typ.flags &= flagBinary | flagUnsigned
		if a.isWhole() && a.kind == typeLong && e.args[0].op != "column" {
			e.typ.kind = typeLonglong
		}
		if a.isNumber() {
			e.typ.flags |= flagBinary
		}
	case "group_concat", "json_arrayagg":
		e.typ = typ{kind: typeBlob, length: 16777216 / 4}
	default:
		e.typ = double()
	}
	e.op, e.index = "aggregate", len(sc.aggregates)
	sc.aggregates = append(sc.aggregates, e)
	return e
}

// bindCall finds the function.
func (q *run) bindCall(e *expr) {
	f := functions[e.text]
	if f == nil {
		q.c.unknownFunction(e)
	}
	if len(e.args) < f.least || f.most >= 0 && len(e.args) > f.most {
		panic(&wrong{code: 1582, state: "42000", message: "Incorrect parameter count in the call to native function '" + e.text + "'"})
	}
	e.function = f
	types := make([]typ, len(e.args))
	for i, a := range e.args {
		types[i] = a.typ
	}
	e.typ = f.typ(types)
	if e.text == "repeat" || e.text == "lpad" || e.text == "rpad" || e.text == "space" || e.text == "left" || e.text == "right" {
		at := min(1, len(e.args)-1)
		if n, ok := e.args[at].value.(int64); ok && e.args[at].op == "literal" && n >= 0 {
			switch e.text {
			case "repeat":
				e.typ.length = types[0].length * int(min(n, 1<<24))
			case "left", "right":
				e.typ.length = min(int(min(n, 1<<24)), e.typ.length)
			default:
				e.typ.length = int(min(n, 1<<24))
			}
		}
	}
	if (e.text == "round" || e.text == "truncate") && types[0].kind == typeNewdecimal {
		digits := 0
		if len(e.args) == 2 && e.args[1].op == "literal" {
			digits = int(min(max(integer(e.args[1].value), 0), maxScale))
		}
		before := types[0].length - 1 - int(types[0].decimals) // the point, or a sign
		if e.typ.length = before + digits + 1; e.text == "round" && digits < int(types[0].decimals) {
			e.typ.length++
		}
		if digits == 0 {
			e.typ.length--
		}
		e.typ.decimals = byte(digits)
	}
	if strings.HasPrefix(e.text, "sub") || e.text == "mid" {
		at := len(e.args) - 1
		if n, ok := e.args[at].value.(int64); ok && e.text != "substring_index" {
			switch {
			case at == 2 && n >= 0:
				e.typ.length = min(int(min(n, 1<<24)), e.typ.length)
			case at == 1 && n > 0:
				e.typ.length = max(e.typ.length-int(min(n, 1<<24))+1, 0)
			}
		} else if e.args[at].op == "negative" && at == 1 {
			if n, ok := e.args[at].args[0].value.(int64); ok && n >= 0 {
				e.typ.length = min(int(min(n, 1<<24)), e.typ.length)
			}
		}
	}
	if e.text == "date_format" {
		if f, ok := e.args[1].value.(string); ok {
			e.typ.length = formatLength(f)
		}
	}
}

// stored is the type as a table has it in which the values stand meanwhile.
func (t typ) stored() typ {
	if t.isNumber() {
		t.flags &^= flagBinary
	}
	return t
}

// common is a type for the values of both.
func common(a, b typ) typ {
	t := a
	switch {
	case a.kind == typeNull:
		t = b
		t.flags &^= flagNotNull
		return t
	case b.kind == typeNull:
		t.flags &^= flagNotNull
		return t
	case a.isText() || b.isText() || a.isNumber() != b.isNumber():
		t = words(max(a.wide(), b.wide()))
		if a.kind == typeBlob || b.kind == typeBlob {
			t.kind = typeBlob
		}
		t.bytes = a.isText() && a.bytes || b.isText() && b.bytes
		if t.bytes {
			t.flags |= flagBinary
		}
	case a.kind == b.kind && a.isWhole():
		if t.length = max(a.length, b.length); t.length < 2 {
			t.length = 2 // which has room for a sign
		}
	case a.kind == b.kind:
		t.length, t.decimals = max(a.length, b.length), max(a.decimals, b.decimals)
	case a.kind == typeDouble || b.kind == typeDouble || a.kind == typeFloat || b.kind == typeFloat:
		t = double()
	case a.kind == typeNewdecimal || b.kind == typeNewdecimal:
		t = typ{kind: typeNewdecimal, length: max(a.length+int(b.decimals), b.length+int(a.decimals)), decimals: max(a.decimals, b.decimals), flags: flagBinary}
	case a.isWhole() && b.isWhole():
		t = whole(max(a.length, b.length))
		if t.length < 10 {
			t.kind = typeLong
		}
	default:
		t = typ{kind: typeDatetime, length: 19, flags: flagBinary}
	}
	t.flags &= flagBinary | flagUnsigned | flagBlob
	if a.flags&b.flags&flagNotNull != 0 {
		t.flags |= flagNotNull
	}
	return t
}

// typeOf is the type of an operator's value.
func (q *run) typeOf(e *expr) typ {
	notNull := uint16(flagNotNull)
	for _, a := range e.args {
		notNull &= a.typ.flags
	}
	condition := typ{kind: typeLong, length: 1, flags: flagBinary | notNull}
	if !q.c.server.mariadb {
		condition.kind = typeLonglong // MySQL has it so since 5.7
	}
	sized := func(n int) typ {
		t := whole(n)
		if n < 10 && q.c.server.mariadb {
			t.kind = typeLong
		}
		return t
	}
	switch e.op {
	case "literal":
		switch v := e.value.(type) {
		case nil:
			return typ{kind: typeNull, flags: flagBinary}
		case int64, uint64:
			t := sized(len(text(v)))
			if n, ok := v.(uint64); ok && n > 0 {
				t.flags |= flagUnsigned
			}
			if e.text == "bool" {
				t.length = map[bool]int{true: 5 - int(v.(int64)), false: 5}[v == int64(0)]
				if v == int64(1) {
					t.length = 4
				} else {
					t.length = 5
				}
				if q.c.server.mariadb {
					t.length = 5
				} else {
					t.length = 2
				}
				t.kind = typeLong
			}
			if !q.c.server.mariadb && e.text != "bool" {
				t.length++
			}
			t.flags |= flagNotNull
			return t
		case float64:
			t := double()
			t.length = max(e.to-e.from, 1)
			t.flags |= flagNotNull
			return t
		case decimal:
			digits := len(strings.TrimLeft(v.String(), "-"))
			if v.scale > 0 && strings.HasPrefix(v.String(), "0.") {
				digits--
			}
			return typ{kind: typeNewdecimal, length: digits + 1, decimals: byte(v.scale), flags: flagBinary | flagNotNull}
		case raw:
			return typ{kind: typeVarstring, length: len(v), flags: flagBinary | flagNotNull | flagUnsigned, bytes: true}
		case string:
			t := words(len([]rune(v)))
			t.flags |= flagNotNull
			return t
		}
	case "parameter":
		return typeOfValue(q.parameter(e.index))
	case "variable", "assign":
		if e.op == "assign" {
			return e.args[0].typ
		}
		v := q.c.users[e.text]
		t := typeOfValue(v)
		if v == nil {
			t = typ{kind: 251, length: 16777216, decimals: notFixedInText, flags: flagBinary, bytes: true}
			if !q.c.server.mariadb {
				t.kind, t.length = typeBlob, 65535
			}
		}
		return t
	case "negative":
		t := e.args[0].typ
		if t.isText() {
			t = double()
		}
		if e.args[0].op == "literal" || t.isWhole() {
			t.length++
		}
		t.flags = t.flags&^flagUnsigned | flagBinary
		return t
	case "+", "-", "*", "/", "%", "div":
		a, b := e.args[0].typ, e.args[1].typ
		inexact := func(t typ) bool {
			return !t.isNumber() && t.kind != typeNull || t.kind == typeDouble || t.kind == typeFloat
		}
		var t typ
		switch {
		case e.op == "div":
			t = sized(max(a.length-int(a.decimals), 1))
			notNull = 0
		case inexact(a) || inexact(b):
			t = double()
			if e.op == "/" || e.op == "%" {
				notNull = 0
			}
		case e.op == "/":
			decimals := min(int(a.decimals)+4, maxScale)
			t = typ{kind: typeNewdecimal, length: a.length + 6, decimals: byte(decimals), flags: flagBinary}
			if a.decimals > 0 {
				t.length = a.length + 4 // which has the point already
			}
			notNull = 0
		case a.kind == typeNewdecimal || b.kind == typeNewdecimal:
			decimals := max(a.decimals, b.decimals)
			if e.op == "*" {
				decimals = a.decimals + b.decimals
			}
			if t = (typ{kind: typeNewdecimal, decimals: decimals, flags: flagBinary}); e.op == "*" {
				t.length = a.length + b.length
			} else {
				t.length = max(a.length-int(a.decimals), b.length-int(b.decimals)) + int(decimals) + 1
			}
			if e.op == "%" {
				notNull = 0
			}
		case e.op == "%":
			t = sized(max(a.length, b.length) + 1)
			notNull = 0
		case e.op == "*":
			t = sized(a.length + b.length + 1)
		default:
			digits := func(e *expr) int {
				if e.op == "literal" || e.typ.flags&flagUnsigned != 0 {
					return e.typ.length
				}
				return e.typ.length - 1
			}
			t = sized(max(digits(e.args[0]), digits(e.args[1])) + 2)
		}
		t.flags |= notNull
		return t
	case "|", "&", "^", "<<", ">>", "~":
		t := whole(21)
		t.flags |= flagUnsigned | notNull
		return t
	case "interval":
		if a := e.args[0].typ; a.kind == typeDate && slices.Contains([]string{"day", "week", "month", "year", "quarter", "year_month"}, e.text) {
			return typ{kind: typeDate, length: 10, flags: flagBinary}
		} else if a.kind == typeDatetime || a.kind == typeTimestamp || a.kind == typeDate {
			return typ{kind: typeDatetime, length: 19, flags: flagBinary}
		}
		t := words(19)
		if q.c.server.mariadb {
			t = typ{kind: typeString, length: 19}
		}
		return t
	case "case", "case of":
		args := e.args
		if e.op == "case of" {
			args = args[1:]
		}
		t := typ{kind: typeNull}
		for i, a := range args {
			if i%2 == 1 || i == len(args)-1 && e.not {
				if t.kind == typeNull && i == 1 {
					t = a.typ
				} else {
					t = common(t, a.typ)
				}
			}
		}
		if !e.not {
			t.flags &^= flagNotNull
		}
		t.flags &= flagBinary | flagUnsigned | flagNotNull | flagBlob
		return t
	case "collate":
		t := e.args[0].typ
		if strings.HasSuffix(e.text, "_bin") {
			t.flags |= flagBinary
		}
		return t
	case "cast":
		return castType(e.text, e.args[0].typ, q)
	case "row", "rows":
		return typ{kind: typeNull}
	case "exists":
		condition.flags |= flagNotNull
	case "is null", "is true", "is false", "<=>":
		condition.flags |= flagNotNull
	}
	return condition
}

func castType(name string, a typ, q *run) typ {
	kind, rest, sized := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	size := int(integer(rest))
	notNull := a.flags & flagNotNull
	switch kind {
	case "signed", "unsigned", "integer", "int":
		t := whole(21)
		if q.c.server.mariadb && a.length > 0 && a.length < 9 {
			t = typ{kind: typeLong, length: max(a.length, 2), flags: flagBinary}
		}
		if kind == "unsigned" {
			t.flags |= flagUnsigned
		}
		t.flags |= notNull
		return t
	case "decimal", "dec":
		t := definedType("decimal" + strings.TrimPrefix(strings.TrimPrefix(name, "decimal"), "dec"))
		t.flags |= flagBinary | notNull
		return t
	case "double", "float", "real":
		return double()
	case "date":
		return typ{kind: typeDate, length: 10, flags: flagBinary}
	case "datetime":
		return typ{kind: typeDatetime, length: 19, flags: flagBinary}
	case "time":
		return typ{kind: typeTime, length: 10, flags: flagBinary}
	case "binary":
		t := typ{kind: typeVarstring, length: a.length * 4, flags: flagBinary, bytes: true}
		if a.bytes || !a.isText() {
			t.length = a.length
		}
		if sized {
			t.length = size
		}
		return t
	}
	t := typ{kind: typeVarstring, length: max(a.wide(), 0)}
	if sized {
		t.length = size
	}
	if a.isText() {
		t.decimals = notFixedInText
	}
	return t
}

// typeOfValue is the type of a value that is known already.
func typeOfValue(v any) typ {
	switch v := v.(type) {
	case int64:
		return whole(20)
	case uint64:
		t := whole(20)
		t.flags |= flagUnsigned
		return t
	case float64:
		return double()
	case decimal:
		return typ{kind: typeNewdecimal, length: 83, decimals: 38, flags: flagBinary}
	case raw:
		return typ{kind: typeVarstring, length: len(v), flags: flagBinary, bytes: true, decimals: notFixedInText}
	case string:
		return words(max(len(v), 1))
	}
	return typ{kind: typeNull, flags: flagBinary}
}
