package snmp

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/conpot"
	"decnet/decoy/services/internal/device"
	"decnet/decoy/services/internal/windows"
	"decnet/decoy/shell"
)

// product is the agent's software and the thing that it tells of.
type product struct {
	kind        string // netsnmp, printer, cisco, plc or windows
	description string
	objectID    string // of the make
	name        string
	contact     string
	location    string
	services    int64
	engine      []byte // its name in version 3; nil where it doesn't speak it
	boots       int64
}

// makes are the enterprise numbers of the vendors, and the identifiers of their printers.
var makes = map[string]struct {
	enterprise  uint32
	objectID    string
	description string // with the device's name and a serial number
}{
	"HP":      {11, "1.3.6.1.4.1.11.2.3.9.1", "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24190012,CIDATE 09/10/2019"},
	"Brother": {2435, "1.3.6.1.4.1.2435.2.3.9.1", "Brother NC-8800w, Firmware Ver.1.31  (18.06.21),MID 84U-H07,FID 2"},
	"Lexmark": {641, "1.3.6.1.4.1.641.6.2.3.20", "Lexmark MS521dn version MSNGM.075.287 kernel 4.17.19-yocto-standard All-N-1"},
	"Kyocera": {1347, "1.3.6.1.4.1.1347.41", "KYOCERA Document Solutions Printing System"},
	"Canon":   {1602, "1.3.6.1.4.1.1602.4.7", "Canon LBP223 /P"},
	"Xerox":   {253, "1.3.6.1.4.1.253.8.62.1.34.2.4.1", "Xerox VersaLink B400 Printer; System 37.65.51, Controller 1.59.27, IOT 54.31.0"},
}

func productOf(h *decoy.Host) product {
	r := h.Rand("snmp")
	system := shell.SystemOf(h)
	label, _, _ := strings.Cut(h.Hostname, ".")
	p := product{
		kind: "netsnmp", objectID: "1.3.6.1.4.1.8072.3.2.10", name: h.Hostname, services: 72, boots: int64(2 + r.IntN(60)),
		contact:  decoy.Pick(h, "snmp-contact", "root", "IT <it@office.lan>", "admin"),
		location: decoy.Pick(h, "snmp-location", "Unknown", "Server room", "Rack 4", "2nd floor", "Basement"),
	}
	// On many, nobody has touched what the package comes with.
	switch untouched := decoy.Pick(h, "snmp-untouched", true, false); {
	case h.Distro == "rocky9" || h.Distro == "centos7" || h.Distro == "fedora":
		p.services = 0
		if untouched {
			p.contact, p.location = "Root <root@localhost> (configure /etc/snmp/snmp.local.conf)", "Unknown (edit /etc/snmp/snmpd.conf)"
		}
	case untouched:
		p.contact, p.location = "Me <me@example.org>", "Sitting on the Dock of the Bay"
	}
	// What net-snmp draws when it first starts: a random number and that time.
	p.engine = engineID(8072, 0x80, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, r.Uint32()), uint64(h.Installed().Unix())))
	mac, _ := net.ParseMAC(system.MAC)
	switch {
	case h.OS == "windows" || h.OS == "windows_server":
		m := windows.MachineOf(h)
		role := map[bool]string{true: "2", false: "1"}[h.OS == "windows_server"]
		if h.Archetype == "domain-controller" {
			role = "3"
		}
		p.kind, p.objectID, p.services, p.engine = "windows", "1.3.6.1.4.1.311.1.1.3.1."+role, 76, nil
		p.contact, p.location, p.name = "", "", m.Name
		p.description = fmt.Sprintf("Hardware: Intel64 Family 6 Model %d Stepping %d AT/AT COMPATIBLE - Software: Windows Version %d.%d (Build %d Multiprocessor Free)",
			decoy.Pick(h, "snmp-cpu", 63, 79, 85), r.IntN(5), min(m.Major, 6), map[bool]byte{true: 3, false: m.Minor}[m.Major == 10], m.Build)
	case h.OS == "cisco":
		release := decoy.Pick(h, "snmp-ios", "15.0(2)SE11", "15.2(2)E9", "15.2(7)E3")
		p.kind, p.objectID, p.services = "cisco", "1.3.6.1.4.1.9.1.716", 6
		p.description = "Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version " + release + ", RELEASE SOFTWARE (fc3)\r\nTechnical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2017 by Cisco Systems, Inc.\r\nCompiled Sat 19-Aug-17 09:34 by prod_rel_team"
		p.engine = engineID(9, 3, mac)
	case h.Archetype == "printer":
		make, _, _ := strings.Cut(device.Name(h), " ")
		m := makes[make]
		p.kind, p.objectID, p.description, p.services = "printer", m.objectID, m.description, 72
		p.contact, p.name = "", label
		p.engine = engineID(m.enterprise, 3, mac)
	case h.Archetype == "industrial-control":
		p.kind, p.objectID, p.services = "plc", "1.3.6.1.4.1.4329.2.1.1.1", 78
		p.description, p.name = conpot.Describe(h)
		p.contact, p.location = "", ""
		p.engine = engineID(4329, 3, mac)
	default:
		p.description = fmt.Sprintf("Linux %s %s %s %s", h.Hostname, system.Kernel, system.Build, system.Machine)
	}
	return p
}

// engineID names an engine: the vendor, what the rest is (3: a MAC), and the rest.
func engineID(enterprise uint32, format byte, rest []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, enterprise|1<<31), format), rest...)
}
