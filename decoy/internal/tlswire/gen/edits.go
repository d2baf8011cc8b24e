package main

import "decnet/decoy/internal/upstream"

// files of Go's standard library that have something of a TLS server's.
var files = []string{
	"src/crypto/tls/alert.go", "src/crypto/tls/auth.go", "src/crypto/tls/cipher_suites.go", "src/crypto/tls/common.go", "src/crypto/tls/conn.go", "src/crypto/tls/handshake_messages.go",
	"src/crypto/tls/handshake_server.go", "src/crypto/tls/handshake_server_tls13.go", "src/crypto/tls/key_agreement.go", "src/crypto/tls/key_schedule.go", "src/crypto/tls/prf.go",
	"src/crypto/internal/fips140/tls13/tls13.go",
}

// roots are wanted whatever our own files name.
var roots = []string{"Conn"}

// drop is what is a client's, what no product of ours does, and what hello.go, suites.go and others have anew.
var drop = []string{
	// types that are crypto/tls's own with us
	"CurveID", "SignatureScheme", "Certificate", "ConnectionState", "ClientHelloInfo", "Certificate.leaf", "Config", "VersionName",
	// a client's, QUIC's, and what nobody asks for
	"clientSharedSecret", "keyShares", "keySharePrivateKeys", "Conn.VerifyHostname", "Conn.OCSPResponse", "Conn.NetConn", "exportKeyingMaterial", "tlsunsafeekm", "CipherSuites", "InsecureCipherSuites",
	"TestingOnlyExporterSecret", "EarlySecret.EarlyExporterMasterSecret", "EarlySecret.ClientEarlyTrafficSecret", "MasterSecret.ExporterMasterSecret", "alertText",
	"serverHelloMsg.unmarshal", "serverHelloMsg.originalBytes", "encryptedExtensionsMsg.unmarshal", "newSessionTicketMsgTLS13.unmarshal", "newSessionTicketMsg.unmarshal", "certificateRequestMsg.unmarshal",
	"certificateRequestMsgTLS13.unmarshal", "serverKeyExchangeMsg.unmarshal", "serverHelloDoneMsg.unmarshal", "clientHelloMsg.marshalMsg", "clientHelloMsg.updateBinders", "clientHelloMsg.clone",
	// written anew
	"Conn.handleRenegotiation", "Conn.connectionStateLocked", "Conn.maxPayloadSizeForWrite", "Conn.readClientHello", "serverHandshakeState.processClientHello", "serverHandshakeState.pickCipherSuite",
	"serverHandshakeState.cipherSuiteOk", "serverHandshakeState.checkForResumption", "serverHandshakeState.doResumeHandshake", "serverHandshakeState.sendSessionTicket", "supportsECDHE", "negotiateALPN",
	"clientHelloInfo", "serverHandshakeStateTLS13.processClientHello", "serverHandshakeStateTLS13.checkForResumption", "serverHandshakeStateTLS13.shouldSendSessionTickets",
	"serverHandshakeStateTLS13.sendSessionTickets", "Conn.sendSessionTicket", "serverHandshakeStateTLS13.pickCertificate", "serverHandshakeStateTLS13.requestClientCert", "echServerContext", "cipherSuites",
	"supportedSignatureAlgorithms", "selectSignatureScheme", "signatureSchemesForPublicKey", "keyExchange", "keyExchangeForCurveID", "keyAgreement", "ecdheKeyAgreement", "rsaKA", "ecdheECDSAKA", "ecdheRSAKA",
	"ecdheKeyAgreement.generateServerKeyExchange", "ecdheKeyAgreement.processClientKeyExchange", "processServerKeyExchange", "generateClientKeyExchange", "serverHelloMsg.marshal", "encryptedExtensionsMsg.marshal",
	"newSessionTicketMsg.marshal", "clientHelloMsg.marshal", "aeadAESGCM", "aeadAESGCMTLS13", "macSHA1", "processCertsFromClient", "handshakeMessage",
	// only named by chance
	"isTLS13OnlyKeyExchange", "ClientSessionCache", "ticketKey", "errNoCertificates", "writerMutex", "supportedVersions", "tls10server", "tlssha1", "isDisabledSignatureAlgorithm",
	"supportedSignatureAlgorithmsCert", "unsupportedCertificateError", "selectCipherSuite", "CipherSuite", "CipherSuiteName", "mutualCipherSuite", "supportedUpToTLS12", "supportedOnlyTLS12",
	"supportedOnlyTLS13", "CertificateVerificationError", "hybridKeyExchange", "emptyConfig", "deprecatedSessionTicketKey",
}

