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

// Lifecycle is one accepted operation on one decky, and its record. The rows are the runner's work queue.
type Lifecycle struct{ ent.Schema }

// Fields of the Lifecycle.
func (Lifecycle) Fields() []ent.Field {
	internal := entgql.Skip(entgql.SkipAll)
	return []ent.Field{
		id(pid.Lifecycle),
		field.String("decky_id").GoType(pid.ID("")).Optional().Nillable().Annotations(entgql.Skip(entgql.SkipType)),
		field.String("decky_ref").GoType(pid.ID("")).Immutable().Annotations(internal).
			Comment("The decky's ID, kept when the decky is gone."),
		field.String("decky_name").Immutable().Comment("The decky's name, also when it is gone."),
		field.String("deployment_name").Immutable().Comment("The deployment's name, also when it is gone."),
		field.Enum("operation").NamedValues("Deploy", "DEPLOY", "Mutate", "MUTATE", "Teardown", "TEARDOWN", "Repair", "REPAIR").Immutable().
			Comment("What is done."),
		field.Enum("status").NamedValues("Pending", "PENDING", "Running", "RUNNING", "Succeeded", "SUCCEEDED", "Failed", "FAILED", "Canceled", "CANCELED", "Superseded", "SUPERSEDED").
			Default("PENDING").Comment("Where it stands: PENDING → RUNNING → SUCCEEDED | FAILED | CANCELED, and PENDING → SUPERSEDED."),
		field.String("stage").Optional().Nillable().Annotations(entgql.Skip(entgql.SkipWhereInput)).
			Comment("What it is doing now, in words a person reads."),
		field.Int("attempt").Default(0).Comment("How many times a runner has taken it up: 0 while it waits."),
		field.Enum("trigger").NamedValues("Operator", "OPERATOR", "Schedule", "SCHEDULE", "Reconciler", "RECONCILER").Immutable().
			Comment("What made it."),
		field.String("actor").Optional().Nillable().Immutable().Comment("Who asked: a user's name; null for the server itself."),
		field.JSON("from_services", []string{}).Annotations(entgql.Type("[String!]")).
			Comment("The decky's services before."),
		field.JSON("to_services", []string{}).Immutable().Annotations(entgql.Type("[String!]")).
			Comment("The services that it brings about."),
		field.JSON("reshape", &schematype.Reshape{}).Optional().Annotations(internal).
			Comment("What it changes of the decky besides its services, so that it can be taken back."),
		field.Int("generation").Annotations(internal).Comment("The decky's generation that it brings about."),
		field.String("error_code").Optional().Nillable().Annotations(entgql.Skip(entgql.SkipType)),
		field.String("error_message").Optional().Nillable().Annotations(internal),
		field.String("error_detail").Optional().Nillable().Annotations(internal),
		field.String("superseded_by").GoType(pid.ID("")).Optional().Nillable().Annotations(internal),
		field.String("retry_of").GoType(pid.ID("")).Optional().Nillable().Immutable().Annotations(internal),
		field.Int("seq").Default(0).Annotations(internal).Comment("The number of its last journal entry."),
		field.Bool("cancel_requested").Default(false).Annotations(internal),
		field.String("lease_owner").Default("").Annotations(internal).Comment("The runner that works on it."),
		field.Time("lease_expires_at").Optional().Nillable().Annotations(internal).
			Comment("Until when the runner's claim holds; after it, any runner may take the row over."),
		field.String("trace_parent").Default("").Immutable().Annotations(internal).
			Comment("The W3C traceparent of its first span; empty when nobody traces."),
		createdAt("When it was accepted."),
		field.Time("started_at").Optional().Nillable().Comment("When a runner first took it up."),
		field.Time("completed_at").Optional().Nillable().Annotations(entgql.OrderField("COMPLETED_AT")).
			Comment("When it reached its end."),
	}
}

// Edges of the Lifecycle.
func (Lifecycle) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("decky", Decky.Type).Ref("lifecycles").Field("decky_id").Unique().
			Comment("The decky; null once it is gone."),
		edge.To("entries", JournalEntry.Type).Annotations(entgql.Skip(entgql.SkipAll), entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of the Lifecycle.
func (Lifecycle) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("status", "created_at"),
		index.Fields("decky_id", "created_at"),
		index.Fields("deployment_name", "decky_name", "created_at"),
		// What waits for a decky, or is in the way there.
		index.Fields("decky_ref", "status"),
		// The database itself refuses a second operation on a decky that has one under way. The constant comes first for SQLite's sake: to see whether the index helps a
		// statement with "status = ?", it would look at what is bound there, and so prepare each such statement anew each time, which costs more than running it.
		index.Fields("decky_ref").Unique().Annotations(entsql.IndexWhere("'RUNNING' = status")),
	}
}

// Annotations of the Lifecycle.
func (Lifecycle) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Table("lifecycles"), entgql.RelayConnection(),
	}
}
