package realism

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"decnet/catalog"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	_ "decnet/decoy/services/all"
)

// targetOf is a decky of the tests as a target.
func targetOf(t *testing.T, cat *catalog.Catalog, id control.Identity, d *decoytest.Decky, services []string) Target {
	t.Helper()
	target := Target{Name: id.Name, Hostname: id.Hostname}
	open := d.Handle(t.Context(), control.Request{Op: control.Status}).Endpoints
	for _, name := range services {
		s, ok := cat.Service(name)
		require.True(t, ok)
		for _, p := range s.Ports {
			for _, e := range open { // a port may be another host's alone, such as the global catalog's
				if e.Service == name && e.Proto == p.Proto && (e.Port == p.Number || e.Port == p.Number+id.PortOffset) {
					target.Endpoints = append(target.Endpoints, Endpoint{name, p.Proto, id.IP, e.Port})
				}
			}
		}
	}
	// As the server tells them: of some services it is another port that comes first.
	slices.SortFunc(target.Endpoints, func(a, b Endpoint) int { return cmp.Or(strings.Compare(a.Service, b.Service), a.Port-b.Port) })
	return target
}

// Our own services give nothing away to whoever looks like this, whatever host they pretend to be on: each archetype with all that it can have, several times. What
// they tell of the host's name and system is the same in all of them.
func TestOurOwnServicesPass(t *testing.T) {
	const hosts, atOnce = 2, 6 // of each archetype
	cat, err := catalog.Load()
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(7, 11))
	marks := map[string][]Mark{}
	var mu sync.Mutex
	var all sync.WaitGroup
	turns := make(chan struct{}, atOnce) // each waits most of the time
	for _, a := range cat.Archetypes() {
		for n := range hosts {
			id := decoytest.Identity()
			id.Seed = fmt.Appendf(nil, "%-32s", fmt.Sprint(a.Slug, " ", n))[:32]
			id.Archetype, id.OS, id.Distro = a.Slug, a.OS, a.Distros[n%len(a.Distros)]
			if id.OS == "embedded" {
				id.MAC = cat.MAC(a.Slug, a.OS, r)
			}
			style := a.HostnameStyle
			if style == "" {
				style = "generic"
			}
			id.Hostname = cat.Hostname(style, id.MAC, r)
			var services []string
			for _, name := range slices.Concat(a.Services, a.Pool) {
				if s, ok := cat.Service(name); ok && slices.ContainsFunc(s.Ports, func(p catalog.Port) bool { return p.Proto == "tcp" || name == "snmp" }) && !taken(cat, services, name) {
					services = append(services, name)
				}
			}
			name := fmt.Sprintf("%s %d", a.Slug, n+1)
			turns <- struct{}{}
			d := decoytest.StartAs(t, id, services...)
			target := targetOf(t, cat, id, d, services)
			all.Go(func() {
				defer func() { <-turns }()
				if slices.Contains(services, "ssh") {
					haveKeys(d)
				}
				found := Check(t.Context(), target)
				for _, f := range found.Findings {
					t.Errorf("%s: %s %s %s: %s", name, f.Severity, f.Service, f.Tell, f.Detail)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, f := range Shared(found, marks) {
					t.Errorf("%s: %s %s: %s", name, f.Service, f.Tell, f.Detail)
				}
				marks[name] = found.Marks
				assert.Empty(t, found.Unreachable, name)
				assert.Len(t, found.Probed, len(services), name)
			})
		}
	}
	all.Wait()
}

