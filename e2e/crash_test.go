package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"decnet/client"
	"decnet/engine/enginetest"
	"decnet/ent"
	"decnet/internal/mortal"
)

const (
	crashLease = time.Second
	// crashSettles is how long all may take to settle after a crash: a lease, and the work itself on a machine that has much else to do.
	crashSettles = crashLease + patience
	// crashesAtOnce is how many servers die side by side: each waits for leases most of its time.
	crashesAtOnce = 6
	// killsPerPoint bounds at how many of a point's hits the server is killed; they are spread evenly over the scenario.
	killsPerPoint = 8
)

var buildFailing = sync.OnceValues(func() (string, error) {
	path := filepath.Join(enginetest.Root(), "bin", "decnetd-failpoints")
	cmd := exec.Command("go", "build", "-tags", "failpoints", "-o", path, ".")
	cmd.Dir = enginetest.Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return path, nil
})

// scenario is an afternoon of an operator's on a server that may die at any moment. Each operation is asked for until it is answered, with the same
// idempotency key.
type scenario struct {
	t        testing.TB
	ctx      context.Context
	server   *mortal.Server
	client   *client.Client
	subnet   string
	accepted []string
}

// insist asks until the server answers.
func insist[T any](s *scenario, ask func() (T, error)) (T, error) {
	for {
		out, err := ask()
		if client.CodeOf(err) != client.CodeUnreachable || s.ctx.Err() != nil {
			return out, err
		}
		require.NoError(s.t, s.server.WaitReady(s.ctx))
	}
}

func (s *scenario) deploy(key string, names ...string) {
	in := client.DeployInput{IdempotencyKey: &key, Network: &client.NetworkInput{Driver: client.NetworkDriverBridge, Subnet: &s.subnet}}
	for _, n := range names {
		in.Deckies = append(in.Deckies, client.DeckySpec{Name: n, Services: []string{"ssh"}})
	}
	out, err := insist(s, func() (*client.DeployResult, error) { return s.client.Deploy(s.ctx, in) })
	require.NoError(s.t, err)
	require.Len(s.t, out.LifecycleIds, len(names))
	s.accepted = append(s.accepted, out.LifecycleIds...)
}

func (s *scenario) mutate(key, name string, services ...string) string {
	in := client.MutateDeckyInput{Name: name, Services: services, IdempotencyKey: &key}
	out, err := insist(s, func() (*client.MutateResult, error) { return s.client.MutateDecky(s.ctx, in) })
	require.NoError(s.t, err)
	s.accepted = append(s.accepted, out.LifecycleIds...)
	return out.LifecycleIds[0]
}

func (s *scenario) teardown(name string) {
	out, err := insist(s, func() (*client.TeardownResult, error) {
		return s.client.Teardown(s.ctx, client.TeardownInput{Names: []string{name}})
	})
	if client.CodeOf(err) == client.CodeNotFound {
		return // the answer was lost in a crash, and the decky is gone
	}
	require.NoError(s.t, err)
	s.accepted = append(s.accepted, out.LifecycleIds...)
}

func (s *scenario) teardownAll() {
	out, err := insist(s, func() (*client.TeardownResult, error) { return s.client.Teardown(s.ctx, client.TeardownInput{}) })
	if client.CodeOf(err) != client.CodeNotFound {
		require.NoError(s.t, err)
		s.accepted = append(s.accepted, out.LifecycleIds...)
	}
	s.settled(crashSettles)
}

// cancel may come too late.
func (s *scenario) cancel(id string) {
	_, err := insist(s, func() (*client.Lifecycle, error) { return s.client.CancelLifecycle(s.ctx, id) })
	if client.CodeOf(err) != client.CodeConflict {
		require.NoError(s.t, err)
	}
}

// settled waits until every accepted lifecycle has ended and every decky is in step.
func (s *scenario) settled(within time.Duration) {
	ctx, cancel := context.WithTimeout(s.ctx, within)
	defer cancel()
	for {
		why := s.unsettled()
		if why == "" {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			s.t.Fatalf("after %s: %s\n%s", within, why, s.server.Log())
		}
	}
}

func (s *scenario) unsettled() string {
	if len(s.accepted) > 0 {
		for lc, err := range s.client.Lifecycles(s.ctx, client.Follow{IDs: s.accepted}) {
			if err != nil {
				return err.Error()
			}
			if lc.CompletedAt == nil {
				return fmt.Sprintf("lifecycle %s (%s of %s) is %s", lc.Id, lc.Operation, lc.DeckyName, lc.Status)
			}
		}
	}
	for d, err := range s.client.Deckies(s.ctx, "") {
		if err != nil {
			return err.Error()
		}
		if d.State != client.DeckyStateRunning || d.Generation != d.ObservedGeneration {
			return fmt.Sprintf("decky %s is %s, at generation %d of %d", d.Name, d.State, d.ObservedGeneration, d.Generation)
		}
	}
	return ""
}

// play is the afternoon: it comes by every kind of operation, and by every end but a failure.
func (s *scenario) play() {
	s.deploy("d1", "a", "b", "c")
	s.settled(crashSettles)
	s.mutate("m1", "a", "http")
	s.mutate("m2", "a", "ftp", "ssh") // supersedes, when it is quick enough
	s.mutate("m3", "b")
	s.cancel(s.mutate("m4", "c", "telnet"))
	s.settled(crashSettles)
	s.deploy("d2", "d")
	s.mutate("m5", "d", "redis")
	s.teardown("b")
	s.cancel(s.mutate("m6", "c", "smtp"))
	s.settled(crashSettles)
}

