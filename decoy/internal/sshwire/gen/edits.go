package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// files of golang.org/x/crypto/ssh that have something of a server's.
var files = []string{
	"buffer.go", "certs.go", "channel.go", "cipher.go", "common.go", "connection.go", "handshake.go", "kex.go", "keys.go", "mac.go", "messages.go", "mux.go", "server.go", "ssh_gss.go", "transport.go",
}

// roots are the names that the decoy uses; the package's own files are looked into for theirs.
var roots = []string{
	"NewServerConn", "ServerConn", "ServerConfig", "NewChannel", "Request", "NewSignerFromKey", "NewSignerWithAlgorithms", "AlgorithmSigner", "AlgorithmsConnMetadata", "MarshalAuthorizedKey", "FingerprintSHA256",
	"Unmarshal", "Marshal", "ConnectionFailed", "Prohibited", "UnknownChannelType", "KeyAlgoRSASHA512", "KeyAlgoRSASHA256", "KeyAlgoRSA",
}

// dropMethods are a client's, and those that are written anew.
var dropMethods = []string{"Client", "handshakeTransport.client", "Config.SetDefaults"}

// textEdit replaces old by new. A line of "..." in old stands for any lines, whose hash sum is: they may not change unseen.
type textEdit struct{ old, new, sum string }

// apply makes the edit, whose text must be there exactly once.
func (e textEdit) apply(text string) (string, error) {
	begin, end, gap := strings.Cut(e.old, "\n...\n")
	if n := strings.Count(text, begin); n != 1 {
		return "", fmt.Errorf("what is to be edited is there %d times, not once:\n%s", n, begin)
	}
	from := strings.Index(text, begin)
	to := from + len(begin)
	if gap {
		n := strings.Index(text[to:], "\n"+end)
		if n < 0 {
			return "", fmt.Errorf("what is to be edited does not end:\n%s", end)
		}
		sum := sha256.Sum256([]byte(text[to : to+n]))
		if got := hex.EncodeToString(sum[:8]); got != e.sum {
			return "", fmt.Errorf("what is cut has changed (its sum is %s): look what upstream does there now\n%s", got, begin)
		}
		to += n + 1 + len(end)
	}
	return text[:from] + e.new + text[to:], nil
}

