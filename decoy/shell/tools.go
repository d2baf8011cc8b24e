package shell

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func arch(c *call) int {
	c.printf("%s\n", c.sys.Machine)
	return 0
}

func getconf(c *call) int {
	name := ""
	if len(c.args) > 1 {
		name = c.args[1]
	}
	value, ok := map[string]string{
		"LONG_BIT": "64", "PAGE_SIZE": "4096", "PAGESIZE": "4096", "_NPROCESSORS_ONLN": strconv.Itoa(c.sys.CPUs), "_NPROCESSORS_CONF": strconv.Itoa(c.sys.CPUs),
		"CLK_TCK": "100", "ARG_MAX": "2097152", "OPEN_MAX": "1024", "_PHYS_PAGES": strconv.Itoa(c.sys.MemoryKB / 4), "GNU_LIBC_VERSION": "glibc 2.36",
	}[name]
	if !ok {
		return c.fail(2, "Unrecognized variable `%s'", name)
	}
	c.printf("%s\n", value)
	return 0
}

func rev(c *call) int {
	_, operands := c.options("")
	texts, ok := c.inputs(operands)
	for _, line := range lines(strings.Join(texts, "")) {
		reversed := []rune(line)
		slices.Reverse(reversed)
		c.printf("%s\n", string(reversed))
	}
	return 1 - boolInt(ok)
}

func stat(c *call) int {
	flags, operands := c.options("c")
	status := 0
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), flags['L'] != "")
		if err != nil {
			status = c.fail(1, "cannot statx '%s': %s", p, problem(err))
			continue
		}
		uid, gid := 0, 0
		if a, ok := c.account(n.owner); ok {
			uid, gid = a.uid, a.gid
		}
		octal := fmt.Sprintf("%04o", n.mode.Perm())
		if format := flags['c']; format != "" {
			links, sort := strconv.Itoa(1+boolInt(n.isDir())), "regular file"
			if n.isDir() {
				sort = "directory"
			} else if n.mode&fs.ModeSymlink != 0 {
				sort = "symbolic link"
			}
			c.printf("%s\n", strings.NewReplacer("%i", strconv.Itoa(c.inode(p)), "%h", links, "%F", sort, "%b", strconv.Itoa((n.size()+4095)/4096*8), "%B", "512", "%o", "4096", "%d", "2049",
				"%X", strconv.FormatInt(n.mtime.Unix(), 10), "%Z", strconv.FormatInt(n.mtime.Unix(), 10), "%x", n.mtime.Format("2006-01-02 15:04:05.000000000 -0700"), "%a", strings.TrimPrefix(octal, "0"), "%n", p, "%s", strconv.Itoa(n.size()), "%U", n.owner, "%G", n.group, "%u", strconv.Itoa(uid), "%g", strconv.Itoa(gid),
				"%A", modeString(n.mode), "%Y", strconv.FormatInt(n.mtime.Unix(), 10), "%y", n.mtime.Format("2006-01-02 15:04:05.000000000 -0700")).Replace(format))
			continue
		}
		kind := "regular file"
		switch modeString(n.mode)[0] {
		case 'd':
			kind = "directory"
		case 'l':
			kind = "symbolic link"
		case 'c':
			kind = "character special file"
		}
		if kind == "regular file" && n.size() == 0 {
			kind = "regular empty file"
		}
		at := func(t time.Time) string { return t.Format("2006-01-02 15:04:05.000000000 -0700") }
		inode := c.inode(p)
		c.printf("  File: %s\n  Size: %-10d\tBlocks: %-10d IO Block: 4096   %s\nDevice: 8,1\tInode: %-11d Links: %d\nAccess: (%s/%s)  Uid: (%5d/%8s)   Gid: (%5d/%8s)\nAccess: %s\nModify: %s\nChange: %[13]s\n Birth: %[13]s\n",
			p, n.size(), (n.size()+4095)/4096*8, kind, inode, 1+boolInt(n.isDir()), octal, modeString(n.mode), uid, n.owner, gid, n.group, at(n.mtime), at(n.mtime))
	}
	return status
}

func lsattr(c *call) int {
	_, operands := c.options("")
	for _, p := range operands {
		if _, err := c.fs.lookup(c.abs(p), true); err != nil {
			return c.fail(1, "%s while trying to stat %s", problem(err), p)
		}
		c.printf("--------------e------- %s\n", p)
	}
	return 0
}

