package process_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/enginetest"
	"decnet/engine/process"
)

func TestContract(t *testing.T) {
	lot := enginetest.Reserve(t, "127.90.0.0/16")
	dir := t.TempDir() + "/a/folder/that/is/so/deep/that/no/unix/socket/could/be/reached/by/its/whole/path/because/the/kernel/takes/107/bytes"
	enginetest.Run(t, enginetest.Harness{
		Open: func(t *testing.T) engine.Engine {
			e, err := process.New(process.Options{Dir: dir, DecoyBinary: enginetest.Decoy(t)})
			require.NoError(t, err)
			t.Cleanup(func() { _ = e.Close() })
			return e
		},
		Network: lot.Network(engine.Loopback),
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
	lot := enginetest.Reserve(t, "127.90.0.0/16")
	d := lot.Decky(lot.Network(engine.Loopback), 0, "ssh")
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

// A decoy may complain as much as it likes: its diagnostics stay small, and it goes on.
func TestTheDiagnosticsStaySmall(t *testing.T) {
	dir := t.TempDir()
	e, err := process.New(process.Options{Dir: dir, DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	defer e.Close()
	lot := enginetest.Reserve(t, "127.90.0.0/16")
	d := lot.Decky(lot.Network(engine.Loopback), 0, "ssh")
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, func(string) {})) })
	first, err := e.Ensure(t.Context(), d, func(string) {})
	require.NoError(t, err)
	_, err = e.Watch(t.Context())
	require.NoError(t, err)
	path := filepath.Join(dir, d.ID, "decoy.log")
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			return -1
		}
		return info.Size()
	}
	for range 2 {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		require.NoError(t, err)
		_, err = f.WriteString(strings.Repeat("a line of trouble\n", 200_000))
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Eventually(t, func() bool { return size(path) == 0 && size(path+".1") == 1<<20 }, enginetest.Patience, 5*time.Millisecond)
	}
	again, err := e.Ensure(t.Context(), d, func(string) {})
	require.NoError(t, err)
	require.Equal(t, first.Instance, again.Instance)
}

// Whoever reads a long story can leave in the middle.
func TestEventsEndWithTheirContext(t *testing.T) {
	dir := t.TempDir()
	e, err := process.New(process.Options{Dir: dir, DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	defer e.Close()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "dky_talks", "events"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dky_talks", "events", "events-1.log"), []byte(strings.Repeat("line\n", 1000)), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	require.NoError(t, e.Events(ctx, engine.Ref{ID: "dky_talks"}, "", true, func(engine.Line) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	}))
	require.Equal(t, 10, n)
}

// Whoever has taken a decoy over may write without end: what the server remembers of it has one, and the lines after it are read on.
func TestALineWithoutEndIsNotRemembered(t *testing.T) {
	dir := t.TempDir()
	e, err := process.New(process.Options{Dir: dir, DecoyBinary: enginetest.Decoy(t)})
	require.NoError(t, err)
	defer e.Close()
	segment := filepath.Join(dir, "dky_talks", "events", "events-1.log")
	require.NoError(t, os.MkdirAll(filepath.Dir(segment), 0o700))
	const flood = 128 << 20
	require.NoError(t, os.WriteFile(segment, []byte("one\n"), 0o600))
	require.NoError(t, os.Truncate(segment, flood)) // bytes that are no newline
	f, err := os.OpenFile(segment, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	defer f.Close()
	ctx, cancel := context.WithTimeout(t.Context(), enginetest.Patience)
	defer cancel()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var got []engine.Line
	require.NoError(t, e.Events(ctx, engine.Ref{ID: "dky_talks"}, "", true, func(l engine.Line) error {
		switch got = append(got, l); len(got) {
		case 1:
			_, err := f.WriteString("\nthree\nfo")
			return err
		case 3:
			_, err := f.WriteString("ur\n")
			return err
		case 4:
			cancel()
		}
		return nil
	}))
	runtime.ReadMemStats(&after)
	require.Len(t, got, 4)
	require.LessOrEqual(t, len(got[1].Text), event.MaxLine+1, "its beginning")
	_, err = event.Parse(got[1].Text)
	require.Error(t, err, "which is no event")
	require.Equal(t, "events-1.log:"+strconv.Itoa(flood+1), got[1].Position)
	require.Equal(t, "three", string(got[2].Text))
	require.Equal(t, "four", string(got[3].Text))
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(flood/8))
}

// A decoy binary that can't be run is told of when the server starts, and not by the first deploy.
func TestADecoyThatIsNoProgramIsToldAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decoy")
	require.NoError(t, os.WriteFile(path, []byte("words"), 0o600))
	_, err := process.New(process.Options{Dir: t.TempDir(), DecoyBinary: path})
	require.ErrorContains(t, err, "the decoy binary is no program that may be run")
}
