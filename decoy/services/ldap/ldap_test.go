package ldap

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/crypto/md4"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/windows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// controller is the identity of a domain controller.
func controller() control.Identity {
	id := decoytest.Identity()
	id.OS, id.Hostname, id.Archetype = "windows_server", "DC01", "domain-controller"
	return id
}

// encrypted is the identity of an OpenLDAP that has LDAPS.
func encrypted(t testing.TB) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).ldaps })
}

// search runs ldapsearch.
func search(t *testing.T, d *decoytest.Decky, args ...string) string {
	t.Helper()
	t.Setenv("LDAPTLS_REQCERT", "never")
	out, _ := servicetest.Run(t, "", "ldapsearch", append([]string{"-H", "ldap://" + d.Address(389), "-LLL", "-o", "ldif-wrap=no"}, args...)...) // a refusal is a failure, too
	return out
}

func TestOpenLDAP(t *testing.T) {
	d := decoytest.StartAs(t, encrypted(t), "ldap")
	v := newServer(d.Host)
	admin, good := "cn=admin,"+v.base, v.users[canonical("cn=admin,"+v.base)][0]
	servicetest.Contains(t, search(t, d, "-x", "-s", "base", "-b", "", "+"), "namingContexts: "+v.base, "supportedLDAPVersion: 3", "supportedSASLMechanisms: ")
	everybody := search(t, d, "-x", "-b", v.base, "(&(objectClass=inetOrgPerson)(mail=*@*)(!(uid=nobody)))", "uid", "mail", "userPassword")
	if people := strings.Count(everybody, "mail: "); people < 8 || strings.Contains(everybody, "userPassword") {
		t.Errorf("%d people, or their passwords for nobody in particular:\n%s", people, everybody)
	}
	servicetest.Contains(t, search(t, d, "-x", "-D", admin, "-w", good, "-b", v.base, "-E", "pr=10/noprompt", "(uid=*)", "userPassword"), "userPassword:: ")
	servicetest.Contains(t, search(t, d, "-x", "-D", admin, "-w", "wrong one", "-b", v.base), "Invalid credentials (49)")
	servicetest.Contains(t, search(t, d, "-x", "-D", "admin", "-w", "x", "-b", v.base), "Invalid DN syntax (34)")
	servicetest.Contains(t, search(t, d, "-x", "-b", "dc=elsewhere"), "No such object (32)")
	servicetest.Contains(t, search(t, d, "-x", "-ZZ", "-s", "one", "-b", v.base, "-D", admin, "-w", good), "ou=")
	who, _ := servicetest.Run(t, "", "ldapwhoami", "-H", "ldaps://"+d.Address(636), "-x", "-D", admin, "-w", good)
	servicetest.Contains(t, who, "dn:"+admin)
	change, _ := servicetest.Run(t, "dn: "+admin+"\nchangetype: modify\nreplace: userPassword\nuserPassword: mine\n", "ldapmodify", "-H", "ldap://"+d.Address(389), "-x", "-D", admin, "-w", good)
	servicetest.Contains(t, change, "Insufficient access (50)")
	removal, _ := servicetest.Run(t, "", "ldapdelete", "-H", "ldap://"+d.Address(389), "-x", admin)
	servicetest.Contains(t, removal, "Strong(er) authentication required (8)")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, admin), decoytest.Has(event.Secret, "wrong one"), decoytest.Has(event.Outcome, event.Rejected))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, admin), decoytest.Has(event.Secret, good), decoytest.Has(event.Outcome, event.Accepted))
	d.Wait("search", decoytest.Has("filter", "(&(objectClass=inetOrgPerson)(mail=*@*)(!(uid=nobody)))"), decoytest.Has("base", v.base), decoytest.Has("scope", "sub"))
	d.Wait("write", decoytest.Has("operation", "modify"), decoytest.Has("dn", admin))
	d.Wait("write", decoytest.Has("operation", "delete"), decoytest.Has("dn", admin))
	d.Wait("tls")
}

