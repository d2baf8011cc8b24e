package smb

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/windows"
)

// The NetBIOS name service (RFC 1002), by which neighbours ask a host for its names and its network card.
const (
	nbHead    = 12
	nbName    = 34 // a name as it is encoded: its length, 32 letters and the end
	nbQuery   = nbHead + nbName + 4
	typeNB    = 0x20
	typeStat  = 0x21
	nbGroup   = 0x8000
	nbActive  = 0x0400
	nbTTL     = 300000
	statsSize = 40 // of what follows the card's address: nobody fills it in
)

// nbEntry is a name that the host goes by, with what it is for.
type nbEntry struct {
	name  string
	use   byte
	flags uint16
}

// names are those that the host goes by.
func (v *server) names() []nbEntry {
	m := v.machine
	if !m.Real {
		return []nbEntry{{m.Name, 0x00, nbActive}, {m.Name, 0x03, nbActive}, {m.Name, 0x20, nbActive}, {workgroup, 0x00, nbGroup | nbActive}, {workgroup, 0x1e, nbGroup | nbActive}}
	}
	domain := m.Domain
	if !m.Joined {
		domain = workgroup
	}
	list := []nbEntry{{m.Name, 0x00, nbActive}, {domain, 0x00, nbGroup | nbActive}, {m.Name, 0x20, nbActive}}
	if m.Controller {
		list = append(list, nbEntry{domain, 0x1c, nbGroup | nbActive}, nbEntry{domain, 0x1b, nbActive})
	}
	return list
}

// ServePacket answers one question for names.
func (v *server) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	name, use, kind, ok := nbQuestion(data)
	if !ok {
		s.Event("protocol_error", event.Bytes("data", data[:min(len(data), 512)]))
		return
	}
	s.Event("netbios_query", event.String("name", name), event.Int("use", int64(use)), event.String("qtype", map[uint16]string{typeNB: "NB", typeStat: "NBSTAT"}[kind]))
	if answer := v.nbAnswer(data, name, use, kind); answer != nil {
		s.Write(answer) // a datagram that can't be sent is a datagram lost
	}
}

// nbQuestion reads a question: the name, what it is for and what is asked.
func nbQuestion(data []byte) (name string, use byte, kind uint16, ok bool) {
	if len(data) < nbQuery || binary.BigEndian.Uint16(data[2:])&0xf800 != 0 || binary.BigEndian.Uint16(data[4:]) != 1 || data[nbHead] != nbName-2 {
		return "", 0, 0, false
	}
	var plain [16]byte
	for i := range plain {
		high, low := data[nbHead+1+2*i]-'A', data[nbHead+2+2*i]-'A'
		if high > 15 || low > 15 {
			return "", 0, 0, false
		}
		plain[i] = high<<4 | low
	}
	kind = binary.BigEndian.Uint16(data[nbHead+nbName:])
	if data[nbHead+nbName-1] != 0 || kind != typeNB && kind != typeStat { // a scope is nobody's
		return "", 0, 0, false
	}
	return strings.TrimRight(string(plain[:15]), " \x00"), plain[15], kind, true
}

// nbAnswer is the answer; nil for a name that is not the host's: silence is what that gets.
func (v *server) nbAnswer(data []byte, name string, use byte, kind uint16) []byte {
	mine := name == "*" && kind == typeStat
	flags := uint16(0)
	for _, e := range v.names() {
		if strings.EqualFold(e.name, name) && e.use == use {
			mine, flags = true, e.flags&nbGroup
		}
	}
	if !mine {
		return nil
	}
	out := append([]byte{}, data[:2]...)
	out = append(out, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0)
	out = append(out, data[nbHead:nbHead+nbName]...)
	out = binary.BigEndian.AppendUint16(out, kind)
	out = append(out, 0, 1)
	if kind == typeNB {
		address, err := netip.ParseAddr(v.host.IP)
		if err != nil || !address.Is4() {
			return nil
		}
		out[2] |= 1 // it was wanted, and is what Windows says
		out = binary.BigEndian.AppendUint32(out, nbTTL)
		out = binary.BigEndian.AppendUint16(out, 6)
		return append(binary.BigEndian.AppendUint16(out, flags), address.AsSlice()...)
	}
	list := v.names()
	out = binary.BigEndian.AppendUint32(out, 0)
	out = binary.BigEndian.AppendUint16(out, uint16(1+18*len(list)+6+statsSize))
	out = append(out, byte(len(list)))
	for _, e := range list {
		out = append(append(out, padded(e.name)...), e.use)
		out = binary.BigEndian.AppendUint16(out, e.flags)
	}
	out = append(out, v.card()...)
	return append(out, make([]byte, statsSize)...)
}

// padded is a name with blanks up to the 15 bytes that each has.
func padded(name string) []byte {
	b := bytes.Repeat([]byte{' '}, 15)
	copy(b, name)
	return b
}

// cardOf is the hardware address of the host. Samba never tells it.
func cardOf(h *decoy.Host, m *windows.Machine) []byte {
	if card := h.Card(); m.Real && card != nil {
		return card
	}
	return make([]byte, 6)
}
