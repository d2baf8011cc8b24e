package postgres

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

var dialect = tinysql.Dialect{DollarQuoted: true}

// run answers one statement of the query.
func (c *conn) run(text string, tokens []tinysql.Token) outcome {
	word := func(i int) string {
		if i < len(tokens) && tokens[i].Kind == tinysql.Word {
			return strings.ToLower(tokens[i].Text)
		}
		return ""
	}
	first := word(0)
	if c.status == 'E' && first != "rollback" && first != "commit" && first != "abort" && first != "end" {
		return outcome{failed: c.failure("25P02", "current transaction is aborted, commands ignored until end of transaction block", 0, "exec_simple_query")}
	}
	tag := strings.ToUpper(first)
	switch first {
	case "select":
		return c.selectFrom(text, tokens)
	case "show":
		return c.show(text, tokens)
	case "set", "reset", "discard", "deallocate", "listen", "unlisten", "savepoint", "release", "close":
		return outcome{tag: tag}
	case "begin", "start":
		return outcome{tag: "BEGIN", status: 'T'}
	case "commit", "end":
		if c.status == 'E' {
			return outcome{tag: "ROLLBACK", status: 'I'}
		}
		return outcome{tag: "COMMIT", status: 'I'}
	case "rollback", "abort":
		return outcome{tag: "ROLLBACK", status: 'I'}
	case "copy":
		return c.copyTable(text, tokens)
	case "insert", "update", "delete", "truncate", "create", "drop", "alter", "grant", "revoke", "do", "comment", "reindex", "vacuum", "cluster", "lock", "notify", "refresh", "import", "merge":
		return c.change(text, tokens)
	}
	return c.syntaxError(text, tokens[0].From)
}

// syntaxError refuses a statement in which what is at that byte makes no sense.
func (c *conn) syntaxError(text string, at int) outcome {
	at = min(at, len(text))
	position := 1 + utf8.RuneCountInString(text[:at])
	message := "syntax error at end of input"
	if statements := dialect.Split(text[at:]); len(statements) > 0 {
		switch t := statements[0][0]; {
		case t.Kind == tinysql.Broken && strings.HasPrefix(t.Text, "/*"):
			message = fmt.Sprintf("unterminated /* comment at or near \"%.200s\"", t.Text)
		case t.Kind == tinysql.Broken && strings.HasPrefix(t.Text, `"`):
			message = fmt.Sprintf("unterminated quoted identifier at or near \"%.200s\"", t.Text)
		case t.Kind == tinysql.Broken:
			message = fmt.Sprintf("unterminated quoted string at or near \"%.200s\"", t.Text)
		default:
			message = fmt.Sprintf("syntax error at or near \"%.200s\"", text[at+t.From:at+t.To])
		}
	}
	return outcome{failed: c.failure("42601", message, position, "scanner_yyerror")}
}

// table finds a table that holds data: of the application, or of a catalog that clients ask about plainly.
func (c *conn) table(name []string) *bait.Table {
	last, schema := strings.ToLower(name[len(name)-1]), ""
	if len(name) > 1 {
		schema = strings.ToLower(name[len(name)-2])
	}
	if t, known := c.made[last]; known && (schema == "" || schema == "public") {
		return t
	}
	if _, ok := guarded[last]; ok && c.super() {
		return c.server.secrets(last)
	}
	if schema == "information_schema" {
		return c.informationSchema(last)
	}
	if t := c.catalog(last); t != nil && (schema == "" || schema == "pg_catalog") {
		return t
	}
	if c.database == c.server.app.Name && (schema == "" || schema == "public") {
		return c.server.app.Table(last)
	}
	return nil
}

// isCatalog tells whether the name is that of a system catalog, known here or not.
func isCatalog(name []string) bool {
	return strings.HasPrefix(strings.ToLower(name[len(name)-1]), "pg_") || len(name) > 1 && strings.EqualFold(name[len(name)-2], "information_schema")
}

