// Package dns is the decoy of a name server: BIND, Microsoft's, or the dnsmasq of a small device. It is the authority for one made-up domain, whose hosts look worth a visit, and
// refuses all else: it asks nobody. Where it is chosen to seem a resolver too, other people's names fail, as on one whose way out is closed. Each question is recorded, and whether it wants a whole
// zone, the server's version, a long answer for somebody else or to change something; so is what the questions of a source together come to. On UDP an answer that is much longer than its
// question is cut short, for the client to ask again on TCP: nobody is flooded with this server's help.
package dns

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"decnet/decoy"
	"decnet/decoy/event"
)

const (
	idleTime = 30 * time.Second // of a TCP connection, as BIND has it
	// plainSize is what an answer on UDP may have where the client doesn't show, by a cookie, that the source is its own.
	plainSize = 512
	// provenSize is what it may have else.
	provenSize = 1232
	maxShown   = 1024 // bytes of a message that is not understood, in the record
)

func init() {
	decoy.Register("dns", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's name server.
type server struct {
	host    *decoy.Host
	product product
	zones   []*zone
	mode    string // chosen: auth, recursive or open; "" is as the product comes
	nsid    string // "" is that of the host
	local   []netip.Prefix
	watch   *watch
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, product: productOf(h), zones: zonesOf(h), watch: newWatch()}
	v.mode, _ = h.Setting("dns", "zone_mode")
	v.nsid, _ = h.Setting("dns", "nsid")
	v.local = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	if own, err := netip.ParseAddr(h.IP); err == nil {
		if near, err := own.Prefix(localBits(own)); err == nil {
			v.local = append(v.local, near)
		}
	}
	return v
}

// localBits is how long the prefix of an address's network is, as far as a decky can tell.
func localBits(a netip.Addr) int {
	if a.Is4() {
		return 24
	}
	return 64
}

// recurses tells whether the server seems to look up other people's names for a client: for those of its own network alone where it isn't open, as BIND does.
func (v *server) recurses(peer netip.Addr) bool {
	peer = peer.Unmap().WithZone("")
	switch v.mode {
	case "auth":
		return false
	case "open":
		return true
	case "recursive":
		return slices.ContainsFunc(v.local, func(p netip.Prefix) bool { return p.Contains(peer) })
	}
	return v.product.kind != "bind"
}

// ServePacket answers one question.
func (v *server) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	if answers := v.answer(s, data, false); len(answers) > 0 {
		s.Write(answers[0]) // a datagram that can't be sent is a datagram lost
	}
}

// ServeConn answers the questions of one client.
func (v *server) ServeConn(_ context.Context, s *decoy.Session) {
	for {
		if s.SetReadDeadline(time.Now().Add(idleTime)) != nil {
			return
		}
		var size [2]byte
		if _, err := io.ReadFull(s, size[:]); err != nil {
			return
		}
		data := make([]byte, binary.BigEndian.Uint16(size[:]))
		if n, err := io.ReadFull(s, data); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				strange(s, append(size[:], data[:n]...))
			}
			return
		}
		answers := v.answer(s, data, true)
		if answers == nil {
			return
		}
		for _, a := range answers {
			if _, err := s.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...)); err != nil {
				return
			}
		}
	}
}

// strange records what is no question.
func strange(s *decoy.Session, data []byte) {
	s.Event("protocol_error", event.Bytes("data", data[:min(len(data), maxShown)]))
}

// answer returns the messages that answer one, none for what a name server leaves unanswered.
func (v *server) answer(s *decoy.Session, data []byte, stream bool) [][]byte {
	if len(data) < 12 {
		strange(s, data)
		return nil
	}
	q := new(dns.Msg)
	if err := q.Unpack(data); err != nil || len(q.Question) == 1 && questionEnd(data) == 0 {
		strange(s, data)
		// An answer could be answered for ever, and dnsmasq answers nothing that it can't read.
		if data[2]&0x80 != 0 || v.product.kind == "dnsmasq" {
			return nil
		}
		return [][]byte{v.malformed(data)}
	}
	if q.Response {
		strange(s, data)
		return nil
	}
	v.record(s, q, stream)
	replies := v.reply(q, s, stream)
	if replies == nil {
		return [][]byte{failed(data, dns.RcodeServerFailure)}
	}
	var out [][]byte
	for _, r := range replies {
		if !stream {
			r.Truncate(v.room(q))
			r.Compress = true // also where it fits without, as servers do
		}
		raw, err := r.Pack()
		if err != nil {
			return [][]byte{failed(data, dns.RcodeServerFailure)}
		}
		out = append(out, raw)
	}
	return out
}

