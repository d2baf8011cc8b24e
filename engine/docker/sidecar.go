package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/go-units"

	"decnet/catalog"
	"decnet/decoy/control"
	"decnet/engine"
)

// sidecar is the container of one service that has an image of the user's own. It shares the network namespace of the decky's own container, its base, and
// nothing else with it.
type sidecar struct {
	id, service, spec string
	ports             []control.Port
	restarts          int
	// inForce tells whether it runs where the decky is. A base that starts again has another namespace, and leaves its sidecars behind in the old one.
	inForce bool
	dead    bool
}

func (s sidecar) is(o catalog.Service, base string) bool {
	return s.service == o.Slug && s.spec == sidecarSpec(o, base)
}

// sidecarSpec tells containers of one service apart by what the catalog says of it and by their base, for which there are other ones when it is made anew.
func sidecarSpec(s catalog.Service, base string) string {
	b, _ := json.Marshal(struct { // plain data: it can't fail
		Base  string
		Image *catalog.Image
		Ports []catalog.Port
	}{base, s.Image, s.Ports})
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

func sidecarName(d engine.Ref, service, spec string) string {
	return containerName(d) + "." + service + "." + spec[:6] // of two at the same time, one is about to replace the other
}

// listSidecars finds those of a decky.
func (e *Engine) listSidecars(ctx context.Context, deckyID string) ([]container.Summary, error) {
	return e.list(ctx, filters.Arg("label", labelDecky+"="+deckyID), filters.Arg("label", labelService))
}

// inspectSidecars looks at what was listed, and takes away those whose removal has broken off: they bear the names that others are to have. base is the decky's
// own container.
func (e *Engine) inspectSidecars(ctx context.Context, listed []container.Summary, base *found) ([]sidecar, error) {
	out := make([]sidecar, 0, len(listed))
	for _, c := range listed {
		s, err := e.inspectSidecar(ctx, c.ID, base)
		if err != nil {
			return nil, err
		}
		switch {
		case s == nil:
		case s.dead:
			if err := e.remove(ctx, s.id); err != nil {
				return nil, err
			}
		default:
			out = append(out, *s)
		}
	}
	return out, nil
}

// inspectSidecar looks at one; nil when it has gone.
func (e *Engine) inspectSidecar(ctx context.Context, id string, base *found) (*sidecar, error) {
	c, err := e.cli.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, e.fail("look at a service's container", engine.Failed, err)
	}
	labels := c.Config.Labels
	return &sidecar{
		id: c.ID, service: labels[labelService], spec: labels[labelSpec], ports: readPorts(labels[labelPorts]), restarts: c.RestartCount, dead: dead(c.State),
		inForce: base.running && c.State.Running && !c.State.Paused && !c.State.Restarting && startedAt(c.State).After(base.started),
	}, nil
}

// change brings a decky's services about where some of them may be sidecars. What is new comes first and is seen to answer; the decoy's own change, which is all
// or nothing, is the moment from which the new services hold; what has to go, goes then. Where a port passes from one to the other, its holder gives it up
// before, and gets it back when anything fails.
func (e *Engine) change(ctx context.Context, d engine.Decky, base *found, listed []container.Summary, p engine.Progress) (engine.Observed, error) {
	have, err := e.inspectSidecars(ctx, listed, base)
	if err != nil {
		return engine.Observed{}, err
	}
	var asked []control.Port
	for _, s := range have {
		asked = append(asked, s.ports...)
	}
	now, err := e.exchange(ctx, base.id, control.Request{Op: control.Status, Ports: asked})
	if err != nil {
		return engine.Observed{}, err
	}
	c := e.plan(d, base, have, now)
	o, err := c.carryOut(ctx, p)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) { // whoever cancels it looks at the decky by itself
		if err := e.cleanUp(ctx, c.takeBack); err != nil {
			e.log.WarnContext(ctx, "what a failed change has begun stays as it is", "decky", d.Name, "error", err)
		}
	}
	if err != nil {
		return engine.Observed{}, err
	}
	for _, s := range c.leave {
		if err := e.remove(ctx, s.id); err != nil {
			return engine.Observed{}, err
		}
	}
	return o, nil
}

