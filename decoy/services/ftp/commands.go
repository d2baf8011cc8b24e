package ftp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"path"
	"strings"

	"decnet/decoy/event"
)

const (
	maxUpload  = 32 << 20
	keptUpload = 64 << 10 // of each, for the time of the session
	maxUploads = 16       // in the list at once
)

// inside does the commands of who is logged in.
func (c *client) inside(ctx context.Context, command, argument string) error {
	p := &c.product
	at := c.resolve(argument)
	found, exists := c.files[at]
	switch command {
	case "PWD", "XPWD":
		return c.say(p.here, "{name}", strings.ReplaceAll(c.here, `"`, `""`))
	case "CDUP", "XCUP":
		c.here = path.Dir(c.here)
		return c.say(p.moved)
	case "CWD", "XCWD":
		if !found.directory {
			return c.say(p.noDirectory, "{name}", argument)
		}
		c.here = at
		return c.say(p.moved)
	case "TYPE":
		switch strings.ToUpper(argument) {
		case "A", "A N":
			c.ascii = true
			return c.say(p.ascii)
		case "I", "L8", "L 8":
			c.ascii = false
			return c.say(p.binary)
		}
		return c.say("504 Command not implemented for that parameter.")
	case "MODE", "STRU":
		if a := strings.ToUpper(argument); command == "MODE" && a == "S" || command == "STRU" && a == "F" {
			return c.say("200 " + map[string]string{"MODE": "Mode set to S.", "STRU": "Structure set to F."}[command])
		}
		return c.say("504 Command not implemented for that parameter.")
	case "PASV", "EPSV":
		return c.open(ctx, command == "EPSV")
	case "PORT", "EPRT":
		return c.say(strings.Replace(p.port, "PORT", command, 1), "{name}", argument)
	case "LIST", "NLST", "MLSD":
		return c.sendList(ctx, command, argument)
	case "MLST":
		if p.machineList && exists {
			return c.say("250-Start of list for {name}\n {facts}\n250 End of list", "{name}", at, "{facts}", facts(at, found))
		}
	case "STAT":
		return c.say("211-FTP server status:\n     Connected to {peer}\n     Logged in as {name}\n     TYPE: {mode}\n211 End of status", "{name}", c.user)
	case "SIZE":
		if !exists || found.directory {
			return c.say(p.noFile, "{name}", argument)
		}
		return c.say(fmt.Sprint("213 ", found.size))
	case "MDTM":
		if !exists {
			return c.say(p.noFile, "{name}", argument)
		}
		return c.say("213 " + found.modified.Format("20060102150405"))
	case "REST":
		return c.say("350 Restart position accepted (0).")
	case "ALLO":
		return c.say("202 ALLO command ignored.")
	case "ABOR":
		return c.say("225 No transfer to ABOR.")
	case "RETR":
		return c.send(ctx, argument, found, exists)
	case "STOR", "APPE", "STOU":
		return c.receive(ctx, argument, at)
	case "DELE", "RMD", "XRMD", "MKD", "XMKD", "RNFR", "RNTO", "SITE", "MFMT":
		return c.say(p.denied, "{name}", argument)
	}
	return c.say(p.unknown, "{cmd}", command)
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
	local := c.s.Local().Addr().Unmap()
	if !extended && !local.Is4() {
		return c.say(c.product.failed)
	}
	opened, err := listen(ctx, local)
	if err != nil {
		return c.say(c.product.failed)
	}
	c.passive = opened
	if extended {
		return c.say(fmt.Sprintf("%s%d|%s", c.product.extended, opened.port(), strings.TrimSuffix(c.product.end, ".")))
	}
	return c.say(fmt.Sprintf("%s%s,%d,%d%s", c.product.passive, strings.ReplaceAll(local.String(), ".", ","), opened.port()>>8, opened.port()&0xff, c.product.end))
}

// transfer lets f use the data connection between the reply that opens and, when f succeeds, the one that ends it.
func (c *client) transfer(ctx context.Context, begin, end string, f func(net.Conn) error, replace ...string) error {
	port := c.passive
	c.passive = nil
	if port == nil {
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
	if err := f(conn); err != nil {
		return c.say("426 Failure writing network stream.")
	}
	done()
	return c.say(end, replace...)
}

func (c *client) sendList(ctx context.Context, command, argument string) error {
	p := &c.product
	if command == "MLSD" && !p.machineList {
		return c.say(p.unknown, "{cmd}", command)
	}
	for strings.HasPrefix(argument, "-") { // options of ls
		_, argument, _ = strings.Cut(argument, " ")
	}
	at := c.resolve(argument)
	var text string
	found, exists := c.files[at]
	switch {
	case !exists:
	case command == "LIST":
		text = p.list(c.files, at, c.host.Now())
	case !found.directory:
		text = argument + "\r\n"
	default:
		for _, name := range c.files.in(at) {
			if command == "MLSD" {
				name = facts(name, c.files[path.Join(at, name)])
			}
			text += name + "\r\n"
		}
	}
	return c.transfer(ctx, p.listing, p.listed, func(conn net.Conn) error {
		_, err := io.WriteString(conn, text)
		return err
	}, "{count}", fmt.Sprint(strings.Count(text, "\n")))
}

func (c *client) send(ctx context.Context, name string, f file, exists bool) error {
	p := &c.product
	if !exists || f.directory || f.gone {
		return c.say(p.noFile, "{name}", name)
	}
	content := f.content
	if c.ascii {
		content = strings.ReplaceAll(content, "\n", "\r\n")
	}
	c.s.Event(event.Download, event.String("file", name), event.Int("size", int64(f.size)))
	return c.transfer(ctx, p.sending, p.sent, func(conn net.Conn) error {
		_, err := io.WriteString(conn, content)
		return err
	}, "{name}", name, "{size}", fmt.Sprint(f.size), "{kbytes}", fmt.Sprintf("%.1f", float64(f.size)/1024))
}

// receive takes an upload, of which what it was is recorded and little is kept.
func (c *client) receive(ctx context.Context, name, at string) error {
	p := &c.product
	if c.guest || name == "" || c.files[at].directory || !c.files[path.Dir(at)].directory {
		return c.say(p.denied, "{name}", name)
	}
	return c.transfer(ctx, p.receiving, p.received, func(conn net.Conn) error {
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
		return err
	}, "{name}", name)
}
