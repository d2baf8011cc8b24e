package postgres

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/internal/spent"
)

// local is a session without a connection.
func local(v *server) *conn {
	return &conn{server: v, s: &decoy.Session{}, user: "postgres", database: v.app.Name, status: 'I', statements: map[string]statement{}, portals: map[string]outcome{}}
}

func serverOf(t *testing.T) *server {
	t.Helper()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return newServer(h)
}

// do runs statements as a client's query does, and gives what the last came to.
func (c *conn) do(text string) (o outcome) {
	for _, tokens := range dialect.Split(text) {
		if o = c.run(text, tokens); o.status != 0 {
			c.status = o.status
		}
	}
	return o
}

func codeOf(o outcome) string {
	if o.failed == nil {
		return ""
	}
	return o.failed.Code
}

// No statement makes values, rows or patterns without end, or takes long; nor does any end the session.
func TestHostileStatements(t *testing.T) {
	t.Parallel()
	v := serverOf(t)
	long := func(n int) string { return fmt.Sprintf("(select repeat('a', %d) r) t", n) }
	nest := func(n int, before, inner, after string) string {
		return strings.Repeat(before, n) + inner + strings.Repeat(after, n)
	}
	views := "create view v0 as select 1 a; "
	for i := range 20 {
		views += fmt.Sprintf("create view v%d as select x.a from v%d x, v%d y; ", i+1, i, i)
	}
	functions := "create function f0() returns int language sql as 'select 1'; "
	for i := range 4 {
		functions += fmt.Sprintf("create function f%d() returns int language sql as 'select 0%s'; ", i+1, strings.Repeat(fmt.Sprintf("+f%d()", i), 200))
	}
	for text, code := range map[string]string{
		// What panicked.
		"select array(select)":                           "42601",
		"select 1 = any(select)":                         "42601",
		"select (1, 2) in (select)":                      "42601",
		"select 1 / 'NaN'::numeric":                      "",
		"select 1 % 'NaN'::numeric":                      "",
		"select 1 / floor(1e20::numeric)":                "",
		"select 1 / x from unnest('{abc}'::numeric[]) x": "22P02",
		"create function c() returns int language sql as 'commit'; begin; select c()":                            "0A000",
		"create function c() returns int language sql as 'commit'; begin; select c(); rollback; begin; rollback": "",
		// What made values of any length.
		"select row(" + strings.Repeat("r,", 200) + "r) from " + long(3000000):                                                    "53200",
		"select array[" + strings.Repeat("r,", 200) + "r] from " + long(3000000):                                                  "53200",
		"select row_to_json(row(" + strings.Repeat("r,", 200) + "r)) from " + long(3000000):                                       "53200",
		"select string_to_array(repeat(',', 3000000), ',')":                                                                       "53200",
		"select count(*) from string_to_table(repeat(',', 3000000), ',')":                                                         "53200",
		"select split_part(repeat(',', 3000000), ',', 2)":                                                                         "53200",
		"select cardinality(('{' || repeat(',', 3000000) || '}')::int4[])":                                                        "53200",
		"select regexp_replace(repeat('a', 1000), '(.*)', repeat('\\1', 500000))":                                                 "53200",
		"select convert_to(repeat('a', 3000000), 'x'::name)":                                                                      "53200",
		"select count(array(select * from generate_series(1, 100000))) from generate_series(1, 1000)":                             "53200",
		"select count(*) from (select g::text::char(1000) x from generate_series(1, 130000) g) s where x is not null":             "53200",
		"select distinct r, g from " + long(1000000) + ", generate_series(1, 1000) g":                                             "53200",
		"with g as (select * from generate_series(1, 100000)) select * from g" + strings.Repeat(" union all select * from g", 12): "53200",
		"select count(substr(r, g::int)) from " + long(1000000) + ", generate_series(1, 1000) g":                                  "53200",
		"select 'a' ~ '" + strings.Repeat("x{1000}", 500) + "'":                                                                   "2201B",
		// What took long.
		"select count(translate(" + "repeat('a', 1000000), repeat('b', 1000000), ''))":                                                   "",
		"select count(btrim(repeat('a', 1000000), repeat('é', 400000) || 'a'))":                                                          "",
		"select repeat('9', 3000000)::numeric > 1":                                                                                       "22003",
		"select count(length(r)) from " + long(2000000) + ", generate_series(1, 100000) g":                                               "53200",
		"select count(*) from " + long(1000000) + ", generate_series(1, 100000) g where r ~ '" + strings.Repeat("(a|b|ab)*", 300) + "c'": "53200",
		nest(40, "select 1 where (", "select 1", ") = 1"):                                                                                "",
		nest(40, "select 1 order by (", "select 1", ")"):                                                                                 "",
		"select " + nest(16, "case ", "1", strings.Repeat(" when 1 then 1", 3)+" end"):                                                   "53200",
		views + "select * from v20": "42P01",
		"select count(*) from generate_series(1, 100000) g where exists(values (g)" + strings.Repeat(",(1)", 1000) + ")":           "53200",
		"select count(*) from generate_series(1, 100000) where 1 = any(select * from generate_series(1, 100000))":                  "53200",
		"select x @> y from (select string_to_array(repeat('a,', 100000), ',') x, string_to_array(repeat('b,', 100000), ',') y) t": "",
		functions + "select f4()": "53200",
		"create function f() returns int language sql as 'select 1'; create or replace function f() returns int language sql as 'select f()'; select f()": "54001",
		"select count(pg_read_file('/etc/passwd')) from generate_series(1, 100000)":                                                                       "53200",
	} {
		var got string
		took := spent.CPU(t, func() { got = codeOf(local(v).do(text)) })
		if got != code {
			t.Errorf("%.90s: %q, want %q", text, got, code)
		}
		if took > 20*time.Second {
			t.Errorf("%.90s takes %v", text, took)
		}
	}
}

