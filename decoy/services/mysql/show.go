package mysql

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

// emptyLists are the lists in which there is nothing, by what SHOW calls them, and their headings.
var emptyLists = map[string]string{
	"triggers": "Trigger Event Table Statement Timing Created sql_mode Definer character_set_client collation_connection Database_Collation",
	"events":   "Db Name Definer Time_zone Type Execute_at Interval_value Interval_field Starts Ends Status Originator character_set_client collation_connection Database_Collation",
	"routines": "Db Name Type Definer Modified Created Security_type Comment character_set_client collation_connection Database_Collation",
	"master":   "File Position Binlog_Do_DB Binlog_Ignore_DB",
	"slave":    "Slave_IO_State Master_Host Master_User Master_Port Connect_Retry",
	"replica":  "Replica_IO_State Source_Host Source_User Source_Port Connect_Retry",
}

func headings(names string) []bait.Column {
	var columns []bait.Column
	for name := range strings.FieldsSeq(names) {
		columns = append(columns, bait.Column{Name: name})
	}
	return columns
}

// tableStatus is SHOW TABLE STATUS.
func (v *server) tableStatus(database string) *tinysql.Result {
	r := &tinysql.Result{Columns: headings("Name Engine Version Row_format Rows Avg_row_length Data_length Max_data_length Index_length Data_free Auto_increment Create_time Update_time Check_time " +
		"Collation Checksum Create_options Comment")}
	for _, t := range v.tables(database) {
		rows := len(t.Rows)
		r.Rows = append(r.Rows, []any{t.Name, "InnoDB", "10", "Dynamic", strconv.Itoa(rows), strconv.Itoa(16384 / max(rows, 1)), "16384", "0", "0", "0", nil,
			v.host.Installed().Format(time.DateTime), nil, nil, v.variables()["collation_server"], nil, "", ""})
	}
	return r
}

// engines is SHOW ENGINES.
func (v *server) engines() *tinysql.Result {
	r := &tinysql.Result{Columns: headings("Engine Support Comment Transactions XA Savepoints")}
	add := func(name, support, comment string, has any) {
		r.Rows = append(r.Rows, []any{name, support, comment, has, map[bool]any{true: "NO", false: has}[name == "SEQUENCE"], has})
	}
	if v.mariadb {
		add("CSV", "YES", "Stores tables as CSV files", "NO")
		add("MRG_MyISAM", "YES", "Collection of identical MyISAM tables", "NO")
		add("MEMORY", "YES", "Hash based, stored in memory, useful for temporary tables", "NO")
		add("Aria", "YES", "Crash-safe tables with MyISAM heritage. Used for internal temporary tables and privilege tables", "NO")
		add("MyISAM", "YES", "Non-transactional engine with good performance and small data footprint", "NO")
		add("SEQUENCE", "YES", "Generated tables filled with sequential values", "YES")
		add("InnoDB", "DEFAULT", "Supports transactions, row-level locking, foreign keys and encryption for tables", "YES")
		add("PERFORMANCE_SCHEMA", "YES", "Performance Schema", "NO")
		return r
	}
	add("MEMORY", "YES", "Hash based, stored in memory, useful for temporary tables", "NO")
	add("InnoDB", "DEFAULT", "Supports transactions, row-level locking, and foreign keys", "YES")
	add("PERFORMANCE_SCHEMA", "YES", "Performance Schema", "NO")
	add("MyISAM", "YES", "MyISAM storage engine", "NO")
	add("FEDERATED", "NO", "Federated MySQL storage engine", nil)
	add("MRG_MYISAM", "YES", "Collection of identical MyISAM tables", "NO")
	add("BLACKHOLE", "YES", "/dev/null storage engine (anything you write to it disappears)", "NO")
	add("CSV", "YES", "CSV storage engine", "NO")
	add("ARCHIVE", "YES", "Archive storage engine", "NO")
	return r
}

