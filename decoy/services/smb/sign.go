package smb

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"slices"
)

// signing is how the messages of a session are signed.
type signing struct {
	dialect uint16
	key     []byte
}

// resign signs a message anew, where there is a key.
func (c *conn) resign(message []byte, s *signing) {
	if s == nil {
		return
	}
	binary.LittleEndian.PutUint32(message[16:], binary.LittleEndian.Uint32(message[16:])|flagSigned)
	clear(message[48:64])
	copy(message[48:64], s.sum(message))
}

func (s *signing) sum(message []byte) []byte {
	if s.dialect >= 0x0300 {
		return cmac(s.key, message)
	}
	h := hmac.New(sha256.New, s.key)
	h.Write(message)
	return h.Sum(nil)[:16]
}

// signingKey makes the key to sign with from that of the login.
func (c *conn) signingKey(key []byte, preauth [sha512.Size]byte) []byte {
	switch {
	case c.dialect >= 0x0311:
		return derive(key, "SMBSigningKey\x00", preauth[:])
	case c.dialect >= 0x0300:
		return derive(key, "SMB2AESCMAC\x00", []byte("SmbSign\x00"))
	}
	return key
}

// derive is the key derivation of SP 800-108 with a counter, for 128 bits.
func derive(key []byte, label string, context []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(slices.Concat([]byte{0, 0, 0, 1}, []byte(label), []byte{0}, context, []byte{0, 0, 0, 128}))
	return h.Sum(nil)[:16]
}

// cmac is AES-CMAC (RFC 4493).
func cmac(key, message []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("smb: a key that is not of 16 bytes") // all keys are made here
	}
	double := func(b []byte) []byte {
		out, carry := make([]byte, 16), byte(0)
		for i := 15; i >= 0; i-- {
			out[i], carry = b[i]<<1|carry, b[i]>>7
		}
		if carry != 0 {
			out[15] ^= 0x87
		}
		return out
	}
	zero := make([]byte, 16)
	block.Encrypt(zero, zero)
	one := double(zero)
	state := make([]byte, 16)
	xor := func(b []byte) {
		for i := range b {
			state[i] ^= b[i]
		}
	}
	for len(message) > 16 {
		xor(message[:16])
		block.Encrypt(state, state)
		message = message[16:]
	}
	xor(message)
	if len(message) == 16 {
		xor(one)
	} else {
		state[len(message)] ^= 0x80
		xor(double(one))
	}
	block.Encrypt(state, state)
	return state
}
