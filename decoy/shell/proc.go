package shell

import (
	"fmt"
	"io/fs"
	"maps"
	"strconv"
	"strings"
)

// proc fills what stands still in /proc, or follows the clock.
func (s *System) proc(b builder) {
	generated := func(p string, f func() string) {
		b.put(p, &node{mode: 0o444, generate: f, mtime: s.host.BootTime()})
	}
	generated("/proc/version", s.kernelVersion)
	generated("/proc/modules", func() string { return modules })
	generated("/proc/cpuinfo", s.cpuinfo)
	generated("/proc/meminfo", func() string {
		total, used, cached := s.memory()
		return fmt.Sprintf("MemTotal:       %8d kB\nMemFree:        %8d kB\nMemAvailable:   %8d kB\nBuffers:        %8d kB\nCached:         %8d kB\nSwapTotal:      %8d kB\nSwapFree:       %8d kB\n",
			total, total-used-cached, total-used, cached/10, cached-cached/10, 0, 0)
	})
	generated("/proc/uptime", func() string {
		up := s.uptime().Seconds()
		return fmt.Sprintf("%.2f %.2f\n", up, up*float64(s.CPUs)*0.97)
	})
	generated("/proc/loadavg", func() string {
		return fmt.Sprintf("%s 1/%d %d\n", s.load(), 90+s.CPUs*7, 4000+int(s.uptime().Minutes())%20000)
	})
	generated("/proc/mounts", s.mounts)
	generated("/proc/cmdline", func() string { return "BOOT_IMAGE=/boot/vmlinuz-" + s.Kernel + " root=/dev/sda1 ro quiet\n" })
	generated("/proc/net/dev", func() string {
		rx, tx := s.traffic()
		return fmt.Sprintf("Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:  104218    1211    0    0    0     0          0         0   104218    1211    0    0    0     0       0          0\n  eth0: %d %d    0    0    0     0          0         0 %d %d    0    0    0     0       0          0\n", rx, rx/812, tx, tx/301)
	})
	generated("/proc/stat", func() string {
		var b strings.Builder
		ticks := int(s.uptime().Seconds() * 100)
		line := func(name string, n int) {
			fmt.Fprintf(&b, "%s %d %d %d %d %d 0 %d 0 0 0\n", name, n/310, n/9000, n/420, n-n/160, n/2100, n/7000)
		}
		line("cpu ", ticks*s.CPUs)
		for i := range s.CPUs {
			line(fmt.Sprintf("cpu%d", i), ticks-i*37)
		}
		fmt.Fprintf(&b, "ctxt %d\nbtime %d\nprocesses %d\nprocs_running 1\nprocs_blocked 0\n", ticks*11, s.host.BootTime().Unix(), 4000+ticks/700)
		return b.String()
	})
	generated("/proc/filesystems", func() string {
		return "nodev\tsysfs\nnodev\ttmpfs\nnodev\tbdev\nnodev\tproc\nnodev\tcgroup\nnodev\tcgroup2\nnodev\tcpuset\nnodev\tdevtmpfs\nnodev\tdebugfs\nnodev\ttracefs\nnodev\tsecurityfs\nnodev\tsockfs\nnodev\tbpf\nnodev\tpipefs\nnodev\tramfs\nnodev\thugetlbfs\nnodev\tdevpts\nnodev\tmqueue\nnodev\tpstore\n\text3\n\text2\n\text4\nnodev\tautofs\nnodev\tconfigfs\n"
	})
	generated("/proc/partitions", func() string {
		if s.Embedded {
			return "major minor  #blocks  name\n\n  31        0        192 mtdblock0\n  31        1         64 mtdblock1\n"
		}
		return fmt.Sprintf("major minor  #blocks  name\n\n   8        0   %d sda\n   8        1   %d sda1\n  11        0    1048575 sr0\n", s.DiskKB+1024, s.DiskKB)
	})
	generated("/proc/swaps", func() string { return "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" })
	generated("/proc/net/arp", func() string {
		mac := s.host.Bytes("gateway-mac", 3)
		return fmt.Sprintf("IP address       HW type     Flags       HW address            Mask     Device\n%-16s 0x1         0x2         52:54:00:%02x:%02x:%02x     *        eth0\n", s.gateway(), mac[0], mac[1], mac[2])
	})
	for _, kind := range []string{"tcp", "udp"} {
		generated("/proc/net/"+kind, func() string { return s.netTable(kind) })
	}
	for name, text := range map[string]string{
		"kernel/hostname": s.Hostname, "kernel/osrelease": s.Kernel, "kernel/ostype": "Linux", "kernel/version": s.Build, "kernel/pid_max": "4194304", "kernel/randomize_va_space": "2", "kernel/core_pattern": "core",
		"kernel/random/boot_id": s.bootID(), "kernel/kptr_restrict": "0", "kernel/dmesg_restrict": "1", "kernel/yama/ptrace_scope": "0", "kernel/threads-max": strconv.Itoa(s.MemoryKB / 135),
		"kernel/nmi_watchdog": "0", "kernel/unprivileged_userns_clone": "1", "kernel/modules_disabled": "0", "kernel/sysrq": "438", "kernel/panic": "0",
		"net/ipv4/ip_forward": "0", "net/ipv4/tcp_syncookies": "1", "net/ipv4/icmp_echo_ignore_all": "0", "net/ipv4/ip_local_port_range": "32768\t60999", "net/core/somaxconn": "4096", "net/ipv6/conf/all/disable_ipv6": "0",
		"vm/nr_hugepages": "0", "vm/swappiness": "60", "vm/overcommit_memory": "0", "vm/max_map_count": "65530", "vm/dirty_ratio": "20", "fs/file-max": "9223372036854775807", "fs/suid_dumpable": "0", "fs/inotify/max_user_watches": "29568",
	} {
		b.put("/proc/sys/"+name, &node{mode: 0o644, content: text + "\n", mtime: s.host.BootTime()})
	}
	b.put("/proc/sys/vm/drop_caches", &node{mode: 0o200, content: "0\n", mtime: s.host.BootTime()})
	b.put("/proc/sysrq-trigger", &node{mode: 0o200, generate: func() string { return "" }, mtime: s.host.BootTime()})
}

