package shell

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// process is one that seems to run.
type process struct {
	pid, parent int
	user        string
	rss         int
	command     string
	state       string // as ps has it
	session     bool   // of the intruder's own
}

// kernel tells whether it is a thread of the kernel.
func (p process) kernel() bool { return p.command[0] == '[' }

// name is what the kernel calls it.
func (p process) name() string {
	if strings.HasPrefix(p.command, "nginx: ") || strings.HasPrefix(p.command, "sshd: ") || strings.HasPrefix(p.command, "proftpd: ") {
		name, _, _ := strings.Cut(p.command, ":")
		return name
	}
	if p.kernel() { // whose names may have slashes
		return strings.Trim(p.command, "[]")
	}
	first, _, _ := strings.Cut(p.command, " ")
	return strings.TrimPrefix(first[strings.LastIndexByte(first, '/')+1:], "-")
}

// spent is how much processor time it has used in all, by when the host was booted: some use more than others, most hardly any, and of the kernel's only those that work for others.
func (p process) spent(up time.Duration) time.Duration {
	if p.session {
		return 0
	}
	each := []int{0, 1, 0, 6, 2, 0, 11}[p.pid%7] // seconds in a day
	switch {
	case p.pid == 1:
		each = 4
	case p.kernel():
		if each = 0; strings.HasPrefix(p.command, "[ksoftirqd") || strings.HasPrefix(p.command, "[rcu_sched") || strings.HasPrefix(p.command, "[rcu_preempt") {
			each = 2
		}
	}
	return time.Duration(up.Hours() / 24 * float64(each) * float64(time.Second)).Truncate(time.Second)
}

// clock is a time as ps has it.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// processes are all that seem to run: those of the system, one for each service that the decky has, and the intruder's own.
func (s *Shell) processes() []process {
	r := s.sys.host.Rand("processes")
	list := []process{{1, 0, "root", 11240, s.sys.init(), "Ss", false}}
	pid := 1
	add := func(user, command, state string, step int) int {
		pid += 1 + r.IntN(step)
		parent := 1
		if command[0] == '[' && pid > 2 {
			parent = 2
		}
		list = append(list, process{pid, parent, user, 900 + r.IntN(14000), command, state, false})
		return pid
	}
	if s.sys.Embedded {
		for _, cmd := range []string{"[kthreadd]", "[ksoftirqd/0]", "/sbin/procd", "/sbin/ubusd", "/usr/sbin/httpd -p 80 -h /www", "/usr/sbin/telnetd -l /bin/login", "/usr/sbin/ntpd -n"} {
			add("root", cmd, "S", 60)
		}
		return append(list, process{s.pid, 1, s.user.name, 812, "-sh", "S", true})
	}
	add("root", "[kthreadd]", "S", 1)
	for _, thread := range []string{"[rcu_gp]", "[rcu_par_gp]", "[slub_flushwq]", "[netns]", "[kworker/0:0H-events_highpri]", "[mm_percpu_wq]", "[rcu_tasks_kthread]", "[ksoftirqd/0]", "[rcu_preempt]", "[migration/0]", "[cpuhp/0]", "[kdevtmpfs]", "[kauditd]", "[khungtaskd]", "[oom_reaper]", "[writeback]", "[kcompactd0]", "[ksmd]", "[kintegrityd]", "[kblockd]", "[kswapd0]", "[kthrotld]", "[scsi_eh_0]", "[jbd2/sda1-8]", "[ext4-rsv-conver]"} {
		state := "I"
		switch {
		case slices.Contains([]string{"[ksoftirqd/0]", "[migration/0]", "[cpuhp/0]", "[kdevtmpfs]", "[kauditd]", "[khungtaskd]", "[oom_reaper]", "[kcompactd0]", "[kswapd0]", "[scsi_eh_0]", "[jbd2/sda1-8]"}, thread):
			state = "S"
		case slices.Contains([]string{"[rcu_gp]", "[rcu_par_gp]", "[slub_flushwq]", "[netns]", "[mm_percpu_wq]", "[writeback]", "[kintegrityd]", "[kblockd]", "[kthrotld]", "[ext4-rsv-conver]"}, thread):
			state = "I<"
		case thread == "[ksmd]":
			state = "SN"
		}
		add("root", thread, state, 3)
	}
	pid = 200
	if s.sys.BusyBox {
		add("root", "/sbin/syslogd -t -n", "S", 100)
		add("root", "/usr/sbin/crond -c /etc/crontabs -f", "S", 100)
	} else {
		add("root", "/lib/systemd/systemd-journald", "Ss", 100)
		add("root", "/lib/systemd/systemd-udevd", "Ss", 60)
		add("systemd-network", "/lib/systemd/systemd-networkd", "Ss", 150)
		add("root", "/usr/sbin/"+s.sys.cron()+" -f", "Ss", 150)
		add("messagebus", "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only", "Ss", 9)
		add("root", "/usr/sbin/rsyslogd -n -iNONE", "Ssl", 9)
		add("root", "/lib/systemd/systemd-logind", "Ss", 60)
	}
	sshd := add("root", sshDaemon, "Ss", 100)
	if !s.sys.BusyBox {
		add("root", "/sbin/agetty -o -p -- \\u --noclear - linux", "Ss+", 30)
	}
	for _, one := range s.sys.daemons() {
		of := add(one.User, one.Command, "Ssl", 40)
		if strings.HasPrefix(one.Command, "nginx: ") {
			for range s.sys.CPUs {
				pid++
				list = append(list, process{pid, of, "www-data", 5200 + r.IntN(900), "nginx: worker process", "S", false})
			}
		}
	}
	terminal := "@notty"
	if s.Interactive {
		terminal = "@pts/0"
	}
	first, user := s.firstPID(), s.loginName()
	list = append(list, process{first - 11, sshd, "root", 10912, "sshd: " + user + " [priv]", "Ss", true}, process{first - 1, first - 11, user, 6780, "sshd: " + user + terminal, "S", true})
	if !s.Interactive {
		return append(list, process{s.pid, s.pid - 1, s.user.name, 3420, "bash -c " + s.last(), "Ss", true})
	}
	parent := first - 1
	for i, o := range s.outer {
		command := "bash"
		if i == 0 || o.loginShell {
			command = "-bash"
		}
		list = append(list, process{o.pid, parent, o.user.name, 4980, command, "Ss", true})
		parent = o.pid
	}
	command := "bash"
	if len(s.outer) == 0 || s.loginShell {
		command = "-bash"
	}
	list = append(list, process{s.pid, parent, s.user.name, 4980, command, "Ss", true})
	for _, j := range s.jobs {
		if j.runs(s.sys.host.Now()) {
			list = append(list, process{j.pid, s.pid, s.user.name, 1016, j.text, "S", true})
		}
	}
	return list
}

