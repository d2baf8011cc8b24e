package shell

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// processor is what a processor says of itself.
type processor struct {
	name                    string
	vendor                  string
	family, model, stepping int
	mhz                     float64
	l1, l2, l3              int // caches in KB: of a core, of a core, of all
	flags                   string
}

const (
	intelFlags = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht syscall nx pdpe1gb rdtscp lm constant_tsc arch_perfmon rep_good nopl xtopology cpuid tsc_known_freq pni pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand hypervisor lahf_lm abm 3dnowprefetch cpuid_fault invpcid_single pti ibrs ibpb stibp fsgsbase tsc_adjust bmi1 hle avx2 smep bmi2 erms invpcid rtm"
	amdFlags   = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm rep_good nopl cpuid extd_apicid tsc_known_freq pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand hypervisor lahf_lm cmp_legacy cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw topoext perfctr_core ssbd ibrs ibpb stibp vmmcall fsgsbase tsc_adjust bmi1 avx2 smep bmi2 rdseed adx smap clflushopt clwb sha_ni xsaveopt xsavec xgetbv1 arat"
	newerFlags = " rdseed adx smap clflushopt clwb avx512f avx512dq avx512cd avx512bw avx512vl xsaveopt xsavec xgetbv1 arat pku ospke md_clear"
)

