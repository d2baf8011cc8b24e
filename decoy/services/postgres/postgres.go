// Package postgres is the decoy of a PostgreSQL server, with the data of package bait behind it. Every proof of a password is recorded with what
// is needed to guess the password at leisure, and every query. What is changed
// is so for the session alone, and what the superuser runs by COPY is run on the make-believe machine.
package postgres

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/shell"
)

const (
	maxStartup         = 10_000 // bytes, as PostgreSQL has it
	maxMessage         = 256 << 10
	maxMessageStranger = 2048 // before the login
	loginTime          = time.Minute
)

func init() {
	decoy.Register("postgres", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's database server.
type server struct {
	host    *decoy.Host
	app     *bait.App
	version string // as server_version has it
	major   int
	built   string // what version() says after it
	md5     bool   // instead of SCRAM
	tls     bool
	count   atomic.Uint32
}

// versions are those that each distribution and PostgreSQL's own packages for it ship.
var versions = map[string][]string{
	"debian":   {"15.6 (Debian 15.6-0+deb12u1)", "15.8 (Debian 15.8-0+deb12u1)", "15.5 (Debian 15.5-0+deb12u1)", "16.3 (Debian 16.3-1.pgdg120+1)", "16.4 (Debian 16.4-1.pgdg120+1)", "13.16 (Debian 13.16-1.pgdg120+1)"},
	"ubuntu22": {"14.11 (Ubuntu 14.11-0ubuntu0.22.04.1)", "14.13 (Ubuntu 14.13-0ubuntu0.22.04.1)", "14.12 (Ubuntu 14.12-0ubuntu0.22.04.1)", "16.3 (Ubuntu 16.3-1.pgdg22.04+1)"},
	"ubuntu20": {"12.18 (Ubuntu 12.18-0ubuntu0.20.04.1)", "12.20 (Ubuntu 12.20-0ubuntu0.20.04.1)", "15.7 (Ubuntu 15.7-1.pgdg20.04+1)"},
	"rocky9":   {"13.14", "13.16", "15.6", "16.4"},
	"centos7":  {"12.18", "13.14", "14.11"},
	"fedora":   {"15.6", "15.8"},
	"kali":     {"16.2 (Debian 16.2-1)", "16.3 (Debian 16.3-1+b1)"},
	"arch":     {"16.2", "16.3"},
	"alpine":   {"16.2", "16.3", "15.7"},
}

func newServer(h *decoy.Host) *server {
	choices := versions[h.Distro]
	windows := h.OS == "windows" || h.OS == "windows_server"
	if windows {
		choices = []string{"16.3", "15.7", "14.12"}
	}
	if choices == nil {
		choices = versions["debian"]
	}
	v := &server{host: h, app: bait.AppOf(h), version: decoy.Pick(h, "postgres-version", choices...)}
	fmt.Sscan(v.version, &v.major)
	v.md5 = v.major < 14 || h.Rand("postgres-md5").IntN(5) == 0
	v.tls = strings.Contains(v.version, "(")
	switch {
	case windows:
		v.built = "compiled by Visual C++ build 1938, 64-bit"
	case strings.Contains(v.version, "(Debian"):
		v.built = "on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit"
	case h.Distro == "ubuntu22":
		v.built = "on x86_64-pc-linux-gnu, compiled by gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0, 64-bit"
	case h.Distro == "ubuntu20":
		v.built = "on x86_64-pc-linux-gnu, compiled by gcc (Ubuntu 9.4.0-1ubuntu1~20.04.2) 9.4.0, 64-bit"
	case h.Distro == "alpine":
		v.built = "on x86_64-alpine-linux-musl, compiled by gcc (Alpine 13.2.1_git20231014) 13.2.1 20231014, 64-bit"
	case h.Distro == "centos7":
		v.built = "on x86_64-pc-linux-gnu, compiled by gcc (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44), 64-bit"
	case h.Distro == "rocky9":
		v.built = "on x86_64-pc-linux-gnu, compiled by gcc (GCC) 11.4.1 20230605 (Red Hat 11.4.1-2), 64-bit"
	default:
		v.built = "on x86_64-pc-linux-gnu, compiled by gcc (GCC) 13.2.1, 64-bit"
	}
	return v
}

// full is what version() answers.
func (v *server) full() string {
	if strings.HasPrefix(v.built, "compiled") {
		return "PostgreSQL " + v.version + ", " + v.built
	}
	return "PostgreSQL " + v.version + " " + v.built
}

func (v *server) databases() []string {
	return []string{v.app.Name, "postgres", "template0", "template1"}
}

// roles are the users that there are.
func (v *server) roles() []string { return []string{"admin", "postgres", v.app.Name} }

// conn is one connection.
type conn struct {
	server *server
	s      *decoy.Session
	out    *pgproto3.Backend

	user, database, application string
	pid                         uint32
	status                      byte // of the transaction: I, T or E
	statements                  map[string]string
	portals                     map[string]outcome

	ctx     context.Context
	made    map[string]*bait.Table // what the session has made or changed; nil is what it has dropped
	kept    int                    // bytes
	machine *shell.Machine         // once it has run something
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &conn{server: v, s: s, status: 'I', statements: map[string]string{}, portals: map[string]outcome{}, ctx: ctx}
	c.pid = 900 + uint32(v.host.Now().Sub(v.host.BootTime())/(40*time.Second))%60000 + v.count.Add(1)
	s.SetReadDeadline(time.Now().Add(loginTime))
	message := c.start(ctx)
	if message != nil && s.Crowded() {
		c.fatal("53300", "sorry, too many clients already", "InitProcess")
		return
	}
	if message == nil || !c.login(message) {
		return
	}
	s.SetReadDeadline(time.Time{})
	c.out.SetMaxBodyLen(maxMessage)
	c.serve()
}

// maxConnections is max_connections as it is shipped.
const maxConnections = 100

// MaxConnections is max_connections.
func (v *server) MaxConnections() int { return maxConnections }

// The codes that come in the place of a protocol version.
const (
	cancelCode = 80877102
	sslCode    = 80877103
	gssCode    = 80877104
)

// start reads up to the client's startup message, over TLS where the client asks for it. It returns nil where there is none.
func (c *conn) start(ctx context.Context) *pgproto3.StartupMessage {
	var stream net.Conn = c.s
	c.out = pgproto3.NewBackend(stream, stream)
	for range 4 { // TLS, GSS, and those again
		var head [4]byte
		if _, err := io.ReadFull(stream, head[:]); err != nil {
			return nil
		}
		size := int(binary.BigEndian.Uint32(head[:])) - 4
		if size < 4 || size > maxStartup {
			// PostgreSQL doesn't answer what doesn't look like its protocol.
			c.s.Event("protocol_error", event.String("reason", "invalid length of startup packet"), event.Bytes("data", head[:]))
			return nil
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(stream, body); err != nil {
			return nil
		}
		switch code := binary.BigEndian.Uint32(body); {
		case code == cancelCode:
			c.s.Event(event.CommandRun, event.String(event.Command, "CANCEL"))
			return nil
		case code == gssCode || code == sslCode && (!c.server.tls || stream != c.s):
			if _, err := stream.Write([]byte{'N'}); err != nil {
				return nil
			}
		case code == sslCode:
			if _, err := stream.Write([]byte{'S'}); err != nil {
				return nil
			}
			secured, err := secure.Handshake(ctx, c.s, c.s, "")
			if err != nil {
				return nil // recorded
			}
			stream = secured
			c.out = pgproto3.NewBackend(stream, stream)
		case code == 2<<16 && c.server.speaksOld():
			c.old(stream, body)
			return nil
		case code>>16 != 3:
			c.s.Event("protocol_error", event.String("reason", "unsupported protocol"), event.Bytes("data", body))
			oldest := "3.0"
			if c.server.speaksOld() {
				oldest = "2.0"
			}
			text := fmt.Sprintf("unsupported frontend protocol %d.%d: server supports %s to 3.0", code>>16, code&0xffff, oldest)
			if code>>16 < 3 && c.server.speaksOld() {
				oldFatal(stream, text)
			} else {
				c.fatal("0A000", text, "ProcessStartupPacket")
			}
			return nil
		default:
			binary.BigEndian.PutUint32(body, pgproto3.ProtocolVersion30)
			message := &pgproto3.StartupMessage{}
			if message.Decode(body) != nil {
				c.fatal("08P01", "invalid startup packet layout: expected terminator as last byte", "ProcessStartupPacket")
				return nil
			}
			return message
		}
	}
	return nil
}

// fatal writes the error that ends a connection.
func (c *conn) fatal(code, message, routine string) {
	c.out.Send(&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: message, File: files[routine], Line: c.line(routine), Routine: routine})
	c.out.Flush()
}

// files are where the routines that complain are in PostgreSQL's source.
var files = map[string]string{
	"ProcessStartupPacket": "postmaster.c", "auth_failed": "auth.c", "InitPostgres": "postinit.c", "InitProcess": "proc.c", "scanner_yyerror": "scan.l", "parserOpenTable": "parse_relation.c",
	"errorMissingColumn": "parse_relation.c", "ParseFuncOrColumn": "parse_func.c", "PreventCommandIfReadOnly": "utility.c", "find_option": "guc.c", "exec_simple_query": "postgres.c", "BeginCopyFrom": "copyfrom.c", "NextCopyFrom": "copyfromparse.c", "BeginCopyTo": "copyto.c", "ClosePipeFromProgram": "copyfrom.c", "mdextend": "md.c", "heap_create_with_catalog": "heap.c", "DropErrorMsgNonExistent": "tablecmds.c", "transformInsertRow": "analyze.c", "internal_load_library": "dfmgr.c", "aclcheck_error": "aclchk.c",
}

// lines are where in those files, in version 15; in others they are some way off.
var lines = map[string]int{
	"ProcessStartupPacket": 2195, "auth_failed": 326, "InitPostgres": 884, "InitProcess": 359, "scanner_yyerror": 1176, "parserOpenTable": 1392, "errorMissingColumn": 3656, "ParseFuncOrColumn": 629,
	"PreventCommandIfReadOnly": 411, "find_option": 5623, "exec_simple_query": 1083, "BeginCopyFrom": 1460, "NextCopyFrom": 876, "BeginCopyTo": 672, "ClosePipeFromProgram": 1604, "mdextend": 451, "heap_create_with_catalog": 1146, "DropErrorMsgNonExistent": 1268, "transformInsertRow": 936, "internal_load_library": 206, "aclcheck_error": 3650,
}

func (c *conn) line(routine string) int32 { return int32(lines[routine] + (c.server.major-15)*7) }

// welcome tells the client all that it needs to know after a login.
func (c *conn) welcome() {
	c.out.Send(&pgproto3.AuthenticationOk{})
	parameters := [][2]string{{"application_name", c.application}, {"client_encoding", "UTF8"}, {"DateStyle", "ISO, MDY"}, {"integer_datetimes", "on"}, {"IntervalStyle", "postgres"}, {"is_superuser", c.settings()["is_superuser"]},
		{"server_encoding", "UTF8"}, {"server_version", c.server.version}, {"session_authorization", c.user}, {"standard_conforming_strings", "on"}, {"TimeZone", "Etc/UTC"}}
	if c.server.major >= 14 {
		parameters = append(parameters, [2]string{"default_transaction_read_only", "off"}, [2]string{"in_hot_standby", "off"})
	}
	for _, p := range parameters {
		c.out.Send(&pgproto3.ParameterStatus{Name: p[0], Value: p[1]})
	}
	key := make([]byte, 4)
	rand.Read(key)
	c.out.Send(&pgproto3.BackendKeyData{ProcessID: c.pid, SecretKey: key})
	c.out.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
}

// Program is that of Debian's package or of PostgreSQL's own for others.
func (v *server) Program() decoy.Program {
	if strings.Contains(v.version, "(") {
		return decoy.Program{User: "postgres", Command: fmt.Sprintf("/usr/lib/postgresql/%d/bin/postgres -D /var/lib/postgresql/%[1]d/main -c config_file=/etc/postgresql/%[1]d/main/postgresql.conf", v.major)}
	}
	return decoy.Program{User: "postgres", Command: fmt.Sprintf("/usr/pgsql-%d/bin/postmaster -D /var/lib/pgsql/%[1]d/data/", v.major)}
}
