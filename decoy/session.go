package decoy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"decnet/decoy/event"
)

// ErrBudget is returned by a read or write of a session that has moved as many bytes as one session may.
var ErrBudget = errors.New("decoy: the session's byte budget is spent")

// Session is one conversation of a service with one peer. For TCP it is the connection itself, a [net.Conn] whose every read and write
// carries the idle deadline (a service may set an earlier one, not a later), and which ends when the session's
// time or bytes are spent. For UDP it is one datagram of a conversation, whose ID it shares with those that its sender sends meanwhile: Write answers it, Read gives nothing.
type Session struct {
	id      string
	host    *Host
	service string
	peer    netip.AddrPort
	local   netip.AddrPort
	port    int
	conn    net.Conn
	limits  Limits
	started time.Time
	record  func(event.Event) // nil: a self-check, of which nothing is recorded
	flood   *flood            // nil: its source's
	branch  func(serve func(context.Context, *Session)) bool
	flow    func(serve func(context.Context, *Session)) bool
	log     *slog.Logger

	mu            sync.Mutex
	readDeadline  time.Time // the service's own
	writeDeadline time.Time

	crowded bool
	known   atomic.Bool // somebody has logged in
	in, out atomic.Int64
	present atomic.Bool // the peer is known to be where its datagrams say that they come from
}

// ID names the session in event lines; it is unguessable and means nothing.
func (s *Session) ID() string { return s.id }

// Host returns the decky.
func (s *Session) Host() *Host { return s.host }

// Service returns the slug of the service.
func (s *Session) Service() string { return s.service }

// Peer returns the address that talks to the decky.
func (s *Session) Peer() netip.AddrPort { return s.peer }

// Local returns the address that the peer talks to, with the port as it is bound.
func (s *Session) Local() netip.AddrPort { return s.local }

// CatalogPort returns the service's port that the peer means, by the catalog: other than Local's where the low port could not
// be had and an offset was added.
func (s *Session) CatalogPort() int { return s.port }

// Event records that something happened. The fields come after the peer's address and the port; values may hold any bytes. It never
// blocks. Where a conversation in datagrams has many events of one kind, the first are recorded, and what the others come to.
func (s *Session) Event(typ string, fields ...event.Field) { s.eventAt(time.Time{}, typ, fields...) }

// eventAt is Event for what happened at that time; the zero time is now.
func (s *Session) eventAt(at time.Time, typ string, fields ...event.Field) {
	if s.record == nil {
		return
	}
	all := make([]event.Field, 0, 3+len(fields))
	all = append(all,
		event.String(event.SrcIP, s.peer.Addr().String()),
		event.Int(event.SrcPort, int64(s.peer.Port())),
		event.Int(event.DstPort, int64(s.port)))
	s.record(event.Event{
		Time:     at,
		Severity: event.SeverityOf(typ),
		Service:  s.service,
		Session:  s.id,
		Type:     typ,
		Fields:   append(all, fields...),
		Message:  inWords(typ, fields) + " from " + s.peer.Addr().String(),
	})
}

// told are the fields that an event's message tells beside its type: what was done, and to what. Everybody may see messages: none of them holds a secret, or a request's query.
var told = []string{"kind", "operation", "request", "function", "qtype", "oids", "name", "dn", "topic", event.Count}

// toldBytes bounds what a message tells of each field.
const toldBytes = 80

// inWords says in a few words what happened, for the list that people look through.
func inWords(typ string, fields []event.Field) string {
	var b strings.Builder
	b.WriteString(typ)
	for _, f := range fields {
		if f.Value != "" && slices.Contains(told, f.Name) {
			b.WriteByte(' ')
			b.WriteString(f.Value[:min(len(f.Value), toldBytes)])
		}
	}
	return b.String()
}

// Attempt records a try to log in: an auth_attempt event. kind says what the secret is (plaintext, publickey, …), principal who
// the peer claims to be, outcome is [event.Accepted] or [event.Rejected].
func (s *Session) Attempt(kind, principal string, secret []byte, outcome string, fields ...event.Field) {
	s.Event(event.AuthAttempt, append([]event.Field{
		event.String(event.Principal, principal),
		event.Bytes(event.Secret, secret),
		event.String(event.SecretKind, kind),
		event.String(event.Outcome, outcome),
	}, fields...)...)
}

