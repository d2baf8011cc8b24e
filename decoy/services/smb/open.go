package smb

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/evidence"
	"decnet/decoy/services/internal/windows"
)

// open is a file, a folder or a pipe that is open.
type open struct {
	id      [16]byte
	tree    *tree
	path    string
	node    *node
	pipe    *pipe
	listed  bool // to its end
	pattern string
	remove  bool // when it is closed
	written *written
}

// written is what a client writes to one file: its beginning, to read again, and how much it was.
type written struct {
	kept []byte
	most int64 // the end of what was written
	body evidence.Body
}

// What is done with a file that exists, or doesn't.
const (
	supersede = iota
	openOnly
	createOnly
	openOrCreate
	overwrite
	overwriteOrCreate
)

const (
	wantsDirectory = 1 << 0
	wantsFile      = 1 << 6
	deleteOnClose  = 1 << 12
	attributeDir   = 0x10
	attributeFile  = 0x20
)

// create opens a file, and makes it if the client wants to.
func (c *conn) create(q request, k *shared) result {
	name := windows.Text(q.buffer(int(q.U16(body(44))), int(q.U16(body(46)))))
	disposition, options := q.U32(body(36)), q.U32(body(40))
	access := q.U32(body(24))
	s := k.session
	if len(s.open) == maxOpen {
		return fail(insufficient)
	}
	o := &open{tree: k.tree, path: name}
	if k.tree.share.kind == kindPipe {
		p, why := c.openPipe(name, s)
		if p == nil {
			return fail(why)
		}
		o.pipe = p
		return c.opened(k, o, 1)
	}
	const writes = 0x2 | 0x4 | 0x10000 | 0x40000000 | 0x10000000
	c.s.Event("file_open", event.String("path", k.tree.share.name+`\`+name), event.String("user", s.user), event.String("access", hex32(access)), event.Int("disposition", int64(disposition)))
	found, parent := c.changes.walk(k.tree.share.root, name)
	action := uint32(1)
	switch {
	case found != nil && disposition == createOnly:
		return fail(nameCollision)
	case found != nil && found.dir && (options&wantsFile != 0 || disposition == supersede || disposition >= overwrite):
		return fail(isADirectory)
	case found != nil && !found.dir && options&wantsDirectory != 0:
		return fail(notADirectory)
	case found != nil && (disposition == supersede || disposition >= overwrite), found != nil && access&writes != 0 && !found.dir:
		// What is there stays as it is, for the next one; what is written on it is a file of this client's alone.
		c.changes.remove(found)
		found = c.newFile(found.name, found.content)
		c.changes.add(parent, found)
		if disposition == supersede || disposition >= overwrite {
			found.content, action = nil, 3
		}
		o.written = c.newWritten()
	case found == nil && parent == nil:
		return fail(pathNotFound)
	case found == nil && (disposition == openOnly || disposition == overwrite):
		return fail(nameNotFound)
	case found == nil:
		found = c.newFile(name[strings.LastIndex(name, `\`)+1:], nil)
		found.dir, action = options&wantsDirectory != 0, 2
		c.changes.add(parent, found)
		if !found.dir {
			o.written = c.newWritten()
		}
	}
	o.node, o.remove = found, options&deleteOnClose != 0
	return c.opened(k, o, action)
}

// newFile makes a file of the client's own.
func (c *conn) newFile(name string, content []byte) *node {
	return &node{name: name, time: c.server.host.Now(), number: c.number() + 1<<20, content: content}
}

func (c *conn) newWritten() *written {
	return &written{body: evidence.Body{Pool: c.server.memory}}
}

func hex32(n uint32) string {
	return hex.EncodeToString(binary.BigEndian.AppendUint32(nil, n))
}

// opened gives an open file a number, and answers.
func (c *conn) opened(k *shared, o *open, action uint32) result {
	n := c.number()
	binary.LittleEndian.PutUint64(o.id[:], n)
	binary.LittleEndian.PutUint64(o.id[8:], n|1<<32)
	k.session.open[o.id], k.file = o, o.id
	var b builder
	b.U16(89)
	b.U8(0, 0)
	b.U32(action)
	o.times(&b)
	b.U64(o.size())
	b.U64(o.size())
	b.U32(o.attributes())
	b.U32(0)
	b.Bytes(o.id[:])
	b.U32(0)
	b.U32(0)
	return result{body: b}
}

func (o *open) modified() time.Time {
	if o.node == nil {
		return time.Time{}
	}
	return o.node.time
}

// times are when a file was made, read, written and changed.
func (o *open) times(b *builder) {
	for range 4 {
		if o.modified().IsZero() {
			b.U64(0)
		} else {
			b.U64(windows.FileTime(o.modified().UnixNano()))
		}
	}
}

func (o *open) size() uint64 {
	switch {
	case o.node == nil || o.node.dir:
		return 0
	case o.written != nil && o.written.most > int64(len(o.node.content)):
		return uint64(o.written.most)
	}
	return uint64(len(o.node.content))
}

func (o *open) attributes() uint32 {
	switch {
	case o.node == nil:
		return 0x80
	case o.node.dir:
		return attributeDir
	}
	return attributeFile
}

// close ends a file.
func (c *conn) close(q request, k *shared, o *open) result {
	delete(k.session.open, o.id)
	c.closeFile(o)
	var b builder
	b.U16(60)
	flags := q.U16(body(2)) & 1 // the client wants to know how it is now
	b.U16(flags)
	b.U32(0)
	if flags == 0 {
		b.Zeros(32 + 16 + 4)
		return result{body: b}
	}
	o.times(&b)
	b.U64(o.size())
	b.U64(o.size())
	b.U32(o.attributes())
	return result{body: b}
}

// closeFile records what was written.
func (c *conn) closeFile(o *open) {
	if o.remove {
		c.changes.remove(o.node)
		c.s.Event("file_deleted", event.String("path", o.tree.share.name+`\`+o.path))
	}
	if o.written == nil || o.written.most == 0 {
		return
	}
	w := o.written
	outcome := "whole"
	if w.body.Size < w.most {
		outcome = "partial" // it wasn't written in order: the hash is of what was
	}
	w.body.Record(c.s, o.tree.share.name+`\`+o.path, event.String("kept", outcome))
	o.node.content, o.written = w.kept, nil
}

// readFile reads from a file or a pipe.
func (c *conn) readFile(q request, o *open) result {
	size, from := int(min(q.U32(body(4)), maxMessage)), q.U64(body(8))
	var content []byte
	state := ok
	switch {
	case o.pipe != nil:
		if len(o.pipe.out) == 0 {
			return fail(pipeDisconnected)
		}
		var more bool
		if content, more = o.pipe.read(size); more {
			state = bufferOverflow
		}
	case o.node.dir:
		return fail(invalidDevice)
	default:
		all := o.node.content
		if o.written != nil && len(o.written.kept) > 0 {
			all = o.written.kept
		}
		if from >= uint64(len(all)) {
			return fail(endOfFile)
		}
		if from == 0 {
			c.s.Event("file_read", event.String("path", o.tree.share.name+`\`+o.path), event.Int("size", int64(len(all))))
		}
		content = all[from:min(uint64(len(all)), from+uint64(size))]
	}
	var b builder
	b.U16(17)
	b.U8(headerSize+16, 0)
	b.U32(uint32(len(content)))
	b.U32(0)
	b.U32(0)
	b.Bytes(content)
	return result{status: state, body: b}
}

// writeFile writes to a file or a pipe.
func (c *conn) writeFile(q request, o *open) result {
	data := q.buffer(int(q.U16(body(2))), int(min(q.U32(body(4)), maxMessage)))
	switch {
	case o.pipe != nil:
		o.pipe.in(c, data)
	case o.node.dir || o.written == nil:
		return fail(accessDenied)
	default:
		w, from := o.written, q.U64(body(8))
		if from > 1<<40 {
			return fail(insufficient)
		}
		// What comes in order is hashed, and kept up to the bound; of the rest only the extent is known.
		if from == uint64(w.body.Size) {
			w.body.Write(data)
		}
		if from == uint64(len(w.kept)) {
			if part := data[:min(len(data), maxKept-c.kept)]; c.server.memory.TryAcquire(int64(len(part))) {
				w.kept, c.kept = append(w.kept, part...), c.kept+len(part)
			}
		}
		w.most = max(w.most, int64(from)+int64(len(data)))
	}
	var b builder
	b.U16(17)
	b.U16(0)
	b.U32(uint32(len(data)))
	b.Zeros(8)
	return result{body: b}
}
