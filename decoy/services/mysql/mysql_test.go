package mysql

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) {
	loginTime = time.Minute
	goleak.VerifyTestMain(m)
}

// identity returns one whose server is MariaDB or MySQL, as wanted, of that beginning of a version.
func identity(t *testing.T, mariadb bool, version string) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool {
		v := newServer(h)
		return v.mariadb == mariadb && strings.HasPrefix(v.version, version)
	})
}

func client(t *testing.T, d *decoytest.Decky, user, password, queries string, args ...string) (string, error) {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Address(3306))
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"--no-defaults", "-h", host, "-P", port, "-u", user, "--force", "--table"}
	if password != "" {
		all = append(all, "-p"+password)
	}
	return servicetest.Run(t, queries, "mysql", append(all, args...)...)
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
	for name, c := range map[string]struct {
		mariadb bool
		version string
		args    []string
	}{
		"MariaDB 10.11": {true, "10.11", nil}, "MariaDB 11": {true, "11", nil}, "MySQL 8": {false, "8", []string{"--skip-ssl"}}, "MySQL 8 with TLS": {false, "8", []string{"--ssl"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decoytest.StartAs(t, identity(t, c.mariadb, c.version), "mysql")
			app := bait.AppOf(d.Host)
			out, _ := client(t, d, app.Name, app.Secret, `SELECT @@version_comment, VERSION();
SHOW DATABASES;
SHOW DATABASES LIKE 'my%';
SELECT DATABASE(), USER();
SELECT * FROM users;
USE `+app.Name+`;
SHOW TABLES;
DESCRIBE users;
SHOW CREATE TABLE users\G
SELECT username, password_hash FROM users WHERE username = 'admin';
SELECT COUNT(*) AS n FROM orders;
SELECT table_name FROM information_schema.tables WHERE table_schema = '`+app.Name+`';
SELECT User, authentication_string FROM mysql.user;
SET NAMES utf8mb4;
SELEC 1;
SELECT * FROM nonesuch;
SELECT nonesuch FROM users;
SELECT nonesuch(1);
DROP DATABASE mysql;
SELECT 'x' INTO OUTFILE '/tmp/x';
USE nonesuch;
SELECT @@secure_file_priv, 1+1;
SHOW VARIABLES LIKE 'version%';
`, c.args...)
			v := newServer(d.Host)
			const outfile = "ERROR 1045 (28000) at line 20: Access denied for user" // without the privilege FILE
			contains(t, out, v.version, "| information_schema |", "| mysql ", "ERROR 1046 (3D000) at line 5: No database selected", "| users", "password_hash", "PRIMARY KEY", app.People[0].Hash, "| n ", "api_keys",
				"ERROR 1064 (42000) at line 15: You have an error in your SQL syntax; check the manual that corresponds to your ", "near 'SELEC 1' at line 1",
				"ERROR 1146 (42S02) at line 16: Table '"+app.Name+".nonesuch' doesn't exist", "ERROR 1054 (42S22)", "ERROR 1305 (42000)", "ERROR 1290 (HY000) at line 19", outfile, "ERROR 1049 (42000) at line 21: Unknown database 'nonesuch'",
				"| version_comment")
			for _, p := range app.People {
				if p.Role == "admin" && !strings.Contains(out, p.Login) {
					t.Errorf("%s isn't there:\n%s", p.Login, out)
				}
			}
			e := d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.Principal, app.Name), decoytest.Has(event.SecretKind, v.plugin))
			if salt, _ := e.Get("salt"); len(salt) != 40 {
				t.Errorf("the salt is %q", salt)
			}
			d.Wait("query", decoytest.Has(event.Command, "SELECT * FROM nonesuch"), decoytest.Has("database", app.Name))
		})
	}
}

func TestRealClientIsRefused(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, true, ""), "mysql")
	out, err := client(t, d, "root", "no such password", "SELECT 1")
	if err == nil {
		t.Error("let in")
	}
	contains(t, out, "ERROR 1045 (28000): Access denied for user 'root'@'127.0.0.1' (using password: YES)")
	out, _ = client(t, d, "guest", "", "SELECT 1")
	contains(t, out, "Access denied for user 'guest'@'127.0.0.1' (using password: NO)")
	e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.SecretKind, native), decoytest.Has(event.Outcome, event.Rejected))
	saltText, _ := e.Get("salt")
	salt, err := hex.DecodeString(saltText)
	if err != nil {
		t.Fatal(err)
	}
	if proof, _ := e.Get(event.Secret); proof != hex.EncodeToString(nativeProof("no such password", salt)) {
		t.Errorf("what is recorded doesn't prove the password: %v", e)
	}
}

