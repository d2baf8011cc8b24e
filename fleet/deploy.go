package fleet

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/deployment"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/ent/schema/schematype"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
)

// Deployed is what a deploy accepted, or would.
type Deployed struct {
	Lifecycles []*ent.Lifecycle
	Deployment *ent.Deployment
	Planned    []*ent.Decky // those that the input names
	Removed    []string     // the names of those that go
	Replayed   bool
}

// Deploy adds deckies to a deployment or makes the input the whole of it.
func (f *Fleet) Deploy(ctx context.Context, actor string, in DeployInput) (*Deployed, error) {
	if err := checkName(in.Deployment, "input", "deployment"); err != nil {
		return nil, err
	}
	if err := checkInterval(in.MutateInterval, "input", "mutateInterval"); err != nil {
		return nil, err
	}
	want, err := f.expand(in)
	if err != nil {
		return nil, err
	}
	var out *Deployed
	err = f.write(ctx, in.DryRun, func(ctx context.Context, tx *store.Tx) error {
		key, earlier, err := f.replay(ctx, tx, actor, "deploy", in.IdempotencyKey, in)
		if err != nil {
			return err
		}
		if earlier != nil {
			out, err = f.replayDeploy(ctx, tx, in, want, earlier)
			return err
		}
		p := &deploying{Fleet: f, tx: tx, actor: actor, in: in, out: &Deployed{}}
		if err := p.run(ctx, want); err != nil {
			return err
		}
		out = p.out
		if in.DryRun {
			return nil
		}
		return key.save(ctx, tx, p.out.Lifecycles)
	})
	if err != nil {
		return nil, err
	}
	out.Deployment = out.Deployment.Unwrap()
	for i, d := range out.Planned {
		out.Planned[i] = d.Unwrap()
		out.Planned[i].Edges.Deployment = out.Deployment
	}
	_, out.Lifecycles = release(out.Lifecycles)
	if in.DryRun {
		out.Lifecycles = nil
	}
	return out, nil
}

func (f *Fleet) replayDeploy(ctx context.Context, tx *store.Tx, in DeployInput, want []wanted, earlier []*ent.Lifecycle) (*Deployed, error) {
	dep, err := f.findDeployment(ctx, tx, in.Deployment)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(want))
	for _, w := range want {
		names = append(names, w.name)
	}
	planned, err := tx.Decky.Query().Where(decky.DeploymentID(dep.ID), decky.NameIn(names...)).Order(decky.ByName()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the deckies: %w", err)
	}
	out := &Deployed{Lifecycles: earlier, Deployment: dep, Planned: planned, Replayed: true}
	for _, lc := range earlier {
		if lc.Operation == entlifecycle.OperationTeardown {
			out.Removed = append(out.Removed, lc.DeckyName)
		}
	}
	return out, nil
}

// deploying is one deploy inside its transaction.
type deploying struct {
	*Fleet
	tx    *store.Tx
	actor string
	in    DeployInput
	dep   *ent.Deployment
	fresh bool // the deployment is new
	// rescheduled: a decky that stays as it is has another interval.
	rescheduled bool
	// secret makes the new deckies' seeds. It changes with everything that happens to the deployment, so that a decky which is torn down and
	// deployed again is another host.
	secret []byte
	out    *Deployed
}

