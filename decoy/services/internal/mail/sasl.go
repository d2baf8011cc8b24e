package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"

	"decnet/decoy/event"
)

// The questions of the mechanism LOGIN: "Username:" and "Password:".
const (
	AskUser   = "VXNlcm5hbWU6"
	AskSecret = "UGFzc3dvcmQ6"
)

// Why no credentials came out of an exchange.
var (
	ErrAborted     = errors.New("mail: the client aborted the exchange")
	ErrEncoding    = errors.New("mail: an answer that is not in base64, or not in the mechanism's form")
	ErrUnsupported = errors.New("mail: an unknown mechanism")
)

// Exchange hears the credentials of an AUTH or AUTHENTICATE command with the mechanism (in any case) and the initial response ("" is none). An
// error other than those above is the connection's. Whatever the client sends is recorded, also where it breaks off; credentials that come out are for the
// caller to check and to record with [Talk.Attempt].
func (t *Talk) Exchange(p Product, mechanism, initial string) (user, secret string, err error) {
	t.scheme = strings.ToLower(mechanism)
	defer func() {
		if err != nil && (user != "" || secret != "") {
			t.Attempt(user, secret, false)
		}
	}()
	mechanism = strings.ToUpper(mechanism)
	if !p.Offers(mechanism) {
		return "", initial, ErrUnsupported
	}
	if initial == "=" { // an empty one
		initial = ""
	}
	if mechanism == "PLAIN" {
		if initial == "" {
			if initial, err = t.ask(""); err != nil {
				return "", "", err
			}
		}
		user, secret, ok := Plain(initial)
		if !ok {
			return "", initial, ErrEncoding
		}
		return user, secret, nil
	}
	answer := initial
	if answer == "" {
		if answer, err = t.ask(AskUser); err != nil {
			return "", "", err
		}
	}
	user, ok := decoded(answer)
	if !ok {
		return user, "", ErrEncoding
	}
	if answer, err = t.ask(AskSecret); err != nil {
		return user, "", err
	}
	if secret, ok = decoded(answer); !ok {
		return user, secret, ErrEncoding
	}
	return user, secret, nil
}

// ask sends a challenge and returns the answer.
func (t *Talk) ask(challenge string) (string, error) {
	if err := t.Say("+ " + challenge); err != nil {
		return "", err
	}
	line, err := t.Line()
	if err != nil {
		return "", err
	}
	if line = strings.TrimSpace(line); line == "*" {
		return "", ErrAborted
	}
	return line, nil
}

// Plain decodes what the mechanism PLAIN sends: a name to act as, the name and the password, with zero bytes between them.
func Plain(encoded string) (user, secret string, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	parts := bytes.SplitN(raw, []byte{0}, 3)
	if err != nil || len(parts) != 3 {
		return "", "", false
	}
	return string(parts[1]), string(parts[2]), true
}

// decoded is the text of an answer; one that is not in base64 is returned as it is, for it is evidence all the same.
func decoded(answer string) (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(answer)
	if err != nil {
		return answer, false
	}
	return string(raw), true
}

// Attempt records a try to log in with the scheme of the last Exchange, or by the protocol's own command.
func (t *Talk) Attempt(user, secret string, accepted bool) {
	outcome := event.Rejected
	if accepted {
		outcome = event.Accepted
	}
	scheme := t.scheme
	if scheme == "" {
		scheme = "command"
	}
	t.scheme = ""
	t.Session.Attempt("plaintext", user, []byte(secret), outcome, event.String("scheme", scheme))
}
