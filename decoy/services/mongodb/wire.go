package mongodb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The kinds of message.
const (
	opReply      = 1
	opUpdate     = 2001
	opInsert     = 2002
	opQuery      = 2004
	opGetMore    = 2005
	opDelete     = 2006
	opKill       = 2007
	opCompressed = 2012
	opMsg        = 2013
)

// The flags of an OP_MSG.
const (
	flagChecksum   = 1
	flagMoreToCome = 2
	flagsKnown     = 1<<16 | flagChecksum | flagMoreToCome
)

// maxMessage is how long a message may be, in bytes: far less than MongoDB takes, since who sends more doesn't want to read.
const maxMessage = 512 << 10

var errMessage = errors.New("mongodb: a malformed message")

// message is one message with the command in it.
type message struct {
	id, op     int32
	quiet      bool   // wants no answer
	database   string // of an OP_QUERY
	collection string // that is queried itself, of an old OP_QUERY
	command    doc
}

// readMessage reads one. With errMessage comes the opcode, where there was one.
func readMessage(in io.Reader) (message, error) {
	var head [16]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return message{}, fmt.Errorf("reading a message: %w", err)
	}
	size := int32(binary.LittleEndian.Uint32(head[:]))
	m := message{id: int32(binary.LittleEndian.Uint32(head[4:])), op: int32(binary.LittleEndian.Uint32(head[12:]))}
	if size < 16 || size > maxMessage {
		return m, errMessage
	}
	body := make([]byte, size-16)
	if _, err := io.ReadFull(in, body); err != nil {
		return m, fmt.Errorf("reading a message: %w", err)
	}
	return m, m.parse(body)
}

func (m *message) parse(body []byte) error {
	p := &decoder{b: body}
	switch m.op {
	case opMsg:
		return m.parseMsg(p)
	case opQuery:
		return m.parseQuery(p)
	case opInsert, opUpdate, opDelete:
		m.quiet = true
		return m.parseOld(p)
	case opKill:
		m.quiet = true
		return nil
	case opGetMore:
		return nil
	}
	return errMessage
}

func (m *message) parseMsg(p *decoder) error {
	flags, err := p.int32()
	if err != nil || flags&0xffff&^flagsKnown != 0 {
		return errMessage
	}
	m.quiet = flags&flagMoreToCome != 0
	if flags&flagChecksum != 0 {
		if len(p.b) < 4 {
			return errMessage
		}
		p.b = p.b[:len(p.b)-4]
	}
	var sequences doc
	elements := 0
	for len(p.b) > 0 {
		kind := p.b[0]
		p.b = p.b[1:]
		switch kind {
		case 0:
			d, n, err := parse(p.b)
			if err != nil || m.command != nil {
				return errMessage
			}
			m.command, p.b = d, p.b[n:]
		case 1:
			n, err := p.int32()
			if err != nil || n < 5 || n-4 > len(p.b) {
				return errMessage
			}
			section := &decoder{b: p.b[:n-4]}
			p.b = p.b[n-4:]
			name, err := section.name()
			if err != nil {
				return errMessage
			}
			var docs array
			for len(section.b) > 0 {
				d, n, err := parse(section.b)
				if elements += 1 + len(d); err != nil || elements > maxElements {
					return errMessage
				}
				docs, section.b = append(docs, d), section.b[n:]
			}
			sequences = append(sequences, element{name, docs})
		default:
			return errMessage
		}
	}
	if len(m.command) == 0 {
		return errMessage
	}
	m.command = append(m.command, sequences...)
	return nil
}

func (m *message) parseQuery(p *decoder) error {
	_, err := p.int32()
	if err != nil {
		return errMessage
	}
	full, err := p.name()
	if err != nil {
		return errMessage
	}
	if _, err := p.take(8); err != nil {
		return errMessage
	}
	d, _, err := parse(p.b)
	if err != nil {
		return errMessage
	}
	database, collection := split(full)
	m.database = database
	if collection == "$cmd" {
		if inner, ok := d.get("$query").(doc); ok {
			d = inner
		}
		if len(d) == 0 {
			return errMessage
		}
		m.command = d
		return nil
	}
	m.collection = collection
	m.command = doc{{"find", collection}, {"filter", d}}
	return nil
}

// parseOld reads the old messages that write.
func (m *message) parseOld(p *decoder) error {
	if _, err := p.int32(); err != nil {
		return errMessage
	}
	full, err := p.name()
	if err != nil {
		return errMessage
	}
	database, collection := split(full)
	m.database = database
	if m.op != opInsert {
		if _, err := p.int32(); err != nil {
			return errMessage
		}
	}
	var docs array
	for len(p.b) > 0 && len(docs) < maxElements {
		d, n, err := parse(p.b)
		if err != nil {
			return errMessage
		}
		docs, p.b = append(docs, d), p.b[n:]
	}
	switch {
	case m.op == opInsert:
		m.command = doc{{"insert", collection}, {"documents", docs}}
	case m.op == opDelete && len(docs) == 1:
		m.command = doc{{"delete", collection}, {"deletes", array{doc{{"q", docs[0]}, {"limit", int32(0)}}}}}
	case m.op == opUpdate && len(docs) == 2:
		m.command = doc{{"update", collection}, {"updates", array{doc{{"q", docs[0]}, {"u", docs[1]}}}}}
	default:
		return errMessage
	}
	return nil
}

// split parts the name of a collection into the database's and its own.
func split(full string) (database, collection string) {
	for i := range full {
		if full[i] == '.' {
			return full[:i], full[i+1:]
		}
	}
	return full, ""
}

// reply writes the answer to a message in the form of the message.
func (m message) reply(id int32, docs ...doc) []byte {
	b := make([]byte, 16, 512)
	binary.LittleEndian.PutUint32(b[4:], uint32(id))
	binary.LittleEndian.PutUint32(b[8:], uint32(m.id))
	if m.op == opMsg {
		binary.LittleEndian.PutUint32(b[12:], opMsg)
		b = append(b, 0, 0, 0, 0, 0)
		b = appendDoc(b, docs[0])
	} else {
		binary.LittleEndian.PutUint32(b[12:], opReply)
		b = append(b, 8, 0, 0, 0) // it can wait for data
		b = append(b, make([]byte, 12)...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(docs)))
		for _, d := range docs {
			b = appendDoc(b, d)
		}
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}
