package docker

import (
	"context"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"

	"decnet/engine"
)

func networkName(id string) string { return "decnet-" + id }

// ensureNetwork makes the deployment's network when it is absent. Nobody drops it meanwhile; it may go with its last decky at any moment after that.
func (e *Engine) ensureNetwork(ctx context.Context, d engine.Decky, p engine.Progress) error {
	if d.Network.Driver == engine.Loopback {
		return &engine.Error{Code: engine.Unsupported, Message: "a container has no loopback network: use BRIDGE, MACVLAN or IPVLAN"}
	}
	release, err := e.networks.Take(ctx, d.Network.ID)
	if err != nil {
		return e.fail("create the network", engine.NetworkFailed, err)
	}
	defer release()
	exists, err := e.networkIsThere(ctx, d.Network.ID)
	if err != nil || exists {
		return err
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
	if errdefs.IsConflict(err) || (err != nil && strings.Contains(err.Error(), "overlaps")) {
		// Another server was quicker, an earlier call of ours that hung is being carried out, or it is somebody else's altogether.
		if exists, err := e.networkComes(ctx, d.Network.ID); err != nil || exists {
			return err
		}
	}
	return e.fail("create the network", engine.NetworkFailed, err)
}

// networkComes tells whether the deployment's network exists, or comes to in a moment: the engine gives out its addresses before it can be seen.
func (e *Engine) networkComes(ctx context.Context, id string) (bool, error) {
	tick := time.NewTicker(comesWithin / 20)
	defer tick.Stop()
	for range 20 {
		if exists, err := e.networkIsThere(ctx, id); err != nil || exists {
			return exists, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, e.fail("look for the network", engine.NetworkFailed, context.Cause(ctx))
		}
	}
	return false, nil
}

// networkIsThere tells whether the deployment's network exists. One of that name that is not ours is an error: deckies have no business in it.
func (e *Engine) networkIsThere(ctx context.Context, id string) (bool, error) {
	n, err := e.cli.NetworkInspect(ctx, networkName(id), network.InspectOptions{})
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, e.fail("look for the network", engine.NetworkFailed, err)
	}
	if n.Labels[labelOwner] != e.opts.Owner || n.Labels[labelNetwork] != id {
		return false, notOurs(engine.NetworkFailed, "a network with the deployment's name", n.Name)
	}
	return true, nil
}

// dropUnused removes a network that has no decky left. One that is still in use stays.
func (e *Engine) dropUnused(ctx context.Context, id string) error {
	release, err := e.networks.Take(ctx, id)
	if err != nil {
		return e.fail("remove the network", engine.NetworkFailed, err)
	}
	defer release()
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