var processors = []processor{
	{"Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "GenuineIntel", 6, 79, 1, 2399.998, 32, 4096, 35840, intelFlags + " rdseed adx smap xsaveopt arat md_clear"},
	{"Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", "GenuineIntel", 6, 85, 4, 2095.078, 32, 4096, 22528, intelFlags + newerFlags},
	{"AMD EPYC 7302P 16-Core Processor", "AuthenticAMD", 23, 49, 0, 2994.374, 32, 512, 16384, amdFlags},
	{"Intel(R) Xeon(R) Silver 4210R CPU @ 2.40GHz", "GenuineIntel", 6, 85, 7, 2394.374, 32, 4096, 14080, intelFlags + newerFlags},
}

// processor is the one that the system has, the zero value where it is a small device's.
func (s *System) processor() processor {
	for _, p := range processors {
		if p.name == s.CPU {
			return p
		}
	}
	return processor{}
}

func (s *System) cpuinfo() string {
	var b strings.Builder
	p := s.processor()
	for n := range s.CPUs {
		if s.Embedded {
			fmt.Fprintf(&b, "processor\t: %d\nmodel name\t: %s\nBogoMIPS\t: 595.14\n\n", n, s.CPU)
			continue
		}
		cache := p.l3
		if p.vendor == "AuthenticAMD" {
			cache = p.l2
		}
		fmt.Fprintf(&b, "processor\t: %d\nvendor_id\t: %s\ncpu family\t: %d\nmodel\t\t: %d\nmodel name\t: %s\nstepping\t: %d\nmicrocode\t: 0x1\ncpu MHz\t\t: %.3f\ncache size\t: %d KB\nphysical id\t: 0\nsiblings\t: %d\ncore id\t\t: %d\ncpu cores\t: %d\napicid\t\t: %[10]d\ninitial apicid\t: %[10]d\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 13\nwp\t\t: yes\nflags\t\t: %[12]s\nbogomips\t: %.2[13]f\nclflush size\t: 64\ncache_alignment\t: 64\naddress sizes\t: 46 bits physical, 48 bits virtual\npower management:\n\n",
			n, p.vendor, p.family, p.model, p.name, p.stepping, p.mhz, cache, s.CPUs, n, s.CPUs, p.flags, 2*p.mhz)
	}
	return b.String()
}

// numbered is a list of the processors, as lscpu has it.
func (s *System) numbered() string {
	switch s.CPUs {
	case 1:
		return "0"
	case 2:
		return "0,1"
	}
	return fmt.Sprintf("0-%d", s.CPUs-1)
}

func lscpu(c *call) int {
	p, n := c.sys.processor(), c.sys.CPUs
	row := func(name, format string, args ...any) {
		c.printf("%-24s "+format+"\n", append([]any{name}, args...)...)
	}
	row("Architecture:", "%s", c.sys.Machine)
	row("  CPU op-mode(s):", "32-bit, 64-bit")
	row("  Address sizes:", "46 bits physical, 48 bits virtual")
	row("  Byte Order:", "Little Endian")
	row("CPU(s):", "%d", n)
	row("  On-line CPU(s) list:", "%s", c.sys.numbered())
	row("Vendor ID:", "%s", p.vendor)
	row("  Model name:", "%s", p.name)
	row("    CPU family:", "%d", p.family)
	row("    Model:", "%d", p.model)
	row("    Thread(s) per core:", "1")
	row("    Core(s) per socket:", "%d", n)
	row("    Socket(s):", "1")
	row("    Stepping:", "%d", p.stepping)
	row("    BogoMIPS:", "%.2f", 2*p.mhz)
	row("    Flags:", "%s", p.flags)
	row("Virtualization features:", "")
	row("  Hypervisor vendor:", "KVM")
	row("  Virtualization type:", "full")
	row("Caches (sum of all):", "")
	size := func(kb int) string {
		if kb%1024 == 0 {
			return fmt.Sprintf("%d MiB", kb/1024)
		}
		if kb > 1024 {
			return fmt.Sprintf("%.1f MiB", float64(kb)/1024)
		}
		return fmt.Sprintf("%d KiB", kb)
	}
	instances := func(n int) string {
		if n == 1 {
			return "(1 instance)"
		}
		return fmt.Sprintf("(%d instances)", n)
	}
	row("  L1d:", "%s %s", size(p.l1*n), instances(n))
	row("  L1i:", "%s %s", size(p.l1*n), instances(n))
	row("  L2:", "%s %s", size(p.l2*n), instances(n))
	row("  L3:", "%s %s", size(p.l3), instances(1))
	row("NUMA:", "")
	row("  NUMA node(s):", "1")
	row("  NUMA node0 CPU(s):", "%s", c.sys.numbered())
	return 0
}

// volume is a mounted file system.
type volume struct {
	device, at, kind, options string
	size, used                int // in KB; 0 is one that df leaves out
}

// volumes are what is mounted.
func (s *System) volumes() []volume {
	used := s.DiskKB * (21 + int(s.host.Bytes("disk", 1)[0])%40) / 100
	if s.Embedded {
		return []volume{
			{"/dev/mtdblock6", "/", "squashfs", "ro,relatime", s.DiskKB, used}, {"proc", "/proc", "proc", "rw,nosuid,nodev,noexec,relatime", 0, 0},
			{"sysfs", "/sys", "sysfs", "rw,nosuid,nodev,noexec,relatime", 0, 0}, {"tmpfs", "/tmp", "tmpfs", "rw,nosuid,nodev,noatime", s.MemoryKB / 2, 120},
		}
	}
	half, tenth := s.MemoryKB/2, s.MemoryKB/10
	return []volume{
		{"sysfs", "/sys", "sysfs", "rw,nosuid,nodev,noexec,relatime", 0, 0},
		{"proc", "/proc", "proc", "rw,nosuid,nodev,noexec,relatime", 0, 0},
		{"udev", "/dev", "devtmpfs", fmt.Sprintf("rw,nosuid,relatime,size=%dk,nr_inodes=%d,mode=755,inode64", half-26000, half/4-6500), half - 26000, 0},
		{"devpts", "/dev/pts", "devpts", "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000", 0, 0},
		{"tmpfs", "/run", "tmpfs", fmt.Sprintf("rw,nosuid,nodev,noexec,relatime,size=%dk,mode=755,inode64", tenth), tenth, 580 + int(s.host.Bytes("run", 1)[0])},
		{"/dev/sda1", "/", "ext4", "rw,relatime,errors=remount-ro", s.DiskKB, used},
		{"securityfs", "/sys/kernel/security", "securityfs", "rw,nosuid,nodev,noexec,relatime", 0, 0},
		{"tmpfs", "/dev/shm", "tmpfs", "rw,nosuid,nodev,inode64", half, 0},
		{"tmpfs", "/run/lock", "tmpfs", "rw,nosuid,nodev,noexec,relatime,size=5120k,inode64", 5120, 0},
		{"cgroup2", "/sys/fs/cgroup", "cgroup2", "rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot", 0, 0},
		{"debugfs", "/sys/kernel/debug", "debugfs", "rw,nosuid,nodev,noexec,relatime", 0, 0},
		{"mqueue", "/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec,relatime", 0, 0},
		{"tmpfs", "/run/user/0", "tmpfs", fmt.Sprintf("rw,nosuid,nodev,relatime,size=%dk,nr_inodes=%d,mode=700,inode64", tenth, tenth/4), tenth, 0},
	}
}

func mount(c *call) int {
	flags, operands := c.options("toLU")
	if len(operands) > 0 || flags['a'] != "" {
		at := operands[max(0, len(operands)-1):]
		switch {
		case c.user.uid != 0:
			return c.fail(1, "only root can do that")
		case len(at) > 0:
			if n, err := c.fs.lookup(c.abs(at[0]), true); err != nil || !n.isDir() {
				return c.fail(32, "%s: mount point does not exist.\n       dmesg(1) may have more information after failed mount system call.", at[0])
			}
			if what := operands[0]; len(operands) > 1 && !strings.Contains("tmpfs proc sysfs devtmpfs devpts cgroup cgroup2 overlay debugfs", cmp.Or(flags['t'], "?")) && !strings.Contains(flags['o'], "bind") && !strings.Contains(flags['o'], "remount") {
				if _, err := c.fs.lookup(c.abs(what), true); err != nil {
					return c.fail(32, "%s: special device %s does not exist.\n       dmesg(1) may have more information after failed mount system call.", at[0], what)
				}
			}
		}
		return 0
	}
	for _, v := range c.sys.volumes() {
		if flags['t'] != "" && v.kind != flags['t'] {
			continue
		}
		c.printf("%s on %s type %s (%s)\n", v.device, v.at, v.kind, v.options)
	}
	return 0
}

func (s *System) mounts() string {
	var b strings.Builder
	for _, v := range s.volumes() {
		fmt.Fprintf(&b, "%s %s %s %s 0 0\n", v.device, v.at, v.kind, v.options)
	}
	return b.String()
}

func df(c *call) int {
	flags, operands := c.options("tx")
	asHuman := flags['h'] != "" || flags['H'] != ""
	kinds := flags['T'] != ""
	wanted, status := map[string]bool{}, 0
	for _, p := range operands {
		if _, err := c.fs.lookup(c.abs(p), true); err != nil {
			status = c.fail(1, "%s: %s", p, problem(err))
			continue
		}
		best := ""
		for _, v := range c.sys.volumes() {
			if at := c.abs(p); (at == v.at || strings.HasPrefix(at, strings.TrimSuffix(v.at, "/")+"/") || v.device == at) && len(v.at) > len(best) && v.size > 0 {
				best = v.at
			}
		}
		wanted[best] = true
	}
	if status != 0 && len(wanted) == 0 {
		return status
	}
	cell := func(kb int) string {
		if asHuman {
			return rounded(kb)
		}
		return fmt.Sprint(kb)
	}
	size, free := "1K-blocks", "Available"
	if asHuman {
		size = "Size"
		if !c.sys.BusyBox {
			free = "Avail"
		}
	}
	rows := [][5]string{{"Filesystem", size, "Used", free, "Use%"}}
	if kinds {
		rows[0][0] = fmt.Sprintf("%-14s %-8s", "Filesystem", "Type")
	}
	ats := []string{"Mounted on"}
	for _, v := range c.sys.volumes() {
		if v.size == 0 || len(wanted) > 0 && !wanted[v.at] || flags['t'] != "" && flags['t'] != v.kind || strings.Contains(flags['x'], v.kind) {
			continue
		}
		room := v.size - v.used
		if v.kind == "ext4" {
			room -= v.size / 20 // that only root may use
		}
		name := v.device
		if kinds {
			name = fmt.Sprintf("%-14s %-8s", v.device, v.kind)
		}
		rows = append(rows, [5]string{name, cell(v.size), cell(v.used), cell(room), fmt.Sprintf("%d%%", (v.used*100+v.used+room-1)/max(1, v.used+room))})
		ats = append(ats, v.at)
	}
	widths := [5]int{14, 5, 5, 5, 4}
	if c.sys.BusyBox {
		widths = [5]int{20, 9, 9, 9, 4}
	}
	for _, r := range rows {
		for i, text := range r {
			widths[i] = max(widths[i], len(text))
		}
	}
	for i, r := range rows {
		c.printf("%-*s %*s %*s %*s %*s %s\n", widths[0], r[0], widths[1], r[1], widths[2], r[2], widths[3], r[3], widths[4], r[4], ats[i])
	}
	return status
}

// rounded renders kilobytes as df -h does: rounded up, with one decimal below ten.
func rounded(kb int) string {
	if kb == 0 {
		return "0"
	}
	unit, value := "K", float64(kb)
	for _, next := range []string{"M", "G", "T"} {
		if value < 1024 {
			break
		}
		unit, value = next, value/1024
	}
	if tenths := int(value*10 + 0.999); tenths < 100 {
		return fmt.Sprintf("%d.%d%s", tenths/10, tenths%10, unit)
	}
	return fmt.Sprintf("%d%s", int(value+0.999), unit)
}

func lsblk(c *call) int {
	size := func(kb int) string {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(kb)/(1<<20)), ".0") + "G"
	}
	disk := (c.sys.DiskKB + 2<<20) >> 20 << 20
	c.printf("NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS\nsda      8:0    0 %5s  0 disk \n└─sda1   8:1    0 %5s  0 part /\nsr0     11:0    1 1024M  0 rom  \n", size(disk), size(disk-1024))
	return 0
}

