package tlswire

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// Config is what a server needs for one connection.
type Config struct {
	Profile     *Profile
	Certificate Certificate
	Names       []string // the server's own
	NextProtos  []string
	Sessions    *Sessions                  // nil is none that is resumed
	Told        func(*tls.ClientHelloInfo) // what the client says
}

func (c *Config) rand() io.Reader { return rand.Reader }

// Server returns the server's side of a connection. The config may be used for others, too.
func Server(conn net.Conn, config *Config) *Conn {
	if config.Sessions != nil && config.Profile.Forgets {
		own := *config
		own.Sessions = NewSessions()
		config = &own
	}
	c := &Conn{conn: conn, config: config}
	c.handshakeFn = c.serverHandshake
	return c
}

// ConnectionState is what came of the handshake.
func (c *Conn) ConnectionState() ConnectionState {
	c.handshakeMutex.Lock()
	defer c.handshakeMutex.Unlock()
	return ConnectionState{
		HandshakeComplete: c.isHandshakeComplete.Load(), Version: c.vers, NegotiatedProtocol: c.clientProtocol, DidResume: c.didResume, HelloRetryRequest: c.didHRR, CurveID: c.curveID,
		NegotiatedProtocolIsMutual: true, ServerName: c.serverName, CipherSuite: c.cipherSuite, PeerCertificates: c.peerCertificates,
	}
}

// mutes tells that nothing is said of what fails.
func (c *Conn) mutes(err alert) bool {
	return c.config.Profile.Silent && err != alertCloseNotify && !c.isHandshakeComplete.Load()
}

// refuseStrange answers what is a record, and no hello.
func (c *Conn) refuseStrange(typ recordType, vers uint16) {
	if typ != recordTypeHandshake && vers>>8 == 3 && (typ >= recordTypeChangeCipherSpec && typ <= 24 || c.config.Profile.Library == OpenSSL) {
		c.sendAlert(alertUnexpectedMessage)
	}
}

// faultOfOld is what is said to a hello of SSL 2. OpenSSL reads one that is for more than that, and finds no suite in it.
func (c *Conn) faultOfOld(header []byte) alert {
	if c.config.Profile.Library == OpenSSL && header[2] == typeClientHello && header[3] == 3 {
		return alertHandshakeFailure
	}
	return alertProtocolVersion
}

// refusesVersion tells whether a record may not have the version, once there is one in common. OpenSSL answers with the client's.
func (c *Conn) refusesVersion(typ recordType, vers, expected uint16) bool {
	if vers>>8 != expected>>8 {
		return true
	}
	if c.config.Profile.Library != OpenSSL || c.vers == VersionTLS13 || typ == recordTypeAlert || vers == expected {
		return false
	}
	if c.out.cipher == nil {
		c.vers = min(vers, VersionTLS12)
	}
	return true
}

// faultOfCCS is what is said of a change of ciphers that is none.
func (c *Conn) faultOfCCS() alert {
	switch {
	case c.config.Profile.Library != OpenSSL:
		return alertDecodeError
	case c.vers == VersionTLS13:
		return alertIllegalParameter
	}
	return alertUnexpectedMessage
}

// skips tells whether a record that can't be read is one of those that a client sends early, for a session that is not gone on with.
func (c *Conn) skips(record []byte) bool {
	if recordType(record[0]) != recordTypeApplicationData || len(record) > c.early || c.isHandshakeComplete.Load() {
		return false
	}
	c.early -= len(record)
	return true
}

// longest is how long a message of a handshake may be.
func (p *Profile) longest(typ byte) int {
	if p.Library == OpenSSL || p.Library == OpenSSL10 {
		switch typ {
		case typeClientKeyExchange:
			return 2048
		case typeFinished:
			return 64
		}
	}
	return maxHandshake
}

// faultOfExchange is what is said of a client's half of a key exchange.
func (hs *serverHandshakeState) faultOfExchange(ckx *clientKeyExchangeMsg, err error) alert {
	switch {
	case hs.c.config.Profile.Library != OpenSSL:
	case errors.Is(err, rsa.ErrDecryption):
		return alertDecryptError
	case errors.Is(err, errClientKeyExchange) && len(ckx.ciphertext) == 0 && hs.suite.flags&suiteECDHE != 0:
		return alertHandshakeFailure
	case errors.Is(err, errClientKeyExchange):
		return alertDecodeError
	}
	return alertIllegalParameter
}

