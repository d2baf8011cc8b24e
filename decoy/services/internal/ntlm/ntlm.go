// Package ntlm is the server's side of NTLM: it challenges a client, and takes what the client proves apart, in the form in which the
// proof is guessed offline. SMB, remote desktop, SQL Server, directories and mail servers all carry it.
package ntlm

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/md4"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/windows"
)

// The flags that matter here.
const (
	flagUnicode     = 1 << 0
	flagTarget      = 1 << 2
	flagSign        = 1 << 4
	flagSeal        = 1 << 5
	flagNTLM        = 1 << 9
	flagAnonymous   = 1 << 11
	flagAlwaysSign  = 1 << 15
	flagDomain      = 1 << 16
	flagServer      = 1 << 17
	flagExtended    = 1 << 19
	flagTargetInfo  = 1 << 23
	flagVersion     = 1 << 25
	flag128         = 1 << 29
	flagKeyExchange = 1 << 30
	flag56          = 1 << 31

	flagsOfClient = flagUnicode | flagTarget | flagSign | flagSeal | flagAlwaysSign | flagExtended | flag128 | flagKeyExchange | flag56
)

const signature = "NTLMSSP\x00"

// Kind tells what a message is: 1 begins, 2 challenges, 3 proves. It is 0 for anything else.
func Kind(message []byte) uint32 {
	if len(message) < 12 || string(message[:8]) != signature {
		return 0
	}
	return binary.LittleEndian.Uint32(message[8:])
}

// Find returns the message in a token that may wrap it in SPNEGO, or nil. What follows the message stays: its fields say where they end.
func Find(token []byte) []byte {
	at := bytes.Index(token, []byte(signature))
	if at < 0 {
		return nil
	}
	return token[at:]
}

// Exchange is one client's login.
type Exchange struct {
	machine *windows.Machine
	nonce   [8]byte
}

// NewExchange begins one, with a challenge of its own.
func NewExchange(m *windows.Machine) *Exchange {
	x := &Exchange{machine: m}
	rand.Read(x.nonce[:])
	return x
}

// Challenge answers a client's first message.
func (x *Exchange) Challenge(first []byte, now time.Time) []byte {
	m := x.machine
	flags := uint32(flagsOfClient)
	if len(first) >= 16 {
		flags &= binary.LittleEndian.Uint32(first[12:])
	}
	flags |= flagUnicode | flagNTLM | flagTargetInfo | flagVersion | flagTarget
	target := m.Name
	if flags |= flagServer; m.Joined {
		flags, target = flags&^flagServer|flagDomain, m.Domain
	}
	var info []byte
	pair := func(id uint16, value []byte) {
		info = binary.LittleEndian.AppendUint16(info, id)
		info = binary.LittleEndian.AppendUint16(info, uint16(len(value)))
		info = append(info, value...)
	}
	pair(2, windows.UTF16(m.Domain))
	pair(1, windows.UTF16(m.Name))
	pair(4, windows.UTF16(m.DNS))
	pair(3, windows.UTF16(m.DNSName))
	if m.Joined {
		pair(5, windows.UTF16(m.DNS))
	}
	pair(7, binary.LittleEndian.AppendUint64(nil, windows.FileTime(now.UnixNano())))
	pair(0, nil)

	name := windows.UTF16(target)
	b := binary.LittleEndian.AppendUint32([]byte(signature), 2)
	b = appendField(b, len(name), 56)
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = append(b, x.nonce[:]...)
	b = append(b, make([]byte, 8)...)
	b = appendField(b, len(info), 56+len(name))
	b = append(b, m.Major, m.Minor, byte(m.Build), byte(m.Build>>8), 0, 0, 0, m.Revision)
	return append(append(b, name...), info...)
}

func appendField(b []byte, size, at int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(size))
	b = binary.LittleEndian.AppendUint16(b, uint16(size))
	return binary.LittleEndian.AppendUint32(b, uint32(at))
}

