package mysql

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// provider gives a table of the server's its rows. fixed ones are made once.
type provider struct {
	fixed   bool
	records func(v *server, c *conn) []record
}

var providers map[string]provider

func init() {
	providers = map[string]provider{
		"information_schema.schemata":                              {true, (*server).schemata},
		"information_schema.tables":                                {true, (*server).tableRecords},
		"information_schema.columns":                               {true, (*server).columnRecords},
		"information_schema.statistics":                            {true, (*server).statistics},
		"information_schema.table_constraints":                     {true, (*server).constraints},
		"information_schema.key_column_usage":                      {true, (*server).keyColumns},
		"information_schema.referential_constraints":               {true, (*server).references},
		"information_schema.views":                                 {true, (*server).views},
		"information_schema.partitions":                            {true, (*server).partitions},
		"information_schema.engines":                               {true, (*server).engineRecords},
		"information_schema.plugins":                               {true, (*server).plugins},
		"information_schema.all_plugins":                           {true, (*server).plugins},
		"information_schema.character_sets":                        {true, (*server).characterSets},
		"information_schema.collations":                            {true, (*server).collationRecords},
		"information_schema.collation_character_set_applicability": {true, (*server).applicability},
		"information_schema.user_privileges":                       {true, (*server).userPrivileges},
		"information_schema.schema_privileges":                     {true, (*server).schemaPrivileges},
		"information_schema.files":                                 {true, (*server).files},
		"information_schema.innodb_sys_tables":                     {true, (*server).innodbTables},
		"information_schema.innodb_tables":                         {true, (*server).innodbTables},
		"information_schema.innodb_sys_tablespaces":                {true, (*server).tablespaces},
		"information_schema.innodb_tablespaces":                    {true, (*server).tablespaces},
		"information_schema.innodb_tablespaces_brief":              {true, (*server).tablespaces},
		"information_schema.user_attributes":                       {true, (*server).userAttributes},
		"information_schema.enabled_roles":                         {true, func(v *server, _ *conn) []record { return map[bool][]record{true: {{"ROLE_NAME": nil}}}[v.mariadb] }},
		"information_schema.routines":                              {true, (*server).routines},
		"information_schema.check_constraints": {true, func(v *server, _ *conn) []record {
			if !v.mariadb {
				return nil
			}
			return []record{{"CONSTRAINT_CATALOG": "def", "CONSTRAINT_SCHEMA": "mysql", "TABLE_NAME": "global_priv", "CONSTRAINT_NAME": "Priv", "LEVEL": "Column", "CHECK_CLAUSE": "json_valid(`Priv`)"}}
		}},
		"information_schema.processlist":       {false, (*server).processes},
		"information_schema.global_variables":  {false, (*server).variableRecords},
		"information_schema.session_variables": {false, (*server).variableRecords},
		"information_schema.global_status":     {false, (*server).statusRecords},
		"information_schema.session_status":    {false, (*server).statusRecords},
		"performance_schema.global_variables":  {false, (*server).variableRecords},
		"performance_schema.session_variables": {false, (*server).variableRecords},
		"performance_schema.global_status":     {false, (*server).statusRecords},
		"performance_schema.session_status":    {false, (*server).statusRecords},
		"performance_schema.processlist":       {false, (*server).processes},
		"sys.version": {true, func(v *server, _ *conn) []record {
			return []record{{"SYS_VERSION": v.sysVersion(), "MYSQL_VERSION": v.version}}
		}},
		"mysql.user":               {true, (*server).userRecords},
		"mysql.global_priv":        {true, (*server).privRecords},
		"mysql.db":                 {true, (*server).dbRecords},
		"mysql.proxies_priv":       {true, (*server).proxies},
		"mysql.innodb_table_stats": {true, (*server).tableStatistics},
	}
}

func (v *server) sysVersion() string {
	if v.mariadb {
		return "1.5.1"
	}
	return "2.1.2"
}

func (v *server) schemata(*conn) []record {
	var all []record
	for _, name := range v.databases() {
		charset, collation := v.charsetOfDatabase(name)
		all = append(all, record{"CATALOG_NAME": "def", "SCHEMA_NAME": name, "DEFAULT_CHARACTER_SET_NAME": charset, "DEFAULT_COLLATION_NAME": collation, "SQL_PATH": nil, "SCHEMA_COMMENT": "", "DEFAULT_ENCRYPTION": "NO"})
	}
	return all
}

// charsetOfDatabase is how a database's texts are kept.
func (v *server) charsetOfDatabase(name string) (charset, collation string) {
	switch {
	case v.mariadb && (name == "information_schema" || name == "performance_schema" || name == "sys"):
		return "utf8mb3", "utf8mb3_general_ci"
	case !v.mariadb && name == "information_schema":
		return "utf8mb3", "utf8mb3_general_ci"
	}
	return "utf8mb4", text(v.variables()["collation_server"])
}

