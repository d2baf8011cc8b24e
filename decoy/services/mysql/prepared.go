package mysql

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
)

// prepared is a statement that waits to be run.
type prepared struct {
	text  string
	marks int
	types []uint16 // of the parameters, as they were sent last
	long  map[int][]byte
	named bool // the parameters have names
}

// The bounds of what a session keeps prepared.
const (
	maxPrepared     = 64
	maxPreparedText = 64 << 10
	maxMarks        = 1024
)

// preparing looks a statement through: how many parameters it has, and the columns that it answers with.
func (c *conn) preparing(text string) (marks int, fields []field) {
	statements := c.server.dialect().Split(text)
	if len(statements) == 0 {
		panic(&wrong{code: 1065, state: "42000", message: "Query was empty"})
	}
	if len(statements) > 1 {
		panic(&wrong{code: 1064, at: statements[1][0].From})
	}
	tokens := statements[0]
	if c.transactionOnly(word(tokens, 0)) {
		panic(&wrong{code: 1295, state: "HY000", message: "This command is not supported in the prepared statement protocol yet"})
	}
	for _, t := range tokens {
		if t.Is("?") {
			marks++
		}
	}
	if marks > maxMarks {
		panic(&wrong{code: 1390, state: "HY000", message: "Prepared statement contains too many placeholders"})
	}
	switch first := word(tokens, 0); {
	case first == "select" || first == "with" || tokens[0].Is("("):
		p := &parser{text: text, tokens: tokens}
		s := p.whole()
		q := &run{c: c}
		q.bind(s, nil)
		if s.into == nil {
			fields = s.fields
		}
	case first == "show" || first == "desc" || first == "describe" || first == "explain":
		// What it answers with is known when it is run.
	case !strings.Contains(" set do insert update delete replace create alter drop truncate grant revoke call kill use flush commit rollback begin start check analyze optimize repair load lock unlock rename reset install uninstall ", " "+first+" "):
		panic(&wrong{code: 1064, at: tokens[0].From})
	}
	return marks, fields
}

// transactionOnly are the statements that can't be prepared.
func (c *conn) transactionOnly(first string) bool {
	switch first {
	case "prepare", "execute", "deallocate":
		return true
	case "use", "lock", "unlock", "load", "begin", "start":
		return !c.server.mariadb || first == "load"
	}
	return false
}

// prepare answers COM_STMT_PREPARE.
func (c *conn) prepare(text string) {
	c.inTurn(func() { c.protect(text, func() { c.prepareInTurn(text) }) })
}

func (c *conn) prepareInTurn(text string) {
	if len(c.prepared) >= maxPrepared || len(text) > maxPreparedText || !c.room(len(text)) {
		panic(&wrong{code: 1461, state: "42000", message: "Can't create more than max_prepared_stmt_count statements (current value: 16382)"})
	}
	marks, fields := c.preparing(text)
	if c.prepared == nil {
		c.prepared = map[uint32]*prepared{}
	}
	c.lastPrepared++
	c.prepared[c.lastPrepared] = &prepared{text: text, marks: marks}
	b := binary.LittleEndian.AppendUint32([]byte{0}, c.lastPrepared)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(fields)))
	b = binary.LittleEndian.AppendUint16(b, uint16(marks))
	c.put(append(b, 0, 0, 0))
	for range marks {
		c.put(c.column(field{name: "?", typ: typ{kind: map[bool]byte{true: typeNull, false: typeVarstring}[c.server.mariadb], flags: flagBinary, bytes: true}}))
	}
	if marks > 0 && c.capabilities&capDeprecateEOF == 0 {
		c.end()
	}
	for _, f := range fields {
		c.put(c.column(f))
	}
	if len(fields) > 0 && c.capabilities&capDeprecateEOF == 0 {
		c.end()
	}
}

