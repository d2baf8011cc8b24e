package shell

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

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

// lister is one ls.
type lister struct {
	*call
	flags    map[rune]string
	status   int
	headings bool // the names of directories stand before what is in them
	printed  bool
}

func ls(c *call) int {
	for _, a := range c.args[1:] {
		name, _, _ := strings.Cut(a, "=")
		if name == "--" {
			break
		}
		if strings.HasPrefix(name, "--") && !slices.Contains([]string{"--color", "--all", "--almost-all", "--human-readable", "--recursive", "--directory", "--reverse", "--inode", "--size", "--full-time", "--time-style", "--group-directories-first", "--sort", "--time", "--format", "--classify"}, name) {
			return c.fail(2, "unrecognized option '%s'%s", a, c.tryHelp())
		}
	}
	flags, operands := c.options("IwT")
	l := &lister{call: c, flags: flags}
	for long, letter := range map[string]rune{"--all": 'a', "--almost-all": 'A', "--human-readable": 'h', "--recursive": 'R', "--directory": 'd', "--reverse": 'r', "--full-time": 'l', "--inode": 'i'} {
		if slices.Contains(c.args, long) {
			flags[letter] += "y"
		}
	}
	if flags['g'] != "" && !strings.Contains(flags['g'], "roup") || flags['o'] == "y" || flags['n'] == "y" {
		flags['l'] = "y"
	}
	if len(operands) == 0 {
		operands = []string{"."}
	}
	var files []*node
	var dirs []string
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), flags['l'] == "" || strings.HasSuffix(p, "/"))
		switch {
		case err != nil && c.sys.BusyBox:
			l.status = c.fail(1, "%s: %s", p, problem(err))
		case err != nil:
			l.status = c.fail(2, "cannot access '%s': %s", p, problem(err))
		case n.isDir() && flags['d'] == "":
			dirs = append(dirs, p)
		default:
			named := *n
			named.name = p
			files = append(files, &named)
		}
	}
	l.order(files)
	slices.Sort(dirs)
	l.list(files)
	l.printed = len(files) > 0
	l.headings = len(operands) > 1 || flags['R'] != ""
	for _, p := range dirs {
		l.dir(p)
	}
	return l.status
}

// dir lists what is in a directory.
func (l *lister) dir(p string) {
	n, err := l.fs.lookup(l.abs(p), true)
	if err != nil || l.flow != onward || l.ctx.Err() != nil {
		return
	}
	if !may(n, l.user.name, 4) {
		l.status = l.fail(2, "%s", l.words("cannot open directory '"+p+"': Permission denied", "can't open '"+p+"': Permission denied"))
		return
	}
	if l.headings {
		if l.printed {
			l.printf("\n")
		}
		if !l.printf("%s:\n", p) {
			return
		}
		l.printed = true
	}
	var entries []*node
	if l.flags['a'] != "" {
		parent, _ := l.fs.lookup(l.abs(p+"/.."), true)
		for name, of := range map[string]*node{".": n, "..": parent} {
			dot := *of
			dot.name = name
			entries = append(entries, &dot)
		}
	}
	var below []string
	for _, name := range n.names() {
		child := n.child(name)
		if child != nil && (name[0] != '.' || l.flags['a'] != "" || l.flags['A'] != "") {
			entries = append(entries, child)
			if child.isDir() && l.flags['R'] != "" {
				below = append(below, strings.TrimSuffix(p, "/")+"/"+name)
			}
		}
	}
	l.order(entries)
	if l.flags['l'] != "" || l.flags['s'] != "" {
		blocks := 0
		for _, one := range entries {
			if one.mode&(fs.ModeSymlink|fs.ModeDevice) == 0 { // a short one has no block of its own
				blocks += (one.size() + 4095) / 4096 * 4
			}
		}
		if l.flags['h'] != "" {
			l.printf("total %s\n", sizeOf(blocks<<10))
		} else {
			l.printf("total %d\n", blocks)
		}
	}
	l.list(entries)
	for _, p := range below {
		l.dir(p)
	}
}

// order sorts as the options say.
func (l *lister) order(entries []*node) {
	slices.SortStableFunc(entries, func(a, b *node) int {
		by := strings.Compare(a.name, b.name)
		switch {
		case l.flags['S'] != "":
			by = cmp.Or(b.size()-a.size(), by)
		case l.flags['t'] != "":
			by = cmp.Or(b.mtime.Compare(a.mtime), by)
		}
		if l.flags['r'] != "" {
			return -by
		}
		return by
	})
}

