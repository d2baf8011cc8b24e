// Package llmnr is the decoy of a host that answers its neighbours when they ask for names: by LLMNR for its own, by mDNS for that under .local, and what a printer or a camera announces of
// itself. It records who asks for which name, and who sends answers that nobody asked for: that is how poisoners of names betray themselves. It asks nothing itself, and answers nobody
// from afar.
package llmnr

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/device"
	"decnet/decoy/shell"
)

func init() {
	decoy.Register("llmnr", func(h *decoy.Host) (decoy.Service, error) { return newResponder(h), nil })
}

const (
	llmnrPort = 5355
	mdnsPort  = 5353
	llmnrTTL  = 30
	mdnsTTL   = 120
	otherTTL  = 4500
	legacyTTL = 10 // most for who asks from another port than mDNS's
	maxShown  = 1024
)

// The groups, by their protocols.
var (
	llmnrGroup = netip.AddrFrom4([4]byte{224, 0, 0, 252})
	mdnsGroup  = netip.AddrFrom4([4]byte{224, 0, 0, 251})
)

// responder is the decky's.
type responder struct {
	host    *decoy.Host
	label   string
	address netip.Addr
	records []dns.RR // for mDNS
}

func newResponder(h *decoy.Host) *responder {
	label, _, _ := strings.Cut(h.Hostname, ".")
	v := &responder{host: h, label: strings.ToLower(label)}
	if v.address, _ = netip.ParseAddr(h.IP); !v.address.Is4() {
		v.address = netip.AddrFrom4([4]byte{192, 168, 1, 10})
	}
	v.announce()
	return v
}

// Groups are those that neighbours ask.
func (v *responder) Groups(port int) []netip.Addr {
	if port == llmnrPort {
		return []netip.Addr{llmnrGroup}
	}
	return []netip.Addr{mdnsGroup}
}

