package dns

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// as returns an identity of that system.
func as(system, distro, hostname string) control.Identity {
	id := decoytest.Identity()
	id.OS, id.Distro, id.Hostname = system, distro, hostname
	return id
}

// dig asks the decky as dig does and returns what it prints.
func dig(t *testing.T, d *decoytest.Decky, args ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Address(53))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "dig", append([]string{"@" + host, "-p", port, "+time=60", "+tries=1"}, args...)...)
	if err != nil {
		t.Errorf("dig %v: %v: %s", args, err, out)
	}
	return out
}

func TestDig(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "dns")
	v := newServer(d.Host)
	domain := strings.TrimSuffix(v.zones[0].origin, ".")
	own := "srv-alpha-42." + domain
	servicetest.Contains(t, dig(t, d, "SOA", domain), "status: NOERROR", "qr aa rd", v.zones[0].soa.Mbox, "(good)")
	servicetest.Contains(t, dig(t, d, own), d.Host.IP)
	servicetest.Contains(t, dig(t, d, "+tcp", strings.ToUpper(own)), strings.ToUpper(own)+".", d.Host.IP)
	servicetest.Contains(t, dig(t, d, "-x", d.Host.IP), own+".")
	servicetest.Contains(t, dig(t, d, "nothere."+domain), "status: NXDOMAIN", "SOA")
	servicetest.Contains(t, dig(t, d, "AAAA", own), "status: NOERROR", "ANSWER: 0", "SOA")
	servicetest.Contains(t, dig(t, d, "example.com"), "status: REFUSED", "recursion requested but not available")
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "version.bind"), v.product.version)
	// As it comes, BIND tells its host's name and no identifier of its own.
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "hostname.bind"), "SRV-ALPHA-42", "ANSWER: 1, AUTHORITY: 0")
	servicetest.Contains(t, dig(t, d, "+norec", "CH", "TXT", "version.bind"), "ANSWER: 1, AUTHORITY: 1")
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "id.server"), "NOERROR", "ANSWER: 0", "hostmaster.id.server. 0 28800 7200 604800 86400")
	servicetest.Contains(t, dig(t, d, "+tcp", "CH", "TXT", "authors.bind"), "ANSWER: 20", `"JINMEI Tatuya"`)
	servicetest.Contains(t, dig(t, d, "+opcode=status", "A", domain), "NOTIMP", "QUERY: 0")
	if identified := dig(t, d, "+nsid", "SOA", domain); strings.Contains(identified, "NSID") {
		t.Errorf("nobody has given it an identifier, and it has one:\n%s", identified)
	}
	servicetest.Contains(t, dig(t, d, "+edns=1", "+noednsneg", "SOA", domain), "BADVERS")
	all := dig(t, d, "AXFR", domain)
	servicetest.Contains(t, all, own+".", "XFR size")
	if lines := strings.Count(all, "\tA\t"); lines < 10 {
		t.Errorf("a transfer with %d addresses", lines)
	}
	dig(t, d, "-y", "hmac-sha256:backup:c2VjcmV0", "SOA", domain)
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "backup."), decoytest.Has(event.SecretKind, "tsig"))
	d.Wait("query", decoytest.Has("name", "example.com."), decoytest.Has("qtype", "A"), decoytest.Has("transport", "udp"))
	d.Wait("zone_transfer", decoytest.Has("name", domain+"."), decoytest.Has("transport", "tcp"))
	d.Wait("version_query", decoytest.Has("name", "version.bind."))
}

