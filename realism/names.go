package realism

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"
)

// What the protocols of binary messages have in common here: each tells who the host is, to whoever asks in the right way.

// ntlmOffer is how a client begins to log in by NTLM.
var ntlmOffer = append([]byte("NTLMSSP\x00\x01\x00\x00\x00\x97\x82\x08\xe2"), make([]byte, 24)...)

// ntlm looks at a server's challenge, wherever in the answer it is, and returns what has to be new each time. Of none in time nothing is said.
func (p *probe) ntlm(answer []byte) []byte {
	if len(answer) == 0 {
		return nil
	}
	_, m, found := bytes.Cut(answer, []byte("NTLMSSP\x00\x02\x00\x00\x00"))
	if !found || len(m) < 44 {
		p.found("bad-answer", High, "it does not challenge who begins to log in by NTLM")
		return nil
	}
	challenge := m[12:20]
	if text := string(challenge); text == "\x11\x22\x33\x44\x55\x66\x77\x88" || text == strings.Repeat("\xaa", 8) {
		p.found("default-challenge", High, "%x is the challenge that tools have out of the box", challenge)
	}
	size, at := int(binary.LittleEndian.Uint16(m[28:])), int(binary.LittleEndian.Uint32(m[32:]))-12
	if at < 0 || at > len(m) || size > len(m)-at {
		p.found("bad-answer", High, "its challenge does not hold what it says")
		return challenge
	}
	const computer, dnsComputer, clock = 1, 3, 7
	for info := m[at : at+size]; len(info) >= 4; {
		kind, n := binary.LittleEndian.Uint16(info), int(binary.LittleEndian.Uint16(info[2:]))
		if n > len(info)-4 {
			break
		}
		value := info[4 : 4+n]
		info = info[4+n:]
		switch kind {
		case computer, dnsComputer:
			p.seen.name(p.endpoint.Service, p.fit(wide(value)))
		case clock:
			if n == 8 {
				p.clock(binary.LittleEndian.Uint64(value))
			}
		}
	}
	if build := binary.LittleEndian.Uint16(m[38:]); build != 0 { // Samba has none
		p.seen.system(p.endpoint.Service, "Windows")
	}
	return bytes.Clone(challenge)
}

// fit is a name as the target has it, where NetBIOS has cut it off.
func (p *probe) fit(name string) string {
	if host := short(p.target.Hostname); len(name) == 15 && len(host) > 15 && strings.EqualFold(host[:15], name) {
		return host
	}
	return name
}

// clock looks at a time of Windows's.
func (p *probe) clock(ticks uint64) {
	const toUnix, second = 116444736000000000, 10000000
	told := time.Unix(int64((ticks-toUnix)/second), 0) //nolint:gosec // an absurd time is one that is wrong
	if off := time.Since(told).Abs(); off > 10*time.Minute {
		p.found("wrong-clock", Low, "its clock is %s off", off.Round(time.Second))
	}
}

