package postgres

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

// The bounds of what a session can make.
const (
	maxMade    = 16 // tables, those of the decky's that are changed among them
	maxColumns = 32
	maxRows    = 1000 // of one of them
	maxBytes   = 256 << 10
)

// super tells whether the user is a superuser.
func (c *conn) super() bool { return c.user == "postgres" }

// owns tells whether the user may change the tables of this database.
func (c *conn) owns() bool {
	return c.super() || c.user == c.server.app.Name && c.database == c.server.app.Name
}

func (c *conn) denied(format string, args ...any) outcome {
	return outcome{failed: c.failure("42501", fmt.Sprintf(format, args...), 0, "aclcheck_error")}
}

// cursor goes through the tokens of a statement.
type cursor struct {
	tokens []tinysql.Token
	at     int
}

func (p *cursor) take(words ...string) bool {
	for i, w := range words {
		if p.at+i >= len(p.tokens) || !p.tokens[p.at+i].Is(w) {
			return false
		}
	}
	p.at += len(words)
	return true
}

// name takes a name of one part or more.
func (p *cursor) name() (parts []string, at int) {
	for p.at < len(p.tokens) {
		t := p.tokens[p.at]
		if t.Kind != tinysql.Word && t.Kind != tinysql.Name {
			break
		}
		if parts == nil {
			at = t.From
		}
		p.at++
		if t.Kind == tinysql.Word {
			t.Text = strings.ToLower(t.Text)
		}
		parts = append(parts, t.Text)
		if !p.take(".") {
			break
		}
	}
	return parts, at
}

// list takes what is in parentheses, apart at its commas.
func (p *cursor) list() (items [][]tinysql.Token, ok bool) {
	if !p.take("(") {
		return nil, false
	}
	var item []tinysql.Token
	for depth := 1; p.at < len(p.tokens); {
		t := p.tokens[p.at]
		p.at++
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		}
		if depth == 0 || depth == 1 && t.Is(",") {
			if len(item) > 0 {
				items = append(items, item)
			}
			item = nil
			if depth == 0 {
				return items, true
			}
			continue
		}
		item = append(item, t)
	}
	return nil, false
}

// mine returns the session's own copy of a table, to be changed; nil where there is none, or there are too many.
func (c *conn) mine(name []string) *bait.Table {
	last := name[len(name)-1]
	if t := c.made[last]; t != nil {
		return t
	}
	t := c.table(name)
	if t == nil || isCatalog(name) || len(c.made) >= maxMade {
		return nil
	}
	return c.keep(last, &bait.Table{Name: last, Columns: t.Columns, Rows: slices.Clone(t.Rows)})
}

// target reads the name of a table that a statement changes, and returns the session's own copy of it; nil with what is said instead.
func (c *conn) target(text string, p *cursor) (*bait.Table, outcome) {
	name, at := p.name()
	switch {
	case name == nil:
		return nil, c.syntaxError(text, p.end(text))
	case c.table(name) == nil:
		return nil, c.missing(text, name, at)
	case !c.owns() && c.made[name[len(name)-1]] == nil || isCatalog(name):
		return nil, c.denied("permission denied for table %.200s", name[len(name)-1])
	}
	if t := c.mine(name); t != nil {
		return t, outcome{}
	}
	return nil, c.full()
}

func (c *conn) keep(name string, t *bait.Table) *bait.Table {
	if c.made == nil {
		c.made = map[string]*bait.Table{}
	}
	c.made[name] = t
	return t
}

// add adds rows within the bounds.
func (c *conn) add(t *bait.Table, rows [][]string) bool {
	for _, row := range rows {
		size := 32 * len(row)
		for _, v := range row {
			size += len(v)
		}
		if len(t.Rows) >= maxRows || c.kept+size > maxBytes {
			return false
		}
		c.kept += size
		t.Rows = append(t.Rows, row)
	}
	return true
}

func (c *conn) full() outcome {
	return outcome{failed: c.failure("53100", fmt.Sprintf("could not extend file \"base/16384/%d\": No space left on device", 24600+8*len(c.made)), 0, "mdextend")}
}

