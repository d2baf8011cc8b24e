package remote

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
)

// dockerBridge is what Docker calls the host's end of a network.
var dockerBridge = regexp.MustCompile(`^br-[0-9a-f]{12}$`)

// HostAddresses returns this host's own IPv4 addresses with their networks: not loopback's, and not those of Docker's networks, which Docker itself keeps apart.
func HostAddresses() ([]netip.Prefix, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list this host's interfaces: %w", err)
	}
	var own []netip.Prefix
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 || dockerBridge.MatchString(i.Name) {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, fmt.Errorf("list the addresses of %s: %w", i.Name, err)
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				own = append(own, p)
			}
		}
	}
	return own, nil
}
