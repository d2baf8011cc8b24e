package shell

import (
	"io/fs"
	"slices"
	"strings"
)

func find(c *call) int {
	var roots []string
	args := c.args[1:]
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		roots, args = append(roots, args[0]), args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	var accept []func(n *node) bool
	for i := 0; i+1 < len(args); i++ {
		value := args[i+1]
		switch args[i] {
		case "-name", "-iname":
			accept = append(accept, func(n *node) bool { return matches(value, n.name) })
		case "-type":
			accept = append(accept, func(n *node) bool {
				return value == "d" && n.isDir() || value == "f" && n.mode.IsRegular() || value == "l" && n.mode&fs.ModeSymlink != 0
			})
		case "-user":
			accept = append(accept, func(n *node) bool { return n.owner == value })
		case "-perm":
			accept = append(accept, func(n *node) bool { return strings.Contains(value, "4") && n.mode&fs.ModeSetuid != 0 })
		default:
			continue
		}
		i++
	}
	status := 0
	var walk func(p string, n *node) bool
	walk = func(p string, n *node) bool {
		wanted := !slices.ContainsFunc(accept, func(f func(*node) bool) bool { return !f(n) })
		if wanted && !c.printf("%s\n", p) {
			return false
		}
		if n.isDir() && !may(n, c.user.name, 5) {
			status = c.fail(1, "'%s': Permission denied", p)
			return true
		}
		for _, name := range n.names() {
			if !walk(strings.TrimSuffix(p, "/")+"/"+name, n.children[name]) {
				return false
			}
		}
		return true
	}
	for _, p := range roots {
		n, err := c.fs.lookup(c.abs(p), true)
		if err != nil {
			status = c.fail(1, "'%s': %s", p, problem(err))
			continue
		}
		if !walk(p, n) {
			break
		}
	}
	return status
}

func which(c *call) int {
	status := 0
	for _, name := range c.args[1:] {
		if file, err := c.locate(name); err == nil {
			c.printf("%s\n", file)
		} else {
			status = 1
		}
	}
	return status
}
