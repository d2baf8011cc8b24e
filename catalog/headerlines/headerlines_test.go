package headerlines

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse("X-A: b: c\n\nVia:1.1 proxy\t")
	if want := []Header{{"X-A", "b: c"}, {"Via", "1.1 proxy"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"no colon", ": b", "a b: c", "Content-Length: 5", "TRANSFER-ENCODING: chunked", "a: b\rc", "a: ü", strings.Repeat("a: b\n", 33)} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("X-A: b\nC: d")
	f.Add("a:\r\n b")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text)
		if len(got) > maxHeaders || err != nil && got != nil {
			t.Fatalf("%d, %v", len(got), err)
		}
		for _, h := range got {
			if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
				t.Fatalf("%q", h)
			}
		}
	})
}