func (p *deploying) run(ctx context.Context, want []wanted) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	have, err := p.tx.Decky.Query().Where(decky.DeploymentID(p.dep.ID)).Order(decky.ByName()).All(ctx)
	if err != nil {
		return fmt.Errorf("read the deckies: %w", err)
	}
	if err := p.checkSize(have, want); err != nil {
		return err
	}
	if err := p.drawSecret(ctx); err != nil {
		return err
	}
	net := networkOf(p.dep)
	free := newAddresses(net, p.opts.HostAddresses())
	// Addresses, MACs and host names are one's own among all deployments.
	everyone, err := p.tx.Decky.Query().Select(decky.FieldDeploymentID, decky.FieldIP, decky.FieldName, decky.FieldMAC, decky.FieldHostname, decky.FieldGeneration,
		decky.FieldObservedGeneration, decky.FieldEndpoints).All(ctx)
	if err != nil {
		return fmt.Errorf("read the addresses taken: %w", err)
	}
	for _, d := range everyone {
		if ip, err := netip.ParseAddr(d.IP); err == nil {
			free.taken[ip] = "decky " + strconv.Quote(d.Name)
		}
	}
	if err := p.holdOld(ctx, free, want); err != nil {
		return err
	}
	p.holdAnswering(free, everyone, want)
	// Addresses asked for come before addresses given, whatever their order in the input.
	for i, w := range want {
		if w.ip.IsValid() && !p.keeps(have, w) {
			if !net.subnet.Contains(w.ip) {
				return invalid(at(w.path, "ip"), "%s is not in %s, the subnet of deployment %q", w.ip, net.subnet, p.dep.Name)
			}
			if by, ok := free.claim(w.ip, want[i].name); !ok {
				return invalid(at(w.path, "ip"), "%s is taken by %s", w.ip, by)
			}
		}
	}
	for _, w := range want {
		i := slices.IndexFunc(have, func(d *ent.Decky) bool { return d.Name == w.name })
		if i >= 0 {
			err = p.meet(ctx, have[i], w)
		} else {
			var d *ent.Decky
			if d, err = p.add(ctx, w, net, free, everyone); err == nil {
				everyone = append(everyone, d)
			}
		}
		if err != nil {
			return err
		}
	}
	if p.in.Mode == Replace {
		if err := p.removeOthers(ctx, have, want); err != nil {
			return err
		}
	}
	return p.leave(ctx)
}

// enter finds the deployment or makes it.
func (p *deploying) enter(ctx context.Context) error {
	dep, err := p.tx.Deployment.Query().Where(deployment.Name(p.in.Deployment)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("read deployment %q: %w", p.in.Deployment, err)
	}
	revision := 0
	if dep != nil {
		revision = dep.Revision
	}
	if e := p.in.ExpectedRevision; e != nil && *e != revision {
		return conflict(map[string]any{"currentRevision": revision}, "deployment %q is at revision %d, not %d", p.in.Deployment, revision, *e)
	}
	if dep != nil {
		if p.in.Network != nil {
			return p.sameNetwork(dep)
		}
		p.dep = dep
		return nil
	}
	others, err := p.tx.Deployment.Query().All(ctx)
	if err != nil {
		return fmt.Errorf("read the deployments: %w", err)
	}
	n, err := p.newNetwork(p.in.Network, others)
	if err != nil {
		return err
	}
	c := p.tx.Deployment.Create().SetName(p.in.Deployment).SetNetworkDriver(deployment.NetworkDriver(n.driver)).
		SetSubnet(n.subnet.String()).SetParent(n.parent).SetNillableMutateInterval(p.in.MutateInterval).SetCreatedAt(p.journal.Now())
	if n.gateway.IsValid() {
		c.SetGateway(n.gateway.String())
	}
	if p.dep, err = c.Save(ctx); err != nil {
		return fmt.Errorf("create deployment %q: %w", p.in.Deployment, err)
	}
	p.fresh = true
	return nil
}

// sameNetwork accepts a network that says what the deployment already has: a fleet file may be deployed again and again.
func (p *deploying) sameNetwork(dep *ent.Deployment) error {
	n, in := networkOf(dep), p.in.Network
	same := in.Driver == n.driver &&
		(in.Subnet == nil || *in.Subnet == n.subnet.String()) &&
		(in.Gateway == nil || *in.Gateway == dep.Gateway) &&
		(in.Parent == nil || *in.Parent == n.parent)
	if !same {
		return invalid([]any{"input", "network"}, "deployment %q exists, on %s %s: a network never changes; tear it down first, or use another deployment",
			dep.Name, n.driver, n.subnet)
	}
	p.dep = dep
	return nil
}

