package shell

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
	"time"

	"decnet/decoy/shell/notation"
)

// inode is a file's number, by its path.
func (s *Shell) inode(p string) int {
	if p = s.abs(p); p == "/" {
		return 2
	}
	h := fnv.New32()
	io.WriteString(h, p)
	return 131072 + int(h.Sum32()%1200000)
}

func stat(c *call) int {
	flags, operands := c.options("c")
	status := 0
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), flags['L'] != "")
		if err != nil {
			status = c.fail(1, "cannot statx '%s': %s", p, problem(err))
			continue
		}
		uid, gid := 0, 0
		if a, ok := c.account(n.owner); ok {
			uid, gid = a.uid, a.gid
		}
		octal := fmt.Sprintf("%04o", octalMode(n.mode))
		if format := flags['c']; format != "" {
			links, sort := strconv.Itoa(1+boolInt(n.isDir())), "regular file"
			if n.isDir() {
				sort = "directory"
			} else if n.mode&fs.ModeSymlink != 0 {
				sort = "symbolic link"
			}
			c.printf("%s\n", strings.NewReplacer("%i", strconv.Itoa(c.inode(p)), "%h", links, "%F", sort, "%b", strconv.Itoa((n.size()+4095)/4096*8), "%B", "512", "%o", "4096", "%d", "2049",
				"%X", strconv.FormatInt(n.mtime.Unix(), 10), "%Z", strconv.FormatInt(n.mtime.Unix(), 10), "%x", n.mtime.Format("2006-01-02 15:04:05.000000000 -0700"), "%a", strconv.FormatInt(int64(octalMode(n.mode)), 8), "%n", p, "%s", strconv.Itoa(n.size()), "%U", n.owner, "%G", n.group, "%u", strconv.Itoa(uid), "%g", strconv.Itoa(gid),
				"%A", modeString(n.mode), "%Y", strconv.FormatInt(n.mtime.Unix(), 10), "%y", n.mtime.Format("2006-01-02 15:04:05.000000000 -0700")).Replace(format))
			continue
		}
		kind := "regular file"
		switch modeString(n.mode)[0] {
		case 'd':
			kind = "directory"
		case 'l':
			kind = "symbolic link"
		case 'c':
			kind = "character special file"
		}
		if kind == "regular file" && n.size() == 0 {
			kind = "regular empty file"
		}
		at := func(t time.Time) string { return t.Format("2006-01-02 15:04:05.000000000 -0700") }
		inode := c.inode(p)
		c.printf("  File: %s\n  Size: %-10d\tBlocks: %-10d IO Block: 4096   %s\nDevice: 8,1\tInode: %-11d Links: %d\nAccess: (%s/%s)  Uid: (%5d/%8s)   Gid: (%5d/%8s)\nAccess: %s\nModify: %s\nChange: %[13]s\n Birth: %[13]s\n",
			p, n.size(), (n.size()+4095)/4096*8, kind, inode, 1+boolInt(n.isDir()), octal, modeString(n.mode), uid, n.owner, gid, n.group, at(n.mtime), at(n.mtime))
	}
	return status
}

func lsattr(c *call) int {
	_, operands := c.options("")
	for _, p := range operands {
		if _, err := c.fs.lookup(c.abs(p), true); err != nil {
			return c.fail(1, "%s while trying to stat %s", problem(err), p)
		}
		c.printf("--------------e------- %s\n", p)
	}
	return 0
}

func chown(c *call) int {
	flags, operands := c.options("")
	switch {
	case len(operands) == 0:
		return c.missing("operand")
	case len(operands) == 1:
		return c.missing("operand after " + c.quoted(operands[0]))
	}
	owner, group, _ := strings.Cut(operands[0], ":")
	if _, ok := c.account(owner); !ok && owner != "" {
		return c.fail(1, "invalid user: %s", c.quoted(operands[0]))
	}
	return c.each(operands[1:], func(p string) error {
		return c.tree(p, flags['R'] != "", func(_ string, n *node) error {
			if c.user.name != "root" {
				return syscall.EPERM
			}
			if owner != "" {
				n.owner = owner
			}
			if group != "" {
				n.group = group
			}
			return nil
		})
	}, c.words("cannot access '%s': %s", "%s: %s"))
}

func fileType(c *call) int {
	_, operands := c.options("")
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), true)
		kind := "ASCII text"
		switch {
		case err != nil:
			kind = "cannot open `" + p + "' (" + problem(err) + ")"
		case n.isDir():
			kind = "directory"
		case strings.HasPrefix(n.read(), "\x7fELF"):
			kind = elfKind(n.read())
		case n.size() == 0:
			kind = "empty"
		case strings.HasPrefix(n.read(), "#!"):
			kind = "POSIX shell script, ASCII text executable"
		}
		c.printf("%s: %s\n", p, kind)
	}
	return 0
}

// elfKind is what file says of a program.
func elfKind(text string) string {
	if len(text) < elfHeader {
		return "ELF"
	}
	words, order, at := "32-bit", "LSB", 18
	if text[4] == 2 {
		words = "64-bit"
	}
	if text[5] == 2 {
		order, at = "MSB", 19
	}
	machine, loader := map[byte]string{forAMD64: "x86-64", forIntel386: "Intel 80386", forARM: "ARM, EABI5", forMIPS: "MIPS, MIPS32 rel2"}[text[at]], ""
	if _, after, found := strings.Cut(text[:min(len(text), 1024)], "/lib"); found {
		name, _, _ := strings.Cut(after, "\x00")
		loader = ", dynamically linked, interpreter /lib" + notation.Printable(name)
	}
	return fmt.Sprintf("ELF %s %s %s, %s, version 1 (SYSV)%s, stripped", words, order, map[bool]string{true: "pie executable", false: "executable"}[text[16]+text[17] == 3], machine, loader)
}

// digest is md5sum and its kin.
func digest(c *call) int {
	_, operands := c.options("")
	if len(operands) == 0 {
		operands = []string{"-"}
	}
	status := 0
	for _, p := range operands {
		texts, ok := c.inputs([]string{p})
		if !ok {
			status = 1
			continue
		}
		text := []byte(texts[0])
		var sum []byte
		switch c.args[0] {
		case "md5sum":
			s := md5.Sum(text)
			sum = s[:]
		case "sha1sum":
			s := sha1.Sum(text)
			sum = s[:]
		case "sha512sum":
			s := sha512.Sum512(text)
			sum = s[:]
		default:
			s := sha256.Sum256(text)
			sum = s[:]
		}
		c.printf("%x  %s\n", sum, p)
	}
	return status
}

func getcap(c *call) int {
	flags, operands := c.options("")
	if len(operands) == 0 {
		fmt.Fprintln(c.err, "usage: getcap [-h] [-l] [-n] [-r] [-v] <filename> [<filename> ...]")
		return 1
	}
	for _, p := range operands {
		if at := c.abs(p); flags['r'] != "" && strings.HasPrefix("/usr/bin/ping", strings.TrimSuffix(at, "/")) || at == "/usr/bin/ping" || at == "/bin/ping" {
			c.printf("/usr/bin/ping cap_net_raw=ep\n")
		}
	}
	return 0
}
