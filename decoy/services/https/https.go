// Package https is the decoy of a web server over TLS: that of decoy/services/http behind the decky's own certificate. What the client's hello
// reveals is recorded before its requests are.
package https

import (
	"bufio"
	"context"
	"io"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/http"
	"decnet/decoy/services/internal/secure"
)

// helloTime is how long a client may say nothing at first.
const helloTime = time.Minute

// handshakeRecord is the first byte of TLS.
const handshakeRecord = 0x16

func init() {
	decoy.Register("https", func(h *decoy.Host) (decoy.Service, error) { return service{http.New(h, true)}, nil })
}

type service struct{ web *http.Server }

// peeked is a session of which the first bytes were looked at.
type peeked struct {
	*decoy.Session
	in io.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.in.Read(b) }

// ServeConn answers one client.
func (v service) ServeConn(ctx context.Context, s *decoy.Session) {
	in := bufio.NewReader(s)
	conn := peeked{s, in}
	s.SetReadDeadline(time.Now().Add(helloTime))
	first, err := in.Peek(1)
	if err != nil {
		return
	}
	if first[0] != handshakeRecord {
		v.web.RefusePlain(s, conn)
		return
	}
	client, err := secure.Handshake(ctx, s, conn, "", "http/1.1")
	if err != nil {
		return // recorded, and the client has been told by an alert
	}
	v.web.Serve(s, client)
}
