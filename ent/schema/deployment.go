// Package schema is the Ent schema: what the database holds, and the one truth of the fleet.
package schema

import (
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"decnet/pid"
)

// Deployment is a named desired fleet on one network.
type Deployment struct{ ent.Schema }

// Fields of the Deployment.
func (Deployment) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Deployment),
		field.String("name").Unique().Immutable().Annotations(entgql.OrderField("NAME")).
			Comment("The deployment's name, `^[a-z0-9-]{1,64}$`; \"default\" where none is given."),
		field.Int("revision").Default(1).
			Comment("Raised by every change of the deployment. Give it as `expectedRevision` to refuse to build on a stale view."),
		field.Enum("network_driver").NamedValues("Loopback", "LOOPBACK", "Bridge", "BRIDGE", "Macvlan", "MACVLAN", "Ipvlan", "IPVLAN").
			Immutable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("subnet").Immutable().Annotations(entgql.Skip(entgql.SkipAll)).Comment("The network's prefix in CIDR form."),
		field.String("gateway").Default("").Immutable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("parent").Default("").Immutable().Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("The host's interface, for MACVLAN and IPVLAN."),
		interval("How often its deckies mutate by themselves; null: not at all, unless a decky has an interval of its own."),
		field.Bool("removing").Default(false).Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("All of it is being torn down: the row goes with its last decky."),
		createdAt("When it was first deployed."),
	}
}

// Edges of the Deployment.
func (Deployment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("deckies", Decky.Type).Annotations(entgql.RelayConnection(), entsql.OnDelete(entsql.Cascade)).
			Comment("The deckies of the deployment."),
	}
}

// Annotations of the Deployment.
func (Deployment) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Table("deployments"), entgql.RelayConnection(),
	}
}

func id(prefix string) ent.Field {
	return field.String("id").GoType(pid.ID("")).DefaultFunc(pid.Maker(prefix)).Immutable().
		Comment("The opaque, global ID.")
}

func createdAt(comment string) ent.Field {
	return field.Time("created_at").Immutable().Annotations(entgql.OrderField("CREATED_AT")).Comment(comment)
}

func interval(comment string) ent.Field {
	return field.Int64("mutate_interval").GoType(time.Duration(0)).Optional().Nillable().
		Annotations(entgql.Type("Duration"), entgql.Skip(entgql.SkipWhereInput)).Comment(comment)
}
