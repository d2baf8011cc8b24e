package tlswire

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"io"
	"math/big"
	"sync"
)

// Groups that crypto/tls lacks.
const (
	x448      CurveID = 30
	ffdhe2048 CurveID = 0x100
)

// keyExchange is one side of an exchange in a group.
type keyExchange interface {
	serverSharedSecret(rand io.Reader, clientKeyShare []byte) ([]byte, keyShare, error)
}

func keyExchangeForCurveID(id CurveID) (keyExchange, error) {
	switch id {
	case X25519:
		return &ecdhKeyExchange{id, ecdh.X25519()}, nil
	case CurveP256:
		return &ecdhKeyExchange{id, ecdh.P256()}, nil
	case CurveP384:
		return &ecdhKeyExchange{id, ecdh.P384()}, nil
	case CurveP521:
		return &ecdhKeyExchange{id, ecdh.P521()}, nil
	case x448:
		return goldilocks{}, nil
	}
	if prime := ffdhe(id); prime != nil {
		return finite{id, prime}, nil
	}
	return nil, errors.New("tls: unsupported key exchange")
}

// finite is Diffie-Hellman in a finite field, with the generator 2.
type finite struct {
	id    CurveID
	prime *big.Int
}

// exponentBits are those of a private exponent: twice the strength of the largest of the groups that are used here.
const exponentBits = 400

var two = big.NewInt(2)

func (f finite) key() (private *big.Int, public []byte) {
	var b [exponentBits / 8]byte
	rand.Read(b[:])
	b[0] |= 0x80
	private = new(big.Int).SetBytes(b[:])
	return private, f.bytes(new(big.Int).Exp(two, private, f.prime))
}

func (f finite) bytes(n *big.Int) []byte { return n.FillBytes(make([]byte, (f.prime.BitLen()+7)/8)) }

// shared is the secret in full length; RFC 5246 takes its zeros off.
func (f finite) shared(private *big.Int, theirs []byte) ([]byte, error) {
	y, one := new(big.Int).SetBytes(theirs), big.NewInt(1)
	if y.Cmp(one) <= 0 || y.Cmp(new(big.Int).Sub(f.prime, one)) >= 0 {
		return nil, errPublicKey
	}
	return f.bytes(y.Exp(y, private, f.prime)), nil
}

func (f finite) serverSharedSecret(_ io.Reader, theirs []byte) ([]byte, keyShare, error) {
	if len(theirs) != (f.prime.BitLen()+7)/8 {
		return nil, keyShare{}, errors.New("tls: a key share of another length")
	}
	private, public := f.key()
	secret, err := f.shared(private, theirs)
	return secret, keyShare{f.id, public}, err
}

// primes are 2^n - 2^(n-64) + (⌊2^(n-130) × c⌋ + x) × 2^64 - 1, where c is e in the groups of RFC 7919, and π in those of RFC 3526.
type primeOf struct {
	bits int
	x    int64
	pi   bool
}

var known7919 = map[CurveID]primeOf{0x100: {2048, 560316, false}, 0x101: {3072, 2625351, false}, 0x102: {4096, 5736041, false}, 0x103: {6144, 15705020, false}, 0x104: {8192, 10965728, false}}

// modp2048 and modp4096 are the groups 14 and 16 of RFC 3526.
var (
	modp2048 = sync.OnceValue(func() *big.Int { return primeOf{2048, 124476, true}.make() })
	modp4096 = sync.OnceValue(func() *big.Int { return primeOf{4096, 240904, true}.make() })
)

var (
	primesMu sync.Mutex
	primes   = map[CurveID]*big.Int{}
)

func ffdhe(id CurveID) *big.Int {
	of, ok := known7919[id]
	if !ok {
		return nil
	}
	primesMu.Lock()
	defer primesMu.Unlock()
	if primes[id] == nil {
		primes[id] = of.make()
	}
	return primes[id]
}

func (p primeOf) make() *big.Int {
	c := eulersNumber
	if p.pi {
		c = circlesNumber
	}
	one := big.NewInt(1)
	middle := c(uint(p.bits - 130))
	middle.Add(middle, big.NewInt(p.x))
	n := new(big.Int).Lsh(one, uint(p.bits))
	n.Sub(n, new(big.Int).Lsh(one, uint(p.bits-64)))
	n.Add(n, middle.Lsh(middle, 64))
	return n.Sub(n, one)
}

