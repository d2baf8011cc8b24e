package mysql

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

var dialect = tinysql.Dialect{DoubleQuotedStrings: true}

// query answers the text of a query. The servers take one statement, unless the client asked for more; the first decides here.
func (c *conn) query(text string) {
	statements := dialect.Split(text)
	if len(statements) == 0 {
		c.fail(1065, "42000", "Query was empty")
		return
	}
	c.statement(text, statements[0])
}

func (c *conn) statement(text string, tokens []tinysql.Token) {
	word := func(i int) string {
		if i < len(tokens) && tokens[i].Kind != tinysql.Symbol {
			return strings.ToLower(tokens[i].Text)
		}
		return ""
	}
	switch word(0) {
	case "select":
		c.selectFrom(text, tokens)
	case "show":
		c.show(text, tokens)
	case "desc", "describe", "explain":
		c.describe(text, tokens, 1)
	case "use":
		if len(tokens) < 2 {
			c.syntaxError(text, len(text))
		} else if c.use(tokens[1].Text) {
			c.ok()
		}
	case "set", "begin", "start", "commit", "rollback", "do", "unlock", "kill", "savepoint", "release", "lock", "flush": // a server that is read-only lets its tables be locked, as dumpers do
		c.ok()
	case "insert", "update", "delete", "replace", "truncate", "drop", "create", "alter", "grant", "revoke", "rename", "load", "optimize", "repair", "install", "uninstall", "call", "reset", "purge", "change", "import":
		if len(tokens) < 2 {
			c.syntaxError(text, len(text))
			return
		}
		server, option := "MySQL", "--super-read-only"
		if c.server.mariadb {
			server, option = "MariaDB", "--read-only"
		}
		c.fail(1290, "HY000", "The "+server+" server is running with the "+option+" option so it cannot execute this statement")
	default:
		c.syntaxError(text, tokens[0].From)
	}
}

// syntaxError refuses a statement in which what is at that byte makes no sense.
func (c *conn) syntaxError(text string, at int) {
	server := "MySQL"
	if c.server.mariadb {
		server = "MariaDB"
	}
	near := strings.TrimRight(text[min(at, len(text)):], "; \n")
	c.fail(1064, "42000", fmt.Sprintf("You have an error in your SQL syntax; check the manual that corresponds to your %s server version for the right syntax to use near '%.80s' at line %d",
		server, near, 1+strings.Count(text[:min(at, len(text))], "\n")))
}

// databases are those of the server, sorted.
func (v *server) databases() []string {
	all := []string{"information_schema", "mysql", "performance_schema", "sys", v.app.Name}
	slices.Sort(all)
	return all
}

// use changes the database, or refuses.
func (c *conn) use(name string) bool {
	if !slices.Contains(c.server.databases(), name) && !strings.EqualFold(name, "information_schema") {
		c.fail(1049, "42000", fmt.Sprintf("Unknown database '%.64s'", name))
		return false
	}
	c.database = name
	return true
}

// table finds a table by its database and name, or refuses.
func (c *conn) table(name []string) *bait.Table {
	database, table := c.database, name[len(name)-1]
	if len(name) > 1 {
		database = name[len(name)-2]
	}
	if database == "" {
		c.fail(1046, "3D000", "No database selected")
		return nil
	}
	if !slices.Contains(c.server.databases(), strings.ToLower(database)) {
		c.fail(1049, "42000", fmt.Sprintf("Unknown database '%.64s'", database))
		return nil
	}
	for _, t := range c.server.tables(database) {
		if strings.EqualFold(t.Name, table) {
			return &t
		}
	}
	if strings.EqualFold(database, "information_schema") {
		c.fail(1109, "42S02", fmt.Sprintf("Unknown table '%.64s' in information_schema", strings.ToUpper(table)))
	} else {
		c.fail(1146, "42S02", fmt.Sprintf("Table '%.64s.%.64s' doesn't exist", database, table))
	}
	return nil
}

// tables returns the tables of a database, as far as there are rows to show.
func (v *server) tables(database string) []bait.Table {
	switch strings.ToLower(database) {
	case v.app.Name:
		return v.app.Tables
	case "mysql":
		user := bait.Table{Name: "user", Columns: []bait.Column{{Name: "Host"}, {Name: "User"}, {Name: "plugin"}, {Name: "authentication_string"}}}
		for _, name := range []string{"root", "admin", v.app.Name} {
			// The hash is of nothing: that of a weak password would be guessed at once, and prove to be the decoy's.
			user.Rows = append(user.Rows, []string{"%", name, native, "*" + strings.ToUpper(v.host.Hex("mysql-hash/"+name, 20))})
		}
		db := bait.Table{Name: "db", Columns: []bait.Column{{Name: "Host"}, {Name: "Db"}, {Name: "User"}}, Rows: [][]string{{"%", v.app.Name, v.app.Name}}}
		return []bait.Table{db, user}
	case "information_schema":
		return v.informationSchema()
	}
	return nil
}

