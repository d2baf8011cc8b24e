// Package tinysql understands as much SQL as an intruder types to look around: SELECT of one table, with simple conditions, and lists of functions
// and variables. What it doesn't understand it says so, and where, for the database to refuse in its own words. It is not a database: nothing is
// stored, and time and memory are bounded by the length of the query and the size of the tables, which are small.
package tinysql

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// maxTokens bounds a statement.
const maxTokens = 4096

// Kind tells tokens apart.
type Kind int

// The kinds. A Word may be a keyword or a name; Name is a quoted name; Variable begins with @. A String may have been written in
// hexadecimal.
const (
	End Kind = iota
	Word
	Name
	String
	Number
	Variable
	Symbol
	Broken // a string or comment without an end
)

// Token is a piece of a statement.
type Token struct {
	Kind     Kind
	Text     string // without quotes
	From, To int    // where it is in the query
}

// Is tells whether the token is the keyword or symbol, in any case.
func (t Token) Is(text string) bool {
	return (t.Kind == Word || t.Kind == Symbol) && strings.EqualFold(t.Text, text)
}

// Dialect is how a database reads text.
type Dialect struct {
	DoubleQuotedStrings bool // and names in backquotes, # comments, backslashes in strings, /*! comments that are not
	MariaDB             bool // and /*M! comments that are not
	Release             int  // of MySQL or MariaDB, as 101199: a /*! comment for a later one is a comment
	DollarQuoted        bool // strings between two $$, or $tag$
	Brackets            bool // names in them, and in double quotes; N before a string, # before a temporary table
}

// Split returns the tokens of each statement of the query, without empty ones. A statement ends at a semicolon.
func (d Dialect) Split(query string) [][]Token {
	var statements [][]Token
	var tokens []Token
	end := func() {
		if len(tokens) > 0 {
			statements, tokens = append(statements, tokens), nil
		}
	}
	for at, n := 0, 0; n < maxTokens; n++ {
		t := d.next(query, at)
		if t.Kind == End {
			break
		}
		at = t.To
		if t.Kind == Symbol && t.Text == ";" {
			end()
			continue
		}
		tokens = append(tokens, t)
	}
	end()
	return statements
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// next returns the first token from at on.
func (d Dialect) next(q string, at int) Token {
	at, ok := d.skip(q, at)
	if !ok {
		return Token{Broken, q[at:], at, len(q)}
	}
	if at == len(q) {
		return Token{End, "", at, at}
	}
	to := at + 1
	while := func(is func(byte) bool) {
		for to < len(q) && is(q[to]) {
			to++
		}
	}
	kind := Symbol
	switch c := q[at]; {
	case c == '\'' || c == '"' || c == '`' && d.DoubleQuotedStrings || c == '[' && d.Brackets:
		return d.quoted(q, at)
	case c == '$' && d.DollarQuoted:
		if t, ok := dollarQuoted(q, at); ok {
			return t
		}
	case (c == 'N' || c == 'n') && d.Brackets && to < len(q) && q[to] == '\'':
		t := d.quoted(q, to)
		t.From = at
		return t
	case strings.IndexByte("xXbBnN", c) >= 0 && d.DoubleQuotedStrings && to < len(q) && q[to] == '\'':
		if t, ok := d.prefixed(q, at); ok {
			return t
		}
		kind = Word
		while(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '$' })
	case isLetter(c) || c == '#' && d.Brackets:
		kind = Word
		while(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '$' })
	case c == '0' && d.DoubleQuotedStrings && to+1 < len(q) && q[to] == 'x':
		digits := to + 1
		to++
		while(func(c byte) bool { return isLetter(c) || isDigit(c) })
		if text, err := hex.DecodeString(strings.Repeat("0", (to-digits)%2) + q[digits:to]); err == nil {
			return Token{String, string(text), at, to}
		}
		kind = Word // what begins like a number may be a name
	case isDigit(c) || c == '.' && d.DoubleQuotedStrings && to < len(q) && isDigit(q[to]) && !(at > 0 && (isLetter(q[at-1]) || q[at-1] == '`')):
		kind = Number
		while(func(c byte) bool { return isDigit(c) || c == '.' })
		if to < len(q) && d.DoubleQuotedStrings && (isLetter(q[to]) || q[to] == '$') {
			from := to
			if q[to] == 'e' || q[to] == 'E' {
				if to++; to < len(q) && (q[to] == '-' || q[to] == '+') {
					to++
				}
			}
			if to > from && to < len(q) && isDigit(q[to]) {
				while(isDigit)
			} else if to = from; !strings.Contains(q[at:to], ".") {
				kind = Word // what begins like a number may be a name
				while(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '$' })
			}
		}
	case d.DoubleQuotedStrings && (strings.HasPrefix(q[at:], "<=>") || strings.HasPrefix(q[at:], "->>")):
		to += 2
	case d.DoubleQuotedStrings && to < len(q) && strings.Contains(" << >> && -> ", " "+q[at:at+2]+" "):
		to++
	case c == '@' && (d.DoubleQuotedStrings || d.Brackets):
		kind = Variable
		while(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '@' || c == '.' || c == '$' })
	case to < len(q) && strings.Contains(" <= >= <> != || :: !~ ~* := ", " "+q[at:at+2]+" "):
		to++
	}
	return Token{kind, q[at:to], at, to}
}

