// Package listen is what stands before every handler. It bounds the connections that one address may have open, before a byte of them is read: whoever opens thousands and says nothing takes none of
// those that others need.
package listen

import (
	"net"
	"net/netip"
	"slices"
	"sync"
)

// Limit returns a listener that closes what an address opens beyond perAddress at once; 0 is no bound. The exempt, such as proxies that stand for many,
// have none. An IPv6 host has a whole /64 of addresses, which count as one.
func Limit(l net.Listener, perAddress int, exempt []netip.Prefix) net.Listener {
	if perAddress <= 0 {
		return l
	}
	return &limited{Listener: l, max: perAddress, exempt: exempt, open: map[netip.Prefix]int{}}
}

type limited struct {
	net.Listener
	max    int
	exempt []netip.Prefix

	mu   sync.Mutex
	open map[netip.Prefix]int
}

// Accept returns the next connection that is within the bound.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, counts := l.host(c)
		if !counts {
			return c, nil
		}
		if l.take(from) {
			return &counted{Conn: c, release: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		_ = c.Close() // nobody was told anything yet
	}
}

// host is what a connection is counted as.
func (l *limited) host(c net.Conn) (from netip.Prefix, counts bool) {
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}, false
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	if slices.ContainsFunc(l.exempt, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return netip.Prefix{}, false
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	from, err := ip.Prefix(bits)
	return from, err == nil
}

func (l *limited) take(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from] >= l.max {
		return false
	}
	l.open[from]++
	return true
}

func (l *limited) release(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

type counted struct {
	net.Conn
	release func()
}

// Close ends the connection and gives its place back.
func (c *counted) Close() error {
	c.release()
	return c.Conn.Close()
}
