package pop3

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/mail"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func windows() control.Identity {
	id := decoytest.Identity()
	id.OS = "windows_server"
	return id
}

// both is an identity whose server offers both mechanisms.
func both(t testing.TB) control.Identity {
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return mail.New(h).Product.Offers("LOGIN") })
}

// weak returns a login that the decky lets in, and what it opens.
func weak(h *decoy.Host) (user, secret string, inbox *mail.Folder) {
	user, secret = "admin", bait.Passwords(h, "mail", "admin")[0]
	return user, secret, mail.New(h).Login(user, secret).Folders[0]
}

// dialog sends all lines and returns what comes until the server ends the connection.
func dialog(t *testing.T, d *decoytest.Decky, port int, lines ...string) string {
	t.Helper()
	conn := d.Dial(port)
	io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n")
	out, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("reading the answers: %v", err)
	}
	return strings.ReplaceAll(string(out), "\r\n", "\n")
}

func expect(t *testing.T, got string, want ...string) {
	t.Helper()
	if all := strings.Join(want, "\n") + "\n"; got != all {
		t.Errorf("the answers are\n%s\nwant\n%s", got, all)
	}
}

func TestDovecotBeforeTheLogin(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "pop3")
	expect(t, dialog(t, d, 110, "CAPA", "STAT", "USER root", "PASS secret word", "PASS x", "AUTH", "AUTH PLAIN", "*", "AUTH LOGIN", "Ym9zcw==", "U3VtbWVyIDIwMjYh", "AUTH FOO", "AUTH PLAIN xx!", "APOP u abc", "USER", "PASS x", "PASS x", "QUIT"),
		"+OK Dovecot (Debian) ready.", "+OK\nCAPA\nTOP\nUIDL\nRESP-CODES\nPIPELINING\nAUTH-RESP-CODE\nSTLS\nUSER\nSASL PLAIN LOGIN\n.", "-ERR Unknown command.", "+OK", "-ERR [AUTH] Authentication failed.",
		"-ERR No username given.", "+OK\nPLAIN\nLOGIN\n.", "+ ", "-ERR Authentication aborted by client.", "+ VXNlcm5hbWU6", "+ UGFzc3dvcmQ6", "-ERR [AUTH] Authentication failed.",
		"-ERR [AUTH] Unsupported authentication mechanism.", "-ERR [AUTH] Invalid base64 data in initial response", "-ERR APOP not enabled.", "+OK", "-ERR [AUTH] Authentication failed.", "-ERR No username given.", "+OK Logging out")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "secret word"), decoytest.Has(event.Outcome, event.Rejected))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "boss"), decoytest.Has(event.Secret, "Summer 2026!"), decoytest.Has("scheme", "login"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "apop"), decoytest.Has(event.Secret, "abc"))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "PASS"))
	expect(t, dialog(t, d, 110, "GET / HTTP/1.0", "A", "B", "C"), "+OK Dovecot (Debian) ready.", "-ERR Unknown command.", "-ERR Unknown command.", "-ERR Unknown command.", "-ERR Too many invalid bad commands.")
}

func TestDovecotsMailbox(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "pop3")
	user, secret, inbox := weak(d.Host)
	count, size := len(inbox.Messages), 0
	var list, uids []string
	for i, m := range inbox.Messages {
		size += len(m.Raw)
		list = append(list, fmt.Sprintf("%d %d", i+1, len(m.Raw)))
		uids = append(uids, fmt.Sprintf("%d %08x%08x", i+1, m.UID, inbox.Validity))
	}
	first := inbox.Messages[0]
	text := strings.TrimSuffix(strings.ReplaceAll(first.Raw, "\r\n", "\n"), "\n")
	head := strings.ReplaceAll(first.Header(), "\r\n", "\n")
	line, _, _ := strings.Cut(first.Body(), "\r\n")
	expect(t, dialog(t, d, 110, "USER "+user, "PASS "+secret, "STAT", "LIST", "LIST 1", "LIST 99", "UIDL", "RETR 1", "TOP 1 1", "RETR x", "DELE 1", "RETR 1", "STAT", "RSET", "NOOP", "LAST", "QUIT"),
		"+OK Dovecot (Debian) ready.", "+OK", "+OK Logged in.", fmt.Sprintf("+OK %d %d", count, size), fmt.Sprintf("+OK %d messages:", count), strings.Join(list, "\n"), ".", "+OK "+list[0],
		"-ERR There's no message 99.", "+OK", strings.Join(uids, "\n"), ".", fmt.Sprintf("+OK %d octets", len(first.Raw)), text, ".", "+OK", head+line, ".", "-ERR Invalid message number: x",
		"+OK Marked to be deleted.", "-ERR Message is deleted.", fmt.Sprintf("+OK %d %d", count-1, size-len(first.Raw)), "+OK", "+OK", "-ERR Unknown command: LAST", "+OK Logging out.")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, user), decoytest.Has(event.Outcome, event.Accepted))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "RETR 1"))
}

