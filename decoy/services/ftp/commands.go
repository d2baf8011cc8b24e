package ftp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/event"
)

const (
	maxUpload  = 32 << 20
	keptUpload = 64 << 10 // of each, for the time of the session
	maxUploads = 16       // in the list at once
	maxChanges = 32       // directories that a session makes
)

// inside does the commands of who is logged in.
func (c *client) inside(ctx context.Context, command, argument string) error {
	p := &c.product
	at := c.resolve(argument)
	found, exists := c.files[at]
	if denied := c.denied(command, argument); denied != "" {
		return c.say(denied, "{name}", argument)
	}
	switch command {
	case "PWD", "XPWD":
		return c.say(p.here, "{name}", strings.ReplaceAll(c.here, `"`, `""`))
	case "CDUP", "XCUP":
		c.here = path.Dir(c.here)
		return c.say(p.moved, "{cmd}", command)
	case "CWD", "XCWD":
		if !found.directory {
			return c.say(p.noDirectory, "{name}", argument)
		}
		c.here = at
		return c.say(p.moved, "{cmd}", command)
	case "PASV", "EPSV":
		return c.open(ctx, command == "EPSV")
	case "PORT", "EPRT":
		return c.activate(command, argument)
	case "LIST", "NLST", "MLSD":
		return c.sendList(ctx, command, argument)
	case "MLST":
		if p.machineList {
			return c.machineStatus(argument, at, found, exists)
		}
	case "STAT":
		return c.status(argument, at, exists)
	case "SIZE":
		switch {
		case c.ascii && p.changes.sizeASCII != "":
			return c.say(p.changes.sizeASCII)
		case !exists:
			return c.say(p.changes.sizeMissing, "{name}", argument)
		case found.directory:
			return c.say(p.changes.sizeDirectory, "{name}", argument)
		}
		return c.say(fmt.Sprint("213 ", found.size))
	case "MDTM":
		switch {
		case !exists:
			return c.say(p.changes.timeMissing, "{name}", argument)
		case found.directory:
			return c.say(p.changes.timeDirectory, "{name}", argument)
		}
		return c.say("213 " + found.modified.Format("20060102150405"))
	case "REST":
		n, err := strconv.ParseUint(argument, 10, 62)
		switch {
		case err != nil && p.changes.restartBad != "":
			return c.say(p.changes.restartBad)
		case c.ascii && n > 0 && p.changes.restartASCII != "":
			return c.say(p.changes.restartASCII)
		}
		c.offset = int64(n)
		return c.say(p.changes.restart)
	case "RETR":
		return c.send(ctx, argument, found, exists)
	case "STOR", "APPE", "STOU":
		return c.receive(ctx, argument, at)
	case "MKD", "XMKD", "RMD", "XRMD", "DELE", "RNFR", "RNTO":
		return c.change(command, argument, at, found, exists)
	}
	return c.say(p.unknown, "{cmd}", command)
}

// change does what a command says with the session's own files, of which there are never many more than at first.
func (c *client) change(command, argument, at string, found file, exists bool) error {
	say := &c.product.changes
	reply := func(text string) error { return c.say(text, "{name}", argument, "{path}", at, "{cmd}", command) }
	moving := c.moving
	c.moving = ""
	switch command {
	case "MKD", "XMKD":
		switch {
		case exists:
			return reply(say.makeExists)
		case !c.files[path.Dir(at)].directory || c.changes == maxChanges:
			return reply(say.makeLost)
		}
		c.changes++
		c.files[at] = file{directory: true, modified: c.host.Now()}
		return reply(say.made)
	case "RMD", "XRMD":
		switch {
		case !found.directory:
			return reply(say.removeMissing)
		case at == "/" || len(c.files.in(at)) > 0:
			return reply(say.removeFull)
		}
		delete(c.files, at)
		return reply(say.removed)
	case "DELE":
		switch {
		case !exists:
			return reply(say.deleteMissing)
		case found.directory:
			return reply(say.deleteDirectory)
		}
		delete(c.files, at)
		return reply(say.deleted)
	case "RNFR":
		if !exists {
			return reply(say.renameMissing)
		}
		c.moving = at
		return reply(say.rename)
	}
	switch {
	case moving == "":
		return reply(say.outOfTurn)
	case moving == "/" || !c.files[path.Dir(at)].directory || found.directory || strings.HasPrefix(at+"/", moving+"/"):
		return reply(say.makeLost)
	}
	for _, name := range slices.Collect(maps.Keys(c.files)) {
		if rest, ok := strings.CutPrefix(name, moving); ok && (rest == "" || rest[0] == '/') {
			f := c.files[name]
			delete(c.files, name)
			c.files[at+rest] = f
		}
	}
	return reply(say.renamed)
}

