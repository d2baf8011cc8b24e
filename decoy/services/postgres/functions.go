package postgres

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// function is one that can be called. Without null, a NULL among its arguments is its result.
type function struct {
	args     []uint32
	variadic bool
	null     bool
	ret      uint32
	set      bool
	do       func(q *query, a []any) any
	rows     func(q *query, a []any) []any
}

func str(v any) string { s, _ := v.(string); return s }

func integer(v any) int { n, _ := strconv.Atoi(str(v)); return n }

func float(v any) float64 { f, _ := strconv.ParseFloat(str(v), 64); return f }

// The steps of what costs more than other functions, and the parts that a text is taken apart into at most.
const (
	stepsOfSettings = 64
	stepsOfFile     = 2048

	maxParts = 128 << 10
)

// functionsOf are all of them by name.
var functionsOf = sync.OnceValue(func() map[string][]function {
	all := map[string][]function{}
	types := map[string]uint32{"any": typeAny, "void": typeVoid, "regclass": typeRegclass, "regtype": typeRegtype, "anyarray": 2277, "lsn": 3220}
	typ := func(name string) uint32 {
		if t, ok := types[name]; ok {
			return t
		}
		t, ok := factsOf().byName[name]
		if !ok {
			panic("no such type: " + name)
		}
		return t
	}
	parse := func(signature string) (string, function) {
		f := function{}
		signature, f.null = strings.CutPrefix(signature, "*")
		name, rest, _ := strings.Cut(signature, "(")
		args, ret, _ := strings.Cut(rest, ") ")
		ret, f.set = strings.CutPrefix(ret, "setof ")
		f.ret = typ(ret)
		for arg := range strings.SplitSeq(args, ",") {
			if arg, f.variadic = strings.CutPrefix(arg, "..."); arg != "" {
				f.args = append(f.args, typ(arg))
			}
		}
		return name, f
	}
	def := func(do func(q *query, a []any) any, signatures ...string) {
		for _, s := range signatures {
			name, f := parse(s)
			f.do = do
			all[name] = append(all[name], f)
		}
	}
	rows := func(do func(q *query, a []any) []any, signatures ...string) {
		for _, s := range signatures {
			name, f := parse(s)
			f.rows = do
			all[name] = append(all[name], f)
		}
	}
	fixed := func(value any, signatures ...string) {
		def(func(*query, []any) any { return value }, signatures...)
	}
	textual := func(do func(s string) string, signatures ...string) {
		def(func(q *query, a []any) any { s := do(str(a[0])); q.grow(len(s)); return s }, signatures...)
	}
	textual(strings.ToUpper, "upper(text) text")
	textual(strings.ToLower, "lower(text) text")
	textual(func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }, "md5(text) text", "md5(bytea) text")
	textual(func(s string) string { h := sha256.Sum256(rawBytes(s)); return hexBytes(string(h[:])) }, "sha256(bytea) bytea")
	textual(func(s string) string { h := sha1.Sum(rawBytes(s)); return hexBytes(string(h[:])) }, "digest(bytea,text) bytea")
	textual(quoteIdent, "quote_ident(text) text")
	textual(func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }, "quote_literal(text) text")
	textual(func(s string) string {
		r := []rune(s)
		slices.Reverse(r)
		return string(r)
	}, "reverse(text) text")
	textual(func(s string) string {
		out, start := []rune(strings.ToLower(s)), true
		for i, r := range out {
			if start {
				out[i] = []rune(strings.ToUpper(string(r)))[0]
			}
			start = !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127)
		}
		return string(out)
	}, "initcap(text) text")
	def(func(_ *query, a []any) any { return strconv.Itoa(utf8.RuneCountInString(str(a[0]))) }, "length(text) int4", "char_length(text) int4", "character_length(text) int4")
	def(func(_ *query, a []any) any { return strconv.Itoa(len(rawBytes(str(a[0])))) }, "length(bytea) int4", "octet_length(bytea) int4")
	def(func(_ *query, a []any) any { return strconv.Itoa(len(str(a[0]))) }, "octet_length(text) int4")
	def(func(_ *query, a []any) any { return strconv.Itoa(8 * len(str(a[0]))) }, "bit_length(text) int4")
	def(func(_ *query, a []any) any { return strconv.Itoa(len(str(a[0])) + 4) }, "pg_column_size(any) int4")
	def(func(q *query, a []any) any {
		n := integer(a[0])
		if n <= 0 || n > 0x10ffff {
			q.fail("54000", 0, "chr", "null character not permitted")
		}
		return string(rune(n))
	}, "chr(int4) text")
	def(func(_ *query, a []any) any {
		r, _ := utf8.DecodeRuneInString(str(a[0]))
		if str(a[0]) == "" {
			r = 0
		}
		return strconv.Itoa(int(r))
	}, "ascii(text) int4")
	def(func(q *query, a []any) any {
		n := max(integer(a[1]), 0)
		if len(str(a[0])) > 0 && n > maxGotten/len(str(a[0])) {
			q.exhausted()
		}
		q.grow(n * len(str(a[0])))
		return strings.Repeat(str(a[0]), n)
	}, "repeat(text,int4) text")
	def(func(q *query, a []any) any {
		r := []rune(str(a[0]))
		from := integer(a[1]) - 1
		to := len(r)
		if len(a) > 2 {
			if integer(a[2]) < 0 {
				q.fail("22011", 0, "text_substring", "negative substring length not allowed")
			}
			to = min(from+integer(a[2]), len(r))
		}
		from = max(from, 0)
		if from >= to {
			return ""
		}
		return string(r[from:to])
	}, "substr(text,int4) text", "substr(text,int4,int4) text", "substring(text,int4) text", "substring(text,int4,int4) text")
	def(func(q *query, a []any) any {
		q.matching(str(a[1]), str(a[0]))
		m := q.pattern(str(a[1]), false, false).FindStringSubmatch(str(a[0]))
		if m == nil {
			return nil
		}
		return m[min(1, len(m)-1)]
	}, "substring(text,text) text")
	def(func(_ *query, a []any) any {
		r, n := []rune(str(a[0])), integer(a[1])
		if n < 0 {
			n = max(0, len(r)+n)
		}
		return string(r[:min(n, len(r))])
	}, "left(text,int4) text")
	def(func(_ *query, a []any) any {
		r, n := []rune(str(a[0])), integer(a[1])
		if n < 0 {
			n = max(0, len(r)+n)
		}
		return string(r[len(r)-min(n, len(r)):])
	}, "right(text,int4) text")
	def(func(q *query, a []any) any {
		s := str(a[0])
		if str(a[1]) != "" {
			q.grow(strings.Count(s, str(a[1]))*len(str(a[2])) + len(s))
			s = strings.ReplaceAll(s, str(a[1]), str(a[2]))
		}
		return s
	}, "replace(text,text,text) text")
	trim := func(do func(s string, cut func(rune) bool) string, name string) {
		def(func(_ *query, a []any) any {
			cut := map[rune]bool{}
			if len(a) > 1 {
				for _, r := range str(a[1]) {
					cut[r] = true
				}
			} else {
				cut[' '] = true
			}
			return do(str(a[0]), func(r rune) bool { return cut[r] })
		}, name+"(text) text", name+"(text,text) text")
	}
	trim(strings.TrimFunc, "btrim")
	trim(strings.TrimLeftFunc, "ltrim")
	trim(strings.TrimRightFunc, "rtrim")
	pad := func(left bool) func(q *query, a []any) any {
		return func(q *query, a []any) any {
			r, n, fill := []rune(str(a[0])), integer(a[1]), []rune(" ")
			if len(a) > 2 {
				fill = []rune(str(a[2]))
			}
			q.grow(max(n, 0))
			if n <= len(r) || len(fill) == 0 {
				return string(r[:max(min(n, len(r)), 0)])
			}
			var padding strings.Builder
			for i := range n - len(r) {
				padding.WriteRune(fill[i%len(fill)])
			}
			q.grow(max(padding.Len()-n, 0))
			if left {
				return padding.String() + str(a[0])
			}
			return str(a[0]) + padding.String()
		}
	}
	def(pad(true), "lpad(text,int4) text", "lpad(text,int4,text) text")
	def(pad(false), "rpad(text,int4) text", "rpad(text,int4,text) text")
	def(func(_ *query, a []any) any {
		at := strings.Index(str(a[0]), str(a[1]))
		if at < 0 {
			return "0"
		}
		return strconv.Itoa(utf8.RuneCountInString(str(a[0])[:at]) + 1)
	}, "strpos(text,text) int4", "position(text,text) int4")
	def(func(_ *query, a []any) any { return truth(strings.HasPrefix(str(a[0]), str(a[1]))) }, "starts_with(text,text) bool")
	def(func(q *query, a []any) any {
		n := integer(a[2])
		if n == 0 {
			q.fail("22023", 0, "split_part", "field position must not be zero")
		}
		if strings.Count(str(a[0]), str(a[1])) > maxParts {
			q.exhausted()
		}
		parts := strings.Split(str(a[0]), str(a[1]))
		if n < 0 {
			n += len(parts) + 1
		}
		if n < 1 || n > len(parts) {
			return ""
		}
		return parts[n-1]
	}, "split_part(text,text,int4) text")
	def(func(_ *query, a []any) any {
		to, turned := []rune(str(a[2])), map[rune]rune{}
		for i, r := range []rune(str(a[1])) {
			if _, ok := turned[r]; ok {
				continue
			}
			if turned[r] = -1; i < len(to) {
				turned[r] = to[i]
			}
		}
		return strings.Map(func(r rune) rune {
			if other, ok := turned[r]; ok {
				return other
			}
			return r
		}, str(a[0]))
	}, "translate(text,text,text) text")
	def(func(q *query, a []any) any {
		var b strings.Builder
		for _, v := range a {
			q.grow(len(str(v)))
			b.WriteString(str(v))
		}
		return b.String()
	}, "*concat(...any) text")
	def(func(q *query, a []any) any {
		var parts []string
		for _, v := range a[1:] {
			if s, ok := v.(string); ok {
				q.grow(len(s) + len(str(a[0])))
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, str(a[0]))
	}, "*concat_ws(text,...any) text")
	def(func(q *query, a []any) any {
		var b strings.Builder
		next := 1
		for s := str(a[0]); s != ""; {
			before, after, found := strings.Cut(s, "%")
			b.WriteString(before)
			if s = after; !found || s == "" {
				break
			}
			switch c := s[0]; c {
			case '%':
				b.WriteByte('%')
			case 's', 'I', 'L':
				if next >= len(a) {
					q.fail("22023", 0, "text_format", "too few arguments for format()")
				}
				v := str(a[next])
				if next++; c == 'I' {
					v = quoteIdent(v)
				} else if c == 'L' {
					v = "'" + strings.ReplaceAll(v, "'", "''") + "'"
				}
				q.grow(len(v))
				b.WriteString(v)
			default:
				q.fail("22023", 0, "text_format", "unrecognized format() type specifier \"%c\"", c)
			}
			s = s[1:]
		}
		return b.String()
	}, "*format(text,...any) text")
	def(func(q *query, a []any) any {
		raw := rawBytes(str(a[0]))
		q.grow(2 * len(raw))
		switch strings.ToLower(str(a[1])) {
		case "hex":
			return hex.EncodeToString(raw)
		case "base64":
			return wrapped(base64.StdEncoding.EncodeToString(raw))
		case "escape":
			return string(raw)
		}
		q.fail("22023", 0, "binary_encode", "unrecognized encoding: \"%s\"", clip(str(a[1])))
		return nil
	}, "encode(bytea,text) text")
	def(func(q *query, a []any) any {
		switch s := str(a[0]); strings.ToLower(str(a[1])) {
		case "hex":
			raw, err := hex.DecodeString(s)
			if err != nil {
				q.fail("22023", 0, "hex_decode_safe", "invalid hexadecimal data: odd number of digits")
			}
			return hexBytes(string(raw))
		case "base64":
			raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
			if err != nil {
				q.fail("22023", 0, "pg_base64_decode", "invalid base64 end sequence")
			}
			return hexBytes(string(raw))
		case "escape":
			return hexBytes(s)
		}
		q.fail("22023", 0, "binary_decode", "unrecognized encoding: \"%s\"", clip(str(a[1])))
		return nil
	}, "decode(text,text) bytea")
	def(func(_ *query, a []any) any { return strings.ToValidUTF8(string(rawBytes(str(a[0]))), "?") }, "convert_from(bytea,name) text")
	def(func(q *query, a []any) any { q.room(2 * len(str(a[0]))); return hexBytes(str(a[0])) }, "convert_to(text,name) bytea")
	def(func(_ *query, a []any) any {
		n, _ := strconv.ParseInt(str(a[0]), 10, 64)
		if n < 0 && int64(int32(n)) == n {
			return strconv.FormatUint(uint64(uint32(n)), 16)
		}
		return strconv.FormatUint(uint64(n), 16)
	}, "to_hex(int4) text", "to_hex(int8) text")
	def(func(q *query, a []any) any {
		flags := ""
		if len(a) > 3 {
			flags = str(a[3])
		}
		re := q.pattern(str(a[1]), false, strings.Contains(flags, "i"))
		with := strings.NewReplacer("$", "$$", `\1`, "${1}", `\2`, "${2}", `\3`, "${3}", `\&`, "${0}").Replace(str(a[2]))
		s := str(a[0])
		q.matching(str(a[1]), s)
		q.grow((len(s) + 1) * (len(with) + 1))
		if strings.Contains(flags, "g") {
			return re.ReplaceAllString(s, with)
		}
		m := re.FindStringSubmatchIndex(s)
		if m == nil {
			return s
		}
		return s[:m[0]] + string(re.ExpandString(nil, with, s, m)) + s[m[1]:]
	}, "regexp_replace(text,text,text) text", "regexp_replace(text,text,text,text) text")
	def(func(q *query, a []any) any {
		q.matching(str(a[1]), str(a[0]))
		m := q.pattern(str(a[1]), false, false).FindStringSubmatch(str(a[0]))
		if m == nil {
			return nil
		}
		var values []any
		for _, s := range m[min(1, len(m)-1):] {
			values = append(values, s)
		}
		return q.array(values)
	}, "regexp_match(text,text) _text")
	split := func(q *query, a []any) (values []any) {
		if str(a[0]) == "" {
			return nil
		}
		if n := 1 + strings.Count(str(a[0]), str(a[1])); 48*n > maxHeld-q.held {
			q.exhausted()
		}
		for part := range strings.SplitSeq(str(a[0]), str(a[1])) {
			values = append(values, part)
		}
		return values
	}
	def(func(q *query, a []any) any { return q.array(split(q, a)) }, "string_to_array(text,text) _text")
	rows(split, "string_to_table(text,text) setof text")
	rows(func(q *query, a []any) (values []any) {
		q.matching(str(a[1]), str(a[0]))
		for _, part := range q.pattern(str(a[1]), false, false).Split(str(a[0]), maxParts) {
			values = append(values, part)
		}
		return values
	}, "regexp_split_to_table(text,text) setof text")
	def(func(q *query, a []any) any {
		var parts []string
		for _, v := range q.elements(str(a[0])) {
			if s, ok := v.(string); ok {
				q.grow(len(s) + len(str(a[1])))
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, str(a[1]))
	}, "array_to_string(anyarray,text) text")
	def(func(q *query, a []any) any {
		if n := len(q.elements(str(a[0]))); n > 0 {
			return strconv.Itoa(n)
		}
		return nil
	}, "array_length(anyarray,int4) int4", "array_upper(anyarray,int4) int4")
	def(func(q *query, a []any) any { return strconv.Itoa(len(q.elements(str(a[0])))) }, "cardinality(anyarray) int4")

	for _, t := range []string{"int4", "int8", "numeric", "float8"} {
		def(func(_ *query, a []any) any { return strings.TrimPrefix(str(a[0]), "-") }, "abs("+t+") "+t)
		def(func(q *query, a []any) any { return q.arithmetic("%", str(a[0]), str(a[1]), typ(t)) }, "mod("+t+","+t+") "+t)
	}
	def(func(_ *query, a []any) any {
		digits := 0
		if len(a) > 1 {
			digits = max(-1000, min(integer(a[1]), 1000))
		}
		return roundDecimal(str(a[0]), digits)
	}, "round(numeric) numeric", "round(numeric,int4) numeric")
	round := func(do func(float64) float64, names ...string) {
		for _, name := range names {
			def(func(_ *query, a []any) any { return formatFloat(do(float(a[0])), typeFloat8) }, name+"(float8) float8")
			def(func(_ *query, a []any) any { return plain(strconv.FormatFloat(do(float(a[0])), 'f', -1, 64)) }, name+"(numeric) numeric")
		}
	}
	round(math.Floor, "floor")
	round(math.Ceil, "ceil", "ceiling")
	round(math.Trunc, "trunc")
	def(func(_ *query, a []any) any { return formatFloat(math.RoundToEven(float(a[0])), typeFloat8) }, "round(float8) float8")
	def(func(_ *query, a []any) any { return formatFloat(math.Sqrt(float(a[0])), typeFloat8) }, "sqrt(float8) float8")
	def(func(_ *query, a []any) any { return formatFloat(math.Pow(float(a[0]), float(a[1])), typeFloat8) }, "power(float8,float8) float8", "pow(float8,float8) float8")
	def(func(*query, []any) any { return formatFloat(rand.Float64(), typeFloat8) }, "random() float8") //nolint:gosec // an intruder's dice
	fixed("3.141592653589793", "pi() float8")
	rows(func(q *query, a []any) (values []any) {
		from, _ := strconv.ParseInt(str(a[0]), 10, 64)
		to, _ := strconv.ParseInt(str(a[1]), 10, 64)
		by := int64(1)
		if len(a) > 2 {
			if by, _ = strconv.ParseInt(str(a[2]), 10, 64); by == 0 {
				q.fail("22023", 0, "generate_series_step_int4", "step size cannot equal zero")
			}
		}
		for n := from; by > 0 && n <= to || by < 0 && n >= to; n += by {
			q.step(1)
			q.grow(32)
			values = append(values, strconv.FormatInt(n, 10))
		}
		return values
	}, "generate_series(int4,int4) setof int4", "generate_series(int4,int4,int4) setof int4", "generate_series(int8,int8) setof int8")
	def(func(*query, []any) any {
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(rand.IntN(256)) //nolint:gosec // an intruder's dice
		}
		return fmt.Sprintf("%x-%x-4%03x-a%03x-%x", b[:4], b[4:6], uint16(b[6])<<4|7, uint16(b[8])<<4|3, b[10:16])
	}, "gen_random_uuid() uuid")

	// Time.
	def(func(q *query, _ []any) any { return formatTime(q.now, typeTimestampTZ) }, "now() timestamptz", "statement_timestamp() timestamptz", "transaction_timestamp() timestamptz")
	def(func(q *query, _ []any) any { return formatTime(q.c.server.host.Now(), typeTimestampTZ) }, "clock_timestamp() timestamptz")
	def(func(q *query, _ []any) any {
		return q.c.server.host.Now().UTC().Format("Mon Jan 02 15:04:05.000000 2006 MST")
	}, "timeofday() text")
	started := func(q *query, _ []any) any { return formatTime(q.c.server.host.BootTime(), typeTimestampTZ) }
	def(started, "pg_postmaster_start_time() timestamptz", "pg_conf_load_time() timestamptz")
	part := func(q *query, a []any) any {
		t, ok := parseTime(str(a[1]))
		if !ok {
			return nil
		}
		t = t.UTC()
		switch strings.ToLower(str(a[0])) {
		case "epoch":
			return strconv.FormatFloat(float64(t.UnixMicro())/1e6, 'f', 6, 64)
		case "year":
			return strconv.Itoa(t.Year())
		case "month":
			return strconv.Itoa(int(t.Month()))
		case "day":
			return strconv.Itoa(t.Day())
		case "hour":
			return strconv.Itoa(t.Hour())
		case "minute":
			return strconv.Itoa(t.Minute())
		case "second":
			return fmt.Sprintf("%d.%06d", t.Second(), t.Nanosecond()/1000)
		case "dow":
			return strconv.Itoa(int(t.Weekday()))
		case "doy":
			return strconv.Itoa(t.YearDay())
		}
		q.fail("22023", 0, "timestamptz_part_common", "unit \"%s\" not recognized for type timestamp with time zone", clip(str(a[0])))
		return nil
	}
	for _, t := range []string{"timestamptz", "timestamp", "date"} {
		def(part, "extract(text,"+t+") numeric", "date_part(text,"+t+") float8")
	}
	def(func(_ *query, a []any) any {
		t, _ := parseTime(str(a[1]))
		y, m, d, h, n, s := t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second()
		switch strings.ToLower(str(a[0])) {
		case "year":
			m, d, h, n, s = 1, 1, 0, 0, 0
		case "month":
			d, h, n, s = 1, 0, 0, 0
		case "day":
			h, n, s = 0, 0, 0
		case "hour":
			n, s = 0, 0
		case "minute":
			s = 0
		}
		return formatTime(time.Date(y, m, d, h, n, s, 0, time.UTC), typeTimestampTZ)
	}, "date_trunc(text,timestamptz) timestamptz")
	def(func(_ *query, a []any) any {
		t, _ := parseTime(str(a[0]))
		return strings.NewReplacer("YYYY", t.Format("2006"), "MM", t.Format("01"), "DD", t.Format("02"), "HH24", t.Format("15"), "MI", t.Format("04"), "SS", t.Format("05"), "Mon", t.Format("Jan"), "Day", t.Format("Monday")).Replace(str(a[1]))
	}, "to_char(timestamptz,text) text", "to_char(timestamp,text) text")
	def(func(_ *query, a []any) any {
		f := float(a[0])
		return formatTime(time.UnixMicro(int64(f*1e6)), typeTimestampTZ)
	}, "to_timestamp(float8) timestamptz")
	def(func(_ *query, a []any) any {
		t, _ := parseTime(str(a[1]))
		return formatTime(t, typeTimestamp)
	}, "timezone(text,timestamptz) timestamp")
	def(func(q *query, a []any) any {
		q.step(maxSteps / 16)
		// What it holds meanwhile counts with what the others do.
		if !q.c.reserve(q.held) {
			q.exhausted()
		}
		defer q.c.release(q.held)
		q.c.sleep(float(a[0]))
		return ""
	}, "pg_sleep(float8) void")

	// The server.
	def(func(q *query, _ []any) any { return q.c.server.full() }, "version() text")
	def(func(q *query, _ []any) any { return q.c.database }, "current_database() name")
	fixed("public", "current_schema() name")
	def(func(q *query, a []any) any {
		var path []any
		if str(a[0]) == "t" {
			path = append(path, "pg_catalog")
		}
		if q.c.seesPublic() {
			path = append(path, "public")
		}
		return q.array(path)
	}, "current_schemas(bool) _name")
	def(func(q *query, _ []any) any { return strconv.Itoa(int(q.c.pid)) }, "pg_backend_pid() int4")
	def(func(q *query, _ []any) any { return q.c.s.Peer().Addr().Unmap().String() }, "inet_client_addr() inet")
	def(func(q *query, _ []any) any { return strconv.Itoa(int(q.c.s.Peer().Port())) }, "inet_client_port() int4")
	def(func(q *query, _ []any) any { return q.c.s.Local().Addr().Unmap().String() }, "inet_server_addr() inet")
	fixed("5432", "inet_server_port() int4")
	fixed("f", "pg_is_in_recovery() bool", "pg_is_wal_replay_paused() bool", "pg_is_other_temp_schema(oid) bool", "pg_relation_is_publishable(regclass) bool")
	fixed("UTF8", "pg_client_encoding() name", "getdatabaseencoding() name")
	def(func(q *query, a []any) any {
		who := "postgres"
		for _, r := range q.c.world().roles {
			if strconv.Itoa(int(r.oid)) == str(a[1]) {
				who = r.name
			}
		}
		rights := map[string][2]string{"n": {"", "UC"}, "r": {"", "arwdDxt"}, "s": {"", "rwU"}, "d": {"Tc", "CTc"}, "f": {"X", "X"}, "l": {"U", "U"}, "T": {"U", "U"}, "L": {"", "rw"}, "t": {"", "C"}}[str(a[0])]
		all := who + "=" + rights[1] + "/" + who
		if rights[0] != "" {
			all = "=" + rights[0] + "/" + who + "," + all
		}
		return "{" + all + "}"
	}, "acldefault(text,oid) _text")
	fixed("6", "pg_char_to_encoding(name) int4")
	def(func(q *query, a []any) any {
		return q.array(slices.DeleteFunc(q.elements(str(a[0])), func(v any) bool { return v == a[1] }))
	}, "array_remove(_text,text) _text")
	fixed("0", "pg_my_temp_schema() oid", "pg_backend_memory() int8")
	def(func(q *query, a []any) any {
		for _, r := range slices.Concat(factsOf().relations, q.c.world().relations) {
			if strconv.Itoa(int(r.oid)) == str(a[0]) {
				return truth(r.schema == "pg_catalog" || r.schema == "public" && q.c.seesPublic() || strings.HasPrefix(r.schema, "pg_temp"))
			}
		}
		return "t"
	}, "pg_table_is_visible(oid) bool")
	described := map[string]string{"2200": "standard public schema", "11": "system catalog schema", "99": "reserved schema for TOAST tables", "13562": "PL/pgSQL procedural language", "13563": "PL/pgSQL procedural language"}
	def(func(_ *query, a []any) any {
		if s, ok := described[str(a[0])]; ok {
			return s
		}
		return nil
	}, "obj_description(oid,name) text", "obj_description(oid) text")
	def(func(q *query, a []any) any {
		r, column := q.c.world().key(str(a[0]))
		if r == nil {
			return nil
		}
		if len(a) > 1 && str(a[1]) != "0" {
			return column
		}
		return fmt.Sprintf("CREATE UNIQUE INDEX %s_pkey ON %s.%s USING btree (%s)", r.name, r.schema, r.name, column)
	}, "pg_get_indexdef(oid) text", "pg_get_indexdef(oid,int4,bool) text")
	def(func(q *query, a []any) any {
		for _, r := range q.c.world().relations {
			for _, col := range r.columns {
				if col.primary && strconv.Itoa(int(r.oid+4)) == str(a[0]) {
					return "PRIMARY KEY (" + col.name + ")"
				}
			}
		}
		return nil
	}, "pg_get_constraintdef(oid) text", "pg_get_constraintdef(oid,bool) text")
	fixed(nil, "pg_describe_object(oid,oid,int4) text", "pg_get_function_sqlbody(oid) text", "pg_sequence_last_value(regclass) int8")
	def(func(_ *query, a []any) any { return a[0] }, "pg_get_expr(text,oid) text", "pg_get_expr(text,oid,bool) text")
	fixed("t", "pg_type_is_visible(oid) bool", "pg_function_is_visible(oid) bool", "pg_operator_is_visible(oid) bool", "pg_collation_is_visible(oid) bool", "pg_statistics_obj_is_visible(oid) bool", "pg_ts_config_is_visible(oid) bool", "pg_ts_dict_is_visible(oid) bool", "row_security_active(oid) bool")
	fixed(nil, "col_description(oid,int4) text", "pg_get_viewdef(oid,bool) text", "pg_get_viewdef(oid) text", "pg_get_function_result(oid) text",
		"pg_get_function_arguments(oid) text", "pg_get_function_identity_arguments(oid) text", "pg_get_functiondef(oid) text", "pg_get_triggerdef(oid,bool) text", "pg_get_ruledef(oid,bool) text", "pg_get_partkeydef(oid) text", "pg_get_serial_sequence(text,text) text", "pg_get_statisticsobjdef_columns(oid) text",
		"pg_last_wal_receive_lsn() text", "pg_last_wal_replay_lsn() text", "pg_last_xact_replay_timestamp() timestamptz", "pg_tablespace_location(oid) text", "to_regproc(text) text")
	def(func(q *query, a []any) any {
		switch str(a[0]) {
		case "1":
			return "default template for new databases"
		case "4":
			return "unmodifiable empty database"
		case "5":
			return "default administrative connection database"
		}
		return nil
	}, "shobj_description(oid,name) text")
	fixed("0/1A2B3C8", "pg_current_wal_lsn() text", "pg_current_wal_insert_lsn() text")
	def(func(q *query, _ []any) any { return strconv.Itoa(740 + int(q.c.pid)%100) }, "txid_current() int8")
	def(func(q *query, a []any) any {
		for _, r := range q.c.world().roles {
			if strconv.Itoa(int(r.oid)) == str(a[0]) {
				return r.name
			}
		}
		return "unknown (OID=" + str(a[0]) + ")"
	}, "pg_get_userbyid(oid) name")
	def(func(_ *query, a []any) any {
		return map[string]string{"6": "UTF8", "0": "SQL_ASCII", "8": "LATIN1"}[str(a[0])]
	}, "pg_encoding_to_char(int4) name")
	def(func(_ *query, a []any) any {
		t, _ := strconv.ParseUint(str(a[0]), 10, 32)
		if info := factsOf().types[uint32(t)]; info != nil {
			mod := 0
			if len(a) > 1 {
				mod = integer(a[1])
			}
			switch {
			case mod >= 4 && (t == typeVarchar || t == typeBpchar):
				return fmt.Sprintf("%s(%d)", info.long, mod-4)
			case mod >= 4 && t == typeNumeric:
				return fmt.Sprintf("numeric(%d,%d)", (mod-4)>>16, (mod-4)&0xffff)
			}
			return info.long
		}
		if name := regTypes[uint32(t)]; name != "" {
			return name
		}
		return "???"
	}, "*format_type(oid,int4) text")
	privilege := func(*query, []any) any { return "t" }
	for _, what := range []string{"table", "database", "schema", "function", "column", "any_column", "language", "tablespace", "sequence", "type"} {
		def(privilege, "has_"+what+"_privilege(any,text) bool", "has_"+what+"_privilege(any,any,text) bool")
	}
	def(func(q *query, a []any) any { return truth(q.c.super() || str(a[0]) == q.c.user) }, "pg_has_role(name,text) bool", "pg_has_role(oid,text) bool", "pg_has_role(name,name,text) bool")
	def(func(_ *query, a []any) any {
		n, _ := strconv.ParseInt(str(a[0]), 10, 64)
		for i, unit := range []string{"bytes", "kB", "MB", "GB", "TB"} {
			if n < 10240 || i == 4 {
				return fmt.Sprintf("%d %s", n, unit)
			}
			n = (n + 512) / 1024
		}
		return nil
	}, "pg_size_pretty(int8) text", "pg_size_pretty(numeric) text")
	size := func(n string, names ...string) {
		for _, name := range names {
			def(func(*query, []any) any { return n }, name+"(regclass) int8")
		}
	}
	size("8192", "pg_relation_size", "pg_indexes_size")
	size("16384", "pg_table_size", "pg_total_relation_size")
	def(func(q *query, a []any) any {
		d := q.c.world().find(str(a[0]))
		if d == nil {
			q.fail("3D000", 0, "get_database_oid", "database \"%s\" does not exist", clip(str(a[0])))
		}
		return strconv.Itoa(7582255 + 8192*int(d.oid%64))
	}, "pg_database_size(name) int8", "pg_database_size(oid) int8")
	fixed("24000000", "pg_tablespace_size(name) int8", "pg_tablespace_size(oid) int8")
	def(func(q *query, a []any) any {
		q.step(stepsOfSettings)
		name := strings.ToLower(str(a[0]))
		if v, ok := q.c.settings()[name]; ok {
			if q.c.restricted(name) {
				q.c.refuseSetting(q, name)
			}
			return v
		}
		if len(a) > 1 && str(a[1]) == "t" {
			return nil
		}
		panic(q.c.unknownSetting(str(a[0])).failed)
	}, "current_setting(text) text", "current_setting(text,bool) text")
	def(func(q *query, a []any) any {
		q.step(stepsOfSettings)
		if o := q.c.assign(str(a[0]), str(a[1])); o.failed != nil {
			panic(o.failed)
		}
		return a[1]
	}, "set_config(text,text,bool) text")
	def(func(q *query, a []any) any {
		if r := q.c.lookup(nil, a[0].(string)); r != nil {
			return r.name
		}
		return nil
	}, "to_regclass(text) regclass")
	def(func(q *query, a []any) any {
		if failed := q.c.notify(str(a[0]), str(a[1])); failed != nil {
			panic(failed)
		}
		return ""
	}, "pg_notify(text,text) void")
	def(func(q *query, a []any) any {
		q.guard("pg_reload_conf")
		return "t"
	}, "pg_reload_conf() bool", "pg_rotate_logfile() bool")
	def(func(q *query, a []any) any {
		q.c.warn("WARNING", "01000", fmt.Sprintf("PID %s is not a PostgreSQL backend process", str(a[0])), "pg_signal_backend")
		return "f"
	}, "pg_terminate_backend(int4) bool", "pg_terminate_backend(int4,int8) bool", "pg_cancel_backend(int4) bool")
	def(func(q *query, a []any) any { return q.sequence(str(a[0]), 1) }, "nextval(text) int8")
	def(func(q *query, a []any) any { return q.sequence(str(a[0]), 0) }, "currval(text) int8")

	// Files, which only some roles may see.
	read := func(q *query, a []any) string {
		q.guard("pg_read_file")
		content, failed := q.c.file(q.c.within(str(a[0])), false)
		if failed != nil {
			panic(failed)
		}
		if len(a) > 2 {
			from := max(0, min(integer(a[1]), len(content)))
			content = content[from:]
			content = content[:max(0, min(integer(a[2]), len(content)))]
		}
		q.grow(2 * len(content))
		return content
	}
	def(func(q *query, a []any) any { return strings.ToValidUTF8(read(q, a), "?") }, "pg_read_file(text) text", "pg_read_file(text,int8,int8) text")
	def(func(q *query, a []any) any { return hexBytes(read(q, a)) }, "pg_read_binary_file(text) bytea", "pg_read_binary_file(text,int8,int8) bytea")
	list := func(q *query, a []any) (values []any) {
		q.guard("pg_ls_dir")
		names, failed := q.c.directory(q.c.within(str(a[0])))
		if failed != nil {
			panic(failed)
		}
		for _, name := range names {
			q.grow(len(name) + 32)
			values = append(values, name)
		}
		return values
	}
	rows(list, "pg_ls_dir(text) setof text", "pg_ls_dir(text,bool,bool) setof text")

	// Large objects.
	def(func(q *query, a []any) any {
		q.guard("lo_import")
		content, failed := q.c.file(q.c.within(str(a[0])), false)
		if failed != nil {
			failed.Message = strings.Replace(strings.Replace(failed.Message, "open file", "open server file", 1), " for reading", "", 1)
			panic(failed)
		}
		id := uint32(0)
		if len(a) > 1 {
			id = uint32(integer(a[1]))
		}
		return q.makeObject(id, content)
	}, "lo_import(text) oid", "lo_import(text,oid) oid")
	def(func(q *query, a []any) any {
		q.guard("lo_export")
		content := q.object(a[0])
		if _, failed := q.c.quietly("cat > ", q.c.within(str(a[1])), content, "writing"); failed != nil {
			failed.Message = strings.Replace(strings.Replace(failed.Message, "open file", "create server file", 1), " for writing", "", 1)
			panic(failed)
		}
		return "1"
	}, "lo_export(oid,text) int4")
	def(func(q *query, a []any) any { return q.makeObject(uint32(integer(a[0])), "") }, "lo_create(oid) oid", "lo_creat(int4) oid")
	def(func(q *query, a []any) any { return q.makeObject(uint32(integer(a[0])), string(rawBytes(str(a[1])))) }, "lo_from_bytea(oid,bytea) oid")
	def(func(q *query, a []any) any { return hexBytes(q.object(a[0])) }, "lo_get(oid) bytea")
	def(func(q *query, a []any) any {
		q.putObject(a[0], integer(a[1]), rawBytes(str(a[2])))
		return ""
	}, "lo_put(oid,int8,bytea) void")
	def(func(q *query, a []any) any {
		q.object(a[0])
		delete(q.c.objects, uint32(integer(a[0])))
		return "1"
	}, "lo_unlink(oid) int4")
	return all
})

