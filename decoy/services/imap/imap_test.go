package imap

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
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

// both is an identity whose server offers both mechanisms, with a dot between folders.
func both(t testing.TB) control.Identity {
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool {
		p := mail.New(h).Product
		return p.Offers("LOGIN") && p.Divider == "."
	})
}

// talk sends each line after the answer to the one before, and returns the answers; one to a tag ends with the line that bears it.
func talk(t *testing.T, d *decoytest.Decky, port int, lines ...string) []string {
	t.Helper()
	conn := d.Dial(port)
	in := bufio.NewReader(conn)
	read := func(tag string) string {
		var all strings.Builder
		for {
			line, err := in.ReadString('\n')
			all.WriteString(line)
			if err != nil || tag == "" || strings.HasPrefix(line, tag+" ") || strings.HasPrefix(line, "+ ") || strings.HasPrefix(line, "* BAD") {
				return strings.TrimRight(all.String(), "\r\n")
			}
		}
	}
	answers := []string{read("")}
	tag := ""
	for _, line := range lines {
		if first, _, ok := strings.Cut(line, " "); ok {
			tag = first
		}
		io.WriteString(conn, line+"\r\n")
		answers = append(answers, read(tag))
	}
	return answers
}

// expect compares answers, after taking out how long the server claims to have taken.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	for i := range want {
		answer := ""
		if i < len(got) {
			answer = timing(got[i])
		}
		if strings.ReplaceAll(answer, "\r\n", "\n") != want[i] {
			t.Errorf("answer %d is\n%q\nwant\n%q", i, answer, want[i])
		}
	}
}

func timing(s string) string {
	head, rest, ok := strings.Cut(s, " (0.00")
	if !ok {
		return s
	}
	_, tail, _ := strings.Cut(rest, " secs)")
	return head + tail
}

func TestDovecotBeforeTheLogin(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "imap")
	const capability = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN AUTH=LOGIN"
	expect(t, talk(t, d, 143, "a CAPABILITY", "a LOGIN root {6}", "secret", "b NOOP", "b ID NIL", "b AUTHENTICATE FOO", "b AUTHENTICATE LOGIN", "Ym9zcw==", "U3VtbWVyIDIwMjYh", "c AUTHENTICATE PLAIN", "*",
		"c AUTHENTICATE PLAIN xx!", "c AUTHENTICATE PLAIN", "xx!", "c ENABLE CONDSTORE", "c FOO", "c SELECT INBOX", "c LOGIN x"),
		"* OK [CAPABILITY "+capability+"] Dovecot (Debian) ready.",
		"* CAPABILITY "+capability+"\na OK Pre-login capabilities listed, post-login capabilities have more.",
		"+ OK", "a NO [AUTHENTICATIONFAILED] Authentication failed.", "b OK NOOP completed.", "* ID (\"name\" \"Dovecot\")\nb OK ID completed.", "b NO [ALERT] Unsupported authentication mechanism.",
		"+ VXNlcm5hbWU6", "+ UGFzc3dvcmQ6", "b NO [AUTHENTICATIONFAILED] Authentication failed.", "+ ", "c BAD Authentication aborted by client.", "c BAD Invalid base64 data in initial response", "+ ", "c NO [ALERT] Invalid base64 in response",
		"* ENABLED\nc OK ENABLE ignored in non-authenticated state.",
		"c BAD Error in IMAP command received by server.", "c BAD Error in IMAP command received by server.", "* BYE Too many invalid IMAP commands.")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "secret"), decoytest.Has("scheme", "command"), decoytest.Has(event.Outcome, event.Rejected))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "boss"), decoytest.Has(event.Secret, "Summer 2026!"), decoytest.Has("scheme", "login"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "xx!"))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "LOGIN root"))
}