func (v *server) informationSchema() []bait.Table {
	schemata := bait.Table{Name: "SCHEMATA", Columns: []bait.Column{{Name: "SCHEMA_NAME"}, {Name: "DEFAULT_CHARACTER_SET_NAME"}}}
	tables := bait.Table{Name: "TABLES", Columns: []bait.Column{{Name: "TABLE_SCHEMA"}, {Name: "TABLE_NAME"}, {Name: "TABLE_TYPE"}, {Name: "ENGINE"}, {Name: "TABLE_ROWS", Kind: bait.Number}}}
	columns := bait.Table{Name: "COLUMNS", Columns: []bait.Column{{Name: "TABLE_SCHEMA"}, {Name: "TABLE_NAME"}, {Name: "COLUMN_NAME"}, {Name: "DATA_TYPE"}, {Name: "COLUMN_TYPE"}}}
	for _, database := range v.databases() {
		schemata.Rows = append(schemata.Rows, []string{database, "utf8mb4"})
		if database == "information_schema" {
			continue
		}
		for _, t := range v.tables(database) {
			tables.Rows = append(tables.Rows, []string{database, t.Name, "BASE TABLE", "InnoDB", strconv.Itoa(len(t.Rows))})
			for _, column := range t.Columns {
				full := typeOf(column)
				short, _, _ := strings.Cut(full, "(")
				columns.Rows = append(columns.Rows, []string{database, t.Name, column.Name, short, full})
			}
		}
	}
	return []bait.Table{columns, schemata, tables}
}

// typeOf is a column's type as SHOW COLUMNS has it.
func typeOf(c bait.Column) string {
	switch c.Kind {
	case bait.Number:
		return "int(11)"
	case bait.Time:
		return "datetime"
	}
	return "varchar(255)"
}

// errRefused tells that the refusal is already written.
var errRefused = errors.New("refused")

func (c *conn) selectFrom(text string, tokens []tinysql.Token) {
	for i, t := range tokens[:len(tokens)-1] {
		if next := tokens[i+1]; t.Is("into") && (next.Is("outfile") || next.Is("dumpfile")) {
			server := "MySQL"
			if c.server.mariadb {
				server = "MariaDB"
			}
			c.fail(1290, "HY000", "The "+server+" server is running with the --secure-file-priv option so it cannot execute this statement")
			return
		}
	}
	s, err := tinysql.ParseSelect(text, tokens)
	if errors.Is(err, tinysql.ErrBeyond) {
		c.selectBeyond(text, tokens)
		return
	}
	if wrong := new(tinysql.SyntaxError); errors.As(err, &wrong) {
		c.syntaxError(text, wrong.At)
		return
	}
	if s.From != nil && c.isEmpty(s.From) {
		c.answerNone(s)
		return
	}
	var table *bait.Table
	name := ""
	if s.From != nil && !(len(s.From) == 1 && strings.EqualFold(s.From[0], "dual")) {
		if table = c.table(s.From); table == nil {
			return
		}
		name = table.Name
	}
	result, err := s.Run(table, heading, c.evaluate)
	switch unknown := tinysql.UnknownColumn(""); {
	case errors.As(err, &unknown):
		c.unknownColumn(string(unknown))
	case err == nil:
		c.answer(name, result)
	}
}

func (c *conn) unknownColumn(name string) {
	where := "field list"
	if c.server.mariadb && strings.HasPrefix(c.server.version, "11.") {
		where = "SELECT"
	}
	c.fail(1054, "42S22", fmt.Sprintf("Unknown column '%.64s' in '%s'", name, where))
}

func heading(i tinysql.Item) string {
	if i.Alias != "" {
		return i.Alias
	}
	if len(i.Tokens) == 1 && i.Tokens[0].Kind == tinysql.String {
		return i.Tokens[0].Text
	}
	return i.Text
}

