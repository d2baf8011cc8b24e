package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"decnet/pid"
)

// Credential is one name and secret that intruders have tried on a service: one row, however often and on how many deckies.
type Credential struct{ ent.Schema }

// Fields of the Credential.
func (Credential) Fields() []ent.Field {
	internal := entgql.Skip(entgql.SkipAll)
	return []ent.Field{
		id(pid.Credential),
		field.Bytes("digest").Unique().Immutable().Annotations(internal).Comment("SHA-256 of service, kind, principal and secret, all of their bytes."),
		field.String("service").Immutable().Comment("The service that it was tried on, a slug of the catalog."),
		field.String("kind").Immutable().Comment("What the secret is: plaintext, publickey, ntlm, …"),
		field.String("principal").Immutable().Annotations(entgql.OrderField("PRINCIPAL")).Comment("Who the intruders claimed to be."),
		field.String("secret").Immutable().Annotations(internal).Comment("As printable text; unprintable bytes are escaped."),
		field.Bytes("secret_bytes").Immutable().Annotations(internal).Comment("Whole."),
		field.Int("attempts").Annotations(entgql.OrderField("ATTEMPTS")).Comment("How often it was tried."),
		field.Int("accepted").Comment("How often it let them in."),
		field.Time("first_seen_at").Annotations(entgql.OrderField("FIRST_SEEN_AT")).Comment("When it was first tried."),
		field.Time("last_seen_at").Annotations(entgql.OrderField("LAST_SEEN_AT")).Comment("When it was last tried."),
		field.String("last_source_ip").StructTag(`json:"lastSourceIP,omitempty"`).Comment("Where it last came from."),
		field.String("last_decky_name").Comment("The decky that it was last tried on."),
		field.Int64("last_number").Annotations(internal).Comment("Its last interaction's number: it is pruned with that."),
	}
}

// Indexes of the Credential.
func (Credential) Indexes() []ent.Index {
	return []ent.Index{index.Fields("attempts"), index.Fields("last_seen_at"), index.Fields("last_number")}
}

// Annotations of the Credential.
func (Credential) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("credentials"), entgql.RelayConnection()}
}
