package conpot

import (
	"encoding/binary"
	"encoding/hex"
	"slices"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/tpkt"
)

// The kinds of messages.
const (
	job      = 1
	done     = 2
	doneData = 3
	userData = 7
)

// The functions of a job.
const (
	readVariable  = 0x04
	writeVariable = 0x05
	startDownload = 0x1a
	nextDownload  = 0x1b
	endDownload   = 0x1c
	startUpload   = 0x1d
	nextUpload    = 0x1e
	endUpload     = 0x1f
	control       = 0x28
	stop          = 0x29
	setup         = 0xf0
)

var jobNames = map[byte]string{
	readVariable: "read_variable", writeVariable: "write_variable", startDownload: "request_download", nextDownload: "download_block", endDownload: "download_ended", startUpload: "start_upload",
	nextUpload: "upload", endUpload: "end_upload", control: "plc_control", stop: "plc_stop", setup: "setup_communication",
}

// serveS7 answers one client.
func (p *plc) serveS7(s *decoy.Session) {
	packet, err := tpkt.Read(s)
	if err != nil {
		if len(packet) > 0 {
			strange(s, packet)
		}
		return
	}
	called, answer := connect(packet)
	if answer == nil {
		strange(s, packet)
		return
	}
	// The last five bits of whom the client calls are the slot.
	slot := byte(0xff)
	if len(called) == 2 {
		slot = called[1] & 0x1f
	}
	taken := slices.Contains(p.slots, slot)
	outcome := event.Rejected
	if taken {
		outcome = event.Accepted
	}
	s.Event("cotp_connect", event.String("called", hex.EncodeToString(called)), event.Int("slot", int64(slot)), event.String(event.Outcome, outcome))
	if !taken {
		// Nobody is there.
		s.Write(tpkt.Frame([]byte{6, 0x80, packet[4], packet[5], 0, 0, 0}))
		return
	}
	if _, err := s.Write(tpkt.Frame(answer)); err != nil {
		return
	}
	for {
		packet, err := tpkt.Read(s)
		if err != nil {
			return
		}
		message, ok := parseS7(packet)
		if !ok {
			strange(s, packet)
			return
		}
		answer := p.s7(s, message)
		if answer == nil {
			continue
		}
		if _, err := s.Write(tpkt.Data(answer)); err != nil {
			return
		}
	}
}

// connect takes a connection request apart: whom it calls, and what to answer.
func connect(packet []byte) (called, answer []byte) {
	if len(packet) < 7 || packet[1] != 0xe0 {
		return nil, nil
	}
	answer = []byte{0, 0xd0, packet[4], packet[5], 0x00, 0x01, 0}
	for rest := packet[7:]; len(rest) >= 2 && len(rest) >= 2+int(rest[1]); rest = rest[2+int(rest[1]):] {
		value := rest[2 : 2+int(rest[1])]
		switch rest[0] {
		case 0xc2:
			called = value
			fallthrough
		case 0xc0, 0xc1:
			if len(value) <= 16 {
				answer = append(append(answer, rest[0], rest[1]), value...)
			}
		}
	}
	answer[0] = byte(len(answer) - 1)
	return called, answer
}

// message is one of S7.
type message struct {
	kind       byte
	reference  [2]byte
	parameters []byte
	data       []byte
}

// parseS7 takes a packet apart.
func parseS7(packet []byte) (m message, ok bool) {
	if len(packet) < 13 || packet[1] != 0xf0 || packet[3] != 0x32 {
		return m, false
	}
	b := packet[3:]
	m.kind, m.reference = b[1], [2]byte(b[4:6])
	size, data := int(binary.BigEndian.Uint16(b[6:])), int(binary.BigEndian.Uint16(b[8:]))
	b = b[10:]
	if size+data > len(b) || size == 0 {
		return m, false
	}
	m.parameters, m.data = b[:size], b[size:size+data]
	return m, true
}

