package export

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"decnet/decoy/event"
	"decnet/interactions"
)

// The waits of a syslog connection.
const (
	dialWithin = 10 * time.Second
	// drainEvery is how often we look whether the receiver has taken what was sent.
	drainEvery = 5 * time.Millisecond
)

// Syslog sends RFC 5424 messages with octet counting (RFC 6587, RFC 5425) to one receiver. The protocol has no answers: a batch counts as sent once the receiver's kernel has
// acknowledged all of its bytes, so that a receiver that is gone, or cut off, loses nothing; one that crashes with bytes in its own hands may.
type Syslog struct {
	address string
	tls     *tls.Config // nil: in the clear
	conn    net.Conn
	socket  *net.TCPConn // what is under conn
}

// NewSyslog returns a sink for a receiver, tcp://HOST:PORT or tls://HOST:PORT (ports 514 and 6514 when left out). caFile (PEM) vouches for a TLS receiver in place of the
// system's authorities; "" is those.
func NewSyslog(receiver, caFile string) (*Syslog, error) {
	u, err := url.Parse(receiver)
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("the syslog receiver is tcp://HOST:PORT or tls://HOST:PORT, not %q", receiver)
	}
	s := &Syslog{}
	port := u.Port()
	switch u.Scheme {
	case "tcp":
		if caFile != "" {
			return nil, fmt.Errorf("a certificate authority for the syslog receiver %s, which is not asked for a certificate: use tls://", receiver)
		}
		port = orElse(port, "514")
	case "tls":
		port = orElse(port, "6514")
		s.tls = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
		if caFile != "" {
			if s.tls.RootCAs, err = authorities(caFile); err != nil {
				return nil, err
			}
		}
	default:
		return nil, fmt.Errorf("the syslog receiver is tcp://HOST:PORT or tls://HOST:PORT, not %q", receiver)
	}
	s.address = net.JoinHostPort(u.Hostname(), port)
	return s, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the syslog receiver's authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// Name is "syslog".
func (*Syslog) Name() string { return "syslog" }

// Habits are none: it takes what comes.
func (*Syslog) Habits() Habits { return Habits{} }

// Flush has nothing to do: Send holds nothing back.
func (*Syslog) Flush(context.Context) error { return nil }

// Close ends the connection; the next Send makes another.
func (s *Syslog) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn, s.socket = nil, nil
	return err
}

// Send sends the records and waits until the receiver's kernel has them.
func (s *Syslog) Send(ctx context.Context, records []Record) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := s.conn.SetDeadline(deadline); err != nil {
			return fmt.Errorf("set the deadline: %w", err)
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = s.socket.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var frames []byte
	for _, r := range records {
		message := messageOf(r)
		frames = strconv.AppendInt(frames, int64(len(message)), 10)
		frames = append(frames, ' ')
		frames = append(frames, message...)
	}
	if _, err := s.conn.Write(frames); err != nil {
		return fmt.Errorf("send to %s: %w", s.address, err)
	}
	return s.drain(ctx)
}

func (s *Syslog) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("connect to the syslog receiver: %w", err)
	}
	socket, ok := conn.(*net.TCPConn)
	if !ok {
		return errors.Join(fmt.Errorf("the connection to %s is not TCP but %T", s.address, conn), conn.Close())
	}
	if s.tls != nil {
		secured := tls.Client(conn, s.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return errors.Join(fmt.Errorf("agree on TLS with %s: %w", s.address, err), conn.Close())
		}
		conn = secured
	}
	s.conn, s.socket = conn, socket
	return nil
}

// drain waits until nothing that was sent is unacknowledged, and the receiver has not hung up.
func (s *Syslog) drain(ctx context.Context) error {
	raw, err := s.socket.SyscallConn()
	if err != nil {
		return fmt.Errorf("look at the connection: %w", err)
	}
	for {
		var queued int
		var state *unix.TCPInfo
		var qerr, serr error
		err := raw.Control(func(fd uintptr) {
			queued, qerr = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
			state, serr = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		})
		if err := errors.Join(err, qerr, serr); err != nil {
			return fmt.Errorf("look at what %s has acknowledged: %w", s.address, err)
		}
		if state.State != unix.BPF_TCP_ESTABLISHED {
			return fmt.Errorf("%s has hung up", s.address)
		}
		if queued == 0 {
			return nil
		}
		select {
		case <-time.After(drainEvery):
		case <-ctx.Done():
			return fmt.Errorf("%s does not take what is sent: %w", s.address, ctx.Err())
		}
	}
}

// messageOf is the interaction as the decoy wrote it, an RFC 5424 message, with where it belongs and its cursor.
func messageOf(r Record) []byte {
	e := interactions.Event(r.Interaction)
	e.Fields = append(e.Fields, event.String("deployment", r.DeploymentName), event.String("cursor", r.Cursor))
	return event.Append(nil, e)
}
