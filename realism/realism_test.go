package realism

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/catalog"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	_ "decnet/decoy/services/all"
)

// targetOf is a decky of the tests as a target.
func targetOf(t *testing.T, cat *catalog.Catalog, id control.Identity, d *decoytest.Decky, services []string) Target {
	t.Helper()
	target := Target{Name: id.Name, Hostname: id.Hostname}
	for _, name := range services {
		s, ok := cat.Service(name)
		require.True(t, ok)
		for _, p := range s.Ports {
			at, err := netip.ParseAddrPort(d.Address(p.Number))
			require.NoError(t, err)
			target.Endpoints = append(target.Endpoints, Endpoint{name, p.Proto, at.Addr().String(), int(at.Port())})
		}
	}
	return target
}

// Our own services give nothing away to whoever looks like this, whatever host they pretend to be on.
func TestOurOwnServicesPass(t *testing.T) {
	cat, err := catalog.Load()
	require.NoError(t, err)
	hosts := map[string]struct {
		os, distro, hostname string
		services             []string
	}{
		"linux server": {"linux", "debian", "web-prod-01", []string{"ssh", "http", "https", "mysql", "postgres", "redis", "ftp", "smtp", "imap", "pop3", "vnc", "mongodb", "elasticsearch"}},
		"ubuntu":       {"linux", "ubuntu22", "app-07", []string{"ssh", "http", "smtp_relay", "docker_api", "telnet"}},
		"kubernetes":   {"linux", "debian", "node-3", []string{"ssh", "k8s"}},
		"windows":      {"windows_server", "debian", "DC01", []string{"smb", "rdp", "mssql", "http", "https", "ftp", "smtp", "imap", "pop3"}},
	}
	marks := map[string][]Mark{}
	for name, h := range hosts {
		t.Run(name, func(t *testing.T) {
			id := decoytest.Identity()
			id.OS, id.Distro, id.Hostname = h.os, h.distro, h.hostname
			d := decoytest.StartAs(t, id, h.services...)
			r := Check(t.Context(), targetOf(t, cat, id, d, h.services))
			for _, f := range r.Findings {
				t.Errorf("%s %s %s: %s", f.Severity, f.Service, f.Tell, f.Detail)
			}
			require.Empty(t, r.Unreachable)
			require.Len(t, r.Probed, len(h.services))
			require.Empty(t, Shared(r, marks))
			marks[name] = r.Marks
		})
	}
}

// fake is a server that does what it is told with each connection.
func fake(t *testing.T, service string, serve func(net.Conn)) Endpoint {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	at := netip.MustParseAddrPort(l.Addr().String())
	return Endpoint{service, "tcp", at.Addr().String(), int(at.Port())}
}

func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		_, _ = io.Copy(io.Discard, c)
	}
}

func tells(r Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, f.Service+" "+f.Tell)
	}
	return out
}

// What honeypots are known by is found.
func TestTellsAreFound(t *testing.T) {
	mysql := "\x4a\x00\x00\x00\x0a5.7.16-MySQL-Community-Server\x00\x01\x00\x00\x00saltsalt\x00" + strings.Repeat("\x00", 80)
	goWeb := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer goWeb.Close()
	at := netip.MustParseAddrPort(strings.TrimPrefix(goWeb.URL, "http://"))
	for name, c := range map[string]struct {
		endpoint Endpoint
		want     []string
	}{
		"a banner out of the box": {fake(t, "ssh", says("SSH-2.0-OpenSSH_6.0p1 Debian-4+deb7u2\r\nbad packet length\r\n")), []string{"ssh default-banner", "ssh bad-refusal", "ssh no-key-exchange"}},
		"a salt that stays":       {fake(t, "mysql", says(mysql)), []string{"mysql default-banner", "mysql fixed-salt", "mysql fixed-thread"}},
		"a web server in Go":      {Endpoint{"http", "tcp", at.Addr().String(), int(at.Port())}, []string{"http answers-anything", "http go-server"}},
		"one that says nothing":   {fake(t, "ftp", func(c net.Conn) {}), []string{"ftp silent"}},
		"another host's name":     {fake(t, "smtp", says("220 other.example.org ESMTP\r\n250 other\r\n500 what\r\n")), []string{"smtp other-name"}},
		"an error of its own":     {fake(t, "redis", says("-ERR no\r\n")), []string{"redis bad-refusal"}},
		"any password":            {fake(t, "ftp", says("220 ready\r\n500 what\r\n331 password\r\n230 welcome\r\n")), []string{"ftp any-password"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := Check(t.Context(), Target{Name: "d", Hostname: "web-01.example.net", Endpoints: []Endpoint{c.endpoint}})
			for _, want := range c.want {
				require.Contains(t, tells(r), want)
			}
			require.True(t, slices.IsSortedFunc(r.Findings, func(a, b Finding) int { return rank(b.Severity) - rank(a.Severity) }), "the worst first")
		})
	}
}

func TestSystemsThatContradictEachOther(t *testing.T) {
	r := Check(t.Context(), Target{Name: "d", Endpoints: []Endpoint{
		fake(t, "ftp", says("220 (vsFTPd on Ubuntu)\r\n500 what\r\n530 no\r\n")), fake(t, "pop3", says("+OK Microsoft Exchange\r\n-ERR what\r\n")),
	}})
	require.Contains(t, tells(r), "pop3 other-system")
}

func TestWhatSeveralHostsHaveInCommon(t *testing.T) {
	r := Report{Marks: []Mark{{"ssh", "host-key", "abc"}, {"https", "certificate", "def"}}}
	got := Shared(r, map[string][]Mark{"other": {{"ssh", "host-key", "abc"}, {"https", "certificate", "ghi"}}})
	require.Len(t, got, 1)
	require.Equal(t, "shared-host-key", got[0].Tell)
	require.Contains(t, got[0].Detail, "other")
}

// What can't be reached is said, and not called believable.
func TestWhatCanNotBeReached(t *testing.T) {
	r := Check(t.Context(), Target{Name: "d", Endpoints: []Endpoint{{"ssh", "tcp", "127.0.0.1", 1}, {"dns", "udp", "127.0.0.1", 1}}})
	require.Equal(t, []string{"ssh"}, r.Unreachable)
	require.Empty(t, r.Probed)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, []string{"ssh"}, Check(ctx, Target{Endpoints: []Endpoint{{"ssh", "tcp", "127.0.0.1", 1}}}).Unreachable)
}
