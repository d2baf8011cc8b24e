// Package tty is the intruder's end of an interactive shell: a terminal that echoes, edits lines and remembers them, hears Ctrl-C while a command
// runs, and records what it shows and what is typed. It knows nothing of who reads from it.
package tty

import (
	"context"
	"errors"
	"io"

	"golang.org/x/term"

	"decnet/decoy/event"
)

// Terminal echoes, edits lines and remembers them. Close ends it.
type Terminal struct {
	*term.Terminal
	keys *keyboard
	rest []byte // typed for a command that reads, not yet read
}

// New makes a terminal of what the intruder's client sends and shows. The client's own echo is off.
func New(rw io.ReadWriter) *Terminal {
	keys := newKeyboard(rw)
	t := &Terminal{Terminal: term.NewTerminal(keys, ""), keys: keys}
	t.AutoCompleteCallback = keys.look
	t.History = &recall{keys: keys}
	return t
}

// maxHistory bounds the lines that are remembered.
const maxHistory = 200

// recall is what the arrow keys bring back: the lines that were typed for the shell.
type recall struct {
	keys  *keyboard
	lines []string
}

// Add keeps a line.
func (r *recall) Add(line string) {
	if !r.keys.remembers() {
		return
	}
	if r.lines = append(r.lines, line); len(r.lines) > maxHistory {
		r.lines = r.lines[len(r.lines)-maxHistory:]
	}
}

// Len is how many lines there are.
func (r *recall) Len() int { return len(r.lines) }

// At returns a line, the latest as number 0.
func (r *recall) At(i int) string { return r.lines[len(r.lines)-1-i] }

// Line shows the prompt and returns the line that is typed; [io.EOF] says that it was Ctrl-D.
func (t *Terminal) Line(prompt string) (string, error) {
	t.SetPrompt(prompt)
	line, err := t.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	return line, t.keys.outcome(err)
}

// Secret is Line for what is not to be seen.
func (t *Terminal) Secret(prompt string) (string, error) {
	t.keys.hide(true)
	defer t.keys.hide(false)
	line, err := t.ReadPassword(prompt)
	return line, t.keys.outcome(err)
}

// Read is a command's standard input: the lines that are typed while it runs, up to a Ctrl-D.
func (t *Terminal) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		line, err := t.Line("")
		switch {
		case errors.Is(err, errFlushed):
			t.rest = []byte(line)
		case err != nil:
			return 0, io.EOF
		default:
			t.rest = append([]byte(line), '\n')
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// Begin says that a line runs, which Ctrl-C, Ctrl-Z and Ctrl-\ break off by the cancel.
func (t *Terminal) Begin(cancel context.CancelCauseFunc) { t.keys.begin(cancel) }

// End says that the line is over. What has broken it off, if anything, is shown.
func (t *Terminal) End() (broken Stroke, ok bool) {
	struck, shown := t.keys.end()
	t.rest = nil
	if struck == 0 {
		return Stroke{}, false
	}
	broken = strokes[struck]
	if !shown {
		io.WriteString(t, broken.sign+"\n")
	}
	return broken, true
}

// Farewell sets what a Ctrl-D at the prompt shows.
func (t *Terminal) Farewell(bye string) { t.keys.say(bye) }

// Close ends the terminal and records what was typed for nobody.
func (t *Terminal) Close(record func(typ string, fields ...event.Field)) {
	if text, size := t.keys.close(); size > 0 {
		record("input_unread", event.Bytes("content", text), event.Int("size", int64(size)))
	}
}
