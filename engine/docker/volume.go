package docker

import (
	"context"

	"github.com/containerd/errdefs"

	"decnet/engine"
)

func volumeName(id string) string { return "decnet-" + id }

// volumeIsThere tells whether a decky has a volume for its state. One of that name that is not the decky's is an error: it holds somebody else's data.
func (e *Engine) volumeIsThere(ctx context.Context, id string) (bool, error) {
	v, err := e.cli.VolumeInspect(ctx, volumeName(id))
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, e.fail("look for the state volume", engine.Failed, err)
	}
	if v.Labels[labelOwner] != e.opts.Owner || v.Labels[labelDecky] != id {
		return false, notOurs(engine.Failed, "a volume with the decky's name", v.Name)
	}
	return true, nil
}

// removeVolume makes a decky's state not exist. A volume of that name that is not the decky's stays.
func (e *Engine) removeVolume(ctx context.Context, id string) error {
	exists, err := e.volumeIsThere(ctx, id)
	if err != nil || !exists {
		return unlessNotOurs(err)
	}
	err = e.cli.VolumeRemove(ctx, volumeName(id), true)
	volumeRemoved.Hit()
	if errdefs.IsNotFound(err) {
		return nil
	}
	return e.fail("remove the state volume", engine.Failed, err)
}
