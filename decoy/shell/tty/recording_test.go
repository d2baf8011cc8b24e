package tty

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"decnet/decoy/event"
)

// played is what a recording shows, played.
func played(t *testing.T, cast string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(cast, "\n"), "\n")
	var header struct {
		Version, Width, Height int
		Timestamp              int64
	}
	if err := json.Unmarshal([]byte(lines[0]), &header); err != nil || header.Version != 2 || header.Width != 80 || header.Height != 24 || header.Timestamp == 0 {
		t.Fatalf("the header is %q, %v", lines[0], err)
	}
	var shown strings.Builder
	last := -1.0
	for _, line := range lines[1:] {
		var e []any
		if err := json.Unmarshal([]byte(line), &e); err != nil || len(e) != 3 {
			t.Fatalf("the line %q: %v", line, err)
		}
		at, _ := e[0].(float64)
		if at < last {
			t.Errorf("%v comes after %v", at, last)
		}
		last = at
		if e[1] == "o" {
			text, _ := e[2].(string)
			shown.WriteString(text)
		}
	}
	return shown.String()
}

func TestRecordingPlaysWhatWasShown(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var cast strings.Builder
	events := 0
	var client bytes.Buffer
	r := NewRecording(&client, func(typ string, fields ...event.Field) {
		if value := fields[1].Value; typ != "terminal" || fields[1].Size != 0 {
			t.Errorf("%s: %d bytes, cut from %d", typ, len(value), fields[1].Size)
		}
		events++
		cast.WriteString(fields[1].Value)
	}, func() time.Time { now = now.Add(time.Second); return now })
	r.Write([]byte("login: "))
	r.Start("xterm", 80, 24)
	client.Reset()
	want := strings.Repeat("Ünï 管理者 \U0001F600 \x1b[31mred\x1b[0m\r\n", 900)
	random := rand.New(rand.NewPCG(1, 2))
	for rest := want; rest != ""; {
		n := min(len(rest), 1+random.IntN(700))
		r.Write([]byte(rest[:n])) // characters are cut in the middle
		rest = rest[n:]
	}
	r.Resize(100, 30)
	r.Close()
	if got := played(t, cast.String()); got != want || client.String() != want {
		t.Errorf("%d bytes are played, %d were shown, of %d", len(got), client.Len(), len(want))
	}
	if events < 5 {
		t.Errorf("only %d events", events)
	}
}

func TestRecordingIsBounded(t *testing.T) {
	total := 0
	r := NewRecording(&bytes.Buffer{}, func(_ string, fields ...event.Field) { total += len(fields[1].Value) }, time.Now)
	r.Start("", 80, 24)
	for range 5000 {
		r.Write(bytes.Repeat([]byte{0xff, 0}, 500))
	}
	r.Close()
	if total > castLength+2*castPiece {
		t.Errorf("%d bytes are recorded", total)
	}
}
