package smtp

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/mail"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/windows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// such returns an identity, made from base, whose server fulfils the condition.
func such(t testing.TB, base control.Identity, holds func(*server) bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, base, func(h *decoy.Host) bool { return holds(newServer(h, "smtp")) })
}

func isPostfix(v *server) bool { return strings.Contains(v.product.banner, "Postfix") }
func isExim(v *server) bool    { return strings.Contains(v.product.banner, "Exim") }

// run runs a real client and returns what it prints.
func run(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	out, _ := servicetest.Run(t, stdin, name, args...) // a refused message is a failure of the client's
	return out
}

// talk sends each line after the reply to the one before, and returns the replies.
func talk(t *testing.T, d *decoytest.Decky, port int, lines ...string) []string {
	t.Helper()
	conn := d.Dial(port)
	in := bufio.NewReader(conn)
	read := func() string {
		var all []string
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return err.Error()
			}
			all = append(all, strings.TrimRight(line, "\r\n"))
			if len(line) > 3 && line[3] == ' ' {
				return strings.Join(all, "\n")
			}
		}
	}
	replies := []string{read()}
	for _, line := range lines {
		io.WriteString(conn, line+"\r\n")
		replies = append(replies, read())
	}
	return replies
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("reply %d of %q\nwant %q", i, got, want[i])
			return
		}
	}
}

func TestSwaksLogsInOverTLS(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"LOGIN", "PLAIN"} {
		d := decoytest.StartAs(t, such(t, decoytest.Identity(), isPostfix), "smtp")
		host, port, _ := net.SplitHostPort(d.Address(587))
		out := run(t, "", "swaks", "--server", host, "--port", port, "-tls", "--auth", mechanism, "--auth-user", "boss@example.org", "--auth-password", "Summer 2026!", "--to", "a@example.org", "--from", "b@example.org", "--helo", "bot")
		if !strings.Contains(out, "TLS started") || !strings.Contains(out, "535 5.7.8 Error: authentication failed") {
			t.Errorf("swaks shows\n%s", out)
		}
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "boss@example.org"), decoytest.Has(event.Secret, "Summer 2026!"), decoytest.Has("scheme", strings.ToLower(mechanism)))
		d.Wait("tls", decoytest.Has("tls_version", "TLS 1.3"))
		d.Wait(event.CommandRun, decoytest.Has(event.Command, "EHLO bot"), decoytest.Has(event.DstPort, "587"))
	}
}

func TestSwaksDeliversAndRelays(t *testing.T) {
	t.Parallel()
	strict := decoytest.StartAs(t, such(t, decoytest.Identity(), func(v *server) bool { return isPostfix(v) && !v.open }), "smtp")
	host, port, _ := net.SplitHostPort(strict.Address(25))
	out := run(t, "", "swaks", "--server", host, "--port", port, "--to", "victim@example.org", "--from", "b@example.org", "--helo", "bot")
	if !strings.Contains(out, "454 4.7.1 <victim@example.org>: Relay access denied") {
		t.Errorf("swaks shows\n%s", out)
	}
	strict.Wait("recipient", decoytest.Has("to", "victim@example.org"), decoytest.Has(event.Outcome, event.Rejected))
	out = run(t, "", "swaks", "--server", host, "--port", port, "--to", "root@"+strict.Host.Hostname, "--from", "b@example.org", "--helo", "bot", "--header", "Subject: lure", "--body", "line\n.dot\n")
	if !strings.Contains(out, "250 2.0.0 Ok: queued as ") {
		t.Errorf("swaks shows\n%s", out)
	}
	strict.Wait("mail", decoytest.Has("subject", "lure"), decoytest.Has("from", "b@example.org"), func(e event.Event) bool {
		content, _ := e.Get("content")
		return strings.Contains(content, "line\r\n.dot\r\n")
	})
	open := decoytest.StartAs(t, such(t, decoytest.Identity(), func(v *server) bool { return v.open }), "smtp")
	host, port, _ = net.SplitHostPort(open.Address(25))
	run(t, "", "swaks", "--server", host, "--port", port, "--to", "victim@example.org", "--from", "b@example.org", "--helo", "bot")
	open.Wait("mail", decoytest.Has("to", "victim@example.org"), decoytest.Has(event.Outcome, event.Accepted))
}

