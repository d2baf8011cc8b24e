package rdp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/tpkt"
	"decnet/decoy/services/internal/windows"
)

// The channels of a connection.
const (
	ioChannel  = 1003
	maxChannel = 31
)

// disconnect tells the client that the connection is over.
var disconnect = []byte{0x21, 0x80}

// description is what a client tells about itself.
type description struct {
	name          string
	build         uint32
	keyboard      uint32
	width, height uint16
	version       uint32
	product       string
	channels      []string
}

// parseConnect takes the description out of an MCS Connect-Initial.
func parseConnect(packet []byte) (d description, ok bool) {
	_, rest, found := bytes.Cut(packet, []byte("Duca"))
	// The blocks' length in one byte or two.
	if !found || len(rest) < 2 {
		return d, false
	}
	if rest[0]&0x80 != 0 {
		rest = rest[1:]
	}
	rest = rest[1:]
	for len(rest) >= 4 {
		kind, size := binary.LittleEndian.Uint16(rest), int(binary.LittleEndian.Uint16(rest[2:]))
		if size < 4 || size > len(rest) {
			return d, ok
		}
		body := rest[4:size]
		rest = rest[size:]
		switch {
		case kind == 0xc001 && len(body) >= 56:
			ok = true
			d.version = binary.LittleEndian.Uint32(body)
			d.width, d.height = binary.LittleEndian.Uint16(body[4:]), binary.LittleEndian.Uint16(body[6:])
			d.keyboard, d.build = binary.LittleEndian.Uint32(body[12:]), binary.LittleEndian.Uint32(body[16:])
			d.name = untilZero(body[20:52])
			if len(body) >= 206 {
				d.product = untilZero(body[142:206])
			}
		case kind == 0xc003 && len(body) >= 4:
			body = body[4:]
			for len(body) >= 12 && len(d.channels) < maxChannel {
				d.channels = append(d.channels, string(bytes.TrimRight(body[:8], "\x00")))
				body = body[12:]
			}
		}
	}
	return d, ok
}

// untilZero is the text up to its end.
func untilZero(b []byte) string {
	text, _, _ := strings.Cut(windows.Text(b), "\x00")
	return text
}

// connect goes on without NLA, as far as the client's password.
func (c *conn) connect() {
	packet, err := tpkt.Read(c.in)
	if err != nil {
		return
	}
	d, ok := parseConnect(packet)
	if !ok {
		c.strange(packet)
		return
	}
	c.s.Event("client", event.String("client_name", d.name), event.Int("client_build", int64(d.build)), event.String("keyboard", fmt.Sprintf("%08x", d.keyboard)),
		event.String("screen", fmt.Sprintf("%dx%d", d.width, d.height)), event.String("client_version", fmt.Sprintf("%08x", d.version)), event.String("product", d.product),
		event.String("channels", strings.Join(d.channels, ",")))
	if c.rw == c.s {
		return // the encryption of before TLS is not to be had
	}
	c.rw.Write(connectResponse(d, c.protocols))
	user := uint16(6) // after 1001, the first
	for range 64 {
		packet, err := tpkt.Read(c.in)
		if err != nil || len(packet) < 4 || packet[1] != 0xf0 {
			return
		}
		switch body := packet[3:]; body[0] >> 2 {
		case 1: // erect domain
		case 10: // attach user
			c.rw.Write(tpkt.Data([]byte{0x2e, 0, byte(user >> 8), byte(user)}))
		case 14: // join channel
			if len(body) < 5 {
				return
			}
			c.rw.Write(tpkt.Data([]byte{0x3e, 0, body[1], body[2], body[3], body[4], body[3], body[4]}))
		case 25: // send data
			i, ok := parseInfo(body)
			if !ok {
				c.strange(packet)
				return
			}
			c.logon(i)
			return
		default:
			c.strange(packet)
			return
		}
	}
}

