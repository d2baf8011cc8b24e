package interactions

import (
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"decnet/decoy/event"
	"decnet/ent/attacker"
	"decnet/ent/credential"
	"decnet/ent/interaction"
	"decnet/ent/predicate"
	"decnet/ent/session"
	"decnet/ent/touch"
)

// The searches find text anywhere in what people look for, whether in capitals or not. Those who may not see secrets can't find by them either: guessing
// letter by letter would tell what is hidden.

// Search finds interactions.
func Search(text string, secrets bool) predicate.Interaction {
	p := []predicate.Interaction{
		interaction.SourceIPContainsFold(text), interaction.DeckyNameContainsFold(text), interaction.ServiceContainsFold(text),
		interaction.TypeContainsFold(text), interaction.PrincipalContainsFold(text), interaction.CommandContainsFold(text),
	}
	if secrets {
		p = append(p, interaction.SecretContainsFold(text), interaction.And(interaction.CommandHasSuffix("?"+Redacted), commandFieldContainsFold(text)))
	}
	return interaction.Or(p...)
}

// commandFieldContainsFold finds text in the command as the decoy recorded it, of which the column may have the beginning only.
func commandFieldContainsFold(text string) predicate.Interaction {
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
	return func(s *sql.Selector) {
		column := s.C(interaction.FieldFields)
		each, name, value := "json_each(CAST("+column+" AS TEXT))", "json_extract(f.value, '$.name')", "json_extract(f.value, '$.value')"
		if s.Dialect() == dialect.Postgres {
			each, name, value = "jsonb_array_elements("+column+")", "f.value ->> 'name'", "f.value ->> 'value'"
		}
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString("EXISTS (SELECT 1 FROM " + each + " AS f WHERE " + name + " = ").Arg(event.Command)
			b.WriteString(" AND LOWER(" + value + ") LIKE ").Arg(like).WriteString(" ESCAPE '\\')")
		}))
	}
}

// SearchSessions finds sessions.
func SearchSessions(text string) predicate.Session {
	return session.Or(session.SourceIPContainsFold(text), session.DeckyNameContainsFold(text), session.ServiceContainsFold(text), session.PrincipalContainsFold(text))
}

// SearchCredentials finds credentials.
func SearchCredentials(text string, secrets bool) predicate.Credential {
	p := []predicate.Credential{
		credential.PrincipalContainsFold(text), credential.ServiceContainsFold(text), credential.KindContainsFold(text), credential.LastSourceIPContainsFold(text),
	}
	if secrets {
		p = append(p, credential.SecretContainsFold(text))
	}
	return credential.Or(p...)
}

// SearchAttackers finds attackers.
func SearchAttackers(text string) predicate.Attacker {
	return attacker.Or(attacker.AddressContainsFold(text), attacker.HasTouchesWith(touch.ServiceEqualFold(text)))
}
