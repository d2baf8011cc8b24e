package mysql

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
)

// The bounds of a packet from the client.
const (
	maxPacket         = 256 << 10
	maxPacketStranger = 16 << 10 // before the login
)

var (
	errTooBig = errors.New("mysql: the packet is too big")
	errOrder  = errors.New("mysql: the packet is not the next one")
)

// packets is the framing: three bytes of length, one that counts.
type packets struct {
	rw  io.ReadWriter
	seq byte
	out bytes.Buffer // of the reply under way
	// around is what is around the sending of a part of a reply, which may take its time.
	around func(send func()) bool
	loan   loan
}

// loan is the room of a server that large packets take, which come in and are not done with yet.
type loan struct {
	from *server
	owed int64
}

// take takes room for so many bytes, and tells whether there is. What is smaller than borrowedAnyway needs none.
func (l *loan) take(n int) bool {
	if n <= borrowedAnyway || l.from == nil {
		return true
	}
	if l.from.borrowed.Add(int64(n)) > maxBorrowed {
		l.from.borrowed.Add(int64(-n))
		return false
	}
	l.owed += int64(n)
	return true
}

// repay gives all of it back.
func (l *loan) repay() {
	if l.owed > 0 {
		l.from.borrowed.Add(-l.owed)
		l.owed = 0
	}
}

// The bounds of what comes in and is not worked on yet: of each connection in any case, and of all together beyond that.
const (
	borrowedAnyway = 48 << 10
	maxBorrowed    = 4 << 20
)

// read returns the next packet of at most limit bytes. It must bear the next number; where it doesn't, its head is what is returned.
func (p *packets) read(limit int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(p.rw, head[:]); err != nil {
		return nil, err
	}
	size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if head[3] != p.seq {
		return head[:], errOrder
	}
	p.seq++
	if size > limit {
		return nil, errTooBig
	}
	if !p.loan.take(size) {
		return nil, errTooBig
	}
	var body bytes.Buffer // grows as the bytes come: a length alone costs nothing
	if _, err := io.CopyN(&body, p.rw, int64(size)); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// maxWaiting bounds the bytes of a reply that wait to be sent.
const maxWaiting = 64 << 10

// compressed is the connection of a client that asked for compression: what goes over it is cut into pieces, each with how long it is, a number, and how long it was before, 0 where it is as it was.
type compressed struct {
	rw   io.ReadWriter
	seq  byte
	rest []byte // of the piece that came last
	loan loan
}

// minCompressed is how long a piece is that gains by it.
const minCompressed = 50

func (z *compressed) Read(p []byte) (int, error) {
	for len(z.rest) == 0 {
		var head [7]byte
		if _, err := io.ReadFull(z.rw, head[:]); err != nil {
			return 0, err
		}
		size, before := int(head[0])|int(head[1])<<8|int(head[2])<<16, int(head[4])|int(head[5])<<8|int(head[6])<<16
		if size > maxPacket+64 || before > maxPacket+64 {
			return 0, errTooBig
		}
		z.seq = head[3] + 1
		z.loan.repay()
		if !z.loan.take(max(size, before)) {
			return 0, errTooBig
		}
		body := io.LimitReader(z.rw, int64(size))
		var whole bytes.Buffer
		if before == 0 {
			before = size
			if _, err := io.Copy(&whole, body); err != nil {
				return 0, err
			}
		} else {
			unpacked, err := zlib.NewReader(body)
			if err != nil {
				return 0, err
			}
			if _, err := io.Copy(&whole, io.LimitReader(unpacked, int64(before))); err != nil {
				return 0, err
			}
			if _, err := io.Copy(io.Discard, body); err != nil {
				return 0, err
			}
		}
		if whole.Len() != before {
			return 0, io.ErrUnexpectedEOF
		}
		z.rest = whole.Bytes()
	}
	n := copy(p, z.rest)
	if z.rest = z.rest[n:]; len(z.rest) == 0 {
		z.rest = nil
		z.loan.repay()
	}
	return n, nil
}

// packers are those that compress: each has tables of more than half a megabyte, whatever it is given, so that there are two for all connections.
var packers = func() chan *zlib.Writer {
	all := make(chan *zlib.Writer, 2)
	for range cap(all) {
		all <- nil
	}
	return all
}()

// pack compresses.
func pack(p []byte) []byte {
	w := <-packers
	defer func() { packers <- w }()
	var b bytes.Buffer
	if w == nil {
		w = zlib.NewWriter(&b)
	} else {
		w.Reset(&b)
	}
	w.Write(p)
	w.Close()
	w.Reset(io.Discard) // it must not hold on to what it has made
	return b.Bytes()
}

func (z *compressed) Write(p []byte) (int, error) {
	done := 0
	for len(p) > 0 {
		piece := p[:min(len(p), 1<<20)]
		p = p[len(piece):]
		before, packed := 0, piece
		if len(piece) >= minCompressed {
			before, packed = len(piece), pack(piece)
		}
		out := append([]byte{byte(len(packed)), byte(len(packed) >> 8), byte(len(packed) >> 16), z.seq, byte(before), byte(before >> 8), byte(before >> 16)}, packed...)
		z.seq++
		if _, err := z.rw.Write(out); err != nil {
			return done, err
		}
		done += len(piece)
	}
	return done, nil
}

// put adds a packet to the reply.
func (p *packets) put(body []byte) {
	if p.out.Len() > maxWaiting && p.rw != nil {
		// A connection that is lost is noticed by the next read.
		if p.around == nil || !p.around(func() { p.flush() }) {
			p.flush()
		}
	}
	p.out.Write([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), p.seq})
	p.out.Write(body)
	p.seq++
}

