// Package ldap is the decoy of a directory: Active Directory on a Windows server, OpenLDAP elsewhere. It tells what a directory tells to anybody, lets a few weak passwords in, and lists the
// people, groups and machines of a made-up company. Each bind is recorded with its name and password (or its NTLM proof), each search with its filter, and each change, which it refuses.
package ldap

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/windows"
)

const (
	tlsPort     = 636
	forestPort  = 3268 // of the global catalog, which a domain controller has beside its domain's directory
	forestTLS   = 3269
	maxMessage  = 64 << 10
	maxRecorded = 2048 // bytes of a change or of what is no message, in the record
)

func init() {
	decoy.Register("ldap", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's.
type server struct {
	host    *decoy.Host
	active  bool // Active Directory
	machine *windows.Machine
	base    string // of the directory
	build   string // of Windows, as its errors tell it
	entries []*entry
	root    *entry
	ldaps   bool                // where it is OpenLDAP
	users   map[string][]string // passwords by any name that is taken for the user's, in lower case
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, active: h.OS == "windows" || h.OS == "windows_server", machine: windows.MachineOf(h), ldaps: decoy.Pick(h, "ldap-tls", true, false), users: map[string][]string{}}
	domain := bait.AppOf(h).Domain
	if v.active && v.machine.Joined {
		domain = v.machine.DNS
	}
	v.furnish(domain)
	return v
}

// Listens tells whether the directory has the port: the global catalog is Windows's, and OpenLDAP speaks TLS from the beginning where somebody has turned that on.
func (v *server) Listens(port decoy.Port) bool {
	switch port.Number {
	case forestPort, forestTLS:
		return v.active
	case tlsPort:
		return v.active || v.ldaps
	}
	return true
}

// Program is how the directory looks from inside.
func (v *server) Program() decoy.Program {
	urls := "ldap:///"
	if v.ldaps {
		urls += " ldaps:///"
	}
	return decoy.Program{User: "openldap", Command: "/usr/sbin/slapd -h " + urls + " ldapi:/// -g openldap -u openldap -F /etc/ldap/slapd.d"}
}

// The operations, by the tags of their requests; what answers has the next tag, but for a search.
const (
	bindRequest     = 0x60
	bindResponse    = 0x61
	unbindRequest   = 0x42
	searchRequest   = 0x63
	searchEntry     = 0x64
	searchDone      = 0x65
	modifyRequest   = 0x66
	addRequest      = 0x68
	deleteRequest   = 0x4a
	renameRequest   = 0x6c
	compareRequest  = 0x6e
	abandonRequest  = 0x50
	extendedRequest = 0x77
	extended        = 0x78
	controls        = 0xa0
)

// The results.
const (
	success         = 0
	operationsError = 1
	protocolError   = 2
	sizeExceeded    = 4
	compareFalse    = 5
	compareTrue     = 6
	notSupported    = 7
	strongerNeeded  = 8
	inProgress      = 14
	noSuchAttribute = 16
	undefinedType   = 17
	noOperation     = 119
	// unavailableExtension is of a control that is critical and not known.
	unavailableExtension = 12
	noSuchObject         = 32
	invalidDN            = 34
	invalidSecret        = 49
	noRights             = 50
	unwilling            = 53
)

// client is one connection.
type client struct {
	*server
	s       *decoy.Session
	in      *bufio.Reader
	conn    io.ReadWriter
	secured bool
	user    string         // the name of who is let in; "" is nobody
	ntlm    *ntlm.Exchange // of a bind that has begun
	asked   string         // the mechanism of one, and what was asked
	nonce   string
	offer   []byte // the mechanisms that the client has named in it
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &client{server: v, s: s}
	c.over(s)
	if (s.CatalogPort() == tlsPort || s.CatalogPort() == forestTLS) && !c.startTLS(ctx) {
		return
	}
	defer c.flush()
	for {
		raw, err := ber.ReadMessage(c.in, maxMessage)
		if err != nil {
			if len(raw) > 0 && (errors.Is(err, ber.ErrMalformed) || errors.Is(err, io.ErrUnexpectedEOF)) {
				c.strange(raw)
			}
			return
		}
		m, _, err := ber.Parse(raw)
		if err != nil || !m.Is(ber.Sequence, 2) || m.Kids[0].Tag != ber.Integer {
			c.strange(raw)
			c.disconnect("")
			return
		}
		if !c.obey(ctx, m, raw) || c.flush() != nil {
			return
		}
	}
}

func (c *client) over(conn io.ReadWriter) { c.conn, c.in = conn, bufio.NewReaderSize(conn, 4096) }

// flush sends what a protected connection holds back.
func (c *client) flush() error {
	if p, ok := c.conn.(*protected); ok {
		return p.flush()
	}
	return nil
}

func (c *client) startTLS(ctx context.Context) bool {
	secure.Early(c.s, c.in)
	conn, err := secure.Handshake(ctx, c.s, net.Conn(c.s), c.product(), c.certificateName())
	if err != nil {
		return false
	}
	c.secured = true
	c.over(conn)
	return true
}

// product is whose TLS it is.
func (v *server) product() tlswire.Profile {
	if v.active {
		return windows.TLS(v.host)
	}
	return tlswire.Slapd
}

func (v *server) certificateName() string {
	if v.active {
		return v.machine.DNSName
	}
	return ""
}

func (c *client) strange(data []byte) {
	c.s.Event("protocol_error", event.Bytes("data", data[:min(len(data), maxRecorded)]))
}

// disconnect tells a client that it is no client of this protocol: text says why in OpenLDAP's words, "" for what it leaves unsaid.
func (c *client) disconnect(text string) {
	const notice = "1.3.6.1.4.1.1466.20036"
	if c.active {
		text = "00000057: LdapErr: DSID-0C0C0093, comment: Error decoding ldap message, data 0, " + c.build
	}
	if text != "" {
		c.send(ber.Number(ber.Integer, 0), ber.Of(extended, append(c.result(protocolError, "", text), ber.Text(0x8a, notice))...)) // the conversation ends in any case
	}
}

// send sends one message.
func (c *client) send(id, op ber.Node, more ...ber.Node) bool {
	m := ber.Of(ber.Sequence, append([]ber.Node{id, op}, more...)...)
	raw := m.Encode()
	if c.active {
		raw = m.EncodeWide()
	}
	_, err := c.conn.Write(raw)
	return err == nil
}

// result is how an operation ended. matched is the name of the last entry that was found.
func (c *client) result(code int64, matched, text string) []ber.Node {
	if c.active && text != "" {
		text += "\x00"
	}
	return []ber.Node{ber.Number(ber.Enumerated, code), ber.Text(ber.OctetString, matched), ber.Text(ber.OctetString, text)}
}

// obey does what a message says and tells whether the conversation goes on.
func (c *client) obey(ctx context.Context, m ber.Node, raw []byte) bool {
	id, op := m.Kids[0], m.Kids[1]
	answer := (op.Tag | 0x20) + 1 // the tag of what answers: constructed, and one more
	switch op.Tag {
	case bindRequest:
		return c.bind(id, op)
	case unbindRequest:
		return false
	case abandonRequest:
		return true
	case searchRequest:
		return c.search(id, op, m.Kids[2:])
	case compareRequest:
		return c.compare(id, op)
	case extendedRequest:
		return c.extended(ctx, id, op)
	case modifyRequest, addRequest, renameRequest, deleteRequest:
		name := map[byte]string{modifyRequest: "modify", addRequest: "add", renameRequest: "rename", deleteRequest: "delete"}[op.Tag]
		dn := string(op.Value)
		if len(op.Kids) > 0 {
			dn = string(op.Kids[0].Value)
		}
		c.s.Event("write", event.String("operation", name), event.String("dn", dn), event.String("user", c.user), event.Bytes("content", raw[:min(len(raw), maxRecorded)]))
		code, text := int64(strongerNeeded), "modifications require authentication"
		switch {
		case !c.active && !c.validName(dn):
			code, text = invalidDN, "invalid DN"
		case c.active && c.user == "":
			code, text = operationsError, "000004DC: LdapErr: DSID-0C090A71, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, "+c.build
		case c.active:
			code, text = noRights, "00000005: SecErr: DSID-03152501, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0"
		case c.user != "":
			code, text = noRights, "no write access to parent"
		}
		return c.send(id, ber.Of(answer, c.result(code, "", text)...))
	}
	c.strange(raw)
	c.disconnect("unknown LDAP request")
	return false
}

// bind lets a client in or not.
func (c *client) bind(id, op ber.Node) bool {
	answer := func(code int64, text string, more ...ber.Node) bool {
		return c.send(id, ber.Of(bindResponse, append(c.result(code, "", text), more...)...))
	}
	c.user = ""
	version, ok := int64(0), false
	if len(op.Kids) == 3 {
		version, ok = op.Kids[0].Int()
	}
	if !ok || op.Kids[1].Tag != ber.OctetString {
		c.strange(op.Encode())
		answer(protocolError, "decoding error")
		return false
	}
	name, proof := string(op.Kids[1].Value), op.Kids[2]
	if version != 3 && (!c.active || version != 2) {
		if proof.Tag == 0x80 && name+string(proof.Value) != "" {
			c.s.Attempt("plaintext", name, proof.Value, event.Rejected)
		}
		text := "historical protocol version requested, use LDAPv3 instead"
		if version != 2 {
			text = "requested protocol version not supported"
		}
		return answer(protocolError, text)
	}
	switch proof.Tag {
	case 0x80:
		code, text := c.simple(name, proof.Value)
		return answer(code, text)
	case 0xa3:
		if len(proof.Kids) == 0 {
			c.strange(op.Encode())
			answer(protocolError, "decoding error")
			return false
		}
		var credentials []byte
		if len(proof.Kids) > 1 {
			credentials = proof.Kids[1].Value
		}
		return c.sasl(string(proof.Kids[0].Value), credentials, answer)
	case 0x89, 0x8a, 0x8b: // Windows's own way before SASL: its tokens are NTLM's, and come in the place of a name
		if c.active {
			return c.sicily(id, proof, answer)
		}
	}
	c.strange(op.Encode())
	return answer(notSupported, "unknown authentication method")
}

// simple checks a name and a password.
func (c *client) simple(name string, secret []byte) (code int64, text string) {
	if len(secret) == 0 {
		c.s.Event("bind", event.String("dn", name), event.String("method", "anonymous"))
		switch {
		case name == "":
			return success, ""
		case c.active:
			return success, "" // as nobody, whatever the name
		}
		return unwilling, "unauthenticated bind (DN with no password) disallowed"
	}
	if !c.active && !c.validName(name) {
		c.s.Attempt("plaintext", name, secret, event.Rejected)
		return invalidDN, "invalid DN"
	}
	ok := slices.ContainsFunc(c.users[canonical(name)], func(p string) bool { return subtle.ConstantTimeCompare([]byte(p), secret) == 1 })
	outcome := event.Rejected
	if ok {
		outcome, c.user = event.Accepted, name
	}
	c.s.Attempt("plaintext", name, secret, outcome)
	if ok {
		return success, ""
	}
	return invalidSecret, c.wrongSecret(c.users[canonical(name)] != nil)
}

// wrongSecret is the text of a refused login. Windows tells whether the user is one.
func (v *server) wrongSecret(known bool) string {
	if !v.active {
		return ""
	}
	data := "525"
	if known {
		data = "52e"
	}
	return "80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data " + data + ", " + v.build
}

// sasl answers the login by a mechanism.
func (c *client) sasl(mechanism string, token []byte, answer func(int64, string, ...ber.Node) bool) bool {
	switch mechanism = strings.ToUpper(mechanism); {
	case mechanism == "PLAIN" && !c.active:
		parts := strings.SplitN(string(token), "\x00", 3)
		if len(parts) == 3 {
			c.s.Attempt("plaintext", parts[1], []byte(parts[2]), event.Rejected, event.String("mechanism", mechanism))
		}
		return answer(invalidSecret, "SASL(-13): user not found: Password verification failed")
	case (mechanism == "GSS-SPNEGO" || mechanism == "NTLM") && c.active:
		return c.spnego(token, answer)
	case (mechanism == "CRAM-MD5" || mechanism == "DIGEST-MD5") && !c.active:
		return c.challenge(mechanism, token, answer)
	case mechanism == "EXTERNAL":
		c.s.Event("bind", event.String("method", mechanism))
		return answer(notSupported, "SASL(-4): no mechanism available: ")
	}
	c.s.Event("bind", event.String("method", mechanism), event.Bytes("data", token[:min(len(token), maxRecorded)]))
	text := "SASL(-4): no mechanism available: Couldn't find mech " + mechanism
	if c.active {
		text = "00002027: LdapErr: DSID-0C0905F8, comment: Invalid Authentication method, data 0, " + c.build
	}
	return answer(notSupported, text)
}

// digestUser is who the client claims to be in a response of DIGEST-MD5, as it is written there.
func digestUser(text string) string {
	_, rest, _ := strings.Cut(text, `username="`)
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			return rest[:i]
		case '\\':
			i++
		}
	}
	return ""
}

