package api_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"decnet/api"
	"decnet/api/traffic"
	"decnet/engine/sim"
	"decnet/internal/bare"
	"decnet/internal/world"
	"decnet/resolvers"
	"decnet/transport"
)

// watching is what a page that shows lifecycles asks for.
const watching = `subscription { lifecycleUpdated(decky: %q) { %s seq status stage at lifecycle {
	id operation status stage attempt trigger actor deckyName deploymentName fromServices toServices createdAt startedAt completedAt error { code message }
	decky { name state services generation observedGeneration ip } } } }`

// apiOf serves a world to whoever asks, without limits that a benchmark would meet.
func apiOf(tb testing.TB, w *world.World) *httptest.Server {
	tb.Helper()
	limits := api.DefaultLimits()
	limits.SocketsPerCaller = 1 << 20
	limits.Traffic = traffic.Limits{UserRate: 1 << 40, AddressRate: 1 << 40, AtOnce: 1 << 30, Subscriptions: 1 << 20}
	a, err := api.New(api.Options{
		Resolver: &resolvers.Resolver{Store: w.Store, Fleet: w.Fleet, Feed: w.Feed, Catalog: w.Catalog, Engine: w.Engine},
		AuthOff:  true, Limits: limits, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	s := httptest.NewServer(a)
	tb.Cleanup(s.Close)
	return s
}

// echo is the floor: gorilla/websocket sends the bytes of the message to each.
type echo struct {
	mu    sync.Mutex
	conns []*websocket.Conn
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, Subprotocols: []string{transport.Subprotocol}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for range 2 {
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
		_ = conn.WriteMessage(websocket.TextMessage, []byte("{}"))
	}
	e.mu.Lock()
	e.conns = append(e.conns, conn)
	e.mu.Unlock()
	_, _, _ = conn.ReadMessage()
}

func (e *echo) publish(message []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.conns {
		_ = c.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_ = c.WriteMessage(websocket.TextMessage, message)
	}
}

// fanned is what a message cost.
type fanned struct{ took, cpu time.Duration }

// BenchmarkFanOut mutates a decky that 1,000 subscribers watch: who ask alike, each in words of their own, and, as the floor, plain gorilla/websocket that sends bytes as
// many. A mutation is two entries: the one that waited is superseded. What counts is the ratios, and the clients take part in all of it.
//
//	go test ./api -run '^$' -bench FanOut -benchtime 50x
func BenchmarkFanOut(b *testing.B) {
	const subscribers = 1000
	w := world.New(b, sim.New(sim.Options{}))
	s := apiOf(b, w)
	results := map[string]fanned{}
	size := 0
	for _, name := range []string{"alike", "apart"} {
		w.Deploy(name)
		var conns []net.Conn
		for i := range subscribers {
			cursor := "cursor"
			if name == "apart" {
				cursor = fmt.Sprintf("of%04d: cursor", i)
			}
			conns = append(conns, bare.Subscribe(b, s.Listener.Addr().String(), "/", fmt.Sprintf(watching, name, cursor)))
		}
		next := 0
		mutate := func() {
			w.Mutate(name, [][]string{{"ssh", "telnet"}, {"ssh"}}[next%2]...)
			next++
		}
		mutate() // the first waits behind the deploy, and supersedes nothing
		for _, c := range conns {
			size = frames(b, c, 1)
		}
		results[name] = fanOut(b, conns, 2, mutate)
	}
	floor := &echo{}
	fs := httptest.NewServer(floor)
	defer fs.Close()
	var conns []net.Conn
	for range subscribers {
		conns = append(conns, bare.Subscribe(b, fs.Listener.Addr().String(), "/", "{}"))
	}
	for all := false; !all; {
		floor.mu.Lock()
		all = len(floor.conns) == subscribers
		floor.mu.Unlock()
	}
	message := []byte(strings.Repeat("x", size-4))
	results["floor"] = fanOut(b, conns, 1, func() { floor.publish(message) })
	for name, r := range results {
		b.ReportMetric(float64(r.cpu.Nanoseconds())/1000, name+"-µs-CPU/msg")
		b.ReportMetric(float64(r.took.Microseconds())/1000, name+"-ms-to-last")
		b.ReportMetric(float64(r.cpu)/float64(results["floor"].cpu), name+"/floor-CPU")
	}
	b.ReportMetric(0, "ns/op")
}

// fanOut publishes b.N times, and each time waits until all have all of it.
func fanOut(b *testing.B, conns []net.Conn, messages int, publish func()) fanned {
	b.Helper()
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	var took []time.Duration
	spent := bare.CPU(b)
	for range b.N {
		begin := time.Now()
		publish()
		for _, c := range conns {
			frames(b, c, messages)
		}
		took = append(took, time.Since(begin)/time.Duration(messages))
	}
	slices.Sort(took)
	return fanned{took[len(took)/2], (bare.CPU(b) - spent) / time.Duration(b.N*messages*len(conns))}
}

// frames reads frames and returns how many bytes they had.
func frames(b *testing.B, c net.Conn, n int) (size int) {
	b.Helper()
	head := make([]byte, 4)
	for range n {
		if _, err := io.ReadFull(c, head); err != nil {
			b.Fatal(err)
		}
		if head[1] != 126 {
			b.Fatalf("a frame begins with % x", head)
		}
		length := int(head[2])<<8 | int(head[3])
		if _, err := io.CopyN(io.Discard, c, int64(length)); err != nil {
			b.Fatal(err)
		}
		size += 4 + length
	}
	return size
}
