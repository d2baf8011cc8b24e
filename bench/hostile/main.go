// Command hostile measures what attackers on the wire cost those who mean well. It starts a server with a fleet, asks as an ordinary user at a steady pace,
// and meanwhile lets each kind of attacker loose, from another address, for a bounded time and at a bounded rate. It prints a table: what each attack was
// answered with, and how much longer the user's slowest answers took than they take when nobody attacks.
//
//	go run ./bench/hostile            (make bench-hostile)
//
// It needs bin/decnetd and bin/decoy. Everything stays on loopback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"decnet/internal/mortal"
)

func main() {
	log.SetFlags(0)
	each := flag.Duration("for", 3*time.Second, "how long each attack lasts, each time")
	rounds := flag.Int("rounds", 3, "how often each is measured; the medians are shown")
	only := flag.String("only", "", "run the attacks whose names contain this")
	flag.Parse()
	if err := run(*each, max(*rounds, 1), *only); err != nil {
		log.Fatal("hostile: ", err)
	}
}

// How fast everybody is. Attackers on a network do not use the server's own cores, as these here do: their rate is bounded so that what is measured is
// the server's work, and not theirs.
const (
	userRate    = 150 // the user's questions a second
	changeRate  = 10  // mutations a second, whatever else happens
	attackRate  = 300 // an attack's requests a second
	attackers   = 32  // connections that they come by
	idleSockets = 3000
	slowBodies  = 500
	streams     = 1500
	fleetSize   = 200
)

func run(each time.Duration, rounds int, only string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "decnet-hostile-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := mortal.Start(ctx, mortal.Options{Binary: "bin/decnetd", Data: dir, Args: []string{
		"--auth", "on", "--admin-password", password, "--engine", "sim", "--sim-latency", "20ms", "--log-level", "error",
	}})
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop() }()
	w, err := prepare(ctx, server)
	if err != nil {
		return err
	}
	fmt.Printf("A user asks for twenty deckies %d times a second, while %d mutations a second change the fleet; each attack lasts %s, at %d requests a second where it is one of requests.\n\n", userRate, changeRate, each, attackRate)
	fmt.Printf("| attack | by | tried | answered with | p50 | p99 | p99 before | ratio | server's memory |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	if _, err := w.user(ctx, each); err != nil { // warms caches, and grows the heap to its usual size
		return err
	}
	var worst []string
	for _, a := range attacks(w) {
		if !strings.Contains(a.name, only) {
			continue
		}
		r, err := w.measure(ctx, a, each, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		ratio := float64(r.under.p99) / float64(r.calm.p99)
		if ratio > 2 {
			worst = append(worst, fmt.Sprintf("%s (%.1f×)", a.name, ratio))
		}
		fmt.Printf("| %s | %s | %d | %s | %s | %s | %s | %.1f× | %d MB |\n",
			a.name, a.by, r.seen.total(), r.seen, ms(r.under.p50), ms(r.under.p99), ms(r.calm.p99), ratio, r.peak)
	}
	if len(worst) > 0 {
		fmt.Printf("\nBeyond twice the idle p99: %s.\n", strings.Join(worst, ", "))
	}
	return nil
}

// result is what an attack came to: medians of the rounds, and the most memory of all.
type result struct {
	calm, under latencies
	seen        *tally
	peak        int // MB
}

// measure holds an attack against the calm just before it, several times: the machine's own noise is that of the moment.
func (w *world) measure(ctx context.Context, a attack, each time.Duration, rounds int) (result, error) {
	r := result{seen: &tally{n: map[string]int{}}}
	var calm, under []latencies
	for range rounds {
		before, err := w.user(ctx, each)
		if err != nil {
			return r, err
		}
		during, peak, err := w.under(ctx, a, each, r.seen)
		if err != nil {
			return r, err
		}
		calm, under, r.peak = append(calm, before), append(under, during), max(r.peak, peak)
	}
	r.calm, r.under = median(calm), median(under)
	return r, nil
}

func median(l []latencies) latencies {
	byP99 := slices.SortedFunc(slices.Values(l), func(a, b latencies) int { return int(a.p99 - b.p99) })
	return byP99[len(byP99)/2]
}

// latencies are those of the user's answers.
type latencies struct{ p50, p99 time.Duration }

// user asks at a steady pace, and counts an answer's time from when it should have been asked: a server that stalls is not asked less.
func (w *world) user(ctx context.Context, d time.Duration) (latencies, error) {
	type answer struct {
		took time.Duration
		err  error
	}
	defer w.living(ctx)()
	n := int(d.Seconds() * userRate)
	answers := make(chan answer, n)
	begun := time.Now()
	for i := range n {
		due := begun.Add(time.Duration(i) * time.Second / userRate)
		time.Sleep(time.Until(due))
		go func() {
			err := w.ask(ctx, w.honest, w.annToken, `query($n: Int!) { deckies(first: $n) { totalCount edges { node { name state services ip } } } }`, map[string]any{"n": 20}, nil)
			answers <- answer{time.Since(due), err}
		}()
	}
	var took []time.Duration
	for range n {
		a := <-answers
		if a.err != nil {
			return latencies{}, fmt.Errorf("the user was refused: %w", a.err)
		}
		took = append(took, a.took)
	}
	slices.Sort(took)
	return latencies{p50: took[len(took)/2], p99: took[len(took)*99/100]}, nil
}

// living mutates deckies at a steady pace until it is told to stop: what streams bring is part of calm and storm alike.
func (w *world) living(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		due := time.NewTicker(time.Second / changeRate)
		defer due.Stop()
		for {
			select {
			case <-due.C:
				_ = w.ask(ctx, w.honest, w.admin, `mutation { mutateDecky(input: {name: "decky-001"}) { lifecycleIds } }`, nil, nil)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// under measures the user while an attack goes on.
func (w *world) under(ctx context.Context, a attack, d time.Duration, seen *tally) (latencies, int, error) {
	attacking, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- a.run(attacking, seen) }()
	peak, measured := 0, make(chan struct{})
	go func() {
		defer close(measured)
		for attacking.Err() == nil {
			peak = max(peak, memory(w.pid()))
			time.Sleep(50 * time.Millisecond)
		}
	}()
	select { // let it get under way
	case <-time.After(500 * time.Millisecond):
	case err := <-ended:
		return latencies{}, 0, errors.Join(errors.New("the attack ended early"), err)
	}
	got, err := w.user(ctx, d)
	stop()
	<-measured
	if attackErr := <-ended; err == nil && attackErr != nil && !errors.Is(attackErr, context.Canceled) {
		err = attackErr
	}
	time.Sleep(time.Second) // what it left behind is gone before the next
	return got, peak, err
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }
