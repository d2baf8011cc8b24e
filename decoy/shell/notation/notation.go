// Package notation reads what several of the make-believe tools write alike: basic regular expressions, escaped signs, and bytes that are shown as dots.
package notation

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Basic turns a basic regular expression into Go's syntax: there, it is the escaped signs that are special.
func Basic(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`|(){}+?`, s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '<' || s[i+1] == '>'):
			b.WriteString(`\b`)
			i++
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case s[i] == '[': // where all but the end is plain
			end := i + 1
			for end < len(s) && (s[end] != ']' || end == i+1 || end == i+2 && s[i+1] == '^') {
				if strings.HasPrefix(s[end:], "[:") {
					if close := strings.Index(s[end:], ":]"); close > 0 {
						end += close + 1
					}
				}
				end++
			}
			b.WriteString(strings.ReplaceAll(s[i:min(end+1, len(s))], `\`, `\\`))
			i = end
		case strings.IndexByte(`|(){}+?`, s[i]) >= 0:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// Extended turns an extended regular expression into Go's syntax: the edges of words are written otherwise there.
func Extended(s string) string { return edges.Replace(s) }

var edges = strings.NewReplacer(`\\`, `\\`, `\<`, `\b`, `\>`, `\b`)

var escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`, `\"`, `"`, `\/`, `/`, `\a`, "\a", `\033`, "\x1b")

// Unescape puts the signs in the place of their escapes.
func Unescape(s string) string { return escapes.Replace(s) }

// Printable puts a dot in the place of what is no printable ASCII.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, strings.ToValidUTF8(s, "."))
}

// What one expression may cost: what a match needs of time and memory grows with its steps and with its groups.
const (
	maxExpression = 8 << 10 // bytes
	maxSteps      = 2000
	maxGroups     = 50
)

var errTooBig = errors.New("regular expression too big")

// Compile reads a regular expression in Go's syntax that somebody typed. Go takes any that needs no more than 128 MB, so it is measured before.
func Compile(expr string) (*regexp.Regexp, error) {
	if len(expr) > maxExpression {
		return nil, errTooBig
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if tree.MaxCap() > maxGroups || steps(tree) > maxSteps {
		return nil, errTooBig
	}
	return regexp.Compile(expr)
}

// steps is about how many instructions an expression becomes.
func steps(tree *syntax.Regexp) int {
	n := 1 + len(tree.Rune)
	if tree.Op == syntax.OpCharClass {
		n = 1 + len(tree.Rune)/64
	}
	for _, sub := range tree.Sub {
		n += steps(sub)
	}
	if tree.Op == syntax.OpRepeat {
		n *= max(1, tree.Min, tree.Max)
	}
	return n
}
