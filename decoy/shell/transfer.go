package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"
	"time"
)

// Files is a user's way to a machine's files beside its shell: that of SFTP and SCP. Paths are of the make-believe system; those that are not absolute begin
// at the user's home. The errors are those of the system: a [syscall.Errno]. It is safe for use by several goroutines.
type Files struct {
	machine *Machine
	user    account
}

// Files returns the way of the user, root if there is no such account.
func (m *Machine) Files(user string) *Files {
	m.using.Lock()
	defer m.using.Unlock()
	a, ok := m.account(user)
	if !ok {
		a, _ = m.sys.account("root")
	}
	return &Files{m, a}
}

// Info is what is known about a file.
type Info struct {
	Name     string
	Mode     fs.FileMode
	Size     int64
	UID, GID int
	Time     time.Time
	Long     string // the line of ls -l
}

// Path returns the path as an absolute one, without dots.
func (f *Files) Path(p string) string {
	if !path.IsAbs(p) {
		p = f.user.home + "/" + p
	}
	return path.Clean(p)
}

func (f *Files) info(name string, n *node) Info {
	sys := f.machine.sys
	i := Info{Name: name, Mode: n.mode, Size: int64(n.size()), Time: n.mtime}
	if a, ok := sys.account(n.owner); ok {
		i.UID = a.uid
	}
	if a, ok := sys.account(n.group); ok {
		i.GID = a.gid
	}
	links := 1
	if n.isDir() {
		links = 2
	}
	stamp := n.mtime.Format("Jan _2 15:04")
	if sys.host.Now().Sub(n.mtime).Hours() > 24*182 {
		stamp = n.mtime.Format("Jan _2  2006")
	}
	i.Long = fmt.Sprintf("%s %4d %-8s %-8s %8d %s %s", modeString(n.mode), links, n.owner, n.group, n.size(), stamp, name)
	return i
}

// with runs do while no line of a shell runs.
func (f *Files) with(do func(files *fileSystem) error) error {
	f.machine.using.Lock()
	defer f.machine.using.Unlock()
	return do(f.machine.fs)
}

// Stat tells about a file; of a link itself unless follow is set.
func (f *Files) Stat(p string, follow bool) (i Info, err error) {
	err = f.with(func(files *fileSystem) error {
		n, err := files.lookup(f.Path(p), follow)
		if err == nil {
			i = f.info(path.Base(p), n)
		}
		return err
	})
	return i, err
}

// List returns what is in a directory, with . and .. first.
func (f *Files) List(p string) (list []Info, err error) {
	err = f.with(func(files *fileSystem) error {
		n, err := files.lookup(f.Path(p), true)
		switch {
		case err != nil:
			return err
		case !n.isDir():
			return syscall.ENOTDIR
		case !may(n, f.user.name, 4):
			return syscall.EACCES
		}
		list = append(list, f.info(".", n), f.info("..", n))
		for _, name := range n.names() {
			list = append(list, f.info(name, n.children[name]))
		}
		return nil
	})
	return list, err
}

// Read returns what a file holds.
func (f *Files) Read(p string) (content string, err error) {
	err = f.with(func(files *fileSystem) error {
		n, err := files.lookup(f.Path(p), true)
		switch {
		case err != nil:
			return err
		case n.isDir():
			return syscall.EISDIR
		case !may(n, f.user.name, 4):
			return syscall.EACCES
		}
		content = n.read()
		return nil
	})
	return content, err
}

// Write makes a file hold the content, or as much of it as there is room for; it seems to have the size.
func (f *Files) Write(p, content string, size int64) error {
	return f.with(func(files *fileSystem) error {
		if err := f.writable(files, p); err != nil {
			return err
		}
		room := max(0, min(maxFile, maxAllFiles-files.bytes))
		if err := files.write(f.Path(p), f.user.name, content[:min(len(content), room)], false); err != nil {
			return err
		}
		if n, err := files.lookup(f.Path(p), true); err == nil && n.generate == nil && n.mode.IsRegular() {
			n.apparent = int(min(size, 1<<40))
		}
		return nil
	})
}

