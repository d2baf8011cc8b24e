package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy/services/internal/tinysql"
)

// change answers a statement that changes something; what it changes is so for this session.
func (c *conn) change(q *query, first, text string, p *cursor) outcome {
	done := outcome{tag: strings.ToUpper(first)}
	table := func() *relation { // one that must be there
		names, _ := p.name()
		if names == nil {
			panic(c.syntaxError(text, p.end(text)).failed)
		}
		return q.relation(names, 0)
	}
	switch first {
	case "create":
		return c.create(q, text, p)
	case "drop":
		return c.drop(q, text, p)
	case "alter":
		return c.alter(q, text, p)
	case "insert":
		return c.insert(q, text, p)
	case "delete", "update":
		return c.modify(q, first, p)
	case "truncate":
		p.take("table")
		for {
			p.take("only")
			names, _ := p.name()
			if names == nil {
				return c.syntaxError(text, p.end(text))
			}
			t := q.owned(names, 0)
			changed := *t
			changed.rows = nil
			c.replace(t, &changed)
			if !p.take(",") {
				return outcome{tag: "TRUNCATE TABLE"}
			}
		}
	case "refresh":
		p.take("materialized", "view")
		p.take("concurrently")
		table()
		return outcome{tag: "REFRESH MATERIALIZED VIEW"}
	case "grant", "revoke":
		return c.grant(q, first, text, p)
	case "vacuum", "analyze", "analyse", "lock", "cluster":
		if first == "analyse" {
			done.tag = "ANALYZE"
		}
		if p.take("(") {
			for p.at < len(p.tokens) && !p.take(")") {
				p.at++
			}
		}
		for p.take("full") || p.take("freeze") || p.take("verbose") || p.take("analyze") || p.take("table") || p.take("only") {
		}
		if first == "vacuum" && c.status == 'T' {
			return outcome{failed: c.failure("25001", "VACUUM cannot run inside a transaction block", 0, "PreventInTransactionBlock")}
		}
		if first == "lock" {
			done.tag = "LOCK TABLE"
			if c.status == 'I' {
				return outcome{failed: c.failure("25P01", "LOCK TABLE can only be used in transaction blocks", 0, "RequireTransactionBlock")}
			}
		}
		if p.at < len(p.tokens) {
			table()
		}
		return done
	case "checkpoint":
		if !c.super() {
			return c.denied("must be superuser or have privileges of pg_checkpoint to do CHECKPOINT")
		}
		return done
	case "reindex":
		return done
	case "comment":
		if p.take("on", "table") {
			table()
		}
		return done
	case "load":
		file, ok := p.literal()
		if !ok {
			return c.syntaxError(text, p.end(text))
		}
		if failed := c.library(file); failed.failed != nil {
			return failed
		}
		return done
	case "call":
		names, at := p.name()
		if names == nil {
			return c.syntaxError(text, p.end(text))
		}
		f := q.failure("42883", at+1, "ParseFuncOrColumn", "procedure %s() does not exist", clip(strings.Join(names, ".")))
		f.Hint = "No procedure matches the given name and argument types. You might need to add explicit type casts."
		return outcome{failed: f}
	case "do":
		return c.block(q, text, p)
	case "import":
		for p.at < len(p.tokens) && !p.take("server") {
			p.at++
		}
		if names, _ := p.name(); names != nil {
			q.fail("42704", 0, "GetForeignServerByName", "server \"%s\" does not exist", clip(names[0]))
		}
	case "reassign":
		return outcome{tag: "REASSIGN OWNED"}
	}
	return c.syntaxError(text, p.end(text))
}

func (c *conn) grant(q *query, first, text string, p *cursor) outcome {
	done := outcome{tag: strings.ToUpper(first)}
	last := p.tokens[len(p.tokens)-1]
	if last.Kind != tinysql.Word && last.Kind != tinysql.Name || len(p.tokens) < 4 {
		return c.syntaxError(text, last.To)
	}
	at := slices.IndexFunc(p.tokens, func(t tinysql.Token) bool { return t.Is("on") })
	to := -1
	for i, t := range p.tokens {
		if t.Is("to") || t.Is("from") {
			to = i
		}
	}
	if to < 0 || to+1 >= len(p.tokens) {
		return c.syntaxError(text, last.To)
	}
	if at < 0 { // of a role
		if done.tag += " ROLE"; c.world().role(p.tokens[1].Text) == nil {
			q.fail("42704", 0, "get_role_oid", "role \"%s\" does not exist", clip(p.tokens[1].Text))
		}
		if !c.super() {
			return c.denied("must have admin option on role \"%s\"", clip(p.tokens[1].Text))
		}
	} else {
		p.at = at + 1
		if p.take("table") || !slices.ContainsFunc([]string{"database", "schema", "all", "function", "sequence", "language", "tablespace", "type", "domain", "foreign", "parameter", "large"}, p.is) {
			if names, _ := p.name(); names != nil {
				if r := q.relation(names, 0); !c.super() && r.owner != c.user {
					return c.denied("permission denied for table %s", r.name)
				}
			}
		}
	}
	t := p.tokens[to+1]
	if name := strings.ToLower(t.Text); name != "public" && name != "group" && c.world().role(name) == nil && !strings.HasPrefix(name, "current_") {
		q.fail("42704", 0, "get_rolespec_tuple", "role \"%s\" does not exist", clip(name))
	}
	return done
}

var (
	raised  = lazy(`(?is)\braise\s+(?:(debug|log|info|notice|warning|exception)\s+)?'((?:[^']|'')*)'`)
	plBlock = lazy(`(?is)^\s*(<<\w+>>\s*)?(declare\b.*)?begin\b.*\bend\b[\s\w]*;?\s*$`)
)

