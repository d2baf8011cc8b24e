package decoy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"testing"

	"decnet/decoy/control"
)

// A host key that changed with a new version of the decoy would be what ssh warns intruders of, in capitals.
func TestRSAKeysStayThroughVersions(t *testing.T) {
	h, err := NewHost(control.Identity{ID: "1", Name: "one", Hostname: "SRV", Seed: bytes.Repeat([]byte{7}, 32)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for bits, want := range map[int]string{1024: "96dda757a3006786", 2048: "e799ef9187c25e98"} {
		key, err := h.RSAKey("test", bits)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(key.N.Bytes())
		if got := hex.EncodeToString(sum[:8]); got != want || key.N.BitLen() != bits {
			t.Errorf("the key of %d bits has %d, and is %s, not %s", bits, key.N.BitLen(), got, want)
		}
	}
}

func TestSieveFindsWhatHasASmallFactor(t *testing.T) {
	start, _ := new(big.Int).SetString("340282366920938463463374607431768211455", 10) // 2^128 - 1
	primes, p := 0, new(big.Int)
	for i, composite := range sieve(start) {
		p.Add(start, big.NewInt(2*int64(i)))
		prime := p.ProbablyPrime(20)
		if prime {
			primes++
		}
		small := false
		for _, q := range smallPrimes() {
			if new(big.Int).Mod(p, big.NewInt(int64(q))).Sign() == 0 {
				small = true
				break
			}
		}
		if composite != small || composite && prime {
			t.Fatalf("2^128 - 1 + %d: sieved out %v, has a small factor %v, is prime %v", 2*i, composite, small, prime)
		}
	}
	if primes == 0 {
		t.Error("no prime among the numbers")
	}
}

func BenchmarkRSAKey(b *testing.B) {
	for i := range b.N {
		h, err := NewHost(control.Identity{ID: "1", Name: "one", Hostname: "SRV", Seed: bytes.Repeat([]byte{byte(i)}, 32)}, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := h.RSAKey("test", 3072); err != nil {
			b.Fatal(err)
		}
	}
}