// Questions from one port are one session, however many they are.
func TestAFloodOfQuestionsIsOneSession(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "dns")
	domain := newServer(d.Host).zones[0].origin
	own, err := net.ListenPacket("udp", "127.0.0.1:0") // dig asks from the port that this finds free
	if err != nil {
		t.Fatal(err)
	}
	port := own.LocalAddr().(*net.UDPAddr).Port
	own.Close()
	var batch strings.Builder
	for i := range 60 {
		fmt.Fprintf(&batch, "host%d.%s A\n", i, domain)
	}
	list := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(list, []byte(batch.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	dig(t, d, "-b", fmt.Sprintf("127.0.0.1#%d", port), "+short", "-f", list)
	if err := d.Apply(t.Context(), 2, nil, nil); err != nil { // which ends all sessions
		t.Fatal(err)
	}
	end := d.Wait(event.Disconnect, decoytest.Has(event.SrcPort, fmt.Sprint(port)))
	d.Wait(event.Repeated, decoytest.Has("kind", "query"), decoytest.Has("qtype", "a"), decoytest.Has(event.Count, "50"), decoytest.Has("first", "host10."+domain), decoytest.Has("last", "host59."+domain))
	whole := 0
	for _, e := range d.Events() {
		if e.Session != end.Session {
			t.Errorf("%s is of session %q, want %q", e.Type, e.Session, end.Session)
		}
		if e.Type == "query" {
			whole++
		}
	}
	if whole != 10 {
		t.Errorf("%d questions are told whole", whole)
	}
}

// Each of these is BIND 9.18's answer, as Debian's gives it with the same zone. sections are how many records there are in each.
func TestAnswersAreBINDs(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "dns")
	z := newServer(d.Host).zones[0]
	zone, own := z.origin, "srv-alpha-42."+z.origin
	soa := &dns.SOA{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: ".", Serial: z.soa.Serial}
	for name, c := range map[string]struct {
		q        *dns.Msg
		net      string
		code     int
		sections [3]int
		want     []string
		not      string
	}{
		"in the zone's letters":          {question(strings.ToUpper(own), dns.TypeA), "udp", 0, [3]int{1, 0, 0}, []string{own + "\t"}, ""},
		"to a resolver":                  {iterative(question(own, dns.TypeA)), "udp", 0, [3]int{1, 1, 0}, []string{zone + "\t86400\tIN\tNS\t" + own}, ""},
		"to a resolver, with an address": {iterative(question(zone, dns.TypeSOA)), "udp", 0, [3]int{1, 1, 1}, []string{"\tA\t" + d.Host.IP}, ""},
		"to a resolver, who has it":      {iterative(question(zone, dns.TypeNS)), "udp", 0, [3]int{1, 0, 1}, nil, ""},
		"an SOA that isn't there":        {question("nothere."+zone, dns.TypeSOA), "udp", dns.RcodeNameError, [3]int{0, 1, 0}, []string{zone + "\t0\tIN\tSOA"}, ""},
		"everything, on TCP":             {question(zone, dns.TypeANY), "tcp", 0, [3]int{2, 0, 0}, nil, ""},
		"no data: TSIG":                  {question(own, dns.TypeTSIG), "udp", dns.RcodeFormatError, [3]int{}, nil, "aa"},
		"no data: MAILB":                 {question(own, dns.TypeMAILB), "udp", dns.RcodeNotImplemented, [3]int{}, nil, "aa"},
		"every class":                    {class(question(own, dns.TypeA), dns.ClassANY), "udp", dns.RcodeFormatError, [3]int{}, nil, "aa"},
		"a class that is none":           {class(question(own, dns.TypeA), 2), "udp", dns.RcodeNotImplemented, [3]int{}, nil, "aa"},
		"a zone of another's, on UDP":    {question("example.com.", dns.TypeAXFR), "udp", dns.RcodeNotAuth, [3]int{}, nil, "aa"},
		"a zone, on UDP":                 {question(zone, dns.TypeAXFR), "udp", dns.RcodeFormatError, [3]int{}, nil, "aa"},
		"a zone, without recursion":      {question(zone, dns.TypeAXFR), "tcp", 0, [3]int{len(z.records) + 2, 0, 0}, []string{"qr aa;"}, "rd"},
		"what is new, since nothing":     {question(zone, dns.TypeIXFR), "tcp", dns.RcodeFormatError, [3]int{}, nil, "aa"},
		"what is new: nothing":           {since(question(zone, dns.TypeIXFR), soa), "tcp", 0, [3]int{1, 0, 0}, []string{"qr aa;"}, ""},
		"what is new, on UDP":            {since(question(zone, dns.TypeIXFR), soa), "udp", 0, [3]int{1, 0, 0}, nil, "aa"},
		"an update of a zone":            {operation(question(zone, dns.TypeSOA), dns.OpcodeUpdate), "udp", dns.RcodeRefused, [3]int{}, nil, ""},
		"an update of another's":         {operation(question("example.com.", dns.TypeSOA), dns.OpcodeUpdate), "udp", dns.RcodeNotAuth, [3]int{}, nil, ""},
		"news of the server's own zone":  {operation(question(zone, dns.TypeSOA), dns.OpcodeNotify), "udp", 0, [3]int{}, []string{"qr aa;"}, ""},
		"news of another's":              {operation(question("example.com.", dns.TypeSOA), dns.OpcodeNotify), "udp", dns.RcodeNotAuth, [3]int{}, nil, "aa"},
		"its version's SOA":              {class(question("version.bind.", dns.TypeSOA), dns.ClassCHAOS), "udp", 0, [3]int{1, 0, 0}, []string{"hostmaster.version.bind."}, ""},
		"its version's NS":               {class(question("version.bind.", dns.TypeNS), dns.ClassCHAOS), "udp", 0, [3]int{1, 0, 0}, nil, ""},
		"all of its version":             {class(question("version.bind.", dns.TypeANY), dns.ClassCHAOS), "udp", 0, [3]int{3, 0, 0}, nil, ""},
		"below its version":              {class(question("x.version.bind.", dns.TypeTXT), dns.ClassCHAOS), "udp", dns.RcodeNameError, [3]int{0, 1, 0}, nil, ""},
		"its version, whole":             {class(question("version.bind.", dns.TypeAXFR), dns.ClassCHAOS), "tcp", dns.RcodeServerFailure, [3]int{}, nil, ""},
		"a network":                      {option(question(own, dns.TypeA), &dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: net.IPv4(192, 0, 2, 0).To4()}), "udp", 0, [3]int{1, 0, 1}, []string{"SUBNET: 192.0.2.0/24/0"}, ""},
		"a signature":                    {signed(question(zone, dns.TypeAXFR)), "tcp", dns.RcodeNotAuth, [3]int{0, 0, 1}, []string{"TSIG", " 17 "}, "aa"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := (&dns.Client{Net: c.net, Timeout: time.Minute}).Dial(d.Address(53))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(time.Minute))
			raw, err := c.q.Pack()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write(raw); err != nil {
				t.Fatal(err)
			}
			if raw, err = conn.ReadMsgHeader(nil); err != nil {
				t.Fatal(err)
			}
			r := new(dns.Msg)
			if err := r.Unpack(raw); err != nil {
				t.Fatal(err)
			}
			if got := [3]int{len(r.Answer), len(r.Ns), len(r.Extra)}; r.Rcode != c.code || got != c.sections {
				t.Errorf("%s with %d records", dns.RcodeToString[r.Rcode], got)
			}
			servicetest.Contains(t, r.String(), c.want...)
			if _, flags, _ := strings.Cut(r.String(), ";; flags: "); c.not != "" && slices.Contains(strings.Fields(strings.Split(flags, ";")[0]), c.not) {
				t.Errorf("the answer has the flag %s:\n%s", c.not, r)
			}
		})
	}
}

