package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"decnet/catalog/zonefile"
	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/windows"
)

// zone is what the server is the authority for.
type zone struct {
	origin  string
	soa     *dns.SOA
	records []dns.RR            // all but the SOA, sorted by name
	names   map[string][]dns.RR // by name in lower case, with the SOA
	inner   map[string]bool     // names that exist only because others lie below them
}

// neighbours are hosts that a company has; an intruder finds their names worth a try.
var neighbours = []string{"www", "mail", "vpn", "intranet", "gitlab", "jenkins", "backup", "nas", "db01", "db02", "fs01", "print", "monitor", "ldap", "jira", "wiki", "proxy", "esx01", "esx02", "citrix", "owa", "dev", "staging", "test", "helpdesk", "printer2", "camera1", "ups1", "switch1", "voip"}

// zonesOf makes the decky's domain and the names of its addresses.
func zonesOf(h *decoy.Host) []*zone {
	r := h.Rand("dns-zone")
	domain := bait.AppOf(h).Domain + "."
	label, _, _ := strings.Cut(strings.ToLower(h.Hostname), ".")
	microsoft := h.OS == "windows" || h.OS == "windows_server"
	if microsoft {
		if m := windows.MachineOf(h); m.Joined {
			domain = strings.ToLower(m.DNS) + "."
		}
	}
	if chosen, ok := h.Setting("dns", "domain"); ok {
		domain = chosen + "."
	}
	own, err := netip.ParseAddr(h.IP)
	if err != nil || !own.Is4() {
		own = netip.AddrFrom4([4]byte{192, 168, 1, 10})
	}
	changed := h.Installed().Add(time.Duration(r.IntN(90*24)) * time.Hour)
	serial := uint32(changed.Year()*1000000 + int(changed.Month())*10000 + changed.Day()*100 + 1 + r.IntN(20))
	ttl := decoy.Pick(h, "dns-ttl", uint32(3600), 86400, 604800)
	admin := "root."
	if microsoft {
		ttl, serial, admin = 3600, uint32(40+r.IntN(4000)), "hostmaster."
	}
	ns := label + "." + domain
	add := func(z *zone, text string, args ...any) {
		rr, err := dns.NewRR(fmt.Sprintf(text, args...))
		if err == nil && rr != nil { // a hostname may be no name in DNS
			z.records = append(z.records, rr)
		}
	}
	begin := func(origin string) *zone {
		z := &zone{origin: origin}
		if rr, err := dns.NewRR(fmt.Sprintf("%s %d IN SOA %s %s%s %d 604800 86400 2419200 %d", origin, ttl, ns, admin, domain, serial, ttl)); err == nil {
			z.soa, _ = rr.(*dns.SOA)
		}
		add(z, "%s %d IN NS %s", origin, ttl, ns)
		return z
	}
	forward := begin(domain)
	block := netip.PrefixFrom(own, 24).Masked().Addr().As4()
	reverse := begin(fmt.Sprintf("%d.%d.%d.in-addr.arpa.", block[2], block[1], block[0]))
	host := func(name string, last byte) {
		add(forward, "%s.%s %d IN A %d.%d.%d.%d", name, domain, ttl, block[0], block[1], block[2], last)
		add(reverse, "%d.%s %d IN PTR %s.%s", last, reverse.origin, ttl, name, domain)
	}
	last := own.As4()[3]
	host(label, last)
	taken := map[byte]bool{last: true, 0: true, 255: true}
	chosen := slices.Clone(neighbours)
	r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	for _, name := range chosen[:10+r.IntN(8)] {
		at := byte(2 + r.IntN(250))
		if taken[at] || name == label {
			continue
		}
		taken[at] = true
		host(name, at)
	}
	if slices.Contains(chosen[:10], "mail") {
		add(forward, "%s %d IN MX 10 mail.%s", domain, ttl, domain)
		add(forward, `%s %d IN TXT "v=spf1 mx -all"`, domain, ttl)
	}
	if microsoft {
		for _, service := range []string{"_ldap._tcp %d 389", "_kerberos._tcp %d 88", "_kpasswd._tcp %d 464", "_gc._tcp %d 3268", "_ldap._tcp.dc._msdcs %d 389", "_kerberos._tcp.dc._msdcs %d 88"} {
			name, port, _ := strings.Cut(service, " %d ")
			add(forward, "%s.%s 600 IN SRV 0 100 %s %s", name, domain, port, ns)
		}
	}
	forward.take(chosenRecords(h, domain, ttl))
	for _, z := range []*zone{forward, reverse} {
		z.index()
	}
	return []*zone{forward, reverse}
}

