package mysql

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
)

// What SHOW shows of tables of information_schema: the headings, _ for a space, and whose columns they are.
const (
	showsTables = "Name=TABLE_NAME Engine=ENGINE Version=VERSION Row_format=ROW_FORMAT Rows=TABLE_ROWS Avg_row_length=AVG_ROW_LENGTH Data_length=DATA_LENGTH Max_data_length=MAX_DATA_LENGTH Index_length=INDEX_LENGTH Data_free=DATA_FREE Auto_increment=AUTO_INCREMENT " +
		"Create_time=CREATE_TIME Update_time=UPDATE_TIME Check_time=CHECK_TIME Collation=TABLE_COLLATION Checksum=CHECKSUM Create_options=CREATE_OPTIONS Comment=TABLE_COMMENT"
	showsColumns  = "Field=COLUMN_NAME Type=COLUMN_TYPE Null=IS_NULLABLE Key=COLUMN_KEY Default=COLUMN_DEFAULT Extra=EXTRA"
	showsFull     = "Field=COLUMN_NAME Type=COLUMN_TYPE Collation=COLLATION_NAME Null=IS_NULLABLE Key=COLUMN_KEY Default=COLUMN_DEFAULT Extra=EXTRA Privileges=PRIVILEGES Comment=COLUMN_COMMENT"
	showsTriggers = "Trigger=TRIGGER_NAME Event=EVENT_MANIPULATION Table=EVENT_OBJECT_TABLE Statement=ACTION_STATEMENT Timing=ACTION_TIMING Created=CREATED sql_mode=SQL_MODE Definer=DEFINER character_set_client=CHARACTER_SET_CLIENT " +
		"collation_connection=COLLATION_CONNECTION Database_Collation=DATABASE_COLLATION"
	showsEvents = "Db=EVENT_SCHEMA Name=EVENT_NAME Definer=DEFINER Time_zone=TIME_ZONE Type=EVENT_TYPE Execute_at=EXECUTE_AT Interval_value=INTERVAL_VALUE Interval_field=INTERVAL_FIELD Starts=STARTS Ends=ENDS Status=STATUS Originator=ORIGINATOR " +
		"character_set_client=CHARACTER_SET_CLIENT collation_connection=COLLATION_CONNECTION Database_Collation=DATABASE_COLLATION"
	showsRoutines = "Db=ROUTINE_SCHEMA Name=ROUTINE_NAME Type=ROUTINE_TYPE Definer=DEFINER Modified=LAST_ALTERED Created=CREATED Security_type=SECURITY_TYPE Comment=ROUTINE_COMMENT character_set_client=CHARACTER_SET_CLIENT " +
		"collation_connection=COLLATION_CONNECTION Database_Collation=DATABASE_COLLATION"
	showsIndex = "Table=TABLE_NAME Non_unique=NON_UNIQUE Key_name=INDEX_NAME Seq_in_index=SEQ_IN_INDEX Column_name=COLUMN_NAME Collation=COLLATION Cardinality=CARDINALITY Sub_part=SUB_PART Packed=PACKED Null=NULLABLE Index_type=INDEX_TYPE Comment=COMMENT " +
		"Index_comment=INDEX_COMMENT"
	showsEngines    = "Engine=ENGINE Support=SUPPORT Comment=COMMENT Transactions=TRANSACTIONS XA=XA Savepoints=SAVEPOINTS"
	showsPlugins    = "Name=PLUGIN_NAME Status=PLUGIN_STATUS Type=PLUGIN_TYPE Library=PLUGIN_LIBRARY License=PLUGIN_LICENSE"
	showsCollations = "Collation=COLLATION_NAME Charset=CHARACTER_SET_NAME Id=ID Default=IS_DEFAULT Compiled=IS_COMPILED Sortlen=SORTLEN"
	showsCharsets   = "Charset=CHARACTER_SET_NAME Description=DESCRIPTION Default_collation=DEFAULT_COLLATE_NAME Maxlen=MAXLEN"
)