// replace is what has another name with us.
var replace = map[string]string{
	" // TODO: replace with a map.":            "",
	"tls13.":                                   "",
	"QUICEncryptionLevelHandshake, ":           "",
	"QUICEncryptionLevelApplication, ":         "",
	"QUICEncryptionLevelInitial, ":             "",
	"level QUICEncryptionLevel, ":              "",
	"(suite, level, secret)":                   "(suite, secret)",
	"c.config.ClientAuth >= RequestClientCert": "c.config.Profile.AsksCertificate",
	"c.config.ClientAuth == NoClientCert":      "!c.config.Profile.AsksCertificate",
	"hs.requestClientCert()":                   "hs.asksCertificate()",
	"hs.sendSessionTickets()":                  "hs.expectFinished()",
}

// known are the conditions whose answer is known with a server that has neither QUIC, ECH nor FIPS 140.
var known = map[string]bool{
	"c.quic != nil":                         false,
	"hs.c.quic != nil":                      false,
	"c.isClient":                            false,
	"fips140tls.Required()":                 false,
	"boring.Enabled":                        false,
	"hs.echContext != nil":                  false,
	"c.config.VerifyConnection != nil":      false,
	"c.config.VerifyPeerCertificate != nil": false,
	"c.config.ClientCAs != nil":             false,
	"hs.hello.ocspStapling":                 false,
}

// without are statements that do nothing here.
var without = []string{"boring.Unreachable()", "tlssha1."}

