package kerberos

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/windows"
	_ "decnet/decoy/services/ldap" // where a guessed password is used
	_ "decnet/decoy/services/smb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// controller is the identity of a domain controller.
func controller() control.Identity {
	id := decoytest.Identity()
	id.OS, id.Hostname, id.Archetype = "windows_server", "DC01", "domain-controller"
	return id
}

// wish is what a test's client asks for.
type wish struct {
	user, realm, target string
	etypes              []int64
	padata              []ber.Node
	kind                byte
	options             uint32
}

func (w wish) encode() []byte {
	var etypes []ber.Node
	for _, e := range w.etypes {
		etypes = append(etypes, number(e))
	}
	body := []ber.Node{field(0, bits(w.options))}
	if w.user != "" {
		body = append(body, field(1, name{principalName, []string{w.user}}.node()))
	}
	body = append(body, field(2, text(w.realm)), field(3, name{serviceName, strings.Split(w.target, "/")}.node()), field(5, text(withoutPassword)), field(7, number(77)), field(8, sequence(etypes...)))
	all := []ber.Node{field(1, number(version)), field(2, number(int64(w.kind)))}
	if w.padata != nil {
		all = append(all, field(3, sequence(w.padata...)))
	}
	return message(w.kind, append(all, field(4, sequence(body...)))...)
}

// begin asks for the user's first ticket.
func begin(v *server, user string, etypes ...int64) wish {
	return wish{user: user, realm: v.realm, target: "krbtgt/" + v.realm, etypes: etypes, kind: asRequest}
}

// proven adds the proof of a password.
func (w wish) proven(etype int64, key []byte, at time.Time) wish {
	plain := sequence(field(0, moment(at)), field(1, number(5))).Encode()
	w.padata = append(slices.Clone(w.padata), padata(paTimestamp, sealed{etype, seal(etype, key, usageTimestamp, plain)}.node(0).Encode()))
	return w
}

func ask(t *testing.T, conn net.Conn, message []byte) ber.Node {
	t.Helper()
	tcp := conn.LocalAddr().Network() == "tcp"
	if tcp {
		message = append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
	}
	if _, err := conn.Write(message); err != nil {
		t.Fatal(err)
	}
	var answer []byte
	if tcp {
		var head [4]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			t.Fatal(err)
		}
		answer = make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(conn, answer); err != nil {
			t.Fatal(err)
		}
	} else {
		answer = make([]byte, 4096)
		n, err := conn.Read(answer)
		if err != nil {
			t.Fatal(err)
		}
		if answer = answer[:n]; n > len(message)+maxGrowth {
			t.Errorf("%d bytes answer %d", n, len(message))
		}
	}
	n, _, err := ber.Parse(answer)
	if err != nil || len(n.Kids) != 1 {
		t.Fatalf("%x: %v", answer, err)
	}
	return n
}

// code is that of an error, or -1 and the number of what is none.
func code(n ber.Node) int64 {
	if n.Tag != application|failure {
		return -int64(n.Tag &^ application)
	}
	return partInt(n.Kids[0], 6)
}

func udp(t *testing.T, d *decoytest.Decky, port int) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp", d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

