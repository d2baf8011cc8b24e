package mysql

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/services/internal/tinysql"
)

// maxDepth bounds how far expressions nest, maxText what a function makes.
const (
	maxDepth = 32
	maxText  = 64 << 10
)

// errExpression tells that an expression is beyond what is understood here, or wrong.
var errExpression = errors.New("not understood")

// expression works out an item without a table: numbers are float64, NULL is nil.
type expression struct {
	c      *conn
	row    func(column string) (any, bool) // of the table, where there is one
	tokens []tinysql.Token
	at     int
	depth  int
	inside int // calls of functions
}

func (e *expression) take(texts ...string) string {
	if e.at < len(e.tokens) {
		for _, text := range texts {
			if e.tokens[e.at].Is(text) {
				e.at++
				return text
			}
		}
	}
	return ""
}

// levels are the operators between two values, from the loosest.
var levels = [][]string{{"or", "||"}, {"xor"}, {"and", "&&"}, {"=", "<>", "!=", "<=", ">=", "<", ">", "like", "is"}, {"+", "-"}, {"*", "/", "%", "div", "mod"}}

func (e *expression) value(level int) (any, error) {
	if e.depth++; e.depth > maxDepth*len(levels) {
		return nil, errExpression
	}
	defer func() { e.depth-- }()
	if level == len(levels) {
		return e.operand()
	}
	a, err := e.value(level + 1)
	for err == nil {
		operator := e.take(levels[level]...)
		if operator == "" {
			return a, nil
		}
		if operator == "is" {
			not := e.take("not") != ""
			if e.take("null") == "" {
				return nil, errExpression
			}
			a = truth((a == nil) != not)
			continue
		}
		var b any
		if b, err = e.value(level + 1); err == nil {
			a = operate(operator, a, b)
		}
	}
	return nil, err
}

func truth(b bool) any {
	if b {
		return 1.0
	}
	return 0.0
}

// number is a value as a sum takes it: a text counts as what it begins with.
func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case string:
		end := 0
		for end < len(v) && (v[end] >= '0' && v[end] <= '9' || v[end] == '.' || end == 0 && v[end] == '-') {
			end++
		}
		n, _ := strconv.ParseFloat(v[:end], 64)
		return min(max(n, -math.MaxFloat64), math.MaxFloat64)
	}
	return 0
}

// finite is a number, or NULL where it is beyond what there is: no other value may come out of a sum.
func finite(n float64) any {
	if math.IsInf(n, 0) || math.IsNaN(n) {
		return nil
	}
	return n
}

