// Package packaging holds what a release is delivered with: the container image and the units for systemd. Its tests put the units into a root of their own and
// have systemd judge them, and have it pass its socket to the real program; the image is run by e2e.
package packaging

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
	"decnet/engine/remote"
)

// mostExposed is what systemd's rating of a unit may be, in tenths: 0 is locked up, 100 is root without any hardening.
const mostExposed = "11"

// patience bounds every wait.
const patience = 2 * time.Minute

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, out)
	return string(out)
}

func place(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	b, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	require.NoError(t, os.WriteFile(to, b, mode))
}

// installed is a root with the units in it, and systemd's own.
func installed(t *testing.T) (root string, units []string) {
	t.Helper()
	root = t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "usr/lib/systemd"), 0o755))
	run(t, "cp", "-a", "/usr/lib/systemd/system", filepath.Join(root, "usr/lib/systemd"))
	place(t, "/bin/true", filepath.Join(root, "usr/local/bin/decnetd"), 0o755)
	files, err := filepath.Glob("systemd/decnetd*")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, f := range files {
		place(t, f, filepath.Join(root, "etc/systemd/system", filepath.Base(f)), 0o644)
		units = append(units, filepath.Base(f))
	}
	place(t, "systemd/decnet.sysusers.conf", filepath.Join(root, "usr/lib/sysusers.d/decnet.conf"), 0o644)
	place(t, "systemd/decnet.tmpfiles.conf", filepath.Join(root, "usr/lib/tmpfiles.d/decnet.conf"), 0o644)
	return root, units
}

func TestSystemdKnowsEverythingInTheUnits(t *testing.T) {
	root, units := installed(t)
	require.Empty(t, run(t, "systemd-analyze", append([]string{"verify", "--root=" + root}, units...)...))
}

func TestTheUnitsAreLockedUp(t *testing.T) {
	for _, unit := range []string{"decnetd.service", "decnetd-engine.service"} {
		run(t, "systemd-analyze", "security", "--offline=true", "--threshold="+mostExposed, "systemd/"+unit)
	}
}

func TestTheUsersAndFoldersAreMade(t *testing.T) {
	root, _ := installed(t)
	run(t, "systemd-sysusers", "--root="+root)
	users, err := os.ReadFile(filepath.Join(root, "etc/passwd"))
	require.NoError(t, err)
	for _, name := range []string{"decnet", "decnet-engine"} {
		require.Regexp(t, `(?m)^`+name+`:.*:/usr/sbin/nologin$`, string(users))
		unit, err := os.ReadFile("systemd/" + strings.Replace(name, "decnet", "decnetd", 1) + ".service")
		require.NoError(t, err)
		require.Contains(t, string(unit), "\nUser="+name+"\n")
	}
	run(t, "systemd-tmpfiles", "--root="+root, "--create", filepath.Join(root, "usr/lib/tmpfiles.d/decnet.conf"))
	require.DirExists(t, filepath.Join(root, "run/decnet"))
}

// The socket is systemd's: it is there before the engine process, and after it.
func TestTheEngineProcessTakesTheSocketFromSystemd(t *testing.T) {
	dir := t.TempDir()
	program, socket := filepath.Join(dir, "decnetd"), filepath.Join(dir, "engine.sock")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = enginetest.Root()
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	var log bytes.Buffer
	activate := exec.Command("systemd-socket-activate", "-l", socket, "-E", "PATH", program, "engine", "--engine", "sim", "--socket", "/nonexistent/socket", "--data", dir)
	activate.Stdout, activate.Stderr = &log, &log
	require.NoError(t, activate.Start())
	defer func() {
		require.NoError(t, activate.Process.Signal(syscall.SIGTERM))
		if err := activate.Wait(); t.Failed() {
			t.Logf("%v\n%s", err, &log)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		require.NoError(t, ctx.Err(), "there is no socket")
		time.Sleep(10 * time.Millisecond)
	}
	first, _ := remote.Dial(ctx, remote.Scheme+socket, "one", slog.Default()) // which starts it, however long that takes
	require.NoError(t, first.Ping(ctx))
	c, _ := remote.Dial(ctx, remote.Scheme+socket, "one", slog.Default())
	require.NoError(t, c.Ping(ctx))
	require.Equal(t, "sim", c.Name())
}

// Nothing to log in with, nothing to load, nothing to run but ours.
func TestTheImageHoldsNothingButThePrograms(t *testing.T) {
	enginetest.RequireDocker(t)
	var image struct {
		Config struct{ User string }
	}
	const name = "decnet-test/packaging"
	build := exec.Command("scripts/image", name)
	build.Dir = enginetest.Root()
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	t.Cleanup(func() { _ = exec.Command("docker", "image", "rm", "-f", name).Run() })
	require.NoError(t, json.Unmarshal([]byte(run(t, "docker", "image", "inspect", "--format", "{{json .}}", name)), &image))
	require.Equal(t, "65532:65532", image.Config.User)
	id := strings.TrimSpace(run(t, "docker", "create", name))
	defer run(t, "docker", "rm", id)
	files := filepath.Join(t.TempDir(), "files")
	run(t, "docker", "export", "-o", files, id)
	for path := range strings.FieldsSeq(run(t, "tar", "-tf", files)) {
		switch top, _, _ := strings.Cut(path, "/"); top {
		case "decnetd", "decnet", "decoy", "data", "tmp":
		case "dev", "etc", "proc", "sys", ".dockerenv": // Docker's own
		default:
			t.Errorf("%s has no business in the image", path)
		}
	}
}
