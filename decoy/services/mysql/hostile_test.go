package mysql

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/internal/spent"
)

// lone is a connection without a client, to a server of its own.
func lone(t *testing.T) (*conn, *shower) {
	t.Helper()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	to := &shower{}
	c := &conn{packets: packets{rw: to}, server: newServer(h), s: &decoy.Session{}, several: true}
	c.server.mariadb = true
	c.query("select count(*) from information_schema.columns") // the catalog is made once
	return c, to
}

// A prepared statement that runs itself has an end: a stack without one takes the whole decoy down.
func TestAPreparedStatementDoesNotRunItself(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"prepare s from 'set statement max_statement_time=1 for execute s'; execute s",
		"set @s = 'set statement max_statement_time=1 for execute immediate @s'; execute immediate @s",
		"prepare a from 'set statement x=1 for execute b'; prepare b from 'set statement x=1 for execute a'; execute a",
	} {
		c, _ := lone(t)
		c.query(text)
		if !bytes.Contains(c.out.Bytes(), []byte("recursive manner")) {
			t.Errorf("%s: %q", text, c.out.String())
		}
		c.out.Reset()
		c.query("prepare s from 'select 1'; execute s")
		if c.failed {
			t.Errorf("after %s: %q", text, c.out.String())
		}
	}
}

// Long texts that are looked through again and again cost what it takes to look through them.
func TestLongTextsCostWhatTheyTake(t *testing.T) { // beside no other test, whose memory would be counted
	long := strings.Repeat("a", 100<<10)
	const columns = "information_schema.columns"
	cross := " from " + columns + " a, " + columns + " b where "
	with := "with a as (select 1 x)"
	for i := range 200 {
		with += fmt.Sprintf(", c%d as (select p.x from %s p, %[2]s q)", i, map[bool]string{true: "a", false: fmt.Sprintf("c%d", i-1)}[i == 0])
	}
	c, to := lone(t)
	for _, text := range []string{
		"select count(*)" + cross + "char_length('" + long + "') = 1",
		"select count(*)" + cross + "reverse('" + long + "') = a.column_name",
		"select count(*)" + cross + "locate('b', '" + long + "') = 1",
		"select count(*)" + cross + "'" + long + "' like '%" + strings.Repeat("a", 50<<10) + "b'",
		"select count(*)" + cross + "'" + long + "' = '" + long + "b'",
		"select count(*)" + cross + "field('" + long + "', " + strings.Repeat("'b',", 1000) + "'c') = 1",
		"select count(*)" + cross + "'" + long + "' in (" + strings.Repeat("'b',", 1000) + "'c')",
		"select count(*)" + cross + "greatest('" + long + "', " + strings.Repeat("'b',", 1000) + "'c') = 1",
		"select count(*)" + cross + "length(compress(a.column_name)) = 1",
		"select count(*)" + cross + "json_extract('[" + strings.Repeat("1,", 50<<10) + "1]', '$[0]') = 2",
		"select count(*)" + cross + "a.column_name regexp '" + strings.Repeat("(?:x{1000})?", 60) + "'",
		"select count(*)" + cross + "a.column_name regexp '" + strings.Repeat("(?:x{300})?", 10) + "y'",
		"select count(*)" + cross + "a.column_name regexp concat(a.column_name, b.column_name, '(a|b)+')",
		"select a.column_name from " + columns + " a order by concat('', '" + long + "')",
		"select a.column_name from " + columns + " a order by '" + long + "'",
		"select distinct '" + long + "', column_name, table_name from " + columns,
		"select '" + long + "', column_name, table_name from " + columns + " except select '" + long + "', column_name, 1 from " + columns,
		"select min('" + long + "'), count(distinct '" + long + "', column_name) from " + columns,
		"select count(*) from (select '" + long + "' x, column_name from " + columns + ") a join (select '" + long + "' x from " + columns + ") b using (x)",
		"select count(*) from " + columns + " where '" + long + "' in (select '" + long + "b' from " + columns + ")",
		"explain " + with + " select * from c199",
		"select count(*)" + cross + "repeat('a', 1000000000) = a.column_name",
		"select count(*)" + cross + "replace('" + long + "', 'a', '" + long + "') = a.column_name",
		"select json_array(" + strings.Repeat("x,", 300) + "x) from (select '" + strings.Repeat("\x01", 200<<10) + "' x) t",
		"select json_object(" + strings.Repeat("x,", 300) + "x) from (select '" + strings.Repeat("\x01", 200<<10) + "' x) t",
		"select make_set(-1" + strings.Repeat(",x", 60) + ") from (select '" + strings.Repeat("y", 200<<10) + "' x) t",
		"select " + strings.Repeat("x,", 300) + "x from (select '" + strings.Repeat("y", 200<<10) + "' x) t",
		"select distinct " + strings.Repeat("x,", 150) + "x from (select '" + strings.Repeat("y", 200<<10) + "' x) t",
		"select group_concat(" + strings.Repeat("x,", 150) + "x) from (select '" + strings.Repeat("y", 200<<10) + "' x) t",
		"select group_concat(column_name separator '" + long + "') from " + columns,
		"select json_arrayagg(concat(x, column_name)) from " + columns + ", (select '" + strings.Repeat("\x01", 2<<10) + "' x) t",
		"select 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 into outfile '/tmp/x' fields terminated by '" + long + "'",
		"select " + strings.Repeat("'a',", 1900) + "1 into outfile '/tmp/y' fields terminated by '" + long + "'",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		to.all = 0
		took := spent.CPU(t, func() { c.query(text) })
		c.flush()
		runtime.ReadMemStats(&after)
		if to.all == 0 {
			t.Errorf("%.100s has no answer", text)
		}
		most := uint64(2 << 10) // over many rows, of which little is there at once
		if !strings.Contains(text, cross) {
			most = 64
		}
		if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > most || took > 8*time.Second {
			t.Errorf("%.100s … %.60s makes %d MB and takes %v", text, text[max(0, len(text)-60):], made, took)
		}
	}
}

