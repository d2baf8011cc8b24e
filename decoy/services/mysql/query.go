package mysql

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
)

// dialect is how the server reads statements.
func (v *server) dialect() tinysql.Dialect {
	release := v.release()
	return tinysql.Dialect{DoubleQuotedStrings: true, MariaDB: v.mariadb, Release: release/100*10000 + release%100*100 + 99}
}

// query answers the text of a query. The servers take one statement, unless the client asked for more; the first decides here.
func (c *conn) query(text string) { c.inTurn(func() { c.queryInTurn(text) }) }

func (c *conn) queryInTurn(text string) {
	statements := c.server.dialect().Split(text)
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
	c.replied = 0
	for i, tokens := range statements[:min(len(statements), maxStatements)] {
		c.more, c.failed = i+1 < min(len(statements), maxStatements), false
		// A statement's text ends where the next begins.
		end := len(text)
		if c.more {
			end = statements[i+1][0].From
		}
		if c.statement(text[:end], tokens, nil); c.failed {
			break
		}
		if c.under = nil; c.more {
			c.aside(func() {}) // others first
		}
	}
	c.more = false
}

// maxStatements bounds those of one query.
const maxStatements = 16

// inTurn does what costs time and memory while there is a turn for it.
func (c *conn) inTurn(do func()) { c.turn.Do(c.server.turns, do) }

// maxHeld bounds the bytes that all statements together hold without a turn: answers that clients are slow to take, and what sleeps in the middle of a query. What is smaller than heldAnyway each may have in any case.
const (
	maxHeld    = 8 << 20
	heldAnyway = 64 << 10
)

// aside waits for something, and lets others have the turn meanwhile. It doesn't, and says so, where too much is held already.
func (c *conn) aside(wait func()) bool {
	size := int64(0)
	if c.turn && c.under != nil {
		size = int64(max(0, c.under.cells*24+c.under.made-heldAnyway))
	}
	held := c.server.held.Add(size)
	defer c.server.held.Add(-size)
	if size > 0 && held > maxHeld {
		return false
	}
	c.turn.Aside(c.server.turns, wait)
	return true
}

// send sends a part of a reply while others have the turn. Where too much is held already, who doesn't take it soon loses the connection, and not the others their turns.
func (c *conn) send(part func()) bool {
	if c.aside(part) {
		return true
	}
	if c.hurry.IsZero() {
		c.hurry = time.Now().Add(maxHurry)
		c.writeBy(c.hurry)
	}
	return false
}

// maxHurry is how long one statement's answer may take in all while it keeps a turn from others.
const maxHurry = time.Second

// maxSleep bounds how long one call waits: nobody sees whether the client is still there.
const maxSleep = 5 * time.Minute

// sleep waits as SLEEP does.
func (c *conn) sleep(seconds float64) {
	if !(seconds > 0) || c.ctx == nil {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, time.Duration(min(seconds, maxSleep.Seconds())*float64(time.Second)))
	defer cancel()
	c.aside(func() { <-ctx.Done() })
}

// benchmark takes about the time that so many times would take, but works it out once.
func (c *conn) benchmark(q *run, e *expr, at *frame) {
	n := number(q.eval(e.args[0], at))
	q.eval(e.args[1], at)
	c.sleep(n * 180e-9)
}

// random is RAND without a seed.
func (c *conn) random() any { return rand.Float64() }

// seeded are the numbers that follow from a seed, the same each time.
type seeded struct{ first, second uint64 }

const seededMost = 0x3fffffff

func newSeeded(seed uint32) *seeded {
	return &seeded{uint64(seed*0x10001+55555555) % seededMost, uint64(seed*0x10000001) % seededMost}
}

func (s *seeded) next() float64 {
	s.first = (s.first*3 + s.second) % seededMost
	s.second = (s.first + s.second + 33) % seededMost
	return float64(s.first) / seededMost
}

// from is where the client seems to be: localhost has a name.
func (c *conn) from() string { return c.s.Peer().Addr().String() }

// The bounds of what a session keeps, and of what all of them keep together. What is smaller than keptAnyway each may keep in any case.
const (
	maxUsers    = 64
	maxUserSize = 16 << 10
	maxKept     = 512 << 10
	maxKeptAll  = 8 << 20
	keptAnyway  = 32 << 10
)

// size is how many bytes of texts the session keeps.
func (c *conn) size() int {
	n := 0
	for name, v := range c.users {
		n += len(name) + len(text(v))
	}
	for _, p := range c.prepared {
		n += len(p.text)
		for _, b := range p.long {
			n += cap(b)
		}
	}
	for name, p := range c.named {
		n += len(name) + len(p.text)
	}
	return n
}

