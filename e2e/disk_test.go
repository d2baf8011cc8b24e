package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A full disk refuses what can't be kept, says so, and harms nothing: what was accepted goes on once there is room again.
func TestAFullDisk(t *testing.T) {
	data := t.TempDir()
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("making a small disk takes root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(data, 0) })
	s := &server{t: t, data: data, args: []string{"--engine", "sim", "--lease", "1s"}}
	s.boot()
	defer func() { s.stop(syscall.SIGTERM) }()
	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("a", "ssh"), spec("b", "ssh")}}))

	filler := filepath.Join(data, "filler")
	require.ErrorIs(t, os.WriteFile(filler, make([]byte, 8<<20), 0o600), syscall.ENOSPC)
	mutate := `mutation($n: String!) { mutateDecky(input: {name: $n, services: ["http"]}) { lifecycleIds } }`
	var refused []graphqlError
	s.eventually("the disk is full for the database too", func() bool { // its log had some room left
		refused = s.as(s.Token).ask(nil, mutate, map[string]any{"n": "a"})
		return len(refused) > 0
	})
	require.Equal(t, "INTERNAL", refused[0].Extensions["code"])
	before := s.decky("b")
	require.Equal(t, "RUNNING", before.State, "it answers all the while")

	require.NoError(t, os.Remove(filler))
	s.eventually("it writes again", func() bool { return len(s.as(s.Token).ask(nil, mutate, map[string]any{"n": "b"})) == 0 })
	s.eventually("all is in step", func() bool {
		for _, name := range []string{"a", "b"} {
			if d := s.decky(name); d.State != "RUNNING" || d.Generation != d.ObservedGeneration {
				return false
			}
		}
		return true
	})
	require.Equal(t, before.Generation+1, s.decky("b").Generation)
}
