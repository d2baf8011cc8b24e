// Package snmp is the decoy of an agent for network management: net-snmp, a printer's, a switch's, a controller's or Windows's own. It answers versions 1 and 2c to who knows the
// community (public reads, a weak one writes), and tells version 3 no more than that a user is unknown. Each community is recorded once for each
// session, each user and what is set always. What is set is kept for who set it, and changes nothing.
package snmp

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"sync/atomic"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/visitors"
)

func init() {
	decoy.Register("snmp", func(h *decoy.Host) (decoy.Service, error) { return newAgent(h), nil })
}

const (
	maxVariables = 64  // of one request
	maxRecorded  = 512 // bytes of what is set, in the record, and of what is no request
	maxTried     = 64  // communities that are remembered of a source, and those that are right
	maxCommunity = 256 // bytes of one that is
	maxKept      = 16  // variables that are kept for who set them
	maxUser      = 32  // bytes of a user's name
	leastSize    = 484 // bytes of an answer that every client takes
)

// The bounds of an answer, in bytes: what one message of Ethernet holds, and less for the request that asks for many variables at once, lest a forged source be flooded.
const (
	maxAnswer = 1400
	maxBulk   = 484
)

// agent is the decky's.
type agent struct {
	host     *decoy.Host
	product  product
	fixed    []row // what never changes, by identifier
	current  atomic.Pointer[view]
	read     string
	write    string
	visitors *visitors.Map[*visitor]
}

// visitor is what one source has tried and set.
type visitor struct {
	tried map[string]string   // communities, and the session that has tried it last
	kept  map[string]ber.Node // by identifier
}

func newAgent(h *decoy.Host) *agent {
	a := &agent{host: h, product: productOf(h), read: "public", visitors: visitors.New(func() *visitor {
		return &visitor{tried: map[string]string{}, kept: map[string]ber.Node{}}
	})}
	a.write = decoy.Pick(h, "snmp-write", append(bait.WeakPasswords(), "private", "private", "private", "write", "manager", "secret")...)
	a.fixed = sorted(a.mib())
	return a
}

func sorted(rows []row) []row {
	slices.SortFunc(rows, func(x, y row) int { return slices.Compare(x.id, y.id) })
	return rows
}

// view is all that the agent knows while the decky listens on these ports.
type view struct {
	ports []decoy.Port
	rows  []row // by identifier
}

// rows are all variables, those of the ports on which the decky now listens among them.
func (a *agent) rows() []row {
	var ports []decoy.Port
	for _, l := range a.host.Listening() {
		ports = append(ports, l.Port)
	}
	v := a.current.Load()
	if v == nil || !slices.Equal(v.ports, ports) {
		v = &view{ports, sorted(slices.Concat(a.fixed, a.sockets(ports)))}
		a.current.Store(v)
	}
	return v.rows
}

// ServePacket answers one request.
func (a *agent) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	if answer := a.answer(s, data); answer != nil {
		s.Write(answer) // a datagram that can't be sent is a datagram lost
	}
}

func strange(s *decoy.Session, data []byte) {
	s.Event("protocol_error", event.Bytes("data", data[:min(len(data), maxRecorded)]))
}

// answer returns what answers a message, nil for what an agent leaves unanswered.
func (a *agent) answer(s *decoy.Session, data []byte) []byte {
	m, _, err := ber.Parse(data)
	if err != nil || !m.Is(ber.Sequence, 3) {
		strange(s, data)
		return nil
	}
	version, ok := m.Kids[0].Int()
	switch {
	case ok && (version == 0 || version == 1) && m.Kids[1].Tag == ber.OctetString:
		p, ok := parsePDU(m.Kids[2])
		if !ok {
			strange(s, data)
			return nil
		}
		return a.community(s, int(version), string(m.Kids[1].Value), p)
	case ok && version == 3:
		return a.secured(s, data, m)
	}
	strange(s, data)
	return nil
}

// The kinds of request.
const (
	getRequest    = 0xa0
	nextRequest   = 0xa1
	response      = 0xa2
	setRequest    = 0xa3
	bulkRequest   = 0xa5
	informRequest = 0xa6
	report        = 0xa8
)

var kindNames = map[byte]string{getRequest: "get", nextRequest: "getnext", response: "response", setRequest: "set", 0xa4: "trap", bulkRequest: "getbulk", informRequest: "inform", 0xa7: "trap2", report: "report"}

// pdu is a request.
type pdu struct {
	kind      byte
	id        ber.Node
	non, many int64 // of a bulk request
	variables []variable
}

type variable struct {
	id    ber.ObjectID
	value ber.Node
}

func parsePDU(n ber.Node) (p pdu, ok bool) {
	p.kind = n.Tag
	if kindNames[n.Tag] == "" {
		return p, false
	}
	if n.Tag == 0xa4 { // a trap has a shape of its own, and no answer
		return p, true
	}
	if len(n.Kids) != 4 || n.Kids[0].Tag != ber.Integer || n.Kids[3].Tag != ber.Sequence || len(n.Kids[3].Kids) > maxVariables {
		return p, false
	}
	p.id = n.Kids[0]
	var ok1, ok2 bool
	p.non, ok1 = n.Kids[1].Int()
	p.many, ok2 = n.Kids[2].Int()
	for _, v := range n.Kids[3].Kids {
		if !v.Is(ber.Sequence, 2) {
			return p, false
		}
		id, ok := v.Kids[0].ObjectID()
		if !ok || v.Kids[0].Tag != ber.OID {
			return p, false
		}
		p.variables = append(p.variables, variable{id, v.Kids[1]})
	}
	_, ok = p.id.Int()
	return p, ok && ok1 && ok2
}