func TestExchange(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windows(), "pop3")
	user, secret, inbox := weak(d.Host)
	expect(t, dialog(t, d, 110, "CAPA", "STAT", "FOO", "USER x", "PASS y", "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+secret)), "UIDL 1", "RETR 99", "QUIT"),
		"+OK The Microsoft Exchange POP3 service is ready.", "+OK\nTOP\nUIDL\nSASL NTLM GSSAPI PLAIN\nUSER\nSTLS\n.", "-ERR Command is not valid in this state.", "-ERR Protocol error. 14", "+OK",
		"-ERR Logon failure: unknown user name or bad password.", "+OK User successfully logged on.", fmt.Sprintf("+OK 1 %d", inbox.Messages[0].UID), "-ERR The requested message doesn't exist.",
		"+OK Microsoft Exchange Server POP3 server signing off.")
}

func TestExchangeTellsByNTLMWhatMachineItIs(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windows(), "pop3")
	user, secret, _ := weak(d.Host)
	servicetest.NTLM(t, d, 110, "pop3-ntlm-info", "pop3://"+d.Address(110)+"/1", user, secret)
}

func TestCurlFetchesMailOverTLS(t *testing.T) {
	t.Parallel()
	for _, id := range []control.Identity{both(t), windows()} {
		d := decoytest.StartAs(t, id, "pop3")
		user, secret, inbox := weak(d.Host)
		for _, url := range []string{"pop3://" + d.Address(110) + "/1", "pop3s://" + d.Address(995) + "/1"} {
			out, err := servicetest.Run(t, "", "curl", "-sk", "--ssl-reqd", url, "-u", user+":"+secret)
			if err != nil || out != inbox.Messages[0].Raw {
				t.Errorf("curl shows for %s, with %v,\n%s", url, err, out)
			}
		}
		d.Wait("tls", decoytest.Has(event.DstPort, "110"))
		d.Wait("tls", decoytest.Has(event.DstPort, "995"))
	}
}

func TestFetchmail(t *testing.T) {
	d := decoytest.StartAs(t, both(t), "pop3")
	user, secret, inbox := weak(d.Host)
	host, port, _ := net.SplitHostPort(d.Address(110))
	t.Setenv("HOME", t.TempDir())
	out, _ := servicetest.Run(t, "", "sh", "-c", fmt.Sprintf(`umask 077; cd "$HOME"; printf 'poll %s service %s protocol pop3 auth password user "%s" password "%s" sslproto "" mda "cat >>got"\n' >rc; fetchmail --pidfile pid -f rc -k; cat got`, host, port, user, secret))
	for _, m := range inbox.Messages {
		if !strings.Contains(out, m.Field("Message-ID")) {
			t.Errorf("fetchmail has not fetched %s:\n%s", m.Field("Message-ID"), out)
		}
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	for want, id := range map[string]control.Identity{"Dovecot pop3d": both(t), "Microsoft Exchange": windows()} {
		d := decoytest.StartAs(t, id, "pop3")
		for _, port := range []int{110, 995} {
			if out := servicetest.Scan(t, d, port); !strings.Contains(out, want) {
				t.Errorf("want %s in\n%s", want, out)
			}
		}
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "pop3")
	servicetest.Garbage(t, d, 110, "STLS\r\n", "AUTH PLAIN ", "AUTH LOGIN\r\n", "USER a\r\nPASS ")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(110))
		if err != nil {
			return false
		}
		defer conn.Close()
		line, _ := bufio.NewReader(conn).ReadString('\n')
		return strings.HasPrefix(line, "+OK")
	})
}

func TestALongLineEndsTheTalk(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "pop3")
	conn := d.Dial(110)
	io.WriteString(conn, strings.Repeat("x", mail.MaxLine))
	if out, _ := io.ReadAll(conn); !strings.HasSuffix(string(out), "-ERR Input buffer full, aborting\r\n") {
		t.Errorf("a long line is answered with %q", out)
	}
}

// FuzzTalk sends commands to an open mailbox: whatever they are, the decoy reads them all and has the last word.
func FuzzTalk(f *testing.F) {
	for _, seed := range []string{"CAPA\r\nSTAT", "TOP 1 99\r\nRETR 1", "LIST -1\r\nUIDL 0\r\nDELE 1\r\nDELE 1\r\nSTAT", "TOP 1 -1\nRSET\nLAST", "RETR 99999999999999999999", "\x00\r\n \r\n"} {
		f.Add(seed)
	}
	d := decoytest.StartAs(f, both(f), "pop3")
	address := d.Address(110)
	user, secret, _ := weak(d.Host)
	f.Fuzz(func(t *testing.T, commands string) {
		if len(commands) > 4096 {
			return
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "USER "+user+"\r\nPASS "+secret+"\r\n"+commands+"\r\nQUIT\r\n")
		out, err := io.ReadAll(conn)
		if errors.Is(err, syscall.ECONNRESET) {
			return // it ended before all was read, as commands may want
		}
		last := string(out[bytes.LastIndexByte(bytes.TrimRight(out, "\r\n"), '\n')+1:])
		if err != nil || last != "+OK Logging out.\r\n" && last != "-ERR Too many invalid bad commands.\r\n" {
			t.Errorf("it ends with %q, %v", last, err)
		}
	})
}

func TestTheSecretOfALongLineIsNotShown(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "pop3")
	io.WriteString(d.Dial(110), "PASS hunter2"+strings.Repeat("x", mail.MaxLine))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "PASS"), decoytest.Has("data", "hunter2"+strings.Repeat("x", maxArgument-len("PASS hunter2"))))
}
