package shell

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/shell/notation"
)

// found is a file that find looks at.
type found struct {
	*node
	path  string // as find shows it
	root  string // what it was told to begin at
	depth int
}

// predicate tells whether a file is wanted; it may do something with it.
type predicate func(f found) bool

// finder reads find's expression and walks.
type finder struct {
	*call
	args     []string
	max, min int
	depth    bool // what is in a directory comes before it
	acts     bool // the expression does something: nothing is printed by itself
	status   int
	pruned   bool
	ended    bool
	batches  []*batch
}

// batch is a command that takes many files at once.
type batch struct {
	args, files []string
}

func find(c *call) int {
	f := &finder{call: c, args: c.args[1:], max: 1 << 20}
	var roots []string
	for len(f.args) > 0 && (f.args[0] == "-H" || f.args[0] == "-L" || f.args[0] == "-P") {
		f.args = f.args[1:]
	}
	for len(f.args) > 0 && !strings.HasPrefix(f.args[0], "-") && f.args[0] != "!" && f.args[0] != "(" {
		roots, f.args = append(roots, f.args[0]), f.args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	want, err := f.either(0)
	if err == nil && len(f.args) > 0 {
		err = fmt.Errorf("paths must precede expression: `%s'", f.args[0])
	}
	if err != nil {
		return c.fail(1, "%s", err)
	}
	for _, root := range roots {
		n, err := c.fs.lookup(c.abs(root), false)
		if err == nil && n.mode&fs.ModeSymlink != 0 && strings.HasSuffix(root, "/") {
			n, err = c.fs.lookup(c.abs(root), true)
		}
		if err != nil {
			f.status = c.fail(1, "%s: %s", c.words(c.quoted(root), root), problem(err))
			continue
		}
		if n.name == "/" || root == "." {
			named := *n
			named.name = root
			n = &named
		}
		if !f.walk(found{n, root, root, 0}, want) {
			break
		}
	}
	for _, b := range f.batches {
		if len(b.files) > 0 && c.flow == onward {
			if c.runTool(append(slices.Clone(b.args), b.files...)) != 0 {
				f.status = 1
			}
		}
	}
	return f.status
}

// walk says false when it is to end.
func (f *finder) walk(at found, want predicate) bool {
	look := func() {
		if at.depth >= f.min && want(at) && !f.acts && !f.printf("%s\n", at.path) {
			f.ended = true
		}
	}
	f.pruned = false
	if !f.depth {
		look()
	}
	if f.ended || f.flow != onward || f.ctx.Err() != nil {
		return false
	}
	if at.isDir() && !f.pruned && at.depth < f.max {
		if !may(at.node, f.user.name, 5) {
			f.status = f.fail(1, "%s: Permission denied", f.quoted(at.path))
		} else {
			for _, name := range at.names() {
				child := at.child(name)
				if child == nil {
					continue
				}
				if !f.walk(found{child, strings.TrimSuffix(at.path, "/") + "/" + name, at.root, at.depth + 1}, want) {
					return false
				}
			}
		}
	}
	if f.depth {
		look()
	}
	return !f.ended
}

func (f *finder) next() (string, bool) {
	if len(f.args) == 0 {
		return "", false
	}
	a := f.args[0]
	f.args = f.args[1:]
	return a, true
}

// either is terms with -o between.
func (f *finder) either(depth int) (predicate, error) {
	if depth > 20 {
		return nil, fmt.Errorf("expression is too complicated")
	}
	all, err := f.every(depth)
	for err == nil && len(f.args) > 0 && (f.args[0] == "-o" || f.args[0] == "-or") {
		f.next()
		left := all
		right, e := f.every(depth)
		all, err = func(x found) bool { return left(x) || right(x) }, e
	}
	return all, err
}

// every is tests that must all hold.
func (f *finder) every(depth int) (predicate, error) {
	all := func(found) bool { return true }
	for len(f.args) > 0 && f.args[0] != "-o" && f.args[0] != "-or" && f.args[0] != ")" {
		if f.args[0] == "-a" || f.args[0] == "-and" {
			f.next()
		}
		one, err := f.test(depth)
		if err != nil {
			return nil, err
		}
		before := all
		all = func(x found) bool { return before(x) && one(x) }
	}
	return all, nil
}

// amount is a number with + or - before it for more or less.
func amount(text string) (compare func(n int) bool, unit string, ok bool) {
	sign := ""
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		sign, text = text[:1], text[1:]
	}
	digits := strings.TrimRight(text, "cwbkMG")
	n, err := strconv.Atoi(digits)
	return func(m int) bool {
		switch sign {
		case "+":
			return m > n
		case "-":
			return m < n
		}
		return m == n
	}, text[len(digits):], err == nil
}