// The headings of what SHOW shows of nothing in information_schema.
const slaveHeadings = "Slave_IO_State Master_Host Master_User Master_Port:#10 Connect_Retry:#10 Master_Log_File Read_Master_Log_Pos:#10 Relay_Log_File Relay_Log_Pos:#10 Relay_Master_Log_File Slave_IO_Running Slave_SQL_Running " +
	"Replicate_Do_DB Replicate_Ignore_DB Replicate_Do_Table Replicate_Ignore_Table Replicate_Wild_Do_Table Replicate_Wild_Ignore_Table Last_Errno:#10 Last_Error Skip_Counter:#10 Exec_Master_Log_Pos:#10 Relay_Log_Space:#10 Until_Condition " +
	"Until_Log_File Until_Log_Pos:#10 Master_SSL_Allowed Master_SSL_CA_File Master_SSL_CA_Path Master_SSL_Cert Master_SSL_Cipher Master_SSL_Key Seconds_Behind_Master:#10 Master_SSL_Verify_Server_Cert Last_IO_Errno:#10 Last_IO_Error " +
	"Last_SQL_Errno:#10 Last_SQL_Error Replicate_Ignore_Server_Ids Master_Server_Id:#10"

// spaced are the headings that have a space where others have a low line.
var spaced = []string{"Time_zone", "Execute_at", "Interval_value", "Interval_field", "Default_collation", "Database_Collation"}

// shows makes a list of records of a table of information_schema.
func (c *conn) shows(name, columns string, records []record) *found {
	list := &found{}
	t := c.server.table("information_schema", name)
	var from []string
	for pair := range strings.FieldsSeq(columns) {
		heading, column, _ := strings.Cut(pair, "=")
		if slices.Contains(spaced, heading) {
			heading = strings.ReplaceAll(heading, "_", " ")
		}
		f := field{name: strings.ReplaceAll(heading, "__", "_"), typ: words(64)}
		for _, own := range t.columns {
			if strings.EqualFold(own.name, column) {
				f = own.field(t)
				f.name, f.column = strings.ReplaceAll(heading, "__", "_"), own.name
			}
		}
		from = append(from, column)
		list.fields = append(list.fields, f)
	}
	list.rows = pick(records, strings.Join(from, " "))
	return list
}

