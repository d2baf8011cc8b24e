package sed

import (
	"testing"
	"time"

	"decnet/internal/spent"
)

// FuzzRun looks for scripts that make sed panic or go on for ever.
func FuzzRun(f *testing.F) {
	for _, script := range []string{`:a;N;$!ba;s/\n/ /g`, `/x/,+2{G;h;D}`, `2~3!d;$!s/\(.\)*/\u&\1/2gp`, `y/ab/ba/;1i\ x`, `0,/a/b;t x;:x;x;P;n;l;=`, `s,[],/],\,,I;5,1c\y`, `\|a|,~4{/b/!{p}};q5`} {
		f.Add(script, "a\nb\nxab\n\nc", true)
	}
	f.Fuzz(func(t *testing.T, script, text string, extended bool) {
		if len(script) > 2000 || len(text) > 2000 {
			return
		}
		s, err := Parse(script, extended)
		if err != nil {
			return
		}
		var out string
		took := spent.CPU(t, func() { out, _ = s.Run(text, extended, func() bool { return true }) })
		if took > 5*time.Second || len(out) > maxOutput+4*maxText {
			t.Errorf("%q: %v, %d bytes", script, took, len(out))
		}
	})
}
