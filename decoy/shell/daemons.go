package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
)

// programs are what the services look like from inside that don't say so themselves.
var programs = map[string]decoy.Program{
	"telnet":        {User: "root", Command: "/usr/sbin/inetd"},
	"tftp":          {User: "root", Command: "/usr/sbin/in.tftpd --listen --user tftp --address :69 --secure /srv/tftp"},
	"redis":         {User: "redis", Command: "/usr/bin/redis-server 0.0.0.0:6379"},
	"mongodb":       {User: "mongodb", Command: "/usr/bin/mongod --config /etc/mongod.conf"},
	"elasticsearch": {User: "elasticsearch", Command: "/usr/share/elasticsearch/jdk/bin/java -Xshare:auto -Xms1g -Xmx1g -Des.path.home=/usr/share/elasticsearch org.elasticsearch.bootstrap.Elasticsearch -p /var/run/elasticsearch/elasticsearch.pid --quiet"},
	"mssql":         {User: "mssql", Command: "/opt/mssql/bin/sqlservr"},
	"docker_api":    {User: "root", Command: "/usr/bin/dockerd -H fd:// -H tcp://0.0.0.0:2375 --containerd=/run/containerd/containerd.sock"},
	"k8s":           {User: "root", Command: "kube-apiserver --allow-privileged=true --authorization-mode=Node,RBAC --secure-port=6443"},
	"smb":           {User: "root", Command: "/usr/sbin/smbd --foreground --no-process-group"},
	"smtp":          {User: "root", Command: "/usr/lib/postfix/sbin/master -w"},
	"smtp_relay":    {User: "root", Command: "/usr/lib/postfix/sbin/master -w"},
	"imap":          {User: "root", Command: "/usr/sbin/dovecot -F"},
	"pop3":          {User: "root", Command: "/usr/sbin/dovecot -F"},
	"kerberos":      {User: "root", Command: "/usr/sbin/krb5kdc -P /var/run/krb5-kdc.pid"},
	"msrpc":         {User: "root", Command: "/usr/libexec/samba/rpcd_epmapper --np-socket"},
	"dns":           {User: "bind", Command: "/usr/sbin/named -f -u bind"},
	"mqtt":          {User: "mosquitto", Command: "/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf"},
	"snmp":          {User: "Debian-snmp", Command: "/usr/sbin/snmpd -LOw -u Debian-snmp -g Debian-snmp -I -smux mteTrigger mteTriggerConf -f"},
	"sip":           {User: "asterisk", Command: "/usr/sbin/asterisk -f -U asterisk"},
	"llmnr":         {User: "systemd-resolve", Command: "/lib/systemd/systemd-resolved"},
	"rdp":           {User: "xrdp", Command: "/usr/sbin/xrdp"},
	"vnc":           {User: "root", Command: "/usr/bin/Xtigervnc :0 -rfbport 5900"},
}

const sshDaemon = "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"

// process is one that seems to run.
type process struct {
	pid, parent int
	user        string
	rss         int
	command     string
	state       string // as ps has it
	session     bool   // of the intruder's own
}

// kernel tells whether it is a thread of the kernel.
func (p process) kernel() bool { return p.command[0] == '[' }

// name is what the kernel calls it.
func (p process) name() string {
	if strings.HasPrefix(p.command, "nginx: ") || strings.HasPrefix(p.command, "sshd: ") || strings.HasPrefix(p.command, "proftpd: ") {
		name, _, _ := strings.Cut(p.command, ":")
		return name
	}
	if p.kernel() { // whose names may have slashes
		return strings.Trim(p.command, "[]")
	}
	first, _, _ := strings.Cut(p.command, " ")
	return strings.TrimPrefix(first[strings.LastIndexByte(first, '/')+1:], "-")
}

// spent is how much processor time it has used in all, by when the host was booted: some use more than others, most hardly any, and of the kernel's only those that work for others.
func (p process) spent(up time.Duration) time.Duration {
	if p.session {
		return 0
	}
	each := []int{0, 1, 0, 6, 2, 0, 11}[p.pid%7] // seconds in a day
	switch {
	case p.pid == 1:
		each = 4
	case p.kernel():
		if each = 0; strings.HasPrefix(p.command, "[ksoftirqd") || strings.HasPrefix(p.command, "[rcu_sched") || strings.HasPrefix(p.command, "[rcu_preempt") {
			each = 2
		}
	}
	return time.Duration(up.Hours() / 24 * float64(each) * float64(time.Second)).Truncate(time.Second)
}