// bootID is the kernel's name for this run of it.
func (s *System) bootID() string {
	id := s.host.Hex("boot-id/"+s.host.BootTime().String(), 16)
	return id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-a" + id[17:20] + "-" + id[20:]
}

// netTable is /proc/net/tcp or udp: what listens.
func (s *System) netTable(kind string) string {
	var b strings.Builder
	b.WriteString("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n")
	n := 0
	for _, l := range s.host.Listening() {
		if l.Proto != kind {
			continue
		}
		state := map[string]string{"tcp": "0A", "udp": "07"}[kind]
		fmt.Fprintf(&b, "%4d: 00000000:%04X 00000000:0000 %s 00000000:00000000 00:00000000 00000000     0        0 %d 1 0000000000000000 100 0 0 10 0                     \n", n, l.Number, state, 14000+l.Number%9000)
		n++
	}
	return b.String()
}

// visitor is what comes and goes in a directory.
type visitor struct {
	names func() []string
	child func(name string) *node
}

// showProcesses puts the processes into /proc as long as a line runs.
func (s *Shell) showProcesses() (hide func()) {
	dir, err := s.fs.lookup("/proc", false)
	if err != nil {
		return func() {}
	}
	var known []process
	list := func() []process {
		if known == nil {
			known = s.processes()
		}
		return known
	}
	own := func() int { return s.pid + 17 }
	dir.moving = &visitor{
		names: func() []string {
			names := []string{"self", "thread-self", strconv.Itoa(own())}
			for _, p := range list() {
				names = append(names, strconv.Itoa(p.pid))
			}
			return names
		},
		child: func(name string) *node {
			pid, err := strconv.Atoi(name)
			switch {
			case name == "self" || name == "thread-self":
				return &node{name: name, mode: fs.ModeSymlink | 0o777, owner: "root", group: "root", target: strconv.Itoa(own()), mtime: s.sys.host.BootTime()}
			case err != nil:
				return nil
			case pid == own():
				args := s.running
				if len(args) == 0 {
					args = []string{"bash"}
				}
				dir := s.processDir(process{pid, s.pid, s.user.name, 3340, strings.Join(args, " "), "R", true}, s.dir)
				maps.Copy(dir.children["fd"].children, s.fs.pipes)
				return dir
			}
			for _, p := range list() {
				if p.pid == pid {
					dir := "/"
					if p.session && p.pid >= s.firstPID() {
						dir = s.dir
					}
					return s.processDir(p, dir)
				}
			}
			return nil
		},
	}
	return func() { dir.moving = nil }
}

