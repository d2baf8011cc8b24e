package dns

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/miekg/dns"

	"decnet/decoy"
)

// maxAliases is how many CNAMEs are followed for one question.
const maxAliases = 8

// transferSize is about how many bytes one message of a transfer has.
const transferSize = 16 << 10

// reply answers one message; a transfer's answer may have several.
func (v *server) reply(q *dns.Msg, s *decoy.Session, stream bool) []*dns.Msg {
	r := new(dns.Msg)
	r.SetReply(q)
	r.Compress = true
	r.CheckingDisabled = v.product.kind == "bind" && q.CheckingDisabled
	r.RecursionAvailable = v.recurses(s.Peer().Addr())
	v.extend(r, q, s)
	if q.Opcode == dns.OpcodeUpdate && v.product.kind != "dnsmasq" {
		r.Rcode = dns.RcodeRefused
		return []*dns.Msg{r}
	}
	if q.Opcode == dns.OpcodeNotify && v.product.kind == "bind" {
		r.Rcode = dns.RcodeNotAuth
		if len(q.Question) != 1 || q.Question[0].Qtype != dns.TypeSOA {
			r.Rcode = dns.RcodeFormatError
		}
		return []*dns.Msg{r}
	}
	if q.Opcode != dns.OpcodeQuery {
		r.Rcode = dns.RcodeNotImplemented
		if v.product.kind == "bind" {
			r.Question = nil
		}
		return []*dns.Msg{r}
	}
	if len(q.Question) != 1 {
		r.Rcode = dns.RcodeFormatError
		return []*dns.Msg{r}
	}
	if r.Rcode != dns.RcodeSuccess {
		return []*dns.Msg{r}
	}
	question := q.Question[0]
	switch {
	case question.Qclass == dns.ClassCHAOS:
		v.chaos(r, question)
	case question.Qclass != dns.ClassINET && question.Qclass != dns.ClassANY:
		r.Rcode = dns.RcodeRefused
	case question.Qtype == dns.TypeAXFR || question.Qtype == dns.TypeIXFR && stream:
		return v.transfer(r, question, stream)
	default:
		v.lookUp(r, question, stream)
	}
	return []*dns.Msg{r}
}

// cookieOf returns the cookie of a message, empty for none.
func cookieOf(opt *dns.OPT) []byte {
	for _, o := range opt.Option {
		if c, ok := o.(*dns.EDNS0_COOKIE); ok {
			raw, err := hex.DecodeString(c.Cookie)
			if err != nil {
				return nil
			}
			return raw
		}
	}
	return nil
}

// extend answers the extensions that the question bears.
func (v *server) extend(r, q *dns.Msg, s *decoy.Session) {
	asked := q.IsEdns0()
	if asked == nil {
		return
	}
	opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	switch v.product.kind {
	case "microsoft":
		opt.SetUDPSize(4000)
	case "dnsmasq":
		opt.SetUDPSize(1232)
	default:
		opt.SetUDPSize(1232)
		if asked.Do() {
			opt.SetDo()
		}
	}
	r.Extra = append(r.Extra, opt)
	if asked.Version() != 0 {
		r.Rcode = dns.RcodeBadVers
		return
	}
	for _, o := range asked.Option {
		switch o := o.(type) {
		case *dns.EDNS0_NSID:
			if v.nsid != "" {
				opt.Option = append(opt.Option, &dns.EDNS0_NSID{Code: dns.EDNS0NSID, Nsid: hex.EncodeToString([]byte(v.nsid))})
			}
		case *dns.EDNS0_COOKIE:
			if !v.product.cookies {
				continue
			}
			raw := cookieOf(asked)
			if len(raw) < 8 || len(raw) > 40 || len(raw) > 8 && len(raw) < 16 {
				r.Rcode = dns.RcodeFormatError
				return
			}
			opt.Option = append(opt.Option, &dns.EDNS0_COOKIE{Code: o.Code, Cookie: hex.EncodeToString(v.cookie(raw[:8], s))})
		}
	}
}

// cookie is the client's followed by the server's, which is made as BIND makes it: a version, the time and a hash.
func (v *server) cookie(client []byte, s *decoy.Session) []byte {
	c := append([]byte{}, client...)
	c = append(c, 1, 0, 0, 0)
	c = binary.BigEndian.AppendUint32(c, uint32(v.host.Now().Unix()))
	mac := hmac.New(sha256.New, v.host.Bytes("dns-cookie", 32))
	mac.Write(c)
	mac.Write(s.Peer().Addr().AsSlice())
	return mac.Sum(c)[:24]
}

// authors are those whom BIND thanks.
var authors = []string{
	"Mark Andrews", "Curtis Blackburn", "James Brister", "Ben Cottrell", "John H. DuBois III", "Francis Dupont", "Michael Graff", "Andreas Gustafsson", "Bob Halley", "Evan Hunt",
	"JINMEI Tatuya", "Witold Krecicki", "David Lawrence", "Scott Mann", "Danny Mayer", "Damien Neil", "Matt Nelson", "Jeremy C. Reed", "Michael Sawyer", "Brian Wellington",
}

