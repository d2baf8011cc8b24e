package tlswire

import (
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// camellia is the block cipher of RFC 3713.
type camellia struct {
	kw [4]uint64
	k  []uint64
	kl []uint64
}

var camelliaBox = [256]byte(must(hex.DecodeString("" +
	"70822cecb327c0e5e4855735ea0cae4123ef6b934519a521ed0e4f4e1d6592bd86b8af8f7ceb1fce3e30dc5f5ec50b1aa6e139cad5475d3dd9015ad651566c4d" +
	"8b0d9a66fbccb02d74122b20f0b18499df4ccbc2347e76056db7a931d11704d714583a61de1b111c320f9c165318f222fe44cfb2c3b57a912408e8a860fc6950" +
	"aad0a07da1896297545b1e95e0ff64d210c40048a3f775db8a03e6da093fdd94875c8302cd4a90337367f6f39d7fbfe2529bd826c837c63b81966f4b13be632e" +
	"e979a78c9f6ebc8e29f5f9b62ffdb4597898066ae74671bad425ab4288a28dfa7207b955f8eeac0a36492a683c38f1a44028d37bbbc943c115e3adf477c7809e")))

func camelliaF(in, key uint64) uint64 {
	x := in ^ key
	b := func(i int) byte { return byte(x >> (56 - 8*i)) }
	s1 := func(v byte) byte { return camelliaBox[v] }
	s2 := func(v byte) byte { return bits.RotateLeft8(camelliaBox[v], 1) }
	s3 := func(v byte) byte { return bits.RotateLeft8(camelliaBox[v], 7) }
	s4 := func(v byte) byte { return camelliaBox[bits.RotateLeft8(v, 1)] }
	t1, t2, t3, t4, t5, t6, t7, t8 := s1(b(0)), s2(b(1)), s3(b(2)), s4(b(3)), s2(b(4)), s3(b(5)), s4(b(6)), s1(b(7))
	return binary.BigEndian.Uint64([]byte{
		t1 ^ t3 ^ t4 ^ t6 ^ t7 ^ t8, t1 ^ t2 ^ t4 ^ t5 ^ t7 ^ t8, t1 ^ t2 ^ t3 ^ t5 ^ t6 ^ t8, t2 ^ t3 ^ t4 ^ t5 ^ t6 ^ t7,
		t1 ^ t2 ^ t6 ^ t7 ^ t8, t2 ^ t3 ^ t5 ^ t7 ^ t8, t3 ^ t4 ^ t5 ^ t6 ^ t8, t1 ^ t4 ^ t5 ^ t6 ^ t7,
	})
}

func camelliaFL(in, key uint64) uint64 {
	l, r, kl, kr := uint32(in>>32), uint32(in), uint32(key>>32), uint32(key)
	r ^= bits.RotateLeft32(l&kl, 1)
	l ^= r | kr
	return uint64(l)<<32 | uint64(r)
}

func camelliaFLInverse(in, key uint64) uint64 {
	l, r, kl, kr := uint32(in>>32), uint32(in), uint32(key>>32), uint32(key)
	l ^= r | kr
	r ^= bits.RotateLeft32(l&kl, 1)
	return uint64(l)<<32 | uint64(r)
}

// newCamellia returns the cipher for a key of 16 or 32 bytes.
func newCamellia(key []byte) cipher.Block {
	sigma := [6]uint64{0xA09E667F3BCC908B, 0xB67AE8584CAA73B2, 0xC6EF372FE94F82BE, 0x54FF53A5F1D36F1C, 0x10E527FADE682D1D, 0xB05688C2B3E6C1FD}
	word := func(i int) uint64 { return binary.BigEndian.Uint64(key[8*i:]) }
	type pair [2]uint64
	left, right := pair{word(0), word(1)}, pair{}
	long := len(key) == 32
	if long {
		right = pair{word(2), word(3)}
	}
	d1, d2 := left[0]^right[0], left[1]^right[1]
	d2 ^= camelliaF(d1, sigma[0])
	d1 ^= camelliaF(d2, sigma[1])
	d1 ^= left[0]
	d2 ^= left[1]
	d2 ^= camelliaF(d1, sigma[2])
	d1 ^= camelliaF(d2, sigma[3])
	a := pair{d1, d2}
	d1, d2 = a[0]^right[0], a[1]^right[1]
	d2 ^= camelliaF(d1, sigma[4])
	d1 ^= camelliaF(d2, sigma[5])
	b := pair{d1, d2}
	turn := func(p pair, n uint) pair {
		if n >= 64 {
			p, n = pair{p[1], p[0]}, n-64
		}
		return pair{p[0]<<n | p[1]>>(64-n), p[1]<<n | p[0]>>(64-n)}
	}
	c := &camellia{}
	put := func(to *[]uint64, p pair, n uint, halves ...int) {
		p = turn(p, n)
		for _, h := range halves {
			*to = append(*to, p[h])
		}
	}
	if !long {
		w := turn(a, 111)
		c.kw = [4]uint64{left[0], left[1], w[0], w[1]}
		put(&c.k, a, 0, 0, 1)
		put(&c.k, left, 15, 0, 1)
		put(&c.k, a, 15, 0, 1)
		put(&c.kl, a, 30, 0, 1)
		put(&c.k, left, 45, 0, 1)
		put(&c.k, a, 45, 0)
		put(&c.k, left, 60, 1)
		put(&c.k, a, 60, 0, 1)
		put(&c.kl, left, 77, 0, 1)
		put(&c.k, left, 94, 0, 1)
		put(&c.k, a, 94, 0, 1)
		put(&c.k, left, 111, 0, 1)
		return c
	}
	w := turn(b, 111)
	c.kw = [4]uint64{left[0], left[1], w[0], w[1]}
	put(&c.k, b, 0, 0, 1)
	put(&c.k, right, 15, 0, 1)
	put(&c.k, a, 15, 0, 1)
	put(&c.kl, right, 30, 0, 1)
	put(&c.k, b, 30, 0, 1)
	put(&c.k, left, 45, 0, 1)
	put(&c.k, a, 45, 0, 1)
	put(&c.kl, left, 60, 0, 1)
	put(&c.k, right, 60, 0, 1)
	put(&c.k, b, 60, 0, 1)
	put(&c.k, left, 77, 0, 1)
	put(&c.kl, a, 77, 0, 1)
	put(&c.k, right, 94, 0, 1)
	put(&c.k, a, 94, 0, 1)
	put(&c.k, left, 111, 0, 1)
	return c
}

func (c *camellia) BlockSize() int { return 16 }

func (c *camellia) Encrypt(dst, src []byte) {
	d1, d2 := binary.BigEndian.Uint64(src)^c.kw[0], binary.BigEndian.Uint64(src[8:])^c.kw[1]
	for i := 0; i < len(c.k); i += 2 {
		if i > 0 && i%6 == 0 {
			d1, d2 = camelliaFL(d1, c.kl[i/3-2]), camelliaFLInverse(d2, c.kl[i/3-1])
		}
		d2 ^= camelliaF(d1, c.k[i])
		d1 ^= camelliaF(d2, c.k[i+1])
	}
	binary.BigEndian.PutUint64(dst, d2^c.kw[2])
	binary.BigEndian.PutUint64(dst[8:], d1^c.kw[3])
}

func (c *camellia) Decrypt(dst, src []byte) {
	d2, d1 := binary.BigEndian.Uint64(src)^c.kw[2], binary.BigEndian.Uint64(src[8:])^c.kw[3]
	for i := len(c.k) - 2; i >= 0; i -= 2 {
		d1 ^= camelliaF(d2, c.k[i+1])
		d2 ^= camelliaF(d1, c.k[i])
		if i > 0 && i%6 == 0 {
			d1, d2 = camelliaFLInverse(d1, c.kl[i/3-2]), camelliaFL(d2, c.kl[i/3-1])
		}
	}
	binary.BigEndian.PutUint64(dst, d1^c.kw[0])
	binary.BigEndian.PutUint64(dst[8:], d2^c.kw[1])
}