// block answers DO: of its body only what it raises is done.
func (c *conn) block(q *query, text string, p *cursor) outcome {
	language := "plpgsql"
	body, ok := "", false
	for p.at < len(p.tokens) {
		if p.take("language") {
			names, _ := p.name()
			if names != nil {
				language = names[0]
			}
			continue
		}
		if body, ok = p.literal(); !ok {
			return c.syntaxError(text, p.end(text))
		}
	}
	if !ok {
		q.fail("42601", 0, "ExecuteDoStmt", "no inline code specified")
	}
	if c.world().thing("language", language) == nil {
		q.languageMissing(language)
	}
	if !plBlock().MatchString(body) {
		words := dialect.Split(body)
		if len(words) == 0 {
			return c.syntaxError(text, len(text))
		}
		at := strings.Index(text, body)
		return c.syntaxError(text, max(at, 0)+words[0][0].From)
	}
	for _, m := range raised().FindAllStringSubmatchIndex(body, maxNamed) {
		level := "EXCEPTION"
		if m[2] >= 0 {
			level = strings.ToUpper(body[m[2]:m[3]])
		}
		message := strings.ReplaceAll(body[m[4]:m[5]], "''", "'")
		where := fmt.Sprintf("PL/pgSQL function inline_code_block line %d at RAISE", 1+strings.Count(body[:m[0]], "\n"))
		switch level {
		case "EXCEPTION":
			f := q.failure("P0001", 0, "exec_stmt_raise", "%s", message)
			f.Where = where
			panic(f)
		case "NOTICE", "WARNING", "INFO":
			code := "00000"
			if level == "WARNING" {
				code = "01000"
			}
			c.notice(&pgproto3.NoticeResponse{Severity: level, Code: code, Message: message, Where: where}, "exec_stmt_raise")
		}
	}
	return outcome{tag: "DO"}
}

func (q *query) languageMissing(name string) {
	f := q.failure("42704", 0, "CreateFunction", "language \"%s\" does not exist", clip(name))
	if slices.Contains([]string{"plpython", "plpython2u", "plpython3u", "plperl", "plperlu", "pltcl", "pltclu"}, name) && q.available(name) {
		f.Hint = "Use CREATE EXTENSION to load the language into the database."
	}
	panic(f)
}

// available tells whether an extension is among those that are shipped with the server.
func (q *query) available(name string) bool {
	return slices.ContainsFunc(factsOf().extensions, func(e [3]string) bool { return e[0] == name })
}

// kinds are the objects that are known by their names alone, and what errors call them.
var kinds = map[string]struct{ class, code, absent string }{
	"schema": {"schema", "42P06", "3F000"}, "extension": {"extension", "42710", "42704"}, "language": {"language", "42710", "42704"}, "type": {"type", "42710", "42704"}, "domain": {"type", "42710", "42704"},
	"database": {"database", "42P04", "3D000"}, "function": {"function", "42723", "42883"}, "procedure": {"procedure", "42723", "42883"}, "publication": {"publication", "42710", "42704"}, "tablespace": {"tablespace", "42710", "42704"},
	"server": {"server", "42710", "42704"}, "subscription": {"subscription", "42710", "42704"}, "aggregate": {"aggregate", "42723", "42883"}, "collation": {"collation", "42710", "42704"}, "policy": {"policy", "42710", "42704"}, "trigger": {"trigger", "42710", "42704"}, "rule": {"rule", "42710", "42704"},
	"operator": {"operator", "42723", "42883"}, "cast": {"cast", "42710", "42704"}, "event trigger": {"event trigger", "42710", "42704"}, "foreign data wrapper": {"foreign-data wrapper", "42710", "42704"}, "access method": {"access method", "42710", "42704"}, "statistics": {"statistics object", "42710", "42704"},
}

// relationKinds are those that are kept as relations.
var relationKinds = map[string]string{"table": "r", "view": "v", "materialized view": "m", "index": "i", "sequence": "S", "foreign table": "f"}

// subject takes what a CREATE, DROP or ALTER is about.
func (p *cursor) subject() string {
	for _, two := range []string{"materialized view", "foreign table", "event trigger", "access method", "user mapping", "text search", "default privileges", "large object"} {
		if p.take(strings.Fields(two)...) {
			return two
		}
	}
	if p.take("foreign", "data", "wrapper") {
		return "foreign data wrapper"
	}
	if p.at < len(p.tokens) && p.tokens[p.at].Kind == tinysql.Word {
		p.at++
		return strings.ToLower(p.tokens[p.at-1].Text)
	}
	return ""
}