func lspci(c *call) int {
	c.printf("00:00.0 Host bridge: Intel Corporation 440FX - 82441FX PMC [Natoma] (rev 02)\n00:01.0 ISA bridge: Intel Corporation 82371SB PIIX3 ISA [Natoma/Triton II]\n00:01.1 IDE interface: Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II]\n00:01.3 Bridge: Intel Corporation 82371AB/EB/MB PIIX4 ACPI (rev 03)\n00:02.0 VGA compatible controller: Device 1234:1111 (rev 02)\n00:03.0 Ethernet controller: Red Hat, Inc. Virtio network device\n00:04.0 SCSI storage controller: Red Hat, Inc. Virtio SCSI\n00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon\n")
	return 0
}

// modules are the drivers of the kernel that are loaded, with their sizes and users.
const modules = `tls                   139264  0
intel_rapl_msr         20480  0
intel_rapl_common      32768  1 intel_rapl_msr
ghash_clmulni_intel    16384  0
aesni_intel           393216  0
crypto_simd            16384  1 aesni_intel
cryptd                 28672  2 crypto_simd,ghash_clmulni_intel
joydev                 28672  0
evdev                  28672  2
serio_raw              20480  0
pcspkr                 16384  0
virtio_balloon         24576  0
button                 24576  0
qemu_fw_cfg            20480  0
fuse                  176128  1
ip_tables              36864  0
x_tables               61440  1 ip_tables
autofs4                53248  2
ext4                  983040  1
crc16                  16384  1 ext4
mbcache                16384  1 ext4
jbd2                  172032  1 ext4
sd_mod                 65536  2
sr_mod                 28672  0
virtio_net             73728  0
net_failover           24576  1 virtio_net
failover               16384  1 net_failover
virtio_scsi            28672  1
`