func wide(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// smbMessage is a request of SMB 2 with its head.
func smbMessage(command uint16, number byte, body []byte) []byte {
	m := make([]byte, 4+64, 4+64+len(body))
	copy(m[4:], "\xfeSMB\x40")
	binary.LittleEndian.PutUint16(m[4+12:], command)
	m[4+14], m[4+24] = 31, number
	m = append(m, body...)
	binary.BigEndian.PutUint32(m, uint32(len(m)-4)) //nolint:gosec // some hundred bytes
	return m
}

// netbiosCall opens a session of NetBIOS, as what listens on port 139 wants one before anything else: with whom everybody calls.
var netbiosCall = append([]byte("\x81\x00\x00\x44"), netbiosName("*SMBSERVER")+netbiosName("SCANNER")...)

// netbiosName writes a name in sixteen bytes, each as two letters.
func netbiosName(name string) string {
	var out strings.Builder
	out.WriteByte(32)
	for _, b := range []byte(fmt.Sprintf("%-16s", name)) {
		out.Write([]byte{'A' + b>>4, 'A' + b&0xf})
	}
	out.WriteByte(0)
	return out.String()
}

func smbProbe(p *probe) {
	p.challenges("challenge", func(c *conn) []byte {
		uncalled := false
		answer := func(command uint16, number byte, body []byte) []byte {
			_, _ = c.Write(smbMessage(command, number, body))
			head := c.bytes(4)
			if head == nil {
				return nil
			}
			uncalled = head[0] == 0x83
			return c.bytes(int(binary.BigEndian.Uint32(head) & 0xffff))
		}
		negotiation := append([]byte{36, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 24)...)
		negotiation = append(negotiation, 0x02, 0x02, 0x10, 0x02)
		said := answer(0, 0, negotiation)
		if uncalled { // it wants a session of NetBIOS first
			again, err := p.dial()
			if err != nil {
				return nil
			}
			defer again.Close()
			c, said = again, nil
			_, _ = c.Write(netbiosCall)
			if opened := c.bytes(4); opened != nil && opened[0] == 0x82 {
				said = answer(0, 0, negotiation)
			}
		}
		if len(said) < 64+64 || string(said[:4]) != "\xfeSMB" {
			p.found("bad-answer", High, "it does not answer the negotiation of SMB 2")
			return nil
		}
		guid := said[64+8 : 64+24]
		if bytes.Equal(guid, make([]byte, 16)) {
			p.found("no-guid", High, "its GUID is nothing")
		}
		p.marks = p.marks[:0]
		p.mark("guid", hex.EncodeToString(guid))
		p.clock(binary.LittleEndian.Uint64(said[64+40:]))
		setup := append([]byte{25, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 64 + 24, 0, byte(len(ntlmOffer)), 0}, make([]byte, 8)...)
		return p.ntlm(answer(1, 1, append(setup, ntlmOffer...)))
	})
}

func rdpProbe(p *probe) {
	p.challenges("challenge", func(c *conn) []byte {
		_, _ = c.Write([]byte("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"))
		said := c.bytes(19)
		if said == nil || said[0] != 3 || said[5]&0xf0 != 0xd0 {
			p.found("bad-answer", High, "it does not confirm a connection, as RDP does")
			return nil
		}
		if said[11] != 2 {
			return nil // it has refused what was offered, as it may
		}
		secured := tls.Client(c, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is looked at, not trusted
		if err := secured.HandshakeContext(p.ctx); err != nil {
			p.found("no-tls", High, "it has chosen TLS and does not speak it: %v", err)
			return nil
		}
		leaf := secured.ConnectionState().PeerCertificates[0]
		sum := sha256.Sum256(leaf.Raw)
		p.marks = p.marks[:0]
		p.mark("certificate", hex.EncodeToString(sum[:]))
		p.seen.name(p.endpoint.Service, p.fit(leaf.Subject.CommonName))
		if said[15] != 2 { // TLS alone
			return nil
		}
		token := der(0x30, der(0xa0, []byte{2, 1, 6}), der(0xa1, der(0x30, der(0x30, der(0xa0, der(0x04, ntlmOffer))))))
		_, _ = secured.Write(token)
		answer := make([]byte, 4096)
		n, _ := io.ReadAtLeast(secured, answer, 64)
		return p.ntlm(answer[:n])
	})
}

// der is an element of DER of less than 128 bytes.
func der(tag byte, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	return append([]byte{tag, byte(len(content))}, content...) //nolint:gosec // what is made here is short
}

func ldapProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	// All that it tells of itself.
	_, _ = c.Write(der(0x30, []byte{2, 1, 1}, der(0x63, []byte("\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"), der(0x87, []byte("objectClass")), der(0x30))))
	said := make([]byte, 16<<10)
	n := 0
	for n < len(said) && !bytes.Contains(said[:n], []byte{0x65}) && !bytes.HasSuffix(said[:n], []byte{4, 0, 4, 0}) {
		more, err := c.Read(said[n:])
		n += more
		if err != nil {
			break
		}
	}
	if n == 0 || said[0] != 0x30 {
		p.found("bad-answer", High, "it does not tell of itself, as every directory does")
		return
	}
	if _, rest, found := bytes.Cut(said[:n], []byte("dnsHostName")); found {
		// A set of one value.
		if i := bytes.IndexByte(rest, 0x04); i >= 0 && i+2 <= len(rest) && i+2+int(rest[i+1]) <= len(rest) {
			p.seen.name(p.endpoint.Service, string(rest[i+2:i+2+int(rest[i+1])]))
		}
	}
}

// kerberosProbe asks for a ticket of a realm that is not there, as scanners do, and reads the clock in the refusal.
func kerberosProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	name := der(0x30, der(0x1b, []byte("krbtgt")), der(0x1b, []byte("NM")))
	body := der(0x30, der(0xa0, der(0x03, []byte{0, 0x50, 0x80, 0, 0x10})), der(0xa2, der(0x1b, []byte("NM"))), der(0xa3, der(0x30, der(0xa0, []byte{2, 1, 0}), der(0xa1, name))),
		der(0xa5, der(0x18, []byte("19700101000000Z"))), der(0xa7, []byte{2, 4, 0x1f, 0x1e, 0xb9, 0xd9}), der(0xa8, der(0x30, []byte{2, 1, 18})))
	asks := der(0x6a, der(0x30, der(0xa1, []byte{2, 1, 5}), der(0xa2, []byte{2, 1, 10}), der(0xa4, body)))
	_, _ = c.Write(append([]byte{0, 0, 0, byte(len(asks))}, asks...)) //nolint:gosec // what is made here is short
	said := c.bytes(5)
	if said == nil || said[4] != 0x7e {
		p.found("bad-answer", High, "it does not refuse a ticket, as Kerberos does")
		return
	}
	_, after, found := bytes.Cut(c.bytes(max(int(binary.BigEndian.Uint32(said)&0xff)-1, 0)), []byte("\xa4\x11\x18\x0f"))
	if told, err := time.Parse("20060102150405Z", string(after[:min(len(after), 15)])); found && err == nil && time.Since(told).Abs() > 10*time.Minute {
		p.found("wrong-clock", Low, "its clock is %s off", time.Since(told).Abs().Round(time.Second))
	}
}

