package mysql

import (
	"bytes"
	"compress/zlib"
	"crypto/aes"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"math/big"
	mathrand "math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// function is one that SQL may call.
type function struct {
	least, most int // arguments; -1: any number
	nulls       bool
	typ         func(args []typ) typ
	eval        func(q *run, args []any) any
}

// The types of functions' values.
func textOf(n int) func([]typ) typ { return func([]typ) typ { return words(n) } }

func wholeOf(n int) func([]typ) typ {
	return func(a []typ) typ {
		t := whole(n)
		if n <= 11 {
			t.kind = typeLong
		}
		t.flags |= flagNotNull
		for _, one := range a {
			t.flags &= one.flags | ^uint16(flagNotNull)
		}
		return t
	}
}

func sameText(a []typ) typ {
	t := words(a[0].wide())
	if a[0].isText() && a[0].bytes {
		t.bytes, t.flags = true, flagBinary
	}
	return t
}

func joinedText(a []typ) typ {
	t := words(0)
	for _, one := range a {
		t.length += one.wide()
		if one.isText() && one.bytes {
			t.bytes, t.flags = true, flagBinary
		}
	}
	return t
}

func bytesOf(n int) func([]typ) typ {
	return func(a []typ) typ {
		t := typ{kind: typeVarstring, length: n, decimals: notFixedInText, flags: flagBinary, bytes: true}
		if n < 0 {
			t.length = a[0].wide()
		}
		return t
	}
}

func doubleOf([]typ) typ { return double() }

func firstOf(a []typ) typ {
	t := a[0]
	for _, b := range a[1:] {
		t = common(t, b)
	}
	t.flags &= flagBinary | flagUnsigned | flagNotNull | flagBlob
	if t.isWhole() && t.length < 2 {
		t.length = 2
	}
	return t
}

// wholeNumber is the type of FLOOR's kind.
func wholeNumber(a []typ) typ {
	if !a[0].isNumber() || a[0].kind == typeDouble || a[0].kind == typeFloat {
		return double()
	}
	t := whole(max(a[0].length-int(a[0].decimals), 1))
	if t.length < 10 {
		t.kind = typeLong
	}
	t.flags |= a[0].flags & flagNotNull
	return t
}

func numberOf(a []typ) typ {
	if !a[0].isNumber() {
		return double()
	}
	t := a[0]
	t.flags &= flagBinary | flagUnsigned | flagNotNull
	return t
}

func momentOf(kind byte, length int) func([]typ) typ {
	return func([]typ) typ { return typ{kind: kind, length: length, flags: flagBinary} }
}

func nowOf(kind byte, length int) func([]typ) typ {
	return func([]typ) typ { return typ{kind: kind, length: length, flags: flagBinary | flagNotNull} }
}

func jsonString(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

// functions are those of both servers, by name.
var functions map[string]*function

func init() {
	functions = map[string]*function{}
	def := func(names string, least, most int, t func([]typ) typ, eval func(q *run, a []any) any) {
		for name := range strings.FieldsSeq(names) {
			functions[name] = &function{least: least, most: most, typ: t, eval: eval}
		}
	}
	nulls := func(names string, least, most int, t func([]typ) typ, eval func(q *run, a []any) any) {
		def(names, least, most, t, eval)
		for name := range strings.FieldsSeq(names) {
			functions[name].nulls = true
		}
	}
	texts(def, nulls)
	numbers(def, nulls)
	times(def, nulls)
	session(def, nulls)
	nulls("charset collation", 1, 1, textOf(64), nil)
	nulls("coercibility", 1, 1, wholeOf(10), nil)
	nulls("benchmark", 2, 2, wholeOf(1), nil)
	nulls("if", 3, 3, func(a []typ) typ { return firstOf(a[1:]) }, nil)
	nulls("coalesce", 1, -1, firstOf, nil)
	nulls("ifnull nvl", 2, 2, func(a []typ) typ {
		t := firstOf(a)
		t.flags |= a[1].flags & flagNotNull
		return t
	}, nil)
	nulls("nullif", 2, 2, func(a []typ) typ {
		t := a[0]
		t.flags &= flagBinary | flagUnsigned
		return t
	}, func(_ *run, a []any) any {
		if a[0] != nil && a[1] != nil && order(a[0], a[1]) == 0 {
			return nil
		}
		return a[0]
	})
	nulls("isnull", 1, 1, func([]typ) typ { return typ{kind: typeLong, length: 1, flags: flagBinary | flagNotNull} }, func(_ *run, a []any) any { return truth(a[0] == nil) })
	extreme := func(sign int) func(q *run, a []any) any {
		return func(_ *run, a []any) any {
			v := a[0]
			for _, w := range a[1:] {
				if order(w, v)*sign > 0 {
					v = w
				}
			}
			return v
		}
	}
	def("greatest", 2, -1, firstOf, extreme(1))
	def("least", 2, -1, firstOf, extreme(-1))
}

type definer func(names string, least, most int, t func([]typ) typ, eval func(q *run, a []any) any)

func digest(sum []byte) any { return hex.EncodeToString(sum) }

// characters cuts what isn't bytes between characters.
func characters(v any) []string {
	s := text(v)
	if _, bytes := v.(raw); bytes {
		all := make([]string, len(s))
		for i := range len(s) {
			all[i] = s[i : i+1]
		}
		return all
	}
	var all []string
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(s)
		all, s = append(all, s[:n]), s[n:]
	}
	return all
}

// joinedCharacters is part of a text, of the same kind.
func joinedCharacters(v any, part []string) any {
	s := strings.Join(part, "")
	if _, bytes := v.(raw); bytes {
		return raw(s)
	}
	return s
}

func kindOf(v any, s string) any {
	if _, bytes := v.(raw); bytes {
		return raw(s)
	}
	return s
}

func clamp(n int64, low, high int) int { return int(min(max(n, int64(low)), int64(high))) }

func texts(def, nulls definer) {
	def("md5", 1, 1, textOf(32), func(_ *run, a []any) any { s := md5.Sum([]byte(text(a[0]))); return digest(s[:]) })
	def("sha sha1", 1, 1, textOf(40), func(_ *run, a []any) any { s := sha1.Sum([]byte(text(a[0]))); return digest(s[:]) })
	def("sha2", 2, 2, textOf(64), func(_ *run, a []any) any {
		b := []byte(text(a[0]))
		switch integer(a[1]) {
		case 0, 256:
			s := sha256.Sum256(b)
			return digest(s[:])
		case 224:
			s := sha256.Sum224(b)
			return digest(s[:])
		case 384:
			s := sha512.Sum384(b)
			return digest(s[:])
		case 512:
			s := sha512.Sum512(b)
			return digest(s[:])
		}
		return nil
	})
	def("password", 1, 1, textOf(41), func(_ *run, a []any) any {
		if text(a[0]) == "" {
			return ""
		}
		once := sha1.Sum([]byte(text(a[0])))
		twice := sha1.Sum(once[:])
		return "*" + strings.ToUpper(hex.EncodeToString(twice[:]))
	})
	def("hex", 1, 1, func(a []typ) typ {
		t := words(a[0].wide() * 8)
		if a[0].isText() && a[0].bytes {
			t.length = a[0].wide() * 2
		} else if a[0].isNumber() {
			t.length = 16
		}
		t.decimals = 0
		return t
	}, func(_ *run, a []any) any {
		if !isText(a[0]) {
			return strings.ToUpper(strconv.FormatUint(uint64(integer(a[0])), 16))
		}
		return strings.ToUpper(hex.EncodeToString([]byte(text(a[0]))))
	})
	def("unhex", 1, 1, func(a []typ) typ {
		t := bytesOf(max(a[0].wide()*2, 1))(a)
		t.decimals = 0
		return t
	}, func(_ *run, a []any) any {
		s := text(a[0])
		if len(s)%2 == 1 {
			s = "0" + s
		}
		b, err := hex.DecodeString(s)
		if err != nil {
			return nil
		}
		return raw(b)
	})
	nulls("char", 1, -1, func(a []typ) typ { return bytesOf(4 * len(a))(a) }, func(_ *run, a []any) any {
		var b []byte
		for _, v := range a {
			if v == nil {
				continue
			}
			n := uint32(integer(v))
			switch four := binary.BigEndian.AppendUint32(nil, n); {
			case n > 0xffffff:
				b = append(b, four...)
			case n > 0xffff:
				b = append(b, four[1:]...)
			case n > 0xff:
				b = append(b, four[2:]...)
			default:
				b = append(b, byte(n))
			}
		}
		return raw(b)
	})
	def("length octet_length", 1, 1, wholeOf(10), func(_ *run, a []any) any { return int64(len(text(a[0]))) })
	def("bit_length", 1, 1, wholeOf(11), func(_ *run, a []any) any { return int64(8 * len(text(a[0]))) })
	def("char_length character_length", 1, 1, wholeOf(10), func(_ *run, a []any) any {
		if s, ok := a[0].(raw); ok {
			return int64(len(s))
		}
		return int64(utf8.RuneCountInString(text(a[0])))
	})
	def("ascii", 1, 1, wholeOf(3), func(_ *run, a []any) any {
		if s := text(a[0]); s != "" {
			return int64(s[0])
		}
		return int64(0)
	})
	def("ord", 1, 1, wholeOf(7), func(_ *run, a []any) any {
		n := int64(0)
		if all := characters(a[0]); len(all) > 0 {
			for i := range len(all[0]) {
				n = n<<8 | int64(all[0][i])
			}
		}
		return n
	})
	def("upper ucase", 1, 1, sameText, func(_ *run, a []any) any {
		if _, bytes := a[0].(raw); bytes {
			return a[0]
		}
		return strings.ToUpper(text(a[0]))
	})
	def("lower lcase", 1, 1, sameText, func(_ *run, a []any) any {
		if _, bytes := a[0].(raw); bytes {
			return a[0]
		}
		return strings.ToLower(text(a[0]))
	})
	trim := func(left, right bool) func(q *run, a []any) any {
		return func(_ *run, a []any) any {
			s, cut := text(a[0]), " "
			if len(a) > 1 {
				cut = text(a[1])
			}
			for cut != "" && left && strings.HasPrefix(s, cut) {
				s = s[len(cut):]
			}
			for cut != "" && right && strings.HasSuffix(s, cut) {
				s = s[:len(s)-len(cut)]
			}
			return kindOf(a[0], s)
		}
	}
	def("trim", 1, 2, sameText, trim(true, true))
	def("ltrim", 1, 2, sameText, trim(true, false))
	def("rtrim", 1, 2, sameText, trim(false, true))
	def("reverse", 1, 1, sameText, func(_ *run, a []any) any {
		all := characters(a[0])
		slices.Reverse(all)
		return joinedCharacters(a[0], all)
	})
	def("left", 2, 2, sameText, func(_ *run, a []any) any {
		all := characters(a[0])
		return joinedCharacters(a[0], all[:clamp(integer(a[1]), 0, len(all))])
	})
	def("right", 2, 2, sameText, func(_ *run, a []any) any {
		all := characters(a[0])
		return joinedCharacters(a[0], all[len(all)-clamp(integer(a[1]), 0, len(all)):])
	})
	def("substring substr mid", 2, 3, sameText, func(_ *run, a []any) any {
		all := characters(a[0])
		from := clamp(integer(a[1]), -maxText, maxText)
		if from < 0 {
			from += len(all) + 1
		}
		if from < 1 || from > len(all) {
			return kindOf(a[0], "")
		}
		all = all[from-1:]
		if len(a) == 3 {
			all = all[:clamp(integer(a[2]), 0, len(all))]
		}
		return joinedCharacters(a[0], all)
	})
	def("substring_index", 3, 3, sameText, func(_ *run, a []any) any {
		s, by, n := text(a[0]), text(a[1]), integer(a[2])
		if by == "" || n == 0 {
			return ""
		}
		parts := strings.Split(s, by)
		if n > 0 {
			parts = parts[:clamp(n, 0, len(parts))]
		} else {
			parts = parts[len(parts)-clamp(-n, 0, len(parts)):]
		}
		return strings.Join(parts, by)
	})
	locate := func(s, sub any, from int64) any {
		all, n := text(s), int64(1)
		for n < from && all != "" {
			_, size := utf8.DecodeRuneInString(all)
			all, n = all[size:], n+1
		}
		at := strings.Index(strings.ToLower(all), strings.ToLower(text(sub)))
		if at < 0 || from < 1 || n < from {
			return int64(0)
		}
		return n + int64(utf8.RuneCountInString(all[:at]))
	}
	def("instr", 2, 2, wholeOf(11), func(_ *run, a []any) any { return locate(a[0], a[1], 1) })
	def("locate", 2, 3, wholeOf(11), func(_ *run, a []any) any {
		from := int64(1)
		if len(a) > 2 {
			from = integer(a[2])
		}
		return locate(a[1], a[0], from)
	})
	def("strcmp", 2, 2, wholeOf(2), func(_ *run, a []any) any { return int64(order(text(a[0]), text(a[1]))) })
	join := func(values []any, by string) any {
		var b strings.Builder
		bytes := false
		for i, v := range values {
			if i > 0 {
				b.WriteString(by)
			}
			_, is := v.(raw)
			bytes = bytes || is
			if b.WriteString(text(v)); b.Len() > maxText {
				break
			}
		}
		if bytes {
			return raw(b.String())
		}
		return b.String()
	}
	def("concat", 1, -1, joinedText, func(_ *run, a []any) any { return join(a, "") })
	nulls("concat_ws", 2, -1, func(a []typ) typ {
		t := joinedText(a[1:])
		t.length += (len(a) - 2) * a[0].wide()
		return t
	}, func(_ *run, a []any) any {
		if a[0] == nil {
			return nil
		}
		return join(slices.DeleteFunc(slices.Clone(a[1:]), func(v any) bool { return v == nil }), text(a[0]))
	})
	def("repeat", 2, 2, func([]typ) typ { return words(65535) }, func(q *run, a []any) any {
		s, n := text(a[0]), integer(a[1])
		if n <= 0 || s == "" {
			return ""
		}
		if n > maxText || n*int64(len(s)) > maxText {
			return q.fit("repeat", strings.Repeat(" ", maxText+1))
		}
		return kindOf(a[0], strings.Repeat(s, int(n)))
	})
	def("space", 1, 1, func([]typ) typ { return words(65535) }, func(q *run, a []any) any {
		return strings.Repeat(" ", clamp(integer(a[0]), 0, maxText+1))
	})
	pad := func(left bool) func(q *run, a []any) any {
		return func(_ *run, a []any) any {
			all, n := characters(a[0]), integer(a[1])
			with := []string{" "}
			if len(a) > 2 {
				with = characters(a[2])
			}
			if n < 0 || n > maxText || len(with) == 0 && int(n) > len(all) {
				return nil
			}
			if int(n) <= len(all) {
				return joinedCharacters(a[0], all[:n])
			}
			var fill []string
			for i := range int(n) - len(all) {
				fill = append(fill, with[i%len(with)])
			}
			if left {
				return joinedCharacters(a[0], append(fill, all...))
			}
			return joinedCharacters(a[0], append(all, fill...))
		}
	}
	def("lpad", 2, 3, sameText, pad(true))
	def("rpad", 2, 3, sameText, pad(false))
	def("replace", 3, 3, sameText, func(_ *run, a []any) any {
		s, from, to := text(a[0]), text(a[1]), text(a[2])
		if from == "" {
			return s
		}
		if len(s)+strings.Count(s, from)*(len(to)-len(from)) > maxText {
			return strings.Repeat(" ", maxText+1)
		}
		return kindOf(a[0], strings.ReplaceAll(s, from, to))
	})
	def("insert", 4, 4, joinedText, func(_ *run, a []any) any {
		all, from, n := characters(a[0]), integer(a[1]), integer(a[2])
		if from < 1 || from > int64(len(all)) {
			return text(a[0])
		}
		end := clamp(from-1+max(n, 0), 0, len(all))
		return strings.Join(all[:from-1], "") + text(a[3]) + strings.Join(all[end:], "")
	})
	def("quote", 1, 1, func(a []typ) typ { return words(2*a[0].wide() + 2) }, func(_ *run, a []any) any {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\x00", `\0`, "\x1a", `\Z`).Replace(text(a[0])) + "'"
	})
	nulls("elt", 2, -1, func(a []typ) typ {
		t := firstOf(a[1:])
		t.flags &^= flagNotNull
		return t
	}, func(_ *run, a []any) any {
		if n := integer(a[0]); a[0] != nil && n >= 1 && n < int64(len(a)) {
			return a[n]
		}
		return nil
	})
	nulls("field", 2, -1, wholeOf(3), func(_ *run, a []any) any {
		for i, v := range a[1:] {
			if a[0] != nil && v != nil && order(a[0], v) == 0 {
				return int64(i + 1)
			}
		}
		return int64(0)
	})
	def("find_in_set", 2, 2, wholeOf(3), func(_ *run, a []any) any {
		for i, part := range strings.Split(text(a[1]), ",") {
			if strings.EqualFold(part, text(a[0])) && text(a[1]) != "" {
				return int64(i + 1)
			}
		}
		return int64(0)
	})
	nulls("make_set", 2, -1, func(a []typ) typ { return joinedText(a[1:]) }, func(q *run, a []any) any {
		if sizeOf(a) > maxText {
			return q.fit("make_set", strings.Repeat(" ", maxText+1))
		}
		if a[0] == nil {
			return nil
		}
		var all []string
		for i, v := range a[1:] {
			if i < 64 && uint64(integer(a[0]))>>i&1 == 1 && v != nil {
				all = append(all, text(v))
			}
		}
		return strings.Join(all, ",")
	})
	nulls("interval", 2, -1, wholeOf(2), func(_ *run, a []any) any {
		if a[0] == nil {
			return int64(-1)
		}
		n := 0
		for n+1 < len(a) && (a[n+1] == nil || number(a[n+1]) <= number(a[0])) {
			n++
		}
		return int64(n)
	})
	def("to_base64", 1, 1, func(a []typ) typ {
		return words((a[0].wide()*4 + 2) / 3 * 4)
	}, func(_ *run, a []any) any {
		s := base64.StdEncoding.EncodeToString([]byte(text(a[0])))
		var lines []string
		for len(s) > 76 {
			lines, s = append(lines, s[:76]), s[76:]
		}
		return strings.Join(append(lines, s), "\n")
	})
	def("from_base64", 1, 1, func(a []typ) typ { return bytesOf(a[0].wide() * 3)(a) }, func(_ *run, a []any) any {
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text(a[0])), ""))
		if err != nil {
			return nil
		}
		return raw(b)
	})
	def("crc32", 1, 1, func(a []typ) typ {
		t := wholeOf(10)(a)
		t.flags |= flagUnsigned
		return t
	}, func(_ *run, a []any) any { return int64(crc32.ChecksumIEEE([]byte(text(a[0])))) })
	def("soundex", 1, 1, sameText, func(_ *run, a []any) any { return text(a[0]) })
	def("compress", 1, 1, func(a []typ) typ { return bytesOf(a[0].wide()*4 + 12)(a) }, func(q *run, a []any) any {
		if text(a[0]) == "" {
			return raw("")
		}
		q.spend(4096) // the packer's tables are cleared each time
		return raw(binary.LittleEndian.AppendUint32(nil, uint32(len(text(a[0]))))) + raw(pack([]byte(text(a[0]))))
	})
	def("uncompress", 1, 1, bytesOf(16777216), func(q *run, a []any) any {
		s := text(a[0])
		if len(s) < 5 {
			return nil
		}
		q.spend(2048)
		r, err := zlib.NewReader(strings.NewReader(s[4:]))
		if err != nil {
			return nil
		}
		b, err := io.ReadAll(io.LimitReader(r, maxText+1))
		if err != nil {
			return nil
		}
		return raw(b)
	})
	def("aes_encrypt", 2, 3, func(a []typ) typ { return bytesOf((a[0].wide()*4/16 + 1) * 16)(a) }, func(_ *run, a []any) any {
		return raw(ecb(text(a[0]), text(a[1])))
	})
	def("aes_decrypt", 2, 3, bytesOf(-1), func(_ *run, a []any) any {
		s, ok := unecb(text(a[0]), text(a[1]))
		if !ok {
			return nil
		}
		return raw(s)
	})
	def("random_bytes", 1, 1, bytesOf(1024), func(_ *run, a []any) any {
		b := make([]byte, clamp(integer(a[0]), 1, 1024))
		rand.Read(b)
		return raw(b)
	})
	// The errors of these show what was asked for, which is what they are called for.
	xpath := func(at int) func(q *run, a []any) any {
		return func(q *run, a []any) any {
			path := text(a[at])
			if path != "" && strings.IndexByte("/.@*", path[0]) < 0 && !(path[0] >= 'a' && path[0] <= 'z' || path[0] >= 'A' && path[0] <= 'Z' || path[0] == '_') {
				panic(&wrong{code: 1105, state: "HY000", message: "XPATH syntax error: '" + clip(path, 32) + "'"})
			}
			if at == 1 && len(a) == 3 {
				return text(a[0])
			}
			return ""
		}
	}
	def("extractvalue", 2, 2, func([]typ) typ { return words(65535) }, xpath(1))
	def("updatexml", 3, 3, func([]typ) typ { return words(65535) }, xpath(1))
	def("json_extract json_value", 2, -1, func([]typ) typ { return words(65535) }, func(_ *run, a []any) any { return inJSON(text(a[0]), text(a[1])) })
	def("json_unquote", 1, 1, sameText, func(_ *run, a []any) any {
		var s string
		if json.Unmarshal([]byte(text(a[0])), &s) == nil {
			return s
		}
		return text(a[0])
	})
	def("json_quote", 1, 1, sameText, func(_ *run, a []any) any { return jsonString(text(a[0])) })
	def("json_valid", 1, 1, wholeOf(1), func(_ *run, a []any) any { return truth(json.Valid([]byte(text(a[0])))) })
	one := func(v any) string {
		switch v := v.(type) {
		case nil:
			return "null"
		case string:
			return jsonString(v)
		case raw:
			return jsonString(string(v))
		}
		return text(v)
	}
	nulls("json_array", 0, -1, func([]typ) typ { return words(65535) }, func(q *run, a []any) any {
		if sizeOf(a) > maxText {
			return q.fit("json_array", strings.Repeat(" ", maxText+1))
		}
		var all []string
		for _, v := range a {
			all = append(all, one(v))
		}
		return "[" + strings.Join(all, ", ") + "]"
	})
	nulls("json_object", 0, -1, func([]typ) typ { return words(65535) }, func(q *run, a []any) any {
		if sizeOf(a) > maxText {
			return q.fit("json_object", strings.Repeat(" ", maxText+1))
		}
		var all []string
		for i := 0; i+1 < len(a); i += 2 {
			all = append(all, jsonString(text(a[i]))+": "+one(a[i+1]))
		}
		return "{" + strings.Join(all, ", ") + "}"
	})
	def("regexp_replace", 3, -1, sameText, func(q *run, a []any) any {
		return q.matcher(text(a[1]), text(a[0])).ReplaceAllLiteralString(clip(text(a[0]), 16<<10), clip(text(a[2]), 16))
	})
	def("regexp_substr", 2, -1, sameText, func(q *run, a []any) any { return q.matcher(text(a[1]), text(a[0])).FindString(text(a[0])) })
	def("regexp_instr", 2, -1, wholeOf(11), func(q *run, a []any) any {
		if at := q.matcher(text(a[1]), text(a[0])).FindStringIndex(text(a[0])); at != nil {
			return int64(at[0] + 1)
		}
		return int64(0)
	})
	def("regexp_like", 2, 3, wholeOf(1), func(q *run, a []any) any {
		return truth(q.matcher(text(a[1]), text(a[0])).MatchString(text(a[0])))
	})
}

