package shell

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

func tty(c *call) int {
	if !c.atTerminal() {
		c.printf("not a tty\n")
		return 1
	}
	c.printf("/dev/pts/0\n")
	return 0
}

func readlink(c *call) int {
	flags, operands := c.options("")
	status := 0
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), false)
		switch {
		case flags['f'] != "" || flags['e'] != "" || c.args[0] == "realpath":
			at := c.abs(p)
			for range maxLinks {
				n, err = c.fs.lookup(at, false)
				if err != nil || n.mode&fs.ModeSymlink == 0 {
					break
				}
				if at = path.Join(path.Dir(at), n.target); path.IsAbs(n.target) {
					at = n.target
				}
			}
			if dir, err := c.fs.lookup(path.Dir(at), false); err == nil && dir.mode&fs.ModeSymlink != 0 {
				at = path.Join("/", dir.target, path.Base(at))
			}
			c.printf("%s\n", at)
		case err != nil || n.mode&fs.ModeSymlink == 0:
			status = 1
		default:
			c.printf("%s\n", n.target)
		}
	}
	return status
}

// od knows the formats that are asked for most: octal words, bytes in hexadecimal or octal, characters.
func od(c *call) int {
	flags, operands := c.options("AtNjw")
	texts, ok := c.inputs(operands)
	data := strings.Join(texts, "")
	if n, err := strconv.Atoi(flags['N']); err == nil && n >= 0 {
		data = data[:min(n, len(data))]
	}
	kind := flags['t']
	switch {
	case flags['c'] != "":
		kind = "c"
	case flags['x'] != "":
		kind = "x2"
	case flags['b'] != "":
		kind = "o1"
	case flags['d'] != "":
		kind = "u2"
	}
	size := 2
	if strings.HasSuffix(kind, "1") || strings.HasPrefix(kind, "c") {
		size = 1
	} else if strings.HasSuffix(kind, "4") {
		size = 4
	}
	address := func(at int) string {
		switch flags['A'] {
		case "n":
			return ""
		case "x":
			return fmt.Sprintf("%06x", at)
		case "d":
			return fmt.Sprintf("%07d", at)
		}
		return fmt.Sprintf("%07o", at)
	}
	characters := map[byte]string{0: `\0`, 7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`}
	for at := 0; at < len(data); at += 16 {
		var row strings.Builder
		row.WriteString(address(at))
		part := data[at:min(len(data), at+16)]
		for i := 0; i < len(part); i += size {
			n := uint64(0)
			for j := min(size, len(part)-i) - 1; j >= 0; j-- {
				n = n<<8 | uint64(part[i+j])
			}
			switch {
			case strings.HasPrefix(kind, "c"):
				text := characters[part[i]]
				if text == "" && (part[i] < ' ' || part[i] > '~') {
					text = fmt.Sprintf("%03o", part[i])
				}
				fmt.Fprintf(&row, " %3s", cmp.Or(text, part[i:i+1]))
			case strings.HasPrefix(kind, "x"):
				fmt.Fprintf(&row, " %0*x", size*2, n)
			case strings.HasPrefix(kind, "u"), strings.HasPrefix(kind, "d"):
				fmt.Fprintf(&row, " %*d", map[int]int{1: 3, 2: 5, 4: 10}[size], n)
			default:
				fmt.Fprintf(&row, " %0*o", map[int]int{1: 3, 2: 6, 4: 11}[size], n)
			}
		}
		if !c.printf("%s\n", row.String()) {
			break
		}
	}
	if end := address(len(data)); end != "" {
		c.printf("%s\n", end)
	}
	return truth(ok)
}

func compare(c *call) int {
	flags, operands := c.options("n")
	if len(operands) < 2 {
		return c.fail(2, "missing operand after '%s'\ncmp: Try 'cmp --help' for more information.", c.args[len(c.args)-1])
	}
	a, err := c.readFile(operands[0])
	b, err2 := c.readFile(operands[1])
	if err = cmp.Or(err, err2); err != nil {
		return c.fail(2, "%s", err)
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			if flags['s'] == "" {
				c.printf("%s %s differ: byte %d, line %d\n", operands[0], operands[1], i+1, 1+strings.Count(a[:i], "\n"))
			}
			return 1
		}
	}
	if len(a) == len(b) {
		return 0
	}
	if flags['s'] == "" {
		fmt.Fprintf(c.err, "cmp: EOF on %s after byte %d, line %d\n", operands[boolInt(len(a) > len(b))], min(len(a), len(b)), strings.Count(a[:min(len(a), len(b))], "\n"))
	}
	return 1
}

func getent(c *call) int {
	if len(c.args) < 2 {
		return c.fail(1, "wrong number of arguments")
	}
	file := map[string]string{"passwd": "/etc/passwd", "group": "/etc/group", "shadow": "/etc/shadow", "hosts": "/etc/hosts", "ahosts": "/etc/hosts", "services": "/etc/services", "networks": "/etc/networks"}[c.args[1]]
	if file == "" {
		fmt.Fprintf(c.err, "Unknown database: %s\nTry `getent --help' or `getent --usage' for more information.\n", c.args[1])
		return 1
	}
	text, err := c.readFile(file)
	if err != nil {
		return 2
	}
	keys, found, host := c.args[2:], 0, ""
	for _, line := range lines(text) {
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ':' && file != "/etc/hosts" || r == ' ' || r == '\t' })
		if strings.HasPrefix(line, "#") || len(fields) == 0 {
			continue
		}
		if len(keys) == 0 {
			c.printf("%s\n", line)
			continue
		}
		for _, key := range keys {
			if fields[0] == key || strings.HasPrefix(file, "/etc/hosts") && slices.Contains(fields, key) || file != "/etc/hosts" && len(fields) > 2 && fields[2] == key {
				if found++; file == "/etc/hosts" {
					host = fmt.Sprintf("%-15s %s\n", fields[0], strings.Join(fields[1:], " ")) // the last is that of IPv6, which is preferred
					break
				}
				c.printf("%s\n", line)
				break
			}
		}
	}
	c.printf("%s", host)
	if len(keys) > 0 && found == 0 {
		return 2
	}
	return 0
}

