package mysql

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/secure"
)

// The capabilities that matter here.
const (
	capConnectWithDB   = 1 << 3
	capCompress        = 1 << 5
	capProtocol41      = 1 << 9
	capSSL             = 1 << 11
	capSecure          = 1 << 15
	capMultiStatements = 1 << 16
	capPluginAuth      = 1 << 19
	capAttributes      = 1 << 20
	capCountedAuth     = 1 << 21
	capDeprecateEOF    = 1 << 24
	// MySQL's queries may come with parameters that have names.
	capAttributesOfQuery = 1 << 27
)

// The extended capabilities of MariaDB, in bytes that MySQL leaves zero.
const (
	capTypeInfo   = 1 << 3
	capSkipMeta   = 1 << 4
	capabilities8 = 0xdfffffff // MySQL 8
	capabilitiesM = 0x81fff7fe // MariaDB without TLS; bit 0 tells that it isn't MySQL
	extendedM     = 1<<0 | 1<<2 | capTypeInfo | capSkipMeta
)

const (
	native  = "mysql_native_password"
	caching = "caching_sha2_password"
)

// loginTime is connect_timeout. Tests have more time, in which a busy machine gets all connections made.
var loginTime = 10 * time.Second

// newSalt returns 20 random bytes as the servers make them: without zero and $, which the protocol or the stored form can't hold.
func newSalt() []byte {
	salt := make([]byte, 20)
	rand.Read(salt)
	for i, b := range salt {
		if salt[i] = b & 0x7f; salt[i] == 0 || salt[i] == '$' {
			salt[i]++
		}
	}
	return salt
}

// greeting is the packet with which the server begins.
func (c *conn) greeting() []byte {
	v := c.server
	b := append([]byte{10}, v.banner...)
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint32(b, c.id)
	b = append(append(b, c.salt[:8]...), 0)
	b = append(b, byte(v.capabilities), byte(v.capabilities>>8), v.charset, 2, 0, byte(v.capabilities>>16), byte(v.capabilities>>24), 21)
	b = append(b, make([]byte, 6)...)
	b = binary.LittleEndian.AppendUint32(b, v.extended)
	b = append(append(b, c.salt[8:]...), 0)
	return append(append(b, v.plugin...), 0)
}

// response is what the client answers to the greeting.
type response struct {
	capabilities uint32
	extended     uint32
	charset      uint16
	user         string
	proof        []byte
	database     string
	plugin       string
	attributes   []event.Field
}

// parseResponse takes the answer apart. One that is only the beginning, before TLS, has no user.
func parseResponse(packet []byte, mariadb bool) (response, bool) {
	f := &fields{rest: packet}
	if len(packet) < 32 {
		return response{}, false
	}
	r := response{capabilities: f.uint32()}
	f.take(4)
	r.charset = uint16(f.byte())
	f.take(19)
	if r.extended = f.uint32(); !mariadb || r.capabilities&1 != 0 {
		r.extended = 0
	}
	if len(packet) == 32 || r.capabilities&capProtocol41 == 0 {
		return r, r.capabilities&capProtocol41 != 0
	}
	r.user = f.text()
	switch {
	case r.capabilities&capCountedAuth != 0:
		r.proof = f.counted()
	case r.capabilities&capSecure != 0:
		r.proof = f.take(int(f.byte()))
	default:
		r.proof = []byte(f.text())
	}
	if r.capabilities&capConnectWithDB != 0 {
		r.database = f.text()
	}
	if r.capabilities&capPluginAuth != 0 {
		r.plugin = f.text()
	}
	if r.capabilities&capAttributes != 0 && len(f.rest) > 0 {
		attributes := &fields{rest: f.counted()}
		for len(attributes.rest) > 0 && len(r.attributes) < 16 {
			name, value := attributes.counted(), attributes.counted()
			if field := attributeNames[string(name)]; field != "" {
				r.attributes = append(r.attributes, event.Bytes(field, value))
			}
		}
	}
	return r, !f.bad
}

// attributeNames are the connection attributes that tell something, and their fields.
var attributeNames = map[string]string{
	"_client_name": "client_name", "_client_version": "client_version", "_os": "client_os", "_platform": "client_platform", "_pid": "client_pid", "program_name": "client_program",
	"_server_host": "server_host",
}

// nativeProof is what a client that knows the password answers: the stored form is SHA1(SHA1(password)).
func nativeProof(password string, salt []byte) []byte {
	if password == "" {
		return nil
	}
	once := sha1.Sum([]byte(password))
	twice := sha1.Sum(once[:])
	mixed := sha1.Sum(append(slices.Clone(salt), twice[:]...))
	subtle.XORBytes(mixed[:], mixed[:], once[:])
	return mixed[:]
}

