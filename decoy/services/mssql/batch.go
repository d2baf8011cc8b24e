package mssql

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
	"decnet/decoy/services/internal/windows"
)

var dialect = tinysql.Dialect{Brackets: true}

// maxStatements bounds how many of one batch are answered.
const maxStatements = 64

// starters begin a statement without anything before them that ends the last one.
var starters = []string{"select", "exec", "execute", "use", "print", "declare", "set", "reconfigure", "waitfor", "insert", "update", "delete", "drop", "create", "alter", "if", "begin", "backup", "restore", "grant", "truncate", "go", "commit", "rollback"}

// openEnded are statements in which such words may stand, so that only a semicolon ends them.
var openEnded = []string{"insert", "update", "create", "alter", "if", "begin", "backup", "restore", "grant", "revoke", "deny", "bulk", "merge", "with", "go"}

// afterHeaders is a message without the headers that newer clients put first.
func (c *conn) afterHeaders(message []byte) []byte {
	if c.version < tds72 || len(message) < 4 {
		return message
	}
	if size := int(binary.LittleEndian.Uint32(message)); size >= 4 && size <= len(message) {
		return message[size:]
	}
	return message
}

func (c *conn) textOf(message []byte) string { return windows.Text(c.afterHeaders(message)) }

// record records a statement. One that is too long for a line, as an assembly or a file is, can be told by its hash.
func (c *conn) record(text string, fields ...event.Field) {
	fields = append([]event.Field{event.String(event.Command, text), event.String("database", c.db)}, fields...)
	if len(text) > event.MaxValue {
		sum := sha256.Sum256([]byte(text))
		fields = append(fields, event.String("sha256", hex.EncodeToString(sum[:])))
	}
	c.s.Event("query", fields...)
}

// batch answers the statements of a query, each with its own end.
func (c *conn) batch(text string, end byte) {
	c.record(text)
	c.run(text, end)
}

func (c *conn) run(text string, end byte) {
	statements := split(text)
	if len(statements) == 0 {
		c.end(end, 0, 0)
		return
	}
	for i, tokens := range statements {
		c.failed = false
		status, rows := uint16(0), c.statement(text, c.filled(tokens))
		if rows >= 0 {
			status = doneCount
		}
		last := i == len(statements)-1 || c.failed
		if c.failed {
			status = doneError
		}
		if !last || end == tokInProcDone {
			status |= doneMore
		}
		c.end(end, status, uint32(max(rows, 0)))
		if last {
			return
		}
	}
}

// split returns the statements of a batch.
func split(text string) [][]tinysql.Token {
	var all [][]tinysql.Token
	for _, tokens := range dialect.Split(text) {
		start, depth := 0, 0
		for i, t := range tokens {
			switch {
			case t.Is("("):
				depth++
			case t.Is(")"):
				depth--
			}
			if i == start || depth > 0 || t.Kind != tinysql.Word || !slices.Contains(starters, strings.ToLower(t.Text)) || slices.Contains(openEnded, strings.ToLower(tokens[start].Text)) {
				continue
			}
			if before := tokens[i-1]; before.Is("union") || before.Is("all") || before.Is("except") || before.Is("intersect") || before.Is("as") || before.Is("for") || before.Is(".") {
				continue
			}
			all, start = append(all, tokens[start:i]), i
		}
		all = append(all, tokens[start:])
	}
	return all[:min(len(all), maxStatements)]
}

