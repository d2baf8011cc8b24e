package shell

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
)

func getent(c *call) int {
	if len(c.args) < 2 {
		return c.fail(1, "wrong number of arguments")
	}
	file := map[string]string{"passwd": "/etc/passwd", "group": "/etc/group", "shadow": "/etc/shadow", "hosts": "/etc/hosts", "ahosts": "/etc/hosts", "services": "/etc/services", "networks": "/etc/networks"}[c.args[1]]
	if file == "" {
		fmt.Fprintf(c.err, "Unknown database: %s\nTry `getent --help' or `getent --usage' for more information.\n", c.args[1])
		return 1
	}
	text, err := c.readFile(file)
	if err != nil {
		return 2
	}
	keys, found, host := c.args[2:], 0, ""
	for _, line := range lines(text) {
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ':' && file != "/etc/hosts" || r == ' ' || r == '\t' })
		if strings.HasPrefix(line, "#") || len(fields) == 0 {
			continue
		}
		if len(keys) == 0 {
			c.printf("%s\n", line)
			continue
		}
		for _, key := range keys {
			if fields[0] == key || strings.HasPrefix(file, "/etc/hosts") && slices.Contains(fields, key) || file != "/etc/hosts" && len(fields) > 2 && fields[2] == key {
				if found++; file == "/etc/hosts" {
					host = fmt.Sprintf("%-15s %s\n", fields[0], strings.Join(fields[1:], " ")) // the last is that of IPv6, which is preferred
					break
				}
				c.printf("%s\n", line)
				break
			}
		}
	}
	c.printf("%s", host)
	if len(keys) > 0 && found == 0 {
		return 2
	}
	return 0
}

func passwd(c *call) int {
	name := c.user.name
	if _, operands := c.options(""); len(operands) > 0 {
		name = operands[0]
	}
	if _, ok := c.account(name); !ok {
		return c.fail(1, "user '%s' does not exist", name)
	}
	if flags, _ := c.options("nxwi"); c.user.uid == 0 {
		for _, letter := range "ldueS" {
			switch {
			case flags[letter] == "":
			case letter == 'S':
				c.printf("%s P %s 0 99999 7 -1\n", name, c.sys.host.Installed().Format("01/02/2006"))
				return 0
			default:
				if letter == 'd' {
					c.changePassword(name, "")
				}
				c.record("password_change", event.String(event.Principal, name), event.String(event.Command, strings.Join(c.args, " ")))
				c.printf("passwd: password changed.\n")
				return 0
			}
		}
	}
	if c.user.uid != 0 {
		c.printf("Changing password for %s.\n", name)
		secret := c.secret("Current password: ")
		if name != c.user.name || !c.accepts(name, secret) {
			c.attempt("passwd", name, secret, event.Rejected)
			fmt.Fprintln(c.err, "passwd: Authentication token manipulation error\npasswd: password unchanged")
			return 10
		}
		c.attempt("passwd", name, secret, event.Accepted)
	}
	first := c.secret("New password: ")
	second := c.secret("Retype new password: ")
	c.record("password_change", event.String(event.Principal, name), event.String(event.Secret, first))
	if first != second || first == "" {
		fmt.Fprintln(c.err, "Sorry, passwords do not match.\npasswd: Authentication token manipulation error\npasswd: password unchanged")
		return 10
	}
	c.changePassword(name, first)
	fmt.Fprintln(c.err, "passwd: password updated successfully")
	return 0
}

// secret asks for one, or takes the next line of what stands at the end of a pipe, as passwd does.
func (c *call) secret(prompt string) string {
	if c.Interactive && c.Ask != nil && !c.piped {
		answer, _ := c.askFor(prompt)
		return answer
	}
	fmt.Fprint(c.err, prompt)
	return c.line()
}

// line takes one line of the standard input, a byte at a time: what follows it is for whoever reads next.
func (c *call) line() string {
	var line []byte
	one := make([]byte, 1)
	for len(line) < maxVariable {
		if n, err := c.in.Read(one); n == 0 || err != nil || one[0] == '\n' {
			break
		}
		line = append(line, one[0])
	}
	return string(line)
}

func chpasswd(c *call) int {
	status := 0
	for i, line := range lines(c.input()) {
		name, secret, _ := strings.Cut(line, ":")
		_, known := c.account(name)
		if known && c.user.uid == 0 {
			c.changePassword(name, secret)
		}
		c.record("password_change", event.String(event.Principal, name), event.String(event.Secret, secret))
		if !known && c.user.uid == 0 {
			status = c.fail(1, "(user %s) pam_chauthtok() failed, error:\nAuthentication token manipulation error\nchpasswd: (line %d, user %[1]s) password not changed", name, i+1)
		}
	}
	if c.user.uid != 0 {
		return c.fail(1, "cannot lock /etc/passwd; try again later.")
	}
	return status
}

