package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"decnet/decoy"
)

// forwarder answers as dnsmasq does. It is no authority and has no zones: it knows some hosts, has nothing else to say of the domain that is its own, and refuses what it can ask nobody about.
func (v *server) forwarder(r, q *dns.Msg, stream bool) *dns.Msg {
	r.RecursionDesired = q.RecursionDesired // whatever the operation
	r.CheckingDisabled = q.CheckingDisabled
	if q.Opcode != dns.OpcodeQuery || len(q.Question) != 1 {
		r.Rcode = dns.RcodeRefused
		return r
	}
	question := q.Question[0]
	name := strings.ToLower(question.Name)
	switch {
	case question.Qclass == dns.ClassCHAOS && (dns.IsSubDomain("bind.", name) || dns.IsSubDomain("server.", name)):
		v.stats(r, question)
		return r
	case question.Qclass != dns.ClassINET:
		if v.find(name) == nil {
			r.Rcode = dns.RcodeRefused
		}
		return r
	case question.Qtype == dns.TypePTR && private(name) && v.find(name) == nil: // bogus-priv, which every router has
		r.Rcode, r.Authoritative = dns.RcodeNameError, true
		return r
	}
	v.lookUp(r, question, stream)
	r.Answer = slices.DeleteFunc(r.Answer, func(rr dns.RR) bool {
		rr.Header().Ttl = 0 // the hosts may get other addresses; these are copies
		kind := rr.Header().Rrtype
		return kind == dns.TypeSOA || kind == dns.TypeNS
	})
	r.Ns = nil
	r.Extra = slices.DeleteFunc(r.Extra, func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeOPT })
	r.Authoritative = len(r.Answer) > 0 || r.Authoritative && question.Qtype == dns.TypePTR && dns.IsSubDomain("in-addr.arpa.", name)
	return r
}

// stats answers what dnsmasq tells of itself, and says of all else under these names that it has no such thing.
func (v *server) stats(r *dns.Msg, question dns.Question) {
	asked := int64(v.host.Now().Sub(v.host.BootTime()).Hours()) * v.host.Rand("dns-asked").Int64N(400)
	about := func(share int64) string { return fmt.Sprint(asked * share / 100) }
	texts := map[string]string{
		"version.bind.": v.product.version, "authors.bind.": "Simon Kelley", "copyright.bind.": "Copyright (c) 2000-" + v.product.year + " Simon Kelley",
		"cachesize.bind.": decoy.Pick(v.host, "dns-cache", "150", "150", "1000"), "insertions.bind.": about(30), "evictions.bind.": "0", "misses.bind.": about(14), "hits.bind.": about(86), "auth.bind.": "0", "servers.bind.": "",
	}
	if v.nsid != "" {
		texts["id.server."] = v.nsid
	}
	text, known := texts[strings.ToLower(question.Name)]
	if !known || question.Qtype != dns.TypeTXT && question.Qtype != dns.TypeANY {
		r.Rcode = dns.RcodeNotImplemented
		return
	}
	r.Authoritative = true
	r.Answer = append(r.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS}, Txt: []string{text}})
}

// private tells whether a name is that of an address which has a meaning in its own network alone.
func private(name string) bool {
	digits, ok := strings.CutSuffix(name, ".in-addr.arpa.")
	parts := strings.Split(digits, ".")
	slices.Reverse(parts)
	addr, err := netip.ParseAddr(strings.Join(parts, "."))
	return ok && err == nil && addr.IsPrivate()
}
