package mysql

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// A value is nil for NULL, an int64, a uint64 where that isn't enough, a decimal, a float64, a string, or a raw string, which has bytes and no characters.

// raw is a string of bytes.
type raw string

// decimal is a number with a fixed number of digits behind the point.
type decimal struct {
	n     *big.Int
	scale int
}

// maxDigits is how many digits a decimal has, maxScale how many of them behind the point.
const (
	maxDigits = 65
	maxScale  = 38
)

var ten = big.NewInt(10)

func power(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }

// parseDecimal reads the number that a text is or begins with.
func parseDecimal(s string) decimal {
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > maxScale {
		part = part[:maxScale]
	}
	if len(whole) > maxDigits {
		whole = strings.Repeat("9", maxDigits)
	}
	n, ok := new(big.Int).SetString(whole+part, 10)
	if !ok {
		return decimal{n: new(big.Int)}
	}
	return decimal{n, len(part)}
}

func (d decimal) String() string {
	s := new(big.Int).Abs(d.n).String()
	if d.scale > 0 {
		if len(s) <= d.scale {
			s = strings.Repeat("0", d.scale+1-len(s)) + s
		}
		s = s[:len(s)-d.scale] + "." + s[len(s)-d.scale:]
	}
	if d.n.Sign() < 0 {
		s = "-" + s
	}
	return s
}

func (d decimal) float() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// scaled is the same number, rounded to so many digits behind the point.
func (d decimal) scaled(scale int) decimal {
	if scale >= d.scale {
		return decimal{new(big.Int).Mul(d.n, power(scale-d.scale)), scale}
	}
	by := power(d.scale - scale)
	half := new(big.Int).Div(by, big.NewInt(2))
	n := new(big.Int).Add(new(big.Int).Abs(d.n), half)
	n.Quo(n, by)
	if d.n.Sign() < 0 {
		n.Neg(n)
	}
	return decimal{n, scale}
}

// bounded is the number, or the greatest that there is.
func (d decimal) bounded() decimal {
	if d.n.BitLen() < 216 { // 65 digits
		return d
	}
	n := new(big.Int).Sub(power(maxDigits), big.NewInt(1))
	if d.n.Sign() < 0 {
		n.Neg(n)
	}
	return decimal{n, min(d.scale, maxScale)}
}

// asDecimal is an exact number as a decimal.
func asDecimal(v any) decimal {
	switch v := v.(type) {
	case int64:
		return decimal{n: big.NewInt(v)}
	case uint64:
		return decimal{n: new(big.Int).SetUint64(v)}
	case decimal:
		return v
	case float64:
		return parseDecimal(strconv.FormatFloat(v, 'f', -1, 64))
	}
	s := leading(text(v))
	if strings.ContainsAny(s, "eE") {
		f, _ := strconv.ParseFloat(s, 64)
		return parseDecimal(strconv.FormatFloat(f, 'f', -1, 64))
	}
	return parseDecimal(s)
}

// leading is the number that a text begins with.
func leading(s string) string {
	s = strings.TrimLeft(s, " \t\r\n")
	end, digits := 0, 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' && !strings.Contains(s[:end], ".") || end == 0 && (s[end] == '-' || s[end] == '+')) {
		if s[end] >= '0' && s[end] <= '9' {
			digits++
		}
		end++
	}
	if digits == 0 {
		return "0"
	}
	if end+1 < len(s) && (s[end] == 'e' || s[end] == 'E') {
		at := end + 1
		if s[at] == '-' || s[at] == '+' {
			at++
		}
		from := at
		for at < len(s) && s[at] >= '0' && s[at] <= '9' && at-from < 4 {
			at++
		}
		if at > from {
			end = at
		}
	}
	return s[:end]
}

// number is a value as a sum in floating point takes it.
func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case float64:
		return v
	case decimal:
		return v.float()
	case nil:
		return 0
	}
	n, _ := strconv.ParseFloat(leading(text(v)), 64)
	return min(max(n, -math.MaxFloat64), math.MaxFloat64)
}

// integer is a value as a whole number.
func integer(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case uint64:
		return int64(v)
	case decimal:
		n := v.scaled(0).n
		if !n.IsInt64() {
			if n.Sign() < 0 {
				return math.MinInt64
			}
			return math.MaxInt64
		}
		return n.Int64()
	}
	f := math.Round(number(v))
	if f >= math.MaxInt64 {
		return math.MaxInt64
	}
	if f <= math.MinInt64 {
		return math.MinInt64
	}
	return int64(f)
}

// text is a value as the server writes it.
func text(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case decimal:
		return v.String()
	case float64:
		if a := math.Abs(v); a != 0 && (a >= 1e15 || a < 1e-15) {
			s := strconv.FormatFloat(v, 'e', -1, 64)
			return strings.Replace(strings.Replace(s, "e+0", "e", 1), "e+", "e", 1)
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	case raw:
		return string(v)
	}
	return ""
}