// statement answers one statement; it returns how many rows there are, -1 where there is nothing to count.
func (c *conn) statement(text string, tokens []tinysql.Token) int {
	word := func(i int) string {
		if i < len(tokens) && tokens[i].Kind != tinysql.Symbol {
			return strings.ToLower(tokens[i].Text)
		}
		return ""
	}
	if i := slices.IndexFunc(tokens, func(t tinysql.Token) bool { return t.Kind == tinysql.Broken }); i >= 0 {
		c.message(tokError, 105, 1, 15, fmt.Sprintf("Unclosed quotation mark after the character string '%.128s'.", strings.TrimLeft(tokens[i].Text, `'"[`)))
		return -1
	}
	switch first := word(0); first {
	case "select":
		return c.selectFrom(text, tokens)
	case "exec", "execute":
		return c.execute(text, tokens[1:])
	case "use":
		c.use(word(1), tokens)
		return -1
	case "print":
		if len(tokens) > 1 && tokens[1].Kind == tinysql.String {
			c.message(tokInfo, 0, 1, 0, tokens[1].Text)
		}
		return -1
	case "reconfigure":
		c.reconfigure()
		return -1
	case "set", "declare", "if", "begin", "commit", "rollback", "waitfor", "grant", "revoke", "deny", "save", "go", "checkpoint", "dbcc", "end", "while", "return":
		return -1
	case "insert", "update", "delete", "drop", "create", "alter", "truncate", "merge", "bulk", "backup", "restore", "kill", "shutdown":
		return c.write(first, word(1), word(2), tokens)
	default:
		// A name at the beginning of a statement calls a procedure, as far as what follows could be its arguments.
		if tokens[0].Kind != tinysql.Symbol && (len(tokens) == 1 || tokens[1].Kind != tinysql.Symbol || tokens[1].Is(".")) {
			return c.execute(text, tokens)
		}
		c.syntaxError(text, tokens[0].From)
		return -1
	}
}

func (c *conn) use(name string, tokens []tinysql.Token) {
	if name == "" {
		c.syntaxError("", 0)
		return
	}
	known, ok := c.server.database(name)
	if !ok {
		c.message(tokError, 911, 1, 16, fmt.Sprintf("Database '%.128s' does not exist. Make sure that the name is entered correctly.", tokens[1].Text))
		return
	}
	before := c.db
	c.db = known
	c.change(changeDB, short(known), short(before))
	c.message(tokInfo, 5701, 1, 0, "Changed database context to '"+known+"'.")
}

// write answers what changes something. Logins are made, in appearance; the application's data seem to be read-only, and there is no room for new ones.
func (c *conn) write(verb, object, name string, tokens []tinysql.Token) int {
	switch {
	case len(tokens) < 2 && verb != "shutdown":
		c.syntaxError("", 0)
	case object == "login" || object == "user" || object == "server" || object == "role" || object == "credential" || verb == "kill":
	case c.db == c.server.app.Name || verb == "update" || verb == "delete" || verb == "truncate":
		c.message(tokError, 3906, 1, 16, "Failed to update database \""+c.db+"\" because the database is read-only.")
	case verb == "drop":
		c.message(tokError, 3701, 5, 11, fmt.Sprintf("Cannot drop the %.32s '%.128s', because it does not exist or you do not have permission.", object, name))
	case verb == "shutdown" || verb == "backup" || verb == "restore":
		c.message(tokError, 3201, 1, 16, "Cannot open backup device. Operating system error 5(Access is denied.).")
	default:
		c.message(tokError, 1105, 2, 17, fmt.Sprintf("Could not allocate space for object 'dbo.%.128s' in database '%s' because the 'PRIMARY' filegroup is full. Create disk space by deleting unneeded files, dropping objects in the filegroup, adding additional files to the filegroup, or setting autogrowth on for existing files in the filegroup.", name, c.db))
	}
	return -1
}

// syntaxError refuses a statement in which what is at that byte makes no sense.
func (c *conn) syntaxError(text string, at int) {
	near := ""
	if statements := dialect.Split(text[min(at, len(text)):]); len(statements) > 0 {
		t := statements[0][0]
		near = t.Text
		if t.Kind == tinysql.Word && (slices.Contains(starters, strings.ToLower(near)) || slices.Contains([]string{"from", "where", "order", "group", "by", "into", "union"}, strings.ToLower(near))) {
			c.message(tokError, 156, 1, 15, fmt.Sprintf("Incorrect syntax near the keyword '%.128s'.", near))
			return
		}
	}
	c.message(tokError, 102, 1, 15, fmt.Sprintf("Incorrect syntax near '%.128s'.", near))
}

