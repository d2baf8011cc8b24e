package shell

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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

// extent is how much head and tail show.
type extent struct {
	n         int
	fromStart bool // tail +n
	fromEnd   bool // head -n -n: all but so many
	bytes     bool
	headings  bool
}

// extent reads head's and tail's options.
func (c *call) extent() (x extent, operands []string, ok bool) {
	x.n = 10
	args := slices.Clone(c.args)
	for i, a := range args { // head -5
		if len(a) > 1 && a[0] == '-' && a[1] >= '0' && a[1] <= '9' && args[max(0, i-1)] != "-n" && args[max(0, i-1)] != "-c" {
			args[i] = "-n" + a[1:]
		}
	}
	of := *c
	of.args = args
	flags, operands := of.options("ncsb")
	value, byBytes := flags['c']
	if !byBytes {
		value = flags['n']
	}
	value = strings.TrimPrefix(value, "lines=")
	if value = strings.TrimPrefix(value, "bytes="); value != "" {
		x.fromStart, x.fromEnd = value[0] == '+', value[0] == '-'
		digits := strings.TrimLeft(value, "+-")
		size, known := blocks(digits)
		if !known {
			return x, nil, false
		}
		x.n = size
	}
	x.bytes = byBytes
	x.headings = len(operands) > 1 && flags['q'] == "" || flags['v'] == "y"
	return x, operands, true
}

// pieces shows a part of each file, with its name before it where there are several.
func (c *call) pieces(x extent, operands []string, part func(text string) string) int {
	if len(operands) == 0 {
		operands = []string{"-"}
	}
	status, first := 0, true
	for _, p := range operands {
		texts, ok := c.inputs([]string{p})
		if !ok {
			status = 1
			continue
		}
		if x.headings {
			gap := "\n"
			if first {
				gap = ""
			}
			c.printf("%s==> %s <==\n", gap, strings.Replace(p, "-", "standard input", boolInt(p == "-")))
		}
		first = false
		if !c.printf("%s", part(texts[0])) {
			break
		}
	}
	return status
}

func head(c *call) int {
	x, operands, ok := c.extent()
	if !ok {
		return c.fail(1, "invalid number of lines: %s", c.quoted(c.args[len(c.args)-1]))
	}
	return c.pieces(x, operands, func(text string) string {
		if x.bytes {
			if x.fromEnd {
				return text[:max(0, len(text)-x.n)]
			}
			return text[:min(x.n, len(text))]
		}
		all := strings.SplitAfter(text, "\n")
		if all[len(all)-1] == "" {
			all = all[:len(all)-1]
		}
		if x.fromEnd {
			return strings.Join(all[:max(0, len(all)-x.n)], "")
		}
		return strings.Join(all[:min(x.n, len(all))], "")
	})
}

func tail(c *call) int {
	x, operands, ok := c.extent()
	if !ok {
		return c.fail(1, "invalid number of lines: %s", c.quoted(c.args[len(c.args)-1]))
	}
	return c.pieces(x, operands, func(text string) string {
		if x.bytes {
			if x.fromStart {
				return text[min(max(0, x.n-1), len(text)):]
			}
			return text[max(0, len(text)-x.n):]
		}
		all := strings.SplitAfter(text, "\n")
		if all[len(all)-1] == "" {
			all = all[:len(all)-1]
		}
		if x.fromStart {
			return strings.Join(all[min(max(0, x.n-1), len(all)):], "")
		}
		return strings.Join(all[max(0, len(all)-x.n):], "")
	})
}

func wc(c *call) int {
	flags, operands := c.options("")
	names := operands
	if len(names) == 0 {
		names = []string{""}
	}
	type count struct {
		name  string
		parts []int
	}
	var rows []count
	total := count{name: "total"}
	status, whole := 0, 0
	for _, name := range names {
		of := []string{name}
		if name == "" {
			of = nil
		}
		texts, ok := c.inputs(of)
		if !ok {
			status = 1
			continue
		}
		text := texts[0]
		whole += len(text)
		var parts []int
		for _, part := range []struct {
			letter rune
			n      int
		}{{'l', strings.Count(text, "\n")}, {'w', len(strings.Fields(text))}, {'m', utf8.RuneCountInString(text)}, {'c', len(text)}} {
			if flags[part.letter] != "" || len(flags) == 0 && part.letter != 'm' {
				parts = append(parts, part.n)
			}
		}
		if flags['L'] != "" {
			longest := 0
			for _, line := range lines(text) {
				longest = max(longest, len(line))
			}
			parts = append(parts, longest)
		}
		for i, n := range parts {
			if i == len(total.parts) {
				total.parts = append(total.parts, 0)
			}
			total.parts[i] += n
		}
		rows = append(rows, count{name, parts})
	}
	if len(names) > 1 {
		rows = append(rows, total)
	}
	width := len(strconv.Itoa(whole))
	if len(operands) == 0 && len(total.parts) > 1 && c.piped {
		width = 7 // a pipe's size is not known before
	}
	if len(names) == 1 && len(total.parts) == 1 {
		width = 1
	}
	if c.sys.BusyBox && len(total.parts) > 1 {
		width = 9
	}
	for _, row := range rows {
		var out []string
		for _, n := range row.parts {
			out = append(out, fmt.Sprintf("%*d", width, n))
		}
		if row.name != "" {
			out = append(out, row.name)
		}
		c.printf("%s\n", strings.Join(out, " "))
	}
	return status
}

