package ssh

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"golang.org/x/sync/semaphore"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/evidence"
	"decnet/decoy/shell"
)

// The types of packets of SFTP, version 3.
const (
	sftpInit     = 1
	sftpVersion  = 2
	sftpOpen     = 3
	sftpClose    = 4
	sftpRead     = 5
	sftpWrite    = 6
	sftpLstat    = 7
	sftpFstat    = 8
	sftpSetstat  = 9
	sftpFsetstat = 10
	sftpOpendir  = 11
	sftpReaddir  = 12
	sftpRemove   = 13
	sftpMkdir    = 14
	sftpRmdir    = 15
	sftpRealpath = 16
	sftpStat     = 17
	sftpRename   = 18
	sftpReadlink = 19
	sftpSymlink  = 20
	sftpStatus   = 101
	sftpHandle   = 102
	sftpData     = 103
	sftpName     = 104
	sftpAttrs    = 105
	sftpExtended = 200
	sftpReply    = 201
)

// How a request ends.
const (
	sftpOK          = 0
	sftpEOF         = 1
	sftpNoFile      = 2
	sftpDenied      = 3
	sftpFailure     = 4
	sftpBad         = 5
	sftpUnsupported = 8
)

// The bounds of a conversation.
const (
	maxSFTPPacket = 256 << 10
	maxSFTPRead   = 255 << 10
	maxHandles    = 64
	listedAtOnce  = 100
	maxHeld       = 256 << 10 // of a file that is written, to be read again
)

// extensions are those of OpenSSH's server.
var extensions = [][2]string{
	{"posix-rename@openssh.com", "1"}, {"statvfs@openssh.com", "2"}, {"fstatvfs@openssh.com", "2"}, {"hardlink@openssh.com", "1"}, {"fsync@openssh.com", "1"}, {"lsetstat@openssh.com", "1"},
	{"limits@openssh.com", "1"}, {"expand-path@openssh.com", "1"},
}

// sftp is one conversation about files.
type sftp struct {
	session *decoy.Session
	files   *shell.Files
	memory  *semaphore.Weighted
	handles map[string]*handle
	next    uint32
}

// handle is an open file or directory.
type handle struct {
	path    string
	content string // to read
	list    []shell.Info
	dir     bool
	written *upload // nil for a file that is only read
}

// upload is a file that is written.
type upload struct {
	evidence.Body        // as far as it comes in order; the pool is also for what is held
	held          []byte // what can be read again
	end           int64
}

func newUpload(memory *semaphore.Weighted) *upload { return &upload{Body: evidence.Body{Pool: memory}} }

// writeAt takes a piece of the file.
func (u *upload) writeAt(p []byte, at int64) {
	if at == u.Size {
		u.Write(p)
	}
	if part := p[:min(len(p), maxHeld-len(u.held))]; at == int64(len(u.held)) && u.Pool.TryAcquire(int64(len(part))) {
		u.held = append(u.held, part...)
	}
	u.end = max(u.end, at+int64(len(p)))
}

// store puts the file where it belongs, and records it.
func (u *upload) store(s *decoy.Session, files *shell.Files, p, how string) error {
	err := files.Write(p, string(u.held), u.end)
	if u.end > 0 {
		kept := "whole"
		if u.Size < u.end {
			kept = "partial" // it didn't come in order: the hash is of what did
		}
		u.Record(s, files.Path(p), event.String("how", how), event.String("kept", kept))
	}
	u.Pool.Release(int64(len(u.held)))
	u.held = nil
	return err
}

// serveSFTP answers the requests of one channel until it ends.
func (c *connection) serveSFTP(rw io.ReadWriter) {
	t := &sftp{session: c.session, files: c.machine.Files(c.conn.User()), memory: c.service.memory, handles: map[string]*handle{}}
	defer t.closeAll()
	for {
		packet, err := readSFTP(rw, t.memory)
		if err != nil {
			return
		}
		answer := t.answer(packet)
		t.memory.Release(int64(len(packet)))
		if _, err := rw.Write(answer); err != nil {
			return
		}
	}
}

func (t *sftp) closeAll() {
	for _, h := range t.handles {
		if h.written != nil {
			h.written.store(t.session, t.files, h.path, "sftp")
		}
	}
}