func TestActiveDirectory(t *testing.T) {
	d := decoytest.StartAs(t, controller(), "ldap")
	v := newServer(d.Host)
	good := v.users["administrator"][0]
	servicetest.Contains(t, search(t, d, "-x", "-s", "base", "-b", ""), "dsServiceName: CN=NTDS Settings,CN=DC01", "defaultNamingContext: "+v.base, "currentTime: ")
	servicetest.Contains(t, search(t, d, "-x", "-b", v.base), "Operations error (1)", "successful bind must be completed")
	servicetest.Contains(t, search(t, d, "-x", "-D", v.machine.Domain+`\Administrator`, "-w", "wrong one", "-b", v.base), "data 52e, v")
	servicetest.Contains(t, search(t, d, "-x", "-D", "nobody@here", "-w", "x", "-b", v.base), "data 525, v")
	as := []string{"-x", "-D", v.machine.Domain + `\Administrator`, "-w", good, "-b", v.base}
	servicetest.Contains(t, search(t, d, append(as, "(&(objectCategory=CN=Person*)(userAccountControl:1.2.840.113556.1.4.803:=2))", "sAMAccountName")...), "krbtgt", "Guest")
	servicetest.Contains(t, search(t, d, append(as, "(servicePrincipalName=MSSQLSvc/*)", "memberOf")...), "Domain Admins")
	servicetest.Contains(t, search(t, d, append(as, "(objectClass=computer)", "operatingSystem")...), v.machine.Product)
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, v.machine.Domain+`\Administrator`), decoytest.Has(event.Secret, "wrong one"))
}

func TestWhichPortsADirectoryHas(t *testing.T) {
	t.Parallel()
	plain := servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return !newServer(h).ldaps })
	for _, c := range []struct {
		id   control.Identity
		want []int
	}{{controller(), []int{389, 636, 3268, 3269}}, {encrypted(t), []int{389, 636}}, {plain, []int{389}}} {
		h, err := decoy.NewHost(c.id, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		all, _ := decoy.CatalogPorts("ldap")
		for _, p := range all {
			if newServer(h).Listens(p) {
				got = append(got, p.Number)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("a %s directory listens on %v, want %v", c.id.OS, got, c.want)
		}
	}
}

func TestTheGlobalCatalogIsTheSameDirectory(t *testing.T) {
	d := decoytest.StartAs(t, controller(), "ldap")
	v := newServer(d.Host)
	t.Setenv("LDAPTLS_REQCERT", "never")
	for _, url := range []string{"ldap://" + d.Address(3268), "ldaps://" + d.Address(3269)} {
		out, _ := servicetest.Run(t, "", "ldapsearch", "-H", url, "-LLL", "-x", "-D", "Administrator@"+v.machine.DNS, "-w", v.users["administrator"][0], "-b", "", "(userAccountControl:1.2.840.113556.1.4.803:=4194304)", "sAMAccountName")
		servicetest.Contains(t, out, "sAMAccountName: svc_")
		// As tools ask for accounts that run services, by the class alone.
		out, _ = servicetest.Run(t, "", "ldapsearch", "-H", url, "-LLL", "-x", "-D", "Administrator@"+v.machine.DNS, "-w", v.users["administrator"][0], "-b", v.base, "(&(servicePrincipalName=*)(!(objectCategory=computer)))", "sAMAccountName")
		servicetest.Contains(t, out, "sAMAccountName: svc_sql")
		if strings.Contains(out, "DC01$") {
			t.Errorf("a computer is no computer:\n%s", out)
		}
	}
	d.Wait("search", decoytest.Has(event.DstPort, "3268"))
	d.Wait("search", decoytest.Has(event.DstPort, "3269"))
}

func TestNTLMProofIsCaptured(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "ldap")
	conn := d.Dial(389)
	begin := "NTLMSSP\x00\x01\x00\x00\x00\x07\x82\x08\xa2" + strings.Repeat("\x00", 24)
	ask := func(token string) ber.Node {
		t.Helper()
		bind := ber.Of(ber.Sequence, ber.Number(ber.Integer, 5), ber.Of(bindRequest, ber.Number(ber.Integer, 3), ber.Text(ber.OctetString, ""), ber.Of(0xa3, ber.Text(ber.OctetString, "GSS-SPNEGO"), ber.Text(ber.OctetString, token))))
		if _, err := conn.Write(bind.Encode()); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := ber.Parse(buf[:n])
		if err != nil {
			t.Fatal(err)
		}
		return m.Kids[1]
	}
	if got := ask(begin); len(got.Kids) != 4 || !strings.HasPrefix(string(got.Kids[3].Value), "NTLMSSP\x00\x02") {
		t.Fatalf("no challenge: %+v", got)
	}
	proof := strings.Repeat("\xab", 44)
	prove := "NTLMSSP\x00\x03\x00\x00\x00" + "\x00\x00\x00\x00\x40\x00\x00\x00" + "\x2c\x00\x2c\x00\x4a\x00\x00\x00" + "\x00\x00\x00\x00\x40\x00\x00\x00" + "\x0a\x00\x0a\x00\x40\x00\x00\x00" + "\x00\x00\x00\x00\x40\x00\x00\x00" +
		"\x00\x00\x00\x00\x40\x00\x00\x00" + "\x01\x02\x08\xa2" + "a\x00l\x00i\x00c\x00e\x00" + proof
	if code, _ := ask(prove).Kids[0].Int(); code != invalidSecret {
		t.Errorf("the proof is answered with %d", code)
	}
	d.Wait(event.AuthAttempt, decoytest.Has("mechanism", "GSS-SPNEGO"))
}

