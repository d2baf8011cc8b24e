package docker

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"golang.org/x/sync/errgroup"

	"decnet/decoy/control"
	"decnet/engine"
)

// lookers is how many containers are asked at once for what they run.
const lookers = 8

// Observe returns every decky of ours, with what each says that it runs. One that does not say is returned with no services.
func (e *Engine) Observe(ctx context.Context) ([]engine.Observed, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	found, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	deckies := byDecky(found)
	out := make([]*engine.Observed, len(deckies))
	var g errgroup.Group
	g.SetLimit(lookers)
	for i, d := range deckies {
		if len(d.sidecars) > 0 {
			e.sidecarsMay.Store(true)
		}
		g.Go(func() error {
			out[i] = e.look(ctx, d)
			return nil
		})
	}
	_ = g.Wait() // lookers return no errors
	if ctx.Err() != nil {
		return nil, e.fail("look at the containers", engine.Failed, context.Cause(ctx))
	}
	seen := make([]engine.Observed, 0, len(out))
	for _, o := range out {
		if o != nil {
			seen = append(seen, *o)
		}
	}
	return seen, nil
}

// containers are those of one decky.
type containers struct {
	id       string
	base     *container.Summary // nil when somebody has removed it
	sidecars []container.Summary
}

func byDecky(all []container.Summary) []*containers {
	var out []*containers
	at := map[string]*containers{}
	for _, c := range all {
		id := c.Labels[labelDecky]
		if at[id] == nil {
			at[id] = &containers{id: id}
			out = append(out, at[id])
		}
		if isSidecar(c) {
			at[id].sidecars = append(at[id].sidecars, c)
		} else {
			at[id].base = &c
		}
	}
	return out
}

// look returns what one decky does; nil when it went away meanwhile.
func (e *Engine) look(ctx context.Context, d *containers) *engine.Observed {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if d.base == nil {
		return &engine.Observed{ID: d.id, Detail: "only containers of its services are left"}
	}
	c := d.base
	o := &engine.Observed{ID: d.id, Detail: c.Status}
	full, err := e.cli.ContainerInspect(ctx, c.ID)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		o.Running = c.State == container.StateRunning
		return o
	}
	o.StartedAt = startedAt(full.State)
	if !full.State.Running || full.State.Paused {
		if full.State.ExitCode != 0 {
			o.Detail = strings.TrimSpace(o.Detail + "\n" + e.lastWords(ctx, c.ID, false))
		}
		return o
	}
	o.Running, o.Detail = true, ""
	beside, asked := e.lookBeside(ctx, d, o.StartedAt)
	reply, err := e.exchange(ctx, c.ID, control.Request{Op: control.Status, Ports: asked})
	if err != nil {
		e.log.DebugContext(ctx, "a decky does not say what it runs", "decky", c.Labels[labelName], "error", err)
		return o
	}
	said := observed(o.ID, address(full), o.StartedAt, reply)
	for _, s := range beside {
		if answers(s, reply) {
			said.Services = append(said.Services, s.service)
			for _, p := range s.ports {
				said.Endpoints = append(said.Endpoints, engine.Endpoint{Service: s.service, Proto: p.Proto, Address: address(full), Port: p.Number})
			}
		}
	}
	slices.Sort(said.Services)
	return &said
}

// lookBeside returns the sidecars of a decky whose own container runs since then, and their ports. One that can't be looked at does not answer.
func (e *Engine) lookBeside(ctx context.Context, d *containers, since time.Time) (sidecars []sidecar, ports []control.Port) {
	base := &found{id: d.base.ID, running: true, started: since}
	for _, c := range d.sidecars {
		s, err := e.inspectSidecar(ctx, c.ID, base)
		if err != nil || s == nil {
			e.log.DebugContext(ctx, "a service's container can't be looked at", "decky", d.base.Labels[labelName], "service", c.Labels[labelService], "error", err)
			continue
		}
		sidecars, ports = append(sidecars, *s), append(ports, s.ports...)
	}
	return sidecars, ports
}
