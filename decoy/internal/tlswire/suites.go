package tlswire

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"crypto/tls"
	"fmt"
	"hash"
)

// bulk is what a suite encrypts with.
type bulk struct {
	name         string
	key, mac, iv int
	flags        int
	cipher       func(key, iv []byte, isRead bool) any
	hash         func(key []byte) hash.Hash
	aead         func(key, nonce []byte) aead
}

// Blocks in CBC with each of the hashes, and what needs none.
var (
	tdesSHA      = bulk{"3DES_EDE_CBC_SHA", 24, 20, 8, 0, cipher3DES, macSHA1, nil}
	aes128SHA    = bulk{"AES_128_CBC_SHA", 16, 20, 16, 0, cipherAES, macSHA1, nil}
	aes256SHA    = bulk{"AES_256_CBC_SHA", 32, 20, 16, 0, cipherAES, macSHA1, nil}
	aes128SHA256 = bulk{"AES_128_CBC_SHA256", 16, 32, 16, suiteTLS12, cipherAES, macSHA256, nil}
	aes256SHA256 = bulk{"AES_256_CBC_SHA256", 32, 32, 16, suiteTLS12, cipherAES, macSHA256, nil}
	aes256SHA384 = bulk{"AES_256_CBC_SHA384", 32, 48, 16, suiteTLS12 | suiteSHA384, cipherAES, macSHA384, nil}
	cam128SHA    = bulk{"CAMELLIA_128_CBC_SHA", 16, 20, 16, 0, cipherCamellia, macSHA1, nil}
	cam256SHA    = bulk{"CAMELLIA_256_CBC_SHA", 32, 20, 16, 0, cipherCamellia, macSHA1, nil}
	cam128SHA256 = bulk{"CAMELLIA_128_CBC_SHA256", 16, 32, 16, suiteTLS12, cipherCamellia, macSHA256, nil}
	cam256SHA256 = bulk{"CAMELLIA_256_CBC_SHA256", 32, 32, 16, suiteTLS12, cipherCamellia, macSHA256, nil}
	cam256SHA384 = bulk{"CAMELLIA_256_CBC_SHA384", 32, 48, 16, suiteTLS12 | suiteSHA384, cipherCamellia, macSHA384, nil}
	aes128GCM    = bulk{"AES_128_GCM_SHA256", 16, 0, 4, suiteTLS12, nil, nil, prefixed(newAESGCM)}
	aes256GCM    = bulk{"AES_256_GCM_SHA384", 32, 0, 4, suiteTLS12 | suiteSHA384, nil, nil, prefixed(newAESGCM)}
	aria128GCM   = bulk{"ARIA_128_GCM_SHA256", 16, 0, 4, suiteTLS12, nil, nil, prefixed(newARIAGCM)}
	aria256GCM   = bulk{"ARIA_256_GCM_SHA384", 32, 0, 4, suiteTLS12 | suiteSHA384, nil, nil, prefixed(newARIAGCM)}
	aes128CCM    = bulk{"AES_128_CCM", 16, 0, 4, suiteTLS12, nil, nil, prefixed(newAESCCM(16))}
	aes256CCM    = bulk{"AES_256_CCM", 32, 0, 4, suiteTLS12, nil, nil, prefixed(newAESCCM(16))}
	aes128CCM8   = bulk{"AES_128_CCM_8", 16, 0, 4, suiteTLS12, nil, nil, prefixed(newAESCCM(8))}
	aes256CCM8   = bulk{"AES_256_CCM_8", 32, 0, 4, suiteTLS12, nil, nil, prefixed(newAESCCM(8))}
	chachaSuite  = bulk{"CHACHA20_POLY1305_SHA256", 32, 0, 12, suiteTLS12, nil, nil, aeadChaCha20Poly1305}
)

// The suites of each key exchange up to TLS 1.2.
var (
	withRSA = map[uint16]*bulk{
		0x000a: &tdesSHA, 0x002f: &aes128SHA, 0x0035: &aes256SHA, 0x003c: &aes128SHA256, 0x003d: &aes256SHA256, 0x0041: &cam128SHA, 0x0084: &cam256SHA, 0x00ba: &cam128SHA256, 0x00c0: &cam256SHA256,
		0x009c: &aes128GCM, 0x009d: &aes256GCM, 0xc050: &aria128GCM, 0xc051: &aria256GCM, 0xc09c: &aes128CCM, 0xc09d: &aes256CCM, 0xc0a0: &aes128CCM8, 0xc0a1: &aes256CCM8,
	}
	withDHE = map[uint16]*bulk{
		0x0016: &tdesSHA, 0x0033: &aes128SHA, 0x0039: &aes256SHA, 0x0067: &aes128SHA256, 0x006b: &aes256SHA256, 0x0045: &cam128SHA, 0x0088: &cam256SHA, 0x00be: &cam128SHA256, 0x00c4: &cam256SHA256,
		0x009e: &aes128GCM, 0x009f: &aes256GCM, 0xc052: &aria128GCM, 0xc053: &aria256GCM, 0xc09e: &aes128CCM, 0xc09f: &aes256CCM, 0xc0a2: &aes128CCM8, 0xc0a3: &aes256CCM8, 0xccaa: &chachaSuite,
	}
	withDHAnon = map[uint16]*bulk{
		0x0034: &aes128SHA, 0x003a: &aes256SHA, 0x006c: &aes128SHA256, 0x006d: &aes256SHA256, 0x0046: &cam128SHA, 0x0089: &cam256SHA, 0x00bf: &cam128SHA256, 0x00c5: &cam256SHA256, 0x00a6: &aes128GCM,
		0x00a7: &aes256GCM,
	}
	withECDHAnon = map[uint16]*bulk{0xc018: &aes128SHA, 0xc019: &aes256SHA}
	withECDHERSA = map[uint16]*bulk{
		0xc012: &tdesSHA, 0xc013: &aes128SHA, 0xc014: &aes256SHA, 0xc027: &aes128SHA256, 0xc028: &aes256SHA384, 0xc076: &cam128SHA256, 0xc077: &cam256SHA384, 0xc02f: &aes128GCM, 0xc030: &aes256GCM,
		0xc060: &aria128GCM, 0xc061: &aria256GCM, 0xcca8: &chachaSuite,
	}
	withECDHEECDSA = map[uint16]*bulk{
		0xc008: &tdesSHA, 0xc009: &aes128SHA, 0xc00a: &aes256SHA, 0xc023: &aes128SHA256, 0xc024: &aes256SHA384, 0xc072: &cam128SHA256, 0xc073: &cam256SHA384, 0xc02b: &aes128GCM, 0xc02c: &aes256GCM,
		0xc05c: &aria128GCM, 0xc05d: &aria256GCM, 0xc0ac: &aes128CCM, 0xc0ad: &aes256CCM, 0xc0ae: &aes128CCM8, 0xc0af: &aes256CCM8, 0xcca9: &chachaSuite,
	}
)