// pack writes the handshake messages that wait for their record.
func (c *Conn) pack() error {
	if len(c.unpacked) == 0 {
		return nil
	}
	waiting := c.unpacked
	c.unpacked = nil
	_, err := c.writeRecordLocked(recordTypeHandshake, waiting)
	return err
}

// maxPayloadSizeForWrite is how much a record has: nobody begins with short ones.
func (c *Conn) maxPayloadSizeForWrite(recordType) int {
	if c.fragment > 0 {
		return c.fragment
	}
	return maxPlaintext
}

// handleRenegotiation answers who wants to shake hands anew that this is not done. It may be asked for a few times.
func (c *Conn) handleRenegotiation() error {
	msg, err := c.readHandshake(nil)
	if err != nil {
		return err
	}
	hello, ok := msg.(*clientHelloMsg)
	c.retryCount++
	if !ok || c.retryCount > maxUselessRecords {
		c.sendAlert(alertUnexpectedMessage)
		return c.in.setErrorLocked(unexpectedMessageError(hello, msg))
	}
	c.out.Lock()
	defer c.out.Unlock()
	if c.out.err != nil {
		return c.out.err
	}
	_, err = c.writeRecordLocked(recordTypeAlert, []byte{alertLevelWarning, byte(alertNoRenegotiation)})
	return err
}

// handshakeMessage is one that is sent, or hashed.
type handshakeMessage interface{ marshal() ([]byte, error) }

// clientMessage is one of a client's.
type clientMessage interface {
	handshakeMessage
	unmarshal(data []byte) bool
}

// faultOf is what is said of a message that can't be read.
func faultOf(m clientMessage) alert {
	if hello, ok := m.(*clientHelloMsg); ok && hello.fault != 0 {
		return hello.fault
	}
	return alertDecodeError
}

// processCertsFromClient keeps who a client says it is. No product of ours knows anybody's authority.
func (c *Conn) processCertsFromClient(sent Certificate) error {
	for _, der := range sent.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			c.sendAlert(alertDecodeError)
			return fmt.Errorf("tls: failed to parse client certificate: %w", err)
		}
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
			c.sendAlert(alertBadCertificate)
			return errors.New("tls: client sent certificate containing a large RSA key")
		}
		c.peerCertificates = append(c.peerCertificates, cert)
	}
	if len(c.peerCertificates) > 0 {
		c.sendAlert(alertUnknownCA)
		return errors.New("tls: the client's certificate is of an unknown authority")
	}
	return nil
}

const maxRSABits = 8192

// more takes the extensions of a hello that crypto/tls does not know. It tells whether they can be read.
func (m *clientHelloMsg) more(typ uint16, data []byte) bool {
	switch typ {
	case extensionEncryptThenMAC:
		m.encryptThenMAC = true
		return len(data) == 0
	case extensionMaxFragment:
		if len(data) != 1 {
			return false
		}
		m.maxFragment = data[0]
		if m.maxFragment < 1 || m.maxFragment > 4 {
			m.fault = alertIllegalParameter
			return false
		}
	case extensionRecordLimit:
		if len(data) != 2 {
			return false
		}
		m.recordLimit = uint16(data[0])<<8 | uint16(data[1])
	}
	return true
}

func (m *clientHelloMsg) marshal() ([]byte, error) { return m.original, nil }

// openEtM opens a record whose MAC is of what is encrypted.
func (hc *halfConn) openEtM(record []byte) ([]byte, error) {
	mode, payload := hc.cipher.(cbcMode), record[recordHeaderLen:]
	size, block := hc.mac.Size(), mode.BlockSize()
	n := len(payload) - size
	explicit := hc.explicitNonceLen()
	if n < explicit+block || n%block != 0 {
		return nil, alertBadRecordMAC
	}
	record[3], record[4] = byte(n>>8), byte(n)
	if subtle.ConstantTimeCompare(tls10MAC(hc.mac, nil, hc.seq[:], record[:recordHeaderLen], payload[:n], nil), payload[n:]) != 1 {
		return nil, alertBadRecordMAC
	}
	text := payload[explicit:n]
	if explicit > 0 {
		mode.SetIV(payload[:explicit])
	}
	mode.CryptBlocks(text, text)
	padding, good := extractPadding(text)
	if good != 255 || padding > len(text) {
		return nil, alertBadRecordMAC
	}
	hc.incSeq()
	return text[:len(text)-padding], nil
}

