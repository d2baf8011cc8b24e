package postgres

import (
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// compileSelection makes a plan of a query.
func (q *query) compileSelection(s *selection, outer *scope) *plan {
	if q.depth++; q.depth > 4*maxDepth {
		q.fail("54001", 0, "check_stack_depth", "stack depth limit exceeded")
	}
	defer func() { q.depth-- }()
	if len(s.with) > 0 {
		names := map[string]*plan{}
		q.ctes = append(q.ctes, names)
		defer func() { q.ctes = q.ctes[:len(q.ctes)-1] }()
		for _, c := range s.with {
			var p *plan
			if c.recursive && c.sub.setOp == "union" {
				p = q.recursive(c, names, outer).once()
			} else {
				p = q.compileSelection(c.sub, outer).once()
			}
			for i, name := range c.columns {
				if i < len(p.cols) {
					p.cols[i].name = name
				}
			}
			names[c.name] = p
		}
	}
	var p *plan
	switch {
	case s.setOp != "":
		p = q.compileSet(s, outer)
	case s.values != nil:
		p = q.compileValues(s, outer)
	default:
		return q.compileCore(s, outer)
	}
	return q.limited(s, q.ordered(s, p), outer)
}

// recursive makes a plan of a query that goes on with its own rows until there are no new ones.
func (q *query) recursive(c common, names map[string]*plan, outer *scope) *plan {
	left := q.compileSelection(c.sub.left, outer)
	cols := slices.Clone(left.cols)
	for i, name := range c.columns {
		if i < len(cols) {
			cols[i].name = name
		}
	}
	var working [][]any
	names[c.name] = &plan{cols: cols, correlated: true, exec: func(*frame) [][]any { return working }}
	right := q.compileSelection(c.sub.right, outer)
	if len(right.cols) != len(cols) {
		q.fail("42601", c.sub.right.at, "transformSetOperationTree", "each UNION query must have the same number of columns")
	}
	return &plan{cols: cols, correlated: left.correlated, exec: func(f *frame) (all [][]any) {
		seen := map[string]bool{}
		take := func(rows [][]any) (fresh [][]any) {
			for _, row := range rows {
				q.step(1)
				q.hold(1, len(row))
				key := ""
				if !c.sub.all {
					key = q.rowKey(row)
				}
				if c.sub.all || !seen[key] {
					seen[key] = true
					fresh = append(fresh, row)
				}
			}
			all = append(all, fresh...)
			return fresh
		}
		for working = take(left.exec(f)); len(working) > 0; {
			working = take(right.exec(f))
		}
		return all
	}}
}

// ordered sorts what has no columns but its own: those of UNION and of VALUES.
func (q *query) ordered(s *selection, p *plan) *plan {
	if len(s.order) == 0 {
		return p
	}
	sc := &scope{cols: p.cols}
	var keys []node
	for _, o := range s.order {
		if n := q.position(o.by, len(p.cols)); n >= 0 {
			keys = append(keys, node{typ: p.cols[n].typ, eval: func(f *frame) any { return f.row[n] }})
		} else {
			keys = append(keys, q.compile(o.by, sc))
		}
	}
	inner := p.exec
	return &plan{cols: p.cols, correlated: p.correlated, exec: func(f *frame) [][]any {
		rows := slices.Clone(inner(f))
		values := make(map[*any][]any, len(rows))
		for _, row := range rows {
			q.hold(1, len(keys)+4)
			if len(row) > 0 {
				values[&row[0]] = evaluated(keys, &frame{row: row})
			}
		}
		slices.SortStableFunc(rows, func(a, b []any) int {
			if len(a) == 0 {
				return 0
			}
			q.step(1)
			return compareKeys(values[&a[0]], values[&b[0]], keys, s.order)
		})
		return rows
	}}
}

func evaluated(nodes []node, f *frame) []any {
	out := make([]any, len(nodes))
	for i, n := range nodes {
		out[i] = n.eval(f)
	}
	return out
}

func compareKeys(a, b []any, keys []node, order []ordering) int {
	for i := range order {
		x, ok1 := a[i].(string)
		y, ok2 := b[i].(string)
		n := 0
		switch {
		case !ok1 && !ok2:
		case !ok1 || !ok2:
			if n = 1; !ok1 == order[i].nullsFirst {
				n = -1
			}
			if n != 0 {
				return n
			}
		default:
			n = compareAs(x, y, keys[i].typ)
		}
		if order[i].down {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

// position is the column that a number in ORDER BY or GROUP BY means; -1 where it is none.
func (q *query) position(e *expr, columns int) int {
	if e.kind != isNumeral {
		return -1
	}
	n, err := strconv.Atoi(e.text)
	if err != nil {
		return -1
	}
	if n < 1 || n > columns {
		q.fail("42P10", e.at, "findTargetlistEntrySQL92", "ORDER BY position %d is not in select list", n)
	}
	return n - 1
}

func (q *query) limited(s *selection, p *plan, outer *scope) *plan {
	count := func(e *expr) node {
		if e == nil {
			return constant(typeInt8, nil)
		}
		return q.as(q.compile(e, &scope{outer: outer}), typeInt8)
	}
	if s.limit == nil && s.offset == nil {
		return p
	}
	limit, offset := count(s.limit), count(s.offset)
	inner := p.exec
	return &plan{cols: p.cols, correlated: p.correlated, exec: func(f *frame) [][]any {
		number := func(n node, what string) int {
			text, ok := n.eval(&frame{outer: f}).(string)
			if !ok {
				return -1
			}
			v, _ := strconv.Atoi(text)
			if v < 0 {
				q.fail(map[string]string{"LIMIT": "2201W", "OFFSET": "2201X"}[what], 0, "recompute_limits", "%s must not be negative", what)
			}
			return v
		}
		rows := inner(f)
		if n := number(offset, "OFFSET"); n > 0 {
			rows = rows[min(n, len(rows)):]
		}
		if n := number(limit, "LIMIT"); n >= 0 {
			rows = rows[:min(n, len(rows))]
		}
		return rows
	}}
}

func (q *query) compileValues(s *selection, outer *scope) *plan {
	width := len(s.values[0])
	columns := make([][]node, width)
	sc := &scope{outer: outer}
	for _, list := range s.values {
		if len(list) != width {
			q.fail("42601", s.at, "transformValuesClause", "VALUES lists must all be the same length")
		}
		for i, e := range list {
			columns[i] = append(columns[i], q.compile(e, sc))
		}
	}
	p := &plan{correlated: sc.reached}
	for i, nodes := range columns {
		typ, same := q.common("VALUES", nodes)
		columns[i] = same
		p.cols = append(p.cols, bound{table: "*VALUES*", column: column{name: fmt.Sprint("column", i+1), typ: typ, mod: -1}})
	}
	p.exec = func(f *frame) (rows [][]any) {
		for n := range s.values {
			row := make([]any, width)
			for i := range row {
				row[i] = columns[i][n].eval(&frame{outer: f})
				q.holdValue(row[i])
			}
			q.step(1)
			q.hold(1, width)
			rows = append(rows, row)
		}
		return rows
	}
	return p
}

// rowKey is a row by which it is found among others; a long one is so by its sum.
func (q *query) rowKey(row []any) string {
	q.hold(1, 3)
	size := 0
	for _, v := range row {
		size += len(str(v))
	}
	q.step(1 + size/64)
	if size > 256 {
		sum := sha256.New()
		for _, v := range row {
			s, ok := v.(string)
			fmt.Fprint(sum, ok, len(s), ":")
			io.WriteString(sum, s)
		}
		return string(sum.Sum(nil))
	}
	var b strings.Builder
	for _, v := range row {
		if s, ok := v.(string); ok {
			b.WriteString(strconv.Itoa(len(s)) + ":" + s)
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

func (q *query) compileSet(s *selection, outer *scope) *plan {
	left, right := q.compileSelection(s.left, outer), q.compileSelection(s.right, outer)
	op := strings.ToUpper(s.setOp)
	if len(left.cols) != len(right.cols) {
		at := s.right.at
		if len(s.right.items) > 0 {
			at = s.right.items[0].e.at
		}
		q.fail("42601", at, "transformSetOperationTree", "each %s query must have the same number of columns", op)
	}
	p := &plan{cols: slices.Clone(left.cols), correlated: left.correlated || right.correlated}
	turn := func(side *plan, i int, typ uint32, v any) any {
		if text, ok := v.(string); ok && side.cols[i].typ == typeUnknown {
			return q.parse(text, typ, 0)
		}
		return q.cast(v, side.cols[i].typ, typ, 0)
	}
	for i := range p.cols {
		// A string of a SELECT's list is text by now, but here it is still to be known.
		l, r := left.cols[i], right.cols[i]
		nodes := []node{{typ: l.typ, at: l.at}, {typ: r.typ, at: r.at}}
		if l.literal {
			nodes[0].typ, left.cols[i].typ = typeUnknown, typeUnknown
		}
		if r.literal {
			nodes[1].typ, right.cols[i].typ = typeUnknown, typeUnknown
		}
		for j := range nodes {
			nodes[j].eval = func(*frame) any { return nil }
		}
		p.cols[i].typ, _ = q.common(op, nodes)
		p.cols[i].literal = l.literal && r.literal
		p.cols[i].table, p.cols[i].rel, p.cols[i].number = "", 0, 0
		if l.typ != p.cols[i].typ {
			p.cols[i].mod = -1
		}
	}
	p.exec = func(f *frame) (rows [][]any) {
		gather := func(side *plan) (out [][]any) {
			for _, row := range side.exec(f) {
				turned := make([]any, len(row))
				for i, v := range row {
					turned[i] = turn(side, i, p.cols[i].typ, v)
				}
				q.step(1)
				q.hold(1, len(row))
				out = append(out, turned)
			}
			return out
		}
		a, b := gather(left), gather(right)
		if s.setOp == "union" {
			rows = slices.Concat(a, b)
		} else {
			there := map[string]bool{}
			for _, row := range b {
				there[q.rowKey(row)] = true
			}
			for _, row := range a {
				if there[q.rowKey(row)] == (s.setOp == "intersect") {
					rows = append(rows, row)
				}
			}
		}
		if !s.all {
			rows = q.distinct(rows)
		}
		return rows
	}
	return p
}

func (q *query) distinct(rows [][]any) (out [][]any) {
	seen := map[string]bool{}
	for _, row := range rows {
		if key := q.rowKey(row); !seen[key] {
			seen[key] = true
			out = append(out, row)
		}
	}
	return out
}

// conjuncts takes a condition apart at its ANDs.
func conjuncts(e *expr) []*expr {
	if e == nil {
		return nil
	}
	if e.kind == isAnd {
		return append(conjuncts(e.args[0]), conjuncts(e.args[1])...)
	}
	return []*expr{e}
}

// condition is one that rows must meet, and the columns that it looks at.
type condition struct {
	node
	low, high int // the first and the last of them; high is -1 where there are none
	equal     [2]node
	sides     [2][2]int // low and high of each side of an equality
	used      bool
}

// span are the first and the last column that an expression looks at.
func (q *query) span(e *expr, sc *scope) (low, high int) {
	low, high = len(sc.cols), -1
	if e == nil {
		return low, high
	}
	if e.sub != nil {
		return 0, len(sc.cols) - 1
	}
	if e.kind == isColumn {
		name, table := e.names[len(e.names)-1], ""
		if len(e.names) > 1 {
			table = e.names[len(e.names)-2]
		}
		for i, b := range sc.cols {
			if (b.name == name && (table == "" || b.table == table)) || table == "" && b.table == name {
				low, high = min(low, i), max(high, i)
			}
		}
		return low, high
	}
	for _, a := range e.args {
		l, h := q.span(a, sc)
		low, high = min(low, l), max(high, h)
	}
	return low, high
}

// nests tells whether a query is in an expression.
func nests(e *expr) bool {
	return e != nil && (e.sub != nil || slices.ContainsFunc(e.args, nests))
}

func (q *query) condition(e *expr, sc *scope, where string) *condition {
	c := &condition{node: q.boolean(e, sc, where)}
	c.low, c.high = q.span(e, sc)
	// One with a query in it is compiled once: in it may be another, and so on.
	if e.kind == isOperator && e.text == "=" && len(e.args) == 2 && !nests(e) {
		a, b := q.compile(e.args[0], sc), q.compile(e.args[1], sc)
		key := func(t uint32) int {
			switch {
			case isInt(t) || isOID(t):
				return 1
			case isText(t):
				return 2
			}
			return 0
		}
		if k := key(a.typ); k != 0 && k == key(b.typ) && a.literal == nil && b.literal == nil && a.typ != typeRegclass && b.typ != typeRegclass {
			c.equal = [2]node{a, b}
			c.sides[0][0], c.sides[0][1] = q.span(e.args[0], sc)
			c.sides[1][0], c.sides[1][1] = q.span(e.args[1], sc)
		}
	}
	return c
}

// step is one source of FROM, joined to those before it.
type joined struct {
	rows       func(*frame) [][]any
	lateral    bool
	from, to   int // its columns
	join       string
	conditions []*condition
}

// compileFrom makes a plan of FROM, in whose scope the columns are. where are conditions that may be applied on the way.
func (q *query) compileFrom(sources []*source, sc *scope, where *expr) func(*frame) [][]any {
	var steps []*joined
	outerJoin := false
	for _, s := range sources {
		j := &joined{from: len(sc.cols), join: s.join}
		outerJoin = outerJoin || s.join == "right" || s.join == "full"
		cols, rows, lateral := q.compileSource(s, sc)
		j.rows, j.lateral = rows, lateral
		for _, b := range cols {
			if slices.ContainsFunc(sc.cols, func(o bound) bool { return o.table == b.table && o.table != "" && s.group == nil && j.from > 0 }) && s.group == nil {
				for _, o := range sc.cols[:j.from] {
					if o.table == b.table {
						q.fail("42712", 0, "checkNameSpaceConflicts", "table name \"%s\" specified more than once", b.table)
					}
				}
			}
			break
		}
		sc.cols = append(sc.cols, cols...)
		j.to = len(sc.cols)
		if j.to > 2000 {
			q.fail("54011", 0, "ExecTypeFromTLInternal", "target lists can have at most 1664 entries")
		}
		using := s.using
		if s.natural {
			for _, b := range sc.cols[j.from:] {
				if slices.ContainsFunc(sc.cols[:j.from], func(o bound) bool { return o.name == b.name }) {
					using = append(using, b.name)
				}
			}
		}
		for _, name := range using {
			l := slices.IndexFunc(sc.cols[:j.from], func(b bound) bool { return b.name == name && !b.merged })
			r := slices.IndexFunc(sc.cols[j.from:], func(b bound) bool { return b.name == name })
			if l < 0 || r < 0 {
				q.fail("42703", s.at, "transformFromClauseItem", "column \"%s\" specified in USING clause does not exist in %s table", clip(name), map[bool]string{true: "left", false: "right"}[l < 0])
			}
			r += j.from
			sc.cols[r].merged = true
			a := node{typ: sc.cols[l].typ, eval: func(f *frame) any { return f.row[l] }}
			b := node{typ: sc.cols[r].typ, eval: func(f *frame) any { return f.row[r] }}
			c := &condition{node: q.binary("=", a, b, 0), low: l, high: r}
			if (isInt(a.typ) || isOID(a.typ)) && (isInt(b.typ) || isOID(b.typ)) || isText(a.typ) && isText(b.typ) {
				c.equal, c.sides = [2]node{a, b}, [2][2]int{{l, l}, {r, r}}
			}
			j.conditions = append(j.conditions, c)
		}
		for _, e := range conjuncts(s.on) {
			j.conditions = append(j.conditions, q.condition(e, sc, "JOIN/ON"))
		}
		steps = append(steps, j)
	}
	var filters []*condition
	for _, e := range conjuncts(where) {
		filters = append(filters, q.condition(e, sc, "WHERE"))
	}
	width := len(sc.cols)
	return func(f *frame) [][]any {
		rows := [][]any{make([]any, 0, width)}
		for _, c := range filters {
			c.used = false
		}
		for i, j := range steps {
			last := i == len(steps)-1
			inner := j.join == "" || j.join == "inner" || j.join == "cross"
			conditions := slices.Clone(j.conditions)
			var after []*condition
			for _, c := range filters {
				if c.used || !last && (outerJoin || c.high >= j.to) {
					continue
				}
				c.used = true
				if inner {
					conditions = append(conditions, c)
				} else {
					after = append(after, c)
				}
			}
			rows = q.join(rows, j, conditions, after, width, f)
		}
		if len(steps) == 0 {
			rows = slices.DeleteFunc(rows, func(row []any) bool {
				return slices.ContainsFunc(filters, func(c *condition) bool { return c.eval(&frame{row: row, outer: f}) != "t" })
			})
		}
		return rows
	}
}

// join joins rows with those of one more source.
func (q *query) join(left [][]any, j *joined, conditions, after []*condition, width int, outer *frame) (out [][]any) {
	size := j.to - j.from
	holds := func(row []any, conditions []*condition) bool {
		for _, c := range conditions {
			if c.eval(&frame{row: row, outer: outer}) != "t" {
				return false
			}
		}
		return true
	}
	var alone, rest []*condition // those about the new source alone
	var hashed *condition
	side := 0
	for _, c := range conditions {
		if c.low >= j.from && c.high >= 0 {
			alone = append(alone, c)
			continue
		}
		if hashed == nil && c.equal[0].eval != nil && !j.lateral {
			for s := range 2 {
				if c.sides[s][0] >= j.from && c.sides[s][1] >= 0 && c.sides[1-s][1] < j.from && c.sides[1-s][1] >= 0 {
					hashed, side = c, s
				}
			}
			if hashed == c {
				continue
			}
		}
		rest = append(rest, c)
	}
	var right [][]any // padded
	var index map[string][]int
	prepare := func(f *frame) {
		right = right[:0]
		for _, row := range j.rows(f) {
			q.step(1)
			q.hold(1, width)
			padded := make([]any, j.from, width)
			padded = append(padded, row[:min(size, len(row))]...)
			if holds(padded, alone) {
				right = append(right, padded)
			}
		}
	}
	if !j.lateral {
		prepare(outer)
		if hashed != nil {
			index = map[string][]int{}
			for i, row := range right {
				if key, ok := hashed.equal[side].eval(&frame{row: row, outer: outer}).(string); ok {
					index[key] = append(index[key], i)
				}
			}
		}
	}
	matched := map[int]bool{}
	emit := func(row []any) {
		if holds(row, after) {
			out = append(out, row)
			q.hold(1, width)
			q.step(1 + len(row)/16)
		}
	}
	for _, l := range left {
		if j.lateral {
			prepare(&frame{row: l, outer: outer})
		}
		found := false
		try := func(i int) {
			q.step(1)
			row := append(append(make([]any, 0, width), l...), right[i][j.from:]...)
			if holds(row, rest) {
				found = true
				matched[i] = true
				emit(row)
			}
		}
		if index != nil {
			if key, ok := hashed.equal[1-side].eval(&frame{row: l, outer: outer}).(string); ok {
				for _, i := range index[key] {
					try(i)
				}
			}
		} else {
			for i := range right {
				try(i)
			}
		}
		if !found && (j.join == "left" || j.join == "full") {
			emit(append(append(make([]any, 0, width), l...), make([]any, size)...))
		}
	}
	if j.join == "right" || j.join == "full" {
		for i := range right {
			if !matched[i] {
				emit(slices.Clone(right[i]))
			}
		}
	}
	return out
}

// compileSource makes the columns and the rows of one source.
func (q *query) compileSource(s *source, sc *scope) (cols []bound, rows func(*frame) [][]any, lateral bool) {
	alias := s.alias
	switch {
	case s.group != nil:
		inner := &scope{outer: sc.outer}
		exec := q.compileFrom(s.group, inner, nil)
		if inner.reached && sc.outer != nil {
			sc.reached = true
		}
		cols, rows = inner.cols, exec
		if alias != "" {
			cols = rename(cols, alias)
		}
	case s.sub != nil:
		// What it looks at outside is the row so far: a lateral one.
		around := &scope{cols: slices.Clone(sc.cols), outer: sc.outer}
		p := q.compileSelection(s.sub, around)
		cols, rows, lateral = rename(slices.Clone(p.cols), alias), p.exec, p.correlated
		if !lateral {
			rows = p.once().exec
		}
		sc.reached = sc.reached || around.reached
	case s.call != nil:
		return q.tableFunction(s, sc)
	default:
		if len(s.name) == 1 {
			for _, names := range slices.Backward(q.ctes) {
				if p := names[s.name[0]]; p != nil {
					if alias == "" {
						alias = s.name[0]
					}
					cols, rows = rename(slices.Clone(p.cols), alias), p.exec
					return renamed(cols, s.aliases), rows, false
				}
			}
		}
		r := q.relation(s.name, s.at)
		if alias == "" {
			alias = s.name[len(s.name)-1]
		}
		if r.view != nil {
			p := q.compileSelection(r.view, nil).once()
			cols, rows = rename(slices.Clone(p.cols), alias), p.exec
			break
		}
		q.permitted(r)
		for i, c := range r.columns {
			cols = append(cols, bound{table: alias, column: c, rel: r.oid, number: i + 1})
		}
		rows = func(*frame) [][]any { return q.rowsOf(r) }
	}
	return renamed(cols, s.aliases), rows, lateral
}

func rename(cols []bound, alias string) []bound {
	for i := range cols {
		cols[i].table, cols[i].merged = alias, false
	}
	return cols
}

func renamed(cols []bound, names []string) []bound {
	for i, name := range names {
		if i < len(cols) {
			cols[i].name = name
		}
	}
	return cols
}

// tableFunction is a function in FROM.
func (q *query) tableFunction(s *source, sc *scope) ([]bound, func(*frame) [][]any, bool) {
	around := &scope{cols: slices.Clone(sc.cols), outer: sc.outer}
	n := q.compile(s.call, around)
	name := s.call.text
	if len(s.call.names) > 0 {
		name = s.call.names[len(s.call.names)-1]
	}
	alias := s.alias
	if alias == "" {
		alias = name
	}
	low, high := q.span(s.call, around)
	lateral := high >= low
	if !lateral && around.reached {
		sc.reached = true
	}
	var cols []bound
	if n.fields != nil {
		cols = rename(slices.Clone(n.fields), alias)
	} else {
		if s.alias != "" {
			name = s.alias
		}
		cols = []bound{{table: alias, column: column{name: name, typ: n.typ, mod: -1}}}
	}
	return renamed(cols, s.aliases), func(f *frame) (rows [][]any) {
		if !lateral {
			f = &frame{outer: f}
		}
		if n.fields != nil && n.set == nil {
			n.eval(f)
			return [][]any{evaluated(n.parts, f)}
		}
		if n.set == nil {
			return [][]any{{n.eval(f)}}
		}
		for _, v := range n.set(f) {
			if row, ok := v.([]any); ok {
				rows = append(rows, row)
			} else {
				q.holdValue(v)
				rows = append(rows, []any{v})
			}
			q.step(1)
			q.hold(1, 1)
		}
		return rows
	}, lateral
}

// nameOf is the heading of an expression.
func nameOf(e *expr) string {
	switch e.kind {
	case isColumn, isCall:
		return e.names[len(e.names)-1]
	case isField:
		return e.text
	case isCast:
		if name := nameOf(e.args[0]); name != "?column?" {
			return name
		}
		if info := factsOf().types[e.typ]; info != nil {
			return strings.TrimPrefix(info.name, "_")
		}
		if name := regTypes[e.typ]; name != "" {
			return name
		}
	case isCase:
		if last := e.args[len(e.args)-1]; last != nil && last.kind == isColumn {
			return nameOf(last)
		}
		return "case"
	case isExists:
		return "exists"
	case isArray, isArrayQuery:
		return "array"
	case isRow:
		return "row"
	case isIndex:
		return nameOf(e.args[0])
	case isScalar:
		if e.sub.setOp == "" && len(e.sub.items) == 1 {
			if e.sub.items[0].name != "" {
				return e.sub.items[0].name
			}
			return nameOf(e.sub.items[0].e)
		}
	}
	return "?column?"
}

// aggregates tells whether an expression has an aggregate of its own query in it.
func aggregates(e *expr) bool {
	if e == nil {
		return false
	}
	if e.kind == isCall && !e.windowy && isAggregate(e.names[len(e.names)-1]) {
		return true
	}
	return slices.ContainsFunc(e.args, aggregates)
}

// compileCore makes a plan of one SELECT.
func (q *query) compileCore(s *selection, outer *scope) *plan {
	sc := &scope{outer: outer}
	if aggregates(s.where) {
		q.fail("42803", s.where.at, "check_agglevels_and_constraints", "aggregate functions are not allowed in WHERE")
	}
	from := q.compileFrom(s.from, sc, s.where)
	if len(s.group) > 0 || s.having != nil || slices.ContainsFunc(s.items, func(i item) bool { return aggregates(i.e) }) {
		for _, e := range s.group {
			if n := q.position(e, len(s.items)); n >= 0 {
				e = s.items[n].e
			} else if e.kind == isColumn && len(e.names) == 1 && !slices.ContainsFunc(sc.cols, func(b bound) bool { return b.name == e.names[0] }) {
				for _, i := range s.items {
					if i.name == e.names[0] {
						e = i.e
					}
				}
			}
			sc.keys = append(sc.keys, e)
			sc.nodes = append(sc.nodes, q.compile(e, sc))
			sc.tokens = append(sc.tokens, q.written(e))
		}
		// A key decides all of its row where it is the table's own.
		for _, n := range slices.Clone(sc.nodes) {
			if n.col != nil && n.col.primary {
				for i := range sc.cols {
					if sc.cols[i].table == n.col.table {
						sc.nodes = append(sc.nodes, node{typ: sc.cols[i].typ, col: &sc.cols[i]})
					}
				}
			}
		}
		sc.grouped = true
	}
	p := &plan{}
	var nodes []node
	var exprs []*expr
	put := func(n node, e *expr, name string, b bound) {
		b.literal = n.literal != nil || n.typ == typeUnknown
		b.at = n.at
		if n.literal != nil || n.typ == typeUnknown {
			n = q.as(n, typeText)
		}
		b.table, b.name, b.typ, b.mod, b.merged = "", name, n.typ, n.mod, false
		nodes, exprs, p.cols = append(nodes, n), append(exprs, e), append(p.cols, b)
	}
	for _, i := range s.items {
		if i.e.kind == isStar {
			q.expand(i.e, sc, put)
			continue
		}
		if i.e.kind == isField && i.e.text == "*" {
			n := q.compile(i.e.args[0], sc)
			for k, b := range n.fields {
				if k < len(n.parts) {
					put(n.parts[k], nil, b.name, bound{})
				}
			}
			continue
		}
		n := q.compile(i.e, sc)
		name := i.name
		if name == "" {
			name = nameOf(i.e)
		}
		b := bound{}
		if n.col != nil && i.e.kind == isColumn {
			b.rel, b.number = n.col.rel, n.col.number
		}
		put(n, i.e, name, b)
	}
	if len(p.cols) > 1664 {
		q.fail("54011", 0, "ExecTypeFromTLInternal", "target lists can have at most 1664 entries")
	}
	var having node
	if s.having != nil {
		having = q.boolean(s.having, sc, "HAVING")
	}
	// What is sorted by is one of the columns, or an expression of its own.
	var keys []node
	var places []int
	for _, o := range s.order {
		at := q.position(o.by, len(p.cols))
		if at < 0 && o.by.kind == isColumn && len(o.by.names) == 1 {
			at = slices.IndexFunc(p.cols, func(b bound) bool { return b.name == o.by.names[0] })
		}
		if at < 0 {
			if text := q.written(o.by); text != "" {
				at = slices.IndexFunc(exprs, func(e *expr) bool { return e != nil && q.written(e) == text })
			}
		}
		if places = append(places, at); at >= 0 {
			keys = append(keys, nodes[at])
			continue
		}
		if s.distinct && s.on == nil {
			q.fail("42P10", o.by.at, "transformDistinctClause", "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
		keys = append(keys, q.compile(o.by, sc))
	}
	var on []node
	for _, e := range s.on {
		if at := q.position(e, len(nodes)); at >= 0 {
			on = append(on, nodes[at])
		} else {
			on = append(on, q.compile(e, sc))
		}
	}
	p.correlated = sc.reached
	p.exec = func(f *frame) (out [][]any) {
		// What it held is gone when it is over, but for what it gives.
		before, values := q.held, 0
		defer func() { q.held = before + values; q.hold(len(out), len(nodes)) }()
		type result struct{ row, keys, on []any }
		var results []result
		each := func(fr *frame) {
			if having.eval != nil && having.eval(fr) != "t" {
				return
			}
			row := make([]any, len(nodes))
			var sets map[int][]any
			longest := 1
			for i, n := range nodes {
				if n.set == nil {
					if row[i] = n.eval(fr); n.col == nil {
						values += q.holdValue(row[i])
					}
					continue
				}
				if sets == nil {
					sets, longest = map[int][]any{}, 0
				}
				sets[i] = n.set(fr)
				longest = max(longest, len(sets[i]))
			}
			for k := range longest {
				out := row
				if sets != nil {
					out = slices.Clone(row)
					for i, values := range sets {
						if k < len(values) {
							out[i] = values[k]
							if fields, ok := values[k].([]any); ok {
								out[i] = q.record(constants(fields), fr)
							}
							q.holdValue(out[i])
						}
					}
				}
				q.step(1 + len(out)/16)
				q.hold(1, len(out)+len(keys)+4)
				r := result{row: out}
				for i, key := range keys {
					if places[i] >= 0 {
						r.keys = append(r.keys, out[places[i]])
					} else {
						v := key.eval(fr)
						q.holdValue(v)
						r.keys = append(r.keys, v)
					}
				}
				if on != nil {
					r.on = evaluated(on, fr)
				}
				results = append(results, r)
			}
		}
		rows := from(f)
		if sc.grouped {
			for _, group := range q.groups(rows, sc, len(s.group), f) {
				fr := &frame{outer: f, group: group}
				if len(group) > 0 {
					fr.row = group[0]
				} else {
					fr.row = make([]any, len(sc.cols))
				}
				each(fr)
			}
		} else {
			for _, row := range rows {
				each(&frame{row: row, outer: f})
			}
		}
		if len(keys) > 0 {
			slices.SortStableFunc(results, func(a, b result) int { q.step(1); return compareKeys(a.keys, b.keys, keys, s.order) })
		}
		seen := map[string]bool{}
		for _, r := range results {
			if s.distinct {
				by := r.row
				if on != nil {
					by = r.on
				}
				key := q.rowKey(by)
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			out = append(out, r.row)
		}
		return out
	}
	return q.limited(s, p, outer)
}

func constants(values []any) (nodes []node) {
	for _, v := range values {
		nodes = append(nodes, constant(typeText, v))
	}
	return nodes
}

// expand puts the columns for a star.
func (q *query) expand(e *expr, sc *scope, put func(node, *expr, string, bound)) {
	if len(sc.cols) == 0 && e.names == nil {
		q.fail("42601", e.at, "ExpandAllTables", "SELECT * with no tables specified is not valid")
	}
	found := false
	for i := range sc.cols {
		b := sc.cols[i]
		if e.names != nil && b.table != e.names[len(e.names)-1] || e.names == nil && b.merged {
			continue
		}
		found = true
		if sc.grouped && !slices.ContainsFunc(sc.nodes, func(n node) bool { return n.col == &sc.cols[i] }) {
			q.fail("42803", e.at, "check_ungrouped_columns_walker", "column \"%s.%s\" must appear in the GROUP BY clause or be used in an aggregate function", b.table, b.name)
		}
		put(node{typ: b.typ, mod: b.mod, col: &sc.cols[i], eval: func(f *frame) any { return f.row[i] }}, nil, b.name, b)
	}
	if !found && e.names != nil {
		q.fail("42P01", e.at, "errorMissingRTE", "missing FROM-clause entry for table \"%s\"", clip(e.names[len(e.names)-1]))
	}
}

// groups puts rows together whose keys are the same.
func (q *query) groups(rows [][]any, sc *scope, keys int, f *frame) [][][]any {
	if keys == 0 {
		return [][][]any{rows}
	}
	var out [][][]any
	at := map[string]int{}
	for _, row := range rows {
		q.step(1)
		key := q.rowKey(evaluated(sc.nodes[:keys], &frame{row: row, outer: f}))
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], row)
	}
	return out
}