func TestStartTLSOfOpenSSL(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "smtp")
	out := run(t, "EHLO x\r\nQUIT\r\n", "openssl", "s_client", "-connect", d.Address(25), "-starttls", "smtp", "-quiet", "-crlf")
	if !strings.Contains(out, "CN = "+d.Host.Hostname) || strings.Contains(out, "250-STARTTLS") {
		t.Errorf("the client shows\n%s", out)
	}
}

func TestPostfix(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.Distro = "ubuntu22"
	d := decoytest.StartAs(t, such(t, id, func(v *server) bool { return isPostfix(v) && !v.open && v.product.size == 10240000 }), "smtp")
	expect(t, talk(t, d, 25, "EHLO a", "MAIL FROM <x>", "RCPT TO:<a@b>", "MAIL FROM:<x@y> SIZE=99999999", "MAIL FROM:<x@y>", "MAIL FROM:<x@y>", "DATA", "RCPT TO:<nobody@"+d.Host.Hostname+">", "VRFY root", "EXPN root",
		"AUTH PLAIN AHUAcA==", "RSET", "AUTH CRAM-MD5", "AUTH LOGIN "+base64.StdEncoding.EncodeToString([]byte("u")), "*", "NOOP", "RSET", "HELO", "QUIT")[1:],
		"250-"+d.Host.Hostname+"\n250-PIPELINING\n250-SIZE 10240000\n250-VRFY\n250-ETRN\n250-STARTTLS\n250-AUTH PLAIN LOGIN\n250-ENHANCEDSTATUSCODES\n250-8BITMIME\n250-DSN\n250-SMTPUTF8\n250 CHUNKING",
		"501 5.5.4 Syntax: MAIL FROM:<address>", "503 5.5.1 Error: need MAIL command", "552 5.3.4 Message size exceeds fixed limit", "250 2.1.0 Ok", "503 5.5.1 Error: nested MAIL command",
		"554 5.5.1 Error: no valid recipients", "550 5.1.1 <nobody@"+d.Host.Hostname+">: Recipient address rejected: User unknown in local recipient table", "252 2.0.0 root",
		"500 5.5.2 Error: command not recognized", "503 5.5.1 Error: MAIL transaction in progress", "250 2.0.0 Ok", "535 5.7.8 Error: authentication failed: Invalid authentication mechanism", "334 UGFzc3dvcmQ6", "501 5.7.0 Authentication aborted", "250 2.0.0 Ok", "250 2.0.0 Ok",
		"501 Syntax: HELO hostname", "221 2.0.0 Bye")
	expect(t, talk(t, d, 25, "GET / HTTP/1.0")[1:], "221 2.7.0 Error: I can break rules, too. Goodbye.")
	expect(t, talk(t, d, 587, "MAIL FROM:<x@y>", "RCPT TO:<root@"+d.Host.Hostname+">")[2:], "554 5.7.1 <unknown[127.0.0.1]>: Client host rejected: Access denied")
}

func TestExim(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, decoytest.Identity(), func(v *server) bool { return isExim(v) && !v.open }), "smtp")
	got := talk(t, d, 25, "EHLO a", "RCPT TO:<a@b>", "MAIL FROM:<x@y>", "RCPT TO:<a@b.example>", "RSET", "RCPT TO:<a@c.example>", "A", "B", "C")
	if !strings.HasPrefix(got[0], "220 "+d.Host.Hostname+" ESMTP Exim 4.") || !strings.HasPrefix(got[1], "250-"+d.Host.Hostname+" Hello a [127.0.0.1]\n250-SIZE ") || !strings.HasSuffix(got[1], "\n250-PRDR\n250 HELP") {
		t.Errorf("it begins with %q", got[:2])
	}
	expect(t, got[2:], "503 sender not yet given", "250 OK", "550 relay not permitted", "250 Reset OK", "503 sender not yet given", "500 unrecognized command", "500-unrecognized command\n500 Too many syntax or protocol errors")
}

// chosen returns an identity with a setting of smtp.
func chosen(key, value string) control.Identity {
	id := decoytest.Identity()
	id.Settings = map[string]map[string]string{"smtp": {key: value}, "smtp_relay": {"mta": "postfix"}} // the relay's are not this one's
	return id
}