// cachingProof is that of caching_sha2_password.
func cachingProof(password string, salt []byte) []byte {
	if password == "" {
		return nil
	}
	once := sha256.Sum256([]byte(password))
	twice := sha256.Sum256(once[:])
	mixed := sha256.Sum256(append(twice[:], salt...))
	subtle.XORBytes(mixed[:], mixed[:], once[:])
	return mixed[:]
}

// passwords are those with which the user is let in.
func (v *server) passwords(user string) []string {
	switch user {
	case v.app.Name:
		return append(bait.Passwords(v.host, "mysql", user), v.app.Secret)
	case "root", "admin":
		return bait.Passwords(v.host, "mysql", user)
	}
	return nil
}

// login does the first part of the conversation; it tells whether the client is let in.
func (c *conn) login(ctx context.Context) bool {
	c.s.SetReadDeadline(time.Now().Add(loginTime))
	c.put(c.greeting())
	c.greeted = true
	if c.flush() != nil {
		return false
	}
	r, ok := c.response(ctx)
	if !ok {
		return false
	}
	c.capabilities, c.extended = r.capabilities&c.server.capabilities, r.extended&c.server.extended
	c.user, c.several = r.user, r.capabilities&capMultiStatements != 0
	c.charset = c.server.charsetOf(r.charset)
	if len(r.attributes) > 0 {
		c.s.Event("client", r.attributes...)
	}
	plugin := r.plugin
	if plugin == "" {
		plugin = native
	}
	if plugin != native && (plugin != caching || c.server.mariadb) {
		if plugin, r.proof, ok = c.switchPlugin(r); !ok {
			return false
		}
	}
	if c.server.mariadb && len(r.proof) != 0 && len(r.proof) != sha1.Size {
		c.s.Event("protocol_error", event.String(event.Principal, r.user), event.Bytes("data", r.proof))
		c.fail(1043, "08S01", "Bad handshake")
		return false
	}
	if !c.verify(plugin, r) {
		c.denied(r)
		return false
	}
	if r.database != "" && !c.use(r.database) {
		return false
	}
	c.s.SetReadDeadline(time.Time{})
	c.ok()
	if c.flush() != nil {
		return false
	}
	if c.capabilities&capCompress != 0 {
		c.pieces = &compressed{rw: c.rw, loan: loan{from: c.server}}
		c.rw = c.pieces
	}
	return true
}

// response reads the client's answer, over TLS where the client asks for it.
func (c *conn) response(ctx context.Context) (response, bool) {
	for {
		packet, err := c.read(maxPacketStranger)
		if err != nil {
			c.unheard(packet, err)
			return response{}, false
		}
		c.greeted = false
		r, ok := parseResponse(packet, c.server.mariadb)
		if !ok && c.before41(packet) {
			return response{}, false
		}
		if !ok || len(packet) == 32 && r.capabilities&c.server.capabilities&capSSL == 0 {
			c.s.Event("protocol_error", event.Bytes("data", packet))
			c.fail(1043, "08S01", "Bad handshake")
			return response{}, false
		}
		if len(packet) > 32 {
			return r, true
		}
		if c.tls || !c.startTLS(ctx) {
			return response{}, false
		}
	}
}

// unheard answers what comes in the place of a packet of the login.
func (c *conn) unheard(head []byte, err error) {
	switch {
	case errors.Is(err, errOrder):
		c.disordered(head)
	case errors.Is(err, errTooBig):
		// The servers wait for all of it before they look.
		if _, err := io.Copy(io.Discard, io.LimitReader(c.s, 1<<24)); err == nil {
			c.fail(1043, "08S01", "Bad handshake")
		}
	case errors.Is(err, os.ErrDeadlineExceeded) && !c.server.mariadb:
		c.fail(1159, "08S01", "Got timeout reading communication packets")
	}
}

// before41 refuses a client that speaks the protocol from before MySQL 4.1; it tells whether it was one.
func (c *conn) before41(packet []byte) bool {
	if len(packet) < 6 || binary.LittleEndian.Uint16(packet)&capProtocol41 != 0 {
		return false
	}
	user, proof, _ := bytes.Cut(packet[5:], []byte{0})
	proof = bytes.TrimRight(proof, "\x00")
	c.s.Attempt("mysql_old_password", string(user), []byte(hex.EncodeToString(proof)), event.Rejected, event.String("salt", hex.EncodeToString(c.salt)))
	code, text := uint16(1251), "Client does not support authentication protocol requested by server; consider upgrading MySQL client"
	if c.server.mariadb {
		code, text = 1045, fmt.Sprintf("Access denied for user '%.80s'@'%s' (using password: %s)", user, c.s.Peer().Addr(), yesNo(len(proof) > 0))
	}
	c.put(append(binary.LittleEndian.AppendUint16([]byte{0xff}, code), text...)) // without an SQLSTATE
	return true
}

