// Package process makes deckies as child processes of the decoy binary, each on a loopback address of its own: the engine where there is no
// Docker Engine. The whole product works with it, with no root.
//
// The processes are detached: they outlive the server, as containers do, and the next server finds them again by their folders:
//
//	DIR/<decky ID>/decky.json    what it is, and which process it was
//	               control.sock  its control channel
//	               state/        its last services
//	               events/       its evidence, in segments
//	               decoy.log     its diagnostics, and those before them in decoy.log.1
//
// A process can't bind a low port without the right to, nor one that the host itself uses: it then takes the port plus 10,000, and the endpoint says so.
package process

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"decnet/decoy/control"
	"decnet/engine"
	"decnet/engine/lock"
)

// PortOffset is added to a port that can't be bound.
const PortOffset = 10_000

const (
	// poll is how often to look for what a process did: whether it has ended, what it wrote.
	poll = 50 * time.Millisecond
	// watchEvery is how often all processes are looked at.
	watchEvery = 250 * time.Millisecond
	// politely is how long a process may take to end by itself.
	politely = 2 * time.Second
)

// Options are the engine's settings.
type Options struct {
	Dir         string // where the deckies' folders are
	DecoyBinary string
	Log         *slog.Logger
}

// Engine makes processes.
type Engine struct {
	dir    string
	binary string
	sum    string // of the binary: another decoy means another process
	log    *slog.Logger
	locks  lock.ByKey // by decky ID
}

var _ engine.Engine = (*Engine)(nil)

// New returns an engine on a folder, which is made when absent.
func New(o Options) (*Engine, error) {
	binary, err := filepath.Abs(o.DecoyBinary)
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	b, err := os.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("process: read the decoy binary (make build makes it): %w", err)
	}
	if _, err := exec.LookPath(binary); err != nil {
		return nil, fmt.Errorf("process: the decoy binary is no program that may be run: %w", err)
	}
	dir, err := filepath.Abs(o.Dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("process: make the folder: %w", err)
	}
	sum := sha256.Sum256(b)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Engine{dir: dir, binary: binary, sum: hex.EncodeToString(sum[:8]), log: o.Log}, nil
}

// Name is "process".
func (*Engine) Name() string { return "process" }

// Ping tells whether the folder is there.
func (e *Engine) Ping(context.Context) error {
	if _, err := os.Stat(e.dir); err != nil {
		return &engine.Error{Code: engine.Unavailable, Message: "the deckies' folder is gone", Err: err}
	}
	return nil
}

// Close lets the processes live on.
func (*Engine) Close() error { return nil }

// record is a decky's decky.json.
type record struct {
	Ref      engine.Ref
	IP       string
	Spec     string // a hash of the identity
	PID      int
	Born     string // the process's start time, in the kernel's ticks: a PID alone may be somebody else's by now
	Started  time.Time
	Identity control.Identity
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// folder is where a decky's files are. An ID that could lead out of the engine's folder is refused.
func (e *Engine) folder(id string) (string, error) {
	if !idPattern.MatchString(id) {
		return "", &engine.Error{Code: engine.Failed, Message: fmt.Sprintf("%q is not a decky's ID", id)}
	}
	return filepath.Join(e.dir, id), nil
}

func identity(d engine.Decky) control.Identity {
	return control.Identity{
		ID: d.ID, Name: d.Name, Hostname: d.Hostname, IP: d.IP.String(), MAC: d.MAC, OS: d.OS, Distro: d.Distro, Archetype: d.Archetype,
		Seed: d.Seed, PortOffset: PortOffset,
	}
}

func (e *Engine) spec(d engine.Decky) string {
	b, _ := json.Marshal(identity(d)) // plain data: it can't fail
	sum := sha256.Sum256(append(b, e.sum...))
	return hex.EncodeToString(sum[:12])
}

// read returns a decky's record; nil when there is none.
func (e *Engine) read(id string) (*record, error) {
	dir, err := e.folder(id)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, "decky.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of %s: %w", id, err)
	}
	r := &record{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, nil //nolint:nilerr // half a record, from a crash, is none: the decky is made anew
	}
	return r, nil
}

func (e *Engine) write(r *record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the record: %w", err)
	}
	dir, err := e.folder(r.Ref.ID)
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, "decky.json.new")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("write the record: %w", err)
	}
	return os.Rename(tmp, filepath.Join(dir, "decky.json"))
}

// born is a process's start time as the kernel tells it, "" when there is no such process or it has ended.
func born(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The second field is the name in parentheses, which may hold anything; what follows has fixed places.
	_, rest, ok := strings.Cut(string(b), ") ")
	if i := strings.LastIndex(string(b), ") "); ok && i >= 0 {
		rest = string(b)[i+2:]
	}
	fields := strings.Fields(rest)
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}

func (r *record) alive() bool { return r.PID > 0 && r.Born != "" && born(r.PID) == r.Born }

