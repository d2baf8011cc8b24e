package ssh

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
	"math/big"

	"golang.org/x/crypto/ssh"

	"decnet/decoy"
)

// hostKeys returns the host's three keys, the same after every restart: all of them drawn from its seed.
func hostKeys(h *decoy.Host) ([]ssh.Signer, error) {
	type result struct {
		signers []ssh.Signer
		err     error
	}
	made := decoy.Once(h, "ssh-host-keys", func() result {
		signers, err := makeHostKeys(h)
		return result{signers, err}
	})
	return made.signers, made.err
}

func makeHostKeys(h *decoy.Host) ([]ssh.Signer, error) {
	bits := 3072
	if h.Distro == "centos7" || h.OS == "embedded" || h.OS == "cisco" {
		bits = 2048
	}
	rsaKey, err := seededRSA(h, bits)
	if err != nil {
		return nil, err
	}
	var signers []ssh.Signer
	for _, key := range []any{rsaKey, h.ECDSAKey("ssh", elliptic.P256()), ed25519.NewKeyFromSeed(h.Bytes("ssh-ed25519", ed25519.SeedSize))} {
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			return nil, fmt.Errorf("making a host key: %w", err)
		}
		if key == any(rsaKey) {
			// SHA-1 signatures are history.
			if signer, err = ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}); err != nil {
				return nil, fmt.Errorf("making the RSA host key: %w", err)
			}
		}
		signers = append(signers, signer)
	}
	return signers, nil
}

// seededRSA makes an RSA key of primes drawn from the seed: the standard library makes them of true randomness only.
func seededRSA(h *decoy.Host, bits int) (*rsa.PrivateKey, error) {
	one, e := big.NewInt(1), big.NewInt(65537)
	p, q := seededPrime(h, "ssh-rsa-p", bits/2, e), seededPrime(h, "ssh-rsa-q", bits/2, e)
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
		return nil, fmt.Errorf("making the RSA host key: %w", err)
	}
	key.Precompute()
	return key, nil
}

// seededPrime returns the first prime, after a number drawn from the seed, that fits an RSA key with exponent e. The two highest bits are set, so that the
// product of two has its full length.
func seededPrime(h *decoy.Host, purpose string, bits int, e *big.Int) *big.Int {
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
