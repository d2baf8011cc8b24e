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

// IdempotencyKey remembers what a client's key was answered with: the same key and input give the same lifecycles.
type IdempotencyKey struct{ ent.Schema }

// Fields of the IdempotencyKey.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("key").Immutable(),
		field.String("actor").Immutable().Comment("Keys of different users do not meet."),
		field.Bytes("input_hash").Immutable().Comment("SHA-256 of the operation and its input."),
		field.JSON("lifecycle_ids", []pid.ID{}).Immutable(),
		createdAt(""),
	}
}

// Indexes of the IdempotencyKey.
func (IdempotencyKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("actor", "key").Unique(), index.Fields("created_at")}
}

// Annotations of the IdempotencyKey.
func (IdempotencyKey) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("idempotency_keys"), entgql.Skip(entgql.SkipAll)}
}
