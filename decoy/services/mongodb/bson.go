package mongodb

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The bounds of a document that is read.
const (
	maxDepth    = 64
	maxElements = 8192
)

var errBSON = errors.New("mongodb: not a document")

// doc is a document: its elements in order.
type doc []element

type element struct {
	name  string
	value any
}

// The types of values that Go has no type for.
type (
	array     []any
	objectID  [12]byte
	timestamp uint64
	decimal   [16]byte
	code      string // JavaScript
	undefined struct{}
	minKey    struct{}
	maxKey    struct{}
	binaryOf  struct {
		kind byte
		data []byte
	}
	regex struct{ pattern, options string }
)

// get returns the value of that name, in any case as some commands' names come, or nil.
func (d doc) get(name string) any {
	for _, e := range d {
		if strings.EqualFold(e.name, name) {
			return e.value
		}
	}
	return nil
}

func (d doc) text(name string) string {
	s, _ := d.get(name).(string)
	return s
}

// number returns a number of any type.
func (d doc) number(name string) (int64, bool) {
	switch n := d.get(name).(type) {
	case int32:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(max(-1e15, min(n, 1e15))), true
	}
	return 0, false
}

// decoder reads documents. What it returns shares nothing with its input.
type decoder struct {
	b        []byte
	elements int
}

// parse reads the document at the beginning of b, and returns how long it is.
func parse(b []byte) (doc, int, error) {
	if len(b) < 5 {
		return nil, 0, errBSON
	}
	n := int(int32(binary.LittleEndian.Uint32(b)))
	if n < 5 || n > len(b) {
		return nil, 0, errBSON
	}
	p := &decoder{b: b[:n]}
	d, err := p.document(0)
	if err == nil && len(p.b) != 0 {
		err = errBSON
	}
	return d, n, err
}

func (p *decoder) take(n int) ([]byte, error) {
	if n < 0 || n > len(p.b) {
		return nil, errBSON
	}
	out := p.b[:n]
	p.b = p.b[n:]
	return out, nil
}

func (p *decoder) int32() (int, error) {
	b, err := p.take(4)
	if err != nil {
		return 0, err
	}
	return int(int32(binary.LittleEndian.Uint32(b))), nil
}

