package all_test

import (
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/catalog"
	"decnet/decoy/decoytest"
	_ "decnet/decoy/services/all"
)

// Every service comes and goes, with an intruder in the middle of a conversation each time, and leaves neither a goroutine nor a socket behind.
func TestSwappingServicesLeavesNothingBehind(t *testing.T) {
	for _, s := range catalog.Default().Services() {
		if !s.Decoy {
			continue
		}
		t.Run(s.Slug, func(t *testing.T) {
			d := decoytest.Start(t)
			swap := func(generation int) {
				require.NoError(t, d.Apply(t.Context(), generation, []string{s.Slug}))
				for _, p := range s.Ports {
					c, err := net.Dial(p.Proto, d.Address(p.Number))
					require.NoError(t, err)
					_, _ = c.Write([]byte("GET / HTTP/1.0\r\n"))
					t.Cleanup(func() { c.Close() })
				}
				require.NoError(t, d.Apply(t.Context(), generation+1, nil))
			}
			swap(1) // what is made once, such as keys, is there now
			goroutines, files := runtime.NumGoroutine(), openFiles(t)
			for i := range 10 {
				swap(3 + 2*i)
			}
			ours := 10 * len(s.Ports) // the intruder's own ends stay open
			settled(t, runtime.NumGoroutine, func() bool { return runtime.NumGoroutine() <= goroutines+2 })
			settled(t, func() int { return openFiles(t) }, func() bool { return openFiles(t) <= files+ours+2 })
		})
	}
}

// settled waits until it is so.
func settled(t *testing.T, shows func() int, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 15*time.Second, 20*time.Millisecond, "there are %d", shows())
}

func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}
