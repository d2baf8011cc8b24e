package model

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"decnet/engine"
	"decnet/engine/sim"
	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/fleet"
	"decnet/internal/invariant"
	"decnet/pid"
)

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", sequences); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// step is one thing that happens. A and B are drawn without knowing the state, and pick among what there is.
type step struct {
	Do   string
	A, B int
	For  time.Duration
}

func (s step) String() string { return fmt.Sprintf("%s(%d, %d, %s)", s.Do, s.A, s.B, s.For) }

// things are what may happen; one that is named more often happens more often.
var things = []string{
	"deploy", "deploy", "mutate", "mutate", "mutate", "mutate", "pick", "stale", "teardown", "teardownAll", "cancel", "cancel", "retry", "interval",
	"crash", "crash", "fault", "fault", "fault", "kill", "kill", "stranger", "jump", "wait", "wait", "wait",
}

func drawStep(t *rapid.T) step {
	return step{
		Do: rapid.SampledFrom(things).Draw(t, "do"), A: rapid.IntRange(0, 7).Draw(t, "a"), B: rapid.IntRange(0, 7).Draw(t, "b"),
		For: time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond,
	}
}

func TestWhateverHappensTheRulesHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		program := rapid.SliceOfN(rapid.Custom(drawStep), 1, 24).Draw(rt, "program")
		if err := play(t, program); err != nil {
			rt.Fatalf("%v", err)
		}
	})
}

// play plays a program in a bubble of its own.
func play(t *testing.T, program []step) (err error) {
	dir, err := os.MkdirTemp(memory(), "model") //nolint:usetesting // thousands of folders, which go as soon as they are of no use, in memory
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	synctest.Test(t, func(*testing.T) {
		p := &player{dir: dir, clock: &clock{}, engine: &troubled{Engine: sim.New(sim.Options{Latency: 300 * time.Millisecond})}, subscriber: &follower{}}
		err = p.run(program)
	})
	return err
}

// memory is a folder that no disk stands behind, where there is one: nothing here is about disks.
func memory() string {
	if _, err := os.Stat("/dev/shm"); err == nil {
		return "/dev/shm"
	}
	return ""
}

// player is one program being played.
type player struct {
	dir        string
	clock      *clock
	engine     *troubled
	site       *site
	subscriber *follower
	accepted   []pid.ID
}

func (p *player) boot() (err error) {
	if p.site, err = open(p.dir, p.engine, p.clock); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	p.subscriber.follow(p.site)
	return nil
}

func (p *player) run(program []step) error {
	if err := p.boot(); err != nil {
		return err
	}
	err := p.steps(program)
	if err == nil {
		err = p.settle()
	}
	err = errors.Join(err, p.site.crash())
	p.engine.late.Wait()
	return err
}

func (p *player) steps(program []step) error {
	for i, s := range program {
		if err := p.step(s); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, s, err)
		}
		state, err := p.site.state()
		if err != nil {
			return err
		}
		if err := state.Always(); err != nil {
			return fmt.Errorf("after step %d, %s: %w", i+1, s, err)
		}
	}
	return nil
}

var (
	deployments = []string{"alpha", "beta"}
	names       = []string{"one", "two", "three", "four"}
	sets        = [][]string{{"ssh"}, {"http"}, {"ftp", "ssh"}, {"redis"}, {"http", "mysql", "ssh"}}
	operator    = fleet.Operator("olga")
)

