package ssh

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/semaphore"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/shell"
)

const (
	maxSCPLine = 1024
	maxSCPDeep = 16
)

// scpCommand tells whether a command is the far end of scp, and takes it apart.
func scpCommand(command string) (to bool, target string, ok bool) {
	var from bool
	words := strings.Fields(command)
	if len(words) < 3 || path.Base(words[0]) != "scp" {
		return false, "", false
	}
	for i, word := range words[1:] {
		if word == "--" || !strings.HasPrefix(word, "-") {
			// The name may have been quoted for the shell.
			target = strings.Trim(strings.TrimPrefix(strings.Join(words[1+i:], " "), "-- "), `'"`)
			return to, target, to != from && target != ""
		}
		to, from = to || strings.Contains(word, "t"), from || strings.Contains(word, "f")
	}
	return false, "", false
}

// scp is one conversation of the old protocol: lines that say what comes, each answered with a zero byte.
type scp struct {
	session *decoy.Session
	files   *shell.Files
	memory  *semaphore.Weighted
	in      *bufio.Reader
	out     io.Writer
}

// serveSCP is the far end of a copy; it returns the status of the command.
func (c *connection) serveSCP(rw io.ReadWriter, command string, to bool, target string) int {
	t := &scp{c.session, c.machine.Files(c.conn.User()), c.service.memory, bufio.NewReaderSize(rw, maxSCPLine), rw}
	c.session.Event(event.CommandRun, event.String(event.Command, command))
	c.session.Event("scp", event.String("direction", map[bool]string{true: "upload", false: "download"}[to]), event.String("path", t.files.Path(target)))
	if to {
		return t.sink(target)
	}
	return t.source(target)
}

func (t *scp) ok() bool {
	_, err := t.out.Write([]byte{0})
	return err == nil
}

// fail tells the client what went wrong; the conversation goes on.
func (t *scp) fail(format string, args ...any) int {
	fmt.Fprintf(t.out, "\x01scp: "+format+"\n", args...)
	return 1
}

// sink takes what the client sends.
func (t *scp) sink(target string) (status int) {
	if !t.ok() {
		return 1
	}
	var deep []string // the directories that were entered
	at := target
	for {
		line, err := t.in.ReadSlice('\n')
		if err != nil {
			return status
		}
		text := strings.TrimSuffix(string(line), "\n")
		kind := byte(0)
		if text != "" {
			kind, text = text[0], text[1:]
		}
		switch kind {
		case 'T': // times
			if !t.ok() {
				return 1
			}
		case 'E':
			if len(deep) == 0 {
				return t.fail("protocol error: unexpected <newline>")
			}
			at, deep = deep[len(deep)-1], deep[:len(deep)-1]
			if !t.ok() {
				return 1
			}
		case 'C', 'D':
			_, rest, _ := strings.Cut(text, " ")
			length, name, whole := strings.Cut(rest, " ")
			size, err := strconv.ParseInt(length, 10, 64)
			if !whole || err != nil || size < 0 || strings.Contains(name, "/") || slices.Contains([]string{"", ".", ".."}, name) {
				return t.fail("error: unexpected filename: %.200s", name)
			}
			to := at
			if i, err := t.files.Stat(at, true); err == nil && i.Mode.IsDir() {
				to = path.Join(at, name)
			}
			if kind == 'D' {
				if _, err := t.files.Stat(to, true); err != nil {
					err = t.files.Mkdir(to, 0o755)
					if err != nil || len(deep) == maxSCPDeep {
						return t.fail("%s: No such file or directory", to)
					}
				}
				deep, at = append(deep, at), to
				if !t.ok() {
					return 1
				}
				continue
			}
			if !t.take(to, size, &status) {
				return 1
			}
		default:
			return t.fail("protocol error: expected control record")
		}
	}
}

// take takes one file; it tells whether to go on.
func (t *scp) take(to string, size int64, status *int) bool {
	if err := t.files.Writable(to); err != nil {
		*status = t.fail("%s: Permission denied", to)
		return true // the client goes on to the next
	}
	if !t.ok() {
		return false
	}
	u := newUpload(t.memory)
	_, err := io.CopyN(appender{u}, t.in, size)
	u.end = max(u.end, size)
	stored := u.store(t.session, t.files, to, "scp")
	if err != nil {
		return false
	}
	if _, err := t.in.ReadByte(); err != nil {
		return false
	}
	if stored != nil {
		*status = t.fail("%s: No space left on device", to)
		return true
	}
	return t.ok()
}

// appender writes to the end of an upload.
type appender struct{ u *upload }

func (a appender) Write(p []byte) (int, error) {
	a.u.writeAt(p, a.u.end)
	return len(p), nil
}

// source sends one file.
func (t *scp) source(target string) int {
	if _, err := t.in.ReadByte(); err != nil {
		return 1
	}
	i, err := t.files.Stat(target, true)
	if err != nil {
		return t.fail("%s: No such file or directory", target)
	}
	if i.Mode.IsDir() {
		return t.fail("%s: not a regular file", target)
	}
	content, err := t.files.Read(target)
	if err != nil {
		return t.fail("%s: Permission denied", target)
	}
	fmt.Fprintf(t.out, "C%04o %d %s\n", i.Mode.Perm(), len(content), path.Base(t.files.Path(target)))
	if b, err := t.in.ReadByte(); err != nil || b != 0 {
		return 1
	}
	io.WriteString(t.out, content)
	if !t.ok() {
		return 1
	}
	if b, err := t.in.ReadByte(); err != nil || b != 0 {
		return 1
	}
	return 0
}
