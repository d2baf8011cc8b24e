// Package msrpc is the decoy of Windows's port 135: the endpoint mapper, by which a host's services are found, and the parts of DCOM that tell a host's names to anybody. Each interface that a client binds to and each call is
// recorded, and the NTLM proof of who logs in. Whoever would run something by DCOM or WMI is refused.
package msrpc

import (
	"context"
	"encoding/hex"
	"io"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/epm"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/windows"
)

const (
	maxMessage  = 16 << 10
	maxRecorded = 1024 // bytes of what is no message, in the record
	maxTold     = 512  // bytes of a call's arguments
	maxBound    = 64   // contexts of a connection
	idleTime    = 2 * time.Minute

	accessDenied = 5
)

func init() {
	decoy.Register("msrpc", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// The interfaces that are behind the port beside the mapper's, by what they are called.
var (
	oxidResolver = epm.Wire("99fcfec4-5260-101b-bbcb-00aa0021347a")
	management   = epm.Wire("afa8bd80-7d8a-11c9-bef4-08002b102989")
	names        = map[string]string{
		epm.Interface: "epmapper",
		oxidResolver:  "IOXIDResolver",
		management:    "mgmt",
		epm.Wire("000001a0-0000-0000-c000-000000000046"): "ISystemActivator",
		epm.Wire("4d9f4ab8-7d1c-11cf-861e-0020af6e7c57"): "IActivation",
		epm.Wire("000000a0-0000-0000-c000-000000000046"): "IRemoteSCMActivator",
		epm.Wire("412f241e-c12a-11ce-abff-0020af6e7a17"): "ISCM",
		epm.Wire("e60c73e6-88f9-11cf-9af1-0020af6e72f4"): "ILocalObjectExporter",
		epm.Wire("b9e79e60-3d52-11ce-aaa1-00006901293f"): "IROT",
		epm.Wire("00000136-0000-0000-c000-000000000046"): "ISCMLocalActivator",
		epm.Wire("c6f3ee72-ce7e-11d1-b71e-00c04fc3111a"): "IMachineActivatorControl",
		epm.Wire("64fe0b7f-9ef5-4553-a7db-9a1975777554"): "IRpcSsService",
	}
	// listed are those of which the port tells who asks what is there.
	listed = []string{"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "0b0a6584-9e0f-11cf-a3cf-00805f68cb1b", "1d55b526-c137-46c5-ab79-638f2a68e869", "e60c73e6-88f9-11cf-9af1-0020af6e72f4", "99fcfec4-5260-101b-bbcb-00aa0021347a",
		"b9e79e60-3d52-11ce-aaa1-00006901293f", "412f241e-c12a-11ce-abff-0020af6e7a17", "00000136-0000-0000-c000-000000000046", "c6f3ee72-ce7e-11d1-b71e-00c04fc3111a", "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57",
		"000001a0-0000-0000-c000-000000000046", "64fe0b7f-9ef5-4553-a7db-9a1975777554"}
	versions = map[string]uint16{"e1af8308-5d1f-11c9-91a4-08002b14a0fa": 3, "0b0a6584-9e0f-11cf-a3cf-00805f68cb1b": 1, "1d55b526-c137-46c5-ab79-638f2a68e869": 1, "64fe0b7f-9ef5-4553-a7db-9a1975777554": 1, "e60c73e6-88f9-11cf-9af1-0020af6e72f4": 2}
)

type server struct {
	host    *decoy.Host
	machine *windows.Machine
	mapper  *epm.Mapper
}

func newServer(h *decoy.Host) *server {
	return &server{host: h, machine: windows.MachineOf(h), mapper: epm.New(h)}
}

// client is one connection.
type client struct {
	*server
	s       *decoy.Session
	bound   map[uint16]string // interfaces, by the numbers of their contexts
	parts   dcerpc.Parts
	ntlm    *ntlm.Exchange
	refused bool // a login
}

// ServeConn answers one client.
func (v *server) ServeConn(_ context.Context, s *decoy.Session) {
	c := &client{server: v, s: s, bound: map[uint16]string{}}
	defer func() { c.strange(c.parts.Rest()) }()
	for {
		s.SetReadDeadline(time.Now().Add(idleTime))
		m, ok := c.read()
		if !ok {
			return
		}
		for _, answer := range c.answer(m) {
			if _, err := s.Write(answer); err != nil {
				return
			}
		}
		if m[0] != 5 {
			return
		}
	}
}

// read returns the next message. What is none is one for as long as its head is.
func (c *client) read() (dcerpc.Message, bool) {
	head := make(dcerpc.Message, dcerpc.HeadSize)
	if n, err := io.ReadFull(c.s, head); err != nil {
		c.strange(head[:n])
		return nil, false
	}
	if head[0] != 5 {
		return head, true
	}
	size := int(head.U16(8))
	if size < dcerpc.HeadSize || size > maxMessage {
		c.strange(head)
		return nil, false
	}
	m := make(dcerpc.Message, size)
	copy(m, head)
	if n, err := io.ReadFull(c.s, m[dcerpc.HeadSize:]); err != nil {
		c.strange(m[:dcerpc.HeadSize+n])
		return nil, false
	}
	return m, true
}

func (c *client) strange(data []byte) {
	if len(data) > 0 {
		c.s.Event("protocol_error", event.Bytes("data", data[:min(len(data), maxRecorded)]))
	}
}

// answer answers one message.
func (c *client) answer(m dcerpc.Message) [][]byte {
	if m[0] != 5 {
		c.strange(m)
		return [][]byte{dcerpc.Nak(m.Call())}
	}
	switch m[2] {
	case dcerpc.Bind, dcerpc.Alter:
		return [][]byte{c.bind(m)}
	case dcerpc.Proof:
		c.login(m)
		return nil
	case dcerpc.Request:
		argument, whole := c.parts.Add(c, m)
		if !whole {
			return nil
		}
		return c.call(m, argument)
	}
	c.strange(m)
	return nil
}

func (c *client) bind(m dcerpc.Message) []byte {
	contexts := m.Contexts()
	for _, one := range contexts {
		c.s.Event("rpc_bind", event.String("name", names[one.Interface]), event.String("interface", one.Interface))
		if len(c.bound) < maxBound {
			c.bound[one.ID] = one.Interface
		}
	}
	there := func(one dcerpc.Context) bool { return names[one.Interface] != "" }
	return dcerpc.BindAck(m, "135", contexts, there, c.login(m))
}

// login takes a step of a login in a message, and returns the next one, if there is one, with the head that it has.
func (c *client) login(m dcerpc.Message) []byte {
	head, token := m.Token()
	message := ntlm.Find(token)
	switch {
	case head == nil:
		return nil
	case ntlm.Kind(message) == 1:
		c.ntlm = ntlm.NewExchange(c.machine)
		challenge := c.ntlm.Challenge(message, c.host.Now())
		if len(message) < len(token) {
			challenge = ntlm.WrapChallenge(challenge)
		}
		return append(append([]byte(nil), head...), challenge...)
	case ntlm.Kind(message) == 3 && c.ntlm != nil:
		proof, err := c.ntlm.Proof(message)
		c.ntlm = nil
		if err != nil {
			break
		}
		if proof.Anonymous() {
			c.s.Attempt("none", "", nil, event.Accepted, event.String("workstation", proof.Workstation))
			return nil
		}
		c.refused = true
		proof.Record(c.s, event.Rejected)
		return nil
	case ntlm.Kind(message) == 0: // Kerberos, or another mechanism: NTLM is what there is
		c.s.Event("rpc_bind", event.String("mechanism", hex.EncodeToString(head[:1])), event.Bytes("data", token[:min(len(token), maxRecorded)]))
		return append(append([]byte(nil), head...), ntlm.WrapSelection()...)
	}
	c.strange(m)
	return nil
}

// call answers a call.
func (c *client) call(m dcerpc.Message, argument []byte) [][]byte {
	context, number := m.U16(20), m.U16(22)
	to := c.bound[context]
	var content []byte
	wanted, code := "", uint32(dcerpc.NoSuchOperation)
	switch {
	case c.refused:
		code = accessDenied
	case to == epm.Interface:
		content, wanted = c.mapper.Call(number, argument, c.s.Local().Addr())
	case to == oxidResolver:
		content = c.resolve(number)
	case to == management && number == 0:
		content = listInterfaces()
	case names[to] != "":
		code = accessDenied
	}
	c.s.Event("rpc", event.String("name", names[to]), event.Int("number", int64(number)), event.String("target", wanted), event.Bytes("data", argument[:min(len(argument), maxTold)]))
	if content == nil {
		return [][]byte{dcerpc.Fault(m.Call(), context, code)}
	}
	return dcerpc.Respond(m.Call(), context, content)
}

// The calls of the resolver that need no object.
const (
	callAlive  = 3
	callAlive2 = 5
)

// resolve answers who asks whether the host is there, with the names and addresses by which it can be reached: all of them, to anybody.
func (c *client) resolve(number uint16) []byte {
	var b dcerpc.Builder
	switch number {
	case callAlive:
		b.U32(0)
		return b
	case callAlive2:
	default:
		return nil
	}
	var list dcerpc.Builder
	for _, name := range []string{c.machine.Name, c.s.Local().Addr().Unmap().String()} {
		list.U16(7) // TCP
		list.Bytes(windows.UTF16(name + "\x00"))
	}
	list.U16(0)
	security := len(list) / 2
	for _, way := range []uint16{0x09, 0x1e, 0x10, 0x0a, 0x16, 0x1f, 0x0e} {
		list.U16(way)
		list.U16(0xffff)
		list.U16(0)
	}
	list.U16(0)
	b.U16(5) // the version of DCOM
	b.U16(7)
	b.Pointer()
	b.U32(uint32(len(list) / 2))
	b.U16(uint16(len(list) / 2))
	b.U16(uint16(security))
	b.Bytes(list)
	b.Align(4)
	b.U32(0)
	b.U32(0)
	return b
}

// listInterfaces tells which interfaces are behind the port.
func listInterfaces() []byte {
	var b dcerpc.Builder
	b.Pointer()
	b.U32(uint32(len(listed)))
	b.U32(uint32(len(listed)))
	for range listed {
		b.Pointer()
	}
	for _, number := range listed {
		raw, _ := hex.DecodeString(epm.Wire(number))
		b.Bytes(raw)
		b.U16(versions[number])
		b.U16(0)
	}
	b.U32(0)
	return b
}
