package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"decnet/pid"
)

// Session is one conversation of an intruder with a service of a decky: what its interactions come to.
type Session struct{ ent.Schema }

// Fields of the Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Session),
		field.String("key").Immutable().Comment("The decoy's own name for it: what its interactions have as `session`."),
		field.String("decky_id").GoType(pid.ID("")).Optional().Nillable().Annotations(entgql.Skip(entgql.SkipType)),
		field.String("decky_ref").GoType(pid.ID("")).Immutable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("decky_name").Immutable().Comment("The decky's name, also when it is gone."),
		field.String("deployment_name").Immutable().Comment("The deployment's name, also when it is gone."),
		field.String("service").Immutable().Comment("The service that was touched, a slug of the catalog."),
		field.String("source_ip").Immutable().StructTag(`json:"sourceIP,omitempty"`).Comment("Where it came from."),
		field.Int("source_port").Immutable(),
		field.Int("dest_port").Immutable().Comment("The decky's port, as the catalog has it."),
		field.Time("started_at").Annotations(entgql.OrderField("STARTED_AT")).Comment("When its first interaction happened."),
		field.Time("last_at").Annotations(entgql.OrderField("LAST_AT")).Comment("When its last interaction so far happened."),
		field.Time("ended_at").Optional().Nillable().Comment("When the intruder was gone; null while that has not been recorded."),
		field.String("principal").Optional().Nillable().Comment("Who the intruder was let in as, or else last claimed to be."),
		field.Bool("authenticated").Default(false).Comment("Whether the decoy has let the intruder in."),
		field.Int("interactions").Annotations(entgql.OrderField("INTERACTIONS")).Comment("How many interactions it has had."),
		field.Int("attempts").Comment("How many of them were tries to log in."),
		field.Int("commands").Annotations(entgql.OrderField("COMMANDS")).Comment("How many of them were commands."),
		field.Int("downloads").Comment("How many of them were files that the intruder wanted to fetch; none was fetched."),
		field.Bool("recorded").Default(false).Comment("Whether a terminal was recorded: `recording` plays it."),
		field.Int64("last_number").Annotations(entgql.Skip(entgql.SkipAll)).Comment("Its last interaction's number: it is pruned with that."),
	}
}

// Edges of the Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("decky", Decky.Type).Ref("sessions").Field("decky_id").Unique().Comment("The decky; null once it is gone."),
	}
}

// Indexes of the Session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("decky_ref", "key").Unique(), index.Fields("started_at"), index.Fields("last_at"),
		index.Fields("source_ip", "started_at"), index.Fields("last_number"),
	}
}

// Annotations of the Session.
func (Session) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("sessions"), entgql.RelayConnection()}
}