func operate(operator string, a, b any) any {
	if a == nil || b == nil {
		return nil
	}
	x, y := number(a), number(b)
	order := func() int {
		s, text1 := a.(string)
		t, text2 := b.(string)
		switch {
		case text1 && text2:
			return strings.Compare(strings.ToLower(s), strings.ToLower(t))
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	switch operator {
	case "or", "||":
		return truth(x != 0 || y != 0)
	case "xor":
		return truth((x != 0) != (y != 0))
	case "and", "&&":
		return truth(x != 0 && y != 0)
	case "=":
		return truth(order() == 0)
	case "<>", "!=":
		return truth(order() != 0)
	case "<":
		return truth(order() < 0)
	case ">":
		return truth(order() > 0)
	case "<=":
		return truth(order() <= 0)
	case ">=":
		return truth(order() >= 0)
	case "like":
		return truth(tinysql.Like(text(b), text(a)))
	case "+":
		return finite(x + y)
	case "-":
		return finite(x - y)
	case "*":
		return finite(x * y)
	case "/":
		if y == 0 {
			return nil
		}
		if finite(x/y) == nil {
			return nil
		}
		return fmt.Sprintf("%.4f", x/y)
	case "div":
		if y == 0 {
			return nil
		}
		return finite(math.Trunc(x / y))
	}
	if y == 0 {
		return nil
	}
	return math.Mod(x, y)
}

// text is a value as the server writes it.
func text(v any) string {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<62 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', 15, 64)
	case string:
		return v
	}
	return ""
}

func (e *expression) operand() (any, error) {
	switch {
	case e.at >= len(e.tokens):
		return nil, errExpression
	case e.take("-") != "":
		v, err := e.operand()
		if v == nil {
			return nil, err
		}
		return -number(v), err
	case e.take("+") != "":
		return e.operand()
	case e.take("not", "!") != "":
		v, err := e.value(3)
		if v == nil {
			return nil, err
		}
		return truth(number(v) == 0), err
	case e.take("(") != "":
		v, err := e.value(0)
		if err == nil && e.take(")") == "" {
			err = errExpression
		}
		return v, err
	case e.take("null") != "":
		return nil, nil
	case e.take("true") != "":
		return 1.0, nil
	case e.take("false") != "":
		return 0.0, nil
	}
	t := e.tokens[e.at]
	e.at++
	switch t.Kind {
	case tinysql.Number:
		n, err := strconv.ParseFloat(t.Text, 64)
		if err != nil {
			return nil, errExpression
		}
		return n, nil
	case tinysql.String:
		return t.Text, nil
	case tinysql.Variable:
		return e.c.variable(t.Text)
	case tinysql.Word, tinysql.Name:
		if e.take("(") != "" {
			return e.call(strings.ToLower(t.Text))
		}
		for e.take(".") != "" && e.at < len(e.tokens) { // of a table's
			t = e.tokens[e.at]
			e.at++
		}
		if e.row != nil {
			if v, ok := e.row(t.Text); ok {
				return v, nil
			}
		}
		if strings.EqualFold(t.Text, "current_user") {
			return e.c.user + "@%", nil
		}
		if e.inside > 0 && !strings.EqualFold(t.Text, "distinct") && !strings.EqualFold(t.Text, "case") && !strings.EqualFold(t.Text, "select") {
			e.c.unknownColumn(t.Text)
			return nil, errRefused
		}
	}
	return nil, errExpression
}

// call reads the arguments of a function and gives its value.
func (e *expression) call(f string) (any, error) {
	var args []any
	e.inside++
	defer func() { e.inside-- }()
	for e.take(")") == "" {
		if len(args) > 0 && e.take(",") == "" || e.at >= len(e.tokens) {
			return nil, errExpression
		}
		v, err := e.value(0)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	if v, ok := plain(f, args); ok {
		return v, nil
	}
	return e.c.function(f)
}

// plain gives the value of a function of nothing but its arguments; ok is false where there is none of that name or it takes others.
func plain(f string, args []any) (v any, ok bool) {
	switch f { // those for which NULL is a value
	case "if":
		if len(args) != 3 {
			return nil, false
		}
		if number(args[0]) != 0 {
			return args[1], true
		}
		return args[2], true
	case "ifnull", "coalesce":
		for _, a := range args {
			if a != nil {
				return a, true
			}
		}
		return nil, len(args) > 0
	case "isnull":
		return truth(len(args) == 1 && args[0] == nil), len(args) == 1
	case "concat_ws":
		if len(args) < 2 || args[0] == nil {
			return nil, len(args) > 1
		}
		return joined(args[1:], text(args[0])), true
	}
	for _, a := range args {
		if a == nil && known[f] > 0 {
			return nil, true
		}
	}
	if n := known[f]; n == 0 || n < 4 && len(args) != n || len(args) == 0 {
		return nil, false
	}
	s := text(args[0])
	switch f {
	case "md5":
		sum := md5.Sum([]byte(s))
		return hex.EncodeToString(sum[:]), true
	case "sha", "sha1":
		sum := sha1.Sum([]byte(s))
		return hex.EncodeToString(sum[:]), true
	case "hex":
		if n, ok := args[0].(float64); ok {
			return strings.ToUpper(strconv.FormatInt(int64(n), 16)), true
		}
		if len(s) > maxText/2 {
			return nil, true
		}
		return strings.ToUpper(hex.EncodeToString([]byte(s))), true
	case "unhex":
		b, err := hex.DecodeString(s)
		if err != nil {
			return nil, true
		}
		return string(b), true
	case "char":
		var b strings.Builder
		for _, a := range args {
			b.WriteByte(byte(int64(number(a))))
		}
		return b.String(), true
	case "length", "char_length", "character_length", "octet_length":
		return float64(len(s)), true
	case "ascii", "ord":
		if s == "" {
			return 0.0, true
		}
		return float64(s[0]), true
	case "upper", "ucase":
		return strings.ToUpper(s), true
	case "lower", "lcase":
		return strings.ToLower(s), true
	case "trim":
		return strings.Trim(s, " "), true
	case "reverse":
		b := []byte(s)
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
		return string(b), true
	case "abs":
		return math.Abs(number(args[0])), true
	case "floor":
		return math.Floor(number(args[0])), true
	case "left":
		return s[:int(min(max(number(args[1]), 0), float64(len(s))))], true
	case "right":
		return s[len(s)-int(min(max(number(args[1]), 0), float64(len(s)))):], true
	case "strcmp":
		return float64(strings.Compare(s, text(args[1]))), true
	case "instr":
		return float64(1 + strings.Index(strings.ToLower(s), strings.ToLower(text(args[1])))), true
	case "concat":
		return joined(args, ""), true
	case "substring", "substr", "mid":
		if len(args) < 2 || len(args) > 3 {
			return nil, false
		}
		from := int(min(max(number(args[1]), -maxText), maxText))
		if from < 0 {
			from += len(s) + 1
		}
		if from < 1 || from > len(s) {
			return "", true
		}
		s = s[from-1:]
		if len(args) == 3 {
			s = s[:int(min(max(number(args[2]), 0), float64(len(s))))]
		}
		return s, true
	}
	return nil, false
}

// known are the functions of plain, and how many arguments they take: 4 is some.
var known = map[string]int{
	"md5": 1, "sha": 1, "sha1": 1, "hex": 1, "unhex": 1, "char": 4, "length": 1, "char_length": 1, "character_length": 1, "octet_length": 1, "ascii": 1, "ord": 1, "upper": 1, "ucase": 1, "lower": 1, "lcase": 1,
	"trim": 1, "reverse": 1, "abs": 1, "floor": 1, "left": 2, "right": 2, "strcmp": 2, "instr": 2, "concat": 4, "substring": 4, "substr": 4, "mid": 4,
}

// joined puts texts together, without those that are NULL; it is NULL where that is too long, as the servers have it for what exceeds max_allowed_packet.
func joined(args []any, separator string) any {
	var b strings.Builder
	for i, first := 0, true; i < len(args); i++ {
		if args[i] == nil {
			continue
		}
		if !first {
			b.WriteString(separator)
		}
		first = false
		if b.WriteString(text(args[i])); b.Len() > maxText {
			return nil
		}
	}
	return b.String()
}

// variable gives the value of a variable, or refuses.
func (c *conn) variable(name string) (any, error) {
	name, system := strings.CutPrefix(strings.ToLower(name), "@@")
	if !system {
		return nil, nil
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "global."), "session.")
	if value, ok := c.server.variables()[name]; ok {
		return value, nil
	}
	c.fail(1193, "HY000", fmt.Sprintf("Unknown system variable '%.64s'", name))
	return nil, errRefused
}

// function gives the value of a function that asks for the server or the session, or refuses.
func (c *conn) function(f string) (any, error) {
	now := c.server.host.Now()
	switch f {
	case "version":
		return c.server.version, nil
	case "database", "schema":
		if c.database == "" {
			return nil, nil
		}
		return c.database, nil
	case "user", "session_user", "system_user":
		return c.user + "@" + c.s.Peer().Addr().String(), nil
	case "current_user":
		return c.user + "@%", nil
	case "connection_id":
		return float64(c.id), nil
	case "now", "current_timestamp", "sysdate", "localtime":
		return now.Format(time.DateTime), nil
	case "curdate", "current_date":
		return now.Format(time.DateOnly), nil
	case "unix_timestamp":
		return float64(now.Unix()), nil
	case "rand":
		return strconv.FormatFloat(rand.Float64(), 'f', 16, 64), nil
	case "pi":
		return "3.141593", nil
	case "uuid":
		return fmt.Sprintf("%08x-%04x-11ef-%04x-%s", rand.Uint32(), rand.Uint32()&0xffff, 0x8000|rand.Uint32()&0x3fff, c.server.host.Hex("mysql-node", 6)), nil
	case "sleep", "benchmark", "last_insert_id", "row_count", "found_rows":
		return 0.0, nil
	case "load_file", "max", "min", "sum":
		return nil, nil
	}
	if c.database != "" {
		f = c.database + "." + f
	}
	c.fail(1305, "42000", fmt.Sprintf("FUNCTION %.129s does not exist", f))
	return nil, errRefused
}