// Over TLS a MySQL client sends the password itself when the server asks.
// MySQL 8 gets to see the password itself: over TLS as it is, and without TLS encrypted with a key of the server's.
func TestPlainPassword(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"--ssl", "--skip-ssl"} {
		t.Run(how, func(t *testing.T) {
			d := decoytest.StartAs(t, identity(t, false, "8"), "mysql")
			out, _ := client(t, d, "root", "sesame street", "SELECT 1", how)
			contains(t, out, "ERROR 1045 (28000): Access denied for user 'root'@")
			e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"))
			if kind, _ := e.Get(event.SecretKind); kind == "plaintext" {
				if secret, _ := e.Get(event.Secret); secret != "sesame street" {
					t.Error(e)
				}
			} else {
				t.Error(e)
			}
		})
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	versions := map[string]bool{}
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		versions[newServer(h).version] = true
		v := newServer(h)
		return fmt.Sprint(v.version, v.app.Secret, v.app.Tables, v.variables()["server_id"], v.variables()["server_uuid"])
	})
	if len(versions) < 3 {
		t.Errorf("only these versions: %v", versions)
	}
}

// greet reads the greeting without what is the server's version.
func greet(t *testing.T, d *decoytest.Decky) []byte {
	t.Helper()
	p := packets{rw: d.Dial(3306)}
	packet, err := p.read(maxPacket)
	if err != nil {
		t.Fatal(err)
	}
	return packet[bytes.IndexByte(packet, 0)+1:]
}

func TestSaltAndNumberAreNew(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "mysql")
	a, b := greet(t, d), greet(t, d)
	if bytes.Equal(a[4:12], b[4:12]) || bytes.Equal(a[:4], b[:4]) {
		t.Errorf("% x, % x", a, b)
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, false, "8"), "mysql")
	servicetest.Garbage(t, d, 3306, "\x40\x00\x00\x01\x85\xa6\x3f\x00", "\x40\x00\x00\x01\x85\xae\xff\x01")
}

func FuzzResponse(f *testing.F) {
	f.Add(append([]byte{0x85, 0xa6, 0xff, 0x01, 0, 0, 0, 1, 45}, append(make([]byte, 23), "root\x00\x03abcdb\x00mysql_native_password\x00\x05\x03_os\x01x"...)...), true)
	f.Fuzz(func(t *testing.T, data []byte, mariadb bool) {
		r, _ := parseResponse(data, mariadb)
		if len(r.user)+len(r.proof)+len(r.database) > len(data)+24 {
			t.Fatalf("%+v of %d bytes", r, len(data))
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("select @@version, user() from dual; show full tables from mysql like 'x%'")
	f.Add("describe mysql.user")
	f.Add("show create table")
	f.Add("with t as (select u.id, count(*) n from users u left join orders o on o.user_id = u.id group by u.id having n > 0) select t.*, case when n in (1, 2) then 'a' else (select max(id) from users) end from t union select 1, 'x', 2 order by 1 desc limit 3, 4")
	f.Add("select date_add(now(), interval -1 month), conv('ff', 16, -2), inet_ntoa(1), substring_index('a.b', '.', -1), lpad('a', 5, 'xy'), @a := @a + 1, format(1e10, 3), round(-1.55, 1), x'41' | b'1', truncate(9, -1)")
	f.Add("set @a = 0x73656c65637420313b, names utf8mb4, sql_mode = 'ANSI'; prepare s from @a; execute s using @a, @b; kill connection_id()")
	f.Add("select group_concat(distinct name order by value desc separator '|') from settings natural join settings s2 where name regexp '^s' and not exists (select 1) or value between 1 and 2 into outfile '/tmp/x'")
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, text string) {
		c := &conn{server: v, s: &decoy.Session{}, database: v.app.Name}
		c.query(text)
		if c.out.Len() == 0 {
			t.Fatal("no answer")
		}
	})
}

// The hundred and fifty-second connection hears what max_connections makes MySQL say.
func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, false, "8."), "mysql")
	for range maxConnections {
		if _, err := d.Dial(3306).Read(make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
	}
	out, err := client(t, d, "root", "", "SELECT 1")
	if err == nil || !strings.Contains(out, "1040") || !strings.Contains(out, "Too many connections") {
		t.Errorf("the client shows, with %v,\n%s", err, out)
	}
}

