package shell

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"decnet/decoy/event"
)

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
	if slices.Contains(c.args, "--print-architecture") {
		c.printf("amd64\n")
		return 0
	}
	if flags['s'] != "" {
		for _, name := range operands {
			at := slices.IndexFunc(installed, func(p struct{ name, debian, about string }) bool { return p.name == name })
			if at < 0 {
				fmt.Fprintf(c.err, "dpkg-query: package '%s' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n", name)
				return 1
			}
			c.printf("Package: %s\nStatus: install ok installed\nPriority: optional\nArchitecture: amd64\nVersion: %s\nDescription: %s\n", name, installed[at].debian, installed[at].about)
		}
		return 0
	}
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

// aptList is what apt tells of packages without changing any.
func aptList(c *call) int {
	suite := map[string]string{"debian": "stable", "kali": "kali-rolling"}[c.sys.ID]
	if suite == "" {
		suite = map[bool]string{true: "jammy", false: "focal"}[strings.HasPrefix(c.sys.Kernel, "5.15")]
	}
	var names []string
	for _, a := range c.args[2:] {
		if !strings.HasPrefix(a, "-") {
			names = append(names, a)
		}
	}
	if c.args[1] == "list" {
		c.printf("Listing... Done\n")
	} else {
		c.printf("Sorting... Done\nFull Text Search... Done\n")
	}
	for _, p := range installed {
		if len(names) > 0 && !strings.Contains(p.name, strings.Trim(names[0], "*")) {
			continue
		}
		arch := "amd64"
		if p.name == "adduser" {
			arch = "all"
		}
		c.printf("%s/%s,now %s %s [installed]\n", p.name, suite, p.debian, arch)
		if c.args[1] != "list" {
			c.printf("  %s\n\n", p.about)
		}
	}
	return 0
}

// aptCache is apt-cache.
func aptCache(c *call) int {
	if len(c.args) < 3 {
		return 0
	}
	for _, p := range installed {
		switch {
		case c.args[1] == "search" && strings.Contains(p.name+" "+p.about, c.args[2]):
			c.printf("%s - %s\n", p.name, p.about)
		case c.args[1] == "policy" && p.name == c.args[2]:
			c.printf("%s:\n  Installed: %s\n  Candidate: %[2]s\n  Version table:\n *** %[2]s 100\n        100 /var/lib/dpkg/status\n", p.name, p.debian)
		case c.args[1] == "show" && p.name == c.args[2]:
			c.printf("Package: %s\nStatus: install ok installed\nPriority: optional\nArchitecture: amd64\nVersion: %s\nDescription: %s\n\n", p.name, p.debian, p.about)
		}
	}
	return 0
}
