package mysql

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"decnet/decoy/event"
	"decnet/decoy/shell"
)

// maxFile bounds what is read of a file or written to one, maxFiles and maxFileBytes what the server keeps of those that one address has it write.
const (
	maxFile      = 64 << 10
	maxFiles     = 32
	maxFileBytes = 256 << 10
)

// files are what one address has written, by whole names.
type files struct {
	written map[string]string
	bytes   int
}

// cut keeps the beginning of what is written to it.
type cut struct{ bytes.Buffer }

func (b *cut) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(0, maxFile-b.Len()))])
	return len(p), nil
}

// machine runs a program of the make-believe machine on a file, as the account of the server, and tells how it went.
func (c *conn) machine(command, name string) (out, errs string, ok bool) {
	quoted, err := syntax.Quote(name, syntax.LangBash)
	if err != nil || c.server.windows() || len(name) > 512 {
		return "", "No such file or directory", false
	}
	ctx := c.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	sh := shell.NewMachine(c.server.system).Daemon("mysql", "/nonexistent", 100+c.server.host.Rand("mysql-uid").IntN(20), shell.Options{
		From: c.from(), Record: func(string, ...event.Field) {}, // nobody has typed it
	})
	var stdout, stderr cut
	sh.Run(ctx, command+quoted, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), sh.Status() == 0
}

// mayFile tells whether the account has the privilege FILE.
func (c *conn) mayFile() bool { return c.user != c.server.app.Name }

func (c *conn) dataDirectory() string { return text(c.server.variables()["datadir"]) }

// absolute is a file's name from the root: what is relative is in the directory of the data.
func (c *conn) absolute(name string) string {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name)
	}
	return path.Clean(c.dataDirectory() + name)
}

// loadFile is LOAD_FILE: NULL where the file can't be read.
func (c *conn) loadFile(name string) any {
	full := c.absolute(name)
	outcome := event.Rejected
	defer func() {
		c.s.Event("file_read", event.String("path", clip(name, 1024)), event.String("how", "load_file"), event.String(event.Outcome, outcome))
	}()
	directory := text(c.server.variables()["secure_file_priv"])
	if !c.mayFile() || directory != "" && !strings.HasPrefix(full, directory) || strings.IndexByte(name, 0) >= 0 {
		return nil
	}
	if content, ok := c.written(full); ok {
		outcome = event.Accepted
		return raw(content)
	}
	// What others may not read the server doesn't give away, though it may itself.
	if strings.HasPrefix(full, "/proc/") || strings.HasPrefix(full, c.dataDirectory()) {
		return nil
	}
	out, _, ok := c.machine("cat -- ", full)
	if !ok {
		return nil
	}
	outcome = event.Accepted
	return raw(out)
}

// written is a file that somebody at this address has had the server write.
func (c *conn) written(name string) (content string, ok bool) {
	c.server.outfiles.With(c.s.Peer().Addr(), func(f *files) { content, ok = f.written[name] })
	return content, ok
}

// toFile answers SELECT … INTO OUTFILE: what a server could write is kept, for it to be read again, and is nowhere on a disk.
func (c *conn) toFile(q *run, s *selection, to *into) {
	full := c.absolute(to.name)
	var content strings.Builder
	outcome := event.Rejected
	defer func() {
		c.s.Event("file_written", event.String("path", clip(to.name, 1024)), event.String("how", "into "+to.how), event.Bytes("content", []byte(clip(content.String(), maxFile))), event.String(event.Outcome, outcome))
	}()
	r := q.execute(s, nil)
	escape := strings.NewReplacer(`\`, `\\`, "\x00", `\0`, to.fields, `\`+to.fields, to.lines, `\`+to.lines)
	for i, row := range r.rows {
		for j, v := range row {
			if content.Len() > maxFile {
				break
			}
			if j > 0 && to.how == "outfile" {
				content.WriteString(to.fields)
			}
			if v == nil {
				content.WriteString(`\N`)
				continue
			}
			s := clip(text(v), maxFile)
			if to.how == "outfile" {
				s = escape.Replace(s)
			}
			content.WriteString(s)
		}
		if to.how == "outfile" {
			content.WriteString(to.lines)
		} else if i > 0 {
			panic(&wrong{code: 1172, state: "42000", message: "Result consisted of more than one row"})
		}
		if content.Len() > maxFile {
			break
		}
	}
	if !c.mayFile() {
		panic(&wrong{code: 1045, state: "28000", message: fmt.Sprintf("Access denied for user '%.80s'@'%%' (using password: YES)", c.user)})
	}
	directory := text(c.server.variables()["secure_file_priv"])
	if directory != "" && !strings.HasPrefix(full, directory) {
		panic(&wrong{code: 1290, state: "HY000", message: "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement"})
	}
	if _, ok := c.written(full); ok {
		panic(&wrong{code: 1086, state: "HY000", message: fmt.Sprintf("File '%.512s' already exists", to.name)})
	}
	refuse := func(number int, why string) {
		panic(&wrong{code: 1, state: "HY000", message: fmt.Sprintf(`Can't create/write to file '%.512s' (Errcode: %d "%s")`, to.name, number, why)})
	}
	own := strings.HasPrefix(full, c.dataDirectory()) || strings.HasPrefix(full, "/tmp/") || directory != ""
	if !own || c.server.windows() {
		if _, _, ok := c.machine("ls -d -- ", full); ok {
			panic(&wrong{code: 1086, state: "HY000", message: fmt.Sprintf("File '%.512s' already exists", to.name)})
		}
		if plugins := text(c.server.variables()["plugin_dir"]); strings.HasPrefix(full, plugins) {
			refuse(13, "Permission denied")
		}
		if _, errs, ok := c.machine("ls -d -- ", path.Dir(full)); !ok && !strings.Contains(errs, "Permission denied") {
			// Measured: MariaDB looks up the directory for --secure-file-priv, without which it runs.
			panic(&wrong{code: 1290, state: "HY000", message: "The MariaDB server is running with the --secure-file-priv option so it cannot execute this statement"})
		}
		refuse(13, "Permission denied")
	}
	if strings.Count(strings.TrimPrefix(strings.TrimPrefix(full, c.dataDirectory()), "/tmp/"), "/") > 0 && directory == "" {
		panic(&wrong{code: 1290, state: "HY000", message: "The MariaDB server is running with the --secure-file-priv option so it cannot execute this statement"})
	}
	kept := strings.Clone(clip(content.String(), maxFile))
	full = clip(full, 4096)
	c.server.outfiles.With(c.s.Peer().Addr(), func(f *files) {
		if len(f.written) >= maxFiles || f.bytes+len(full)+len(kept) > maxFileBytes {
			refuse(28, "No space left on device")
		}
		if f.written == nil {
			f.written = map[string]string{}
		}
		f.written[strings.Clone(full)] = kept
		f.bytes += len(full) + len(kept)
	})
	outcome = event.Accepted
	c.affected = int64(len(r.rows))
	c.done(len(r.rows))
}
