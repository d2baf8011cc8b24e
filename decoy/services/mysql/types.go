package mysql

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// The types of the protocol.
const (
	typeTiny       = 1
	typeShort      = 2
	typeLong       = 3
	typeFloat      = 4
	typeDouble     = 5
	typeNull       = 6
	typeTimestamp  = 7
	typeLonglong   = 8
	typeInt24      = 9
	typeDate       = 10
	typeTime       = 11
	typeDatetime   = 12
	typeYear       = 13
	typeBit        = 16
	typeNewdecimal = 246
	typeBlob       = 252
	typeVarstring  = 253
	typeString     = 254
)

// The flags of a column.
const (
	flagNotNull    = 1
	flagPrimary    = 2
	flagUnique     = 4
	flagMultiple   = 8
	flagBlob       = 16
	flagUnsigned   = 32
	flagBinary     = 128
	flagEnum       = 256
	flagIncrement  = 512
	flagTimestamp  = 1024
	flagSet        = 2048
	flagNoDefault  = 4096
	flagOnUpdate   = 8192
	flagPartOfKey  = 16384
	notFixed       = 31 // digits behind the point of what has no fixed number of them
	notFixedInText = 39 // in MariaDB's texts
)

// typ is what is known of an expression before its value is.
type typ struct {
	kind     byte
	length   int // in characters, of texts
	decimals byte
	flags    uint16
	bytes    bool // no characters
}

func whole(length int) typ { return typ{kind: typeLonglong, length: length, flags: flagBinary} }
func words(length int) typ { return typ{kind: typeVarstring, length: length, decimals: notFixedInText} }
func double() typ {
	return typ{kind: typeDouble, length: 23, decimals: notFixed, flags: flagBinary}
}

func (t typ) isText() bool {
	switch t.kind {
	case typeVarstring, typeString, typeBlob, 249, 250, 251: // and blobs of other sizes
		return true
	}
	return false
}

func (t typ) isNumber() bool {
	switch t.kind {
	case typeTiny, typeShort, typeLong, typeInt24, typeLonglong, typeFloat, typeDouble, typeNewdecimal, typeYear:
		return true
	}
	return false
}

func (t typ) isWhole() bool {
	return t.isNumber() && t.kind < typeNewdecimal && t.kind != typeFloat && t.kind != typeDouble
}

// wide is how many characters a number or a text of the type has at most.
func (t typ) wide() int { return t.length }

// named is the type of what stands in a definition, such as varchar(64).
func definedType(definition string) typ {
	name, rest, _ := strings.Cut(definition, "(")
	name, _, _ = strings.Cut(name, " ")
	size := 0
	if inner, _, ok := strings.Cut(rest, ")"); ok {
		first, _, _ := strings.Cut(inner, ",")
		size, _ = strconv.Atoi(first)
	}
	t := typ{length: size}
	if strings.Contains(definition, "unsigned") {
		t.flags |= flagUnsigned
	}
	sized := func(kind byte, width int) {
		t.kind = kind
		if t.length == 0 {
			t.length = width
		}
	}
	switch name {
	case "tinyint":
		sized(typeTiny, 4)
	case "smallint":
		sized(typeShort, 6)
	case "mediumint":
		sized(typeInt24, 9)
	case "int":
		sized(typeLong, 11)
	case "bigint":
		sized(typeLonglong, 20)
	case "year":
		sized(typeYear, 4)
		t.flags |= flagUnsigned
	case "bit":
		sized(typeBit, 1)
		t.flags |= flagUnsigned
	case "decimal":
		sized(typeNewdecimal, 10)
		if _, scale, ok := strings.Cut(rest, ","); ok {
			n, _ := strconv.Atoi(strings.TrimRight(strings.Split(scale, ")")[0], ")"))
			t.decimals = byte(n)
		}
		t.length += 1
		if t.decimals > 0 {
			t.length++
		}
	case "double":
		t.kind, t.length, t.decimals = typeDouble, 22, notFixed
	case "float":
		t.kind, t.length, t.decimals = typeFloat, 12, notFixed
	case "datetime", "timestamp":
		t.kind = map[string]byte{"datetime": typeDatetime, "timestamp": typeTimestamp}[name]
		t.flags |= flagBinary
		t.decimals = byte(size)
		t.length = 19
		if size > 0 {
			t.length += 1 + size
		}
	case "date":
		t.kind, t.length, t.flags = typeDate, 10, t.flags|flagBinary
	case "time":
		t.kind, t.length, t.flags = typeTime, 10, t.flags|flagBinary
		if size > 0 {
			t.decimals, t.length = byte(size), 11+size
		}
	case "char":
		sized(typeString, 1)
	case "binary":
		sized(typeString, 1)
		t.bytes, t.flags = true, t.flags|flagBinary
	case "varbinary":
		t.kind, t.bytes, t.flags = typeVarstring, true, t.flags|flagBinary
	case "enum", "set":
		t.kind = typeString
		t.flags |= map[string]uint16{"enum": flagEnum, "set": flagSet}[name]
		for option := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ",") {
			if n := len(strings.Trim(option, "'")); name == "set" {
				t.length += n + 1
			} else {
				t.length = max(t.length, n)
			}
		}
		if name == "set" {
			t.length--
		}
	case "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json", "point", "geometry":
		t.kind, t.flags = typeBlob, t.flags|flagBlob
		kind := strings.TrimSuffix(strings.TrimSuffix(name, "text"), "blob")
		t.length = map[string]int{"tiny": 255, "": 65535, "medium": 16777215, "long": math.MaxUint32, "json": math.MaxUint32}[kind]
		if strings.HasSuffix(name, "blob") {
			t.bytes, t.flags = true, t.flags|flagBinary
		}
	default:
		t.kind = typeVarstring
	}
	return t
}

// value is a text of the catalog or the application as its column has it.
func (t typ) value(s string) any {
	switch {
	case t.isWhole():
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
		n, _ := strconv.ParseUint(s, 10, 64)
		return n
	case t.kind == typeNewdecimal:
		d := parseDecimal(s)
		return d.scaled(int(t.decimals))
	case t.kind == typeDouble || t.kind == typeFloat:
		n, _ := strconv.ParseFloat(s, 64)
		return n
	case t.bytes:
		return raw(s)
	}
	return s
}

// field is a column of a result or of a table in FROM.
type field struct {
	database, table, original string
	name, column              string
	typ
	view   bool // whose columns keep their names however they are written
	hidden bool // joined with USING to one before it
}

// column is the packet that describes one.
func (c *conn) column(f field) []byte {
	b := appendCounted(nil, "def")
	for _, s := range []string{f.database, f.table, f.original, f.name, f.column} {
		b = appendCounted(b, s)
	}
	if c.extended&capTypeInfo != 0 {
		b = append(b, 0)
	}
	charset, length := uint16(63), uint32(min(f.length, math.MaxUint32))
	if f.isText() && !f.bytes {
		charset = c.charset.id
		length = uint32(min(f.length*c.charset.width, math.MaxUint32))
	}
	decimals := f.decimals
	if f.isText() && decimals == notFixedInText && !c.server.mariadb {
		decimals = notFixed
	}
	b = binary.LittleEndian.AppendUint16(append(b, 12), charset)
	b = binary.LittleEndian.AppendUint32(b, length)
	b = binary.LittleEndian.AppendUint16(append(b, f.kind), f.flags)
	return append(b, decimals, 0, 0)
}