// What EXECUTE nests too deep is refused that once, and goes on afterwards.
func TestNestingIsForgotten(t *testing.T) {
	t.Parallel()
	c := local(serverOf(t))
	c.do("prepare p as execute p; prepare q as select 1")
	for range 20 {
		if got := codeOf(c.do("execute p")); got != "54001" {
			t.Fatal(got)
		}
	}
	if o := c.do("execute q"); o.failed != nil {
		t.Error(o.failed)
	}
}

// What is told beside an answer is bounded in number and in length.
func TestNoticesAndNotificationsAreBounded(t *testing.T) {
	t.Parallel()
	c := local(serverOf(t))
	var out bytes.Buffer
	c.out = pgproto3.NewBackend(&out, &out)
	c.do("listen a")
	if got := codeOf(c.do("select pg_notify('a', repeat('x', 8000))")); got != "22023" {
		t.Errorf("a long notification: %q", got)
	}
	if o := c.do("select pg_notify('a', repeat('x', 7999))"); o.failed != nil || len(c.later) != 1 {
		t.Errorf("%v, and %d are told", o.failed, len(c.later))
	}
	c.do("select count(pg_terminate_backend(g::int)) from generate_series(1, 10000) g")
	c.out.Flush()
	if n := out.Len(); n > 32<<10 {
		t.Errorf("notices of %d bytes", n)
	}
}

// Texts that are kept to be worked out later, and those that rows and names are pieces of, count with what a session makes.
func TestWhatIsKeptAsWrittenIsBounded(t *testing.T) {
	t.Parallel()
	c := local(serverOf(t))
	tokens := 0
	for i := range maxMade {
		for _, text := range []string{
			fmt.Sprintf("create table d%d (x int default 1%s)", i, strings.Repeat("+1", 600)),
			fmt.Sprintf("create view w%d as select 1%s", i, strings.Repeat("+1", 600)),
		} {
			if c.do(text).failed == nil {
				tokens += 1200
			}
		}
	}
	if tokens == 0 || tokens*tokenCost > maxBytes {
		t.Errorf("%d tokens are kept", tokens)
	}
}

