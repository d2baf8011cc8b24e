package decoy

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
	"time"

	"decnet/decoy/event"
)

// The recorder's bounds: what may wait for a slow reader, and how much is written at once.
const (
	maxQueuedBytes = 2 << 20
	writeChunk     = 32 << 10
)

// Why lines were lost.
const (
	lostQueue     = "queue"     // written too slowly
	lostWrite     = "write"     // the writer failed
	lostRetention = "retention" // kept, but the oldest segment had to go
)

// recorder numbers events and writes them as lines. Recording never blocks: what does not fit in the queue is dropped
// and counted, and the count is itself recorded. Numbers are given when a line is written, so those that were
// written have no gap.
type recorder struct {
	host string
	boot string
	now  func() time.Time
	log  *slog.Logger

	mu     sync.Mutex
	queue  []event.Event
	queued int // bytes, about
	lost   map[string]uint64
	closed bool
	wake   chan struct{}
	done   chan struct{}

	// Of the writer's goroutine alone:
	out   io.Writer
	seq   uint64
	chunk []byte
	told  []loss // that the chunk tells of
	torn  bool   // the last write ended inside a line
}

// loss is a line of the chunk that tells of lost ones: when it is lost itself, its count is not.
type loss struct {
	end    int // in the chunk, behind the line
	reason string
	lines  uint64
}

func newRecorder(host, boot string, out io.Writer, now func() time.Time, log *slog.Logger) *recorder {
	r := &recorder{
		host: host, boot: boot, now: now, log: log, out: out,
		lost: map[string]uint64{}, wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if s, ok := out.(*Segments); ok {
		s.onLoss = func(lines int) { r.lose(lostRetention, uint64(lines)) }
	}
	go r.write()
	return r
}

// record queues the event; it bears the time of this call, unless it was held back and has its own.
func (r *recorder) record(e event.Event) {
	if e.Time.IsZero() {
		e.Time = r.now()
	}
	e.Host, e.Boot = r.host, r.boot
	size := sizeOf(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.queued+size > maxQueuedBytes {
		r.lost[lostQueue]++
		return
	}
	r.queue = append(r.queue, e)
	r.queued += size
	r.ring()
}

func (r *recorder) lose(reason string, lines uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost[reason] += lines
	r.ring()
}

func (r *recorder) ring() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *recorder) write() {
	defer close(r.done)
	for range r.wake {
		if closed := r.drain(); closed {
			r.drain() // to tell of what the last writes lost
			return
		}
	}
}

// drain writes what is queued and what was lost, and tells whether nothing more will come.
func (r *recorder) drain() (closed bool) {
	r.mu.Lock()
	events, lost, closed := r.queue, r.lost, r.closed
	r.queue, r.queued, r.lost = nil, 0, map[string]uint64{}
	r.mu.Unlock()
	for _, e := range events {
		r.add(e)
		r.flush(writeChunk)
	}
	for reason, n := range lost {
		r.add(event.Event{
			Time: r.now(), Host: r.host, Boot: r.boot, Severity: event.Warning, Service: "decoy", Type: event.Dropped,
			Fields:  []event.Field{event.Int(event.Count, int64(n)), event.String("reason", reason)},
			Message: "events lost",
		})
		r.told = append(r.told, loss{end: len(r.chunk), reason: reason, lines: n})
		r.flush(writeChunk)
	}
	r.flush(1)
	return closed
}

func (r *recorder) add(e event.Event) {
	r.seq++
	e.Seq = r.seq
	r.chunk = append(event.Append(r.chunk, e), '\n')
}

// flush writes the chunk when it has that many bytes.
func (r *recorder) flush(least int) {
	if len(r.chunk) < least {
		return
	}
	n, err := r.writeChunk()
	if err != nil {
		// A line that is only partly out keeps its number: its reader may have taken it for whole. One that lacks
		// nothing but its end is whole: the next write begins by ending it.
		missing := uint64(bytes.Count(r.chunk[n:], []byte{'\n'}))
		cut := n > 0 && r.chunk[n-1] != '\n'
		whole := cut && r.chunk[n] == '\n'
		if whole {
			missing--
		}
		r.seq -= missing
		if cut && !whole {
			r.seq++
		}
		r.torn = r.torn || cut
		r.mu.Lock() // told with the next event: ringing now would spin while the writer fails
		r.lost[lostWrite] += missing
		for _, l := range r.told {
			if l.end > n+1 { // what it told of is still to be told; the line itself was no event
				r.lost[l.reason] += l.lines
				r.lost[lostWrite]--
			}
		}
		r.mu.Unlock()
		r.log.Error("writing event lines", "err", err, "lost", missing)
	}
	if cap(r.chunk) > 2*writeChunk {
		r.chunk = nil // don't keep a flood's memory
	}
	r.chunk, r.told = r.chunk[:0], r.told[:0]
}

// writeChunk returns how much of the chunk is out.
func (r *recorder) writeChunk() (int, error) {
	if r.torn {
		if _, err := r.out.Write([]byte{'\n'}); err != nil {
			return 0, err
		}
		r.torn = false
	}
	return r.out.Write(r.chunk)
}

// close writes what is queued and waits for that at most the given time.
func (r *recorder) close(wait time.Duration) {
	r.mu.Lock()
	r.closed = true
	r.ring()
	r.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
	}
}