func lsmod(c *call) int {
	c.printf("Module                  Size  Used by\n%s", modules)
	return 0
}

func dmesg(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "read kernel buffer failed: Operation not permitted")
	}
	c.printf("%s", c.sys.kernelLog())
	return 0
}

// kernelLog is what the kernel has said at its start.
func (s *System) kernelLog() string {
	var b strings.Builder
	r := s.host.Rand("dmesg")
	at := 0.0
	line := func(most float64, format string, args ...any) {
		fmt.Fprintf(&b, "[%12.6f] "+format+"\n", append([]any{at}, args...)...)
		at += most * r.Float64()
	}
	if s.Embedded {
		line(0, "Linux version %s %s", s.Kernel, s.Build)
		line(0.01, "CPU: %s", s.CPU)
		line(0.5, "Memory: %dK available", s.MemoryKB)
		line(2, "VFS: Mounted root (squashfs filesystem) readonly on device 31:6.")
		line(4, "eth0: link up, 100Mbps, full-duplex")
		return b.String()
	}
	line(0, "%s", strings.TrimSuffix(s.kernelVersion(), "\n"))
	line(0, "Command line: BOOT_IMAGE=/boot/vmlinuz-%s root=/dev/sda1 ro quiet", s.Kernel)
	line(0, "BIOS-provided physical RAM map:")
	line(0, "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable")
	line(0, "BIOS-e820: [mem 0x0000000000100000-0x%016x] usable", s.MemoryKB<<10-1)
	line(0, "NX (Execute Disable) protection: active")
	line(0, "SMBIOS 2.8 present.")
	line(0, "DMI: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014")
	line(0.00001, "Hypervisor detected: KVM")
	line(0.0001, "kvm-clock: Using msrs 4b564d01 and 4b564d00")
	line(0.01, "tsc: Detected %.3f MHz processor", s.processor().mhz)
	line(0.02, "Memory: %dK/%dK available (14342K kernel code, 2332K rwdata, 9052K rodata, 2796K init, 17404K bss, %dK reserved, 0K cma-reserved)", s.MemoryKB-90000, s.MemoryKB+49152, 139152)
	line(0.05, "smpboot: CPU0: %s (family: 0x%x, model: 0x%x, stepping: 0x%x)", s.CPU, s.processor().family, s.processor().model, s.processor().stepping)
	line(0.2, "smp: Brought up 1 node, %d CPU%s", s.CPUs, map[bool]string{true: "s"}[s.CPUs > 1])
	line(0.3, "PCI: Using configuration type 1 for base access")
	line(0.4, "pci 0000:00:03.0: [1af4:1000] type 00 class 0x020000")
	line(0.3, "Freeing initrd memory: %dK", 30000+r.IntN(40000))
	line(0.3, "scsi host0: Virtio SCSI HBA")
	line(0.2, "sd 0:0:0:0: [sda] %d 512-byte logical blocks", s.DiskKB*2)
	line(0.1, " sda: sda1")
	line(0.6, "sd 0:0:0:0: [sda] Attached SCSI disk")
	line(0.8, "EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.")
	if !s.BusyBox {
		line(0.3, "systemd[1]: Detected virtualization kvm.")
		line(0.1, "systemd[1]: Hostname set to <%s>.", s.Hostname)
	}
	line(0.9, "EXT4-fs (sda1): re-mounted. Quota mode: none.")
	line(0.4, "input: Power Button as /devices/LNXSYSTM:00/LNXPWRBN:00/input/input0")
	line(0.8, "virtio_net virtio0 eth0: MAC address %s", s.MAC)
	line(0, "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready")
	return b.String()
}