func TestItTellsWhoIsThereAsAControllerDoes(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "kerberos")
	v := newServer(d.Host)
	person := windows.Accounts(d.Host, true)[4].Login
	in := func(w wish, change func(*wish)) wish { change(&w); return w }
	for what, c := range map[string]struct {
		asks wish
		want int64
	}{
		"a person":           {begin(v, person, 18, 17, 23), preauthRequired},
		"in capitals":        {begin(v, strings.ToUpper(person), 18), preauthRequired},
		"by a whole name":    {begin(v, person+"@"+v.domain, 18), preauthRequired},
		"the machine":        {begin(v, "DC01$", 18), preauthRequired},
		"nobody":             {begin(v, "nosuchuser", 18), clientUnknown},
		"no name":            {begin(v, "", 18), clientUnknown},
		"who is disabled":    {begin(v, "Guest", 18), clientRevoked},
		"another realm":      {in(begin(v, person, 18), func(w *wish) { w.realm = "ELSEWHERE.ORG" }), wrongRealm},
		"the domain's short": {in(begin(v, person, 18), func(w *wish) { w.realm = v.machine.Domain }), preauthRequired},
		"what DES is":        {begin(v, person, 1, 3), etypeUnsupported},
		"another service":    {in(begin(v, person, 18), func(w *wish) { w.target = "nosuch/host" }), serverUnknown},
		"what it is not":     {in(begin(v, person, 18), func(w *wish) { w.kind = asReply }), badMessageType},
	} {
		t.Run(what, func(t *testing.T) {
			for _, conn := range []net.Conn{d.Dial(88), udp(t, d, 88)} {
				if got := code(ask(t, conn, c.asks.encode())); got != c.want {
					t.Errorf("by %s it is %d, want %d", conn.LocalAddr().Network(), got, c.want)
				}
			}
		})
	}
	n := ask(t, d.Dial(88), begin(v, strings.ToUpper(person), 18, 17, 23).encode())
	detail, _ := part(n.Kids[0], 12)
	if !strings.Contains(string(detail.Value), v.realm+person) {
		t.Errorf("the salt is not that of %s%s: %q", v.realm, person, detail.Value)
	}
	d.Wait("as_request", decoytest.Has("user", "nosuchuser"), decoytest.Has("code", "6"), decoytest.Has("realm", v.realm), decoytest.Has("target", "krbtgt/"+v.realm), decoytest.Has("etypes", "18"))
}

func TestTriedPasswordsAreRecordedForGuessing(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "kerberos")
	v := newServer(d.Host)
	const tried = "Summer 2026!"
	for _, etype := range strongest {
		key := keyOf(etype, tried, v.realm+"Administrator")
		if got := code(ask(t, d.Dial(88), begin(v, "administrator", etype).proven(etype, key, d.Host.Now()).encode())); got != preauthFailed {
			t.Errorf("with %d it is %d", etype, got)
		}
		e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "administrator"), decoytest.Has("etype", fmt.Sprint(etype)), decoytest.Has(event.Outcome, event.Rejected), decoytest.Has(event.SecretKind, "krb5pa"))
		secret, _ := e.Get(event.Secret)
		parts := strings.Split(secret, "$")
		raw, err := hex.DecodeString(parts[len(parts)-1])
		if err != nil || !strings.HasPrefix(secret, fmt.Sprintf("$krb5pa$%d$Administrator$%s$", etype, v.realm)) {
			t.Fatalf("%q: %v", secret, err)
		}
		if etype == rc4HMAC { // in the order in which the guesser wants it
			raw = slices.Concat(raw[len(raw)-16:], raw[:len(raw)-16])
		}
		if _, err := open(etype, key, usageTimestamp, raw); err != nil {
			t.Errorf("%q is not of the password: %v", secret, err)
		}
	}
	// A password that the directory takes is right here, too.
	weak := v.accounts["administrator"].secrets[0]
	key := keyOf(aes256, weak, v.realm+"Administrator")
	if got := code(ask(t, d.Dial(88), begin(v, "Administrator", aes256).proven(aes256, key, d.Host.Now().Add(-time.Hour)).encode())); got != clockSkew {
		t.Errorf("a proof of an hour ago is answered with %d", got)
	}
	if got := code(ask(t, d.Dial(88), begin(v, "Administrator", aes256).proven(aes256, key, d.Host.Now()).encode())); got != -asReply {
		t.Errorf("a right password is answered with %d", got)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "Administrator"), decoytest.Has(event.Outcome, event.Accepted))
}

// unproved is the account that gives what is guessed at to everybody.
func unproved(t *testing.T, h *decoy.Host) windows.Account {
	t.Helper()
	all := windows.Accounts(h, true)
	return all[slices.IndexFunc(all, windows.Account.Unproved)]
}

