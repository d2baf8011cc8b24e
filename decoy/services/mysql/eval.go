package mysql

import (
	"decnet/decoy/services/internal/tinysql"
	"slices"
	"strings"
	"time"
)

// eval works an expression out. Whoever asks for a text goes through it: a long one costs more than a short one.
func (q *run) eval(e *expr, at *frame) any {
	q.step()
	v := q.worked(e, at)
	q.weigh(v)
	return v
}

// weigh counts the work of looking through texts.
func (q *run) weigh(values ...any) {
	for _, v := range values {
		switch s := v.(type) {
		case string:
			q.spend(len(s) / 16)
		case raw:
			q.spend(len(s) / 16)
		}
	}
}

func (q *run) worked(e *expr, at *frame) any {
	switch e.op {
	case "literal", "system":
		return e.value
	case "column":
		for range e.depth {
			if at != nil {
				at = at.outer
			}
		}
		if at == nil || e.index >= len(at.row) {
			return nil
		}
		return at.row[e.index]
	case "aggregate":
		if e.index >= len(at.aggregates) {
			return nil
		}
		return at.aggregates[e.index]
	case "parameter":
		return q.parameter(e.index)
	case "variable":
		return q.c.users[e.text]
	case "assign":
		v := q.eval(e.args[0], at)
		q.c.setUser(e.text, v)
		return v
	case "and":
		return q.and(e, at)
	case "or":
		a := q.eval(e.args[0], at)
		if a != nil && holds(a) {
			return int64(1)
		}
		b := q.eval(e.args[1], at)
		switch {
		case b != nil && holds(b):
			return int64(1)
		case a == nil || b == nil:
			return nil
		}
		return int64(0)
	case "xor":
		a, b := q.eval(e.args[0], at), q.eval(e.args[1], at)
		if a == nil || b == nil {
			return nil
		}
		return truth(holds(a) != holds(b))
	case "not":
		v := q.eval(e.args[0], at)
		if v == nil {
			return nil
		}
		return truth(!holds(v))
	case "negative":
		switch v := q.eval(e.args[0], at).(type) {
		case nil:
			return nil
		case float64:
			return -v
		case string, raw:
			return -number(v)
		default:
			return q.arithmetic("-", int64(0), v)
		}
	case "+", "-", "*", "/", "%", "div":
		return q.arithmetic(e.op, q.eval(e.args[0], at), q.eval(e.args[1], at))
	case "|", "&", "^", "<<", ">>", "~":
		return q.bitwise(e, at)
	case "=", "<>", "<", ">", "<=", ">=", "<=>":
		return q.compare(e, at)
	case "is null":
		return truth((q.eval(e.args[0], at) == nil) != e.not)
	case "is true", "is false":
		v := q.eval(e.args[0], at)
		return truth((v != nil && holds(v) == (e.op == "is true")) != e.not)
	case "like", "regexp":
		return q.alike(e, at)
	case "between":
		v, low, high := q.eval(e.args[0], at), q.eval(e.args[1], at), q.eval(e.args[2], at)
		if v == nil || low == nil || high == nil {
			return nil
		}
		return truth((order(v, low) >= 0 && order(v, high) <= 0) != e.not)
	case "in":
		return q.in(e, at)
	case "query", "exists", "in query":
		return q.nested(e, at)
	case "quantified":
		return q.quantified(e, at)
	case "case", "case of":
		return q.cases(e, at)
	case "cast":
		return q.cast(e.text, q.eval(e.args[0], at))
	case "collate":
		v := q.eval(e.args[0], at)
		if strings.HasSuffix(e.text, "_bin") && v != nil {
			return raw(text(v))
		}
		return v
	case "interval":
		return q.shifted(e, at)
	case "call":
		return q.call(e, at)
	}
	return nil
}

