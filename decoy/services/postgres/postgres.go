// Package postgres is the decoy of a PostgreSQL server, with the data of package bait behind it. Every proof of a password is recorded with what
// is needed to guess the password at leisure, and every query. What is changed
// is so for the session alone, and what the superuser runs by COPY is run on the make-believe machine.
package postgres

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/turns"
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
	turns   turns.Turns // of those whose queries run: what they hold meanwhile is bounded for all together
	// reserved are the bytes that sessions hold beside that.
	reserved atomic.Int64
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
	v := &server{host: h, turns: turns.New(2), app: bait.AppOf(h), version: decoy.Pick(h, "postgres-version", choices...)}
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
	return []string{v.app.Name, "postgres", "template1"}
}

// proof is what the server keeps of a role's password.
func (v *server) proof(name string) string {
	weak := v.passwords(name)
	if len(weak) == 0 {
		return ""
	}
	if v.md5 {
		sum := md5.Sum([]byte(weak[0] + name))
		return "md5" + hex.EncodeToString(sum[:])
	}
	salt := v.salt(name)
	keys := v.keys(name, salt)[0]
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, base64.StdEncoding.EncodeToString(salt), base64.StdEncoding.EncodeToString(keys.stored), base64.StdEncoding.EncodeToString(keys.server))
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
	statements                  map[string]statement
	portals                     map[string]outcome
	secured                     bool

	ctx       context.Context
	account   string // who logged in: user is who the session is now
	given     string // application as the client gave it
	own       *world // what the session sees, and has changed
	kept      int    // bytes of that
	saves     []savepoint
	cursors   map[string]*result
	objects   map[uint32]string // large ones
	set       map[string]string // settings
	isolation string
	readOnly  bool
	listening map[string]bool
	later     []pgproto3.BackendMessage // what the client is told when it is ready
	nested    int
	turn      turns.Turn     // its query runs
	outer     *query         // in which what is run next is
	noticed   int            // since it was ready
	reserved  int            // bytes that it holds without a turn
	machine   *shell.Machine // once it has run something
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &conn{server: v, s: s, status: 'I', statements: map[string]statement{}, portals: map[string]outcome{}, ctx: ctx}
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
	in := bufio.NewReaderSize(c.s, 8192) // as the server's own
	var stream net.Conn = readAhead{c.s, in}
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
			c.drain(stream)
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
		case code == gssCode || code == sslCode && (!c.server.tls || c.secured):
			if _, err := stream.Write([]byte{'N'}); err != nil {
				return nil
			}
		case code == sslCode:
			if _, err := stream.Write([]byte{'S'}); err != nil {
				return nil
			}
			early := secure.Early(c.s, in)
			secured, err := secure.Handshake(ctx, c.s, c.s, tlswire.Postgres, "")
			if err != nil {
				return nil // recorded
			}
			stream, c.secured = secured, true
			c.out = pgproto3.NewBackend(stream, stream)
			if early {
				p := c.server.placeOf("ProcessStartupPacket")
				c.out.Send(&pgproto3.ErrorResponse{
					Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: "08P01", Message: "received unencrypted data after SSL request",
					Detail: "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.", File: p.file, Line: 2134, Routine: p.routine,
				})
				c.out.Flush()
				return nil
			}
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
			c.drain(stream)
			if code>>16 < 3 {
				oldFatal(stream, text)
			} else {
				c.fatal("0A000", text, "ProcessStartupPacket")
			}
			return nil
		default:
			binary.BigEndian.PutUint32(body, pgproto3.ProtocolVersion30)
			newer := code != pgproto3.ProtocolVersion30
			message := &pgproto3.StartupMessage{}
			if message.Decode(body) != nil {
				c.fatal("08P01", "invalid startup packet layout: expected terminator as last byte", "ProcessStartupPacket")
				return nil
			}
			if mode, ok := message.Parameters["replication"]; ok && !slices.Contains([]string{"true", "false", "on", "off", "yes", "no", "1", "0", "database"}, mode) {
				f := c.failure("22023", fmt.Sprintf("invalid value for parameter \"replication\": \"%.64s\"", mode), 0, "ProcessStartupPacket")
				f.Severity, f.SeverityUnlocalized, f.Hint = "FATAL", "FATAL", "Valid values are: \"false\", 0, \"true\", 1, \"database\"."
				c.out.Send(f)
				c.out.Flush()
				return nil
			}
			if c.negotiate(stream, newer, message) != nil {
				return nil
			}
			return message
		}
	}
	return nil
}

