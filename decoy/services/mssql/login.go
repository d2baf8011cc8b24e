package mssql

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/windows"
)

// What the two ends say about encryption before the login.
const (
	encryptLogin = 0 // the login alone
	encryptAll   = 1
	encryptNone  = 2
	encryptMust  = 3
)

const loginTime = 60 * time.Second

// options are those of a prelogin message.
type options map[byte][]byte

// parsePrelogin takes one apart.
func parsePrelogin(message []byte) (options, bool) {
	o := options{}
	for at := 0; at < len(message); at += 5 {
		if message[at] == 0xff {
			return o, true
		}
		if at+5 > len(message) {
			break
		}
		from, size := int(binary.BigEndian.Uint16(message[at+1:])), int(binary.BigEndian.Uint16(message[at+3:]))
		if from+size > len(message) {
			break
		}
		o[message[at]] = message[from : from+size]
	}
	return nil, false
}

// prelogin answers the first message, and does what follows from it. It tells whether to go on.
func (c *conn) prelogin(ctx context.Context, message []byte) bool {
	o, ok := parsePrelogin(message)
	if !ok {
		c.strange(message)
		return false
	}
	fields := []event.Field{event.String("data", hex.EncodeToString(message[:min(len(message), 256)]))}
	if v := o[0]; len(v) == 6 {
		fields = append(fields, event.String("client_version", fmt.Sprintf("%d.%d.%d", v[0], v[1], binary.BigEndian.Uint16(v[2:]))))
	}
	if name := bytes.TrimRight(o[2], "\x00"); len(name) > 0 {
		fields = append(fields, event.Bytes("instance", name))
	}
	c.s.Event("prelogin", fields...)
	wish := byte(encryptNone)
	if e := o[1]; len(e) > 0 {
		wish = e[0]
	}
	answer := wish
	switch wish {
	case encryptMust:
		answer = encryptAll
	case encryptLogin, encryptAll, encryptNone:
	default:
		c.strange(message)
		return false
	}
	v := c.server
	values := []struct {
		id    byte
		value []byte
	}{
		{0, []byte{v.major, 0, byte(v.build >> 8), byte(v.build), 0, 0}}, {1, []byte{answer}}, {2, []byte{0}}, {3, nil},
	}
	if _, asked := o[4]; asked {
		values = append(values, struct {
			id    byte
			value []byte
		}{4, []byte{0}})
	}
	var head, body []byte
	for _, option := range values {
		head = append(head, option.id)
		head = binary.BigEndian.AppendUint16(head, uint16(len(values)*5+1+len(body)))
		head = binary.BigEndian.AppendUint16(head, uint16(len(option.value)))
		body = append(body, option.value...)
	}
	if c.send(msgReply, slices.Concat(head, []byte{0xff}, body)) != nil {
		return false
	}
	if answer == encryptNone {
		return true
	}
	return c.startTLS(ctx, answer == encryptLogin)
}

// startTLS shakes hands, and puts the rest of the conversation on TLS, or the login alone.
func (c *conn) startTLS(ctx context.Context, loginOnly bool) bool {
	h := c.server.host
	started := h.BootTime().Add(40 * time.Second) // the certificate is made anew at each start
	cert, err := h.RSACertificate("mssql", &x509.Certificate{
		Subject: pkix.Name{CommonName: "SSL_Self_Signed_Fallback"}, NotBefore: started, NotAfter: started.AddDate(30, 0, 0),
	})
	if err != nil {
		return false
	}
	product := windows.TLS(h)
	product.Max, product.Suites13 = tlswire.VersionTLS12, nil // the last that stands inside of packets
	carrier := &inside{stream: stream{rw: c.s}}
	secured, err := secure.HandshakeAs(ctx, c.s, handshakeConn{c.s, carrier}, secure.Config(h, product, cert))
	if err != nil {
		return false // recorded
	}
	if carrier.sendHeld() != nil {
		return false
	}
	carrier.over = true
	c.rw, c.encrypted, c.loginOnly = secured, true, loginOnly
	return true
}

// handshakeConn is the session with its reads and writes through the packets.
type handshakeConn struct {
	net.Conn
	*inside
}

func (h handshakeConn) Read(p []byte) (int, error)  { return h.inside.Read(p) }
func (h handshakeConn) Write(p []byte) (int, error) { return h.inside.Write(p) }

// login is what a client sends to log in.
type login struct {
	version                                                         uint32
	packet                                                          uint32
	host, user, password, app, server, library, language, db, newer string
	sspi                                                            []byte
	pid                                                             uint32
	mac                                                             []byte
}

