package https

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a real client and returns what it prints.
func run(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	out, err := servicetest.Run(t, stdin, name, args...)
	if err != nil {
		t.Errorf("%s %v: %v: %s", name, args, err, out)
	}
	return out
}

// inSeed is a decky of Ubuntu with that seed.
func inSeed(b byte) control.Identity {
	id := decoytest.Identity()
	id.Distro, id.Seed = "ubuntu22", bytes.Repeat([]byte{b}, 32)
	return id
}

// firstOnly is a decky that speaks HTTP/1.1 only.
func firstOnly() control.Identity {
	id := decoytest.Identity()
	id.Settings = control.Settings{"https": {"http_versions": "1.1"}}
	return id
}

func TestCurl(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, firstOnly(), "https")
	out := run(t, "", "curl", "-ksSi", "-m", "60", "-u", "root:toor", "https://"+d.Address(443)+"/")
	if !strings.HasPrefix(out, "HTTP/1.1 200 OK\r\n") || !strings.Contains(out, "\nServer: ") && !strings.Contains(out, "\r\nServer: ") {
		t.Errorf("curl shows\n%s", out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "toor"))
	d.Wait("request", decoytest.Has("status", "200"), decoytest.Has(event.DstPort, "443"))
}

func TestCurlSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	id := inSeed(1)
	id.Settings = control.Settings{"https": {"http_versions": "1.1,2"}}
	d := decoytest.StartAs(t, id, "https")
	url := "https://" + d.Address(443) + "/"
	out := run(t, "", "curl", "-ksSi", "-m", "60", "-u", "root:toor", url, url+"nothing", url)
	if strings.Count(out, "HTTP/2 200 \r\n") != 2 || strings.Count(out, "HTTP/2 404 \r\n") != 1 {
		t.Errorf("curl shows\n%s", out)
	}
	if out := run(t, "", "curl", "-ksSi", "-m", "60", "--http1.1", url); !strings.HasPrefix(out, "HTTP/1.1 200 OK\r\n") {
		t.Errorf("by HTTP/1.1 curl shows\n%s", out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "toor"))
	first := d.Wait("request", decoytest.Has(event.Command, "GET / HTTP/2.0"))
	missing := d.Wait("request", decoytest.Has(event.Command, "GET /nothing HTTP/2.0"), decoytest.Has("status", "404"))
	if first.Session != missing.Session {
		t.Error("curl has not kept its connection")
	}
	id.Settings = control.Settings{"https": {"http_versions": "1.1"}}
	d = decoytest.StartAs(t, id, "https")
	if out := run(t, "", "curl", "-ksSi", "-m", "60", "https://"+d.Address(443)+"/"); !strings.HasPrefix(out, "HTTP/1.1 200 OK\r\n") {
		t.Errorf("where it is switched off curl shows\n%s", out)
	}
}

func TestHelloIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, firstOnly(), "https")
	out := run(t, "Q\n", "openssl", "s_client", "-connect", d.Address(443), "-servername", "intranet.example", "-alpn", "h2,http/1.1")
	for _, want := range []string{"CN = " + d.Host.Hostname, "ALPN protocol: http/1.1", "TLSv1.3"} {
		if !strings.Contains(out, want) {
			t.Errorf("the client does not see %q:\n%s", want, out)
		}
	}
	d.Wait("tls", decoytest.Has("sni", "intranet.example"), decoytest.Has("alpn", "h2,http/1.1"), decoytest.Has("tls_version", "TLS 1.3"), func(e event.Event) bool {
		ja3, _ := e.Get("ja3")
		ja4, _ := e.Get("ja4")
		return len(ja3) == 32 && strings.HasPrefix(ja4, "t13d") && ja4[8:11] == "h2_"
	})
}

func TestPlainRequest(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for b := byte(1); b < 12; b++ {
		d := decoytest.StartAs(t, inSeed(b), "https")
		conn := d.Dial(443)
		io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
		out, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(out), "HTTP/1.1 400 Bad Request\r\n") {
			t.Errorf("%q, %v", out, err)
		}
		for _, text := range []string{"<center>The plain HTTP request was sent to HTTPS port</center>\r\n", "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n"} {
			if strings.Contains(string(out), text) {
				seen[text] = true
			}
		}
		d.Wait("request", decoytest.Has("path", "/x"), decoytest.Has("status", "400"))
	}
	if len(seen) != 2 {
		t.Errorf("the deckies refuse in the ways %v", seen)
	}
}

