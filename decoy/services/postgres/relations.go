package postgres

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/bait"
)

// column is one of a relation.
type column struct {
	name    string
	typ     uint32
	mod     int32
	notNull bool
	primary bool
	def     *expr
	defText string
}

// relation is a table or what is like one. It is not changed, but replaced: a transaction that is rolled back goes back to the old one.
type relation struct {
	schema, name string
	oid          uint32
	kind         string // r, v, i, S …
	owner        string
	columns      []column
	rows         [][]any
	view         *selection
	of           string // the table of an index
	value        int64  // of a sequence
	system       bool
}

func (r *relation) index(name string) int {
	return slices.IndexFunc(r.columns, func(c column) bool { return c.name == name })
}

// role is one who can own something, and maybe log in.
type role struct {
	name                                                    string
	oid                                                     uint32
	super, login, createDB, createRole, replication, bypass bool
	proof                                                   string
}

// catalogued is what is known of by its name alone: databases, schemas, extensions, functions, languages, types.
type catalogued struct {
	kind, name, owner, detail, body string
	oid                             uint32
}

// world is all that a session sees, and may have changed.
type world struct {
	relations []*relation
	roles     []role
	things    []catalogued
	next      uint32
}

func (w *world) clone() *world {
	return &world{relations: slices.Clone(w.relations), roles: slices.Clone(w.roles), things: slices.Clone(w.things), next: w.next}
}

func (w *world) number() uint32 { w.next++; return w.next - 1 }

// find finds a database by its name or number.
func (w *world) find(name string) *catalogued {
	for i := range w.things {
		if t := &w.things[i]; t.kind == "database" && (t.name == name || strconv.Itoa(int(t.oid)) == name) {
			return t
		}
	}
	return nil
}

func (w *world) thing(kind, name string) *catalogued {
	for i := range w.things {
		if t := &w.things[i]; t.kind == kind && t.name == name {
			return t
		}
	}
	return nil
}

func (w *world) role(name string) *role {
	for i := range w.roles {
		if w.roles[i].name == name {
			return &w.roles[i]
		}
	}
	return nil
}

// groups are the roles that every server has, by version.
func (v *server) groups() []role {
	list := []role{{name: "pg_monitor", oid: 3373}, {name: "pg_read_all_settings", oid: 3374}, {name: "pg_read_all_stats", oid: 3375}, {name: "pg_stat_scan_tables", oid: 3377}, {name: "pg_read_server_files", oid: 4569},
		{name: "pg_write_server_files", oid: 4570}, {name: "pg_execute_server_program", oid: 4571}, {name: "pg_signal_backend", oid: 4200}}
	if v.major >= 14 {
		list = append([]role{{name: "pg_database_owner", oid: 6171}, {name: "pg_read_all_data", oid: 6181}, {name: "pg_write_all_data", oid: 6182}}, list...)
	}
	if v.major >= 15 {
		list = append(list, role{name: "pg_checkpoint", oid: 4544})
	}
	if v.major >= 16 {
		list = append(list, role{name: "pg_use_reserved_connections", oid: 4550}, role{name: "pg_create_subscription", oid: 6304})
	}
	return list
}

func (v *server) roleOID(name string) uint32 {
	if name == "postgres" {
		return 10
	}
	return 16384 + uint32(max(0, slices.Index(v.roles(), name)))
}

