package realism

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

// Origin is from where a check looks, as the decoy sees it. It is settled, and stored, before the first connection, so that whoever reads what the decoy recorded can
// tell the look from an intruder's: an address alone would not do, since others may have it too.
type Origin struct {
	Addresses []string `json:"addresses"`
	FirstPort int      `json:"firstPort"` // of originPorts in a row
}

const (
	// originPorts are more than a check makes connections, with room for those that somebody else has.
	originPorts = 1024
	// They lie below the ports that Linux gives to who asks for none.
	originLowest, originHighest = 16 << 10, 32<<10 - originPorts
	// slack is how far the decoy's clock may be off, and how late it may tell that a connection has ended.
	slack = 10 * time.Second
)

// NewOrigin settles from where endpoints will be looked at. Nothing is sent.
func NewOrigin(endpoints []Endpoint) *Origin {
	o := &Origin{FirstPort: originLowest + rand.IntN(originHighest-originLowest)} //nolint:gosec // it need not be hard to guess
	for _, e := range endpoints {
		c, err := net.Dial("udp", e.address()) // which only asks the kernel for the way
		if err != nil {
			continue
		}
		if a, ok := c.LocalAddr().(*net.UDPAddr); ok && !slices.Contains(o.Addresses, a.IP.String()) {
			o.Addresses = append(o.Addresses, a.IP.String())
		}
		_ = c.Close()
	}
	return o
}

// Made tells whether the check is what a decoy has recorded: from that address and port, at that time. Behind a router that changes addresses it is not known again.
func (r *Record) Made(address string, port int, at time.Time) bool {
	if r == nil || r.From == nil {
		return false
	}
	end := r.StartedAt.Add(Longest)
	if r.FinishedAt != nil {
		end = *r.FinishedAt
	}
	return port >= r.From.FirstPort && port < r.From.FirstPort+originPorts && slices.Contains(r.From.Addresses, address) &&
		!at.Before(r.StartedAt.Add(-slack)) && !at.After(end.Add(slack))
}

// dialer connects from an origin; without one, from anywhere.
type dialer struct {
	from *Origin
	used atomic.Int64
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	for d.from != nil {
		n := int(d.used.Add(1)) - 1
		if n >= originPorts {
			break
		}
		plain := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{Port: d.from.FirstPort + n}}
		if network == "udp" {
			plain.LocalAddr = &net.UDPAddr{Port: d.from.FirstPort + n}
		}
		c, err := plain.DialContext(ctx, network, address)
		if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EADDRNOTAVAIL) {
			continue // somebody has that port
		}
		return c, err
	}
	plain := net.Dialer{Timeout: patience}
	return plain.DialContext(ctx, network, address)
}
