package llmnr

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// question is one for the name, as it is on the wire.
func question(t testing.TB, name string, kind uint16) string {
	t.Helper()
	q := new(dns.Msg)
	q.SetQuestion(name, kind)
	q.RecursionDesired = false
	raw, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestOwnNameIsAnswered(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "llmnr")
	answers := servicetest.Ask(t, d, 5355, time.Minute, question(t, "srv-alpha-42.", dns.TypeA), question(t, "SRV-ALPHA-42.", dns.TypeAAAA))
	got := new(dns.Msg)
	if err := got.Unpack([]byte(answers[0])); err != nil || len(got.Answer) != 1 || !got.Answer[0].(*dns.A).A.Equal(net.ParseIP(d.Host.IP)) || got.Answer[0].Header().Ttl != 30 || got.Authoritative {
		t.Errorf("its own name: %v, %v", got, err)
	}
	if err := got.Unpack([]byte(answers[1])); err != nil || len(got.Answer) != 0 || got.Rcode != 0 {
		t.Errorf("its address of version 6: %v, %v", got, err)
	}
	if answer := servicetest.Ask(t, d, 5355, time.Second, question(t, "fileserver.", dns.TypeA))[0]; answer != "" {
		t.Errorf("another host's name is answered: %q", answer)
	}
	d.Wait("query", decoytest.Has("protocol", "llmnr"), decoytest.Has("name", "fileserver."), decoytest.Has("known", "false"))
}

func TestNeighboursReachItByMulticast(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "llmnr")
	_, port, err := net.SplitHostPort(d.Address(5355))
	if err != nil {
		t.Fatal(err)
	}
	group, err := net.ResolveUDPAddr("udp4", net.JoinHostPort(llmnrGroup.String(), port))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}) // its address makes the system send by the loopback
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := conn.WriteToUDP([]byte(question(t, "srv-alpha-42.", dns.TypeA)), group); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 512)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf) // other deckies of this name may answer, too
		if err != nil {
			t.Fatal(err)
		}
		if from.Addr().String() == d.Host.IP {
			got := new(dns.Msg)
			if err := got.Unpack(buf[:n]); err != nil || len(got.Answer) != 1 {
				t.Errorf("%v, %v", got, err)
			}
			break
		}
	}
}

func TestRealClientsOfMDNS(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.OS, id.Archetype, id.Hostname = "embedded", "printer", "HP4F21A0"
	d := decoytest.StartAs(t, id, "llmnr")
	host, port, err := net.SplitHostPort(d.Address(5353))
	if err != nil {
		t.Fatal(err)
	}
	dig := func(args ...string) string {
		out, err := servicetest.Run(t, "", "dig", append([]string{"@" + host, "-p", port, "+time=60", "+tries=1", "+norecurse"}, args...)...)
		if err != nil {
			t.Errorf("dig: %v: %s", err, out)
		}
		return out
	}
	servicetest.Contains(t, dig("hp4f21a0.local"), d.Host.IP)
	servicetest.Contains(t, dig("PTR", "_ipp._tcp.local"), "631 hp4f21a0.local.", "ty=")
	servicetest.Contains(t, servicetest.Scripts(t, d, 5353, "dns-service-discovery"), "631/tcp ipp", "9100/tcp pdl-datastream", "Address="+d.Host.IP)
	d.Wait("query", decoytest.Has("protocol", "mdns"), decoytest.Has("name", "_ipp._tcp.local."))
}

func TestPoisonersAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "llmnr")
	m := new(dns.Msg)
	m.SetQuestion("wpad.", dns.TypeA)
	m.Response = true
	m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: "wpad.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 30}, A: net.IPv4(192, 0, 2, 66)}}
	raw, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if answer := servicetest.Ask(t, d, 5355, 100*time.Millisecond, string(raw))[0]; answer != "" {
		t.Errorf("an answer is answered: %q", answer)
	}
	e := d.Wait("unasked_answer")
	if records, _ := e.Get("records"); !strings.Contains(records, "192.0.2.66") {
		t.Errorf("the record has %q", records)
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string { return fmt.Sprint(newResponder(h).records) })
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "llmnr")
	begin := question(t, "srv-alpha-42.", dns.TypeA)
	servicetest.Datagrams(t, d, 5355, begin[:12], begin[:20], begin)
	servicetest.Datagrams(t, d, 5353, begin[:12], begin)
	if answer := servicetest.Ask(t, d, 5355, time.Minute, begin)[0]; !strings.Contains(answer, "srv-alpha-42") {
		t.Errorf("after the garbage: %q", answer)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"srv-alpha-42.", "srv-alpha-42.local.", "_services._dns-sd._udp.local.", "_workstation._tcp.local."} {
		for _, kind := range []uint16{dns.TypeA, dns.TypePTR, dns.TypeANY} {
			f.Add([]byte(question(f, name, kind)), true)
			f.Add([]byte(question(f, name, kind)), false)
		}
	}
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newResponder(h)
	f.Fuzz(func(t *testing.T, data []byte, ordinary bool) {
		v.answer(&decoy.Session{}, "mdns", data)
		q := new(dns.Msg)
		if q.Unpack(data) != nil {
			return
		}
		for _, protocol := range []string{"llmnr", "mdns"} {
			if r := v.reply(protocol, q, ordinary); r != nil && r.Len() > 4*len(data)+1500 {
				t.Fatalf("%d bytes for %d", r.Len(), len(data))
			}
		}
	})
}