// change is how a decky gets from the services that it has to those that it should have.
type change struct {
	*Engine

	decky engine.Decky
	base  *found
	now   control.Reply     // what the decoy does
	own   []string          // the decoy's services, as they should be
	make  []catalog.Service // sidecars that are not there
	start []sidecar         // sidecars that are there, and do not answer
	leave []sidecar         // sidecars that should not be
	hold  []control.Endpoint
	undo  []func(context.Context) error
}

func (e *Engine) plan(d engine.Decky, base *found, have []sidecar, now control.Reply) *change {
	c := &change{Engine: e, decky: d, base: base, now: now, own: []string{}, leave: slices.Clone(have)}
	for _, slug := range d.Services {
		s, _ := e.opts.Catalog.Service(slug)
		if s.Image == nil {
			c.own = append(c.own, slug)
			continue
		}
		for _, p := range s.Ports {
			c.hold = append(c.hold, control.Endpoint{Service: slug, Proto: p.Proto, Port: p.Number})
		}
		at := slices.IndexFunc(c.leave, func(o sidecar) bool { return o.is(s, base.id) })
		switch {
		case at < 0:
			c.make = append(c.make, s)
			continue
		case !answers(c.leave[at], now):
			c.start = append(c.start, c.leave[at])
		}
		c.leave = slices.Delete(c.leave, at, at+1)
	}
	return c
}

// answers tells whether a sidecar is where the decky is, and all of its ports are open there.
func answers(s sidecar, now control.Reply) bool {
	return s.inForce && !slices.ContainsFunc(s.ports, func(p control.Port) bool { return !slices.Contains(now.Listening, p) })
}

func (c *change) carryOut(ctx context.Context, p engine.Progress) (engine.Observed, error) {
	starting := slices.Clone(c.start)
	for _, s := range c.make {
		p("creating the container of " + s.Slug)
		made, err := c.createSidecar(ctx, c.decky, s, c.base.id, p)
		if err != nil {
			return engine.Observed{}, err
		}
		c.undo = append(c.undo, func(ctx context.Context) error { return c.remove(ctx, made.id) })
		starting = append(starting, made)
	}
	if err := c.makeRoom(ctx, starting); err != nil {
		return engine.Observed{}, err
	}
	for _, s := range starting {
		p("starting " + s.service + ", and checking that it answers")
		// One that runs in a namespace of the past, or hangs, has to be stopped first. A restart does either.
		none := 0
		if err := c.cli.ContainerRestart(ctx, s.id, container.StopOptions{Timeout: &none}); err != nil {
			return engine.Observed{}, c.fail("start the container of "+s.service, engine.ImageFailed, err)
		}
	}
	for _, s := range starting {
		if err := c.await(ctx, s); err != nil {
			return engine.Observed{}, err
		}
	}
	d := c.decky
	d.Services = c.own
	if len(c.own) > 0 {
		p(opening(c.own))
	}
	o, err := c.open(ctx, d, c.base.id)
	if err != nil {
		return engine.Observed{}, err
	}
	o.StartedAt = c.base.started
	for _, h := range c.hold {
		o.Endpoints = append(o.Endpoints, engine.Endpoint{Service: h.Service, Proto: h.Proto, Address: d.IP.String(), Port: h.Port})
		if !slices.Contains(o.Services, h.Service) {
			o.Services = append(o.Services, h.Service)
		}
	}
	slices.Sort(o.Services)
	return o, nil
}

// makeRoom frees the ports that pass to sidecars, and those that pass from them to the decoy.
func (c *change) makeRoom(ctx context.Context, starting []sidecar) error {
	var wanted []control.Port
	for _, s := range starting {
		wanted = append(wanted, s.ports...)
	}
	stay := slices.DeleteFunc(slices.Clone(c.now.Services), func(slug string) bool {
		s, _ := c.opts.Catalog.Service(slug)
		return !slices.Contains(c.own, slug) && overlap(portsOf(s), wanted)
	})
	if len(stay) < len(c.now.Services) {
		set := func(services []string) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := c.exchange(ctx, c.base.id, control.Request{Op: control.Apply, Generation: c.now.Generation, Services: services})
				return err
			}
		}
		c.undo = append(c.undo, set(c.now.Services))
		if err := set(stay)(ctx); err != nil {
			return err
		}
	}
	for _, slug := range c.own {
		if s, _ := c.opts.Catalog.Service(slug); !slices.Contains(c.now.Services, slug) {
			wanted = append(wanted, portsOf(s)...)
		}
	}
	for _, s := range c.leave {
		if !s.inForce || !overlap(s.ports, wanted) {
			continue
		}
		c.undo = append(c.undo, func(ctx context.Context) error {
			return c.fail("start the container of "+s.service, engine.Failed, c.cli.ContainerStart(ctx, s.id, container.StartOptions{}))
		})
		none := 0
		if err := c.cli.ContainerStop(ctx, s.id, container.StopOptions{Timeout: &none}); err != nil {
			return c.fail("stop the container of "+s.service, engine.Failed, err)
		}
	}
	return nil
}