// room is how long an answer on UDP may be.
func (v *server) room(q *dns.Msg) int {
	opt := q.IsEdns0()
	if opt == nil {
		return plainSize
	}
	most := plainSize
	if c := cookieOf(opt); v.product.cookies && len(c) > 8 {
		most = provenSize
	}
	return max(dns.MinMsgSize, min(int(opt.UDPSize()), most))
}

// questionEnd returns where the question ends, when there is one and it is whole; else 0.
func questionEnd(data []byte) int {
	if binary.BigEndian.Uint16(data[4:]) != 1 {
		return 0
	}
	if _, end, err := dns.UnpackDomainName(data, 12); err == nil && end+4 <= len(data) {
		return end + 4
	}
	return 0
}

// malformed refuses what can't be read. BIND repeats the question where it could read that.
func (v *server) malformed(data []byte) []byte {
	head := failed(data, dns.RcodeFormatError)
	if end := questionEnd(data); v.product.kind == "bind" && end > 0 {
		head[5] = 1
		return append(head, data[12:end]...)
	}
	return head
}

// failed is the head of a question, turned into that of a refusal.
func failed(data []byte, code int) []byte {
	head := make([]byte, 12)
	copy(head, data[:4])
	head[2] = data[2]&0x79 | 0x80 // the operation and whether recursion is wanted stay
	head[3] = byte(code)
	return head
}

// record records what a message asks for.
func (v *server) record(s *decoy.Session, q *dns.Msg, stream bool) {
	transport := "udp"
	if stream {
		transport = "tcp"
	}
	fields := []event.Field{event.String("transport", transport), event.Int("id", int64(q.Id)), event.String("recursion", strconv.FormatBool(q.RecursionDesired))}
	if opt := q.IsEdns0(); opt != nil {
		var options []string
		for _, o := range opt.Option {
			options = append(options, strconv.Itoa(int(o.Option())))
		}
		fields = append(fields, event.Int("edns_size", int64(opt.UDPSize())), event.String("edns_options", strings.Join(options, ",")))
	}
	if t := q.IsTsig(); t != nil {
		raw, err := hex.DecodeString(t.MAC)
		if err != nil {
			raw = []byte(t.MAC)
		}
		s.Attempt("tsig", t.Hdr.Name, raw, event.Rejected, event.String("algorithm", t.Algorithm))
	}
	if q.Opcode != dns.OpcodeQuery {
		name := strings.ToLower(dns.OpcodeToString[q.Opcode])
		if name == "" {
			name = strconv.Itoa(q.Opcode)
		}
		var changes []string
		for _, rr := range q.Ns {
			changes = append(changes, rr.String())
		}
		s.Event("dns_"+sanitized(name), append(fields, event.String("changes", strings.Join(changes, "\n")))...)
		return
	}
	if n := len(q.Question); n > 1 {
		s.Event("multi_question", append([]event.Field{event.Int(event.Count, int64(n))}, fields...)...)
	}
	for i, question := range q.Question {
		if i == 8 { // more than one has no meaning, and no server answers it
			break
		}
		kind := "query"
		switch {
		case !stream && question.Qclass != dns.ClassCHAOS && amplifies(q, question):
			kind = "amp_probe"
		case question.Qtype == dns.TypeAXFR || question.Qtype == dns.TypeIXFR:
			kind = "zone_transfer"
		case question.Qclass == dns.ClassCHAOS:
			kind = "version_query"
		}
		s.Event(kind, append([]event.Field{
			event.String("name", question.Name), event.String("qtype", dns.Type(question.Qtype).String()), event.String("qclass", dns.Class(question.Qclass).String()),
		}, fields...)...)
		for _, found := range v.watch.see(s.Peer().Addr(), v.host.Now(), question.Name, v.find(question.Name) != nil) {
			s.Event(found.typ, found.fields...)
		}
	}
}

// sanitized makes an event's type of an operation's name or number.
func sanitized(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}
