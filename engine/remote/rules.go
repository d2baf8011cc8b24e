package remote

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"decnet/catalog"
	"decnet/engine"
)

// Rules are what the privileged side lets be asked for. They trust nothing that comes over the socket.
type Rules struct {
	// Catalog is this side's own: what a decky is made of must be in it.
	Catalog *catalog.Catalog
	// Parents are the interfaces of this host that a MACVLAN or IPVLAN network may hang on; none: there are no such networks.
	Parents []string
	// HostAddresses returns this host's own addresses, so that a new network takes none of theirs.
	HostAddresses func() ([]Address, error)
}

const (
	mostServices = 64
	seedBytes    = 32
)

var (
	installationPattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	deckyIDPattern      = regexp.MustCompile(`^[a-z]{3}_[a-z0-9]{6,60}$`)
	networkIDPattern    = regexp.MustCompile(`^dpl_[a-z0-9]{6,60}$`)
	// The second digit's lowest bits say that an address is a group's, or that no vendor has given it out.
	macPattern      = regexp.MustCompile(`^[0-9a-f][048c](:[0-9a-f]{2}){5}$`)
	positionPattern = regexp.MustCompile(`^[0-9A-Za-z:.+;=-]*$`)
)

// private are the networks that a bridge may have: with another one, this host would take part of the internet for its own decoys.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("198.18.0.0/15"),
}

func refuse(format string, a ...any) error {
	return &engine.Error{Code: engine.Unsupported, Message: "the engine process refuses: " + fmt.Sprintf(format, a...)}
}

// drivers are those of an engine's that the rules allow.
func (r Rules) drivers(of []engine.Driver) []engine.Driver {
	return slices.DeleteFunc(slices.Clone(of), func(d engine.Driver) bool {
		return d == engine.Loopback || (len(r.Parents) == 0 && d != engine.Bridge)
	})
}

// ref checks what a decky is called. All but its ID may be unknown, as of one that only the engine knows.
func (r Rules) ref(ref engine.Ref) error {
	switch {
	case !deckyIDPattern.MatchString(ref.ID):
		return refuse("%q is not a decky's ID", ref.ID)
	case ref.Name != "" && !engine.NamePattern.MatchString(ref.Name):
		return refuse("%q is not a decky's name", ref.Name)
	case ref.Deployment != "" && !engine.NamePattern.MatchString(ref.Deployment):
		return refuse("%q is not a deployment's name", ref.Deployment)
	case ref.NetworkID != "" && !networkIDPattern.MatchString(ref.NetworkID):
		return refuse("%q is not a network's ID", ref.NetworkID)
	}
	return nil
}

// decky checks a decky as it should be, every field of it.
func (r Rules) decky(d engine.Decky) error {
	if err := r.ref(d.Ref); err != nil {
		return err
	}
	if d.Name == "" || d.Deployment == "" || d.NetworkID == "" || d.NetworkID != d.Network.ID {
		return refuse("a decky has a name, a deployment and the deployment's network")
	}
	if err := r.network(d.Network); err != nil {
		return err
	}
	n := d.Network
	switch {
	case !n.Subnet.Contains(d.IP) || d.IP == n.Subnet.Addr() || d.IP == engine.LastAddress(n.Subnet) || d.IP == n.Gateway:
		return refuse("%s is not an address for a decky in %s", d.IP, n.Subnet)
	case d.MAC != "" && !macPattern.MatchString(d.MAC):
		return refuse("%q is not a network card's address", d.MAC)
	case len(d.Hostname) > 63 || !engine.HostnamePattern.MatchString(d.Hostname):
		return refuse("%q is not a host name", d.Hostname)
	case len(d.Seed) != seedBytes:
		return refuse("a seed has %d bytes, not %d", seedBytes, len(d.Seed))
	case d.Generation < 1:
		return refuse("a generation is 1 or more, not %d", d.Generation)
	}
	return r.made(d)
}

// made checks what a decky is made of against the catalog.
func (r Rules) made(d engine.Decky) error {
	const same = "; this process reads the catalog by itself, so give it the --catalog that the server has"
	if _, ok := r.Catalog.Personality(d.OS); !ok {
		return refuse("its catalog has no operating system %q"+same, d.OS)
	}
	if _, ok := r.Catalog.Distro(d.Distro); !ok {
		return refuse("its catalog has no distro %q"+same, d.Distro)
	}
	if _, ok := r.Catalog.Archetype(d.Archetype); !ok && d.Archetype != "" {
		return refuse("its catalog has no archetype %q"+same, d.Archetype)
	}
	if len(d.Services) > mostServices {
		return refuse("%d services are too many for a decky: %d at most", len(d.Services), mostServices)
	}
	for i, slug := range d.Services {
		s, ok := r.Catalog.Service(slug)
		if !ok || !s.Available() {
			return refuse("its catalog has no service %q that a decky can run"+same, slug)
		}
		if slices.Contains(d.Services[:i], slug) {
			return refuse("%s is in the list twice", slug)
		}
	}
	for slug, chosen := range d.Settings {
		service, _ := r.Catalog.Service(slug)
		for key, value := range chosen {
			setting, ok := service.Setting(key)
			if !ok {
				return refuse("its catalog has no setting %q of %q"+same, key, slug)
			}
			if err := setting.Check(value); err != nil {
				return refuse("%s of %s %v", key, slug, err)
			}
		}
	}
	return nil
}

// network checks where deckies are to live.
func (r Rules) network(n engine.Network) error {
	if !n.Subnet.IsValid() || !n.Subnet.Addr().Is4() || n.Subnet != n.Subnet.Masked() || n.Subnet.Bits() < 8 || n.Subnet.Bits() > 30 {
		return refuse("%s is not an IPv4 network from /8 to /30", n.Subnet)
	}
	if n.Gateway.IsValid() && !n.Subnet.Contains(n.Gateway) {
		return refuse("the gateway %s is not in %s", n.Gateway, n.Subnet)
	}
	switch n.Driver {
	case engine.Bridge:
		return r.bridge(n)
	case engine.MACVLAN, engine.IPVLAN:
		if !slices.Contains(r.Parents, n.Parent) {
			return refuse("no network may hang on the interface %q (--allow-parent says which may)", n.Parent)
		}
		return nil
	}
	return refuse("%q is not a kind of network", n.Driver)
}

func (r Rules) bridge(n engine.Network) error {
	if n.Parent != "" || !n.Gateway.IsValid() {
		return refuse("a bridge has a gateway, and no parent interface")
	}
	if !slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Bits() <= n.Subnet.Bits() && p.Contains(n.Subnet.Addr()) }) {
		return refuse("%s is not a private network", n.Subnet)
	}
	return nil
}

// free tells whether a network takes nothing of this host's. It matters where a network may come to be; those that are there already stay as they are.
func (r Rules) free(n engine.Network) error {
	if n.Driver != engine.Bridge {
		return nil // it is the LAN's own
	}
	host, err := r.HostAddresses()
	if err != nil {
		return err
	}
	for _, own := range host {
		if own.Overlaps(n.Subnet) && !own.docker() {
			return refuse("%s overlaps this host's %s", n.Subnet, own.Prefix)
		}
	}
	return nil
}
