package postgres

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"io"

	"decnet/decoy/event"
)

// speaksOld tells whether the server knows version 2 of the protocol, which PostgreSQL dropped with version 14.
func (v *server) speaksOld() bool { return v.major < 14 }

// oldFatal writes the error that ends a connection as versions 1 and 2 of the protocol have it: text without a length or fields.
func oldFatal(to io.Writer, message string) {
	io.WriteString(to, "EFATAL:  "+message+"\n\x00") // the connection ends in any case
}

// old lets a client of version 2 log in: its name is in fields of fixed width, of which the last may be missing. The password's proof is recorded; who proves one finds that
// there are no connections left for it.
func (c *conn) old(stream io.ReadWriter, body []byte) {
	const databaseAt, userAt, end = 4, 4 + 64, 4 + 64 + 32
	field := func(from, to int) string {
		text, _, _ := bytes.Cut(body[min(from, len(body)):min(to, len(body))], []byte{0})
		return string(text)
	}
	c.database, c.user = field(databaseAt, userAt), field(userAt, end)
	if c.user == "" {
		oldFatal(stream, "no PostgreSQL user name specified in startup packet")
		return
	}
	if c.database == "" {
		c.database = c.user
	}
	var salt [4]byte
	rand.Read(salt[:])
	if _, err := stream.Write(append([]byte{'R', 0, 0, 0, 5}, salt[:]...)); err != nil {
		return
	}
	var head [4]byte
	if _, err := io.ReadFull(stream, head[:]); err != nil {
		return
	}
	size := int(binary.BigEndian.Uint32(head[:])) - 4
	if size < 1 || size > maxMessageStranger {
		c.s.Event("protocol_error", event.String("reason", "invalid length of password packet"), event.Bytes("data", head[:]))
		return
	}
	answer := make([]byte, size)
	if _, err := io.ReadFull(stream, answer); err != nil {
		return
	}
	proof, _, _ := bytes.Cut(answer, []byte{0})
	proven := false
	for _, p := range c.server.passwords(c.user) {
		proven = proven || subtle.ConstantTimeCompare([]byte(md5Proof(c.user, p, salt[:])), proof) == 1
	}
	c.attempt("md5", string(proof), proven, event.String("salt", hex.EncodeToString(salt[:])), event.String("protocol", "2.0"))
	if !proven {
		oldFatal(stream, "password authentication failed for user \""+c.user+"\"")
		return
	}
	oldFatal(stream, "remaining connection slots are reserved for non-replication superuser connections")
}
