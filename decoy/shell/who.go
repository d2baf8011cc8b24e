package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func ttyName(c *call) int {
	if !c.atTerminal() {
		c.printf("not a tty\n")
		return 1
	}
	c.printf("/dev/pts/0\n")
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
	if slices.Contains(c.args, "-p") || slices.Contains(c.args, "--pretty") {
		up := c.sys.uptime()
		var words []string
		for _, part := range []struct {
			n    int
			unit string
		}{{int(up.Hours()) / 168, "week"}, {int(up.Hours()) / 24 % 7, "day"}, {int(up.Hours()) % 24, "hour"}, {int(up.Minutes()) % 60, "minute"}} {
			if part.n > 0 {
				words = append(words, fmt.Sprintf("%d %s%s", part.n, part.unit, map[bool]string{true: "s"}[part.n > 1]))
			}
		}
		c.printf("up %s\n", strings.Join(words, ", "))
		return 0
	}
	uptimeLine(c)
	return 0
}

func w(c *call) int {
	if flags, _ := c.options(""); flags['h'] == "" {
		uptimeLine(c)
		c.printf("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n")
	}
	if !c.Interactive {
		return 0
	}
	c.printf("%-8.8s pts/0    %-16.16s %s    0.00s  0.01s  0.00s w\n", c.loginName(), c.From, c.login.Format("15:04"))
	return 0
}

func who(c *call) int {
	if slices.Contains(c.args, "-b") {
		c.printf("         system boot  %s\n", c.sys.host.BootTime().Format("2006-01-02 15:04"))
		return 0
	}
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
	most := len(entries)
	flags, names := c.options("n")
	for letter := range flags {
		if letter >= '0' && letter <= '9' && len(c.args) > 1 {
			flags['n'] = strings.TrimPrefix(c.args[1], "-")
		}
	}
	if n, err := strconv.Atoi(flags['n']); err == nil && n >= 0 {
		most = n - boolInt(c.Interactive)
	}
	for _, e := range entries {
		if most <= 0 {
			break
		}
		if name, _, _ := strings.Cut(e.line, " "); len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		c.printf("%s", e.line)
		most--
	}
	c.printf("\nwtmp begins %s\n", c.sys.host.Installed().Format("Mon Jan _2 15:04:05 2006"))
	return 0
}

func lastlog(c *call) int {
	c.printf("Username         Port     From                                       Latest\n")
	for _, a := range c.sys.accounts() {
		if v, ok := c.sys.lastVisit(a.name, c.From); ok {
			c.printf("%-16s %-8s %-42s %s\n", a.name, "pts/0", v.from, v.at.Format("Mon Jan _2 15:04:05 +0000 2006"))
			continue
		}
		c.printf("%-52s%s\n", a.name, strings.Repeat(" ", 16)+"**Never logged in**")
	}
	return 0
}
