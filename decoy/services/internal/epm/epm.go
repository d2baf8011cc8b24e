// Package epm is the endpoint mapper of a Windows host: it tells where the services are that are called by DCE/RPC. It is asked on port 135 and by a pipe of SMB. What it tells of are the services that such a host
// has after its installation; the ports that they would listen on are the decky's own, and nobody answers there, as behind a firewall.
package epm

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/windows"
)

// Interface is the mapper's own number.
var Interface = Wire("e1af8308-5d1f-11c9-91a4-08002b14a0fa")

// The calls that are answered.
const (
	callLookup = 2
	callMap    = 3
	callFree   = 4
)

// notRegistered is how a list ends, and what is told of a service that is not there.
const notRegistered = 0x16c9a0d6

// maxEntries is how many entries are given at once.
const maxEntries = 500

// Wire is a number as it stands on the wire, in hexadecimal digits: its first three parts are turned around.
func Wire(number string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(number, "-", ""))
	if err != nil || len(raw) != 16 {
		panic("epm: " + number + " is no number of an interface")
	}
	for _, r := range [][2]int{{0, 3}, {1, 2}, {4, 5}, {6, 7}} {
		raw[r[0]], raw[r[1]] = raw[r[1]], raw[r[0]]
	}
	return hex.EncodeToString(raw)
}

// entry is one service at one place.
type entry struct {
	number     string // on the wire
	major      uint16
	annotation string
	kind       byte // of the place
	port       uint16
	name       string // of a pipe, or of a port of the machine's own
}

// The kinds of places, as a tower names them.
const (
	byTCP   = 0x07
	byPipe  = 0x0f
	byLocal = 0x10
	byHTTP  = 0x1f

	connected  = 0x0b // what TCP, pipes and HTTP carry
	locally    = 0x0c
	ipAddress  = 0x09
	serverName = 0x11
)

// Mapper is a host's.
type Mapper struct {
	host    *decoy.Host
	machine *windows.Machine
	entries []entry
}

// service is one, with all its places: a TCP port by the process that it is in, pipes, and local names.
type service struct {
	number, annotation string
	major              uint16
	process            string
	places             []string // a pipe begins with \; all else is local
}