// flush sends the reply.
func (p *packets) flush() error {
	_, err := p.rw.Write(p.out.Bytes())
	if p.out.Reset(); p.out.Cap() > 2*maxWaiting {
		p.out = bytes.Buffer{} // nothing large is kept while a client thinks
	}
	return err
}

// fields takes the fields of a packet apart. After the first that isn't whole, all are empty and ok is false.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) take(n int) []byte {
	if n < 0 || n > len(f.rest) {
		f.bad, f.rest = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	b := f.rest[:n:n] // nobody who appends to it writes over what follows
	f.rest = f.rest[n:]
	return b
}

func (f *fields) byte() byte     { return f.take(1)[0] }
func (f *fields) uint32() uint32 { return binary.LittleEndian.Uint32(f.take(4)) }

// text takes a string that ends in a zero byte, or with the packet.
func (f *fields) text() string {
	at := bytes.IndexByte(f.rest, 0)
	if at < 0 {
		return string(f.take(len(f.rest)))
	}
	s := string(f.take(at))
	f.take(1)
	return s
}

// count takes a number that may be long.
func (f *fields) count() int {
	switch n := f.byte(); n {
	case 0xfb, 0xff:
		f.bad = true
		return 0
	case 0xfc:
		return int(binary.LittleEndian.Uint16(f.take(2)))
	case 0xfd, 0xfe: // more than there could be
		f.bad = true
		return 0
	default:
		return int(n)
	}
}

// counted takes bytes with their length before them.
func (f *fields) counted() []byte {
	switch n := f.byte(); n {
	case 0xfb, 0xff:
		f.bad = true
		return nil
	case 0xfc:
		return f.take(int(binary.LittleEndian.Uint16(f.take(2))))
	case 0xfd:
		b := f.take(3)
		return f.take(int(b[0]) | int(b[1])<<8 | int(b[2])<<16)
	case 0xfe:
		return f.take(int(min(binary.LittleEndian.Uint64(f.take(8)), 1<<30)))
	default:
		return f.take(int(n))
	}
}

func appendCount(b []byte, n int) []byte {
	switch {
	case n < 0xfb:
		return append(b, byte(n))
	case n < 1<<16:
		return append(b, 0xfc, byte(n), byte(n>>8))
	default:
		return append(b, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	}
}

func appendCounted(b []byte, s string) []byte { return append(appendCount(b, len(s)), s...) }