func locale(c *call) int {
	if slices.Contains(c.args, "-a") {
		c.printf("C\nC.utf8\nen_US.utf8\nPOSIX\n")
		return 0
	}
	lang := c.vars["LANG"].String()
	c.printf("LANG=%s\nLANGUAGE=\n", lang)
	for _, name := range []string{"CTYPE", "NUMERIC", "TIME", "COLLATE", "MONETARY", "MESSAGES", "PAPER", "NAME", "ADDRESS", "TELEPHONE", "MEASUREMENT", "IDENTIFICATION"} {
		c.printf("LC_%s=%q\n", name, lang)
	}
	c.printf("LC_ALL=\n")
	return 0
}

func hostnamectl(c *call) int {
	c.printf(" Static hostname: %s\n       Icon name: computer-vm\n         Chassis: vm\n      Machine ID: %s\n         Boot ID: %s\n  Virtualization: kvm\nOperating System: %s\n          Kernel: Linux %s\n    Architecture: x86-64\n Hardware Vendor: QEMU\n  Hardware Model: Standard PC _i440FX + PIIX, 1996_\nFirmware Version: 1.16.2-debian-1.16.2-1\n",
		c.sys.Hostname, c.sys.host.Hex("machine-id", 16), c.sys.host.Hex("boot-id/"+c.sys.host.BootTime().String(), 16), c.sys.Pretty, c.sys.Kernel)
	return 0
}

// lsof knows the sockets, and the files of a process hardly.
func lsof(c *call) int {
	flags, operands := c.options("pcu")
	row := func(p process, fd, kind, device, size, node, name string) {
		c.printf("%-9.9s %7d %8.8s %4s %6s %18s %9s %10s %s\n", p.name(), p.pid, p.user, fd, kind, device, size, node, name)
	}
	c.printf("%-9s %7s %8s %4s %6s %18s %9s %10s %s\n", "COMMAND", "PID", "USER", "FD", "TYPE", "DEVICE", "SIZE/OFF", "NODE", "NAME")
	processes := c.processes()
	if flags['i'] != "" {
		for _, one := range c.allSockets() {
			at := slices.IndexFunc(processes, func(p process) bool { return p.pid == one.pid })
			if at < 0 {
				continue
			}
			name := "*:" + one.local[strings.LastIndexByte(one.local, ':')+1:]
			switch one.state {
			case "ESTAB":
				name = one.local + "->" + one.peer + " (ESTABLISHED)"
			case "LISTEN":
				name += " (LISTEN)"
			}
			row(processes[at], fmt.Sprintf("%du", 3+one.pid%5), "IPv4", strconv.Itoa(14000+one.pid*7), "0t0", strings.ToUpper(one.proto), name)
		}
		return 0
	}
	for _, p := range processes {
		if p.kernel() || c.user.uid != 0 && p.user != c.user.name || flags['p'] != "" && flags['p'] != strconv.Itoa(p.pid) || len(operands) > 0 {
			continue
		}
		row(p, "cwd", "DIR", "8,1", "4096", "2", "/")
		row(p, "rtd", "DIR", "8,1", "4096", "2", "/")
	}
	return boolInt(len(operands) > 0)
}

func man(c *call) int {
	_, operands := c.options("")
	if len(operands) == 0 {
		c.printf("What manual page do you want?\nFor example, try 'man man'.\n")
		return 1
	}
	// A server's packages come without their pages.
	fmt.Fprintf(c.err, "No manual entry for %s\n", operands[len(operands)-1])
	return 16
}