func question(name string, kind uint16) *dns.Msg { return new(dns.Msg).SetQuestion(name, kind) }

func iterative(q *dns.Msg) *dns.Msg {
	q.RecursionDesired = false
	return q
}

func class(q *dns.Msg, n uint16) *dns.Msg {
	q.Question[0].Qclass = n
	return q
}

func operation(q *dns.Msg, n int) *dns.Msg {
	q.Opcode = n
	return q
}

func since(q *dns.Msg, soa *dns.SOA) *dns.Msg {
	q.Ns = append(q.Ns, soa)
	return q
}

func option(q *dns.Msg, o dns.EDNS0) *dns.Msg {
	q.SetEdns0(1232, false)
	q.IsEdns0().Option = append(q.IsEdns0().Option, o)
	return q
}

func signed(q *dns.Msg) *dns.Msg {
	q.SetTsig("backup.", dns.HmacSHA256, 300, time.Now().Unix())
	q.IsTsig().MAC, q.IsTsig().MACSize = "00112233", 4
	return q
}

// A router's dnsmasq is no authority: it has no SOA, knows hosts with a time to live of 0, and tells of itself what a look at it begins with.
func TestAnswersAreDnsmasqs(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, as("embedded", "debian", "router"), "dns")
	domain := strings.TrimSuffix(newServer(d.Host).zones[0].origin, ".")
	servicetest.Contains(t, dig(t, d, "router."+domain), "qr aa rd ra", "router."+domain+".\t0\tIN\tA\t"+d.Host.IP, "ANSWER: 1, AUTHORITY: 0")
	servicetest.Contains(t, dig(t, d, "SOA", domain), "NOERROR", "flags: qr rd ra;", "ANSWER: 0, AUTHORITY: 0")
	servicetest.Contains(t, dig(t, d, "nothere."+domain), "NXDOMAIN", "flags: qr rd ra;", "AUTHORITY: 0")
	servicetest.Contains(t, dig(t, d, "-x", "192.168.77.66"), "NXDOMAIN", "qr aa rd ra")
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "cachesize.bind"), "qr aa rd ra", "\tCH\tTXT\t\"1")
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "authors.bind"), `"Simon Kelley"`)
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "hostname.bind"), "NOTIMP")
	servicetest.Contains(t, dig(t, d, "+opcode=status", domain), "REFUSED", "QUERY: 1")
	servicetest.Contains(t, dig(t, d, "+edns=1", "+noednsneg", "router."+domain), "NOERROR", "ANSWER: 1")
	if answers := servicetest.Ask(t, d, 53, 200*time.Millisecond, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff\xff"); answers[0] != "" {
		t.Errorf("what can't be read is answered with %q", answers[0])
	}
}

func TestDynamicUpdateIsRefusedAndRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "dns")
	domain := newServer(d.Host).zones[0].origin
	host, port, err := net.SplitHostPort(d.Address(53))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := servicetest.Run(t, fmt.Sprintf("server %s %s\nzone %s\nupdate add evil.%s 60 A 192.0.2.66\nsend\n", host, port, domain, domain), "nsupdate")
	servicetest.Contains(t, out, "REFUSED")
	e := d.Wait("dns_update")
	if changes, _ := e.Get("changes"); !strings.Contains(changes, "192.0.2.66") {
		t.Errorf("the record lacks the change: %v", e)
	}
}

func TestScannerNamesTheServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   control.Identity
		want string
	}{
		{as("linux", "debian", "ns1"), "ISC BIND 9.18"},
		{as("linux", "rocky9", "ns2"), "ISC BIND 9.18"},
		{as("windows_server", "debian", "DC01"), "Microsoft DNS"},
		{as("embedded", "debian", "router"), "dnsmasq 2."},
	} {
		t.Run(c.id.Distro+" "+c.want, func(t *testing.T) {
			t.Parallel()
			d := decoytest.StartAs(t, c.id, "dns")
			servicetest.Contains(t, servicetest.Scan(t, d, 53), c.want)
			servicetest.Contains(t, servicetest.Scripts(t, d, 53, "dns-nsid"), c.want, "bind.version: "+newServer(d.Host).product.version)
		})
	}
}

