package realism

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// challenges asks twice for what has to be new each time.
func (p *probe) challenges(what string, ask func(*conn) []byte) {
	var first []byte
	for range 2 {
		c, err := p.dial()
		if err != nil {
			return
		}
		got := ask(c)
		_ = c.Close()
		if got != nil && bytes.Equal(first, got) {
			p.found("fixed-salt", High, "its %s is the same on each connection", what)
		}
		first = got
	}
}

func mysqlProbe(p *probe) {
	var threads []uint32
	p.challenges("salt", func(c *conn) []byte {
		head := c.bytes(4)
		if head == nil {
			p.found("silent", High, "it takes connections and does not greet within %s", patience)
			return nil
		}
		body := c.bytes(int(head[0]) | int(head[1])<<8)
		end := bytes.IndexByte(body, 0)
		if len(body) < 2 || body[0] != 10 || end < 0 || len(body) < end+13 {
			if len(body) == 0 || body[0] != 0xff { // an error may be said at once: this host is blocked
				p.found("bad-greeting", High, "its greeting is not MySQL's")
			}
			return nil
		}
		version := string(body[1:end])
		p.greeting(version)
		threads = append(threads, binary.LittleEndian.Uint32(body[end+1:]))
		return body[end+5 : end+13]
	})
	if len(threads) == 2 && threads[0] == threads[1] {
		p.found("fixed-thread", High, "each connection has the thread ID %d", threads[0])
	}
}

func postgresProbe(p *probe) {
	p.challenges("salt", func(c *conn) []byte {
		start := append([]byte{0, 3, 0, 0}, "user\x00"+unlikely()+"\x00database\x00postgres\x00\x00"...)
		message := binary.BigEndian.AppendUint32(nil, uint32(len(start)+4)) //nolint:gosec // a few bytes
		_, _ = c.Write(append(message, start...))
		head := c.bytes(5)
		if head == nil {
			p.found("silent", High, "it does not answer a startup message within %s", patience)
			return nil
		}
		size := binary.BigEndian.Uint32(head[1:])
		if (head[0] != 'R' && head[0] != 'E') || size < 8 || size > 10_000 {
			p.found("bad-answer", High, "it answers a startup message by %q, which PostgreSQL does not", head[0])
			return nil
		}
		body := c.bytes(int(size) - 4)
		if head[0] == 'E' && body != nil && !strings.Contains(string(body), "\x00R") {
			p.found("bad-refusal", Medium, "its error names no routine of PostgreSQL's")
		}
		if head[0] == 'R' && binary.BigEndian.Uint32(body) == 0 {
			p.found("any-password", High, "it lets in a user that nobody can have made")
		}
		if head[0] == 'R' && len(body) == 8 { // MD5
			return body[4:]
		}
		return nil
	})
}

func vncProbe(p *probe) {
	p.challenges("challenge", func(c *conn) []byte {
		version := c.bytes(12)
		if version == nil || !bytes.HasPrefix(version, []byte("RFB 003.")) {
			p.found("bad-greeting", High, "%q is not how VNC greets", version)
			return nil
		}
		_, _ = c.Write([]byte("RFB 003.008\n"))
		n := c.bytes(1)
		if n == nil || n[0] == 0 {
			return nil
		}
		if types := c.bytes(int(n[0])); !bytes.Contains(types, []byte{2}) {
			return nil
		}
		_, _ = c.Write([]byte{2})
		return c.bytes(16)
	})
}