// world is the session's own, made when it is first asked for.
func (c *conn) world() *world {
	if c.own != nil {
		return c.own
	}
	v := c.server
	w := &world{next: 16450}
	w.roles = append(v.groups(), role{name: "postgres", oid: 10, super: true, login: true, createDB: true, createRole: true, replication: true, bypass: true, proof: v.proof("postgres")})
	for _, name := range v.roles() {
		if name != "postgres" {
			w.roles = append(w.roles, role{name: name, oid: v.roleOID(name), login: true, proof: v.proof(name)})
		}
	}
	template1, template0, postgres := uint32(1), uint32(4), uint32(5)
	if v.major < 15 {
		template0, postgres = 13780, 13781
	}
	w.things = []catalogued{{kind: "database", name: "postgres", owner: "postgres", oid: postgres}, {kind: "database", name: v.app.Name, owner: v.app.Name, oid: 16387}, {kind: "database", name: "template1", owner: "postgres", oid: template1},
		{kind: "database", name: "template0", owner: "postgres", oid: template0}, {kind: "schema", name: "pg_toast", owner: "postgres", oid: 99}, {kind: "schema", name: "pg_catalog", owner: "postgres", oid: 11},
		{kind: "schema", name: "public", owner: map[bool]string{true: "pg_database_owner", false: "postgres"}[v.major >= 15], oid: 2200}, {kind: "schema", name: "information_schema", owner: "postgres", oid: 13207},
		{kind: "language", name: "internal", oid: 12}, {kind: "language", name: "c", oid: 13}, {kind: "language", name: "sql", oid: 14}, {kind: "language", name: "plpgsql", oid: 13563}, {kind: "extension", name: "plpgsql", detail: "1.0", oid: 13562}}
	if c.database == v.app.Name {
		for i, t := range v.app.Tables {
			w.relations = append(w.relations, fromBait(&t, 16390+6*uint32(i), v.app.Name))
		}
	}
	c.own = w
	return w
}

// fromBait makes a relation of a table of the application.
func fromBait(t *bait.Table, oid uint32, owner string) *relation {
	r := &relation{schema: "public", name: t.Name, oid: oid, kind: "r", owner: owner}
	for i, col := range t.Columns {
		made := column{name: col.Name, typ: map[bait.Kind]uint32{bait.Number: typeInt4, bait.Time: typeTimestamp}[col.Kind], mod: -1}
		if made.typ == 0 {
			made.typ = typeText
		}
		made.primary = i == 0 && col.Name == "id"
		made.notNull = made.primary
		r.columns = append(r.columns, made)
	}
	for _, row := range t.Rows {
		values := make([]any, len(row))
		for i, v := range row {
			values[i] = v
		}
		r.rows = append(r.rows, values)
	}
	return r
}

// lookup finds a relation by its name, which may have a schema; nil where there is none.
func (c *conn) lookup(names []string, text string) *relation {
	if len(text) > 4*maxColumns+64 {
		return nil
	}
	if names == nil {
		for part := range strings.SplitSeq(text, ".") {
			if unquoted, ok := strings.CutPrefix(part, `"`); ok {
				part = strings.TrimSuffix(unquoted, `"`)
			} else {
				part = strings.ToLower(part)
			}
			names = append(names, part)
		}
	}
	name, schema := names[len(names)-1], ""
	if len(names) > 1 {
		schema = names[len(names)-2]
	}
	for _, r := range c.world().relations {
		if r.name == name && (schema == r.schema || schema == "pg_temp" && strings.HasPrefix(r.schema, "pg_temp") || schema == "" && (r.schema == "public" && c.seesPublic() || strings.HasPrefix(r.schema, "pg_temp"))) {
			return r
		}
	}
	for _, r := range factsOf().relations {
		if r.name == name && (schema == r.schema || schema == "" && r.schema == "pg_catalog") && c.server.has(name) {
			return r
		}
	}
	return nil
}

// has tells whether the server's version has a catalog. The list is that of version 15.
func (v *server) has(catalog string) bool {
	since := map[string]int{"pg_parameter_acl": 15, "pg_publication_namespace": 15, "pg_ident_file_mappings": 15, "pg_stat_recovery_prefetch": 15, "pg_stat_subscription_stats": 15, "pg_backend_memory_contexts": 14, "pg_stat_progress_copy": 14, "pg_stat_replication_slots": 14, "pg_stat_wal": 14, "pg_stats_ext_exprs": 14,
		"pg_shmem_allocations": 13, "pg_stat_progress_analyze": 13, "pg_stat_progress_basebackup": 13, "pg_stat_slru": 13}
	return v.major >= since[catalog]
}

// seesPublic tells whether public is in the search path.
func (c *conn) seesPublic() bool {
	path, ok := c.set["search_path"]
	return !ok || strings.Contains(path, "public")
}

