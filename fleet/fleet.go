// Package fleet is what an operator can ask for: plan, deploy, mutate, set intervals, tear down, cancel, retry.
//
// Each request is validated, and then commits the desired state, the lifecycles and their first journal entries in ONE
// transaction, or nothing. Nothing here talks to an engine: the runner does, woken by the commit. A dry run is the same
// transaction, rolled back, so that the plan is the deploy.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"decnet/catalog"
	"decnet/engine"
	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/deployment"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
)

// Limits bound what one request, and one deployment, may hold. Each is a setting.
type Limits struct {
	DeckiesPerDeployment int
	DeckiesPerDeploy     int
	ServicesPerDecky     int
	PageSize             int
	LifecycleIds         int
}

// DefaultLimits are the limits where nothing is set.
func DefaultLimits() Limits {
	return Limits{DeckiesPerDeployment: 1000, DeckiesPerDeploy: 200, ServicesPerDecky: 16, PageSize: 200, LifecycleIds: 1000}
}

// Options are what a Fleet needs to know of the world around it.
type Options struct {
	Limits Limits
	// Driver is the kind of network a new deployment gets where none is asked for; Drivers are those that the engine can make.
	Driver  engine.Driver
	Drivers []engine.Driver
	// HostAddresses returns this host's own addresses, which no decky may take. nil: none are known.
	HostAddresses func() []netip.Prefix
	// Unreal says that the engine's deckies are not real: nobody can talk to them.
	Unreal bool
}

// Fleet holds nothing but what it needs to reach the rows.
type Fleet struct {
	store   *store.Store
	journal *lifecycle.Journal
	catalog *catalog.Catalog
	opts    Options

	checks  sync.WaitGroup
	closing context.Context // ended by Close
	close   context.CancelFunc
}

// New returns a fleet on a store.
func New(s *store.Store, j *lifecycle.Journal, c *catalog.Catalog, o Options) *Fleet {
	if o.HostAddresses == nil {
		o.HostAddresses = func() []netip.Prefix { return nil }
	}
	f := &Fleet{store: s, journal: j, catalog: c, opts: o}
	f.closing, f.close = context.WithCancel(context.Background())
	return f
}

// Limits returns the limits in force.
func (f *Fleet) Limits() Limits { return f.opts.Limits }

func checkName(name string, path ...any) error {
	if !engine.NamePattern.MatchString(name) {
		return invalid(path, "%q is not a name: 1 to 64 of a-z, 0-9 and -", name)
	}
	return nil
}

// errDryRun rolls a dry run back.
var errDryRun = errors.New("dry run")

// write runs fn in a transaction; a dry run sees the same and writes nothing.
func (f *Fleet) write(ctx context.Context, dryRun bool, fn func(ctx context.Context, tx *store.Tx) error) error {
	err := f.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if dryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

func (f *Fleet) findDeployment(ctx context.Context, tx *store.Tx, name string) (*ent.Deployment, error) {
	d, err := tx.Deployment.Query().Where(deployment.Name(name)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound("there is no deployment %q", name)
	}
	if err != nil {
		return nil, fmt.Errorf("read deployment %q: %w", name, err)
	}
	return d, nil
}

func (f *Fleet) findDecky(ctx context.Context, tx *store.Tx, dep *ent.Deployment, name string) (*ent.Decky, error) {
	d, err := tx.Decky.Query().Where(decky.DeploymentID(dep.ID), decky.Name(name)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound("there is no decky %q in deployment %q", name, dep.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("read decky %q: %w", name, err)
	}
	return d, nil
}

// revise raises a deployment's revision: every change does.
func revise(ctx context.Context, tx *store.Tx, dep *ent.Deployment, change func(*ent.DeploymentUpdate)) (*ent.Deployment, error) {
	u := tx.Deployment.Update().Where(deployment.ID(dep.ID)).AddRevision(1)
	if change == nil {
		// Most changes are only this: no need to read the row back.
		dep.Revision++
		if err := u.Exec(ctx); err != nil {
			return nil, fmt.Errorf("revise deployment %q: %w", dep.Name, err)
		}
		return dep, nil
	}
	change(u)
	if err := u.Exec(ctx); err != nil {
		return nil, fmt.Errorf("revise deployment %q: %w", dep.Name, err)
	}
	next, err := tx.Deployment.Get(ctx, dep.ID)
	if err != nil {
		return nil, fmt.Errorf("read deployment %q: %w", dep.Name, err)
	}
	return next, nil
}

// sorted is a copy of services in the order that rows keep them.
func sorted(services []string) []string { return slices.Sorted(slices.Values(services)) }

// release makes entities usable after their transaction.
func release(lcs []*ent.Lifecycle) ([]pid.ID, []*ent.Lifecycle) {
	ids := make([]pid.ID, 0, len(lcs))
	out := make([]*ent.Lifecycle, 0, len(lcs))
	for _, lc := range lcs {
		ids = append(ids, lc.ID)
		out = append(out, lc.Unwrap())
	}
	return ids, out
}
