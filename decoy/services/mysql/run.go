package mysql

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// run is one statement under way.
type run struct {
	c          *conn
	steps      int
	made       int // bytes of texts
	cells      int // values in rows
	depth      int
	parameters []any
	patterns   map[string]matcher
}

// The bounds of a statement: how much is worked out, and what is kept of it until it is sent.
const (
	maxSteps = 4 << 20
	maxMade  = 4 << 20
	maxCells = 1 << 19
)

// step counts work. What is too much is refused in the words of a server that is protected from expensive queries.
func (q *run) step() {
	if q.steps++; q.steps > maxSteps {
		q.expensive()
	}
}

// spend counts work that is done at once.
func (q *run) spend(steps int) {
	if q.steps += steps; q.steps > maxSteps {
		q.expensive()
	}
}

func (q *run) expensive() {
	panic(&wrong{code: 1104, state: "42000", message: "The SELECT would examine more than MAX_JOIN_SIZE rows; check your WHERE and use SET SQL_BIG_SELECTS=1 or SET MAX_JOIN_SIZE=# if the SELECT is okay"})
}

func (q *run) room(cells int) {
	if q.cells += cells; q.cells > maxCells {
		q.expensive()
	}
}

// grow counts bytes of a text.
func (q *run) grow(n int) {
	if q.made += n; q.made > maxMade {
		panic(&wrong{code: 1041, state: "HY000", message: "Out of memory."})
	}
}

func (q *run) deeper() func() {
	if q.depth++; q.depth > 16*maxNested {
		panic(&wrong{code: 1436, state: "HY000", message: "Thread stack overrun:  294912 bytes used of a 299008 byte stack, and 32000 bytes needed. Consider increasing the thread_stack system variable."})
	}
	return func() { q.depth-- }
}

// clause is the name of a part of a SELECT in what is said of mistakes: MariaDB's are new ones since 11, and in the latest 10.11.
func (q *run) clause(old, late string) string {
	if v := q.c.server; v.mariadb && (v.release() >= 1100 || v.release() == 1011 && v.patch() >= 12) {
		return late
	}
	return old
}

// diagnostic is what SHOW WARNINGS shows.
type diagnostic struct {
	level   string
	code    int
	message string
}

const maxDiagnostics = 64 // max_error_count

func (q *run) warn(level string, code int, message string) {
	if q.c.warned++; len(q.c.diagnostics) < maxDiagnostics {
		q.c.diagnostics = append(q.c.diagnostics, diagnostic{level, code, strings.Clone(clip(message, 512))})
	}
}

// parameter is the value that a prepared statement is run with; while it is being prepared there is none.
func (q *run) parameter(i int) any {
	if i < len(q.parameters) {
		return q.parameters[i]
	}
	return nil
}

// found is the answer to a query.
type found struct {
	fields []field
	rows   [][]any
}

// frame is what an expression sees while it is worked out.
type frame struct {
	row        []any
	aggregates []any
	outer      *frame
}

// execute runs a bound selection.
func (q *run) execute(s *selection, outer *frame) *found {
	defer q.deeper()()
	at := &frame{outer: outer}
	var rows [][]any
	if s.first != nil {
		rows = q.union(s, at)
	} else {
		rows = q.selected(s, at)
	}
	return &found{s.fields, rows}
}

// bounds are what LIMIT says.
func (q *run) bounds(s *selection, at *frame) (from, to int) {
	to = int(^uint(0) >> 1)
	if s.offset != nil {
		from = int(max(integer(q.eval(s.offset, at)), 0))
	}
	if s.limit != nil {
		if n := integer(q.eval(s.limit, at)); n >= 0 && n < int64(to-from) {
			to = from + int(n)
		}
	}
	return from, to
}

func limited(rows [][]any, from, to int) [][]any {
	rows = rows[:min(to, len(rows))]
	return rows[min(from, len(rows)):]
}

func rowKey(row []any) string {
	var b strings.Builder
	for _, v := range row {
		k := key(v)
		fmt.Fprintf(&b, "%d:%s", len(k), k)
	}
	return b.String()
}

// rowKey is the function of that name for rows that may have long texts in many columns.
func (q *run) rowKey(row []any) string {
	q.weigh(row...)
	if sizeOf(row) > maxMade/4 {
		q.grow(maxMade + 1)
	}
	return rowKey(row)
}

// sizeOf is how long the texts of a row are together.
func sizeOf(row []any) int {
	n := 0
	for _, v := range row {
		switch s := v.(type) {
		case string:
			n += len(s)
		case raw:
			n += len(s)
		}
	}
	return n
}