// room tells whether the session may keep so much more.
func (c *conn) room(more int) bool {
	size := c.size() + more
	beyond := max(0, size-keptAnyway)
	if all := c.server.kept.Add(int64(beyond - c.kept)); size > maxKept || beyond > c.kept && all > maxKeptAll {
		c.server.kept.Add(int64(c.kept - beyond))
		return false
	}
	c.kept = beyond
	return true
}

// setUser gives a variable of the user's a value.
func (c *conn) setUser(name string, v any) {
	if c.users == nil {
		c.users = map[string]any{}
	}
	if _, ok := c.users[name]; !ok && len(c.users) >= maxUsers || len(name) > 64 || len(text(v)) > maxUserSize || isText(v) && len(text(v)) > 256 && !c.room(len(text(v))) {
		return
	}
	switch s := v.(type) { // not with the whole statement around it
	case string:
		v = strings.Clone(s)
	case raw:
		v = raw(strings.Clone(string(s)))
	}
	c.users[strings.Clone(name)] = v
}

// unknownFunction refuses one that there is not, and records the ones that are there to run programs.
func (c *conn) unknownFunction(e *expr) {
	name := e.text
	if c.database != "" {
		name = c.database + "." + name
	}
	if slices.Contains([]string{"sys_exec", "sys_eval", "sys_get", "sys_set", "sys_bineval", "do_system", "cmdshell", "exec"}, e.text) {
		command := ""
		if len(e.args) > 0 {
			command = text(e.args[0].value)
		}
		c.s.Event(event.CommandRun, event.String(event.Command, command), event.String("how", e.text), event.String(event.Outcome, event.Rejected))
	}
	panic(&wrong{code: 1305, state: "42000", message: fmt.Sprintf("FUNCTION %.129s does not exist", name)})
}

// protect does what may panic with a mistake in the statement, and tells of it.
func (c *conn) protect(statement string, do func()) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *wrong:
			if r.code == 1064 && r.message == "" {
				c.syntaxError(statement, r.at)
				return
			}
			c.fail(r.code, r.state, r.message)
		default:
			panic(r)
		}
	}()
	do()
}

func (c *conn) readOnly() {
	server, option := "MySQL", "--super-read-only"
	if c.server.mariadb {
		server, option = "MariaDB", "--read-only"
	}
	panic(&wrong{code: 1290, state: "HY000", message: "The " + server + " server is running with the " + option + " option so it cannot execute this statement"})
}

// statement answers one.
func (c *conn) statement(text string, tokens []tinysql.Token, parameters []any) {
	c.now = clip(strings.TrimSpace(text[tokens[0].From:]), 4096)
	defer func() { c.now = "" }()
	c.protect(text, func() { c.dispatch(text, tokens, parameters) })
}

// word is the keyword at a place of a statement.
func word(tokens []tinysql.Token, i int) string {
	if i < len(tokens) && tokens[i].Kind == tinysql.Word {
		return strings.ToLower(tokens[i].Text)
	}
	return ""
}