// haveKeys waits until the decky has made its keys for SSH, at the first connection: with the race detector on a busy machine that takes longer than a scanner waits.
func haveKeys(d *decoytest.Decky) {
	c, err := net.Dial("tcp", d.Address(22))
	if err != nil {
		return // which is found
	}
	defer c.Close()
	_, _, _, _ = ssh.NewClientConn(c, d.Host.Name, &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // nobody is let in
}

// taken tells whether one of the services has a port of the one of that name.
func taken(cat *catalog.Catalog, services []string, name string) bool {
	s, _ := cat.Service(name)
	return slices.ContainsFunc(services, func(other string) bool {
		o, _ := cat.Service(other)
		return slices.ContainsFunc(o.Ports, func(p catalog.Port) bool { return slices.Contains(s.Ports, p) })
	})
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
	goTLS := httptest.NewTLSServer(goWeb.Config.Handler)
	defer goTLS.Close()
	tlsAt := netip.MustParseAddrPort(strings.TrimPrefix(goTLS.URL, "https://"))
	for name, c := range map[string]struct {
		endpoint Endpoint
		want     []string
	}{
		"a banner out of the box": {fake(t, "ssh", says("SSH-2.0-OpenSSH_6.0p1 Debian-4+deb7u2\r\nbad packet length\r\n")), []string{"ssh default-banner", "ssh bad-refusal", "ssh no-key-exchange"}},
		"a salt that stays":       {fake(t, "mysql", says(mysql)), []string{"mysql default-banner", "mysql fixed-salt", "mysql fixed-thread"}},
		"a web server in Go":      {Endpoint{"http", "tcp", at.Addr().String(), int(at.Port())}, []string{"http answers-anything", "http go-server"}},
		"TLS of Go":               {Endpoint{"https", "tcp", tlsAt.Addr().String(), int(tlsAt.Port())}, []string{"https go-tls", "https go-server"}},
		"one that says nothing":   {fake(t, "ftp", func(c net.Conn) {}), []string{"ftp silent"}},
		"another host's name":     {fake(t, "smtp", says("220 other.example.org ESMTP\r\n250 other\r\n500 what\r\n")), []string{"smtp other-name"}},
		"an error of its own":     {fake(t, "redis", says("-ERR no\r\n")), []string{"redis bad-refusal"}},
		"no SMB":                  {fake(t, "smb", says("\x83\x00\x00\x01\x8f")), []string{"smb bad-answer"}},
		"no RDP":                  {fake(t, "rdp", says("\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"+strings.Repeat("x", 8))), []string{"rdp bad-answer"}},
		"no LDAP":                 {fake(t, "ldap", says("hello")), []string{"ldap bad-answer"}},
		"no Kerberos":             {fake(t, "kerberos", says("\x00\x00\x00\x02\x30\x00")), []string{"kerberos bad-answer"}},
		"a KDC's clock":           {fake(t, "kerberos", says("\x00\x00\x00\x19\x7e\x17\x30\x15\xa4\x11\x18\x0f20200101000000Z\xa5\x00")), []string{"kerberos wrong-clock"}},
		"no DCE/RPC":              {fake(t, "msrpc", says("\x05\x00\x0d\x03\x10\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00")), []string{"msrpc bad-answer"}},
		"a tag that stays":        {fake(t, "sip", says("SIP/2.0 200 OK\r\nTo: <sip:a@b>;tag=as00000000\r\n\r\n")), []string{"sip fixed-salt"}},
		"a name server of all":    {fake(t, "dns", says("\x00\x0c\x51\x07\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00")), []string{"dns answers-anything"}},
		"a tool's challenge":      {fake(t, "smb", toolSMB), []string{"smb default-challenge", "smb fixed-salt", "smb no-guid", "smb wrong-clock", "smb other-name"}},
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

// toolSMB answers as the tools do that are made in an afternoon: no GUID, no clock, one challenge for all.
func toolSMB(c net.Conn) {
	negotiation := make([]byte, 64+65)
	copy(negotiation, "\xfeSMB")
	challenge := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 44)...)
	copy(challenge[24:], "\x11\x22\x33\x44\x55\x66\x77\x88")
	info := []byte("\x01\x00\x08\x00T\x00O\x00O\x00L\x00\x00\x00\x00\x00")
	challenge[40], challenge[44] = byte(len(info)), byte(len(challenge))
	for _, message := range [][]byte{negotiation, append(make([]byte, 64+8), append(challenge, info...)...)} {
		in := make([]byte, 4096)
		if _, err := c.Read(in); err != nil {
			return
		}
		_, _ = c.Write(append([]byte{0, 0, 0, byte(len(message))}, message...))
	}
	_, _ = io.Copy(io.Discard, c)
}

// What SNMP tells counts as what the others tell, though it has no connection.
func TestWhatIsToldByDatagrams(t *testing.T) {
	cat, err := catalog.Load()
	require.NoError(t, err)
	id := decoytest.Identity()
	d := decoytest.StartAs(t, id, "snmp")
	target := targetOf(t, cat, id, d, []string{"snmp"})
	r := Check(t.Context(), target)
	require.Empty(t, r.Findings)
	require.Equal(t, []string{"snmp"}, r.Probed)
	require.Len(t, r.Marks, 1)
	target.Hostname = "somebody-else"
	require.Contains(t, tells(Check(t.Context(), target)), "snmp other-name")
}

func TestSystemsThatContradictEachOther(t *testing.T) {
	r := Check(t.Context(), Target{Name: "d", Endpoints: []Endpoint{
		fake(t, "ftp", says("220 (vsFTPd on Ubuntu)\r\n500 what\r\n530 no\r\n")), fake(t, "pop3", says("+OK Microsoft Exchange\r\n-ERR what\r\n")),
	}})
	require.Contains(t, tells(r), "pop3 other-system")
}

// What is found on each of a probe's connections is told once.
func TestAFindingIsToldOnce(t *testing.T) {
	r := Check(t.Context(), Target{Name: "d", Endpoints: []Endpoint{
		fake(t, "ftp", says("220 (vsFTPd on Ubuntu)\r\n500 what\r\n530 no\r\n")),
		fake(t, "mysql", says("\x20\x00\x00\x00\x098.0.36-windows\x00"+strings.Repeat("x", 40))),
	}})
	seen := map[Finding]int{}
	for _, f := range r.Findings {
		seen[f]++
		require.Equal(t, 1, seen[f], "%+v", f)
	}
	require.Contains(t, tells(r), "mysql bad-greeting")
}

func TestWhatSeveralHostsHaveInCommon(t *testing.T) {
	r := Report{Marks: []Mark{{"ssh", "host-key", "abc"}, {"https", "certificate", "def"}}}
	got := Shared(r, map[string][]Mark{"other": {{"ssh", "host-key", "abc"}, {"https", "certificate", "ghi"}}})
	require.Len(t, got, 1)
	require.Equal(t, "shared-host-key", got[0].Tell)
	require.Contains(t, got[0].Detail, "other")
}

// A check comes from where it has said before it began, each time.
func TestACheckIsKnownByWhereItComesFrom(t *testing.T) {
	var mu sync.Mutex
	var from []*net.TCPAddr
	e := fake(t, "ftp", func(c net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		from = append(from, c.RemoteAddr().(*net.TCPAddr))
	})
	began := time.Now()
	r := Record{Status: Running, StartedAt: began, From: NewOrigin([]Endpoint{e})}
	taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", r.From.FirstPort)) // somebody has a port of it
	if !errors.Is(err, syscall.EADDRINUSE) {                                       // somebody else, as it happens
		require.NoError(t, err)
		defer taken.Close()
	}
	Check(t.Context(), Target{Name: "d", Endpoints: []Endpoint{e}, From: r.From})
	mu.Lock()
	defer mu.Unlock()
	require.Greater(t, len(from), 2)
	for _, a := range from {
		require.True(t, r.Made(a.IP.String(), a.Port, time.Now()), "%s", a)
		require.False(t, r.Made("10.0.0.9", a.Port, time.Now()), "an address of somebody else's")
		require.False(t, r.Made(a.IP.String(), a.Port, began.Add(-time.Minute)), "before it")
	}
	require.False(t, r.Made("127.0.0.1", r.From.FirstPort+originPorts, began), "a port of somebody else's")
	r.Finish(Report{Probed: []string{"ftp"}}, began.Add(time.Second))
	require.False(t, r.Made("127.0.0.1", r.From.FirstPort, began.Add(time.Minute)), "after it")
	require.False(t, (*Record)(nil).Made("127.0.0.1", 1, began))
	require.False(t, (&Record{StartedAt: began}).Made("127.0.0.1", 1, began), "of an earlier build")
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
