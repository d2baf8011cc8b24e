package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func hostnamectl(c *call) int {
	c.printf(" Static hostname: %s\n       Icon name: computer-vm\n         Chassis: vm\n      Machine ID: %s\n         Boot ID: %s\n  Virtualization: kvm\nOperating System: %s\n          Kernel: Linux %s\n    Architecture: x86-64\n Hardware Vendor: QEMU\n  Hardware Model: Standard PC _i440FX + PIIX, 1996_\nFirmware Version: 1.16.2-debian-1.16.2-1\n",
		c.sys.Hostname, c.sys.host.Hex("machine-id", 16), c.sys.host.Hex("boot-id/"+c.sys.host.BootTime().String(), 16), c.sys.Pretty, c.sys.Kernel)
	return 0
}

func timedatectl(c *call) int {
	now := c.sys.host.Now()
	c.printf("               Local time: %s\n           Universal time: %[1]s\n                 RTC time: %s\n                Time zone: Etc/UTC (UTC, +0000)\nSystem clock synchronized: yes\n              NTP service: active\n          RTC in local TZ: no\n",
		now.Format("Mon 2006-01-02 15:04:05 UTC"), now.Format("Mon 2006-01-02 15:04:05"))
	return 0
}

func journalctl(c *call) int {
	if c.user.uid != 0 {
		fmt.Fprintln(c.err, "Hint: You are currently not seeing messages from other users and the system.\n      Users in groups 'adm', 'systemd-journal' can see all messages.\n      Pass -q to turn off this notice.")
		return 1
	}
	flags, _ := c.options("nu")
	n, err := c.fs.lookup(c.sys.logNames()[0], true)
	if err != nil {
		c.printf("-- No entries --\n")
		return 0
	}
	all := lines(n.read())
	if count, err := strconv.Atoi(flags['n']); err == nil && count >= 0 {
		all = all[max(0, len(all)-count):]
	}
	c.printf("%s\n", strings.Join(all, "\n"))
	return 0
}

// unit is a service of systemd's.
type unit struct{ name, about string }

var unitNames = map[string]unit{
	"sshd": {"ssh", "OpenBSD Secure Shell server"}, "cron": {"cron", "Regular background program processing daemon"}, "crond": {"crond", "Command Scheduler"},
	"rsyslogd": {"rsyslog", "System Logging Service"}, "dbus-daemon": {"dbus", "D-Bus System Message Bus"}, "systemd-journald": {"systemd-journald", "Journal Service"},
	"systemd-logind": {"systemd-logind", "User Login Management"}, "systemd-udevd": {"systemd-udevd", "Rule-based Manager for Device Events and Files"},
	"systemd-networkd": {"systemd-networkd", "Network Configuration"}, "agetty": {"getty@tty1", "Getty on tty1"}, "nginx": {"nginx", "A high performance web server and a reverse proxy server"},
	"apache2": {"apache2", "The Apache HTTP Server"}, "httpd": {"httpd", "The Apache HTTP Server"}, "lighttpd": {"lighttpd", "Lighttpd Daemon"}, "mariadbd": {"mariadb", "MariaDB database server"},
	"mysqld": {"mysql", "MySQL Community Server"}, "postgres": {"postgresql", "PostgreSQL RDBMS"}, "postmaster": {"postgresql", "PostgreSQL database server"},
	"redis-server": {"redis-server", "Advanced key-value store"}, "mongod": {"mongod", "MongoDB Database Server"}, "dockerd": {"docker", "Docker Application Container Engine"},
	"vsftpd": {"vsftpd", "vsftpd FTP server"}, "proftpd": {"proftpd", "ProFTPD FTP Server"}, "inetd": {"inetd", "Internet superserver"}, "master": {"postfix", "Postfix Mail Transport Agent"},
	"dovecot": {"dovecot", "Dovecot IMAP/POP3 email server"}, "named": {"named", "BIND Domain Name Server"}, "smbd": {"smbd", "Samba SMB Daemon"}, "slapd": {"slapd", "OpenLDAP Server Daemon"}, "krb5kdc": {"krb5-kdc", "Kerberos 5 Key Distribution Center"},
	"snmpd": {"snmpd", "Simple Network Management Protocol (SNMP) Daemon."}, "mosquitto": {"mosquitto", "Mosquitto MQTT Broker"}, "asterisk": {"asterisk", "Asterisk PBX"},
	"sqlservr": {"mssql-server", "Microsoft SQL Server Database Engine"}, "in.tftpd": {"tftpd-hpa", "HPA's tftp server"}, "xrdp": {"xrdp", "xrdp daemon"},
}

