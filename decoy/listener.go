package decoy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"decnet/decoy/control"
)

// Port is one port of a service, by the catalog.
type Port struct {
	Number int
	Proto  string // "tcp" or "udp"
}

func (p Port) String() string { return p.Proto + "/" + strconv.Itoa(p.Number) }

// listener is one bound port. It belongs to an instance, and can pass to another without closing: a port that the
// old and the new set of services both have is never shut in between.
type listener struct {
	want  Port // the catalog's
	port  int  // as bound
	owner atomic.Pointer[instance]
	tcp   net.Listener     // or
	udp   net.PacketConn   // by want.Proto
	group []net.PacketConn // where its datagrams to groups come in
	open  atomic.Int64     // connections
	flows flows            // of a UDP port
}

// listen binds the port on the address ("" is all), or the port plus offset where it can't be had.
func listen(ctx context.Context, address string, want Port, offset int) (*listener, error) {
	l := &listener{want: want, port: want.Number}
	err := l.bind(ctx, address)
	if err != nil && offset > 0 && (errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EADDRINUSE)) {
		l.port += offset
		err = l.bind(ctx, address)
	}
	if err != nil {
		return nil, &control.Error{
			Code:    control.PortUnavailable,
			Message: fmt.Sprintf("port %s can't be bound", want),
			Detail:  err.Error(),
		}
	}
	return l, nil
}

func (l *listener) bind(ctx context.Context, address string) (err error) {
	var config net.ListenConfig
	target := net.JoinHostPort(address, strconv.Itoa(l.port))
	if l.want.Proto == "udp" {
		l.udp, err = config.ListenPacket(ctx, "udp", target)
	} else {
		l.tcp, err = config.Listen(ctx, "tcp", target)
	}
	return err
}

func (l *listener) close() {
	if l.udp == nil {
		l.tcp.Close()
		return
	}
	for _, socket := range append(l.group, l.udp) {
		socket.Close()
	}
}

// check connects to the port from the decky's own address, which the runtime knows not to record.
func (l *listener) check(ctx context.Context) error {
	if l.tcp == nil {
		return nil // that it is bound is all that can be known of a UDP port
	}
	target := l.tcp.Addr().(*net.TCPAddr)
	dialer := net.Dialer{Timeout: 2 * time.Second}
	if target.IP.IsUnspecified() {
		target = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: target.Port}
	}
	dialer.LocalAddr = &net.TCPAddr{IP: target.IP}
	conn, err := dialer.DialContext(ctx, "tcp", target.String())
	if err != nil {
		return &control.Error{
			Code:    control.NotAnswering,
			Message: fmt.Sprintf("port %s does not accept a connection", l.want),
			Detail:  err.Error(),
		}
	}
	return conn.Close()
}

// accept hands every connection to serve, until the listener is closed. Trouble that passes (no free file descriptor) makes
// it wait, not end.
func (l *listener) accept(log *slog.Logger, serve func(net.Conn)) {
	const first, most = 5 * time.Millisecond, time.Second
	pause := first
	for {
		conn, err := l.tcp.Accept()
		if err == nil {
			pause = first
			serve(conn)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		log.Warn("accepting a connection", "port", l.want.String(), "err", err)
		time.Sleep(pause)
		pause = min(2*pause, most)
	}
}

// receive hands every datagram from the socket to answer, one after another, until it is closed.
func (l *listener) receive(socket net.PacketConn, log *slog.Logger, answer func(data []byte, from netip.AddrPort)) {
	buf := make([]byte, 16<<10)
	for {
		n, addr, err := socket.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			log.Warn("receiving a datagram", "port", l.want.String(), "err", err)
			time.Sleep(5 * time.Millisecond)
			continue
		}
		answer(buf[:n], addrPort(addr))
	}
}

// addrPort returns the address with IPv4 as such, also from a socket for both families.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// datagram makes one datagram look like a connection to answer on.
type datagram struct {
	socket net.PacketConn
	peer   net.Addr
	allow  func(bytes int) bool // whether the peer may be sent so much
}

func (d datagram) Read([]byte) (int, error) {
	return 0, errors.New("decoy: a datagram has nothing more to read")
}

// Write answers with one datagram, unless the peer has been sent too much.
func (d datagram) Write(p []byte) (int, error) {
	if !d.allow(len(p)) {
		return 0, ErrBudget
	}
	return d.socket.WriteTo(p, d.peer)
}

func (d datagram) Close() error                     { return nil }
func (d datagram) LocalAddr() net.Addr              { return d.socket.LocalAddr() }
func (d datagram) RemoteAddr() net.Addr             { return d.peer }
func (d datagram) SetDeadline(time.Time) error      { return nil }
func (d datagram) SetReadDeadline(time.Time) error  { return nil }
func (d datagram) SetWriteDeadline(time.Time) error { return nil }

// flows are the conversations that go on over a UDP port, by who talks.
type flows struct {
	mu sync.Mutex
	of map[netip.AddrPort]*flow
}

// begin makes the flow of a peer, which has none; end takes it away.
func (f *flows) begin(peer netip.AddrPort, one *flow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[netip.AddrPort]*flow{}
	}
	f.of[peer] = one
}

func (f *flows) end(peer netip.AddrPort) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, peer)
}

// pass gives a datagram to its sender's flow, and says false where there is none. One that comes faster than it is read is lost, as on the way.
func (f *flows) pass(peer netip.AddrPort, data []byte) bool {
	f.mu.Lock()
	one := f.of[peer]
	f.mu.Unlock()
	if one == nil {
		return false
	}
	select {
	case one.in <- slices.Clone(data):
	default:
	}
	return true
}

// flow makes the datagrams of one peer look like a connection: each Read gives one, each Write sends one.
type flow struct {
	datagram
	in     chan []byte
	closed chan struct{}
	close  func() // closes closed, once

	mu    sync.Mutex
	until time.Time
	moved chan struct{} // closed and replaced when until is
}

func newFlow(d datagram) *flow {
	const queued = 32
	f := &flow{datagram: d, in: make(chan []byte, queued), closed: make(chan struct{}), moved: make(chan struct{})}
	f.close = sync.OnceFunc(func() { close(f.closed) })
	return f
}

func (f *flow) Read(p []byte) (int, error) {
	for {
		f.mu.Lock()
		until, moved := f.until, f.moved
		f.mu.Unlock()
		var over <-chan time.Time
		if !until.IsZero() {
			timer := time.NewTimer(time.Until(until))
			defer timer.Stop()
			over = timer.C
		}
		select {
		case data := <-f.in:
			return copy(p, data), nil
		case <-f.closed:
			return 0, net.ErrClosed
		case <-over:
			return 0, os.ErrDeadlineExceeded
		case <-moved:
		}
	}
}

func (f *flow) SetReadDeadline(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until = t
	close(f.moved)
	f.moved = make(chan struct{})
	return nil
}

func (f *flow) Close() error {
	f.close()
	return nil
}

// branched is a datagram socket with one peer.
type branched struct {
	*net.UDPConn
	allow func(bytes int) bool // whether the peer may be sent so much
}

// Write sends one datagram, unless the peer has been sent too much.
func (b branched) Write(p []byte) (int, error) {
	if !b.allow(len(p)) {
		return 0, ErrBudget
	}
	return b.UDPConn.Write(p)
}