func TestCertificateIsTheDeckys(t *testing.T) {
	t.Parallel()
	certificate := func(id control.Identity) string {
		conn := tls.Client(decoytest.StartAs(t, id, "https").Dial(443), &tls.Config{InsecureSkipVerify: true})
		if err := conn.Handshake(); err != nil {
			t.Fatal(err)
		}
		return string(conn.ConnectionState().PeerCertificates[0].Raw)
	}
	one, two := inSeed(1), inSeed(2)
	again := inSeed(1)
	again.IP = decoytest.Identity().IP
	if certificate(one) != certificate(again) {
		t.Error("one decky shows two certificates")
	}
	if certificate(two) == certificate(inSeed(3)) {
		t.Error("two deckies show one certificate")
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, inSeed(1), "https")
	if out := servicetest.Scan(t, d, 443); !strings.Contains(out, "ssl/http") || !strings.Contains(out, "nginx") && !strings.Contains(out, "Apache httpd") {
		t.Errorf("nmap shows\n%s", out)
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "https")
	servicetest.Garbage(t, d, 443, "\x16\x03\x01\x00\x50\x01", "GET /")
	servicetest.Recovers(t, func() bool {
		out, err := servicetest.Run(t, "", "curl", "-ksSi", "-m", "60", "https://"+d.Address(443)+"/")
		return err == nil && strings.HasPrefix(out, "HTTP/")
	})
}

