package remote

import (
	"context"
	"errors"
	"net/netip"

	"decnet/engine"
)

// call is one request, checked, with where its answer goes.
type call struct {
	request
	*handler
	engine  engine.Engine
	drivers []engine.Driver
	send    func(frame) error
}

// verb is what can be asked for.
type verb struct {
	check func(Rules, request) error // nil: the verb takes nothing
	run   func(context.Context, *call) error
	// change says that it changes something, and stream that it goes on until somebody ends it.
	change, stream bool
}

var verbs = map[string]verb{
	verbHello: {run: func(_ context.Context, c *call) error {
		host, err := c.host()
		return errors.Join(err, c.send(frame{Hello: &hello{Engine: c.engine.Name(), Drivers: c.rules.drivers(c.drivers)}, Host: host}))
	}},
	verbPing:   {run: func(ctx context.Context, c *call) error { return c.engine.Ping(ctx) }},
	verbEnsure: {check: aNewDecky, change: true, run: func(ctx context.Context, c *call) error { return c.bring(ctx, c.engine.Ensure) }},
	verbApply:  {check: aDecky, change: true, run: func(ctx context.Context, c *call) error { return c.bring(ctx, c.engine.Apply) }},
	verbRemove: {check: aRef, change: true, run: func(ctx context.Context, c *call) error { return c.engine.Remove(ctx, *c.Ref, c.progress) }},
	verbObserve: {run: func(ctx context.Context, c *call) error {
		host, err := c.host()
		if err := errors.Join(err, c.send(frame{Host: host})); err != nil {
			return err
		}
		all, err := c.engine.Observe(ctx)
		for i := range all {
			err = errors.Join(err, c.send(frame{Observed: &all[i]}))
		}
		return err
	}},
	verbWatch: {stream: true, run: watch},
	verbEvents: {check: aRef, stream: true, run: func(ctx context.Context, c *call) error {
		return c.engine.Events(ctx, *c.Ref, c.Position, c.Follow, func(l engine.Line) error { return c.send(frame{Line: &l}) })
	}},
}

func aDecky(r Rules, q request) error {
	if q.Decky == nil || q.Ref != nil || q.Position != "" {
		return refuse("this verb takes a decky")
	}
	return r.decky(*q.Decky)
}

func aNewDecky(r Rules, q request) error {
	if err := aDecky(r, q); err != nil {
		return err
	}
	return r.free(q.Decky.Network)
}

func aRef(r Rules, q request) error {
	if q.Ref == nil || q.Decky != nil || !positionPattern.MatchString(q.Position) {
		return refuse("this verb takes what a decky is called")
	}
	return r.ref(*q.Ref)
}

func nothing(_ Rules, q request) error {
	if q.Decky != nil || q.Ref != nil || q.Position != "" {
		return refuse("this verb takes nothing")
	}
	return nil
}

func watch(ctx context.Context, c *call) error {
	changes, err := c.engine.Watch(ctx)
	if err != nil {
		return err
	}
	if err := c.send(frame{Watching: true}); err != nil {
		return err
	}
	for {
		select {
		case change, ok := <-changes:
			if !ok {
				return nil
			}
			if err := c.send(frame{Change: &change}); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// host is what this host has of addresses. The caller may not see them itself, as from within a container.
func (c *call) host() ([]netip.Prefix, error) {
	own, err := c.rules.HostAddresses()
	prefixes := make([]netip.Prefix, 0, len(own))
	for _, a := range own {
		prefixes = append(prefixes, a.Prefix)
	}
	return prefixes, err
}

// progress passes a stage on. Should that fail, the call's context ends by itself.
func (c *call) progress(stage string) { _ = c.send(frame{Stage: stage}) }

func (c *call) bring(ctx context.Context, change func(context.Context, engine.Decky, engine.Progress) (engine.Observed, error)) error {
	o, err := change(ctx, *c.Decky, c.progress)
	if err != nil {
		return err
	}
	return c.send(frame{Observed: &o})
}

// id is that of the decky that the call is about.
func (c *call) id() string {
	if c.Decky != nil {
		return c.Decky.ID
	}
	return c.Ref.ID
}