// inJSON follows a path of names and numbers.
func inJSON(document, path string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	path = strings.TrimPrefix(path, "$")
	for path != "" {
		switch {
		case path[0] == '.':
			path = path[1:]
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			object, _ := v.(map[string]any)
			v = object[strings.Trim(path[:end], `"`)]
			path = path[end:]
		case path[0] == '[':
			index, rest, _ := strings.Cut(path[1:], "]")
			list, _ := v.([]any)
			n, err := strconv.Atoi(index)
			if err != nil || n < 0 || n >= len(list) {
				return nil
			}
			v, path = list[n], rest
		default:
			return nil
		}
		if v == nil {
			return nil
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return string(b)
}

// ecb encrypts as AES_ENCRYPT does: by blocks, with a key that is folded.
func ecb(s, key string) string {
	folded := make([]byte, 16)
	for i := range len(key) {
		folded[i%16] ^= key[i]
	}
	block, err := aes.NewCipher(folded)
	if err != nil {
		return ""
	}
	n := 16 - len(s)%16
	b := append([]byte(s), bytes.Repeat([]byte{byte(n)}, n)...)
	for i := 0; i < len(b); i += 16 {
		block.Encrypt(b[i:], b[i:])
	}
	return string(b)
}

func unecb(s, key string) (string, bool) {
	folded := make([]byte, 16)
	for i := range len(key) {
		folded[i%16] ^= key[i]
	}
	block, err := aes.NewCipher(folded)
	if err != nil || len(s) == 0 || len(s)%16 != 0 {
		return "", false
	}
	b := []byte(s)
	for i := 0; i < len(b); i += 16 {
		block.Decrypt(b[i:], b[i:])
	}
	n := int(b[len(b)-1])
	if n < 1 || n > 16 {
		return "", false
	}
	return string(b[:len(b)-n]), true
}

func numbers(def, nulls definer) {
	real := func(name string, f func(float64) float64) {
		def(name, 1, 1, doubleOf, func(_ *run, a []any) any {
			if v := f(number(a[0])); !math.IsNaN(v) && !math.IsInf(v, 0) {
				return v
			}
			return nil
		})
	}
	real("sqrt", math.Sqrt)
	real("exp", math.Exp)
	real("ln", math.Log)
	real("log2", math.Log2)
	real("log10", math.Log10)
	real("sin", math.Sin)
	real("cos", math.Cos)
	real("tan", math.Tan)
	real("asin", math.Asin)
	real("acos", math.Acos)
	real("cot", func(x float64) float64 { return 1 / math.Tan(x) })
	real("radians", func(x float64) float64 { return x / 180 * math.Pi })
	real("degrees", func(x float64) float64 { return x / math.Pi * 180 })
	def("atan atan2", 1, 2, doubleOf, func(_ *run, a []any) any {
		if len(a) > 1 {
			return math.Atan2(number(a[0]), number(a[1]))
		}
		return math.Atan(number(a[0]))
	})
	finite := func(v float64) any {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	}
	def("log", 1, 2, doubleOf, func(_ *run, a []any) any {
		if len(a) > 1 {
			return finite(math.Log(number(a[1])) / math.Log(number(a[0])))
		}
		return finite(math.Log(number(a[0])))
	})
	def("pow power", 2, 2, doubleOf, func(_ *run, a []any) any {
		v := math.Pow(number(a[0]), number(a[1]))
		if math.IsInf(v, 0) {
			panic(&wrong{code: 1690, state: "22003", message: fmt.Sprintf("DOUBLE value is out of range in 'pow(%.64s,%.64s)'", text(a[0]), text(a[1]))})
		}
		return finite(v)
	})
	def("pi", 0, 0, func([]typ) typ { return typ{kind: typeDouble, length: 8, decimals: 6, flags: flagBinary | flagNotNull} }, func(*run, []any) any { return 3.141593 })
	def("rand", 0, 1, func([]typ) typ { t := double(); t.flags |= flagNotNull; return t }, func(q *run, _ []any) any {
		return q.c.random()
	})
	def("abs", 1, 1, numberOf, func(q *run, a []any) any {
		if order(a[0], int64(0)) < 0 {
			return q.arithmetic("-", int64(0), a[0])
		}
		if isText(a[0]) {
			return number(a[0])
		}
		return a[0]
	})
	def("sign", 1, 1, wholeOf(2), func(_ *run, a []any) any {
		switch n := number(a[0]); {
		case n > 0:
			return int64(1)
		case n < 0:
			return int64(-1)
		}
		return int64(0)
	})
	rounded := func(f func(float64) float64) func(q *run, a []any) any {
		return func(_ *run, a []any) any {
			switch v := a[0].(type) {
			case int64, uint64:
				return v
			case decimal:
				return integer(f(v.float()))
			}
			return f(number(a[0]))
		}
	}
	def("floor", 1, 1, wholeNumber, rounded(math.Floor))
	def("ceil ceiling", 1, 1, wholeNumber, rounded(math.Ceil))
	round := func(cut bool) func(q *run, a []any) any {
		return func(_ *run, a []any) any {
			digits := 0
			if len(a) > 1 {
				digits = clamp(integer(a[1]), -60, maxScale)
			}
			if f, ok := a[0].(float64); ok || isText(a[0]) {
				if !ok {
					f = number(a[0])
				}
				by := math.Pow10(digits)
				n := math.RoundToEven(f * by)
				if cut {
					n = math.Trunc(f * by)
				}
				return finite(n / by)
			}
			d := asDecimal(a[0])
			switch {
			case cut && digits < d.scale && digits >= 0:
				d = decimal{new(big.Int).Quo(d.n, power(d.scale-digits)), digits}
			case digits >= 0 && digits <= d.scale:
				d = d.scaled(digits)
			case digits < 0:
				unit := power(-digits)
				n := decimal{d.n, d.scale - digits}.scaled(0).n
				d = decimal{n.Mul(n, unit), 0}
			}
			if _, ok := a[0].(decimal); !ok || digits <= 0 && d.scale == 0 {
				if d.n.IsInt64() {
					return d.n.Int64()
				}
			}
			return d
		}
	}
	roundType := func(a []typ) typ {
		t := numberOf(a)
		return t
	}
	def("round", 1, 2, roundType, round(false))
	def("truncate", 2, 2, roundType, round(true))
	def("mod", 2, 2, func(a []typ) typ {
		t := firstOf(a)
		t.flags &^= flagNotNull
		return t
	}, func(q *run, a []any) any { return q.arithmetic("%", a[0], a[1]) })
	base := func(to int) func(q *run, a []any) any {
		return func(_ *run, a []any) any {
			return strings.ToUpper(strconv.FormatUint(uint64(integer(a[0])), to))
		}
	}
	def("bin", 1, 1, textOf(65), base(2))
	def("oct", 1, 1, textOf(65), base(8))
	def("conv", 3, 3, textOf(65), func(_ *run, a []any) any {
		from, to := integer(a[1]), integer(a[2])
		if from < 0 {
			from = -from
		}
		if from < 2 || from > 36 || to == 0 || to > 36 || to < -36 || to == 1 || to == -1 {
			return nil
		}
		s := strings.ToLower(strings.TrimSpace(text(a[0])))
		end := 0
		for end < len(s) && (s[end] == '-' && end == 0 || strings.IndexByte("0123456789abcdefghijklmnopqrstuvwxyz"[:from], s[end]) >= 0) {
			end++
		}
		n, _ := strconv.ParseUint(strings.TrimPrefix(s[:end], "-"), int(from), 64)
		if strings.HasPrefix(s, "-") {
			n = -n
		}
		if to < 0 {
			return strings.ToUpper(strconv.FormatInt(int64(n), int(-to)))
		}
		return strings.ToUpper(strconv.FormatUint(n, int(to)))
	})
	def("format", 2, 3, func(a []typ) typ { return words(a[0].wide() + (a[0].wide()+2)/3 - 2) }, func(_ *run, a []any) any {
		s := asDecimal(a[0]).scaled(clamp(integer(a[1]), 0, maxScale)).String()
		head, tail, point := strings.Cut(s, ".")
		sign := ""
		if strings.HasPrefix(head, "-") {
			sign, head = "-", head[1:]
		}
		for i := len(head) - 3; i > 0; i -= 3 {
			head = head[:i] + "," + head[i:]
		}
		if point {
			head += "." + tail
		}
		return sign + head
	})
	def("bit_count", 1, 1, wholeOf(2), func(_ *run, a []any) any {
		n, count := uint64(integer(a[0])), int64(0)
		for ; n > 0; n &= n - 1 {
			count++
		}
		return count
	})
	def("inet_aton", 1, 1, func([]typ) typ {
		t := whole(21)
		t.flags |= flagUnsigned
		return t
	}, func(_ *run, a []any) any {
		ip, err := netip.ParseAddr(text(a[0]))
		if err != nil || !ip.Is4() {
			return nil
		}
		four := ip.As4()
		return int64(binary.BigEndian.Uint32(four[:]))
	})
	def("inet_ntoa", 1, 1, func([]typ) typ { t := words(31); t.decimals = 0; return t }, func(_ *run, a []any) any {
		n := integer(a[0])
		if n < 0 || n > math.MaxUint32 {
			return nil
		}
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(n)))).String()
	})
	def("inet6_aton", 1, 1, bytesOf(16), func(_ *run, a []any) any {
		ip, err := netip.ParseAddr(text(a[0]))
		if err != nil {
			return nil
		}
		return raw(ip.AsSlice())
	})
	def("inet6_ntoa", 1, 1, textOf(39), func(_ *run, a []any) any {
		if ip, ok := netip.AddrFromSlice([]byte(text(a[0]))); ok {
			return ip.String()
		}
		return nil
	})
	_ = nulls
}

