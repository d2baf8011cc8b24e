package smb

import (
	"cmp"
	"crypto/rand"
	"slices"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/epm"
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

// interfaces are the services' own numbers.
var interfaces = map[string]string{"srvsvc": "c84f324b7016d30112785a47bf6ee188", "wkssvc": "98d0ff6b12a11036983346c3f87e345a", "svcctl": "81bb7a364498f135ad3298f038001003",
	"samr": "785734123412cdabef000123456789ac", "lsarpc": "785734123412cdabef000123456789ab",
	"netlogon": "785634123412cdabef0001234567cffb", "epmapper": epm.Interface}

// answer answers a message, as a client writes it into the pipe: whole, or one part of it. A pipe is of messages, and so is the answer.
func (r *rpc) answer(c *conn, data []byte) [][]byte {
	m := dcerpc.Message(data)
	if !m.Whole() {
		return nil
	}
	switch data[2] {
	case dcerpc.Bind, dcerpc.Alter:
		contexts := m.Contexts()
		for _, one := range contexts {
			c.s.Event("rpc_bind", event.String("name", r.name), event.String("interface", one.Interface))
		}
		there := func(one dcerpc.Context) bool { return one.Interface == interfaces[r.name] }
		return [][]byte{dcerpc.BindAck(m, `\PIPE\`+r.name, contexts, there, nil)}
	case dcerpc.Request:
		argument, whole := c.partial.Add(r, m)
		if !whole {
			return nil
		}
		number := m.U16(22)
		c.s.Event("rpc", event.String("name", r.name), event.Int("number", int64(number)), event.Bytes("data", argument[:min(len(argument), 512)]))
		if content := r.call(c, number, argument); content != nil {
			return dcerpc.Respond(m.Call(), m.U16(20), content)
		}
		return [][]byte{dcerpc.Fault(m.Call(), m.U16(20), dcerpc.NoSuchOperation)}
	}
	return nil
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
	case "epmapper":
		answer, _ := r.server.mapper().Call(number, argument, c.s.Local().Addr())
		return answer
	case "samr":
		return r.accounts(number, &arguments{All: argument, At: dcerpc.HandleSize})
	case "lsarpc":
		return r.authority(number, &arguments{All: argument, At: dcerpc.HandleSize})
	}
	// The first argument is the server's name; what follows it says how much the client wants to know.
	at := skipName(argument)
	level := request(argument).U32(at)
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
		a := &arguments{All: argument, At: at}
		name := a.Text()
		return r.server.tellShare(name, a.Uint32())
	case number == callTime:
		return r.server.timeOfDay()
	case number == callFiles || number == callSessions:
		a := &arguments{All: argument, At: at}
		a.Maybe() // whose
		a.Maybe()
		level := a.Uint32()
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
		b.Bytes(nonce)
		b.U32(callDone)
		return b
	case callAuthenticate:
		b.Zeros(8)
	case callAuthenticate2:
		b.Zeros(12)
	case callAuthenticate3:
		b.Zeros(16)
	default:
		return nil
	}
	b.U32(uint32(accessDenied))
	return b
}

// skipName returns where the argument after the first one begins, which is a pointer to a name or to nothing.
func skipName(argument []byte) int {
	q := request(argument)
	if q.U32(0) == 0 {
		return 4
	}
	count := int(min(q.U32(12), 1024))
	return (16 + 2*count + 3) &^ 3
}

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
	b.U32(level)
	b.U32(level)
	if !v.detailed(level) {
		b.U32(0)
		b.U32(0)
		b.U32(0)
		b.U32(refuseShares(level))
		return b
	}
	b.Pointer()
	b.Array(len(v.shares))
	for _, s := range v.shares {
		shareHead(&b, s, level)
	}
	for _, s := range v.shares {
		shareTexts(&b, s, level)
	}
	b.U32(uint32(len(v.shares)))
	b.U32(0)
	b.U32(callDone)
	return b
}

// tellShare is NetrShareGetInfo.
func (v *server) tellShare(name string, level uint32) []byte {
	const noSuchShare = 2310
	i := slices.IndexFunc(v.shares, func(s share) bool { return strings.EqualFold(s.name, name) })
	var b builder
	b.U32(level)
	switch {
	case !v.detailed(level):
		b.U32(0)
		b.U32(refuseShares(level))
		return b
	case i < 0:
		b.U32(0)
		b.U32(noSuchShare)
		return b
	}
	b.Pointer()
	shareHead(&b, v.shares[i], level)
	shareTexts(&b, v.shares[i], level)
	b.U32(callDone)
	return b
}

// shareHead adds what a level tells of a share; shareTexts what its pointers lead to.
func shareHead(b *builder, s share, level uint32) {
	b.Pointer()
	if level == 0 {
		return
	}
	b.U32(typeOf(s))
	b.Pointer()
	if level == 1 {
		return
	}
	b.U32(0)          // rights
	b.U32(0xffffffff) // any number of users
	b.U32(uint32(flag(s.kind == kindPipe)))
	b.Pointer()
	b.Pointer()
	if level == 502 {
		b.U32(0) // who may
		b.U32(0)
	}
}

func shareTexts(b *builder, s share, level uint32) {
	b.Text(s.name)
	if level == 0 {
		return
	}
	b.Text(s.comment)
	if level > 1 {
		b.Text(s.path)
		b.Text("")
	}
}

// timeOfDay is NetrRemoteTOD.
func (v *server) timeOfDay() []byte {
	t := v.host.Now()
	var b builder
	b.Pointer()
	b.U32(uint32(t.Unix()))
	b.U32(uint32(t.Sub(v.host.BootTime()).Milliseconds()))
	for _, n := range []int{t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 10000000} {
		b.U32(uint32(n))
	}
	b.U32(0) // from Greenwich
	b.U32(310)
	for _, n := range []int{t.Day(), int(t.Month()), t.Year(), int(t.Weekday())} {
		b.U32(uint32(n))
	}
	b.U32(callDone)
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
	b.U32(level)
	if level != 100 && level != 101 {
		b.U32(0)
		b.U32(callDenied)
		return b
	}
	b.Pointer()
	b.U32(500)
	b.Pointer()
	if level == 101 {
		b.U32(uint32(v.machine.Major))
		b.U32(uint32(v.machine.Minor))
		b.U32(v.kind())
		b.Pointer()
	}
	b.Text(v.machine.Name)
	if level == 101 {
		b.Text(v.comment())
	}
	b.U32(callDone)
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
	b.U32(level)
	if level != 100 {
		b.U32(0)
		b.U32(callDenied)
		return b
	}
	b.Pointer()
	b.U32(500)
	b.Pointer()
	b.Pointer()
	b.U32(uint32(v.machine.Major))
	b.U32(uint32(v.machine.Minor))
	b.Text(v.machine.Name)
	b.Text(v.machine.Domain)
	b.U32(callDone)
	return b
}
