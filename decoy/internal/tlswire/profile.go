package tlswire

import (
	"crypto/tls"
	"math/big"
	"slices"
	"time"
)

// What is crypto/tls's own with us, too.
type (
	// Certificate is a chain and its key.
	Certificate = tls.Certificate
	// ConnectionState is what came of a handshake.
	ConnectionState = tls.ConnectionState
	// CurveID is a group.
	CurveID = tls.CurveID
	// SignatureScheme is how something is signed.
	SignatureScheme = tls.SignatureScheme
)

// Library is what a product has its TLS from.
type Library int

// The libraries.
const (
	OpenSSL Library = iota
	GnuTLS
	OpenSSL10 // 1.0.2
	Schannel
	JSSE
)

// Naming is when a server acknowledges the name that a client gives it.
type Naming int

// The ways.
const (
	Unnamed   Naming = iota // never
	AnyName                 // always
	KnownName               // when it is one of its own
)

// Profile is how a product speaks TLS.
type Profile struct {
	Name     string // the product's
	Library  Library
	Min, Max uint16
	TooOld   byte // the alert for a client that is older than Min; 0 is protocol_version
	Silent   bool // a handshake that fails ends without an alert

	Suites13, Suites []uint16 // that it takes, in its order
	ServerOrder      bool     // its order counts, and not the client's
	Groups           []CurveID

	DHPrime func() *big.Int // of its DHE; nil is group 14 of RFC 3526, and what the client names with GnuTLS

	SHA1  bool // it signs with SHA-1 for those who ask for nothing better
	Packs bool // messages into one record

	Naming          Naming
	ClientALPN      bool   // the client's order of protocols counts
	OtherALPN       string // what is answered where no protocol is in common; "" is an alert, "-" nothing
	AsksCertificate bool   // of the client

	NoExtendedMaster           bool          // it knows no extended master secrets
	IDs                        bool          // sessions have an ID where there are no tickets
	Resumes                    bool          // by that ID
	Tickets                    bool          // up to TLS 1.2, and in 1.3 such that nothing is kept
	Forgets                    bool          // each connection's tickets are of a key that is lost with its process
	Once                       bool          // who resumes a session of TLS 1.3 gets no further ticket
	Tickets13                  int           // how many a client of TLS 1.3 gets
	TicketLife                 time.Duration // 0 is two hours
	TicketSize12, TicketSize13 int           // in bytes, where they are tickets that nothing is kept of
}

// ticketLife is how long a session may be resumed.
func (p *Profile) ticketLife() time.Duration {
	if p.TicketLife == 0 {
		return 2 * time.Hour
	}
	return p.TicketLife
}

// firstVersion is that of records before there is one in common.
func (p *Profile) firstVersion() uint16 { return min(p.Max, VersionTLS12) }

// certificateTypes are those of a certificate that it asks for.
func (p *Profile) certificateTypes() []byte {
	return []byte{certTypeRSASign, 2, certTypeECDSASign}
}

// schemes are the signatures of each library, in its order.
var schemes = map[Library][]SignatureScheme{
	OpenSSL:   {0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601},
	GnuTLS:    {0x0401, 0x0804, 0x0403, 0x0807, 0x0501, 0x0805, 0x0503, 0x0601, 0x0806, 0x0603, 0x0201, 0x0203},
	OpenSSL10: {0x0601, 0x0603, 0x0501, 0x0503, 0x0401, 0x0403, 0x0201, 0x0203},
	JSSE:      {0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201},
	Schannel:  {0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0601, 0x0603},
}

// asked are the signatures that a client may prove its own certificate by.
func (p *Profile) asked(vers uint16) []SignatureScheme {
	list := []SignatureScheme{0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601}
	if vers < VersionTLS13 {
		list = append(list, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602)
	}
	return list
}

func (p *Profile) versions() []uint16 {
	return slices.DeleteFunc([]uint16{VersionTLS13, VersionTLS12, VersionTLS11, VersionTLS10}, func(v uint16) bool { return v < p.Min || v > p.Max })
}
