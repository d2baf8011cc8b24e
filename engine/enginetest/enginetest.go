// Package enginetest is the contract of engine.Engine as tests: every engine that makes real deckies passes it, with the real decoy.
package enginetest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine"
)

// Patience bounds every wait of a test.
const Patience = 60 * time.Second

// Harness is one engine under test.
type Harness struct {
	// Open makes an engine value on the same world: a second one is a server that was restarted.
	Open func(t *testing.T) engine.Engine
	// Network is where its deckies live; addresses are taken from its subnet.
	Network engine.Network
	// Kill ends what runs a decky, behind the engine's back.
	Kill func(t *testing.T, o engine.Observed)
	// Dial connects to a decky's endpoint. nil: plainly, from here.
	Dial func(t *testing.T, e engine.Endpoint) net.Conn
	// Own tells that its catalog is that of OwnCatalog: a service of a user's own image is part of the contract then.
	Own bool
}

// Root is the project's top folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

var buildDecoy = sync.OnceValues(func() (string, error) {
	path := filepath.Join(Root(), "bin", "decoy")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/decoy")
	cmd.Dir = Root()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the decoy: %w\n%s", err, out)
	}
	return path, nil
})

// Decoy builds the decoy binary and returns its path.
func Decoy(t testing.TB) string {
	t.Helper()
	path, err := buildDecoy()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// RequireDocker makes sure that a Docker Engine answers: it starts one where there is none.
func RequireDocker(t testing.TB) {
	t.Helper()
	out, err := exec.Command(filepath.Join(Root(), "scripts", "dockerd"), "start").CombinedOutput()
	if err != nil {
		t.Fatalf("this test needs a Docker Engine: %v\n%s", err, out)
	}
}

type suite struct {
	Harness
	engine engine.Engine
	next   netip.Addr
}

func (s *suite) decky(name string, services ...string) engine.Decky {
	s.next = s.next.Next()
	return engine.Decky{
		Ref:     engine.Ref{ID: "dky_" + name + strings.TrimPrefix(s.Network.ID, "dpl_"), Name: name, Deployment: "contract", NetworkID: s.Network.ID},
		Network: s.Network, IP: s.next, Hostname: "SRV-" + strings.ToUpper(name), OS: "linux", Distro: "debian",
		Seed: slices.Repeat([]byte(name[:1]), 32), Services: services, Generation: 1, MAC: s.mac(),
	}
}

func (s *suite) mac() string {
	if s.Network.Driver == engine.Loopback {
		return ""
	}
	b := s.next.As4()
	return fmt.Sprintf("00:50:56:00:%02x:%02x", b[2], b[3])
}

func quiet(string) {}

// greets connects to a decky's service and returns its first line.
func (s *suite) greets(t *testing.T, o engine.Observed, service string) string {
	t.Helper()
	i := slices.IndexFunc(o.Endpoints, func(e engine.Endpoint) bool { return e.Service == service })
	require.GreaterOrEqual(t, i, 0, "%s has no endpoint in %v", service, o.Endpoints)
	conn := s.connect(t, o.Endpoints[i])
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(Patience)))
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	return line
}

func (s *suite) connect(t *testing.T, e engine.Endpoint) net.Conn {
	t.Helper()
	if s.Dial != nil {
		return s.Dial(t, e)
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(e.Address, fmt.Sprint(e.Port)), Patience)
	require.NoError(t, err)
	return conn
}

