package tlswire

import (
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
)

// The lists of OpenSSL 3.0, in its order: HIGH without what nobody signs, with the key exchanges that a profile wants.
var (
	highECDSA = []uint16{0xc02c, 0xcca9, 0xc0af, 0xc0ad, 0xc05d, 0xc02b, 0xc0ae, 0xc0ac, 0xc05c, 0xc024, 0xc073, 0xc023, 0xc072, 0xc00a, 0xc009}
	highRSA   = []uint16{
		0xc030, 0x009f, 0xcca8, 0xccaa, 0xc0a3, 0xc09f, 0xc061, 0xc053, 0xc02f, 0x009e, 0xc0a2, 0xc09e, 0xc060, 0xc052, 0xc028, 0x006b, 0xc077, 0x00c4, 0xc027, 0x0067, 0xc076, 0x00be, 0xc014, 0x0039,
		0x0088, 0xc013, 0x0033, 0x0045, 0x009d, 0xc0a1, 0xc09d, 0xc051, 0x009c, 0xc0a0, 0xc09c, 0xc050, 0x003d, 0x00c0, 0x003c, 0x00ba, 0x0035, 0x0084, 0x002f, 0x0041,
	}
	high = slices.Concat(highECDSA, highRSA)
	// usual are those of OpenSSL's DEFAULT.
	usual = []uint16{
		0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e, 0xc024, 0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0xc009, 0xc013, 0x0033,
		0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f,
	}
	groups30 = []CurveID{X25519, CurveP256, x448, CurveP521, CurveP384, 0x100, 0x101, 0x102, 0x103, 0x104}
	suites13 = []uint16{0x1302, 0x1303, 0x1301}
)

// without are the suites whose key exchange is another one.
func without(of []uint16, exchange map[uint16]*bulk) []uint16 {
	return slices.DeleteFunc(slices.Clone(of), func(s uint16) bool { return exchange[s] != nil })
}

// The products that were measured as Debian 12 has them, with its configuration, by internal/tlsprint/measure.
var (
	Nginx = Profile{
		Name: "nginx", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, TooOld: byte(alertInternalError), Suites13: suites13, Suites: without(high, withDHE), ServerOrder: true, Groups: groups30, Naming: AnyName,
		IDs: true, Tickets: true, Tickets13: 2, TicketLife: 5 * time.Minute, TicketSize12: 192, TicketSize13: 224,
	}
	Apache = Profile{
		Name: "apache", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, TooOld: byte(alertInternalError), Suites13: suites13, Suites: high, Groups: groups30, Naming: KnownName, OtherALPN: "http/1.1",
		IDs: true, Resumes: true, Tickets13: 2, TicketLife: 5 * time.Minute,
	}
	Lighttpd = Profile{
		Name: "lighttpd", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, Suites13: suites13, Suites: []uint16{0xc02c, 0xc030, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0xc0ad, 0xc0af}, Groups: groups30, ClientALPN: true,
		Once: true, Tickets: true, Tickets13: 2, TicketSize12: 176, TicketSize13: 208,
	}
	Dovecot = Profile{
		Name: "dovecot", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, Silent: true, Suites13: suites13, Suites: without(high, withRSA), Groups: groups30, DHPrime: modp4096, Naming: AnyName,
		IDs: true, Forgets: true, Tickets: true, Tickets13: 2, TicketSize12: 160, TicketSize13: 208,
	}
	Postgres = Profile{
		Name: "postgres", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, Suites13: suites13, Suites: high, ServerOrder: true, Groups: []CurveID{CurveP256},
	}
	MariaDB = Profile{
		Name: "mariadb", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, Suites13: suites13, Suites: usual, Groups: groups30, DHPrime: mariaPrime, AsksCertificate: true,
		IDs: true, Tickets: true, Tickets13: 2, TicketSize12: 176, TicketSize13: 208,
	}
	Slapd = Profile{
		Name: "slapd", Library: GnuTLS, Min: VersionTLS10, Max: VersionTLS13, Silent: true, Suites13: []uint16{0x1302, 0x1303, 0x1301, 0x1304}, Suites: gnutls, Groups: groupsGnuTLS, IDs: true,
	}
	// Exim is GnuTLS, too. From 4.96 on it takes no client that offers protocols without its own.
	Exim = Profile{
		Name: "exim", Library: GnuTLS, Min: VersionTLS10, Max: VersionTLS13, Suites13: []uint16{0x1302, 0x1303, 0x1301, 0x1304}, Suites: gnutls, Groups: groupsGnuTLS, IDs: true,
	}
	// Postfix takes clients as they come, and needs no certificate for some.
	Postfix = Profile{
		Name: "postfix", Library: OpenSSL, Min: VersionTLS10, Max: VersionTLS13, Suites13: suites13, Groups: []CurveID{X25519, x448, CurveP256, CurveP521, CurveP384}, SHA1: true,
		Suites: slices.Concat([]uint16{0x00a7, 0x00a6, 0x006d, 0x00c5, 0x006c, 0x00bf, 0xc019, 0x003a, 0x0089, 0xc018, 0x0034, 0x0046}, high),
		IDs:    true, Once: true, Tickets: true, Tickets13: 1, TicketSize12: 176, TicketSize13: 208,
	}
	XRDP = Profile{
		Name: "xrdp", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, Suites13: suites13, Suites: usual, Groups: groups30, IDs: true, Forgets: true, Tickets: true, Tickets13: 2, TicketSize12: 176, TicketSize13: 208,
	}
	// Tomcat is Tomcat 10 on OpenJDK 17, and what else runs on Java.
	Tomcat = Profile{
		Name: "tomcat", Library: JSSE, Min: VersionTLS12, Max: VersionTLS13, Suites13: suites13, Packs: true, DHPrime: func() *big.Int { return ffdhe(ffdhe2048) }, Groups: []CurveID{X25519, CurveP256, CurveP384, CurveP521, x448, 0x100, 0x101, 0x102, 0x103, 0x104},
		Suites: []uint16{
			0xc02c, 0xc02b, 0xcca9, 0xc030, 0xcca8, 0xc02f, 0x009f, 0xccaa, 0x009e, 0xc024, 0xc028, 0xc023, 0xc027, 0x006b, 0x0067, 0xc00a, 0xc014, 0xc009, 0xc013, 0x0039, 0x0033,
		},
		IDs: true, Tickets: true, Tickets13: 1, TicketLife: 24 * time.Hour, TicketSize12: 1027, TicketSize13: 1019,
	}
)