func useradd(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "Permission denied.")
	}
	flags, operands := c.options("dgGspuc")
	if len(operands) == 0 {
		return c.fail(2, "missing operand")
	}
	name := operands[len(operands)-1]
	known := false
	for _, file := range []string{"/etc/passwd", "/etc/shadow"} {
		n, err := c.fs.lookup(file, true)
		if err != nil {
			continue
		}
		kept := slices.DeleteFunc(lines(n.read()), func(line string) bool { return strings.HasPrefix(line, name+":") })
		was := len(kept) < len(lines(n.read()))
		known = known || was
		switch {
		case c.args[0] == "userdel" && !was, c.args[0] != "userdel" && was:
			continue
		case c.args[0] != "userdel":
			kept = append(kept, map[string]string{"/etc/passwd": fmt.Sprintf("%s:x:1001:1001::/home/%[1]s:/bin/sh", name), "/etc/shadow": fmt.Sprintf("%s:!:%d:0:99999:7:::", name, c.sys.host.Now().Unix()/86400)}[file])
		}
		c.fs.write(file, "root", strings.Join(kept, "\n")+"\n", false)
	}
	switch {
	case c.args[0] == "userdel" && !known:
		return c.fail(6, "user '%s' does not exist", name)
	case c.args[0] == "userdel":
		return 0
	case known:
		return c.fail(9, "user '%s' already exists", name)
	}
	home := "/home/" + name
	if flags['m'] != "" || c.args[0] == "adduser" {
		c.fs.add(home, &node{mode: fs.ModeDir | 0o755, owner: name, group: name})
	}
	return 0
}

func id(c *call) int {
	flags, operands := c.options("")
	a := c.user
	if len(operands) > 0 {
		var ok bool
		if a, ok = c.account(operands[0]); !ok {
			return c.fail(1, "%s: no such user", c.quoted(operands[0]))
		}
	}
	names, numbers := []string{a.name}, []string{strconv.Itoa(a.gid)}
	if a.name == c.sys.User && c.sys.Group != "" {
		names, numbers = append(names, c.sys.Group), append(numbers, "27")
	}
	text := "" // what usermod has added holds from the next login on
	if len(operands) > 0 {
		text, _ = c.readFile("/etc/group")
	}
	for _, line := range lines(text) {
		if f := strings.Split(line, ":"); len(f) == 4 && slices.Contains(strings.Split(f[3], ","), a.name) && !slices.Contains(names, f[0]) {
			names, numbers = append(names, f[0]), append(numbers, f[2])
		}
	}
	pick := func(name, number string) string {
		if flags['n'] != "" {
			return name
		}
		return number
	}
	switch {
	case flags['u'] != "":
		c.printf("%s\n", pick(a.name, strconv.Itoa(a.uid)))
	case flags['g'] != "":
		c.printf("%s\n", pick(a.name, strconv.Itoa(a.gid)))
	case flags['G'] != "":
		c.printf("%s\n", pick(strings.Join(names, " "), strings.Join(numbers, " ")))
	case flags['n'] != "" || flags['r'] != "":
		return c.fail(1, "cannot print only names or real IDs in default format")
	default:
		var both []string
		for i := range names {
			both = append(both, numbers[i]+"("+names[i]+")")
		}
		c.printf("uid=%d(%s) gid=%d(%[2]s) groups=%[4]s\n", a.uid, a.name, a.gid, strings.Join(both, ","))
	}
	return 0
}

func whoami(c *call) int {
	if len(c.args) > 1 && c.args[1] != "--" {
		return c.fail(1, "extra operand %s%s", c.quoted(c.args[1]), c.tryHelp())
	}
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

// group is groupadd, groupdel and groupmod.
func group(c *call) int {
	_, operands := c.options("gonKpRA")
	if c.user.uid != 0 {
		return c.fail(10, "Permission denied.\n%[1]s: cannot lock /etc/group; try again later.", c.args[0])
	}
	if len(operands) == 0 {
		fmt.Fprintf(c.err, "Usage: %s [options] GROUP\n", c.args[0])
		return 2
	}
	name := operands[len(operands)-1]
	text, _ := c.readFile("/etc/group")
	var kept []string
	known, id := false, 1000
	for _, line := range lines(text) {
		if strings.HasPrefix(line, name+":") {
			if known = true; c.args[0] == "groupdel" {
				continue
			}
		}
		id += boolInt(strings.Contains(line, fmt.Sprintf(":%d:", id)))
		kept = append(kept, line)
	}
	switch {
	case known && c.args[0] == "groupadd":
		return c.fail(9, "group '%s' already exists", name)
	case !known && c.args[0] != "groupadd":
		return c.fail(6, "group '%s' does not exist", name)
	case c.args[0] == "groupadd":
		kept = append(kept, fmt.Sprintf("%s:x:%d:", name, id))
	}
	c.fs.write("/etc/group", "root", strings.Join(kept, "\n")+"\n", false)
	return 0
}

// usermod changes the groups of an account; the rest it takes without a word.
func usermod(c *call) int {
	flags, operands := c.options("cdegGlpsuL")
	if len(operands) == 0 {
		fmt.Fprintln(c.err, "Usage: usermod [options] LOGIN")
		return 2
	}
	name := operands[len(operands)-1]
	if _, ok := c.account(name); !ok {
		return c.fail(6, "user '%s' does not exist", name)
	}
	if c.user.uid != 0 {
		return c.fail(1, "Permission denied.\nusermod: cannot lock /etc/passwd; try again later.")
	}
	if flags['p'] != "" {
		c.record("password_change", event.String(event.Principal, name), event.String(event.Secret, flags['p']))
	}
	text, err := c.readFile("/etc/group")
	if flags['G'] == "" || err != nil {
		return 0
	}
	all := lines(text)
	for wanted := range strings.SplitSeq(flags['G'], ",") {
		at := slices.IndexFunc(all, func(line string) bool { return strings.HasPrefix(line, wanted+":") })
		if at < 0 {
			return c.fail(6, "group '%s' does not exist", wanted)
		}
		if f := strings.Split(all[at], ":"); len(f) == 4 && !slices.Contains(strings.Split(f[3], ","), name) {
			f[3] = strings.TrimPrefix(f[3]+","+name, ",")
			all[at] = strings.Join(f, ":")
		}
	}
	c.fs.write("/etc/group", "root", strings.Join(all, "\n")+"\n", false)
	return 0
}
