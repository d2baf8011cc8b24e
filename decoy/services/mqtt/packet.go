package mqtt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"
)

// The kinds of packet.
const (
	connect     = 1
	connack     = 2
	publish     = 3
	puback      = 4
	pubrec      = 5
	pubrel      = 6
	pubcomp     = 7
	subscribe   = 8
	suback      = 9
	unsubscribe = 10
	unsuback    = 11
	pingreq     = 12
	pingresp    = 13
	disconnect  = 14
	auth        = 15
)

var kindNames = [...]string{"reserved", "connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe", "suback", "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect", "auth"}

// maxPacket bounds what follows the head of a packet, in bytes; maxStranger does before the client is known.
const (
	maxPacket   = 256 << 10
	maxStranger = 16 << 10
)

// errMalformed is what is no packet, or a longer one than is taken.
var errMalformed = errors.New("mqtt: malformed packet")

// packet is one packet: the kind, its four flags and what follows the head.
type packet struct {
	kind  byte
	flags byte
	body  []byte
}

// read reads a packet of at most most bytes.
func read(in *bufio.Reader, most int) (p packet, err error) {
	first, err := in.ReadByte()
	if err != nil {
		return p, err
	}
	p.kind, p.flags = first>>4, first&15
	size := 0
	for i := 0; ; i++ {
		b, err := in.ReadByte()
		if err != nil {
			return p, unexpected(err)
		}
		size |= int(b&0x7f) << (7 * i)
		if b < 0x80 {
			break
		}
		if i == 3 {
			return p, errMalformed
		}
	}
	if size > most {
		return p, errMalformed
	}
	p.body = make([]byte, size)
	if n, err := io.ReadFull(in, p.body); err != nil {
		p.body = p.body[:n]
		return p, unexpected(err)
	}
	return p, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// encode writes a packet.
func encode(kind, flags byte, parts ...[]byte) []byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	out := []byte{kind<<4 | flags}
	out = appendVarint(out, size)
	for _, part := range parts {
		out = append(out, part...)
	}
	return out
}

func appendVarint(to []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		to = append(to, byte(n)|0x80)
	}
	return append(to, byte(n))
}

func text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

// fields takes a packet's body apart. After the first mistake it gives nothing more, and bad is set.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) take(n int) []byte {
	if f.bad || n > len(f.rest) {
		f.bad = true
		return nil
	}
	taken := f.rest[:n]
	f.rest = f.rest[n:]
	return taken
}

