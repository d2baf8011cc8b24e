package realism

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net"
	"strings"
)

// conn is a connection that is read by lines or by bytes. What it fails with shows in what it returns: nothing.
type conn struct {
	net.Conn
	in *bufio.Reader
}

func newConn(c net.Conn) *conn { return &conn{c, bufio.NewReaderSize(c, 16<<10)} }

// Read reads what is left in the buffer first.
func (c *conn) Read(b []byte) (int, error) { return c.in.Read(b) }

// line reads a line without its end; "" when none came.
func (c *conn) line() string {
	text, err := c.in.ReadString('\n')
	if err != nil && text == "" {
		return ""
	}
	return strings.TrimRight(text, "\r\n")
}

// reply reads an answer of FTP's and SMTP's kind, and returns its last line: "250-…" goes on.
func (c *conn) reply() string {
	for range 100 {
		text := c.line()
		if len(text) < 4 || text[3] != '-' {
			return text
		}
	}
	return ""
}

// say sends a line.
func (c *conn) say(text string) { _, _ = io.WriteString(c, text+"\r\n") }

// bytes reads so many; nil when fewer came.
func (c *conn) bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.in, b); err != nil {
		return nil
	}
	return b
}

// unlikely is a word that nobody has chosen for anything.
func unlikely() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // it never fails: crypto/rand
	return "q" + hex.EncodeToString(b)
}