// reply makes a message. Answers to jobs have an error, which is none here unless told.
func reply(kind byte, m message, failure uint16, parameters, data []byte) []byte {
	b := []byte{0x32, kind, 0, 0, m.reference[0], m.reference[1]}
	b = binary.BigEndian.AppendUint16(b, uint16(len(parameters)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	if kind == done || kind == doneData {
		b = binary.BigEndian.AppendUint16(b, failure)
	}
	return slices.Concat(b, parameters, data)
}

// s7 answers one message; nil is no answer.
func (p *plc) s7(s *decoy.Session, m message) []byte {
	switch m.kind {
	case job:
		return p.job(s, m)
	case userData:
		return p.userData(s, m)
	}
	strange(s, slices.Concat(m.parameters, m.data))
	return nil
}

func (p *plc) job(s *decoy.Session, m message) []byte {
	q := m.parameters
	name := jobNames[q[0]]
	if name == "" {
		name = "unknown"
	}
	s.Event("s7", event.String("function", name), event.Int("code", int64(q[0])), event.String("parameters", hex.EncodeToString(q[:min(len(q), 512)])), event.Bytes("data", m.data[:min(len(m.data), 1024)]))
	switch q[0] {
	case setup:
		if len(q) < 8 {
			return reply(doneData, m, 0x8500, q[:1], nil)
		}
		size := min(binary.BigEndian.Uint16(q[6:]), p.pdu)
		return reply(doneData, m, 0, binary.BigEndian.AppendUint16([]byte{setup, 0, 0, 1, 0, 1}, size), nil)
	case readVariable:
		return reply(doneData, m, 0, []byte{readVariable, count(q)}, p.read(q))
	case writeVariable:
		return reply(doneData, m, 0, []byte{writeVariable, count(q)}, p.write(q, m.data))
	case stop:
		p.halt(true)
		return reply(doneData, m, 0, []byte{stop}, nil)
	case control:
		p.halt(false)
		return reply(doneData, m, 0, []byte{control}, nil)
	case startDownload, nextDownload, endDownload, startUpload, nextUpload, endUpload:
		return reply(doneData, m, 0xd241, q[:1], nil) // the program is protected
	}
	return reply(done, m, 0x8104, q[:1], nil) // not known here
}

func (p *plc) halt(stopped bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.levels {
		p.value(i) // where the process stands still
	}
	p.stopped = stopped
}

// count is how many items a job is about.
func count(q []byte) byte {
	if len(q) < 2 {
		return 0
	}
	return min(q[1], 20)
}

// item is a piece of memory.
type item struct {
	bits  bool
	size  int // bytes, or bits
	area  byte
	block uint16
	at    int // byte
	ok    bool
}

// parseItem takes one item of a job apart.
func parseItem(b []byte) item {
	if len(b) < 12 || b[0] != 0x12 || b[1] != 10 || b[2] != 0x10 {
		return item{}
	}
	i := item{size: int(binary.BigEndian.Uint16(b[4:])), block: binary.BigEndian.Uint16(b[6:]), area: b[8], ok: true}
	i.at = (int(b[9])<<16 | int(b[10])<<8 | int(b[11])) / 8
	switch b[3] {
	case 1:
		i.bits = true
	case 4, 5, 0x1c, 0x1d: // words
		i.size *= 2
	case 6, 7, 8: // double words
		i.size *= 4
	}
	return i
}

// The areas of memory.
const (
	areaInputs  = 0x81
	areaOutputs = 0x82
	areaFlags   = 0x83
	areaBlock   = 0x84
)

// bounds tells why an item can't be had: an area or block that isn't there, or an address beyond it. 0xff is that it can.
func (i item) bounds() byte {
	const size, blocks = 2 * registers, 8
	switch {
	case !i.ok || i.size == 0 || i.size > 220:
		return 0x03
	case i.area == areaBlock && (i.block == 0 || i.block > blocks):
		return 0x0a
	case i.area != areaInputs && i.area != areaOutputs && i.area != areaFlags && i.area != areaBlock:
		return 0x0a
	case i.at+i.size > size:
		return 0x05
	}
	return 0xff
}

// read answers with the memory that is asked for. All areas are windows on one.
func (p *plc) read(q []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []byte
	for n := range int(count(q)) {
		i := parseItem(q[min(2+12*n, len(q)):])
		if code := i.bounds(); code != 0xff {
			out = append(out, code, 0, 0, 0)
			continue
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		if i.bits {
			out = append(out, 0xff, 3, 0, 1, p.byteAt(i.at)&1)
			continue
		}
		out = append(out, 0xff, 4)
		out = binary.BigEndian.AppendUint16(out, uint16(8*i.size))
		for k := range i.size {
			out = append(out, p.byteAt(i.at+k))
		}
		if len(out) > int(p.pdu) {
			break
		}
	}
	return out
}

// byteAt is a byte of the memory. p.mu is held.
func (p *plc) byteAt(at int) byte {
	v := p.value(at / 2)
	if at%2 == 0 {
		return byte(v >> 8)
	}
	return byte(v)
}

// write writes what it can, and answers for each item.
func (p *plc) write(q, data []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []byte
	for n := range int(count(q)) {
		i := parseItem(q[min(2+12*n, len(q)):])
		code := i.bounds()
		size := 0
		if len(data) >= 4 {
			if size = int(binary.BigEndian.Uint16(data[2:])); data[1] == 3 || data[1] == 4 || data[1] == 5 {
				size = (size + 7) / 8
			}
			data = data[4:]
		}
		value := data[:min(size, len(data))]
		data = data[min(size+size%2, len(data)):]
		if code == 0xff {
			for k := range min(len(value), i.size) {
				v := p.value((i.at + k) / 2)
				if (i.at+k)%2 == 0 {
					v = v&0xff | uint16(value[k])<<8
				} else {
					v = v&0xff00 | uint16(value[k])
				}
				p.set((i.at+k)/2, v)
			}
		}
		out = append(out, code)
	}
	return out
}
