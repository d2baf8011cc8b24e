package awk

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// value is a number or a text; what comes from the input is both, if it looks like a number.
type value struct {
	s   string
	n   float64
	num bool // n counts
	str bool // s counts
}

func num(n float64) value { return value{n: n, num: true} }

func str(s string) value { return value{s: s, str: true} }

// fromInput is a value that came from outside.
func fromInput(s string) value {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return value{s: s, n: n, num: err == nil && !strings.ContainsAny(s, "xXpPnN_"), str: true}
}

func (v value) text() string {
	switch {
	case v.str:
		return v.s
	case !v.num:
		return ""
	case v.n == math.Trunc(v.n) && math.Abs(v.n) < 1e16:
		return strconv.FormatInt(int64(v.n), 10)
	}
	return strconv.FormatFloat(v.n, 'g', 6, 64)
}

var leading = regexp.MustCompile(`^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`)

func (v value) number() float64 {
	if v.num || !v.str {
		return v.n
	}
	n, _ := strconv.ParseFloat(strings.TrimSpace(leading.FindString(v.s)), 64)
	return n
}

func (v value) truth() bool {
	if v.num {
		return v.n != 0
	}
	return v.s != ""
}

func truth(b bool) value { return num(float64(ordinal(b))) }

// ordinal is 1 for what holds.
func ordinal(b bool) int {
	if b {
		return 1
	}
	return 0
}
