// Package interactions keeps what intruders did. The [Collector] reads the event lines of every decky from the engine,
// from where it last was, and stores each line once: a line bears the run of its decoy and a number within it, so that one that is read again
// after a restart is known. [Log] reads the rows, and follows them for subscriptions.
//
// Everything in a line may be an attacker's. It is stored as data, whole; what is not printable is kept in base64 beside a printable
// rendition, so that no terminal, log or browser ever gets raw bytes.
package interactions

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/netip"
	"strconv"

	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/schema/schematype"
	"decnet/store"
)

// Stream is the interactions' name in cursors.
const Stream = "interaction"

// parse reads a line, and refuses one that no row could hold: it must not hold up those that come with it and after it.
func parse(line []byte) (event.Event, error) {
	e, err := event.Parse(line)
	if err != nil {
		return event.Event{}, err
	}
	if e.Seq > math.MaxInt64 {
		return event.Event{}, fmt.Errorf("%w: the number %d is too large", event.ErrMalformed, e.Seq)
	}
	if src, _ := e.Get(event.SrcIP); src != "" {
		_, err := netip.ParseAddr(src)
		if _, whole := event.Printable(src, event.MaxValue); err != nil || !whole { // an address's zone may be any bytes
			return event.Event{}, fmt.Errorf("%w: the source address %q", event.ErrMalformed, src)
		}
	}
	return e, nil
}

// columns are the fields of an event that have a column of their own.
func columns(c *ent.InteractionCreate, e event.Event) {
	src, _ := e.Get(event.SrcIP)
	c.SetSourceIP(src).SetSourcePort(number(e, event.SrcPort)).SetDestPort(number(e, event.DstPort))
	for name, set := range map[string]func(string) *ent.InteractionCreate{
		event.Principal: c.SetPrincipal, event.Secret: c.SetSecret, event.Outcome: c.SetOutcome,
	} {
		if v, ok := e.Get(name); ok {
			text, _ := event.Printable(v, event.MaxValue)
			set(text)
		}
	}
	if v, ok := e.Get(event.Command); ok {
		text, _ := event.Printable(v, event.MaxValue)
		c.SetCommand(shownCommand(e, text))
	}
	c.SetAt(store.Time(e.Time)).SetService(e.Service).SetType(e.Type).SetSession(e.Session).
		SetBoot(e.Boot).SetSeq(int64(e.Seq)).SetFields(fields(e)).SetMessage(e.Message)
}

func number(e event.Event, name string) int {
	v, _ := e.Get(name)
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0 // the event has none
	}
	return n
}

func fields(e event.Event) []schematype.InteractionField {
	out := make([]schematype.InteractionField, 0, len(e.Fields))
	for _, f := range e.Fields {
		text, whole := event.Printable(f.Value, event.MaxValue)
		field := schematype.InteractionField{Name: f.Name, Value: text}
		if !whole {
			b := base64.StdEncoding.EncodeToString([]byte(f.Value))
			field.Base64 = &b
		}
		out = append(out, field)
	}
	return out
}