// guarded are the catalogs with proofs of passwords, for superusers alone.
var guarded = map[string]string{"pg_shadow": "view", "pg_authid": "table"}

// errRefused is an error that has an answer already.
type errRefused struct{ outcome }

func (errRefused) Error() string { return "refused" }

func (c *conn) selectFrom(text string, tokens []tinysql.Token) outcome {
	s, wrong := tinysql.ParseSelect(text, tokens)
	if wrong != nil {
		// What clients ask the catalogs is beyond the parser, but its list tells what they want to see.
		if head, err := tinysql.ParseHead(text, tokens); err == nil && head.From != nil && isCatalog(head.From) {
			return outcome{result: c.shaped(head, tokens), tag: "SELECT"}
		}
		syntax := new(tinysql.SyntaxError)
		errors.As(wrong, &syntax)
		return c.syntaxError(text, syntax.At)
	}
	var table *bait.Table
	if s.From != nil {
		if kind, ok := guarded[strings.ToLower(s.From[len(s.From)-1])]; ok && !c.super() {
			return outcome{failed: c.failure("42501", "permission denied for "+kind+" "+s.From[len(s.From)-1], 0, "aclcheck_error")}
		}
		if table = c.table(s.From); table == nil && !isCatalog(s.From) {
			position := 1 + utf8.RuneCountInString(text[:s.FromAt])
			return outcome{failed: c.failure("42P01", fmt.Sprintf("relation \"%s\" does not exist", strings.Join(s.From, ".")), position, "parserOpenTable")}
		}
		if table == nil {
			return outcome{result: c.shaped(s, tokens), tag: "SELECT"}
		}
	}
	result, err := s.Run(table, heading, func(i tinysql.Item) (any, error) { return c.evaluate(text, i) })
	if refused := (errRefused{}); errors.As(err, &refused) {
		if table != nil && isCatalog(s.From) {
			return outcome{result: c.shaped(s, tokens), tag: "SELECT"}
		}
		return refused.outcome
	}
	if unknown := tinysql.UnknownColumn(""); errors.As(err, &unknown) {
		if isCatalog(s.From) {
			return outcome{result: c.shaped(s, tokens), tag: "SELECT"}
		}
		at := strings.Index(text, string(unknown))
		position := 0
		if at >= 0 {
			position = 1 + utf8.RuneCountInString(text[:at])
		}
		return outcome{failed: c.failure("42703", fmt.Sprintf("column \"%s\" does not exist", string(unknown)), position, "errorMissingColumn")}
	}
	return outcome{result: result, tag: "SELECT"}
}

func heading(i tinysql.Item) string {
	if i.Alias != "" {
		return i.Alias
	}
	if name, _, ok := i.Call(); ok {
		return name
	}
	if name, ok := i.Column(); ok {
		return strings.ToLower(name)
	}
	return "?column?"
}

