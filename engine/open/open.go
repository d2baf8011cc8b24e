// Package open makes the engine that the settings ask for.
package open

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"decnet/catalog"
	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/process"
	"decnet/engine/remote"
	"decnet/engine/sim"
)

// Options are the settings that matter to engines.
type Options struct {
	Kind           string // auto, docker, process, sim, or the address of an engine process: unix:///…
	DockerHost     string
	DecoyBinary    string // "": decoy beside this program
	Dir            string // where the process engine and the sim keep their deckies
	Owner          string // the installation
	SimLatency     time.Duration
	SimFailureRate float64
	Catalog        *catalog.Catalog
	Log            *slog.Logger
}

// Opened is an engine with the kinds of network that it can make, the default first.
type Opened struct {
	engine.Engine
	Drivers []engine.Driver
	// NoImages says why it can't run services that have an image of the user's own; "" when it can.
	NoImages string
	// HostAddresses are those of the engine's host, with their networks, where it may be another than this process sees; nil elsewhere.
	HostAddresses func() []netip.Prefix
}

// answerWithin is how long auto waits for a Docker Engine to answer.
const answerWithin = 3 * time.Second

// Engine makes the engine.
func Engine(ctx context.Context, o Options) (*Opened, error) {
	if strings.HasPrefix(o.Kind, remote.Scheme) {
		e, drivers := remote.Dial(ctx, o.Kind, o.Owner, o.Log)
		return &Opened{Engine: e, Drivers: drivers, HostAddresses: e.HostAddresses}, nil
	}
	if o.DecoyBinary == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the decoy binary: %w", err)
		}
		o.DecoyBinary = filepath.Join(filepath.Dir(self), "decoy")
	}
	switch o.Kind {
	case "sim":
		e, err := sim.Open(filepath.Join(o.Dir, "sim"), sim.Options{Latency: o.SimLatency, FailureRate: o.SimFailureRate, Catalog: o.Catalog})
		if err != nil {
			return nil, err
		}
		return &Opened{Engine: e, Drivers: []engine.Driver{engine.Bridge, engine.Loopback, engine.MACVLAN, engine.IPVLAN}}, nil
	case "process":
		return openProcess(o)
	}
	e, err := docker.New(docker.Options{Host: o.DockerHost, Owner: o.Owner, DecoyBinary: o.DecoyBinary, Catalog: o.Catalog, Log: o.Log})
	if err != nil {
		return nil, err
	}
	if o.Kind == "auto" {
		ping, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		if err := e.Ping(ping); err != nil {
			o.Log.InfoContext(ctx, "no Docker Engine answers: deckies are processes on loopback addresses", "docker", err)
			_ = e.Close()
			return openProcess(o)
		}
	}
	return &Opened{Engine: e, Drivers: []engine.Driver{engine.Bridge, engine.MACVLAN, engine.IPVLAN}}, nil
}

func openProcess(o Options) (*Opened, error) {
	e, err := process.New(process.Options{Dir: o.Dir, DecoyBinary: o.DecoyBinary, Log: o.Log})
	if err != nil {
		return nil, err
	}
	return &Opened{
		Engine: e, Drivers: []engine.Driver{engine.Loopback},
		NoImages: "it has an image of its own, which needs a Docker Engine: this server's deckies are processes",
	}, nil
}