// The words are those of Debian's own Sendmail 8.17.1.
func TestSendmail(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, chosen("mta", "sendmail"), func(v *server) bool { return !v.open && v.product.size > 1<<40 }), "smtp")
	host := d.Host.Hostname
	got := talk(t, d, 25, "HELO", "MAIL FROM:<a@b.example>", "EHLO bot", "MAIL FROM <x>", "RCPT TO:<a@b>", "DATA", "MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>", "DATA", "RCPT TO:<victim@c.example>",
		"RCPT TO:<nobody@"+host+">", "RCPT TO:<root@"+host+">", "DATA", "Subject: x\r\n\r\nhi\r\n.", "VRFY root", "VRFY nobody", "EXPN root", "VRFY", "FOO  bar", "BDAT 5", "GET / HTTP/1.0", "ETRN b.example", "NOOP", "RSET", "QUIT")
	if !strings.HasPrefix(got[0], "220 "+host+" ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2+deb12u2; ") || !strings.HasSuffix(got[0], " GMT; (No UCE/UBE) logging access from: [127.0.0.1](FAIL)-[127.0.0.1]") {
		t.Errorf("it greets with %q", got[0])
	}
	if !regexp.MustCompile(`^250 2\.0\.0 [0-9A-Za-z]{8}[0-9]{6} Message accepted for delivery$`).MatchString(got[14]) {
		t.Errorf("a message gets %q", got[14])
	}
	expect(t, got[1:14], "501 5.0.0 HELO requires domain address", "503 5.0.0 Polite people say HELO first",
		"250-"+host+" Hello [127.0.0.1], pleased to meet you\n250-ENHANCEDSTATUSCODES\n250-PIPELINING\n250-EXPN\n250-VERB\n250-8BITMIME\n250-SIZE\n250-DSN\n250-ETRN\n250-AUTH LOGIN PLAIN\n250-STARTTLS\n250-DELIVERBY\n250 HELP",
		`501 5.5.2 Syntax error in parameters scanning "FROM"`, "503 5.0.0 Need MAIL before RCPT", "503 5.0.0 Need MAIL command", "250 2.1.0 <a@b.example>... Sender ok", "503 5.5.0 Sender already specified",
		"503 5.0.0 Need RCPT (recipient)", "550 5.7.1 <victim@c.example>... Relaying denied", "550 5.1.1 <nobody@"+host+">... User unknown", "250 2.1.5 <root@"+host+">... Recipient ok",
		"354 End data with <CR><LF>.<CR><LF>")
	expect(t, got[15:], "250 2.1.5 root <root@"+host+">", "550 5.1.1 nobody... User unknown", "250 2.1.5 root <root@"+host+">", "501 5.5.2 Argument required", `500 5.5.1 Command unrecognized: "FOO  bar"`,
		`500 5.5.1 Command unrecognized: "BDAT 5"`, `500 5.5.1 Command unrecognized: "GET / HTTP/1.0"`, "250 2.0.0 Queuing for node b.example started", "250 2.0.0 OK", "250 2.0.0 Reset state",
		"221 2.0.0 "+host+" closing connection")
	expect(t, talk(t, d, 25, "GET / HTTP/1.0")[1:], "421 4.7.0 "+host+" Rejecting open proxy [127.0.0.1]")
}

