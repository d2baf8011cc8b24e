// Command bench measures decnet against the floors of the machine it runs on, in one run, and prints ratios: absolute times move from machine to machine.
//
//	go run ./bench            (make bench)
//
// It needs bin/decnetd, bin/decoy and a Docker Engine, and removes what it has made.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"decnet/client"
)

func main() {
	log.SetFlags(0)
	engine := flag.String("engine", "docker", "docker or process")
	flag.Parse()
	if err := run(*engine); err != nil {
		log.Fatal("bench: ", err)
	}
}

func run(engine string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "decnet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := start(ctx, engine, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	b := &bench{server: s, dir: dir}
	fmt.Printf("| what | figure | floor | ratio | aim |\n| --- | --- | --- | --- | --- |\n")
	for _, part := range []func(context.Context) error{b.memoryIdle, b.answer, b.firstByte, b.deploy20, b.drift, b.memoryDecky} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return s.ask(ctx, `mutation { teardown(input: {}) { lifecycleIds } }`, nil, nil)
}

type bench struct {
	*server
	dir string
}

func row(what, figure, floor, ratio, aim string) {
	fmt.Printf("| %s | %s | %s | %s | %s |\n", what, figure, floor, ratio, aim)
}

// server is a decnetd process and a client of it.
type server struct {
	url string
	cmd *exec.Cmd
	out *bytes.Buffer
}

