package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func uname(c *call) int {
	flags, _ := c.options("")
	if _, all := flags['a']; all {
		c.printf("%s\n", c.sys.Uname())
		return 0
	}
	var out []string
	for _, part := range []struct {
		letter rune
		value  string
	}{{'s', "Linux"}, {'n', c.sys.Hostname}, {'r', c.sys.Kernel}, {'v', c.sys.Build}, {'m', c.sys.Machine}, {'p', "unknown"}, {'i', "unknown"}, {'o', "GNU/Linux"}} {
		if _, want := flags[part.letter]; want {
			out = append(out, part.value)
		}
	}
	if len(out) == 0 {
		out = []string{"Linux"}
	}
	c.printf("%s\n", strings.Join(out, " "))
	return 0
}

func id(c *call) int {
	flags, operands := c.options("")
	a := c.user
	if len(operands) > 0 {
		var ok bool
		if a, ok = c.sys.account(operands[0]); !ok {
			return c.fail(1, "'%s': no such user", operands[0])
		}
	}
	_, number := flags['u']
	_, group := flags['g']
	_, name := flags['n']
	switch {
	case number && name:
		c.printf("%s\n", a.name)
	case number:
		c.printf("%d\n", a.uid)
	case group:
		c.printf("%d\n", a.gid)
	default:
		extra := ""
		if a.name == c.sys.User && c.sys.Group != "" {
			extra = fmt.Sprintf(",27(%s)", c.sys.Group)
		}
		c.printf("uid=%d(%s) gid=%d(%[2]s) groups=%[3]d(%[2]s)%[4]s\n", a.uid, a.name, a.gid, extra)
	}
	return 0
}

func whoami(c *call) int {
	c.printf("%s\n", c.user.name)
	return 0
}

func groups(c *call) int {
	c.printf("%s", c.user.name)
	if c.user.name == c.sys.User && c.sys.Group != "" {
		c.printf(" %s", c.sys.Group)
	}
	c.printf("\n")
	return 0
}

func hostname(c *call) int {
	switch {
	case len(c.args) > 1 && c.args[1] == "-I":
		c.printf("%s \n", c.sys.IP)
	case len(c.args) > 1 && !strings.HasPrefix(c.args[1], "-"):
		return c.fail(1, "you must be root to change the host name")
	default:
		c.printf("%s\n", c.sys.Hostname)
	}
	return 0
}

// process is one that seems to run.
type process struct {
	pid     int
	user    string
	rss     int
	command string
}

func (s *Shell) processes() []process {
	r := s.sys.host.Rand("processes")
	list := []process{{1, "root", 11240, "/sbin/init"}}
	pid := 2
	add := func(user, command string, step int) {
		pid += 1 + r.IntN(step)
		list = append(list, process{pid, user, 900 + r.IntN(14000), command})
	}
	if s.sys.Embedded {
		for _, cmd := range []string{"[kthreadd]", "[ksoftirqd/0]", "/sbin/procd", "/sbin/ubusd", "/usr/sbin/httpd -p 80 -h /www", "/usr/sbin/telnetd -l /bin/login", "/usr/sbin/ntpd -n"} {
			add("root", cmd, 60)
		}
		list = append(list, process{s.pid, s.user.name, 812, "-sh"})
		return list
	}
	for _, cmd := range []string{"[kthreadd]", "[rcu_gp]", "[kworker/0:0H]", "[mm_percpu_wq]", "[ksoftirqd/0]", "[migration/0]", "[kcompactd0]"} {
		add("root", cmd, 3)
	}
	pid = 200
	add("root", "/lib/systemd/systemd-journald", 100)
	add("root", "/lib/systemd/systemd-udevd", 60)
	add("systemd-network", "/lib/systemd/systemd-networkd", 150)
	add("root", "/usr/sbin/cron -f", 150)
	add("messagebus", "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile", 9)
	add("root", "/usr/sbin/rsyslogd -n -iNONE", 9)
	add("root", "/lib/systemd/systemd-logind", 60)
	add("root", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", 100)
	add("root", "/sbin/agetty -o -p -- \\u --noclear tty1 linux", 30)
	return append(list,
		process{s.pid - 11, "root", 10912, "sshd: " + s.user.name + " [priv]"},
		process{s.pid - 1, s.user.name, 6780, "sshd: " + s.user.name + "@pts/0"},
		process{s.pid, s.user.name, 4980, "-bash"})
}

func ps(c *call) int {
	all := len(c.args) > 1
	list := c.processes()
	own := process{c.pid + 17, c.user.name, 3340, strings.Join(c.args, " ")}
	switch {
	case c.sys.BusyBox:
		c.printf("  PID USER       VSZ STAT COMMAND\n")
		for _, p := range append(list, own) {
			c.printf("%5d %-8.8s %5d S    %s\n", p.pid, p.user, p.rss, p.command)
		}
	case all && strings.Contains(c.args[1], "u"):
		c.printf("USER         PID %%CPU %%MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
		for _, p := range append(list, own) {
			rss, vsz := p.rss, p.rss*7
			if p.command[0] == '[' {
				rss, vsz = 0, 0
			}
			c.printf("%-8.8s %7d  0.0 %4.1f %6d %5d %-8s S    %s   0:00 %s\n", p.user, p.pid, float64(rss)*100/float64(c.sys.MemoryKB), vsz, rss, c.tty(p), c.sys.host.BootTime().Format("Jan02"), p.command)
		}
	case all:
		c.printf("UID          PID    PPID  C STIME TTY          TIME CMD\n")
		for _, p := range append(list, own) {
			c.printf("%-8.8s %7d %7d  0 %s %-8s 00:00:00 %s\n", p.user, p.pid, min(1, p.pid-1), c.sys.host.BootTime().Format("Jan02"), c.tty(p), p.command)
		}
	default:
		c.printf("    PID TTY          TIME CMD\n%7d pts/0    00:00:00 bash\n%7d pts/0    00:00:00 ps\n", c.pid, c.pid+17)
	}
	return 0
}

func (c *call) tty(p process) string {
	if p.pid >= c.pid {
		return "pts/0"
	}
	return "?"
}

func top(c *call) int {
	uptimeLine(c)
	total, used, cached := c.sys.memory()
	c.printf("Tasks:  %d total,   1 running,  %d sleeping,   0 stopped,   0 zombie\n%%Cpu(s):  0.3 us,  0.3 sy,  0.0 ni, 99.3 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\nMiB Mem : %8.1f total, %8.1f free, %8.1f used, %8.1f buff/cache\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %%CPU  %%MEM     TIME+ COMMAND\n",
		len(c.processes()), len(c.processes())-1, float64(total)/1024, float64(total-used-cached)/1024, float64(used)/1024, float64(cached)/1024)
	for _, p := range c.processes() {
		c.printf("%7d %-9.9s 20   0 %7d %6d %6d S   0.0   0.%d   0:00.%02d %s\n", p.pid, p.user, p.rss*7, p.rss, p.rss/2, p.rss%9, p.pid%60, strings.Fields(p.command)[0])
	}
	return 0
}

func uptimeLine(c *call) {
	up := c.sys.uptime()
	days, hours, minutes := int(up.Hours())/24, int(up.Hours())%24, int(up.Minutes())%60
	since := fmt.Sprintf("%2d:%02d", hours, minutes)
	if days == 1 {
		since = "1 day, " + since
	} else if days > 1 {
		since = fmt.Sprintf("%d days, %s", days, since)
	}
	c.printf(" %s up %s,  1 user,  load average: %s\n", c.sys.host.Now().Format("15:04:05"), since, strings.Join(strings.Fields(c.sys.load()), ", "))
}

func uptime(c *call) int {
	if slices.Contains(c.args, "-s") {
		c.printf("%s\n", c.sys.host.BootTime().Format(time.DateTime))
		return 0
	}
	uptimeLine(c)
	return 0
}

func w(c *call) int {
	uptimeLine(c)
	c.printf("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n%-8.8s pts/0    %-16.16s %s    0.00s  0.01s  0.00s w\n", c.user.name, c.From, c.login.Format("15:04"))
	return 0
}

func who(c *call) int {
	c.printf("%-8s pts/0        %s (%s)\n", c.user.name, c.login.Format("2006-01-02 15:04"), c.From)
	return 0
}

func last(c *call) int {
	c.printf("%-8s pts/0        %-16s %s   still logged in\nreboot   system boot  %-16.16s %s   still running\n\nwtmp begins %s\n",
		c.user.name, c.From, c.login.Format("Mon Jan _2 15:04"), c.sys.Kernel, c.sys.host.BootTime().Format("Mon Jan _2 15:04"), c.sys.host.Installed().Format("Mon Jan _2 15:04:05 2006"))
	return 0
}

func free(c *call) int {
	total, used, cached := c.sys.memory()
	unit := 1
	if flags, _ := c.options(""); len(flags) > 0 {
		for letter, divisor := range map[rune]int{'m': 1024, 'g': 1 << 20, 'h': 1024} {
			if _, ok := flags[letter]; ok {
				unit = divisor
			}
		}
	}
	c.printf("               total        used        free      shared  buff/cache   available\nMem:     %11d %11d %11d %11d %11d %11d\nSwap:    %11d %11d %11d\n",
		total/unit, used/unit, (total-used-cached)/unit, 1044/unit, cached/unit, (total-used)/unit, 0, 0, 0)
	return 0
}

func df(c *call) int {
	size, memory := c.sys.DiskKB, c.sys.MemoryKB/2
	used := size * (21 + int(c.sys.host.Bytes("disk", 1)[0])%40) / 100
	unit, title := strconv.Itoa, "1K-blocks"
	if flags, _ := c.options(""); flags['h'] != "" {
		unit, title = human, "Size"
	}
	device := "/dev/sda1"
	if c.sys.Embedded {
		device = "/dev/mtdblock6"
	}
	const row = "%-15s %9s %8s %9s %4s %s\n"
	c.printf(row, "Filesystem", title, "Used", "Available", "Use%", "Mounted on")
	c.printf(row, device, unit(size), unit(used), unit(size-used), strconv.Itoa(used*100/size)+"%", "/")
	c.printf(row, "tmpfs", unit(memory), "0", unit(memory), "0%", "/dev/shm")
	return 0
}

// human renders kilobytes as df -h does.
func human(kb int) string {
	switch {
	case kb >= 10<<20:
		return strconv.Itoa(kb>>20) + "G"
	case kb >= 10<<10:
		return strconv.Itoa(kb>>10) + "M"
	}
	return strconv.Itoa(kb) + "K"
}

func du(c *call) int {
	_, operands := c.options("")
	if len(operands) == 0 {
		operands = []string{"."}
	}
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), true)
		if err != nil {
			return c.fail(1, "cannot access '%s': %s", p, problem(err))
		}
		c.printf("%d\t%s\n", 4+n.weight()/1024, p)
	}
	return 0
}