// crash plays the scenario on a server that dies at a failpoint, and checks what is left when it is over. It returns how often the server
// died.
func crash(t *testing.T, binary, engineKind, subnet string, o mortal.Options) (kills int) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	o.Binary = binary
	o.Args = []string{"--engine", engineKind, "--sim-latency", "20ms", "--lease", crashLease.String(), "--decoy-binary", enginetest.Decoy(t)}
	server, err := mortal.Start(ctx, o)
	require.NoError(t, err)
	defer server.Stop() // when a check below ends the test
	s := &scenario{t: t, ctx: ctx, server: server, client: client.New(server.URL), subnet: subnet}
	start, err := insist(s, func() (string, error) { return s.client.JournalCursor(ctx) })
	require.NoError(t, err)
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()
	follower := mortal.Follow(following, server.URL, start)
	s.play()
	look := func() *mortal.Found {
		found, err := mortal.Look(ctx, o.Data, engineKind, enginetest.Decoy(t))
		require.NoError(t, err)
		require.NoError(t, found.Settled(), "%v\n%s", o.Failpoints, server.Log())
		return found
	}
	state := look().State
	for _, id := range s.accepted {
		require.True(t, slices.ContainsFunc(state.Lifecycles, func(lc *ent.Lifecycle) bool { return string(lc.ID) == id }), "lifecycle %s was accepted and is lost", id)
	}
	require.NoError(t, follower.SawAll(ctx, state, patience), "%v", o.Failpoints)
	s.teardownAll()
	gone := look()
	require.Empty(t, gone.Seen)
	if engineKind == "docker" {
		for _, kind := range []string{"container", "network", "volume"} {
			left := output(t, "docker", kind, "ls", "-q", "--filter", "label=decnet.owner="+gone.Owner)
			require.Empty(t, left, "a %s is left behind", kind)
		}
	}
	kills, _ = server.Kills()
	require.NoError(t, server.Stop())
	return kills
}

// hits counts how often each failpoint is reached when nothing dies.
func hits(t *testing.T, binary, engineKind, subnet string) map[string]int {
	trace := filepath.Join(t.TempDir(), "trace")
	kills := crash(t, binary, engineKind, subnet, mortal.Options{Data: t.TempDir(), Trace: trace})
	require.Zero(t, kills)
	b, err := os.ReadFile(trace)
	require.NoError(t, err)
	out := map[string]int{}
	for name := range strings.FieldsSeq(string(b)) {
		out[name]++
	}
	return out
}

// spread picks up to n of 1..count, evenly, the first and the last among them.
func spread(count, n int) []int {
	if count <= n {
		n = count
	}
	var out []int
	for i := range n {
		out = append(out, 1+i*(count-1)/max(n-1, 1))
	}
	return out
}

// subnet is one of a server's own: several of them share an engine.
func subnet(engineKind string, n int) string {
	return fmt.Sprintf("10.%d.%d.0/24", map[string]int{"sim": 77, "docker": 78}[engineKind], n)
}

func TestCrashMatrix(t *testing.T) {
	binary, err := buildFailing()
	require.NoError(t, err)
	matrix(t, binary, "sim", killsPerPoint, crashesAtOnce, func(string) bool { return true })
}

// On a real engine: the points on either side of it.
func TestCrashMatrixOnDocker(t *testing.T) {
	enginetest.RequireDocker(t)
	binary, err := buildFailing()
	require.NoError(t, err)
	matrix(t, binary, "docker", 3, 2, func(point string) bool {
		return strings.HasPrefix(point, "docker.") || strings.HasPrefix(point, "runner.")
	})
}

// matrix kills a server at each hit that is picked of each failpoint, and at the same point again while it recovers.
func matrix(t *testing.T, binary, engineKind string, perPoint, atOnce int, wanted func(point string) bool) {
	counts := hits(t, binary, engineKind, subnet(engineKind, 0))
	var points []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if wanted(name) {
			points = append(points, name)
		}
	}
	require.NotEmpty(t, points)
	type cell struct {
		arms []string
		n    int
	}
	var cells []cell
	for _, name := range points {
		for _, k := range spread(counts[name], perPoint) {
			cells = append(cells, cell{arms: []string{fmt.Sprintf("%s@%d", name, k)}, n: len(cells) + 1})
		}
		// It dies in the middle, and once more at the same point when it takes up what was left.
		cells = append(cells, cell{arms: []string{fmt.Sprintf("%s@%d", name, (counts[name]+1)/2), name + "@1"}, n: len(cells) + 1})
	}
	var mu sync.Mutex
	killed := map[string]int{}
	t.Run("cells", func(t *testing.T) {
		slots := make(chan struct{}, atOnce)
		var wg sync.WaitGroup
		for _, c := range cells {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				t.Run(strings.Join(c.arms, "+"), func(t *testing.T) {
					kills := crash(t, binary, engineKind, subnet(engineKind, c.n), mortal.Options{Data: t.TempDir(), Failpoints: c.arms})
					mu.Lock()
					defer mu.Unlock()
					killed[strings.SplitN(c.arms[0], "@", 2)[0]] += kills
				})
			})
		}
		wg.Wait()
	})
	total := 0
	for _, name := range points {
		// The order of things differs from run to run, so one cell may miss its moment; a whole point may not.
		assert.Positive(t, killed[name], "no server died at %s", name)
		total += killed[name]
	}
	t.Logf("%s engine: %d servers died %d times at %d failpoints; every accepted lifecycle ended, every follower has the whole story", engineKind, len(cells), total, len(points))
}
