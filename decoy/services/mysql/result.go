package mysql

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxReply bounds the bytes of the answers to one query: what is longer ends where the server has no memory for more.
const maxReply = 4 << 20

// headings are columns that are named in a text, each maybe with how wide it is, or with # and a width where it is a number.
func headings(names string) []field {
	var all []field
	for one := range strings.FieldsSeq(names) {
		name, size, _ := strings.Cut(one, ":")
		f := field{name: name, typ: words(64)}
		if digits, ok := strings.CutPrefix(size, "#"); ok {
			n, _ := strconv.Atoi(digits)
			f.typ = whole(n)
			if n <= 10 {
				f.typ.kind = typeLong
			}
			f.flags = flagNotNull | flagUnsigned | flagBinary
		} else if size != "" {
			f.length, _ = strconv.Atoi(size)
		}
		if f.isText() {
			f.flags = flagNotNull
		}
		all = append(all, f)
	}
	return all
}

// answer writes a result.
func (c *conn) answer(r *found) {
	head := appendCount(nil, len(r.fields))
	if c.extended&capSkipMeta != 0 {
		head = append(head, 1) // the columns follow
	}
	c.put(head)
	for _, f := range r.fields {
		c.put(c.column(f))
	}
	if c.capabilities&capDeprecateEOF == 0 {
		c.end()
	}
	for _, row := range r.rows {
		if c.replied+sizeOf(row) > maxReply { // before it is made
			c.fail(1041, "HY000", "Out of memory.")
			return
		}
		var b []byte
		if c.binary {
			b = binaryRow(row, r.fields)
		} else {
			for _, v := range row {
				if v == nil {
					b = append(b, 0xfb)
				} else {
					b = appendCounted(b, text(v))
				}
			}
		}
		if c.replied += len(b); c.replied > maxReply {
			c.fail(1041, "HY000", "Out of memory.")
			return
		}
		c.put(b)
	}
	if c.capabilities&capDeprecateEOF == 0 {
		c.end()
	} else {
		c.put([]byte{0xfe, 0, 0, c.status(), 0, byte(c.warnings()), byte(c.warnings() >> 8)})
	}
}

// binaryRow is a row as prepared statements have it.
func binaryRow(row []any, fields []field) []byte {
	b := make([]byte, 1+(len(row)+9)/8)
	for i, v := range row {
		if v == nil {
			b[1+(i+2)/8] |= 1 << ((i + 2) % 8)
			continue
		}
		switch fields[i].kind {
		case typeTiny:
			b = append(b, byte(integer(v)))
		case typeShort, typeYear:
			b = binary.LittleEndian.AppendUint16(b, uint16(integer(v)))
		case typeLong, typeInt24:
			b = binary.LittleEndian.AppendUint32(b, uint32(integer(v)))
		case typeLonglong:
			b = binary.LittleEndian.AppendUint64(b, uint64(integer(v)))
		case typeFloat:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(number(v))))
		case typeDouble:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(number(v)))
		case typeDate, typeDatetime, typeTimestamp:
			t, _ := moment(text(v))
			b = appendMoment(b, t)
		case typeTime:
			b = appendClock(b, text(v))
		default:
			b = appendCounted(b, text(v))
		}
	}
	return b
}

func appendMoment(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	date := binary.LittleEndian.AppendUint16(nil, uint16(t.Year()))
	date = append(date, byte(t.Month()), byte(t.Day()))
	if h, m, s := t.Clock(); h+m+s+t.Nanosecond() > 0 {
		date = append(date, byte(h), byte(m), byte(s))
		if t.Nanosecond() > 0 {
			date = binary.LittleEndian.AppendUint32(date, uint32(t.Nanosecond()/1000))
		}
	}
	return append(append(b, byte(len(date))), date...)
}

func appendClock(b []byte, s string) []byte {
	sign := byte(0)
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = 1, rest
	}
	parts := strings.SplitN(s+":0:0", ":", 4)
	h, m, sec := integer(parts[0]), integer(parts[1]), integer(parts[2])
	if h+m+sec == 0 {
		return append(b, 0)
	}
	b = append(b, 8, sign)
	b = binary.LittleEndian.AppendUint32(b, uint32(h/24))
	return append(b, byte(h%24), byte(m), byte(sec))
}