// unit is the service that a process is of.
func (s *System) unit(p process) (unit, bool) {
	u, ok := unitNames[p.name()]
	if u.name == "ssh" && s.Packages != "apt" {
		u = unit{"sshd", "OpenSSH server daemon"}
	}
	return u, ok && !p.session && (p.parent == 1 || p.kernel())
}

func systemctl(c *call) int {
	_, operands := c.options("tnp")
	if c.args[0] == "service" && len(operands) > 1 { // whose arguments are the other way round
		operands[0], operands[1] = operands[1], operands[0]
	}
	verb, name := "list-units", "system"
	if len(operands) > 0 {
		verb = operands[0]
	}
	if len(operands) > 1 {
		name = strings.TrimSuffix(operands[1], ".service")
	}
	type running struct {
		unit
		process
	}
	var all []running
	for _, p := range c.processes() {
		if u, ok := c.sys.unit(p); ok && !slices.ContainsFunc(all, func(r running) bool { return r.unit == u }) {
			all = append(all, running{u, p})
		}
	}
	slices.SortFunc(all, func(a, b running) int { return strings.Compare(a.unit.name, b.unit.name) })
	at := slices.IndexFunc(all, func(r running) bool { return r.unit.name == name || name == "sshd" && r.unit.name == "ssh" })
	switch verb {
	case "status":
		if name == "system" {
			c.printf("● %s\n    State: running\n    Units: %d loaded (incl. loaded aliases)\n     Jobs: 0 queued\n   Failed: 0 units\n    Since: %s\n", c.sys.Hostname, 230+len(all), c.sys.host.BootTime().Format("Mon 2006-01-02 15:04:05 UTC"))
			return 0
		}
		if at < 0 {
			fmt.Fprintf(c.err, "Unit %s.service could not be found.\n", name)
			return 4
		}
		r := all[at]
		up := c.sys.uptime()
		ago := fmt.Sprintf("%dh ago", int(up.Hours()))
		if days := int(up.Hours()) / 24; days > 0 {
			ago = fmt.Sprintf("%d weeks %d days ago", days/7, days%7)
			if days < 7 {
				ago = fmt.Sprintf("%d days ago", days)
			}
		}
		c.printf("● %s.service - %s\n     Loaded: loaded (/lib/systemd/system/%[1]s.service; enabled; preset: enabled)\n     Active: active (running) since %[3]s; %[4]s\n   Main PID: %[5]d (%[6]s)\n      Tasks: %[7]d (limit: %[8]d)\n     Memory: %.1[9]fM\n        CPU: %[10]dms\n     CGroup: /system.slice/%[1]s.service\n             └─%[5]d %[11]q\n",
			r.unit.name, r.about, c.sys.host.BootTime().Format("Mon 2006-01-02 15:04:05 UTC"), ago, r.pid, r.process.name(), 1+r.pid%3, c.sys.MemoryKB/900, float64(r.rss)/1024, 100+r.pid*7%900, r.command)
	case "is-active", "is-enabled":
		words := map[string]string{"is-active": "active", "is-enabled": "enabled"}
		if at < 0 {
			if verb == "is-enabled" {
				fmt.Fprintf(c.err, "Failed to get unit file state for %s.service: No such file or directory\n", name)
				return 1
			}
			c.printf("inactive\n")
			return 3
		}
		c.printf("%s\n", words[verb])
	case "list-units":
		c.printf("  UNIT                       LOAD   ACTIVE SUB     DESCRIPTION\n")
		for _, r := range all {
			c.printf("  %-26s loaded active running %s\n", r.unit.name+".service", r.about)
		}
		c.printf("\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.\n%d loaded units listed. Pass --all to see loaded but inactive units, too.\nTo show all installed unit files use 'systemctl list-unit-files'.\n", len(all))
	case "daemon-reload":
	default:
		if c.user.uid != 0 {
			fmt.Fprintf(c.err, "Failed to %s %s.service: Access denied\nSee system logs and 'systemctl status %[2]s.service' for details.\n", verb, name)
			return 4
		}
		if _, err := c.fs.lookup("/etc/systemd/system/"+name+".service", true); at < 0 && err != nil {
			fmt.Fprintf(c.err, "Failed to %s %s.service: Unit %[2]s.service not found.\n", verb, name)
			return 5
		}
	}
	return 0
}
