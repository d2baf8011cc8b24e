package shell

import (
	"fmt"
	"path"
	"strings"

	"decnet/decoy/event"
)

// sysctl reads and writes what is under /proc/sys.
func sysctl(c *call) int {
	flags, operands := c.options("p")
	status := 0
	file := func(name string) string { return "/proc/sys/" + strings.ReplaceAll(name, ".", "/") }
	show := func(name string) bool {
		n, err := c.fs.lookup(file(name), true)
		if err != nil || n.isDir() {
			return false
		}
		value := strings.TrimSuffix(n.read(), "\n")
		if flags['n'] != "" {
			return c.printf("%s\n", value)
		}
		return c.printf("%s = %s\n", name, value)
	}
	if flags['a'] != "" {
		var walk func(name string, n *node)
		walk = func(name string, n *node) {
			for _, child := range n.names() {
				at := strings.TrimPrefix(name+"."+child, ".")
				if below := n.child(child); below.isDir() {
					walk(at, below)
				} else {
					show(at)
				}
			}
		}
		if n, err := c.fs.lookup("/proc/sys", true); err == nil {
			walk("", n)
		}
		return 0
	}
	if _, load := flags['p']; load {
		text, err := c.readFile("/etc/sysctl.conf")
		if name := flags['p']; name != "" {
			text, err = c.readFile(name)
		}
		if err != nil {
			return c.fail(1, "cannot open \"%s\": No such file or directory", flags['p'])
		}
		operands = nil
		for _, line := range lines(text) {
			if name, value, ok := strings.Cut(line, "="); ok && line[0] != '#' {
				operands = append(operands, strings.TrimSpace(name)+"="+strings.TrimSpace(value))
			}
		}
	}
	for _, a := range operands {
		name, value, given := strings.Cut(a, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		name = strings.ReplaceAll(name, "/", ".")
		n, err := c.fs.lookup(file(name), true)
		switch {
		case err != nil:
			status = c.fail(1, "cannot stat %s: No such file or directory", file(name))
		case !given:
			show(name)
		case c.user.uid != 0:
			status = c.fail(1, "permission denied on key \"%s\"", name)
		default:
			if !n.isDir() {
				c.fs.write(file(name), "root", value+"\n", false)
			}
			if flags['q'] == "" {
				show(name)
			}
		}
	}
	return status
}

// modprobe loads modules of the kernel's own, and knows them by name.
func modprobe(c *call) int {
	flags, operands := c.options("C")
	if c.user.uid != 0 {
		return c.fail(1, "ERROR: could not insert '%s': Operation not permitted", strings.Join(operands, " "))
	}
	for _, name := range operands[:min(1, len(operands))] {
		known := strings.Contains(modules, name+" ") || strings.Contains(" msr tun fuse overlay br_netfilter ip_tables iptable_nat loop cpuid bridge veth nf_conntrack wireguard ", " "+name+" ")
		if !known && flags['q'] == "" {
			return c.fail(1, "FATAL: Module %s not found in directory /lib/modules/%s", name, c.sys.Kernel)
		}
	}
	return 0
}

// insmod is how an intruder tries to load a rootkit: the file is on record, and is not for this kernel.
func insmod(c *call) int {
	if len(c.args) < 2 {
		return c.fail(1, "ERROR: missing module name")
	}
	if c.args[0] == "rmmod" {
		if c.user.uid != 0 {
			return c.fail(1, "ERROR: could not remove module %s: Operation not permitted", c.args[1])
		}
		return c.fail(1, "ERROR: Module %s is not currently loaded", strings.TrimSuffix(path.Base(c.args[1]), ".ko"))
	}
	text, err := c.readFile(c.args[1])
	if err != nil {
		return c.fail(1, "ERROR: could not load module %s: No such file or directory", c.args[1])
	}
	c.record("execute", append(fileFields(c.abs(c.args[1]), text), event.String(event.Command, strings.Join(c.args, " ")))...)
	if c.user.uid != 0 {
		return c.fail(1, "ERROR: could not insert module %s: Operation not permitted", c.args[1])
	}
	return c.fail(1, "ERROR: could not insert module %s: Invalid module format", c.args[1])
}

// umount takes nothing away: what is mounted is in use.
func umount(c *call) int {
	_, operands := c.options("tO")
	if len(operands) == 0 {
		return c.fail(1, "bad usage\nTry 'umount --help' for more information.")
	}
	status := 0
	for _, p := range operands {
		at := c.abs(p)
		mounted := false
		for _, line := range lines(c.sys.mounts()) {
			fields := strings.Fields(line)
			mounted = mounted || len(fields) > 1 && (fields[1] == at || fields[0] == p)
		}
		_, err := c.fs.lookup(at, true)
		switch {
		case err != nil:
			status = c.fail(32, "%s: no mount point specified.", p)
		case !mounted:
			status = c.fail(32, "%s: not mounted.", p)
		case c.user.uid != 0:
			status = c.fail(32, "%s: must be superuser to unmount.", p)
		default:
			status = c.fail(32, "%s: target is busy.", p)
		}
	}
	return status
}

// chattr changes attributes that no file here has.
func chattr(c *call) int {
	status, given := 0, 0
	for _, a := range c.args[1:] {
		if strings.ContainsAny(a[:min(1, len(a))], "+-=") && a != "" {
			continue
		}
		given++
		n, err := c.fs.lookup(c.abs(a), true)
		switch {
		case err != nil:
			status = c.fail(1, "%s while trying to stat %s", problem(err), a)
		case c.user.uid != 0 && n.owner != c.user.name:
			status = c.fail(1, "Permission denied while reading flags on %s", a)
		}
	}
	if given == 0 {
		fmt.Fprintln(c.err, "Usage: chattr [-RVf] [-+=aAcCdDeijPsStTuFx] [-p project] [-v version] files...")
		return 1
	}
	return status
}

// chroot runs a command in the only root that there is.
func chroot(c *call) int {
	_, operands := c.optionsBefore("")
	switch {
	case len(operands) == 0:
		return c.fail(125, "missing operand%s", c.tryHelp())
	case c.user.uid != 0:
		return c.fail(125, "cannot change root directory to '%s': Operation not permitted", operands[0])
	}
	n, err := c.fs.lookup(c.abs(operands[0]), true)
	switch {
	case err != nil:
		return c.fail(125, "cannot change root directory to '%s': %s", operands[0], problem(err))
	case len(operands) == 1 && n.name != "/":
		return c.fail(127, "failed to run command %s: No such file or directory", c.quoted("/bin/bash"))
	case len(operands) == 1:
		return c.runTool([]string{"bash"})
	case n.name != "/":
		if _, err := c.fs.lookup(c.abs(operands[0]+"/"+operands[1]), true); err != nil {
			return c.fail(127, "failed to run command %s: No such file or directory", c.quoted(operands[1]))
		}
	}
	return c.runTool(operands[1:])
}

// unshare and nsenter are how an intruder tries to leave a container: it is the host already, and the command runs.
func unshare(c *call) int {
	_, operands := c.optionsBefore("tSGRw")
	if c.user.uid != 0 && c.args[0] == "nsenter" {
		return c.fail(1, "cannot open /proc/1/ns/mnt: Permission denied")
	}
	if len(operands) == 0 {
		return c.runTool([]string{"bash"})
	}
	return c.runTool(operands)
}
