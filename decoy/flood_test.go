package decoy

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"decnet/decoy/event"
)

// What came last is written once the flood is over, though the session goes on, and bears its own time.
func TestTheLastEventsAreWrittenWhenTheFloodEnds(t *testing.T) {
	limits := DefaultLimits()
	limits.EventBurst, limits.EventRate = 80, 0
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	g := newGuard(limits, func() time.Time { return now })
	source, f := netip.MustParseAddr("203.0.113.1"), &flood{}
	for i := range 500 {
		g.allowEvent(source, f, event.Event{Type: "chatter", Fields: []event.Field{event.Int("i", int64(i))}})
	}
	if got := g.subsided(false); got != nil {
		t.Errorf("%d events are written in the midst of it", len(got))
	}
	began := now
	now = now.Add(10 * time.Second)
	got := g.subsided(false)
	if len(got) != 20 {
		t.Fatalf("%d events are written at its end, want 20", len(got))
	}
	if i, _ := got[19].Get("i"); i != "499" || !got[19].Time.Equal(began) {
		t.Errorf("the last one is %v", got[19])
	}
	if g.held != 0 || len(g.floods) != 0 {
		t.Errorf("%d bytes of %d floods are still held", g.held, len(g.floods))
	}
}

// What is held is bounded, of one session and of all, and the count of what is lost is whole.
func TestWhatIsHeldIsBounded(t *testing.T) {
	limits := DefaultLimits()
	limits.EventBurst, limits.EventRate = 1, 0
	g := newGuard(limits, time.Now)
	let, events := 0, 0
	for n := range 400 {
		source, f := netip.AddrFrom4([4]byte{203, 0, byte(n / 250), byte(n % 250)}), &flood{}
		for i := range 30 {
			e := event.Event{Type: "chatter", Fields: []event.Field{event.String(event.Command, fmt.Sprint(i)), event.String("data", strings.Repeat("x", 7000))}}
			if events++; g.allowEvent(source, f, e) {
				let++
			}
			if f.bytes > maxHeldBytes || len(f.held) > maxHeld || g.held > maxHeldAll {
				t.Fatalf("%d events of %d bytes are held, %d of all", len(f.held), f.bytes, g.held)
			}
		}
	}
	written := len(g.subsided(true))
	lost := 0
	for _, s := range g.report() {
		lost += int(s.suppressed)
	}
	if let+written+lost != events || g.held != 0 || len(g.floods) != 0 {
		t.Errorf("%d let through, %d written later and %d counted of %d; %d bytes are held", let, written, lost, events, g.held)
	}
}