// kernelVersion is /proc/version: who has built the kernel, and with what.
func (s *System) kernelVersion() string {
	by := map[string]string{
		"debian": "(debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40)",
		"kali":   "(devel@kali.org) (x86_64-linux-gnu-gcc-13 (Debian 13.2.0-24) 13.2.0, GNU ld (GNU Binutils for Debian) 2.42)",
		"rocky":  "(mockbuild@iad1-prod-build001.bld.equ.rockylinux.org) (gcc (GCC) 11.4.1 20231218 (Red Hat 11.4.1-3), GNU ld version 2.35.2-43.el9)",
		"centos": "(mockbuild@kbuilder.bsys.centos.org) (gcc version 4.8.5 20150623 (Red Hat 4.8.5-44) (GCC) )",
		"fedora": "(mockbuild@b8f1bd4b1b3f4d5a8a8a1c8e8b6d4a34) (gcc (GCC) 13.2.1 20231205 (Red Hat 13.2.1-6), GNU ld version 2.40-14.fc39)",
		"arch":   "(linux@archlinux) (gcc (GCC) 14.1.1 20240522, GNU ld (GNU Binutils) 2.42.0)",
		"alpine": "(buildozer@build-3-19-x86_64) (gcc (Alpine 13.2.1_git20231014) 13.2.1 20231014, GNU ld (GNU Binutils) 2.41)",
	}[s.ID]
	switch {
	case s.Embedded:
		by = "(build@buildbot) (gcc version 4.8.3 (OpenWrt/Linaro GCC 4.8-2014.04 unknown) )"
	case strings.HasPrefix(s.Kernel, "5.15"):
		by = "(buildd@lcy02-amd64-032) (gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0, GNU ld (GNU Binutils for Ubuntu) 2.38)"
	case s.ID == "ubuntu":
		by = "(buildd@lcy02-amd64-069) (gcc version 9.4.0 (Ubuntu 9.4.0-1ubuntu1~20.04.2))"
	}
	return fmt.Sprintf("Linux version %s %s %s\n", s.Kernel, by, s.Build)
}

