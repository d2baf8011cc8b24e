package shell

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"strings"
)

// sizes are what some programs have on a Debian; others are drawn.
var sizes = map[string]int{
	"bash": 1265648, "dash": 125640, "ls": 151344, "cat": 44016, "echo": 43856, "cp": 151152, "mv": 143032, "rm": 72752, "chmod": 60536, "chown": 64656, "dd": 76936, "mkdir": 93464, "ln": 72752,
	"ps": 137688, "top": 126928, "grep": 203152, "sed": 122432, "awk": 162136, "find": 224848, "wget": 475856, "curl": 284960, "ssh": 846888, "scp": 186928, "sftp": 194960, "nc": 43120, "ping": 90568, "ip": 735144,
	"ss": 132904, "mount": 59704, "su": 72000, "sudo": 281624, "passwd": 68248, "uname": 39488, "id": 48064, "tar": 531984, "perl": 3832560, "python3": 6831704, "openssl": 1000016, "systemctl": 1103928, "busybox": 728528,
	"vi": 1614344, "nano": 287952, "crontab": 43568, "dpkg": 318048, "apt": 18752, "apt-get": 51592, "iptables": 100008, "sysctl": 31104, "git": 3714920,
}

// setuid are the programs that run as root whoever starts them.
var setuid = map[string]bool{"su": true, "sudo": true, "passwd": true, "mount": true}

// ownPrograms are the tools that are no part of BusyBox where it is.
var ownPrograms = map[string]bool{"curl": true, "ssh": true, "scp": true, "sftp": true, "apk": true, "git": true, "ssh-keygen": true, "getent": true, "busybox": true}

// programs puts the tools where they belong.
func (s *System) programs(b builder) {
	s.tool = map[string]string{}
	put := func(name string) {
		dir := "/usr/bin/"
		if systemTools[name] {
			dir = "/usr/sbin/"
		}
		at := dir + name
		switch shell := map[bool]string{true: "dash", false: "bash"}[s.Packages == "apt"]; {
		case s.BusyBox && !ownPrograms[name]:
			b.put(at, &node{mode: fs.ModeSymlink | 0o777, target: "/bin/busybox"})
			return
		case name == "sh":
			b.put(at, &node{mode: fs.ModeSymlink | 0o777, target: shell})
			if shell == "bash" {
				return
			}
			at = dir + shell
		}
		mode := fs.FileMode(0o755)
		if setuid[name] {
			mode |= fs.ModeSetuid
		}
		size := sizes[path.Base(at)]
		if size == 0 {
			h := fnv.New32()
			h.Write([]byte(name))
			size = 18000 + int(h.Sum32()%3200)*32
		}
		head := s.elf(name, size)
		s.tool[head[:elfHeader]] = name
		b.put(at, &node{mode: mode, content: head, apparent: size, fill: s.fill})
	}
	for _, name := range s.tools() {
		put(name)
	}
}

// elfHeader is as much of a program as tells which one it is, in bytes.
const elfHeader = 52

// toolOf is the tool whose program the text is, or "".
func (s *System) toolOf(text string) string {
	if len(text) < elfHeader {
		return ""
	}
	s.files() // which has made the tools
	return s.tool[text[:elfHeader]]
}

