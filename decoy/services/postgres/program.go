package postgres

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
	"mvdan.cc/sh/v3/syntax"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
	"decnet/decoy/shell"
)

// maxCopied bounds what a program or the client gives to a COPY, in bytes.
const maxCopied = 64 << 10

// limited keeps the beginning of what is written.
type limited struct{ bytes.Buffer }

func (b *limited) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(0, maxCopied-b.Len()))])
	return len(p), nil
}

func (v *server) windows() bool { return v.host.OS == "windows" || v.host.OS == "windows_server" }

// home is the directory of the account that the server runs as.
func (v *server) home() string {
	if v.tls {
		return "/var/lib/postgresql"
	}
	return "/var/lib/pgsql"
}

// shell returns a shell of the make-believe machine, as the account of the server. Its machine is the session's: what one program leaves the next one finds. quiet records what is
// done, but no command: nobody has typed one.
func (c *conn) shell(quiet bool) *shell.Shell {
	if c.machine == nil {
		c.machine = shell.NewMachine(shell.SystemOf(c.server.host))
	}
	return c.machine.Daemon("postgres", c.server.home(), 26+c.server.host.Rand("postgres-uid").IntN(90), shell.Options{
		From: c.s.Peer().Addr().String(), Vars: map[string]string{"PGDATA": c.server.home()},
		Record: func(typ string, fields ...event.Field) {
			if !quiet || typ != event.CommandRun {
				c.s.Event(typ, fields...)
			}
		},
	})
}

// program runs what a COPY names, on the make-believe machine, and returns what it prints.
func (c *conn) program(line, input string) (output string, failed *pgproto3.ErrorResponse) {
	var status int
	var out limited
	if c.server.windows() { // whose inside is not made here
		c.s.Event(event.CommandRun, event.String(event.Command, line))
		status = 1
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "whoami":
			status = 0
			out.WriteString("nt authority\\network service\r\n")
		case "hostname":
			status = 0
			out.WriteString(c.server.host.Hostname + "\r\n")
		}
	} else {
		ctx := c.ctx
		if ctx == nil {
			ctx = context.Background()
		}
		sh := c.shell(false)
		sh.Run(ctx, line, strings.NewReader(input), &out, io.Discard)
		status = sh.Status()
	}
	if status != 0 {
		failed = c.failure("38000", fmt.Sprintf("program \"%.1000s\" failed", line), 0, "ClosePipeFromProgram")
		failed.Detail = fmt.Sprintf("child process exited with exit code %d", status)
		if status == 127 {
			failed.Detail = "command not found"
		}
		return "", failed
	}
	return out.String(), nil
}

// file reads a file of the make-believe machine.
func (c *conn) file(name string) (content string, failed *pgproto3.ErrorResponse) {
	return c.quietly("cat -- ", name, "", "reading")
}

// quietly has the shell do something with a file.
func (c *conn) quietly(command, name, input, purpose string) (string, *pgproto3.ErrorResponse) {
	quoted, err := syntax.Quote(name, syntax.LangBash)
	if err != nil || c.server.windows() || len(name) > 1024 {
		return "", c.failure("58P01", fmt.Sprintf("could not open file \"%.200s\" for %s: No such file or directory", name, purpose), 0, "BeginCopyFrom")
	}
	ctx := c.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	var out, errs limited
	sh := c.shell(true)
	sh.Run(ctx, command+quoted, strings.NewReader(input), &out, &errs)
	if sh.Status() == 0 {
		return out.String(), nil
	}
	code, why := "58P01", "No such file or directory"
	if strings.Contains(errs.String(), "Permission denied") {
		code, why = "42501", "Permission denied"
	}
	return "", c.failure(code, fmt.Sprintf("could not open file \"%.200s\" for %s: %s", name, purpose, why), 0, "BeginCopyFrom")
}

// delimiter is what stands between the fields of a COPY.
func delimiter(tokens []tinysql.Token) string {
	for i, t := range tokens {
		if t.Is("csv") {
			return ","
		}
		if t.Is("delimiter") {
			for _, next := range tokens[i+1 : min(i+3, len(tokens))] {
				if next.Kind == tinysql.String && next.Text != "" {
					return next.Text
				}
			}
		}
	}
	return "\t"
}

var unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\N`, "")

// load puts text into a table, a row a line.
func (c *conn) load(t *bait.Table, places []int, text, separator string) outcome {
	var rows [][]string
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.TrimSuffix(strings.ToValidUTF8(line, "?"), "\r")
		if text == "" || line == `\.` {
			break
		}
		values := strings.Split(line, separator)
		var failed *pgproto3.ErrorResponse
		switch {
		case len(values) > len(places):
			failed = c.failure("22P04", "extra data after last expected column", 0, "NextCopyFrom")
		case len(values) < len(places):
			failed = c.failure("22P04", fmt.Sprintf("missing data for column \"%s\"", t.Columns[places[len(values)]].Name), 0, "NextCopyFrom")
		}
		if failed != nil {
			failed.Where = fmt.Sprintf("COPY %s, line %d: \"%.100s\"", t.Name, n+1, line)
			return outcome{failed: failed}
		}
		row := make([]string, len(t.Columns))
		for i, v := range values {
			row[places[i]] = unescape.Replace(v)
		}
		rows = append(rows, row)
	}
	if !c.add(t, rows) {
		return c.full()
	}
	return outcome{tag: fmt.Sprint("COPY ", len(rows))}
}

// unload writes a result as COPY does.
func unload(r *tinysql.Result, separator string) string {
	var b strings.Builder
	for _, row := range texts(r) {
		if b.Len() > maxCopied {
			break
		}
		b.WriteString(strings.Join(row, separator) + "\n")
	}
	return b.String()
}

// receive takes what the client sends for a COPY FROM STDIN.
func (c *conn) receive(columns int) (text string, failed *pgproto3.ErrorResponse) {
	c.out.Send(&pgproto3.CopyInResponse{ColumnFormatCodes: make([]uint16, columns)})
	if c.out.Flush() != nil {
		return "", c.failure("08006", "unexpected EOF on client connection with an open transaction", 0, "exec_simple_query")
	}
	var all limited
	for {
		message, err := c.out.Receive()
		if err != nil {
			return "", c.failure("08006", "unexpected EOF on client connection with an open transaction", 0, "exec_simple_query")
		}
		switch m := message.(type) {
		case *pgproto3.CopyData:
			all.Write(m.Data)
		case *pgproto3.CopyDone:
			return all.String(), nil
		case *pgproto3.CopyFail:
			return "", c.failure("57014", "COPY from stdin failed: "+fmt.Sprintf("%.200s", m.Message), 0, "exec_simple_query")
		case *pgproto3.Flush, *pgproto3.Sync:
		default:
			return "", c.failure("08P01", "unexpected message type during COPY from stdin", 0, "exec_simple_query")
		}
	}
}

// copyWith answers a COPY between a table and a program, a file or the client.
func (c *conn) copyWith(text string, tokens []tinysql.Token, at int) outcome {
	from, target, separator := tokens[at].Is("from"), tokens[at+1], delimiter(tokens[at:])
	argument := target
	if target.Is("program") {
		if at+2 >= len(tokens) || tokens[at+2].Kind != tinysql.String {
			return c.syntaxError(text, min(len(text), target.To))
		}
		argument = tokens[at+2]
	}
	if !from {
		result, refused := c.source(text, tokens[1:at])
		if refused != nil {
			return *refused
		}
		done := outcome{tag: fmt.Sprint("COPY ", len(result.Rows))}
		switch {
		case target.Is("stdout"):
			return outcome{result: result, tag: "COPY", copied: true}
		case target.Is("program"):
			_, done.failed = c.program(argument.Text, unload(result, separator))
		case !path.IsAbs(target.Text):
			done.failed = c.failure("42602", "relative path not allowed for COPY to file", 0, "BeginCopyTo")
		default:
			_, done.failed = c.quietly("cat > ", target.Text, unload(result, separator), "writing")
		}
		return done
	}
	p := &cursor{tokens: tokens[:at], at: 1}
	t, refused := c.target(text, p)
	if t == nil {
		return refused
	}
	columns, given := p.list()
	places, err := c.places(t, columns, given, text)
	if err != nil {
		return *err
	}
	var content string
	var failed *pgproto3.ErrorResponse
	switch {
	case target.Is("stdin"):
		if c.out == nil {
			return c.syntaxError(text, target.From)
		}
		content, failed = c.receive(len(places))
	case target.Is("program"):
		content, failed = c.program(argument.Text, "")
	default:
		content, failed = c.file(target.Text)
	}
	if failed == nil && slices.ContainsFunc(tokens[at:], func(t tinysql.Token) bool { return t.Is("binary") }) {
		failed = c.failure("22P04", "COPY file signature not recognized", 0, "NextCopyFrom") // it is not read here
	}
	if failed != nil {
		return outcome{failed: failed}
	}
	return c.load(t, places, content, separator)
}

// source is what a COPY copies out: a table, or a query in parentheses.
func (c *conn) source(text string, tokens []tinysql.Token) (*tinysql.Result, *outcome) {
	if tokens[0].Is("(") {
		o := c.syntaxError(text, tokens[0].From)
		if last := tokens[len(tokens)-1]; len(tokens) > 2 && last.Is(")") && tokens[1].Is("select") {
			o = c.selectFrom(text, tokens[1:len(tokens)-1])
		}
		if o.failed != nil {
			return nil, &o
		}
		return o.result, nil
	}
	p := &cursor{tokens: tokens}
	name, at := p.name()
	if name == nil {
		o := c.syntaxError(text, tokens[0].From)
		return nil, &o
	}
	t := c.table(name)
	if t == nil {
		o := c.missing(text, name, at)
		return nil, &o
	}
	return tinysql.FromTable(t), nil
}
