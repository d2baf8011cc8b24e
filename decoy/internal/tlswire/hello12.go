package tlswire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// Extensions that crypto/tls lacks.
const (
	extensionMaxFragment    uint16 = 1
	extensionEncryptThenMAC uint16 = 22
	extensionRecordLimit    uint16 = 28
)

// extension is one that is answered.
type extension struct {
	typ  uint16
	data []byte
}

func addExtensions(b *cryptobyte.Builder, of []extension) {
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, e := range of {
			b.AddUint16(e.typ)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.data) })
		}
	})
}

func (m *serverHelloMsg) marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint8(typeServerHello)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(m.vers)
		addBytesWithLength(b, m.random, 32)
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(m.sessionId) })
		b.AddUint16(m.cipherSuite)
		b.AddUint8(m.compressionMethod)
		if len(m.extensions) > 0 {
			addExtensions(b, m.extensions)
		}
	})
	return b.Bytes()
}

func (m *newSessionTicketMsg) marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint8(typeNewSessionTicket)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint32(m.lifetime)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(m.ticket) })
	})
	return b.Bytes()
}

// inOrder puts extensions into a library's order. Those that it does not list are left out.
func inOrder(order []uint16, of map[uint16][]byte) []extension {
	var out []extension
	for _, typ := range order {
		if data, ok := of[typ]; ok {
			out = append(out, extension{typ, data})
		}
	}
	return out
}

// checksCurve tells whether a certificate's curve must be among the client's.
func (p *Profile) checksCurve() bool { return p.Library != GnuTLS }

// orders12 are the orders of a hello's extensions up to TLS 1.2.
var orders12 = map[Library][]uint16{
	OpenSSL:   {extensionRenegotiationInfo, 0, extensionMaxFragment, extensionSupportedPoints, extensionSessionTicket, extensionALPN, extensionEncryptThenMAC, extensionExtendedMasterSecret},
	GnuTLS:    {extensionSupportedPoints, extensionEncryptThenMAC, extensionExtendedMasterSecret, extensionRenegotiationInfo, 0, extensionSessionTicket, extensionALPN, extensionMaxFragment, extensionRecordLimit},
	OpenSSL10: {0, extensionRenegotiationInfo, extensionSupportedPoints, extensionSessionTicket, extensionALPN},
	Schannel:  {0, extensionALPN, extensionSessionTicket, extensionExtendedMasterSecret, extensionRenegotiationInfo},
	JSSE:      {0, extensionMaxFragment, extensionALPN, extensionExtendedMasterSecret, extensionSessionTicket, extensionRenegotiationInfo},
}

// processClientHello chooses what there is to choose before a session is resumed.
func (hs *serverHandshakeState) processClientHello() error {
	c, hello, p := hs.c, hs.clientHello, hs.c.config.Profile
	fail := func(said alert, why string) error {
		c.sendAlert(said)
		return errors.New("tls: " + why)
	}
	switch {
	case p.Library == JSSE: // which looks at nothing of it but the renegotiation
		if len(hello.secureRenegotiation) != 0 {
			return fail(alertUnexpectedMessage, "initial handshake had non-empty renegotiation extension")
		}
	case !slices.Contains(hello.compressionMethods, compressionNone) && (p.Library == OpenSSL || p.Library == OpenSSL10):
		return fail(alertDecodeError, "client does not support uncompressed connections")
	case !slices.Contains(hello.compressionMethods, compressionNone):
		return fail(alertIllegalParameter, "client does not support uncompressed connections")
	case len(hello.cipherSuites) == 0:
		return fail(alertIllegalParameter, "client offers no cipher suites")
	case len(hello.secureRenegotiation) != 0:
		return fail(alertHandshakeFailure, "initial handshake had non-empty renegotiation extension")
	case slices.Contains(hello.cipherSuites, TLS_FALLBACK_SCSV) && c.vers < p.Max:
		return fail(alertInappropriateFallback, "client using inappropriate protocol fallback")
	}
	hs.hello = &serverHelloMsg{vers: c.vers, random: make([]byte, 32)}
	rand.Read(hs.hello.random)
	if canary := p.canary(c.vers); canary != "" {
		copy(hs.hello.random[24:], canary)
	}
	hs.cert = &c.config.Certificate
	if _, ok := hs.cert.PrivateKey.(crypto.Signer); !ok {
		return fail(alertInternalError, "the certificate has no key")
	}
	c.serverName = hello.serverName
	var ok bool
	if c.clientProtocol, ok = c.config.protocol(hello.alpnProtocols); !ok {
		return fail(alertNoApplicationProtocol, fmt.Sprintf("client requested unsupported application protocols (%q)", hello.alpnProtocols))
	}
	hs.groups = hs.common()
	return nil
}

