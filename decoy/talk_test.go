package decoy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"decnet/decoy/event"
)

// talking is what talks record of datagrams that a test sends.
type talking struct {
	*talks
	clock  time.Time
	in     *instance
	events []event.Event
	made   int
}

func newTalking() *talking {
	v := &talking{clock: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), in: &instance{slug: "dns"}}
	v.talks = newTalks(func() time.Time { return v.clock }, time.Hour)
	return v
}

func from(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("203.0.113.1"), uint16(port))
}

// send is a datagram of ten bytes from that port, of which an event comes, and returns the session that it belongs to.
func (v *talking) send(port int, typ string, fields ...event.Field) string {
	session := func() *Session {
		v.made++
		return &Session{id: fmt.Sprint(v.made), service: "dns", peer: from(port), port: 53, record: func(e event.Event) { v.events = append(v.events, e) }}
	}
	one := v.join(53, from(port), v.in, 10, session)
	s := session()
	s.id, s.record = one.voice.id, v.through(one, s.record)
	s.Event(typ, fields...)
	v.answered(one, 20)
	return s.id
}

// of returns the events of a type.
func (v *talking) of(typ string) (found []event.Event) {
	for _, e := range v.events {
		if e.Type == typ {
			found = append(found, e)
		}
	}
	return found
}

func expectFields(t *testing.T, e event.Event, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got, _ := e.Get(name); got != value {
			t.Errorf("%s has %s %q, want %q", e.Type, name, got, value)
		}
	}
}

// One who asks a thousand times is one session of a few events; what is tried and changed is recorded each time.
func TestAConversationInDatagramsIsOneSession(t *testing.T) {
	v := newTalking()
	for i := range 500 {
		v.send(1, "query", event.String("name", fmt.Sprintf("h%d.", i)), event.String("qtype", "A"))
		v.clock = v.clock.Add(20 * time.Millisecond)
	}
	v.send(1, "query", event.String("name", "mail."), event.String("qtype", "MX"))
	for range 40 {
		v.send(1, event.AuthAttempt, event.String(event.Principal, "backup."))
		v.send(1, "dns_update")
	}
	last := v.clock
	v.clock = v.clock.Add(talkIdle - 1)
	v.sweep()
	if len(v.of(event.Disconnect)) != 0 {
		t.Error("it has ended while it may go on")
	}
	v.clock = v.clock.Add(1)
	v.sweep()
	if a, u, q := len(v.of(event.AuthAttempt)), len(v.of("dns_update")), len(v.of("query")); a != 40 || u != 40 || q != 11 {
		t.Errorf("%d attempts, %d updates and %d questions are told whole", a, u, q)
	}
	repeated := v.of(event.Repeated)
	if len(repeated) != 1 {
		t.Fatalf("%d summaries: %v", len(repeated), repeated)
	}
	expectFields(t, repeated[0], map[string]string{"kind": "query", "qtype": "a", event.Count: "490", "first": "h10.", "last": "h499.", event.SrcIP: "203.0.113.1", event.SrcPort: "1", event.DstPort: "53"})
	end := v.events[len(v.events)-1]
	expectFields(t, end, map[string]string{event.Duration: "10000", "bytes_in": "5810", "bytes_out": "11620"})
	if end.Type != event.Disconnect || !end.Time.Equal(last) {
		t.Errorf("it ends with %v", end)
	}
	for _, e := range v.events {
		if e.Session != v.events[0].Session || e.Service != "dns" {
			t.Errorf("%s is of session %s of %s", e.Type, e.Session, e.Service)
		}
	}
	if len(v.talks.of) != 0 || v.age.Len() != 0 {
		t.Error("something is kept of it")
	}
}

