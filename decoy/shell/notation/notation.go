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
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case strings.IndexByte(`|(){}+?`, s[i]) >= 0:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

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
