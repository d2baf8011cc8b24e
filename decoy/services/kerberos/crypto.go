package kerberos

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rc4"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/crypto/md4"

	"decnet/decoy/services/internal/windows"
)

// The ways of encrypting that are spoken here (RFC 3962, RFC 4757), the best first.
const (
	aes256  = 18
	aes128  = 17
	rc4HMAC = 23
)

var strongest = []int64{aes256, aes128, rc4HMAC}

// What a key is used for.
const (
	usageTimestamp     = 1
	usageTicket        = 2
	usageReply         = 3
	usageAuthenticator = 7
	usageServiceReply  = 8
	usageSubkeyReply   = 9
)

var errIntegrity = errors.New("kerberos: it is encrypted with another key")

// keySize is that of an encryption's keys, in bytes.
func keySize(etype int64) int {
	if etype == aes256 {
		return 32
	}
	return 16
}

// keyOf makes the key of a password. That of RC4 knows no salt.
func keyOf(etype int64, password, salt string) []byte {
	if etype == rc4HMAC {
		h := md4.New()
		h.Write(windows.UTF16(password))
		return h.Sum(nil)
	}
	base, err := pbkdf2.Key(sha1.New, password, []byte(salt), 4096, keySize(etype))
	if err != nil {
		panic(fmt.Sprintf("kerberos: a key of %d bytes: %v", keySize(etype), err)) // never, of such sizes
	}
	return derive(base, []byte("kerberos"))
}

// derive makes a key of another one and a constant (RFC 3961).
func derive(key, constant []byte) []byte {
	block := newAES(key)
	at := fold(constant, aes.BlockSize)
	var out []byte
	for len(out) < len(key) {
		block.Encrypt(at, at)
		out = append(out, at...)
	}
	return out[:len(key)]
}

func newAES(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("kerberos: a key of %d bytes", len(key)))
	}
	return block
}

// fold makes n bytes of any number (RFC 3961, section 5.1): copies of them, each turned 13 bits further, are added up with the carry going around.
func fold(in []byte, n int) []byte {
	gcd := func(a, b int) int {
		for b != 0 {
			a, b = b, a%b
		}
		return a
	}
	all := len(in) * n / gcd(len(in), n)
	bits := 8 * len(in)
	out := make([]byte, n)
	carry := 0
	for i := all - 1; i >= 0; i-- {
		turned := 13 * (i / len(in)) // how far this copy is turned to the right
		first := (8*(i%len(in)) - turned%bits + bits) % bits
		v := 0
		for bit := range 8 {
			at := (first + bit) % bits
			v = v<<1 | int(in[at/8]>>(7-at%8))&1
		}
		carry += v + int(out[i%n])
		out[i%n] = byte(carry)
		carry >>= 8
	}
	for i := n - 1; carry > 0; i = (i - 1 + n) % n {
		carry += int(out[i])
		out[i] = byte(carry)
		carry >>= 8
	}
	return out
}

func sum(h func() hash.Hash, key []byte, parts ...[]byte) []byte {
	m := hmac.New(h, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// aesKeys are those that a use has: to encrypt and to check with.
func aesKeys(key []byte, usage uint32) (encrypt, check []byte) {
	constant := binary.BigEndian.AppendUint32(nil, usage)
	return derive(key, append(constant, 0xaa)), derive(key, append(constant[:4:4], 0x55))
}

// rc4Key is that of a use of RC4.
func rc4Key(key []byte, usage uint32) []byte {
	if usage == usageReply || usage == usageSubkeyReply { // as Windows counts them
		usage = 8
	}
	return sum(md5.New, key, binary.LittleEndian.AppendUint32(nil, usage))
}

func crypt(key, data []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("kerberos: a key of %d bytes", len(key)))
	}
	out := make([]byte, len(data))
	c.XORKeyStream(out, data)
	return out
}

// seal encrypts.
func seal(etype int64, key []byte, usage uint32, plain []byte) []byte {
	if etype == rc4HMAC {
		all := append(random(8), plain...)
		k := rc4Key(key, usage)
		check := sum(md5.New, k, all)
		return append(check, crypt(sum(md5.New, k, check), all)...)
	}
	encrypt, check := aesKeys(key, usage)
	all := append(random(aes.BlockSize), plain...)
	return append(steal(newAES(encrypt), all), sum(sha1.New, check, all)[:12]...)
}

// open decrypts what was encrypted with the key for the use.
func open(etype int64, key []byte, usage uint32, data []byte) ([]byte, error) {
	if etype == rc4HMAC {
		if len(data) < 16+8 {
			return nil, errIntegrity
		}
		k := rc4Key(key, usage)
		plain := crypt(sum(md5.New, k, data[:16]), data[16:])
		if !hmac.Equal(sum(md5.New, k, plain), data[:16]) {
			return nil, errIntegrity
		}
		return plain[8:], nil
	}
	if len(data) < aes.BlockSize+1+12 {
		return nil, errIntegrity
	}
	encrypt, check := aesKeys(key, usage)
	body := data[:len(data)-12]
	plain := unsteal(newAES(encrypt), body)
	if !hmac.Equal(sum(sha1.New, check, plain)[:12], data[len(body):]) {
		return nil, errIntegrity
	}
	return plain[aes.BlockSize:], nil
}

// steal is CBC with ciphertext stealing: the last two blocks change places, and what would fill the last one up is left out. There is more than one block.
func steal(block cipher.Block, plain []byte) []byte {
	const n = aes.BlockSize
	padded := make([]byte, (len(plain)+n-1)/n*n)
	copy(padded, plain)
	cipher.NewCBCEncrypter(block, make([]byte, n)).CryptBlocks(padded, padded)
	last := len(padded) - n
	out := bytes.Clone(padded[:last-n])
	out = append(out, padded[last:]...)
	return append(out, padded[last-n : last][:len(plain)-last]...)
}

func unsteal(block cipher.Block, data []byte) []byte {
	const n = aes.BlockSize
	last := (len(data) - 1) / n * n // where the last block begins, which may be short
	short := data[last:]
	head := make([]byte, n)
	block.Decrypt(head, data[last-n:last])
	full := append(bytes.Clone(short), head[len(short):]...)
	for i := range head {
		head[i] ^= full[i]
	}
	out := append(bytes.Clone(data[:last-n]), full...)
	cipher.NewCBCDecrypter(block, make([]byte, n)).CryptBlocks(out, out)
	return append(out, head[:len(short)]...)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