func TestDovecotsMailbox(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "imap")
	user, secret := weak(d.Host)
	box := mail.New(d.Host).Login(user, secret)
	inbox := box.Folders[0]
	n := len(inbox.Messages)
	first := inbox.Messages[0]
	got := talk(t, d, 143, `a LOGIN "`+user+`" `+secret, `a LIST "" "*"`, `a LIST "" ""`, "a FETCH 1 FLAGS", "a SELECT nowhere", "a EXAMINE inbox", "a UID FETCH 1:* (RFC822.SIZE)", "a FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]",
		"a FETCH 1 BODY[TEXT]<0.5>", "a FETCH 99 FLAGS", "a FETCH 1 NONSENSE", "a SEARCH SUBJECT \""+first.Field("Subject")+"\"", "a UID SEARCH NOT ALL", "a SELECT INBOX", `a STORE 1 +FLAGS (\Deleted)`, "a EXPUNGE",
		"a STATUS INBOX (MESSAGES UIDNEXT)", "a APPEND Sent {5}", "hello", "a IDLE", "DONE", "a FOO (", "a", "a LOGOUT")
	if !strings.HasPrefix(got[1], "a OK [CAPABILITY IMAP4rev1 SASL-IR ") || !strings.HasSuffix(got[1], " SPECIAL-USE] Logged in") {
		t.Errorf("the login is answered with %q", got[1])
	}
	if strings.Count(got[7], " FETCH (UID ") != n || !strings.Contains(got[6], fmt.Sprintf("* %d EXISTS", n)) {
		t.Errorf("the mailbox shows as\n%s\n%s", got[6], got[7])
	}
	expect(t, got[2:6], "* LIST (\\HasNoChildren \\Drafts) \".\" Drafts\n* LIST (\\HasNoChildren \\Sent) \".\" Sent\n* LIST (\\HasNoChildren \\Trash) \".\" Trash\n* LIST (\\HasNoChildren) \".\" INBOX\na OK List completed.",
		"* LIST (\\Noselect) \".\" \"\"\na OK List completed.", "a BAD No mailbox selected.", "a NO Mailbox doesn't exist: nowhere.")
	subject := "Subject: " + first.Field("Subject") + "\r\n\r\n"
	expect(t, got[8:13], fmt.Sprintf("* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {%d}\n%s)\na OK Fetch completed.", len(subject), strings.ReplaceAll(subject, "\r\n", "\n")),
		fmt.Sprintf("* 1 FETCH (BODY[TEXT]<0> {5}\n%s)\na OK Fetch completed.", first.Body()[:5]), "a BAD Error in IMAP command FETCH: Invalid messageset.", "a BAD Error in IMAP command FETCH: Unknown parameter: NONSENSE.",
		"* SEARCH 1\na OK Search completed.")
	expect(t, got[13:14], "* SEARCH\na OK Search completed.")
	expect(t, got[16:], "* 1 EXPUNGE\na OK Expunge completed.", fmt.Sprintf("* STATUS INBOX (MESSAGES %d UIDNEXT %d)\na OK [CLIENTBUG] Status on selected mailbox completed.", n-1, inbox.Next), "+ OK",
		fmt.Sprintf("a OK [APPENDUID %d 1] Append completed.", box.Folder("Sent").Validity), "+ idling", "a OK Idle completed.", "a BAD Error in IMAP command FOO: Unknown command.", "a BAD Error in IMAP command: Invalid command name.", "* BYE Logging out\na OK Logout completed.")
	d.Wait("mail", decoytest.Has("folder", "Sent"), decoytest.Has("content", "hello"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, user), decoytest.Has(event.Outcome, event.Accepted))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]"))
}

// weak returns a login that the decky lets in.
func weak(h *decoy.Host) (user, secret string) { return "admin", bait.Passwords(h, "mail", "admin")[0] }

// TestDovecotsSmallWords holds what clients meet beside the mail itself against what Dovecot 2.3.19 said to the same lines.
func TestDovecotsSmallWords(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "imap")
	user, secret := weak(d.Host)
	n := len(mail.New(d.Host).Login(user, secret).Folders[0].Messages)
	got := talk(t, d, 143, "a CAPABILITY", `a LOGIN "`+user+`" `+secret, "a SELECT INBOX", "a SELECT Sent", "a SELECT INBOX", "a SORT (REVERSE DATE) UTF-8 ALL", "a THREAD REFERENCES UTF-8 1", "a SORT ALL", "a FETCH", "a STORE 1", "a STATUS INBOX", "a CREATE",
		"a DELETE INBOX", `a XLIST "" Sent`, "a ENABLE", "a UID")
	if !strings.HasPrefix(got[2], "* CAPABILITY IMAP4rev1 ") || !strings.HasSuffix(got[2], "\na OK Logged in") {
		t.Errorf("who has asked for the capabilities is answered %q", got[2])
	}
	if first, again := got[3], got[5]; strings.Contains(first, "CLOSED") || !strings.HasPrefix(again, "* OK [CLOSED] Previous mailbox closed.\r\n* FLAGS ") {
		t.Errorf("a mailbox opens with %q, another with %q", first, again)
	}
	sorted := "* SORT"
	for i := range n {
		sorted += fmt.Sprint(" ", n-i)
	}
	expect(t, got[6:], sorted+"\na OK Sort completed.", "* THREAD (1)\na OK Thread completed.", "a BAD Error in IMAP command SORT: Missing or invalid arguments.", "a BAD Error in IMAP command FETCH: Invalid arguments.",
		"a BAD Error in IMAP command STORE: Invalid arguments.", "a BAD Error in IMAP command STATUS: Missing arguments.", "a BAD Error in IMAP command CREATE: Missing arguments.", "a NO INBOX can't be deleted.",
		"* LIST (\\HasNoChildren \\Sent) \".\" Sent\na OK List completed.", "a OK Enabled.", "a BAD Error in IMAP command: Invalid command name.")
}