// keyed is the MD5 of a message under a key.
func keyed(key []byte, parts ...[]byte) []byte {
	m := hmac.New(md5.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// Tools that list accounts log in by NTLM, and sign and encrypt what follows: the password that was guessed is good for that, too.
func TestWhoLogsInByNTLMMaySearch(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, controller(), "ldap")
	v := newServer(d.Host)
	const flags = "\x31\x82\x08\xa0" // Unicode, signed, encrypted, by 128 bits
	for password, want := range map[string]int64{v.users["svc_sql"][0]: success, "wrong one": invalidSecret} {
		conn := d.Dial(389)
		read := func(n int) []byte {
			t.Helper()
			b := make([]byte, n)
			if _, err := io.ReadFull(conn, b); err != nil {
				t.Fatal(err)
			}
			return b
		}
		bind := func(token []byte) ber.Node {
			t.Helper()
			conn.Write(ber.Of(ber.Sequence, ber.Number(ber.Integer, 5), ber.Of(bindRequest, ber.Number(ber.Integer, 3), ber.Text(ber.OctetString, ""), ber.Of(0xa3, ber.Text(ber.OctetString, "GSS-SPNEGO"), ber.Bytes(ber.OctetString, token)))).Encode())
			head := read(6)
			m, _, err := ber.Parse(append(head, read(int(binary.BigEndian.Uint32(head[2:])))...))
			if err != nil {
				t.Fatal(err)
			}
			return m.Kids[1]
		}
		nonce := bind([]byte("NTLMSSP\x00\x01\x00\x00\x00" + flags + strings.Repeat("\x00", 24))).Kids[3].Value[24:32]
		hash := md4.New()
		hash.Write(windows.UTF16(password))
		owner := keyed(hash.Sum(nil), windows.UTF16("SVC_SQL"))
		blob := make([]byte, 40)
		proof := append(keyed(owner, nonce, blob), blob...)
		token := binary.LittleEndian.AppendUint32([]byte("NTLMSSP\x00"), 3)
		user := windows.UTF16("svc_sql")
		for _, size := range []int{0, len(proof), 0, len(user), 0, 0} {
			at := 64
			if size == len(proof) {
				at += len(user)
			}
			token = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(token, uint16(size)), uint16(size))
			token = binary.LittleEndian.AppendUint32(token, uint32(at))
		}
		token = append(append(append(token, flags...), user...), proof...)
		if code, _ := bind(token).Kids[0].Int(); code != want {
			t.Fatalf("with %q it is %d", password, code)
		}
		if want != success {
			d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "svc_sql"), decoytest.Has(event.Outcome, event.Rejected))
			continue
		}
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "svc_sql"), decoytest.Has(event.Outcome, event.Accepted))
		session := keyed(owner, proof[:16])
		key := func(what string) []byte {
			sum := md5.Sum(append(slices.Clone(session), "session key to "+what+" key magic constant\x00"...))
			return sum[:]
		}
		stream := func(what string) *rc4.Cipher {
			c, err := rc4.NewCipher(key(what))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		out, in, count := stream("client-to-server sealing"), stream("server-to-client sealing"), uint32(0)
		ask := func(operation ber.Node) string {
			t.Helper()
			plain := ber.Of(ber.Sequence, ber.Number(ber.Integer, 6), operation).Encode()
			sealed, number := make([]byte, len(plain)), binary.LittleEndian.AppendUint32(nil, count)
			out.XORKeyStream(sealed, plain)
			count++
			conn.Write(slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(16+len(sealed))), []byte{1, 0, 0, 0}, keyed(key("client-to-server signing"), number, plain)[:8], number, sealed))
			answer := read(int(binary.BigEndian.Uint32(read(4))))[16:]
			in.XORKeyStream(answer, answer)
			return string(answer)
		}
		asks := ber.Of(searchRequest, ber.Text(ber.OctetString, v.base), ber.Number(ber.Enumerated, 2), ber.Number(ber.Enumerated, 0), ber.Number(ber.Integer, 0), ber.Number(ber.Integer, 0),
			ber.Bytes(ber.Boolean, []byte{0}), ber.Of(equal, ber.Text(ber.OctetString, "sAMAccountName"), ber.Text(ber.OctetString, "svc_sql")), ber.Of(ber.Sequence))
		if answer := ask(asks); !strings.Contains(answer, "MSSQLSvc/") {
			t.Errorf("the answer is %q", answer)
		}
		// There is no TLS inside of it, and another login takes its place instead of going into it, however often.
		if answer := ask(ber.Of(extendedRequest, ber.Text(0x80, "1.3.6.1.4.1.1466.20037"))); !strings.Contains(answer, "\x0a\x01\x01") {
			t.Errorf("TLS is answered by %q", answer)
		}
		sasl := func(token []byte) ber.Node {
			return ber.Of(bindRequest, ber.Number(ber.Integer, 3), ber.Text(ber.OctetString, ""), ber.Of(0xa3, ber.Text(ber.OctetString, "GSS-SPNEGO"), ber.Bytes(ber.OctetString, token)))
		}
		for range 3 {
			_, challenge, _ := strings.Cut(ask(sasl([]byte("NTLMSSP\x00\x01\x00\x00\x00"+flags+strings.Repeat("\x00", 24)))), "NTLMSSP\x00\x02")
			again := append(keyed(owner, []byte(challenge[15:23]), blob), blob...)
			if answer := ask(sasl(append(token[:len(token)-len(proof):len(token)-len(proof)], again...))); !strings.Contains(answer, "\x0a\x01\x00") {
				t.Fatalf("another login is answered by %q", answer)
			}
			session, count = keyed(owner, again[:16]), 0
			out, in = stream("client-to-server sealing"), stream("server-to-client sealing")
		}
		if answer := ask(asks); !strings.Contains(answer, "MSSQLSvc/") {
			t.Errorf("after another login the answer is %q", answer)
		}
		d.Wait("search", decoytest.Has("user", v.machine.Domain+`\svc_sql`))
	}
}