// sealEtM appends what is sent to the record's header, encrypted, and then the MAC.
func (hc *halfConn) sealEtM(record, payload []byte, random io.Reader) ([]byte, error) {
	mode := hc.cipher.(cbcMode)
	if explicit := hc.explicitNonceLen(); explicit > 0 {
		iv := make([]byte, explicit)
		if _, err := io.ReadFull(random, iv); err != nil {
			return nil, err
		}
		mode.SetIV(iv)
		record = append(record, iv...)
	}
	padding := mode.BlockSize() - len(payload)%mode.BlockSize()
	text := make([]byte, len(payload)+padding)
	copy(text, payload)
	for i := len(payload); i < len(text); i++ {
		text[i] = byte(padding - 1)
	}
	mode.CryptBlocks(text, text)
	record = append(record, text...)
	n := len(record) - recordHeaderLen
	record[3], record[4] = byte(n>>8), byte(n)
	record = append(record, tls10MAC(hc.mac, nil, hc.seq[:], record[:recordHeaderLen], record[recordHeaderLen:], nil)...)
	n += hc.mac.Size()
	record[3], record[4] = byte(n>>8), byte(n)
	hc.incSeq()
	return record, nil
}

// readClientHello reads the client's hello and chooses the version.
func (c *Conn) readClientHello(context.Context) (*clientHelloMsg, error) {
	msg, err := c.readHandshake(nil)
	if err != nil {
		return nil, err
	}
	hello, ok := msg.(*clientHelloMsg)
	if !ok {
		c.sendAlert(alertUnexpectedMessage)
		return nil, unexpectedMessageError(hello, msg)
	}
	known := hello.supportedVersions
	if len(known) == 0 {
		known = []uint16{min(hello.vers, VersionTLS12)}
		for v := known[0] - 1; v >= VersionTLS10 && known[0] > VersionTLS10; v-- {
			known = append(known, v)
		}
	}
	if c.config.Told != nil {
		c.config.Told(&tls.ClientHelloInfo{
			CipherSuites: hello.cipherSuites, ServerName: hello.serverName, SupportedCurves: hello.supportedCurves, SupportedPoints: hello.supportedPoints,
			SignatureSchemes: hello.supportedSignatureAlgorithms, SupportedProtos: hello.alpnProtocols, SupportedVersions: known, Extensions: hello.extensions, Conn: c.conn,
		})
	}
	if len(hello.sessionId) > 32 {
		c.sendAlert(alertDecodeError)
		return nil, errors.New("tls: a session ID that is too long")
	}
	if said := c.chooseVersion(hello, known); said != 0 {
		if c.config.Profile.Library == OpenSSL && hello.vers == 0x300 {
			c.vers = hello.vers // the alert's record's, too
		}
		c.sendAlert(said)
		return nil, fmt.Errorf("tls: client offered only unsupported versions: %x", known)
	}
	if c.config.Profile.Library == OpenSSL && (len(hello.serverName) > 255 || strings.Contains(hello.serverName, "\x00")) {
		c.sendAlert(alertUnrecognizedName)
		return nil, errors.New("tls: a name that no server has")
	}
	c.in.version, c.out.version, c.haveVers = c.vers, c.vers, true
	if c.vers == VersionTLS13 && hello.earlyData {
		c.early = maxPlaintext
	}
	return hello, nil
}

// chooseVersion sets the version, or returns what the client is told.
func (c *Conn) chooseVersion(hello *clientHelloMsg, known []uint16) alert {
	p := c.config.Profile
	for _, v := range p.versions() {
		if slices.Contains(known, v) {
			c.vers = v
			return 0
		}
	}
	switch {
	case len(hello.supportedVersions) > 0 || hello.vers < 0x300:
		return alertProtocolVersion
	case hello.vers == 0x300 && p.Library == OpenSSL:
		return alertHandshakeFailure
	case p.TooOld != 0:
		return alert(p.TooOld)
	}
	return alertProtocolVersion
}