// chaos answers what is asked of the server itself.
func (v *server) chaos(r *dns.Msg, question dns.Question) {
	own := map[string][]string{"version.bind.": {v.product.version}}
	if v.nsid != "" {
		own["id.server."] = []string{v.nsid}
	}
	if v.product.kind == "bind" {
		own["hostname.bind."], own["authors.bind."] = []string{v.host.Hostname}, authors
		if v.nsid == "" { // as it comes
			own["id.server."] = nil
		}
	}
	name := strings.ToLower(question.Name)
	texts, known := own[name]
	wanted := question.Qtype == dns.TypeTXT || question.Qtype == dns.TypeANY
	class := uint16(dns.ClassCHAOS)
	switch {
	case known && v.product.kind == "bind" && (texts == nil || !wanted):
		// Each is a zone, with nothing of the kind in it.
		r.Authoritative = true
		r.Ns = append(r.Ns, &dns.SOA{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeSOA, Class: class, Ttl: 86400}, Ns: name, Mbox: "hostmaster." + name, Refresh: 28800, Retry: 7200, Expire: 604800, Minttl: 86400})
		return
	case !known || !wanted || texts[0] == "":
		r.Rcode = dns.RcodeRefused
		if v.product.kind == "microsoft" {
			r.Rcode = dns.RcodeNotImplemented
		}
		return
	case v.product.kind == "microsoft":
		class = dns.ClassINET // its own peculiarity
	}
	for _, text := range texts {
		r.Answer = append(r.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeTXT, Class: class}, Txt: []string{text}})
	}
	if v.product.kind == "bind" {
		r.Authoritative = true
		if !r.RecursionDesired { // else it is as short as can be
			r.Ns = append(r.Ns, &dns.NS{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeNS, Class: class}, Ns: question.Name})
		}
	}
}

// transfer gives the whole zone, where the server gives it at all.
func (v *server) transfer(r *dns.Msg, question dns.Question, stream bool) []*dns.Msg {
	z := v.find(question.Name)
	switch {
	case !stream:
		r.Rcode = dns.RcodeFormatError
		return []*dns.Msg{r}
	case z == nil || !v.product.transfers:
		r.Rcode = dns.RcodeRefused
		if z == nil && v.product.kind == "bind" {
			r.Rcode = dns.RcodeNotAuth
		}
		return []*dns.Msg{r}
	case !strings.EqualFold(z.origin, question.Name):
		r.Rcode = dns.RcodeNotAuth
		return []*dns.Msg{r}
	}
	r.Authoritative = true
	all := append(append([]dns.RR{z.soa}, z.records...), z.soa)
	out := []*dns.Msg{r}
	size := 0
	for _, rr := range all {
		if size > transferSize {
			next := r.Copy()
			next.Answer, next.Question = nil, nil
			out = append(out, next)
			r, size = next, 0
		}
		r.Answer = append(r.Answer, rr)
		size += dns.Len(rr)
	}
	return out
}

// lookUp answers from the zones.
func (v *server) lookUp(r *dns.Msg, question dns.Question, stream bool) {
	z := v.find(question.Name)
	if z == nil {
		r.Rcode = dns.RcodeRefused
		// A resolver whose way out is closed fails; dnsmasq without one refuses, if it isn't told that there is one.
		if r.RecursionAvailable && (v.product.kind != "dnsmasq" || v.mode != "") {
			r.Rcode = dns.RcodeServerFailure
		}
		return
	}
	r.Authoritative = true
	name, exists := question.Name, false
	for range maxAliases {
		var records []dns.RR
		records, exists = z.at(strings.ToLower(name))
		alias := ""
		for _, rr := range records {
			kind := rr.Header().Rrtype
			if kind != question.Qtype && kind != dns.TypeCNAME && question.Qtype != dns.TypeANY {
				continue
			}
			found := dns.Copy(rr)
			found.Header().Name = name // in the letters of the question
			r.Answer = append(r.Answer, found)
			if question.Qtype == dns.TypeANY && !stream { // one set of records is enough of an answer (RFC 8482)
				break
			}
			if other, is := rr.(*dns.CNAME); is && question.Qtype != dns.TypeCNAME && question.Qtype != dns.TypeANY {
				alias = other.Target
			}
		}
		if alias == "" || !dns.IsSubDomain(z.origin, alias) {
			break
		}
		name = alias
	}
	if len(r.Answer) == 0 || !exists {
		if !exists {
			r.Rcode = dns.RcodeNameError
		}
		r.Ns = append(r.Ns, z.soa)
		return
	}
	for _, rr := range r.Answer {
		target := ""
		switch rr := rr.(type) {
		case *dns.NS:
			target = rr.Ns
		case *dns.MX:
			target = rr.Mx
		case *dns.SRV:
			target = rr.Target
		}
		for _, known := range z.names[strings.ToLower(target)] {
			if known.Header().Rrtype == dns.TypeA {
				r.Extra = append([]dns.RR{known}, r.Extra...)
			}
		}
	}
}
