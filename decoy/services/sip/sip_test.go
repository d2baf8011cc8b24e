package sip

import (
	"bufio"
	"crypto/md5"
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
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// identity returns one with an extension that anybody guesses, whose exchange is as wanted.
func identity(t *testing.T, base control.Identity, wanted string) control.Identity {
	t.Helper()
	return servicetest.Such(t, base, func(h *decoy.Host) bool {
		x := newExchange(h)
		return strings.HasPrefix(x.server, wanted) && guessed(x) != ""
	})
}

// guessed is an extension whose password is its number.
func guessed(x *exchange) string {
	for number, passwords := range x.accounts {
		if len(passwords) == 1 && passwords[0] == number {
			return number
		}
	}
	return ""
}

func TestSipsak(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, decoytest.Identity(), "Asterisk PBX"), "sip")
	x := newExchange(d.Host)
	extension := guessed(x)
	run := func(args ...string) string {
		out, _ := servicetest.Run(t, "", "sipsak", append([]string{"-vvv"}, args...)...) // a refusal is a failure, too
		return out
	}
	to := func(user string) string { return "sip:" + user + "@" + d.Address(5060) }
	servicetest.Contains(t, run("-s", to("100")), "SIP/2.0 200 OK", "Server: "+x.server, "Allow: INVITE")
	servicetest.Contains(t, run("-U", "-s", to(extension), "-u", extension, "-a", extension, "-x", "120"), "WWW-Authenticate: Digest algorithm=MD5, realm=\"asterisk\"", "200 OK", "Expires: ")
	servicetest.Contains(t, run("-U", "-s", to(extension), "-u", extension, "-a", "wrong one"), "403 Forbidden")
	d.Wait("sip", decoytest.Has("method", "OPTIONS"), decoytest.Has("transport", "UDP"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, extension), decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.SecretKind, "sip_digest_md5"))
	e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, extension), decoytest.Has(event.Outcome, event.Rejected))
	if line, _ := e.Get(event.Secret); strings.Count(line, "*") != 14 || !strings.HasPrefix(line, "$sip$*") {
		t.Errorf("for guessing: %q", line)
	}
}

// write makes a request, as it is on the wire.
func write(method, uri string, lines ...string) string {
	return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <" + uri + ">\r\nCall-ID: 7@b\r\nCSeq: 1 " + method + "\r\n" +
		strings.Join(append(lines, "Content-Length: 0", "", ""), "\r\n")
}

func TestCallsAreRecordedAndGoNowhere(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, decoytest.Identity(), "FPBX"), "sip")
	extension := guessed(newExchange(d.Host))
	conn := d.Dial(5060)
	in := bufio.NewReader(conn)
	ask := func(request string) (status, head string) {
		t.Helper()
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if head += line; line == "\r\n" {
				status, _, _ = strings.Cut(head, "\r\n")
				return status, head
			}
		}
	}
	const uri = "sip:00442079460000@example.org"
	status, head := ask(write("INVITE", uri))
	_, rest, _ := strings.Cut(head, "WWW-Authenticate: Digest ")
	challenge := parameters(rest)
	if status != "SIP/2.0 401 Unauthorized" || challenge["nonce"] == "" {
		t.Fatalf("%s %v", status, challenge)
	}
	sum := func(s string) string {
		b := md5.Sum([]byte(s))
		return hex.EncodeToString(b[:])
	}
	response := sum(sum(extension+":"+challenge["realm"]+":"+extension) + ":" + challenge["nonce"] + ":" + sum("INVITE:"+uri))
	status, _ = ask(write("INVITE", uri, fmt.Sprintf(`Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`, extension, challenge["realm"], challenge["nonce"], uri, response)))
	if status != "SIP/2.0 100 Trying" {
		t.Fatal(status)
	}
	if status, _ = ask(""); status != "SIP/2.0 503 Service Unavailable" {
		t.Errorf("after trying: %s", status)
	}
	if status, _ = ask(write("PUNCH", uri)); status != "SIP/2.0 501 Method Not Implemented" {
		t.Errorf("an unknown method: %s", status)
	}
	d.Wait("call", decoytest.Has("extension", extension), decoytest.Has("number", "00442079460000"))
}

func TestScannerNamesTheExchange(t *testing.T) {
	t.Parallel()
	windows := decoytest.Identity()
	windows.OS = "windows_server"
	for want, id := range map[string]control.Identity{"Asterisk": identity(t, decoytest.Identity(), "Asterisk PBX"), "FreePBX": identity(t, decoytest.Identity(), "FPBX"), "3CX": windows} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			d := decoytest.StartAs(t, id, "sip")
			servicetest.Contains(t, servicetest.Scan(t, d, 5060), want)
			servicetest.Contains(t, servicetest.Scripts(t, d, 5060, "sip-methods"), "INVITE, ACK, CANCEL, OPTIONS, BYE")
		})
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 18, func(h *decoy.Host) string {
		x := newExchange(h)
		return fmt.Sprint(x.server, x.methods, x.accounts)
	})
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "sip", 5060, "OPTIONS sip:x", "OPTIONS sip:x SIP/2.0\r\nContent-Length: 50\r\n\r\nx")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "sip")
	request := write("OPTIONS", "sip:x@y")
	servicetest.Garbage(t, d, 5060, request, request[:60], "INVITE sip:x SIP/2.0\r\nContent-Length: 999\r\n\r\n")
	servicetest.Datagrams(t, d, 5060, "OPTIONS sip:x SIP/2.0\r\n", "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"")
	if answer := servicetest.Ask(t, d, 5060, time.Minute, request)[0]; !strings.HasPrefix(answer, "SIP/2.0 200 OK") {
		t.Errorf("after the garbage: %q", answer)
	}
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(5060))
		if err != nil {
			return false
		}
		defer conn.Close()
		io.WriteString(conn, request)
		got := make([]byte, 11)
		_, err = io.ReadFull(conn, got)
		return err == nil && string(got) == "SIP/2.0 200"
	})
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(write("OPTIONS", "sip:x@y")))
	f.Add([]byte(write("REGISTER", "sip:x@y", `Authorization: Digest username="100", realm="asterisk", nonce="1234abcd", uri="sip:x", response="x"`, "v: y", " folded")))
	f.Add([]byte("\r\n\r\n"))
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	x := newExchange(h)
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := parse(data); err == nil {
			for _, a := range x.answer(&decoy.Session{}, r, "UDP") {
				if len(a) > 2*len(data)+2048 || strings.Count(a, "\r\n\r\n") != 1 {
					t.Fatalf("%q for %q", a, data)
				}
			}
		}
		in := bufio.NewReaderSize(strings.NewReader(string(data)), maxHead)
		for range len(data) + 1 {
			r, raw, err := read(in)
			if err != nil {
				if len(raw) > maxHead {
					t.Fatalf("%d bytes of a malformed request", len(raw))
				}
				return
			}
			if r != nil && len(r.body) > len(data) {
				t.Fatalf("a body of %d bytes", len(r.body))
			}
		}
		t.Fatal("it does not end")
	})
}
