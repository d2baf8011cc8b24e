package event

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func sample(fields ...Field) Event {
	return Event{
		Time: time.Date(2026, 11, 23, 9, 14, 3, 120553000, time.UTC), Severity: Warning, Host: "web-01", Service: "ssh", Session: "3f9c",
		Type: AuthAttempt, Boot: "b00t", Seq: 7, Fields: fields, Message: "auth_attempt from 10.0.0.9",
	}
}

func TestLine(t *testing.T) {
	for _, test := range []struct {
		name  string
		field Field
		want  string
	}{
		{"plain", String("user", "root"), `user="root"`},
		{"empty", String("user", ""), `user=""`},
		{"escapes", String("cmd", `a[0] "x" \] y=z`), `cmd="a[0\] \"x\" \\\] y=z"`},
		{"text of any language", String("user", "Ünï 管理者"), `user="Ünï 管理者"`},
		{"newline", String("cmd", "a\nb"), `cmd="a\\nb" cmd_b64="YQpi"`},
		{"invalid UTF-8", String("cmd", "a\xff"), `cmd="a\\xff" cmd_b64="Yf8="`},
		{"right-to-left override", String("cmd", "a\u202eb"), `cmd="a\\u{202e}b" cmd_b64="YeKArmI="`},
		{"replacement character", String("cmd", "\ufffd"), `cmd="\\u{fffd}" cmd_b64="77+9"`},
		{"filler that shows nothing", String("cmd", "\u3164"), `cmd="\\u{3164}" cmd_b64="44Wk"`},
		{"secret", String(Secret, "hunter2"), `secret_printable="hunter2" secret_b64="aHVudGVyMg=="`},
		{"number", Int("n", -5), `n="-5"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := `<132>1 2026-11-23T09:14:03.120553Z web-01 ssh 3f9c auth_attempt [decnet@32473 boot="b00t" seq="7" ` +
				test.want + `] auth_attempt from 10.0.0.9`
			e := sample(test.field)
			got := string(Append(nil, e))
			if got != want {
				t.Errorf("line\n%s\nwant\n%s", got, want)
			}
			back, err := Parse([]byte(got))
			if err != nil || !reflect.DeepEqual(back, e) {
				t.Errorf("parsed %+v, %v", back, err)
			}
		})
	}
}

func TestLongValueTellsItsLength(t *testing.T) {
	e := sample(String("a", strings.Repeat("é", MaxValue)), Bytes("b", bytes.Repeat([]byte{0}, 3*MaxValue)), String("c", "whole"))
	line := Append(nil, e)
	if len(line) > MaxLine {
		t.Fatalf("line of %d bytes", len(line))
	}
	back, err := Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	if f := back.Fields[0]; f.Size != 2*MaxValue || !utf8.ValidString(f.Value) || len(f.Value) < 1000 {
		t.Errorf("text: %d of %d bytes", len(f.Value), f.Size)
	}
	if f := back.Fields[1]; f.Size != 3*MaxValue || len(f.Value) < 1000 {
		t.Errorf("bytes: %d of %d", len(f.Value), f.Size)
	}
	if f := back.Fields[2]; f != String("c", "whole") {
		t.Errorf("a short value beside long ones: %+v", f)
	}
}

// random makes an event of hostile bytes, all of its parts.
func random(r *rand.Rand) Event {
	text := func(most int) string {
		alphabets := [...]string{"abc_-09", "a\"\\] =[", "\x00\n\r\t\x7f\xff\xc3", "é管\u202e\ufffd\u2028\U0001F600\u0301"}
		var b strings.Builder
		for range r.IntN(most + 1) {
			runes := []byte(alphabets[r.IntN(len(alphabets))])
			b.WriteByte(runes[r.IntN(len(runes))])
			if r.IntN(4) == 0 {
				all := []rune(alphabets[3])
				b.WriteRune(all[r.IntN(len(all))])
			}
		}
		return b.String()
	}
	e := Event{
		Time: time.Unix(r.Int64N(1<<33), r.Int64N(1e9)), Severity: Severity(r.IntN(9)), Host: text(300), Service: text(60),
		Session: text(20), Type: text(40), Boot: text(80), Seq: r.Uint64(), Message: text(400),
	}
	for range r.IntN(12) {
		size := 40
		if r.IntN(10) == 0 {
			size = 3 * MaxValue
		}
		e.Fields = append(e.Fields, String(text(30), text(size)))
	}
	if r.IntN(3) == 0 {
		e.Fields = append(e.Fields, Bytes(Secret, []byte(text(30))))
	}
	return e
}

func TestParseIsTheInverse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		e := random(r)
		line := Append(nil, e)
		if len(line) > MaxLine || bytes.ContainsAny(line, "\n\r\x00\x1b") {
			t.Fatalf("line %q", line)
		}
		back, err := Parse(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		normal := e.Normalize()
		if !reflect.DeepEqual(back, normal) {
			t.Fatalf("parsed\n%+v\nwant\n%+v\nof\n%s", back, normal, line)
		}
		if again := normal.Normalize(); !reflect.DeepEqual(again, normal) {
			t.Fatalf("normalized again\n%+v\nwant\n%+v", again, normal)
		}
	}
}

func TestShortValuesAreNeverLost(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		value := make([]byte, r.IntN(1000))
		for i := range value {
			value[i] = byte(r.Uint32())
		}
		back, err := Parse(Append(nil, sample(Bytes("data", value), Bytes(Secret, value))))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range back.Fields {
			if f.Value != string(value) || f.Size != 0 {
				t.Fatalf("%s: %q, want %q", f.Name, f.Value, value)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(Append(nil, sample(String("user", "root"), Bytes("data", []byte{0}), String(Secret, "x"))))
	for name, line := range map[string]string{
		"nothing":              "",
		"text":                 "hello",
		"other priority":       strings.Replace(good, "<132>", "<13>", 1),
		"other version":        strings.Replace(good, ">1 ", ">2 ", 1),
		"time zone":            strings.Replace(good, "553Z", "553+00:00", 1),
		"no such day":          strings.Replace(good, "11-23", "11-31", 1),
		"other element":        strings.Replace(good, "decnet@32473", "relay@55555", 1),
		"no boot":              strings.Replace(good, ` boot="b00t"`, "", 1),
		"seq with a sign":      strings.Replace(good, `seq="7"`, `seq="+7"`, 1),
		"bare bracket":         strings.Replace(good, "root", "ro]ot", 1),
		"bad escape":           strings.Replace(good, "root", `ro\nt`, 1),
		"unfinished":           good[:strings.Index(good, "root")],
		"no closing bracket":   strings.Replace(good, `"] auth`, `" auth`, 1),
		"newline":              good + "\n",
		"control character":    strings.Replace(good, "root", "ro\x1bt", 1),
		"not UTF-8":            strings.Replace(good, "root", "ro\xfft", 1),
		"bad base64":           strings.Replace(good, "AA==", "A===", 1),
		"base64 of nothing":    strings.Replace(good, "data_b64", "date_b64", 1),
		"printable alone":      strings.Replace(good, ` secret_b64="eA=="`, "", 1),
		"length that is short": strings.Replace(good, `user="root"`, `user="root" user_truncated="2"`, 1),
		"too long":             good + strings.Repeat("x", MaxLine),
	} {
		if line == good {
			t.Fatalf("%s: the test changes nothing", name)
		}
		if e, err := Parse([]byte(line)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		f.Add(Append(nil, random(r)))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := Parse(line)
		if err != nil {
			return
		}
		again, err := Parse(Append(nil, e))
		if err != nil {
			t.Fatalf("%q parses, what is made of it does not: %v", line, err)
		}
		if normal := e.Normalize(); !reflect.DeepEqual(again, normal) {
			t.Fatalf("parsed\n%+v\nwant\n%+v", again, normal)
		}
	})
}

func FuzzAppend(f *testing.F) {
	f.Add("web-01", "ssh", "auth_attempt", "user", []byte("ro]o\"t"), "message")
	f.Add("-", "", "\x00", "a_b64", []byte{0xff, '\n'}, " \u202e")
	f.Fuzz(func(t *testing.T, host, service, typ, name string, value []byte, message string) {
		e := sample(Bytes(name, value), Bytes(Secret, value))
		e.Host, e.Service, e.Type, e.Message = host, service, typ, message
		back, err := Parse(Append(nil, e))
		if err != nil {
			t.Fatal(err)
		}
		if len(value) <= 1000 && (back.Fields[0].Value != string(value) || back.Fields[1].Value != string(value)) {
			t.Fatalf("%q came back as %+v", value, back.Fields)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	e := sample(String(SrcIP, "10.0.0.9"), Int(SrcPort, 51234), String(Principal, "root"), String(Secret, "hunter2"))
	var line []byte
	for b.Loop() {
		line = Append(line[:0], e)
	}
}

func BenchmarkParse(b *testing.B) {
	line := Append(nil, sample(String(SrcIP, "10.0.0.9"), Int(SrcPort, 51234), String(Principal, "root"), String(Secret, "hunter2")))
	for b.Loop() {
		if _, err := Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}
