package snmp

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/device"
	"decnet/decoy/services/internal/windows"
	"decnet/decoy/shell"
)

// builder collects rows.
type builder []row

func (b *builder) add(id string, value ber.Node) { b.live(id, func() ber.Node { return value }) }

func (b *builder) live(id string, value func() ber.Node) {
	*b = append(*b, row{ber.NewObjectID(id), value})
}

func (b *builder) text(id, s string)         { b.add(id, ber.Text(ber.OctetString, s)) }
func (b *builder) number(id string, n int64) { b.add(id, ber.Number(ber.Integer, n)) }
func (b *builder) object(id, dotted string)  { b.add(id, ber.NewObjectID(dotted).Node()) }

// mib makes all that the agent knows.
func (a *agent) mib() []row {
	var b builder
	const system = "1.3.6.1.2.1.1."
	b.text(system+"1.0", a.product.description)
	b.object(system+"2.0", a.product.objectID)
	b.live(system+"3.0", a.uptime)
	b.text(system+"4.0", a.product.contact)
	b.text(system+"5.0", a.product.name)
	b.text(system+"6.0", a.product.location)
	b.number(system+"7.0", a.product.services)
	a.interfaces(&b)
	switch a.product.kind {
	case "netsnmp":
		a.hostResources(&b)
	case "windows":
		a.hostResources(&b)
		a.accounts(&b)
	case "printer":
		a.printer(&b)
	}
	return b
}

// uptime is in hundredths of a second; it overflows like everybody's.
func (a *agent) uptime() ber.Node {
	return ber.Number(timeTicks, a.host.Now().Sub(a.host.BootTime()).Milliseconds()/10&(1<<32-1))
}

// card is one network interface.
type card struct {
	name  string
	kind  int64 // 6: Ethernet, 24: loopback
	mac   []byte
	speed int64
	addr  []byte
	mask  []byte
	rate  int64 // bytes a second, in the mean
}

func (a *agent) cards() []card {
	system := shell.SystemOf(a.host)
	mac, _ := net.ParseMAC(system.MAC)
	own := netip.AddrFrom4([4]byte{192, 168, 1, 10})
	if addr, err := netip.ParseAddr(system.IP); err == nil && addr.Is4() {
		own = addr
	}
	r := a.host.Rand("snmp-cards")
	rate := 200 + r.Int64N(9000)
	name := map[string]string{"netsnmp": "eth0", "windows": "Intel(R) 82574L Gigabit Network Connection\x00", "cisco": "Vlan1", "printer": device.Name(a.host), "plc": "Siemens, SIMATIC NET, Ethernet Port, X1 P1"}[a.product.kind]
	ethernet := card{name, 6, mac, 1000000000, own.AsSlice(), []byte{255, 255, 255, 0}, rate}
	if a.product.kind == "printer" || a.product.kind == "plc" {
		ethernet.speed = 100000000
		return []card{ethernet}
	}
	loop := card{"lo", 24, nil, 10000000, []byte{127, 0, 0, 1}, []byte{255, 0, 0, 0}, rate / 10}
	if a.product.kind == "windows" {
		loop.name, loop.speed = "Software Loopback Interface 1\x00", 1073741824
	}
	return []card{loop, ethernet}
}

func (a *agent) interfaces(b *builder) {
	cards := a.cards()
	b.number("1.3.6.1.2.1.2.1.0", int64(len(cards)))
	for i, c := range cards {
		n := strconv.Itoa(i + 1)
		cell := func(column int) string { return fmt.Sprintf("1.3.6.1.2.1.2.2.1.%d.%s", column, n) }
		grows := func(column int, each float64) {
			b.live(cell(column), func() ber.Node {
				return ber.Number(counter32, int64(a.host.Now().Sub(a.host.BootTime()).Seconds()*float64(c.rate)*each)&(1<<32-1))
			})
		}
		b.number(cell(1), int64(i+1))
		b.text(cell(2), c.name)
		b.number(cell(3), c.kind)
		b.number(cell(4), map[bool]int64{true: 65536, false: 1500}[c.kind == 24])
		b.add(cell(5), ber.Number(gauge32, c.speed))
		b.add(cell(6), ber.Bytes(ber.OctetString, c.mac))
		b.number(cell(7), 1)
		b.number(cell(8), 1)
		b.add(cell(9), ber.Number(timeTicks, 0))
		grows(10, 1)
		grows(11, 1.0/310)
		grows(16, 0.7)
		grows(17, 1.0/420)
		address, err := netip.ParseAddr(net.IP(c.addr).String())
		if err != nil {
			continue
		}
		for column, value := range map[int]ber.Node{1: ber.Bytes(ipAddress, c.addr), 2: ber.Number(ber.Integer, int64(i+1)), 3: ber.Bytes(ipAddress, c.mask), 4: ber.Number(ber.Integer, 1)} {
			b.add(fmt.Sprintf("1.3.6.1.2.1.4.20.1.%d.%s", column, address), value)
		}
	}
}