// pick takes the values of the records under these names.
func pick(records []record, names string) [][]any {
	var rows [][]any
	for _, r := range records {
		var row []any
		for name := range strings.FieldsSeq(names) {
			v := r[name]
			if n, ok := v.(int); ok {
				v = int64(n)
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return rows
}

// needDatabase refuses where there is none, or none of that name.
func (c *conn) needDatabase(database string) {
	if database == "" {
		panic(&wrong{code: 1046, state: "3D000", message: "No database selected"})
	}
	if !c.knows(database) {
		panic(&wrong{code: 1049, state: "42000", message: fmt.Sprintf("Unknown database '%.64s'", database)})
	}
}

// show answers SHOW …
func (c *conn) show(text string, tokens []tinysql.Token) {
	p := &parser{text: text, tokens: tokens, at: 1}
	full, own := false, true
	for {
		word := p.any("full", "global", "session", "local", "extended")
		if word == "" {
			break
		}
		full = full || word == "full"
		own = own && word != "global"
	}
	database := c.database
	from := func() bool {
		if p.any("from", "in") != "" {
			database = p.name()
			return true
		}
		return false
	}
	v := c.server
	list := &found{}
	like := ""
	switch {
	case p.any("databases", "schemas") != "":
		list, like = c.shows("SCHEMATA", "Database=SCHEMA_NAME", v.schemata(c)), "Database"
	case p.take("open", "tables"):
		from()
		list.fields = headings("Database:64 Table:64 In_use:#1 Name_locked:#4")
		for i := range list.fields {
			if f := &list.fields[i]; v.mariadb {
				f.database, f.table, f.original, f.column = "information_schema", "OPEN_TABLES", "OPEN_TABLES", f.name
				f.flags |= flagNoDefault
				if f.isWhole() {
					f.kind = typeLonglong
					f.flags &^= flagBinary | flagUnsigned
				} else {
					f.decimals = 0
				}
			}
		}
		for _, name := range v.databases() {
			for _, t := range v.tables(name) {
				if (name == v.app.Name || name == "mysql" && t.records != nil) && t.kind == "BASE TABLE" && (database == c.database || database == name) {
					list.rows = append(list.rows, []any{name, t.name, int64(0), int64(0)})
				}
			}
		}
	case p.take("tables"):
		from()
		c.needDatabase(database)
		like = "Tables_in_" + database
		columns := like + "=TABLE_NAME"
		if full {
			columns += " Table_type=TABLE_TYPE"
		}
		list = c.shows("TABLES", columns, nil)
		for i := range list.fields {
			if f := &list.fields[i]; v.mariadb {
				f.table, f.original = "TABLE_NAMES", "TABLE_NAMES"
				if i == 0 {
					f.name, f.length = like, 73
				}
			}
		}
		for _, t := range v.tables(database) {
			if row := []any{t.name}; full {
				list.rows = append(list.rows, append(row, t.kind))
			} else {
				list.rows = append(list.rows, row)
			}
		}
	case p.any("columns", "fields") != "":
		if p.any("from", "in") == "" {
			p.fail()
		}
		name := p.names()
		if from() {
			name = []string{database, name[len(name)-1]}
		}
		list = c.columnsOf(c.find(name), full)
	case p.take("create"):
		c.showCreate(p)
		return
	case p.take("variables"):
		list.fields = c.variableHeadings("VARIABLES")
		shown := v.showVariables()
		if own {
			shown = c.shownVariables()
		}
		for _, name := range slices.Sorted(maps.Keys(shown)) {
			list.rows = append(list.rows, []any{name, shown[name]})
		}
	case p.take("status"):
		list.fields = c.variableHeadings("STATUS")
		for _, s := range v.statusOf(c) {
			list.rows = append(list.rows, []any{s[0], s[1]})
		}
	case p.take("table", "status"):
		from()
		c.needDatabase(database)
		names := showsTables
		if v.mariadb {
			names += " Max_index_length=MAX_INDEX_LENGTH Temporary=TEMPORARY"
		}
		var all []record
		for _, t := range v.tables(database) {
			all = append(all, v.status(t, c))
		}
		list = c.shows("TABLES", names, all)
	case p.any("index", "indexes", "keys") != "":
		if p.any("from", "in") == "" {
			p.fail()
		}
		name := p.names()
		if from() {
			name = []string{database, name[len(name)-1]}
		}
		t := c.find(name)
		names := showsIndex + " Ignored=IGNORED"
		if !v.mariadb {
			names = showsIndex + " Visible=IS_VISIBLE Expression=EXPRESSION"
		}
		list = c.shows("STATISTICS", names, v.indexes(t, c))
	case p.take("triggers"):
		from()
		c.needDatabase(database)
		list = c.shows("TRIGGERS", showsTriggers, nil)
	case p.take("events"):
		from()
		c.needDatabase(database)
		list = c.shows("EVENTS", showsEvents, nil)
	case p.is("procedure") || p.is("function") || p.is("package"):
		p.at++
		p.take("body")
		if p.take("code") {
			panic(&wrong{code: 1289, state: "HY000", message: "The 'SHOW PROCEDURE|FUNCTION CODE' feature is disabled; you need MySQL built with '--with-debug' to have it working"})
		}
		p.need("status")
		kind := strings.ToUpper(tokens[1].Text)
		list = c.shows("ROUTINES", showsRoutines, slices.DeleteFunc(v.routines(c), func(r record) bool { return r["ROUTINE_TYPE"] != kind }))

	case p.take("slave", "status"), p.take("all", "slaves", "status"), p.take("replica", "status"):
		if v.mariadb && v.release() >= 1005 {
			panic(&wrong{code: 1227, state: "42000", message: "Access denied; you need (at least one of) the " + map[bool]string{true: "SUPER, ", false: ""}[v.release() < 1100] + "SLAVE MONITOR privilege(s) for this operation"})
		}
		list.fields = headings(slaveHeadings)
		if !v.mariadb && tokens[1].Is("replica") {
			for i := range list.fields {
				list.fields[i].name = strings.ReplaceAll(strings.ReplaceAll(list.fields[i].name, "Slave", "Replica"), "Master", "Source")
			}
		}
	case p.take("master", "status"), p.take("binlog", "status"), !v.mariadb && p.take("binary", "log", "status"):
		list.fields = headings("File:512 Position:#20 Binlog_Do_DB:255 Binlog_Ignore_DB:255")
		if !v.mariadb {
			list.fields = append(list.fields, headings("Executed_Gtid_Set:10")...)
		}
	case p.take("slave", "hosts"), p.take("replica", "hosts"), p.take("replicas"):
		if v.mariadb && v.release() >= 1005 {
			panic(&wrong{code: 1227, state: "42000", message: "Access denied; you need (at least one of) the REPLICATION MASTER ADMIN privilege(s) for this operation"})
		}
		list.fields = headings("Server_id:#10 Host:64 Port:#7 Master_id:#10")
	case p.take("binary", "logs"), p.take("master", "logs"):
		panic(&wrong{code: 1381, state: "HY000", message: "You are not using binary logging"})
	case p.take("binlog", "events"):
		list.fields = headings("Log_name:20 Pos:#21 Event_type:20 Server_id:#10 End_log_pos:#21 Info:20")
		p.at = len(tokens)
	case p.take("relaylog", "events"):
		list.fields = headings("Log_name:20 Pos:#21 Event_type:20 Server_id:#10 End_log_pos:#21 Info:20")
		p.at = len(tokens)
	case p.take("grants"):
		list = c.showGrants(p)
	case p.take("processlist"):
		list.fields = headings("Id:#10 User:128 Host:64 db:64 Command:16 Time:#7 State:30 Info:65535")
		names := "ID USER HOST DB COMMAND TIME STATE INFO"
		if v.mariadb {
			list.fields = append(list.fields, field{name: "Progress", typ: typ{kind: typeFloat, length: 7, decimals: 3, flags: flagBinary | flagNotNull}})
			names += " PROGRESS"
		}
		all := v.processes(c)
		for i := range all {
			if info, ok := all[i]["INFO"].(string); ok {
				all[i]["STATE"] = map[bool]string{true: "starting", false: "init"}[v.mariadb]
				if !full {
					all[i]["INFO"] = clip(info, 100)
				}
			}
			if s, ok := all[i]["PROGRESS"].(string); ok {
				all[i]["PROGRESS"] = decimal{parseDecimal(s).n, 3}
			}
		}
		list.rows = pick(all, names)
	case p.take("warnings"), p.take("errors"):
		errorsOnly := tokens[1].Is("errors")
		list.fields = headings("Level:7 Code:#4 Message:512")
		list.fields[1].flags |= flagUnsigned
		for _, d := range c.diagnostics {
			if !errorsOnly || d.level == "Error" {
				list.rows = append(list.rows, []any{d.level, int64(d.code), d.message})
			}
		}
		if p.take("limit") {
			p.at = len(tokens)
		}
	case p.take("count", "(", "*", ")"):
		name := "@@session.warning_count"
		if p.any("errors", "warnings") == "errors" {
			name = "@@session.error_count"
		}
		n, t := c.variable(strings.TrimPrefix(name, "@@session."))
		list.fields, list.rows = []field{{name: name, typ: t}}, [][]any{{n}}
	case p.take("storage", "engines"), p.take("engines"):
		list = c.shows("ENGINES", showsEngines, v.engineRecords(c))
	case p.take("engine"):
		c.showEngine(p)
		return
	case p.take("profiles"):
		list.fields = headings("Query_ID:#10 Duration:#8 Query:40")
		list.fields[1].kind, list.fields[1].decimals = typeDouble, 0
	case p.take("profile"):
		list.fields = headings("Status:30 Duration:10")
		p.at = len(tokens)
	case p.take("plugins"):
		list = c.shows("PLUGINS", showsPlugins, v.plugins(c))
	case p.take("collation"):
		names := showsCollations
		if !v.mariadb {
			names += " Pad_attribute=PAD_ATTRIBUTE"
		}
		list = c.shows("COLLATIONS", names, v.collationRecords(c))
	case p.take("character", "set"), p.take("charset"):
		list = c.shows("CHARACTER_SETS", showsCharsets, v.characterSets(c))
	case p.take("privileges"):
		list.fields = headings("Privilege:10 Context:15 Comment:30")
		list.rows = allPrivileges()
		if p.at < len(tokens) {
			p.fail()
		}
	case p.at >= len(tokens):
		c.syntaxError(text, len(text))
		return
	default:
		p.fail()
	}
	c.showList(p, list, like)
}

// variableHeadings are those of SHOW VARIABLES and SHOW STATUS.
func (c *conn) variableHeadings(of string) []field {
	if !c.server.mariadb {
		list := headings("Variable_name:64 Value:1024")
		for i := range list {
			list[i].database, list[i].table, list[i].original, list[i].column = "performance_schema", "session_"+strings.ToLower(of), "session_"+strings.ToLower(of), "VARIABLE_"+map[int]string{0: "NAME", 1: "VALUE"}[i]
		}
		return list
	}
	list := c.shows("SESSION_"+of, "Variable_name=VARIABLE_NAME Value=VARIABLE_VALUE", nil).fields
	list[1].length = 4096
	return list
}

// showList answers the list, as far as LIKE or WHERE lets it.
func (c *conn) showList(p *parser, list *found, like string) {
	switch {
	case p.take("like"):
		pattern := p.literal()
		if like != "" {
			list.fields[0].name = like + " (" + pattern + ")"
		}
		list.rows = slices.DeleteFunc(slices.Clone(list.rows), func(row []any) bool { return !tinysql.Like(pattern, text(row[0])) })
	case p.take("where"):
		q := &run{c: c}
		sc := loose()
		sc.fields, sc.clause = list.fields, q.clause("where clause", "WHERE")
		e := q.bindExpr(p.expression(), sc)
		list.rows = slices.DeleteFunc(slices.Clone(list.rows), func(row []any) bool { return !holds(q.eval(e, &frame{row: row})) })
	}
	if p.at < len(p.tokens) {
		p.fail()
	}
	c.answer(list)
}

// columnsOf is SHOW COLUMNS.
func (c *conn) columnsOf(t *table, full bool) *found {
	names := showsColumns
	if full {
		names = showsFull
	}
	var all []record
	for i := range t.columns {
		r := c.server.describe(t, i)
		if s, ok := r["COLUMN_DEFAULT"].(string); ok { // here without quotes
			if r["COLUMN_DEFAULT"] = strings.Trim(s, "'"); s == "NULL" {
				r["COLUMN_DEFAULT"] = nil
			}
		}
		all = append(all, r)
	}
	return c.shows("COLUMNS", names, all)
}

func (c *conn) showGrants(p *parser) *found {
	user, host := c.user, "%"
	if p.take("for") {
		t := p.peek()
		switch {
		case p.take("current_user"):
			if p.take("(") {
				p.need(")")
			}
		case t.Kind == tinysql.String || t.Kind == tinysql.Name || t.Kind == tinysql.Word:
			p.at++
			user = t.Text
			if next := p.peek(); next.Kind == tinysql.Variable {
				p.at++
				if host = strings.Trim(next.Text, "@'`"); host == "" && p.at < len(p.tokens) {
					host = p.peek().Text
					p.at++
				}
			}
		default:
			p.fail()
		}
	}
	if !slices.Contains(c.server.accounts(), user) || host != "%" {
		panic(&wrong{code: 1141, state: "42000", message: fmt.Sprintf("There is no such grant defined for user '%.80s' on host '%.60s'", user, host)})
	}
	list := &found{fields: headings("Grants:1024")}
	list.fields[0].name = "Grants for " + user + "@%"
	for _, grant := range c.server.grants(user) {
		list.rows = append(list.rows, []any{grant})
	}
	return list
}

// explain answers DESCRIBE of a table, and EXPLAIN of a query.
func (c *conn) explain(q *run, statement string, tokens []tinysql.Token) {
	p := &parser{text: statement, tokens: tokens, at: 1}
	for p.any("extended", "partitions", "analyze") != "" {
	}
	if p.take("format") {
		p.need("=")
		p.at++
	}
	if !p.is("select") && !p.is("with") && !p.is("(") {
		if p.any("update", "delete", "insert", "replace") != "" {
			c.readOnly()
		}
		t := c.find(p.names())
		list := c.columnsOf(t, false)
		if n := p.peek(); p.at < len(tokens) {
			list.rows = slices.DeleteFunc(list.rows, func(row []any) bool { return !tinysql.Like(n.Text, text(row[0])) })
		}
		c.answer(list)
		return
	}
	s := p.whole()
	q.bind(s, nil)
	list := &found{fields: headings("id:#2 select_type:19 table:64 type:10 possible_keys:4096 key:64 key_len:4096 ref:2048 rows:10 Extra:255")}
	if !c.server.mariadb {
		list.fields = headings("id:#3 select_type:19 table:64 partitions:4096 type:10 possible_keys:4096 key:64 key_len:4096 ref:1024 rows:#10 filtered:6 Extra:255")
	}
	for i := range list.fields {
		switch f := &list.fields[i]; {
		case f.name == "id" && c.server.mariadb:
			f.typ = typ{kind: typeLonglong, length: 3, flags: flagBinary | flagUnsigned}
		case f.name != "select_type" && f.name != "Extra":
			f.flags &^= flagNotNull
		}
	}
	n := int64(0)
	add := func(kind string, t, how, rows any, extra string) {
		q.room(16) // a query that WITH names is told of wherever it is named
		row := []any{n, kind, t, how, nil, nil, nil, nil, rows, extra}
		if !c.server.mariadb {
			row = []any{n, kind, t, nil, how, nil, nil, nil, nil, rows, "100.00", nil}
			if rows == nil {
				row[10], row[11] = nil, extra
			}
		}
		list.rows = append(list.rows, row)
	}
	var one func(s *selection, kind string)
	one = func(s *selection, kind string) {
		if s.first != nil {
			one(s.first, "PRIMARY")
			for _, f := range s.more {
				one(f.with, "UNION")
			}
			return
		}
		if n++; len(s.scope.sources) == 0 {
			add(kind, nil, nil, nil, "No tables used")
			return
		}
		id := n
		for _, src := range s.scope.sources {
			n = id
			if src.sub != nil {
				add(kind, "<derived"+strconv.Itoa(int(id)+1)+">", "ALL", "2", "")
				one(src.sub, "DERIVED")
				continue
			}
			extra := ""
			if s.where != nil {
				extra = "Using where"
			}
			rows := any(nil)
			if src.table.kind == "BASE TABLE" {
				rows = strconv.Itoa(max(len(src.table.all(c)), 1))
			}
			add(kind, src.alias, "ALL", rows, extra)
		}
	}
	one(s, "SIMPLE")
	c.answer(list)
}

// showEngine answers SHOW ENGINE.
func (c *conn) showEngine(p *parser) {
	name := p.name()
	if p.any("status", "mutex", "logs") == "" {
		p.fail()
	}
	if !strings.EqualFold(name, "innodb") && !strings.EqualFold(name, "performance_schema") {
		panic(&wrong{code: 1286, state: "42000", message: "Unknown storage engine '" + clip(name, 64) + "'"})
	}
	list := &found{fields: headings("Type:10 Name:512 Status:10")}
	if strings.EqualFold(name, "innodb") && p.tokens[p.at-1].Is("status") {
		now := c.server.host.Now().UTC().Format("2006-01-02 15:04:05")
		list.rows = [][]any{{"InnoDB", "", "\n=====================================\n" + now + " 0x7f2c1c0a6640 INNODB MONITOR OUTPUT\n=====================================\nPer second averages calculated from the last 38 seconds\n-----------------\nBACKGROUND THREAD\n" +
			"-----------------\nsrv_master_thread loops: 0 srv_active, 0 srv_shutdown, 41 srv_idle\nsrv_master_thread log flush and writes: 41\n----------\nSEMAPHORES\n----------\n------------\nTRANSACTIONS\n------------\nTrx id counter 27\nPurge done for trx's n:o < 25 undo n:o < 0 state: running but idle\n" +
			"History list length 0\nLIST OF TRANSACTIONS FOR EACH SESSION:\n---TRANSACTION (0x7f2c3c0f1b80), not started\n0 lock struct(s), heap size 1128, 0 row lock(s)\n----------------------------\nEND OF INNODB MONITOR OUTPUT\n============================\n"}}
	}
	c.answer(list)
}

func (c *conn) showCreate(p *parser) {
	v := c.server
	switch {
	case p.any("database", "schema") != "":
		if p.take("if") {
			p.need("not", "exists")
		}
		name := p.name()
		c.needDatabase(name)
		charset, collation := v.charsetOfDatabase(strings.ToLower(name))
		made := "CREATE DATABASE `" + name + "` /*!40100 DEFAULT CHARACTER SET " + charset + " COLLATE " + collation + " */"
		if !v.mariadb {
			made += " /*!80016 DEFAULT ENCRYPTION='N' */"
		} else if charset == "utf8mb3" {
			made = "CREATE DATABASE `" + name + "` /*!40100 DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci */"
		}
		c.answer(&found{fields: headings2("Database", 64, "Create Database", 1024), rows: [][]any{{name, made}}})
	case p.any("table", "view") != "":
		view := p.tokens[p.at-1].Is("view")
		t := c.find(p.names())
		if view && t.kind != "VIEW" {
			panic(&wrong{code: 1347, state: "HY000", message: fmt.Sprintf("'%s.%s' is not of type 'VIEW'", t.database, t.name)})
		}
		if t.kind == "VIEW" {
			var columns []string
			for _, column := range t.columns {
				columns = append(columns, "NULL AS `"+column.name+"`")
			}
			definer := map[bool]string{true: "`mariadb.sys`@`localhost`", false: "`mysql.sys`@`localhost`"}[v.mariadb]
			c.answer(&found{
				fields: append(headings2("View", 64, "Create View", 1024), headings("character_set_client:32 collation_connection:64")...),
				rows:   [][]any{{t.name, "CREATE ALGORITHM=MERGE DEFINER=" + definer + " SQL SECURITY DEFINER VIEW `" + t.database + "`.`" + t.name + "` AS select " + strings.Join(columns, ","), "utf8mb3", "utf8mb3_general_ci"}},
			})
			return
		}
		c.answer(&found{fields: headings2("Table", 64, "Create Table", 1024), rows: [][]any{{t.name, v.create(t)}}})
	case p.take("user"):
		user := p.peek().Text
		if p.take("current_user") {
			user = c.user
		}
		if !slices.Contains(v.accounts(), user) {
			if v.mariadb {
				panic(&wrong{code: 1133, state: "28000", message: "Can't find any matching row in the user table"})
			}
			panic(&wrong{code: 1396, state: "HY000", message: fmt.Sprintf("Operation SHOW CREATE USER failed for '%.80s'@'%%'", user)})
		}
		made := "CREATE USER `" + user + "`@`%` IDENTIFIED BY PASSWORD '" + v.hash(user) + "'"
		if !v.mariadb {
			made = "CREATE USER `" + user + "`@`%` IDENTIFIED WITH '" + v.plugin + "' AS '" + v.hash(user) + "' REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT"
		}
		list := &found{fields: headings("User:1024"), rows: [][]any{{made}}}
		list.fields[0].name = "CREATE USER for " + user + "@%"
		c.answer(list)
	case p.any("procedure", "function", "trigger", "event", "package") != "":
		what := strings.ToUpper(p.tokens[p.at-1].Text)
		name := p.names()
		if len(name) == 1 {
			name = []string{c.database, name[0]}
		}
		for _, r := range v.routines(c) {
			if r["ROUTINE_TYPE"] == what && strings.EqualFold(text(r["ROUTINE_NAME"]), name[1]) && r["ROUTINE_SCHEMA"] == name[0] {
				c.answer(v.createRoutine(r, what))
				return
			}
		}
		message := fmt.Sprintf("%s %.64s does not exist", what, name[len(name)-1])
		code, state := uint16(1305), "42000"
		switch what {
		case "TRIGGER":
			code, state, message = 1360, "HY000", "Trigger does not exist"
		case "EVENT":
			code, state, message = 1539, "HY000", fmt.Sprintf("Unknown event '%.64s'", name[len(name)-1])
		}
		panic(&wrong{code: code, state: state, message: message})
	default:
		p.fail()
	}
}

// allPrivileges are those of SHOW PRIVILEGES.
func allPrivileges() [][]any {
	var rows [][]any
	for line := range strings.SplitSeq("Alter/Tables/To alter the table;Alter routine/Functions,Procedures/To alter or drop stored functions/procedures;Create/Databases,Tables,Indexes/To create new databases and tables;"+
		"Create routine/Databases/To use CREATE FUNCTION/PROCEDURE;Create temporary tables/Databases/To use CREATE TEMPORARY TABLE;Create view/Tables/To create new views;Create user/Server Admin/To create new users;Delete/Tables/To delete existing rows;"+
		"Drop/Databases,Tables/To drop databases, tables, and views;Event/Server Admin/To create, alter, drop and execute events;Execute/Functions,Procedures/To execute stored routines;File/File access on server/To read and write files on the server;"+
		"Grant option/Databases,Tables,Functions,Procedures/To give to other users those privileges you possess;Index/Tables/To create or drop indexes;Insert/Tables/To insert data into tables;Lock tables/Databases/To use LOCK TABLES (together with SELECT privilege);"+
		"Process/Server Admin/To view the plain text of currently executing queries;Proxy/Server Admin/To make proxy user possible;References/Databases,Tables/To have references on tables;Reload/Server Admin/To reload or refresh tables, logs and privileges;"+
		"Select/Tables/To retrieve rows from table;Show databases/Server Admin/To see all databases with SHOW DATABASES;Show view/Tables/To see views with SHOW CREATE VIEW;Shutdown/Server Admin/To shut down the server;"+
		"Super/Server Admin/To use KILL thread, SET GLOBAL, CHANGE MASTER, etc.;Trigger/Tables/To use triggers;Create tablespace/Server Admin/To create/alter/drop tablespaces;Update/Tables/To update existing rows;Usage/Server Admin/No privileges - allow connect only", ";") {
		parts := strings.SplitN(line, "/", 3)
		rows = append(rows, []any{parts[0], parts[1], parts[2]})
	}
	return rows
}

// createRoutine is SHOW CREATE of a routine that the server brought with it; what it does is left out.
func (v *server) createRoutine(r record, what string) *found {
	user, host, _ := strings.Cut(text(r["DEFINER"]), "@")
	made := "CREATE DEFINER=`" + user + "`@`" + host + "` " + what + " `" + text(r["ROUTINE_NAME"]) + "`()"
	does := "\n    SQL SECURITY INVOKER\nBEGIN\nEND"
	if what == "FUNCTION" {
		made += " RETURNS " + text(r["DTD_IDENTIFIER"])
		does = "\n    SQL SECURITY INVOKER\nRETURN NULL"
	}
	title := what[:1] + strings.ToLower(what[1:])
	list := headings(title + ":64 sql_mode:256 Create:1024 character_set_client:32 collation_connection:64 Database_Collation:64")
	list[2].name, list[5].name = "Create "+title, "Database Collation"
	return &found{list, [][]any{{r["ROUTINE_NAME"], "", made + does, "utf8mb3", "utf8mb3_general_ci", "utf8mb4_general_ci"}}}
}

// headings2 are two columns whose names have spaces.
func headings2(a string, n int, b string, m int) []field {
	all := headings("a:" + strconv.Itoa(n) + " b:" + strconv.Itoa(m))
	all[0].name, all[1].name = a, b
	return all
}

// create is the statement that makes a table.
func (v *server) create(t *table) string {
	var lines []string
	for i, column := range t.columns {
		r := v.describe(t, i)
		line := "  `" + column.name + "` " + column.definition
		if collation := text(r["COLLATION_NAME"]); collation != "" && collation != t.collation && t.kind == "BASE TABLE" {
			charset := text(r["CHARACTER_SET_NAME"])
			if own, _, _ := strings.Cut(t.collation, "_"); own != charset {
				line += " CHARACTER SET " + charset
			}
			line += " COLLATE " + collation
		}
		if !column.null {
			line += " NOT NULL"
		} else if column.kind == typeTimestamp {
			line += " NULL"
		}
		if s, ok := column.initial.(string); ok {
			if !v.mariadb && column.extra != "DEFAULT_GENERATED" && s != "NULL" && !strings.HasPrefix(s, "'") {
				s = "'" + s + "'"
			}
			line += " DEFAULT " + s
		} else if column.null && column.kind != typeBlob && t.kind == "BASE TABLE" {
			line += " DEFAULT NULL"
		}
		if strings.Contains(column.extra, "auto_increment") {
			line += " AUTO_INCREMENT"
		}
		lines = append(lines, line)
	}
	for _, k := range t.keys {
		columns := "(`" + strings.Join(k.columns, "`,`") + "`)"
		switch {
		case k.name == "PRIMARY":
			lines = append(lines, "  PRIMARY KEY "+columns)
		case k.unique:
			lines = append(lines, "  UNIQUE KEY `"+k.name+"` "+columns)
		default:
			lines = append(lines, "  KEY `"+k.name+"` "+columns)
		}
	}
	for _, k := range t.keys {
		if k.foreign != "" {
			lines = append(lines, "  CONSTRAINT `"+k.foreign+"` FOREIGN KEY (`"+k.columns[0]+"`) REFERENCES `"+k.to+"` (`"+k.column+"`)")
		}
	}
	head := "CREATE TABLE `"
	if t.kind == "SYSTEM VIEW" {
		head = "CREATE TEMPORARY TABLE `"
	}
	engine := t.engine
	if engine == "" {
		engine = "MEMORY"
	}
	s := head + t.name + "` (\n" + strings.Join(lines, ",\n") + "\n) ENGINE=" + engine
	if t.next > 0 {
		s += " AUTO_INCREMENT=" + strconv.Itoa(t.next)
	}
	charset, _, _ := strings.Cut(t.collation, "_")
	s += " DEFAULT CHARSET=" + charset + " COLLATE=" + t.collation
	if t.engine == "Aria" {
		s += " PAGE_CHECKSUM=1"
		if strings.Contains(t.options, "transactional=1") {
			s += " TRANSACTIONAL=1"
		}
	}
	if strings.Contains(t.options, "stats_persistent=0") {
		s += " STATS_PERSISTENT=0"
	}
	if t.comment != "" {
		s += " COMMENT='" + t.comment + "'"
	}
	return s
}

// fieldList answers the old command by which clients learn a table's columns.
func (c *conn) fieldList(argument string) {
	name, wild, _ := strings.Cut(argument, "\x00")
	c.s.Event(event.CommandRun, event.String(event.Command, "FIELDS "+clip(name, 256)))
	c.protect("", func() {
		t := c.find([]string{name})
		for _, column := range t.columns {
			if wild != "" && !tinysql.Like(wild, column.name) {
				continue
			}
			b := c.column(column.field(t))
			if s, ok := column.initial.(string); ok && s != "NULL" {
				b = appendCounted(b, strings.Trim(s, "'"))
			} else {
				b = append(b, 0xfb) // and no default
			}
			c.put(b)
		}
		c.end()
	})
}
