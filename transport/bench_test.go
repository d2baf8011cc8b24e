package transport_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	stock "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/gorilla/websocket"

	"decnet/internal/bare"
	"decnet/transport"
	"decnet/transport/internal/testschema"
)

// The benchmarks hold the transport against its floor, plain gorilla/websocket
// that sends the same bytes, and against the transport that gqlgen brings, in
// the same run. What counts is the ratios: figures depend on the machine.
//
//	go test ./transport -run '^$' -bench . -benchtime 200x

// contender serves subscribers and publishes to all of them.
type contender interface {
	http.Handler
	// publish sends one message to each subscriber, and returns when all have
	// been handed over.
	publish()
}

// payload makes frames of 200 bytes.
var payload = strings.Repeat("x", 200-len(`{"id":"1","type":"next","payload":{"data":{"feed":""}}}`))

// plainGorilla has one goroutine a connection, and marshals nothing.
type plainGorilla struct {
	mu    sync.Mutex
	conns []*websocket.Conn
}

func (g *plainGorilla) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, Subprotocols: []string{transport.Subprotocol}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if strings.Contains(string(message), "connection_init") {
			_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_ack"}`))
			continue
		}
		g.mu.Lock()
		g.conns = append(g.conns, conn)
		g.mu.Unlock()
		_ = conn.WriteMessage(websocket.TextMessage, []byte(g.frame("subscribed")))
	}
}

func (g *plainGorilla) frame(text string) string {
	return `{"id":"1","type":"next","payload":{"data":{"feed":"` + text + `"}}}`
}

func (g *plainGorilla) publish() {
	g.mu.Lock()
	defer g.mu.Unlock()
	message := []byte(g.frame(payload))
	for _, conn := range g.conns {
		_ = conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_ = conn.WriteMessage(websocket.TextMessage, message)
	}
}

// graphQL serves the test schema by a transport.
type graphQL struct {
	http.Handler
	mu          sync.Mutex
	subscribers []chan any
}

func newGraphQL(t graphql.Transport) *graphQL {
	g := &graphQL{}
	schema := testschema.New()
	schema.Sources["feed"] = func(context.Context, map[string]any) (<-chan any, error) {
		events := make(chan any, 1)
		events <- "subscribed"
		g.mu.Lock()
		defer g.mu.Unlock()
		g.subscribers = append(g.subscribers, events)
		return events, nil
	}
	srv := handler.New(schema)
	srv.AddTransport(t)
	g.Handler = srv
	return g
}

func (g *graphQL) publish() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, events := range g.subscribers {
		events <- payload
	}
}

// arena is a contender and its clients. The clients are bare sockets, without
// a goroutine or a buffer each, so that memory is the server's.
type arena struct {
	contender
	server  *httptest.Server
	clients []net.Conn
}

func newArena(b *testing.B, c contender, clients int) *arena {
	b.Helper()
	a := &arena{contender: c, server: httptest.NewServer(c)}
	for range clients {
		a.clients = append(a.clients, bare.Subscribe(b, a.server.Listener.Addr().String(), "/", "subscription{feed}"))
	}
	return a
}

func (a *arena) close() {
	for _, conn := range a.clients {
		conn.Close()
	}
	a.server.Close()
}

// contenders are compared; the first is the floor.
func contenders() []struct {
	name string
	make func() contender
} {
	return []struct {
		name string
		make func() contender
	}{
		{"gorilla", func() contender { return &plainGorilla{} }},
		{"decnet", func() contender { return newGraphQL(&transport.WebSocket{}) }},
		{"stock", func() contender { return newGraphQL(stock.Websocket{}) }},
	}
}

// memory in use, of heap and stacks, after garbage has been collected.
func memory() float64 {
	for range 4 { // a stack shrinks by half at each
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc + stats.StackInuse)
}

// BenchmarkIdleSubscriptions tells what 5,000 connections with a subscription
// each hold in memory while nothing happens.
func BenchmarkIdleSubscriptions(b *testing.B) {
	const subscribers = 5000
	perConnection := map[string]float64{}
	for b.Loop() {
		for _, c := range contenders() {
			before := memory()
			arena := newArena(b, c.make(), subscribers)
			perConnection[c.name] = (memory() - before) / subscribers
			arena.close()
		}
	}
	for name, bytes := range perConnection {
		b.ReportMetric(bytes, name+"-B/conn")
		b.ReportMetric(bytes/perConnection["gorilla"], name+"/gorilla")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFanOut publishes messages to 1,000 subscribers, one after another.
// Both cores, clients included, take part in the rate; the CPU time a message
// is that of the whole process.
func BenchmarkFanOut(b *testing.B) {
	const subscribers = 1000
	results := map[string]fanOutResult{}
	for _, c := range contenders() {
		results[c.name] = fanOut(b, c.make(), subscribers, b.N)
	}
	floor := results["gorilla"]
	for name, r := range results {
		b.ReportMetric(r.perSecond, name+"-msg/s")
		b.ReportMetric(r.perSecond/floor.perSecond, name+"/gorilla-rate")
		b.ReportMetric(float64(r.cpu.Nanoseconds())/1000, name+"-µs-CPU/msg")
		b.ReportMetric(float64(r.cpu)/float64(floor.cpu), name+"/gorilla-CPU")
	}
	b.ReportMetric(0, "ns/op")
}

type fanOutResult struct {
	perSecond float64       // messages, up to the last that was received
	cpu       time.Duration // of a message
}

func fanOut(b *testing.B, c contender, subscribers, messages int) fanOutResult {
	arena := newArena(b, c, subscribers)
	defer arena.close()
	const frame = 4 + 200 // bytes, header included
	var received sync.WaitGroup
	for _, conn := range arena.clients {
		received.Go(func() {
			if _, err := io.CopyN(io.Discard, conn, int64(messages*frame)); err != nil {
				b.Error(err)
			}
		})
	}
	start, spent := time.Now(), bare.CPU(b)
	for range messages {
		arena.publish()
	}
	received.Wait()
	count := messages * subscribers
	return fanOutResult{
		perSecond: float64(count) / time.Since(start).Seconds(),
		cpu:       (bare.CPU(b) - spent) / time.Duration(count),
	}
}
