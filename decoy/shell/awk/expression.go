package awk

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

func (r *run) field(i int) value {
	if i < 0 || i >= len(r.fields) {
		return value{str: true}
	}
	return fromInput(r.fields[i])
}

func (r *run) key(kids []*node) string {
	words := make([]string, len(kids))
	for i, kid := range kids {
		words[i] = r.eval(kid).text()
	}
	return r.glue(words, r.vars["SUBSEP"].text())
}

// slot is a parameter of a function of the program's own: a value, or the array that it stands for.
type slot struct {
	v     value
	array string
}

// get returns a variable: one of the function's that runs, or the program's.
func (r *run) get(name string) value {
	if own := r.frame[name]; own != nil {
		return own.v
	}
	return r.vars[name]
}

func (r *run) set(name string, v value) {
	r.memory += max(0, len(v.s)-len(r.get(name).s))
	if own := r.frame[name]; own != nil {
		own.v = v
		return
	}
	r.vars[name] = v
}

// array is the name under which an array is kept.
func (r *run) array(name string) string {
	if own := r.frame[name]; own != nil {
		return own.array
	}
	return name
}

// empty takes all out of an array.
func (r *run) empty(name string) {
	delete(r.arrays, r.array(name))
	delete(r.order, r.array(name))
}

// own calls a function of the program's own.
func (r *run) own(n *node) value {
	f := r.functions[n.text]
	if r.calls >= maxCalls || len(n.kids) > len(f.params) {
		r.die()
		return value{}
	}
	frame := map[string]*slot{}
	var made []string
	for i, param := range f.params {
		s := &slot{}
		if i < len(n.kids) {
			s.v = r.eval(n.kids[i])
		}
		if i < len(n.kids) && n.kids[i].kind == "var" {
			s.array = r.array(n.kids[i].text)
		} else {
			r.locals++
			s.array = fmt.Sprintf("%s %d", param, r.locals)
			made = append(made, s.array)
		}
		frame[param] = s
	}
	outer := r.frame
	cost := 200 * len(frame)
	for _, s := range frame {
		cost += len(s.v.s)
	}
	r.frame = frame
	r.calls++
	r.memory += cost
	r.exec(f.do)
	r.memory -= cost
	r.calls--
	r.frame = outer
	for _, name := range made {
		delete(r.arrays, name)
		delete(r.order, name)
	}
	if r.flow == "return" {
		r.flow = ""
	}
	v := r.result
	r.result = value{}
	return v
}

// element returns one of an array, which is there from then on.
func (r *run) element(array, key string) value {
	v, there := r.arrays[r.array(array)][key]
	if !there {
		r.store(array, key, value{})
	}
	return v
}

func (r *run) store(array, key string, v value) {
	array = r.array(array)
	a := r.arrays[array]
	if a == nil {
		a = map[string]value{}
		r.arrays[array] = a
	}
	old, there := a[key]
	if !there {
		r.memory += len(key) + 100
		r.order[array] = append(r.order[array], key)
	}
	r.memory += max(0, len(v.s)-len(old.s))
	a[key] = v
}

func (r *run) assign(to *node, v value) {
	switch to.kind {
	case "var":
		r.set(to.text, v)
		if n := int(v.number()); to.text == "NF" && n >= 0 && n < 1000 {
			for len(r.fields) <= n {
				r.fields = append(r.fields, "")
			}
			r.fields = r.fields[:n+1]
			r.join()
		}
	case "index":
		r.store(to.text, r.key(to.kids), v)
	case "$":
		i := int(r.eval(to.kids[0]).number())
		switch {
		case i < 0 || i > 1000:
			r.die()
		case i == 0:
			r.split(v.text())
		default:
			for len(r.fields) <= i {
				r.fields = append(r.fields, "")
			}
			r.fields[i] = v.text()
			r.vars["NF"] = num(float64(len(r.fields) - 1))
			r.join()
		}
	}
}

