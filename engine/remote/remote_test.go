package remote

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"decnet/catalog"
	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
	"decnet/engine/sim"
)

var bridgeOnly = []engine.Driver{engine.Bridge}

// world is an engine process, in this one.
type world struct {
	t       testing.TB
	socket  string
	pin     string
	open    func() (engine.Engine, error)
	catalog *catalog.Catalog
	stop    func()
}

// serve starts an engine process; it ends with the test.
func serve(t testing.TB, open func() (engine.Engine, error)) *world {
	t.Helper()
	return serveCatalog(t, catalog.Default(), open)
}

func serveCatalog(t testing.TB, c *catalog.Catalog, open func() (engine.Engine, error)) *world {
	t.Helper()
	w := &world{t: t, catalog: c, socket: filepath.Join(t.TempDir(), "engine.sock"), pin: filepath.Join(t.TempDir(), "installation"), open: open}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) start() {
	w.t.Helper()
	l, err := Listen(w.socket, []int{os.Geteuid()}, slog.Default())
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		Open:    func(string) (engine.Engine, []engine.Driver, error) { e, err := w.open(); return e, bridgeOnly, err },
		PinFile: w.pin, Grace: 200 * time.Millisecond, Log: slog.Default(),
		Rules: Rules{Catalog: w.catalog, HostAddresses: HostAddresses},
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	})
}

func (w *world) dial(installation string) *Client {
	c, _ := Dial(w.t.Context(), Scheme+w.socket, installation, slog.Default())
	return c
}

func quiet(string) {}

func TestContractOnDocker(t *testing.T) {
	enginetest.RequireDocker(t)
	lot := enginetest.Reserve(t, "10.231.0.0/16")
	own := enginetest.OwnCatalog(t, enginetest.Greeter(t, lot.Tag))
	w := serveCatalog(t, own, func() (engine.Engine, error) {
		return docker.New(docker.Options{Owner: lot.Tag, DecoyBinary: enginetest.Decoy(t), Catalog: own})
	})
	enginetest.Run(t, enginetest.Harness{
		Open:    func(*testing.T) engine.Engine { return w.dial(lot.Tag) },
		Network: lot.Network(engine.Bridge),
		Own:     true,
		Kill: func(t *testing.T, o engine.Observed) {
			id, err := exec.Command("docker", "ps", "-aq", "--filter", "label=decnet.decky="+o.ID).Output()
			require.NoError(t, err)
			require.NoError(t, exec.Command("docker", "kill", strings.TrimSpace(string(id))).Run())
		},
	})
	for _, list := range [][]string{{"ps", "-aq"}, {"volume", "ls", "-q"}, {"network", "ls", "-q"}} {
		left, err := exec.Command("docker", append(list, "--filter", "label=decnet.owner="+lot.Tag)...).Output()
		require.NoError(t, err)
		require.Empty(t, string(left), list)
	}
}

func TestContractOnSim(t *testing.T) {
	lot := enginetest.Reserve(t, "10.231.0.0/16")
	s := sim.New(sim.Options{})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	h := visitors{sim: s, seq: map[string]uint64{}}
	enginetest.Run(t, enginetest.Harness{
		Open:    func(*testing.T) engine.Engine { return w.dial(lot.Tag) },
		Network: lot.Network(engine.Bridge),
		Kill:    func(_ *testing.T, o engine.Observed) { s.Kill(o.ID) },
		Dial:    h.dial,
	})
}

// visitors are those of the sim's deckies, which listen to nobody: they are greeted by the test, and the sim records that.
type visitors struct {
	sim *sim.Engine
	mu  sync.Mutex
	seq map[string]uint64
}

func (v *visitors) dial(t *testing.T, e engine.Endpoint) net.Conn {
	all, err := v.sim.Observe(t.Context())
	require.NoError(t, err)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range all {
		if len(o.Endpoints) == 0 || o.Endpoints[0].Address != e.Address {
			continue
		}
		for range 2 { // that somebody came, and went
			v.seq[o.ID]++
			v.sim.Emit(o.ID, string(event.Append(nil, event.Event{Time: time.Now(), Host: "h", Service: e.Service, Type: "connect", Boot: "b", Seq: v.seq[o.ID]})))
		}
	}
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		_, _ = io.WriteString(there, "SSH-2.0-sim\r\n")
		if _, err := bufio.NewReader(there).ReadString('\n'); err == nil {
			_, _ = io.WriteString(there, "and on")
		}
	}()
	return here
}

func decky() engine.Decky {
	return engine.Decky{
		Ref: engine.Ref{ID: "dky_0000000a", Name: "web", Deployment: "lan", NetworkID: "dpl_0000000a"},
		Network: engine.Network{
			ID: "dpl_0000000a", Driver: engine.Bridge, Subnet: netip.MustParsePrefix("10.99.0.0/24"), Gateway: netip.MustParseAddr("10.99.0.1"),
		},
		IP: netip.MustParseAddr("10.99.0.5"), MAC: "00:50:56:01:02:03", Hostname: "SRV-1", OS: "linux", Distro: "debian",
		Seed: make([]byte, 32), Services: []string{"ssh", "http"}, Generation: 1,
	}
}

