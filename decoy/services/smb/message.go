package smb

import (
	"encoding/binary"
	"slices"

	"decnet/decoy/services/internal/dcerpc"
)

// The commands.
const (
	cmdNegotiate = iota
	cmdSessionSetup
	cmdLogoff
	cmdTreeConnect
	cmdTreeDisconnect
	cmdCreate
	cmdClose
	cmdFlush
	cmdRead
	cmdWrite
	cmdLock
	cmdIoctl
	cmdCancel
	cmdEcho
	cmdQueryDirectory
	cmdChangeNotify
	cmdQueryInfo
	cmdSetInfo
	cmdOplockBreak
)

// The flags of a header.
const (
	flagReply   = 1 << 0
	flagRelated = 1 << 2
	flagSigned  = 1 << 3
)

// status is how a command ends.
type status uint32

// The statuses.
const (
	ok               status = 0
	moreProcessing   status = 0xc0000016
	noMoreFiles      status = 0x80000006
	bufferOverflow   status = 0x80000005
	invalidParameter status = 0xc000000d
	noSuchFile       status = 0xc000000f
	endOfFile        status = 0xc0000011
	accessDenied     status = 0xc0000022
	nameNotFound     status = 0xc0000034
	nameCollision    status = 0xc0000035
	pathNotFound     status = 0xc000003a
	logonFailure     status = 0xc000006d
	insufficient     status = 0xc000009a
	pipeDisconnected status = 0xc00000b0
	notSupported     status = 0xc00000bb
	networkNameGone  status = 0xc00000c9
	badNetworkName   status = 0xc00000cc
	notADirectory    status = 0xc0000103
	fileClosed       status = 0xc0000128
	isADirectory     status = 0xc00000ba
	userSessionGone  status = 0xc0000203
	invalidInfo      status = 0xc0000003
	invalidDevice    status = 0xc0000010
	driverRequired   status = 0xc000019c
)

const headerSize = 64

// request is one command. Its fields are read by their offset from the header's beginning; what lies outside of it reads as zero.
type request []byte

func (r request) U8(at int) byte { return dcerpc.Message(r).U8(at) }

func (r request) U16(at int) uint16 { return dcerpc.Message(r).U16(at) }

func (r request) U32(at int) uint32 { return dcerpc.Message(r).U32(at) }

func (r request) U64(at int) uint64 { return dcerpc.Message(r).U64(at) }

// Part returns n bytes, at most 16, or zeros.
func (r request) Part(at, n int) []byte { return dcerpc.Message(r).Part(at, n) }

// buffer returns the bytes that the client says are there, or fewer.
func (r request) buffer(at, size int) []byte {
	if at < headerSize || at > len(r) || size < 0 {
		return nil
	}
	return r[at:min(len(r), at+size)]
}

// body is the offset of a field from the command's own beginning.
func body(at int) int { return headerSize + at }

func (r request) command() uint16   { return r.U16(12) }
func (r request) flags() uint32     { return r.U32(16) }
func (r request) message() uint64   { return r.U64(24) }
func (r request) tree() uint32      { return r.U32(36) }
func (r request) sessionID() uint64 { return r.U64(40) }

// shared is what the commands of one chain share.
type shared struct {
	session *session
	tree    *tree
	file    [16]byte
	failed  status // of the last command, for those that build on it
}

// result is what a command is answered with.
type result struct {
	status  status
	body    []byte // nil where there is only the status
	session uint64 // where it differs from the request's
	tree    uint32
	key     []byte // to sign with, of a session that has just begun
	hang    bool   // up, after the answer
	silent  bool   // no answer at all
}

func fail(s status) result { return result{status: s} }

// chain answers the commands of a message, which may build on each other.
func (c *conn) chain(message []byte) (reply []byte, goOn bool) {
	var k shared
	last := -1
	for n := 0; ; n++ {
		if len(message) < headerSize || binary.LittleEndian.Uint16(message[4:]) != headerSize || n == 32 {
			if n == 0 {
				c.strange(message)
			}
			return reply, false
		}
		next := int(binary.LittleEndian.Uint32(message[20:]))
		one := request(message)
		if next != 0 {
			if next < headerSize || next%8 != 0 || next > len(message) {
				return reply, false
			}
			one = request(message[:next])
		}
		r, signer := c.one(one, &k)
		if r.silent {
			return reply, !r.hang
		}
		answer := header(one, r)
		if last >= 0 {
			padding := make([]byte, (8-len(reply)%8)%8)
			reply = append(reply, padding...)
			binary.LittleEndian.PutUint32(reply[last+20:], uint32(len(reply)-last))
			c.resign(reply[last:], signer)
		}
		last = len(reply)
		reply = append(reply, answer...)
		c.resign(reply[last:], signer)
		c.follow(one, reply[last:], r)
		if r.hang {
			return reply, false
		}
		if next == 0 {
			return reply, true
		}
		message = message[next:]
	}
}