// clock is a time as ps has it.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// processes are all that seem to run: those of the system, one for each service that the decky has, and the intruder's own.
func (s *Shell) processes() []process {
	r := s.sys.host.Rand("processes")
	list := []process{{1, 0, "root", 11240, s.sys.init(), "Ss", false}}
	pid := 1
	add := func(user, command, state string, step int) int {
		pid += 1 + r.IntN(step)
		parent := 1
		if command[0] == '[' && pid > 2 {
			parent = 2
		}
		list = append(list, process{pid, parent, user, 900 + r.IntN(14000), command, state, false})
		return pid
	}
	if s.sys.Embedded {
		for _, cmd := range []string{"[kthreadd]", "[ksoftirqd/0]", "/sbin/procd", "/sbin/ubusd", "/usr/sbin/httpd -p 80 -h /www", "/usr/sbin/telnetd -l /bin/login", "/usr/sbin/ntpd -n"} {
			add("root", cmd, "S", 60)
		}
		return append(list, process{s.pid, 1, s.user.name, 812, "-sh", "S", true})
	}
	add("root", "[kthreadd]", "S", 1)
	for _, thread := range []string{"[rcu_gp]", "[rcu_par_gp]", "[slub_flushwq]", "[netns]", "[kworker/0:0H-events_highpri]", "[mm_percpu_wq]", "[rcu_tasks_kthread]", "[ksoftirqd/0]", "[rcu_preempt]", "[migration/0]", "[cpuhp/0]", "[kdevtmpfs]", "[kauditd]", "[khungtaskd]", "[oom_reaper]", "[writeback]", "[kcompactd0]", "[ksmd]", "[kintegrityd]", "[kblockd]", "[kswapd0]", "[kthrotld]", "[scsi_eh_0]", "[jbd2/sda1-8]", "[ext4-rsv-conver]"} {
		state := "I"
		switch {
		case slices.Contains([]string{"[ksoftirqd/0]", "[migration/0]", "[cpuhp/0]", "[kdevtmpfs]", "[kauditd]", "[khungtaskd]", "[oom_reaper]", "[kcompactd0]", "[kswapd0]", "[scsi_eh_0]", "[jbd2/sda1-8]"}, thread):
			state = "S"
		case slices.Contains([]string{"[rcu_gp]", "[rcu_par_gp]", "[slub_flushwq]", "[netns]", "[mm_percpu_wq]", "[writeback]", "[kintegrityd]", "[kblockd]", "[kthrotld]", "[ext4-rsv-conver]"}, thread):
			state = "I<"
		case thread == "[ksmd]":
			state = "SN"
		}
		add("root", thread, state, 3)
	}
	pid = 200
	if s.sys.BusyBox {
		add("root", "/sbin/syslogd -t -n", "S", 100)
		add("root", "/usr/sbin/crond -c /etc/crontabs -f", "S", 100)
	} else {
		add("root", "/lib/systemd/systemd-journald", "Ss", 100)
		add("root", "/lib/systemd/systemd-udevd", "Ss", 60)
		add("systemd-network", "/lib/systemd/systemd-networkd", "Ss", 150)
		add("root", "/usr/sbin/"+s.sys.cron()+" -f", "Ss", 150)
		add("messagebus", "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only", "Ss", 9)
		add("root", "/usr/sbin/rsyslogd -n -iNONE", "Ssl", 9)
		add("root", "/lib/systemd/systemd-logind", "Ss", 60)
	}
	sshd := add("root", sshDaemon, "Ss", 100)
	if !s.sys.BusyBox {
		add("root", "/sbin/agetty -o -p -- \\u --noclear - linux", "Ss+", 30)
	}
	for _, one := range s.sys.daemons() {
		of := add(one.User, one.Command, "Ssl", 40)
		if strings.HasPrefix(one.Command, "nginx: ") {
			for range s.sys.CPUs {
				pid++
				list = append(list, process{pid, of, "www-data", 5200 + r.IntN(900), "nginx: worker process", "S", false})
			}
		}
	}
	terminal := "@notty"
	if s.Interactive {
		terminal = "@pts/0"
	}
	first, user := s.firstPID(), s.loginName()
	list = append(list, process{first - 11, sshd, "root", 10912, "sshd: " + user + " [priv]", "Ss", true}, process{first - 1, first - 11, user, 6780, "sshd: " + user + terminal, "S", true})
	if !s.Interactive {
		return append(list, process{s.pid, s.pid - 1, s.user.name, 3420, "bash -c " + s.last(), "Ss", true})
	}
	parent := first - 1
	for i, o := range s.outer {
		command := "bash"
		if i == 0 || o.loginShell {
			command = "-bash"
		}
		list = append(list, process{o.pid, parent, o.user.name, 4980, command, "Ss", true})
		parent = o.pid
	}
	command := "bash"
	if len(s.outer) == 0 || s.loginShell {
		command = "-bash"
	}
	list = append(list, process{s.pid, parent, s.user.name, 4980, command, "Ss", true})
	for _, j := range s.jobs {
		if j.runs(s.sys.host.Now()) {
			list = append(list, process{j.pid, s.pid, s.user.name, 1016, j.text, "S", true})
		}
	}
	return list
}