func (c *conn) dispatch(text string, tokens []tinysql.Token, parameters []any) {
	first := word(tokens, 0)
	c.quiet = first == "show" && (word(tokens, 1) == "warnings" || word(tokens, 1) == "errors")
	if !(first == "show" && (word(tokens, 1) == "warnings" || word(tokens, 1) == "errors" || word(tokens, 1) == "count")) && !strings.Contains(strings.ToLower(text), "@@warning_count") && !strings.Contains(strings.ToLower(text), "@@error_count") {
		c.diagnostics, c.warned = nil, 0
	}
	c.foundBefore, c.affectedBefore = c.foundRows, c.affected
	defer func() {
		if first != "select" {
			c.foundRows = 0
		}
	}()
	q := &run{c: c, parameters: parameters}
	c.under = q
	p := &parser{text: text, tokens: tokens, single: c.server.mariadb}
	c.affected = 0
	switch {
	case first == "select" || first == "with" || first == "values" || tokens[0].Is("("):
		c.affected = c.affectedBefore
		s := p.whole()
		c.selectInto(q, s)
		return
	case first == "table" && !c.server.mariadb && len(tokens) > 1:
		p.at = 1
		s := &selection{items: []item{{star: true}}, tables: []joined{{name: p.names()}}}
		s.tables[0].alias = s.tables[0].name[len(s.tables[0].name)-1]
		p.tail(s)
		c.selectInto(q, s)
		return
	case first == "show":
		c.show(text, tokens)
	case first == "desc" || first == "describe" || first == "explain" || first == "analyze" && (word(tokens, 1) == "select" || word(tokens, 1) == "format"):
		c.explain(q, text, tokens)
	case first == "use":
		if len(tokens) != 2 {
			c.syntaxError(text, len(text))
		} else if c.use(tokens[1].Text) {
			c.ok()
		}
	case first == "kill":
		c.kill(text, tokens)
	case first == "set":
		c.set(q, text, tokens)
	case first == "do":
		p.at = 1
		for _, e := range p.expressions() {
			q.eval(q.bindExpr(e, loose()), &frame{})
		}
		c.ok()
	case first == "prepare":
		c.prepareNamed(q, text, tokens)
	case first == "execute":
		c.executeNamed(q, text, tokens)
	case first == "deallocate" || first == "drop" && word(tokens, 1) == "prepare":
		name := tokens[len(tokens)-1].Text
		if c.named[strings.ToLower(name)] == nil {
			panic(&wrong{code: 1243, state: "HY000", message: "Unknown prepared statement handler (" + clip(name, 64) + ") given to DEALLOCATE PREPARE"})
		}
		delete(c.named, strings.ToLower(name))
		c.ok()
	case first == "analyze" && word(tokens, 1) != "select" && word(tokens, 1) != "format" && len(tokens) > 2:
		c.readOnly()
	case first == "check" || first == "checksum" || first == "repair" && c.server.mariadb:
		c.maintain(text, tokens)
	case first == "call":
		p.at = 1
		name := p.names()
		if len(name) == 1 {
			if c.database == "" {
				panic(&wrong{code: 1046, state: "3D000", message: "No database selected"})
			}
			name = []string{c.database, name[0]}
		}
		panic(&wrong{code: 1305, state: "42000", message: fmt.Sprintf("PROCEDURE %.129s does not exist", strings.Join(name, "."))})
	case first == "handler":
		c.readOnly()
	default:
		c.others(text, tokens, first)
	}
}

// others are the statements that change something, which is refused, or nothing that could be seen.
func (c *conn) others(text string, tokens []tinysql.Token, first string) {
	switch first {
	case "start":
		if word(tokens, 1) == "slave" || word(tokens, 1) == "replica" {
			c.lacks("SUPER, REPLICATION SLAVE ADMIN", "SUPER or REPLICATION_SLAVE_ADMIN")
		}
		c.transaction = true
		c.ok()
	case "begin", "commit", "rollback", "unlock", "savepoint", "release", "lock", "flush", "xa": // a server that is read-only lets its tables be locked, as dumpers do
		c.transaction = first == "begin" || c.transaction && first != "commit" && first != "rollback"
		c.ok()
	case "stop", "change":
		c.brought(tokens, first)
		c.lacks("SUPER, REPLICATION SLAVE ADMIN", "SUPER or REPLICATION_SLAVE_ADMIN")
	case "purge":
		c.lacks("SUPER, BINLOG ADMIN", "SUPER or BINLOG_ADMIN")
	case "reset":
		if word(tokens, 1) == "master" {
			panic(&wrong{code: 1186, state: "HY000", message: "Binlog closed, cannot RESET MASTER"})
		}
		c.ok()
	case "shutdown":
		if len(tokens) > 1 {
			c.syntaxError(text, tokens[1].From)
			return
		}
		c.ended = true // and its like is back when the next one looks
		c.ok()
	case "help":
		if len(tokens) == 2 {
			c.answer(&found{fields: headings("source_category_name:64 name:64 is_it_category:1")})
			return
		}
		c.syntaxError(text, len(text))
	case "insert", "update", "delete", "replace", "truncate", "drop", "create", "alter", "grant", "revoke", "rename", "load", "optimize", "repair", "install", "uninstall", "import":
		if len(tokens) < 2 {
			c.syntaxError(text, len(text))
			return
		}
		c.brought(tokens, first)
		if first == "create" && tokens[1].Is("temporary") && word(tokens, 2) == "table" {
			c.ok() // a server that is read-only takes it; nothing is kept
			return
		}
		if first == "grant" && c.server.mariadb { // what one has not can't be given
			panic(&wrong{code: 1045, state: "28000", message: fmt.Sprintf("Access denied for user '%.80s'@'%%' (using password: YES)", c.user)})
		}
		c.readOnly()
	default:
		c.syntaxError(text, tokens[0].From)
	}
}

// lacks refuses what takes privileges that nobody has here.
func (c *conn) lacks(mariadb, mysql string) {
	if c.server.mariadb {
		mysql = mariadb
	}
	panic(&wrong{code: 1227, state: "42000", message: "Access denied; you need (at least one of) the " + mysql + " privilege(s) for this operation"})
}