func wrapped(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return b.String() + s
}

// rawBytes are those that a bytea's text means; a text's are its own.
func rawBytes(s string) []byte {
	if digits, ok := strings.CutPrefix(s, `\x`); ok {
		if raw, err := hex.DecodeString(digits); err == nil {
			return raw
		}
	}
	return []byte(s)
}

func quoteIdent(s string) string {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c == '_' || i > 0 && (c >= '0' && c <= '9' || c == '$')) {
			return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
	}
	if s == "" || slices.Contains(reserved, s) {
		return `"` + s + `"`
	}
	return s
}

// guard refuses a function that only superusers may call.
func (q *query) guard(name string) {
	q.step(stepsOfFile)
	if !q.c.super() {
		q.fail("42501", 0, "aclcheck_error", "permission denied for function %s", name)
	}
}

// guarded are the functions that are refused when the query is looked at, before its arguments count.
var guarded = []string{"pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "lo_import", "lo_export", "pg_reload_conf", "pg_rotate_logfile", "pg_ls_logdir", "pg_ls_waldir"}

// maxSleep bounds how long one call of pg_sleep waits: nobody sees whether the client is still there.
const maxSleep = 5 * time.Minute

// sleep waits as pg_sleep does. Others may have the turn meanwhile.
func (c *conn) sleep(seconds float64) {
	if !(seconds > 0) || c.ctx == nil {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, time.Duration(min(seconds, maxSleep.Seconds())*float64(time.Second)))
	defer cancel()
	c.aside(func() {
		if c.out != nil {
			c.out.Flush()
		}
		<-ctx.Done()
	})
}

// keyword are the functions that are called without parentheses.
func (q *query) keyword(name string) (node, bool) {
	switch name {
	case "current_user", "user", "current_role":
		return constant(typeName, q.c.user), true
	case "session_user":
		return constant(typeName, q.c.session()), true
	case "current_timestamp":
		return constant(typeTimestampTZ, formatTime(q.now, typeTimestampTZ)), true
	case "localtimestamp":
		return constant(typeTimestamp, formatTime(q.now, typeTimestamp)), true
	case "current_date":
		return constant(typeDate, formatTime(q.now, typeDate)), true
	case "current_catalog":
		return constant(typeName, q.c.database), true
	case "current_schema":
		return constant(typeName, "public"), true
	}
	return node{}, false
}

// call compiles the call of a function.
func (q *query) call(e *expr, sc *scope) node {
	name := e.names[len(e.names)-1]
	if len(e.names) > 1 && e.names[len(e.names)-2] != "pg_catalog" && e.names[len(e.names)-2] != "public" && e.names[len(e.names)-2] != "information_schema" {
		q.fail("3F000", e.at, "LookupExplicitNamespace", "schema \"%s\" does not exist", clip(e.names[len(e.names)-2]))
	}
	if e.windowy {
		q.fail("0A000", e.at, "transformWindowFuncCall", "window functions are not supported in this context")
	}
	if isAggregate(name) {
		return q.aggregate(name, e, sc)
	}
	nodes := make([]node, len(e.args))
	for i, a := range e.args {
		if a.kind == isStar {
			q.fail("42601", e.at, "ParseFuncOrColumn", "%s(*) specified, but %[1]s is not an aggregate function", clip(name))
		}
		nodes[i] = q.compile(a, sc)
	}
	if n, ok := q.special(name, nodes, e); ok {
		return n
	}
	if f := q.madeFunction(name, len(nodes)); f != nil {
		return *f
	}
	f := q.choose(name, nodes)
	if f == nil {
		kinds := make([]string, 0, len(nodes))
		for _, n := range nodes {
			kinds = append(kinds, long(n.typ))
		}
		if factsOf().byName[name] != 0 && len(nodes) == 1 { // a cast, written as a function
			typ := factsOf().byName[name]
			inner, from := nodes[0].eval, nodes[0].typ
			return node{typ: typ, mod: -1, eval: func(f *frame) any { return q.cast(inner(f), from, typ, e.at) }}
		}
		failed := q.failure("42883", e.at, "ParseFuncOrColumn", "function %s(%s) does not exist", clip(strings.Join(e.names, ".")), strings.Join(kinds, ", "))
		failed.Hint = "No function matches the given name and argument types. You might need to add explicit type casts."
		panic(failed)
	}
	if slices.Contains(guarded, name) && !q.c.super() {
		q.fail("42501", 0, "aclcheck_error", "permission denied for function %s", name)
	}
	for i := range nodes {
		typ := uint32(typeAny)
		if i < len(f.args) {
			typ = f.args[i]
		} else if f.variadic {
			typ = f.args[len(f.args)-1]
		}
		if typ == 2277 {
			typ = typeAny
		}
		if nodes[i].typ != 194 {
			nodes[i] = q.as(nodes[i], typ)
		}
	}
	args := func(fr *frame) ([]any, bool) {
		values := evaluated(nodes, fr)
		size := 0
		for _, v := range values {
			size += len(str(v))
		}
		q.step(1 + size/64)
		return values, f.null || !slices.Contains(values, nil)
	}
	n := node{typ: f.ret, mod: -1, at: e.at}
	if f.set {
		n.set = func(fr *frame) []any {
			if values, ok := args(fr); ok {
				return f.rows(q, values)
			}
			return nil
		}
		n.eval = func(fr *frame) any {
			if all := n.set(fr); len(all) > 0 {
				return all[0]
			}
			return nil
		}
		return n
	}
	n.eval = func(fr *frame) any {
		if values, ok := args(fr); ok {
			return f.do(q, values)
		}
		return nil
	}
	return n
}

// choose finds the function that fits its arguments best.
func (q *query) choose(name string, nodes []node) *function {
	var best *function
	least := math.MaxInt
	for _, f := range functionsOf()[name] {
		if len(nodes) != len(f.args) && !(f.variadic && len(nodes) >= len(f.args)-1) {
			continue
		}
		cost := 0
		for i, n := range nodes {
			want := f.args[min(i, len(f.args)-1)]
			switch {
			case n.typ == want || want == typeAny && (len(f.args) > 0):
			case n.typ == typeUnknown && want != 2277:
				if cost++; isText(want) {
					cost--
				}
			case want == 2277 && (elementOf(n.typ) != 0 || n.typ == typeUnknown):
			case isNumber(n.typ) && isNumber(want) && rank(want) > rank(n.typ):
				cost += rank(want) - rank(n.typ)
			case isText(n.typ) && isText(want), n.typ == 194 && want == typeText:
				cost++
			case isOID(want) && (isInt(n.typ) || isOID(n.typ)), isTime(n.typ) && isTime(want):
				cost += 2
			default:
				cost = -1
			}
			if cost < 0 {
				break
			}
		}
		if cost >= 0 && cost < least {
			best, least = &f, cost
		}
	}
	return best
}

// special are the functions whose types follow from their arguments'.
func (q *query) special(name string, nodes []node, e *expr) (node, bool) {
	switch name {
	case "coalesce", "greatest", "least":
		if len(nodes) == 0 {
			return node{}, false
		}
		typ, nodes := q.common(strings.ToUpper(name), nodes)
		return node{typ: typ, mod: -1, eval: func(f *frame) any {
			var best any
			for _, n := range nodes {
				v, ok := n.eval(f).(string)
				switch {
				case !ok:
				case name == "coalesce":
					return v
				case best == nil, name == "greatest" && compareAs(v, str(best), typ) > 0, name == "least" && compareAs(v, str(best), typ) < 0:
					best = v
				}
			}
			return best
		}}, true
	case "nullif":
		if len(nodes) != 2 {
			return node{}, false
		}
		same := q.binary("=", nodes[0], nodes[1], e.at)
		first := nodes[0]
		if first.typ == typeUnknown {
			first = q.as(first, typeText)
		}
		return node{typ: first.typ, mod: -1, eval: func(f *frame) any {
			if same.eval(f) == "t" {
				return nil
			}
			return first.eval(f)
		}}, true
	case "pg_typeof":
		if len(nodes) != 1 {
			return node{}, false
		}
		return constant(typeRegtype, long(nodes[0].typ)), true
	case "unnest":
		if len(nodes) != 1 || elementOf(nodes[0].typ) == 0 {
			return node{}, false
		}
		n := node{typ: elementOf(nodes[0].typ), mod: -1}
		n.set = func(f *frame) []any {
			s, _ := nodes[0].eval(f).(string)
			return q.elements(s)
		}
		n.eval = func(f *frame) any { return nil }
		return n, true
	case "row_to_json", "to_json", "to_jsonb":
		if len(nodes) == 0 {
			return node{}, false
		}
		n := nodes[0]
		typ := uint32(typeJSON)
		if name == "to_jsonb" {
			typ = typeJSONB
		}
		return node{typ: typ, mod: -1, eval: func(f *frame) any { s := q.asJSON(n, f); q.grow(len(str(s))); return s }}, true
	case "pg_stat_file":
		if len(nodes) != 1 {
			return node{}, false
		}
		if !q.c.super() {
			q.fail("42501", 0, "aclcheck_error", "permission denied for function pg_stat_file")
		}
		path := q.as(nodes[0], typeText)
		n := node{typ: typeRecord, mod: -1}
		var values []any
		for i, f := range []struct {
			name string
			typ  uint32
		}{{"size", typeInt8}, {"access", typeTimestampTZ}, {"modification", typeTimestampTZ}, {"change", typeTimestampTZ}, {"creation", typeTimestampTZ}, {"isdir", typeBool}} {
			n.fields = append(n.fields, bound{column: column{name: f.name, typ: f.typ, mod: -1}})
			n.parts = append(n.parts, node{typ: f.typ, mod: -1, eval: func(fr *frame) any {
				if i == 0 || values == nil {
					q.step(stepsOfFile)
					values = q.c.stat(q, str(path.eval(fr)))
				}
				return values[i]
			}})
		}
		n.eval = func(f *frame) any { values = nil; return q.record(n.parts, f) }
		return n, true
	case "pg_options_to_table": // nothing here has options
		n := node{typ: typeRecord, mod: -1, fields: []bound{{column: column{name: "option_name", typ: typeText, mod: -1}}, {column: column{name: "option_value", typ: typeText, mod: -1}}}}
		n.set = func(*frame) []any { return nil }
		n.eval = func(*frame) any { return nil }
		return n, true
	case "pg_ls_logdir", "pg_ls_waldir", "pg_ls_tmpdir":
		if !q.c.super() {
			q.fail("42501", 0, "aclcheck_error", "permission denied for function %s", name)
		}
		n := node{typ: typeRecord, mod: -1, fields: []bound{{column: column{name: "name", typ: typeText, mod: -1}}, {column: column{name: "size", typ: typeInt8, mod: -1}}, {column: column{name: "modification", typ: typeTimestampTZ, mod: -1}}}}
		n.set = func(*frame) []any {
			if name == "pg_ls_logdir" { // Debian's logs are elsewhere
				q.fail("58P01", 0, "ReadDirExtended", "could not open directory \"log\": No such file or directory")
			}
			if name == "pg_ls_waldir" {
				return []any{[]any{"000000010000000000000001", "16777216", formatTime(q.now.Add(-time.Minute), typeTimestampTZ)}}
			}
			return nil
		}
		n.eval = func(*frame) any { return nil }
		return n, true
	}
	return node{}, false
}

// asJSON writes a value as JSON.
func (q *query) asJSON(n node, f *frame) any {
	if n.fields != nil || n.parts != nil {
		var b strings.Builder
		b.WriteByte('{')
		for i, p := range n.parts {
			if i > 0 {
				b.WriteByte(',')
			}
			name := fmt.Sprint("f", i+1)
			if i < len(n.fields) {
				name = n.fields[i].name
			}
			v, ok := q.asJSON(p, f).(string)
			if !ok {
				v = "null"
			}
			q.room(b.Len() + len(name) + len(v))
			b.WriteString(quoteJSON(name) + ":" + v)
		}
		return b.String() + "}"
	}
	s, ok := n.eval(f).(string)
	switch {
	case !ok:
		return nil
	case n.typ == typeBool:
		return map[string]string{"t": "true", "f": "false"}[s]
	case isNumber(n.typ) || n.typ == typeJSON || n.typ == typeJSONB:
		return s
	case isTime(n.typ):
		return `"` + strings.Replace(s, " ", "T", 1) + `"`
	}
	return quoteJSON(s)
}

func quoteJSON(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s) + `"`
}

