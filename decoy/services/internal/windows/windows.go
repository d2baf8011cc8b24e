// Package windows is how a decky presents itself to Windows neighbours: its names, its domain and its version, the same in every service that tells
// them (SMB, RDP, SQL Server).
package windows

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// Machine is one computer of a Windows network. A Linux decky is one too: by Samba.
type Machine struct {
	Name     string // its NetBIOS name: at most 15 characters, capitals
	DNSName  string
	Domain   string // NetBIOS name of the domain; its own where it belongs to none
	DNS      string // of the domain; its own where it belongs to none
	Joined   bool   // to a domain
	Real     bool   // Windows, not Samba
	Product  string // such as Windows Server 2019 Standard
	Major    byte
	Minor    byte
	Build    uint16
	Revision byte // of NTLM: 15
}

// release is a Windows release as it names itself, and the build that it tells the network.
type release struct {
	product string
	build   uint16
}

// MachineOf returns the decky's.
func MachineOf(h *decoy.Host) *Machine {
	label, _, _ := strings.Cut(h.Hostname, ".")
	m := &Machine{Name: strings.ToUpper(label), Major: 10, Revision: 15}
	m.Name = m.Name[:min(len(m.Name), 15)]
	switch h.OS {
	case "windows":
		r := decoy.Pick(h, "windows-release", release{"Windows 10 Pro", 19041}, release{"Windows 10 Enterprise", 19041}, release{"Windows 11 Pro", 22621}, release{"Windows 11 Enterprise", 22631})
		m.Real, m.Product, m.Build = true, r.product, r.build
		m.Joined = decoy.Pick(h, "windows-joined", true, false)
	case "windows_server":
		r := decoy.Pick(h, "windows-release", release{"Windows Server 2016 Standard", 14393}, release{"Windows Server 2019 Standard", 17763}, release{"Windows Server 2019 Datacenter", 17763}, release{"Windows Server 2022 Standard", 20348})
		m.Real, m.Product, m.Build, m.Joined = true, r.product, r.build, true
	default:
		m.Major, m.Minor, m.Build = 6, 1, 0 // what Samba tells
		m.Domain, m.DNS, m.DNSName = m.Name, "", strings.ToLower(label)
		return m
	}
	m.Domain, m.DNS, m.DNSName = m.Name, label, label
	if m.Joined {
		m.DNS = bait.AppOf(h).Domain
		domain, _, _ := strings.Cut(m.DNS, ".")
		m.Domain = strings.ToUpper(domain)
		m.DNSName = label + "." + m.DNS
	}
	return m
}

// Version is the system's, as 10.0.17763.
func (m *Machine) Version() string { return fmt.Sprintf("%d.%d.%d", m.Major, m.Minor, m.Build) }

// UTF16 writes text as Windows has it on the wire.
func UTF16(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// Text reads UTF-16 from the wire; an odd byte at its end is left out.
func Text(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(u))
}

// FileTime is the unit in which Windows counts time: 100 ns since 1601.
func FileTime(unixNano int64) uint64 { return uint64(unixNano/100 + 116444736000000000) }