var (
	cipherSuites []*cipherSuite
	suiteNames   = map[uint16]string{0x1304: "TLS_AES_128_CCM_SHA256"}
)

func init() {
	for _, kind := range []struct {
		name  string
		of    map[uint16]*bulk
		flags int
		ka    func(version uint16) keyAgreement
	}{
		{"RSA", withRSA, 0, func(uint16) keyAgreement { return rsaKeyAgreement{} }},
		{"DHE_RSA", withDHE, suiteDHE, func(uint16) keyAgreement { return &ephemeral{} }},
		{"DH_anon", withDHAnon, suiteDHE | suiteAnonymous, func(uint16) keyAgreement { return &ephemeral{} }},
		{"ECDH_anon", withECDHAnon, suiteECDHE | suiteAnonymous, func(uint16) keyAgreement { return &ephemeral{} }},
		{"ECDHE_RSA", withECDHERSA, suiteECDHE, func(uint16) keyAgreement { return &ephemeral{} }},
		{"ECDHE_ECDSA", withECDHEECDSA, suiteECDHE | suiteECSign, func(uint16) keyAgreement { return &ephemeral{} }},
	} {
		for id, b := range kind.of {
			cipherSuites = append(cipherSuites, &cipherSuite{id, b.key, b.mac, b.iv, kind.ka, kind.flags | b.flags, b.cipher, b.hash, b.aead})
			suiteNames[id] = "TLS_" + kind.name + "_WITH_" + b.name
		}
	}
	cipherSuitesTLS13 = append(cipherSuitesTLS13, &cipherSuiteTLS13{0x1304, 16, masked(newAESCCM(16)), crypto.SHA256})
}

// SuiteName is the suite's name, as [tls.CipherSuiteName] tells those that it knows.
func SuiteName(id uint16) string {
	if name, ok := suiteNames[id]; ok {
		return name
	}
	return tls.CipherSuiteName(id)
}

func macSHA1(key []byte) hash.Hash   { return hmac.New(sha1.New, key) }
func macSHA384(key []byte) hash.Hash { return hmac.New(sha512.New384, key) }

func cipherCamellia(key, iv []byte, isRead bool) any {
	block := newCamellia(key)
	if isRead {
		return cipher.NewCBCDecrypter(block, iv)
	}
	return cipher.NewCBCEncrypter(block, iv)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("tlswire: %v", err)) // a length that a suite has wrong
	}
	return v
}

func newAESGCM(key []byte) cipher.AEAD  { return must(cipher.NewGCM(must(aes.NewCipher(key)))) }
func newARIAGCM(key []byte) cipher.AEAD { return must(cipher.NewGCM(newARIA(key))) }

func newAESCCM(tag int) func(key []byte) cipher.AEAD {
	return func(key []byte) cipher.AEAD { return &ccm{must(aes.NewCipher(key)), tag} }
}

// prefixed is an AEAD as TLS 1.2 has it, with a part of the nonce in each record.
func prefixed(of func(key []byte) cipher.AEAD) func(key, nonce []byte) aead {
	return func(key, nonce []byte) aead {
		made := &prefixNonceAEAD{aead: of(key)}
		copy(made.nonce[:], nonce)
		return made
	}
}

// masked is an AEAD as TLS 1.3 has it.
func masked(of func(key []byte) cipher.AEAD) func(key, nonce []byte) aead {
	return func(key, nonce []byte) aead {
		made := &xorNonceAEAD{aead: of(key)}
		copy(made.nonceMask[:], nonce)
		return made
	}
}

func aeadAESGCMTLS13(key, nonce []byte) aead { return masked(newAESGCM)(key, nonce) }

func expand[H hash.Hash](h func() H, secret, label []byte, length int) []byte {
	return must(hkdf.Expand(h, secret, string(label), length))
}

func extractKey[H hash.Hash](h func() H, secret, salt []byte) []byte {
	return must(hkdf.Extract(h, secret, salt))
}