func TestScannerNamesTheDirectory(t *testing.T) {
	t.Parallel()
	for want, id := range map[string]control.Identity{"OpenLDAP": decoytest.Identity(), "Microsoft Windows Active Directory LDAP": controller()} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			d := decoytest.StartAs(t, id, "ldap")
			servicetest.Contains(t, servicetest.Scan(t, d, 389), want)
			host, port, err := net.SplitHostPort(d.Address(389))
			if err != nil {
				t.Fatal(err)
			}
			out, err := servicetest.Run(t, "", "nmap", "-Pn", "-n", "-p", port, "--script", "+ldap-rootdse", host)
			if err != nil {
				t.Error(err)
			}
			servicetest.Contains(t, out, "LDAP Results", "namingContexts: "+newServer(d.Host).base)
		})
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		v := newServer(h)
		return fmt.Sprint(v.base, v.users, v.entries[4].attributes)
	})
}

// simple is a bind by name and password.
func simple(version int64, name, secret string) string {
	return string(ber.Of(ber.Sequence, ber.Number(ber.Integer, 1), ber.Of(bindRequest, ber.Number(ber.Integer, version), ber.Text(ber.OctetString, name), ber.Text(0x80, secret))).Encode())
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "ldap", 389, "\x30", "\x30\x84\x00\x00", simple(3, "", ""))
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, encrypted(t), "ldap")
	servicetest.Garbage(t, d, 389, simple(3, "", ""), simple(3, "", "")+"\x30\x82\x01\x00\x02\x01\x02\x63", "\x30\x40\x02\x01\x01\x60")
	servicetest.Garbage(t, d, 636, "\x16\x03\x01")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(389))
		if err != nil {
			return false
		}
		defer conn.Close()
		io.WriteString(conn, simple(3, "", ""))
		got := make([]byte, 14)
		_, err = io.ReadFull(conn, got)
		return err == nil && string(got) == "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
	})
}

