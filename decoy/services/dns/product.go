package dns

import (
	"fmt"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/internal/windows"
)

// product is the software that the server seems to be.
type product struct {
	kind      string // bind, microsoft or dnsmasq
	version   string // as it tells it
	transfers bool   // whether it gives a whole zone to anybody
	cookies   bool
	year      string // of dnsmasq's copyright
}

// versions are those of BIND in each distribution.
var versions = map[string][]string{
	"debian":   {"9.18.28-1~deb12u2-Debian", "9.18.24-1-Debian", "9.18.33-1~deb12u2-Debian"},
	"ubuntu22": {"9.18.28-0ubuntu0.22.04.1-Ubuntu", "9.18.18-0ubuntu0.22.04.2-Ubuntu", "9.18.30-0ubuntu0.22.04.2-Ubuntu"},
	"ubuntu20": {"9.16.48-0ubuntu0.20.04.1-Ubuntu", "9.18.30-0ubuntu0.20.04.2-Ubuntu"},
	"rocky9":   {"9.18.28", "9.18.33"}, // ISC's own packages: scanners don't know what the distribution's says
	"centos7":  {"9.11.4-P2-RedHat-9.11.4-26.P2.el7_9.16", "9.11.4-P2-RedHat-9.11.4-26.P2.el7_9.15"},
	"fedora":   {"9.18.24", "9.18.28"},
	"kali":     {"9.19.24-185-g392e7199df2-1-Debian"},
	"alpine":   {"9.18.27", "9.18.24"},
	"arch":     {"9.18.27", "9.20.0"},
}

// years are those of the releases of dnsmasq.
var years = map[string]string{"2.78": "2017", "2.79": "2018", "2.80": "2018", "2.81": "2020", "2.82": "2020", "2.83": "2021", "2.84": "2021", "2.85": "2021", "2.86": "2021", "2.87": "2022", "2.88": "2022", "2.89": "2022", "2.90": "2024"}

func productOf(h *decoy.Host) product {
	p := drawn(h)
	if chosen, ok := h.Setting("dns", "bind_version"); ok {
		p.version = chosen
	}
	if p.year = years[strings.TrimPrefix(p.version, "dnsmasq-")]; p.year == "" {
		p.year = "2021"
	}
	return p
}

// drawn is the product that the decky's seed and system come to.
func drawn(h *decoy.Host) product {
	switch h.OS {
	case "windows", "windows_server":
		m := windows.MachineOf(h)
		// The number in brackets is the build and the update's, in hexadecimal digits.
		update := 0x0100 + h.Rand("dns-update").IntN(0x1800)
		return product{kind: "microsoft", version: fmt.Sprintf("Microsoft DNS %s (%04X%04X)", m.Version(), m.Build, update)}
	case "embedded", "cisco":
		return product{kind: "dnsmasq", version: "dnsmasq-" + decoy.Pick(h, "dns-version", "2.80", "2.85", "2.86", "2.78", "2.84")}
	}
	choices := versions[h.Distro]
	if choices == nil {
		choices = versions["debian"]
	}
	version := decoy.Pick(h, "dns-version", choices...)
	return product{kind: "bind", version: version, transfers: version < "9.2", cookies: true} // from 9.20 on, nobody gets a transfer unless allowed
}
