package shell

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// octalMode is a mode as chmod's number has it.
func octalMode(m fs.FileMode) int {
	n := int(m.Perm())
	for bit, of := range map[int]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if m&of != 0 {
			n |= bit
		}
	}
	return n
}

// withMode is m with the permissions of the number.
func withMode(m fs.FileMode, n int) fs.FileMode {
	m = m&^(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) | fs.FileMode(n)&fs.ModePerm
	for bit, of := range map[int]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if n&bit != 0 {
			m |= of
		}
	}
	return m
}

// changedMode is what a mode, in numbers or letters, makes of another one.
func changedMode(text string, from int, isDir bool) (to int, ok bool) {
	if n, err := strconv.ParseUint(text, 8, 16); err == nil && n <= 0o7777 {
		if isDir && len(text) < 5 {
			return int(n) | from&0o6000, true
		}
		return int(n), true
	}
	to = from
	for clause := range strings.SplitSeq(text, ",") {
		at := strings.IndexAny(clause, "+-=")
		if at < 0 {
			return 0, false
		}
		who := clause[:at]
		if strings.Trim(who, "ugoa") != "" {
			return 0, false
		}
		masked := who == ""
		if who == "" || strings.Contains(who, "a") {
			who = "ugo"
		}
		for rest := clause[at:]; rest != ""; {
			op := rest[0]
			end := strings.IndexAny(rest[1:], "+-=")
			letters := rest[1:]
			if end >= 0 {
				letters = rest[1 : 1+end]
			}
			rest = rest[1+len(letters):]
			bits, cleared := 0, 0
			for i, class := range "ugo" {
				if !strings.ContainsRune(who, class) {
					continue
				}
				shift := 6 - 3*i
				cleared |= 7 << shift
				for _, letter := range letters {
					switch letter {
					case 'r', 'w', 'x':
						bit := map[rune]int{'r': 4, 'w': 2, 'x': 1}[letter] << shift
						if !masked || bit&0o022 == 0 {
							bits |= bit
						}
					case 'X':
						if isDir || from&0o111 != 0 {
							bits |= 1 << shift
						}
					case 's':
						bits |= map[rune]int{'u': 0o4000, 'g': 0o2000}[class]
					case 't':
						bits |= 0o1000
					case 'u', 'g', 'o':
						bits |= from >> (6 - 3*strings.IndexRune("ugo", letter)) & 7 << shift
					default:
						return 0, false
					}
				}
			}
			switch op {
			case '+':
				to |= bits
			case '-':
				to &^= bits
			default:
				to = to&^cleared | bits
			}
		}
	}
	return to, true
}

// tree does f for a file and, if it is asked for, all below it.
func (c *call) tree(p string, recursive bool, f func(p string, n *node) error) error {
	n, err := c.fs.lookup(c.abs(p), true)
	if err != nil {
		return err
	}
	if err := f(p, n); err != nil {
		return err
	}
	if recursive && n.isDir() {
		for _, name := range n.names() {
			if child := n.children[name]; child != nil && child.mode&fs.ModeSymlink == 0 {
				if err := c.tree(path.Join(p, name), true, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func chmod(c *call) int {
	var operands []string
	recursive, quiet := false, false
	for _, a := range c.args[1:] {
		switch {
		case a == "--recursive", len(a) > 1 && a[0] == '-' && strings.Trim(a[1:], "Rvfc") == "": // -x is a mode, not an option
			recursive = recursive || strings.Contains(a, "R") || a == "--recursive"
			quiet = quiet || strings.Contains(a, "f")
		case a == "--":
		default:
			operands = append(operands, a)
		}
	}
	switch {
	case len(operands) == 0:
		return c.missing("operand")
	case len(operands) == 1:
		return c.missing("operand after " + c.quoted(operands[0]))
	}
	if _, ok := changedMode(operands[0], 0, false); !ok {
		return c.fail(1, "invalid mode: %s%s", c.quoted(operands[0]), c.tryHelp())
	}
	status := c.each(operands[1:], func(p string) error {
		return c.tree(p, recursive, func(_ string, n *node) error {
			if c.user.name != "root" && c.user.name != n.owner {
				return syscall.EPERM
			}
			to, _ := changedMode(operands[0], octalMode(n.mode), n.isDir())
			n.mode = withMode(n.mode, to)
			c.fs.used = true
			return nil
		})
	}, c.words("cannot access '%s': %s", "%s: %s"))
	if quiet {
		return status
	}
	return status
}
