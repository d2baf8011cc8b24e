package ftp

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
)

// file is one entry of the decky's upload area. None is on a disk.
type file struct {
	content   string
	size      int
	directory bool
	gone      bool // an upload too large to be kept: it is in the list, but can't be had
	modified  time.Time
}

// tree is the area by absolute path, "/" among them.
type tree map[string]file

// treeOf draws the decky's files: a few that an intruder would like to have.
func treeOf(h *decoy.Host) tree {
	r := h.Rand("ftp-files")
	t := tree{"/": {directory: true, modified: h.Installed()}}
	add := func(name, content string) {
		at := h.Installed().Add(time.Duration(r.Int64N(int64(120 * 24 * time.Hour)))).Truncate(time.Second)
		for dir := path.Dir(name); dir != "/"; dir = path.Dir(dir) {
			t[dir] = file{directory: true, modified: at}
		}
		t[name] = file{content: content, size: len(content), modified: at}
	}
	user := []string{"jmiller", "svc_backup", "akeller", "webmaster", "root"}[r.IntN(5)]
	secret := h.Hex("ftp-secret", 5)
	baits := []func(){
		func() {
			add("/backup/"+h.Hostname+"-users.csv", "id,user,department,last_login\n1,"+user+",IT,"+h.Installed().Format("2006-01-02")+"\n2,sales,Sales,\n3,reception,Office,\n")
		},
		func() {
			add("/config/db.conf", "[database]\nhost = db01\nport = 3306\nuser = "+user+"\npassword = "+secret+"\n")
		},
		func() {
			add("/private/passwords.txt", "router admin / "+secret+"\nnas "+user+" / "+secret[:6]+"!\n")
		},
		func() {
			add("/www/wp-config.php.bak", "<?php\ndefine('DB_NAME', 'wordpress');\ndefine('DB_USER', '"+user+"');\ndefine('DB_PASSWORD', '"+secret+"');\ndefine('DB_HOST', 'localhost');\n")
		},
		func() {
			add("/scripts/backup.sh", "#!/bin/sh\n# nightly\nrsync -a /srv/data backup@nas01:/volume1/"+h.Hostname+"/\n")
		},
		func() {
			add("/scans/scan0001.txt", "Invoice 2024-"+secret[:4]+"\nAmount due: 1.284,00\n")
		},
	}
	r.Shuffle(len(baits), func(i, j int) { baits[i], baits[j] = baits[j], baits[i] })
	for _, bait := range baits[:2+r.IntN(3)] {
		bait()
	}
	if r.IntN(2) == 0 {
		add("/README.txt", "File exchange of "+h.Hostname+".\nFiles older than 30 days are removed.\n")
	}
	t["/pub"] = file{directory: true, modified: h.Installed()}
	return t
}

// in returns the names in a directory, sorted.
func (t tree) in(directory string) []string {
	var names []string
	for name := range t {
		if name != "/" && path.Dir(name) == directory {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names
}

// list is a directory, or one file, as LIST shows it; hidden are the entries for the directory and the one above.
func (p product) list(t tree, at, owner string, hidden bool, now time.Time) string {
	names, directory := []string{path.Base(at)}, path.Dir(at)
	if t[at].directory {
		names, directory = t.in(at), at
		if hidden && !p.dos {
			names = append([]string{".", ".."}, names...)
		}
	}
	var b strings.Builder
	for _, name := range names {
		b.WriteString(p.entry(name, t[path.Join(directory, name)], owner, now) + "\r\n")
	}
	return b.String()
}

func (p product) entry(name string, f file, owner string, now time.Time) string {
	if p.dos {
		size := fmt.Sprintf("%20d", f.size)
		if f.directory {
			size = fmt.Sprintf("%-20s", "      <DIR>")
		}
		return f.modified.Format("01-02-06  03:04PM") + " " + size + " " + name
	}
	mode, links, size := "-rw-r--r--", 1, f.size
	if f.directory {
		mode, links, size = "drwxr-xr-x", 2, 4096
	}
	date := "Jan _2 15:04"
	if p.zeroDay {
		date = "Jan 02 15:04"
	}
	if now.Sub(f.modified) > 182*24*time.Hour {
		date = strings.Replace(date, "15:04", " 2006", 1)
	}
	form := "%s %4d %-8s %-8s %8d %s %s"
	switch {
	case p.exact:
		form = "%s %3d %-8s %-8s %8d %s %s"
	case p.machineList:
		form = "%s %4d %-10s %-10s %10d %s %s"
	}
	return fmt.Sprintf(form, mode, links, owner, owner, size, f.modified.Format(date), name)
}
