package catalog

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDefaultIsWhole(t *testing.T) {
	c := Default()
	if a, s, d, p := len(c.Archetypes()), len(c.Services()), len(c.Distros()), len(c.Personalities()); a != 15 || s != 31 || d != 9 || p != 6 {
		t.Fatalf("%d archetypes, %d services, %d distros, %d personalities", a, s, d, p)
	}
	var decoys []string
	for _, s := range c.Services() {
		if s.Decoy {
			decoys = append(decoys, s.Slug)
		}
	}
	// Which they are, exactly, is tested where they are made: decoy/services/all.
	if !slices.Contains(decoys, "ssh") || slices.Contains(decoys, "sniffer") {
		t.Fatalf("decoys: %s", decoys)
	}
}

func TestErrorsAreReportedTogetherWithTheirLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fleet.yaml")
	text := "archetypes:\n  x:\n    name: X\n    services: [sssh]\n    distros: [debian]\n    os: linux\nservices:\n  y: {name: Y, ports: [70000], prots: [1]}\n" +
		"  z: {name: Z, ports: [1], image: a b, cap_add: [SYS_ADMIN], mem_limit: 1M, privileged: true}\n  w: {name: W, ports: [1], command: [x]}\n" +
		"  decoy: {name: D, ports: [1], image: x}\n" +
		"personalities:\n  z: {name: Z, ouis: [\"02:00:00\"], sysctls: {kernel.x: 1}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(file)
	if err == nil {
		t.Fatal("a broken file was taken")
	}
	for _, want := range []string{`:9: service "z": a service can't have the capability "SYS_ADMIN"`, `:9: service "z": expected a size`, `:9: service "z": "a b" is not an image`, `:9: service "z": unknown key "privileged"`,
		`:10: service "w": what it says of a container is for a service that has an image`, `:11: service "decoy": an image's service has a slug`, `:4: archetype "x": unknown service "sssh" (did you mean ssh?)`, `:8: service "y": port "70000"`,
		`:8: service "y": unknown key "prots" (did you mean ports?)`, `:13: personality "z": oui`, `:13: personality "z": sysctl`} {
		if !strings.Contains(err.Error(), file+want) {
			t.Errorf("missing %s in:\n%v", want, err)
		}
	}
}

func TestHostnamesAndMACsAreReal(t *testing.T) {
	c, r := Default(), rand.New(rand.NewPCG(1, 2))
	label := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	for style := range styles {
		for range 200 {
			if h := c.Hostname(style, "", r); !label.MatchString(h) {
				t.Fatalf("%s: %q is no label", style, h)
			}
		}
	}
	for _, p := range c.Personalities() {
		for range 200 {
			if m, err := net.ParseMAC(c.MAC("", p.Slug, r)); err != nil || m[0]&3 != 0 {
				t.Fatalf("%s: %v %v", p.Slug, m, err)
			}
		}
	}
}

func TestAnImageComesFromAFileAndIsRunWhereItCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	text := "services:\n  own: {name: Own, ports: [9000, 9001/udp], image: \"own/x:1\", command: [-v, -v, \"\", \"{name}@{nobody}\"], environment: {HOST: \"{hostname}\"}, mem_limit: 1g}\n" +
		"  ssh: {image: own/ssh, user: root, cap_add: [SETUID], read_only: false, tmpfs: [], ready: 3s, pull_policy: missing}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	own, _ := c.Service("own")
	if i := own.Image; !own.Available() || own.Category != "" || i.User != "65534:65534" || i.Writable || i.Memory != 1<<30 || i.Pids != 64 || i.Pull {
		t.Errorf("%+v %+v", own, i)
	}
	full := own.Image.Fill(map[string]string{"name": "web-01", "hostname": "SRV"})
	if !slices.Equal(full.Command, []string{"-v", "-v", "", "web-01@{nobody}"}) || full.Env["HOST"] != "SRV" || own.Image.Env["HOST"] != "{hostname}" {
		t.Errorf("%+v", full)
	}
	ssh, _ := c.Service("ssh")
	if i := ssh.Image; !ssh.Available() || ssh.Decoy || len(ssh.Settings) > 0 || len(i.Tmpfs) > 0 || !i.Writable || !i.Pull || i.Ready != 3*time.Second || !slices.Equal(i.CapAdd, []string{"SETUID"}) {
		t.Errorf("%+v %+v", ssh, i)
	}
	own.Image.Command[0] = "changed"
	if again, _ := c.Service("own"); again.Image.Command[0] != "-v" {
		t.Error("what is handed out is a copy")
	}
	without := c.WithoutImages("no engine")
	if s, _ := without.Service("own"); s.Available() || s.Unavailable() != "no engine" {
		t.Errorf("%+v", s)
	}
	if s, _ := without.Service("telnet"); !s.Available() {
		t.Error("the decoy's own services stay")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("services:\n  a: {name: A, ports: [1/udp]}\n")
	f.Add("archetypes: {x: &a {name: *a}}")
	f.Fuzz(func(t *testing.T, text string) {
		l := newLoader()
		l.read("fuzz.yaml", []byte(text), false)
		l.check() // must not panic
	})
}

// A printer's network card is a printer maker's.
func TestAnArchetypeMayHaveMakersOfItsOwn(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	printer, _ := c.Archetype("printer")
	for range 50 {
		if m := c.MAC("printer", "embedded", r); !slices.Contains(printer.OUIs, strings.ToUpper(m[:8])) {
			t.Errorf("%s is no printer's", m)
		}
	}
	// And the name that it came with is that maker's, with the card's digits.
	for mac, want := range map[string]string{"3c:d9:2b:0a:1b:2c": "NPI0A1B2C", "00:80:77:0a:1b:2c": "BRN0080770A1B2C", "00:c0:ee:0a:1b:2c": "KM0A1B2C", "00:50:56:0a:1b:2c": "NPI0A1B2C"} {
		if got := c.Hostname("printer", mac, r); got != want {
			t.Errorf("the printer %s is called %s, not %s", mac, got, want)
		}
	}
	if m := c.MAC("linux-server", "cisco", r); !slices.Contains(c.personalities["cisco"].OUIs, strings.ToUpper(m[:8])) {
		t.Errorf("%s is not of the personality's makers", m)
	}
}