// brought records what a statement tries to make a program of, or have the server run.
func (c *conn) brought(tokens []tinysql.Token, first string) {
	for i, t := range tokens {
		if t.Is("soname") && i+1 < len(tokens) {
			name := ""
			for j := 1; j < i; j++ {
				if tokens[j].Is("function") || tokens[j].Is("plugin") {
					name = tokens[j+1].Text
				}
			}
			c.s.Event(event.CommandRun, event.String(event.Command, name), event.String("how", first+" soname"), event.String("file", tokens[i+1].Text), event.String(event.Outcome, event.Rejected))
		}
	}
	c.broughtSecrets(tokens, first)
}

// after is the string that follows a word, maybe with = between them.
func after(tokens []tinysql.Token, i int) string {
	if i++; i < len(tokens) && tokens[i].Is("=") {
		i++
	}
	if i < len(tokens) && tokens[i].Kind == tinysql.String {
		return tokens[i].Text
	}
	return ""
}

// broughtSecrets records the passwords in a statement: of accounts here, and of other servers that this one is to connect to.
func (c *conn) broughtSecrets(tokens []tinysql.Token, first string) {
	server := word(tokens, 1) == "server"
	principal, host := "", ""
	elsewhere := func(secret string) {
		c.s.Event("outbound", event.String("target", host), event.String(event.Principal, principal), event.String(event.Secret, secret), event.String("how", first+" "+word(tokens, 1)), event.String(event.Outcome, event.Rejected))
	}
	told := 0
	for i, t := range tokens {
		if told == 8 {
			return
		}
		value := after(tokens, i)
		switch {
		case t.Is("master_host"), t.Is("source_host"), server && t.Is("host"):
			host = value
		case t.Is("master_user"), t.Is("source_user"), server && t.Is("user"):
			principal = value
		case (t.Is("master_password") || t.Is("source_password") || server && t.Is("password")) && value != "":
			elsewhere(value)
			told++
		case t.Is("connection") && value != "":
			if u, err := url.Parse(value); err == nil && u.User != nil {
				password, _ := u.User.Password()
				principal, host = u.User.Username(), u.Host
				elsewhere(password)
				told++
			}
		case t.Is("identified") && (first == "create" || first == "alter" || first == "grant"):
			// BY '…', WITH plugin BY '…', VIA plugin USING PASSWORD('…'): the first string behind, if it is the statement's at all.
			for j := i + 1; j < min(i+8, len(tokens)) && !tokens[j].Is(",") && !tokens[j].Is("identified"); j++ {
				if tokens[j].Kind != tinysql.String || tokens[j-1].Is("with") || tokens[j-1].Is("via") { // a plugin's name
					continue
				}
				c.s.Event("password_change", event.String(event.Principal, userBefore(tokens, i)), event.String(event.Secret, tokens[j].Text), event.String(event.Outcome, event.Rejected))
				told++
				break
			}
		}
	}
}

// userBefore is the account that stands before a place, without its host.
func userBefore(tokens []tinysql.Token, i int) string {
	for j := i - 1; j > 0; j-- {
		if tokens[j].Kind == tinysql.String && tokens[j-1].Text != "@" {
			return tokens[j].Text
		}
		if tokens[j].Is("user") || tokens[j].Is("to") || tokens[j].Is(",") {
			break
		}
	}
	return tokens[max(i-1, 0)].Text
}

// kill ends a connection: there is none but one's own.
func (c *conn) kill(text string, tokens []tinysql.Token) {
	p := &parser{text: text, tokens: tokens, at: 1}
	p.any("hard", "soft")
	query := p.any("connection", "query") == "query"
	if p.take("user") {
		c.ok()
		return
	}
	q := &run{c: c}
	e := q.bindExpr(p.expression(), loose())
	id := integer(q.eval(e, &frame{}))
	switch {
	case id != int64(c.id):
		panic(&wrong{code: 1094, state: "HY000", message: fmt.Sprintf("Unknown thread id: %d", id)})
	case query || !c.server.mariadb:
		c.ended = !query
		panic(&wrong{code: 1317, state: "70100", message: "Query execution was interrupted"})
	}
	c.ended = true
	panic(&wrong{code: 1927, state: "70100", message: "Connection was killed"})
}