// chosenRecords are those that the operator has given.
func chosenRecords(h *decoy.Host, domain string, ttl uint32) []dns.RR {
	text, _ := h.Setting("dns", "extra_records")
	records, err := zonefile.Parse(text, domain, ttl)
	if err != nil {
		return nil // they were read before they came here
	}
	return records
}

// take puts records into the zone, in place of those of the same name and type; a CNAME in place of all of its name.
func (z *zone) take(records []dns.RR) {
	for _, rr := range records {
		z.records = slices.DeleteFunc(z.records, func(o dns.RR) bool {
			a, b := rr.Header(), o.Header()
			return !slices.Contains(records, o) && strings.EqualFold(a.Name, b.Name) && (a.Rrtype == b.Rrtype || a.Rrtype == dns.TypeCNAME)
		})
		z.records = append(z.records, rr)
	}
}

// at returns what there is at a name in lower case, by a wildcard too, and whether the name exists.
func (z *zone) at(name string) (records []dns.RR, exists bool) {
	if records, exists = z.names[name]; exists || z.inner[name] {
		return records, true
	}
	for at, end := dns.NextLabel(name, 0); !end && len(name)-at >= len(z.origin); at, end = dns.NextLabel(name, at) {
		if records, exists = z.names["*."+name[at:]]; exists {
			return records, true
		}
		if _, known := z.names[name[at:]]; known || z.inner[name[at:]] { // the closest name that exists has no wildcard
			break
		}
	}
	return nil, false
}

// labelsOf are those of a record's name, from the root on: by these a server keeps its records, and gives them away, in order.
func labelsOf(rr dns.RR) []string {
	labels := dns.SplitDomainName(strings.ToLower(rr.Header().Name))
	slices.Reverse(labels)
	return labels
}

// index puts the records in order and makes them quick to find.
func (z *zone) index() {
	slices.SortStableFunc(z.records, func(a, b dns.RR) int { return slices.Compare(labelsOf(a), labelsOf(b)) })
	z.names, z.inner = map[string][]dns.RR{}, map[string]bool{}
	for _, rr := range append([]dns.RR{z.soa}, z.records...) {
		name := strings.ToLower(rr.Header().Name)
		z.names[name] = append(z.names[name], rr)
		for at, end := dns.NextLabel(name, 0); !end && len(name)-at >= len(z.origin); at, end = dns.NextLabel(name, at) {
			z.inner[name[at:]] = true
		}
	}
}

// find returns the zone that the name lies in, or nil.
func (v *server) find(name string) *zone {
	for _, z := range v.zones {
		if z.soa != nil && dns.IsSubDomain(z.origin, name) {
			return z
		}
	}
	return nil
}

// authorities are the zone's own NS records.
func (z *zone) authorities() (list []dns.RR) {
	for _, rr := range z.names[strings.ToLower(z.origin)] {
		if rr.Header().Rrtype == dns.TypeNS {
			list = append(list, rr)
		}
	}
	return list
}

// origins tells whether these are the zone's own NS records.
func (z *zone) origins(records []dns.RR) bool {
	return slices.ContainsFunc(records, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeNS && strings.EqualFold(rr.Header().Name, z.origin)
	})
}
