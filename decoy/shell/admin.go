package shell

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/event"
)

// shellTool is sh, bash and ash.
func shellTool(c *call) int {
	args := c.args[1:]
	login := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch {
		case args[0] == "-l" || args[0] == "--login" || args[0] == "-":
			login = true
		case args[0] == "-c" && len(args) > 1:
			return c.subshell(args[1], args[2:], c.streams)
		case args[0] == "--version":
			c.printf("GNU bash, version 5.2.15(1)-release (%s-pc-linux-gnu)\n", c.sys.Machine)
			return 0
		}
		args = args[1:]
	}
	if len(args) > 0 {
		text, err := c.readFile(args[0])
		if err != nil {
			if name := path.Base(c.args[0]); name == "sh" && c.sys.Packages == "apt" { // dash
				name, _, _ := strings.Cut(err.Error(), ": ")
				fmt.Fprintf(c.err, "sh: 0: cannot open %s: No such file\n", name)
				return 2
			}
			return c.fail(127, "%s", err)
		}
		return c.subshell(text, args[1:], c.streams)
	}
	if c.atTerminal() {
		return c.nested(c.user, login)
	}
	script := c.input()
	if strings.TrimSpace(script) == "" {
		return 0
	}
	return c.subshell(script, nil, streams{strings.NewReader(""), c.out, c.err})
}

func busybox(c *call) int {
	if len(c.args) < 2 {
		banner := "v1.30.1 (2019-06-12 17:51:55 UTC)"
		switch c.sys.ID {
		case "debian", "kali":
			banner = "v1.35.0 (Debian 1:1.35.0-4+b3)"
		case "ubuntu":
			banner = "v1.30.1 (Ubuntu 1:1.30.1-7ubuntu3)"
		case "alpine":
			banner = "v1.36.1 (2023-11-07 18:53:09 UTC)"
		}
		c.printf("BusyBox %s multi-call binary.\n\nUsage: busybox [function [arguments]...]\n\nCurrently defined functions:\n\t%s\n",
			banner, strings.Join(c.sys.tools(), ", "))
		return 0
	}
	if commands[c.args[1]] == nil && builtins[c.args[1]] == nil {
		fmt.Fprintf(c.out, "%s: applet not found\n", c.args[1])
		return 127
	}
	inner := &call{eval: c.eval, args: c.args[1:], streams: c.streams}
	if b := builtins[c.args[1]]; b != nil {
		return b(inner)
	}
	return commands[c.args[1]](inner)
}

// timeout ends a command that takes too long.
func timeout(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if (args[0] == "-k" || args[0] == "-s") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 {
		return c.fail(125, "missing operand\nTry 'timeout --help' for more information.")
	}
	limit, ok := interval(args[0])
	if !ok {
		return c.fail(125, "invalid time interval ‘%s’\nTry 'timeout --help' for more information.", args[0])
	}
	whole := c.ctx
	ctx, cancel := context.WithTimeoutCause(whole, limit, errInterrupted)
	defer cancel()
	if limit == 0 {
		ctx = whole
	}
	c.eval.ctx = ctx
	status := c.runTool(args[1:])
	if c.eval.ctx = whole; ctx.Err() == nil || whole.Err() != nil {
		return status
	}
	if c.flow == aborting {
		c.flow = onward
	}
	return 124
}

// wrapper is nohup, nice and the like: it runs the rest of its arguments.
func wrapper(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-n" && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return c.fail(125, "missing operand")
	}
	return c.runTool(args)
}

func sudo(c *call) int {
	flags, operands := c.options("uUgp")
	if flags['k'] != "" || flags['K'] != "" {
		c.Shell.sudoUntil = time.Time{}
		if len(operands) == 0 {
			return 0
		}
	}
	if c.user.uid != 0 && !c.sudoer(flags) {
		return 1
	}
	short, _, _ := strings.Cut(c.sys.Hostname, ".")
	switch {
	case flags['l'] != "":
		c.printf("Matching Defaults entries for %s on %s:\n    env_reset, mail_badpass, secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin, use_pty\n\nUser %[1]s may run the following commands on %[2]s:\n    (ALL : ALL) ALL\n", c.user.name, short)
		return 0
	case flags['v'] != "":
		return 0
	}
	target, ok := c.account(cmp.Or(flags['u'], "root"))
	if !ok {
		return c.fail(1, "unknown user %s\nsudo: error initializing audit plugin sudoers_audit", flags['u'])
	}
	_, login := flags['i']
	_, asShell := flags['s']
	before, levels := c.user, len(c.outer)
	c.user = target
	status := 1
	switch {
	case len(operands) > 0:
		status = c.runTool(c.args[slices.Index(c.args, operands[0]):])
	case (login || asShell) && c.atTerminal():
		status = c.nested(target, login)
	case login || asShell:
		status = c.subshell(c.input(), nil, streams{strings.NewReader(""), c.out, c.err})
	default:
		fmt.Fprintln(c.err, "usage: sudo -h | -K | -k | -V\nusage: sudo -v [-ABkNnS] [-g group] [-h host] [-p prompt] [-u user]\nusage: sudo -l [-ABkNnS] [-g group] [-h host] [-p prompt] [-U user] [-u user] [command [arg ...]]\nusage: sudo [-ABbEHkNnPS] [-r role] [-t type] [-C num] [-D directory] [-g group] [-h host] [-p prompt] [-R directory] [-T timeout] [-u user] [VAR=value] [-i | -s] [command [arg ...]]")
	}
	if len(c.outer) == levels {
		c.user = before
		return status
	}
	c.outer[levels].user = before
	c.export("SHLVL", "1") // sudo gives a fresh environment
	c.export("SUDO_USER", before.name)
	c.export("SUDO_UID", strconv.Itoa(before.uid))
	c.export("SUDO_GID", strconv.Itoa(before.gid))
	return status
}

