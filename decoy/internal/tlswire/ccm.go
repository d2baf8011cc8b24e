package tlswire

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccm is a block cipher of 16 bytes in CCM mode (RFC 3610) with nonces of 12.
type ccm struct {
	block cipher.Block
	tag   int
}

func (c *ccm) NonceSize() int { return 12 }
func (c *ccm) Overhead() int  { return c.tag }

// mac is the tag of a text, before it is encrypted.
func (c *ccm) mac(nonce, text, extra []byte) [16]byte {
	var sum [16]byte
	sum[0] = byte((c.tag-2)/2<<3 | 2)
	if len(extra) > 0 {
		sum[0] |= 0x40
	}
	copy(sum[1:], nonce)
	sum[13], sum[14], sum[15] = byte(len(text)>>16), byte(len(text)>>8), byte(len(text))
	c.block.Encrypt(sum[:], sum[:])
	if len(extra) > 0 {
		c.chain(&sum, append(binary.BigEndian.AppendUint16(nil, uint16(len(extra))), extra...))
	}
	c.chain(&sum, text)
	return sum
}

func (c *ccm) chain(sum *[16]byte, data []byte) {
	for len(data) > 0 {
		n := subtle.XORBytes(sum[:], sum[:], data)
		c.block.Encrypt(sum[:], sum[:])
		data = data[n:]
	}
}

// stream returns what encrypts the tag, and the key stream of the text.
func (c *ccm) stream(nonce []byte) ([16]byte, cipher.Stream) {
	var counter, first [16]byte
	counter[0] = 2
	copy(counter[1:], nonce)
	c.block.Encrypt(first[:], counter[:])
	counter[15] = 1
	return first, cipher.NewCTR(c.block, counter[:])
}

// Seal appends the encrypted text and its tag to dst.
func (c *ccm) Seal(dst, nonce, text, extra []byte) []byte {
	sum := c.mac(nonce, text, extra)
	first, stream := c.stream(nonce)
	subtle.XORBytes(sum[:], sum[:], first[:])
	out := make([]byte, len(text))
	stream.XORKeyStream(out, text)
	return append(append(dst, out...), sum[:c.tag]...)
}

// Open appends the text to dst.
func (c *ccm) Open(dst, nonce, sealed, extra []byte) ([]byte, error) {
	if len(sealed) < c.tag {
		return nil, errors.New("tlswire: no tag")
	}
	n := len(sealed) - c.tag
	first, stream := c.stream(nonce)
	text := make([]byte, n)
	stream.XORKeyStream(text, sealed[:n])
	sum := c.mac(nonce, text, extra)
	subtle.XORBytes(sum[:], sum[:], first[:])
	if subtle.ConstantTimeCompare(sum[:c.tag], sealed[n:]) != 1 {
		return nil, errors.New("tlswire: wrong tag")
	}
	return append(dst, text...), nil
}
