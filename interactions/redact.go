package interactions

import (
	"decnet/decoy/event"
	"decnet/ent/schema/schematype"
)

// Redacted stands for what somebody may not see.
const Redacted = "(redacted)"

// sensitive are the fields that are a secret, or raw text of an intruder's in which secrets stand: an Authorization header, a form's body, a login packet.
var sensitive = map[string]bool{
	event.Secret: true, "headers": true, "body": true, "data": true, "content": true, "parameters": true, "response": true, "clipboard": true, "text": true, "keys": true,
	"password": true,
}

// Redact returns the fields without what is secret in them.
func Redact(fields []schematype.InteractionField) []schematype.InteractionField {
	out := make([]schematype.InteractionField, len(fields))
	for i, f := range fields {
		if sensitive[f.Name] {
			f.Value, f.Base64 = Redacted, nil
		}
		out[i] = f
	}
	return out
}
