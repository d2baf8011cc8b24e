package mssql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/sync/semaphore"
)

// The types of messages.
const (
	msgBatch       = 0x01
	msgOldLogin    = 0x02
	msgCall        = 0x03
	msgReply       = 0x04
	msgAttention   = 0x06
	msgBulk        = 0x07
	msgTransaction = 0x0e
	msgLogin       = 0x10
	msgSSPI        = 0x11
	msgPrelogin    = 0x12
)

// The bounds of a message from the client.
const (
	maxMessage         = 512 << 10
	maxMessageStranger = 32 << 10 // before the login
	maxMemory          = 8 << 20  // of the messages of all clients
	packetSize         = 4096     // of the packets that are sent
)

var (
	errFraming = errors.New("mssql: that is not TDS")
	errBusy    = errors.New("mssql: the clients have all the memory")
)

// stream is the framing: messages in packets, each with its type, its length and whether it is the last.
type stream struct {
	rw  io.ReadWriter
	out bytes.Buffer // the reply under way

	session byte                // its number, from the login on
	memory  *semaphore.Weighted // that the messages of who is let in are taken from; nil before
	held    int
}

// packet reads one packet of at most limit bytes.
func (p *stream) packet(limit int) (kind byte, last bool, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(p.rw, head[:]); err != nil {
		return 0, false, nil, err
	}
	size := int(binary.BigEndian.Uint16(head[2:])) - len(head)
	switch head[0] {
	case msgBatch, msgOldLogin, msgCall, msgAttention, msgBulk, msgTransaction, msgLogin, msgSSPI, msgPrelogin:
	default:
		return head[0], false, head[:], errFraming
	}
	if size < 0 || size > limit {
		return head[0], false, head[:], errFraming
	}
	body = make([]byte, size)
	_, err = io.ReadFull(p.rw, body)
	return head[0], head[1]&1 != 0, body, err
}

// read returns the next message of at most limit bytes, which is good until the next read.
func (p *stream) read(limit int) (kind byte, message []byte, err error) {
	p.release()
	for {
		k, last, body, err := p.packet(limit - len(message))
		if err != nil {
			return k, body, err
		}
		if p.memory != nil {
			if !p.memory.TryAcquire(int64(len(body))) {
				return k, nil, errBusy
			}
			p.held += len(body)
		}
		if message == nil {
			kind, message = k, body
		} else if message = append(message, body...); k != kind {
			return k, body, errFraming
		}
		if last {
			return kind, message, nil
		}
	}
}

// release gives the memory of the last message back.
func (p *stream) release() {
	if p.memory != nil {
		p.memory.Release(int64(p.held))
		p.held = 0
	}
}

// send writes one message.
func (p *stream) send(kind byte, message []byte) error {
	var wire []byte
	for id := byte(1); ; id++ {
		part := message[:min(len(message), packetSize-8)]
		message = message[len(part):]
		last := byte(0)
		if len(message) == 0 {
			last = 1
		}
		wire = append(wire, kind, last)
		wire = binary.BigEndian.AppendUint16(wire, uint16(8+len(part)))
		wire = append(append(wire, 0, p.session, id, 0), part...)
		if last == 1 {
			_, err := p.rw.Write(wire)
			return err
		}
	}
}

// flush sends the reply.
func (p *stream) flush() error {
	err := p.send(msgReply, p.out.Bytes())
	p.out.Reset()
	return err
}

// inside carries the handshake of TLS, which stands inside of packets. Once it is over, the client's TLS stands alone.
type inside struct {
	stream
	rest []byte
	over bool
	held []byte // written since the last read: one flight is one message
}

func (h *inside) Read(p []byte) (int, error) {
	if h.over {
		return h.rw.Read(p)
	}
	if err := h.sendHeld(); err != nil {
		return 0, err
	}
	for len(h.rest) == 0 {
		kind, _, body, err := h.packet(maxMessageStranger)
		if err != nil {
			return 0, err
		}
		if kind != msgPrelogin {
			return 0, errFraming
		}
		h.rest = body
	}
	n := copy(p, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

func (h *inside) Write(p []byte) (int, error) {
	if h.over {
		return h.rw.Write(p)
	}
	h.held = append(h.held, p...)
	return len(p), nil
}

// sendHeld sends what was written.
func (h *inside) sendHeld() error {
	if len(h.held) == 0 {
		return nil
	}
	held := h.held
	h.held = nil
	return h.send(msgPrelogin, held)
}
