package redis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The bounds of one command. Redis's own are higher; what is beyond these gets Redis's answer to what is beyond its own.
const (
	maxInline  = 64 << 10
	maxCommand = 256 << 10 // bytes of all arguments, each with a few more for itself
	maxArgs    = 16 << 10
	argCost    = 16

	maxArgsStranger = 10 // before AUTH, as Redis has it
	maxBulkStranger = 16 << 10
)

// protocolError is a mistake of the client's that ends the connection, in Redis's words.
type protocolError string

func (e protocolError) Error() string { return "Protocol error: " + string(e) }

// reader reads commands, in RESP or inline.
type reader struct {
	in *bufio.Reader
	// stranger tells that the client has yet to authenticate: it may say less.
	stranger bool
	odd      func(beginning []byte)
}

const maxOdd = 1024 // bytes of what makes no sense that are recorded

// inline reads a line that is no RESP. Redis looks for its end as C does: after a zero byte, as in the greeting of TLS, it finds none, and waits until there is
// too much. odd is called with the beginning of such a line.
func (r *reader) inline() (string, error) {
	var line []byte
	hidden := false
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return "", err
		}
		switch {
		case b == '\n' && !hidden:
			return strings.TrimSuffix(string(line), "\r"), nil
		case len(line) == maxInline:
			return "", protocolError("too big inline request")
		case b == 0 && !hidden:
			hidden = true
			rest, _ := r.in.Peek(min(r.in.Buffered(), maxOdd))
			r.odd(append(append(slices.Clone(line[:min(len(line), maxOdd)]), 0), rest...))
		}
		line = append(line, b)
	}
}

// command returns the next command's arguments: none for an empty line.
func (r *reader) command() ([]string, error) {
	first, err := r.in.Peek(1)
	if err != nil {
		return nil, err
	}
	if first[0] != '*' {
		line, err := r.inline()
		if err != nil {
			return nil, err
		}
		args, ok := splitInline(line)
		if !ok {
			return nil, protocolError("unbalanced quotes in request")
		}
		return args, nil
	}
	line, err := r.line("too big mbulk count string")
	if err != nil {
		return nil, err
	}
	count, err := strconv.ParseInt(line[1:], 10, 64)
	switch {
	case err != nil || count > maxArgs:
		return nil, protocolError("invalid multibulk length")
	case count <= 0:
		return nil, nil
	case r.stranger && count > maxArgsStranger:
		return nil, protocolError("unauthenticated multibulk length")
	}
	var args []string
	left := int64(maxCommand)
	for range count {
		line, err := r.line("too big bulk count string")
		if err != nil {
			return nil, err
		}
		if line == "" || line[0] != '$' {
			got := byte(0)
			if line != "" {
				got = line[0]
			}
			return nil, protocolError(fmt.Sprintf("expected '$', got '%c'", got))
		}
		size, err := strconv.ParseInt(line[1:], 10, 64)
		if err != nil || size < 0 || size > left {
			return nil, protocolError("invalid bulk length")
		}
		if r.stranger && size > maxBulkStranger {
			return nil, protocolError("unauthenticated bulk length")
		}
		var arg bytes.Buffer // grows as the bytes come: a length alone costs nothing
		if _, err := io.CopyN(&arg, r.in, size+2); err != nil {
			return nil, err
		}
		args = append(args, string(arg.Bytes()[:size]))
		left -= size + argCost
	}
	return args, nil
}

// line reads a line without its end.
func (r *reader) line(tooBig string) (string, error) {
	line, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", protocolError(tooBig)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(string(line[:len(line)-1]), "\r"), nil
}

