package postgres

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

// The bounds of what a client can leave here.
const (
	maxNamed      = 32
	maxStatements = 64 // of one query
)

// outcome is what a statement came to: rows or not, and its tag; or an error.
type outcome struct {
	result *tinysql.Result
	tag    string
	copied bool // the rows go out as COPY's
	failed *pgproto3.ErrorResponse
	status byte   // of the transaction thereafter; 0: as before
	later  string // the statement, where it does something and so is run when it is its turn, once
}

func (c *conn) record(text string, fields ...event.Field) {
	c.s.Event("query", append([]event.Field{event.String(event.Command, text), event.String("database", c.database)}, fields...)...)
}

// serve answers messages until the client leaves.
func (c *conn) serve() {
	skipping := false // after an error, up to Sync
	for n := 0; ; n++ {
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
			c.simple(m.String)
			c.out.Send(&pgproto3.ReadyForQuery{TxStatus: c.status})
			if c.out.Flush() != nil {
				return
			}
		case *pgproto3.Sync:
			skipping = false
			c.out.Send(&pgproto3.ReadyForQuery{TxStatus: c.status})
			if c.out.Flush() != nil {
				return
			}
		case *pgproto3.Flush:
			if c.out.Flush() != nil {
				return
			}
		default:
			if !skipping {
				skipping = !c.extended(message)
				// Nothing may pile up here while a client sends and doesn't sync.
				if (skipping || n%maxNamed == 0) && c.out.Flush() != nil {
					return
				}
			}
		}
	}
}

// simple answers the statements of a query up to the first that fails.
func (c *conn) simple(text string) {
	statements := dialect.Split(text)
	if len(statements) == 0 {
		c.out.Send(&pgproto3.EmptyQueryResponse{})
	}
	for i, tokens := range statements {
		o := c.run(text, tokens)
		if i == maxStatements {
			o = outcome{failed: c.failure("54001", "stack depth limit exceeded", 0, "exec_simple_query")}
		}
		if o.result != nil && !o.copied {
			c.out.Send(describe(o.result, true))
		}
		if !c.finish(o) || c.out.Flush() != nil {
			return
		}
	}
}

// finish sends the rows and the tag, or the error; it tells which.
func (c *conn) finish(o outcome) bool {
	if o.failed != nil {
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
		c.out.Send(&pgproto3.CopyOutResponse{ColumnFormatCodes: make([]uint16, len(o.result.Columns))})
	}
	for _, row := range o.result.Rows {
		values := make([][]byte, len(row))
		for i, v := range row {
			if text, ok := v.(string); ok {
				values[i] = []byte(text)
			} else if o.copied {
				values[i] = []byte(`\N`)
			}
		}
		if !o.copied {
			c.out.Send(&pgproto3.DataRow{Values: values})
			continue
		}
		var line []byte
		for i, v := range values {
			if i > 0 {
				line = append(line, '\t')
			}
			line = append(line, v...)
		}
		c.out.Send(&pgproto3.CopyData{Data: append(line, '\n')})
	}
	if o.copied {
		c.out.Send(&pgproto3.CopyDone{})
	}
	tag := o.tag
	if tag == "SELECT" || tag == "COPY" {
		tag += " " + strconv.Itoa(len(o.result.Rows))
	}
	c.out.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
	return true
}

// describe tells of a result's columns. Without kinds all are text, whose binary form is the text itself: what a client that asks for binary
// can read.
func describe(r *tinysql.Result, kinds bool) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{}
	for _, column := range r.Columns {
		f := pgproto3.FieldDescription{Name: []byte(strings.ReplaceAll(column.Name, "\x00", "")), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1}
		if kinds && column.Kind == bait.Number {
			f.DataTypeOID, f.DataTypeSize = 23, 4
		} else if kinds && column.Kind == bait.Time {
			f.DataTypeOID, f.DataTypeSize = 1114, 8
		}
		d.Fields = append(d.Fields, f)
	}
	return d
}

var placeholder = regexp.MustCompile(`\$(\d{1,4})`)

// extended answers a message of the extended protocol; it is false after an error.
func (c *conn) extended(message pgproto3.FrontendMessage) bool {
	switch m := message.(type) {
	case *pgproto3.Parse:
		c.record(m.Query, event.String("how", "prepare"))
		if len(c.statements) >= maxNamed {
			clear(c.statements)
		}
		c.statements[m.Name] = m.Query
		c.out.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Bind:
		text, ok := c.statements[m.PreparedStatement]
		if !ok {
			return c.finish(outcome{failed: c.failure("26000", fmt.Sprintf("prepared statement \"%s\" does not exist", m.PreparedStatement), 0, "exec_simple_query")})
		}
		var values []string
		for _, p := range m.Parameters {
			values = append(values, "'"+strings.ReplaceAll(string(p), "'", "''")+"'")
		}
		if len(values) > 0 {
			c.record(text, event.String("how", "bind"), event.String("parameters", strings.Join(values, ", ")))
		}
		budget := maxMessage
		text = placeholder.ReplaceAllStringFunc(text, func(s string) string {
			n, _ := strconv.Atoi(s[1:])
			if n < 1 || n > len(values) || len(values[n-1]) > budget {
				return s
			}
			budget -= len(values[n-1])
			return values[n-1]
		})
		if len(c.portals) >= maxNamed {
			clear(c.portals)
		}
		c.portals[m.DestinationPortal] = c.lazily(text)
		c.out.Send(&pgproto3.BindComplete{})
	case *pgproto3.Describe:
		var o outcome
		if m.ObjectType == 'S' {
			text := c.statements[m.Name]
			d := &pgproto3.ParameterDescription{}
			for _, s := range placeholder.FindAllString(text, -1) {
				if n, _ := strconv.Atoi(s[1:]); n > len(d.ParameterOIDs) && n <= 100 {
					d.ParameterOIDs = append(d.ParameterOIDs, 25)
				}
			}
			c.out.Send(d)
			o = c.lazily(placeholder.ReplaceAllString(text, "''"))
		} else {
			o = c.portals[m.Name]
		}
		switch {
		case o.failed != nil:
			return c.finish(o)
		case o.result == nil:
			c.out.Send(&pgproto3.NoData{})
		default:
			c.out.Send(describe(o.result, false))
		}
	case *pgproto3.Execute:
		o, ok := c.portals[m.Portal]
		if !ok {
			return c.finish(outcome{failed: c.failure("34000", fmt.Sprintf("portal \"%s\" does not exist", m.Portal), 0, "exec_simple_query")})
		}
		if o.later != "" {
			o = c.first(o.later)
		}
		if o.tag == "" && o.failed == nil {
			c.out.Send(&pgproto3.EmptyQueryResponse{})
			return true
		}
		return c.finish(o) && c.out.Flush() == nil
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

// lazily is first, but for a statement that does something: that waits until it is to be executed.
func (c *conn) lazily(text string) outcome {
	if statements := dialect.Split(text); len(statements) == 1 && !statements[0][0].Is("select") && !statements[0][0].Is("show") {
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
	return &pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: strings.ReplaceAll(message, "\x00", ""), Position: int32(at), File: files[routine], Line: c.line(routine), Routine: routine}
}
