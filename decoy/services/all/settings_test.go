package all

import (
	"bufio"
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"decnet/catalog"
	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/shell"
)

// chosen is a setting of a service, a value for it, and what a client then sees.
var chosen = []struct {
	service, key, value string
	port                int
	say, want           string // what a client says first, and what the answer holds; "" is tested beside the service
}{
	{service: "ssh", key: "password", value: "s3cret"},
	{service: "ssh", key: "user", value: "deploy"},
	{service: "ssh", key: "user_password", value: "d3ploy"},
	{service: "telnet", key: "password", value: "s3cret too"},
	{service: "telnet", key: "user", value: "ignored"},
	{service: "telnet", key: "user_password", value: "d3ploy too"},
	{"http", "server_header", "Apache/2.2.3 (CentOS)", 80, "GET / HTTP/1.0\r\n\r\n", "Server: Apache/2.2.3 (CentOS)\r\n"},
	{service: "https", key: "server_header", value: "nginx/1.0.0"}, // http's, on the same host
	{"http", "fake_app", "wordpress", 80, "GET /wp-login.php HTTP/1.0\r\n\r\n", "wordpress_test_cookie"},
	{"http", "response_code", "410", 80, "GET /nothing HTTP/1.0\r\n\r\n", "HTTP/1.1 410 Gone\r\n"},
	{"http", "extra_headers", "X-Powered-By: PHP/5.6.40", 80, "GET / HTTP/1.0\r\n\r\n", "X-Powered-By: PHP/5.6.40\r\n"},
	{"http", "custom_body", "<h1>Closed</h1>", 80, "GET / HTTP/1.0\r\n\r\n", "<h1>Closed</h1>"},
	{"http", "http_versions", "1.1,2", 80, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x00\x04\x01\x00\x00\x00\x00"}, // its settings are acknowledged
	{service: "https", key: "fake_app", value: "tomcat"},                                                                                                   // http's, on the same host
	{service: "https", key: "response_code", value: "503"},
	{service: "https", key: "extra_headers", value: "A: b"},
	{service: "https", key: "custom_body", value: "closed"},
	{service: "https", key: "http_versions", value: "1.1,2"},
	{service: "https", key: "tls_cn", value: "www.example.org"},
	{service: "https", key: "tls_cert"},
	{service: "https", key: "tls_key"},
	{"mysql", "version", "5.7.44-log", 3306, "", "5.7.44-log\x00"},
	{"redis", "version", "6.0.16", 6379, "INFO server\r\n", "redis_version:6.0.16\r\n"},
	{"redis", "os_string", "Linux 3.10.0-1160.el7.x86_64 x86_64", 6379, "INFO server\r\n", "os:Linux 3.10.0-1160.el7.x86_64 x86_64\r\n"},
	{"smtp", "banner", "ESMTP Sendmail 8.15.2", 25, "", " ESMTP Sendmail 8.15.2\r\n"},
	{"smtp", "mta", "exim", 25, "X\r\n", "500 unrecognized command\r\n"},
	{service: "smtp_relay", key: "banner", value: "ESMTP"}, // smtp's, in its place
	{service: "smtp_relay", key: "mta", value: "postfix"},
	{service: "dns", key: "bind_version", value: "9.11.4-P2"},
	{service: "dns", key: "zone_mode", value: "open"},
	{service: "dns", key: "domain", value: "corp.example.org"},
	{service: "dns", key: "nsid", value: "ams-3"},
	{service: "dns", key: "extra_records", value: "www A 192.0.2.7"},
	{service: "imap", key: "letters", value: "Subject: a\n\nb"},
	{service: "pop3", key: "letters", value: "Subject: c\n\nd"},
	{service: "rdp", key: "nla", value: "true"},
}

// Each setting of the catalog is one that the decoys listen to.
func TestWhatIsChosenIsSeen(t *testing.T) {
	id := decoytest.Identity()
	id.Seed = bytes.Repeat([]byte("settings"), 4) // a Redis without a password, for one
	id.Settings = map[string]map[string]string{}
	known := map[string]bool{}
	var services []string
	for _, c := range chosen {
		if known[c.service+" "+c.key] = true; c.service == "smtp_relay" || c.service == "https" {
			continue
		}
		if id.Settings[c.service] == nil {
			id.Settings[c.service] = map[string]string{}
			services = append(services, c.service)
		}
		id.Settings[c.service][c.key] = c.value
	}
	for _, s := range catalog.Default().Services() {
		for _, setting := range s.Settings {
			if !known[s.Slug+" "+setting.Key] {
				t.Errorf("nobody tests %s of %s", setting.Key, s.Slug)
			}
		}
	}
	d := decoytest.StartAs(t, id, services...)
	for _, c := range chosen {
		if c.want == "" {
			continue
		}
		conn, err := net.DialTimeout("tcp", d.Address(c.port), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		_, _ = conn.Write([]byte(c.say))
		var got strings.Builder
		for r := bufio.NewReader(conn); !strings.Contains(got.String(), c.want); {
			b, err := r.ReadByte()
			if err != nil {
				t.Errorf("%s of %s: %q is not in %q (%v)", c.key, c.service, c.want, got.String(), err)
				break
			}
			got.WriteByte(b)
		}
		conn.Close()
	}

	host, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	system := shell.SystemOf(host)
	for _, login := range []struct {
		user, password string
		let            bool
	}{
		{"root", "s3cret", true}, {"root", "s3cret too", true}, {"root", "root", false}, {"deploy", "d3ploy", true}, {"deploy", "deploy", false}, {"ignored", "d3ploy", false},
	} {
		if system.Admits(login.user, login.password) != login.let {
			t.Errorf("%s with %s: %t", login.user, login.password, !login.let)
		}
	}
}
