package shell

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"decnet/decoy"
)

// System is what the decky's operating system looks like from inside: drawn from its distribution and seed.
type System struct {
	Hostname string
	IP       string
	ID       string // of os-release
	Pretty   string
	Release  string // the rest of os-release
	Kernel   string // uname -r
	Build    string // uname -v
	Machine  string
	User     string // the account beside root
	Group    string // that may use sudo
	Packages string // the package manager: apt, dnf, yum, apk, pacman
	BusyBox  bool   // ash and BusyBox's tools
	Embedded bool   // no distribution: firmware
	MAC      string // of eth0; drawn where nobody sees one
	CPU      string
	CPUs     int
	MemoryKB int
	DiskKB   int

	host *decoy.Host
	once sync.Once
	made *fileSystem
	tool map[string]string // by the beginning of its program
	code func() string     // what stands in programs
}

// distribution is what varies by distro slug: several choices, one of which is a decky's.
type distribution struct {
	id, pretty, release string
	kernels             []kernel
	group, packages     string
	users               []string
}

type kernel struct{ release, build string }

const debianRelease = `VERSION_ID="%s"
VERSION="%s"
VERSION_CODENAME=%s
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
`

const ubuntuRelease = `VERSION_ID="%s"
VERSION="%s"
VERSION_CODENAME=%s
ID_LIKE=debian
HOME_URL="https://www.ubuntu.com/"
SUPPORT_URL="https://help.ubuntu.com/"
BUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"
UBUNTU_CODENAME=%[3]s
`

