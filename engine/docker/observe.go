package docker

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
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
	out := make([]engine.Observed, len(found))
	var g errgroup.Group
	g.SetLimit(lookers)
	for i, c := range found {
		g.Go(func() error {
			out[i] = e.look(ctx, c)
			return nil
		})
	}
	_ = g.Wait() // lookers return no errors
	return out, context.Cause(ctx)
}

func (e *Engine) look(ctx context.Context, c container.Summary) engine.Observed {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	o := engine.Observed{ID: c.Labels[labelDecky], StartedAt: time.Unix(c.Created, 0).UTC()}
	if c.State != container.StateRunning {
		o.Detail = c.Status
		return o
	}
	o.Running = true
	full, err := e.cli.ContainerInspect(ctx, c.ID)
	if err != nil {
		return o
	}
	if started, err := time.Parse(time.RFC3339Nano, full.State.StartedAt); err == nil {
		o.StartedAt = started.UTC()
	}
	reply, err := e.exchange(ctx, c.ID, control.Request{Op: control.Status})
	if err != nil {
		e.log.DebugContext(ctx, "a decky does not say what it runs", "decky", c.Labels[labelName], "error", err)
		return o
	}
	return observed(o.ID, address(full), o.StartedAt, reply)
}

// Watch sends deaths and restarts of our containers as the engine tells of them.
func (e *Engine) Watch(ctx context.Context) (<-chan engine.Change, error) {
	out := make(chan engine.Change, 64)
	go func() {
		defer close(out)
		again := false
		for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, 15*time.Second) {
			began := time.Now()
			e.watchOnce(ctx, out, again)
			again = true
			if time.Since(began) > time.Minute {
				wait = time.Second
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// watchOnce sends changes until the engine's events break off. When it watches again, what happened meanwhile was missed: it says so once it hears of
// everything that comes.
func (e *Engine) watchOnce(ctx context.Context, out chan<- engine.Change, again bool) {
	if e.ready(ctx) != nil {
		return
	}
	msgs, errs := e.cli.Events(ctx, events.ListOptions{Filters: filters.NewArgs(
		filters.Arg("type", string(events.ContainerEventType)), filters.Arg("label", labelOwner+"="+e.opts.Owner),
		filters.Arg("event", "start"), filters.Arg("event", "die"), filters.Arg("event", "destroy"),
		filters.Arg("event", "pause"), filters.Arg("event", "unpause"),
	)})
	kinds := map[events.Action]engine.ChangeKind{
		events.ActionStart: engine.Started, events.ActionUnPause: engine.Started,
		events.ActionDie: engine.Died, events.ActionPause: engine.Died, events.ActionDestroy: engine.Removed,
	}
	if again { // the SDK has subscribed by now, or has put its error into errs
		select {
		case out <- engine.Change{Kind: engine.Resync, At: time.Now().UTC()}:
		case <-ctx.Done():
			return
		}
	}
	for {
		select {
		case m := <-msgs:
			change := engine.Change{ID: m.Actor.Attributes[labelDecky], Kind: kinds[m.Action], At: time.Unix(0, m.TimeNano).UTC()}
			select {
			case out <- change:
			case <-ctx.Done():
				return
			}
		case err := <-errs:
			if ctx.Err() == nil {
				e.log.WarnContext(ctx, "the Docker Engine's events broke off; watching again", "error", err)
			}
			return
		case <-ctx.Done():
			return
		}
	}
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