// last is the line that runs.
func (s *Shell) last() string {
	if len(s.history) == 0 {
		return ""
	}
	line, _, _ := strings.Cut(s.history[len(s.history)-1], "\n")
	return line[:min(len(line), 200)]
}

func (s *System) init() string {
	if s.Embedded || s.BusyBox || s.Packages == "apt" {
		return "/sbin/init"
	}
	return "/usr/lib/systemd/systemd --switched-root --system --deserialize 31"
}

func (s *System) cron() string {
	if s.Packages == "apt" {
		return "cron"
	}
	return "crond"
}

func ps(c *call) int {
	list := c.processes()
	own := process{c.pid + 17, c.pid, c.user.name, 3340, strings.Join(c.args, " "), "R+", true}
	if !c.Interactive {
		own.state = "R"
	}
	list = append(list, own)
	if !c.ofBusyBox() {
		if status, done := c.psColumns(list); done {
			return status
		}
	}
	// "ps aux" has its letters without a dash, and so options of its own.
	up := c.sys.uptime()
	letters := strings.Join(c.args[1:], "")
	letters = strings.ReplaceAll(letters, "-", "")
	since := func(p process) string {
		if p.session {
			return c.login.Format("15:04")
		}
		return c.sys.host.BootTime().Format("Jan02")
	}
	switch {
	case c.applet && !c.sys.BusyBox:
		c.printf("PID   USER     COMMAND\n")
		for _, p := range list {
			c.printf("%5d %-8.8s %s\n", p.pid, p.user, p.command)
		}
	case c.sys.BusyBox:
		c.printf("  PID USER       VSZ STAT COMMAND\n")
		for _, p := range list {
			c.printf("%5d %-8.8s %5d %-4s %s\n", p.pid, p.user, p.rss, p.state[:1], p.command)
		}
	case strings.ContainsAny(letters, "u") && strings.ContainsAny(letters, "ax"):
		c.printf("USER         PID %%CPU %%MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
		for _, p := range list {
			rss, vsz := p.rss, p.rss*7
			if p.kernel() {
				rss, vsz = 0, 0
			}
			c.printf("%-8s %7d  0.0 %4.1f %6d %5d %-8s %-4s %5s %6s %s\n", shortened(p.user), p.pid, float64(rss)*100/float64(c.sys.MemoryKB), vsz, rss, c.tty(p), p.state, since(p), fmt.Sprintf("%d:%02d", int(p.spent(up).Minutes()), int(p.spent(up).Seconds())%60), p.command)
		}
	case strings.ContainsAny(letters, "eAaxf"):
		full := strings.Contains(letters, "f")
		if full {
			c.printf("UID          PID    PPID  C STIME TTY          TIME CMD\n")
		} else {
			c.printf("    PID TTY          TIME CMD\n")
		}
		for _, p := range list {
			if full {
				c.printf("%-8s %7d %7d  0 %s %-8s %s %s\n", shortened(p.user), p.pid, p.parent, since(p), c.tty(p), clock(p.spent(up)), p.command)
			} else {
				name := p.name()
				if !p.kernel() {
					name = name[:min(len(name), 15)]
				}
				c.printf("%7d %-8s %s %s\n", p.pid, c.tty(p), clock(p.spent(up)), name)
			}
		}
	default:
		c.printf("    PID TTY          TIME CMD\n%7d %-8s 00:00:00 bash\n%7d %-8[2]s 00:00:00 ps\n", c.pid, c.tty(list[len(list)-1]), c.pid+17)
	}
	return 0
}

// shortened is a user's name as ps has it where there is no room.
func shortened(user string) string {
	if len(user) > 8 {
		return user[:7] + "+"
	}
	return user
}

func (c *call) tty(p process) string {
	switch {
	case p.session && p.pid >= c.firstPID() && c.Interactive:
		return "pts/0"
	case strings.HasPrefix(p.command, "/sbin/agetty"):
		return "tty1"
	}
	return "?"
}

// pgrep finds processes by name.
func pgrep(c *call) int {
	flags, operands := c.options("ug")
	if len(operands) == 0 {
		return c.fail(2, "no matching criteria specified\nTry `pgrep --help' for more information.")
	}
	status := 1
	for _, p := range c.processes() {
		text := p.name()
		if flags['f'] != "" {
			text = p.command
		}
		if !strings.Contains(text, operands[0]) {
			continue
		}
		status = 0
		switch {
		case flags['a'] != "":
			c.printf("%d %s\n", p.pid, p.command)
		case flags['l'] != "":
			c.printf("%d %s\n", p.pid, p.name())
		default:
			c.printf("%d\n", p.pid)
		}
	}
	return status
}

func top(c *call) int {
	c.printf("top -")
	uptimeLine(c)
	total, used, cached := c.sys.memory()
	list, up := c.processes(), c.sys.uptime()
	c.printf("Tasks: %3d total,   1 running, %3d sleeping,   0 stopped,   0 zombie\n%%Cpu(s):  0.3 us,  0.3 sy,  0.0 ni, 99.3 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\nMiB Mem : %8.1f total, %8.1f free, %8.1f used, %8.1f buff/cache\nMiB Swap: %8.1f total, %8.1f free, %8.1f used. %8.1f avail Mem\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %%CPU  %%MEM     TIME+ COMMAND\n",
		len(list), len(list)-1, float64(total)/1024, float64(total-used-cached)/1024, float64(used)/1024, float64(cached)/1024, 0.0, 0.0, 0.0, float64(total-used)/1024)
	for _, p := range list {
		rss, nice := p.rss, 0
		if p.kernel() {
			rss = 0
		}
		if strings.HasSuffix(p.state, "<") {
			nice = -20
		}
		c.printf("%7d %-9.9s %2d %3d %7d %6d %6d %s   0.0 %5.1f %3d:%02d.%02d %s\n", p.pid, p.user, 20+nice, nice, rss*7, rss, rss/2, p.state[:1], float64(rss)*100/float64(total), int(p.spent(up).Minutes()), int(p.spent(up).Seconds())%60, p.pid%60, p.name())
	}
	return 0
}

// psFields are the columns of ps -o, with their headings; those of texts stand at the left.
var psFields = map[string]struct {
	heading string
	width   int
	left    bool
}{
	"pid": {"PID", 7, false}, "ppid": {"PPID", 7, false}, "user": {"USER", 8, true}, "euser": {"EUSER", 8, true}, "uid": {"UID", 5, false}, "comm": {"COMMAND", 15, true}, "ucmd": {"CMD", 15, true}, "cmd": {"CMD", 27, true},
	"args": {"COMMAND", 27, true}, "command": {"COMMAND", 27, true}, "pcpu": {"%CPU", 4, false}, "%cpu": {"%CPU", 4, false}, "pmem": {"%MEM", 4, false}, "%mem": {"%MEM", 4, false}, "vsz": {"VSZ", 6, false}, "rss": {"RSS", 5, false},
	"tty": {"TT", 8, true}, "tt": {"TT", 8, true}, "stat": {"STAT", 4, true}, "state": {"S", 1, true}, "s": {"S", 1, true}, "time": {"TIME", 8, false}, "cputime": {"TIME", 8, false}, "etime": {"ELAPSED", 11, false}, "etimes": {"ELAPSED", 7, false},
	"start": {"STARTED", 8, false}, "lstart": {"STARTED", 24, false}, "stime": {"STIME", 5, false}, "ni": {"NI", 3, false}, "nice": {"NI", 3, false}, "pri": {"PRI", 3, false}, "sid": {"SID", 7, false}, "pgid": {"PGID", 7, false}, "exe": {"EXE", 27, true},
}

// psField is one column of one process.
func (c *call) psField(p process, name string) string {
	up, born := c.sys.uptime(), c.sys.host.BootTime()
	if p.session {
		born = c.login
	}
	rss := p.rss
	if p.kernel() {
		rss = 0
	}
	elapsed := c.sys.host.Now().Sub(born)
	switch name {
	case "pid", "sid", "pgid":
		return strconv.Itoa(p.pid)
	case "ppid":
		return strconv.Itoa(p.parent)
	case "user", "euser":
		return p.user
	case "uid":
		return c.idOf(p.user)
	case "comm", "ucmd":
		text := p.name()
		return text[:min(15, len(text))]
	case "cmd", "args", "command":
		return p.command
	case "exe":
		return cmp.Or(c.sys.executable(p), "-")
	case "pcpu", "%cpu":
		return "0.0"
	case "pmem", "%mem":
		return fmt.Sprintf("%.1f", float64(rss)*100/float64(c.sys.MemoryKB))
	case "vsz":
		return strconv.Itoa(rss * 7)
	case "rss":
		return strconv.Itoa(rss)
	case "tty", "tt":
		return c.tty(p)
	case "stat":
		return p.state
	case "state", "s":
		return p.state[:1]
	case "time", "cputime":
		return clock(p.spent(up))
	case "etimes":
		return strconv.Itoa(int(elapsed.Seconds()))
	case "etime":
		days, rest := int(elapsed.Hours())/24, elapsed%(24*time.Hour)
		if days > 0 {
			return fmt.Sprintf("%d-%s", days, clock(rest))
		}
		return strings.TrimPrefix(clock(rest), "00:")
	case "start", "stime":
		if p.session {
			return born.Format("15:04:05")
		}
		return born.Format("Jan 02")
	case "lstart":
		return born.Format("Mon Jan _2 15:04:05 2006")
	}
	return "0"
}

// psColumns is ps with columns or processes of one's choice; done is false where it is given neither.
func (c *call) psColumns(list []process) (status int, done bool) {
	var columns, headings []string
	chosen, every, full := false, false, false
	wanted := func(process) bool { return false }
	also := func(f func(process) bool) {
		before := wanted
		chosen, wanted = true, func(p process) bool { return before(p) || f(p) }
	}
	sorted := ""
	args := c.args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		if s, ok := strings.CutPrefix(a, "--sort="); ok {
			sorted = s
			continue
		}
		if a == "--sort" && i+1 < len(args) {
			i++
			sorted = args[i]
			continue
		}
		if name, value, ok := strings.Cut(a, "="); ok && (name == "--pid" || name == "--ppid" || name == "--user") {
			a = map[string]string{"--pid": "-p", "--ppid": "-P", "--user": "-u"}[name] + value
		}
		if strings.HasPrefix(a, "--") {
			continue
		}
		dashed := strings.HasPrefix(a, "-")
		letters := strings.TrimPrefix(a, "-")
	word:
		for j, letter := range letters {
			rest := letters[j+1:]
			take := func() string {
				if rest == "" && i+1 < len(args) {
					i++
					return args[i]
				}
				return rest
			}
			switch {
			case letter == 'o' || letter == 'O' && !dashed:
				for name := range strings.SplitSeq(take(), ",") {
					name, heading, given := strings.Cut(name, "=")
					name, _, _ = strings.Cut(name, ":")
					field, known := psFields[name]
					if !known {
						fmt.Fprintf(c.err, "error: unknown user-defined format specifier \"%s\"\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).\n", name)
						return 1, true
					}
					if !given {
						heading = field.heading
					}
					columns, headings = append(columns, name), append(headings, heading)
				}
				break word
			case letter == 'p' || letter == 'q':
				pids := strings.FieldsFunc(take(), func(r rune) bool { return r == ',' || r == ' ' })
				also(func(p process) bool { return slices.Contains(pids, strconv.Itoa(p.pid)) })
				break word
			case letter == 'P' && dashed:
				pids := take()
				also(func(p process) bool { return strconv.Itoa(p.parent) == pids })
				break word
			case letter == 'C' && dashed:
				names := strings.Split(take(), ",")
				also(func(p process) bool { return slices.Contains(names, p.name()) })
				break word
			case (letter == 'u' || letter == 'U') && dashed && (rest != "" || i+1 < len(args) && !strings.HasPrefix(args[i+1], "-")) && !strings.ContainsAny(letters[:j], "ax"):
				users := strings.Split(take(), ",")
				also(func(p process) bool { return slices.Contains(users, p.user) || slices.Contains(users, c.idOf(p.user)) })
				break word
			case letter == 'e' && dashed, letter == 'A', letter == 'x', letter == 'a' && !dashed:
				every = true
			case letter == 'f' && dashed:
				full = true
			case strings.IndexByte("aefglujmrsvwxTHLMNZdcnSyh", byte(letter)) < 0:
				return 0, false
			}
		}
	}
	if len(columns) == 0 && !chosen {
		return 0, false
	}
	if len(columns) == 0 {
		columns, headings = []string{"pid", "tty", "time", "comm"}, []string{"PID", "TTY", "TIME", "CMD"}
		if full {
			columns, headings = []string{"user", "pid", "ppid", "pcpu", "stime", "tty", "time", "args"}, []string{"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}
		}
	}
	if by := strings.TrimLeft(sorted, "+-"); by != "" {
		slices.SortStableFunc(list, func(a, b process) int {
			x, _ := strconv.ParseFloat(c.psField(a, by), 64)
			y, _ := strconv.ParseFloat(c.psField(b, by), 64)
			if strings.HasPrefix(sorted, "-") {
				return cmp.Compare(y, x)
			}
			return cmp.Compare(x, y)
		})
	}
	row := func(text func(i int, name string) string) {
		var cells []string
		for i, name := range columns {
			field := psFields[name]
			cell := text(i, name)
			switch {
			case field.left && i == len(columns)-1:
			case field.left:
				cell = fmt.Sprintf("%-*.*s", field.width, max(field.width, 0), cell)
			default:
				cell = fmt.Sprintf("%*s", field.width, cell)
			}
			cells = append(cells, cell)
		}
		c.printf("%s\n", strings.Join(cells, " "))
	}
	if strings.Join(headings, "") != "" {
		row(func(i int, _ string) string { return headings[i] })
	}
	status = 1
	for _, p := range list {
		own := p.session && p.user == c.user.name && p.pid >= c.firstPID()
		if chosen && !wanted(p) || !chosen && !every && !own {
			continue
		}
		status = 0
		row(func(_ int, name string) string { return c.psField(p, name) })
	}
	return status, true
}