// drawSecret draws what new deckies' identities follow from: the installation, the deployment and its past, so that the same deploy at the same time plans the
// same deckies, and a decky that is deployed again is another host.
func (p *deploying) drawSecret(ctx context.Context) error {
	past, err := p.tx.Lifecycle.Query().Where(entlifecycle.DeploymentName(p.dep.Name)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the deployment's lifecycles: %w", err)
	}
	// What retention has taken is counted too, so that no past is like an earlier one.
	journal, err := store.SpanOf(ctx, p.tx.Client(), "journal")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d/%d", p.store.Installation(), p.dep.Name, past, journal.Pruned))
	p.secret = sum[:]
	return nil
}

func (p *deploying) checkSize(have []*ent.Decky, want []wanted) error {
	n := len(want)
	if p.in.Mode != Replace {
		n += len(have)
	}
	if limit := p.opts.Limits.DeckiesPerDeployment; n > limit {
		return &Error{Code: LimitExceeded, Path: []any{"input", "deckies"}, Message: fmt.Sprintf(
			"deployment %q would have %d deckies, and %d is the most", p.dep.Name, n, limit)}
	}
	return nil
}

// holdOld keeps the addresses that deckies are about to leave: they have them until then, and go back to them when that is canceled.
func (p *deploying) holdOld(ctx context.Context, free *addresses, want []wanted) error {
	moving, err := p.tx.Lifecycle.Query().Where(entlifecycle.ReshapeNotNil(),
		entlifecycle.StatusIn(entlifecycle.StatusPending, entlifecycle.StatusRunning)).All(ctx)
	if err != nil {
		return fmt.Errorf("read which deckies change: %w", err)
	}
	for _, lc := range moving {
		if ip, err := netip.ParseAddr(lc.Reshape.From.IP); err == nil {
			p.hold(free, ip, lc.DeploymentName == p.dep.Name, lc.DeckyName, "which is about to leave it", want)
		}
	}
	return nil
}

// holdAnswering keeps the addresses on which deckies were last seen to answer that are to have another: what was to give it to them may have failed.
func (p *deploying) holdAnswering(free *addresses, everyone []*ent.Decky, want []wanted) {
	for _, d := range everyone {
		if d.Generation == d.ObservedGeneration {
			continue
		}
		for _, e := range d.Endpoints {
			if ip, err := netip.ParseAddr(e.Address); err == nil && e.Address != d.IP {
				p.hold(free, ip, d.DeploymentID == p.dep.ID, d.Name, "which still answers on it", want)
			}
		}
	}
}

// hold keeps an address for a decky that has it, unless that is what the decky is to have after all.
func (p *deploying) hold(free *addresses, ip netip.Addr, ours bool, name, why string, want []wanted) {
	staysAfterAll := ours && slices.ContainsFunc(want, func(w wanted) bool { return w.name == name && w.ip == ip })
	if _, taken := free.taken[ip]; !taken && !staysAfterAll {
		free.taken[ip] = "decky " + strconv.Quote(name) + ", " + why
	}
}

// keeps tells whether a decky of this name exists with the address that is asked for.
func (p *deploying) keeps(have []*ent.Decky, w wanted) bool {
	return slices.ContainsFunc(have, func(d *ent.Decky) bool { return d.Name == w.name && d.IP == w.ip.String() })
}

// add makes a decky that does not exist.
func (p *deploying) add(ctx context.Context, w wanted, n network, free *addresses, others []*ent.Decky) (*ent.Decky, error) {
	b, err := p.born(w, n, p.secret, others)
	if err != nil {
		return nil, err
	}
	ip := w.ip
	if !ip.IsValid() {
		var ok bool
		if ip, ok = free.allot(w.name); !ok {
			return nil, &Error{Code: LimitExceeded, Path: w.path, Message: fmt.Sprintf(
				"%s has no free address left for %q", n.subnet, w.name)}
		}
	}
	change, err := p.journal.Touch(ctx, p.tx)
	if err != nil {
		return nil, err
	}
	c := p.tx.Decky.Create().SetDeploymentID(p.dep.ID).SetName(w.name).SetServices(b.services).SetObservedServices([]string{}).
		SetIP(ip.String()).SetHostname(b.hostname).SetNillableArchetype(w.spec.Archetype).SetDistro(b.distro).SetOs(w.os).
		SetSeed(b.seed).SetNillableMutateInterval(w.spec.MutateInterval).SetChange(change).SetCreatedAt(p.journal.Now())
	if b.mac != "" {
		c.SetMAC(b.mac)
	}
	if len(w.settings) > 0 {
		c.SetSettings(w.settings)
	}
	if at := nextMutation(p.journal.Now(), w.spec.MutateInterval, p.interval()); at != nil {
		c.SetNextMutationAt(*at)
	}
	d, err := c.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("create decky %q: %w", w.name, err)
	}
	p.out.Planned = append(p.out.Planned, d)
	return d, p.begin(ctx, d, []string{}, nil, nil)
}

