// Package zonefile reads the records that an operator gives a name server: a line each, as zone files have them, with names that are relative to the domain.
package zonefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

const (
	maxRecords = 100
	maxName    = 100 // bytes of a name before the domain
)

// types are those that a decoy answers with. Others have a meaning of their own: SOA and NS make the zone, DNSSEC signs it.
var types = []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeCAA, dns.TypeCNAME, dns.TypeHINFO, dns.TypeMX, dns.TypePTR, dns.TypeSRV, dns.TypeSSHFP, dns.TypeTLSA, dns.TypeTXT}

// Parse reads records below origin, a whole name with its last dot. ttl is that of records that have none of their own. An error names the line.
func Parse(text, origin string, ttl uint32) ([]dns.RR, error) {
	var out []dns.RR
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == ';' {
			continue
		}
		rr, err := record(line, origin, ttl)
		if err == nil {
			err = beside(rr, out)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if out = append(out, rr); len(out) > maxRecords {
			return nil, fmt.Errorf("line %d: more than %d records", i+1, maxRecords)
		}
	}
	return out, nil
}

// record reads one line.
func record(line, origin string, ttl uint32) (dns.RR, error) {
	name := strings.Fields(line)[0]
	if name[0] == '$' {
		return nil, fmt.Errorf("%s is no record", name)
	}
	if strings.HasSuffix(name, ".") {
		return nil, fmt.Errorf("%s ends with a dot: a name is relative to the domain, which is @ itself", name)
	}
	if len(name) > maxName {
		return nil, fmt.Errorf("a name has at most %d bytes", maxName)
	}
	p := dns.NewZoneParser(strings.NewReader(line+"\n"), origin, "")
	p.SetDefaultTTL(ttl)
	rr, ok := p.Next()
	if !ok {
		if err := p.Err(); err != nil {
			return nil, fmt.Errorf("it wants to be NAME TYPE DATA: %s", reason(err))
		}
		return nil, fmt.Errorf("it wants to be NAME TYPE DATA")
	}
	if more, another := p.Next(); another {
		return nil, fmt.Errorf("a second record, %s", more.Header().Name)
	}
	h := rr.Header()
	switch {
	case h.Class != dns.ClassINET:
		return nil, fmt.Errorf("the class is IN")
	case !slices.Contains(types, h.Rrtype):
		return nil, fmt.Errorf("no records of type %s", dns.Type(h.Rrtype))
	case !dns.IsSubDomain(origin, h.Name):
		return nil, fmt.Errorf("%s is not in the domain", h.Name)
	case h.Rrtype == dns.TypeCNAME && strings.EqualFold(h.Name, origin):
		return nil, fmt.Errorf("the domain itself can't be a CNAME")
	}
	if _, err := dns.PackRR(rr, make([]byte, dns.MaxMsgSize), 0, nil, false); err != nil {
		return nil, fmt.Errorf("it can't be sent: %s", reason(err))
	}
	return rr, nil
}

// beside tells why a record can't stand beside those before it.
func beside(rr dns.RR, before []dns.RR) error {
	for _, o := range before {
		if strings.EqualFold(o.Header().Name, rr.Header().Name) && (o.Header().Rrtype == dns.TypeCNAME || rr.Header().Rrtype == dns.TypeCNAME) {
			return fmt.Errorf("a CNAME stands alone, and there is another record of its name")
		}
	}
	return nil
}

// reason is the library's error without its name.
func reason(err error) string { return strings.TrimPrefix(err.Error(), "dns: ") }
