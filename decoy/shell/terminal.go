package shell

import (
	"bytes"
	"context"
	"errors"
	"io"

	"golang.org/x/term"
)

// Terminal is the intruder's end of an interactive shell: it echoes, edits lines and remembers them.
type Terminal struct {
	*term.Terminal
	rest []byte // typed for a command that reads, not yet read
}

// NewTerminal makes a terminal of what the intruder's client sends and shows. The client's own echo is off.
func NewTerminal(rw io.ReadWriter) *Terminal {
	return &Terminal{Terminal: term.NewTerminal(interruptible{rw}, "")}
}

// interruptible turns Ctrl-C, which the line editor takes for the end of everything, into an abandoned line.
type interruptible struct{ io.ReadWriter }

func (r interruptible) Read(p []byte) (int, error) {
	const killLine = 0x15
	// Half of the buffer is left for what a Ctrl-C grows to.
	n, err := r.ReadWriter.Read(p[:max(1, len(p)/2)])
	if bytes.IndexByte(p[:n], 3) >= 0 && len(p) > 1 {
		n = copy(p, bytes.ReplaceAll(p[:n], []byte{3}, []byte{killLine, '\r'}))
	}
	return n, err
}

// Read is a command's standard input: the lines that are typed while it runs, up to a Ctrl-D.
func (t *Terminal) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		t.SetPrompt("")
		line, err := t.ReadLine()
		if err != nil {
			return 0, io.EOF
		}
		t.rest = append([]byte(line), '\n')
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// Interact runs an interactive shell on the terminal until it ends or the intruder leaves; it returns the shell's status.
func (s *Shell) Interact(ctx context.Context, t *Terminal) int {
	s.Interactive = true
	s.Ask = t.ReadPassword
	pending := ""
	for ctx.Err() == nil {
		t.SetPrompt(s.Prompt())
		if pending != "" {
			t.SetPrompt("> ")
		}
		line, err := t.ReadLine()
		if err != nil && !errors.Is(err, term.ErrPasteIndicator) {
			if errors.Is(err, io.EOF) {
				io.WriteString(t, "logout\n")
			}
			break
		}
		if pending != "" {
			line = pending + "\n" + line
		}
		ended, incomplete := s.Run(ctx, line, t, t, t)
		t.rest = nil
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
