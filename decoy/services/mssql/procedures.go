package mssql

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
	"decnet/decoy/services/internal/windows"
)

// configurations are the options that intruders look at and change.
var configurations = []struct{ id, name string }{
	{"518", "show advanced options"}, {"1562", "clr enabled"}, {"16388", "Ole Automation Procedures"}, {"16390", "xp_cmdshell"}, {"16391", "Ad Hoc Distributed Queries"}, {"117", "remote access"},
}

// option tells whether an option is on.
func (c *conn) option(name string) bool {
	switch name {
	case "show advanced options":
		return c.advanced
	case "xp_cmdshell":
		return c.shell
	case "remote access":
		return true
	}
	return c.pending["on "+name] == "1"
}

// reconfigure makes what sp_configure has set hold.
func (c *conn) reconfigure() {
	for _, o := range configurations {
		value, ok := c.pending[o.name]
		if !ok {
			continue
		}
		on := value != "0"
		switch o.name {
		case "show advanced options":
			c.advanced = on
		case "xp_cmdshell":
			c.shell = on
		default:
			c.pending["on "+o.name] = strconv.Itoa(b2i(on))
		}
		delete(c.pending, o.name)
	}
}

// configure is sp_configure.
func (c *conn) configure(args []string) int {
	if len(args) == 0 {
		r := &tinysql.Result{Columns: columns("name", "minimum#", "maximum#", "config_value#", "run_value#")}
		for _, o := range configurations {
			if c.advanced || o.id < "2" {
				value := strconv.Itoa(b2i(c.option(o.name)))
				r.Rows = append(r.Rows, []any{o.name, "0", "1", value, value})
			}
		}
		return c.result(r)
	}
	for _, o := range configurations {
		if !strings.EqualFold(o.name, args[0]) {
			continue
		}
		if !c.advanced && o.name != "show advanced options" && o.name != "clr enabled" && o.name != "remote access" {
			break
		}
		value := b2i(c.option(o.name))
		if len(args) == 1 {
			return c.result(&tinysql.Result{Columns: columns("name", "minimum#", "maximum#", "config_value#", "run_value#"), Rows: [][]any{{o.name, "0", "1", strconv.Itoa(value), strconv.Itoa(value)}}})
		}
		wish := b2i(args[1] != "0")
		c.pending[o.name] = strconv.Itoa(wish)
		c.message(tokInfo, 15457, 1, 0, fmt.Sprintf("Configuration option '%s' changed from %d to %d. Run the RECONFIGURE statement to install.", o.name, value, wish))
		return -1
	}
	c.message(tokError, 15123, 1, 16, fmt.Sprintf("The configuration option '%.128s' does not exist, or it may be an advanced option.", args[0]))
	return -1
}

// execute answers EXEC, whose tokens follow it.
func (c *conn) execute(text string, tokens []tinysql.Token) int {
	if len(tokens) > 2 && tokens[0].Kind == tinysql.Variable && tokens[1].Is("=") {
		tokens = tokens[2:]
	}
	if len(tokens) == 0 {
		c.syntaxError(text, len(text))
		return -1
	}
	if tokens[0].Is("(") { // EXEC ('statement')
		if len(tokens) > 2 && tokens[1].Kind == tinysql.String {
			return c.nested(tokens[1].Text)
		}
		return -1
	}
	name, at := tokens[0].Text, 1
	for at < len(tokens) && tokens[at].Is(".") {
		if at++; at < len(tokens) && !tokens[at].Is(".") {
			name = tokens[at].Text
			at++
		}
	}
	var args []string
	for i := at; i < len(tokens) && len(args) < 64; i++ {
		switch t := tokens[i]; {
		case t.Kind == tinysql.Variable && i+1 < len(tokens) && tokens[i+1].Is("="):
			i++ // a name before the value
		case t.Kind != tinysql.Symbol:
			args = append(args, t.Text)
		}
	}
	return c.procedure(name, args)
}

// nested runs the first statement of a text inside of a statement.
func (c *conn) nested(text string) int {
	statements := split(text)
	if len(statements) == 0 {
		return -1
	}
	first := strings.ToLower(statements[0][0].Text)
	if first == "exec" || first == "execute" {
		// Only as deep as this, or a client would choose how deep the stack grows.
		return -1
	}
	return c.statement(text, statements[0])
}

