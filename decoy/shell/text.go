package shell

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/shell/notation"
)

func compare(c *call) int {
	flags, operands := c.options("n")
	if len(operands) < 2 {
		return c.fail(2, "missing operand after '%s'\ncmp: Try 'cmp --help' for more information.", c.args[len(c.args)-1])
	}
	a, err := c.readFile(operands[0])
	b, err2 := c.readFile(operands[1])
	if err = cmp.Or(err, err2); err != nil {
		return c.fail(2, "%s", err)
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			if flags['s'] == "" {
				c.printf("%s %s differ: byte %d, line %d\n", operands[0], operands[1], i+1, 1+strings.Count(a[:i], "\n"))
			}
			return 1
		}
	}
	if len(a) == len(b) {
		return 0
	}
	if flags['s'] == "" {
		fmt.Fprintf(c.err, "cmp: EOF on %s after byte %d, line %d\n", operands[boolInt(len(a) > len(b))], min(len(a), len(b)), strings.Count(a[:min(len(a), len(b))], "\n"))
	}
	return 1
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

// count reads head's and tail's number of lines.
func (c *call) count() (n int, fromStart bool, bytes bool, operands []string) {
	n = 10
	flags, operands := c.options("nc")
	value, byBytes := flags['c']
	if !byBytes {
		value = flags['n']
	}
	if value == "" {
		for letter := range flags { // head -5
			if letter >= '0' && letter <= '9' {
				value = strings.TrimPrefix(c.args[1], "-")
			}
		}
	}
	if value != "" {
		fromStart = value[0] == '+'
		n, _ = strconv.Atoi(strings.Trim(value, "+-kKMG"))
	}
	return max(0, n), fromStart, byBytes, operands
}

func head(c *call) int {
	n, _, bytes, operands := c.count()
	texts, ok := c.inputs(operands)
	for _, text := range texts {
		if bytes {
			c.printf("%s", text[:min(n, len(text))])
			continue
		}
		for _, line := range lines(text)[:min(n, len(lines(text)))] {
			c.printf("%s\n", line)
		}
	}
	return truth(ok)
}

func tail(c *call) int {
	n, fromStart, bytes, operands := c.count()
	texts, ok := c.inputs(operands)
	for _, text := range texts {
		if bytes {
			c.printf("%s", text[max(0, len(text)-n):])
			continue
		}
		all := lines(text)
		skip := max(0, len(all)-n)
		if fromStart {
			skip = min(max(0, n-1), len(all))
		}
		for _, line := range all[skip:] {
			c.printf("%s\n", line)
		}
	}
	return truth(ok)
}

func grep(c *call) int {
	flags, operands := c.options("eABCm")
	has := func(letter rune) bool { _, ok := flags[letter]; return ok }
	expr := flags['e']
	if !has('e') {
		if len(operands) == 0 {
			return c.fail(2, "usage: grep [OPTION]... PATTERNS [FILE]...")
		}
		expr, operands = operands[0], operands[1:]
	}
	switch {
	case has('F') || c.args[0] == "fgrep":
		expr = regexp.QuoteMeta(expr)
	case !has('E') && !has('P') && c.args[0] == "grep":
		expr = notation.Basic(expr)
	}
	if has('w') {
		expr = `\b(?:` + expr + `)\b`
	}
	if has('i') {
		expr = "(?i)" + expr
	}
	rx, err := regexp.Compile(expr)
	if err != nil {
		return c.fail(2, "Invalid regular expression")
	}
	found, status := false, 0
	names := operands
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, p := range names {
		if n, err := c.fs.lookup(c.abs(p), true); err == nil && n.isDir() && p != "-" {
			status = c.fail(2, "%s: Is a directory", p)
			continue
		}
		texts, ok := c.inputs([]string{p})
		if !ok {
			status = 2
			continue
		}
		hits := 0
		for i, line := range lines(texts[0]) {
			if rx.MatchString(line) == has('v') {
				continue
			}
			hits++
			if has('c') || has('q') {
				continue
			}
			if len(operands) > 1 && !has('h') {
				c.printf("%s:", p)
			}
			if has('n') {
				c.printf("%d:", i+1)
			}
			if has('o') {
				line = rx.FindString(line)
			}
			if !c.printf("%s\n", line) {
				break
			}
		}
		found = found || hits > 0
		if has('c') {
			c.printf("%d\n", hits)
		}
	}
	if status == 0 && !found {
		status = 1
	}
	return status
}

func wc(c *call) int {
	flags, operands := c.options("")
	texts, ok := c.inputs(operands)
	for i, text := range texts {
		var out []string
		for _, part := range []struct {
			letter rune
			n      int
		}{{'l', strings.Count(text, "\n")}, {'w', len(strings.Fields(text))}, {'c', len(text)}} {
			if _, want := flags[part.letter]; want || len(flags) == 0 {
				out = append(out, strconv.Itoa(part.n))
			}
		}
		if len(operands) > i {
			out = append(out, operands[i])
		}
		c.printf("%s\n", strings.Join(out, " "))
	}
	return truth(ok)
}

