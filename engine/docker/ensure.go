package docker

import (
	"context"
	"errors"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"decnet/engine"
)

// Ensure makes the decky exist as it should be. A container of another identity has to go first, since it holds the address: when the new one then
// fails, the decky does not run until it is tried again.
func (e *Engine) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	if err := e.ready(ctx); err != nil {
		return engine.Observed{}, err
	}
	image, err := e.ensureImage(ctx, p)
	if err != nil {
		return engine.Observed{}, err
	}
	id, made, err := e.ensureContainer(ctx, d, image, p)
	if err != nil {
		return engine.Observed{}, err
	}
	p("opening " + engine.Join(d.Services) + ", and checking that each answers")
	o, err := e.open(ctx, d, id, time.Now().UTC())
	if err != nil && made && engine.AsError(err).Code == engine.Crashed {
		// It would only start and end again and again; its last words are in the error.
		err = errors.Join(err, e.cleanUp(ctx, id))
	}
	return o, err
}

// ensureContainer returns a container of the right identity that runs, and whether this call made it.
func (e *Engine) ensureContainer(ctx context.Context, d engine.Decky, image string, p engine.Progress) (id string, made bool, err error) {
	have, err := e.find(ctx, d.Ref)
	if err != nil {
		return "", false, err
	}
	if have != nil && have.labels[labelSpec] == specHash(d, image) {
		if have.running {
			return have.id, false, nil
		}
		p("starting the container")
		if have.paused {
			err = e.cli.ContainerUnpause(ctx, have.id)
		} else {
			err = e.cli.ContainerStart(ctx, have.id, container.StartOptions{})
		}
		if err == nil {
			return have.id, false, nil
		}
		e.log.WarnContext(ctx, "a container that stopped does not start; making it anew", "decky", d.Name, "error", err)
	}
	if have != nil {
		p("removing the old container")
		if err := e.remove(ctx, have.id); err != nil {
			return "", false, err
		}
	}
	// The network may go with its last decky at any moment: nobody drops it while it is made, and what is dropped after that is made again below.
	unlock := e.networks.lock(d.Network.ID)
	if err := e.ensureNetwork(ctx, d, p); err != nil {
		unlock()
		return "", false, err
	}
	unlock()
	id, err = e.create(ctx, d, image, p)
	if err == nil || !errdefs.IsNotFound(err) {
		return id, true, err
	}
	// The image or the network has been deleted meanwhile: make it again, once.
	if err := e.image.forget(ctx); err != nil {
		return "", false, err
	}
	if image, err = e.ensureImage(ctx, p); err != nil {
		return "", false, err
	}
	if err := e.ensureNetwork(ctx, d, p); err != nil {
		return "", false, err
	}
	id, err = e.create(ctx, d, image, p)
	return id, true, err
}

// Apply changes the services of a decky that runs. It creates nothing, and asks nothing of the engine but the exchange itself: the container's
// name follows from the decky.
func (e *Engine) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	if err := e.ready(ctx); err != nil {
		return engine.Observed{}, err
	}
	p("opening " + engine.Join(d.Services) + ", and checking that each answers")
	return e.open(ctx, d, containerName(d.Ref), time.Time{})
}

// Remove makes the decky not exist: its container, its state, and its network when it was the last one on it.
func (e *Engine) Remove(ctx context.Context, r engine.Ref, p engine.Progress) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	have, err := e.find(ctx, r)
	if err != nil {
		return err
	}
	networkID := r.NetworkID
	if have != nil {
		networkID = have.labels[labelNetwork]
		p("removing the container")
		if err := e.remove(ctx, have.id); err != nil {
			return err
		}
	}
	err = e.cli.VolumeRemove(ctx, volumeName(r.ID), true)
	volumeRemoved.Hit()
	if err != nil && !errdefs.IsNotFound(err) {
		return e.fail("remove the state volume", engine.Failed, err)
	}
	if networkID == "" {
		return nil
	}
	defer e.networks.lock(networkID)()
	return e.dropNetwork(ctx, networkID)
}
