// Package headerlines reads the headers that an operator puts on every answer of a web decoy: one `Name: value` a line.
package headerlines

import (
	"fmt"
	"slices"
	"strings"
)

const maxHeaders = 32

// framing are the headers by which a client finds where an answer ends: a wrong one breaks the connection.
var framing = []string{"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}

// Header is one.
type Header struct{ Name, Value string }

// Parse reads headers, in their order. Blank lines are left out. An error names the line, from 1.
func Parse(text string) ([]Header, error) {
	var out []Header
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		switch {
		case !ok || !isToken(name):
			return nil, fmt.Errorf("line %d: it wants to be Name: value", i+1)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r > '~' }):
			return nil, fmt.Errorf("line %d: a header's value is of printable ASCII", i+1)
		case slices.Contains(framing, strings.ToLower(name)):
			return nil, fmt.Errorf("line %d: %s is the server's own to say", i+1, name)
		case len(out) == maxHeaders:
			return nil, fmt.Errorf("line %d: there are more than %d", i+1, maxHeaders)
		}
		out = append(out, Header{name, value})
	}
	return out, nil
}

func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r) })
}
