// Command measure prints the fingerprints of the TLS server at HOST:PORT, which may be asked for TLS by STARTTLS in one of several protocols. It is what the profiles of
// decoy/internal/tlswire are measured with.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"decnet/internal/tlsprint"
)

func main() {
	start := flag.String("starttls", "", "smtp, imap, pop3, ldap, postgres, mysql, rdp or ftp")
	name := flag.String("name", "web01", "the server's name")
	short := flag.Bool("short", false, "JARM, JA3S and JA4S alone")
	flag.Parse()
	dial := func() (net.Conn, error) { return tlsprint.Start(*start, flag.Arg(0)) }
	if err := measure(dial, *name, *short); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(dial tlsprint.Dial, name string, short bool) error {
	jarm, answers, err := tlsprint.JARM(dial, name)
	fmt.Println("JARM", jarm)
	for _, a := range answers {
		fmt.Println("  ", a)
	}
	if err != nil {
		return err
	}
	for _, with13 := range []bool{true, false} {
		a, err := tlsprint.Ask(dial, tlsprint.Modern(name, with13).Bytes())
		if err != nil {
			return err
		}
		fmt.Println("JA4S", a.JA4S(), "JA3S", a.JA3S(), strings.Join(a.Types(), "-"), "group", a.Group, "records", a.Records, "alert", a.Alert, "id", len(a.SessionID), "alpn", a.ALPN())
	}
	if short {
		return nil
	}
	for _, version := range []uint16{0x304, 0x303, 0x302, 0x301, 0x300} {
		taken, err := tlsprint.Taken(dial, name, version, nil)
		if err != nil {
			return err
		}
		fmt.Printf("takes in %04x: ", version)
		for _, s := range taken {
			fmt.Printf("0x%04x, ", s)
		}
		fmt.Println()
	}
	for _, with13 := range []bool{true, false} {
		fmt.Print("groups ", with13, ": ")
		left := []uint16{23, 24, 25, 29, 30, 0x100, 0x101, 0x102, 0x103, 0x104, 19, 21, 22, 26, 27, 28, 4588}
		for len(left) > 0 {
			h := tlsprint.Modern(name, with13)
			for i, e := range h.Extensions {
				switch e.Type {
				case 10:
					h.Extensions[i] = tlsprint.Groups(left...)
				case 43:
					h.Extensions[i] = tlsprint.Versions(0x304)
				case 51:
					h.Extensions[i] = tlsprint.Share(false)
				}
			}
			if !with13 {
				h.Suites = []uint16{0xc02b, 0xc02f}
			}
			a, err := tlsprint.Ask(dial, h.Bytes())
			if err != nil {
				return err
			}
			if a.Group == 0 {
				fmt.Println("then alert", a.Alert)
				break
			}
			fmt.Print(a.Group, " ")
			var rest []uint16
			for _, g := range left {
				if g != a.Group {
					rest = append(rest, g)
				}
			}
			left = rest
		}
	}
	return oddities(dial, name)
}

// oddities are hellos that a server refuses, each in its way.
func oddities(dial tlsprint.Dial, name string) error {
	drop := func(h *tlsprint.Hello, types ...uint16) {
		var kept []tlsprint.Extension
		for _, e := range h.Extensions {
			keep := true
			for _, t := range types {
				keep = keep && e.Type != t
			}
			if keep {
				kept = append(kept, e)
			}
		}
		h.Extensions = kept
	}
	for _, o := range []struct {
		what   string
		with13 bool
		mend   func(*tlsprint.Hello)
	}{
		{"no common suite 1.2", false, func(h *tlsprint.Hello) { h.Suites = []uint16{0x0001} }},
		{"no common suite 1.3", true, func(h *tlsprint.Hello) { h.Suites = []uint16{0x0001} }},
		{"no suites", false, func(h *tlsprint.Hello) { h.Suites = nil }},
		{"SSL 3", false, func(h *tlsprint.Hello) { h.Version, h.Record = 0x300, 0x300 }},
		{"TLS 1.0", false, func(h *tlsprint.Hello) { h.Version = 0x301 }},
		{"TLS 1.1", false, func(h *tlsprint.Hello) { h.Version = 0x302 }},
		{"version 2.0", false, func(h *tlsprint.Hello) { h.Version = 0x200 }},
		{"version 3.9", false, func(h *tlsprint.Hello) { h.Version = 0x309 }},
		{"record 3.9", false, func(h *tlsprint.Hello) { h.Record = 0x309 }},
		{"record 2.1", false, func(h *tlsprint.Hello) { h.Record = 0x201 }},
		{"only 1.5", true, func(h *tlsprint.Hello) { drop(h, 43); h.Extensions = append(h.Extensions, tlsprint.Versions(0x305)) }},
		{"empty versions", true, func(h *tlsprint.Hello) {
			drop(h, 43)
			h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 43, Data: []byte{0}})
		}},
		{"no compression", false, func(h *tlsprint.Hello) { h.Compressions = []byte{1} }},
		{"empty compression", false, func(h *tlsprint.Hello) { h.Compressions = []byte{} }},
		{"compression 1.2", false, func(h *tlsprint.Hello) { h.Compressions = []byte{1, 0} }},
		{"compression 1.3", true, func(h *tlsprint.Hello) { h.Compressions = []byte{1, 0} }},
		{"no groups 1.2", false, func(h *tlsprint.Hello) { drop(h, 10) }},
		{"no groups 1.3", true, func(h *tlsprint.Hello) { drop(h, 10) }},
		{"no points 1.2", false, func(h *tlsprint.Hello) { drop(h, 11) }},
		{"no schemes 1.2", false, func(h *tlsprint.Hello) { drop(h, 13) }},
		{"no schemes 1.3", true, func(h *tlsprint.Hello) { drop(h, 13) }},
		{"no share 1.3", true, func(h *tlsprint.Hello) { drop(h, 51) }},
		{"no psk modes 1.3", true, func(h *tlsprint.Hello) { drop(h, 45) }},
		{"no ticket 1.2", false, func(h *tlsprint.Hello) { drop(h, 35) }},
		{"no extensions", false, func(h *tlsprint.Hello) { h.Extensions = nil }},
		{"no session 1.2", false, func(h *tlsprint.Hello) { h.NoSessionID = true }},
		{"no session 1.3", true, func(h *tlsprint.Hello) { h.NoSessionID = true }},
		{"CBC 1.2", false, func(h *tlsprint.Hello) { h.Suites = []uint16{0xc009, 0xc013} }},
		{"fallback", false, func(h *tlsprint.Hello) { h.Suites = append(h.Suites, 0x5600) }},
		{"reneg full", false, func(h *tlsprint.Hello) {
			h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 0xff01, Data: []byte{2, 1, 1}})
		}},
		{"twice an extension", false, func(h *tlsprint.Hello) { h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 23}) }},
		{"other name", false, func(h *tlsprint.Hello) { h.Extensions[0] = tlsprint.ServerName("else.example.net") }},
		{"bad name", false, func(h *tlsprint.Hello) { h.Extensions[0] = tlsprint.ServerName("bad name.") }},
		{"empty name", false, func(h *tlsprint.Hello) { h.Extensions[0] = tlsprint.Extension{Type: 0, Data: []byte{0, 0}} }},
		{"empty name ext", false, func(h *tlsprint.Hello) { h.Extensions[0] = tlsprint.Extension{Type: 0} }},
		{"other alpn 1.2", false, func(h *tlsprint.Hello) { drop(h, 16); h.Extensions = append(h.Extensions, tlsprint.ALPN("zz")) }},
		{"other alpn 1.3", true, func(h *tlsprint.Hello) { drop(h, 16); h.Extensions = append(h.Extensions, tlsprint.ALPN("zz")) }},
		{"early data 1.3", true, func(h *tlsprint.Hello) { h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 42}) }},
		{"status request", false, func(h *tlsprint.Hello) {
			h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 5, Data: []byte{1, 0, 0, 0, 0}})
		}},
		{"mfl 1.2", false, func(h *tlsprint.Hello) {
			h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 1, Data: []byte{1}})
		}},
		{"mfl bad", false, func(h *tlsprint.Hello) {
			h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 1, Data: []byte{9}})
		}},
		{"bad groups", false, func(h *tlsprint.Hello) {
			drop(h, 10)
			h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 10, Data: []byte{0, 3, 0, 1, 2}})
		}},
		{"record size limit", false, func(h *tlsprint.Hello) {
			h.Extensions = append(h.Extensions, tlsprint.Extension{Type: 28, Data: []byte{2, 0}})
		}},
		{"only sha1", false, func(h *tlsprint.Hello) {
			drop(h, 13)
			h.Extensions = append(h.Extensions, tlsprint.Schemes(0x203, 0x201))
		}},
		{"schemes reversed", false, func(h *tlsprint.Hello) {
			drop(h, 13)
			h.Extensions = append(h.Extensions, tlsprint.Schemes(0x601, 0x501, 0x401, 0x806, 0x603, 0x503, 0x403))
		}},
		{"two groups 1.2", false, func(h *tlsprint.Hello) { drop(h, 10); h.Extensions = append(h.Extensions, tlsprint.Groups(25, 24, 29)) }},
		{"dhe, no ffdhe", false, func(h *tlsprint.Hello) { h.Suites = []uint16{0x9e} }},
		{"dhe, ffdhe2048", false, func(h *tlsprint.Hello) {
			h.Suites = []uint16{0x9e}
			drop(h, 10)
			h.Extensions = append(h.Extensions, tlsprint.Groups(0x100))
		}},
	} {
		h := tlsprint.Modern(name, o.with13)
		o.mend(&h)
		a, err := tlsprint.Ask(dial, h.Bytes())
		if err != nil {
			fmt.Printf("%-22s %v\n", o.what, err)
			continue
		}
		fmt.Printf("%-22s alert %d silent %v version %04x suite %04x group %d retry %v id %d %s %v\n", o.what, a.Alert, a.Silent, a.Version, a.Suite, a.Group, a.Retry, len(a.SessionID), strings.Join(a.Types(), "-"), a.Records)
	}
	return raws(dial)
}