// Run runs the contract.
func Run(t *testing.T, h Harness) {
	s := &suite{Harness: h, engine: h.Open(t), next: h.Network.Subnet.Addr().Next()}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	e := s.engine
	a, b := s.decky("alpha", "ssh"), s.decky("beta", "ssh", "telnet")
	t.Cleanup(func() {
		for _, d := range []engine.Decky{a, b} {
			if err := e.Remove(context.WithoutCancel(ctx), d.Ref, quiet); err != nil {
				t.Errorf("clean up: %v", err)
			}
		}
	})
	require.NoError(t, e.Ping(ctx))

	t.Run("to apply to what does not run is NotRunning", func(t *testing.T) {
		_, err := e.Apply(ctx, a, quiet)
		require.Error(t, err)
		require.Equal(t, engine.NotRunning, engine.AsError(err).Code)
	})
	t.Run("to remove what is absent is no error", func(t *testing.T) {
		require.NoError(t, e.Remove(ctx, a.Ref, quiet))
	})

	var first, second engine.Observed
	t.Run("ensure makes it, and each service greets", func(t *testing.T) {
		var stages []string
		var err error
		first, err = e.Ensure(ctx, a, func(stage string) { stages = append(stages, stage) })
		require.NoError(t, err)
		require.NotEmpty(t, stages)
		require.Equal(t, []string{"ssh"}, first.Services)
		require.True(t, strings.HasPrefix(s.greets(t, first, "ssh"), "SSH-2.0-"))
		second, err = e.Ensure(ctx, b, quiet)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(s.greets(t, second, "ssh"), "SSH-2.0-"))
	})
	t.Run("ensure again changes nothing", func(t *testing.T) {
		again, err := e.Ensure(ctx, a, quiet)
		require.NoError(t, err)
		require.Equal(t, first.Instance, again.Instance)
	})
	t.Run("apply keeps the instance and the open sessions, and leaves the other decky alone", func(t *testing.T) {
		session := s.connect(t, first.Endpoints[0])
		defer session.Close()
		require.NoError(t, session.SetDeadline(time.Now().Add(Patience)))
		r := bufio.NewReader(session)
		_, err := r.ReadString('\n')
		require.NoError(t, err)

		a.Services, a.Generation = []string{"ssh", "telnet"}, 2
		o, err := e.Apply(ctx, a, quiet)
		require.NoError(t, err)
		require.Equal(t, first.Instance, o.Instance)
		require.Equal(t, 2, o.Generation)
		require.ElementsMatch(t, a.Services, o.Services)
		s.connect(t, o.Endpoints[slices.IndexFunc(o.Endpoints, func(ep engine.Endpoint) bool { return ep.Service == "telnet" })]).Close()

		_, err = session.Write([]byte("SSH-2.0-check\r\n"))
		require.NoError(t, err)
		_, err = r.ReadByte() // the key exchange goes on
		require.NoError(t, err, "the session on the kept service lives")

		all, err := e.Observe(ctx)
		require.NoError(t, err)
		i := slices.IndexFunc(all, func(o engine.Observed) bool { return o.ID == b.ID })
		require.GreaterOrEqual(t, i, 0)
		require.Equal(t, second.Instance, all[i].Instance)
	})
	t.Run("an apply that fails leaves the old services", func(t *testing.T) {
		bad := a
		bad.Services, bad.Generation = []string{"ssh", "no-such-service"}, 3
		_, err := e.Apply(ctx, bad, quiet)
		require.Equal(t, engine.Unsupported, engine.AsError(err).Code)
		all, err := e.Observe(ctx)
		require.NoError(t, err)
		i := slices.IndexFunc(all, func(o engine.Observed) bool { return o.ID == a.ID })
		require.ElementsMatch(t, a.Services, all[i].Services)
		require.Equal(t, 2, all[i].Generation)
	})
	if s.Own {
		t.Run("a service of the user's own image comes and goes, and leaves the rest alone", func(t *testing.T) {
			session := s.connect(t, first.Endpoints[0])
			defer session.Close()
			require.NoError(t, session.SetDeadline(time.Now().Add(Patience)))
			r := bufio.NewReader(session)
			_, err := r.ReadString('\n')
			require.NoError(t, err)
			was := a.Services
			a.Services, a.Generation = append(slices.Clone(was), "greeter"), 3
			o, err := e.Apply(ctx, a, quiet)
			require.NoError(t, err)
			require.Equal(t, first.Instance, o.Instance)
			require.ElementsMatch(t, a.Services, o.Services)
			require.Equal(t, "hello from "+a.Hostname+"\n", s.greets(t, o, "greeter"))
			o, err = e.Ensure(ctx, a, quiet)
			require.NoError(t, err)
			require.ElementsMatch(t, a.Services, o.Services)
			a.Services, a.Generation = was, 4
			o, err = e.Apply(ctx, a, quiet)
			require.NoError(t, err)
			require.ElementsMatch(t, was, o.Services)
			_, err = session.Write([]byte("SSH-2.0-check\r\n"))
			require.NoError(t, err)
			_, err = r.ReadByte()
			require.NoError(t, err, "the session has seen nothing of it")
		})
	}
	t.Run("events are read in order, and on from a position without a gap", func(t *testing.T) { s.events(ctx, t, first) })
	t.Run("a call ends with its context", func(t *testing.T) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, err := e.Ensure(gone, s.decky("gamma", "ssh"), quiet)
		require.Error(t, err)
	})
	t.Run("another server finds the deckies", func(t *testing.T) {
		other := s.Open(t)
		o, err := other.Ensure(ctx, a, quiet)
		require.NoError(t, err)
		require.Equal(t, first.Instance, o.Instance)
	})
	t.Run("a death is told, and ensure mends it with its services", func(t *testing.T) {
		watching, stop := context.WithCancel(ctx)
		defer stop()
		changes, err := e.Watch(watching)
		require.NoError(t, err)
		all, err := e.Observe(ctx)
		require.NoError(t, err)
		s.Kill(t, all[slices.IndexFunc(all, func(o engine.Observed) bool { return o.ID == b.ID })])
		for told := false; !told; {
			select {
			case c := <-changes:
				told = c.ID == b.ID && c.Kind == engine.Died
			case <-time.After(Patience):
				t.Fatal("nobody told of the death")
			}
		}
		o, err := e.Ensure(ctx, b, quiet)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(s.greets(t, o, "ssh"), "SSH-2.0-"))
	})
	t.Run("an identity that changes makes it anew", func(t *testing.T) {
		b.Hostname = "OTHER"
		o, err := e.Ensure(ctx, b, quiet)
		require.NoError(t, err)
		require.NotEqual(t, second.Instance, o.Instance)
	})
	t.Run("remove leaves nothing", func(t *testing.T) {
		for _, d := range []engine.Decky{a, b} {
			require.NoError(t, e.Remove(ctx, d.Ref, quiet))
			require.NoError(t, e.Remove(ctx, d.Ref, quiet), "and again")
		}
		all, err := e.Observe(ctx)
		require.NoError(t, err)
		require.Empty(t, all)
	})
}