// each calls do for every table, in the order in which the servers list them.
func (v *server) each(do func(t *table)) {
	for _, database := range v.databases() {
		for _, t := range v.tables(database) {
			do(t)
		}
	}
}

// size is how large a table is, as its engine has it.
func (t *table) size(c *conn) (rows, average, data, index int) {
	if t.records == nil || t.kind != "BASE TABLE" {
		return 0, 0, 16384, 0
	}
	rows = len(t.all(c))
	index = 16384 * max(0, len(t.keys)-1)
	if rows > 0 {
		average = 16384 / rows
	}
	return rows, average, 16384, index
}

// status is what TABLES and SHOW TABLE STATUS say of a table.
func (v *server) status(t *table, c *conn) record {
	r := record{"TABLE_CATALOG": "def", "TABLE_SCHEMA": t.database, "TABLE_NAME": t.name, "TABLE_TYPE": t.kind, "TABLE_COMMENT": t.comment, "TEMPORARY": nil}
	for name := range strings.FieldsSeq("ENGINE VERSION ROW_FORMAT TABLE_ROWS AVG_ROW_LENGTH DATA_LENGTH MAX_DATA_LENGTH INDEX_LENGTH DATA_FREE AUTO_INCREMENT CREATE_TIME UPDATE_TIME CHECK_TIME TABLE_COLLATION CHECKSUM CREATE_OPTIONS MAX_INDEX_LENGTH") {
		r[name] = nil
	}
	if t.kind == "VIEW" {
		r["TABLE_COMMENT"] = "VIEW"
		return r
	}
	r["CREATE_OPTIONS"], r["CREATE_TIME"], r["TABLE_COLLATION"] = t.options, v.created(), t.collation
	r["DATA_FREE"], r["INDEX_LENGTH"], r["MAX_DATA_LENGTH"], r["AVG_ROW_LENGTH"], r["DATA_LENGTH"] = 0, 0, 0, 0, 0
	for name, value := range map[string]string{"ENGINE": t.engine, "VERSION": t.version, "ROW_FORMAT": t.format} {
		if value != "" {
			r[name] = value
		}
	}
	if t.kind == "SYSTEM VIEW" {
		if !v.mariadb {
			r["TABLE_COLLATION"], r["CREATE_OPTIONS"], r["TABLE_ROWS"] = nil, "", 0
			return r
		}
		r["TEMPORARY"], r["CREATE_TIME"] = "Y", v.host.Now().UTC().Format(time.DateTime)
		if t.engine == "Aria" {
			r["DATA_LENGTH"], r["MAX_DATA_LENGTH"], r["INDEX_LENGTH"], r["MAX_INDEX_LENGTH"] = 8192, int64(4503599627288576), 8192, int64(137438945280)
		} else {
			width := 1
			for _, c := range t.columns {
				width += c.length*3 + 2
			}
			r["AVG_ROW_LENGTH"], r["MAX_DATA_LENGTH"], r["MAX_INDEX_LENGTH"] = width, 16777216/width*width, 0
		}
		return r
	}
	r["TEMPORARY"] = "N"
	if t.database == "performance_schema" {
		r["TABLE_ROWS"] = 1
		if t.records == nil && v.mariadb {
			r["TABLE_ROWS"] = 0
		}
		r["DATA_FREE"], r["CREATE_TIME"] = 0, nil
		return r
	}
	rows, average, data, index := t.size(c)
	r["TABLE_ROWS"], r["AVG_ROW_LENGTH"], r["DATA_LENGTH"], r["INDEX_LENGTH"] = rows, average, data, index
	r["MAX_INDEX_LENGTH"] = 0
	if t.engine == "Aria" {
		r["MAX_DATA_LENGTH"], r["MAX_INDEX_LENGTH"], r["UPDATE_TIME"], r["INDEX_LENGTH"], r["CHECKSUM"] = int64(17592186011648), int64(137438945280), v.created(), 8192, nil
	}
	if t.engine == "CSV" {
		r["CREATE_TIME"], r["DATA_LENGTH"] = nil, 0
	}
	if t.next > 0 {
		r["AUTO_INCREMENT"] = t.next
	}
	return r
}

func (v *server) tableRecords(c *conn) []record {
	var all []record
	v.each(func(t *table) { all = append(all, v.status(t, c)) })
	return all
}

