package event

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The wire's fixed parts. 32473 is the enterprise number that RFC 5612 sets aside for examples.
const (
	facility     = 16 // local0
	sdID         = "decnet@32473"
	timeLayout   = "2006-01-02T15:04:05.000000Z"
	suffixB64    = "_b64"
	suffixCut    = "_truncated"
	suffixShown  = "_printable"
	maxHost      = 255
	maxService   = 48
	maxSession   = 128
	maxType      = 32
	maxBoot      = 64
	maxName      = maxType - len(suffixCut)
	hexDigits    = "0123456789abcdef"
	unnamedField = "field"
)

// Append appends the event's line, without a newline, to dst. It writes what [Event.Normalize] makes of e, so it can't fail.
func Append(dst []byte, e Event) []byte {
	return appendNormal(dst, e.Normalize())
}

func appendNormal(dst []byte, e Event) []byte {
	dst = append(dst, '<')
	dst = strconv.AppendUint(dst, facility*8+uint64(e.Severity), 10)
	dst = append(dst, ">1 "...)
	dst = e.Time.AppendFormat(dst, timeLayout)
	for _, token := range [...]string{e.Host, e.Service, e.Session, e.Type} {
		dst = append(dst, ' ')
		if token == "" {
			token = "-"
		}
		dst = append(dst, token...)
	}
	dst = append(dst, " ["+sdID...)
	dst = appendParam(dst, "boot", "", e.Boot)
	dst = append(dst, ` seq="`...)
	dst = strconv.AppendUint(dst, e.Seq, 10)
	dst = append(dst, '"')
	for _, f := range e.Fields {
		dst = appendField(dst, f)
	}
	dst = append(dst, ']')
	if e.Message != "" {
		dst = append(dst, ' ')
		dst = append(dst, e.Message...)
	}
	return dst
}

func appendField(dst []byte, f Field) []byte {
	shown, whole := Printable(f.Value, MaxRendition)
	if plain(f.Value) {
		shown, whole = f.Value, true
	}
	if f.Name == Secret {
		// Always both: a collector that joins attempts by their secret needs one form that is the same for all.
		dst = appendParam(dst, f.Name, suffixShown, shown)
		whole = false
	} else {
		dst = appendParam(dst, f.Name, "", shown)
	}
	if !whole {
		dst = append(dst, ' ')
		dst = append(dst, f.Name...)
		dst = append(dst, suffixB64+`="`...)
		dst = base64.StdEncoding.AppendEncode(dst, []byte(f.Value))
		dst = append(dst, '"')
	}
	if f.Size > 0 {
		dst = appendParam(dst, f.Name, suffixCut, strconv.Itoa(f.Size))
	}
	return dst
}

func appendParam(dst []byte, name, suffix, value string) []byte {
	dst = append(dst, ' ')
	dst = append(dst, name...)
	dst = append(dst, suffix...)
	dst = append(dst, `="`...)
	for i := range len(value) {
		switch c := value[i]; c {
		case '"', '\\', ']':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// Normalize returns the event as a line can hold it: times in UTC microseconds, tokens in their alphabet and length, values
// within their bounds and, when the line would still be too long, cut further. Normalizing twice changes nothing.
func (e Event) Normalize() Event {
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	if y := e.Time.Year(); y < 0 || y > 9999 {
		e.Time = time.Unix(0, 0).UTC()
	}
	if e.Severity > 7 {
		e.Severity = Info
	}
	e.Host = token(e.Host, maxHost)
	e.Service = token(e.Service, maxService)
	e.Session = token(e.Session, maxSession)
	e.Type = token(e.Type, maxType)
	e.Boot = token(e.Boot, maxBoot)
	if !plain(e.Message) || len(e.Message) > MaxMessage {
		e.Message, _ = Printable(e.Message, MaxMessage)
	}
	e.Message = strings.TrimLeft(e.Message, " ")

	fields := make([]Field, 0, min(len(e.Fields), MaxFields))
	for _, f := range e.Fields[:min(len(e.Fields), MaxFields)] {
		f.Name = fieldName(f.Name)
		if f.Size <= len(f.Value) {
			f.Size = 0
		}
		fields = append(fields, cut(f, MaxValue))
	}
	e.Fields = fields
	for limit := MaxValue / 2; limit > 0 && len(appendNormal(nil, e)) > MaxLine; limit /= 2 {
		for i, f := range fields {
			fields[i] = cut(f, limit)
		}
	}
	if len(fields) == 0 {
		e.Fields = nil
	}
	return e
}

// cut shortens the field's value to at most limit bytes, not through the middle of a character where it is text.
func cut(f Field, limit int) Field {
	if len(f.Value) <= limit {
		return f
	}
	if f.Size == 0 {
		f.Size = len(f.Value)
	}
	end := limit
	for end > limit-utf8.UTFMax && end > 0 && !utf8.RuneStart(f.Value[end]) {
		end--
	}
	if !utf8.RuneStart(f.Value[end]) {
		end = limit
	}
	f.Value = f.Value[:end]
	return f
}

// token makes s fit a header token: visible ASCII, at most limit characters.
func token(s string, limit int) string {
	s = s[:min(len(s), limit)]
	if s == "-" {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '_'
	}, s)
}

func fieldName(s string) string {
	if validName(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, s)
	s = s[:min(len(s), maxName)]
	for reservedSuffix(s) {
		s = s[:strings.LastIndexByte(s, '_')]
	}
	if !validName(s) {
		return unnamedField
	}
	return s
}

func validName(s string) bool {
	if s == "" || len(s) > maxName || s[0] < 'a' || s[0] > 'z' || s == "boot" || s == "seq" || reservedSuffix(s) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func reservedSuffix(s string) bool {
	return strings.HasSuffix(s, suffixB64) || strings.HasSuffix(s, suffixCut) || strings.HasSuffix(s, suffixShown)
}

// plain tells whether s is text that can be shown as it is: valid UTF-8 of visible characters and spaces. Controls, line
// separators, bidirectional and other format characters, fillers that show nothing and U+FFFD (which may stand for lost
// bytes) are not.
func plain(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !visible(r) {
			return false
		}
		i += n
	}
	return true
}

func visible(r rune) bool {
	const brailleBlank = '\u2800'
	return r != utf8.RuneError && r != brailleBlank && unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Printable renders any bytes as at most limit bytes of visible text, in Go's escapes, and tells whether the text is the value itself, whole.
func Printable(s string, limit int) (text string, whole bool) {
	var b strings.Builder
	whole = true
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		var piece string
		switch {
		case r == '\n':
			piece = `\n`
		case r == '\r':
			piece = `\r`
		case r == '\t':
			piece = `\t`
		case r == ' ' || visible(r):
			piece = s[i : i+n]
		case r == utf8.RuneError && n == 1 || r < utf8.RuneSelf:
			piece = `\x` + string(hexDigits[s[i]>>4]) + string(hexDigits[s[i]&15])
		default:
			piece = `\u{` + strconv.FormatInt(int64(r), 16) + `}`
		}
		if len(piece) > n || !(r == ' ' || visible(r)) {
			whole = false
		}
		if b.Len()+len(piece) > limit {
			return b.String(), false
		}
		b.WriteString(piece)
		i += n
	}
	return b.String(), whole
}