// events touches a decky, reads the evidence, touches it again, and reads on.
func (s *suite) events(ctx context.Context, t *testing.T, o engine.Observed) {
	ref := engine.Ref{ID: o.ID, Name: "alpha", Deployment: "contract", NetworkID: s.Network.ID}
	read := func(position string, until int) (seqs []uint64, last string) {
		ctx, cancel := context.WithTimeout(ctx, Patience)
		defer cancel()
		err := s.engine.Events(ctx, ref, position, true, func(l engine.Line) error {
			e, err := event.Parse(l.Text)
			if err != nil {
				return fmt.Errorf("%q: %w", l.Text, err)
			}
			last = l.Position
			if len(seqs) > 0 && e.Seq <= seqs[len(seqs)-1] {
				return nil // seen: lines around a position may come twice
			}
			if seqs = append(seqs, e.Seq); len(seqs) == until {
				cancel()
				return context.Canceled
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			t.Fatalf("read the events: %v", err)
		}
		return seqs, last
	}
	for range 2 {
		s.greets(t, o, "ssh")
	}
	seen, position := read("", 4)
	require.GreaterOrEqual(t, len(seen), 4)
	for range 2 {
		s.greets(t, o, "ssh")
	}
	more, _ := read(position, 4)
	all := slices.Concat(seen, slices.DeleteFunc(more, func(n uint64) bool { return n <= seen[len(seen)-1] }))
	for i := 1; i < len(all); i++ {
		require.Equal(t, all[i-1]+1, all[i], "no gap in %v", all)
	}
	require.Greater(t, len(all), len(seen))
	known := map[uint64]bool{}
	require.NoError(t, s.engine.Events(ctx, ref, "", false, func(l engine.Line) error { // it ends by itself
		e, err := event.Parse(l.Text)
		known[e.Seq] = true
		return err
	}))
	for _, n := range all {
		require.True(t, known[n], "what is there when nobody waits for more is whole: %d", n)
	}
}
