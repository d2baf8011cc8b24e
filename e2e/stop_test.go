package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"decnet/client"
	"decnet/internal/mortal"
)

// subscribeRaw subscribes to everything on a socket of its own.
func (s *server) subscribeRaw() *websocket.Conn {
	s.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, res, err := dialer.Dial("ws"+s.URL[len("http"):]+"/graphql", nil)
	require.NoError(s.t, err)
	_ = res.Body.Close()
	s.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(s.t, conn.SetReadDeadline(time.Now().Add(patience)))
	require.NoError(s.t, conn.WriteJSON(map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": "Bearer " + s.Token}}))
	require.NoError(s.t, conn.WriteJSON(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": `subscription { lifecycleUpdated { status lifecycle { id } } }`}}))
	return conn
}

// A server that is told to stop lets what is under way finish within the grace, tells its subscribers to come back, and closes its database.
func TestAStopIsOrderly(t *testing.T) {
	s := start(t, "--engine", "sim", "--workers", "2", "--grace", "1m")
	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("a", "ssh"), spec("b", "ssh"), spec("c", "ssh")}}))
	s.stop(syscall.SIGTERM)
	args := s.args
	s.args = append(slices.Clone(args), "--sim-latency", "5s") // both are under way for long enough to be seen
	s.boot()
	socket := s.subscribeRaw()
	running := s.mutate(map[string]any{"name": "a", "services": []string{"http"}})
	running = append(running, s.mutate(map[string]any{"name": "b", "services": []string{"http"}})...)
	waiting := s.mutate(map[string]any{"name": "c", "services": []string{"http"}})
	s.eventually("two are under way", func() bool { return s.statusCount(running, "RUNNING") == 2 })
	s.stop(syscall.SIGTERM)
	for {
		_, _, err := socket.ReadMessage()
		if err != nil {
			require.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
			break
		}
	}
	require.NoFileExists(t, filepath.Join(s.data, "decnet.db-wal"), "the database is closed")

	s.args = args
	s.boot()
	require.Equal(t, 2, s.statusCount(running, "SUCCEEDED"), "they ended in the grace")
	s.succeed(waiting)
}

// What does not end in the grace is handed back, and taken up at once by the next server: no lease has to run out.
func TestWhatOutlivesTheGraceIsHandedBack(t *testing.T) {
	s := start(t, "--engine", "sim", "--sim-latency", "3s", "--grace", "100ms", "--lease", "5m")
	ids := s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}})
	s.eventually("it is under way", func() bool { return s.statusCount(ids, "RUNNING") == 1 })
	s.stop(syscall.SIGTERM)
	s.boot()
	s.succeed(ids)
}

func TestASecondSignalStopsAtOnce(t *testing.T) {
	s := start(t, "--engine", "sim", "--sim-latency", "10m", "--grace", "10m")
	ids := s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}})
	s.eventually("it is under way", func() bool { return s.statusCount(ids, "RUNNING") == 1 })
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	s.eventually("it is stopping", func() bool { return strings.Contains(s.log.String(), "msg=stopping") })
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	state, err := s.cmd.Process.Wait()
	require.NoError(t, err)
	require.False(t, state.Success())
	s.cmd = nil
	s.args = append(s.args, "--sim-latency", "0s", "--lease", "1s")
}

func (s *server) statusCount(ids []string, status string) int {
	s.t.Helper()
	var got struct {
		Lifecycles struct{ TotalCount int }
	}
	s.as(s.Token).must(&got, `query($ids: [ID!], $s: LifecycleStatus!) { lifecycles(ids: $ids, where: {status: $s}) { totalCount } }`, map[string]any{"ids": ids, "s": status})
	return got.Lifecycles.TotalCount
}

// Two thousand subscribers lose their server in the middle of things, come back together, and have the whole story; those who stall or vanish are in nobody's
// way, and leave nothing behind.
func TestAReconnectStorm(t *testing.T) {
	const subscribers, stalled = 2000, 100
	binary, err := buildServer()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	data := t.TempDir()
	s, err := mortal.Start(ctx, mortal.Options{Binary: binary, Data: data, Args: []string{"--engine", "sim", "--lease", "1s", "--max-connections", "3000", "--rate-user", "0", "--max-connections-per-user", "0", "--max-connections-per-address", "0", "--max-subscriptions-per-user", "0", "--log-level", "warn"}})
	require.NoError(t, err)
	defer s.Stop()
	play := &scenario{t: t, ctx: ctx, server: s, client: client.New(s.URL), subnet: subnet("sim", 200)}
	before := descriptors(t, s)
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()
	start, err := play.client.JournalCursor(ctx)
	require.NoError(t, err)
	var followers []*mortal.Follower
	for range subscribers {
		followers = append(followers, mortal.Follow(following, s.URL, start))
	}
	var silent []*websocket.Conn
	for range stalled { // they subscribe, and read nothing
		conn, res, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, ReadBufferSize: 256}).Dial("ws"+s.URL[len("http"):]+"/graphql", nil)
		require.NoError(t, err)
		_ = res.Body.Close()
		require.NoError(t, conn.WriteJSON(map[string]any{"type": "connection_init"}))
		require.NoError(t, conn.WriteJSON(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": `subscription { lifecycleUpdated { stage status lifecycle { id deckyName fromServices toServices } } }`}}))
		silent = append(silent, conn)
	}
	play.deploy("d1", "a", "b", "c")
	play.mutate("m1", "a", "http")
	require.NoError(t, s.Kill())
	play.mutate("m2", "b", "http")
	play.mutate("m3", "c")
	play.settled(patience) // two thousand clients share its cores
	found, err := mortal.Look(ctx, data, "sim", "")
	require.NoError(t, err)
	require.NoError(t, found.Settled())
	for _, f := range followers {
		require.NoError(t, f.SawAll(ctx, found.State, patience))
	}
	unfollow()
	for _, conn := range silent {
		_ = conn.Close()
	}
	deadline := time.Now().Add(patience)
	for descriptors(t, s) > before+10 { // idle connections of the test's own client
		require.True(t, time.Now().Before(deadline), "%d descriptors are open, %d were before anyone came", descriptors(t, s), before)
		time.Sleep(20 * time.Millisecond)
	}
}

// descriptors counts a server's open file descriptors.
func descriptors(t *testing.T, s *mortal.Server) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(s.PID()), "fd"))
	require.NoError(t, err)
	return len(entries)
}