// last is the line that runs.
func (s *Shell) last() string {
	if len(s.history) == 0 {
		return ""
	}
	line, _, _ := strings.Cut(s.history[len(s.history)-1], "\n")
	return line[:min(len(line), 200)]
}

func (s *System) init() string {
	if s.Embedded || s.BusyBox || s.Packages == "apt" {
		return "/sbin/init"
	}
	return "/usr/lib/systemd/systemd --switched-root --system --deserialize 31"
}

func (s *System) cron() string {
	if s.Packages == "apt" {
		return "cron"
	}
	return "crond"
}

// daemons are the programs of the decky's services, each once, but sshd, which is always there.
func (s *System) daemons() []decoy.Program {
	var out []decoy.Program
	for _, l := range s.host.Listening() {
		one := programOf(l)
		if one.Command == "" || l.Service == "ssh" || slices.Contains(out, one) {
			continue
		}
		out = append(out, one)
	}
	return out
}

func programOf(l decoy.Listening) decoy.Program {
	if l.Program != (decoy.Program{}) {
		return l.Program
	}
	if l.Service == "ssh" {
		return decoy.Program{User: "root", Command: sshDaemon}
	}
	return programs[l.Service]
}

// socket is a line of netstat or ss.
type socket struct {
	proto, local, peer, state string
	queue                     int
	program                   string // "" is none that can be told
	pid                       int
}

// allSockets are those on which something listens, and the intruder's own connection.
func (c *call) allSockets() []socket {
	var out []socket
	running := c.processes()
	add := func(proto, local string, queue int, program decoy.Program) {
		one := socket{proto: proto, local: local, peer: "0.0.0.0:*", state: "LISTEN", queue: queue}
		if proto == "udp" {
			one.state, one.queue = "UNCONN", 0
		}
		if i := slices.IndexFunc(running, func(p process) bool { return p.command == program.Command }); i >= 0 && c.user.uid == 0 {
			one.program, one.pid = running[i].name(), running[i].pid
		}
		out = append(out, one)
	}
	open := c.sys.host.Listening()
	if !slices.ContainsFunc(open, func(l decoy.Listening) bool { return l.Number == 22 }) && !c.sys.Embedded {
		add("tcp", "0.0.0.0:22", 128, decoy.Program{Command: sshDaemon})
	}
	for _, l := range open {
		queue := map[string]int{"ssh": 128, "mysql": 80, "postgres": 200, "http": 511, "https": 511, "redis": 511, "ftp": 32, "telnet": 10, "smtp": 100}[l.Service]
		if queue == 0 {
			queue = 4096
		}
		add(l.Proto, "0.0.0.0:"+strconv.Itoa(l.Number), queue, programOf(l))
	}
	return append(out, socket{proto: "tcp", local: c.sys.IP + ":22", peer: c.From + ":" + strconv.Itoa(40000+c.login.Nanosecond()%20000), state: "ESTAB", program: "sshd", pid: c.firstPID() - 11})
}

