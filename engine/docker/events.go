package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/lines"
)

// Events reads a decky's evidence from its containers' logs. It returns nil when its own container stops, and NotRunning when there is none.
func (e *Engine) Events(ctx context.Context, r engine.Ref, position string, follow bool, sink func(engine.Line) error) error {
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
	at := readPlaces(position)
	switch {
	case !e.sidecarsMay.Load():
		return e.read(ctx, c.id, at.base, follow, sink)
	case !follow:
		return e.readAll(ctx, r.ID, c.id, at, sink)
	}
	return e.followAll(ctx, r.ID, c.id, at, sink)
}

// mostStamp is longer than the engine's time before a line.
const mostStamp = 64

// read reads a decoy's lines. A position is the engine's time of the last one. Of a line that is too long for an event its beginning goes on, which is none: it is
// counted with what can't be read.
func (e *Engine) read(ctx context.Context, id, position string, follow bool, sink func(engine.Line) error) error {
	body, err := e.cli.ContainerLogs(ctx, id, container.LogsOptions{ShowStdout: true, Follow: follow, Timestamps: true, Since: position})
	if err != nil {
		return e.fail("read the container's log", engine.Failed, err)
	}
	defer body.Close()
	var refused error
	split := &lines.Splitter{Max: mostStamp + event.MaxLine + 1, Line: func(line []byte, _ int) error {
		at, text, ok := bytes.Cut(line, []byte(" "))
		if !ok {
			refused = fmt.Errorf("a log line without a time: %q", line)
		} else {
			refused = sink(engine.Line{Text: text, Position: string(at)})
		}
		return refused
	}}
	_, err = stdcopy.StdCopy(split, io.Discard, body)
	switch {
	case refused != nil:
		return refused
	case err != nil && ctx.Err() == nil:
		return e.fail("read the container's log", engine.Failed, err)
	}
	return nil
}

// places are how far the logs of a decky have been read: that of its own container, and those of its sidecars, by ID. As a position they are
// "TIME;ID=TIME;ID=TIME".
type places struct {
	base     string
	sidecars map[string]string
}

func readPlaces(position string) places {
	base, rest, _ := strings.Cut(position, ";")
	p := places{base: base, sidecars: map[string]string{}}
	for part := range strings.SplitSeq(rest, ";") {
		if id, at, ok := strings.Cut(part, "="); ok {
			p.sidecars[id] = at
		}
	}
	return p
}

func (p places) String() string {
	var b strings.Builder
	b.WriteString(p.base)
	for _, id := range slices.Sorted(maps.Keys(p.sidecars)) {
		b.WriteString(";" + id + "=" + p.sidecars[id])
	}
	return b.String()
}