// stamp is a time as ls -l has it: of what is old, the year.
func (c *call) stamp(at time.Time) string {
	if c.sys.host.Now().Sub(at).Hours() > 24*182 {
		return at.Format("Jan _2  2006")
	}
	return at.Format("Jan _2 15:04")
}

func (l *lister) list(entries []*node) {
	inode := func(n *node) string {
		if l.flags['i'] == "" {
			return ""
		}
		return fmt.Sprintf("%d ", l.inode(n.name))
	}
	if l.flags['l'] == "" {
		sep := "\n"
		if _, direct := l.out.(limitedWriter); direct && l.Interactive && l.flags['1'] == "" {
			sep = "  " // it goes to the terminal, not into a pipe or a file
		}
		for i, n := range entries {
			if i > 0 {
				l.printf("%s", sep)
			}
			mark := ""
			if n.isDir() && (l.flags['F'] != "" || l.flags['p'] != "") {
				mark = "/"
			}
			l.printf("%s%s%s", inode(n), n.name, mark)
		}
		if len(entries) > 0 {
			l.printf("\n")
		}
		return
	}
	major, minor := 0, 0
	for _, n := range entries {
		if n.mode&fs.ModeDevice != 0 {
			major, minor = max(major, len(strconv.Itoa(n.major))), max(minor, len(strconv.Itoa(n.minor)))
		}
	}
	size := func(n *node) string {
		switch {
		case n.mode&fs.ModeDevice != 0:
			return fmt.Sprintf("%*d, %*d", major, n.major, minor, n.minor)
		case l.flags['h'] != "":
			return sizeOf(n.size())
		}
		return strconv.Itoa(n.size())
	}
	id := func(name string) string {
		if l.flags['n'] != "" {
			return l.idOf(name)
		}
		return name
	}
	links, owner, group, width := 0, 0, 0, 0
	for _, n := range entries {
		links, owner, group, width = max(links, len(strconv.Itoa(n.links()))), max(owner, len(id(n.owner))), max(group, len(id(n.group))), max(width, len(size(n)))
	}
	if l.sys.BusyBox {
		links, owner, group, width = 4, 8, 8, max(9, width)
	}
	for _, n := range entries {
		stamp := l.stamp(n.mtime)
		if slices.Contains(l.args, "--full-time") {
			stamp = n.mtime.Format("2006-01-02 15:04:05.000000000 -0700")
		}
		who := fmt.Sprintf("%-*s %-*s", owner, id(n.owner), group, id(n.group))
		if l.flags['g'] == "y" {
			who = fmt.Sprintf("%-*s", group, id(n.group))
		}
		l.printf("%s%s %*d %s %*s %s %s", inode(n), modeString(n.mode), links, n.links(), who, width, size(n), stamp, n.name)
		if n.target != "" {
			l.printf(" -> %s", n.target)
		}
		if !l.printf("\n") {
			return
		}
	}
}

// sizeOf is a size as ls -h has it: rounded up.
func sizeOf(n int) string {
	if n < 1024 {
		return strconv.Itoa(n)
	}
	size, unit := float64(n), 0
	for size >= 1024 && unit < 4 {
		size, unit = size/1024, unit+1
	}
	if size < 10 {
		if up := math.Ceil(size*10) / 10; up < 10 {
			return fmt.Sprintf("%.1f%c", up, " KMGT"[unit])
		}
	}
	return fmt.Sprintf("%.0f%c", math.Ceil(size), " KMGT"[unit])
}

func cat(c *call) int {
	flags, operands := c.options("")
	if len(operands) == 0 && len(flags) == 0 { // line by line, as it is typed
		io.Copy(c.out, io.LimitReader(c.in, maxPipe))
		return 0
	}
	texts, ok := c.inputs(operands)
	number := 0
	for _, text := range texts {
		if flags['v'] != "" || flags['A'] != "" || flags['e'] != "" || flags['t'] != "" {
			text = shown(text, flags['A'] != "" || flags['t'] != "")
		}
		if flags['A'] != "" || flags['E'] != "" || flags['e'] != "" {
			text = strings.ReplaceAll(text, "\n", "$\n")
		}
		if flags['n'] == "" && flags['b'] == "" {
			c.printf("%s", text)
			continue
		}
		for _, line := range lines(text) {
			if line == "" && flags['b'] != "" {
				c.printf("\n")
				continue
			}
			number++
			c.printf("%6d\t%s\n", number, line)
		}
	}
	return truth(ok)
}