func sortLines(c *call) int {
	flags, operands := c.options("kt")
	texts, ok := c.inputs(operands)
	all := lines(strings.Join(texts, ""))
	slices.SortStableFunc(all, func(a, b string) int {
		if _, numeric := flags['n']; numeric {
			x, _ := strconv.Atoi(strings.Fields(a + " 0")[0])
			y, _ := strconv.Atoi(strings.Fields(b + " 0")[0])
			return x - y
		}
		return strings.Compare(a, b)
	})
	if _, unique := flags['u']; unique {
		all = slices.Compact(all)
	}
	if _, reverse := flags['r']; reverse {
		slices.Reverse(all)
	}
	for _, line := range all {
		c.printf("%s\n", line)
	}
	return truth(ok)
}

func uniq(c *call) int {
	flags, operands := c.options("")
	texts, ok := c.inputs(operands)
	all := lines(strings.Join(texts, ""))
	for i := 0; i < len(all); {
		same := i
		for same < len(all) && all[same] == all[i] {
			same++
		}
		if _, counted := flags['c']; counted {
			c.printf("%7d ", same-i)
		}
		c.printf("%s\n", all[i])
		i = same
	}
	return truth(ok)
}

func cut(c *call) int {
	flags, operands := c.options("dfcb")
	texts, ok := c.inputs(operands)
	sep := flags['d']
	if sep == "" {
		sep = "\t"
	}
	spec, characters := flags['f'], false
	if spec == "" {
		spec, characters = flags['c']+flags['b'], true
	}
	for _, line := range lines(strings.Join(texts, "")) {
		parts := strings.Split(line, sep)
		if characters {
			parts, sep = strings.Split(line, ""), ""
		}
		if len(parts) == 1 && !characters {
			c.printf("%s\n", line)
			continue
		}
		var kept []string
		for i, part := range parts {
			if inRange(spec, i+1) {
				kept = append(kept, part)
			}
		}
		c.printf("%s\n", strings.Join(kept, sep))
	}
	return truth(ok)
}

// inRange tells whether a list like 1,3-5,7- has the number.
func inRange(spec string, n int) bool {
	for part := range strings.SplitSeq(spec, ",") {
		from, to, span := strings.Cut(part, "-")
		low, _ := strconv.Atoi(from)
		high, err := strconv.Atoi(to)
		if !span {
			high = low
		} else if err != nil {
			high = 1 << 30
		}
		if n >= low && n <= high {
			return true
		}
	}
	return false
}

func tr(c *call) int {
	flags, operands := c.options("")
	if len(operands) == 0 {
		return c.fail(1, "missing operand")
	}
	if flags['s'] != "" {
		set := letters(operands[len(operands)-1])
		text := c.input()
		if len(operands) > 1 {
			text = translated(text, letters(operands[0]), set)
		} else if flags['d'] != "" {
			set = ""
		}
		var b strings.Builder
		var last rune = -1
		for _, r := range text {
			if r != last || !strings.ContainsRune(set, r) {
				b.WriteRune(r)
			}
			last = r
		}
		c.printf("%s", b.String())
		return 0
	}
	from, to := letters(operands[0]), ""
	if len(operands) > 1 {
		to = letters(operands[1])
	}
	_, remove := flags['d']
	c.printf("%s", strings.Map(func(r rune) rune {
		i := strings.IndexRune(from, r)
		switch {
		case i < 0:
			return r
		case remove || to == "":
			return -1
		}
		return rune(to[min(i, len(to)-1)])
	}, c.input()))
	return 0
}

// translated has each character of from replaced by that in the same place of to.
func translated(text, from, to string) string {
	if to == "" {
		return text
	}
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(from, r); i >= 0 {
			return rune(to[min(i, len(to)-1)])
		}
		return r
	}, text)
}

// letters spells out tr's ranges and classes.
func letters(s string) string {
	s = strings.NewReplacer(`\n`, "\n", `\t`, "\t", "[:upper:]", "A-Z", "[:lower:]", "a-z", "[:digit:]", "0-9", "[:space:]", " \t\n").Replace(s)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+2 < len(s) && s[i+1] == '-' && s[i] < s[i+2] {
			for ch := s[i]; ch < s[i+2]; ch++ {
				b.WriteByte(ch)
			}
			i++
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func seq(c *call) int {
	from, to := 1, 0
	switch len(c.args) {
	case 2:
		to, _ = strconv.Atoi(c.args[1])
	case 3:
		from, _ = strconv.Atoi(c.args[1])
		to, _ = strconv.Atoi(c.args[2])
	}
	for ; from <= to && c.ctx.Err() == nil; from++ {
		if !c.printf("%d\n", from) {
			break
		}
	}
	return 0
}

func yes(c *call) int {
	word := "y"
	if len(c.args) > 1 {
		word = strings.Join(c.args[1:], " ")
	}
	for c.ctx.Err() == nil && c.printf("%s\n", word) {
	}
	return 1
}

func tee(c *call) int {
	flags, operands := c.options("")
	_, appending := flags['a']
	text := c.input()
	status := 0
	for _, p := range operands {
		w, finish, err := c.openForWriting(p, appending)
		if err != nil {
			status = c.fail(1, "%s", err)
			continue
		}
		w.Write([]byte(text))
		finish()
	}
	c.printf("%s", text)
	return status
}

func basename(c *call) int {
	if len(c.args) < 2 {
		return c.fail(1, "missing operand")
	}
	name := path.Base(c.args[1])
	if c.args[0] == "dirname" {
		name = path.Dir(c.args[1])
	} else if len(c.args) > 2 {
		name = strings.TrimSuffix(name, c.args[2])
	}
	c.printf("%s\n", name)
	return 0
}
