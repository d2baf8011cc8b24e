package tlswire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"decnet/decoy/internal/tlswire"
	"decnet/internal/tlsprint"
)

const name = "web01"

var keys = sync.OnceValue(func() map[string]tls.Certificate {
	made := map[string]tls.Certificate{}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	for kind, key := range map[string]any{"ECDSA": curve, "RSA": long} {
		public := any(&curve.PublicKey)
		if kind == "RSA" {
			public = &long.PublicKey
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
		if err != nil {
			panic(err)
		}
		made[kind] = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	return made
})

// server answers on loopback as the product does: each line is echoed behind "you said ". It returns its address.
func server(t *testing.T, profile *tlswire.Profile, key string, protos ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { l.Close(); running.Wait() })
	config := &tlswire.Config{Profile: profile, Certificate: keys()[key], Names: []string{name}, NextProtos: protos, Sessions: tlswire.NewSessions()}
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { echo(conn, config) })
		}
	})
	return l.Addr().String()
}

func echo(conn net.Conn, config *tlswire.Config) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	c := tlswire.Server(conn, config)
	if c.HandshakeContext(context.Background()) != nil {
		return
	}
	in := bufio.NewScanner(c)
	for in.Scan() && in.Text() != "bye" {
		fmt.Fprintln(c, "you said", in.Text())
	}
	c.CloseWrite()
}

func dial(address string) tlsprint.Dial {
	return func() (net.Conn, error) { return tlsprint.Start("", address) }
}

