package replay

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// A recording draws, and gives the terminal no orders, wherever its pieces are cut.
func TestWhatIsShownOnlyDraws(t *testing.T) {
	in := "a\x1b[31mred\x1b[0m\r\n" + // drawn
		"\x1b]0;title\x07\x1b]52;c;cm0gLXJm\x1b\\\x1bP+q\x1b\\\x1b_G\x1b\\" + // title, clipboard, and others that are quoted
		"\x1b[6n\x1b[c\x1b[?1049h\x1b[>c\x1b[21t\x1b[5i\x1b[20h" + // questions, screens, printing
		"\x9b6n\u009b6n\x07\x05\x1bc\x1b(0\x1b#8" + // in eight bits, a bell, a question, a reset, other characters
		"\x1b[2J\x1b[1;1Hünï\x1b[999999999999999999999999999999999999999999999999999999999999999999999999m!"
	want := "a\x1b[31mred\x1b[0m\r\n6n6n\x1b[2J\x1b[1;1Hünï!"
	for size := 1; size < len(in); size += 3 {
		var f filter
		got := ""
		for rest := in; rest != ""; {
			n := min(size, len(rest))
			got += f.clean(rest[:n])
			rest = rest[n:]
		}
		if got != want {
			t.Fatalf("in pieces of %d:\n%q\nwanted\n%q", size, got, want)
		}
	}
}

func TestPlayKeepsTime(t *testing.T) {
	cast := `{"version": 2, "width": 80, "height": 24}
[0.5, "o", "$ "]
[1.5, "i", "typed"]
[100.5, "o", "id"]
[rubbish
[101, "o", "\r\n"]
`
	var out bytes.Buffer
	var waits []time.Duration
	o := Options{Speed: 2, IdleLimit: 4 * time.Second, Sleep: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }}
	if err := Play(t.Context(), &out, cast, o); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "$ id\r\n\x1b[0m\r\n" {
		t.Errorf("%q is shown", got)
	}
	if len(waits) != 3 || waits[0] != 250*time.Millisecond || waits[1] != 2*time.Second || waits[2] != 250*time.Millisecond {
		t.Errorf("it waits %v", waits)
	}
	if err := Play(t.Context(), &out, `{"version": 1}`, o); !errors.Is(err, ErrNoCast) {
		t.Errorf("another version: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Play(ctx, &out, cast, Options{Speed: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