// maintain answers CHECK and ANALYZE TABLE.
func (c *conn) maintain(text string, tokens []tinysql.Token) {
	p := &parser{text: text, tokens: tokens, at: 1}
	p.any("no_write_to_binlog", "local")
	if p.any("table", "tables") == "" {
		p.fail()
	}
	var rows [][]any
	op := strings.ToLower(tokens[0].Text)
	r := &found{fields: headings("Table:128 Op:10 Msg_type:10 Msg_text:393216")}
	for i := range r.fields {
		r.fields[i].flags = 0
	}
	r.fields[3].kind = 250
	if op == "checksum" {
		r.fields = []field{{name: "Table", typ: words(384)}, {name: "Checksum", typ: whole(21)}}
	}
	for {
		name := p.names()
		if len(name) == 1 {
			if c.database == "" {
				panic(&wrong{code: 1046, state: "3D000", message: "No database selected"})
			}
			name = []string{c.database, name[0]}
		}
		shown := strings.Join(name, ".")
		t := c.server.table(name[0], name[1])
		switch {
		case op == "checksum" && t == nil:
			(&run{c: c}).warn("Error", 1146, fmt.Sprintf("Table '%.64s.%.64s' doesn't exist", name[0], name[1]))
			rows = append(rows, []any{shown, nil})
		case op == "checksum":
			rows = append(rows, []any{shown, int64(c.server.host.Rand("mysql-checksum/" + shown).Uint32())})
		case t == nil:
			rows = append(rows, []any{shown, op, "Error", fmt.Sprintf("Table '%.64s.%.64s' doesn't exist", name[0], name[1])}, []any{shown, op, "status", "Operation failed"})
		case op == "repair":
			rows = append(rows, []any{shown, op, "Error", "The MariaDB server is running with the --read-only option so it cannot execute this statement"}, []any{shown, op, "error", "Corrupt"})
		case t.engine == "MEMORY" || t.engine == "PERFORMANCE_SCHEMA" || t.database == "information_schema":
			rows = append(rows, []any{shown, op, "note", "The storage engine for the table doesn't support " + op})
		default:
			rows = append(rows, []any{shown, op, "status", "OK"})
		}
		if len(rows) > 256 || !p.take(",") {
			break
		}
	}
	r.rows = rows
	c.answer(r)
}

// selectInto runs a query and answers it, or puts the answer where it is to go.
func (c *conn) selectInto(q *run, s *selection) {
	q.bind(s, nil)
	target := s.into
	for i := range s.more {
		if s.more[i].with.into != nil {
			target = s.more[i].with.into
		}
	}
	if s.first != nil && target == nil {
		target = s.first.into
	}
	if target != nil && target.how != "" {
		c.toFile(q, s, target)
		return
	}
	r := q.execute(s, nil)
	if target == nil {
		c.affected = -1
		c.foundRows = max(c.foundRows, len(r.rows))
		if s.limit == nil {
			c.foundRows = len(r.rows)
		}
		c.answer(r)
		return
	}
	if len(target.vars) != len(r.fields) {
		panic(&wrong{code: 1222, state: "21000", message: "The used SELECT statements have a different number of columns"})
	}
	switch len(r.rows) {
	case 0:
		q.warn("Warning", 1329, "No data - zero rows fetched, selected, or processed")
	case 1:
		for i, name := range target.vars {
			c.setUser(name, r.rows[0][i])
		}
		c.affected = 1
	default:
		panic(&wrong{code: 1172, state: "42000", message: "Result consisted of more than one row"})
	}
	c.done(len(r.rows))
}

// syntaxError refuses a statement in which what is at that byte makes no sense.
func (c *conn) syntaxError(text string, at int) {
	server := "MySQL"
	if c.server.mariadb {
		server = "MariaDB"
	}
	near := strings.TrimRight(text[min(at, len(text)):], "; \n")
	if q := strings.TrimRight(text, "; \n"); at < len(q) && (text[at] == '\'' || text[at] == '"') && strings.Count(text[at:], text[at:at+1]) == 1 {
		near = text[at:]
	}
	c.fail(1064, "42000", fmt.Sprintf("You have an error in your SQL syntax; check the manual that corresponds to your %s server version for the right syntax to use near '%.80s' at line %d",
		server, near, 1+strings.Count(text[:min(at, len(text))], "\n")))
}

// use changes the database, or refuses.
func (c *conn) use(name string) bool {
	if !c.knows(name) {
		c.fail(1049, "42000", fmt.Sprintf("Unknown database '%.64s'", name))
		return false
	}
	if strings.EqualFold(name, "information_schema") {
		name = "information_schema"
	}
	c.database = strings.Clone(name)
	return true
}