// activate takes note of the port that the client wants to be connected to. Nothing will be: it looks as if a firewall kept the decky from it.
func (c *client) activate(command, argument string) error {
	p := &c.product
	c.passive.close()
	c.passive, c.active = nil, false
	address, port, ok := portOf(command, argument)
	if !ok && p.changes.portBad != "" {
		return c.say(p.changes.portBad, "{cmd}", command)
	}
	if !ok || address != c.s.Peer().Addr().Unmap() || port < 1024 {
		named := argument
		if ok {
			named = address.String()
		}
		return c.say(strings.Replace(p.port, "PORT", command, 1), "{name}", argument, "{named}", named)
	}
	c.active, c.port = true, port
	text := p.activated
	if p.plain && command == "EPRT" {
		text = "200 EPRT command successful. Consider using EPSV."
	} else if p.exact {
		text = strings.Replace(text, "PORT", command, 1)
	}
	return c.say(text, "{cmd}", command)
}

// portOf reads the argument of PORT, six numbers, or of EPRT, such as |1|192.0.2.7|5000|.
func portOf(command, argument string) (address netip.Addr, port int, ok bool) {
	if command == "EPRT" {
		parts := strings.Split(argument, "|")
		if len(parts) != 5 {
			return address, 0, false
		}
		address, err := netip.ParseAddr(parts[2])
		n, err2 := strconv.ParseUint(parts[3], 10, 16)
		return address.Unmap(), int(n), err == nil && err2 == nil
	}
	var n [6]int
	for i, text := range strings.Split(argument, ",") {
		v, err := strconv.ParseUint(text, 10, 8)
		if err != nil || i > 5 {
			return address, 0, false
		}
		n[i], ok = int(v), i == 5
	}
	return netip.AddrFrom4([4]byte{byte(n[0]), byte(n[1]), byte(n[2]), byte(n[3])}), n[4]<<8 | n[5], ok
}

// owner is whose the files are, as a list shows it.
func (c *client) owner() string {
	switch {
	case c.product.plain && c.guest:
		return "0"
	case c.product.plain, c.product.dos:
		return "1000"
	case c.guest:
		return "ftp"
	}
	return c.user
}

// status answers STAT: the session's state, or a list on the control connection.
func (c *client) status(argument, at string, exists bool) error {
	p := &c.product
	if argument == "" {
		return c.say(p.changes.statused)
	}
	code := "213"
	if c.files[at].directory {
		code = "212"
	}
	if !exists {
		return c.say(p.changes.statusNone, "{name}", argument)
	}
	var lines strings.Builder
	for line := range strings.SplitSeq(p.list(c.files, at, c.owner(), p.changes.listMissing == "" || p.exact, c.host.Now()), "\r\n") {
		if line != "" && p.exact {
			line = " " + line
		}
		if line != "" {
			lines.WriteString(line + "\n")
		}
	}
	return c.say(p.changes.status+lines.String()+p.changes.statusEnd, "{name}", argument, "{code}", code)
}

// machineStatus answers MLST.
func (c *client) machineStatus(argument, at string, found file, exists bool) error {
	p := &c.product
	if !exists {
		return c.say(p.changes.factsMissing, "{name}", argument)
	}
	if p.exact {
		return c.say("250-Start of list for {name}\n {facts}\n250 End of list", "{name}", cmp.Or(argument, at), "{facts}", c.facts(at, at, found, ""))
	}
	kind, name := "", argument
	if argument == "" {
		kind, name = "cdir", "."
	}
	return c.say("250-Begin\n {facts}\n250 End.", "{facts}", c.facts(name, at, found, kind))
}

