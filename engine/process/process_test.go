package process_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/enginetest"
	"decnet/engine/process"
)

func TestContract(t *testing.T) {
	dir := t.TempDir() + "/a/folder/that/is/so/deep/that/no/unix/socket/could/be/reached/by/its/whole/path/because/the/kernel/takes/107/bytes"
	enginetest.Run(t, enginetest.Harness{
		Open: func(t *testing.T) engine.Engine {
			e, err := process.New(process.Options{Dir: dir, DecoyBinary: enginetest.Decoy(t)})
			require.NoError(t, err)
			t.Cleanup(func() { _ = e.Close() })
			return e
		},
		Network: engine.Network{ID: "dpl_contract", Driver: engine.Loopback, Subnet: netip.MustParsePrefix("127.90.1.0/24")},
		Kill: func(t *testing.T, o engine.Observed) {
			pid, _, _ := strings.Cut(o.Instance, ":")
			n, err := strconv.Atoi(pid)
			require.NoError(t, err, fmt.Sprint(o))
			require.NoError(t, syscall.Kill(n, syscall.SIGKILL))
		},
	})
}

// A server that crashes between starting a process and recording it leaves a decoy that nobody knows: it must not live on beside the next one.
func TestADecoyThatNoRecordKnowsIsEnded(t *testing.T) {
	dir := t.TempDir()
	e, err := process.New(process.Options{Dir: dir, DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	defer e.Close()
	d := engine.Decky{
		Ref:     engine.Ref{ID: "dky_stray", Name: "stray", Deployment: "t", NetworkID: "dpl_stray"},
		Network: engine.Network{ID: "dpl_stray", Driver: engine.Loopback, Subnet: netip.MustParsePrefix("127.90.2.0/24")},
		IP:      netip.MustParseAddr("127.90.2.9"), Hostname: "SRV-STRAY", OS: "linux", Distro: "debian",
		Seed: make([]byte, 32), Services: []string{"ssh"}, Generation: 1,
	}
	quiet := func(string) {}
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, quiet)) })
	pid := func(o engine.Observed) int {
		text, _, _ := strings.Cut(o.Instance, ":")
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	first, err := e.Ensure(t.Context(), d, quiet)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, d.ID, "decky.json")))

	second, err := e.Ensure(t.Context(), d, quiet)
	require.NoError(t, err)
	require.NotEqual(t, pid(first), pid(second))
	require.Eventually(t, func() bool { return syscall.Kill(pid(first), 0) != nil }, enginetest.Patience, 5*time.Millisecond, "the first decoy lives on")

	require.NoError(t, os.Remove(filepath.Join(dir, d.ID, "decky.json")))
	require.NoError(t, e.Remove(t.Context(), d.Ref, quiet))
	require.Eventually(t, func() bool { return syscall.Kill(pid(second), 0) != nil }, enginetest.Patience, 5*time.Millisecond, "the second decoy lives on")
}