// procedure answers the call of one.
func (c *conn) procedure(name string, args []string) int {
	argument := ""
	if len(args) > 0 {
		argument = args[0]
	}
	rows := func(column string, values ...any) int {
		r := &tinysql.Result{Columns: []bait.Column{{Name: column}}}
		for _, value := range values {
			r.Rows = append(r.Rows, []any{value})
		}
		return c.result(r)
	}
	v := c.server
	switch lower := strings.ToLower(name); lower {
	case "xp_cmdshell":
		return c.cmdshell(argument)
	case "sp_configure":
		return c.configure(args)
	case "sp_executesql":
		return c.nested(argument)
	case "xp_dirtree", "xp_fileexist", "xp_subdirs", "xp_getfiledetails":
		c.s.Event(event.CommandRun, event.String(event.Command, lower+" "+argument))
		if strings.HasPrefix(argument, `\\`) {
			// How a server is made to log in elsewhere.
			c.s.Event("outbound", event.String("target", argument), event.String("how", lower))
		}
		return c.result(&tinysql.Result{Columns: columns("subdirectory", "depth#")})
	case "sp_databases":
		values := make([]any, 0, 5)
		for _, d := range v.databases() {
			values = append(values, d)
		}
		return rows("DATABASE_NAME", values...)
	case "sp_tables":
		var values []any
		for _, t := range v.app.Tables {
			if c.db == v.app.Name {
				values = append(values, t.Name)
			}
		}
		return rows("TABLE_NAME", values...)
	case "sp_server_info", "xp_msver":
		return c.result(&tinysql.Result{Columns: columns("attribute_id#", "attribute_name", "attribute_value"), Rows: [][]any{{"1", "DBMS_NAME", "Microsoft SQL Server"}, {"2", "DBMS_VER", v.banner()}}})
	case "xp_regread", "xp_regwrite", "xp_instance_regread", "xp_regdeletevalue", "sp_oacreate", "sp_oamethod", "sp_oagetproperty", "sp_oasetproperty", "sp_oadestroy", "sp_oageterrorinfo",
		"sp_addextendedproc", "sp_dropextendedproc", "sp_addlogin", "sp_addsrvrolemember", "sp_password", "sp_grantlogin", "sp_droplogin", "sp_add_job", "sp_add_jobstep", "sp_add_jobserver", "sp_start_job",
		"sp_delete_job", "sp_reset_connection", "sp_addlinkedserver", "sp_serveroption", "sp_procoption", "sp_makewebtask", "sp_who", "sp_who2", "sp_unprepare", "sp_set_session_context":
		c.s.Event(event.CommandRun, event.String(event.Command, strings.TrimSpace(lower+" "+strings.Join(args, ", "))))
		return -1
	}
	c.message(tokError, 2812, 62, 16, fmt.Sprintf("Could not find stored procedure '%.256s'.", name))
	return -1
}

// cmdshell is xp_cmdshell: it runs nothing, and answers as a system that hasn't what is called.
func (c *conn) cmdshell(command string) int {
	outcome := "run"
	if !c.shell {
		outcome = "disabled"
	}
	c.s.Event(event.CommandRun, event.String(event.Command, command), event.String("how", "xp_cmdshell"), event.String(event.Outcome, outcome))
	if !c.server.machine.Real {
		c.message(tokError, 16202, 1, 15, "Keyword or statement option 'xp_cmdshell' is not supported on the 'Linux' platform.")
		return -1
	}
	if !c.shell {
		c.message(tokError, 15281, 1, 16, "SQL Server blocked access to procedure 'sys.xp_cmdshell' of component 'xp_cmdshell' because this component is turned off as part of the security configuration for this server. A system administrator can enable the use of 'xp_cmdshell' by using sp_configure. For more information about enabling 'xp_cmdshell', search for 'xp_cmdshell' in SQL Server Books Online.")
		return -1
	}
	r := &tinysql.Result{Columns: columns("output")}
	for line := range strings.SplitSeq(c.answerOf(command), "\n") {
		r.Rows = append(r.Rows, []any{line})
	}
	r.Rows = append(r.Rows, []any{nil})
	return c.result(r)
}

// answerOf is what the first commands of an intruder print.
func (c *conn) answerOf(command string) string {
	m := c.server.machine
	fields := strings.Fields(strings.ToLower(command))
	if len(fields) == 0 {
		return "The syntax of the command is incorrect."
	}
	switch name := strings.TrimSuffix(strings.Trim(fields[0], `"`), ".exe"); name {
	case "whoami":
		return `nt service\mssqlserver`
	case "hostname":
		return m.Name
	case "ver":
		return "\nMicrosoft Windows [Version " + m.Version() + "]"
	case "echo":
		_, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
		if strings.ContainsAny(rest, "<>|&%") {
			return "Access is denied."
		}
		return rest
	case "cd", "chdir":
		return `C:\Windows\system32`
	case "dir", "type", "copy", "del", "md", "mkdir":
		return "Access is denied."
	case "powershell", "pwsh", "cmd", "certutil", "bitsadmin", "mshta", "regsvr32", "rundll32", "net", "net1", "reg", "sc", "schtasks", "wmic", "netsh", "tasklist", "taskkill", "curl", "cscript", "wscript", "ftp":
		return "Access is denied."
	default:
		return fmt.Sprintf("'%.200s' is not recognized as an internal or external command,\noperable program or batch file.", strings.Fields(command)[0])
	}
}