// elf is the beginning of a program for the system's processor: the header, the program's segments, and its interpreter.
func (s *System) elf(name string, size int) string {
	var order binary.AppendByteOrder = binary.LittleEndian
	class, endian, kind, machine, flags, word := byte(2), byte(1), uint16(3), uint16(forAMD64), uint32(0), 8
	loader := "/lib64/ld-linux-x86-64.so.2\x00"
	switch {
	case s.Machine == "mips":
		order, class, endian, kind, machine, flags, word, loader = binary.BigEndian, 1, 2, 2, forMIPS, 0x70001007, 4, "/lib/ld-uClibc.so.0\x00"
	case strings.HasPrefix(s.Machine, "arm"):
		class, kind, machine, flags, word, loader = 1, 2, forARM, 0x05000200, 4, "/lib/ld-uClibc.so.0\x00"
	case s.BusyBox:
		loader = "/lib/ld-musl-x86_64.so.1\x00"
	}
	out := []byte{0x7f, 'E', 'L', 'F', class, endian, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	u16 := func(values ...int) {
		for _, v := range values {
			out = order.AppendUint16(out, uint16(v))
		}
	}
	u32 := func(v int) { out = order.AppendUint32(out, uint32(v)) }
	address := func(values ...int) {
		for _, v := range values {
			if word == 8 {
				out = order.AppendUint64(out, uint64(v))
			} else {
				u32(v)
			}
		}
	}
	base, header, segment, section := 0, 64, 56, 64
	if word == 4 {
		base, header, segment, section = 0x10000, 52, 32, 40
	}
	h := fnv.New32()
	h.Write([]byte(name))
	const sections, segments = 28, 7
	text := size / 8 &^ 15
	u16(int(kind), int(machine))
	u32(1)
	address(base+text+int(h.Sum32()%2048)&^15, header, (size-sections*section)&^7)
	u32(int(flags))
	u16(header, segment, segments, section, sections, sections-1)
	put := func(kind, flags, at, length, align int) {
		u32(kind)
		if word == 8 {
			u32(flags)
		}
		address(at, base+at, base+at, length, length)
		if word == 4 {
			u32(flags)
		}
		address(align)
	}
	interpreter := header + segments*segment
	put(6, 4, header, segments*segment, word)
	put(3, 4, interpreter, len(loader), 1)
	put(1, 4, 0, text, 4096)
	put(1, 5, text, size/2&^15, 4096)
	put(1, 6, text+size/2&^15, size/4&^15, 4096)
	put(2, 6, text+size/2&^15+64, 31*2*word, word)
	put(0x6474e551, 6, 0, 0, 16)
	return string(append(out, loader...))
}

// fill returns n bytes of machine code that nobody has written: what stands behind the beginning of a program.
func (s *System) fill(n int) string {
	code := s.code()
	var b strings.Builder
	b.Grow(n)
	for b.Len() < n {
		b.WriteString(code[:min(len(code), n-b.Len())])
	}
	return b.String()
}

// codeSize is how much of it is made.
const codeSize = 64 << 10

func (s *System) makeCode() string {
	r := s.host.Rand("programs")
	common := []byte{0x48, 0x89, 0x8b, 0xe8, 0x00, 0x00, 0x00, 0xff, 0x0f, 0x85, 0x24, 0x41}
	out := make([]byte, codeSize)
	for i := range out {
		word := r.Uint32()
		if out[i] = byte(word); word>>8&3 != 0 {
			out[i] = common[word>>16%uint32(len(common))]
		}
	}
	return string(out)
}

// The processors of programs, by the number in an ELF header.
const (
	forIntel386 = 3
	forMIPS     = 8
	forARM      = 40
	forAMD64    = 62
)

// runs tells whether a program is one for the system's processor. The kernel looks at no more than the beginning, either.
func (s *System) runs(text string) bool {
	const header, dataAt, bigEndian, machineAt = 52, 5, 2, 18 // of a program of 32 bits
	if len(text) < header || !strings.HasPrefix(text, "\x7fELF") {
		return false
	}
	machine := int(text[machineAt+1])<<8 | int(text[machineAt])
	if text[dataAt] == bigEndian {
		machine = int(text[machineAt])<<8 | int(text[machineAt+1])
	}
	switch machine {
	case forAMD64, forIntel386:
		return s.Machine == "x86_64"
	case forARM:
		return strings.HasPrefix(s.Machine, "arm")
	case forMIPS:
		return s.Machine == "mips"
	}
	return false
}

func ldd(c *call) int {
	if len(c.args) < 2 {
		fmt.Fprintln(c.err, "ldd: missing file arguments\nTry `ldd --help' for more information.")
		return 1
	}
	n, err := c.fs.lookup(c.abs(c.args[1]), true)
	switch {
	case err != nil:
		return c.fail(1, "%s: No such file or directory", c.args[1])
	case c.sys.toolOf(n.content) == "":
		c.printf("\tnot a dynamic executable\n")
		return 1
	}
	base := 0x7f0000000000 + c.inode(c.args[1])<<14
	c.printf("\tlinux-vdso.so.1 (0x00007ffd%08x)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x%016x)\n\t/lib64/ld-linux-x86-64.so.2 (0x%016x)\n", c.inode(c.args[1])<<12&0xffffffff, base, base+0x20a000)
	return 0
}
