package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
)

// The bounds of what a client can leave here.
const (
	maxNamed      = 32
	maxStatements = 64 // of one query
	maxPrepared   = 2 * maxMessage
)

// outcome is what a statement came to: rows or not, and its tag; or an error.
type outcome struct {
	result *result
	tag    string
	whole  bool // the tag has its number already
	copied bool // the rows go out as COPY's
	format copyFormat
	failed *pgproto3.ErrorResponse
	status byte   // of the transaction thereafter; 0: as before
	later  string // the statement, which is run when it is its turn, once
	// How the client wants the columns: 1 is binary.
	formats []int16
}

func (c *conn) record(text string, fields ...event.Field) {
	c.s.Event("query", append([]event.Field{event.String(event.Command, text), event.String("database", c.database)}, fields...)...)
}

// serve answers messages until the client leaves.
func (c *conn) serve() {
	defer c.settle(true)
	skipping := false // after an error, up to Sync
	for n := 0; ; n++ {
		c.settle(false)
		message, err := c.out.Receive()
		if err != nil {
			return
		}
		switch m := message.(type) {
		case *pgproto3.Terminate:
			return
		case *pgproto3.Query:
			skipping = false
			c.record(m.String)
			c.inTurn(func() { c.simple(m.String) })
			c.ready()
			if c.out.Flush() != nil {
				return
			}
		case *pgproto3.Sync:
			skipping = false
			c.ready()
			if c.out.Flush() != nil {
				return
			}
		case *pgproto3.Flush:
			if c.out.Flush() != nil {
				return
			}
		default:
			if !skipping {
				c.inTurn(func() { skipping = !c.extended(message) })
				// Nothing may pile up here while a client sends and doesn't sync.
				if (skipping || n%maxNamed == 0) && c.out.Flush() != nil {
					return
				}
			}
		}
	}
}

// ready tells the client that it may go on, and before that what has changed.
func (c *conn) ready() {
	for _, m := range c.later {
		c.out.Send(m)
	}
	c.later, c.noticed = nil, 0
	c.out.Send(&pgproto3.ReadyForQuery{TxStatus: c.status})
}

// simple answers the statements of a query up to the first that fails.
func (c *conn) simple(text string) {
	statements := dialect.Split(text)
	if len(statements) == 0 {
		c.out.Send(&pgproto3.EmptyQueryResponse{})
	}
	// What makes no sense is told before anything is done.
	for _, tokens := range statements {
		if failed := c.wrong(text, tokens); failed != nil {
			c.finish(outcome{failed: failed})
			return
		}
	}
	for i, tokens := range statements {
		var o outcome
		if i < maxStatements {
			o = c.run(text, tokens)
		} else {
			o = outcome{failed: c.failure("54001", "stack depth limit exceeded", 0, "exec_simple_query")}
		}
		if o.result != nil && !o.copied {
			c.out.Send(describe(o.result, nil, false))
		}
		if !c.finish(o) || c.flush() != nil {
			return
		}
		c.settle(false)
	}
}

// finish sends the rows and the tag, or the error; it tells which.
func (c *conn) finish(o outcome) bool {
	if o.failed != nil {
		c.later = nil
		if c.status == 'T' {
			c.status = 'E'
		}
		c.out.Send(o.failed)
		return false
	}
	if o.status != 0 {
		c.status = o.status
	}
	if o.result == nil {
		c.out.Send(&pgproto3.CommandComplete{CommandTag: []byte(o.tag)})
		return true
	}
	if o.copied {
		c.out.Send(&pgproto3.CopyOutResponse{ColumnFormatCodes: make([]uint16, len(o.result.cols))})
		for _, line := range copyLines(o.result, o.format) {
			c.out.Send(&pgproto3.CopyData{Data: []byte(line)})
		}
		c.out.Send(&pgproto3.CopyDone{})
	} else {
		c.rows(o, o.result.rows)
	}
	tag := o.tag
	if (tag == "SELECT" || tag == "COPY" || tag == "FETCH") && !o.whole {
		tag += " " + strconv.Itoa(len(o.result.rows))
	}
	c.out.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
	return true
}

// rows sends rows of a result.
func (c *conn) rows(o outcome, rows [][]any) {
	for _, row := range rows {
		values := make([][]byte, len(row))
		for i, v := range row {
			if text, ok := v.(string); ok {
				values[i] = wire(text, o.result.cols[i].typ, binaryAt(o.formats, i))
			}
		}
		c.out.Send(&pgproto3.DataRow{Values: values})
	}
}

