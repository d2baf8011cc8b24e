// Command decoy is what runs inside a decky: one static binary with every decoy protocol in it. It is told who it pretends to be by the
// environment variable DECOY_IDENTITY, takes requests by decoy/control, and writes what intruders do as event lines.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	_ "decnet/decoy/services/all"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "decoy:", err)
		os.Exit(1)
	}
}

const usage = `usage: decoy [--state DIR] [--events DIR] [--control stdin|unix:PATH]
       decoy services    print the slugs of the services in this binary, as JSON

Environment: DECOY_IDENTITY holds who the decoy pretends to be, as JSON.

Flags:
`

func run(args []string) error {
	flags := flag.NewFlagSet("decoy", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	stateDir := flags.String("state", "", "keep the last applied services in `DIR` and open them again at start")
	eventsDir := flags.String("events", "", "write event lines to segments in `DIR` instead of standard output")
	controlAt := flags.String("control", "stdin", "take requests on `stdin`, replies on stderr; or on the Unix socket unix:PATH")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch command := flags.Arg(0); {
	case flags.NArg() > 1:
		return fmt.Errorf("unexpected argument %q", flags.Arg(1))
	case command == "services":
		return json.NewEncoder(os.Stdout).Encode(decoy.Registered())
	case command != "":
		return fmt.Errorf("unknown command %q; see decoy --help", command)
	}
	socket := "" // none: standard input
	if *controlAt != "stdin" {
		var ok bool
		if socket, ok = strings.CutPrefix(*controlAt, "unix:"); !ok || socket == "" {
			return fmt.Errorf("--control %q is neither stdin nor unix:PATH", *controlAt)
		}
	}
	return serve(*stateDir, *eventsDir, socket)
}

func serve(stateDir, eventsDir, socket string) error {
	// Before anything else: whoever is told to end so early says so by its exit code too.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	limitMemory()
	signal.Ignore(syscall.SIGPIPE)             // a reader of events that goes away is an error of a write, not an end
	diagnostics := &lockedWriter{w: os.Stderr} // replies and log lines are whole lines
	log := slog.New(slog.NewJSONHandler(diagnostics, nil))

	host, err := identify()
	if err != nil {
		return err
	}
	var events io.Writer = os.Stdout
	if eventsDir != "" {
		segments, err := decoy.OpenSegments(eventsDir)
		if err != nil {
			return err
		}
		defer segments.Close()
		events = segments
	}
	runtime := decoy.New(decoy.Options{Host: host, Events: events, State: stateDir, Log: log})
	defer runtime.Close()
	runtime.Restore(ctx)

	if socket != "" {
		return runtime.ServeControlSocket(ctx, socket)
	}
	// A read of standard input can't be called off, so it isn't waited for.
	failed := make(chan error, 1)
	go func() { failed <- runtime.ServeControlStream(ctx, os.Stdin, diagnostics) }()
	select {
	case <-ctx.Done():
	case err := <-failed:
		if err != nil {
			log.Error("no more requests are taken", "err", err)
		}
		<-ctx.Done() // the services go on
	}
	return nil
}

// identify makes the host of DECOY_IDENTITY, which is then taken out of the environment: no service needs to see it.
func identify() (*decoy.Host, error) {
	const name = "DECOY_IDENTITY"
	text := os.Getenv(name)
	if text == "" {
		return nil, fmt.Errorf("%s is not set", name)
	}
	os.Unsetenv(name)
	var id control.Identity
	if err := json.Unmarshal([]byte(text), &id); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return decoy.NewHost(id, time.Now)
}

// limitMemory trades processor time for memory: there are many deckies on a host, and each has little to do. GOGC and GOMEMLIMIT,
// where they are set, win.
func limitMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(30)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(64 << 20)
	}
}

// lockedWriter writes each piece whole.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