func (p *decoder) uint64() (uint64, error) {
	b, err := p.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// name reads a text that a zero byte ends.
func (p *decoder) name() (string, error) {
	for i, c := range p.b {
		if c == 0 {
			out := string(p.b[:i])
			p.b = p.b[i+1:]
			return out, nil
		}
	}
	return "", errBSON
}

// string reads a text with its length.
func (p *decoder) string() (string, error) {
	n, err := p.int32()
	if err != nil || n < 1 {
		return "", errBSON
	}
	b, err := p.take(n)
	if err != nil || b[n-1] != 0 {
		return "", errBSON
	}
	return string(b[:n-1]), nil
}

func (p *decoder) document(depth int) (doc, error) {
	n, err := p.int32()
	if err != nil || n < 5 || n-4 > len(p.b) || depth > maxDepth {
		return nil, errBSON
	}
	rest := p.b[n-4:]
	p.b = p.b[:n-4]
	out := doc{}
	for {
		kind, err := p.take(1)
		if err != nil {
			return nil, err
		}
		if kind[0] == 0 {
			break
		}
		if p.elements++; p.elements > maxElements {
			return nil, errBSON
		}
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		v, err := p.value(kind[0], depth)
		if err != nil {
			return nil, err
		}
		out = append(out, element{name, v})
	}
	if len(p.b) != 0 {
		return nil, errBSON
	}
	p.b = rest
	return out, nil
}

func (p *decoder) value(kind byte, depth int) (any, error) {
	switch kind {
	case 0x01:
		n, err := p.uint64()
		return math.Float64frombits(n), err
	case 0x02, 0x0e:
		return wrap(p.string())
	case 0x03:
		return wrap(p.document(depth + 1))
	case 0x04:
		d, err := p.document(depth + 1)
		if err != nil {
			return nil, err
		}
		out := make(array, len(d))
		for i, e := range d {
			out[i] = e.value
		}
		return out, nil
	case 0x05:
		n, err := p.int32()
		if err != nil {
			return nil, err
		}
		b, err := p.take(n + 1)
		if err != nil || n < 0 {
			return nil, errBSON
		}
		return binaryOf{b[0], append([]byte(nil), b[1:]...)}, nil
	case 0x06:
		return undefined{}, nil
	case 0x07:
		b, err := p.take(12)
		if err != nil {
			return nil, err
		}
		return objectID(b), nil
	case 0x08:
		b, err := p.take(1)
		if err != nil {
			return nil, err
		}
		return b[0] != 0, nil
	case 0x09:
		n, err := p.uint64()
		return time.UnixMilli(int64(n)).UTC(), err
	case 0x0a:
		return nil, nil
	case 0x0b:
		pattern, err := p.name()
		if err != nil {
			return nil, err
		}
		options, err := p.name()
		return regex{pattern, options}, err
	case 0x0c:
		if _, err := p.string(); err != nil {
			return nil, err
		}
		b, err := p.take(12)
		if err != nil {
			return nil, err
		}
		return objectID(b), nil
	case 0x0d:
		s, err := p.string()
		return code(s), err
	case 0x0f:
		if _, err := p.int32(); err != nil {
			return nil, err
		}
		s, err := p.string()
		if err != nil {
			return nil, err
		}
		_, err = p.document(depth + 1)
		return code(s), err
	case 0x10:
		n, err := p.int32()
		return int32(n), err
	case 0x11:
		n, err := p.uint64()
		return timestamp(n), err
	case 0x12:
		n, err := p.uint64()
		return int64(n), err
	case 0x13:
		b, err := p.take(16)
		if err != nil {
			return nil, err
		}
		return decimal(b), nil
	case 0x7f:
		return maxKey{}, nil
	case 0xff:
		return minKey{}, nil
	}
	return nil, errBSON
}

// wrap makes a value of any type of one.
func wrap[T any](v T, err error) (any, error) { return v, err }

// appendDoc writes a document.
func appendDoc(b []byte, d doc) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, e := range d {
		b = appendElement(b, e.name, e.value)
	}
	b = append(b, 0)
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

func appendElement(b []byte, name string, v any) []byte {
	head := func(kind byte) { b = append(append(append(b, kind), name...), 0) }
	text := func(s string) {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)+1))
		b = append(append(b, s...), 0)
	}
	switch v := v.(type) {
	case float64:
		head(0x01)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	case string:
		head(0x02)
		text(v)
	case doc:
		head(0x03)
		b = appendDoc(b, v)
	case array:
		head(0x04)
		d := make(doc, len(v))
		for i, one := range v {
			d[i] = element{strconv.Itoa(i), one}
		}
		b = appendDoc(b, d)
	case binaryOf:
		head(0x05)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v.data)))
		b = append(append(b, v.kind), v.data...)
	case undefined:
		head(0x06)
	case objectID:
		head(0x07)
		b = append(b, v[:]...)
	case bool:
		head(0x08)
		if v {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	case time.Time:
		head(0x09)
		b = binary.LittleEndian.AppendUint64(b, uint64(v.UnixMilli()))
	case regex:
		head(0x0b)
		b = append(append(append(append(b, v.pattern...), 0), v.options...), 0)
	case code:
		head(0x0d)
		text(string(v))
	case int32:
		head(0x10)
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	case int:
		return appendElement(b, name, int32(v))
	case timestamp:
		head(0x11)
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	case int64:
		head(0x12)
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	case decimal:
		head(0x13)
		b = append(b, v[:]...)
	case minKey:
		head(0xff)
	case maxKey:
		head(0x7f)
	default:
		head(0x0a)
	}
	return b
}

// shown writes a value as the shell would, at most limit bytes of it and a little more.
func shown(v any, limit int) string {
	var b strings.Builder
	show(&b, v, limit)
	return b.String()
}

func show(b *strings.Builder, v any, limit int) {
	if b.Len() > limit {
		return
	}
	list := func(open, end string, n int, one func(int)) {
		b.WriteString(open)
		for i := 0; i < n && b.Len() <= limit; i++ {
			if i > 0 {
				b.WriteString(", ")
			}
			one(i)
		}
		b.WriteString(end)
	}
	switch v := v.(type) {
	case doc:
		list("{", "}", len(v), func(i int) {
			b.WriteString(v[i].name + ": ")
			show(b, v[i].value, limit)
		})
	case array:
		list("[", "]", len(v), func(i int) { show(b, v[i], limit) })
	case string:
		b.WriteString(strconv.Quote(v[:min(len(v), limit)]))
	case code:
		b.WriteString("Code(" + strconv.Quote(string(v[:min(len(v), limit)])) + ")")
	case objectID:
		b.WriteString("ObjectId(" + hex.EncodeToString(v[:]) + ")")
	case binaryOf:
		b.WriteString("BinData(" + strconv.Itoa(int(v.kind)) + "," + base64.StdEncoding.EncodeToString(v.data[:min(len(v.data), limit)]) + ")")
	case time.Time:
		b.WriteString(v.Format(time.RFC3339Nano))
	case regex:
		b.WriteString("/" + v.pattern + "/" + v.options)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, v)
	}
}
