package interactions

import (
	"strings"

	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/interaction"
)

// Event is the interaction as the decoy recorded it: what its line said, and whose it was where it was no intruder's.
func Event(i *ent.Interaction) event.Event {
	e := event.Event{
		Time: i.At, Severity: event.SeverityOf(i.Type), Host: i.DeckyName, Service: i.Service, Session: i.Session, Type: i.Type, Boot: i.Boot, Seq: uint64(max(i.Seq, 0)),
		Fields: make([]event.Field, 0, len(i.Fields)+3), Message: i.Message,
	}
	for _, f := range i.Fields {
		e.Fields = append(e.Fields, event.String(f.Name, valueOf(f)))
	}
	if i.Origin != interaction.OriginIntruder { // what alarms need not go off for
		e.Fields = append(e.Fields, event.String("origin", strings.ToLower(string(i.Origin))))
	}
	return e
}
