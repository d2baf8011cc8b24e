package tinysql

import (
	"slices"
	"strings"
)

// condition is what a WHERE wants of a row: a comparison, or some of those together.
type condition struct {
	op     string // and, or, not; is null; or the comparison's
	of     []condition
	left   operand
	values []Item // literals, or calls without arguments
}

// operand is a column, or a literal where the name is "".
type operand struct{ column, literal string }

// either reads conditions with OR between them.
func (p *parser) either() (condition, error) { return p.several("or", p.all) }

// all reads conditions with AND between them, which binds closer.
func (p *parser) all() (condition, error) { return p.several("and", p.condition) }

func (p *parser) several(word string, one func() (condition, error)) (condition, error) {
	together := condition{op: word}
	for {
		c, err := one()
		if err != nil {
			return condition{}, err
		}
		if together.of = append(together.of, c); !p.take(word) {
			return together, nil
		}
	}
}

// negated puts NOT before a condition where it is wanted.
func negated(not bool, c condition) condition {
	if not {
		return condition{op: "not", of: []condition{c}}
	}
	return c
}

// condition reads one.
func (p *parser) condition() (condition, error) {
	if p.take("not") {
		c, err := p.condition()
		return negated(true, c), err
	}
	if p.take("(") {
		c, err := p.either()
		if err == nil && !p.take(")") {
			err = p.unexpected()
		}
		return c, err
	}
	left, err := p.operand()
	if err != nil {
		return condition{}, err
	}
	c := condition{op: "true", left: left}
	if p.take("is") {
		not := p.take("not")
		if c.op = "is null"; !p.take("null") {
			return condition{}, p.unexpected()
		}
		return negated(not, c), nil
	}
	not := p.take("not")
	switch t := p.peek(); {
	case t.Is("="), t.Is("<>"), t.Is("!="), t.Is("<"), t.Is(">"), t.Is("<="), t.Is(">="):
		if not {
			return condition{}, p.unexpected()
		}
		fallthrough
	case t.Is("like"), t.Is("ilike"):
		c.op = strings.ToLower(t.Text)
		p.at++
		c.values, err = p.values(1, "")
	case p.take("between"):
		c.op = "between"
		c.values, err = p.values(2, "and")
	case p.take("in", "("):
		c.op = "in"
		if c.values, err = p.values(maxTokens, ","); err == nil && !p.take(")") {
			err = p.unexpected()
		}
	case not:
		err = p.unexpected()
	}
	return negated(not, c), err
}

// operand reads a column's name or a literal.
func (p *parser) operand() (operand, error) {
	if t := p.peek(); t.Kind == Number || t.Kind == String {
		p.at++
		return operand{literal: t.Text}, nil
	}
	name, err := p.name()
	if err != nil {
		return operand{}, err
	}
	return operand{column: name[len(name)-1]}, nil
}

// values reads up to n values with the separator between them.
func (p *parser) values(n int, separator string) ([]Item, error) {
	var all []Item
	for {
		from := p.at
		switch t := p.peek(); {
		case t.Kind == Number || t.Kind == String:
			p.at++
		case t.Kind == Word && !isClause(t):
			if p.at++; !p.take("(", ")") {
				p.at = from
				return nil, p.unexpected()
			}
		default:
			return nil, p.unexpected()
		}
		tokens := p.tokens[from:p.at]
		all = append(all, Item{Tokens: tokens, Text: p.query[tokens[0].From:tokens[len(tokens)-1].To]})
		if len(all) == n || !p.take(separator) {
			return all, nil
		}
	}
}

// over returns the condition as a function of the rows of the result. It fails where the result doesn't have a column, or a value can't be evaluated.
func (c condition) over(r *Result, evaluate func(Item) (any, error)) (func(row []any) bool, error) {
	parts := make([]func([]any) bool, len(c.of))
	for i, part := range c.of {
		var err error
		if parts[i], err = part.over(r, evaluate); err != nil {
			return nil, err
		}
	}
	switch c.op {
	case "and":
		return func(row []any) bool {
			return !slices.ContainsFunc(parts, func(holds func([]any) bool) bool { return !holds(row) })
		}, nil
	case "or":
		return func(row []any) bool {
			return slices.ContainsFunc(parts, func(holds func([]any) bool) bool { return holds(row) })
		}, nil
	case "not":
		return func(row []any) bool { return !parts[0](row) }, nil
	}
	value := func([]any) any { return c.left.literal }
	if c.left.column != "" {
		at := r.index(c.left.column)
		if at < 0 {
			return nil, UnknownColumn(c.left.column)
		}
		value = func(row []any) any { return row[at] }
	}
	wanted := make([]string, len(c.values))
	for i, item := range c.values {
		v, ok := item.Literal()
		if !ok {
			var err error
			if v, err = evaluate(item); err != nil {
				return nil, err
			}
		}
		if wanted[i], ok = v.(string); !ok { // nothing compares with NULL
			return func([]any) bool { return false }, nil
		}
	}
	return func(row []any) bool {
		text, ok := value(row).(string)
		if c.op == "is null" {
			return !ok
		}
		return ok && holds(c.op, text, wanted)
	}, nil
}

// holds tells whether the comparison of the value with those wanted is true.
func holds(op, v string, wanted []string) bool {
	switch op {
	case "true":
		return compare(v, "0") != 0
	case "in":
		return slices.ContainsFunc(wanted, func(w string) bool { return compare(v, w) == 0 })
	case "between":
		return len(wanted) == 2 && compare(v, wanted[0]) >= 0 && compare(v, wanted[1]) <= 0
	case "like", "ilike":
		return Like(wanted[0], v)
	}
	n := compare(v, wanted[0])
	switch op {
	case "=":
		return n == 0
	case "<":
		return n < 0
	case ">":
		return n > 0
	case "<=":
		return n <= 0
	case ">=":
		return n >= 0
	}
	return n != 0
}
