package all

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/internal/tlsprint"
)

// The values are those of the real products (see TestFingerprintsAreTheProducts of decoy/internal/tlswire): a scanner of TLS alone takes each decoy for what it says it is.
func TestTLSFingerprints(t *testing.T) {
	const (
		dovecot = "07d3fd1ad21d21d00042d43d0000005aa9877b7a5d6a671d1e56af48dc9ce6"
		postfix = "07d19d1ad21d21d07c42d43d000000f50d155305214cf247147c43c0f1a823"
		slapd   = "21d14d00021d21d21c42d43d00041d320c989d4ed06a7e9d3133ba36bb2752"
	)
	for _, c := range []struct {
		service  string
		port     int
		start    string
		settings map[string]string
		jarm     string
		ja4s12   string
	}{
		{"https", 443, "", map[string]string{"server_header": "nginx/1.22.1", "http_versions": "1.1,2"}, "28d28d28d00028d00042d42d000000e1ea2a807a629b496b664cf07ad7c08d", "t1206h2_c02c_17136cd5846b"},
		{"https", 443, "", map[string]string{"server_header": "nginx/1.22.1", "http_versions": "1.1"}, "28d28d28d00028d00042d42d000000831b6af40378e2dd35eeac4e9311926e", "t1206h1_c02c_17136cd5846b"},
		{"https", 443, "", map[string]string{"server_header": "Apache/2.4.62 (Debian)", "http_versions": "1.1"}, "1dd40d40d00040d00042d43d0000003d25bc6207ca8acd9652e99aa3724a08", "t1205h1_c02c_8763c20bf469"},
		{"https", 443, "", map[string]string{"server_header": "lighttpd/1.4.69", "http_versions": "1.1,2"}, "27d40d40d00040d00042d43d00000017ce5d7926b134e0e6a6b169fee4a33f", "t1205h2_c02c_1ece00aee4e9"},
		{"imap", 993, "", nil, dovecot, "t120500_c030_45145cc9ca06"},
		{"imap", 143, "imap", nil, dovecot, "t120500_c030_45145cc9ca06"},
		{"pop3", 110, "pop3", nil, dovecot, "t120500_c030_45145cc9ca06"},
		{"smtp", 25, "smtp", map[string]string{"banner": "220 {host} ESMTP Postfix"}, postfix, "t120400_c030_12a20535f9be"},
		{"ldap", 389, "ldap", nil, slapd, "t120300_c030_dd32164b0f22"},
		{"postgres", 5432, "postgres", map[string]string{"version": "15.8"}, "2ad2ad16d2ad2ad00042d42d000000332dc9cd7d90589195193c8bb05d84fa", "t120300_c030_460f64128655"},
		{"rdp", 3389, "rdp", nil, "07d14d16d21d21d00042d43d000000aa99ce74e2c6d013c745aa52b5cc042d", "t120400_c030_12a20535f9be"},
	} {
		t.Run(c.service+c.settings["server_header"], func(t *testing.T) {
			t.Parallel()
			id := decoytest.Identity()
			id.Settings = control.Settings{c.service: c.settings}
			d := decoytest.StartAs(t, id, c.service)
			dial := func() (net.Conn, error) { return tlsprint.Start(c.start, d.Address(c.port)) }
			jarm, answers, err := tlsprint.JARM(dial, id.Hostname)
			if err != nil || jarm != c.jarm {
				t.Errorf("JARM %s, not %s (%v):\n%s", jarm, c.jarm, err, strings.Join(answers, "\n"))
			}
			a, err := tlsprint.Ask(dial, tlsprint.Modern(id.Hostname, false).Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if a.JA4S() != c.ja4s12 {
				t.Errorf("JA4S %s, not %s", a.JA4S(), c.ja4s12)
			}
			// What the client reveals is recorded, though it went no further.
			d.Wait("tls", decoytest.Has("sni", id.Hostname), func(e event.Event) bool {
				ja4, _ := e.Get("ja4")
				return ja4 != ""
			})
		})
	}
}

// What is sent in the clear behind the order to begin TLS is recorded, and never obeyed. Some products tell their client, by what they say or by hanging up.
func TestDataBeforeTLS(t *testing.T) {
	for _, c := range []struct {
		service  string
		port     int
		settings map[string]string
		ask      []string // the last one is the order
		early    string
		answer   string // to the order
		then     string // over TLS; "" is that there is none
	}{
		{"imap", 143, nil, []string{"", "a STARTTLS\r\n"}, "b CAPABILITY\r\n", "a OK Begin TLS negotiation now.\r\n", ""},
		{"pop3", 110, nil, []string{"", "STLS\r\n"}, "CAPA\r\n", "+OK Begin TLS negotiation now.\r\n", ""},
		{"smtp", 25, map[string]string{"mta": "exim"}, []string{"", "EHLO a\r\n", "STARTTLS\r\n"}, "RSET\r\n", "554 SMTP synchronization error\r\n", ""},
		{"smtp", 25, map[string]string{"mta": "postfix"}, []string{"", "EHLO a\r\n", "STARTTLS\r\n"}, "RSET\r\n", "220 2.0.0 Ready to start TLS\r\n", "221 2.0.0 Bye\r\n"},
		{"postgres", 5432, map[string]string{"version": "15.8 (Debian 15.8-0+deb12u1)"}, []string{"\x00\x00\x00\x08\x04\xd2\x16\x2f"}, "\x00\x00\x00\x16\x00\x03\x00\x00user\x00postgres\x00\x00", "S", "received unencrypted data after SSL request"},
	} {
		t.Run(c.service+c.settings["mta"], func(t *testing.T) {
			t.Parallel()
			id := decoytest.Identity()
			id.Settings = control.Settings{c.service: c.settings}
			d := decoytest.StartAs(t, id, c.service)
			conn := d.Dial(c.port)
			answer := make([]byte, 4096)
			for i, line := range c.ask {
				if i == len(c.ask)-1 {
					line += c.early
				}
				if _, err := io.WriteString(conn, line); err != nil {
					t.Fatal(err)
				}
				n, err := conn.Read(answer)
				if err != nil {
					t.Fatal(err)
				}
				if got := string(answer[:n]); i == len(c.ask)-1 && got != c.answer {
					t.Errorf("%q is answered by %q", line, got)
				}
			}
			client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			err := client.Handshake()
			switch {
			case c.then == "" && err == nil:
				t.Error("TLS has begun")
			case c.then == "":
			case err != nil:
				t.Error(err)
			default:
				io.WriteString(client, "QUIT\r\n")
				if said, _ := io.ReadAll(client); !strings.Contains(string(said), c.then) || strings.Contains(string(said), "250") {
					t.Errorf("over TLS it says %q", said)
				}
			}
			d.Wait("protocol_error", decoytest.Has("reason", "data before TLS"), decoytest.Has("data", c.early))
		})
	}
}

// Dovecot has a process for each connection, so that nobody can go on with a session: scanners tell that it gives tickets and takes none. Postfix takes them.
func TestWhoGoesOnWithASession(t *testing.T) {
	for _, c := range []struct {
		service string
		port    int
		start   string
		resumes bool
	}{
		{"imap", 143, "imap", false},
		{"pop3", 995, "", false},
		{"smtp", 25, "smtp", true},
	} {
		id := decoytest.Identity()
		id.Settings = control.Settings{"smtp": {"mta": "postfix"}}
		d := decoytest.StartAs(t, id, c.service)
		config := &tls.Config{InsecureSkipVerify: true, ServerName: id.Hostname, MaxVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		for again := range 2 {
			conn, err := tlsprint.Start(c.start, d.Address(c.port))
			if err != nil {
				t.Fatal(err)
			}
			client := tls.Client(conn, config)
			if err := client.Handshake(); err != nil {
				t.Fatal(err)
			}
			if _, ok := config.ClientSessionCache.Get(id.Hostname); !ok {
				t.Errorf("%s: no ticket", c.service)
			}
			if resumed := client.ConnectionState().DidResume; resumed != (again == 1 && c.resumes) {
				t.Errorf("%s: resumed %v", c.service, resumed)
			}
			conn.Close()
		}
	}
}