// forbidden are the functions that reach the server's files or other servers, which only some roles may call.
var forbidden = []string{"pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "lo_import", "lo_export", "pg_reload_conf", "dblink", "dblink_connect", "pg_rotate_logfile", "pg_terminate_backend", "pg_ls_logdir"}

// evaluate gives the value of what is neither a column nor a literal.
func (c *conn) evaluate(text string, i tinysql.Item) (any, error) {
	position := 1 + utf8.RuneCountInString(text[:i.Tokens[0].From])
	name, args, call := i.Call()
	if !call {
		if word, ok := i.Column(); ok {
			switch strings.ToLower(word) {
			case "current_user", "session_user", "user", "current_role":
				return c.user, nil
			case "current_timestamp", "now":
				return c.server.host.Now().Format("2006-01-02 15:04:05.000000-07"), nil
			case "current_date":
				return c.server.host.Now().Format("2006-01-02"), nil
			case "current_catalog":
				return c.database, nil
			case "true", "false":
				return strings.ToLower(word)[:1], nil
			}
			return nil, errRefused{outcome{failed: c.failure("42703", fmt.Sprintf("column \"%s\" does not exist", word), position, "errorMissingColumn")}}
		}
		return nil, errRefused{c.syntaxError(text, i.Tokens[min(1, len(i.Tokens)-1)].From)}
	}
	argument := ""
	if len(args) > 0 {
		argument = args[0].Text
	}
	switch name {
	case "version":
		return c.server.full(), nil
	case "current_database":
		return c.database, nil
	case "current_schema":
		return "public", nil
	case "current_schemas":
		return "{pg_catalog,public}", nil
	case "pg_backend_pid":
		return strconv.Itoa(int(c.pid)), nil
	case "inet_client_addr":
		return c.s.Peer().Addr().String(), nil
	case "inet_client_port":
		return strconv.Itoa(int(c.s.Peer().Port())), nil
	case "inet_server_addr":
		return c.s.Local().Addr().String(), nil
	case "inet_server_port":
		return "5432", nil
	case "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp":
		return c.server.host.Now().Format("2006-01-02 15:04:05.000000-07"), nil
	case "pg_postmaster_start_time":
		return c.server.host.BootTime().Format("2006-01-02 15:04:05-07"), nil
	case "pg_is_in_recovery":
		return "f", nil
	case "set_config":
		if len(args) > 1 {
			return args[1].Text, nil
		}
		return nil, nil
	case "pg_sleep", "pg_client_encoding":
		return map[string]any{"pg_client_encoding": "UTF8"}[name], nil
	case "pg_encoding_to_char":
		return "UTF8", nil
	case "has_database_privilege", "has_table_privilege", "has_schema_privilege":
		return "t", nil
	case "current_setting":
		if value, ok := c.settings()[strings.ToLower(argument)]; ok {
			return value, nil
		}
		return nil, errRefused{c.unknownSetting(argument)}
	}
	if slices.Contains(forbidden, name) && c.super() && !strings.HasPrefix(name, "dblink") {
		switch name {
		case "pg_read_file":
			content, failed := c.file(argument)
			if failed != nil {
				return nil, errRefused{outcome{failed: failed}}
			}
			return content, nil
		case "lo_import":
			return strconv.Itoa(16500 + len(c.made)), nil
		case "lo_export":
			return "1", nil
		case "pg_reload_conf", "pg_rotate_logfile", "pg_terminate_backend":
			return "t", nil
		}
		return nil, nil
	}
	if slices.Contains(forbidden, name) && !c.super() {
		return nil, errRefused{outcome{failed: c.failure("42501", "permission denied for function "+name, 0, "aclcheck_error")}}
	}
	kinds := make([]string, 0, 4)
	for _, t := range args[:min(len(args), 16)] {
		switch t.Kind {
		case tinysql.String:
			kinds = append(kinds, "unknown")
		case tinysql.Number:
			kinds = append(kinds, "integer")
		}
	}
	failed := c.failure("42883", fmt.Sprintf("function %s(%s) does not exist", name, strings.Join(kinds, ", ")), position, "ParseFuncOrColumn")
	failed.Hint = "No function matches the given name and argument types. You might need to add explicit type casts."
	return nil, errRefused{outcome{failed: failed}}
}

// settings are what SHOW shows.
func (c *conn) settings() map[string]string {
	v := c.server
	dir := fmt.Sprintf("/var/lib/postgresql/%d/main", v.major)
	if !v.tls {
		dir = "/var/lib/pgsql/data"
	}
	method := "scram-sha-256"
	if v.md5 {
		method = "md5"
	}
	return map[string]string{
		"server_version": v.version, "server_version_num": v.number(), "server_encoding": "UTF8", "client_encoding": "UTF8", "datestyle": "ISO, MDY", "timezone": "Etc/UTC",
		"data_directory": dir, "config_file": dir + "/postgresql.conf", "hba_file": dir + "/pg_hba.conf", "listen_addresses": "*", "port": "5432", "max_connections": strconv.Itoa(maxConnections), "search_path": `"$user", public`,
		"ssl": map[bool]string{true: "on", false: "off"}[v.tls], "password_encryption": method, "is_superuser": map[bool]string{true: "on", false: "off"}[c.super()], "transaction_read_only": "off", "in_hot_standby": "off", "default_transaction_read_only": "off",
		"transaction_isolation": "read committed", "shared_buffers": sharedBuffers(v), "log_directory": "log", "standard_conforming_strings": "on", "bytea_output": "hex", "statement_timeout": "0",
		"lc_collate": "en_US.UTF-8", "lc_ctype": "en_US.UTF-8", "wal_level": "replica", "hot_standby": "on", "session_preload_libraries": "", "shared_preload_libraries": "", "unix_socket_directories": "/var/run/postgresql",
	}
}

func sharedBuffers(v *server) string {
	return strconv.Itoa(128<<v.host.Rand("postgres-buffers").IntN(4)) + "MB"
}

// number is the version as a number: 150006 for 15.6.
func (v *server) number() string {
	var major, minor int
	fmt.Sscanf(v.version, "%d.%d", &major, &minor)
	return strconv.Itoa(major*10000 + minor)
}

func (c *conn) unknownSetting(name string) outcome {
	return outcome{failed: c.failure("42704", fmt.Sprintf("unrecognized configuration parameter \"%.64s\"", name), 0, "find_option")}
}

func (c *conn) show(text string, tokens []tinysql.Token) outcome {
	if len(tokens) < 2 {
		return c.syntaxError(text, len(text))
	}
	settings := c.settings()
	name := strings.ToLower(tokens[1].Text)
	switch {
	case name == "all":
		r := &tinysql.Result{Columns: []bait.Column{{Name: "name"}, {Name: "setting"}, {Name: "description"}}}
		for _, key := range slices.Sorted(maps.Keys(settings)) {
			r.Rows = append(r.Rows, []any{key, settings[key], ""})
		}
		return outcome{result: r, tag: "SHOW"}
	case name == "transaction" && len(tokens) > 2:
		name = "transaction_isolation"
	case name == "time":
		name = "timezone"
	}
	value, ok := settings[name]
	if !ok {
		return c.unknownSetting(tokens[1].Text)
	}
	return outcome{result: tinysql.One(name, value), tag: "SHOW"}
}

// copyTable answers COPY: a table may be copied to and from the client. The server's files and programs, which intruders use it for, are for the superuser, and make-believe.
func (c *conn) copyTable(text string, tokens []tinysql.Token) outcome {
	at, depth := -1, 0
	for i, t := range tokens {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case depth == 0 && (t.Is("from") || t.Is("to")):
			at = i
		}
		if at > 0 {
			break
		}
	}
	if at < 2 || at+1 >= len(tokens) {
		return c.syntaxError(text, len(text))
	}
	from, target := tokens[at].Is("from"), tokens[at+1]
	role, what := "pg_write_server_files", "a file"
	switch {
	case target.Is("program"):
		role, what = "pg_execute_server_program", "an external program"
	case from:
		role = "pg_read_server_files"
	}
	switch {
	case target.Is("stdout") && !from, target.Is("stdin") && from:
		return c.copyWith(text, tokens, at)
	case target.Kind != tinysql.String && !target.Is("program"):
		return c.syntaxError(text, target.From)
	case c.super():
		return c.copyWith(text, tokens, at)
	}
	direction := "to"
	if from {
		direction = "from"
	}
	message := "must be superuser or have privileges of the " + role + " role to COPY " + direction + " " + what
	hint := "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone."
	if c.server.major < 15 {
		message = "must be superuser or a member of the " + role + " role to COPY " + direction + " " + what
	}
	if c.server.major >= 16 {
		message = "permission denied to COPY " + direction + " " + what
	}
	failed := c.failure("42501", message, 0, "BeginCopyFrom")
	failed.Hint = hint
	if c.server.major >= 16 {
		failed.Detail = "Only roles with privileges of the \"" + role + "\" role may COPY " + direction + " " + what + "."
	}
	return outcome{failed: failed}
}
