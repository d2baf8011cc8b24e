package docker

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"decnet/decoy/control"
	"decnet/engine"
)

// Ensure makes the decky exist as it should be. A container of another identity has to go first, since it holds the address: when the new one then
// fails, the decky does not run until it is tried again. Where nothing was before, a failure leaves nothing: see undo.
func (e *Engine) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	if err := e.ready(ctx); err != nil {
		return engine.Observed{}, err
	}
	image, err := e.ensureImage(ctx, p)
	if err != nil {
		return engine.Observed{}, err
	}
	var a attempt
	o, err := e.bring(ctx, d, image, p, &a)
	if err != nil && a.made && !errors.Is(ctx.Err(), context.Canceled) {
		cause := err
		if err := e.cleanUp(ctx, func(ctx context.Context) error { return e.undo(ctx, d, a, cause) }); err != nil {
			e.log.WarnContext(ctx, "what a failed attempt has made stays behind", "decky", d.Name, "error", err)
		}
	}
	return o, err
}

// attempt is what one Ensure found, and whether it went on to make something.
type attempt struct {
	made      bool // a container, or tried to
	container bool // the decky had one before
	volume    bool // … and a volume
}

// undo takes away what a failed attempt has made and was not there before. A decoy that ends at once goes in any case: it would only be started again and again,
// and its last words are in the error. It is not called when the call was canceled: whoever did that, or takes over the work, looks at the decky by itself, and
// may have put to use already what is there.
func (e *Engine) undo(ctx context.Context, d engine.Decky, a attempt, cause error) error {
	if a.container && engine.AsError(cause).Code != engine.Crashed {
		return nil
	}
	if errdefs.IsConflict(cause) {
		return nil // somebody else is making it
	}
	// Looked for anew: an engine that broke off in the middle may have made the container and not told its ID.
	have, err := e.find(ctx, d.Ref)
	if err := unlessNotOurs(err); err != nil {
		return err
	}
	if have != nil {
		if err := e.removeSidecars(ctx, d.ID); err != nil {
			return err
		}
		if err := e.remove(ctx, have.id); err != nil {
			return err
		}
	}
	if !a.volume {
		if err := e.removeVolume(ctx, d.ID); err != nil {
			return err
		}
	}
	return e.dropUnused(ctx, d.Network.ID)
}

// bring makes the container run and opens the services.
func (e *Engine) bring(ctx context.Context, d engine.Decky, image string, p engine.Progress, a *attempt) (engine.Observed, error) {
	id, started, err := e.ensureContainer(ctx, d, image, p, a)
	if err != nil {
		return engine.Observed{}, err
	}
	o, err := e.openAll(ctx, d, id, p)
	if err != nil {
		return engine.Observed{}, err
	}
	if !o.StartedAt.IsZero() {
		return o, nil
	}
	if started.IsZero() {
		c, err := e.cli.ContainerInspect(ctx, id)
		if err != nil {
			return engine.Observed{}, e.fail("look at the container", engine.Failed, err)
		}
		started = startedAt(c.State)
	}
	o.StartedAt = started
	return o, nil
}

// ensureContainer returns a container of the right identity that runs, and since when: the zero time when this call has started it.
func (e *Engine) ensureContainer(ctx context.Context, d engine.Decky, image string, p engine.Progress, a *attempt) (id string, started time.Time, err error) {
	have, err := e.find(ctx, d.Ref)
	if err != nil {
		return "", started, err
	}
	if have != nil && !have.dead && have.labels[labelSpec] == specHash(d, image) {
		if have.running {
			return have.id, have.started, nil
		}
		err := e.resume(ctx, have, p)
		if err == nil {
			return have.id, started, nil
		}
		if engine.AsError(err).Transient || ctx.Err() != nil {
			return "", started, err
		}
		e.log.WarnContext(ctx, "a container that stopped does not start; making it anew", "decky", d.Name, "error", err)
	}
	if a.volume, err = e.volumeIsThere(ctx, d.ID); err != nil {
		return "", started, err
	}
	a.made, a.container = true, have != nil
	if have != nil {
		p("removing the old container")
		if err := e.removeSidecars(ctx, d.ID); err != nil {
			return "", started, err
		}
		if err := e.remove(ctx, have.id); err != nil {
			return "", started, err
		}
	}
	if err := e.ensureNetwork(ctx, d, p); err != nil {
		return "", started, err
	}
	id, err = e.create(ctx, d, image, p)
	if err == nil || !errdefs.IsNotFound(err) {
		return id, started, err
	}
	// The image or the network has been deleted meanwhile: make it again, once.
	if err := e.image.forget(ctx); err != nil {
		return "", started, e.fail("make the decoy image", engine.ImageFailed, err)
	}
	if image, err = e.ensureImage(ctx, p); err != nil {
		return "", started, err
	}
	if err := e.ensureNetwork(ctx, d, p); err != nil {
		return "", started, err
	}
	id, err = e.create(ctx, d, image, p)
	return id, started, err
}