// interval is the deployment's, as this deploy leaves it.
func (p *deploying) interval() *time.Duration {
	if p.in.MutateInterval != nil {
		return p.in.MutateInterval
	}
	return p.dep.MutateInterval
}

// meet deals with a decky that exists already: an ADD refuses it, a REPLACE changes what the input says otherwise.
func (p *deploying) meet(ctx context.Context, d *ent.Decky, w wanted) error {
	if d.State == decky.StateRemoving {
		return conflict(map[string]any{"decky": d.Name}, "decky %q is being torn down: deploy it again once it is gone", d.Name)
	}
	if p.in.Mode != Replace {
		return invalid(at(w.path, "name"), "decky %q exists already in deployment %q", d.Name, p.dep.Name)
	}
	u := p.tx.Decky.UpdateOne(d)
	services := d.Services
	changed := false
	archetypeChanged := w.spec.Archetype != nil && (d.Archetype == nil || *d.Archetype != *w.spec.Archetype)
	if w.spec.Services != nil || archetypeChanged {
		if next := sorted(w.services); !slices.Equal(next, d.Services) {
			services, changed = next, true
		}
	}
	if archetypeChanged {
		u.SetArchetype(*w.spec.Archetype)
		changed = true
	}
	if (archetypeChanged || w.spec.Os != nil) && d.Os != w.os {
		u.SetOs(w.os)
		changed = true
	}
	if (archetypeChanged || w.spec.Distro != nil) && !slices.Contains(w.distros, d.Distro) {
		u.SetDistro(w.distros[0])
		changed = true
	}
	if w.spec.Hostname != nil && d.Hostname != *w.spec.Hostname {
		u.SetHostname(*w.spec.Hostname)
		changed = true
	}
	if w.settings != nil && !maps.EqualFunc(d.Settings, w.settings, maps.Equal) {
		u.SetSettings(w.settings)
		changed = true
	}
	if w.ip.IsValid() && d.IP != w.ip.String() {
		u.SetIP(w.ip.String())
		changed = true
	}
	rescheduled := w.spec.MutateInterval != nil && (d.MutateInterval == nil || *d.MutateInterval != *w.spec.MutateInterval)
	if rescheduled {
		u.SetMutateInterval(*w.spec.MutateInterval).
			SetNillableNextMutationAt(nextMutation(p.journal.Now(), w.spec.MutateInterval, p.interval()))
	}
	if !changed && !rescheduled {
		p.out.Planned = append(p.out.Planned, d)
		return nil
	}
	change, err := p.journal.Touch(ctx, p.tx)
	if err != nil {
		return err
	}
	if !changed { // an interval is no work for the engine
		p.rescheduled = true
		next, err := u.SetChange(change).Save(ctx)
		if err != nil {
			return fmt.Errorf("update decky %q: %w", d.Name, err)
		}
		p.out.Planned = append(p.out.Planned, next)
		return nil
	}
	next, err := u.SetServices(services).AddGeneration(1).SetChange(change).Save(ctx)
	if err != nil {
		return fmt.Errorf("update decky %q: %w", d.Name, err)
	}
	p.out.Planned = append(p.out.Planned, next)
	waiting, err := p.waiting(ctx, p.tx, d.ID)
	if err != nil {
		return err
	}
	from, shape := origin(waiting, d)
	return p.begin(ctx, next, from, lifecycle.ReshapeOf(shape, next), waiting)
}

