package shell

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// maxUnpacked bounds what unpacking one archive may cost.
const maxUnpacked = 4 << 20

// tarTool packs, lists and unpacks archives of tar, by gzip or plain.
func tarTool(c *call) int {
	if len(c.args) < 2 {
		fmt.Fprintln(c.err, "tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.")
		return 2
	}
	if !strings.HasPrefix(c.args[1], "-") { // the letters may come without a dash
		c.args = append([]string{c.args[0], "-" + c.args[1]}, c.args[2:]...)
	}
	flags, operands := c.options("fC")
	name, dir := flags['f'], flags['C']
	switch {
	case flags['c'] != "":
		return c.pack(name, operands, flags)
	case flags['x'] == "" && flags['t'] == "":
		return 2
	}
	var text string
	var err error
	if name == "" || name == "-" {
		text = c.input()
	} else if text, err = c.readFile(name); err != nil {
		_, why, _ := strings.Cut(err.Error(), ": ")
		fmt.Fprintf(c.err, "tar: %s: Cannot open: %s\ntar: Error is not recoverable: exiting now\n", name, why)
		return 2
	}
	bad := func() int {
		fmt.Fprintln(c.err, "tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors")
		return 2
	}
	in := io.Reader(strings.NewReader(text))
	if strings.HasPrefix(text, "\x1f\x8b") {
		if in, err = gzip.NewReader(in); err != nil {
			return bad()
		}
	}
	files := tar.NewReader(io.LimitReader(in, maxUnpacked))
	for count := 0; ; count++ {
		head, err := files.Next()
		if errors.Is(err, io.EOF) && count > 0 {
			return 0
		}
		if err != nil || !c.budget.step(c.ctx, c.depth) {
			return bad()
		}
		if flags['t'] != "" || flags['v'] != "" {
			c.printf("%s\n", head.Name)
		}
		if flags['t'] != "" {
			continue
		}
		if len(head.Name) > maxPath {
			fmt.Fprintf(c.err, "tar: %.40s…: Cannot open: File name too long\n", head.Name)
			continue
		}
		at := c.abs(path.Join(dir, "/"+head.Name)[boolInt(dir == ""):])
		if !c.ways(path.Dir(at)) || c.fenced(at) || c.writable(at) != nil {
			fmt.Fprintf(c.err, "tar: %s: Cannot open: Permission denied\n", head.Name)
			continue
		}
		mode := head.FileInfo().Mode()
		if head.Typeflag == tar.TypeDir {
			if _, err := c.fs.lookup(at, true); err != nil {
				c.fs.add(at, &node{mode: fs.ModeDir | mode.Perm(), owner: c.user.name, group: c.user.name, mtime: head.ModTime})
			}
			continue
		}
		content, err := io.ReadAll(io.LimitReader(files, maxFile))
		if err != nil {
			return bad()
		}
		if c.fs.write(at, c.user.name, string(content), false) != nil {
			fmt.Fprintf(c.err, "tar: %s: Cannot open: No space left on device\n", head.Name)
			return 2
		}
		c.record("file_written", fileFields(at, string(content))...)
		if n, err := c.fs.lookup(at, true); err == nil {
			n.mode, n.mtime = mode.Perm(), head.ModTime
		}
	}
}

// ways makes the directories on the way to a path, and says false where it can't.
func (c *call) ways(dir string) bool {
	n, err := c.fs.lookup(dir, true)
	if err == nil || dir == "/" {
		return err == nil && n.isDir()
	}
	return c.ways(path.Dir(dir)) && c.writable(dir) == nil && c.fs.add(dir, &node{mode: fs.ModeDir | 0o755, owner: c.user.name, group: c.user.name}) == nil
}

// pack makes an archive of the operands.
func (c *call) pack(name string, operands []string, flags map[rune]string) int {
	var out bytes.Buffer
	var to io.WriteCloser = nopCloser{&out}
	if flags['z'] != "" {
		to = gzip.NewWriter(&out)
	}
	archive := tar.NewWriter(to)
	status := 0
	var add func(p string)
	add = func(p string) {
		n, err := c.fs.lookup(c.abs(p), false)
		if err != nil {
			fmt.Fprintf(c.err, "tar: %s: Cannot stat: %s\n", p, problem(err))
			status = 2
			return
		}
		if !c.budget.step(c.ctx, c.depth) || out.Len() > maxFile || !may(n, c.user.name, 4) {
			return
		}
		if flags['v'] != "" {
			c.printf("%s\n", p)
		}
		content := n.read()
		head := &tar.Header{Name: strings.TrimPrefix(p, "/"), Mode: int64(n.mode.Perm()), Size: int64(len(content)), ModTime: n.mtime, Uname: n.owner, Gname: n.group, Typeflag: tar.TypeReg}
		if n.isDir() {
			head.Name, head.Typeflag, head.Size = head.Name+"/", tar.TypeDir, 0
		}
		if archive.WriteHeader(head) != nil {
			return
		}
		if !n.isDir() {
			io.WriteString(archive, content)
		}
		for _, child := range n.names() {
			add(path.Join(p, child))
		}
	}
	before := c.dir
	defer func() { c.dir = before }()
	if into := flags['C']; into != "" {
		n, err := c.fs.lookup(c.abs(into), true)
		if err != nil || !n.isDir() {
			fmt.Fprintf(c.err, "tar: %s: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n", into)
			return 2
		}
		if name != "" && name != "-" {
			name = c.abs(name)
		}
		c.dir = c.abs(into)
	}
	for i, p := range operands {
		if i == 0 && strings.HasPrefix(p, "/") {
			fmt.Fprintln(c.err, "tar: Removing leading `/' from member names")
		}
		add(p)
	}
	archive.Close()
	to.Close()
	if name == "" || name == "-" {
		c.printf("%s", out.String())
		return status
	}
	if c.fenced(name) || c.writable(name) != nil || c.fs.write(c.abs(name), c.user.name, out.String(), false) != nil {
		fmt.Fprintf(c.err, "tar: %s: Cannot open: Permission denied\ntar: Error is not recoverable: exiting now\n", name)
		return 2
	}
	return status
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

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
