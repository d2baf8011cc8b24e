package catalog

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSettingsAreChecked(t *testing.T) {
	c := Default()
	for _, test := range []struct {
		service, key string
		good, bad    []string
	}{
		{"ssh", "password", []string{"toor", strings.Repeat("x", 128), "mit Ümlaut"}, []string{"", strings.Repeat("x", 129), "a\nb", "\u202eabc", "\xff"}},
		{"telnet", "user", []string{"pi", "www-data"}, []string{"Root", "a b", "root:x", strings.Repeat("a", 33)}},
		{"mysql", "version", []string{"8.0.36", "10.11.6-MariaDB-0+deb12u1"}, []string{"8", "eight", "8.0.36 <b>"}},
		{"redis", "version", []string{"7.2.4"}, []string{"7.2", "7.2.4-rc1", "7.2.9999"}},
		{"rdp", "nla", []string{"true", "false"}, []string{"yes", "", "True"}},
		{"http", "server_header", []string{"nginx/1.25.3", "Apache/2.4.1 (Unix)"}, []string{"a\r\nSet-Cookie: x", " nginx"}},
		{"dns", "domain", []string{"corp.local", "xn--bcher-kva.example"}, []string{"local", "corp.local.", "-a.b", "Corp.local"}},
		{"dns", "extra_records", []string{"www A 192.0.2.1\n\n; more\n@ TXT \"a b\""}, []string{"www A 192.0.2.1\r\n", "www A 192.0.2", strings.Repeat(";", 4097)}},
		{"imap", "letters", []string{"Subject: VPN\n\nIts password is x.\n---\nSubject: b\n\n\tc"}, []string{"VPN", "Subject: a\r\n\r\nb"}},
		{"http", "extra_headers", []string{"X-A: b\nX-C: d"}, []string{"X-A", "Content-Length: 3", "A: b\r\nC: d"}},
		{"http", "response_code", []string{"200", "503"}, []string{"100", "600", "x"}},
		{"http", "http_versions", []string{"1.1", "1.1,2"}, []string{"1.1,3", "2.0", ""}},
		{"https", "http_versions", []string{"1.1", "1.1,2", "1.1,2,3"}, []string{"1.1,4", "2.0", ""}},
		{"https", "fake_app", []string{"none", "jenkins"}, []string{"joomla"}},
		{"https", "tls_cn", []string{"www.example.org", "*.example.org", "192.0.2.7"}, []string{"a\nb", ".", strings.Repeat("a", 65)}},
		{"https", "tls_cert", nil, []string{"x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}},
		{"https", "tls_key", nil, []string{"x"}},
		{"smtp", "banner", []string{"ESMTP Postfix", "SMTP"}, []string{"Postfix", "ESMTP \r\n250 ok"}},
	} {
		service, _ := c.Service(test.service)
		s, ok := service.Setting(test.key)
		if !ok {
			t.Fatalf("%s has no setting %s", test.service, test.key)
		}
		for _, v := range test.good {
			if err := s.Check(v); err != nil {
				t.Errorf("%s %s: %q %v", test.service, test.key, v, err)
			}
		}
		for _, v := range test.bad {
			if s.Check(v) == nil {
				t.Errorf("%s %s: %q was taken", test.service, test.key, v)
			}
		}
	}
	set := Setting{Type: SettingSet, Choices: []string{"1.1", "2", "3"}}
	for value, good := range map[string]bool{"2,1.1": true, "3": true, "": false, "2,2": false, "2, 3": false, "4": false, "2,": false} {
		if (set.Check(value) == nil) != good {
			t.Errorf("a set of %q", value)
		}
	}
	number := Setting{Type: SettingInt, Min: 1, Max: 10}
	enum := Setting{Type: SettingEnum, Choices: []string{"a", "b"}}
	if number.Check("10") != nil || number.Check("11") == nil || number.Check("07") == nil || number.Check("x") == nil || enum.Check("b") != nil || enum.Check("c") == nil {
		t.Error("a number or a choice is misjudged")
	}
}

func TestSettingsThatGoTogether(t *testing.T) {
	pair := func(name string) (certificate, key string) {
		secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := x509.MarshalPKCS8PrivateKey(secret)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	}
	https, _ := Default().Service("https")
	cert, key := pair("a")
	_, other := pair("b")
	for wrong, chosen := range map[string]map[string]string{
		"":         {"tls_cert": cert, "tls_key": key},
		"tls_cert": {"tls_cert": cert},
		"tls_key":  {"tls_cert": cert, "tls_key": other},
		"tls_cn":   {"tls_cert": cert, "tls_key": key, "tls_cn": "www.example.org"},
	} {
		for name, value := range chosen {
			if s, _ := https.Setting(name); s.Check(value) != nil {
				t.Errorf("%s: %v", name, s.Check(value))
			}
		}
		if at, err := https.CheckTogether(chosen); at != wrong || (err == nil) != (wrong == "") {
			t.Errorf("%q is wrong in place of %q: %v", at, wrong, err)
		}
	}
	if at, err := https.CheckTogether(map[string]string{"tls_key": key}); at != "tls_key" || err == nil {
		t.Errorf("a key alone: %q, %v", at, err)
	}
}

// What the decoy binary does not know can't be set.
func TestAFileAddsNoSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "more.yaml")
	if err := os.WriteFile(file, []byte("services:\n  ssh: {settings: {port: {help: Where it listens}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "more.yaml:2") {
		t.Errorf("%v", err)
	}
}