func deviation(name string, g *gathered) any {
	n := float64(g.count)
	if g.count == 0 || strings.HasSuffix(name, "samp") && g.count < 2 {
		return nil
	}
	if strings.HasSuffix(name, "samp") {
		n--
	}
	if strings.HasPrefix(name, "var") {
		return g.m2 / n
	}
	return math.Sqrt(g.m2 / n)
}

// moment is the time that a text tells.
func moment(s string) (time.Time, bool) {
	s = strings.TrimSpace(strings.Replace(s, "T", " ", 1))
	for _, layout := range []string{"2006-1-2 15:4:5.999999", "2006-1-2 15:4", time.DateOnly, "2006-1-2", "20060102150405", "20060102", "060102"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func times(def, nulls definer) {
	now := func(layout string) func(q *run, a []any) any {
		return func(q *run, _ []any) any { return q.c.server.host.Now().UTC().Format(layout) }
	}
	def("now current_timestamp localtime localtimestamp sysdate utc_timestamp", 0, 1, nowOf(typeDatetime, 19), func(q *run, a []any) any {
		layout := time.DateTime
		if len(a) > 0 {
			if n := clamp(integer(a[0]), 0, 6); n > 0 {
				layout += "." + strings.Repeat("0", n)
			}
		}
		return q.c.server.host.Now().UTC().Format(layout)
	})
	def("curdate current_date utc_date", 0, 0, nowOf(typeDate, 10), now(time.DateOnly))
	def("curtime current_time utc_time", 0, 1, nowOf(typeTime, 10), now(time.TimeOnly))
	def("unix_timestamp", 0, 1, func(a []typ) typ { return whole(17) }, func(q *run, a []any) any {
		if len(a) == 0 {
			return q.c.server.host.Now().Unix()
		}
		if t, ok := moment(text(a[0])); ok {
			return t.Unix()
		}
		return nil
	})
	def("from_unixtime", 1, 2, func(a []typ) typ {
		if len(a) > 1 {
			return words(64)
		}
		return typ{kind: typeDatetime, length: 19, flags: flagBinary}
	}, func(_ *run, a []any) any {
		n := integer(a[0])
		if n < 0 || n > math.MaxInt32 {
			return nil
		}
		t := time.Unix(n, 0).UTC()
		if len(a) > 1 {
			return formatted(t, text(a[1]))
		}
		return t.Format(time.DateTime)
	})
	part := func(names string, width int, f func(time.Time) int) {
		def(names, 1, 1, func([]typ) typ { return typ{kind: typeLong, length: width, flags: flagBinary} }, func(_ *run, a []any) any {
			t, ok := moment(text(a[0]))
			if !ok {
				if clock, err := time.Parse("15:4:5", text(a[0])); err == nil {
					return int64(f(clock))
				}
				return nil
			}
			return int64(f(t))
		})
	}
	part("year", 4, time.Time.Year)
	part("month", 2, func(t time.Time) int { return int(t.Month()) })
	part("day dayofmonth", 2, time.Time.Day)
	part("hour", 2, time.Time.Hour)
	part("minute", 2, time.Time.Minute)
	part("second", 2, time.Time.Second)
	part("dayofweek", 1, func(t time.Time) int { return int(t.Weekday()) + 1 })
	part("weekday", 1, func(t time.Time) int { return (int(t.Weekday()) + 6) % 7 })
	part("dayofyear", 3, time.Time.YearDay)
	part("quarter", 1, func(t time.Time) int { return (int(t.Month()) + 2) / 3 })
	part("microsecond", 6, func(t time.Time) int { return t.Nanosecond() / 1000 })
	part("to_days", 6, func(t time.Time) int { return int(t.Unix()/86400) + 719528 })
	part("week weekofyear", 2, func(t time.Time) int { _, w := t.ISOWeek(); return w })
	named := func(name, layout string) {
		def(name, 1, 1, func([]typ) typ { t := words(9); t.decimals = 0; return t }, func(_ *run, a []any) any {
			if t, ok := moment(text(a[0])); ok {
				return t.Format(layout)
			}
			return nil
		})
	}
	named("monthname", "January")
	named("dayname", "Monday")
	def("extract", 2, 2, wholeOf(8), func(_ *run, a []any) any {
		t, ok := moment(text(a[1]))
		if !ok {
			return nil
		}
		digits := map[string]string{"year": "%Y", "month": "%c", "day": "%e", "hour": "%k", "minute": "%i", "second": "%s", "year_month": "%Y%m"}[text(a[0])]
		return integer(formatted(t, digits))
	})
	def("date", 1, 1, momentOf(typeDate, 10), func(q *run, a []any) any { return q.cast("date", a[0]) })
	def("timestamp", 1, 2, momentOf(typeDatetime, 19), func(q *run, a []any) any { return q.cast("datetime", a[0]) })
	def("time", 1, 1, momentOf(typeTime, 10), func(q *run, a []any) any { return q.cast("time", a[0]) })
	def("last_day", 1, 1, momentOf(typeDate, 10), func(_ *run, a []any) any {
		if t, ok := moment(text(a[0])); ok {
			return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		}
		return nil
	})
	between := func(a, b any) (time.Duration, bool) {
		x, ok1 := moment(text(a))
		y, ok2 := moment(text(b))
		return x.Sub(y), ok1 && ok2
	}
	def("datediff", 2, 2, func([]typ) typ { return typ{kind: typeLong, length: 8, flags: flagBinary} }, func(_ *run, a []any) any {
		x, ok1 := moment(text(a[0]))
		y, ok2 := moment(text(a[1]))
		if !ok1 || !ok2 {
			return nil
		}
		return x.Truncate(24*time.Hour).Unix()/86400 - y.Truncate(24*time.Hour).Unix()/86400
	})
	clock := func(d time.Duration) string {
		sign := ""
		if d < 0 {
			sign, d = "-", -d
		}
		d = min(d, 838*time.Hour+59*time.Minute+59*time.Second)
		return fmt.Sprintf("%s%02d:%02d:%02d", sign, int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	def("timediff", 2, 2, momentOf(typeTime, 10), func(_ *run, a []any) any {
		if d, ok := between(a[0], a[1]); ok {
			return clock(d)
		}
		return nil
	})
	def("sec_to_time", 1, 1, momentOf(typeTime, 10), func(_ *run, a []any) any {
		return clock(time.Duration(clamp(integer(a[0]), -1<<30, 1<<30)) * time.Second)
	})
	def("time_to_sec", 1, 1, wholeOf(10), func(_ *run, a []any) any {
		var h, m, s int64
		if _, err := fmt.Sscanf(text(a[0]), "%d:%d:%d", &h, &m, &s); err != nil {
			return nil
		}
		return h*3600 + m*60 + s
	})
	def("timestampdiff", 3, 3, wholeOf(21), func(_ *run, a []any) any {
		d, ok := between(a[2], a[1])
		if !ok {
			return nil
		}
		unit := map[string]time.Duration{"microsecond": time.Microsecond, "second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}[text(a[0])]
		if unit == 0 {
			months := int64(d / (730 * time.Hour))
			return map[string]any{"month": months, "quarter": months / 3, "year": months / 12}[text(a[0])]
		}
		return int64(d / unit)
	})
	def("timestampadd", 3, 3, momentOf(typeDatetime, 19), func(_ *run, a []any) any {
		if t, ok := moment(text(a[2])); ok {
			return shift(t, text(a[0]), integer(a[1])).Format(time.DateTime)
		}
		return nil
	})
	def("date_format time_format", 2, 2, func(a []typ) typ {
		t := words(a[1].wide() * 2)
		t.decimals = 0
		return t
	}, func(_ *run, a []any) any {
		if t, ok := moment(text(a[0])); ok {
			return formatted(t, text(a[1]))
		}
		return nil
	})
	def("str_to_date", 2, 2, momentOf(typeDatetime, 19), func(_ *run, a []any) any {
		if t, ok := moment(text(a[0])); ok {
			return t.Format(time.DateTime)
		}
		return nil
	})
	def("convert_tz", 3, 3, momentOf(typeDatetime, 19), func(_ *run, a []any) any {
		offset := func(s string) (time.Duration, bool) {
			if strings.EqualFold(s, "system") || strings.EqualFold(s, "utc") {
				return 0, strings.EqualFold(s, "system")
			}
			t, err := time.Parse("-07:00", s)
			_, seconds := t.Zone()
			return time.Duration(seconds) * time.Second, err == nil
		}
		t, ok := moment(text(a[0]))
		from, ok1 := offset(text(a[1]))
		to, ok2 := offset(text(a[2]))
		if !ok || !ok1 || !ok2 {
			return nil // there are no names of zones
		}
		return t.Add(to - from).Format(time.DateTime)
	})
	_ = nulls
}

// formatted is a time as DATE_FORMAT writes it.
func formatted(t time.Time, format string) string {
	var b strings.Builder
	for i := 0; i < len(format) && b.Len() < maxText; i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		layout := map[byte]string{'Y': "2006", 'y': "06", 'm': "01", 'c': "1", 'd': "02", 'e': "2", 'H': "15", 'h': "03", 'I': "03", 'l': "3", 'i': "04", 's': "05", 'S': "05", 'p': "PM", 'M': "January", 'b': "Jan",
			'W': "Monday", 'a': "Mon", 'T': time.TimeOnly, 'r': "03:04:05 PM"}[format[i]]
		switch {
		case layout != "":
			b.WriteString(t.Format(layout))
		case format[i] == 'f':
			fmt.Fprintf(&b, "%06d", t.Nanosecond()/1000)
		case format[i] == 'k':
			b.WriteString(strconv.Itoa(t.Hour()))
		case format[i] == 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case format[i] == 'w':
			b.WriteString(strconv.Itoa(int(t.Weekday())))
		default:
			b.WriteByte(format[i])
		}
	}
	return b.String()
}

// formatLength is how long what DATE_FORMAT writes may get.
func formatLength(format string) int {
	n := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			n++
			continue
		}
		i++
		switch format[i] {
		case 'M', 'W':
			n += 9
		case 'Y', 'X', 'x':
			n += 4
		case 'a', 'b', 'j':
			n += 3
		case 'f':
			n += 6
		case 'H', 'k':
			n += 7 // of a time that is no time of day
		case 'T':
			n += 8
		case 'r':
			n += 11
		case 'w', '%':
			n++
		default:
			n += 2
		}
	}
	return n
}

// addMonths goes to the same day of another month, or to its last.
func addMonths(t time.Time, n int) time.Time {
	to := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := time.Date(to.Year(), to.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return to.AddDate(0, 0, min(t.Day(), last)-1)
}

func shift(t time.Time, unit string, n int64) time.Time {
	n = min(max(n, -1<<32), 1<<32)
	small := int(min(max(n, -200000), 200000))
	switch unit {
	case "microsecond":
		return t.Add(time.Duration(n) * time.Microsecond)
	case "second":
		return t.Add(time.Duration(n) * time.Second)
	case "minute":
		return t.Add(time.Duration(min(max(n, -1<<27), 1<<27)) * time.Minute)
	case "hour":
		return t.Add(time.Duration(min(max(n, -1<<21), 1<<21)) * time.Hour)
	case "day":
		return t.AddDate(0, 0, small)
	case "week":
		return t.AddDate(0, 0, 7*small)
	case "month":
		return addMonths(t, small)
	case "quarter":
		return addMonths(t, 3*small)
	case "year":
		return addMonths(t, 12*min(max(small, -9000), 9000))
	}
	return t
}

// shifted is a time and an interval.
func (q *run) shifted(e *expr, at *frame) any {
	v, n := q.eval(e.args[0], at), q.eval(e.args[1], at)
	if v == nil || n == nil {
		return nil
	}
	t, ok := moment(text(v))
	if !ok {
		q.warn("Warning", 1292, "Incorrect datetime value: '"+clip(text(v), 128)+"'")
		return nil
	}
	amount := integer(n)
	if e.not {
		amount = -amount
	}
	to := shift(t, e.text, amount)
	if to.Year() < 0 || to.Year() > 9999 {
		return nil
	}
	if e.typ.kind == typeDate || e.typ.isText() && len(text(v)) == 10 && slices.Contains([]string{"day", "week", "month", "year", "quarter"}, e.text) {
		return to.Format(time.DateOnly)
	}
	return to.Format(time.DateTime)
}

// maxCostly bounds how often one statement reads a file or sleeps.
const maxCostly = 64

// session are the functions that ask for the server or the session.
func session(def, nulls definer) {
	def("version", 0, 0, func([]typ) typ { t := words(26); t.flags |= flagNotNull; return t }, func(q *run, _ []any) any { return q.c.server.version })
	nulls("database schema", 0, 0, textOf(64), func(q *run, _ []any) any {
		if q.c.database == "" {
			return nil
		}
		return q.c.database
	})
	def("user session_user system_user", 0, 0, textOf(384), func(q *run, _ []any) any { return q.c.user + "@" + q.c.from() })
	def("current_user", 0, 0, textOf(384), func(q *run, _ []any) any { return q.c.user + "@%" })
	nulls("current_role", 0, 0, textOf(128), func(q *run, _ []any) any {
		if q.c.server.mariadb {
			return nil
		}
		return "NONE"
	})
	def("connection_id", 0, 0, func([]typ) typ {
		t := wholeOf(10)(nil)
		t.flags |= flagUnsigned
		return t
	}, func(q *run, _ []any) any { return int64(q.c.id) })
	def("last_insert_id", 0, 1, func([]typ) typ {
		t := whole(21)
		t.flags |= flagUnsigned | flagNotNull
		return t
	}, func(_ *run, a []any) any {
		if len(a) > 0 {
			return integer(a[0])
		}
		return int64(0)
	})
	def("row_count", 0, 0, wholeOf(21), func(q *run, _ []any) any { return q.c.affected })
	def("found_rows", 0, 0, wholeOf(21), func(q *run, _ []any) any { return int64(q.c.foundBefore) })
	def("uuid", 0, 0, func([]typ) typ {
		return typ{kind: typeString, length: 36, decimals: notFixedInText}
	}, func(q *run, _ []any) any {
		return fmt.Sprintf("%08x-%04x-11ef-%04x-%s", mathrand.Uint32(), mathrand.Uint32()&0xffff, 0x8000|mathrand.Uint32()&0x3fff, q.c.server.host.Hex("mysql-node", 6))
	})
	def("uuid_short", 0, 0, wholeOf(21), func(q *run, _ []any) any { return q.c.server.host.Now().UnixNano() })
	def("sleep", 1, 1, wholeOf(1), func(q *run, a []any) any {
		q.spend(maxSteps / maxCostly)
		q.c.sleep(number(a[0]))
		return int64(0)
	})
	def("load_file", 1, 1, func([]typ) typ {
		return typ{kind: 251, length: 16777216, decimals: notFixedInText, flags: flagBinary, bytes: true}
	}, func(q *run, a []any) any {
		q.spend(maxSteps / maxCostly)
		return q.c.loadFile(text(a[0]))
	})
	def("binlog_gtid_pos", 2, 2, textOf(64), func(*run, []any) any {
		panic(&wrong{code: 1381, state: "HY000", message: "You are not using binary logging"})
	})
	nulls("get_lock", 2, 2, wholeOf(1), func(_ *run, _ []any) any { return int64(1) })
	nulls("release_lock release_all_locks is_free_lock", 0, 1, wholeOf(1), func(_ *run, _ []any) any { return int64(1) })
	nulls("is_used_lock", 1, 1, wholeOf(10), func(_ *run, _ []any) any { return nil })
	def("name_const", 2, 2, func(a []typ) typ { return a[1] }, func(_ *run, a []any) any { return a[1] })
	nulls("default values", 1, 1, firstOf, func(_ *run, _ []any) any { return nil })
}