// distinct leaves out the rows that have been there already.
func (q *run) distinct(rows [][]any) [][]any {
	seen := map[string]bool{}
	return slices.DeleteFunc(rows, func(row []any) bool {
		q.step()
		k := q.rowKey(row)
		q.grow(len(k))
		again := seen[k]
		seen[k] = true
		return again
	})
}

func (q *run) union(s *selection, at *frame) [][]any {
	rows := slices.Clone(q.execute(s.first, at).rows)
	for _, f := range s.more {
		more := q.execute(f.with, at).rows
		switch f.how {
		case "union":
			q.room(len(more))
			if rows = append(rows, more...); !f.all {
				rows = q.distinct(rows)
			}
		default:
			has := map[string]bool{}
			for _, row := range more {
				q.step()
				k := q.rowKey(row)
				q.grow(len(k))
				has[k] = true
			}
			rows = slices.DeleteFunc(q.distinct(rows), func(row []any) bool {
				return has[q.rowKey(row)] != (f.how == "intersect")
			})
		}
	}
	for i, f := range s.fields { // all are of the type of the column
		if f.isText() {
			for _, row := range rows {
				if row[i] != nil && !isText(row[i]) {
					row[i] = text(row[i])
				}
			}
		} else if f.kind == typeNewdecimal {
			for j, row := range rows {
				if row[i] != nil {
					row = slices.Clone(row)
					row[i] = asDecimal(row[i]).scaled(int(f.decimals))
					rows[j] = row
				}
			}
		}
	}
	from, to := q.bounds(s, at)
	if len(s.order) > 0 {
		keys := make([][]any, len(rows))
		for i, row := range rows {
			keys[i] = q.keys(s.order, &frame{row: row, outer: at})
		}
		rows = q.sorted(rows, keys, s.order)
	}
	return limited(rows, from, to)
}

func (q *run) keys(by []ordering, at *frame) []any {
	q.room(len(by))
	all := make([]any, len(by))
	for i, o := range by {
		all[i] = q.eval(o.e, at)
	}
	return all
}

func (q *run) sorted(rows, keys [][]any, by []ordering) [][]any {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		q.step()
		for i, o := range by {
			q.weigh(keys[a][i], keys[b][i])
			if n := sortOrder(keys[a][i], keys[b][i]); n != 0 {
				if o.down {
					return -n
				}
				return n
			}
		}
		return 0
	})
	out := make([][]any, len(rows))
	for i, from := range order {
		out[i] = rows[from]
	}
	return out
}

// selected runs one SELECT.
func (q *run) selected(s *selection, at *frame) [][]any {
	sc := s.scope
	from, to := q.bounds(s, at)
	aggregated := len(sc.aggregates) > 0 || len(s.group) > 0
	enough := to
	if aggregated || len(s.order) > 0 || s.unlike || s.having != nil {
		enough = int(^uint(0) >> 1)
	}
	var frames []*frame
	if aggregated {
		frames = q.groups(s, q.rows(s, at, enough), at)
	} else {
		for _, row := range q.rows(s, at, enough) {
			frames = append(frames, &frame{row: row, outer: at.outer})
		}
	}
	var rows, keys [][]any
	for _, f := range frames {
		if s.having != nil && !holds(q.eval(s.having, f)) {
			continue
		}
		row := make([]any, len(s.items))
		q.room(len(row) + 2)
		for i, it := range s.items {
			row[i] = q.eval(it.e, f)
		}
		rows = append(rows, row)
		if len(s.order) > 0 {
			keys = append(keys, q.keys(s.order, f))
		}
	}
	if s.unlike {
		if len(s.order) > 0 {
			rows = q.sorted(rows, keys, s.order)
		}
		return limited(q.distinct(rows), from, to)
	}
	if len(s.order) > 0 {
		rows = q.sorted(rows, keys, s.order)
	}
	q.c.foundRows = len(rows)
	return limited(rows, from, to)
}