// challenge holds the conversation of a mechanism by which a client proves its password. SASL's own database has nobody: none is let in.
func (c *client) challenge(mechanism string, token []byte, answer func(int64, string, ...ber.Node) bool) bool {
	if c.asked != mechanism || len(token) == 0 {
		c.s.Event("bind", event.String("method", mechanism))
		nonce := make([]byte, 24)
		rand.Read(nonce)
		host := c.host.Hostname
		c.asked, c.nonce = mechanism, fmt.Sprintf("<%d.%d@%s>", binary.BigEndian.Uint64(nonce)>>1, c.host.Now().Unix(), host)
		if mechanism == "DIGEST-MD5" {
			c.nonce = fmt.Sprintf("nonce=\"%s\",realm=\"%s\",qop=\"auth,auth-int,auth-conf\",cipher=\"rc4-40,rc4-56,rc4,des,3des\",maxbuf=65536,charset=utf-8,algorithm=md5-sess", base64.StdEncoding.EncodeToString(nonce), host)
		}
		return answer(inProgress, "", ber.Text(serverCredentials, c.nonce))
	}
	asked := c.nonce
	c.asked = ""
	text := string(token[:min(len(token), maxRecorded)])
	name, proof := "", text
	if mechanism == "CRAM-MD5" {
		if at := strings.LastIndexByte(text, ' '); at >= 0 {
			name, proof = text[:at], text[at+1:]
		}
	} else {
		name = digestUser(text)
	}
	kind := strings.ReplaceAll(strings.ToLower(mechanism), "-", "_")
	c.s.Attempt(kind, name, []byte(proof), event.Rejected, event.String("mechanism", mechanism), event.String("challenge", asked))
	return answer(invalidSecret, "SASL(-13): user not found: no secret in database")
}

