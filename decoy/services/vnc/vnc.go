// Package vnc is the decoy of a shared screen: RFB 3.8 with a password. Each login is recorded as challenge and response, from which the password can be guessed, and with the
// password itself where it is a common one. Who gets in with a weak one sees a locked desktop; what is typed there is recorded.
package vnc

import (
	"bufio"
	"context"
	"crypto/des"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
)

// The security types in use.
const (
	typeVNC   = 2
	typeTight = 16 // TightVNC's, in which VNC's own is chosen once more
)

const helloTime = time.Minute

func init() {
	decoy.Register("vnc", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's.
type server struct {
	host      *decoy.Host
	types     []byte
	refusal   string
	desktop   string
	screen    screen
	passwords []string
}

func newServer(h *decoy.Host) *server {
	r := h.Rand("vnc")
	v := &server{host: h, passwords: bait.Passwords(h, "vnc", "")}
	name := strings.ToLower(h.Hostname)
	switch {
	case h.OS == "windows" || h.OS == "windows_server": // TightVNC
		v.types, v.refusal, v.desktop = []byte{typeVNC, typeTight}, "Authentication failed", name
	case h.OS != "linux" || r.IntN(3) == 0: // LibVNCServer
		v.types, v.refusal, v.desktop = []byte{typeVNC}, "password check failed!", name+":0"
	default: // TigerVNC
		v.types, v.refusal, v.desktop = []byte{typeVNC}, "Authentication failure", name+":1 ("+bait.AppOf(h).People[1].Login+")"
	}
	v.screen = screenOf(h)
	return v
}

// client is one connection.
type client struct {
	*server
	s     *decoy.Session
	in    *bufio.Reader
	minor int // of the protocol's version 3
}

var versionLine = regexp.MustCompile(`^RFB (\d{3})\.(\d{3})\n$`)

// ServeConn answers one client.
func (v *server) ServeConn(_ context.Context, s *decoy.Session) {
	c := &client{server: v, s: s, in: bufio.NewReaderSize(s, 4096)}
	s.SetReadDeadline(time.Now().Add(helloTime))
	if _, err := io.WriteString(s, "RFB 003.008\n"); err != nil {
		return
	}
	if !c.hello() || !c.authenticate() {
		return
	}
	c.show()
}

// hello agrees on a version.
func (c *client) hello() bool {
	var line [12]byte
	n, err := io.ReadFull(c.in, line[:])
	if n == 0 {
		return false
	}
	m := versionLine.FindSubmatch(line[:n])
	if err != nil || m == nil || string(m[1]) != "003" {
		c.s.Event("protocol_error", event.Bytes("data", line[:n]))
		return false
	}
	c.s.Event("version", event.Bytes("version", line[:11]))
	switch {
	case string(m[2]) >= "008":
		c.minor = 8
	case string(m[2]) == "007":
		c.minor = 7
	default:
		c.minor = 3
	}
	return true
}

// number writes a number of four bytes, as the protocol does most.
func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// text writes a text with its length.
func text(s string) []byte { return append(number(uint32(len(s))), s...) }

// agree agrees on the security type.
func (c *client) agree() bool {
	if c.minor == 3 {
		_, err := c.s.Write(number(typeVNC))
		return err == nil
	}
	if _, err := c.s.Write(append([]byte{byte(len(c.types))}, c.types...)); err != nil {
		return false
	}
	chosen, err := c.in.ReadByte()
	if err != nil {
		return false
	}
	switch {
	case !slices.Contains(c.types, chosen):
		c.s.Event("protocol_error", event.Int("security_type", int64(chosen)))
		c.fail("Security type not supported")
		return false
	case chosen == typeTight:
		// No tunnels, and one way to authenticate.
		offer := append(append(number(0), number(1)...), number(typeVNC)...)
		if _, err := c.s.Write(append(offer, "STDVVNCAUTH_"...)); err != nil {
			return false
		}
		var code [4]byte
		if _, err := io.ReadFull(c.in, code[:]); err != nil || binary.BigEndian.Uint32(code[:]) != typeVNC {
			return false
		}
	}
	return true
}

// fail tells that the login failed.
func (c *client) fail(reason string) {
	out := number(1)
	if c.minor == 8 {
		out = append(out, text(reason)...)
	}
	c.s.Write(out)
}

// authenticate asks for the password and tells whether it was right.
func (c *client) authenticate() bool {
	if !c.agree() {
		return false
	}
	var challenge, response [16]byte
	rand.Read(challenge[:])
	if _, err := c.s.Write(challenge[:]); err != nil {
		return false
	}
	if _, err := io.ReadFull(c.in, response[:]); err != nil {
		return false
	}
	proves := func(password string) bool {
		return subtle.ConstantTimeCompare(encrypt(password, challenge), response[:]) == 1
	}
	accepted := slices.ContainsFunc(c.passwords, proves)
	outcome := event.Rejected
	if accepted {
		outcome = event.Accepted
	}
	fields := []event.Field{event.String("challenge", hex.EncodeToString(challenge[:])), event.String("response", hex.EncodeToString(response[:]))}
	if known := append([]string{""}, bait.WeakPasswords()...); slices.ContainsFunc(known, proves) {
		fields = append(fields, event.String("password", known[slices.IndexFunc(known, proves)]))
	}
	// In the form in which password crackers take it.
	secret := strings.ToUpper(hex.EncodeToString(challenge[:]) + "*" + hex.EncodeToString(response[:]))
	c.s.Attempt("vnc", "", []byte("$vnc$*"+secret), outcome, fields...)
	if !accepted {
		c.fail(c.refusal)
		return false
	}
	_, err := c.s.Write(number(0))
	return err == nil
}

// encrypt is what VNC makes of a challenge: DES with the password's first eight bytes, each with its bits turned around.
func encrypt(password string, challenge [16]byte) []byte {
	var key [8]byte
	copy(key[:], password)
	for i := range key {
		key[i] = bits.Reverse8(key[i])
	}
	block, err := des.NewCipher(key[:])
	if err != nil {
		panic("vnc: a key of eight bytes: " + err.Error())
	}
	out := make([]byte, len(challenge))
	block.Encrypt(out, challenge[:8])
	block.Encrypt(out[8:], challenge[8:])
	return out
}