// showIndex answers SHOW INDEX: each table has its key alone.
func (c *conn) showIndex(text string, tokens []tinysql.Token, at int) {
	t := c.tableAt(text, tokens, at)
	if t == nil {
		return
	}
	r := &tinysql.Result{Columns: headings("Table Non_unique Key_name Seq_in_index Column_name Collation Cardinality Sub_part Packed Null Index_type Comment Index_comment")}
	r.Rows = [][]any{{t.Name, "0", "PRIMARY", "1", t.Columns[0].Name, "A", strconv.Itoa(len(t.Rows)), nil, nil, "", "BTREE", "", ""}}
	c.answer("", r)
}

// show answers SHOW …
func (c *conn) show(text string, tokens []tinysql.Token) {
	at := 1
	is := func(words ...string) bool {
		if at < len(tokens) && slices.ContainsFunc(words, tokens[at].Is) {
			at++
			return true
		}
		return false
	}
	for is("full", "global", "session", "extended") {
	}
	database := c.database
	from := func() {
		if is("from", "in") && at < len(tokens) {
			database = tokens[at].Text
			at++
		}
	}
	list := &tinysql.Result{Columns: []bait.Column{{Name: "Variable_name"}, {Name: "Value"}}}
	switch {
	case is("databases", "schemas"):
		list.Columns = []bait.Column{{Name: "Database"}}
		for _, name := range c.server.databases() {
			list.Rows = append(list.Rows, []any{name})
		}
	case is("tables"):
		if from(); database == "" {
			c.fail(1046, "3D000", "No database selected")
			return
		}
		if !slices.Contains(c.server.databases(), strings.ToLower(database)) {
			c.fail(1049, "42000", fmt.Sprintf("Unknown database '%.64s'", database))
			return
		}
		list.Columns = []bait.Column{{Name: "Tables_in_" + database}}
		full := tokens[1].Is("full")
		if full {
			list.Columns = append(list.Columns, bait.Column{Name: "Table_type"})
		}
		for _, t := range c.server.tables(database) {
			row := []any{t.Name}
			if full {
				row = append(row, "BASE TABLE")
			}
			list.Rows = append(list.Rows, row)
		}
	case is("columns", "fields"):
		if !is("from", "in") {
			c.syntaxError(text, len(text))
			return
		}
		c.describe(text, tokens, at)
		return
	case is("create"):
		c.showCreate(text, tokens, at)
		return
	case is("variables"):
		variables := c.server.showVariables()
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			list.Rows = append(list.Rows, []any{name, variables[name]})
		}
	case is("status"):
		up := int(c.server.host.Now().Sub(c.server.started()).Seconds())
		list.Rows = [][]any{{"Aborted_clients", strconv.Itoa(up / 86400)}, {"Aborted_connects", strconv.Itoa(up / 43200)}, {"Bytes_received", strconv.Itoa(up * 40)}, {"Bytes_sent", strconv.Itoa(up * 900)}, {"Com_select", strconv.Itoa(up / 12)}, {"Connections", strconv.Itoa(int(c.id))}, {"Ssl_cipher", ""}, {"Questions", strconv.Itoa(up / 9)}, {"Threads_cached", "1"}, {"Threads_connected", "2"}, {"Threads_created", "3"}, {"Threads_running", "1"}, {"Uptime", strconv.Itoa(up)},
			{"Uptime_since_flush_status", strconv.Itoa(up)}}
	case is("table"):
		if !is("status") {
			c.syntaxError(text, tokens[min(at, len(tokens)-1)].From)
			return
		}
		if from(); database == "" {
			c.fail(1046, "3D000", "No database selected")
			return
		}
		list = c.server.tableStatus(database)
	case is("index", "indexes", "keys"):
		if !is("from", "in") {
			c.syntaxError(text, len(text))
			return
		}
		c.showIndex(text, tokens, at)
		return
	case is("triggers", "events"):
		list.Columns = headings(emptyLists[strings.ToLower(tokens[at-1].Text)])
		from()
	case is("procedure", "function") && is("status"):
		list.Columns = headings(emptyLists["routines"])
	case is("slave", "replica", "master") && is("status"):
		list.Columns = headings(emptyLists[strings.ToLower(tokens[at-2].Text)])
	case is("grants"):
		user := c.user
		if is("for") && at < len(tokens) {
			if !tokens[at].Is("current_user") {
				user = tokens[at].Text
			}
			at = len(tokens)
		}
		if !slices.Contains(c.server.accounts(), user) {
			c.fail(1141, "42000", fmt.Sprintf("There is no such grant defined for user '%.80s' on host '%%'", user))
			return
		}
		list.Columns = []bait.Column{{Name: "Grants for " + user + "@%"}}
		for _, grant := range c.server.grants(user) {
			list.Rows = append(list.Rows, []any{grant})
		}
	case is("processlist"):
		list.Columns = []bait.Column{{Name: "Id", Kind: bait.Number}, {Name: "User"}, {Name: "Host"}, {Name: "db"}, {Name: "Command"}, {Name: "Time", Kind: bait.Number}, {Name: "State"}, {Name: "Info"}}
		var database any
		if c.database != "" {
			database = c.database
		}
		state := "init"
		if c.server.mariadb {
			state = "starting"
			list.Columns = append(list.Columns, bait.Column{Name: "Progress"})
		}
		row := []any{strconv.Itoa(int(c.id)), c.user, c.s.Peer().String(), database, "Query", "0", state, strings.TrimRight(text, "; \n")}
		if c.server.mariadb {
			row = append(row, "0.000")
		}
		list.Rows = [][]any{row}
	case is("warnings", "errors"):
		list.Columns = []bait.Column{{Name: "Level"}, {Name: "Code", Kind: bait.Number}, {Name: "Message"}}
	case is("engines"), is("storage") && is("engines"):
		list = c.server.engines()
	case is("profiles"):
		list.Columns = headings("Query_ID Duration Query")
	case is("binary"), is("logs"): // MASTER is taken already
		c.fail(1381, "HY000", "You are not using binary logging")
		return
	case is("open") && is("tables"):
		list.Columns = headings("Database Table In_use Name_locked")
	case is("plugins"):
		list.Columns = []bait.Column{{Name: "Name"}, {Name: "Status"}, {Name: "Type"}, {Name: "Library"}, {Name: "License"}}
		list.Rows = [][]any{{native, "ACTIVE", "AUTHENTICATION", nil, "GPL"}, {"InnoDB", "ACTIVE", "STORAGE ENGINE", nil, "GPL"}}
	case at >= len(tokens):
		c.syntaxError(text, len(text))
		return
	default:
		c.syntaxError(text, tokens[at].From)
		return
	}
	c.showList(text, tokens, at, list)
}