// Ensure makes the decky exist as it should be. A process of another identity has to go first, since it holds the address.
func (e *Engine) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	if d.Network.Driver != engine.Loopback {
		return engine.Observed{}, &engine.Error{Code: engine.Unsupported, Message: "processes live on a LOOPBACK network only, not " + string(d.Network.Driver)}
	}
	release, err := e.locks.Take(ctx, d.ID)
	if err != nil {
		return engine.Observed{}, err
	}
	defer release()
	r, err := e.read(d.ID)
	if err != nil {
		return engine.Observed{}, err
	}
	if r == nil || !r.alive() || r.Spec != e.spec(d) {
		if r != nil && r.alive() {
			p("stopping the old process")
			if err := e.kill(ctx, r); err != nil {
				return engine.Observed{}, err
			}
		}
		p("starting the process")
		if r, err = e.start(d); err != nil {
			return engine.Observed{}, err
		}
	}
	p("opening " + engine.Join(d.Services) + ", and checking that each answers")
	return e.open(ctx, d, r)
}

// Apply changes the services of a decky that runs.
func (e *Engine) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	release, err := e.locks.Take(ctx, d.ID)
	if err != nil {
		return engine.Observed{}, err
	}
	defer release()
	r, err := e.read(d.ID)
	if err != nil {
		return engine.Observed{}, err
	}
	if r == nil || !r.alive() {
		return engine.Observed{}, &engine.Error{Code: engine.NotRunning, Message: "the decky's process does not run"}
	}
	p("opening " + engine.Join(d.Services) + ", and checking that each answers")
	return e.open(ctx, d, r)
}

// start starts a decoy, detached from this process.
func (e *Engine) start(d engine.Decky) (*record, error) {
	dir, err := e.folder(d.ID)
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"state", "events"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("make the decky's folder: %w", err)
		}
	}
	e.killStrays(dir)
	_ = os.Remove(filepath.Join(dir, "control.sock")) // of a process that is gone
	who, err := json.Marshal(identity(d))
	if err != nil {
		return nil, fmt.Errorf("write the identity: %w", err)
	}
	diagnostics, err := openDiagnostics(dir)
	if err != nil {
		return nil, err
	}
	defer diagnostics.Close()
	cmd := exec.Command(e.binary, "--state", "state", "--events", "events", "--control", "unix:control.sock") //nolint:gosec,noctx // our own binary; it outlives every context
	cmd.Dir = dir                                                                                             // the socket's path, from there, is short: the kernel takes 107 bytes
	cmd.Env = []string{"DECOY_IDENTITY=" + string(who)}
	cmd.Stderr = diagnostics
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, &engine.Error{Code: engine.Failed, Message: "the decoy can't be started", Err: err}
	}
	go func() { _ = cmd.Wait() }() // so that it leaves no zombie; how it ended is in its diagnostics
	r := &record{
		Ref: d.Ref, IP: d.IP.String(), Spec: e.spec(d), PID: cmd.Process.Pid, Born: born(cmd.Process.Pid), Started: time.Now().UTC(), Identity: identity(d),
	}
	if err := e.write(r); err != nil {
		_ = cmd.Process.Kill()
		return nil, err
	}
	return r, nil
}

// open tells the decoy which services to have, and returns what then answers.
func (e *Engine) open(ctx context.Context, d engine.Decky, r *record) (engine.Observed, error) {
	reply, err := e.exchange(ctx, r, control.Request{Op: control.Apply, Generation: d.Generation, Services: d.Services, Settings: d.Chosen()})
	if err != nil {
		return engine.Observed{}, err
	}
	return observed(r, reply), nil
}

func observed(r *record, reply control.Reply) engine.Observed {
	o := engine.Observed{
		ID: r.Ref.ID, Instance: fmt.Sprintf("%d:%s", r.PID, r.Born), Running: true,
		Generation: reply.Generation, Services: reply.Services, StartedAt: r.Started,
	}
	for _, ep := range reply.Endpoints {
		o.Endpoints = append(o.Endpoints, engine.Endpoint{Service: ep.Service, Proto: ep.Proto, Address: r.IP, Port: ep.Port})
	}
	return o
}

// Remove makes the decky not exist: its process and its folder.
func (e *Engine) Remove(ctx context.Context, ref engine.Ref, p engine.Progress) error {
	release, err := e.locks.Take(ctx, ref.ID)
	if err != nil {
		return err
	}
	defer release()
	dir, err := e.folder(ref.ID)
	if err != nil {
		return err
	}
	r, err := e.read(ref.ID)
	if err != nil {
		return err
	}
	if r != nil && r.alive() {
		p("stopping the process")
		if err := e.kill(ctx, r); err != nil {
			return err
		}
	}
	e.killStrays(dir)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("delete the decky's folder: %w", err)
	}
	return nil
}

// kill ends a process: by request, and after a while by force.
func (e *Engine) kill(ctx context.Context, r *record) error {
	_ = syscall.Kill(r.PID, syscall.SIGTERM)
	deadline := time.Now().Add(politely)
	tick := time.NewTicker(poll / 5)
	defer tick.Stop()
	for r.alive() {
		if time.Now().After(deadline) {
			_ = syscall.Kill(r.PID, syscall.SIGKILL)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