// raws is what is no hello.
func raws(dial tlsprint.Dial) error {
	for _, o := range []struct{ what, data string }{
		{"plain text", "GET / HTTP/1.0\r\n\r\n"}, {"rubbish", "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"}, {"help", "HELP\r\n\r\n\r\n"},
		{"SSL 2", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + strings.Repeat("\x01\x00\x80", 7) + strings.Repeat("a", 16)},
		{"alert", "\x15\x03\x01\x00\x02\x02\x28"}, {"ccs", "\x14\x03\x01\x00\x01\x01"}, {"data", "\x17\x03\x03\x00\x05hello"}, {"finished", "\x16\x03\x01\x00\x10\x14\x00\x00\x0cabcdefghijkl"},
		{"empty hello", "\x16\x03\x01\x00\x04\x01\x00\x00\x00"}, {"long record", "\x16\x03\x01\xff\xff" + strings.Repeat("a", 200)}, {"empty record", "\x16\x03\x01\x00\x00\x16\x03\x01\x00\x00"},
		{"huge hello", "\x16\x03\x01\x40\x00\x01\xff\xff\xff" + strings.Repeat("a", 16380)},
	} {
		c, err := dial()
		if err != nil {
			return err
		}
		fmt.Printf("%-22s %s\n", o.what, tlsprint.Raw(c, o.data))
	}
	return nil
}