// readAll reads a decky's own log and those of its sidecars, one after the other, to their ends as they are now.
func (e *Engine) readAll(ctx context.Context, deckyID, baseID string, at places, sink func(engine.Line) error) error {
	err := e.read(ctx, baseID, at.base, false, func(l engine.Line) error {
		at.base = l.Position
		l.Position = at.String()
		return sink(l)
	})
	if err != nil {
		return err
	}
	list, err := e.listSidecars(ctx, deckyID)
	if err != nil {
		return err
	}
	for _, c := range list {
		id := shortID(c.ID)
		err := e.readSidecar(ctx, c, at.sidecars[id], false, func(l engine.Line) error {
			at.sidecars[id] = l.Position
			l.Position = at.String()
			return sink(l)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// piece is a line of one of a decky's logs, or that one has ended.
type piece struct {
	from string // a sidecar's short ID; "" is the decky's own container
	line engine.Line
	done bool
	err  error
}

// followAll reads a decky's own log and those of its sidecars, whichever come and go, as one.
func (e *Engine) followAll(ctx context.Context, deckyID, baseID string, at places, sink func(engine.Line) error) error {
	news, release := e.news.of(e, deckyID)
	defer release()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pieces := make(chan piece)
	read := func(from string, follow func(sink func(engine.Line) error) error) {
		wg.Go(func() {
			give := func(p piece) error {
				p.from = from
				select {
				case pieces <- p:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			err := follow(func(l engine.Line) error { return give(piece{line: l}) })
			_ = give(piece{done: true, err: err}) // it fails only when nobody listens any more
		})
	}
	read("", func(sink func(engine.Line) error) error { return e.read(ctx, baseID, at.base, true, sink) })
	reading := map[string]bool{}
	look := func() error {
		list, err := e.listSidecars(ctx, deckyID)
		if err != nil {
			return err
		}
		here := map[string]bool{}
		for _, c := range list {
			id := shortID(c.ID)
			here[id] = true
			if reading[id] {
				continue
			}
			reading[id] = true
			since := at.sidecars[id]
			read(id, func(sink func(engine.Line) error) error { return e.readSidecar(ctx, c, since, true, sink) })
		}
		maps.DeleteFunc(at.sidecars, func(id, _ string) bool { return !here[id] && !reading[id] })
		return nil
	}
	if err := look(); err != nil {
		return err
	}
	for {
		select {
		case p := <-pieces:
			switch {
			case p.done && p.from == "":
				return p.err
			case p.done:
				if p.err != nil && !errdefs.IsNotFound(p.err) && !errdefs.IsConflict(p.err) { // else it has gone, or is about to
					return p.err
				}
				delete(reading, p.from)
				continue
			case p.from == "":
				at.base = p.line.Position
			default:
				at.sidecars[p.from] = p.line.Position
			}
			p.line.Position = at.String()
			if err := sink(p.line); err != nil {
				return err
			}
		case <-news:
			if err := look(); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func shortID(id string) string { return id[:min(12, len(id))] }

// restartLook is how often a sidecar that does not run is looked at: somebody will start it again or remove it.
const restartLook = time.Second

// readSidecar reads a sidecar's log: with follow for as long as there is one, however often it is started again.
func (e *Engine) readSidecar(ctx context.Context, c container.Summary, position string, follow bool, sink func(engine.Line) error) error {
	t := newTeller(c, position, sink)
	var counting sync.WaitGroup
	defer counting.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	counting.Go(func() { t.countOn(ctx) })
	for ctx.Err() == nil {
		body, err := e.cli.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow, Timestamps: true, Since: t.place()})
		if err != nil {
			return e.fail("read a service's log", engine.Failed, err)
		}
		_, err = stdcopy.StdCopy(t.stream("stdout"), t.stream("stderr"), body)
		body.Close()
		if err == nil {
			err = t.count()
		}
		if err != nil || !follow {
			return err
		}
		// What was read to its end is read on from there when it runs again.
		for running := false; !running; {
			select {
			case <-time.After(restartLook):
			case <-ctx.Done():
				return nil
			}
			now, err := e.cli.ContainerInspect(ctx, c.ID)
			if err != nil {
				return e.fail("look at a service's container", engine.Failed, err)
			}
			running = now.State.Running && !now.State.Restarting
		}
	}
	return nil
}

// news tells those who read a decky's logs that a container of it has started. One look at the engine's events serves all of them, from the first one on.
type news struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool // by decky
	stop    context.CancelFunc
}

func (n *news) of(e *Engine, deckyID string) (<-chan struct{}, func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		n.stop, n.waiting = stop, map[string]map[chan struct{}]bool{}
		changes, err := e.Watch(ctx)
		if err == nil { // it never fails at once
			go n.ring(changes)
		}
	}
	c := make(chan struct{}, 1)
	if n.waiting[deckyID] == nil {
		n.waiting[deckyID] = map[chan struct{}]bool{}
	}
	n.waiting[deckyID][c] = true
	return c, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.waiting[deckyID], c)
		if len(n.waiting[deckyID]) == 0 {
			delete(n.waiting, deckyID)
		}
	}
}

func (n *news) ring(changes <-chan engine.Change) {
	for change := range changes {
		n.mu.Lock()
		for id, all := range n.waiting {
			if (change.Kind == engine.Started && change.ID == id) || change.Kind == engine.Resync {
				for c := range all {
					select {
					case c <- struct{}{}:
					default: // it is about to look
					}
				}
			}
		}
		n.mu.Unlock()
	}
}

func (n *news) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		n.stop()
	}
}