// logTimes are times in the past, the last one near now, at which something that happens again and again has happened.
func (s *System) logTimes(r *rand.Rand, n int, every time.Duration) []time.Time {
	out := make([]time.Time, n)
	at := s.host.Now().Truncate(every)
	for i := n - 1; i >= 0; i-- {
		out[i] = at.Add(time.Duration(r.Int64N(int64(time.Minute))))
		at = at.Add(-every)
	}
	return out
}

func du(c *call) int {
	flags, operands := c.options("d")
	if len(operands) == 0 {
		operands = []string{"."}
	}
	depth, status := 1<<20, 0
	if n, err := strconv.Atoi(strings.TrimPrefix(flags['d'], "max-depth=")); err == nil {
		depth = n
	}
	for _, a := range c.args {
		if n, err := strconv.Atoi(strings.TrimPrefix(a, "--max-depth=")); err == nil && strings.HasPrefix(a, "--max-depth=") {
			depth = n
		}
	}
	if flags['s'] != "" {
		depth = 0
	}
	show := func(kb int, p string) bool {
		if flags['h'] != "" {
			return c.printf("%s\t%s\n", sizeOf(kb<<10), p)
		}
		if flags['m'] != "" {
			kb = (kb + 1023) / 1024
		}
		return c.printf("%d\t%s\n", kb, p)
	}
	var walk func(p string, n *node, level int) int
	walk = func(p string, n *node, level int) int {
		kb := (n.size() + 4095) / 4096 * 4
		if n.mode&fs.ModeSymlink != 0 {
			kb = 0
		}
		for _, name := range slices.Sorted(maps.Keys(n.children)) {
			kb += walk(strings.TrimSuffix(p, "/")+"/"+name, n.children[name], level+1)
		}
		if (n.isDir() || level == 0 || flags['a'] != "") && level <= depth && c.ctx.Err() == nil {
			show(kb, p)
		}
		return kb
	}
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), true)
		if err != nil {
			status = c.fail(1, "cannot access '%s': %s", p, problem(err))
			continue
		}
		walk(p, n, 0)
	}
	return status
}

func fdisk(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "cannot open /dev/sda: Permission denied")
	}
	flags, _ := c.options("")
	if flags['l'] == "" {
		return c.fail(1, "bad usage\nTry 'fdisk --help' for more information.")
	}
	bytes := (c.sys.DiskKB + 1024) << 10
	c.printf("Disk /dev/sda: %s, %d bytes, %d sectors\nDisk model: QEMU HARDDISK   \nUnits: sectors of 1 * 512 = 512 bytes\nSector size (logical/physical): 512 bytes / 512 bytes\nI/O size (minimum/optimal): 512 bytes / 512 bytes\nDisklabel type: dos\nDisk identifier: 0x%s\n\nDevice     Boot Start %10s %10s %5s Id Type\n/dev/sda1  *     2048 %10d %10d %5s 83 Linux\n",
		strings.Replace(scaled(float64(bytes), 1024, "B", "KiB", "MiB", "GiB", "TiB"), ".0 ", " ", 1), bytes, bytes/512, c.sys.host.Hex("disk", 4), "End", "Sectors", "Size", bytes/512-1, bytes/512-2048, sizeOf(bytes-(1<<20)))
	return 0
}