// Nonce is the challenge itself, for the protocols that are older than NTLM's messages.
func (x *Exchange) Nonce() []byte { return x.nonce[:] }

// Bare makes a proof of the answers to the nonce, without a message around them.
func (x *Exchange) Bare(user, domain string, lm, nt []byte) *Proof {
	return &Proof{User: user, Domain: domain, LM: lm, NT: nt, nonce: x.nonce}
}

// Proof is what a client proves itself with.
type Proof struct {
	User, Domain, Workstation string
	LM, NT                    []byte
	key                       []byte // of the session, encrypted
	flags                     uint32
	nonce                     [8]byte
}

// Proof takes a client's last message apart.
func (x *Exchange) Proof(message []byte) (*Proof, error) {
	if Kind(message) != 3 || len(message) < 64 {
		return nil, fmt.Errorf("ntlm: %d bytes are no proof", len(message))
	}
	p := &Proof{nonce: x.nonce, flags: binary.LittleEndian.Uint32(message[60:])}
	text := func(b []byte) string {
		if p.flags&flagUnicode != 0 {
			return windows.Text(b)
		}
		return string(b)
	}
	var parts [6][]byte
	for i := range parts {
		field := message[12+8*i:]
		size, at := int(binary.LittleEndian.Uint16(field)), int(binary.LittleEndian.Uint32(field[4:]))
		if size > 0 && (at < 0 || at > len(message) || size > len(message)-at) {
			return nil, fmt.Errorf("ntlm: a field of %d bytes at %d is outside of the message", size, at)
		}
		if size > 0 {
			parts[i] = bytes.Clone(message[at : at+size])
		}
	}
	p.LM, p.NT, p.key = parts[0], parts[1], parts[5]
	p.Domain, p.User, p.Workstation = text(parts[2]), text(parts[3]), text(parts[4])
	return p, nil
}

// Anonymous tells whether the client doesn't claim to be anybody: a null session.
func (p *Proof) Anonymous() bool {
	return p.User == "" && (len(p.NT) == 0 || p.flags&flagAnonymous != 0)
}

// Hashcat returns the proof in the form that password guessers take, and its kind.
func (p *Proof) Hashcat() (kind, text string) {
	nonce := hex.EncodeToString(p.nonce[:])
	switch {
	case len(p.NT) > 24: // mode 5600
		return "netntlmv2", strings.Join([]string{p.User, "", p.Domain, nonce, hex.EncodeToString(p.NT[:16]), hex.EncodeToString(p.NT[16:])}, ":")
	case len(p.NT) == 24 || len(p.LM) == 24: // mode 5500
		return "netntlmv1", strings.Join([]string{p.User, "", p.Domain, hex.EncodeToString(p.LM), hex.EncodeToString(p.NT), nonce}, ":")
	}
	return "ntlm", hex.EncodeToString(p.NT)
}

// Record records the login with its proof.
func (p *Proof) Record(s *decoy.Session, outcome string, fields ...event.Field) {
	kind, text := p.Hashcat()
	s.Attempt(kind, p.User, []byte(text), outcome, append([]event.Field{event.String("domain", p.Domain), event.String("workstation", p.Workstation)}, fields...)...)
}

// Check tells whether the proof was made with the password, and if so the key of the session. Only the second version of the protocol is
// checked: the first one's proofs are recorded, and never right.
func (p *Proof) Check(password string) (key []byte, ok bool) {
	if len(p.NT) <= 24 {
		return nil, false
	}
	hash := md4.New()
	hash.Write(windows.UTF16(password))
	owner := mac(hash.Sum(nil), windows.UTF16(strings.ToUpper(p.User)+p.Domain))
	if !hmac.Equal(mac(owner, slices.Concat(p.nonce[:], p.NT[16:])), p.NT[:16]) {
		return nil, false
	}
	key = mac(owner, p.NT[:16])
	if p.flags&flagKeyExchange != 0 && len(p.key) == 16 {
		key = crypt(key, p.key)
	}
	return key, true
}

