package tlswire

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"math/big"
	"slices"
)

var errPublicKey = errors.New("tls: a public key that is none")

// keyAgreement is how a suite up to TLS 1.2 comes to its secret.
type keyAgreement interface {
	generateServerKeyExchange(hs *serverHandshakeState) (*serverKeyExchangeMsg, error)
	processClientKeyExchange(config *Config, cert *Certificate, ckx *clientKeyExchangeMsg) ([]byte, error)
}

// ephemeral is a key of the server's own for each connection.
type ephemeral struct {
	private any // *ecdh.PrivateKey, the scalar of X448, or the exponent in a finite field
	field   finite
}

func (e *ephemeral) generateServerKeyExchange(hs *serverHandshakeState) (*serverKeyExchangeMsg, error) {
	params, err := e.params(hs)
	if err != nil {
		return nil, err
	}
	if hs.suite.flags&suiteAnonymous != 0 {
		return &serverKeyExchangeMsg{key: params}, nil
	}
	signed := slices.Concat(hs.clientHello.random, hs.hello.random, params)
	key := hs.cert.PrivateKey.(crypto.Signer)
	if hs.c.vers < VersionTLS12 {
		kind, hash, err := legacyTypeAndHashFromPublicKey(key.Public())
		if err != nil {
			return nil, err
		}
		sig, err := key.Sign(rand.Reader, hashForServerKeyExchange(kind, hs.clientHello.random, hs.hello.random, params), hash)
		return &serverKeyExchangeMsg{key: append(binary.BigEndian.AppendUint16(params, uint16(len(sig))), sig...)}, err
	}
	scheme := hs.c.config.Profile.scheme(hs.c.vers, key.Public(), hs.clientHello.supportedSignatureAlgorithms)
	kind, hash, err := typeAndHashFromSignatureScheme(scheme)
	if err != nil {
		return nil, err
	}
	hs.c.peerSigAlg = scheme
	options := crypto.SignerOpts(hash)
	if kind == signatureRSAPSS {
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	}
	sig, err := crypto.SignMessage(key, rand.Reader, signed, options)
	params = binary.BigEndian.AppendUint16(params, uint16(scheme))
	return &serverKeyExchangeMsg{key: append(binary.BigEndian.AppendUint16(params, uint16(len(sig))), sig...)}, err
}

// params is the server's half of the exchange.
func (e *ephemeral) params(hs *serverHandshakeState) ([]byte, error) {
	if hs.suite.flags&suiteDHE != 0 {
		e.field = hs.field()
		private, public := e.field.key()
		e.private = private
		prime := e.field.prime.Bytes()
		out := append(binary.BigEndian.AppendUint16(nil, uint16(len(prime))), prime...)
		out = append(out, 0, 1, 2)
		return append(binary.BigEndian.AppendUint16(out, uint16(len(public))), public...), nil
	}
	group := hs.groups[0]
	hs.c.curveID = group
	var public []byte
	if group == x448 {
		private, base := make([]byte, size448), make([]byte, size448)
		rand.Read(private)
		base[0] = 5
		e.private, public = private, multiply448(private, base)
	} else {
		curve, ok := curveForCurveID(group)
		if !ok {
			return nil, errors.New("tls: a group that there is not")
		}
		private, err := curve.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		e.private, public = private, private.PublicKey().Bytes()
	}
	return append([]byte{3, byte(group >> 8), byte(group), byte(len(public))}, public...), nil
}

func (e *ephemeral) processClientKeyExchange(_ *Config, _ *Certificate, ckx *clientKeyExchangeMsg) ([]byte, error) {
	said := ckx.ciphertext
	if private, ok := e.private.(*big.Int); ok {
		if len(said) < 2 || int(binary.BigEndian.Uint16(said)) != len(said)-2 {
			return nil, errClientKeyExchange
		}
		secret, err := e.field.shared(private, said[2:])
		return bytes.TrimLeft(secret, "\x00"), err
	}
	if len(said) == 0 || int(said[0]) != len(said)-1 {
		return nil, errClientKeyExchange
	}
	said = said[1:]
	switch private := e.private.(type) {
	case *ecdh.PrivateKey:
		theirs, err := private.Curve().NewPublicKey(said)
		if err != nil {
			return nil, errPublicKey
		}
		return private.ECDH(theirs)
	case []byte:
		return shared448(private, said)
	}
	return nil, errClientKeyExchange
}

// schemesOf are the signatures that a key can make.
func schemesOf(vers uint16, public crypto.PublicKey) []SignatureScheme {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		if vers < VersionTLS13 {
			return []SignatureScheme{0x0403, 0x0503, 0x0603, 0x0203}
		}
		switch public.Curve {
		case elliptic.P256():
			return []SignatureScheme{0x0403}
		case elliptic.P384():
			return []SignatureScheme{0x0503}
		case elliptic.P521():
			return []SignatureScheme{0x0603}
		}
	case *rsa.PublicKey:
		var out []SignatureScheme
		for _, one := range rsaSignatureSchemes {
			kind, hash, _ := typeAndHashFromSignatureScheme(one.scheme)
			if public.Size() >= one.minModulusBytes && (vers < VersionTLS13 || kind == signatureRSAPSS && hash != crypto.SHA1) {
				out = append(out, one.scheme)
			}
		}
		return out
	case ed25519.PublicKey:
		return []SignatureScheme{0x0807}
	}
	return nil
}

// scheme is the signature that is made for a client with the key, 0 for none.
func (p *Profile) scheme(vers uint16, public crypto.PublicKey, theirs []SignatureScheme) SignatureScheme {
	can, ours := schemesOf(vers, public), schemes[p.Library]
	if p.SHA1 {
		ours = append(slices.Clone(ours), 0x0203, 0x0201)
	}
	if len(theirs) == 0 && vers == VersionTLS12 {
		theirs = []SignatureScheme{0x0201, 0x0203} // as RFC 5246 has it
	}
	first, second := theirs, ours
	if p.ServerOrder {
		first, second = ours, theirs
	}
	for _, s := range first {
		if slices.Contains(second, s) && slices.Contains(can, s) {
			return s
		}
	}
	return 0
}