// A question with a forged source must not draw much more than it costs.
func TestAnswersOnUDPAreShort(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, as("windows_server", "debian", "DC01"), "dns")
	domain := newServer(d.Host).zones[0].origin
	for _, kind := range []uint16{dns.TypeANY, dns.TypeTXT, dns.TypeSRV, dns.TypeAXFR, dns.TypeNS} {
		q := new(dns.Msg)
		q.SetQuestion(domain, kind)
		q.SetEdns0(4096, true)
		raw, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		answer := servicetest.Ask(t, d, 53, time.Minute, string(raw))[0]
		if len(answer) == 0 || len(answer) > 5*len(raw) {
			t.Errorf("type %d: %d bytes for %d", kind, len(answer), len(raw))
		}
	}
}

func TestNoiseIsAnsweredAsBINDDoes(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "dns")
	for asked, want := range map[string]string{
		"short": "", "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff\xff": "\x12\x34\x81\x01",
		"\x12\x34\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00": "", "\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00": "\x00\x00\x90\x04",
	} {
		patience := time.Minute
		if want == "" {
			patience = 200 * time.Millisecond
		}
		if got := servicetest.Ask(t, d, 53, patience, asked)[0]; got != want && (want == "" || !strings.HasPrefix(got, want)) {
			t.Errorf("%q is answered with %q", asked, got)
		}
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		v := newServer(h)
		return fmt.Sprint(v.product, v.zones[0].records)
	})
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "dns", 53, "\x00", "\x00\x1e\x00\x06")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "dns")
	version := "\x00\x06\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03"
	servicetest.Garbage(t, d, 53, "\x00\x1e"+version, "\x00\x40\x00\x06\x01\x00\x00\x01")
	servicetest.Datagrams(t, d, 53, version, version[:12], "\x00\x06\x28\x00\x00\x01\x00\x00\x00\x01\x00\x00")
	servicetest.Recovers(t, func() bool {
		c := dns.Client{Net: "tcp"}
		q := new(dns.Msg)
		q.SetQuestion(newServer(d.Host).zones[0].origin, dns.TypeSOA)
		r, _, err := c.Exchange(q, d.Address(53))
		return err == nil && len(r.Answer) == 1
	})
}

// TestEachOptionIsAnsweredOnce asks for the same a hundred times, in the name of somebody else: what they get stays as small as a plain answer.
func TestEachOptionIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	id := chosen(decoytest.Identity(), map[string]string{"nsid": "a-name-server-in-the-cellar"})
	h, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := new(dns.Msg)
	q.SetQuestion("version.bind.", dns.TypeTXT)
	q.Question[0].Qclass = dns.ClassCHAOS
	q.SetEdns0(4096, false)
	for range 100 {
		q.IsEdns0().Option = append(q.IsEdns0().Option, &dns.EDNS0_NSID{Code: dns.EDNS0NSID}, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0123456789abcdef"})
	}
	raw, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	answers := newServer(h).answer(&decoy.Session{}, raw, false)
	if len(answers) != 1 || len(answers[0]) > plainSize {
		t.Errorf("%d answers, the first of %d bytes", len(answers), len(answers[0]))
	}
	var a dns.Msg
	if err := a.Unpack(answers[0]); err != nil || a.IsEdns0() == nil || len(a.IsEdns0().Option) != 2 {
		t.Errorf("%v: %v", err, &a)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, kind := range []uint16{dns.TypeA, dns.TypeANY, dns.TypeAXFR, dns.TypeSOA} {
		q := new(dns.Msg)
		q.SetQuestion("shop.local.", kind)
		q.SetEdns0(4096, true)
		raw, err := q.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, false)
		f.Add(raw, true)
	}
	f.Add([]byte("\x00\x06\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03"), false)
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, data []byte, stream bool) {
		for _, a := range v.answer(&decoy.Session{}, data, stream) {
			if len(a) > dns.MaxMsgSize || !stream && len(a) > provenSize {
				t.Fatalf("an answer of %d bytes", len(a))
			}
		}
	})
}

// chosen returns the identity with settings of dns.
func chosen(id control.Identity, settings map[string]string) control.Identity {
	id.Settings = map[string]map[string]string{"dns": settings}
	return id
}

