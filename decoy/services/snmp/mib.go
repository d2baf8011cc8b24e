package snmp

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"decnet/decoy"
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
	if a.product.services != 0 {
		b.number(system+"7.0", a.product.services)
	}
	if a.product.kind == "netsnmp" {
		a.modules(&b)
		a.engine(&b)
	}
	a.interfaces(&b)
	if a.product.kind == "netsnmp" || a.product.kind == "windows" {
		b.number("1.3.6.1.2.1.4.1.0", 2) // it forwards nothing
		b.number("1.3.6.1.2.1.4.2.0", map[bool]int64{true: 128, false: 64}[a.product.kind == "windows"])
	}
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

// modules are the parts of which net-snmp says that it consists.
func (a *agent) modules(b *builder) {
	const system = "1.3.6.1.2.1.1."
	start := ber.Number(timeTicks, a.host.Rand("snmp-modules").Int64N(3))
	b.add(system+"8.0", start)
	for i, m := range [...]struct{ id, description string }{
		{"1.3.6.1.6.3.10.3.1.1", "The SNMP Management Architecture MIB."},
		{"1.3.6.1.6.3.11.3.1.1", "The MIB for Message Processing and Dispatching."},
		{"1.3.6.1.6.3.15.2.1.1", "The management information definitions for the SNMP User-based Security Model."},
		{"1.3.6.1.6.3.1", "The MIB module for SNMPv2 entities"},
		{"1.3.6.1.6.3.16.2.2.1", "View-based Access Control Model for SNMP."},
		{"1.3.6.1.2.1.49", "The MIB module for managing TCP implementations"},
		{"1.3.6.1.2.1.50", "The MIB module for managing UDP implementations"},
		{"1.3.6.1.2.1.4", "The MIB module for managing IP and ICMP implementations"},
		{"1.3.6.1.6.3.13.3.1.3", "The MIB modules for managing SNMP Notification, plus filtering."},
		{"1.3.6.1.2.1.92", "The MIB module for logging SNMP Notifications."},
	} {
		n := strconv.Itoa(i + 1)
		b.object(system+"9.1.2."+n, m.id)
		b.text(system+"9.1.3."+n, m.description)
		b.add(system+"9.1.4."+n, start)
	}
}

// engine is what the agent is in version 3.
func (a *agent) engine(b *builder) {
	const engine = "1.3.6.1.6.3.10.2.1."
	b.add(engine+"1.0", ber.Bytes(ber.OctetString, a.product.engine))
	b.number(engine+"2.0", a.product.boots)
	b.live(engine+"3.0", func() ber.Node {
		return ber.Number(ber.Integer, int64(a.host.Now().Sub(a.host.BootTime()).Seconds()))
	})
	b.number(engine+"4.0", 1500)
}