// canary stands at the end of a server's random number that could do better, where the library knows TLS 1.3.
func (p *Profile) canary(vers uint16) string {
	switch {
	case p.Max < VersionTLS13:
		return ""
	case vers == VersionTLS12:
		return downgradeCanaryTLS12
	}
	return downgradeCanaryTLS11
}

// common are the curves that may be taken up to TLS 1.2, in the order in which they are.
func (hs *serverHandshakeState) common() []CurveID {
	p, theirs := hs.c.config.Profile, hs.clientHello.supportedCurves
	if !slices.Contains(hs.clientHello.extensions, extensionSupportedCurves) { // who names none takes any
		switch {
		case p.Library == OpenSSL:
			return nil
		case p.Library == JSSE:
			return slices.Clone(p.Groups[:1])
		}
		return []CurveID{CurveP256}
	}
	return slices.DeleteFunc(both(p.ServerOrder, p.Groups, theirs), func(g CurveID) bool { return g >= ffdhe2048 })
}

// both are those of two lists that are in both, once each, in the order of the one that counts. One of the lists is a product's and short; a client's has whatever it likes.
func both[T comparable](serverOrder bool, ours, theirs []T) []T {
	first, second := theirs, ours
	if serverOrder {
		first, second = ours, theirs
	}
	var out []T
	for _, one := range first {
		if slices.Contains(second, one) && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// protocol chooses ALPN's. It tells whether the handshake goes on.
func (c *Config) protocol(theirs []string) (string, bool) {
	if len(c.NextProtos) == 0 || len(theirs) == 0 {
		return "", true
	}
	if common := both(!c.Profile.ClientALPN, c.NextProtos, theirs); len(common) > 0 {
		return common[0], true
	}
	switch c.Profile.OtherALPN {
	case "":
		return "", false
	case "-":
		return "", true
	}
	return c.Profile.OtherALPN, true
}

func (hs *serverHandshakeState) pickCipherSuite() error {
	c, p := hs.c, hs.c.config.Profile
	k := hs.known()
	for _, id := range both(p.ServerOrder, p.Suites, hs.clientHello.cipherSuites) {
		if suite := cipherSuiteByID(id); suite != nil && hs.takes(suite, k) {
			hs.suite, c.cipherSuite = suite, id
			return nil
		}
	}
	c.sendAlert(alertHandshakeFailure)
	return fmt.Errorf("tls: no cipher suite supported by both client and server; client offered: %x", hs.clientHello.cipherSuites)
}

// known is what of the key and of the client's lists each suite is measured by. It is found once for all of them: the lists may be of tens of thousands.
type known struct {
	isRSA, onCurve bool // the key
	refused        bool // its curve, by the client
	signs          bool // by what the client takes, too
	field          bool // there is one for DHE
}

func (hs *serverHandshakeState) known() known {
	c, hello, p := hs.c, hs.clientHello, hs.c.config.Profile
	public := hs.cert.PrivateKey.(crypto.Signer).Public()
	k := known{signs: p.scheme(c.vers, public, hello.supportedSignatureAlgorithms) != 0, field: hs.field().prime != nil}
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		k.onCurve = true
		k.refused = p.checksCurve() && c.vers >= VersionTLS12 && slices.Contains(hello.extensions, extensionSupportedCurves) && !slices.Contains(hello.supportedCurves, groupOf(key))
	case ed25519.PublicKey:
		k.onCurve = true
	case *rsa.PublicKey:
		k.isRSA = true
	}
	return k
}

// takes tells whether the suite works with the certificate and with what else the client offers.
func (hs *serverHandshakeState) takes(suite *cipherSuite, k known) bool {
	c, p := hs.c, hs.c.config.Profile
	signed := suite.flags&(suiteECDHE|suiteDHE) != 0
	switch {
	case c.vers < VersionTLS12 && suite.flags&suiteTLS12 != 0,
		suite.flags&suiteECDHE != 0 && len(hs.groups) == 0:
		return false
	case suite.flags&suiteAnonymous != 0:
		return true
	case
		k.refused,
		(suite.flags&suiteECSign != 0) != k.onCurve,
		suite.flags&suiteECSign == 0 && !k.isRSA,
		c.vers == VersionTLS12 && (signed || p.Library == OpenSSL) && !k.signs:
		return false
	case suite.flags&suiteDHE != 0:
		return k.field
	}
	return true
}

func groupOf(key *ecdsa.PublicKey) CurveID {
	switch key.Curve {
	case elliptic.P256():
		return CurveP256
	case elliptic.P384():
		return CurveP384
	case elliptic.P521():
		return CurveP521
	}
	return 0
}

// field is that of a suite with DHE. GnuTLS takes the client's word for it, where it has one.
func (hs *serverHandshakeState) field() finite {
	p := hs.c.config.Profile
	switch {
	case p.Library == GnuTLS:
		for _, g := range hs.clientHello.supportedCurves {
			if g >= ffdhe2048 && slices.Contains(p.Groups, g) {
				return finite{g, ffdhe(g)}
			}
		}
		return finite{}
	case p.DHPrime != nil:
		return finite{0, p.DHPrime()}
	}
	return finite{0, modp2048()}
}

// extendedMaster tells whether the master secret is an extended one.
func (hs *serverHandshakeState) extendedMaster() bool {
	return hs.clientHello.extendedMasterSecret && hs.c.config.Profile.Library != OpenSSL10
}

// extend answers the client's extensions, and gives the session its ID.
func (hs *serverHandshakeState) extend() {
	c, hello, p := hs.c, hs.clientHello, hs.c.config.Profile
	resumed := hs.sessionState != nil
	answers := c.answers(hello, 0)
	if resumed {
		delete(answers, extensionServerName)
	}
	if hello.secureRenegotiationSupported {
		answers[extensionRenegotiationInfo] = []byte{0}
	}
	if hs.suite.flags&suiteECDHE != 0 && len(hello.supportedPoints) > 0 {
		answers[extensionSupportedPoints] = []byte{1, 0}
		if p.Library == OpenSSL || p.Library == OpenSSL10 {
			answers[extensionSupportedPoints] = []byte{3, 0, 1, 2}
		}
	}
	tickets := p.Tickets && hello.ticketSupported && c.config.Sessions != nil
	if tickets && (!resumed || p.Library == JSSE) {
		answers[extensionSessionTicket] = nil
	}
	if hello.encryptThenMAC && hs.suite.aead == nil && (p.Library == OpenSSL || p.Library == GnuTLS) {
		answers[extensionEncryptThenMAC], hs.etm = nil, true
	}
	if hs.extendedMaster() {
		answers[extensionExtendedMasterSecret] = nil
	}
	hs.hello.extensions = inOrder(orders12[p.Library], answers)
	switch {
	case resumed:
		hs.hello.sessionId = hello.sessionId
	case p.IDs && (!tickets || p.Library == JSSE):
		id := [32]byte{}
		rand.Read(id[:])
		hs.hello.sessionId = id[:]
	}
}

// fragments tells whether a client may ask for short records.
func (p *Profile) fragments() bool { return p.Library != Schannel && p.Library != OpenSSL10 }

// answers are those to a hello that each version has. Of a record, inner bytes are not the application's.
func (c *Conn) answers(hello *clientHelloMsg, inner int) map[uint16][]byte {
	p, answers := c.config.Profile, map[uint16][]byte{}
	if c.config.acknowledges(hello.serverName) {
		answers[extensionServerName] = nil
	}
	switch {
	case p.Library == GnuTLS && hello.recordLimit >= 64:
		answers[extensionRecordLimit] = be16(maxPlaintext + inner)
		c.fragment = min(int(hello.recordLimit)-inner, maxPlaintext)
	case hello.maxFragment > 0 && p.fragments():
		answers[extensionMaxFragment] = []byte{hello.maxFragment}
		c.fragment = 256 << hello.maxFragment
	}
	if protocol := c.clientProtocol; protocol != "" {
		answers[extensionALPN] = append([]byte{0, byte(len(protocol) + 1), byte(len(protocol))}, protocol...)
	}
	return answers
}

// acknowledges tells whether the name that a client gives is answered.
func (c *Config) acknowledges(name string) bool {
	switch {
	case name == "" || c.Profile.Naming == Unnamed:
		return false
	case c.Profile.Naming == AnyName:
		return true
	}
	return slices.ContainsFunc(c.Names, func(one string) bool { return strings.EqualFold(one, name) })
}

// checkForResumption looks for the session that the client would go on with.
func (hs *serverHandshakeState) checkForResumption() error {
	c, hello, p := hs.c, hs.clientHello, hs.c.config.Profile
	if c.config.Sessions == nil {
		return nil
	}
	var s *session
	if p.Tickets && hello.ticketSupported {
		s = c.config.Sessions.open(hello.sessionTicket)
	} else if p.Resumes {
		s = c.config.Sessions.take(hello.sessionId)
	}
	if s == nil || s.version != c.vers || time.Since(s.began) > p.ticketLife() || !slices.Contains(hello.cipherSuites, s.suite) || s.extended != hs.extendedMaster() || len(hello.sessionId) == 0 {
		return nil
	}
	suite := cipherSuiteByID(s.suite)
	if suite == nil {
		return nil
	}
	hs.sessionState, hs.suite = s, suite
	c.extMasterSecret, c.didResume, c.cipherSuite = s.extended, true, s.suite
	return nil
}

func (hs *serverHandshakeState) doResumeHandshake() error {
	hs.hello.cipherSuite = hs.suite.id
	hs.extend()
	hs.finishedHash = newFinishedHash(hs.c.vers, hs.suite)
	hs.finishedHash.discardHandshakeBuffer()
	if err := transcriptMsg(hs.clientHello, &hs.finishedHash); err != nil {
		return err
	}
	hs.masterSecret = hs.sessionState.secret
	_, err := hs.c.writeHandshakeRecord(hs.hello, &hs.finishedHash)
	return err
}

// sendSessionTicket gives the client a ticket, or keeps the session.
func (hs *serverHandshakeState) sendSessionTicket() error {
	c, p := hs.c, hs.c.config.Profile
	if c.config.Sessions == nil || hs.sessionState != nil && p.Library != JSSE {
		return nil
	}
	s := &session{version: c.vers, suite: c.cipherSuite, began: time.Now(), secret: hs.masterSecret, extended: c.extMasterSecret}
	if !p.Tickets || !hs.clientHello.ticketSupported {
		if p.Resumes && len(hs.hello.sessionId) == 32 {
			c.config.Sessions.keep([32]byte(hs.hello.sessionId), s)
		}
		return nil
	}
	_, err := c.writeHandshakeRecord(&newSessionTicketMsg{lifetime: uint32(p.ticketLife() / time.Second), ticket: c.config.Sessions.ticket(s, p.TicketSize12)}, &hs.finishedHash)
	return err
}

// be16 is a number of two bytes.
func be16[T ~uint16 | ~int](n T) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
