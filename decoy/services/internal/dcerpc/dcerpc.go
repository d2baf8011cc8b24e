// Package dcerpc is the server's side of DCE/RPC (C706, MS-RPCE): the messages in which calls and their answers travel, whatever carries them, and NDR, in which the arguments stand. What is called is
// for the services: those behind the pipes of SMB, and the endpoint mapper.
package dcerpc

import (
	"encoding/hex"
)

// The types of a message. The answer to a bind has the next number.
const (
	Request  = 0
	Response = 2
	fault    = 3
	Bind     = 11
	bindNak  = 13
	Alter    = 14
	Proof    = 16 // the last step of a login
)

// The flags of a message: it is its request's first or last part, or has the number of an object between its head and the arguments.
const (
	FirstPart  = 1
	LastPart   = 2
	withObject = 0x80
)

const (
	// HeadSize is that of every message's head.
	HeadSize    = 16
	requestHead = 24
	objectSize  = 16
	// MaxPart is what the server says that it sends and takes at once.
	MaxPart = 4280
	// maxRequest is how long a request may be in all its parts.
	maxRequest = 64 << 10

	maxContexts  = 16
	maxTransfers = 16
)

// NoSuchOperation is the fault of a call that there is not.
const NoSuchOperation = 0x1c010002

// ndr is the way of writing that is spoken here, and negotiation what a client asks for beside it, as bytes stand on the wire.
var (
	ndr         = []byte{0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0}
	negotiation = []byte{0x2c, 0x1c, 0xb7, 0x6c, 0x12, 0x98, 0x40, 0x45}
)

// The fields of a message's head.

// Whole tells whether the message is one, and all there.
func (r Message) Whole() bool { return len(r) >= HeadSize && r[0] == 5 && int(r.U16(8)) <= len(r) }

// Call is the number of the call that the message is of.
func (r Message) Call() uint32 { return r.U32(12) }

// Frame puts a head before a message.
func Frame(kind, flags byte, call uint32, content []byte) []byte {
	return FrameWith(kind, flags, call, content, nil)
}

// FrameWith is [Frame] with a token of a login behind the content, which bears its own head of eight bytes.
func FrameWith(kind, flags byte, call uint32, content, token []byte) []byte {
	var b Builder
	b.U8(5, 0, kind, flags, 0x10, 0, 0, 0)
	b.U16(uint16(HeadSize + len(content) + len(token)))
	b.U16(uint16(max(len(token)-tokenHead, 0)))
	b.U32(call)
	b.Bytes(content)
	b.Bytes(token)
	return b
}

// tokenHead is the size of what stands before a token: how it is to be understood.
const tokenHead = 8

// Token is the token of a login in a message, with its kind; nil where there is none.
func (r Message) Token() (head, token []byte) {
	size, end := int(r.U16(10)), int(r.U16(8))
	if at := end - size - tokenHead; size > 0 && at >= HeadSize && end <= len(r) {
		return r[at : at+tokenHead], r[at+tokenHead : end]
	}
	return nil, nil
}

// Fault says that a call can't be done.
func Fault(call uint32, context uint16, code uint32) []byte {
	var b Builder
	b.U32(0)
	b.U16(context)
	b.U16(0)
	b.U32(code)
	b.U32(0)
	return Frame(fault, FirstPart|LastPart, call, b)
}

// Nak refuses a bind, or what is none, since the version is another one.
func Nak(call uint32) []byte {
	return Frame(bindNak, FirstPart|LastPart, call, []byte{4, 0, 1, 5, 0, 0, 0, 0})
}

// Respond puts what a call returns into as many messages as it takes.
func Respond(call uint32, context uint16, content []byte) [][]byte {
	const most = MaxPart - 24
	var out [][]byte
	for flags := byte(FirstPart); ; flags = 0 {
		piece := content[:min(len(content), most)]
		if content = content[len(piece):]; len(content) == 0 {
			flags |= LastPart
		}
		var b Builder
		b.U32(uint32(len(piece) + len(content)))
		b.U16(context)
		b.U16(0)
		b.Bytes(piece)
		out = append(out, Frame(Response, flags, call, b))
		if flags&LastPart != 0 {
			return out
		}
	}
}

// Parts is the request of which parts have come. One is collected at a time, whoever's it is.
type Parts struct {
	of   any
	stub []byte
}

// Add takes a request of the owner's, whole or a part, and returns the call's arguments when they are all there. What is too long counts as whole when there is no more room.
func (p *Parts) Add(of any, m Message) (argument []byte, whole bool) {
	from, end := requestHead, min(int(m.U16(8)), len(m))
	if m[3]&withObject != 0 {
		from += objectSize
	}
	if head, token := m.Token(); head != nil {
		end -= len(head) + len(token)
	}
	if end > from {
		argument = m[from:end]
	}
	if m[3]&(FirstPart|LastPart) == FirstPart|LastPart {
		return argument, true
	}
	if m[3]&FirstPart != 0 {
		*p = Parts{of: of}
	}
	if p.of != of {
		*p = Parts{}
		return nil, false
	}
	p.stub = append(p.stub, argument[:min(len(argument), maxRequest-len(p.stub))]...)
	if m[3]&LastPart == 0 && len(p.stub) < maxRequest {
		return nil, false
	}
	argument = p.stub
	*p = Parts{}
	return argument, true
}

// Rest is what has come of a request that isn't whole.
func (p *Parts) Rest() []byte { return p.stub }

// Context is an interface that a client wants to call.
type Context struct {
	ID        uint16
	Interface string // its number, as hexadecimal digits of the bytes on the wire
	spoken    bool   // in a way of writing that the server knows
	extras    bool   // it is no interface: it asks what the server can beside the usual
}

// Contexts are those of a bind.
func (r Message) Contexts() []Context {
	all := make([]Context, min(int(r.U8(24)), maxContexts))
	at := 28
	for i := range all {
		transfers := min(int(r.U8(at+2)), maxTransfers)
		all[i] = Context{ID: r.U16(at), Interface: hex.EncodeToString(r.Part(at+4, 16))}
		for t := range transfers {
			way := string(r.Part(at+24+20*t, 16))
			all[i].spoken = all[i].spoken || way == string(ndr[:16])
			all[i].extras = all[i].extras || way[:8] == string(negotiation)
		}
		at += 24 + 20*transfers
	}
	return all
}

// BindAck answers a bind, or a change of one: which of the interfaces are there. address is where the server listens, and token the next step of a login, with its head.
func BindAck(m Message, address string, contexts []Context, there func(Context) bool, token []byte) []byte {
	var results Builder
	for _, c := range contexts {
		switch {
		case c.extras:
			results.U16(3)
			results.U16(3)
			results.Zeros(20)
		case !there(c):
			results.U16(2)
			results.U16(1)
			results.Zeros(20)
		case !c.spoken:
			results.U16(2)
			results.U16(2)
			results.Zeros(20)
		default:
			results.U32(0)
			results.Bytes(ndr)
		}
	}
	var b Builder
	b.U16(MaxPart)
	b.U16(MaxPart)
	b.U32(0x000053f0)
	if m[2] == Alter { // which has been told already
		b.U16(0)
	} else {
		b.U16(uint16(len(address) + 1))
		b.Bytes(append([]byte(address), 0))
	}
	b.Align(4)
	b.U8(byte(len(contexts)), 0, 0, 0)
	b.Bytes(results)
	return FrameWith(m[2]+1, FirstPart|LastPart, m.Call(), b, token)
}