// Guard runs f and keeps a panic in it from the rest of the decoy: it is recorded, without the stack, which is for the maintainers. The
// runtime guards ServeConn and ServePacket; a goroutine that a service starts must do so itself.
func (s *Session) Guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			s.Event(event.Panic)
			s.log.Error("service panicked", "service", s.service, "session", s.id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// Read reads from the peer.
func (s *Session) Read(p []byte) (int, error) {
	left := s.limits.BytesIn - s.in.Load()
	if left <= 0 {
		return 0, ErrBudget
	}
	if err := s.arm(&s.readDeadline, s.conn.SetReadDeadline); err != nil {
		return 0, err
	}
	n, err := s.conn.Read(p[:min(int64(len(p)), left)])
	s.in.Add(int64(n))
	return n, err
}

// Write writes to the peer.
func (s *Session) Write(p []byte) (int, error) {
	if s.out.Load()+int64(len(p)) > s.limits.BytesOut {
		return 0, ErrBudget
	}
	if err := s.arm(&s.writeDeadline, s.conn.SetWriteDeadline); err != nil {
		return 0, err
	}
	n, err := s.conn.Write(p)
	s.out.Add(int64(n))
	return n, err
}

// arm sets the earliest of the idle deadline, the session's end and the service's own deadline.
func (s *Session) arm(own *time.Time, set func(time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	deadline := time.Now().Add(s.limits.Idle)
	if end := s.started.Add(s.limits.SessionTime); end.Before(deadline) {
		deadline = end
	}
	if !own.IsZero() && own.Before(deadline) {
		deadline = *own
	}
	return set(deadline)
}

// Branch goes on with the sender of a datagram on a port of its own, as TFTP does: serve gets a session whose Write sends a datagram and whose Read waits for one from the same
// sender. It runs beside the caller, counted and bounded as a connection is, until it returns or the service goes out of force. Branch says false where the sender has too many, or for a session that is no
// datagram's.
func (s *Session) Branch(serve func(ctx context.Context, s *Session)) bool {
	return s.branch != nil && s.branch(serve)
}

// Flow goes on with the sender of a datagram on the same port, as QUIC does: this datagram and all that follow from there are what serve's session reads, one at a time. It is
// counted, bounded and recorded as a connection is, until serve returns or the service goes out of force. Flow says false where there are too many, or for a session that is no datagram's.
func (s *Session) Flow(serve func(ctx context.Context, s *Session)) bool {
	return s.flow != nil && s.flow(serve)
}

// Present tells that the peer has shown that it reads what goes to its address. Until then a flow sends no more there than a forged address may be sent.
func (s *Session) Present() { s.present.Store(true) }

// Crowded tells that the source has as many connections as the product takes (see [Bounded]): this one is to be told so.
func (s *Session) Crowded() bool { return s.crowded }

// Close ends the conversation.
func (s *Session) Close() error { return s.conn.Close() }

// CloseWrite tells the peer that nothing more will come, and goes on reading.
func (s *Session) CloseWrite() error {
	if c, ok := s.conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// LocalAddr returns the address that the peer talks to.
func (s *Session) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// RemoteAddr returns the peer's address.
func (s *Session) RemoteAddr() net.Addr { return s.conn.RemoteAddr() }

// SetDeadline sets the service's own deadline for reads and writes.
func (s *Session) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

// SetReadDeadline sets the service's own deadline for reads, also for one that is under way. The zero time takes it away.
func (s *Session) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	s.readDeadline = t
	s.mu.Unlock()
	return s.arm(&s.readDeadline, s.conn.SetReadDeadline)
}

// SetWriteDeadline sets the service's own deadline for writes, also for one that is under way. The zero time takes it away.
func (s *Session) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	s.writeDeadline = t
	s.mu.Unlock()
	return s.arm(&s.writeDeadline, s.conn.SetWriteDeadline)
}
