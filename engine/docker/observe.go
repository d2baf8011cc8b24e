package docker

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	"golang.org/x/sync/errgroup"

	"decnet/decoy/control"
	"decnet/engine"
)

// lookers is how many containers are asked at once for what they run.
const lookers = 8

// Observe returns every decky of ours, with what each says that it runs. One that does not say is returned with no services.
func (e *Engine) Observe(ctx context.Context) ([]engine.Observed, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	found, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*engine.Observed, len(found))
	var g errgroup.Group
	g.SetLimit(lookers)
	for i, c := range found {
		g.Go(func() error {
			out[i] = e.look(ctx, c)
			return nil
		})
	}
	_ = g.Wait() // lookers return no errors
	if ctx.Err() != nil {
		return nil, e.fail("look at the containers", engine.Failed, context.Cause(ctx))
	}
	seen := make([]engine.Observed, 0, len(out))
	for _, o := range out {
		if o != nil {
			seen = append(seen, *o)
		}
	}
	return seen, nil
}

// look returns what one container does; nil when it went away meanwhile.
func (e *Engine) look(ctx context.Context, c container.Summary) *engine.Observed {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	o := &engine.Observed{ID: c.Labels[labelDecky], Detail: c.Status}
	full, err := e.cli.ContainerInspect(ctx, c.ID)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		o.Running = c.State == container.StateRunning
		return o
	}
	o.StartedAt = startedAt(full.State)
	if !full.State.Running || full.State.Paused {
		if full.State.ExitCode != 0 {
			o.Detail = strings.TrimSpace(o.Detail + "\n" + e.lastWords(ctx, c.ID))
		}
		return o
	}
	o.Running, o.Detail = true, ""
	reply, err := e.exchange(ctx, c.ID, control.Request{Op: control.Status})
	if err != nil {
		e.log.DebugContext(ctx, "a decky does not say what it runs", "decky", c.Labels[labelName], "error", err)
		return o
	}
	said := observed(o.ID, address(full), o.StartedAt, reply)
	return &said
}

// Events reads a decky's evidence from the container's log. A position is the engine's time of the last line. It returns nil when the container stops,
// and NotRunning when there is none.
func (e *Engine) Events(ctx context.Context, r engine.Ref, position string, sink func(engine.Line) error) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	c, err := e.find(ctx, r)
	if err != nil {
		return err
	}
	if c == nil {
		return &engine.Error{Code: engine.NotRunning, Message: "the decky has no container"}
	}
	body, err := e.cli.ContainerLogs(ctx, c.id, container.LogsOptions{
		ShowStdout: true, Follow: true, Timestamps: true, Since: position,
	})
	if err != nil {
		return e.fail("read the container's log", engine.Failed, err)
	}
	defer body.Close()
	stdout, frames := io.Pipe()
	defer stdout.Close()
	go func() {
		_, err := stdcopy.StdCopy(frames, io.Discard, body)
		frames.CloseWithError(err)
	}()
	lines := bufio.NewReaderSize(stdout, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 && line[len(line)-1] == '\n' {
			at, text, ok := bytes.Cut(line[:len(line)-1], []byte(" "))
			if !ok {
				return fmt.Errorf("a log line without a time: %q", line)
			}
			if err := sink(engine.Line{Text: text, Position: string(at)}); err != nil {
				return err
			}
		}
		if err != nil {
			if ctx.Err() != nil || err == io.EOF {
				return nil
			}
			return e.fail("read the container's log", engine.Failed, err)
		}
	}
}