// describe is what COLUMNS says of one.
func (v *server) describe(t *table, i int) record {
	c := t.columns[i]
	kind, _, _ := strings.Cut(c.definition, "(")
	kind, _, _ = strings.Cut(kind, " ")
	null, privileges := "NO", "select,insert,update,references"
	if c.null {
		null = "YES"
	}
	if t.database == "information_schema" {
		privileges = "select"
	}
	initial := c.initial
	if s, ok := initial.(string); ok && !v.mariadb {
		initial = strings.Trim(s, "'")
		if s == "NULL" {
			initial = nil
		}
	}
	r := record{
		"TABLE_CATALOG": "def", "TABLE_SCHEMA": t.database, "TABLE_NAME": t.name, "COLUMN_NAME": c.name, "ORDINAL_POSITION": i + 1, "COLUMN_DEFAULT": initial, "IS_NULLABLE": null, "DATA_TYPE": kind, "COLUMN_TYPE": c.definition,
		"COLUMN_KEY": c.key, "EXTRA": c.extra, "PRIVILEGES": privileges, "COLUMN_COMMENT": "", "IS_GENERATED": "NEVER", "GENERATION_EXPRESSION": map[bool]any{true: nil, false: ""}[v.mariadb], "SRS_ID": nil,
	}
	switch {
	case c.isText():
		width := 3
		collation := c.collation
		if collation == "" && !c.bytes {
			collation = t.collation
		}
		charset, _, _ := strings.Cut(collation, "_")
		if cs, ok := charsetNamed(charset); ok {
			width = cs.width
		}
		octets := c.length * width
		if c.kind == typeBlob || c.bytes {
			octets = c.length
		}
		r["CHARACTER_MAXIMUM_LENGTH"], r["CHARACTER_OCTET_LENGTH"] = c.length, min(octets, math.MaxUint32)
		if !c.bytes {
			r["CHARACTER_SET_NAME"], r["COLLATION_NAME"] = charset, collation
		}
	case c.kind == typeNewdecimal:
		precision := c.length - 1
		if c.decimals > 0 {
			precision--
		}
		r["NUMERIC_PRECISION"], r["NUMERIC_SCALE"] = precision, int(c.decimals)
	case c.isWhole() && c.kind != typeYear:
		digits := map[byte]int{typeTiny: 3, typeShort: 5, typeInt24: 7, typeLong: 10, typeLonglong: 19}[c.kind]
		if c.kind == typeLonglong && c.flags&flagUnsigned != 0 {
			digits = 20
		}
		r["NUMERIC_PRECISION"], r["NUMERIC_SCALE"] = digits, 0
	case c.kind == typeDouble:
		r["NUMERIC_PRECISION"] = 22
	case c.kind == typeFloat:
		r["NUMERIC_PRECISION"] = 12
	case c.kind == typeDatetime || c.kind == typeTimestamp || c.kind == typeTime:
		r["DATETIME_PRECISION"] = int(c.decimals)
	case c.kind == typeBit:
		r["NUMERIC_PRECISION"] = c.length
	}
	return r
}

func (v *server) columnRecords(*conn) []record {
	var all []record
	v.each(func(t *table) {
		for i := range t.columns {
			all = append(all, v.describe(t, i))
		}
	})
	return all
}

// indexes are what STATISTICS and SHOW INDEX say of a table.
func (v *server) indexes(t *table, c *conn) []record {
	var all []record
	for _, k := range t.keys {
		for i, name := range k.columns {
			null := ""
			for _, column := range t.columns {
				if column.name == name && column.null {
					null = "YES"
				}
			}
			r := record{
				"TABLE_CATALOG": "def", "TABLE_SCHEMA": t.database, "TABLE_NAME": t.name, "NON_UNIQUE": map[bool]int{true: 0, false: 1}[k.unique], "INDEX_SCHEMA": t.database, "INDEX_NAME": k.name, "SEQ_IN_INDEX": i + 1,
				"COLUMN_NAME": name, "COLLATION": "A", "CARDINALITY": nil, "SUB_PART": nil, "PACKED": nil, "NULLABLE": null, "INDEX_TYPE": "BTREE", "COMMENT": "", "INDEX_COMMENT": "", "IGNORED": "NO", "IS_VISIBLE": "YES", "EXPRESSION": nil,
			}
			if n := len(t.all(c)); i == len(k.columns)-1 && t.database != "performance_schema" {
				r["CARDINALITY"] = n
				if !k.unique {
					seen := map[string]bool{}
					for _, row := range t.all(c) {
						seen[key(row[slices.IndexFunc(t.columns, func(column tableColumn) bool { return column.name == name })])] = true
					}
					r["CARDINALITY"] = len(seen)
				}
			}
			if t.database == "performance_schema" {
				r["COLLATION"], r["INDEX_TYPE"], r["CARDINALITY"] = nil, "HASH", nil
			}
			all = append(all, r)
		}
	}
	return all
}

func (v *server) statistics(c *conn) []record {
	var all []record
	v.each(func(t *table) { all = append(all, v.indexes(t, c)...) })
	return all
}

