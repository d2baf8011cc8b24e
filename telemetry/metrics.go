// Package telemetry shows the server from outside: Prometheus metrics at /metrics, and OpenTelemetry traces, one a lifecycle, where an endpoint is given. The
// parts of the server know little of it: they call a hook, or are wrapped.
package telemetry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"decnet/engine"
	"decnet/ent"
	"decnet/lifecycle"
)

// Metrics are what the server counts as it goes along. What the database knows is asked when somebody looks: see [Metrics.Watch].
type Metrics struct {
	registry *prometheus.Registry

	transitions *prometheus.CounterVec
	failures    *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	calls       *prometheus.HistogramVec
	batches     prometheus.Histogram
	commits     prometheus.Histogram
}

// buckets reach from what a commit takes to what a deploy may.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}

// NewMetrics returns metrics that have counted nothing yet.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "decnet_lifecycle_transitions_total", Help: "Journal entries with which lifecycles came into a status, by operation.",
		}, []string{"operation", "status"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "decnet_lifecycle_failures_total", Help: "Lifecycles that ended FAILED, by operation and code.",
		}, []string{"operation", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "decnet_lifecycle_duration_seconds", Help: "From a lifecycle's acceptance to its end.", Buckets: buckets,
		}, []string{"operation", "status"}),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "decnet_engine_call_duration_seconds", Help: "What calls to the engine took, by what was asked and the error's code (ok: none).", Buckets: buckets,
		}, []string{"call", "result"}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "decnet_store_batch_writes", Help: "Writes that shared one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 8),
		}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "decnet_store_transaction_duration_seconds", Help: "What write transactions took, with their commit.", Buckets: buckets,
		}),
	}
	m.registry.MustRegister(m.transitions, m.failures, m.durations, m.calls, m.batches, m.commits,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4})
}

// Committed counts a write transaction: the store's hook.
func (m *Metrics) Committed(writes int, took time.Duration) {
	m.batches.Observe(float64(writes))
	m.commits.Observe(took.Seconds())
}

// Moved counts a lifecycle that has come into its status: the journal's hook.
func (m *Metrics) Moved(lc *ent.Lifecycle) {
	operation, status := string(lc.Operation), string(lc.Status)
	m.transitions.WithLabelValues(operation, status).Inc()
	if !lifecycle.Terminal(lc.Status) {
		return
	}
	if lc.CompletedAt != nil {
		m.durations.WithLabelValues(operation, status).Observe(lc.CompletedAt.Sub(lc.CreatedAt).Seconds())
	}
	if lc.ErrorCode != nil {
		m.failures.WithLabelValues(operation, *lc.ErrorCode).Inc()
	}
}

// called counts a call to the engine.
func (m *Metrics) called(call string, began time.Time, err error) {
	m.calls.WithLabelValues(call, result(err)).Observe(time.Since(began).Seconds())
}

// result is an engine's error as a label: one of the codes, which are few.
func result(err error) string {
	switch e := engine.AsError(err); {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "canceled"
	default:
		return string(e.Code)
	}
}
