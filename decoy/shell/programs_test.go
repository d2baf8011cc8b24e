package shell

import (
	"debug/elf"
	"regexp"
	"strings"
	"testing"
)

func TestProgramsAreOnesForTheProcessor(t *testing.T) {
	for _, c := range []struct{ os, distro, line, want string }{
		{"linux", "debian", "ls -l /bin/ls | tr -s ' ' | cut -d' ' -f1,3-5", "-rwxr-xr-x root root 151344\n"},
		{"linux", "debian", "dd if=/bin/echo bs=52 count=1 2>/dev/null | wc -c; wc -c < /bin/cat; stat -c %s /bin/cat", "52\n44016\n44016\n"},
		{"linux", "debian", "cp /bin/busybox /tmp/bb; /tmp/bb id -u; mv /tmp/bb /tmp/busybox2; /tmp/busybox2 id -u; cp /bin/uname /tmp/xyz; /tmp/xyz -n", "bb: applet not found\n0\nSRV-ALPHA-42\n"},
		{"linux", "debian", "cat /bin/uname > /tmp/u; chmod +x /tmp/u; /tmp/u; /usr/bin/wget 2>&1 | head -1", "Linux\nwget: missing URL\n"},
		{"linux", "debian", "ls -l /bin/sh | cut -d'>' -f2; find /usr/bin -perm -4000", " dash\n/usr/bin/mount\n/usr/bin/passwd\n/usr/bin/su\n/usr/bin/sudo\n"},
		{"linux", "alpine", "ls -l /bin/ls | cut -d'>' -f2; cp /bin/ls /tmp/x; /tmp/x whoami; /tmp/x NONE", " /bin/busybox\nx: applet not found\nx: applet not found\n"},
		{"embedded", "alpine", "/bin/busybox echo hi; >/tmp/.a && cp /bin/echo /tmp/.a; dd bs=52 count=1 if=/tmp/.a 2>/dev/null | wc -c", "hi\n52\n"},
	} {
		s := newSessionOn(SystemOf(host(t, c.os, c.distro)), Options{User: "root", Interactive: true})
		if got := s.do(c.line); got != c.want {
			t.Errorf("%s: %s\n got %q\nwant %q", c.distro, c.line, got, c.want)
		}
	}
	seen := map[string]bool{}
	for _, sys := range append(fleet(t, 12, "embedded", "alpine"), fleet(t, 2, "linux", "debian")...) {
		s := newSessionOn(sys, Options{User: "root"})
		head := s.do("cat /bin/cat")
		if !strings.HasPrefix(head, elf.ELFMAG) || !sys.runs(head) {
			t.Errorf("%s: the program begins with % x", sys.Machine, head[:min(60, len(head))])
		}
		if sys.Machine == "mips" != (head[5] == byte(elf.ELFDATA2MSB)) || (sys.Machine == "x86_64") != (head[4] == byte(elf.ELFCLASS64)) {
			t.Errorf("%s has class %d and endianness %d", sys.Machine, head[4], head[5])
		}
		seen[sys.Machine] = true
		if _, err := elf.NewFile(strings.NewReader(head[:4096] + strings.Repeat("\x00", 2<<20))); err != nil && !regexp.MustCompile(`section|shstrndx|string table`).MatchString(err.Error()) {
			t.Errorf("%s: %v", sys.Machine, err)
		}
	}
	if len(seen) < 4 {
		t.Errorf("only %v", seen)
	}
}
