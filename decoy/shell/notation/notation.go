// Package notation reads what several of the make-believe tools write alike: basic regular expressions, escaped signs, and bytes that are shown as dots.
package notation

import "strings"

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