// weight is the size of all that is under a node.
func (n *node) weight() int {
	total := n.size()
	for _, child := range n.children {
		total += child.weight()
	}
	return total
}

func date(c *call) int {
	now := c.sys.host.Now()
	for _, a := range c.args[1:] {
		if format, ok := strings.CutPrefix(a, "+"); ok {
			c.printf("%s\n", strings.NewReplacer("%s", fmt.Sprint(now.Unix()), "%Y", now.Format("2006"), "%m", now.Format("01"), "%d", now.Format("02"), "%H", now.Format("15"),
				"%M", now.Format("04"), "%S", now.Format("05"), "%F", now.Format("2006-01-02"), "%T", now.Format("15:04:05"), "%y", now.Format("06"), "%N", now.Format("000000000"), "%Z", "UTC", "%a", now.Format("Mon"), "%b", now.Format("Jan")).Replace(format))
			return 0
		}
	}
	c.printf("%s\n", now.Format("Mon Jan _2 15:04:05 UTC 2006"))
	return 0
}

func nproc(c *call) int {
	c.printf("%d\n", c.sys.CPUs)
	return 0
}

func lscpu(c *call) int {
	c.printf("Architecture:            %s\n  CPU op-mode(s):        32-bit, 64-bit\nCPU(s):                  %d\n  On-line CPU(s) list:   0-%d\nModel name:              %s\n  Thread(s) per core:    1\n  Core(s) per socket:    %d\nHypervisor vendor:       KVM\nVirtualization type:     full\n",
		c.sys.Machine, c.sys.CPUs, c.sys.CPUs-1, c.sys.CPU, c.sys.CPUs)
	return 0
}

func lsbRelease(c *call) int {
	c.printf("Distributor ID:\t%s\nDescription:\t%s\n", strings.ToUpper(c.sys.ID[:1])+c.sys.ID[1:], c.sys.Pretty)
	return 0
}

func dmesg(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "read kernel buffer failed: Operation not permitted")
	}
	c.printf("[    0.000000] Linux version %s %s\n[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-%[1]s root=/dev/sda1 ro quiet\n[    0.004000] CPU: %[3]s\n[    1.214077] EXT4-fs (sda1): mounted filesystem with ordered data mode\n[    2.902113] eth0: renamed from veth\n", c.sys.Kernel, c.sys.Build, c.sys.CPU)
	return 0
}

func mount(c *call) int {
	c.printf("/dev/sda1 on / type ext4 (rw,relatime,errors=remount-ro)\nproc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\nsysfs on /sys type sysfs (rw,nosuid,nodev,noexec,relatime)\ntmpfs on /dev/shm type tmpfs (rw,nosuid,nodev)\n")
	return 0
}

func env(c *call) int {
	if len(c.args) > 1 {
		args := c.args[1:]
		for len(args) > 0 && strings.Contains(args[0], "=") {
			args = args[1:]
		}
		if len(args) > 0 {
			return c.runTool(args)
		}
	}
	for _, pair := range c.exported() {
		c.printf("%s\n", pair)
	}
	return 0
}