func (f *fields) byte() byte {
	if b := f.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (f *fields) number() int {
	if b := f.take(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (f *fields) text() string { return string(f.take(f.number())) }

// authMethod is the property of a connect packet that names a way to sign in beside user and password.
const authMethod = 0x15

// properties takes those of version 5, and tells whether one of the kind is among them.
func (f *fields) properties(version, kind byte) (has bool) {
	if version < 5 {
		return false
	}
	size, shift := 0, 0
	for {
		b := f.byte()
		size |= int(b&0x7f) << shift
		if shift += 7; b < 0x80 {
			break
		}
		if shift > 21 {
			f.bad = true
			return false
		}
	}
	all := &fields{rest: f.take(size)}
	for !all.bad && len(all.rest) > 0 {
		one := all.byte()
		has = has || one == kind
		switch propertyKinds[one] {
		case isByte:
			all.take(1)
		case isTwo:
			all.take(2)
		case isFour:
			all.take(4)
		case isVarint:
			for all.byte() >= 0x80 {
			}
		case isText:
			all.take(all.number())
		case isPair:
			all.take(all.number())
			all.take(all.number())
		default:
			all.bad = true
		}
	}
	f.bad = f.bad || all.bad
	return has && !f.bad
}

// How long a property is goes by its kind.
type propertyKind byte

const (
	isByte propertyKind = iota + 1
	isTwo
	isFour
	isVarint
	isText // or bytes, which are written alike
	isPair
)

// propertyKinds are those that the protocol knows.
var propertyKinds = map[byte]propertyKind{
	0x01: isByte, 0x02: isFour, 0x03: isText, 0x08: isText, 0x09: isText, 0x0b: isVarint, 0x11: isFour, 0x12: isText, 0x13: isTwo, authMethod: isText, 0x16: isText, 0x17: isByte,
	0x18: isFour, 0x19: isByte, 0x1a: isText, 0x1c: isText, 0x1f: isText, 0x21: isTwo, 0x22: isTwo, 0x23: isTwo, 0x24: isByte, 0x25: isByte, 0x26: isPair, 0x27: isFour, 0x28: isByte,
	0x29: isByte, 0x2a: isByte,
}

// hello is what a client says of itself.
type hello struct {
	protocol  string
	version   byte
	clean     bool
	keepAlive int // seconds
	id        string
	will      bool
	willTopic string
	willBody  []byte
	user      string
	password  []byte
	hasUser   bool
	method    bool // it wants to sign in by a method that is named
}

// understood tells whether the protocol's name and version belong together, and are those of a version that is spoken.
func (h hello) understood() bool {
	if h.protocol == "MQIsdp" {
		return h.version == 3
	}
	return h.version == 4 || h.version == 5
}

// parseHello reads a connect packet. ok is false for one that is no such thing.
func parseHello(body []byte) (h hello, ok bool) {
	f := &fields{rest: body}
	h.protocol, h.version = f.text(), f.byte()
	if f.bad || h.protocol != "MQTT" && h.protocol != "MQIsdp" {
		return h, false
	}
	h.version &= 0x7f // the high bit marks a bridge
	if !h.understood() {
		return h, true
	}
	flags := f.byte()
	h.clean = flags&2 != 0
	h.keepAlive = f.number()
	h.method = f.properties(h.version, authMethod)
	if h.id = f.text(); !utf8.ValidString(h.id) {
		return h, false
	}
	if flags&4 != 0 {
		f.properties(h.version, 0)
		h.will, h.willTopic = true, f.text()
		h.willBody = f.take(f.number())
		if flags>>3&3 == 3 || !validTopic(h.willTopic) {
			return h, false
		}
	}
	if flags&0x80 != 0 {
		h.hasUser, h.user = true, f.text()
	}
	if flags&0x40 != 0 {
		h.password = f.take(f.number())
		if !h.hasUser && h.version < 5 { // only version 5 has a password of nobody's
			return h, false
		}
	}
	return h, !f.bad && flags&1 == 0
}

// message is what is published.
type message struct {
	topic  string
	body   []byte
	qos    byte
	retain bool
	id     int
}

func parsePublish(p packet, version byte) (m message, ok bool) {
	f := &fields{rest: p.body}
	m.qos, m.retain = p.flags>>1&3, p.flags&1 != 0
	m.topic = f.text()
	if m.qos > 0 {
		m.id = f.number()
	}
	f.properties(version, 0)
	m.body = f.rest
	return m, !f.bad && m.qos < 3 && (m.qos == 0 || m.id > 0) && validTopic(m.topic)
}

// encode writes the message for a client of the version.
func (m message) encode(version byte) []byte {
	head := text(m.topic)
	if version == 5 {
		head = append(head, 0)
	}
	flags := byte(0) // nothing is sent with more than quality 0: the client need not confirm
	if m.retain {
		flags = 1
	}
	return encode(publish, flags, head, m.body)
}

// filter is one subscription that is asked for.
type filter struct {
	topic string
	qos   byte
}

// parseFilters reads those of a subscribe packet, or of an unsubscribe packet, which have no quality.
func parseFilters(p packet, version byte) (id int, filters []filter, ok bool) {
	f := &fields{rest: p.body}
	id = f.number()
	f.properties(version, 0)
	for !f.bad && len(f.rest) > 0 {
		one := filter{topic: f.text()}
		if p.kind == subscribe {
			one.qos = f.byte() & 3
		}
		filters = append(filters, one)
		if len(filters) > maxFilters || !validFilter(one.topic) || one.qos == 3 {
			return id, nil, false
		}
	}
	return id, filters, !f.bad && id > 0 && len(filters) > 0 && p.flags == 2
}
