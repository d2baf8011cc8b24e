package postgres

import (
	_ "embed"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The types, by their numbers in pg_type.
const (
	typeBool        = 16
	typeBytea       = 17
	typeChar        = 18
	typeName        = 19
	typeInt8        = 20
	typeInt2        = 21
	typeInt4        = 23
	typeRegproc     = 24
	typeText        = 25
	typeOID         = 26
	typeJSON        = 114
	typeXML         = 142
	typeFloat4      = 700
	typeFloat8      = 701
	typeUnknown     = 705
	typeInet        = 869
	typeBpchar      = 1042
	typeVarchar     = 1043
	typeDate        = 1082
	typeTimestamp   = 1114
	typeTimestampTZ = 1184
	typeInterval    = 1186
	typeNumeric     = 1700
	typeRegclass    = 2205
	typeRegtype     = 2206
	typeRecord      = 2249
	typeAny         = 2276
	typeVoid        = 2278
	typeUUID        = 2950
	typeJSONB       = 3802
	typeRegNS       = 4089
	typeRegrole     = 4096

	typeTextArray = 1009
	typeIntArray  = 1007
	typeNameArray = 1003
)

// catalogText has the system catalogs of version 15 with their columns, the base types, the settings and the extensions that are shipped, a line each.
//
//go:embed catalog.txt
var catalogText string

// typeInfo is one of the base types.
type typeInfo struct {
	oid            uint32
	name, long     string // int4, and integer
	size           int16
	kind, category string
	array, of      uint32 // the type of its arrays, and what an array is of
}

// setting is one that SHOW knows.
type setting struct{ name, value, raw, unit, context, kind string }

// facts are what all servers have in common.
type facts struct {
	relations  []*relation
	types      map[uint32]*typeInfo
	byName     map[string]uint32
	settings   []setting
	extensions [][3]string // name, version, comment
}

var factsOf = sync.OnceValue(func() *facts {
	f := &facts{types: map[uint32]*typeInfo{}, byName: map[string]uint32{}}
	number := func(s string) uint32 { n, _ := strconv.ParseUint(s, 10, 32); return uint32(n) }
	for line := range strings.Lines(catalogText) {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch kind {
		case "relation":
			parts := strings.Split(rest, " ")
			r := &relation{schema: "pg_catalog", name: parts[0], oid: number(parts[1]), kind: parts[2], owner: "postgres", system: true}
			if name, ok := strings.CutPrefix(r.name, "information_schema."); ok {
				r.schema, r.name = "information_schema", name
			}
			for c := range strings.SplitSeq(parts[3], ",") {
				name, t, _ := strings.Cut(c, ":")
				r.columns = append(r.columns, column{name: name, typ: number(t), mod: -1})
			}
			f.relations = append(f.relations, r)
		case "type":
			p := strings.Split(rest, "|")
			size, _ := strconv.Atoi(p[3])
			t := &typeInfo{oid: number(p[0]), name: p[1], long: p[2], size: int16(size), kind: p[4], category: p[5]}
			f.types[t.oid] = t
			f.byName[t.name], f.byName[t.long] = t.oid, t.oid
		case "array":
			array, of, _ := strings.Cut(rest, " ")
			if t := f.types[number(of)]; t != nil {
				t.array = number(array)
				f.types[t.array] = &typeInfo{oid: t.array, name: "_" + t.name, long: t.long + "[]", size: -1, kind: "b", category: "A", of: t.oid}
				f.byName["_"+t.name] = t.array
			}
		case "setting":
			p := strings.Split(rest, "|")
			f.settings = append(f.settings, setting{p[0], p[1], p[2], p[3], p[4], p[5]})
		case "extension":
			p := strings.SplitN(rest, " ", 3)
			f.extensions = append(f.extensions, [3]string(p))
		}
	}
	f.types[22] = &typeInfo{oid: 22, name: "int2vector", long: "int2vector", size: -1, kind: "b", category: "A", of: typeInt2}
	f.types[30] = &typeInfo{oid: 30, name: "oidvector", long: "oidvector", size: -1, kind: "b", category: "A", of: typeOID}
	f.byName["int2vector"], f.byName["oidvector"] = 22, 30
	for alias, of := range map[string]string{"int": "int4", "decimal": "numeric", "dec": "numeric", "float": "float8", "serial": "int4", "bigserial": "int8", "smallserial": "int2", "character": "bpchar"} {
		f.byName[alias] = f.byName[of]
	}
	return f
})

// long is a type's name as errors have it.
func long(t uint32) string {
	if t == typeUnknown {
		return "unknown"
	}
	if info := factsOf().types[t]; info != nil {
		return info.long
	}
	return "record"
}

func sizeOf(t uint32) int16 {
	if t == typeUnknown {
		return -2
	}
	if info := factsOf().types[t]; info != nil {
		return info.size
	}
	switch t {
	case typeRegproc, typeRegclass, typeRegtype, typeRegNS, typeRegrole, typeVoid:
		return 4
	}
	return -1
}

func isText(t uint32) bool {
	return t == typeText || t == typeVarchar || t == typeName || t == typeBpchar || t == typeChar || t == typeUnknown
}

func isInt(t uint32) bool { return t == typeInt2 || t == typeInt4 || t == typeInt8 }

func isOID(t uint32) bool {
	return t == typeOID || t >= 2202 && t <= typeRegtype || t == typeRegproc || t == typeRegNS || t == typeRegrole
}

// rank orders the types of numbers by what they hold.
func rank(t uint32) int {
	return slices.Index([]uint32{typeInt2, typeInt4, typeInt8, typeNumeric, typeFloat4, typeFloat8}, t)
}

func isNumber(t uint32) bool { return rank(t) >= 0 }

func isTime(t uint32) bool { return t == typeTimestamp || t == typeTimestampTZ || t == typeDate }

func elementOf(t uint32) uint32 {
	if info := factsOf().types[t]; info != nil {
		return info.of
	}
	return 0
}

func arrayOf(t uint32) uint32 {
	if info := factsOf().types[t]; info != nil && info.array != 0 {
		return info.array
	}
	return typeTextArray
}

// lazy is a pattern that is compiled when it is first needed: most deckies have no PostgreSQL.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

var (
	numberLike = lazy(`^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$`)
	uuidLike   = lazy(`^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$`)
	timeForms  = []string{"2006-01-02 15:04:05.999999Z07:00", "2006-01-02 15:04:05.999999Z07", "2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999Z07:00", "2006-01-02T15:04:05.999999", "2006-01-02 15:04", "2006-01-02"}
)

func parseTime(s string) (time.Time, bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, strings.TrimSpace(s)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func formatTime(t time.Time, typ uint32) string {
	switch typ {
	case typeDate:
		return t.UTC().Format("2006-01-02")
	case typeTimestampTZ:
		return t.UTC().Format("2006-01-02 15:04:05.999999-07")
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999")
}

// parse reads a text as a value of the type, and returns it as PostgreSQL writes it.
func (q *query) parse(s string, t uint32, at int) string {
	trimmed := strings.TrimSpace(s)
	bad := func() {
		q.fail("22P02", at, "scalar_input", "invalid input syntax for type %s: \"%s\"", long(t), clip(s))
	}
	switch {
	case t == typeBool:
		switch strings.ToLower(trimmed) {
		case "t", "true", "yes", "y", "on", "1", "tr", "tru":
			return "t"
		case "f", "false", "no", "n", "off", "0", "fa":
			return "f"
		}
		bad()
	case isInt(t) || t == typeOID:
		n, err := strconv.ParseInt(strings.TrimPrefix(trimmed, "+"), 10, 64)
		least, most := int64(math.MinInt32), int64(math.MaxInt32)
		switch t {
		case typeInt2:
			least, most = math.MinInt16, math.MaxInt16
		case typeInt8:
			least, most = math.MinInt64, math.MaxInt64
		case typeOID:
			most = math.MaxUint32
		}
		if err != nil && !isRange(err) || strings.HasPrefix(trimmed, "+-") {
			bad()
		}
		if err != nil || n < least || n > most {
			q.fail("22003", at, "pg_strtoint32", "value \"%s\" is out of range for type %s", clip(s), long(t))
		}
		return strconv.FormatInt(n, 10)
	case t == typeNumeric, t == typeFloat8, t == typeFloat4:
		if len(trimmed) > maxDigits {
			if t == typeNumeric && strings.IndexByte("+-.0123456789", trimmed[0]) >= 0 {
				q.fail("22003", at, "make_result_opt_error", "value overflows numeric format")
			}
			bad()
		}
		if !numberLike().MatchString(s) {
			if name := strings.ToLower(trimmed); name == "nan" || name == "infinity" {
				return map[string]string{"nan": "NaN", "infinity": "Infinity"}[name]
			}
			bad()
		}
		if t == typeNumeric {
			if !strings.ContainsAny(trimmed, "eE") {
				return plain(trimmed)
			}
			r, ok := new(big.Rat).SetString(trimmed)
			if !ok || len(trimmed) > 64 {
				bad()
			}
			return plain(trimZeros(r.FloatString(20)))
		}
		f, _ := strconv.ParseFloat(trimmed, 64)
		return formatFloat(f, t)
	case isTime(t):
		switch strings.ToLower(trimmed) {
		case "now":
			return formatTime(q.now, t)
		case "today":
			return formatTime(q.now.Truncate(24*time.Hour), t)
		}
		v, ok := parseTime(s)
		if !ok {
			q.fail("22007", at, "DateTimeParseError", "invalid input syntax for type %s: \"%s\"", long(t), clip(s))
		}
		return formatTime(v, t)
	case t == typeUUID:
		if len(trimmed) > 64 || !uuidLike().MatchString(trimmed) {
			bad()
		}
		hex := strings.ToLower(strings.ReplaceAll(trimmed, "-", ""))
		return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
	case t == typeBytea:
		if strings.HasPrefix(s, `\x`) {
			return strings.ToLower(s)
		}
		return hexBytes(s)
	case t == typeName && len(s) > 63:
		return s[:63]
	case t == typeChar && s != "":
		return s[:1]
	case elementOf(t) != 0 && t != 22 && t != 30 && (!strings.HasPrefix(trimmed, "{") || !strings.HasSuffix(trimmed, "}")):
		f := q.failure("22P02", at, "array_in", "malformed array literal: \"%s\"", clip(s))
		f.Detail = "Array value must start with \"{\" or dimension information."
		panic(f)
	case elementOf(t) != 0 && t != 22 && t != 30 && !isText(elementOf(t)) && !strings.Contains(trimmed[1:], "{"):
		values := q.elements(trimmed)
		for i, v := range values {
			if text, ok := v.(string); ok {
				values[i] = q.parse(text, elementOf(t), at)
			}
		}
		return q.array(values)
	case t == typeRegclass, t == typeRegtype, t == typeRegrole, t == typeRegNS, t == typeRegproc:
		return q.reg(s, t, at)
	}
	return s
}

func isRange(err error) bool { return strings.HasSuffix(err.Error(), "out of range") }

func clip(s string) string { return s[:min(len(s), 200)] }

func hexBytes(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.WriteString(`\x`)
	for i := range len(s) {
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}

// plain writes a decimal without what needn't be there.
func plain(s string) string {
	negative := strings.HasPrefix(s, "-")
	whole, part, dot := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if dot && part != "" {
		whole += "." + part
	}
	if negative && strings.Trim(whole, "0.") != "" {
		whole = "-" + whole
	}
	return whole
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func formatFloat(f float64, t uint32) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	bits := 64
	if t == typeFloat4 {
		bits = 32
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e15) {
		return strconv.FormatFloat(f, 'e', -1, bits)
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

// cast turns a value of one type into another's.
func (q *query) cast(v any, from, to uint32, at int) any {
	s, ok := v.(string)
	if !ok || from == to {
		return v
	}
	switch {
	case (from == 22 || from == 30) && elementOf(to) != 0:
		return "{" + strings.Join(strings.Fields(s), ",") + "}"
	case isInt(to) && (from == typeNumeric || from == typeFloat8 || from == typeFloat4):
		r, ok := decimal(s)
		if !ok {
			q.fail("22003", 0, "numeric_int4", "%s out of range", long(to))
		}
		s = r.FloatString(0)
		fallthrough
	case isInt(to) && isInt(from):
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || to == typeInt4 && int64(int32(n)) != n || to == typeInt2 && int64(int16(n)) != n {
			q.fail("22003", 0, "numeric_int4", "%s out of range", long(to))
		}
		return s
	case isInt(to) && from == typeBool:
		return map[string]string{"t": "1", "f": "0"}[s]
	case isOID(to) && (isInt(from) || isOID(from)):
		if to == typeOID && isOID(from) {
			return q.number(s, from)
		}
		if to == typeOID {
			return s
		}
		return q.regName(s, to)
	case isInt(to) && isOID(from):
		return q.number(s, from)
	case isText(to) && from == typeBool:
		return map[string]string{"t": "true", "f": "false"}[s]
	case to == typeBool && isInt(from):
		return map[bool]string{true: "f", false: "t"}[s == "0"]
	case isTime(to) && isTime(from):
		if t, ok := parseTime(s); ok {
			return formatTime(t, to)
		}
	case isText(to):
		if to == typeName || to == typeChar {
			return q.parse(s, to, at)
		}
		return s
	}
	return q.parse(s, to, at)
}

// castable tells whether a value of the type may be cast, as errors have it.
func castable(from, to uint32) bool {
	vector := func(t uint32) bool { return t == 22 || t == 30 || elementOf(t) != 0 }
	if from == to || vector(from) && vector(to) || isText(from) || isText(to) || from == typeUnknown || elementOf(from) != 0 && elementOf(to) != 0 {
		return true
	}
	number := func(t uint32) bool { return isNumber(t) || isOID(t) }
	json := func(t uint32) bool { return t == typeJSON || t == typeJSONB }
	return number(from) && number(to) || isTime(from) && isTime(to) || json(from) && json(to) || from == typeBool && to == typeInt4 || from == typeInt4 && to == typeBool
}

// compareAs compares two values of the type.
func compareAs(a, b string, t uint32) int {
	switch {
	case isInt(t) || t == typeOID:
		x, err1 := strconv.ParseInt(a, 10, 64)
		y, err2 := strconv.ParseInt(b, 10, 64)
		if err1 == nil && err2 == nil {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	case t == typeNumeric:
		x, ok1 := decimal(a)
		y, ok2 := decimal(b)
		if ok1 && ok2 {
			return x.Cmp(y)
		}
	case t == typeFloat8 || t == typeFloat4:
		x, err1 := strconv.ParseFloat(a, 64)
		y, err2 := strconv.ParseFloat(b, 64)
		if err1 == nil && err2 == nil {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	case isTime(t):
		x, ok1 := parseTime(a)
		y, ok2 := parseTime(b)
		if ok1 && ok2 {
			return x.Compare(y)
		}
	}
	return strings.Compare(a, b)
}

// maxDigits bounds a decimal as it is written.
const maxDigits = 2000

// decimal is a number as it is written, which has no long exponent and isn't long itself.
func decimal(s string) (*big.Rat, bool) {
	if len(s) > 4*maxDigits || !numberLike().MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(strings.TrimSpace(s))
}

// scaled is a decimal as a whole number, and how many of its digits are behind the point.
func scaled(s string) (*big.Int, int) {
	whole, part, _ := strings.Cut(s, ".")
	n, ok := new(big.Int).SetString(whole+part, 10)
	if !ok {
		return new(big.Int), 0
	}
	return n, len(part)
}

func unscaled(n *big.Int, scale int) string {
	if scale <= 0 {
		return n.String()
	}
	s := new(big.Int).Abs(n).String()
	if len(s) <= scale {
		s = strings.Repeat("0", scale-len(s)+1) + s
	}
	s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	if n.Sign() < 0 {
		s = "-" + s
	}
	return s
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// weight is how PostgreSQL measures a decimal for the scale of a quotient: where its first group of four digits is, and that group.
func weight(s string) (weight, first int) {
	whole, part, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	whole = strings.TrimLeft(whole, "0")
	if whole != "" {
		weight = (len(whole) - 1) / 4
		first, _ = strconv.Atoi(whole[:len(whole)-4*weight])
		return weight, first
	}
	for weight = -1; len(part) > 0; weight-- {
		group := part[:min(4, len(part))]
		if first, _ = strconv.Atoi((group + "000")[:4]); first != 0 {
			return weight, first
		}
		part = part[len(group):]
	}
	return 0, 0
}

// divideDecimals is a/b with as many digits as PostgreSQL gives; b isn't zero.
func divideDecimals(a, b string) string {
	x, xs := scaled(a)
	y, ys := scaled(b)
	wa, fa := weight(a)
	wb, fb := weight(b)
	w := wa - wb
	if fa <= fb {
		w--
	}
	scale := max(16-4*w, xs, ys, 0)
	scale = min(scale, 1000)
	// One digit more, to round by.
	n := new(big.Int).Mul(x, pow10(scale+1+ys))
	n.Quo(n, new(big.Int).Mul(y, pow10(xs)))
	five := big.NewInt(5)
	if n.Sign() < 0 {
		five.Neg(five)
	}
	n.Quo(n.Add(n, five), big.NewInt(10))
	return unscaled(n, scale)
}

// roundDecimal rounds to so many digits behind the point.
func roundDecimal(s string, digits int) string {
	n, scale := scaled(s)
	if digits >= scale {
		return unscaled(n.Mul(n, pow10(digits-scale)), digits)
	}
	divisor := pow10(scale - digits)
	half := new(big.Int).Quo(divisor, big.NewInt(2))
	if n.Sign() < 0 {
		half.Neg(half)
	}
	n.Quo(n.Add(n, half), divisor)
	if digits < 0 {
		return n.Mul(n, pow10(-digits)).String()
	}
	return plain(unscaled(n, digits))
}

// arithmetic is + - * / % and ^ of two numbers of the type.
func (q *query) arithmetic(op, a, b string, t uint32) string {
	if (op == "/" || op == "%") && strings.Trim(strings.TrimPrefix(b, "-"), "0.") == "" {
		q.fail("22012", 0, "int4div", "division by zero")
	}
	switch {
	case isInt(t) && op != "^":
		x, _ := new(big.Int).SetString(a, 10)
		y, _ := new(big.Int).SetString(b, 10)
		if x == nil || y == nil {
			return "0"
		}
		switch op {
		case "+":
			x.Add(x, y)
		case "-":
			x.Sub(x, y)
		case "*":
			x.Mul(x, y)
		case "/":
			x.Quo(x, y)
		case "%":
			x.Rem(x, y)
		}
		n := x.Int64()
		if !x.IsInt64() || t == typeInt4 && int64(int32(n)) != n || t == typeInt2 && int64(int16(n)) != n {
			q.fail("22003", 0, "int4pl", "%s out of range", long(t))
		}
		return x.String()
	case t == typeNumeric && op != "^":
		if len(a)+len(b) > 2000 {
			q.fail("22003", 0, "make_result_opt_error", "value overflows numeric format")
		}
		x, xs := scaled(a)
		y, ys := scaled(b)
		if (op == "/" || op == "%") && y.Sign() == 0 || strings.Trim(a+b, "0123456789.-") != "" {
			break // NaN and the like, which are no decimals
		}
		if op == "/" {
			return divideDecimals(a, b)
		}
		if op == "*" {
			return unscaled(x.Mul(x, y), xs+ys)
		}
		scale := max(xs, ys)
		x.Mul(x, pow10(scale-xs))
		y.Mul(y, pow10(scale-ys))
		switch op {
		case "+":
			x.Add(x, y)
		case "-":
			x.Sub(x, y)
		case "%":
			x.Rem(x, y)
		}
		return unscaled(x, scale)
	}
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	switch op {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	case "/":
		x /= y
	case "%":
		x = math.Mod(x, y)
	case "^":
		x = math.Pow(x, y)
	}
	if math.IsInf(x, 0) {
		q.fail("22003", 0, "float_overflow_error", "value out of range: overflow")
	}
	return formatFloat(x, typeFloat8)
}

var intervalPart = lazy(`(?i)([-+]?\d{1,6}(?:\.\d{1,6})?)\s*(microseconds?|milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|mons?|years?|yrs?|y)\b`)

// later adds an interval to a time.
func later(t time.Time, interval string, sign float64) time.Time {
	for _, m := range intervalPart().FindAllStringSubmatch(interval, 32) {
		n, _ := strconv.ParseFloat(m[1], 64)
		n *= sign
		switch unit := strings.ToLower(m[2]); {
		case strings.HasPrefix(unit, "mic"):
			t = t.Add(time.Duration(n * float64(time.Microsecond)))
		case strings.HasPrefix(unit, "mil"), unit == "ms":
			t = t.Add(time.Duration(n * float64(time.Millisecond)))
		case strings.HasPrefix(unit, "mon"):
			t = t.AddDate(0, int(n), 0)
		case strings.HasPrefix(unit, "m"):
			t = t.Add(time.Duration(n * float64(time.Minute)))
		case strings.HasPrefix(unit, "s"):
			t = t.Add(time.Duration(n * float64(time.Second)))
		case strings.HasPrefix(unit, "h"):
			t = t.Add(time.Duration(n * float64(time.Hour)))
		case strings.HasPrefix(unit, "d"):
			t = t.AddDate(0, 0, int(n))
		case strings.HasPrefix(unit, "w"):
			t = t.AddDate(0, 0, 7*int(n))
		case strings.HasPrefix(unit, "y"):
			t = t.AddDate(int(n), 0, 0)
		}
	}
	return t
}

// elements reads an array as PostgreSQL writes it.
func elements(s string) []any {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '{' { // a vector
		var out []any
		for field := range strings.FieldsSeq(s) {
			out = append(out, field)
		}
		return out
	}
	var out []any
	var b strings.Builder
	quoted, inside, any := false, false, false
	end := func() {
		if text := b.String(); quoted || !strings.EqualFold(text, "NULL") {
			out = append(out, text)
		} else {
			out = append(out, nil)
		}
		b.Reset()
		quoted = false
	}
	for i := 1; i < len(s)-1; i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s)-1:
			i++
			b.WriteByte(s[i])
			any = true
		case c == '"':
			inside, quoted, any = !inside, true, true
		case c == ',' && !inside:
			end()
		default:
			b.WriteByte(c)
			any = true
		}
	}
	if any || len(out) > 0 {
		end()
	}
	return out
}

// array writes one.
func array(values []any) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		s, ok := v.(string)
		switch {
		case !ok:
			b.WriteString("NULL")
		case s == "" || strings.EqualFold(s, "null") || strings.ContainsAny(s, "{}\",\\ \t\n"):
			b.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`)
		default:
			b.WriteString(s)
		}
	}
	b.WriteByte('}')
	return b.String()
}