func (q *run) and(e *expr, at *frame) any {
	a := q.eval(e.args[0], at)
	if a != nil && !holds(a) {
		return int64(0)
	}
	b := q.eval(e.args[1], at)
	switch {
	case b != nil && !holds(b):
		return int64(0)
	case a == nil || b == nil:
		return nil
	}
	return int64(1)
}

// row are the values of what may be several.
func (q *run) row(e *expr, at *frame) []any {
	if e.op == "query" {
		rows := q.answer(e, at)
		if len(rows) == 0 {
			return make([]any, len(e.sub.fields))
		}
		return rows[0]
	}
	values := make([]any, len(e.args))
	for i, a := range e.args {
		values[i] = q.eval(a, at)
	}
	return values
}

func (q *run) compare(e *expr, at *frame) any {
	a, b := e.args[0], e.args[1]
	if a.op == "row" || a.op == "query" && len(a.sub.fields) > 1 {
		left, right := q.row(a, at), q.row(b, at)
		result := any(int64(1))
		for i := range left {
			one := q.ordered("=", left[i], right[i])
			if one == nil {
				result = nil
			} else if !holds(one) {
				result = int64(0)
				break
			}
		}
		if e.op == "<>" && result != nil {
			return truth(!holds(result))
		}
		return result
	}
	left, right := q.eval(a, at), q.eval(b, at)
	// A text that is compared with a column of numbers is made a number before, without a word.
	if !(a.op == "literal" && b.op == "column" || b.op == "literal" && a.op == "column") && isText(left) != isText(right) && left != nil && right != nil {
		q.judge(left, "DECIMAL")
		q.judge(right, "DECIMAL")
	}
	return q.ordered(e.op, left, right)
}

func (q *run) ordered(op string, a, b any) any {
	if op == "<=>" {
		if a == nil || b == nil {
			return truth(a == nil && b == nil)
		}
		op = "="
	}
	if a == nil || b == nil {
		return nil
	}
	n := order(a, b)
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
}

func (q *run) bitwise(e *expr, at *frame) any {
	values := q.row(&expr{args: e.args}, at)
	for _, v := range values {
		if v == nil {
			return nil
		}
	}
	bits := func(v any) uint64 {
		if n, ok := v.(uint64); ok {
			return n
		}
		if b, ok := v.(raw); ok && len(b) <= 8 {
			n := uint64(0)
			for i := range len(b) {
				n = n<<8 | uint64(b[i])
			}
			return n
		}
		return uint64(integer(v))
	}
	n := bits(values[0])
	if e.op == "~" {
		return unsigned(^n)
	}
	m := bits(values[1])
	switch e.op {
	case "|":
		n |= m
	case "&":
		n &= m
	case "^":
		n ^= m
	case "<<":
		n <<= m
	case ">>":
		n >>= m
	}
	return unsigned(n)
}

func unsigned(n uint64) any {
	if n < 1<<63 {
		return int64(n)
	}
	return n
}