// shown has signs in the place of what can't be seen, as cat -v.
func shown(text string, tabs bool) string {
	var b strings.Builder
	for _, at := range []byte(text) {
		if at >= 0x80 {
			b.WriteString("M-")
			at &= 0x7f
		}
		switch {
		case at == '\n', at == '\t' && !tabs:
			b.WriteByte(at)
		case at < ' ':
			b.WriteString("^" + string(rune(at+'@')))
		case at == 0x7f:
			b.WriteString("^?")
		default:
			b.WriteByte(at)
		}
	}
	return b.String()
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
	}, c.words("cannot touch '%s': %s", "%s: %s"))
}

// each does f for every operand and reports those that fail, in the given words.
func (c *call) each(operands []string, f func(p string) error, words string) int {
	if len(operands) == 0 {
		if c.args[0] == "touch" {
			return c.missing("file operand")
		}
		return c.missing("operand")
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
	}, strings.Replace(c.words("cannot create directory %s: %s", "can't create directory %s: %s"), "%s", c.quoted("%s"), 1))
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
	}, map[string]string{"rm": c.words("cannot remove '%s': %s", "can't remove '%s': %s"), "rmdir": c.words("failed to remove '%s': %s", "'%s': %s")}[c.args[0]])
}

// copyOrMove is cp and mv.
func copyOrMove(c *call) int {
	flags, operands := c.options("")
	_, recursive := flags['r']
	_, recursive2 := flags['R']
	_, archive := flags['a']
	move := c.args[0] == "mv"
	switch len(operands) {
	case 0:
		return c.missing("file operand")
	case 1:
		return c.missing("destination file operand after '" + operands[0] + "'")
	}
	target := c.abs(operands[len(operands)-1])
	dir, err := c.fs.lookup(target, true)
	into := err == nil && dir.isDir()
	omitted := 0
	return max(omitted, c.each(operands[:len(operands)-1], func(p string) error {
		n, err := c.fs.lookup(c.abs(p), !move)
		if err != nil {
			return err
		}
		if n.isDir() && !move && !recursive && !recursive2 && !archive {
			c.fail(1, "%s", c.words("-r not specified; omitting directory '"+p+"'", "omitting directory '"+p+"'"))
			omitted = 1
			return nil
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
	}, c.words("cannot stat '%s': %s", map[bool]string{true: "can't rename '%s': %s", false: "can't stat '%s': %s"}[move])), omitted)
}

func ln(c *call) int {
	flags, operands := c.options("")
	if len(operands) == 0 {
		return c.missing("file operand")
	}
	if len(operands) == 1 {
		operands = append(operands, path.Base(operands[0]))
	}
	if n, err := c.fs.lookup(c.abs(operands[1]), true); err == nil && n.isDir() {
		operands[1] = strings.TrimSuffix(operands[1], "/") + "/" + path.Base(operands[0])
	}
	kind := "symbolic"
	if flags['s'] == "" {
		kind = "hard"
	}
	return c.each(operands[1:], func(p string) error {
		if err := c.dirWritable(p); err != nil {
			return err
		}
		if _, err := c.fs.lookup(c.abs(p), false); err == nil {
			if flags['f'] == "" {
				return syscall.EEXIST
			}
			if err := c.fs.remove(c.abs(p)); err != nil {
				return err
			}
		}
		if kind == "hard" { // both are one here only as long as neither is written
			n, err := c.fs.lookup(c.abs(operands[0]), false)
			if err != nil {
				return err
			}
			if c.fs.bytes+len(n.content) > maxAllFiles {
				return syscall.ENOSPC
			}
			c.fs.bytes += len(n.content)
			return c.fs.add(c.abs(p), n.clone())
		}
		return c.fs.add(c.abs(p), &node{mode: fs.ModeSymlink | 0o777, owner: c.user.name, group: c.user.name, target: operands[0]})
	}, c.words("failed to create "+kind+" link '%s': %s", "%s: %s"))
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