func TestExchange(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windows(), "imap")
	user, secret := weak(d.Host)
	expect(t, talk(t, d, 143, "a CAPABILITY", "a SELECT INBOX", "a FOO", "a LOGIN x y", "a AUTHENTICATE PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+secret)), `a LIST "" *Items`, "a SELECT foo", "a LOGOUT"),
		"* OK The Microsoft Exchange IMAP4 service is ready.", "* CAPABILITY IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI AUTH=PLAIN STARTTLS UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+\na OK CAPABILITY completed.", "a BAD Command received in Invalid state.",
		"a BAD Command Error. 12", "a NO LOGIN failed.", "a OK AUTHENTICATE completed.", "* LIST (\\HasNoChildren) \"/\" \"Deleted Items\"\n* LIST (\\HasNoChildren) \"/\" \"Sent Items\"\na OK LIST completed.",
		"a NO foo doesn't exist.", "* BYE Microsoft Exchange Server IMAP4 server signing off.\na OK LOGOUT completed.")
}

func TestExchangeTellsByNTLMWhatMachineItIs(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windows(), "imap")
	user, secret := weak(d.Host)
	servicetest.NTLM(t, d, 143, "imap-ntlm-info", "imap://"+d.Address(143)+"/INBOX", user, secret)
	expect(t, talk(t, d, 143, "a AUTHENTICATE NTLM", "*", "a AUTHENTICATE NTLM", "AAAA", "a NOOP")[1:], "+ ", "a BAD The AUTH protocol exchange was canceled by the client.", "+ ", "a NO AUTHENTICATE failed.", "a OK NOOP completed.")
}

func TestCurlReadsMailOverTLS(t *testing.T) {
	t.Parallel()
	for _, id := range []control.Identity{both(t), windows()} {
		d := decoytest.StartAs(t, id, "imap")
		user, secret := weak(d.Host)
		want := strings.TrimSpace(mail.New(d.Host).Login(user, secret).Folders[0].Messages[0].Body())
		out, err := servicetest.Run(t, "", "curl", "-sk", "--ssl-reqd", "imap://"+d.Address(143)+"/INBOX;MAILINDEX=1", "-u", user+":"+secret)
		if err != nil || !strings.Contains(strings.ReplaceAll(out, "\r", ""), strings.ReplaceAll(want, "\r", "")) {
			t.Errorf("over STARTTLS curl shows, with %v,\n%s", err, out)
		}
		out, err = servicetest.Run(t, "", "curl", "-sk", "imaps://"+d.Address(993)+"/INBOX?ALL", "-u", user+":"+secret, "--login-options", "AUTH=PLAIN")
		if err != nil || !strings.HasPrefix(out, "* SEARCH 1 2 3") {
			t.Errorf("over TLS curl shows, with %v,\n%s", err, out)
		}
		d.Wait("tls", decoytest.Has(event.DstPort, "993"))
		d.Wait(event.AuthAttempt, decoytest.Has(event.DstPort, "993"), decoytest.Has(event.Outcome, event.Accepted))
	}
}