func start(ctx context.Context, engine, dir string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	_ = l.Close()
	s := &server{url: "http://" + address, out: &bytes.Buffer{}}
	s.cmd = exec.CommandContext(ctx, "bin/decnetd", "--engine", engine, "--auth", "off", "--listen", address, "--data", filepath.Join(dir, "data"), "--log-level", "warn")
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	if err := forget("bin/decnetd"); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start bin/decnetd (make build makes it): %w", err)
	}
	return s, until(ctx, func() bool {
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// forget has the kernel drop a file from its cache, as it is after a boot. Of a program that was just built all of it is there, in large pieces, and a process
// that touches one page of a piece is said to have the whole of it.
func forget(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open %s (make build makes it): %w", path, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// stop waits for the teardown that ended the run, and ends the server.
func (s *server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	_ = s.ask(ctx, `mutation { teardown(input: {}) { lifecycleIds } }`, nil, nil)
	_ = until(ctx, func() bool {
		var out struct{ Deployments struct{ TotalCount int } }
		return s.ask(ctx, `{ deployments { totalCount } }`, nil, &out) == nil && out.Deployments.TotalCount == 0
	})
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

func until(ctx context.Context, ok func() bool) error {
	for !ok() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

func (s *server) ask(ctx context.Context, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var out struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return err
	}
	if len(out.Errors) > 0 {
		return fmt.Errorf("%s", out.Errors[0].Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out.Data, into)
}

// deploy deploys count deckies of one service and returns their lifecycles.
func (s *server) deploy(ctx context.Context, name string, count int) ([]string, error) {
	var out struct {
		Deploy struct{ LifecycleIds []string }
	}
	err := s.ask(ctx, `mutation($d: [DeckySpec!]!) { deploy(input: {deckies: $d}) { lifecycleIds } }`,
		map[string]any{"d": []any{map[string]any{"name": name, "count": count, "services": []string{"ssh"}}}}, &out)
	return out.Deploy.LifecycleIds, err
}

// settle waits until lifecycles have ended well, as a client that watches does: one that asks again and again would take from the cores what is measured.
func (s *server) settle(ctx context.Context, ids []string) error {
	return client.New(s.url).FollowLifecycles(ctx, client.Follow{IDs: ids}, func(e client.Event) error {
		switch e.Status {
		case client.LifecycleStatusFailed, client.LifecycleStatusCanceled:
			return fmt.Errorf("a lifecycle ended %s, of %s", e.Status, e.Lifecycle.DeckyName)
		}
		return nil
	})
}

// rss is a process's resident memory in MB.
func rss(pid int) float64 { return memory(pid, "VmRSS:") }

// memory is a line of a process's status, in MB.
func memory(pid int, field string) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

func (b *bench) memoryIdle(context.Context) error {
	m := rss(b.cmd.Process.Pid)
	own := memory(b.cmd.Process.Pid, "RssAnon:")
	row("memory of the idle server", fmt.Sprintf("%.0f MB, %.0f of it the program's file", m, m-own), "–", "–", "≤ 60 MB")
	return nil
}

func quantile(d []time.Duration, q float64) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

// inTurns measures calls of each of the functions, one at a time and in turns, each begun when the one before has long ended, for as long as more holds: what is measured is
// the answer and not the queue behind it, and all meet the machine in the same state. It adds to what was measured before.
func inTurns(took [][]time.Duration, more func(turn int) bool, calls ...func(i int) error) ([][]time.Duration, error) {
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	if took == nil {
		took = make([][]time.Duration, len(calls))
	}
	for i := 0; more(i); i++ {
		for c, call := range calls {
			<-pace.C
			began := time.Now()
			if err := call(i); err != nil {
				return nil, err
			}
			took[c] = append(took[c], time.Since(began))
		}
	}
	return took, nil
}

// bareSync writes a page to a file and waits until the disk has it, which is the least that a durable commit does.
func bareSync(path string) (call func(int) error, done func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	page := make([]byte, 4096)
	return func(i int) error {
		if _, err := f.WriteAt(page, int64(i%100)*int64(len(page))); err != nil {
			return err
		}
		return f.Sync()
	}, func() { _ = f.Close() }, nil
}

// storms is how often the answer is measured during a deploy: the 99th percentile of one alone is two or three answers, and wanders by itself.
const storms = 3

// answer measures mutateDecky's answer, idle and during a deploy of 50, against a bare commit behind a bare HTTP handler.
func (b *bench) answer(ctx context.Context) error {
	ids, err := b.deploy(ctx, "one", 1)
	if err != nil {
		return err
	}
	if err := b.settle(ctx, ids); err != nil {
		return err
	}
	bare, stop, err := bareCommit(ctx, filepath.Join(b.dir, "floor.db"))
	if err != nil {
		return err
	}
	defer stop()
	sync, closeFile, err := bareSync(filepath.Join(b.dir, "floor.page"))
	if err != nil {
		return err
	}
	defer closeFile()
	sets := [][]string{{"ssh"}, {"ssh", "telnet"}}
	calls := []func(int) error{func(i int) error {
		return b.ask(ctx, `mutation($s: [String!]) { mutateDecky(input: {name: "one", services: $s}) { lifecycleIds } }`, map[string]any{"s": sets[i%2]}, nil)
	}, bare, sync}
	if _, err := inTurns(nil, func(turn int) bool { return turn < 50 }, calls...); err != nil { // warm
		return err
	}
	calm, err := inTurns(nil, func(turn int) bool { return turn < 500 }, calls...)
	if err != nil {
		return err
	}
	var storm [][]time.Duration
	for range storms {
		if storm, err = b.storm(ctx, storm, calls); err != nil {
			return err
		}
	}
	idle, floor, busy, busyFloor := calm[0], calm[1], storm[0], storm[1]
	p50, p99 := quantile(idle, .5), quantile(idle, .99)
	row("mutateDecky, answer p50, idle", ms(p50), ms(quantile(floor, .5))+" (bare commit by HTTP)", ratio(p50, quantile(floor, .5)), "≤ 3×")
	row("mutateDecky, answer p99, idle", ms(p99), ms(quantile(floor, .99))+" (the same)", ratio(p99, quantile(floor, .99)), "–")
	during := fmt.Sprintf(", during deploys of 50 (%d answers)", len(busy))
	row("mutateDecky, answer p50"+during, ms(quantile(busy, .5)), ms(p50)+" (idle)", ratio(quantile(busy, .5), p50), "–")
	row("mutateDecky, answer p99"+during, ms(quantile(busy, .99)), ms(p99)+" (idle)", ratio(quantile(busy, .99), p99), "≤ 2×")
	for _, q := range []float64{.9, .99} {
		row(fmt.Sprintf("… beside the bare commit then, p%.0f", 100*q), ms(quantile(busy, q)), ms(quantile(busyFloor, q)), ratio(quantile(busy, q), quantile(busyFloor, q)), "–")
	}
	before, then := quantile(calm[2], .99), quantile(storm[2], .99)
	row("a page to the disk and nothing else, p99, then", ms(then), ms(before)+" (idle)", ratio(then, before), "–")
	return nil
}

// storm measures while 50 deckies are deployed, and removes them.
func (b *bench) storm(ctx context.Context, took [][]time.Duration, calls []func(int) error) ([][]time.Duration, error) {
	ids, err := b.deploy(ctx, "fifty", 50)
	if err != nil {
		return nil, err
	}
	settled := make(chan error, 1)
	go func() { settled <- b.settle(ctx, ids) }()
	took, err = inTurns(took, func(int) bool { return len(settled) == 0 }, calls...)
	if err := errors.Join(err, <-settled); err != nil {
		return nil, err
	}
	var names []string
	for i := range ids {
		names = append(names, fmt.Sprintf("fifty-%02d", i+1))
	}
	var out struct {
		Teardown struct{ LifecycleIds []string }
	}
	if err := b.ask(ctx, `mutation($n: [String!]) { teardown(input: {names: $n}) { lifecycleIds } }`, map[string]any{"n": names}, &out); err != nil {
		return nil, err
	}
	return took, b.settle(ctx, out.Teardown.LifecycleIds)
}

// firstByte measures from the mutation to the first byte of the new service.
func (b *bench) firstByte(ctx context.Context) error {
	var at struct {
		Decky struct{ IP string }
	}
	if err := b.ask(ctx, `{ decky(name: "one") { ip } }`, nil, &at); err != nil {
		return err
	}
	var open, answered []time.Duration
	for range 60 {
		if err := b.swap(ctx, "ssh"); err != nil {
			return err
		}
		began := time.Now()
		if err := b.ask(ctx, `mutation { mutateDecky(input: {name: "one", services: ["ssh", "telnet"]}) { lifecycleIds } }`, nil, nil); err != nil {
			return err
		}
		answered = append(answered, time.Since(began))
		if err := greeted(ctx, at.Decky.IP+":23"); err != nil {
			return err
		}
		open = append(open, time.Since(began))
	}
	floor, err := b.floorSwap(ctx, at.Decky.IP)
	if err != nil {
		return err
	}
	p50 := quantile(open, .5)
	row("mutation to the new service's first byte, p50", ms(p50), ms(quantile(floor, .5))+" (the engine's call alone)", ratio(p50, quantile(floor, .5)), "within 5 ms")
	row("… of it the answer", ms(quantile(answered, .5)), "–", "–", "–")
	return nil
}

// swap brings the decky to the services and waits for it.
func (b *bench) swap(ctx context.Context, services ...string) error {
	var out struct {
		MutateDecky struct{ LifecycleIds []string }
	}
	err := b.ask(ctx, `mutation($s: [String!]) { mutateDecky(input: {name: "one", services: $s}) { lifecycleIds } }`, map[string]any{"s": services}, &out)
	if err != nil {
		return err
	}
	return b.settle(ctx, out.MutateDecky.LifecycleIds)
}

// greeted returns once an address has sent a byte.
func greeted(ctx context.Context, address string) error {
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
			_, err = conn.Read(make([]byte, 1))
			_ = conn.Close()
			if err == nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(300 * time.Microsecond): // often enough to see it, seldom enough to leave the cores to what is measured
		}
	}
}

func (b *bench) memoryDecky(ctx context.Context) error {
	if err := b.swap(ctx, "ssh", "telnet", "http", "redis"); err != nil {
		return err
	}
	select { // after hundreds of mutations: what they have left behind it gives back in ten seconds
	case <-time.After(12 * time.Second):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	var of struct{ Deployment struct{ ID string } }
	if err := b.ask(ctx, `{ deployment { id } }`, nil, &of); err != nil {
		return err
	}
	id, err := exec.CommandContext(ctx, "docker", "ps", "--quiet", "--filter", "label=decnet.name=one", "--filter", "label=decnet.network="+of.Deployment.ID).Output()
	if err != nil {
		return fmt.Errorf("find the decky's container: %w", err)
	}
	pid, err := exec.CommandContext(ctx, "docker", "inspect", "--format", "{{.State.Pid}}", strings.TrimSpace(string(id))).Output()
	if err != nil {
		return fmt.Errorf("find the decoy: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(pid)))
	if err != nil {
		return fmt.Errorf("find the decoy: %w", err)
	}
	m := rss(n)
	row("memory of a decky with four services", fmt.Sprintf("%.1f MB, %.1f of it the program's file, which deckies share", m, m-memory(n, "RssAnon:")), "–", "–", "≤ 15 MB")
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

func ratio(a, b time.Duration) string { return fmt.Sprintf("%.2f×", float64(a)/float64(b)) }

// each runs f for 0 to n-1, four at a time.
func each(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	slots := make(chan struct{}, concurrency)
	errs := make([]error, n)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			errs[i] = f(i)
			<-slots
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// concurrency is the server's own: twice the cores of the machines it was measured on.
const concurrency = 4
