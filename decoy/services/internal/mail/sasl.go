package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/windows"
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
	ErrInitial     = errors.New("mail: an initial response that is not in base64, or not in the mechanism's form")
	ErrUnsupported = errors.New("mail: an unknown mechanism")
)

// Credentials are what a client logs in with: a name and a password, or the proof that it knows the password.
type Credentials struct {
	User, Secret string
	proof        *ntlm.Proof
}

// right tells whether the client knows the password.
func (c Credentials) right(password string) bool {
	if c.proof == nil {
		return c.Secret == password
	}
	_, ok := c.proof.Check(password)
	return ok
}

// Exchange hears the credentials of an AUTH or AUTHENTICATE command with the mechanism (in any case) and the initial response ("" is none). An
// error other than those above is the connection's. Whatever the client sends is recorded, also where it breaks off; credentials that come out are for the
// caller to check and to record with [Talk.Attempt].
func (t *Talk) Exchange(v *Server, mechanism, initial string) (who Credentials, err error) {
	t.scheme = strings.ToLower(mechanism)
	defer func() {
		if err != nil && (who.User != "" || who.Secret != "") {
			t.Attempt(who, false)
		}
	}()
	mechanism = strings.ToUpper(mechanism)
	if !v.Product.Offers(mechanism) {
		return Credentials{Secret: initial}, ErrUnsupported
	}
	if initial == "=" { // an empty one
		initial = ""
	}
	answer := initial
	switch mechanism {
	case "PLAIN":
		if answer == "" {
			if answer, err = t.ask(""); err != nil {
				return who, err
			}
		}
		user, secret, ok := Plain(answer)
		switch {
		case ok:
			return Credentials{User: user, Secret: secret}, nil
		case initial != "":
			return Credentials{Secret: answer}, ErrInitial
		}
		return Credentials{Secret: answer}, ErrEncoding
	case "NTLM", "GSSAPI":
		if answer == "" {
			if answer, err = t.ask(""); err != nil {
				return who, err
			}
		}
		proof, err := Proof(windows.MachineOf(v.Host), v.Host.Now(), answer, t.ask)
		if err != nil {
			return who, err
		}
		return Credentials{User: proof.User, proof: proof}, nil
	}
	if answer == "" {
		if answer, err = t.ask(AskUser); err != nil {
			return who, err
		}
	}
	var ok bool
	if who.User, ok = decoded(answer); !ok {
		return who, ErrEncoding
	}
	if answer, err = t.ask(AskSecret); err != nil {
		return who, err
	}
	if who.Secret, ok = decoded(answer); !ok {
		return who, ErrEncoding
	}
	return who, nil
}

// Proof hears a login by NTLM, of which first is the client's first message. GSSAPI carries the same in SPNEGO; Kerberos, which it may carry instead, is not understood.
func Proof(m *windows.Machine, now time.Time, first string, ask func(challenge string) (string, error)) (*ntlm.Proof, error) {
	token, err := base64.StdEncoding.DecodeString(strings.TrimSpace(first))
	message := ntlm.Find(token)
	if err != nil || ntlm.Kind(message) != 1 {
		return nil, ErrEncoding
	}
	x := ntlm.NewExchange(m)
	challenge := x.Challenge(message, now)
	if len(message) < len(token) {
		challenge = ntlm.WrapChallenge(challenge)
	}
	answer, err := ask(base64.StdEncoding.EncodeToString(challenge))
	if err != nil {
		return nil, err
	}
	if token, err = base64.StdEncoding.DecodeString(strings.TrimSpace(answer)); err != nil {
		return nil, ErrEncoding
	}
	proof, err := x.Proof(ntlm.Find(token))
	if err != nil {
		return nil, ErrEncoding
	}
	return proof, nil
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
func (t *Talk) Attempt(who Credentials, accepted bool) {
	outcome := event.Rejected
	if accepted {
		outcome = event.Accepted
	}
	scheme := t.scheme
	if scheme == "" {
		scheme = "command"
	}
	t.scheme = ""
	if who.proof != nil {
		who.proof.Record(t.Session, outcome, event.String("scheme", scheme))
		return
	}
	t.Session.Attempt("plaintext", who.User, []byte(who.Secret), outcome, event.String("scheme", scheme))
}