// resume makes a container run again.
func (e *Engine) resume(ctx context.Context, c *found, p engine.Progress) error {
	p("starting the container")
	if c.paused {
		return e.fail("go on with the container", engine.Failed, e.cli.ContainerUnpause(ctx, c.id))
	}
	return e.fail("start the container", engine.Failed, e.cli.ContainerStart(ctx, c.id, container.StartOptions{}))
}

// Apply changes the services of a decky that runs. Where there are no sidecars it creates nothing, and asks nothing of the engine but the exchange itself: the
// container's name follows from the decky. So it does not say since when the decky runs.
func (e *Engine) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	if err := e.ready(ctx); err != nil {
		return engine.Observed{}, err
	}
	return e.openAll(ctx, d, containerName(d.Ref), p)
}

// openAll changes the services of a decky that runs.
func (e *Engine) openAll(ctx context.Context, d engine.Decky, ref string, p engine.Progress) (engine.Observed, error) {
	if e.sidecarsMay.Load() {
		return e.withSidecars(ctx, d, ref, p)
	}
	p(opening(d.Services))
	return e.open(ctx, d, ref)
}

func opening(services []string) string {
	return "opening " + engine.Join(services) + ", and checking that each answers"
}

// withSidecars changes the services of a decky that runs where some of them may be sidecars. Of one that has none and gets none, that is all that is asked.
func (e *Engine) withSidecars(ctx context.Context, d engine.Decky, ref string, p engine.Progress) (engine.Observed, error) {
	have, err := e.listSidecars(ctx, d.ID)
	if err != nil {
		return engine.Observed{}, err
	}
	wanted := slices.ContainsFunc(d.Services, func(slug string) bool {
		s, _ := e.opts.Catalog.Service(slug)
		return s.Image != nil
	})
	if len(have) == 0 && !wanted {
		p(opening(d.Services))
		return e.open(ctx, d, ref)
	}
	base, err := e.inspect(ctx, ref, d.ID)
	if err != nil {
		return engine.Observed{}, err
	}
	if base == nil || !base.running {
		return engine.Observed{}, notRunning(nil)
	}
	return e.change(ctx, d, base, have, p)
}

// open tells the decoy which services to have, and returns what then answers.
func (e *Engine) open(ctx context.Context, d engine.Decky, containerID string) (engine.Observed, error) {
	reply, err := e.exchange(ctx, containerID, control.Request{Op: control.Apply, Generation: d.Generation, Services: d.Services, Settings: d.Chosen()})
	if err != nil {
		return engine.Observed{}, err
	}
	return observed(d.ID, d.IP.String(), time.Time{}, reply), nil
}

// Remove makes the decky not exist: its container, its state, and its network when it was the last one on it.
func (e *Engine) Remove(ctx context.Context, r engine.Ref, p engine.Progress) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	have, err := e.find(ctx, r)
	if err := unlessNotOurs(err); err != nil {
		return err
	}
	if err := e.removeSidecars(ctx, r.ID); err != nil {
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
	if err := e.removeVolume(ctx, r.ID); err != nil {
		return err
	}
	if networkID == "" {
		return nil
	}
	return e.dropUnused(ctx, networkID)
}
