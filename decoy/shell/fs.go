package shell

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What an intruder may add to a file system.
const (
	maxNodes    = 2000
	maxFile     = 256 << 10
	maxAllFiles = 1 << 20
	maxLinks    = 16
	maxPath     = 4096 // bytes, as on Linux
)

// node is one file, directory or symbolic link of a make-believe file system.
type node struct {
	name     string
	mode     fs.FileMode // with the type bits
	owner    string
	group    string
	mtime    time.Time
	content  string
	apparent int                // size, where not all of the content is kept
	fill     func(n int) string // makes the rest of such a content; nil where it is lost
	generate func() string      // content that changes, as in /proc
	grows    bool               // what changes is a real file, with a size
	target   string             // of a link
	major    int                // and minor: a device's numbers
	minor    int
	children map[string]*node
	moving   *visitor // what is in a directory beside that, and comes and goes
}

// child returns what has the name in a directory, or nil.
func (n *node) child(name string) *node {
	if c := n.children[name]; c != nil || n.moving == nil {
		return c
	}
	return n.moving.child(name)
}

// links is how many names a file has.
func (n *node) links() int {
	if !n.isDir() {
		return 1
	}
	count := 2
	for _, child := range n.children {
		count += boolInt(child.isDir())
	}
	return count
}

func (n *node) isDir() bool { return n.mode.IsDir() }

func (n *node) read() string {
	if n.generate != nil {
		return n.generate()
	}
	if n.fill != nil && n.apparent > len(n.content) {
		return n.content + n.fill(n.apparent-len(n.content))
	}
	return n.content
}

func (n *node) size() int {
	switch {
	case n.isDir() && n.apparent < 0: // as in /proc
		return 0
	case n.isDir():
		return 4096
	case n.mode&fs.ModeSymlink != 0:
		return len(n.target)
	case n.grows:
		return len(n.generate())
	case n.generate != nil:
		return 0 // as in /proc
	}
	return max(len(n.content), n.apparent)
}

// names returns the names in a directory, sorted.
func (n *node) names() []string {
	names := slices.Collect(maps.Keys(n.children))
	if n.moving != nil {
		names = append(names, n.moving.names()...)
	}
	slices.Sort(names)
	return names
}

// fileSystem is one intruder's copy of a decky's files, all in memory: no method touches anything real.
type fileSystem struct {
	root  *node
	now   func() time.Time
	nodes int
	bytes int              // written by the intruder
	used  bool             // something was changed
	mask  int              // the permissions that new files lack, beside the usual ones
	pipes map[string]*node // that have a name while a command runs
}

// clone copies the tree; contents are shared.
func (f *fileSystem) clone() *fileSystem {
	c := *f
	c.root = f.root.clone()
	return &c
}

func (n *node) clone() *node {
	c := *n
	if n.children != nil {
		c.children = make(map[string]*node, len(n.children))
		for name, child := range n.children {
			c.children[name] = child.clone()
		}
	}
	return &c
}

// count returns how many nodes and bytes of content there are from n down.
func (n *node) count() (nodes, bytes int) {
	nodes, bytes = 1, len(n.content)
	for _, child := range n.children {
		n, b := child.count()
		nodes, bytes = nodes+n, bytes+b
	}
	return nodes, bytes
}

// lookup returns the node at an absolute path, through links; the last one is followed only if follow says so.
func (f *fileSystem) lookup(p string, follow bool) (*node, error) {
	return f.walk(p, follow, maxLinks)
}

func (f *fileSystem) walk(p string, follow bool, links int) (*node, error) {
	if len(p) > maxPath {
		return nil, syscall.ENAMETOOLONG
	}
	at := f.root
	trail := []string{}
	parts := strings.Split(strings.Trim(path.Clean("/"+p), "/"), "/")
	for i, part := range parts {
		if part == "" {
			continue
		}
		if !at.isDir() {
			return nil, syscall.ENOTDIR
		}
		child := at.child(part)
		if child == nil {
			return nil, syscall.ENOENT
		}
		last := i == len(parts)-1
		if child.mode&fs.ModeSymlink != 0 && (!last || follow) {
			if links == 0 {
				return nil, syscall.ELOOP
			}
			target := child.target
			if !path.IsAbs(target) {
				target = "/" + strings.Join(trail, "/") + "/" + target
			}
			return f.walk(path.Join(append([]string{target}, parts[i+1:]...)...), follow, links-1)
		}
		at = child
		trail = append(trail, part)
	}
	return at, nil
}