func TestWhatIsGuessedOpensTheOtherServices(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "kerberos", "ldap", "smb")
	v, a := newServer(d.Host), unproved(t, d.Host)
	if got := code(ask(t, udp(t, d, 88), begin(v, a.Login, rc4HMAC).encode())); got != tooBig {
		t.Errorf("by UDP it is %d", got)
	}
	reply := ask(t, d.Dial(88), begin(v, a.Login, rc4HMAC).encode())
	if code(reply) != -asReply {
		t.Fatalf("it is %d", code(reply))
	}
	d.Wait("as_request", decoytest.Has("user", a.Login), decoytest.Has("reason", "no pre-authentication"), decoytest.Has(event.Outcome, event.Accepted))
	given, _ := part(reply.Kids[0], 6)
	password := ""
	for _, guess := range []string{"Password1", "P@ssw0rd", "Passw0rd", "Welcome1", "Password123", "Princess1", "Michael1", "Jordan23", "Liverpool1", "Football1", "Charlie1", "Sunshine1"} {
		if _, err := open(rc4HMAC, keyOf(rc4HMAC, guess, ""), usageReply, sealedOf(given).data); err == nil {
			password = guess
		}
	}
	if password == "" {
		t.Fatal("no list has the password")
	}
	who, _ := servicetest.Run(t, "", "ldapwhoami", "-x", "-H", "ldap://"+d.Address(389), "-D", a.Login+"@"+v.domain, "-w", password)
	servicetest.Contains(t, who, "u:"+v.machine.Domain+`\`+a.Login)
	host, port, _ := net.SplitHostPort(d.Address(445))
	shares, _ := servicetest.Run(t, "", "smbclient", "-L", "//"+host, "-p", port, "-U", v.machine.Domain+`\`+a.Login+"%"+password)
	servicetest.Contains(t, shares, "NETLOGON")
	for _, service := range []string{"ldap", "smb"} {
		d.Wait(event.AuthAttempt, func(e event.Event) bool { return e.Service == service }, decoytest.Has(event.Outcome, event.Accepted))
	}
}

// present brings a ticket as a client does.
func present(ticket ber.Node, etype int64, key []byte, at time.Time) ber.Node {
	proof := ber.Of(application|2, sequence(field(0, number(version)), field(1, text("X")), field(2, name{principalName, []string{"x"}}.node()), field(4, number(1)), field(5, moment(at)))).Encode()
	return padata(paTGS, message(apRequest, field(0, number(version)), field(1, number(apRequest)), field(2, bits(0)), field(3, ticket), field(4, sealed{etype, seal(etype, key, usageAuthenticator, proof)}.node(0))))
}

func TestTicketsForServicesAreOfTheirPasswords(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "kerberos")
	v, a := newServer(d.Host), unproved(t, d.Host)
	sql := v.accounts["svc_sql"]
	conn := d.Dial(88)
	reply := ask(t, conn, begin(v, a.Login, aes256).encode()).Kids[0]
	given, _ := part(reply, 6)
	plain, err := open(aes256, keyOf(aes256, a.Passwords()[0], v.realm+a.Login), usageReply, sealedOf(given).data)
	if err != nil {
		t.Fatal(err)
	}
	told, _, err := ber.Parse(plain)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := part(told.Kids[0], 0)
	session, _ := part(key, 1)
	ticket, _ := part(reply, 5)
	grant := func(target string, ticket ber.Node, at time.Time, options uint32) ber.Node {
		return ask(t, conn, wish{realm: v.realm, target: target, etypes: []int64{23, 18}, kind: tgsRequest, options: options, padata: []ber.Node{present(ticket, aes256, session.Value, at)}}.encode())
	}
	now := d.Host.Now()
	service := grant("MSSQLSvc/sql01."+v.domain+":1433", ticket, now, 0)
	if code(service) != -tgsReply {
		t.Fatalf("it is %d", code(service))
	}
	wrapped, _ := part(service.Kids[0], 5)
	inside, _ := part(wrapped.Kids[0], 3)
	if s := sealedOf(inside); s.etype != rc4HMAC {
		t.Errorf("the ticket is encrypted by %d", s.etype)
	} else if _, err := open(rc4HMAC, keyOf(rc4HMAC, sql.secrets[0], ""), usageTicket, s.data); err != nil {
		t.Error(err)
	}
	d.Wait("tgs_request", decoytest.Has("user", a.Login), decoytest.Has("account", "svc_sql"), decoytest.Has(event.Outcome, event.Accepted))

	forged := ber.Of(application|1, sequence(field(0, number(version)), field(1, text(v.realm)), field(2, name{serviceName, []string{"krbtgt", v.realm}}.node()), field(3, sealed{aes256, random(900)}.node(2))))
	for what, c := range map[string]struct{ got, want int64 }{
		"a forged ticket":       {code(grant("cifs/dc01", forged, now, 0)), badIntegrity},
		"a clock that is wrong": {code(grant("cifs/dc01", ticket, now.Add(time.Hour), 0)), clockSkew},
		"in another's name":     {code(grant("cifs/dc01", ticket, now, bit(delegated))), badOption},
		"no such service":       {code(grant("cifs/nowhere", ticket, now, 0)), serverUnknown},
		"a person":              {code(grant(windows.Accounts(d.Host, true)[4].Login, ticket, now, 0)), wantsUserToUser},
		"the controller":        {code(grant("cifs/dc01."+v.domain, ticket, now, 0)), -tgsReply},
		"no ticket":             {code(ask(t, conn, wish{realm: v.realm, target: "cifs/dc01", etypes: []int64{18}, kind: tgsRequest}.encode())), padataUnknown},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", what, c.got, c.want)
		}
	}
	d.Wait("tgs_request", decoytest.Has("reason", "a ticket that was not given here"), decoytest.Has(event.Outcome, event.Rejected))
}

func TestKinit(t *testing.T) {
	d := decoytest.StartAs(t, controller(), "kerberos")
	v, a := newServer(d.Host), unproved(t, d.Host)
	dir := t.TempDir()
	conf := fmt.Sprintf("[libdefaults]\ndefault_realm = %s\ndns_lookup_kdc = false\ndns_canonicalize_hostname = false\n[realms]\n%s = {\nkdc = %s\n}\n", v.realm, v.realm, d.Address(88))
	if err := os.WriteFile(filepath.Join(dir, "krb5.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KRB5_CONFIG", filepath.Join(dir, "krb5.conf"))
	t.Setenv("KRB5CCNAME", filepath.Join(dir, "tickets"))
	t.Setenv("LC_ALL", "C")
	out, _ := servicetest.Run(t, "wrong one\n", "kinit", "Administrator")
	servicetest.Contains(t, out, "Password incorrect")
	out, _ = servicetest.Run(t, "wrong one\n", "kinit", "nosuchuser")
	servicetest.Contains(t, out, "not found in Kerberos database")
	out, _ = servicetest.Run(t, "wrong one\n", "kinit", "krbtgt")
	servicetest.Contains(t, out, "revoked")
	if out, err := servicetest.Run(t, a.Passwords()[0]+"\n", "kinit", a.Login); err != nil {
		t.Fatal(out)
	}
	out, _ = servicetest.Run(t, "", "kvno", "ldap/dc01."+v.domain, "nosuch/host")
	servicetest.Contains(t, out, "kvno = 3", "not found in Kerberos database")
}

func TestScannerNamesIt(t *testing.T) {
	t.Parallel()
	for want, id := range map[string]control.Identity{"Microsoft Windows Kerberos": controller(), "kerberos-sec": decoytest.Identity()} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			d := decoytest.StartAs(t, id, "kerberos")
			servicetest.Contains(t, servicetest.Scan(t, d, 88), want)
		})
	}
}

func TestWhoWouldChangeAPasswordIsRefused(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "kerberos")
	const sealedSize = 120 // of the new password
	ap := message(apRequest, field(0, number(version)))
	request := binary.BigEndian.AppendUint16(nil, uint16(6+len(ap)+sealedSize))
	request = binary.BigEndian.AppendUint16(append(request, 0, 1), uint16(len(ap)))
	request = append(append(request, ap...), make([]byte, sealedSize)...)
	conn := udp(t, d, 464)
	conn.Write(request)
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil || int(binary.BigEndian.Uint16(buf)) != n || binary.BigEndian.Uint16(buf[4:]) != 0 || buf[6] != application|failure {
		t.Errorf("%x, %v", buf[:n], err)
	}
	d.Wait("password_change_request")
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		v := newServer(h)
		return fmt.Sprint(v.realm, windows.Accounts(h, true))
	})
}

func TestAnswersOnUDPAreShort(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "kerberos")
	v := newServer(d.Host)
	servicetest.Datagrams(t, d, 88, string(begin(v, "administrator", 18, 23).encode()), string(begin(v, unproved(t, d.Host).Login, 23).encode()), "\x6a\x81\x6e\x30")
	servicetest.Datagrams(t, d, 464, "\x00\x20\x00\x01\x00\x10")
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "kerberos", 88, "\x00", "\x00\x00\x00\x71\x6a", "\x00\x00\x70\x00")
	servicetest.Abandoned(t, "kerberos", 464, "\x00\x00\x00\x10")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "kerberos")
	v := newServer(d.Host)
	good := begin(v, "administrator", 18).encode()
	framed := string(binary.BigEndian.AppendUint32(nil, uint32(len(good)))) + string(good)
	servicetest.Garbage(t, d, 88, framed, framed[:len(framed)-20], "\x00\x00\x01\x00\x6a\x82")
	servicetest.Garbage(t, d, 464, "\x00\x00\x00\x20\x00\x20\x00\x01\x00\x10")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(88))
		if err != nil {
			return false
		}
		defer conn.Close()
		io.WriteString(conn, framed)
		got := make([]byte, 5)
		_, err = io.ReadFull(conn, got)
		return err == nil && got[4] == application|failure
	})
}

func FuzzMessage(f *testing.F) {
	var hosts []*server
	for _, id := range []control.Identity{controller(), decoytest.Identity()} {
		h, err := decoy.NewHost(id, nil)
		if err != nil {
			f.Fatal(err)
		}
		hosts = append(hosts, newServer(h))
	}
	v := hosts[0]
	f.Add(begin(v, "administrator", 18, 17, 23).encode())
	f.Add(begin(v, "administrator", 23).proven(23, random(16), time.Now()).encode())
	for login, a := range v.accounts {
		if a.unproved {
			f.Add(begin(v, login, 23).encode())
		}
	}
	ticket := ber.Of(application|1, sequence(field(0, number(version)), field(1, text(v.realm)), field(2, name{serviceName, []string{"krbtgt", v.realm}}.node()), field(3, sealed{aes256, random(100)}.node(2))))
	f.Add(wish{realm: v.realm, target: "cifs/dc01", etypes: []int64{18}, kind: tgsRequest, padata: []ber.Node{present(ticket, aes256, random(32), time.Now())}}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range hosts {
			for _, answer := range [][]byte{v.answer(&decoy.Session{}, data), v.change(&decoy.Session{}, data)} {
				if len(answer) > 2*len(data)+4096 {
					t.Fatalf("%d bytes answer %d", len(answer), len(data))
				}
			}
			if answer := v.answer(&decoy.Session{}, data); answer != nil {
				if _, rest, err := ber.Parse(answer); err != nil || len(rest) > 0 {
					t.Fatalf("the answer is no message: %x", answer)
				}
			}
		}
	})
}
