package decoy

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"strconv"
)

// RSAKey returns the decky's RSA key for a purpose. Its primes are drawn from the seed, which the standard library no longer does. It takes a
// good part of a second: make it [Once].
func (h *Host) RSAKey(purpose string, bits int) (*rsa.PrivateKey, error) {
	one, e := big.NewInt(1), big.NewInt(65537)
	p, q := h.prime(purpose+"-p", bits/2, e), h.prime(purpose+"-q", bits/2, e)
	if p.Cmp(q) < 0 {
		p, q = q, p
	}
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: int(e.Int64())},
		D:         new(big.Int).ModInverse(e, phi),
		Primes:    []*big.Int{p, q},
	}
	if err := key.Validate(); err != nil {
		return nil, fmt.Errorf("making an RSA key of %d bits for %s: %w", bits, purpose, err)
	}
	key.Precompute()
	return key, nil
}

// prime returns the first prime, after a number drawn from the seed, that fits an RSA key with exponent e. The two highest bits are set, so that the
// product of two has its full length.
func (h *Host) prime(purpose string, bits int, e *big.Int) *big.Int {
	p := new(big.Int).SetBytes(h.Bytes(purpose, bits/8))
	p.SetBit(p, bits-1, 1).SetBit(p, bits-2, 1).SetBit(p, 0, 1)
	one, two, rest := big.NewInt(1), big.NewInt(2), new(big.Int)
	for {
		// Most candidates have a small factor, or fail the first round.
		if rest.Mod(rest.Sub(p, one), e).Sign() != 0 && p.ProbablyPrime(0) && p.ProbablyPrime(20) {
			return p
		}
		p.Add(p, two)
	}
}

// RSACertificate returns the decky's self-signed certificate on an RSA key of 2,048 bits, for the products that bring their own. The template says all but the
// serial number. It is made once for a purpose and NotBefore, neither of which may be an intruder's choice (see [Once]); a later one is another certificate on the
// same key.
func (h *Host) RSACertificate(purpose string, template *x509.Certificate) (tls.Certificate, error) {
	type result[T any] struct {
		value T
		err   error
	}
	since := strconv.FormatInt(template.NotBefore.Unix(), 10)
	made := Once(h, "rsa-certificate/"+purpose+"/"+since, func() result[tls.Certificate] {
		key := Once(h, "rsa/"+purpose, func() result[*rsa.PrivateKey] {
			key, err := h.RSAKey("rsa/"+purpose, 2048)
			return result[*rsa.PrivateKey]{key, err}
		})
		if key.err != nil {
			return result[tls.Certificate]{err: key.err}
		}
		filled := *template
		serial := h.Bytes("rsa-serial/"+purpose+"/"+since, 16)
		serial[0] = serial[0]&0x7f | 0x10 // positive, and of full length
		filled.SerialNumber = new(big.Int).SetBytes(serial)
		der, err := x509.CreateCertificate(nil, &filled, &filled, key.value.Public(), key.value)
		if err != nil {
			return result[tls.Certificate]{err: fmt.Errorf("making the certificate for %s: %w", purpose, err)}
		}
		return result[tls.Certificate]{value: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key.value}}
	})
	return made.value, made.err
}