// parseLogin takes the message apart.
func parseLogin(m []byte) (*login, error) {
	if len(m) < 86 {
		return nil, errors.New("mssql: the login is too short")
	}
	l := &login{version: binary.LittleEndian.Uint32(m[4:]), packet: binary.LittleEndian.Uint32(m[8:]), pid: binary.LittleEndian.Uint32(m[16:]), mac: m[72:78]}
	var failed error
	raw := func(at, unit int) []byte {
		from, size := int(binary.LittleEndian.Uint16(m[at:])), unit*int(binary.LittleEndian.Uint16(m[at+2:]))
		if size == 0 {
			return nil
		}
		if from+size > len(m) {
			failed = errors.New("mssql: a field of the login lies outside of it")
			return nil
		}
		return m[from : from+size]
	}
	secret := func(at int) string {
		b := bytes.Clone(raw(at, 2))
		for i := range b {
			b[i] ^= 0xa5
			b[i] = b[i]<<4 | b[i]>>4
		}
		return windows.Text(b)
	}
	for at, field := range map[int]*string{36: &l.host, 40: &l.user, 48: &l.app, 52: &l.server, 60: &l.library, 64: &l.language, 68: &l.db} {
		*field = windows.Text(raw(at, 2))
	}
	l.password = secret(44)
	l.sspi = raw(78, 1)
	if len(m) >= 94 && l.version >= tds72 {
		l.newer = secret(86)
	}
	return l, failed
}

// authenticate answers a login; it tells whether the client is let in.
func (c *conn) authenticate(message []byte) bool {
	l, err := parseLogin(message)
	if err != nil {
		c.strange(message)
		return false
	}
	if c.loginOnly {
		c.rw = c.s
	}
	c.version = min(l.version, tds74)
	if l.version < tds70 {
		c.version = tds70
	}
	c.user = l.user
	client := []event.Field{
		event.String("client_host", l.host), event.String("client_program", l.app), event.String("client_name", l.library), event.String("server_host", l.server), event.String("database", l.db),
		event.String("tds_version", fmt.Sprintf("%08x", l.version)), event.Int("client_pid", int64(l.pid)), event.String("client_mac", net.HardwareAddr(l.mac).String()), event.String("language", l.language),
	}
	if len(l.sspi) > 0 {
		return c.integrated(l.sspi, client)
	}
	if l.newer != "" {
		client = append(client, event.String("new_password", l.newer))
	}
	outcome := event.Rejected
	good := slices.Contains(c.server.passwords(l.user), l.password)
	if good {
		outcome = event.Accepted
	}
	c.s.Attempt("plaintext", l.user, []byte(l.password), outcome, client...)
	if !good {
		c.refuse(18456, fmt.Sprintf("Login failed for user '%.128s'.", l.user))
		return false
	}
	c.db = "master"
	if l.db != "" {
		known, ok := c.server.database(l.db)
		if !ok {
			c.message(tokError, 4060, 1, 11, fmt.Sprintf("Cannot open database \"%.128s\" requested by the login. The login failed.", l.db))
			c.refuse(18456, fmt.Sprintf("Login failed for user '%.128s'.", l.user))
			return false
		}
		c.db = known
	}
	c.welcome()
	return c.flush() == nil
}

// integrated answers a login with a Windows account, which the server never knows; the proof is recorded.
func (c *conn) integrated(token []byte, client []event.Field) bool {
	x := ntlm.NewExchange(c.server.machine)
	first := ntlm.Find(token)
	if ntlm.Kind(first) != 1 {
		c.s.Attempt("sspi", "", token, event.Rejected, client...)
		c.refuse(17806, "SSPI handshake failed with error code 0x80090308, state 14 while establishing a connection with integrated security; the connection has been closed.")
		return false
	}
	challenge := x.Challenge(first, c.server.host.Now())
	if len(first) != len(token) {
		challenge = ntlm.WrapChallenge(challenge)
	}
	c.out.WriteByte(tokSSPI)
	c.out.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(challenge))))
	c.out.Write(challenge)
	if c.flush() != nil {
		return false
	}
	kind, answer, err := c.read(maxMessageStranger)
	if err != nil || kind != msgSSPI {
		return false
	}
	proof, err := x.Proof(ntlm.Find(answer))
	if err != nil {
		c.strange(answer)
		return false
	}
	c.user = proof.Domain + `\` + proof.User
	proof.Record(c.s, event.Rejected, client...)
	if proof.Domain == "" || c.server.machine.Joined {
		c.refuse(18456, fmt.Sprintf("Login failed for user '%.256s'.", c.user))
	} else {
		c.refuse(18452, "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.")
	}
	return false
}

// refuse tells why there is no login.
func (c *conn) refuse(number uint32, text string) {
	c.message(tokError, number, 1, 14, text)
	c.done(doneError, 0)
	c.flush()
}

// strange records what is not the protocol.
func (c *conn) strange(data []byte) {
	c.s.Event("protocol_error", event.Bytes("data", data[:min(len(data), 1024)]))
}

var _ decoy.Streamer = (*server)(nil)
