package shell

import (
	"crypto/md5"
	"crypto/sha1"
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
	"time"

	"decnet/decoy/event"
)

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
		return c.fs.add(c.abs(p), &node{mode: fs.ModeDir | 0o755, owner: c.user.name, group: c.user.name})
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

func chmod(c *call) int {
	var operands []string
	for _, a := range c.args[1:] {
		if a != "-R" && a != "-v" && a != "-f" { // -x is a mode, not an option
			operands = append(operands, a)
		}
	}
	if len(operands) < 2 {
		return c.fail(1, "missing operand")
	}
	octal, err := strconv.ParseUint(operands[0], 8, 12)
	return c.each(operands[1:], func(p string) error {
		n, lookupErr := c.fs.lookup(c.abs(p), true)
		if lookupErr != nil {
			return lookupErr
		}
		if c.user.name != "root" && c.user.name != n.owner {
			return syscall.EPERM
		}
		perm := fs.FileMode(octal) & fs.ModePerm
		if err != nil {
			perm = n.mode.Perm()
			for letter, bits := range map[string]fs.FileMode{"r": 0o444, "w": 0o200, "x": 0o111} {
				if strings.Contains(operands[0], letter) {
					if strings.Contains(operands[0], "-") {
						perm &^= bits
					} else {
						perm |= bits
					}
				}
			}
		}
		n.mode = n.mode&^fs.ModePerm | perm
		return nil
	}, "cannot access '%s': %s")
}

func chown(c *call) int {
	_, operands := c.options("")
	if len(operands) < 2 {
		return c.fail(1, "missing operand")
	}
	owner, group, _ := strings.Cut(operands[0], ":")
	if _, ok := c.account(owner); !ok && owner != "" {
		return c.fail(1, "invalid user: '%s'", operands[0])
	}
	return c.each(operands[1:], func(p string) error {
		n, err := c.fs.lookup(c.abs(p), true)
		if err != nil {
			return err
		}
		if c.user.name != "root" {
			return syscall.EPERM
		}
		if owner != "" {
			n.owner = owner
		}
		if group != "" {
			n.group = group
		}
		return nil
	}, "cannot access '%s': %s")
}

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

func fileType(c *call) int {
	_, operands := c.options("")
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), true)
		kind := "ASCII text"
		switch {
		case err != nil:
			kind = "cannot open `" + p + "' (" + problem(err) + ")"
		case n.isDir():
			kind = "directory"
		case strings.HasPrefix(n.read(), "\x7fELF"):
			kind = elfKind(n.read())
		case n.size() == 0:
			kind = "empty"
		case strings.HasPrefix(n.read(), "#!"):
			kind = "POSIX shell script, ASCII text executable"
		}
		c.printf("%s: %s\n", p, kind)
	}
	return 0
}

// elfKind is what file says of a program.
func elfKind(text string) string {
	if len(text) < elfHeader {
		return "ELF"
	}
	words, order, at := "32-bit", "LSB", 18
	if text[4] == 2 {
		words = "64-bit"
	}
	if text[5] == 2 {
		order, at = "MSB", 19
	}
	machine, loader := map[byte]string{forAMD64: "x86-64", forIntel386: "Intel 80386", forARM: "ARM, EABI5", forMIPS: "MIPS, MIPS32 rel2"}[text[at]], ""
	if _, after, found := strings.Cut(text[:min(len(text), 1024)], "/lib"); found {
		name, _, _ := strings.Cut(after, "\x00")
		loader = ", dynamically linked, interpreter /lib" + printable(name)
	}
	return fmt.Sprintf("ELF %s %s %s, %s, version 1 (SYSV)%s, stripped", words, order, map[bool]string{true: "pie executable", false: "executable"}[text[16]+text[17] == 3], machine, loader)
}