// valued are the tests and actions that take an argument.
var valued = strings.Fields("-name -iname -path -wholename -ipath -regex -iregex -type -xtype -user -group -uid -gid -perm -size -mtime -mmin -ctime -cmin -atime -amin -newer -maxdepth -mindepth -printf -fprintf -links -inum -samefile -lname -anewer -cnewer -fstype -context -used -newermt -newerct")

func (f *finder) test(depth int) (predicate, error) {
	name, ok := f.next()
	if !ok {
		return nil, fmt.Errorf("invalid expression")
	}
	value := ""
	if slices.Contains(valued, name) {
		if value, ok = f.next(); !ok {
			return nil, fmt.Errorf("missing argument to `%s'", name)
		}
	}
	is := func(holds bool) predicate { return func(found) bool { return holds } }
	since := func(unit time.Duration) (predicate, error) {
		compare, _, ok := amount(value)
		if !ok {
			return nil, fmt.Errorf("invalid argument `%s' to `%s'", value, name)
		}
		now := f.sys.host.Now()
		return func(x found) bool { return compare(int(now.Sub(x.mtime) / unit)) }, nil
	}
	switch name {
	case "!", "-not":
		one, err := f.test(depth + 1)
		return func(x found) bool { return !one(x) }, err
	case "(":
		inner, err := f.either(depth + 1)
		if end, _ := f.next(); err == nil && end != ")" {
			err = fmt.Errorf("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
		}
		return inner, err
	case "-name":
		return func(x found) bool { return matches(value, path.Base(x.name)) }, nil
	case "-iname":
		return func(x found) bool { return matches(strings.ToLower(value), strings.ToLower(path.Base(x.name))) }, nil
	case "-path", "-wholename":
		return func(x found) bool { return matches(value, x.path) }, nil
	case "-ipath":
		return func(x found) bool { return matches(strings.ToLower(value), strings.ToLower(x.path)) }, nil
	case "-regex", "-iregex":
		return func(x found) bool { return matchesWhole(value, x.path, name == "-iregex") }, nil
	case "-type", "-xtype":
		if strings.Trim(value, "bcdpfls,") != "" || value == "" {
			return nil, fmt.Errorf("Unknown argument to -type: %.1s", value)
		}
		return func(x found) bool {
			kind := strings.Replace(modeString(x.mode)[:1], "-", "f", 1)
			return strings.Contains(value, kind)
		}, nil
	case "-user", "-uid":
		return func(x found) bool { return x.owner == value || f.idOf(x.owner) == value }, nil
	case "-group", "-gid":
		return func(x found) bool { return x.group == value || f.idOf(x.group) == value }, nil
	case "-nouser", "-nogroup", "-false":
		return is(false), nil
	case "-perm":
		kind, mode := "", value
		if strings.HasPrefix(value, "-") || strings.HasPrefix(value, "/") {
			kind, mode = value[:1], value[1:]
		}
		bits, ok := changedMode(mode, 0, false)
		if !ok {
			return nil, fmt.Errorf("invalid mode %s", f.quoted(value))
		}
		return func(x found) bool {
			switch own := octalMode(x.mode); kind {
			case "-":
				return own&bits == bits
			case "/":
				return own&bits != 0 || bits == 0
			default:
				return own == bits
			}
		}, nil
	case "-size":
		compare, unit, ok := amount(value)
		if !ok {
			return nil, fmt.Errorf("invalid argument `%s' to `-size'", value)
		}
		of := map[string]int{"": 512, "b": 512, "c": 1, "w": 2, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30}[unit]
		return func(x found) bool { return compare((x.size() + of - 1) / of) }, nil
	case "-empty":
		return func(x found) bool {
			return x.isDir() && len(x.names()) == 0 || x.mode.IsRegular() && x.size() == 0
		}, nil
	case "-mtime", "-ctime", "-atime":
		return since(24 * time.Hour)
	case "-mmin", "-cmin", "-amin":
		return since(time.Minute)
	case "-newer", "-cnewer", "-anewer":
		n, err := f.fs.lookup(f.abs(value), true)
		if err != nil {
			return nil, fmt.Errorf("%s: %s", f.quoted(value), problem(err))
		}
		return func(x found) bool { return x.mtime.After(n.mtime) }, nil
	case "-newermt", "-newerct":
		at, ok := moment(value, f.sys.host.Now())
		if !ok {
			return nil, fmt.Errorf("I cannot figure out how to interpret %s as a date or time", f.quoted(value))
		}
		return func(x found) bool { return x.mtime.After(at) }, nil
	case "-readable":
		return func(x found) bool { return may(x.node, f.user.name, 4) }, nil
	case "-writable":
		return func(x found) bool { return may(x.node, f.user.name, 2) }, nil
	case "-executable":
		return func(x found) bool { return may(x.node, f.user.name, 1) && x.mode.Perm()&0o111 != 0 }, nil
	case "-maxdepth", "-mindepth":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("Expected a positive decimal integer argument to %s, but got %s", name, f.quoted(value))
		}
		if name == "-maxdepth" {
			f.max = n
		} else {
			f.min = n
		}
		return is(true), nil
	case "-links", "-inum", "-samefile", "-lname", "-fstype", "-context", "-used":
		return is(false), nil
	case "-true", "-mount", "-xdev", "-noleaf", "-follow", "-daystart", "-warn", "-nowarn", "-ignore_readdir_race", "-regextype":
		return is(true), nil
	case "-depth", "-d":
		f.depth = true
		return is(true), nil
	case "-prune":
		return func(found) bool { f.pruned = true; return true }, nil
	case "-quit":
		return func(found) bool { f.ended = true; return true }, nil
	case "-print":
		f.acts = true
		return func(x found) bool { return f.show("%s\n", x.path) }, nil
	case "-print0":
		f.acts = true
		return func(x found) bool { return f.show("%s\x00", x.path) }, nil
	case "-ls":
		f.acts = true
		return func(x found) bool {
			return f.show("%9d %6d %s %3d %-8s %-8s %8d %s %s\n", f.inode(x.path), (x.size()+4095)/4096*4, modeString(x.mode), x.links(), x.owner, x.group, x.size(), f.stamp(x.mtime), x.path)
		}, nil
	case "-printf":
		f.acts = true
		return func(x found) bool { return f.show("%s", f.format(value, x)) }, nil
	case "-delete":
		f.acts, f.depth = true, true
		return func(x found) bool {
			err := f.dirWritable(x.path)
			if err == nil && x.isDir() && len(x.names()) > 0 {
				f.status = f.fail(1, "cannot delete %s: Directory not empty", f.quoted(x.path))
				return false
			}
			if err == nil {
				err = f.fs.remove(f.abs(x.path))
			}
			if err != nil {
				f.status = f.fail(1, "cannot delete %s: %s", f.quoted(x.path), problem(err))
			}
			return err == nil
		}, nil
	case "-exec", "-execdir", "-ok", "-okdir":
		return f.exec(name)
	}
	return nil, fmt.Errorf("unknown predicate `%s'", name)
}