// Writable tells why the user can't write a file, or make it where there is none.
func (f *Files) Writable(p string) error {
	return f.with(func(files *fileSystem) error { return f.writable(files, p) })
}

func (f *Files) writable(files *fileSystem, p string) error {
	n, err := files.lookup(f.Path(p), true)
	if errors.Is(err, syscall.ENOENT) {
		return f.changeable(files, p)
	}
	switch {
	case err != nil:
		return err
	case n.isDir():
		return syscall.EISDIR
	case !may(n, f.user.name, 2):
		return syscall.EACCES
	}
	return nil
}

// changeable tells why the user can't change the directory that a path is in.
func (f *Files) changeable(files *fileSystem, p string) error {
	dir, _, err := files.parent(f.Path(p))
	if err == nil && !may(dir, f.user.name, 2) {
		err = syscall.EACCES
	}
	return err
}

// Mkdir makes a directory.
func (f *Files) Mkdir(p string, mode fs.FileMode) error {
	return f.with(func(files *fileSystem) error {
		if _, err := files.lookup(f.Path(p), false); err == nil {
			return syscall.EEXIST
		}
		if err := f.changeable(files, p); err != nil {
			return err
		}
		return files.add(f.Path(p), &node{mode: fs.ModeDir | mode.Perm(), owner: f.user.name, group: f.user.name})
	})
}

// Remove takes a file away, or an empty directory.
func (f *Files) Remove(p string, dir bool) error {
	return f.with(func(files *fileSystem) error {
		n, err := files.lookup(f.Path(p), false)
		switch {
		case err != nil:
			return err
		case n.isDir() && !dir:
			return syscall.EISDIR
		case !n.isDir() && dir:
			return syscall.ENOTDIR
		case len(n.children) > 0:
			return syscall.ENOTEMPTY
		}
		if err := f.changeable(files, p); err != nil {
			return err
		}
		return files.remove(f.Path(p))
	})
}

// Rename gives a file another name.
func (f *Files) Rename(from, to string) error {
	return f.with(func(files *fileSystem) error {
		n, err := files.lookup(f.Path(from), false)
		if err != nil {
			return err
		}
		if err := errors.Join(f.changeable(files, from), f.changeable(files, to)); err != nil {
			return syscall.EACCES
		}
		if a, b := f.Path(from), f.Path(to); a == b || len(b) > len(a) && b[:len(a)+1] == a+"/" {
			return syscall.EINVAL
		}
		moved := *n
		if err := files.add(f.Path(to), &moved); err != nil {
			return err
		}
		dir, name, err := files.parent(f.Path(from))
		if err != nil {
			return err
		}
		delete(dir.children, name)
		files.nodes--
		return nil
	})
}

// Chmod changes what users may do with a file.
func (f *Files) Chmod(p string, mode fs.FileMode) error {
	return f.with(func(files *fileSystem) error {
		n, err := files.lookup(f.Path(p), true)
		switch {
		case err != nil:
			return err
		case n.owner != f.user.name && f.user.uid != 0:
			return syscall.EPERM
		}
		n.mode = n.mode&^fs.ModePerm | mode.Perm()
		return nil
	})
}

// Target returns where a link leads.
func (f *Files) Target(p string) (target string, err error) {
	err = f.with(func(files *fileSystem) error {
		n, err := files.lookup(f.Path(p), false)
		if err == nil && n.mode&fs.ModeSymlink == 0 {
			err = syscall.EINVAL
		}
		if err == nil {
			target = n.target
		}
		return err
	})
	return target, err
}

// Symlink makes a link.
func (f *Files) Symlink(target, p string) error {
	return f.with(func(files *fileSystem) error {
		if _, err := files.lookup(f.Path(p), false); err == nil {
			return syscall.EEXIST
		}
		if err := f.changeable(files, p); err != nil {
			return err
		}
		return files.add(f.Path(p), &node{mode: fs.ModeSymlink | 0o777, owner: f.user.name, group: f.user.name, target: target})
	})
}