func (v *server) constraints(*conn) []record {
	var all []record
	add := func(t *table, name, kind string) {
		all = append(all, record{"CONSTRAINT_CATALOG": "def", "CONSTRAINT_SCHEMA": t.database, "CONSTRAINT_NAME": name, "TABLE_SCHEMA": t.database, "TABLE_NAME": t.name, "CONSTRAINT_TYPE": kind, "ENFORCED": "YES"})
	}
	v.each(func(t *table) {
		for _, k := range t.keys {
			switch {
			case k.name == "PRIMARY":
				add(t, k.name, "PRIMARY KEY")
			case k.unique:
				add(t, k.name, "UNIQUE")
			}
		}
		for _, k := range t.keys {
			if k.foreign != "" {
				add(t, k.foreign, "FOREIGN KEY")
			}
		}
	})
	return all
}

func (v *server) keyColumns(*conn) []record {
	var all []record
	v.each(func(t *table) {
		add := func(name, column string, position int) record {
			r := record{"CONSTRAINT_CATALOG": "def", "CONSTRAINT_SCHEMA": t.database, "CONSTRAINT_NAME": name, "TABLE_CATALOG": "def", "TABLE_SCHEMA": t.database, "TABLE_NAME": t.name, "COLUMN_NAME": column, "ORDINAL_POSITION": position}
			all = append(all, r)
			return r
		}
		for _, k := range t.keys {
			for i, column := range k.columns {
				if k.unique {
					add(k.name, column, i+1)
				}
			}
		}
		for _, k := range t.keys {
			if k.foreign != "" {
				r := add(k.foreign, k.columns[0], 1)
				r["POSITION_IN_UNIQUE_CONSTRAINT"], r["REFERENCED_TABLE_SCHEMA"], r["REFERENCED_TABLE_NAME"], r["REFERENCED_COLUMN_NAME"] = 1, t.database, k.to, k.column
			}
		}
	})
	return all
}

func (v *server) references(*conn) []record {
	var all []record
	rule := "RESTRICT"
	if !v.mariadb {
		rule = "NO ACTION"
	}
	v.each(func(t *table) {
		for _, k := range t.keys {
			if k.foreign != "" {
				all = append(all, record{"CONSTRAINT_CATALOG": "def", "CONSTRAINT_SCHEMA": t.database, "CONSTRAINT_NAME": k.foreign, "UNIQUE_CONSTRAINT_CATALOG": "def", "UNIQUE_CONSTRAINT_SCHEMA": t.database, "UNIQUE_CONSTRAINT_NAME": "PRIMARY",
					"MATCH_OPTION": "NONE", "UPDATE_RULE": rule, "DELETE_RULE": rule, "TABLE_NAME": t.name, "REFERENCED_TABLE_NAME": k.to})
			}
		}
	})
	return all
}

func (v *server) views(*conn) []record {
	var all []record
	v.each(func(t *table) {
		if t.kind == "VIEW" {
			definer := "mariadb.sys@localhost"
			if !v.mariadb {
				definer = "mysql.sys@localhost"
			}
			all = append(all, record{"TABLE_CATALOG": "def", "TABLE_SCHEMA": t.database, "TABLE_NAME": t.name, "VIEW_DEFINITION": "", "CHECK_OPTION": "NONE", "IS_UPDATABLE": "NO", "DEFINER": definer, "SECURITY_TYPE": "INVOKER",
				"CHARACTER_SET_CLIENT": "utf8mb3", "COLLATION_CONNECTION": "utf8mb3_general_ci", "ALGORITHM": "MERGE"})
		}
	})
	return all
}

func (v *server) partitions(c *conn) []record {
	var all []record
	for _, r := range v.tableRecords(c) {
		if r["TABLE_TYPE"] == "VIEW" {
			continue
		}
		p := record{}
		for name := range strings.FieldsSeq("TABLE_CATALOG TABLE_SCHEMA TABLE_NAME AVG_ROW_LENGTH DATA_LENGTH MAX_DATA_LENGTH INDEX_LENGTH DATA_FREE CREATE_TIME UPDATE_TIME CHECK_TIME CHECKSUM") {
			p[name] = r[name]
		}
		p["TABLE_ROWS"] = r["TABLE_ROWS"]
		if p["TABLE_ROWS"] == nil {
			p["TABLE_ROWS"] = 0
		}
		all = append(all, p)
	}
	return all
}

func (v *server) engineRecords(*conn) []record {
	var all []record
	for _, e := range v.engines() {
		all = append(all, record{"ENGINE": e[0], "SUPPORT": e[1], "COMMENT": e[2], "TRANSACTIONS": e[3], "XA": e[4], "SAVEPOINTS": e[5]})
	}
	return all
}

