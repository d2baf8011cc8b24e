// Package https is the decoy of a web server over TLS: that of decoy/services/http behind the decky's own certificate or the operator's. What the client's hello
// reveals is recorded before its requests are.
package https

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/http"
	"decnet/decoy/services/internal/secure"
)

// helloTime is how long a client may say nothing at first.
const helloTime = time.Minute

func init() {
	decoy.Register("https", func(h *decoy.Host) (decoy.Service, error) {
		cert, err := certificateOf(h)
		if err != nil {
			return nil, err
		}
		return service{http.New(h, true), cert}, nil
	})
}

type service struct {
	web  *http.Server
	cert tls.Certificate
}

// certificateOf is the operator's certificate, or the decky's own, which may have a name of the operator's.
func certificateOf(h *decoy.Host) (tls.Certificate, error) {
	certificate, ok := h.Setting("https", "tls_cert")
	key, _ := h.Setting("https", "tls_key")
	name, _ := h.Setting("https", "tls_cn")
	if !ok {
		return h.TLSCertificate(name)
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		return pair, fmt.Errorf("taking the operator's certificate: %w", err)
	}
	return pair, nil
}

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
	begins, plain, alert, err := v.web.BeginsTLS(in.Peek)
	switch {
	case err != nil && in.Buffered() == 0:
		return
	case plain:
		v.web.RefusePlain(s, conn)
		return
	case !begins:
		v.web.RefuseUnspoken(s, conn, alert)
		return
	}
	client, err := secure.HandshakeAs(ctx, s, conn, v.web.TLS(v.cert))
	if err != nil {
		return // recorded, and the client has been told by an alert
	}
	if client.ConnectionState().NegotiatedProtocol == "h2" {
		v.web.ServeHTTP2(s, client)
		return
	}
	v.web.Serve(s, client)
}

// FromInside answers one request, as it is behind TLS.
func (v service) FromInside(said string) string { return v.web.FromInside(said) }

// Program is the web server's.
func (v service) Program() decoy.Program { return v.web.Program() }