// msrpcProbe binds to the endpoint mapper and begins to log in.
func msrpcProbe(p *probe) {
	p.challenges("challenge", func(c *conn) []byte {
		bind := []byte("\x05\x00\x0b\x03\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\xb8\x10\xb8\x10\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00" +
			"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa\x03\x00\x00\x00" + "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\x00\x00\x00" + "\x0a\x02\x00\x00\x00\x00\x00\x00")
		bind = append(bind, ntlmOffer...)
		bind[8], bind[10] = byte(len(bind)), byte(len(ntlmOffer)) //nolint:gosec // some hundred bytes
		_, _ = c.Write(bind)
		head := c.bytes(16)
		if head == nil || head[0] != 5 || head[2] != 12 {
			p.found("bad-answer", High, "it does not answer a bind, as DCE/RPC does")
			return nil
		}
		p.marks = p.marks[:0]
		return p.ntlm(c.bytes(max(int(binary.LittleEndian.Uint16(head[8:]))-16, 0)))
	})
}

func sipProbe(p *probe) {
	p.challenges("tag", func(c *conn) []byte {
		local := c.LocalAddr().String()
		_, _ = fmt.Fprintf(c, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:scan@%s>;tag=%s\r\nTo: <sip:scan@%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			p.endpoint.address(), local, unlikely(), local, unlikely(), p.endpoint.address(), unlikely())
		if status := c.line(); !strings.HasPrefix(status, "SIP/2.0 ") {
			p.found("bad-answer", High, "%q is not how SIP answers", status)
			return nil
		}
		for range 60 {
			text := c.line()
			if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(name, "To") {
				_, tag, _ := strings.Cut(value, ";tag=")
				return []byte(tag)
			}
			if text == "" {
				break
			}
		}
		return nil
	})
}

