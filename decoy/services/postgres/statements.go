package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
)

var dialect = tinysql.Dialect{DollarQuoted: true}

// The bounds of what a session can make.
const (
	maxMade    = 64 // relations, roles and all else
	maxColumns = 64
	maxBytes   = 256 << 10
	maxObjects = 512 << 10 // bytes of large objects
	maxSaves   = 32        // savepoints
	maxNoticed = 64        // notices of one query
	maxPayload = 8000      // bytes of a notification
	tokenCost  = 200       // bytes of a token of what is kept as it was written, to be worked out later
)

// result is a table that is given out.
type result struct {
	cols []bound
	rows [][]any
	size int // bytes, about, where they are many
}

// savepoint is what a transaction can go back to.
type savepoint struct {
	name string
	was  *world
}

// super tells whether the user is a superuser.
func (c *conn) super() bool {
	if c.user == "postgres" {
		return true
	}
	if c.own == nil {
		return false
	}
	r := c.own.role(c.user)
	return r != nil && r.super
}

func (c *conn) denied(format string, args ...any) outcome {
	return outcome{failed: c.failure("42501", fmt.Sprintf(format, args...), 0, "aclcheck_error")}
}

// warn sends a notice.
func (c *conn) warn(severity, code, message, routine string) {
	c.notice(&pgproto3.NoticeResponse{Severity: severity, Code: code, Message: message}, routine)
}

func (c *conn) notice(n *pgproto3.NoticeResponse, routine string) {
	if c.noticed++; c.noticed > maxNoticed {
		return
	}
	p := c.server.placeOf(routine)
	n.SeverityUnlocalized, n.File, n.Line, n.Routine = n.Severity, p.file, p.line, p.routine
	if c.out != nil {
		c.out.Send(n)
	}
}

// skip tells that what is to be dropped, or made, is already as it should be.
func (c *conn) skip(code, message, routine string) {
	c.warn("NOTICE", code, message+", skipping", routine)
}

