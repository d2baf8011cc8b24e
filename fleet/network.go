package fleet

import (
	"net"
	"net/netip"
	"slices"
	"strconv"

	"decnet/engine"
	"decnet/ent"
)

// Where deployments get their networks when none is named: a /20 each, 4,093 deckies. The ranges are seldom used, so that they
// seldom meet one of the host's.
var (
	loopbackRange = netip.MustParsePrefix("127.64.0.0/10")
	bridgeRange   = netip.MustParsePrefix("10.208.0.0/12")
)

const blockBits = 20

// network is a deployment's network, checked.
type network struct {
	driver  engine.Driver
	subnet  netip.Prefix
	gateway netip.Addr
	parent  string
}

func networkOf(d *ent.Deployment) network {
	n := network{driver: engine.Driver(d.NetworkDriver), parent: d.Parent}
	n.subnet, _ = netip.ParsePrefix(d.Subnet) // it was checked when it was written
	n.gateway, _ = netip.ParseAddr(d.Gateway)
	return n
}

// newNetwork makes the network of a new deployment from what was asked for, beside the networks that others have.
func (f *Fleet) newNetwork(in *NetworkInput, others []*ent.Deployment) (network, error) {
	path := []any{"input", "network"}
	if in == nil {
		in = &NetworkInput{Driver: f.opts.Driver}
	}
	n := network{driver: in.Driver}
	if !slices.Contains(f.opts.Drivers, n.driver) {
		return n, invalid(at(path, "driver"), "this server's engine makes no %s network, only %v", n.driver, f.opts.Drivers)
	}
	var taken []netip.Prefix
	for _, o := range others {
		taken = append(taken, networkOf(o).subnet)
	}
	host := f.opts.HostAddresses()
	switch {
	case in.Subnet != nil:
		p, err := netip.ParsePrefix(*in.Subnet)
		if err != nil || !p.Addr().Is4() {
			return n, invalid(at(path, "subnet"), "%q is not an IPv4 prefix such as 192.168.1.0/24", *in.Subnet)
		}
		n.subnet = p.Masked()
		if n.subnet.Bits() > 30 {
			return n, invalid(at(path, "subnet"), "%s has no room: a /30 is the smallest", n.subnet)
		}
		if n.subnet.Bits() < 8 {
			return n, invalid(at(path, "subnet"), "%s is too large: a /8 is the largest", n.subnet)
		}
		if first := n.subnet.Addr().As4()[0]; first == 0 || first >= 224 {
			return n, invalid(at(path, "subnet"), "no host has an address in %s", n.subnet)
		}
		if loopback := netip.MustParsePrefix("127.0.0.0/8").Overlaps(n.subnet); loopback != (n.driver == engine.Loopback) {
			return n, invalid(at(path, "subnet"), "a LOOPBACK network lies in 127.0.0.0/8, and no other does: %s", n.subnet)
		}
		if i := slices.IndexFunc(taken, n.subnet.Overlaps); i >= 0 {
			return n, invalid(at(path, "subnet"), "%s overlaps %s of deployment %q", n.subnet, taken[i], others[i].Name)
		}
	case n.driver == engine.Loopback:
		n.subnet = freeBlock(loopbackRange, taken)
	case n.driver == engine.Bridge:
		n.subnet = freeBlock(bridgeRange, append(taken, host...))
	default:
		return n, invalid(at(path, "subnet"), "a %s network needs the LAN's subnet", n.driver)
	}
	if !n.subnet.IsValid() {
		return n, &Error{Code: LimitExceeded, Message: "every subnet that can be given by itself is taken: name one", Path: at(path, "subnet")}
	}
	if err := n.setGateway(in, path); err != nil {
		return n, err
	}
	return n, n.setParent(in, path)
}

func (n *network) setGateway(in *NetworkInput, path []any) error {
	switch {
	case in.Gateway != nil:
		a, err := netip.ParseAddr(*in.Gateway)
		if err != nil || !n.subnet.Contains(a) {
			return invalid(at(path, "gateway"), "%q is not an address in %s", *in.Gateway, n.subnet)
		}
		if a == n.subnet.Addr() || a == engine.LastAddress(n.subnet) {
			return invalid(at(path, "gateway"), "%s is no host's address in %s", a, n.subnet)
		}
		n.gateway = a
	case n.driver != engine.Loopback:
		n.gateway = n.subnet.Addr().Next()
	}
	return nil
}

func (n *network) setParent(in *NetworkInput, path []any) error {
	lan := n.driver == engine.MACVLAN || n.driver == engine.IPVLAN
	switch {
	case lan && (in.Parent == nil || *in.Parent == ""):
		return invalid(at(path, "parent"), "a %s network needs the host's interface to the LAN", n.driver)
	case !lan && in.Parent != nil:
		return invalid(at(path, "parent"), "a %s network has no parent interface", n.driver)
	case lan && (len(*in.Parent) > 15 || !interfacePattern.MatchString(*in.Parent)):
		return invalid(at(path, "parent"), "%q is not an interface's name", *in.Parent)
	case lan:
		n.parent = *in.Parent
	}
	return nil
}

// freeBlock returns the first block of r that overlaps nothing taken; the zero Prefix when there is none.
func freeBlock(r netip.Prefix, taken []netip.Prefix) netip.Prefix {
	for p := netip.PrefixFrom(r.Addr(), blockBits); r.Contains(p.Addr()); p = netip.PrefixFrom(engine.LastAddress(p).Next(), blockBits) {
		if !slices.ContainsFunc(taken, p.Overlaps) {
			return p
		}
	}
	return netip.Prefix{}
}

// addresses hands out a network's addresses.
type addresses struct {
	network
	taken map[netip.Addr]string // by whom
	next  netip.Addr
}

func newAddresses(n network, host []netip.Prefix) *addresses {
	a := &addresses{network: n, taken: map[netip.Addr]string{
		n.subnet.Addr(): "the network itself", engine.LastAddress(n.subnet): "the broadcast address",
	}}
	if n.gateway.IsValid() {
		a.taken[n.gateway] = "the gateway"
	}
	for _, h := range host {
		a.taken[h.Addr()] = "this host"
	}
	a.next = n.subnet.Addr()
	return a
}

// claim takes an address for name. It says whose it is when it can't be had.
func (a *addresses) claim(ip netip.Addr, name string) (by string, ok bool) {
	if by, taken := a.taken[ip]; taken {
		return by, false
	}
	a.taken[ip] = "decky " + strconv.Quote(name)
	return "", true
}

// allot takes the next free address for name; not ok when the network is full.
func (a *addresses) allot(name string) (netip.Addr, bool) {
	for ; a.subnet.Contains(a.next); a.next = a.next.Next() {
		if _, ok := a.claim(a.next, name); ok {
			return a.next, true
		}
	}
	return netip.Addr{}, false
}

// InterfaceAddresses are this host's own addresses with their networks, loopback left out.
func InterfaceAddresses() []netip.Prefix {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			out = append(out, p)
		}
	}
	return out
}
