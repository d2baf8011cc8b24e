package dns

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

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
	v.extend(r, q, s, stream)
	bind := v.product.kind == "bind"
	switch {
	case v.product.kind == "dnsmasq":
		return []*dns.Msg{v.forwarder(r, q, stream)}
	case bind && q.IsTsig() != nil: // it has no key of anybody's
		r.Rcode = dns.RcodeNotAuth
		r.Extra = append(r.Extra, badKey(q.IsTsig()))
		return []*dns.Msg{r}
	case bind && (q.Opcode == dns.OpcodeUpdate || q.Opcode == dns.OpcodeNotify):
		v.change(r, q)
		return []*dns.Msg{r}
	case q.Opcode == dns.OpcodeUpdate:
		r.Rcode = dns.RcodeRefused
		return []*dns.Msg{r}
	case q.Opcode != dns.OpcodeQuery:
		r.Rcode = dns.RcodeNotImplemented
		if bind {
			r.Question = nil
		}
		return []*dns.Msg{r}
	case len(q.Question) != 1:
		if opt := q.IsEdns0(); bind && len(q.Question) == 0 && opt != nil && len(cookieOf(opt)) > 0 {
			return []*dns.Msg{r} // who only wants a cookie gets one (RFC 7873, 5.4)
		}
		r.Rcode = dns.RcodeFormatError
		if bind {
			r.Question = nil
		}
		return []*dns.Msg{r}
	case r.Rcode != dns.RcodeSuccess:
		return []*dns.Msg{r}
	}
	question := q.Question[0]
	transfer := question.Qtype == dns.TypeAXFR || question.Qtype == dns.TypeIXFR
	if bind {
		if r.Rcode = unwanted(question); r.Rcode != dns.RcodeSuccess {
			return []*dns.Msg{r}
		}
	}
	switch {
	case question.Qclass == dns.ClassCHAOS:
		v.chaos(r, question, stream)
	case question.Qclass != dns.ClassINET && question.Qclass != dns.ClassANY:
		r.Rcode = dns.RcodeRefused
	case transfer && (stream || bind || question.Qtype == dns.TypeAXFR):
		return v.transfer(r, q, stream)
	default:
		v.lookUp(r, question, stream)
	}
	return []*dns.Msg{r}
}

// badKey says of a signature that its key is unknown.
func badKey(t *dns.TSIG) dns.RR {
	return &dns.TSIG{
		Hdr: dns.RR_Header{Name: t.Hdr.Name, Rrtype: dns.TypeTSIG, Class: dns.ClassANY}, Algorithm: t.Algorithm, TimeSigned: t.TimeSigned, Fudge: t.Fudge, OrigId: t.OrigId, Error: dns.RcodeBadKey,
	}
}

// unwanted is how BIND answers questions for what is no data, dns.RcodeSuccess for others.
func unwanted(question dns.Question) int {
	switch question.Qtype {
	case dns.TypeOPT, dns.TypeTKEY, dns.TypeTSIG:
		return dns.RcodeFormatError
	case dns.TypeMAILA, dns.TypeMAILB:
		return dns.RcodeNotImplemented
	}
	switch question.Qclass {
	case 0, dns.ClassNONE, dns.ClassANY:
		return dns.RcodeFormatError
	case dns.ClassINET, dns.ClassCHAOS, dns.ClassHESIOD:
		return dns.RcodeSuccess
	}
	return dns.RcodeNotImplemented
}