// facts is an entry as MLSD and MLST show it; a kind that is not "" is that of a directory with a name of its own.
func (c *client) facts(name, at string, f file, kind string) string {
	mode, permitted, size := "0644", "adfrw", fmt.Sprintf("size=%d;", f.size)
	if c.guest {
		permitted = "adfr"
	}
	if f.directory {
		mode, permitted, size = "0755", "flcdmpe", ""
		if c.guest {
			permitted = "fle"
		}
	}
	kind = cmp.Or(kind, map[bool]string{true: "dir", false: "file"}[f.directory])
	sum := fnv.New32a()
	io.WriteString(sum, at)
	inode := 0x40000 + sum.Sum32()%0x80000
	modified := f.modified.Format("20060102150405")
	if c.product.exact {
		return fmt.Sprintf("modify=%s;perm=%s;%stype=%s;unique=FE00U%X;UNIX.group=1000;UNIX.groupname=%[6]s;UNIX.mode=%[7]s;UNIX.owner=1000;UNIX.ownername=%[6]s; %[8]s", modified, permitted, size, kind, inode, c.owner(), mode, name)
	}
	if f.directory {
		size = "sizd=4096;"
	}
	return fmt.Sprintf("type=%s;%smodify=%s;UNIX.mode=%s;UNIX.uid=1000;UNIX.gid=1000;unique=fe00g%x; %s", kind, size, modified, mode, inode, name)
}

// resolve returns the absolute path that an argument means; it can't leave the root.
func (c *client) resolve(argument string) string {
	if !strings.HasPrefix(argument, "/") {
		argument = c.here + "/" + argument
	}
	return path.Clean("/" + argument)
}

// open prepares a data connection and tells the client where.
func (c *client) open(ctx context.Context, extended bool) error {
	c.passive.close()
	c.passive = nil
	c.active = false
	local := c.s.Local().Addr().Unmap()
	if !extended && !local.Is4() {
		return c.say(c.product.failed)
	}
	opened, err := listen(ctx, local)
	if err != nil {
		return c.say(c.product.failed)
	}
	c.passive, c.active = opened, false
	if extended {
		return c.say(fmt.Sprintf("%s%d|%s", c.product.extended, opened.port(), strings.TrimSuffix(c.product.end, ".")))
	}
	return c.say(fmt.Sprintf("%s%s,%d,%d%s", c.product.passive, strings.ReplaceAll(local.String(), ".", ","), opened.port()>>8, opened.port()&0xff, c.product.end))
}

// transfer lets f use the data connection between the reply that opens and, when f succeeds, the one that ends it. It gives the bytes that it has moved.
func (c *client) transfer(ctx context.Context, begin, end string, f func(net.Conn) (int64, error), replace ...string) error {
	port := c.passive
	c.passive = nil
	if port == nil {
		if c.active {
			c.active = false
			return c.say(c.product.failed)
		}
		return c.say(c.product.noConnection)
	}
	conn, done, err := port.accept(ctx, c.s.Peer().Addr())
	if err != nil {
		return c.say(c.product.failed)
	}
	defer done()
	if err := c.say(begin, replace...); err != nil {
		return err
	}
	began := time.Now()
	n, err := f(conn)
	if err != nil {
		return c.say("426 Failure writing network stream.")
	}
	done()
	took := max(time.Since(began), 20*time.Microsecond).Seconds()
	return c.say(end, append(replace, "{seconds}", fmt.Sprintf("%.3f", took), "{rate}", rate(float64(n)/took))...)
}

// rate is how fast so many bytes a second are, in Pure-FTPd's words.
func rate(speed float64) string {
	switch {
	case speed > 512<<10:
		return fmt.Sprintf("%.2f Mbytes", speed/(1<<20))
	case speed > 512:
		return fmt.Sprintf("%.2f Kbytes", speed/(1<<10))
	}
	return fmt.Sprintf("%.2f bytes", speed)
}

// matching returns the entries of a directory that a pattern in the last part of a path fits.
func (c *client) matching(at string) []string {
	var out []string
	for _, name := range c.files.in(path.Dir(at)) {
		if ok, _ := path.Match(path.Base(at), name); ok {
			out = append(out, name)
		}
	}
	return out
}