func TestTheServerMayBeChosen(t *testing.T) {
	t.Parallel()
	windows := chosen("mta", "postfix")
	windows.OS = "windows_server"
	braces := "ESMTP Exim 4.92 {host} {helo}"
	for _, c := range []struct {
		id             control.Identity
		banner, answer string // to what no server knows
	}{
		{chosen("mta", "exim"), " ESMTP Exim 4.96 ", "500 unrecognized command"},
		{chosen("mta", "postfix"), " ESMTP Postfix", "500 5.5.2 Error: command not recognized"},
		{windows, " ESMTP Postfix", "500 5.5.2 Error: command not recognized"},
		{chosen("banner", "ESMTP Sendmail 8.14.4/8.14.4"), " ESMTP Sendmail 8.14.4/8.14.4", `500 5.5.1 Command unrecognized: "X"`},
		{chosen("banner", braces), " " + braces, "500 unrecognized command"},
	} {
		got := talk(t, decoytest.StartAs(t, c.id, "smtp"), 25, "X")
		if !strings.Contains(got[0], c.banner) || got[1] != c.answer {
			t.Errorf("with %v: %q", c.id.Settings["smtp"], got)
		}
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.OS = "windows_server"
	d := decoytest.StartAs(t, such(t, id, func(v *server) bool { return !v.open }), "smtp")
	name := windows.MachineOf(d.Host).DNSName // as its other services say
	got := talk(t, d, 25, "HELO a", "FOO", "MAIL FROM:<x@y>", "RCPT TO:<a@b.example>", "QUIT")
	if !strings.HasPrefix(got[0], "220 "+name+" Microsoft ESMTP MAIL Service ready at ") {
		t.Errorf("it begins with %q", got[0])
	}
	expect(t, got[1:], "250 "+name+" Hello [127.0.0.1]", "500 5.3.3 Unrecognized command 'FOO'", "250 2.1.0 Sender OK", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
		"221 2.0.0 Service closing transmission channel")
}

func TestExchangeTellsByNTLMWhatMachineItIs(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.OS = "windows_server"
	d := decoytest.StartAs(t, such(t, id, func(v *server) bool { return v.user != "" }), "smtp")
	v := newServer(d.Host, "smtp")
	letter := filepath.Join(t.TempDir(), "letter")
	if err := os.WriteFile(letter, []byte("Subject: x\r\n\r\nhi\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	servicetest.NTLM(t, d, 25, "smtp-ntlm-info", "smtp://"+d.Address(25), v.user, v.secret, "--mail-from", "a@b.example", "--mail-rcpt", "v@example.org", "-T", letter)
	got := talk(t, d, 25, "EHLO a", "AUTH NTLM", "*", "AUTH NTLM AAAA", "X-EXPS GSSAPI", "*", "NOOP")
	if !strings.Contains(got[1], "\n250-AUTH NTLM LOGIN\n250-X-EXPS GSSAPI NTLM\n") {
		t.Errorf("it offers %q", got[1])
	}
	expect(t, got[2:], "334 NTLM supported", "501 5.7.0 Authentication aborted", "535 5.7.3 Authentication unsuccessful", "334 GSSAPI supported", "501 5.7.0 Authentication aborted", "250 2.0.0 OK")
	expect(t, talk(t, decoytest.StartAs(t, chosen("mta", "exim"), "smtp"), 25, "EHLO a", "AUTH NTLM", "X-EXPS NTLM")[2:], "504 NTLM authentication mechanism not supported", "500 unrecognized command")
}

// TestProductsRefuseInTheirOwnWay holds what a relay test, a search for users and a scanner meet against what Debian's servers said to the same lines.
func TestProductsRefuseInTheirOwnWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mta         string
		lines, want []string
	}{
		{"exim", []string{"MAIL FROM:<a@b.example>", "EHLO a", "VRFY root", "MAIL FROM:<root>", "MAIL FROM:<a@b.example>", "RCPT TO:<a@c.example>", "RCPT TO:<a@c.example>", "RCPT TO:<a@c.example>", "RCPT TO:<a@c.example>", "RCPT TO:<a@c.example>", "RCPT TO:<x@[127.0.0.1]>"},
			[]string{"503 HELO or EHLO required", "", "501 root: recipient address must contain a domain", "501 <root>: sender address must contain a domain", "250 OK", "550 relay not permitted", "550 relay not permitted", "550 relay not permitted",
				"550 relay not permitted", "550 relay not permitted", "501-<x@[127.0.0.1]>: domain literals not allowed\n501 Too many syntax or protocol errors"}},
		{"exim", []string{"EHLO a", "MAIL FROM:", "MAIL"}, []string{"", "501 MAIL must have an address operand", "500 unrecognized command"}},
		{"exim", []string{"EHLO a_b", "HELO a", "AUTH PLAIN AHUAcA==", "STARTTLS", "ETRN x"},
			[]string{"501 Syntactically invalid EHLO argument(s)", "", "503 AUTH command used when not advertised", "503 STARTTLS command used when not advertised", "458 Administrative prohibition"}},
		{"exim", []string{"EHLO a", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP"},
			[]string{"", "250 OK", "250 OK", "250 OK", "250 OK", "250 OK", "250 OK", "250 OK", "250 OK", "250 OK", "250 OK", "554 Too many nonmail commands"}},
		{"exim", []string{"EHLO a", "MAIL FROM:<a@b.example>", "AUTH PLAIN AHUAcA==", "RSET", "AUTH PLAIN !", "A\r\nB"},
			[]string{"", "250 OK", "503 not permitted in mail transaction", "250 Reset OK", "501 Invalid base64 data", "554 SMTP synchronization error"}},
		{"postfix", []string{"DATA", "ETRN x", "ETRN", "VRFY", "RSET x", "", " NOOP", "XCLIENT x", "MAIL FROM:<a@b", "MAIL FROM:<a@b> FOO=bar", "Host: x"},
			[]string{"503 5.5.1 Error: need RCPT command", "459 <x>: service unavailable", "500 Syntax: ETRN domain", "501 5.5.4 Syntax: VRFY address [SMTPUTF8]", "501 5.5.4 Syntax: RSET", "500 5.5.2 Error: bad syntax", "250 2.0.0 Ok",
				"550 5.7.0 Error: insufficient authorization", "501 5.1.7 Bad sender address syntax", "555 5.5.4 Unsupported option: FOO=bar", "221 2.7.0 Error: I can break rules, too. Goodbye."}},
		{"postfix", []string{"EHLO a", "AUTH", "AUTH PLAIN AHUAcA==", "AUTH PLAIN !", "MAIL FROM:<a@b.example>", "RCPT TO:<x%c.example@{host}>", "RCPT TO:<postmaster+x@{host}>", "BDAT x"},
			[]string{"", "501 5.5.4 Syntax: AUTH mechanism", "535 5.7.8 Error: authentication failed: (reason unavailable)", "535 5.7.8 Error: authentication failed: Invalid base64 data in initial response", "250 2.1.0 Ok",
				"454 4.7.1 <x%c.example@{host}>: Relay access denied", "250 2.1.5 Ok", "521 5.5.4 Syntax: BDAT count [LAST]"}},
		{"sendmail", []string{"EHLO a", "MAIL FROM:<a@b.example>", "AUTH PLAIN AHUAcA=="}, []string{"", "", "503 5.5.0 AUTH not permitted during a mail transaction"}},
		{"sendmail", []string{"VRFY root", "EXPN", "HELO a b", "TURN", "VERB", "ETRN", "STARTTLS x"},
			[]string{"503 5.0.0 I demand that you introduce yourself first", "503 5.0.0 I demand that you introduce yourself first", "501 5.0.0 Invalid domain name", `502 5.5.1 Command not implemented: "TURN"`, "250 2.0.0 Verbose mode", "500 5.5.2 Parameter required",
				"501 5.5.2 Syntax error (no parameters allowed)"}},
	} {
		d := decoytest.StartAs(t, such(t, chosen("mta", c.mta), func(v *server) bool { return !v.open && v.user == "" }), "smtp")
		here := strings.NewReplacer("{host}", d.Host.Hostname)
		for i := range c.lines {
			c.lines[i] = here.Replace(c.lines[i])
		}
		got := talk(t, d, 25, c.lines...)[1:]
		for i, want := range c.want {
			if want != "" && got[i] != here.Replace(want) {
				t.Errorf("%s: to %q it says %q, want %q", c.mta, c.lines[i], got[i], want)
			}
		}
	}
	d := decoytest.StartAs(t, chosen("mta", "exim"), "smtp")
	talk(t, d, 25, "AUTH PLAIN AHUAc2VjcmV0")
	d.Wait(event.AuthAttempt, decoytest.Has("scheme", "plain"), decoytest.Has(event.Secret, "AHUAc2VjcmV0"))
}

func TestNumbersOfMessagesTellTheTime(t *testing.T) {
	t.Parallel()
	id := postfixIDs(0x12345)()
	if usec, err := strconv.ParseUint(id[:5], 16, 32); err != nil || usec > 999_999 || len(id) != 10 || id[5:8] != "223" {
		t.Errorf("Postfix: %s", id)
	}
	for version, form := range map[string]string{"4.96": `^\w{6}-0\w{5}-[0-9A-W]\w$`, "4.98": `^\w{6}-0{8}\w{3}-\w{4}$`} {
		before := inBase62(int(time.Now().Unix()), 6)
		id := eximID(version)
		after := inBase62(int(time.Now().Unix()), 6) // another minute may have begun
		if !regexp.MustCompile(form).MatchString(id) || id[:5] != before[:5] && id[:5] != after[:5] {
			t.Errorf("Exim %s: %s, now is %s", version, id, after)
		}
	}
}

// TestEximTakesNoSmuggledEnd sends an end of the message that is none after a line that ended as it should.
func TestEximTakesNoSmuggledEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for strict, want := range map[bool]string{true: "a\r\n\nb\r\n", false: "a\r\n"} {
		out.Reset()
		if err := copyData(&out, bufio.NewReader(strings.NewReader("a\r\n.\nb\r\n.\r\n")), strict); err != nil || out.String() != want {
			t.Errorf("strict %t: %q, %v", strict, out.String(), err)
		}
	}
}

func TestWeakLoginMayRelayIntoNothing(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, decoytest.Identity(), func(v *server) bool { return isPostfix(v) && v.user != "" }), "smtp")
	v := newServer(d.Host, "smtp")
	secret := base64.StdEncoding.EncodeToString([]byte("\x00" + v.user + "\x00" + v.secret))
	got := talk(t, d, 587, "EHLO a", "AUTH PLAIN "+secret, "MAIL FROM:<x@y>", "RCPT TO:<v@example.org>", "BDAT 7\r\nabcde", "BDAT 5 LAST\r\nfgh")
	if got[2] != "235 2.7.0 Authentication successful" || got[4] != "250 2.1.5 Ok" || !strings.HasPrefix(got[6], "250 2.0.0 Ok: 12 bytes queued as ") {
		t.Errorf("the replies are %q", got)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted))
	d.Wait("mail", decoytest.Has("content", "abcde\r\nfgh\r\n"), decoytest.Has("size", "12"))
}