// Sign returns the server's first signature in a session, over a message.
func (p *Proof) Sign(key, message []byte) []byte {
	magic := func(what string) []byte {
		sum := md5.Sum(slices.Concat(key, []byte("session key to server-to-client "+what+" key magic constant\x00")))
		return sum[:]
	}
	sum := mac(magic("signing"), slices.Concat(make([]byte, 4), message))[:8]
	if p.flags&flagKeyExchange != 0 {
		sum = crypt(magic("sealing"), sum)
	}
	return slices.Concat([]byte{1, 0, 0, 0}, sum, make([]byte, 4))
}

func mac(key, message []byte) []byte {
	h := hmac.New(md5.New, key)
	h.Write(message)
	return h.Sum(nil)
}

func crypt(key, data []byte) []byte {
	out := make([]byte, len(data))
	newRC4(key).XORKeyStream(out, data)
	return out
}

// newRC4 is RC4 with a key of 16 bytes, which is never wrong.
func newRC4(key []byte) *rc4.Cipher {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("ntlm: a key of %d bytes", len(key)))
	}
	return c
}

// Protection is what a login puts around what follows it, where both ends want that: each message is signed, and mostly encrypted.
type Protection struct {
	in, out direction
	seals   bool
	mixed   bool // a signature is encrypted, too
}

// direction is one of a protection's two, each with keys and a count of its own.
type direction struct {
	signing []byte
	stream  *rc4.Cipher
	count   uint32
}

// SignatureSize is that of what stands before a protected message.
const SignatureSize = 16

// ErrForged is a message that the other end of the login hasn't signed.
var ErrForged = errors.New("ntlm: a message is not signed by who has logged in")

// Protect returns what the client has agreed on for the session whose key it is; nil is nothing. signed tells that both ends have signed something already: the list of mechanisms.
func (p *Proof) Protect(key []byte, signed bool) *Protection {
	if p.flags&(flagSign|flagSeal) == 0 || p.flags&flagExtended == 0 {
		return nil
	}
	of := func(way, what string) []byte {
		k := key
		if what == "sealing" && p.flags&flag128 == 0 {
			if k = key[:5]; p.flags&flag56 != 0 {
				k = key[:7]
			}
		}
		sum := md5.Sum(slices.Concat(k, []byte("session key to "+way+" "+what+" key magic constant\x00")))
		return sum[:]
	}
	first := uint32(0)
	if signed {
		first = 1 // the count goes on, and the encryption begins anew
	}
	both := func(way string) direction {
		return direction{count: first, signing: of(way, "signing"), stream: newRC4(of(way, "sealing"))}
	}
	return &Protection{in: both("client-to-server"), out: both("server-to-client"), seals: p.flags&flagSeal != 0, mixed: p.flags&flagKeyExchange != 0}
}

// signature is that of the direction's next message.
func (p *Protection) signature(d *direction, message []byte) []byte {
	count := binary.LittleEndian.AppendUint32(nil, d.count)
	sum := mac(d.signing, slices.Concat(count, message))[:8]
	if p.mixed {
		d.stream.XORKeyStream(sum, sum)
	}
	d.count++
	return slices.Concat([]byte{1, 0, 0, 0}, sum, count)
}

// Wrap returns a message as it travels, behind its signature.
func (p *Protection) Wrap(message []byte) []byte {
	sent := bytes.Clone(message)
	if p.seals {
		p.out.stream.XORKeyStream(sent, message)
	}
	return append(p.signature(&p.out, message), sent...)
}

// Unwrap returns the message that has come.
func (p *Protection) Unwrap(data []byte) ([]byte, error) {
	if len(data) < SignatureSize {
		return nil, ErrForged
	}
	message := bytes.Clone(data[SignatureSize:])
	if p.seals {
		p.in.stream.XORKeyStream(message, message)
	}
	if !hmac.Equal(p.signature(&p.in, message), data[:SignatureSize]) {
		return nil, ErrForged
	}
	return message, nil
}
