package shell

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"time"
)

// account is a line of /etc/passwd.
type account struct {
	name     string
	uid, gid int
	about    string
	home     string
	shell    string
}

func (s *System) accounts() []account {
	sh := "/bin/bash"
	if s.BusyBox {
		sh = "/bin/ash"
	}
	if s.Embedded {
		return []account{
			{"root", 0, 0, "root", "/root", "/bin/sh"}, {"daemon", 1, 1, "daemon", "/var", "/bin/false"},
			{"nobody", 65534, 65534, "nobody", "/var", "/bin/false"}, {s.User, 500, 500, s.User, "/var", "/bin/sh"},
		}
	}
	nologin := "/usr/sbin/nologin"
	if s.Group == "wheel" {
		nologin = "/sbin/nologin"
	}
	list := []account{{"root", 0, 0, "root", "/root", sh}}
	for _, a := range []struct {
		name string
		id   int
		home string
	}{
		{"daemon", 1, "/usr/sbin"}, {"bin", 2, "/bin"}, {"sys", 3, "/dev"}, {"games", 5, "/usr/games"}, {"man", 6, "/var/cache/man"},
		{"lp", 7, "/var/spool/lpd"}, {"mail", 8, "/var/mail"}, {"news", 9, "/var/spool/news"}, {"www-data", 33, "/var/www"},
		{"backup", 34, "/var/backups"}, {"nobody", 65534, "/nonexistent"}, {"systemd-network", 998, "/"}, {"messagebus", 100, "/nonexistent"},
		{"sshd", 101, "/run/sshd"},
	} {
		list = append(list, account{a.name, a.id, a.id, a.name, a.home, nologin})
	}
	return append(list, account{s.User, 1000, 1000, s.User + ",,,", "/home/" + s.User, sh})
}

func (s *System) account(name string) (account, bool) {
	for _, a := range s.accounts() {
		if a.name == name {
			return a, true
		}
	}
	return account{}, false
}

// builder fills a file system.
type builder struct {
	fs    *fileSystem
	mtime time.Time
}

func (b builder) put(p string, n *node) {
	if dir := path.Dir(p); dir != "/" {
		if _, err := b.fs.lookup(dir, true); err != nil {
			b.put(dir, &node{mode: fs.ModeDir | 0o755})
		}
	}
	if n.owner == "" {
		n.owner = "root"
	}
	if n.group == "" {
		n.group = n.owner
	}
	if n.mtime.IsZero() {
		n.mtime = b.mtime
	}
	if err := b.fs.add(p, n); err != nil {
		panic("shell: " + p + ": " + err.Error()) // a mistake in this file
	}
}

func (b builder) file(p string, mode fs.FileMode, content string) {
	b.put(p, &node{mode: mode, content: content})
}

func (b builder) dirs(mode fs.FileMode, paths ...string) {
	for _, p := range paths {
		b.put(p, &node{mode: fs.ModeDir | mode})
	}
}

// files returns the system's files, to be cloned.
func (s *System) files() *fileSystem {
	s.once.Do(func() { s.made = s.image() })
	return s.made
}

// image makes the files of the system as it was installed and has been used.
func (s *System) image() *fileSystem {
	f := &fileSystem{root: &node{name: "/", mode: fs.ModeDir | 0o755, owner: "root", group: "root", mtime: s.host.Installed(), children: map[string]*node{}}, now: s.host.Now}
	b := builder{f, s.host.Installed()}
	b.dirs(0o755, "/boot", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/run", "/srv", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/local/bin",
		"/usr/share", "/var/cache", "/var/lib", "/var/log", "/var/spool/cron", "/var/backups", "/sys/class/net", "/sys/fs/cgroup", "/run/lock", "/var/local", "/var/mail", "/var/opt")
	b.put("/tmp", &node{mode: fs.ModeDir | fs.ModeSticky | 0o777, mtime: s.host.BootTime()})
	b.put("/var/tmp", &node{mode: fs.ModeDir | fs.ModeSticky | 0o777})
	b.put("/dev/shm", &node{mode: fs.ModeDir | fs.ModeSticky | 0o777, mtime: s.host.BootTime()})
	b.dirs(0o700, "/root", "/lost+found")
	for name, target := range map[string]string{"/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/var/run": "/run", "/var/lock": "/run/lock", "/var/spool/mail": "../mail"} {
		b.put(name, &node{mode: fs.ModeSymlink | 0o777, target: target})
	}
	if s.Machine == "x86_64" && !s.BusyBox {
		b.put("/lib64", &node{mode: fs.ModeSymlink | 0o777, target: "usr/lib64"})
		b.put("/usr/lib64/ld-linux-x86-64.so.2", &node{mode: 0o755, content: s.elf("ld.so", 210904), apparent: 210904, fill: s.fill})
	}
	s.devices(b)
	s.accountFiles(b)
	s.configuration(b)
	s.proc(b)
	s.logs(b)
	s.homes(b)
	s.programs(b)
	for _, made := range []struct { // at each start
		name string
		mode fs.FileMode
	}{{"/proc", 0o555}, {"/sys", 0o555}, {"/dev", 0o755}, {"/run", 0o755}} {
		if n, err := f.lookup(made.name, false); err == nil {
			n.mode, n.mtime = fs.ModeDir|made.mode, s.host.BootTime()
		}
	}
	f.nodes, f.bytes, f.used = 0, 0, false // the intruder's share begins here
	return f
}

