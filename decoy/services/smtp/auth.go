package smtp

import (
	"encoding/base64"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/mail"
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
	default:
		return refuse(name, "", initial, p.mechanism)
	}
	outcome, reply := event.Rejected, p.authRefused
	name, _, _ := strings.Cut(user, "@")
	if c.server.user != "" && name == c.server.user && secret == c.server.secret {
		outcome, reply = event.Accepted, p.authOK
		c.logged = true
	}
	c.attempt("plaintext", user, secret, outcome)
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