// logon records what the client would log on with, and ends the connection as a server does where nobody may.
func (c *conn) logon(i info) {
	c.s.Attempt("plaintext", i.user, []byte(i.password), event.Rejected, event.String("domain", i.domain), event.String("cookie", c.cookie), event.String("shell", i.shell),
		event.String("directory", i.directory), event.String("client_address", i.address), event.String("client_path", i.path))
	c.rw.Write(tpkt.Data(disconnect))
}

// connectResponse opens the channels that the client has asked for.
func connectResponse(d description, protocols uint32) []byte {
	block := func(kind uint16, body []byte) []byte {
		b := binary.LittleEndian.AppendUint16(nil, kind)
		return append(binary.LittleEndian.AppendUint16(b, uint16(4+len(body))), body...)
	}
	core := binary.LittleEndian.AppendUint32(nil, 0x00080004)
	core = binary.LittleEndian.AppendUint32(core, protocols)
	core = binary.LittleEndian.AppendUint32(core, 1)
	network := binary.LittleEndian.AppendUint16(nil, ioChannel)
	network = binary.LittleEndian.AppendUint16(network, uint16(len(d.channels)))
	for i := range d.channels {
		network = binary.LittleEndian.AppendUint16(network, uint16(ioChannel+1+i))
	}
	if len(d.channels)%2 == 1 {
		network = append(network, 0, 0)
	}
	blocks := slices.Concat(block(0x0c01, core), block(0x0c02, make([]byte, 8)), block(0x0c03, network))
	gcc := []byte{0, 5, 0, 0x14, 0x7c, 0, 1}
	inner := append([]byte{0x14, 0x76, 0x0a, 1, 1, 0, 1, 0xc0, 0, 'M', 'c', 'D', 'n'}, 0x80|byte(len(blocks)>>8), byte(len(blocks)))
	gcc = append(gcc, 0x80|byte((len(inner)+len(blocks))>>8), byte(len(inner)+len(blocks)))
	gcc = slices.Concat(gcc, inner, blocks)
	parameters := ntlm.DER(0x30, []byte{2, 1, 34, 2, 1, 3, 2, 1, 0, 2, 1, 1, 2, 1, 0, 2, 1, 1, 2, 3, 0, 0xff, 0xf8, 2, 1, 2})
	response := ntlm.DER(0x66, []byte{0x0a, 1, 0, 2, 1, 0}, parameters, ntlm.DER(0x04, gcc))
	return tpkt.Data(append([]byte{0x7f}, response...))
}

// info is what a client logs on with.
type info struct {
	domain, user, password, shell, directory, address, path string
}

// parseInfo takes a Client Info out of an MCS Send Data Request.
func parseInfo(body []byte) (i info, ok bool) {
	if len(body) < 8 {
		return i, false
	}
	rest := body[6:]
	if rest[0]&0x80 != 0 {
		rest = rest[1:]
	}
	rest = rest[1:]
	// The security header, which says what follows.
	if len(rest) < 4+18 || binary.LittleEndian.Uint16(rest)&0x40 == 0 {
		return i, false
	}
	rest = rest[4:]
	unicode := binary.LittleEndian.Uint32(rest[4:])&0x10 != 0
	var sizes [5]int
	for n := range sizes {
		sizes[n] = int(binary.LittleEndian.Uint16(rest[8+2*n:]))
	}
	rest = rest[18:]
	for n, field := range []*string{&i.domain, &i.user, &i.password, &i.shell, &i.directory} {
		end := 1
		if unicode {
			end = 2
		}
		if sizes[n]+end > len(rest) {
			return i, false
		}
		if *field = string(rest[:sizes[n]]); unicode {
			*field = windows.Text(rest[:sizes[n]])
		}
		rest = rest[sizes[n]+end:]
	}
	// Newer clients tell where they are, too.
	if len(rest) >= 4 {
		rest = rest[2:]
		for _, field := range []*string{&i.address, &i.path} {
			if len(rest) < 2 {
				break
			}
			size := int(binary.LittleEndian.Uint16(rest))
			if rest = rest[2:]; size > len(rest) {
				break
			}
			*field = untilZero(rest[:size])
			rest = rest[size:]
		}
	}
	return i, true
}
