package sed

import "testing"

// TestRun compares with what GNU sed 4.9 makes of the same.
func TestRun(t *testing.T) {
	for _, c := range []struct{ script, text, want string }{
		{`s/o/[&]/2;s/\(l\)\(l\)/\2-\1/`, "hello foo\n", "hel-lo f[o]o\n"},
		{`N;s/\n/,/`, "a\nb\nc\n", "a,b\nc\n"},
		{`:a;N;$!ba;s/\n/ /g`, "a\nb\nc\n", "a b c\n"},
		{`G;h;$!d`, "1\n2\n3\n", "3\n2\n1\n\n"},
		{`1!G;h;$!d`, "1\n2\n3\n", "3\n2\n1\n"},
		{`/b/,/d/{s/^/>/;/c/!s/$/</}`, "a\nb\nc\nd\ne\n", "a\n>b<\n>c\n>d<\ne\n"},
		{`2,+1d;$a end`, "1\n2\n3\n4\n", "1\n4\nend\n"},
		{`0~2d;1i\  top`, "1\n2\n3\n", "top\n1\n3\n"},
		{`s|a/b|x|;s,\,,;,`, "a/b,c\n", "x;c\n"},
		{`s/[/]x/y/;s/\bw\w*/\U&/g;y/abc/xyz/`, "a/x word cab\n", "xy WORD zxy\n"},
		{`/^$/d;s/#.*//;2q`, "a # b\nb\nc\n", "a \nb\n"},
		{`$!{h;d};x;G`, "a\nb", "a\nb"},
		{`s/a*/x/g`, "baac\n", "xbxcx\n"},
		{`n;d`, "1\n2\n3\n", "1\n3\n"},
		{`/x/c\new`, "a\nx\nb\n", "a\nnew\nb\n"},
	} {
		s, err := Parse(c.script, false)
		if err != nil {
			t.Errorf("%s: %v", c.script, err)
			continue
		}
		if got, _ := s.Run(c.text, false, func() bool { return true }); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.script, got, c.want)
		}
	}
	for script, want := range map[string]string{
		"s/a/b": "char 5: unterminated `s' command", "k": "char 1: unknown command: `k'", "s/a/b/k": "char 7: unknown option to `s'", "p x": "char 3: extra characters after command",
		"{p": "char 0: unmatched `{'", "}": "char 1: unexpected `}'", "y/a/bc/": "char 7: strings for `y' command are different lengths", "3": "char 1: missing command",
	} {
		if _, err := Parse(script, false); err == nil || err.Error() != "-e expression #1, "+want {
			t.Errorf("%s: %v", script, err)
		}
	}
}
