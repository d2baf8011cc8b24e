package sshwire

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"math/bits"
)

// umac is UMAC (RFC 4418) as SSH uses it: the nonce is the packet's sequence number, which upstream writes first, and no message is so long that the second layer
// of the hash needs its wide polynomial.
type umac struct {
	size  int          // of the tag: 8 or 16
	pad   cipher.Block // of the nonce's pad
	l1    []uint32     // the first layer's key, of which each round begins four words further
	poly  []uint64     // the second layer's
	l3    [][8]uint64  // the third layer's
	mask  []uint32
	nonce [8]byte

	wrote int // of the sequence number
	block [umacBlock]byte
	n     int // bytes in block
	long  bool
	y     [4]uint64 // of the polynomials
}

const (
	umacBlock  = 1024
	umacPrime  = 1<<64 - 59
	umacMarker = umacPrime - 1
	umacRange  = 1<<64 - 1<<32
	umacPrime3 = 1<<36 - 5
)

// umacKey derives a key of the layer's length.
func umacKey(c cipher.Block, layer byte, size int) []byte {
	out := make([]byte, (size+15)/16*16)
	for i := 0; i < len(out); i += 16 {
		out[i+7] = layer
		binary.BigEndian.PutUint64(out[i+8:], uint64(i/16+1))
		c.Encrypt(out[i:], out[i:])
	}
	return out[:size]
}

func newUMAC(key []byte, size int) *umac {
	c, err := aes.NewCipher(key)
	if err != nil {
		panic("sshwire: a key of UMAC has the wrong length")
	}
	rounds := size / 4
	u := &umac{size: size}
	if u.pad, err = aes.NewCipher(umacKey(c, 0, 16)); err != nil {
		panic("sshwire: a key of UMAC has the wrong length")
	}
	l1 := umacKey(c, 1, umacBlock+(rounds-1)*16)
	for i := 0; i < len(l1); i += 4 {
		u.l1 = append(u.l1, binary.BigEndian.Uint32(l1[i:]))
	}
	l2, l3, l4 := umacKey(c, 2, rounds*24), umacKey(c, 3, rounds*64), umacKey(c, 4, rounds*4)
	for i := range rounds {
		u.poly = append(u.poly, binary.BigEndian.Uint64(l2[24*i:])&0x01ffffff01ffffff)
		var k [8]uint64
		for j := range k {
			k[j] = binary.BigEndian.Uint64(l3[64*i+8*j:]) % umacPrime3
		}
		u.l3 = append(u.l3, k)
		u.mask = append(u.mask, binary.BigEndian.Uint32(l4[4*i:]))
	}
	u.Reset()
	return u
}

func (u *umac) Size() int      { return u.size }
func (u *umac) BlockSize() int { return umacBlock }

// Reset is followed by the sequence number, in four bytes, and then the message.
func (u *umac) Reset() {
	u.wrote, u.n, u.long = 0, 0, false
	for i := range u.y {
		u.y[i] = 1
	}
}

func (u *umac) Write(p []byte) (int, error) {
	total := len(p)
	for ; u.wrote < 4 && len(p) > 0; p = p[1:] {
		u.nonce[4+u.wrote] = p[0]
		u.wrote++
	}
	for len(p) > 0 {
		if u.n == umacBlock { // only once more follows: the last one is another case
			u.fold(u.block[:], umacBlock)
			u.n = 0
		}
		n := copy(u.block[u.n:], p)
		u.n += n
		p = p[n:]
	}
	return total, nil
}

// nh is the first layer's hash of a padded block, whose length in bytes is counted in.
func (u *umac) nh(round int, block []byte, length int) uint64 {
	key := u.l1[4*round:]
	sum := uint64(length) * 8
	for i := 0; i < len(block); i += 32 {
		words, k := block[i:], key[i/4:]
		for j := range 4 {
			a := binary.LittleEndian.Uint32(words[4*j:]) + k[j]
			b := binary.LittleEndian.Uint32(words[16+4*j:]) + k[4+j]
			sum += uint64(a) * uint64(b)
		}
	}
	return sum
}

// fold takes a block into the polynomials.
func (u *umac) fold(block []byte, length int) {
	u.long = true
	for i, k := range u.poly {
		m := u.nh(i, block, length)
		if m >= umacRange {
			u.y[i] = umacStep(k, u.y[i], umacMarker)
			m -= 59
		}
		u.y[i] = umacStep(k, u.y[i], m)
	}
}

// umacStep is k·y + m modulo the prime.
func umacStep(k, y, m uint64) uint64 {
	high, low := bits.Mul64(k, y)
	low, carry := bits.Add64(low, m, 0)
	_, rest := bits.Div64(high+carry, low, umacPrime) // k is so small that high is, too
	return rest
}

// Sum appends the tag.
func (u *umac) Sum(out []byte) []byte {
	block := u.block[:(u.n+31)/32*32]
	if len(block) == 0 {
		block = u.block[:32]
	}
	clear(block[u.n:])
	y := u.y
	if u.long {
		u.fold(block, u.n)
		y, u.y = u.y, y
	} else {
		for i := range u.poly {
			y[i] = u.nh(i, block, u.n)
		}
	}
	var pad [16]byte
	copy(pad[:], u.nonce[:])
	half := 0
	if u.size == 8 {
		half = int(pad[7] & 1)
		pad[7] &^= 1
	}
	u.pad.Encrypt(pad[:], pad[:])
	for i := range u.poly {
		// Of the second layer's sixteen bytes the first eight are zero.
		var sum uint64
		for j := range 4 {
			sum += (y[i] >> (48 - 16*j) & 0xffff) * u.l3[i][4+j]
		}
		tag := uint32(sum%umacPrime3) ^ u.mask[i] ^ binary.BigEndian.Uint32(pad[8*half+4*i:])
		out = binary.BigEndian.AppendUint32(out, tag)
	}
	return out
}
