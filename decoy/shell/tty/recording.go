package tty

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"decnet/decoy/event"
)

// The bounds of a recording: how much is put into one event, how long it waits there, and how much is recorded in all, in bytes.
const (
	castPiece  = 6 << 10
	castWait   = 10 * time.Second
	castLength = 512 << 10
)

// Recording is a terminal that records what it shows and what is typed, as events of the type terminal. Their fields cast, one after the other, are an asciicast (version 2) that
// asciinema plays. Close ends it.
type Recording struct {
	io.ReadWriter
	record func(typ string, fields ...event.Field)
	now    func() time.Time

	mu     sync.Mutex
	began  time.Time // zero before the start
	sent   time.Time
	number int64
	whole  int
	piece  strings.Builder
	half   []byte // the beginning of a character whose end is still to come
}

// NewRecording makes one of rw, which records from its start on. now tells the time.
func NewRecording(rw io.ReadWriter, record func(typ string, fields ...event.Field), now func() time.Time) *Recording {
	return &Recording{ReadWriter: rw, record: record, now: now}
}

// Start begins to record what a terminal of that kind and size shows.
func (r *Recording) Start(kind string, columns, rows int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began = r.now()
	r.sent = r.began
	header, err := json.Marshal(map[string]any{"version": 2, "width": columns, "height": rows, "timestamp": r.began.Unix(), "env": map[string]string{"TERM": strings.ToValidUTF8(kind, "?")}})
	if err == nil { // it can't fail: these are texts and numbers
		r.piece.Write(append(header, '\n'))
	}
}

// Read returns what is typed.
func (r *Recording) Read(p []byte) (int, error) {
	n, err := r.ReadWriter.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	for rest := p[:n]; len(rest) > 0; {
		size := min(len(rest), castPiece/8)
		r.line("i", string(rest[:size]))
		rest = rest[size:]
	}
	return n, err
}

// Write shows p.
func (r *Recording) Write(p []byte) (int, error) {
	n, err := r.ReadWriter.Write(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	shown := slices.Concat(r.half, p[:n])
	cut := len(shown) - unfinished(shown)
	r.half = slices.Clone(shown[cut:])
	for rest := shown[:cut]; len(rest) > 0; {
		// One line of the recording holds no more than a piece, even when each of its bytes takes six.
		size := min(len(rest), castPiece/8)
		size -= unfinished(rest[:size])
		r.line("o", string(rest[:size]))
		rest = rest[size:]
	}
	return n, err
}

// Resize records that the terminal has another size.
func (r *Recording) Resize(columns, rows int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line("r", fmt.Sprintf("%dx%d", columns, rows))
}

// Close records what is left.
func (r *Recording) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.half) > 0 {
		r.line("o", string(r.half))
		r.half = nil
	}
	r.send()
}

// line adds a line to the recording. r.mu is held.
func (r *Recording) line(kind, text string) {
	if r.began.IsZero() || text == "" || r.whole >= castLength {
		return
	}
	now := r.now()
	line, err := json.Marshal([]any{now.Sub(r.began).Round(time.Microsecond).Seconds(), kind, text})
	if err != nil {
		return // it can't fail: these are a number and texts
	}
	if r.piece.Len()+len(line) > castPiece {
		r.send()
	}
	r.piece.Write(append(line, '\n'))
	r.whole += len(line)
	if now.Sub(r.sent) > castWait {
		r.send()
	}
}

// send records the lines that have come together. r.mu is held.
func (r *Recording) send() {
	if r.piece.Len() == 0 {
		return
	}
	r.record(event.Terminal, event.Int(event.Part, r.number), event.String(event.Cast, r.piece.String()), event.Int(event.Began, r.began.UnixMicro()))
	r.number++
	r.sent = r.now()
	r.piece.Reset()
}

// unfinished is how many bytes at the end are the beginning of a character.
func unfinished(p []byte) int {
	for back := 1; back <= min(3, len(p)); back++ {
		switch c := p[len(p)-back]; {
		case c&0xc0 == 0x80: // inside of one
		case c >= 0xf0 && back < 4, c >= 0xe0 && c < 0xf0 && back < 3, c >= 0xc0 && c < 0xe0 && back < 2:
			return back
		default:
			return 0
		}
	}
	return 0
}
