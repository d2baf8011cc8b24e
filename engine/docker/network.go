package docker

import (
	"context"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"

	"decnet/engine"
)

func networkName(id string) string { return "decnet-" + id }

// ensureNetwork makes the deployment's network when it is absent.
func (e *Engine) ensureNetwork(ctx context.Context, d engine.Decky, p engine.Progress) error {
	if d.Network.Driver == engine.Loopback {
		return &engine.Error{Code: engine.Unsupported, Message: "a container has no loopback network: use BRIDGE, MACVLAN or IPVLAN"}
	}
	have, err := e.cli.NetworkInspect(ctx, networkName(d.Network.ID), network.InspectOptions{})
	if err == nil && have.Labels[labelOwner] != e.opts.Owner {
		return &engine.Error{Code: engine.NetworkFailed, Message: "a network with the deployment's name is not ours", Detail: have.Name + " bears other labels: remove it"}
	}
	if err == nil {
		return nil
	}
	if !errdefs.IsNotFound(err) {
		return e.fail("look for the network", engine.NetworkFailed, err)
	}
	p("creating the network")
	ipam := network.IPAMConfig{Subnet: d.Network.Subnet.String()}
	if d.Network.Gateway.IsValid() {
		ipam.Gateway = d.Network.Gateway.String()
	}
	opts := network.CreateOptions{
		Driver: strings.ToLower(string(d.Network.Driver)),
		IPAM:   &network.IPAM{Config: []network.IPAMConfig{ipam}},
		Labels: map[string]string{labelOwner: e.opts.Owner, labelNetwork: d.Network.ID, labelDeployment: d.Deployment},
	}
	switch d.Network.Driver {
	case engine.Bridge:
		opts.Internal = true // no way out: what an intruder makes of a decoy stays in its network
	case engine.MACVLAN:
		opts.Options = map[string]string{"parent": d.Network.Parent, "macvlan_mode": "bridge"}
	default:
		opts.Options = map[string]string{"parent": d.Network.Parent, "ipvlan_mode": "l2"}
	}
	_, err = e.cli.NetworkCreate(ctx, networkName(d.Network.ID), opts)
	networkCreated.Hit()
	if errdefs.IsConflict(err) {
		return nil // another server was quicker
	}
	return e.fail("create the network", engine.NetworkFailed, err)
}

// dropNetwork removes a network that has no decky left. One that is still in use stays.
func (e *Engine) dropNetwork(ctx context.Context, id string) error {
	n, err := e.cli.NetworkInspect(ctx, networkName(id), network.InspectOptions{})
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return e.fail("look at the network", engine.NetworkFailed, err)
	}
	if n.Labels[labelOwner] != e.opts.Owner {
		return nil
	}
	// A stopped container holds no endpoint, but comes back to its network.
	left, err := e.list(ctx, filters.Arg("label", labelNetwork+"="+id))
	if err != nil || len(left) > 0 {
		return err
	}
	err = e.cli.NetworkRemove(ctx, n.ID)
	networkRemoved.Hit()
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) || (err != nil && strings.Contains(err.Error(), "active endpoints")) {
		return nil
	}
	return e.fail("remove the network", engine.NetworkFailed, err)
}
