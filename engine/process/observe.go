package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"decnet/decoy/control"
	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/lines"
)

// within is how long a look at one process may take.
const within = 2 * time.Second

// lookers is how many processes are asked at once for what they run.
const lookers = 8

// records reads all deckies' records. A folder without a good one is a decky that was never quite made.
func (e *Engine) records() ([]*record, error) {
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		return nil, &engine.Error{Code: engine.Unavailable, Message: "the deckies' folder can't be read", Err: err}
	}
	var out []*record
	for _, entry := range entries {
		if !entry.IsDir() || !idPattern.MatchString(entry.Name()) {
			continue
		}
		r, err := e.read(entry.Name())
		if err != nil {
			return nil, err
		}
		if r == nil {
			r = &record{Ref: engine.Ref{ID: entry.Name()}}
		}
		out = append(out, r)
	}
	return out, nil
}

// Observe returns every decky that has a folder, with what its process says that it runs.
func (e *Engine) Observe(ctx context.Context) ([]engine.Observed, error) {
	records, err := e.records()
	if err != nil {
		return nil, err
	}
	out := make([]engine.Observed, len(records))
	var g errgroup.Group
	g.SetLimit(lookers)
	for i, r := range records {
		g.Go(func() error {
			out[i] = e.look(ctx, r)
			return nil
		})
	}
	_ = g.Wait() // lookers return no errors
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, nil
}

func (e *Engine) look(ctx context.Context, r *record) engine.Observed {
	o := engine.Observed{ID: r.Ref.ID, Instance: fmt.Sprintf("%d:%s", r.PID, r.Born), StartedAt: r.Started}
	if !r.alive() {
		o.Detail = e.lastWords(r.Ref.ID)
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	o.Running = true
	reply, err := e.exchange(ctx, r, control.Request{Op: control.Status})
	if err != nil {
		e.log.DebugContext(ctx, "a decky does not say what it runs", "decky", r.Ref.Name, "error", err)
		return o
	}
	return observed(r, reply)
}

// Watch looks at all processes again and again, and sends what has changed.
func (e *Engine) Watch(ctx context.Context) (<-chan engine.Change, error) {
	out := make(chan engine.Change, 64)
	go func() {
		defer close(out)
		before := e.instances()
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			now := e.instances()
			if now == nil || before == nil {
				// Not everything could be read: that says nothing of what is there.
				if now != nil {
					before = now
				}
				continue
			}
			for _, c := range changes(before, now) {
				select {
				case out <- c:
				case <-ctx.Done():
					return
				}
			}
			before = now
		}
	}()
	return out, nil
}

// instances maps each decky to its live process, "" when it has none, and keeps their diagnostics short on the way. It is nil when they can't be read.
func (e *Engine) instances() map[string]string {
	records, err := e.records()
	if err != nil {
		return nil
	}
	out := make(map[string]string, len(records))
	for _, r := range records {
		if err := boundDiagnostics(filepath.Join(e.dir, r.Ref.ID)); err != nil {
			e.log.Warn("a decoy's diagnostics grow", "decky", r.Ref.ID, "error", err)
		}
		out[r.Ref.ID] = ""
		if r.alive() {
			out[r.Ref.ID] = fmt.Sprintf("%d:%s", r.PID, r.Born)
		}
	}
	return out
}

func changes(before, now map[string]string) (out []engine.Change) {
	at := time.Now().UTC()
	for id, was := range before {
		is, exists := now[id]
		switch {
		case !exists:
			out = append(out, engine.Change{ID: id, Kind: engine.Removed, At: at})
		case is != was && is == "":
			out = append(out, engine.Change{ID: id, Kind: engine.Died, At: at})
		case is != was:
			out = append(out, engine.Change{ID: id, Kind: engine.Started, At: at})
		}
	}
	for id, is := range now {
		if _, known := before[id]; !known && is != "" {
			out = append(out, engine.Change{ID: id, Kind: engine.Started, At: at})
		}
	}
	return out
}

// place is where a reader of event segments is.
type place struct {
	segment string // a file's name; names sort by age
	offset  int64
}

func (p place) String() string { return p.segment + ":" + strconv.FormatInt(p.offset, 10) }

func parsePlace(s string) (place, error) {
	if s == "" {
		return place{}, nil
	}
	name, digits, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 || filepath.Base(name) != name {
		return place{}, fmt.Errorf("%q is not a position in a decky's events", s)
	}
	return place{name, n}, nil
}

// Events reads a decky's event segments, and with follow waits for more. A position is a segment and a place in it.
func (e *Engine) Events(ctx context.Context, r engine.Ref, position string, follow bool, sink func(engine.Line) error) error {
	at, err := parsePlace(position)
	if err != nil {
		return err
	}
	dir, err := e.folder(r.ID)
	if err != nil {
		return err
	}
	reader := newReader(ctx, filepath.Join(dir, "events"), at, sink)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		segments, err := segmentsFrom(reader.dir, reader.at.segment)
		if errors.Is(err, fs.ErrNotExist) {
			return &engine.Error{Code: engine.NotRunning, Message: "the decky has no events"}
		}
		if err != nil {
			return fmt.Errorf("list the event segments: %w", err)
		}
		for _, name := range segments {
			err = reader.read(ctx, name)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
		}
		if !follow {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// segmentsFrom lists the segments from one on, oldest first.
func segmentsFrom(dir, first string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, entry := range entries {
		if n := entry.Name(); strings.HasPrefix(n, "events-") && strings.HasSuffix(n, ".log") && n >= first {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// reader gives a sink the lines after a place in a decky's segments. It remembers what has come of a line that has not ended, and no more of it than an event may have: of a
// longer one its beginning goes on, which is none, and is counted with what can't be read.
type reader struct {
	dir   string
	at    place // after the last line that was given
	lines lines.Splitter
}

func newReader(ctx context.Context, dir string, at place, sink func(engine.Line) error) *reader {
	r := &reader{dir: dir, at: at}
	r.lines = lines.Splitter{Max: event.MaxLine + 1, Line: func(text []byte, size int) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r.at.offset += int64(size) + 1
		return sink(engine.Line{Text: text, Position: r.at.String()})
	}}
	return r
}

// read gives what is new of a segment, until ctx ends.
func (r *reader) read(ctx context.Context, segment string) error {
	if segment != r.at.segment {
		r.at = place{segment: segment}
		r.lines = lines.Splitter{Max: r.lines.Max, Line: r.lines.Line} // what had not ended of the segment before never will
	}
	f, err := os.Open(filepath.Join(r.dir, segment))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // dropped for its age: the next one follows
	}
	if err != nil {
		return fmt.Errorf("open the event segment: %w", err)
	}
	defer f.Close()
	if _, err := f.Seek(r.at.offset+int64(r.lines.Pending()), io.SeekStart); err != nil {
		return fmt.Errorf("go to the place in the event segment: %w", err)
	}
	some := make([]byte, 32<<10)
	for ctx.Err() == nil {
		n, err := f.Read(some)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the event segment: %w", err)
		}
		if _, err := r.lines.Write(some[:n]); err != nil {
			return err
		}
	}
	return nil
}
