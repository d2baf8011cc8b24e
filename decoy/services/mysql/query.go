package mysql

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

var dialect = tinysql.Dialect{DoubleQuotedStrings: true}

// query answers the text of a query. The servers take one statement, unless the client asked for more; the first decides here.
func (c *conn) query(text string) {
	statements := dialect.Split(text)
	if len(statements) == 0 {
		if c.server.mariadb && strings.Trim(text, "; \t\r\n") != "" {
			c.ok() // a comment is a statement
			return
		}
		c.fail(1065, "42000", "Query was empty")
		return
	}
	if len(statements) > 1 && !c.several {
		c.syntaxError(text, statements[1][0].From)
		return
	}
	c.made, c.replied = 0, 0
	for i, tokens := range statements[:min(len(statements), maxStatements)] {
		c.more, c.failed = i+1 < min(len(statements), maxStatements), false
		// A statement's text ends where the next begins.
		end := len(text)
		if c.more {
			end = statements[i+1][0].From
		}
		if c.statement(text[:end], tokens); c.failed {
			break
		}
	}
	c.more = false
}

// maxStatements bounds those of one query.
const maxStatements = 16

// maxMade bounds the bytes of what one query makes, row for row.
const maxMade = 512 << 10

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
	case "kill":
		if len(tokens) == 2 && tokens[1].Kind == tinysql.Number && tokens[1].Text != strconv.Itoa(int(c.id)) {
			c.fail(1094, "HY000", fmt.Sprintf("Unknown thread id: %.20s", tokens[1].Text))
			return
		}
		c.ok()
	case "set":
		c.set(text, tokens)
	case "begin", "start", "commit", "rollback", "do", "unlock", "savepoint", "release", "lock", "flush": // a server that is read-only lets its tables be locked, as dumpers do
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
		if c.server.mariadb {
			c.fail(1146, "42S02", fmt.Sprintf("Table '%.64s.%.64s' doesn't exist", database, table))
		} else {
			c.fail(1049, "42000", fmt.Sprintf("Unknown database '%.64s'", database))
		}
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
		return v.systemTables()
	case "information_schema":
		return v.informationSchema()
	}
	return nil
}

// informationTable begins a table of information_schema.
func informationTable(name, columns string) bait.Table {
	t := bait.Table{Name: name}
	for column := range strings.FieldsSeq(columns) {
		t.Columns = append(t.Columns, bait.Column{Name: column})
	}
	return t
}

