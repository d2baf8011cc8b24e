package interactions

import (
	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/interaction"
)

// Event is the interaction as the decoy recorded it: what its line said, and whether it was a look of our own.
func Event(i *ent.Interaction) event.Event {
	e := event.Event{
		Time: i.At, Severity: event.SeverityOf(i.Type), Host: i.DeckyName, Service: i.Service, Session: i.Session, Type: i.Type, Boot: i.Boot, Seq: uint64(max(i.Seq, 0)),
		Fields: make([]event.Field, 0, len(i.Fields)+3), Message: i.Message,
	}
	for _, f := range i.Fields {
		e.Fields = append(e.Fields, event.String(f.Name, valueOf(f)))
	}
	if i.Origin == interaction.OriginCheck { // what alarms need not go off for
		e.Fields = append(e.Fields, event.String("origin", "check"))
	}
	return e
}