// changeUser logs in anew in the same connection; it tells whether the client is let in.
func (c *conn) changeUser(argument string) bool {
	f := &fields{rest: []byte(argument)}
	r := response{capabilities: c.capabilities, user: f.text()}
	f.take(int(f.byte())) // the proof is made anew, with another salt
	r.database = f.text()
	if f.bad {
		c.fail(1047, "08S01", "Unknown command")
		return c.flush() == nil
	}
	c.salt = newSalt()
	plugin, proof, ok := c.switchPlugin(r)
	if !ok {
		return false
	}
	if r.proof = proof; !c.verify(plugin, r) {
		c.denied(r)
		return false
	}
	c.user, c.database = r.user, ""
	c.reset()
	if r.database == "" || c.use(r.database) {
		c.ok()
	}
	return c.flush() == nil
}

// denied refuses a login.
func (c *conn) denied(r response) {
	user := r.user
	if len(user) > 128 {
		user = user[:128]
	}
	c.fail(1045, "28000", fmt.Sprintf("Access denied for user '%s'@'%s' (using password: %s)", user, c.s.Peer().Addr(), yesNo(len(r.proof) > 0)))
}

func (c *conn) startTLS(ctx context.Context) bool {
	product := tlswire.MySQL
	if c.server.mariadb {
		product = tlswire.MariaDB
	}
	secured, err := secure.Handshake(ctx, c.s, c.s, product, "MySQL_Server_"+c.server.version+"_Auto_Generated_Server_Certificate")
	if err != nil { // recorded
		c.fail(1043, "08S01", "Bad handshake")
		c.flush()
		return false
	}
	c.rw, c.tls = secured, true
	return true
}

// switchPlugin asks for the proof in the way of an account here, where the client has chosen another.
func (c *conn) switchPlugin(r response) (plugin string, proof []byte, ok bool) {
	if r.capabilities&capPluginAuth == 0 {
		c.fail(1251, "08004", "Client does not support authentication protocol requested by server; consider upgrading MySQL client")
		return "", nil, false
	}
	plugin = c.server.plugin
	c.put(append(append(append(append([]byte{0xfe}, plugin...), 0), c.salt...), 0))
	if c.flush() != nil {
		return "", nil, false
	}
	proof, err := c.read(maxPacketStranger)
	return plugin, proof, err == nil
}

// verify checks the proof and records it.
func (c *conn) verify(plugin string, r response) bool {
	passwords := c.server.passwords(r.user)
	about := append([]event.Field{event.String("salt", hex.EncodeToString(c.salt)), event.String("database", r.database)}, r.attributes...)
	attempt := func(kind string, secret []byte, good bool) bool {
		outcome := event.Rejected
		if good {
			outcome = event.Accepted
		}
		c.s.Attempt(kind, r.user, secret, outcome, about...)
		return good
	}
	proofOf := nativeProof
	if plugin == caching {
		proofOf = cachingProof
		if len(r.proof) == 1 && r.proof[0] == 0 {
			r.proof = nil // how this plugin says that there is no password
		}
	}
	good := len(r.proof) > 0 && slices.ContainsFunc(passwords, func(p string) bool {
		return subtle.ConstantTimeCompare(proofOf(p, c.salt), r.proof) == 1
	})
	text := []byte(hex.EncodeToString(r.proof))
	if plugin == native || len(r.proof) == 0 {
		return attempt(plugin, text, good)
	}
	if good {
		c.put([]byte{1, 3}) // the fast way was enough
		return attempt(plugin, text, true)
	}
	c.put([]byte{1, 4}) // the password itself, please
	if c.flush() != nil {
		return attempt(plugin, text, false)
	}
	answer, err := c.read(maxPacketStranger)
	if err == nil && !c.tls {
		answer, err = c.decrypted(answer)
	}
	if err != nil {
		return attempt(plugin, text, false)
	}
	password := strings.TrimSuffix(string(answer), "\x00")
	about = append(about, event.Bytes("response", text))
	return attempt("plaintext", []byte(password), slices.Contains(passwords, password))
}

// decrypted takes the password of a client without TLS, which encrypts it with the server's key: it asks for that key first, unless it has it already.
func (c *conn) decrypted(answer []byte) ([]byte, error) {
	type made struct {
		key *rsa.PrivateKey
		err error
	}
	own := decoy.Once(c.server.host, "mysql/password-key", func() made {
		key, err := c.server.host.RSAKey("mysql/password", 2048)
		return made{key, err}
	})
	if own.err != nil {
		return nil, own.err
	}
	if len(answer) == 1 && answer[0] == 2 {
		public, err := x509.MarshalPKIXPublicKey(&own.key.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("write the public key: %w", err)
		}
		c.put(append([]byte{1}, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})...))
		if err := c.flush(); err != nil {
			return nil, err
		}
		if answer, err = c.read(maxPacketStranger); err != nil {
			return nil, err
		}
	}
	mixed, err := rsa.DecryptOAEP(sha1.New(), nil, own.key, answer, nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt the password: %w", err)
	}
	for i := range mixed {
		mixed[i] ^= c.salt[i%len(c.salt)]
	}
	return mixed, nil
}

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}