// change answers, as BIND, who wants to change a zone or says that one has changed: it takes neither, and is the authority for its own zones alone.
func (v *server) change(r, q *dns.Msg) {
	if len(q.Question) != 1 || q.Question[0].Qtype != dns.TypeSOA {
		r.Rcode = dns.RcodeFormatError
		return
	}
	z := v.find(q.Question[0].Name)
	switch {
	case z == nil || !strings.EqualFold(z.origin, q.Question[0].Name):
		r.Rcode = dns.RcodeNotAuth
	case q.Opcode == dns.OpcodeUpdate:
		r.Rcode = dns.RcodeRefused
	default: // of a zone that is the server's own, nobody else has news
		r.Authoritative = true
	}
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
func (v *server) extend(r, q *dns.Msg, s *decoy.Session, stream bool) {
	asked := q.IsEdns0()
	if asked == nil {
		return
	}
	opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	switch v.product.kind {
	case "microsoft":
		opt.SetUDPSize(4000)
	default:
		opt.SetUDPSize(1232)
		if asked.Do() {
			opt.SetDo()
		}
	}
	r.Extra = append(r.Extra, opt)
	if asked.Version() != 0 && v.product.kind != "dnsmasq" {
		r.Rcode = dns.RcodeBadVers
		return
	}
	answered := map[uint16]bool{}
	for _, o := range asked.Option {
		if answered[o.Option()] { // else an answer would be many times as long as the question
			continue
		}
		answered[o.Option()] = true
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
		case *dns.EDNS0_SUBNET:
			if v.product.kind == "bind" { // the answer is the same for every network
				opt.Option = append(opt.Option, &dns.EDNS0_SUBNET{Code: o.Code, Family: o.Family, SourceNetmask: o.SourceNetmask, Address: o.Address})
			}
		case *dns.EDNS0_TCP_KEEPALIVE:
			if v.product.kind == "bind" && stream {
				opt.Option = append(opt.Option, &dns.EDNS0_TCP_KEEPALIVE{Code: o.Code, Timeout: uint16(idleTime / (100 * time.Millisecond))})
			}
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
func (v *server) chaos(r *dns.Msg, question dns.Question, stream bool) {
	own := map[string][]string{"version.bind.": {v.product.version}}
	if v.nsid != "" {
		own["id.server."] = []string{v.nsid}
	}
	if v.product.kind == "bind" {
		own["hostname.bind."], own["authors.bind."] = []string{v.host.Hostname}, authors
		if v.nsid == "" { // as it comes
			own["id.server."] = nil
		}
		v.chaosZone(r, question, own, stream)
		return
	}
	texts, known := own[strings.ToLower(question.Name)]
	if !known || question.Qtype != dns.TypeTXT && question.Qtype != dns.TypeANY || texts[0] == "" {
		r.Rcode = dns.RcodeNotImplemented
		return
	}
	for _, text := range texts { // in a class that is not the question's: its own peculiarity
		r.Answer = append(r.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{text}})
	}
}

// chaosZone answers from what BIND knows of itself. Each name is a zone with its SOA, NS and texts.
func (v *server) chaosZone(r *dns.Msg, question dns.Question, own map[string][]string, stream bool) {
	name := strings.ToLower(question.Name)
	texts, known := own[name]
	_, parent, _ := strings.Cut(name, ".")
	_, below := own[parent]
	transfer := question.Qtype == dns.TypeAXFR || question.Qtype == dns.TypeIXFR
	apex := name
	if !known {
		apex = parent
	}
	head := func(kind uint16, ttl uint32) dns.RR_Header {
		return dns.RR_Header{Name: apex, Rrtype: kind, Class: dns.ClassCHAOS, Ttl: ttl}
	}
	soa := &dns.SOA{Hdr: head(dns.TypeSOA, 86400), Ns: apex, Mbox: "hostmaster." + apex, Refresh: 28800, Retry: 7200, Expire: 604800, Minttl: 86400}
	ns := &dns.NS{Hdr: head(dns.TypeNS, 0), Ns: apex}
	switch {
	case transfer && known && stream:
		r.Rcode = dns.RcodeServerFailure
		return
	case transfer && known:
		r.Rcode = dns.RcodeFormatError
		return
	case transfer:
		r.Rcode = dns.RcodeNotAuth
		return
	case !known && !below || known && texts != nil && texts[0] == "":
		r.Rcode = dns.RcodeRefused
		return
	case !known:
		r.Rcode, r.Authoritative = dns.RcodeNameError, true
		r.Ns = append(r.Ns, soa)
		return
	}
	r.Authoritative = true
	for _, rr := range append([]dns.RR{soa, ns}, shuffled(texts)...) {
		if kind := rr.Header().Rrtype; kind == question.Qtype || question.Qtype == dns.TypeANY {
			rr.Header().Name = question.Name
			r.Answer = append(r.Answer, rr)
		}
	}
	switch {
	case len(r.Answer) == 0:
		r.Ns = append(r.Ns, soa)
	case !r.RecursionDesired && question.Qtype != dns.TypeNS && question.Qtype != dns.TypeANY: // else it is as short as can be
		r.Ns = append(r.Ns, ns)
	}
}

// shuffled are texts of the server's own, in an order that differs from answer to answer.
func shuffled(texts []string) (records []dns.RR) {
	for _, i := range rand.Perm(len(texts)) {
		records = append(records, &dns.TXT{Hdr: dns.RR_Header{Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS}, Txt: []string{texts[i]}})
	}
	return records
}

// transfer gives the whole zone, where the server gives it at all.
func (v *server) transfer(r, q *dns.Msg, stream bool) []*dns.Msg {
	question := q.Question[0]
	z, bind := v.find(question.Name), v.product.kind == "bind"
	news := question.Qtype == dns.TypeAXFR // the client has nothing of it, or something older
	var has *dns.SOA
	if question.Qtype == dns.TypeIXFR && len(q.Ns) == 1 {
		has, _ = q.Ns[0].(*dns.SOA)
	}
	switch {
	case bind && (z == nil || !strings.EqualFold(z.origin, question.Name)):
		r.Rcode = dns.RcodeNotAuth
		return []*dns.Msg{r}
	case !stream && question.Qtype == dns.TypeAXFR || bind && question.Qtype == dns.TypeIXFR && has == nil:
		r.Rcode = dns.RcodeFormatError
		return []*dns.Msg{r}
	case z == nil || !v.product.transfers:
		r.Rcode = dns.RcodeRefused
		return []*dns.Msg{r}
	case !strings.EqualFold(z.origin, question.Name):
		r.Rcode = dns.RcodeNotAuth
		return []*dns.Msg{r}
	}
	r.Authoritative = stream
	r.RecursionDesired = r.RecursionDesired && !bind
	if bind && question.Qtype == dns.TypeIXFR {
		news = has.Serial < z.soa.Serial
	}
	if !stream || !news && bind { // that there is nothing new, or that it is to be had by TCP
		r.Answer = []dns.RR{z.soa}
		return []*dns.Msg{r}
	}
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
			if v.product.kind != "bind" || found.Header().Name[0] == '*' {
				found.Header().Name = name // in the letters of the question; BIND has those of the zone
			}
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
		soa := z.soa
		if !exists && question.Qtype == dns.TypeSOA && v.product.kind == "bind" { // not to be kept
			soa = dns.Copy(soa).(*dns.SOA)
			soa.Hdr.Ttl = 0
		}
		r.Ns = append(r.Ns, soa)
		return
	}
	if v.product.kind == "bind" {
		if question.Qtype == dns.TypeANY {
			return
		}
		if !r.RecursionDesired && !z.origins(r.Answer) { // to a resolver it tells who has the zone
			r.Ns = z.authorities()
		}
	}
	for _, rr := range append(slices.Clone(r.Answer), r.Ns...) {
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
			if known.Header().Rrtype == dns.TypeA && !slices.ContainsFunc(r.Answer, func(rr dns.RR) bool { return dns.IsDuplicate(rr, known) }) {
				r.Extra = append([]dns.RR{known}, r.Extra...)
			}
		}
	}
}