func TestPipelining(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, decoytest.Identity(), isPostfix), "smtp")
	conn := d.Dial(25)
	io.WriteString(conn, "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<root>\r\nDATA\r\nSubject: one\r\n\r\n..x\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<root>\r\nDATA\r\nSubject: two\r\n.\r\nQUIT\r\n")
	if out, err := io.ReadAll(conn); err != nil || strings.Count(string(out), "queued as") != 2 {
		t.Errorf("%q, %v", out, err)
	}
	d.Wait("mail", decoytest.Has("subject", "one"), decoytest.Has("content", "Subject: one\r\n\r\n.x\r\n"))
	d.Wait("mail", decoytest.Has("subject", "two"))
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	windows := decoytest.Identity()
	windows.OS = "windows_server"
	for want, id := range map[string]control.Identity{
		"Postfix smtpd":            such(t, decoytest.Identity(), isPostfix),
		"Exim smtpd":               such(t, decoytest.Identity(), isExim),
		"Microsoft Exchange smtpd": windows,
		"Sendmail 8.17.1.9":        chosen("mta", "sendmail"),
	} {
		d := decoytest.StartAs(t, id, "smtp")
		if out := servicetest.Scan(t, d, 25); !strings.Contains(out, want) {
			t.Errorf("want %s in\n%s", want, out)
		}
	}
}

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 18, func(h *decoy.Host) string {
		v := newServer(h, "smtp")
		return fmt.Sprint(v.product.banner, v.product.capabilities, v.users, v.open, v.user, v.secret)
	})
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, decoytest.Identity(), isPostfix), "smtp")
	servicetest.Garbage(t, d, 25, "STARTTLS\r\n", "AUTH PLAIN ", "MAIL FROM:<a@b>\r\nRCPT TO:<root>\r\nDATA\r\n", "BDAT 9")
	servicetest.Recovers(t, func() bool { return slices.Contains(talk(t, d, 25, "QUIT"), "221 2.0.0 Bye") })
}

