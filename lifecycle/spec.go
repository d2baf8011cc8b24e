package lifecycle

import (
	"net/netip"

	"decnet/engine"
	"decnet/ent"
)

// Spec is a decky row as the engine wants it; its deployment must be loaded. What the rows hold was validated when it was
// written, so an address that does not parse is left zero for the engine to refuse.
func Spec(d *ent.Decky, services []string, generation int) engine.Decky {
	dep := d.Edges.Deployment
	subnet, _ := netip.ParsePrefix(dep.Subnet)
	gateway, _ := netip.ParseAddr(dep.Gateway)
	ip, _ := netip.ParseAddr(d.IP)
	out := engine.Decky{
		Ref: engine.Ref{ID: string(d.ID), Name: d.Name, Deployment: dep.Name, NetworkID: string(dep.ID)},
		Network: engine.Network{
			ID: string(dep.ID), Driver: engine.Driver(dep.NetworkDriver), Subnet: subnet, Gateway: gateway, Parent: dep.Parent,
		},
		IP: ip, Hostname: d.Hostname, OS: d.Os, Distro: d.Distro, Seed: d.Seed,
		Services: services, Generation: generation, Settings: d.Settings,
	}
	if d.MAC != nil {
		out.MAC = *d.MAC
	}
	if d.Archetype != nil {
		out.Archetype = *d.Archetype
	}
	return out
}
