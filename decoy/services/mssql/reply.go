package mssql

import (
	"encoding/binary"
	"strconv"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
	"decnet/decoy/services/internal/windows"
)

// The versions of the protocol.
const (
	tds70 = 0x70000000
	tds71 = 0x71000000
	tds72 = 0x72090002
	tds74 = 0x74000004
)

// The tokens of a reply.
const (
	tokColumns    = 0x81
	tokError      = 0xaa
	tokInfo       = 0xab
	tokLogin      = 0xad
	tokRow        = 0xd1
	tokChange     = 0xe3
	tokSSPI       = 0xed
	tokDone       = 0xfd
	tokReturn     = 0x79
	tokProcDone   = 0xfe
	tokInProcDone = 0xff
	doneMore      = 0x01
	doneError     = 0x02
	doneCount     = 0x10
	doneAttn      = 0x20
	changeDB      = 1
	changeLang    = 2
	changePacket  = 4
	changeBegin   = 8
	changeCommit  = 9
	changeBack    = 10
)

const sessionNumber = 51 // the first that is no system's own

// put adds little-endian numbers and bytes to the reply.
func (c *conn) put(parts ...any) {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case byte:
			b = append(b, p)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, p)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, p)
		case []byte:
			b = append(b, p...)
		}
	}
	c.out.Write(b)
}

// short is text with its length in a byte, long with its length in two.
func short(s string) []byte {
	b := windows.UTF16(s)
	b = b[:min(len(b), 510)]
	return append([]byte{byte(len(b) / 2)}, b...)
}

func long(s string) []byte {
	b := windows.UTF16(s)
	b = b[:min(len(b), 8000)]
	return append(binary.LittleEndian.AppendUint16(nil, uint16(len(b)/2)), b...)
}

// message adds an error or a notice.
func (c *conn) message(token byte, number uint32, state, class byte, text string) {
	body := binary.LittleEndian.AppendUint32(nil, number)
	body = append(body, state, class)
	body = append(body, long(text)...)
	body = append(body, short(c.server.machine.Name)...)
	body = append(body, 0) // no procedure
	if c.version >= tds72 {
		body = append(body, 1, 0, 0, 0)
	} else {
		body = append(body, 1, 0)
	}
	c.put(token, uint16(len(body)), body)
	c.failed = c.failed || token == tokError
}

// change tells the client of something that is now otherwise.
func (c *conn) change(kind byte, now, before []byte) {
	c.put(byte(tokChange), uint16(1+len(now)+len(before)), kind, now, before)
}

// done ends a statement's reply.
func (c *conn) done(status uint16, rows uint32) { c.end(tokDone, status, rows) }

func (c *conn) end(token byte, status uint16, rows uint32) {
	c.put(token, status, uint16(0), rows)
	if c.version >= tds72 {
		c.put(uint32(0))
	}
}

// welcome is the reply to a login that is accepted.
func (c *conn) welcome() {
	c.session = sessionNumber
	c.change(changeDB, short(c.db), short("master"))
	c.message(tokInfo, 5701, 2, 0, "Changed database context to '"+c.db+"'.")
	if c.version >= tds71 {
		c.put(byte(tokChange), uint16(8), byte(7), byte(5), collation, byte(0))
	}
	c.change(changeLang, short("us_english"), short(""))
	c.message(tokInfo, 5703, 1, 0, "Changed language setting to us_english.")
	v := c.server
	name := short("Microsoft SQL Server")
	body := binary.BigEndian.AppendUint32([]byte{1}, c.version)
	body = append(append(body, name...), v.major, 0, byte(v.build>>8), byte(v.build))
	c.put(byte(tokLogin), uint16(len(body)), body)
	c.change(changePacket, short(strconv.Itoa(packetSize)), short(strconv.Itoa(packetSize)))
	c.done(0, 0)
}

// result adds a table and how many rows it has. Numbers are numbers, all else is text.
func (c *conn) result(r *tinysql.Result) int {
	c.put(byte(tokColumns), uint16(len(r.Columns)))
	numbers := make([]bool, len(r.Columns))
	for i, column := range r.Columns {
		numbers[i] = column.Kind == bait.Number && allNumbers(r, i)
		if c.version >= tds72 {
			c.put(uint32(0))
		} else {
			c.put(uint16(0))
		}
		c.put(uint16(9)) // may be NULL, may be updated
		if numbers[i] {
			c.put(byte(0x26), byte(4))
		} else {
			c.put(byte(0xe7), uint16(8000))
			if c.version >= tds71 {
				c.put(collation)
			}
		}
		c.put(short(column.Name))
	}
	for _, row := range r.Rows {
		c.put(byte(tokRow))
		for i, value := range row {
			text, ok := value.(string)
			switch {
			case numbers[i] && !ok:
				c.put(byte(0))
			case numbers[i]:
				n, err := strconv.ParseInt(text, 10, 32)
				if err != nil {
					n = 0 // allNumbers has seen that it is one
				}
				c.put(byte(4), uint32(n))
			case !ok:
				c.put(uint16(0xffff))
			default:
				b := windows.UTF16(text)
				b = b[:min(len(b), 8000)]
				c.put(uint16(len(b)), b)
			}
		}
	}
	return len(r.Rows)
}

// allNumbers tells whether all values of the column fit an int.
func allNumbers(r *tinysql.Result, column int) bool {
	for _, row := range r.Rows {
		if text, ok := row[column].(string); ok {
			if _, err := strconv.ParseInt(text, 10, 32); err != nil {
				return false
			}
		}
	}
	return true
}