// sockets is netstat and ss.
func sockets(c *call) int {
	flags, _ := c.options("fFoDA")
	has := func(letter rune) bool { return flags[letter] != "" }
	var list []socket
	for _, one := range c.allSockets() {
		listens := one.state != "ESTAB"
		switch {
		case (has('t') || has('u')) && !(one.proto == "tcp" && has('t') || one.proto == "udp" && has('u')):
		case has('l') && !listens, !has('l') && !has('a') && listens:
		default:
			list = append(list, one)
		}
	}
	if c.args[0] == "netstat" {
		netstat(c, list, has('l'), has('p'))
		return 0
	}
	// The columns are as wide as what is in them.
	local, localPort, peer := len("Local Address"), len("Port"), len("Peer Address")
	split := func(address string) (host, port string) {
		at := strings.LastIndexByte(address, ':')
		return address[:at], address[at+1:]
	}
	for _, one := range list {
		host, port := split(one.local)
		far, _ := split(one.peer)
		local, localPort, peer = max(local, len(host)), max(localPort, len(port)), max(peer, len(far))
	}
	both := has('t') == has('u')
	kind := func(proto string) string {
		if both {
			return fmt.Sprintf("%-5s ", proto)
		}
		return ""
	}
	c.printf("%s%-6s Recv-Q Send-Q %*s:%-*s %*s:%s\n", kind("Netid"), "State", local, "Local Address", localPort, "Port", peer, "Peer Address", "PortProcess")
	for _, one := range list {
		host, port := split(one.local)
		far, farPort := split(one.peer)
		users := ""
		if has('p') && one.program != "" && c.user.uid == 0 {
			users = fmt.Sprintf("users:((%q,pid=%d,fd=%d))", one.program, one.pid, 3+one.pid%5)
		}
		c.printf("%s%-6s %-6d %-6d %*s:%-*s %*s:%-5s%s\n", kind(one.proto), one.state, 0, one.queue, local, host, localPort, port, peer, far, farPort, users)
	}
	return 0
}