// executable is the program of a process.
func (s *System) executable(p process) string {
	first, _, _ := strings.Cut(p.command, " ")
	switch {
	case p.kernel():
		return ""
	case s.BusyBox && !strings.Contains(p.command, "sshd"):
		return "/bin/busybox"
	case first == "/sbin/init":
		return "/usr/lib/systemd/systemd"
	case strings.HasPrefix(first, "/lib/") || strings.HasPrefix(first, "/bin/") || strings.HasPrefix(first, "/sbin/"):
		return "/usr" + first
	case strings.HasPrefix(first, "/"):
		return first
	case strings.HasSuffix(first, ":"):
		return "/usr/sbin/" + strings.TrimSuffix(first, ":")
	}
	name := strings.TrimPrefix(first, "-")
	if systemTools[name] {
		return "/usr/sbin/" + name
	}
	return "/usr/bin/" + name
}

// processDir is a process's directory in /proc.
func (s *Shell) processDir(p process, at string) *node {
	born := s.sys.host.BootTime()
	if p.session {
		born = s.login
	}
	dir := &node{name: strconv.Itoa(p.pid), mode: fs.ModeDir | 0o555, owner: p.user, group: p.user, mtime: born, apparent: -1, children: map[string]*node{}}
	add := func(name string, mode fs.FileMode, text func() string) {
		dir.children[name] = &node{name: name, mode: mode, owner: p.user, group: p.user, mtime: born, generate: text}
	}
	link := func(name, target string) {
		dir.children[name] = &node{name: name, mode: fs.ModeSymlink | 0o777, owner: p.user, group: p.user, mtime: born, target: target}
	}
	name := p.name()
	if name = name[:min(15, len(name))]; p.pid == 1 && !s.sys.BusyBox {
		name = "systemd"
	}
	id := s.sys.idOf(p.user)
	rss := p.rss
	if p.kernel() {
		rss = 0
	}
	executable := s.sys.executable(p)
	add("cmdline", 0o444, func() string {
		if p.kernel() {
			return ""
		}
		return strings.ReplaceAll(p.command, " ", "\x00") + "\x00"
	})
	add("comm", 0o644, func() string { return name + "\n" })
	add("status", 0o444, func() string {
		state := map[byte]string{'R': "R (running)", 'S': "S (sleeping)", 'I': "I (idle)"}[p.state[0]]
		return fmt.Sprintf("Name:\t%s\nUmask:\t0022\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%[3]d\nPPid:\t%d\nTracerPid:\t0\nUid:\t%s\t%[5]s\t%[5]s\t%[5]s\nGid:\t%[5]s\t%[5]s\t%[5]s\t%[5]s\nFDSize:\t64\nGroups:\t \nVmPeak:\t%8d kB\nVmSize:\t%8[6]d kB\nVmRSS:\t%8d kB\nThreads:\t1\nSeccomp:\t0\n", name, state, p.pid, p.parent, id, rss*7, rss)
	})
	add("stat", 0o444, func() string {
		return fmt.Sprintf("%d (%s) %c %d %[1]d %[1]d 0 -1 4194560 412 0 0 0 1 2 0 0 20 0 1 0 %[5]d %d %d\n", p.pid, name, p.state[0], p.parent, max(0, int(born.Sub(s.sys.host.BootTime()).Seconds()*100)), rss*7<<10, rss/4)
	})
	add("statm", 0o444, func() string { return fmt.Sprintf("%d %d %d 1 0 %d 0\n", rss*7/4, rss/4, rss/6, rss/3) })
	add("cgroup", 0o444, func() string {
		if p.pid == 1 {
			return "0::/init.scope\n"
		}
		return "0::/system.slice\n"
	})
	add("mounts", 0o444, s.sys.mounts)
	add("limits", 0o444, func() string {
		return "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 1048576              files     \n"
	})
	add("maps", 0o444, func() string {
		if executable == "" {
			return ""
		}
		base := 0x550000000000 + p.pid*0x1fd3b000
		return fmt.Sprintf("%012x-%012x r--p 00000000 08:01 %d                     %s\n%012x-%012x r-xp 00002000 08:01 %[3]d                     %[4]s\n", base, base+0x2000, s.inode(executable), executable, base+0x2000, base+0x6000)
	})
	for _, file := range []string{"oom_score_adj", "oom_adj"} {
		dir.children[file] = &node{name: file, mode: 0o644, owner: p.user, group: p.user, mtime: born, content: "0\n"}
	}
	add("oom_score", 0o444, func() string { return "666\n" })
	add("environ", 0o400, func() string {
		if p.session && p.user == s.user.name {
			return strings.Join(s.exported(), "\x00") + "\x00"
		}
		return ""
	})
	dir.children["fd"] = &node{name: "fd", mode: fs.ModeDir | 0o500, owner: p.user, group: p.user, mtime: born, apparent: -1, children: map[string]*node{}}
	to := "/dev/null"
	if p.session {
		if to = "pipe:[" + strconv.Itoa(20000+p.pid) + "]"; s.Interactive {
			to = "/dev/pts/0"
		}
	}
	if !p.kernel() {
		for _, fd := range []string{"0", "1", "2"} {
			dir.children["fd"].children[fd] = &node{name: fd, mode: fs.ModeSymlink | 0o700, owner: p.user, group: p.user, mtime: born, target: to}
		}
		link("exe", executable)
	}
	link("cwd", at)
	link("root", "/")
	return dir
}

