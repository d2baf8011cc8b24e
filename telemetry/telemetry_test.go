package telemetry_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"decnet/engine"
	"decnet/engine/sim"
	"decnet/export"
	"decnet/internal/world"
	"decnet/lifecycle"
	"decnet/store"
	"decnet/telemetry"
)

// watched is a world whose every part is measured, with one decky that can't be made.
func watched(t *testing.T) (*world.World, *telemetry.Metrics) {
	t.Helper()
	m := telemetry.NewMetrics()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "decnet.db"), Committed: m.Committed})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	w := world.On(t, s, m.Engine(sim.New(sim.Options{Fault: func(_ context.Context, _ string, r engine.Ref) error {
		if r.Name == "bad" {
			return &engine.Error{Code: engine.Crashed, Message: "the decoy crashed"}
		}
		return nil
	}})))
	w.Journal.Moved = m.Moved
	m.Watch(telemetry.Sources{Store: s, Feed: w.Feed, Connections: func() int { return 7 }, Exporters: []*export.Exporter{export.New(s, &lifecycle.Bell{}, export.NewFile("none"), w.Log)}, Now: time.Now})
	return w, m
}

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	r := httptest.NewRecorder()
	m.Handler().ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, r.Code)
	return r.Body.String()
}

func TestMetricsTellWhatTheServerDoes(t *testing.T) {
	w, m := watched(t)
	waiting := w.Deploy("good", "bad")
	text := scrape(t, m)
	require.Contains(t, text, `decnet_lifecycles_open{status="PENDING"} 2`)
	require.Contains(t, text, `decnet_lifecycle_transitions_total{operation="DEPLOY",status="PENDING"} 2`)
	require.Contains(t, text, `decnet_websocket_connections 7`)

	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, waiting...)
	w.Follow(nil, w.Mutate("good", "http"))
	stop() // a subscriber may hear of an end before the metrics do
	text = scrape(t, m)
	for _, line := range []string{
		`decnet_lifecycles_open{status="PENDING"} 0`,
		`decnet_lifecycle_oldest_pending_seconds 0`,
		`decnet_lifecycle_transitions_total{operation="DEPLOY",status="RUNNING"} 2`,
		`decnet_lifecycle_transitions_total{operation="MUTATE",status="SUCCEEDED"} 1`,
		`decnet_lifecycle_failures_total{code="DECOY_CRASHED",operation="DEPLOY"} 1`,
		`decnet_lifecycle_duration_seconds_count{operation="MUTATE",status="SUCCEEDED"} 1`,
		`decnet_engine_call_duration_seconds_count{call="ensure",result="DECOY_CRASHED"} 1`,
		`decnet_engine_call_duration_seconds_count{call="apply",result="ok"} 1`,
		`decnet_deckies{state="RUNNING"} 1`, `decnet_deckies{state="FAILED"} 1`,
	} {
		require.Contains(t, text, line+"\n")
	}
}

// What the dashboard and the alerts ask for is there.
func TestTheExamplesNameMetricsThatExist(t *testing.T) {
	w, m := watched(t)
	stop := w.Run(lifecycle.RunnerOptions{})
	w.Follow(nil, w.Deploy("good", "bad")...)
	stop()
	text := scrape(t, m)
	files, err := filepath.Glob("../docs/monitoring/*")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 2)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		names := regexp.MustCompile(`\b(decnet|go|process)_[a-z_]+`).FindAllString(string(b), -1)
		require.NotEmpty(t, names, file)
		for _, name := range names {
			require.Contains(t, text, "\n"+name, "%s asks for %s", file, name)
		}
	}
}

// receiver is an OTLP receiver, as a collector is one.
type receiver struct {
	mu    sync.Mutex
	spans []*traces.Span
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var in collector.ExportTraceServiceRequest
	if err != nil || req.URL.Path != "/v1/traces" || proto.Unmarshal(body, &in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, resource := range in.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
}

func TestALifecycleIsOneTrace(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	shutdown, err := telemetry.Trace(t.Context(), server.URL, "test")
	require.NoError(t, err)
	defer otel.SetTracerProvider(noop.NewTracerProvider())

	w, _ := watched(t)
	good := w.Deploy("good")[0]
	bad := w.Deploy("bad")[0]
	w.Run(lifecycle.RunnerOptions{})
	for _, e := range w.Follow(nil, good, bad) {
		lifecycle.Sending(t.Context(), e).End()
	}
	require.NoError(t, shutdown(t.Context()))

	for lc, want := range map[string][]string{
		lifecycle.TraceID(good): {"attempt 1", "engine ensure", "lifecycle DEPLOY", "send SUCCEEDED"},
		lifecycle.TraceID(bad):  {"attempt 1", "engine ensure", "lifecycle DEPLOY", "send FAILED"},
	} {
		require.Len(t, lc, 32)
		var names []string
		for _, s := range r.spans {
			if hexID(s.GetTraceId()) == lc && !strings.HasSuffix(s.GetName(), "PENDING") && !strings.HasSuffix(s.GetName(), "RUNNING") {
				names = append(names, s.GetName())
			}
		}
		slices.Sort(names)
		require.Equal(t, want, names)
	}
}

func hexID(b []byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

// BenchmarkOff is what the spans of one engine call cost when nobody traces.
func BenchmarkOff(b *testing.B) {
	e := telemetry.NewMetrics().Engine(sim.New(sim.Options{}))
	plain := sim.New(sim.Options{})
	for name, engine := range map[string]engine.Engine{"measured": e, "plain": plain} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = engine.Observe(b.Context())
			}
		})
	}
}
