// Package mysql is the decoy of a MySQL or MariaDB server: its protocol by hand, an engine for what asks, and the data of package bait behind it. Every proof of a password is
// recorded with the salt that it was made with, so that it can be guessed at leisure, and every query. The server seems to be a replica that
// is read-only: it can be looked at and not changed.
//
// A statement is cut into tokens by package tinysql, parsed (parse.go), bound to the tables that it names (bind.go), run (run.go) and its expressions worked out (eval.go, functions.go); the
// catalogs are in catalog.go and schema.go. What a MariaDB 10.11 was seen to say is in testdata and in the files embedded; MySQL 8's ways are as far as they are known.
package mysql

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/turns"
	"decnet/decoy/services/internal/visitors"
	"decnet/decoy/shell"
)

func init() {
	decoy.Register("mysql", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's database server.
type server struct {
	host         *decoy.Host
	system       *shell.System
	app          *bait.App
	banner       string // as the greeting has it
	version      string // as VERSION() has it
	comment      string
	mariadb      bool
	plugin       string // of its accounts
	capabilities uint32
	extended     uint32
	charset      byte
	pace         time.Duration         // of connections, before anybody looked
	variables    func() map[string]any // the system's; nobody changes them
	catalog      func() map[string][]*table
	turns        turns.Turns  // as many as statements cost time and memory at once
	held         atomic.Int64 // bytes that statements hold without a turn
	kept         atomic.Int64 // bytes that sessions keep, beyond what each may
	borrowed     atomic.Int64 // bytes of packets that come in, of the large ones
	count        atomic.Uint32

	outfiles *visitors.Map[*files] // by INTO OUTFILE
}

// versions are those that each distribution and the makers' own packages for it ship.
var versions = map[string][]string{
	"debian":   {"10.11.6-MariaDB-0+deb12u1", "10.11.4-MariaDB-1~deb12u1", "11.4.2-MariaDB-deb12", "8.0.36", "8.0.39", "8.4.2"},
	"ubuntu22": {"8.0.36-0ubuntu0.22.04.1", "8.0.39-0ubuntu0.22.04.1", "8.0.37-0ubuntu0.22.04.3", "10.6.16-MariaDB-0ubuntu0.22.04.1", "10.6.18-MariaDB-0ubuntu0.22.04.1"},
	"ubuntu20": {"8.0.36-0ubuntu0.20.04.1", "8.0.39-0ubuntu0.20.04.1", "10.3.39-MariaDB-0ubuntu0.20.04.2"},
	"rocky9":   {"8.0.36", "8.0.32", "10.5.22-MariaDB", "10.11.6-MariaDB"},
	"centos7":  {"8.0.36", "10.4.33-MariaDB", "10.6.17-MariaDB"},
	"fedora":   {"8.0.36", "8.0.37", "10.5.25-MariaDB"},
	"kali":     {"10.11.7-MariaDB-4", "11.4.2-MariaDB-4"},
	"arch":     {"11.4.2-MariaDB", "11.3.2-MariaDB"},
	"alpine":   {"10.11.8-MariaDB", "10.11.6-MariaDB"},
}

func newServer(h *decoy.Host) *server {
	choices := versions[h.Distro]
	if h.OS == "windows" || h.OS == "windows_server" {
		choices = []string{"8.0.36", "8.0.39", "8.4.2", "10.4.32-MariaDB"}
	}
	if choices == nil {
		choices = versions["debian"]
	}
	version := decoy.Pick(h, "mysql-version", choices...)
	if chosen, ok := h.Setting("mysql", "version"); ok {
		version = chosen
	}
	v := &server{
		host: h, system: shell.SystemOf(h), app: bait.AppOf(h), version: version, banner: version, mariadb: strings.Contains(version, "MariaDB"),
		pace: time.Duration(20+h.Rand("mysql").IntN(200)) * time.Second, turns: turns.New(2),
		outfiles: visitors.New(func() *files { return &files{} }),
	}
	v.variables, v.catalog = sync.OnceValue(v.makeVariables), sync.OnceValue(v.makeCatalog)
	if !v.mariadb {
		v.plugin, v.capabilities, v.charset, v.comment = caching, capabilities8, 255, "MySQL Community Server - GPL"
		if strings.Contains(version, "ubuntu") {
			v.comment = "(Ubuntu)"
		}
		return v
	}
	v.plugin, v.capabilities, v.charset, v.comment = native, capabilitiesM, 45, "mariadb.org binary distribution"
	v.extended = extendedM
	if strings.HasPrefix(version, "10.") {
		// What old replicas need to see of every MariaDB 10.
		v.banner = "5.5.5-" + version
		if !strings.HasPrefix(version, "10.11") && !strings.HasPrefix(version, "10.6") {
			v.extended &^= capTypeInfo | capSkipMeta
		}
	}
	switch v.system.ID {
	case "debian", "ubuntu", "kali":
		v.comment = map[string]string{"debian": "Debian 12", "ubuntu": "Ubuntu 22.04", "kali": "Debian n/a"}[v.system.ID]
		if h.Distro == "ubuntu20" {
			v.comment = "Ubuntu 20.04"
		}
	case "rocky", "arch", "alpine", "fedora":
		v.comment = "MariaDB Server"
		if v.system.ID == "arch" {
			v.comment = "Arch Linux"
		}
	}
	return v
}

// started is when the server seems to have been started.
func (v *server) started() time.Time { return v.host.BootTime().Add(15 * time.Second) }

// conn is one connection.
type conn struct {
	packets
	server       *server
	s            *decoy.Session
	salt         []byte
	id           uint32
	tls          bool
	greeted      bool   // and nothing has been heard yet
	capabilities uint32 // that both ends have
	extended     uint32
	user         string
	database     string
	several      bool // statements in one query, which the client asked for
	more         bool // a result comes after this one
	failed       bool // the statement
	replied      int  // bytes of rows that the query was answered with
	charset      charset
	ctx          context.Context
	turn         turns.Turn // it has one
	under        *run       // way
	executing    bool       // a prepared statement that has a name
	kept         int        // counted in the server's
	hurry        time.Time  // when the answer must be out that keeps a turn from others
	writeBy      func(time.Time) error
	pieces       *compressed // of a client that asked for compression
	now          string      // the statement under way
	binary       bool        // rows are those of a prepared statement
	ended        bool        // by KILL
	quiet        bool        // the statement shows the warnings of the last
	transaction  bool
	manual       bool // no autocommit

	users          map[string]any // @variables
	session        map[string]any // system variables that the session has set
	diagnostics    []diagnostic
	warned         int
	foundRows      int
	foundBefore    int
	affected       int64
	affectedBefore int64
	prepared       map[uint32]*prepared
	lastPrepared   uint32
	named          map[string]*prepared
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	ctx, cancel := context.WithTimeout(ctx, sessionTime) // who has gone meanwhile is not seen by what sleeps
	defer cancel()
	c := &conn{packets: packets{rw: s}, server: v, s: s, salt: newSalt(), ctx: ctx, affected: -1}
	c.around, c.loan.from, c.writeBy = c.send, v, s.SetWriteDeadline
	defer func() { v.kept.Add(int64(-c.kept)) }()
	defer func() {
		if c.loan.repay(); c.pieces != nil {
			c.pieces.loan.repay()
		}
	}()
	if s.Crowded() {
		c.crowded()
		return
	}
	// The servers number connections from their start.
	c.id = 8 + uint32(v.host.Now().Sub(v.started())/v.pace) + v.count.Add(1)
	if c.login(ctx) {
		for c.command() {
		}
	}
	c.flush()
}

// sessionTime is how long a session may last, whatever it sleeps: what the decoy gives all sessions.
var sessionTime = decoy.DefaultLimits().SessionTime

// maxConnections is max_connections as it is shipped.
const maxConnections = 151

// MaxConnections is max_connections.
func (v *server) MaxConnections() int { return maxConnections }

// crowded says that there are too many. It comes before the greeting, when MySQL does not know yet whether the client reads an SQLSTATE.
func (c *conn) crowded() {
	text := "Too many connections"
	if c.server.mariadb {
		text = "#08004" + text
	}
	c.put(append(binary.LittleEndian.AppendUint16([]byte{0xff}, 1040), text...))
	c.flush()
}

// The commands of the protocol.
const (
	comQuit              = 1
	comInitDB            = 2
	comQuery             = 3
	comFieldList         = 4
	comRefresh           = 7
	comShutdown          = 8
	comStatistics        = 9
	comProcessInfo       = 10
	comProcessKill       = 12
	comDebug             = 13
	comPing              = 14
	comChangeUser        = 17
	comBinlogDump        = 18
	comRegisterSlave     = 21
	comStatementPrepare  = 22
	comStatementExecute  = 23
	comStatementClose    = 25
	comStatementReset    = 26
	comStatementFetch    = 28
	comStatementLongData = 24
	comSetOption         = 27
	comResetConnection   = 31
)

// command answers one command; it tells whether to go on.
func (c *conn) command() bool {
	c.seq = 0
	packet, err := c.read(maxPacket)
	defer c.rest()
	switch {
	case errors.Is(err, errTooBig):
		c.fail(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes")
		return false
	case errors.Is(err, errOrder):
		c.disordered(packet)
		return false
	case err != nil:
		return false
	case len(packet) == 0:
		c.fail(1047, "08S01", "Unknown command")
		return c.flush() == nil
	}
	argument := string(packet[1:])
	c.quiet = packet[0] != comQuery && packet[0] != comStatementExecute // what answers has no warnings of its own
	switch packet[0] {
	case comQuit:
		return false
	case comInitDB:
		c.s.Event(event.CommandRun, event.String(event.Command, "USE "+argument))
		if c.use(argument) {
			c.ok()
		}
	case comQuery:
		if c.capabilities&capAttributesOfQuery != 0 {
			f := &fields{rest: packet[1:]}
			if n := f.count(); n > 0 {
				f.count()
				p := prepared{marks: n, named: true}
				p.values(f)
			} else {
				f.count()
			}
			if f.bad {
				c.fail(1835, "HY000", "Malformed communication packet.")
				break
			}
			argument = string(f.rest)
		}
		c.s.Event("query", event.String(event.Command, argument), event.String("database", c.database))
		c.query(argument)
	case comFieldList:
		c.fieldList(argument)
	case comStatistics:
		up := max(int64(c.server.host.Now().Sub(c.server.started()).Seconds()), 1)
		c.put(fmt.Appendf(nil, "Uptime: %d  Threads: 2  Questions: %d  Slow queries: 0  Opens: 164  Open tables: 82  Queries per second avg: %.3f", up, up/9, 1.0/9))
	case comPing:
		c.ok()
	case comResetConnection:
		c.reset()
		c.ok()
	case comSetOption:
		if len(argument) != 2 || argument[0] > 1 || argument[1] != 0 {
			c.fail(1047, "08S01", "Unknown command")
			break
		}
		c.several = argument[0] == 0
		c.end()
	case comStatementPrepare:
		c.s.Event("query", event.String(event.Command, argument), event.String("database", c.database), event.String("how", "prepare"))
		c.prepare(argument)
	case comStatementExecute:
		c.executeCommand(packet[1:])
	case comStatementLongData:
		c.longData(packet[1:])
	case comStatementClose: // has no answer
		delete(c.prepared, (&fields{rest: packet[1:]}).uint32())
	case comChangeUser:
		return c.changeUser(argument)
	default:
		c.s.Event(event.CommandRun, event.String(event.Command, fmt.Sprintf("COM_%d", packet[0])), event.Bytes("data", packet[1:]))
		c.rare(packet[0], argument)
	}
	return c.flush() == nil && !c.ended && c.ctx.Err() == nil
}

// rest keeps little of a command that is done.
func (c *conn) rest() {
	c.loan.repay()
	c.room(0)
	c.under = nil
	if c.out.Cap() > 4<<10 {
		c.out = bytes.Buffer{}
	}
	if !c.hurry.IsZero() {
		c.hurry = time.Time{}
		c.writeBy(time.Time{})
	}
}

// reset makes the session what it was after the login.
func (c *conn) reset() {
	c.users, c.session, c.diagnostics, c.warned, c.prepared, c.named = nil, nil, nil, 0, nil, nil
	c.foundRows, c.affected, c.transaction, c.manual = 0, -1, false, false
}

// rare answers the commands that clients hardly send.
func (c *conn) rare(command byte, argument string) {
	f := &fields{rest: []byte(argument)}
	switch command {
	case comRefresh, comRegisterSlave:
		c.ok()
	case comDebug:
		c.fail(1227, "42000", "Access denied; you need (at least one of) the SUPER privilege(s) for this operation")
	case comShutdown:
		if c.user == c.server.app.Name {
			c.fail(1227, "42000", "Access denied; you need (at least one of) the SHUTDOWN privilege(s) for this operation")
			return
		}
		c.ended = true // and its like is back when the next one looks
		c.end()
	case comProcessInfo:
		c.query("SHOW PROCESSLIST")
	case comProcessKill:
		c.query(fmt.Sprintf("KILL %d", f.uint32()))
	case comBinlogDump:
		c.fail(1236, "HY000", "Binary log is not open")
	case comStatementReset:
		id := f.uint32()
		if p := c.prepared[id]; p != nil {
			p.long = nil
			c.ok()
			return
		}
		c.fail(1243, "HY000", fmt.Sprintf("Unknown prepared statement handler (%d) given to mysqld_stmt_reset", id))
	case comStatementFetch:
		if id := f.uint32(); c.prepared[id] != nil {
			c.fail(1421, "HY000", fmt.Sprintf("The statement (%d) has no open cursor", id))
			return
		}
		f.rest = []byte(argument)
		c.fail(1243, "HY000", fmt.Sprintf("Unknown prepared statement handler (%d) given to mysqld_stmt_fetch", f.uint32()))
	default:
		c.fail(1047, "08S01", "Unknown command")
	}
}

// disordered refuses a packet that bears the wrong number, which is what all begin with that take the server for another one, and records what came.
func (c *conn) disordered(head []byte) {
	c.s.SetReadDeadline(time.Now().Add(200 * time.Millisecond)) // it is there already, if at all
	rest := make([]byte, 1024)
	n, _ := c.s.Read(rest)
	data := slices.Concat(head, rest[:n])
	c.s.Event("protocol_error", event.Bytes("data", data))
	if c.server.mariadb && c.greeted && (string(head) == "\r\n\r\n" || string(head) == "PROX") {
		c.fail(1130, "HY000", "Proxy header is not accepted from "+c.s.Peer().Addr().String())
		return
	}
	c.fail(1156, "08S01", "Got packets out of order")
}

// ok writes the packet that all went well.
func (c *conn) ok() { c.done(0) }

// done is ok of so many rows.
func (c *conn) done(rows int) {
	warnings := c.warnings()
	c.put(append(appendCount([]byte{0}, rows), 0, c.status(), 0, byte(warnings), byte(warnings>>8)))
}

// status are the server's flags in an answer: it commits by itself, and maybe another result follows.
func (c *conn) status() byte {
	status := byte(2)
	if c.manual {
		status = 0
	}
	if c.transaction {
		status |= 1
	}
	if c.more {
		status |= 8
	}
	return status
}

// warnings is how many the statement has had, as answers say it; those of SHOW WARNINGS are none of its own.
func (c *conn) warnings() int {
	if c.quiet {
		return 0
	}
	return min(c.warned, 65535)
}

// end writes the packet that ends rows (or, before them, columns).
func (c *conn) end() {
	warnings := c.warnings()
	c.put([]byte{0xfe, byte(warnings), byte(warnings >> 8), c.status(), 0})
}

// fail writes an error.
func (c *conn) fail(code uint16, state, message string) {
	c.failed = true
	c.affected = -1
	if c.warned++; len(c.diagnostics) < maxDiagnostics {
		c.diagnostics = append(c.diagnostics, diagnostic{"Error", int(code), strings.Clone(clip(message, 512))})
	}
	b := binary.LittleEndian.AppendUint16([]byte{0xff}, code)
	if len(message) > 512 {
		message = message[:512]
	}
	c.put(append(append(append(b, '#'), state...), message...))
}

// Program is MySQL's or MariaDB's.
func (v *server) Program() decoy.Program {
	if v.mariadb {
		return decoy.Program{User: "mysql", Command: "/usr/sbin/mariadbd"}
	}
	return decoy.Program{User: "mysql", Command: "/usr/sbin/mysqld"}
}
