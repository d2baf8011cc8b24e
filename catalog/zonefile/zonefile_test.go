package zonefile

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestRecordsAreRead(t *testing.T) {
	got, err := Parse("@ MX 10 mail\n  www 300 IN A 192.0.2.7\n; a remark\n\n*.dev CNAME www\n_sip._tcp SRV 0 5 5060 sip.example.net.\nnote TXT \"two words\" more\n", "corp.example.org.", 3600)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"corp.example.org.\t3600\tIN\tMX\t10 mail.corp.example.org.",
		"www.corp.example.org.\t300\tIN\tA\t192.0.2.7",
		"*.dev.corp.example.org.\t3600\tIN\tCNAME\twww.corp.example.org.",
		"_sip._tcp.corp.example.org.\t3600\tIN\tSRV\t0 5 5060 sip.example.net.",
		"note.corp.example.org.\t3600\tIN\tTXT\t\"two words\" \"more\"",
	}
	for i := range want {
		if i >= len(got) || got[i].String() != want[i] {
			t.Errorf("record %d is %v, not %s", i, got, want[i])
			break
		}
	}
}

func TestProblemsHaveTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"www A 192.0.2.1\nwww A 192.0.2":          "line 2: it wants to be NAME TYPE DATA: bad A A",
		"www":                                     "line 1: it wants to be NAME TYPE DATA",
		"\n$GENERATE 0-65535 h$ A 10.0.0.1":       "line 2: $GENERATE is no record",
		"$INCLUDE /etc/passwd":                    "line 1: $INCLUDE is no record",
		"www.example.org. A 192.0.2.1":            "line 1: www.example.org. ends with a dot",
		"@ SOA a b 1 2 3 4 5":                     "line 1: no records of type SOA",
		"sub NS ns1":                              "line 1: no records of type NS",
		"x CH TXT y":                              "line 1: the class is IN",
		"@ CNAME www":                             "line 1: the domain itself can't be a CNAME",
		"www A 192.0.2.1\nwww CNAME x":            "line 2: a CNAME stands alone",
		"www CNAME x\nWWW A 192.0.2.1":            "line 2: a CNAME stands alone",
		"www A ( 192.0.2.1":                       "line 1: it wants to be NAME TYPE DATA: ",
		strings.Repeat("a", 101) + " A 192.0.2.1": "line 1: a name has at most 100 bytes",
		strings.Repeat("a", 64) + " A 192.0.2.1":  "line 1: ",
		strings.Repeat("a A 192.0.2.1\n", 101):    "line 101: more than 100 records",
	} {
		if _, err := Parse(text, "example.", 3600); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, not %q", text, err, want)
		}
	}
}

// Whatever is read can be sent, and is of the domain.
func FuzzParse(f *testing.F) {
	f.Add("www 300 IN A 192.0.2.7\n@ TXT \"a\" b ; c\n")
	f.Add("*.x CNAME y\n_a._b SRV 0 0 1 c.\n")
	f.Add("h HINFO a b\nm MX 1 (m\n")
	f.Fuzz(func(t *testing.T, text string) {
		records, err := Parse(text, "corp.example.", 60)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("%v has no line", err)
			}
			return
		}
		if len(records) > maxRecords {
			t.Fatalf("%d records", len(records))
		}
		for _, rr := range records {
			if _, err := dns.PackRR(rr, make([]byte, dns.MaxMsgSize), 0, nil, false); err != nil || !dns.IsSubDomain("corp.example.", rr.Header().Name) {
				t.Fatalf("%s: %v", rr, err)
			}
		}
	})
}
