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

// Attacker is an address from which deckies were touched.
type Attacker struct{ ent.Schema }

// Fields of the Attacker.
func (Attacker) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Attacker),
		field.String("address").Unique().Immutable().Annotations(entgql.OrderField("ADDRESS")).Comment("The IP address, by which it is known."),
		field.Time("first_seen_at").Annotations(entgql.OrderField("FIRST_SEEN_AT")).Comment("When it first touched a decky."),
		field.Time("last_seen_at").Annotations(entgql.OrderField("LAST_SEEN_AT")).Comment("When it last touched one."),
		field.Int("interactions").Annotations(entgql.OrderField("INTERACTIONS")).Comment("How many interactions it has had."),
		field.Int("sessions").Annotations(entgql.OrderField("SESSIONS")).Comment("How many conversations it has begun."),
		field.Int("attempts").Annotations(entgql.OrderField("ATTEMPTS")).Comment("How often it tried to log in."),
		field.Int("commands").Comment("How many commands it gave."),
		field.Int("deckies").Comment("How many deckies it has touched."),
		field.JSON("services", []string{}).Annotations(entgql.Type("[String!]")).Comment("The services that it has touched, in the alphabet's order."),
		field.Int64("last_number").Annotations(entgql.Skip(entgql.SkipAll)).Comment("Its last interaction's number: it is pruned with that."),
	}
}

// Edges of the Attacker.
func (Attacker) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("touches", Touch.Type).Annotations(entgql.RelayConnection(), entsql.OnDelete(entsql.Cascade)).
			Comment("What it has touched: an entry for each service of each decky."),
	}
}

// Indexes of the Attacker.
func (Attacker) Indexes() []ent.Index {
	return []ent.Index{index.Fields("last_seen_at"), index.Fields("first_seen_at"), index.Fields("interactions"), index.Fields("last_number")}
}

// Annotations of the Attacker.
func (Attacker) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("attackers"), entgql.RelayConnection()}
}

// Touch is one service of one decky that an attacker has touched.
type Touch struct{ ent.Schema }

// Fields of the Touch.
func (Touch) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Touch),
		field.String("attacker_id").GoType(pid.ID("")).Immutable().Annotations(entgql.Skip(entgql.SkipType)),
		field.String("decky_ref").GoType(pid.ID("")).Immutable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("decky_name").Immutable().Comment("The decky's name, also when it is gone."),
		field.String("deployment_name").Immutable().Comment("The deployment's name, also when it is gone."),
		field.String("service").Immutable().Comment("The service, a slug of the catalog."),
		field.Int("interactions").Annotations(entgql.OrderField("INTERACTIONS")).Comment("How many interactions there were."),
		field.Time("first_seen_at").Comment("When the first one was."),
		field.Time("last_seen_at").Annotations(entgql.OrderField("LAST_SEEN_AT")).Comment("When the last one was."),
	}
}

// Edges of the Touch.
func (Touch) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("attacker", Attacker.Type).Ref("touches").Field("attacker_id").Unique().Required().Immutable().Comment("Who touched it."),
	}
}

// Indexes of the Touch.
func (Touch) Indexes() []ent.Index {
	return []ent.Index{index.Fields("attacker_id", "decky_ref", "service").Unique(), index.Fields("service")}
}

// Annotations of the Touch.
func (Touch) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("touches"), entgql.RelayConnection()}
}
