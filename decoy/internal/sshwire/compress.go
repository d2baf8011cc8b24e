package sshwire

import (
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// zlib@openssh.com: packets are compressed once somebody has logged in, as one stream of zlib in each direction between two key exchanges, flushed after each packet.

const compressionZlib = "zlib@openssh.com"

// newCipher is what packets go through after a key exchange.
func (t *transport) newCipher(d direction, algs DirectionAlgorithms, kex *kexResult) (packetCipher, error) {
	c, err := newPacketCipher(d, algs, kex)
	if err != nil || algs.compression != compressionZlib {
		return c, err
	}
	return &compressedCipher{packetCipher: c, loggedIn: &t.loggedIn}, nil
}

// compressedCipher compresses before it encrypts. Each direction has one.
type compressedCipher struct {
	packetCipher
	loggedIn *atomic.Bool
	deflate  *deflater
	inflate  *inflater
}

func (c *compressedCipher) writeCipherPacket(seqnum uint32, w io.Writer, rand io.Reader, packet []byte) error {
	if !c.loggedIn.Load() {
		// The client answers compressed, but no sooner than it has this.
		if len(packet) > 0 && packet[0] == msgUserAuthSuccess {
			c.loggedIn.Store(true)
		}
		return c.packetCipher.writeCipherPacket(seqnum, w, rand, packet)
	}
	if c.deflate == nil {
		c.deflate = &deflater{}
	}
	return c.packetCipher.writeCipherPacket(seqnum, w, rand, c.deflate.packet(packet))
}

func (c *compressedCipher) readCipherPacket(seqnum uint32, r io.Reader) ([]byte, error) {
	packet, err := c.packetCipher.readCipherPacket(seqnum, r)
	if err != nil || !c.loggedIn.Load() {
		return packet, err
	}
	if c.inflate == nil {
		c.inflate = &inflater{}
	}
	return c.inflate.packet(packet)
}

// deflater compresses with fixed codes, and finds repetitions within a packet: it needs next to no memory, where zlib takes a quarter of a megabyte.
type deflater struct {
	begun bool
	bits  uint32 // fewer than eight wait for the next packet
	n     uint
	out   []byte
}

// put appends the lowest n bits.
func (d *deflater) put(v uint32, n uint) {
	d.bits |= v << d.n
	for d.n += n; d.n >= 8; d.n -= 8 {
		d.out = append(d.out, byte(d.bits))
		d.bits >>= 8
	}
}

// code appends a Huffman code, which begins with its highest bit.
func (d *deflater) code(v uint32, n uint) {
	var turned uint32
	for range n {
		turned = turned<<1 | v&1
		v >>= 1
	}
	d.put(turned, n)
}

// symbol appends a literal or a length in the fixed code (RFC 1951, 3.2.6).
func (d *deflater) symbol(v uint32) {
	switch {
	case v < 144:
		d.code(0x30+v, 8)
	case v < 256:
		d.code(0x190+v-144, 9)
	case v < 280:
		d.code(v-256, 7)
	default:
		d.code(0xc0+v-280, 8)
	}
}

const (
	minMatch  = 4
	maxMatch  = 258
	hashBits  = 11
	maxWindow = 1 << 15
	endBlock  = 256
)

func (d *deflater) packet(p []byte) []byte {
	d.out = d.out[:0]
	if !d.begun {
		d.begun = true
		d.out = append(d.out, 0x78, 0x9c)
	}
	d.put(1<<1, 3) // a block of fixed codes that is not the last
	var last [1 << hashBits]int32
	for i := 0; i < len(p); {
		if i+minMatch <= len(p) {
			word := uint32(p[i]) | uint32(p[i+1])<<8 | uint32(p[i+2])<<16 | uint32(p[i+3])<<24
			slot := &last[word*2654435761>>(32-hashBits)]
			at := int(*slot) - 1
			*slot = int32(i + 1)
			if at >= 0 && i-at <= maxWindow {
				n := 0
				for n < maxMatch && i+n < len(p) && p[at+n] == p[i+n] {
					n++
				}
				if n >= minMatch {
					d.match(n, i-at)
					i += n
					continue
				}
			}
		}
		d.symbol(uint32(p[i]))
		i++
	}
	d.symbol(endBlock)
	// An empty block pushes out what precedes it, as zlib's partial flush does.
	d.put(1<<1, 3)
	d.symbol(endBlock)
	return d.out
}

func (d *deflater) match(length, distance int) {
	i := lastNotAbove(lengthBase[:], length)
	d.symbol(uint32(257 + i))
	d.put(uint32(length-lengthBase[i]), uint(lengthExtra[i]))
	i = lastNotAbove(distanceBase[:], distance)
	d.code(uint32(i), 5)
	d.put(uint32(distance-distanceBase[i]), uint(distanceExtra[i]))
}

func lastNotAbove(bases []int, v int) int {
	i, found := slices.BinarySearch(bases, v)
	if !found {
		i--
	}
	return i
}

var (
	codeOrder     = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	lengthBase    = [29]int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra   = [29]uint8{8: 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase  = [30]int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = [30]uint8{4: 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// maxInflated is twice what a channel takes in one packet, and bounds what a connection can make of the memory.
const maxInflated = 64 << 10

// inflater decompresses. A packet ends wherever the client has flushed, which may be within a code, so that the standard library's, which takes the end of its input for
// the end of everything, does not do.
type inflater struct {
	in     []byte // what is not yet read, of this packet and of the last one's end
	at     int
	bits   uint64
	n      uint
	out    []byte // the window, and behind it what the packet yields
	state  inflateState
	stored int
	codes  [2]huffman // of literals and lengths, and of distances
}

type inflateState uint8

const (
	inflateHeader inflateState = iota
	inflateBlock
	inflateStored
	inflateCodes
)

var (
	errShort    = errors.New("ssh: compressed data goes on in the next packet")
	errCompress = errors.New("ssh: what is compressed is damaged")
	errBomb     = errors.New("ssh: a packet is too large once it is decompressed")
)

// packet returns what a packet yields. It may be overwritten by the next.
func (z *inflater) packet(p []byte) ([]byte, error) {
	z.in = append(append(z.in[:0], z.in[z.at:]...), p...)
	z.at = 0
	if len(z.out) > maxWindow {
		z.out = z.out[:copy(z.out, z.out[len(z.out)-maxWindow:])]
	}
	defer func() {
		if cap(z.in) > maxWindow { // a long packet is no reason to keep so much for as long as the client stays
			z.in, z.at = slices.Clone(z.in[z.at:]), 0
		}
	}()
	window := len(z.out)
	for {
		at, bits, n := z.at, z.bits, z.n
		err := z.step()
		if errors.Is(err, errShort) {
			// A step has not begun without all that it needs.
			z.at, z.bits, z.n = at, bits, n
			break
		}
		if err != nil {
			return nil, err
		}
		if len(z.out)-window > maxInflated {
			return nil, errBomb
		}
	}
	return z.out[window:], nil
}

// take reads n bits, at most 16.
func (z *inflater) take(n uint) (int, error) {
	for z.n < n {
		if z.at == len(z.in) {
			return 0, errShort
		}
		z.bits |= uint64(z.in[z.at]) << z.n
		z.at++
		z.n += 8
	}
	v := int(z.bits & (1<<n - 1))
	z.bits >>= n
	z.n -= n
	return v, nil
}

// step reads one thing: a header, a symbol, or a piece of what is stored.
func (z *inflater) step() error {
	switch z.state {
	case inflateHeader:
		v, err := z.take(16)
		if err != nil {
			return err
		}
		if v&0xf != 8 || (v&0xff<<8|v>>8)%31 != 0 || v>>13&1 != 0 {
			return errCompress
		}
		z.state = inflateBlock
		return nil
	case inflateBlock:
		return z.block()
	case inflateStored:
		if z.stored == 0 {
			z.state = inflateBlock
			return nil
		}
		v, err := z.take(8)
		if err != nil {
			return err
		}
		z.out = append(z.out, byte(v))
		z.stored--
		return nil
	}
	return z.symbol()
}

func (z *inflater) block() error {
	v, err := z.take(3)
	if err != nil {
		return err
	}
	if v&1 != 0 { // a stream does not end before its connection does
		return errCompress
	}
	switch v >> 1 {
	case 0:
		if _, err := z.take(z.n % 8); err != nil {
			return err
		}
		length, err := z.take(16)
		if err != nil {
			return err
		}
		check, err := z.take(16)
		if err != nil {
			return err
		}
		if length^0xffff != check {
			return errCompress
		}
		z.stored, z.state = length, inflateStored
	case 1:
		z.codes = fixedCodes()
		z.state = inflateCodes
	case 2:
		if err := z.tables(); err != nil {
			return err
		}
		z.state = inflateCodes
	default:
		return errCompress
	}
	return nil
}

// fixedCodes are those of a block without its own, made once: a packet may have a hundred thousand such blocks.
var fixedCodes = sync.OnceValue(func() (codes [2]huffman) {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144 || i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	codes[0].build(lengths[:])
	codes[1].build(slices.Repeat([]uint8{5}, 30))
	return codes
})

// tables reads the codes of a block that has its own.
func (z *inflater) tables() error {
	v, err := z.take(14)
	if err != nil {
		return err
	}
	literals, distances, count := v&31+257, v>>5&31+1, v>>10+4
	if literals > 286 || distances > 30 {
		return errCompress
	}
	var lengths [320]uint8
	for _, i := range codeOrder[:count] {
		v, err := z.take(3)
		if err != nil {
			return err
		}
		lengths[i] = uint8(v)
	}
	var code huffman
	if !code.build(lengths[:19]) {
		return errCompress
	}
	clear(lengths[:])
	for i := 0; i < literals+distances; {
		symbol, err := z.decode(&code)
		if err != nil {
			return err
		}
		again, of := 1, uint8(symbol)
		switch symbol {
		case 16:
			if i == 0 {
				return errCompress
			}
			of = lengths[i-1]
			again, err = z.take(2)
			again += 3
		case 17:
			of = 0
			again, err = z.take(3)
			again += 3
		case 18:
			of = 0
			again, err = z.take(7)
			again += 11
		}
		if err != nil {
			return err
		}
		if i+again > literals+distances {
			return errCompress
		}
		for range again {
			lengths[i] = of
			i++
		}
	}
	if lengths[endBlock] == 0 || !z.codes[0].build(lengths[:literals]) || !z.codes[1].build(lengths[literals:literals+distances]) {
		return errCompress
	}
	return nil
}

// symbol reads a literal, or a repetition.
func (z *inflater) symbol() error {
	v, err := z.decode(&z.codes[0])
	switch {
	case err != nil:
		return err
	case v < endBlock:
		z.out = append(z.out, byte(v))
		return nil
	case v == endBlock:
		z.state = inflateBlock
		return nil
	case v-257 >= len(lengthBase):
		return errCompress
	}
	extra, err := z.take(uint(lengthExtra[v-257]))
	if err != nil {
		return err
	}
	length := lengthBase[v-257] + extra
	if v, err = z.decode(&z.codes[1]); err != nil {
		return err
	}
	if v >= len(distanceBase) {
		return errCompress
	}
	if extra, err = z.take(uint(distanceExtra[v])); err != nil {
		return err
	}
	distance := distanceBase[v] + extra
	if distance > len(z.out) {
		return errCompress
	}
	for range length {
		z.out = append(z.out, z.out[len(z.out)-distance])
	}
	return nil
}

// huffman is a code, as how many symbols each length has, and the symbols in the codes' order.
type huffman struct {
	count  [16]uint16
	symbol [288]uint16
}

// build makes the code of which each symbol has a length, 0 for none; false means that more codes would be needed than there are.
func (h *huffman) build(lengths []uint8) bool {
	*h = huffman{}
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	left := 1
	var next [17]uint16
	for n := 1; n < 16; n++ {
		left = left<<1 - int(h.count[n])
		if left < 0 {
			return false
		}
		next[n+1] = next[n] + h.count[n]
	}
	for symbol, n := range lengths {
		if n != 0 {
			h.symbol[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	return true
}

func (z *inflater) decode(h *huffman) (int, error) {
	code, first, index := 0, 0, 0
	for n := 1; n < 16; n++ {
		bit, err := z.take(1)
		if err != nil {
			return 0, err
		}
		code |= bit
		count := int(h.count[n])
		if code-count < first {
			return int(h.symbol[index+code-first]), nil
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, errCompress
}
