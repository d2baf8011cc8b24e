package docker_test

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
)

// private is a Docker Engine of the test's own, which may be killed, starved and started again with nobody else the worse for it.
type private struct {
	t    *testing.T
	dir  string // short, for the sockets' paths
	host string
	lot  enginetest.Lot
	link string // its default bridge: with none, a dockerd deletes docker0, which is the machine's engine's
	cmd  *exec.Cmd
	log  bytes.Buffer
}

// privateEngine starts one. Its data are on a disk of size bytes in memory; 0: where temporary files are.
func privateEngine(t *testing.T, size string) *private {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can start a Docker Engine")
	}
	enginetest.RequireDocker(t)        // it has mounted the cgroups
	dir, err := os.MkdirTemp("", "dk") //nolint:usetesting // t.TempDir is too long for a socket's path
	require.NoError(t, err)
	p := &private{t: t, dir: dir, lot: enginetest.Reserve(t, bridges), host: "unix://" + filepath.Join(dir, "docker.sock")}
	own := enginetest.Reserve(t, bridges)
	p.link = "dk-" + own.Tag
	ip := func(args ...string) {
		out, err := exec.Command("ip", args...).CombinedOutput()
		require.NoError(t, err, "ip %v: %s", args, out)
	}
	ip("link", "add", p.link, "type", "bridge")
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", p.link).Run() })
	ip("addr", "add", netip.PrefixFrom(own.Host(1), 24).String(), "dev", p.link)
	data := filepath.Join(dir, "data")
	require.NoError(t, os.Mkdir(data, 0o700))
	if size != "" {
		require.NoError(t, syscall.Mount("tmpfs", data, "tmpfs", 0, "size="+size))
	}
	t.Cleanup(func() {
		for id := range strings.FieldsSeq(p.docker("ps", "-aq")) {
			p.docker("rm", "-f", id)
		}
		p.docker("network", "rm", "decnet-dpl_"+p.lot.Tag)
		p.stop(syscall.SIGTERM)
		// A bridge that has outlived its engine would hold the addresses.
		if out, err := exec.Command("ip", "-o", "-4", "addr", "show", "to", p.lot.Host(1).String()).Output(); err == nil && len(out) > 0 {
			_ = exec.Command("ip", "link", "del", strings.Fields(string(out))[1]).Run()
		}
		if t.Failed() {
			t.Logf("the engine's log:\n%s", p.log.String())
		}
		_ = syscall.Unmount(data, syscall.MNT_DETACH)
		_ = os.RemoveAll(dir)
	})
	p.start()
	return p
}

func (p *private) start() {
	p.t.Helper()
	p.cmd = exec.Command("dockerd", "--data-root", filepath.Join(p.dir, "data"), "--exec-root", filepath.Join(p.dir, "exec"), "--pidfile", filepath.Join(p.dir, "pid"),
		"-H", p.host, "--bridge", p.link, "--iptables=false", "--ip6tables=false", "--log-level", "warn")
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	require.NoError(p.t, p.cmd.Start())
	require.Eventually(p.t, func() bool {
		return exec.Command("docker", "-H", p.host, "version").Run() == nil
	}, enginetest.Patience, 50*time.Millisecond, "the private engine does not answer: %s", &p.log)
}

func (p *private) stop(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
	_ = p.cmd.Wait()
	_ = os.Remove(filepath.Join(p.dir, "pid"))
	// The containerd of an engine that is killed goes with it; its containers do not.
	file := filepath.Join(p.dir, "exec", "containerd", "containerd.pid")
	b, err := os.ReadFile(file)
	if err != nil {
		return
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = os.Remove(file)
}

// docker runs the engine's own command line, whatever comes of it.
func (p *private) docker(args ...string) string {
	out, _ := exec.Command("docker", append([]string{"-H", p.host}, args...)...).CombinedOutput()
	return string(out)
}

func (p *private) open() *docker.Engine {
	p.t.Helper()
	e, err := docker.New(docker.Options{Host: p.host, Owner: p.lot.Tag, DecoyBinary: enginetest.Decoy(p.t)})
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = e.Close() })
	return e
}

// wish is the n-th decky of the test's network.
func (p *private) wish(n int, services ...string) engine.Decky {
	return p.lot.Decky(p.lot.Network(engine.Bridge), n, services...)
}

func quiet(string) {}

func (p *private) ensure(e *docker.Engine, d engine.Decky) engine.Observed {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), enginetest.Patience)
	defer cancel()
	o, err := e.Ensure(ctx, d, quiet)
	require.NoError(p.t, err)
	p.answers(o)
	return o
}

// answers connects to each of a decky's endpoints.
func (p *private) answers(o engine.Observed) {
	p.t.Helper()
	require.NotEmpty(p.t, o.Endpoints)
	for _, at := range o.Endpoints {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(at.Address, strconv.Itoa(at.Port)), enginetest.Patience)
		require.NoError(p.t, err)
		_ = conn.Close()
	}
}

func (p *private) observe(e *docker.Engine, id string) engine.Observed {
	p.t.Helper()
	all, err := e.Observe(p.t.Context())
	require.NoError(p.t, err)
	for _, o := range all {
		if o.ID == id {
			return o
		}
	}
	return engine.Observed{}
}
