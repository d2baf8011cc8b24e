// Package mongodb is the decoy of a MongoDB server: most have no password, as those that blackmailers look for. Every command is recorded with its documents, every login with what is needed to guess
// its password. What a client writes or drops is so for its address alone, within bounds.
package mongodb

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/visitors"
	"decnet/decoy/services/internal/web"
)

const (
	idleTime   = 5 * time.Minute
	maxShown   = 6144 // bytes of a command that are recorded
	maxWait    = 10 * time.Second
	browserSay = "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 85\r\n\r\nIt looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n"
)

func init() {
	decoy.Register("mongodb", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// version is a release with what tells it apart.
type version struct {
	number, git string
	wire        int // the highest wire version
	openssl     string
}

var versions = []version{
	{"4.2.24", "5e4ec1d24431fcdd28b579a024c5c801b8cde4e2", 8, "OpenSSL 1.1.1n  15 Mar 2022"},
	{"4.4.29", "f4dda329a99811c707eb06d05ad023599f9be263", 9, "OpenSSL 1.1.1w  11 Sep 2023"},
	{"5.0.26", "0b4f1ea980b5380a66425a90b414106a191365f4", 13, "OpenSSL 1.1.1w  11 Sep 2023"},
	{"6.0.14", "25225db95574916fecab3af75b184409f8713aef", 17, "OpenSSL 3.0.11 19 Sep 2023"},
}

// server is the decky's.
type server struct {
	host    *decoy.Host
	version version
	auth    bool // whether a login is asked for
	process objectID
	since   time.Time
	data    *visitors.Map[*space]
}

func newServer(h *decoy.Host) *server {
	r := h.Rand("mongodb")
	v := &server{host: h, version: decoy.Pick(h, "mongodb-version", versions...), auth: r.IntN(3) == 0, since: h.BootTime().Add(time.Duration(9+r.IntN(30)) * time.Second)}
	v.process = idAt(h, "mongodb-process", v.since)
	v.data = visitors.New(func() *space { return newSpace(h) })
	return v
}

// idAt is an ObjectId made at some time.
func idAt(h *decoy.Host, purpose string, at time.Time) objectID {
	id := objectID(h.Bytes(purpose, 12))
	n := uint32(at.Unix())
	id[0], id[1], id[2], id[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	return id
}

// client is one connection.
type client struct {
	*server
	s      *decoy.Session
	ctx    context.Context
	number int32
	known  bool // has logged in, or needn't
	user   string
	login  *login
	sent   int32
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	// The server counts its connections from its start.
	c := &client{server: v, s: s, ctx: ctx, known: !v.auth, number: int32(1 + v.host.Now().Sub(v.since)/(41*time.Second))}
	in := bufio.NewReaderSize(s, 4096)
	s.SetReadDeadline(time.Now().Add(idleTime))
	if first, _ := in.Peek(4); bytes.Equal(first, []byte("GET ")) {
		line, _ := in.ReadSlice('\n')
		s.Event(event.CommandRun, web.Bounded(event.Command, string(line), 1024))
		io.WriteString(s, browserSay)
		return
	}
	for {
		s.SetReadDeadline(time.Now().Add(idleTime))
		m, err := readMessage(in)
		if errors.Is(err, errMessage) {
			s.Event("protocol_error", event.String("reason", err.Error()), event.Int("opcode", int64(m.op)))
			return
		}
		if err != nil {
			return
		}
		if len(m.command) == 0 {
			continue
		}
		answers := c.answer(m)
		if m.quiet {
			continue
		}
		c.sent++
		if _, err := s.Write(m.reply(c.sent, answers...)); err != nil {
			return
		}
	}
}

// failure is an error in the server's form.
func failure(number int32, name, text string) doc {
	return doc{{"ok", 0.0}, {"errmsg", text}, {"code", number}, {"codeName", name}}
}

// answer does what a message says.
func (c *client) answer(m message) []doc {
	name := m.command[0].name
	database := m.command.text("$db")
	if m.op != opMsg {
		database = m.database
	}
	run, ok := commands[name]
	if ok && run.secret {
		c.s.Event(event.CommandRun, event.String(event.Command, name+" "+m.command.text("mechanism")), web.Bounded("database", database, 256))
	} else {
		c.s.Event(event.CommandRun, web.Bounded(event.Command, shown(m.command, maxShown), maxShown), web.Bounded("database", database, 256))
	}
	switch {
	case m.op == opQuery && c.version.wire > 13 && name != "hello" && name != "isMaster" && name != "ismaster":
		return []doc{failure(352, "UnsupportedOpQueryCommand", "Unsupported OP_QUERY command: "+name+
			". The client driver may require an upgrade. For more details see https://dochub.mongodb.org/core/legacy-opcode-removal")}
	case m.op == opMsg && database == "":
		return []doc{failure(40571, "Location40571", "OP_MSG requests require a $db argument")}
	case !ok:
		return []doc{failure(59, "CommandNotFound", fmt.Sprintf("no such command: '%s'", name))}
	case !c.known && !run.stranger:
		return []doc{failure(13, "Unauthorized", "command "+name+" requires authentication")}
	}
	var out doc
	c.data.With(c.s.Peer().Addr(), func(data *space) {
		out = run.run(&call{c, data, m.command, database})
	})
	if wait, asked := m.command.number("maxAwaitTimeMS"); asked && run.waits {
		select { // nothing changes in the meantime
		case <-c.ctx.Done():
		case <-time.After(min(maxWait, time.Duration(max(0, wait))*time.Millisecond)):
		}
	}
	if m.collection != "" { // an old query wants the documents alone
		var docs []doc
		if cursor, ok := out.get("cursor").(doc); ok {
			batch, _ := cursor.get("firstBatch").(array)
			for _, d := range batch {
				if one, ok := d.(doc); ok {
					docs = append(docs, one)
				}
			}
		}
		return docs
	}
	return []doc{out}
}
