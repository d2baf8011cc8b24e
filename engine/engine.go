// Package engine says what makes a decky exist. An [Engine] brings real hosts in step with what the fleet wants; it holds
// no wish of its own. Three are built in: engine/docker (one hardened container a decky), engine/process (one child process
// a decky, on loopback addresses) and engine/sim (nothing real: latencies and faults on demand).
//
// The interface is level-based: each call says what should be, not what to do, so that the runner can call it again after
// a crash without knowing how far the last call came.
package engine

import (
	"context"
	"net/netip"
	"strings"
	"time"
)

// Driver is the kind of network a deployment's deckies live on.
type Driver string

// The drivers, as the API names them.
const (
	Loopback Driver = "LOOPBACK"
	Bridge   Driver = "BRIDGE"
	MACVLAN  Driver = "MACVLAN"
	IPVLAN   Driver = "IPVLAN"
)

// Network is where the deckies of one deployment live.
type Network struct {
	// ID is the deployment's: one network a deployment.
	ID      string
	Driver  Driver
	Subnet  netip.Prefix
	Gateway netip.Addr // the zero Addr: none
	Parent  string     // the host's interface, for MACVLAN and IPVLAN
}

// Ref names a decky that may or may not exist.
type Ref struct {
	ID         string // the decky's opaque ID: what labels carry
	Name       string
	Deployment string // the deployment's name
	NetworkID  string
}

// Decky is a decoy host as it should be. Everything but Services, Settings and Generation is its identity: an engine that finds
// the decky with another identity makes it anew.
type Decky struct {
	Ref
	Network   Network
	IP        netip.Addr
	MAC       string // "" where the driver has none
	Hostname  string
	OS        string // the personality's slug
	Distro    string
	Archetype string // "" when none
	// Seed makes the decky's banners, versions, keys and other variations: stable for it, different from every other. Secret.
	Seed       []byte
	Services   []string
	Generation int
	// Settings are what the operator has chosen, by service and key; nil for nothing. There are passwords in them.
	Settings map[string]map[string]string
}

// Chosen is all that was chosen, never nil: to say nothing of settings would leave those of before.
func (d Decky) Chosen() map[string]map[string]string {
	if d.Settings == nil {
		return map[string]map[string]string{}
	}
	return d.Settings
}

// Endpoint is one port of a decky that answers.
type Endpoint struct {
	Service string `json:"service"`
	Proto   string `json:"proto"` // "tcp" or "udp"
	Address string `json:"address"`
	Port    int    `json:"port"` // the port as it is bound: offset from the catalog's where the low port could not be had
}

// Observed is what an engine found of one decky.
type Observed struct {
	ID string // the decky's ID
	// Instance is the engine's own name for what runs: the decoy's boot ID, a process's "pid:start time".
	Instance   string
	Running    bool
	Generation int // of the services that are open
	Services   []string
	Endpoints  []Endpoint
	StartedAt  time.Time
	// Detail is the engine's own words when it is not running: an exit code, the last log lines.
	Detail string
}

// Progress tells whoever watches what is being done now, in words a person reads ("creating the container"). It does not block, and may be
// called from one goroutine at a time only.
type Progress func(stage string)

// Change is one thing that happened to a decky with nobody asking.
type Change struct {
	ID   string // the decky's
	Kind ChangeKind
	At   time.Time
}

// ChangeKind says what happened.
type ChangeKind string

// The kinds of change.
const (
	Started ChangeKind = "started"
	Died    ChangeKind = "died"
	Removed ChangeKind = "removed"
	// Resync says that changes may have been missed (the engine restarted): look at everything again.
	Resync ChangeKind = "resync"
)

// Line is one event line of a decky, with the place to go on from after it.
type Line struct {
	Text []byte // one RFC 5424 line, without its newline
	// Position is the engine's own opaque mark of the place after this line.
	Position string
}

// Engine makes deckies exist. Every method is idempotent, safe to call again after a crash, safe for concurrent use by
// several goroutines for different deckies, and returns promptly when ctx ends. Errors are *Error wherever the engine can tell what
// went wrong.
type Engine interface {
	// Name is "docker", "process" or "sim".
	Name() string
	// Ping tells whether the engine answers at all.
	Ping(ctx context.Context) error
	// Ensure creates the decky if it is absent, makes it anew if its identity differs, brings it to the wanted services
	// and returns once each of them answers. When it fails on a decky that existed, the old services still run.
	Ensure(ctx context.Context, d Decky, p Progress) (Observed, error)
	// Apply changes the services of a decky that runs: all of them or, on error, none. It is Ensure where the decky
	// is known to exist; a decky that does not is the error NotRunning.
	Apply(ctx context.Context, d Decky, p Progress) (Observed, error)
	// Remove makes the decky not exist, and its network too when it was the last one on it. One that is absent is no error.
	Remove(ctx context.Context, r Ref, p Progress) error
	// Observe returns everything of ours that exists now, found by labels (or the engine's like).
	Observe(ctx context.Context) ([]Observed, error)
	// Watch sends deaths and restarts as they happen, until ctx ends; the channel is then closed. After trouble of its own
	// it goes on by itself and sends a Resync.
	Watch(ctx context.Context) (<-chan Change, error)
	// Events calls sink for every event line of the decky after position ("" is the beginning), in order. With follow it goes on as new
	// ones come until ctx ends, sink returns an error, or the decky is gone; without, it returns after the last one there is now. Lines
	// around the position may come twice: each bears a boot ID and a sequence number that tell.
	Events(ctx context.Context, r Ref, position string, follow bool, sink func(Line) error) error
	// Close lets go of connections. Deckies live on.
	Close() error
}

// Real tells whether e's deckies are hosts that somebody can talk to. The sim's are not: their addresses may well be somebody else's.
func Real(e Engine) bool { return e.Name() != "sim" }

// Join is a list of services as people read it: "ssh", "ssh and http", "ssh, http and ftp".
func Join(services []string) string {
	n := len(services)
	if n < 2 {
		return strings.Join(services, "")
	}
	return strings.Join(services[:n-1], ", ") + " and " + services[n-1]
}
