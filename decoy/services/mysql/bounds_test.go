package mysql

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
	"decnet/internal/spent"
)

// Whatever an expression comes to, it is answered, and costs little.
func TestExpressionsAreBounded(t *testing.T) { // beside no other test, whose memory would be counted
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := newServer(h)
	huge := "'" + strings.Repeat("9", 400) + "'"
	for _, text := range []string{
		"select left('abc', " + huge + " - " + huge + ")",
		"select right('abc', " + huge + " - " + huge + ")",
		"select substring('abc', " + huge + " - " + huge + ", " + huge + " - " + huge + ")",
		"select left('abc', 0 * " + huge + ")",
		"select hex(char(" + huge + "))",
		"select " + strings.Repeat("hex(", 30) + "'" + strings.Repeat("a", 60<<10) + "'" + strings.Repeat(")", 30),
		"select '" + strings.Repeat("a", 100<<10) + "' like '%" + strings.Repeat("a", 50<<10) + "b'",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c := &conn{server: v, s: &decoy.Session{}}
		took := spent.CPU(t, func() { c.query(text) })
		if c.out.Len() == 0 {
			t.Errorf("%.60s has no answer", text)
		}
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; made > 64<<20 || took > 5*time.Second {
			t.Errorf("%.60s makes %d bytes and takes %v", text, made, took)
		}
	}
}

func TestLikeIsBounded(t *testing.T) {
	t.Parallel()
	alike := true
	took := spent.CPU(t, func() { alike = tinysql.Like("%"+strings.Repeat("a", 100<<10)+"b", strings.Repeat("a", 200<<10)) })
	if alike {
		t.Error("they are alike")
	}
	if took > 2*time.Second {
		t.Errorf("it takes %v", took)
	}
}

// A long text in each row of a long table is not all kept until it is sent.
func TestAnAnswerIsBounded(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{server: newServer(h), s: &decoy.Session{}, several: true}
	c.query(strings.Repeat("select '"+strings.Repeat("x", 15<<10)+"' from information_schema.columns;", 16))
	if n := c.out.Len(); n > 2*maxReply || n < maxReply/2 {
		t.Errorf("%d bytes", n)
	}
}

// shower counts what is written, and how much at most at once.
type shower struct{ all, most int }

func (s *shower) Read([]byte) (int, error) { return 0, io.EOF }

func (s *shower) Write(p []byte) (int, error) {
	s.all += len(p)
	s.most = max(s.most, len(p))
	return len(p), nil
}

// A client that doesn't read what it has asked for has no long answer waiting for it in memory.
func TestAnswersAreSentAsTheyAreMade(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var to shower
	c := &conn{packets: packets{rw: &to}, server: newServer(h), s: &decoy.Session{}}
	c.query("select '" + strings.Repeat("x", 15<<10) + "' from information_schema.columns")
	c.flush()
	if to.all < 1<<20 || to.most > 3*maxWaiting || c.out.Cap() > 3*maxWaiting {
		t.Errorf("%d bytes are sent, %d at once, and room for %d is kept", to.all, to.most, c.out.Cap())
	}
}