// engines are name, support, comment, transactions, XA and savepoints of each.
func (v *server) engines() [][]any {
	var all [][]any
	add := func(name, support, comment string, has any) {
		xa := has
		if name == "SEQUENCE" {
			xa = "NO"
		}
		all = append(all, []any{name, support, comment, has, xa, has})
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
		return all
	}
	if v.release() >= 804 || strings.HasPrefix(v.version, "8.0.3") {
		add("ndbcluster", "NO", "Clustered, fault-tolerant tables", nil)
	}
	add("MEMORY", "YES", "Hash based, stored in memory, useful for temporary tables", "NO")
	add("InnoDB", "DEFAULT", "Supports transactions, row-level locking, and foreign keys", "YES")
	add("PERFORMANCE_SCHEMA", "YES", "Performance Schema", "NO")
	add("MyISAM", "YES", "MyISAM storage engine", "NO")
	add("FEDERATED", "NO", "Federated MySQL storage engine", nil)
	add("ndbinfo", "NO", "MySQL Cluster system information storage engine", nil)
	add("MRG_MYISAM", "YES", "Collection of identical MyISAM tables", "NO")
	add("BLACKHOLE", "YES", "/dev/null storage engine (anything you write to it disappears)", "NO")
	add("CSV", "YES", "CSV storage engine", "NO")
	add("ARCHIVE", "YES", "Archive storage engine", "NO")
	return all
}

// mysqlPlugins are name and type of those that MySQL 8 has at its start.
var mysqlPlugins = strings.Split("binlog/STORAGE ENGINE,sha256_password/AUTHENTICATION,caching_sha2_password/AUTHENTICATION,sha2_cache_cleaner/AUDIT,daemon_keyring_proxy_plugin/DAEMON,CSV/STORAGE ENGINE,MEMORY/STORAGE ENGINE,"+
	"InnoDB/STORAGE ENGINE,INNODB_TRX/INFORMATION SCHEMA,INNODB_CMP/INFORMATION SCHEMA,INNODB_CMP_RESET/INFORMATION SCHEMA,INNODB_CMPMEM/INFORMATION SCHEMA,INNODB_CMPMEM_RESET/INFORMATION SCHEMA,INNODB_CMP_PER_INDEX/INFORMATION SCHEMA,"+
	"INNODB_CMP_PER_INDEX_RESET/INFORMATION SCHEMA,INNODB_BUFFER_PAGE/INFORMATION SCHEMA,INNODB_BUFFER_PAGE_LRU/INFORMATION SCHEMA,INNODB_BUFFER_POOL_STATS/INFORMATION SCHEMA,INNODB_TEMP_TABLE_INFO/INFORMATION SCHEMA,INNODB_METRICS/INFORMATION SCHEMA,"+
	"INNODB_FT_DEFAULT_STOPWORD/INFORMATION SCHEMA,INNODB_FT_DELETED/INFORMATION SCHEMA,INNODB_FT_BEING_DELETED/INFORMATION SCHEMA,INNODB_FT_CONFIG/INFORMATION SCHEMA,INNODB_FT_INDEX_CACHE/INFORMATION SCHEMA,INNODB_FT_INDEX_TABLE/INFORMATION SCHEMA,"+
	"INNODB_TABLES/INFORMATION SCHEMA,INNODB_TABLESTATS/INFORMATION SCHEMA,INNODB_INDEXES/INFORMATION SCHEMA,INNODB_TABLESPACES/INFORMATION SCHEMA,INNODB_COLUMNS/INFORMATION SCHEMA,INNODB_VIRTUAL/INFORMATION SCHEMA,INNODB_CACHED_INDEXES/INFORMATION SCHEMA,"+
	"INNODB_SESSION_TEMP_TABLESPACES/INFORMATION SCHEMA,MyISAM/STORAGE ENGINE,MRG_MYISAM/STORAGE ENGINE,PERFORMANCE_SCHEMA/STORAGE ENGINE,TempTable/STORAGE ENGINE,ARCHIVE/STORAGE ENGINE,BLACKHOLE/STORAGE ENGINE,ngram/FTPARSER,mysqlx_cache_cleaner/AUDIT,"+
	"mysqlx/DAEMON,mysql_native_password/AUTHENTICATION", ",")