// rows are those of the joined tables that meet the conditions, at least so many as are enough.
func (q *run) rows(s *selection, at *frame, enough int) [][]any {
	sc := s.scope
	here := &frame{outer: at.outer}
	meets := func(row []any, filters []filter) bool {
		here.row = row
		for _, f := range filters {
			if q.step(); !holds(q.eval(f.e, here)) {
				return false
			}
		}
		return true
	}
	rows := [][]any{{}}
	outer := slices.ContainsFunc(sc.sources, func(src *source) bool { return src.how == "right" })
	left := slices.Clone(s.filters)
	width := 0
	if len(sc.sources) == 0 {
		if !meets(nil, left) {
			return nil
		}
		return rows
	}
	for n, src := range sc.sources {
		before := width
		width += src.width
		last := n == len(sc.sources)-1
		var now, later []filter
		for _, f := range left {
			if last || f.touched <= width && !outer {
				now = append(now, f)
			} else {
				later = append(later, f)
			}
		}
		left = later
		theirs := q.source(src, at)
		if n == 0 {
			rows = nil
			for _, row := range theirs {
				if len(rows) >= enough && last {
					break
				}
				q.step()
				if meets(row, now) {
					rows = append(rows, row)
				}
			}
			q.room(len(rows))
			continue
		}
		rows = q.joined(src, rows, theirs, before, width, now, meets, here)
	}
	return rows
}

// joined puts the rows of a table behind those of the tables before it.
func (q *run) joined(src *source, rows, theirs [][]any, before, width int, filters []filter, meets func([]any, []filter) bool, here *frame) [][]any {
	// One condition that a column of this table equals something before it finds the rows by their key.
	var probe *expr
	column := -1
	candidates := slices.Concat(src.on)
	if src.how == "" {
		candidates = filters
	}
	for _, f := range candidates {
		if f.e.op != "=" {
			continue
		}
		for i, side := range f.e.args {
			other := f.e.args[1-i]
			if side.op == "column" && side.depth == 0 && side.index >= before && side.index < width && q.reach(other, before) && side.typ.isText() == other.typ.isText() && side.typ.isNumber() == other.typ.isNumber() {
				probe, column = other, side.index-before
			}
		}
	}
	if len(src.equal) > 0 {
		probe, column = &expr{op: "column", index: src.equal[0][0]}, src.equal[0][1]-before
	}
	var by map[string][]int
	if probe != nil {
		by = map[string][]int{}
		for i, row := range theirs {
			q.step()
			if row[column] != nil {
				q.weigh(row[column])
				k := key(row[column])
				if by[k] == nil && src.table == nil {
					q.grow(len(k))
				}
				by[k] = append(by[k], i)
			}
		}
		q.room(len(theirs))
	}
	matched := make([]bool, len(theirs))
	var out [][]any
	keep := func(row []any) {
		q.room(width + 2)
		out = append(out, row)
	}
	scratch := make([]any, width)
	for _, row := range rows {
		any := false
		copy(scratch, row)
		try := func(i int) {
			q.step()
			copy(scratch[before:], theirs[i])
			for _, pair := range src.equal {
				a, b := scratch[pair[0]], scratch[pair[1]]
				q.weigh(a, b)
				if a == nil || b == nil || order(a, b) != 0 {
					return
				}
			}
			if !meets(scratch, src.on) {
				return
			}
			any, matched[i] = true, true
			if meets(scratch, filters) {
				keep(slices.Clone(scratch))
			}
		}
		if by != nil {
			here.row = row
			if v := q.eval(probe, here); v != nil {
				for _, i := range by[key(v)] {
					try(i)
				}
			}
		} else {
			for i := range theirs {
				try(i)
			}
		}
		if !any && src.how == "left" {
			clear(scratch[before:])
			if meets(scratch, filters) {
				keep(slices.Clone(scratch))
			}
		}
	}
	if src.how == "right" {
		for i, row := range theirs {
			if !matched[i] {
				clear(scratch)
				copy(scratch[before:], row)
				if meets(scratch, filters) {
					keep(slices.Clone(scratch))
				}
			}
		}
	}
	return out
}

// reach tells whether an expression is simple and needs only the first columns.
func (q *run) reach(e *expr, columns int) bool {
	switch e.op {
	case "column":
		return e.depth > 0 || e.index < columns
	case "literal", "parameter":
		return true
	case "call":
		return e.text == "database" || e.text == "schema"
	}
	return false
}

// source are the rows of a table in FROM.
func (q *run) source(src *source, at *frame) [][]any {
	if src.known {
		return src.rows
	}
	src.known = true
	if src.sub != nil {
		src.rows = q.execute(src.sub, at).rows
	} else {
		src.rows = src.table.all(q.c)
	}
	return src.rows
}

// group is one of GROUP BY.
type group struct {
	first  []any
	values []*gathered
}

// gathered is what an aggregate has of the rows so far.
type gathered struct {
	count int64
	value any
	sum   any
	texts []string
	keys  [][]any
	seen  map[string]bool
	mean  float64
	m2    float64
	bits  uint64
}

