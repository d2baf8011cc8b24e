package smtp

import (
	"context"
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
func (c *client) authenticate(ctx context.Context) bool {
	p := &c.product
	if untimely := p.untimely(c.mail != nil, c.extended); untimely != "" {
		mechanism, initial, _ := strings.Cut(c.argument, " ")
		if c.argument = mechanism; initial != "" {
			c.attempt("plaintext", "", initial, event.Rejected)
		}
		return c.tell(ctx, untimely)
	}
	if c.argument == "" && p.authNothing != "" {
		return c.tell(ctx, p.authNothing)
	}
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
			reply := p.authAborted
			if p.badBase64 != "" && initial != "*" {
				if reply = p.authRefused; !encoded(strings.TrimPrefix(initial, "=")) {
					reply = p.badBase64
				}
			}
			return refuse(name, "", initial, reply)
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
		if p.badBase64Next != "" && !encoded(answer) {
			return refuse("plaintext", answer, "", p.badBase64Next)
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
			return c.prove(ctx, initial)
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
	return c.admit(ctx, outcome)
}

// untimely is the answer to AUTH where a message has begun or nothing was offered yet; "" is that it may come.
func (p *product) untimely(inMail, extended bool) string {
	switch {
	case inMail:
		return p.authInMail
	case !extended:
		return p.authEarly
	}
	return ""
}

// prove hears a login with a Windows account, which tells in return what machine this is.
func (c *client) prove(ctx context.Context, initial string) bool {
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
			return c.admit(ctx, outcome)
		}
	}
	switch {
	case lost:
		return false
	case errors.Is(err, mail.ErrAborted):
		return c.say(p.authAborted) == nil
	}
	return c.admit(ctx, event.Rejected)
}

// isUser tells whether the name is that of the weak login.
func (c *client) isUser(user string) bool {
	name, _, _ := strings.Cut(user, "@")
	return c.server.user != "" && name == c.server.user
}

// admit answers an attempt, and tells whether the conversation goes on.
func (c *client) admit(ctx context.Context, outcome string) bool {
	p := &c.product
	reply := p.authRefused
	if outcome == event.Accepted {
		reply, c.logged = p.authOK, true
	}
	if outcome == event.Rejected && !c.pause(ctx, p.authWait) {
		return false
	}
	return c.tell(ctx, reply)
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

// encoded tells whether an answer is in base64.
func encoded(answer string) bool {
	_, err := base64.StdEncoding.DecodeString(answer)
	return err == nil
}

// decoded is the text of an answer; one that is not in base64 is taken as it is, for it is evidence all the same.
func decoded(answer string) string {
	if raw, err := base64.StdEncoding.DecodeString(answer); err == nil {
		return string(raw)
	}
	return answer
}
