package kerberos

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/ber"
)

// told are the fields that tell of a request.
func (v *server) told(q *request) []event.Field {
	numbers := make([]string, len(q.etypes))
	for i, e := range q.etypes {
		numbers[i] = strconv.FormatInt(e, 10)
	}
	fields := []event.Field{event.String("realm", q.realm), event.String("etypes", strings.Join(numbers, ","))}
	if q.target != nil {
		fields = append(fields, event.String("target", q.target.String()))
	}
	return fields
}

// authenticate answers who begins: by a name, and mostly a proof of the password.
func (v *server) authenticate(s *decoy.Session, q *request) []byte {
	user := ""
	if q.client != nil {
		user = q.client.String()
	}
	a := v.client(q.client)
	proof, tried := q.padata[paTimestamp]
	given := sealed{}
	if tried {
		n, _, err := ber.Parse(proof)
		given = sealedOf(n)
		tried = err == nil && len(given.data) > 0
	}
	attempt := func(outcome string, code int64) {
		s.Attempt("krb5pa", user, []byte(v.hashcat(given, user, a, q.realm)), outcome, append(v.told(q), event.Int("etype", given.etype), event.Int("code", code))...)
	}
	refuse := func(code int64, detail []byte) []byte {
		if tried {
			attempt(event.Rejected, code)
		} else {
			s.Event("as_request", append(v.told(q), event.String("user", user), event.Int("code", code))...)
		}
		return v.refuse(q, code, detail)
	}
	switch {
	case !v.active && q.client == nil:
		return refuse(genericError, nil)
	case !v.ours(q.realm) && v.active:
		return refuse(wrongRealm, nil)
	case !v.ours(q.realm), a == nil: // to MIT the realm is part of the name
		return refuse(clientUnknown, nil)
	case a.disabled:
		return refuse(clientRevoked, v.status(0xc0000072))
	}
	etype := q.common()
	if etype == 0 {
		return refuse(etypeUnsupported, nil)
	}
	service := v.service(q.target)
	if service == nil || !service.service {
		return refuse(serverUnknown, nil)
	}
	var key []byte
	_, byCertificate := q.padata[paPKINIT]
	switch {
	case tried:
		var code int64
		if key, code = v.judge(a, given); code != 0 {
			var detail []byte
			if code == preauthFailed {
				detail = sequence(padata(paEtypeInfo2, v.salts(q, a))).Encode()
			}
			return refuse(code, detail)
		}
		attempt(event.Accepted, 0)
		etype = given.etype
	case a.unproved:
		key = a.keysOf(v, etype)[0]
		// What is given is guessed at offline: that is what it is there for.
		s.Event("as_request", append(v.told(q), event.String("user", user), event.Int("etype", etype), event.String("reason", "no pre-authentication"), event.String(event.Outcome, event.Accepted))...)
	case byCertificate && v.active:
		return refuse(padataUnknown, nil)
	default:
		return refuse(preauthRequired, v.methods(q, a))
	}
	client := *q.client
	if v.active && q.wants(canonicalize) {
		client = name{principalName, []string{a.login}}
	}
	flags := bit(initial)
	if tried {
		flags |= bit(preAuthentic)
	}
	g := grant{client: client, realm: v.realm, target: *q.target, account: service, flags: flags, began: v.host.Now()}
	ticket, reply := v.issue(q, g, etype)
	return message(asReply, field(0, number(version)), field(1, number(asReply)), field(2, sequence(padata(paEtypeInfo2, v.saltsOf(a, etype)))), field(3, text(v.realm)), field(4, client.node()), field(5, ticket),
		field(6, sealed{etype, seal(etype, key, usageReply, ber.Of(application|25, reply).Encode())}.node(a.kvno)))
}

// judge looks at a proof, which is the time under the key of the password, and returns the key that it was made with, or what is wrong.
func (v *server) judge(a *account, given sealed) (key []byte, code int64) {
	if !slices.Contains(strongest, given.etype) {
		return nil, etypeUnsupported
	}
	for _, key := range a.keysOf(v, given.etype) {
		plain, err := open(given.etype, key, usageTimestamp, given.data)
		if err != nil {
			continue
		}
		n, _, err := ber.Parse(plain)
		at, wrong := time.Parse(stamp, partText(n, 0))
		if err != nil || wrong != nil || v.host.Now().Sub(at).Abs() > mostSkew {
			return nil, clockSkew
		}
		return key, 0
	}
	return nil, preauthFailed
}

// hashcat is a proof in the form in which passwords are guessed (modes 7500, 19800 and 19900). Of who is known the name stands there as the salt has it.
func (v *server) hashcat(given sealed, user string, a *account, realm string) string {
	if a != nil {
		user, realm = strings.TrimPrefix(a.salt, v.realm), v.realm
	}
	if given.etype != rc4HMAC || len(given.data) < 16 {
		return fmt.Sprintf("$krb5pa$%d$%s$%s$%x", given.etype, user, realm, given.data)
	}
	return fmt.Sprintf("$krb5pa$23$%s$%s$$%x%x", user, realm, given.data[16:], given.data[:16])
}

