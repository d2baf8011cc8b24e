package shell

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/shell/notation"
)

// texts reads the files, or the input, line by line.
func (c *call) textLines(operands []string) ([]string, bool) {
	texts, ok := c.inputs(operands)
	return lines(strings.Join(texts, "")), ok
}

func tac(c *call) int {
	_, operands := c.options("s")
	all, ok := c.textLines(operands)
	slices.Reverse(all)
	for _, line := range all {
		if !c.printf("%s\n", line) {
			break
		}
	}
	return truth(ok)
}

func nl(c *call) int {
	flags, operands := c.options("bwsv")
	all, ok := c.textLines(operands)
	n := 0
	for _, line := range all {
		if line == "" && flags['b'] != "a" {
			c.printf("%7s\n", "")
			continue
		}
		n++
		c.printf("%6d\t%s\n", n, line)
	}
	return truth(ok)
}

func fold(c *call) int {
	flags, operands := c.options("w")
	width, err := strconv.Atoi(cmp.Or(flags['w'], "80"))
	if err != nil || width < 1 {
		return c.fail(1, "invalid number of columns: %s", c.quoted(flags['w']))
	}
	all, ok := c.textLines(operands)
	for _, line := range all {
		for len(line) > width {
			c.printf("%s\n", line[:width])
			line = line[width:]
		}
		if !c.printf("%s\n", line) {
			break
		}
	}
	return truth(ok)
}

func paste(c *call) int {
	flags, operands := c.options("d")
	between := "\t"
	if flags['d'] != "" {
		between, _ = unescape(flags['d'], false)
	}
	between = between[:min(1, len(between))]
	if len(operands) == 0 {
		operands = []string{"-"}
	}
	var columns [][]string
	longest, total := 0, 0
	for _, p := range operands {
		all, ok := c.textLines([]string{p})
		if total += len(all); !ok || total > maxAllFiles/8 {
			return 1
		}
		columns = append(columns, all)
		longest = max(longest, len(all))
	}
	if flags['s'] != "" {
		for _, column := range columns {
			if !c.printf("%s\n", strings.Join(column, between)) {
				break
			}
		}
		return 0
	}
	for i := range longest {
		var row []string
		for _, column := range columns {
			text := ""
			if i < len(column) {
				text = column[i]
			}
			row = append(row, text)
		}
		if !c.printf("%s\n", strings.Join(row, between)) {
			break
		}
	}
	return 0
}

func shuf(c *call) int {
	flags, operands := c.options("ni")
	var all []string
	ok := true
	switch low, high, span := strings.Cut(flags['i'], "-"); {
	case span:
		from, _ := strconv.Atoi(low)
		to, _ := strconv.Atoi(high)
		for n := from; n <= to && len(all) < maxArguments; n++ {
			all = append(all, strconv.Itoa(n))
		}
	case flags['e'] != "":
		all = operands
	default:
		all, ok = c.textLines(operands)
	}
	r := c.sys.host.Rand("shuf" + strconv.FormatInt(c.sys.host.Now().UnixNano(), 10))
	all = slices.Clone(all)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if n, err := strconv.Atoi(flags['n']); err == nil && n >= 0 {
		all = all[:min(n, len(all))]
	}
	for _, line := range all {
		c.printf("%s\n", line)
	}
	return truth(ok)
}