// password answers who wants to change one.
func (c *client) password(op ber.Node, answer func(int64, string, ...ber.Node) bool) bool {
	who, secret := c.user, ""
	if len(op.Kids) > 1 {
		if n, _, err := ber.Parse(op.Kids[1].Value); err == nil {
			for _, kid := range n.Kids {
				switch kid.Tag {
				case 0x80:
					who = string(kid.Value)
				case 0x82:
					secret = string(kid.Value)
				}
			}
		}
	}
	c.s.Event("password_change", event.String(event.Principal, who), event.String(event.Secret, secret))
	switch {
	case c.user == "":
		return answer(strongerNeeded, "only authenticated users may change passwords")
	case !slices.ContainsFunc(c.entries, func(e *entry) bool { return e.key == canonical(who) }):
		return answer(noSuchObject, "")
	case canonical(who) != canonical(c.user) && !strings.HasPrefix(canonical(c.user), "cn=admin,"):
		return answer(noRights, "")
	case secret == "": // the server makes one up
		made := make([]byte, 6)
		rand.Read(made)
		return answer(success, "", ber.Bytes(0x8b, ber.Of(ber.Sequence, ber.Text(0x80, base64.RawURLEncoding.EncodeToString(made))).Encode()))
	}
	return answer(success, "")
}