// dnsQuestion is a question by TCP.
func dnsQuestion(name string, kind, class uint16) []byte {
	m := []byte{0, 0, 0x51, 0x07, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for label := range strings.SplitSeq(name, ".") {
		m = append(append(m, byte(len(label))), label...) //nolint:gosec // labels are short
	}
	m = binary.BigEndian.AppendUint16(append(m, 0), kind)
	m = binary.BigEndian.AppendUint16(m, class)
	binary.BigEndian.PutUint16(m, uint16(len(m)-2)) //nolint:gosec // so is the question
	return m
}

func dnsProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write(dnsQuestion(unlikely()+".example", 1, 1))
	head := c.bytes(2)
	if head == nil {
		p.found("silent", High, "it does not answer a question within %s", patience)
		return
	}
	said := c.bytes(int(binary.BigEndian.Uint16(head)))
	switch {
	case len(said) < 12 || said[0] != 0x51 || said[2]&0x80 == 0:
		p.found("bad-answer", High, "what it answers is not DNS")
	case binary.BigEndian.Uint16(said[6:]) > 0:
		p.found("answers-anything", High, "it knows a name that there can't be")
	}
}

// snmpProbe asks by the community that everybody tries, and for the engine's own name. Both are by UDP: who says nothing may have another community.
func snmpProbe(p *probe) {
	c, err := p.from.dial(p.ctx, "udp", p.endpoint.address())
	if err != nil {
		return
	}
	defer c.Close()
	ask := func(message []byte) []byte {
		_ = c.SetDeadline(time.Now().Add(patience / 3))
		_, _ = c.Write(message)
		said := make([]byte, 2048)
		n, _ := c.Read(said)
		return said[:n]
	}
	null := []byte{5, 0}
	variable := func(last byte) []byte { return der(0x30, der(0x06, []byte{0x2b, 6, 1, 2, 1, 1, last, 0}), null) }
	said := ask(der(0x30, []byte{2, 1, 1}, der(0x04, []byte("public")), der(0xa0, []byte{2, 1, 7, 2, 1, 0, 2, 1, 0}, der(0x30, variable(5), variable(1)))))
	p.reached = p.reached || len(said) > 0
	text := func(last byte) string {
		_, rest, found := bytes.Cut(said, []byte{0x2b, 6, 1, 2, 1, 1, last, 0, 0x04})
		if !found || len(rest) == 0 || rest[0] >= 0x80 && len(rest) < 3 {
			return ""
		}
		size, at := int(rest[0]), 1
		switch rest[0] {
		case 0x81:
			size, at = int(rest[1]), 2
		case 0x82:
			size, at = int(binary.BigEndian.Uint16(rest[1:])), 3
		}
		return string(rest[at:min(len(rest), at+size)])
	}
	if description := text(1); description != "" {
		p.seen.system(p.endpoint.Service, description)
		if words := strings.Fields(description); words[0] == "Linux" && len(words) > 1 { // only a Linux tells its name in it
			p.seen.name(p.endpoint.Service, words[1])
			p.seen.name(p.endpoint.Service, text(5))
		}
	}
	engine := ask([]byte("\x30\x3a\x02\x01\x03\x30\x0f\x02\x02\x4a\x69\x02\x03\x00\xff\xe3\x04\x01\x04\x02\x01\x03\x04\x10\x30\x0e\x04\x00\x02\x01\x00\x02\x01\x00\x04\x00\x04\x00\x04\x00\x30\x12\x04\x00\x04\x00\xa0\x0c\x02\x02\x37\xf0\x02\x01\x00\x02\x01\x00\x30\x00"))
	p.reached = p.reached || len(engine) > 0
	// The name of the engine is the first text in the parameters.
	if _, rest, found := bytes.Cut(engine, []byte{0x02, 0x01, 0x03, 0x04}); found && len(rest) > 5 && rest[1] == 0x30 && rest[3] == 0x04 && 5+int(rest[4]) <= len(rest) {
		p.mark("engine", hex.EncodeToString(rest[5:5+int(rest[4])]))
	}
}
