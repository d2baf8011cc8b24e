// Command cost measures what one decky costs: the memory of one with five services that nobody talks to and of one that was scanned, how many connections a second it takes under a
// scan, and how much of a core each costs. The floor is a program that accepts a connection, writes a line and closes it, and does nothing else.
//
//	go run ./bench/cost            (make bench-decoy)
//
// It needs bin/decoy. Everything stays on loopback, and is bounded by -for and -rate.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"decnet/engine"
	"decnet/engine/process"
)

var services = []string{"ssh", "http", "redis", "mysql", "snmp"}

func main() {
	log.SetFlags(0)
	lasts := flag.Duration("for", 5*time.Second, "how long each scan lasts")
	rate := flag.Int("rate", 5000, "most connections a second")
	flag.Parse()
	if err := run(*lasts, *rate); err != nil {
		log.Fatal("bench/cost: ", err)
	}
}

func run(lasts time.Duration, rate int) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "decnet-bench-decoy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	e, err := process.New(process.Options{Dir: dir, DecoyBinary: filepath.Join("bin", "decoy"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer e.Close()
	d := engine.Decky{
		Ref: engine.Ref{ID: "bench", Name: "bench", Deployment: "bench", NetworkID: "bench"}, IP: netip.AddrFrom4([4]byte{127, 45, 0, 10}),
		Network:  engine.Network{ID: "bench", Driver: engine.Loopback, Subnet: netip.MustParsePrefix("127.45.0.0/24")},
		Hostname: "SRV-ALPHA-42", OS: "linux", Distro: "debian", Seed: bytes.Repeat([]byte("bench"), 8), Services: services, Generation: 1,
	}
	began := time.Now()
	observed, err := e.Ensure(ctx, d, func(string) {})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Remove(context.WithoutCancel(ctx), d.Ref, func(string) {})) }()
	ready := time.Since(began)
	pid, _, _ := strings.Cut(strings.TrimPrefix(observed.Instance, "pid:"), ":")
	decky, err := strconv.Atoi(pid)
	if err != nil {
		return fmt.Errorf("which process the decky is: %q", observed.Instance)
	}
	var targets []string
	for _, end := range observed.Endpoints {
		if end.Proto == "tcp" {
			targets = append(targets, net.JoinHostPort(d.IP.String(), strconv.Itoa(end.Port)))
		}
	}
	started, err := usage(decky)
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	idle, err := usage(decky)
	if err != nil {
		return err
	}

	bare, err := floor()
	if err != nil {
		return err
	}
	defer bare.Close()
	floorRate := scan(ctx, lasts, rate, []string{bare.Addr().String()})
	before, err := usage(decky)
	if err != nil {
		return err
	}
	scanRate := scan(ctx, lasts, rate, targets)
	after, err := usage(decky)
	if err != nil {
		return err
	}
	connections := scanRate * lasts.Seconds()
	if connections == 0 {
		return errors.New("no connection was answered")
	}
	fmt.Printf("| what | figure | floor |\n| --- | --- | --- |\n")
	fmt.Printf("| start of a decky with %s | %d ms | – |\n", strings.Join(services, ", "), ready.Milliseconds())
	fmt.Printf("| memory, idle | %.1f MB | – |\n", idle.megabytes)
	fmt.Printf("| memory, after the scan | %.1f MB | – |\n", after.megabytes)
	fmt.Printf("| processor, idle | %.1f ms in 2 s | – |\n", (idle.processor-started.processor).Seconds()*1000)
	fmt.Printf("| connections a second under a scan | %.0f | %.0f |\n", scanRate, floorRate)
	fmt.Printf("| processor for one connection | %.2f ms | – |\n", (after.processor-before.processor).Seconds()*1000/connections)
	return nil
}

// floor answers each connection with a line, and that is all.
func floor() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.WriteString(conn, "hello\r\n") // who has left by then has had its answer
			}()
		}
	}()
	return l, nil
}

// scan connects to the targets in turns as a scanner does, from many addresses, and returns how many connections a second were answered.
func scan(ctx context.Context, lasts time.Duration, rate int, targets []string) float64 {
	const workers = 16
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	var answered atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			pace := time.NewTicker(time.Second * workers / time.Duration(rate))
			defer pace.Stop()
			for i := 0; ; i++ {
				select {
				case <-ctx.Done():
					return
				case <-pace.C:
				}
				if probe(ctx, targets[i%len(targets)]) {
					answered.Add(1)
				}
			}
		})
	}
	all.Wait()
	return float64(answered.Load()) / lasts.Seconds()
}

// probe connects, asks what any service answers in some way, and tells whether an answer came.
func probe(ctx context.Context, target string) bool {
	// From many addresses, for a decky grants each only so much.
	dialer := net.Dialer{Timeout: time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 2, byte(rand.IntN(250)), byte(1+rand.IntN(250)))}}
	conn, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(time.Second)) != nil {
		return false
	}
	_, _ = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n") // a service that says no at once says it all the same
	n, _ := conn.Read(make([]byte, 512))
	return n > 0
}

// cost is what a process has used.
type cost struct {
	megabytes float64       // resident
	processor time.Duration // of all its life
}

func usage(pid int) (c cost, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return c, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				return c, err
			}
			c.megabytes = kilobytes / 1024
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return c, err
	}
	// The name, in brackets, may hold blanks; the ticks in the two modes are the 12th and 13th field after it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const ticksPerSecond = 100
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return c, err
		}
		c.processor += time.Duration(ticks) * time.Second / ticksPerSecond
	}
	return c, nil
}
