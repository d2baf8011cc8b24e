package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"decnet/pid"
)

// KnownSource is an address or a network whose touches are expected.
type KnownSource struct{ ent.Schema }

// Fields of the KnownSource.
func (KnownSource) Fields() []ent.Field {
	return []ent.Field{
		id(pid.KnownSource),
		field.String("network").Unique().Immutable().Comment("The address, or the network as ADDRESS/BITS."),
		field.String("note").Immutable().Comment("Who that is, and why they touch deckies."),
		field.String("created_by").Immutable().Comment("Who said so."),
		createdAt("When they said so."),
		field.Time("expires_at").Optional().Nillable().Immutable().Comment("What comes from there at this moment or later is an intruder's again; null: it never ends by itself."),
		field.Int("interactions").Default(0).Comment("How many interactions it has kept out of the evidence's sums."),
		field.Time("last_seen_at").Optional().Nillable().Comment("When the last of them was."),
	}
}

// Annotations of the KnownSource.
func (KnownSource) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("known_sources"), entgql.Skip(entgql.SkipWhereInput, entgql.SkipOrderField)}
}
