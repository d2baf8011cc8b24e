package show

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain ü 漢 🙂":             "plain ü 漢 🙂",
		"\x1b[2J\x1b]0;owned\x07": `\x1b[2J\x1b]0;owned\x07`,
		"a\nb\r\tc":               `a\nb\r\tc`,
		"\u009b31m":               `\u009b31m`, // C1: an escape sequence in one character
		"user\u202egnp.exe":       `user\u202egnp.exe`,
		"zero\u200bwidth\ufeff":   `zero\u200bwidth\ufeff`,
		"line\u2028sep":           `line\u2028sep`,
		"\xff\xfe":                `\xff\xfe`,
		"\U000e0041tag":           `\U000e0041tag`,
		"del\x7f":                 `del\x7f`,
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %s, want %s", in, got, want)
		}
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("\x1b[31m\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Safe(s) {
			if !unicode.IsPrint(r) {
				t.Fatalf("Safe(%q) has %U", s, r)
			}
		}
	})
}

func TestJSONIsOneSafeLine(t *testing.T) {
	in := map[string]string{"secret": "a\nb\u009b\u202e\U000e0041<é>\x1b"}
	var b bytes.Buffer
	if err := JSON(&b, in); err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSuffix(b.String(), "\n")
	if Safe(line) != line {
		t.Errorf("the line gives orders: %q", line)
	}
	var back map[string]string
	if err := json.Unmarshal([]byte(line), &back); err != nil || back["secret"] != in["secret"] {
		t.Errorf("it reads back as %q, %v", back, err)
	}
}

func TestTable(t *testing.T) {
	table := NewTable(true, "NAME", "STATE", "WHAT")
	table.Row("web-01", Cell{"RUNNING", Green}, "ü")
	table.Row("a-longer-name", Cell{"OFF", Red}, "\x1b[2J")
	var b strings.Builder
	if err := table.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1mNAME\x1b[0m           \x1b[1mSTATE\x1b[0m    \x1b[1mWHAT\x1b[0m\n" +
		"web-01         \x1b[32mRUNNING\x1b[0m  ü\n" +
		"a-longer-name  \x1b[31mOFF\x1b[0m      \\x1b[2J\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}

	table.Color = false
	b.Reset()
	if err := table.Write(&b); err != nil || strings.Contains(b.String(), "\x1b") {
		t.Errorf("without colors: %q, %v", b.String(), err)
	}
}
