package interactions

import (
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
		p = append(p, interaction.SecretContainsFold(text))
	}
	return interaction.Or(p...)
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