// sendRaw sends bytes after the greeting and returns the packet that answers, with its number before it.
func sendRaw(t *testing.T, d *decoytest.Decky, sent string) string {
	t.Helper()
	conn := d.Dial(3306)
	p := packets{rw: conn}
	if _, err := p.read(maxPacket); err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, sent)
	head := make([]byte, 4)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err.Error()
	}
	body := make([]byte, int(head[0])|int(head[1])<<8)
	if _, err := io.ReadFull(conn, body); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(head[3], " ", string(body[1:]))
}

// What the servers answer to who takes them for another, as MariaDB 10.11 and MySQL did.
func TestStrangersAreRefusedAsTheServersDo(t *testing.T) {
	t.Parallel()
	const (
		order = "1 \x84\x04#08S01Got packets out of order"
		proxy = "1 j\x04#HY000Proxy header is not accepted from 127.0.0.1"
		bad   = "2 \x13\x04#08S01Bad handshake"
	)
	zeros := strings.Repeat("\x00", 23)
	maria, mysql := decoytest.StartAs(t, identity(t, true, "10."), "mysql"), decoytest.StartAs(t, identity(t, false, "8"), "mysql")
	for sent, want := range map[string][2]string{
		"GET / HTTP/1.0\r\n\r\n":             {order, order},
		"\r\n\r\n":                           {proxy, order},
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2": {proxy, order},
		"\x03\x00\x00\x01abc":                {bad, bad},
		"\x20\x00\x00\x01\x8d\xae\x0f\x00\x00\x00\x00\x01\x2d" + zeros:                                         {bad, ""}, // TLS, which MariaDB has not
		"\x41\x00\x00\x01\x85\xa6\x0f\x00\x00\x00\x00\x01\x2d" + zeros + "root\x00\x05aaaaa" + native + "\x00": {bad, "2 \x15\x04#28000Access denied for user 'root'@'127.0.0.1' (using password: YES)"},
		"\x0b\x00\x00\x01\x85\x24\xff\xff\xffroot\x00\x00": {"2 \x15\x04Access denied for user 'root'@'127.0.0.1' (using password: NO)",
			"2 \xe3\x04Client does not support authentication protocol requested by server; consider upgrading MySQL client"},
	} {
		for i, d := range []*decoytest.Decky{maria, mysql} {
			if want[i] == "" {
				continue
			}
			if got := sendRaw(t, d, sent); got != want[i] {
				t.Errorf("%q gets %q, want %q", sent, got, want[i])
			}
		}
	}
	maria.Wait("protocol_error", decoytest.Has("data", "GET / HTTP/1.0\r\n\r\n"))
}

// A program that dumps all that it may read gets the rows.
func TestDumpOfAll(t *testing.T) {
	t.Parallel()
	for _, mariadb := range []bool{true, false} {
		d := decoytest.StartAs(t, identity(t, mariadb, ""), "mysql")
		app := bait.AppOf(d.Host)
		host, port, err := net.SplitHostPort(d.Address(3306))
		if err != nil {
			t.Fatal(err)
		}
		out, err := servicetest.Run(t, "", "mysqldump", "--no-defaults", "-h", host, "-P", port, "-u", app.Name, "-p"+app.Secret, "--skip-ssl", "--databases", app.Name)
		if err != nil {
			t.Errorf("mysqldump: %v", err)
		}
		contains(t, out, "CREATE DATABASE", "CREATE TABLE `users`", app.People[0].Hash, "Dump completed")
	}
}