var errSFTP = errors.New("ssh: that is not SFTP")

// readSFTP returns the next packet without its length. Its memory is taken from the pool.
func readSFTP(in io.Reader, memory *semaphore.Weighted) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[:]))
	if size < 5 || size > maxSFTPPacket || !memory.TryAcquire(int64(size)) {
		return nil, errSFTP
	}
	packet := make([]byte, size)
	if _, err := io.ReadFull(in, packet); err != nil {
		memory.Release(int64(size))
		return nil, err
	}
	return packet, nil
}

// wire takes the fields of a packet apart. After the first that isn't whole, all are empty.
type wire struct {
	rest []byte
	bad  bool
}

func (w *wire) take(n int) []byte {
	if n < 0 || n > len(w.rest) {
		w.bad, w.rest = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	b := w.rest[:n]
	w.rest = w.rest[n:]
	return b
}

func (w *wire) uint32() uint32 { return binary.BigEndian.Uint32(w.take(4)) }
func (w *wire) uint64() uint64 { return binary.BigEndian.Uint64(w.take(8)) }
func (w *wire) text() string   { return string(w.bytes()) }

// bytes takes bytes with their length before them.
func (w *wire) bytes() []byte {
	n := w.uint32()
	if w.bad || n > uint32(len(w.rest)) {
		w.bad = true
		return nil
	}
	return w.take(int(n))
}

// mode takes the attributes of a file, of which only the permissions matter; ok tells whether they are there.
func (w *wire) mode() (mode fs.FileMode, ok bool) {
	const hasSize, hasOwner, hasMode = 1, 2, 4
	flags := w.uint32()
	if flags&hasSize != 0 {
		w.take(8)
	}
	if flags&hasOwner != 0 {
		w.take(8)
	}
	if flags&hasMode == 0 {
		return 0, false
	}
	return fs.FileMode(w.uint32()).Perm(), !w.bad
}

// packed makes a packet of a type with an id, to which more is appended; seal fills in its length.
func packed(kind byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{0, 0, 0, 0, kind}, id)
}