// hostResources tells of memory, disks and what runs.
func (a *agent) hostResources(b *builder) {
	system := shell.SystemOf(a.host)
	r := a.host.Rand("snmp-host")
	const host = "1.3.6.1.2.1.25."
	b.live(host+"1.1.0", a.uptime)
	programs := []string{"systemd", "kthreadd", "systemd-journal", "systemd-udevd", "cron", "dbus-daemon", "rsyslogd", "sshd", "snmpd", "agetty", "systemd-logind"}
	disks := []string{"Physical memory", "/", "/boot"}
	if a.product.kind == "windows" {
		programs = []string{"System Idle Process", "System", "smss.exe", "csrss.exe", "wininit.exe", "services.exe", "lsass.exe", "svchost.exe", "spoolsv.exe", "snmp.exe", "MsMpEng.exe", "explorer.exe"}
		disks = []string{"Physical Memory", `C:\ Label:  Serial Number ` + a.host.Hex("snmp-disk", 4), `D:\ Label:Data  Serial Number ` + a.host.Hex("snmp-disk2", 4)}
	}
	b.add(host+"1.5.0", ber.Number(gauge32, int64(r.IntN(3))))
	b.add(host+"1.6.0", ber.Number(gauge32, int64(len(programs)+80+r.IntN(60))))
	b.number(host+"2.2.0", int64(system.MemoryKB))
	for i, name := range disks {
		n := strconv.Itoa(i + 1)
		size := int64(system.DiskKB) / 4
		if i == 0 {
			size = int64(system.MemoryKB) / 4
		}
		b.number(host+"2.3.1.1."+n, int64(i+1))
		b.text(host+"2.3.1.3."+n, name)
		b.number(host+"2.3.1.4."+n, 4096)
		b.number(host+"2.3.1.5."+n, size)
		b.number(host+"2.3.1.6."+n, size*int64(15+r.IntN(60))/100)
	}
	pid := 1
	for i, name := range programs {
		n := strconv.Itoa(pid)
		b.number(host+"4.2.1.1."+n, int64(pid))
		b.text(host+"4.2.1.2."+n, name)
		pid += 1 + i*r.IntN(60)
	}
}

// accounts are the users that Windows tells to anybody.
func (a *agent) accounts(b *builder) {
	names := []string{"Administrator", "Guest", "DefaultAccount"}
	for _, p := range bait.AppOf(a.host).People {
		if p.Login != "admin" && len(names) < 10 {
			names = append(names, p.Login)
		}
	}
	for _, name := range names {
		id := append(ber.NewObjectID("1.3.6.1.4.1.77.1.2.25.1.1"), uint32(len(name))) // the table is in the order of the names
		for _, c := range []byte(name) {
			id = append(id, uint32(c))
		}
		b.text(id.String(), name)
	}
	b.text("1.3.6.1.4.1.77.1.4.1.0", windows.MachineOf(a.host).Domain)
}

// printer tells of the device, its pages and its toner.
func (a *agent) printer(b *builder) {
	r := a.host.Rand("snmp-printer")
	b.object("1.3.6.1.2.1.25.3.2.1.2.1", "1.3.6.1.2.1.25.3.1.5")
	b.text("1.3.6.1.2.1.25.3.2.1.3.1", device.Name(a.host))
	b.number("1.3.6.1.2.1.25.3.2.1.5.1", 2)
	b.number("1.3.6.1.2.1.25.3.5.1.1.1", 3)
	b.text("1.3.6.1.2.1.43.5.1.1.17.1", fmt.Sprintf("%s%06d", serialPrefix(a), r.IntN(1000000)))
	pages := int64(4000 + r.IntN(90000))
	b.live("1.3.6.1.2.1.43.10.2.1.4.1.1", func() ber.Node {
		return ber.Number(counter32, pages+int64(a.host.Now().Sub(a.host.Installed()).Hours()/2))
	})
	b.text("1.3.6.1.2.1.43.11.1.1.6.1.1", "Black Toner Cartridge")
	b.number("1.3.6.1.2.1.43.11.1.1.8.1.1", 100)
	b.number("1.3.6.1.2.1.43.11.1.1.9.1.1", int64(5+r.IntN(90)))
	b.text("1.3.6.1.2.1.43.16.5.1.2.1.1", "Ready")
}

// serialPrefix is the beginning of a serial number.
func serialPrefix(a *agent) string {
	b := a.host.Bytes("snmp-serial", 3)
	return string([]byte{'A' + b[0]%26, 'A' + b[1]%26, 'A' + b[2]%26})
}
