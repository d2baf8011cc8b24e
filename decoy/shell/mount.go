package shell

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// The bounds of mounts.
const (
	maxMounts     = 4
	maxMountDepth = 16 // of a path
)

// Mount is a part of the machine that is shown in another place too, as a container sees what of its host is given to it.
type Mount struct{ Source, Target string }

// Mount shows what is at each source at its target. What is not there is made, as a directory; a source that is no path, as a volume's name is none, is an empty one. A mount is a copy: so
// none can hold itself, whatever lies in what, and what is changed in one place is not in the other.
func (m *Machine) Mount(mounts ...Mount) {
	m.using.Lock()
	defer m.using.Unlock()
	var shown []*node // all are taken before one is placed
	mounts = mounts[:min(len(mounts), maxMounts)]
	for _, one := range mounts {
		n := &node{mode: fs.ModeDir | 0o755, owner: "root", group: "root"}
		if path.IsAbs(one.Source) && m.fs.makeAll(one.Source) == nil {
			if source, err := m.fs.lookup(one.Source, true); err == nil {
				n = source.clone()
			}
		}
		shown = append(shown, n)
	}
	for i, one := range mounts {
		if target := path.Clean("/" + one.Target); target != "/" && m.fs.makeAll(path.Dir(target)) == nil {
			_ = m.fs.add(target, shown[i]) // where it can't be, it is not
		}
	}
}

// makeAll makes the directory, and those above it, where nothing is.
func (f *fileSystem) makeAll(p string) error {
	p = path.Clean("/" + p)
	if strings.Count(p, "/") > maxMountDepth {
		return syscall.ENAMETOOLONG
	}
	if _, err := f.lookup(p, true); !errors.Is(err, syscall.ENOENT) {
		return err
	}
	if err := f.makeAll(path.Dir(p)); err != nil {
		return err
	}
	return f.add(p, &node{mode: fs.ModeDir | 0o755, owner: "root", group: "root"})
}