func seal(packet []byte) []byte {
	binary.BigEndian.PutUint32(packet, uint32(len(packet)-4))
	return packet
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// appendAttributes adds what is known about a file.
func appendAttributes(b []byte, i shell.Info) []byte {
	const all = 1 | 2 | 4 | 8
	mode := uint32(i.Mode.Perm())
	switch {
	case i.Mode.IsDir():
		mode |= syscall.S_IFDIR
	case i.Mode&fs.ModeSymlink != 0:
		mode |= syscall.S_IFLNK
	case i.Mode&fs.ModeCharDevice != 0:
		mode |= syscall.S_IFCHR
	case i.Mode&fs.ModeDevice != 0:
		mode |= syscall.S_IFBLK
	default:
		mode |= syscall.S_IFREG
	}
	b = binary.BigEndian.AppendUint32(b, all)
	b = binary.BigEndian.AppendUint64(b, uint64(i.Size))
	b = binary.BigEndian.AppendUint32(b, uint32(i.UID))
	b = binary.BigEndian.AppendUint32(b, uint32(i.GID))
	b = binary.BigEndian.AppendUint32(b, mode)
	b = binary.BigEndian.AppendUint32(b, uint32(i.Time.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(i.Time.Unix()))
}

// status is the packet that tells how a request ended.
func status(id, code uint32) []byte {
	words := map[uint32]string{
		sftpOK: "Success", sftpEOF: "End of file", sftpNoFile: "No such file", sftpDenied: "Permission denied", sftpFailure: "Failure", sftpBad: "Bad message", sftpUnsupported: "Operation unsupported",
	}
	b := binary.BigEndian.AppendUint32(packed(sftpStatus, id), code)
	return seal(appendText(appendText(b, words[code]), ""))
}

// ended is the status for an error of the files.
func ended(id uint32, err error) []byte {
	code := uint32(sftpFailure)
	switch {
	case err == nil:
		code = sftpOK
	case errors.Is(err, io.EOF):
		code = sftpEOF
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR):
		code = sftpNoFile
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		code = sftpDenied
	}
	return status(id, code)
}

// answer answers one packet.
func (t *sftp) answer(packet []byte) []byte {
	w := &wire{rest: packet[1:]}
	id := w.uint32()
	if packet[0] == sftpInit {
		b := packed(sftpVersion, 3)
		for _, e := range extensions {
			b = appendText(appendText(b, e[0]), e[1])
		}
		return seal(b)
	}
	name := w.text() // a path or a handle: all requests have one first
	if w.bad {
		return status(id, sftpBad)
	}
	switch packet[0] {
	case sftpOpen:
		return t.open(id, name, w)
	case sftpOpendir:
		list, err := t.files.List(name)
		t.event("list", name, err)
		if err != nil {
			return ended(id, err)
		}
		return t.opened(id, &handle{path: name, list: list, dir: true})
	case sftpStat, sftpLstat:
		i, err := t.files.Stat(name, packet[0] == sftpStat)
		return attributes(id, i, err)
	case sftpRealpath:
		p := t.files.Path(name)
		return named(id, []shell.Info{{Name: p, Long: p}})
	case sftpReadlink:
		target, err := t.files.Target(name)
		if err != nil {
			return ended(id, err)
		}
		return named(id, []shell.Info{{Name: target, Long: target}})
	case sftpExtended:
		return t.extended(id, name, w)
	case sftpRemove, sftpRmdir:
		err := t.files.Remove(name, packet[0] == sftpRmdir)
		t.event("remove", name, err)
		return ended(id, err)
	case sftpMkdir:
		mode, ok := w.mode()
		if !ok {
			mode = 0o755
		}
		err := t.files.Mkdir(name, mode)
		t.event("mkdir", name, err)
		return ended(id, err)
	case sftpRename:
		return t.rename(id, name, w.text())
	case sftpSymlink: // OpenSSH has the two the other way round than the standard
		link := w.text()
		err := t.files.Symlink(name, link)
		t.event("symlink", link, err, event.String("target", name))
		return ended(id, err)
	case sftpSetstat:
		return t.chmod(id, name, w)
	}
	h := t.handles[name]
	if h == nil {
		return status(id, map[bool]uint32{true: sftpUnsupported, false: sftpFailure}[packet[0] > sftpSymlink])
	}
	switch packet[0] {
	case sftpClose:
		delete(t.handles, name)
		if h.written != nil {
			return ended(id, h.written.store(t.session, t.files, h.path, "sftp"))
		}
		return status(id, sftpOK)
	case sftpRead:
		return h.read(id, w.uint64(), w.uint32())
	case sftpWrite:
		at, data := w.uint64(), w.bytes()
		if h.written == nil || w.bad || at > 1<<40 {
			return status(id, sftpFailure)
		}
		h.written.writeAt(data, int64(at))
		return status(id, sftpOK)
	case sftpReaddir:
		if !h.dir {
			return status(id, sftpFailure)
		}
		if len(h.list) == 0 {
			return status(id, sftpEOF)
		}
		part := h.list[:min(len(h.list), listedAtOnce)]
		h.list = h.list[len(part):]
		return named(id, part)
	case sftpFstat:
		i, err := t.files.Stat(h.path, true)
		if h.written != nil && err == nil {
			i.Size = h.written.end
		}
		return attributes(id, i, err)
	case sftpFsetstat:
		return t.chmod(id, h.path, w)
	}
	return status(id, sftpUnsupported)
}

// event records a request.
func (t *sftp) event(what, p string, err error, fields ...event.Field) {
	outcome := event.Accepted
	if err != nil {
		outcome = event.Rejected
	}
	t.session.Event("sftp", append([]event.Field{event.String("request", what), event.String("path", t.files.Path(p)), event.String(event.Outcome, outcome)}, fields...)...)
}

// open opens a file.
func (t *sftp) open(id uint32, name string, w *wire) []byte {
	const write, appends, create, truncate, exclusive = 2, 4, 8, 16, 32
	flags := w.uint32()
	if w.bad {
		return status(id, sftpBad)
	}
	if flags&(write|appends) == 0 {
		content, err := t.files.Read(name)
		t.event("read", name, err)
		if err != nil {
			return ended(id, err)
		}
		return t.opened(id, &handle{path: name, content: content})
	}
	_, missing := t.files.Stat(name, true)
	err := t.files.Writable(name)
	switch {
	case err != nil:
	case missing != nil && flags&create == 0:
		err = syscall.ENOENT
	case missing == nil && flags&exclusive != 0:
		err = syscall.EEXIST
	case missing != nil:
		err = t.files.Write(name, "", 0)
	}
	t.event("write", name, err)
	if err != nil {
		return ended(id, err)
	}
	if len(t.handles) >= maxHandles {
		return status(id, sftpFailure)
	}
	h := &handle{path: name, written: newUpload(t.memory)}
	if missing == nil && flags&truncate == 0 {
		// What is there already stays before what is written after it.
		if content, err := t.files.Read(name); err == nil {
			h.written.writeAt([]byte(content), 0)
		}
	}
	return t.opened(id, h)
}

// opened gives a handle its name.
func (t *sftp) opened(id uint32, h *handle) []byte {
	if len(t.handles) >= maxHandles {
		return status(id, sftpFailure)
	}
	name := string(binary.BigEndian.AppendUint32(nil, t.next))
	t.next++
	t.handles[name] = h
	return seal(appendText(packed(sftpHandle, id), name))
}

func (h *handle) read(id uint32, at uint64, size uint32) []byte {
	content := h.content
	if h.written != nil {
		content = string(h.written.held)
	}
	if h.dir || at >= uint64(len(content)) {
		return status(id, sftpEOF)
	}
	end := min(at+uint64(min(size, maxSFTPRead)), uint64(len(content)))
	return seal(appendText(packed(sftpData, id), content[at:end]))
}

func attributes(id uint32, i shell.Info, err error) []byte {
	if err != nil {
		return ended(id, err)
	}
	return seal(appendAttributes(packed(sftpAttrs, id), i))
}

// named is the packet of a list.
func named(id uint32, list []shell.Info) []byte {
	b := binary.BigEndian.AppendUint32(packed(sftpName, id), uint32(len(list)))
	for _, i := range list {
		b = appendText(appendText(b, i.Name), i.Long)
		if i.Time.IsZero() {
			b = binary.BigEndian.AppendUint32(b, 0)
		} else {
			b = appendAttributes(b, i)
		}
	}
	return seal(b)
}

func (t *sftp) rename(id uint32, from, to string) []byte {
	err := t.files.Rename(from, to)
	t.event("rename", from, err, event.String("to", t.files.Path(to)))
	return ended(id, err)
}

func (t *sftp) chmod(id uint32, p string, w *wire) []byte {
	mode, ok := w.mode()
	if !ok {
		return status(id, sftpOK) // times and owners are as they are
	}
	err := t.files.Chmod(p, mode)
	t.event("chmod", p, err, event.String("mode", mode.String()))
	return ended(id, err)
}

// extended answers what OpenSSH has beyond the standard.
func (t *sftp) extended(id uint32, name string, w *wire) []byte {
	switch name {
	case "posix-rename@openssh.com":
		return t.rename(id, w.text(), w.text())
	case "fsync@openssh.com", "lsetstat@openssh.com":
		return status(id, sftpOK)
	case "hardlink@openssh.com":
		return status(id, sftpDenied)
	case "limits@openssh.com":
		b := packed(sftpReply, id)
		for _, limit := range []uint64{maxSFTPPacket, maxSFTPRead, maxSFTPRead, maxHandles} {
			b = binary.BigEndian.AppendUint64(b, limit)
		}
		return seal(b)
	case "expand-path@openssh.com":
		p := w.text()
		if rest, home := strings.CutPrefix(p, "~"); home {
			p = path.Join(t.files.Path("."), rest)
		}
		p = t.files.Path(p)
		return named(id, []shell.Info{{Name: p, Long: p}})
	case "statvfs@openssh.com", "fstatvfs@openssh.com":
		b := packed(sftpReply, id)
		for _, n := range []uint64{4096, 4096, 10 << 20, 6 << 20, 5 << 20, 2 << 20, 1900 << 10, 1900 << 10, 0xfd01, 0, 255} {
			b = binary.BigEndian.AppendUint64(b, n)
		}
		return seal(b)
	}
	return status(id, sftpUnsupported)
}
