// Package ber reads and writes the basic encoding rules of ASN.1 as far as SNMP and LDAP use them: definite lengths and tags of one byte. What it reads comes from intruders: depth and
// number of elements are bounded.
package ber

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The universal tags in use.
const (
	Boolean     = 0x01
	Integer     = 0x02
	OctetString = 0x04
	Null        = 0x05
	OID         = 0x06
	Enumerated  = 0x0a
	Sequence    = 0x30
	Set         = 0x31
)

const (
	constructed = 0x20
	maxDepth    = 32
	maxNodes    = 4096
	maxArcs     = 128
)

// ErrMalformed is what is no encoding, or more than is read.
var ErrMalformed = errors.New("ber: malformed")

// Node is one element: with Value where it is primitive, with Kids where it is constructed.
type Node struct {
	Tag   byte
	Value []byte
	Kids  []Node
}

// Parse reads the element at the beginning of data and returns what follows it. Values are parts of data.
func Parse(data []byte) (n Node, rest []byte, err error) {
	left := maxNodes
	return parse(data, maxDepth, &left)
}

func parse(data []byte, depth int, left *int) (n Node, rest []byte, err error) {
	*left--
	if depth == 0 || *left < 0 {
		return n, nil, ErrMalformed
	}
	head, size, err := header(data)
	if err != nil || size > len(data)-head {
		return n, nil, ErrMalformed
	}
	n.Tag = data[0]
	body, rest := data[head:head+size], data[head+size:]
	if n.Tag&constructed == 0 {
		n.Value = body
		return n, rest, nil
	}
	for len(body) > 0 {
		var kid Node
		if kid, body, err = parse(body, depth-1, left); err != nil {
			return n, nil, err
		}
		n.Kids = append(n.Kids, kid)
	}
	return n, rest, nil
}

// header returns how many bytes tag and length have, and the length.
func header(data []byte) (head, size int, err error) {
	if len(data) < 2 || data[0]&0x1f == 0x1f {
		return 0, 0, ErrMalformed
	}
	if data[1] < 0x80 {
		return 2, int(data[1]), nil
	}
	n := int(data[1] & 0x7f)
	if n == 0 || n > 4 || len(data) < 2+n {
		return 0, 0, ErrMalformed
	}
	for _, b := range data[2 : 2+n] {
		size = size<<8 | int(b)
	}
	return 2 + n, size, nil
}

// ReadMessage reads one element of at most most bytes from a stream. What has come of one that is too long or no element is returned with [ErrMalformed]; at the end of the stream
// with [io.ErrUnexpectedEOF].
func ReadMessage(r *bufio.Reader, most int) ([]byte, error) {
	start, err := r.Peek(2)
	if err != nil {
		if len(start) > 0 && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return start, err
	}
	if start[1] > 0x80 && start[1] <= 0x84 {
		if start, err = r.Peek(2 + int(start[1]&0x7f)); err != nil {
			return start, io.ErrUnexpectedEOF
		}
	}
	head, size, err := header(start)
	if err != nil || head+size > most {
		seen, _ := r.Peek(r.Buffered())
		return seen, ErrMalformed
	}
	message := make([]byte, head+size)
	n, err := io.ReadFull(r, message)
	return message[:n], err
}

// Int returns the value of an integer of up to eight bytes.
func (n Node) Int() (v int64, ok bool) {
	if len(n.Value) == 0 || len(n.Value) > 8 {
		return 0, false
	}
	v = int64(int8(n.Value[0]))
	for _, b := range n.Value[1:] {
		v = v<<8 | int64(b)
	}
	return v, true
}

// Is tells whether the element has the tag and at least so many kids.
func (n Node) Is(tag byte, kids int) bool { return n.Tag == tag && len(n.Kids) >= kids }

// ObjectID returns the numbers of an object identifier.
func (n Node) ObjectID() (ObjectID, bool) {
	if len(n.Value) == 0 {
		return nil, false
	}
	var o ObjectID
	arc, begun := uint64(0), false
	for _, b := range n.Value {
		arc, begun = arc<<7|uint64(b&0x7f), true
		if arc > 1<<32-1 || len(o) > maxArcs {
			return nil, false
		}
		if b&0x80 != 0 {
			continue
		}
		if o == nil {
			first := min(arc/40, 2)
			o = ObjectID{uint32(first), uint32(arc - 40*first)}
		} else {
			o = append(o, uint32(arc))
		}
		arc, begun = 0, false
	}
	return o, !begun
}

// ObjectID is an object identifier by its numbers.
type ObjectID []uint32

// NewObjectID reads the dotted form, which a programmer wrote: what is no number is 0.
func NewObjectID(dotted string) ObjectID {
	var o ObjectID
	for part := range strings.SplitSeq(dotted, ".") {
		n, _ := strconv.ParseUint(part, 10, 32)
		o = append(o, uint32(n))
	}
	return o
}

func (o ObjectID) String() string {
	parts := make([]string, len(o))
	for i, n := range o {
		parts[i] = strconv.FormatUint(uint64(n), 10)
	}
	return strings.Join(parts, ".")
}

// Node makes the element of it. It has at least two numbers.
func (o ObjectID) Node() Node {
	value := appendArc(nil, uint64(o[0])*40+uint64(o[1]))
	for _, n := range o[2:] {
		value = appendArc(value, uint64(n))
	}
	return Node{Tag: OID, Value: value}
}

func appendArc(to []byte, n uint64) []byte {
	var groups [10]byte
	at := len(groups) - 1
	groups[at] = byte(n & 0x7f)
	for n >>= 7; n > 0; n >>= 7 {
		at--
		groups[at] = byte(n&0x7f) | 0x80
	}
	return append(to, groups[at:]...)
}

// Of makes a constructed element.
func Of(tag byte, kids ...Node) Node { return Node{Tag: tag, Kids: kids} }

// Bytes makes a primitive element.
func Bytes(tag byte, value []byte) Node { return Node{Tag: tag, Value: value} }

// Text makes a primitive element of text.
func Text(tag byte, value string) Node { return Node{Tag: tag, Value: []byte(value)} }

// Number makes an integer of any tag, as short as it can be.
func Number(tag byte, v int64) Node {
	b := binary.BigEndian.AppendUint64(nil, uint64(v))
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return Node{Tag: tag, Value: b}
}

// Encode writes the element, with lengths as short as they can be.
func (n Node) Encode() []byte { return n.append(nil, false) }

// EncodeWide writes it as Windows does: the lengths of constructed elements always have four bytes.
func (n Node) EncodeWide() []byte { return n.append(nil, true) }

func (n Node) append(to []byte, wide bool) []byte {
	body := n.Value
	if n.Tag&constructed != 0 {
		body = nil
		for _, kid := range n.Kids {
			body = kid.append(body, wide)
		}
	}
	to = append(to, n.Tag)
	size := len(body)
	switch {
	case wide && n.Tag&constructed != 0:
		to = binary.BigEndian.AppendUint32(append(to, 0x84), uint32(size))
	case size < 0x80:
		to = append(to, byte(size))
	case size < 0x100:
		to = append(to, 0x81, byte(size))
	case size < 0x10000:
		to = append(to, 0x82, byte(size>>8), byte(size))
	default:
		to = binary.BigEndian.AppendUint32(append(to, 0x84), uint32(size))
	}
	return append(to, body...)
}