func (v *server) plugins(*conn) []record {
	var all []record
	if !v.mariadb {
		for _, entry := range mysqlPlugins {
			name, kind, _ := strings.Cut(entry, "/")
			if name == native && v.release() >= 804 {
				continue
			}
			version, _, _ := strings.Cut(v.version, "-")
			all = append(all, record{"PLUGIN_NAME": name, "PLUGIN_VERSION": "1.0", "PLUGIN_STATUS": "ACTIVE", "PLUGIN_TYPE": kind, "PLUGIN_TYPE_VERSION": version, "PLUGIN_AUTHOR": "Oracle Corporation", "PLUGIN_DESCRIPTION": name,
				"PLUGIN_LICENSE": "GPL", "LOAD_OPTION": "FORCE", "PLUGIN_LIBRARY": nil, "PLUGIN_LIBRARY_VERSION": nil})
		}
		return all
	}
	names := strings.Fields("PLUGIN_NAME PLUGIN_VERSION PLUGIN_STATUS PLUGIN_TYPE PLUGIN_TYPE_VERSION PLUGIN_LIBRARY PLUGIN_LIBRARY_VERSION PLUGIN_AUTHOR PLUGIN_DESCRIPTION PLUGIN_LICENSE LOAD_OPTION PLUGIN_MATURITY PLUGIN_AUTH_VERSION")
	version, _, _ := strings.Cut(v.version, "-")
	parts := strings.Split(version+".0.0", ".")
	patch, _ := strconv.Atoi(parts[2])
	own := strconv.Itoa(v.release()) + map[bool]string{true: "0", false: ""}[patch < 10] + strconv.Itoa(patch) + ".0"
	for line := range strings.Lines(pluginsText) {
		r := record{}
		for i, value := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
			if r[names[i]] = value; value == `\N` {
				r[names[i]] = nil
			} else if value == "101119.0" {
				r[names[i]] = own
			} else if value == "10.11.19" {
				r[names[i]] = version
			}
		}
		all = append(all, r)
	}
	return all
}

// ofMySQL8 are what MySQL 8 has of collations beside those that it shares with MariaDB: the one of its own that is not of a language.
var ofMySQL8 = []collation{{"utf8mb4_0900_ai_ci", "utf8mb4", 255, "Yes", "Yes", "0"}, {"utf8mb4_0900_as_ci", "utf8mb4", 305, "", "Yes", "0"}, {"utf8mb4_0900_as_cs", "utf8mb4", 278, "", "Yes", "0"}, {"utf8mb4_0900_bin", "utf8mb4", 309, "", "Yes", "1"}}

func (v *server) allCollations() []collation {
	if v.mariadb {
		return collations()
	}
	var all []collation
	for _, c := range collations() {
		if c.id == 0 || c.id >= 256 || strings.Contains(c.name, "nopad") {
			continue
		}
		if c.name == "utf8mb4_general_ci" {
			c.initial = ""
		}
		all = append(all, c)
	}
	return append(all, ofMySQL8...)
}

func (v *server) characterSets(*conn) []record {
	var all []record
	for line := range strings.Lines(charsetsText) {
		name, _, _ := strings.Cut(line, "\t")
		cs := charsets()[name]
		if name == "utf8mb4" && !v.mariadb {
			cs.collation = "utf8mb4_0900_ai_ci"
		}
		all = append(all, record{"CHARACTER_SET_NAME": cs.name, "DEFAULT_COLLATE_NAME": cs.collation, "DESCRIPTION": cs.comment, "MAXLEN": cs.width})
	}
	if !v.mariadb {
		slices.SortFunc(all, func(a, b record) int {
			return strings.Compare(text(a["CHARACTER_SET_NAME"]), text(b["CHARACTER_SET_NAME"]))
		})
	}
	return all
}

func orNull(s string) any {
	if s == `\N` {
		return nil
	}
	return s
}

func (v *server) collationRecords(*conn) []record {
	var all []record
	for _, c := range v.allCollations() {
		r := record{"COLLATION_NAME": c.name, "CHARACTER_SET_NAME": orNull(c.charset), "ID": c.id, "IS_DEFAULT": orNull(c.initial), "IS_COMPILED": c.compiled, "SORTLEN": c.len, "PAD_ATTRIBUTE": "PAD SPACE"}
		if c.id == 0 {
			r["ID"] = nil
		}
		if strings.Contains(c.name, "0900") || c.name == "binary" {
			r["PAD_ATTRIBUTE"] = "NO PAD"
		}
		all = append(all, r)
	}
	return all
}

func (v *server) applicability(*conn) []record {
	var all []record
	for _, c := range v.allCollations() {
		if c.charset == `\N` {
			continue
		}
		r := record{"COLLATION_NAME": c.name, "CHARACTER_SET_NAME": c.charset, "FULL_COLLATION_NAME": c.name, "ID": c.id, "IS_DEFAULT": c.initial}
		all = append(all, r)
	}
	return all
}

func (v *server) userPrivileges(*conn) []record {
	var all []record
	for _, user := range v.accounts() {
		grantee := "'" + user + "'@'%'"
		if user == v.app.Name {
			all = append(all, record{"GRANTEE": grantee, "TABLE_CATALOG": "def", "PRIVILEGE_TYPE": "USAGE", "IS_GRANTABLE": "NO"})
			continue
		}
		for privilege := range strings.SplitSeq(v.globalPrivileges(), ", ") {
			all = append(all, record{"GRANTEE": grantee, "TABLE_CATALOG": "def", "PRIVILEGE_TYPE": privilege, "IS_GRANTABLE": "YES"})
		}
	}
	return all
}