func TestEitherSideMayBeRestarted(t *testing.T) {
	s := sim.New(sim.Options{})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	c := w.dial("one")
	require.Equal(t, "sim", c.Name())
	own, err := HostAddresses()
	require.NoError(t, err)
	require.Len(t, c.HostAddresses(), len(own), "those of its host")
	_, err = c.Ensure(t.Context(), decky(), quiet)
	require.NoError(t, err)
	changes, err := c.Watch(t.Context())
	require.NoError(t, err)
	require.Equal(t, engine.Resync, (<-changes).Kind, "from now on it listens")

	w.stop()
	err = c.Ping(t.Context())
	require.Equal(t, engine.Unavailable, engine.AsError(err).Code)
	require.True(t, engine.AsError(err).Transient)
	w.start()
	require.Equal(t, engine.Resync, (<-changes).Kind, "something may have been missed")
	require.NoError(t, c.Ping(t.Context()))
	s.Kill(decky().ID)
	require.Equal(t, engine.Died, (<-changes).Kind)

	again := w.dial("one") // the other side's restart
	all, err := again.Observe(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}

// A crash leaves the socket's file; one that is served is nobody else's to take.
func TestASocketThatACrashLeftIsTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "engine.sock")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	_, err = Listen(path, []int{os.Geteuid()}, slog.Default())
	require.ErrorContains(t, err, "already")
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	l, err = Listen(path, []int{os.Geteuid()}, slog.Default())
	require.NoError(t, err)
	defer l.Close()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// A slip in the path takes nobody's file away.
func TestAFileIsNoSocketThatACrashLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decnet.db")
	require.NoError(t, os.WriteFile(path, []byte("dear"), 0o600))
	_, err := Listen(path, []int{os.Geteuid()}, slog.Default())
	require.ErrorContains(t, err, path+" is there, and is no socket")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "dear", string(kept))
}

func TestOnlyTheAllowedUserIsHeard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "engine.sock")
	open, err := net.Listen("unix", path)
	require.NoError(t, err)
	var log strings.Builder
	l := &guarded{Listener: open, uids: []int{os.Geteuid() + 1}, log: slog.New(slog.NewTextHandler(&log, nil))}
	accepted := make(chan error, 1)
	go func() { _, err := l.Accept(); accepted <- err }()
	conn, err := net.Dial("unix", path)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(enginetest.Patience)))
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF, "hung up on")
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-accepted, net.ErrClosed)
	require.Contains(t, log.String(), fmt.Sprintf("uid=%d", os.Geteuid()))
}

func TestItServesTheFirstInstallationOnly(t *testing.T) {
	s := sim.New(sim.Options{})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	require.NoError(t, w.dial("one").Ping(t.Context()))
	require.Equal(t, engine.Unsupported, engine.AsError(w.dial("two").Ping(t.Context())).Code)
	w.stop()
	w.start()
	require.Error(t, w.dial("two").Ping(t.Context()), "it remembers")
	require.NoError(t, w.dial("one").Ping(t.Context()))
}

// What comes over the socket without our client.
func TestTheListOfVerbsIsClosed(t *testing.T) {
	asked := 0
	s := sim.New(sim.Options{Fault: func(context.Context, string, engine.Ref) error { asked++; return nil }})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", w.socket)
	}}}
	for _, c := range []struct{ method, path, body, answer string }{
		{"POST", "/1/exec", `{}`, "no such verb"},
		{"POST", "/v1.43/containers/create", `{}`, "no such verb"},
		{"POST", "/2/ping", `{"installation":"one"}`, "no such verb"},
		{"POST", "/1/../1/ping", `{"installation":"one"}`, "no such verb"},
		{"GET", "/1/ping", ``, "no such verb"},
		{"POST", "/1/ping", ``, "can't be read"},
		{"POST", "/1/ping", `[]`, "can't be read"},
		{"POST", "/1/ping", `{"installation":"one","image":"alpine"}`, "unknown field"},
		{"POST", "/1/ping", `{"installation":"one"} {}`, "something after"},
		{"POST", "/1/ping", `{"installation":"../../etc"}`, "not an installation"},
		{"POST", "/1/ping", `{"installation":"one","ref":{"ID":"dky_0000000a"}}`, "takes nothing"},
		{"POST", "/1/ensure", `{"installation":"one"}`, "takes a decky"},
		{"POST", "/1/ensure", `{"installation":"one","decky":{"Mounts":["/:/host"]}}`, "unknown field"},
		{"POST", "/1/remove", `{"installation":"one","ref":{"ID":"decnet-web --force"}}`, "not a decky's ID"},
		{"POST", "/1/events", `{"installation":"one","ref":{"ID":"dky_0000000a"},"position":"1\u0000"}`, "takes what a decky is called"},
		{"POST", "/1/ping", `{"installation":"` + strings.Repeat("x", mostBytes) + `"}`, "too large"},
	} {
		req, err := http.NewRequest(c.method, "http://engine"+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		res, err := web.Do(req)
		require.NoError(t, err)
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		_ = res.Body.Close()
		require.Contains(t, string(text), c.answer, "%s %s %.80s", c.method, c.path, c.body)
	}
	require.Zero(t, asked, "the engine has heard of none of it")
}

