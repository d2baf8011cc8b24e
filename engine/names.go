package engine

import (
	"net/netip"
	"regexp"
)

// What names look like, wherever they are checked: when they are asked for, and again before an engine makes something of them.
var (
	// NamePattern is for deckies and deployments.
	NamePattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	// HostnamePattern is for host names, of one label or several; 63 characters are the most.
	HostnamePattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)
)

// LastAddress is an IPv4 network's last address: its broadcast.
func LastAddress(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		a[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(a)
}
