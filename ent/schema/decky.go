package schema

import (
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"decnet/engine"
	"decnet/ent/schema/schematype"
	"decnet/pid"
	"decnet/realism"
)

// Decky is one decoy host as it should be, and what the engine last confirmed of it.
type Decky struct{ ent.Schema }

// Fields of the Decky.
func (Decky) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Decky),
		field.String("deployment_id").GoType(pid.ID("")).Immutable().Annotations(entgql.Skip(entgql.SkipType)),
		field.String("name").Immutable().Annotations(entgql.OrderField("NAME")).
			Comment("The decky's name, `^[a-z0-9-]{1,64}$`, unique in its deployment."),
		field.Enum("state").NamedValues("Pending", "PENDING", "Running", "RUNNING", "Degraded", "DEGRADED", "Failed", "FAILED", "Removing", "REMOVING").
			Default("PENDING").Annotations(entgql.OrderField("STATE")).
			Comment("How the decky stands: PENDING until it first answers, RUNNING in step, DEGRADED while it runs other services than wished, FAILED when it does not run, REMOVING while it is torn down."),
		field.JSON("services", []string{}).Annotations(entgql.Type("[String!]")).
			Comment("The services wanted, as slugs of the catalog, sorted."),
		field.JSON("observed_services", []string{}).Annotations(entgql.Type("[String!]")).
			Comment("The services that the engine has confirmed to answer."),
		field.Int("generation").Default(1).
			Comment("Raised when the decky's desired state changes. Give it as `expectedGeneration` to refuse to build on a stale view."),
		field.Int("observed_generation").Default(0).
			Comment("The last generation that the engine has confirmed. Equal to `generation`: in step."),
		field.String("ip").Annotations(entgql.OrderField("IP")).Comment("Its address."),
		field.String("mac").Optional().Nillable().Comment("Its MAC, with a vendor prefix that fits its OS; null where the network has none."),
		field.String("hostname").Comment("The host name that it shows to intruders."),
		field.String("archetype").Optional().Nillable().Comment("The archetype it was made from, if any."),
		field.String("distro").Comment("The distribution it pretends to run, a slug of the catalog."),
		field.String("os").Annotations(entgql.Type("String")).
			Comment("The OS personality: linux, windows, windows_server, bsd, embedded, cisco."),
		field.Bytes("seed").Immutable().Sensitive().Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("What makes its banners, versions and keys its own. Secret: who knows it can tell the decoy from a host."),
		field.JSON("endpoints", []engine.Endpoint{}).Optional().Annotations(entgql.Skip(entgql.SkipAll)),
		field.String("instance").Default("").Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("The engine's name for what runs: a container's ID, a process."),
		field.Int64("mutate_interval").GoType(time.Duration(0)).Optional().Nillable().Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("How often it mutates by itself; null: the deployment's interval; 0: not at all."),
		field.Time("last_mutated_at").Optional().Nillable().Annotations(entgql.OrderField("LAST_MUTATED_AT")).
			Comment("When its services last changed."),
		field.Time("next_mutation_at").Optional().Nillable().Annotations(entgql.OrderField("NEXT_MUTATION_AT")).
			Comment("When it will next mutate by itself; null: not scheduled."),
		field.JSON("settings", schematype.Settings{}).Optional().Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("What the operator has chosen, by service and key; sealed, for there are passwords in it."),
		field.Int("repair_failures").Default(0).Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("How many repairs in a row have failed: the reconciler's backoff."),
		field.Time("repair_not_before").Optional().Nillable().Annotations(entgql.Skip(entgql.SkipAll)),
		field.Bool("repair_gave_up").Default(false).Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("Whether the reconciler leaves it to an operator."),
		field.JSON("realism", &realism.Record{}).Optional().Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("The last look at it as a scanner would look, and what gave it away."),
		field.Int64("change").Default(0).Annotations(entgql.Skip(entgql.SkipAll)).
			Comment("The number of its last change, from the counter \"decky\": the place of deckyUpdated's readers."),
		createdAt("When it was first deployed."),
	}
}

// Edges of the Decky.
func (Decky) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("deployment", Deployment.Type).Ref("deckies").Field("deployment_id").Unique().Required().Immutable().
			Comment("The deployment it belongs to."),
		edge.To("lifecycles", Lifecycle.Type).Annotations(entgql.RelayConnection(), entsql.OnDelete(entsql.SetNull)).
			Comment("What was asked of it: every accepted operation, newest last unless ordered otherwise."),
		edge.To("interactions", Interaction.Type).Annotations(entgql.RelayConnection(), entsql.OnDelete(entsql.SetNull)).
			Comment("What intruders did to it."),
		edge.To("sessions", Session.Type).Annotations(entgql.Skip(entgql.SkipAll), entsql.OnDelete(entsql.SetNull)),
		edge.To("event_position", EventPosition.Type).Unique().Annotations(entgql.Skip(entgql.SkipAll), entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of the Decky.
func (Decky) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("deployment_id", "name").Unique(),
		index.Fields("ip").Unique(),
		index.Fields("next_mutation_at"),
		index.Fields("change"),
	}
}

// Annotations of the Decky.
func (Decky) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Table("deckies"), entgql.RelayConnection(),
	}
}