// The values are those of the real products, as internal/tlsprint/measure told them of Debian 12's packages on loopback.
func TestFingerprintsAreTheProducts(t *testing.T) {
	nginx := []string{"h2", "http/1.1", "http/1.0", "http/0.9"}
	const openssl13, gnutls13 = "t130200_1302_a56c5b993250", "t130200_1302_234ea6891581"
	for _, c := range []struct {
		profile              *tlswire.Profile
		key                  string
		protos               []string
		jarm, ja4s13, ja4s12 string
	}{
		{&tlswire.Nginx, "ECDSA", nginx, "28d28d28d00028d00042d42d000000e1ea2a807a629b496b664cf07ad7c08d", openssl13, "t1206h2_c02c_17136cd5846b"},
		{&tlswire.Nginx, "RSA", nginx, "2ad2ad0002ad2ad00042d42d0000002059a3b916699461c5923779b77cf06b", openssl13, "t1206h2_c030_17136cd5846b"},
		{&tlswire.Nginx, "RSA", nginx[1:], "2ad2ad0002ad2ad00042d42d00000000f78d2dc0ce6e5bbc5b8149a4872356", openssl13, "t1206h1_c030_17136cd5846b"},
		{&tlswire.Apache, "ECDSA", nginx[1:2], "1dd40d40d00040d00042d43d0000003d25bc6207ca8acd9652e99aa3724a08", openssl13, "t1205h1_c02c_8763c20bf469"},
		{&tlswire.Apache, "RSA", nginx[1:2], "07d19d1ad21d21d00042d43d000000c9fb8328b8be888cb3e54ed04c707798", openssl13, "t1205h1_c030_8763c20bf469"},
		{&tlswire.Apache, "RSA", nginx[:2], "07d19d1ad21d21d00042d43d00000038be094e9a420314322f4c6c9341ddac", openssl13, "t1205h2_c030_8763c20bf469"},
		{&tlswire.Lighttpd, "ECDSA", nginx[:3], "27d40d40d00040d00042d43d00000017ce5d7926b134e0e6a6b169fee4a33f", openssl13, "t1205h2_c02c_1ece00aee4e9"},
		{&tlswire.Lighttpd, "RSA", nginx[:3], "29d3fd00029d29d00042d43d00000017ce5d7926b134e0e6a6b169fee4a33f", openssl13, "t1205h2_c030_1ece00aee4e9"},
		{&tlswire.Tomcat, "ECDSA", nil, "1dd40d40d00040d00042d43d00041de0d120da90d5910c5de2af43b74a6bd8", openssl13, "t120300_c02c_52d195ce1d92"},
		{&tlswire.Tomcat, "RSA", nil, "07d3fd16d21d21d00042d43d00041ddb04deffa1705e2edc44cae1ed24a4da", openssl13, "t120300_c030_52d195ce1d92"},
		{&tlswire.Dovecot, "ECDSA", nil, "1dd40d40d00040d00042d43d00000051af7d8070a18e002eaaedf620fa118c", openssl13, "t120500_c02c_45145cc9ca06"},
		{&tlswire.Dovecot, "RSA", nil, "07d3fd1ad21d21d00042d43d0000005aa9877b7a5d6a671d1e56af48dc9ce6", openssl13, "t120500_c030_45145cc9ca06"},
		{&tlswire.Postfix, "ECDSA", nil, "1dd40d40d00040d1dc42d43d000000faabb8fd156aa8b4d8a37853e1063261", openssl13, "t120400_c02c_12a20535f9be"},
		{&tlswire.Postfix, "RSA", nil, "07d19d1ad21d21d07c42d43d000000f50d155305214cf247147c43c0f1a823", openssl13, "t120400_c030_12a20535f9be"},
		{&tlswire.Postgres, "ECDSA", nil, "28d28d28d00028d00042d42d000000020120996177a65431cde640fa58d2e8", openssl13, "t120300_c02c_460f64128655"},
		{&tlswire.Postgres, "RSA", nil, "2ad2ad16d2ad2ad00042d42d000000332dc9cd7d90589195193c8bb05d84fa", openssl13, "t120300_c030_460f64128655"},
		{&tlswire.MariaDB, "ECDSA", nil, "1dd40d40d00040d00042d43d000000ad9bf51cc3f5a1e29eecb81d0c7b06eb", openssl13, "t120400_c02c_12a20535f9be"},
		{&tlswire.MariaDB, "RSA", nil, "07d14d16d21d21d00042d43d000000aa99ce74e2c6d013c745aa52b5cc042d", openssl13, "t120400_c030_12a20535f9be"},
		{&tlswire.XRDP, "RSA", nil, "07d14d16d21d21d00042d43d000000aa99ce74e2c6d013c745aa52b5cc042d", openssl13, "t120400_c030_12a20535f9be"},
		{&tlswire.Slapd, "ECDSA", nil, "1dd40d40d00040d1dc42d43d00041da5d1c989e380a73293e25fe1af986dd9", gnutls13, "t120300_c02c_dd32164b0f22"},
		{&tlswire.Slapd, "RSA", nil, "21d14d00021d21d21c42d43d00041d320c989d4ed06a7e9d3133ba36bb2752", gnutls13, "t120300_c030_dd32164b0f22"},
		{&tlswire.Exim, "RSA", []string{"smtp", "esmtp"}, strings.Repeat("0", 62), "t0000_0000_000000000000", "t0000_0000_000000000000"}, // a JARM offers none of them
	} {
		t.Run(c.profile.Name+" "+c.key, func(t *testing.T) {
			t.Parallel()
			to := dial(server(t, c.profile, c.key, c.protos...))
			jarm, answers, err := tlsprint.JARM(to, name)
			if err != nil || jarm != c.jarm {
				t.Errorf("JARM %s, not %s (%v):\n%s", jarm, c.jarm, err, strings.Join(answers, "\n"))
			}
			for with13, want := range map[bool]string{true: c.ja4s13, false: c.ja4s12} {
				a, err := tlsprint.Ask(to, tlsprint.Modern(name, with13).Bytes())
				if err != nil || a.JA4S() != want {
					t.Errorf("JA4S %s, not %s (%v)", a.JA4S(), want, err)
				}
			}
		})
	}
}

