package shell

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"decnet/decoy/shell/notation"
)

// testExpr is [[ … ]].
func (e *eval) testExpr(x syntax.TestExpr, io streams) bool {
	switch x := x.(type) {
	case *syntax.Word:
		s, _ := e.literal(x, io)
		return s != ""
	case *syntax.ParenTest:
		return e.testExpr(x.X, io)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return !e.testExpr(x.X, io)
		}
		word, ok := x.X.(*syntax.Word)
		if !ok {
			return false
		}
		s, _ := e.literal(word, io)
		return e.testUnary(x.Op.String(), s)
	case *syntax.BinaryTest:
		switch x.Op {
		case syntax.AndTest:
			return e.testExpr(x.X, io) && e.testExpr(x.Y, io)
		case syntax.OrTest:
			return e.testExpr(x.X, io) || e.testExpr(x.Y, io)
		}
		left, ok := x.X.(*syntax.Word)
		right, ok2 := x.Y.(*syntax.Word)
		if !ok || !ok2 {
			return false
		}
		a, _ := e.literal(left, io)
		switch x.Op {
		case syntax.TsMatch, syntax.TsMatchShort, syntax.TsNoMatch:
			pat, ok := e.pattern(right, io)
			return ok && matches(pat, a) == (x.Op != syntax.TsNoMatch)
		}
		b, _ := e.literal(right, io)
		if x.Op == syntax.TsReMatch {
			rx, err := notation.Compile(b)
			if err != nil {
				return false
			}
			found := rx.FindStringSubmatch(a)
			e.store("BASH_REMATCH", expand.Variable{Set: true, Kind: expand.Indexed, List: found}, io)
			return found != nil
		}
		return testBinary(a, x.Op.String(), b)
	}
	return false
}

// test is test and [.
func test(c *call) int {
	args := c.args[1:]
	if c.args[0] == "[" {
		if len(args) == 0 || args[len(args)-1] != "]" {
			return c.shellFail(2, "[: missing `]'")
		}
		args = args[:len(args)-1]
	}
	if len(args) == 3 && slices.Contains([]string{"-eq", "-ne", "-lt", "-le", "-gt", "-ge"}, args[1]) {
		for _, number := range []string{args[0], args[2]} {
			if _, err := strconv.Atoi(strings.TrimSpace(number)); err != nil {
				words := "integer expression expected"
				if c.dash {
					return c.shellFail(2, "%s: Illegal number: %s", c.args[0], number)
				}
				return c.shellFail(2, "%s: %s: %s", c.args[0], number, words)
			}
		}
	}
	return truth(c.testArgs(args))
}

func (e *eval) testArgs(args []string) bool {
	// -o binds less than -a, and both less than what has operands.
	for _, op := range []string{"-o", "-a"} {
		for i := 1; i < len(args)-1; i++ {
			if args[i] == op && len(args) > 3 {
				if op == "-o" {
					return e.testArgs(args[:i]) || e.testArgs(args[i+1:])
				}
				return e.testArgs(args[:i]) && e.testArgs(args[i+1:])
			}
		}
	}
	switch {
	case len(args) == 0:
		return false
	case len(args) > 1 && args[0] == "!":
		return !e.testArgs(args[1:])
	case len(args) == 1:
		return args[0] != ""
	case len(args) == 2:
		return e.testUnary(args[0], args[1])
	case len(args) == 3:
		return testBinary(args[0], args[1], args[2])
	}
	return false
}

func (e *eval) testUnary(op, s string) bool {
	switch op {
	case "-z":
		return s == ""
	case "-n":
		return s != ""
	case "-v":
		return e.vars[s].IsSet()
	case "-t":
		return e.Interactive
	}
	n, err := e.fs.lookup(e.abs(s), op != "-h" && op != "-L")
	if err != nil || s == "" {
		return false
	}
	switch op {
	case "-e", "-a":
		return true
	case "-f":
		return n.mode.IsRegular()
	case "-d":
		return n.isDir()
	case "-h", "-L":
		return n.mode&fs.ModeSymlink != 0
	case "-s":
		return n.size() > 0
	case "-r":
		return may(n, e.user.name, 4)
	case "-w":
		return may(n, e.user.name, 2)
	case "-x":
		return may(n, e.user.name, 1) && n.mode.Perm()&0o111 != 0
	case "-c":
		return n.mode&fs.ModeCharDevice != 0
	}
	return false
}

func testBinary(a, op, b string) bool {
	switch op {
	case "=", "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case ">":
		return a > b
	}
	x, err := strconv.Atoi(strings.TrimSpace(a))
	y, err2 := strconv.Atoi(strings.TrimSpace(b))
	if err != nil || err2 != nil {
		return false
	}
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-lt":
		return x < y
	case "-le":
		return x <= y
	case "-gt":
		return x > y
	case "-ge":
		return x >= y
	}
	return false
}
