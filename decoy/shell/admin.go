package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
)

// shellTool is sh, bash and ash.
func shellTool(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch {
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
			return c.fail(127, "%s", err)
		}
		return c.subshell(text, args[1:], c.streams)
	}
	if c.Interactive {
		return 0 // a new prompt looks like the old one
	}
	return c.subshell(c.input(), nil, streams{strings.NewReader(""), c.out, c.err})
}

func busybox(c *call) int {
	if len(c.args) < 2 {
		c.printf("BusyBox v1.30.1 (2019-06-12 17:51:55 UTC) multi-call binary.\n\nUsage: busybox [function [arguments]...]\n\nCurrently defined functions:\n\t%s\n",
			strings.Join(c.sys.tools(), ", "))
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

// wrapper is nohup, nice, timeout and the like: it runs the rest of its arguments.
func wrapper(c *call) int {
	args := c.args[1:]
	for len(args) > 0 && (strings.HasPrefix(args[0], "-") || c.args[0] == "timeout" && strings.Trim(args[0], "0123456789smh.") == "") {
		args = args[1:]
	}
	if len(args) == 0 {
		return c.fail(125, "missing operand")
	}
	return c.runTool(args)
}

func (c *call) ask(prompt string) string {
	if c.Ask == nil {
		return ""
	}
	answer, err := c.Ask(prompt)
	if err != nil {
		return ""
	}
	return answer
}

func sudo(c *call) int {
	flags, operands := c.options("uUgp")
	if _, list := flags['l']; list {
		c.printf("User %s may run the following commands on %s:\n    (ALL : ALL) ALL\n", c.user.name, c.sys.Hostname)
		return 0
	}
	if c.user.uid != 0 {
		secret := c.ask("[sudo] password for " + c.user.name + ": ")
		c.attempt("sudo", "root", secret, event.Accepted)
	}
	before := c.user
	defer func() { c.user = before }()
	c.user, _ = c.sys.account("root")
	_, login := flags['i']
	_, asShell := flags['s']
	if login || asShell || len(operands) > 0 && operands[0] == "su" {
		before = c.user // stays
		c.become(c.user)
		return 0
	}
	if len(operands) == 0 {
		return c.fail(1, "a command is required")
	}
	first := slices.Index(c.args, operands[0])
	return c.runTool(c.args[first:])
}

// attempt records a secret that the intruder has typed.
func (c *call) attempt(kind, principal, secret, outcome string) {
	c.record(event.AuthAttempt, event.String(event.Principal, principal), event.String(event.Secret, secret), event.String(event.SecretKind, "plaintext"),
		event.String(event.Outcome, outcome), event.String("via", kind))
}

func su(c *call) int {
	_, operands := c.options("cs")
	name := "root"
	if len(operands) > 0 {
		name = operands[0]
	}
	target, ok := c.sys.account(name)
	if !ok {
		return c.fail(1, "user %s does not exist or the user entry does not contain all the required fields", name)
	}
	if c.user.uid != 0 {
		c.attempt("su", name, c.ask("Password: "), event.Rejected)
		return c.fail(1, "Authentication failure")
	}
	c.become(target)
	return 0
}

func passwd(c *call) int {
	name := c.user.name
	if _, operands := c.options(""); len(operands) > 0 {
		name = operands[0]
	}
	if _, ok := c.sys.account(name); !ok {
		return c.fail(1, "user '%s' does not exist", name)
	}
	if c.user.uid != 0 {
		c.printf("Changing password for %s.\n", name)
		c.attempt("passwd", name, c.ask("Current password: "), event.Accepted)
	}
	first := c.ask("New password: ")
	second := c.ask("Retype new password: ")
	c.record("password_change", event.String(event.Principal, name), event.String(event.Secret, first))
	if first != second || first == "" {
		fmt.Fprintln(c.err, "Sorry, passwords do not match.\npasswd: Authentication token manipulation error\npasswd: password unchanged")
		return 10
	}
	fmt.Fprintln(c.err, "passwd: password updated successfully")
	return 0
}

func chpasswd(c *call) int {
	for _, line := range lines(c.input()) {
		name, secret, _ := strings.Cut(line, ":")
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
	_, operands := c.options("dgGspuc")
	if len(operands) == 0 {
		return c.fail(2, "missing operand")
	}
	name := operands[len(operands)-1]
	if n, err := c.fs.lookup("/etc/passwd", true); err == nil && c.args[0] != "userdel" {
		c.fs.write("/etc/passwd", "root", fmt.Sprintf("%s:x:1001:1001::/home/%[1]s:/bin/sh\n", name), len(n.content) > 0)
	}
	return 0
}

func kill(c *call) int {
	_, operands := c.options("s")
	for _, a := range operands {
		pid, err := strconv.Atoi(a)
		known := slices.ContainsFunc(c.processes(), func(p process) bool { return p.pid == pid })
		switch {
		case err != nil && c.args[0] == "kill":
			return c.fail(1, "%s: arguments must be process or job IDs", a)
		case err != nil:
			return 1
		case !known:
			return c.fail(1, "(%d) - No such process", pid)
		case c.user.uid != 0:
			return c.fail(1, "(%d) - Operation not permitted", pid)
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
			return c.fail(1, "no crontab for %s", c.user.name)
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
	c.sleep(connectTime, connectTime)
	switch c.args[0] {
	case "apt", "apt-get":
		if len(operands) > 0 && operands[0] == "install" && len(operands) > 1 {
			c.printf("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n")
			fmt.Fprintf(c.err, "E: Unable to locate package %s\n", operands[1])
			return 100
		}
		c.printf("Reading package lists... Done\n")
		fmt.Fprintln(c.err, "W: Some index files failed to download. They have been ignored, or old ones used instead.")
		return 0
	case "apk":
		fmt.Fprintln(c.err, "ERROR: unable to select packages: temporary error (try again later)")
	case "pacman":
		fmt.Fprintln(c.err, "error: failed retrieving file 'core.db': Connection timed out")
	default:
		fmt.Fprintln(c.err, "Error: Failed to download metadata for repo 'baseos': Cannot prepare internal mirrorlist: Timeout was reached")
	}
	return 1
}

func systemctl(c *call) int {
	_, operands := c.options("")
	verb, unit := "", "system"
	if len(operands) > 0 {
		verb = operands[0]
	}
	if len(operands) > 1 {
		unit = strings.TrimSuffix(operands[1], ".service")
	}
	known := slices.Contains([]string{"ssh", "sshd", "cron", "crond", "rsyslog", "dbus", "systemd-journald"}, unit)
	switch verb {
	case "status":
		if !known {
			fmt.Fprintf(c.err, "Unit %s.service could not be found.\n", unit)
			return 4
		}
		c.printf("● %s.service\n     Loaded: loaded (/lib/systemd/system/%[1]s.service; enabled; preset: enabled)\n     Active: active (running) since %[2]s\n   Main PID: 612 (%[1]s)\n      Tasks: 1\n", unit, c.sys.host.BootTime().Format("Mon 2006-01-02 15:04:05 UTC"))
	case "is-active":
		if !known {
			c.printf("inactive\n")
			return 3
		}
		c.printf("active\n")
	case "", "list-units":
		for _, name := range []string{"cron", "dbus", "rsyslog", "ssh", "systemd-journald"} {
			c.printf("  %-28s loaded active running %s\n", name+".service", name)
		}
	case "daemon-reload":
	default:
		if c.user.uid != 0 {
			return c.fail(1, "Failed to %s %s.service: Access denied", verb, unit)
		}
		if !known {
			fmt.Fprintf(c.err, "Failed to %s %s.service: Unit %[2]s.service not found.\n", verb, unit)
			return 5
		}
	}
	return 0
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