// netstat shows the sockets as net-tools or BusyBox do.
func netstat(c *call, list []socket, listening, programs bool) {
	what := "w/o servers"
	if listening {
		what = "only servers"
	}
	title := ""
	if programs {
		title = "PID/Program name    "
	}
	c.printf("Active Internet connections (%s)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       %s\n", what, title)
	for _, one := range list {
		state := map[string]string{"ESTAB": "ESTABLISHED", "UNCONN": ""}[one.state]
		if one.state == "LISTEN" {
			state = one.state
		}
		program := ""
		if programs {
			program = "-"
			if one.program != "" && c.user.uid == 0 {
				program = fmt.Sprintf("%d/%s", one.pid, one.program)
			}
			program = fmt.Sprintf("%-20s", program)
		}
		c.printf("%-5s %6d %6d %-23s %-23s %-11s %s\n", one.proto, 0, 0, one.local, one.peer, state, program)
	}
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

func ps(c *call) int {
	list := c.processes()
	own := process{c.pid + 17, c.pid, c.user.name, 3340, strings.Join(c.args, " "), "R+", true}
	if !c.Interactive {
		own.state = "R"
	}
	list = append(list, own)
	// "ps aux" has its letters without a dash, and so options of its own.
	up := c.sys.uptime()
	letters := strings.Join(c.args[1:], "")
	letters = strings.ReplaceAll(letters, "-", "")
	since := func(p process) string {
		if p.session {
			return c.login.Format("15:04")
		}
		return c.sys.host.BootTime().Format("Jan02")
	}
	switch {
	case c.sys.BusyBox:
		c.printf("  PID USER       VSZ STAT COMMAND\n")
		for _, p := range list {
			c.printf("%5d %-8.8s %5d %-4s %s\n", p.pid, p.user, p.rss, p.state[:1], p.command)
		}
	case strings.ContainsAny(letters, "u") && strings.ContainsAny(letters, "ax"):
		c.printf("USER         PID %%CPU %%MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
		for _, p := range list {
			rss, vsz := p.rss, p.rss*7
			if p.kernel() {
				rss, vsz = 0, 0
			}
			c.printf("%-8s %7d  0.0 %4.1f %6d %5d %-8s %-4s %5s %6s %s\n", shortened(p.user), p.pid, float64(rss)*100/float64(c.sys.MemoryKB), vsz, rss, c.tty(p), p.state, since(p), fmt.Sprintf("%d:%02d", int(p.spent(up).Minutes()), int(p.spent(up).Seconds())%60), p.command)
		}
	case strings.ContainsAny(letters, "eAaxf"):
		full := strings.Contains(letters, "f")
		if full {
			c.printf("UID          PID    PPID  C STIME TTY          TIME CMD\n")
		} else {
			c.printf("    PID TTY          TIME CMD\n")
		}
		for _, p := range list {
			if full {
				c.printf("%-8s %7d %7d  0 %s %-8s %s %s\n", shortened(p.user), p.pid, p.parent, since(p), c.tty(p), clock(p.spent(up)), p.command)
			} else {
				name := p.name()
				if !p.kernel() {
					name = name[:min(len(name), 15)]
				}
				c.printf("%7d %-8s %s %s\n", p.pid, c.tty(p), clock(p.spent(up)), name)
			}
		}
	default:
		c.printf("    PID TTY          TIME CMD\n%7d %-8s 00:00:00 bash\n%7d %[2]s    00:00:00 ps\n", c.pid, c.tty(list[len(list)-1]), c.pid+17)
	}
	return 0
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// shortened is a user's name as ps has it where there is no room.
func shortened(user string) string {
	if len(user) > 8 {
		return user[:7] + "+"
	}
	return user
}

func (c *call) tty(p process) string {
	switch {
	case p.session && p.pid >= c.firstPID() && c.Interactive:
		return "pts/0"
	case strings.HasPrefix(p.command, "/sbin/agetty"):
		return "tty1"
	}
	return "?"
}

// pgrep finds processes by name.
func pgrep(c *call) int {
	flags, operands := c.options("ug")
	if len(operands) == 0 {
		return c.fail(2, "no matching criteria specified\nTry `pgrep --help' for more information.")
	}
	status := 1
	for _, p := range c.processes() {
		text := p.name()
		if flags['f'] != "" {
			text = p.command
		}
		if !strings.Contains(text, operands[0]) {
			continue
		}
		status = 0
		switch {
		case flags['a'] != "":
			c.printf("%d %s\n", p.pid, p.command)
		case flags['l'] != "":
			c.printf("%d %s\n", p.pid, p.name())
		default:
			c.printf("%d\n", p.pid)
		}
	}
	return status
}

func top(c *call) int {
	c.printf("top -")
	uptimeLine(c)
	total, used, cached := c.sys.memory()
	list, up := c.processes(), c.sys.uptime()
	c.printf("Tasks: %3d total,   1 running, %3d sleeping,   0 stopped,   0 zombie\n%%Cpu(s):  0.3 us,  0.3 sy,  0.0 ni, 99.3 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\nMiB Mem : %8.1f total, %8.1f free, %8.1f used, %8.1f buff/cache\nMiB Swap: %8.1f total, %8.1f free, %8.1f used. %8.1f avail Mem\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %%CPU  %%MEM     TIME+ COMMAND\n",
		len(list), len(list)-1, float64(total)/1024, float64(total-used-cached)/1024, float64(used)/1024, float64(cached)/1024, 0.0, 0.0, 0.0, float64(total-used)/1024)
	for _, p := range list {
		rss, nice := p.rss, 0
		if p.kernel() {
			rss = 0
		}
		if strings.HasSuffix(p.state, "<") {
			nice = -20
		}
		c.printf("%7d %-9.9s %2d %3d %7d %6d %6d %s   0.0 %5.1f %3d:%02d.%02d %s\n", p.pid, p.user, 20+nice, nice, rss*7, rss, rss/2, p.state[:1], float64(rss)*100/float64(total), int(p.spent(up).Minutes()), int(p.spent(up).Seconds())%60, p.pid%60, p.name())
	}
	return 0
}