// set answers SET: it changes what is of the session, and knows what there is to be set.
func (c *conn) set(q *run, statement string, tokens []tinysql.Token) {
	p := &parser{text: statement, tokens: tokens, at: 1}
	sc := loose()
	value := func() any {
		if t := p.peek(); (t.Kind == tinysql.Word && !isReserved(t) || t.Is("on")) && !(p.at+1 < len(tokens) && (tokens[p.at+1].Is("(") || tokens[p.at+1].Is("."))) && !slices.Contains(bare, strings.ToLower(t.Text)) {
			p.at++
			if t.Is("default") {
				return nil
			}
			return t.Text
		}
		return q.eval(q.bindExpr(p.expression(), sc), &frame{})
	}
	if len(tokens) < 2 {
		c.syntaxError(statement, len(statement))
		return
	}
	if p.take("statement") { // SET STATEMENT … FOR …
		for p.at < len(tokens) && !p.is("for") {
			p.at++
		}
		p.need("for")
		if p.at < len(tokens) {
			c.dispatch(statement, tokens[p.at:], q.parameters)
			return
		}
		p.fail()
	}
	for {
		scopeName := p.any("global", "session", "local", "persist", "persist_only")
		t := p.peek()
		switch {
		case t.Kind == tinysql.Variable && !strings.HasPrefix(t.Text, "@@"):
			p.at++
			name := variableName(t.Text)
			if name == "" && p.at < len(tokens) {
				name = strings.ToLower(p.peek().Text)
				p.at++
			}
			if p.any("=", ":=") == "" {
				p.fail()
			}
			c.setUser(name, q.eval(q.bindExpr(p.expression(), sc), &frame{}))
		case scopeName == "" && p.take("names"):
			c.setNames(text(value()))
			if p.take("collate") {
				value()
			}
		case scopeName == "" && (p.take("character", "set") || p.take("charset")):
			c.setNames(text(value()))
		case p.take("transaction"):
			for p.at < len(tokens) {
				p.at++
			}
			c.ok()
			return
		case scopeName == "" && (p.is("password") || p.is("role") || p.is("default") || p.is("resource")):
			if p.is("password") {
				principal := c.user
				if p.is("password", "for") && p.at+2 < len(tokens) {
					principal = tokens[p.at+2].Text
				}
				for i, t := range tokens {
					if t.Kind == tinysql.String && i == len(tokens)-1 || t.Kind == tinysql.String && i+1 < len(tokens) && tokens[i+1].Is(")") {
						c.s.Event("password_change", event.String(event.Principal, principal), event.String(event.Secret, t.Text), event.String(event.Outcome, event.Rejected))
					}
				}
				c.readOnly()
			}
			c.ok()
			return
		default:
			var name string
			if t.Kind == tinysql.Variable {
				p.at++
				name = strings.ToLower(t.Text[2:])
				for _, prefix := range []string{"global.", "session.", "local.", "persist."} {
					if rest, ok := strings.CutPrefix(name, prefix); ok {
						name, scopeName = rest, strings.TrimSuffix(prefix, ".")
					}
				}
			} else {
				name = strings.ToLower(strings.Join(p.names(), "."))
			}
			if p.any("=", ":=") == "" {
				p.fail()
			}
			v := value()
			c.setVariable(scopeName, name, v)
		}
		if p.at == len(tokens) {
			c.done(0)
			return
		}
		if !p.take(",") {
			p.fail()
		}
	}
}

func (c *conn) setNames(name string) {
	name = strings.ToLower(name)
	if name == "" || name == "default" {
		name = "utf8mb4"
	}
	cs, ok := charsetNamed(name)
	if !ok {
		panic(&wrong{code: 1115, state: "42000", message: fmt.Sprintf("Unknown character set: '%.64s'", name)})
	}
	if cs.name == "utf8mb4" {
		cs.id, cs.collation = uint16(c.server.charset), text(c.server.variables()["collation_server"])
	}
	c.charset = cs
	for _, of := range []string{"client", "connection", "results"} {
		c.keep("character_set_"+of, cs.name)
	}
	c.keep("collation_connection", cs.collation)
}

// keep remembers a variable of the session.
func (c *conn) keep(name string, v any) {
	if c.session == nil {
		c.session = map[string]any{}
	}
	if s, is := v.(string); is {
		v = strings.Clone(s)
	}
	if _, ok := c.session[name]; (ok || len(c.session) < maxUsers) && len(text(v)) <= 1024 {
		c.session[strings.Clone(name)] = v
	}
}

// strange are variables that may be set and aren't shown.
var strange = []string{"timestamp", "insert_id", "last_insert_id", "identity", "rand_seed1", "rand_seed2", "sql_log_bin", "pseudo_thread_id", "skip_parallel_replication", "gtid_seq_no", "server_id", "tx_isolation", "tx_read_only", "foreign_key_checks", "unique_checks", "sql_auto_is_null", "sql_notes", "sql_warnings", "warning_count", "error_count"}

// settled are variables that nobody may set.
var settled = []string{"version", "version_comment", "datadir", "basedir", "hostname", "plugin_dir", "port", "socket", "secure_file_priv", "have_ssl", "have_openssl", "version_compile_os", "version_compile_machine", "log_error", "tmpdir", "bind_address", "license", "pid_file", "lower_case_table_names"}