// takeBack undoes what has been begun, the last of it first, as far as it can be.
func (c *change) takeBack(ctx context.Context) error {
	var failed error
	for _, undo := range slices.Backward(c.undo) {
		if err := undo(ctx); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// How often a sidecar that has been started is looked at.
const (
	lookAgain     = 10 * time.Millisecond
	lookAgainMost = 250 * time.Millisecond
)

// await waits until a sidecar answers on all of its ports. The decoy, which is in the same namespace, says whether it does.
func (c *change) await(ctx context.Context, s sidecar) error {
	service, _ := c.opts.Catalog.Service(s.service)
	within := time.NewTimer(service.Image.Ready)
	defer within.Stop()
	for pause := lookAgain; ; pause = min(2*pause, lookAgainMost) {
		now, err := c.exchange(ctx, c.base.id, control.Request{Op: control.Status, Ports: s.ports})
		if err != nil {
			return err
		}
		seen, err := c.inspectSidecar(ctx, s.id, c.base)
		if err != nil {
			return err
		}
		switch {
		case seen == nil:
			return &engine.Error{Code: engine.NotRunning, Message: "the container of " + s.service + " has been removed meanwhile", Transient: true}
		case !seen.inForce || seen.restarts > s.restarts:
			return &engine.Error{Code: engine.Crashed, Message: "the container of " + s.service + " ended by itself", Detail: c.lastWords(ctx, s.id, true)}
		case answers(*seen, now):
			return nil
		}
		select {
		case <-time.After(pause):
		case <-within.C:
			return &engine.Error{
				Code: engine.NotAnswering, Transient: true, Detail: c.lastWords(ctx, s.id, true),
				Message: fmt.Sprintf("%s does not listen on %s after %s", s.service, writePorts(s.ports), service.Image.Ready),
			}
		case <-ctx.Done():
			return c.fail("see "+s.service+" answer", engine.Failed, context.Cause(ctx))
		}
	}
}

// createSidecar makes a service's container and does not start it. What it may do is what a decoy may, and what the catalog gives it beside.
func (e *Engine) createSidecar(ctx context.Context, d engine.Decky, s catalog.Service, base string, p engine.Progress) (sidecar, error) {
	volumes, err := e.ownImage(ctx, s, p)
	if err != nil {
		return sidecar{}, err
	}
	out := sidecar{service: s.Slug, spec: sidecarSpec(s, base), ports: portsOf(s)}
	i := s.Image.Fill(map[string]string{
		"name": d.Name, "hostname": d.Hostname, "ip": d.IP.String(), "os": d.OS, "distro": d.Distro, "service": s.Slug, "seed": seedOf(d, s.Slug),
	})
	env := make([]string, 0, len(i.Env))
	for _, name := range slices.Sorted(maps.Keys(i.Env)) {
		env = append(env, name+"="+i.Env[name])
	}
	config := &container.Config{
		Image: i.Ref, Entrypoint: i.Entrypoint, Cmd: i.Command, Env: env, User: i.User,
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		// All of ours, so that none of them can come from the image's labels.
		Labels: map[string]string{
			labelOwner: e.opts.Owner, labelDecky: d.ID, labelName: d.Name, labelDeployment: d.Deployment, labelNetwork: d.Network.ID,
			labelService: s.Slug, labelPorts: writePorts(out.ports), labelSpec: out.spec,
		},
	}
	// A volume that the image asks for would be a place on the host's disk with no bound: it gets memory instead.
	dirs := slices.Sorted(slices.Values(append(volumes, i.Tmpfs...)))
	var mounts []mount.Mount
	for _, dir := range slices.Compact(dirs) {
		mounts = append(mounts, mount.Mount{Type: mount.TypeTmpfs, Target: dir, TmpfsOptions: &mount.TmpfsOptions{SizeBytes: i.Memory / 4, Mode: 0o1777}})
	}
	host := &container.HostConfig{
		NetworkMode:    container.NetworkMode("container:" + base),
		CapDrop:        []string{"ALL"},
		CapAdd:         i.CapAdd,
		SecurityOpt:    []string{"no-new-privileges"},
		ReadonlyRootfs: !i.Writable,
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyUnlessStopped},
		LogConfig:      container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "5"}},
		Mounts:         mounts,
		Resources: container.Resources{
			NanoCPUs: 1e9, Memory: i.Memory, MemorySwap: i.Memory, PidsLimit: &i.Pids,
			Ulimits: []*units.Ulimit{{Name: "nofile", Soft: 4096, Hard: 4096}},
		},
	}
	name := sidecarName(d.Ref, s.Slug, out.spec)
	made, err := e.cli.ContainerCreate(ctx, config, host, nil, nil, name)
	sidecarCreated.Hit()
	if err != nil {
		return sidecar{}, e.fail("create the container of "+s.Slug, engine.ImageFailed, err)
	}
	out.id = made.ID
	return out, nil
}

