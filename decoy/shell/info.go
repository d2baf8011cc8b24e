package shell

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
)

func locale(c *call) int {
	if slices.Contains(c.args, "-a") {
		c.printf("C\nC.utf8\nen_US.utf8\nPOSIX\n")
		return 0
	}
	lang := c.vars["LANG"].String()
	c.printf("LANG=%s\nLANGUAGE=\n", lang)
	for _, name := range []string{"CTYPE", "NUMERIC", "TIME", "COLLATE", "MONETARY", "MESSAGES", "PAPER", "NAME", "ADDRESS", "TELEPHONE", "MEASUREMENT", "IDENTIFICATION"} {
		c.printf("LC_%s=%q\n", name, lang)
	}
	c.printf("LC_ALL=\n")
	return 0
}

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

func uname(c *call) int {
	flags, operands := c.options("")
	for letter := range flags {
		if !strings.ContainsRune("asnrvmpio-", letter) {
			return c.fail(1, "invalid option -- '%c'%s", letter, c.tryHelp())
		}
	}
	if len(operands) > 0 {
		return c.fail(1, "extra operand %s%s", c.quoted(operands[0]), c.tryHelp())
	}
	if _, all := flags['a']; all {
		c.printf("%s\n", c.sys.Uname())
		return 0
	}
	var out []string
	for _, part := range []struct {
		letter rune
		value  string
	}{{'s', "Linux"}, {'n', c.sys.Hostname}, {'r', c.sys.Kernel}, {'v', c.sys.Build}, {'m', c.sys.Machine}, {'p', "unknown"}, {'i', "unknown"}, {'o', "GNU/Linux"}} {
		if _, want := flags[part.letter]; want {
			out = append(out, part.value)
		}
	}
	if len(out) == 0 {
		out = []string{"Linux"}
	}
	c.printf("%s\n", strings.Join(out, " "))
	return 0
}

func hostname(c *call) int {
	switch {
	case len(c.args) > 1 && c.args[1] == "-I":
		c.printf("%s \n", c.sys.IP)
	case len(c.args) > 1 && !strings.HasPrefix(c.args[1], "-"):
		if c.user.uid != 0 {
			return c.fail(1, "you must be root to change the host name")
		}
	default:
		c.printf("%s\n", c.sys.Hostname)
	}
	return 0
}

func free(c *call) int {
	total, used, cached := c.sys.memory()
	flags, _ := c.options("sc")
	for letter := range flags {
		if !strings.ContainsRune("bkmghtlwsc-", letter) {
			return c.fail(1, "invalid option -- '%c'\n\nUsage:\n free [options]\n\nFor more details see free(1).", letter)
		}
	}
	shown := func(kb int) string {
		switch {
		case flags['h'] != "":
			return humanMemory(kb)
		case flags['b'] != "":
			return strconv.Itoa(kb << 10)
		case flags['m'] != "":
			return strconv.Itoa(kb >> 10)
		case flags['g'] != "":
			return strconv.Itoa(kb >> 20)
		}
		return strconv.Itoa(kb)
	}
	c.printf("               total        used        free      shared  buff/cache   available\nMem:     %11s %11s %11s %11s %11s %11s\nSwap:    %11s %11s %11s\n",
		shown(total), shown(used), shown(total-used-cached), shown(1044), shown(cached), shown(total-used), shown(0), shown(0), shown(0))
	return 0
}

// humanMemory is an amount as free -h has it.
func humanMemory(kb int) string {
	n, units := float64(kb), []string{"Ki", "Mi", "Gi", "Ti"}
	if kb == 0 {
		return "0B"
	}
	for len(units) > 1 && n >= 1024 {
		n, units = n/1024, units[1:]
	}
	if n < 10 {
		return fmt.Sprintf("%.1f%s", n, units[0])
	}
	return fmt.Sprintf("%.0f%s", n, units[0])
}

func nproc(c *call) int {
	c.printf("%d\n", c.sys.CPUs)
	return 0
}

// env runs a command in another environment, or shows the one that is.
func env(c *call) int {
	sub := c.sub()
	args := c.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch a := args[0]; {
		case a == "-i" || a == "-" || a == "--ignore-environment":
			sub.vars = map[string]expand.Variable{"PATH": {Set: true, Kind: expand.String, Str: c.vars["PATH"].String()}}
		case a == "-u" && len(args) > 1:
			delete(sub.vars, args[1])
			args = args[1:]
		case strings.HasPrefix(a, "--unset="):
			delete(sub.vars, strings.TrimPrefix(a, "--unset="))
		case a == "-S" || a == "-0" || a == "--":
		default:
			return c.fail(125, "invalid option -- '%s'%s", strings.TrimLeft(a, "-"), c.tryHelp())
		}
		args = args[1:]
	}
	for len(args) > 0 && strings.Contains(args[0], "=") {
		name, value, _ := strings.Cut(args[0], "=")
		if err := (environment{s: sub.Shell}).Set(name, expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}); err != nil {
			return c.fail(125, "cannot set %s: %s", c.quoted(name), err)
		}
		args = args[1:]
	}
	if len(args) == 0 {
		for _, pair := range sub.exported() {
			c.printf("%s\n", pair)
		}
		return 0
	}
	if _, err := sub.which(args[0]); err != nil {
		if errors.Is(err, errNotExecutable) {
			return c.fail(126, "%s: %s", c.quoted(args[0]), sub.notFound(args[0], err))
		}
		return c.fail(127, "%s: No such file or directory", c.quoted(args[0]))
	}
	inner := *c
	inner.eval = sub
	status := inner.runTool(args)
	c.absorb(sub)
	return status
}

func printenv(c *call) int {
	if len(c.args) == 1 {
		return env(c)
	}
	status := 0
	for _, name := range c.args[1:] {
		if v := c.vars[name]; v.Exported {
			c.printf("%s\n", v.String())
		} else {
			status = 1
		}
	}
	return status
}
