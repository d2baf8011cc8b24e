package shell

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/shell/notation"
)

// grepper is one grep.
type grepper struct {
	*call
	rx            *regexp.Regexp
	flags         map[rune]string
	before, after int
	most          int
	named         bool // lines bear the names of their files
	found         bool
	status        int
	include       []string
}

func grep(c *call) int {
	var rest []string
	g := &grepper{call: c, most: 1 << 30}
	for _, a := range c.args { // those of many letters
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "--include":
			g.include = append(g.include, value)
		case "--exclude", "--exclude-dir", "--color", "--colour", "--line-buffered", "--text", "--binary-files":
		case "--ignore-case":
			rest = append(rest, "-i")
		case "--only-matching":
			rest = append(rest, "-o")
		case "--invert-match":
			rest = append(rest, "-v")
		case "--count":
			rest = append(rest, "-c")
		case "--quiet", "--silent":
			rest = append(rest, "-q")
		case "--recursive":
			rest = append(rest, "-r")
		case "--extended-regexp":
			rest = append(rest, "-E")
		case "--perl-regexp":
			rest = append(rest, "-P")
		case "--fixed-strings":
			rest = append(rest, "-F")
		case "--regexp":
			rest = append(rest, "-e", value)
		case "--no-messages":
			rest = append(rest, "-s")
		case "--files-with-matches":
			rest = append(rest, "-l")
		default:
			if n, err := strconv.Atoi(strings.TrimPrefix(a, "-")); err == nil && strings.HasPrefix(a, "-") && n >= 0 {
				a = fmt.Sprintf("-C%d", n)
			}
			rest = append(rest, a)
		}
	}
	of := *c
	of.args = rest
	flags, operands := of.options("efABCmdD")
	g.flags = flags
	has := func(letter rune) bool { _, ok := flags[letter]; return ok }
	expr := flags['e']
	if has('f') {
		text, err := c.readFile(flags['f'])
		if err != nil {
			return c.fail(2, "%s", err)
		}
		expr = strings.TrimSuffix(text, "\n")
	} else if !has('e') {
		if len(operands) == 0 {
			if c.sys.BusyBox {
				return c.usage(c.args[0])
			}
			fmt.Fprintf(c.err, "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n")
			return 2
		}
		expr, operands = operands[0], operands[1:]
	}
	var parts []string
	for part := range strings.SplitSeq(expr, "\n") {
		switch {
		case has('F') || c.args[0] == "fgrep":
			part = regexp.QuoteMeta(part)
		case !has('E') && !has('P') && c.args[0] != "egrep":
			part = notation.Basic(part)
		default:
			part = notation.Extended(part)
		}
		parts = append(parts, part)
	}
	expr = strings.Join(parts, "|")
	if has('w') {
		expr = `\b(?:` + expr + `)\b`
	}
	if has('x') {
		expr = `^(?:` + expr + `)$`
	}
	if has('i') || has('y') {
		expr = "(?i)" + expr
	}
	var err error
	if g.rx, err = notation.Compile(expr); err != nil {
		switch {
		case strings.Contains(err.Error(), "missing closing ]") && !has('E'):
			fmt.Fprintln(c.err, "grep: Unmatched [, [^, [:, [., or [=")
		case strings.Contains(err.Error(), "missing closing )"):
			fmt.Fprintln(c.err, "grep: Unmatched ( or \\(")
		default:
			fmt.Fprintln(c.err, "grep: Invalid regular expression")
		}
		return 2
	}
	for letter, to := range map[rune]*int{'A': &g.after, 'B': &g.before, 'm': &g.most} {
		if n, err := strconv.Atoi(flags[letter]); err == nil && n >= 0 {
			*to = n
		}
	}
	if n, err := strconv.Atoi(flags['C']); err == nil && n >= 0 {
		g.before, g.after = n, n
	}
	recursive := has('r') || has('R')
	g.named = (len(operands) > 1 || recursive && !(len(operands) == 1 && c.isFile(operands[0])) || has('H')) && !has('h')
	if len(operands) == 0 {
		operands = []string{"-"}
		if recursive {
			operands = []string{"."}
		}
	}
	for _, p := range operands {
		if !g.file(p, recursive, true) {
			break
		}
	}
	switch {
	case g.found && (g.status == 0 || has('q')):
		return 0
	case g.status == 0:
		return 1
	}
	return g.status
}

