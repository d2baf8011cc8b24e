package notation

import (
	"strings"
	"testing"
)

func TestExpressionsAreMeasuredBeforeTheyAreMade(t *testing.T) {
	for _, expr := range []string{
		"(" + strings.Repeat("a", 3000) + "){1000}", strings.Repeat("()", 60), strings.Repeat("a", 9000), "((a{1,30}){1,30}b){2}" + strings.Repeat("(x{900})", 3),
	} {
		if _, err := Compile(expr); err == nil {
			t.Errorf("%.40s is taken", expr)
		}
	}
	for _, expr := range []string{
		`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`, `(?i)^[\p{L}_][\w-]{0,200}@`, strings.Repeat("word|", 300) + "x", `(a)(b)(c)(d)(e)(f)(g)(h)(i)\n`, "[[:alpha:]]{100}",
	} {
		if rx, err := Compile(expr); err != nil || rx == nil {
			t.Errorf("%.40s: %v", expr, err)
		}
	}
}
