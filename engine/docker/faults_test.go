package docker_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
)

// await waits for a change of a kind.
func await(t *testing.T, changes <-chan engine.Change, kind engine.ChangeKind) {
	t.Helper()
	late := time.After(enginetest.Patience)
	for {
		select {
		case c := <-changes:
			if c.Kind == kind {
				return
			}
		case <-late:
			t.Fatalf("no %s was told", kind)
		}
	}
}

// Whatever somebody does by hand is told, seen, and mended by Ensure.
func TestWhatIsDoneByHandIsMended(t *testing.T) {
	p := privateEngine(t, "")
	e := p.open()
	changes, err := e.Watch(t.Context())
	require.NoError(t, err)
	require.Equal(t, engine.Resync, (<-changes).Kind, "it says from when on it listens")
	d := p.wish(1, "redis", "ssh")
	first := p.ensure(e, d)
	await(t, changes, engine.Started)
	name := "label=decnet.decky=" + d.ID
	container := func() string { return p.docker("ps", "-aqf", name)[:12] }

	t.Run("paused", func(t *testing.T) {
		p.docker("pause", container())
		await(t, changes, engine.Died)
		require.False(t, p.observe(e, d.ID).Running)
		require.Equal(t, first.Instance, p.ensure(e, d).Instance, "it goes on where it was")
	})
	t.Run("killed", func(t *testing.T) {
		p.docker("kill", container())
		await(t, changes, engine.Died)
		o := p.observe(e, d.ID)
		require.False(t, o.Running)
		require.NotEmpty(t, o.Detail)
		p.ensure(e, d)
	})
	t.Run("removed", func(t *testing.T) {
		p.docker("rm", "-f", container())
		await(t, changes, engine.Removed)
		require.Equal(t, d.Services, p.ensure(e, d).Services)
	})
	t.Run("the network is gone", func(t *testing.T) {
		p.docker("rm", "-f", container())
		p.docker("network", "rm", "decnet-dpl_"+p.lot.Tag)
		p.ensure(e, d)
	})
	t.Run("the network is gone from under a stopped container", func(t *testing.T) {
		p.docker("stop", "-t", "1", container())
		p.docker("network", "rm", "decnet-dpl_"+p.lot.Tag)
		p.ensure(e, d)
	})
	t.Run("the image is gone", func(t *testing.T) {
		p.docker("rm", "-f", container())
		require.Contains(t, p.docker("image", "prune", "-af"), "Deleted")
		p.ensure(e, d)
	})
	t.Run("somebody else has the container's name", func(t *testing.T) {
		other := p.wish(2, "ssh")
		mine := container()
		before := p.docker("inspect", "-f", "{{.Name}}", mine)
		p.docker("rename", mine, "decnet-"+p.lot.Tag+"-d2-"+other.ID[len(other.ID)-6:])
		_, err := e.Ensure(t.Context(), other, quiet)
		require.Error(t, err)
		require.Contains(t, engine.AsError(err).Message, "not ours")
		require.False(t, engine.AsError(err).Transient)
		require.Equal(t, first.Services, p.ensure(e, d).Services, "whatever it is called now, the decky is found")
		require.NoError(t, e.Remove(t.Context(), other.Ref, quiet), "what bears its name is not it")
		require.Equal(t, mine, container())
		p.docker("rename", mine, strings.TrimSpace(strings.TrimPrefix(before, "/")))
	})
}

