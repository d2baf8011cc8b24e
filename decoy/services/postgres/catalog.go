package postgres

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

// table makes one of texts from the names of its columns and the rows.
func table(name string, rows [][]string, columns ...string) *bait.Table {
	t := &bait.Table{Name: name, Rows: rows}
	for _, column := range columns {
		t.Columns = append(t.Columns, bait.Column{Name: column})
	}
	return t
}

// relations are the tables of the database, as the session sees them.
func (c *conn) relations() []bait.Table {
	var all []bait.Table
	if c.database == c.server.app.Name {
		for _, t := range c.server.app.Tables {
			if _, own := c.made[t.Name]; !own {
				all = append(all, t)
			}
		}
	}
	for _, t := range c.made {
		if t != nil {
			all = append(all, *t)
		}
	}
	slices.SortFunc(all, func(a, b bait.Table) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// catalog returns one of the system catalogs that are kept here, or nil. Each row begins with the oid and the name.
func (c *conn) catalog(name string) *bait.Table {
	v := c.server
	var rows [][]string
	switch name {
	case "pg_database":
		for i, d := range v.databases() {
			template, oid := "f", strconv.Itoa(16384+i)
			if d != v.app.Name {
				oid = map[string]string{"postgres": "5", "template0": "4", "template1": "1"}[d]
			}
			if strings.HasPrefix(d, "template") {
				template = "t"
			}
			rows = append(rows, []string{oid, d, "10", "6", template, map[bool]string{true: "f", false: "t"}[d == "template0"], "-1", "en_US.UTF-8", "en_US.UTF-8"})
		}
		return table(name, rows, "oid", "datname", "datdba", "encoding", "datistemplate", "datallowconn", "datconnlimit", "datcollate", "datctype")
	case "pg_roles", "pg_user":
		for i, r := range v.roles() {
			oid := map[bool]string{true: "10", false: strconv.Itoa(16390 + i)}[r == "postgres"]
			rows = append(rows, []string{oid, r, map[bool]string{true: "t", false: "f"}[r == "postgres"], "t", "********"})
		}
		if name == "pg_user" {
			return table(name, rows, "usesysid", "usename", "usesuper", "userepl", "passwd")
		}
		return table(name, rows, "oid", "rolname", "rolsuper", "rolcanlogin", "rolpassword")
	case "pg_namespace":
		return table(name, [][]string{{"11", "pg_catalog", "10"}, {"2200", "public", "6171"}, {"13000", "information_schema", "10"}}, "oid", "nspname", "nspowner")
	case "pg_class":
		for i, t := range c.relations() {
			rows = append(rows, []string{strconv.Itoa(16400 + 8*i), t.Name, "2200", "r", strconv.Itoa(len(t.Rows))})
		}
		return table(name, rows, "oid", "relname", "relnamespace", "relkind", "reltuples")
	case "pg_tables":
		for _, t := range c.relations() {
			rows = append(rows, []string{"public", t.Name, v.app.Name})
		}
		return table(name, rows, "schemaname", "tablename", "tableowner")
	case "pg_settings":
		for key, value := range c.settings() {
			if key == "is_superuser" || key == "in_hot_standby" {
				continue // nobody can set them
			}
			rows = append(rows, []string{key, value})
		}
		slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
		return table(name, rows, "name", "setting")
	case "pg_stat_activity":
		return table(name, [][]string{{"postgres", "active"}}, "usename", "state")
	}
	return nil
}

// secrets are the catalogs with the proofs of passwords.
func (v *server) secrets(name string) *bait.Table {
	var rows [][]string
	for i, r := range v.roles() {
		proof := ""
		if weak := v.passwords(r); len(weak) > 0 && v.md5 {
			sum := md5.Sum([]byte(weak[0] + r))
			proof = "md5" + hex.EncodeToString(sum[:])
		} else if salt := v.salt(r); len(weak) > 0 {
			keys := v.keys(r, salt)[0]
			proof = fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, base64.StdEncoding.EncodeToString(salt), base64.StdEncoding.EncodeToString(keys.stored), base64.StdEncoding.EncodeToString(keys.server))
		}
		super, oid := "f", strconv.Itoa(16390+i)
		if r == "postgres" {
			super, oid = "t", "10"
		}
		rows = append(rows, []string{oid, r, super, super, proof})
	}
	if name == "pg_shadow" {
		return table(name, rows, "usesysid", "usename", "usecreatedb", "usesuper", "passwd")
	}
	return table(name, rows, "oid", "rolname", "rolcreatedb", "rolsuper", "rolpassword")
}

func (c *conn) informationSchema(name string) *bait.Table {
	database := c.database
	var rows [][]string
	switch name {
	case "tables":
		for _, t := range c.relations() {
			rows = append(rows, []string{database, "public", t.Name, "BASE TABLE"})
		}
		return table(name, rows, "table_catalog", "table_schema", "table_name", "table_type")
	case "columns":
		for _, t := range c.relations() {
			for i, column := range t.Columns {
				rows = append(rows, []string{database, "public", t.Name, column.Name, strconv.Itoa(i + 1), typeOf(column)})
			}
		}
		return table(name, rows, "table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "data_type")
	case "schemata":
		for _, s := range []string{"information_schema", "pg_catalog", "public"} {
			rows = append(rows, []string{database, s})
		}
		return table(name, rows, "catalog_name", "schema_name")
	}
	return nil
}

func typeOf(c bait.Column) string {
	switch c.Kind {
	case bait.Number:
		return "integer"
	case bait.Time:
		return "timestamp without time zone"
	}
	return "text"
}

// exactName is how psql asks for the objects of one name.
var exactName = regexp.MustCompile(`^\^\(([^()]*)\)\$$`)

// shaped answers a query to a catalog by what its list asks for: psql's \l, \dt, \du and \dn, and the like of other clients. Objects are
// those of the table; what isn't known of them is empty, and a catalog that isn't kept here has none.
func (c *conn) shaped(s *tinysql.Select, tokens []tinysql.Token) *tinysql.Result {
	r := &tinysql.Result{}
	for _, item := range s.Items {
		r.Columns = append(r.Columns, bait.Column{Name: heading(item)})
	}
	catalog := c.table(s.From)
	if catalog == nil {
		return r
	}
	only := ""
	for _, t := range tokens {
		if m := exactName.FindStringSubmatch(t.Text); t.Kind == tinysql.String && m != nil {
			only = m[1]
		}
	}
	if catalog.Name == "pg_class" && !wantsTables(tokens) {
		return r // views, sequences, indexes: there are none
	}
	for _, row := range catalog.Rows {
		name := row[min(1, len(row)-1)]
		if only != "" && !tinysql.Like(strings.NewReplacer(".*", "%", "_", `\_`).Replace(only), name) || catalog.Name == "pg_namespace" && name != "public" {
			continue
		}
		known := c.known(catalog.Name, name)
		values := make([]any, len(s.Items))
		for i, item := range s.Items {
			wanted := strings.ToLower(r.Columns[i].Name)
			if v, ok := known[wanted]; ok {
				values[i] = v
			}
			for j, column := range catalog.Columns {
				// psql's heading Encoding is not the column of that name.
				if column.Name == wanted && (item.Alias == "" || values[i] == nil) {
					values[i] = row[j]
				}
			}
		}
		r.Rows = append(r.Rows, values)
	}
	return r
}

// wantsTables tells whether tables are among the kinds of relations that a query to pg_class is about: those in the list of relkind IN.
func wantsTables(tokens []tinysql.Token) bool {
	for i := range tokens {
		if i+2 >= len(tokens) || !tokens[i].Is("relkind") || !tokens[i+1].Is("in") {
			continue
		}
		for _, t := range tokens[i+2:] {
			if t.Is(")") {
				return false
			}
			if t.Kind == tinysql.String && t.Text == "r" {
				return true
			}
		}
	}
	return true
}

// known is what psql's own headings show of an object.
func (c *conn) known(catalog, name string) map[string]string {
	owner := c.server.app.Name
	if catalog == "pg_database" && name != owner || catalog == "pg_namespace" {
		owner = "postgres"
	}
	if catalog == "pg_class" && (c.database != owner || c.server.app.Table(name) == nil) {
		owner = c.user
	}
	if catalog == "pg_namespace" && c.server.major >= 15 {
		owner = "pg_database_owner"
	}
	known := map[string]string{
		"name": name, "schema": "public", "owner": owner, "type": "table", "encoding": "UTF8", "collate": "en_US.UTF-8", "ctype": "en_US.UTF-8", "locale provider": "libc", "nspname": "public",
		"rolinherit": "t", "rolcreaterole": "f", "rolcreatedb": "f", "rolconnlimit": "-1", "memberof": "{}", "rolreplication": "f", "rolbypassrls": "f",
	}
	if catalog == "pg_roles" && name == "postgres" {
		for _, right := range []string{"rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls"} {
			known[right] = "t"
		}
	}
	if strings.HasPrefix(name, "template") {
		known["access privileges"] = "=c/postgres\npostgres=CTc/postgres"
	}
	return known
}