// showList answers the list, as far as LIKE or a WHERE on the first column lets it.
func (c *conn) showList(text string, tokens []tinysql.Token, at int, list *tinysql.Result) {
	pattern := ""
	rest := tokens[min(at, len(tokens)):]
	switch {
	case len(rest) == 0:
		c.answer("", list)
		return
	case len(rest) == 2 && rest[0].Is("like") && rest[1].Kind == tinysql.String:
		pattern = rest[1].Text
		list.Columns[0].Name += map[bool]string{true: " (" + pattern + ")"}[strings.HasPrefix(list.Columns[0].Name, "Tables_in_") || list.Columns[0].Name == "Database"]
	case len(rest) >= 4 && rest[0].Is("where") && rest[3].Kind == tinysql.String && (rest[2].Is("=") || rest[2].Is("like")):
		pattern = rest[3].Text
	default:
		c.syntaxError(text, rest[0].From)
		return
	}
	list.Rows = slices.DeleteFunc(list.Rows, func(row []any) bool {
		name, _ := row[0].(string)
		return !tinysql.Like(pattern, name)
	})
	c.answer("", list)
}

// tableAt reads the name of a table among the tokens and finds it, or refuses.
func (c *conn) tableAt(text string, tokens []tinysql.Token, at int) *bait.Table {
	if at >= len(tokens) {
		c.syntaxError(text, len(text))
		return nil
	}
	name := []string{tokens[at].Text}
	if at+2 < len(tokens) {
		switch {
		case tokens[at+1].Is("."):
			name = append(name, tokens[at+2].Text)
		case tokens[at+1].Is("from"), tokens[at+1].Is("in"):
			name = []string{tokens[at+2].Text, tokens[at].Text}
		}
	}
	return c.table(name)
}