func (p *player) step(s step) error {
	ctx := context.Background()
	deployment, name := deployments[s.A%len(deployments)], names[s.B%len(names)]
	services := sets[int(s.For/time.Millisecond)%len(sets)]
	mutate := func(in fleet.MutateInput) error {
		in.Deployment, in.Name = deployment, name
		out, err := p.site.fleet.Mutate(ctx, operator, in)
		if err == nil {
			p.accepted = append(p.accepted, out.Lifecycle.ID)
		}
		return refusal(err)
	}
	switch s.Do {
	case "deploy":
		subnet := fmt.Sprintf("10.9.%d.0/24", s.A%len(deployments))
		out, err := p.site.fleet.Deploy(ctx, operator.Actor, fleet.DeployInput{
			Deployment: deployment, Mode: []fleet.DeployMode{fleet.Add, fleet.Add, fleet.Add, fleet.Replace}[s.A%4],
			Network: &fleet.NetworkInput{Driver: engine.Bridge, Subnet: &subnet},
			Deckies: []*fleet.DeckySpec{{Name: name, Count: 1, Services: services}},
		})
		if err == nil {
			p.accept(out.Lifecycles...)
		}
		return refusal(err)
	case "mutate":
		return mutate(fleet.MutateInput{Services: services})
	case "pick":
		return mutate(fleet.MutateInput{})
	case "stale":
		return mutate(fleet.MutateInput{Services: services, ExpectedGeneration: &s.A})
	case "teardown", "teardownAll":
		in := fleet.TeardownInput{Deployment: deployment}
		if s.Do == "teardown" {
			in.Names = []string{name}
		}
		out, err := p.site.fleet.Teardown(ctx, operator.Actor, in)
		p.accept(out...)
		return refusal(err)
	case "cancel", "retry":
		if len(p.accepted) == 0 {
			return nil
		}
		// The younger ones are the more interesting.
		id := p.accepted[max(0, len(p.accepted)-1-s.A)]
		if s.Do == "cancel" {
			_, err := p.site.fleet.Cancel(ctx, operator.Actor, id)
			return refusal(err)
		}
		lc, err := p.site.fleet.Retry(ctx, operator.Actor, id)
		if err == nil {
			p.accept(lc)
		}
		return refusal(err)
	case "interval":
		every := time.Duration(1+s.B) * time.Minute
		in := fleet.IntervalInput{Deployment: deployment, Interval: &every}
		if s.A > 4 {
			in.Name = &name
		}
		_, _, err := p.site.fleet.SetMutateInterval(ctx, in)
		return refusal(err)
	case "crash":
		if err := p.site.crash(); err != nil {
			return err
		}
		return p.boot()
	case "fault":
		p.engine.trouble(faults[s.A%len(faults)], 1+s.B)
	case "kill":
		return p.kill(s)
	case "stranger":
		// What an earlier life of the server left behind: it is ours, and nobody wishes for it.
		_, err := p.engine.Engine.Ensure(ctx, engine.Decky{Ref: engine.Ref{ID: string(pid.New(pid.Decky))}, Services: services}, func(string) {})
		return err
	case "jump":
		p.clock.jump(time.Duration((s.A-3)*(1+s.B)*15) * s.For) // up to hours, either way
	case "wait":
		time.Sleep(s.For)
	}
	return nil
}

// kill stops a decky behind everyone's back.
func (p *player) kill(s step) error {
	seen, err := p.engine.Observe(context.Background())
	if err != nil || len(seen) == 0 {
		return err
	}
	p.engine.Kill(seen[s.A%len(seen)].ID)
	return nil
}

func (p *player) accept(lcs ...*ent.Lifecycle) {
	for _, lc := range lcs {
		p.accepted = append(p.accepted, lc.ID)
	}
}

// refusal lets pass what the fleet may answer: yes, or a refusal that says what the caller can do about it.
func refusal(err error) error {
	if refused := (*fleet.Error)(nil); errors.As(err, &refused) {
		return nil
	}
	return err
}

// settleWithin is how long all may take to settle once nothing fails any more: the reconciler's longest backoff, and some.
const settleWithin = 30 * time.Minute

// settle ends the trouble, waits, and checks that the end is a good one.
func (p *player) settle() error {
	p.engine.calm()
	p.engine.late.Wait()
	if err := p.rest(); err != nil {
		return err
	}
	var why error
	for began := time.Now(); time.Since(began) < settleWithin; time.Sleep(5 * time.Second) {
		state, err := p.site.state()
		if err != nil {
			return err
		}
		if err := p.actOnWhatWasGivenUp(state); err != nil {
			return err
		}
		seen, err := p.engine.Observe(context.Background())
		if err != nil {
			return err
		}
		if why = state.Settled(seen); why == nil {
			synctest.Wait() // the subscriber has heard of it by then
			if err := errors.Join(p.subscriber.sawAll(state), p.nothingLost(state), wishesStand(state)); err != nil {
				return fmt.Errorf("%w\n%s", err, story(state))
			}
			return nil
		}
	}
	state, err := p.site.state()
	return errors.Join(fmt.Errorf("it does not settle: %w", why), err, errors.New(story(state)))
}