var distributions = map[string]distribution{
	"debian": {
		id: "debian", pretty: "Debian GNU/Linux 12 (bookworm)", release: fmt.Sprintf(debianRelease, "12", "12 (bookworm)", "bookworm"),
		kernels: []kernel{
			{"6.1.0-18-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)"},
			{"6.1.0-21-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.90-1 (2024-05-03)"},
			{"6.1.0-25-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.106-3 (2024-08-26)"},
		},
		group: "sudo", packages: "apt", users: []string{"debian", "admin", "deploy"},
	},
	"ubuntu22": {
		id: "ubuntu", pretty: "Ubuntu 22.04.4 LTS", release: fmt.Sprintf(ubuntuRelease, "22.04", "22.04.4 LTS (Jammy Jellyfish)", "jammy"),
		kernels: []kernel{
			{"5.15.0-91-generic", "#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023"},
			{"5.15.0-105-generic", "#115-Ubuntu SMP Mon Apr 15 09:52:04 UTC 2024"},
			{"5.15.0-119-generic", "#129-Ubuntu SMP Fri Aug 2 19:25:20 UTC 2024"},
		},
		group: "sudo", packages: "apt", users: []string{"ubuntu", "admin", "deploy"},
	},
	"ubuntu20": {
		id: "ubuntu", pretty: "Ubuntu 20.04.6 LTS", release: fmt.Sprintf(ubuntuRelease, "20.04", "20.04.6 LTS (Focal Fossa)", "focal"),
		kernels: []kernel{
			{"5.4.0-169-generic", "#187-Ubuntu SMP Thu Nov 23 14:52:28 UTC 2023"},
			{"5.4.0-182-generic", "#202-Ubuntu SMP Fri Apr 26 12:29:36 UTC 2024"},
		},
		group: "sudo", packages: "apt", users: []string{"ubuntu", "admin", "deploy"},
	},
	"rocky9": {
		id: "rocky", pretty: "Rocky Linux 9.4 (Blue Onyx)",
		release: "VERSION=\"9.4 (Blue Onyx)\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\nPLATFORM_ID=\"platform:el9\"\n" +
			"HOME_URL=\"https://rockylinux.org/\"\nROCKY_SUPPORT_PRODUCT=\"Rocky-Linux-9\"\nROCKY_SUPPORT_PRODUCT_VERSION=\"9.4\"\n",
		kernels: []kernel{
			{"5.14.0-427.13.1.el9_4.x86_64", "#1 SMP PREEMPT_DYNAMIC Wed May 1 19:11:28 UTC 2024"},
			{"5.14.0-427.28.1.el9_4.x86_64", "#1 SMP PREEMPT_DYNAMIC Fri Aug 2 03:44:10 UTC 2024"},
		},
		group: "wheel", packages: "dnf", users: []string{"rocky", "admin", "svc"},
	},
	"centos7": {
		id: "centos", pretty: "CentOS Linux 7 (Core)",
		release: "VERSION=\"7 (Core)\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"7\"\nCPE_NAME=\"cpe:/o:centos:centos:7\"\nHOME_URL=\"https://www.centos.org/\"\n",
		kernels: []kernel{
			{"3.10.0-1160.108.1.el7.x86_64", "#1 SMP Thu Jan 25 16:17:31 UTC 2024"},
			{"3.10.0-1160.el7.x86_64", "#1 SMP Mon Oct 19 16:18:59 UTC 2020"},
		},
		group: "wheel", packages: "yum", users: []string{"centos", "admin", "svc"},
	},
	"fedora": {
		id: "fedora", pretty: "Fedora Linux 39 (Server Edition)",
		release: "VERSION=\"39 (Server Edition)\"\nVERSION_ID=39\nPLATFORM_ID=\"platform:f39\"\nHOME_URL=\"https://fedoraproject.org/\"\n",
		kernels: []kernel{
			{"6.8.9-200.fc39.x86_64", "#1 SMP PREEMPT_DYNAMIC Thu May 2 18:50:49 UTC 2024"},
			{"6.10.6-100.fc39.x86_64", "#1 SMP PREEMPT_DYNAMIC Mon Aug 19 15:13:22 UTC 2024"},
		},
		group: "wheel", packages: "dnf", users: []string{"fedora", "admin"},
	},
	"kali": {
		id: "kali", pretty: "Kali GNU/Linux Rolling",
		release: "VERSION_ID=\"2024.2\"\nVERSION=\"2024.2\"\nVERSION_CODENAME=kali-rolling\nID_LIKE=debian\nHOME_URL=\"https://www.kali.org/\"\n",
		kernels: []kernel{{"6.6.15-amd64", "#1 SMP PREEMPT_DYNAMIC Kali 6.6.15-2kali1 (2024-05-17)"}},
		group:   "sudo", packages: "apt", users: []string{"kali"},
	},
	"arch": {
		id: "arch", pretty: "Arch Linux", release: "BUILD_ID=rolling\nHOME_URL=\"https://archlinux.org/\"\nLOGO=archlinux-logo\n",
		kernels: []kernel{{"6.9.7-arch1-1", "#1 SMP PREEMPT_DYNAMIC Fri, 28 Jun 2024 04:32:50 +0000"}, {"6.6.32-1-lts", "#1 SMP PREEMPT_DYNAMIC Sat, 25 May 2024 20:20:51 +0000"}},
		group:   "wheel", packages: "pacman", users: []string{"arch", "admin"},
	},
	"alpine": {
		id: "alpine", pretty: "Alpine Linux v3.19", release: "VERSION_ID=3.19.1\nHOME_URL=\"https://alpinelinux.org/\"\n",
		kernels: []kernel{{"6.6.31-0-virt", "#1-Alpine SMP PREEMPT_DYNAMIC Sat, 18 May 2024 06:41:53 +0000"}, {"6.6.41-0-lts", "#1-Alpine SMP PREEMPT_DYNAMIC Fri, 19 Jul 2024 09:12:04 +0000"}},
		group:   "wheel", packages: "apk", users: []string{"admin", "alpine"},
	},
}