func TestPythonReadsMail(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "imap")
	user, secret := weak(d.Host)
	host, port, _ := net.SplitHostPort(d.Address(143))
	out, err := servicetest.Run(t, `
import imaplib, email, sys
host, port, user, secret = sys.argv[1:]
m = imaplib.IMAP4(host, int(port))
print(m.login(user, secret)[0])
print(m.list())
print(m.select("INBOX"))
for n in m.search(None, "ALL")[1][0].split():
    kind, data = m.fetch(n, "(UID FLAGS ENVELOPE BODYSTRUCTURE RFC822)")
    print(email.message_from_bytes(data[0][1])["subject"])
print(m.copy("1", "Trash"), m.close(), m.logout())
`, "python3", "-", host, port, user, secret)
	subject := mail.New(d.Host).Login(user, secret).Folders[0].Messages[1].Field("Subject")
	if err != nil || !strings.Contains(out, subject) || !strings.Contains(out, "BYE") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	ubuntu := decoytest.Identity()
	ubuntu.Distro = "ubuntu22"
	for want, id := range map[string]control.Identity{"Dovecot imapd": both(t), "Dovecot imapd (Ubuntu)": ubuntu, "Microsoft Exchange": windows()} {
		d := decoytest.StartAs(t, id, "imap")
		for _, port := range []int{143, 993} {
			if out := servicetest.Scan(t, d, port); !strings.Contains(out, want) {
				t.Errorf("want %s in\n%s", want, out)
			}
		}
	}
}

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 18, func(h *decoy.Host) string {
		v := mail.New(h)
		user, secret := weak(h)
		box := v.Login(user, secret)
		return fmt.Sprint(v.Product, secret, box.Folders[0].Validity, len(box.Folders[0].Messages), box.Folders[0].Messages[0].Raw)
	})
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "imap")
	servicetest.Garbage(t, d, 143, "a STARTTLS\r\n", "a AUTHENTICATE PLAIN ", "a LOGIN {99999}\r\n", "a LOGIN ((((((", "a LOGIN \"")
	servicetest.Recovers(t, func() bool { return strings.HasPrefix(talk(t, d, 143)[0], "* OK") })
}

func TestTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, both(t), "imap")
	conn := d.Dial(143)
	io.WriteString(conn, strings.Repeat("x", mail.MaxLine+10))
	if out, _ := io.ReadAll(conn); !strings.Contains(string(out), "* BYE Input buffer full, aborting") {
		t.Errorf("a long line is answered with %q", out)
	}
	expect(t, talk(t, d, 143, "a LOGIN {99999999}")[1:], "a BAD Error in IMAP command received by server.")
}

// bytesSource reads a command from bytes.
type bytesSource struct{ in *bufio.Reader }

func (s bytesSource) line() (string, error) {
	line, err := s.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func (s bytesSource) literal(n, keep int64, _ bool) ([]byte, error) {
	all, err := io.ReadAll(io.LimitReader(s.in, n))
	if err == nil && int64(len(all)) < n {
		err = io.ErrUnexpectedEOF
	}
	return all[:min(int64(len(all)), keep)], err
}

func FuzzCommand(f *testing.F) {
	for _, seed := range []string{"a LOGIN u p\r\n", "a FETCH 1:*,3 (FLAGS BODY.PEEK[HEADER.FIELDS (From)]<0.5>)\r\n", "a APPEND INBOX (\\Seen) {5}\r\nhello\r\n", "a SEARCH OR (NOT SEEN) FROM \"a\\\"b\"\r\n", "a LOGIN {1+}\r\nx {2}\r\nyz\r\n"} {
		f.Add([]byte(seed))
	}
	host, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	user, secret := weak(host)
	inbox := mail.New(host).Login(user, secret).Folders[0]
	f.Fuzz(func(t *testing.T, data []byte) {
		from := bytesSource{bufio.NewReader(bytes.NewReader(data))}
		for {
			cmd, err := readCommand(from, true)
			if err != nil && !errors.Is(err, errSyntax) {
				return
			}
			if len(cmd.raw) > maxRaw {
				t.Fatalf("%d bytes to record", len(cmd.raw))
			}
			parseSet(cmd.text(0))
			q := query{&client{folder: inbox}, inbox.Messages[0], 1, cmd.args}
			for ok := true; ok && len(q.keys) > 0; {
				_, ok = q.next(0)
			}
			for _, a := range cmd.args {
				if text, _, ok := itemOf(inbox.Messages[0], strings.ToUpper(a.text)); ok && len(text) > len(inbox.Messages[0].Raw)+len(a.text)+100 {
					t.Fatalf("%d bytes for %q", len(text), a.text)
				}
			}
		}
	})
}