// What the real products answer to hellos that they refuse, and to what is none.
func TestRefusalsAreTheProducts(t *testing.T) {
	nginx, dovecot, slapd := dial(server(t, &tlswire.Nginx, "ECDSA", "h2", "http/1.1")), dial(server(t, &tlswire.Dovecot, "ECDSA")), dial(server(t, &tlswire.Slapd, "ECDSA"))
	postgres := dial(server(t, &tlswire.Postgres, "ECDSA"))
	hello := func(with13 bool, mend func(*tlsprint.Hello)) []byte {
		h := tlsprint.Modern(name, with13)
		mend(&h)
		return h.Bytes()
	}
	drop := func(typ uint16) func(*tlsprint.Hello) {
		return func(h *tlsprint.Hello) {
			h.Extensions = slices.DeleteFunc(h.Extensions, func(e tlsprint.Extension) bool { return e.Type == typ })
		}
	}
	old := hello(false, func(h *tlsprint.Hello) { h.Version = 0x301 })
	for _, c := range []struct {
		what  string
		to    tlsprint.Dial
		hello []byte
		alert byte // 0 is silence
	}{
		{"nginx, no suite in common", nginx, hello(false, func(h *tlsprint.Hello) { h.Suites = []uint16{1} }), 40},
		{"nginx, TLS 1.0", nginx, old, 80},
		{"postgres, TLS 1.0", postgres, old, 70},
		{"nginx, SSL 3", nginx, hello(false, func(h *tlsprint.Hello) { h.Version = 0x300 }), 40},
		{"nginx, TLS 1.5", nginx, hello(true, func(h *tlsprint.Hello) { drop(43)(h); h.Extensions = append(h.Extensions, tlsprint.Versions(0x305)) }), 70},
		{"nginx, another protocol", nginx, hello(true, func(h *tlsprint.Hello) { drop(16)(h); h.Extensions = append(h.Extensions, tlsprint.ALPN("zz")) }), 120},
		{"nginx, no signatures", nginx, hello(true, drop(13)), 109},
		{"nginx, no groups", nginx, hello(true, drop(10)), 109},
		{"nginx, twice an extension", nginx, hello(false, func(h *tlsprint.Hello) { h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 23}) }), 47},
		{"nginx, no name", nginx, hello(false, func(h *tlsprint.Hello) { h.Extensions[0].Data = []byte{0, 0} }), 50},
		{"nginx, a fallback", nginx, hello(false, func(h *tlsprint.Hello) { h.Suites = append(h.Suites, 0x5600) }), 86},
		{"nginx, SSL 2", nginx, []byte("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + strings.Repeat("\x01\x00\x80", 7) + strings.Repeat("a", 16)), 70},
		{"nginx, a name with a zero", nginx, hello(true, func(h *tlsprint.Hello) { h.Extensions[0] = tlsprint.ServerName("a\x00b") }), 112},
		{"nginx, a long name", nginx, hello(true, func(h *tlsprint.Hello) { h.Extensions[0] = tlsprint.ServerName(strings.Repeat("a", 300)) }), 112},
		{"nginx, SSL 2 for TLS", nginx, []byte("\x80\x25\x01\x03\x03\x00\x0c\x00\x00\x00\x10\x00\xc0\x2f\x00\x00\x9c\x00\x00\x2f\x00\x00\x35" + strings.Repeat("a", 16)), 40},
		{"postgres, an unknown record", postgres, []byte("\x63\x03\x03\x00\x05hello"), 10},
		{"nginx, data first", nginx, []byte("\x17\x03\x03\x00\x05hello"), 10},
		{"nginx, a long record", nginx, []byte("\x16\x03\x01\xff\xff" + strings.Repeat("a", 200)), 22},
		{"nginx, a long hello", nginx, []byte("\x16\x03\x01\x00\x04\x01\xff\xff\xff"), 47},
		{"nginx, plain text", nginx, []byte("GET / HTTP/1.0\r\n\r\n"), 0},
		{"dovecot, no suite in common", dovecot, hello(false, func(h *tlsprint.Hello) { h.Suites = []uint16{1} }), 0},
		{"slapd, no groups", slapd, hello(true, drop(10)), 0},
	} {
		a, err := tlsprint.Ask(c.to, c.hello)
		if err != nil || a.Suite != 0 || a.Alert != c.alert || a.Silent != (c.alert == 0) {
			t.Errorf("%s: %+v, %v; not alert %d", c.what, a, err, c.alert)
		}
	}
}

