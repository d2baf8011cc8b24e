package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// dial opens a WebSocket with a token and waits for the acknowledgement.
func (s *server) dial(token string) *websocket.Conn {
	s.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, _, err := d.Dial(strings.Replace(s.URL, "http", "ws", 1)+"/graphql", nil)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(s.t, conn.SetReadDeadline(time.Now().Add(patience)))
	payload := map[string]any{}
	if token != "" {
		payload["Authorization"] = "Bearer " + token
	}
	require.NoError(s.t, conn.WriteJSON(map[string]any{"type": "connection_init", "payload": payload}))
	return conn
}

func TestASignInThatEndsTakesItsSocketsWithIt(t *testing.T) {
	s := start(t, "--engine", "sim")
	conn := s.dial(s.Token)
	var ack struct{ Type string }
	require.NoError(t, conn.ReadJSON(&ack))
	require.Equal(t, "connection_ack", ack.Type)
	require.NoError(t, conn.WriteJSON(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{"query": "subscription { lifecycleUpdated { seq } }"}}))
	s.as(s.Token).must(nil, `mutation { logout { ok } }`, nil)
	for {
		_, _, err := conn.ReadMessage()
		if err != nil {
			require.True(t, websocket.IsCloseError(err, 4403), "%v", err)
			break
		}
	}
	s.as(s.Token).refused("UNAUTHENTICATED", `{ deckies { totalCount } }`, nil)

	bad := s.dial("decnet_nonsense")
	_, _, err := bad.ReadMessage()
	require.True(t, websocket.IsCloseError(err, 4403), "%v", err)

	nobody := s.dial("")
	require.NoError(t, nobody.ReadJSON(&ack))
	require.NoError(t, nobody.WriteJSON(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{"query": "subscription { lifecycleUpdated { seq } }"}}))
	var refusal struct {
		Type    string
		Payload json.RawMessage
	}
	require.NoError(t, nobody.ReadJSON(&refusal))
	require.Equal(t, "error", refusal.Type)
	require.Contains(t, string(refusal.Payload), "UNAUTHENTICATED")
}

func TestAServerThatStopsTellsItsSubscribersToComeBack(t *testing.T) {
	s := start(t, "--engine", "sim")
	conn := s.dial(s.Token)
	var ack struct{ Type string }
	require.NoError(t, conn.ReadJSON(&ack))
	var stopped sync.WaitGroup
	stopped.Go(func() { s.stop(syscall.SIGTERM) })
	defer stopped.Wait()
	for {
		_, _, err := conn.ReadMessage()
		if err != nil {
			require.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
			break
		}
	}
}

func TestThePagesAreServed(t *testing.T) {
	s := start(t, "--engine", "sim")
	for path, status := range map[string]int{"/": 200, "/graphiql": 200, "/healthz": 200, "/readyz": 200, "/metrics": 200, "/nothing-here": 404} {
		res, err := http.Get(s.URL + path)
		require.NoError(t, err)
		_ = res.Body.Close()
		require.Equal(t, status, res.StatusCode, path)
	}
}
