package docker

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"decnet/decoy/control"
	"decnet/engine"
)

// exchange gives the decoy in a container one request and waits for its reply. Only stderr is attached: evidence, on stdout, does not come this
// way.
func (e *Engine) exchange(ctx context.Context, containerID string, req control.Request) (control.Reply, error) {
	began := time.Now()
	req.ID = rand.Text()
	line, err := json.Marshal(req)
	if err != nil {
		return control.Reply{}, fmt.Errorf("write the request: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // closes the connection
	conn, err := e.attach(ctx, containerID)
	if err != nil {
		// The SDK gives an attach's refusal as text only.
		switch text := err.Error(); {
		case strings.Contains(text, "received 404"):
			return control.Reply{}, notRunning(err)
		case strings.Contains(text, "received 409"): // it does not run, or is being started again after a crash
			return control.Reply{}, e.ended(ctx, containerID, began, err)
		}
		return control.Reply{}, e.fail("attach to the container", engine.Failed, err)
	}
	if _, err := conn.Conn.Write(append(line, '\n')); err != nil {
		return control.Reply{}, e.ended(ctx, containerID, began, err)
	}
	servicesSent.Hit()
	stderr, frames := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(io.Discard, frames, conn.Reader)
		frames.CloseWithError(err)
	}()
	defer stderr.Close()
	lines := bufio.NewScanner(stderr)
	lines.Buffer(make([]byte, 0, 4096), 1<<20)
	for lines.Scan() {
		// Lines that are not the reply are diagnostics, or replies to somebody else.
		var reply control.Reply
		if json.Unmarshal(lines.Bytes(), &reply) != nil || !reply.Control || reply.ID != req.ID {
			continue
		}
		servicesSet.Hit()
		if reply.Error != nil {
			return reply, engine.DecoyError(reply.Error.Code, reply.Error.Message, reply.Error.Detail)
		}
		return reply, nil
	}
	return control.Reply{}, e.ended(ctx, containerID, began, lines.Err())
}

func notRunning(cause error) error {
	return &engine.Error{Code: engine.NotRunning, Message: "the decky's container does not run", Err: cause}
}

// ended says why an exchange got no reply: out of time, the decoy ended (now, or long before), or the engine did.
func (e *Engine) ended(ctx context.Context, containerID string, began time.Time, cause error) error {
	if ctx.Err() != nil {
		return e.fail("get the decoy's answer", engine.Failed, context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c, err := e.cli.ContainerInspect(ctx, containerID)
	if errdefs.IsNotFound(err) || (err == nil && c.State.Paused) {
		return notRunning(cause)
	}
	if err != nil {
		return e.fail("look at the container", engine.Failed, err)
	}
	if c.State.Running && !c.State.Restarting && c.RestartCount == 0 {
		return &engine.Error{Code: engine.Unavailable, Message: "the control channel broke", Transient: true, Err: errors.Join(cause, errors.New("the stream ended"))}
	}
	// A container that has restarted was not stopped by anybody: its decoy ended.
	if at, err := time.Parse(time.RFC3339Nano, c.State.FinishedAt); err == nil && !c.State.Running && at.Before(began) && !c.State.Restarting && c.RestartCount == 0 {
		return notRunning(cause)
	}
	words := e.lastWords(ctx, containerID, false)
	// A decoy that is told to end before it can hear it ends as Go programs do, with 2 and without a word.
	if stopped(c.State) || (c.State.ExitCode == 2 && words == "") {
		return &engine.Error{Code: engine.NotRunning, Message: "the decky's container was stopped in the middle", Transient: true, Err: cause}
	}
	how := "it has been started again since"
	if !c.State.Running {
		how = fmt.Sprintf("exit code %d", c.State.ExitCode)
	}
	return &engine.Error{Code: engine.Crashed, Message: "the decoy ended by itself (" + how + ")", Detail: words, Err: cause}
}

// stopped tells whether somebody has ended a container, by hand or by stopping the engine, rather than its decoy itself: the decoy ends with 0 when it is told
// to, and is killed when it does not. One that runs again has no exit code, and nobody stops it for that.
func stopped(s *container.State) bool {
	const killed, terminated = 128 + 9, 128 + 15
	return !s.Running && !s.OOMKilled && (s.ExitCode == 0 || s.ExitCode == killed || s.ExitCode == terminated)
}

// lastWords are the last diagnostic lines of a container. A decoy's standard output is evidence; an image may say on it why it ends.
func (e *Engine) lastWords(ctx context.Context, containerID string, stdoutToo bool) string {
	body, err := e.cli.ContainerLogs(ctx, containerID, container.LogsOptions{ShowStderr: true, ShowStdout: stdoutToo, Tail: "20"})
	if err != nil {
		return ""
	}
	defer body.Close()
	var out bytes.Buffer
	stdout := io.Discard
	if stdoutToo {
		stdout = &out
	}
	if _, err := stdcopy.StdCopy(stdout, &out, io.LimitReader(body, 64<<10)); err != nil && out.Len() == 0 {
		return ""
	}
	return strings.TrimSpace(out.String())
}

func observed(deckyID, address string, started time.Time, reply control.Reply) engine.Observed {
	o := engine.Observed{
		ID: deckyID, Instance: reply.Boot, Running: true, Generation: reply.Generation, Services: reply.Services, StartedAt: started,
	}
	for _, ep := range reply.Endpoints {
		o.Endpoints = append(o.Endpoints, engine.Endpoint{Service: ep.Service, Proto: ep.Proto, Address: address, Port: ep.Port})
	}
	return o
}