func TestTheOperatorsCertificate(t *testing.T) {
	t.Parallel()
	name := inSeed(1)
	name.Settings = control.Settings{"https": {"tls_cn": "www.example.org", "extra_headers": "Strict-Transport-Security: max-age=63072000", "response_code": "403"}}
	d := decoytest.StartAs(t, name, "https")
	if out := run(t, "Q\n", "openssl", "s_client", "-connect", d.Address(443)); !strings.Contains(out, "CN = www.example.org") {
		t.Errorf("the client sees\n%s", out)
	}
	if out := run(t, "", "curl", "-ksSi", "-m", "60", "https://"+d.Address(443)+"/none"); !strings.HasPrefix(out, "HTTP/1.1 403 ") || !strings.Contains(out, "Strict-Transport-Security: max-age=63072000\r\n") {
		t.Errorf("curl shows\n%s", out)
	}

	other, err := d.Host.TLSCertificate("shop.example.org")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(other.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	own := inSeed(2)
	own.Settings = control.Settings{"https": {
		"tls_cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Certificate[0]})),
		"tls_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	}}
	d = decoytest.StartAs(t, own, "https")
	if out := run(t, "Q\n", "openssl", "s_client", "-connect", d.Address(443)); !strings.Contains(out, "CN = shop.example.org") {
		t.Errorf("the client sees\n%s", out)
	}
}

// chosen is a decky whose server has that name and system, and no application.
func chosen(t *testing.T, banner, distro string) *decoytest.Decky {
	t.Helper()
	id := decoytest.Identity()
	id.Distro = distro
	id.Settings = control.Settings{"https": {"server_header": banner, "fake_app": "none", "http_versions": "1.1"}}
	return decoytest.StartAs(t, id, "https")
}

func TestHandshakesAreTheProducts(t *testing.T) {
	t.Parallel()
	const gcm256, gcm128 = "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"
	both := gcm128 + ":" + gcm256
	for _, c := range []struct{ banner, distro, offer, want string }{
		{"nginx/1.22.1", "debian", "-tls1_2 -cipher " + both, "Cipher is " + gcm256}, // Debian's prefers its own order
		{"nginx/1.22.1", "debian", "-tls1_2 -curves P-256:X25519", "Server Temp Key: X25519"},
		{"Apache/2.4.65 (Debian)", "debian", "-tls1_2 -cipher " + both, "Cipher is " + gcm128}, // which takes the client's
		{"Apache/2.4.65 (Debian)", "debian", "-tls1_2", "Cipher is " + gcm256},
		{"Apache/2.4.65 (Debian)", "debian", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", "Cipher is ECDHE-ECDSA-AES128-SHA256"},
		{"lighttpd/1.4.69", "debian", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", "alert handshake failure"},
		{"nginx/1.22.1", "debian", "-alpn http/1.0", "ALPN protocol: http/1.0"},
		{"nginx/1.22.1", "debian", "-alpn other", "alert no application protocol"},
		{"nginx/1.18.0 (Ubuntu)", "ubuntu22", "-alpn http/1.0", "alert no application protocol"},
		{"Apache/2.4.65 (Debian)", "debian", "-alpn other", "No ALPN negotiated"},
		{"Apache/2.4.65 (Debian)", "debian", "-tls1_3", "TLSv1.3, Cipher is"},
		{"Apache/2.4.6 (CentOS)", "centos7", "-tls1_3", "alert protocol version"},
		{"Apache/2.4.6 (CentOS)", "centos7", "-cipher ALL", "TLSv1.2, Cipher is " + gcm256},
	} {
		d := chosen(t, c.banner, c.distro)
		out, _ := servicetest.Run(t, "Q\n", "openssl", append([]string{"s_client", "-connect", d.Address(443)}, strings.Fields(c.offer)...)...) // which fails with an alert
		if !strings.Contains(out, c.want) {
			t.Errorf("%s: with %s the client does not see %q:\n%s", c.banner, c.offer, c.want, out)
		}
	}
}

func TestHybridKeyExchangeIsNewerThanTheLibraries(t *testing.T) {
	t.Parallel()
	client := tls.Client(chosen(t, "nginx/1.22.1", "debian").Dial(443), &tls.Config{InsecureSkipVerify: true})
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if got := client.ConnectionState().CurveID; got != tls.X25519 {
		t.Errorf("with all curves the key is exchanged by %v", got)
	}
}

func TestWhatIsNoHandshake(t *testing.T) {
	t.Parallel()
	tomcat := decoytest.Identity()
	tomcat.Settings = control.Settings{"https": {"fake_app": "tomcat"}}
	for banner, cases := range map[string]map[string]string{
		"": { // Tomcat
			"GET / HTTP/1.1\r\nHost: a\r\n\r\n": "HTTP/1.1 400 \r\nContent-Type: text/plain;charset=UTF-8\r\nConnection: close\r\n\r\nBad Request\r\nThis combination of host and port requires TLS.\r\n",
			"SSH-2.0-x\r\n":                     "\x15\x03\x03\x00\x02\x02\x50",
		},
		"nginx/1.22.1": {
			"SSH-2.0-x\r\n": "HTTP/1.1 400 Bad Request\r\n", "\x00\x00": "HTTP/1.1 400 Bad Request\r\n", "\x80\x2e\x01\x00\x02": "\x15\x03\x03\x00\x02\x02\x46", "\x80\x01\x02\x03\x04": "",
		},
		"Apache/2.4.65 (Debian)": {
			"SSH-2.0-x\r\n": "", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n": "HTTP/1.1 400 Bad Request\r\n", "OPTIONS / HTTP/1.1\r\n\r\n": "", "\x17\x03\x02\x00\x00": "\x15\x03\x02\x00\x02\x02\x0a",
		},
		"lighttpd/1.4.69": {"GET / HTTP/1.1\r\nHost: a\r\n\r\n": "", "\x00\x00\x00\x00\x00": ""},
	} {
		d := chosen(t, cmp.Or(banner, "nginx"), "debian")
		if banner == "" {
			d = decoytest.StartAs(t, tomcat, "https")
		}
		for said, want := range cases {
			conn := d.Dial(443)
			io.WriteString(conn, said)
			got, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(got), want) || want == "" && len(got) > 0 {
				t.Errorf("%s answers %q with %.120q, %v", banner, said, got, err)
			}
			if want == "" {
				d.Wait("protocol_error", decoytest.Has("data", said))
			}
		}
	}
}