func (v *server) informationSchema() []bait.Table {
	schemata := informationTable("SCHEMATA", "CATALOG_NAME SCHEMA_NAME DEFAULT_CHARACTER_SET_NAME DEFAULT_COLLATION_NAME SQL_PATH")
	tables := informationTable("TABLES", "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE ENGINE VERSION ROW_FORMAT TABLE_ROWS AVG_ROW_LENGTH DATA_LENGTH MAX_DATA_LENGTH INDEX_LENGTH DATA_FREE AUTO_INCREMENT CREATE_TIME UPDATE_TIME CHECK_TIME "+
		"TABLE_COLLATION CHECKSUM CREATE_OPTIONS TABLE_COMMENT")
	columns := informationTable("COLUMNS", "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION COLUMN_DEFAULT IS_NULLABLE DATA_TYPE CHARACTER_MAXIMUM_LENGTH CHARACTER_OCTET_LENGTH NUMERIC_PRECISION NUMERIC_SCALE "+
		"DATETIME_PRECISION CHARACTER_SET_NAME COLLATION_NAME COLUMN_TYPE COLUMN_KEY EXTRA PRIVILEGES COLUMN_COMMENT GENERATION_EXPRESSION")
	engines := informationTable("ENGINES", "ENGINE SUPPORT COMMENT TRANSACTIONS XA SAVEPOINTS")
	for _, row := range v.engines().Rows {
		engine := make([]string, len(row))
		for i, value := range row {
			engine[i], _ = value.(string)
		}
		engines.Rows = append(engines.Rows, engine)
	}
	privileged := informationTable("USER_PRIVILEGES", "GRANTEE TABLE_CATALOG PRIVILEGE_TYPE IS_GRANTABLE")
	for _, user := range v.accounts() {
		grantee, grantable := "'"+user+"'@'%'", "YES"
		if user == v.app.Name {
			privileged.Rows = append(privileged.Rows, []string{grantee, "def", "USAGE", "NO"})
			continue
		}
		for privilege := range strings.SplitSeq(v.globalPrivileges(), ", ") {
			privileged.Rows = append(privileged.Rows, []string{grantee, "def", privilege, grantable})
		}
	}
	collation, created := text(v.variables()["collation_server"]), v.host.Installed().Format("2006-01-02 15:04:05")
	for _, database := range v.databases() {
		schemata.Rows = append(schemata.Rows, []string{"def", database, "utf8mb4", collation, ""})
		if database == "information_schema" {
			continue
		}
		for _, t := range v.tables(database) {
			rows := len(t.Rows)
			tables.Rows = append(tables.Rows, []string{"def", database, t.Name, "BASE TABLE", "InnoDB", "10", "Dynamic", strconv.Itoa(rows), strconv.Itoa(16384 / max(rows, 1)), "16384", "0", "0", "0", "", created, "", "", collation, "", "", ""})
			for i, column := range t.Columns {
				full := typeOf(column)
				short, size, _ := strings.Cut(strings.TrimSuffix(full, ")"), "(")
				row := []string{"def", database, t.Name, column.Name, strconv.Itoa(i + 1), "", "YES", short, "", "", "", "", "", "", "", full, "", "", "select,insert,update,references", "", ""}
				switch column.Kind {
				case bait.Number:
					row[10], row[11] = "10", "0"
				case bait.Time:
					row[12] = "0"
				default:
					n, _ := strconv.Atoi(size)
					row[8], row[9], row[13], row[14] = size, strconv.Itoa(4*n), "utf8mb4", collation
				}
				if i == 0 {
					row[6], row[16] = "NO", "PRI"
				}
				columns.Rows = append(columns.Rows, row)
			}
		}
	}
	all := []bait.Table{columns, engines, schemata, tables, privileged}
	if v.mariadb {
		variables := informationTable("GLOBAL_VARIABLES", "VARIABLE_NAME VARIABLE_VALUE")
		shown := v.showVariables()
		for _, name := range slices.Sorted(maps.Keys(shown)) {
			variables.Rows = append(variables.Rows, []string{strings.ToUpper(name), shown[name]})
		}
		session := variables
		session.Name = "SESSION_VARIABLES"
		all = append(all, variables, session)
	}
	return all
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
			if c.server.mariadb {
				// It has no such option by default: the system refuses.
				name := ""
				if i+2 < len(tokens) {
					name = tokens[i+2].Text
				}
				c.fail(1, "HY000", fmt.Sprintf(`Can't create/write to file '%.256s' (Errcode: 13 "Permission denied")`, name))
				return
			}
			c.fail(1290, "HY000", "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement")
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

// set answers SET: it changes nothing, but knows what there is to be set.
func (c *conn) set(text string, tokens []tinysql.Token) {
	if len(tokens) < 2 {
		c.syntaxError(text, len(text))
		return
	}
	name := strings.ToLower(tokens[1].Text)
	at := 1
	if (name == "global" || name == "session" || name == "local" || name == "persist") && len(tokens) > 2 {
		at, name = 2, strings.ToLower(tokens[2].Text)
	}
	if system, ok := strings.CutPrefix(name, "@@"); ok {
		name = strings.TrimPrefix(strings.TrimPrefix(system, "global."), "session.")
	} else if tokens[at].Kind == tinysql.Variable {
		c.ok()
		return
	}
	assigned := at+1 < len(tokens) && (tokens[at+1].Is("=") || tokens[at+1].Is(":="))
	switch {
	case name == "names" && at == 1:
		if len(tokens) > 2 && !slices.Contains(characterSets, strings.ToLower(tokens[2].Text)) {
			c.fail(1115, "42000", fmt.Sprintf("Unknown character set: '%.64s'", tokens[2].Text))
			return
		}
		c.ok()
	case !assigned && !slices.Contains([]string{"character", "charset", "password", "transaction", "role", "default", "statement", "resource"}, name):
		c.syntaxError(text, len(text))
	case assigned && name != "password" && name != "names" && c.server.variables()[name] == nil && !slices.Contains([]string{"ssl_ca", "timestamp", "insert_id", "last_insert_id", "identity", "tx_isolation", "tx_read_only"}, name):
		c.fail(1193, "HY000", fmt.Sprintf("Unknown system variable '%.64s'", name))
	default:
		c.ok()
	}
}

// characterSets are those that clients may have.
var characterSets = strings.Fields("armscii8 ascii big5 binary cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 cp932 default dec8 eucjpms euckr gb18030 gb2312 gbk geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 " +
	"macce macroman sjis swe7 tis620 ucs2 ujis utf16 utf16le utf32 utf8 utf8mb3 utf8mb4")

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
	if len(i.Tokens) == 1 && i.Tokens[0].Kind == tinysql.String && !strings.HasPrefix(i.Text, "0x") {
		return i.Tokens[0].Text
	}
	return i.Text
}

// evaluate gives the value of an item that is no column.
func (c *conn) evaluate(i tinysql.Item) (any, error) {
	if c.made > maxMade {
		return nil, nil // as what is larger than max_allowed_packet
	}
	e := &expression{c: c, row: i.Row, tokens: i.Tokens}
	v, err := e.value(0)
	c.made += len(text(v))
	switch {
	case errors.Is(err, errRefused):
		return nil, err
	case err == nil && e.at == len(i.Tokens) && v == nil:
		return nil, nil
	case err == nil && e.at == len(i.Tokens):
		return text(v), nil
	}
	name := i.Tokens[0].Kind == tinysql.Word || i.Tokens[0].Kind == tinysql.Name
	if name && (len(i.Tokens) == 1 || len(i.Tokens) == 3 && i.Tokens[1].Is(".")) {
		c.unknownColumn(i.Text)
	} else if f, _, call := i.Call(); call && len(i.Tokens) > 2 && i.Tokens[1].Is(".") {
		c.fail(1305, "42000", fmt.Sprintf("FUNCTION %.64s.%.64s does not exist", i.Tokens[0].Text, f))
	} else if call {
		return c.function(f)
	} else {
		c.syntaxError(i.Text, 0)
	}
	return nil, errRefused
}
