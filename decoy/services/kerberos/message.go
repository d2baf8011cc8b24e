package kerberos

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"decnet/decoy/services/internal/ber"
)

// The messages, by their numbers; the tag of one is 0x60 and its number.
const (
	asRequest  = 10
	asReply    = 11
	tgsRequest = 12
	tgsReply   = 13
	apRequest  = 14
	failure    = 30

	application = 0x60
	version     = 5
)

// The tags that Kerberos has beside the usual ones.
const (
	bitString     = 0x03
	generalString = 0x1b
	generalTime   = 0x18
)

// What stands before a request's body, and in what an error tells.
const (
	paTGS        = 1
	paTimestamp  = 2
	paOldPKINIT  = 15
	paPKINIT     = 16
	paEtypeInfo  = 11
	paEtypeInfo2 = 19
	paFAST       = 136
)

// The errors.
const (
	clientUnknown    = 6
	serverUnknown    = 7
	badOption        = 13
	etypeUnsupported = 14
	padataUnknown    = 16
	clientRevoked    = 18
	preauthFailed    = 24
	preauthRequired  = 25
	wantsUserToUser  = 27
	badIntegrity     = 31
	ticketExpired    = 32
	clockSkew        = 37
	badMessageType   = 40
	tooBig           = 52
	genericError     = 60
	fieldTooLong     = 61
	wrongRealm       = 68
)

// The kinds of a name.
const (
	principalName  = 1
	serviceName    = 2
	enterpriseName = 10
)

// A request's options and a ticket's flags, by their bits, which are counted from the highest.
const (
	forwardable     = 1
	proxiable       = 3
	renewable       = 8
	initial         = 9
	preAuthentic    = 10
	canonicalize    = 15
	delegated       = 14 // what is asked for in somebody else's name
	userToUser      = 28
	stamp           = "20060102150405Z"
	ticketTime      = 10 * time.Hour
	renewTime       = 7 * 24 * time.Hour
	mostSkew        = 5 * time.Minute
	maxParts        = 8 // of a name
	maxEtypes       = 32
	maxPadata       = 32
	withoutPassword = "20370914024805Z" // when the password expires of who keeps it
)

// field is an element in its numbered wrapping.
func field(n byte, of ber.Node) ber.Node { return ber.Of(0xa0|n, of) }

func number(v int64) ber.Node               { return ber.Number(ber.Integer, v) }
func text(s string) ber.Node                { return ber.Text(generalString, s) }
func octets(b []byte) ber.Node              { return ber.Bytes(ber.OctetString, b) }
func moment(t time.Time) ber.Node           { return ber.Text(generalTime, t.UTC().Format(stamp)) }
func sequence(of ...ber.Node) ber.Node      { return ber.Of(ber.Sequence, of...) }
func message(n byte, of ...ber.Node) []byte { return ber.Of(application|n, sequence(of...)).Encode() }

func bits(v uint32) ber.Node {
	return ber.Bytes(bitString, binary.BigEndian.AppendUint32([]byte{0}, v))
}

func bit(n int) uint32 { return 1 << (31 - n) }

// part returns what stands in a numbered wrapping of a sequence, and whether it is there.
func part(of ber.Node, n byte) (ber.Node, bool) {
	for _, kid := range of.Kids {
		if kid.Tag == 0xa0|n && len(kid.Kids) == 1 {
			return kid.Kids[0], true
		}
	}
	return ber.Node{}, false
}

func partInt(of ber.Node, n byte) int64 {
	p, _ := part(of, n)
	v, _ := p.Int()
	return v
}

func partText(of ber.Node, n byte) string {
	p, _ := part(of, n)
	return string(p.Value)
}

// name is a principal's.
type name struct {
	kind  int64
	parts []string
}

func (n name) String() string { return strings.Join(n.parts, "/") }

func (n name) node() ber.Node {
	all := make([]ber.Node, len(n.parts))
	for i, p := range n.parts {
		all[i] = text(p)
	}
	return sequence(field(0, number(n.kind)), field(1, sequence(all...)))
}

// nameOf reads one, nil where there is none.
func nameOf(of ber.Node, n byte) *name {
	p, found := part(of, n)
	if !found {
		return nil
	}
	parts, found := part(p, 1)
	if !found || len(parts.Kids) == 0 || len(parts.Kids) > maxParts {
		return nil
	}
	out := &name{kind: partInt(p, 0)}
	for _, kid := range parts.Kids {
		out.parts = append(out.parts, string(kid.Value))
	}
	return out
}

// sealed is something encrypted.
type sealed struct {
	etype int64
	data  []byte
}

func sealedOf(n ber.Node) sealed {
	data, _ := part(n, 2)
	return sealed{partInt(n, 0), data.Value}
}

func (s sealed) node(kvno int64) ber.Node {
	if kvno == 0 {
		return sequence(field(0, number(s.etype)), field(2, octets(s.data)))
	}
	return sequence(field(0, number(s.etype)), field(1, number(kvno)), field(2, octets(s.data)))
}

// request is what a client asks of the server.
type request struct {
	kind    int64
	options uint32
	client  *name
	realm   string
	target  *name
	till    time.Time
	renewed time.Time // at most until then
	nonce   int64
	etypes  []int64
	padata  map[int64][]byte
	more    bool // tickets of others
}

func (r *request) wants(option int) bool { return r.options&bit(option) != 0 }

// common is the best encryption of those that both ends know, 0 where there is none.
func (r *request) common() int64 {
	for _, e := range strongest {
		if slices.Contains(r.etypes, e) {
			return e
		}
	}
	return 0
}

// parse reads a request; false is what is none.
func parse(data []byte) (*request, bool) {
	m, rest, err := ber.Parse(data)
	if err != nil || len(rest) > 0 || len(m.Kids) != 1 || m.Kids[0].Tag != ber.Sequence {
		return nil, false
	}
	all := m.Kids[0]
	r := &request{kind: partInt(all, 2), padata: map[int64][]byte{}}
	body, found := part(all, 4)
	if !found || body.Tag != ber.Sequence || partInt(all, 1) != version || int64(m.Tag) != application|r.kind {
		return nil, false
	}
	if padata, there := part(all, 3); there {
		for _, p := range padata.Kids[:min(len(padata.Kids), maxPadata)] {
			value, _ := part(p, 2)
			r.padata[partInt(p, 1)] = value.Value
		}
	}
	if o, _ := part(body, 0); len(o.Value) == 5 {
		r.options = binary.BigEndian.Uint32(o.Value[1:])
	}
	r.client, r.target, r.realm, r.nonce = nameOf(body, 1), nameOf(body, 3), partText(body, 2), partInt(body, 7)
	r.till, _ = time.Parse(stamp, partText(body, 5)) // the zero time is as long as possible
	r.renewed, _ = time.Parse(stamp, partText(body, 6))
	etypes, _ := part(body, 8)
	for _, e := range etypes.Kids[:min(len(etypes.Kids), maxEtypes)] {
		if v, ok := e.Int(); ok {
			r.etypes = append(r.etypes, v)
		}
	}
	_, r.more = part(body, 11)
	return r, true
}

// padata is what stands before a body, or in what an error tells.
func padata(kind int64, value []byte) ber.Node {
	return sequence(field(1, number(kind)), field(2, octets(value)))
}