// readAhead is a session of which more may have been read than was looked at.
type readAhead struct {
	*decoy.Session
	in *bufio.Reader
}

func (r readAhead) Read(p []byte) (int, error) { return r.in.Read(p) }

// drain reads what has come with a packet that is refused, as the server has read it: a connection that is closed before is reset.
func (c *conn) drain(stream io.Reader) {
	c.s.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	io.ReadFull(stream, make([]byte, 8192)) // all that is there, or what there is by then
}

// negotiate tells a client that wants a newer minor version of the protocol, or extensions of it, what there is.
func (c *conn) negotiate(stream io.Writer, newer bool, m *pgproto3.StartupMessage) error {
	var options []string
	for name := range m.Parameters {
		if strings.HasPrefix(name, "_pq_.") {
			options = append(options, name)
		}
	}
	if !newer && options == nil {
		return nil
	}
	slices.Sort(options)
	body := binary.BigEndian.AppendUint32(nil, pgproto3.ProtocolVersion30)
	body = binary.BigEndian.AppendUint32(body, uint32(len(options)))
	for _, name := range options {
		body = append(append(body, name...), 0)
	}
	_, err := stream.Write(append(binary.BigEndian.AppendUint32([]byte{'v'}, uint32(len(body)+4)), body...))
	return err
}

// fatal writes the error that ends a connection.
func (c *conn) fatal(code, message, routine string) {
	p := c.server.placeOf(routine)
	c.out.Send(&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: message, File: p.file, Line: p.line, Routine: p.routine})
	c.out.Flush()
}

// place is where in PostgreSQL's source an error is from.
type place struct {
	file    string
	line    int32
	routine string
}

