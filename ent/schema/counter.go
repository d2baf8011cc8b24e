package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// Counter hands out the numbers of a stream ("journal", "interaction", "decky") inside the transaction that uses them. The row
// stays locked until the commit, so that numbers become visible in their order and without a gap, on every database.
//
// Other rows are facts of the database that are one number: up to where a stream is pruned ("journal-pruned", "interaction-pruned"), whose deckies
// an engine holds ("installation"), whose cursors are good ("epoch"), and that it is a copy whose first start is still to come ("restored").
type Counter struct{ ent.Schema }

// Fields of the Counter.
func (Counter) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.Int64("value").Default(0),
	}
}

// Annotations of the Counter.
func (Counter) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("counters"), entgql.Skip(entgql.SkipAll)}
}