// parent returns the directory that holds, or would hold, the path's last name.
func (f *fileSystem) parent(p string) (dir *node, name string, err error) {
	p = path.Clean("/" + p)
	if p == "/" {
		return nil, "", syscall.EEXIST
	}
	dir, err = f.lookup(path.Dir(p), true)
	if err == nil && !dir.isDir() {
		err = syscall.ENOTDIR
	}
	return dir, path.Base(p), err
}

// add puts a new node at the path, with its owner set.
func (f *fileSystem) add(p string, n *node) error {
	dir, name, err := f.parent(p)
	if err != nil {
		return err
	}
	if f.nodes >= maxNodes || len(name) > 255 {
		return syscall.ENOSPC
	}
	if dir.children[name] == nil {
		f.nodes++
	}
	n.name = name
	if n.mtime.IsZero() {
		n.mtime = f.now()
	}
	if n.isDir() && n.children == nil {
		n.children = map[string]*node{}
	}
	dir.children[name] = n
	f.used = true
	return nil
}

// write makes the file at the path hold the content, after what it held when appending.
func (f *fileSystem) write(p, owner, content string, appending bool) error {
	n, err := f.lookup(p, true)
	if errors.Is(err, syscall.ENOENT) {
		n = &node{mode: 0o644 &^ fs.FileMode(f.mask), owner: owner, group: owner}
		if err = f.add(p, n); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if n.isDir() {
		return syscall.EISDIR
	}
	if n.mode&fs.ModeDevice != 0 || n.generate != nil && !n.grows {
		return nil // swallowed
	}
	if appending && content == "" {
		n.mtime = f.now()
		return nil
	}
	if n.grows { // who writes into it ends that
		n.content, n.generate, n.grows = n.generate(), nil, false
		f.bytes += len(n.content)
	}
	if appending && n.fill != nil {
		content = n.read() + content
	} else if appending {
		content = n.content + content
	}
	if len(content) > maxFile || f.bytes+len(content)-len(n.content) > maxAllFiles {
		return syscall.ENOSPC
	}
	f.used = true
	f.bytes += len(content) - len(n.content)
	n.content, n.apparent, n.fill, n.mtime = content, 0, nil, f.now()
	return nil
}

// remove takes the name away, and all that is under it.
func (f *fileSystem) remove(p string) error {
	dir, name, err := f.parent(p)
	if err != nil {
		return err
	}
	n := dir.children[name]
	if n == nil {
		return syscall.ENOENT
	}
	delete(dir.children, name)
	f.used = true
	f.forget(n)
	return nil
}

func (f *fileSystem) forget(n *node) {
	f.nodes--
	f.bytes = max(0, f.bytes-len(n.content))
	for _, child := range n.children {
		f.forget(child)
	}
}

// may tells whether the user may do what the bit (4 read, 2 write, 1 execute) says.
func may(n *node, user string, bit fs.FileMode) bool {
	if user == "root" {
		return true
	}
	shift := 0
	switch user {
	case n.owner:
		shift = 6
	case n.group:
		shift = 3
	}
	return n.mode.Perm()>>shift&bit == bit
}

// modeString is ls's rendering of a mode.
func modeString(m fs.FileMode) string {
	kind := "-"
	switch {
	case m.IsDir():
		kind = "d"
	case m&fs.ModeSymlink != 0:
		kind = "l"
	case m&fs.ModeCharDevice != 0:
		kind = "c"
	case m&fs.ModeDevice != 0:
		kind = "b"
	}
	b := []byte(m.Perm().String()[1:])
	for i, special := range map[int]struct {
		bit   fs.FileMode
		signs string
	}{2: {fs.ModeSetuid, "Ss"}, 5: {fs.ModeSetgid, "Ss"}, 8: {fs.ModeSticky, "Tt"}} {
		if m&special.bit != 0 {
			b[i] = special.signs[boolInt(b[i] == 'x')]
		}
	}
	return kind + string(b)
}

// problem is the error in the words of the C library.
func problem(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		s := errno.Error()
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return "Input/output error"
}
