package conpot

import (
	"fmt"
	"strings"

	"decnet/decoy"
)

// Controller is what the decky's controller is, for services that show it.
type Controller struct {
	Family   string // S7-300 or S7-1200
	Station  string // the name that the plant gave it
	Plant    string
	Module   string
	Order    string
	Serial   string
	Firmware string
	Hardware int
	Mode     func() string // RUN or STOP
}

// ControllerOf returns that of the host.
func ControllerOf(h *decoy.Host) Controller {
	p := plcOf(h)
	c := Controller{Family: "S7-300", Station: p.system, Plant: p.plant, Module: p.name, Order: p.order, Serial: p.serial, Firmware: fmt.Sprintf("V.%d.%d.%d", p.version[0], p.version[1], p.version[2]), Hardware: 1 + int(p.version[2]%6)}
	if strings.HasPrefix(p.name, "CPU 12") {
		c.Family = "S7-1200"
	}
	c.Mode = func() string {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.stopped {
			return "STOP"
		}
		return "RUN"
	}
	return c
}

// plcOf is the one that all of the host's services are.
func plcOf(h *decoy.Host) *plc {
	return decoy.Once(h, "conpot", func() *plc { return newPLC(h) })
}

// Describe is how the decky's controller names itself to network management: its vendor, its module, its order number and its versions; and the name that the plant gave it.
func Describe(h *decoy.Host) (description, system string) {
	c := ControllerOf(h)
	return fmt.Sprintf("Siemens, SIMATIC, %s, %s, HW: %d, FW: %s, %s", c.Family, c.Order, c.Hardware, c.Firmware, c.Serial), c.Station
}