// record records a request.
func record(s *decoy.Session, version string, p pdu) {
	var ids, values []string
	for _, v := range p.variables {
		ids = append(ids, v.id.String())
		if p.kind == setRequest {
			values = append(values, string(v.value.Value))
		}
	}
	fields := []event.Field{event.String("version", version), event.String("operation", kindNames[p.kind]), event.String("oids", strings.Join(ids, " "))}
	if values != nil {
		joined := strings.Join(values, "\n")
		fields = append(fields, event.String("content", joined[:min(len(joined), maxRecorded)]))
	}
	typ := "snmp"
	if p.kind == setRequest {
		typ = "snmp_set"
	}
	s.Event(typ, fields...)
}

// community answers a request of version 1 or 2c.
func (a *agent) community(s *decoy.Session, version int, community string, p pdu) (answer []byte) {
	known := community == a.read || community == a.write
	name := "1"
	if version == 1 {
		name = "2c"
	}
	a.visitors.With(s.Peer().Addr(), func(v *visitor) {
		if in, before := v.tried[community]; !before || in != s.ID() {
			outcome := event.Rejected
			if known {
				outcome = event.Accepted
			}
			s.Attempt("snmp_community", "", []byte(community), outcome, event.String("version", name))
			if before || known || len(v.tried) < maxTried && len(community) <= maxCommunity {
				v.tried[community] = s.ID()
			}
		}
		record(s, name, p)
		if !known {
			return
		}
		body, ok := a.carryOut(v, version, community == a.write, p)
		if !ok {
			return
		}
		answer = ber.Of(ber.Sequence, ber.Number(ber.Integer, int64(version)), ber.Text(ber.OctetString, community), body).Encode()
	})
	return answer
}

// secured answers a request of version 3, as far as an agent does that knows no user who asks: with the reason for which it says no.
func (a *agent) secured(s *decoy.Session, data []byte, m ber.Node) []byte {
	if len(m.Kids) != 4 || !m.Kids[1].Is(ber.Sequence, 4) || m.Kids[2].Tag != ber.OctetString {
		strange(s, data)
		return nil
	}
	id, flags, model := m.Kids[1].Kids[0], m.Kids[1].Kids[2], m.Kids[1].Kids[3]
	params, _, err := ber.Parse(m.Kids[2].Value)
	if method, ok := model.Int(); err != nil || !ok || method != 3 || len(flags.Value) != 1 || !params.Is(ber.Sequence, 6) || id.Tag != ber.Integer {
		strange(s, data)
		return nil
	}
	engine, user, proof := params.Kids[0].Value, params.Kids[3].Value, params.Kids[4].Value
	request := ber.Number(ber.Integer, 0)
	reportable := flags.Value[0]&4 != 0
	if m.Kids[3].Is(ber.Sequence, 3) {
		if p, ok := parsePDU(m.Kids[3].Kids[2]); ok {
			record(s, "3", p)
			request = p.id
			if a.product.kind == "netsnmp" { // it goes by what is asked, and not by the flag
				reportable = slices.Contains([]byte{getRequest, nextRequest, setRequest, bulkRequest, informRequest}, p.kind)
			}
		}
	}
	if len(user) > 0 {
		// The message is what a cracker of the user's password works on.
		s.Attempt("snmpv3_hmac", string(user), proof, event.Rejected, event.String("engine", hex.EncodeToString(engine)), event.Bytes("data", data[:min(len(data), maxRecorded)]))
	}
	number, _ := id.Int()
	size, _ := m.Kids[1].Kids[1].Int()
	// What no message may be is dropped: a size that is too small, a name that is too long, privacy without a proof (RFC 3412, 6 and 7.2).
	if a.product.engine == nil || !reportable || number < 0 || size < leastSize || len(user) > maxUser || flags.Value[0]&3 == 2 {
		return nil
	}
	const unknownUser, unknownEngine = "1.3.6.1.6.3.15.1.1.3.0", "1.3.6.1.6.3.15.1.1.4.0"
	reason := unknownUser
	if string(engine) != string(a.product.engine) {
		reason = unknownEngine
	}
	count := ber.Number(counter32, 1+int64(a.host.Now().Sub(a.host.BootTime()).Hours()/7))
	const mostSize = 65507
	return ber.Of(ber.Sequence,
		ber.Number(ber.Integer, 3),
		ber.Of(ber.Sequence, id, ber.Number(ber.Integer, mostSize), ber.Bytes(ber.OctetString, []byte{0}), ber.Number(ber.Integer, 3)),
		ber.Bytes(ber.OctetString, ber.Of(ber.Sequence,
			ber.Bytes(ber.OctetString, a.product.engine), ber.Number(ber.Integer, a.product.boots), ber.Number(ber.Integer, int64(a.host.Now().Sub(a.host.BootTime()).Seconds())),
			ber.Bytes(ber.OctetString, user), ber.Text(ber.OctetString, ""), ber.Text(ber.OctetString, "")).Encode()),
		ber.Of(ber.Sequence, ber.Bytes(ber.OctetString, a.product.engine), ber.Text(ber.OctetString, ""),
			ber.Of(report, request, ber.Number(ber.Integer, 0), ber.Number(ber.Integer, 0),
				ber.Of(ber.Sequence, ber.Of(ber.Sequence, ber.NewObjectID(reason).Node(), count)))),
	).Encode()
}
