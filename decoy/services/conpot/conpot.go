// Package conpot is the decoy of an industrial controller: a Siemens SIMATIC that speaks Modbus and S7. It tells what it is, shows a process that lives, lets
// itself be written and stopped, and records each request. Nothing is controlled by it.
package conpot

import (
	"context"

	"decnet/decoy"
	"decnet/decoy/event"
)

func init() {
	decoy.Register("conpot", func(h *decoy.Host) (decoy.Service, error) { return plcOf(h), nil })
}

// modbusPort is that of Modbus; on the other one, S7 is spoken.
const modbusPort = 502

// ServeConn answers one client.
func (p *plc) ServeConn(_ context.Context, s *decoy.Session) {
	if s.CatalogPort() == modbusPort {
		p.serveModbus(s)
		return
	}
	p.serveS7(s)
}

// strange records what is not the protocol.
func strange(s *decoy.Session, data []byte) {
	s.Event("protocol_error", event.Bytes("data", data[:min(len(data), 1024)]))
}