// What would take long or much is refused, soon, and the session goes on.
func TestHostileQueriesAreBounded(t *testing.T) { // beside no other test, whose memory would be counted
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := newServer(h)
	columns := "information_schema.columns"
	nested := strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000)
	unions := "select * from " + columns + strings.Repeat(" union all select * from "+columns, 40)
	prepare := &conn{server: v, s: &decoy.Session{}} // the catalog is made once
	prepare.query("select count(*) from " + columns)
	for _, text := range []string{
		"select count(*) from " + columns + " a, " + columns + " b, " + columns + " c",
		"select * from " + columns + " a, " + columns + " b",
		"select * from " + columns + " a left join " + columns + " b on a.ordinal_position <> b.ordinal_position",
		"select (select count(*) from " + columns + " b where b.column_name <> a.column_name) from " + columns + " a",
		"select a.column_name from " + columns + " a where exists (select 1 from " + columns + " b where b.column_name = concat(a.column_name, 'x'))",
		"select " + nested,
		"select " + strings.Repeat("not ", 3500) + "1",
		"select " + strings.Repeat("- ", 3500) + "1",
		"select * from " + strings.Repeat("(select * from ", 300) + columns + strings.Repeat(") t", 300),
		unions,
		"select group_concat(column_name, table_name, column_type) from " + columns + " a, information_schema.character_sets b",
		"select count(distinct a.column_name, b.character_set_name, repeat('x', 200)) from " + columns + " a, information_schema.character_sets b",
		"select repeat(column_name, 10000) from " + columns,
		"select * from " + columns + " order by repeat(column_name, 10000)",
		"select column_name regexp '(((((a*)*)*)*)*)*$' from " + columns,
		"select '" + strings.Repeat("a", 20000) + "' regexp '" + strings.Repeat("(a|aa)+", 100) + "$' from " + columns,
		"select @a := concat(ifnull(@a, 'x'), @a, @a) from " + columns,
		"with a as (select 1 x union all select 2), b as (select a.x from a, a c, a d, a e), c as (select b.x from b, b y, b z), d as (select c.x from c, c y) select count(*) from d",
		"select " + strings.Repeat("pow(9,99)*", 500) + "1",
		"select " + strings.Repeat("99999999999999999999.9999*", 500) + "1",
		"select 1" + strings.Repeat(" union select 1", 500),
		"show columns from information_schema.columns where " + strings.Repeat("(", 2000),
		"prepare s from '" + strings.Repeat("select ?,", 1000) + "1'",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var to shower
		c := &conn{packets: packets{rw: &to}, server: v, s: &decoy.Session{}}
		took := spent.CPU(t, func() { c.query(text) })
		c.flush()
		runtime.ReadMemStats(&after)
		if to.all == 0 {
			t.Errorf("%.80s has no answer", text)
		}
		if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > 1<<9 || took > 10*time.Second {
			t.Errorf("%.80s makes %d MB and takes %v", text, made, took)
		}
		c.query("select 1")
		if c.out.Len() == 0 || c.failed {
			t.Errorf("after %.80s nothing is answered", text)
		}
	}
	if len(v.turns) != 0 || v.held.Load() != 0 {
		t.Errorf("%d turns are not given back, nor %d bytes", len(v.turns), v.held.Load())
	}
}

// A file that a statement wants for each row of a long table is not read, nor recorded, so often.
func TestFilesOfManyRowsAreBounded(t *testing.T) {
	t.Parallel()
	d, _, password := as(t, measured)
	w := enter(t, d, "root", password, "mysql", 0)
	if got := w.query("SELECT LOAD_FILE(CONCAT('/nonesuch/', column_name)) FROM information_schema.columns"); got.Error == nil {
		t.Errorf("%d rows", len(got.Rows))
	}
	w.query("SELECT 'the end'")
	d.Wait("query", decoytest.Has(event.Command, "SELECT 'the end'"))
	n := 0
	for _, e := range d.Events() {
		if e.Type == "file_read" {
			n++
		}
	}
	if n == 0 || n > maxCostly {
		t.Errorf("%d events", n)
	}
}

// A session keeps only so much, whatever is set and prepared.
func TestSessionsKeepLittle(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{server: newServer(h), s: &decoy.Session{}}
	for i := range 500 {
		n := strings.Repeat("x", i%60) + string(rune('a'+i%26))
		c.query("set @" + n + " = repeat('y', 15000)")
		c.query("prepare " + n + " from 'select 1'")
		c.prepare("select ?")
		c.out.Reset()
	}
	if len(c.users) > maxUsers || len(c.named) > maxPrepared || len(c.prepared) > maxPrepared {
		t.Errorf("%d variables, %d and %d statements are kept", len(c.users), len(c.named), len(c.prepared))
	}
}
