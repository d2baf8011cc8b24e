// Package docker makes deckies on a Docker Engine: ONE hardened container a decky, from an image that holds nothing but the static decoy
// binary. The engine itself makes the image, by import: no registry, no Dockerfile, no build.
//
// A mutation recreates nothing. The container's stdin is its control channel: one JSON line goes in, the decoy opens and closes
// listeners, and one JSON line comes back on stderr. So the address, the MAC, the uptime and every session on a service that stays survive, as on a
// real host. Evidence goes out on stdout, and is read from the engine's log stream only: what an intruder does can neither block a control
// exchange nor look like one.
//
// A service that has an image of the user's own runs in a second container, a sidecar, in the decky's network namespace.
//
// What is ours is found by labels; nothing is remembered here, and every call is safe to repeat.
package docker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"decnet/catalog"
	"decnet/engine"
	"decnet/engine/lock"
)

// Labels of what is ours.
const (
	labelOwner      = "decnet.owner"      // the installation, so that two servers on one engine leave each other's alone
	labelDecky      = "decnet.decky"      // the decky's ID
	labelName       = "decnet.name"       // the decky's name, for people
	labelDeployment = "decnet.deployment" // the deployment's name, for people
	labelNetwork    = "decnet.network"    // the network's ID
	labelSpec       = "decnet.spec"       // a hash of the identity: another one means another container
	labelService    = "decnet.service"    // of a sidecar: the service that it is
	labelPorts      = "decnet.ports"      // … and its ports
)

// Options are the engine's settings; zero values mean the defaults.
type Options struct {
	Host        string // "" is DOCKER_HOST, or the local socket
	Owner       string // the installation's ID
	DecoyBinary string // the static decoy
	Catalog     *catalog.Catalog
	Log         *slog.Logger
	Memory      int64 // bytes a decky may use; 128 MiB
	Pids        int64 // processes and threads a decky may have; 64
}

// Engine is a Docker Engine.
type Engine struct {
	cli  *client.Client
	opts Options
	log  *slog.Logger

	image    onceValue
	networks lock.ByKey

	settling   lock.Lock
	negotiated bool // guarded by settling

	mu      sync.Mutex
	refused map[string]bool // sysctls that this kernel does not take

	// sidecarsMay tells whether a decky may have sidecars: by the catalog, or because one has been seen. Where none may, nobody asks for them.
	sidecarsMay atomic.Bool
	news        news
}

var _ engine.Engine = (*Engine)(nil)

// New returns an engine; it does not ask whether it answers. The decoy binary is read at the first Ensure.
func New(o Options) (*Engine, error) {
	if o.Memory == 0 {
		o.Memory = 128 << 20
	}
	if o.Pids == 0 {
		o.Pids = 64
	}
	if o.Catalog == nil {
		o.Catalog = catalog.Default()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Owner == "" {
		return nil, errors.New("docker: an engine needs an owner")
	}
	if _, err := os.Stat(o.DecoyBinary); err != nil {
		return nil, fmt.Errorf("docker: find the decoy binary (make build makes it): %w", err)
	}
	opts := []client.Opt{client.FromEnv}
	if o.Host != "" {
		opts = append(opts, client.WithHost(o.Host))
	}
	cli, err := client.NewClientWithOpts(append(opts, bindConnections)...)
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	e := &Engine{
		cli: cli, opts: o, log: o.Log, refused: map[string]bool{},
		settling: lock.New(), image: onceValue{lock: lock.New()},
	}
	e.sidecarsMay.Store(slices.ContainsFunc(o.Catalog.Services(), func(s catalog.Service) bool { return s.Image != nil }))
	return e, nil
}

// Name is "docker".
func (*Engine) Name() string { return "docker" }

// Ping tells whether the engine answers.
func (e *Engine) Ping(ctx context.Context) error {
	_, err := e.cli.Ping(ctx)
	return e.fail("reach the Docker Engine", engine.Failed, err)
}

// Close lets go of the connections. The containers live on.
func (e *Engine) Close() error {
	e.news.close()
	return e.cli.Close()
}

// ready settles the API's version before anything else is asked, and once. The SDK can do so by itself, but reads the version with no lock.
func (e *Engine) ready(ctx context.Context) error {
	if err := e.settling.Take(ctx); err != nil {
		return e.fail("reach the Docker Engine", engine.Unavailable, err)
	}
	defer e.settling.Release()
	if e.negotiated {
		return nil
	}
	ping, err := e.cli.Ping(ctx)
	if err != nil {
		return e.fail("reach the Docker Engine", engine.Failed, err)
	}
	e.cli.NegotiateAPIVersionPing(ping)
	e.negotiated = true
	return nil
}

// macInEndpoint tells whether the engine wants a MAC in the endpoint's settings, as from API 1.44 on, or in the container's.
func (e *Engine) macInEndpoint() bool {
	return versions.GreaterThanOrEqualTo(e.cli.ClientVersion(), "1.44")
}

// fail gives an engine's error its code; nil stays nil. What has no better one gets code.
func (e *Engine) fail(doing string, code engine.Code, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*engine.Error](err); ok {
		return err
	}
	out := &engine.Error{Code: code, Message: "could not " + doing, Detail: err.Error(), Err: err}
	text := err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		out.Code, out.Message, out.Transient = engine.DeadlineExceeded, "the engine was too slow to "+doing, true
	case errors.Is(err, context.Canceled):
	case client.IsErrConnectionFailed(err) || containsAny(text, goneWords):
		out.Code, out.Message, out.Transient = engine.Unavailable, "the Docker Engine does not answer", true
	case containsAny(text, []string{"Address already in use", "address already in use"}):
		out.Code, out.Message = engine.AddressInUse, "somebody else holds the address"
	case errdefs.IsUnavailable(err):
		out.Code, out.Message, out.Transient = engine.Unavailable, "the Docker Engine is not ready", true
	case errdefs.IsConflict(err):
		// Somebody else is at the same thing: another server, or a removal that still goes on.
		out.Transient = true
	}
	return out
}

// goneWords are how it sounds when the engine goes away in the middle, or what it drives does: it passes that on as an error like any other.
var goneWords = []string{
	"connection refused", "connection reset", "broken pipe", "EOF", "dial unix", "server closed idle connection",
	"transport is closing", "error while dialing", "ttrpc: closed", "client connection is closing", "shutting down", "database not open",
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// onceValue computes a value once; a failure is tried again by the next caller.
type onceValue struct {
	lock  lock.Lock
	value string
}

func (o *onceValue) get(ctx context.Context, compute func() (string, error)) (string, error) {
	if err := o.lock.Take(ctx); err != nil {
		return "", err
	}
	defer o.lock.Release()
	if o.value != "" {
		return o.value, nil
	}
	v, err := compute()
	if err == nil {
		o.value = v
	}
	return v, err
}

func (o *onceValue) forget(ctx context.Context) error {
	if err := o.lock.Take(ctx); err != nil {
		return err
	}
	defer o.lock.Release()
	o.value = ""
	return nil
}

const (
	// within is how long a look at one container may take.
	within = 3 * time.Second
	// comesWithin is how long a network that somebody is making may take to be seen.
	comesWithin = 2 * time.Second
	// cleanUpWithin is how long it may take to remove what came to nothing. The call that made it may be long out of time.
	cleanUpWithin = 5 * time.Second
)
