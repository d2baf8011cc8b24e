package shell

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/event"
)

func sudo(c *call) int {
	flags, operands := c.optionsBefore("uUgp")
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
		status = c.runTool(operands)
	case (login || asShell) && c.atTerminal():
		status = c.nested(target, login)
	case login || asShell:
		status = c.subshell(program{text: c.input()}, streams{in: strings.NewReader(""), out: c.out, err: c.err})
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