// What sessions keep is bounded for all of them together, and a short text doesn't keep the long statement that it is from.
func TestSessionsKeepLittleTogether(t *testing.T) { // beside no other test, whose memory would be counted
	first, _ := lone(t)
	var all []*conn
	for range 60 {
		c := &conn{packets: packets{rw: &shower{}}, server: first.server, s: &decoy.Session{}}
		for i := range 70 {
			c.prepare(fmt.Sprintf("select %d /* %s */", i, strings.Repeat("x", 60<<10)))
			c.query(fmt.Sprintf("prepare p%d from '/* %s */ select 1'", i, strings.Repeat("x", 60<<10)))
			c.query(fmt.Sprintf("set @u%d = repeat('x', 16000)", i))
			c.longData(append(binary.LittleEndian.AppendUint32(nil, 1), strings.Repeat("x", 60<<10)...))
		}
		c.rest()
		all = append(all, c)
	}
	sum := 0
	for _, c := range all {
		sum += c.size()
		if c.size() > maxKept {
			t.Errorf("one keeps %d bytes", c.size())
		}
	}
	if sum > maxKeptAll+len(all)*keptAnyway || sum < maxKeptAll/2 {
		t.Errorf("they keep %d bytes", sum)
	}
	for _, c := range all {
		c.reset()
		c.rest()
	}
	if n := first.server.kept.Load(); n != 0 {
		t.Errorf("%d bytes are kept of sessions that keep nothing", n)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, c := range all {
		c.query("set @short = 'x', @@sql_mode = '' /* " + strings.Repeat("x", 200<<10) + " */")
		c.query("use information_schema /* " + strings.Repeat("x", 200<<10) + " */")
		c.query("prepare s from 'select 1' /* " + strings.Repeat("x", 200<<10) + " */")
		c.rest()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("short texts keep %d bytes", grown)
	}
	runtime.KeepAlive(all)
}

// Large packets that come slowly, or little that is unpacked to much, are of a few connections at a time.
func TestLargePacketsTakeTurns(t *testing.T) {
	t.Parallel()
	c, _ := lone(t)
	var loans []*loan
	for range 60 {
		l := &loan{from: c.server}
		if l.take(maxPacket) {
			loans = append(loans, l)
		}
	}
	if len(loans) != maxBorrowed/maxPacket {
		t.Errorf("%d have large packets at once", len(loans))
	}
	if small := (&loan{from: c.server}); !small.take(1000) {
		t.Error("a small packet is refused")
	}
	for _, l := range loans {
		l.repay()
		l.repay()
	}
	if n := c.server.borrowed.Load(); n != 0 {
		t.Errorf("%d bytes are lent to nobody", n)
	}
	// Of a connection, whatever it does with what comes in.
	big := append([]byte{0, 0, 3, 0}, make([]byte, 3<<16)...)
	p := packets{rw: bytes.NewBuffer(append(big, 1, 0, 0, 1, 7)), loan: loan{from: c.server}}
	for range 2 {
		if _, err := p.read(maxPacket); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.server.borrowed.Load(); n != 3<<16 {
		t.Errorf("%d bytes are lent", n)
	}
	if p.loan.repay(); c.server.borrowed.Load() != 0 {
		t.Error("not all is given back")
	}
}

// Who doesn't take an answer that there is no room to set aside has a moment for it, and not the turns of others.
func TestAnAnswerKeepsATurnForAMoment(t *testing.T) {
	t.Parallel()
	c, _ := lone(t)
	c.around = c.send
	var deadlines []time.Time
	c.writeBy = func(at time.Time) error {
		deadlines = append(deadlines, at)
		return nil
	}
	c.server.held.Store(maxHeld)
	c.query("select repeat(column_name, 100) from information_schema.columns")
	c.rest()
	if len(deadlines) != 2 || deadlines[0].IsZero() || time.Until(deadlines[0]) > maxHurry || !deadlines[1].IsZero() {
		t.Errorf("%v", deadlines)
	}
	if c.server.held.Load() != maxHeld || len(c.server.turns) != 0 {
		t.Error("something is not given back")
	}
}

// A date doesn't overwrite the parameters behind it.
func TestParametersBehindADate(t *testing.T) {
	t.Parallel()
	p := &prepared{marks: 3}
	packet := []byte{0, 1, typeDate, 0, typeTime, 0, typeVarstring, 0, 4, 0xe8, 0x07, 2, 3, 8, 0, 0, 0, 0, 0, 1, 2, 3, 5, 'h', 'e', 'l', 'l', 'o'}
	got, ok := p.values(&fields{rest: packet})
	if want := "[2024-02-03 01:02:03 hello]"; !ok || fmt.Sprint(got) != want {
		t.Errorf("%v, %v, want %v", got, ok, want)
	}
}

// What one address has written to a file another does not find, and its room is not taken by others.
func TestFilesAreOfWhoHasWrittenThem(t *testing.T) {
	t.Parallel()
	c, _ := lone(t)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	c.query("select 'x' into outfile '/tmp/one'")
	if _, ok := c.written("/tmp/one"); !ok {
		t.Fatalf("%q", c.out.String())
	}
	for _, other := range []netip.Addr{a, b} {
		c.server.outfiles.With(other, func(f *files) {
			if len(f.written) != 0 {
				t.Errorf("%v finds %v", other, f.written)
			}
		})
	}
	for i := range maxFiles {
		c.query(fmt.Sprintf("select repeat('x', 60000) into dumpfile '/tmp/f%d'", i))
	}
	c.server.outfiles.With(c.s.Peer().Addr(), func(f *files) {
		if f.bytes > maxFileBytes || len(f.written) < 3 {
			t.Errorf("%d files of %d bytes", len(f.written), f.bytes)
		}
	})
}

// Passwords in statements are recorded as such, whose they are and where.
func TestSecretsInStatements(t *testing.T) {
	t.Parallel()
	d, app, password := as(t, measured)
	w := enter(t, d, "root", password, app.Name, 0)
	w.query("CREATE USER 'eve'@'%' IDENTIFIED BY 's1'")
	w.query("ALTER USER 'bob'@'localhost' IDENTIFIED VIA mysql_native_password USING PASSWORD('s2')")
	w.query("GRANT ALL ON *.* TO 'mal'@'%' IDENTIFIED BY 's3' WITH GRANT OPTION")
	w.query("SET PASSWORD FOR 'root'@'localhost' = PASSWORD('s4')")
	w.query("CHANGE MASTER TO MASTER_HOST='192.0.2.7', MASTER_USER='repl', MASTER_PASSWORD='s5'")
	w.query("CREATE TABLE f (a int) ENGINE=FEDERATED CONNECTION='mysql://fed:s6@192.0.2.8:3306/db/t'")
	w.query("CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '192.0.2.9', USER 'srv', PASSWORD 's7')")
	for principal, secret := range map[string]string{"eve": "s1", "bob": "s2", "mal": "s3", "root": "s4"} {
		d.Wait("password_change", decoytest.Has(event.Principal, principal), decoytest.Has(event.Secret, secret))
	}
	d.Wait("outbound", decoytest.Has("target", "192.0.2.7"), decoytest.Has(event.Principal, "repl"), decoytest.Has(event.Secret, "s5"))
	d.Wait("outbound", decoytest.Has("target", "192.0.2.8:3306"), decoytest.Has(event.Principal, "fed"), decoytest.Has(event.Secret, "s6"))
	d.Wait("outbound", decoytest.Has("target", "192.0.2.9"), decoytest.Has(event.Principal, "srv"), decoytest.Has(event.Secret, "s7"))
}

// stream is what a client sends, without an end to what it takes.
type stream struct {
	io.Reader
	shower
}

func (s *stream) Read(p []byte) (int, error) { return s.Reader.Read(p) }

// Whatever commands a client sends that is logged in, in packets that are whole or not, compressed or not, there is no panic, and what was lent is given back.
func FuzzCommands(f *testing.F) {
	prepare := "\x16select ?, ?, concat(?, 'x') from mysql.user where user = ?"
	f.Add([]byte(prepare+"\xff\xfe\xfd\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\x0a\x00\x0b\x00\xfe\x00\xf6\x00\x04\xe8\x07\x02\x03\x08\x00\x00\x00\x00\x00\x01\x02\x03\x02ab\x031.5"), false)
	f.Add([]byte(prepare+"\xff\xfe\xfd\x18\x01\x00\x00\x00\x02\x00long\xff\xfe\xfd\x1a\x01\x00\x00\x00\xff\xfe\xfd\x1c\x01\x00\x00\x00\x01\x00\x00\x00\xff\xfe\xfd\x19\x01\x00\x00\x00"), true)
	f.Add([]byte("\x11root\x00\x14aaaa\x00\xff\xfe\xfd\x04users\x00%\xff\xfe\xfd\x1f\xff\xfe\xfd\x0e\xff\xfe\xfd\x1b\x00\x00\xff\xfe\xfd\x0c\x09\x00\x00\x00"), false)
	f.Add([]byte("\x03\x01\x01\x00\x01\xfd\x00\x01q\x03abcselect 1"), true)
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, data []byte, packed bool) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var sent bytes.Buffer
		w := packets{rw: &sent}
		for command := range bytes.SplitSeq(data, []byte("\xff\xfe\xfd")) {
			w.seq = 0
			w.put(command)
		}
		all := w.out.Bytes()
		rw := &stream{Reader: bytes.NewReader(all)}
		c := &conn{packets: packets{rw: rw, loan: loan{from: v}}, server: v, s: &decoy.Session{}, database: v.app.Name, ctx: ctx, capabilities: capPluginAuth | capAttributesOfQuery}
		if packed { // as they are: what is no piece is refused
			z := &compressed{rw: rw, loan: loan{from: v}}
			if len(data)%2 == 0 {
				var pieces bytes.Buffer
				out := &compressed{rw: &pieces}
				out.Write(all)
				rw.Reader = &pieces
			}
			c.rw = z
			defer func() {
				z.loan.repay()
				if v.borrowed.Load() != 0 {
					t.Fatal("something stays lent")
				}
			}()
		}
		for c.command() {
		}
		c.loan.repay()
		c.reset()
		c.rest()
		if v.kept.Load() != 0 || len(v.turns) != 0 || v.held.Load() != 0 {
			t.Fatal("something is not given back")
		}
	})
}