func binaryAt(formats []int16, i int) bool {
	switch len(formats) {
	case 0:
		return false
	case 1:
		return formats[0] == 1
	}
	return i < len(formats) && formats[i] == 1
}

// describe tells of a result's columns. A type whose binary form isn't spoken here is text to who wants that form, or may want it: the form of a text is the text itself.
func describe(r *result, formats []int16, later bool) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{}
	for i, col := range r.cols {
		f := pgproto3.FieldDescription{Name: []byte(strings.ReplaceAll(col.name, "\x00", "")), DataTypeOID: col.typ, DataTypeSize: sizeOf(col.typ), TypeModifier: col.mod, TableOID: col.rel, TableAttributeNumber: uint16(col.number)}
		binary := binaryAt(formats, i)
		if (binary || later) && !hasBinary(col.typ) {
			f.DataTypeOID, f.DataTypeSize = typeText, -1
		}
		if binary {
			f.Format = 1
		}
		d.Fields = append(d.Fields, f)
	}
	return d
}

// hasBinary tells whether [wire] knows the binary form of a type.
func hasBinary(t uint32) bool {
	return isText(t) || isInt(t) || slices.Contains([]uint32{typeBool, typeOID, typeFloat8, typeBytea, typeTimestamp, typeTimestampTZ, typeDate, typeUUID, typeJSON, typeXML, typeVoid}, t)
}

// wire is a value as it is sent.
func wire(s string, t uint32, inBinary bool) []byte {
	if !inBinary {
		return []byte(s)
	}
	n, _ := strconv.ParseInt(s, 10, 64)
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	switch t {
	case typeBool:
		return []byte{map[string]byte{"t": 1}[s]}
	case typeInt2:
		return binary.BigEndian.AppendUint16(nil, uint16(n))
	case typeInt4, typeOID:
		return binary.BigEndian.AppendUint32(nil, uint32(n))
	case typeInt8:
		return binary.BigEndian.AppendUint64(nil, uint64(n))
	case typeFloat8:
		f, _ := strconv.ParseFloat(s, 64)
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(f))
	case typeBytea:
		return rawBytes(s)
	case typeUUID:
		raw, _ := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
		return raw
	case typeTimestamp, typeTimestampTZ:
		at, _ := parseTime(s)
		return binary.BigEndian.AppendUint64(nil, uint64(at.Sub(epoch).Microseconds()))
	case typeDate:
		at, _ := parseTime(s)
		return binary.BigEndian.AppendUint32(nil, uint32(int32(at.Sub(epoch).Hours()/24)))
	}
	return []byte(s)
}

// parameter is a value that a client binds, as SQL.
func parameter(p []byte, t uint32, isBinary bool) string {
	if p == nil {
		return "NULL"
	}
	text := string(p)
	if isBinary {
		switch {
		case len(p) == 1 && t == typeBool:
			return map[byte]string{0: "false", 1: "true"}[p[0]&1]
		case len(p) == 2 && t == typeInt2:
			text = strconv.Itoa(int(int16(binary.BigEndian.Uint16(p))))
		case len(p) == 4 && t == typeInt4:
			text = strconv.Itoa(int(int32(binary.BigEndian.Uint32(p))))
		case len(p) == 8 && t == typeInt8:
			text = strconv.FormatInt(int64(binary.BigEndian.Uint64(p)), 10)
		case len(p) == 8 && t == typeFloat8:
			text = formatFloat(math.Float64frombits(binary.BigEndian.Uint64(p)), t)
		case t == typeBytea:
			text = hexBytes(text)
		}
	}
	text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if name := factsOf().types[t]; name != nil && t != typeText && t != typeVarchar {
		text += "::" + name.name
	}
	return text
}

// fill puts values in the places of a statement's parameters.
func fill(text string, values []string) string {
	budget := maxMessage
	return placeholder().ReplaceAllStringFunc(text, func(s string) string {
		n, _ := strconv.Atoi(s[1:])
		if n < 1 || n > len(values) || len(values[n-1]) > budget {
			return s
		}
		budget -= len(values[n-1])
		return values[n-1]
	})
}

// statement is a prepared one, with the types that the client gave for its parameters.
type statement struct {
	text  string
	types []uint32
}

var placeholder = lazy(`\$(\d{1,4})`)