func (c *conn) missing(text string, name []string, at int) outcome {
	return outcome{failed: c.failure("42P01", fmt.Sprintf("relation \"%.200s\" does not exist", strings.Join(name, ".")), 1+utf8.RuneCountInString(text[:min(at, len(text))]), "parserOpenTable")}
}

// change answers a statement that changes something: what it does to tables is so for this session, of the rest only the answer is.
func (c *conn) change(text string, tokens []tinysql.Token) outcome {
	if len(tokens) < 2 {
		return c.syntaxError(text, len(text))
	}
	p := &cursor{tokens: tokens, at: 1}
	switch first := strings.ToLower(tokens[0].Text); first {
	case "create", "drop", "alter":
		return c.define(first, text, p)
	case "insert":
		return c.insert(text, p)
	case "delete", "update":
		return c.modify(first, text, p)
	case "truncate":
		p.take("table")
		p.take("only")
		name, at := p.name()
		switch {
		case name == nil:
			return c.syntaxError(text, len(text))
		case c.table(name) == nil:
			return c.missing(text, name, at)
		case !c.owns():
			return c.denied("permission denied for table %.200s", name[len(name)-1])
		}
		if t := c.mine(name); t != nil {
			t.Rows = nil
		}
		return outcome{tag: "TRUNCATE TABLE"}
	case "refresh":
		return outcome{tag: "REFRESH MATERIALIZED VIEW"}
	case "import":
		return outcome{tag: "IMPORT FOREIGN SCHEMA"}
	default:
		return outcome{tag: strings.ToUpper(first)}
	}
}

// define answers CREATE, DROP and ALTER.
func (c *conn) define(verb, text string, p *cursor) outcome {
	p.take("or", "replace")
	for p.take("temp") || p.take("temporary") || p.take("unlogged") || p.take("unique") || p.take("global") || p.take("local") || p.take("trusted") || p.take("recursive") || p.take("constraint") {
	}
	if p.at >= len(p.tokens) || p.tokens[p.at].Kind != tinysql.Word {
		return c.syntaxError(text, p.end(text))
	}
	what := strings.ToUpper(p.tokens[p.at].Text)
	p.at++
	switch {
	case what == "USER" && !p.take("mapping"), what == "GROUP":
		what = "ROLE"
	case what == "MATERIALIZED":
		p.take("view")
		what = "MATERIALIZED VIEW"
	case what == "EVENT", what == "FOREIGN", what == "TEXT", what == "ACCESS", what == "DEFAULT":
		if p.at < len(p.tokens) {
			what += " " + strings.ToUpper(p.tokens[p.at].Text)
			p.at++
		}
	}
	done := outcome{tag: strings.ToUpper(verb) + " " + what}
	if len(done.tag) > 40 {
		return c.syntaxError(text, p.tokens[p.at-1].From)
	}
	if what == "TABLE" {
		return c.defineTable(verb, text, p)
	}
	switch what {
	case "ROLE":
		c.recordPassword(p)
		if !c.super() {
			return c.denied("permission denied to %s role", verb)
		}
	case "SYSTEM":
		if !c.super() {
			return c.denied("must be superuser to execute ALTER SYSTEM command")
		}
	case "DATABASE", "EXTENSION":
		if p.take("if"); !c.super() {
			return c.denied("permission denied to %s %s", verb, strings.ToLower(what))
		}
	case "FUNCTION":
		if file := library(p.tokens); verb == "create" && file != "" {
			if !c.super() {
				return c.denied("permission denied for language c")
			}
			return outcome{failed: c.failure("58P01", fmt.Sprintf("could not access file \"%.200s\": No such file or directory", file), 0, "internal_load_library")}
		}
	}
	return done
}

// end is where what the cursor is at is, in the text.
func (p *cursor) end(text string) int {
	if p.at < len(p.tokens) {
		return p.tokens[p.at].From
	}
	return len(text)
}

