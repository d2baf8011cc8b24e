package awk

import (
	"fmt"
	"slices"
)

func (r *run) print(text string) {
	r.say(text + r.vars["ORS"].text())
}

func (r *run) exec(n *node) {
	if n == nil || !r.spend() {
		return
	}
	switch n.kind {
	case "block":
		for _, kid := range n.kids {
			if r.exec(kid); r.flow != "" {
				return
			}
		}
	case "do":
		r.eval(n.kids[0])
	case "if":
		if r.eval(n.kids[0]).truth() {
			r.exec(n.kids[1])
		} else if len(n.kids) > 2 {
			r.exec(n.kids[2])
		}
	case "while":
		r.loop(n.kids[0], nil, n.kids[1])
	case "for":
		if n.kids[0] != nil {
			r.eval(n.kids[0])
		}
		r.loop(n.kids[1], n.kids[2], n.kids[3])
	case "each":
		array := r.array(n.kids[0].text)
		for _, key := range slices.Clone(r.order[array]) {
			if _, there := r.arrays[array][key]; !there {
				continue
			}
			r.set(n.text, fromInput(key))
			if r.exec(n.kids[1]); r.ended() {
				return
			}
		}
	case "delete":
		if len(n.kids) == 0 {
			r.empty(n.text)
			return
		}
		key, array := r.key(n.kids), r.array(n.text)
		if _, there := r.arrays[array][key]; there {
			delete(r.arrays[array], key)
			if i := slices.Index(r.order[array], key); i >= 0 {
				r.order[array] = slices.Delete(r.order[array], i, i+1)
			}
		}
	case "exit":
		if len(n.kids) > 0 {
			r.status = int(r.eval(n.kids[0]).number()) & 255
		}
		r.flow = "exit"
	case "until":
		for first := true; r.spend() && (first || r.eval(n.kids[1]).truth()); first = false {
			if r.exec(n.kids[0]); r.ended() {
				return
			}
		}
	case "return":
		if len(n.kids) > 0 {
			r.result = r.eval(n.kids[0])
		}
		r.flow = "return"
	case "next", "nextfile", "break", "continue":
		r.flow = n.kind
	case "print", "printf":
		r.output(n)
	}
}

func (r *run) loop(condition, next, body *node) {
	for r.spend() && (condition == nil || r.eval(condition).truth()) {
		if r.exec(body); r.ended() {
			return
		}
		if next != nil {
			r.eval(next)
		}
	}
}

// ended tells whether a loop is over after a round.
func (r *run) ended() bool {
	switch r.flow {
	case "break":
		r.flow = ""
		return true
	case "continue":
		r.flow = ""
	}
	return r.flow != ""
}

func (r *run) output(n *node) {
	kids, to := n.kids, ""
	if n.text != "" {
		to = r.eval(kids[len(kids)-1]).text()
		kids = kids[:len(kids)-1]
	}
	text := ""
	if n.kind == "printf" {
		if len(kids) > 0 {
			text = r.format(kids)
		}
	} else {
		words := make([]string, len(kids))
		for i, kid := range kids {
			words[i] = r.eval(kid).text()
		}
		if text = r.glue(words, r.vars["OFS"].text()); len(kids) == 0 {
			text = r.field(0).text()
		}
		text += r.vars["ORS"].text()
	}
	switch {
	case n.text == "|":
		r.pipeTo(to, text)
	case to == "" || to == "/dev/stdout" || to == "-":
		r.say(text)
	case to == "/dev/stderr":
		fmt.Fprint(r.Err, text)
	default:
		f := r.files[to]
		if f == nil && len(r.files) < maxOpen {
			w, finish, err := r.Write(to, n.text == ">>" || r.begun[to])
			if err != nil {
				r.status, r.flow = 2, "exit"
				r.fail(2, "cannot open \"%s\" for output", to)
				return
			}
			f = &output{w, finish}
			r.files[to] = f
		}
		if f == nil {
			r.die()
			return
		}
		fmt.Fprint(f.w, text)
	}
}
