package tlswire

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

func (m *encryptedExtensionsMsg) marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint8(typeEncryptedExtensions)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { addExtensions(b, m.extensions) })
	return b.Bytes()
}

// orders13 are the orders of a hello's extensions in TLS 1.3.
var orders13 = map[Library][]uint16{
	OpenSSL:  {extensionSupportedVersions, extensionKeyShare, extensionPreSharedKey},
	GnuTLS:   {extensionKeyShare, extensionSupportedVersions, extensionPreSharedKey},
	Schannel: {extensionKeyShare, extensionSupportedVersions, extensionPreSharedKey},
	JSSE:     {extensionSupportedVersions, extensionKeyShare, extensionPreSharedKey},
}

// ordersEncrypted are the orders of what is answered behind the hello.
var ordersEncrypted = map[Library][]uint16{
	OpenSSL:  {0, extensionMaxFragment, extensionSupportedCurves, extensionALPN},
	GnuTLS:   {0, extensionSupportedCurves, extensionALPN, extensionMaxFragment, extensionRecordLimit},
	Schannel: {0, extensionALPN, extensionSupportedCurves},
	JSSE:     {0, extensionMaxFragment, extensionSupportedCurves, extensionALPN},
}

func (hs *serverHandshakeStateTLS13) processClientHello() error {
	c, hello, p := hs.c, hs.clientHello, hs.c.config.Profile
	fail := func(said alert, why string) error {
		c.sendAlert(said)
		return errors.New("tls: " + why)
	}
	has := func(typ uint16) bool { return slices.Contains(hello.extensions, typ) }
	resumes := len(hello.pskIdentities) > 0
	switch {
	case len(hello.compressionMethods) != 1 && p.Library != GnuTLS && p.Library != JSSE, !slices.Contains(hello.compressionMethods, compressionNone):
		return fail(alertIllegalParameter, "TLS 1.3 client supports illegal compression methods")
	case len(hello.secureRenegotiation) != 0:
		return fail(alertHandshakeFailure, "initial handshake had non-empty renegotiation extension")
	case !resumes && (!has(extensionSupportedCurves) || !has(extensionKeyShare) || !has(extensionSignatureAlgorithms)), has(extensionSupportedCurves) != has(extensionKeyShare):
		return fail(alertMissingExtension, "TLS 1.3 client lacks an extension")
	}
	hs.hello = &serverHelloMsg{vers: VersionTLS12, random: make([]byte, 32), sessionId: hello.sessionId}
	rand.Read(hs.hello.random)
	for _, id := range both(p.ServerOrder, p.Suites13, hello.cipherSuites) {
		if hs.suite = cipherSuiteTLS13ByID(id); hs.suite != nil {
			break
		}
	}
	if hs.suite == nil {
		return fail(alertHandshakeFailure, fmt.Sprintf("no cipher suite supported by both client and server; client offered: %x", hello.cipherSuites))
	}
	c.cipherSuite, hs.hello.cipherSuite = hs.suite.id, hs.suite.id
	hs.transcript = hs.suite.hash.New()
	share, said := hs.share()
	if said != 0 {
		return fail(said, "no key exchanges supported by both client and server")
	}
	if share == nil {
		var err error
		if share, err = hs.doHelloRetryRequest(hs.group); err != nil {
			return err
		}
	}
	c.curveID = hs.group
	exchange, err := keyExchangeForCurveID(hs.group)
	if err != nil {
		return fail(alertInternalError, "a group that there is not")
	}
	var ours keyShare
	if hs.sharedKey, ours, err = exchange.serverSharedSecret(rand.Reader, share.data); err != nil {
		return fail(alertIllegalParameter, "invalid client key share")
	}
	hs.hello.extensions = inOrder(orders13[p.Library], map[uint16][]byte{
		extensionSupportedVersions: be16(VersionTLS13), extensionKeyShare: slices.Concat(be16(ours.group), be16(uint16(len(ours.data))), ours.data),
	})
	var ok bool
	if c.clientProtocol, ok = c.config.protocol(hello.alpnProtocols); !ok {
		return fail(alertNoApplicationProtocol, fmt.Sprintf("client requested unsupported application protocols (%q)", hello.alpnProtocols))
	}
	c.serverName = hello.serverName
	return nil
}

// share is that of the client's keys that is taken; nil with a group that it is to send one for.
func (hs *serverHandshakeStateTLS13) share() (*keyShare, alert) {
	hello, p := hs.clientHello, hs.c.config.Profile
	listed := map[CurveID]bool{} // both lists may be long
	for _, g := range hello.supportedCurves {
		listed[g] = true
	}
	for i, one := range hello.keyShares {
		if p.Library == OpenSSL && !listed[one.group] {
			return nil, alertIllegalParameter
		}
		if slices.Contains(p.Groups, one.group) {
			hs.group = one.group
			return &hello.keyShares[i], 0
		}
	}
	common := both(p.ServerOrder || p.Library == OpenSSL, p.Groups, hello.supportedCurves)
	if len(common) == 0 {
		return nil, alertHandshakeFailure
	}
	hs.group = common[0]
	return nil, 0
}

// retryExtensions are those of a HelloRetryRequest.
func (hs *serverHandshakeStateTLS13) retryExtensions(group CurveID) []extension {
	return inOrder(orders13[hs.c.config.Profile.Library], map[uint16][]byte{extensionSupportedVersions: be16(VersionTLS13), extensionKeyShare: be16(group)})
}

