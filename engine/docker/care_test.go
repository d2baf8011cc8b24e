package docker_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
)

// A volume or a network that has one of our names and not our labels holds somebody else's data: it is neither used nor removed.
func TestWhatIsNotOursIsLeftAlone(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	e := open(t, lot.Tag)
	d := lot.Decky(lot.Network(engine.Bridge), 0, "ssh")
	name := "decnet-" + d.ID
	for what, made := range map[string]string{"volume": name, "network": "decnet-" + d.NetworkID} {
		t.Run(what, func(t *testing.T) {
			run(t, "docker", what, "create", made)
			defer run(t, "docker", what, "rm", made)
			_, err := e.Ensure(t.Context(), d, quiet)
			said := engine.AsError(err)
			require.NotNil(t, said)
			require.Contains(t, said.Message, "not ours")
			require.Contains(t, said.Words(), made)
			require.False(t, said.Transient)
			require.NoError(t, e.Remove(t.Context(), d.Ref, quiet), "there is nothing of the decky")
			run(t, "docker", what, "inspect", made)
			nothingOf(t, lot)
		})
	}
}

func TestAnEnsureThatFailsLeavesWhatWasThereBefore(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	e := open(t, lot.Tag)
	d := lot.Decky(lot.Network(engine.Bridge), 0, "ssh")
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, quiet)) })
	bad := d
	bad.Services = []string{"no-such-service"}
	_, err := e.Ensure(t.Context(), bad, quiet)
	require.Equal(t, engine.Unsupported, engine.AsError(err).Code)
	require.False(t, engine.AsError(err).Transient)
	nothingOf(t, lot)

	o, err := e.Ensure(t.Context(), d, quiet)
	require.NoError(t, err)
	run(t, "docker", "rm", "-f", container(t, o))
	_, err = e.Ensure(t.Context(), bad, quiet)
	require.Error(t, err)
	require.Empty(t, container(t, o))
	run(t, "docker", "volume", "inspect", "decnet-"+d.ID)
}

func TestSinceWhenItRunsIsTheEnginesWord(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	e := open(t, lot.Tag)
	d := lot.Decky(lot.Network(engine.Bridge), 0, "ssh")
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, quiet)) })
	same := func(o engine.Observed) {
		t.Helper()
		at := strings.TrimSpace(run(t, "docker", "inspect", "-f", "{{.State.StartedAt}}", container(t, o)))
		require.Equal(t, at, o.StartedAt.Format(time.RFC3339Nano))
	}
	ensure := func() engine.Observed {
		t.Helper()
		o, err := e.Ensure(t.Context(), d, quiet)
		require.NoError(t, err)
		return o
	}
	same(ensure())
	same(ensure())
	run(t, "docker", "kill", container(t, ensure()))
	again := ensure()
	same(again)
	all, err := e.Observe(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	same(all[0])
}

// hanging is a way to an engine that can be made to pass nothing on, as a hung engine does.
type hanging struct {
	host string
	mu   sync.Mutex
	flow *sync.Cond
	held bool
}

func hangingWay(t *testing.T, socket string) *hanging {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(filepath.Dir(socket), "hanging.sock"))
	require.NoError(t, err)
	h := &hanging{host: "unix://" + l.Addr().String()}
	h.flow = sync.NewCond(&h.mu)
	t.Cleanup(func() {
		_ = l.Close()
		h.hold(false)
	})
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("unix", socket)
			if err != nil {
				_ = from.Close()
				continue
			}
			go h.pass(to, from)
			go h.pass(from, to)
		}
	}()
	return h
}

func (h *hanging) hold(held bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = held
	h.flow.Broadcast()
}

func (h *hanging) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		h.mu.Lock()
		for h.held {
			h.flow.Wait()
		}
		h.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if half, ok := to.(interface{ CloseWrite() error }); ok && errors.Is(err, io.EOF) {
				_ = half.CloseWrite()
				return
			}
			return
		}
	}
}

// A call that hangs ends with its deadline, at every step; the next one looks at what is there.
func TestAHungCallEndsWithItsDeadlineAndTheNextLooksAgain(t *testing.T) {
	p := privateEngine(t, "")
	h := hangingWay(t, strings.TrimPrefix(p.host, "unix://"))
	e, err := docker.New(docker.Options{Host: h.host, Owner: p.lot.Tag, DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	d := p.wish(0, "ssh")
	p.ensure(e, d)

	t.Run("apply", func(t *testing.T) {
		h.hold(true)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		d.Services, d.Generation = []string{"ssh", "redis"}, 2
		_, err := e.Apply(ctx, d, quiet)
		h.hold(false)
		require.Equal(t, engine.DeadlineExceeded, engine.AsError(err).Code)
		require.True(t, engine.AsError(err).Transient)
		o := p.ensure(e, d)
		require.Equal(t, 2, o.Generation)
		require.ElementsMatch(t, d.Services, o.Services)
	})
	for n, at := range []string{"creating the network", "creating the container", "starting the container", "opening"} {
		t.Run("ensure, "+at, func(t *testing.T) {
			d := p.wish(n+1, "ssh")
			if n == 0 {
				require.NoError(t, e.Remove(t.Context(), p.wish(0).Ref, quiet)) // the network goes with it
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			began := time.Now()
			_, err := e.Ensure(ctx, d, func(stage string) { h.hold(strings.HasPrefix(stage, at)) })
			took := time.Since(began)
			h.hold(false)
			require.Equal(t, engine.DeadlineExceeded, engine.AsError(err).Code)
			require.True(t, engine.AsError(err).Transient)
			require.Less(t, took, time.Minute, "the clean-up is bounded too")
			// What hung may still be done, now that the engine goes on: the next attempt then meets it, and is to be tried again.
			for late := time.Now().Add(enginetest.Patience); ; {
				again, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				o, err := e.Ensure(again, d, quiet)
				cancel()
				if err == nil {
					p.answers(o)
					break
				}
				require.True(t, engine.AsError(err).Transient, "%v", err)
				require.True(t, time.Now().Before(late), "%v", err)
			}
			require.Len(t, strings.Fields(p.docker("ps", "-aq", "--filter", "label=decnet.decky="+d.ID)), 1)
			if n > 0 {
				require.NoError(t, e.Remove(t.Context(), d.Ref, quiet))
			}
		})
	}
}