// What could not be had to be measured is from what is known of it: the suites that Microsoft documents in their order, and what captures show.
var (
	// Windows is Schannel of Windows Server 2022 and Windows 11, which first spoke TLS 1.3.
	Windows = Profile{
		Name: "schannel", Library: Schannel, Min: VersionTLS10, Max: VersionTLS13, Suites13: []uint16{0x1302, 0x1301}, ServerOrder: true, Groups: []CurveID{X25519, CurveP256, CurveP384}, SHA1: true, Packs: true,
		Suites: []uint16{
			0xc02c, 0xc02b, 0xc030, 0xc02f, 0x009f, 0x009e, 0xc024, 0xc023, 0xc028, 0xc027, 0xc00a, 0xc009, 0xc014, 0xc013, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f,
		},
		IDs: true, Resumes: true, TicketLife: 10 * time.Hour, OtherALPN: "-",
	}
	// Windows2016 is that of Windows 10 and of the Windows Servers 2016 and 2019.
	Windows2016 = windowsBefore(append(slices.Clone(Windows.Suites), 0x000a))
	// Windows2012 is that of Windows Server 2012 R2 and before, which had GCM with ECDSA and DHE alone.
	Windows2012 = windowsBefore([]uint16{
		0xc028, 0xc027, 0xc014, 0xc013, 0x009f, 0x009e, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0xc02c, 0xc02b, 0xc024, 0xc023, 0xc00a, 0xc009, 0x000a,
	})
	// MySQL is Oracle's own, which brings its OpenSSL along.
	MySQL = Profile{
		Name: "mysql", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, Suites13: suites13, ServerOrder: true, Groups: groups30, AsksCertificate: true,
		Suites: []uint16{0xc02b, 0xc02c, 0xc02f, 0xc030, 0x009e, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc0ad, 0xc0ac, 0xc09f, 0xc09e, 0xc0af, 0xc0ae},
		IDs:    true, Tickets: true, Tickets13: 2, TicketLife: 5 * time.Minute, TicketSize12: 176, TicketSize13: 208,
	}
	// Sendmail asks each client for a certificate.
	Sendmail = Profile{
		Name: "sendmail", Library: OpenSSL, Min: VersionTLS12, Max: VersionTLS13, Suites13: suites13, Suites: usual, Groups: groups30, AsksCertificate: true,
		IDs: true, Tickets: true, Tickets13: 2, TicketSize12: 176, TicketSize13: 208,
	}
)

