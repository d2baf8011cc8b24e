package smb

import (
	"decnet/decoy/event"
	"decnet/decoy/services/internal/dcerpc"
)

// The calls of the service control manager, by which tools such as psexec run what they have copied.
const (
	scmClose         = 0
	scmControl       = 1
	scmDelete        = 2
	scmQuery         = 6
	scmCreate        = 12
	scmOpenManager   = 15
	scmOpen          = 16
	scmStart         = 19
	scmCreateWow     = 45
	maxServices      = 16
	serviceMissing   = 1060
	serviceNoAnswer  = 1053
	serviceUnderUsed = 1450 // there are no resources
)

// scmNames are the calls that are recorded, as they are told.
var scmNames = map[uint16]string{scmControl: "service_control", scmDelete: "service_delete", scmCreate: "service_create", scmOpen: "service_open", scmStart: "service_start", scmCreateWow: "service_create"}

// manage answers a call of the service control manager. Services are made and seem to be started, and don't answer, as they do where an antivirus was
// faster.
func (r *rpc) manage(c *conn, number uint16, argument []byte) []byte {
	a := &arguments{All: argument, At: dcerpc.HandleSize}
	handle := func(why uint32) []byte {
		var b builder
		if why == 0 {
			b.U32(0)
			b.Bytes(r.server.host.Bytes("scm/"+r.name, 16))
		} else {
			b.Zeros(dcerpc.HandleSize)
		}
		b.U32(why)
		return b
	}
	code := func(why uint32) []byte {
		var b builder
		b.U32(why)
		return b
	}
	tell := func(fields ...event.Field) {
		c.s.Event(scmNames[number], append([]event.Field{event.String("name", r.last)}, fields...)...)
	}
	switch number {
	case scmOpenManager:
		return handle(0)
	case scmClose:
		return handle(0)
	case scmOpen:
		r.last = a.Text()
		tell()
		if !c.services[r.last] {
			return handle(serviceMissing)
		}
		return handle(0)
	case scmCreate, scmCreateWow:
		r.last = a.Text()
		display := a.Maybe()
		a.At += 16 // access, type, start, errors
		a.At = (a.At + 3) &^ 3
		tell(event.String("display", display), event.String(event.Command, a.Text()))
		var b builder
		b.U32(0) // no tag
		if len(c.services) == maxServices {
			b.Bytes(handle(serviceUnderUsed))
			return b
		}
		c.services[r.last] = true
		b.Bytes(handle(0))
		return b
	case scmStart:
		tell()
		return code(serviceNoAnswer)
	case scmDelete:
		tell()
		delete(c.services, r.last)
		return code(0)
	case scmControl, scmQuery:
		var b builder
		b.U32(0x10) // a process of its own
		b.U32(1)    // stopped
		b.Zeros(20)
		b.U32(0)
		return b
	}
	return nil
}
