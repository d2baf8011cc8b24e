package sshwire

import (
	"crypto"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/curve25519"
)

// The parameters of Streamlined NTRU Prime 761.
const (
	ntruP          = 761
	ntruQ          = 4591
	ntruW          = 286
	ntruHalf       = (ntruQ - 1) / 2
	ntruPublic     = 1158
	ntruCiphertext = 1007 + 32
)

// ntruHash is the hash with a prefix that tells apart what it is for.
func ntruHash(purpose byte, data ...[]byte) []byte {
	h := sha512.New()
	h.Write([]byte{purpose})
	for _, d := range data {
		h.Write(d)
	}
	return h.Sum(nil)[:32]
}

// ntruEncode writes numbers, each smaller than its modulus, as bytes: two by two they become one, and what is too large of that is written out.
func ntruEncode(r []uint32, m []uint32) (out []byte) {
	for len(r) > 1 {
		r2, m2 := make([]uint32, 0, len(r)/2+1), make([]uint32, 0, len(r)/2+1)
		for i := 0; i+1 < len(r); i += 2 {
			value, modulus := r[i]+r[i+1]*m[i], m[i]*m[i+1]
			for ; modulus >= 16384; modulus = (modulus + 255) >> 8 {
				out = append(out, byte(value))
				value >>= 8
			}
			r2, m2 = append(r2, value), append(m2, modulus)
		}
		if len(r)%2 == 1 {
			r2, m2 = append(r2, r[len(r)-1]), append(m2, m[len(m)-1])
		}
		r, m = r2, m2
	}
	for modulus, value := m[0], r[0]; modulus > 1; modulus = (modulus + 255) >> 8 {
		out = append(out, byte(value))
		value >>= 8
	}
	return out
}

// ntruDecode reads what ntruEncode writes. The input has the length for these moduli.
func ntruDecode(s []byte, m []uint32) []uint32 {
	if len(m) == 1 {
		switch {
		case m[0] == 1:
			return []uint32{0}
		case m[0] <= 256:
			return []uint32{uint32(s[0]) % m[0]}
		}
		return []uint32{uint32(binary.LittleEndian.Uint16(s)) % m[0]}
	}
	var m2, bottom, scale []uint32
	for i := 0; i+1 < len(m); i += 2 {
		modulus, low, by := m[i]*m[i+1], uint32(0), uint32(1)
		for modulus >= 16384 {
			low += uint32(s[0]) * by
			by <<= 8
			s = s[1:]
			modulus = (modulus + 255) >> 8
		}
		m2, bottom, scale = append(m2, modulus), append(bottom, low), append(scale, by)
	}
	if len(m)%2 == 1 {
		m2 = append(m2, m[len(m)-1])
	}
	r2 := ntruDecode(s, m2)
	var out []uint32
	for i := range bottom {
		value := uint64(bottom[i]) + uint64(scale[i])*uint64(r2[i])
		out = append(out, uint32(value%uint64(m[2*i])), uint32(value/uint64(m[2*i])%uint64(m[2*i+1])))
	}
	if len(m)%2 == 1 {
		out = append(out, r2[len(r2)-1])
	}
	return out
}

// ntruShort draws a polynomial with exactly ntruW coefficients that are not 0, in a random order.
func ntruShort(random io.Reader) ([]int32, error) {
	raw := make([]byte, 4*ntruP)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, err
	}
	order := make([]uint32, ntruP)
	for i := range order {
		order[i] = binary.LittleEndian.Uint32(raw[4*i:])
		if i < ntruW {
			order[i] &^= 1
		} else {
			order[i] = order[i]&^3 | 1
		}
	}
	slices.Sort(order)
	short := make([]int32, ntruP)
	for i, v := range order {
		short[i] = int32(v&3) - 1
	}
	return short, nil
}

// ntruEncapsulate returns a ciphertext for the owner of the public key, and the secret that is in it.
func ntruEncapsulate(random io.Reader, public []byte) (ciphertext, secret []byte, err error) {
	r, err := ntruShort(random)
	if err != nil {
		return nil, nil, err
	}
	moduli := slices.Repeat([]uint32{ntruQ}, ntruP)
	h := ntruDecode(public, moduli)

	// h·r in the ring modulo x^p - x - 1.
	product := make([]int32, 2*ntruP-1)
	for i, coefficient := range r {
		if coefficient == 0 {
			continue
		}
		for j, v := range h {
			product[i+j] += coefficient * (int32(v) - ntruHalf)
		}
	}
	for i := 2*ntruP - 2; i >= ntruP; i-- {
		product[i] %= ntruQ
		product[i-ntruP] += product[i]
		product[i-ntruP+1] += product[i]
	}
	rounded := make([]uint32, ntruP)
	for i := range rounded {
		v := (product[i]%ntruQ+ntruQ+ntruHalf)%ntruQ - ntruHalf // from -ntruHalf to ntruHalf
		v -= (v%3+4)%3 - 1                                      // to the nearest multiple of three
		rounded[i] = uint32(v+ntruHalf) / 3
	}
	ciphertext = ntruEncode(rounded, slices.Repeat([]uint32{(ntruQ + 2) / 3}, ntruP))

	small := make([]byte, (ntruP+3)/4)
	for i, v := range r {
		small[i/4] |= byte(v+1) << (2 * (i % 4))
	}
	confirm := ntruHash(2, ntruHash(3, small), ntruHash(4, public))
	ciphertext = append(ciphertext, confirm...)
	return ciphertext, ntruHash(1, ntruHash(3, small), ciphertext), nil
}

// sntrup761x25519 is OpenSSH's hybrid key exchange, the server's half (draft-josefsson-ntruprime-ssh).
type sntrup761x25519 struct{}

func (*sntrup761x25519) Server(c packetConn, random io.Reader, magics *handshakeMagics, priv AlgorithmSigner, algo string) (*kexResult, error) {
	packet, err := c.readPacket()
	if err != nil {
		return nil, err
	}
	var init kexECDHInitMsg
	if err := Unmarshal(packet, &init); err != nil {
		return nil, err
	}
	if len(init.ClientPubKey) != ntruPublic+32 {
		return nil, errors.New("ssh: a public key for sntrup761x25519-sha512 of a wrong length")
	}
	ciphertext, secret, err := ntruEncapsulate(random, init.ClientPubKey[:ntruPublic])
	if err != nil {
		return nil, err
	}
	var pair curve25519KeyPair
	if err := pair.generate(random); err != nil {
		return nil, err
	}
	shared, err := curve25519.X25519(pair.priv[:], init.ClientPubKey[ntruPublic:])
	if err != nil {
		return nil, fmt.Errorf("ssh: the client's half of X25519: %w", err)
	}
	reply := kexECDHReplyMsg{EphemeralPubKey: append(ciphertext, pair.pub[:]...), HostKey: priv.PublicKey().Marshal()}
	sum := sha512.Sum512(append(secret, shared...))
	k := make([]byte, stringLength(len(sum)))
	marshalString(k, sum[:])

	h := sha512.New()
	magics.write(h)
	writeString(h, reply.HostKey)
	writeString(h, init.ClientPubKey)
	writeString(h, reply.EphemeralPubKey)
	h.Write(k)
	result := &kexResult{H: h.Sum(nil), K: k, HostKey: reply.HostKey, Hash: crypto.SHA512}
	if result.Signature, err = signAndMarshal(priv, random, result.H, algo); err != nil {
		return nil, err
	}
	reply.Signature = result.Signature
	return result, c.writePacket(Marshal(&reply))
}
