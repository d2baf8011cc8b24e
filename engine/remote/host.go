package remote

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
)

// Address is one of a host's own, with its network.
type Address struct {
	Interface string
	netip.Prefix
}

// HostAddresses returns this host's own IPv4 addresses but loopback's.
func HostAddresses() ([]Address, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list this host's interfaces: %w", err)
	}
	var own []Address
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, fmt.Errorf("list the addresses of %s: %w", i.Name, err)
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				own = append(own, Address{i.Name, p})
			}
		}
	}
	return own, nil
}

var dockerBridge = regexp.MustCompile(`^br-[0-9a-f]{12}$`)

// docker tells whether it is Docker's end of one of its networks, which Docker itself keeps apart.
func (a Address) docker() bool { return dockerBridge.MatchString(a.Interface) }
