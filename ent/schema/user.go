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
		field.Enum("role").NamedValues("Viewer", "VIEWER", "Admin", "ADMIN"),
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

// Token is one sign-in: what a client shows in place of the password.
type Token struct{ ent.Schema }

// Fields of the Token.
func (Token) Fields() []ent.Field {
	return []ent.Field{
		id(pid.Token),
		field.String("user_id").GoType(pid.ID("")).Immutable(),
		field.Bytes("hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the token: the token itself is never stored."),
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