// global are variables that are of the server alone.
var global = []string{"general_log", "general_log_file", "slow_query_log", "slow_query_log_file", "log_output", "read_only", "super_read_only", "max_connections", "event_scheduler", "local_infile", "log_bin_trust_function_creators", "connect_timeout", "server_id", "innodb_file_per_table", "require_secure_transport", "key_buffer_size"}

// privileged are the privileges with which MariaDB lets variables be set that are the whole server's, beside SUPER.
var privileged = map[string]string{"max_connections": "CONNECTION ADMIN", "connect_timeout": "CONNECTION ADMIN", "max_user_connections": "CONNECTION ADMIN", "init_connect": "CONNECTION ADMIN", "secure_auth": "CONNECTION ADMIN"}

func (c *conn) setVariable(scope, name string, v any) {
	known, ok := c.server.variables()[name]
	switch {
	case !ok && !slices.Contains(strange, name):
		panic(&wrong{code: 1193, state: "HY000", message: fmt.Sprintf("Unknown system variable '%.64s'", name)})
	case slices.Contains(settled, name):
		panic(&wrong{code: 1238, state: "HY000", message: fmt.Sprintf("Variable '%.64s' is a read only variable", name)})
	case slices.Contains(global, name) && (scope == "" || scope == "session" || scope == "local"):
		panic(&wrong{code: 1229, state: "HY000", message: fmt.Sprintf("Variable '%.64s' is a GLOBAL variable and should be set with SET GLOBAL", name)})
	case name == "sql_log_bin":
		panic(&wrong{code: 1227, state: "42000", message: "Access denied; you need (at least one of) the " + map[bool]string{true: "SUPER, BINLOG ADMIN", false: "SUPER, SYSTEM_VARIABLES_ADMIN or SESSION_VARIABLES_ADMIN"}[c.server.mariadb] + " privilege(s) for this operation"})
	case scope == "global" || strings.HasPrefix(scope, "persist"):
		if name == "general_log_file" || name == "slow_query_log_file" || name == "log_output" { // by which a file is written where a web server finds it
			c.s.Event("file_open", event.String("path", text(v)), event.String("how", "SET GLOBAL "+name), event.String(event.Outcome, event.Rejected))
		}
		// What is of the whole server takes an account with SUPER or the like.
		privilege := "SUPER or SYSTEM_VARIABLES_ADMIN"
		if c.server.mariadb {
			privilege = "SUPER"
			if more := privileged[name]; more != "" {
				privilege = "SUPER, " + more
			}
			if name == "read_only" {
				privilege = "READ_ONLY ADMIN"
			}
		}
		panic(&wrong{code: 1227, state: "42000", message: "Access denied; you need (at least one of) the " + privilege + " privilege(s) for this operation"})
	}
	if v == nil {
		delete(c.session, name)
		return
	}
	s := text(v)
	if c.server.isSwitch(name) || slices.Contains([]string{"foreign_key_checks", "unique_checks", "autocommit", "sql_notes", "sql_warnings"}, name) {
		switch strings.ToLower(s) {
		case "1", "on", "true":
			v = "1"
		case "0", "off", "false":
			v = "0"
		default:
			panic(&wrong{code: 1231, state: "42000", message: fmt.Sprintf("Variable '%.64s' can't be set to the value of '%.64s'", name, s)})
		}
	} else if name == "sql_mode" {
		v = c.mode(s)
	} else if _, err := strconv.ParseInt(text(known), 10, 64); err == nil && isText(v) && known != nil {
		if _, err := strconv.ParseInt(s, 10, 64); err != nil && ok && known != "" {
			panic(&wrong{code: 1232, state: "42000", message: fmt.Sprintf("Incorrect argument type to variable '%.64s'", name)})
		}
	}
	if strings.HasPrefix(name, "character_set_") {
		cs, ok := charsetNamed(strings.ToLower(s))
		if !ok && !strings.EqualFold(s, "binary") {
			panic(&wrong{code: 1115, state: "42000", message: fmt.Sprintf("Unknown character set: '%.64s'", s)})
		}
		if name == "character_set_results" {
			c.charset = cs
			if cs.name == "utf8mb4" {
				c.charset.id = uint16(c.server.charset)
			}
		}
		v = cs.name
	}
	if name == "autocommit" {
		c.manual = v == "0"
	}
	c.keep(name, text(v))
}