// skip goes over space and comments; it fails at a comment without an end.
func (d Dialect) skip(q string, at int) (int, bool) {
	for at < len(q) {
		rest := q[at:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v\x00", rest[0]) >= 0:
			at++
		case strings.HasPrefix(rest, "--") && (!d.DoubleQuotedStrings || len(rest) == 2 || rest[2] <= ' '), rest[0] == '#' && d.DoubleQuotedStrings:
			line := strings.IndexByte(rest, '\n')
			if line < 0 {
				return len(q), true
			}
			at += line + 1
		case d.DoubleQuotedStrings && (strings.HasPrefix(rest, "/*!") || d.MariaDB && strings.HasPrefix(rest, "/*M!")):
			from := at + strings.IndexByte(rest, '!') + 1
			to := from
			for to < len(q) && to < from+6 && isDigit(q[to]) {
				to++
			}
			if to < from+5 {
				to = from
			}
			if release, _ := strconv.Atoi(q[from:to]); d.Release > 0 && (release > d.Release || d.MariaDB && rest[2] == '!' && release >= 50700 && release < 100000) {
				end := strings.Index(q[to:], "*/")
				if end < 0 {
					return at, false
				}
				to += end + 2
			}
			at = to
		case strings.HasPrefix(rest, "*/") && d.DoubleQuotedStrings:
			at += 2
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return at, false
			}
			at += end + 4
		default:
			return at, true
		}
	}
	return at, true
}

// dollarQuoted reads a string between two of the same tag.
func dollarQuoted(q string, at int) (Token, bool) {
	end := at + 1
	for end < len(q) && (isLetter(q[end]) || isDigit(q[end]) && end > at+1) {
		end++
	}
	if end == len(q) || q[end] != '$' {
		return Token{}, false // a parameter
	}
	tag := q[at : end+1]
	size := strings.Index(q[end+1:], tag)
	if size < 0 {
		return Token{Broken, q[at:], at, len(q)}, true
	}
	return Token{String, q[end+1 : end+1+size], at, end + 1 + size + len(tag)}, true
}

// prefixed reads a string with a letter before it: x'41', b'1010' or N'text'.
func (d Dialect) prefixed(q string, at int) (Token, bool) {
	t := d.quoted(q, at+1)
	t.From = at
	switch q[at] {
	case 'x', 'X':
		b, err := hex.DecodeString(t.Text)
		t.Text = string(b)
		return t, err == nil && t.Kind == String
	case 'b', 'B':
		n, err := strconv.ParseUint("0"+t.Text, 2, 64)
		b := make([]byte, (len(t.Text)+7)/8)
		for i := range b {
			b[len(b)-1-i] = byte(n >> (8 * i))
		}
		t.Text = string(b)
		return t, err == nil && t.Kind == String
	}
	return t, t.Kind == String
}

// quoted reads a string or a quoted name.
func (d Dialect) quoted(q string, at int) Token {
	quote := q[at]
	kind := String
	if quote == '`' || quote == '[' || quote == '"' && !d.DoubleQuotedStrings {
		kind = Name
	}
	if quote == '[' {
		quote = ']'
	}
	var text strings.Builder
	for i := at + 1; i < len(q); i++ {
		switch c := q[i]; {
		case c == quote && i+1 < len(q) && q[i+1] == quote:
			i++
			text.WriteByte(c)
		case c == quote:
			return Token{kind, text.String(), at, i + 1}
		case c == '\\' && d.DoubleQuotedStrings && kind == String && i+1 < len(q):
			i++
			c = q[i]
			if n := strings.IndexByte("nrt0", c); n >= 0 {
				c = "\n\r\t\x00"[n]
			}
			text.WriteByte(c)
		default:
			text.WriteByte(c)
		}
	}
	return Token{Broken, q[at:], at, len(q)}
}
