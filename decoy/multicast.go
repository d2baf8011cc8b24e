package decoy

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// join opens a socket for each group, on the interface that has the address ("" lets the system choose). They are bound to the group itself: other deckies
// of the machine may listen there, too, and what is meant for their own addresses doesn't come here.
func (l *listener) join(address string, groups []netip.Addr) error {
	for _, group := range groups {
		socket, err := joinGroup(address, netip.AddrPortFrom(group, uint16(l.port)))
		if err != nil {
			return err
		}
		l.group = append(l.group, socket)
	}
	return nil
}

func joinGroup(address string, group netip.AddrPort) (net.PacketConn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening a socket for %s: %w", group, err)
	}
	file := os.NewFile(uintptr(fd), group.String())
	defer file.Close() // what is made of it has a descriptor of its own
	request := &unix.IPMreqn{Multiaddr: group.Addr().As4()}
	if own, err := netip.ParseAddr(address); err == nil && own.Is4() {
		request.Address = own.As4()
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return nil, fmt.Errorf("sharing %s: %w", group, err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(group.Port()), Addr: group.Addr().As4()}); err != nil {
		return nil, fmt.Errorf("binding %s: %w", group, err)
	}
	if err := unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, request); err != nil {
		return nil, fmt.Errorf("joining %s: %w", group, err)
	}
	socket, err := net.FilePacketConn(file)
	if err != nil {
		return nil, fmt.Errorf("using the socket for %s: %w", group, err)
	}
	return socket, nil
}