// sortKey is one of sort's -k.
type sortKey struct {
	from, to int // fields, from 1; 0 is the end
	at       int // the first character in its field, from 1
	letters  string
}

func sortLines(c *call) int {
	var keys []sortKey
	separator, global, output, operands := "", "", "", []string(nil)
	args := c.args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			operands = append(operands, a)
			continue
		}
		if strings.HasPrefix(a, "--") {
			global += map[string]string{"--reverse": "r", "--unique": "u", "--numeric-sort": "n", "--human-numeric-sort": "h", "--version-sort": "V", "--ignore-case": "f", "--random-sort": "R"}[a]
			continue
		}
		for j := 1; j < len(a); j++ {
			if !strings.ContainsRune("ktoST", rune(a[j])) {
				global += a[j : j+1]
				continue
			}
			value := a[j+1:]
			if value == "" && i+1 < len(args) {
				i++
				value = args[i]
			}
			switch a[j] {
			case 't':
				if separator = value; separator == `\t` || separator == "" {
					separator = "\t"
				}
			case 'o':
				output = value
			case 'k':
				from, to, _ := strings.Cut(value, ",")
				k := sortKey{letters: strings.TrimLeft(from+to, "0123456789.")}
				number := func(s string) (field, char int) {
					field, _ = strconv.Atoi(s[:len(s)-len(strings.TrimLeft(s, "0123456789"))])
					_, rest, _ := strings.Cut(s, ".")
					char, _ = strconv.Atoi(rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))])
					return field, char
				}
				k.from, k.at = number(from)
				k.to, _ = number(to)
				k.letters = strings.Trim(from, "0123456789.") + strings.Trim(to, "0123456789.")
				if keys = append(keys, k); len(keys) > 20 {
					return c.fail(2, "memory exhausted")
				}
			}
			break
		}
	}
	texts, ok := c.inputs(operands)
	if !ok {
		return 2
	}
	all := lines(strings.Join(texts, ""))
	part := func(line string, k sortKey) string {
		var fields []string
		if separator != "" {
			fields = strings.Split(line, separator)
		} else {
			fields = strings.Fields(line)
		}
		if k.from < 1 || k.from > len(fields) {
			return ""
		}
		end := len(fields)
		if k.to > 0 {
			end = min(max(k.to, k.from), len(fields))
		}
		text := strings.Join(fields[k.from-1:end], cmp.Or(separator, " "))
		return text[min(len(text), max(0, k.at-1)):]
	}
	by := func(a, b, letters string) int {
		var order int
		switch {
		case strings.ContainsAny(letters, "nghV"):
			order = cmp.Compare(sortNumber(a, letters), sortNumber(b, letters))
			if order == 0 && strings.Contains(letters, "V") {
				order = versions(a, b)
			}
		case strings.Contains(letters, "f"):
			order = strings.Compare(strings.ToUpper(a), strings.ToUpper(b))
		default:
			order = strings.Compare(a, b)
		}
		if strings.Contains(letters, "r") {
			return -order
		}
		return order
	}
	compare := func(a, b string) int {
		if c.ctx.Err() != nil {
			return 0 // nobody waits for it any more
		}
		if len(keys) == 0 {
			return by(a, b, global)
		}
		for _, k := range keys {
			letters := k.letters
			if strings.Trim(letters, "b") == "" {
				letters = global
			}
			if order := by(part(a, k), part(b, k), letters); order != 0 {
				return order
			}
		}
		return 0
	}
	if strings.Contains(global, "R") {
		r := c.sys.host.Rand("sort" + strconv.FormatInt(c.sys.host.Now().UnixNano(), 10))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	} else {
		slices.SortStableFunc(all, func(a, b string) int {
			if order := compare(a, b); order != 0 || c.ctx.Err() != nil || strings.ContainsAny(global, "us") {
				return order
			}
			if strings.Contains(global, "r") {
				return strings.Compare(b, a)
			}
			return strings.Compare(a, b)
		})
	}
	if strings.Contains(global, "u") {
		all = slices.CompactFunc(all, func(a, b string) bool { return compare(a, b) == 0 })
	}
	text := strings.Join(all, "\n")
	if len(all) > 0 {
		text += "\n"
	}
	if output != "" {
		if err := c.save(output, text); err != nil {
			return c.fail(2, "open failed: %s: %s", output, problem(err))
		}
		return 0
	}
	c.printf("%s", text)
	return 0
}

