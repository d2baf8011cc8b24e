package https

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/quic-go/quic-go"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/secure"
)

const (
	// initialSize is the least that a client's first datagram has (RFC 9000, 14.1).
	initialSize = 1200
	// longHeader is the bit of a packet's first byte that the first packets of a connection have.
	longHeader = 0x80
	// quicHandshakeTime is how long a client has to shake hands.
	quicHandshakeTime = 10 * time.Second
	// maxToldBytes is how much is recorded of what begins no connection.
	maxToldBytes = 1024
)

// Listens tells that the server is on UDP where it speaks HTTP/3, and nowhere else: a port that is not used refuses.
func (v service) Listens(port decoy.Port) bool { return port.Proto == "tcp" || v.web.SpeaksHTTP3() }

// ServePacket takes the first datagram of a client that speaks QUIC. What follows is its session's.
func (v service) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	if len(data) < initialSize || data[0]&longHeader == 0 {
		s.Event("protocol_error", event.Bytes("data", data[:min(len(data), maxToldBytes)]))
		return // as every server is silent
	}
	s.Flow(v.serveQUIC)
}

// serveQUIC answers one client with a transport of its own, so that what bounds a session bounds a connection of QUIC, too.
func (v service) serveQUIC(ctx context.Context, s *decoy.Session) {
	hello := secure.Hello{Transport: 'q'}
	shaking, stop := context.WithTimeoutCause(ctx, quicHandshakeTime, errors.New("the client did not go on"))
	defer stop()
	fail := make(chan error, 1)
	transport := quic.Transport{Conn: packets{s}, ConnContext: func(of context.Context, _ *quic.ClientInfo) (context.Context, error) {
		context.AfterFunc(of, func() {
			select {
			case fail <- context.Cause(of):
			default:
			}
			stop()
		})
		return of, nil
	}}
	defer transport.Close()
	listener, err := transport.Listen(&tls.Config{
		Certificates: []tls.Certificate{v.cert}, NextProtos: []string{"h3"}, MinVersion: tls.VersionTLS13, GetConfigForClient: hello.Take,
	}, v.web.QUIC())
	if err != nil {
		return
	}
	conn, err := listener.Accept(shaking)
	if err != nil {
		select {
		case err = <-fail:
		default:
			err = context.Cause(shaking)
		}
		hello.Record(s, tls.ConnectionState{}, err)
		return
	}
	s.Present() // it could not have shaken hands elsewhere
	listener.Close()
	hello.Record(s, conn.ConnectionState().TLS, nil)
	v.web.ServeHTTP3(ctx, s, conn)
}

// packets is a session of one peer as the socket that a transport wants.
type packets struct{ *decoy.Session }

// ReadFrom reads a datagram. A transport takes an error that passes for a reason to read on; a session's don't pass.
func (p packets) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := p.Read(b)
	if err != nil {
		return 0, nil, net.ErrClosed
	}
	return n, p.RemoteAddr(), nil
}

// WriteTo sends a datagram to the only peer that there is.
func (p packets) WriteTo(b []byte, _ net.Addr) (int, error) { return p.Write(b) }

// SetReadBuffer is nothing to set: the socket is shared with others, and a session's queue is bounded. Without the two, a transport complains on stderr.
func (packets) SetReadBuffer(int) error { return nil }

// SetWriteBuffer is like SetReadBuffer.
func (packets) SetWriteBuffer(int) error { return nil }