// splitInline splits a line as Redis does: double quotes with escapes, single quotes without.
func splitInline(line string) (args []string, ok bool) {
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) || len(args) == maxArgs {
			return args, true
		}
		var arg []byte
		for i < len(line) && !isSpace(line[i]) {
			quote := line[i]
			if quote != '"' && quote != '\'' {
				arg = append(arg, quote)
				i++
				continue
			}
			i++
			closed := false
			for i < len(line) && !closed {
				switch c := line[i]; {
				case c == quote:
					closed = true
				case c == '\\' && quote == '"' && i+3 < len(line) && line[i+1] == 'x':
					if n, err := strconv.ParseUint(line[i+2:i+4], 16, 8); err == nil {
						arg = append(arg, byte(n))
						i += 3
						break
					}
					arg = append(arg, 'x')
					i++
				case c == '\\' && i+1 < len(line) && (quote == '"' || line[i+1] == '\''):
					i++
					escaped := line[i]
					if n := strings.IndexByte("nrtba", escaped); n >= 0 && quote == '"' {
						escaped = "\n\r\t\b\a"[n]
					}
					arg = append(arg, escaped)
				default:
					arg = append(arg, c)
				}
				i++
			}
			if !closed || i < len(line) && !isSpace(line[i]) {
				return nil, false
			}
		}
		args = append(args, string(arg))
	}
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' || c == 0 }

// writer writes replies in the version of RESP that the client chose.
type writer struct {
	out   *bufio.Writer
	proto int
	left  int // bytes of strings that the answer under way may still have
	// errors counts the errors by their code, for INFO; nil: they are not counted.
	errors map[string]int64
}

// maxAnswer is how much of what is stored one command gets: all of it, and not the same again and again.
const maxAnswer = 4 << 20

// The bounds of the codes of errors that are counted: a script may make its own.
const (
	maxErrorCodes = 32
	maxErrorCode  = 64 // bytes
)

func (w *writer) simple(s string) { w.out.WriteString("+" + s + "\r\n") }

// fail writes an error; its first word is the code. It can't hold a line's end.
func (w *writer) fail(message string) {
	if code, _, _ := strings.Cut(message, " "); w.errors != nil && len(code) <= maxErrorCode && (len(w.errors) < maxErrorCodes || w.errors[code] > 0) {
		w.errors[strings.Clone(code)]++
	}
	w.out.WriteString("-" + strings.NewReplacer("\r", " ", "\n", " ").Replace(message) + "\r\n")
}

func (w *writer) integer(n int64) { w.head(':', int(n)) }

func (w *writer) head(kind byte, n int) {
	w.out.WriteByte(kind)
	w.out.WriteString(strconv.Itoa(n) + "\r\n")
}

func (w *writer) bulk(s string) {
	if w.left -= len(s); w.left < 0 {
		s = ""
	}
	w.head('$', len(s))
	w.out.WriteString(s)
	w.out.WriteString("\r\n")
}

// verbatim writes a text for people.
func (w *writer) verbatim(s string) {
	if w.proto < 3 {
		w.bulk(s)
		return
	}
	w.head('=', len(s)+4)
	w.out.WriteString("txt:" + s + "\r\n")
}

func (w *writer) null() {
	if w.proto < 3 {
		w.out.WriteString("$-1\r\n")
	} else {
		w.out.WriteString("_\r\n")
	}
}

// nullArray is the null of what would be an array.
func (w *writer) nullArray() {
	if w.proto < 3 {
		w.out.WriteString("*-1\r\n")
	} else {
		w.null()
	}
}

// double writes a number that may have a fraction, as the text that it is.
func (w *writer) double(text string) {
	if w.proto < 3 {
		w.bulk(text)
	} else {
		w.out.WriteString("," + text + "\r\n")
	}
}

func (w *writer) array(n int) { w.head('*', n) }

// set begins a set of n members.
func (w *writer) set(n int) {
	if w.proto < 3 {
		w.array(n)
	} else {
		w.head('~', n)
	}
}

// mapping begins a map of n pairs.
func (w *writer) mapping(n int) {
	if w.proto < 3 {
		w.array(2 * n)
	} else {
		w.head('%', n)
	}
}

func (w *writer) bulks(all ...string) {
	w.array(len(all))
	for _, s := range all {
		w.bulk(s)
	}
}

// quoted renders a command for the record: on one line, as redis-cli would take it.
func quoted(args []string) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if a == "" || strings.ContainsFunc(a, func(c rune) bool { return c <= ' ' || c == '"' || c == '\'' || c == '\\' || c > '~' }) {
			a = strconv.Quote(a)
		}
		b.WriteString(a)
	}
	return b.String()
}