// relation finds one that a query names, or says that there is none.
func (q *query) relation(names []string, at int) *relation {
	if len(names) > 3 {
		q.fail("42601", at, "makeRangeVarFromAnyName", "improper qualified name (too many dotted names): %s", clip(strings.Join(names, ".")))
	}
	if len(names) == 3 && names[0] != q.c.database {
		q.fail("0A000", at, "RangeVarGetRelidExtended", "cross-database references are not implemented: \"%s\"", clip(strings.Join(names, ".")))
	}
	r := q.c.lookup(names, "")
	if r == nil || r.kind == "i" {
		if r != nil {
			q.fail("42809", at, "table_open", "\"%s\" is an index", r.name)
		}
		q.fail("42P01", at, "parserOpenTable", "relation \"%s\" does not exist", clip(strings.Join(names[max(0, len(names)-2):], ".")))
	}
	return r
}

// secret are the catalogs with proofs of passwords, and what else is for superusers alone.
var secret = map[string]string{"pg_shadow": "view", "pg_authid": "table", "pg_hba_file_rules": "view", "pg_file_settings": "view", "pg_ident_file_mappings": "view", "pg_largeobject": "table", "pg_statistic": "table", "pg_user_mapping": "table"}

// permitted refuses a relation that the user may not read.
func (q *query) permitted(r *relation) {
	if q.c.super() {
		return
	}
	if kind, ok := secret[r.name]; r.system && ok && r.schema == "pg_catalog" {
		q.fail("42501", 0, "aclcheck_error", "permission denied for %s %s", kind, r.name)
	}
	if !r.system && r.owner != q.c.user {
		q.fail("42501", 0, "aclcheck_error", "permission denied for table %s", r.name)
	}
}

// rowsOf are the rows of a relation.
func (q *query) rowsOf(r *relation) [][]any {
	if !r.system {
		if r.kind == "S" {
			return [][]any{{strconv.FormatInt(r.value, 10), "0", truth(r.value > 0)}}
		}
		return r.rows
	}
	rows, ok := q.read[r]
	if ok {
		q.step(len(rows))
		return rows
	}
	q.c.catalog(q, r, func(values ...any) {
		row := make([]any, len(r.columns))
		for i, col := range r.columns {
			switch {
			case col.typ == typeBool:
				row[i] = "f"
			case isInt(col.typ) || col.typ == typeOID || col.typ == typeRegproc || col.typ == typeFloat4:
				row[i] = "0"
			case col.typ == typeChar:
				row[i] = ""
			}
		}
		for i := 0; i+1 < len(values); i += 2 {
			at := r.index(values[i].(string))
			if at < 0 {
				continue
			}
			switch v := values[i+1].(type) {
			case nil:
				row[at] = nil
			case string:
				row[at] = v
			case bool:
				row[at] = truth(v)
			default:
				row[at] = fmt.Sprint(v)
			}
		}
		rows = append(rows, row)
	})
	q.step(len(rows))
	q.hold(len(rows), len(r.columns))
	if q.read == nil {
		q.read = map[*relation][][]any{}
	}
	q.read[r] = rows
	return rows
}

var regTypes = map[uint32]string{typeRegclass: "regclass", typeRegtype: "regtype", typeRegproc: "regproc", typeRegrole: "regrole", typeRegNS: "regnamespace", typeVoid: "void", 22: "int2vector", 30: "oidvector", 194: "pg_node_tree", 1034: "aclitem[]", 1028: "oid[]"}

// reg checks the name of an object, as which it is kept; a number is the object's name.
func (q *query) reg(s string, t uint32, at int) string {
	if _, err := strconv.ParseUint(s, 10, 32); err == nil {
		return q.regName(s, t)
	}
	switch t {
	case typeRegclass:
		r := q.c.lookup(nil, s)
		if r == nil {
			q.fail("42P01", at, "RangeVarGetRelidExtended", "relation \"%s\" does not exist", clip(s))
		}
		return q.shown(r)
	case typeRegtype:
		if typ := factsOf().byName[strings.ToLower(s)]; typ != 0 {
			return long(typ)
		}
		q.fail("42704", at, "parseTypeString", "type \"%s\" does not exist", clip(s))
	case typeRegrole:
		if q.c.world().role(s) == nil {
			q.fail("42704", at, "get_role_oid", "role \"%s\" does not exist", clip(s))
		}
	case typeRegNS:
		if q.c.world().thing("schema", s) == nil {
			q.fail("3F000", at, "get_namespace_oid", "schema \"%s\" does not exist", clip(s))
		}
	case typeRegproc:
		if functionsOf()[strings.TrimPrefix(s, "pg_catalog.")] == nil {
			q.fail("42883", at, "regprocin", "function \"%s\" does not exist", clip(s))
		}
	}
	return s
}

