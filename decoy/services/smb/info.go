package smb

import (
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
	"decnet/decoy/services/internal/windows"
)

// replyBuffer is an answer that is a buffer.
func replyBuffer(content []byte) result {
	var b builder
	b.U16(9)
	b.U16(headerSize + 8)
	b.U32(uint32(len(content)))
	b.Bytes(content)
	return result{body: b}
}

// queryDirectory lists a folder.
func (c *conn) queryDirectory(q request, o *open) result {
	if o.node == nil || !o.node.dir {
		return fail(invalidParameter)
	}
	const restart, single = 1 | 0x10, 2
	class, flags := q.U8(body(2)), q.U8(body(3))
	pattern := windows.Text(q.buffer(int(q.U16(body(24))), int(q.U16(body(26)))))
	room := int(min(q.U32(body(28)), maxMessage))
	if flags&restart != 0 || pattern != o.pattern {
		o.listed = false
	}
	if o.listed {
		return fail(noMoreFiles)
	}
	o.listed, o.pattern = true, pattern
	c.s.Event("directory_listed", event.String("path", o.tree.share.name+`\`+o.path), event.String("pattern", pattern))
	var b builder
	last := -1
	add := func(name string, n *node) bool {
		start := len(b)
		if last >= 0 {
			start += (8 - start%8) % 8
		}
		entry := entryOf(class, name, &open{node: n})
		if entry == nil || start+len(entry) > room {
			return false
		}
		b.Zeros(start - len(b))
		if last >= 0 {
			b.Patch32(last, uint32(start-last))
		}
		last = start
		b.Bytes(entry)
		return flags&single == 0
	}
	if entryOf(class, "", &open{node: o.node}) == nil {
		return fail(invalidInfo)
	}
	if pattern == "*" || pattern == "" {
		if add(".", o.node) {
			add("..", o.node)
		}
	}
	for _, n := range c.changes.in(o.node) {
		if matches(pattern, n.name) && !add(n.name, n) {
			break
		}
	}
	if last < 0 {
		return fail(noSuchFile)
	}
	return replyBuffer(b)
}

// matches tells whether a name is one of a pattern, with the signs that old clients turn * and ? into.
func matches(pattern, name string) bool {
	if pattern == "" || pattern == "*" || pattern == "*.*" {
		return true
	}
	return tinysql.Like(strings.NewReplacer("%", `\%`, "_", `\_`, "*", "%", "<", "%", "?", "_", ">", "_", `"`, ".").Replace(pattern), name)
}

// entryOf is one entry of a list of the class; nil for a class that isn't known here.
func entryOf(class byte, name string, o *open) []byte {
	text := windows.UTF16(name)
	var b builder
	b.U32(0) // to the next
	b.U32(0)
	if class != 12 {
		o.times(&b)
		b.U64(o.size())
		b.U64(o.size())
		b.U32(o.attributes())
	}
	b.U32(uint32(len(text)))
	switch class {
	case 1, 12: // the plain ones
	case 2, 38:
		b.U32(0)
	case 3, 37:
		b.U32(0)
		b.Zeros(2 + 24) // no short name
	default:
		return nil
	}
	switch class {
	case 37:
		b.U16(0)
		b.U64(o.node.number)
	case 38:
		b.U32(0)
		b.U64(o.node.number)
	}
	b.Bytes(text)
	return b
}

// queryInfo tells about a file or its share.
func (c *conn) queryInfo(q request, k *shared, o *open) result {
	kind, class, room := q.U8(body(2)), q.U8(body(3)), int(q.U32(body(4)))
	var content []byte
	switch kind {
	case 1:
		content = fileInfo(class, o)
	case 2:
		content = c.shareInfo(class, k.tree.share)
	case 3:
		content = descriptor
	}
	if content == nil {
		return fail(invalidInfo)
	}
	r := replyBuffer(content[:min(len(content), room)])
	if len(content) > room {
		r.status = bufferOverflow
	}
	return r
}

// descriptor is who may do what with a file: everybody all.
var descriptor = []byte{
	1, 0, 4, 0x80, 0x14, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0, // owner, group, nothing, list
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, // S-1-5-18
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
	2, 0, 0x1c, 0, 1, 0, 0, 0, 0, 0, 0x14, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, // S-1-1-0
}

// fileInfo is what is known about a file, by class; nil for a class that isn't known here.
func fileInfo(class byte, o *open) []byte {
	var b builder
	number := uint64(0)
	if o.node != nil {
		number = o.node.number
	}
	name := windows.UTF16(`\` + o.path)
	basic := func() {
		o.times(&b)
		b.U32(o.attributes())
		b.U32(0)
	}
	standard := func() {
		b.U64(o.size())
		b.U64(o.size())
		b.U32(1)
		b.U8(0, flag(o.node != nil && o.node.dir), 0, 0)
	}
	switch class {
	case 4:
		basic()
	case 5:
		standard()
	case 6:
		b.U64(number)
	case 7, 16, 17: // extended attributes, mode, alignment
		b.U32(0)
	case 8:
		b.U32(fullAccess)
	case 9:
		b.U32(uint32(len(name)))
		b.Bytes(name)
	case 14:
		b.U64(0)
	case 18:
		basic()
		standard()
		b.U64(number)
		b.U32(0)
		b.U32(fullAccess)
		b.U64(0)
		b.U32(0)
		b.U32(0)
		b.U32(uint32(len(name)))
		b.Bytes(name)
	case 22:
		if o.node == nil || o.node.dir {
			return []byte{}
		}
		stream := windows.UTF16("::$DATA")
		b.U32(0)
		b.U32(uint32(len(stream)))
		b.U64(o.size())
		b.U64(o.size())
		b.Bytes(stream)
	case 34:
		o.times(&b)
		b.U64(o.size())
		b.U64(o.size())
		b.U32(o.attributes())
		b.U32(0)
	case 35:
		b.U32(o.attributes())
		b.U32(0)
	default:
		return nil
	}
	return b
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// shareInfo is what is known about a share's disk, by class; nil for a class that isn't known here.
func (c *conn) shareInfo(class byte, s *share) []byte {
	h := c.server.host
	r := h.Rand("smb-disk")
	const cluster = 4096
	total := uint64(60+r.Int64N(900)) << 30 / cluster
	free := total / 100 * uint64(8+r.Int64N(60))
	var b builder
	switch class {
	case 1:
		label := windows.UTF16("")
		b.U64(windows.FileTime(h.Installed().UnixNano()))
		b.Bytes(h.Bytes("smb-volume", 4))
		b.U32(uint32(len(label)))
		b.U8(1, 0)
		b.Bytes(label)
	case 3:
		b.U64(total)
		b.U64(free)
		b.U32(8)
		b.U32(512)
	case 4:
		b.U32(7)
		b.U32(0x20)
	case 5:
		name := windows.UTF16("NTFS")
		b.U32(0x00c700ff)
		b.U32(255)
		b.U32(uint32(len(name)))
		b.Bytes(name)
	case 7:
		b.U64(total)
		b.U64(free)
		b.U64(free)
		b.U32(8)
		b.U32(512)
	case 8:
		b.Bytes(h.Bytes("smb-object/"+s.name, 16))
		b.Zeros(48)
	case 11:
		for range 4 {
			b.U32(512)
		}
		b.U32(3)
		b.U32(0)
		b.U32(0)
	default:
		return nil
	}
	return b
}

// setInfo changes a file, in appearance: what would be told is recorded.
func (c *conn) setInfo(q request, o *open) result {
	kind, class := q.U8(body(2)), q.U8(body(3))
	data := q.buffer(int(q.U16(body(8))), int(min(q.U32(body(4)), 4096)))
	const fileRename, fileDisposition, fileEnd = 10, 13, 20
	if kind == 1 && o.node != nil {
		switch class {
		case fileRename:
			if len(data) > 20 {
				c.s.Event("file_renamed", event.String("path", o.tree.share.name+`\`+o.path), event.String("to", windows.Text(data[20:])))
			}
		case fileDisposition:
			o.remove = len(data) > 0 && data[0] != 0
		case fileEnd:
			if o.written != nil && len(data) >= 8 {
				o.written.most = max(o.written.most, int64(len(o.written.kept)))
			}
		}
	}
	return result{body: []byte{2, 0}}
}