var edits = map[string][]textEdit{
	"buffer.go": { // what waits in a buffer is counted
		{old: "	closed bool\n}", new: "	closed bool\n\n	unread *unread // the connection's\n	held   int64   // bytes that are counted in there\n	gone   bool    // nobody reads\n}"},
		{old: "func newBuffer() *buffer {", new: "func newBuffer(unread *unread) *buffer {"},
		{old: "		tail: e,\n", new: "		tail: e,\n\n		unread: unread,\n"},
		{
			old: "func (b *buffer) write(buf []byte) {\n	b.Cond.L.Lock()\n	e := &element{buf: buf}\n	b.tail.next = e\n	b.tail = e\n	b.Cond.Signal()\n	b.Cond.L.Unlock()\n}",
			new: "func (b *buffer) write(buf []byte) error {\n	size := int64(len(buf) + packetCost)\n	if err := b.unread.add(size); err != nil {\n		return err\n	}\n	b.Cond.L.Lock()\n	defer b.Cond.L.Unlock()\n	if b.gone {\n		b.unread.drop(size)\n		return nil\n	}\n	b.held += size\n" +
				"	e := &element{buf: buf}\n	b.tail.next = e\n	b.tail = e\n	b.Cond.Signal()\n	return nil\n}",
		},
		{old: "			n += r\n			continue\n", new: "			n += r\n			b.taken(r)\n			continue\n"},
	},
	"common.go": {
		{ // the lists of a library for everybody
			old: "func init() {\n\tsupportedHostKeyAlgos = slices.Concat",
			new: "func initLists() {\n\tsupportedHostKeyAlgos = slices.Concat",
		},
		{
			old: "	// The allowed MAC algorithms. If unspecified then a sensible default is\n	// used. Unsupported values are silently ignored.\n	MACs []string\n}",
			new: "	// Product is whose wire it is: what is offered, and how.\n	Product *Product\n\n	// Backlog bounds what all clients have sent and nobody has read; nil is without bounds.\n	Backlog *Backlog\n\n	// cookie is that of the first KEXINIT, when Hello has sent it already.\n	cookie *[16]byte\n}",
		},
		{
			old: "	// The allowed key exchanges algorithms. If unspecified then a default set\n...\n	Ciphers []string\n\n",
			new: "", sum: "4114247d009d5060",
		},
	},
	"kex.go": {
		{ // a client's half
			old: "\n	// Client runs the client-side key agreement. Caller is\n	// responsible for verifying the host key signature.\n	Client(p packetConn, rand io.Reader, magics *handshakeMagics) (*kexResult, error)\n",
			new: "",
		},
		{ // products that know it are not among ours
			old: "	// mlkem768x25519-sha256 we'll work with fips140=on but not fips140=only\n	// until Go 1.26.\n	kexAlgoMap[KeyExchangeMLKEM768X25519] = &mlkem768WithCurve25519sha256{}\n",
			new: "",
		},
		{
			old: "	if fips140.Enabled() {\n		defaultKexAlgos = slices.DeleteFunc(defaultKexAlgos, func(algo string) bool {\n			_, ok := kexAlgoMap[algo]\n			return !ok\n		})\n		return\n	}\n\n",
			new: "",
		},
		{ // a private exponent as short as sshd's: an exchange must not cost a fifth of a second
			old: "		if y, err = rand.Int(randSource, group.pMinus1); err != nil {",
			new: "		if y, err = exponent(randSource, group.pMinus1); err != nil {",
		},
		{old: "	y, err := rand.Int(randSource, pHalf)", new: "	y, err := exponent(randSource, pHalf)"},
		{ // sshd has groups up to 8,192 bits
			old: "	// Furthermore, we also check that the required MinBits are less than or\n	// equal to 4096 because we can use up to Oakley Group 16.\n",
			new: "	// Furthermore, we also check that the required MinBits are less than or\n	// equal to 8192, which is the largest in sshd's file.\n",
		},
		{old: "		kexDHGexRequest.MinBits > 4096 {", new: "		kexDHGexRequest.MinBits > 8192 {"},
		{old: "	p, err := chooseDH(kexDHGexRequest)", new: "	p, g, err := chooseModulus(randSource, kexDHGexRequest)"},
		{old: "	g := big.NewInt(2)\n	msg := &kexDHGexGroupMsg{\n		P: p,", new: "	msg := &kexDHGexGroupMsg{\n		P: p,"},
	},
	"mac.go": {
		{
			old: "	if fips140.Enabled() {\n		defaultMACs = slices.DeleteFunc(defaultMACs, func(algo string) bool {\n			_, ok := macModes[algo]\n			return !ok\n		})\n		return\n	}\n\n",
			new: "",
		},
	},
	"cipher.go": {
		{ // the one that others may import
			old: "\"golang.org/x/crypto/internal/poly1305\"", new: "\"golang.org/x/crypto/poly1305\"",
		},
		{
			old: "	if fips140.Enabled() {\n		defaultCiphers = slices.DeleteFunc(defaultCiphers, func(algo string) bool {\n			_, ok := cipherModes[algo]\n			return !ok\n		})\n		return\n	}\n\n",
			new: "",
		},
		{ // what no product of ours offers
			old: "	cipherModes[InsecureCipherRC4128] = &cipherMode{16, 0, streamCipherMode(1536, newRC4)}\n	cipherModes[InsecureCipherRC4256] = &cipherMode{32, 0, streamCipherMode(1536, newRC4)}\n	cipherModes[InsecureCipherRC4] = &cipherMode{16, 0, streamCipherMode(0, newRC4)}\n",
			new: "",
		},
		{ // before there are keys, products pad to eight bytes
			old: "	paddingLength := packetSizeMultiple - (prefixLen+len(packet)-aadlen)%packetSizeMultiple\n	if paddingLength < 4 {\n		paddingLength += packetSizeMultiple\n	}\n\n	length := len(packet) + 1 + paddingLength",
			new: "	multiple := s.multiple()\n	paddingLength := multiple - (prefixLen+len(packet)-aadlen)%multiple\n	if paddingLength < 4 {\n		paddingLength += multiple\n	}\n\n	length := len(packet) + 1 + paddingLength",
		},
	},
	"keys.go": {
		{old: "	case KeyAlgoMLDSA44, KeyAlgoMLDSA65, KeyAlgoMLDSA87:\n		return parseMLDSA(in, algo)\n", new: ""},
		{
			old: "		pub, err := newMLDSAPublicKey(key)\n		if errors.Is(err, errNotMLDSAKey) {\n			return nil, fmt.Errorf(\"ssh: unsupported key type %T\", key)\n		} else if err != nil {\n			return nil, err\n		}\n		return pub, nil\n",
			new: "		return nil, fmt.Errorf(\"ssh: unsupported key type %T\", key)\n",
		},
	},
	"handshake.go": {
		{ // a client's
			old: "	// data for host key checking\n	hostKeyCallback HostKeyCallback\n	dialAddress     string\n	remoteAddr      net.Addr\n\n	// bannerCallback is non-empty if we are the client and it has been set in\n	// ClientConfig. In that case it is called during the user authentication\n	// dance to handle a custom server's message.\n	bannerCallback BannerCallback\n\n",
			new: "",
		},
		{
			old: "	if len(t.hostKeys) > 0 {\n		result, err = t.server(kex, &magics)\n	} else {\n		result, err = t.client(kex, &magics)\n	}\n",
			new: "	result, err = t.server(kex, &magics)\n",
		},
		{ // the product's offer, the same at each exchange
			old: "	msg := &kexInitMsg{\n...\n	packet := Marshal(msg)\n\n	// writePacket destroys",
			new: "	msg := t.config.offer(t.sessionID == nil)\n	packet := Marshal(msg)\n\n	// writePacket destroys", sum: "b2502f95335539da",
		},
		{ // a packet may have a quarter of a megabyte: one waits, not sixteen
			old: "const chanSize = 16\n",
			new: "const chanSize = 1\n",
		},
		{ // and what a server has to say while a client that has begun a key exchange does not go on with it
			old: "const maxPendingPackets = 64\n",
			new: "const maxPendingPackets = 8\n",
		},
		{old: "	if t.readPacketsLeft > 0 {\n		t.readPacketsLeft--\n", new: "	if err := t.tooLong(p); err != nil {\n		return nil, err\n	}\n\n	if t.readPacketsLeft > 0 {\n		t.readPacketsLeft--\n"},
		{ // once the connection is closed nobody takes packets any more
			old: "	kexLoopDone chan struct{} // closed (with writeError non-nil) when kexLoop exits\n",
			new: "	kexLoopDone chan struct{} // closed (with writeError non-nil) when kexLoop exits\n\n	gone     chan struct{} // closed by Close\n	goneOnce sync.Once\n",
		},
		{old: "		kexLoopDone:   make(chan struct{}),\n", new: "		kexLoopDone:   make(chan struct{}),\n		gone:          make(chan struct{}),\n"},
		{old: "		t.incoming <- p\n", new: "		if err := t.deliver(p); err != nil {\n			t.readError = err\n			close(t.incoming)\n			break\n		}\n"},
		{old: "	err := t.conn.Close()\n\n	// Wait for", new: "	t.goneOnce.Do(func() { close(t.gone) })\n	err := t.conn.Close()\n\n	// Wait for"},
		{ // a packet of a type that there is not
			old: "		if err != nil {\n			t.readError = err\n			close(t.incoming)\n			break\n		}\n",
			new: "		if err == nil {\n			err = t.config.Product.refuse(t, p[0])\n		}\n		if err != nil {\n			t.readError = err\n			close(t.incoming)\n			break\n		}\n",
		},
		{ // a further key exchange is for those who have logged in
			old: "	firstKex := t.sessionID == nil\n\n	kex := pendingKex{",
			new: "	firstKex := t.sessionID == nil\n	if !firstKex {\n		if soon, err := t.tooSoon(); soon {\n			return []byte{msgIgnore}, err\n		}\n	}\n\n	kex := pendingKex{",
		},
		{ // only who has offered it keeps to it
			old: "(!isClient && slices.Contains(clientInit.KexAlgos, kexStrictClient))) {",
			new: "(!isClient && slices.Contains(clientInit.KexAlgos, kexStrictClient) && slices.Contains(serverInit.KexAlgos, kexStrictServer))) {",
		},
		{ // the product's own EXT_INFO
			old: "		supportedPubKeyAuthAlgosList := strings.Join(t.publicKeyAuthAlgorithms, \",\")\n...\n		if err := t.conn.writePacket(Marshal(extInfo)); err != nil {\n			return err\n		}\n",
			new: "		if extInfo := t.config.Product.extInfo(); extInfo != nil {\n			if err := t.conn.writePacket(Marshal(extInfo)); err != nil {\n				return err\n			}\n		}\n", sum: "d49beb666e334747",
		},
	},
	"transport.go": {
		{old: "	strictMode     bool\n	initialKEXDone bool\n}", new: "	strictMode     bool\n	initialKEXDone bool\n\n	zeroPadding bool        // of packets that are not encrypted\n	loggedIn    atomic.Bool // from then on packets are compressed, where that is agreed\n}"},
		{old: "	\"io\"\n	\"log\"\n)", new: "	\"io\"\n	\"log\"\n	\"sync/atomic\"\n)"},
		{old: "	ciph, err := newPacketCipher(t.reader.dir, algs.Read, kexResult)", new: "	ciph, err := t.newCipher(t.reader.dir, algs.Read, kexResult)"},
		{old: "	ciph, err = newPacketCipher(t.writer.dir, algs.Write, kexResult)", new: "	ciph, err = t.newCipher(t.writer.dir, algs.Write, kexResult)"},
		{old: "	return t.writer.writePacket(t.bufWriter, t.rand, packet, t.strictMode)", new: "	return t.writer.writePacket(t.bufWriter, t.padding(), packet, t.strictMode)"},
	},
	"channel.go": {
		{ // a product's own window
			old: "		myWindow:           channelWindowSize,\n", new: "		myWindow:           m.product.Window,\n		fullWindow:         m.product.Window,\n",
		},
		{old: "		maxIncomingPayload: channelMaxPacket,\n", new: "		maxIncomingPayload: m.product.MaxPacket,\n"},
		{old: "	if (channelWindowSize-c.myWindow > 3*c.maxIncomingPayload) ||\n		(c.myWindow < channelWindowSize/2) {", new: "	if (c.fullWindow-c.myWindow > 3*c.maxIncomingPayload) ||\n		(c.myWindow < c.fullWindow/2) {"},
		{ // products name no language
			old: "		Reason:   reason,\n		Message:  message,\n		Language: \"en\",\n", new: "		Reason:   reason,\n		Message:  message,\n",
		},
		{old: "		MyWindow:      ch.myWindow,\n", new: "		MyWindow:      ch.firstWindow(),\n"},
		{old: "	myWindow   uint32\n", new: "	myWindow   uint32\n	fullWindow uint32\n"},
		{old: "		pending:            newBuffer(),\n		extPending:         newBuffer(),\n", new: "		pending:            newBuffer(m.unread),\n		extPending:         newBuffer(m.unread),\n"},
		{old: "	if extended == 1 {\n		ch.extPending.write(data)\n", new: "	if extended == 1 {\n		return ch.extPending.write(data)\n"},
		{old: "	} else {\n		ch.pending.write(data)\n	}\n", new: "	} else {\n		return ch.pending.write(data)\n	}\n"},
		{ // who closes a channel reads no more of it
			old: "	return ch.sendMessage(channelCloseMsg{\n", new: "	ch.pending.discard()\n	ch.extPending.discard()\n\n	return ch.sendMessage(channelCloseMsg{\n",
		},
	},
	"mux.go": {
		{old: "type mux struct {\n	conn     packetConn\n", new: "type mux struct {\n	conn     packetConn\n	product  *Product\n	unread   *unread\n"},
		{old: "func newMux(p packetConn) *mux {\n	m := &mux{\n		conn:             p,\n", new: "func newMux(p packetConn, product *Product, backlog *Backlog) *mux {\n	m := &mux{\n		conn:             p,\n		product:          product,\n		unread:           &unread{of: backlog},\n"},
	},
	"server.go": {
		{ // what reads and what exchanges keys ends, too
			old: "	if err != nil {\n		c.Close()\n		return nil, nil, nil, err\n	}\n	return &ServerConn",
			new: "	if err != nil {\n		c.Close()\n		if s.transport != nil {\n			s.transport.Close()\n		}\n		return nil, nil, nil, err\n	}\n	return &ServerConn",
		},
		{old: "	\"strings\"\n)", new: "	\"strings\"\n	\"time\"\n)"},
		{ // the lists of those that may be chosen have gone
			old: "	if len(fullConf.PublicKeyAuthAlgorithms) == 0 {\n...\n	s := &connection{\n",
			new: "	fullConf.PublicKeyAuthAlgorithms = defaultPubKeyAuthAlgos\n\n	s := &connection{\n", sum: "82046fe33f5a4f3b",
		},
		{old: "	s.clientVersion, err = exchangeVersions(s.sshConn.conn, s.serverVersion)", new: "	s.clientVersion, err = config.Product.identify(s.sshConn.conn, config)"},
		{
			old: "	tr := newTransport(s.sshConn.conn, config.Rand, false /* not client */)\n",
			new: "	tr := newTransport(s.sshConn.conn, config.Rand, false /* not client */)\n	tr.zeroPadding = !config.Product.RandomPadding\n",
		},
		{ // OpenSSH says why it hangs up
			old: "	if serviceRequest.Service != serviceUserAuth {\n",
			new: "	if serviceRequest.Service != serviceUserAuth {\n		config.Product.disconnect(s.transport, \"bad service request \"+serviceRequest.Service)\n",
		},
		{ // whoever began as one user may not go on as another
			old: "		if s.user != userAuthReq.User && partialSuccessReturned {\n",
			new: "		if s.user != userAuthReq.User && authAttempts > 1 {\n			config.Product.disconnect(s.transport, fmt.Sprintf(\"Change of username or service not allowed: (%s,%s) -> (%s,%s)\", s.user, serviceSSH, userAuthReq.User, userAuthReq.Service))\n",
		},
		{
			old: "		if err := s.transport.writePacket(Marshal(&failureMsg)); err != nil {\n",
			new: "		config.settle(began, s.user)\n		if err := s.transport.writePacket(Marshal(&failureMsg)); err != nil {\n",
		},
		{ // who has been told of ext-info-s may send an EXT_INFO first
			old: "	var packet []byte\n	if packet, err = s.transport.readPacket(); err != nil {\n		return nil, err\n	}\n\n	var serviceRequest serviceRequestMsg",
			new: "	var packet []byte\n	var again bool\n	if packet, again, err = readServiceRequest(s.transport, config.Product); err != nil {\n		return nil, err\n	}\n\n	var serviceRequest serviceRequestMsg",
		},
		{old: "	if err := s.transport.writePacket(Marshal(&serviceAccept)); err != nil {\n		return nil, err\n	}\n\n	perms, err := s.serverAuthenticate(config)", new: "	if err := s.transport.writePacket(Marshal(&serviceAccept)); err != nil {\n		return nil, err\n	}\n\n	perms, err := s.serverAuthenticate(config, again)"},
		{old: "func (s *connection) serverAuthenticate(config *ServerConfig) (*Permissions, error) {", new: "func (s *connection) serverAuthenticate(config *ServerConfig, extInfoAgain bool) (*Permissions, error) {"},
		{
			old: "		if userAuthReq.Service != serviceSSH {",
			new: "		began := time.Now()\n		if extInfoAgain { // before the first answer\n			extInfoAgain = false\n			if err := s.transport.writePacket(Marshal(config.Product.extInfoInAuth())); err != nil {\n				return nil, err\n			}\n		}\n\n		if userAuthReq.Service != serviceSSH {",
		},
		{ // what OpenSSH's clients do since 8.9, where the server says that it knows of it
			old: "		case \"publickey\":\n			if authConfig.PublicKeyCallback == nil {",
			new: "		case \"publickey\", methodHostBound:\n			if authConfig.PublicKeyCallback == nil || userAuthReq.Method == methodHostBound && !config.Product.hostBound() {",
		},
		{
			old: "			pubKeyData, payload, ok := parseString(payload)\n			if !ok {\n				return nil, parseError(msgUserAuthRequest)\n			}\n",
			new: "			pubKeyData, payload, ok := parseString(payload)\n			if !ok {\n				return nil, parseError(msgUserAuthRequest)\n			}\n			var bound []byte // the host key that the client has seen\n			if userAuthReq.Method == methodHostBound {\n				if bound, payload, ok = parseString(payload); !ok {\n					return nil, parseError(msgUserAuthRequest)\n				}\n				if !config.hasHostKey(bound) {\n					authErr = errors.New(\"ssh: bound to another host's key\")\n					break\n				}\n			}\n",
		},
		{
			old: "				signedData := buildDataSignedForAuth(sessionID, userAuthReq, algo, pubKeyData)\n",
			new: "				signedData := buildDataSignedForAuth(sessionID, userAuthReq, algo, pubKeyData)\n				if userAuthReq.Method == methodHostBound {\n					signedData = appendString(signedData, string(bound))\n				}\n",
		},
		{old: "	s.mux = newMux(s.transport)\n", new: "	s.mux = newMux(s.transport, config.Product, config.Backlog)\n"},
		{
			old: "			discMsg := &disconnectMsg{\n				Reason:  2,\n				Message: \"too many authentication failures\",\n			}\n\n			if err := s.transport.writePacket(Marshal(discMsg)); err != nil {\n				return nil, err\n			}\n",
			new: "			discMsg := &disconnectMsg{\n				Reason:  2,\n				Message: config.Product.TooMany,\n			}\n\n			if discMsg.Message == \"\" { // some only hang up\n				return nil, &ServerAuthError{Errors: authErrs}\n			}\n			if err := s.transport.writePacket(Marshal(discMsg)); err != nil {\n				return nil, err\n			}\n",
		},
		{
			old: "		if authConfig.PasswordCallback != nil {\n			failureMsg.Methods = append(failureMsg.Methods, \"password\")\n		}\n		if authConfig.PublicKeyCallback != nil {\n			failureMsg.Methods = append(failureMsg.Methods, \"publickey\")\n		}\n		if authConfig.KeyboardInteractiveCallback != nil {\n			failureMsg.Methods = append(failureMsg.Methods, \"keyboard-interactive\")\n		}\n		if gssapiWithMICConfigured(authConfig.GSSAPIWithMICConfig) {\n			failureMsg.Methods = append(failureMsg.Methods, \"gssapi-with-mic\")\n		}\n",
			new: "		failureMsg.Methods = config.Product.AuthMethods\n",
		},
	},
}
