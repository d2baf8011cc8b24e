package decoy

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/control"
)

// The states of sockets in the kernel's tables: a TCP socket that accepts, and a UDP socket that takes what anybody sends.
const (
	tcpListen      = "0A"
	udpUnconnected = "07"
)

// checkWithin is how long a connection to oneself may take.
const checkWithin = time.Second

// listening returns those of the ports on which somebody in this network namespace listens, at the decky's address. Others run these services, and a
// connection would stand in their evidence: so the kernel is asked in place of them. Only of a TCP socket of IPv6 it does not say whether IPv4 comes in, too.
func listening(ctx context.Context, ip string, ports []control.Port) []control.Port {
	if len(ports) == 0 {
		return nil
	}
	own, _ := netip.ParseAddr(ip) // the zero Addr: all
	tables := map[string]sockets{"tcp": bound("tcp", tcpListen), "udp": bound("udp", udpUnconnected)}
	var out []control.Port
	for _, p := range ports {
		four, six := tables[p.Proto].takes(own, p.Number)
		if four || (six && (p.Proto == "udp" || accepts(ctx, ip, p.Number))) {
			out = append(out, p)
		}
	}
	return out
}

func accepts(ctx context.Context, ip string, port int) bool {
	conn, err := (&net.Dialer{Timeout: checkWithin}).DialContext(ctx, "tcp4", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

type sockets []netip.AddrPort

// takes tells whether what is sent to a port of the address arrives, by a socket of IPv4 or perhaps by one of IPv6.
func (s sockets) takes(own netip.Addr, port int) (four, six bool) {
	for _, at := range s {
		if int(at.Port()) != port {
			continue
		}
		addr := at.Addr()
		switch {
		case addr.Unmap() == own, addr.Is4() && addr.IsUnspecified(), !own.IsValid() && !addr.Unmap().IsLoopback():
			four = true
		case addr.IsUnspecified():
			six = true
		}
	}
	return four, six
}

// bound reads the kernel's tables of a protocol's sockets, those in a state.
func bound(proto, state string) sockets {
	var out sockets
	for _, table := range []string{proto, proto + "6"} {
		file, err := os.Open("/proc/net/" + table)
		if err != nil {
			continue // there is no IPv6
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			// sl local_address rem_address st …
			if f := strings.Fields(lines.Text()); len(f) > 3 && f[3] == state {
				if at, ok := parseSocket(f[1]); ok {
					out = append(out, at)
				}
			}
		}
		file.Close()
	}
	return out
}

// parseSocket reads an address as the kernel writes it: words of the machine's byte order, in hex, and the port.
func parseSocket(text string) (netip.AddrPort, bool) {
	address, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) {
		binary.BigEndian.PutUint32(word, binary.NativeEndian.Uint32(word))
	}
	addr, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr, uint16(n)), ok
}
