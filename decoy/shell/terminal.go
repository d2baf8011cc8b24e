package shell

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/term"

	"decnet/decoy/event"
)

// Terminal is the intruder's end of an interactive shell: it echoes, edits lines and remembers them. Close ends it.
type Terminal struct {
	*term.Terminal
	keys *keyboard
	rest []byte // typed for a command that reads, not yet read
}

// NewTerminal makes a terminal of what the intruder's client sends and shows. The client's own echo is off.
func NewTerminal(rw io.ReadWriter) *Terminal {
	keys := newKeyboard(rw)
	t := &Terminal{Terminal: term.NewTerminal(keys, ""), keys: keys}
	t.AutoCompleteCallback = keys.look
	t.History = &recall{keys: keys}
	return t
}

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

// Run runs a line on the terminal; Ctrl-C, Ctrl-Z and Ctrl-\ break it off.
func (t *Terminal) Run(ctx context.Context, s *Shell, line string) (ended, incomplete bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t.keys.begin(cancel)
	ended, incomplete = s.Run(ctx, line, t, t, t)
	struck, shown := t.keys.end()
	t.rest = nil
	if struck == 0 {
		return ended, incomplete
	}
	stroke := strokes[struck]
	s.status = stroke.status
	if !shown {
		io.WriteString(t, stroke.sign+"\n")
	}
	if struck == ctrlZ {
		j := s.addJob(s.last(), "Stopped", 0)
		fmt.Fprintf(t, "\n[%d]+  Stopped                 %s\n", j.number, j.text)
	}
	return false, false
}

// Close ends the terminal and records what was typed for nobody.
func (t *Terminal) Close(record func(typ string, fields ...event.Field)) {
	if text, size := t.keys.close(); size > 0 {
		record("input_unread", event.Bytes("content", text), event.Int("size", int64(size)))
	}
}

// Interact runs an interactive shell on the terminal until it ends or the intruder leaves; it returns the shell's status.
func (s *Shell) Interact(ctx context.Context, t *Terminal) int {
	s.Interactive = true
	s.Ask = t.Secret
	defer func() { s.sys.guest(s.From).leave(s.loginName(), s.sys.host.Now()) }()
	pending := ""
	for ctx.Err() == nil {
		t.keys.say(s.goodbye())
		io.WriteString(t, s.endedJobs())
		prompt := s.Prompt()
		if pending != "" {
			prompt = "> "
		}
		line, err := t.Line(prompt)
		if errors.Is(err, errInterrupted) {
			s.status, pending = strokes[ctrlC].status, ""
			continue
		}
		if errors.Is(err, errLogout) && pending == "" && s.endLevel(streams{err: io.Discard}) {
			continue
		}
		if err != nil {
			break
		}
		if pending != "" {
			line = pending + "\n" + line
		}
		ended, incomplete := t.Run(ctx, s, line)
		if pending = ""; incomplete && len(line) <= maxLine {
			pending = line
		}
		if ended {
			io.WriteString(t, "logout\n")
			break
		}
	}
	return s.status
}