// diff compares two texts, line by line; what is longer than a few hundred lines it only tells apart.
func diff(c *call) int {
	flags, operands := c.options("U")
	if len(operands) != 2 {
		return c.fail(2, "missing operand after '%s'%s", c.args[len(c.args)-1], strings.Replace(c.tryHelp(), "Try", "diff: Try", 1))
	}
	var texts [2][]string
	for i, p := range operands {
		var text string
		var err error
		if p == "-" {
			text = c.input()
		} else if text, err = c.readFile(p); err != nil {
			return c.fail(2, "%s", err)
		}
		texts[i] = lines(text)
	}
	a, b := texts[0], texts[1]
	if slices.Equal(a, b) {
		return 0
	}
	if flags['q'] != "" || len(a)*len(b) > 250000 {
		c.printf("Files %s and %s differ\n", operands[0], operands[1])
		return 1
	}
	// common[i][j] is the most lines that a from i and b from j have in common.
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); x == y {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	span := func(from, to int) string {
		if to-from <= 1 {
			return strconv.Itoa(max(to, from))
		}
		return fmt.Sprintf("%d,%d", from+1, to)
	}
	_, unified := flags['u']
	if _, context := flags['U']; unified || context {
		stamp := c.sys.host.Now().Format("2006-01-02 15:04:05.000000000 -0700")
		c.printf("--- %s\t%s\n+++ %s\t%s\n@@ -1,%d +1,%d @@\n", operands[0], stamp, operands[1], stamp, len(a), len(b))
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		if i < len(a) && j < len(b) && a[i] == b[j] {
			if unified {
				c.printf(" %s\n", a[i])
			}
			i, j = i+1, j+1
			continue
		}
		m, n := i, j
		for (m < len(a) || n < len(b)) && !(m < len(a) && n < len(b) && a[m] == b[n]) {
			if n == len(b) || m < len(a) && common[m+1][n] >= common[m][n+1] {
				m++
			} else {
				n++
			}
		}
		before, after := "< ", "> "
		if unified {
			before, after = "-", "+"
		} else {
			switch {
			case m == i:
				c.printf("%da%s\n", i, span(j, n))
			case n == j:
				c.printf("%sd%d\n", span(i, m), j)
			default:
				c.printf("%sc%s\n", span(i, m), span(j, n))
			}
		}
		for _, line := range a[i:m] {
			c.printf("%s%s\n", before, line)
		}
		if m > i && n > j && !unified {
			c.printf("---\n")
		}
		for _, line := range b[j:n] {
			c.printf("%s%s\n", after, line)
		}
		i, j = m, n
	}
	return 1
}

// comm compares two sorted texts in three columns.
func comm(c *call) int {
	flags, operands := c.options("")
	if len(operands) != 2 {
		return c.missing("operand")
	}
	a, ok := c.textLines(operands[:1])
	b, ok2 := c.textLines(operands[1:])
	tab := func(columns ...rune) string {
		shown := 0
		for _, column := range columns {
			shown += boolInt(flags[column] == "")
		}
		return strings.Repeat("\t", shown)
	}
	show := func(column rune, before, line string) {
		if flags[column] == "" {
			c.printf("%s%s\n", before, line)
		}
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			show('1', "", a[0])
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			show('2', tab('1'), b[0])
			b = b[1:]
		default:
			show('3', tab('1', '2'), a[0])
			a, b = a[1:], b[1:]
		}
	}
	return truth(ok && ok2)
}

// cksum is the checksum of POSIX: that of the text and then of its length.
func cksum(c *call) int {
	_, operands := c.options("a")
	if len(operands) == 0 {
		operands = []string{""}
	}
	status := 0
	for _, p := range operands {
		of := []string{p}
		if p == "" {
			of = nil
		}
		texts, ok := c.inputs(of)
		if !ok {
			status = 1
			continue
		}
		var sum uint32
		add := func(b byte) {
			sum ^= uint32(b) << 24
			for range 8 {
				carry := sum&(1<<31) != 0
				if sum <<= 1; carry {
					sum ^= 0x04c11db7
				}
			}
		}
		for i := range len(texts[0]) {
			add(texts[0][i])
		}
		for n := len(texts[0]); n > 0; n >>= 8 {
			add(byte(n))
		}
		c.printf("%s\n", strings.TrimSpace(fmt.Sprintf("%d %d %s", ^sum, len(texts[0]), p)))
	}
	return status
}

// crc32Tool is BusyBox's.
func crc32Tool(c *call) int {
	texts, ok := c.inputs(c.args[1:])
	c.printf("%08x\n", crc32.ChecksumIEEE([]byte(strings.Join(texts, ""))))
	return truth(ok)
}

// expr evaluates an expression whose parts are its arguments.
func expr(c *call) int {
	e := &expression{call: c, args: c.args[1:]}
	if len(e.args) == 0 {
		return c.fail(2, "missing operand%s", c.tryHelp())
	}
	value := e.either(0)
	switch {
	case e.failed != "":
		return c.fail(2, "%s", e.failed)
	case len(e.args) > 0:
		return c.fail(2, "syntax error: unexpected argument %s", c.quoted(e.args[0]))
	}
	c.printf("%s\n", value)
	return truth(value != "" && value != "0")
}

type expression struct {
	*call
	args   []string
	failed string
}

func (e *expression) next(words ...string) (string, bool) {
	if len(e.args) == 0 || !slices.Contains(words, e.args[0]) {
		return "", false
	}
	word := e.args[0]
	e.args = e.args[1:]
	return word, true
}

func (e *expression) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil && e.failed == "" {
		e.failed = "non-integer argument"
	}
	return n
}

func (e *expression) either(depth int) string {
	left := e.both(depth)
	for {
		if _, ok := e.next("|"); !ok {
			return left
		}
		if right := e.both(depth); left == "" || left == "0" {
			left = cmp.Or(right, "0")
		}
	}
}

