package conpot

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"

	"decnet/decoy"
	"decnet/decoy/event"
)

// The functions that are answered.
const (
	readCoils      = 1
	readInputs     = 2
	readHolding    = 3
	readInput      = 4
	writeCoil      = 5
	writeRegister  = 6
	diagnose       = 8
	writeCoils     = 15
	writeRegisters = 16
	reportID       = 17
	maskRegister   = 22
	readWrite      = 23
	encapsulated   = 43
)

var functionNames = map[byte]string{
	readCoils: "read_coils", readInputs: "read_discrete_inputs", readHolding: "read_holding_registers", readInput: "read_input_registers", writeCoil: "write_single_coil",
	writeRegister: "write_single_register", diagnose: "diagnostics", writeCoils: "write_multiple_coils", writeRegisters: "write_multiple_registers", reportID: "report_server_id",
	maskRegister: "mask_write_register", readWrite: "read_write_registers", encapsulated: "read_device_identification",
}

// The refusals.
const (
	illegalFunction = 1
	illegalAddress  = 2
	illegalValue    = 3
)

// serveModbus answers one client.
func (p *plc) serveModbus(s *decoy.Session) {
	for {
		var head [7]byte // transaction, protocol, length, unit
		if n, err := io.ReadFull(s, head[:]); err != nil {
			if n > 0 {
				strange(s, head[:n])
			}
			return
		}
		size := int(binary.BigEndian.Uint16(head[4:])) - 1
		if binary.BigEndian.Uint16(head[2:]) != 0 || size < 1 || size > 253 {
			strange(s, head[:])
			return
		}
		request := make([]byte, size)
		if n, err := io.ReadFull(s, request); err != nil {
			strange(s, append(head[:], request[:n]...))
			return
		}
		answer, refusal := p.modbus(request)
		name := functionNames[request[0]]
		if name == "" {
			name = "unknown"
		}
		fields := []event.Field{event.String("function", name), event.Int("code", int64(request[0])), event.Int("unit", int64(head[6])), event.String("data", hex.EncodeToString(request[1:]))}
		if len(request) >= 5 && request[0] != encapsulated {
			fields = append(fields, event.Int("address", int64(binary.BigEndian.Uint16(request[1:]))))
		}
		if refusal != 0 {
			fields = append(fields, event.Int("exception", int64(refusal)))
			answer = []byte{request[0] | 0x80, refusal}
		}
		s.Event("modbus", fields...)
		wire := binary.BigEndian.AppendUint16([]byte{head[0], head[1], 0, 0}, uint16(1+len(answer)))
		if _, err := s.Write(slices.Concat(wire, head[6:], answer)); err != nil {
			return
		}
	}
}

// modbus answers one request, or refuses it.
func (p *plc) modbus(q []byte) (answer []byte, refusal byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	word := func(at int) int {
		if at+2 > len(q) {
			return -1
		}
		return int(binary.BigEndian.Uint16(q[at:]))
	}
	first, count := word(1), word(3)
	switch q[0] {
	case readCoils, readInputs:
		if count < 1 || count > 2000 {
			return nil, illegalValue
		}
		if first+count > coils {
			return nil, illegalAddress
		}
		bits := make([]byte, (count+7)/8)
		for i := range count {
			if p.coil[first+i] {
				bits[i/8] |= 1 << (i % 8)
			}
		}
		return append([]byte{q[0], byte(len(bits))}, bits...), 0
	case readHolding, readInput:
		return p.readRegisters(q[0], first, count)
	case writeCoil:
		switch {
		case count != 0 && count != 0xff00:
			return nil, illegalValue
		case first >= coils:
			return nil, illegalAddress
		}
		p.coil[first] = count != 0
		return q[:5], 0
	case writeRegister:
		switch {
		case count < 0:
			return nil, illegalValue
		case first >= registers:
			return nil, illegalAddress
		}
		p.set(first, uint16(count))
		return q[:5], 0
	case writeCoils:
		if count < 1 || len(q) < 6+(count+7)/8 || int(q[5]) != (count+7)/8 {
			return nil, illegalValue
		}
		if first+count > coils {
			return nil, illegalAddress
		}
		for i := range count {
			p.coil[first+i] = q[6+i/8]>>(i%8)&1 != 0
		}
		return q[:5], 0
	case writeRegisters:
		if count < 1 || len(q) < 6+2*count || int(q[5]) != 2*count {
			return nil, illegalValue
		}
		if first+count > registers {
			return nil, illegalAddress
		}
		for i := range count {
			p.set(first+i, binary.BigEndian.Uint16(q[6+2*i:]))
		}
		return q[:5], 0
	case maskRegister:
		and, or := word(3), word(5)
		if or < 0 {
			return nil, illegalValue
		}
		if first >= registers {
			return nil, illegalAddress
		}
		p.set(first, p.value(first)&uint16(and)|uint16(or)&^uint16(and))
		return q[:7], 0
	case readWrite:
		to, size := word(5), word(7)
		if size < 1 || len(q) < 10+2*size {
			return nil, illegalValue
		}
		if to+size > registers {
			return nil, illegalAddress
		}
		for i := range size {
			p.set(to+i, binary.BigEndian.Uint16(q[10+2*i:]))
		}
		return p.readRegisters(q[0], first, count)
	case diagnose:
		if count < 0 || first != 0 {
			return nil, illegalFunction
		}
		return q, 0
	case reportID:
		text := "Siemens SIMATIC " + p.name
		return append([]byte{q[0], byte(2 + len(text)), 0xff, 0xff}, text...), 0
	case encapsulated:
		return p.identify(q)
	}
	return nil, illegalFunction
}

// readRegisters reads registers. p.mu is held.
func (p *plc) readRegisters(function byte, first, count int) ([]byte, byte) {
	if count < 1 || count > 125 {
		return nil, illegalValue
	}
	if first+count > registers {
		return nil, illegalAddress
	}
	answer := []byte{function, byte(2 * count)}
	for i := range count {
		answer = binary.BigEndian.AppendUint16(answer, p.value(first+i))
	}
	return answer, 0
}

// identify tells what the device is.
func (p *plc) identify(q []byte) ([]byte, byte) {
	if len(q) < 4 || q[1] != 0x0e {
		return nil, illegalFunction
	}
	objects := []string{"Siemens", p.order, p.firmware(), "http://www.siemens.com", "SIMATIC S7", p.name, p.plant}
	depth, from := int(q[2]), int(q[3])
	last := 3 // the basic ones
	switch depth {
	case 1:
	case 2, 3:
		last = len(objects)
	case 4: // one alone
		if from >= len(objects) {
			return nil, illegalAddress
		}
		last = from + 1
	default:
		return nil, illegalValue
	}
	if from >= last {
		from = 0
	}
	answer := []byte{q[0], 0x0e, q[2], 0x82, 0, 0, byte(last - from)}
	for i := from; i < last; i++ {
		answer = append(append(answer, byte(i), byte(len(objects[i]))), objects[i]...)
	}
	return answer, 0
}