// refusal is how long it takes to hear that a password is wrong.
const refusal = 1800 * time.Millisecond

// sudoer asks for the password of who wants to be somebody else, unless that was a moment ago, and tells whether they may.
func (c *call) sudoer(flags map[rune]string) bool {
	const tries, asksAgain = 3, 15 * time.Minute
	now := c.sys.host.Now()
	if now.Before(c.sudoUntil) {
		return true
	}
	if flags['n'] != "" {
		fmt.Fprintln(c.err, "sudo: a password is required")
		return false
	}
	prompt := "[sudo] password for " + c.user.name + ": "
	if flags['p'] != "" {
		prompt = flags['p']
	}
	fromInput := flags['S'] != ""
	if !fromInput && c.Ask == nil {
		fmt.Fprintln(c.err, "sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required")
		return false
	}
	for n := range tries {
		var secret string
		var err error
		if fromInput {
			fmt.Fprint(c.err, prompt)
			if secret = c.line(); secret == "" {
				err = io.EOF
			}
		} else {
			secret, err = c.askFor(prompt)
		}
		switch {
		case err != nil && n == 0:
			fmt.Fprintln(c.err, "\nsudo: no password was provided\nsudo: a password is required")
			return false
		case err != nil:
			fmt.Fprintf(c.err, "\nsudo: %d incorrect password attempt%s\n", n, map[bool]string{true: "s"}[n > 1])
			return false
		case c.accepts(c.user.name, secret) && (c.user.name != c.sys.User || c.sys.Group == ""):
			c.attempt("sudo", "root", secret, event.Rejected)
			fmt.Fprintf(c.err, "%s is not in the sudoers file.\n", c.user.name)
			return false
		case c.accepts(c.user.name, secret):
			c.attempt("sudo", "root", secret, event.Accepted)
			c.Shell.sudoUntil = now.Add(asksAgain)
			return true
		}
		c.attempt("sudo", "root", secret, event.Rejected)
		if !c.sleep(refusal, refusal) {
			return false
		}
		if n < tries-1 {
			fmt.Fprintln(c.err, "Sorry, try again.")
		}
	}
	fmt.Fprintf(c.err, "sudo: %d incorrect password attempts\n", tries)
	return false
}

// attempt records a secret that the intruder has typed.
func (c *call) attempt(kind, principal, secret, outcome string) {
	c.record(event.AuthAttempt, event.String(event.Principal, principal), event.String(event.Secret, secret), event.String(event.SecretKind, "plaintext"),
		event.String(event.Outcome, outcome), event.String("via", kind))
}

func su(c *call) int {
	flags, operands := c.options("cs")
	login := flags['l'] != ""
	operands = slices.DeleteFunc(operands, func(a string) bool {
		login = login || a == "-"
		return a == "-"
	})
	name := "root"
	if len(operands) > 0 {
		name = operands[0]
	}
	target, ok := c.account(name)
	if !ok {
		return c.fail(1, "user %s does not exist or the user entry does not contain all the required fields", name)
	}
	if c.user.uid != 0 {
		secret := c.secret("Password: ")
		if !c.accepts(name, secret) {
			c.attempt("su", name, secret, event.Rejected)
			c.sleep(refusal, refusal)
			return c.fail(1, "Authentication failure")
		}
		c.attempt("su", name, secret, event.Accepted)
	}
	script, given := flags['c']
	switch {
	case strings.HasSuffix(target.shell, "nologin"):
		c.printf("This account is currently not available.\n")
		return 1
	case !given && c.atTerminal():
		return c.nested(target, login)
	case !given:
		script = c.input()
	}
	sub := c.sub()
	sub.become(target)
	sub.dir = c.dir
	if login {
		sub.dir = target.home
	}
	sub.script = true
	status := sub.source(script, c.streams)
	c.absorb(sub)
	return status
}