func (q *run) alike(e *expr, at *frame) any {
	v, pattern := q.eval(e.args[0], at), q.eval(e.args[1], at)
	if v == nil || pattern == nil {
		return nil
	}
	if e.op == "regexp" {
		return truth(q.matcher(text(pattern), text(v)).MatchString(text(v)) != e.not)
	}
	p := text(pattern)
	if len(e.args) > 2 { // another sign than the backslash
		if sign := text(q.eval(e.args[2], at)); len(sign) == 1 && sign != `\` {
			p = strings.ReplaceAll(strings.ReplaceAll(p, `\`, `\\`), sign, `\`)
		}
	}
	alike, compared := tinysql.Compare(p, text(v))
	q.spend(compared / 16)
	return truth(alike != e.not)
}

func (q *run) in(e *expr, at *frame) any {
	null := false
	if e.args[0].op == "row" {
		left := q.row(e.args[0], at)
		for _, a := range e.args[1:] {
			if right := q.row(a, at); !slices.Contains(left, nil) && !slices.Contains(right, nil) && q.rowKey(left) == q.rowKey(right) {
				return truth(!e.not)
			}
		}
		return truth(e.not)
	}
	v := q.eval(e.args[0], at)
	if v == nil {
		return nil
	}
	for _, a := range e.args[1:] {
		w := q.eval(a, at)
		q.weigh(v)
		if w == nil {
			null = true
		} else if order(v, w) == 0 {
			return truth(!e.not)
		}
	}
	if null {
		return nil
	}
	return truth(e.not)
}

// answer are the rows of a query in an expression.
func (q *run) answer(e *expr, at *frame) [][]any {
	if e.once != nil {
		return e.once.rows
	}
	if !e.sub.dependent {
		e.once = q.execute(e.sub, at)
		return e.once.rows
	}
	cells := q.cells
	r := q.execute(e.sub, at)
	q.cells = cells // which are not kept
	return r.rows
}

func (q *run) nested(e *expr, at *frame) any {
	var left []any
	if e.op == "in query" {
		if e.args[0].op == "row" {
			left = q.row(e.args[0], at)
		} else {
			left = []any{q.eval(e.args[0], at)}
		}
	}
	rows := q.answer(e, at)
	switch e.op {
	case "exists":
		return truth(len(rows) > 0)
	case "query":
		if len(rows) > 1 {
			panic(&wrong{code: 1242, state: "21000", message: "Subquery returns more than 1 row"})
		}
		if len(rows) == 0 {
			return nil
		}
		return rows[0][0]
	}
	if len(rows) == 0 {
		return truth(e.not)
	}
	if slices.Contains(left, nil) {
		return nil
	}
	null := false
	for _, row := range rows {
		q.step()
		same := true
		for i, v := range row {
			q.weigh(left[i], v)
			if v == nil {
				null, same = true, false
			} else if order(left[i], v) != 0 {
				same = false
			}
		}
		if same {
			return truth(!e.not)
		}
	}
	if null {
		return nil
	}
	return truth(e.not)
}

// quantified is a comparison with ANY or ALL of a query's rows.
func (q *run) quantified(e *expr, at *frame) any {
	v := q.eval(e.args[0], at)
	all := e.distinct
	null := false
	for _, row := range q.answer(e.args[1], at) {
		q.step()
		q.weigh(v, row[0])
		one := q.ordered(e.text, v, row[0])
		if one == nil {
			null = true
		} else if holds(one) != all {
			return truth(!all)
		}
	}
	if null {
		return nil
	}
	return truth(all)
}

func (q *run) cases(e *expr, at *frame) any {
	args := e.args
	var of any
	if e.op == "case of" {
		of = q.eval(args[0], at)
		args = args[1:]
	}
	for len(args) >= 2 {
		v := q.eval(args[0], at)
		q.weigh(of)
		met := v != nil && holds(v)
		if e.op == "case of" {
			met = of != nil && v != nil && order(of, v) == 0
		}
		if met {
			return q.as(e.typ, q.eval(args[1], at))
		}
		args = args[2:]
	}
	if e.not {
		return q.as(e.typ, q.eval(args[0], at))
	}
	return nil
}

// as is a value as one of the type.
func (q *run) as(t typ, v any) any {
	switch {
	case v == nil:
		return nil
	case t.isText() && !isText(v):
		return text(v)
	case t.kind == typeNewdecimal && !isText(v):
		if d := asDecimal(v); d.scale < int(t.decimals) {
			return d.scaled(int(t.decimals))
		}
	}
	return v
}

// cast is a value as CAST makes it.
func (q *run) cast(name string, v any) any {
	if v == nil {
		return nil
	}
	kind, rest, sized := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	switch kind {
	case "signed", "integer", "int":
		q.judge(v, "INTEGER")
		if n, ok := v.(uint64); ok {
			return int64(n)
		}
		if isText(v) {
			v = strings.SplitN(leading(text(v)), ".", 2)[0]
		}
		return integer(v)
	case "unsigned":
		q.judge(v, "INTEGER")
		if n, ok := v.(uint64); ok {
			return n
		}
		if isText(v) {
			v = strings.SplitN(leading(text(v)), ".", 2)[0]
		}
		return unsigned(uint64(integer(v)))
	case "decimal", "dec":
		q.judge(v, "DECIMAL")
		scale := 0
		if _, s, ok := strings.Cut(rest, ","); ok {
			scale = int(min(max(integer(strings.TrimSpace(s)), 0), maxScale))
		}
		return asDecimal(v).scaled(scale)
	case "double", "float", "real":
		return number(v)
	case "date":
		if t, ok := moment(text(v)); ok {
			return t.Format(time.DateOnly)
		}
		q.warn("Warning", 1292, "Incorrect datetime value: '"+clip(text(v), 128)+"'")
		return nil
	case "datetime":
		if t, ok := moment(text(v)); ok {
			return t.Format(time.DateTime)
		}
		q.warn("Warning", 1292, "Incorrect datetime value: '"+clip(text(v), 128)+"'")
		return nil
	case "time":
		s := text(v)
		if _, clock, ok := strings.Cut(s, " "); ok {
			s = clock
		}
		return s
	}
	s := text(v)
	if sized {
		if n := int(integer(rest)); n >= 0 && n < len(s) {
			s = s[:n]
		}
	}
	if kind == "binary" {
		return raw(s)
	}
	return s
}

// call works a function out.
func (q *run) call(e *expr, at *frame) any {
	f := e.function
	switch e.text { // those that don't look at all of their arguments
	case "if":
		if v := q.eval(e.args[0], at); v != nil && holds(v) {
			return q.as(e.typ, q.eval(e.args[1], at))
		}
		return q.as(e.typ, q.eval(e.args[2], at))
	case "ifnull", "coalesce", "nvl":
		for _, a := range e.args {
			if v := q.eval(a, at); v != nil {
				return q.as(e.typ, v)
			}
		}
		return nil
	case "benchmark":
		q.c.benchmark(q, e, at)
		return int64(0)
	case "rand":
		if len(e.args) > 0 {
			if e.random == nil {
				e.random = newSeeded(uint32(integer(q.eval(e.args[0], at))))
			}
			return e.random.next()
		}
	case "charset", "collation", "coercibility":
		charset, collation := q.c.charset.name, q.c.charset.collation
		if !e.args[0].typ.isText() || e.args[0].typ.bytes {
			charset, collation = "binary", "binary"
		}
		return map[string]any{"charset": charset, "collation": collation, "coercibility": int64(4)}[e.text]
	}
	args := make([]any, len(e.args))
	for i, a := range e.args {
		if args[i] = q.eval(a, at); args[i] == nil && !f.nulls {
			return nil
		}
	}
	longest := 0
	for _, a := range args {
		switch s := a.(type) {
		case string:
			longest = max(longest, len(s))
		case raw:
			longest = max(longest, len(s))
		}
	}
	q.spend(longest / 16 * len(args)) // some look through one for each of the others
	v := f.eval(q, args)
	switch s := v.(type) {
	case string:
		if v = q.fit(e.text, s); v != nil && e.typ.bytes {
			v = raw(s)
		}
	case raw:
		if q.fit(e.text, string(s)) == nil {
			return nil
		}
	}
	return v
}

// maxText bounds what one function makes.
const maxText = 256 << 10

// fit is the text, or NULL where it is longer than a packet may be.
func (q *run) fit(f, s string) any {
	q.spend(len(s) / 16)
	if len(s) > maxText {
		q.warn("Warning", 1301, "Result of "+f+"() was larger than max_allowed_packet (16777216) - truncated")
		return nil
	}
	q.grow(len(s))
	return s
}