var aggregateNames = []string{"count", "sum", "avg", "min", "max", "string_agg", "array_agg", "bool_and", "bool_or", "every", "json_agg", "jsonb_agg"}

func isAggregate(name string) bool { return slices.Contains(aggregateNames, name) }

// aggregate compiles a function of all rows of a group.
func (q *query) aggregate(name string, e *expr, sc *scope) node {
	if !sc.grouped {
		q.fail("42803", e.at, "check_agglevels_and_constraints", "aggregate functions are not allowed here")
	}
	if sc.inside {
		q.fail("42803", e.at, "check_agg_arguments_walker", "aggregate function calls cannot be nested")
	}
	sc.inside = true
	defer func() { sc.inside = false }()
	var nodes []node
	star := len(e.args) == 1 && e.args[0].kind == isStar
	if !star {
		for _, a := range e.args {
			nodes = append(nodes, q.compile(a, sc))
		}
	}
	wrong := func() {
		kinds := make([]string, 0, len(nodes))
		for _, n := range nodes {
			kinds = append(kinds, long(n.typ))
		}
		f := q.failure("42883", e.at, "ParseFuncOrColumn", "function %s(%s) does not exist", name, strings.Join(kinds, ", "))
		f.Hint = "No function matches the given name and argument types. You might need to add explicit type casts."
		panic(f)
	}
	if star && name != "count" || !star && len(nodes) != map[bool]int{true: 2, false: 1}[name == "string_agg"] {
		wrong()
	}
	var filter node
	if e.where != nil {
		filter = q.boolean(e.where, sc, "FILTER")
	}
	var order []node
	for _, o := range e.order {
		order = append(order, q.compile(o.by, sc))
	}
	typ := uint32(typeText)
	if len(nodes) > 0 {
		if nodes[0].typ == typeUnknown {
			nodes[0] = q.as(nodes[0], typeText)
		}
		typ = nodes[0].typ
	}
	ret := typ
	switch name {
	case "count":
		ret = typeInt8
	case "sum":
		if !isNumber(typ) {
			wrong()
		}
		ret = map[uint32]uint32{typeInt2: typeInt8, typeInt4: typeInt8, typeInt8: typeNumeric}[typ]
		if ret == 0 {
			ret = typ
		}
	case "avg":
		if !isNumber(typ) {
			wrong()
		}
		if ret = typeNumeric; typ == typeFloat8 || typ == typeFloat4 {
			ret = typeFloat8
		}
	case "string_agg":
		nodes[0], nodes[1] = q.as(nodes[0], typeText), q.as(nodes[1], typeText)
		ret = typeText
	case "array_agg":
		ret = arrayOf(typ)
	case "bool_and", "bool_or", "every":
		if typ != typeBool {
			wrong()
		}
	case "json_agg":
		ret = typeJSON
	case "jsonb_agg":
		ret = typeJSONB
	case "min", "max":
		if typ == typeBool || typ == typeUUID {
			wrong()
		}
		if typ == typeName || typ == typeVarchar {
			ret = typeText
		}
	}
	return node{typ: ret, mod: -1, at: e.at, eval: func(f *frame) any {
		var rows [][]any
		for _, row := range f.group {
			q.step(1)
			if filter.eval == nil || filter.eval(&frame{row: row, outer: f.outer}) == "t" {
				rows = append(rows, row)
			}
		}
		if order != nil {
			rows = slices.Clone(rows)
			slices.SortStableFunc(rows, func(a, b []any) int {
				return compareKeys(evaluated(order, &frame{row: a, outer: f.outer}), evaluated(order, &frame{row: b, outer: f.outer}), order, e.order)
			})
		}
		if star {
			return strconv.Itoa(len(rows))
		}
		var values, second []any
		seen := map[any]bool{}
		for _, row := range rows {
			fr := &frame{row: row, outer: f.outer}
			var v any
			if name == "json_agg" || name == "jsonb_agg" {
				v = q.asJSON(nodes[0], fr)
			} else {
				v = nodes[0].eval(fr)
			}
			if v == nil && name != "array_agg" || e.all && seen[v] {
				continue
			}
			if e.all {
				seen[v] = true
			}
			if nodes[0].col == nil {
				q.holdValue(v)
			}
			values = append(values, v)
			if len(nodes) > 1 {
				second = append(second, nodes[1].eval(fr))
			}
		}
		return q.summed(name, values, second, typ, ret)
	}}
}