func passwd(c *call) int {
	name := c.user.name
	if _, operands := c.options(""); len(operands) > 0 {
		name = operands[0]
	}
	if _, ok := c.account(name); !ok {
		return c.fail(1, "user '%s' does not exist", name)
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
	for _, line := range lines(c.input()) {
		name, secret, _ := strings.Cut(line, ":")
		if _, known := c.account(name); known && c.user.uid == 0 {
			c.changePassword(name, secret)
		}
		c.record("password_change", event.String(event.Principal, name), event.String(event.Secret, secret))
	}
	if c.user.uid != 0 {
		return c.fail(1, "cannot lock /etc/passwd; try again later.")
	}
	return 0
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

func kill(c *call) int {
	_, operands := c.options("s")
	for _, a := range operands {
		if at := c.jobNamed(a); at >= 0 && c.args[0] == "kill" {
			if c.jobs[at].runs(c.sys.host.Now()) {
				c.Shell.jobs = slices.Clone(c.jobs)
				c.Shell.jobs[at].state = "Terminated"
			}
			continue
		} else if strings.HasPrefix(a, "%") {
			return c.shellFail(1, "kill: %s: no such job", a)
		}
		pid, err := strconv.Atoi(a)
		known := slices.ContainsFunc(c.processes(), func(p process) bool { return p.pid == pid })
		switch {
		case err != nil && c.args[0] == "kill":
			return c.shellFail(1, "kill: %s: arguments must be process or job IDs", a)
		case err != nil:
			return 1
		case !known:
			return c.shellFail(1, "kill: (%d) - No such process", pid)
		case c.user.uid != 0:
			return c.shellFail(1, "kill: (%d) - Operation not permitted", pid)
		}
	}
	return 0
}

func crontab(c *call) int {
	flags, operands := c.options("u")
	file := "/var/spool/cron/" + c.user.name
	_, list := flags['l']
	_, remove := flags['r']
	switch {
	case list:
		n, err := c.fs.lookup(file, true)
		if err != nil {
			fmt.Fprintf(c.err, "no crontab for %s\n", c.user.name)
			return 1
		}
		c.printf("%s", n.read())
	case remove:
		c.fs.remove(file)
	default:
		if flags['e'] != "" {
			return 0
		}
		texts, ok := c.inputs(operands)
		if !ok || c.fs.write(file, c.user.name, strings.Join(texts, ""), false) != nil {
			return 1
		}
		c.record("file_written", append(fileFields(file, strings.Join(texts, "")), event.String("content", strings.Join(texts, "")))...)
	}
	return 0
}

// packages is apt and its kin.
func packages(c *call) int {
	if c.args[0] == "apt" && len(c.args) > 1 && (c.args[1] == "list" || c.args[1] == "search" || c.args[1] == "show") {
		return aptList(c)
	}
	if c.user.uid != 0 {
		switch c.args[0] {
		case "apt", "apt-get":
			fmt.Fprintln(c.err, "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?")
			return 100
		}
		return c.fail(1, "This command has to be run with superuser privileges.")
	}
	_, operands := c.options("")
	if len(operands) > 1 {
		c.record("package_install", event.String("packages", strings.Join(operands[1:], " ")), event.String(event.Command, strings.Join(c.args, " ")))
	}
	c.sleep(800*time.Millisecond, 800*time.Millisecond)
	switch c.args[0] {
	case "apt", "apt-get":
		if len(operands) > 0 && operands[0] == "install" && len(operands) > 1 {
			c.printf("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n")
			fmt.Fprintf(c.err, "E: Unable to locate package %s\n", operands[1])
			return 100
		}
		if len(operands) == 0 || operands[0] != "update" {
			c.printf("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n")
			return 0
		}
		mirror, suite := "mirror.lan/debian", "bookworm" // the house's own
		if c.sys.ID == "ubuntu" {
			mirror, suite = "mirror.lan/ubuntu", map[bool]string{true: "jammy", false: "focal"}[strings.HasPrefix(c.sys.Kernel, "5.15")]
		}
		name, _, _ := strings.Cut(mirror, "/")
		c.printf("Ign:1 http://%s %s InRelease\nErr:1 http://%[1]s %[2]s InRelease\n  Temporary failure resolving '%[3]s'\nReading package lists... Done\n", mirror, suite, name)
		fmt.Fprintf(c.err, "W: Failed to fetch http://%s/dists/%s/InRelease  Temporary failure resolving '%s'\n", mirror, suite, name)
		fmt.Fprintln(c.err, "W: Some index files failed to download. They have been ignored, or old ones used instead.")
		return 0
	case "apk":
		fmt.Fprintln(c.err, "ERROR: unable to select packages: temporary error (try again later)")
	case "pacman":
		fmt.Fprintln(c.err, "error: failed retrieving file 'core.db': Could not resolve host: geo.mirror.pkgbuild.com")
	default:
		fmt.Fprintln(c.err, "Error: Failed to download metadata for repo 'baseos': Cannot prepare internal mirrorlist: Curl error (6): Couldn't resolve host name for https://mirrors.rockylinux.org/mirrorlist?arch=x86_64&repo=BaseOS-9 [Could not resolve host: mirrors.rockylinux.org]")
	}
	return 1
}

// rootOnly is what needs root and otherwise says nothing.
func rootOnly(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "Permission denied (you must be root)")
	}
	return 0
}

func reboot(c *call) int {
	if c.user.uid != 0 {
		return c.fail(1, "Call to Reboot failed: Access denied")
	}
	c.flow = exiting
	return 0
}
