package ftp

import (
	"context"
	"net"
	"net/netip"
	"time"
)

const (
	acceptTime   = 20 * time.Second
	transferTime = time.Minute
)

// passive is the port that waits for the client's data connection.
type passive struct {
	listener *net.TCPListener
	stop     func() bool // that closes it when the session ends
}

// listen opens a port on the address that the client talks to, until it is closed or ctx ends.
func listen(ctx context.Context, local netip.Addr) (*passive, error) {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return nil, err
	}
	return &passive{l, context.AfterFunc(ctx, func() { l.Close() })}, nil
}

func (p *passive) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

func (p *passive) close() {
	if p != nil {
		p.stop()
		p.listener.Close()
	}
}

// accept takes the client's connection and closes the port. Somebody else's, who hopes to take what is meant for the client, is closed.
func (p *passive) accept(ctx context.Context, peer netip.Addr) (net.Conn, func(), error) {
	defer p.close()
	p.listener.SetDeadline(time.Now().Add(acceptTime))
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return nil, nil, err
		}
		if from, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || from.AddrPort().Addr().Unmap() != peer.Unmap() {
			conn.Close()
			continue
		}
		conn.SetDeadline(time.Now().Add(transferTime))
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		return conn, func() { stop(); conn.Close() }, nil
	}
}