// exec reads a command up to its end, ; or +.
func (f *finder) exec(name string) (predicate, error) {
	f.acts = true
	var args []string
	for {
		a, ok := f.next()
		switch {
		case !ok:
			return nil, fmt.Errorf("missing argument to `%s'", name)
		case a == ";" && len(args) > 0:
			return func(x found) bool {
				own := make([]string, len(args))
				for i, a := range args {
					own[i] = strings.ReplaceAll(a, "{}", x.path)
				}
				return f.flow == onward && f.runTool(own) == 0
			}, nil
		case a == "+" && len(args) > 1 && args[len(args)-1] == "{}":
			b := &batch{args: args[:len(args)-1]}
			f.batches = append(f.batches, b)
			return func(x found) bool {
				if len(b.files) < maxArguments/2 {
					b.files = append(b.files, x.path)
				}
				return true
			}, nil
		}
		args = append(args, a)
	}
}

// show prints, and ends the walk when nobody reads.
func (f *finder) show(format string, args ...any) bool {
	if !f.printf(format, args...) {
		f.ended = true
	}
	return true
}

// format is -printf.
func (f *finder) format(format string, x found) string {
	text, _ := unescape(format, false)
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch text[i] {
		case 'p':
			b.WriteString(x.path)
		case 'f':
			b.WriteString(path.Base(x.path))
		case 'h':
			b.WriteString(path.Dir(x.path))
		case 'P':
			b.WriteString(strings.TrimPrefix(strings.TrimPrefix(x.path, x.root), "/"))
		case 's':
			b.WriteString(strconv.Itoa(x.size()))
		case 'm':
			b.WriteString(strconv.FormatInt(int64(octalMode(x.mode)), 8))
		case 'M':
			b.WriteString(modeString(x.mode))
		case 'u':
			b.WriteString(x.owner)
		case 'g':
			b.WriteString(x.group)
		case 'U':
			b.WriteString(f.idOf(x.owner))
		case 'G':
			b.WriteString(f.idOf(x.group))
		case 'd':
			b.WriteString(strconv.Itoa(x.depth))
		case 'i':
			b.WriteString(strconv.Itoa(f.inode(x.path)))
		case 'l':
			b.WriteString(x.target)
		case 'y':
			b.WriteString(strings.Replace(modeString(x.mode)[:1], "-", "f", 1))
		case 't', 'c', 'a':
			b.WriteString(x.mtime.Format("Mon Jan _2 15:04:05.0000000000 2006"))
		case 'T', 'C', 'A':
			if i++; i < len(text) {
				switch text[i] {
				case '@':
					fmt.Fprintf(&b, "%d.0000000000", x.mtime.Unix())
				case '+':
					b.WriteString(x.mtime.Format("2006-01-02+15:04:05.0000000000"))
				default:
					b.WriteString(strftime("%"+text[i:i+1], x.mtime))
				}
			}
		case '%':
			b.WriteByte('%')
		default:
			b.WriteString("%" + text[i:i+1])
		}
	}
	return b.String()
}

// matchesWhole tells whether an expression fits all of a text.
func matchesWhole(expr, text string, fold bool) bool {
	if fold {
		expr = "(?i)" + expr
	}
	rx, err := notation.Compile(`^(?:` + strings.NewReplacer(`\(`, "(", `\)`, ")", `\|`, "|").Replace(expr) + `)$`)
	return err == nil && rx.MatchString(text)
}

// idOf is an account's number.
func (c *call) idOf(name string) string {
	if a, ok := c.account(name); ok {
		return strconv.Itoa(a.uid)
	}
	return "0"
}

func which(c *call) int {
	flags, operands := c.options("")
	status := boolInt(len(operands) == 0)
	for _, name := range operands {
		some := false
		if flags['a'] != "" && !strings.Contains(name, "/") {
			for dir := range strings.SplitSeq(c.vars["PATH"].String(), ":") {
				if n, err := c.fs.lookup(dir+"/"+name, true); err == nil && !n.isDir() && n.mode.Perm()&0o111 != 0 {
					c.printf("%s\n", path.Join(dir, name))
					some = true
				}
			}
		} else if file, err := c.locate(name); err == nil {
			c.printf("%s\n", file)
			some = true
		}
		if !some {
			status = 1
		}
	}
	return status
}