func (v *server) schemaPrivileges(*conn) []record {
	var all []record
	for privilege := range strings.SplitSeq("SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER", ", ") {
		all = append(all, record{"GRANTEE": "'" + v.app.Name + "'@'%'", "TABLE_CATALOG": "def", "TABLE_SCHEMA": v.app.Name, "PRIVILEGE_TYPE": privilege, "IS_GRANTABLE": "NO"})
	}
	return all
}

func (v *server) userAttributes(*conn) []record {
	var all []record
	for _, a := range v.allAccounts() {
		all = append(all, record{"USER": a.user, "HOST": a.host, "ATTRIBUTE": nil})
	}
	return all
}

// innodb calls do for each table that InnoDB keeps, with the number of its space.
func (v *server) innodb(do func(t *table, number int)) {
	n := 1
	v.each(func(t *table) {
		if t.engine == "InnoDB" && t.kind == "BASE TABLE" {
			n++
			do(t, n)
		}
	})
}

func (v *server) files(*conn) []record {
	var all []record
	if v.mariadb {
		return nil // which has the table and nothing in it
	}
	add := func(id int, name, kind, space string) {
		all = append(all, record{"FILE_ID": id, "FILE_NAME": name, "FILE_TYPE": kind, "TABLESPACE_NAME": space, "TABLE_CATALOG": "", "ENGINE": "InnoDB", "FREE_EXTENTS": 0, "TOTAL_EXTENTS": 0, "EXTENT_SIZE": 1048576, "INITIAL_SIZE": 114688,
			"MAXIMUM_SIZE": nil, "AUTOEXTEND_SIZE": 1048576, "DATA_FREE": 0, "STATUS": "NORMAL"})
	}
	add(0, "./ibdata1", "TABLESPACE", "innodb_system")
	add(4294967294, "./mysql.ibd", "TABLESPACE", "mysql")
	v.innodb(func(t *table, n int) {
		if t.database == v.app.Name {
			add(n, "./"+t.database+"/"+t.name+".ibd", "TABLESPACE", t.database+"/"+t.name)
		}
	})
	return all
}

func (v *server) innodbTables(*conn) []record {
	var all []record
	v.innodb(func(t *table, n int) {
		all = append(all, record{"TABLE_ID": 10 + n, "NAME": t.database + "/" + t.name, "FLAG": 33, "N_COLS": len(t.columns) + 3, "SPACE": n, "ROW_FORMAT": "Dynamic", "ZIP_PAGE_SIZE": 0, "SPACE_TYPE": "Single"})
	})
	return all
}

func (v *server) tablespaces(*conn) []record {
	var all []record
	v.innodb(func(t *table, n int) {
		all = append(all, record{"SPACE": n, "NAME": t.database + "/" + t.name, "FLAG": 21, "ROW_FORMAT": "Compact or Redundant", "PAGE_SIZE": 16384, "FILENAME": "./" + t.database + "/" + t.name + ".ibd", "PATH": "./" + t.database + "/" + t.name + ".ibd",
			"FS_BLOCK_SIZE": 4096, "FILE_SIZE": 114688, "ALLOCATED_SIZE": 114688, "SPACE_TYPE": "Single", "STATE": "normal"})
	})
	return all
}

func (v *server) tableStatistics(c *conn) []record {
	var all []record
	v.innodb(func(t *table, _ int) {
		if t.database == v.app.Name {
			rows, _, _, index := t.size(c)
			all = append(all, record{"DATABASE_NAME": t.database, "TABLE_NAME": t.name, "LAST_UPDATE": v.created(), "N_ROWS": rows, "CLUSTERED_INDEX_SIZE": 1, "SUM_OF_OTHER_INDEX_SIZES": index / 16384})
		}
	})
	return all
}

// routines are those that the servers bring with them. What they do is not shown.
func (v *server) routines(*conn) []record {
	var all []record
	definer := map[bool]string{true: "mariadb.sys@localhost", false: "mysql.sys@localhost"}[v.mariadb]
	for line := range strings.Lines(routinesText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] == "mysql" && !v.mariadb {
			continue
		}
		all = append(all, record{"SPECIFIC_NAME": f[1], "ROUTINE_CATALOG": "def", "ROUTINE_SCHEMA": f[0], "ROUTINE_NAME": f[1], "ROUTINE_TYPE": f[2], "DATA_TYPE": f[3], "CHARACTER_MAXIMUM_LENGTH": orNull(f[4]), "DTD_IDENTIFIER": orNull(f[5]),
			"ROUTINE_BODY": "SQL", "EXTERNAL_LANGUAGE": nil, "PARAMETER_STYLE": "SQL", "IS_DETERMINISTIC": f[6], "SQL_DATA_ACCESS": f[7], "SECURITY_TYPE": f[8], "CREATED": v.created(), "LAST_ALTERED": v.created(), "SQL_MODE": "", "ROUTINE_COMMENT": "",
			"DEFINER": definer, "CHARACTER_SET_CLIENT": "utf8mb3", "COLLATION_CONNECTION": "utf8mb3_general_ci", "DATABASE_COLLATION": "utf8mb4_general_ci"})
	}
	return all
}

