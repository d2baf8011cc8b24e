package awk

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

var verbs = regexp.MustCompile(`%[-+ 0#]*(\*|\d*)(\.\d*)?[a-zA-Z%]`)

// tooWide finds a width or precision that would make a format write without measure.
var tooWide = regexp.MustCompile(`%[^a-zA-Z%]*([0-9]{4}|\*)`)

// format is sprintf.
func (r *run) format(kids []*node) string {
	format, args := r.eval(kids[0]).text(), kids[1:]
	taken := len(format)
	take := func() value {
		if len(args) == 0 {
			return value{}
		}
		v := r.eval(args[0])
		args = args[1:]
		if taken += len(v.s); taken > maxText {
			r.die()
			return value{}
		}
		return v
	}
	return r.bounded(verbs.ReplaceAllStringFunc(format, func(verb string) string {
		if before, after, wide := strings.Cut(verb, "*"); wide {
			verb = before + strconv.Itoa(int(take().number())) + after
		}
		if len(verb) > 10 || tooWide.MatchString(verb) {
			return ""
		}
		flags, last := verb[:len(verb)-1], verb[len(verb)-1]
		switch last {
		case '%':
			return "%"
		case 'd', 'i':
			return fmt.Sprintf(flags+"d", int64(take().number()))
		case 'o', 'x', 'X':
			return fmt.Sprintf(verb, int64(take().number()))
		case 'u':
			return fmt.Sprintf(flags+"d", uint64(int64(take().number())))
		case 'f', 'F', 'e', 'E', 'g', 'G':
			return fmt.Sprintf(verb, take().number())
		case 'c':
			v := take()
			if v.num && !v.str {
				return fmt.Sprintf(flags+"s", string(rune(int(v.n))))
			}
			return fmt.Sprintf(flags+"s", v.text()[:min(1, len(v.text()))])
		}
		return fmt.Sprintf(flags+"s", take().text())
	}))
}

// builtin are the functions of the language.
var builtin = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq("length substr index split sub gsub match tolower toupper sprintf int sqrt exp log sin cos atan2 rand srand systime system close fflush") {
		builtin[name] = true
	}
}

func (r *run) call(n *node) value {
	arg := func(i int) value {
		if i < len(n.kids) {
			return r.eval(n.kids[i])
		}
		return value{}
	}
	line := func(i int) string { // that argument, or the line
		if i < len(n.kids) {
			return arg(i).text()
		}
		return r.field(0).text()
	}
	switch n.text {
	case "length":
		if len(n.kids) == 1 && n.kids[0].kind == "var" && r.arrays[r.array(n.kids[0].text)] != nil {
			return num(float64(len(r.arrays[r.array(n.kids[0].text)])))
		}
		return num(float64(len(line(0))))
	case "substr":
		s, from := arg(0).text(), int(math.Round(arg(1).number()))
		to := len(s) + 1
		if len(n.kids) > 2 {
			to = from + int(math.Round(min(max(arg(2).number(), 0), maxText)))
		}
		from, to = min(max(from, 1), len(s)+1), min(max(to, 1), len(s)+1)
		return str(s[from-1 : max(from, to)-1])
	case "index":
		return num(float64(strings.Index(arg(0).text(), arg(1).text()) + 1))
	case "split":
		if len(n.kids) < 2 || n.kids[1].kind != "var" {
			return num(0)
		}
		separator := r.get("FS").text()
		if len(n.kids) > 2 {
			if separator = n.kids[2].text; n.kids[2].kind != "regexp" {
				separator = arg(2).text()
			}
		}
		parts := r.cut(arg(0).text(), separator)
		r.empty(n.kids[1].text)
		for i, part := range parts {
			if !r.spend() {
				break
			}
			r.store(n.kids[1].text, strconv.Itoa(i+1), fromInput(part))
		}
		return num(float64(len(parts)))
	case "sub", "gsub":
		return r.substitute(n)
	case "match":
		if len(n.kids) < 2 {
			return num(0)
		}
		rx := r.matcher(n.kids[1])
		at := rx.FindStringIndex(r.searchable(rx, arg(0).text()))
		if at == nil {
			at = []int{-1, -2}
		}
		r.vars["RSTART"], r.vars["RLENGTH"] = num(float64(at[0]+1)), num(float64(at[1]-at[0]))
		return r.vars["RSTART"]
	case "tolower":
		return str(r.bounded(strings.ToLower(arg(0).text())))
	case "toupper":
		return str(r.bounded(strings.ToUpper(arg(0).text())))
	case "sprintf":
		if len(n.kids) == 0 {
			return str("")
		}
		return str(r.format(n.kids))
	case "int":
		return num(math.Trunc(arg(0).number()))
	case "sqrt":
		return num(math.Sqrt(arg(0).number()))
	case "exp":
		return num(math.Exp(arg(0).number()))
	case "log":
		return num(math.Log(arg(0).number()))
	case "sin":
		return num(math.Sin(arg(0).number()))
	case "cos":
		return num(math.Cos(arg(0).number()))
	case "rand":
		return num(r.Rand.Float64())
	case "srand":
		before := r.seed
		if r.seed = float64(r.Now().Unix()); len(n.kids) > 0 {
			r.seed = arg(0).number()
		}
		r.Rand = rand.New(rand.NewPCG(math.Float64bits(r.seed), 0))
		return num(before)
	case "systime":
		return num(float64(r.Now().Unix()))
	case "system":
		r.flush()
		return num(float64(r.command(arg(0).text(), nil, r.Out)))
	case "close":
		return num(float64(r.close(arg(0).text())))
	case "fflush":
		return num(0)
	case "atan2":
		return num(math.Atan2(arg(0).number(), arg(1).number()))
	}
	return value{}
}

// substitute is sub and gsub.
func (r *run) substitute(n *node) value {
	if len(n.kids) < 2 {
		return num(0)
	}
	target := &node{kind: "$", kids: []*node{{kind: "n"}}}
	if len(n.kids) > 2 {
		target = n.kids[2]
	}
	text, with, most := r.eval(target).text(), r.eval(n.kids[1]).text(), 1
	if n.text == "gsub" {
		most = -1
	}
	rx := r.matcher(n.kids[0])
	found := rx.FindAllStringIndex(r.searchable(rx, text), most)
	if len(found) == 0 {
		return num(0)
	}
	if len(found)*len(with) > maxText {
		r.die()
		return num(0)
	}
	var out strings.Builder
	at := 0
	for _, m := range found {
		out.WriteString(text[at:m[0]])
		for i := 0; i < len(with); i++ {
			switch {
			case with[i] == '\\' && i+1 < len(with) && (with[i+1] == '&' || with[i+1] == '\\'):
				i++
				out.WriteByte(with[i])
			case with[i] == '&' && out.Len() < maxText:
				out.WriteString(text[m[0]:m[1]])
			default:
				out.WriteByte(with[i])
			}
		}
		at = m[1]
	}
	out.WriteString(text[at:])
	r.assign(target, str(r.bounded(out.String())))
	return num(float64(len(found)))
}