// Cisco is IOS, whose OpenSSL is an old one.
var Cisco = Profile{
	Name: "cisco", Library: OpenSSL10, Min: VersionTLS10, Max: VersionTLS12, ServerOrder: true, Groups: []CurveID{CurveP256, CurveP384, CurveP521}, SHA1: true,
	Suites: []uint16{0xc030, 0xc02f, 0xc02c, 0xc02b, 0xc028, 0xc027, 0xc024, 0xc023, 0xc014, 0xc013, 0xc00a, 0xc009, 0x009f, 0x009e, 0x006b, 0x0067, 0x0039, 0x0033, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x000a}, IDs: true,
}

func windowsBefore(suites []uint16) Profile {
	p := Windows
	p.Max, p.Suites13, p.Suites = VersionTLS12, nil, suites
	return p
}

// policy are the suites of Red Hat's policy for the whole system, in its order.
var policy = []uint16{
	0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc0ad, 0xc02b, 0xc02f, 0xc0ac, 0xc00a, 0xc014, 0xc009, 0xc013, 0x009d, 0xc09d, 0x009c, 0xc09c, 0x0035, 0x002f, 0x009f, 0xccaa, 0xc09f, 0x009e, 0xc09e, 0x0039, 0x0033,
}

// On is the profile as the distribution has it. Debian's own was measured; the others' are known.
func (p Profile) On(distro string) *Profile {
	if p.Library == GnuTLS && distro != "debian" && distro != "kali" && !strings.HasPrefix(distro, "ubuntu") { // Debian's choice alone
		p.Library, p.Min, p.Suites, p.Suites13, p.Groups = OpenSSL, VersionTLS12, usual, suites13, groups30
	}
	if p.Library != OpenSSL {
		return &p
	}
	switch distro {
	case "centos7": // OpenSSL 1.0.2
		p.Library, p.Min, p.Max, p.SHA1, p.Tickets13 = OpenSSL10, VersionTLS10, VersionTLS12, true, 0
		p.Suites = slices.DeleteFunc(slices.Clone(p.Suites), func(s uint16) bool { return s >= 0xc050 || s >= 0x00ba && s <= 0x00c5 })
		p.Groups = []CurveID{CurveP256, CurveP521, CurveP384}
	case "ubuntu20": // 1.1.1, without finite fields in TLS 1.3
		p.Groups = slices.DeleteFunc(slices.Clone(p.Groups), func(g CurveID) bool { return g >= ffdhe2048 })
	case "rocky9", "fedora":
		p.Suites, p.Suites13, p.Min, p.TooOld = policy, []uint16{0x1302, 0x1303, 0x1301, 0x1304}, VersionTLS12, 0
		p.SHA1 = false
		p.ServerOrder = p.ServerOrder || p.Name == Nginx.Name || p.Name == Apache.Name
	}
	return &p
}

// mariaPrime is MariaDB's own.
var mariaPrime = sync.OnceValue(func() *big.Int {
	n, _ := new(big.Int).SetString(""+
		"a1bb7c20c55bc07b218bd6a815fc3bbaab9fdf68c479780dc11264e415c966dbf6cbb339025b7862fb09ae096bddd45d97bcdc7fe6d6f1cbf5ebdaa72e5a432b"+
		"e940e285001cc00a9877a931de0b754d1e1f1683cadebd21fcc1823736330b66063cf3af21575780f6941ba9d4f68f18620ec422f95b62cc3f1995cf4b00a66c"+
		"0baf9fd5fa3d6dda30830791ac15ff8f5954ea25bc4eeb6a54df7509720fef2370e0a804eaff9054cd8418c07591990fa1780c07b7c5de55067b95682c3339bc"+
		"2cd06dddfadcb58f8239f86744f1d8f778119a779b5347d62b5d67b8b7bcc1d7796215c2c58397a7f8b49cf68f9ac7da1bbb8707a771adb28a50f82612b73e0b", 16)
	return n
})

// gnutls are the suites of GnuTLS 3.7's NORMAL.
var (
	gnutls = []uint16{
		0xc02c, 0xcca9, 0xc0ad, 0xc00a, 0xc02b, 0xc0ac, 0xc009, 0xc030, 0xcca8, 0xc014, 0xc02f, 0xc013, 0x009d, 0xc09d, 0x0035, 0x009c, 0xc09c, 0x002f, 0x009f, 0xccaa, 0xc09f, 0x0039, 0x009e, 0xc09e, 0x0033,
	}
	groupsGnuTLS = []CurveID{CurveP256, CurveP384, CurveP521, X25519, x448, 0x100, 0x101, 0x102, 0x103, 0x104}
)