func TestWhereConversationsInDatagramsPart(t *testing.T) {
	v := newTalking()
	first := v.send(1, "query")
	if v.send(1, "query") != first || v.send(2, "query") == first {
		t.Error("it is not the port that makes a session")
	}
	v.clock = v.clock.Add(talkIdle) // nobody has swept yet
	second := v.send(1, "query")
	if second == first || len(v.of(event.Disconnect)) != 1 {
		t.Error("one goes on after it was silent for long")
	}
	v.close(&instance{})
	if v.send(1, "query") != second {
		t.Error("another service's end has ended it")
	}
	v.close(v.in)
	v.in = &instance{slug: "dns"}
	if v.send(1, "query") == second {
		t.Error("one goes on with a service that is another")
	}
	// One without a pause has an end, too, and its summaries come ever more seldom.
	began, v2 := time.Duration(0), newTalking()
	session := v2.send(1, "query")
	for ; v2.send(1, "query") == session; began += 10 * time.Second {
		v2.clock = v2.clock.Add(10 * time.Second)
		v2.sweep()
	}
	if n := len(v2.of(event.Repeated)); began != time.Hour || n < 4 || n > 8 {
		t.Errorf("a session of %s is summed up %d times", began, n)
	}
	count := 0
	for _, e := range v2.of(event.Repeated) {
		n, _ := e.Get(event.Count)
		var some int
		fmt.Sscan(n, &some)
		count += some
	}
	if whole := len(v2.of("query")) - 1; count+whole != 361 { // the last one is of the next session
		t.Errorf("%d are told whole and %d summed up", whole, count)
	}
}

// A part that goes on elsewhere keeps the session open.
func TestABranchIsPartOfTheConversation(t *testing.T) {
	v := newTalking()
	v.send(1, "tftp")
	join := v.branch(v.talks.of[talkKey{53, from(1)}])
	v.clock = v.clock.Add(2 * talkIdle)
	v.sweep()
	join(1000, 2000)
	if v.sweep(); len(v.of(event.Disconnect)) != 0 {
		t.Fatal("the session has ended before its branch")
	}
	v.clock = v.clock.Add(talkIdle)
	v.sweep()
	expectFields(t, v.of(event.Disconnect)[0], map[string]string{event.Duration: "120000", "bytes_in": "1010", "bytes_out": "2020"})
}

// What a flow takes over ends once: with the flow.
func TestAFlowTakesTheConversationOver(t *testing.T) {
	v := newTalking()
	session := v.send(1, "query")
	v.yield(v.talks.of[talkKey{53, from(1)}])
	v.clock = v.clock.Add(2 * talkIdle)
	v.sweep()
	if len(v.of(event.Disconnect)) != 0 || v.send(1, "query") == session {
		t.Error("there are two ends of one session")
	}
}

// By a clock that was set back, conversations end and whoever asks is answered.
func TestAClockThatIsSetBackSilencesNobody(t *testing.T) {
	v := newTalking()
	session := v.send(1, "query")
	v.clock = v.clock.Add(-time.Hour)
	if v.send(1, "query") == session || len(v.of(event.Disconnect)) != 1 {
		t.Error("a conversation goes on until the clock is where it was")
	}
	limits := DefaultLimits()
	g := newGuard(limits, func() time.Time { return v.clock })
	g.allowPacket(from(1).Addr())
	v.clock = v.clock.Add(-24 * time.Hour)
	for i := range int(limits.PacketBurst) - 1 {
		if !g.allowPacket(from(1).Addr()) {
			t.Fatalf("after a day's step back %d datagrams are let in, want %g", i, limits.PacketBurst-1)
		}
	}
}

func TestWhatIsKeptOfConversationsIsBounded(t *testing.T) {
	v := newTalking()
	for port := range 2 * maxTalks {
		v.send(port, "query")
	}
	if len(v.talks.of) != maxTalks || v.age.Len() != maxTalks || len(v.of(event.Disconnect)) != maxTalks {
		t.Errorf("%d are kept, %d have ended", len(v.talks.of), len(v.of(event.Disconnect)))
	}
	v.events = nil
	for i := range 10000 {
		v.send(0, fmt.Sprintf("kind%d", i%1000), event.String("name", string(make([]byte, 4096))))
	}
	one := v.talks.of[talkKey{53, from(0)}]
	told := len(v.events) - 1 // another one's end
	v.close(v.in)
	count := int64(0)
	if len(one.tallies) > talkKinds+1 {
		t.Errorf("%d kinds are told apart", len(one.tallies))
	}
	for _, e := range v.of(event.Repeated) {
		var n int64
		text, _ := e.Get(event.Count)
		fmt.Sscan(text, &n)
		if first, _ := e.Get("first"); len(first) > talkSubject {
			t.Errorf("%d bytes of a name are kept", len(first))
		}
		count += n
	}
	if told > (talkKinds+1)*talkWhole || int64(told)+count != 10000 {
		t.Errorf("%d events are told and %d counted of 10000", told, count)
	}
}