func FuzzFilter(f *testing.F) {
	clause := func(tag byte, name, value string) ber.Node {
		return ber.Of(tag, ber.Text(ber.OctetString, name), ber.Text(ber.OctetString, value))
	}
	f.Add(ber.Of(and, clause(equal, "uid", "admin"), ber.Of(not, ber.Text(present, "mail"))).Encode())
	f.Add(ber.Of(substrings, ber.Text(ber.OctetString, "mail"), ber.Of(ber.Sequence, ber.Text(0x80, "a"), ber.Text(0x81, "b"), ber.Text(0x82, "c"))).Encode())
	f.Add(ber.Of(or, clause(atLeast, "uidNumber", "10000"), clause(atMost, "gidNumber", "5"), clause(like, "cn", "x")).Encode())
	f.Add(ber.Of(extensible, ber.Text(matchesRule, bitAnd), ber.Text(ofAttribute, "uidNumber"), ber.Text(theValue, "2")).Encode())
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, _, err := ber.Parse(data)
		left := maxClauses
		if err != nil || !sound(n, &left) {
			return
		}
		if text := render(n); len(text) > 8*len(data)+64 {
			t.Fatalf("%d bytes of text for %d", len(text), len(data))
		}
		for _, e := range v.entries {
			if n.Tag == not && matches(n, e)+matches(n.Kids[0], e) != yes {
				t.Fatal("a clause and its opposite agree")
			}
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(simple(3, "cn=admin,dc=x", "secret")))
	f.Add([]byte(simple(2, "", "")))
	f.Add([]byte("\x30\x84\x00\x00\x00\x2d\x02\x01\x07\x63\x84\x00\x00\x00\x24\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x64\x01\x01\x00\x87\x0b\x6f\x62\x6a\x65\x63\x74\x43\x6c\x61\x73\x73\x30\x84\x00\x00\x00\x00"))
	hosts := []*server{}
	for _, id := range []control.Identity{decoytest.Identity(), controller()} {
		h, err := decoy.NewHost(id, nil)
		if err != nil {
			f.Fatal(err)
		}
		hosts = append(hosts, newServer(h))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _, err := ber.Parse(data)
		if err != nil || !m.Is(ber.Sequence, 2) || m.Kids[0].Tag != ber.Integer || m.Kids[1].Tag == extendedRequest {
			return // what starts TLS needs a client
		}
		for _, v := range hosts {
			var out strings.Builder
			c := &client{server: v, s: &decoy.Session{}}
			c.conn = struct {
				io.Reader
				io.Writer
			}{strings.NewReader(""), &out}
			c.obey(t.Context(), m, data)
			for rest := []byte(out.String()); len(rest) > 0; {
				if _, rest, err = ber.Parse(rest); err != nil {
					t.Fatalf("the answer is no message: %q", out.String())
				}
			}
		}
	})
}