// extended answers a message of the extended protocol; it is false after an error.
func (c *conn) extended(message pgproto3.FrontendMessage) bool {
	switch m := message.(type) {
	case *pgproto3.Parse:
		c.record(m.Query, event.String("how", "prepare"))
		if _, there := c.statements[m.Name]; there && m.Name != "" {
			return c.finish(outcome{failed: c.failure("42P05", fmt.Sprintf("prepared statement \"%.64s\" already exists", m.Name), 0, "StorePreparedStatement")})
		}
		if failed := c.parsed(m.Query); failed != nil {
			return c.finish(outcome{failed: failed})
		}
		if len(c.statements) >= maxNamed {
			clear(c.statements)
		}
		if !c.roomFor(m.Name, m.Query) {
			return c.finish(outcome{failed: c.failure("53200", "out of memory", 0, "MemoryContextAlloc")})
		}
		c.statements[m.Name] = statement{m.Query, m.ParameterOIDs}
		c.out.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Bind:
		prepared, ok := c.statements[m.PreparedStatement]
		if !ok {
			if m.PreparedStatement == "" {
				return c.finish(outcome{failed: c.failure("26000", "unnamed prepared statement does not exist", 0, "exec_bind_message")})
			}
			return c.finish(outcome{failed: c.failure("26000", fmt.Sprintf("prepared statement \"%.64s\" does not exist", m.PreparedStatement), 0, "FetchPreparedStatement")})
		}
		text := prepared.text
		var values []string
		for i, p := range m.Parameters {
			typ := uint32(0)
			if i < len(prepared.types) {
				typ = prepared.types[i]
			}
			values = append(values, parameter(p, typ, binaryAt(m.ParameterFormatCodes, i)))
		}
		if wanted := parameters(text); len(values) != wanted {
			return c.finish(outcome{failed: c.failure("08P01", fmt.Sprintf("bind message supplies %d parameters, but prepared statement \"%.64s\" requires %d", len(values), m.PreparedStatement, wanted), 0, "exec_bind_message")})
		}
		if len(values) > 0 {
			c.record(text, event.String("how", "bind"), event.String("parameters", strings.Join(values, ", ")))
		}
		if len(c.portals) >= maxNamed {
			clear(c.portals)
		}
		filled := text
		if len(values) > 0 {
			filled = fill(text, values)
		}
		if !c.roomFor(m.DestinationPortal, filled) {
			return c.finish(outcome{failed: c.failure("53200", "out of memory", 0, "MemoryContextAlloc")})
		}
		o := c.lazily(filled)
		o.formats = m.ResultFormatCodes
		c.portals[m.DestinationPortal] = o
		c.out.Send(&pgproto3.BindComplete{})
	case *pgproto3.Describe:
		var o outcome
		if m.ObjectType == 'S' {
			prepared, ok := c.statements[m.Name]
			if !ok {
				return c.finish(outcome{failed: c.failure("26000", fmt.Sprintf("prepared statement \"%.64s\" does not exist", m.Name), 0, "FetchPreparedStatement")})
			}
			d := &pgproto3.ParameterDescription{}
			var nulls []string
			for i := range parameters(prepared.text) {
				typ := uint32(typeText)
				if i < len(prepared.types) && prepared.types[i] != 0 {
					typ = prepared.types[i]
				}
				d.ParameterOIDs, nulls = append(d.ParameterOIDs, typ), append(nulls, parameter(nil, typ, false))
			}
			c.out.Send(d)
			o = c.described(fill(prepared.text, nulls))
		} else {
			o = c.portals[m.Name]
			if o.later != "" {
				described := c.described(o.later)
				described.formats = o.formats
				o = described
			}
		}
		switch {
		case o.result != nil:
			c.out.Send(describe(o.result, o.formats, m.ObjectType == 'S'))
		case o.failed != nil && m.ObjectType == 'S':
			return c.finish(o)
		default:
			c.out.Send(&pgproto3.NoData{})
		}
	case *pgproto3.Execute:
		o, ok := c.portals[m.Portal]
		if !ok {
			return c.finish(outcome{failed: c.failure("34000", fmt.Sprintf("portal \"%s\" does not exist", m.Portal), 0, "exec_simple_query")})
		}
		if o.later != "" {
			formats := o.formats
			o = c.first(o.later)
			o.formats = formats
		}
		if m.MaxRows > 0 && o.result != nil && !o.copied && len(o.result.rows) > int(m.MaxRows) {
			rest := o
			rest.result = &result{cols: o.result.cols, rows: o.result.rows[m.MaxRows:], size: o.result.size}
			c.portals[m.Portal] = rest
			c.rows(o, o.result.rows[:m.MaxRows])
			c.out.Send(&pgproto3.PortalSuspended{})
			return c.flush() == nil
		}
		if o.tag == "" && o.failed == nil {
			c.out.Send(&pgproto3.EmptyQueryResponse{})
			return true
		}
		return c.finish(o) && c.flush() == nil
	case *pgproto3.Close:
		if m.ObjectType == 'S' {
			delete(c.statements, m.Name)
		} else {
			delete(c.portals, m.Name)
		}
		c.out.Send(&pgproto3.CloseComplete{})
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail: // of no COPY; PostgreSQL skips them, too
	default:
		return c.finish(outcome{failed: c.failure("08P01", "invalid frontend message type", 0, "exec_simple_query")})
	}
	return true
}