// sortNumber is what sort -n, or -h, takes a text for.
func sortNumber(text, letters string) float64 {
	if strings.Contains(letters, "V") {
		return 0
	}
	text = strings.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || end == 0 && text[end] == '-') {
		end++
	}
	n, _ := strconv.ParseFloat(text[:end], 64)
	if strings.Contains(letters, "h") && end < len(text) {
		n *= map[byte]float64{'K': 1 << 10, 'k': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}[text[end]] + float64(boolInt(!strings.ContainsRune("KkMGT", rune(text[end]))))
	}
	return n
}

// versions compares texts whose numbers count as such.
func versions(a, b string) int {
	for a != "" && b != "" {
		x, y := len(a)-len(strings.TrimLeft(a, "0123456789")), len(b)-len(strings.TrimLeft(b, "0123456789"))
		if x > 0 && y > 0 {
			m, _ := strconv.Atoi(a[:x])
			n, _ := strconv.Atoi(b[:y])
			if m != n {
				return cmp.Compare(m, n)
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func uniq(c *call) int {
	flags, operands := c.options("fsw")
	texts, ok := c.inputs(operands[:min(1, len(operands))])
	all := lines(strings.Join(texts, ""))
	same := func(a, b string) bool { return a == b || flags['i'] != "" && strings.EqualFold(a, b) }
	for i := 0; i < len(all); {
		end := i
		for end < len(all) && same(all[end], all[i]) {
			end++
		}
		if flags['d'] != "" && end == i+1 || flags['u'] != "" && end > i+1 {
			i = end
			continue
		}
		if flags['c'] != "" {
			c.printf("%7d ", end-i)
		}
		c.printf("%s\n", all[i])
		i = end
	}
	return truth(ok)
}

func cut(c *call) int {
	flags, operands := c.options("dfcb")
	if flags['f']+flags['c']+flags['b'] == "" {
		return c.fail(1, "you must specify a list of bytes, characters, or fields%s", c.tryHelp())
	}
	texts, ok := c.inputs(operands)
	sep := strings.TrimPrefix(flags['d'], "delimiter=")
	if sep == "" {
		sep = "\t"
	}
	join := sep
	if given, ok := strings.CutPrefix(flags['o'], "output-delimiter="); ok {
		join = given
	}
	spec, characters := strings.TrimPrefix(flags['f'], "fields="), false
	if spec == "" {
		spec, characters = flags['c']+flags['b'], true
	}
	wanted := ranges(spec)
	for _, line := range lines(strings.Join(texts, "")) {
		if c.ctx.Err() != nil {
			return 1
		}
		parts := strings.Split(line, sep)
		if characters {
			parts, join = strings.Split(line, ""), ""
		}
		if len(parts) == 1 && !characters {
			if flags['s'] == "" {
				c.printf("%s\n", line)
			}
			continue
		}
		var kept []string
		for i, part := range parts {
			if within(wanted, i+1) == (flags['c'] != "complement") {
				kept = append(kept, part)
			}
		}
		c.printf("%s\n", strings.Join(kept, join))
	}
	return truth(ok)
}

// ranges reads a list like 1,3-5,7- and returns the first and last numbers of its parts, in order, those that touch as one.
func ranges(spec string) [][2]int {
	var all [][2]int
	for part := range strings.SplitSeq(spec, ",") {
		from, to, span := strings.Cut(part, "-")
		low, _ := strconv.Atoi(from)
		high, err := strconv.Atoi(to)
		if !span {
			high = low
		} else if err != nil {
			high = 1 << 30
		}
		all = append(all, [2]int{low, high})
	}
	slices.SortFunc(all, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	merged := all[:0]
	for _, r := range all {
		if last := len(merged) - 1; last >= 0 && r[0] <= merged[last][1]+1 {
			merged[last][1] = max(merged[last][1], r[1])
		} else {
			merged = append(merged, r)
		}
	}
	return merged
}

// within tells whether one of the ranges has the number.
func within(ranges [][2]int, n int) bool {
	at, found := slices.BinarySearchFunc(ranges, n, func(r [2]int, n int) int { return cmp.Compare(r[0], n) })
	return found || at > 0 && n <= ranges[at-1][1]
}

func tr(c *call) int {
	flags, operands := c.options("")
	_, remove := flags['d']
	_, squeeze := flags['s']
	complement := flags['c'] != "" || flags['C'] != ""
	switch {
	case len(operands) == 0:
		return c.missing("operand")
	case len(operands) == 1 && !remove && !squeeze:
		return c.missing("operand after " + c.quoted(operands[0]) + "\nTwo strings must be given when translating.")
	}
	from, to := letters(operands[0]), ""
	if len(operands) > 1 {
		to = letters(operands[1])
	}
	type bytes [256]int // where each stands in a set; 0 where it does not, else from 1
	index := func(set string) (at bytes) {
		for i := len(set) - 1; i >= 0; i-- {
			at[set[i]] = i + 1
		}
		return at
	}
	text := c.input()
	out := make([]byte, 0, len(text))
	squeezed := to
	if to == "" || remove && len(operands) > 1 {
		if squeezed = to; to == "" {
			squeezed = from
		}
	}
	inFrom, inSqueezed := index(from), index(squeezed)
	for i := range len(text) {
		b := text[i]
		if in := (inFrom[b] > 0) != complement; in {
			switch {
			case remove:
				continue
			case to == "":
			case complement:
				b = to[len(to)-1]
			default:
				b = to[min(inFrom[b]-1, len(to)-1)]
			}
		}
		if squeeze && len(out) > 0 && out[len(out)-1] == b && ((inSqueezed[b] > 0) != (complement && to == "")) {
			continue
		}
		out = append(out, b)
	}
	c.printf("%s", out)
	return 0
}

// classes are those of tr.
var classes = strings.NewReplacer("[:upper:]", "A-Z", "[:lower:]", "a-z", "[:digit:]", "0-9", "[:space:]", " \t\n\v\f\r", "[:alpha:]", "A-Za-z", "[:alnum:]", "A-Za-z0-9", "[:blank:]", " \t",
	"[:punct:]", "!-/:-@[-`{-~", "[:cntrl:]", "\x00-\x1f\x7f", "[:print:]", " -~", "[:graph:]", "!-~", "[:xdigit:]", "0-9A-Fa-f")

// letters spells out tr's ranges and classes.
func letters(s string) string {
	s, _ = unescape(classes.Replace(s), false)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+2 < len(s) && s[i+1] == '-' && s[i] <= s[i+2] {
			for ch := int(s[i]); ch <= int(s[i+2]); ch++ {
				b.WriteByte(byte(ch))
			}
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func seq(c *call) int {
	separator, equal, format := "\n", false, ""
	args := c.args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && (args[0][1] < '0' || args[0][1] > '9') && args[0][1] != '.' {
		switch a := args[0]; {
		case a == "-w":
			equal = true
		case (a == "-s" || a == "-f") && len(args) > 1:
			args = args[1:]
			if a == "-s" {
				separator = args[0]
			} else {
				format = args[0]
			}
		case strings.HasPrefix(a, "-s"):
			separator = a[2:]
		case strings.HasPrefix(a, "-f"):
			format = a[2:]
		}
		args = args[1:]
	}
	numbers := []float64{1, 1, 1}
	decimals := 0
	for i, a := range args {
		n, err := strconv.ParseFloat(a, 64)
		if err != nil {
			return c.fail(1, "invalid floating point argument: %s%s", c.quoted(a), c.tryHelp())
		}
		if _, after, ok := strings.Cut(a, "."); ok {
			decimals = max(decimals, min(len(after), 9))
		}
		switch {
		case i == len(args)-1:
			numbers[2] = n
		case i < 2:
			numbers[i] = n
		}
	}
	switch {
	case len(args) == 0:
		return c.missing("operand")
	case len(args) > 3:
		return c.fail(1, "extra operand %s%s", c.quoted(args[3]), c.tryHelp())
	case numbers[1] == 0:
		return c.fail(1, "invalid Zero increment value: %s%s", c.quoted(args[1]), c.tryHelp())
	}
	width := 0
	if equal {
		width = max(len(strconv.FormatFloat(numbers[0], 'f', decimals, 64)), len(strconv.FormatFloat(numbers[2], 'f', decimals, 64)))
	}
	first := true
	for i := 0; c.ctx.Err() == nil; i++ {
		n := numbers[0] + float64(i)*numbers[1]
		if numbers[1] > 0 && n > numbers[2]+1e-9 || numbers[1] < 0 && n < numbers[2]-1e-9 {
			break
		}
		text := fmt.Sprintf("%0*.*f", width, decimals, n)
		if format != "" && conversion.MatchString(format) && !longFormat.MatchString(format) {
			text = (&printer{call: c, values: []string{strconv.FormatFloat(n, 'f', -1, 64)}}).text(format)
		}
		if !first {
			text = separator + text
		}
		if first = false; !c.printf("%s", text) {
			return 1
		}
	}
	if !first {
		c.printf("\n")
	}
	return 0
}

var longFormat = regexp.MustCompile(`[0-9]{4}`)

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
		return c.missing("operand")
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