func (s *System) accountFiles(b builder) {
	var passwd, group, shadow strings.Builder
	days := int(s.host.Installed().Unix() / 86400)
	for _, a := range s.accounts() {
		fmt.Fprintf(&passwd, "%s:x:%d:%d:%s:%s:%s\n", a.name, a.uid, a.gid, a.about, a.home, a.shell)
		fmt.Fprintf(&group, "%s:x:%d:\n", a.name, a.gid)
		hash := "*"
		if a.name == "root" || a.name == s.User {
			hash = s.shadow(a.name)
		}
		fmt.Fprintf(&shadow, "%s:%s:%d:0:99999:7:::\n", a.name, hash, days)
	}
	if s.Group != "" {
		fmt.Fprintf(&group, "%s:x:27:%s\n", s.Group, s.User)
	}
	b.file("/etc/passwd", 0o644, passwd.String())
	b.file("/etc/group", 0o644, group.String())
	b.file("/etc/shadow", 0o600, shadow.String())
}

// shadow is what stands in the place of the account's password: as the distribution's crypt writes it, of a password that nobody knows.
func (s *System) shadow(user string) string {
	// The last character of each holds only the bits that are left over.
	last := func(text string, of string) string {
		return text[:len(text)-1] + of[int(s.host.Bytes("shadow-end/"+user, 1)[0])%len(of):][:1]
	}
	random := func(purpose string, n int) string { return shadowText(s.host.Bytes(purpose+"/"+user, n)) }
	switch {
	case s.Embedded:
		return "$1$" + random("salt", 8) + "$" + last(random("shadow", 22), "./01")
	case s.yescrypt():
		return "$y$j9T$" + last(random("salt", 22), "./01") + "$" + last(random("shadow", 43), "./0123456789ABCD")
	}
	return "$6$" + random("salt", 16) + "$" + last(random("shadow", 86), "./01")
}

// yescrypt tells whether the distribution has it for passwords.
func (s *System) yescrypt() bool {
	switch s.ID {
	case "debian", "kali", "fedora", "arch":
		return true
	case "ubuntu":
		return !strings.HasPrefix(s.Kernel, "5.4")
	}
	return false
}

// shadowText spells random bytes in crypt's alphabet.
func shadowText(random []byte) string {
	const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for i, c := range random {
		random[i] = alphabet[c&63]
	}
	return string(random)
}