// begin adds the decky's DEPLOY lifecycle, which takes the place of those that wait.
func (p *deploying) begin(ctx context.Context, d *ent.Decky, from []string, reshape *schematype.Reshape, waiting []*ent.Lifecycle) error {
	lc, err := p.journal.Create(ctx, p.tx, lifecycle.New{
		Decky: d, Deployment: p.dep.Name, Operation: entlifecycle.OperationDeploy, Trigger: entlifecycle.TriggerOperator,
		Actor: p.actor, From: from, To: d.Services, Generation: d.Generation, Reshape: reshape,
	})
	if err != nil {
		return err
	}
	p.out.Lifecycles = append(p.out.Lifecycles, lc)
	return p.supersede(ctx, p.tx, waiting, lc.ID)
}

// removeOthers tears down what a REPLACE does not name.
func (p *deploying) removeOthers(ctx context.Context, have []*ent.Decky, want []wanted) error {
	for _, d := range have {
		if slices.ContainsFunc(want, func(w wanted) bool { return w.name == d.Name }) {
			continue
		}
		lc, err := p.remove(ctx, p.tx, p.dep, d, p.actor)
		if err != nil {
			return err
		}
		p.out.Removed = append(p.out.Removed, d.Name)
		p.out.Lifecycles = append(p.out.Lifecycles, lc)
	}
	return nil
}

// leave raises the revision when anything changed.
func (p *deploying) leave(ctx context.Context) error {
	p.out.Deployment = p.dep
	interval := p.in.MutateInterval != nil && (p.dep.MutateInterval == nil || *p.dep.MutateInterval != *p.in.MutateInterval)
	if p.fresh || (len(p.out.Lifecycles) == 0 && !interval && !p.rescheduled) {
		return nil
	}
	dep, err := revise(ctx, p.tx, p.dep, func(u *ent.DeploymentUpdate) {
		u.SetRemoving(false).SetNillableMutateInterval(p.in.MutateInterval)
	})
	if err != nil {
		return err
	}
	p.out.Deployment = dep
	if !interval {
		return nil
	}
	_, err = p.reschedule(ctx, p.tx, dep, nil)
	return err
}

// supersede ends lifecycles that still wait, in favour of a newer one.
func (f *Fleet) supersede(ctx context.Context, tx *store.Tx, waiting []*ent.Lifecycle, by pid.ID) error {
	for _, w := range waiting {
		if err := f.journal.Supersede(ctx, tx, w.ID, by); err != nil {
			return err
		}
	}
	return nil
}

// waiting reads the lifecycles of a decky that no runner has taken up, those first that were to happen first.
func (f *Fleet) waiting(ctx context.Context, tx *store.Tx, deckyID pid.ID) ([]*ent.Lifecycle, error) {
	waiting, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(deckyID), entlifecycle.StatusEQ(entlifecycle.StatusPending)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the lifecycles that wait: %w", err)
	}
	// Here and not there: for its sorter SQLite takes longer than for all the rest, and hardly ever there is more than one.
	slices.SortFunc(waiting, func(a, b *ent.Lifecycle) int { return a.Generation - b.Generation })
	return waiting, nil
}

// origin is what a new lifecycle of a decky goes on from: what the decky was to be before those that wait, for they never happened. A repair wishes for nothing, and its
// FromServices are what it found.
func origin(waiting []*ent.Lifecycle, d *ent.Decky) (services []string, shape schematype.Shape) {
	services, shape = d.Services, lifecycle.ShapeOf(d)
	wishes := slices.DeleteFunc(slices.Clone(waiting), func(lc *ent.Lifecycle) bool { return lc.Operation == entlifecycle.OperationRepair })
	if len(wishes) > 0 {
		services = wishes[0].FromServices
	}
	for _, w := range wishes {
		if w.Reshape != nil {
			return services, w.Reshape.From
		}
	}
	return services, shape
}
