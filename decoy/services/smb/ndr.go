package smb

import (
	"encoding/binary"
	"fmt"
	"strings"

	"decnet/decoy/services/internal/windows"
)

// NDR is how the arguments of a call stand on the wire (C706, chapter 14): what a pointer leads to comes after the structure that has the pointer, and each number
// begins at a multiple of its size.

// handleSize is that of a handle, by which later calls name what an earlier one has opened.
const handleSize = 20

// arguments reads those of a call. What lies outside of them reads as zero.
type arguments struct {
	all request
	at  int
}

func (a *arguments) uint32() uint32 {
	a.at = (a.at + 3) &^ 3
	v := a.all.u32(a.at)
	a.at += 4
	return v
}

func (a *arguments) uint16() uint16 {
	a.at = (a.at + 1) &^ 1
	v := a.all.u16(a.at)
	a.at += 2
	return v
}

// text reads a string, maxText characters of it at most.
func (a *arguments) text() string {
	const maxText = 8192
	a.uint32()
	a.uint32()
	count := int(min(a.uint32(), maxText))
	from := min(a.at, len(a.all))
	to := min(from+2*count, len(a.all))
	a.at += 2 * count
	return strings.TrimSuffix(windows.Text(a.all[from:to]), "\x00")
}

// maybe reads a string that may be missing.
func (a *arguments) maybe() string {
	if a.uint32() == 0 {
		return ""
	}
	return a.text()
}

// counted reads n strings whose lengths come first, all of them, and then the strings.
func (a *arguments) counted(n int) []string {
	there := make([]bool, n)
	for i := range there {
		a.uint32() // the lengths, which come again
		there[i] = a.uint32() != 0
	}
	names := make([]string, n)
	for i := range names {
		if there[i] {
			names[i] = a.text()
		}
	}
	return names
}

// sid reads an identifier, as its bytes are; nil where there is none.
func (a *arguments) sid() []byte {
	n := int(a.uint32())
	from := min(a.at, len(a.all))
	to := min(from+8+4*n, len(a.all))
	if n > 15 || to-from != 8+4*n {
		return nil
	}
	a.at = to
	return a.all[from:to]
}

// array adds how many there are, behind a pointer to them.
func (b *builder) array(n int) {
	b.u32(uint32(n))
	b.pointer()
	b.u32(uint32(n))
}

// head adds a string's lengths and the pointer to it; chars adds the string itself.
func (b *builder) head(s string) {
	size := uint16(len(windows.UTF16(s)))
	b.u16(size)
	b.u16(size)
	b.pointer()
}

func (b *builder) chars(s string) {
	units := windows.UTF16(s)
	n := uint32(len(units) / 2)
	b.u32(n)
	b.u32(0)
	b.u32(n)
	b.bytes(units)
	b.align(4)
}

// strings adds the heads of several strings and then the strings.
func (b *builder) strings(all ...string) {
	for _, s := range all {
		b.head(s)
	}
	for _, s := range all {
		b.chars(s)
	}
}

func (b *builder) sid(sid []byte) {
	b.u32(uint32(sid[1]))
	b.bytes(sid)
}

// sidText is how an identifier is written.
func sidText(sid []byte) string {
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