var (
	everywhere = []service{
		{"d95afe70-a6d5-4259-822e-2c84da1ddb0d", "", 1, "wininit", []string{`\PIPE\InitShutdown`, "WindowsShutdown"}},
		{"76f226c3-ec14-4325-8a99-6a46348418af", "", 1, "", []string{`\PIPE\InitShutdown`, "WindowsShutdown"}},
		{"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "Event log TCPIP", 1, "eventlog", []string{`\pipe\eventlog`, "eventlog"}},
		{"3c4728c5-f0ab-448b-bda1-6ce01eb0a6d5", "DHCP Client LRPC Endpoint", 1, "", []string{"dhcpcsvc"}},
		{"3c4728c5-f0ab-448b-bda1-6ce01eb0a6d6", "DHCPv6 Client LRPC Endpoint", 1, "", []string{"dhcpcsvc6"}},
		{"30adc50c-5cbc-46ce-9a0e-91914789e23c", "NRP server endpoint", 1, "", []string{"DNSResolver"}},
		{"86d35949-83c9-4044-b424-db363231fd0c", "", 1, "schedule", []string{`\PIPE\atsvc`, "ubpmtaskhostchannel"}},
		{"3a9ef155-691d-4449-8d05-09ad57031823", "", 1, "schedule", []string{`\PIPE\atsvc`}},
		{"1ff70682-0a51-30e8-076d-740be8cee98b", "", 1, "", []string{`\PIPE\atsvc`}},
		{"378e52b0-c0a9-11cf-822d-00aa0051e40f", "", 1, "", []string{`\PIPE\atsvc`}},
		{"12345678-1234-abcd-ef00-0123456789ab", "", 1, "spooler", nil},
		{"0b6edbfa-4a24-4fc6-8a23-942b1eca65d1", "", 1, "spooler", nil},
		{"ae33069b-a2a8-46ee-a235-ddfd339be281", "", 1, "spooler", nil},
		{"4a452661-8290-4b36-8fbe-7f4093a94978", "", 1, "spooler", nil},
		{"76f03f96-cdfd-44fc-a22c-64950a001209", "", 1, "spooler", nil},
		{"12345778-1234-abcd-ef00-0123456789ac", "", 1, "lsass", []string{`\pipe\lsass`, "samss lpc"}},
		{"b25a52bf-e5dd-4f4a-aea6-8ca7272a0e86", "KeyIso", 2, "lsass", []string{`\pipe\lsass`, "samss lpc"}},
		{"367abb81-9844-35f1-ad32-98f038001003", "", 2, "services", nil},
		{"6b5bdd1e-528c-422c-af8c-a4079be4fe48", "Remote Fw APIs", 1, "policyagent", nil},
	}
	controllers = []service{
		{"12345778-1234-abcd-ef00-0123456789ab", "", 0, "lsass", []string{`\pipe\lsass`, "samss lpc"}},
		{"12345678-1234-abcd-ef00-01234567cffb", "", 1, "lsass", []string{`\pipe\lsass`, "NETLOGON_LRPC"}},
		{"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "MS NT Directory DRS Interface", 4, "lsass", []string{`\pipe\lsass`, "NTDS_LPC"}},
		{"0b1c2170-5732-4e0e-8cd3-d9b16f3b84d7", "RemoteAccessCheck", 0, "lsass", []string{`\pipe\lsass`, "NETLOGON_LRPC"}},
		{"50abc2a4-574d-40b3-9d66-ee4fd5fba076", "", 5, "dns", nil},
		{"897e2e5f-93f3-4376-9c9c-fd2277495c27", "Frs2 Service", 1, "dfsr", nil},
	}
	// A domain controller's or a file server's by Samba.
	sambas = []service{
		{"12345778-1234-abcd-ef00-0123456789ac", "", 1, "lsass", []string{`\pipe\samr`}},
		{"12345778-1234-abcd-ef00-0123456789ab", "", 0, "lsass", []string{`\pipe\lsarpc`}},
		{"4b324fc8-1670-01d3-1278-5a47bf6ee188", "", 3, "", []string{`\pipe\srvsvc`}},
	}
)

// New makes the host's.
func New(h *decoy.Host) *Mapper {
	p := &Mapper{host: h, machine: windows.MachineOf(h)}
	all := sambas
	if p.machine.Real {
		all = everywhere
		if p.machine.Controller {
			all = slices.Concat(everywhere, controllers)
		}
	}
	// The first processes take the first ports that are given away, in the order in which they start.
	next := uint16(49664)
	if p.machine.Major < 10 {
		next = 49152
	}
	r, ports := h.Rand("rpc-ports"), map[string]uint16{}
	for _, process := range []string{"wininit", "eventlog", "schedule", "lsass", "spooler", "services", "policyagent", "dns", "dfsr"} {
		ports[process] = next
		if next++; process != "wininit" && process != "eventlog" {
			next += uint16(r.IntN(4))
		}
	}
	for _, s := range all {
		place := entry{number: Wire(s.number), major: s.major, annotation: s.annotation}
		if s.process != "" {
			tcp := place
			tcp.kind, tcp.port = byTCP, ports[s.process]
			p.entries = append(p.entries, tcp)
			if s.process == "lsass" && p.machine.Controller {
				tcp.kind, tcp.port = byHTTP, ports["lsass"]+1
				p.entries = append(p.entries, tcp)
			}
		}
		for _, name := range s.places {
			at := place
			if at.kind, at.name = byLocal, name; name[0] == '\\' {
				at.kind = byPipe
			}
			p.entries = append(p.entries, at)
		}
	}
	return p
}

// tower is the place of an entry on the wire, as somebody sees it who has come to the address.
func (p *Mapper) tower(e entry, local netip.Addr) []byte {
	var b dcerpc.Builder
	floor := func(left, right []byte) {
		b.U16(uint16(len(left)))
		b.Bytes(left)
		b.U16(uint16(len(right)))
		b.Bytes(right)
	}
	number := func(digits string, major uint16) {
		raw, _ := hex.DecodeString(digits)
		floor(binary.LittleEndian.AppendUint16(append([]byte{0x0d}, raw...), major), []byte{0, 0})
	}
	floors := uint16(5)
	if e.kind == byLocal {
		floors = 4
	}
	b.U16(floors)
	number(e.number, e.major)
	number("045d888aeb1cc9119fe808002b104860", 2) // NDR
	switch e.kind {
	case byTCP, byHTTP:
		floor([]byte{connected}, []byte{0, 0})
		floor([]byte{e.kind}, binary.BigEndian.AppendUint16(nil, e.port))
		floor([]byte{ipAddress}, address(local))
	case byPipe:
		floor([]byte{connected}, []byte{0, 0})
		floor([]byte{byPipe}, append([]byte(e.name), 0))
		floor([]byte{serverName}, append([]byte(`\\`+p.machine.Name), 0))
	default:
		floor([]byte{locally}, []byte{0, 0})
		floor([]byte{byLocal}, append([]byte(e.name), 0))
	}
	return b
}

func address(a netip.Addr) []byte {
	if a = a.Unmap(); a.Is4() {
		return a.AsSlice()
	}
	return make([]byte, 4)
}

// Call answers a call to the mapper from who has come to the address; nil where there is no such. wanted is the interface that is asked for, where it is one.
func (p *Mapper) Call(number uint16, argument []byte, local netip.Addr) (answer []byte, wanted string) {
	a := &dcerpc.Arguments{All: argument}
	switch number {
	case callLookup:
		return p.lookup(a, local)
	case callMap:
		return p.where(a, local)
	case callFree:
		return make([]byte, dcerpc.HandleSize+4), ""
	}
	return nil, ""
}

// handle is where a list goes on; it stands in the handle itself, so that nothing is kept for who begins and never ends.
func (p *Mapper) handle(b *dcerpc.Builder, next int) {
	b.U32(0)
	if next == 0 {
		b.Zeros(16)
		return
	}
	b.U32(uint32(next))
	b.Bytes(p.host.Bytes("rpc-handle", 12))
}

// lookup lists the services: all, or one.
func (p *Mapper) lookup(a *dcerpc.Arguments, local netip.Addr) (answer []byte, wanted string) {
	kind := a.Uint32()
	if a.Uint32() != 0 {
		a.At += 16 // an object of the service's, which is not told apart
	}
	if a.Uint32() != 0 {
		wanted = hex.EncodeToString(a.All.Part(a.At, 16))
		a.At += 20
	}
	a.Uint32() // which version
	a.Uint32()
	from := int(a.Uint32())
	a.At += 12
	most := int(min(a.Uint32(), maxEntries))
	var list []entry
	for _, e := range p.entries {
		if kind != 1 && kind != 3 || e.number == wanted {
			list = append(list, e)
		}
	}
	list = list[min(max(from, 0), len(list)):]
	next := 0
	if len(list) > most {
		list, next = list[:most], from+most
	}
	var b dcerpc.Builder
	p.handle(&b, next)
	b.U32(uint32(len(list)))
	b.U32(uint32(most))
	b.U32(0)
	b.U32(uint32(len(list)))
	for _, e := range list {
		b.Zeros(16)
		b.Pointer()
		b.U32(0)
		b.U32(uint32(len(e.annotation) + 1))
		b.Bytes(append([]byte(e.annotation), 0))
		b.Align(4)
	}
	p.towers(&b, list, local)
	return b, wanted
}

// towers ends an answer with the places, and with what there is to say.
func (p *Mapper) towers(b *dcerpc.Builder, list []entry, local netip.Addr) {
	for _, e := range list {
		tower := p.tower(e, local)
		b.U32(uint32(len(tower)))
		b.U32(uint32(len(tower)))
		b.Bytes(tower)
		b.Align(4)
	}
	if len(list) == 0 {
		b.U32(notRegistered)
		return
	}
	b.U32(0)
}

// where tells where one service is, in the way in which the client would reach it.
func (p *Mapper) where(a *dcerpc.Arguments, local netip.Addr) (answer []byte, wanted string) {
	if a.Uint32() != 0 {
		a.At += 16
	}
	var kind byte
	if a.Uint32() != 0 {
		a.Uint32()
		size := int(min(a.Uint32(), 1024))
		tower := a.All[min(a.At, len(a.All)):min(a.At+size, len(a.All))]
		a.At += size
		wanted, kind = read(tower)
	}
	a.At = (a.At+3)&^3 + dcerpc.HandleSize
	most := int(min(a.Uint32(), maxEntries))
	var list []entry
	for _, e := range p.entries {
		if e.number == wanted && e.kind == kind && len(list) < most {
			list = append(list, e)
		}
	}
	var b dcerpc.Builder
	p.handle(&b, 0)
	b.U32(uint32(len(list)))
	b.U32(uint32(most))
	b.U32(0)
	b.U32(uint32(len(list)))
	for range list {
		b.Pointer()
	}
	p.towers(&b, list, local)
	return b, wanted
}

// read takes what is asked for from a tower: the interface, and the kind of place, which its fourth floor says.
func read(tower dcerpc.Message) (number string, kind byte) {
	at := 2
	for floor := range 4 {
		left := int(tower.U16(at))
		switch {
		case floor == 0:
			number = hex.EncodeToString(tower.Part(at+3, 16))
		case floor == 3:
			kind = tower.U8(at + 2)
		}
		at += 2 + left
		at += 2 + int(tower.U16(at))
	}
	return number, kind
}
