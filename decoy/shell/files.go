package shell

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"decnet/decoy/event"
)

func readlink(c *call) int {
	flags, operands := c.options("")
	status := 0
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), false)
		switch {
		case flags['f'] != "" || flags['e'] != "" || c.args[0] == "realpath":
			at := c.abs(p)
			for range maxLinks {
				n, err = c.fs.lookup(at, false)
				if err != nil || n.mode&fs.ModeSymlink == 0 {
					break
				}
				if at = path.Join(path.Dir(at), n.target); path.IsAbs(n.target) {
					at = n.target
				}
			}
			if dir, err := c.fs.lookup(path.Dir(at), false); err == nil && dir.mode&fs.ModeSymlink != 0 {
				at = path.Join("/", dir.target, path.Base(at))
			}
			c.printf("%s\n", at)
		case err != nil || n.mode&fs.ModeSymlink == 0:
			status = 1
		default:
			c.printf("%s\n", n.target)
		}
	}
	return status
}

// fileFields describe a file that an intruder has made.
func fileFields(p, content string) []event.Field {
	sum := sha256.Sum256([]byte(content))
	return []event.Field{
		event.String("path", p), event.Int("size", int64(len(content))), event.String("sha256", hex.EncodeToString(sum[:])),
	}
}

func ls(c *call) int {
	flags, operands := c.options("")
	if len(operands) == 0 {
		operands = []string{"."}
	}
	_, long := flags['l']
	_, all := flags['a']
	_, almost := flags['A']
	_, itself := flags['d']
	status := 0
	var files []*node
	var dirs []string
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), !long)
		switch {
		case err != nil:
			status = c.fail(2, "cannot access '%s': %s", p, problem(err))
		case n.isDir() && !itself:
			dirs = append(dirs, p)
		default:
			named := *n
			named.name = p
			files = append(files, &named)
		}
	}
	c.list(files, long)
	for i, p := range dirs {
		n, _ := c.fs.lookup(c.abs(p), true)
		if !may(n, c.user.name, 4) {
			status = c.fail(2, "cannot open directory '%s': Permission denied", p)
			continue
		}
		if len(operands) > 1 {
			if i > 0 || len(files) > 0 {
				c.printf("\n")
			}
			c.printf("%s:\n", p)
		}
		var entries []*node
		if all {
			parent, _ := c.fs.lookup(c.abs(p+"/.."), true)
			for name, of := range map[string]*node{".": n, "..": parent} {
				dot := *of
				dot.name = name
				entries = append(entries, &dot)
			}
			slices.SortFunc(entries, func(a, b *node) int { return len(a.name) - len(b.name) })
		}
		for _, name := range n.names() {
			if name[0] != '.' || all || almost {
				entries = append(entries, n.children[name])
			}
		}
		blocks := 0
		for _, one := range entries {
			if one.mode&fs.ModeSymlink == 0 { // a short one has no block of its own
				blocks += (one.size() + 4095) / 4096 * 4
			}
		}
		if long {
			c.printf("total %d\n", blocks)
		}
		c.list(entries, long)
	}
	return status
}

func (c *call) list(entries []*node, long bool) {
	if !long {
		sep := "\n"
		if _, direct := c.out.(limitedWriter); direct && c.Interactive {
			sep = "  " // it goes to the terminal, not into a pipe or a file
		}
		for i, n := range entries {
			if i > 0 {
				c.printf("%s", sep)
			}
			c.printf("%s", n.name)
		}
		if len(entries) > 0 {
			c.printf("\n")
		}
		return
	}
	owner, group, size := 0, 0, 0
	for _, n := range entries {
		owner, group, size = max(owner, len(n.owner)), max(group, len(n.group)), max(size, len(strconv.Itoa(n.size())))
	}
	for _, n := range entries {
		links := 1
		if n.isDir() {
			links = 2
			for _, child := range n.children {
				if child.isDir() {
					links++
				}
			}
		}
		stamp := n.mtime.Format("Jan _2 15:04")
		if c.sys.host.Now().Sub(n.mtime).Hours() > 24*182 {
			stamp = n.mtime.Format("Jan _2  2006")
		}
		c.printf("%s %2d %-*s %-*s %*d %s %s", modeString(n.mode), links, owner, n.owner, group, n.group, size, n.size(), stamp, n.name)
		if n.target != "" {
			c.printf(" -> %s", n.target)
		}
		c.printf("\n")
	}
}

func cat(c *call) int {
	flags, operands := c.options("")
	if len(operands) == 0 && len(flags) == 0 { // line by line, as it is typed
		io.Copy(c.out, io.LimitReader(c.in, maxPipe))
		return 0
	}
	texts, ok := c.inputs(operands)
	for _, text := range texts {
		if _, numbered := flags['n']; !numbered {
			c.printf("%s", text)
			continue
		}
		for i, line := range lines(text) {
			c.printf("%6d\t%s\n", i+1, line)
		}
	}
	return truth(ok)
}

func touch(c *call) int {
	_, operands := c.options("drt")
	return c.each(operands, func(p string) error {
		if err := c.writable(p); err != nil {
			return err
		}
		if err := c.fs.write(c.abs(p), c.user.name, "", true); !errors.Is(err, syscall.EISDIR) {
			return err
		}
		return nil
	}, "cannot touch '%s': %s")
}