// What ldapsearch and its kin ask is answered as slapd 2.5 of Debian answered it, given the same entries.
func TestAnswersAreThoseOfTheRealServer(t *testing.T) {
	d := decoytest.Start(t, "ldap")
	v := newServer(d.Host)
	admin, good := "cn=admin,"+v.base, v.users[canonical("cn=admin,"+v.base)][0]
	people := v.entries[2].dn
	count := func(what string, args ...string) int {
		return strings.Count(search(t, d, append([]string{"-x", "-b", v.base}, args...)...), what)
	}
	all := len(v.entries)
	for _, c := range []struct {
		filter string
		want   int
	}{
		{"(objectClass=person)", count("uid: ", "uid=*", "uid")}, {"(objectClass=top)", all}, {"(!(foo=bar))", 0}, {"(!(mail=nobody))", all}, {"(userPassword=*)", 0}, {"(!(userPassword=x))", 0}, {"(uid:=admin)", 1}, {"(uid:caseExactMatch:=admin)", 1},
		{"(ou:dn:=" + strings.TrimPrefix(strings.Split(people, ",")[0], "ou=") + ")", 1 + count("uid: ", "uid=*", "uid")}, {"(hasSubordinates=TRUE)", 3}, {"(mail~=admin)", 1},
	} {
		if got := count("dn: ", c.filter, "1.1"); got != c.want || c.want == 0 && c.filter == "(objectClass=person)" {
			t.Errorf("%s: %d entries, want %d", c.filter, got, c.want)
		}
	}
	servicetest.Contains(t, search(t, d, "-x", "-s", "base", "-b", "cn=Subschema", "objectClasses", "attributeTypes"), "NAME 'inetOrgPerson'", "NAME 'uidNumber'")
	servicetest.Contains(t, search(t, d, "-x", "-b", "uid=nope,"+people), "Matched DN: "+people)
	servicetest.Contains(t, search(t, d, "-x", "-b", "foo=bar,"+v.base), "Invalid DN syntax (34)", "invalid DN")
	servicetest.Contains(t, search(t, d, "-x", "-b", v.base, "-E", "!1.2.3.4"), "Critical extension is unavailable (12)")
	servicetest.Contains(t, search(t, d, "-x", "-w", "x", "-b", v.base), "Invalid credentials (49)")
	servicetest.Contains(t, search(t, d, "-x", "-D", admin, "-w", good, "-b", admin, "-s", "base"), "userPassword:: ")
	whole, _ := servicetest.Run(t, "", "ldapsearch", "-x", "-H", "ldap://"+d.Address(389), "-b", v.base, "-E", "pr=5/noprompt", "1.1")
	if pages, entries := strings.Count(whole, "pagedresults: cookie="), strings.Count(whole, "dn: "); pages != (all+4)/5 || entries != all {
		t.Errorf("%d pages of %d entries, want those of %d", pages, entries, all)
	}
	for _, mechanism := range []string{"CRAM-MD5", "DIGEST-MD5"} {
		out, _ := servicetest.Run(t, "", "ldapwhoami", "-Y", mechanism, "-H", "ldap://"+d.Address(389), "-U", "root", "-w", "a guess")
		servicetest.Contains(t, out, "SASL(-13): user not found: no secret in database")
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has("mechanism", mechanism), decoytest.Has(event.Outcome, event.Rejected))
	}
	passwd := func(args ...string) string {
		out, _ := servicetest.Run(t, "", "ldappasswd", append([]string{"-x", "-H", "ldap://" + d.Address(389)}, args...)...)
		return out
	}
	servicetest.Contains(t, passwd("-s", "mine"), "only authenticated users may change passwords")
	if out := passwd("-D", admin, "-w", good, "-s", "n3w", admin); out != "" {
		t.Error(out)
	}
	d.Wait("password_change", decoytest.Has(event.Principal, admin), decoytest.Has(event.Secret, "n3w"))
}

func TestWordsOfAValue(t *testing.T) {
	for _, c := range []struct {
		text, word string
		want       bool
	}{
		{"anna.admin@shop.local", "admin", true}, {"administrator", "admin", false}, {"shop-admins admin", "admin", true}, {"admin", "admin", true}, {"xadmin", "admin", false}, {"", "", true}, {"a", "", false}, {"aa a", "a", true},
	} {
		if got := hasWord(c.text, c.word); got != c.want {
			t.Errorf("%q in %q: %v", c.word, c.text, got)
		}
	}
}