func timedatectl(c *call) int {
	now := c.sys.host.Now()
	c.printf("               Local time: %s\n           Universal time: %[1]s\n                 RTC time: %s\n                Time zone: Etc/UTC (UTC, +0000)\nSystem clock synchronized: yes\n              NTP service: active\n          RTC in local TZ: no\n",
		now.Format("Mon 2006-01-02 15:04:05 UTC"), now.Format("Mon 2006-01-02 15:04:05"))
	return 0
}

func journalctl(c *call) int {
	if c.user.uid != 0 {
		fmt.Fprintln(c.err, "Hint: You are currently not seeing messages from other users and the system.\n      Users in groups 'adm', 'systemd-journal' can see all messages.\n      Pass -q to turn off this notice.")
		return 1
	}
	flags, _ := c.options("nu")
	n, err := c.fs.lookup(c.sys.logNames()[0], true)
	if err != nil {
		c.printf("-- No entries --\n")
		return 0
	}
	all := lines(n.read())
	if count, err := strconv.Atoi(flags['n']); err == nil && count >= 0 {
		all = all[max(0, len(all)-count):]
	}
	c.printf("%s\n", strings.Join(all, "\n"))
	return 0
}

func lsbRelease(c *call) int {
	flags, _ := c.options("")
	release, codename, _ := strings.Cut(strings.TrimSuffix(c.sys.Pretty, ")"), "(")
	words := strings.Fields(release)
	version := "n/a"
	for _, w := range words {
		if w[0] >= '0' && w[0] <= '9' {
			version = strings.Join(strings.SplitN(w, ".", 3)[:min(2, strings.Count(w, ".")+1)], ".")
		}
	}
	if codename == "" {
		codename = map[string]string{"22.04": "jammy", "20.04": "focal"}[version]
	}
	if flags['a'] != "" {
		fmt.Fprintln(c.err, "No LSB modules are available.")
	}
	short := flags['s'] != ""
	for _, f := range []struct {
		letter      rune
		name, value string
	}{{'i', "Distributor ID", strings.ToUpper(c.sys.ID[:1]) + c.sys.ID[1:]}, {'d', "Description", c.sys.Pretty}, {'r', "Release", version}, {'c', "Codename", codename}} {
		switch {
		case flags['a'] == "" && flags[f.letter] == "":
		case short:
			c.printf("%s\n", f.value)
		default:
			c.printf("%s:\t%s\n", f.name, f.value)
		}
	}
	return 0
}

func iptables(c *call) int {
	if c.user.uid != 0 {
		return c.fail(4, "v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)")
	}
	flags, _ := c.options("Atpdsjmi")
	switch {
	case flags['L'] != "":
		for i, chain := range []string{"INPUT", "FORWARD", "OUTPUT"} {
			if i > 0 {
				c.printf("\n")
			}
			c.printf("Chain %s (policy ACCEPT)\ntarget     prot opt source               destination         \n", chain)
		}
	case flags['S'] != "":
		c.printf("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n")
	}
	return 0
}

// installed are the packages that dpkg and rpm tell of: a few of many.
var installed = []struct{ name, debian, about string }{
	{"adduser", "3.134", "add and remove users and groups"}, {"apt", "2.6.1", "commandline package manager"}, {"base-files", "12.4+deb12u5", "Debian base system miscellaneous files"},
	{"bash", "5.2.15-2+b2", "GNU Bourne Again SHell"}, {"coreutils", "9.1-1", "GNU core utilities"}, {"cron", "3.0pl1-162", "process scheduling daemon"}, {"curl", "7.88.1-10+deb12u5", "command line tool for transferring data with URL syntax"},
	{"dash", "0.5.12-2", "POSIX-compliant shell"}, {"dpkg", "1.21.22", "Debian package management system"}, {"e2fsprogs", "1.47.0-2", "ext2/ext3/ext4 file system utilities"}, {"grep", "3.8-5", "GNU grep, egrep and fgrep"},
	{"iproute2", "6.1.0-3", "networking and traffic control tools"}, {"libc6", "2.36-9+deb12u4", "GNU C Library: Shared libraries"}, {"openssh-server", "1:9.2p1-2+deb12u2", "secure shell (SSH) server, for secure access from remote machines"},
	{"openssl", "3.0.11-1~deb12u2", "Secure Sockets Layer toolkit - cryptographic utility"}, {"perl-base", "5.36.0-7+deb12u1", "minimal Perl system"}, {"python3", "3.11.2-1+b1", "interactive high-level object-oriented language (default python3 version)"},
	{"rsyslog", "8.2302.0-1", "reliable system and kernel logging daemon"}, {"sudo", "1.9.13p3-1+deb12u1", "Provide limited super user privileges to specific users"}, {"systemd", "252.22-1~deb12u1", "system and service manager"},
	{"tar", "1.34+dfsg-1.2", "GNU version of the tar archiving utility"}, {"vim-tiny", "2:9.0.1378-2", "Vi IMproved - enhanced vi editor - compact version"}, {"wget", "1.21.3-1+b2", "retrieves files from the web"},
}

