package dcerpc

import (
	"encoding/binary"
	"fmt"
	"strings"

	"decnet/decoy/services/internal/windows"
)

// Message is read by offsets; what lies outside of it reads as zero.
type Message []byte

// U8 returns the byte at an offset.
func (r Message) U8(at int) byte { return r.Part(at, 1)[0] }

// U16 returns the number of two bytes at an offset.
func (r Message) U16(at int) uint16 { return binary.LittleEndian.Uint16(r.Part(at, 2)) }

// U32 returns the number of four bytes at an offset.
func (r Message) U32(at int) uint32 { return binary.LittleEndian.Uint32(r.Part(at, 4)) }

// U64 returns the number of eight bytes at an offset.
func (r Message) U64(at int) uint64 { return binary.LittleEndian.Uint64(r.Part(at, 8)) }

var zeros [16]byte

// Part returns n bytes, at most 16, or zeros.
func (r Message) Part(at, n int) []byte {
	if at < 0 || at+n > len(r) {
		return zeros[:n]
	}
	return r[at : at+n]
}

// Builder writes little-endian numbers.
type Builder []byte

// U8 adds bytes.
func (b *Builder) U8(v ...byte) { *b = append(*b, v...) }

// U16 adds a number of two bytes.
func (b *Builder) U16(v uint16) { *b = binary.LittleEndian.AppendUint16(*b, v) }

// U32 adds a number of four bytes.
func (b *Builder) U32(v uint32) { *b = binary.LittleEndian.AppendUint32(*b, v) }

// U64 adds a number of eight bytes.
func (b *Builder) U64(v uint64) { *b = binary.LittleEndian.AppendUint64(*b, v) }

// Bytes adds what is written already.
func (b *Builder) Bytes(v []byte) { *b = append(*b, v...) }

// Zeros adds as many.
func (b *Builder) Zeros(n int) { *b = append(*b, make([]byte, n)...) }

// Align adds zeros up to the next multiple.
func (b *Builder) Align(to int) { b.Zeros((to - len(*b)%to) % to) }

// Patch32 changes a number that was added.
func (b *Builder) Patch32(at int, v uint32) { binary.LittleEndian.PutUint32((*b)[at:], v) }

// NDR is how the arguments of a call stand on the wire (C706, chapter 14): what a pointer leads to comes after the structure that has the pointer, and each number
// begins at a multiple of its size.

// HandleSize is that of a handle, by which later calls name what an earlier one has opened.
const HandleSize = 20

// Arguments reads those of a call. What lies outside of them reads as zero.
type Arguments struct {
	All Message
	At  int
}

// Uint32 reads a number of four bytes.
func (a *Arguments) Uint32() uint32 {
	a.At = (a.At + 3) &^ 3
	v := a.All.U32(a.At)
	a.At += 4
	return v
}

// Uint16 reads a number of two bytes.
func (a *Arguments) Uint16() uint16 {
	a.At = (a.At + 1) &^ 1
	v := a.All.U16(a.At)
	a.At += 2
	return v
}

// Text reads a string, maxText characters of it at most.
func (a *Arguments) Text() string {
	const maxText = 8192
	a.Uint32()
	a.Uint32()
	count := int(min(a.Uint32(), maxText))
	from := min(a.At, len(a.All))
	to := min(from+2*count, len(a.All))
	a.At += 2 * count
	return strings.TrimSuffix(windows.Text(a.All[from:to]), "\x00")
}

// Maybe reads a string that may be missing.
func (a *Arguments) Maybe() string {
	if a.Uint32() == 0 {
		return ""
	}
	return a.Text()
}

// Counted reads n strings whose lengths come first, all of them, and then the strings.
func (a *Arguments) Counted(n int) []string {
	there := make([]bool, n)
	for i := range there {
		a.Uint32() // the lengths, which come again
		there[i] = a.Uint32() != 0
	}
	names := make([]string, n)
	for i := range names {
		if there[i] {
			names[i] = a.Text()
		}
	}
	return names
}

// SID reads an identifier, as its bytes are; nil where there is none.
func (a *Arguments) SID() []byte {
	n := int(a.Uint32())
	from := min(a.At, len(a.All))
	to := min(from+8+4*n, len(a.All))
	if n > 15 || to-from != 8+4*n {
		return nil
	}
	a.At = to
	return a.All[from:to]
}

// Array adds how many there are, behind a pointer to them.
func (b *Builder) Array(n int) {
	b.U32(uint32(n))
	b.Pointer()
	b.U32(uint32(n))
}

// Head adds a string's lengths and the pointer to it; chars adds the string itself.
func (b *Builder) Head(s string) {
	size := uint16(len(windows.UTF16(s)))
	b.U16(size)
	b.U16(size)
	b.Pointer()
}

// Chars adds the string that a head has told of.
func (b *Builder) Chars(s string) {
	units := windows.UTF16(s)
	n := uint32(len(units) / 2)
	b.U32(n)
	b.U32(0)
	b.U32(n)
	b.Bytes(units)
	b.Align(4)
}

// Strings adds the heads of several strings and then the strings.
func (b *Builder) Strings(all ...string) {
	for _, s := range all {
		b.Head(s)
	}
	for _, s := range all {
		b.Chars(s)
	}
}

// SID adds an identifier, with the number of its parts before it.
func (b *Builder) SID(sid []byte) {
	b.U32(uint32(sid[1]))
	b.Bytes(sid)
}

// SIDText is how an identifier is written.
func SIDText(sid []byte) string {
	if len(sid) < 8 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "S-%d-%d", sid[0], binary.BigEndian.Uint16(sid[6:]))
	for rest := sid[8:]; len(rest) >= 4; rest = rest[4:] {
		fmt.Fprintf(&b, "-%d", binary.LittleEndian.Uint32(rest))
	}
	return b.String()
}

// Text adds a string as NDR has it.
func (b *Builder) Text(s string) {
	units := windows.UTF16(s + "\x00")
	n := uint32(len(units) / 2)
	b.U32(n)
	b.U32(0)
	b.U32(n)
	b.Bytes(units)
	b.Align(4)
}

// Pointer adds a reference that isn't nothing.
func (b *Builder) Pointer() { b.U32(0x00020000 + uint32(len(*b))) }