func TestWhatProgramsAskAnAccountFor(t *testing.T) {
	t.Parallel()
	for _, mariadb := range []bool{true, false} {
		d := decoytest.StartAs(t, identity(t, mariadb, ""), "mysql")
		app, v := bait.AppOf(d.Host), newServer(d.Host)
		out, _ := client(t, d, app.Name, app.Secret, `SELECT sys_eval('id');
SELECT user, host FROM mysql.user WHERE Grant_priv = 'Y';
SELECT DISTINCT CONCAT(user, ':', authentication_string) FROM mysql.user WHERE authentication_string <> '';
SELECT concat(u.username, 0x3a, upper(role)) FROM `+app.Name+`.users u;
SELECT concat(nonesuch, 'x') FROM mysql.user;
SELECT * FROM mysql.func;
SELECT md5('a'), -1, (2), 8/2, 1=1, hex('k'), concat(upper('x'), 1+1), if(1=1,'yes','no'), substring(version(),1,1);
SELECT 0x414243;
SET GLOBAL nonesuch = 1;
KILL 99999999;
SELECT * FROM nodb.t;
-- nothing
SHOW GRANTS FOR nobody@'%';
SHOW VARIABLES LIKE 'innodb_buffer_pool_size';
SHOW VARIABLES LIKE 'bind_address';
SELECT @@log_bin, @@secure_file_priv;
SELECT user FROM mysql.user WHERE Super_priv = 'Y';
SHOW GRANTS;
EXPLAIN SELECT 1;
`, "--skip-ssl")
		contains(t, out, "FUNCTION sys_eval does not exist", "| root ", "| root:"+v.hash("root"), "| "+app.People[0].Login+":"+strings.ToUpper(app.People[0].Role), "ERROR 1054 (42S22)", "0cc175b9c0f1b6a831c399e269772661 | -1 |", "4.0000 |   1 | 6B ", "| X2 ", "| yes ", "| ABC ", "Unknown system variable 'nonesuch'", "Unknown thread id: 99999999",
			"There is no such grant defined for user 'nobody' on host '%'", "| innodb_buffer_pool_size | 134217728 |", map[bool]string{true: "| bind_address  | 0.0.0.0 |", false: "| bind_address  | *     |"}[mariadb],
			map[bool]string{true: "|         0 | NULL ", false: "|         0 | /var/lib/mysql-files/ "}[mariadb], "GRANT USAGE ON *.* TO `"+app.Name+"`@`%`", "No tables used", map[bool]string{true: "Table 'nodb.t' doesn't exist", false: "Unknown database 'nodb'"}[mariadb])
		if _, hasPassword := v.columnsOf("user")["Password"]; hasPassword != mariadb {
			t.Errorf("mysql.user has a column Password: %v", hasPassword)
		}
	}
}

// columnsOf are the columns of a table of the database mysql.
func (v *server) columnsOf(table string) map[string]bool {
	columns := map[string]bool{}
	for _, t := range v.tables("mysql") {
		if t.name == table {
			for _, c := range t.columns {
				columns[c.name] = true
			}
		}
	}
	return columns
}

// Several statements in one query are one mistake, or several answers where the client said that it takes them.
func TestSeveralStatements(t *testing.T) {
	t.Parallel()
	v := newServer(decoytest.StartAs(t, identity(t, true, "10."), "mysql").Host)
	ask := func(several bool, text string) string {
		c := &conn{server: v, s: &decoy.Session{}, several: several, capabilities: capDeprecateEOF}
		c.query(text)
		return c.out.String()
	}
	if got := ask(false, "SELECT 1; SELECT 2"); !strings.Contains(got, "near 'SELECT 2' at line 1") {
		t.Errorf("%q", got)
	}
	if got := ask(true, "SELECT 'one'; SELECT 'two'"); !strings.Contains(got, "\x03one") || !strings.Contains(got, "\x03two") || strings.Count(got, "\xfe\x00\x00\x0a") != 1 {
		t.Errorf("%q", got)
	}
}

// What a query makes for each row of the longest table is no way to have the decoy write without end.
func TestWhatAQueryMakesIsBounded(t *testing.T) {
	t.Parallel()
	v := newServer(decoytest.StartAs(t, identity(t, true, "10."), "mysql").Host)
	c := &conn{server: v, s: &decoy.Session{}}
	item := "concat(VARIABLE_NAME" + strings.Repeat(",@@optimizer_switch", 20) + ")"
	c.query("SELECT " + item + strings.Repeat(","+item, 40) + " FROM information_schema.GLOBAL_VARIABLES")
	if n := c.out.Len(); n > 2*maxMade || !strings.Contains(c.out.String(), "Out of memory") {
		t.Errorf("it answers with %d bytes", n)
	}
}
