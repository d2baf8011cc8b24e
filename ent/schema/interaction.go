package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"decnet/ent/schema/schematype"
	"decnet/pid"
)

// Interaction is one thing an intruder did to a decky, as the decoy recorded it.
type Interaction struct{ ent.Schema }

// Fields of the Interaction.
func (Interaction) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Interaction),
		field.Int64("number").Unique().Immutable().Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("Its place among all interactions, from the counter \"interaction\"."),
		field.String("decky_id").GoType(pid.ID("")).Optional().Nillable().Annotations(entgql.Skip(entgql.SkipType)),
		field.String("decky_ref").GoType(pid.ID("")).Immutable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("decky_name").Immutable().Comment("The decky's name, also when it is gone."),
		field.String("deployment_name").Immutable().Comment("The deployment's name, also when it is gone."),
		field.String("boot").Immutable().Annotations(entgql.Skip(entgql.SkipAll)).Comment("The run of the decoy that recorded it."),
		field.Int64("seq").Immutable().Annotations(entgql.Skip(entgql.SkipAll)).Comment("Its number within that run."),
		field.Enum("origin").NamedValues("Intruder", "INTRUDER", "Check", "CHECK", "Known", "KNOWN").Default("INTRUDER").Immutable().
			Comment("Whose it was. What was no intruder's makes no attacker, session or credential, and counts in no statistics."),
		field.Time("at").Immutable().Annotations(entgql.OrderField("AT")).Comment("When it happened, by the decoy's clock."),
		field.String("service").Immutable().Comment("The service that was touched, a slug of the catalog."),
		field.String("type").Immutable().Comment("What happened: connect, auth_attempt, command, request, …"),
		field.String("source_ip").Immutable().StructTag(`json:"sourceIP,omitempty"`).Comment("Where it came from."),
		field.Int("source_port").Immutable(),
		field.Int("dest_port").Immutable().Comment("The decky's port, as the catalog has it."),
		field.String("session").Immutable().Comment("The conversation that it was part of."),
		field.String("principal").Optional().Nillable().Immutable().Comment("Who the intruder claimed to be."),
		field.String("secret").Optional().Nillable().Immutable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("credential_id").GoType(pid.ID("")).Optional().Nillable().Immutable().StructTag(`json:"credentialID,omitempty"`).Annotations(entgql.Type("ID")).
			Comment("The `Credential` that was tried, which may have been pruned since; null where none was."),
		field.String("command").Optional().Nillable().Immutable().Annotations(entgql.Skip(entgql.SkipType)).
			Comment("What the intruder asked for: a shell line, a query, a request line (without its query, in which secrets stand)."),
		field.String("outcome").Optional().Nillable().Immutable().Comment("What the decoy answered: accepted, rejected, …"),
		field.JSON("fields", []schematype.InteractionField{}).Optional().Immutable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("message").Default("").Immutable().Annotations(entgql.Skip(entgql.SkipWhereInput)).Comment("It in one line, for people."),
		createdAt("When the server stored it."),
	}
}

// Edges of the Interaction.
func (Interaction) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("decky", Decky.Type).Ref("interactions").Field("decky_id").Unique().
			Comment("The decky; null once it is gone."),
	}
}

// Indexes of the Interaction.
func (Interaction) Indexes() []ent.Index {
	return []ent.Index{
		// A line that is read twice is stored once.
		index.Fields("decky_ref", "boot", "seq").Unique(),
		index.Fields("at"), index.Fields("source_ip", "at"), index.Fields("decky_id", "at"), index.Fields("type", "at"),
		index.Fields("decky_ref", "session"), index.Fields("credential_id"),
	}
}

// Annotations of the Interaction.
func (Interaction) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Table("interactions"), entgql.RelayConnection(),
	}
}

// EventPosition is how far the event lines of one decky have been read.
type EventPosition struct{ ent.Schema }

// Fields of the EventPosition.
func (EventPosition) Fields() []ent.Field {
	return []ent.Field{
		field.String("decky_id").GoType(pid.ID("")).Unique().Immutable(),
		field.String("position").Comment("The engine's own mark."),
		field.String("boot").Default("").Comment("The run of the decoy that recorded the last line stored, and"),
		field.Int64("seq").Default(0).Comment("its number in it: what is read again is known also when its row is pruned."),
		field.Int64("malformed").Default(0).Comment("Lines that could not be parsed."),
	}
}

// Edges of the EventPosition.
func (EventPosition) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("decky", Decky.Type).Ref("event_position").Field("decky_id").Unique().Required().Immutable(),
	}
}

// Annotations of the EventPosition.
func (EventPosition) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("event_positions"), entgql.Skip(entgql.SkipAll)}
}