func (c *client) sendList(ctx context.Context, command, argument string) error {
	p := &c.product
	if command == "MLSD" && !p.machineList {
		return c.say(p.unknown, "{cmd}", command)
	}
	hidden, options := false, "-l "
	for strings.HasPrefix(argument, "-") { // options of ls
		var given string
		given, argument, _ = strings.Cut(argument, " ")
		hidden = hidden || strings.Contains(given, "a")
	}
	if hidden {
		options = "-a -l "
	}
	at, end := c.resolve(argument), p.listed
	var text string
	found, exists := c.files[at]
	several := !exists && strings.ContainsAny(path.Base(at), "*?[")
	switch {
	case several && command == "LIST":
		for _, name := range c.matching(at) {
			text += p.entry(name, c.files[path.Join(path.Dir(at), name)], c.owner(), c.host.Now()) + "\r\n"
		}
	case several && command == "NLST" && !strings.HasPrefix(p.changes.namesMissing, "550"):
		for _, name := range c.matching(at) {
			text += name + "\r\n"
		}
	case !exists && command == "NLST" && p.changes.namesMissing != "":
		return c.say(p.changes.namesMissing, "{name}", argument)
	case !exists && command == "MLSD":
		return c.say(p.changes.listMissing, "{name}", argument)
	case !exists && p.changes.listedNothing != "":
		end = p.changes.listedNothing
	case !exists:
	case command == "LIST":
		text = p.list(c.files, at, c.owner(), hidden, c.host.Now())
	case !found.directory:
		text = argument + "\r\n"
	default:
		names := c.files.in(at)
		if p.machineList && (command == "MLSD" || !p.exact) {
			names = append([]string{".", ".."}, names...)
		}
		for _, name := range names {
			if command == "MLSD" {
				full := path.Join(at, name)
				name = c.facts(name, full, c.files[full], map[string]string{".": "cdir", "..": "pdir"}[name])
			}
			text += name + "\r\n"
		}
	}
	listing, kind := p.listing, "file list"
	if command == "MLSD" {
		kind = "MLSD"
	}
	if command != "LIST" {
		_, end, _ = strings.Cut("\n"+end, "226-Options: {options}\n")
		end = cmp.Or(end, p.listed)
	}
	return c.transfer(ctx, listing, end, func(conn net.Conn) (int64, error) {
		n, err := io.WriteString(conn, text)
		return int64(n), err
	}, "{count}", fmt.Sprint(strings.Count(text, "\n")), "{name}", argument, "{options}", options, "{list}", kind)
}

func (c *client) send(ctx context.Context, name string, f file, exists bool) error {
	p := &c.product
	offset := c.offset
	c.offset = 0
	switch {
	case p.dataFirst && c.passive == nil && !c.active:
		return c.say(p.noConnection)
	case !exists || f.gone:
		return c.say(p.noFile, "{name}", name)
	case f.directory:
		return c.say(p.changes.isDirectory, "{name}", name)
	}
	content := f.content[min(offset, int64(len(f.content))):]
	size := len(content)
	if p.plain { // which tells the whole
		size = f.size
	}
	if c.ascii && !p.plain {
		content = strings.ReplaceAll(content, "\n", "\r\n")
	}
	c.s.Event(event.Download, event.String("file", name), event.Int("size", int64(f.size)))
	return c.transfer(ctx, p.sending, p.sent, func(conn net.Conn) (int64, error) {
		n, err := io.WriteString(conn, content)
		c.down += int64(n)
		return int64(n), err
	}, "{name}", name, "{size}", fmt.Sprint(size))
}

// receive takes an upload, of which what it was is recorded and little is kept.
func (c *client) receive(ctx context.Context, name, at string) error {
	p := &c.product
	c.offset = 0
	switch {
	case p.dataFirst && c.passive == nil && !c.active:
		return c.say(p.noConnection)
	case name == "":
		return c.say(p.denied, "{name}", name)
	case c.files[at].directory:
		return c.say(p.changes.storeDirectory, "{name}", name)
	case !c.files[path.Dir(at)].directory:
		return c.say(p.changes.storeLost, "{name}", name)
	}
	return c.transfer(ctx, p.receiving, p.received, func(conn net.Conn) (int64, error) {
		hash := sha256.New()
		head, err := io.ReadAll(io.LimitReader(io.TeeReader(conn, hash), keptUpload))
		size := int64(len(head))
		if err == nil {
			var more int64
			more, err = io.Copy(hash, io.LimitReader(conn, maxUpload-size))
			size += more
		}
		c.s.Event("upload",
			event.String("file", name),
			event.Int("size", size),
			event.String("sha256", hex.EncodeToString(hash.Sum(nil))),
			event.Bytes("content", head[:min(len(head), 1024)]))
		if err == nil && c.uploads < maxUploads {
			c.uploads++
			f := file{size: int(size), modified: c.host.Now(), gone: size > keptUpload}
			if !f.gone {
				f.content = string(head)
			}
			c.files[at] = f
		}
		c.up += size
		return size, err
	}, "{name}", name)
}
