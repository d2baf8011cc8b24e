package shell

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// printed finds what a one-liner in Perl or Python prints of text.
var printed = regexp.MustCompile(`^\s*print\s*\(?\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([0-9]+)\s*([-+*])?\s*([0-9]*))\s*\)?\s*;?\s*$`)

// perlCommand finds the command of a line that is system, exec or print of what one says.
var perlCommand = regexp.MustCompile("^\\s*(?:(?:system|exec)\\s*\\(?\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|\"((?:[^\"\\\\]|\\\\.)*)\")\\s*\\)?|print\\s*\\(?\\s*`([^`]*)`\\s*\\)?|print\\s+qx[({/]([^)}/]*)[)}/])\\s*;?\\s*$")

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
	// What a line of Perl has the shell do is what bots use it for.
	if m := perlCommand.FindStringSubmatch(script); m != nil && !python {
		command := strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\$`, `$`, `\@`, `@`).Replace(cmp.Or(m[1], m[2], m[3], m[4]))
		return c.subshell(program{dash: c.sys.isDash("sh"), text: command}, c.streams)
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