// devices fills /dev.
func (s *System) devices(b builder) {
	b.mtime = s.host.BootTime()
	put := func(name string, mode fs.FileMode, group string, major, minor int) {
		b.put("/dev/"+name, &node{mode: mode, group: group, major: major, minor: minor, mtime: s.host.BootTime()})
	}
	character, block := fs.ModeDevice|fs.ModeCharDevice, fs.ModeDevice
	for name, minor := range map[string]int{"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9} {
		put(name, character|0o666, "", 1, minor)
	}
	put("tty", character|0o666, "tty", 5, 0)
	put("console", character|0o600, "tty", 5, 1)
	put("ptmx", character|0o666, "tty", 5, 2)
	put("kmsg", character|0o644, "", 1, 11)
	put("mem", character|0o640, "kmem", 1, 1)
	put("pts/0", character|0o620, "tty", 136, 0)
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		b.put("/dev/"+name, &node{mode: fs.ModeSymlink | 0o777, target: target, mtime: s.host.BootTime()})
	}
	if s.Embedded {
		for i := range 4 {
			put(fmt.Sprintf("mtd%d", i), character|0o640, "", 90, i*2)
			put(fmt.Sprintf("mtdblock%d", i), block|0o640, "", 31, i)
		}
		put("ttyS0", character|0o600, "", 4, 64)
		put("watchdog", character|0o600, "", 10, 130)
		return
	}
	for name, minor := range map[string]int{"fuse": 229, "hpet": 228, "rtc0": 0, "snapshot": 231, "uinput": 223, "vga_arbiter": 63, "loop-control": 237, "cpu_dma_latency": 125} {
		put(name, character|0o600, "", 10, minor)
	}
	put("sda", block|0o660, "disk", 8, 0)
	put("sda1", block|0o660, "disk", 8, 1)
	put("sr0", block|0o660, "cdrom", 11, 0)
	for i := range 8 {
		put(fmt.Sprintf("loop%d", i), block|0o660, "disk", 7, i)
		put(fmt.Sprintf("tty%d", i), character|0o620, "tty", 4, i)
	}
	for i := range 4 {
		put(fmt.Sprintf("ttyS%d", i), character|0o660, "dialout", 4, 64+i)
	}
	b.dirs(0o755, "/dev/block", "/dev/bus", "/dev/char", "/dev/disk", "/dev/input", "/dev/mapper", "/dev/mqueue", "/dev/net", "/dev/hugepages", "/dev/cpu")
	put("net/tun", character|0o666, "", 10, 200)
	b.put("/dev/cdrom", &node{mode: fs.ModeSymlink | 0o777, target: "sr0", mtime: s.host.BootTime()})
	b.put("/dev/rtc", &node{mode: fs.ModeSymlink | 0o777, target: "rtc0", mtime: s.host.BootTime()})
	b.put("/dev/core", &node{mode: fs.ModeSymlink | 0o777, target: "/proc/kcore", mtime: s.host.BootTime()})
}

// idOf is an account's number.
func (s *System) idOf(name string) string {
	a, _ := s.account(name)
	return strconv.Itoa(a.uid)
}