// library is the shared library of a function in C.
func library(tokens []tinysql.Token) string {
	file, c := "", false
	for i, t := range tokens {
		if t.Kind == tinysql.String && strings.HasPrefix(t.Text, "/") && file == "" {
			file = t.Text
		}
		c = c || t.Is("language") && i+1 < len(tokens) && strings.EqualFold(tokens[i+1].Text, "c")
	}
	if !c {
		return ""
	}
	return file
}

// recordPassword records the password that a role is to have.
func (c *conn) recordPassword(p *cursor) {
	name, _ := p.name()
	for i, t := range p.tokens {
		if t.Is("password") && i+1 < len(p.tokens) && p.tokens[i+1].Kind == tinysql.String && name != nil {
			c.s.Event("password_change", event.String(event.Principal, name[0]), event.String(event.Secret, p.tokens[i+1].Text))
		}
	}
}

// defineTable answers CREATE, DROP and ALTER TABLE.
func (c *conn) defineTable(verb, text string, p *cursor) outcome {
	absent, present := p.take("if", "not", "exists"), p.take("if", "exists")
	done := outcome{tag: strings.ToUpper(verb) + " TABLE"}
	name, at := p.name()
	if name == nil {
		return c.syntaxError(text, p.end(text))
	}
	last := name[len(name)-1]
	there := c.table(name) != nil && !isCatalog(name)
	if verb != "create" {
		for ; name != nil; name, at = p.name() {
			last = name[len(name)-1]
			switch {
			case c.table(name) == nil && !present && verb == "drop":
				return outcome{failed: c.failure("42P01", fmt.Sprintf("table \"%.200s\" does not exist", last), 0, "DropErrorMsgNonExistent")}
			case c.table(name) == nil && !present:
				return c.missing(text, name, at)
			case c.table(name) == nil:
			case isCatalog(name):
				return c.denied("permission denied: \"%.200s\" is a system catalog", last)
			case !c.owns():
				return c.denied("must be owner of table %.200s", last)
			case verb == "drop":
				if _, known := c.made[last]; known || len(c.made) < maxMade {
					c.keep(last, nil) // one of the decky's may be behind it
				}
			}
			if verb == "alter" || !p.take(",") {
				break
			}
		}
		return done
	}
	switch {
	case there && absent:
		return done
	case there:
		return outcome{failed: c.failure("42P07", fmt.Sprintf("relation \"%.200s\" already exists", last), 0, "heap_create_with_catalog")}
	case !c.owns() && c.server.major >= 15:
		return c.denied("permission denied for schema public")
	case len(last) > 63:
		last = last[:63]
	}
	t := &bait.Table{Name: last}
	if p.take("as") {
		if p.at < len(p.tokens) && p.tokens[p.at].Is("select") {
			o := c.selectFrom(text, p.tokens[p.at:])
			if o.failed != nil {
				return o
			}
			t.Columns = o.result.Columns
			if _, again := c.made[last]; !again && len(c.made) >= maxMade || len(t.Columns) > maxColumns || !c.add(t, texts(o.result)) {
				return c.full()
			}
			c.keep(last, t)
			return outcome{tag: fmt.Sprint("SELECT ", len(t.Rows))}
		}
		return c.syntaxError(text, p.end(text))
	}
	items, whole := p.list()
	if !whole {
		return c.syntaxError(text, p.end(text))
	}
	for _, item := range items {
		if slices.ContainsFunc([]string{"primary", "unique", "foreign", "check", "constraint", "like", "exclude"}, item[0].Is) {
			continue
		}
		if len(item) < 2 || item[0].Kind != tinysql.Word && item[0].Kind != tinysql.Name {
			return c.syntaxError(text, item[len(item)-1].To)
		}
		column := bait.Column{Name: strings.ToLower(item[0].Text)}
		if slices.ContainsFunc([]string{"int", "integer", "serial", "int4"}, item[1].Is) {
			column.Kind = bait.Number
		}
		t.Columns = append(t.Columns, column)
	}
	if _, again := c.made[last]; !again && len(c.made) >= maxMade || len(t.Columns) > maxColumns {
		return c.full()
	}
	c.keep(last, t)
	return done
}