func dpkg(c *call) int {
	flags, operands := c.options("")
	if flags['l'] == "" {
		return 0
	}
	var found [][3]string
	for _, p := range installed {
		if len(operands) == 0 || slices.Contains(operands, p.name) {
			found = append(found, [3]string{p.name, p.debian, p.about})
		}
	}
	if len(found) == 0 {
		fmt.Fprintf(c.err, "dpkg-query: no packages found matching %s\n", operands[0])
		return 1
	}
	c.printf("Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name           Version            Architecture Description\n+++-==============-==================-============-=================================\n")
	for _, p := range found {
		c.printf("ii  %-14s %-18s amd64        %s\n", p[0], p[1], p[2])
	}
	return 0
}

// version is what a program says of itself that does nothing else here.
func version(text string) command {
	return func(c *call) int {
		if len(c.args) > 1 {
			c.printf("%s\n", text)
		}
		return 0
	}
}

func openssl(c *call) int {
	if len(c.args) > 1 && c.args[1] == "version" {
		text := "OpenSSL 3.0.11 19 Sep 2023 (Library: OpenSSL 3.0.11 19 Sep 2023)"
		if own := map[string]string{"ubuntu": "OpenSSL 3.0.2 15 Mar 2022 (Library: OpenSSL 3.0.2 15 Mar 2022)", "centos": "OpenSSL 1.0.2k-fips  26 Jan 2017"}[c.sys.ID]; own != "" {
			text = own
		}
		c.printf("%s\n", text)
		return 0
	}
	if len(c.args) > 2 && c.args[1] == "passwd" {
		c.printf("$1$%s$%s\n", shadowText([]byte(c.args[len(c.args)-1] + "12345678")[:8]), shadowText(c.sys.host.Bytes("openssl", 22)))
	}
	return 0
}

// editor is vi and its kin. They need a terminal of their own, which what is typed here is not.
func editor(c *call) int {
	if !c.Interactive {
		fmt.Fprintln(c.err, "Vim: Warning: Output is not to a terminal\nVim: Warning: Input is not from a terminal")
		return 1
	}
	fmt.Fprintf(c.err, "Error opening terminal: %s.\n", c.vars["TERM"].String())
	return 1
}

func xxd(c *call) int {
	_, operands := c.options("lcgs")
	texts, ok := c.inputs(operands)
	data := strings.Join(texts, "")
	for at := 0; at < len(data); at += 16 {
		part := data[at:min(len(data), at+16)]
		var digits strings.Builder
		for i := range len(part) {
			digits.WriteString(hex.EncodeToString([]byte(part[i : i+1])))
			if i%2 == 1 {
				digits.WriteByte(' ')
			}
		}
		if !c.printf("%08x: %-40s %s\n", at, digits.String(), printable(part)) {
			break
		}
	}
	return 1 - boolInt(ok)
}