// The numbers of the procedures that drivers call by number.
var procedureNumbers = map[uint16]string{10: "sp_executesql", 11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec", 14: "sp_prepexecrpc", 15: "sp_unprepare", 2: "sp_cursoropen", 9: "sp_cursorclose"}

// parameter is one of a call.
type parameter struct {
	name  string // with its @, or ""
	value tinysql.Token
}

// parseCall takes a remote procedure call apart: its name and the parameters, in their order, up to the first of a kind that isn't known here.
func parseCall(b []byte) (name string, all []parameter, ok bool) {
	r := reader{rest: b}
	if size := r.uint16(); size == 0xffff {
		number := r.uint16()
		if name = procedureNumbers[number]; name == "" {
			name = fmt.Sprintf("procedure %d", number)
		}
	} else {
		name = windows.Text(r.take(2 * int(size)))
	}
	r.take(2)
	if r.bad {
		return "", nil, false
	}
	for len(r.rest) > 0 && len(all) < 64 {
		p := parameter{name: windows.Text(r.take(2 * int(r.byte()))), value: tinysql.Token{Kind: tinysql.String}}
		r.take(1)
		switch kind := r.byte(); kind {
		case 0xe7, 0xa7: // NVARCHAR, VARCHAR
			most := r.uint16()
			r.take(5)
			var value []byte
			if most == 0xffff {
				value = r.chunks()
			} else if size := r.uint16(); size != 0xffff {
				value = r.take(int(size))
			}
			if p.value.Text = string(value); kind == 0xe7 {
				p.value.Text = windows.Text(value)
			}
		case 0x63: // NTEXT
			r.take(4 + 5)
			p.value.Text = windows.Text(r.take(int(r.uint32())))
		case 0x26, 0x68: // whole numbers
			r.take(1)
			p.value = tinysql.Token{Kind: tinysql.Number, Text: strconv.FormatInt(r.number(), 10)}
		case 0x24, 0x6d, 0x6e, 0x6f: // others whose length is told
			r.take(1)
			r.take(int(r.byte()))
		default:
			return name, all, true
		}
		if r.bad {
			return name, all, len(all) > 1
		}
		all = append(all, p)
	}
	return name, all, true
}

// reader takes the fields of a message apart; after the first that isn't whole, all are empty.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.bad, r.rest = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte     { return r.take(1)[0] }
func (r *reader) uint16() uint16 { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

// number reads a whole number with its length before it.
func (r *reader) number() int64 {
	var v [8]byte
	b := r.take(int(r.byte()))
	copy(v[:], b)
	if n := len(b); n > 1 && n < 8 && b[n-1]&0x80 != 0 { // all but the shortest have a sign
		for i := n; i < 8; i++ {
			v[i] = 0xff
		}
	}
	return int64(binary.LittleEndian.Uint64(v[:]))
}

// chunks reads a value that comes in pieces.
func (r *reader) chunks() []byte {
	if total := binary.LittleEndian.Uint64(r.take(8)); total == 1<<64-1 {
		return nil
	}
	var value []byte
	for {
		size := r.uint32()
		if size == 0 || r.bad {
			return value
		}
		value = append(value, r.take(int(size))...)
	}
}

// call answers a remote procedure call.
func (c *conn) call(message []byte) {
	name, all, ok := parseCall(c.afterHeaders(message))
	if !ok {
		c.strange(message)
		c.message(tokError, 8009, 1, 16, "The incoming tabular data stream (TDS) remote procedure call (RPC) protocol stream is incorrect.")
		c.done(doneError, 0)
		return
	}
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.value.Text
	}
	// Where the statement is: a handle stands before it when it is to be kept.
	at := -1
	switch strings.ToLower(name) {
	case "sp_executesql":
		at = 0
	case "sp_prepexec", "sp_prepare":
		at = 2
	}
	if at >= 0 && at < len(all) {
		c.record(texts[at], event.String("how", name), event.String("parameters", strings.Join(slices.Delete(slices.Clone(texts), at, at+1), "\x1f")))
		c.parameters = map[string]tinysql.Token{}
		for _, p := range all[at+1:] {
			if p.name != "" {
				c.parameters[strings.ToLower(p.name)] = p.value
			}
		}
		c.run(texts[at], tokInProcDone)
		c.parameters = nil
	} else {
		c.record(strings.TrimSpace("EXEC "+name+" "+strings.Join(texts, ", ")), event.String("how", "call"))
		c.failed = false
		if rows := c.procedure(name, texts); rows >= 0 {
			c.end(tokInProcDone, doneCount|doneMore, uint32(rows))
		}
	}
	c.put(byte(tokReturn), uint32(0))
	status := uint16(0)
	if c.failed {
		status = doneError
	}
	c.end(tokProcDone, status, 0)
}

// filled puts the values of parameters in the place of their names.
func (c *conn) filled(tokens []tinysql.Token) []tinysql.Token {
	if len(c.parameters) == 0 {
		return tokens
	}
	tokens = slices.Clone(tokens)
	for i, t := range tokens {
		if value, ok := c.parameters[strings.ToLower(t.Text)]; ok && t.Kind == tinysql.Variable {
			tokens[i].Kind, tokens[i].Text = value.Kind, value.Text
		}
	}
	return tokens
}
