package shell

import (
	"fmt"
	"slices"

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

// Daemon starts a shell as the account that a service runs as, which is made where the system has none.
func (m *Machine) Daemon(name, home string, id int, o Options) *Shell {
	s := m.New(o)
	a, ok := s.account(name)
	if !ok {
		a = account{name: name, uid: id, gid: id, home: home, shell: "/bin/bash"}
		m.using.Lock()
		_ = m.fs.write("/etc/passwd", "root", fmt.Sprintf("%s:x:%d:%[2]d::%s:%s\n", name, id, home, a.shell), true)
		_ = m.fs.write("/etc/group", "root", fmt.Sprintf("%s:x:%d:\n", name, id), true)
		_ = m.fs.makeAll(home)
		if n, err := m.fs.lookup(home, true); err == nil && n.owner == "root" {
			n.owner, n.group = name, name
		}
		m.using.Unlock()
	}
	s.User = name
	s.become(a)
	return s
}

// PID is the number of the process that the decky's service seems to be, as ps shows it; 0 where there is none.
func (s *System) PID(service string) int {
	open := s.host.Listening()
	at := slices.IndexFunc(open, func(l decoy.Listening) bool { return l.Service == service })
	if at < 0 {
		return 0
	}
	command := programOf(open[at]).Command
	for _, p := range (&Shell{Machine: &Machine{sys: s}}).processes() {
		if p.command == command && command != "" {
			return p.pid
		}
	}
	return 0
}