// Clients that prepare much and fetch little, or sleep with full hands, are bounded together; what they give back others may have.
func TestWhatSessionsHoldIsBoundedTogether(t *testing.T) {
	t.Parallel()
	v := serverOf(t)
	extended := func(c *conn, messages ...pgproto3.FrontendMessage) (whole bool) {
		for _, m := range messages {
			if c.out = pgproto3.NewBackend(nil, io.Discard); !c.extended(m) {
				return false
			}
			c.settle(false)
		}
		return true
	}
	portal := func(c *conn, i int) bool {
		name := fmt.Sprint("p", i)
		return extended(c, &pgproto3.Parse{Query: "select repeat('x', 400000), g from generate_series(1, 3) g"}, &pgproto3.Bind{DestinationPortal: name}, &pgproto3.Execute{Portal: name, MaxRows: 1})
	}
	var all []*conn
	kept := 0
	for range 4 {
		c := local(v)
		all = append(all, c)
		for i := range maxNamed {
			if portal(c, i) {
				kept++
			}
		}
	}
	if kept == 0 || kept > 16 {
		t.Errorf("%d portals of a megabyte are kept", kept)
	}
	if o := local(v).do("select 1"); o.failed != nil {
		t.Errorf("a small question: %v", o.failed)
	}
	for _, c := range all {
		c.settle(true)
	}
	if left := v.reserved.Load(); left != 0 {
		t.Errorf("%d bytes are still reserved", left)
	}
	if !portal(local(v), 0) {
		t.Error("there is no room after all are gone")
	}

	// What has been sent is held no longer, in the middle of a query either.
	c := local(v)
	var out bytes.Buffer
	c.out = pgproto3.NewBackend(&out, &out)
	if c.simple(strings.Repeat("select repeat('x', 1000000);", 20)); strings.Contains(out.String(), "out of memory") || out.Len() < 20_000_000 {
		t.Errorf("%d bytes are sent", out.Len())
	}

	c = local(v)
	size := 0
	for i := range 2 * maxNamed {
		text := "select '" + strings.Repeat("x", 200<<10) + "'"
		extended(c, &pgproto3.Parse{Name: fmt.Sprint(i), Query: text}, &pgproto3.Bind{PreparedStatement: fmt.Sprint(i), DestinationPortal: fmt.Sprint(i)})
	}
	for _, s := range c.statements {
		size += len(s.text)
	}
	for _, o := range c.portals {
		size += len(o.later)
	}
	if size == 0 || size > maxPrepared {
		t.Errorf("statements and portals of %d bytes", size)
	}
}

// Sessions that go on at once don't see what the others have made, and none waits for ever.
func TestSessionsAtOnce(t *testing.T) {
	t.Parallel()
	v := serverOf(t)
	var sessions sync.WaitGroup
	for i := range 8 {
		sessions.Go(func() {
			c := local(v)
			var out bytes.Buffer
			c.out = pgproto3.NewBackend(&out, &out)
			defer c.settle(true)
			c.inTurn(func() {
				c.simple(fmt.Sprintf(`begin; create table mine (x text); insert into mine values ('of %d'); savepoint s; update mine set x = x || '!'; rollback to s;
					select pg_sleep(0.01), x, x ~ '^of' from mine; select count(*) from pg_attribute a join pg_class c on a.attrelid = c.oid; copy mine to program 'cat > /tmp/x'; copy mine from program 'cat /tmp/x'; select count(*) from mine; commit`, i))
			})
			if text := out.String(); !strings.Contains(text, fmt.Sprintf("of %d", i)) || strings.Contains(text, "SERROR") || strings.Count(text, "of ") != 1 {
				t.Errorf("%d: %.2000q", i, text)
			}
		})
	}
	sessions.Wait()
	if len(v.turns) != 0 || v.reserved.Load() != 0 {
		t.Errorf("%d turns are not given back, nor %d bytes", len(v.turns), v.reserved.Load())
	}
}