// executeCommand answers COM_STMT_EXECUTE.
func (c *conn) executeCommand(argument []byte) {
	f := &fields{rest: argument}
	id := f.uint32()
	if id == math.MaxUint32 {
		id = c.lastPrepared // MariaDB's way to say the one just prepared
	}
	p := c.prepared[id]
	if p == nil {
		c.fail(1243, "HY000", fmt.Sprintf("Unknown prepared statement handler (%d) given to mysqld_stmt_execute", id))
		return
	}
	flags := f.byte()
	f.take(4)
	marks := p.marks
	if p.named = c.capabilities&capAttributesOfQuery != 0; p.named && (marks > 0 || flags&8 != 0) {
		p.marks = f.count() // and attributes after those that the statement has
	}
	var parameters []any
	ok := p.marks >= marks && p.marks <= maxMarks
	if ok {
		parameters, ok = p.values(f)
	}
	if p.marks = marks; ok {
		parameters = parameters[:marks]
	} else {
		p.types = nil
		c.fail(1210, "HY000", "Incorrect arguments to mysqld_stmt_execute")
		return
	}
	var shown []string
	for _, v := range parameters {
		shown = append(shown, clip(text(v), 512))
	}
	c.s.Event("query", event.String(event.Command, p.text), event.String("database", c.database), event.String("how", "execute"), event.String("parameters", clip(strings.Join(shown, "\x1f"), 4096)))
	c.run(p.text, parameters, true)
}

// run runs a prepared statement.
func (c *conn) run(text string, parameters []any, binary bool) {
	statements := c.server.dialect().Split(text)
	c.replied = 0
	c.binary = binary
	defer func() { c.binary = false }()
	c.inTurn(func() { c.statement(text, statements[0], parameters) })
}

// values reads the parameters of an execution.
func (p *prepared) values(f *fields) ([]any, bool) {
	if p.marks == 0 {
		return nil, true
	}
	nulls := f.take((p.marks + 7) / 8)
	if f.bad {
		return nil, false
	}
	if f.byte() == 1 {
		p.types = nil
		for range p.marks {
			p.types = append(p.types, binary.LittleEndian.Uint16(f.take(2)))
			if p.named {
				f.counted()
			}
			if f.bad {
				return nil, false
			}
		}
	}
	if f.bad || len(p.types) != p.marks {
		return nil, false
	}
	values := make([]any, p.marks)
	for i, kind := range p.types {
		if b, ok := p.long[i]; ok {
			values[i] = string(b)
			continue
		}
		if nulls[i/8]&(1<<(i%8)) != 0 {
			continue
		}
		unsignedType := kind&0x8000 != 0
		switch byte(kind) {
		case typeNull:
		case typeTiny:
			n := f.byte()
			if values[i] = int64(int8(n)); unsignedType {
				values[i] = int64(n)
			}
		case typeShort, typeYear:
			n := binary.LittleEndian.Uint16(f.take(2))
			if values[i] = int64(int16(n)); unsignedType {
				values[i] = int64(n)
			}
		case typeLong, typeInt24:
			n := f.uint32()
			if values[i] = int64(int32(n)); unsignedType {
				values[i] = int64(n)
			}
		case typeLonglong:
			n := binary.LittleEndian.Uint64(f.take(8))
			if values[i] = int64(n); unsignedType {
				values[i] = unsigned(n)
			}
		case typeFloat:
			values[i] = finite(float64(math.Float32frombits(f.uint32())))
		case typeDouble:
			values[i] = finite(math.Float64frombits(binary.LittleEndian.Uint64(f.take(8))))
		case typeDate, typeDatetime, typeTimestamp:
			b := append(f.take(int(f.byte())), make([]byte, 11)...)
			if f.bad {
				return nil, false
			}
			t := time.Date(int(binary.LittleEndian.Uint16(b)), time.Month(b[2]), int(b[3]), int(b[4]), int(b[5]), int(b[6]), 0, time.UTC)
			if values[i] = t.Format(time.DateTime); byte(kind) == typeDate {
				values[i] = t.Format(time.DateOnly)
			}
		case typeTime:
			b := append(f.take(int(f.byte())), make([]byte, 12)...)
			values[i] = fmt.Sprintf("%02d:%02d:%02d", int(binary.LittleEndian.Uint32(b[1:]))%35*24+int(b[5]), b[6], b[7])
		case typeNewdecimal, 0:
			values[i] = parseDecimal(leading(string(f.counted())))
		default:
			b := f.counted()
			if byte(kind) == typeBlob || byte(kind) >= 249 && byte(kind) <= 251 {
				values[i] = raw(b)
			} else {
				values[i] = string(b)
			}
		}
	}
	return values, !f.bad
}