// isFile tells whether there is a file, and no directory.
func (c *call) isFile(p string) bool {
	n, err := c.fs.lookup(c.abs(p), true)
	return err == nil && !n.isDir()
}

// file looks into a file, or into all in a directory. It says false when nothing more is to be looked at.
func (g *grepper) file(p string, recursive, asked bool) bool {
	if g.ctx.Err() != nil || g.flow != onward {
		return false
	}
	if n, err := g.fs.lookup(g.abs(p), asked); err == nil && p != "-" {
		if n.isDir() {
			if !recursive {
				fmt.Fprintf(g.err, "grep: %s: Is a directory\n", p)
				g.status = 2
				return true
			}
			if !may(n, g.user.name, 5) {
				g.complain("grep: %s: Permission denied\n", p)
				return true
			}
			for _, name := range n.names() {
				if !g.file(strings.TrimSuffix(p, "/")+"/"+name, true, false) {
					return false
				}
			}
			return true
		}
		if !asked && n.mode&(fs.ModeSymlink|fs.ModeDevice) != 0 || len(g.include) > 0 && recursive && !slices.ContainsFunc(g.include, func(pattern string) bool { return matches(pattern, n.name) }) {
			return true
		}
	}
	var text string
	if p == "-" {
		text = g.input()
	} else {
		var err error
		if text, err = g.readFile(p); err != nil {
			g.complain("grep: %s\n", err)
			return true
		}
	}
	return g.text(p, text)
}

func (g *grepper) complain(format string, args ...any) {
	if g.status = 2; g.flags['s'] == "" {
		fmt.Fprintf(g.err, format, args...)
	}
}

// text prints what fits.
func (g *grepper) text(p, text string) bool {
	has := func(letter rune) bool { _, ok := g.flags[letter]; return ok }
	binary := strings.ContainsRune(text[:min(len(text), 32<<10)], 0) && !has('a')
	all := lines(text)
	hits, shown, last := 0, -1, -1
	show := func(i int, sign, line string) bool {
		prefix := ""
		if g.named {
			name := p
			if p == "-" {
				name = "(standard input)"
			}
			prefix = name + sign
		}
		if has('n') {
			prefix += strconv.Itoa(i+1) + sign
		}
		return g.printf("%s%s\n", prefix, line)
	}
	for i, line := range all {
		fits := g.rx.MatchString(line) != has('v')
		if fits && hits < g.most {
			hits++
			g.found = true
			switch {
			case has('q'):
				return false
			case has('c'):
			case has('l') || has('L'):
				if has('l') {
					g.printf("%s\n", strings.Replace(p, "-", "(standard input)", boolInt(p == "-")))
				}
				return true
			case binary:
				fmt.Fprintf(g.out, "grep: %s: binary file matches\n", strings.Replace(p, "-", "(standard input)", boolInt(p == "-")))
				return true
			case has('o'):
				if !has('v') {
					for _, one := range g.rx.FindAllString(line, -1) {
						if one != "" && !show(i, ":", one) {
							return false
						}
					}
				}
			default:
				from := max(shown+1, i-g.before)
				if (g.before > 0 || g.after > 0) && shown >= 0 && from > shown+1 {
					g.printf("--\n")
				}
				for j := from; j < i; j++ {
					show(j, "-", all[j])
				}
				if !show(i, ":", line) {
					return false
				}
				shown, last = i, i
			}
			continue
		}
		if last >= 0 && i <= last+g.after && !has('c') {
			show(i, "-", line)
			shown = i
		}
	}
	if has('L') && hits == 0 {
		g.printf("%s\n", p)
	}
	if has('c') {
		if g.named {
			g.printf("%s:", strings.Replace(p, "-", "(standard input)", boolInt(p == "-")))
		}
		g.printf("%d\n", hits)
	}
	return true
}
