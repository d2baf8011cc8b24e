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
)

func TestDefaultIsWhole(t *testing.T) {
	c := Default()
	if a, s, d, p := len(c.Archetypes()), len(c.Services()), len(c.Distros()), len(c.Personalities()); a != 15 || s != 29 || d != 9 || p != 6 {
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
		"personalities:\n  z: {name: Z, ouis: [\"02:00:00\"], sysctls: {kernel.x: 1}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(file)
	if err == nil {
		t.Fatal("a broken file was taken")
	}
	for _, want := range []string{`:4: archetype "x": unknown service "sssh" (did you mean ssh?)`, `:8: service "y": port "70000"`,
		`:8: service "y": unknown key "prots" (did you mean ports?)`, `:10: personality "z": oui`, `:10: personality "z": sysctl`} {
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