// guard bits keep what is rounded below what is wanted.
const guard = 64

// eulersNumber is ⌊e × 2^bits⌋.
func eulersNumber(bits uint) *big.Int {
	term := new(big.Int).Lsh(big.NewInt(1), bits+guard)
	sum := new(big.Int).Set(term)
	for i := int64(1); term.Sign() > 0; i++ {
		term.Quo(term, big.NewInt(i))
		sum.Add(sum, term)
	}
	return sum.Rsh(sum, guard)
}

// circlesNumber is ⌊π × 2^bits⌋, by Machin's formula.
func circlesNumber(bits uint) *big.Int {
	arccot := func(x int64) *big.Int {
		term := new(big.Int).Lsh(big.NewInt(1), bits+guard)
		term.Quo(term, big.NewInt(x))
		sum := new(big.Int).Set(term)
		for i := int64(3); term.Sign() > 0; i += 2 {
			term.Quo(term, big.NewInt(x*x))
			part := new(big.Int).Quo(term, big.NewInt(i))
			if i%4 == 3 {
				sum.Sub(sum, part)
			} else {
				sum.Add(sum, part)
			}
		}
		return sum
	}
	pi := arccot(5)
	pi.Mul(pi, big.NewInt(16))
	pi.Sub(pi, new(big.Int).Mul(arccot(239), big.NewInt(4)))
	return pi.Rsh(pi, guard)
}

// goldilocks is X448 (RFC 7748).
type goldilocks struct{}

var prime448 = func() *big.Int {
	p := new(big.Int).Lsh(big.NewInt(1), 448)
	p.Sub(p, new(big.Int).Lsh(big.NewInt(1), 224))
	return p.Sub(p, big.NewInt(1))
}()

const size448 = 56

func reversed(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[len(b)-1-i] = c
	}
	return out
}

// multiply448 is the function X448.
func multiply448(scalar, u []byte) []byte {
	k := bytes.Clone(scalar)
	k[0] &= 252
	k[55] |= 128
	n, p := new(big.Int).SetBytes(reversed(k)), prime448
	mod := func(x *big.Int) *big.Int { return x.Mod(x, p) }
	add := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Add(a, b)) }
	sub := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Sub(a, b)) }
	mul := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
	x1 := mod(new(big.Int).SetBytes(reversed(u)))
	x2, z2, x3, z3 := big.NewInt(1), new(big.Int), new(big.Int).Set(x1), big.NewInt(1)
	a24, swap := big.NewInt(39081), uint(0)
	for t := 447; t >= 0; t-- {
		bit := n.Bit(t)
		if swap != bit {
			x2, x3, z2, z3 = x3, x2, z3, z2
		}
		swap = bit
		a, b, c, d := add(x2, z2), sub(x2, z2), add(x3, z3), sub(x3, z3)
		aa, bb, da, cb := mul(a, a), mul(b, b), mul(d, a), mul(c, b)
		e := sub(aa, bb)
		sum, difference := add(da, cb), sub(da, cb)
		x3, z3 = mul(sum, sum), mul(x1, mul(difference, difference))
		x2, z2 = mul(aa, bb), mul(e, add(aa, mul(a24, e)))
	}
	if swap == 1 {
		x2, z2 = x3, z3
	}
	return reversed(mul(x2, new(big.Int).Exp(z2, new(big.Int).Sub(p, two), p)).FillBytes(make([]byte, size448)))
}

func (goldilocks) serverSharedSecret(_ io.Reader, theirs []byte) ([]byte, keyShare, error) {
	private, base := make([]byte, size448), make([]byte, size448)
	rand.Read(private)
	base[0] = 5
	secret, err := shared448(private, theirs)
	if err != nil {
		return nil, keyShare{}, err
	}
	return secret, keyShare{x448, multiply448(private, base)}, nil
}

// shared448 is the secret of two sides. A key of low order has none.
func shared448(private, theirs []byte) ([]byte, error) {
	if len(theirs) != size448 {
		return nil, errPublicKey
	}
	secret := multiply448(private, theirs)
	if bytes.Equal(secret, make([]byte, size448)) {
		return nil, errPublicKey
	}
	return secret, nil
}