// ownImage sees to it that the engine has a service's image, and returns the volumes that the image asks for.
func (e *Engine) ownImage(ctx context.Context, s catalog.Service, p engine.Progress) (volumes []string, err error) {
	found, err := e.cli.ImageInspect(ctx, s.Image.Ref)
	if errdefs.IsNotFound(err) {
		if !s.Image.Pull {
			return nil, &engine.Error{
				Code: engine.ImageFailed, Message: "the engine does not have the image of " + s.Slug, Err: err,
				Detail: fmt.Sprintf("Put %s there (docker pull, docker load), or let it be fetched: pull_policy: missing in the catalog file.", s.Image.Ref),
			}
		}
		p("fetching the image of " + s.Slug)
		if err := e.pull(ctx, s.Image.Ref); err != nil {
			return nil, e.fail("fetch "+s.Image.Ref+", the image of "+s.Slug, engine.ImageFailed, err)
		}
		found, err = e.cli.ImageInspect(ctx, s.Image.Ref)
	}
	if err != nil {
		return nil, e.fail("look for the image of "+s.Slug, engine.ImageFailed, err)
	}
	if found.Config == nil {
		return nil, nil
	}
	return slices.Collect(maps.Keys(found.Config.Volumes)), nil
}

func (e *Engine) pull(ctx context.Context, ref string) error {
	body, err := e.cli.ImagePull(ctx, ref, image.PullOptions{})
	if err != nil {
		return err
	}
	return readToEnd(body)
}

// removeSidecars makes all of a decky's not exist.
func (e *Engine) removeSidecars(ctx context.Context, deckyID string) error {
	list, err := e.listSidecars(ctx, deckyID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := e.remove(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// seedOf is a service's own, so that its variations are the decky's; the decky's seed does not follow from it.
func seedOf(d engine.Decky, service string) string {
	sum := sha256.Sum256(append(slices.Clone(d.Seed), service...))
	return hex.EncodeToString(sum[:])
}

func portsOf(s catalog.Service) []control.Port {
	out := make([]control.Port, 0, len(s.Ports))
	for _, p := range s.Ports {
		out = append(out, control.Port{Proto: p.Proto, Number: p.Number})
	}
	return out
}

func overlap(a, b []control.Port) bool {
	return slices.ContainsFunc(a, func(p control.Port) bool { return slices.Contains(b, p) })
}

// writePorts and readPorts are how a label has ports: "80/tcp 53/udp".
func writePorts(ports []control.Port) string {
	words := make([]string, 0, len(ports))
	for _, p := range ports {
		words = append(words, strconv.Itoa(p.Number)+"/"+p.Proto)
	}
	return strings.Join(words, " ")
}

func readPorts(label string) []control.Port {
	var out []control.Port
	for word := range strings.FieldsSeq(label) {
		number, proto, _ := strings.Cut(word, "/")
		if n, err := strconv.Atoi(number); err == nil {
			out = append(out, control.Port{Proto: proto, Number: n})
		}
	}
	return out
}
