package smb

import (
	"encoding/hex"
	"fmt"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/windows"
)

// rpc is the conversation with one service over a pipe: DCE/RPC.
type rpc struct {
	server *server
	name   string
	last   string // the service that was made or opened last
}

// The types of its messages. The answer to a bind has the next number.
const (
	rpcRequest  = 0
	rpcResponse = 2
	rpcFault    = 3
	rpcBind     = 11
	rpcAlter    = 14
)

// ndr is the way of writing that is spoken here, as bytes stand on the wire.
var ndr = []byte{0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0}

// interfaces are the services' own numbers.
var interfaces = map[string]string{"srvsvc": "c84f324b7016d30112785a47bf6ee188", "wkssvc": "98d0ff6b12a11036983346c3f87e345a", "svcctl": "81bb7a364498f135ad3298f038001003"}

// answer answers a message. It must be whole: what clients of a pipe send is short.
func (r *rpc) answer(c *conn, data []byte) []byte {
	q := request(data)
	if len(data) < 16 || data[0] != 5 || int(q.u16(8)) > len(data) {
		return nil
	}
	call := q.u32(12)
	switch data[2] {
	case rpcBind, rpcAlter:
		return r.bind(c, q, data[2]+1, call)
	case rpcRequest:
		number := q.u16(22)
		var argument []byte
		if len(data) > 24 {
			argument = data[24:]
		}
		c.s.Event("rpc", event.String("name", r.name), event.Int("number", int64(number)), event.Bytes("data", argument[:min(len(argument), 512)]))
		if content := r.call(c, number, argument); content != nil {
			var b builder
			b.u32(uint32(len(content)))
			b.u16(q.u16(20))
			b.u16(0)
			b.bytes(content)
			return frame(rpcResponse, call, b)
		}
		var b builder
		b.u32(0)
		b.u16(q.u16(20))
		b.u16(0)
		b.u32(0x1c010002) // no such operation
		b.u32(0)
		return frame(rpcFault, call, b)
	}
	return nil
}

// frame puts a head before a message.
func frame(kind byte, call uint32, content []byte) []byte {
	var b builder
	b.u8(5, 0, kind, 3, 0x10, 0, 0, 0)
	b.u16(uint16(16 + len(content)))
	b.u16(0)
	b.u32(call)
	b.bytes(content)
	return b
}