// create answers CREATE.
func (c *conn) create(q *query, text string, p *cursor) outcome {
	again := p.take("or", "replace")
	temporary := false
	for {
		switch {
		case p.take("temp"), p.take("temporary"):
			temporary = true
		case p.take("unlogged"), p.take("global"), p.take("local"), p.take("trusted"), p.take("procedural"), p.take("recursive"), p.take("constraint"), p.take("unique"):
		default:
			goto subject
		}
	}
subject:
	where := p.end(text)
	what := p.subject()
	_, plain := kinds[what]
	_, kept := relationKinds[what]
	isRole := what == "role" || what == "user" || what == "group"
	if !plain && !kept && !isRole && what != "user mapping" && what != "text search" && what != "transform" && what != "conversion" {
		return c.syntaxError(text, where)
	}
	if what == "index" {
		p.take("concurrently")
		if p.is("on") {
			p.at++
			names, at := p.name()
			q.owned(names, at+1)
			return outcome{tag: "CREATE INDEX"}
		}
	}
	absent := p.take("if", "not", "exists")
	names, at := p.name()
	if names == nil {
		return c.syntaxError(text, p.end(text))
	}
	name := cut(names[len(names)-1])
	done := outcome{tag: "CREATE " + strings.ToUpper(what)}
	w := c.world()
	switch {
	case isRole:
		c.recordPassword(name, p.tokens)
		if me := w.role(c.user); me == nil || !me.super && !me.createRole {
			return c.denied("permission denied to create role")
		}
		if w.role(name) != nil {
			q.fail("42710", 0, "CreateRole", "role \"%s\" already exists", name)
		}
		if strings.HasPrefix(name, "pg_") {
			f := q.failure("42939", 0, "CreateRole", "role name \"%s\" is reserved", name)
			f.Detail = "Role names starting with \"pg_\" are reserved."
			panic(f)
		}
		if len(w.roles) > maxMade {
			panic(c.full())
		}
		r := role{name: name, oid: w.number(), login: what == "user"}
		r.set(p)
		w.roles = append(w.roles, r)
		return outcome{tag: "CREATE ROLE"}
	case what == "table":
		return c.createTable(q, text, p, names, at, absent, temporary)
	case kept:
		return c.createOther(q, text, p, what, names, absent || again, temporary)
	}
	switch what {
	case "database":
		if me := w.role(c.user); me == nil || !me.super && !me.createDB {
			return c.denied("permission denied to create database")
		}
		if c.status == 'T' {
			q.fail("25001", 0, "PreventInTransactionBlock", "CREATE DATABASE cannot run inside a transaction block")
		}
	case "extension":
		if !q.available(name) {
			f := q.failure("0A000", 0, "parse_extension_control_file", "extension \"%s\" is not available", name)
			f.Detail = fmt.Sprintf("Could not open extension control file \"/usr/share/postgresql/%d/extension/%s.control\": No such file or directory.", c.server.major, name)
			f.Hint = "The extension must first be installed on the system where PostgreSQL is running."
			if w.thing("extension", name) == nil {
				panic(f)
			}
		}
		trusted := slices.Contains([]string{"btree_gin", "btree_gist", "citext", "cube", "dict_int", "fuzzystrmatch", "hstore", "intarray", "isn", "lo", "ltree", "pg_trgm", "pgcrypto", "seg", "tablefunc", "tcn", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp"}, name)
		if !c.super() && w.thing("extension", name) == nil && !(trusted && c.user == c.server.app.Name && c.database == c.server.app.Name) {
			f := q.failure("42501", 0, "execute_extension_script", "permission denied to create extension \"%s\"", name)
			f.Hint = "Must be superuser to create this extension."
			if trusted {
				f.Hint = "Must have CREATE privilege on current database to create this extension."
			}
			panic(f)
		}
	case "language":
		if !q.available(name) && w.thing("language", name) == nil {
			f := q.failure("0A000", 0, "parse_extension_control_file", "extension \"%s\" is not available", name)
			f.Detail = fmt.Sprintf("Could not open extension control file \"/usr/share/postgresql/%d/extension/%s.control\": No such file or directory.", c.server.major, name)
			f.Hint = "The extension must first be installed on the system where PostgreSQL is running."
			panic(f)
		}
		q.fail("42710", 0, "CreateExtension", "extension \"%s\" already exists", name)
	case "function", "procedure":
		return c.createFunction(q, text, p, what, names, again)
	case "schema":
		if !c.super() && !(c.user == c.server.app.Name && c.database == c.server.app.Name) {
			return c.denied("permission denied for database %s", c.database)
		}
		if strings.HasPrefix(name, "pg_") {
			f := q.failure("42939", 0, "CreateSchemaCommand", "unacceptable schema name \"%s\"", name)
			f.Detail = "The prefix \"pg_\" is reserved for system schemas."
			panic(f)
		}
	case "server", "trigger", "rule", "event trigger", "policy", "tablespace", "publication", "subscription", "foreign data wrapper":
		if o, ended := c.createRest(q, p, what, name); ended {
			return o
		}
	case "user mapping", "text search", "transform", "conversion", "cast", "operator", "access method":
		return done
	}
	k := kinds[what]
	if t := w.thing(k.class, name); t != nil {
		verb := fmt.Sprintf("%s \"%s\" already exists", k.class, name)
		if absent {
			c.skip(k.code, verb, "CreateExtension")
			return done
		}
		q.fail(k.code, 0, "createdb", "%s", verb)
	}
	c.put(catalogued{kind: k.class, name: name, owner: c.user, oid: w.number(), detail: q.versionOf(name)})
	return done
}

func (q *query) versionOf(extension string) string {
	for _, e := range factsOf().extensions {
		if e[0] == extension {
			return e[1]
		}
	}
	return ""
}

func (c *conn) put(t catalogued) {
	w := c.world()
	if len(w.things) > maxMade || len(t.body) > 16<<10 {
		panic(c.full())
	}
	t.body, t.detail, t.name = strings.Clone(t.body), strings.Clone(t.detail), strings.Clone(t.name)
	w.things = append(w.things, t)
}

// set takes the rights that CREATE and ALTER ROLE name.
func (r *role) set(p *cursor) {
	for _, t := range p.tokens[p.at:] {
		word := strings.ToLower(t.Text)
		if t.Kind != tinysql.Word {
			continue
		}
		positive, off := strings.CutPrefix(word, "no")
		for right, place := range map[string]*bool{"superuser": &r.super, "login": &r.login, "createdb": &r.createDB, "createrole": &r.createRole, "replication": &r.replication, "bypassrls": &r.bypass} {
			if word == right {
				*place = true
			} else if off && positive == right {
				*place = false
			}
		}
	}
}

// createRest answers CREATE of what is refused for want of something else.
func (c *conn) createRest(q *query, p *cursor, what, name string) (outcome, bool) {
	after := func(word string) string {
		for p.at < len(p.tokens) {
			if p.take(word) {
				if names, _ := p.name(); names != nil {
					return names[len(names)-1]
				}
				return ""
			}
			p.at++
		}
		return ""
	}
	switch what {
	case "server":
		wrapper := after("wrapper")
		if c.world().thing("foreign-data wrapper", wrapper) == nil && c.world().thing("extension", wrapper) == nil {
			q.fail("42704", 0, "get_foreign_data_wrapper_oid", "foreign-data wrapper \"%s\" does not exist", clip(wrapper))
		}
	case "trigger", "policy":
		if t := after("on"); c.lookup([]string{t}, "") == nil {
			q.fail("42P01", 0, "RangeVarGetRelidExtended", "relation \"%s\" does not exist", clip(t))
		}
	case "rule":
		if t := after("to"); c.lookup([]string{t}, "") == nil {
			q.fail("42P01", 0, "RangeVarGetRelidExtended", "relation \"%s\" does not exist", clip(t))
		}
	case "event trigger":
		if f := after("execute"); c.world().thing("function", f) == nil {
			if f == "function" || f == "procedure" {
				f = ""
				if names, _ := p.name(); names != nil {
					f = names[0]
				}
			}
			q.fail("42883", 0, "LookupFuncName", "function %s() does not exist", clip(f))
		}
	case "tablespace":
		if !c.super() {
			f := q.failure("42501", 0, "CreateTableSpace", "permission denied to create tablespace \"%s\"", name)
			f.Hint = "Must be superuser to create a tablespace."
			panic(f)
		}
		for p.at < len(p.tokens) && p.tokens[p.at].Kind != tinysql.String {
			p.at++
		}
		dir, _ := p.literal()
		if _, failed := c.directory(dir); failed != nil {
			q.fail("58P01", 0, "create_tablespace_directories", "directory \"%s\" does not exist", clip(dir))
		}
		q.fail("42501", 0, "create_tablespace_directories", "could not set permissions on directory \"%s\": Operation not permitted", clip(dir))
	case "publication":
		if !c.super() {
			return c.denied("permission denied for database %s", c.database), true
		}
		if c.settings()["wal_level"] != "logical" {
			defer c.notice(&pgproto3.NoticeResponse{Severity: "WARNING", Code: "55000", Message: "wal_level is insufficient to publish logical changes", Hint: "Set wal_level to \"logical\" before creating subscriptions."}, "CreatePublication")
		}
	}
	return outcome{}, false
}

// createTable answers CREATE TABLE.
func (c *conn) createTable(q *query, text string, p *cursor, names []string, at int, absent, temporary bool) outcome {
	name := names[len(names)-1]
	r := &reader{q: q, tokens: p.tokens, at: p.at}
	made := &relation{name: cut(name), kind: "r", owner: c.user}
	if r.take("as") {
		s := r.selection()
		if r.take("with") {
			r.take("no")
			r.need("data")
		}
		if r.at < len(r.tokens) {
			r.unexpected()
		}
		return c.tableAs(q, names, s, absent, temporary)
	}
	var serials []string
	if r.take("partition", "of") {
		return outcome{tag: "CREATE TABLE"}
	}
	r.need("(")
	for !r.take(")") {
		switch {
		case r.is("primary"), r.is("unique"), r.is("foreign"), r.is("check"), r.is("constraint"), r.is("exclude"), r.is("like"):
			primary := false
			for depth := 0; r.at < len(r.tokens); r.at++ {
				t := r.peek()
				primary = primary || t.Is("primary")
				if depth == 1 && primary && t.Kind == tinysql.Word {
					if i := made.index(strings.ToLower(t.Text)); i >= 0 && r.ahead(-1).Is("(") && r.ahead(1).Is(")") {
						made.columns[i].primary, made.columns[i].notNull = true, true
					}
				}
				if t.Is("(") {
					depth++
				}
				if t.Is(")") {
					if depth--; depth < 0 {
						break
					}
				}
				if depth == 0 && t.Is(",") {
					break
				}
			}
		default:
			serial := r.column(made)
			if serial != "" {
				serials = append(serials, serial)
			}
		}
		if !r.take(",") {
			r.need(")")
			break
		}
	}
	if r.at < len(r.tokens) && !slices.ContainsFunc([]string{"with", "inherits", "tablespace", "partition", "on", "without", "using"}, r.is) {
		r.unexpected()
	}
	schema := c.schemaFor(q, names, at+1, temporary)
	if old := c.lookup(names, ""); old != nil && (!old.system || len(names) > 1) {
		if absent {
			c.skip("42P07", fmt.Sprintf("relation \"%s\" already exists", made.name), "transformCreateStmt")
			return outcome{tag: "CREATE TABLE"}
		}
		q.fail("42P07", 0, "heap_create_with_catalog", "relation \"%s\" already exists", made.name)
	}
	made.schema = schema
	c.keep(make([]any, len(made.columns)+4))
	c.add(made)
	for _, s := range serials {
		c.add(&relation{schema: schema, name: cut(made.name + "_" + s + "_seq"), kind: "S", owner: c.user, columns: sequenceColumns})
	}
	return outcome{tag: "CREATE TABLE"}
}

var sequenceColumns = []column{{name: "last_value", typ: typeInt8, mod: -1}, {name: "log_cnt", typ: typeInt8, mod: -1}, {name: "is_called", typ: typeBool, mod: -1}}

// column parses the definition of one; it returns the name of one whose values are counted.
func (p *reader) column(made *relation) (serial string) {
	name, ok := p.ident()
	if !ok {
		p.unexpected()
	}
	if made.index(name) >= 0 {
		p.q.fail("42701", 0, "CheckAttributeNamesTypes", "column \"%s\" specified more than once", clip(name))
	}
	col := column{name: cut(name), mod: -1}
	for word, typ := range map[string]uint32{"serial": typeInt4, "bigserial": typeInt8, "smallserial": typeInt2, "serial4": typeInt4, "serial8": typeInt8} {
		if p.is(word) {
			p.at++
			serial, col.typ, col.notNull = col.name, typ, true
			sequence := cut(made.name + "_" + col.name + "_seq")
			col.defText = "nextval('" + sequence + "'::regclass)"
			col.def = &expr{kind: isCall, names: []string{"nextval"}, args: []*expr{{kind: isString, text: sequence}}}
			break
		}
	}
	if serial == "" {
		col.typ, col.mod = p.typeName()
	}
	for {
		switch {
		case p.take("not", "null"):
			col.notNull = true
		case p.take("null"), p.take("unique"):
		case p.take("primary", "key"):
			col.primary, col.notNull = true, true
		case p.take("default"):
			from, start := p.peek().From, p.at
			col.def = p.operand(levelIs + 1)
			col.defText = strings.Clone(p.q.text[from:p.ahead(-1).To])
			if col.def.kind == isString {
				col.defText += "::" + long(col.typ)
			}
			p.q.c.keepText(p.tokens[start:p.at])
			p.q.assigned(p.q.compile(col.def, &scope{}), col, made)
		case p.take("collate"):
			p.qualified()
		case p.take("constraint"):
			p.label()
		case p.take("check"):
			p.need("(")
			for depth := 1; depth > 0; p.at++ {
				switch t := p.peek(); {
				case t.Kind == tinysql.End:
					p.unexpected()
				case t.Is("("):
					depth++
				case t.Is(")"):
					depth--
				}
			}
		case p.take("references"):
			p.qualified()
			if p.take("(") {
				p.list(")")
			}
			for p.take("on") {
				p.label()
				p.label()
				p.take("null")
				p.take("action")
			}
		case p.take("generated"):
			for p.at < len(p.tokens) && !p.is(",") && !p.is(")") {
				p.at++
			}
		default:
			if !p.is(",") && !p.is(")") && p.at < len(p.tokens) {
				p.unexpected()
			}
			made.columns = append(made.columns, col)
			if len(made.columns) > maxColumns {
				panic(p.q.c.full())
			}
			return serial
		}
	}
}

// createOther answers CREATE of views, indexes and sequences.
func (c *conn) createOther(q *query, text string, p *cursor, what string, names []string, again, temporary bool) outcome {
	name := cut(names[len(names)-1])
	made := &relation{name: name, kind: relationKinds[what], owner: c.user}
	tag := "CREATE " + strings.ToUpper(what)
	schema := c.schemaFor(q, names, 0, temporary)
	switch what {
	case "view", "materialized view":
		r := &reader{q: q, tokens: p.tokens, at: p.at}
		var columns []string
		if r.take("(") {
			columns = r.idents()
		}
		r.need("as")
		s := r.selection()
		plan := q.compileSelection(s, nil)
		for i, b := range plan.cols {
			if i < len(columns) {
				b.name = columns[i]
			}
			made.columns = append(made.columns, column{name: b.name, typ: b.typ, mod: b.mod})
		}
		if what == "view" {
			// Its text is the statement's, in which errors have their places.
			made.view = s
			c.keepText(p.tokens)
		} else {
			c.inTurn(func() { made.rows = plan.exec(nil) })
			c.keepCopies(made.rows)
			tag = fmt.Sprint("SELECT ", len(made.rows))
		}
	case "index":
		if !p.take("on") {
			return c.syntaxError(text, p.end(text))
		}
		p.take("only")
		table, _ := p.name()
		if table == nil {
			return c.syntaxError(text, p.end(text))
		}
		of := q.relation(table, 0)
		if of.system || !c.super() && of.owner != c.user {
			return c.denied("must be owner of table %s", of.name)
		}
		made.of, schema = of.name, of.schema
	case "sequence":
		made.columns = sequenceColumns
	case "foreign table":
		for p.at < len(p.tokens) && !p.take("server") {
			p.at++
		}
		if server, _ := p.name(); server != nil {
			q.fail("42704", 0, "GetForeignServerByName", "server \"%s\" does not exist", clip(server[0]))
		}
		return c.syntaxError(text, p.end(text))
	}
	made.schema = schema
	if old := c.lookup(names, ""); old != nil && !old.system {
		switch {
		case again && what == "view" && old.kind == "v":
			made.oid = old.oid
			c.replace(old, made)
			return outcome{tag: tag}
		case again:
			c.skip("42P07", fmt.Sprintf("relation \"%s\" already exists", name), "heap_create_with_catalog")
			return outcome{tag: tag}
		}
		q.fail("42P07", 0, "heap_create_with_catalog", "relation \"%s\" already exists", name)
	}
	c.add(made)
	return outcome{tag: tag}
}

// createFunction answers CREATE FUNCTION. Of libraries nothing is ever loaded.
func (c *conn) createFunction(q *query, text string, p *cursor, what string, names []string, again bool) outcome {
	name := cut(names[len(names)-1])
	language, body, file := "", "", ""
	for p.at < len(p.tokens) {
		if p.take("language") {
			if s, ok := p.literal(); ok {
				language = strings.ToLower(s)
			} else if n, _ := p.name(); n != nil {
				language = n[0]
			}
			continue
		}
		if p.take("as") {
			if s, ok := p.literal(); ok {
				body, file = s, s
				continue
			}
		}
		p.at++
	}
	schema := ""
	if len(names) > 1 && names[0] == "pg_temp" {
		schema = "pg_temp"
	}
	l := c.world().thing("language", language)
	switch {
	case language == "" && body == "" && !strings.Contains(strings.ToLower(text), "return"):
		q.fail("42P13", 0, "compute_function_attributes", "no function body specified")
	case language == "":
		q.fail("42P13", 0, "compute_function_attributes", "no language specified")
	case l == nil:
		q.languageMissing(language)
	case (language == "c" || language == "internal") && !c.super():
		return c.denied("permission denied for language %s", language)
	}
	if schema == "" {
		c.schemaFor(q, names, 0, false)
	}
	switch language {
	case "c":
		if o := c.library(file); o.failed != nil {
			return o
		}
	case "internal":
		q.fail("42883", 0, "fmgr_internal_validator", "there is no built-in function named \"%s\"", clip(body))
	case "sql":
		for _, tokens := range dialect.Split(body) {
			if o := c.try(body, func(inner *query) outcome {
				if slices.ContainsFunc(readers, tokens[0].Is) && !strings.Contains(body, "$") {
					r := &reader{q: inner, tokens: tokens}
					inner.compileSelection(r.selection(), nil)
				}
				return outcome{tag: "ok"}
			}); o.failed != nil && o.failed.Code == "42601" {
				o.failed.Position = 0
				return o
			}
		}
	}
	w := c.world()
	tag := "CREATE " + strings.ToUpper(what)
	if t := w.thing("function", name); t != nil {
		if !again {
			q.fail("42723", 0, "ProcedureCreate", "function \"%s\" already exists with same argument types", name)
		}
		t.body, t.detail = strings.Clone(body[:min(len(body), 16<<10)]), strings.Clone(language)
		return outcome{tag: tag}
	}
	c.put(catalogued{kind: "function", name: name, owner: c.user, oid: w.number(), detail: language, body: body})
	return outcome{tag: tag}
}

// library is what a server says that is to load one: those of the system lack what PostgreSQL's have, and what isn't one is told.
func (c *conn) library(file string) outcome {
	name := strings.TrimPrefix(file, "$libdir/")
	if !strings.Contains(name, "/") && (factsOf().byName[name] != 0 || slices.ContainsFunc(factsOf().extensions, func(e [3]string) bool { return e[0] == strings.TrimSuffix(name, ".so") })) {
		return outcome{tag: "LOAD"}
	}
	content, failed := c.file(file, false)
	fail := func(code, format string, args ...any) outcome {
		return outcome{failed: c.failure(code, fmt.Sprintf(format, args...), 0, "internal_load_library")}
	}
	switch {
	case !strings.Contains(file, "/") || failed != nil && failed.Code != "42501" && !strings.Contains(failed.Message, "is a directory"):
		if systemLibrary().MatchString(file) && !c.server.windows() {
			break
		}
		return fail("58P01", "could not access file \"%.200s\": No such file or directory", file)
	case failed != nil:
		return fail("58P01", "could not load library \"%.200s\": %[1]s: cannot read file data: Is a directory", file)
	case len(content) < 64:
		return fail("58P01", "could not load library \"%.200s\": %[1]s: file too short", file)
	case !strings.HasPrefix(content, "\x7fELF"):
		return fail("58P01", "could not load library \"%.200s\": %[1]s: invalid ELF header", file)
	case !systemLibrary().MatchString(file):
		return outcome{tag: "LOAD"}
	}
	o := fail("XX000", "incompatible library \"%.200s\": missing magic block", file)
	o.failed.Hint = "Extension libraries are required to use the PG_MODULE_MAGIC macro."
	return o
}

var systemLibrary = lazy(`^/(usr/)?lib(64)?/([\w-]+/)?lib[\w.+-]+\.so[.\d]*$`)

// drop answers DROP.
func (c *conn) drop(q *query, text string, p *cursor) outcome {
	where := p.end(text)
	what := p.subject()
	isRole := what == "role" || what == "user" || what == "group"
	_, kept := relationKinds[what]
	k, plain := kinds[what]
	switch {
	case what == "owned":
		return outcome{tag: "DROP OWNED"}
	case !isRole && !kept && !plain:
		return c.syntaxError(text, where)
	case what == "index":
		p.take("concurrently")
	}
	present := p.take("if", "exists")
	tag := "DROP " + strings.ToUpper(what)
	cascade := slices.ContainsFunc(p.tokens, func(t tinysql.Token) bool { return t.Is("cascade") })
	w := c.world()
	for {
		names, _ := p.name()
		if names == nil {
			return c.syntaxError(text, p.end(text))
		}
		name := names[len(names)-1]
		arguments := ""
		if p.take("(") {
			from := p.end(text)
			for p.at < len(p.tokens) && !p.is(")") {
				p.at++
			}
			arguments = strings.ToLower(strings.TrimSpace(text[from:max(from, p.end(text))]))
			p.take(")")
		}
		gone := func(code, routine, format string, args ...any) {
			message := fmt.Sprintf(format, args...)
			if !present {
				q.fail(code, 0, routine, "%s", message)
			}
			c.skip("00000", message, routine)
		}
		switch {
		case isRole:
			tag = "DROP ROLE"
			r := w.role(name)
			if me := w.role(c.user); me == nil || !me.super && !me.createRole {
				return c.denied("permission denied to drop role")
			}
			switch {
			case r == nil:
				gone("42704", "DropRole", "role \"%s\" does not exist", clip(name))
			case name == c.user:
				q.fail("55006", 0, "DropRole", "current user cannot be dropped")
			case r.oid < 16384:
				q.fail("2BP01", 0, "checkSharedDependencies", "cannot drop role %s because it is required by the database system", name)
			case name == c.server.app.Name:
				f := q.failure("2BP01", 0, "DropRole", "role \"%s\" cannot be dropped because some objects depend on it", name)
				f.Detail = "owner of database " + name
				panic(f)
			default:
				w.roles = slices.DeleteFunc(w.roles, func(o role) bool { return o.name == name })
			}
		case kept:
			c.dropRelation(q, what, names, name, gone)
		default:
			t := w.thing(k.class, name)
			if what == "procedure" || what == "aggregate" {
				t = w.thing("function", name)
			}
			switch {
			case t == nil && k.class == "function":
				if !strings.Contains(text, "(") {
					gone(k.absent, "LookupFuncName", "could not find a function named \"%s\"", clip(name))
				} else {
					gone(k.absent, "does_not_exist_skipping", "function %s(%s) does not exist", clip(name), clip(arguments))
				}
			case t == nil:
				gone(k.absent, "get_object_address_unqualified", "%s \"%s\" does not exist", k.class, clip(name))
			case what == "database" && name == c.database:
				q.fail("55006", 0, "dropdb", "cannot drop the currently open database")
			case !c.super() && t.owner != c.user:
				return c.denied("must be owner of %s %s", k.class, name)
			case what == "database" && strings.HasPrefix(name, "template"):
				q.fail("42809", 0, "dropdb", "cannot drop a template database")
			case what == "schema":
				if name == "pg_catalog" {
					q.fail("2BP01", 0, "findDependentObjects", "cannot drop schema %s because it is required by the database system", name)
				}
				c.emptySchema(q, name, cascade)
				fallthrough
			default:
				w.things = slices.DeleteFunc(w.things, func(o catalogued) bool { return o.kind == t.kind && o.name == name })
			}
		}
		if !p.take(",") {
			break
		}
	}
	if p.at < len(p.tokens) && !p.take("cascade") && !p.take("restrict") && !p.is("on") && !p.is("with") {
		return c.syntaxError(text, p.end(text))
	}
	return outcome{tag: tag}
}

func (c *conn) dropRelation(q *query, what string, names []string, name string, gone func(code, routine, format string, args ...any)) {
	r := c.lookup(names, "")
	if len(names) > 1 && c.world().thing("schema", names[0]) == nil {
		gone("3F000", "get_namespace_oid", "schema \"%s\" does not exist", clip(names[0]))
		return
	}
	switch {
	case r == nil:
		code := "42P01"
		if what == "index" {
			code = "42704"
		}
		gone(code, "DropErrorMsgNonExistent", "%s \"%s\" does not exist", what, clip(name))
	case r.kind != relationKinds[what]:
		called := map[string]string{"r": "table", "v": "view", "i": "index", "S": "sequence", "m": "materialized view"}[r.kind]
		f := q.failure("42809", 0, "DropErrorMsgWrongType", "\"%s\" is not %s", r.name, map[bool]string{true: "an ", false: "a "}[what == "index"]+what)
		f.Hint = "Use DROP " + strings.ToUpper(called) + " to remove " + map[bool]string{true: "an ", false: "a "}[called == "index"] + called + "."
		panic(f)
	case r.system && !c.super():
		q.fail("42501", 0, "aclcheck_error", "must be owner of %s %s", what, r.name)
	case r.system:
		q.fail("42501", 0, "RangeVarCallbackForDropRelation", "permission denied: \"%s\" is a system catalog", r.name)
	case !c.super() && r.owner != c.user:
		q.fail("42501", 0, "aclcheck_error", "must be owner of %s %s", what, r.name)
	default:
		w := c.world()
		w.relations = slices.DeleteFunc(slices.Clone(w.relations), func(o *relation) bool {
			return o == r || o.of == r.name && o.kind == "i" && o.schema == r.schema || o.kind == "S" && strings.HasPrefix(o.name, r.name+"_") && strings.HasSuffix(o.name, "_seq") && r.kind == "r"
		})
	}
}

// emptySchema drops what is in a schema, where that is asked for.
func (c *conn) emptySchema(q *query, name string, cascade bool) {
	w := c.world()
	var inside []string
	for _, r := range w.relations {
		if r.schema == name {
			inside = append(inside, map[string]string{"r": "table ", "v": "view ", "S": "sequence "}[r.kind]+q.shown(r))
		}
	}
	if len(inside) == 0 {
		return
	}
	if !cascade {
		f := q.failure("2BP01", 0, "reportDependentObjects", "cannot drop schema %s because other objects depend on it", name)
		for i, what := range inside {
			inside[i] = what + " depends on schema " + name
		}
		f.Detail = strings.Join(inside, "\n")
		f.Hint = "Use DROP ... CASCADE to drop the dependent objects too."
		panic(f)
	}
	if len(inside) == 1 {
		c.warn("NOTICE", "00000", "drop cascades to "+inside[0], "reportDependentObjects")
	} else {
		c.warn("NOTICE", "00000", fmt.Sprintf("drop cascades to %d other objects", len(inside)), "reportDependentObjects")
	}
	w.relations = slices.DeleteFunc(slices.Clone(w.relations), func(r *relation) bool { return r.schema == name })
}

// alter answers ALTER.
func (c *conn) alter(q *query, text string, p *cursor) outcome {
	where := p.end(text)
	what := p.subject()
	_, kept := relationKinds[what]
	k, plain := kinds[what]
	tag := outcome{tag: "ALTER " + strings.ToUpper(what)}
	w := c.world()
	switch {
	case what == "system":
		return c.alterSystem(q, text, p)
	case what == "role" || what == "user" || what == "group":
		tag.tag = "ALTER ROLE"
		if p.take("all") {
			return tag
		}
		names, _ := p.name()
		if names == nil {
			return c.syntaxError(text, p.end(text))
		}
		name := names[0]
		if name == "current_user" || name == "session_user" || name == "current_role" {
			name = c.user
		}
		c.recordPassword(name, p.tokens)
		r := w.role(name)
		if r == nil {
			q.fail("42704", 0, "AlterRole", "role \"%s\" does not exist", clip(name))
		}
		changed := *r
		changed.set(p)
		me := w.role(c.user)
		switch {
		case me != nil && me.super:
		case r.super || changed.super != r.super:
			if c.server.major >= 16 {
				f := q.failure("42501", 0, "AlterRole", "permission denied to alter role")
				f.Detail = "Only roles with the SUPERUSER attribute may change the SUPERUSER attribute."
				panic(f)
			}
			return c.denied("must be superuser to alter superuser roles or change superuser attribute")
		case name == c.user && changed == *r:
		default:
			return c.denied("permission denied")
		}
		*r = changed
		return tag
	case what == "default privileges", what == "large object":
		return tag
	case !kept && !plain:
		return c.syntaxError(text, where)
	}
	present := p.take("if", "exists")
	p.take("only")
	names, _ := p.name()
	if names == nil {
		return c.syntaxError(text, p.end(text))
	}
	name := names[len(names)-1]
	if plain {
		if w.thing(k.class, name) == nil {
			q.fail(k.absent, 0, "get_object_address", "%s \"%s\" does not exist", k.class, clip(name))
		}
		return tag
	}
	r := c.lookup(names, "")
	switch {
	case r == nil && present:
		c.skip("00000", fmt.Sprintf("relation \"%s\" does not exist", clip(name)), "RangeVarGetRelidExtended")
		return tag
	case r == nil:
		q.fail("42P01", 0, "RangeVarGetRelidExtended", "relation \"%s\" does not exist", clip(strings.Join(names, ".")))
	case r.system && c.super():
		q.fail("42501", 0, "RangeVarCallbackForAlterRelation", "permission denied: \"%s\" is a system catalog", r.name)
	case r.system || !c.super() && r.owner != c.user:
		return c.denied("must be owner of table %s", r.name)
	}
	changed := *r
	changed.columns = slices.Clone(r.columns)
	rd := &reader{q: q, tokens: p.tokens, at: p.at}
	find := func(name string) int {
		i := changed.index(name)
		if i < 0 {
			q.fail("42703", 0, "ATExecDropColumn", "column \"%s\" of relation \"%s\" does not exist", clip(name), r.name)
		}
		return i
	}
	for {
		switch {
		case rd.take("rename", "to"):
			changed.name = cut(rd.label())
			if c.lookup([]string{changed.name}, "") != nil {
				q.fail("42P07", 0, "RenameRelationInternal", "relation \"%s\" already exists", changed.name)
			}
		case rd.take("rename"):
			rd.take("column")
			i := find(rd.label())
			rd.need("to")
			changed.columns[i].name = cut(rd.label())
		case rd.is("add") && !slices.ContainsFunc([]string{"constraint", "primary", "unique", "foreign", "check"}, rd.ahead(1).Is):
			rd.at++
			rd.take("column")
			absent := rd.take("if", "not", "exists")
			if name := strings.ToLower(rd.peek().Text); changed.index(name) >= 0 {
				if absent {
					c.skip("42701", fmt.Sprintf("column \"%s\" of relation \"%s\" already exists", name, r.name), "check_for_column_name_collision")
					rd.at = len(rd.tokens)
					break
				}
				q.fail("42701", 0, "check_for_column_name_collision", "column \"%s\" of relation \"%s\" already exists", clip(name), r.name)
			}
			rd.column(&changed)
			col := changed.columns[len(changed.columns)-1]
			rows := make([][]any, len(changed.rows))
			for i, row := range changed.rows {
				var v any
				if col.def != nil {
					v = q.assigned(q.compile(col.def, &scope{}), col, &changed).eval(&frame{})
				}
				rows[i] = append(slices.Clone(row), v)
				c.keep([]any{v})
			}
			changed.rows = rows
		case rd.is("drop") && !rd.ahead(1).Is("constraint"):
			rd.at++
			rd.take("column")
			present := rd.take("if", "exists")
			name := rd.label()
			if changed.index(name) < 0 && present {
				c.skip("00000", fmt.Sprintf("column \"%s\" of relation \"%s\" does not exist", clip(name), r.name), "ATExecDropColumn")
				break
			}
			i := find(name)
			changed.columns = slices.Delete(changed.columns, i, i+1)
			rows := make([][]any, len(changed.rows))
			for n, row := range changed.rows {
				rows[n] = slices.Delete(slices.Clone(row), i, i+1)
			}
			changed.rows = rows
			if !rd.take("cascade") {
				rd.take("restrict")
			}
		case rd.take("alter"):
			rd.take("column")
			i := find(rd.label())
			if rd.take("set", "data", "type") || rd.take("type") {
				old := changed.columns[i]
				typ, mod := rd.typeName()
				changed.columns[i].typ, changed.columns[i].mod = typ, mod
				rows := make([][]any, len(changed.rows))
				for n, row := range changed.rows {
					rows[n] = slices.Clone(row)
					rows[n][i] = q.cast(row[i], old.typ, typ, 0)
				}
				changed.rows = rows
			}
			for rd.at < len(rd.tokens) && !rd.is(",") {
				rd.at++
			}
		case rd.take("owner", "to"):
			owner := rd.label()
			if c.world().role(owner) == nil {
				q.fail("42704", 0, "get_rolespec_oid", "role \"%s\" does not exist", clip(owner))
			}
			changed.owner = owner
		case rd.is("add"), rd.is("drop"), rd.is("set"), rd.is("enable"), rd.is("disable"), rd.is("cluster"), rd.is("inherit"), rd.is("no"), rd.is("replica"), rd.is("validate"), rd.is("attach"), rd.is("detach"), rd.is("reset"), rd.is("force"), rd.is("increment"), rd.is("restart"):
			for rd.at < len(rd.tokens) && !rd.is(",") {
				rd.at++
			}
		default:
			rd.unexpected()
		}
		if !rd.take(",") {
			break
		}
	}
	if rd.at < len(rd.tokens) {
		rd.unexpected()
	}
	if len(changed.columns) > maxColumns {
		panic(c.full())
	}
	c.replace(r, &changed)
	return tag
}

func (c *conn) alterSystem(q *query, text string, p *cursor) outcome {
	reset := p.take("reset")
	if !reset && !p.take("set") {
		return c.syntaxError(text, p.end(text))
	}
	names, _ := p.name()
	if names == nil && reset && p.take("all") {
		names = []string{"all"}
	}
	if names == nil {
		return c.syntaxError(text, p.end(text))
	}
	name := strings.Join(names, ".")
	if !c.super() {
		if c.server.major >= 15 {
			return c.denied("permission denied to set parameter \"%s\"", clip(name))
		}
		return c.denied("must be superuser to execute ALTER SYSTEM command")
	}
	if c.status == 'T' {
		q.fail("25001", 0, "PreventInTransactionBlock", "ALTER SYSTEM cannot run inside a transaction block")
	}
	if _, ok := c.settings()[name]; !ok && name != "all" && !strings.Contains(name, ".") {
		return c.unknownSetting(name)
	}
	return outcome{tag: "ALTER SYSTEM"}
}
