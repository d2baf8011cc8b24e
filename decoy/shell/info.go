package shell

import (
	"fmt"
	"slices"
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
		if a, ok = c.account(operands[0]); !ok {
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

func uptimeLine(c *call) {
	up := c.sys.uptime()
	days, hours, minutes := int(up.Hours())/24, int(up.Hours())%24, int(up.Minutes())%60
	since := fmt.Sprintf("%2d:%02d", hours, minutes)
	if days == 1 {
		since = "1 day, " + since
	} else if days > 1 {
		since = fmt.Sprintf("%d days, %s", days, since)
	}
	users := "0 users" // who has no terminal is not counted
	if c.Interactive {
		users = "1 user"
	}
	c.printf(" %s up %s,  %s,  load average: %s\n", c.sys.host.Now().Format("15:04:05"), since, users, strings.Join(strings.Fields(c.sys.load()), ", "))
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
	c.printf("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n")
	if !c.Interactive {
		return 0
	}
	c.printf("%-8.8s pts/0    %-16.16s %s    0.00s  0.01s  0.00s w\n", c.loginName(), c.From, c.login.Format("15:04"))
	return 0
}

func who(c *call) int {
	if !c.Interactive {
		return 0
	}
	c.printf("%-8s pts/0        %s (%s)\n", c.loginName(), c.login.Format("2006-01-02 15:04"), c.From)
	return 0
}

func last(c *call) int {
	boot := c.sys.host.BootTime()
	type entry struct {
		at   time.Time
		line string
	}
	entries := []entry{{boot, fmt.Sprintf("reboot   system boot  %-16.16s %s   still running\n", c.sys.Kernel, boot.Format("Mon Jan _2 15:04"))}}
	add := func(user string, v visit) {
		end := "  gone - no logout"
		switch length := v.until.Sub(v.at); {
		case v.until.Equal(boot):
			end = fmt.Sprintf("- down   (%02d:%02d)", int(length.Hours()), int(length.Minutes())%60)
		case !v.until.IsZero():
			end = fmt.Sprintf("- %s  (%02d:%02d)", v.until.Format("15:04"), int(length.Hours()), int(length.Minutes())%60)
		}
		entries = append(entries, entry{v.at, fmt.Sprintf("%-8.8s pts/0        %-16s %s %s\n", user, v.from, v.at.Format("Mon Jan _2 15:04"), end)})
	}
	for _, user := range []string{"root", c.sys.User} {
		for _, v := range c.sys.ownVisits(user, c.login) {
			add(user, v)
		}
	}
	g := c.sys.guest(c.From)
	g.mu.Lock()
	for user, v := range g.visits {
		if v.until.After(v.at) {
			add(user, v)
		}
	}
	g.mu.Unlock()
	slices.SortFunc(entries, func(a, b entry) int { return b.at.Compare(a.at) })
	if c.Interactive {
		c.printf("%-8.8s pts/0        %-16s %s   still logged in\n", c.loginName(), c.From, c.login.Format("Mon Jan _2 15:04"))
	}
	for _, e := range entries {
		c.printf("%s", e.line)
	}
	c.printf("\nwtmp begins %s\n", c.sys.host.Installed().Format("Mon Jan _2 15:04:05 2006"))
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