func (s *System) configuration(b builder) {
	b.file("/etc/hostname", 0o644, s.Hostname+"\n")
	b.file("/etc/hosts", 0o644, "127.0.0.1\tlocalhost\n127.0.1.1\t"+s.Hostname+"\n\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	b.file("/etc/resolv.conf", 0o644, "nameserver "+s.gateway()+"\n")
	b.file("/etc/fstab", 0o644, "# <file system> <mount point> <type> <options> <dump> <pass>\n/dev/sda1 / ext4 errors=remount-ro 0 1\n")
	b.file("/etc/crontab", 0o644, crontabHead+"SHELL=/bin/sh\n# You can also override PATH, but by default, newer versions inherit it from the environment\n#PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin\n\n17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n25 6\t* * *\troot\trun-parts --report /etc/cron.daily\n47 6\t* * 7\troot\trun-parts --report /etc/cron.weekly\n52 6\t1 * *\troot\trun-parts --report /etc/cron.monthly\n#\n")
	name, _, _ := strings.Cut(s.Pretty, " (")
	b.file("/etc/issue", 0o644, name+" \\n \\l\n\n")
	b.file("/etc/shells", 0o644, "/bin/sh\n/bin/bash\n")
	b.put("/etc/localtime", &node{mode: fs.ModeSymlink | 0o777, target: "/usr/share/zoneinfo/Etc/UTC"})
	b.file("/usr/share/zoneinfo/Etc/UTC", 0o644, "TZif2\x00")
	if s.Packages == "apt" {
		b.file("/etc/timezone", 0o644, "Etc/UTC\n")
	}
	b.file("/etc/ssh/sshd_config", 0o644, sshdConfig)
	if s.Embedded {
		b.file("/etc/version", 0o644, s.Pretty+"\n")
		return
	}
	b.file("/etc/os-release", 0o644, s.OSRelease())
	b.file("/etc/machine-id", 0o444, s.host.Hex("machine-id", 16)+"\n")
	for name, content := range plainFiles {
		if name == "login.defs" && s.yescrypt() {
			content = strings.Replace(content, "SHA512", "YESCRYPT", 1)
		}
		b.file("/etc/"+name, 0o644, content)
	}
	for dir, file := range map[string]string{"cron.d": "e2scrub_all", "cron.daily": "logrotate", "cron.hourly": ".placeholder", "cron.weekly": ".placeholder", "cron.monthly": ".placeholder", "default": "locale", "logrotate.d": "rsyslog", "ld.so.conf.d": "libc.conf", "pam.d": "sshd",
		"profile.d": "bash_completion.sh", "security": "limits.conf", "skel": ".profile", "sudoers.d": "README", "sysctl.d": "99-sysctl.conf", "systemd/system": "sshd.service", "ssl/certs": "ca-certificates.crt", "modprobe.d": "blacklist.conf", "network": "interfaces", "udev/rules.d": "70-persistent-net.rules"} {
		b.file("/etc/"+dir+"/"+file, 0o644, smallFiles[file])
	}
	switch s.Packages {
	case "apt":
		b.file("/etc/debian_version", 0o644, map[string]string{"debian": "12.5\n", "ubuntu": "bookworm/sid\n", "kali": "kali-rolling\n"}[s.ID])
		b.file("/etc/apt/sources.list", 0o644, "# See sources.list(5)\n")
	case "dnf", "yum":
		b.file("/etc/redhat-release", 0o644, strings.Replace(s.Pretty, " (", " release (", 1)+"\n")
	case "apk":
		b.file("/etc/alpine-release", 0o644, "3.19.1\n")
	}
	if s.Group != "" && !s.BusyBox {
		b.put("/etc/sudoers", &node{mode: 0o440, content: sudoersHead + "# User privilege specification\nroot\tALL=(ALL:ALL) ALL\n\n# Members of the group may gain root privileges\n%" + s.Group + "\tALL=(ALL:ALL) ALL\n\n@includedir /etc/sudoers.d\n"})
	}
}

// logNames are the files of the system's log and of that of logins.
func (s *System) logNames() [2]string {
	switch s.Packages {
	case "dnf", "yum":
		return [2]string{"/var/log/messages", "/var/log/secure"}
	case "apk", "":
		return [2]string{"/var/log/messages", "/var/log/auth.log"}
	}
	return [2]string{"/var/log/syslog", "/var/log/auth.log"}
}

// logs are those since the last hours: what is older has been rotated away. They go on as time does.
func (s *System) logs(b builder) {
	const hours = 14
	entry := func(at time.Time, text string) string {
		return at.Format("Jan _2 15:04:05") + " " + s.Hostname + " " + text + "\n"
	}
	log := func(name string, lines func(r *rand.Rand, at time.Time) string) {
		text := func() string {
			var b strings.Builder
			r := s.host.Rand("log/" + name)
			for _, at := range s.logTimes(r, hours, time.Hour) {
				b.WriteString(lines(r, at))
			}
			return b.String()
		}
		b.put(name, &node{mode: 0o640, group: "adm", generate: text, grows: true, mtime: s.host.Now().Truncate(time.Hour)})
	}
	names := s.logNames()
	log(names[0], func(r *rand.Rand, at time.Time) string {
		pid := 2000 + r.IntN(28000)
		return entry(at, fmt.Sprintf("CRON[%d]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)", pid)) +
			entry(at.Add(7*time.Minute), "systemd[1]: Starting Daily apt download activities...") + entry(at.Add(7*time.Minute+time.Second), "systemd[1]: Finished Daily apt download activities.")
	})
	log(names[1], func(r *rand.Rand, at time.Time) string {
		pid := 2000 + r.IntN(28000)
		return entry(at, fmt.Sprintf("CRON[%d]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", pid)) +
			entry(at, fmt.Sprintf("CRON[%d]: pam_unix(cron:session): session closed for user root", pid))
	})
	b.mtime = s.host.BootTime()
	for name, of := range map[string]struct {
		mode fs.FileMode
		size int
	}{"lastlog": {0o664, 292292}, "wtmp": {0o664, 384 * 40}, "btmp": {0o660, 384 * 11}, "dpkg.log": {0o644, 0}, "kern.log": {0o640, 0}} {
		if name == "dpkg.log" && s.Packages != "apt" || name == "kern.log" && s.Packages != "apt" {
			continue
		}
		b.put("/var/log/"+name, &node{mode: of.mode, apparent: of.size})
	}
	b.mtime = s.host.Installed()
}

func (s *System) homes(b builder) {
	const bashrc = "# ~/.bashrc: executed by bash(1) for non-login shells.\n\ncase $- in\n    *i*) ;;\n      *) return;;\nesac\n\nHISTSIZE=1000\nHISTFILESIZE=2000\nalias ll='ls -alF'\n"
	const profile = "# ~/.profile: executed by the command interpreter for login shells.\n\nif [ -f \"$HOME/.bashrc\" ]; then\n\t. \"$HOME/.bashrc\"\nfi\n"
	for _, name := range []string{"root", s.User} {
		a, ok := s.account(name)
		if !ok || s.Embedded {
			continue
		}
		put := func(file string, mode fs.FileMode, content string) {
			b.put(a.home+"/"+file, &node{mode: mode, owner: name, content: content})
		}
		if name != "root" {
			b.put(a.home, &node{mode: fs.ModeDir | 0o755, owner: name})
		}
		b.put(a.home+"/.ssh", &node{mode: fs.ModeDir | 0o700, owner: name})
		put(".ssh/authorized_keys", 0o600, "")
		if s.BusyBox {
			put(".ash_history", 0o600, strings.Join(s.history(name), "\n")+"\n")
			continue
		}
		put(".bashrc", 0o644, bashrc)
		put(".profile", 0o644, profile)
		put(".bash_history", 0o600, strings.Join(s.history(name), "\n")+"\n")
	}
}

// history is what the account's owner seems to have typed last.
func (s *System) history(name string) []string {
	r := s.host.Rand("history/" + name)
	refresh := map[string]string{"apt": "apt update && apt upgrade -y", "dnf": "dnf upgrade -y", "yum": "yum -y update", "apk": "apk update && apk upgrade", "pacman": "pacman -Syu"}[s.Packages]
	all := []string{
		refresh, "df -h", "free -m", "systemctl status ssh", "tail -n 50 /var/log/syslog", "ip a", "ls -la", "cd /etc", "vi /etc/hosts", "ss -tlnp",
		"crontab -l", "uptime", "cd /opt", "du -sh /var/log", "journalctl -xe", "passwd", "last", "w", "cat /etc/os-release", "top",
	}
	if name != "root" && refresh != "" {
		all[0] = "sudo " + refresh
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:6+r.IntN(10)]
}

func (s *System) gateway() string {
	dot := strings.LastIndexByte(s.IP, '.')
	if dot < 0 {
		return "fe80::1"
	}
	if s.IP[dot:] == ".1" {
		return s.IP[:dot] + ".254"
	}
	return s.IP[:dot] + ".1"
}

// memory returns total, used and cached, in KB, as they are this minute.
func (s *System) memory() (total, used, cached int) {
	wobble := int(s.host.Now().Unix()/60*7919%1000) * s.MemoryKB / 200000
	return s.MemoryKB, s.MemoryKB*18/100 + wobble, s.MemoryKB * 45 / 100
}

func (s *System) load() string {
	m := s.host.Now().Unix() / 60
	return fmt.Sprintf("0.%02d 0.%02d 0.%02d", m*37%19, m/5*41%11, m/15*43%7)
}

// traffic is how much the network card has moved since boot.
func (s *System) traffic() (received, sent int) {
	minutes := int(s.uptime().Minutes())
	return 100000 + minutes*41733, 50000 + minutes*12871
}