// each does f for every operand and reports those that fail, in the given words.
func (c *call) each(operands []string, f func(p string) error, words string) int {
	if len(operands) == 0 {
		return c.fail(1, "missing operand\nTry '%s --help' for more information.", c.args[0])
	}
	status := 0
	for _, p := range operands {
		if err := f(p); err != nil {
			status = c.fail(1, words, p, problem(err))
		}
	}
	return status
}

// dirWritable says why names can't be made or taken away beside the path.
func (c *call) dirWritable(p string) error {
	dir, _, err := c.fs.parent(c.abs(p))
	if err == nil && !may(dir, c.user.name, 2) {
		err = syscall.EACCES
	}
	return err
}

func mkdir(c *call) int {
	flags, operands := c.options("m")
	_, parents := flags['p']
	make := func(p string) error {
		if err := c.dirWritable(p); err != nil {
			return err
		}
		if _, err := c.fs.lookup(c.abs(p), true); err == nil {
			return syscall.EEXIST
		}
		return c.fs.add(c.abs(p), &node{mode: fs.ModeDir | 0o755&^fs.FileMode(c.fs.mask), owner: c.user.name, group: c.user.name})
	}
	return c.each(operands, func(p string) error {
		if !parents {
			return make(p)
		}
		var full strings.Builder
		for part := range strings.SplitSeq(strings.Trim(c.abs(p), "/"), "/") {
			full.WriteString("/" + part)
			if n, err := c.fs.lookup(full.String(), true); err == nil && n.isDir() {
				continue
			}
			if err := make(full.String()); err != nil {
				return err
			}
		}
		return nil
	}, "cannot create directory '%s': %s")
}

func rm(c *call) int {
	flags, operands := c.options("")
	_, recursive := flags['r']
	_, recursive2 := flags['R']
	_, force := flags['f']
	if force && len(operands) == 0 {
		return 0
	}
	return c.each(operands, func(p string) error {
		n, err := c.fs.lookup(c.abs(p), false)
		if err != nil {
			if force && errors.Is(err, syscall.ENOENT) {
				return nil
			}
			return err
		}
		if n.isDir() && !recursive && !recursive2 && c.args[0] == "rm" {
			return syscall.EISDIR
		}
		if n.isDir() && c.args[0] == "rmdir" && len(n.children) > 0 {
			return syscall.ENOTEMPTY
		}
		if err := c.dirWritable(p); err != nil {
			return err
		}
		return c.fs.remove(c.abs(p))
	}, map[string]string{"rm": "cannot remove '%s': %s", "rmdir": "failed to remove '%s': %s"}[c.args[0]])
}

// copyOrMove is cp and mv.
func copyOrMove(c *call) int {
	flags, operands := c.options("")
	_, recursive := flags['r']
	_, recursive2 := flags['R']
	_, archive := flags['a']
	move := c.args[0] == "mv"
	if len(operands) < 2 {
		return c.fail(1, "missing file operand")
	}
	target := c.abs(operands[len(operands)-1])
	dir, err := c.fs.lookup(target, true)
	into := err == nil && dir.isDir()
	return c.each(operands[:len(operands)-1], func(p string) error {
		n, err := c.fs.lookup(c.abs(p), !move)
		if err != nil {
			return err
		}
		if n.isDir() && !move && !recursive && !recursive2 && !archive {
			return syscall.EISDIR
		}
		if !may(n, c.user.name, 4) {
			return syscall.EACCES
		}
		to := target
		if into {
			to += "/" + path.Base(c.abs(p))
		}
		from := c.abs(p)
		if err := c.writable(to); err != nil {
			return err
		}
		if to == from || strings.HasPrefix(to+"/", from+"/") {
			return syscall.EINVAL
		}
		nodes, bytes := n.count()
		if !move && (c.fs.bytes+bytes > maxAllFiles || c.fs.nodes+nodes > maxNodes) {
			return syscall.ENOSPC
		}
		copied := n.clone()
		if n.generate != nil {
			copied.content, copied.generate, copied.mode = n.read(), nil, 0o644
		}
		if !move {
			copied.owner, copied.group, copied.mtime = c.user.name, c.user.name, c.fs.now()
		}
		if err := c.fs.add(to, copied); err != nil {
			return err
		}
		c.fs.nodes += nodes - 1
		c.fs.bytes += bytes
		if move {
			return c.fs.remove(from)
		}
		return nil
	}, "cannot "+map[bool]string{true: "move", false: "stat"}[move]+" '%s': %s")
}

func ln(c *call) int {
	_, operands := c.options("")
	if len(operands) != 2 {
		return c.fail(1, "missing file operand")
	}
	return c.each(operands[1:], func(p string) error {
		if err := c.dirWritable(p); err != nil {
			return err
		}
		if _, err := c.fs.lookup(c.abs(p), false); err == nil {
			return syscall.EEXIST
		}
		return c.fs.add(c.abs(p), &node{mode: fs.ModeSymlink | 0o777, owner: c.user.name, group: c.user.name, target: operands[0]})
	}, "failed to create symbolic link '%s': %s")
}

// scaled is an amount in the unit that fits.
func scaled(n float64, step float64, units ...string) string {
	i := 0
	for n >= step && i < len(units)-1 {
		n, i = n/step, i+1
	}
	if n < 10 && i > 0 {
		return fmt.Sprintf("%.1f %s", n, units[i])
	}
	return fmt.Sprintf("%.0f %s", n, units[i])
}
