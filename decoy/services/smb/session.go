package smb

import (
	"crypto/sha512"
	"slices"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/ntlm"
)

// session is one login.
type session struct {
	id       uint64
	exchange *ntlm.Exchange
	preauth  [sha512.Size]byte
	offer    []byte // the mechanisms to log in with that the client has named
	in       bool   // is let in
	user     string
	admin    bool
	key      []byte // to sign with; nil for who is nobody in particular
	trees    map[uint32]*tree
	open     map[[16]byte]*open
}

// The flags of a session.
const (
	sessionGuest = 1
	sessionNull  = 2
)

// passwords are those with which the user is let in.
func (v *server) passwords(user string) []string {
	switch {
	case v.machine.Real && strings.EqualFold(user, "administrator"), !v.machine.Real && user == "root", strings.EqualFold(user, "admin"):
		return bait.Passwords(v.host, "smb", strings.ToLower(user))
	case strings.EqualFold(user, v.app.Name):
		return []string{v.app.Secret}
	case v.machine.Controller:
		// Who has guessed the password of a service's account at what Kerberos gives away has it here, too.
		for _, a := range v.accountList() {
			if strings.EqualFold(user, a.Login) && (a.Unproved() || a.Service != "") {
				return a.Passwords()
			}
		}
	}
	return nil
}

// sessionSetup answers one step of a login.
func (c *conn) sessionSetup(q request) result {
	if c.dialect == anyDialect {
		return result{silent: true, hang: true}
	}
	token := q.buffer(int(q.U16(body(12))), int(q.U16(body(14))))
	s := c.sessions[q.sessionID()]
	if s == nil {
		if q.sessionID() != 0 {
			return fail(userSessionGone)
		}
		if len(c.sessions) == maxSessions {
			return fail(insufficient)
		}
		s = &session{id: c.number()<<8 | 0x1d, exchange: ntlm.NewExchange(c.server.machine), preauth: c.preauth, trees: map[uint32]*tree{}, open: map[[16]byte]*open{}}
		c.sessions[s.id] = s
	}
	if s.in {
		s.exchange = ntlm.NewExchange(c.server.machine) // the same client logs in again
	}
	s.preauth = sha512.Sum512(slices.Concat(s.preauth[:], q))
	message := ntlm.Find(token)
	plain := len(message) == len(token) // NTLM without SPNEGO
	more := func(answer []byte) result {
		return result{status: moreProcessing, session: s.id, body: setupBody(0, answer)}
	}
	switch ntlm.Kind(message) {
	case 1:
		if s.offer = ntlm.MechanismsOf(token); s.offer == nil {
			s.offer = ntlm.Mechanisms()
		}
		challenge := s.exchange.Challenge(message, c.server.host.Now())
		if !plain {
			challenge = ntlm.WrapChallenge(challenge)
		}
		return more(challenge)
	case 3:
		proof, err := s.exchange.Proof(message)
		if err != nil {
			c.drop(s)
			return fail(invalidParameter)
		}
		return c.letIn(s, proof, plain)
	}
	if len(token) == 0 || s.in {
		c.drop(s)
		return fail(invalidParameter)
	}
	s.offer = ntlm.MechanismsOf(token)
	// Kerberos, or another mechanism: NTLM is what there is.
	return more(ntlm.WrapSelection())
}

func setupBody(flags uint16, token []byte) []byte {
	var b builder
	b.U16(9)
	b.U16(flags)
	b.U16(headerSize + 8)
	b.U16(uint16(len(token)))
	b.Bytes(token)
	return b
}

// admit decides about a proof, and records it. key is that of the login, for who has an account here.
func (c *conn) admit(proof *ntlm.Proof, fields ...event.Field) (flags uint16, key []byte, admitted bool) {
	v := c.server
	outcome := event.Accepted
	known := v.passwords(proof.User)
	switch {
	case proof.Anonymous():
		flags = sessionNull
	case known == nil && v.guest && (len(proof.NT) > 0 || !v.machine.Real): // Windows takes nobody for a guest who proves nothing
		flags = sessionGuest
	default:
		outcome = event.Rejected
		for _, password := range known {
			if k, right := proof.Check(password); right {
				outcome, key = event.Accepted, k
			}
		}
	}
	if proof.Anonymous() {
		c.s.Attempt("none", "", nil, outcome, append(fields, event.String("workstation", proof.Workstation))...)
		return flags, nil, true
	}
	account := "own"
	if flags == sessionGuest {
		account = "guest"
	}
	proof.Record(c.s, outcome, append(fields, event.String("account", account))...)
	if outcome == event.Accepted {
		c.login = true
		c.s.SetReadDeadline(time.Time{})
	}
	return flags, key, outcome == event.Accepted
}

// letIn answers a proof.
func (c *conn) letIn(s *session, proof *ntlm.Proof, plain bool) result {
	flags, key, admitted := c.admit(proof)
	if !admitted {
		c.drop(s)
		return result{status: logonFailure, session: s.id}
	}
	s.in, s.user = true, proof.User
	r := result{session: s.id}
	var mic []byte
	if key != nil {
		s.admin = true
		s.key = c.signingKey(key, s.preauth)
		r.key = s.key
		mic = proof.Sign(key, s.offer)
	}
	var done []byte
	if !plain {
		done = ntlm.WrapDone(mic)
	}
	r.body = setupBody(flags, done)
	return r
}
