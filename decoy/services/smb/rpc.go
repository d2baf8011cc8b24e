package smb

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/windows"
)

// rpc is the conversation with one service over a pipe: DCE/RPC.
type rpc struct {
	server *server
	name   string
	trust  trust
	last   string // the service that was made or opened last
}

// trust is how far the client is believed.
type trust int

// A null session, a guest, and who has an account.
const (
	stranger trust = iota
	visitor
	member
)

func trustIn(s *session) trust {
	switch {
	case s.admin:
		return member
	case s.user != "":
		return visitor
	}
	return stranger
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
var interfaces = map[string]string{"srvsvc": "c84f324b7016d30112785a47bf6ee188", "wkssvc": "98d0ff6b12a11036983346c3f87e345a", "svcctl": "81bb7a364498f135ad3298f038001003",
	"samr": "785734123412cdabef000123456789ac", "lsarpc": "785734123412cdabef000123456789ab",
	"netlogon": "785634123412cdabef0001234567cffb"}

// maxRequest is how long a request may be in all its parts. One is collected at a time in a connection, whatever is open.
const maxRequest = 64 << 10

// The flags of a message: it is its request's first or last part.
const (
	firstPart = 1
	lastPart  = 2
)

// partial is the request of which parts have come.
type partial struct {
	of   *rpc
	stub []byte
}

// answer answers a message, as a client writes it into the pipe: whole, or one part of it. A pipe is of messages, and so is the answer.
func (r *rpc) answer(c *conn, data []byte) [][]byte {
	q := request(data)
	if len(data) < 16 || data[0] != 5 || int(q.u16(8)) > len(data) {
		return nil
	}
	call := q.u32(12)
	switch data[2] {
	case rpcBind, rpcAlter:
		return [][]byte{r.bind(c, q, data[2]+1, call)}
	case rpcRequest:
		var argument []byte
		if len(data) > 24 {
			argument = data[24:]
		}
		if flags := data[3]; flags&(firstPart|lastPart) != firstPart|lastPart {
			if flags&firstPart != 0 {
				c.partial = partial{of: r}
			}
			if c.partial.of != r || len(c.partial.stub)+len(argument) > maxRequest {
				c.partial = partial{}
				return nil
			}
			c.partial.stub = append(c.partial.stub, argument...)
			if flags&lastPart == 0 {
				return nil
			}
			argument = c.partial.stub
			c.partial = partial{}
		}
		number := q.u16(22)
		c.s.Event("rpc", event.String("name", r.name), event.Int("number", int64(number)), event.Bytes("data", argument[:min(len(argument), 512)]))
		if content := r.call(c, number, argument); content != nil {
			return respond(call, q.u16(20), content)
		}
		var b builder
		b.u32(0)
		b.u16(q.u16(20))
		b.u16(0)
		b.u32(0x1c010002) // no such operation
		b.u32(0)
		return [][]byte{frame(rpcFault, firstPart|lastPart, call, b)}
	}
	return nil
}

// respond puts what a call returns into as many messages as it takes.
func respond(call uint32, context uint16, content []byte) [][]byte {
	const most = 4280 - 24 // what the server has said that it sends at once
	var out [][]byte
	for flags := byte(firstPart); ; flags = 0 {
		piece := content[:min(len(content), most)]
		if content = content[len(piece):]; len(content) == 0 {
			flags |= lastPart
		}
		var b builder
		b.u32(uint32(len(piece) + len(content)))
		b.u16(context)
		b.u16(0)
		b.bytes(piece)
		out = append(out, frame(rpcResponse, flags, call, b))
		if flags&lastPart != 0 {
			return out
		}
	}
}

// frame puts a head before a message.
func frame(kind, flags byte, call uint32, content []byte) []byte {
	var b builder
	b.u8(5, 0, kind, flags, 0x10, 0, 0, 0)
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
	return frame(kind, firstPart|lastPart, call, b)
}

// The calls that are answered.
const (
	callWorkstation = 0
	callFiles       = 9
	callSessions    = 12
	callShares      = 15
	callShare       = 16
	callServer      = 21
	callTime        = 28
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
	switch r.name {
	case "svcctl":
		return r.manage(c, number, argument)
	case "netlogon":
		return r.netlogon(number)
	case "samr":
		return r.accounts(number, &arguments{all: argument, at: handleSize})
	case "lsarpc":
		return r.authority(number, &arguments{all: argument, at: handleSize})
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
		a := &arguments{all: argument, at: at}
		name := a.text()
		return r.server.tellShare(name, a.uint32())
	case number == callTime:
		return r.server.timeOfDay()
	case number == callFiles || number == callSessions:
		a := &arguments{all: argument, at: at}
		a.maybe() // whose
		a.maybe()
		level := a.uint32()
		return ends(callDenied, level, level, 0, 0, 0)
	}
	return nil
}

// The calls by which a machine logs in to a domain controller, or who would be one without its password.
const (
	callChallenge     = 4
	callAuthenticate  = 5
	callAuthenticate2 = 15
	callAuthenticate3 = 26
)

// netlogon gives a challenge to who asks, and refuses every answer to it: what was sent is recorded with the call.
func (r *rpc) netlogon(number uint16) []byte {
	var b builder
	switch number {
	case callChallenge:
		nonce := make([]byte, 8)
		rand.Read(nonce)
		b.bytes(nonce)
		b.u32(callDone)
		return b
	case callAuthenticate:
		b.zeros(8)
	case callAuthenticate2:
		b.zeros(12)
	case callAuthenticate3:
		b.zeros(16)
	default:
		return nil
	}
	b.u32(uint32(accessDenied))
	return b
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

// detailed tells whether a level is answered that tells more than names: Samba does so to everybody.
func (v *server) detailed(level uint32) bool {
	return level < 2 || !v.machine.Real && (level == 2 || level == 502)
}

// refuseShares is the answer to a level that is not.
func refuseShares(level uint32) uint32 {
	if level == 2 || level == 502 || level == 503 {
		return callDenied
	}
	return callNoLevel
}

// listShares is NetrShareEnum.
func (v *server) listShares(level uint32) []byte {
	var b builder
	b.u32(level)
	b.u32(level)
	if !v.detailed(level) {
		b.u32(0)
		b.u32(0)
		b.u32(0)
		b.u32(refuseShares(level))
		return b
	}
	b.pointer()
	b.array(len(v.shares))
	for _, s := range v.shares {
		b.shareHead(s, level)
	}
	for _, s := range v.shares {
		b.shareTexts(s, level)
	}
	b.u32(uint32(len(v.shares)))
	b.u32(0)
	b.u32(callDone)
	return b
}

// tellShare is NetrShareGetInfo.
func (v *server) tellShare(name string, level uint32) []byte {
	const noSuchShare = 2310
	i := slices.IndexFunc(v.shares, func(s share) bool { return strings.EqualFold(s.name, name) })
	var b builder
	b.u32(level)
	switch {
	case !v.detailed(level):
		b.u32(0)
		b.u32(refuseShares(level))
		return b
	case i < 0:
		b.u32(0)
		b.u32(noSuchShare)
		return b
	}
	b.pointer()
	b.shareHead(v.shares[i], level)
	b.shareTexts(v.shares[i], level)
	b.u32(callDone)
	return b
}

// shareHead adds what a level tells of a share; shareTexts what its pointers lead to.
func (b *builder) shareHead(s share, level uint32) {
	b.pointer()
	if level == 0 {
		return
	}
	b.u32(typeOf(s))
	b.pointer()
	if level == 1 {
		return
	}
	b.u32(0)          // rights
	b.u32(0xffffffff) // any number of users
	b.u32(uint32(flag(s.kind == kindPipe)))
	b.pointer()
	b.pointer()
	if level == 502 {
		b.u32(0) // who may
		b.u32(0)
	}
}

func (b *builder) shareTexts(s share, level uint32) {
	b.text(s.name)
	if level == 0 {
		return
	}
	b.text(s.comment)
	if level > 1 {
		b.text(s.path)
		b.text("")
	}
}

// timeOfDay is NetrRemoteTOD.
func (v *server) timeOfDay() []byte {
	t := v.host.Now()
	var b builder
	b.pointer()
	b.u32(uint32(t.Unix()))
	b.u32(uint32(t.Sub(v.host.BootTime()).Milliseconds()))
	for _, n := range []int{t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 10000000} {
		b.u32(uint32(n))
	}
	b.u32(0) // from Greenwich
	b.u32(310)
	for _, n := range []int{t.Day(), int(t.Month()), t.Year(), int(t.Weekday())} {
		b.u32(uint32(n))
	}
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

// kind is what sort of server it says that it is: a workstation, a server, NT; a domain controller, or Unix with printers and folders of folders.
func (v *server) kind() uint32 {
	switch {
	case !v.machine.Real:
		return 0x809a03
	case v.machine.Controller:
		return 0x80102b
	case v.host.OS == "windows_server":
		return 0x9003
	}
	return 0x1003
}

// sambas are the versions that come with the distributions.
var sambas = map[string]string{
	"debian": "4.17.12-Debian", "ubuntu22": "4.15.13-Ubuntu", "ubuntu20": "4.15.13-Ubuntu", "rocky9": "4.19.4", "centos7": "4.10.16", "alpine": "4.18.9", "fedora": "4.19.6", "kali": "4.20.4-Debian", "arch": "4.20.4",
}

// comment is how the server describes itself, everywhere the same.
func (v *server) comment() string {
	if v.machine.Real {
		return ""
	}
	label, _, _ := strings.Cut(v.host.Hostname, ".")
	version := cmp.Or(sambas[v.host.Distro], sambas["debian"])
	switch {
	case strings.HasSuffix(version, "-Ubuntu"):
		return label + " server (Samba, Ubuntu)"
	case strings.HasSuffix(version, "-Debian"):
		return decoy.Pick(v.host, "samba-string", "Samba "+version, label+" server (Samba "+version+")", "Samba "+version)
	}
	return "Samba " + version
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