// run runs a real client and returns what it prints; its failure is for the test to judge.
func run(t *testing.T, stdin, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("this test needs the real client %s: make need-test installs it", name)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// openssl talks to the server by the real client, and returns what both say. Its standard input ends by an order to hang up.
func openssl(t *testing.T, address string, args ...string) string {
	t.Helper()
	out, _ := run(t, "hello\nbye\n", "openssl", append([]string{"s_client", "-connect", address, "-servername", name, "-ign_eof"}, args...)...)
	return out
}

func TestOpenSSLSpeaksEachCipher(t *testing.T) {
	for _, key := range []string{"ECDSA", "RSA"} {
		to := map[string]string{"12": server(t, &tlswire.Postfix, key), "13": server(t, &tlswire.Nginx, key)}
		suites := []string{"ECDHE-" + key + "-AES256-GCM-SHA384", "ECDHE-" + key + "-CHACHA20-POLY1305", "ECDHE-" + key + "-AES256-SHA384", "ECDHE-" + key + "-AES128-SHA", "ECDHE-" + key + "-CAMELLIA256-SHA384", "ADH-AES128-SHA256", "AECDH-AES256-SHA"}
		if key == "RSA" {
			suites = append(suites, "ECDHE-ARIA128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-CHACHA20-POLY1305", "DHE-RSA-AES256-CCM8", "DHE-RSA-AES256-SHA256", "DHE-RSA-CAMELLIA128-SHA", "AES128-CCM", "ARIA256-GCM-SHA384", "AES256-SHA256", "CAMELLIA128-SHA256")
		} else {
			suites = append(suites, "ECDHE-ECDSA-AES256-CCM", "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-ARIA256-GCM-SHA384")
		}
		for _, suite := range suites {
			for _, more := range [][]string{nil, {"-no_etm"}, {"-maxfraglen", "512"}} {
				if out := openssl(t, to["12"], append(more, "-tls1_2", "-cipher", suite+":@SECLEVEL=0")...); !strings.Contains(out, "you said hello") || !strings.Contains(out, "Cipher is "+suite) {
					t.Errorf("%s %v: %s", suite, more, out)
				}
			}
		}
		for _, version := range []string{"-tls1", "-tls1_1"} {
			if out := openssl(t, to["12"], version, "-cipher", "ALL:@SECLEVEL=0"); !strings.Contains(out, "you said hello") {
				t.Errorf("%s: %s", version, out)
			}
		}
		for _, suite := range []string{"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"} {
			if out := openssl(t, to["13"], "-tls1_3", "-ciphersuites", suite); !strings.Contains(out, "you said hello") || !strings.Contains(out, "Cipher is "+suite) {
				t.Errorf("%s: %s", suite, out)
			}
		}
		for _, group := range []string{"X25519", "P-256", "X448", "P-521", "P-384", "ffdhe2048", "ffdhe8192", "P-224:P-256"} { // the last one is asked for again
			if out := openssl(t, to["13"], "-tls1_3", "-groups", group); !strings.Contains(out, "you said hello") {
				t.Errorf("%s: %s", group, out)
			}
		}
		for _, group := range []string{"X25519", "X448", "P-521"} {
			if out := openssl(t, to["12"], "-tls1_2", "-cipher", "ECDHE", "-groups", group+":P-256"); !strings.Contains(out, "you said hello") {
				t.Errorf("%s: %s", group, out)
			}
		}
	}
}

// Products that could not be measured, and those of other distributions, are spoken to by real clients, too.
func TestEveryProfileShakesHands(t *testing.T) {
	for _, c := range []struct {
		profile  *tlswire.Profile
		versions []string
	}{
		{&tlswire.Windows, []string{"-tls1", "-tls1_2", "-tls1_3"}},
		{&tlswire.Windows2016, []string{"-tls1_1", "-tls1_2"}},
		{&tlswire.Windows2012, []string{"-tls1", "-tls1_2"}},
		{&tlswire.MySQL, []string{"-tls1_2", "-tls1_3"}},
		{&tlswire.Sendmail, []string{"-tls1_2", "-tls1_3"}},
		{&tlswire.Cisco, []string{"-tls1", "-tls1_2"}},
		{tlswire.Nginx.On("centos7"), []string{"-tls1", "-tls1_1", "-tls1_2"}},
		{tlswire.Apache.On("rocky9"), []string{"-tls1_2", "-tls1_3"}},
		{tlswire.Nginx.On("ubuntu20"), []string{"-tls1_2", "-tls1_3"}},
		{tlswire.Slapd.On("rocky9"), []string{"-tls1_2", "-tls1_3"}},
	} {
		for _, key := range []string{"ECDSA", "RSA"} {
			address := server(t, c.profile, key)
			for _, version := range []string{"-tls1", "-tls1_1", "-tls1_2", "-tls1_3"} {
				if out := openssl(t, address, version, "-cipher", "ALL:@SECLEVEL=0"); slices.Contains(c.versions, version) && !strings.Contains(out, "you said hello") {
					t.Errorf("%s %s %s: %s", c.profile.Name, key, version, out)
				}
			}
		}
	}
}

// Each product's DHE is in the finite field that it was seen to use.
func TestFiniteFieldsAreTheProducts(t *testing.T) {
	for _, c := range []struct {
		profile *tlswire.Profile
		prime   string
	}{
		{&tlswire.Apache, "dh_p (len=256): FFFFFFFFFFFFFFFFC90FDAA2"}, {&tlswire.Dovecot, "dh_p (len=512): FFFFFFFFFFFFFFFFC90FDAA2"}, {&tlswire.MariaDB, "dh_p (len=256): A1BB7C20C55BC07B"},
		{&tlswire.Tomcat, "dh_p (len=256): FFFFFFFFFFFFFFFFADF85458"},
	} {
		if out := openssl(t, server(t, c.profile, "RSA"), "-tls1_2", "-cipher", "DHE", "-trace"); !strings.Contains(out, c.prime) || !strings.Contains(out, "you said hello") {
			t.Errorf("%s: %s", c.profile.Name, out)
		}
	}
}

func TestSessionsAreResumedAsTheProductDoes(t *testing.T) {
	for _, c := range []struct {
		profile  *tlswire.Profile
		version  string
		resumed  bool
		lifetime string
		tickets  int
		further  int // for who resumes
	}{
		{&tlswire.Nginx, "-tls1_2", true, "300", 1, 0}, {&tlswire.Nginx, "-tls1_3", true, "300", 2, 1},
		{&tlswire.Apache, "-tls1_2", true, "", 0, 0}, {&tlswire.Apache, "-tls1_3", true, "300", 2, 1},
		{&tlswire.Lighttpd, "-tls1_2", true, "7200", 1, 0}, {&tlswire.Lighttpd, "-tls1_3", true, "7200", 2, 0},
		{&tlswire.Postgres, "-tls1_2", false, "", 0, 0}, {&tlswire.Postgres, "-tls1_3", false, "", 0, 0},
		{&tlswire.Tomcat, "-tls1_2", true, "86400", 1, 1}, {&tlswire.Tomcat, "-tls1_3", true, "86400", 1, 1},
		{&tlswire.Postfix, "-tls1_3", true, "7200", 1, 0}, {&tlswire.MariaDB, "-tls1_3", true, "7200", 2, 1},
		{&tlswire.Slapd, "-tls1_3", false, "", 0, 0},
		{&tlswire.Dovecot, "-tls1_2", false, "7200", 1, 0}, {&tlswire.Dovecot, "-tls1_3", false, "7200", 2, 0}, // tickets that are good for nothing
	} {
		t.Run(c.profile.Name+c.version, func(t *testing.T) {
			address, file := server(t, c.profile, "RSA"), filepath.Join(t.TempDir(), "session")
			out := openssl(t, address, c.version, "-sess_out", file, "-msg")
			if n := strings.Count(out, "NewSessionTicket"); n != c.tickets {
				t.Errorf("%d tickets, not %d:\n%s", n, c.tickets, out)
			}
			if c.lifetime != "" && !strings.Contains(out, "lifetime hint: "+c.lifetime+" (seconds)") {
				t.Errorf("no lifetime of %s seconds:\n%s", c.lifetime, out)
			}
			if _, err := os.Stat(file); err != nil { // there was none to write
				if c.resumed {
					t.Error(err)
				}
				return
			}
			again := openssl(t, address, c.version, "-sess_in", file, "-msg")
			if n := strings.Count(again, "NewSessionTicket"); c.resumed && n != c.further {
				t.Errorf("%d further tickets, not %d:\n%s", n, c.further, again)
			}
			if strings.Contains(again, "Reused, TLS") != c.resumed || !strings.Contains(again, "you said hello") {
				t.Errorf("resumed is not %v:\n%s", c.resumed, again)
			}
			// A session of another server's is none.
			if other := openssl(t, server(t, c.profile, "RSA"), c.version, "-sess_in", file); strings.Contains(other, "Reused, TLS") || !strings.Contains(other, "you said hello") {
				t.Errorf("another server resumed it:\n%s", other)
			}
		})
	}
}

func TestGnuTLSClient(t *testing.T) {
	slapd, nginx := server(t, &tlswire.Slapd, "RSA"), server(t, &tlswire.Nginx, "RSA")
	for _, c := range []struct{ address, priority, described string }{
		{slapd, "NORMAL:-VERS-ALL:+VERS-TLS1.0", "TLS1.0"},
		{slapd, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA", "DHE-FFDHE2048"},
		{slapd, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM", "AES-128-CCM"},
		{slapd, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC", "AES-128-CBC"},
		{nginx, "NORMAL", "AES-256-GCM"},
	} {
		host, port, err := net.SplitHostPort(c.address)
		if err != nil {
			t.Fatal(err)
		}
		out, _ := run(t, "hello\nbye\n", "gnutls-cli", "--insecure", "-p", port, host, "--priority", c.priority)
		if !strings.Contains(out, "you said hello") || !strings.Contains(out, c.described) {
			t.Errorf("%s: %s", c.priority, out)
		}
	}
}

// What nmap lists of nginx is in testdata: of Debian 12's, with its configuration and a certificate on P-256.
func TestNmapListsNginx(t *testing.T) {
	host, port, err := net.SplitHostPort(server(t, &tlswire.Nginx, "ECDSA", "h2", "http/1.1", "http/1.0", "http/0.9"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, "", "nmap", "-Pn", "-n", "-p", port, "--script", "+ssl-enum-ciphers", host)
	if err != nil {
		t.Fatal(err, out)
	}
	recorded, err := os.ReadFile("testdata/nginx.nmap")
	if err != nil {
		t.Fatal(err)
	}
	of := regexp.MustCompile(`TLSv\S+|TLS_\S+ \(.*\)|cipher preference: \S+`)
	if got, want := of.FindAllString(out, -1), of.FindAllString(string(recorded), -1); !slices.Equal(got, want) {
		t.Errorf("%q\nnot %q", got, want)
	}
}

// A client that wants to shake hands anew is told that this is not done.
func TestRenegotiationIsRefused(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "openssl", "s_client", "-connect", server(t, &tlswire.Nginx, "RSA"), "-tls1_2")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, "R\n") // it stays open: the client goes by itself
	cmd.Wait()
	if !strings.Contains(out.String(), "RENEGOTIATING") || !strings.Contains(out.String(), "no renegotiation") {
		t.Error(out.String())
	}
}

// Who sends rubbish in each state of a handshake is hung up on.
func TestRubbishEndsTheHandshake(t *testing.T) {
	for _, profile := range []*tlswire.Profile{&tlswire.Nginx, &tlswire.Slapd, &tlswire.Tomcat, &tlswire.Windows, tlswire.Apache.On("centos7")} {
		address := server(t, profile, "RSA")
		for _, rubbish := range []string{"\x16\x03\x03\x00\x04\x0e\x00\x00\x00", "\x16\x03\x03\x00\x05\x10\x00\x00\x01\x00", "\x17\x03\x03\x00\x20" + strings.Repeat("x", 32), strings.Repeat("\x16\x03\x03\x00\x00", 100), strings.Repeat("\xff", 1000)} {
			for _, with13 := range []bool{true, false} {
				conn, err := tlsprint.Start("", address)
				if err != nil {
					t.Fatal(err)
				}
				io.WriteString(conn, string(tlsprint.Modern(name, with13).Bytes())+rubbish)
				if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Errorf("%s goes on after %q", profile.Name, rubbish[:min(len(rubbish), 20)])
				}
				conn.Close()
			}
		}
	}
}

// However long its lists are, a hello costs a server little more than to read it. Where each suite was measured by all of them, one of 15 KB took 200 ms.
func TestLongListsCostLittle(t *testing.T) {
	const length = 3700
	unknown := slices.Repeat([]uint16{0x9999}, length)
	hello := func(suite uint16, groups, schemes []uint16) tlsprint.Hello {
		return tlsprint.Hello{Record: 0x301, Version: 0x303, Suites: slices.Repeat([]uint16{suite}, length), Extensions: []tlsprint.Extension{tlsprint.Groups(groups...), tlsprint.Schemes(schemes...)}}
	}
	shares := tlsprint.Modern(name, true)
	for i, e := range shares.Extensions {
		switch e.Type {
		case 10:
			shares.Extensions[i] = tlsprint.Groups(append(slices.Repeat([]uint16{0x9999}, 3500), 0x8888)...)
		case 51:
			shares.Extensions[i].Data = append([]byte{0x1d, 0x4c}, bytes.Repeat([]byte{0x88, 0x88, 0, 1, 1}, 1500)...)
		}
	}
	keys()
	runtime.LockOSThread() // whose time is taken: the machine has other things to do
	defer runtime.UnlockOSThread()
	for _, c := range []struct {
		what    string
		profile *tlswire.Profile
		hello   tlsprint.Hello
	}{
		{"schemes", &tlswire.Apache, hello(0xc030, []uint16{0x1d}, unknown)},
		{"groups", &tlswire.Slapd, hello(0x009e, unknown, []uint16{0x401})},
		{"keys", &tlswire.Nginx, shares},
	} {
		var records []byte
		for part := range slices.Chunk(c.hello.Bytes()[5:], 1<<14) {
			records = append(append(records, 22, 3, 1, byte(len(part)>>8), byte(len(part))), part...)
		}
		config := &tlswire.Config{Profile: c.profile, Certificate: keys()["RSA"]}
		began := threadTime(t)
		if err := tlswire.Server(&script{said: bytes.NewReader(records)}, config).HandshakeContext(t.Context()); err == nil || !strings.Contains(err.Error(), "supported by both") {
			t.Errorf("%s: %v", c.what, err)
		}
		if took := threadTime(t) - began; took > 50*time.Millisecond {
			t.Errorf("%s: %v for one hello", c.what, took)
		}
	}
}

func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// What nginx and PostgreSQL of Debian 12 say to a client that goes wrong behind their hello, as records.
func TestRefusalsBehindTheHelloAreTheProducts(t *testing.T) {
	record := func(typ byte, data string) string {
		return string([]byte{typ, 3, 3, byte(len(data) >> 8), byte(len(data))}) + data
	}
	message := func(typ byte, data string) string {
		return record(22, string([]byte{typ, 0, byte(len(data) >> 8), byte(len(data))})+data)
	}
	key := func(data string) string { return message(16, data) }
	finish := record(20, "\x01") + record(22, strings.Repeat("x", 40))
	address := map[uint16]string{0xc02f: server(t, &tlswire.Nginx, "RSA"), 0x009c: server(t, &tlswire.Nginx, "RSA"), 0x009e: server(t, &tlswire.Postgres, "RSA")}
	for _, c := range []struct {
		what  string
		suite uint16
		said  string
		want  string
	}{
		{"a change of ciphers too early", 0xc02f, record(20, "\x01"), "\x15\x03\x03\x00\x02\x02\x0a"},
		{"a change of ciphers that is none", 0xc02f, record(20, "\x02"), "\x15\x03\x03\x00\x02\x02\x0a"},
		{"a hello again, in a record of 1.0", 0xc02f, "\x16\x03\x01\x00\x04\x01\x00\x00\x00", "\x15\x03\x01\x00\x02\x02\x46"},
		{"a record of 1.3", 0xc02f, "\x16\x03\x04\x00\x04\x10\x00\x00\x00", "\x15\x03\x03\x00\x02\x02\x46"},
		{"no key", 0xc02f, key(""), "\x15\x03\x03\x00\x02\x02\x28"},
		{"an empty key", 0xc02f, key("\x00"), "\x15\x03\x03\x00\x02\x02\x2f"},
		{"half a key", 0xc02f, key("\x20aa"), "\x15\x03\x03\x00\x02\x02\x32"},
		{"a key of low order", 0xc02f, key("\x20" + strings.Repeat("\x00", 32)), "\x15\x03\x03\x00\x02\x02\x2f"},
		{"the beginning of a long key", 0xc02f, "\x16\x03\x03\x00\x04\x10\x00\xff\xff", "\x15\x03\x03\x00\x02\x02\x2f"},
		{"rubbish at the end", 0xc02f, key("\x20"+strings.Repeat("a", 32)) + finish, "\x15\x03\x03\x00\x02\x02\x14"},
		{"RSA, no key", 0x009c, key(""), "\x15\x03\x03\x00\x02\x02\x32"},
		{"RSA, half a key", 0x009c, key("\x01\x00aa"), "\x15\x03\x03\x00\x02\x02\x32"},
		{"RSA, a key that is too large", 0x009c, key("\x01\x00"+strings.Repeat("\xff", 256)) + finish, "\x15\x03\x03\x00\x02\x02\x33"},
		{"RSA, a key with wrong padding", 0x009c, key("\x01\x00\x00"+strings.Repeat("a", 255)) + finish, "\x15\x03\x03\x00\x02\x02\x14"},
		{"DHE, half a key", 0x009e, key("\x01\x00aa"), "\x15\x03\x03\x00\x02\x02\x32"},
		{"DHE, 0", 0x009e, key("\x00\x01\x00"), "\x15\x03\x03\x00\x02\x02\x2f"},
		{"DHE, 1", 0x009e, key("\x00\x01\x01"), "\x15\x03\x03\x00\x02\x02\x2f"},
		{"DHE, beyond the prime", 0x009e, key("\x02\x00" + strings.Repeat("\xff", 512)), "\x15\x03\x03\x00\x02\x02\x2f"},
	} {
		hello := tlsprint.Modern(name, false)
		hello.Suites = []uint16{c.suite}
		conn, err := tlsprint.Start("", address[c.suite])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(hello.Bytes()); err != nil {
			t.Fatal(err)
		}
		if a, err := tlsprint.Read(conn); err != nil || a.Suite != c.suite {
			t.Fatalf("%s: %+v, %v", c.what, a, err)
		}
		if _, err := io.WriteString(conn, c.said); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(c.want))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != c.want {
			t.Errorf("%s: % x, %v; not % x", c.what, got, err, c.want)
		}
		conn.Close()
	}
}

// A client makes a server keep no more than a few times the longest hello: longer ones are refused before they are read.
func TestWhatAConnectionKeepsIsBounded(t *testing.T) {
	conn := &script{said: strings.NewReader("\x16\x03\x01\x00\x04\x01\x00\x40\x01")}
	err := tlswire.Server(conn, &tlswire.Config{Profile: &tlswire.Nginx, Certificate: keys()["RSA"]}).HandshakeContext(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exceeds maximum of 16384 bytes") || conn.written != 7 {
		t.Errorf("%v, after %d bytes", err, conn.written)
	}
}

// What a client sends early, for a session that the server does not know, is skipped, and the handshake goes on.
func TestEarlyDataIsSkipped(t *testing.T) {
	psk := "\x00\x26\x00\x20" + strings.Repeat("i", 32) + "\x00\x00\x00\x00\x00\x21\x20" + strings.Repeat("b", 32)
	data := "\x17\x03\x03\x10\x00" + strings.Repeat("x", 4096)
	for _, groups := range [][]uint16{{0x1d}, {0x17, 0x1d}} { // the other one is asked for its key again
		profile := tlswire.Nginx
		profile.Groups = []tlswire.CurveID{tlswire.CurveID(groups[0])}
		hello := tlsprint.Modern(name, true)
		for i, e := range hello.Extensions {
			if e.Type == 10 {
				hello.Extensions[i] = tlsprint.Groups(groups...)
			}
		}
		hello.Extensions = append(hello.Extensions, tlsprint.Extension{Type: 42}, tlsprint.Extension{Type: 41, Data: []byte(psk)})
		shake := func(more string) (int, error) {
			conn := &script{said: io.MultiReader(bytes.NewReader(hello.Bytes()), strings.NewReader(more))}
			err := tlswire.Server(conn, &tlswire.Config{Profile: &profile, Certificate: keys()["RSA"], Sessions: tlswire.NewSessions()}).HandshakeContext(t.Context())
			return conn.written, err
		}
		answered, _ := shake("")
		if written, err := shake(data + data + data); !errors.Is(err, io.EOF) || written != answered {
			t.Errorf("%v: %v, %d bytes and not %d", groups, err, written, answered)
		}
		if written, err := shake(strings.Repeat(data, 5)); errors.Is(err, io.EOF) || written <= answered {
			t.Errorf("%v: more than is skipped: %v, %d bytes", groups, err, written)
		}
	}
}
