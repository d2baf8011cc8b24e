package replay

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// filter passes on what draws on a terminal, and drops what gives it orders: answers to be typed for the user, titles, the clipboard, links, other modes, files. It keeps its
// place between calls, for a sequence may begin in one piece and end in the next.
type filter struct {
	state state
	seq   bytes.Buffer // the control sequence that has begun
	half  []byte       // the beginning of a character
}

type state uint8

const (
	text state = iota
	escape
	control // ESC [ …
	quoted  // ESC ] … and its kin, up to BEL or ESC \
	quotedEscape
	charset // ESC ( and one byte
)

// maxSequence bounds what is kept of a control sequence; real ones are short.
const maxSequence = 64

// drawing are the final bytes of control sequences that move the cursor, color, erase and scroll: nothing that answers or changes the terminal's ways.
const drawing = "@ABCDEFGHJKLMPSTXZ`abdefmrsu"

// clean returns what of p may go to a terminal.
func (f *filter) clean(p string) string {
	var out strings.Builder
	in := slices.Concat(f.half, []byte(p))
	f.half = nil
	for len(in) > 0 {
		r, n := utf8.DecodeRune(in)
		if r == utf8.RuneError && n == 1 && !utf8.FullRune(in) {
			f.half = bytes.Clone(in)
			break
		}
		piece := in[:n]
		in = in[n:]
		switch f.state {
		case text:
			switch {
			case r == 0x1b:
				f.state = escape
			case r == '\n', r == '\r', r == '\t', r == '\b':
				out.Write(piece)
			case r < ' ', r >= 0x7f && r < 0xa0, r == utf8.RuneError: // other controls, also those of eight bits
			default:
				out.Write(piece)
			}
		case escape:
			f.begin(r)
		case control:
			f.sequence(&out, r)
		case quoted:
			switch r {
			case 0x07:
				f.state = text
			case 0x1b:
				f.state = quotedEscape
			}
		case quotedEscape:
			f.state = quoted
			if r == '\\' {
				f.state = text
			}
		case charset:
			f.state = text
		}
	}
	return out.String()
}

// begin takes what comes after an escape.
func (f *filter) begin(r rune) {
	switch r {
	case '[':
		f.state = control
		f.seq.Reset()
	case ']', 'P', '^', '_', 'X':
		f.state = quoted
	case '(', ')', '*', '+', '#', '%', ' ':
		f.state = charset
	case 0x1b: // another one begins
	default:
		f.state = text // a sequence of two, which is dropped
	}
}

// sequence takes what comes after ESC [.
func (f *filter) sequence(out *strings.Builder, r rune) {
	switch {
	case r >= 0x40 && r < 0x7f:
		f.state = text
		if strings.ContainsRune(drawing, r) && f.seq.Len() < maxSequence && isNumbers(f.seq.Bytes()) {
			out.WriteString("\x1b[" + f.seq.String() + string(r))
		}
	case r >= ' ' && r < 0x40:
		if f.seq.Len() < maxSequence {
			f.seq.WriteRune(r)
		}
	default: // no sequence goes on like that
		f.state = text
	}
}

// isNumbers tells parameters that are numbers from private ones.
func isNumbers(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && c != ';' && c != ':' {
			return false
		}
	}
	return true
}