// top takes TOP out of a SELECT, and tells how many rows it leaves: -1 is all.
func top(tokens []tinysql.Token) ([]tinysql.Token, int) {
	at := 1
	if len(tokens) > 1 && (tokens[1].Is("distinct") || tokens[1].Is("all")) {
		at = 2
	}
	if len(tokens) < at+2 || !tokens[at].Is("top") {
		return tokens, -1
	}
	end, number := at+2, tokens[at+1]
	if number.Is("(") && len(tokens) > at+3 && tokens[at+3].Is(")") {
		end, number = at+4, tokens[at+2]
	}
	n, err := strconv.Atoi(number.Text)
	if err != nil {
		return tokens, -1
	}
	return slices.Concat(tokens[:at], tokens[end:]), n
}

// selectFrom answers a SELECT.
func (c *conn) selectFrom(text string, tokens []tinysql.Token) int {
	tokens, limit := top(tokens)
	tokens = slices.DeleteFunc(slices.Clone(tokens), func(t tinysql.Token) bool { return t.Is("nolock") })
	// A name may leave the schema out: database..table.
	tokens = slices.CompactFunc(tokens, func(a, b tinysql.Token) bool { return a.Is(".") && b.Is(".") })
	s, err := tinysql.ParseSelect(text, tokens)
	wrong := new(tinysql.SyntaxError)
	switch {
	case errors.Is(err, tinysql.ErrBeyond):
		head, err := tinysql.ParseHead(text, tokens)
		if err != nil || head.From == nil {
			c.syntaxError(text, len(text))
			return -1
		}
		if _, ok := c.table(head.From); !ok {
			c.unknownTable(head.From)
			return -1
		}
		return c.result(shapeOf(head))
	case errors.As(err, &wrong):
		c.syntaxError(text, wrong.At)
		return -1
	}
	var table *bait.Table
	if s.From != nil {
		var ok bool
		if table, ok = c.table(s.From); !ok {
			c.unknownTable(s.From)
			return -1
		}
		if table == nil {
			return c.result(shapeOf(s))
		}
	}
	r, err := s.Run(table, heading, c.evaluate)
	switch unknown := tinysql.UnknownColumn(""); {
	case errors.As(err, &unknown) && table != nil && c.server.app.Table(table.Name) == nil:
		return c.result(shapeOf(s)) // the server's own tables have more columns than are known here
	case errors.As(err, &unknown):
		c.message(tokError, 207, 1, 16, fmt.Sprintf("Invalid column name '%.128s'.", string(unknown)))
		return -1
	case err != nil:
		return -1 // refused already
	}
	if limit >= 0 {
		r.Rows = r.Rows[:min(limit, len(r.Rows))]
	}
	return c.result(r)
}

// shapeOf is an empty result with the columns that were asked for.
func shapeOf(s *tinysql.Select) *tinysql.Result {
	r := &tinysql.Result{}
	for _, item := range s.Items {
		name := heading(item)
		if item.IsStar() {
			name = "name"
		}
		r.Columns = append(r.Columns, bait.Column{Name: name})
	}
	return r
}

func (c *conn) unknownTable(name []string) {
	if len(name) > 2 {
		if _, ok := c.server.database(name[len(name)-3]); !ok {
			c.message(tokError, 911, 1, 16, fmt.Sprintf("Database '%.128s' does not exist. Make sure that the name is entered correctly.", name[len(name)-3]))
			return
		}
	}
	c.message(tokError, 208, 1, 16, fmt.Sprintf("Invalid object name '%.256s'.", strings.Join(name, ".")))
}

func heading(i tinysql.Item) string {
	if i.Alias != "" {
		return i.Alias
	}
	if name, ok := i.Column(); ok {
		return name
	}
	return ""
}