func isText(v any) bool {
	switch v.(type) {
	case string, raw:
		return true
	}
	return false
}

// truth is a condition's value.
func truth(b bool) any {
	if b {
		return int64(1)
	}
	return int64(0)
}

// holds tells whether a value counts as true.
func holds(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case int64:
		return v != 0
	}
	return number(v) != 0
}

// folded is a text as comparisons see it: in any case, and without spaces behind. Upper case puts the low line after the letters, as utf8mb4_general_ci does.
func folded(s string) string { return strings.ToUpper(strings.TrimRight(s, " ")) }

// order compares two values that aren't NULL.
func order(a, b any) int {
	if isText(a) && isText(b) {
		_, bytes1 := a.(raw)
		_, bytes2 := b.(raw)
		if bytes1 || bytes2 {
			return strings.Compare(text(a), text(b))
		}
		return strings.Compare(folded(text(a)), folded(text(b)))
	}
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	}
	_, float1 := a.(float64)
	_, float2 := b.(float64)
	if !isText(a) && !isText(b) && !float1 && !float2 {
		x, y := asDecimal(a), asDecimal(b)
		scale := max(x.scale, y.scale)
		return x.scaled(scale).n.Cmp(y.scaled(scale).n)
	}
	switch x, y := number(a), number(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// sortOrder is order where NULL is the least.
func sortOrder(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return order(a, b)
}

// key is a value by which equal ones are found; two of different kinds may have different ones.
func key(v any) string {
	switch v := v.(type) {
	case nil:
		return "\x00"
	case string:
		return "s" + folded(v)
	case raw:
		return "r" + string(v)
	case int64, uint64, float64:
		return "n" + text(v)
	case decimal:
		s := v.String()
		if v.scale > 0 {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return "n" + s
	}
	return ""
}

// arithmetic works out + - * / % div.
func (q *run) arithmetic(op string, a, b any) any {
	if a == nil || b == nil {
		return nil
	}
	switch op {
	case "div", "/", "%":
		if number(b) == 0 {
			q.warn("Warning", 1365, "Division by 0")
			return nil
		}
	}
	_, float1 := a.(float64)
	_, float2 := b.(float64)
	if float1 || float2 || isText(a) || isText(b) {
		q.judge(a, "DOUBLE")
		q.judge(b, "DOUBLE")
		x, y := number(a), number(b)
		var n float64
		switch op {
		case "+":
			n = x + y
		case "-":
			n = x - y
		case "*":
			n = x * y
		case "/":
			n = x / y
		case "%":
			n = math.Mod(x, y)
		case "div":
			return integer(math.Trunc(x / y))
		}
		if math.IsInf(n, 0) || math.IsNaN(n) {
			return nil
		}
		return n
	}
	x, y := asDecimal(a), asDecimal(b)
	_, exact1 := a.(decimal)
	_, exact2 := b.(decimal)
	whole := !exact1 && !exact2
	var d decimal
	scale := max(x.scale, y.scale)
	switch op {
	case "+", "-":
		d = decimal{new(big.Int), scale}
		if op == "+" {
			d.n.Add(x.scaled(scale).n, y.scaled(scale).n)
		} else {
			d.n.Sub(x.scaled(scale).n, y.scaled(scale).n)
		}
	case "*":
		d = decimal{new(big.Int).Mul(x.n, y.n), x.scale + y.scale}
		if d.scale > maxScale {
			d = d.scaled(maxScale)
		}
	case "/":
		to := min(x.scale+4, maxScale) // div_precision_increment
		n := new(big.Int).Mul(x.n, power(to+1+y.scale-x.scale+max(0, x.scale-to-1-y.scale)))
		d = decimal{n.Quo(n, y.n), to + 1}.scaled(to)
		return d.bounded()
	case "%":
		d = decimal{new(big.Int).Rem(x.scaled(scale).n, y.scaled(scale).n), scale}
	case "div":
		d = decimal{new(big.Int).Quo(x.scaled(scale).n, y.scaled(scale).n), 0}
		whole = true
	}
	if whole {
		switch {
		case d.n.IsInt64():
			return d.n.Int64()
		case d.n.IsUint64():
			return d.n.Uint64()
		}
		panic(&wrong{code: 1690, state: "22003", message: "BIGINT value is out of range in '(" + clip(text(a), 64) + " " + op + " " + clip(text(b), 64) + ")'"})
	}
	return d.bounded()
}

// judge warns of a text that is no number but counts as one.
func (q *run) judge(v any, as string) {
	s, ok := v.(string)
	if !ok {
		return
	}
	trimmed := strings.TrimRight(strings.TrimLeft(s, " \t\r\n"), " ")
	if n := leading(s); n != trimmed && !(n == "0" && trimmed == "0") {
		q.warn("Warning", 1292, "Truncated incorrect "+as+" value: '"+clip(s, 128)+"'")
	}
}
