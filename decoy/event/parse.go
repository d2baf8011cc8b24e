package event

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrMalformed is the cause of every error of [Parse].
var ErrMalformed = errors.New("malformed event line")

// Parse reads one line, without its newline. It is the inverse of [Append]: Parse(Append(nil, e)) is e.Normalize(). Anything
// that is not such a line is an error that wraps [ErrMalformed]. The event shares no memory with line.
func Parse(line []byte) (Event, error) {
	if len(line) > MaxLine {
		return Event{}, malformed("longer than %d bytes", MaxLine)
	}
	if !utf8.Valid(line) {
		return Event{}, malformed("not UTF-8")
	}
	for _, c := range line {
		if c < ' ' || c == 0x7f {
			return Event{}, malformed("control character")
		}
	}
	p := parser{rest: string(line)}
	e, err := p.event()
	if err != nil {
		return Event{}, err
	}
	return e, nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// parser eats a line from its beginning.
type parser struct{ rest string }

func (p *parser) event() (e Event, err error) {
	if e.Severity, err = p.pri(); err != nil {
		return e, err
	}
	stamp, ok := p.until(' ')
	if !ok {
		return e, malformed("no timestamp")
	}
	if e.Time, err = time.Parse(timeLayout, stamp); err != nil || e.Time.Format(timeLayout) != stamp {
		return e, malformed("timestamp %q", stamp)
	}
	for _, header := range [...]struct {
		name  string
		value *string
		limit int
	}{{"hostname", &e.Host, maxHost}, {"app-name", &e.Service, maxService}, {"procid", &e.Session, maxSession}, {"msgid", &e.Type, maxType}} {
		s, ok := p.until(' ')
		if !ok || s == "" || (s != "-" && token(s, header.limit) != s) {
			return e, malformed("%s %q", header.name, s)
		}
		if s != "-" {
			*header.value = s
		}
	}
	if !p.literal("[" + sdID) {
		return e, malformed("no %s element", sdID)
	}
	name, boot, err := p.param()
	if err != nil || name != "boot" || token(boot, maxBoot) != boot {
		return e, malformed("no boot")
	}
	e.Boot = boot
	name, seq, err := p.param()
	if err != nil || name != "seq" {
		return e, malformed("no seq")
	}
	if e.Seq, err = strconv.ParseUint(seq, 10, 64); err != nil || strconv.FormatUint(e.Seq, 10) != seq {
		return e, malformed("seq %q", seq)
	}
	if e.Fields, err = p.fields(); err != nil {
		return e, err
	}
	if p.rest == "" {
		return e, nil
	}
	if !p.literal(" ") || p.rest == "" || p.rest[0] == ' ' || len(p.rest) > MaxMessage {
		return e, malformed("message")
	}
	e.Message = p.rest
	return e, nil
}

func (p *parser) pri() (Severity, error) {
	for s := Severity(0); s <= 7; s++ {
		if p.literal("<" + strconv.Itoa(facility*8+int(s)) + ">1 ") {
			return s, nil
		}
	}
	return 0, malformed("priority or version")
}

// fields reads up to and including the element's closing bracket, and folds the forms of one value into one field.
func (p *parser) fields() ([]Field, error) {
	var fields []Field
	folded := "" // the suffix that the last field has taken last
	for !p.literal("]") {
		name, value, err := p.param()
		if err != nil {
			return nil, err
		}
		if folded == suffixShown && name != Secret+suffixB64 {
			return nil, malformed("%s without %s", Secret+suffixShown, Secret+suffixB64)
		}
		if stem, ok := strings.CutSuffix(name, suffixShown); ok && stem == Secret {
			if fields, err = addField(fields, Secret, value); err != nil {
				return nil, err
			}
			folded = suffixShown
			continue
		}
		if !reservedSuffix(name) {
			if name == Secret {
				return nil, malformed("a bare %s", name)
			}
			if fields, err = addField(fields, name, value); err != nil {
				return nil, err
			}
			folded = ""
			continue
		}
		if len(fields) == 0 {
			return nil, malformed("%s belongs to nothing", name)
		}
		f := &fields[len(fields)-1]
		switch {
		case name == f.Name+suffixB64 && (folded == "" || folded == suffixShown):
			whole, err := base64.StdEncoding.Strict().DecodeString(value)
			if err != nil || len(whole) > MaxValue {
				return nil, malformed("%s", name)
			}
			f.Value, folded = string(whole), suffixB64
		case name == f.Name+suffixCut && (folded == suffixB64 || folded == "" && f.Name != Secret):
			f.Size, err = strconv.Atoi(value)
			if err != nil || strconv.Itoa(f.Size) != value || f.Size <= len(f.Value) {
				return nil, malformed("%s %q", name, value)
			}
			folded = suffixCut
		default:
			return nil, malformed("%s is out of place", name)
		}
	}
	if folded == suffixShown {
		return nil, malformed("%s without %s", Secret+suffixShown, Secret+suffixB64)
	}
	return fields, nil
}

func addField(fields []Field, name, value string) ([]Field, error) {
	if !validName(name) || len(fields) == MaxFields || len(value) > MaxValue {
		return nil, malformed("field %q", name)
	}
	return append(fields, Field{Name: name, Value: value}), nil
}

// param reads ` name="value"` and takes the escapes off the value.
func (p *parser) param() (name, value string, err error) {
	if !p.literal(" ") {
		return "", "", malformed("no parameter where one must be")
	}
	name, ok := p.until('=')
	if !ok || name == "" || len(name) > maxType || strings.ContainsAny(name, " \"]\\") {
		return "", "", malformed("parameter name %q", name)
	}
	if !p.literal(`"`) {
		return "", "", malformed("%s has no value", name)
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			p.rest = p.rest[i+1:]
			return name, b.String(), nil
		case ']':
			return "", "", malformed("%s: bare bracket", name)
		case '\\':
			i++
			if i == len(p.rest) || !strings.ContainsRune(`"\]`, rune(p.rest[i])) {
				return "", "", malformed("%s: bad escape", name)
			}
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", malformed("%s does not end", name)
}

func (p *parser) literal(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) until(sep byte) (string, bool) {
	i := strings.IndexByte(p.rest, sep)
	if i < 0 {
		return "", false
	}
	s := p.rest[:i]
	p.rest = p.rest[i+1:]
	return s, true
}