// An engine that is stopped, or dies, in the middle of its work: the calls under way fail at once with what may be tried again, and when it is back it is
// looked at anew.
func TestTheEngineRestartsInTheMiddle(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"stopped": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			p := privateEngine(t, "")
			e := p.open()
			changes, err := e.Watch(t.Context())
			require.NoError(t, err)
			before := p.ensure(e, p.wish(0, "ssh"))
			// Deckies are made one after the other until the engine goes away.
			failed := make(chan error, 1)
			go func() {
				for n := 1; ; n++ {
					ctx, cancel := context.WithTimeout(context.Background(), enginetest.Patience)
					_, err := e.Ensure(ctx, p.wish(n%100, "ssh", "redis"), quiet)
					cancel()
					if err != nil {
						failed <- err
						return
					}
				}
			}()
			// … and the services of the first changed meanwhile.
			unapplied := make(chan error, 1)
			go func() {
				for n := 2; ; n++ {
					d := p.wish(0, [][]string{{"ssh"}, {"ssh", "redis"}}[n%2]...)
					d.Generation = n
					ctx, cancel := context.WithTimeout(context.Background(), enginetest.Patience)
					_, err := e.Apply(ctx, d, quiet)
					cancel()
					if err != nil {
						unapplied <- err
						return
					}
				}
			}()
			await(t, changes, engine.Started)
			await(t, changes, engine.Started) // the second is under way
			p.stop(sig)
			said := engine.AsError(<-failed)
			// An engine that is stopped stops its containers first: a decoy may find its own listeners closing.
			require.True(t, said.Transient, "%v", said)
			require.NotEqual(t, engine.Failed, said.Code, "%v", said)
			said = engine.AsError(<-unapplied)
			require.Contains(t, []engine.Code{engine.Unavailable, engine.NotRunning, engine.NotAnswering}, said.Code, "%v", said)
			_, err = e.Apply(t.Context(), p.wish(0, "http"), quiet)
			require.Equal(t, engine.Unavailable, engine.AsError(err).Code)
			require.True(t, engine.AsError(err).Transient)

			p.start()
			await(t, changes, engine.Resync)
			for n := range 3 {
				d := p.wish(n, "ssh", "redis")
				d.Generation = 1 << 20
				o := p.ensure(e, d)
				require.ElementsMatch(t, d.Services, o.Services)
			}
			p.docker("kill", strings.TrimSpace(p.docker("ps", "-qf", "label=decnet.decky="+before.ID)))
			await(t, changes, engine.Died)
			p.ensure(e, p.wish(0, "ssh", "redis"))
			all, err := e.Observe(t.Context())
			require.NoError(t, err)
			seen := map[string]int{}
			for _, o := range all {
				seen[o.ID]++
			}
			require.Equal(t, 1, seen[before.ID], "each decky is there once")
		})
	}
}

// An engine that dies in the middle of a container's removal has it back as a dead one, which never starts again: its decky is made anew.
func TestAContainerWhoseRemovalBrokeOffIsMadeAnew(t *testing.T) {
	p := privateEngine(t, "")
	image := enginetest.Greeter(t, p.lot.Tag)
	load := exec.Command("docker", "-H", p.host, "load")
	saved, err := exec.Command("docker", "save", image).Output()
	require.NoError(t, err)
	load.Stdin = bytes.NewReader(saved)
	out, err := load.CombinedOutput()
	require.NoError(t, err, "%s", out)
	e, err := docker.New(docker.Options{Host: p.host, Owner: p.lot.Tag, DecoyBinary: enginetest.Decoy(t), Catalog: enginetest.OwnCatalog(t, image)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	d := p.wish(0, "ssh", "greeter")
	containers := func(status string) (ids []string) {
		return strings.Fields(p.docker("ps", "-aq", "--no-trunc", "--filter", "label=decnet.decky="+d.ID, "--filter", "status="+status))
	}
	for _, which := range []string{"the decky's own", "a service's", "both"} {
		t.Run(which, func(t *testing.T) {
			d.Generation++
			p.ensure(e, d)
			ids := containers("running")
			require.Len(t, ids, 2)
			p.stop(syscall.SIGTERM)
			for _, id := range ids {
				file := filepath.Join(p.dir, "data", "containers", id, "config.v2.json")
				b, err := os.ReadFile(file)
				require.NoError(t, err)
				if sidecar := bytes.Contains(b, []byte(`"decnet.service"`)); which == "both" || sidecar == (which == "a service's") {
					require.Contains(t, string(b), `"Dead":false`)
					require.NoError(t, os.WriteFile(file, bytes.Replace(b, []byte(`"Dead":false`), []byte(`"Dead":true`), 1), 0o600))
				}
			}
			p.start()
			require.NotEmpty(t, containers("dead"))
			require.ElementsMatch(t, d.Services, p.ensure(e, d).Services)
			require.Len(t, containers("running"), 2)
			require.Empty(t, containers("dead"))
		})
	}
}

// A full disk is told in the engine's own words, and leaves nothing half made.
func TestTheEnginesDiskIsFull(t *testing.T) {
	p := privateEngine(t, "200m")
	e := p.open()
	p.ensure(e, p.wish(0, "ssh"))
	filler := filepath.Join(p.dir, "data", "filler")
	require.ErrorIs(t, os.WriteFile(filler, make([]byte, 256<<20), 0o600), syscall.ENOSPC)
	d := p.wish(1, "ssh")
	_, err := e.Ensure(t.Context(), d, quiet)
	require.Error(t, err)
	require.Contains(t, engine.AsError(err).Words(), "no space left on device")
	require.False(t, engine.AsError(err).Transient, "it does not help to try again at once")
	p.answers(p.observe(e, p.wish(0).ID))
	require.NoError(t, os.Remove(filler))
	p.ensure(e, d)
}