// join makes the line of its fields.
func (r *run) join() {
	if len(r.fields) > 0 {
		r.fields[0] = r.glue(r.fields[1:], r.vars["OFS"].text())
	}
}

// matcher is the expression that a node means.
func (r *run) matcher(n *node) *regexp.Regexp {
	if n.kind == "regexp" {
		return n.rx
	}
	if rx := r.regexp(r.eval(n).text()); rx != nil {
		return rx
	}
	return regexp.MustCompile(`[^\s\S]`) // what is none matches nothing
}

func (r *run) eval(n *node) value {
	if r.depth++; r.depth > maxChain {
		r.die()
	}
	defer func() { r.depth-- }()
	if !r.spend() {
		return value{}
	}
	switch n.kind {
	case "s":
		return str(n.text)
	case "n":
		return num(n.n)
	case "regexp":
		return truth(n.rx.MatchString(r.searchable(n.rx, r.field(0).text())))
	case "var":
		return r.get(n.text)
	case "$":
		return r.field(int(r.eval(n.kids[0]).number()))
	case "index":
		if n.text == "ENVIRON" {
			if text, ok := r.Variable(r.key(n.kids)); ok {
				return fromInput(text)
			}
			return value{}
		}
		return r.element(n.text, r.key(n.kids))
	case "group":
		return r.eval(n.kids[len(n.kids)-1])
	case "call":
		return r.call(n)
	case "own":
		return r.own(n)
	case "getline":
		return r.getline(n)
	case "in":
		var key string
		if n.kids[0].kind == "group" {
			key = r.key(n.kids[0].kids)
		} else {
			key = r.eval(n.kids[0]).text()
		}
		_, there := r.arrays[r.array(n.text)][key]
		return truth(there)
	case "=":
		v := r.eval(n.kids[1])
		r.assign(n.kids[0], v)
		return v
	case "before", "behind":
		old := r.eval(n.kids[0]).number()
		changed := old + map[string]float64{"+": 1, "-": -1}[n.text]
		r.assign(n.kids[0], num(changed))
		if n.kind == "before" {
			return num(changed)
		}
		return num(old)
	case "?":
		if r.eval(n.kids[0]).truth() {
			return r.eval(n.kids[1])
		}
		return r.eval(n.kids[2])
	case "&&":
		return truth(r.eval(n.kids[0]).truth() && r.eval(n.kids[1]).truth())
	case "||":
		return truth(r.eval(n.kids[0]).truth() || r.eval(n.kids[1]).truth())
	case "~", "!~":
		rx := r.matcher(n.kids[1])
		return truth(rx.MatchString(r.searchable(rx, r.eval(n.kids[0]).text())) == (n.kind == "~"))
	case "unary":
		v := r.eval(n.kids[0])
		switch n.text {
		case "!":
			return truth(!v.truth())
		case "-":
			return num(-v.number())
		}
		return num(v.number())
	}
	a, b := r.eval(n.kids[0]), r.eval(n.kids[1])
	if n.kind == "join" {
		return str(r.bounded(a.text() + b.text()))
	}
	x, y := a.number(), b.number()
	switch n.kind {
	case "+":
		return num(x + y)
	case "-":
		return num(x - y)
	case "*":
		return num(x * y)
	case "^":
		return num(math.Pow(x, y))
	case "/", "%":
		if y == 0 {
			r.fail(2, "division by zero")
			r.flow, r.status = "exit", 2
			return value{}
		}
		if n.kind == "/" {
			return num(x / y)
		}
		return num(math.Mod(x, y))
	}
	var order int
	empty := func(v value) bool { return !v.str && !v.num }
	switch {
	case (a.num || empty(a)) && (b.num || empty(b)):
		order = ordinal(x > y) - ordinal(x < y)
	default:
		order = strings.Compare(a.text(), b.text())
	}
	return truth(map[string]bool{"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">=": order >= 0, ">": order > 0}[n.kind])
}