// bind answers which of the interfaces that a client names are there.
func (r *rpc) bind(c *conn, q request, kind byte, call uint32) []byte {
	count := min(int(q.u8(24)), 16)
	var results builder
	at := 28
	for range count {
		transfers := min(int(q.u8(at+2)), 16)
		abstract := hex.EncodeToString(q.part(at+4, 16))
		c.s.Event("rpc_bind", event.String("name", r.name), event.String("interface", abstract))
		spoken := false
		for t := range transfers {
			spoken = spoken || string(q.part(at+24+20*t, 16)) == string(ndr[:16])
		}
		switch {
		case abstract != interfaces[r.name]:
			results.u16(2)
			results.u16(1)
			results.zeros(20)
		case !spoken:
			results.u16(2)
			results.u16(2)
			results.zeros(20)
		default:
			results.u32(0)
			results.bytes(ndr)
		}
		at += 24 + 20*transfers
	}
	address := `\PIPE\` + r.name + "\x00"
	var b builder
	b.u16(4280)
	b.u16(4280)
	b.u32(0x000053f0)
	b.u16(uint16(len(address)))
	b.bytes([]byte(address))
	b.align(4)
	b.u8(byte(count), 0, 0, 0)
	b.bytes(results)
	return frame(kind, call, b)
}

// The calls that are answered.
const (
	callWorkstation = 0
	callShares      = 15
	callShare       = 16
	callServer      = 21
	callSharesAgain = 36
)

// What a call ends with.
const (
	callDone    = 0
	callDenied  = 5
	callNoLevel = 124
)

// call answers a call; nil where there is no such.
func (r *rpc) call(c *conn, number uint16, argument []byte) []byte {
	if r.name == "svcctl" {
		return r.manage(c, number, argument)
	}
	// The first argument is the server's name; what follows it says how much the client wants to know.
	at := skipName(argument)
	level := request(argument).u32(at)
	switch {
	case r.name == "wkssvc" && number == callWorkstation:
		return r.server.workstation(level)
	case r.name != "srvsvc":
		return nil
	case number == callShares || number == callSharesAgain:
		return r.server.listShares(level)
	case number == callServer:
		return r.server.describe(level)
	case number == callShare:
		var b builder
		b.u32(level)
		b.u32(0)
		b.u32(callDenied)
		return b
	}
	return nil
}

// skipName returns where the argument after the first one begins, which is a pointer to a name or to nothing.
func skipName(argument []byte) int {
	q := request(argument)
	if q.u32(0) == 0 {
		return 4
	}
	count := int(min(q.u32(12), 1024))
	return (16 + 2*count + 3) &^ 3
}

// text adds a string as NDR has it.
func (b *builder) text(s string) {
	units := windows.UTF16(s + "\x00")
	n := uint32(len(units) / 2)
	b.u32(n)
	b.u32(0)
	b.u32(n)
	b.bytes(units)
	b.align(4)
}

// pointer adds a reference that isn't nothing.
func (b *builder) pointer() { b.u32(0x00020000 + uint32(len(*b))) }

// listShares is NetrShareEnum.
func (v *server) listShares(level uint32) []byte {
	var b builder
	b.u32(level)
	b.u32(level)
	if level > 1 {
		b.u32(0)
		b.u32(0)
		b.u32(0)
		why := uint32(callNoLevel)
		if level == 2 || level == 502 || level == 503 {
			why = callDenied
		}
		b.u32(why)
		return b
	}
	b.pointer()
	b.u32(uint32(len(v.shares)))
	b.pointer()
	b.u32(uint32(len(v.shares)))
	for _, s := range v.shares {
		b.pointer()
		if level == 1 {
			b.u32(typeOf(s))
			b.pointer()
		}
	}
	for _, s := range v.shares {
		b.text(s.name)
		if level == 1 {
			b.text(s.comment)
		}
	}
	b.u32(uint32(len(v.shares)))
	b.u32(0)
	b.u32(callDone)
	return b
}

// typeOf is a share's type in the list of shares.
func typeOf(s share) uint32 {
	kind := uint32(0)
	if s.kind == kindPipe {
		kind = 3
	}
	if s.hidden || s.kind == kindPipe {
		kind |= 1 << 31
	}
	return kind
}

// describe is NetrServerGetInfo.
func (v *server) describe(level uint32) []byte {
	var b builder
	b.u32(level)
	if level != 100 && level != 101 {
		b.u32(0)
		b.u32(callDenied)
		return b
	}
	b.pointer()
	b.u32(500)
	b.pointer()
	if level == 101 {
		b.u32(uint32(v.machine.Major))
		b.u32(uint32(v.machine.Minor))
		b.u32(v.kind())
		b.pointer()
	}
	b.text(v.machine.Name)
	if level == 101 {
		b.text(v.comment())
	}
	b.u32(callDone)
	return b
}

// kind is what sort of server it says that it is: a workstation, a server, NT.
func (v *server) kind() uint32 {
	if v.machine.Real && v.host.OS == "windows_server" {
		return 0x9003
	}
	return 0x1003
}

func (v *server) comment() string {
	if v.machine.Real {
		return ""
	}
	return fmt.Sprintf("Samba %s", v.host.Hostname)
}

// workstation is NetrWkstaGetInfo.
func (v *server) workstation(level uint32) []byte {
	var b builder
	b.u32(level)
	if level != 100 {
		b.u32(0)
		b.u32(callDenied)
		return b
	}
	b.pointer()
	b.u32(500)
	b.pointer()
	b.pointer()
	b.u32(uint32(v.machine.Major))
	b.u32(uint32(v.machine.Minor))
	b.text(v.machine.Name)
	b.text(v.machine.Domain)
	b.u32(callDone)
	return b
}
