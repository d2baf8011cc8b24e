package mysql

import (
	_ "embed" // of the catalogs
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"decnet/decoy/services/internal/bait"
)

// What MariaDB 10.11 says in information_schema of its own tables, a table a line that begins with #, then a column a line. MySQL's file says what is otherwise there: a line that begins with - takes a table
// away, one with = gives it another name. That is as far as it is known; MariaDB's is measured.
var (
	//go:embed catalog_mariadb.txt
	mariadbCatalog string
	//go:embed catalog_mysql.txt
	mysqlCatalog string
	//go:embed collations.txt
	collationsText string
	//go:embed charsets.txt
	charsetsText string
	//go:embed plugins_mariadb.txt
	pluginsText string
	//go:embed status_mariadb.txt
	statusText string
	//go:embed routines.txt
	routinesText string
)

// tableColumn is a column of a table.
type tableColumn struct {
	name, definition string
	null             bool
	initial          any    // its DEFAULT as information_schema has it
	key              string // PRI, UNI, MUL
	extra, collation string
	typ
}

// field is the column as an answer has it.
func (c tableColumn) field(t *table) field {
	f := field{database: t.database, table: t.name, original: t.name, name: c.name, column: c.name, typ: c.typ}
	switch {
	case f.database == "information_schema" && f.kind == typeBlob && f.length > 196605:
		if f.length = 196605; c.name == "COLUMN_DEFAULT" || c.name == "GENERATION_EXPRESSION" || c.name == "CHECK_CLAUSE" { // measured
			f.length = 196596
		}
	case f.database == "mysql" && t.kind == "VIEW":
		if f.view = true; c.name == "Host" || c.name == "User" {
			f.flags |= flagPrimary | flagPartOfKey
		}
		if f.kind == typeBlob {
			f.kind, f.flags = 251, f.flags&^flagBlob|flagBinary
		}
		if c.isText() && c.kind != typeString {
			f.database, f.decimals = "", notFixedInText
		}
	case f.database == "sys" && t.kind == "VIEW":
		f.database, f.original = "", ""
	}
	return f
}

// table is a table, of the server's or the application's.
type table struct {
	database, name, kind, engine, version, format, options, comment, collation string
	columns                                                                    []tableColumn
	keys                                                                       []tableKey
	next                                                                       int // AUTO_INCREMENT; 0: none
	// records are the rows; what they don't have is NULL, or nothing in a column that is not.
	records func(c *conn) []record
	fixed   bool // the same for everybody at all times
	once    sync.Once
	kept    [][]any
}

// record is a row, by the columns' names in upper case.
type record map[string]any

// tableKey is an index.
type tableKey struct {
	name    string
	columns []string
	unique  bool
	foreign string // the constraint's name
	to      string // the table that it refers to, and its column
	column  string
}

// all are the table's rows. Nobody changes them.
func (t *table) all(c *conn) [][]any {
	if !t.fixed {
		return t.made(c)
	}
	t.once.Do(func() { t.kept = t.made(c) })
	return t.kept
}

