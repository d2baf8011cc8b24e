package smb

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/windows"
)

// share is something that can be connected to.
type share struct {
	name    string
	kind    byte // as in the protocol
	comment string
	path    string // on the disk, as Samba tells everybody
	hidden  bool   // an administrator's
	root    *node
}

const (
	kindDisk = 1
	kindPipe = 2
)

// node is a file or a folder.
type node struct {
	name     string
	dir      bool
	content  []byte
	time     time.Time
	number   uint64
	children []*node
}

// changes are what a client has made and deleted: it sees them, and nobody else.
type changes struct {
	made map[*node][]*node
	gone map[*node]bool
}

// in returns what is in a folder.
func (c *changes) in(n *node) []*node {
	all := slices.Concat(n.children, c.made[n])
	return slices.DeleteFunc(all, func(n *node) bool { return c.gone[n] })
}

// add puts a file into a folder, as long as there are not too many.
func (c *changes) add(parent, n *node) {
	if len(c.made) < maxOpen && len(c.made[parent]) < maxOpen {
		c.made[parent] = append(c.made[parent], n)
	}
}

// remove takes a file away.
func (c *changes) remove(n *node) {
	if len(c.gone) < maxOpen {
		c.gone[n] = true
	}
}

// walk finds what a path leads to from a folder, and the folder that it would be in.
func (c *changes) walk(n *node, path string) (found, parent *node) {
	found = n
	for part := range strings.SplitSeq(path, `\`) {
		if part == "" {
			continue
		}
		if found == nil || !found.dir {
			return nil, nil
		}
		parent, found = found, nil
		for _, child := range c.in(parent) {
			if strings.EqualFold(child.name, part) {
				found = child
			}
		}
	}
	return found, parent
}

// shelf makes trees of files with the ages of the decky's.
type shelf struct {
	number uint64
	age    func() time.Time
}

func newShelf(h *decoy.Host) *shelf {
	r := h.Rand("smb-files")
	const span = 200 * 24 * time.Hour // after the installation; not up to now, or a restart would change the times
	return &shelf{age: func() time.Time {
		return h.Installed().Add(time.Duration(r.Int64N(int64(span)))).Truncate(time.Second)
	}}
}

func (f *shelf) file(name, content string) *node {
	f.number++
	return &node{name: name, content: []byte(content), time: f.age(), number: f.number}
}

func (f *shelf) dir(name string, children ...*node) *node {
	f.number++
	return &node{name: name, dir: true, time: f.age(), number: f.number, children: children}
}

// makeShares makes the decky's.
func (v *server) makeShares() []share {
	h, m := v.host, v.machine
	f := newShelf(h)
	name := decoy.Pick(h, "smb-share", "backup", "Finance", "IT", "data", "Share", "Transfer", "public")
	bait := share{name: name, kind: kindDisk, root: f.dir("", v.papers(f)...)}
	if !m.Real {
		bait.path = `C:\srv\` + name
		shares := []share{bait, {name: "IPC$", kind: kindPipe, comment: "IPC Service (" + v.comment() + ")", path: `C:\tmp`}}
		if decoy.Pick(h, "samba-printers", true, false) {
			shares = append([]share{{name: "print$", kind: kindDisk, comment: "Printer Drivers", path: `C:\var\lib\samba\printers`, hidden: true, root: f.dir("")}}, shares...)
		}
		return shares
	}
	system := f.dir("Windows", f.dir("System32"), f.dir("Temp"))
	drive := f.dir("", f.dir("inetpub"), f.dir("PerfLogs"), f.dir("Program Files"), f.dir("Program Files (x86)"), f.dir("Users", f.dir("Administrator"), f.dir("Public")), system)
	shares := []share{
		{name: "ADMIN$", kind: kindDisk, comment: "Remote Admin", hidden: true, root: system},
		bait,
		{name: "C$", kind: kindDisk, comment: "Default share", hidden: true, root: drive},
		{name: "IPC$", kind: kindPipe, comment: "Remote IPC"},
	}
	if m.Controller {
		shares = append(shares,
			share{name: "NETLOGON", kind: kindDisk, comment: "Logon server share ", root: f.dir("", f.file("logon.bat", "@echo off\r\nnet use Z: \\\\"+m.Name+"\\"+name+" /persistent:no\r\n"))},
			share{name: "SYSVOL", kind: kindDisk, comment: "Logon server share ", root: f.dir("", f.dir(m.DNS, f.dir("Policies"), f.dir("scripts")))})
	}
	return shares
}

// papers are what lies in the bait share.
func (v *server) papers(f *shelf) []*node {
	app := v.app
	settings := map[string]string{}
	for _, row := range app.Table("settings").Rows {
		settings[row[0]] = row[1]
	}
	var csv strings.Builder
	csv.WriteString("id,username,email,role\r\n")
	for _, p := range app.People {
		fmt.Fprintf(&csv, "%d,%s,%s,%s\r\n", p.ID, p.Login, p.Email, p.Role)
	}
	return []*node{
		f.dir("backup", f.file(app.Name+"_users.csv", csv.String()), f.file(app.Name+".sql", dump(app))),
		f.file("web.config", fmt.Sprintf("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<configuration>\r\n  <connectionStrings>\r\n    <add name=\"%s\" connectionString=\"Server=db.%s;Database=%s;User Id=%s;Password=%s;\" />\r\n  </connectionStrings>\r\n</configuration>\r\n",
			app.Name, app.Domain, app.Name, app.Name, app.Secret)),
		f.file("accounts.txt", fmt.Sprintf("mail relay\r\n  host %s\r\n  user %s\r\n  pass %s\r\n\r\ndatabase\r\n  user %s\r\n  pass %s\r\n", settings["smtp_host"], settings["smtp_user"], settings["smtp_password"], app.Name, app.Secret)),
	}
}

// dump is the application's users as a database writes them down.
func dump(app *bait.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- dump of %s\r\nCREATE TABLE users (id int, username varchar(64), password_hash varchar(100));\r\n", app.Name)
	for _, p := range app.People {
		fmt.Fprintf(&b, "INSERT INTO users VALUES (%d, '%s', '%s');\r\n", p.ID, p.Login, p.Hash)
	}
	return b.String()
}

// tree is a share that a session is connected to.
type tree struct {
	id    uint32
	share *share
}

// treeConnect connects to a share.
func (c *conn) treeConnect(q request, k *shared) result {
	path := windows.Text(q.buffer(int(q.U16(body(4))), int(q.U16(body(6)))))
	name := path[strings.LastIndex(path, `\`)+1:]
	s := k.session
	refuse := func(why status) result {
		c.s.Event("share", event.String("path", path), event.String("user", s.user), event.String(event.Outcome, event.Rejected))
		return fail(why)
	}
	var found *share
	for i := range c.server.shares {
		if strings.EqualFold(c.server.shares[i].name, name) {
			found = &c.server.shares[i]
		}
	}
	switch {
	case found == nil:
		return refuse(badNetworkName)
	case found.hidden && !s.admin, found.kind == kindDisk && s.user == "" && c.server.machine.Real:
		return refuse(accessDenied)
	case len(s.trees) == maxTrees:
		return refuse(insufficient)
	}
	c.s.Event("share", event.String("path", path), event.String("user", s.user), event.String(event.Outcome, event.Accepted))
	t := &tree{id: uint32(c.number()), share: found}
	s.trees[t.id] = t
	k.tree = t
	var b builder
	b.U16(16)
	b.U8(found.kind, 0)
	b.U32(0x30) // no caching by the client
	b.U32(0)
	b.U32(fullAccess)
	return result{body: b, tree: t.id}
}

const fullAccess = 0x001f01ff
