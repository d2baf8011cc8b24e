// Package rdp is the decoy of a remote desktop: of Windows, which asks for Network Level Authentication or leaves it, or of xrdp on Linux. The name in a client's
// cookie, its own description, the NTLM proof of its password or, where there is no NLA, the password itself: all are recorded. Nobody gets
// as far as a desktop.
package rdp

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/tpkt"
	"decnet/decoy/services/internal/windows"
)

func init() {
	decoy.Register("rdp", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

const (
	loginTime = 60 * time.Second
	maxPacket = 16 << 10
)

// The protocols under which a client may go on; the first, plain one is 0.
const (
	overTLS     = 1
	overNLA     = 2
	overNLAMore = 8 // NLA that also tells early whether the user may log on
)

// The refusals of a negotiation.
const (
	tlsRequired = 1
	nlaRequired = 5
)

type server struct {
	host    *decoy.Host
	machine *windows.Machine
	nla     bool // must be
	flags   byte // of the negotiation
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, machine: windows.MachineOf(h)}
	if v.machine.Real {
		v.nla, v.flags = decoy.Pick(h, "rdp-nla", true, true, false), 0x1f
		if chosen, ok := h.Setting("rdp", "nla"); ok {
			v.nla = chosen == "true"
		}
		if v.machine.Major < 10 {
			v.flags = 0x0f
		}
	} else {
		v.flags = 1
	}
	return v
}

// certificate is what the remote desktop made for itself. Windows does so for half a year at a time.
func (v *server) certificate() (tls.Certificate, error) {
	h := v.host
	if !v.machine.Real {
		return secure.Certificate(h, "")
	}
	const life = 182 * 24 * time.Hour
	since := h.Installed()
	if age := h.Now().Sub(since); age > 0 {
		since = since.Add(age / life * life)
	}
	return h.RSACertificate("rdp", &x509.Certificate{
		Subject: pkix.Name{CommonName: v.machine.DNSName}, NotBefore: since, NotAfter: since.Add(life),
		KeyUsage: x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
}

// conn is one connection.
type conn struct {
	server *server
	s      *decoy.Session
	rw     io.ReadWriter
	in     *bufio.Reader

	cookie    string
	protocols uint32 // that the client has asked for
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	s.SetReadDeadline(time.Now().Add(loginTime))
	c := &conn{server: v, s: s, rw: s, in: bufio.NewReaderSize(s, 512)}
	if first, err := c.in.Peek(1); err != nil || first[0] == tlsRecord && v.machine.Real {
		// The direct approach: who knows that the server is Windows may begin with TLS. Those who collect certificates do.
		if err == nil {
			c.secure(ctx)
		}
		return
	}
	packet, err := tpkt.Read(c.in)
	if err != nil {
		if len(packet) > 0 {
			c.strange(packet)
		}
		if !v.machine.Real && errors.Is(err, tpkt.ErrFraming) {
			s.Write(tpkt.Data(disconnect)) // as xrdp does
		}
		return
	}
	r, ok := parseRequest(packet)
	if !ok {
		c.strange(packet)
		return
	}
	c.cookie, c.protocols = r.cookie, r.protocols
	s.Event("connection_request", event.String("cookie", r.cookie), event.Int("protocols", int64(r.protocols)), event.String("routing", r.routing[:min(len(r.routing), 512)]))
	if r.cookie != "" {
		// Bots put the account there that they are about to try.
		s.Event("rdp_cookie", event.String(event.Principal, r.cookie))
	}
	selected, refusal := v.choose(r)
	if _, err := s.Write(v.confirm(r, selected, refusal)); err != nil || refusal != 0 {
		return
	}
	if selected == 0 {
		c.connect()
		return
	}
	c.secure(ctx)
}

// tlsRecord is what TLS begins with.
const tlsRecord = 0x16

// secure goes on over TLS, up to the proof of a password or the login by one.
func (c *conn) secure(ctx context.Context) {
	v := c.server
	cert, err := v.certificate()
	if err != nil {
		return
	}
	// What was read ahead is the beginning of TLS.
	secured, err := secure.HandshakeAs(ctx, c.s, readAhead{c.s, c.in}, secure.Config(v.host, v.tls(), cert))
	if err != nil { // recorded
		if !v.machine.Real {
			c.s.Write(tpkt.Data(disconnect)) // as xrdp does, on what TLS there is or none
		}
		return
	}
	c.rw, c.in = secured, bufio.NewReaderSize(secured, 512)
	first, err := c.in.Peek(1)
	switch {
	case err != nil:
	case first[0] == 0x30 && v.machine.Real:
		c.prove()
	case first[0] == tpkt.Version && !v.nla:
		c.connect()
	default:
		c.strange(first)
	}
	// A client that waits for the end of TLS gets it.
	secured.CloseWrite()
}

// tls is whose TLS it is.
func (v *server) tls() tlswire.Profile {
	if v.machine.Real {
		return windows.TLS(v.host)
	}
	return tlswire.XRDP
}

// choose picks one of the protocols that a client offers, or tells why none will do.
func (v *server) choose(r request) (selected uint32, refusal byte) {
	switch {
	case v.machine.Real && r.protocols&overNLAMore != 0:
		return overNLAMore, 0
	case v.machine.Real && r.protocols&overNLA != 0:
		return overNLA, 0
	case v.nla && r.negotiates:
		return 0, nlaRequired
	case r.protocols&overTLS != 0:
		return overTLS, 0
	case v.machine.Real && r.negotiates:
		return 0, tlsRequired
	}
	return 0, 0
}

// readAhead is the session, with what was read ahead of it first.
type readAhead struct {
	*decoy.Session
	in *bufio.Reader
}

func (r readAhead) Read(p []byte) (int, error) { return r.in.Read(p) }

// request is what a connection begins with.
type request struct {
	source     [2]byte
	cookie     string // the user's name, as far as clients tell it
	routing    string // what stands in the cookie's place otherwise
	negotiates bool
	protocols  uint32
}

// parseRequest takes an X.224 connection request apart.
func parseRequest(packet []byte) (request, bool) {
	var r request
	if len(packet) < 7 || packet[1]&0xf0 != 0xe0 {
		return r, false
	}
	r.source = [2]byte(packet[4:6])
	rest := packet[7:]
	if line, after, ok := strings.Cut(string(rest), "\r\n"); ok && len(line) > 0 && line[0] != 1 {
		if r.cookie, ok = strings.CutPrefix(line, "Cookie: mstshash="); !ok {
			r.routing = line
		}
		rest = []byte(after)
	}
	if len(rest) >= 8 && rest[0] == 1 && rest[2] == 8 {
		r.negotiates, r.protocols = true, binary.LittleEndian.Uint32(rest[4:])
	}
	return r, true
}

// confirm is the answer to the request.
func (v *server) confirm(r request, selected uint32, refusal byte) []byte {
	packet := []byte{6, 0xd0, r.source[0], r.source[1], 0x12, 0x34, 0}
	if !v.machine.Real {
		packet[4], packet[5] = 0, 0
	}
	if r.negotiates {
		kind, flags, value := byte(2), v.flags, selected
		if refusal != 0 {
			kind, flags, value = 3, 0, uint32(refusal)
		}
		packet[0] = 14
		packet = binary.LittleEndian.AppendUint32(append(packet, kind, flags, 8, 0), value)
	}
	return tpkt.Frame(packet)
}

// strange records what is not the protocol.
func (c *conn) strange(data []byte) {
	c.s.Event("protocol_error", event.Bytes("data", data[:min(len(data), 1024)]))
}
