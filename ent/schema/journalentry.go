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

// JournalEntry is one thing that happened to one lifecycle. Rows are only ever added.
type JournalEntry struct{ ent.Schema }

// Fields of the JournalEntry.
func (JournalEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable().
			Comment("Its place in the journal, from the counter \"journal\": contiguous, in the order of the commits."),
		field.String("lifecycle_id").GoType(pid.ID("")).Immutable(),
		field.Int("seq").Immutable().Comment("1, 2, 3, … within its lifecycle."),
		field.String("status").Immutable().Comment("The lifecycle's status as of this entry."),
		field.String("stage").Default("").Immutable(),
		field.Int("attempt").Default(0).Immutable(),
		field.Time("at").Immutable(),
		field.String("decky_ref").GoType(pid.ID("")).Immutable(),
		field.String("decky_name").Immutable(),
		field.String("deployment_name").Immutable(),
	}
}

// Edges of the JournalEntry.
func (JournalEntry) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("lifecycle", Lifecycle.Type).Ref("entries").Field("lifecycle_id").Unique().Required().Immutable(),
	}
}

// Indexes of the JournalEntry.
func (JournalEntry) Indexes() []ent.Index {
	return []ent.Index{index.Fields("lifecycle_id", "seq").Unique()}
}

// Annotations of the JournalEntry.
func (JournalEntry) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("journal"), entgql.Skip(entgql.SkipAll)}
}
