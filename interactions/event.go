package interactions

import (
	"decnet/decoy/event"
	"decnet/ent"
)

// Event is the interaction as the decoy recorded it: what its line said.
func Event(i *ent.Interaction) event.Event {
	e := event.Event{
		Time: i.At, Severity: event.SeverityOf(i.Type), Host: i.DeckyName, Service: i.Service, Session: i.Session, Type: i.Type, Boot: i.Boot, Seq: uint64(max(i.Seq, 0)),
		Fields: make([]event.Field, 0, len(i.Fields)+2), Message: i.Message,
	}
	for _, f := range i.Fields {
		e.Fields = append(e.Fields, event.String(f.Name, valueOf(f)))
	}
	return e
}