func hexdump(c *call) int {
	flags, operands := c.options("ns")
	texts, ok := c.inputs(operands)
	data := strings.Join(texts, "")
	if n, err := strconv.Atoi(flags['n']); err == nil && n >= 0 {
		data = data[:min(n, len(data))]
	}
	for at := 0; at < len(data); at += 16 {
		part := data[at:min(len(data), at+16)]
		var row strings.Builder
		for i := range len(part) {
			if flags['C'] == "" {
				if i%2 == 0 {
					high := byte(0)
					if i+1 < len(part) {
						high = part[i+1]
					}
					fmt.Fprintf(&row, " %02x%02x", high, part[i])
				}
				continue
			}
			if i == 8 {
				row.WriteByte(' ')
			}
			fmt.Fprintf(&row, " %02x", part[i])
		}
		if flags['C'] != "" {
			c.printf("%08x %-49s  |%s|\n", at, row.String(), printable(part))
		} else if !c.printf("%07x%s\n", at, row.String()) {
			break
		}
	}
	if data != "" {
		c.printf("%0*x\n", 7+boolInt(flags['C'] != ""), len(data))
	}
	return 1 - boolInt(ok)
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, strings.ToValidUTF8(s, "."))
}

// printed finds what a one-liner in Perl or Python prints of text.
var printed = regexp.MustCompile(`^\s*print\s*\(?\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([0-9]+)\s*([-+*])?\s*([0-9]*))\s*\)?\s*;?\s*$`)

// interpreter is Perl or Python: what it is given to run is on record already, and is not run. A line that prints a text prints it, since that is how one is tried.
func interpreter(c *call) int {
	python := strings.HasPrefix(c.args[0], "python")
	script := ""
	for i, a := range c.args[1:] {
		switch {
		case a == "-V" || a == "--version" || a == "-v" && !python:
			if python {
				c.printf("Python %s\n", c.sys.python())
			} else {
				c.printf("\nThis is perl 5, version 36, subversion 0 (v5.36.0) built for x86_64-linux-gnu-thread-multi\n(with 60 registered patches, see perl -V for more detail)\n\nCopyright 1987-2022, Larry Wall\n")
			}
			return 0
		case (a == "-c" && python || a == "-e" && !python) && i+2 < len(c.args):
			script = c.args[i+2]
		case !strings.HasPrefix(a, "-") && script == "":
			text, err := c.readFile(a)
			if err == nil && python {
				return c.python(text)
			}
			if err != nil {
				if python {
					fmt.Fprintf(c.err, "%s: can't open file '%s': [Errno 2] No such file or directory\n", c.args[0], c.abs(a))
				} else {
					fmt.Fprintf(c.err, "Can't open perl script \"%s\": No such file or directory\n", a)
				}
				return 2
			}
			return 0
		}
	}
	if python && script != "" {
		return c.python(script)
	}
	if python && !c.atTerminal() && len(c.args) == 1 {
		return c.python(c.input())
	}
	m := printed.FindStringSubmatch(script)
	if m == nil {
		return 0
	}
	text := m[1] + m[2]
	if m[3] != "" {
		a, _ := strconv.Atoi(m[3])
		b, _ := strconv.Atoi(m[5])
		text = strconv.Itoa(map[string]int{"+": a + b, "-": a - b, "*": a * b, "": a}[m[4]])
	}
	text = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace(text)
	c.printf("%s", text)
	return 0
}

func (s *System) python() string {
	switch {
	case strings.HasPrefix(s.Kernel, "5.15"):
		return "3.10.12"
	case s.ID == "ubuntu":
		return "3.8.10"
	case s.ID == "rocky":
		return "3.9.18"
	case s.ID == "centos":
		return "3.6.8"
	case s.ID == "debian":
		return "3.11.2"
	}
	return "3.12.3"
}

// The processors of programs, by the number in an ELF header.
const (
	forIntel386 = 3
	forMIPS     = 8
	forARM      = 40
	forAMD64    = 62
)

// runs tells whether a program is one for the system's processor. The kernel looks at no more than the beginning, either.
func (s *System) runs(text string) bool {
	const header, dataAt, bigEndian, machineAt = 52, 5, 2, 18 // of a program of 32 bits
	if len(text) < header || !strings.HasPrefix(text, "\x7fELF") {
		return false
	}
	machine := int(text[machineAt+1])<<8 | int(text[machineAt])
	if text[dataAt] == bigEndian {
		machine = int(text[machineAt])<<8 | int(text[machineAt+1])
	}
	switch machine {
	case forAMD64, forIntel386:
		return s.Machine == "x86_64"
	case forARM:
		return strings.HasPrefix(s.Machine, "arm")
	case forMIPS:
		return s.Machine == "mips"
	}
	return false
}