// texts are a result's rows.
func texts(r *tinysql.Result) [][]string {
	var rows [][]string
	for _, row := range r.Rows {
		var out []string
		for _, v := range row {
			text, _ := v.(string)
			out = append(out, text)
		}
		rows = append(rows, out)
	}
	return rows
}

// insert answers INSERT.
func (c *conn) insert(text string, p *cursor) outcome {
	if !p.take("into") {
		return c.syntaxError(text, p.end(text))
	}
	t, refused := c.target(text, p)
	if t == nil {
		return refused
	}
	columns, given := p.list()
	places, err := c.places(t, columns, given, text)
	if err != nil {
		return *err
	}
	var rows [][]string
	put := func(values []string) bool {
		row := make([]string, len(t.Columns))
		for i, v := range values {
			if i >= len(places) {
				return false
			}
			row[places[i]] = v
		}
		rows = append(rows, row)
		return true
	}
	more := outcome{failed: c.failure("42601", "INSERT has more expressions than target columns", 0, "transformInsertRow")}
	switch {
	case p.take("default", "values"):
		put(nil)
	case p.take("values"):
		for {
			items, ok := p.list()
			if !ok {
				return c.syntaxError(text, p.end(text))
			}
			var values []string
			for _, item := range items {
				value := item[0].Text
				if item[0].Is("null") || item[0].Is("default") {
					value = ""
				}
				values = append(values, value)
			}
			if !put(values) {
				return more
			}
			if !p.take(",") {
				break
			}
		}
	case p.at < len(p.tokens) && p.tokens[p.at].Is("select"):
		o := c.selectFrom(text, p.tokens[p.at:])
		if o.failed != nil {
			return o
		}
		for _, row := range texts(o.result) {
			if !put(row) {
				return more
			}
		}
	default:
		return c.syntaxError(text, p.end(text))
	}
	if !c.add(t, rows) {
		return c.full()
	}
	return outcome{tag: fmt.Sprint("INSERT 0 ", len(rows))}
}

// places are the columns that a list names, or all.
func (c *conn) places(t *bait.Table, names [][]tinysql.Token, given bool, text string) (places []int, failed *outcome) {
	if !given {
		for i := range t.Columns {
			places = append(places, i)
		}
		return places, nil
	}
	for _, name := range names {
		at := slices.IndexFunc(t.Columns, func(col bait.Column) bool { return strings.EqualFold(col.Name, name[0].Text) })
		if at < 0 {
			position := 1 + utf8.RuneCountInString(text[:name[0].From])
			return nil, &outcome{failed: c.failure("42703", fmt.Sprintf("column \"%.200s\" of relation \"%s\" does not exist", name[0].Text, t.Name), position, "errorMissingColumn")}
		}
		places = append(places, at)
	}
	return places, nil
}

// modify answers DELETE and UPDATE: rows are deleted; those that would be changed are counted.
func (c *conn) modify(verb, text string, p *cursor) outcome {
	if verb == "delete" && !p.take("from") {
		return c.syntaxError(text, p.end(text))
	}
	p.take("only")
	t, refused := c.target(text, p)
	if t == nil {
		return refused
	}
	// What WHERE means is what it means in SELECT.
	where := ""
	if at := slices.IndexFunc(p.tokens[p.at:], func(t tinysql.Token) bool { return t.Is("where") }); at >= 0 {
		where = text[p.tokens[p.at+at].From:]
	}
	query := `select * from "` + strings.ReplaceAll(t.Name, `"`, `""`) + `" ` + where
	o := c.selectFrom(query, dialect.Split(query)[0])
	if o.failed != nil {
		o.failed.Position = 0
		return o
	}
	found := texts(o.result)
	if verb == "delete" {
		var left [][]string
		for _, row := range t.Rows {
			if !slices.ContainsFunc(found, func(f []string) bool { return slices.Equal(f, row) }) {
				left = append(left, row)
			}
		}
		t.Rows = left
	}
	return outcome{tag: fmt.Sprintf("%s %d", strings.ToUpper(verb), len(found))}
}