// actOnWhatWasGivenUp does what an operator would: it retries the last failure of each decky that the reconciler has left.
func (p *player) actOnWhatWasGivenUp(s *invariant.State) error {
	for _, d := range s.Deckies {
		if !d.RepairGaveUp {
			continue
		}
		for _, lc := range slices.Backward(s.Lifecycles) {
			if lc.DeckyRef == d.ID && lc.Status == entlifecycle.StatusFailed {
				again, err := p.site.fleet.Retry(context.Background(), operator.Actor, lc.ID)
				if err == nil {
					p.accept(again)
				} else if err := refusal(err); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// story is the journal, for whoever looks for what went wrong.
func story(s *invariant.State) string {
	var b strings.Builder
	for _, e := range s.Journal {
		fmt.Fprintf(&b, "%4d %s %s/%s %s #%d attempt %d %s %s\n", e.ID, e.At.Format(time.TimeOnly), e.DeploymentName, e.DeckyName, e.LifecycleID[20:], e.Seq, e.Attempt, e.Status, e.Stage)
	}
	for _, lc := range s.Lifecycles {
		fmt.Fprintf(&b, "%s %s of %s: %s, generation %d, leased to %q until %v\n", lc.ID[20:], lc.Operation, lc.DeckyName, lc.Status, lc.Generation, lc.LeaseOwner, lc.LeaseExpiresAt)
	}
	return b.String()
}

// rest turns the schedule off.
func (p *player) rest() error {
	ctx := context.Background()
	state, err := p.site.state()
	if err != nil {
		return err
	}
	for _, d := range state.Deployments {
		_, _, err := p.site.fleet.SetMutateInterval(ctx, fleet.IntervalInput{Deployment: d.Name})
		if err := refusal(err); err != nil {
			return err
		}
	}
	for _, d := range state.Deckies {
		_, _, err := p.site.fleet.SetMutateInterval(ctx, fleet.IntervalInput{Deployment: d.Edges.Deployment.Name, Name: &d.Name})
		if err := refusal(err); err != nil {
			return err
		}
	}
	return nil
}

// nothingLost checks that every lifecycle that was accepted is there.
func (p *player) nothingLost(s *invariant.State) error {
	for _, id := range p.accepted {
		if !slices.ContainsFunc(s.Lifecycles, func(lc *ent.Lifecycle) bool { return lc.ID == id }) {
			return fmt.Errorf("lifecycle %s was accepted and is lost", id)
		}
	}
	return nil
}

// wishesStand is the model of the fleet: a decky is what the newest wish for it says that was neither canceled nor superseded; where there is none, there is no decky.
func wishesStand(s *invariant.State) error {
	wishes := map[pid.ID]*ent.Lifecycle{}
	for _, lc := range s.Lifecycles {
		if lc.Operation == entlifecycle.OperationRepair || lc.Status == entlifecycle.StatusCanceled || lc.Status == entlifecycle.StatusSuperseded {
			continue
		}
		if w := wishes[lc.DeckyRef]; w == nil || lc.Generation >= w.Generation {
			wishes[lc.DeckyRef] = lc
		}
	}
	stands := map[pid.ID][]string{}
	for _, d := range s.Deckies {
		stands[d.ID] = d.Services
	}
	for id, lc := range wishes {
		have, exists := stands[id]
		if exists != (len(lc.ToServices) > 0) || !slices.Equal(have, lc.ToServices) {
			return fmt.Errorf("decky %s has %v; the newest wish that stands, %s %s (%s), is for %v", lc.DeckyName, have, lc.Operation, lc.ID, lc.Status, lc.ToServices)
		}
		delete(stands, id)
	}
	if len(stands) > 0 {
		return fmt.Errorf("nobody wished for %v", stands)
	}
	return nil
}