// modes are the words of sql_mode, in the order in which they are shown.
var modes = strings.Split("REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,IGNORE_BAD_TABLE_OPTIONS,ONLY_FULL_GROUP_BY,NO_UNSIGNED_SUBTRACTION,NO_DIR_IN_CREATE,POSTGRESQL,ORACLE,MSSQL,DB2,MAXDB,NO_KEY_OPTIONS,NO_TABLE_OPTIONS,NO_FIELD_OPTIONS,"+
	"MYSQL323,MYSQL40,ANSI,NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ALLOW_INVALID_DATES,ERROR_FOR_DIVISION_BY_ZERO,TRADITIONAL,NO_AUTO_CREATE_USER,HIGH_NOT_PRECEDENCE,NO_ENGINE_SUBSTITUTION,"+
	"PAD_CHAR_TO_FULL_LENGTH,EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT,TIME_ROUND_FRACTIONAL,TIME_TRUNCATE_FRACTIONAL", ",")

func (c *conn) mode(s string) string {
	has := map[string]bool{}
	for written := range strings.SplitSeq(s, ",") {
		one := strings.ToUpper(strings.TrimSpace(written))
		if one == "" {
			continue
		}
		if !slices.Contains(modes, one) || !c.server.mariadb && one == "NO_AUTO_CREATE_USER" {
			panic(&wrong{code: 1231, state: "42000", message: fmt.Sprintf("Variable 'sql_mode' can't be set to the value of '%.64s'", written)})
		}
		has[one] = true
		if one == "TRADITIONAL" {
			for part := range strings.SplitSeq("STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION", ",") {
				has[part] = true
			}
		}
		if one == "ANSI" {
			for part := range strings.SplitSeq("REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE", ",") {
				has[part] = true
			}
		}
	}
	var all []string
	for _, one := range modes {
		if has[one] {
			all = append(all, one)
		}
	}
	return strings.Join(all, ",")
}

// variable gives the value of a system variable and its type, or refuses.
func (c *conn) variable(name string) (any, typ) {
	scope := ""
	for _, prefix := range []string{"global.", "session.", "local."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name, scope = rest, prefix
		}
	}
	value, ok := c.server.variables()[name]
	number := func(n int64) (any, typ) {
		t := whole(21)
		t.flags |= flagUnsigned
		return n, t
	}
	switch name {
	case "warning_count":
		return number(int64(c.warned))
	case "error_count":
		n := int64(0)
		for _, d := range c.diagnostics {
			if d.level == "Error" {
				n++
			}
		}
		return number(n)
	case "pseudo_thread_id":
		return number(int64(c.id))
	case "timestamp":
		return float64(c.server.host.Now().UnixMicro()) / 1e6, double()
	case "last_insert_id", "identity", "insert_id", "rand_seed1", "rand_seed2":
		return number(0)
	case "tx_isolation", "transaction_isolation":
		if !ok && (name == "transaction_isolation" && c.server.mariadb && c.server.release() < 1101 || name == "tx_isolation" && !c.server.mariadb) {
			break
		}
		if !ok {
			value, ok = "REPEATABLE-READ", true
		}
	case "tx_read_only":
		if c.server.mariadb {
			value, ok = "0", true
		}
	case "foreign_key_checks", "unique_checks", "sql_notes", "sql_auto_is_null", "sql_warnings":
		if !ok {
			value, ok = map[string]string{"foreign_key_checks": "1", "unique_checks": "1", "sql_notes": "1"}[name], true
			if value == "" {
				value = "0"
			}
		}
	}
	if !ok {
		panic(&wrong{code: 1193, state: "HY000", message: fmt.Sprintf("Unknown system variable '%.64s'", name)})
	}
	if scope == "session." || scope == "local." {
		if slices.Contains(global, name) || slices.Contains(settled, name) {
			panic(&wrong{code: 1238, state: "HY000", message: fmt.Sprintf("Variable '%.64s' is a GLOBAL variable", name)})
		}
	}
	if own, has := c.session[name]; has && scope != "global." {
		value = own
	}
	s := text(value)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && value != nil {
		t := whole(21)
		t.flags |= flagUnsigned
		if c.server.isSwitch(name) || slices.Contains([]string{"autocommit", "foreign_key_checks", "unique_checks", "sql_notes", "tx_read_only"}, name) {
			t = whole(1)
		}
		return n, t
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil && value != nil {
		t := whole(21)
		t.flags |= flagUnsigned
		return n, t
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && value != nil && strings.Contains(s, ".") && strings.Trim(s, "0123456789.") == "" {
		t := double()
		return n, t
	}
	if value == nil {
		return nil, words(0)
	}
	return s, words(len(s))
}

// shownVariables are those of the session as SHOW has them.
func (c *conn) shownVariables() map[string]string {
	all := c.server.showVariables()
	for name, v := range c.session {
		s := text(v)
		if c.server.isSwitch(name) {
			s = map[string]string{"0": "OFF", "1": "ON"}[s]
		}
		if _, ok := all[name]; ok {
			all[name] = s
		}
	}
	return all
}
