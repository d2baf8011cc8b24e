package mail

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/windows"
)

// The bounds of a conversation.
const (
	MaxLine      = 8192            // bytes
	strangerTime = 3 * time.Minute // for each line of who has not logged in
	knownTime    = 30 * time.Minute
)

// Errors of [Talk.Line] that want a last word.
var (
	ErrLong = errors.New("mail: a line that is too long")
	ErrIdle = errors.New("mail: nothing came for too long")
)

// Talk is the conversation with one client.
type Talk struct {
	Session *decoy.Session
	Secured bool
	Known   bool // who it is
	conn    net.Conn
	in      *bufio.Reader
	scheme  string
}

// Begin starts the conversation, over TLS where the catalog's port is tlsPort. It tells whether there is one.
func Begin(ctx context.Context, s *decoy.Session, tlsPort int) (*Talk, bool) {
	t := &Talk{Session: s}
	t.over(s)
	if s.CatalogPort() != tlsPort {
		return t, true
	}
	return t, t.StartTLS(ctx)
}

// over lets the conversation go on over conn. What was read ahead is forgotten: a client that sent it before TLS began must not be believed.
func (t *Talk) over(conn net.Conn) {
	t.conn, t.in = conn, bufio.NewReaderSize(conn, MaxLine)
}

// StartTLS puts TLS on the conversation and tells whether that worked; it is recorded, and so is what was sent before it in the clear. Dovecot hangs up on who does that.
func (t *Talk) StartTLS(ctx context.Context) bool {
	if early := secure.Early(t.Session, t.in); early && productOf(t.Session.Host()).Recent {
		return false
	}
	secured, err := secure.Handshake(ctx, t.Session, t.Session, libraryOf(t.Session.Host()), "")
	if err != nil {
		return false
	}
	t.over(secured)
	t.Secured = true
	return true
}

// libraryOf is whose TLS it is.
func libraryOf(h *decoy.Host) tlswire.Profile {
	if productOf(h).Exchange {
		return windows.TLS(h)
	}
	return tlswire.Dovecot
}

// Line returns the next line without its end. With ErrLong comes the beginning of the line.
func (t *Talk) Line() (string, error) {
	wait := strangerTime
	if t.Known {
		wait = knownTime
	}
	t.Session.SetReadDeadline(time.Now().Add(wait))
	line, err := t.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return string(line), ErrLong
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", ErrIdle
	case err != nil:
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
}

// Take reads n bytes and returns the first keep of them.
func (t *Talk) Take(n, keep int64) ([]byte, error) {
	kept := make([]byte, min(n, keep))
	if got, err := io.ReadFull(t.in, kept); err != nil {
		return kept[:got], err
	}
	_, err := io.CopyN(io.Discard, t.in, n-int64(len(kept)))
	return kept, err
}

// Say sends lines.
func (t *Talk) Say(lines ...string) error {
	_, err := io.WriteString(t.conn, strings.Join(lines, "\r\n")+"\r\n")
	return err
}

// Pause waits as servers do before they tell that a password is wrong.
func (t *Talk) Pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
