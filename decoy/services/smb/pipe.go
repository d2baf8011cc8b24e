package smb

import (
	"strings"

	"decnet/decoy/event"
)

// pipe is a named pipe to a service of the server.
type pipe struct {
	rpc rpc
	out [][]byte // the messages that the client hasn't read yet
}

// openPipe opens one. Samba tells everybody about the server and its accounts. Windows tells a null session nothing, but for a domain controller, which lets it begin to ask for accounts and to log in
// as a machine; a guest may see the shares, and an administrator make services. The others are what intruders go for, and refused.
func (c *conn) openPipe(name string, s *session) (*pipe, status) {
	lower := strings.ToLower(strings.TrimPrefix(name, `\`))
	lower = strings.TrimPrefix(lower, `pipe\`)
	v, by := c.server, trustIn(s)
	why := ok
	switch lower {
	case "srvsvc", "wkssvc":
		if by == stranger && v.machine.Real {
			why = accessDenied
		}
	case "svcctl":
		if by != member || !v.machine.Real {
			why = accessDenied
		}
	case "samr", "lsarpc":
		if by == stranger && v.machine.Real && !v.machine.Controller {
			why = accessDenied
		}
	case "netlogon":
		if !v.machine.Real || !v.machine.Controller {
			why = accessDenied
		}
	case "epmapper":
		if by == stranger || !v.machine.Real {
			why = accessDenied
		}
	case "winreg", "atsvc", "spoolss", "eventlog", "lsass", "efsrpc", "netdfs":
		why = accessDenied
	default:
		why = nameNotFound
	}
	outcome := event.Accepted
	if why != ok {
		outcome = event.Rejected
	}
	c.s.Event("pipe", event.String("name", lower), event.String("user", s.user), event.String(event.Outcome, outcome))
	if why != ok {
		return nil, why
	}
	return &pipe{rpc: rpc{server: v, name: lower, trust: by}}, ok
}

// in takes a message to the service.
func (p *pipe) in(c *conn, data []byte) {
	if len(p.out) < 8 { // who doesn't read gets nothing more
		p.out = append(p.out, p.rpc.answer(c, data)...)
	}
}

// read returns what there is of the next message, and whether that is not all of it.
func (p *pipe) read(size int) (piece []byte, more bool) {
	if len(p.out) == 0 {
		return nil, false
	}
	piece = p.out[0][:min(size, len(p.out[0]))]
	if p.out[0] = p.out[0][len(piece):]; len(p.out[0]) > 0 {
		return piece, true
	}
	p.out = p.out[1:]
	return piece, false
}

// The controls that clients use.
const (
	ctlTransceive = 0x0011c017
	ctlPipeWait   = 0x00110018
	ctlValidate   = 0x00140204
	ctlReferral   = 0x00060194
	ctlReferralEx = 0x000601b0
)

// ioctl answers a control.
func (c *conn) ioctl(q request, k *shared) result {
	code := q.U32(body(4))
	input := q.buffer(int(q.U32(body(24))), int(min(q.U32(body(28)), maxMessage)))
	room := int(min(q.U32(body(44)), maxMessage))
	var output []byte
	state := ok
	switch code {
	case ctlValidate:
		// By this a client sees that nobody changed its negotiation on the way.
		var b builder
		b.U32(capabilities(c.dialect))
		b.Bytes(c.server.guid)
		b.U16(signsAllowed | uint16(flag(c.server.signs))*signsRequired)
		b.U16(c.dialect)
		output = b
	case ctlTransceive:
		o := c.fileOf(q, k, 8)
		if o == nil || o.pipe == nil {
			return fail(fileClosed)
		}
		o.pipe.in(c, input)
		var more bool
		if output, more = o.pipe.read(room); more {
			state = bufferOverflow
		}
	case ctlPipeWait:
	case ctlReferral, ctlReferralEx:
		return fail(driverRequired)
	default:
		return fail(notSupported)
	}
	var b builder
	b.U16(49)
	b.U16(0)
	b.U32(code)
	b.Bytes(q.Part(body(8), 16))
	b.U32(headerSize + 48)
	b.U32(0)
	b.U32(headerSize + 48)
	b.U32(uint32(len(output)))
	b.U32(0)
	b.U32(0)
	b.Bytes(output)
	return result{status: state, body: b}
}