// SystemOf returns the host's system.
func SystemOf(h *decoy.Host) *System {
	d, ok := distributions[h.Distro]
	if !ok {
		d = distributions["debian"]
	}
	r := h.Rand("system")
	k := pick(r, d.kernels...)
	s := &System{
		Hostname: h.Hostname, IP: h.IP, ID: d.id, Pretty: d.pretty, Release: d.release, Kernel: k.release, Build: k.build, Machine: "x86_64",
		User: pick(r, d.users...), Group: d.group, Packages: d.packages, BusyBox: d.id == "alpine",
		CPU:      pick(r, "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", "AMD EPYC 7302P 16-Core Processor", "Intel(R) Xeon(R) Silver 4210R CPU @ 2.40GHz"),
		CPUs:     pick(r, 1, 2, 2, 4),
		MemoryKB: pick(r, 2, 4, 4, 8, 16)<<20 - 49152 - r.IntN(32768),
		DiskKB:   pick(r, 20, 30, 40, 60, 80)<<20 - r.IntN(2<<20),
		host:     h,
	}
	s.code = sync.OnceValue(s.makeCode)
	mac := h.Bytes("mac", 3)
	s.MAC = fmt.Sprintf("%s:%02x:%02x:%02x", pick(r, "00:50:56", "52:54:00", "bc:24:11"), mac[0], mac[1], mac[2])
	if h.OS == "embedded" || h.OS == "cisco" {
		s.firmware(r)
	}
	if card := h.Card(); card != nil {
		s.MAC = card.String()
	}
	if s.IP == "" {
		s.IP = "192.168.1.10"
	}
	for _, service := range []string{"telnet", "ssh"} {
		if user, ok := h.Setting(service, "user"); ok {
			s.User = user
		}
	}
	return s
}

// firmware turns the system into that of a small device.
func (s *System) firmware(r *rand.Rand) {
	s.BusyBox, s.Embedded = true, true
	s.ID, s.Release, s.User, s.Packages = "linux", "", "admin", ""
	s.Pretty = pick(r, "OpenWrt 19.07.8", "Embedded Linux", "Linux SDK 4.1")
	k := pick(r,
		kernel{"3.10.14", "#1 PREEMPT Tue Mar 12 17:42:08 CST 2019"},
		kernel{"3.4.35", "#38 Mon Jun 18 13:37:51 CST 2018"},
		kernel{"4.14.241", "#0 SMP Sun Aug 1 04:54:41 2021"})
	s.Kernel, s.Build = k.release, k.build
	s.Machine = pick(r, "armv7l", "mips", "armv5tejl")
	s.CPU = map[string]string{"armv7l": "ARMv7 Processor rev 5 (v7l)", "mips": "MIPS 24KEc V5.5", "armv5tejl": "ARM926EJ-S rev 5 (v5l)"}[s.Machine]
	s.CPUs = 1
	s.MemoryKB = pick(r, 29648, 59212, 124536)
	s.DiskKB = pick(r, 8192, 16384, 32768)
	vendor := pick(r, "00:0c:43", "78:a3:51", "e8:ab:fa")
	s.MAC = vendor + s.MAC[8:]
}

func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// OSRelease returns /etc/os-release.
func (s *System) OSRelease() string {
	words := strings.Fields(s.Pretty)
	name := strings.Join(words[:min(2, len(words))], " ")
	if s.ID == "ubuntu" {
		name = "Ubuntu"
	}
	return fmt.Sprintf("PRETTY_NAME=%q\nNAME=%q\nID=%s\n%s", s.Pretty, name, s.ID, s.Release)
}

// Uname returns what uname -a prints.
func (s *System) Uname() string {
	tail := " GNU/Linux"
	if s.BusyBox {
		tail = " Linux"
		if s.Embedded {
			tail = " GNU/Linux"
		}
	}
	processor := s.Machine
	switch s.ID {
	case "ubuntu", "rocky", "centos", "fedora":
		processor += " " + s.Machine + " " + s.Machine
	}
	return "Linux " + s.Hostname + " " + s.Kernel + " " + s.Build + " " + processor + tail
}

// uptime is how long ago the host seems to have booted.
func (s *System) uptime() time.Duration { return s.host.Now().Sub(s.host.BootTime()) }
