package smtp

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/mail"
	"decnet/decoy/services/internal/windows"
)

// The questions of AUTH LOGIN: "Username:" and "Password:".
const (
	askUser   = "334 VXNlcm5hbWU6"
	askSecret = "334 UGFzc3dvcmQ6"
)

// authenticate hears the credentials of one AUTH command, and tells whether the conversation goes on. Whatever the client sends is
// recorded, also where it breaks off or is not what the mechanism wants.
func (c *client) authenticate() bool {
	p := &c.product
	mechanism, initial, _ := strings.Cut(c.argument, " ")
	c.argument = mechanism
	refuse := func(kind, user, secret, reply string) bool {
		if user != "" || secret != "" {
			c.attempt(kind, user, secret, event.Rejected)
		}
		return reply != "" && c.say(reply) == nil
	}
	var user, secret string
	switch name := strings.ToLower(mechanism); name {
	case "plain":
		if initial == "" {
			answer, ok := c.ask("334 ")
			if !ok {
				return false
			}
			initial = answer
		}
		var ok bool
		if user, secret, ok = mail.Plain(initial); !ok {
			return refuse(name, "", initial, p.authAborted)
		}
	case "login":
		answer := initial
		if answer == "" {
			var ok bool
			if answer, ok = c.ask(askUser); !ok {
				return false
			}
		}
		if answer == "*" {
			return c.say(p.authAborted) == nil
		}
		user = decoded(answer)
		answer, ok := c.ask(askSecret)
		switch {
		case !ok:
			return refuse("plaintext", user, "", "")
		case answer == "*":
			return refuse("plaintext", user, "", p.authAborted)
		}
		secret = decoded(answer)
	case "ntlm", "gssapi":
		if slices.Contains(p.integrated, strings.ToUpper(name)) {
			return c.prove(initial)
		}
		fallthrough
	default:
		return refuse(name, "", initial, p.mechanism)
	}
	outcome := event.Rejected
	if c.isUser(user) && secret == c.server.secret {
		outcome = event.Accepted
	}
	c.attempt("plaintext", user, secret, outcome)
	return c.admit(outcome)
}

// prove hears a login with a Windows account, which tells in return what machine this is.
func (c *client) prove(initial string) bool {
	p := &c.product
	lost := false
	ask := func(challenge string) (string, error) {
		answer, ok := c.ask("334 " + challenge)
		switch {
		case !ok:
			lost = true
			return "", mail.ErrAborted
		case answer == "*":
			return "", mail.ErrAborted
		}
		return answer, nil
	}
	var err error
	if initial == "" {
		initial, err = ask(strings.ToUpper(c.argument) + " supported")
	}
	if err == nil {
		proof, failed := mail.Proof(windows.MachineOf(c.host), c.host.Now(), initial, ask)
		if err = failed; err == nil {
			outcome := event.Rejected
			if _, right := proof.Check(c.server.secret); right && c.isUser(proof.User) {
				outcome = event.Accepted
			}
			proof.Record(c.s, outcome, event.String("scheme", strings.ToLower(c.argument)))
			return c.admit(outcome)
		}
	}
	switch {
	case lost:
		return false
	case errors.Is(err, mail.ErrAborted):
		return c.say(p.authAborted) == nil
	}
	return c.admit(event.Rejected)
}

// isUser tells whether the name is that of the weak login.
func (c *client) isUser(user string) bool {
	name, _, _ := strings.Cut(user, "@")
	return c.server.user != "" && name == c.server.user
}

// admit answers an attempt, and tells whether the conversation goes on.
func (c *client) admit(outcome string) bool {
	p := &c.product
	reply := p.authRefused
	if outcome == event.Accepted {
		reply, c.logged = p.authOK, true
	}
	if outcome == event.Rejected {
		if c.unknown++; c.unknown > p.maxUnknown {
			c.say(p.tooMany)
			return false
		}
	}
	return c.say(reply) == nil
}

// attempt records a try with the mechanism that the command named.
func (c *client) attempt(kind, user, secret, outcome string) {
	c.s.Attempt(kind, user, []byte(secret), outcome, event.String("scheme", strings.ToLower(c.argument)))
}

// ask sends a challenge and returns the answer.
func (c *client) ask(challenge string) (string, bool) {
	if c.say(challenge) != nil {
		return "", false
	}
	line, err := c.line()
	return strings.TrimSpace(line), err == nil
}

// decoded is the text of an answer; one that is not in base64 is taken as it is, for it is evidence all the same.
func decoded(answer string) string {
	if raw, err := base64.StdEncoding.DecodeString(answer); err == nil {
		return string(raw)
	}
	return answer
}