func (q *run) groups(s *selection, rows [][]any, at *frame) []*frame {
	sc := s.scope
	by := map[string]*group{}
	random := slices.ContainsFunc(s.group, (*expr).isRandom)
	var all []*group
	here := &frame{outer: at.outer}
	begin := func(row []any) *group {
		g := &group{first: row}
		q.room(4 + 8*len(sc.aggregates))
		for _, e := range sc.aggregates {
			v := &gathered{}
			if e.distinct {
				v.seen = map[string]bool{}
			}
			if e.text == "bit_and" {
				v.bits = ^uint64(0)
			}
			g.values = append(g.values, v)
		}
		all = append(all, g)
		return g
	}
	for _, row := range rows {
		here.row = row
		k := ""
		if len(s.group) > 0 {
			values := make([]any, len(s.group))
			for i, e := range s.group {
				values[i] = q.eval(e, here)
			}
			k = q.rowKey(values)
		}
		g := by[k]
		if g == nil {
			if random && q.c.server.mariadb {
				// What is random is worked out again when the group is kept, and may be there by then: by the mistake that follows intruders have the server say what they want to know.
				values := make([]any, len(s.group))
				for i, e := range s.group {
					values[i] = q.eval(e, here)
				}
				if k = q.rowKey(values); by[k] != nil {
					var texts []string
					for _, v := range values {
						texts = append(texts, text(v))
					}
					panic(&wrong{code: 1062, state: "23000", message: "Duplicate entry '" + clip(strings.Join(texts, "-"), 64) + "' for key 'group_key'"})
				}
			}
			q.grow(len(k))
			g = begin(row)
			by[k] = g
		}
		for i, e := range sc.aggregates {
			q.gather(g.values[i], e, here)
		}
	}
	if len(s.group) == 0 && len(all) == 0 {
		begin(make([]any, len(sc.fields)))
	}
	var frames []*frame
	for _, g := range all {
		f := &frame{row: g.first, outer: at.outer}
		for i, e := range sc.aggregates {
			f.aggregates = append(f.aggregates, q.conclude(g.values[i], e))
		}
		frames = append(frames, f)
	}
	if len(s.group) > 0 && len(s.order) == 0 { // as the servers sort them to find the groups
		keys := make([][]any, len(frames))
		by := make([]ordering, len(s.group))
		for i, e := range s.group {
			by[i].e = e
		}
		order := make([][]any, len(frames))
		for i, f := range frames {
			keys[i] = q.keys(by, f)
			order[i] = []any{int64(i)}
		}
		var sorted []*frame
		for _, row := range q.sorted(order, keys, by) {
			sorted = append(sorted, frames[row[0].(int64)])
		}
		frames = sorted
	}
	return frames
}

// isRandom tells whether RAND is in the expression.
func (e *expr) isRandom() bool {
	return e.op == "call" && e.text == "rand" || slices.ContainsFunc(e.args, (*expr).isRandom)
}

// gather counts a row in.
func (q *run) gather(g *gathered, e *expr, at *frame) {
	q.step()
	values := make([]any, len(e.args))
	for i, a := range e.args {
		if values[i] = q.eval(a, at); values[i] == nil {
			return
		}
	}
	v := values[0]
	q.weigh(g.value)
	if g.seen != nil {
		k := q.rowKey(values)
		if g.seen[k] {
			return
		}
		q.grow(len(k))
		g.seen[k] = true
	}
	g.count++
	switch e.text {
	case "sum", "avg":
		if g.sum == nil {
			g.sum = any(decimal{n: asDecimal(int64(0)).n})
		}
		if e.args[0].typ.isText() {
			v = number(v)
		}
		g.sum = q.arithmetic("+", g.sum, v)
	case "min":
		if g.value == nil || order(v, g.value) < 0 {
			g.value = v
		}
	case "max":
		if g.value == nil || order(v, g.value) > 0 {
			g.value = v
		}
	case "any_value":
		if g.value == nil {
			g.value = v
		}
	case "group_concat", "json_arrayagg":
		var b strings.Builder
		for _, v := range values {
			q.grow(len(text(v)))
			b.WriteString(text(v))
		}
		q.grow(16)
		g.texts = append(g.texts, b.String())
		if len(e.order) > 0 {
			g.keys = append(g.keys, q.keys(e.order, at))
		}
	case "bit_or":
		g.bits |= uint64(integer(v))
	case "bit_and":
		g.bits &= uint64(integer(v))
	case "bit_xor":
		g.bits ^= uint64(integer(v))
	default:
		x := number(v)
		delta := x - g.mean
		g.mean += delta / float64(g.count)
		g.m2 += delta * (x - g.mean)
	}
}

