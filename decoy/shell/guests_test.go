package shell

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/event"
)

// weakFor are the passwords that a decky could let the user in with.
func weakFor(t *testing.T, sys *System, user string) (own []string) {
	t.Helper()
	for _, p := range weakPasswords {
		if sys.Admits(user, p) {
			own = append(own, p)
		}
	}
	if len(own) < 2 {
		t.Fatalf("only %v", own)
	}
	return own
}

func TestAnAccountHasOnePasswordForASource(t *testing.T) {
	sys := SystemOf(host(t, "linux", "debian"))
	own := weakFor(t, sys, "root")
	here, there := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("203.0.113.10")
	if !sys.Login(here, "root", own[1]) || sys.Login(here, "root", own[0]) || !sys.Login(here, "root", own[1]) {
		t.Error("several passwords let one source in, or none")
	}
	if !SystemOf(sys.host).Login(there, "root", own[0]) {
		t.Error("another source is held to this one's password")
	}
	if SystemOf(sys.host).Login(here, "root", own[0]) {
		t.Error("by another door another password lets in")
	}
	for i := range 3 * maxGuests {
		sys.Login(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), "root", own[0])
	}
	if all := decoy.Once(sys.host, "shell/guests", func() *guests { return nil }); len(all.of) > maxGuests || len(all.ages) > maxGuests {
		t.Errorf("%d sources are remembered", len(all.of))
	}
}

func TestSudoTakesTheAccountsPassword(t *testing.T) {
	sys := SystemOf(host(t, "linux", "debian"))
	own := weakFor(t, sys, sys.User)
	from := netip.MustParseAddr("203.0.113.9")
	sys.Login(from, sys.User, own[0])
	var answers []string
	s := newSessionOn(sys, Options{User: sys.User, Interactive: true, From: from.String(), Ask: func(string) (string, error) {
		next := answers[0]
		answers = answers[1:]
		return next, nil
	}})
	s.background = true // waits for nobody
	answers = []string{"no", own[1], "neither"}
	if got := s.do("sudo id -u; echo $?"); got != "Sorry, try again.\nSorry, try again.\nsudo: 3 incorrect password attempts\n1\n" {
		t.Errorf("three wrong ones say %q", got)
	}
	answers = []string{"no", own[0]}
	if got := s.do("sudo id -u", "sudo id -u"); got != "Sorry, try again.\n0\n0\n" {
		t.Errorf("the right one says %q", got)
	}
	if got := s.do("sudo -k; echo " + own[0] + " | sudo -S id -u"); !strings.HasSuffix(got, ": 0\n") {
		t.Errorf("from a pipe: %q", got)
	}
	outcomes := ""
	for _, e := range s.events {
		if outcome, _ := e.Get(event.Outcome); e.Type == event.AuthAttempt {
			outcomes += outcome + " "
		}
	}
	if outcomes != "rejected rejected rejected rejected accepted accepted " {
		t.Errorf("recorded: %s", outcomes)
	}
	if got := newSessionOn(sys, Options{User: sys.User}).do("sudo id"); !strings.Contains(got, "sudo: a password is required\n") {
		t.Errorf("without a terminal: %q", got)
	}
}

func TestTheLastLoginIsAFixedMoment(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	h, err := decoy.NewHost(control.Identity{ID: "d1", Name: "web-01", Hostname: "h", IP: "10.0.0.7", OS: "linux", Distro: "debian", Seed: bytes.Repeat([]byte{7}, 32)}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	sys := SystemOf(h)
	last := func(from string) string {
		m := regexp.MustCompile(`Last login: (.*) from (\S+)\n`).FindStringSubmatch(sys.Greeting("root", from))
		if m == nil {
			t.Fatal("no last login")
		}
		return m[1] + " " + m[2]
	}
	first := last("203.0.113.9")
	if !strings.Contains(first, " 10.0.0.") {
		t.Errorf("the owner was last here %s", first)
	}
	now = now.Add(17 * time.Minute)
	if got := last("203.0.113.10"); got != first {
		t.Errorf("later it was %s, before %s", got, first)
	}
	if got := last("203.0.113.9"); got != "Mon Nov 23 09:00:00 2026 203.0.113.9" {
		t.Errorf("one's own last login was %s", got)
	}
	moment, _ := time.Parse("Mon Jan _2 15:04:05 2006", strings.Join(strings.Fields(first)[:5], " "))
	s := newSessionOn(sys, Options{User: "root", From: "203.0.113.11"})
	if got := s.do("last"); !strings.Contains(got, moment.Format("Mon Jan _2 15:04")) {
		t.Errorf("last knows nothing of %s:\n%s", first, got)
	}
}

func TestHashesAreTheDistributions(t *testing.T) {
	for distro, want := range map[string]string{
		"debian": `\$y\$j9T\$[./0-9A-Za-z]{21}[./01]\$[./0-9A-Za-z]{42}[./0-9A-D]`, "ubuntu20": `\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{85}[./01]`,
		"ubuntu22": `\$y\$j9T\$.{22}\$.{43}`, "rocky9": `\$6\$.{16}\$.{86}`,
	} {
		for _, sys := range fleet(t, 4, "linux", distro) {
			got := newSessionOn(sys, Options{User: "root"}).do("grep '^root:' /etc/shadow; grep ^ENCRYPT /etc/login.defs")
			if !regexp.MustCompile(`^root:`+want+`:\d+:0:99999:7:::\n`).MatchString(got) || strings.Contains(got, "YESCRYPT") != strings.Contains(want, "y") {
				t.Errorf("%s: %q", distro, got)
			}
		}
	}
	sys := fleet(t, 2, "linux", "debian")
	if sys[0].shadow("root") == sys[1].shadow("root") || sys[0].shadow("root") == sys[0].shadow(sys[0].User) {
		t.Errorf("two accounts have the hash %s", sys[0].shadow("root"))
	}
}

func TestWhatSourcesLeaveIsBounded(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	h, err := decoy.NewHost(control.Identity{ID: "d1", Name: "web-01", Hostname: "h", IP: "10.0.0.7", OS: "linux", Distro: "debian", Seed: bytes.Repeat([]byte{7}, 32)}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	sys := SystemOf(h)
	visit := func(n byte, line string) string {
		m, leave := sys.Visit(netip.AddrFrom4([4]byte{10, 1, 0, n}))
		defer leave()
		s := &session{Shell: m.New(Options{User: "root"})}
		return s.do(line)
	}
	kept := func() (n, bytes int) {
		for _, g := range sys.guests().of {
			if g.machine != nil {
				n++
				bytes += g.machine.fs.bytes
			}
		}
		return n, bytes
	}
	visit(1, "id")
	if n, _ := kept(); n != 0 {
		t.Error("a source that has changed nothing is kept")
	}
	for n := range byte(40) {
		now = now.Add(time.Second)
		visit(n, "head -c 200000 /dev/zero > /tmp/a; cp /tmp/a /tmp/b; cp /tmp/a /tmp/c")
	}
	if n, bytes := kept(); n == 0 || n > maxLeft || bytes > maxLeftBytes {
		t.Errorf("%d sources have left %d bytes", n, bytes)
	}
	if got := visit(39, "wc -c < /tmp/c"); got != "200000\n" {
		t.Errorf("the last one finds %q", got)
	}
	now = now.Add(leftTime + time.Minute)
	if got := visit(39, "ls /tmp"); got != "" {
		t.Errorf("after hours it finds %q", got)
	}
	if n, _ := kept(); n != 0 {
		t.Errorf("%d are kept", n)
	}
}
