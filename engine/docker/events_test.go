package docker

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine"
)

// Whoever has taken a decoy over may write without end: what the server remembers of it has one, and the lines after it are read on.
func TestALineWithoutEndIsNotRemembered(t *testing.T) {
	const stamp, piece, pieces = "2026-11-26T13:30:00.123456789Z ", 16 << 10, 8 << 10
	log := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		frame := func(text string) []byte {
			var b bytes.Buffer
			_, _ = stdcopy.NewStdWriter(&b, stdcopy.Stdout).Write([]byte(stamp + text))
			return b.Bytes()
		}
		_, _ = w.Write(frame("one\n"))
		flood := frame(strings.Repeat("x", piece)) // as the engine cuts a line that goes on
		for range pieces {
			_, _ = w.Write(flood)
		}
		_, _ = w.Write(slices.Concat(frame("\n"), frame("three\n"), frame("half a li")))
	}))
	defer log.Close()
	cli, err := client.NewClientWithOpts(client.WithHost("tcp://"+log.Listener.Addr().String()), client.WithVersion("1.41"))
	require.NoError(t, err)
	defer cli.Close()
	e := &Engine{cli: cli, log: slog.New(slog.DiscardHandler)}
	var got []engine.Line
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, e.read(t.Context(), "c1", "", true, func(l engine.Line) error {
		got = append(got, l)
		return nil
	}))
	runtime.ReadMemStats(&after)
	require.Len(t, got, 3)
	require.Equal(t, engine.Line{Text: []byte("one"), Position: stamp[:len(stamp)-1]}, got[0])
	require.Greater(t, len(got[1].Text), event.MaxLine, "its beginning, which is too long for an event")
	require.Less(t, len(got[1].Text), event.MaxLine+100)
	require.Equal(t, "three", string(got[2].Text))
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(piece*pieces/8))
}
