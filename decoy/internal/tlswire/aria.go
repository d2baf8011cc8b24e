package tlswire

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/hex"
	"math/bits"
)

// aria is the block cipher of RFC 5794. Only what GCM needs of it is here: it encrypts.
type aria struct{ keys [][16]byte }

// ariaBoxes are S1, S2 and their inverses X1 and X2.
var ariaBoxes = func() (boxes [4][256]byte) {
	var exp, log [256]int
	for i, x := 0, 1; i < 255; i++ {
		exp[i], log[x] = x, i
		x ^= x << 1
		if x > 255 {
			x ^= 0x11b
		}
	}
	for x := range 256 {
		inverse, power := byte(0), byte(0)
		if x > 0 {
			inverse, power = byte(exp[(255-log[x])%255]), byte(exp[log[x]*247%255])
		}
		boxes[0][x] = inverse ^ bits.RotateLeft8(inverse, 1) ^ bits.RotateLeft8(inverse, 2) ^ bits.RotateLeft8(inverse, 3) ^ bits.RotateLeft8(inverse, 4) ^ 0x63
		second := byte(0xe2)
		for i, row := range [8]byte{0x7a, 0xbc, 0xeb, 0xb9, 0x34, 0x81, 0xba, 0xcb} { // the lowest bit first, in both
			if bits.OnesCount8(row&power)%2 == 1 {
				second ^= 1 << i
			}
		}
		boxes[1][x] = second
	}
	for x := range 256 {
		boxes[2][boxes[0][x]], boxes[3][boxes[1][x]] = byte(x), byte(x)
	}
	return boxes
}()

// ariaMix are the bytes that each byte of the diffusion is the sum of.
var ariaMix = [16][7]byte{
	{3, 4, 6, 8, 9, 13, 14}, {2, 5, 7, 8, 9, 12, 15}, {1, 4, 6, 10, 11, 12, 15}, {0, 5, 7, 10, 11, 13, 14}, {0, 2, 5, 8, 11, 14, 15}, {1, 3, 4, 9, 10, 14, 15}, {0, 2, 7, 9, 10, 12, 13},
	{1, 3, 6, 8, 11, 12, 13}, {0, 1, 4, 7, 10, 13, 15}, {0, 1, 5, 6, 11, 12, 14}, {2, 3, 5, 6, 8, 13, 15}, {2, 3, 4, 7, 9, 12, 14}, {1, 2, 6, 7, 9, 11, 12}, {0, 3, 6, 7, 8, 10, 13},
	{0, 3, 4, 5, 9, 11, 14}, {1, 2, 4, 5, 8, 10, 15},
}

func ariaSubstitute(x [16]byte, even bool) [16]byte {
	shift := 0
	if even {
		shift = 2
	}
	for i := range x {
		x[i] = ariaBoxes[(i+shift)%4][x[i]]
	}
	return x
}

func ariaSum(a, b [16]byte) (out [16]byte) {
	subtle.XORBytes(out[:], a[:], b[:])
	return out
}

func ariaRound(x, key [16]byte, even bool) (out [16]byte) {
	x = ariaSubstitute(ariaSum(x, key), even)
	for i, of := range ariaMix {
		for _, j := range of {
			out[i] ^= x[j]
		}
	}
	return out
}

// ariaTurn turns the 128 bits to the right.
func ariaTurn(x [16]byte, by int) (out [16]byte) {
	for i := range out {
		from := i - by/8 + 32
		out[i] = x[from%16]>>(by%8) | x[(from-1)%16]<<(8-by%8)
	}
	return out
}

// newARIA returns the cipher for a key of 16 or 32 bytes.
func newARIA(key []byte) cipher.Block {
	constants := [3][16]byte{
		[16]byte(must(hex.DecodeString("517cc1b727220a94fe13abe8fa9a6ee0"))), [16]byte(must(hex.DecodeString("6db14acc9e21c820ff28b1d5ef5de2b0"))),
		[16]byte(must(hex.DecodeString("db92371d2126e9700324977504e8c90e"))),
	}
	var left, right [16]byte
	copy(left[:], key)
	first, rounds := 0, 12
	if len(key) == 32 {
		copy(right[:], key[16:])
		first, rounds = 2, 16
	}
	var w [4][16]byte
	w[0] = left
	w[1] = ariaSum(ariaRound(w[0], constants[first], false), right)
	w[2] = ariaSum(ariaRound(w[1], constants[(first+1)%3], true), w[0])
	w[3] = ariaSum(ariaRound(w[2], constants[(first+2)%3], false), w[1])
	a := &aria{}
	for _, by := range []int{19, 31, 128 - 61, 128 - 31, 128 - 19} {
		for i := range 4 {
			a.keys = append(a.keys, ariaSum(w[i], ariaTurn(w[(i+1)%4], by)))
		}
	}
	a.keys = a.keys[:rounds+1]
	return a
}

func (a *aria) BlockSize() int { return 16 }

func (a *aria) Encrypt(dst, src []byte) {
	x, last := [16]byte(src[:16]), len(a.keys)-2
	for i, key := range a.keys[:last] {
		x = ariaRound(x, key, i%2 == 1)
	}
	x = ariaSum(ariaSubstitute(ariaSum(x, a.keys[last]), true), a.keys[last+1])
	copy(dst, x[:])
}

// Decrypt is what no mode here asks for.
func (*aria) Decrypt(_, _ []byte) { panic("tlswire: ARIA is for GCM") }