func (t *table) made(c *conn) [][]any {
	if t.records == nil {
		return nil
	}
	var rows [][]any
	for _, r := range t.records(c) {
		row := make([]any, len(t.columns))
		for i, column := range t.columns {
			v, ok := r[strings.ToUpper(column.name)]
			if s, is := v.(string); is {
				v = column.value(s)
			}
			if n, is := v.(int); is {
				v = int64(n)
			}
			if !ok && !column.null {
				if v = any(""); column.isNumber() {
					v = column.value("0")
				}
			}
			row[i] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// parseCatalog reads a catalog into the tables of each database.
func parseCatalog(text string, tables map[string]*table) {
	var t *table
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "":
		case line[0] == '-':
			delete(tables, line[1:])
		case line[0] == '=':
			from, to, _ := strings.Cut(line[1:], "\t")
			if old := tables[from]; old != nil {
				delete(tables, from)
				renamed := *old.like()
				renamed.name = to[strings.IndexByte(to, '.')+1:]
				tables[to] = &renamed
			}
		case line[0] == '#':
			f := append(strings.Split(line[1:], "\t"), make([]string, 9)...)
			t = &table{database: f[0], name: f[1], kind: f[2], engine: f[3], version: f[4], format: f[5], options: f[6], comment: f[7], collation: f[8]}
			tables[t.database+"."+t.name] = t
		default:
			f := append(strings.Split(line, "\t"), make([]string, 7)...)
			column := tableColumn{name: f[0], definition: f[1], null: f[2] == "Y", key: f[4], extra: f[5], collation: f[6]}
			if f[3] != `\N` {
				column.initial = f[3]
			}
			t.columns = append(t.columns, column.typed(t))
		}
	}
}

// typed is the column with its type in answers.
func (c tableColumn) typed(t *table) tableColumn {
	c.typ = definedType(c.definition)
	if c.isWhole() || c.kind == typeDouble || c.kind == typeFloat {
		c.flags &^= flagBinary
	}
	if c.kind == typeTimestamp && t.kind == "BASE TABLE" && !c.null {
		c.flags |= flagUnsigned
		if s, ok := c.initial.(string); ok && strings.HasPrefix(s, "current_timestamp") {
			c.flags |= flagTimestamp
			if strings.Contains(c.extra, "on update") {
				c.flags |= flagOnUpdate
			}
		}
	}
	if !c.null {
		c.flags |= flagNotNull
		if c.initial == nil && c.extra == "" && t.kind != "VIEW" {
			c.flags |= flagNoDefault
		}
	} else if t.database == "information_schema" {
		c.flags |= flagNoDefault
	}
	if strings.HasSuffix(c.collation, "_bin") {
		c.flags |= flagBinary
	}
	switch c.key {
	case "PRI":
		c.flags |= flagPrimary | flagPartOfKey
	case "UNI":
		c.flags |= flagUnique | flagPartOfKey
	case "MUL":
		c.flags |= flagMultiple | flagPartOfKey
	}
	if strings.Contains(c.extra, "auto_increment") {
		c.flags |= flagIncrement
		c.flags &^= flagNoDefault
	}
	return c
}

// like is a table of the same definition, for another server to fill.
func (t *table) like() *table {
	return &table{database: t.database, name: t.name, kind: t.kind, engine: t.engine, version: t.version, format: t.format, options: t.options, comment: t.comment, collation: t.collation, columns: t.columns, keys: t.keys}
}

var (
	catalogOfMariaDB = sync.OnceValue(func() map[string]*table {
		tables := map[string]*table{}
		parseCatalog(mariadbCatalog, tables)
		return tables
	})
	catalogOfMySQL = sync.OnceValue(func() map[string]*table {
		tables := map[string]*table{}
		parseCatalog(mariadbCatalog, tables)
		// MySQL has its own database mysql, and utf8mb4 or utf8mb3 as MariaDB has.
		for name, t := range tables {
			if t.database == "mysql" {
				delete(tables, name)
			} else if t.database == "information_schema" {
				t.engine, t.version, t.format, t.options = "", "10", "", ""
			}
		}
		parseCatalog(mysqlCatalog, tables)
		return tables
	})
)

// databases are those of the server, sorted.
func (v *server) databases() []string {
	all := []string{"information_schema", "mysql", "performance_schema", "sys", v.app.Name}
	slices.Sort(all)
	return all
}

// makeCatalog makes all tables of the server, by database, sorted by name.
func (v *server) makeCatalog() map[string][]*table {
	shared := catalogOfMySQL()
	if v.mariadb {
		shared = catalogOfMariaDB()
	}
	all := map[string][]*table{}
	for _, t := range shared {
		own := t.like()
		own.keys = primaryKey(own)
		if p, ok := providers[strings.ToLower(own.database+"."+own.name)]; ok {
			own.fixed = p.fixed
			own.records = func(c *conn) []record { return p.records(v, c) }
		}
		if own.database == "mysql" && own.name == "user" && v.mariadb && v.release() < 1004 {
			own.kind, own.engine, own.version, own.format = "BASE TABLE", "MyISAM", "10", "Dynamic"
		}
		all[own.database] = append(all[own.database], own)
	}
	for i := range v.app.Tables {
		all[v.app.Name] = append(all[v.app.Name], v.appTable(&v.app.Tables[i]))
	}
	for _, tables := range all {
		slices.SortFunc(tables, func(a, b *table) int { return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	}
	return all
}

// primaryKey is the index over the columns that say that they are part of one.
func primaryKey(t *table) []tableKey {
	k := tableKey{name: "PRIMARY", unique: true}
	for _, column := range t.columns {
		if column.key == "PRI" {
			k.columns = append(k.columns, column.name)
		}
	}
	if k.columns == nil {
		return nil
	}
	return []tableKey{k}
}

// definitions are the columns of the application's tables that are not what others of their kind are.
var definitions = map[string]string{
	"username": "varchar(64)", "role": "varchar(32)", "amount": "decimal(10,2)", "item": "varchar(128)", "token": "varchar(64)", "name": "varchar(64)", "value": "text",
}

// appTable is a table of the application as this server keeps it.
func (v *server) appTable(b *bait.Table) *table {
	t := &table{database: v.app.Name, name: b.Name, kind: "BASE TABLE", engine: "InnoDB", version: "10", format: "Dynamic", collation: text(v.variables()["collation_server"]), fixed: true}
	t.keys = []tableKey{{name: "PRIMARY", unique: true, columns: []string{b.Columns[0].Name}}}
	for i, c := range b.Columns {
		column := tableColumn{name: c.Name, definition: definitions[c.Name]}
		whole := "int(11)"
		if !v.mariadb {
			whole = "int"
		}
		switch {
		case c.Kind == bait.Number:
			column.definition = whole
		case c.Kind == bait.Time:
			column.definition, column.initial = "datetime", "current_timestamp()"
			if !v.mariadb {
				column.initial, column.extra = "CURRENT_TIMESTAMP", "DEFAULT_GENERATED"
			}
		case column.definition == "":
			column.definition = "varchar(255)"
		}
		if strings.HasPrefix(column.definition, "varchar") || column.definition == "text" {
			column.collation = t.collation
		}
		of, refers := strings.CutSuffix(c.Name, "_id")
		switch {
		case i == 0:
			if column.key = "PRI"; c.Kind == bait.Number {
				column.extra = "auto_increment"
				for _, row := range b.Rows {
					n, _ := strconv.Atoi(row[0])
					t.next = max(t.next, n+1)
				}
			}
		case refers && v.app.Table(of+"s") != nil:
			column.key = "MUL"
			t.keys = append(t.keys, tableKey{name: c.Name, columns: []string{c.Name}, foreign: b.Name + "_ibfk_1", to: of + "s", column: "id"})
		case slices.Contains([]string{"username", "email", "token"}, c.Name):
			column.key = "UNI"
			t.keys = append(t.keys, tableKey{name: c.Name, columns: []string{c.Name}, unique: true})
		case c.Name == "role":
			column.initial = "'user'"
			if !v.mariadb {
				column.initial = "user"
			}
		case c.Name == "value":
			column.null = true
			if v.mariadb {
				column.initial = "NULL"
			}
		}
		t.columns = append(t.columns, column.typed(t))
	}
	t.records = func(*conn) []record {
		all := make([]record, len(b.Rows))
		for i, row := range b.Rows {
			all[i] = record{}
			for j, c := range b.Columns {
				all[i][strings.ToUpper(c.Name)] = row[j]
			}
		}
		return all
	}
	return t
}

// tables are those of a database.
func (v *server) tables(database string) []*table {
	if strings.EqualFold(database, "information_schema") {
		database = "information_schema"
	}
	return v.catalog()[database]
}

// table finds one; it is nil where there is none.
func (v *server) table(database, name string) *table {
	for _, t := range v.tables(database) {
		if t.name == name || strings.EqualFold(t.name, name) && (t.database == "information_schema" || t.database == "performance_schema" || v.windows()) {
			return t
		}
	}
	return nil
}

func (v *server) windows() bool { return v.host.OS == "windows" || v.host.OS == "windows_server" }

func (c *conn) knows(database string) bool {
	return slices.Contains(c.server.databases(), database) || strings.EqualFold(database, "information_schema") || c.server.windows() && slices.Contains(c.server.databases(), strings.ToLower(database))
}

// find finds a table by its database and name, or refuses.
func (c *conn) find(name []string) *table {
	database, table := c.database, name[len(name)-1]
	if len(name) > 1 {
		database = name[len(name)-2]
	}
	switch {
	case database == "":
		panic(&wrong{code: 1046, state: "3D000", message: "No database selected"})
	case !c.knows(database) && !c.server.mariadb:
		panic(&wrong{code: 1049, state: "42000", message: fmt.Sprintf("Unknown database '%.64s'", database)})
	}
	if t := c.server.table(database, table); t != nil {
		return t
	}
	if strings.EqualFold(database, "information_schema") {
		panic(&wrong{code: 1109, state: "42S02", message: fmt.Sprintf("Unknown table '%.64s' in information_schema", map[bool]string{true: table, false: strings.ToUpper(table)}[c.server.mariadb])})
	}
	panic(&wrong{code: 1146, state: "42S02", message: fmt.Sprintf("Table '%.64s.%.64s' doesn't exist", database, table)})
}

// charset is a character set as the session uses it.
type charset struct {
	name, collation string
	id              uint16
	width           int // bytes of a character
	comment         string
}

// charsets are those of the servers, by name; collations all that there are.
var charsets = sync.OnceValue(func() map[string]charset {
	all := map[string]charset{}
	for line := range strings.Lines(charsetsText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		width, _ := strconv.Atoi(f[3])
		all[f[0]] = charset{name: f[0], collation: f[1], width: width, comment: f[2]}
	}
	for _, c := range collations() {
		if cs := all[c.charset]; cs.collation == c.name {
			cs.id = uint16(c.id)
			all[c.charset] = cs
		}
	}
	return all
})

type collation struct {
	name, charset          string
	id                     int
	initial, compiled, len string
}

var collations = sync.OnceValue(func() []collation {
	var all []collation
	for line := range strings.Lines(collationsText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		id, _ := strconv.Atoi(f[2])
		all = append(all, collation{f[0], f[1], id, f[3], f[4], f[5]})
	}
	return all
})

// charsetNamed is a character set by its name.
func charsetNamed(name string) (charset, bool) {
	if name == "utf8" {
		name = "utf8mb3"
	}
	cs, ok := charsets()[name]
	return cs, ok
}

// charsetOf is that which a collation's number means.
func (v *server) charsetOf(id uint16) charset {
	for _, c := range collations() {
		if c.id == int(id) && c.charset != `\N` {
			cs := charsets()[c.charset]
			cs.id, cs.collation = id, c.name
			return cs
		}
	}
	return charset{name: "utf8mb4", collation: text(v.variables()["collation_server"]), id: uint16(v.charset), width: 4}
}

// created is when the application was set up.
func (v *server) created() string { return v.host.Installed().Format(time.DateTime) }