// status is how Windows tells why, in its own numbers.
func (v *server) status(code uint32) []byte {
	if !v.active {
		return nil
	}
	value := []byte{byte(code), byte(code >> 8), byte(code >> 16), byte(code >> 24), 0, 0, 0, 0, 1, 0, 0, 0}
	return sequence(field(1, number(3)), field(2, octets(value))).Encode()
}

// methods are the ways in which a client may prove itself.
func (v *server) methods(q *request, a *account) []byte {
	all := []ber.Node{padata(paEtypeInfo2, v.salts(q, a)), padata(paTimestamp, nil)}
	if v.active {
		all = append(all, padata(paPKINIT, nil), padata(paOldPKINIT, nil))
		if q.common() == rc4HMAC { // who knows nothing newer wants it in the older form
			all = append([]ber.Node{padata(paEtypeInfo, sequence(sequence(field(0, number(rc4HMAC)))).Encode())}, all...)
		}
	} else {
		all = append([]ber.Node{padata(paFAST, nil)}, all...)
	}
	return sequence(all...).Encode()
}

// salts tells which encryptions the account's keys are for, of those that the client knows, with their salts.
func (v *server) salts(q *request, a *account) []byte {
	var known []int64
	if best := q.common(); best != 0 {
		known = append(known, best)
		if best != rc4HMAC && slices.Contains(q.etypes, rc4HMAC) {
			known = append(known, rc4HMAC)
		}
	}
	return v.saltsOf(a, known...)
}

func (v *server) saltsOf(a *account, etypes ...int64) []byte {
	var all []ber.Node
	for _, e := range etypes {
		one := []ber.Node{field(0, number(e))}
		if e != rc4HMAC {
			one = append(one, field(1, text(a.salt)))
		}
		all = append(all, sequence(one...))
	}
	return sequence(all...).Encode()
}

// grant is what a ticket says.
type grant struct {
	client  name
	realm   string
	target  name
	account *account // whose the ticket is for
	flags   uint32
	began   time.Time // when the client proved itself
	ends    time.Time // the ticket; of one that another one brings about, no later than that
	session sealed    // its key
}

// issue makes a ticket and what tells the client of it. etype is that of the key between the two.
func (v *server) issue(q *request, g grant, etype int64) (ticket, reply ber.Node) {
	now := v.host.Now()
	ends := now.Add(ticketTime)
	if q.till.After(now) && q.till.Before(ends) {
		ends = q.till
	}
	if !g.ends.IsZero() && g.ends.Before(ends) {
		ends = g.ends
	}
	for _, option := range []int{forwardable, proxiable, renewable} {
		if q.wants(option) {
			g.flags |= bit(option)
		}
	}
	key := sequence(field(0, number(etype)), field(1, octets(random(keySize(etype)))))
	times := []ber.Node{field(5, moment(g.began)), field(6, moment(now)), field(7, moment(ends))}
	outside := []ber.Node{field(0, number(version)), field(1, text(v.realm))}
	inside := []ber.Node{field(0, bits(g.flags)), field(1, key), field(2, text(g.realm)), field(3, g.client.node()), field(4, sequence(field(0, number(1)), field(1, octets(nil))))}
	reply = sequence(field(0, key), field(1, sequence(sequence(field(0, number(0)), field(1, moment(now))))), field(2, number(q.nonce)))
	if g.flags&bit(initial) != 0 {
		reply.Kids = append(reply.Kids, field(3, ber.Text(generalTime, withoutPassword)))
	}
	reply.Kids = append(append(reply.Kids, field(4, bits(g.flags))), times...)
	inside = append(inside, times...)
	if g.flags&bit(renewable) != 0 {
		last := now.Add(renewTime)
		if q.renewed.After(now) && q.renewed.Before(last) {
			last = q.renewed
		}
		until := field(8, moment(last))
		reply.Kids, inside = append(reply.Kids, until), append(inside, until)
	}
	reply.Kids = append(reply.Kids, field(9, text(v.realm)), field(10, g.target.node()))
	if v.active {
		// What a controller says of the client's groups; nobody but a service could read it, so it only has the size.
		rights := sequence(sequence(field(0, number(128)), field(1, octets(v.host.Bytes("kerberos-rights/"+g.client.String(), 640)))))
		inside = append(inside, field(10, sequence(sequence(field(0, number(1)), field(1, octets(rights.Encode()))))))
	}
	of := int64(aes256)
	if g.account.weak && slices.Contains(q.etypes, rc4HMAC) {
		of = rc4HMAC
	}
	data := seal(of, g.account.keysOf(v, of)[0], usageTicket, ber.Of(application|3, sequence(inside...)).Encode())
	outside = append(outside, field(2, g.target.node()), field(3, sealed{of, data}.node(g.account.kvno)))
	return ber.Of(application|1, sequence(outside...)), reply
}

// presented is a ticket as a client brings it, with what shows that it is the client's.
type presented struct {
	target        *name
	ticket, proof sealed
}