// evaluate gives the value of a variable or a function.
func (c *conn) evaluate(i tinysql.Item) (any, error) {
	first := i.Tokens[0]
	if len(i.Tokens) == 1 && first.Kind == tinysql.Variable {
		name, system := strings.CutPrefix(strings.ToLower(first.Text), "@@")
		if !system {
			return nil, nil
		}
		name = strings.TrimPrefix(strings.TrimPrefix(name, "global."), "session.")
		if value, ok := c.server.variables()[name]; ok {
			return value, nil
		}
		c.fail(1193, "HY000", fmt.Sprintf("Unknown system variable '%.64s'", name))
		return nil, errRefused
	}
	f, args, call := i.Call()
	if !call && first.Kind == tinysql.Word && strings.EqualFold(first.Text, "current_user") {
		f, call = "current_user", true
	}
	if !call {
		if len(i.Tokens) == 1 && (first.Kind == tinysql.Word || first.Kind == tinysql.Name) || len(i.Tokens) == 3 && i.Tokens[1].Is(".") {
			c.unknownColumn(i.Text)
		} else {
			c.syntaxError(i.Text, 0)
		}
		return nil, errRefused
	}
	now := c.server.host.Now()
	switch f {
	case "version":
		return c.server.version, nil
	case "database", "schema":
		if c.database == "" {
			return nil, nil
		}
		return c.database, nil
	case "user", "session_user", "system_user":
		return c.user + "@" + c.s.Peer().Addr().String(), nil
	case "current_user":
		return c.user + "@%", nil
	case "connection_id":
		return strconv.Itoa(int(c.id)), nil
	case "now", "current_timestamp", "sysdate", "localtime":
		return now.Format(time.DateTime), nil
	case "curdate":
		return now.Format(time.DateOnly), nil
	case "unix_timestamp":
		return strconv.FormatInt(now.Unix(), 10), nil
	case "sleep", "benchmark", "last_insert_id", "row_count", "found_rows":
		return "0", nil
	case "load_file", "max", "min", "sum":
		return nil, nil
	case "concat":
		return c.concat(args), nil
	}
	c.fail(1305, "42000", fmt.Sprintf("FUNCTION %.64s.%.64s does not exist", c.database, f))
	return nil, errRefused
}

// concat joins what is given as text; anything else makes it NULL.
func (c *conn) concat(args []tinysql.Token) any {
	var b strings.Builder
	for _, t := range args {
		switch {
		case t.Kind == tinysql.String || t.Kind == tinysql.Number:
			b.WriteString(t.Text)
		case !t.Is(","):
			return nil
		}
	}
	return b.String()
}

// variables are the system variables. Those with a value of nil are NULL.
func (v *server) variables() map[string]any {
	r := v.host.Rand("mysql-variables")
	dir := "/var/lib/mysql/"
	plugins, os, files := "/usr/lib/mysql/plugin/", "Linux", any("/var/lib/mysql-files/")
	if v.host.OS == "windows" || v.host.OS == "windows_server" {
		dir, plugins, os = `C:\ProgramData\MySQL\MySQL Server 8.0\Data\`, `C:\Program Files\MySQL\MySQL Server 8.0\lib\plugin\`, "Win64"
		files = `C:\ProgramData\MySQL\MySQL Server 8.0\Uploads\`
	}
	if v.mariadb {
		files = nil
	}
	compiled := os
	if v.mariadb && os == "Linux" {
		compiled = "debian-linux-gnu"
		if v.system.Packages != "apt" {
			compiled = "Linux"
		}
	}
	collation := "utf8mb4_0900_ai_ci"
	if v.mariadb {
		collation = "utf8mb4_general_ci"
	}
	all := map[string]any{
		"version": v.version, "version_comment": v.comment, "version_compile_os": compiled, "version_compile_machine": "x86_64", "hostname": v.host.Hostname,
		"datadir": dir, "plugin_dir": plugins, "secure_file_priv": files, "port": "3306", "basedir": "/usr/", "tmpdir": "/tmp",
		"read_only": "1", "max_allowed_packet": "67108864", "autocommit": "1", "sql_mode": "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
		"character_set_server": "utf8mb4", "character_set_client": "utf8mb4", "character_set_connection": "utf8mb4", "character_set_results": "utf8mb4", "character_set_database": "utf8mb4",
		"collation_server": collation, "collation_connection": collation, "collation_database": collation, "lower_case_table_names": "0",
		"wait_timeout": "28800", "interactive_timeout": "28800", "net_write_timeout": "60", "time_zone": "SYSTEM", "system_time_zone": "UTC", "init_connect": "", "license": "GPL",
		"transaction_isolation": "REPEATABLE-READ", "tx_isolation": "REPEATABLE-READ", "auto_increment_increment": "1", "log_bin": "0", "general_log": "0", "general_log_file": dir + v.host.Hostname + ".log",
		"local_infile": "0", "max_join_size": "100000", "sql_big_selects": "0", "max_connections": strconv.Itoa(maxConnections), "server_id": strconv.Itoa(2 + r.IntN(9)), "socket": "/run/mysqld/mysqld.sock", "have_ssl": map[bool]string{true: "DISABLED", false: "YES"}[v.mariadb],
	}
	if !v.mariadb {
		all["super_read_only"] = "1"
		all["server_uuid"] = decoy.UUID(v.host, "mysql", 1)
		all["mysqlx_port"] = "33060"
		delete(all, "tx_isolation")
	}
	return all
}
