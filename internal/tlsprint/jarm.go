package tlsprint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// suites are those of a JARM probe (https://github.com/salesforce/jarm), in the order that is called forward.
var suites = []uint16{
	0x0016, 0x0033, 0x0067, 0xc09e, 0xc0a2, 0x009e, 0x0039, 0x006b, 0xc09f, 0xc0a3, 0x009f, 0x0045, 0x00be, 0x0088, 0x00c4, 0x009a, 0xc008, 0xc009, 0xc023, 0xc0ac, 0xc0ae, 0xc02b, 0xc00a, 0xc024,
	0xc0ad, 0xc0af, 0xc02c, 0xc072, 0xc073, 0xcca9, 0x1302, 0x1301, 0xcc14, 0xc007, 0xc012, 0xc013, 0xc027, 0xc02f, 0xc014, 0xc028, 0xc030, 0xc060, 0xc061, 0xc076, 0xc077, 0xcca8, 0x1305, 0x1304,
	0x1303, 0xcc13, 0xc011, 0x000a, 0x002f, 0x003c, 0xc09c, 0xc0a0, 0x009c, 0x0035, 0x003d, 0xc09d, 0xc0a1, 0x009d, 0x0041, 0x00ba, 0x0084, 0x00c0, 0x0007, 0x0004, 0x0005,
}

// numbered are the same suites in the order in which a JARM counts them.
var numbered = []uint16{
	0x0004, 0x0005, 0x0007, 0x000a, 0x0016, 0x002f, 0x0033, 0x0035, 0x0039, 0x003c, 0x003d, 0x0041, 0x0045, 0x0067, 0x006b, 0x0084, 0x0088, 0x009a, 0x009c, 0x009d, 0x009e, 0x009f, 0x00ba, 0x00be,
	0x00c0, 0x00c4, 0xc007, 0xc008, 0xc009, 0xc00a, 0xc011, 0xc012, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027, 0xc028, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xc060, 0xc061, 0xc072, 0xc073, 0xc076, 0xc077,
	0xc09c, 0xc09d, 0xc09e, 0xc09f, 0xc0a0, 0xc0a1, 0xc0a2, 0xc0a3, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af, 0xcc13, 0xcc14, 0xcca8, 0xcca9, 0x1301, 0x1302, 0x1303, 0x1304, 0x1305,
}

// The protocols that probes offer. That spdy/3 and h2 are one is how everybody's JARM is.
var (
	commonALPN = []string{"http/0.9", "http/1.0", "http/1.1", "spdy/1", "spdy/2", "spdy/3\x02h2", "h2c", "hq"}
	rareALPN   = []string{"http/0.9", "http/1.0", "spdy/1", "spdy/2", "spdy/3", "h2c", "hq"}
)

type order func([]uint16) []uint16

func forward(of []uint16) []uint16 { return slices.Clone(of) }

func reverse(of []uint16) []uint16 {
	of = slices.Clone(of)
	slices.Reverse(of)
	return of
}

func bottomHalf(of []uint16) []uint16 { return slices.Clone(of[len(of)/2+len(of)%2:]) }

func topHalf(of []uint16) []uint16 {
	var out []uint16
	if len(of)%2 == 1 {
		out = append(out, of[len(of)/2])
	}
	return append(out, bottomHalf(reverse(of))...)
}

func middleOut(of []uint16) []uint16 {
	var out []uint16
	middle := len(of) / 2
	if len(of)%2 == 1 {
		out = append(out, of[middle])
		for i := 1; i <= middle; i++ {
			out = append(out, of[middle+i], of[middle-i])
		}
		return out
	}
	for i := 1; i <= middle; i++ {
		out = append(out, of[middle-1+i], of[middle-i])
	}
	return out
}

// probe is one of the ten.
type probe struct {
	record, version uint16
	order           order
	none13          bool // without the suites of TLS 1.3
	grease          bool
	rare            bool
	versions        []uint16
	reversed        bool // versions and protocols
}

var (
	upTo12 = []uint16{0x301, 0x302, 0x303}
	upTo13 = []uint16{0x301, 0x302, 0x303, 0x304}
)

