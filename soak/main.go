// Command soak torments a real decnetd: operators ask for everything at once, the process is killed at random moments, containers are killed behind its back,
// and subscribers follow it all. When the time is over it checks that every accepted lifecycle has ended, that the world is as wished, that every
// subscriber has the whole story and that nothing is left behind, and prints what happened. It ends with status 1 on a violation.
//
//	go run ./soak -for 10m -kills 200 -engine sim
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"decnet/client"
	"decnet/internal/mortal"
	"decnet/pid"
)

type settings struct {
	binary, engine string
	lasts          time.Duration
	kills          int
	operators      int
	followers      int
	deckies        int
	seed           uint64
	subnets        string
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "binary", "bin/decnetd", "the server")
	flag.StringVar(&s.engine, "engine", "sim", "sim or docker")
	flag.DurationVar(&s.lasts, "for", 5*time.Minute, "how long to go on")
	flag.IntVar(&s.kills, "kills", 100, "how often to kill the server in that time")
	flag.IntVar(&s.operators, "operators", 4, "how many clients ask for changes at once")
	flag.IntVar(&s.followers, "followers", 3, "how many clients subscribe to everything")
	flag.IntVar(&s.deckies, "deckies", 0, "how many deckies there may be (default: 30 for sim, 6 for docker)")
	flag.Uint64Var(&s.seed, "seed", 0, "of what is done (default: a random one, which is printed)")
	flag.StringVar(&s.subnets, "subnets", "10.79", "the first two numbers of the deployments' subnets")
	flag.Parse()
	if s.deckies == 0 {
		s.deckies = 30
		if s.engine == "docker" {
			s.deckies = 6
		}
	}
	if s.seed == 0 {
		s.seed = rand.Uint64()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := &run{settings: s, did: map[string]int{}}
	err := r.run(ctx)
	r.print(err)
	if err != nil {
		os.Exit(1)
	}
}

// run is one soak.
type run struct {
	settings

	server    *mortal.Server
	client    *client.Client
	following []*mortal.Follower
	data      string

	mu         sync.Mutex
	did        map[string]int // operations that were accepted
	refused    int
	vandalism  int
	accepted   []string
	recoveries []time.Duration // from the kill to an answer
	entries    int
	settled    time.Duration
	began      time.Time
}