// maxConcatenated is group_concat_max_len.
const maxConcatenated = 1 << 20

// conclude is an aggregate's value.
func (q *run) conclude(g *gathered, e *expr) any {
	switch e.text {
	case "count":
		return g.count
	case "sum":
		return g.sum
	case "avg":
		if g.sum == nil {
			return nil
		}
		if f, ok := g.sum.(float64); ok {
			return f / float64(g.count)
		}
		return q.arithmetic("/", g.sum, g.count)
	case "min", "max", "any_value":
		return g.value
	case "bit_or", "bit_and", "bit_xor":
		return g.bits
	case "group_concat":
		if g.texts == nil {
			return nil
		}
		texts := g.texts
		if g.keys != nil {
			rows := make([][]any, len(texts))
			for i, t := range texts {
				rows[i] = []any{t}
			}
			texts = nil
			for _, row := range q.sorted(rows, g.keys, e.order) {
				texts = append(texts, row[0].(string))
			}
		}
		limit := maxConcatenated
		if !q.c.server.mariadb {
			limit = 1024
		}
		var joined strings.Builder // no further than it is shown, whatever stands between
		for i, t := range texts {
			if i > 0 {
				joined.WriteString(text(e.value))
			}
			if joined.WriteString(t); joined.Len() > limit {
				break
			}
		}
		s := joined.String()
		if len(s) > limit {
			q.warn("Warning", 1260, fmt.Sprintf("Row %d was cut by group_concat()", len(texts)))
			s = s[:limit]
		}
		q.grow(len(s))
		return s
	case "json_arrayagg":
		if g.texts == nil {
			return nil
		}
		quoted := make([]string, len(g.texts))
		for i, t := range g.texts {
			if quoted[i] = t; e.args[0].typ.isText() {
				quoted[i] = jsonString(t)
				q.grow(len(quoted[i]))
			}
		}
		s := "[" + strings.Join(quoted, ",") + "]"
		q.grow(len(s))
		return s
	}
	return deviation(e.text, g)
}

// maxPatterns bounds what a regular expression may be.
const maxPattern = 1024

// maxProgram bounds what one becomes: some few bytes stand for a thousand steps of the machine that looks for it.
const maxProgram = 4096

// matcher is a regular expression that can be looked for, and its steps.
type matcher struct {
	*regexp.Regexp
	steps int
}

// matcher compiles a regular expression, which the servers do in any case, and counts what it takes to look for it in a text.
func (q *run) matcher(pattern, in string) *regexp.Regexp {
	m, ok := q.patterns[pattern]
	if !ok {
		m = q.compile(pattern)
	}
	q.spend((len(in) + 1) * m.steps / 4)
	return m.Regexp
}

// programOf is about how many steps a regular expression becomes.
func programOf(r *syntax.Regexp) int {
	n := 1
	if r.Op == syntax.OpLiteral {
		n = len(r.Rune)
	}
	for _, sub := range r.Sub {
		n += programOf(sub)
	}
	if r.Op == syntax.OpRepeat {
		n *= max(r.Min, r.Max, 1)
	}
	return n
}

func (q *run) compile(pattern string) matcher {
	if len(pattern) > maxPattern {
		q.expensive()
	}
	q.spend(1024 + 16*len(pattern))
	var program *syntax.Prog
	parsed, err := syntax.Parse("(?is)"+pattern, syntax.Perl)
	if err == nil {
		if programOf(parsed) > maxProgram {
			q.expensive()
		}
		program, err = syntax.Compile(parsed.Simplify())
	}
	var r *regexp.Regexp
	if err == nil {
		q.spend(len(program.Inst))
		q.grow(64 * len(program.Inst))
		r, err = regexp.Compile("(?is)" + pattern)
	}
	if err != nil {
		if q.c.server.mariadb {
			panic(&wrong{code: 1139, state: "42000", message: "Regex error 'quantifier does not follow a repeatable item at offset 0'"})
		}
		panic(&wrong{code: 3685, state: "HY000", message: "Illegal argument to a regular expression."})
	}
	if len(q.patterns) > 8 || q.patterns == nil {
		q.patterns = map[string]matcher{}
	}
	q.patterns[pattern] = matcher{r, len(program.Inst)}
	return q.patterns[pattern]
}