var probes = []probe{
	{record: 0x303, version: 0x303, order: forward, versions: upTo12, reversed: true},
	{record: 0x303, version: 0x303, order: reverse, versions: upTo12},
	{record: 0x303, version: 0x303, order: topHalf},
	{record: 0x303, version: 0x303, order: bottomHalf, rare: true},
	{record: 0x303, version: 0x303, order: middleOut, grease: true, rare: true, reversed: true},
	{record: 0x302, version: 0x302, order: forward},
	{record: 0x301, version: 0x303, order: forward, versions: upTo13, reversed: true},
	{record: 0x301, version: 0x303, order: reverse, versions: upTo13},
	{record: 0x301, version: 0x303, order: forward, none13: true, versions: upTo13},
	{record: 0x301, version: 0x303, order: middleOut, grease: true, versions: upTo13, reversed: true},
}

const grease = 0x0a0a

func (p probe) hello(name string) Hello {
	list := suites
	if p.none13 {
		list = slices.DeleteFunc(slices.Clone(suites), func(s uint16) bool { return s>>8 == 0x13 })
	}
	h := Hello{Record: p.record, Version: p.version, Suites: p.order(list)}
	if p.grease {
		h.Suites = append([]uint16{grease}, h.Suites...)
		h.Extensions = append(h.Extensions, Extension{grease, nil})
	}
	protocols := slices.Clone(commonALPN)
	if p.rare {
		protocols = slices.Clone(rareALPN)
	}
	versions := slices.Clone(p.versions)
	if p.reversed {
		slices.Reverse(protocols)
		slices.Reverse(versions)
	}
	var alpn []byte
	for _, one := range protocols {
		if one == "spdy/3\x02h2" {
			alpn = append(alpn, 6)
		} else {
			alpn = append(alpn, byte(len(one)))
		}
		alpn = append(alpn, one...)
	}
	share := []byte{0, 29, 0, 32}
	share = append(share, random(32)...)
	if p.grease {
		share = append([]byte{grease >> 8, grease & 0xff, 0, 1, 0}, share...)
	}
	h.Extensions = append(h.Extensions, ServerName(name), Extension{23, nil}, Extension{1, []byte{1}}, Extension{0xff01, []byte{0}}, Groups(0x1d, 0x17, 0x18, 0x19), Extension{11, []byte{1, 0}},
		Extension{35, nil}, Extension{16, append([]byte{byte(len(alpn) >> 8), byte(len(alpn))}, alpn...)}, Schemes(0x403, 0x804, 0x401, 0x503, 0x805, 0x501, 0x806, 0x601, 0x201),
		Extension{51, append([]byte{byte(len(share) >> 8), byte(len(share))}, share...)}, Extension{45, []byte{1, 1}})
	if versions != nil {
		if p.grease {
			versions = append([]uint16{grease}, versions...)
		}
		h.Extensions = append(h.Extensions, Versions(versions...))
	}
	return h
}

// JARM returns the server's JARM, and what its probes were answered, each as "suite|version|protocol|extensions".
func JARM(dial Dial, name string) (jarm string, answers []string, err error) {
	var first, second strings.Builder
	some := false
	for _, p := range probes {
		a, err := Ask(dial, p.hello(name).Bytes())
		if err != nil {
			return "", answers, err
		}
		if a.Suite == 0 {
			answers = append(answers, "|||")
			first.WriteString("000")
			continue
		}
		some = true
		extensions := strings.Join(a.Types(), "-")
		answers = append(answers, fmt.Sprintf("%04x|%04x|%s|%s", a.Suite, a.Version, a.ALPN(), extensions))
		fmt.Fprintf(&first, "%02x%c", slices.Index(numbered, a.Suite)+1, "abcdef"[a.Version&0xf])
		second.WriteString(a.ALPN() + extensions)
	}
	if !some {
		return strings.Repeat("0", 62), answers, nil
	}
	sum := sha256.Sum256([]byte(second.String()))
	return first.String() + hex.EncodeToString(sum[:16]), answers, nil
}
