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

// AuditEntry is one thing that somebody asked for, and what came of it. Nothing changes it, and nothing deletes it.
type AuditEntry struct{ ent.Schema }

// Fields of the AuditEntry.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Audit),
		field.Int64("number").Unique().Immutable().Annotations(entgql.Skip(entgql.SkipAll)).Comment("Its place, from the counter \"audit\"."),
		field.Time("at").Immutable().Annotations(entgql.OrderField("AT")).Comment("When it was asked."),
		field.String("actor").Immutable().Comment("Who asked: a user's name, as it was given when somebody signs in; empty for nobody."),
		field.String("peer").Immutable().Comment("The address that the request came from."),
		field.String("action").Immutable().Comment("What was asked: a mutation's name, such as mutateDecky or login."),
		field.String("result").Immutable().Comment("What came of it: OK, or the error's code."),
		field.String("detail").Default("").Immutable().Annotations(entgql.Skip(entgql.SkipWhereInput)).
			Comment("The arguments as JSON, without what is secret; where it would have more than 4,000 bytes, long values are shortened."),
	}
}

// Indexes of the AuditEntry.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{index.Fields("at"), index.Fields("actor", "at")}
}

// Annotations of the AuditEntry.
func (AuditEntry) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("audit"), entgql.RelayConnection()}
}