func (e *expression) both(depth int) string {
	left := e.compared(depth)
	for {
		if _, ok := e.next("&"); !ok {
			return left
		}
		if right := e.compared(depth); left == "" || left == "0" || right == "" || right == "0" {
			left = "0"
		}
	}
}

func (e *expression) compared(depth int) string {
	left := e.sum(depth)
	for {
		op, ok := e.next("<", "<=", "=", "==", "!=", ">=", ">")
		if !ok {
			return left
		}
		right := e.sum(depth)
		order := strings.Compare(left, right)
		x, err := strconv.Atoi(left)
		y, err2 := strconv.Atoi(right)
		if err == nil && err2 == nil {
			order = cmp.Compare(x, y)
		}
		left = strconv.Itoa(boolInt(map[string]bool{"<": order < 0, "<=": order <= 0, "=": order == 0, "==": order == 0, "!=": order != 0, ">=": order >= 0, ">": order > 0}[op]))
	}
}

func (e *expression) sum(depth int) string {
	left := e.product(depth)
	for {
		op, ok := e.next("+", "-")
		if !ok {
			return left
		}
		x, y := e.number(left), e.number(e.product(depth))
		if left = strconv.Itoa(x + y); op == "-" {
			left = strconv.Itoa(x - y)
		}
	}
}

func (e *expression) product(depth int) string {
	left := e.matched(depth)
	for {
		op, ok := e.next("*", "/", "%")
		if !ok {
			return left
		}
		x, y := e.number(left), e.number(e.matched(depth))
		switch {
		case op == "*":
			left = strconv.Itoa(x * y)
		case y == 0:
			e.failed = cmp.Or(e.failed, "division by zero")
			return ""
		case op == "/":
			left = strconv.Itoa(x / y)
		default:
			left = strconv.Itoa(x % y)
		}
	}
}

func (e *expression) matched(depth int) string {
	left := e.operand(depth)
	for {
		if _, ok := e.next(":"); !ok {
			return left
		}
		left = e.fit(left, e.operand(depth))
	}
}

// fit is what an expression makes of a text: the part in parentheses, or how much fits.
func (e *expression) fit(text, expr string) string {
	rx, err := notation.Compile("^(?:" + notation.Basic(expr) + ")")
	if err != nil {
		e.failed = "Invalid regular expression"
		return ""
	}
	m := rx.FindStringSubmatch(text)
	switch {
	case rx.NumSubexp() > 0 && m == nil:
		return ""
	case rx.NumSubexp() > 0:
		return m[1]
	case m == nil:
		return "0"
	}
	return strconv.Itoa(len(m[0]))
}

func (e *expression) operand(depth int) string {
	if depth > 20 || len(e.args) == 0 {
		e.failed = cmp.Or(e.failed, "syntax error: missing argument after "+e.quoted(e.call.args[len(e.call.args)-1]))
		return ""
	}
	word := e.args[0]
	e.args = e.args[1:]
	if len(e.args) == 0 {
		return word
	}
	switch word {
	case "(":
		value := e.either(depth + 1)
		if _, ok := e.next(")"); !ok {
			e.failed = cmp.Or(e.failed, "syntax error: expecting ')' after "+e.quoted(value))
		}
		return value
	case "length":
		return strconv.Itoa(len(e.operand(depth + 1)))
	case "match":
		text := e.operand(depth + 1)
		return e.fit(text, e.operand(depth+1))
	case "substr":
		text := e.operand(depth + 1)
		from, count := e.number(e.operand(depth+1)), e.number(e.operand(depth+1))
		if from < 1 || count < 1 || from > len(text) {
			return ""
		}
		return text[from-1 : min(len(text), from-1+min(count, len(text)))]
	case "index":
		text := e.operand(depth + 1)
		return strconv.Itoa(strings.IndexAny(text, e.operand(depth+1)) + 1)
	}
	return word
}

// plainHex writes xxd -p, and reads it back for xxd -r -p.
func plainHex(c *call, data string, back bool) int {
	if back {
		clean := strings.Map(func(r rune) rune {
			if strings.ContainsRune("0123456789abcdefABCDEF", r) {
				return r
			}
			return -1
		}, data)
		raw, _ := hex.DecodeString(clean[:len(clean)&^1])
		c.printf("%s", raw)
		return 0
	}
	for part := range slices.Chunk([]byte(data), 30) {
		c.printf("%x\n", part)
	}
	return 0
}