// sicily lets a client in by NTLM without SASL.
func (c *client) sicily(id, proof ber.Node, answer func(int64, string, ...ber.Node) bool) bool {
	const discovery, begins = 0x89, 0x8a
	tell := func(text string) bool {
		return c.send(id, ber.Of(bindResponse, c.result(success, text, "")...))
	}
	switch message := ntlm.Find(proof.Value); {
	case proof.Tag == discovery:
		c.s.Event("bind", event.String("method", "sicily"))
		return tell("NTLM")
	case proof.Tag == begins && ntlm.Kind(message) == 1:
		c.s.Event("bind", event.String("method", "sicily"), event.String("mechanism", "NTLM"))
		c.ntlm = ntlm.NewExchange(c.machine)
		return tell(string(c.ntlm.Challenge(message, c.host.Now())))
	case c.ntlm != nil && ntlm.Kind(message) == 3:
		return c.prove(message, message, answer)
	}
	c.strange(proof.Value)
	c.ntlm = nil
	return answer(invalidSecret, c.wrongSecret(false))
}

// prove judges the proof of a login by NTLM, which stands in a token. What follows a right one is protected, where the client wants that.
func (c *client) prove(message, token []byte, answer func(int64, string, ...ber.Node) bool) bool {
	proof, err := c.ntlm.Proof(message)
	c.ntlm = nil
	if err != nil {
		c.strange(message)
		return answer(invalidSecret, c.wrongSecret(false))
	}
	mechanism := event.String("mechanism", "GSS-SPNEGO")
	known := c.users[canonical(proof.User)]
	for _, password := range known {
		key, ok := proof.Check(password)
		if !ok {
			continue
		}
		proof.Record(c.s, event.Accepted, mechanism)
		c.user = c.machine.Domain + `\` + proof.User
		var done []ber.Node
		if len(message) < len(token) {
			done = append(done, ber.Bytes(serverCredentials, ntlm.WrapDone(proof.Sign(key, c.offer))))
		}
		if !answer(success, "", done...) {
			return false
		}
		if p := proof.Protect(key, ntlm.Signed(token)); p != nil && !c.secured {
			next := &protected{in: c.in, out: c.conn, by: p}
			if old, ok := c.conn.(*protected); ok { // whose place it takes
				if old.flush() != nil {
					return false
				}
				next.in, next.out = old.in, old.out
			}
			c.over(next)
		}
		return true
	}
	proof.Record(c.s, event.Rejected, mechanism)
	return answer(invalidSecret, c.wrongSecret(known != nil))
}

// protected is a connection after a login that protects it: each message has its length and its signature before it.
type protected struct {
	in   *bufio.Reader
	out  io.Writer
	by   *ntlm.Protection
	rest []byte // of the last message that has come
	told []byte // what waits to be sent
}

// Read reads from what the client has sent.
func (p *protected) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		var head [4]byte
		if _, err := io.ReadFull(p.in, head[:]); err != nil {
			return 0, err
		}
		size := binary.BigEndian.Uint32(head[:])
		if size > maxMessage {
			return 0, ber.ErrMalformed
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(p.in, data); err != nil {
			return 0, err
		}
		message, err := p.by.Unwrap(data)
		if err != nil {
			return 0, err
		}
		p.rest = message
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Write sends a message with those that follow it, as Windows does: some clients take an answer of many messages in one piece alone.
func (p *protected) Write(b []byte) (int, error) {
	if p.told = append(p.told, b...); len(p.told) < maxMessage {
		return len(b), nil
	}
	return len(b), p.flush()
}

func (p *protected) flush() error {
	if len(p.told) == 0 {
		return nil
	}
	data := p.by.Wrap(p.told)
	p.told = nil
	_, err := p.out.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...))
	return err
}

// serverCredentials is the tag of what a server says in a login by SASL.
const serverCredentials = 0x87

// spnego takes the steps of a login by NTLM.
func (c *client) spnego(token []byte, answer func(int64, string, ...ber.Node) bool) bool {
	message := ntlm.Find(token)
	switch ntlm.Kind(message) {
	case 1:
		c.s.Event("bind", event.String("method", "GSS-SPNEGO"), event.String("mechanism", "NTLM"))
		if offer := ntlm.MechanismsOf(token); offer != nil {
			c.offer = offer
		}
		c.ntlm = ntlm.NewExchange(c.machine)
		challenge := c.ntlm.Challenge(message, c.host.Now())
		if len(message) < len(token) {
			challenge = ntlm.WrapChallenge(challenge)
		}
		return answer(inProgress, "", ber.Bytes(serverCredentials, challenge))
	case 3:
		if c.ntlm == nil {
			break
		}
		return c.prove(message, token, answer)
	case 0:
		if c.ntlm == nil && len(token) > 0 { // Kerberos first: NTLM is what there is
			c.s.Event("bind", event.String("method", "GSS-SPNEGO"), event.Bytes("data", token[:min(len(token), maxRecorded)]))
			c.offer = ntlm.MechanismsOf(token)
			c.ntlm = ntlm.NewExchange(c.machine)
			return answer(inProgress, "", ber.Bytes(serverCredentials, ntlm.WrapSelection()))
		}
	}
	c.strange(token)
	c.ntlm = nil
	return answer(invalidSecret, c.wrongSecret(false))
}

// extended answers what came after the first version of the protocol.
func (c *client) extended(ctx context.Context, id, op ber.Node) bool {
	const startTLS, whoAmI, passwordChange, cancel = "1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.4.1.4203.1.11.1", "1.3.6.1.1.8"
	name := ""
	if len(op.Kids) > 0 {
		name = string(op.Kids[0].Value)
	}
	c.s.Event("extended", event.String("oid", name))
	answer := func(code int64, text string, more ...ber.Node) bool {
		return c.send(id, ber.Of(extended, append(c.result(code, "", text), more...)...))
	}
	_, sealed := c.conn.(*protected)
	switch {
	case name == startTLS && (c.secured || sealed):
		return answer(operationsError, "TLS already started")
	case name == startTLS:
		var named []ber.Node
		if c.active { // OpenLDAP leaves the name out
			named = append(named, ber.Text(0x8a, startTLS))
		}
		return answer(success, "", named...) && c.startTLS(ctx)
	case name == whoAmI:
		who := ""
		switch {
		case c.user != "" && c.active:
			who = "u:" + c.machine.Domain + `\` + shortName(c.user)
		case c.user != "":
			who = "dn:" + c.user
		}
		return answer(success, "", ber.Text(0x8b, who))
	case name == passwordChange && !c.active:
		return c.password(op, answer)
	case name == cancel && !c.active:
		return answer(noOperation, "message ID not found")
	case c.active:
		return answer(protocolError, "0000203D: LdapErr: DSID-0C090C7E, comment: Unknown extended request OID, data 0, "+c.build)
	}
	return answer(protocolError, "unsupported extended operation")
}
