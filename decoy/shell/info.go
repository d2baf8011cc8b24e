package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	flags, _ := c.options("")
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
		return c.fail(1, "you must be root to change the host name")
	default:
		c.printf("%s\n", c.sys.Hostname)
	}
	return 0
}

func free(c *call) int {
	total, used, cached := c.sys.memory()
	unit := 1
	if flags, _ := c.options(""); len(flags) > 0 {
		for letter, divisor := range map[rune]int{'m': 1024, 'g': 1 << 20, 'h': 1024} {
			if _, ok := flags[letter]; ok {
				unit = divisor
			}
		}
	}
	c.printf("               total        used        free      shared  buff/cache   available\nMem:     %11d %11d %11d %11d %11d %11d\nSwap:    %11d %11d %11d\n",
		total/unit, used/unit, (total-used-cached)/unit, 1044/unit, cached/unit, (total-used)/unit, 0, 0, 0)
	return 0
}

func date(c *call) int {
	now := c.sys.host.Now()
	for _, a := range c.args[1:] {
		if format, ok := strings.CutPrefix(a, "+"); ok {
			c.printf("%s\n", strings.NewReplacer("%s", fmt.Sprint(now.Unix()), "%Y", now.Format("2006"), "%m", now.Format("01"), "%d", now.Format("02"), "%H", now.Format("15"),
				"%M", now.Format("04"), "%S", now.Format("05"), "%F", now.Format("2006-01-02"), "%T", now.Format("15:04:05"), "%y", now.Format("06"), "%N", now.Format("000000000"), "%Z", "UTC", "%a", now.Format("Mon"), "%b", now.Format("Jan")).Replace(format))
			return 0
		}
	}
	c.printf("%s\n", now.Format("Mon Jan _2 15:04:05 UTC 2006"))
	return 0
}

func nproc(c *call) int {
	c.printf("%d\n", c.sys.CPUs)
	return 0
}

func env(c *call) int {
	if len(c.args) > 1 {
		args := c.args[1:]
		for len(args) > 0 && strings.Contains(args[0], "=") {
			args = args[1:]
		}
		if len(args) > 0 {
			return c.runTool(args)
		}
	}
	for _, pair := range c.exported() {
		c.printf("%s\n", pair)
	}
	return 0
}
