package decoy

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"decnet/decoy/event"
)

func record(r *recorder, n int) {
	for i := range n {
		r.record(event.Event{Severity: event.Info, Service: "ssh", Type: "test", Fields: []event.Field{event.Int("i", int64(i)), event.String("pad", strings.Repeat("x", 1000))}})
	}
}

// numbers returns the numbers of the lines that parse, how many of them tell of lost ones, and how many those say were lost.
func numbers(t *testing.T, text []byte) (seqs []uint64, tell, lost int) {
	t.Helper()
	for line := range bytes.Lines(text) {
		e, err := event.Parse(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			continue // torn
		}
		seqs = append(seqs, e.Seq)
		if e.Type == event.Dropped {
			count, _ := e.Get(event.Count)
			n, err := strconv.Atoi(count)
			if err != nil {
				t.Fatal(err)
			}
			tell, lost = tell+1, lost+n
		}
	}
	return seqs, tell, lost
}

// failing writes the first bytes of each of its first writes and fails.
type failing struct {
	bytes.Buffer
	partial []int
}

func (f *failing) Write(p []byte) (int, error) {
	if len(f.partial) == 0 {
		return f.Buffer.Write(p)
	}
	n := min(f.partial[0], len(p)-1)
	f.partial = f.partial[1:]
	f.Buffer.Write(p[:n])
	return n, errors.New("disk full")
}

func TestFailedWritesAreCountedAndLeaveNoDoubleNumber(t *testing.T) {
	for _, partial := range [][]int{{0}, {500}, {2500}, {0, 0, 700}, {1500, 0, 1}, {0, 0, 0, 0, 0}} {
		for _, batches := range [][]int{{400}, {1, 1, 398}, {1, 10, 389}, {40, 3, 1, 1, 1, 354}} { // each is written before the next is recorded
			synctest.Test(t, func(t *testing.T) {
				out := &failing{partial: partial}
				r := newRecorder("web-01", "b", out, time.Now, slog.New(slog.DiscardHandler))
				sent := 0
				for _, n := range batches {
					record(r, n)
					sent += n
					synctest.Wait()
				}
				r.close(10 * time.Second)
				seqs, tell, lost := numbers(t, out.Bytes())
				seen := map[uint64]bool{}
				for _, seq := range seqs {
					if seen[seq] {
						t.Errorf("%v %v: number %d twice", partial, batches, seq)
					}
					seen[seq] = true
				}
				if came := len(seqs) - tell; came+lost != sent {
					t.Errorf("%v %v: %d events came out, %d are said to be lost, of %d", partial, batches, came, lost, sent)
				}
			})
		}
	}
}

func TestSegmentsAreBoundedAndTellWhatTheyDropped(t *testing.T) {
	dir := t.TempDir()
	for run := range 2 {
		synctest.Test(t, func(t *testing.T) {
			s, err := OpenSegments(dir)
			if err != nil {
				t.Fatal(err)
			}
			s.limit = 40 << 10
			r := newRecorder("web-01", fmt.Sprint("boot", run), s, time.Now, slog.New(slog.DiscardHandler))
			for range 30 {
				record(r, 100)
				synctest.Wait() // nothing may be lost in the queue
			}
			r.close(10 * time.Second)
			s.Close()
		})
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != maxSegments {
		t.Errorf("%d files are kept", len(entries))
	}
	var kept, lost int
	var last uint64
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 40<<10 {
			t.Errorf("%s has %d bytes", entry.Name(), len(text))
		}
		seqs, _, n := numbers(t, text)
		for _, seq := range seqs {
			if last != 0 && seq != last+1 && seq != 1 {
				t.Fatalf("in %s number %d comes after %d", entry.Name(), seq, last)
			}
			last = seq
		}
		kept, lost = kept+len(seqs), lost+n
	}
	if lost == 0 || kept < 60*20 {
		t.Errorf("%d lines are kept, %d are said to be dropped", kept, lost)
	}
}
