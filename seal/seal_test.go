package seal

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests share the process's key, so they run one after the other.

func use(t *testing.T, path string) {
	t.Helper()
	k, err := File(path)
	require.NoError(t, err)
	Use(k)
	t.Cleanup(func() { Use(nil) })
}

func TestOnlyTheKeyOpensWhatIsSealed(t *testing.T) {
	dir := t.TempDir()
	use(t, filepath.Join(dir, "a"))
	sealed, err := Seal([]byte("hunter2"))
	require.NoError(t, err)
	require.NotContains(t, sealed, "hunter2")
	again, err := Seal([]byte("hunter2"))
	require.NoError(t, err)
	require.NotEqual(t, sealed, again, "the same secret twice does not show")

	use(t, filepath.Join(dir, "a")) // read again
	text, err := Open(sealed)
	require.NoError(t, err)
	require.Equal(t, "hunter2", string(text))

	use(t, filepath.Join(dir, "b"))
	_, err = Open(sealed)
	require.ErrorIs(t, err, ErrAnotherKey)
	Use(nil)
	_, err = Open(sealed)
	require.ErrorIs(t, err, ErrNoKey)
	_, err = Seal(nil)
	require.ErrorIs(t, err, ErrNoKey)
}

func TestWhatWasChangedDoesNotOpen(t *testing.T) {
	use(t, filepath.Join(t.TempDir(), "key"))
	sealed, err := Seal([]byte("hunter2"))
	require.NoError(t, err)
	for _, bad := range []string{"", "hunter2", strings.Replace(sealed, ":1:", ":2:", 1), sealed[:len(sealed)-8], sealed[:30] + "AAAA" + sealed[34:]} {
		_, err := Open(bad)
		require.Error(t, err, bad)
	}
}

func TestTheKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var wg sync.WaitGroup
	names := make([]string, 8)
	for i := range names {
		wg.Go(func() {
			if k, err := File(path); err == nil {
				names[i] = k.name
			}
		})
	}
	wg.Wait()
	for _, name := range names {
		require.Equal(t, names[0], name, "all who start at once take the same key")
		require.NotEmpty(t, name)
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = File(path)
	require.ErrorContains(t, err, "chmod 600")
	require.NoError(t, os.WriteFile(path, []byte("short"), 0o600))
	require.NoError(t, os.Chmod(path, 0o600))
	_, err = File(path)
	require.ErrorContains(t, err, "hex")
	_, err = File("/does/not/exist/key")
	require.Error(t, err)
}