// places are those of version 15; in others the lines are some way off. Psql shows them to who asks for all that there is to an error.
var places = sync.OnceValue(func() map[string]place {
	return map[string]place{
		"CheckSASLAuth": {"auth-sasl.c", 97, "CheckSASLAuth"}, "recv_password_packet": {"auth.c", 738, "recv_password_packet"}, "scram_init": {"auth-scram.c", 253, "scram_init"}, "read_client_first_message": {"auth-scram.c", 979, "read_client_first_message"},
		"ATExecDropColumn": {"tablecmds.c", 9232, "ATExecDropColumn"}, "AlterRole": {"acl.c", 5277, "get_rolespec_tuple"}, "BeginCopyFrom": {"copyfrom.c", 1523, "BeginCopyFrom"}, "BeginCopyTo": {"copyto.c", 722, "BeginCopyTo"}, "BeginTransactionBlock": {"xact.c", 3792, "BeginTransactionBlock"}, "CheckAttributeNamesTypes": {"tablecmds.c", 2444, "MergeAttributes"}, "CheckTransactionBlock": {"xact.c", 3590, "CheckTransactionBlock"}, "ClosePipeFromProgram": {"copyto.c", 304, "ClosePipeToProgram"}, "CopyGetAttnums": {"copy.c", 817, "CopyGetAttnums"}, "CreateExtension": {"extension.c", 2099, "CreateExtension"}, "CreateFunction": {"functioncmds.c", 1119, "CreateFunction"}, "CreateRole": {"user.c", 308, "CreateRole"}, "DateTimeParseError": {"datetime.c", 4023, "DateTimeParseError"}, "DoCopy": {"copy.c", 85, "DoCopy"}, "DropErrorMsgNonExistent": {"tablecmds.c", 1331, "DropErrorMsgNonExistent"}, "DropErrorMsgWrongType": {"tablecmds.c", 1381, "DropErrorMsgWrongType"}, "DropRole": {"user.c", 951, "DropRole"}, "EndTransactionBlock": {"xact.c", 3990, "EndTransactionBlock"}, "ExecConstraints": {"execMain.c", 2003, "ExecConstraints"}, "ExecSetParamPlan": {"nodeSubplan.c", 1132, "ExecSetParamPlan"}, "ExpandAllTables": {"parse_target.c", 1335, "ExpandAllTables"}, "FetchPreparedStatement": {"prepare.c", 451, "FetchPreparedStatement"}, "GetConfigOptionByName": {"guc.c", 8340, "GetConfigOptionByName"}, "GetForeignServerByName": {"foreign.c", 699, "get_foreign_server_oid"}, "InitPostgres": {"postinit.c", 884, "InitPostgres"}, "InitProcess": {"proc.c", 359, "InitProcess"}, "LookupExplicitNamespace": {"namespace.c", 3099, "get_namespace_oid"}, "LookupFuncName": {"parse_func.c", 2226, "LookupFuncName"}, "MemoryContextAlloc": {"mcxt.c", 1083, "MemoryContextAlloc"}, "NextCopyFrom": {"copyfromparse.c", 888, "NextCopyFrom"}, "ParseFuncOrColumn": {"parse_func.c", 629, "ParseFuncOrColumn"}, "PerformPortalFetch": {"portalcmds.c", 240, "PerformPortalClose"}, "PreventCommandIfReadOnly": {"utility.c", 414, "PreventCommandIfReadOnly"}, "PreventInTransactionBlock": {"xact.c", 3538, "PreventInTransactionBlock"}, "ProcedureCreate": {"pg_proc.c", 375, "ProcedureCreate"}, "ProcessStartupPacket": {"postmaster.c", 2195, "ProcessStartupPacket"}, "RE_compile_and_cache": {"regexp.c", 209, "RE_compile_and_cache"}, "RangeVarCallbackForDropRelation": {"tablecmds.c", 1648, "RangeVarCallbackForDropRelation"}, "RangeVarGetRelidExtended": {"namespace.c", 433, "RangeVarGetRelidExtended"}, "ReleaseSavepoint": {"xact.c", 4320, "ReleaseSavepoint"}, "RequireTransactionBlock": {"xact.c", 3590, "CheckTransactionBlock"}, "RollbackToSavepoint": {"xact.c", 4413, "RollbackToSavepoint"}, "StorePreparedStatement": {"prepare.c", 405, "StorePreparedStatement"}, "UserAbortTransactionBlock": {"xact.c", 4113, "UserAbortTransactionBlock"}, "_bt_check_unique": {"nbtinsert.c", 664, "_bt_check_unique"}, "aclcheck_error": {"aclchk.c", 3655, "aclcheck_error"}, "array_in": {"arrayfuncs.c", 266, "array_in"}, "auth_failed": {"auth.c", 326, "auth_failed"}, "call_string_check_hook": {"guc.c", 12085, "call_string_check_hook"}, "checkInsertTargets": {"parse_target.c", 1075, "checkInsertTargets"}, "checkNameSpaceConflicts": {"parse_relation.c", 444, "checkNameSpaceConflicts"}, "check_agglevels_and_constraints": {"parse_agg.c", 590, "check_agglevels_and_constraints"}, "check_for_column_name_collision": {"tablecmds.c", 7876, "check_for_column_name_collision"}, "check_stack_depth": {"postgres.c", 3532, "check_stack_depth"}, "check_ungrouped_columns_walker": {"parse_agg.c", 1484, "check_ungrouped_columns_walker"}, "coerce_to_boolean": {"parse_coerce.c", 1163, "coerce_to_boolean"}, "create_tablespace_directories": {"tablespace.c", 636, "create_tablespace_directories"}, "createdb": {"dbcommands.c", 1241, "createdb"}, "does_not_exist_skipping": {"parse_func.c", 2499, "LookupFuncWithArgs"}, "dropdb": {"dbcommands.c", 1585, "dropdb"}, "errorMissingColumn": {"parse_relation.c", 3665, "errorMissingColumn"}, "errorMissingRTE": {"parse_relation.c", 3617, "errorMissingRTE"}, "exec_bind_message": {"postgres.c", 1713, "exec_bind_message"}, "exec_parse_message": {"postgres.c", 1480, "exec_parse_message"}, "exec_simple_query": {"postgres.c", 1081, "exec_simple_query"}, "exec_stmt_raise": {"pl_exec.c", 3907, "exec_stmt_raise"}, "execute_extension_script": {"extension.c", 1142, "execute_extension_script"}, "findTargetlistEntrySQL92": {"parse_clause.c", 2018, "findTargetlistEntrySQL92"}, "find_option": {"guc.c", 5766, "find_option"}, "get_foreign_data_wrapper_oid": {"foreign.c", 677, "get_foreign_data_wrapper_oid"}, "get_namespace_oid": {"namespace.c", 3099, "get_namespace_oid"}, "get_object_address_unqualified": {"dropcmds.c", 490, "does_not_exist_skipping"}, "get_role_oid": {"acl.c", 5201, "get_role_oid"}, "get_rolespec_oid": {"acl.c", 5201, "get_role_oid"}, "get_rolespec_tuple": {"acl.c", 5201, "get_role_oid"}, "heap_create_with_catalog": {"heap.c", 1454, "heap_create_with_catalog"}, "int4div": {"int.c", 869, "int4div"}, "int4pl": {"int.c", 803, "int4pl"}, "internal_load_library": {"dfmgr.c", 208, "internal_load_library"}, "inv_open": {"inv_api.c", 285, "inv_open"}, "makeRangeVarFromAnyName": {"gram.y", 18310, "makeRangeVarFromQualifiedName"}, "mdextend": {"md.c", 451, "mdextend"}, "numeric_int4": {"int8.c", 1243, "int84"}, "op_error": {"parse_oper.c", 656, "op_error"}, "parse_and_validate_value": {"guc.c", 7454, "parse_and_validate_value"}, "parse_extension_control_file": {"extension.c", 671, "parse_extension_control_file"}, "parserOpenTable": {"parse_relation.c", 1392, "parserOpenTable"}, "pg_signal_backend": {"signalfuncs.c", 71, "pg_signal_backend"}, "pg_stat_file": {"genfile.c", 411, "pg_stat_file"}, "pg_strtoint32": {"numutils.c", 226, "pg_strtoint32"}, "recompute_limits": {"nodeLimit.c", 374, "recompute_limits"}, "reportDependentObjects": {"dependency.c", 1196, "reportDependentObjects"}, "scalar_input": {"numutils.c", 232, "pg_strtoint32"}, "scanRTEForColumn": {"parse_relation.c", 720, "colNameToVar"}, "scanner_yyerror": {"scan.l", 1180, "scanner_yyerror"}, "select_common_type": {"parse_coerce.c", 1364, "select_common_type"}, "set_config_option_ext": {"guc.c", 7630, "set_config_option"}, "table_open": {"table.c", 144, "table_open"}, "transformAssignedExpr": {"parse_target.c", 587, "transformAssignedExpr"}, "transformCreateStmt": {"parse_utilcmd.c", 207, "transformCreateStmt"}, "transformDistinctClause": {"parse_clause.c", 2994, "transformDistinctClause"}, "transformInsertRow": {"analyze.c", 1017, "transformInsertRow"}, "transformInsertStmt": {"analyze.c", 1035, "transformInsertRow"}, "transformSetOperationTree": {"analyze.c", 2172, "transformSetOperationTree"}, "transformSubLink": {"parse_expr.c", 1812, "transformSubLink"}, "transformTypeCast": {"parse_expr.c", 2561, "transformTypeCast"}, "transformUpdateTargetList": {"analyze.c", 2521, "transformUpdateTargetList"}, "transformWindowFuncCall": {"parse_agg.c", 870, "transformWindowFuncCall"}, "typenameType": {"parse_type.c", 270, "typenameType"}, "varchar": {"varchar.c", 632, "varchar"},
	}
})

// placeOf is that of an error, by the routine that is given for it. One that isn't known is in a place of its own.
func (v *server) placeOf(routine string) place {
	p, ok := places()[routine]
	if !ok {
		p = place{"utility.c", 1000 + 7*int32(len(routine)), routine}
	}
	p.line += int32(v.major-15) * 7
	return p
}

// welcome tells the client all that it needs to know after a login.
func (c *conn) welcome() {
	c.out.Send(&pgproto3.AuthenticationOk{})
	c.account, c.given = c.user, c.application
	settings := c.settings()
	for _, name := range reported {
		// Those of hot standbys are told of since version 14.
		if c.server.major >= 14 || name != "default_transaction_read_only" && name != "in_hot_standby" {
			c.out.Send(&pgproto3.ParameterStatus{Name: name, Value: settings[strings.ToLower(name)]})
		}
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