func TestTheVersionMayBeChosen(t *testing.T) {
	t.Parallel()
	id := chosen(decoytest.Identity(), map[string]string{"bind_version": "9.11.4-P2", "nsid": "ams-3"})
	d := decoytest.StartAs(t, id, "dns")
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "version.bind"), "9.11.4-P2")
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "id.server"), `"ams-3"`)
	servicetest.Contains(t, dig(t, d, "CH", "TXT", "hostname.bind"), `"SRV-ALPHA-42"`)
	servicetest.Contains(t, dig(t, d, "+nsid", "SOA", "x.example"), `("ams-3")`)
	windows := decoytest.StartAs(t, chosen(as("windows_server", "debian", "DC01"), map[string]string{"nsid": "dc-1"}), "dns")
	servicetest.Contains(t, dig(t, windows, "+nsid", "SOA", "x.example"), `("dc-1")`)
}

func TestTheZoneMayBeChosen(t *testing.T) {
	t.Parallel()
	id := chosen(as("linux", "debian", "ns1"), map[string]string{
		"domain":        "corp.example.org",
		"extra_records": "www 300 A 192.0.2.7\nwww A 192.0.2.8\nns1 A 192.0.2.9\nshop CNAME www\nfar CNAME cdn.example.net.\nlost CNAME gone\n*.lab A 192.0.2.10\n; a remark\n@ TXT \"two words\"",
	})
	d := decoytest.StartAs(t, id, "dns")
	servicetest.Contains(t, dig(t, d, "SOA", "corp.example.org"), "ns1.corp.example.org. root.corp.example.org.")
	servicetest.Contains(t, dig(t, d, "TXT", "corp.example.org"), `"two words"`)
	servicetest.Contains(t, dig(t, d, "www.corp.example.org"), "ANSWER: 2", "300\tIN\tA\t192.0.2.7", "192.0.2.8")
	servicetest.Contains(t, dig(t, d, "Shop.corp.example.org"), "CNAME\twww.corp.example.org.", "192.0.2.7", "ANSWER: 3")
	servicetest.Contains(t, dig(t, d, "far.corp.example.org"), "status: NOERROR", "CNAME\tcdn.example.net.", "ANSWER: 1")
	servicetest.Contains(t, dig(t, d, "lost.corp.example.org"), "status: NXDOMAIN", "CNAME\tgone.corp.example.org.", "SOA")
	servicetest.Contains(t, dig(t, d, "a.b.lab.corp.example.org"), "a.b.lab.corp.example.org. ", "192.0.2.10")
	servicetest.Contains(t, dig(t, d, "lab.corp.example.org"), "status: NOERROR", "ANSWER: 0")
	servicetest.Contains(t, dig(t, d, "nothere.corp.example.org"), "status: NXDOMAIN")
	if out := dig(t, d, "ns1.corp.example.org"); !strings.Contains(out, "192.0.2.9") || !strings.Contains(out, "ANSWER: 1") {
		t.Errorf("a record stands beside the one it replaces:\n%s", out)
	}
}

