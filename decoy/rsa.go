package decoy

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"strconv"
	"sync"
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
	start := new(big.Int).SetBytes(h.Bytes(purpose, bits/8))
	start.SetBit(start, bits-1, 1).SetBit(start, bits-2, 1).SetBit(start, 0, 1)
	one, p, rest := big.NewInt(1), new(big.Int), new(big.Int)
	for {
		for i, composite := range sieve(start) {
			if composite {
				continue
			}
			p.Add(start, rest.SetInt64(2*int64(i)))
			// Most candidates fail the first round.
			if rest.Mod(rest.Sub(p, one), e).Sign() != 0 && p.ProbablyPrime(0) && p.ProbablyPrime(20) {
				return p
			}
		}
		start.Add(start, rest.SetInt64(2*sieveLen))
	}
}

const (
	sieveLen  = 4096    // odd numbers; a prime of 1,536 bits is one of 532
	sieveUpTo = 1 << 16 // what is sieved out leaves a third of the candidates that the standard library's own trial division does
)

// sieve tells which of the odd numbers from start on have a small factor. It is what makes a key cheap: a division of a candidate's costs a thousandth of a
// round of its test.
func sieve(start *big.Int) *[sieveLen]bool {
	var composite [sieveLen]bool
	divisor, rest := new(big.Int), new(big.Int)
	for _, p := range smallPrimes() {
		left := int(rest.Mod(start, divisor.SetInt64(int64(p))).Int64())
		// start + 2i is a multiple of p where 2i ≡ -left: where that is odd, the next even one is p further.
		i := (p - left) % p
		if i%2 == 1 {
			i += p
		}
		for i /= 2; i < sieveLen; i += p {
			composite[i] = true
		}
	}
	return &composite
}

// smallPrimes are the odd ones up to sieveUpTo.
var smallPrimes = sync.OnceValue(func() []int {
	var primes []int
	composite := make([]bool, sieveUpTo)
	for p := 3; p < sieveUpTo; p += 2 {
		if composite[p] {
			continue
		}
		primes = append(primes, p)
		for i := p * p; i < sieveUpTo; i += 2 * p {
			composite[i] = true
		}
	}
	return primes
})

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