func (q *query) shown(r *relation) string {
	if r.schema == "pg_catalog" || r.schema == "public" {
		return quoteIdent(r.name)
	}
	return r.schema + "." + quoteIdent(r.name)
}

// regName is the name of the object of that number.
func (q *query) regName(s string, t uint32) string {
	n, _ := strconv.ParseUint(s, 10, 32)
	w := q.c.world()
	switch t {
	case typeRegclass:
		for _, r := range slices.Concat(w.relations, factsOf().relations) {
			if uint64(r.oid) == n {
				return q.shown(r)
			}
		}
	case typeRegtype:
		if info := factsOf().types[uint32(n)]; info != nil {
			return info.long
		}
	case typeRegrole:
		for _, r := range w.roles {
			if uint64(r.oid) == n {
				return r.name
			}
		}
	case typeRegNS:
		for _, thing := range w.things {
			if thing.kind == "schema" && uint64(thing.oid) == n {
				return thing.name
			}
		}
	}
	if n == 0 {
		return "-"
	}
	return s
}

// number is the number of an object that is kept as its name.
func (q *query) number(s string, t uint32) string {
	if _, err := strconv.ParseUint(s, 10, 32); err == nil {
		return s
	}
	w := q.c.world()
	switch t {
	case typeRegclass:
		if r := q.c.lookup(nil, s); r != nil {
			return strconv.Itoa(int(r.oid))
		}
	case typeRegtype:
		return strconv.Itoa(int(factsOf().byName[s]))
	case typeRegrole:
		if r := w.role(s); r != nil {
			return strconv.Itoa(int(r.oid))
		}
	case typeRegNS:
		if thing := w.thing("schema", s); thing != nil {
			return strconv.Itoa(int(thing.oid))
		}
	}
	return "0"
}

func (c *conn) roleNumber(name string) uint32 {
	if r := c.world().role(name); r != nil {
		return r.oid
	}
	return 10
}

func (c *conn) schemaNumber(name string) uint32 {
	if t := c.world().thing("schema", name); t != nil {
		return t.oid
	}
	return 16500
}

// collationOf is that of a column of the type.
func collationOf(t uint32, system bool) int {
	switch {
	case t == typeChar:
		return 0
	case t == typeName, system && (isText(t) || isText(elementOf(t))):
		return 950
	case isText(t) || isText(elementOf(t)):
		return 100
	}
	return 0
}

// key finds the table whose primary key's index has the number, and its column.
func (w *world) key(index string) (*relation, string) {
	for _, r := range w.relations {
		for _, col := range r.columns {
			if col.primary && r.kind == "r" && strconv.Itoa(int(r.oid+3)) == index {
				return r, col.name
			}
		}
	}
	return nil, ""
}