func (q *query) summed(name string, values, second []any, typ, ret uint32) any {
	if name == "count" {
		return strconv.Itoa(len(values))
	}
	if len(values) == 0 {
		return nil
	}
	switch name {
	case "sum", "avg":
		sum := "0"
		over := ret
		if name == "avg" && ret == typeNumeric {
			over = typeNumeric
		}
		for _, v := range values {
			sum = q.arithmetic("+", sum, str(v), over)
		}
		if name == "avg" {
			sum = q.arithmetic("/", sum, strconv.Itoa(len(values)), over)
		}
		return sum
	case "min", "max":
		best := str(values[0])
		for _, v := range values[1:] {
			if n := compareAs(str(v), best, typ); n < 0 && name == "min" || n > 0 && name == "max" {
				best = str(v)
			}
		}
		return best
	case "string_agg":
		var b strings.Builder
		for i, v := range values {
			if i > 0 {
				b.WriteString(str(second[i]))
				q.grow(len(str(second[i])))
			}
			q.grow(len(str(v)))
			b.WriteString(str(v))
		}
		return b.String()
	case "array_agg":
		for _, v := range values {
			q.grow(len(str(v)))
		}
		return q.array(values)
	case "json_agg", "jsonb_agg":
		var parts []string
		for _, v := range values {
			q.grow(len(str(v)) + 3)
			parts = append(parts, str(v))
		}
		return "[" + strings.Join(parts, ", \n ") + "]"
	case "bool_or":
		return truth(slices.Contains(values, any("t")))
	}
	return truth(!slices.Contains(values, any("f")))
}
