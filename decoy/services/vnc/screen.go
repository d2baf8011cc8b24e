package vnc

import (
	"encoding/binary"
	"io"
	"slices"

	"decnet/decoy"
)

// colour is red, green and blue.
type colour [3]byte

type rectangle struct {
	x, y, w, h int
	of         colour
}

// screen is what the client sees: a background and rectangles on it, the later above the earlier.
type screen struct {
	w, h       int
	background colour
	shapes     []rectangle
}

// screenOf makes the decky's: a locked desktop with a bar and a box for the password.
func screenOf(h *decoy.Host) screen {
	size := decoy.Pick(h, "vnc-size", [2]int{1024, 768}, [2]int{1280, 800}, [2]int{1280, 1024}, [2]int{1920, 1080})
	s := screen{w: size[0], h: size[1], background: decoy.Pick(h, "vnc-colour", colour{0x2c, 0x3e, 0x50}, colour{0x00, 0x78, 0xd7}, colour{0x30, 0x0a, 0x24}, colour{0x3b, 0x6e, 0xa5}, colour{0x1d, 0x1f, 0x21})}
	x, y := s.w/2-160, s.h/2-90
	s.shapes = []rectangle{
		{0, 0, s.w, 28, colour{0x11, 0x11, 0x11}}, {x, y, 320, 180, colour{0xf2, 0xf2, 0xf2}}, {x, y, 320, 32, colour{0x44, 0x44, 0x4a}},
		{x + 24, y + 72, 272, 30, colour{0xff, 0xff, 0xff}}, {x + 206, y + 126, 90, 32, colour{0x35, 0x84, 0xe4}},
	}
	return s
}

// at is the colour of a pixel.
func (s screen) at(x, y int) colour {
	for _, r := range slices.Backward(s.shapes) {
		if x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h {
			return r.of
		}
	}
	return s.background
}

// format is how a client wants its pixels.
type format struct {
	size    int // bytes
	big     bool
	mapped  bool // by a table of colours
	maximum [3]uint16
	shift   [3]byte
}

// usual is the format that the server offers.
var usual = format{size: 4, maximum: [3]uint16{255, 255, 255}, shift: [3]byte{16, 8, 0}}

// bytes writes it as the protocol does.
func (f format) bytes() []byte {
	out := make([]byte, 16)
	out[0], out[1], out[3] = byte(8*f.size), 24, 1
	for i, m := range f.maximum {
		binary.BigEndian.PutUint16(out[4+2*i:], m)
	}
	copy(out[10:], f.shift[:])
	return out
}

// parseFormat reads one, and tells whether it is any.
func parseFormat(b [16]byte) (format, bool) {
	f := format{size: int(b[0]) / 8, big: b[2] != 0, mapped: b[3] == 0, shift: [3]byte(b[10:13])}
	for i := range f.maximum {
		f.maximum[i] = binary.BigEndian.Uint16(b[4+2*i:])
	}
	ok := b[0] == 8 || b[0] == 16 || b[0] == 32
	for _, shift := range f.shift {
		ok = ok && shift < 32
	}
	return f, ok
}

// append writes a pixel.
func (f format) append(b []byte, c colour) []byte {
	var n uint32
	if !f.mapped {
		for i, part := range c {
			n |= uint32(part) * uint32(f.maximum[i]) / 255 << f.shift[i]
		}
	}
	for i := range f.size {
		shift := 8 * i
		if f.big {
			shift = 8 * (f.size - 1 - i)
		}
		b = append(b, byte(n>>shift))
	}
	return b
}

// The encodings of an update.
const (
	encodingRaw = 0
	encodingRRE = 2 // a background and rectangles, which is little
)

const maxPart = 32 << 10 // bytes that are gathered before they are written

// update writes what there is in a part of the screen, in an encoding that the client knows.
func (s screen) update(to io.Writer, x, y, w, h int, f format, encoding int32) error {
	x, y = min(x, s.w), min(y, s.h)
	w, h = min(w, s.w-x), min(h, s.h-y)
	out := []byte{0, 0, 0, 1}
	for _, n := range []int{x, y, w, h} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	out = binary.BigEndian.AppendUint32(out, uint32(encoding))
	if encoding == encodingRaw {
		for j := y; j < y+h; j++ { // a whole screen would be much at once
			for i := x; i < x+w; i++ {
				out = f.append(out, s.at(i, j))
			}
			if len(out) > maxPart {
				if _, err := to.Write(out); err != nil {
					return err
				}
				out = out[:0]
			}
		}
		_, err := to.Write(out)
		return err
	}
	var inside []rectangle
	for _, r := range s.shapes {
		left, top, right, bottom := max(r.x, x), max(r.y, y), min(r.x+r.w, x+w), min(r.y+r.h, y+h)
		if left < right && top < bottom {
			inside = append(inside, rectangle{left - x, top - y, right - left, bottom - top, r.of})
		}
	}
	out = f.append(binary.BigEndian.AppendUint32(out, uint32(len(inside))), s.background)
	for _, r := range inside {
		out = f.append(out, r.of)
		for _, n := range []int{r.x, r.y, r.w, r.h} {
			out = binary.BigEndian.AppendUint16(out, uint16(n))
		}
	}
	_, err := to.Write(out)
	return err
}
