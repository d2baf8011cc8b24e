package transport_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"decnet/transport"
	"decnet/transport/internal/testschema"
)

// TestRudeClientsLeaveNothing has clients do at random what clients may and may
// not do, leave when they like, and the server stop in the middle of it. That
// no goroutine and no operation is left is checked by serveWebSocket and goleak.
func TestRudeClientsLeaveNothing(t *testing.T) {
	const clients, connections, messages = 16, 12, 20
	ws := &transport.WebSocket{MaxOperationsPerConnection: 5, MaxConnections: clients - 2}
	server := serveWebSocket(t, ws, testschema.New())
	halfway := make(chan struct{})
	var all sync.WaitGroup
	for seed := range uint64(clients) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, 0))
			for connection := range connections {
				if seed == 0 && connection == connections/2 {
					close(halfway)
				}
				rudeVisit(server, random, messages)
			}
		})
	}
	<-halfway
	if err := ws.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	all.Wait()
}

func rudeVisit(server *endpoint, random *rand.Rand, messages int) {
	dialer := websocket.Dialer{Subprotocols: []string{transport.Subprotocol}, HandshakeTimeout: patience}
	conn, _, err := dialer.Dial(server.ws, nil)
	if err != nil {
		return // turned away, which the limit and the shutdown are for
	}
	defer conn.NetConn().Close()
	acts := []string{
		`{"type":"ping"}`,
		`{"id":"%d","type":"complete"}`,
		`{"id":"%d","type":"subscribe","payload":{"query":"{hello}"}}`,
		`{"id":"%d","type":"subscribe","payload":{"query":"{"}}`,
		`{"id":"%d","type":"subscribe","payload":{"query":"subscription{breaks}"}}`,
		`{"id":"%d","type":"subscribe","payload":{"query":"subscription{count(to:1000000)}"}}`,
		`{"id":"%d","type":"nonsense"}`,
	}
	message := `{"type":"connection_init"}`
	for range messages {
		if conn.WriteMessage(websocket.TextMessage, []byte(message)) != nil {
			return
		}
		if random.IntN(3) == 0 {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
		act := acts[random.IntN(len(acts)-1+random.IntN(2))] // nonsense is rarer
		message = act
		if act != acts[0] {
			message = fmt.Sprintf(act, random.IntN(8))
		}
	}
}