func TestWhoseNamesItResolvesMayBeChosen(t *testing.T) {
	t.Parallel()
	near, far := netip.MustParseAddr("192.168.1.77"), netip.MustParseAddr("198.51.100.9")
	for _, c := range []struct {
		system, mode string
		near, far    bool // whether it says that it looks up other people's names
		code         int  // to the neighbour
	}{
		{"linux", "", false, false, dns.RcodeRefused},
		{"linux", "auth", false, false, dns.RcodeRefused},
		{"linux", "recursive", true, false, dns.RcodeServerFailure},
		{"linux", "open", true, true, dns.RcodeServerFailure},
		{"windows_server", "", true, true, dns.RcodeServerFailure},
		{"windows_server", "auth", false, false, dns.RcodeRefused},
		{"embedded", "", true, true, dns.RcodeRefused},
		{"embedded", "recursive", true, false, dns.RcodeServerFailure},
	} {
		id := chosen(as(c.system, "debian", "ns1"), map[string]string{"zone_mode": c.mode})
		if c.mode == "" {
			id.Settings = nil
		}
		id.IP = "192.168.1.10"
		h, err := decoy.NewHost(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := newServer(h)
		r := new(dns.Msg)
		r.RecursionAvailable = v.recurses(near)
		v.lookUp(r, dns.Question{Name: "example.com.", Qtype: dns.TypeA, Qclass: dns.ClassINET}, false)
		if r.RecursionAvailable != c.near || v.recurses(far) != c.far || r.Rcode != c.code || len(r.Answer) > 0 {
			t.Errorf("%s %q: %t, %t, %s", c.system, c.mode, r.RecursionAvailable, v.recurses(far), dns.RcodeToString[r.Rcode])
		}
	}
	d := decoytest.StartAs(t, chosen(decoytest.Identity(), map[string]string{"zone_mode": "open"}), "dns")
	servicetest.Contains(t, servicetest.Scripts(t, d, 53, "dns-recursion"), "Recursion appears to be enabled")
}

func TestWhatQuestionsComeToIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "dns")
	domain := newServer(d.Host).zones[0].origin
	ask := func(name string, kind uint16, size uint16, also ...dns.Question) {
		q := new(dns.Msg)
		q.SetQuestion(name, kind)
		q.Question = append(q.Question, also...)
		if size > 0 {
			q.SetEdns0(size, false)
		}
		raw, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		servicetest.Ask(t, d, 53, 5*time.Second, string(raw))
	}
	ask("isc.org.", dns.TypeANY, 4096)
	d.Wait("amp_probe", decoytest.Has("name", "isc.org."), decoytest.Has("edns_size", "4096"))
	ask("a.example.", dns.TypeA, 0, dns.Question{Name: "b.example.", Qtype: dns.TypeA, Qclass: dns.ClassINET})
	d.Wait("multi_question", decoytest.Has(event.Count, "2"))
	for i := range 4 {
		ask(fmt.Sprintf("%s%d.t.evil.example.", "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpi2djq", i), dns.TypeTXT, 0)
	}
	d.Wait("tunneling_suspect", decoytest.Has("domain", "evil.example."), decoytest.Has(event.Count, "4"))
	for i := range reconNames {
		ask(fmt.Sprintf("host%d.%s", i, domain), dns.TypeA, 0)
	}
	d.Wait("recon_burst", decoytest.Has(event.Count, "20"))
	for _, e := range d.Events() {
		if e.Type == "flood_suspect" {
			t.Error("a few questions are no flood")
		}
	}
}

func TestSuspicionsAreTakenOnceAMinute(t *testing.T) {
	t.Parallel()
	w, from, now := newWatch(), netip.MustParseAddr("198.51.100.9"), time.Now()
	told := map[string]int{}
	see := func(name string, own bool) {
		for _, s := range w.see(from, now, name, own) {
			told[s.typ]++
		}
	}
	for i := range 2 * floodCount {
		see(fmt.Sprintf("h%d.corp.local.", i), true)
		see("_ldap._tcp.default-first-site-name._sites.dc._msdcs.other.local.", false) // long, and a name
		see("www.example.com.", false)
	}
	if told["flood_suspect"] != 1 || told["recon_burst"] != 1 || told["tunneling_suspect"] != 0 {
		t.Errorf("told %v", told)
	}
	now = now.Add(watchTime)
	for range floodCount {
		see("www.example.com.", false)
	}
	if told["flood_suspect"] != 2 || told["recon_burst"] != 1 {
		t.Errorf("a minute later: %v", told)
	}
	// Whatever is asked, little is kept.
	for i := range 10000 {
		see(fmt.Sprintf("%sx%d.p%d.example.", "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpi2djq", i, i), false)
	}
	w.sources.With(from, func(s *sightings) {
		if len(s.tunnels) > maxParents || len(s.names) > reconNames {
			t.Errorf("%d domains and %d names are kept", len(s.tunnels), len(s.names))
		}
	})
}
