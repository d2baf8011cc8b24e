package main

import "decnet/decoy/internal/upstream"

// files of golang.org/x/crypto/ssh that have something of a server's.
var files = []string{
	"ssh/buffer.go", "ssh/certs.go", "ssh/channel.go", "ssh/cipher.go", "ssh/common.go", "ssh/connection.go", "ssh/handshake.go", "ssh/kex.go", "ssh/keys.go", "ssh/mac.go", "ssh/messages.go", "ssh/mux.go", "ssh/server.go", "ssh/ssh_gss.go", "ssh/transport.go",
}

// roots are the names that the decoy uses; the package's own files are looked into for theirs.
var roots = []string{
	"NewServerConn", "ServerConn", "ServerConfig", "NewChannel", "Request", "NewSignerFromKey", "NewSignerWithAlgorithms", "AlgorithmSigner", "AlgorithmsConnMetadata", "MarshalAuthorizedKey", "FingerprintSHA256",
	"Unmarshal", "Marshal", "ConnectionFailed", "Prohibited", "UnknownChannelType", "KeyAlgoRSASHA512", "KeyAlgoRSASHA256", "KeyAlgoRSA",
}

// dropMethods are a client's, and those that are written anew.
var dropMethods = []string{"Client", "handshakeTransport.client", "Config.SetDefaults"}