// sockets are the ports on which a computer listens, as the tables of TCP and UDP tell them; devices tell less.
func (a *agent) sockets(ports []decoy.Port) []row {
	var b builder
	if a.product.kind != "netsnmp" && a.product.kind != "windows" {
		return nil
	}
	everywhere := ber.Bytes(ipAddress, make([]byte, 4))
	for _, p := range ports {
		number := ber.Number(ber.Integer, int64(p.Number))
		if p.Proto == "udp" {
			index := fmt.Sprintf(".0.0.0.0.%d", p.Number)
			b.add("1.3.6.1.2.1.7.5.1.1"+index, everywhere)
			b.add("1.3.6.1.2.1.7.5.1.2"+index, number)
			continue
		}
		const listens = 2
		index := fmt.Sprintf(".0.0.0.0.%d.0.0.0.0.0", p.Number)
		b.number("1.3.6.1.2.1.6.13.1.1"+index, listens)
		b.add("1.3.6.1.2.1.6.13.1.2"+index, everywhere)
		b.add("1.3.6.1.2.1.6.13.1.3"+index, number)
		b.add("1.3.6.1.2.1.6.13.1.4"+index, everywhere)
		b.number("1.3.6.1.2.1.6.13.1.5"+index, 0)
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
		more := func(column int) string { return fmt.Sprintf("1.3.6.1.2.1.31.1.1.1.%d.%s", column, n) }
		grows := func(short, long int, each float64) {
			count := func() int64 {
				return int64(a.host.Now().Sub(a.host.BootTime()).Seconds() * float64(c.rate) * each)
			}
			b.live(cell(short), func() ber.Node { return ber.Number(counter32, count()&(1<<32-1)) })
			b.live(more(long), func() ber.Node { return ber.Number(counter64, count()) })
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
		out := 0.7
		if c.kind == 24 {
			out = 1 // what goes out of the loopback comes in
		}
		grows(10, 6, 1)
		grows(11, 7, 1.0/310)
		grows(16, 10, out)
		grows(17, 11, out/310)
		for _, column := range []int{12, 13, 14, 15, 18, 19, 20} {
			b.add(cell(column), ber.Number(counter32, 0))
		}
		b.add(cell(21), ber.Number(gauge32, 0))
		b.object(cell(22), "0.0")
		b.text(more(1), c.name)
		b.add(more(15), ber.Number(gauge32, c.speed/1000000))
		b.number(more(16), 2)
		b.number(more(17), map[bool]int64{true: 2, false: 1}[c.kind == 24])
		b.text(more(18), "")
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
	b.live(host+"1.2.0", a.date)
	programs := []string{"systemd", "kthreadd", "systemd-journal", "systemd-udevd", "cron", "dbus-daemon", "rsyslogd", "sshd", "snmpd", "agetty", "systemd-logind"}
	disks := []string{"Physical memory", "/", "/boot"}
	switch {
	case system.Embedded:
		programs = []string{"init", "kthreadd", "ksoftirqd/0", "mtdblock0", "jffs2_gcd_mtd3", "syslogd", "klogd", "udhcpc", "snmpd", "telnetd", "watchdog"}
		disks = []string{"Physical memory", "/", "/mnt/mtd"}
	case a.product.kind == "windows":
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
		b.object(host+"4.2.1.3."+n, "0.0")
		b.text(host+"4.2.1.4."+n, paths[name])
		b.text(host+"4.2.1.5."+n, "")
		b.number(host+"4.2.1.6."+n, map[bool]int64{true: 4, false: 2}[paths[name] != ""])
		b.number(host+"4.2.1.7."+n, 2)
		pid += 1 + i*r.IntN(60)
	}
}

// paths are where the programs are that are files, and no threads of the kernel's.
var paths = map[string]string{
	"systemd": "/sbin/init", "systemd-journal": "/lib/systemd/systemd-journald", "systemd-udevd": "/lib/systemd/systemd-udevd", "cron": "/usr/sbin/cron", "dbus-daemon": "/usr/bin/dbus-daemon",
	"rsyslogd": "/usr/sbin/rsyslogd", "sshd": "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "snmpd": "/usr/sbin/snmpd", "agetty": "/sbin/agetty", "systemd-logind": "/lib/systemd/systemd-logind",
	"init": "init", "syslogd": "/sbin/syslogd", "klogd": "/sbin/klogd", "udhcpc": "udhcpc", "telnetd": "/usr/sbin/telnetd", "watchdog": "watchdog",
	"svchost.exe": `C:\Windows\system32\`, "explorer.exe": `C:\Windows\`, "MsMpEng.exe": `C:\Program Files\Windows Defender\`, "spoolsv.exe": `C:\Windows\System32\`, "snmp.exe": `C:\Windows\System32\`,
	"smss.exe": `\SystemRoot\System32\`, "lsass.exe": `C:\Windows\system32\`,
}

// date is the time of day, in UTC, as SNMP writes it.
func (a *agent) date() ber.Node {
	t := a.host.Now()
	return ber.Bytes(ber.OctetString, []byte{byte(t.Year() >> 8), byte(t.Year()), byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second()), 0, '+', 0, 0})
}

// accounts are the users that Windows tells to anybody.
func (a *agent) accounts(b *builder) {
	for _, account := range windows.Accounts(a.host, windows.MachineOf(a.host).Controller) {
		name := account.Login
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