// roomFor tells whether a session may keep a text by that name beside what it has: statements and portals.
func (c *conn) roomFor(name, text string) bool {
	total := len(name) + len(text)
	for name, s := range c.statements {
		total += len(name) + len(s.text)
	}
	for name, o := range c.portals {
		total += len(name) + len(o.later)
	}
	return total <= maxPrepared
}

// parameters is how many a statement has.
func parameters(text string) (most int) {
	for _, s := range placeholder().FindAllString(text, -1) {
		if n, _ := strconv.Atoi(s[1:]); n > most && n <= 100 {
			most = n
		}
	}
	return most
}

// parsed tells what is wrong with the words of a statement; nil where nothing is.
func (c *conn) parsed(text string) *pgproto3.ErrorResponse {
	statements := dialect.Split(text)
	switch {
	case len(statements) > 1:
		return c.failure("42601", "cannot insert multiple commands into a prepared statement", 0, "exec_parse_message")
	case len(statements) == 0 || parameters(text) > 0:
		return nil
	}
	return c.wrong(text, statements[0])
}

// wrong tells what of a statement is no SQL; of all but queries only its beginning is looked at.
func (c *conn) wrong(text string, tokens []tinysql.Token) *pgproto3.ErrorResponse {
	for _, t := range tokens {
		if t.Kind == tinysql.Broken {
			return c.syntaxError(text, t.From).failed
		}
	}
	if !slices.ContainsFunc(verbs, tokens[0].Is) {
		return c.syntaxError(text, tokens[0].From).failed
	}
	if !slices.ContainsFunc(readers, tokens[0].Is) {
		return nil
	}
	return c.try(text, func(q *query) outcome {
		r := &reader{q: q, tokens: tokens}
		r.selection()
		if r.at < len(r.tokens) {
			r.unexpected()
		}
		return outcome{}
	}).failed
}

// described tells what a statement will give, without doing it.
func (c *conn) described(text string) outcome {
	statements := dialect.Split(text)
	if len(statements) != 1 {
		return outcome{}
	}
	tokens := statements[0]
	switch {
	case slices.ContainsFunc(readers, tokens[0].Is):
		return c.try(text, func(q *query) outcome {
			r := &reader{q: q, tokens: tokens}
			s := r.selection()
			if s.into != nil {
				return outcome{}
			}
			return outcome{result: &result{cols: q.compileSelection(s, nil).cols}}
		})
	case tokens[0].Is("show"), tokens[0].Is("explain"):
		return c.run(text, tokens)
	}
	// RETURNING is tried on a copy.
	if at := slices.IndexFunc(tokens, func(t tinysql.Token) bool { return t.Is("returning") }); at > 0 {
		before, kept := c.world().clone(), c.kept
		o := c.run(text, tokens)
		c.own, c.kept = before, kept
		return o
	}
	return outcome{}
}

// lazily is first, but for a statement that does something, or may be long about it: that waits until it is to be executed.
func (c *conn) lazily(text string) outcome {
	if len(dialect.Split(text)) == 1 {
		return outcome{later: text}
	}
	return c.first(text)
}

// first runs the first statement of the text.
func (c *conn) first(text string) outcome {
	statements := dialect.Split(text)
	if len(statements) == 0 {
		return outcome{}
	}
	if len(statements) > 1 {
		return outcome{failed: c.failure("42601", "cannot insert multiple commands into a prepared statement", 0, "exec_simple_query")}
	}
	return c.run(text, statements[0])
}

// failure makes an error. at is where in the query, from 1; 0 is nowhere.
func (c *conn) failure(code, message string, at int, routine string) *pgproto3.ErrorResponse {
	p := c.server.placeOf(routine)
	return &pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: strings.ReplaceAll(message, "\x00", ""), Position: int32(at), File: p.file, Line: p.line, Routine: p.routine}
}