var edits = map[string][]upstream.Edit{
	"alert.go": {
		{ // the words are crypto/tls's
			Old: `	s, ok := alertText[e]
	if ok {
		return "tls: " + s
	}
	return "tls: alert(" + strconv.Itoa(int(e)) + ")"
`,
			New: `	return tls.AlertError(e).Error()
`,
		},
		{Old: `import "strconv"`, New: `import "crypto/tls"`},
	},
	"cipher_suites.go": {
		{Old: "//\n//go:linkname cipherSuitesTLS13\n"},
		{ // what products have and crypto/tls lacks
			Old: `	suiteSHA384
)`,
			New: `	suiteSHA384
	// suiteDHE is Diffie-Hellman in a finite field.
	suiteDHE
	// suiteAnonymous is without a certificate.
	suiteAnonymous
)`,
		},
	},
	"common.go": {
		{ // what a stranger can make a decoy keep
			Old: "	maxHandshakeCertificateMsg = 262144       // maximum certificate message size (256 KiB)\n",
			New: "	maxHandshakeCertificateMsg = 16384        // maximum certificate message size (16 KiB)\n",
		},
		{
			Old: "	maxHandshake               = 65536        // maximum handshake we support (protocol max is 16 MB)\n",
			New: "	maxHandshake               = 16384        // maximum handshake we support (protocol max is 16 MB)\n",
		},
	},
	"conn.go": {
		{Old: "	handshakeFn func(context.Context) error // (*Conn).clientHandshake or serverHandshake\n	quic        *quicState                  // nil for non-QUIC connections\n", New: "	handshakeFn func(context.Context) error // (*Conn).serverHandshake\n	fragment    int                         // the longest record that the client wants, 0 for any\n	early       int                         // how much of what the client sends early is still skipped\n"},
		{Old: "	isClient    bool\n", New: ""},
		{Old: "	resumptionSecret []byte\n	echAccepted      bool\n\n	// ticketKeys is the set of active session ticket keys for this\n	// connection. The first one is used to encrypt new tickets and\n	// all are tried to decrypt tickets.\n	ticketKeys []ticketKey\n", New: "	resumptionSecret []byte\n"},
		{Old: "	// ekm is a closure for exporting keying material.\n	ekm func(label string, context []byte, length int) ([]byte, error)\n", New: ""},
		{Old: "	peerSigAlg       SignatureScheme\n	ocspResponse     []byte   // stapled OCSP response\n	scts             [][]byte // signed certificate timestamps from server\n	peerCertificates []*x509.Certificate\n	// verifiedChains contains the certificate chains that we built, as\n	// opposed to the ones presented by the server.\n	verifiedChains [][]*x509.Certificate\n", New: "	peerSigAlg       SignatureScheme\n	peerCertificates []*x509.Certificate\n"},
		{Old: "	level         QUICEncryptionLevel // current QUIC encryption level\n	trafficSecret []byte              // current TLS 1.3 traffic secret\n", New: "	trafficSecret []byte // current TLS 1.3 traffic secret\n\n	etm, nextEtM bool // the MAC is of what is encrypted (RFC 7366)\n"},
		{Old: "	hc.level = level\n", New: ""},
		{Old: "	hc.mac = hc.nextMac\n", New: "	hc.mac = hc.nextMac\n	hc.etm = hc.nextEtM\n"},
		{Old: "	paddingGood := byte(255)\n	paddingLen := 0\n", New: "	if hc.etm {\n		plaintext, err := hc.openEtM(record)\n		return plaintext, typ, err\n	}\n\n	paddingGood := byte(255)\n	paddingLen := 0\n"},
		{Old: "	var explicitNonce []byte\n	if explicitNonceLen", New: "	if hc.etm {\n		return hc.sealEtM(record, payload, rand)\n	}\n\n	var explicitNonce []byte\n	if explicitNonceLen"},
		{ // what is no hello is refused as the product does
			Old: `		if (typ != recordTypeAlert && typ != recordTypeHandshake) || vers >= 0x1000 {
			return c.in.setErrorLocked(c.newRecordHeaderError(c.conn, "first record does not look like a TLS handshake"))
`,
			New: `		if typ != recordTypeHandshake || vers>>8 != 3 {
			c.refuseStrange(typ, vers)
			return c.in.setErrorLocked(c.newRecordHeaderError(c.conn, "first record does not look like a TLS handshake"))
`,
		},
		{ // not all libraries look at all of it
			Old: "	if c.haveVers && vers != expectedVers {\n", New: "	if c.haveVers && c.refusesVersion(typ, vers, expectedVers) {\n",
		},
		{
			Old: "		c.sendAlert(alertProtocolVersion)\n		return c.in.setErrorLocked(c.newRecordHeaderError(nil, \"unsupported SSLv2", New: "		c.sendAlert(c.faultOfOld(hdr))\n		return c.in.setErrorLocked(c.newRecordHeaderError(nil, \"unsupported SSLv2",
		},
		{Old: "		if len(data) != 1 || data[0] != 1 {\n			return c.in.setErrorLocked(c.sendAlert(alertDecodeError))", New: "		if len(data) != 1 || data[0] != 1 {\n			return c.in.setErrorLocked(c.sendAlert(c.faultOfCCS()))"},
		{ // what is sent early is for a session that there is not
			Old: "	if err != nil {\n		return c.in.setErrorLocked(c.sendAlert(err.(alert)))\n	}\n	if len(data) > maxPlaintext {",
			New: "	if err != nil || c.in.cipher == nil {\n		if c.skips(record) {\n			return c.retryReadRecord(expectChangeCipherSpec)\n		}\n	}\n	if err != nil {\n		return c.in.setErrorLocked(c.sendAlert(err.(alert)))\n	}\n	if len(data) > maxPlaintext {",
		},
		{ // not all are of one length
			Old: "	n := int(data[1])<<16 | int(data[2])<<8 | int(data[3])\n	if n > maxHandshakeSize {", New: "	n := int(data[1])<<16 | int(data[2])<<8 | int(data[3])\n	if n > min(maxHandshakeSize, c.config.Profile.longest(data[0])) {",
		},
		{Old: "	switch err {\n	case alertNoRenegotiation, alertCloseNotify:", New: "	if c.mutes(err) {\n		return c.out.setErrorLocked(&net.OpError{Op: \"local error\", Err: err})\n	}\n	switch err {\n	case alertNoRenegotiation, alertCloseNotify:"},
		{ // there is no client here whose first record it could be
			Old: `			// Some TLS servers fail if the record version is
			// greater than TLS 1.0 for the initial ClientHello.
			vers = VersionTLS10
`,
			New: `			vers = c.config.Profile.firstVersion()
`,
		},
		{
			Old: `	case typeHelloRequest:
		m = new(helloRequestMsg)
	case typeClientHello:
		m = new(clientHelloMsg)
	case typeServerHello:
		m = new(serverHelloMsg)
	case typeNewSessionTicket:
		if c.vers == VersionTLS13 {
			m = new(newSessionTicketMsgTLS13)
		} else {
			m = new(newSessionTicketMsg)
		}
`,
			New: `	case typeClientHello:
		m = new(clientHelloMsg)
`,
		},
		{
			Old: `	case typeCertificateRequest:
		if c.vers == VersionTLS13 {
			m = new(certificateRequestMsgTLS13)
		} else {
			m = &certificateRequestMsg{
				hasSignatureAlgorithm: c.vers >= VersionTLS12,
			}
		}
	case typeCertificateStatus:
		m = new(certificateStatusMsg)
	case typeServerKeyExchange:
		m = new(serverKeyExchangeMsg)
	case typeServerHelloDone:
		m = new(serverHelloDoneMsg)
`,
		},
		{
			Old: `	case typeEncryptedExtensions:
		m = new(encryptedExtensionsMsg)
	case typeEndOfEarlyData:
		m = new(endOfEarlyDataMsg)
`,
		},
		{Old: "		c.sendAlertLocked(alertInternalError)\n		return nil, c.in.setErrorLocked(fmt.Errorf(\"tls: handshake message of length", New: "		c.sendAlert(alertIllegalParameter)\n		return nil, c.in.setErrorLocked(fmt.Errorf(\"tls: handshake message of length"},
		{ // libraries read on
			Old: "		if len(data) == 0 || expectChangeCipherSpec {\n			return c.in.setErrorLocked(c.sendAlert(alertUnexpectedMessage))\n		}\n		c.hand.Write(data)\n",
			New: "		if expectChangeCipherSpec {\n			return c.in.setErrorLocked(c.sendAlert(alertUnexpectedMessage))\n		}\n		if len(data) == 0 {\n			return c.retryReadRecord(expectChangeCipherSpec)\n		}\n		c.hand.Write(data)\n",
		},
		{Old: "	return c.writeRecordLocked(recordTypeHandshake, data)\n}\n\n// writeChangeCipherRecord", New: "	if c.config.Profile.Packs && c.buffering { // into one record with the next\n		c.unpacked = append(c.unpacked, data...)\n		return len(data), nil\n	}\n	return c.writeRecordLocked(recordTypeHandshake, data)\n}\n\n// writeChangeCipherRecord"},
		{Old: "	outBufPtr := outBufPool.Get().(*[]byte)\n", New: "	if err := c.pack(); err != nil {\n		return 0, err\n	}\n\n	outBufPtr := outBufPool.Get().(*[]byte)\n"},
		{Old: "func (c *Conn) flush() (int, error) {\n", New: "func (c *Conn) flush() (int, error) {\n	if err := c.pack(); err != nil {\n		return 0, err\n	}\n"},
		{Old: "func (c *Conn) setWriteTrafficSecret(suite *cipherSuiteTLS13, level QUICEncryptionLevel, secret []byte) {\n", New: "func (c *Conn) setWriteTrafficSecret(suite *cipherSuiteTLS13, level QUICEncryptionLevel, secret []byte) {\n	c.pack() // a failure is the next write's, too\n"},
		{Old: "	sendBuf   []byte       // a buffer of records waiting to be sent\n", New: "	sendBuf   []byte       // a buffer of records waiting to be sent\n	unpacked  []byte       // handshake messages waiting for their record\n"},
		{Old: "	var m handshakeMessage\n	switch data[0] {", New: "	var m clientMessage\n	switch data[0] {"},
		{Old: "	if !m.unmarshal(data) {\n		return nil, c.in.setErrorLocked(c.sendAlert(alertDecodeError))", New: "	if !m.unmarshal(data) {\n		return nil, c.in.setErrorLocked(c.sendAlert(faultOf(m)))"},
		{
			Old: `	case *newSessionTicketMsgTLS13:
		return c.handleNewSessionTicket(msg)
`,
		},
		{ // a parameter by which QUIC's callers can tell an alert from other failures
			Old: "	if c.quic != nil {\n		if c.handshakeErr == nil {\n			c.quicHandshakeComplete()\n...\n	return c.handshakeErr\n}\n\n// ConnectionState returns",
			New: "	return c.handshakeErr\n}\n\n// ConnectionState returns", Sum: "787f8ab72613424e",
		},
	},
	"handshake_messages.go": {
		{Old: "	pskBinders                       [][]byte\n	quicTransportParameters          []byte\n	encryptedClientHello             []byte\n	// extensions are only populated on the server-side of a handshake\n	extensions []uint16\n", New: "	pskBinders                       [][]byte\n	encryptThenMAC                   bool\n	maxFragment                      uint8 // as it is said, 0 for none\n	recordLimit                      uint16\n	fault                            alert // what is said of a hello that can't be read\n	extensions                       []uint16\n"},
		{Old: "			return false\n		}\n		seenExts[extension] = true\n		m.extensions =", New: "			m.fault = alertIllegalParameter\n			return false\n		}\n		seenExts[extension] = true\n		m.extensions ="},
		{
			Old: "			if !extData.ReadUint8LengthPrefixed(&versList) || versList.Empty() {\n				return false\n			}\n			for !versList.Empty() {\n				var vers uint16\n				if !versList.ReadUint16(&vers) {\n					return false\n				}\n				m.supportedVersions",
			New: "			if !extData.ReadUint8LengthPrefixed(&versList) || versList.Empty() {\n				m.fault = alertProtocolVersion\n				return false\n			}\n			for !versList.Empty() {\n				var vers uint16\n				if !versList.ReadUint16(&vers) {\n					return false\n				}\n				m.supportedVersions",
		},
		{ // products take it
			Old: `				// An SNI value may not include a trailing dot.
				if strings.HasSuffix(m.serverName, ".") {
					return false
				}
`,
		},
		{Old: `		case extensionQUICTransportParameters:
			m.quicTransportParameters = make([]byte, len(extData))
			if !extData.CopyBytes(m.quicTransportParameters) {
				return false
			}
		case extensionPreSharedKey:
			// RFC 8446, Section 4.2.11
			if !extensions.Empty() {
				return false // pre_shared_key must be the last extension
			}
			var identities`, New: `		case extensionPreSharedKey:
			// RFC 8446, Section 4.2.11
			if !extensions.Empty() {
				return false // pre_shared_key must be the last extension
			}
			var identities`},
		{Old: `		case extensionEncryptedClientHello:
			if !extData.ReadBytes(&m.encryptedClientHello, len(extData)) {
				return false
			}
		default:
			// Ignore unknown extensions.
			continue
		}

		if !extData.Empty() {
			return false
		}
	}

	return true
}

func (m *clientHelloMsg) originalBytes`, New: `		default:
			if !m.more(extension, extData) {
				return false
			}
			continue
		}

		if !extData.Empty() {
			return false
		}
	}

	return true
}

func (m *clientHelloMsg) originalBytes`},
		{ // what is answered, in the product's order
			Old: "type serverHelloMsg struct {\n...\n}\n\nfunc (m *serverHelloMsg) marshal",
			New: "type serverHelloMsg struct {\n	vers              uint16\n	random            []byte\n	sessionId         []byte\n	cipherSuite       uint16\n	compressionMethod uint8\n	extensions        []extension\n}\n\nfunc (m *serverHelloMsg) marshal", Sum: "f7c0250833dd4a20",
		},
		{
			Old: "type encryptedExtensionsMsg struct {\n...\n}\n\nfunc (m *encryptedExtensionsMsg) marshal",
			New: "type encryptedExtensionsMsg struct {\n	extensions []extension\n}\n\nfunc (m *encryptedExtensionsMsg) marshal", Sum: "b66ba4087567f838",
		},
		{Old: "type newSessionTicketMsg struct {\n	ticket []byte\n}", New: "type newSessionTicketMsg struct {\n	lifetime uint32\n	ticket   []byte\n}"},
	},
	"handshake_server.go": {
		{Old: "	clientHello, ech, err := c.readClientHello(ctx)\n", New: "	clientHello, err := c.readClientHello(ctx)\n"},
		{Old: "			clientHello: clientHello,\n			echContext:  ech,\n", New: "			clientHello: clientHello,\n"},
		{Old: "	ecdheOk      bool\n	ecSignOk     bool\n	rsaDecryptOk bool\n	rsaSignOk    bool\n	sessionState *SessionState\n", New: "	sessionState *session\n	groups       []CurveID // in common, in the order in which they are taken\n	etm          bool\n"},
		{Old: "	c.ekm = ekmFromMasterSecret(c.vers, hs.suite, hs.masterSecret, hs.clientHello.random, hs.hello.random)\n", New: ""},
		{ // the product's own extensions
			Old: `	if hs.clientHello.ocspStapling && len(hs.cert.OCSPStaple) > 0 {
		hs.hello.ocspStapling = true
	}

	if hs.clientHello.serverName != "" {
		hs.hello.serverNameAck = true
	}

	hs.hello.ticketSupported = hs.clientHello.ticketSupported && !c.config.SessionTicketsDisabled
	hs.hello.cipherSuite = hs.suite.id
`,
			New: `	hs.hello.cipherSuite = hs.suite.id
	hs.extend()
`,
		},
		{
			Old: "	certMsg.certificates = hs.cert.Certificate\n	if _, err := hs.c.writeHandshakeRecord(certMsg, &hs.finishedHash); err != nil {\n		return err\n	}\n",
			New: "	certMsg.certificates = hs.cert.Certificate\n	if hs.suite.flags&suiteAnonymous == 0 {\n		if _, err := hs.c.writeHandshakeRecord(certMsg, &hs.finishedHash); err != nil {\n			return err\n		}\n	}\n",
		},
		{Old: "	if hs.hello.ocspStapling {\n		certStatus := new(certificateStatusMsg)\n		certStatus.response = hs.cert.OCSPStaple\n", New: "	if hs.hello.ocspStapling {\n"},
		{Old: "		if _, err := hs.c.writeHandshakeRecord(certStatus, &hs.finishedHash); err != nil {\n			return err\n		}\n	}\n", New: "	}\n"},
		{Old: "	skx, err := keyAgreement.generateServerKeyExchange(c.config, hs.cert, hs.clientHello, hs.hello)\n", New: "	skx, err := keyAgreement.generateServerKeyExchange(hs)\n"},
		{Old: `		if keyAgreement, ok := keyAgreement.(*ecdheKeyAgreement); ok {
			c.curveID = keyAgreement.curveID
			c.peerSigAlg = keyAgreement.signatureAlgorithm
		}
`},
		{Old: `		certReq.certificateTypes = []byte{
			byte(certTypeRSASign),
			byte(certTypeECDSASign),
		}
		if c.vers >= VersionTLS12 {
			certReq.hasSignatureAlgorithm = true
			certReq.supportedSignatureAlgorithms = supportedSignatureAlgorithms(c.vers)
		}
`, New: `		certReq.certificateTypes = c.config.Profile.certificateTypes()
		if c.vers >= VersionTLS12 {
			certReq.hasSignatureAlgorithm = true
			certReq.supportedSignatureAlgorithms = c.config.Profile.asked(c.vers)
		}
`},
		{ // the FIPS module's own
			Old: "		if fips140tls.Required() {\n			if fips140ems.Value() != \"0\" {\n				c.sendAlert(alertHandshakeFailure)\n				return errors.New(\"tls: FIPS 140-3 requires the use of Extended Master Secret\")\n			}\n			fips140ems.IncNonDefault()\n		}\n", New: "",
		},
		{Old: "	if hs.hello.extendedMasterSecret {\n		c.extMasterSecret = true\n", New: "	if hs.extendedMaster() {\n		c.extMasterSecret = true\n"},
		{Old: `	if err := c.config.writeKeyLog(keyLogLabelTLS12, hs.clientHello.random, hs.masterSecret); err != nil {
		c.sendAlert(alertInternalError)
		return err
	}
`},
		{Old: "	c.out.prepareCipherSpec(c.vers, serverCipher, serverHash)\n", New: "	c.out.prepareCipherSpec(c.vers, serverCipher, serverHash)\n	c.in.nextEtM, c.out.nextEtM = hs.etm, hs.etm\n"},
		{Old: "		c.sendAlert(alertHandshakeFailure)\n		return errors.New(\"tls: client's Finished message is incorrect\")\n", New: "		c.sendAlert(alertDecryptError)\n		return errors.New(\"tls: client's Finished message is incorrect\")\n"},
		{
			Old: "processClientKeyExchange(c.config, hs.cert, ckx, c.vers)\n	if err != nil {\n		c.sendAlert(alertIllegalParameter)\n",
			New: "processClientKeyExchange(c.config, hs.cert, ckx)\n	if err != nil {\n		c.sendAlert(hs.faultOfExchange(ckx, err))\n",
		},
	},
	"handshake_server_tls13.go": {
		{Old: "	echContext      *echServerContext\n", New: "	group           CurveID\n"},
		{Old: "	if err := hs.readClientFinished(); err != nil {\n		return err\n	}\n", New: "	if err := hs.readClientFinished(); err != nil {\n		return err\n	}\n	if err := hs.sendTickets(); err != nil {\n		return err\n	}\n"},
		{Old: `	helloRetryRequest := &serverHelloMsg{
		vers:              hs.hello.vers,
		random:            helloRetryRequestRandom,
		sessionId:         hs.hello.sessionId,
		cipherSuite:       hs.hello.cipherSuite,
		compressionMethod: hs.hello.compressionMethod,
		supportedVersion:  hs.hello.supportedVersion,
		selectedGroup:     selectedGroup,
	}
`, New: `	helloRetryRequest := &serverHelloMsg{
		vers:        hs.hello.vers,
		random:      helloRetryRequestRandom,
		sessionId:   hs.hello.sessionId,
		cipherSuite: hs.hello.cipherSuite,
		extensions:  hs.retryExtensions(selectedGroup),
	}
`},
		{Old: "		ch.ocspStapling != ch1.ocspStapling ||\n", New: ""},
		{Old: "		ch.scts != ch1.scts ||\n", New: ""},
		{Old: `	err := c.config.writeKeyLog(keyLogLabelClientHandshake, hs.clientHello.random, clientSecret)
	if err != nil {
		c.sendAlert(alertInternalError)
		return err
	}
	err = c.config.writeKeyLog(keyLogLabelServerHandshake, hs.clientHello.random, serverSecret)
	if err != nil {
		c.sendAlert(alertInternalError)
		return err
	}

	encryptedExtensions := new(encryptedExtensionsMsg)
	encryptedExtensions.alpnProtocol = c.clientProtocol
`, New: `	encryptedExtensions := &encryptedExtensionsMsg{extensions: hs.encryptedExtensions()}
`},
		{
			Old: "	if !hs.c.didResume && hs.clientHello.serverName != \"\" {\n...\n	if _, err := hs.c.writeHandshakeRecord(encryptedExtensions, hs.transcript); err != nil {",
			New: "	if _, err := hs.c.writeHandshakeRecord(encryptedExtensions, hs.transcript); err != nil {", Sum: "dea5201e02e345b3",
		},
		{Old: `		certReq.ocspStapling = true
		certReq.scts = true
		certReq.supportedSignatureAlgorithms = supportedSignatureAlgorithms(c.vers)
		certReq.supportedSignatureAlgorithmsCert = supportedSignatureAlgorithmsCert()
`, New: `		certReq.supportedSignatureAlgorithms = c.config.Profile.asked(c.vers)
`},
		{Old: `	certMsg.scts = hs.clientHello.scts && len(hs.cert.SignedCertificateTimestamps) > 0
	certMsg.ocspStapling = hs.clientHello.ocspStapling && len(hs.cert.OCSPStaple) > 0
`},
		{Old: `	err := c.config.writeKeyLog(keyLogLabelClientTraffic, hs.clientHello.random, hs.trafficSecret)
	if err != nil {
		c.sendAlert(alertInternalError)
		return err
	}
	err = c.config.writeKeyLog(keyLogLabelServerTraffic, hs.clientHello.random, serverSecret)
	if err != nil {
		c.sendAlert(alertInternalError)
		return err
	}

	c.ekm = hs.suite.exportKeyingMaterial(hs.masterSecret, hs.transcript)
`},
		{Old: `		if !isSupportedSignatureAlgorithm(certVerify.signatureAlgorithm, supportedSignatureAlgorithms(c.vers)) ||
			!isSupportedSignatureAlgorithm(certVerify.signatureAlgorithm, signatureSchemesForPublicKey(c.vers, c.peerCertificates[0].PublicKey)) {
`, New: `		if !isSupportedSignatureAlgorithm(certVerify.signatureAlgorithm, c.config.Profile.asked(c.vers)) ||
			!isSupportedSignatureAlgorithm(certVerify.signatureAlgorithm, schemesOf(c.vers, c.peerCertificates[0].PublicKey)) {
`},
	},
	"key_agreement.go": {
		{Old: "func (ka rsaKeyAgreement) generateServerKeyExchange(config *Config, cert *Certificate, clientHello *clientHelloMsg, hello *serverHelloMsg) (*serverKeyExchangeMsg, error) {", New: "func (ka rsaKeyAgreement) generateServerKeyExchange(*serverHandshakeState) (*serverKeyExchangeMsg, error) {"},
		{Old: "func (ka rsaKeyAgreement) processClientKeyExchange(config *Config, cert *Certificate, ckx *clientKeyExchangeMsg, version uint16) ([]byte, error) {", New: "func (ka rsaKeyAgreement) processClientKeyExchange(config *Config, cert *Certificate, ckx *clientKeyExchangeMsg) ([]byte, error) {"},
	},
	"prf.go": {
		{Old: "		return tls12.PRF(hashFunc, secret, label, seed, keyLen)\n", New: "		result := make([]byte, keyLen)\n		pHash(result, secret, append([]byte(label), seed...), hashFunc)\n		return result\n"},
		{Old: `	prf, hash := prfAndHashForVersion(version, suite)
	if version == VersionTLS12 {
		// Use the FIPS 140-3 module only for TLS 1.2 with EMS, which is the
		// only TLS 1.0-1.2 approved mode per IG D.Q.
		return tls12.MasterSecret(hash.New, preMasterSecret, transcript)
	}
	return prf(preMasterSecret`, New: `	return prfForVersion(version, suite)(preMasterSecret`},
	},
	"tls13.go": {
		{Old: "	return hkdf.Expand(hash, secret, string(hkdfLabel), length)\n", New: "	return expand(hash, secret, hkdfLabel, length)\n"},
		{Old: "	return hkdf.Extract(hash, newSecret, currentSecret)\n", New: "	return extractKey(hash, newSecret, currentSecret)\n"},
		{Old: "	\"crypto/internal/fips140/hkdf\"\n	\"crypto/internal/fips140deps/byteorder\"\n", New: "	\"encoding/binary\"\n"},
		{Old: "	hkdfLabel = byteorder.BEAppendUint16(hkdfLabel, uint16(length))\n", New: "	hkdfLabel = binary.BigEndian.AppendUint16(hkdfLabel, uint16(length))\n"},
	},
}
