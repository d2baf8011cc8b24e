package docker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"decnet/engine"
)

// found is a decky's container.
type found struct {
	id      string
	labels  map[string]string
	running bool
	paused  bool
	dead    bool      // its removal has begun, and perhaps broken off: it never runs again
	started time.Time // the last time that it was
}

// find returns a decky's container, nil when there is none: by its name, and when that is unknown or has been given to something else, by its labels. When
// there is nothing of the decky's but something else bears its name, the error is errNotOurs.
func (e *Engine) find(ctx context.Context, r engine.Ref) (*found, error) {
	var foreign error
	if r.Name != "" {
		have, err := e.inspect(ctx, containerName(r), r.ID)
		if have != nil || (err != nil && !errors.Is(err, errNotOurs)) {
			return have, err
		}
		foreign = err
	}
	list, err := e.list(ctx, filters.Arg("label", labelDecky+"="+r.ID))
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, isSidecar)
	if len(list) == 0 {
		return nil, foreign
	}
	return e.inspect(ctx, list[0].ID, r.ID)
}

// inspect looks at one container, by its name or ID, and checks that it is the decky's; nil when there is none.
func (e *Engine) inspect(ctx context.Context, ref, deckyID string) (*found, error) {
	c, err := e.cli.ContainerInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, e.fail("look for the container", engine.Failed, err)
	}
	if c.Config.Labels[labelOwner] != e.opts.Owner || c.Config.Labels[labelDecky] != deckyID {
		return nil, notOurs(engine.Failed, "a container with the decky's name", strings.TrimPrefix(c.Name, "/"))
	}
	return &found{
		id: c.ID, labels: c.Config.Labels, running: c.State.Running && !c.State.Paused, paused: c.State.Paused, dead: dead(c.State),
		started: startedAt(c.State),
	}, nil
}

// dead tells whether a container is being removed. An engine that ends in the middle of that leaves one that can't be started, and can be removed.
func dead(s *container.State) bool {
	return s.Dead || s.Status == container.StateDead || s.Status == container.StateRemoving
}

func isSidecar(c container.Summary) bool { return c.Labels[labelService] != "" }

// list finds our containers, the stopped ones too.
func (e *Engine) list(ctx context.Context, more ...filters.KeyValuePair) ([]container.Summary, error) {
	args := append([]filters.KeyValuePair{filters.Arg("label", labelOwner+"="+e.opts.Owner)}, more...)
	found, err := e.cli.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(args...)})
	return found, e.fail("list the containers", engine.Failed, err)
}

// startedAt is when a container was last started; the zero time when it never was.
func startedAt(s *container.State) time.Time {
	at, err := time.Parse(time.RFC3339Nano, s.StartedAt)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

var errNotOurs = errors.New("it bears other labels")

// notOurs refuses what has a name that we would give, but not our labels.
func notOurs(code engine.Code, what, name string) error {
	return &engine.Error{Code: code, Message: what + " is not ours", Detail: name + " bears other labels: rename or remove it", Err: errNotOurs}
}

// unlessNotOurs is for removals: something else that bears the name stays, and then what was to be removed is not there.
func unlessNotOurs(err error) error {
	if errors.Is(err, errNotOurs) {
		return nil
	}
	return err
}