func (r *run) run(ctx context.Context) (err error) {
	r.began = time.Now()
	if r.data, err = os.MkdirTemp("", "decnet-soak"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	fmt.Printf("soak: %s engine, %s, %d kills, seed %d, data in %s\n", r.engine, r.lasts, r.kills, r.seed, r.data)
	decoy := filepath.Join(filepath.Dir(r.binary), "decoy")
	r.server, err = mortal.Start(ctx, mortal.Options{
		Binary: r.binary, Data: r.data, Args: []string{"--engine", r.engine, "--sim-latency", "20ms", "--lease", "2s", "--log-level", "warn"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.server.Stop()) }()
	r.client = client.New(r.server.URL)
	start, err := r.client.JournalCursor(ctx)
	if err != nil {
		return err
	}
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()
	for range r.settings.followers {
		r.following = append(r.following, mortal.Follow(following, r.server.URL, start))
	}
	r.torment(ctx)
	if err := r.check(ctx, decoy); err != nil {
		return err
	}
	return r.removeAll(ctx, decoy)
}

// torment lets everything happen at once until the time is over.
func (r *run) torment(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.lasts)
	defer cancel()
	var wg sync.WaitGroup
	for i := range r.operators {
		random := rand.New(rand.NewPCG(r.seed, uint64(i)))
		wg.Go(func() {
			for ctx.Err() == nil {
				r.operate(ctx, random)
				pause(ctx, time.Duration(random.IntN(60))*time.Millisecond)
			}
		})
	}
	random := rand.New(rand.NewPCG(r.seed, 1<<32))
	wg.Go(func() { r.kill(ctx, random) })
	if r.engine == "docker" {
		wg.Go(func() { r.vandalise(ctx) })
	}
	wg.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// kill kills the server the wanted number of times, at random moments, in the middle of a recovery too.
func (r *run) kill(ctx context.Context, random *rand.Rand) {
	for done := range r.kills {
		left := time.Until(r.began.Add(r.lasts))
		mean := left / time.Duration(r.kills-done)
		pause(ctx, min(time.Duration(random.Int64N(int64(max(2*mean, 2)))), left-mean/2)) // so that the last one comes in time
		if ctx.Err() != nil {
			return
		}
		at := time.Now()
		if r.server.Kill() != nil {
			return
		}
		if random.IntN(8) == 0 {
			continue // and once more, before it is back
		}
		if r.server.WaitReady(ctx) != nil {
			return
		}
		r.mu.Lock()
		r.recoveries = append(r.recoveries, time.Since(at))
		r.mu.Unlock()
	}
}

// vandalise kills and removes containers behind the server's back.
func (r *run) vandalise(ctx context.Context) {
	random := rand.New(rand.NewPCG(r.seed, 2<<32))
	for ctx.Err() == nil {
		pause(ctx, time.Duration(2+random.IntN(6))*time.Second)
		for d, err := range r.client.Deckies(ctx, "") {
			if err != nil || random.IntN(4) > 0 {
				continue
			}
			out, err := exec.CommandContext(ctx, "docker", "ps", "-q", "--filter", "label=decnet.decky="+d.Id).Output()
			if err != nil || len(out) == 0 {
				continue
			}
			verb := [][]string{{"kill"}, {"rm", "-f"}, {"pause"}}[random.IntN(3)]
			if exec.CommandContext(ctx, "docker", append(verb, string(out[:len(out)-1]))...).Run() == nil {
				r.mu.Lock()
				r.vandalism++
				r.mu.Unlock()
			}
			break
		}
	}
}

// operate asks for one change. An answer that is lost in a crash is no matter: what was accepted then is in the journal all the same.
func (r *run) operate(ctx context.Context, random *rand.Rand) {
	n := random.IntN(r.deckies)
	deployment := fmt.Sprintf("soak-%d", n%3)
	name := fmt.Sprintf("d-%d", n)
	set := [][]string{{"ssh"}, {"http"}, {"ftp", "ssh"}, {"redis"}, {"http", "mysql"}}[random.IntN(5)]
	key := string(pid.New("key"))
	var ids []string
	var err error
	what := ""
	switch p := random.IntN(100); {
	case p < 25:
		what = "deploy"
		subnet := fmt.Sprintf("%s.%d.0/24", r.subnets, n%3)
		var out *client.DeployResult
		out, err = r.client.Deploy(ctx, client.DeployInput{
			Deployment: deployment, IdempotencyKey: &key, Deckies: []client.DeckySpec{{Name: name, Services: set}},
			Network: &client.NetworkInput{Driver: client.NetworkDriverBridge, Subnet: &subnet},
		})
		if err == nil {
			ids = out.LifecycleIds
		}
	case p < 80:
		what = "mutate"
		in := client.MutateDeckyInput{Deployment: deployment, Name: name, IdempotencyKey: &key}
		if p < 60 {
			in.Services = set
		}
		var out *client.MutateResult
		if out, err = r.client.MutateDecky(ctx, in); err == nil {
			ids = out.LifecycleIds
		}
	case p < 88:
		what = "teardown"
		var out *client.TeardownResult
		if out, err = r.client.Teardown(ctx, client.TeardownInput{Deployment: deployment, Names: []string{name}}); err == nil {
			ids = out.LifecycleIds
		}
	default:
		id := r.recent(random)
		if id == "" {
			return
		}
		var lc *client.Lifecycle
		if p < 95 {
			what = "cancel"
			_, err = r.client.CancelLifecycle(ctx, id)
		} else if lc, err = r.client.RetryLifecycle(ctx, id); err == nil {
			what = "retry"
			ids = []string{lc.Id}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.did[what]++
		r.accepted = append(r.accepted, ids...)
	case client.CodeOf(err) != client.CodeUnreachable && ctx.Err() == nil:
		r.refused++
	}
}

// recent is one of the lifecycles that were accepted last.
func (r *run) recent(random *rand.Rand) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.accepted) == 0 {
		return ""
	}
	return r.accepted[max(0, len(r.accepted)-1-random.IntN(10))]
}

// settleWithin bounds how long all may take to settle: the repair of a decky that failed a few times among it.
const settleWithin = 5 * time.Minute

// check waits until all has settled, and holds it against the rules.
func (r *run) check(ctx context.Context, decoy string) error {
	ended := time.Now()
	for {
		found, err := mortal.Look(ctx, r.data, r.engine, decoy)
		if err != nil {
			return err
		}
		state := found.State
		if err := state.Always(); err != nil {
			return fmt.Errorf("VIOLATION: %w", err)
		}
		if why := found.Settled(); why != nil {
			if time.Since(ended) > settleWithin || ctx.Err() != nil {
				return fmt.Errorf("VIOLATION: it does not settle: %w", why)
			}
			pause(ctx, 200*time.Millisecond)
			continue
		}
		r.settled, r.entries = time.Since(ended), len(state.Journal)
		known := map[string]bool{}
		for _, lc := range state.Lifecycles {
			known[string(lc.ID)] = true
		}
		for _, id := range r.accepted {
			if !known[id] {
				return fmt.Errorf("VIOLATION: lifecycle %s was accepted and is lost", id)
			}
		}
		for _, f := range r.following {
			if err := f.SawAll(ctx, state, time.Minute); err != nil {
				return fmt.Errorf("VIOLATION: %w", err)
			}
		}
		return nil
	}
}

// removeAll takes everything down and checks that the engine holds nothing more.
func (r *run) removeAll(ctx context.Context, decoy string) error {
	for d, err := range r.client.Deployments(ctx) {
		if err != nil {
			return err
		}
		if _, err := r.client.Teardown(ctx, client.TeardownInput{Deployment: d.Name}); err != nil {
			return err
		}
	}
	return r.check(ctx, decoy)
}

func (r *run) print(err error) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	row := func(what string, value any) { fmt.Fprintf(w, "%s\t%v\n", what, value) }
	total := 0
	for _, what := range slices.Sorted(maps.Keys(r.did)) {
		row("accepted: "+what, r.did[what])
		total += r.did[what]
	}
	row("accepted in all", total)
	row("refused", r.refused)
	row("journal entries", r.entries)
	if r.server != nil {
		kills, _ := r.server.Kills()
		row("kills", kills)
	}
	if r.engine == "docker" {
		row("containers killed, paused or removed by hand", r.vandalism)
	}
	if n := len(r.recoveries); n > 0 {
		slices.Sort(r.recoveries)
		row("from a kill to an answer, median", r.recoveries[n/2].Round(time.Millisecond))
		row("from a kill to an answer, longest", r.recoveries[n-1].Round(time.Millisecond))
	}
	broken := 0
	for _, f := range r.following {
		broken += f.Broken()
	}
	row("subscribers' connections that broke", broken)
	row("from the last operation to all settled", r.settled.Round(time.Millisecond))
	if err != nil {
		row("violations", err)
		return
	}
	row("violations", 0)
}
