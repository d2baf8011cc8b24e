package secure

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"
)

// chrome is the hello from the description of JA4, with its GREASE.
func chrome() *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{
		SupportedVersions: []uint16{0x1a1a, tls.VersionTLS13, tls.VersionTLS12},
		CipherSuites: []uint16{
			0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
		},
		Extensions: []uint16{
			0x2a2a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x8a8a, 0x0015,
		},
		SignatureSchemes: []tls.SignatureScheme{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
		SupportedProtos:  []string{"h2", "http/1.1"},
	}
}

func TestJA4(t *testing.T) {
	const want = "t13d1516h2_8daaf6152771_e5627efa2ab1"
	h := chrome()
	if got := ja4(h, 't'); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	slices.Reverse(h.Extensions)
	slices.Reverse(h.CipherSuites)
	if got := ja4(h, 't'); got != want {
		t.Errorf("in another order %s, not %s", got, want)
	}
	if got := ja4(h, 'q'); got != "q"+want[1:] {
		t.Errorf("over QUIC %s", got)
	}
	for _, c := range []struct {
		hello tls.ClientHelloInfo
		want  string
	}{
		{tls.ClientHelloInfo{}, "t00i000000_000000000000_000000000000"},
		{tls.ClientHelloInfo{SupportedVersions: []uint16{0x0300}, CipherSuites: []uint16{0x1301}, SupportedProtos: []string{"\xab\xcd"}}, "ts3i0100ad_"},
	} {
		if got := ja4(&c.hello, 't'); len(got) != len(want) || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
}