// notify tells a client that listens to itself of its own message.
func (c *conn) notify(channel, payload string) *pgproto3.ErrorResponse {
	switch {
	case channel == "":
		return c.failure("22023", "channel name cannot be empty", 0, "Async_Notify")
	case len(channel) > 63:
		return c.failure("22023", "channel name too long", 0, "Async_Notify")
	case len(payload) >= maxPayload:
		return c.failure("22023", "payload string too long", 0, "Async_Notify")
	}
	if c.listening[channel] && len(c.later) < maxNamed {
		c.later = append(c.later, &pgproto3.NotificationResponse{PID: c.pid, Channel: channel, Payload: payload})
	}
	return nil
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

func (p *cursor) is(word string) bool { return p.at < len(p.tokens) && p.tokens[p.at].Is(word) }

// name takes a name of one part or more.
func (p *cursor) name() (parts []string, at int) {
	for p.at < len(p.tokens) {
		t := p.tokens[p.at]
		if t.Kind != tinysql.Word && t.Kind != tinysql.Name || parts == nil && isReserved(t) {
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

// end is where what the cursor is at is, in the text.
func (p *cursor) end(text string) int {
	if p.at < len(p.tokens) {
		return p.tokens[p.at].From
	}
	if len(p.tokens) > 0 {
		return p.tokens[len(p.tokens)-1].To
	}
	return len(text)
}

// literal is the next string.
func (p *cursor) literal() (string, bool) {
	if p.at < len(p.tokens) && p.tokens[p.at].Kind == tinysql.String {
		p.at++
		return p.tokens[p.at-1].Text, true
	}
	return "", false
}

// syntaxError refuses a statement in which what is at that byte makes no sense.
func (c *conn) syntaxError(text string, at int) outcome {
	at = min(at, len(text))
	position := 1 + utf8.RuneCountInString(text[:at])
	message := "syntax error at end of input"
	if statements := dialect.Split(text[at:]); strings.HasPrefix(strings.TrimSpace(text[at:]), ";") {
		message = "syntax error at or near \";\""
		position += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\r\n"))
	} else if len(statements) > 0 {
		switch t := statements[0][0]; {
		case t.Kind == tinysql.Broken && strings.HasPrefix(t.Text, "/*"):
			message = fmt.Sprintf("unterminated /* comment at or near \"%.200s\"", t.Text)
		case t.Kind == tinysql.Broken && strings.HasPrefix(t.Text, `"`):
			message = fmt.Sprintf("unterminated quoted identifier at or near \"%.200s\"", t.Text)
		case t.Kind == tinysql.Broken:
			message = fmt.Sprintf("unterminated quoted string at or near \"%.200s\"", t.Text)
		default:
			message = fmt.Sprintf("syntax error at or near \"%.200s\"", text[at+t.From:at+t.To])
		}
	}
	return outcome{failed: c.failure("42601", message, position, "scanner_yyerror")}
}

// readers are the statements that change nothing.
var readers = []string{"select", "with", "values", "table", "("}

// verbs are what a statement may begin with.
var verbs = append(strings.Fields(`insert update delete truncate create drop alter grant revoke do comment reindex vacuum analyze analyse cluster lock refresh import merge load checkpoint call security reassign
show set reset begin start commit end rollback abort savepoint release copy explain prepare execute deallocate declare fetch move close discard listen unlisten notify`), readers...)

// run answers one statement of the query.
func (c *conn) run(text string, tokens []tinysql.Token) outcome {
	for _, t := range tokens {
		if t.Kind == tinysql.Broken {
			return c.syntaxError(text, t.From)
		}
	}
	return c.try(text, func(q *query) outcome { return c.statement(q, text, tokens) })
}

func (c *conn) statement(q *query, text string, tokens []tinysql.Token) outcome {
	p := &cursor{tokens: tokens, at: 1}
	first := strings.ToLower(tokens[0].Text)
	if tokens[0].Kind != tinysql.Word && first != "(" {
		return c.syntaxError(text, tokens[0].From)
	}
	if c.status == 'E' && !slices.Contains([]string{"rollback", "commit", "abort", "end"}, first) {
		return outcome{failed: c.failure("25P02", "current transaction is aborted, commands ignored until end of transaction block", 0, "exec_simple_query")}
	}
	switch first {
	case "select", "with", "values", "table", "(":
		return c.query(q, tokens)
	case "show":
		return c.show(q, text, tokens)
	case "set":
		return c.setStatement(text, p)
	case "reset":
		switch {
		case p.take("role"), p.take("session", "authorization"):
			c.become(c.session())
			return outcome{tag: "RESET"}
		case p.take("time", "zone"):
			return c.reset("timezone")
		}
		name, _ := p.name()
		if name == nil && p.take("all") {
			name = []string{"all"}
		}
		if name == nil {
			return c.syntaxError(text, p.end(text))
		}
		return c.reset(strings.Join(name, "."))
	case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release":
		return c.transaction(first, text, p)
	case "copy":
		return c.copyTable(q, text, tokens)
	case "explain":
		return c.explain(q, text, p)
	case "prepare", "execute", "deallocate", "declare", "fetch", "move", "close", "discard":
		return c.prepared(q, first, text, p)
	case "listen", "unlisten", "notify":
		if first == "unlisten" && p.take("*") {
			clear(c.listening)
			return outcome{tag: "UNLISTEN"}
		}
		name, _ := p.name()
		if name == nil {
			return c.syntaxError(text, p.end(text))
		}
		switch {
		case first == "listen" && len(c.listening) < maxNamed:
			if c.listening == nil {
				c.listening = map[string]bool{}
			}
			c.listening[cut(name[0])] = true
		case first == "unlisten":
			delete(c.listening, name[0])
		case first == "notify":
			p.take(",")
			payload, _ := p.literal()
			if failed := c.notify(name[0], payload); failed != nil {
				return outcome{failed: failed}
			}
		}
		return outcome{tag: strings.ToUpper(first)}
	}
	if !slices.Contains(verbs, first) {
		return c.syntaxError(text, tokens[0].From)
	}
	o := c.change(q, first, text, p)
	if o.failed == nil && c.readOnly && !slices.Contains([]string{"vacuum", "analyze", "analyse", "lock", "load", "checkpoint", "do", "call"}, first) {
		tag, _, _ := strings.Cut(o.tag, " 0")
		if slices.Contains([]string{"insert", "update", "delete"}, first) {
			tag = strings.ToUpper(first)
		}
		return outcome{failed: c.failure("25006", "cannot execute "+tag+" in a read-only transaction", 0, "PreventCommandIfReadOnly")}
	}
	return o
}

// query answers a SELECT and what is like one.
func (c *conn) query(q *query, tokens []tinysql.Token) outcome {
	r := &reader{q: q, tokens: tokens}
	s := r.selection()
	if r.at < len(tokens) {
		r.unexpected()
	}
	if s.into != nil {
		return c.tableAs(q, s.into, s, false, false)
	}
	return c.answer(q, q.compileSelection(s, nil), "SELECT")
}

// answer runs a plan. What goes wrong on the way comes after the names of the columns, as they are sent before the first row.
func (c *conn) answer(q *query, p *plan, tag string) (o outcome) {
	out := &result{cols: p.cols}
	o = outcome{result: out, tag: tag}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *pgproto3.ErrorResponse:
			out.rows = nil
			o.failed = r
		default:
			panic(r)
		}
	}()
	c.inTurn(func() { out.rows = p.exec(nil) })
	for _, row := range out.rows {
		size := 8
		for i, v := range row {
			s, ok := v.(string)
			if size += 4 + len(s); ok && p.cols[i].typ == typeFloat8 && s == "-0" {
				row[i] = "0"
			}
		}
		q.grow(size)
		out.size += size + 24 + 32*len(row)
	}
	if !c.reserve(out.size) {
		q.exhausted()
	}
	return o
}

// begun remembers what a transaction started from.
func (c *conn) begun() { c.saves = []savepoint{{was: c.world().clone()}} }

func (c *conn) transaction(first, text string, p *cursor) outcome {
	if !p.take("work") {
		p.take("transaction")
	}
	over := func() {
		c.saves, c.cursors, c.readOnly, c.isolation = nil, nil, false, ""
	}
	switch first {
	case "begin", "start":
		tag := "BEGIN"
		if first == "start" {
			if !p.tokens[p.at-1].Is("transaction") {
				return c.syntaxError(text, p.end(text))
			}
			tag = "START TRANSACTION"
		}
		if c.status == 'T' {
			c.warn("WARNING", "25001", "there is already a transaction in progress", "BeginTransactionBlock")
		} else {
			c.begun()
		}
		c.transactionMode(p)
		return outcome{tag: tag, status: 'T'}
	case "commit", "end":
		if p.take("prepared") {
			return outcome{failed: c.failure("42704", "prepared transaction does not exist", 0, "LockGXact")}
		}
		chain := p.take("and", "chain")
		if c.status == 'I' {
			if chain {
				return outcome{failed: c.failure("25P01", "COMMIT AND CHAIN can only be used in transaction blocks", 0, "EndTransactionBlock")}
			}
			c.warn("WARNING", "25P01", "there is no transaction in progress", "EndTransactionBlock")
			return outcome{tag: "COMMIT"}
		}
		tag := "COMMIT"
		if c.status == 'E' {
			tag = "ROLLBACK"
			c.own = c.saves[0].was
		}
		over()
		if chain {
			c.begun()
			return outcome{tag: tag, status: 'T'}
		}
		return outcome{tag: tag, status: 'I'}
	case "rollback", "abort":
		if p.take("to") {
			p.take("savepoint")
			name, _ := p.name()
			if name == nil {
				return c.syntaxError(text, p.end(text))
			}
			if c.status == 'I' {
				return outcome{failed: c.failure("25P01", "ROLLBACK TO SAVEPOINT can only be used in transaction blocks", 0, "CheckTransactionBlock")}
			}
			for i, s := range slices.Backward(c.saves) {
				if s.name == name[0] && i > 0 {
					c.own = s.was.clone()
					c.saves = c.saves[:i+1]
					return outcome{tag: "ROLLBACK", status: 'T'}
				}
			}
			return outcome{failed: c.failure("3B001", fmt.Sprintf("savepoint \"%.64s\" does not exist", name[0]), 0, "RollbackToSavepoint")}
		}
		if c.status == 'I' {
			c.warn("WARNING", "25P01", "there is no transaction in progress", "UserAbortTransactionBlock")
			return outcome{tag: "ROLLBACK"}
		}
		c.own = c.saves[0].was
		chain := p.take("and", "chain")
		over()
		if chain {
			c.begun()
			return outcome{tag: "ROLLBACK", status: 'T'}
		}
		return outcome{tag: "ROLLBACK", status: 'I'}
	}
	p.take("savepoint")
	name, _ := p.name()
	if name == nil {
		return c.syntaxError(text, p.end(text))
	}
	if c.status == 'I' {
		return outcome{failed: c.failure("25P01", map[string]string{"savepoint": "SAVEPOINT", "release": "RELEASE SAVEPOINT"}[first]+" can only be used in transaction blocks", 0, "CheckTransactionBlock")}
	}
	if first == "savepoint" {
		if len(c.saves) > maxSaves {
			return outcome{failed: c.failure("53200", "out of memory", 0, "MemoryContextAlloc")}
		}
		c.saves = append(c.saves, savepoint{clip(name[0]), c.world().clone()})
		return outcome{tag: "SAVEPOINT"}
	}
	for i, s := range slices.Backward(c.saves) {
		if s.name == name[0] && i > 0 {
			c.saves = c.saves[:i]
			return outcome{tag: "RELEASE"}
		}
	}
	return outcome{failed: c.failure("3B001", fmt.Sprintf("savepoint \"%.64s\" does not exist", name[0]), 0, "ReleaseSavepoint")}
}

func (c *conn) explain(q *query, text string, p *cursor) outcome {
	analyze := false
	if p.take("(") {
		for p.at < len(p.tokens) && !p.take(")") {
			analyze = analyze || p.is("analyze")
			p.at++
		}
	}
	if p.take("analyze") {
		analyze = true
	}
	p.take("verbose")
	if p.at >= len(p.tokens) {
		return c.syntaxError(text, p.end(text))
	}
	rest := p.tokens[p.at:]
	line := "Result  (cost=0.00..0.01 rows=1 width=4)"
	if slices.ContainsFunc(readers, rest[0].Is) {
		r := &reader{q: q, tokens: rest}
		s := r.selection()
		if r.at < len(rest) {
			r.unexpected()
		}
		q.compileSelection(s, nil)
		if len(s.from) == 1 && s.from[0].name != nil {
			rel := q.relation(s.from[0].name, s.from[0].at)
			rows := max(len(rel.rows), 1)
			line = fmt.Sprintf("Seq Scan on %s  (cost=0.00..%d.%02d rows=%d width=%d)", rel.name, 1+rows/60, rows%60, rows, 8*len(rel.columns))
		}
	}
	out := &result{cols: []bound{{column: column{name: "QUERY PLAN", typ: typeText, mod: -1}}}, rows: [][]any{{line}}}
	if analyze {
		out.rows = append(out.rows, []any{"Planning Time: 0.047 ms"}, []any{"Execution Time: 0.021 ms"})
	}
	return outcome{result: out, tag: "EXPLAIN"}
}

// prepared answers what has to do with named statements and cursors.
func (c *conn) prepared(q *query, first, text string, p *cursor) outcome {
	if first == "discard" {
		if p.at >= len(p.tokens) {
			return c.syntaxError(text, p.end(text))
		}
		what := strings.ToUpper(p.tokens[p.at].Text)
		if what == "ALL" {
			if c.status != 'I' {
				return outcome{failed: c.failure("25001", "DISCARD ALL cannot run inside a transaction block", 0, "PreventInTransactionBlock")}
			}
			c.become(c.session())
			c.reset("all")
			clear(c.statements)
			clear(c.listening)
			c.cursors = nil
		}
		return outcome{tag: "DISCARD " + clip(what)}
	}
	if first == "fetch" || first == "move" {
		for p.take("next") || p.take("forward") || p.take("first") || p.take("backward") || p.take("last") || p.take("prior") || p.take("from") || p.take("in") {
		}
	}
	count := 1
	if first == "fetch" || first == "move" {
		if p.take("all") {
			count = 1 << 30
		} else if p.at < len(p.tokens) && p.tokens[p.at].Kind == tinysql.Number {
			count, _ = strconv.Atoi(p.tokens[p.at].Text)
			p.at++
		}
		if !p.take("from") {
			p.take("in")
		}
	}
	if first == "deallocate" {
		p.take("prepare")
	}
	if (first == "deallocate" || first == "close") && p.take("all") {
		if first == "close" {
			c.cursors = nil
			return outcome{tag: "CLOSE CURSOR ALL"}
		}
		clear(c.statements)
		return outcome{tag: "DEALLOCATE ALL"}
	}
	names, _ := p.name()
	if names == nil {
		return c.syntaxError(text, p.end(text))
	}
	name := clip(names[0])
	switch first {
	case "prepare":
		for p.at < len(p.tokens) && !p.take("as") {
			p.at++
		}
		if p.at >= len(p.tokens) {
			return c.syntaxError(text, p.end(text))
		}
		if _, ok := c.statements[name]; ok {
			return outcome{failed: c.failure("42P05", fmt.Sprintf("prepared statement \"%s\" already exists", name), 0, "StorePreparedStatement")}
		}
		if len(c.statements) >= maxNamed {
			clear(c.statements)
		}
		if !c.roomFor(name, text) {
			q.exhausted()
		}
		c.statements[name] = statement{text: text[p.tokens[p.at].From:p.tokens[len(p.tokens)-1].To]}
		return outcome{tag: "PREPARE"}
	case "execute":
		s, ok := c.statements[name]
		if !ok {
			return outcome{failed: c.failure("26000", fmt.Sprintf("prepared statement \"%s\" does not exist", name), 0, "FetchPreparedStatement")}
		}
		c.nested++
		defer func() { c.nested-- }()
		if c.nested > 8 {
			return outcome{failed: c.failure("54001", "stack depth limit exceeded", 0, "check_stack_depth")}
		}
		defer c.inside(q)()
		var values []string
		if p.take("(") {
			for depth, from := 1, p.at; p.at < len(p.tokens); p.at++ {
				switch t := p.tokens[p.at]; {
				case t.Is("("):
					depth++
				case t.Is(")"):
					depth--
				}
				if depth == 0 || depth == 1 && p.is(",") {
					if p.at > from {
						values = append(values, text[p.tokens[from].From:p.tokens[p.at-1].To])
					}
					from = p.at + 1
				}
			}
		}
		filled := fill(s.text, values)
		return c.first(filled)
	case "deallocate":
		if _, ok := c.statements[name]; !ok {
			return outcome{failed: c.failure("26000", fmt.Sprintf("prepared statement \"%s\" does not exist", name), 0, "FetchPreparedStatement")}
		}
		delete(c.statements, name)
		return outcome{tag: "DEALLOCATE"}
	case "declare":
		for p.at < len(p.tokens) && !p.take("for") {
			p.at++
		}
		if p.at >= len(p.tokens) {
			return c.syntaxError(text, p.end(text))
		}
		if c.status == 'I' {
			return outcome{failed: c.failure("25P01", "DECLARE CURSOR can only be used in transaction blocks", 0, "RequireTransactionBlock")}
		}
		o := c.query(q, p.tokens[p.at:])
		if o.failed != nil {
			return o
		}
		if len(c.cursors) >= 4 {
			c.cursors = nil
		}
		if c.cursors == nil {
			c.cursors = map[string]*result{}
		}
		c.cursors[name] = o.result
		return outcome{tag: "DECLARE CURSOR"}
	}
	r, ok := c.cursors[name]
	if !ok {
		return outcome{failed: c.failure("34000", fmt.Sprintf("cursor \"%s\" does not exist", name), 0, "PerformPortalFetch")}
	}
	if first == "close" {
		delete(c.cursors, name)
		return outcome{tag: "CLOSE CURSOR"}
	}
	n := max(0, min(count, len(r.rows)))
	out := &result{cols: r.cols, rows: r.rows[:n]}
	r.rows = r.rows[n:]
	if first == "move" {
		return outcome{tag: fmt.Sprint("MOVE ", n)}
	}
	return outcome{result: out, tag: "FETCH"}
}

// add makes a relation, or says that there is no room for it.
func (c *conn) add(r *relation) {
	w := c.world()
	if len(w.relations) > maxMade || len(r.columns) > maxColumns {
		panic(c.full())
	}
	r.oid = w.number()
	w.next += 5 // for its index and what else it has
	w.relations = append(w.relations, r)
}

// replace puts a changed relation in the place of the old one.
func (c *conn) replace(old, changed *relation) {
	w := c.world()
	if at := slices.Index(w.relations, old); at >= 0 {
		w.relations[at] = changed
	}
}

// keep counts what rows take that the session makes.
func (c *conn) keep(rows ...[]any) {
	for _, row := range rows {
		size := 16 + 16*len(row)
		for i, v := range row {
			if s, ok := v.(string); ok {
				size += len(s)
				row[i] = strings.Clone(s) // which may be of a longer text
			}
		}
		if c.kept+size > maxBytes {
			panic(c.full())
		}
		c.kept += size
	}
}

// keepCopies is keep for rows that may be another table's.
func (c *conn) keepCopies(rows [][]any) {
	for i, row := range rows {
		rows[i] = slices.Clone(row)
		c.keep(rows[i])
	}
}

// keepText counts what is kept as it was written, with the text that it is of.
func (c *conn) keepText(tokens []tinysql.Token) {
	size := tokenCost * len(tokens)
	for _, t := range tokens {
		size += len(t.Text)
	}
	if c.kept+size > maxBytes {
		panic(c.full())
	}
	c.kept += size
}

func (c *conn) full() *pgproto3.ErrorResponse {
	f := c.failure("53100", fmt.Sprintf("could not extend file \"base/%d/%d\": No space left on device", 16387, c.world().next), 0, "mdextend")
	f.Hint = "Check free disk space."
	return f
}

// owned finds a table that a statement changes, and which the user may change.
func (q *query) owned(names []string, at int) *relation {
	r := q.relation(names, at)
	if r.system && (!q.c.super() || r.name != "pg_largeobject") {
		if !q.c.super() {
			q.fail("42501", 0, "aclcheck_error", "permission denied for %s %s", map[string]string{"v": "view", "r": "table"}[r.kind], r.name)
		}
		if r.kind == "v" {
			q.fail("55000", 0, "error_view_not_updatable", "cannot change view \"%s\"", r.name)
		}
	}
	if !r.system && !q.c.super() && r.owner != q.c.user {
		q.fail("42501", 0, "aclcheck_error", "permission denied for table %s", r.name)
	}
	if r.view != nil {
		f := q.failure("55000", 0, "error_view_not_updatable", "cannot insert into view \"%s\"", r.name)
		panic(f)
	}
	return r
}

// recordPassword records the password that a role is to have.
func (c *conn) recordPassword(name string, tokens []tinysql.Token) {
	for i, t := range tokens {
		if t.Is("password") && i+1 < len(tokens) && tokens[i+1].Kind == tinysql.String {
			c.s.Event("password_change", event.String(event.Principal, name), event.String(event.Secret, tokens[i+1].Text))
		}
	}
}

// tableAs makes a table of a query's rows.
func (c *conn) tableAs(q *query, names []string, s *selection, absent, temporary bool) outcome {
	s.into = nil
	name := names[len(names)-1]
	if old := c.lookup(names, ""); old != nil && !old.system {
		if absent {
			c.skip("42P07", fmt.Sprintf("relation \"%s\" already exists", clip(name)), "transformCreateStmt")
			return outcome{tag: "CREATE TABLE AS"}
		}
		q.fail("42P07", 0, "heap_create_with_catalog", "relation \"%s\" already exists", clip(name))
	}
	schema := c.schemaFor(q, names, 0, temporary)
	p := q.compileSelection(s, nil)
	r := &relation{schema: schema, name: cut(name), kind: "r", owner: c.user}
	for _, b := range p.cols {
		r.columns = append(r.columns, column{name: b.name, typ: b.typ, mod: b.mod})
	}
	c.inTurn(func() { r.rows = p.exec(nil) })
	c.keepCopies(r.rows)
	c.add(r)
	return outcome{tag: fmt.Sprint("SELECT ", len(r.rows))}
}

func cut(name string) string { return strings.Clone(name[:min(len(name), 63)]) }

// schemaFor is where something is made, if the user may.
func (c *conn) schemaFor(q *query, names []string, at int, temporary bool) string {
	if len(names) == 3 && names[0] != c.database {
		q.fail("0A000", 0, "RangeVarGetCreationNamespace", "cross-database references are not implemented: \"%s\"", clip(strings.Join(names, ".")))
	}
	schema := "public"
	if len(names) > 1 {
		schema = names[len(names)-2]
	}
	if temporary || schema == "pg_temp" {
		return "pg_temp_3"
	}
	t := c.world().thing("schema", schema)
	switch {
	case t == nil:
		q.fail("3F000", at, "get_namespace_oid", "schema \"%s\" does not exist", clip(schema))
	case len(names) == 1 && !c.seesPublic():
		q.fail("3F000", at, "RangeVarGetCreationNamespace", "no schema has been selected to create in")
	case schema == "pg_catalog" && c.super():
		q.fail("42501", 0, "heap_create", "permission denied to create \"pg_catalog.%s\"", clip(names[len(names)-1]))
	case c.super() || t.owner == c.user:
	case schema == "public" && (c.server.major < 15 || c.database == c.server.app.Name && c.user == c.server.app.Name):
	default:
		q.fail("42501", at, "aclcheck_error", "permission denied for schema %s", clip(schema))
	}
	return schema
}

// insert answers INSERT.
func (c *conn) insert(q *query, text string, p *cursor) outcome {
	r := &reader{q: q, tokens: p.tokens, at: p.at}
	r.need("into")
	at := r.peek().From + 1
	t := q.owned(r.qualified(), at)
	if r.take("as") {
		r.label()
	}
	var places []int
	var listed []int // where they are named
	if r.is("(") && !r.ahead(1).Is("select") && !r.ahead(1).Is("with") {
		r.at++
		for {
			where := r.peek().From + 1
			name := r.label()
			i := t.index(name)
			if i < 0 {
				q.fail("42703", where, "checkInsertTargets", "column \"%s\" of relation \"%s\" does not exist", clip(name), t.name)
			}
			if slices.Contains(places, i) {
				q.fail("42701", where, "checkInsertTargets", "column \"%s\" specified more than once", clip(name))
			}
			places, listed = append(places, i), append(listed, where)
			if !r.take(",") {
				break
			}
		}
		r.need(")")
	}
	explicit := places != nil
	if !explicit {
		for i := range t.columns {
			places = append(places, i)
		}
	}
	if r.take("overriding") {
		r.label()
		r.need("value")
	}
	sc := &scope{}
	var rows [][]any
	defaults := func(given int) []any { // for all but the columns that are given
		row := make([]any, len(t.columns))
		for i, col := range t.columns {
			if col.def != nil && !slices.Contains(places[:min(given, len(places))], i) {
				row[i] = q.assigned(q.compile(col.def, sc), col, t).eval(&frame{})
			}
		}
		return row
	}
	switch {
	case r.take("default", "values"):
		places = nil
		rows = append(rows, defaults(0))
	case r.take("values"):
		for {
			r.need("(")
			n, many := 0, 0
			var exprs []*expr
			for {
				at := r.peek().From + 1
				if n == len(places) {
					many = at
				}
				e := &expr{kind: isNull, at: at}
				if !r.take("default") {
					e = r.expression()
				} else if n < len(places) && t.columns[places[n]].def != nil {
					e = t.columns[places[n]].def
				}
				exprs = append(exprs, e)
				n++
				if !r.take(",") {
					break
				}
			}
			r.need(")")
			if many > 0 {
				q.fail("42601", many, "transformInsertRow", "INSERT has more expressions than target columns")
			}
			if n < len(places) && explicit {
				q.fail("42601", listed[n], "transformInsertStmt", "INSERT has more target columns than expressions")
			}
			row := defaults(n)
			for i, e := range exprs {
				col := t.columns[places[i]]
				row[places[i]] = q.assigned(q.compile(e, sc), col, t).eval(&frame{})
			}
			q.step(1)
			rows = append(rows, row)
			if !r.take(",") {
				break
			}
		}
	default:
		s := r.selection()
		plan := q.compileSelection(s, nil)
		if len(plan.cols) > len(places) {
			q.fail("42601", s.at, "transformInsertRow", "INSERT has more expressions than target columns")
		}
		if len(plan.cols) < len(places) && explicit {
			q.fail("42601", listed[len(plan.cols)], "transformInsertStmt", "INSERT has more target columns than expressions")
		}
		var current []any
		var nodes []node
		for i, b := range plan.cols {
			n := node{typ: b.typ, mod: b.mod, eval: func(*frame) any { return current[i] }}
			if b.literal {
				n.typ = typeText
			}
			nodes = append(nodes, q.assigned(n, t.columns[places[i]], t))
		}
		var given [][]any
		c.inTurn(func() { given = plan.exec(nil) })
		for _, current = range given {
			row := defaults(len(nodes))
			for i, n := range nodes {
				row[places[i]] = n.eval(nil)
			}
			rows = append(rows, row)
		}
	}
	nothing := false
	if r.take("on", "conflict") {
		if r.take("(") {
			r.list(")")
		}
		r.need("do")
		if nothing = r.take("nothing"); !nothing {
			for r.at < len(r.tokens) && !r.is("returning") {
				r.at++
			}
			nothing = true
		}
	}
	returning := q.returning(r, t)
	if r.at < len(r.tokens) {
		r.unexpected()
	}
	changed := *t
	changed.rows = slices.Clone(t.rows)
	if t.system {
		for _, row := range rows {
			if id := str(row[0]); c.objects[uint32(integer(id))] == "" {
				q.makeObject(uint32(integer(id)), "")
			}
			q.putObject(row[0], 2048*integer(row[1]), rawBytes(str(row[2])))
		}
		return outcome{tag: fmt.Sprint("INSERT 0 ", len(rows))}
	}
	var given [][]any
	for _, row := range rows {
		if q.checked(&changed, row, nothing) {
			c.keep(row)
			changed.rows, given = append(changed.rows, row), append(given, row)
		}
	}
	c.replace(t, &changed)
	return returning(given, fmt.Sprint("INSERT 0 ", len(given)))
}

// checked holds a row to the table's constraints; it is false where the row is there and shall be passed over.
func (q *query) checked(t *relation, row []any, pass bool) bool {
	for i, col := range t.columns {
		if col.notNull && row[i] == nil {
			f := q.failure("23502", 0, "ExecConstraints", "null value in column \"%s\" of relation \"%s\" violates not-null constraint", col.name, t.name)
			var values []string
			for _, v := range row {
				if s, ok := v.(string); ok {
					values = append(values, s[:min(len(s), 64)])
				} else {
					values = append(values, "null")
				}
			}
			f.Detail = "Failing row contains (" + strings.Join(values, ", ") + ")."
			f.SchemaName, f.TableName, f.ColumnName = t.schema, t.name, col.name
			panic(f)
		}
		if !col.primary {
			continue
		}
		for _, have := range t.rows {
			q.step(1)
			if have[i] == row[i] {
				if pass {
					return false
				}
				f := q.failure("23505", 0, "_bt_check_unique", "duplicate key value violates unique constraint \"%s_pkey\"", t.name)
				f.Detail = fmt.Sprintf("Key (%s)=(%s) already exists.", col.name, str(row[i]))
				f.SchemaName, f.TableName, f.ConstraintName = t.schema, t.name, t.name+"_pkey"
				panic(f)
			}
		}
	}
	return true
}

// assigned makes a node of the type of a column to which it is assigned.
func (q *query) assigned(n node, col column, t *relation) node {
	if n.typ != typeUnknown && n.typ != col.typ {
		text := isText(col.typ)
		number := isNumber(n.typ) && isNumber(col.typ) || isTime(n.typ) && isTime(col.typ) || isText(n.typ) && text || isInt(n.typ) && isOID(col.typ)
		if !text && !number && !(elementOf(n.typ) != 0 && elementOf(col.typ) != 0) {
			f := q.failure("42804", n.at, "transformAssignedExpr", "column \"%s\" is of type %s but expression is of type %s", col.name, long(col.typ), long(n.typ))
			f.Hint = "You will need to rewrite or cast the expression."
			panic(f)
		}
	}
	return q.sized(q.as(n, col.typ), col.mod, false)
}

// returning parses RETURNING, and returns what answers with the rows.
func (q *query) returning(r *reader, t *relation) func(rows [][]any, tag string) outcome {
	if !r.take("returning") {
		return func(_ [][]any, tag string) outcome { return outcome{tag: tag} }
	}
	var items []item
	for {
		i := item{e: r.expression()}
		if r.take("as") {
			i.name = r.label()
		}
		if items = append(items, i); !r.take(",") {
			break
		}
	}
	sc := &scope{}
	for i, col := range t.columns {
		sc.cols = append(sc.cols, bound{table: t.name, column: col, rel: t.oid, number: i + 1})
	}
	var nodes []node
	out := &result{}
	put := func(n node, _ *expr, name string, b bound) {
		n = q.as(n, map[bool]uint32{true: typeText, false: n.typ}[n.typ == typeUnknown])
		b.name, b.typ, b.mod = name, n.typ, n.mod
		nodes, out.cols = append(nodes, n), append(out.cols, b)
	}
	for _, i := range items {
		if i.e.kind == isStar {
			q.expand(i.e, sc, put)
			continue
		}
		n, name := q.compile(i.e, sc), i.name
		if name == "" {
			name = nameOf(i.e)
		}
		put(n, i.e, name, bound{})
	}
	return func(rows [][]any, tag string) outcome {
		for _, row := range rows {
			out.rows = append(out.rows, evaluated(nodes, &frame{row: row}))
		}
		return outcome{result: out, tag: tag, whole: true}
	}
}

// modify answers DELETE and UPDATE.
func (c *conn) modify(q *query, verb string, p *cursor) outcome {
	r := &reader{q: q, tokens: p.tokens, at: p.at}
	if verb == "delete" {
		r.need("from")
	}
	r.take("only")
	at := r.peek().From + 1
	t := q.owned(r.qualified(), at)
	alias := t.name
	if r.take("as") {
		alias = r.label()
	} else if tok := r.peek(); tok.Kind == tinysql.Word && !isReserved(tok) && !tok.Is("set") {
		alias, _ = r.ident()
	}
	sc := &scope{}
	for i, col := range t.columns {
		sc.cols = append(sc.cols, bound{table: alias, column: col, rel: t.oid, number: i + 1})
	}
	sets := map[int]node{}
	if verb == "update" {
		r.need("set")
		for {
			where := r.peek().From + 1
			name := r.label()
			i := t.index(name)
			if i < 0 {
				q.fail("42703", where, "transformUpdateTargetList", "column \"%s\" of relation \"%s\" does not exist", clip(name), t.name)
			}
			r.need("=")
			if r.take("default") {
				sets[i] = constant(t.columns[i].typ, nil)
			} else {
				sets[i] = q.assigned(q.compile(r.expression(), sc), t.columns[i], t)
			}
			if !r.take(",") {
				break
			}
		}
	}
	if r.take("from") || r.take("using") {
		r.sources()
	}
	where := constant(typeBool, "t")
	if r.take("where") {
		where = q.boolean(r.expression(), sc, "WHERE")
	}
	returning := q.returning(r, t)
	if r.at < len(r.tokens) {
		r.unexpected()
	}
	changed := *t
	changed.rows = nil
	var hit [][]any
	for _, row := range q.rowsOf(t) {
		q.step(1)
		if where.eval(&frame{row: row}) != "t" {
			changed.rows = append(changed.rows, row)
			continue
		}
		if verb == "delete" {
			hit = append(hit, row)
			continue
		}
		next := slices.Clone(row)
		for i, n := range sets {
			next[i] = n.eval(&frame{row: row})
		}
		c.keep(next)
		changed.rows, hit = append(changed.rows, next), append(hit, next)
	}
	tag := fmt.Sprintf("%s %d", strings.ToUpper(verb), len(hit))
	if t.system {
		for _, row := range hit {
			if t.name == "pg_largeobject" && verb == "delete" {
				c.objects[uint32(integer(row[0]))] = ""
			} else if t.name == "pg_largeobject" {
				q.putObject(row[0], 2048*integer(row[1]), rawBytes(str(row[2])))
			}
		}
		return returning(hit, tag)
	}
	c.replace(t, &changed)
	return returning(hit, tag)
}

// transactional are the statements that no function may have.
var transactional = strings.Fields("begin start commit end rollback abort savepoint release prepare execute deallocate declare fetch move close discard vacuum copy")

// inside has what is run next cost the statement in which it is; what it returns ends that.
func (c *conn) inside(q *query) func() {
	before := c.outer
	c.outer = q
	return func() { c.outer = before }
}

// sequence counts one.
func (q *query) sequence(name string, by int64) string {
	r := q.c.lookup(nil, name)
	if r == nil || r.kind != "S" {
		q.fail("42P01", 0, "RangeVarGetRelidExtended", "relation \"%s\" does not exist", clip(name))
	}
	if by == 0 && r.value == 0 {
		q.fail("55000", 0, "currval_oid", "currval of sequence \"%s\" is not yet defined in this session", r.name)
	}
	changed := *r
	changed.value += by
	q.c.replace(r, &changed)
	return strconv.FormatInt(changed.value, 10)
}

// Large objects.

func (q *query) object(id any) string {
	content, ok := q.c.objects[uint32(integer(id))]
	if !ok {
		q.fail("42704", 0, "inv_open", "large object %s does not exist", str(id))
	}
	return content
}

func (q *query) makeObject(id uint32, content string) string {
	c := q.c
	if c.objects == nil {
		c.objects = map[uint32]string{}
	}
	if id == 0 || id == 1<<32-1 {
		id = c.world().number()
	}
	if _, ok := c.objects[id]; ok {
		q.fail("23505", 0, "_bt_check_unique", "duplicate key value violates unique constraint \"pg_largeobject_metadata_oid_index\"")
	}
	if len(c.objects) >= maxMade {
		panic(c.full())
	}
	c.objects[id] = ""
	q.putObject(strconv.Itoa(int(id)), 0, []byte(content))
	return strconv.Itoa(int(id))
}

func (q *query) putObject(id any, at int, data []byte) {
	c := q.c
	content := []byte(q.object(id))
	total := 0
	for _, o := range c.objects {
		total += len(o)
	}
	size := max(len(content), at+len(data))
	if at < 0 || total-len(content)+size > maxObjects {
		panic(c.full())
	}
	content = append(content, make([]byte, size-len(content))...)
	copy(content[at:], data)
	c.objects[uint32(integer(id))] = string(content)
}

var returned = lazy(`(?is)\breturn\s+([^;]+);`)

// madeFunction is the call of a function that the session has made; nil where there is none.
func (q *query) madeFunction(name string, args int) *node {
	c := q.c
	t := c.world().thing("function", name)
	if t == nil {
		return nil
	}
	if c.nested > 4 {
		q.fail("54001", 0, "check_stack_depth", "stack depth limit exceeded")
	}
	n := constant(typeInt4, nil)
	if args > 0 || t.detail == "c" {
		if t.detail == "c" {
			n = constant(typeInt4, "0")
		}
		return &n
	}
	body := t.body
	if t.detail == "plpgsql" {
		m := returned().FindStringSubmatch(body)
		if m == nil {
			return &n
		}
		body = "select " + m[1]
	}
	statements := dialect.Split(body)
	if len(statements) == 1 && slices.ContainsFunc(transactional, statements[0][0].Is) {
		panic(c.failure("0A000", strings.ToUpper(statements[0][0].Text)+" is not allowed in an SQL function", 0, "init_execution_state"))
	}
	c.nested++
	defer func() { c.nested-- }()
	defer c.inside(q)()
	o := c.first(body)
	if o.failed != nil {
		panic(o.failed)
	}
	if o.result != nil && len(o.result.rows) > 0 && len(o.result.cols) > 0 {
		n = constant(o.result.cols[0].typ, o.result.rows[0][0])
	}
	return &n
}
