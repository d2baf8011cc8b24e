package interactions

import (
	"slices"
	"strings"

	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/schema/schematype"
)

// Redacted stands for what somebody may not see.
const Redacted = "(redacted)"

// The fields in which a request's query stands, with the passwords and tokens that are sent in one.
const (
	fieldPath   = "path"
	fieldMethod = "method"
)

// Redact returns the fields without what is secret in them: those that not everybody may see, and the query of a request.
func Redact(fields []schematype.InteractionField) []schematype.InteractionField {
	request := isRequest(func(name string) bool { return has(fields, name) })
	out := make([]schematype.InteractionField, len(fields))
	for i, f := range fields {
		if !event.Shown(f.Name) {
			f.Value, f.Base64 = Redacted, nil
		} else if text, whole := withoutQuery(f.Value); !whole && (f.Name == fieldPath || f.Name == event.Command && request) {
			f.Value, f.Base64 = text, nil
		}
		out[i] = f
	}
	return out
}

// isRequest tells by its fields whether an event is a request with a method and a path, whose command is the request's line.
func isRequest(has func(name string) bool) bool { return has(fieldPath) && has(fieldMethod) }

func has(fields []schematype.InteractionField, name string) bool {
	return slices.ContainsFunc(fields, func(f schematype.InteractionField) bool { return f.Name == name })
}

// withoutQuery is what may be seen of a path, or of a request's line; whole when that is all of it.
func withoutQuery(s string) (shown string, whole bool) {
	before, _, found := strings.Cut(s, "?")
	if !found {
		return s, true
	}
	return before + "?" + Redacted, false
}

// shownCommand is an event's command as it stands in its column, where everybody can find it: without a request's query.
func shownCommand(e event.Event, command string) string {
	if isRequest(func(name string) bool { _, ok := e.Get(name); return ok }) {
		command, _ = withoutQuery(command)
	}
	return command
}

// Command is an interaction's command, whole: for those who may see secrets.
func Command(i *ent.Interaction) *string {
	if i.Command != nil && strings.HasSuffix(*i.Command, "?"+Redacted) {
		for _, f := range i.Fields {
			if f.Name == event.Command {
				return &f.Value
			}
		}
	}
	return i.Command
}