// digest is md5sum and its kin.
func digest(c *call) int {
	_, operands := c.options("")
	if len(operands) == 0 {
		operands = []string{"-"}
	}
	status := 0
	for _, p := range operands {
		texts, ok := c.inputs([]string{p})
		if !ok {
			status = 1
			continue
		}
		text := []byte(texts[0])
		var sum []byte
		switch c.args[0] {
		case "md5sum":
			s := md5.Sum(text)
			sum = s[:]
		case "sha1sum":
			s := sha1.Sum(text)
			sum = s[:]
		default:
			s := sha256.Sum256(text)
			sum = s[:]
		}
		c.printf("%x  %s\n", sum, p)
	}
	return status
}

// dd copies its input to its output, as bs and count say.
func dd(c *call) int {
	from, to, size, count, skip, silent := "", "", 512, -1, 0, false
	for _, a := range c.args[1:] {
		key, value, _ := strings.Cut(a, "=")
		n, ok := blocks(value)
		switch key {
		case "if":
			from = value
		case "of":
			to = value
		case "bs", "ibs", "count", "skip":
			if !ok || key == "bs" && n == 0 || n > 1<<31 {
				return c.fail(1, "invalid number: ‘%s’", value)
			}
			switch key {
			case "count":
				count = n
			case "skip":
				skip = n
			default:
				size = n
			}
		case "status":
			silent = value == "none"
		}
	}
	began := time.Now()
	var text string
	var err error
	if from == "" {
		text = c.input()
	} else if text, err = c.readFile(from); err != nil {
		_, why, _ := strings.Cut(err.Error(), ": ")
		return c.fail(1, "failed to open '%s': %s", from, why)
	}
	text = text[min(len(text), skip*size):]
	total := len(text)
	if count >= 0 {
		total = min(total, count*size)
	}
	if n, err := c.fs.lookup(c.abs(from), true); err == nil && from != "" && n.mode&fs.ModeCharDevice != 0 && total > 0 { // it has no end
		if total = max(count, 1) * size; count < 0 {
			total = maxFile
		}
	}
	text = text[:min(len(text), total)]
	if to == "" {
		c.printf("%s", text)
	} else if to != "/dev/null" {
		text = text[:min(len(text), maxDropped)]
		w, finish, err := c.openForWriting(to, false)
		if err != nil {
			return c.fail(1, "failed to open '%s': Permission denied", to)
		}
		fmt.Fprint(w, text)
		finish()
		if n, err := c.fs.lookup(c.abs(to), true); err == nil && n.mode.IsRegular() && total > len(n.content) {
			n.apparent = total // of which not all is kept
		}
	}
	if silent {
		return 0
	}
	took := max(time.Since(began), time.Duration(total)/2+180*time.Microsecond).Seconds() // a disk has a speed
	amount := fmt.Sprintf("%d bytes", total)
	if total >= 1000 {
		amount += fmt.Sprintf(" (%s, %s)", scaled(float64(total), 1000, "B", "kB", "MB", "GB"), scaled(float64(total), 1024, "B", "KiB", "MiB", "GiB"))
	}
	part := boolInt(total%size > 0)
	fmt.Fprintf(c.err, "%d+%d records in\n%[1]d+%[2]d records out\n%[3]s copied, %.6[4]g s, %[5]s/s\n", total/size, part, amount, took, scaled(float64(total)/took, 1000, "B", "kB", "MB", "GB"))
	return 0
}

// maxDropped is how much of a file that dd makes is kept; it seems to have its size.
const maxDropped = 64 << 10

// blocks reads a number as dd has them, such as 1M or 4k.
func blocks(text string) (int, bool) {
	unit := 1
	for suffix, of := range map[string]int{"c": 1, "w": 2, "b": 512, "k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "kB": 1000, "MB": 1000000} {
		if digits, ok := strings.CutSuffix(text, suffix); ok && strings.Trim(digits, "0123456789") == "" {
			text, unit = digits, of
			break
		}
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) > 1<<40/unit {
		return 0, false
	}
	return int(n) * unit, true
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