// announce makes what the host tells of itself by mDNS.
func (v *responder) announce() {
	own := v.label + ".local."
	add := func(ttl uint32, name string, kind uint16, rr dns.RR) {
		*rr.Header() = dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
		v.records = append(v.records, rr)
	}
	add(mdnsTTL, own, dns.TypeA, &dns.A{A: v.address.AsSlice()})
	if reverse, err := dns.ReverseAddr(v.address.String()); err == nil {
		add(mdnsTTL, reverse, dns.TypePTR, &dns.PTR{Ptr: own})
	}
	offer := func(service, instance string, port uint16, text ...string) {
		kind := service + ".local."
		name := strings.NewReplacer(`\`, `\\`, ".", `\.`, " ", `\ `, "(", `\(`, ")", `\)`).Replace(instance) + "." + kind
		add(otherTTL, "_services._dns-sd._udp.local.", dns.TypePTR, &dns.PTR{Ptr: kind})
		add(otherTTL, kind, dns.TypePTR, &dns.PTR{Ptr: name})
		add(mdnsTTL, name, dns.TypeSRV, &dns.SRV{Target: own, Port: port})
		if text == nil {
			text = []string{""}
		}
		add(otherTTL, name, dns.TypeTXT, &dns.TXT{Txt: text})
	}
	mac := shell.SystemOf(v.host).MAC
	switch {
	case v.host.OS == "windows" || v.host.OS == "windows_server": // it answers for its name alone
	case v.host.Archetype == "printer":
		name := device.Name(v.host)
		instance := fmt.Sprintf("%s [%s]", name, strings.ToUpper(strings.ReplaceAll(mac[9:], ":", "")))
		text := []string{"txtvers=1", "qtotal=1", "rp=ipp/print", "ty=" + name, "product=(" + name + ")", "priority=10", "adminurl=http://" + v.label + ".local./", "Duplex=T", "Color=F"}
		offer("_ipp._tcp", instance, 631, text...)
		offer("_pdl-datastream._tcp", instance, 9100, "txtvers=1", "ty="+name, "priority=40")
		offer("_http._tcp", instance, 80)
	case v.host.Archetype == "iot-device":
		offer("_http._tcp", device.Name(v.host), 80, "path=/")
		offer("_rtsp._tcp", device.Name(v.host), 554)
	default:
		offer("_workstation._tcp", v.label+" ["+mac+"]", 9)
	}
}

// ServePacket answers one question.
func (v *responder) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	protocol := "mdns"
	if s.CatalogPort() == llmnrPort {
		protocol = "llmnr"
	}
	if answer := v.answer(s, protocol, data); answer != nil {
		s.Write(answer) // a datagram that can't be sent is a datagram lost
	}
}

// answer returns what answers a message, nil for what a host leaves unanswered.
func (v *responder) answer(s *decoy.Session, protocol string, data []byte) []byte {
	q := new(dns.Msg)
	if err := q.Unpack(data); err != nil || len(data) < 12 {
		s.Event("protocol_error", event.String("protocol", protocol), event.Bytes("data", data[:min(len(data), maxShown)]))
		return nil
	}
	if q.Response {
		var told []string
		for _, rr := range q.Answer {
			told = append(told, rr.String())
		}
		s.Event("unasked_answer", event.String("protocol", protocol), event.String("records", strings.Join(told, "\n")))
		return nil
	}
	if q.Opcode != dns.OpcodeQuery || len(q.Question) == 0 {
		return nil
	}
	r := v.reply(protocol, q, s.Peer().Port() != mdnsPort)
	near := near(s.Peer().Addr(), v.address)
	for i, question := range q.Question {
		if i == 8 { // what asks for more is no neighbour's
			break
		}
		s.Event("query", event.String("protocol", protocol), event.String("name", question.Name), event.String("qtype", dns.Type(question.Qtype).String()),
			event.String("known", fmt.Sprint(r != nil)))
	}
	if r == nil || !near {
		return nil
	}
	raw, err := r.Pack()
	if err != nil {
		return nil
	}
	return raw
}

// near tells whether an address may be a neighbour's. The size of the network is not known here; answers must not go far, that is all.
func near(a, own netip.Addr) bool {
	if !a.Is4() {
		return a.IsLinkLocalUnicast()
	}
	if a.IsLoopback() {
		return own.IsLoopback()
	}
	return netip.PrefixFrom(own, 16).Contains(a)
}

// reply answers a question about this host; nil is for those about others. Who asks by mDNS from another port than its own is an ordinary client of DNS.
func (v *responder) reply(protocol string, q *dns.Msg, ordinary bool) *dns.Msg {
	r := new(dns.Msg)
	r.SetReply(q)
	r.Compress = true
	r.RecursionDesired = false
	if protocol == "llmnr" {
		if len(q.Question) != 1 || len(q.Answer)+len(q.Ns) > 0 || !v.resolve(r, q.Question[0]) {
			return nil
		}
		return r
	}
	r.Authoritative = true
	if !ordinary {
		r.Id, r.Question = 0, nil
	}
	for _, question := range q.Question {
		v.find(r, question, ordinary)
	}
	if len(r.Answer) == 0 {
		return nil
	}
	return r
}

// resolve answers by LLMNR, and says false where the question is about another host.
func (v *responder) resolve(r *dns.Msg, question dns.Question) bool {
	name := strings.ToLower(strings.TrimSuffix(question.Name, "."))
	head := dns.RR_Header{Name: question.Name, Rrtype: question.Qtype, Class: dns.ClassINET, Ttl: llmnrTTL}
	if question.Qclass != dns.ClassINET {
		return false
	}
	if reverse, err := dns.ReverseAddr(v.address.String()); err == nil && name+"." == reverse {
		if question.Qtype == dns.TypePTR {
			r.Answer = append(r.Answer, &dns.PTR{Hdr: head, Ptr: v.label + "."})
		}
		return true
	}
	if name != v.label {
		return false
	}
	if question.Qtype == dns.TypeA || question.Qtype == dns.TypeANY {
		head.Rrtype = dns.TypeA
		r.Answer = append(r.Answer, &dns.A{Hdr: head, A: v.address.AsSlice()})
	}
	return true // also without an answer: the name is known, it has nothing of that kind
}

// find adds what answers a question by mDNS, and what the asker will want next.
func (v *responder) find(r *dns.Msg, question dns.Question, ordinary bool) {
	const maxRecords = 16
	if class := question.Qclass &^ (1 << 15); class != dns.ClassINET && class != dns.ClassANY {
		return
	}
	give := func(to *[]dns.RR, rr dns.RR) {
		if len(*to) >= maxRecords {
			return
		}
		rr = dns.Copy(rr)
		head := rr.Header()
		if ordinary {
			head.Ttl = min(head.Ttl, legacyTTL)
		} else if head.Rrtype != dns.TypePTR {
			head.Class |= 1 << 15 // this is all that there is of the kind
		}
		*to = append(*to, rr)
	}
	for _, rr := range v.records {
		head := rr.Header()
		if !strings.EqualFold(head.Name, question.Name) || question.Qtype != head.Rrtype && question.Qtype != dns.TypeANY {
			continue
		}
		give(&r.Answer, rr)
		if pointer, ok := rr.(*dns.PTR); ok && len(r.Question) < 2 {
			for _, more := range v.records {
				if more.Header().Name == pointer.Ptr && more.Header().Rrtype == dns.TypeSRV {
					give(&r.Extra, v.records[0]) // the address of what it points to
				}
				if more.Header().Name == pointer.Ptr && more.Header().Rrtype != dns.TypePTR {
					give(&r.Extra, more)
				}
			}
		}
	}
}
