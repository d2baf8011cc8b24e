package https

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
)

// third is a decky that speaks HTTP/3.
func third(t *testing.T, o decoy.Options) *decoytest.Decky {
	t.Helper()
	id := inSeed(1)
	id.Settings = control.Settings{"https": {"http_versions": "1.1,2,3", "server_header": "nginx/1.26.2"}}
	return decoytest.StartWith(t, id, o, "https")
}

// browser is a client of HTTP/3 alone.
func browser(t *testing.T) *http.Client {
	t.Helper()
	transport := &http3.Transport{
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true, ServerName: "shop.example"},
		AdditionalSettings: map[uint64]uint64{0x21: 7, 0x6: 4096},
	}
	t.Cleanup(func() { transport.Close() })
	return &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func read(t *testing.T, client *http.Client, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

func TestHTTP3(t *testing.T) {
	t.Parallel()
	d := third(t, decoy.Options{})
	base, client := "https://"+d.Address(443), browser(t)
	page, text := read(t, client, "GET", base+"/", "", "User-Agent", "scanner/3")
	if page.Proto != "HTTP/3.0" || page.StatusCode != 200 || page.Header.Get("Server") != "nginx/1.26.2" || page.Header.Get("Alt-Svc") != `h3=":443"; ma=86400` || !strings.Contains(text, "<html") {
		t.Errorf("the page comes as %v %q", page, text)
	}
	if page.Header.Get("Connection") != "" || page.Header.Get("Transfer-Encoding") != "" {
		t.Errorf("headers of HTTP/1.1 in HTTP/3: %v", page.Header)
	}
	missing, text := read(t, client, "GET", base+"/nothing", "")
	if missing.StatusCode != 404 || missing.Header.Get("Alt-Svc") != "" || !strings.Contains(text, "<center>nginx/1.26.2</center>") {
		t.Errorf("a missing page comes as %v %q", missing, text)
	}
	read(t, client, "POST", base+"/login", "username=root&password=toor", "Content-Type", "application/x-www-form-urlencoded")
	if large, _ := read(t, client, "POST", base+"/login", strings.Repeat("a", 2<<20)); large.StatusCode != 413 {
		t.Errorf("two megabytes are answered with %d", large.StatusCode)
	}
	first := d.Wait("request", decoytest.Has(event.Command, "GET / HTTP/3.0"), decoytest.Has("status", "200"), decoytest.Has("user_agent", "scanner/3"), decoytest.Has("host", d.Address(443)))
	d.Wait("request", decoytest.Has(event.Command, "POST /login HTTP/3.0"), decoytest.Has("body", "username=root&password=toor"), decoytest.Has("body_size", "27"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "toor"))
	d.Wait("tls", decoytest.Has("sni", "shop.example"), decoytest.Has("alpn", "h3"), decoytest.Has("tls_version", "TLS 1.3"), func(e event.Event) bool {
		ja4, _ := e.Get("ja4")
		return strings.HasPrefix(ja4, "q13d") && e.Session == first.Session
	})
	d.Wait("http3_settings", decoytest.Has("pseudo_headers", "a,m,p,s"), func(e event.Event) bool {
		settings, _ := e.Get("settings")
		fingerprint, _ := e.Get("fingerprint")
		return strings.Contains(settings, "6:4096") && strings.Contains(settings, "GREASE") && fingerprint == settings+"|a,m,p,s"
	})
	client.Transport.(*http3.Transport).Close()
	d.Wait(event.Disconnect, func(e event.Event) bool {
		in, _ := e.Get("bytes_in")
		return e.Session == first.Session && in != "0"
	})
}

func TestHTTP3IsToldOf(t *testing.T) {
	t.Parallel()
	d := third(t, decoy.Options{})
	out := run(t, "", "curl", "-ksSi", "-m", "60", "--http1.1", "https://"+d.Address(443)+"/robots.txt")
	if !strings.Contains(out, "\r\nETag: ") || !strings.Contains(out, "\"\r\nAlt-Svc: h3=\":443\"; ma=86400\r\nAccept-Ranges: bytes\r\n") {
		t.Errorf("curl shows\n%s", out)
	}
}

// knock sends datagrams from a socket of its own.
func knock(t *testing.T, d *decoytest.Decky) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp", d.Address(443))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

func TestWhatIsNoQUIC(t *testing.T) {
	t.Parallel()
	d := third(t, decoy.Options{})
	knock(t, d).Write([]byte("hello"))
	d.Wait("protocol_error", decoytest.Has("data", "hello"))
	// A version that nobody speaks is answered with the one that is.
	conn := knock(t, d)
	conn.Write(append([]byte{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9}, make([]byte, initialSize)...))
	answer := make([]byte, 2000)
	n, err := conn.Read(answer)
	if err != nil || !bytes.Equal(answer[1:5], make([]byte, 4)) || !bytes.Contains(answer[:n], []byte{0, 0, 0, 1}) {
		t.Errorf("an unknown version is answered with %x, %v", answer[:n], err)
	}
	// A first datagram of garbage costs its session, and no other.
	knock(t, d).Write(bytes.Repeat([]byte{0xff}, initialSize))
	if page, _ := read(t, browser(t), "GET", "https://"+d.Address(443)+"/", ""); page.StatusCode != 200 {
		t.Errorf("behind garbage the page comes as %v", page)
	}
}

func TestNoCommonProtocol(t *testing.T) {
	t.Parallel()
	d := third(t, decoy.Options{})
	_, err := quic.DialAddr(t.Context(), d.Address(443), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"doq"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "no application protocol") {
		t.Errorf("a client of another protocol gets %v", err)
	}
	d.Wait("tls", decoytest.Has("alpn", "doq"), func(e event.Event) bool {
		why, failed := e.Get("failure")
		return failed && why != ""
	})
}

// TestBounds: beyond the connections that one address may have, a datagram is left without an answer and counted, and those that there are go on.
func TestBounds(t *testing.T) {
	t.Parallel()
	limits := decoy.DefaultLimits()
	limits.ConnectionsPerSource = 2
	d := third(t, decoy.Options{Limits: limits})
	dial := func(ctx context.Context) (*quic.Conn, error) {
		return quic.DialAddr(ctx, d.Address(443), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h3"}}, nil)
	}
	var open []*quic.Conn
	for range 2 {
		conn, err := dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := dial(ctx); err == nil {
		t.Error("a third connection is taken")
	}
	for _, conn := range open {
		conn.CloseWithError(0x100, "")
	}
	d.Wait(event.Disconnect)
	d.Close() // which counts what was refused
	d.Wait(event.Refused)
}

func TestWithoutHTTP3ThePortIsShut(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, firstOnly(), "https")
	endpoints := d.Handle(t.Context(), control.Request{Op: control.Status}).Endpoints
	if len(endpoints) != 1 || endpoints[0].Proto != "tcp" {
		t.Errorf("open are %v", endpoints)
	}
	for versions, want := range map[string]int{"1.1,3": 2, "1.1": 1} {
		if err := d.Apply(t.Context(), 2, []string{"https"}, control.Settings{"https": {"http_versions": versions}}); err != nil {
			t.Fatal(err)
		}
		if endpoints := d.Handle(t.Context(), control.Request{Op: control.Status}).Endpoints; len(endpoints) != want {
			t.Errorf("with %s open are %v", versions, endpoints)
		}
	}
}

func TestOfABadClientTheConnectionEnds(t *testing.T) {
	t.Parallel()
	d := third(t, decoy.Options{})
	for says, code := range map[string]quic.ApplicationErrorCode{
		"\x01":             0x103, // a push
		"\x00\x07\x00":     0x10a, // another frame than its settings, first
		"\x00\x04\x01\x40": 0x106, // settings that are cut off
	} {
		conn, err := quic.DialAddr(t.Context(), d.Address(443), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h3"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := conn.OpenUniStream()
		if err != nil {
			t.Fatal(err)
		}
		stream.Write([]byte(says))
		<-conn.Context().Done()
		var got *quic.ApplicationError
		if err := context.Cause(conn.Context()); !errors.As(err, &got) || got.ErrorCode != code {
			t.Errorf("%x is answered with %v", says, err)
		}
	}
	d.Wait("protocol_error", decoytest.Has("version", "HTTP/3.0"), decoytest.Has("failure", "0x103"))
}