func FuzzParsers(f *testing.F) {
	f.Add([]byte("MAIL FROM:<a@b> SIZE=10\r\n"))
	f.Add([]byte("Subject: a\r\n..b\r\n.\r\n"))
	f.Add([]byte("AUTH PLAIN AGEAYg==\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, argument := parse(string(data))
		if addr, _, ok := address(argument, "FROM:"); ok && (len(addr) > 320 || strings.ContainsAny(addr, "\r\n<>")) {
			t.Fatalf("address %q", addr)
		}
		mail.Plain(argument)
		decoded(argument)
		var out bytes.Buffer
		if err := copyData(&out, bufio.NewReaderSize(bytes.NewReader(data), 16), false); out.Len() > len(data) {
			t.Fatalf("%d bytes of %d, %v", out.Len(), len(data), err)
		}
		subject(out.Bytes())
	})
}

func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, decoytest.Identity(), isPostfix), "smtp")
	for range newServer(d.Host, "smtp").product.most {
		if _, err := d.Dial(25).Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if got := talk(t, d, 25)[0]; !strings.HasPrefix(got, "421 4.7.0 ") || !strings.HasSuffix(got, " Error: too many connections from 127.0.0.1") {
		t.Errorf("one too many hears %q", got)
	}
}

func TestTheSecretOfALongLineIsNotShown(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "smtp")
	io.WriteString(d.Dial(25), "AUTH PLAIN aHVudGVyMg"+strings.Repeat("x", maxLine))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "AUTH"), decoytest.Has("data", "PLAIN aHVudGVyMg"+strings.Repeat("x", 256-len("AUTH PLAIN aHVudGVyMg"))))
}
