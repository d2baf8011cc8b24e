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
	Name    string // its NetBIOS name: at most 15 characters, capitals
	DNSName string
	Domain  string // NetBIOS name of the domain; its own where it belongs to none
	DNS     string // of the domain; its own where it belongs to none
	Joined  bool   // to a domain
	Real    bool   // Windows, not Samba

	Controller bool // of its domain

	Product  string // such as Windows Server 2019 Standard
	Major    byte
	Minor    byte
	Build    uint16
	Revision byte // of NTLM: 15
}

// release is a Windows release as it names itself, and the build that it tells the network.
type release struct {
	product      string
	major, minor byte
	build        uint16
}

var (
	clients = []release{{"Windows 10 Pro", 10, 0, 19041}, {"Windows 10 Enterprise", 10, 0, 19041}, {"Windows 11 Pro", 10, 0, 22621}, {"Windows 11 Enterprise", 10, 0, 22631}}
	servers = []release{
		{"Windows Server 2012 R2 Standard", 6, 3, 9600}, {"Windows Server 2016 Standard", 10, 0, 14393}, {"Windows Server 2019 Standard", 10, 0, 17763}, {"Windows Server 2019 Datacenter", 10, 0, 17763},
		{"Windows Server 2022 Standard", 10, 0, 20348},
	}
)

// MachineOf returns the decky's.
func MachineOf(h *decoy.Host) *Machine {
	label, _, _ := strings.Cut(h.Hostname, ".")
	m := &Machine{Name: strings.ToUpper(label), Revision: 15}
	m.Name = m.Name[:min(len(m.Name), 15)]
	var r release
	switch h.OS {
	case "windows":
		r = decoy.Pick(h, "windows-release", clients...)
		m.Joined = decoy.Pick(h, "windows-joined", true, false)
	case "windows_server":
		r, m.Joined = decoy.Pick(h, "windows-release", servers...), true
		m.Controller = h.Archetype == "domain-controller"
	default:
		m.Major, m.Minor, m.Build = 6, 1, 0 // what Samba tells
		m.Domain, m.DNS, m.DNSName = m.Name, "", strings.ToLower(label)
		return m
	}
	m.Real, m.Product, m.Major, m.Minor, m.Build = true, r.product, r.major, r.minor, r.build
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

// IIS is the web server that the system comes with, as it names itself.
func (m *Machine) IIS() string {
	if m.Major < 10 {
		return "Microsoft-IIS/8.5"
	}
	return "Microsoft-IIS/10.0"
}

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
