// Package decoytest runs a decky inside a test: the real runtime on a loopback address of its own, with its events at hand, so
// that each protocol is tested by the clients that intruders use.
package decoytest

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/event"
)

// patience bounds every wait. It is long because a test that passes never waits so long.
const patience = time.Minute

var deckies atomic.Int32

// Decky is a running decky.
type Decky struct {
	*decoy.Runtime
	Host *decoy.Host

	mu     sync.Mutex
	grown  chan struct{} // closed and replaced when events come
	events []event.Event
	rest   []byte
	t      testing.TB
}

// Identity returns an identity that no other decky of this machine has, but for its seed, which is everybody's, so that a test sees the same products
// in each run: a Debian web server.
func Identity() control.Identity {
	n := int(deckies.Add(1))
	name := fmt.Sprintf("decky-%d", n)
	return control.Identity{
		ID: name, Name: name, Hostname: "SRV-ALPHA-42", OS: "linux", Distro: "debian",
		// An address by process and decky lets several test binaries run at once.
		IP:         fmt.Sprintf("127.%d.%d.%d", 16+os.Getpid()%200, os.Getpid()/200%250, 1+n%250),
		Seed:       []byte("the seed of all deckies in tests")[:32],
		PortOffset: 20000,
	}
}

// Start runs a decky with these services until the test ends.
func Start(t testing.TB, services ...string) *Decky {
	t.Helper()
	return StartAs(t, Identity(), services...)
}

// StartAs is Start with an identity of the test's choice.
func StartAs(t testing.TB, id control.Identity, services ...string) *Decky {
	t.Helper()
	return StartWith(t, id, decoy.Options{}, services...)
}

// StartWith is StartAs with options of the test's choice; the host and the events are set here.
func StartWith(t testing.TB, id control.Identity, o decoy.Options, services ...string) *Decky {
	t.Helper()
	host, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &Decky{Host: host, grown: make(chan struct{}), t: t}
	o.Host, o.Events = host, d
	if o.Drain == 0 {
		o.Drain = patience // what a session has begun may take a busy machine long: a key, with the race detector
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	d.Runtime = decoy.New(o)
	t.Cleanup(d.Close)
	if err := d.Apply(t.Context(), 1, services, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

// Write takes event lines from the runtime, and fails the test when one can't be parsed or a number is missing.
func (d *Decky) Write(lines []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rest = append(d.rest, lines...)
	for {
		line, rest, ok := bytes.Cut(d.rest, []byte{'\n'})
		if !ok {
			break
		}
		e, err := event.Parse(line)
		if err != nil {
			d.t.Errorf("event line %q: %v", line, err)
		} else if e.Seq != uint64(len(d.events)+1) {
			d.t.Errorf("event line %q is not number %d", line, len(d.events)+1)
		}
		for _, f := range e.Fields {
			if !event.Judged(f.Name) {
				d.t.Errorf("nobody has said in decoy/event/names.go whether the field %q of %s may be seen by everybody", f.Name, e.Type)
			}
		}
		d.events, d.rest = append(d.events, e), rest
	}
	close(d.grown)
	d.grown = make(chan struct{})
	return len(lines), nil
}

// Address returns where the port of the catalog answers.
func (d *Decky) Address(port int) string {
	d.t.Helper()
	for _, e := range d.Handle(d.t.Context(), control.Request{Op: control.Status}).Endpoints {
		if e.Port == port || e.Port == port+d.Host.PortOffset {
			return net.JoinHostPort(d.Host.IP, strconv.Itoa(e.Port))
		}
	}
	d.t.Fatalf("port %d is not open", port)
	return ""
}

// Dial connects to the port of the catalog; the connection has a deadline and is closed when the test ends.
func (d *Decky) Dial(port int) net.Conn {
	d.t.Helper()
	conn, err := net.DialTimeout("tcp", d.Address(port), patience)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		d.t.Fatal(err)
	}
	return conn
}

// Events returns what has been recorded so far.
func (d *Decky) Events() []event.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]event.Event(nil), d.events...)
}

// Wait returns the first event of that type for which all conditions hold, waiting for it.
func (d *Decky) Wait(typ string, conditions ...func(event.Event) bool) event.Event {
	d.t.Helper()
	timeout := time.After(patience)
	for checked := 0; ; {
		d.mu.Lock()
		events, grown := d.events, d.grown
		d.mu.Unlock()
	next:
		for ; checked < len(events); checked++ {
			e := events[checked]
			if e.Type != typ {
				continue
			}
			for _, holds := range conditions {
				if !holds(e) {
					continue next
				}
			}
			return e
		}
		select {
		case <-grown:
		case <-timeout:
			d.t.Fatalf("no event %s came; these did: %v", typ, events)
		}
	}
}

// Has is a condition for [Decky.Wait]: the field has the value.
func Has(field, value string) func(event.Event) bool {
	return func(e event.Event) bool {
		v, ok := e.Get(field)
		return ok && v == value
	}
}