// header makes the answer of a command.
func header(q request, r result) []byte {
	content := r.body
	if content == nil {
		content = []byte{9, 0, 0, 0, 0, 0, 0, 0, 0}
	}
	var b builder
	b.Bytes([]byte("\xfeSMB"))
	b.U16(headerSize)
	b.U16(q.U16(6)) // what the command costs
	b.U32(uint32(r.status))
	b.U16(q.command())
	b.U16(min(max(q.U16(14), 1), 128)) // more commands that the client may send
	b.U32(flagReply | q.flags()&flagRelated)
	b.U32(0)
	b.U64(q.message())
	b.U32(q.U32(32))
	if r.tree != 0 {
		b.U32(r.tree)
	} else {
		b.U32(q.tree())
	}
	if r.session != 0 {
		b.U64(r.session)
	} else {
		b.U64(q.sessionID())
	}
	b.Zeros(16)
	return slices.Concat(b, content)
}

// one answers one command. The session signs the answer, where it has a key and the command was signed.
func (c *conn) one(q request, k *shared) (result, *signing) {
	if q.command() == cmdNegotiate {
		return c.negotiate(q), nil
	}
	if q.command() == cmdCancel {
		return result{silent: true}, nil
	}
	if c.dialect == 0 {
		return result{silent: true, hang: true}, nil
	}
	if q.command() == cmdSessionSetup {
		r := c.sessionSetup(q)
		if r.key != nil {
			return r, &signing{c.dialect, r.key}
		}
		return r, nil
	}
	if q.command() == cmdEcho && q.sessionID() == 0 {
		return result{body: []byte{4, 0, 0, 0}}, nil
	}
	related := q.flags()&flagRelated != 0
	if !related {
		*k = shared{session: c.sessions[q.sessionID()]}
		if k.session != nil {
			k.tree = k.session.trees[q.tree()]
		}
	} else if k.failed != ok {
		return fail(k.failed), signerOf(k.session, q, c.dialect)
	}
	if k.session == nil || !k.session.in {
		k.failed = userSessionGone
		return fail(userSessionGone), nil
	}
	r := c.inSession(q, k)
	if related || r.status != ok {
		k.failed = r.status
	}
	if r.tree == 0 && related && k.tree != nil {
		r.tree = k.tree.id
	}
	if related {
		r.session = k.session.id
	}
	return r, signerOf(k.session, q, c.dialect)
}

func signerOf(s *session, q request, dialect uint16) *signing {
	if s == nil || s.key == nil || q.flags()&flagSigned == 0 {
		return nil
	}
	return &signing{dialect, s.key}
}

// inSession answers a command of somebody who is let in.
func (c *conn) inSession(q request, k *shared) result {
	switch q.command() {
	case cmdLogoff:
		c.drop(k.session)
		return result{body: []byte{4, 0, 0, 0}}
	case cmdTreeConnect:
		return c.treeConnect(q, k)
	case cmdEcho:
		return result{body: []byte{4, 0, 0, 0}}
	}
	if k.tree == nil {
		return fail(networkNameGone)
	}
	switch q.command() {
	case cmdTreeDisconnect:
		delete(k.session.trees, k.tree.id)
		return result{body: []byte{4, 0, 0, 0}}
	case cmdCreate:
		return c.create(q, k)
	case cmdIoctl:
		return c.ioctl(q, k)
	case cmdChangeNotify, cmdOplockBreak:
		return fail(notSupported)
	}
	at, known := fileAt[q.command()]
	if !known {
		return fail(invalidParameter)
	}
	o := c.fileOf(q, k, at)
	if o == nil {
		return fail(fileClosed)
	}
	switch q.command() {
	case cmdClose:
		return c.close(q, k, o)
	case cmdRead:
		return c.readFile(q, o)
	case cmdWrite:
		return c.writeFile(q, o)
	case cmdQueryDirectory:
		return c.queryDirectory(q, o)
	case cmdQueryInfo:
		return c.queryInfo(q, k, o)
	case cmdSetInfo:
		return c.setInfo(q, o)
	}
	return result{body: []byte{4, 0, 0, 0}} // flush, lock
}

// fileAt is where a command has the number of its file.
var fileAt = map[uint16]int{cmdClose: 8, cmdFlush: 8, cmdRead: 16, cmdWrite: 16, cmdLock: 8, cmdQueryDirectory: 8, cmdQueryInfo: 24, cmdSetInfo: 16}

// everything is the number that stands for the file of the command before.
var everything = [16]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}

// fileOf finds the file of a command, nil where it isn't open.
func (c *conn) fileOf(q request, k *shared, at int) *open {
	id := [16]byte(q.Part(body(at), 16))
	if id == everything {
		id = k.file
	}
	o := k.session.open[id]
	if o != nil {
		k.file = id
	}
	return o
}

// builder writes what stands on the wire, and arguments reads those of a call.
type (
	builder   = dcerpc.Builder
	arguments = dcerpc.Arguments
)
