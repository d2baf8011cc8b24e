package tlswire_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"

	"decnet/decoy/internal/tlswire"
	"decnet/internal/tlsprint"
)

// script is a connection whose client has said all that it will.
type script struct {
	net.Conn
	said    io.Reader
	written int
}

func (s *script) Read(p []byte) (int, error)  { return s.said.Read(p) }
func (s *script) Write(p []byte) (int, error) { s.written += len(p); return len(p), nil }
func (*script) Close() error                  { return nil }

// Whatever a client says, the handshake ends, and answers no more than a few certificates' worth.
func FuzzHandshake(f *testing.F) {
	for i, h := range []tlsprint.Hello{tlsprint.Modern(name, true), tlsprint.Modern(name, false)} {
		hello := h.Bytes()
		f.Add(hello, uint8(i), true)
		f.Add(append(hello, "\x16\x03\x03\x00\x06\x10\x00\x00\x02\x01\x00\x14\x03\x03\x00\x01\x01"...), uint8(i+2), false)
		f.Add(append(bytes.Clone(hello), hello...), uint8(i+4), true)
	}
	profiles := []*tlswire.Profile{
		&tlswire.Nginx, &tlswire.Apache, &tlswire.Dovecot, &tlswire.Postfix, &tlswire.Slapd, &tlswire.Tomcat, &tlswire.Windows, &tlswire.MariaDB, &tlswire.Postgres, &tlswire.Cisco,
	}
	f.Fuzz(func(t *testing.T, said []byte, which uint8, long bool) {
		key := "ECDSA"
		if long {
			key = "RSA"
		}
		conn := &script{said: bytes.NewReader(said)}
		c := tlswire.Server(conn, &tlswire.Config{
			Profile: profiles[int(which)%len(profiles)], Certificate: keys()[key], Names: []string{name}, NextProtos: []string{"h2", "http/1.1"}, Sessions: tlswire.NewSessions(),
		})
		if err := c.HandshakeContext(context.Background()); err == nil {
			t.Error("a script has shaken hands")
		}
		if conn.written > 16<<10 {
			t.Errorf("%d bytes were answered to %d", conn.written, len(said))
		}
	})
}