// finite is a number, or NULL where it is beyond what there is.
func finite(n float64) any {
	if math.IsInf(n, 0) || math.IsNaN(n) {
		return nil
	}
	return n
}

// longData takes a piece of a parameter, which has no answer.
func (c *conn) longData(argument []byte) {
	f := &fields{rest: argument}
	p := c.prepared[f.uint32()]
	index := int(binary.LittleEndian.Uint16(f.take(2)))
	if p == nil || f.bad || index >= p.marks {
		return
	}
	if p.long == nil {
		p.long = map[int][]byte{}
	}
	if c.room(len(f.rest)) {
		p.long[index] = append(p.long[index], f.rest...)
	}
}

// prepareNamed answers PREPARE name FROM.
func (c *conn) prepareNamed(q *run, statement string, tokens []tinysql.Token) {
	p := &parser{text: statement, tokens: tokens, at: 1}
	name := strings.ToLower(p.name())
	p.need("from")
	e := p.operand()
	if p.at < len(tokens) {
		p.fail()
	}
	source := text(q.eval(q.bindExpr(e, loose()), &frame{}))
	if q.eval(e, &frame{}) == nil {
		source = "NULL"
	}
	c.s.Event("query", event.String(event.Command, source), event.String("database", c.database), event.String("how", "prepare"))
	failed := false
	c.protectInner(source, func() {
		marks, _ := c.preparing(source)
		if c.named == nil {
			c.named = map[string]*prepared{}
		}
		if c.named[name] == nil && len(c.named) >= maxPrepared || len(source) > maxPreparedText || !c.room(len(source)) {
			panic(&wrong{code: 1461, state: "42000", message: "Can't create more than max_prepared_stmt_count statements (current value: 16382)"})
		}
		c.named[strings.Clone(name)] = &prepared{text: strings.Clone(source), marks: marks} // not with the whole statement around it
	}, &failed)
	if !failed {
		c.ok()
	}
}

// protectInner is protect for the text of another statement.
func (c *conn) protectInner(source string, do func(), failed *bool) {
	before := c.failed
	c.failed = false
	c.protect(source, do)
	*failed = c.failed
	c.failed = c.failed || before
}

// executeNamed answers EXECUTE name USING, and EXECUTE IMMEDIATE.
func (c *conn) executeNamed(q *run, statement string, tokens []tinysql.Token) {
	p := &parser{text: statement, tokens: tokens, at: 1}
	var source string
	marks := 0
	if c.server.mariadb && p.take("immediate") {
		v := q.eval(q.bindExpr(p.operand(), loose()), &frame{})
		source = text(v)
		c.s.Event("query", event.String(event.Command, source), event.String("database", c.database), event.String("how", "execute immediate"))
		failed := false
		if c.protectInner(source, func() { marks, _ = c.preparing(source) }, &failed); failed {
			return
		}
	} else {
		name := p.name()
		s := c.named[strings.ToLower(name)]
		if s == nil {
			panic(&wrong{code: 1243, state: "HY000", message: "Unknown prepared statement handler (" + clip(name, 64) + ") given to EXECUTE"})
		}
		source, marks = s.text, s.marks
	}
	var values []any
	if p.take("using") {
		for _, e := range p.expressions() {
			values = append(values, q.eval(q.bindExpr(e, loose()), &frame{}))
		}
	}
	if len(values) != marks {
		panic(&wrong{code: 1210, state: "HY000", message: "Incorrect arguments to EXECUTE"})
	}
	if c.executing { // by way of SET STATEMENT … FOR EXECUTE, without end
		panic(&wrong{code: 1444, state: "HY000", message: "The prepared statement contains a stored routine call that refers to that same statement. It's not allowed to execute a prepared statement in such a recursive manner"})
	}
	c.executing = true
	defer func() { c.executing = false }()
	again := c.server.dialect().Split(source)[0]
	c.protect(source, func() { c.dispatch(source, again, values) })
}