func zcat(c *call) int {
	_, operands := c.options("")
	texts, ok := c.inputs(operands)
	for _, text := range texts {
		in, err := gzip.NewReader(strings.NewReader(text))
		if err != nil {
			fmt.Fprintf(c.err, "\ngzip: %s: not in gzip format\n", cmp.Or(strings.Join(operands, " "), "stdin"))
			return 1
		}
		plain, _ := io.ReadAll(io.LimitReader(in, maxPipe))
		c.printf("%s", plain)
	}
	return truth(ok)
}

// gzipTool is gzip and gunzip.
func gzipTool(c *call) int {
	flags, operands := c.options("S")
	unpack := c.args[0] == "gunzip" || flags['d'] != ""
	if unpack && (len(operands) == 0 || flags['c'] != "") {
		return zcat(&call{eval: c.eval, args: append([]string{"zcat"}, operands...), streams: c.streams})
	}
	pack := func(text string) string {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		io.WriteString(w, text)
		w.Close()
		return out.String()
	}
	if len(operands) == 0 {
		c.printf("%s", pack(c.input()))
		return 0
	}
	for _, p := range operands {
		text, err := c.readFile(p)
		if err != nil {
			return c.fail(1, "%s", err)
		}
		to := p + ".gz"
		if unpack {
			in, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				fmt.Fprintf(c.err, "\ngzip: %s: not in gzip format\n", p)
				return 1
			}
			plain, _ := io.ReadAll(io.LimitReader(in, maxFile))
			text, to = string(plain), strings.TrimSuffix(p, ".gz")
		} else {
			text = pack(text)
		}
		if flags['c'] != "" {
			c.printf("%s", text)
			continue
		}
		if err := c.save(to, text); err != nil {
			return c.fail(1, "%s: %s", to, problem(err))
		}
		if flags['k'] == "" && c.dirWritable(p) == nil {
			c.fs.remove(c.abs(p))
		}
	}
	return 0
}

// sshKeygen makes a key that looks like one.
func sshKeygen(c *call) int {
	flags, _ := c.options("tfNCbR")
	name := cmp.Or(flags['f'], c.user.home+"/.ssh/id_"+cmp.Or(flags['t'], "rsa"))
	kind, head, size, bits := "ssh-rsa", "AAAAB3NzaC1yc2EAAAADAQABAAABgQ", 372, 3072
	if flags['t'] == "ed25519" {
		kind, head, size, bits = "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAI", 32, 256
	}
	random := func(purpose string, n int) string {
		return base64.RawStdEncoding.EncodeToString(c.sys.host.Bytes("keygen/"+purpose+c.sys.host.Now().Format(time.RFC3339Nano), n))
	}
	label := map[string]string{"ssh-rsa": "RSA", "ssh-ed25519": "ED25519"}[kind]
	comment := cmp.Or(flags['C'], c.user.name+"@"+c.sys.Hostname)
	if flags['l'] != "" {
		if _, err := c.readFile(name); err != nil {
			return c.fail(255, "%s", err)
		}
		c.printf("%d SHA256:%s %s (%s)\n", bits, random("print", 32), comment, label)
		return 0
	}
	if c.atTerminal() && flags['q'] == "" {
		c.printf("Generating public/private %s key pair.\n", strings.ToLower(label))
		if flags['f'] == "" {
			c.printf("Enter file in which to save the key (%s): ", name)
			name = cmp.Or(c.line(), name)
		}
		if _, given := flags['N']; !given && c.Ask != nil {
			for _, prompt := range []string{"Enter passphrase (empty for no passphrase): ", "Enter same passphrase again: "} {
				if _, err := c.askFor(prompt); err != nil {
					return 1
				}
			}
		}
	}
	public := kind + " " + head + random("public", size) + " " + comment + "\n"
	var private strings.Builder
	private.WriteString("-----BEGIN OPENSSH PRIVATE KEY-----\n")
	blob := "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAB" + random("private", size*4+90)
	for part := range slices.Chunk([]byte(blob), 70) {
		private.WriteString(string(part) + "\n")
	}
	private.WriteString("-----END OPENSSH PRIVATE KEY-----\n")
	for file, text := range map[string]string{name: private.String(), name + ".pub": public} {
		if err := c.save(file, text); err != nil {
			fmt.Fprintf(c.err, "Saving key \"%s\" failed: %s\n", name, strings.ToLower(problem(err)))
			return 1
		}
	}
	if n, err := c.fs.lookup(c.abs(name), true); err == nil {
		n.mode = 0o600
	}
	if flags['q'] == "" {
		c.printf("Your identification has been saved in %s\nYour public key has been saved in %[1]s.pub\nThe key fingerprint is:\nSHA256:%s %s\n", name, random("print", 32), comment)
	}
	return 0
}

// inode is a file's number, by its path.
func (s *Shell) inode(p string) int {
	if p = s.abs(p); p == "/" {
		return 2
	}
	h := fnv.New32()
	io.WriteString(h, p)
	return 131072 + int(h.Sum32()%1200000)
}