// catalog gives the rows of a system catalog. What isn't kept here has none.
func (c *conn) catalog(q *query, r *relation, add func(values ...any)) {
	w := c.world()
	things := func(kind string, give func(t *catalogued)) {
		for i := range w.things {
			if w.things[i].kind == kind {
				give(&w.things[i])
			}
		}
	}
	if r.schema == "information_schema" {
		c.informationSchema(r, add)
		return
	}
	switch r.name {
	case "pg_database":
		things("database", func(t *catalogued) {
			template := strings.HasPrefix(t.name, "template")
			var acl any
			if template {
				acl = "{=c/postgres,postgres=CTc/postgres}"
			}
			add("oid", t.oid, "datname", t.name, "datdba", c.roleNumber(t.owner), "encoding", 6, "datlocprovider", "c", "datistemplate", template, "datallowconn", t.name != "template0", "datconnlimit", -1, "datfrozenxid", 717, "datminmxid", 1, "dattablespace", 1663, "datcollate", "en_US.UTF-8", "datctype", "en_US.UTF-8", "datacl", acl)
		})
	case "pg_roles", "pg_authid":
		for _, o := range w.roles {
			var proof any = "********"
			if r.name == "pg_authid" {
				if proof = nil; o.proof != "" {
					proof = o.proof
				}
			}
			add("oid", o.oid, "rolname", o.name, "rolsuper", o.super, "rolinherit", true, "rolcreaterole", o.createRole, "rolcreatedb", o.createDB, "rolcanlogin", o.login, "rolreplication", o.replication, "rolconnlimit", -1, "rolpassword", proof, "rolbypassrls", o.bypass)
		}
	case "pg_user", "pg_shadow":
		for _, o := range w.roles {
			var proof any = "********"
			if r.name == "pg_shadow" {
				if proof = nil; o.proof != "" {
					proof = o.proof
				}
			}
			if o.login {
				add("usename", o.name, "usesysid", o.oid, "usecreatedb", o.createDB, "usesuper", o.super, "userepl", o.replication, "usebypassrls", o.bypass, "passwd", proof)
			}
		}
	case "pg_group":
		for _, o := range w.roles {
			if !o.login {
				add("groname", o.name, "grosysid", o.oid, "grolist", "{}")
			}
		}
	case "pg_auth_members":
		for i, member := range []int{3374, 3375, 3377} {
			add("oid", 13900+i, "roleid", member, "member", 3373, "grantor", 10)
		}
	case "pg_namespace":
		things("schema", func(t *catalogued) {
			var acl any
			switch t.name {
			case "pg_catalog", "information_schema":
				acl = "{postgres=UC/postgres,=U/postgres}"
			case "public":
				acl = "{" + t.owner + "=UC/" + t.owner + ",=U/" + t.owner + "}"
				if c.server.major < 15 {
					acl = "{postgres=UC/postgres,=UC/postgres}"
				}
			}
			add("oid", t.oid, "nspname", t.name, "nspowner", c.roleNumber(t.owner), "nspacl", acl)
		})
	case "pg_class":
		for _, o := range slices.Concat(factsOf().relations, w.relations) {
			if !c.server.has(o.name) {
				continue
			}
			am, pages := 0, 0
			switch o.kind {
			case "r":
				am, pages = 2, 1
			case "i":
				am, pages = 403, 2
			}
			index := slices.ContainsFunc(o.columns, func(col column) bool { return col.primary })
			if index && o.kind == "r" {
				add("oid", o.oid+3, "relname", o.name+"_pkey", "relnamespace", c.schemaNumber(o.schema), "relowner", c.roleNumber(o.owner), "relam", 403, "relfilenode", o.oid+3, "relpages", 2, "reltuples", len(o.rows), "relkind", "i", "relnatts", 1, "relpersistence", "p", "relreplident", "n", "relispopulated", true)
			}
			persistence := "p"
			if strings.HasPrefix(o.schema, "pg_temp") {
				persistence = "t"
			}
			add("oid", o.oid, "relname", o.name, "relnamespace", c.schemaNumber(o.schema), "relowner", c.roleNumber(o.owner), "relam", am, "relfilenode", o.oid, "relpages", pages, "reltuples", len(o.rows), "relkind", o.kind, "relnatts", len(o.columns), "relpersistence", persistence, "relreplident", "d", "relispopulated", true, "relhasindex", index || o.system && o.kind == "r", "relfrozenxid", 717, "relminmxid", 1, "reltoastrelid", 0)
		}
	case "pg_attribute":
		for _, o := range slices.Concat(w.relations, factsOf().relations) {
			for i, col := range o.columns {
				var acl any
				category := "p"
				if sizeOf(col.typ) < 0 {
					category = "x"
				}
				add("attrelid", o.oid, "attname", col.name, "atttypid", col.typ, "attlen", sizeOf(col.typ), "attnum", i+1, "attcacheoff", -1, "attstattarget", -1, "atttypmod", col.mod, "attbyval", sizeOf(col.typ) > 0 && sizeOf(col.typ) <= 8, "attalign", "i", "attstorage", category, "attnotnull", col.notNull || o.system && o.kind == "r" && (sizeOf(col.typ) > 0 || col.typ == 22 || col.typ == 30), "atthasdef", col.defText != "", "attislocal", true, "attcollation", collationOf(col.typ, o.system), "attacl", acl)
			}
		}
	case "pg_attrdef":
		for _, o := range w.relations {
			for i, col := range o.columns {
				if col.defText != "" {
					add("oid", o.oid+1, "adrelid", o.oid, "adnum", i+1, "adbin", col.defText)
				}
			}
		}
	case "pg_type":
		types := factsOf().types
		for _, oid := range slices.Sorted(maps.Keys(types)) {
			t := types[oid]
			storage := "p"
			if t.size < 0 {
				storage = "x"
			}
			add("oid", oid, "typname", t.name, "typnamespace", 11, "typowner", 10, "typlen", t.size, "typbyval", t.size > 0 && t.size <= 8, "typtype", t.kind, "typcategory", t.category, "typisdefined", true, "typdelim", ",", "typelem", t.of, "typarray", t.array, "typtypmod", -1, "typcollation", collationOf(oid, false), "typalign", "i", "typstorage", storage)
		}
	case "pg_language":
		things("language", func(t *catalogued) {
			add("oid", t.oid, "lanname", t.name, "lanowner", 10, "lanispl", t.oid > 1000, "lanpltrusted", t.name == "sql" || t.name == "plpgsql")
		})
	case "pg_extension":
		things("extension", func(t *catalogued) {
			schema := 2200
			if t.name == "plpgsql" {
				schema = 11
			}
			add("oid", t.oid, "extname", t.name, "extowner", 10, "extnamespace", schema, "extversion", t.detail)
		})
	case "pg_available_extensions":
		for _, e := range factsOf().extensions {
			var installed any
			if t := w.thing("extension", e[0]); t != nil {
				installed = e[1]
			}
			add("name", e[0], "default_version", e[1], "installed_version", installed, "comment", e[2])
		}
	case "pg_proc":
		things("function", func(t *catalogued) {
			language := 14
			if l := w.thing("language", t.detail); l != nil {
				language = int(l.oid)
			}
			add("oid", t.oid, "proname", t.name, "pronamespace", 2200, "proowner", c.roleNumber(t.owner), "prolang", language, "prokind", "f", "prosrc", t.body, "provolatile", "v", "proparallel", "u", "prorettype", 23)
		})
	case "pg_tablespace":
		add("oid", 1663, "spcname", "pg_default", "spcowner", 10)
		add("oid", 1664, "spcname", "pg_global", "spcowner", 10)
	case "pg_am":
		for _, a := range []struct {
			oid  int
			name string
		}{{2, "heap"}, {403, "btree"}, {405, "hash"}, {783, "gist"}, {2742, "gin"}, {4000, "spgist"}, {3580, "brin"}} {
			add("oid", a.oid, "amname", a.name, "amhandler", a.name+"handler", "amtype", map[bool]string{true: "t", false: "i"}[a.oid == 2])
		}
	case "pg_collation":
		for i, name := range []string{"default", "C", "POSIX"} {
			add("oid", []int{100, 950, 951}[i], "collname", name, "collnamespace", 11, "collowner", 10, "collprovider", map[bool]string{true: "d", false: "c"}[i == 0], "collisdeterministic", true, "collencoding", -1, "collcollate", name, "collctype", name)
		}
	case "pg_tables":
		for _, o := range slices.Concat(w.relations, factsOf().relations) {
			if o.kind == "r" {
				index := slices.ContainsFunc(o.columns, func(col column) bool { return col.primary })
				add("schemaname", o.schema, "tablename", o.name, "tableowner", o.owner, "hasindexes", index || o.system)
			}
		}
	case "pg_views":
		for _, o := range slices.Concat(w.relations, factsOf().relations) {
			if o.kind == "v" {
				add("schemaname", o.schema, "viewname", o.name, "viewowner", o.owner)
			}
		}
	case "pg_indexes":
		for _, o := range w.relations {
			for _, col := range o.columns {
				if col.primary && o.kind == "r" {
					add("schemaname", o.schema, "tablename", o.name, "indexname", o.name+"_pkey", "indexdef", "CREATE UNIQUE INDEX "+o.name+"_pkey ON "+o.schema+"."+o.name+" USING btree ("+col.name+")")
				}
			}
		}
	case "pg_stat_user_tables", "pg_stat_all_tables", "pg_statio_user_tables":
		for _, o := range w.relations {
			if o.kind == "r" {
				add("relid", o.oid, "schemaname", o.schema, "relname", o.name, "n_tup_ins", len(o.rows), "n_live_tup", len(o.rows))
			}
		}
	case "pg_settings":
		values := c.settings()
		for _, s := range factsOf().settings {
			if c.restricted(s.name) {
				continue
			}
			var unit any
			if s.unit != "" {
				unit = s.unit
			}
			value := s.raw
			if set, ok := c.set[strings.ToLower(s.name)]; ok {
				value = set
			}
			add("name", s.name, "setting", value, "unit", unit, "context", s.context, "vartype", s.kind, "source", "default", "boot_val", s.raw, "reset_val", s.raw)
		}
		for _, name := range slices.Sorted(maps.Keys(c.overrides())) {
			if !c.restricted(name) && name != "is_superuser" && name != "session_authorization" {
				add("name", canonicalSetting(name), "setting", values[name], "context", "postmaster", "vartype", "string", "source", "configuration file")
			}
		}
	case "pg_stat_activity":
		start := c.server.host.BootTime()
		for i, b := range []string{"autovacuum launcher", "logical replication launcher", "checkpointer", "background writer", "walwriter"} {
			user := any(nil)
			if i == 1 {
				user = "postgres"
			}
			id := any(nil)
			if i == 1 {
				id = 10
			}
			add("datid", nil, "pid", 800+i, "usesysid", id, "usename", user, "application_name", "", "backend_start", formatTime(start, typeTimestampTZ), "wait_event_type", "Activity", "backend_type", b, "client_port", nil, "leader_pid", nil, "query_id", nil)
		}
		d := w.find(c.database)
		if d != nil {
			now := formatTime(q.now, typeTimestampTZ)
			add("datid", d.oid, "datname", c.database, "pid", c.pid, "leader_pid", nil, "usesysid", c.roleNumber(c.user), "usename", c.user, "application_name", c.settings()["application_name"], "client_addr", c.s.Peer().Addr().Unmap().String(), "client_port", c.s.Peer().Port(), "backend_start", now, "xact_start", now, "query_start", now, "state_change", now, "state", "active", "query_id", nil, "query", q.text, "backend_type", "client backend")
		}
	case "pg_stat_ssl":
		add("pid", c.pid, "ssl", c.secured, "version", map[bool]any{true: "TLSv1.3"}[c.secured], "bits", map[bool]any{true: 256}[c.secured])
	case "pg_stat_database":
		things("database", func(t *catalogued) { add("datid", t.oid, "datname", t.name, "numbackends", t.name == c.database) })
	case "pg_init_privs":
		for _, schema := range []int{11, 13207} {
			add("objoid", schema, "classoid", 2615, "privtype", "i", "initprivs", "{postgres=UC/postgres,=U/postgres}")
		}
	case "pg_description":
		add("objoid", 13562, "classoid", 3079, "description", "PL/pgSQL procedural language")
		add("objoid", 2200, "classoid", 2615, "description", "standard public schema")
	case "pg_index":
		for _, o := range w.relations {
			for i, col := range o.columns {
				if col.primary && o.kind == "r" {
					add("indexrelid", o.oid+3, "indrelid", o.oid, "indnatts", 1, "indnkeyatts", 1, "indisunique", true, "indisprimary", true, "indimmediate", true, "indisvalid", true, "indisready", true, "indislive", true, "indkey", strconv.Itoa(i+1))
				}
			}
		}
	case "pg_constraint":
		for _, o := range w.relations {
			for i, col := range o.columns {
				if col.primary && o.kind == "r" {
					add("oid", o.oid+4, "conname", o.name+"_pkey", "connamespace", c.schemaNumber(o.schema), "contype", "p", "convalidated", true, "conrelid", o.oid, "conindid", o.oid+3, "conislocal", true, "conkey", fmt.Sprintf("{%d}", i+1))
				}
			}
		}
	case "pg_largeobject":
		for _, id := range slices.Sorted(maps.Keys(c.objects)) {
			content := c.objects[id]
			for page := 0; page*2048 < len(content); page++ {
				add("loid", id, "pageno", page, "data", hexBytes(content[page*2048:min(len(content), page*2048+2048)]))
				q.grow(4096)
			}
		}
	case "pg_largeobject_metadata":
		for _, id := range slices.Sorted(maps.Keys(c.objects)) {
			add("oid", id, "lomowner", c.roleNumber(c.user))
		}
	case "pg_hba_file_rules":
		method := "scram-sha-256"
		if c.server.md5 {
			method = "md5"
		}
		for i, rule := range [][4]string{{"local", "", "", "peer"}, {"host", "127.0.0.1", "255.255.255.255", method}, {"host", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", method}, {"host", "0.0.0.0", "0.0.0.0", method}} {
			values := []any{"line_number", 118 + 2*i, "type", rule[0], "database", "{all}", "user_name", "{all}", "auth_method", rule[3]}
			if rule[1] != "" {
				values = append(values, "address", rule[1], "netmask", rule[2])
			}
			add(values...)
		}
	}
}

// informationSchema gives the rows of its views.
func (c *conn) informationSchema(r *relation, add func(values ...any)) {
	for _, o := range slices.Concat(c.world().relations, factsOf().relations) {
		if o.kind != "r" && o.kind != "v" || o.name == "pg_authid" && !c.super() || o.name == "pg_shadow" && !c.super() {
			continue
		}
		if !o.system && !c.super() && o.owner != c.user {
			continue
		}
		kind := "BASE TABLE"
		if o.kind == "v" {
			kind = "VIEW"
		}
		switch r.name {
		case "tables":
			add("table_catalog", c.database, "table_schema", o.schema, "table_name", o.name, "table_type", kind, "is_insertable_into", map[bool]string{true: "YES", false: "NO"}[o.kind == "r"], "is_typed", "NO")
		case "columns":
			for i, col := range o.columns {
				info := factsOf().types[col.typ]
				name, udt := "USER-DEFINED", ""
				if info != nil {
					name, udt = info.long, info.name
					if info.of != 0 {
						name = "ARRAY"
					}
				}
				var length any
				if col.mod >= 4 && (col.typ == typeVarchar || col.typ == typeBpchar) {
					length = col.mod - 4
				}
				var def any
				if col.defText != "" {
					def = col.defText
				}
				null := "YES"
				if col.notNull {
					null = "NO"
				}
				add("table_catalog", c.database, "table_schema", o.schema, "table_name", o.name, "column_name", col.name, "ordinal_position", i+1, "column_default", def, "is_nullable", null, "data_type", name, "udt_catalog", c.database, "udt_schema", "pg_catalog", "udt_name", udt, "character_maximum_length", length, "numeric_precision", map[bool]any{true: 32}[col.typ == typeInt4], "numeric_precision_radix", map[bool]any{true: 2}[col.typ == typeInt4], "numeric_scale", map[bool]any{true: 0}[col.typ == typeInt4],
					"character_octet_length", nil, "datetime_precision", nil, "interval_precision", nil, "maximum_cardinality", nil, "dtd_identifier", strconv.Itoa(i+1), "is_identity", "NO", "is_generated", "NEVER", "is_updatable", "YES", "is_self_referencing", "NO", "identity_cycle", "NO")
			}
		case "role_table_grants", "table_privileges":
			if !o.system {
				for _, p := range []string{"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"} {
					add("grantor", o.owner, "grantee", o.owner, "table_catalog", c.database, "table_schema", o.schema, "table_name", o.name, "privilege_type", p, "is_grantable", "YES", "with_hierarchy", "NO")
				}
			}
		}
	}
	switch r.name {
	case "schemata":
		for _, t := range c.world().things {
			if t.kind == "schema" && (c.super() || t.owner == c.user || c.database == c.server.app.Name && t.name == "public" && c.user == c.server.app.Name) {
				add("catalog_name", c.database, "schema_name", t.name, "schema_owner", t.owner)
			}
		}
	case "information_schema_catalog_name":
		add("catalog_name", c.database)
	case "enabled_roles", "applicable_roles":
		add("role_name", c.user, "grantee", c.user)
	}
}
