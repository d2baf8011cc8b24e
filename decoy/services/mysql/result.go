package mysql

import (
	"encoding/binary"
	"strings"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

// column is the packet that describes one.
func (c *conn) column(table string, column bait.Column) []byte {
	b := appendCounted(nil, "def")
	database, original := c.database, column.Name
	if table == "" { // a value that is worked out
		database, original = "", ""
	}
	for _, s := range []string{database, table, table, column.Name, original} {
		b = appendCounted(b, s)
	}
	if c.extended&capTypeInfo != 0 {
		b = append(b, 0)
	}
	kind, charset, length, flags := byte(253), uint16(c.server.charset), uint32(1020), uint16(0) // VARCHAR
	switch {
	case column.Kind == bait.Number && table == "" && !strings.HasPrefix(column.Name, "@@") && !strings.HasPrefix(strings.ToLower(column.Name), "count("):
		kind, charset, length, flags = 3, 63, 11, 0x81 // INT, binary, not null
	case column.Kind == bait.Number:
		kind, charset, length, flags = 8, 63, 20, 0x80 // BIGINT, binary
	case column.Kind == bait.Time:
		kind, charset, length, flags = 12, 63, 19, 0x80 // DATETIME
	}
	b = binary.LittleEndian.AppendUint16(append(b, 12), charset)
	b = binary.LittleEndian.AppendUint32(b, length)
	b = binary.LittleEndian.AppendUint16(append(b, kind), flags)
	return append(b, 0, 0, 0)
}

// maxReply bounds the bytes of the answers to one query: what is longer ends where the server has no memory for more.
const maxReply = 4 << 20

// answer writes a result.
func (c *conn) answer(table string, r *tinysql.Result) {
	head := appendCount(nil, len(r.Columns))
	if c.extended&capSkipMeta != 0 {
		head = append(head, 1) // the columns follow
	}
	c.put(head)
	for _, column := range r.Columns {
		c.put(c.column(table, column))
	}
	if c.capabilities&capDeprecateEOF == 0 {
		c.end(0)
	}
	for _, row := range r.Rows {
		var b []byte
		for _, v := range row {
			if text, ok := v.(string); ok {
				b = appendCounted(b, text)
			} else {
				b = append(b, 0xfb)
			}
		}
		if c.replied += len(b); c.replied > maxReply {
			c.fail(1041, "HY000", "Out of memory.")
			return
		}
		c.put(b)
	}
	if c.capabilities&capDeprecateEOF == 0 {
		c.end(0)
	} else {
		c.put([]byte{0xfe, 0, 0, c.status(), 0, 0, 0})
	}
}
