package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"decnet/pid"
)

// User is somebody who may sign in.
type User struct{ ent.Schema }

// Fields of the User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		id(pid.User),
		field.String("username").Unique().Immutable(),
		field.String("password_hash").Sensitive().Comment("argon2id, in its own encoded form."),
		field.Enum("role").NamedValues("Viewer", "VIEWER", "Operator", "OPERATOR", "Admin", "ADMIN"),
		field.Bool("disabled").Default(false).Comment("Whether they may not sign in for the time being."),
		field.Bool("password_due").Default(false).Comment("Whether the password was somebody else's choice: until it is changed, it is good for changing it only."),
		field.String("subject").Optional().Nillable().Unique().Immutable().
			Comment("Who they are at the provider where they sign in: its address and its ID for them. Null: they sign in here, with a password."),
		createdAt(""),
	}
}

// Edges of the User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{edge.To("tokens", Token.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Annotations of the User.
func (User) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("users"), entgql.Skip(entgql.SkipAll)}
}

// Token is what a client shows in place of the password: a sign-in, or a script's token.
type Token struct{ ent.Schema }

// Fields of the Token.
func (Token) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Token),
		field.String("user_id").GoType(pid.ID("")).Immutable(),
		field.Bytes("hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the token: the token itself is never stored."),
		field.Enum("kind").NamedValues("Session", "SESSION", "Script", "SCRIPT").Default("SESSION").Immutable(),
		field.String("name").Default("").Immutable().Comment("What a script's token is for."),
		field.Enum("role").NamedValues("Viewer", "VIEWER", "Operator", "OPERATOR", "Admin", "ADMIN").Default("ADMIN").Immutable().
			Comment("The most that it may do, whatever its user may."),
		field.String("peer").Default("").Immutable().Comment("The address it was made from."),
		field.Time("last_used_at").Optional().Nillable().Comment("When it was last used, to within a minute."),
		field.Time("expires_at").Immutable(),
		createdAt(""),
	}
}

// Edges of the Token.
func (Token) Edges() []ent.Edge {
	return []ent.Edge{edge.From("user", User.Type).Ref("tokens").Field("user_id").Unique().Required().Immutable()}
}

// Annotations of the Token.
func (Token) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("tokens"), entgql.Skip(entgql.SkipAll)}
}