// processes are the connection itself and what every server has beside it.
func (v *server) processes(c *conn) []record {
	state := "init"
	if v.mariadb {
		state = "Filling schema table"
	} else if strings.Contains(strings.ToLower(c.now), "processlist") {
		state = "executing"
	}
	var database any
	if c.database != "" {
		database = c.database
	}
	var all []record
	if !v.mariadb {
		all = append(all, record{"ID": 5, "USER": "event_scheduler", "HOST": "localhost", "DB": nil, "COMMAND": "Daemon", "TIME": int64(v.host.Now().Sub(v.started()).Seconds()), "STATE": "Waiting on empty queue", "INFO": nil})
	}
	peer := c.s.Peer().String()
	now := strings.TrimRight(c.now, "; \n")
	return append(all, record{"ID": int64(c.id), "USER": c.user, "HOST": peer, "DB": database, "COMMAND": "Query", "TIME": 0, "STATE": state, "INFO": now, "TIME_MS": "0.412", "STAGE": 0, "MAX_STAGE": 0, "PROGRESS": "0.000", "MEMORY_USED": 112384,
		"MAX_MEMORY_USED": 164472, "EXAMINED_ROWS": 0, "QUERY_ID": int64(c.id)*7 + 13, "INFO_BINARY": now, "TID": v.system.PID("mysql") + 9})
}

func (v *server) variableRecords(c *conn) []record {
	var all []record
	shown := c.shownVariables()
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		as := name
		if v.mariadb {
			as = strings.ToUpper(name)
		}
		all = append(all, record{"VARIABLE_NAME": as, "VARIABLE_VALUE": shown[name]})
	}
	return all
}

func (v *server) statusRecords(c *conn) []record {
	var all []record
	for _, s := range v.statusOf(c) {
		name := s[0]
		if v.mariadb {
			name = strings.ToUpper(name)
		}
		all = append(all, record{"VARIABLE_NAME": name, "VARIABLE_VALUE": s[1]})
	}
	return all
}

// counters are what grows with the time that the server has been up: how many a day.
var counters = map[string]int{
	"Aborted_clients": 1, "Aborted_connects": 2, "Bytes_received": 3456000, "Bytes_sent": 77760000, "Com_select": 7200, "Com_set_option": 800, "Com_show_databases": 2, "Com_show_status": 3, "Com_show_tables": 4, "Com_show_variables": 40, "Handler_commit": 300,
	"Handler_read_first": 900, "Handler_read_key": 12000, "Handler_read_next": 88000, "Handler_read_rnd_next": 3100000, "Handler_external_lock": 24000, "Innodb_buffer_pool_read_requests": 420000, "Innodb_data_fsyncs": 40, "Innodb_rows_read": 640000,
	"Questions": 9600, "Queries": 9700, "Select_scan": 5200, "Sort_rows": 9000, "Sort_scan": 400, "Table_locks_immediate": 4100, "Created_tmp_tables": 1900, "Table_open_cache_hits": 7300, "Access_denied_errors": 2, "Rows_sent": 120000, "Rows_read": 640000,
}

// statusOf are the names and values of SHOW STATUS.
func (v *server) statusOf(c *conn) [][2]string {
	up := int(v.host.Now().Sub(v.started()).Seconds())
	var all [][2]string
	for line := range strings.Lines(statusText) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !v.mariadb && (strings.HasPrefix(name, "Aria") || strings.HasPrefix(name, "Feature_") || strings.HasPrefix(name, "Rpl_semi") || strings.HasPrefix(name, "wsrep") || strings.HasPrefix(name, "Subquery") || strings.HasPrefix(name, "Binlog_gtid")) {
			continue
		}
		if perDay, ok := counters[name]; ok {
			value = strconv.Itoa(int(int64(up) * int64(perDay) / 86400))
		}
		switch name {
		case "Uptime", "Uptime_since_flush_status":
			value = strconv.Itoa(up)
		case "Connections":
			value = strconv.Itoa(int(c.id))
		case "Threads_connected", "Max_used_connections":
			value = "2"
		case "Threads_running", "Threads_cached":
			value = "1"
		case "Threads_created":
			value = "3"
		}
		all = append(all, [2]string{name, value})
	}
	return all
}
