package shell

import "strings"

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