func (c *conn) describe(text string, tokens []tinysql.Token, at int) {
	if at < len(tokens) && tokens[at].Is("select") {
		r := &tinysql.Result{Columns: headings("id select_type table type possible_keys key key_len ref rows Extra"), Rows: [][]any{{"1", "SIMPLE", nil, nil, nil, nil, nil, nil, nil, "No tables used"}}}
		if s, err := tinysql.ParseHead(text, tokens[at:]); err == nil && s.From != nil {
			t := c.table(s.From)
			if t == nil {
				return
			}
			r.Rows = [][]any{{"1", "SIMPLE", t.Name, "ALL", nil, nil, nil, nil, strconv.Itoa(len(t.Rows)), ""}}
		}
		c.answer("", r)
		return
	}
	t := c.tableAt(text, tokens, at)
	if t == nil {
		return
	}
	r := &tinysql.Result{Columns: []bait.Column{{Name: "Field"}, {Name: "Type"}, {Name: "Null"}, {Name: "Key"}, {Name: "Default"}, {Name: "Extra"}}}
	for i, column := range t.Columns {
		row := []any{column.Name, typeOf(column), "YES", "", nil, ""}
		if i == 0 {
			row[2], row[3] = "NO", "PRI"
		}
		r.Rows = append(r.Rows, row)
	}
	c.answer("COLUMNS", r)
}

func (c *conn) showCreate(text string, tokens []tinysql.Token, at int) {
	if at < len(tokens) && (tokens[at].Is("database") || tokens[at].Is("schema")) {
		name := tokens[len(tokens)-1].Text
		if !slices.Contains(c.server.databases(), name) {
			c.fail(1049, "42000", fmt.Sprintf("Unknown database '%.64s'", name))
			return
		}
		made := "CREATE DATABASE `" + name + "` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE " + c.server.showVariables()["collation_server"] + " */"
		if !c.server.mariadb {
			made += " /*!80016 DEFAULT ENCRYPTION='N' */"
		}
		c.answer("", &tinysql.Result{Columns: []bait.Column{{Name: "Database"}, {Name: "Create Database"}}, Rows: [][]any{{name, made}}})
		return
	}
	if at >= len(tokens) || !tokens[at].Is("table") {
		c.syntaxError(text, tokens[min(at, len(tokens)-1)].From)
		return
	}
	t := c.tableAt(text, tokens, at+1)
	if t == nil {
		return
	}
	var b strings.Builder
	b.WriteString("CREATE TABLE `" + t.Name + "` (\n")
	for _, column := range t.Columns {
		fmt.Fprintf(&b, "  `%s` %s NOT NULL,\n", column.Name, typeOf(column))
	}
	b.WriteString("  PRIMARY KEY (`" + t.Columns[0].Name + "`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")
	c.answer("", &tinysql.Result{Columns: []bait.Column{{Name: "Table"}, {Name: "Create Table"}}, Rows: [][]any{{t.Name, b.String()}}})
}

// fieldList answers the old command by which clients learn a table's columns.
func (c *conn) fieldList(name string) {
	t := c.table([]string{name})
	if t == nil {
		return
	}
	for _, column := range t.Columns {
		c.put(append(c.column(t.Name, column), 0xfb)) // and no default
	}
	c.end(0)
}
