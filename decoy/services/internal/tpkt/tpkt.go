// Package tpkt is the framing (RFC 1006) that remote desktops and Siemens controllers have in common: a version, a length and a packet.
package tpkt

import (
	"encoding/binary"
	"errors"
	"io"
)

// Version is the byte with which each frame begins.
const Version = 3

const maxPacket = 16 << 10

// ErrFraming is the error of what isn't such a frame.
var ErrFraming = errors.New("tpkt: that is no frame")

// Read returns the next packet, without its head, or with an error what was there instead.
func Read(in io.Reader) ([]byte, error) {
	var head [4]byte
	if n, err := io.ReadFull(in, head[:]); err != nil {
		return head[:n], err
	}
	size := int(binary.BigEndian.Uint16(head[2:])) - len(head)
	if head[0] != Version || size < 3 || size > maxPacket {
		return head[:], ErrFraming
	}
	packet := make([]byte, size)
	n, err := io.ReadFull(in, packet)
	return packet[:n], err
}

// Frame puts a head before a packet.
func Frame(packet []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{Version, 0}, uint16(4+len(packet))), packet...)
}

// Data puts a packet into the data transfer of X.224, and that into a frame.
func Data(body []byte) []byte { return Frame(append([]byte{2, 0xf0, 0x80}, body...)) }