func TestACallEndsWithItsCaller(t *testing.T) {
	began, ended := make(chan struct{}, 1), make(chan error, 1)
	s := sim.New(sim.Options{Fault: func(ctx context.Context, op string, _ engine.Ref) error {
		if op == "ping" {
			return nil
		}
		began <- struct{}{}
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return context.Cause(ctx)
	}})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	c := w.dial("one")
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-began; cancel() }()
		_, err := c.Ensure(ctx, decky(), quiet)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	t.Run("out of time: the engine is to know that from a caller that has gone", func(t *testing.T) {
		for within := 50 * time.Millisecond; ; within *= 2 { // on a busy machine the time may be over before the engine is asked
			ctx, cancel := context.WithTimeout(t.Context(), within)
			_, err := c.Ensure(ctx, decky(), quiet)
			cancel()
			require.Equal(t, engine.DeadlineExceeded, engine.AsError(err).Code)
			select {
			case <-began:
				require.ErrorIs(t, <-ended, context.DeadlineExceeded)
				return
			default:
				require.Less(t, within, enginetest.Patience, "the engine is never asked")
			}
		}
	})
	t.Run("the engine process stops", func(t *testing.T) {
		go func() { <-began; w.stop() }()
		_, err := c.Ensure(t.Context(), decky(), quiet)
		require.Error(t, err)
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// An engine process that hangs holds nobody beyond their deadline.
func TestAHungEngineProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "engine.sock")
	l, err := net.Listen("unix", path) // the kernel accepts, and nobody answers
	require.NoError(t, err)
	defer l.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	c, drivers := Dial(gone, Scheme+path, "one", slog.Default())
	require.Contains(t, drivers, engine.MACVLAN, "taken for Docker's")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = c.Observe(ctx)
	require.Equal(t, engine.DeadlineExceeded, engine.AsError(err).Code)
}

// Engines want one change of a decky at a time, and somebody who comes back may be quicker than the end of his last call.
func TestADeckyIsChangedOneCallAtATime(t *testing.T) {
	var mu sync.Mutex
	at, most := 0, 0
	s := sim.New(sim.Options{Fault: func(_ context.Context, op string, _ engine.Ref) error {
		if op != "ensure" {
			return nil
		}
		mu.Lock()
		at++
		most = max(most, at)
		mu.Unlock()
		<-time.After(5 * time.Millisecond) // time for others to come in
		mu.Lock()
		at--
		mu.Unlock()
		return nil
	}})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	c := w.dial("one")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Ensure(t.Context(), decky(), quiet); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, most)
}

func TestAnEnginesErrorKeepsItsCodeAndWords(t *testing.T) {
	want := &engine.Error{Code: engine.AddressInUse, Message: "somebody else holds the address", Detail: "line 1\nline 2", Transient: true, Err: syscall.EADDRINUSE}
	s := sim.New(sim.Options{Fault: func(_ context.Context, op string, _ engine.Ref) error {
		if op == "apply" {
			return want
		}
		return nil
	}})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	_, err := w.dial("one").Apply(t.Context(), decky(), quiet)
	got := engine.AsError(err)
	require.Equal(t, want.Error(), got.Error())
	require.Equal(t, want.Detail, got.Words())
	require.True(t, got.Transient)
}

// What the engine process does for a lifecycle is part of the lifecycle's trace.
func TestATraceGoesOnInTheOtherProcess(t *testing.T) {
	var seen trace.SpanContext
	s := sim.New(sim.Options{Fault: func(ctx context.Context, _ string, _ engine.Ref) error {
		seen = trace.SpanContextFromContext(ctx)
		return nil
	}})
	w := serve(t, func() (engine.Engine, error) { return s, nil })
	here := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	_, err := w.dial("one").Apply(trace.ContextWithSpanContext(t.Context(), here), decky(), quiet)
	require.Equal(t, engine.NotRunning, engine.AsError(err).Code)
	require.Equal(t, here.TraceID(), seen.TraceID())
	require.True(t, seen.IsSampled() && seen.IsRemote())
}

// What the socket costs a call: the sim itself takes next to nothing.
func BenchmarkApply(b *testing.B) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	s := sim.New(sim.Options{})
	w := serve(b, func() (engine.Engine, error) { return s, nil })
	c := w.dial("one")
	_, err := c.Ensure(b.Context(), decky(), quiet)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := c.Apply(b.Context(), decky(), quiet); err != nil {
			b.Fatal(err)
		}
	}
}
