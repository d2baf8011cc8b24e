package shell

import "fmt"

// Daemon starts a shell as the account that a service runs as, which is made where the system has none.
func (m *Machine) Daemon(name, home string, id int, o Options) *Shell {
	s := m.New(o)
	a, ok := s.account(name)
	if !ok {
		a = account{name: name, uid: id, gid: id, home: home, shell: "/bin/bash"}
		m.using.Lock()
		_ = m.fs.write("/etc/passwd", "root", fmt.Sprintf("%s:x:%d:%[2]d::%s:%s\n", name, id, home, a.shell), true)
		_ = m.fs.write("/etc/group", "root", fmt.Sprintf("%s:x:%d:\n", name, id), true)
		_ = m.fs.makeAll(home)
		if n, err := m.fs.lookup(home, true); err == nil && n.owner == "root" {
			n.owner, n.group = name, name
		}
		m.using.Unlock()
	}
	s.User = name
	s.become(a)
	return s
}