// ticketIn reads one.
func ticketIn(data []byte) (presented, bool) {
	m, _, err := ber.Parse(data)
	if err != nil || m.Tag != application|apRequest || len(m.Kids) != 1 {
		return presented{}, false
	}
	wrapped, ok1 := part(m.Kids[0], 3)
	proof, ok2 := part(m.Kids[0], 4)
	if !ok1 || !ok2 || wrapped.Tag != application|1 || len(wrapped.Kids) != 1 {
		return presented{}, false
	}
	ticket, ok := part(wrapped.Kids[0], 3)
	return presented{nameOf(wrapped.Kids[0], 2), sealedOf(ticket), sealedOf(proof)}, ok
}

// openTicket reads a ticket that this server has given, and what else the client has encrypted with its key; it says false of any other.
func (v *server) openTicket(t presented) (g grant, proof ber.Node, found bool) {
	a := v.service(t.target)
	if a == nil || !slices.Contains(strongest, t.ticket.etype) {
		return g, proof, false
	}
	plain, err := open(t.ticket.etype, a.keysOf(v, t.ticket.etype)[0], usageTicket, t.ticket.data)
	if err != nil {
		return g, proof, false
	}
	m, _, err := ber.Parse(plain)
	if err != nil || m.Tag != application|3 || len(m.Kids) != 1 {
		return g, proof, false
	}
	inside := m.Kids[0]
	client := nameOf(inside, 3)
	key, there := part(inside, 1)
	if client == nil || !there {
		return g, proof, false
	}
	g = grant{client: *client, realm: partText(inside, 2), account: a}
	g.began, _ = time.Parse(stamp, partText(inside, 5))
	g.ends, _ = time.Parse(stamp, partText(inside, 7))
	secret, _ := part(key, 1)
	g.session = sealed{partInt(key, 0), secret.Value}
	if flags, _ := part(inside, 0); len(flags.Value) == 5 && flags.Value[2]&0x20 != 0 {
		g.flags = bit(preAuthentic)
	}
	if !slices.Contains(strongest, g.session.etype) || len(g.session.data) != keySize(g.session.etype) || t.proof.etype != g.session.etype {
		return g, proof, false
	}
	for _, usage := range []uint32{usageAuthenticator, 11} {
		if plain, err = open(t.proof.etype, g.session.data, usage, t.proof.data); err == nil {
			proof, _, err = ber.Parse(plain)
			return g, proof, err == nil && proof.Tag == application|2 && len(proof.Kids) == 1
		}
	}
	return g, proof, false
}

// grant answers who has a ticket and wants another one, to a service.
func (v *server) grant(s *decoy.Session, q *request) []byte {
	user := ""
	refuse := func(code int64, why string) []byte {
		s.Event("tgs_request", append(v.told(q), event.String("user", user), event.Int("code", code), event.String("reason", why), event.String(event.Outcome, event.Rejected))...)
		return v.refuse(q, code, nil)
	}
	raw, there := q.padata[paTGS]
	if !there {
		return refuse(padataUnknown, "no ticket")
	}
	t, ok := ticketIn(raw)
	if !ok {
		return refuse(genericError, "the ticket is malformed")
	}
	g, proof, ok := v.openTicket(t)
	if !ok {
		return refuse(badIntegrity, "a ticket that was not given here")
	}
	user = g.client.String()
	now := v.host.Now()
	at, err := time.Parse(stamp, partText(proof.Kids[0], 5))
	switch {
	case now.After(g.ends):
		return refuse(ticketExpired, "the ticket has expired")
	case err != nil || now.Sub(at).Abs() > mostSkew:
		return refuse(clockSkew, "the client's clock is wrong")
	case q.more || q.wants(delegated) || q.wants(userToUser):
		return refuse(badOption, "in another one's name")
	}
	service := v.service(q.target)
	etype := q.common()
	switch {
	case service == nil:
		return refuse(serverUnknown, "no such service")
	case !service.service:
		return refuse(wantsUserToUser, "no service")
	case etype == 0:
		return refuse(etypeUnsupported, "no such encryption")
	}
	s.Event("tgs_request", append(v.told(q), event.String("user", user), event.String("account", service.login), event.Int("etype", etype), event.String(event.Outcome, event.Accepted))...)
	g.target, g.account = *q.target, service
	key, usage := g.session, uint32(usageServiceReply)
	if own, there := part(proof.Kids[0], 6); there {
		secret, _ := part(own, 1)
		if kind := partInt(own, 0); slices.Contains(strongest, kind) && len(secret.Value) == keySize(kind) {
			key, usage = sealed{kind, secret.Value}, usageSubkeyReply
		}
	}
	ticket, reply := v.issue(q, g, etype)
	return message(tgsReply, field(0, number(version)), field(1, number(tgsReply)), field(3, text(g.realm)), field(4, g.client.node()), field(5, ticket),
		field(6, sealed{key.etype, seal(key.etype, key.data, usage, ber.Of(application|26, reply).Encode())}.node(0)))
}
