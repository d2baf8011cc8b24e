package docker

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"

	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/lines"
)

// containerLog is the type of an event that is a line of a sidecar's own.
const containerLog = "container_log"

// How many lines of a sidecar are evidence: as many a second as of one source on a decoy, sustained, and at once. The rest is counted.
const (
	lineRate   = 50
	lineBurst  = 400
	countAgain = 5 * time.Second
)

// teller makes events of what a sidecar writes. Whoever holds the sidecar writes what they like, but only as the service that it is: the time, the decky, the
// service, the run and the number are not theirs to say, nor is a session of another service.
//
// The same line makes the same event each time that it is read. Its number is its time in nanoseconds, in a run of the container and the stream.
type teller struct {
	service, host, boot string
	sink                func(engine.Line) error

	mu         sync.Mutex // held by who reads, and by who counts
	allowed    float64
	last       time.Time // of the lines so far: the rate goes by the log's time, so that what was written while nobody read is all read
	suppressed int64
	position   string // after what was said last
}

func newTeller(c container.Summary, position string, sink func(engine.Line) error) *teller {
	return &teller{
		sink: sink, position: position, service: c.Labels[labelService], host: c.Labels[labelName], boot: shortID(c.ID), allowed: lineBurst,
	}
}

// stream is where frames of a log go: each has the engine's time, and a line or, of a long one, a piece of it.
func (t *teller) stream(name string) *logStream {
	s := &logStream{}
	s.line = lines.Splitter{Max: event.MaxLine, Line: func(text []byte, size int) error { return t.tell(name, s.at, text, size) }}
	return s
}

type logStream struct {
	at   time.Time // of the line that is read
	line lines.Splitter
}

// Write takes a frame.
func (s *logStream) Write(frame []byte) (int, error) {
	stamp, text, _ := bytes.Cut(frame, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return len(frame), nil // no log says anything without a time
	}
	if s.line.Pending() == 0 {
		s.at = at.UTC()
	}
	_, err = s.line.Write(text)
	return len(frame), err
}

func (t *teller) tell(stream string, at time.Time, line []byte, size int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if passed := at.Sub(t.last).Seconds(); passed > 0 {
		t.allowed = min(t.allowed+passed*lineRate, lineBurst)
		t.last = at
	}
	if t.allowed < 1 {
		t.suppressed++
		return nil
	}
	t.allowed--
	return t.say(t.event(stream, at, line, size), at)
}

// event is what a line says: one of decnet's own lines, of this service, is the event that it is; any other is itself the event.
func (t *teller) event(stream string, at time.Time, line []byte, size int) event.Event {
	boot := t.boot + "-" + stream
	if said, err := event.Parse(line); err == nil && said.Service == t.service && size == len(line) {
		said.Time, said.Host, said.Boot, said.Seq, said.Severity = at, t.host, boot, number(at), event.SeverityOf(said.Type)
		if said.Session != "" {
			said.Session = t.boot + "." + said.Session
		}
		return said
	}
	text := event.Bytes("line", line)
	if size > len(text.Value) {
		text.Size = size
	}
	shown, _ := event.Printable(string(line[:min(len(line), event.MaxMessage)]), event.MaxMessage)
	return event.Event{
		Time: at, Severity: event.Info, Host: t.host, Service: t.service, Type: containerLog, Boot: boot, Seq: number(at),
		Fields: []event.Field{event.String("stream", stream), text}, Message: shown,
	}
}

// count tells of the lines that were too many, if there were any.
func (t *teller) count() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.suppressed == 0 {
		return nil
	}
	e := event.Event{
		Time: t.last, Severity: event.Warning, Host: t.host, Service: t.service, Type: event.Suppressed, Boot: t.boot + "-count", Seq: number(t.last),
		Fields: []event.Field{event.Int(event.Count, t.suppressed)}, Message: event.Suppressed,
	}
	t.suppressed = 0
	return t.say(e, t.last)
}

// countOn counts every so often, until ctx ends.
func (t *teller) countOn(ctx context.Context) {
	tick := time.NewTicker(countAgain)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if t.count() != nil {
				return // nobody listens any more
			}
		case <-ctx.Done():
			return
		}
	}
}

func (t *teller) say(e event.Event, at time.Time) error {
	t.position = at.Format(time.RFC3339Nano)
	return t.sink(engine.Line{Text: event.Append(nil, e), Position: t.position})
}

// place is where to read on.
func (t *teller) place() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.position
}

func number(at time.Time) uint64 { return uint64(max(at.UnixNano(), 1)) }
