package conpot

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"decnet/decoy"
	"decnet/decoy/event"
)

// The groups of user data, and functions in them.
const (
	groupBlocks   = 3
	groupCPU      = 4
	groupSecurity = 5
	groupTime     = 7
	readList      = 1
	readClock     = 1
	setPassword   = 1
)

// userData answers what is beside the jobs: the system's lists, the clock, passwords.
func (p *plc) userData(s *decoy.Session, m message) []byte {
	q := m.parameters
	if len(q) < 8 {
		strange(s, q)
		return nil
	}
	group, function, sequence := q[5]&0x0f, q[6], q[7]
	answer := func(failure uint16, data []byte) []byte {
		head := []byte{0, 1, 0x12, 8, 0x12, 0x80 | group, function, sequence, 0, 0}
		if data == nil {
			data = []byte{0x0a, 0, 0, 0}
		}
		return reply(userData, m, 0, binary.BigEndian.AppendUint16(head, failure), data)
	}
	fields := []event.Field{event.Int("group", int64(group)), event.Int("code", int64(function)), event.Bytes("data", m.data[:min(len(m.data), 512)])}
	switch {
	case group == groupCPU && function == readList && len(m.data) >= 8:
		id, index := binary.BigEndian.Uint16(m.data[4:]), binary.BigEndian.Uint16(m.data[6:])
		s.Event("s7", append(fields, event.String("function", "read_szl"), event.String("szl", fmt.Sprintf("%04x/%04x", id, index)))...)
		list := p.list(id, index)
		if list == nil {
			return answer(0xd401, nil) // no such list
		}
		data := binary.BigEndian.AppendUint16([]byte{0xff, 9}, uint16(len(list)))
		return answer(0, append(data, list...))
	case group == groupTime && function == readClock:
		s.Event("s7", append(fields, event.String("function", "read_clock"))...)
		now := p.host.Now()
		bcd := func(n int) byte { return byte(n/10%10<<4 | n%10) }
		return answer(0, []byte{0xff, 9, 0, 10, 0, 0x19, bcd(now.Year()), bcd(int(now.Month())), bcd(now.Day()), bcd(now.Hour()), bcd(now.Minute()), bcd(now.Second()),
			bcd(now.Nanosecond() / 1e7), byte(now.Nanosecond()/1e6%10<<4) | byte(now.Weekday()+1)})
	case group == groupSecurity && function == setPassword && len(m.data) >= 12:
		password := decode([8]byte(m.data[4:12]))
		s.Attempt("plaintext", "", []byte(password), event.Rejected, event.String("encoded", hex.EncodeToString(m.data[4:12])))
		return answer(0xd602, nil) // wrong
	case group == groupBlocks:
		s.Event("s7", append(fields, event.String("function", "blocks"))...)
		if function != 1 {
			return answer(0xd20e, nil) // none of the kind
		}
		counts := []byte{0xff, 9, 0, 28}
		for _, kind := range [][2]byte{{'8', 2}, {'E', 6}, {'C', 9}, {'A', 8}, {'D', 31}, {'B', 12}, {'F', 7}} {
			counts = append(counts, '0', kind[0], 0, kind[1])
		}
		return answer(0, counts)
	}
	s.Event("s7", append(fields, event.String("function", "unknown"))...)
	return answer(0x8104, nil)
}

// decode takes the disguise off a password: each byte is mixed with 0x55 and the byte before the last.
func decode(encoded [8]byte) string {
	var plain [8]byte
	for i, b := range encoded {
		plain[i] = b ^ 0x55
		if i >= 2 {
			plain[i] ^= encoded[i-2]
		}
	}
	return string(plain[:])
}

// list is one of the system's lists, with its head; nil where there is none.
func (p *plc) list(id, index uint16) []byte {
	var records [][]byte
	var size int
	switch id {
	case 0x0011, 0x0111, 0x0012: // what the module is
		size = 28
		for _, number := range []uint16{1, 6, 7} {
			r := binary.BigEndian.AppendUint16(nil, number)
			r = append(r, fmt.Sprintf("%-20s", p.order)...)
			r = append(r, 0, 0xc0)
			version := []byte{0, 4, 0, 1} // of the module
			if number == 7 {
				r[len(r)-1], r[len(r)-2] = 0, 0
				version = []byte{'V', p.version[0], p.version[1], p.version[2]}
			}
			if id != 0x0111 || number == index {
				records = append(records, append(r, version...))
			}
		}
	case 0x001c, 0x011c: // the names
		size = 34
		for _, name := range []struct {
			number uint16
			text   string
		}{{1, p.system}, {2, p.name}, {3, p.plant}, {4, "Original Siemens Equipment"}, {5, p.serial}, {7, p.name}, {8, p.memory}, {9, ""}, {10, ""}, {11, ""}} {
			r := binary.BigEndian.AppendUint16(nil, name.number)
			text := make([]byte, 32)
			copy(text[:31], name.text)
			if id != 0x011c || name.number == index {
				records = append(records, append(r, text...))
			}
		}
	case 0x0424: // how it runs
		size = 20
		p.mu.Lock()
		state := byte(8) // run
		if p.stopped {
			state = 4
		}
		p.mu.Unlock()
		records = [][]byte{append([]byte{0x51, 0x44, 0xff, state}, make([]byte, 16)...)}
	case 0x0132, 0x0232:
		if index != 4 {
			return nil
		}
		size = 40
		records = [][]byte{append([]byte{0, 4, 0, 1, 0, 0, 0, 1, 0, 2, 0, 0}, make([]byte, 28)...)} // no protection is set
	case 0x0000: // which lists there are
		size = 2
		for _, known := range []uint16{0x0000, 0x0011, 0x0111, 0x001c, 0x011c, 0x0132, 0x0232, 0x0424} {
			records = append(records, binary.BigEndian.AppendUint16(nil, known))
		}
	default:
		return nil
	}
	head := binary.BigEndian.AppendUint16(nil, id)
	head = binary.BigEndian.AppendUint16(head, index)
	head = binary.BigEndian.AppendUint16(head, uint16(size))
	head = binary.BigEndian.AppendUint16(head, uint16(len(records)))
	return append(head, slices.Concat(records...)...)
}
