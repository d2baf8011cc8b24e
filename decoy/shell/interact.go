package shell

import (
	"context"
	"errors"
	"fmt"
	"io"

	"decnet/decoy/shell/tty"
)

// Interact runs an interactive shell on the terminal until it ends or the intruder leaves; it returns the shell's status.
func (s *Shell) Interact(ctx context.Context, t *tty.Terminal) int {
	s.Interactive = true
	s.Ask = t.Secret
	defer func() { s.sys.guest(s.From).leave(s.loginName(), s.sys.host.Now()) }()
	pending := ""
	for ctx.Err() == nil {
		t.Farewell(s.goodbye())
		io.WriteString(t, s.endedJobs())
		prompt := s.Prompt()
		if pending != "" {
			prompt = "> "
		}
		line, err := t.Line(prompt)
		if errors.Is(err, tty.ErrInterrupted) {
			s.status, pending = tty.Interrupted, ""
			continue
		}
		if errors.Is(err, tty.ErrLogout) && pending == "" && s.endLevel(streams{err: io.Discard}) {
			continue
		}
		if err != nil {
			break
		}
		if pending != "" {
			line = pending + "\n" + line
		}
		ended, incomplete := s.RunAt(ctx, t, line)
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

// RunAt runs a line on the terminal, which may break it off.
func (s *Shell) RunAt(ctx context.Context, t *tty.Terminal, line string) (ended, incomplete bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t.Begin(cancel)
	ended, incomplete = s.Run(ctx, line, t, t, t)
	broken, ok := t.End()
	if !ok {
		return ended, incomplete
	}
	if s.status = broken.Status; broken.Stops {
		j := s.addJob(s.last(), "Stopped", 0)
		fmt.Fprintf(t, "\n[%d]+  Stopped                 %s\n", j.number, j.text)
	}
	return false, false
}