// encryptedExtensions are what is answered behind the hello.
func (hs *serverHandshakeStateTLS13) encryptedExtensions() []extension {
	p, answers := hs.c.config.Profile, hs.c.answers(hs.clientHello, 1)
	if p.Library == JSSE || p.Library == OpenSSL && hs.group != p.Groups[0] { // so that the client does better next time
		var list []byte
		for _, g := range p.Groups {
			list = append(list, be16(g)...)
		}
		answers[extensionSupportedCurves] = append(be16(uint16(len(list))), list...)
	}
	return inOrder(ordersEncrypted[p.Library], answers)
}

func (hs *serverHandshakeStateTLS13) asksCertificate() bool {
	return hs.c.config.Profile.AsksCertificate && !hs.usingPSK
}

func (hs *serverHandshakeStateTLS13) pickCertificate() error {
	if hs.usingPSK {
		return nil
	}
	c := hs.c
	hs.cert = &c.config.Certificate
	key, ok := hs.cert.PrivateKey.(crypto.Signer)
	if ok {
		hs.sigAlg = c.config.Profile.scheme(VersionTLS13, key.Public(), hs.clientHello.supportedSignatureAlgorithms)
	}
	if hs.sigAlg == 0 {
		c.sendAlert(alertHandshakeFailure)
		return errors.New("tls: peer doesn't support any of the certificate's signature algorithms")
	}
	return nil
}

// checkForResumption looks for the session that the client would go on with.
func (hs *serverHandshakeStateTLS13) checkForResumption() error {
	c, hello, p := hs.c, hs.clientHello, hs.c.config.Profile
	if c.config.Sessions == nil || !slices.Contains(hello.pskModes, pskModeDHE) {
		return nil
	}
	if len(hello.pskIdentities) != len(hello.pskBinders) {
		c.sendAlert(alertIllegalParameter)
		return errors.New("tls: invalid or missing PSK binders")
	}
	for i, identity := range hello.pskIdentities[:min(len(hello.pskIdentities), maxClientPSKIdentities)] {
		s := c.config.Sessions.take(identity.label)
		if p.Tickets {
			s = c.config.Sessions.open(identity.label)
		}
		if s == nil || s.version != VersionTLS13 || time.Since(s.began) > p.ticketLife() {
			continue
		}
		of := cipherSuiteTLS13ByID(s.suite)
		if of == nil || of.hash != hs.suite.hash {
			continue
		}
		hs.earlySecret = NewEarlySecret(hs.suite.hash.New, s.secret)
		transcript := cloneHash(hs.transcript, hs.suite.hash)
		said, err := hello.marshalWithoutBinders()
		if transcript == nil || err != nil {
			c.sendAlert(alertInternalError)
			return errors.New("tls: internal error: no transcript")
		}
		transcript.Write(said)
		if !hmac.Equal(hello.pskBinders[i], hs.suite.finishedHash(hs.earlySecret.ResumptionBinderKey(), transcript)) {
			c.sendAlert(alertDecryptError)
			return errors.New("tls: invalid PSK binder")
		}
		c.didResume, hs.usingPSK = true, true
		hs.hello.extensions = append(hs.hello.extensions, extension{extensionPreSharedKey, be16(uint16(i))})
		return nil
	}
	return nil
}

// expectFinished knows what the client will finish by.
func (hs *serverHandshakeStateTLS13) expectFinished() error {
	hs.clientFinished = hs.suite.finishedHash(hs.c.in.trafficSecret, hs.transcript)
	if err := transcriptMsg(&finishedMsg{verifyData: hs.clientFinished}, hs.transcript); err != nil {
		return err
	}
	hs.c.resumptionSecret = hs.masterSecret.ResumptionMasterSecret(hs.transcript)
	return nil
}

// sendTickets gives the client its tickets, in one go.
func (hs *serverHandshakeStateTLS13) sendTickets() error {
	c, p := hs.c, hs.c.config.Profile
	if c.config.Sessions == nil || p.Library != OpenSSL && !slices.Contains(hs.clientHello.pskModes, pskModeDHE) {
		return nil
	}
	many := p.Tickets13
	switch {
	case hs.usingPSK && p.Once:
		many = 0
	case hs.usingPSK:
		many = min(many, 1)
	}
	c.buffering = true
	for i := range many {
		nonce := binary.BigEndian.AppendUint64(nil, uint64(i))
		if p.Library == JSSE {
			nonce = []byte{byte(i + 1)}
		}
		s := &session{
			version: VersionTLS13, suite: c.cipherSuite, began: time.Now(),
			secret: ExpandLabel(hs.suite.hash.New, c.resumptionSecret, "resumption", nonce, hs.suite.hash.Size()),
		}
		m := &newSessionTicketMsgTLS13{lifetime: uint32(p.ticketLife() / time.Second), nonce: nonce}
		if p.Tickets {
			m.label = c.config.Sessions.ticket(s, p.TicketSize13)
		} else {
			var id [32]byte
			rand.Read(id[:])
			c.config.Sessions.keep(id, s)
			m.label = id[:]
		}
		var age [4]byte
		rand.Read(age[:])
		m.ageAdd = binary.BigEndian.Uint32(age[:])
		if _, err := c.writeHandshakeRecord(m, nil); err != nil {
			return err
		}
	}
	c.flush() // who has gone already may have said something first
	c.buffering = false
	return nil
}
