package smb

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/windows"
)

// capabilities are what the server says that it can: DFS, and since SMB 2.1 leases and large reads.
func capabilities(dialect uint16) uint32 {
	if dialect == 0x0202 {
		return 1
	}
	return 7
}

const (
	signsAllowed  = 1
	signsRequired = 2
	anyDialect    = 0x02ff // of SMB 2: the client is to say which
)

// dialects are those spoken here, the best first.
var dialects = []uint16{0x0311, 0x0302, 0x0300, 0x0210, 0x0202}

// negotiate answers the negotiation of SMB 2.
func (c *conn) negotiate(q request) result {
	if c.dialect != 0 && c.dialect != anyDialect {
		return result{silent: true, hang: true} // it is done once
	}
	var offered []uint16
	var names []string
	for i := range min(int(q.U16(body(2))), 64) {
		d := q.U16(body(36 + 2*i))
		offered = append(offered, d)
		names = append(names, fmt.Sprintf("%04x", d))
	}
	c.client = [16]byte(q.Part(body(12), 16))
	c.s.Event("negotiate", event.String("dialects", strings.Join(names, ",")), event.String("client_guid", fmt.Sprintf("%x", c.client)), event.Int("security_mode", int64(q.U16(body(4)))))
	at := slices.IndexFunc(dialects, func(d uint16) bool {
		// SMB 3.1.1 came with Windows 10.
		return slices.Contains(offered, d) && !(d == 0x0311 && c.server.machine.Real && c.server.machine.Major < 10)
	})
	if at < 0 {
		return fail(notSupported)
	}
	c.dialect = dialects[at]
	return result{body: c.negotiation(c.dialect)}
}

// negotiation is the answer, by which a dialect is chosen.
func (c *conn) negotiation(dialect uint16) []byte {
	v := c.server
	token := ntlm.Offer()
	mode := uint16(signsAllowed)
	if v.signs {
		mode |= signsRequired
	}
	size := uint32(maxMessage)
	if dialect == 0x0202 {
		size = 64 << 10
	}
	var b builder
	b.U16(65)
	b.U16(mode)
	b.U16(dialect)
	contexts := 0
	if dialect == 0x0311 {
		contexts = 1
	}
	b.U16(uint16(contexts))
	b.Bytes(v.guid)
	b.U32(capabilities(dialect))
	b.U32(size)
	b.U32(size)
	b.U32(size)
	b.U64(windows.FileTime(v.host.Now().UnixNano()))
	b.U64(v.started())
	b.U16(headerSize + 64)
	b.U16(uint16(len(token)))
	b.U32(0)
	b.Bytes(token)
	if contexts > 0 {
		b.Align(8)
		b.Patch32(60, uint32(headerSize+len(b)))
		b.U16(1) // the hash over all that comes before the keys
		b.U16(38)
		b.U32(0)
		b.U16(1)
		b.U16(32)
		b.U16(1) // SHA-512
		b.Bytes(v.host.Bytes(fmt.Sprintf("smb-salt/%x", c.client), 32))
	}
	return b
}

// started is when the server has booted, which Windows tells up to 2016, and neither a later one nor Samba.
func (v *server) started() uint64 {
	if !v.machine.Real || v.machine.Build > 14393 {
		return 0
	}
	return windows.FileTime(v.host.BootTime().UnixNano())
}

// follow hashes what must be under the keys of SMB 3.1.1.
func (c *conn) follow(q request, reply []byte, r result) {
	hash := func(sum [sha512.Size]byte, message []byte) [sha512.Size]byte {
		return sha512.Sum512(slices.Concat(sum[:], message))
	}
	switch q.command() {
	case cmdNegotiate:
		c.preauth = hash(hash([sha512.Size]byte{}, q), reply)
	case cmdSessionSetup:
		if s := c.sessions[r.session]; s != nil && r.status == moreProcessing {
			s.preauth = hash(s.preauth, reply)
		}
	}
}

// oldNegotiate answers the negotiation of SMB 1, by which clients begin that don't know yet whom they talk to.
func (c *conn) oldNegotiate(message []byte) ([]byte, bool) {
	if len(message) < 35 || message[4] != legacyNegotiate || c.dialect != 0 {
		c.strange(message)
		return nil, false
	}
	var names []string
	for name := range bytes.SplitSeq(message[35:], []byte{0}) {
		if name = bytes.TrimPrefix(name, []byte{2}); len(name) > 0 && len(names) < 32 {
			names = append(names, string(name[:min(len(name), 64)]))
		}
	}
	c.s.Event("negotiate", event.String("dialects", strings.Join(names, ",")))
	var dialect uint16
	switch {
	case slices.Contains(names, "SMB 2.???"):
		dialect = anyDialect
	case slices.Contains(names, "SMB 2.002"):
		dialect = 0x0202
	case c.server.legacy && slices.Contains(names, ntlmDialect):
		return c.startLegacy(message, slices.Index(names, ntlmDialect)), true
	case !c.server.machine.Real:
		// Samba says that it speaks none of them.
		return legacyReply(message, ok, []byte{0xff, 0xff}, nil, &legacy{}), false
	default:
		return nil, false // SMB 1 is switched off
	}
	c.dialect = dialect
	q := make(request, headerSize)
	binary.LittleEndian.PutUint16(q[14:], 1)
	return header(q, result{body: c.negotiation(dialect)}), true
}