var edits = map[string][]upstream.Edit{
	"buffer.go": { // what waits in a buffer is counted
		{Old: "	closed bool\n}", New: "	closed bool\n\n	unread *unread // the connection's\n	held   int64   // bytes that are counted in there\n	gone   bool    // nobody reads\n}"},
		{Old: "func newBuffer() *buffer {", New: "func newBuffer(unread *unread) *buffer {"},
		{Old: "		tail: e,\n", New: "		tail: e,\n\n		unread: unread,\n"},
		{
			Old: "func (b *buffer) write(buf []byte) {\n	b.Cond.L.Lock()\n	e := &element{buf: buf}\n	b.tail.next = e\n	b.tail = e\n	b.Cond.Signal()\n	b.Cond.L.Unlock()\n}",
			New: "func (b *buffer) write(buf []byte) error {\n	size := int64(len(buf) + packetCost)\n	if err := b.unread.add(size); err != nil {\n		return err\n	}\n	b.Cond.L.Lock()\n	defer b.Cond.L.Unlock()\n	if b.gone {\n		b.unread.drop(size)\n		return nil\n	}\n	b.held += size\n" +
				"	e := &element{buf: buf}\n	b.tail.next = e\n	b.tail = e\n	b.Cond.Signal()\n	return nil\n}",
		},
		{Old: "			n += r\n			continue\n", New: "			n += r\n			b.taken(r)\n			continue\n"},
	},
	"common.go": {
		{ // the lists of a library for everybody
			Old: "func init() {\n\tsupportedHostKeyAlgos = slices.Concat",
			New: "func initLists() {\n\tsupportedHostKeyAlgos = slices.Concat",
		},
		{
			Old: "	// The allowed MAC algorithms. If unspecified then a sensible default is\n	// used. Unsupported values are silently ignored.\n	MACs []string\n}",
			New: "	// Product is whose wire it is: what is offered, and how.\n	Product *Product\n\n	// Backlog bounds what all clients have sent and nobody has read; nil is without bounds.\n	Backlog *Backlog\n\n	// cookie is that of the first KEXINIT, when Hello has sent it already.\n	cookie *[16]byte\n}",
		},
		{
			Old: "	// The allowed key exchanges algorithms. If unspecified then a default set\n...\n	Ciphers []string\n\n",
			New: "", Sum: "4114247d009d5060",
		},
	},
	"kex.go": {
		{ // a client's half
			Old: "\n	// Client runs the client-side key agreement. Caller is\n	// responsible for verifying the host key signature.\n	Client(p packetConn, rand io.Reader, magics *handshakeMagics) (*kexResult, error)\n",
			New: "",
		},
		{ // products that know it are not among ours
			Old: "	// mlkem768x25519-sha256 we'll work with fips140=on but not fips140=only\n	// until Go 1.26.\n	kexAlgoMap[KeyExchangeMLKEM768X25519] = &mlkem768WithCurve25519sha256{}\n",
			New: "",
		},
		{
			Old: "	if fips140.Enabled() {\n		defaultKexAlgos = slices.DeleteFunc(defaultKexAlgos, func(algo string) bool {\n			_, ok := kexAlgoMap[algo]\n			return !ok\n		})\n		return\n	}\n\n",
			New: "",
		},
		{ // a private exponent as short as sshd's: an exchange must not cost a fifth of a second
			Old: "		if y, err = rand.Int(randSource, group.pMinus1); err != nil {",
			New: "		if y, err = exponent(randSource, group.pMinus1); err != nil {",
		},
		{Old: "	y, err := rand.Int(randSource, pHalf)", New: "	y, err := exponent(randSource, pHalf)"},
		{ // sshd has groups up to 8,192 bits
			Old: "	// Furthermore, we also check that the required MinBits are less than or\n	// equal to 4096 because we can use up to Oakley Group 16.\n",
			New: "	// Furthermore, we also check that the required MinBits are less than or\n	// equal to 8192, which is the largest in sshd's file.\n",
		},
		{Old: "		kexDHGexRequest.MinBits > 4096 {", New: "		kexDHGexRequest.MinBits > 8192 {"},
		{Old: "	p, err := chooseDH(kexDHGexRequest)", New: "	p, g, err := chooseModulus(randSource, kexDHGexRequest)"},
		{Old: "	g := big.NewInt(2)\n	msg := &kexDHGexGroupMsg{\n		P: p,", New: "	msg := &kexDHGexGroupMsg{\n		P: p,"},
	},
	"mac.go": {
		{
			Old: "	if fips140.Enabled() {\n		defaultMACs = slices.DeleteFunc(defaultMACs, func(algo string) bool {\n			_, ok := macModes[algo]\n			return !ok\n		})\n		return\n	}\n\n",
			New: "",
		},
	},
	"cipher.go": {
		{ // the one that others may import
			Old: "\"golang.org/x/crypto/internal/poly1305\"", New: "\"golang.org/x/crypto/poly1305\"",
		},
		{
			Old: "	if fips140.Enabled() {\n		defaultCiphers = slices.DeleteFunc(defaultCiphers, func(algo string) bool {\n			_, ok := cipherModes[algo]\n			return !ok\n		})\n		return\n	}\n\n",
			New: "",
		},
		{ // what no product of ours offers
			Old: "	cipherModes[InsecureCipherRC4128] = &cipherMode{16, 0, streamCipherMode(1536, newRC4)}\n	cipherModes[InsecureCipherRC4256] = &cipherMode{32, 0, streamCipherMode(1536, newRC4)}\n	cipherModes[InsecureCipherRC4] = &cipherMode{16, 0, streamCipherMode(0, newRC4)}\n",
			New: "",
		},
		{ // before there are keys, products pad to eight bytes
			Old: "	paddingLength := packetSizeMultiple - (prefixLen+len(packet)-aadlen)%packetSizeMultiple\n	if paddingLength < 4 {\n		paddingLength += packetSizeMultiple\n	}\n\n	length := len(packet) + 1 + paddingLength",
			New: "	multiple := s.multiple()\n	paddingLength := multiple - (prefixLen+len(packet)-aadlen)%multiple\n	if paddingLength < 4 {\n		paddingLength += multiple\n	}\n\n	length := len(packet) + 1 + paddingLength",
		},
	},
	"keys.go": {
		{Old: "	case KeyAlgoMLDSA44, KeyAlgoMLDSA65, KeyAlgoMLDSA87:\n		return parseMLDSA(in, algo)\n", New: ""},
		{
			Old: "		pub, err := newMLDSAPublicKey(key)\n		if errors.Is(err, errNotMLDSAKey) {\n			return nil, fmt.Errorf(\"ssh: unsupported key type %T\", key)\n		} else if err != nil {\n			return nil, err\n		}\n		return pub, nil\n",
			New: "		return nil, fmt.Errorf(\"ssh: unsupported key type %T\", key)\n",
		},
	},
	"handshake.go": {
		{ // a client's
			Old: "	// data for host key checking\n	hostKeyCallback HostKeyCallback\n	dialAddress     string\n	remoteAddr      net.Addr\n\n	// bannerCallback is non-empty if we are the client and it has been set in\n	// ClientConfig. In that case it is called during the user authentication\n	// dance to handle a custom server's message.\n	bannerCallback BannerCallback\n\n",
			New: "",
		},
		{
			Old: "	if len(t.hostKeys) > 0 {\n		result, err = t.server(kex, &magics)\n	} else {\n		result, err = t.client(kex, &magics)\n	}\n",
			New: "	result, err = t.server(kex, &magics)\n",
		},
		{ // the product's offer, the same at each exchange
			Old: "	msg := &kexInitMsg{\n...\n	packet := Marshal(msg)\n\n	// writePacket destroys",
			New: "	msg := t.config.offer(t.sessionID == nil)\n	packet := Marshal(msg)\n\n	// writePacket destroys", Sum: "b2502f95335539da",
		},
		{ // a packet may have a quarter of a megabyte: one waits, not sixteen
			Old: "const chanSize = 16\n",
			New: "const chanSize = 1\n",
		},
		{ // and what a server has to say while a client that has begun a key exchange does not go on with it
			Old: "const maxPendingPackets = 64\n",
			New: "const maxPendingPackets = 8\n",
		},
		{Old: "	if t.readPacketsLeft > 0 {\n		t.readPacketsLeft--\n", New: "	if err := t.tooLong(p); err != nil {\n		return nil, err\n	}\n\n	if t.readPacketsLeft > 0 {\n		t.readPacketsLeft--\n"},
		{ // once the connection is closed nobody takes packets any more
			Old: "	kexLoopDone chan struct{} // closed (with writeError non-nil) when kexLoop exits\n",
			New: "	kexLoopDone chan struct{} // closed (with writeError non-nil) when kexLoop exits\n\n	gone     chan struct{} // closed by Close\n	goneOnce sync.Once\n",
		},
		{Old: "		kexLoopDone:   make(chan struct{}),\n", New: "		kexLoopDone:   make(chan struct{}),\n		gone:          make(chan struct{}),\n"},
		{Old: "		t.incoming <- p\n", New: "		if err := t.deliver(p); err != nil {\n			t.readError = err\n			close(t.incoming)\n			break\n		}\n"},
		{Old: "	err := t.conn.Close()\n\n	// Wait for", New: "	t.goneOnce.Do(func() { close(t.gone) })\n	err := t.conn.Close()\n\n	// Wait for"},
		{ // a packet of a type that there is not
			Old: "		if err != nil {\n			t.readError = err\n			close(t.incoming)\n			break\n		}\n",
			New: "		if err == nil {\n			err = t.config.Product.refuse(t, p[0])\n		}\n		if err != nil {\n			t.readError = err\n			close(t.incoming)\n			break\n		}\n",
		},
		{ // a further key exchange is for those who have logged in
			Old: "	firstKex := t.sessionID == nil\n\n	kex := pendingKex{",
			New: "	firstKex := t.sessionID == nil\n	if !firstKex {\n		if soon, err := t.tooSoon(); soon {\n			return []byte{msgIgnore}, err\n		}\n	}\n\n	kex := pendingKex{",
		},
		{ // only who has offered it keeps to it
			Old: "(!isClient && slices.Contains(clientInit.KexAlgos, kexStrictClient))) {",
			New: "(!isClient && slices.Contains(clientInit.KexAlgos, kexStrictClient) && slices.Contains(serverInit.KexAlgos, kexStrictServer))) {",
		},
		{ // the product's own EXT_INFO
			Old: "		supportedPubKeyAuthAlgosList := strings.Join(t.publicKeyAuthAlgorithms, \",\")\n...\n		if err := t.conn.writePacket(Marshal(extInfo)); err != nil {\n			return err\n		}\n",
			New: "		if extInfo := t.config.Product.extInfo(); extInfo != nil {\n			if err := t.conn.writePacket(Marshal(extInfo)); err != nil {\n				return err\n			}\n		}\n", Sum: "d49beb666e334747",
		},
	},
	"transport.go": {
		{Old: "	strictMode     bool\n	initialKEXDone bool\n}", New: "	strictMode     bool\n	initialKEXDone bool\n\n	zeroPadding bool        // of packets that are not encrypted\n	loggedIn    atomic.Bool // from then on packets are compressed, where that is agreed\n}"},
		{Old: "	\"io\"\n	\"log\"\n)", New: "	\"io\"\n	\"log\"\n	\"sync/atomic\"\n)"},
		{Old: "	ciph, err := newPacketCipher(t.reader.dir, algs.Read, kexResult)", New: "	ciph, err := t.newCipher(t.reader.dir, algs.Read, kexResult)"},
		{Old: "	ciph, err = newPacketCipher(t.writer.dir, algs.Write, kexResult)", New: "	ciph, err = t.newCipher(t.writer.dir, algs.Write, kexResult)"},
		{Old: "	return t.writer.writePacket(t.bufWriter, t.rand, packet, t.strictMode)", New: "	return t.writer.writePacket(t.bufWriter, t.padding(), packet, t.strictMode)"},
	},
	"channel.go": {
		{ // a product's own window
			Old: "		myWindow:           channelWindowSize,\n", New: "		myWindow:           m.product.Window,\n		fullWindow:         m.product.Window,\n",
		},
		{Old: "		maxIncomingPayload: channelMaxPacket,\n", New: "		maxIncomingPayload: m.product.MaxPacket,\n"},
		{Old: "	if (channelWindowSize-c.myWindow > 3*c.maxIncomingPayload) ||\n		(c.myWindow < channelWindowSize/2) {", New: "	if (c.fullWindow-c.myWindow > 3*c.maxIncomingPayload) ||\n		(c.myWindow < c.fullWindow/2) {"},
		{ // products name no language
			Old: "		Reason:   reason,\n		Message:  message,\n		Language: \"en\",\n", New: "		Reason:   reason,\n		Message:  message,\n",
		},
		{Old: "		MyWindow:      ch.myWindow,\n", New: "		MyWindow:      ch.firstWindow(),\n"},
		{Old: "	myWindow   uint32\n", New: "	myWindow   uint32\n	fullWindow uint32\n"},
		{Old: "		pending:            newBuffer(),\n		extPending:         newBuffer(),\n", New: "		pending:            newBuffer(m.unread),\n		extPending:         newBuffer(m.unread),\n"},
		{Old: "	if extended == 1 {\n		ch.extPending.write(data)\n", New: "	if extended == 1 {\n		return ch.extPending.write(data)\n"},
		{Old: "	} else {\n		ch.pending.write(data)\n	}\n", New: "	} else {\n		return ch.pending.write(data)\n	}\n"},
		{ // who closes a channel reads no more of it
			Old: "	return ch.sendMessage(channelCloseMsg{\n", New: "	ch.pending.discard()\n	ch.extPending.discard()\n\n	return ch.sendMessage(channelCloseMsg{\n",
		},
	},
	"mux.go": {
		{Old: "type mux struct {\n	conn     packetConn\n", New: "type mux struct {\n	conn     packetConn\n	product  *Product\n	unread   *unread\n"},
		{Old: "func newMux(p packetConn) *mux {\n	m := &mux{\n		conn:             p,\n", New: "func newMux(p packetConn, product *Product, backlog *Backlog) *mux {\n	m := &mux{\n		conn:             p,\n		product:          product,\n		unread:           &unread{of: backlog},\n"},
	},
	"server.go": {
		{ // what reads and what exchanges keys ends, too
			Old: "	if err != nil {\n		c.Close()\n		return nil, nil, nil, err\n	}\n	return &ServerConn",
			New: "	if err != nil {\n		c.Close()\n		if s.transport != nil {\n			s.transport.Close()\n		}\n		return nil, nil, nil, err\n	}\n	return &ServerConn",
		},
		{Old: "	\"strings\"\n)", New: "	\"strings\"\n	\"time\"\n)"},
		{ // the lists of those that may be chosen have gone
			Old: "	if len(fullConf.PublicKeyAuthAlgorithms) == 0 {\n...\n	s := &connection{\n",
			New: "	fullConf.PublicKeyAuthAlgorithms = defaultPubKeyAuthAlgos\n\n	s := &connection{\n", Sum: "82046fe33f5a4f3b",
		},
		{Old: "	s.clientVersion, err = exchangeVersions(s.sshConn.conn, s.serverVersion)", New: "	s.clientVersion, err = config.Product.identify(s.sshConn.conn, config)"},
		{
			Old: "	tr := newTransport(s.sshConn.conn, config.Rand, false /* not client */)\n",
			New: "	tr := newTransport(s.sshConn.conn, config.Rand, false /* not client */)\n	tr.zeroPadding = !config.Product.RandomPadding\n",
		},
		{ // OpenSSH says why it hangs up
			Old: "	if serviceRequest.Service != serviceUserAuth {\n",
			New: "	if serviceRequest.Service != serviceUserAuth {\n		config.Product.disconnect(s.transport, \"bad service request \"+serviceRequest.Service)\n",
		},
		{ // whoever began as one user may not go on as another
			Old: "		if s.user != userAuthReq.User && partialSuccessReturned {\n",
			New: "		if s.user != userAuthReq.User && authAttempts > 1 {\n			config.Product.disconnect(s.transport, fmt.Sprintf(\"Change of username or service not allowed: (%s,%s) -> (%s,%s)\", s.user, serviceSSH, userAuthReq.User, userAuthReq.Service))\n",
		},
		{
			Old: "		if err := s.transport.writePacket(Marshal(&failureMsg)); err != nil {\n",
			New: "		config.settle(began, s.user)\n		if err := s.transport.writePacket(Marshal(&failureMsg)); err != nil {\n",
		},
		{ // who has been told of ext-info-s may send an EXT_INFO first
			Old: "	var packet []byte\n	if packet, err = s.transport.readPacket(); err != nil {\n		return nil, err\n	}\n\n	var serviceRequest serviceRequestMsg",
			New: "	var packet []byte\n	var again bool\n	if packet, again, err = readServiceRequest(s.transport, config.Product); err != nil {\n		return nil, err\n	}\n\n	var serviceRequest serviceRequestMsg",
		},
		{Old: "	if err := s.transport.writePacket(Marshal(&serviceAccept)); err != nil {\n		return nil, err\n	}\n\n	perms, err := s.serverAuthenticate(config)", New: "	if err := s.transport.writePacket(Marshal(&serviceAccept)); err != nil {\n		return nil, err\n	}\n\n	perms, err := s.serverAuthenticate(config, again)"},
		{Old: "func (s *connection) serverAuthenticate(config *ServerConfig) (*Permissions, error) {", New: "func (s *connection) serverAuthenticate(config *ServerConfig, extInfoAgain bool) (*Permissions, error) {"},
		{
			Old: "		if userAuthReq.Service != serviceSSH {",
			New: "		began := time.Now()\n		if extInfoAgain { // before the first answer\n			extInfoAgain = false\n			if err := s.transport.writePacket(Marshal(config.Product.extInfoInAuth())); err != nil {\n				return nil, err\n			}\n		}\n\n		if userAuthReq.Service != serviceSSH {",
		},
		{ // what OpenSSH's clients do since 8.9, where the server says that it knows of it
			Old: "		case \"publickey\":\n			if authConfig.PublicKeyCallback == nil {",
			New: "		case \"publickey\", methodHostBound:\n			if authConfig.PublicKeyCallback == nil || userAuthReq.Method == methodHostBound && !config.Product.hostBound() {",
		},
		{
			Old: "			pubKeyData, payload, ok := parseString(payload)\n			if !ok {\n				return nil, parseError(msgUserAuthRequest)\n			}\n",
			New: "			pubKeyData, payload, ok := parseString(payload)\n			if !ok {\n				return nil, parseError(msgUserAuthRequest)\n			}\n			var bound []byte // the host key that the client has seen\n			if userAuthReq.Method == methodHostBound {\n				if bound, payload, ok = parseString(payload); !ok {\n					return nil, parseError(msgUserAuthRequest)\n				}\n				if !config.hasHostKey(bound) {\n					authErr = errors.New(\"ssh: bound to another host's key\")\n					break\n				}\n			}\n",
		},
		{
			Old: "				signedData := buildDataSignedForAuth(sessionID, userAuthReq, algo, pubKeyData)\n",
			New: "				signedData := buildDataSignedForAuth(sessionID, userAuthReq, algo, pubKeyData)\n				if userAuthReq.Method == methodHostBound {\n					signedData = appendString(signedData, string(bound))\n				}\n",
		},
		{Old: "	s.mux = newMux(s.transport)\n", New: "	s.mux = newMux(s.transport, config.Product, config.Backlog)\n"},
		{
			Old: "			discMsg := &disconnectMsg{\n				Reason:  2,\n				Message: \"too many authentication failures\",\n			}\n\n			if err := s.transport.writePacket(Marshal(discMsg)); err != nil {\n				return nil, err\n			}\n",
			New: "			discMsg := &disconnectMsg{\n				Reason:  2,\n				Message: config.Product.TooMany,\n			}\n\n			if discMsg.Message == \"\" { // some only hang up\n				return nil, &ServerAuthError{Errors: authErrs}\n			}\n			if err := s.transport.writePacket(Marshal(discMsg)); err != nil {\n				return nil, err\n			}\n",
		},
		{
			Old: "		if authConfig.PasswordCallback != nil {\n			failureMsg.Methods = append(failureMsg.Methods, \"password\")\n		}\n		if authConfig.PublicKeyCallback != nil {\n			failureMsg.Methods = append(failureMsg.Methods, \"publickey\")\n		}\n		if authConfig.KeyboardInteractiveCallback != nil {\n			failureMsg.Methods = append(failureMsg.Methods, \"keyboard-interactive\")\n		}\n		if gssapiWithMICConfigured(authConfig.GSSAPIWithMICConfig) {\n			failureMsg.Methods = append(failureMsg.Methods, \"gssapi-with-mic\")\n		}\n",
			New: "		failureMsg.Methods = config.Product.AuthMethods\n",
		},
	},
}
